//! What PostgreSQL says before a run: rights, whether anything can be written, open transactions on the tables.
//!
//! It does not tell how much room its disk has. Who holds a lock everybody may see; since when and by which statement, only
//! the same user and `pg_read_all_stats`.

use super::objects::acl;
use super::quote::{literal, qualified, quote};
use crate::db::{Connection, Row};
use crate::dialect::data::{IMAGE, Trigger};
use crate::dialect::needs::{Blocker, Found, Lacking, Needs};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};
use crate::statement::Statement;

/// One round trip for everything.
pub(super) async fn preflight(connection: &mut Connection, needs: &Needs) -> Result<Found> {
    let own = connection.own_schema().clone();
    let mut questions = vec![
        "SELECT 'server', pg_catalog.pg_is_in_recovery()::text, pg_catalog.current_setting('transaction_read_only'), \
         current_user::text, NULL, NULL, NULL"
            .to_owned(),
    ];
    let tables: Vec<Name> = needs.tables().into_iter().chain(&needs.own).cloned().collect();
    questions.extend(in_schemas(needs, &own));
    questions.extend(rights_on(&tables, &own));
    questions.extend(rights_to_give(needs, &own));
    let locked: Vec<Name> = needs.changed.iter().chain(&needs.dropped).cloned().collect();
    questions.extend(transactions(&locked, &own, 1));
    let rows = connection.rows(&questions.join(" UNION ALL ")).await?;
    Ok(read(&rows, needs, &own))
}

fn in_schemas(needs: &Needs, own: &Ident) -> Option<String> {
    let names: Vec<String> =
        needs.creates_in.iter().map(|schema| literal(schema.as_ref().unwrap_or(own).as_str())).collect();
    let sql = format!(
        "SELECT 'schema', n.nspname::text, pg_catalog.has_schema_privilege(n.oid, 'CREATE')::text, NULL, NULL, NULL, NULL \
         FROM pg_catalog.pg_namespace n WHERE n.nspname IN ({})",
        names.join(", ")
    );
    (!names.is_empty()).then_some(sql)
}

fn rights_on(tables: &[Name], own: &Ident) -> Option<String> {
    let granted = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        .map(|right| format!("CASE WHEN pg_catalog.has_table_privilege(c.oid, '{right}') THEN '{right}' END"));
    let sql = format!(
        "SELECT 'table', n.nspname::text, c.relname::text, pg_catalog.pg_has_role(c.relowner, 'USAGE')::text, \
         (pg_catalog.pg_has_role(c.relowner, 'USAGE') OR pg_catalog.pg_has_role(n.nspowner, 'USAGE'))::text, \
         pg_catalog.pg_get_userbyid(c.relowner)::text, pg_catalog.concat_ws(' ', {}) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE (n.nspname, c.relname) IN ({})",
        granted.join(", "),
        pairs(tables, own)
    );
    (!tables.is_empty()).then_some(sql)
}

/// Of what its rights or its owner are to change: what it is called, its owner, whether the login may do all of the owner's, and
/// whether it may give some right on.
fn rights_to_give(needs: &Needs, own: &Ident) -> Option<String> {
    let row = |id: &ObjectId| {
        let schema = id.name.schema.as_ref().unwrap_or(own).as_str();
        let what = id.arguments.as_deref().filter(|what| !what.starts_with("column ")).unwrap_or("table");
        let (word, types) = match what.split_once('(') {
            Some((_, types)) => ("routine", Some(types.trim_end_matches(')'))),
            None => (what, None),
        };
        // Who may comment on a thing is its owner too.
        let is_owner = id.kind != ObjectKind::Grants;
        let parts = [id.for_people().as_str(), schema, id.name.name.as_str(), word].map(literal).join(", ");
        format!("({parts}, {}, {is_owner})", types.map_or_else(|| "NULL".to_owned(), literal))
    };
    let rows: Vec<String> = needs.rights.iter().map(row).collect();
    (!rows.is_empty()).then(|| acl::grantors(&rows.join(", ")))
}

