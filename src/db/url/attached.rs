//! Other files of a SQLite database, each under a schema of its own.

use std::path::{Path, PathBuf};

use super::{File, Place, Url};
use crate::error::{Error, Kind, Result};
use crate::schema::Ident;

/// The word for memory in place of a file.
const MEMORY: &str = ":memory:";

/// A file that each connection attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::db) struct Attached {
    /// The schema that it is.
    pub(in crate::db) name: Ident,
    /// None = in memory.
    pub(in crate::db) path: Option<PathBuf>,
}

impl Url {
    /// The same with one more file, attached under a name; `written` is its path, which counts from `base`, or `:memory:`.
    ///
    /// # Errors
    /// [`Kind::Config`] for a server, a name that cannot be or is there already, a path that names no file.
    pub(crate) fn with_attached(mut self, name: &str, written: &str, base: &Path) -> Result<Self> {
        let Place::File(file) = &mut self.place else {
            return Err(Error::new(Kind::Config, format!("`{name}` cannot be attached: only SQLite attaches files"))
                .with_hint("take `attach` out, or set it under the database that it is for"));
        };
        file.attach(name, written, base)?;
        Ok(self)
    }

    /// The schemas of attached files, in their order; none of a server.
    pub(crate) fn attached(&self) -> Vec<Ident> {
        match &self.place {
            Place::File(file) => file.attached.iter().map(|one| one.name.clone()).collect(),
            Place::Server(_) => Vec::new(),
        }
    }

    /// A database of its own in memory with the schemas of this one, all of them empty.
    pub(crate) fn empty_in_memory(&self) -> Self {
        Self::memory_with(&self.attached())
    }

    /// A database of its own in memory with these schemas beside the own one.
    pub(crate) fn memory_with(schemas: &[Ident]) -> Self {
        let mut memory = Self::memory();
        if let Place::File(file) = &mut memory.place {
            file.attached = schemas.iter().map(|name| Attached { name: name.clone(), path: None }).collect();
        }
        memory
    }
}

impl File {
    /// See [`Url::with_attached`].
    pub(super) fn attach(&mut self, name: &str, written: &str, base: &Path) -> Result<()> {
        let refused = |why: &str| Error::new(Kind::Config, format!("`{name}` cannot be attached: {why}"));
        let is_called = |word: &str| name.eq_ignore_ascii_case(word);
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Error::new(Kind::Config, "an attached file has no name that can be used")
                .with_hint("name it: `attach: { archive: archive.db }`"));
        }
        if is_called("main") || is_called("temp") {
            return Err(refused("every SQLite database has a schema of that name").with_hint("choose another name"));
        }
        if self.attached.iter().any(|one| is_called(one.name.as_str())) {
            return Err(refused("the name is there twice").with_hint("keep one of them"));
        }
        if written.contains("://") || written.ends_with('/') || written.is_empty() {
            return Err(
                refused("a path is needed").with_hint("write the path of the file: `attach: { archive: archive.db }`")
            );
        }
        let path = (written != MEMORY).then(|| below(base, written));
        if path.is_some() && path == self.path {
            return Err(refused("it is the main file itself").with_hint("attach another file, or take the line out"));
        }
        self.attached.push(Attached { name: Ident::from(name), path });
        Ok(())
    }
}

/// A path from a base. A bare name must not be taken for a URI or for SQLite's own words.
pub(super) fn below(base: &Path, written: &str) -> PathBuf {
    if base.as_os_str().is_empty() { Path::new(".").join(written) } else { base.join(written) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<Url> {
        Url::parse(text, Path::new("/project"))
    }

    fn files(url: &Url) -> Vec<(String, String)> {
        let Place::File(file) = &url.place else { return Vec::new() };
        let path = |one: &Attached| one.path.as_ref().map_or(MEMORY.to_owned(), |path| path.display().to_string());
        file.attached.iter().map(|one| (one.name.as_str().to_owned(), path(one))).collect()
    }

    #[test]
    fn files_are_attached_by_the_url() {
        let both = url("sqlite://app.db?attach=archive:old/a%3Ab.db&attach=logs:/var/l.db&mode=rw").unwrap();
        let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        assert_eq!(files(&both), [pair("archive", "/project/old/a:b.db"), pair("logs", "/var/l.db")]);
        assert_eq!(both.safe(), "sqlite://app.db");
        assert_eq!(files(&both.empty_in_memory()), [pair("archive", MEMORY), pair("logs", MEMORY)]);
        let more = both.with_attached("more", MEMORY, Path::new("")).unwrap();
        assert_eq!(more.attached().len(), 3);
    }

    #[test]
    fn what_cannot_be_attached_is_named() {
        for (name, written, why) in [
            ("main", "a.db", "every SQLite database"),
            ("TEMP", "a.db", "every SQLite database"),
            ("a", "sqlite://a.db", "a path is needed"),
            ("a", "app.db", "it is the main file itself"),
            ("One", "b.db", "the name is there twice"),
            ("", "b.db", "no name"),
        ] {
            let error =
                url("sqlite://app.db?attach=one:a.db").unwrap().with_attached(name, written, Path::new("/project"));
            assert!(error.unwrap_err().phrase().contains(why), "{name} {written}");
        }
        assert!(url("postgres://h/x").unwrap().with_attached("a", "a.db", Path::new("")).is_err());
        assert!(url("postgres://h/x?attach=a:a.db").is_err());
        assert!(url("sqlite://app.db?attach=a.db").is_err());
    }
}
