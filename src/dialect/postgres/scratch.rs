//! Where models are judged: a schema in front of the search path, in a transaction that is rolled back, or committed and
//! dropped where a statement refuses that (55P04, 25001) or the server has not locks enough for so many tables (53200).

use std::time::Duration;

use super::SYNTAX;
use super::lock::{free_key, scratch_key, try_key};
use super::quote::{LONGEST_NAME, literal, qualified, quote};
use crate::db::Connection;
use crate::dialect::server::Scratch;
use crate::error::{Error, Kind, Result};
use crate::schema::{Ident, Name};
use crate::statement::evidence::Words;

/// How every scratch schema begins.
pub(super) const PREFIX: &str = "migrate_scratch_";

/// The code of an error of ours: among routines of one name the server took one of the live schema (ambiguous_function).
pub(super) const SHADOWED: &str = "42725";

/// How often the key of a scratch schema is asked for, and what lies between.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// The schema that every database has.
const USUAL: &str = "public";

/// Tables that are dropped by one statement: each takes some locks.
const AT_ONCE: usize = 50;

/// Makes the schema and puts it first. The connection's own path stays behind it, so that types and functions of
/// extensions are found.
pub(super) async fn enter(connection: &mut Connection, tag: &str, in_transaction: bool) -> Result<Scratch> {
    let name = Ident::new(format!("{PREFIX}{tag}"));
    if name.as_str().len() > LONGEST_NAME {
        return Err(Error::new(Kind::Usage, format!("the tag of a scratch schema is too long: {tag}")));
    }
    if in_transaction {
        connection.begin_raw("BEGIN").await?;
    } else {
        remove_leftovers(connection).await?;
        if !take_key(connection, scratch_key(&name)).await? {
            return Err(Error::new(Kind::Locked, format!("the scratch schema {} is in use", name.as_str())));
        }
    }
    match fill_in(connection, &name, in_transaction).await {
        Ok(former) => Ok(Scratch { name, former, in_transaction }),
        Err(error) => {
            if in_transaction {
                connection.rollback().await?;
            } else {
                free_key(connection, scratch_key(&name)).await?;
            }
            Err(error)
        }
    }
}

