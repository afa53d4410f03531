//! The text of `migrate.yaml` into layers. No I/O. Lines of this file are not quoted in errors: they may hold secrets.

use crate::config::layer::{CommandSetting, Layer, ModelsSetting, PasswordSetting};
use crate::config::setting::Setting;
use crate::error::{Kind, Result};
use crate::text_file::or_conflict;
use crate::yaml;
use crate::yaml::{Fields, Key, Node, Value};
use std::path::Path;

/// The format of this file that is known here.
const FORMAT: u32 = 1;

/// What `migrate.yaml` says.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) top: Section,
    /// `environments:`, in the order of the file.
    pub(super) environments: Vec<(String, Section)>,
}

/// The top level, or one environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) layer: Layer,
    /// `databases:`, in the order of the file.
    pub(super) databases: Vec<(String, Layer)>,
}

impl ConfigFile {
    /// Reads the file's text. Every error names file, line and column and is of [`Kind::Config`].
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self> {
        let read = yaml::document(text).and_then(|node| Self::of(node, path));
        read.map_err(|error| or_conflict(error, text).into_kind(Kind::Config).in_file(path))
    }

    fn of(node: Node, path: &Path) -> Result<Self> {
        let mut fields = Fields::of(node, "the configuration")?;
        fields.take_format(FORMAT)?;
        let environments = named(fields.take("environments"), |node| {
            let mut fields = Fields::of(node, "an environment")?;
            let section = section(&mut fields, path)?;
            finish(fields)?;
            Ok(section)
        })?;
        let top = section(&mut fields, path)?;
        finish(fields)?;
        Ok(Self { top, environments })
    }
}

fn section(fields: &mut Fields, path: &Path) -> Result<Section> {
    let layer = layer(fields, path)?;
    let databases = named(fields.take("databases"), |node| {
        let mut fields = Fields::of(node, "a database")?;
        let mut layer = layer_with_url(&mut fields, path)?;
        layer.role = scalar(&mut fields, "role", path)?.or(layer.role);
        fields.finish()?;
        Ok(layer)
    })?;
    Ok(Section { layer, databases })
}

/// A map of named things.
fn named<T>(node: Option<Node>, mut make: impl FnMut(Node) -> Result<T>) -> Result<Vec<(String, T)>> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let entries = node.entries()?.into_iter();
    entries.map(|(key, node)| Ok((name(key)?, make(node)?))).collect()
}

/// `all` names every database on the command line.
fn name(key: Key) -> Result<String> {
    if key.text.is_empty() || key.text == "all" {
        return Err(key.error(format!("the name `{}` cannot be used", key.text)).with_hint("choose another name"));
    }
    Ok(key.text)
}

/// A database of its own has its URL at hand: `audit: { url: … }`.
fn layer_with_url(fields: &mut Fields, path: &Path) -> Result<Layer> {
    let own = place(fields, path)?;
    let layer = layer(fields, path)?;
    Ok(own.over(layer))
}

fn layer(fields: &mut Fields, path: &Path) -> Result<Layer> {
    let database = database(fields.optional("database"), path)?;
    let run = run(fields.optional("run"), path)?;
    let models = fields.optional("models").map(|node| models(node, path)).transpose()?;
    let hooks = fields
        .optional("hooks")
        .map(|node| node.list_of(|hook| command_line(hook, "hooks: [[program, argument]]", path)));
    let here = Layer {
        models,
        versions: list(fields, "versions", path)?.filter(|folders| !folders.is_empty()),
        version_table: scalar(fields, "version_table", path)?,
        schemas: list(fields, "schemas", path)?,
        ignore: list(fields, "ignore", path)?,
        unmanaged: scalar(fields, "unmanaged", path)?,
        compare: list(fields, "compare", path)?,
        scratch: scalar(fields, "scratch", path)?,
        scratch_setup: scalar(fields, "scratch_setup", path)?,
        write_as: scalar(fields, "write_as", path)?,
        file_template: scalar(fields, "file_template", path)?,
        slug_length: scalar(fields, "slug_length", path)?,
        timezone: scalar(fields, "timezone", path)?,
        revision_template: list(fields, "revision_template", path)?,
        hooks: hooks.transpose()?,
        heads_file: scalar(fields, "heads_file", path)?,
        server_version: scalar(fields, "server_version", path)?,
        ..run
    };
    Ok(here.over(database))
}

