//! What was read: values with their place, and what they can be asked for.

use crate::error::{Error, Kind, Result};

/// A value and where it begins; line and column from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) value: Value,
}

/// The shapes of YAML without its types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing, `~` or the bare word `null`.
    Null,
    /// The text as written, after quotes, folding and escapes. `quoted`: in quotes or as a block.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    /// In the order of the file; no key is there twice.
    Map(Vec<(Key, Node)>),
}

/// A key of a map: always its text, `null`, `on` and `1` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Key {
    /// An error that points at the key.
    pub(crate) fn error(&self, phrase: impl Into<String>) -> Error {
        Error::new(Kind::File, phrase).at_line(self.line, self.column)
    }
}

impl Node {
    /// An error that points at the value.
    pub(crate) fn error(&self, phrase: impl Into<String>) -> Error {
        Error::new(Kind::File, phrase).at_line(self.line, self.column)
    }

    /// The error for a value of the wrong sort: `expected a list, found the text `x``.
    pub(crate) fn expected(&self, what: &str) -> Error {
        self.error(format!("expected {what}, found {}", self.found()))
    }

    /// For messages: what it is.
    fn found(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            // A URL may hold a password.
            Value::Scalar { text, .. } if text.contains("://") => "a URL".to_owned(),
            Value::Scalar { text, .. } => format!("the text `{}`", shortened(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The scalar's text as written.
    pub(crate) fn text(&self) -> Result<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Ok(text),
            Value::Null => Err(self.expected("text").with_hint("quote the word null to mean the text")),
            Value::List(_) | Value::Map(_) => Err(self.expected("text")),
        }
    }

    /// The line of the first line of a text; of a block, the one behind its mark.
    pub(crate) fn first_line_of_text(&self) -> usize {
        // A block is said to begin at its first line with something in it.
        let blank = self.text().map_or(0, |text| text.len() - text.trim_start_matches('\n').len());
        self.line.saturating_sub(blank).max(1)
    }

    /// Like [`Node::text`], without a copy.
    pub(crate) fn into_text(self) -> Result<String> {
        match self.value {
            Value::Scalar { text, .. } => Ok(text),
            Value::Null | Value::List(_) | Value::Map(_) => self.text().map(str::to_owned),
        }
    }

    /// The value in one line, for people.
    pub(crate) fn in_line(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Scalar { text, .. } => text.clone(),
            Value::List(items) => format!("[{}]", items.iter().map(Self::in_line).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{}: {}", key.text, value.in_line()));
                format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// `true` or `false`; the other words of YAML 1.1 are refused, for readers disagree about them.
    pub(crate) fn bool(&self) -> Result<bool> {
        match self.plain_text() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(word) => Err(match word.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" | "1" => self.expected("true or false").with_hint("write true"),
                "no" | "off" | "n" | "false" | "0" => self.expected("true or false").with_hint("write false"),
                _ => self.expected("true or false"),
            }),
            None => Err(self.expected("true or false")),
        }
    }

    /// A whole number from 0, in decimal digits.
    pub(crate) fn u32(&self) -> Result<u32> {
        let digits = self.plain_text().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|text| text.parse().ok()).ok_or_else(|| self.expected("a whole number"))
    }

    /// The items of a list.
    pub(crate) fn list_of<T>(self, make: impl FnMut(Self) -> Result<T>) -> Result<Vec<T>> {
        match self.value {
            Value::List(items) => items.into_iter().map(make).collect(),
            Value::Null | Value::Scalar { .. } | Value::Map(_) => Err(self.expected("a list")),
        }
    }

    /// The items of a list; a single value counts as a list of one, nothing as an empty one.
    pub(crate) fn one_or_list_of<T>(self, mut make: impl FnMut(Self) -> Result<T>) -> Result<Vec<T>> {
        match self.value {
            Value::Null => Ok(Vec::new()),
            Value::List(_) => self.list_of(make),
            Value::Scalar { .. } | Value::Map(_) => Ok(vec![make(self)?]),
        }
    }

    /// The entries of a map in the order of the file; nothing counts as an empty one.
    pub(crate) fn entries(self) -> Result<Vec<(Key, Self)>> {
        match self.value {
            Value::Map(entries) => Ok(entries),
            Value::Null => Ok(Vec::new()),
            Value::Scalar { .. } | Value::List(_) => Err(self.expected("a map")),
        }
    }

    fn plain_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, quoted: false } => Some(text),
            Value::Scalar { .. } | Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }
}

/// The beginning of a text, for messages.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let start: String = line.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str, quoted: bool) -> Node {
        Node { line: 3, column: 5, value: Value::Scalar { text: text.to_owned(), quoted } }
    }

    #[test]
    fn booleans_are_two_words() {
        assert!(scalar("true", false).bool().unwrap());
        assert!(!scalar("false", false).bool().unwrap());
        for word in ["yes", "on", "TRUE", "1", "y"] {
            let error = scalar(word, false).bool().unwrap_err();
            assert_eq!(error.hint(), Some("write true"), "{word}");
            assert_eq!(error.phrase(), format!("expected true or false, found the text `{word}`"));
            assert_eq!((error.place().line, error.place().column), (Some(3), Some(5)));
        }
        assert_eq!(scalar("off", false).bool().unwrap_err().hint(), Some("write false"));
        assert!(scalar("true", true).bool().is_err());
    }

    #[test]
    fn numbers_are_decimal_digits() {
        assert_eq!(scalar("4294967295", false).u32().unwrap(), u32::MAX);
        for wrong in ["4294967296", "-1", "+1", "1.0", "1e3", "0x1f", "1_000", "", "three"] {
            assert!(scalar(wrong, false).u32().is_err(), "{wrong}");
        }
        assert!(scalar("3", true).u32().is_err());
    }

    #[test]
    fn lists_and_maps_say_what_was_found() {
        assert_eq!(
            scalar("a", false).list_of(Node::into_text).unwrap_err().phrase(),
            "expected a list, found the text `a`"
        );
        assert_eq!(scalar("a", false).one_or_list_of(Node::into_text).unwrap(), ["a"]);
        let list = Node { line: 1, column: 1, value: Value::List(vec![scalar("a", false), scalar("b", true)]) };
        assert_eq!(list.clone().one_or_list_of(Node::into_text).unwrap(), ["a", "b"]);
        assert_eq!(list.clone().entries().unwrap_err().phrase(), "expected a map, found a list");
        assert_eq!(list.text().unwrap_err().phrase(), "expected text, found a list");
        let nothing = Node { line: 1, column: 1, value: Value::Null };
        assert_eq!(nothing.clone().one_or_list_of(Node::into_text).unwrap(), Vec::<String>::new());
        assert_eq!(nothing.clone().entries().unwrap(), []);
        assert_eq!(nothing.text().unwrap_err().phrase(), "expected text, found nothing");
        assert_eq!(
            scalar(&"é".repeat(60), false).u32().unwrap_err().phrase(),
            format!("expected a whole number, found the text `{}…`", "é".repeat(40))
        );
    }
}
