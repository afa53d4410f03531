//! What the catalog and the stored texts say, as nouns in one canonical form. Pure: no I/O.
//!
//! Names of columns and tables are those of their own definition, however a constraint spells them. Keys of
//! [`crate::schema::Options`] that are filled here, all under `sqlite`: of tables `strict` and `without_rowid`; of
//! columns `collate` (not BINARY), `autoincrement` and `not_null_on_conflict`; of primary keys and uniques
//! `on_conflict`, `order` and `collate`.

use std::collections::BTreeMap;

use crate::dialect::server::Scope;
use crate::dialect::sqlite::ddl::{
    self, Clause, ClauseText, ColumnText, IndexText, KeyClause, KeyText, ReferenceText, TableOption, TableText,
    Unreadable,
};
use crate::dialect::sqlite::definition;
use crate::schema::{
    Check, Column, Default, Expr, ForeignKey, Generated, Ident, Identity, IdentityMode, Index, IndexPart, IndexTarget,
    Name, Object, ObjectId, ObjectKind, Options, PrimaryKey, Schema, SortedMap, SortedSet, Table, Type, Unique,
    Unmodelled,
};

/// What the catalog answered.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) objects: Vec<ObjectRow>,
    /// Tables that belong to virtual ones.
    pub(super) shadows: SortedSet<String>,
    /// Modules of virtual tables that this program has, folded.
    pub(super) modules: SortedSet<String>,
    pub(super) tables: BTreeMap<String, TableRows>,
}

/// What the catalog answered about one table.
#[derive(Debug, Default)]
pub(super) struct TableRows {
    /// In their order.
    pub(super) columns: Vec<ColumnRow>,
    /// The columns of an index together and in order.
    pub(super) keys: Vec<KeyRow>,
}

/// A row of `sqlite_master`.
#[derive(Debug)]
pub(super) struct ObjectRow {
    /// `table`, `index`, `view`, `trigger`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) table: String,
    /// None for the indexes of constraints.
    pub(super) sql: Option<String>,
}

impl ObjectRow {
    pub(super) fn is_virtual(&self) -> bool {
        self.sql.as_deref().is_some_and(|sql| sql.starts_with("CREATE VIRTUAL TABLE"))
    }

    /// The virtual table itself, or a table that by its name keeps the rows of one, with its indexes.
    fn belongs_to(&self, virtual_table: &str) -> bool {
        let rest = self.table.strip_prefix(virtual_table);
        matches!(self.kind.as_str(), "table" | "index")
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    }
}

/// A row of `pragma table_xinfo`.
#[derive(Debug)]
pub(super) struct ColumnRow {
    pub(super) name: String,
    /// Empty = without a type.
    pub(super) ty: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    /// Place in the primary key, from 1; 0 = not in it.
    pub(super) key: u32,
}

/// A column of an index that was made for a constraint.
#[derive(Debug)]
pub(super) struct KeyRow {
    pub(super) index: String,
    pub(super) primary: bool,
    pub(super) column: String,
}

const WORD: &str = "sqlite";

/// The nouns of everything that is the user's.
pub(super) fn schema(catalog: Catalog, scope: &Scope) -> Schema {
    let Catalog { objects, shadows, modules, tables } = catalog;
    let none = TableRows::default();
    let strangers = strangers(&objects, &modules);
    let mut schema = Schema::default();
    let mut indexes = Vec::new();
    for object in objects {
        let own = Name::own(object.name.as_str());
        let is_ours = scope.is_ours(&own) || scope.is_ours(&Name::own(object.table.as_str()));
        if is_ours || shadows.contains(&object.table) {
            continue;
        }
        let stranger = strangers.iter().find(|name| object.belongs_to(name));
        if let Some(stranger) = stranger {
            let whole = object.is_virtual();
            let kind =
                if whole { NO_MODULE.to_owned() } else { format!("{} of virtual table {stranger}", object.kind) };
            schema.unmodelled.push(unmodelled(&kind, object));
            continue;
        }
        match object.kind.as_str() {
            "index" => indexes.push(object),
            "table" if !object.is_virtual() => {
                let TableRows { columns, keys } = tables.get(&object.name).unwrap_or(&none);
                match table(&object, columns, keys) {
                    Ok(found) => schema.insert(Table { definition: object.sql, ..found }),
                    Err(_) => schema.unmodelled.push(unmodelled("table of an unknown grammar", object)),
                }
            }
            "table" => schema.insert_object(text_object(ObjectKind::VirtualTable, object)),
            "view" => schema.insert_object(text_object(ObjectKind::View, object)),
            "trigger" => schema.insert_object(text_object(ObjectKind::Trigger, object)),
            _ => schema.unmodelled.push(unmodelled(&object.kind.clone(), object)),
        }
    }
    indexes.into_iter().for_each(|object| put_index(&mut schema, object));
    resolve(&mut schema);
    #[cfg(feature = "autogenerate")]
    definition::strings::note_plain(&mut schema);
    schema
}

