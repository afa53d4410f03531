//! Rights in a scratch place: nobody gets any. What they are on is gone in a moment, and the rows that say who has them would
//! stay on the server. So GRANT and REVOKE are looked at in place of being run, and kept in a variable of the session, from
//! which the inspection knows what there would be.

use crate::db::Connection;
use crate::dialect::RightsHeld;
use crate::dialect::mysql::capabilities::is_mariadb;
use crate::dialect::mysql::objects::rights::read::{Change, Said, read};
use crate::dialect::mysql::objects::rights::{Grantee, Ledger, PUBLIC, Target};
use crate::dialect::mysql::quote;
use crate::error::{Error, Kind, Result};
use crate::schema::{Ident, Name};
use crate::statement::ServerVersion;

/// Forgets them; to be run when a scratch place is entered and left.
pub(super) const FORGET: &str = "SET @migrate_rights = NULL";

/// The code of the error where an account is missing: MariaDB's own.
pub(in crate::dialect::mysql) const NO_ACCOUNT: &str = "1133";

/// Takes up a statement that is about rights, accounts or roles. False: it is to be run.
pub(in crate::dialect::mysql) async fn hold(connection: &mut Connection, sql: &str, held: RightsHeld) -> Result<bool> {
    let (own, server) = (connection.own_schema().clone(), connection.server());
    match read(sql, Some(own.as_str()), server) {
        Ok(Said::Other) => Ok(false),
        Ok(Said::DropsRoutine(_)) if held.count => note(connection, sql).await.map(|()| false),
        Ok(Said::DropsRoutine(_)) => Ok(false),
        Ok(Said::Outside(why)) if held.count && held.of_models => Err(Error::new(Kind::File, why)
            .with_hint("take it out of the models: they say rights on the database of the connection (`ON *`) and on what is in it")),
        Ok(Said::Outside(_) | Said::Accounts(_)) => Ok(true),
        Ok(Said::Rights(_)) | Err(_) if !held.count => Ok(true),
        Ok(Said::Rights(change)) => {
            let change = known(connection, change, (server, held)).await?;
            for (target, _) in change.parts.iter().filter(|_| change.gives) {
                look(connection, target).await?;
            }
            for statement in change.statements() {
                note(connection, &statement).await?;
            }
            Ok(true)
        }
        Err(why) => Err(Error::new(Kind::File, why).with_hint("correct the statement")),
    }
}

/// The rights that were kept.
pub(in crate::dialect::mysql) async fn kept(connection: &mut Connection) -> Result<Ledger> {
    let (own, server) = (connection.own_schema().clone(), connection.server());
    let row = connection.first_row("SELECT @migrate_rights").await?;
    let text = row.as_ref().and_then(|row| row.text(0)).unwrap_or_default();
    let statements: Vec<String> = text.split(',').filter(|part| !part.is_empty()).map(text_of).collect();
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    Ledger::of(&statements, Some(own.as_str()), server).map_err(|why| Error::new(Kind::Corrupt, why))
}

async fn note(connection: &mut Connection, sql: &str) -> Result<()> {
    let digits: String = sql.bytes().map(|byte| format!("{byte:02x}")).collect();
    connection.execute(&format!("SET @migrate_rights = CONCAT_WS(',', @migrate_rights, '{digits}')")).await.map(drop)
}

fn text_of(digits: &str) -> String {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    String::from_utf8_lossy(&digits.as_bytes().chunks(2).filter_map(byte).collect::<Vec<_>>()).into_owned()
}

/// The change with its accounts as the server has them.
///
/// # Errors
/// One that models name and that is missing; revisions may make it.
async fn known(
    connection: &mut Connection,
    change: Change,
    (server, held): (ServerVersion, RightsHeld),
) -> Result<Change> {
    let users: Vec<String> = change.grantees.iter().map(|one| quote::literal(&one.user)).collect();
    let sql = format!("SELECT User, Host FROM mysql.user WHERE User IN ({})", users.join(", "));
    let rows = match connection.rows(&sql).await {
        Ok(rows) => rows,
        Err(error) => return Err(unseen(connection, error).await),
    };
    let there: Vec<(&str, &str)> =
        rows.iter().map(|row| (row.text(0).unwrap_or_default(), row.text(1).unwrap_or_default())).collect();
    let find = |grantee: &Grantee| {
        let with = |host: &str| {
            there
                .iter()
                .find(|(user, other)| *user == grantee.user && other.eq_ignore_ascii_case(host))
                .map(|(_, host)| *host)
        };
        let is_role = is_mariadb(server) && grantee.host.is_none();
        if is_role && (grantee.user == PUBLIC || with("").is_some()) {
            return Ok(grantee.clone());
        }
        let host = grantee.host.clone().unwrap_or_else(|| "%".to_owned());
        let found = Grantee { user: grantee.user.clone(), host: Some(with(&host).unwrap_or(&host).to_owned()) };
        if with(&host).is_some() || !held.of_models { Ok(found) } else { Err(missing(&found)) }
    };
    let grantees = change.grantees.iter().map(find).collect::<Result<Vec<_>>>()?;
    Ok(Change { grantees, ..change })
}

fn missing(grantee: &Grantee) -> Error {
    Error::new(Kind::Statement, format!("there is no account {grantee} on this server")).with_code(NO_ACCOUNT)
}

/// What to grant to a login that may not read who may do what.
pub(in crate::dialect::mysql) async fn unseen(connection: &mut Connection, error: Error) -> Error {
    if !connection.is_usable() || !matches!(error.code(), Some("1142" | "1143" | "1044" | "1227")) {
        return error;
    }
    let row = connection.first_row("SELECT CURRENT_USER()").await.ok().flatten();
    let login = row.as_ref().and_then(|row| row.text(0)).unwrap_or_default().to_owned();
    let (user, host) = login.rsplit_once('@').unwrap_or((&login, "%"));
    let who = format!("{}@{}", quote::literal(user), quote::literal(host));
    let tables = ["db", "tables_priv", "columns_priv", "procs_priv"];
    let grants: Vec<String> = tables.iter().map(|table| format!("GRANT SELECT ON mysql.{table} TO {who}")).collect();
    let hint = format!(
        "grant it, or use another login: {}; GRANT SELECT (User, Host) ON mysql.user TO {who}",
        grants.join("; ")
    );
    Error::new(Kind::Privilege, "who may do what cannot be seen in full").caused_by(error.phrase()).with_hint(hint)
}

/// Lets the server say whether it is there.
async fn look(connection: &mut Connection, target: &Target) -> Result<()> {
    let quoted = |name: &str| quote::name(&Name::own(name));
    let sql = match target {
        Target::Database(_) => return Ok(()),
        Target::Table(table) => format!("SHOW CREATE TABLE {}", quoted(table)),
        Target::Column(table, column) => {
            format!("SELECT {} FROM {} LIMIT 0", quote::ident(&Ident::from(column.as_str())), quoted(table))
        }
        Target::Function(name) => format!("SHOW CREATE FUNCTION {}", quoted(name)),
        Target::Procedure(name) => format!("SHOW CREATE PROCEDURE {}", quoted(name)),
    };
    connection.rows(&sql).await.map(drop)
}
