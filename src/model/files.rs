//! Model files on disk.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::text_file::{is_yaml, read_text, refuse_way_out, tidy_text};

/// A file of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelFile {
    pub(crate) path: PathBuf,
    /// Without a BOM, with LF.
    pub(crate) text: String,
    pub(crate) is_yaml: bool,
}

/// Reads the files, and the files in the folders with all their subfolders, in the order of their names.
///
/// # Errors
/// [`Kind::File`] for a path that is not there, that cannot be read, or a file that is neither YAML nor SQL.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<ModelFile>> {
    let mut found = Vec::new();
    for path in paths {
        let missing = || {
            Error::new(Kind::File, "there are no models here").in_file(path).with_hint(
                "write models (`migrate inspect --out models` makes them from a database), or name their place under `models:` in migrate.yaml",
            )
        };
        if path.is_dir() {
            walk(path, path, &mut found)?;
        } else if path.is_file() {
            found.push(path.clone());
        } else {
            return Err(missing());
        }
    }
    found.iter().map(|path| read_one(path)).collect()
}

/// `top` is the folder that was named: links within it are no second way to a folder, and none leads out of it.
fn walk(top: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let unreadable = |error: std::io::Error| {
        Error::new(Kind::File, "cannot read the folder of models").in_file(folder).caused_by(error)
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    for path in entries {
        let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'));
        if hidden {
            continue;
        }
        let is_dir = path.is_dir();
        if is_dir || is_yaml(&path).is_some() {
            refuse_way_out(top, &path)?;
        }
        if is_dir && path.is_symlink() {
            continue;
        }
        if is_dir {
            walk(top, &path, found)?;
        } else if is_yaml(&path).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

fn read_one(path: &Path) -> Result<ModelFile> {
    let is_yaml = is_yaml(path).ok_or_else(|| {
        Error::new(Kind::File, "a model is a .yaml or a .sql file").in_file(path).with_hint("rename the file")
    })?;
    let text = tidy_text(&read_text(path)?);
    Ok(ModelFile { path: path.to_path_buf(), text, is_yaml })
}
