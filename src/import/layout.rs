//! Where an Alembic project has what: `alembic.ini`, `pyproject.toml`, or the folder of scripts alone.

use std::path::{Path, PathBuf};

use super::ini::Ini;
use super::python::{Module, Value};
use crate::error::{Error, Kind, Result};
use crate::text_file::{read_text, tidy_text};

const SECTION: &str = "alembic";

/// What the configuration says.
pub(super) struct Layout {
    pub(super) root: PathBuf,
    pub(super) config: Option<PathBuf>,
    pub(super) toml: Option<PathBuf>,
    pub(super) scripts: PathBuf,
    pub(super) url: Option<String>,
    pub(super) locations: Vec<PathBuf>,
    pub(super) is_recursive: bool,
}

/// The layout of the project at `path`: one of its two configurations, its folder, or its folder of scripts.
pub(super) fn layout(path: &Path) -> Result<Layout> {
    if let Some(configuration) = Configuration::at(path)? {
        return configuration.layout();
    }
    if path.is_file() {
        return Err(Error::new(Kind::Config, "the file has no section [alembic], or [tool.alembic] in TOML")
            .in_file(path)
            .with_hint("name the alembic.ini of the project, or the folder that has env.py and versions/"));
    }
    if path.join("env.py").is_file() || has_python(&path.join("versions")) {
        return Ok(around(path));
    }
    let phrase = format!("there is no Alembic project in {}", path.display());
    Err(Error::new(Kind::Usage, phrase)
        .with_hint("name alembic.ini, its folder, or the folder that has env.py and versions/"))
}

/// A folder `versions` alone may be that of a project of ours.
fn has_python(folder: &Path) -> bool {
    let is_python = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.path().extension().is_some_and(|ending| ending == "py"))
    };
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.any(is_python))
}

/// The folder of scripts; a configuration above it that names it counts too.
fn around(scripts: &Path) -> Layout {
    let same = |layout: &Layout| layout.scripts.canonicalize().ok() == scripts.canonicalize().ok();
    let above = scripts.parent().and_then(|folder| Configuration::at(folder).ok().flatten());
    if let Some(layout) = above.and_then(|above| above.layout().ok()).filter(same) {
        return layout;
    }
    Layout {
        root: scripts.parent().unwrap_or(scripts).to_path_buf(),
        config: None,
        toml: None,
        scripts: scripts.to_path_buf(),
        url: None,
        locations: vec![scripts.join("versions")],
        is_recursive: false,
    }
}

/// Both files of a project, as far as they speak of Alembic.
struct Configuration {
    root: PathBuf,
    ini: Option<(PathBuf, Ini)>,
    toml: Option<(PathBuf, Module)>,
}

impl Configuration {
    /// Of a file, or of the files in a folder; None = they do not speak of Alembic.
    fn at(path: &Path) -> Result<Option<Self>> {
        let is_file = path.is_file();
        let root = if is_file { path.parent().unwrap_or_else(|| Path::new("")) } else { path }.to_path_buf();
        let is_toml = is_file && path.extension().is_some_and(|ending| ending == "toml");
        let ini = if is_file && !is_toml { path.to_path_buf() } else { root.join("alembic.ini") };
        let toml = if is_toml { path.to_path_buf() } else { root.join("pyproject.toml") };
        let ini = if ini.is_file() { Some((read_ini(&ini, &root)?, ini)) } else { None };
        let toml = if toml.is_file() { read_toml(&toml)?.map(|section| (toml, section)) } else { None };
        let ini = ini.filter(|(ini, _)| ini.has(SECTION)).map(|(read, path)| (path, read));
        // A file that is named has to speak of it.
        let is_silent = if is_file && !is_toml { ini.is_none() } else { ini.is_none() && toml.is_none() };
        Ok((!is_silent).then_some(Self { root, ini, toml }))
    }

    /// A value; that of TOML first, as Alembic reads them. A list in lines.
    fn get(&self, key: &str) -> Result<Option<String>> {
        let here = self.root.display().to_string();
        let filled = |text: &str| text.replace("%(here)s", &here).replace("%%", "%");
        match self.toml.as_ref().and_then(|(_, section)| section.value(key).ok().flatten()) {
            Some((Value::Text(text), _)) => return Ok(Some(filled(&text))),
            Some((Value::List(items), _)) => {
                let lines = items
                    .iter()
                    .filter_map(|item| if let Value::Text(text) = item { Some(filled(text)) } else { None });
                return Ok(Some(lines.collect::<Vec<_>>().join("\n")));
            }
            Some((Value::None, _)) | None => {}
        }
        let Some((path, ini)) = &self.ini else { return Ok(None) };
        ini.get(SECTION, key).map_err(|error| error.in_file(path))
    }

