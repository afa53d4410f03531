//! Files that hold a secret: small, one line, named in errors and never shown.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// More than this is no password and no URL.
const MOST_BYTES: u64 = 64 << 10;

/// The text of such a file, without the line end behind it. `what` says what it should hold: `the password`.
///
/// # Errors
/// [`Kind::Config`] if it is no readable file, is empty, too long, not UTF-8, or has several lines.
pub(crate) fn secret_file(path: &Path, what: &str) -> Result<Secret> {
    let cannot = |why: &dyn std::fmt::Display| {
        let error = Error::new(Kind::Config, format!("{what} cannot be read from its file")).in_file(path);
        error.caused_by(why).with_hint("write it into the file as one line, readable for the account that runs this")
    };
    // A pipe or a device could be waited for without end.
    let metadata = std::fs::metadata(path).map_err(|error| cannot(&error))?;
    if !metadata.is_file() {
        return Err(cannot(&"it is not a file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| cannot(&error))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    one_line(bytes).map_err(|why| cannot(&why))
}

/// The one line in these bytes.
pub(crate) fn one_line(bytes: Vec<u8>) -> Result<Secret, &'static str> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err("it is too long");
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line {
        "" => Err("it is empty"),
        line if line.contains(['\n', '\r', '\0']) => Err("it has several lines"),
        line => Ok(Secret::new(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_end_is_taken_off() {
        for (bytes, expected) in [
            ("pw", Ok("pw")),
            ("pw\n", Ok("pw")),
            ("p w \r\n", Ok("p w ")),
            ("", Err("it is empty")),
            ("\n", Err("it is empty")),
            ("a\nb\n", Err("it has several lines")),
            ("a\0b", Err("it has several lines")),
        ] {
            let line = one_line(bytes.as_bytes().to_vec());
            assert_eq!(line.as_ref().map(Secret::reveal).map_err(|why| *why), expected, "{bytes:?}");
        }
        assert_eq!(one_line(vec![b'x'; 70_000]).unwrap_err(), "it is too long");
        assert_eq!(one_line(vec![0xff]).unwrap_err(), "it is not UTF-8");
    }

    #[test]
    fn only_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let error = secret_file(folder.path(), "the password").unwrap_err();
        assert_eq!((error.kind(), error.causes()), (Kind::Config, &["it is not a file".to_owned()][..]));
        let missing = secret_file(&folder.path().join("none"), "the password").unwrap_err();
        assert_eq!(missing.phrase(), "the password cannot be read from its file");
    }
}
