//! A map with known keys, taken apart key by key; what is left over at the end is an error.

use crate::error::{Error, Kind, Result};
use crate::yaml::nearest::nearest;
use crate::yaml::node::{Key, Node, Value};

/// The fields of one map. Every key that is asked for counts as known, there or not.
#[derive(Debug)]
pub(crate) struct Fields {
    what: &'static str,
    line: usize,
    column: usize,
    left: Vec<(Key, Node)>,
    known: Vec<&'static str>,
    habits: Habits,
}

/// Words that other tools have in such a place, and what is written here instead.
pub(crate) type Habits = &'static [(&'static str, &'static str)];

impl Fields {
    /// Begins with a map; `what` names it in messages, with its article: `a column`. Nothing counts as an empty map.
    pub(crate) fn of(node: Node, what: &'static str) -> Result<Self> {
        let (line, column) = (node.line, node.column);
        match node.value {
            Value::Map(left) => Ok(Self { what, line, column, left, known: Vec::new(), habits: &[] }),
            Value::Null => Ok(Self { what, line, column, left: Vec::new(), known: Vec::new(), habits: &[] }),
            Value::Scalar { .. } | Value::List(_) => Err(node.expected(&format!("{what} (a map)"))),
        }
    }

    /// The same, with what to say of words that people bring along.
    pub(crate) fn knowing(self, habits: Habits) -> Self {
        Self { habits, ..self }
    }

    /// The value of a key if the key is there; an empty one is a node of [`Value::Null`].
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Node> {
        self.take_entry(key).map(|(_, node)| node)
    }

    /// Like [`Fields::take`], with the key's own place.
    pub(crate) fn take_entry(&mut self, key: &'static str) -> Option<(Key, Node)> {
        self.known.push(key);
        let index = self.left.iter().position(|(found, _)| found.text == key)?;
        Some(self.left.remove(index))
    }

    /// The value of a key; an empty one (`key:`, `key: null`) counts as absent.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Node> {
        self.take(key).filter(|node| !node.is_null())
    }

    /// The value of a key that must be there and not empty.
    pub(crate) fn require(&mut self, key: &'static str) -> Result<Node> {
        match self.take_entry(key) {
            Some((found, node)) if node.is_null() => Err(found.error(format!("`{key}` of {} is empty", self.what))),
            Some((_, node)) => Ok(node),
            None => Err(self.missing(key)),
        }
    }

    /// The text of a key, if it is there and not empty.
    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        self.optional(key).map(Node::into_text).transpose()
    }

    /// True or false of a key, if it is there and not empty.
    pub(crate) fn bool(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.optional(key).map(|node| node.bool()).transpose()
    }

    /// Takes the key `format`; absent = 1. A greater one than `newest` is a file of a newer program.
    pub(crate) fn take_format(&mut self, newest: u32) -> Result<()> {
        let Some(node) = self.optional("format") else { return Ok(()) };
        match node.u32()? {
            0 => Err(node.expected("a format number from 1")),
            number if number <= newest => Ok(()),
            number => Err(node
                .error(format!("this file was made by a newer migrate: its format is {number}, known here is {newest}"))
                .with_hint("install the newer migrate")),
        }
    }

    /// The first key that is left.
    pub(crate) fn left_over(&self) -> Option<&Key> {
        self.left.first().map(|(key, _)| key)
    }

    /// An error that points at the map.
    pub(crate) fn error(&self, phrase: impl Into<String>) -> Error {
        Error::new(Kind::File, phrase).at_line(self.line, self.column)
    }

    /// Ends it: a key that nobody asked for is an error with the nearest key that somebody did ask for.
    pub(crate) fn finish(self) -> Result<()> {
        let Some((key, _)) = self.left.first() else { return Ok(()) };
        let error = key.error(format!("unknown key `{}` in {}", key.text, self.what));
        if let Some((_, instead)) = self.habits.iter().find(|(word, _)| *word == key.text) {
            return Err(error.with_hint(*instead));
        }
        Err(match nearest(&key.text, self.known.iter().copied()) {
            Some(known) => error.with_hint(format!("write `{known}`")),
            None => error.with_hint(format!("the keys here are {}", self.known.join(", "))),
        })
    }

    pub(crate) fn missing(&self, key: &'static str) -> Error {
        let error = self.error(format!("`{key}` is missing in {}", self.what));
        match nearest(key, self.left.iter().map(|(found, _)| found.text.as_str())) {
            Some(found) => error.with_hint(format!("write `{key}` instead of `{found}`")),
            None => error.with_hint(format!("add `{key}:`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read::document;

    fn fields(text: &str) -> Fields {
        Fields::of(document(text).unwrap(), "a column").unwrap()
    }

    #[test]
    fn keys_are_taken_once() {
        let mut column = fields("{ name: a, type: int, comment: , nullable: false }");
        assert_eq!(column.require("name").unwrap().text().unwrap(), "a");
        assert!(column.take("comment").unwrap().is_null());
        assert_eq!(column.text("default").unwrap(), None);
        assert_eq!(column.bool("nullable").unwrap(), Some(false));
        assert!(column.left_over().is_some());
        assert_eq!(column.text("type").unwrap().as_deref(), Some("int"));
        column.finish().unwrap();
    }

    #[test]
    fn unknown_and_missing_keys() {
        let mut column = fields("name: a\nnulable: false\n");
        column.take("name");
        column.take("nullable");
        let error = column.finish().unwrap_err();
        assert_eq!(error.phrase(), "unknown key `nulable` in a column");
        assert_eq!(error.hint(), Some("write `nullable`"));
        assert_eq!((error.place().line, error.place().column), (Some(2), Some(1)));

        let column = fields("{ pk: true }").knowing(&[("pk", "write `primary_key: [a]` beside `columns`")]);
        assert_eq!(column.finish().unwrap_err().hint(), Some("write `primary_key: [a]` beside `columns`"));

        let mut column = fields("\n  nam: a\n");
        let error = column.require("name").unwrap_err();
        assert_eq!(error.phrase(), "`name` is missing in a column");
        assert_eq!(error.hint(), Some("write `name` instead of `nam`"));
        assert_eq!(error.place().line, Some(2));

        let mut column = fields("name: ~");
        assert_eq!(column.require("name").unwrap_err().phrase(), "`name` of a column is empty");
        column.take("type");
        let mut other = fields("colour: red");
        other.take("name");
        other.take("type");
        assert_eq!(other.finish().unwrap_err().hint(), Some("the keys here are name, type"));
        let error = Fields::of(document("- 1").unwrap(), "a column").unwrap_err();
        assert_eq!(error.phrase(), "expected a column (a map), found a list");
    }

    #[test]
    fn a_newer_format_is_refused() {
        fields("name: a").take_format(1).unwrap();
        fields("format: 1").take_format(1).unwrap();
        let error = fields("\nformat: 2").take_format(1).unwrap_err();
        assert_eq!(error.phrase(), "this file was made by a newer migrate: its format is 2, known here is 1");
        assert_eq!(error.place().line, Some(2));
        assert!(fields("format: 0").take_format(1).is_err());
        assert!(fields("format: new").take_format(1).is_err());
    }
}
