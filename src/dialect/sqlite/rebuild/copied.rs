//! Tables that a person's SQL writes anew, by moving and copying. Pure: reads texts.

use crate::schema::SortedSet;
use crate::statement::Statement;
use crate::statement::evidence::Words;
use crate::statement::syntax::SQLITE;

/// Whether a table is dropped and another one then gets its name, as Alembic's batch mode does. With foreign keys on, DROP
/// TABLE would take the rows of other tables along that refer to it.
pub(in crate::dialect::sqlite) fn copies_a_table(statements: &[Statement]) -> bool {
    let mut dropped = SortedSet::new();
    statements.iter().any(|statement| {
        dropped.extend(dropped_table(&statement.sql));
        new_name(&statement.sql).is_some_and(|name| dropped.contains(&name))
    })
}

fn dropped_table(sql: &str) -> Option<String> {
    let mut words = Words::of(sql, &SQLITE);
    if !words.take_all(&["DROP", "TABLE"]) {
        return None;
    }
    words.take_all(&["IF", "EXISTS"]);
    words.name().map(|(_, name)| name.to_ascii_lowercase())
}

fn new_name(sql: &str) -> Option<String> {
    let mut words = Words::of(sql, &SQLITE);
    if !words.take_all(&["ALTER", "TABLE"]) {
        return None;
    }
    words.name()?;
    if words.take_all(&["RENAME", "TO"]) { words.name().map(|(_, name)| name.to_ascii_lowercase()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::copies_a_table;
    use crate::statement::Statement;

    fn copies(sql: &[&str]) -> bool {
        let statements: Vec<Statement> = sql.iter().map(|sql| Statement::new(*sql, "")).collect();
        copies_a_table(&statements)
    }

    #[test]
    fn a_drop_and_a_rename_to_its_name_are_a_copy() {
        assert!(copies(&["CREATE TABLE n (a)", "DROP TABLE t", "ALTER TABLE n RENAME TO t"]));
        assert!(copies(&["drop table if exists main.\"T\"", "/* x */ alter table [n] rename to `t`"]));
        for sql in [
            &["ALTER TABLE n RENAME TO t", "DROP TABLE t"][..],
            &["DROP TABLE t", "ALTER TABLE n RENAME TO u"],
            &["DROP TABLE t", "ALTER TABLE t RENAME COLUMN a TO t"],
            &["DROP VIEW t", "ALTER TABLE n RENAME TO t"],
            &["SELECT 'DROP TABLE t'", "ALTER TABLE n RENAME TO t"],
            &[],
        ] {
            assert!(!copies(sql), "{sql:?}");
        }
    }
}
