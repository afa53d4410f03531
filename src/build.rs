//! For build scripts: revisions into the program, checked while it is built.
//!
//! ```toml
//! [dependencies]
//! migratory = { version = "0.1", default-features = false, features = ["sqlite", "run"] }
//! [build-dependencies]
//! migratory = { version = "0.1", default-features = false, features = ["build"] }
//! ```
//! ```no_run
//! // all of `main` in build.rs
//! migrate::build::embed("versions").emit();
//! ```
//! ```ignore
//! // in the program
//! include!(concat!(env!("OUT_DIR"), "/migrations.rs"));
//! let migrator = migrate::Migrator::new(&MIGRATIONS)?;
//! ```
//! A cycle, an id that is there twice, a missing parent or a file that cannot be read fails the build, and a new or changed
//! file builds again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Environment;
use crate::error::{Error, Kind, Result};
use crate::revision::{File, Revisions, folder};
use crate::text_file;
use crate::text_file::is_yaml;

/// Folders of revisions that become one static.
#[derive(Clone, Debug)]
pub struct Embed {
    folders: Vec<PathBuf>,
    name: String,
}

/// The revisions in a folder; relative to the package's own.
pub fn embed(folder: impl AsRef<Path>) -> Embed {
    Embed { folders: vec![folder.as_ref().to_path_buf()], name: "MIGRATIONS".to_owned() }
}

impl Embed {
    /// Those in a further folder too.
    #[must_use]
    pub fn and(mut self, folder: impl AsRef<Path>) -> Self {
        self.folders.push(folder.as_ref().to_path_buf());
        self
    }

    /// The name of the static, and in lower case of the file: `AUDIT_MIGRATIONS` is in `audit_migrations.rs`. Without it
    /// `MIGRATIONS` in `migrations.rs`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Reads, checks and writes `$OUT_DIR/migrations.rs`, and tells Cargo what to watch.
    ///
    /// # Panics
    /// If anything is wrong with the revisions: in a build script that is how a build fails. [`Embed::try_emit`] returns
    /// the error instead.
    #[expect(clippy::panic, reason = "a build script fails by its exit code, and prints what it panicked with")]
    pub fn emit(&self) {
        if let Err(error) = self.try_emit() {
            panic!("{}", for_people(&error));
        }
    }

    /// As [`Embed::emit`].
    ///
    /// # Errors
    /// [`Kind::File`] or [`Kind::Graph`] for what is wrong with the revisions, [`Kind::Config`] outside a build script.
    #[expect(clippy::print_stdout, reason = "it is how a build script talks to Cargo")]
    pub fn try_emit(&self) -> Result<()> {
        let environment = Environment::from_process();
        let variable = |name: &str| {
            let value = environment.filled(name).map(PathBuf::from);
            value.ok_or_else(|| Error::new(Kind::Config, format!("{name} is not set")).with_hint("call it in build.rs"))
        };
        let (package, out) = (variable("CARGO_MANIFEST_DIR")?, variable("OUT_DIR")?);
        for folder in &self.folders {
            println!("cargo::rerun-if-changed={}", package.join(folder).display());
        }
        let made = self.generate(&package)?;
        for path in &made.watched {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        let path = out.join(self.name.to_lowercase()).with_extension("rs");
        let failed = |error| text_file::unwritten("cannot write the file", &path, &error);
        fs::write(&path, made.text).map_err(failed)
    }

    /// The text of the file, with the revisions of folders in `package`.
    fn generate(&self, package: &Path) -> Result<Generated> {
        let mut files = Vec::new();
        let mut watched = Vec::new();
        for name in &self.folders {
            let found = folder::read(&[package.join(name)])?;
            watched.extend(found.iter().map(|file| file.path.clone()));
            files.extend(found);
        }
        let mut text = format!(
            "/// The revisions of this program.\npub static {}: ::migrate::Embedded = ::migrate::Embedded::new(&[\n",
            self.name
        );
        for file in &files {
            text.push_str(&entry(file, package)?);
        }
        text.push_str("]);\n");
        if let Some(path) = first_on_rows(&files)? {
            let path = path.strip_prefix(package).unwrap_or(path);
            let refusal = format!("{} works on rows: give migratory the Cargo feature `orm`", path.display());
            writeln!(text, "const _: () = assert!(::migrate::Embedded::WORKS_ON_ROWS, {refusal:?});")
                .map_err(unwritable)?;
        }
        Revisions::new(files)?;
        Ok(Generated { text, watched })
    }
}

/// The first revision that a program without operations on rows could not run.
fn first_on_rows(files: &[File]) -> Result<Option<&Path>> {
    for file in files {
        if file.body()?.works_on_rows() {
            return Ok(Some(&file.path));
        }
    }
    Ok(None)
}

/// What [`Embed::generate`] makes.
struct Generated {
    text: String,
    watched: Vec<PathBuf>,
}

/// One revision as an expression. Bodies are read here, so that one which cannot be read fails the build.
fn entry(file: &File, package: &Path) -> Result<String> {
    let sealed = file.seal()?;
    let sealed = if is_yaml(&file.path) == Some(true) { sealed } else { Vec::new() };
    // Where the program was built is nobody's business.
    let path = file.path.strip_prefix(package).unwrap_or(&file.path);
    let mut text = "    ::migrate::EmbeddedRevision {\n".to_owned();
    for (name, value) in [
        ("id", file.header.revision.as_str()),
        ("path", &path.to_string_lossy()),
        ("text", &file.text),
        ("sha256", &file.checksum()),
    ] {
        writeln!(text, "        {name}: {value:?},").map_err(unwritable)?;
    }
    writeln!(text, "        sealed: b\"{}\",\n    }},", sealed.escape_ascii()).map_err(unwritable)?;
    Ok(text)
}

fn unwritable(error: std::fmt::Error) -> Error {
    Error::new(Kind::File, "cannot write the text").caused_by(error)
}

/// The error with its place and hint, as the program would print it.
fn for_people(error: &Error) -> String {
    let place = error.place();
    let mut text = String::new();
    if let Some(file) = &place.file {
        let line = place.line.map_or_else(String::new, |line| format!(":{line}"));
        text = format!("{}{line}: ", file.display());
    }
    let hint = error.hint().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    format!("{text}{error}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str =
        "revision: a1\nmessage: \"say \\\"hi\\\"\"\nupgrade:\n  - create_table: { name: t, columns: { id: int } }\n";
    const SECOND: &str = "\u{feff}-- revision: b2\r\n-- down_revision: a1\r\n-- migrate:up\r\nSELECT 'ä';\r\n";

    fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("versions")).unwrap();
        files.iter().for_each(|(name, text)| fs::write(place.path().join("versions").join(name), text).unwrap());
        place
    }

