//! An Alembic project on disk: where its revisions lie, and what their heads say. Reads files, runs nothing.

use std::fs;
use std::path::{Path, PathBuf};

use super::header;
use super::layout::{Layout, layout};
use crate::error::{Error, Kind, Result};
use crate::graph::{Graph, Node, Origin};
use crate::revision::Header;
use crate::text_file::tidy_text;

/// A project whose history is sound.
pub(crate) struct Project {
    /// Where people run Alembic: the folder of its configuration, else of the scripts.
    pub(crate) root: PathBuf,
    /// `alembic.ini`, where there is one that says where the scripts are.
    pub(crate) config: Option<PathBuf>,
    /// `pyproject.toml`, where that says it.
    pub(crate) toml: Option<PathBuf>,
    /// The folder of `env.py`.
    pub(crate) scripts: PathBuf,
    /// What `sqlalchemy.url` says.
    pub(crate) url: Option<String>,
    /// Folders of revisions, in their order.
    pub(crate) locations: Vec<PathBuf>,
    /// In the order of folders and names.
    pub(crate) revisions: Vec<Revision>,
    pub(crate) graph: Graph,
}

/// A revision file.
pub(crate) struct Revision {
    pub(crate) header: Header,
    /// Which of the locations it lies in.
    pub(crate) location: usize,
    /// The file's name without its ending.
    pub(crate) stem: String,
}

impl Project {
    /// Opens the project at `path`: an `alembic.ini`, its folder, or the folder of scripts.
    ///
    /// # Errors
    /// [`Kind::Usage`] if there is none; [`Kind::Config`] and [`Kind::File`] for what cannot be read, all files together;
    /// [`Kind::Graph`] as [`Graph::build`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let Layout { root, config, toml, scripts, url, locations, is_recursive } = layout(&plain(path))?;
        let mut revisions = Vec::new();
        let mut nodes = Vec::new();
        let mut problems = Vec::new();
        for (location, folder) in locations.iter().enumerate() {
            for path in files(folder, is_recursive)? {
                match revision(&path) {
                    Ok(header) => {
                        nodes.push(node(&header, &path));
                        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
                        revisions.push(Revision { header, location, stem });
                    }
                    Err(error) => problems.push(error),
                }
            }
        }
        refuse(problems)?;
        let graph = Graph::build(nodes)?;
        Ok(Self { root, config, toml, scripts, url, locations, revisions, graph })
    }
}

/// Without parts that say nothing: what is made from it is shown to people.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Revision files in the order of their names, as Alembic chooses them.
fn files(folder: &Path, is_recursive: bool) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Error::new(Kind::File, "cannot read the folder of revisions")
            .in_file(folder)
            .caused_by(error)
            .with_hint("correct version_locations or script_location in alembic.ini")
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if is_recursive && name != "__pycache__" {
                found.extend(files(&path, true)?);
            }
        } else if name.ends_with(".py") && !name.starts_with("__init__") && !name.starts_with(".#") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn revision(path: &Path) -> Result<Header> {
    let text = source(path)?;
    header::read(path, &text).map_err(|error| error.in_file(path).quoting(&text))
}

/// The text of a Python file, in the encoding that its first two lines say.
fn source(path: &Path) -> Result<String> {
    let bytes = fs::read(path)
        .map_err(|error| Error::new(Kind::File, "cannot read the file").in_file(path).caused_by(error))?;
    let head: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').take(2).collect();
    let head = String::from_utf8_lossy(&head.join(&b'\n')).to_lowercase();
    let is_latin = head.lines().any(|line| {
        line.starts_with('#') && line.contains("coding") && ["latin", "8859-1"].iter().any(|name| line.contains(name))
    });
    if is_latin {
        return Ok(tidy_text(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>()));
    }
    crate::text_file::decode(bytes).map(|text| tidy_text(&text)).map_err(|error| error.in_file(path))
}

fn node(header: &Header, path: &Path) -> Node {
    Node {
        id: header.revision.clone(),
        down_revisions: header.down_revision.clone(),
        depends_on: header.depends_on.clone(),
        branch_labels: header.branch_labels.clone(),
        baseline: false,
        kept: false,
        origin: Origin { file: path.to_path_buf(), line: header.line },
    }
}