/// Others that hold a lock on one of these tables in a transaction that is so many seconds old.
fn transactions(tables: &[Name], own: &Ident, seconds: u32) -> Option<String> {
    let sql = format!(
        "SELECT 'trx', s.pid::text, s.usename::text, coalesce(pg_catalog.host(s.client_addr), 'this machine'), \
         pg_catalog.date_trunc('second', s.xact_start)::text, pg_catalog.string_agg(DISTINCT c.relname::text, ', '), \
         CASE WHEN s.state LIKE 'idle%' THEN s.state || ' after ' ELSE '' END || coalesce(left(s.query, 200), '') \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_stat_activity s ON s.pid = l.pid \
         WHERE l.granted AND l.locktype = 'relation' AND s.pid <> pg_catalog.pg_backend_pid() \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
         AND coalesce(s.backend_type, 'client backend') = 'client backend' \
         AND coalesce(s.xact_start < pg_catalog.clock_timestamp() - interval '{seconds} second', true) \
         AND (n.nspname, c.relname) IN ({}) \
         GROUP BY s.pid, s.usename, s.client_addr, s.xact_start, s.state, s.query",
        pairs(tables, own)
    );
    (!tables.is_empty()).then_some(sql)
}

fn pairs(tables: &[Name], own: &Ident) -> String {
    let pair = |table: &Name| {
        let schema = table.schema.as_ref().unwrap_or(own);
        format!("({}, {})", literal(schema.as_str()), literal(table.name.as_str()))
    };
    tables.iter().map(pair).collect::<Vec<_>>().join(", ")
}

fn read(rows: &[Row], needs: &Needs, own: &Ident) -> Found {
    let mut found = Found { knows_rights: true, ..Found::default() };
    let login = rows.iter().find(|row| row.text(0) == Some("server")).and_then(|row| row.text(3)).unwrap_or_default();
    for row in rows {
        match row.text(0) {
            Some("server") if row.text(1) == Some("true") => {
                let why = "the server is a replica (pg_is_in_recovery)";
                found.read_only = Some(Lacking::of_a_server(why.to_owned()));
            }
            Some("server") if row.text(2) == Some("on") => {
                let why = "transactions of this login are read-only (default_transaction_read_only = on)";
                found.read_only = Some(Lacking::of_a_server(why.to_owned()));
            }
            Some("schema") if row.text(2) == Some("false") => found.lacking.push(in_schema(row, login)),
            Some("table") => found.lacking.extend(on_table(row, needs, own, login)),
            Some("right") => found.lacking.push(of_owner(row, login)),
            Some("trx") => found.blockers.push(blocker(row)),
            _ => {}
        }
    }
    found
}

fn in_schema(row: &Row, login: &str) -> Lacking {
    let schema = row.text(1).unwrap_or_default();
    Lacking {
        phrase: format!("{login} may not create anything in schema {schema}"),
        remedy: format!("GRANT CREATE ON SCHEMA {} TO {}", quoted(schema), quoted(login)),
    }
}

fn on_table(row: &Row, needs: &Needs, own: &Ident, login: &str) -> Vec<Lacking> {
    let text = |at: usize| row.text(at).unwrap_or_default();
    let schema = Ident::from(text(1));
    let name = Name::new((schema != *own).then_some(schema), text(2));
    let (owns, may_drop) = (text(3) == "true", text(4) == "true");
    let mut lacking = Vec::new();
    let changes = needs.changed.contains(&name) && !owns;
    if changes || (needs.dropped.contains(&name) && !may_drop) {
        let (table, owner) = (name.for_people(), text(5));
        let verb = if changes { "change" } else { "drop" };
        lacking.push(Lacking {
            phrase: format!("{login} may not {verb} table {table}, which belongs to {owner}"),
            remedy: format!(
                "connect as {owner}, set `role: {owner}` under `database:`, or: ALTER TABLE {} OWNER TO {}",
                qualified(&name),
                quoted(login)
            ),
        });
    }
    let granted: Vec<&str> = text(6).split(' ').collect();
    let own_rights: &[&str] = if needs.own.contains(&name) { &["SELECT", "INSERT", "UPDATE"] } else { &[] };
    let written = needs.written.get(&name).into_iter().flatten();
    for right in written.chain(own_rights).filter(|right| !granted.contains(*right)) {
        lacking.push(Lacking {
            phrase: format!("{login} has no {right} on table {}", name.for_people()),
            remedy: format!("GRANT {right} ON {} TO {}", qualified(&name), quoted(login)),
        });
    }
    lacking
}

