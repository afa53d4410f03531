//! Who may do what with a database and with what is in it: single rights, what changes between two lists of them, and the
//! statements that give and take them. Pure: no I/O.
//!
//! The rights on a thing are rows of the server's that nothing else changes: they stay when a table is dropped or renamed. So
//! every right that goes is taken back by its own statement. That a right may be given on is a right too, of the table as a
//! whole.

pub(in crate::dialect::mysql) mod read;

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::mysql::{capabilities, quote};
use crate::schema::{Ident, Name, ObjectId, ObjectKind};
use crate::statement::ServerVersion;
use read::{Said, read};

/// To give on what one has.
pub(in crate::dialect::mysql) const OPTION: &str = "GRANT OPTION";

/// What the database itself is called among grants.
pub(in crate::dialect::mysql) const DATABASE: &str = "*";

/// What a right is on, in the connection's own database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dialect::mysql) enum Target {
    /// The database. Where that was granted under its name with backslashes, which is another row to the server, this name.
    Database(Option<String>),
    Table(String),
    Column(String, String),
    Function(String),
    Procedure(String),
}

impl Target {
    /// The grants that it is a part of.
    pub(in crate::dialect::mysql) fn id(&self) -> ObjectId {
        let (name, what) = match self {
            Self::Database(_) => (DATABASE, Some("database".to_owned())),
            Self::Table(name) => (name.as_str(), None),
            Self::Column(table, column) => (table.as_str(), Some(format!("column {column}"))),
            Self::Function(name) => (name.as_str(), Some("function".to_owned())),
            Self::Procedure(name) => (name.as_str(), Some("procedure".to_owned())),
        };
        ObjectId { arguments: what, ..ObjectId::new(ObjectKind::Grants, Name::own(name)) }
    }

    /// As it stands behind ON.
    fn called(&self) -> String {
        let quoted = |name: &str| quote::ident(&Ident::from(name));
        match self {
            Self::Database(None) => "*".to_owned(),
            Self::Database(Some(pattern)) => format!("{}.*", quoted(pattern)),
            Self::Table(name) | Self::Column(name, _) => quoted(name),
            Self::Function(name) => format!("FUNCTION {}", quoted(name)),
            Self::Procedure(name) => format!("PROCEDURE {}", quoted(name)),
        }
    }

    /// All the rights that there are on it, without the one to give them on.
    fn all(&self, server: ServerVersion) -> Vec<&'static str> {
        let (tables, more): (&[&str], &[&str]) = match self {
            Self::Database(_) => (&ON_TABLES, &ON_DATABASES),
            Self::Table(_) => (&ON_TABLES, &[]),
            Self::Column(..) => (&["SELECT", "INSERT", "UPDATE", "REFERENCES"], &[]),
            Self::Function(_) | Self::Procedure(_) => (&[], &["EXECUTE", "ALTER ROUTINE"]),
        };
        let mut all = [tables, more].concat();
        if capabilities::is_mariadb(server) {
            all.extend((!tables.is_empty() && !matches!(self, Self::Column(..))).then_some("DELETE HISTORY"));
            all.extend((!more.is_empty() && server.at_least(11, 3)).then_some("SHOW CREATE ROUTINE"));
        }
        all
    }

    /// The word for people.
    fn sort(&self) -> &'static str {
        match self {
            Self::Database(_) => "a database",
            Self::Table(_) => "a table",
            Self::Column(..) => "a column",
            Self::Function(_) | Self::Procedure(_) => "a routine",
        }
    }
}

/// The rights on a table, the one to read it first.
pub(in crate::dialect::mysql) const ON_TABLES: [&str; 12] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "REFERENCES",
    "INDEX",
    "ALTER",
    "CREATE VIEW",
    "SHOW VIEW",
    "TRIGGER",
];

const ON_DATABASES: [&str; 6] =
    ["CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT"];

