//! Rows of `information_schema.statistics` and of the foreign keys → keys and indexes. Pure: no I/O.

use super::Place;
use crate::db::Row;
use crate::dialect::mysql::types::WORD;
use crate::dialect::mysql::{compare, quote, render};
use crate::error::Result;
use crate::schema::{
    Action, Column, Expr, ForeignKey, Index, IndexPart, IndexTarget, Options, PrimaryKey, Table, Unique,
};

/// The keys of a table, growing part by part.
#[derive(Default)]
pub(super) struct Keys(Vec<Key>);

struct Key {
    name: String,
    unique: bool,
    kind: String,
    comment: Option<String>,
    ignored: bool,
    parts: Vec<(i64, IndexPart)>,
}

impl Keys {
    /// Table, index, place, column, is not unique, prefix, kind, order, comment, is ignored, and on MySQL expression.
    pub(super) fn part(&mut self, row: &Row) -> Result<()> {
        let name = row.required(1)?;
        let kind = row.required(6)?;
        let part = part(row, kind)?;
        let place = row.int(2)?.unwrap_or_default();
        match self.0.iter_mut().rev().find(|key| key.name == name) {
            Some(key) => key.parts.push((place, part)),
            None => self.0.push(Key {
                name: name.to_owned(),
                unique: row.int(4)? == Some(0),
                kind: kind.to_owned(),
                comment: row.text(8).filter(|comment| !comment.is_empty()).map(str::to_owned),
                ignored: row.text(9) == Some("YES"),
                parts: vec![(place, part)],
            }),
        }
        Ok(())
    }

    pub(super) fn has_full_text(&self) -> bool {
        self.0.iter().any(|key| key.kind == "FULLTEXT")
    }

    /// Puts the keys into their table, which has its foreign keys by now. `hashes`: its usual index is a hash.
    pub(super) fn finish(self, table: &mut Table, hashes: bool) {
        for mut key in self.0 {
            key.parts.sort_by_key(|(place, _)| *place);
            key.finish(table, hashes);
        }
        without_row_end(table);
        let hidden: Vec<bool> = table.indexes.iter().map(|index| render::hidden_index(table, index)).collect();
        let mut hidden = hidden.into_iter();
        table.indexes.retain(|_| !hidden.next().unwrap_or(false));
    }
}

/// The server puts the end of a version's time behind the columns of every unique key, if there is such a column.
fn without_row_end(table: &mut Table) {
    let is_end = |column: &&Column| column.options.get(WORD, "row") == Some("end");
    let Some(end) = table.columns.iter().find(is_end).map(|column| column.name.clone()) else { return };
    let keys = table.uniques.iter_mut().map(|unique| &mut unique.columns);
    for columns in keys.chain(table.primary_key.iter_mut().map(|key| &mut key.columns)) {
        if columns.len() > 1 && columns.last() == Some(&end) {
            columns.pop();
        }
    }
    for index in table.indexes.iter_mut().filter(|index| index.unique && index.parts.len() > 1) {
        if index.parts.last().and_then(IndexPart::column_name) == Some(&end) {
            index.parts.pop();
        }
    }
}

impl Key {
    fn finish(self, table: &mut Table, hashes: bool) {
        let parts: Vec<IndexPart> = self.parts.into_iter().map(|(_, part)| part).collect();
        let method = method(&self.kind, hashes, self.unique);
        let plain = parts.iter().all(|part| !part.descending && part.prefix.is_none() && part.column_name().is_some());
        let columns = parts.iter().filter_map(IndexPart::column_name).cloned().collect();
        let mut options = Options::default();
        if self.ignored {
            options.set(WORD, "ignored", "true");
        }
        if self.name == compare::PRIMARY {
            if !plain {
                options.set(WORD, "columns", parts.iter().map(text).collect::<Vec<_>>().join(", "));
            }
            table.primary_key = Some(PrimaryKey {
                name: Some(self.name.into()),
                columns,
                include: Vec::new(),
                deferrable: None,
                comment: self.comment,
                options,
            });
        } else if self.unique && plain && method.is_none() {
            table.uniques.push(Unique {
                name: Some(self.name.into()),
                columns,
                include: Vec::new(),
                nulls_not_distinct: false,
                deferrable: None,
                comment: self.comment,
                options,
            });
        } else {
            table.indexes.push(Index {
                name: self.name.into(),
                parts,
                unique: self.unique,
                method,
                predicate: None,
                include: Vec::new(),
                nulls_not_distinct: false,
                comment: self.comment,
                options,
                renamed_from: None,
            });
        }
    }
}

/// A part of a primary key that is more than a column.
fn text(part: &IndexPart) -> String {
    let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
    let order = if part.descending { " DESC" } else { "" };
    part.column_name().map(|name| format!("{}{prefix}{order}", quote::ident(name))).unwrap_or_default()
}

/// The word for the nouns. A unique key over a long column is a hash that the server chose by itself.
fn method(kind: &str, hashes: bool, unique: bool) -> Option<String> {
    match kind {
        "FULLTEXT" => Some("fulltext".to_owned()),
        "SPATIAL" | "RTREE" => Some("spatial".to_owned()),
        "HASH" if hashes || unique => None,
        "HASH" => Some("hash".to_owned()),
        "BTREE" if hashes => Some("btree".to_owned()),
        // Nothing here makes one again (MariaDB 11.7), which the word lets be said.
        "VECTOR" => Some("vector".to_owned()),
        _ => None,
    }
}