/// Takes the key of a name that is ours alone: another one has it while it looks for leftovers.
async fn take_key(connection: &mut Connection, key: i64) -> Result<bool> {
    for _ in 0..TRIES {
        if try_key(connection, key).await? {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(false)
}

async fn fill_in(connection: &mut Connection, name: &Ident, in_transaction: bool) -> Result<String> {
    let row = connection.first_row("SELECT pg_catalog.current_setting('search_path')").await?;
    let former = row.and_then(|row| row.text(0).map(str::to_owned)).unwrap_or_default();
    let made = connection.execute(&format!("CREATE SCHEMA {}", quote(name))).await;
    made.map_err(|error| {
        let denied = error.code() == Some("42501");
        let error = error.while_doing("no scratch schema could be made");
        if denied {
            let hint = "grant CREATE on this database to the role, or give `scratch:` the URL of another one";
            error.into_kind(Kind::Privilege).with_hint(hint)
        } else {
            error
        }
    })?;
    let path = if former.trim().is_empty() { quote(name) } else { format!("{}, {former}", quote(name)) };
    set_path(connection, &path, in_transaction).await?;
    Ok(former)
}

async fn set_path(connection: &mut Connection, path: &str, local: bool) -> Result<()> {
    let sql = format!("SELECT pg_catalog.set_config('search_path', {}, {local})", literal(path));
    connection.execute(&sql).await.map(drop)
}

pub(super) async fn leave(connection: &mut Connection, scratch: &Scratch) -> Result<()> {
    if scratch.in_transaction {
        return connection.rollback().await;
    }
    set_path(connection, &scratch.former, false).await?;
    remove(connection, &scratch.name).await?;
    free_key(connection, scratch_key(&scratch.name)).await.map(drop)
}

/// Whether a statement takes away rows or whole things: of the live schema, where the scratch schema does not have them.
pub(super) fn takes_away(sql: &str) -> bool {
    Words::beginning(sql, &SYNTAX, 1).one_of(&["DROP", "TRUNCATE", "DELETE", "UPDATE", "MERGE", "LOCK"]).is_some()
        || takes_partners(sql)
}

/// Whether it makes an operator that names its partner, which becomes that of the new one: from 17 on the server refuses to
/// take one away from the operator that has it.
fn takes_partners(sql: &str) -> bool {
    let is_operator = Words::beginning(sql, &SYNTAX, 2).take_all(&["CREATE", "OPERATOR"]);
    let mut words = sql.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    is_operator && words.any(|word| ["COMMUTATOR", "NEGATOR"].iter().any(|one| word.eq_ignore_ascii_case(one)))
}

/// Kinds of things that are the whole server's.
const OF_SERVER: [&str; 6] = ["DATABASE", "TABLESPACE", "SYSTEM", "ROLE", "USER", "GROUP"];

/// Why a statement would reach out of a scratch place. What is rolled back changes nothing for good.
pub(super) fn reaches_out(sql: &str, rolled_back: bool) -> Option<String> {
    let mut words = Words::beginning(sql, &SYNTAX, 8);
    if words.take("COPY") {
        let all = Words::of(sql, &SYNTAX);
        return all
            .has_any(&["TO", "PROGRAM"])
            .then(|| "COPY would write a file or start a program on the server".to_owned());
    }
    if rolled_back {
        return None;
    }
    if words.take_all(&["DROP", "OWNED"]) || words.take_all(&["REASSIGN", "OWNED"]) {
        return Some("OWNED reaches the whole server".to_owned());
    }
    let verb = words.one_of(&["CREATE", "ALTER", "DROP"])?;
    let kind = words.one_of(&OF_SERVER)?;
    // A role that is made is in nobody's way; a mapping of a user lies in a database.
    let is_small =
        kind == "USER" && words.take("MAPPING") || verb == "CREATE" && ["ROLE", "USER", "GROUP"].contains(&kind);
    (!is_small).then(|| format!("{verb} {kind} reaches the whole server"))
}

/// What a judgement depends on beside texts and version: how names are found and printed, what is there of extensions, where
/// a table goes that does not say it, and who gives where nobody is said.
pub(super) async fn facts(connection: &mut Connection) -> Result<String> {
    // What is in the system's own schema came with the server; without another one the files of extensions are not read.
    let sql = "SELECT pg_catalog.concat_ws(' ', current_user, pg_catalog.current_schemas(false), \
               pg_catalog.current_setting('search_path'), pg_catalog.current_setting('default_tablespace'), \
               pg_catalog.current_setting('default_table_access_method'), (SELECT pg_catalog.array_agg(\
               pg_catalog.concat_ws(' ', e.extname, e.extversion, n.nspname, a.default_version) ORDER BY e.extname) \
               FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
               LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname WHERE n.nspname <> 'pg_catalog'))";
    Ok(connection.first_row(sql).await?.and_then(|row| row.text(0).map(str::to_owned)).unwrap_or_default())
}

/// Drops a schema with all that is in it, a few tables at a time.
async fn remove(connection: &mut Connection, schema: &Ident) -> Result<()> {
    let of_schema = format!(
        "relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {})",
        literal(schema.as_str())
    );
    let sql = format!(
        "SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND {of_schema}"
    );
    let rows = connection.rows(&sql).await?;
    let names: Vec<String> = rows
        .iter()
        .filter_map(|row| row.text(0))
        .map(|table| qualified(&Name::new(Some(schema.clone()), table)))
        .collect();
    for some in names.chunks(AT_ONCE) {
        connection.execute(&format!("DROP TABLE {} CASCADE", some.join(", "))).await?;
    }
    connection.execute(&format!("DROP SCHEMA {} CASCADE", quote(schema))).await.map(drop)
}

/// Makes a database. Locks of one database mean nothing in another, so its name ends with the number of the session that
/// made it: while that is there, it is in use.
pub(super) async fn make_database(connection: &mut Connection, tag: &str) -> Result<Ident> {
    remove_databases(connection).await?;
    let row = connection.first_row("SELECT pg_catalog.pg_backend_pid()").await?.unwrap_or_default();
    let name = Ident::new(format!("{PREFIX}{tag}_{}", row.required(0)?));
    let made = connection.execute(&format!("CREATE DATABASE {}", quote(&name))).await;
    made.map_err(|error| {
        let denied = error.code() == Some("42501");
        let error = error.while_doing("no scratch database could be made, which models with several schemas need");
        if denied {
            let hint = "grant it CREATEDB (`ALTER ROLE … CREATEDB`), or give `scratch:` the URL of a server where it may be made";
            error.into_kind(Kind::Privilege).and_hint(hint)
        } else {
            error.with_hint("give `scratch:` the URL of a server where it may be made")
        }
    })?;
    if connection.own_schema().as_str() != USUAL
        && let Err(error) = give_own_schema(connection, &name).await
    {
        drop(drop_database(connection, &name).await);
        return Err(error.while_doing("a scratch database could not be prepared"));
    }
    Ok(name)
}