const NO_MODULE: &str = "virtual table whose module is missing here";

/// Virtual tables whose module this program does not have: it can neither make nor drop them, nor tell which tables are
/// theirs.
fn strangers(objects: &[ObjectRow], modules: &SortedSet<String>) -> Vec<String> {
    let of_none = |object: &&ObjectRow| {
        let module = object.sql.as_deref().and_then(definition::module);
        object.is_virtual() && module.is_none_or(|module| !modules.contains(&module))
    };
    objects.iter().filter(of_none).map(|object| object.name.clone()).collect()
}

/// What is a text for SQLite too.
fn text_object(kind: ObjectKind, row: ObjectRow) -> Object {
    let table = (kind == ObjectKind::Trigger).then(|| Name::own(row.table));
    let id = ObjectId { table, ..ObjectId::new(kind, Name::own(row.name)) };
    Object::new(id, row.sql.unwrap_or_default())
}

fn unmodelled(kind: &str, object: ObjectRow) -> Unmodelled {
    let belongs = (object.name != object.table).then(|| Name::own(object.table));
    Unmodelled { kind: kind.to_owned(), name: Name::own(object.name), table: belongs, definition: object.sql }
}

fn table(object: &ObjectRow, rows: &[ColumnRow], keys: &[KeyRow]) -> Result<Table, Unreadable> {
    let text = ddl::parse(object.sql.as_deref().unwrap_or_default())?;
    let same = |(row, column): (&ColumnRow, &ColumnText<'_>)| row.name == column.name.ident.as_str();
    if rows.len() != text.columns.len() || !rows.iter().zip(&text.columns).all(same) {
        return Err(Unreadable("the columns are not those of the catalog".to_owned()));
    }
    let key = text.primary_key();
    let rowid = !text.has(TableOption::WithoutRowid) && !keys.iter().any(|row| row.primary);
    let mut table = Table::new(Name::own(object.name.as_str()));
    for (row, column_text) in rows.iter().zip(&text.columns) {
        let mut found = column(row, column_text, &text);
        if rowid && row.key > 0 {
            found.identity = Some(Identity { mode: IdentityMode::ByDefault, options: SortedMap::new() });
            if key.is_some_and(|(_, _, key)| key.autoincrement.is_some()) {
                found.options.set(WORD, "autoincrement", "true");
            }
        }
        table.columns.push(found);
    }
    if let Some((_, clause, key)) = key {
        table.primary_key = Some(primary_key(rows, &table, clause, key, rowid));
    }
    put_uniques(&mut table, &text, keys);
    put_checks(&mut table, &text);
    put_foreign_keys(&mut table, &text);
    for (option, key) in [(TableOption::Strict, "strict"), (TableOption::WithoutRowid, "without_rowid")] {
        if text.has(option) {
            table.options.set(WORD, key, "true");
        }
    }
    Ok(table)
}

fn column(row: &ColumnRow, text: &ColumnText<'_>, table: &TableText<'_>) -> Column {
    let mut found = Column::new(row.name.as_str(), Type::Native(row.ty.clone()));
    found.nullable = !row.not_null;
    let default = row.default.as_deref().and_then(ddl::canonical_default);
    found.default = default.map(|text| Default::Sql(Expr::Same(text)));
    for clause in &text.clauses {
        match &clause.clause {
            Clause::Generated { expr, stored } => {
                let expr = expression(expr.of(table.text), |name| table.column(name).is_some());
                found.generated = Some(Generated { expr, stored: *stored });
            }
            Clause::Collate { collation } => match canonical_collation(&collation.ident) {
                Some(collation) => found.options.set(WORD, "collate", collation),
                None => found.options.remove(WORD, "collate"),
            },
            Clause::NotNull { on_conflict } => {
                let word = canonical_conflict(*on_conflict);
                word.into_iter().for_each(|word| found.options.set(WORD, "not_null_on_conflict", word));
            }
            Clause::Null
            | Clause::PrimaryKey(_)
            | Clause::Unique(_)
            | Clause::Check { .. }
            | Clause::Default { .. }
            | Clause::References(_)
            | Clause::Deferral
            | Clause::Label => {}
        }
    }
    found
}

fn expression(text: &str, is_column: impl Fn(&Ident) -> bool) -> Expr {
    Expr::Same(ddl::with_plain_strings(text, is_column))
}

fn expression_of(table: &Table, text: &str) -> Expr {
    expression(text, |name| find_column(table, name).is_some())
}

/// The built-in collations in capitals, others as they are written; BINARY is none.
fn canonical_collation(name: &Ident) -> Option<String> {
    let capitals = name.as_str().to_ascii_uppercase();
    match capitals.as_str() {
        "BINARY" => None,
        "NOCASE" | "RTRIM" => Some(capitals),
        _ => Some(name.as_str().to_owned()),
    }
}

/// The word behind ON CONFLICT in lower case; ABORT is what SQLite does anyway.
fn canonical_conflict(word: Option<&str>) -> Option<String> {
    word.map(str::to_ascii_lowercase).filter(|word| word != "abort")
}

fn primary_key(
    rows: &[ColumnRow],
    table: &Table,
    clause: &ClauseText<'_>,
    key: &KeyClause<'_>,
    rowid: bool,
) -> PrimaryKey {
    let in_order = (1..).map_while(|place| rows.iter().find(|row| row.key == place));
    PrimaryKey {
        name: name_of(clause),
        columns: in_order.map(|row| Ident::from(row.name.as_str())).collect(),
        include: Vec::new(),
        deferrable: None,
        comment: None,
        // The order of a rowid key is that of the table, whatever is written.
        options: key_options(key, table, !rowid),
    }
}

fn name_of(clause: &ClauseText<'_>) -> Option<Ident> {
    clause.name.as_ref().map(|name| name.ident.clone())
}

/// `order`: `asc` or `desc` for each column, if one descends; `collate`: a collation for each column, if one is not the
/// column's own; both separated by commas.
fn key_options(key: &KeyClause<'_>, table: &Table, ordered: bool) -> Options {
    let mut options = Options::default();
    if let Some(word) = canonical_conflict(key.on_conflict) {
        options.set(WORD, "on_conflict", word);
    }
    if ordered && key.parts.iter().any(|part| part.descending) {
        let words: Vec<&str> = key.parts.iter().map(|part| if part.descending { "desc" } else { "asc" }).collect();
        options.set(WORD, "order", words.join(", "));
    }
    let own = |name: &Ident| find_column(table, name).and_then(|column| column.options.get(WORD, "collate"));
    let of_part = |part: &ddl::KeyPart| match &part.collation {
        Some(collation) => canonical_collation(collation),
        None => own(&part.column.ident).map(str::to_owned),
    };
    if key.parts.iter().any(|part| of_part(part).as_deref() != own(&part.column.ident)) {
        let names: Vec<String> =
            key.parts.iter().map(|part| of_part(part).unwrap_or_else(|| "BINARY".to_owned())).collect();
        options.set(WORD, "collate", names.join(", "));
    }
    options
}

fn find_column<'a>(table: &'a Table, name: &Ident) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name.as_str().eq_ignore_ascii_case(name.as_str()))
}