fn part(row: &Row, kind: &str) -> Result<IndexPart> {
    let target = match (row.text(3), row.text(10)) {
        (Some(column), _) => IndexTarget::Column(column.into()),
        (None, expression) => {
            IndexTarget::Expression(Expr::Same(quote::without_catalog_escapes(expression.unwrap_or_default())))
        }
    };
    // The prefix of a spatial key is the size of a rectangle.
    let prefix = row.int(5)?.filter(|_| kind != "SPATIAL" && kind != "RTREE");
    Ok(IndexPart {
        target,
        descending: row.text(7) == Some("D"),
        nulls: None,
        collation: None,
        operator_class: None,
        prefix: prefix.and_then(|length| u32::try_from(length).ok()),
    })
}

/// The foreign keys of a table, growing column by column.
#[derive(Default)]
pub(super) struct ForeignKeys(Vec<(ForeignKey, Vec<i64>)>);

impl ForeignKeys {
    /// Table, constraint, column, place, referenced database, table, column.
    pub(super) fn column(&mut self, row: &Row, place: &Place) -> Result<()> {
        let name = row.required(1)?;
        let found = self.0.iter().rposition(|(key, _)| key.name.as_ref().is_some_and(|one| one.as_str() == name));
        if found.is_none() {
            let references = place.name_in(row.text(4).unwrap_or(&place.own), row.required(5)?);
            self.0.push((foreign_key(name, references), Vec::new()));
        }
        let index = found.unwrap_or(self.0.len().saturating_sub(1));
        if let Some((key, places)) = self.0.get_mut(index) {
            let ordinal = row.int(3)?.unwrap_or_default();
            let at = places.iter().position(|other| *other > ordinal).unwrap_or(places.len());
            places.insert(at, ordinal);
            key.columns.insert(at, row.required(2)?.into());
            key.referenced_columns.insert(at, row.required(6)?.into());
        }
        Ok(())
    }

    /// Table, constraint, on delete, on update.
    pub(super) fn rule(&mut self, row: &Row) -> Result<()> {
        let name = row.required(1)?;
        if let Some((key, _)) =
            self.0.iter_mut().find(|(key, _)| key.name.as_ref().is_some_and(|one| one.as_str() == name))
        {
            key.on_delete = action(row.text(2).unwrap_or_default());
            key.on_update = action(row.text(3).unwrap_or_default());
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<ForeignKey> {
        self.0.into_iter().map(|(key, _)| key).collect()
    }
}

fn foreign_key(name: &str, references: crate::schema::Name) -> ForeignKey {
    ForeignKey { name: Some(name.into()), ..ForeignKey::plain(Vec::new(), references, Vec::new()) }
}

/// RESTRICT and NO ACTION are the same to InnoDB, and which of them is said for nothing differs by product.
fn action(rule: &str) -> Action {
    match rule {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        _ => Action::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Name;

    #[test]
    fn methods_are_named_where_they_are_not_usual() {
        assert_eq!(method("BTREE", false, false), None);
        assert_eq!(method("BTREE", true, false).as_deref(), Some("btree"));
        assert_eq!(method("HASH", true, false), None);
        assert_eq!(method("VECTOR", false, false).as_deref(), Some("vector"));
        assert_eq!(method("HASH", false, true), None);
        assert_eq!(method("FULLTEXT", false, false).as_deref(), Some("fulltext"));
    }

    fn key(name: &str, columns: &[&str]) -> Key {
        let part = |(place, column): (usize, &&str)| (place as i64, IndexPart::column((*column).into()));
        Key {
            name: name.to_owned(),
            unique: false,
            kind: "BTREE".to_owned(),
            comment: None,
            ignored: false,
            parts: columns.iter().enumerate().map(part).collect(),
        }
    }

    fn visible(foreign_keys: &[(&str, &[&str])], keys: Vec<Key>) -> Vec<String> {
        let mut table = Table::new(Name::own("t"));
        for (name, columns) in foreign_keys {
            let mut foreign = foreign_key(name, Name::own("p"));
            foreign.columns = columns.iter().map(|column| (*column).into()).collect();
            table.foreign_keys.push(foreign);
        }
        Keys(keys).finish(&mut table, false);
        table.indexes.iter().map(|index| index.name.as_str().to_owned()).collect()
    }

    #[test]
    fn the_index_of_a_foreign_key_is_no_noun() {
        assert_eq!(visible(&[("fk", &["a"])], vec![key("fk", &["a"])]), [""; 0]);
        assert_eq!(visible(&[("fk", &["a"]), ("fk2", &["a"])], vec![key("fk2", &["a"])]), [""; 0]);
    }

    #[test]
    fn an_index_that_the_server_would_not_make_stays() {
        assert_eq!(visible(&[("fk", &["a"])], vec![key("ix", &["a"])]), ["ix"]);
        assert_eq!(visible(&[("fk", &["a"])], vec![key("fk", &["a", "b"])]), ["fk"]);
        assert_eq!(visible(&[("fk", &["a"])], vec![key("fk", &["a"]), key("ix", &["a", "b"])]), ["fk", "ix"]);
        assert_eq!(visible(&[("t_ibfk_1", &["a"])], vec![key("a", &["a"])]), [""; 0]);
        assert_eq!(visible(&[("t_ibfk_1", &["a"])], vec![key("a_2", &["a"])]), ["a_2"]);
        assert_eq!(visible(&[("t_ibfk_1", &["a"])], vec![key("t_ibfk_1", &["a"])]), ["t_ibfk_1"]);
    }
}
