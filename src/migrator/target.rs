//! Where to go.

use crate::error::Result;
use crate::graph::{self, RevisionId};

/// A place in the history of revisions: what the command line takes as a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(pub(super) graph::Target);

impl Target {
    /// The newest revision. Refused where there are several: see [`Target::heads`].
    pub fn head() -> Self {
        Self(graph::Target { branch: None, place: graph::Place::Head, steps: 0 })
    }

    /// The newest revision of every branch.
    pub fn heads() -> Self {
        Self(graph::Target { branch: None, place: graph::Place::Heads, steps: 0 })
    }

    /// Before the first revision.
    pub fn base() -> Self {
        Self(graph::Target { branch: None, place: graph::Place::Base, steps: 0 })
    }

    /// One revision, by its id or the beginning of it.
    ///
    /// # Errors
    /// [`crate::Kind::Usage`] for a text that is no id. Whether there is such a revision is seen when it is used.
    pub fn id(id: &str) -> Result<Self> {
        let id = RevisionId::new(id)?;
        Ok(Self(graph::Target { branch: None, place: graph::Place::Named(id.as_str().to_owned()), steps: 0 }))
    }

    /// A word as on the command line: `head`, an id or the beginning of one, a label, `orders@head`, `+2`, `ae10-1`.
    ///
    /// # Errors
    /// [`crate::Kind::Usage`] for a text that is none of them. Whether it names anything is seen when it is used.
    pub fn parse(text: &str) -> Result<Self> {
        graph::Target::parse(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn an_id_is_no_other_word() {
        assert_eq!(Target::id("ae10").ok(), Target::parse("ae10").ok());
        for word in ["head", "base", "shop@head", "+1", "ae10-1", ""] {
            assert!(Target::id(word).is_err(), "{word:?}");
        }
    }
}