/// Makes the schema in which things are made that do not say one, where that is not the one of every database.
async fn give_own_schema(connection: &mut Connection, database: &Ident) -> Result<()> {
    connection.execute(&format!("ALTER DATABASE {} SET search_path FROM CURRENT", quote(database))).await?;
    let inside = connection.url().with_database(database.as_str());
    let mut inside = Connection::open(&inside, connection.settings()).await?;
    let made = inside.execute(&format!("CREATE SCHEMA {}", quote(connection.own_schema()))).await;
    inside.close().await;
    made.map(drop)
}

/// Drops it. Behind a pooler the sessions that were ours stay in it: they are ended first.
pub(super) async fn drop_database(connection: &mut Connection, name: &Ident) -> Result<()> {
    let ours = format!(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = {} \
         AND usename = session_user AND pid <> pg_catalog.pg_backend_pid() \
         AND pg_catalog.pg_has_role(usesysid, 'USAGE')",
        literal(name.as_str())
    );
    connection.rows(&ours).await?;
    connection.execute(&format!("DROP DATABASE {}", quote(name))).await.map(drop)
}

/// Removes the databases of sessions that are no more. One that somebody else removes at the same time is gone too.
async fn remove_databases(connection: &mut Connection) -> Result<()> {
    let sql = format!(
        "SELECT datname FROM pg_catalog.pg_database d WHERE pg_catalog.starts_with(datname, {}) \
         AND pg_catalog.pg_has_role(datdba, 'USAGE') AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a \
         WHERE a.datname = d.datname OR a.pid::text = pg_catalog.substring(d.datname, '[0-9]+$'))",
        literal(PREFIX)
    );
    for row in connection.rows(&sql).await? {
        let database = quote(&Ident::from(row.required(0)?));
        match connection.execute(&format!("DROP DATABASE IF EXISTS {database}")).await {
            // In use, or kept by somebody: whoever left it was told.
            Err(error) if matches!(error.kind(), Kind::Statement | Kind::Privilege) => {}
            other => drop(other?),
        }
    }
    Ok(())
}

/// Removes what owners left that are no more: nobody holds the key of their schema.
async fn remove_leftovers(connection: &mut Connection) -> Result<()> {
    let sql = format!(
        "SELECT nspname FROM pg_catalog.pg_namespace WHERE starts_with(nspname, {}) \
         AND pg_catalog.pg_has_role(nspowner, 'USAGE')",
        literal(PREFIX)
    );
    let rows = connection.rows(&sql).await?;
    for schema in rows.iter().filter_map(|row| row.text(0)).map(Ident::from) {
        let key = scratch_key(&schema);
        if try_key(connection, key).await? {
            let removed = remove(connection, &schema).await;
            free_key(connection, key).await?;
            removed?;
        }
    }
    Ok(())
}

/// `ALTER … OWNER TO role` as it runs in a scratch place: there the role may make nothing, which it must to become an owner. It is
/// allowed to for the time of the statement.
pub(super) fn given_away(sql: &str) -> Option<String> {
    let mut words = Words::of(sql, &SYNTAX);
    // Not a column that was called so.
    if !words.take("ALTER") || words.has_any(&["RENAME"]) || !words.skip_behind("OWNER") || !words.take("TO") {
        return None;
    }
    if words.has_any(&["CURRENT_USER", "SESSION_USER", "CURRENT_ROLE"]) {
        return None;
    }
    let (_, role) = words.lowering().name()?;
    let role = literal(&role);
    let body = format!(
        "DECLARE one text; given text[] := '{{}}'; BEGIN FOR one IN SELECT n.nspname FROM pg_catalog.pg_namespace n \
         WHERE (n.nspname = current_schema() AND pg_catalog.starts_with(n.nspname, '{PREFIX}') \
         OR pg_catalog.starts_with(current_database(), '{PREFIX}') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
         AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')) \
         AND NOT pg_catalog.has_schema_privilege({role}, n.oid, 'CREATE') LOOP \
         EXECUTE pg_catalog.format('GRANT CREATE ON SCHEMA %I TO %I', one, {role}); given := given || one; END LOOP; \
         EXECUTE {}; \
         FOREACH one IN ARRAY given LOOP EXECUTE pg_catalog.format('REVOKE CREATE ON SCHEMA %I FROM %I', one, {role}); END LOOP; END",
        literal(sql)
    );
    Some(format!("DO {}", literal(&body)))
}

