//! What tells on PostgreSQL whether a statement took effect. Nearly everything goes into one transaction with its note;
//! here are the statements that the server refuses there.

use super::{quote, session};
use crate::statement::classify::outside_transaction;
use crate::statement::evidence::{Evidence, Named, Probe, Remains, Words};
use crate::statement::split::split;
use crate::statement::syntax::POSTGRES;

/// What tells whether this statement took effect.
pub(super) fn evidence(sql: &str) -> Evidence {
    let pieces = split(sql, &POSTGRES).unwrap_or_default();
    let Some(piece) = pieces.first() else { return Evidence::Unknowable };
    let mut words = Words::of(sql, &POSTGRES);
    // They may commit inside, and then refuse to be in a transaction.
    if words.one_of(&["CALL", "DO"]).is_some() {
        return Evidence::Unknowable;
    }
    if words.one_of(&["SET", "RESET", "DISCARD", "PREPARE", "LISTEN", "LOAD"]).is_some() {
        return Evidence::Session;
    }
    if session::is_set_config(sql) {
        return Evidence::Session;
    }
    if words.take("CREATE") && words.one_of(&["TEMP", "TEMPORARY", "LOCAL", "GLOBAL"]).is_some() {
        return Evidence::Temporary;
    }
    if outside_transaction(piece, &POSTGRES).is_none() {
        return Evidence::Together;
    }
    alone(&mut Words::of(sql, &POSTGRES).lowering()).unwrap_or(Evidence::Unknowable)
}

/// Statements that the server refuses in a transaction. `None`: nothing is known about it.
fn alone(words: &mut Words<'_>) -> Option<Evidence> {
    match words.one_of(&["CREATE", "DROP", "ALTER", "VACUUM", "REINDEX", "CLUSTER"])? {
        "CREATE" => create(words),
        "DROP" => dropped(words),
        "ALTER" => alter(words),
        _ => Some(Evidence::Repeatable),
    }
}

fn create(words: &mut Words<'_>) -> Option<Evidence> {
    words.take("UNIQUE");
    if words.take("DATABASE") {
        return words.name().map(|(_, name)| count("pg_database", "datname", &name));
    }
    if words.take("TABLESPACE") {
        return words.name().map(|(_, name)| count("pg_tablespace", "spcname", &name));
    }
    if words.take("SUBSCRIPTION") {
        return words.name().map(|(_, name)| count("pg_subscription", "subname", &name));
    }
    words.take_all(&["INDEX", "CONCURRENTLY"]).then_some(())?;
    words.take_all(&["IF", "NOT", "EXISTS"]);
    let (_, index) = words.name().filter(|(_, name)| !name.eq_ignore_ascii_case("on"))?;
    words.take("ON");
    words.take("ONLY");
    Some(concurrently(&words.name()?, &index))
}

/// A concurrent build that was interrupted leaves an index that is not valid.
fn concurrently(table: &Named, index: &str) -> Evidence {
    let regclass = quote::literal(&path(table));
    let found = format!(
        "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         WHERE i.indrelid = pg_catalog.to_regclass({regclass}) AND c.relname = {}",
        quote::literal(index)
    );
    let remains = Remains {
        question: format!("(SELECT count(*)::text FROM {found} AND NOT i.indisvalid)"),
        remedy: format!("DROP INDEX CONCURRENTLY IF EXISTS {}", path(&(table.0.clone(), index.to_owned()))),
    };
    let scalar = format!("(SELECT count(*)::text FROM {found} AND i.indisvalid)");
    Evidence::Seen(Probe { remains: Some(remains), ..Probe::new(scalar) })
}

fn dropped(words: &mut Words<'_>) -> Option<Evidence> {
    if words.take("DATABASE") {
        words.take_all(&["IF", "EXISTS"]);
        return words.name().map(|(_, name)| count("pg_database", "datname", &name));
    }
    if words.take("TABLESPACE") {
        words.take_all(&["IF", "EXISTS"]);
        return words.name().map(|(_, name)| count("pg_tablespace", "spcname", &name));
    }
    words.take_all(&["INDEX", "CONCURRENTLY"]).then_some(())?;
    words.take_all(&["IF", "EXISTS"]);
    let index = words.name()?;
    let scalar = format!("(SELECT (pg_catalog.to_regclass({}) IS NOT NULL)::text)", quote::literal(&path(&index)));
    Some(Evidence::Seen(Probe::new(scalar)))
}

fn alter(words: &mut Words<'_>) -> Option<Evidence> {
    if words.one_of(&["SYSTEM", "DATABASE"]).is_some() {
        return Some(Evidence::Repeatable);
    }
    words.take("TABLE").then_some(())?;
    words.take_all(&["IF", "EXISTS"]);
    words.take("ONLY");
    words.name()?;
    words.skip_behind("PARTITION").then_some(())?;
    let partition = words.name()?;
    let regclass = quote::literal(&path(&partition));
    let scalar = format!(
        "(SELECT count(*)::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = pg_catalog.to_regclass({regclass}) \
         AND pg_catalog.to_jsonb(i) ->> 'inhdetachpending' IS DISTINCT FROM 'true')"
    );
    // A server before 14 knows no such column, and has nothing half detached.
    // Half detached, it must be finalized, which a person has to decide.
    Some(Evidence::Seen(Probe::new(scalar)))
}

fn count(catalog: &str, column: &str, name: &str) -> Evidence {
    let name = quote::literal(name);
    Evidence::Seen(Probe::new(format!("(SELECT count(*)::text FROM pg_catalog.{catalog} WHERE {column} = {name})")))
}

fn path((schema, name): &Named) -> String {
    let quoted = |text: &str| quote::quote(&text.into());
    match schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
        None => quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_has_its_evidence() {
        for (sql, expected) in [
            ("CREATE TABLE t (a int)", "together"),
            ("CREATE INDEX i ON t (a)", "together"),
            ("CREATE TEMP TABLE t (a int)", "temporary"),
            ("UPDATE t SET a = 1", "together"),
            ("CALL p()", "unknowable"),
            ("DO $$ BEGIN COMMIT; END $$", "unknowable"),
            ("SET search_path = a", "session"),
            ("SELECT pg_catalog.set_config('search_path', '', false)", "session"),
            ("VACUUM t", "repeatable"),
            ("REINDEX INDEX CONCURRENTLY i", "repeatable"),
            ("CREATE DATABASE d", "seen"),
            ("DROP INDEX CONCURRENTLY i", "seen"),
            ("ALTER SYSTEM SET a = 1", "repeatable"),
            ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "seen"),
            ("CREATE INDEX CONCURRENTLY ON t (a)", "unknowable"),
        ] {
            let word = match evidence(sql) {
                Evidence::Together => "together",
                Evidence::Repeatable => "repeatable",
                Evidence::Session => "session",
                Evidence::Temporary => "temporary",
                Evidence::Seen(_) => "seen",
                Evidence::Unknowable => "unknowable",
            };
            assert_eq!(word, expected, "{sql}");
        }
    }

    #[test]
    fn a_half_built_index_is_cleared_away() {
        let Evidence::Seen(probe) = evidence("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY s.\"T\" (a)") else {
            panic!("not seen")
        };
        assert!(probe.scalar.contains("to_regclass('\"s\".\"T\"')"), "{}", probe.scalar);
        assert_eq!(probe.remains.unwrap().remedy, "DROP INDEX CONCURRENTLY IF EXISTS \"s\".\"i\"");
    }
}
