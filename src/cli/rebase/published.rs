//! What git knows: the revision files that the main branch has already, and which therefore are not ours to move.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the work of all meets, in this order; a local branch only where it is not the one that is checked out.
const MAIN: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// The files of some folders as the main branch has them.
pub(super) struct Published {
    /// The name of that branch.
    pub(super) branch: &'static str,
    files: BTreeSet<PathBuf>,
}

impl Published {
    /// Asks git; None where there is no git, no repository, or no such branch.
    pub(super) fn of(folders: &[PathBuf]) -> Option<Self> {
        let first = folders.first()?;
        let current = git(first, &["symbolic-ref", "--short", "HEAD"]).unwrap_or_default();
        let is_there = |branch: &&&str| {
            **branch != current.trim() && git(first, &["rev-parse", "--verify", "-q", branch]).is_some()
        };
        let branch = MAIN.iter().find(is_there)?;
        let mut files = BTreeSet::new();
        for folder in folders {
            let names = git(folder, &["ls-tree", "--name-only", "-z", branch, "--", "."])?;
            let names = names.split('\0').filter(|name| !name.is_empty());
            files.extend(names.filter_map(|name| Path::new(name).file_name()).map(|name| folder.join(name)));
        }
        Some(Self { branch, files })
    }

    /// Whether the branch has all of these files, none, or only some (`None`).
    pub(super) fn has(&self, paths: &[&PathBuf]) -> Option<bool> {
        let mut answers = paths.iter().map(|path| self.files.contains(*path));
        let first = answers.next()?;
        answers.all(|answer| answer == first).then_some(first)
    }
}

/// What a command of git prints in a folder; None where it fails.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}
