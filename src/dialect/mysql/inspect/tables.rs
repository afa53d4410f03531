//! Rows of the catalog → tables. Pure: no I/O.

use std::collections::{BTreeMap, BTreeSet};

use super::closer::Closer;
use super::keys::{ForeignKeys, Keys};
use super::partitions::Partitions;
use super::told::Question;
use super::{Place, columns};
use crate::db::Row;
use crate::dialect::mysql::types::{Sort, WORD};
use crate::dialect::mysql::{UNTOLD, options, quote};
use crate::dialect::{OptionsOf, Scope};
use crate::error::Result;
use crate::schema::{Check, Column, Expr, Ident, Name, Options, Schema, Table, Type, Unmodelled};

/// A table whose rows are still coming in.
pub(super) struct Growing {
    pub(super) table: Table,
    /// The table's default collation, which its columns do not repeat.
    pub(super) collation: String,
    /// MEMORY, whose usual index is a hash.
    hashes: bool,
    pub(super) columns: Vec<(u32, Column)>,
    /// Columns and checks of which a text is not known as it is.
    pub(super) untold: BTreeSet<Ident>,
    /// Checks that belong to a column (MariaDB), in the order of the columns: the column's name, the condition. RENAME
    /// COLUMN leaves the former name there.
    pub(super) column_checks: Vec<(String, String)>,
    keys: Keys,
    foreign_keys: ForeignKeys,
    partitions: Option<Partitions>,
    closer: Closer,
}

/// The tables of one database, growing row by row.
pub(super) struct Draft<'a> {
    place: &'a Place,
    scope: &'a Scope,
    tables: BTreeMap<String, Growing>,
    /// Clauses of checks by name, which is unique within a database (MySQL).
    clauses: BTreeMap<String, String>,
    /// The columns of views by name, each with its place.
    faces: Faces,
    sequences: Vec<String>,
    unmodelled: Vec<Unmodelled>,
}

/// The columns of views, by the view's name, each with its place. A view that no longer works has none.
pub(super) type Faces = BTreeMap<String, BTreeMap<u32, String>>;

impl<'a> Draft<'a> {
    pub(super) fn new(place: &'a Place, scope: &'a Scope) -> Self {
        let (tables, clauses, faces) = (BTreeMap::new(), BTreeMap::new(), Faces::new());
        Self { place, scope, tables, clauses, faces, sequences: Vec::new(), unmodelled: Vec::new() }
    }

    fn at(&mut self, row: &Row) -> Result<Option<&mut Growing>> {
        Ok(self.tables.get_mut(row.required(0)?))
    }

    fn set_aside(&mut self, kind: &str, name: Name, table: Option<Name>) {
        if !self.scope.is_ours(table.as_ref().unwrap_or(&name)) {
            self.unmodelled.push(Unmodelled { kind: kind.to_owned(), name, table, definition: None });
        }
    }

    pub(super) fn table(&mut self, row: &Row) -> Result<()> {
        let text = row.required(0)?;
        let name = self.place.name(text);
        let create_options = row.text(4).unwrap_or_default();
        let kind = row.required(1)?;
        if kind == "SEQUENCE" {
            self.sequences.push(text.to_owned());
            return Ok(());
        }
        if kind.ends_with("VIEW") {
            self.faces.insert(text.to_owned(), BTreeMap::new());
            return Ok(());
        }
        let versioned = kind == "SYSTEM VERSIONED";
        if kind != "BASE TABLE" && !versioned {
            self.set_aside(&kind.to_lowercase(), name, None);
            return Ok(());
        }
        if self.scope.is_ours(&name) {
            return Ok(());
        }
        let engine = row.text(2).unwrap_or_default();
        let collation = row.text(3).unwrap_or_default();
        let mut table = Table::new(name.clone());
        table.comment = row.text(5).filter(|comment| !comment.is_empty()).map(str::to_owned);
        if !engine.eq_ignore_ascii_case(&self.place.engine) && !engine.is_empty() {
            table.options.set(WORD, "engine", engine);
        }
        if collation != self.place.collation && !collation.is_empty() {
            table.options.set(WORD, "collation", collation);
        }
        for key in set_options(create_options, &mut table.options) {
            self.set_aside("table option", name.sibling(key.into()), Some(name.clone()));
        }
        if versioned {
            table.options.set(WORD, "system_versioning", "true");
        }
        let is_partitioned = create_options.split(' ').any(|word| word == "partitioned");
        let growing = Growing {
            table,
            partitions: is_partitioned.then(Partitions::default),
            closer: Closer::default(),
            collation: collation.to_owned(),
            hashes: engine.eq_ignore_ascii_case("MEMORY"),
            columns: Vec::new(),
            untold: BTreeSet::new(),
            column_checks: Vec::new(),
            keys: Keys::default(),
            foreign_keys: ForeignKeys::default(),
        };
        self.tables.insert(text.to_owned(), growing);
        Ok(())
    }