/// An account; without a host a role of MariaDB.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dialect::mysql) struct Grantee {
    pub(in crate::dialect::mysql) user: String,
    pub(in crate::dialect::mysql) host: Option<String>,
}

/// The role of MariaDB that everybody has.
pub(in crate::dialect::mysql) const PUBLIC: &str = "PUBLIC";

impl std::fmt::Display for Grantee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let user = match self.user.as_str() {
            "" => "''".to_owned(),
            PUBLIC if self.host.is_none() => PUBLIC.to_owned(),
            user => quote::ident(&Ident::from(user)),
        };
        match &self.host {
            Some(host) => write!(f, "{user}@{}", quote::ident(&Ident::from(host.as_str()))),
            None => f.write_str(&user),
        }
    }
}

pub(in crate::dialect::mysql) type Rights = BTreeSet<String>;

/// All rights, by what they are on and who has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::dialect::mysql) struct Ledger(pub(in crate::dialect::mysql) BTreeMap<(Target, Grantee), Rights>);

impl Ledger {
    /// What these statements leave behind, one after the other, where nobody had any right before. `own`: what the database is
    /// called, None = not known.
    ///
    /// # Errors
    /// What is wrong with the first one that is no right of this database.
    pub(in crate::dialect::mysql) fn of(
        statements: &[&str],
        own: Option<&str>,
        server: ServerVersion,
    ) -> Result<Self, String> {
        let mut ledger = Self::default();
        for statement in statements {
            match read(statement, own, server)? {
                Said::Rights(change) => ledger.apply(&change),
                Said::DropsRoutine(target) => ledger.forget(&target),
                Said::Outside(why) | Said::Accounts(why) => return Err(why.to_owned()),
                Said::Other => return Err("it is neither GRANT nor REVOKE".to_owned()),
            }
        }
        Ok(ledger)
    }

    pub(in crate::dialect::mysql) fn apply(&mut self, change: &read::Change) {
        for (target, rights) in &change.parts {
            for grantee in &change.grantees {
                if change.gives {
                    self.give(target.clone(), grantee.clone(), rights);
                } else {
                    self.take(target, grantee, rights);
                }
            }
        }
    }

    pub(in crate::dialect::mysql) fn give(&mut self, target: Target, grantee: Grantee, rights: &Rights) {
        self.0.entry((target, grantee)).or_default().extend(rights.iter().cloned());
    }

    /// What is taken from somebody on a table, is taken on its columns too.
    fn take(&mut self, target: &Target, grantee: &Grantee, rights: &Rights) {
        let is_it = |other: &Target| match (target, other) {
            (Target::Table(table), Target::Column(of, _)) => table == of,
            (one, other) => one == other,
        };
        for ((other, whose), has) in &mut self.0 {
            if whose == grantee && is_it(other) {
                has.retain(|right| !rights.contains(right));
            }
        }
    }

    /// The server forgets who may call a routine that is dropped.
    pub(in crate::dialect::mysql) fn forget(&mut self, routine: &Target) {
        self.0.retain(|(target, _), _| !same_routine(target, routine));
    }

    /// The statements that lead from nothing to this.
    pub(in crate::dialect::mysql) fn statements(&self, server: ServerVersion) -> Vec<String> {
        changes(&Self::default(), self, server)
    }

    fn rights(&self, key: &(Target, Grantee)) -> Rights {
        self.0.get(key).cloned().unwrap_or_default()
    }
}

/// Names of routines know no case.
fn same_routine(one: &Target, other: &Target) -> bool {
    match (one, other) {
        (Target::Function(one), Target::Function(other)) | (Target::Procedure(one), Target::Procedure(other)) => {
            one.to_lowercase() == other.to_lowercase()
        }
        _ => false,
    }
}