fn database(node: Option<Node>, path: &Path) -> Result<Layer> {
    let Some(node) = node else { return Ok(Layer::default()) };
    if let Value::Scalar { .. } = node.value {
        // The value is not shown: it may be a URL with a password.
        return Err(node
            .error("`database` is a map with keys such as url")
            .with_hint("write database: { url: \"…\" }"));
    }
    let mut fields = Fields::of(node, "`database`")?;
    let place = place(&mut fields, path)?;
    let role = scalar(&mut fields, "role", path)?;
    fields.finish()?;
    Ok(Layer { role, ..place })
}

/// Which database, its password, and the files beside it.
fn place(fields: &mut Fields, path: &Path) -> Result<Layer> {
    let both = |node: &Node, one: &str, other: &str| {
        node.error(format!("`{one}` and `{other}` say the same thing")).with_hint("keep one of them")
    };
    let url = scalar(fields, "url", path)?;
    let url_file = fields.optional("url_file");
    if let (Some(_), Some(node)) = (&url, &url_file) {
        return Err(both(node, "url", "url_file"));
    }
    let file = fields.optional("password_file");
    let command = fields.optional("password_command");
    if let (Some(_), Some(node)) = (&file, &command) {
        return Err(both(node, "password_file", "password_command"));
    }
    let file = file.map(|node| Setting::of_node(node, path).map(PasswordSetting::File)).transpose()?;
    let command = command.map(|node| command_line(node, "password_command: [program, argument]", path)).transpose()?;
    Ok(Layer {
        url,
        url_file: url_file.map(|node| Setting::of_node(node, path)).transpose()?,
        password: file.or(command.map(PasswordSetting::Command)),
        attach: attach(fields.optional("attach"), path)?,
        ..Layer::default()
    })
}

/// `attach: { name: file }`.
fn attach(node: Option<Node>, path: &Path) -> Result<Option<Vec<(Setting, Setting)>>> {
    let Some(node) = node else { return Ok(None) };
    if !matches!(node.value, Value::Map(_)) {
        return Err(node
            .error("`attach` is a map of names and files")
            .with_hint("write attach: { archive: archive.db }"));
    }
    let file = |(key, node): (Key, Node)| Ok((Setting::of_key(key, path), Setting::of_node(node, path)?));
    node.entries()?.into_iter().map(file).collect::<Result<_>>().map(Some)
}

fn run(node: Option<Node>, path: &Path) -> Result<Layer> {
    let Some(node) = node else { return Ok(Layer::default()) };
    let mut fields = Fields::of(node, "`run`")?;
    let layer = Layer {
        lock_wait: scalar(&mut fields, "lock_wait", path)?,
        lock_timeout: scalar(&mut fields, "lock_timeout", path)?,
        retries: scalar(&mut fields, "retries", path)?,
        statement_timeout: scalar(&mut fields, "statement_timeout", path)?,
        wait: scalar(&mut fields, "wait", path)?,
        on_signal: scalar(&mut fields, "on_signal", path)?,
        backup: scalar(&mut fields, "backup", path)?,
        allow_copy: scalar(&mut fields, "allow_copy", path)?,
        keep_limit: scalar(&mut fields, "keep_limit", path)?,
        keep_text: scalar(&mut fields, "keep_text", path)?,
        ..Layer::default()
    };
    fields.finish()?;
    Ok(layer)
}

/// A file, a folder, a list of them, or `{ command: [program, argument, …] }`.
fn models(node: Node, path: &Path) -> Result<ModelsSetting> {
    if !matches!(node.value, Value::Map(_)) {
        return Ok(ModelsSetting::Paths(settings(node, path)?));
    }
    let mut fields = Fields::of(node, "`models`")?;
    let command = fields.require("command")?;
    let command = command_line(command, "models: { command: [program, argument] }", path)?;
    let timeout = scalar(&mut fields, "timeout", path)?;
    let language = scalar(&mut fields, "as", path)?;
    fields.finish()?;
    Ok(ModelsSetting::Command { command: CommandSetting { timeout, ..command }, language })
}

