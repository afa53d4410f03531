//! Scratch places: databases `migrate_scratch_…` with the defaults of the current one.
//!
//! Whoever works in one holds a lock of its name, which dies with the session. So a database without its lock is a
//! leftover, whatever killed its owner, and no right to see other people's sessions is needed to tell.

pub(super) mod events;
pub(super) mod fence;
pub(super) mod rights;

use super::quote;
use crate::db::Connection;
use crate::dialect::Scratch;
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;

/// How the names of all of them begin.
pub(super) const PREFIX: &str = "migrate_scratch_";

/// The name for a tag, with nothing in it that would need thought.
fn scratch_name(tag: &str) -> Ident {
    let plain = tag.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' });
    let name: String = PREFIX.chars().chain(plain.flat_map(char::to_lowercase)).take(64).collect();
    name.into()
}

pub(super) async fn enter(connection: &mut Connection, tag: &str) -> Result<Scratch> {
    let row = connection.first_row("SELECT DATABASE()").await?.unwrap_or_default();
    let former = row.text(0).unwrap_or_default().to_owned();
    let name = make_database(connection, tag).await?;
    connection.execute(&format!("USE {}", quote::ident(&name))).await?;
    forget(connection).await?;
    Ok(Scratch { name, former, in_transaction: false })
}

/// What was kept for the inspection of a scratch place.
async fn forget(connection: &mut Connection) -> Result<()> {
    connection.execute(events::FORGET).await?;
    connection.execute(rights::FORGET).await.map(drop)
}

/// Seconds for the lock of a name that is ours alone: another one has it while it looks for leftovers.
const PATIENCE: u32 = 10;

/// Makes the database and takes the lock of its name.
pub(super) async fn make_database(connection: &mut Connection, tag: &str) -> Result<Ident> {
    remove_leftovers(connection).await?;
    let name = scratch_name(tag);
    let row = connection.first_row("SELECT @@character_set_database, @@collation_database").await?;
    let row = row.unwrap_or_default();
    let (charset, collation) = (row.required(0)?, row.required(1)?);
    if !answers_one(connection, &format!("SELECT GET_LOCK({}, {PATIENCE})", quote::literal(name.as_str()))).await? {
        return Err(Error::new(Kind::Locked, format!("the scratch database {} is in use", name.as_str())));
    }
    let quoted = quote::ident(&name);
    connection.execute(&format!("CREATE DATABASE {quoted} CHARACTER SET {charset} COLLATE {collation}")).await.map_err(
        |error| {
            let kind = if error.kind() == Kind::Statement { Kind::Privilege } else { error.kind() };
            let hint = "grant the rights: GRANT ALL ON `migrate\\_scratch\\_%`.* TO …; or give `scratch:` the URL of another server";
            error.while_doing("no scratch database could be made").into_kind(kind).and_hint(hint)
        },
    )?;
    Ok(name)
}

/// Drops the database and gives its lock back.
pub(super) async fn drop_database(connection: &mut Connection, name: &Ident) -> Result<()> {
    connection.execute(&format!("DROP DATABASE IF EXISTS {}", quote::ident(name))).await?;
    connection.rows(&format!("SELECT RELEASE_LOCK({})", quote::literal(name.as_str()))).await?;
    Ok(())
}

pub(super) async fn leave(connection: &mut Connection, scratch: &Scratch) -> Result<()> {
    forget(connection).await?;
    if !scratch.former.is_empty() {
        connection.execute(&format!("USE {}", quote::ident(&scratch.former.as_str().into()))).await?;
    }
    drop_database(connection, &scratch.name).await
}

/// Drops the scratch databases whose owner is gone. The lock is taken meanwhile, so that two who do this at once, or an
/// owner who is just coming, stay out of each other's way.
async fn remove_leftovers(connection: &mut Connection) -> Result<()> {
    let rows = connection.rows(&format!("SHOW DATABASES LIKE '{}%'", PREFIX.replace('_', "\\_"))).await?;
    for row in rows {
        let name = Ident::from(row.required(0)?);
        let literal = quote::literal(name.as_str());
        if answers_one(connection, &format!("SELECT GET_LOCK({literal}, 0)")).await? {
            let dropped = connection.execute(&format!("DROP DATABASE IF EXISTS {}", quote::ident(&name))).await;
            connection.rows(&format!("SELECT RELEASE_LOCK({literal})")).await?;
            dropped?;
        }
    }
    Ok(())
}

async fn answers_one(connection: &mut Connection, sql: &str) -> Result<bool> {
    Ok(connection.first_row(sql).await?.as_ref().and_then(|row| row.text(0)) == Some("1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_short() {
        assert_eq!(scratch_name("4711-Ab/c").as_str(), "migrate_scratch_4711_ab_c");
        assert_eq!(scratch_name(&"x".repeat(99)).as_str().len(), 64);
    }
}
