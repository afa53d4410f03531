//! From the sources to a [`Config`]: find and read the file, choose the layers, understand the values.

use crate::config::file::{ConfigFile, Section};
use crate::config::values::{Of, Reading};
use crate::config::{Config, Environment, Layer, Sources};
use crate::error::{Error, Kind, Result};
use crate::yaml::nearest;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name of the file that is searched.
const FILE: &str = "migrate.yaml";
/// More than this was not written by a person.
const MOST_BYTES: u64 = 1 << 20;

impl Config {
    /// The configuration of the one database that a command works on.
    ///
    /// # Errors
    /// [`Kind::Config`] with file and line or the variable's name; [`Kind::Usage`] where `--db` does not choose one.
    pub(crate) fn load(sources: &Sources<'_>) -> Result<Self> {
        let project = Project::read(sources)?;
        match sources.flags.database.as_deref() {
            Some("all") => Err(Error::new(Kind::Usage, "this command works on one database")
                .with_hint(format!("choose it with --db: {}", project.names().join(", ")))),
            Some(name) => project.config(Some(name)),
            None => project.config(project.only_database()?),
        }
    }

    /// The configuration that this text would give as the file of this path, which need not be there.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub(crate) fn of_text(text: &str, path: &Path, sources: &Sources<'_>) -> Result<Self> {
        let project = Project::of(Some(path.to_path_buf()), ConfigFile::parse(text, path)?, sources)?;
        project.config(project.only_database()?)
    }

    /// The configurations that `--db` chooses; for `all` each of `databases:`, in the order of the file.
    ///
    /// # Errors
    /// As [`Config::load`]; `all` with one URL for all of them is refused.
    pub(crate) fn load_all(sources: &Sources<'_>) -> Result<Vec<Self>> {
        if sources.flags.database.as_deref() != Some("all") {
            return Ok(vec![Self::load(sources)?]);
        }
        let project = Project::read(sources)?;
        if project.names().is_empty() {
            return Err(Error::new(Kind::Usage, "there are no `databases:` to run on").with_hint("leave --db out"));
        }
        if let Some(url) = project.above.url.as_ref().or(project.above.url_file.as_ref()) {
            return Err(Error::new(Kind::Usage, url.described("one URL cannot serve for all databases"))
                .with_hint("leave it out, or choose one database with --db NAME"));
        }
        project.names().into_iter().map(|name| project.config(Some(name))).collect()
    }
}

/// What was read, before a database is chosen.
struct Project<'a> {
    environment: &'a Environment,
    root: PathBuf,
    path: Option<PathBuf>,
    file: ConfigFile,
    /// Which of `environments:` is laid over the rest.
    chosen: Option<String>,
    /// Variables and flags.
    above: Layer,
    /// `--no-commands` was not given.
    commands: bool,
}

impl<'a> Project<'a> {
    fn read(sources: &Sources<'a>) -> Result<Self> {
        let (environment, flags) = (sources.environment, sources.flags);
        let named = flags.config.clone().or_else(|| environment.filled("MIGRATE_CONFIG").map(PathBuf::from));
        let path = match named {
            Some(path) => Some(sources.working_folder.join(path)),
            None => search(sources.working_folder),
        };
        let file = match &path {
            Some(path) => ConfigFile::parse(&read_text(path)?, path)?,
            None => ConfigFile::default(),
        };
        Self::of(path, file, sources)
    }

    fn of(path: Option<PathBuf>, file: ConfigFile, sources: &Sources<'a>) -> Result<Self> {
        let (environment, flags) = (sources.environment, sources.flags);
        let folder = path.as_deref().and_then(Path::parent).unwrap_or(sources.working_folder);
        let chosen = flags.environment.as_deref().or_else(|| environment.filled("MIGRATE_ENV")).map(str::to_owned);
        let above = Layer::of_flags(flags).over(Layer::of_variables(environment));
        let project =
            Self { environment, root: folder.to_path_buf(), path, file, chosen, above, commands: !flags.no_commands };
        project.check_environment()?;
        Ok(project)
    }

