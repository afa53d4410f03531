//! What a statement of the models is about, for people and for leaving it out of a comparison. No I/O.

use super::making::Step;
use crate::dialect::Dialect;
use crate::ops::Operation;
use crate::schema::{Ident, Name, ObjectKind, Unmodelled};
use crate::statement::evidence::Words;

/// Kind, name, and the table that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    kind: String,
    name: Name,
    table: Option<Name>,
}

impl Subject {
    /// What a step makes or changes. One that says of nothing what it is about is called by its place.
    pub(super) fn of(step: &Step<'_>, dialect: &dyn Dialect, own: &Ident) -> Self {
        let said = match step.operation {
            Some(Operation::Object(object)) => {
                let id = object.id();
                Some(Self::new(id.kind.spoken(), id.name.clone(), id.table.clone()))
            }
            Some(operation) => operation.table().map(|table| Self::new("table", table.clone(), None)),
            None => Self::read(&step.statement.sql, dialect),
        };
        let place = || {
            let (file, line) = step.spot.and_then(|(file, line)| Some((file.file_name()?, line))).unwrap_or_default();
            Self::new("statement", Name::own(format!("{}:{line}", file.display())), None)
        };
        let Self { kind, name, table } = said.unwrap_or_else(place);
        let without_own = |name: Name| Name { schema: name.schema.filter(|schema| schema != own), ..name };
        Self { kind, name: without_own(name), table: table.map(without_own) }
    }

    fn new(kind: &str, name: Name, table: Option<Name>) -> Self {
        Self { kind: kind.to_owned(), name, table }
    }

    /// As the words say; words without quotes in lower case.
    fn read(sql: &str, dialect: &dyn Dialect) -> Option<Self> {
        let mut words = Words::of(sql, dialect.syntax()).lowering();
        if words.take_all(&["COMMENT", "ON", "COLUMN"]) {
            return commented(&mut words).map(|table| Self::new("table", table, None));
        }
        if words.one_of(&["GRANT", "REVOKE"]).is_some() {
            return granted(&mut words);
        }
        let mut ahead = Words::of(sql, dialect.syntax());
        // Not a column that was called so.
        let is_given =
            ahead.take("ALTER") && !ahead.has_any(&["RENAME"]) && ahead.skip_behind("OWNER") && ahead.take("TO");
        if is_given {
            return given_away(&mut words);
        }
        let verb = words.one_of(&["CREATE", "ALTER", "COMMENT"])?;
        words.take(if verb == "COMMENT" { "ON" } else { "OR" });
        while words.one_of(&BEFORE_KINDS).is_some() {}
        if words.take("INDEX") {
            return words
                .skip_behind("ON")
                .then(|| table(&mut words))
                .flatten()
                .map(|name| Self::new("table", name, None));
        }
        if words.take_all(&["VIRTUAL", "TABLE"]) {
            words.take_all(&["IF", "NOT", "EXISTS"]);
            return name(&mut words).map(|name| Self::new(ObjectKind::VirtualTable.spoken(), name, None));
        }
        let kind = kind(&mut words)?;
        words.take_all(&["IF", "NOT", "EXISTS"]);
        words.take_all(&["IF", "EXISTS"]);
        words.one_of(&["ONLY", "FOR"]);
        let name = name(&mut words)?;
        let before_table = match kind {
            "trigger" | "policy" => Some("ON"),
            "rule" => Some("TO"),
            "user mapping" => Some("SERVER"),
            _ => None,
        };
        let table = before_table.filter(|word| words.skip_behind(word)).and_then(|_| table(&mut words));
        Some(Self::new(kind, name, table))
    }

    /// Whether this is it.
    pub(super) fn is(&self, one: &Unmodelled) -> bool {
        one.unjudged_kind() == Some(&self.kind) && one.name == self.name && one.table == self.table
    }

    /// As what a comparison leaves alone.
    pub(super) fn unjudged(self, said: String) -> Unmodelled {
        Unmodelled::unjudged(&self.kind, self.name, self.table, said)
    }
}

/// What may stand between the verb and the kind.
const BEFORE_KINDS: [&str; 15] = [
    "REPLACE",
    "UNIQUE",
    "TRUSTED",
    "PROCEDURAL",
    "CONSTRAINT",
    "RECURSIVE",
    "UNLOGGED",
    "TEMP",
    "TEMPORARY",
    "FULLTEXT",
    "SPATIAL",
    "CONCURRENTLY",
    "GLOBAL",
    "LOCAL",
    "IF",
];

