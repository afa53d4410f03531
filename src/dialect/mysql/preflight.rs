//! What MariaDB and MySQL say before a run: rights, whether anything can be written, sizes of tables, open transactions.
//!
//! Neither tells how much room its disk has. Whose transactions are open, PROCESS may see; which tables they hold, nobody
//! is told without a plugin.

mod grants;

use super::capabilities::is_mariadb;
use super::quote;
use crate::db::{Connection, Row};
use crate::dialect::Scope;
use crate::dialect::needs::{Blocker, Found, Lacking, Needs, Sight};
use crate::error::{Kind, Result};
use crate::schema::{Ident, Name, ObjectKind};
use crate::statement::course::{Facts, TableFacts};

/// A transaction that is younger (in seconds) is at work, not in the way.
const YOUNG: u32 = 1;

/// Up to so many tables are asked for one by one, which the catalog answers without opening the others.
const ONE_BY_ONE: usize = 8;

/// The questions go in one round trip. The last one may be refused: then nobody is named.
pub(super) async fn preflight(connection: &mut Connection, needs: &Needs) -> Result<Found> {
    let own = connection.own_schema().clone();
    let tables: Vec<Name> = needs.tables().into_iter().cloned().collect();
    let server =
        "SELECT 'server', @@GLOBAL.read_only, @@GLOBAL.innodb_read_only, CURRENT_USER(), @@GLOBAL.event_scheduler, @@sql_mode"
            .to_owned();
    let questions = [vec!["SHOW GRANTS".to_owned(), server], facts_questions(&tables, &own), vec![transactions(YOUNG)]];
    let questions: Vec<String> = questions.concat();
    let (mut rows, mut found) = (Vec::new(), Found::default());
    let mut keep = |row: &Row| {
        rows.push(row.clone());
        Ok(())
    };
    match connection.each(&questions.join("; "), &mut keep).await {
        Err(error) if error.code() == Some("1227") => {
            found.untold.push("open transactions of others: only a login with PROCESS may see them".to_owned());
        }
        other => other?,
    }
    let is_grant = |row: &&Row| row.text(1).is_none() && !matches!(row.text(0), Some("server" | "trx" | "odd"));
    let lines: Vec<&str> = rows.iter().filter(is_grant).filter_map(|row| row.text(0)).collect();
    for row in rows.iter().filter(|row| row.text(0) == Some("server")) {
        found.read_only = read_only(row).map(Lacking::of_a_server);
        let login = row.text(3).unwrap_or_default();
        let sleeps = needs.made.contains(&ObjectKind::Event) && row.text(4) != Some("ON");
        found.warnings.extend(sleeps.then(asleep));
        let makes_accounts = is_mariadb(connection.server())
            && !needs.rights.is_empty()
            && !row.text(5).is_some_and(|mode| mode.contains("NO_AUTO_CREATE_USER"));
        found.warnings.extend(makes_accounts.then(careless));
        match grants::lacking(&lines, needs, &own, login, connection.server()) {
            Some(lacking) => (found.knows_rights, found.lacking) = (true, lacking),
            None => found.untold.push("rights: they come from a role".to_owned()),
        }
    }
    found.facts = facts(&rows, &own);
    found.blockers = rows.iter().filter(|row| row.text(0) == Some("trx")).map(blocker).collect();
    Ok(found)
}

/// What the grants of the login leave out of the catalog.
pub(super) async fn sight(connection: &mut Connection, scope: &Scope) -> Result<Sight> {
    let own = connection.own_schema().clone();
    let mut databases = scope.schemas.clone();
    databases.extend((!scope.without_own && !own.as_str().is_empty()).then(|| own.clone()));
    let rows = connection.rows("SHOW GRANTS; SELECT 'login', CURRENT_USER()").await?;
    let login = rows.iter().find_map(|row| row.text(1)).unwrap_or_default();
    let lines: Vec<&str> = rows.iter().filter(|row| row.text(1).is_none()).filter_map(|row| row.text(0)).collect();
    Ok(grants::sight(&lines, &databases, login, connection.server()))
}

/// Whether the login may give on rights on all that is in its database.
pub(super) async fn may_give(connection: &mut Connection) -> Result<bool> {
    let own = connection.own_schema().clone();
    let rows = connection.rows("SHOW GRANTS").await?;
    let lines: Vec<&str> = rows.iter().filter_map(|row| row.text(0)).collect();
    Ok(grants::may_give(&lines, &own, connection.server()))
}

/// A server that would make an account that is missing.
fn careless() -> Lacking {
    Lacking {
        phrase:
            "GRANT to an account that is missing makes it here, without a password: sql_mode has no NO_AUTO_CREATE_USER"
                .to_owned(),
        remedy: "SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',NO_AUTO_CREATE_USER')".to_owned(),
    }
}

fn asleep() -> Lacking {
    Lacking {
        phrase: "events are made, and none of them runs: the server's event_scheduler is not ON".to_owned(),
        remedy: "SET GLOBAL event_scheduler = ON, and say it in the server's configuration too".to_owned(),
    }
}

fn read_only(row: &Row) -> Option<String> {
    match (row.text(1), row.text(2)) {
        (_, Some("1")) => Some("the server runs with innodb_read_only".to_owned()),
        (Some("0" | "OFF"), _) => None,
        (word, _) => Some(format!("the server is read-only, as replicas are (read_only = {})", word.unwrap_or("1"))),
    }
}