/// The server takes a GRANT of somebody who may not with a mere warning.
fn of_owner(row: &Row, login: &str) -> Lacking {
    let (what, owner) = (row.text(1).unwrap_or_default(), row.text(2).unwrap_or_default());
    Lacking {
        phrase: format!("{login} may not change {what}, which belongs to {owner}"),
        remedy: format!(
            "connect as {owner}, set `role: {owner}` under `database:`, or: GRANT {} TO {}",
            quoted(owner),
            quoted(login)
        ),
    }
}

fn quoted(name: &str) -> String {
    quote(&Ident::from(name))
}

fn blocker(row: &Row) -> Blocker {
    let text = |at: usize| row.text(at).unwrap_or_default();
    let since = row.text(4).map_or_else(|| "a time that only its user may see".to_owned(), str::to_owned);
    Blocker {
        who: format!("pid {}, user {}, from {}", text(1), text(2), text(3)),
        since,
        table: row.text(5).map(str::to_owned),
        query: text(6).to_owned(),
        end: format!("SELECT pg_terminate_backend({})", text(1)),
    }
}

/// Who holds a lock on these tables.
pub(super) async fn blockers(connection: &mut Connection, tables: &[Name]) -> Result<Vec<Blocker>> {
    let own = connection.own_schema().clone();
    let Some(question) = transactions(tables, &own, 0) else { return Ok(Vec::new()) };
    Ok(connection.rows(&question).await?.iter().map(blocker).collect())
}

/// A query for the `id` of those of these tables that are there; `None` where none are asked for.
fn these(tables: &[Name]) -> Option<String> {
    let tables: Vec<String> =
        tables.iter().map(|table| format!("to_regclass({})", literal(&qualified(table)))).collect();
    (!tables.is_empty()).then(|| format!("SELECT unnest(ARRAY[{}]::pg_catalog.oid[]) AS id", tables.join(", ")))
}

/// What makes text of the columns of images whose type is not the server's own, where a type may go or change.
pub(super) async fn let_types_go(
    connection: &mut Connection,
    version_table: &Name,
    statements: &[Statement],
) -> Result<Vec<String>> {
    if !statements.iter().any(|statement| touches_types(&statement.sql)) {
        return Ok(Vec::new());
    }
    let schema = version_table.schema.as_ref().unwrap_or(connection.own_schema());
    let sql = format!(
        "SELECT pg_catalog.format('ALTER TABLE %I.%I %s', n.nspname, c.relname, pg_catalog.string_agg(\
         pg_catalog.format('ALTER COLUMN %I TYPE text USING %1$I::text', a.attname), ', ')) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         WHERE c.relkind = 'r' AND n.nspname = {} AND pg_catalog.starts_with(c.relname::text, {}) \
         AND GREATEST(t.oid::bigint, t.typelem::bigint) >= {FIRST_OF_USERS} GROUP BY n.nspname, c.relname ORDER BY c.relname",
        literal(schema.as_str()),
        literal(IMAGE)
    );
    let rows = connection.rows(&sql).await?;
    Ok(rows.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect())
}

/// Smaller numbers are things that the server brings (`FirstNormalObjectId` of its source).
const FIRST_OF_USERS: u32 = 16384;

