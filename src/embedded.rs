//! Revisions that a program carries in itself.

use crate::error::Result;
use crate::revision::File;

/// The revisions of a program, in the program: the static that `migrate::build` writes.
///
/// The text of every file is there as the checksum sees it (without a BOM, with LF), so a developer's command line and the
/// program that was shipped agree on what was applied.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    revisions: &'static [EmbeddedRevision],
}

impl Embedded {
    /// Whether this program can run data steps, for the text that `migrate::build` writes: it does not compile without.
    #[doc(hidden)]
    pub const WORKS_ON_ROWS: bool = cfg!(feature = "orm");

    /// For the text that `migrate::build` writes.
    #[doc(hidden)]
    pub const fn new(revisions: &'static [EmbeddedRevision]) -> Self {
        Self { revisions }
    }

    /// The ids, in the order of the files' names.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.revisions.iter().map(|revision| revision.id)
    }

    pub(crate) fn files(&self) -> Result<Vec<File>> {
        self.revisions.iter().map(EmbeddedRevision::file).collect()
    }
}

/// One revision; the fields are a matter between one version of this crate and itself.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedRevision {
    pub id: &'static str,
    pub path: &'static str,
    pub text: &'static str,
    pub sha256: &'static str,
    /// Header and body of a YAML file in the private encoding; empty for SQL, which is read from its text.
    pub sealed: &'static [u8],
}

impl EmbeddedRevision {
    fn file(&self) -> Result<File> {
        match self.sealed {
            [] => File::new(self.path, self.text),
            sealed => File::unseal(self.path, self.text, self.sha256, sealed),
        }
    }
}
