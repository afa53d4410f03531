//! PostgreSQL: what was given is what RESET gives, but for what was said after connecting.

use super::{Connection, Ending, Values, literal};
#[cfg(feature = "cli")]
use crate::db::Settings;
use crate::db::postgres;
use crate::error::Result;
use crate::statement::evidence::Words;
use crate::statement::syntax::POSTGRES;

/// The settings under which statements of ours may fail or mean something else, in the order in which they can be said:
/// another user takes the role along.
const FOR_OURS: [&str; 11] = [
    "session_authorization",
    "role",
    "search_path",
    "standard_conforming_strings",
    "client_encoding",
    "default_transaction_read_only",
    "default_transaction_isolation",
    "synchronous_commit",
    "row_security",
    "lock_timeout",
    "statement_timeout",
];

/// Everything that SET, SET ROLE and SET SESSION AUTHORIZATION changed.
const SETTINGS: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL";

/// What else a session holds. Not the locks, of which one is ours.
const THINGS: &str = "CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES";

/// Settings in SQL.
pub(super) fn said(values: &Values) -> String {
    let one = |(name, value): &(String, Option<String>)| {
        format!("pg_catalog.set_config({}, {}, false)", literal(name), literal(value.as_deref().unwrap_or_default()))
    };
    // Whoever is another user now has another role too.
    let user_changes = values.iter().any(|(name, _)| name == FOR_OURS[0]);
    let says_role = values.iter().any(|(name, _)| name == FOR_OURS[1]);
    let mut words: Vec<String> = values.iter().map(one).collect();
    if user_changes && !says_role {
        words.insert(1, one(&(FOR_OURS[1].to_owned(), Some("none".to_owned()))));
    }
    format!("SELECT {}", words.join(", "))
}

/// What prepared the session, to be sent along again. What was made in the session is still there where it is tried again.
fn prepared_again(sql: &str, ending: Ending) -> Option<String> {
    let words = Words::beginning(sql, &POSTGRES, 1);
    if ending == Ending::Retried && !words.is_next("SET") && !words.is_next("SELECT") {
        return None;
    }
    if words.is_next("SET") && !sql.contains(';') && !sql.contains("--") {
        return Some(sql.trim().to_owned());
    }
    // A question is nothing to send along, and others may follow behind a comment or a semicolon.
    let body = format!("BEGIN EXECUTE {}; END", literal(sql));
    (!words.is_over()).then(|| format!("DO {}", literal(&body)))
}

/// The same in a script, in the transaction of a revision: what was said at its beginning is said again.
#[cfg(feature = "cli")]
pub(super) fn for_script(settings: &Settings) -> Vec<String> {
    let words = ["SET CONSTRAINTS ALL IMMEDIATE", SETTINGS, THINGS, "DEALLOCATE ALL"];
    let words = words.iter().flat_map(|words| words.split("; ")).map(str::to_owned);
    words.chain(postgres::opening(settings)).collect()
}

impl Connection {
    /// The settings of [`FOR_OURS`].
    pub(super) async fn ask_postgres(&mut self) -> Result<Values> {
        let asked = FOR_OURS.map(|name| format!("pg_catalog.current_setting({})", literal(name)));
        let row = self.ask(&format!("SELECT {}", asked.join(", "))).await?.unwrap_or_default();
        let named = FOR_OURS.iter().enumerate();
        Ok(named.map(|(at, name)| ((*name).to_owned(), row.text(at).map(str::to_owned))).collect())
    }

    /// In a transaction it is given, to be sent with what is sent anyway; outside it is sent.
    ///
    /// What waits for the end of the transaction is looked at before, for its triggers are of the session of the revision.
    pub(super) async fn put_back_postgres(&mut self, ending: Ending) -> Result<Option<String>> {
        let mut words = Vec::new();
        words.extend((ending == Ending::InTransaction).then(|| "SET CONSTRAINTS ALL IMMEDIATE".to_owned()));
        words.push(SETTINGS.to_owned());
        words.extend((ending != Ending::Retried).then(|| THINGS.to_owned()));
        match &self.in_each_transaction {
            Some(settings) => words.push(settings.clone()),
            None => {
                // A pooler keeps its own account of what is prepared.
                words.extend((ending != Ending::Retried).then(|| "DEALLOCATE ALL".to_owned()));
                words.extend(postgres::set_role(self.settings()));
                let prepared = self.settings().prepare.0.iter();
                words.extend(prepared.filter_map(|sql| prepared_again(sql, ending)));
            }
        }
        let is_sent_along = matches!(ending, Ending::InTransaction | Ending::Shared);
        // Where history is replayed, names are found by a path that was said.
        words.extend(self.traces.given.as_ref().filter(|_| !is_sent_along).map(said));
        if !self.is_pooled() {
            words.extend(postgres::limits(self.settings(), false));
        }
        let words = words.join("; ");
        self.is_put_back();
        if is_sent_along {
            return Ok(Some(words));
        }
        self.ask(&words).await.map(|_| None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prepared_the_session_is_said_again() {
        let again = |sql| prepared_again(sql, Ending::InTransaction).unwrap();
        assert_eq!(again("SET a.b = 'c'"), "SET a.b = 'c'");
        assert_eq!(again("\n set search_path = x"), "set search_path = x");
        let question = "SELECT set_config('a.b', 'c', false)";
        let said = "DO 'BEGIN EXECUTE ''SELECT set_config(''''a.b'''', ''''c'''', false)''; END'";
        assert_eq!(again(question), said);
        assert_eq!(prepared_again(question, Ending::Retried).as_deref(), Some(said));
        assert!(again("SET a.b = 'c' -- why").starts_with("DO "));
        let made = "CREATE TEMP TABLE t (a int)";
        assert!(again(made).starts_with("DO ") && prepared_again(made, Ending::Retried).is_none());
        assert_eq!(prepared_again("-- nothing", Ending::Alone), None);
    }

    #[test]
    fn who_one_is_comes_before_what_one_may() {
        let values = vec![
            ("session_authorization".to_owned(), Some("a'b".to_owned())),
            ("search_path".to_owned(), Some(String::new())),
        ];
        assert_eq!(
            said(&values),
            "SELECT pg_catalog.set_config('session_authorization', 'a''b', false), \
             pg_catalog.set_config('role', 'none', false), pg_catalog.set_config('search_path', '', false)"
        );
    }
}
