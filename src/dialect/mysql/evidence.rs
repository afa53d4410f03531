//! What tells on MariaDB and MySQL whether a statement took effect: DDL commits by itself, and is atomic alone.
//!
//! A statement that is refused where its object is there already (CREATE, DROP, RENAME) is proven by the object's being
//! there or not; one that changes a table by what `information_schema` says of it. Aggregates by XOR have no limit of
//! length, unlike GROUP_CONCAT.

use super::inspect::columns_of_rights;
use super::objects::mode;
use super::quote;
use crate::statement::classify::{Commit, implicit_commit};
use crate::statement::evidence::{Evidence, Named, Probe, Words};
use crate::statement::split::split;
use crate::statement::syntax::MYSQL;
use crate::statement::{Product, ServerVersion};

/// What tells whether this statement took effect.
pub(super) fn evidence(sql: &str, server: ServerVersion) -> Evidence {
    let said = mode::said(sql);
    let sql = said.as_deref().unwrap_or(sql);
    let pieces = split(sql, &MYSQL).unwrap_or_default();
    let Some(piece) = pieces.first() else { return Evidence::Unknowable };
    let mut words = Words::of(sql, &MYSQL);
    // Settings of the one statement that follows.
    if words.take_all(&["SET", "STATEMENT"]) && !words.skip_behind("FOR") {
        return Evidence::Unknowable;
    }
    if let Some(found) = session(&mut words) {
        return found;
    }
    match implicit_commit(piece, &MYSQL) {
        Commit::No => Evidence::Together,
        Commit::Perhaps => Evidence::Unknowable,
        Commit::Yes => definition(&mut words, server).unwrap_or(Evidence::Unknowable),
    }
}

/// Statements about the session alone. `None`: it is none.
fn session(words: &mut Words<'_>) -> Option<Evidence> {
    if words.take_all(&["SET", "PASSWORD"]) || words.take_all(&["SET", "GLOBAL"]) || words.take_all(&["SET", "PERSIST"])
    {
        return Some(Evidence::Repeatable);
    }
    if is_computed(words) {
        return Some(Evidence::Temporary);
    }
    if words.one_of(&["SET", "USE", "PREPARE", "DEALLOCATE", "LOCK", "UNLOCK"]).is_some() {
        return Some(Evidence::Session);
    }
    let temporary =
        words.take_all(&["CREATE", "TEMPORARY"]) || words.take_all(&["CREATE", "OR", "REPLACE", "TEMPORARY"]);
    temporary.then_some(Evidence::Temporary)
}

/// Whether a variable of the session gets what is computed: said again it would be another value.
fn is_computed(words: &Words<'_>) -> bool {
    const COMPUTES: [&str; 9] =
        ["SELECT", "LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS", "UUID", "RAND", "NOW", "SYSDATE", "CURRENT_TIMESTAMP"];
    let into_variable = words.has_any(&["INTO"]) && !words.has_any(&["OUTFILE", "DUMPFILE"]);
    words.is_next("SET") && words.has_any(&COMPUTES) || words.is_next("SELECT") && into_variable
}

/// Statements that change what the database is made of. `None`: nothing is known about it.
fn definition(words: &mut Words<'_>, server: ServerVersion) -> Option<Evidence> {
    let product = server.product;
    let verb = words.one_of(&[
        "CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE", "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "GRANT",
        "REVOKE",
    ])?;
    match verb {
        "CREATE" => create(words, product),
        "DROP" => drop_one(words, product),
        "ALTER" => alter(words, product),
        "RENAME" => rename(words, product),
        "TRUNCATE" => truncate(words, product),
        "REVOKE" => revoke(words, server),
        _ => Some(Evidence::Repeatable),
    }
}

