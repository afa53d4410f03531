//! Several revision files written anew together, some under other names: all of them or none, after a crash too. Beside
//! [`super::folder`] the only file here that touches the disk.
//!
//! The new texts are written beside their places first, then a journal, then each is moved to its place. While the
//! journal is there, no command believes the folder; [`finish`] brings what was begun to its end.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{Error, Kind, Result};
use crate::revision::folder::JOURNAL;

/// One file that is written anew; `new` may be `old`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Swap {
    pub(crate) old: PathBuf,
    pub(crate) new: PathBuf,
    pub(crate) text: String,
}

/// Writes all of them.
///
/// # Errors
/// [`Kind::File`]; nothing was changed then, or the journal is there and the next command says so.
pub(crate) fn swap(folder: &Path, swaps: &[Swap]) -> Result<()> {
    for one in swaps {
        if one.new != one.old && one.new.exists() {
            return Err(Error::new(Kind::File, "there is a file of this name").in_file(&one.new));
        }
    }
    let prepared = swaps
        .iter()
        .try_for_each(|one| write_synced(&beside(&one.new), &one.text).map_err(|error| failed(&one.new, error)));
    let journal = folder.join(JOURNAL);
    let prepared = prepared.and_then(|()| {
        let lines: Vec<Value> = swaps.iter().map(entry).collect::<Result<_>>()?;
        let draft = folder.join(format!("{JOURNAL}.new"));
        write_synced(&draft, &json!(lines).to_string())
            .and_then(|()| fs::rename(&draft, &journal))
            .map_err(|error| failed(&journal, error))
    });
    if let Err(error) = prepared {
        swaps.iter().for_each(|one| drop(fs::remove_file(beside(&one.new))));
        return Err(error);
    }
    finish(folder).map(drop)
}

/// Brings a swap to its end that was stopped by a crash: the files that are in their places now; none if nothing was
/// begun.
pub(crate) fn finish(folder: &Path) -> Result<Vec<PathBuf>> {
    let journal = folder.join(JOURNAL);
    if !journal.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&journal).map_err(|error| failed(&journal, error))?;
    let entries: Vec<Value> = serde_json::from_str(&text).map_err(|error| failed(&journal, error))?;
    let mut places = Vec::new();
    for entry in &entries {
        let path = |key: &str| entry.get(key).and_then(Value::as_str).map(PathBuf::from).unwrap_or_default();
        let (old, new) = (path("old"), path("new"));
        let draft = beside(&new);
        if draft.exists() {
            fs::rename(&draft, &new).map_err(|error| failed(&new, error))?;
        }
        if old != new && old.exists() {
            fs::remove_file(&old).map_err(|error| failed(&old, error))?;
        }
        places.push(new);
    }
    fs::remove_file(&journal).map_err(|error| failed(&journal, error))?;
    Ok(places)
}

fn entry(swap: &Swap) -> Result<Value> {
    let text = |path: &Path| {
        let error = || Error::new(Kind::File, "the path is not UTF-8").in_file(path);
        path.to_str().map(str::to_owned).ok_or_else(error)
    };
    Ok(json!({ "old": text(&swap.old)?, "new": text(&swap.new)? }))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    path.with_file_name(format!(".{name}.rebase"))
}

fn write_synced(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn failed(path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::new(Kind::File, "cannot write the file").in_file(path).caused_by(cause)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{JOURNAL, Swap, beside, finish, swap};
    use crate::revision::folder::refuse_unfinished;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn two(folder: &Path) -> [Swap; 2] {
        std::fs::write(folder.join("a"), "1").unwrap();
        std::fs::write(folder.join("b"), "1").unwrap();
        let one = |old: &str, new: &str| Swap { old: folder.join(old), new: folder.join(new), text: "2".to_owned() };
        [one("a", "a"), one("b", "c")]
    }

    #[test]
    fn all_or_none() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let swaps = two(folder);
        swap(folder, &swaps).unwrap();
        assert_eq!(names(folder), ["a", "c"]);
        assert_eq!(std::fs::read_to_string(folder.join("c")).unwrap(), "2");
        std::fs::write(folder.join("b"), "1").unwrap();
        assert!(swap(folder, &swaps).is_err(), "c is there already");
        assert_eq!(names(folder), ["a", "b", "c"]);
    }

    #[test]
    fn a_crash_is_seen_and_mended() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let swaps = two(folder);
        // As it is behind the first move.
        std::fs::write(folder.join("a"), "2").unwrap();
        std::fs::write(beside(&folder.join("c")), "2").unwrap();
        let journal: Vec<_> = swaps.iter().map(|one| super::entry(one).unwrap()).collect();
        std::fs::write(folder.join(JOURNAL), serde_json::json!(journal).to_string()).unwrap();
        let error = refuse_unfinished(folder).unwrap_err();
        assert!(error.exit_code() == 7 && error.hint().unwrap().contains("--continue"));
        assert_eq!(finish(folder).unwrap(), [folder.join("a"), folder.join("c")]);
        assert_eq!(names(folder), ["a", "c"]);
        assert!(refuse_unfinished(folder).is_ok() && finish(folder).unwrap().is_empty());
    }
}
