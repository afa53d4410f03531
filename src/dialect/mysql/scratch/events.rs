//! Events in a scratch place: made so that they cannot run there. Pure: no I/O.
//!
//! An enabled event without a start runs as soon as it is made, if the server's scheduler is on: in a scratch place that would
//! be a model at work. So it is made disabled, and its name is kept in a variable of the session, from which the inspection
//! knows what it really is.

use crate::dialect::mysql::objects::mode;
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Lexer, Token};

/// Forgets the names; to be run when a scratch place is entered and left.
pub(super) const FORGET: &str = "SET @migrate_held_back = NULL";

/// What is run in a scratch place in the place of a statement that would set an event to work, or would end that.
pub(in crate::dialect::mysql) fn held_back(sql: &str) -> Option<Vec<String>> {
    // Most statements are none, and many are long.
    if !sql.to_ascii_uppercase().contains("EVENT") {
        return None;
    }
    if let Some(said) = mode::said(sql) {
        let mut all = held_back(&said)?;
        all.iter_mut().take(1).for_each(|first| *first = mode::sent(first));
        return Some(all);
    }
    // Its body may be written in another mode.
    let all = Lexer::new(sql, 1, &MYSQL).map_while(Result::ok);
    let words: Vec<Token> = all.filter(|token| !token.is_skippable()).collect();
    let event = Event::read(sql, &words)?;
    match event.status {
        Status::Enabled(place) => {
            let (before, behind) = (sql.get(..place.start)?, sql.get(place.end..)?);
            Some(vec![format!("{before}DISABLE{behind}"), noted(&event.name)])
        }
        Status::Usual(at) => {
            let (before, behind) = (sql.get(..at)?, sql.get(at..)?);
            Some(vec![format!("{before}DISABLE {behind}"), noted(&event.name)])
        }
        Status::Disabled => Some(vec![sql.to_owned(), forgotten(&event.name)]),
    }
}

/// A statement that says whether an event is to run.
struct Event {
    name: String,
    status: Status,
}

enum Status {
    /// The word ENABLE.
    Enabled(Token),
    /// Not said: the place where it could be.
    Usual(usize),
    Disabled,
}

impl Event {
    /// None: some other statement, or ALTER EVENT that leaves the status as it is.
    fn read(sql: &str, words: &[Token]) -> Option<Self> {
        let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is_word(sql, word));
        let find = |from: usize, word: &str| {
            let rest = words.get(from..).unwrap_or_default();
            rest.iter().position(|token| token.is_word(sql, word)).map(|at| at + from)
        };
        let verb = if is(0, "SET") && is(1, "STATEMENT") { find(2, "FOR")? + 1 } else { 0 };
        let creates = is(verb, "CREATE");
        if !creates && !is(verb, "ALTER") {
            return None;
        }
        let replaces = if is(verb + 1, "OR") { verb + 2 } else { verb };
        let kind = if is(replaces + 1, "DEFINER") { find(replaces + 2, "EVENT")? } else { replaces + 1 };
        // The longest account: `a` @ `b`, or CURRENT_USER ( ).
        if !is(kind, "EVENT") || kind > replaces + 7 {
            return None;
        }
        let name = (kind + 1..kind + 5).find(|at| !["IF", "NOT", "EXISTS"].iter().any(|word| is(*at, word)))?;
        let is_path = words.get(name + 1).is_some_and(|token| token.text(sql) == ".");
        let name = if is_path { name + 2 } else { name };
        let called = words.get(name)?.name(sql)?;
        let end = find(name + 1, "DO");
        let head = words.get(name + 1..end.unwrap_or(words.len()))?;
        let said = head.iter().find(|token| token.is_word(sql, "ENABLE") || token.is_word(sql, "DISABLE"));
        let status = match said {
            Some(token) if token.is_word(sql, "ENABLE") => Status::Enabled(*token),
            Some(_) => Status::Disabled,
            None if creates => {
                let comment = head.iter().find(|token| token.is_word(sql, "COMMENT"));
                Status::Usual(comment.or_else(|| end.and_then(|end| words.get(end)))?.start)
            }
            None => return None,
        };
        Some(Self { name: called, status })
    }
}

/// A name as a word of a list: the server gives the same by HEX().
fn word(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02X}")).collect()
}

fn noted(name: &str) -> String {
    format!("SET @migrate_held_back = CONCAT_WS(',', @migrate_held_back, '{}')", word(name))
}

fn forgotten(name: &str) -> String {
    let list = "CONCAT(',', COALESCE(@migrate_held_back, ''), ',')";
    format!("SET @migrate_held_back = REPLACE({list}, ',{},', ',')", word(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(sql: &str) -> Option<String> {
        held_back(sql).and_then(|all| all.into_iter().next())
    }

    #[test]
    fn events_that_would_run_are_made_disabled() {
        for (sql, expected) in [
            (
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1",
            ),
            (
                "SET STATEMENT sql_mode = '' FOR\ncreate or replace definer=`a`@`b` event if not exists `x`.`e` on schedule at now() \
                 on completion preserve enable comment 'DO' do begin select 1; end",
                "SET STATEMENT sql_mode = '' FOR\ncreate or replace definer=`a`@`b` event if not exists `x`.`e` on schedule at now() \
                 on completion preserve DISABLE comment 'DO' do begin select 1; end",
            ),
            (
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO DO 1",
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE COMMENT 'x' DO DO 1",
            ),
            (
                "SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR\nEXECUTE IMMEDIATE 'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT \"it''s\"'",
                "SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR\nEXECUTE IMMEDIATE 'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT \"it''s\"'",
            ),
            ("ALTER EVENT e ENABLE", "ALTER EVENT e DISABLE"),
            ("ALTER EVENT e DISABLE ON SLAVE", "ALTER EVENT e DISABLE ON SLAVE"),
        ] {
            assert_eq!(made(sql).as_deref(), Some(expected));
        }
    }

    #[test]
    fn other_statements_stay_as_they_are() {
        for sql in [
            "CREATE TABLE event (a int)",
            "ALTER EVENT e ON SCHEDULE EVERY 2 DAY",
            "ALTER EVENT e COMMENT 'x'",
            "DROP EVENT e",
            "CREATE DEFINER = CURRENT_USER() PROCEDURE p() CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
            "CREATE TRIGGER event BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
            "SELECT 'CREATE EVENT",
        ] {
            assert_eq!(held_back(sql), None, "{sql}");
        }
    }

    #[test]
    fn names_are_words_of_a_list() {
        let all = held_back("CREATE EVENT `é,` ON SCHEDULE EVERY 1 DAY DO SELECT 1").unwrap();
        assert_eq!(all[1], "SET @migrate_held_back = CONCAT_WS(',', @migrate_held_back, 'C3A92C')");
        assert!(held_back("ALTER EVENT e DISABLE").unwrap()[1].contains("',65,'"));
    }
}
