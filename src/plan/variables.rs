//! `${x.key}` in SQL of a revision, filled with what `-x key=value` gave.

use crate::dialect::Dialect;
use crate::error::{Error, Kind, Result};
use crate::schema::{Ident, SortedMap};

/// The values of `-x`, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Variables(pub(crate) SortedMap<String, String>);

impl Variables {
    /// The text with each `${x.key}` replaced; `${x.key:literal}` and `${x.key:ident}` are quoted for the database,
    /// `$${x.` stands for itself, any other `$` is left alone.
    pub(crate) fn fill(&self, text: &str, line: usize, dialect: &dyn Dialect) -> Result<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${x.") {
            if let Some(before) = before.strip_suffix('$') {
                filled.push_str(before);
                filled.push_str("${x.");
                rest = behind;
                continue;
            }
            filled.push_str(before);
            let here = line + text.len().checked_sub(behind.len()).and_then(|at| text.get(..at)).map_or(0, newlines);
            let (name, after) = behind.split_once('}').ok_or_else(|| {
                Error::new(Kind::File, "`${x.` is never closed")
                    .at_line(here, 0)
                    .with_hint("write `${x.key}`, or `$${x.` for the text itself")
            })?;
            filled.push_str(&self.value(name, here, dialect)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str, line: usize, dialect: &dyn Dialect) -> Result<String> {
        let (key, form) = name.split_once(':').unwrap_or((name, ""));
        let value = self.0.get(key).ok_or_else(|| {
            Error::new(Kind::Usage, format!("the revision asks for a value `{key}`"))
                .at_line(line, 0)
                .with_hint(format!("give it: -x {key}=…"))
        })?;
        match form {
            "" => Ok(value.clone()),
            "literal" => Ok(dialect.literal(value)),
            "ident" => Ok(dialect.quote(&Ident::from(value.as_str()))),
            other => Err(Error::new(Kind::File, format!("unknown form `{other}` of `${{x.{key}}}`"))
                .at_line(line, 0)
                .with_hint("the forms are `literal` and `ident`")),
        }
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}