/// The statements that lead from one list to another: what goes first.
pub(in crate::dialect::mysql) fn changes(former: &Ledger, wanted: &Ledger, server: ServerVersion) -> Vec<String> {
    let keys: BTreeSet<&(Target, Grantee)> = former.0.keys().chain(wanted.0.keys()).collect();
    let (mut taken, mut given) = (Vec::new(), Vec::new());
    for key in keys {
        let (had, has) = (former.rights(key), wanted.rights(key));
        let (target, grantee) = key;
        let on = target.called();
        if let Some(list) = list(target, &had.difference(&has).collect::<Vec<_>>(), server) {
            taken.push(format!("REVOKE {list} ON {on} FROM {grantee}"));
        }
        let mut new: Rights = has.difference(&had).cloned().collect();
        let option = if new.remove(OPTION) { " WITH GRANT OPTION" } else { "" };
        let rights = list_of(target, &new.iter().collect::<Vec<_>>(), server);
        let rights = rights.or_else(|| (!option.is_empty()).then(|| "USAGE".to_owned()));
        given.extend(rights.map(|rights| format!("GRANT {rights} ON {on} TO {grantee}{option}")));
    }
    taken.into_iter().chain(given).collect()
}

/// Rights with commas, the one to give them on last; None = there are none.
fn list(target: &Target, rights: &[&String], server: ServerVersion) -> Option<String> {
    let (option, others): (Vec<&String>, Vec<&String>) = rights.iter().copied().partition(|right| *right == OPTION);
    let mut words: Vec<String> = list_of(target, &others, server).into_iter().collect();
    // ALL stands alone in REVOKE, but for the form that takes everything from somebody.
    if !option.is_empty() {
        if words.first().is_some_and(|words| words == ALL) {
            words = vec![target.all(server).join(", ")];
        }
        words.push(OPTION.to_owned());
    }
    (!words.is_empty()).then(|| words.join(", "))
}

const ALL: &str = "ALL PRIVILEGES";