/// Whether a statement takes a type away, or changes it in a way that those who use it are looked at for.
fn touches_types(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().map(str::to_uppercase).collect();
    words.windows(2).any(|pair| match pair {
        [first, second] => match first.as_str() {
            "DROP" => ["TYPE", "DOMAIN", "EXTENSION", "SCHEMA"].contains(&second.as_str()),
            "ALTER" => second == "DOMAIN" || (second == "TYPE" && words.iter().any(|word| word == "ATTRIBUTE")),
            _ => false,
        },
        _ => false,
    })
}

/// What looks at the foreign keys and other constraints of tables that wait for the end of the transaction, and lets them
/// wait again; nothing where there are none.
pub(super) async fn settle_keys(connection: &mut Connection, tables: &[Name]) -> Result<Vec<String>> {
    let Some(these) = these(tables) else { return Ok(Vec::new()) };
    let sql = format!(
        "WITH these AS ({these}) \
         SELECT DISTINCT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.conname) \
         FROM pg_catalog.pg_constraint AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace \
         WHERE c.condeferrable AND c.condeferred \
         AND (c.conrelid IN (SELECT id FROM these) OR c.confrelid IN (SELECT id FROM these)) ORDER BY 1"
    );
    let names = connection.rows(&sql).await?;
    let names = names.iter().map(|row| row.required(0)).collect::<Result<Vec<_>>>()?.join(", ");
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(["IMMEDIATE", "DEFERRED"].map(|when| format!("SET CONSTRAINTS {names} {when}")).to_vec())
}

/// Other schemas with tables whose rows go or change with rows of these, however many steps away, or that inherit from
/// these.
pub(super) async fn schemas_around(connection: &mut Connection, tables: &[Name]) -> Result<Vec<Ident>> {
    let Some(these) = these(tables) else { return Ok(Vec::new()) };
    let sql = format!(
        "WITH RECURSIVE links AS (SELECT confrelid AS parent, conrelid AS child FROM pg_catalog.pg_constraint \
         WHERE contype = 'f' AND confdeltype IN ('c', 'n', 'd') \
         UNION ALL SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits), \
         around AS ({these} \
         UNION SELECT l.child FROM links AS l JOIN around AS a ON l.parent = a.id) \
         SELECT DISTINCT n.nspname FROM around AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.id \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE n.nspname <> COALESCE(pg_catalog.current_schema(), '') ORDER BY 1"
    );
    let rows = connection.rows(&sql).await?;
    rows.iter().map(|row| Ok(Ident::from(row.required(0)?))).collect()
}

/// The triggers of a table that fire in this session, and what keeps them still; their owner's table may be locked for it.
pub(super) async fn triggers(connection: &mut Connection, table: &Name) -> Result<Vec<Trigger>> {
    let name = qualified(table);
    let sql = format!(
        "SELECT tgname, tgenabled FROM pg_catalog.pg_trigger WHERE tgrelid = {}::pg_catalog.regclass \
         AND NOT tgisinternal AND tgenabled IN ('O', 'A') ORDER BY tgname",
        literal(&name)
    );
    let mut found = Vec::new();
    let rows = connection.rows(&sql).await?;
    if !rows.is_empty() {
        // Before either change of the table: it is refused while keys wait that its rows are about.
        let settled = settle_keys(connection, std::slice::from_ref(table)).await?;
        found.extend(settled.into_iter().map(|sql| Trigger { off: sql.clone(), on: sql }));
    }
    for row in rows {
        let trigger = quote(&Ident::from(row.required(0)?));
        let always = if row.text(1) == Some("A") { "ALWAYS " } else { "" };
        found.push(Trigger {
            off: format!("ALTER TABLE {name} DISABLE TRIGGER {trigger}"),
            on: format!("ALTER TABLE {name} ENABLE {always}TRIGGER {trigger}"),
        });
    }
    Ok(found)
}