/// `[program, argument, …]`, or `{ command: […], timeout: 30s }`; `example` shows it.
fn command_line(node: Node, example: &str, path: &Path) -> Result<CommandSetting> {
    if matches!(node.value, Value::Map(_)) {
        let mut fields = Fields::of(node, "a command")?;
        let words = command_line(fields.require("command")?, example, path)?.words;
        let timeout = scalar(&mut fields, "timeout", path)?;
        fields.finish()?;
        return Ok(CommandSetting { words, timeout });
    }
    let place = node.error("`command` needs a program").with_hint(format!("write {example}"));
    let words = node.list_of(|node| Setting::of_node(node, path))?;
    if words.is_empty() { Err(place) } else { Ok(CommandSetting { words, timeout: None }) }
}

fn scalar(fields: &mut Fields, key: &'static str, path: &Path) -> Result<Option<Setting>> {
    fields.optional(key).map(|node| Setting::of_node(node, path)).transpose()
}

fn list(fields: &mut Fields, key: &'static str, path: &Path) -> Result<Option<Vec<Setting>>> {
    fields.optional(key).map(|node| settings(node, path)).transpose()
}

fn settings(node: Node, path: &Path) -> Result<Vec<Setting>> {
    node.one_or_list_of(|item| Setting::of_node(item, path))
}