const TABLE_LIKE: [&str; 3] = ["TABLE", "VIEW", "SEQUENCE"];
const OTHERS: [&str; 6] = ["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "DATABASE", "SCHEMA"];

/// What stands between CREATE and the kind of thing: its owner, its algorithm. Never a kind's own word.
fn kind(words: &mut Words<'_>) -> Option<&'static str> {
    let mut kind = None;
    while kind.is_none() && !words.is_over() {
        kind = words.one_of(&TABLE_LIKE).or_else(|| words.one_of(&OTHERS)).or_else(|| words.one_of(&["INDEX"]));
        if kind.is_none() {
            words.step();
        }
    }
    kind
}

fn create(words: &mut Words<'_>, product: Product) -> Option<Evidence> {
    let replaces = words.take_all(&["OR", "REPLACE"]);
    let kind = kind(words)?;
    let lenient = words.take_all(&["IF", "NOT", "EXISTS"]);
    let name = words.name()?;
    if kind == "INDEX" {
        return words.skip_behind("ON").then(|| words.name()).flatten().map(|table| seen(shape(&table, product)));
    }
    // Rows that come with the table are no part of what can be seen of it.
    if kind == "TABLE" && words.has_any(&["SELECT", "VALUES"]) && !words.has_any(&["PARTITION"]) && !is_image(&name) {
        return Some(Evidence::Unknowable);
    }
    if replaces || lenient {
        return Some(Evidence::Repeatable);
    }
    let probe = Probe::new(presence(kind, &name));
    let makes = (kind == "TABLE" && name.0.is_none()).then_some(name.1);
    Some(Evidence::Seen(Probe { makes, ..probe }))
}

/// A table beside another one, that data steps make: without rows.
fn is_image((_, name): &Named) -> bool {
    name.starts_with("migrate_img_")
}

fn drop_one(words: &mut Words<'_>, product: Product) -> Option<Evidence> {
    words.take("TEMPORARY");
    let kind = words.one_of(&TABLE_LIKE).or_else(|| words.one_of(&OTHERS)).or_else(|| words.one_of(&["INDEX"]))?;
    let lenient = words.take_all(&["IF", "EXISTS"]);
    let name = words.name()?;
    if kind == "INDEX" {
        return words.skip_behind("ON").then(|| words.name()).flatten().map(|table| seen(shape(&table, product)));
    }
    // Each of several goes by itself: the first may be gone and the second not.
    match (lenient, words.is_at(",")) {
        (true, _) => Some(Evidence::Repeatable),
        (false, true) => Some(Evidence::Unknowable),
        (false, false) => Some(seen(presence(kind, &name))),
    }
}

/// What moves rows without showing it in the shape.
const MOVES_ROWS: [&str; 4] = ["TRUNCATE", "EXCHANGE", "DISCARD", "IMPORT"];

fn alter(words: &mut Words<'_>, product: Product) -> Option<Evidence> {
    words.take("ONLINE");
    words.take("IGNORE");
    if words.take("TABLE") {
        words.take_all(&["IF", "EXISTS"]);
        let table = words.name()?;
        return Some(if words.has_any(&MOVES_ROWS) { Evidence::Unknowable } else { seen(shape(&table, product)) });
    }
    // The others say what shall be, so that saying it twice changes nothing; but for a new name.
    Some(if words.has_any(&["RENAME"]) { Evidence::Unknowable } else { Evidence::Repeatable })
}

fn rename(words: &mut Words<'_>, product: Product) -> Option<Evidence> {
    words.one_of(&["TABLE", "TABLES"])?;
    words.take_all(&["IF", "EXISTS"]);
    let old = words.name()?;
    words.take("TO").then_some(())?;
    let new = words.name()?;
    // Several are one atomic statement, so the first pair tells of all; a swap is not seen in names.
    if words.is_at(",") {
        return Some(seen(format!("CONCAT({}, {})", shape(&old, product), shape(&new, product))));
    }
    Some(seen(format!("CONCAT({}, {})", presence("TABLE", &old), presence("TABLE", &new))))
}

/// A table that was emptied has another number inside InnoDB, which only PROCESS may see.
fn truncate(words: &mut Words<'_>, product: Product) -> Option<Evidence> {
    words.take("TABLE");
    let (schema, name) = words.name()?;
    let plain = |text: &String| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain(&name) || !schema.iter().all(plain) {
        return Some(Evidence::Unknowable);
    }
    let schema = place(schema.as_deref());
    let path = format!("CONCAT({schema}, {})", quote::literal(&format!("/{name}")));
    let view = if product == Product::MariaDb { "innodb_sys_tables" } else { "innodb_tables" };
    let scalar = format!("(SELECT CONCAT(table_id) FROM information_schema.{view} WHERE name = {path})");
    Some(Evidence::Seen(Probe { may_be_refused: true, ..Probe::new(scalar) }))
}

/// Rights that are taken back are gone from the server's lists, which it may not show. Those of all databases, and of
/// accounts, stand in other lists.
fn revoke(words: &mut Words<'_>, server: ServerVersion) -> Option<Evidence> {
    if words.has_any(&["PROXY"]) || !words.skip_behind("ON") {
        return None;
    }
    words.one_of(&["TABLE", "FUNCTION", "PROCEDURE"]);
    let place = revoked_in(words)?;
    if !words.skip_behind("FROM") {
        return None;
    }
    while !words.is_over() {
        // Each of several loses them by itself.
        if words.is_at(",") {
            return None;
        }
        words.step();
    }
    Some(Evidence::Seen(Probe { may_be_refused: true, ..Probe::new(rights(&place, server)) }))
}

/// The database of what stands behind ON, in SQL; None for all of them.
fn revoked_in(words: &mut Words<'_>) -> Option<String> {
    if words.is_at("*") {
        words.step();
        return (!words.is_at(".")).then(|| place(None));
    }
    let start = words.clone();
    if let Some((schema, _)) = words.name() {
        return Some(place(schema.as_deref()));
    }
    // `app`.*, where the name may be a pattern.
    *words = start;
    words.part().map(|schema| place(Some(&schema.replace('\\', ""))))
}

/// A text that changes with who may do what in a database.
fn rights(place: &str, server: ServerVersion) -> String {
    let of_database: Vec<&str> = columns_of_rights(server).map(|(column, _)| column).collect();
    let of_database = format!("User, Host, Db, {}", of_database.join(", "));
    let lists = [
        ("mysql.db", of_database.as_str()),
        ("mysql.tables_priv", "User, Host, Table_name, Table_priv, Column_priv"),
        ("mysql.columns_priv", "User, Host, Table_name, Column_name, Column_priv"),
        ("mysql.procs_priv", "User, Host, Routine_name, Routine_type, Proc_priv"),
    ];
    let here = format!("LOWER(REPLACE(Db, CHAR(92), '')) = LOWER({place})");
    let parts: Vec<String> = lists.iter().map(|(table, columns)| sum(table, columns, &here)).collect();
    format!("CONCAT_WS(' ', {})", parts.join(", "))
}

fn seen(scalar: String) -> Evidence {
    Evidence::Seen(Probe::new(scalar))
}

fn place(schema: Option<&str>) -> String {
    schema.map_or_else(|| "DATABASE()".to_owned(), quote::literal)
}

/// `1` if the thing is there, else `0`.
fn presence(kind: &str, (schema, name): &Named) -> String {
    let (schema, name) = (place(schema.as_deref()), quote::literal(name));
    let (view, at, called) = match kind {
        "TRIGGER" => ("triggers", "trigger_schema", "trigger_name"),
        "EVENT" => ("events", "event_schema", "event_name"),
        "PROCEDURE" | "FUNCTION" => ("routines", "routine_schema", "routine_name"),
        "DATABASE" | "SCHEMA" => {
            return format!("(SELECT CONCAT(COUNT(*)) FROM information_schema.schemata WHERE schema_name = {name})");
        }
        _ => ("tables", "table_schema", "table_name"),
    };
    let only = if view == "routines" { format!(" AND routine_type = {}", quote::literal(kind)) } else { String::new() };
    format!(
        "(SELECT CONCAT(COUNT(*)) FROM information_schema.{view} WHERE {at} = {schema} AND {called} = {name}{only})"
    )
}

/// What a table is made of: views, and of each the columns that a statement can change. Checks come besides.
const PARTS: [(&str, &str); 7] = [
    (
        "columns",
        "ordinal_position, column_name, column_type, column_default, is_nullable, collation_name, extra, column_comment, \
         generation_expression",
    ),
    ("statistics", "index_name, seq_in_index, column_name, non_unique, sub_part, collation, index_type, index_comment"),
    ("table_constraints", "constraint_name, constraint_type"),
    (
        "key_column_usage",
        "constraint_name, ordinal_position, column_name, referenced_table_schema, referenced_table_name, \
         referenced_column_name",
    ),
    ("referential_constraints", "constraint_name, update_rule, delete_rule, match_option"),
    ("partitions", "partition_name, partition_method, partition_expression, partition_description"),
    ("tables", "table_type, engine, row_format, table_collation, create_options, table_comment"),
];

/// A text that changes with the shape of a table; all zeros if it is not there.
fn shape((schema, name): &Named, product: Product) -> String {
    let (schema, name) = (place(schema.as_deref()), quote::literal(name));
    let mut parts: Vec<String> = PARTS
        .iter()
        .map(|(view, columns)| {
            let at = if view.contains("constraints") { "constraint_schema" } else { "table_schema" };
            sum(&format!("information_schema.{view}"), columns, &format!("{at} = {schema} AND table_name = {name}"))
        })
        .collect();
    parts.push(match product {
        Product::MySql | Product::Sqlite | Product::Postgres => {
            let mine = format!(
                "SELECT constraint_name FROM information_schema.table_constraints \
                 WHERE constraint_schema = {schema} AND table_name = {name}"
            );
            let only = format!("constraint_schema = {schema} AND constraint_name IN ({mine})");
            sum("information_schema.check_constraints", "constraint_name, check_clause", &only)
        }
        Product::MariaDb => {
            let only = format!("constraint_schema = {schema} AND table_name = {name}");
            sum("information_schema.check_constraints", "constraint_name, level, check_clause", &only)
        }
    });
    format!("CONCAT_WS(' ', {})", parts.join(", "))
}

/// Number and sum of some rows of `information_schema`.
fn sum(view: &str, columns: &str, only: &str) -> String {
    let columns: Vec<String> = columns.split(", ").map(|column| format!("COALESCE({column}, '~')")).collect();
    let row = format!("CONV(LEFT(SHA2(CONCAT_WS('|', {}), 256), 16), 16, 10)", columns.join(", "));
    format!(
        "(SELECT CONCAT(COUNT(*), ':', COALESCE(BIT_XOR(CAST({row} AS UNSIGNED)), 0)) \
         FROM {view} WHERE {only})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(sql: &str) -> &'static str {
        match evidence(sql, ServerVersion::new(Product::MariaDb, 10, 11, 0)) {
            Evidence::Together => "together",
            Evidence::Repeatable => "repeatable",
            Evidence::Session => "session",
            Evidence::Temporary => "temporary",
            Evidence::Seen(_) => "seen",
            Evidence::Unknowable => "unknowable",
        }
    }

    #[test]
    fn rights_are_looked_at_where_they_were() {
        let asked = |sql: &str| {
            let found = evidence(sql, ServerVersion::new(Product::MariaDb, 10, 11, 0));
            if let Evidence::Seen(probe) = found { probe.scalar } else { String::new() }
        };
        assert!(asked("REVOKE SELECT ON t FROM u").contains("= LOWER(DATABASE())"));
        assert!(asked("REVOKE SELECT ON other.t FROM u").contains("= LOWER('other')"));
        let database = asked("REVOKE DELETE HISTORY ON `my\\_shop`.* FROM u");
        assert!(database.contains("= LOWER('my_shop')") && database.contains("Delete_history_priv"), "{database}");
    }

    #[test]
    fn every_statement_has_its_evidence() {
        for (sql, expected) in [
            ("INSERT INTO t VALUES (1)", "together"),
            ("WITH x AS (SELECT 1) UPDATE t SET a = 1", "together"),
            ("LOAD DATA INFILE 'x' INTO TABLE t", "together"),
            ("CREATE TABLE t (a int)", "seen"),
            ("CREATE TABLE t AS SELECT 1", "unknowable"),
            ("CREATE TABLE t (a int) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (1))", "seen"),
            ("CREATE TABLE IF NOT EXISTS t (a int)", "repeatable"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "repeatable"),
            ("CREATE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY INVOKER VIEW v AS SELECT 1", "seen"),
            ("CREATE DEFINER = CURRENT_USER TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @a = 1", "seen"),
            ("CREATE UNIQUE INDEX i ON t (a)", "seen"),
            ("CREATE TEMPORARY TABLE t (a int)", "temporary"),
            ("CREATE USER u", "unknowable"),
            ("DROP TABLE t", "seen"),
            ("DROP TABLE a, b", "unknowable"),
            ("DROP TABLE IF EXISTS a, b", "repeatable"),
            ("DROP INDEX i ON t", "seen"),
            ("DROP PROCEDURE p", "seen"),
            ("ALTER TABLE t ADD COLUMN a int", "seen"),
            ("ALTER IGNORE TABLE t ADD UNIQUE (a)", "seen"),
            ("ALTER TABLE t TRUNCATE PARTITION p", "unknowable"),
            ("ALTER VIEW v AS SELECT 1", "repeatable"),
            ("ALTER EVENT e RENAME TO f", "unknowable"),
            ("RENAME TABLE a TO b", "seen"),
            ("RENAME TABLE a TO c, b TO a, c TO b", "seen"),
            ("TRUNCATE TABLE t", "seen"),
            ("TRUNCATE `my-table`", "unknowable"),
            ("OPTIMIZE TABLE t", "repeatable"),
            ("GRANT SELECT ON t TO u", "repeatable"),
            ("REVOKE SELECT ON t FROM u", "seen"),
            ("REVOKE SELECT ON t FROM u, v", "unknowable"),
            ("REVOKE SELECT (a) ON other.t FROM u", "seen"),
            ("REVOKE EXECUTE ON PROCEDURE other.p FROM u", "seen"),
            ("REVOKE ALL ON `other`.* FROM u", "seen"),
            ("REVOKE ALL ON * FROM u", "seen"),
            ("REVOKE ALL ON *.* FROM u", "unknowable"),
            ("REVOKE PROXY ON u FROM v", "unknowable"),
            ("REVOKE r FROM u", "unknowable"),
            ("SET @a = 1", "session"),
            ("SET @a = (SELECT max(id) FROM t)", "temporary"),
            ("SET @a = LAST_INSERT_ID()", "temporary"),
            ("SELECT max(id) INTO @a FROM t", "temporary"),
            ("SELECT 1", "together"),
            ("SET GLOBAL a = 1", "repeatable"),
            ("SET STATEMENT sql_mode = '' FOR CREATE PROCEDURE p() BEGIN SELECT 1; END", "seen"),
            ("SET STATEMENT sql_mode = '' FOR CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; END", "repeatable"),
            ("SET STATEMENT sql_mode = 'ANSI' FOR\nEXECUTE IMMEDIATE 'CREATE PROCEDURE p() SELECT ''a'''", "seen"),
            ("SET STATEMENT max_statement_time = 1 FOR UPDATE t SET a = 1", "together"),
            ("CALL p()", "unknowable"),
            ("", "unknowable"),
        ] {
            assert_eq!(word(sql), expected, "{sql}");
        }
    }
}