    fn file(&self) -> &Path {
        let ini = self.ini.as_ref().map(|(path, _)| path);
        ini.or(self.toml.as_ref().map(|(path, _)| path)).map_or(self.root.as_path(), PathBuf::as_path)
    }

    fn layout(&self) -> Result<Layout> {
        let url = self.get("sqlalchemy.url")?;
        let refused = |phrase: String| Error::new(Kind::Config, phrase).in_file(self.file());
        let Some(location) = self.get("script_location")? else {
            // A file that lies among the scripts need not say where they are.
            return if self.root.join("env.py").is_file() {
                let locations = vec![self.root.join("versions")];
                let (root, scripts) = (self.root.clone(), self.root.clone());
                Ok(Layout { root, config: None, toml: None, scripts, url, locations, is_recursive: false })
            } else {
                Err(refused("`script_location` is missing".to_owned()).with_hint("name the folder of env.py instead"))
            };
        };
        let scripts = place(&self.root, &location);
        if !scripts.is_dir() {
            return Err(refused(format!("`script_location` names {location}, which is no folder here"))
                .with_hint("name the folder that has env.py and versions/ instead"));
        }
        let in_toml =
            self.toml.as_ref().is_some_and(|(_, section)| matches!(section.value("version_locations"), Ok(Some(_))));
        let named = self.get("path_separator")?.or(self.get("version_path_separator")?);
        let separator = if in_toml { Some("newline") } else { named.as_deref() };
        let locations = match self.get("version_locations")? {
            None => vec![scripts.join("versions")],
            Some(list) => split(&list, separator).iter().map(|one| place(&self.root, one)).collect(),
        };
        let is_true = |word: String| ["true", "yes", "on", "y", "t", "1"].contains(&word.to_lowercase().as_str());
        let is_recursive = self.get("recursive_version_locations")?.is_some_and(is_true);
        Ok(Layout {
            root: self.root.clone(),
            config: self.ini.as_ref().map(|(path, _)| path.clone()),
            toml: self.toml.as_ref().map(|(path, _)| path.clone()),
            scripts,
            url,
            locations,
            is_recursive,
        })
    }
}

fn read_ini(path: &Path, root: &Path) -> Result<Ini> {
    Ok(Ini::read(&tidy_text(&read_text(path)?), &root.display().to_string()))
}

/// The section [tool.alembic]: what Alembic reads there, texts and lists of them, is written as in Python, but for the
/// words true and false.
fn read_toml(path: &Path) -> Result<Option<Module>> {
    let text = tidy_text(&read_text(path)?);
    let mut lines = text.lines().skip_while(|line| line.trim() != "[tool.alembic]");
    if lines.next().is_none() {
        return Ok(None);
    }
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with('[')).collect();
    Ok(Some(Module::read(&format!("true = \"true\"\nfalse = \"false\"\n{}\n", section.join("\n")))))
}

/// A path, or `package:path` of a package whose source lies here.
fn place(root: &Path, text: &str) -> PathBuf {
    let text = text.trim();
    match text.split_once(':') {
        Some((package, path)) if !text.starts_with('/') => {
            let inside = package.replace('.', "/");
            let here = root.join(&inside).join(path);
            if here.is_dir() { here } else { root.join("src").join(inside).join(path) }
        }
        _ => root.join(text),
    }
}

/// Without a separator that is named, blanks and commas are one.
fn split(list: &str, separator: Option<&str>) -> Vec<String> {
    let parts: Vec<&str> = match separator {
        Some("os" | ":") => list.split(':').collect(),
        Some(";") => list.split(';').collect(),
        Some("newline") => list.lines().collect(),
        Some(_) => list.split_whitespace().collect(),
        None => list.split(|c: char| c == ',' || c.is_whitespace()).collect(),
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn lists_of_paths() {
        for (list, separator, expected) in [
            ("a:b", Some("os"), vec!["a", "b"]),
            ("a b\nc", Some("space"), vec!["a", "b", "c"]),
            ("a b\n c", Some("newline"), vec!["a b", "c"]),
            ("a, b c", None, vec!["a", "b", "c"]),
            ("a;b", Some(";"), vec!["a", "b"]),
        ] {
            assert_eq!(split(list, separator), expected, "{list:?}");
        }
    }
}
