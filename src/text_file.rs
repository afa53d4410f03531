//! Files that people write: models and revisions. The one place that turns their bytes into text, so that both refuse the
//! same things with the same words.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Kind, Result};

/// A file that is greater was not written by a person.
const LARGEST_BYTES: u64 = 64 << 20;

/// The text of one file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let unreadable =
        |error: std::io::Error| Error::new(Kind::File, "cannot read the file").in_file(path).caused_by(error);
    let facts = fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(Error::new(Kind::File, "is not a regular file")
            .in_file(path)
            .with_hint("remove it from the folder"));
    }
    if facts.len() > LARGEST_BYTES {
        let size = facts.len() >> 20;
        return Err(Error::new(Kind::File, format!("the file has {size} MiB; at most 64 are read")).in_file(path));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(facts.len()).unwrap_or(0));
    // It may grow meanwhile.
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    decode(bytes).map_err(|error| error.in_file(path))
}

/// A file or folder that cannot be made, with what to do about it.
#[cold]
pub(crate) fn unwritten(phrase: &str, path: &Path, cause: &std::io::Error) -> Error {
    use std::io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem, StorageFull};
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
    let hint = match cause.kind() {
        PermissionDenied => Some("get the right to write in its folder, or choose another one"),
        ReadOnlyFilesystem => Some("choose a folder that can be written"),
        NotADirectory => Some("choose another name: a part of it is a file"),
        StorageFull => Some("make room on the disk, then run it again"),
        _ => None,
    };
    let error = Error::new(Kind::File, phrase).in_file(path).caused_by(cause);
    hint.into_iter().fold(error, Error::with_hint)
}

/// Refuses a link that leads out of the folder in which it was found: whoever can write there could have any file of the
/// machine read, and quoted in an error. A dangling one is seen by whoever reads it.
pub(crate) fn refuse_way_out(folder: &Path, path: &Path) -> Result<()> {
    if !fs::symlink_metadata(path).is_ok_and(|facts| facts.is_symlink()) {
        return Ok(());
    }
    let (Ok(folder), Ok(target)) = (folder.canonicalize(), path.canonicalize()) else { return Ok(()) };
    if target.starts_with(&folder) {
        return Ok(());
    }
    Err(Error::new(Kind::File, "the link leads out of its folder")
        .in_file(path)
        .with_hint("put the file itself there, or name its own place in migrate.yaml"))
}

/// UTF-8 without NUL; what else it may be is named.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Error::new(Kind::File, "the file is UTF-16").with_hint("save it as UTF-8"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Error::new(Kind::File, format!("the file is not UTF-8: byte {at}"))
            .at_line(line, 0)
            .with_hint("save it as UTF-8")
    })?;
    match text.find('\0') {
        None => Ok(text),
        Some(at) => {
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            Err(Error::new(Kind::File, format!("the file holds a NUL byte: byte {at}")).at_line(line, 0))
        }
    }
}

/// A text without a BOM and with LF: what is hashed, split and shown.
pub(crate) fn tidy_text(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

/// What git leaves in a file where both sides changed the same lines.
const CONFLICT: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// What is wrong with a text that could not be read: the marks of a merge conflict, where it has some, else what the reader
/// stumbled over.
#[cold]
pub(crate) fn or_conflict(error: Error, text: &str) -> Error {
    let is =
        |line: &str, mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let mark_of = |line: &str| CONFLICT.into_iter().find(|mark| is(line.trim_end_matches('\r'), mark));
    let found = (1..).zip(text.split('\n')).find_map(|(number, line)| Some((number, mark_of(line)?)));
    let Some((number, mark)) = found else { return error };
    let phrase = format!("mark of a merge conflict: {mark}");
    if error.phrase() == phrase {
        return error;
    }
    Error::new(error.kind(), phrase).at_line(number, 0).with_hint("resolve the conflict and delete its marks")
}

/// Whether a file of this name is in YAML; None = neither YAML nor SQL.
pub(crate) fn is_yaml(path: &Path) -> Option<bool> {
    match path.extension()?.to_str()? {
        "yaml" | "yml" => Some(true),
        "sql" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_what_a_reader_stumbled_over() {
        let said = |text: &str| {
            let error = or_conflict(Error::new(Kind::Config, "odd"), text);
            (error.phrase().to_owned(), error.place().line, error.kind())
        };
        let conflict = |mark: &str, line| (format!("mark of a merge conflict: {mark}"), Some(line), Kind::Config);
        assert_eq!(said("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n"), conflict("<<<<<<<", 2));
        assert_eq!(said("a\r\n=======\r\nc"), conflict("=======", 2));
        assert_eq!(said("a\n>>>>>>> x"), conflict(">>>>>>>", 2));
        for text in ["", "a <<<<<<< b", " =======", "========\n<<<<<<<<", "<<<<<<"] {
            assert_eq!(said(text), ("odd".to_owned(), None, Kind::Config), "{text}");
        }
    }

    #[test]
    fn what_is_not_text_is_named() {
        assert!(decode(vec![0xff, 0xfe, 0x41, 0]).unwrap_err().phrase().contains("UTF-16"));
        let error = decode(b"ok\n\xff".to_vec()).unwrap_err();
        assert_eq!(error.place().line, Some(2));
        assert!(decode(b"a\0b".to_vec()).is_err());
    }
}
