//! What the SQL of one database looks like, as a plain table of facts. The tokenizer, the splitter and the classifier
//! read it and know no database by name.

/// Facts about the text of SQL.
#[derive(Debug)]
pub(crate) struct Syntax {
    /// `\'` does not end a plain string.
    pub(crate) backslash_escapes: bool,
    /// `E'…'` has backslash escapes, and so have the strings that continue it on later lines.
    pub(crate) escape_strings: bool,
    /// `"x"` is a string, not a name.
    pub(crate) double_quotes_are_strings: bool,
    /// `` `x` `` is a name.
    pub(crate) backtick_idents: bool,
    /// `[x]` is a name.
    pub(crate) bracket_idents: bool,
    /// A name may begin with a digit or with `$`.
    pub(crate) loose_idents: bool,
    /// `_utf8mb4'x'` is one literal.
    pub(crate) charset_introducers: bool,
    /// `$tag$…$tag$` is a string.
    pub(crate) dollar_quotes: bool,
    /// Any run of operator characters is an operator; elsewhere only those of a fixed list.
    pub(crate) any_operators: bool,
    /// `#` begins a comment.
    pub(crate) hash_comments: bool,
    /// `--` begins a comment only before white space.
    pub(crate) dash_dash_needs_space: bool,
    /// A carriage return alone ends a line, and with it a comment.
    pub(crate) carriage_return_ends_line: bool,
    /// `/* /* */ */` is one comment.
    pub(crate) nested_comments: bool,
    /// `/*!40101 … */` is executed.
    pub(crate) executable_comments: bool,
    /// The client word `DELIMITER` changes the terminator.
    pub(crate) delimiter_word: bool,
    /// `COPY … FROM STDIN` is followed by lines that are not SQL.
    pub(crate) copy_data: bool,
    /// `\N` is a value; any other backslash outside of quotes is a command of a client.
    pub(crate) backslash_null: bool,
    /// Which statements hold statements of their own.
    pub(crate) bodies: Bodies,
    /// What its words for transactions are.
    pub(crate) transactions: Transactions,
}

/// Which statements hold statements of their own, ended by semicolons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// `CREATE TRIGGER … BEGIN …; END`.
    Triggers,
    /// `CREATE FUNCTION … BEGIN ATOMIC …; END`.
    Atomic,
    /// Procedures, functions, triggers, events and anonymous blocks, with loops and conditions.
    Compound,
}

/// What begins, ends and refuses transactions. Patterns are as in [`crate::statement::classify`].
#[derive(Debug)]
pub(crate) struct Transactions {
    /// Statements that begin or end a transaction.
    pub(crate) words: &'static [&'static str],
    /// Statements that look like one of `words` and are none.
    pub(crate) not_words: &'static [&'static str],
    /// `SET autocommit = …` ends a transaction too.
    pub(crate) autocommit_variable: bool,
    /// Statements that the server refuses, or silently ignores, within a transaction.
    pub(crate) outside: &'static [&'static str],
    /// Exceptions from `outside`.
    pub(crate) not_outside: &'static [&'static str],
    /// Statements that commit what was done before them.
    pub(crate) commit: &'static [&'static str],
    /// Exceptions from `commit`.
    pub(crate) not_commit: &'static [&'static str],
    /// Statements that commit or not, as their text does not say: `CALL`.
    pub(crate) perhaps_commit: &'static [&'static str],
    /// What gives back all locks of the session, the tool's own among them: statements, and functions.
    pub(crate) frees_locks: &'static [&'static str],
}

const SAVEPOINTS: &[&str] = &["ROLLBACK TO", "ROLLBACK WORK TO", "ROLLBACK TRANSACTION TO"];

/// SQLite 3.
pub(crate) const SQLITE: Syntax = Syntax {
    backslash_escapes: false,
    escape_strings: false,
    double_quotes_are_strings: false,
    backtick_idents: true,
    bracket_idents: true,
    loose_idents: false,
    charset_introducers: false,
    dollar_quotes: false,
    any_operators: false,
    hash_comments: false,
    dash_dash_needs_space: false,
    carriage_return_ends_line: false,
    nested_comments: false,
    executable_comments: false,
    delimiter_word: false,
    copy_data: false,
    backslash_null: false,
    bodies: Bodies::Triggers,
    transactions: Transactions {
        words: &["BEGIN", "COMMIT", "END", "ROLLBACK"],
        not_words: SAVEPOINTS,
        autocommit_variable: false,
        outside: &[
            "VACUUM",
            "DETACH",
            "PRAGMA … WAL_CHECKPOINT",
            "PRAGMA … JOURNAL_MODE =",
            "PRAGMA … JOURNAL_MODE (",
            "PRAGMA … SYNCHRONOUS =",
            "PRAGMA … SYNCHRONOUS (",
            "PRAGMA … FOREIGN_KEYS =",
            "PRAGMA … FOREIGN_KEYS (",
        ],
        not_outside: &[],
        commit: &[],
        not_commit: &[],
        perhaps_commit: &[],
        frees_locks: &[],
    },
};

