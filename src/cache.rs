//! Models that a server has judged, kept in a folder of the user so that they need not be judged again.
//!
//! A cache is a convenience: whatever is wrong with the folder or a file in it (missing, unreadable, read-only, full,
//! damaged, of another version), it is as if nothing were there. No function here fails. It holds neither URLs nor rows:
//! only schemas, under the SHA-256 of what they were made from.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::encode;
use crate::schema::Schema;

/// What the folder may hold together, in bytes; what was written first is removed first.
const LARGEST_BYTES: u64 = 64 << 20;

/// The ending of the files that are counted and removed; others in the folder are not touched.
const ENDING: &str = "schema";

/// A folder of schemas. Several runs may use one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: Option<PathBuf>,
    largest_bytes: u64,
}

impl Cache {
    /// The cache in this folder, which need not exist; without one nothing is kept.
    pub(crate) fn at(folder: Option<PathBuf>) -> Self {
        Self { folder, largest_bytes: LARGEST_BYTES }
    }

    /// What was kept under a key of [`key`].
    pub(crate) fn get(&self, key: &str) -> Option<Schema> {
        let path = self.path(key)?;
        let file = fs::File::open(path).ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(file.metadata().ok()?.len().min(self.largest_bytes)).ok()?);
        file.take(self.largest_bytes).read_to_end(&mut bytes).ok()?;
        // The key stands inside too: a file that was renamed or copied is not an answer to another question.
        encode::decode_schema(bytes.strip_prefix(key.as_bytes())?)
    }

    /// Keeps a schema under a key of [`key`], in the place of a former one.
    pub(crate) fn put(&self, key: &str, schema: &Schema) {
        let (Some(folder), Some(path)) = (&self.folder, self.path(key)) else { return };
        let bytes = [key.as_bytes(), &encode::schema(schema)].concat();
        if bytes.len() as u64 <= self.largest_bytes && make_folder(folder).is_ok() && write(&path, &bytes).is_ok() {
            self.remove_oldest(folder);
        }
    }

    /// `None` too for a key that is not a plain word, which could lead out of the folder.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let is_word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let folder = self.folder.as_ref().filter(|_| is_word)?;
        Some(folder.join(key).with_extension(ENDING))
    }

    /// Removes files until the rest is small enough. A file that vanishes meanwhile was removed by another run.
    fn remove_oldest(&self, folder: &Path) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| is_ours(&entry.path())).filter_map(|entry| {
            let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((facts.modified().ok(), entry.path(), facts.len()))
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        let mut sum: u64 = files.iter().map(|(_, _, length)| length).sum();
        for (_, path, length) in files {
            if sum <= self.largest_bytes {
                break;
            }
            drop(fs::remove_file(path));
            sum -= length;
        }
    }
}

/// The key for what was made from these parts, in 64 hexadecimal digits: SHA-256 over each part's length and bytes, so
/// that `["ab", "c"]` and `["a", "bc"]` differ.
pub(crate) fn key(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files of this cache, and what a writer that was killed left half done.
fn is_ours(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ending == ENDING || ending.strip_prefix(ENDING).is_some_and(|rest| rest.starts_with('-')))
}