/// The name as the table spells it.
fn spelled(table: &Table, name: &Ident) -> Ident {
    find_column(table, name).map_or_else(|| name.clone(), |column| column.name.clone())
}

/// A constraint whose columns another one has already is no constraint for SQLite: it makes one index for both.
fn put_uniques(table: &mut Table, text: &TableText<'_>, keys: &[KeyRow]) {
    let mut indexes: Vec<Vec<&str>> = keys
        .chunk_by(|one, other| one.index == other.index)
        .filter(|rows| rows.iter().all(|row| !row.primary))
        .map(|rows| rows.iter().map(|row| row.column.as_str()).collect())
        .collect();
    for (_, clause) in text.clauses() {
        let Clause::Unique(key) = &clause.clause else { continue };
        let columns: Vec<Ident> = key.parts.iter().map(|part| spelled(table, &part.column.ident)).collect();
        let Some(place) = indexes.iter().position(|index| columns.iter().map(Ident::as_str).eq(index.iter().copied()))
        else {
            continue;
        };
        indexes.remove(place);
        table.uniques.push(Unique {
            name: name_of(clause),
            columns,
            include: Vec::new(),
            nulls_not_distinct: false,
            deferrable: None,
            comment: None,
            options: key_options(key, table, true),
        });
    }
}

