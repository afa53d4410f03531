//! Ids of revisions: which texts can be one.

use crate::error::{Error, Kind, Result};
use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// What `version_num VARCHAR(32)` can hold.
const LONGEST: usize = 32;

/// Words that mean a place in the graph, so that neither an id nor a label can be one.
pub(crate) const RESERVED: [&str; 4] = ["head", "heads", "base", "current"];

/// A valid id: 1 to 32 of `0-9 A-Z a-z _ .`, no leading dot, none of `head`, `heads`, `base`, `current`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RevisionId(Arc<str>);

impl RevisionId {
    /// Checks the text.
    ///
    /// # Errors
    /// [`Kind::File`] with the rule that is broken. The caller knows the place, and may say [`Kind::Usage`] for an
    /// argument.
    pub(crate) fn new(text: &str) -> Result<Self> {
        match fault(text) {
            None => Ok(Self(Arc::from(text))),
            Some(fault) => Err(Error::new(Kind::File, format!("`{text}` cannot be the id of a revision: {fault}"))
                .with_hint("use 1 to 32 letters, digits, `_` and `.`, such as 1975ea83b712")),
        }
    }

    /// A valid id, to stand where none was to be had.
    pub(crate) fn any() -> Self {
        Self(Arc::from("0"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    if RESERVED.contains(&text) {
        return Some("the word has a meaning of its own in targets".to_owned());
    }
    if text.starts_with('.') {
        return Some("it starts with a dot".to_owned());
    }
    if let Some(character) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')) {
        return Some(format!("`{}` is not allowed in it", character.escape_debug()));
    }
    (text.len() > LONGEST).then(|| format!("it has {} characters, the version table holds {LONGEST}", text.len()))
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for RevisionId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for RevisionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::RevisionId;

    #[test]
    fn what_can_be_an_id() {
        for good in ["a", "1975ea83b712", "v1.0", "_x", "A.b_9", &"z".repeat(32), "Head", "headers"] {
            assert_eq!(RevisionId::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_cannot_says_why() {
        for (bad, why) in [
            ("", "empty"),
            ("head", "meaning"),
            ("heads", "meaning"),
            ("base", "meaning"),
            ("current", "meaning"),
            (".a", "dot"),
            ("a-b", "`-`"),
            ("a@b", "`@`"),
            ("a b", "` `"),
            ("ä", "`ä`"),
            ("a\nb", "`\\n`"),
            (&"z".repeat(33), "33 characters"),
        ] {
            let error = RevisionId::new(bad).unwrap_err();
            assert!(error.phrase().contains(why), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
