//! Operations on rows in a program that knows nothing of them.

use super::apply::Fit;
use crate::schema::{Name, Schema};

/// Stands for [`crate::ops::data::DataOperation`], without anything that one is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DataOperation;

impl DataOperation {
    pub(crate) fn table(&self) -> Option<&Name> {
        None
    }

    pub(crate) fn word(&self) -> &'static str {
        "data"
    }

    pub(crate) fn describe(&self) -> String {
        "change rows".to_owned()
    }

    pub(super) fn apply(&self, _: &mut Schema) -> Fit {
        Ok(())
    }

    pub(crate) fn irreversible(&self) -> Option<String> {
        None
    }

    pub(crate) fn reverse(self) -> Option<Self> {
        None
    }
}