    /// MariaDB: table, name, level, clause.
    pub(super) fn check(&mut self, row: &Row) -> Result<()> {
        let Some(growing) = self.at(row)? else { return Ok(()) };
        let (name, clause) = (row.required(1)?, row.required(3)?);
        if row.text(2) == Some("Column") {
            growing.column_checks.push((name.to_owned(), clause.to_owned()));
        } else {
            growing.table.checks.push(check(name, clause, false));
        }
        Ok(())
    }

    /// MySQL: name, clause.
    pub(super) fn check_clause(&mut self, row: &Row) -> Result<()> {
        let clause = quote::without_charsets_of_columns(&quote::without_catalog_escapes(row.required(1)?));
        self.clauses.insert(row.required(0)?.to_owned(), clause);
        Ok(())
    }

    /// MySQL: table, name, whether it is enforced.
    pub(super) fn check_name(&mut self, row: &Row) -> Result<()> {
        let (name, enforced) = (row.required(1)?, row.text(2) != Some("NO"));
        let clause = self.clauses.remove(name);
        if let (Some(clause), Some(growing)) = (clause, self.at(row)?) {
            growing.table.checks.push(check(name, &clause, !enforced));
        }
        Ok(())
    }

    pub(super) fn column(&mut self, row: &Row) -> Result<()> {
        let place = self.place;
        let ordinal = row.int(2)?.and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
        let Some(growing) = self.tables.get_mut(row.required(0)?) else {
            if let Some(face) = self.faces.get_mut(row.required(0)?) {
                face.insert(ordinal, row.required(1)?.to_owned());
            }
            return Ok(());
        };
        let column = columns::column(row, growing, place)?;
        growing.columns.push((ordinal, column));
        Ok(())
    }

    pub(super) fn index_part(&mut self, row: &Row) -> Result<()> {
        match self.at(row)? {
            Some(growing) => growing.keys.part(row),
            None => Ok(()),
        }
    }

    pub(super) fn foreign_key_column(&mut self, row: &Row) -> Result<()> {
        let place = self.place;
        match self.at(row)? {
            Some(growing) => growing.foreign_keys.column(row, place),
            None => Ok(()),
        }
    }

    pub(super) fn foreign_key_rule(&mut self, row: &Row) -> Result<()> {
        match self.at(row)? {
            Some(growing) => growing.foreign_keys.rule(row),
            None => Ok(()),
        }
    }

    pub(super) fn has_partitions(&self) -> bool {
        // MySQL does not say it of a table that is divided by its whole key.
        !self.place.mariadb() || self.tables.values().any(|growing| growing.partitions.is_some())
    }

    /// As [`Partitions::row`].
    pub(super) fn partition(&mut self, row: &Row) -> Result<()> {
        self.at(row)?.map_or(Ok(()), |growing| growing.partitions.get_or_insert_default().row(row))
    }

    /// The tables of which the catalog leaves something open that [`Closer`] reads.
    pub(super) fn unclear(&self) -> Vec<String> {
        let is_mariadb = self.place.mariadb();
        let unclear = self.tables.iter().filter(|(_, growing)| growing.is_unclear(is_mariadb));
        unclear.map(|(name, _)| name.clone()).collect()
    }

    /// Table, text of SHOW CREATE TABLE; None where that is refused.
    pub(super) fn look_closer(&mut self, name: &str, row: Option<&Row>) -> Result<()> {
        let text = row.map_or(Ok(""), |row| row.required(1))?;
        let mut closer = Closer::read(text);
        if self.place.is_scratch() {
            closer.forget_usual_start(&self.place.now);
        }
        if let Some(growing) = self.tables.get_mut(name) {
            growing.closer = closer;
            growing.give_checks();
            if self.place.mariadb() {
                growing.tell_expressions(text);
            }
        }
        Ok(())
    }

    /// The values of columns that the catalog may say wrongly.
    pub(super) fn questions(&mut self) -> Vec<Question> {
        let place = self.place;
        if !place.mariadb() {
            self.tables.values_mut().for_each(Growing::note_untold_words);
        }
        self.tables.iter().flat_map(|(name, growing)| growing.questions(name, place)).collect()
    }

    /// Takes the answer to one of them; None where there is none.
    pub(super) fn tell(&mut self, question: &Question, row: Option<&Row>) {
        if let Some(growing) = self.tables.get_mut(&question.table) {
            growing.tell(question, row, self.place);
        }
    }

    /// Tables, the number that the next row gets: where there are no rows, the one that was asked for.
    pub(super) fn first_number(&mut self, row: &Row) -> Result<()> {
        if let (Some(number), Some(growing)) = (row.text(1).map(str::to_owned), self.at(row)?) {
            growing.table.options.set(WORD, "auto_increment", number);
        }
        Ok(())
    }

    /// Puts the tables into the schema; gives back the columns of the views, and the sequences.
    pub(super) fn finish(self, schema: &mut Schema) -> (Faces, Vec<String>) {
        schema.unmodelled.extend(self.unmodelled);
        for growing in self.tables.into_values() {
            let untold = |one: &Ident| Unmodelled {
                kind: UNTOLD.to_owned(),
                name: growing.table.name.sibling(one.clone()),
                table: Some(growing.table.name.clone()),
                definition: None,
            };
            schema.unmodelled.extend(growing.untold.iter().map(untold));
            let mut table = growing.finish();
            if !self.place.mariadb() {
                sort_parts(&mut table);
            }
            schema.insert(table);
        }
        (self.faces, self.sequences)
    }
}

