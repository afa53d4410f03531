//! Where revisions come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::embedded::Embedded;
use crate::error::Result;
use crate::revision::{File, Revisions, folder};

/// Where the revisions of a [`Migrator`](crate::Migrator) come from: `&'static Embedded`, a folder, or texts.
#[derive(Clone)]
pub struct Source(Arc<Read>);

/// A function for each, so that a program links what reads its own source and nothing else.
type Read = dyn Fn() -> Result<Revisions> + Send + Sync;

impl Source {
    /// The revision files in a folder; YAML needs the Cargo feature `files`.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        let folders = [path.into()];
        Self(Arc::new(move || Revisions::new(folder::read(&folders)?)))
    }

    /// Texts with the names that they would have as files: the ending says whether it is YAML or SQL.
    pub fn files<N: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (N, T)>) -> Self {
        let files: Vec<(String, String)> = files.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        let read = move || files.iter().map(|(name, text)| File::new(name, text)).collect::<Result<_>>();
        Self(Arc::new(move || Revisions::new(read()?)))
    }

    pub(super) fn read(&self) -> Result<Revisions> {
        (self.0)()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(..)")
    }
}

impl From<&'static Embedded> for Source {
    fn from(embedded: &'static Embedded) -> Self {
        Self(Arc::new(|| Ok(Revisions::checked(embedded.files()?))))
    }
}