/// Whether a statement may not run in a transaction, or not in one with so much else.
pub(super) fn wants_no_transaction(error: &Error) -> bool {
    // An active transaction, a value of an enum that is not committed, out of shared memory for locks.
    matches!(error.code(), Some("25001" | "55P04" | "53200"))
}

/// Whether models were refused only because something of the live schema behind them stands in for what they have. Two that
/// fit alike are an error of the server (42725): one of them is there and the other one in the models.
pub(super) fn meets_live(error: &Error) -> bool {
    error.code() == Some(SHADOWED)
}

/// What to do where a statement needs what this server does not have.
pub(super) fn lacks(error: &Error) -> Option<&'static str> {
    let mentions = |word: &str| error.phrase().contains(word);
    match error.code()? {
        "0A000" | "58P01" | "22023" if mentions("extension") => {
            Some("install the extension's package on the server, or take it out of the models")
        }
        "42501" if mentions("extension") => Some("have it created by somebody who may, or take it out of the models"),
        "42501" if mentions("member of role") || mentions("SET ROLE") => {
            Some("grant the role to this login: only its members can give something to it")
        }
        "42704" if mentions("access method") => Some(
            "have the access method made here (an extension brings it; in scratch databases `scratch_setup` may make it), or take it out of the models",
        ),
        "58P01" => Some("install the library on the server, or take what needs it out of the models"),
        "42704" if mentions("language") => {
            Some("add the extension that brings the language to the models, and install its package on the server")
        }
        "42704" if mentions("role") => Some("create the role on this server first: roles are no part of models"),
        _ => None,
    }
}

/// Whether a statement names what is not there.
pub(super) fn misses(error: &Error) -> bool {
    // Objects, functions, tables, columns and schemas that are not there; a thing of another kind than is needed.
    matches!(error.code(), Some("42704" | "42883" | "42P01" | "42703" | "3F000" | "42809"))
}

/// An extension may be there already, for a scratch schema lies in the database of the user, which has each once; so may a
/// schema, for every database has one.
pub(super) fn if_not_there(sql: &str) -> Option<String> {
    let mut words = sql.split_ascii_whitespace();
    let (create, what, name) = (words.next()?, words.next()?, words.next()?);
    let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
    // A schema that is made with what is in it is new.
    let is_one = is(what, "EXTENSION") || is(what, "SCHEMA") && words.count() <= 2;
    if !is(create, "CREATE") || !is_one || is(name, "IF") {
        return None;
    }
    let (before, behind) = sql.split_at_checked(name.as_ptr().addr() - sql.as_ptr().addr())?;
    Some(format!("{before}IF NOT EXISTS {behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_there_already() {
        for (sql, expected) in [
            ("create extension a", "create extension IF NOT EXISTS a"),
            ("CREATE SCHEMA \"public\"", "CREATE SCHEMA IF NOT EXISTS \"public\""),
            ("CREATE SCHEMA AUTHORIZATION joe", "CREATE SCHEMA IF NOT EXISTS AUTHORIZATION joe"),
            ("CREATE SCHEMA a CREATE VIEW v AS SELECT 1", "-"),
            ("CREATE SCHEMA IF NOT EXISTS a", "-"),
            ("CREATE TABLE a (b int)", "-"),
        ] {
            assert_eq!(if_not_there(sql).as_deref().unwrap_or("-"), expected);
        }
    }

    #[test]
    fn only_another_owner_is_let_in() {
        let sql = given_away("ALTER TABLE \"a b\" OWNER TO \"it's\"").unwrap();
        assert!(sql.contains("has_schema_privilege(''it''''s'', n.oid, ''CREATE'')"), "{sql}");
        assert!(sql.contains("EXECUTE ''ALTER TABLE \"a b\" OWNER TO \"it''''s\"'';"), "{sql}");
        for plain in [
            "ALTER TABLE t OWNER TO CURRENT_USER",
            "ALTER TABLE t RENAME COLUMN owner TO boss",
            "ALTER TABLE t ADD COLUMN owner integer",
            "CREATE TABLE t (owner integer)",
        ] {
            assert_eq!(given_away(plain), None, "{plain}");
        }
    }
}