    fn check_environment(&self) -> Result<()> {
        let Some(name) = &self.chosen else { return Ok(()) };
        let known: Vec<&str> = self.file.environments.iter().map(|(name, _)| name.as_str()).collect();
        if known.contains(&name.as_str()) {
            return Ok(());
        }
        let error = Error::new(Kind::Config, format!("there is no environment `{name}`"));
        Err(match &self.path {
            None => error.with_hint(format!("write {FILE} with `environments:`, or leave --env and MIGRATE_ENV out")),
            Some(path) => error.in_file(path).with_hint(propose(name, &known, "environments")),
        })
    }

    /// The names under `databases:` of the file and of the chosen environment.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.sections().flat_map(|section| &section.databases) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The file's top level and the chosen environment, low to high.
    fn sections(&self) -> impl Iterator<Item = &Section> {
        let chosen = self.file.environments.iter().filter(|(name, _)| Some(name) == self.chosen.as_ref());
        std::iter::once(&self.file.top).chain(chosen.map(|(_, section)| section))
    }

    /// The database to take where `--db` does not say: that of the top level if it has a URL, else the only one. Those
    /// that share their revisions need no choice until one of them is to be connected to.
    fn only_database(&self) -> Result<Option<&str>> {
        let mut layers = self.sections().flat_map(|section| &section.databases).map(|(_, layer)| layer);
        match self.names().as_slice() {
            [] => Ok(None),
            _ if self.has_url() => Ok(None),
            [only] => Ok(Some(only)),
            several if layers.any(|layer| layer.versions.is_some()) => Err(choose(several)),
            _ => Ok(None),
        }
    }

    /// Whether the top level, a variable or a flag says which database is meant.
    fn has_url(&self) -> bool {
        self.above.has_place() || self.sections().any(|section| section.layer.has_place())
    }

    fn config(&self, database: Option<&str>) -> Result<Config> {
        if let Some(name) = database.filter(|name| !self.names().contains(name)) {
            let error = Error::new(Kind::Usage, format!("there is no database `{name}` in the configuration"));
            return Err(error.with_hint(propose(name, &self.names(), "databases")));
        }
        let of_database = |section: &Section| {
            let found = section.databases.iter().find(|(name, _)| Some(name.as_str()) == database);
            found.map(|(_, layer)| layer.clone()).unwrap_or_default()
        };
        let shared = self.sections().fold(Layer::usual(), |below, section| section.layer.clone().over(below));
        let own = self.sections().fold(Layer::default(), |below, section| of_database(section).over(below));
        // The URL of another database is never taken for this one's, and that of none where there are several.
        let has_own = database.is_none() && (self.has_url() || self.names().is_empty());
        let shared = if has_own { shared } else { shared.without_place() };
        let layer = self.above.clone().over(own.over(shared));
        let (file, environment) = (self.path.as_deref(), self.chosen.as_deref());
        let of = Of { root: &self.root, file, database, environment, commands: self.commands, names: self.names() };
        Reading { of, variables: self.environment, layer: &layer }.config()
    }
}

/// Asks for one of several databases.
pub(super) fn choose(names: &[&str]) -> Error {
    Error::new(Kind::Usage, format!("there are several databases: {}", names.join(", ")))
        .with_hint("choose one with --db NAME, or all of them with --db all")
}

/// Upward from a folder, the first one that has the file.
fn search(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}

fn read_text(path: &Path) -> Result<String> {
    let cannot = |cause: &dyn std::fmt::Display| {
        Error::new(Kind::Config, "the configuration cannot be read").in_file(path).caused_by(cause)
    };
    let mut bytes = Vec::new();
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            cannot(&error).with_hint("correct the path behind --config, or make the file: migrate init")
        }
        std::io::ErrorKind::PermissionDenied => cannot(&error).with_hint("get the right to read it"),
        _ => cannot(&error),
    })?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(cannot(&format!("it is too large: at most {} MiB are read", MOST_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        cannot(&"it is not UTF-8").at_line(line, 0).with_hint("save it as UTF-8")
    })
}

