//! Where revisions come from.

use std::path::PathBuf;

use crate::embedded::Embedded;
use crate::error::Result;
use crate::revision::{File, Revisions, folder};

/// Where the revisions of a [`Migrator`](crate::Migrator) come from: `&'static Embedded`, a folder, or texts.
#[derive(Clone, Debug)]
pub struct Source(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Embedded(&'static Embedded),
    Folder(PathBuf),
    Files(Vec<(String, String)>),
}

impl Source {
    /// The revision files in a folder; YAML needs the Cargo feature `files`.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Folder(path.into()))
    }

    /// Texts with the names that they would have as files: the ending says whether it is YAML or SQL.
    pub fn files<N: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (N, T)>) -> Self {
        Self(Kind::Files(files.into_iter().map(|(name, text)| (name.into(), text.into())).collect()))
    }

    pub(super) fn read(self) -> Result<Revisions> {
        let files = match self.0 {
            Kind::Embedded(embedded) => embedded.files()?,
            Kind::Folder(path) => folder::read(&[path])?,
            Kind::Files(files) => {
                files.into_iter().map(|(name, text)| File::new(name, &text)).collect::<Result<_>>()?
            }
        };
        Revisions::new(files)
    }
}

impl From<&'static Embedded> for Source {
    fn from(embedded: &'static Embedded) -> Self {
        Self(Kind::Embedded(embedded))
    }
}
