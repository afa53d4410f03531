//! A copy of a SQLite file while it is open: page by page, so that it is the very file, with its rowids, its free pages and
//! its settings. `VACUUM INTO` would be shorter, but numbers the rows of tables without an INTEGER PRIMARY KEY anew, and
//! needs every function and collation that an index uses.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::cancel::Cancel;
use super::raw_sqlite::Handle;
use crate::error::{Error, Kind, Result};

/// So many pages are copied before signals are looked at: 8 MiB of usual ones.
const PAGES: i32 = 2048;

/// `20260102-030405Z`, as it stands in names.
const TIME: &str = "00000000-000000Z";

/// Where a copy goes, and what it is of.
pub(super) struct Copied<'a> {
    /// The file that is copied.
    pub(super) file: &'a Path,
    /// The folder of the copies.
    pub(super) folder: &'a Path,
    /// From the database's clock, in the form of [`TIME`].
    pub(super) time: &'a str,
    /// Where the database stood.
    pub(super) tag: &'a str,
}

impl Copied<'_> {
    /// Makes the copy, which appears under its name when it is whole; gives its path.
    ///
    /// # Errors
    /// [`Kind::File`] where it cannot be written; [`Kind::Cancelled`]. Then nothing of it stays.
    pub(super) async fn make(&self, handle: &Handle, cancel: Option<&Cancel>) -> Result<PathBuf> {
        let failed = |cause: &dyn std::fmt::Display| {
            Error::new(Kind::File, "no copy of the database could be made").in_file(self.folder).caused_by(cause)
        };
        std::fs::create_dir_all(self.folder).map_err(|error| failed(&error))?;
        let (part, path) = self.begin().map_err(|error| failed(&error))?;
        let copied = self.fill(handle, &part, cancel).await;
        let copied = copied.map_err(|stopped| match stopped {
            Some(why) => failed(&why),
            None => Error::new(Kind::Cancelled, "cancelled while the database was copied"),
        });
        let kept = copied.and_then(|()| {
            std::fs::rename(&part, &path).map_err(|error| failed(&error))?;
            // The name is as lasting as the pages; not every system can promise that.
            drop(File::open(self.folder).and_then(|folder| folder.sync_all()));
            Ok(path)
        });
        if kept.is_err() {
            drop(std::fs::remove_file(&part));
        }
        kept
    }

    /// The error is None after a cancel.
    async fn fill(&self, handle: &Handle, part: &Path, cancel: Option<&Cancel>) -> Result<(), Option<String>> {
        let path = CString::new(part.as_os_str().as_encoded_bytes()).map_err(|error| Some(error.to_string()))?;
        let mut copying = handle.begin_copy(&path).map_err(Some)?;
        while !copying.step(PAGES).map_err(Some)? {
            tokio::task::yield_now().await;
            if cancel.is_some_and(Cancel::is_cancelled) {
                return Err(None);
            }
        }
        Ok(())
    }

    /// A new empty file that nobody may read who may not read the database, and the name that it is to have.
    fn begin(&self) -> std::io::Result<(PathBuf, PathBuf)> {
        let rights = std::fs::metadata(self.file)?.permissions();
        for count in 1.. {
            let path = self.folder.join(self.name(count));
            let mut part = path.clone().into_os_string();
            part.push(".part");
            if path.exists() {
                continue;
            }
            match OpenOptions::new().write(true).create_new(true).open(&part) {
                Ok(made) => {
                    made.set_permissions(rights)?;
                    return Ok((part.into(), path));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// `app.20260102-030405Z.ae10.db`; a second one of the same second has a number.
    fn name(&self, count: u32) -> String {
        let (stem, end) = parts(self.file);
        let number = if count > 1 { format!("-{count}") } else { String::new() };
        format!("{stem}.{}.{}{number}{end}", self.time, self.tag)
    }

    /// Removes the oldest copies of this file beyond so many; what has another name stays.
    pub(super) fn prune(&self, keep: usize) {
        let entries = std::fs::read_dir(self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut copies: Vec<String> = names.filter(|name| is_copy_of(self.file, name)).collect();
        copies.sort();
        for name in copies.iter().rev().skip(keep.max(1)) {
            // What cannot be removed is in nobody's way.
            drop(std::fs::remove_file(self.folder.join(name)));
        }
    }
}

/// The name of a file without its last end, and the end with its dot.
fn parts(file: &Path) -> (String, String) {
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let end = text(file.extension()).map(|end| format!(".{end}")).unwrap_or_default();
    (text(file.file_stem()).unwrap_or_default(), end)
}

/// Whether a name is one that [`Copied::name`] gives.
fn is_copy_of(file: &Path, name: &str) -> bool {
    let (stem, end) = parts(file);
    let rest = name.strip_prefix(&stem).and_then(|rest| rest.strip_prefix('.'));
    let Some((time, tag)) = rest.and_then(|rest| rest.strip_suffix(&end)?.split_once('.')) else { return false };
    let alike = |(is, shape): (char, char)| if shape == '0' { is.is_ascii_digit() } else { is == shape };
    time.len() == TIME.len() && time.chars().zip(TIME.chars()).all(alike) && !tag.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_other_files() {
        let copied =
            Copied { file: Path::new("/d/app.db"), folder: Path::new("/d"), time: "20260102-030405Z", tag: "ae10" };
        assert_eq!(
            (copied.name(1).as_str(), copied.name(2).as_str()),
            ("app.20260102-030405Z.ae10.db", "app.20260102-030405Z.ae10-2.db")
        );
        for name in [copied.name(1), copied.name(9)] {
            assert!(is_copy_of(copied.file, &name), "{name}");
        }
        for name in [
            "app.db",
            "app.20260102-030405Z.db",
            "app.20260102-030405Z.ae10.db.part",
            "other.20260102-030405Z.ae10.db",
            "app.20260102-03040xZ.ae10.db",
            "app.last.ae10.db",
        ] {
            assert!(!is_copy_of(copied.file, name), "{name}");
        }
        let bare = Copied { file: Path::new("data"), ..copied };
        assert!(is_copy_of(bare.file, &bare.name(1)), "{}", bare.name(1));
    }
}
