//! Whether the login is shown all that is compared: some servers leave out, without a word, what it has no right to.

use crate::db::Connection;
use crate::dialect::needs::Lacking;
use crate::dialect::{Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::schema::Schema;

/// Everything in scope, or why it cannot be seen in full.
///
/// # Errors
/// [`Kind::Privilege`] naming what to grant.
pub(crate) async fn look(dialect: &dyn Server, connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    let sight = dialect.sight(connection, scope).await?;
    refuse("the tables cannot be seen in full", &sight.tables)?;
    dialect.inspect(connection, scope).await
}

/// For whoever promises that there is nothing else, or that something is not there.
///
/// # Errors
/// As [`look`].
pub(crate) async fn refuse_hidden(dialect: &dyn Server, connection: &mut Connection, scope: &Scope) -> Result<()> {
    let sight = dialect.sight(connection, scope).await?;
    refuse("what is no table cannot be seen in full", &sight.others)
}

fn refuse(what: &str, lacking: &[Lacking]) -> Result<()> {
    let Some(first) = lacking.first() else { return Ok(()) };
    let remedies: Vec<&str> = lacking.iter().map(|one| one.remedy.as_str()).collect();
    Err(Error::new(Kind::Privilege, format!("{what}: {}", first.phrase))
        .with_hint(format!("grant it, or use another login: {}", remedies.join("; "))))
}
