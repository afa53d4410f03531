//! The frame of scripts for `psql -f FILE`, which goes on after an error unless it is told `ON_ERROR_STOP`. Pure.
//!
//! In a transaction an error is enough: nothing behind it takes effect, and its COMMIT rolls back. What is left to
//! stop are the transactions behind it. A setting of the session counts the commits that were made; it is set inside
//! each transaction, so that a rollback takes it back, and each guard asks for it. Where statements run outside of a
//! transaction the whole session is read-only until the setting says that the commit before them was made.
//!
//! What does not hold without `ON_ERROR_STOP`: a statement outside of a transaction that fails by itself does not stop
//! the shell.

use crate::dialect::frame::{Frame, NOT_HERE};
use crate::schema::Ident;
use crate::statement::evidence::Words;
use crate::statement::syntax::POSTGRES;

/// The setting that counts commits.
const COMMITS: &str = "migrate.commits";

/// The frame of PostgreSQL.
pub(super) struct PostgresFrame;

impl Frame for PostgresFrame {
    fn shell(&self, _: &[Ident]) -> String {
        "psql -v ON_ERROR_STOP=1 -f FILE".to_owned()
    }

    fn opening(&self) -> Vec<String> {
        vec![format!("SET {COMMITS} = '0'")]
    }

    fn begin(&self) -> Vec<String> {
        vec!["BEGIN".to_owned()]
    }

    fn lock(&self, version_table: &str) -> Vec<String> {
        vec![format!("LOCK TABLE {version_table} IN SHARE ROW EXCLUSIVE MODE NOWAIT")]
    }

    fn guard(&self, number: usize, condition: &str) -> Vec<String> {
        vec![unless(&format!("{} AND {condition}", reached(number)), "NULL;")]
    }

    fn commit(&self, number: usize, _: &str) -> Vec<String> {
        vec![format!("SET {COMMITS} = '{}'", number + 1), "COMMIT".to_owned()]
    }

    fn outside(&self, number: usize) -> Vec<String> {
        let writable = "PERFORM pg_catalog.set_config('default_transaction_read_only', 'off', false);";
        vec!["SET default_transaction_read_only = on".to_owned(), unless(&reached(number), writable)]
    }

    fn forgets(&self, sql: &str) -> Option<&'static str> {
        let said = |words: &[&str]| Words::beginning(sql, &POSTGRES, words.len()).take_all(words);
        [("RESET ALL", ["RESET", "ALL"]), ("DISCARD ALL", ["DISCARD", "ALL"])]
            .into_iter()
            .find_map(|(text, words)| said(&words).then_some(text))
    }
}

/// All commits before this one were made.
fn reached(number: usize) -> String {
    format!("pg_catalog.current_setting('{COMMITS}') = '{number}'")
}

/// An error unless the condition holds; else what is said then.
fn unless(condition: &str, then: &str) -> String {
    format!("DO $migrate$ BEGIN IF {condition} THEN {then} ELSE RAISE EXCEPTION '{NOT_HERE}'; END IF; END $migrate$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_was_not_made_stops_every_later_guard() {
        assert_eq!(PostgresFrame.commit(0, ""), ["SET migrate.commits = '1'", "COMMIT"]);
        assert!(PostgresFrame.guard(1, "true")[0].contains("current_setting('migrate.commits') = '1' AND true"));
    }

    #[test]
    fn what_takes_the_count_along_is_known() {
        assert_eq!(PostgresFrame.forgets("-- x\nreset all"), Some("RESET ALL"));
        assert_eq!(PostgresFrame.forgets("DISCARD ALL"), Some("DISCARD ALL"));
        assert_eq!(PostgresFrame.forgets("RESET search_path"), None);
    }

    #[test]
    fn outside_of_a_transaction_the_session_is_read_only_first() {
        let lines = PostgresFrame.outside(1);
        assert_eq!(lines[0], "SET default_transaction_read_only = on");
        assert!(lines[1].contains("'off', false"));
    }
}
