//! The frame of scripts for `sqlite3 app.db < FILE`, which goes on after an error unless it is told `-bail`. Pure.
//!
//! The guard makes the transaction one that cannot be committed: a row in a temporary table refers to a row that is not
//! there, by a foreign key that is looked at by COMMIT. If the condition holds, the row is mended. If it does not, COMMIT
//! fails and the transaction stays open; every later BEGIN fails inside it, every later COMMIT fails too, and the end of
//! the script rolls all of it back. `PRAGMA foreign_keys` does nothing inside a transaction, so that not even a rebuild,
//! which turns foreign keys off, lifts that.
//!
//! What does not hold without `-bail`: a statement of a revision that fails by itself does not stop the shell.

use super::{definition, quote};
use crate::dialect::frame::{Frame, NOT_HERE, Rebuild};
use crate::schema::Ident;

/// The frame of SQLite.
pub(super) struct SqliteFrame;

impl Frame for SqliteFrame {
    fn shell(&self, attached: &[Ident]) -> String {
        let attach = |file: &Ident| format!(" -cmd \"ATTACH 'FILE' AS {}\"", in_shell(file));
        format!("sqlite3 -bail{} app.db < FILE", attached.iter().map(attach).collect::<String>())
    }

    fn has_attached(&self, schemas: &[Ident]) -> Option<String> {
        let names: Vec<String> = schemas.iter().map(|name| quote::literal(name.as_str())).collect();
        let (names, count) = (names.join(", "), names.len());
        (count > 0).then(|| {
            format!("(SELECT COUNT(*) FROM pragma_database_list WHERE name COLLATE NOCASE IN ({names})) = {count}")
        })
    }

    /// Foreign keys are on, as on every connection of the program; the shell has them off.
    fn opening(&self) -> Vec<String> {
        vec![
            "PRAGMA foreign_keys = ON".to_owned(),
            format!(
                "CREATE TEMPORARY TABLE IF NOT EXISTS migrate_guard (step INTEGER PRIMARY KEY, \
                 planned INTEGER REFERENCES migrate_guard (step) DEFERRABLE INITIALLY DEFERRED, \
                 CONSTRAINT \"{NOT_HERE}\" CHECK (planned IS NOT NULL), \
                 CONSTRAINT \"rows would refer to nothing\" CHECK (planned IS NOT -1))"
            ),
        ]
    }

    /// Not IMMEDIATE: where that fails, what follows would run outside of any transaction.
    fn begin(&self) -> Vec<String> {
        vec!["BEGIN".to_owned()]
    }

    /// The row of a step refers to itself where all is well, to step 0, which is not there, where it is not.
    fn guard(&self, _: usize, condition: &str) -> Vec<String> {
        vec![
            "INSERT INTO temp.migrate_guard (planned) VALUES (0)".to_owned(),
            format!("UPDATE temp.migrate_guard SET planned = step WHERE step = last_insert_rowid() AND {condition}"),
            "INSERT INTO temp.migrate_guard (planned) SELECT NULL FROM temp.migrate_guard WHERE planned = 0".to_owned(),
        ]
    }

    /// A row that could not be moved, since another program holds the file's lock, makes the commit fail.
    fn commit(&self, _: usize, condition: &str) -> Vec<String> {
        vec![format!("INSERT INTO temp.migrate_guard (planned) SELECT 0 WHERE NOT ({condition})"), "COMMIT".to_owned()]
    }

    fn rebuild(&self, condition: &str, attached: &[Ident]) -> Option<Rebuild> {
        let broken = broken(attached);
        Some(Rebuild {
            before: vec![
                "PRAGMA foreign_keys = OFF".to_owned(),
                "DROP TABLE IF EXISTS temp.migrate_broken".to_owned(),
                format!("CREATE TEMPORARY TABLE migrate_broken AS {broken}"),
            ],
            check: check(condition, &broken),
            after: vec!["PRAGMA foreign_keys = ON".to_owned()],
        })
    }
}

/// A name in SQL within double quotes of a shell. One that needs no quotes has none, for it is read by people.
fn in_shell(name: &Ident) -> String {
    let text = name.as_str();
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_plain && !definition::is_reserved(text) {
        return text.to_owned();
    }
    let escaped = |character: char| {
        let is_special = matches!(character, '"' | '\\' | '$' | '`');
        is_special.then_some('\\').into_iter().chain([character])
    };
    quote::ident(name).chars().flat_map(escaped).collect()
}

/// The rows of all files that refer to nothing. Alone the function looks at the main one.
fn broken(attached: &[Ident]) -> String {
    let of_file = |file: &Ident| {
        let (name, text) = (quote::ident(file), quote::literal(file.as_str()));
        format!(
            " UNION ALL SELECT {text} || '.' || c.\"table\", c.rowid, c.parent, c.fkid FROM {name}.sqlite_master t, \
             pragma_foreign_key_check(t.name, {text}) c WHERE t.type = 'table'"
        )
    };
    let others: String = attached.iter().map(of_file).collect();
    format!("SELECT * FROM pragma_foreign_key_check{others}")
}

/// With foreign keys off the guard's row holds nothing back: this undoes the transaction itself. Not one that is lost
/// already: to undo it would be to let the rest of the script run.
fn check(condition: &str, broken: &str) -> Vec<String> {
    let sound = "NOT EXISTS (SELECT * FROM temp.migrate_guard WHERE planned = 0)";
    let broken = &format!("EXISTS ({broken} EXCEPT SELECT * FROM temp.migrate_broken)");
    let undo = |what: &str, when: &str| {
        format!("INSERT OR ROLLBACK INTO temp.migrate_guard (planned) SELECT {what} WHERE {when} AND {sound}")
    };
    vec![undo("-1", broken), undo("NULL", &format!("NOT ({condition})"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_dooms_first_and_mends_its_own_row_only() {
        let lines = SqliteFrame.guard(3, "1 = 1");
        assert!(lines[0].ends_with("VALUES (0)"), "a condition that cannot be read leaves the transaction lost");
        assert!(lines[1].contains("step = last_insert_rowid() AND 1 = 1"));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn a_name_is_quoted_for_sql_and_for_the_shell() {
        let said = ["archive", "my Arch", "order", "a\"$b"].map(|name| in_shell(&name.into()));
        assert_eq!(said, ["archive", "\\\"my Arch\\\"", "\\\"order\\\"", "\\\"a\\\"\\\"\\$b\\\""]);
    }

    #[test]
    fn nothing_is_said_that_only_the_shell_understands() {
        let all = [SqliteFrame.opening(), SqliteFrame.begin(), SqliteFrame.guard(0, "1"), SqliteFrame.commit(0, "1")];
        assert!(all.concat().iter().all(|line| !line.starts_with('.')));
    }
}