/// Sizes and engines of these tables, and what makes them dear to change.
pub(super) async fn table_facts(connection: &mut Connection, tables: &[Name]) -> Result<Facts> {
    let own = connection.own_schema().clone();
    let questions = facts_questions(tables, &own);
    if questions.is_empty() {
        return Ok(Facts::new());
    }
    let rows = connection.rows(&questions.join("; ")).await?;
    Ok(facts(&rows, &own))
}

/// Other databases with tables whose rows go or change with rows of the databases of these, however many steps away.
pub(super) async fn schemas_around(connection: &mut Connection, tables: &[Name]) -> Result<Vec<Ident>> {
    let own = connection.own_schema().clone();
    let mut known: Vec<Ident> =
        tables.iter().map(|table| table.schema.clone().unwrap_or_else(|| own.clone())).collect();
    let mut found = Vec::new();
    while !known.is_empty() {
        let names: Vec<String> = known.iter().map(|schema| quote::literal(schema.as_str())).collect();
        let names = names.join(", ");
        let sql = format!(
            "SELECT DISTINCT constraint_schema FROM information_schema.referential_constraints \
             WHERE unique_constraint_schema IN ({names}) AND constraint_schema NOT IN ({names}) \
             AND delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"
        );
        let rows = connection.rows(&sql).await?;
        let new = rows.iter().map(|row| Ok(Ident::from(row.required(0)?))).collect::<Result<Vec<_>>>()?;
        if new.is_empty() {
            break;
        }
        known.extend(new.iter().cloned());
        found.extend(new);
    }
    found.retain(|schema| *schema != own);
    Ok(found)
}

fn facts_questions(tables: &[Name], own: &Ident) -> Vec<String> {
    let mut schemas: Vec<&Ident> = tables.iter().map(|table| table.schema.as_ref().unwrap_or(own)).collect();
    schemas.sort();
    schemas.dedup();
    schemas.into_iter().flat_map(|schema| of_schema(schema, tables, own)).collect()
}

fn of_schema(schema: &Ident, tables: &[Name], own: &Ident) -> Vec<String> {
    let here = tables.iter().filter(|table| table.schema.as_ref().unwrap_or(own) == schema);
    let names: Vec<String> = here.map(|table| quote::literal(table.name.as_str())).collect();
    let schema = quote::literal(schema.as_str());
    let conditions: Vec<String> = if names.len() <= ONE_BY_ONE {
        names.iter().map(|name| format!("table_schema = {schema} AND table_name = {name}")).collect()
    } else {
        vec![format!("table_schema = {schema} AND table_name IN ({})", names.join(", "))]
    };
    let questions = conditions.iter().flat_map(|condition| {
        [
            format!(
                "SELECT 'table', table_schema, table_name, engine, row_format, COALESCE(data_length, 0) + \
                 COALESCE(index_length, 0) FROM information_schema.tables WHERE {condition}"
            ),
            format!(
                "SELECT DISTINCT 'odd', table_schema, table_name FROM information_schema.statistics \
                 WHERE {condition} AND index_type IN ('FULLTEXT', 'SPATIAL')"
            ),
            format!(
                "SELECT DISTINCT 'odd', table_schema, table_name FROM information_schema.columns \
                 WHERE {condition} AND extra LIKE '%VIRTUAL%'"
            ),
        ]
    });
    questions.collect()
}

fn facts(rows: &[Row], own: &Ident) -> Facts {
    let mut facts = Facts::new();
    for row in rows {
        let schema = row.text(1).filter(|schema| *schema != own.as_str()).map(Ident::from);
        let Some(name) = row.text(2).map(|name| Name::new(schema, name)) else { continue };
        match row.text(0) {
            Some("table") => {
                let usual_engine = row.text(3) == Some("InnoDB");
                let plain = usual_engine && row.text(4) != Some("Compressed");
                let bytes = row.text(5).and_then(|bytes| bytes.parse().ok()).unwrap_or_default();
                facts.insert(name, TableFacts { bytes, usual_engine, plain });
            }
            Some("odd") => {
                facts.entry(name).and_modify(|facts| facts.plain = false);
            }
            _ => {}
        }
    }
    facts
}

/// Open transactions of this database, from so many seconds on. Times of this catalog are in the zone of the server's machine.
fn transactions(seconds: u32) -> String {
    format!(
        "SELECT 'trx', p.id, p.user, p.host, CONVERT_TZ(t.trx_started, 'SYSTEM', '+00:00'), \
         CASE WHEN p.info IS NULL THEN CONCAT('idle for ', p.time, ' s') ELSE LEFT(p.info, 200) END \
         FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
         WHERE p.id <> CONNECTION_ID() AND p.db = DATABASE() \
         AND t.trx_started <= CONVERT_TZ(NOW(), '+00:00', 'SYSTEM') - INTERVAL {seconds} SECOND"
    )
}

fn blocker(row: &Row) -> Blocker {
    let text = |at: usize| row.text(at).unwrap_or_default();
    Blocker {
        who: format!("connection {}, user {}, from {}", text(1), text(2), text(3)),
        since: format!("{} UTC", text(4)),
        table: None,
        query: text(5).to_owned(),
        end: format!("KILL {}", text(1)),
    }
}

/// Whose transactions are open; nobody where the login may not see it.
pub(super) async fn blockers(connection: &mut Connection) -> Result<Vec<Blocker>> {
    match connection.rows(&transactions(0)).await {
        Ok(rows) => Ok(rows.iter().map(blocker).collect()),
        Err(error) if error.kind() == Kind::Privilege => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
