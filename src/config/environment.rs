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
        error.hint("change into a folder that is there")
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
    fn values_are_not_shown() {
        let environment = Environment::from([("A", "secret"), ("B", "")]);
        assert_eq!(format!("{environment:?}"), "{\"A\", \"B\"}");
        assert_eq!((environment.get("B"), environment.filled("B")), (Some(""), None));
        assert!(Environment::from_process().get("PATH").is_some());
    }
}
