//! MariaDB and MySQL: nothing there gives a session back what it had and leaves it its locks, so all its variables are
//! asked for before the first change, and compared behind each revision.

use super::{Connection, Ending, Reach, Values, literal};
#[cfg(feature = "cli")]
use crate::db::Settings;
use crate::db::mysql;
use crate::error::{Error, Result};
use crate::statement::Product;
#[cfg(feature = "cli")]
use crate::statement::session::SessionChange;

/// Not variables: the database that names without one mean, and the role.
const DATABASE: &str = " database";
const ROLE: &str = " role";

/// The variables under which statements of ours may fail or mean something else.
const FOR_OURS: [&str; 17] = [
    "sql_mode",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "completion_type",
    "tx_read_only",
    "transaction_read_only",
    "sql_select_limit",
    "sql_safe_updates",
    "group_concat_max_len",
    "max_join_size",
    "sql_big_selects",
    "time_zone",
    "lock_wait_timeout",
    "innodb_lock_wait_timeout",
    "max_statement_time",
];

/// What statements move by themselves, and what follows the database.
const LEFT: [&str; 19] = [
    "timestamp",
    "insert_id",
    "last_insert_id",
    "identity",
    "rand_seed1",
    "rand_seed2",
    "error_count",
    "warning_count",
    "in_transaction",
    "autocommit",
    "gtid_binlog_pos",
    "gtid_binlog_state",
    "gtid_current_pos",
    "gtid_slave_pos",
    "gtid_executed",
    "gtid_seq_no",
    "last_gtid",
    "character_set_database",
    "collation_database",
];

/// The limits, which are said anew where the run has said its own.
const LIMITS: [&str; 3] = ["lock_wait_timeout", "innodb_lock_wait_timeout", "max_statement_time"];

/// Names that may be without a value. The server lists that as an empty one, which it does not take.
const NULLABLE: [&str; 4] =
    ["default_tmp_storage_engine", "enforce_storage_engine", "innodb_ft_user_stopword_table", "innodb_tmpdir"];

/// What revisions set for themselves, beside what each connection of ours sets.
#[cfg(feature = "cli")]
const USUAL: [&str; 3] = ["foreign_key_checks", "unique_checks", "sql_notes"];

/// Answers to a variable that is of the server alone, which others may set at any time, and to one that nobody can set.
const NOT_OF_SESSION: [&str; 2] = ["1229", "1238"];

/// What would hold up everything else, and what would keep it from lasting.
const FREE: &str = "UNLOCK TABLES; SET SESSION autocommit = 1";

/// A character set is said before its collation, for it brings one along. A limit that is said counts in the place of
/// `sql_select_limit`.
const ALL: &str = "ORDER BY 1 LIMIT 100000";

