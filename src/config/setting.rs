//! One value as it was given, and where: so that only what is used is looked at, and errors name the place.

use crate::config::Environment;
use crate::config::expand::expand;
use crate::error::{Error, Kind, Result};
use crate::yaml::{Key, Node};
use std::fmt;
use std::path::{Path, PathBuf};

/// A value before it is understood. `Debug` shows its origin only, for it may be a URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    text: String,
    origin: Origin,
}

/// Where a value came from. Only those of a file and the usual ones are expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    File { path: PathBuf, line: usize, column: usize },
    Variable(String),
    Flag(&'static str),
    Usual,
}

impl Setting {
    /// The scalar of a node.
    pub(super) fn of_node(node: Node, path: &Path) -> Result<Self> {
        let origin = Origin::File { path: path.to_path_buf(), line: node.line, column: node.column };
        Ok(Self { text: node.into_text()?, origin })
    }

    /// A key as it is written.
    pub(super) fn of_key(key: Key, path: &Path) -> Self {
        Self { origin: Origin::File { path: path.to_path_buf(), line: key.line, column: key.column }, text: key.text }
    }

    pub(super) fn of_variable(name: &str, text: &str) -> Self {
        Self { text: text.to_owned(), origin: Origin::Variable(name.to_owned()) }
    }

    /// `flag` with its hyphens.
    pub(super) fn of_flag(flag: &'static str, text: &str) -> Self {
        Self { text: text.to_owned(), origin: Origin::Flag(flag) }
    }

    pub(super) fn usual(text: &str) -> Self {
        Self { text: text.to_owned(), origin: Origin::Usual }
    }

    /// Whether nobody said it: it is what is usual.
    pub(super) fn is_usual(&self) -> bool {
        self.origin == Origin::Usual
    }

    /// The text with its variables put in. It is not empty.
    pub(super) fn value(&self, environment: &Environment) -> Result<String> {
        let value = match self.origin {
            Origin::File { .. } | Origin::Usual => {
                let expanded = expand(&self.text, environment);
                expanded.map_err(|refusal| self.error(refusal.phrase).with_hint(refusal.hint))?
            }
            Origin::Variable(_) | Origin::Flag(_) => self.text.clone(),
        };
        if value.trim().is_empty() {
            return Err(self.error(self.described("the value is empty")));
        }
        Ok(value)
    }

    /// The value, understood; `expected` says what it should be: `0 or a time such as 30s`. The error shows the text as
    /// it was written, never the value of a variable.
    pub(super) fn parsed<T>(
        &self,
        environment: &Environment,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        parse(&self.value(environment)?).ok_or_else(|| {
            let found = if self.text.contains("://") { "a URL".to_owned() } else { format!("`{}`", self.text) };
            let error = self.error(self.described(&format!("expected {expected}, found {found}")));
            // A number alone, where a unit is missing.
            match ["s", "MB"].map(|unit| format!("{}{unit}", self.text)).into_iter().find(|text| parse(text).is_some())
            {
                Some(meant) if self.text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    error.with_hint(format!("write the unit, such as {meant}"))
                }
                Some(_) | None => error,
            }
        })
    }

    /// An error of configuration that points here.
    pub(super) fn error(&self, phrase: impl Into<String>) -> Error {
        self.placed(Error::new(Kind::Config, phrase))
    }

    /// An error of elsewhere, which points here.
    pub(super) fn placed(&self, error: Error) -> Error {
        match &self.origin {
            Origin::File { path, line, column } => error.in_file(path).at_line(*line, *column),
            Origin::Variable(_) | Origin::Flag(_) | Origin::Usual => error,
        }
    }

    /// The phrase, with the variable or flag before it.
    pub(super) fn described(&self, phrase: &str) -> String {
        match &self.origin {
            Origin::Variable(name) => format!("{name}: {phrase}"),
            Origin::Flag(flag) => format!("{flag}: {phrase}"),
            Origin::File { .. } | Origin::Usual => phrase.to_owned(),
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setting from {:?}", self.origin)
    }
}
