//! What a statement does to transactions, told by its words. No I/O.
//!
//! The tables stand in [`crate::statement::syntax`] as patterns: words in capitals that the statement begins with; `…`
//! stands for any tokens, `$` for the end.

use crate::statement::session::has_anywhere;
use crate::statement::split::Piece;
use crate::statement::syntax::Syntax;
use crate::statement::token::{Lexer, Token, TokenKind, tokens};

/// What a statement does to the work before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commit {
    /// The transaction stays open.
    No,
    /// It is committed, even if the statement then fails.
    Yes,
    /// The text does not say: a procedure, prepared text.
    Perhaps,
}

/// The word by which a statement begins or ends a transaction, and which a revision therefore may not have:
/// `COMMIT`, `START TRANSACTION`, `SET autocommit`. Savepoints are none.
pub(crate) fn transaction_word(piece: &Piece, syntax: &'static Syntax) -> Option<&'static str> {
    let facts = &syntax.transactions;
    if facts.autocommit_variable && sets_autocommit(piece, syntax) {
        return Some("SET autocommit");
    }
    first_of(facts.words, piece, syntax).filter(|_| first_of(facts.not_words, piece, syntax).is_none())
}

/// The pattern of a statement that the server refuses, or silently ignores, within a transaction:
/// `CREATE INDEX CONCURRENTLY`, `ALTER DATABASE … SET TABLESPACE`. None = it may stand in one, as far as the text says.
pub(crate) fn outside_transaction(piece: &Piece, syntax: &'static Syntax) -> Option<&'static str> {
    let facts = &syntax.transactions;
    let found = first_of(facts.outside, piece, syntax)?;
    let excepted = first_of(facts.not_outside, piece, syntax).is_some();
    (!excepted).then(|| found.trim_end_matches([' ', '$', '(', '=']))
}

/// What in the statement gives back all locks of the session. What only makes a routine does not.
pub(crate) fn frees_locks(piece: &Piece, syntax: &'static Syntax) -> Option<&'static str> {
    let patterns = syntax.transactions.frees_locks;
    if let Some(found) = first_of(patterns, piece, syntax) {
        return Some(found);
    }
    let first = piece.words.first().map(String::as_str);
    let function = patterns.iter().find(|name| has_anywhere(piece.sql, name)).copied()?;
    let is_called = match first {
        Some("CREATE" | "ALTER" | "DROP" | "COMMENT") => false,
        // Its body is a string.
        Some("DO") => true,
        Some(_) | None => {
            tokens(piece.sql, syntax).is_ok_and(|all| all.iter().any(|one| one.is_word(piece.sql, function)))
        }
    };
    is_called.then_some(function)
}

/// Whether the server commits what was done before it runs the statement.
pub(crate) fn implicit_commit(piece: &Piece, syntax: &'static Syntax) -> Commit {
    let facts = &syntax.transactions;
    let any = |patterns: &'static [&'static str]| first_of(patterns, piece, syntax).is_some();
    if any(facts.perhaps_commit) {
        Commit::Perhaps
    } else if any(facts.not_commit) {
        Commit::No
    } else if any(facts.commit) || (facts.autocommit_variable && sets_autocommit(piece, syntax)) {
        Commit::Yes
    } else {
        Commit::No
    }
}

/// The statement changes rows, routines, triggers or rights, but no table: whoever knew the tables before it knows them
/// after it. What the text does not say (`CALL`, `DO`) is no.
pub(crate) fn leaves_tables(piece: &Piece) -> bool {
    const OF_ROWS: [&str; 16] = [
        "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "SELECT", "WITH", "VALUES", "TABLE", "TRUNCATE", "SET",
        "ANALYZE", "VACUUM", "LOCK", "GRANT", "REVOKE",
    ];
    const OF_ROUTINES: [&str; 4] = ["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"];
    const OF_TABLES: [&str; 5] = ["TABLE", "INDEX", "VIEW", "TYPE", "SCHEMA"];
    let mut words = piece.words.iter().map(String::as_str);
    match words.next() {
        Some("CREATE" | "DROP") => words
            .find(|word| OF_ROUTINES.contains(word) || OF_TABLES.contains(word))
            .is_some_and(|word| OF_ROUTINES.contains(&word)),
        Some(word) => OF_ROWS.contains(&word),
        None => true,
    }
}

/// How many tokens of a statement are looked at; no pattern needs as many.
const LOOK: usize = 400;

/// The tokens of a statement without white space and comments.
fn significant(sql: &str, syntax: &'static Syntax) -> Vec<Token> {
    let tokens = Lexer::new(sql, 1, syntax).map_while(Result::ok);
    tokens.filter(|token| !token.is_skippable()).take(LOOK).collect()
}

/// The same in capitals, for patterns. A literal or a quoted name is a word of no pattern.
fn capitals(piece: &Piece, syntax: &'static Syntax) -> Vec<String> {
    let text = |token: Token| match token.kind {
        TokenKind::Word => token.text(piece.sql).to_ascii_uppercase(),
        TokenKind::Operator | TokenKind::Punct => token.text(piece.sql).to_owned(),
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::Executable
        | TokenKind::QuotedIdent
        | TokenKind::String
        | TokenKind::Number
        | TokenKind::Delimiter
        | TokenKind::Other => String::new(),
    };
    let tokens = significant(piece.sql, syntax).into_iter().filter(|token| token.kind != TokenKind::Executable);
    tokens.map(text).collect()
}

/// The first pattern that the statement fits. Most statements are told apart by their first word alone.
fn first_of(patterns: &[&'static str], piece: &Piece, syntax: &'static Syntax) -> Option<&'static str> {
    let first = piece.words.first()?;
    let begins = |pattern: &&&'static str| pattern.split(' ').next() == Some(first.as_str());
    let candidates: Vec<&'static str> = patterns.iter().filter(begins).copied().collect();
    if candidates.is_empty() {
        return None;
    }
    let words = capitals(piece, syntax);
    candidates.into_iter().find(|pattern| matches_pattern(&words, &pattern.split(' ').collect::<Vec<_>>()))
}

/// `SET autocommit = 0`, among other settings too; not the user variable `@autocommit`.
fn sets_autocommit(piece: &Piece, syntax: &'static Syntax) -> bool {
    let set = piece.words.first().is_some_and(|word| word == "SET");
    set && capitals(piece, syntax).windows(3).any(|three| {
        matches!(three, [before, name, sign]
            if before != "@" && name == "AUTOCOMMIT" && (sign == "=" || sign == ":="))
    })
}

fn matches_pattern(words: &[String], pattern: &[&str]) -> bool {
    match (pattern.split_first(), words.split_first()) {
        (None, _) => true,
        (Some((&"$", _)), first) => first.is_none(),
        (Some((&"…", rest)), _) => {
            (0..=words.len()).any(|skip| matches_pattern(words.get(skip..).unwrap_or(&[]), rest))
        }
        (Some((expected, rest)), Some((word, words))) => word == expected && matches_pattern(words, rest),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::split::split;
    use crate::statement::syntax::{MYSQL, POSTGRES, SQLITE};

    fn one<T>(sql: &'static str, syntax: &'static Syntax, ask: impl Fn(&Piece<'static>) -> T) -> T {
        let pieces = split(sql, syntax).unwrap();
        assert_eq!(pieces.len(), 1, "{sql}");
        ask(&pieces[0])
    }

    #[test]
    fn finds_words_that_begin_or_end_transactions() {
        for (sql, syntax, word) in [
            ("begin", &POSTGRES, Some("BEGIN")),
            ("BEGIN ISOLATION LEVEL SERIALIZABLE", &POSTGRES, Some("BEGIN")),
            ("begin work", &MYSQL, Some("BEGIN")),
            ("BEGIN IMMEDIATE", &SQLITE, Some("BEGIN")),
            ("BEGIN NOT ATOMIC SELECT 1; END", &MYSQL, None),
            ("start transaction read only", &POSTGRES, Some("START TRANSACTION")),
            ("START SLAVE", &MYSQL, None),
            ("/* x */ commit and chain", &POSTGRES, Some("COMMIT")),
            ("COMMIT PREPARED 'x'", &POSTGRES, Some("COMMIT")),
            ("end", &POSTGRES, Some("END")),
            ("END TRANSACTION", &SQLITE, Some("END")),
            ("abort", &POSTGRES, Some("ABORT")),
            ("rollback", &MYSQL, Some("ROLLBACK")),
            ("ROLLBACK TO SAVEPOINT a", &POSTGRES, None),
            ("rollback work to a", &MYSQL, None),
            ("ROLLBACK TRANSACTION TO a", &SQLITE, None),
            ("SAVEPOINT a", &SQLITE, None),
            ("PREPARE TRANSACTION 'x'", &POSTGRES, Some("PREPARE TRANSACTION")),
            ("PREPARE x AS SELECT 1", &POSTGRES, None),
            ("XA START 'x'", &MYSQL, Some("XA")),
            ("XA RECOVER", &MYSQL, None),
            ("SET autocommit=0", &MYSQL, Some("SET autocommit")),
            ("set @@session.autocommit := 1", &MYSQL, Some("SET autocommit")),
            ("SET NAMES utf8, autocommit = 1", &MYSQL, Some("SET autocommit")),
            ("/*!40101 SET AUTOCOMMIT=0 */", &MYSQL, Some("SET autocommit")),
            ("SET @autocommit = 1", &MYSQL, None),
            ("SET x = @@autocommit", &MYSQL, None),
            ("CREATE TABLE begin (a int)", &SQLITE, None),
            ("SELECT 1", &SQLITE, None),
            ("(SELECT 1) UNION SELECT 2", &POSTGRES, None),
        ] {
            assert_eq!(one(sql, syntax, |piece| transaction_word(piece, syntax)), word, "{sql}");
        }
    }

    #[test]
    fn finds_what_cannot_stand_in_a_transaction() {
        for (sql, found) in [
            ("create index concurrently i on t (a)", Some("CREATE INDEX CONCURRENTLY")),
            ("create unique index concurrently on t (a)", Some("CREATE UNIQUE INDEX CONCURRENTLY")),
            ("create index i on t (concurrently)", None),
            ("drop index concurrently i", Some("DROP INDEX CONCURRENTLY")),
            ("reindex table concurrently t", Some("REINDEX … CONCURRENTLY")),
            ("reindex (verbose, concurrently) table t", Some("REINDEX … CONCURRENTLY")),
            ("reindex table t", None),
            ("reindex (verbose) schema s", Some("REINDEX ( … ) SCHEMA")),
            ("vacuum full t", Some("VACUUM")),
            ("cluster", Some("CLUSTER")),
            ("cluster (verbose)", Some("CLUSTER ( … )")),
            ("cluster t using i", None),
            ("cluster \"t\"", None),
            ("alter system set a = 1", Some("ALTER SYSTEM")),
            ("alter database d set tablespace x", Some("ALTER DATABASE … SET TABLESPACE")),
            ("alter database d set x = y", None),
            ("create database d", Some("CREATE DATABASE")),
            (
                "alter table a detach partition \"b\" concurrently",
                Some("ALTER TABLE … DETACH PARTITION … CONCURRENTLY"),
            ),
            ("alter table a detach partition b", None),
            ("create subscription s connection 'x' publication p", Some("CREATE SUBSCRIPTION")),
            ("create subscription s connection 'x' publication p with (create_slot = false)", None),
            ("discard all", Some("DISCARD ALL")),
            ("refresh materialized view concurrently v", None),
            ("alter type e add value 'x'", None),
            ("truncate t", None),
        ] {
            assert_eq!(one(sql, &POSTGRES, |piece| outside_transaction(piece, &POSTGRES)), found, "{sql}");
        }
        for (sql, found) in [
            ("VACUUM", Some("VACUUM")),
            ("detach z", Some("DETACH")),
            ("pragma journal_mode = wal", Some("PRAGMA … JOURNAL_MODE")),
            ("PRAGMA main.journal_mode(wal)", Some("PRAGMA … JOURNAL_MODE")),
            ("PRAGMA foreign_keys=OFF", Some("PRAGMA … FOREIGN_KEYS")),
            ("PRAGMA foreign_keys", None),
            ("PRAGMA user_version = 3", None),
            ("ATTACH 'x' AS z", None),
        ] {
            assert_eq!(one(sql, &SQLITE, |piece| outside_transaction(piece, &SQLITE)), found, "{sql}");
        }
    }

    #[test]
    fn finds_what_gives_back_all_locks() {
        for (sql, syntax, found) in [
            ("discard all", &POSTGRES, Some("DISCARD ALL")),
            ("discard temp", &POSTGRES, None),
            ("SELECT pg_catalog.pg_advisory_unlock_all()", &POSTGRES, Some("PG_ADVISORY_UNLOCK_ALL")),
            ("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$", &POSTGRES, Some("PG_ADVISORY_UNLOCK_ALL")),
            ("SELECT 'pg_advisory_unlock_all'", &POSTGRES, None),
            ("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()'", &POSTGRES, None),
            ("DO RELEASE_ALL_LOCKS()", &MYSQL, Some("RELEASE_ALL_LOCKS")),
            ("SELECT release_lock('x')", &MYSQL, None),
        ] {
            assert_eq!(one(sql, syntax, |piece| frees_locks(piece, syntax)), found, "{sql}");
        }
    }

    #[test]
    fn knows_what_commits_on_mariadb() {
        for (sql, commit) in [
            ("CREATE TABLE t (a int)", Commit::Yes),
            ("create or replace view v as select 1", Commit::Yes),
            ("CREATE TEMPORARY TABLE t (a int)", Commit::No),
            ("CREATE OR REPLACE TEMPORARY TABLE t (a int)", Commit::No),
            ("DROP TEMPORARY TABLE t", Commit::No),
            ("DROP TABLE IF EXISTS t", Commit::Yes),
            ("RENAME TABLE a TO b", Commit::Yes),
            ("TRUNCATE t", Commit::Yes),
            ("/*!40000 ALTER TABLE t DISABLE KEYS */", Commit::Yes),
            ("GRANT SELECT ON t TO u", Commit::Yes),
            ("ANALYZE TABLE t", Commit::Yes),
            ("ANALYZE SELECT 1", Commit::No),
            ("LOCK TABLES t WRITE", Commit::Yes),
            ("UNLOCK TABLES", Commit::No),
            ("SET autocommit=1", Commit::Yes),
            ("SET PASSWORD = 'x'", Commit::Yes),
            ("SET a = 1", Commit::No),
            ("LOAD INDEX INTO CACHE t", Commit::Perhaps),
            ("START SLAVE", Commit::Perhaps),
            ("START TRANSACTION", Commit::Yes),
            ("SET DEFAULT ROLE NONE", Commit::Yes),
            ("LOAD DATA INFILE 'x' INTO TABLE t", Commit::No),
            ("CALL p()", Commit::Perhaps),
            ("EXECUTE IMMEDIATE 'x'", Commit::Perhaps),
            ("BEGIN NOT ATOMIC SELECT 1; END", Commit::Perhaps),
            ("BEGIN", Commit::Yes),
            ("INSERT INTO t VALUES (1)", Commit::No),
            ("SAVEPOINT a", Commit::No),
        ] {
            assert_eq!(one(sql, &MYSQL, |piece| implicit_commit(piece, &MYSQL)), commit, "{sql}");
        }
        assert_eq!(one("CREATE TABLE t (a int)", &POSTGRES, |piece| implicit_commit(piece, &POSTGRES)), Commit::No);
    }

    #[test]
    fn what_leaves_tables_alone() {
        let judged = |sql: &str| split(sql, &POSTGRES).unwrap().iter().all(leaves_tables);
        for sql in [
            "INSERT INTO t VALUES (1)",
            "WITH x AS (SELECT 1) DELETE FROM t",
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
            "DROP TRIGGER g ON t",
            "GRANT SELECT ON t TO r",
        ] {
            assert!(judged(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE function (id int)",
            "ALTER TABLE t ADD x int",
            "DROP INDEX i",
            "CALL f()",
            "DO $$ $$",
            "CREATE VIEW v AS SELECT 1",
        ] {
            assert!(!judged(sql), "{sql}");
        }
    }
}
