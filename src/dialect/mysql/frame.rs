//! The frame of scripts for `mariadb app < FILE`, which ends at the first error. Pure.
//!
//! Every DDL statement commits by itself, so that a guard cannot undo anything: it is asked before the first statement
//! of a revision and again before the version rows move. A temporary table with a check turns the answer no into an error.
//! What was done up to an error is in the journal, from which the program goes on.
//!
//! What does not hold with `--force`: anything. It tells the shell to go on after errors.

use crate::dialect::Unsupported;
use crate::dialect::frame::{Frame, NOT_HERE};
use crate::schema::Ident;
use crate::statement::evidence::Words;
use crate::statement::syntax::MYSQL;
use crate::statement::token::tokens;

/// Words that may stand for the semicolon, of which one is not in the statement.
const DELIMITERS: [&str; 4] = ["//", "$$", ";;", "||"];

/// The frame of MariaDB and MySQL.
pub(super) struct MySqlFrame;

impl Frame for MySqlFrame {
    fn shell(&self, _: &[Ident]) -> String {
        "mariadb --comments app < FILE".to_owned()
    }

    fn opening(&self) -> Vec<String> {
        vec![format!(
            "CREATE TEMPORARY TABLE IF NOT EXISTS migrate_guard (planned INTEGER NOT NULL, \
             CONSTRAINT `{NOT_HERE}` CHECK (planned = 1))"
        )]
    }

    /// What the script writes of its own has no database before it, and no statement says a database that is not known.
    fn refuses(&self, sql: &str) -> Option<Unsupported> {
        let says_use = Words::beginning(sql, &MYSQL, 1).take("USE");
        says_use.then(|| {
            let hint = "write the database before each name, or run it online with `migrate upgrade`";
            Unsupported::new("USE in a script, which would look for its own tables in that database", hint)
        })
    }

    fn begin(&self) -> Vec<String> {
        vec!["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ".to_owned(), "START TRANSACTION".to_owned()]
    }

    /// Reading for an INSERT locks the rows that are read, and the gaps between them, until the transaction ends.
    fn guard(&self, _: usize, condition: &str) -> Vec<String> {
        vec![format!("INSERT INTO migrate_guard (planned) SELECT {condition}")]
    }

    fn commit(&self, _: usize, _: &str) -> Vec<String> {
        vec!["COMMIT".to_owned()]
    }

    /// The shell cuts at every semicolon, also inside the body of a trigger.
    fn terminated(&self, sql: &str) -> String {
        let cut = tokens(sql, &MYSQL).is_ok_and(|all| all.iter().any(|token| token.is_sign(sql, ";")));
        let delimiter = DELIMITERS.into_iter().find(|delimiter| !sql.contains(delimiter));
        match delimiter.filter(|_| cut) {
            Some(delimiter) => format!("DELIMITER {delimiter}\n{sql}\n{delimiter}\nDELIMITER ;"),
            None => format!("{sql};"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_is_refused() {
        for (sql, refused) in [("use other", true), ("/* x */ USE `app`;", true), ("SELECT 1", false), ("", false)] {
            assert_eq!(MySqlFrame.refuses(sql).is_some(), refused, "{sql}");
        }
    }

    #[test]
    fn a_body_with_semicolons_gets_another_delimiter() {
        assert_eq!(MySqlFrame.terminated("SELECT ';'"), "SELECT ';';");
        assert_eq!(MySqlFrame.terminated("BEGIN x; END"), "DELIMITER //\nBEGIN x; END\n//\nDELIMITER ;");
        assert!(MySqlFrame.terminated("BEGIN SELECT 'a//b'; END").starts_with("DELIMITER $$\n"));
    }
}