/// Settings in SQL.
pub(super) fn said(values: &Values) -> String {
    in_order(values.clone()).iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

/// The role first: it may be what reaches the database.
fn in_order(mut values: Values) -> Values {
    values.sort_by_key(|(name, _)| name != ROLE);
    values
}

fn one((name, value): &(String, Option<String>)) -> Option<String> {
    let value = value.as_deref().unwrap_or_default();
    Some(match name.as_str() {
        // A session that has a database cannot be without one again.
        DATABASE if value.is_empty() => return None,
        DATABASE => format!("USE `{}`", value.replace('`', "``")),
        ROLE if value.is_empty() => "SET ROLE NONE".to_owned(),
        // MySQL says them with their hosts, as they are written.
        ROLE if value.contains('`') || value == "NONE" => format!("SET ROLE {value}"),
        ROLE => format!("SET ROLE `{value}`"),
        _ => format!("SET SESSION {name} = {}", in_sql(name, value)),
    })
}

/// The value of a variable, which is listed without its type.
fn in_sql(name: &str, value: &str) -> String {
    if value.is_empty() && (name.starts_with("character_set") || NULLABLE.contains(&name)) {
        return "NULL".to_owned();
    }
    let is_number =
        value.parse::<f64>().is_ok() && value.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    if is_number { value.to_owned() } else { literal(value) }
}

/// The same in a script, which cannot ask: what was said at its beginning is said again, and what revisions use to say
/// is the server's own again.
#[cfg(feature = "cli")]
pub(super) fn for_script(settings: &Settings, product: Product, change: &SessionChange) -> Vec<String> {
    let mut words = vec!["UNLOCK TABLES".to_owned()];
    words.extend(USUAL.iter().map(|name| format!("SET SESSION {name} = DEFAULT")));
    words.extend(forgetting(&change.named));
    words.extend(mysql::opening(settings, product));
    words
}

/// What takes away user variables and temporary tables.
fn forgetting(named: &[String]) -> Vec<String> {
    let (variables, tables): (Vec<&String>, Vec<&String>) = named.iter().partition(|name| name.starts_with('@'));
    let mut words = Vec::new();
    if !variables.is_empty() {
        let nothing: Vec<String> = variables.iter().map(|name| format!("{name} = NULL")).collect();
        words.push(format!("SET {}", nothing.join(", ")));
    }
    words.extend(tables.iter().map(|table| format!("DROP TEMPORARY TABLE IF EXISTS {table}")));
    words
}

impl Connection {
    fn asks_for_place(&self) -> String {
        let role = match self.server().product {
            Product::MySql if self.server().major < 8 => "NULL",
            Product::MariaDb | Product::MySql | Product::Postgres | Product::Sqlite => "CURRENT_ROLE()",
        };
        format!("SELECT '{DATABASE}', DATABASE() UNION ALL SELECT '{ROLE}', {role} {ALL}")
    }

    fn asks_for_variables(&self) -> String {
        let schema = match self.server().product {
            Product::MySql => "performance_schema",
            Product::MariaDb | Product::Postgres | Product::Sqlite => "information_schema",
        };
        format!("SELECT LOWER(variable_name), variable_value FROM {schema}.session_variables")
    }

    /// All variables, the database and the role. `freeing`: behind a revision, which may hold locks.
    pub(super) async fn ask_mysql(&mut self, freeing: bool) -> Result<Values> {
        let place = self.asks_for_place();
        let free = if freeing { format!("{FREE}; ") } else { String::new() };
        self.values(&format!("{free}{place}; {} {ALL}", self.asks_for_variables())).await
    }

    /// Those that matter to statements of ours.
    pub(super) async fn ask_mysql_between(&mut self) -> Result<Values> {
        let free = if self.has_begun() { String::new() } else { format!("{FREE}; ") };
        let known = FOR_OURS.iter().filter(|name| self.traces.given(name).is_some());
        let names: Vec<String> = known.map(|name| literal(name)).collect();
        let sql = format!(
            "{free}{}; {} WHERE variable_name IN ({}) {ALL}",
            self.asks_for_place(),
            self.asks_for_variables(),
            names.join(", ")
        );
        self.values(&sql).await
    }

    pub(super) async fn put_back_mysql(&mut self, ending: Ending) -> Result<()> {
        let is_open = self.traces.reach == Reach::Open;
        let now = self.ask_mysql(is_open).await?;
        let is_left = |name: &str| LEFT.contains(&name) || self.is_limited && LIMITS.contains(&name);
        let is_other = |(name, value): &&(String, Option<String>)| {
            !is_left(name) && self.traces.given(name).is_some_and(|given| given != value)
        };
        let others = now.iter().filter(is_other);
        let given: Values =
            others.filter_map(|(name, _)| Some((name.clone(), self.traces.given(name)?.clone()))).collect();
        for value in in_order(given) {
            let Some(words) = one(&value) else { continue };
            match self.ask(&words).await {
                Ok(_) => {}
                Err(error) if is_of_server(&error) => {}
                Err(error) => {
                    return Err(error.while_doing(format!("cannot put back the setting {} of the session", value.0)));
                }
            }
        }
        let stays = ending == Ending::Retried;
        let mut last = if stays { Vec::new() } else { forgetting(&self.traces.named) };
        if is_open {
            last.push("SET SESSION timestamp = DEFAULT".to_owned());
            last.extend(self.is_limited.then(|| mysql::limits(self.settings(), self.server().product)));
        }
        if !last.is_empty() {
            self.ask(&last.join("; ")).await?;
        }
        self.is_put_back();
        Ok(())
    }
}

fn is_of_server(error: &Error) -> bool {
    error.code().is_some_and(|code| NOT_OF_SESSION.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_as_they_are_listed() {
        let said = |name: &str, value: &str| one(&(name.to_owned(), Some(value.to_owned()))).unwrap_or_default();
        assert_eq!(said("sql_mode", ""), "SET SESSION sql_mode = ''");
        assert_eq!(said("foreign_key_checks", "ON"), "SET SESSION foreign_key_checks = 'ON'");
        assert_eq!(said("max_join_size", "18446744073709551615"), "SET SESSION max_join_size = 18446744073709551615");
        assert_eq!(said("time_zone", "+00:00"), "SET SESSION time_zone = '+00:00'");
        assert_eq!(said("character_set_results", ""), "SET SESSION character_set_results = NULL");
        assert_eq!(said("enforce_storage_engine", ""), "SET SESSION enforce_storage_engine = NULL");
        assert_eq!(said(DATABASE, "a`b"), "USE `a``b`");
        assert_eq!(said(ROLE, ""), "SET ROLE NONE");
        assert_eq!(said(ROLE, "`a`@`%`"), "SET ROLE `a`@`%`");
        assert_eq!(one(&(DATABASE.to_owned(), None)), None);
    }

    #[test]
    fn the_role_that_reaches_the_database_comes_first() {
        let value = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        let values = vec![value(DATABASE, "a"), value(ROLE, "r"), value("sql_mode", "")];
        assert_eq!(said(&values), "SET ROLE `r`; USE `a`; SET SESSION sql_mode = ''");
    }
}
