//! What a session holds: entities by their keys, what is new, what is to go.

use super::session::Session;
use crate::error::Result;

/// The entities of a session.
#[derive(Default)]
pub(crate) struct Work {}

impl Work {
    pub(crate) fn committed(&mut self, _expire: bool) {}
    pub(crate) fn rolled_back(&mut self) {}
}

impl Session<'_> {
    pub async fn flush(&mut self) -> Result<()> {
        Ok(())
    }
    pub(crate) async fn flush_before_query(&mut self) -> Result<()> {
        Ok(())
    }
}