/// The word for people, of a table or an object: `materialized view`.
fn kind(words: &mut Words<'_>) -> Option<&'static str> {
    // The longer ones first: a type is no text search configuration.
    let mut kinds: Vec<&'static str> =
        ObjectKind::ALL.iter().map(|kind| kind.spoken()).chain(["table", "schema"]).collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
    kinds.into_iter().find(|kind| {
        let upper = kind.to_uppercase();
        words.take_all(&upper.split(' ').collect::<Vec<_>>())
    })
}

/// What rights are on; the first where they are on several.
fn granted(words: &mut Words<'_>) -> Option<Subject> {
    if !words.skip_behind("ON") || words.take("ALL") {
        return None;
    }
    words.one_of(&["TABLE", "SEQUENCE", "FUNCTION", "PROCEDURE", "ROUTINE", "TYPE", "DOMAIN", "SCHEMA"]);
    name(words).map(|name| Subject::new(ObjectKind::Grants.spoken(), name, None))
}

/// `ALTER TABLE t OWNER TO bob`.
fn given_away(words: &mut Words<'_>) -> Option<Subject> {
    words.take("ALTER");
    kind(words)?;
    words.take_all(&["IF", "EXISTS"]);
    words.take("ONLY");
    name(words).map(|name| Subject::new(ObjectKind::Owner.spoken(), name, None))
}

/// The table of a column: `t.a`, `public.t.a`.
fn commented(words: &mut Words<'_>) -> Option<Name> {
    let (first, second) = words.name()?;
    let first = first?;
    Some(if words.is_at(".") { Name::new(Some(Ident::from(first)), second) } else { Name::own(first) })
}

fn name(words: &mut Words<'_>) -> Option<Name> {
    words.name().map(|(schema, name)| Name::new(schema.map(Ident::from), name))
}

fn table(words: &mut Words<'_>) -> Option<Name> {
    words.take("ONLY");
    name(words)
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    fn read(sql: &str) -> String {
        let found = Subject::read(sql, &crate::dialect::postgres::Postgres);
        found.map_or_else(String::new, |Subject { kind, name, table }| {
            let on = table.map(|table| format!(" on {}", table.for_people())).unwrap_or_default();
            format!("{kind} {}{on}", name.for_people())
        })
    }

    #[test]
    fn a_statement_says_what_it_is_about() {
        for (sql, subject) in [
            ("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA public", "extension uuid-ossp"),
            ("create or replace function app.F(a int) returns int language plperl as 'x'", "function app.f"),
            ("CREATE MATERIALIZED VIEW IF NOT EXISTS \"V\" AS SELECT 1", "materialized view V"),
            ("CREATE TABLE IF NOT EXISTS t (a citext)", "table t"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY app.t USING gin (a)", "table app.t"),
            ("ALTER TABLE ONLY t ADD COLUMN b citext", "table t"),
            ("CREATE CONSTRAINT TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "trigger tr on t"),
            ("CREATE RULE r AS ON INSERT TO t DO ALSO NOTHING", "rule r on t"),
            ("CREATE POLICY p ON t USING (true)", "policy p on t"),
            ("CREATE USER MAPPING FOR bob SERVER s OPTIONS (a 'b')", "user mapping bob on s"),
            ("COMMENT ON COLUMN t.a IS 'x'", "table t"),
            ("COMMENT ON COLUMN public.t.a IS 'x'", "table public.t"),
            ("COMMENT ON VIEW v IS 'x'", "view v"),
            ("CREATE TEXT SEARCH CONFIGURATION c (COPY = english)", "text search configuration c"),
            ("GRANT SELECT (a), UPDATE ON t TO r", "grants t"),
            ("REVOKE EXECUTE ON FUNCTION app.f(int) FROM PUBLIC", "grants app.f"),
            ("GRANT SELECT ON ALL TABLES IN SCHEMA app TO r", ""),
            ("GRANT a TO b", ""),
            ("ALTER TABLE IF EXISTS ONLY app.t OWNER TO bob", "owner app.t"),
            ("ALTER SCHEMA app OWNER TO bob", "owner app"),
            ("ALTER TABLE t ADD COLUMN owner citext", "table t"),
            ("ALTER TABLE t RENAME COLUMN owner TO boss", "table t"),
            ("DO $$ BEGIN END $$", ""),
        ] {
            assert_eq!(read(sql), subject, "{sql}");
        }
    }
}