/// PostgreSQL 12 to 18, with `standard_conforming_strings` on, as the tool sets it.
pub(crate) const POSTGRES: Syntax = Syntax {
    escape_strings: true,
    backtick_idents: false,
    bracket_idents: false,
    dollar_quotes: true,
    any_operators: true,
    carriage_return_ends_line: true,
    nested_comments: true,
    copy_data: true,
    bodies: Bodies::Atomic,
    transactions: Transactions {
        words: &["BEGIN", "START TRANSACTION", "COMMIT", "END", "ABORT", "ROLLBACK", "PREPARE TRANSACTION"],
        not_words: SAVEPOINTS,
        autocommit_variable: false,
        outside: &[
            "CREATE INDEX CONCURRENTLY",
            "CREATE UNIQUE INDEX CONCURRENTLY",
            "DROP INDEX CONCURRENTLY",
            "REINDEX … CONCURRENTLY",
            "REINDEX SCHEMA",
            "REINDEX DATABASE",
            "REINDEX SYSTEM",
            "REINDEX ( … ) SCHEMA",
            "REINDEX ( … ) DATABASE",
            "REINDEX ( … ) SYSTEM",
            "VACUUM",
            "CLUSTER $",
            "CLUSTER VERBOSE $",
            "CLUSTER ( … ) $",
            "CREATE DATABASE",
            "DROP DATABASE",
            "ALTER DATABASE … SET TABLESPACE",
            "ALTER SYSTEM",
            "CREATE TABLESPACE",
            "DROP TABLESPACE",
            "ALTER TABLE … DETACH PARTITION … CONCURRENTLY",
            "CREATE SUBSCRIPTION",
            "DISCARD ALL",
        ],
        not_outside: &["CREATE SUBSCRIPTION … CREATE_SLOT = FALSE", "CREATE SUBSCRIPTION … CONNECT = FALSE"],
        commit: &[],
        not_commit: &[],
        perhaps_commit: &[],
        frees_locks: &["DISCARD ALL", "PG_ADVISORY_UNLOCK_ALL"],
    },
    ..SQLITE
};

/// MariaDB and MySQL, without `ANSI_QUOTES`, `NO_BACKSLASH_ESCAPES` and `ORACLE` in `sql_mode`, as the tool sets it.
pub(crate) const MYSQL: Syntax = Syntax {
    backslash_escapes: true,
    double_quotes_are_strings: true,
    bracket_idents: false,
    loose_idents: true,
    charset_introducers: true,
    hash_comments: true,
    dash_dash_needs_space: true,
    executable_comments: true,
    delimiter_word: true,
    backslash_null: true,
    bodies: Bodies::Compound,
    transactions: Transactions {
        words: &["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "XA"],
        not_words: &["BEGIN NOT ATOMIC", "ROLLBACK TO", "ROLLBACK WORK TO", "XA RECOVER"],
        autocommit_variable: true,
        outside: &[],
        not_outside: &[],
        commit: &[
            "CREATE",
            "ALTER",
            "DROP",
            "RENAME",
            "TRUNCATE",
            "GRANT",
            "REVOKE",
            "SET PASSWORD",
            "SET STATEMENT … FOR CREATE",
            "SET STATEMENT … FOR ALTER",
            "SET STATEMENT … FOR DROP",
            "SET STATEMENT … FOR RENAME",
            "SET STATEMENT … FOR TRUNCATE",
            "SET STATEMENT … FOR ANALYZE TABLE",
            "SET STATEMENT … FOR OPTIMIZE",
            "SET STATEMENT … FOR REPAIR",
            "ANALYZE TABLE",
            "ANALYZE LOCAL TABLE",
            "ANALYZE NO_WRITE_TO_BINLOG TABLE",
            "CHECK",
            "OPTIMIZE",
            "REPAIR",
            "FLUSH",
            "RESET",
            "LOCK",
            "INSTALL",
            "UNINSTALL",
            "START TRANSACTION",
            "BEGIN",
            "BACKUP",
            "SET DEFAULT ROLE",
            "IMPORT",
        ],
        not_commit: &["CREATE TEMPORARY", "CREATE OR REPLACE TEMPORARY", "DROP TEMPORARY"],
        // Those of replication and caches commit on MySQL, by its manual, and do not on MariaDB, measured.
        perhaps_commit: &[
            "CALL",
            "EXECUTE",
            "BEGIN NOT ATOMIC",
            "IF",
            "CASE",
            "LOOP",
            "WHILE",
            "REPEAT",
            "FOR",
            "START SLAVE",
            "START REPLICA",
            "START ALL",
            "START GROUP_REPLICATION",
            "STOP",
            "CHANGE",
            "CACHE",
            "LOAD INDEX",
        ],
        frees_locks: &["RELEASE_ALL_LOCKS"],
    },
    ..SQLITE
};