/// Only the user may look: models tell of the business.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Writes beside the place first and moves it there, so that a reader sees all of it or nothing of it.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{ENDING}-{}-{number}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A file of this name was left by a killed run that had our process id.
    let file = options.open(&beside).or_else(|_| fs::remove_file(&beside).and_then(|()| options.open(&beside)));
    let written = file.and_then(|mut file| file.write_all(bytes)).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Name, Table};

    fn schema(name: &str) -> Schema {
        let mut schema = Schema::default();
        schema.insert(Table::new(Name::own(name)));
        schema
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_put_comes_back() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(place.path().join("not/yet/there")));
        let (one, other) = (key(&[b"one"]), key(&[b"other"]));
        assert_eq!(cache.get(&one), None);
        cache.put(&one, &schema("a"));
        cache.put(&other, &schema("b"));
        assert_eq!((cache.get(&one), cache.get(&other)), (Some(schema("a")), Some(schema("b"))));
        cache.put(&one, &schema("c"));
        assert_eq!(cache.get(&one), Some(schema("c")));
        assert_eq!(names(&place.path().join("not/yet/there")).len(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            let folder = place.path().join("not/yet/there");
            assert_eq!((mode(&folder), mode(&cache.path(&one).unwrap())), (0o700, 0o600));
        }
    }

    #[test]
    fn without_a_folder_nothing_is_kept() {
        let cache = Cache::at(None);
        cache.put(&key(&[]), &schema("a"));
        assert_eq!(cache.get(&key(&[])), None);
    }

    #[test]
    fn keys_tell_parts_apart() {
        assert_eq!(key(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let all = [key(&[b"ab", b"c"]), key(&[b"a", b"bc"]), key(&[b"abc"]), key(&[b"abc", b""])];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn a_key_does_not_lead_out_of_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(place.path().join("inner")));
        for key in ["../a", "a/b", "", ".", "/etc/x"] {
            cache.put(key, &schema("a"));
            assert_eq!(cache.get(key), None);
        }
        assert_eq!(names(place.path()), [""; 0]);
    }

    #[test]
    fn a_torn_or_foreign_file_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(place.path().to_path_buf()));
        let (one, other) = (key(&[b"one"]), key(&[b"other"]));
        cache.put(&one, &schema("a"));
        let path = cache.path(&one).unwrap();
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            assert_eq!(cache.get(&one), None, "{end} bytes");
        }
        let mut zeros = whole.clone();
        zeros[whole.len() / 2..].fill(0); // what a crash of the machine leaves on some file systems
        fs::write(&path, &zeros).unwrap();
        assert_eq!(cache.get(&one), None);
        fs::write(cache.path(&other).unwrap(), &whole).unwrap();
        assert_eq!(cache.get(&other), None);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(cache.get(&one), None);
        cache.put(&one, &schema("a"));
        assert_eq!(cache.get(&one), None);
        assert_eq!(names(place.path()).len(), 2, "nothing is left beside them");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "not a folder").unwrap();
        let key = key(&[b"one"]);
        for folder in [file.clone(), file.join("below"), PathBuf::from("/proc/migrate"), PathBuf::from("/dev/null")] {
            let cache = Cache::at(Some(folder));
            cache.put(&key, &schema("a"));
            assert_eq!(cache.get(&key), None);
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "not a folder");
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_folder_still_answers() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(place.path().to_path_buf()));
        let (one, other) = (key(&[b"one"]), key(&[b"other"]));
        cache.put(&one, &schema("a"));
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o500)).unwrap();
        let may_write = fs::write(place.path().join("probe"), "").is_ok(); // root may write everywhere
        cache.put(&other, &schema("b"));
        assert_eq!((cache.get(&one), cache.get(&other).is_some()), (Some(schema("a")), may_write));
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn the_oldest_goes_first() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache { folder: Some(place.path().to_path_buf()), largest_bytes: 400 };
        let keys: Vec<String> = (0..4_u8).map(|number| key(&[&[number]])).collect();
        let left = place.path().join("x.schema-1-2");
        fs::write(&left, [0; 50]).unwrap();
        fs::write(place.path().join("notes.txt"), [0; 5000]).unwrap();
        let age = |path: &Path, seconds: u64| {
            let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        };
        age(&left, 1);
        for (key, seconds) in keys.iter().zip([30, 20, 40, 0]) {
            cache.put(key, &schema("a"));
            if seconds > 0 {
                age(&cache.path(key).unwrap(), seconds);
            }
        }
        let there: Vec<bool> = keys.iter().map(|key| cache.get(key).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        assert!(!left.exists() && place.path().join("notes.txt").exists());
        let mut big = schema("a");
        big.insert(Table { comment: Some("long ".repeat(100)), ..Table::new(Name::own("b")) });
        cache.put(&keys[1], &big);
        assert_eq!((cache.get(&keys[1]), names(place.path()).len()), (None, 4));
    }

    #[test]
    fn two_writers_do_not_disturb_each_other() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(place.path().to_path_buf()));
        let key = key(&[b"one"]);
        std::thread::scope(|scope| {
            for name in ["a", "b"] {
                let (cache, key) = (&cache, &key);
                scope.spawn(move || {
                    for _ in 0..200 {
                        cache.put(key, &schema(name));
                        assert!([schema("a"), schema("b")].contains(&cache.get(key).expect("one of them")));
                    }
                });
            }
        });
        assert_eq!(names(place.path()), [format!("{key}.schema")]);
    }
}
