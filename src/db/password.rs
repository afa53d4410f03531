//! Passwords that are asked for anew for each connection: they may change while a program runs.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::error::{Error, Kind};
use crate::secret::Secret;

/// Where a password comes from. Two of them count as equal: they are no part of which database is meant.
#[derive(Clone)]
pub(crate) struct PasswordSource(Arc<dyn Fn() -> Result<Secret> + Send + Sync>);

impl PasswordSource {
    /// `ask` may block; it is called beside the runtime.
    pub(crate) fn new(ask: impl Fn() -> Result<Secret> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// The password of now.
    ///
    /// # Errors
    /// What the source says.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) async fn ask(&self) -> Result<Secret> {
        let Self(ask) = self.clone();
        let asked = tokio::task::spawn_blocking(move || ask()).await;
        asked.map_err(|_| Error::new(Kind::Connect, "the password could not be asked for"))?
    }
}

impl PartialEq for PasswordSource {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for PasswordSource {}

impl fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSource")
    }
}
