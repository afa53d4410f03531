//! Revision files on disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::revision::File;
use crate::text_file::{is_yaml, read_text};

/// Reads the headers of all revision files in `folders`, in the order of their names. Files of other endings, with a
/// leading dot, and subfolders are not looked at. A folder that is named twice is read once.
///
/// # Errors
/// [`Kind::File`] for a folder or file that cannot be read, is not UTF-8, or has a wrong header.
pub(crate) fn read(folders: &[PathBuf]) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for folder in folders {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        for path in paths(folder)? {
            let text = read_text(&path)?;
            files.push(File::new(path, &text)?);
        }
    }
    Ok(files)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        let failure = Error::new(Kind::File, "cannot read the folder of revisions").in_file(folder).caused_by(&error);
        if error.kind() == std::io::ErrorKind::NotFound {
            failure.hint("make the folder with `migrate init`, or name another one under `versions:` in migrate.yaml")
        } else {
            failure
        }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'));
        if !hidden && is_yaml(&path).is_some() && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Writes a new file: beside its place first, then moved there, so that no half of it is ever seen. An existing file is
/// never overwritten.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(Kind::File, "cannot write the file").in_file(path).caused_by(error);
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