/// One problem as it is; several together.
fn refuse(mut problems: Vec<Error>) -> Result<()> {
    if problems.len() < 2 {
        return problems.pop().map_or(Ok(()), Err);
    }
    let error = Error::new(Kind::File, format!("{} revision files cannot be read", problems.len()));
    let line = |error: &Error| {
        let place = error.place();
        let file = place.file.as_ref().map_or_else(String::new, |file| file.display().to_string());
        let line = place.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("{file}{line}: {error}")
    };
    let hint = problems.first().and_then(Error::hint).unwrap_or_default().to_owned();
    Err(problems.iter().fold(error, |error, one| error.caused_by(line(one))).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::Project;
    use crate::error::{Error, Kind};
    use std::path::Path;

    fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn ids(project: &Project) -> String {
        let ids: Vec<&str> = project.revisions.iter().map(|one| one.header.revision.as_str()).collect();
        ids.join(" ")
    }

    fn opened(files: &[(&str, &str)], at: &str) -> Result<Project, Error> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(folder.path(), name, text);
        }
        Project::open(&folder.path().join(at))
    }

    #[test]
    fn projects_are_found_by_ini_folder_and_scripts() {
        let files = [
            ("alembic.ini", "[alembic]\nscript_location = %(here)s/scripts\nsqlalchemy.url = sqlite:///x.db\n"),
            ("scripts/env.py", ""),
            ("scripts/versions/a.py", "revision = 'a1'\ndown_revision = None\n"),
            ("scripts/versions/b.py", "revision = 'b1'\ndown_revision = 'a1'\n"),
            ("scripts/versions/__init__.py", ""),
            ("scripts/versions/.#b.py", "lock"),
            ("scripts/versions/sub/c.py", "revision = 'c1'\n"),
            ("scripts/versions/notes.txt", ""),
        ];
        for at in ["alembic.ini", "", "scripts"] {
            let project = opened(&files, at).unwrap();
            assert_eq!(ids(&project), "a1 b1", "{at}");
            assert_eq!(project.url.as_deref(), Some("sqlite:///x.db"));
            assert!(project.config.is_some());
        }
        let alone = opened(&files[1..], "scripts").unwrap();
        assert!(alone.config.is_none() && ids(&alone) == "a1 b1");
        assert_eq!(opened(&files, "nowhere").err().unwrap().kind(), Kind::Usage);
    }

    #[test]
    fn projects_whose_configuration_is_in_pyproject() {
        let toml = "[project]\nname = 'x'\n\n[tool.alembic]\nscript_location = \"%(here)s/scripts\"\n\
                    version_locations = [\n  \"%(here)s/one\", # first\n  \"%(here)s/two\",\n]\n\
                    recursive_version_locations = true\n\n[tool.other]\nscript_location = 'no'\n";
        let files = [
            ("pyproject.toml", toml),
            ("scripts/env.py", ""),
            ("one/a.py", "revision = 'a1'\n"),
            ("two/deep/b.py", "revision = 'b1'\n"),
            ("alembic.ini", "[alembic]\nsqlalchemy.url = sqlite:///x.db\n"),
        ];
        let project = opened(&files, "").unwrap();
        assert_eq!((ids(&project).as_str(), project.url.as_deref()), ("a1 b1", Some("sqlite:///x.db")));
        assert!(project.config.is_some() && project.toml.is_some());
        for at in ["", "pyproject.toml"] {
            let project = opened(&files[..4], at).unwrap();
            assert!(ids(&project) == "a1 b1" && project.config.is_none() && project.toml.is_some());
        }
        let plain = [("pyproject.toml", "[project]\nname = 'x'\n")];
        assert_eq!(opened(&plain, "").err().unwrap().kind(), Kind::Usage);
    }

    #[test]
    fn several_folders_packages_and_subfolders() {
        let files = [
            (
                "alembic.ini",
                "[alembic]\nscript_location = app:db\nversion_locations = one two\nrecursive_version_locations = true\n",
            ),
            ("app/db/env.py", ""),
            ("one/x/a.py", "revision = 'a1'\n"),
            ("two/b.py", "revision = 'b1'\ndown_revision = 'a1'\n"),
        ];
        let project = opened(&files, "").unwrap();
        assert_eq!((ids(&project).as_str(), project.locations.len()), ("a1 b1", 2));
        assert_eq!(project.revisions[1].location, 1);
    }

    #[test]
    fn all_unreadable_files_are_named_together() {
        let files = [
            ("env.py", ""),
            ("versions/a.py", "revision = new_id()\n"),
            ("versions/b.py", "\n\nrevision = 'not possible'\n"),
        ];
        let error = opened(&files, "").err().unwrap().to_string();
        for part in ["2 revision files", "a.py:1", "b.py:3"] {
            assert!(error.contains(part), "{error}");
        }
        let broken = [("env.py", ""), ("versions/a.py", "revision = 'a'\ndown_revision = 'z'\n")];
        assert_eq!(opened(&broken, "").err().unwrap().kind(), Kind::Graph);
        let missing = [("alembic.ini", "[alembic]\nscript_location = gone\n")];
        assert_eq!(opened(&missing, "").err().unwrap().kind(), Kind::Config);
        let no_folder =
            [("alembic.ini", "[alembic]\nscript_location = s\nversion_locations = gone\n"), ("s/env.py", "")];
        assert_eq!(opened(&no_folder, "").err().unwrap().kind(), Kind::File);
    }

    #[test]
    fn files_in_latin_letters() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "env.py", "");
        write(folder.path(), "versions/a.py", b"# -*- coding: latin-1 -*-\n'gr\xfcn'\nrevision = 'a'\n");
        let project = Project::open(folder.path()).unwrap();
        assert_eq!(project.revisions[0].header.message, "gr\u{fc}n");
        write(folder.path(), "versions/a.py", b"'gr\xfcn'\nrevision = 'a'\n");
        assert!(Project::open(folder.path()).is_err());
    }
}
