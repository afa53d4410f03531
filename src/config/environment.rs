//! The variables of the process, as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::{Error, Kind, Result};

/// The folder in which the program was started.
///
/// # Errors
/// [`Kind::Config`] if it is gone or cannot be read.
pub(crate) fn working_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        let error = Error::new(Kind::Config, "the working folder cannot be found").caused_by(error);
        error.with_hint("change into a folder that is there")
    })
}

/// The words of the command line, with the program's name.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Environment variables by name. Its `Debug` shows the names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process: the one place that reads them. Those that are not UTF-8 are left out.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn from_process() -> Self {
        let texts =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self(texts.collect())
    }

    /// The value of a variable, an empty one too.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

impl Environment {
    /// Whether the locale writes in UTF-8, by the first of the variables that decide it. Elsewhere than on Unix they
    /// say nothing.
    pub(crate) fn writes_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.filled(name));
        let is_utf8 = |locale: &str| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        };
        locale.map_or(cfg!(not(unix)), is_utf8)
    }

    /// The number in `COLUMNS`, if it is one.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.get("COLUMNS").and_then(|text| text.trim().parse().ok()).filter(|columns| *columns > 0)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_on_the_locale_counts() {
        for (all, lang, expected) in
            [("", "de_DE.UTF-8", true), ("C", "de_DE.UTF-8", false), ("C.utf8", "C", true), ("", "POSIX", false)]
        {
            let environment = Environment::from([("LC_ALL", all), ("LANG", lang)]);
            assert_eq!(environment.writes_utf8(), expected, "{all} {lang}");
        }
        assert_eq!(Environment::default().writes_utf8(), cfg!(not(unix)));
    }

    #[test]
    fn columns_are_a_number() {
        let columns = |text| Environment::from([("COLUMNS", text)]).columns();
        assert_eq!((columns("40"), columns("0"), columns(""), columns("wide")), (Some(40), None, None, None));
    }

    #[test]
    fn values_are_not_shown() {
        let environment = Environment::from([("A", "secret"), ("B", "")]);
        assert_eq!(format!("{environment:?}"), "{\"A\", \"B\"}");
        assert_eq!((environment.get("B"), environment.filled("B")), (Some(""), None));
        assert!(Environment::from_process().get("PATH").is_some());
    }
}