fn list_of(target: &Target, rights: &[&String], server: ServerVersion) -> Option<String> {
    let is_all = !matches!(target, Target::Column(..))
        && target.all(server).iter().all(|right| rights.iter().any(|one| one == right));
    if is_all {
        return Some(ALL.to_owned());
    }
    let column = match target {
        Target::Column(_, column) => format!(" ({})", quote::ident(&Ident::from(column.as_str()))),
        Target::Database(_) | Target::Table(_) | Target::Function(_) | Target::Procedure(_) => String::new(),
    };
    let words: Vec<String> = rights.iter().map(|right| format!("{right}{column}")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Whether a role or an account that is spoken of in rights on a column loses one of them by a change of those on its table.
pub(in crate::dialect::mysql) fn touches(column: &Ledger, table: (&Ledger, &Ledger)) -> bool {
    column.0.iter().any(|((target, grantee), rights)| {
        let Target::Column(of, _) = target else { return false };
        let key = (Target::Table(of.clone()), grantee.clone());
        let (had, has) = (table.0.rights(&key), table.1.rights(&key));
        had.difference(&has).any(|right| rights.contains(right))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Product;

    const MARIADB: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 19);
    const MYSQL: ServerVersion = ServerVersion::new(Product::MySql, 9, 7, 4);

    fn ledger(statements: &[&str]) -> Ledger {
        Ledger::of(statements, Some("my_shop"), MARIADB).unwrap()
    }

    #[track_caller]
    fn assert_said(statements: &[&str], expected: &[&str]) {
        assert_eq!(ledger(statements).statements(MARIADB), expected);
    }

    #[track_caller]
    fn assert_changes(former: &[&str], wanted: &[&str], expected: &[&str]) {
        assert_eq!(changes(&ledger(former), &ledger(wanted), MARIADB), expected);
    }

    #[test]
    fn rights_are_said_in_one_form() {
        assert_said(
            &[
                "grant UPDATE, select, insert (a, `B c`) on table t to app, 'web app'@'10.%' with grant option",
                "GRANT ALL ON my_shop.* TO r1",
                "GRANT ALL PRIVILEGES ON `my\\_shop`.* TO ''@localhost",
                "GRANT EXECUTE ON PROCEDURE my_shop.p TO app@10.0.0.1",
                "GRANT USAGE ON * TO app",
            ],
            &[
                "GRANT ALL PRIVILEGES ON * TO `r1`",
                "GRANT ALL PRIVILEGES ON `my\\_shop`.* TO ''@`localhost`",
                "GRANT SELECT, UPDATE ON `t` TO `app` WITH GRANT OPTION",
                "GRANT SELECT, UPDATE ON `t` TO `web app`@`10.%` WITH GRANT OPTION",
                "GRANT INSERT (`B c`) ON `t` TO `app`",
                "GRANT INSERT (`B c`) ON `t` TO `web app`@`10.%`",
                "GRANT INSERT (`a`) ON `t` TO `app`",
                "GRANT INSERT (`a`) ON `t` TO `web app`@`10.%`",
                "GRANT EXECUTE ON PROCEDURE `p` TO `app`@`10.0.0.1`",
            ],
        );
        let on_mysql = Ledger::of(&["GRANT ALL ON t TO r1"], None, MYSQL).unwrap();
        assert_eq!(on_mysql.statements(MYSQL), ["GRANT ALL PRIVILEGES ON `t` TO `r1`@`%`"]);
        assert_eq!(
            on_mysql.statements(MARIADB).concat().matches(", ").count(),
            11,
            "MariaDB knows one more: not all of its rights"
        );
    }

    #[test]
    fn only_the_difference_is_given_and_taken() {
        assert_changes(
            &["GRANT SELECT, INSERT ON t TO a@b WITH GRANT OPTION", "GRANT SELECT ON t TO c@d"],
            &["GRANT SELECT, DELETE ON t TO a@b", "GRANT SELECT ON t TO c@d WITH GRANT OPTION"],
            &[
                "REVOKE INSERT, GRANT OPTION ON `t` FROM `a`@`b`",
                "GRANT DELETE ON `t` TO `a`@`b`",
                "GRANT USAGE ON `t` TO `c`@`d` WITH GRANT OPTION",
            ],
        );
        assert_changes(&["GRANT ALL ON * TO a@b"], &[], &["REVOKE ALL PRIVILEGES ON * FROM `a`@`b`"]);
        let all_and_option = ledger(&["GRANT ALL ON FUNCTION f TO a@b WITH GRANT OPTION"]);
        assert_eq!(
            changes(&all_and_option, &Ledger::default(), MARIADB),
            ["REVOKE EXECUTE, ALTER ROUTINE, GRANT OPTION ON FUNCTION `f` FROM `a`@`b`"]
        );
        assert_changes(&["GRANT SELECT ON t TO a@b"], &["grant select on `t` to 'a'@'b'"], &[]);
    }

    #[test]
    fn what_is_taken_on_a_table_is_taken_on_its_columns() {
        assert_said(
            &[
                "GRANT SELECT (a), UPDATE (a) ON t TO x@y",
                "GRANT SELECT ON t TO x@y",
                "REVOKE SELECT ON t FROM x@y",
                "GRANT EXECUTE ON FUNCTION F TO x@y",
                "DROP FUNCTION IF EXISTS f",
            ],
            &["GRANT UPDATE (`a`) ON `t` TO `x`@`y`"],
        );
        let column = ledger(&["GRANT SELECT (a) ON t TO x@y"]);
        let (all, none) = (ledger(&["GRANT SELECT ON t TO x@y"]), Ledger::default());
        let others = ledger(&["GRANT SELECT ON t TO z@y", "GRANT UPDATE ON t TO x@y"]);
        assert!(touches(&column, (&all, &none)) && !touches(&column, (&none, &all)));
        assert!(!touches(&column, (&others, &none)));
    }
}