/// As [`Fields::finish`], with the usual mistake named: `url:` or `attach:` at the top.
fn finish(fields: Fields) -> Result<()> {
    match fields.left_over().filter(|key| ["url", "role", "attach"].contains(&key.text.as_str())) {
        Some(key) => Err(key
            .error(format!("the key `{}` stands under `database`", key.text))
            .with_hint(format!("write database: {{ {}: … }}", key.text))),
        None => fields.finish(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phrase, line, column and hint of the error.
    fn refused(text: &str) -> (String, usize, usize, String) {
        let error = ConfigFile::parse(text, Path::new("/p/migrate.yaml")).unwrap_err();
        let place = error.place();
        assert_eq!(error.kind(), Kind::Config);
        assert_eq!(place.file.as_deref(), Some(Path::new("/p/migrate.yaml")));
        assert_eq!(place.text, None, "lines of the configuration are not shown");
        let hint = error.hint().unwrap_or_default().to_owned();
        (error.phrase().to_owned(), place.line.unwrap(), place.column.unwrap(), hint)
    }

    #[test]
    fn what_is_refused() {
        for (text, phrase, line, column, hint) in [
            (
                "format: 2\nnew_key: 1\n",
                "this file was made by a newer migrate: its format is 2, known here is 1",
                1,
                9,
                "install the newer migrate",
            ),
            ("\nverions: a\n", "unknown key `verions` in the configuration", 2, 1, "write `versions`"),
            ("url: sqlite://a.db\n", "the key `url` stands under `database`", 1, 1, "write database: { url: … }"),
            (
                "database: postgres://u:secret@h/d\n",
                "`database` is a map with keys such as url",
                1,
                11,
                "write database: { url: \"…\" }",
            ),
            ("database:\n  uri: x\n", "unknown key `uri` in `database`", 2, 3, "write `url`"),
            ("run: { lockwait: 5s }\n", "unknown key `lockwait` in `run`", 1, 8, "write `lock_wait`"),
            ("run: postgres://u:secret@h/d\n", "expected `run` (a map), found a URL", 1, 6, ""),
            (
                "models: { comand: x }\n",
                "`command` is missing in `models`",
                1,
                9,
                "write `command` instead of `comand`",
            ),
            (
                "models: { command: [] }\n",
                "`command` needs a program",
                1,
                20,
                "write models: { command: [program, argument] }",
            ),
            ("models: { command: python }\n", "expected a list, found the text `python`", 1, 20, ""),
            ("hooks: [black]\n", "expected a list, found the text `black`", 1, 9, ""),
            ("hooks: [[]]\n", "`command` needs a program", 1, 9, "write hooks: [[program, argument]]"),
            (
                "hooks: [{ comand: [a] }]\n",
                "`command` is missing in a command",
                1,
                9,
                "write `command` instead of `comand`",
            ),
            ("versions: [[a]]\n", "expected text, found a list", 1, 12, ""),
            ("unmanaged: [drop]\n", "expected text, found a list", 1, 12, ""),
            (
                "environments:\n  prod:\n    scrach: x\n",
                "unknown key `scrach` in an environment",
                3,
                5,
                "write `scratch`",
            ),
            ("environments: [prod]\n", "expected a map, found a list", 1, 15, ""),
            ("databases:\n  all: { url: x }\n", "the name `all` cannot be used", 2, 3, "choose another name"),
            ("databases:\n  audit: { urls: x }\n", "unknown key `urls` in a database", 2, 12, "write `url`"),
            ("a: 1\na: 2\n", "the key `a` is there twice; the first is on line 1", 2, 1, "keep one of them"),
            ("- a\n", "expected the configuration (a map), found a list", 1, 1, ""),
            (
                "a: b: c\n",
                "not valid YAML: mapping values are not allowed in this context",
                1,
                5,
                "quote a text that contains a colon and a blank, and check the indentation",
            ),
        ] {
            assert_eq!(refused(text), (phrase.to_owned(), line, column, hint.to_owned()), "{text}");
        }
    }

    #[test]
    fn attached_files_stand_beside_the_url() {
        let (phrase, line, column, hint) = refused("attach: { a: b }\n");
        assert_eq!((phrase.as_str(), line, column), ("the key `attach` stands under `database`", 1, 1));
        assert_eq!(hint, "write database: { attach: … }");
        let (phrase, line, column, hint) = refused("database: { attach: a.db }\n");
        assert_eq!((phrase.as_str(), line, column), ("`attach` is a map of names and files", 1, 21));
        assert_eq!(hint, "write attach: { archive: archive.db }");
    }

    #[test]
    fn two_places_for_one_thing_are_refused() {
        for (text, phrase, line, column, hint) in [
            (
                "database: { url: a, url_file: b }\n",
                "`url` and `url_file` say the same thing",
                1,
                31,
                "keep one of them",
            ),
            (
                "database:\n  password_command: [a]\n  password_file: b\n",
                "`password_file` and `password_command` say the same thing",
                2,
                21,
                "keep one of them",
            ),
            ("database: { password_command: secret }\n", "expected a list, found the text `secret`", 1, 31, ""),
        ] {
            assert_eq!(refused(text), (phrase.to_owned(), line, column, hint.to_owned()), "{text}");
        }
    }

    #[test]
    fn every_key_is_read() {
        let text = "format: 1\ndatabase: { url: u, role: r, attach: { a: b } }\nmodels: m\nversions: [a, b]\nversion_table: t\nschemas: [s]\n\
                    ignore: [i]\nunmanaged: drop\nscratch: s\nscratch_setup: f.sql\nwrite_as: sql\nfile_template: x\nheads_file: true\nserver_version: v\n\
                    slug_length: 9\ntimezone: UTC\nrevision_template: t.yaml\nhooks: [[a, b], { command: [c], timeout: 1s }]\n\
                    run: { lock_wait: 1s, lock_timeout: 2s, retries: 3, statement_timeout: 4s, keep_text: false }\n";
        let layer = ConfigFile::parse(text, Path::new("x")).unwrap().top.layer;
        assert!(layer.url.is_some() && layer.role.is_some() && layer.models.is_some() && layer.version_table.is_some());
        assert!(
            layer.schemas.is_some() && layer.ignore.is_some() && layer.unmanaged.is_some() && layer.scratch.is_some()
        );
        assert!(layer.scratch_setup.is_some() && layer.write_as.is_some() && layer.file_template.is_some());
        assert!(layer.heads_file.is_some() && layer.attach.is_some());
        assert!(layer.lock_wait.is_some() && layer.lock_timeout.is_some() && layer.retries.is_some());
        assert!(layer.keep_text.is_some() && layer.statement_timeout.is_some() && layer.server_version.is_some());
        assert_eq!((layer.versions.unwrap().len(), layer.hooks.unwrap().len()), (2, 2));
        assert!(layer.slug_length.is_some() && layer.timezone.is_some() && layer.revision_template.is_some());
    }

    #[test]
    fn empty_says_nothing() {
        for text in
            ["", "# comment\n", "models:\nrun:\ndatabase: ~\nenvironments:\n", "environments: { prod: }", "\u{feff}"]
        {
            let file = ConfigFile::parse(text, Path::new("x")).unwrap();
            assert_eq!(file.top.layer, Layer::default(), "{text}");
        }
    }

    #[test]
    fn settings_do_not_show_their_text() {
        let file = ConfigFile::parse("database: { url: \"postgres://u:secret@h/d\" }", Path::new("x")).unwrap();
        assert!(!format!("{file:?}").contains("secret"));
    }
}