fn propose(word: &str, known: &[&str], what: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("write `{near}`"),
        None if known.is_empty() => format!("add it under `{what}:`"),
        None => format!("choose one of the {what}: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CommandLine;
    use crate::config::{Backup, Flags, OnSignal, Password, UrlPlace};
    use crate::config::{Language, Models, Run, Scratch, TableName, Unmanaged};
    use crate::secret::Secret;
    use std::time::Duration;

    /// A folder with `migrate.yaml` in it and a folder `a/b` below.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new(text: &str) -> Self {
            let place = Self::empty();
            std::fs::write(place.0.path().join(FILE), text).unwrap();
            place
        }

        fn empty() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
            Self(folder)
        }

        fn load_with(&self, variables: &Environment, flags: &Flags) -> Result<Config> {
            let working_folder = self.0.path().join("a/b");
            Config::load(&Sources { working_folder: &working_folder, environment: variables, flags })
        }

        fn load(&self) -> Result<Config> {
            self.load_with(&Environment::default(), &Flags::default())
        }

        fn all(&self, flags: &Flags) -> Result<Vec<Config>> {
            let environment = &Environment::default();
            Config::load_all(&Sources { working_folder: self.0.path(), environment, flags })
        }
    }

    fn url(config: &Config) -> &str {
        match config.url.as_ref().unwrap() {
            UrlPlace::Text(url) => url.reveal(),
            UrlPlace::File(path) => path.to_str().unwrap(),
        }
    }

    fn flags(change: impl FnOnce(&mut Flags)) -> Flags {
        let mut flags = Flags::default();
        change(&mut flags);
        flags
    }

    #[test]
    fn without_a_file_everything_is_usual() {
        let place = Place::empty();
        let config = place.load().unwrap();
        let root = place.0.path().join("a/b");
        assert_eq!((&config.root, &config.file), (&root, &None));
        assert_eq!(url(&config), "sqlite://app.db");
        assert_eq!(*config.models().unwrap(), Models::Paths(vec![root.join("models/")]));
        assert_eq!(config.versions, [root.join("versions/")]);
        assert_eq!(config.version_table, TableName { schema: None, name: "migrate_version".to_owned() });
        assert_eq!((config.unmanaged, config.write_as), (Unmanaged::Drop, Language::Yaml));
        assert_eq!(*config.scratch().unwrap(), Scratch::Usual);
        assert_eq!((config.schemas.len(), config.ignore.len(), config.role), (0, 0, None));
        let seconds = Duration::from_secs;
        let run = Run {
            lock_wait: seconds(60),
            lock_timeout: seconds(5),
            retries: 3,
            statement_timeout: seconds(0),
            wait: seconds(0),
            on_signal: OnSignal::Usual,
            backup: Backup::No,
            allow_copy: 1 << 30,
            keep_limit: 1 << 30,
            keep_text: true,
        };
        assert_eq!(config.run, run);
        let database_url = Environment::from([("DATABASE_URL", "sqlite://other.db")]);
        assert_eq!(url(&place.load_with(&database_url, &Flags::default()).unwrap()), "sqlite://other.db");
    }

    #[test]
    fn sources_lie_over_one_another() {
        let place = Place::new(
            "database: { url: file, role: r }\nwrite_as: sql\nschemas: [a, b]\nrun: { lock_wait: 1s, lock_timeout: 2s, retries: 7 }\n\
             environments:\n  prod: { database: { url: prod }, run: { lock_wait: 3s } }\n",
        );
        let file = place.load().unwrap();
        assert_eq!((url(&file), file.role.as_deref(), file.run.retries), ("file", Some("r"), 7));
        assert_eq!(file.file, Some(place.0.path().join(FILE)));
        let prod = Environment::from([("MIGRATE_ENV", "prod"), ("MIGRATE_URL", "")]);
        let config = place.load_with(&prod, &Flags::default()).unwrap();
        assert_eq!(
            (url(&config), config.role.as_deref(), config.environment.as_deref()),
            ("prod", Some("r"), Some("prod"))
        );
        assert_eq!((config.run.lock_wait.as_secs(), config.run.lock_timeout.as_secs()), (3, 2));
        let variables =
            Environment::from([("MIGRATE_ENV", "prod"), ("MIGRATE_URL", "${variable}"), ("MIGRATE_LOCK_WAIT", "4s")]);
        let config = place.load_with(&variables, &Flags::default()).unwrap();
        assert_eq!((url(&config), config.run.lock_wait.as_secs()), ("${variable}", 4));
        let over = flags(|flags| {
            flags.url = Some("flag".to_owned());
            flags.lock_wait = Some("5s".to_owned());
            flags.schemas = vec!["c".to_owned()];
        });
        let config = place.load_with(&variables, &over).unwrap();
        assert_eq!(
            (url(&config), config.run.lock_wait.as_secs(), config.schemas.concat()),
            ("flag", 5, "c".to_owned())
        );
    }

    #[test]
    fn paths_count_from_the_file() {
        let place = Place::new(
            "models: [m.yaml, sub/]\nversions: [v, /abs]\nscratch: \"sqlite::memory:\"\nscratch_setup: s.sql\nversion_table: app.v\nignore: \"tmp_*\"\n\
             unmanaged: ignore\nfile_template: <id>\nserver_version: '15'\n",
        );
        let root = place.0.path().to_path_buf();
        let config = place.load().unwrap();
        assert_eq!(config.root, root);
        assert_eq!(*config.models().unwrap(), Models::Paths(vec![root.join("m.yaml"), root.join("sub/")]));
        assert_eq!(config.versions, [root.join("v"), PathBuf::from("/abs")]);
        assert_eq!(config.scratch_setup, Some(root.join("s.sql")));
        assert_eq!(*config.scratch().unwrap(), Scratch::Url(Secret::new("sqlite::memory:")));
        assert_eq!(config.version_table.schema.as_deref(), Some("app"));
        assert!(config.ignore.first().unwrap().matches(None, "tmp_1"));
        assert_eq!((config.unmanaged, config.server_version.as_deref()), (Unmanaged::Ignore, Some("15")));
        assert_eq!(config.file_template.name("i", "s", |_| 0), "i");
        let place = Place::new("models: { command: [python, -m, \"${APP}.schema\"] }");
        let app = Environment::from([("APP", "app")]);
        let config = place.load_with(&app, &Flags::default()).unwrap();
        let words = ["python", "-m", "app.schema"].map(str::to_owned).to_vec();
        let command = CommandLine { words, limit: Duration::from_secs(60) };
        assert_eq!(*config.models().unwrap(), Models::Command { command, language: Language::Yaml });
    }

    #[test]
    fn the_example_of_the_guide_is_read() {
        let text = r#"format: 1                        # of this file
database: { url: "${DATABASE_URL:-sqlite://app.db}", role: app_owner }   # SET ROLE after connecting
models: models/                  # a file, a folder, a list of them
versions: versions/              # or a list of folders
version_table: migrate_version   # [schema.]name
schemas: [public, app]           # what is compared
ignore: ["tmp_*"]                # names left out
unmanaged: drop                  # or ignore
scratch: same-server             # or a URL
write_as: yaml                   # or sql
run: { lock_wait: 60s, lock_timeout: 5s, retries: 3, statement_timeout: 0 }
environments:
  prod: { database: { url: "${PROD_URL}" } }
databases:
  audit: { url: "sqlite://audit.db", models: audit/, versions: [audit/versions], version_table: audit_version }
"#;
        let config = Place::new(text).load().unwrap();
        assert_eq!((url(&config), config.role.as_deref()), ("sqlite://app.db", Some("app_owner")));
        assert_eq!((config.schemas.concat(), config.ignore.len()), ("publicapp".to_owned(), 1));
        let prod = Environment::from([("MIGRATE_ENV", "prod"), ("PROD_URL", "postgres://u:p@h/d")]);
        let config = Place::new(text).load_with(&prod, &Flags::default()).unwrap();
        assert_eq!((url(&config), config.role.as_deref()), ("postgres://u:p@h/d", Some("app_owner")));
        assert!(!format!("{config:?}").contains("u:p"));
    }

    #[test]
    fn the_file_can_be_named() {
        let place = Place::new("write_as: sql");
        std::fs::write(place.0.path().join("a/b/other.yaml"), "unmanaged: ignore").unwrap();
        let named = flags(|flags| flags.config = Some(PathBuf::from("other.yaml")));
        let config = place.load_with(&Environment::default(), &named).unwrap();
        assert_eq!(
            (config.unmanaged, config.write_as, config.root),
            (Unmanaged::Ignore, Language::Yaml, place.0.path().join("a/b"))
        );
        let variable = Environment::from([("MIGRATE_CONFIG", "other.yaml")]);
        assert_eq!(place.load_with(&variable, &Flags::default()).unwrap().unmanaged, Unmanaged::Ignore);
        let missing = flags(|flags| flags.config = Some(PathBuf::from("none.yaml")));
        let error = place.load_with(&variable, &missing).unwrap_err();
        assert_eq!(error.phrase(), "the configuration cannot be read");
        assert_eq!(error.place().file, Some(place.0.path().join("a/b/none.yaml")));
        std::fs::write(place.0.path().join(FILE), b"a: 1\nb: \xff\n").unwrap();
        let error = place.load().unwrap_err();
        assert_eq!((error.causes(), error.place().line), (&["it is not UTF-8".to_owned()][..], Some(2)));
    }

    #[test]
    fn what_is_not_used_is_not_looked_at() {
        let place = Place::new(
            "database: { url: \"${NONE}\" }\nscratch: \"${NONE}\"\nmodels: \"${NONE}\"\nenvironments:\n  prod: { write_as: \"${NONE}\" }\n",
        );
        let config = place.load().unwrap();
        for (error, line) in
            [(config.url().unwrap_err(), 1), (config.scratch().unwrap_err(), 2), (config.models().unwrap_err(), 3)]
        {
            assert_eq!(error.phrase(), "the environment variable `NONE` is not set");
            assert_eq!((error.place().line, error.kind()), (Some(line), Kind::Config));
            assert_eq!(error.hint(), Some("set it, or write a default: ${NAME:-default}"));
        }
        let over = flags(|flags| flags.url = Some("sqlite://x.db".to_owned()));
        assert_eq!(url(&place.load_with(&Environment::default(), &over).unwrap()), "sqlite://x.db");
        let prod = flags(|flags| flags.environment = Some("prod".to_owned()));
        assert_eq!(place.load_with(&Environment::default(), &prod).unwrap_err().place().line, Some(5));
    }

    #[test]
    fn wrong_values_name_their_place() {
        for (text, phrase, line) in [
            ("write_as: xml", "expected yaml or sql, found `xml`", 1),
            ("\nunmanaged: postgres://u:secret@h/d", "expected drop or ignore, found a URL", 2),
            ("unmanaged: \"${SECRET}\"", "expected drop or ignore, found `${SECRET}`", 1),
            ("version_table: a.b.c", "expected name or schema.name, found `a.b.c`", 1),
            ("run:\n  lock_wait: 30", "expected 0 or a time such as 500ms, 30s or 5m, found `30`", 2),
            ("run: { keep_text: maybe }", "expected true or false, found `maybe`", 1),
            ("run: { retries: -1 }", "expected a whole number up to 100, found `-1`", 1),
            ("ignore: [a, '']", "the value is empty", 1),
            ("ignore: [a.b.c]", "expected a pattern such as tmp_* or app.tmp_*, found `a.b.c`", 1),
            ("file_template: a/b", "`file_template` cannot be used", 1),
            ("versions: ''", "the value is empty", 1),
            ("slug_length: 500", "expected a whole number up to 200, found `500`", 1),
            (
                "hooks: [{ command: [a], timeout: soon }]",
                "expected 0 or a time such as 500ms, 30s or 5m, found `soon`",
                1,
            ),
        ] {
            let variables = Environment::from([("SECRET", "hidden")]);
            let error = Place::new(text).load_with(&variables, &Flags::default()).unwrap_err();
            assert_eq!((error.phrase(), error.place().line), (phrase, Some(line)), "{text}");
            assert!(!format!("{error:?}").contains("secret") && !format!("{error:?}").contains("hidden"));
        }
        let scratch = Place::new("scratch: samesever").load().unwrap();
        assert_eq!(scratch.scratch().unwrap_err().phrase(), "`scratch` is `same-server` or a URL");
        let variables = Environment::from([("MIGRATE_WRITE_AS", "xml")]);
        let error = Place::empty().load_with(&variables, &Flags::default()).unwrap_err();
        assert_eq!(error.phrase(), "MIGRATE_WRITE_AS: expected yaml or sql, found `xml`");
        let soon = flags(|flags| flags.lock_wait = Some("soon".to_owned()));
        let error = Place::empty().load_with(&variables, &soon).unwrap_err();
        assert!(error.phrase().starts_with("MIGRATE_WRITE_AS"), "{}", error.phrase());
        let error = Place::empty().load_with(&Environment::default(), &soon).unwrap_err();
        assert_eq!(error.phrase(), "--lock-wait: expected 0 or a time such as 500ms, 30s or 5m, found `soon`");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn environments_are_named() {
        let wrong = flags(|flags| flags.environment = Some("prd".to_owned()));
        let error =
            Place::new("environments: { prod: {}, test: {} }").load_with(&Environment::default(), &wrong).unwrap_err();
        assert_eq!((error.phrase(), error.hint()), ("there is no environment `prd`", Some("write `prod`")));
        let error = Place::empty().load_with(&Environment::default(), &wrong).unwrap_err();
        assert_eq!(error.phrase(), "there is no environment `prd`");
    }

    #[test]
    fn databases_have_urls_of_their_own() {
        let text = "database: { url: main }\nwrite_as: sql\ndatabases:\n  audit: { url: one, versions: a }\n  logs: { write_as: yaml }\n\
                    environments:\n  prod: { database: { url: prod }, databases: { audit: { url: prod-one } } }\n";
        let place = Place::new(text);
        let of = |name: &str| flags(|flags| flags.database = Some(name.to_owned()));
        let none = Environment::default();
        assert_eq!(url(&place.load().unwrap()), "main");
        let audit = place.load_with(&none, &of("audit")).unwrap();
        assert_eq!((url(&audit), audit.database.as_deref(), audit.write_as), ("one", Some("audit"), Language::Sql));
        assert_eq!(audit.versions, [place.0.path().join("a")]);
        let prod = Environment::from([("MIGRATE_ENV", "prod")]);
        assert_eq!(url(&place.load_with(&prod, &of("audit")).unwrap()), "prod-one");
        let logs = place.load_with(&none, &of("logs")).unwrap();
        assert_eq!(
            (logs.url().unwrap_err().phrase(), logs.write_as),
            ("the database `logs` has no URL", Language::Yaml)
        );
        let error = place.load_with(&none, &of("audt")).unwrap_err();
        assert_eq!((error.kind(), error.hint()), (Kind::Usage, Some("write `audit`")));
        let error = place.load_with(&none, &of("all")).unwrap_err();
        assert_eq!((error.kind(), error.hint()), (Kind::Usage, Some("choose it with --db: audit, logs")));
    }

    #[test]
    fn a_password_stays_with_its_database() {
        let text = "database: { url: main, password_file: pw }\nrun: { backup: copies }\n\
                    environments:\n  same: { database: { password_command: [a, b] } }\n  other: { database: { url: x } }\n  file: { database: { url_file: f } }\n\
                    databases: { audit: { url: one } }\n";
        let place = Place::new(text);
        let config = |name: &str| {
            let chosen = flags(|flags| flags.environment = (!name.is_empty()).then(|| name.to_owned()));
            place.load_with(&Environment::default(), &chosen).unwrap()
        };
        let file = Password::File(place.0.path().join("pw"));
        assert_eq!(config("").password().unwrap(), Some(&file));
        assert!(matches!(config("same").password().unwrap(), Some(Password::Command(_))));
        assert_eq!(
            (url(&config("same")), config("same").run.backup),
            ("main", Backup::In(place.0.path().join("copies")))
        );
        assert_eq!((url(&config("other")), config("other").password().unwrap()), ("x", None));
        assert_eq!(
            (url(&config("file")), config("file").password().unwrap()),
            (place.0.path().join("f").to_str().unwrap(), None)
        );
        let audit = flags(|flags| flags.database = Some("audit".to_owned()));
        assert_eq!(place.load_with(&Environment::default(), &audit).unwrap().password().unwrap(), None);
        let variables =
            Environment::from([("MIGRATE_URL", "v"), ("MIGRATE_PASSWORD_FILE", "/run/pw"), ("MIGRATE_BACKUP", "true")]);
        let config = place.load_with(&variables, &Flags::default()).unwrap();
        assert_eq!(config.password().unwrap(), Some(&Password::File(PathBuf::from("/run/pw"))));
        assert_eq!(config.run.backup, Backup::Beside);
    }

    #[test]
    fn all_databases_or_the_only_one() {
        let all = flags(|flags| flags.database = Some("all".to_owned()));
        let place = Place::new("databases: { b: { url: two, versions: b }, a: { url: one } }");
        let urls: Vec<_> = place.all(&all).unwrap().iter().map(|config| url(config).to_owned()).collect();
        assert_eq!(urls, ["two", "one"]);
        let error = place.load().unwrap_err();
        assert_eq!((error.kind(), error.phrase()), (Kind::Usage, "there are several databases: b, a"));
        // Those that share their revisions need no choice before one is connected to.
        let sharing = Place::new("databases: { b: { url: two }, a: { url: one } }").load().unwrap();
        assert_eq!(sharing.url().unwrap_err().phrase(), "there are several databases: b, a");
        let one_url = flags(|flags| {
            flags.database = Some("all".to_owned());
            flags.url = Some("x".to_owned());
        });
        assert_eq!(place.all(&one_url).unwrap_err().phrase(), "--url: one URL cannot serve for all databases");
        assert_eq!(Place::empty().all(&all).unwrap_err().kind(), Kind::Usage);
        let place = Place::new("databases: { only: { url: one } }");
        assert_eq!(place.load().unwrap().database.as_deref(), Some("only"));
        assert_eq!(place.all(&Flags::default()).unwrap().len(), 1);
    }

    #[test]
    fn what_is_compared_is_asked_for_word_by_word() {
        let of = |said: &str| Place::new(&format!("database: {{ url: \"sqlite://x.db\" }}\ncompare: {said}\n")).load();
        let compares = of("[grants, definers]").unwrap().compares;
        assert!(compares.grants && compares.definers && !compares.owners);
        assert!(of("owners").unwrap().compares.owners);
        assert!(of("[grant]").unwrap_err().to_string().contains("expected definers, grants or owners"));
    }
}