    #[test]
    fn the_text_holds_every_revision() {
        let place = package(&[("1.yaml", FIRST), ("2.sql", SECOND)]);
        let made = embed("versions").named("AUDIT").generate(place.path()).unwrap();
        assert!(made.text.contains("pub static AUDIT: ::migrate::Embedded"), "{}", made.text);
        assert!(made.text.contains("path: \"versions/1.yaml\"") && made.text.contains("path: \"versions/2.sql\""));
        assert!(made.text.contains("text: \"-- revision: b2\\n"), "no BOM and no CR: {}", made.text);
        assert!(made.text.contains("sealed: b\"\""), "SQL is read from its text");
        assert!(!made.text.contains(&*place.path().to_string_lossy()), "no path of this machine");
        let folder = place.path().join("versions");
        assert_eq!(made.watched, [folder.join("1.yaml"), folder.join("2.sql")]);
    }

    #[test]
    fn a_sealed_file_is_what_was_read() {
        let file = File::new("1.yaml", FIRST).unwrap();
        let again = File::unseal("1.yaml", FIRST, &file.checksum(), &file.seal().unwrap()).unwrap();
        assert_eq!((again.header.clone(), again.body().unwrap()), (file.header.clone(), file.body().unwrap()));
        assert_eq!(again.checksum(), file.checksum());
        let error = File::unseal("1.yaml", FIRST, "", b"old").unwrap_err();
        assert_eq!(error.phrase(), "the revision was embedded by another version of migratory");
    }

    #[test]
    fn a_program_that_cannot_work_on_rows_does_not_compile_with_a_data_step() {
        const STEP: &str = "  - update: { name: fill, table: t, set: { id: 1 }, irreversible: x }\n";
        let asserts = |text: &str| {
            let place = package(&[("1.yaml", text)]);
            embed("versions")
                .generate(place.path())
                .unwrap()
                .text
                .contains("assert!(::migrate::Embedded::WORKS_ON_ROWS")
        };
        assert!(!asserts(FIRST));
        assert!(asserts(&format!("{FIRST}{STEP}")));
        assert!(asserts(&format!("{FIRST}downgrade:\n{STEP}")));
    }

    #[test]
    fn what_is_wrong_fails_the_build() {
        let orphan = "revision: c\ndown_revision: missing\nupgrade: []\n";
        let unreadable = "revision: c\nupgrade:\n  - add_colum: { table: t }\n";
        for (name, text, phrase) in [
            ("3.yaml", orphan, "missing"),
            ("3.yaml", unreadable, "3.yaml:3: unknown operation `add_colum`\nhint: write `add_column`"),
            ("3.sql", "-- revision: c\n", "-- migrate:up"),
            ("3.yaml", FIRST, "a1"),
        ] {
            let place = package(&[("1.yaml", FIRST), (name, text)]);
            let said = for_people(&embed("versions").generate(place.path()).err().unwrap());
            assert!(said.contains(phrase), "{said}");
        }
        assert!(embed("none").generate(package(&[]).path()).is_err());
    }
}
