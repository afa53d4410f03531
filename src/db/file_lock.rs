//! The session lock of a SQLite file, which has none of its own: an empty file beside it, `app.db-migrate`, locked by the
//! kernel.
//!
//! It is never stale: the kernel gives the lock back when its program ends, however that comes. What a killed program
//! leaves is a file without a lock, which the next one takes and removes. Where no such file can be made or locked (a
//! folder that may not be written, some network file systems), there is no lock, and the comparison of the version rows
//! in each transaction stands alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A lock that is held; given back, with its file, when it is dropped.
pub(super) struct FileLock {
    path: PathBuf,
    // Held open: the lock is the open file's.
    file: File,
}

/// What a try came to.
pub(super) enum Try {
    Taken(FileLock),
    Busy,
    /// No lock can be had here.
    Impossible,
}

/// How often a file that its holder removed meanwhile is made anew within one try, and whoever looks at it is let go.
const TRIES: usize = 20;
/// More than a look takes.
const LOOK: Duration = Duration::from_millis(1);

impl FileLock {
    /// Tries once, without waiting.
    pub(super) fn try_take(database: &Path) -> Try {
        let path = path_for(database);
        for _ in 0..TRIES {
            // Somebody else's file is opened for reading: that is enough for a lock.
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let Ok(file) = opened.or_else(|_| File::open(&path)) else { return Try::Impossible };
            match file.try_lock() {
                Ok(()) => {}
                // Somebody who only looks whether it is held shares it for a moment.
                Err(TryLockError::WouldBlock) if file.try_lock_shared().is_ok() => {
                    std::thread::sleep(LOOK);
                    continue;
                }
                Err(TryLockError::WouldBlock) => return Try::Busy,
                Err(TryLockError::Error(_)) => return Try::Impossible,
            }
            // A lock on a file that was removed between opening and locking keeps nobody out.
            if is_at(&file, &path) {
                let mut lock = Self { path, file };
                lock.sign();
                return Try::Taken(lock);
            }
        }
        Try::Busy
    }

    /// Writes who it is; that only explains.
    fn sign(&mut self) {
        let text = format!("process {}\n", std::process::id());
        drop(self.file.set_len(0).and_then(|()| self.file.write_all(text.as_bytes())));
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// Who holds the lock of this database, as far as it says. The file tells who, the kernel whether: that a killed program
/// left its file means nothing.
pub(super) fn holder(database: &Path) -> Option<String> {
    let mut file = File::open(path_for(database)).ok()?;
    // Also against a lock of this very process: it belongs to another opened file.
    if file.try_lock_shared().is_ok() {
        return None;
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    let number = text.trim_end().strip_prefix("process ")?;
    number.parse::<u32>().ok().map(|number| format!("process {number}"))
}

/// The same for every way to write a path, if the file is there.
pub(super) fn exact(database: &Path) -> PathBuf {
    std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned())
}

fn path_for(database: &Path) -> PathBuf {
    let mut path = exact(database).into_os_string();
    path.push("-migrate");
    path.into()
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(database: &Path) -> FileLock {
        match FileLock::try_take(database) {
            Try::Taken(lock) => lock,
            Try::Busy => panic!("busy"),
            Try::Impossible => panic!("impossible"),
        }
    }

    #[test]
    fn one_holds_it_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("app.db");
        std::fs::write(&database, "").expect("a file");
        let lock = taken(&database);
        assert!(matches!(FileLock::try_take(&database), Try::Busy));
        let expected = format!("process {}", std::process::id());
        assert_eq!(holder(&database), Some(expected));
        drop(lock);
        assert_eq!(holder(&database), None);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        drop(taken(&database));
    }

    #[test]
    fn whoever_looks_is_waited_for_and_no_holder() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("app.db");
        let looker = File::create(folder.path().join("app.db-migrate")).expect("a file");
        looker.lock_shared().expect("a lock");
        assert_eq!(holder(&database), None);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(LOOK * 5);
                drop(looker);
            });
            // Far more than needed, and all in an instant if nobody waited.
            assert!((0..50).any(|_| matches!(FileLock::try_take(&database), Try::Taken(_))));
        });
    }

    #[cfg(unix)]
    #[test]
    fn every_path_to_the_file_is_the_same_lock_and_a_link_in_its_place_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (database, other) = (folder.path().join("app.db"), folder.path().join("other.db"));
        std::fs::write(&database, "").expect("a file");
        std::os::unix::fs::symlink(&database, &other).expect("a link");
        let lock = taken(&other);
        assert!(matches!(FileLock::try_take(&database), Try::Busy));
        drop(lock);
        std::fs::write(folder.path().join("precious"), "text").expect("a file");
        std::os::unix::fs::symlink(folder.path().join("precious"), folder.path().join("app.db-migrate"))
            .expect("a link");
        assert!(!matches!(FileLock::try_take(&database), Try::Taken(_)));
        assert_eq!(std::fs::read_to_string(folder.path().join("precious")).expect("a file"), "text");
    }

    #[test]
    fn what_a_killed_program_left_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("app.db");
        std::fs::write(folder.path().join("app.db-migrate"), "process 4711\n").expect("a file");
        assert_eq!(holder(&database), None, "nobody holds it");
        drop(taken(&database));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
