//! Attached files: each is a schema. SQLite stores what CREATE makes without the schema before its name, and looks within the
//! file for whatever a foreign key, an index, a view or a trigger of it names. So everything here works on one file at a
//! time, on the texts as they are stored, and the schema is put before the name where a statement is said. Pure: no I/O.

use crate::dialect::sqlite::quote;
use crate::ops::Operation;
use crate::schema::{Ident, Name, Need, Object, ObjectId, Schema, SortedSet};
use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, tokens};

/// A CREATE statement with the schema before the name of what it makes, unless one stands there; of a PRAGMA as well.
pub(crate) fn placed(text: &str, schema: Option<&Ident>) -> String {
    let place = schema.and_then(|schema| Some((schema, name_in(text)?)));
    let Some((schema, at)) = place else { return text.to_owned() };
    let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
    format!("{before}{}.{behind}", quote::ident(schema))
}

/// Where the name begins that has no schema before it.
fn name_in(text: &str) -> Option<usize> {
    let all = tokens(text, &SQLITE).ok()?;
    let mut words = all.iter().filter(|token| !token.is_skippable()).peekable();
    let is = |token: &Token, any: &[&str]| any.iter().any(|word| token.is_word(text, word));
    let verb = words.next()?;
    if is(verb, &["CREATE"]) {
        while words.next_if(|token| is(token, &["TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL"])).is_some() {}
        words.next_if(|token| is(token, &["TABLE", "INDEX", "VIEW", "TRIGGER"]))?;
        for said in ["IF", "NOT", "EXISTS"] {
            words.next_if(|token| is(token, &[said]));
        }
    } else if !is(verb, &["PRAGMA"]) {
        return None;
    }
    let name = words.next()?;
    let has_schema = words.peek().is_some_and(|token| token.is_sign(text, "."));
    (!has_schema).then_some(name.start)
}

/// A name of the same file.
pub(crate) fn beside(name: &Name, other: &Ident) -> String {
    quote::name(&Name::new(name.schema.clone(), other.clone()))
}

/// The schema before one of SQLite's own tables, which each file has, and what is temporary too: without one that is meant.
pub(crate) fn own_table(name: &Name, table: &str) -> String {
    name.schema.as_ref().map_or_else(|| format!("main.{table}"), |schema| format!("{}.{table}", quote::ident(schema)))
}

/// What an argument of a pragma's function says of the schema: `, 'archive'`; nothing in the main file.
pub(crate) fn argument(name: &Name) -> String {
    name.schema.as_ref().map_or_else(String::new, |schema| format!(", {}", quote::literal(schema.as_str())))
}

/// The file that an operation works on; None = the main one, or none at all.
pub(crate) fn file_of(operation: &Operation) -> Option<&Ident> {
    let name = if let Operation::Object(object) = operation { Some(&object.id().name) } else { operation.table() };
    name?.schema.as_ref()
}

/// What was read of a file, with the schema that it is before all names.
pub(crate) fn moved(found: Schema, file: &Ident) -> Schema {
    let name = |name: Name| Name { schema: Some(file.clone()), ..name };
    let id = |id: ObjectId| ObjectId { name: name(id.name), table: id.table.map(name), ..id };
    let need = |need: &Need| match need.clone() {
        Need::Table(table, column) => Need::Table(name(table), column),
        Need::Enum(of) => Need::Enum(name(of)),
        Need::Object(of) => Need::Object(id(of)),
    };
    let needs = |all: &SortedSet<Need>| -> SortedSet<Need> { all.iter().map(need).collect() };
    let mut moved = Schema::default();
    for mut table in found.tables.into_values() {
        table.name = name(table.name);
        table.needs = table.needs.iter().cloned().map(id).collect();
        for key in &mut table.foreign_keys {
            key.references = name(key.references.clone());
        }
        moved.insert(table);
    }
    for object in found.objects.into_values() {
        let (of, mentions) = (needs(&object.needs), needs(&object.mentions));
        moved.insert_object(Object { id: id(object.id), needs: of, mentions, ..object });
    }
    for mut one in found.unmodelled {
        (one.name, one.table) = (name(one.name), one.table.map(name));
        moved.unmodelled.push(one);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_stands_before_the_name() {
        let archive = Ident::from("the archive");
        for (text, said) in [
            ("CREATE TABLE t (a)", "CREATE TABLE \"the archive\".t (a)"),
            (
                "create /* x */ unique index if not exists [i x] ON t (a)",
                "create /* x */ unique index if not exists \"the archive\".[i x] ON t (a)",
            ),
            (
                "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
                "CREATE TRIGGER \"the archive\".tr AFTER INSERT ON t BEGIN SELECT 1; END",
            ),
            ("CREATE VIRTUAL TABLE f USING fts5 (a)", "CREATE VIRTUAL TABLE \"the archive\".f USING fts5 (a)"),
            ("CREATE VIEW v AS SELECT 1", "CREATE VIEW \"the archive\".v AS SELECT 1"),
            ("CREATE VIEW other.v AS SELECT 1", "CREATE VIEW other.v AS SELECT 1"),
            ("PRAGMA user_version = 3", "PRAGMA \"the archive\".user_version = 3"),
            ("SELECT 1", "SELECT 1"),
        ] {
            assert_eq!(placed(text, Some(&archive)), said);
            assert_eq!(placed(text, None), text);
        }
    }
}
