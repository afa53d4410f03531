//! Revision files on disk.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::revision::{File, is_yaml};

/// A file that is greater is not a revision.
const LARGEST_BYTES: u64 = 64 << 20;

/// Reads the headers of all revision files in `folders`, in the order of their names. Files of other endings, with a
/// leading dot, and subfolders are not looked at.
///
/// # Errors
/// [`Kind::File`] for a folder or file that cannot be read, is not UTF-8, or has a wrong header.
pub(crate) fn read(folders: &[PathBuf]) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for folder in folders {
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

/// The text of one file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let unreadable = |error: std::io::Error| Error::new(Kind::File, "cannot read the file").in_file(path).caused_by(error);
    let facts = fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(Error::new(Kind::File, "is not a regular file").in_file(path).hint("remove it from the folder"));
    }
    if facts.len() > LARGEST_BYTES {
        let size = facts.len() >> 20;
        return Err(Error::new(Kind::File, format!("the file has {size} MiB; at most 64 are read")).in_file(path));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or(0));
    fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(unreadable)?;
    decode(bytes).map_err(|error| error.in_file(path))
}

/// UTF-8 without NUL; what else it may be is named.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Error::new(Kind::File, "the file is UTF-16").hint("save it as UTF-8"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Error::new(Kind::File, format!("the file is not UTF-8: byte {at}")).at_line(line, 0).hint("save it as UTF-8")
    })?;
    match text.find('\0') {
        None => Ok(text),
        Some(at) => {
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            Err(Error::new(Kind::File, format!("the file holds a NUL byte: byte {at}")).at_line(line, 0))
        }
    }
}

/// Writes a new file: beside its place first, then moved there, so that no half of it is ever seen. An existing file is
/// never overwritten.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(Kind::File, "cannot write the file").in_file(path).caused_by(error);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.new"));
    let written = fs::write(&beside, text).and_then(|()| fs::hard_link(&beside, path).or_else(|error| {
        // Not every file system links; the check and the move are not one step there.
        if error.kind() == std::io::ErrorKind::AlreadyExists || path.exists() {
            return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is a file of this name"));
        }
        fs::rename(&beside, path)
    }));
    drop(fs::remove_file(&beside));
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{decode, write_new};

    #[test]
    fn what_is_not_text_is_named() {
        assert!(decode(vec![0xff, 0xfe, 0x41, 0]).unwrap_err().phrase().contains("UTF-16"));
        let error = decode(b"ok\n\xff".to_vec()).unwrap_err();
        assert_eq!(error.place().line, Some(2));
        assert!(decode(b"a\0b".to_vec()).is_err());
    }

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
