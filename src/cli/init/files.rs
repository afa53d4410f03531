//! Several new files at once: all of them, or none.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::revision::folder::write_new;
use crate::text_file;

/// Files that are to be written.
#[derive(Default)]
pub(super) struct NewFiles(Vec<(PathBuf, String)>);

/// Files and folders that were made; [`Written::undo`] takes them away.
#[derive(Default)]
pub(super) struct Written {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl NewFiles {
    pub(super) fn add(&mut self, path: PathBuf, text: impl Into<String>) {
        self.0.push((path, text.into()));
    }

    /// In the order in which they are written.
    pub(super) fn paths(&self) -> Vec<&Path> {
        self.0.iter().map(|(path, _)| path.as_path()).collect()
    }

    /// Takes those out that `is_kept` knows, and gives their paths.
    pub(super) fn leave_out(&mut self, is_kept: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let (kept, left) = std::mem::take(&mut self.0).into_iter().partition(|(path, _)| is_kept(path));
        self.0 = left;
        let kept: Vec<(PathBuf, String)> = kept;
        kept.into_iter().map(|(path, _)| path).collect()
    }

    /// Refuses if one of them is there already.
    pub(super) fn check(&self) -> Result<()> {
        match self.paths().into_iter().find(|path| path.symlink_metadata().is_ok()) {
            None => Ok(()),
            Some(path) => Err(Error::new(Kind::File, "there is a file of this name already")
                .in_file(path)
                .with_hint("move it away, or choose another folder; nothing was written")),
        }
    }

    /// Writes all of them; what was written is taken away again where one fails.
    pub(super) fn write(&self) -> Result<Written> {
        self.check()?;
        let mut written = Written::default();
        for (path, text) in &self.0 {
            if let Err(error) = written.write(path, text) {
                written.undo();
                return Err(error);
            }
        }
        Ok(written)
    }
}

impl Written {
    fn write(&mut self, path: &Path, text: &str) -> Result<()> {
        self.make_folder(path.parent().unwrap_or(path))?;
        write_new(path, text)?;
        self.files.push(path.to_path_buf());
        Ok(())
    }

    fn make_folder(&mut self, folder: &Path) -> Result<()> {
        let mut missing: Vec<&Path> = folder.ancestors().take_while(|one| !one.exists()).collect();
        missing.reverse();
        for one in missing {
            std::fs::create_dir(one).map_err(|error| text_file::unwritten("cannot make the folder", one, &error))?;
            self.folders.push(one.to_path_buf());
        }
        Ok(())
    }

    /// Takes everything away that was made, as far as it goes: this is done where something else failed, which is what
    /// people must read.
    pub(super) fn undo(self) {
        self.files.iter().for_each(|path| drop(std::fs::remove_file(path)));
        self.folders.iter().rev().for_each(|folder| drop(std::fs::remove_dir(folder)));
    }
}

#[cfg(test)]
mod tests {
    use super::NewFiles;

    #[test]
    fn all_or_none() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("new/project");
        let mut files = NewFiles::default();
        files.add(root.join("a/one"), "1");
        files.add(root.join("a/two"), "2");
        let written = files.write().unwrap();
        assert_eq!(std::fs::read_to_string(root.join("a/two")).unwrap(), "2");
        assert!(files.write().is_err());
        written.undo();
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
        // A folder cannot be made where a file is.
        files.add(root.join("a/one/below"), "3");
        assert!(files.write().is_err());
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
