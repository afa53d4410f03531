//! Revision files on disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::revision::File;
use crate::text_file;
use crate::text_file::{is_yaml, read_text, refuse_way_out};

/// Reads the headers of all revision files in `folders`, in the order of their names. Files of other endings, with a
/// leading dot, and subfolders are not looked at. A folder that is named twice is read once.
///
/// # Errors
/// [`Kind::File`] for folders or files that cannot be read, are not UTF-8, or have a wrong header: all of them in one;
/// [`Kind::Graph`] where a rebase was stopped half-way.
#[cfg(any(feature = "build", feature = "db"))]
pub(crate) fn read(folders: &[PathBuf]) -> Result<Vec<File>> {
    folders.iter().try_for_each(|folder| refuse_unfinished(folder))?;
    let (files, errors) = read_each(folders);
    Error::together("the revision files have", errors).map_or(Ok(files), Err)
}

/// The journal of a rebase that writes files anew, in the first folder of revisions.
pub(crate) const JOURNAL: &str = ".migrate_rebase";

/// Refuses a folder in which a rebase was stopped.
///
/// # Errors
/// [`Kind::Graph`]
pub(crate) fn refuse_unfinished(folder: &Path) -> Result<()> {
    let journal = folder.join(JOURNAL);
    if !journal.exists() {
        return Ok(());
    }
    Err(Error::new(Kind::Graph, "a rebase was stopped while it wrote the revision files")
        .in_file(journal)
        .with_hint("finish it: migrate rebase --continue"))
}

/// The same, with what is wrong beside what could be read.
pub(crate) fn read_each(folders: &[PathBuf]) -> (Vec<File>, Vec<Error>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for folder in folders {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        let paths = match paths(folder) {
            Ok(paths) => paths,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for path in paths {
            match refuse_way_out(folder, &path).and_then(|()| read_text(&path)).and_then(|text| File::new(path, &text))
            {
                Ok(file) => files.push(file),
                Err(error) => errors.push(error),
            }
        }
    }
    (files, errors)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        let failure = Error::new(Kind::File, "cannot read the folder of revisions").in_file(folder).caused_by(&error);
        if error.kind() == std::io::ErrorKind::NotFound {
            failure
                .with_hint("make the folder with `migrate init`, or name another one under `versions:` in migrate.yaml")
        } else {
            failure
        }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // The kind comes with the entry; only what a link leads to has to be asked for.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir() || (kind.is_symlink() && path.is_dir()));
        let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'));
        if !hidden && is_yaml(&path).is_some() && !is_folder {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The file that names the heads, beside the revisions: an id on each line, sorted.
pub(crate) const HEADS: &str = "HEADS";

/// What the file of the heads says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeadsFile {
    Missing,
    /// Git left its marks in it.
    Conflict,
    Ids(Vec<String>),
}

/// Reads the file of the heads.
pub(crate) fn read_heads(folder: &Path) -> Result<HeadsFile> {
    let path = folder.join(HEADS);
    if !path.exists() {
        return Ok(HeadsFile::Missing);
    }
    let text = read_text(&path)?;
    let marks = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    if text.lines().any(|line| marks.iter().any(|mark| line.starts_with(mark))) {
        return Ok(HeadsFile::Conflict);
    }
    let ids = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(HeadsFile::Ids(ids.map(str::to_owned).collect()))
}

/// Writes the file of the heads, which are given in order.
pub(crate) fn write_heads(folder: &Path, heads: &[&str]) -> Result<()> {
    let path = folder.join(HEADS);
    let text: String = heads.iter().map(|id| format!("{id}\n")).collect();
    let beside = path.with_file_name(format!(".{HEADS}.new"));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path));
    written.map_err(|error| text_file::unwritten("cannot write the file", &path, &error))
}

/// Writes a new file: beside its place first, then moved there, so that no half of it is ever seen. An existing file is
/// never overwritten.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| text_file::unwritten("cannot write the file", path, &error);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.new"));
    let written = fs::write(&beside, text).and_then(|()| {
        fs::hard_link(&beside, path).or_else(|error| {
            // Not every file system links; the check and the move are not one step there.
            if error.kind() == std::io::ErrorKind::AlreadyExists || path.exists() {
                return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is a file of this name"));
            }
            fs::rename(&beside, path)
        })
    });
    drop(fs::remove_file(&beside));
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::write_new;

    #[test]
    fn a_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        write_new(&path, "one").unwrap();
        assert!(write_new(&path, "two").is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