impl Growing {
    /// Whether the server keeps former versions of its rows.
    pub(super) fn is_versioned(&self) -> bool {
        self.table.options.get(WORD, "system_versioning").is_some()
    }

    /// A period looks like a check that one column is less than another; a check of a column that names another one may be
    /// that one's; parsers of full-text indexes, and by what former versions are put apart, are nowhere.
    fn is_unclear(&self, is_mariadb: bool) -> bool {
        let is_moment = |name: &str| {
            let found = self.columns.iter().find(|(_, column)| quote::ident(&column.name) == name);
            found.is_some_and(|(_, column)| !column.nullable && is_moment(&column.ty))
        };
        let may_be_period = |check: &Check| {
            check.condition.text().split_once(" < ").is_some_and(|(start, end)| is_moment(start) && is_moment(end))
        };
        let is_told = |(name, check): &(String, String)| {
            let said = quote::ident(&name.as_str().into());
            let named: Vec<&Column> =
                self.columns.iter().map(|(_, column)| column).filter(|it| names(check, it)).collect();
            matches!(named.as_slice(), [one] if quote::ident(&one.name) == said)
        };
        let apart = self.partitions.as_ref().is_some_and(Partitions::is_by_system_time);
        apart
            || (is_mariadb && (self.table.checks.iter().any(may_be_period) || !self.column_checks.iter().all(is_told)))
            || (is_mariadb && self.has_doubtful_expression())
            || (is_mariadb && self.partitions.as_ref().is_some_and(Partitions::may_have_default))
            || (!is_mariadb && self.keys.has_full_text())
    }

    /// Gives the columns their checks.
    fn give_checks(&mut self) {
        for (name, check) in self.closer.column_checks(std::mem::take(&mut self.column_checks)) {
            let found = self.columns.iter_mut().find(|(_, column)| column.name.as_str() == name);
            found.into_iter().for_each(|(_, column)| columns::set_check(column, check.clone(), &self.collation));
        }
    }

    fn finish(mut self) -> Table {
        // Where nobody had to look closer.
        if !self.column_checks.is_empty() {
            self.give_checks();
        }
        let Self { mut table, mut columns, keys, foreign_keys, hashes, partitions, closer, .. } = self;
        let by = partitions.map(|partitions| partitions.text(&closer));
        by.into_iter().for_each(|text| table.options.set(WORD, "partition_by", text));
        columns.sort_by_key(|(ordinal, _)| *ordinal);
        table.columns = columns.into_iter().map(|(_, column)| column).collect();
        table.foreign_keys = foreign_keys.finish();
        keys.finish(&mut table, hashes);
        closer.lay_over(&mut table);
        table
    }
}

/// Whether a condition names a column.
fn names(check: &str, column: &Column) -> bool {
    quote::rename_in(check, &column.name, &"".into()) != check
}

/// Whether a period can be made of such columns.
fn is_moment(ty: &Type) -> bool {
    match ty {
        Type::Native(native) => matches!(Sort::of(native), Sort::Date | Sort::Moment { .. }),
        Type::Neutral(_) => false,
    }
}

/// The catalog of MySQL gives keys in no order; MariaDB's gives them as SHOW CREATE TABLE does.
fn sort_parts(table: &mut Table) {
    table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
    table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    table.checks.sort_by(|one, other| one.name.cmp(&other.name));
    table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
}

fn check(name: &str, clause: &str, not_enforced: bool) -> Check {
    Check {
        name: Some(name.into()),
        condition: Expr::Same(clause.to_owned()),
        no_inherit: false,
        not_valid: false,
        not_enforced,
        comment: None,
    }
}

/// Reads `row_format=COMPRESSED key_block_size=8 `page_compressed`='1'`; gives back the keys that nothing here knows.
fn set_options(text: &str, options: &mut Options) -> Vec<String> {
    let mut unknown = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (key, value) = word.split_once('=').unwrap_or((word, "1"));
        let key = key.trim_matches('`').to_lowercase();
        let value = value.trim_matches(['\'', '"']);
        // Aria says so of every table; partitions are read by themselves.
        if key == "partitioned" || (key == "transactional" && value == "1") {
            continue;
        }
        if options::keys(OptionsOf::Table).contains(&key.as_str()) {
            options.set(WORD, &key, value);
        } else {
            unknown.push(key);
        }
    }
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn create_options_are_read() {
        let mut options = Options::default();
        let unknown = set_options(
            "row_format=COMPRESSED key_block_size=8 `page_compressed`='1' transactional=1 odd=3",
            &mut options,
        );
        assert_eq!(unknown, ["odd"]);
        assert_eq!(options.get(WORD, "row_format"), Some("COMPRESSED"));
        assert_eq!(options.get(WORD, "key_block_size"), Some("8"));
        assert_eq!(options.get(WORD, "page_compressed"), Some("1"));
    }
}