fn put_checks(table: &mut Table, text: &TableText<'_>) {
    for (_, clause) in text.clauses() {
        let Clause::Check { condition } = &clause.clause else { continue };
        table.checks.push(Check {
            name: name_of(clause),
            condition: expression(condition.of(text.text), |name| text.column(name).is_some()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        });
    }
}

fn put_foreign_keys(table: &mut Table, text: &TableText<'_>) {
    for (_, clause) in text.clauses() {
        let Clause::References(reference) = &clause.clause else { continue };
        let key = foreign_key(table, clause, reference);
        table.foreign_keys.push(key);
    }
}

fn foreign_key(table: &Table, clause: &ClauseText<'_>, reference: &ReferenceText) -> ForeignKey {
    let columns = reference.columns.iter().map(|column| spelled(table, &column.ident)).collect();
    let referenced = reference.referenced.iter().map(|column| column.ident.clone()).collect();
    ForeignKey {
        name: name_of(clause),
        on_delete: reference.on_delete,
        on_update: reference.on_update,
        match_full: reference.match_full,
        deferrable: reference.deferrable,
        ..ForeignKey::plain(columns, Name::own(reference.table.ident.clone()), referenced)
    }
}

/// Foreign keys get the other table's name and columns as that table spells them; without columns, its primary key.
/// What is not there stays as it is written: SQLite takes a reference to nowhere.
fn resolve(schema: &mut Schema) {
    let folded = |name: &Name| name.name.as_str().to_ascii_lowercase();
    let mut names: SortedMap<String, Name> = SortedMap::new();
    names.extend(schema.tables.keys().map(|name| (folded(name), name.clone())));
    let mut found: Vec<(Name, Vec<ForeignKey>)> = Vec::new();
    for (name, table) in schema.tables.iter().filter(|(_, table)| !table.foreign_keys.is_empty()) {
        let mut keys = table.foreign_keys.clone();
        for key in &mut keys {
            let Some(parent) = names.get(&folded(&key.references)).and_then(|name| schema.tables.get(name)) else {
                continue;
            };
            key.references = parent.name.clone();
            key.referenced_columns = match &parent.primary_key {
                Some(primary) if key.referenced_columns.is_empty() && primary.columns.len() == key.columns.len() => {
                    primary.columns.clone()
                }
                _ => key.referenced_columns.iter().map(|column| spelled(parent, column)).collect(),
            };
        }
        found.push((name.clone(), keys));
    }
    for (name, keys) in found {
        if let Some(table) = schema.tables.get_mut(&name) {
            table.foreign_keys = keys;
        }
    }
}

/// Reads again, from the texts that the table carries, what a rename changes in expressions.
pub(crate) fn reread(table: &mut Table) {
    let definition = table.definition.take();
    if let Some(Ok(text)) = definition.as_deref().map(ddl::parse) {
        table.checks.clear();
        put_checks(table, &text);
        for column in &mut table.columns {
            let clauses = text.column(&column.name).map_or(&[][..], |found| found.clauses.as_slice());
            let generated = clauses.iter().find_map(|clause| {
                let Clause::Generated { expr, .. } = clause.clause else { return None };
                Some(expr)
            });
            if let (Some(generated), Some(expr)) = (&mut column.generated, generated) {
                generated.expr = expression(expr.of(text.text), |name| text.column(name).is_some());
            }
        }
    }
    table.definition = definition;
    let reread = |found: &Index| {
        let text = table.index_definitions.get(&found.name).map(|text| ddl::parse_index(text));
        text.and_then(Result::ok).map_or_else(|| found.clone(), |text| index(found.name.as_str(), &text, table))
    };
    table.indexes = table.indexes.iter().map(reread).collect();
}

/// Indexes stand in the order of their names: SQLite's own order is that of their making, which a rebuild changes.
fn put_index(schema: &mut Schema, object: ObjectRow) {
    let table = schema.tables.get_mut(&Name::own(object.table.as_str()));
    let Some(sql) = object.sql.as_deref() else { return };
    match (ddl::parse_index(sql), table) {
        (Ok(text), Some(table)) => {
            let found = index(&object.name, &text, table);
            let place = table.indexes.partition_point(|other| other.name < found.name);
            table.index_definitions.insert(found.name.clone(), sql.to_owned());
            table.indexes.insert(place, found);
        }
        _ => schema.unmodelled.push(unmodelled("index", object)),
    }
}

fn index(name: &str, text: &IndexText<'_>, table: &Table) -> Index {
    Index {
        name: Ident::from(name),
        parts: text.keys.iter().map(|key| index_part(key, text, table)).collect(),
        unique: text.unique,
        method: None,
        predicate: text.predicate.map(|predicate| expression_of(table, predicate.of(text.text))),
        include: Vec::new(),
        nulls_not_distinct: false,
        comment: None,
        options: Options::default(),
        renamed_from: None,
    }
}

fn index_part(key: &KeyText, text: &IndexText<'_>, table: &Table) -> IndexPart {
    let said = key.collation.as_ref().map(|name| canonical_collation(name).unwrap_or_else(|| "BINARY".to_owned()));
    let expr = key.expr.of(text.text);
    let (target, collation) = match key.column.as_ref().map(|name| find_column(table, name)) {
        Some(Some(column)) => {
            let own = column.options.get(WORD, "collate").unwrap_or("BINARY");
            (IndexTarget::Column(column.name.clone()), said.filter(|said| said != own))
        }
        // Alone as a key a string is a string in double quotes only; in single ones SQLite looks for a column.
        Some(None) => (IndexTarget::Expression(Expr::Same(expr.to_owned())), said),
        None => (IndexTarget::Expression(expression_of(table, expr)), said),
    };
    IndexPart { target, descending: key.descending, nulls: None, collation, operator_class: None, prefix: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, name: &str, table: &str, sql: &str) -> ObjectRow {
        ObjectRow { kind: kind.to_owned(), name: name.to_owned(), table: table.to_owned(), sql: Some(sql.to_owned()) }
    }

    fn row(name: &str) -> ColumnRow {
        ColumnRow { name: name.to_owned(), ty: String::new(), not_null: false, default: None, key: 0 }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_indexes() {
        let objects = vec![
            object("table", "t", "t", "CREATE TABLE t (a) NEW OPTION"),
            object("index", "i", "t", "CREATE INDEX i ON t (a)"),
            object("table", "u", "u", "CREATE TABLE u (a, b)"),
            object("table", "v", "v", "CREATE TABLE v (a)"),
            object("index", "j", "v", "CREATE INDEX j ON v (a) NEW"),
        ];
        let rows = |name: &str| (name.to_owned(), TableRows { columns: vec![row("a")], keys: Vec::new() });
        let tables = BTreeMap::from([rows("t"), rows("u"), rows("v")]);
        let catalog = Catalog { objects, tables, ..Catalog::default() };
        let found = schema(catalog, &Scope::default());
        assert_eq!(found.tables.keys().collect::<Vec<_>>(), [&Name::own("v")]);
        let named: Vec<String> =
            found.unmodelled.iter().map(|one| format!("{} {}", one.kind, one.name.name.as_str())).collect();
        assert_eq!(named, ["table of an unknown grammar t", "table of an unknown grammar u", "index i", "index j"]);
        assert_eq!(found.unmodelled[2].table, Some(Name::own("t")));
    }

    #[test]
    fn collations_and_conflicts_have_one_form() {
        let collation = |name: &str| canonical_collation(&Ident::from(name));
        assert_eq!((collation("binary"), collation("NoCase")), (None, Some("NOCASE".to_owned())));
        assert_eq!(collation("Mine"), Some("Mine".to_owned()));
        assert_eq!(
            (canonical_conflict(Some("ABORT")), canonical_conflict(Some("Fail"))),
            (None, Some("fail".to_owned()))
        );
    }
}
