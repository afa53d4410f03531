//! From the layers to the values of a [`Config`]. No I/O.

use crate::amount::{duration, size};
use crate::config::cache_folder::cache_folder;
use crate::config::layer::{CommandSetting, ModelsSetting, PasswordSetting};
use crate::config::load::choose;
use crate::config::setting::Setting;
use crate::config::zone::Zone;
use crate::config::{Attach, Backup, Compares, OnSignal, Password, TableName, Unmanaged, UrlPlace};
use crate::config::{CommandLine, Config, Environment, FileTemplate, Language, Layer, Models, Pattern, Run, Scratch};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a program may take where nobody says.
const LIMIT: Duration = Duration::from_secs(60);

const TIME: &str = "0 or a time such as 500ms, 30s or 5m";

const SIZE: &str = "0 or a size such as 64MB, 1GB or 2TB";

/// Understands the settings of one database.
pub(super) struct Reading<'a> {
    pub(super) of: Of<'a>,
    /// For `${VAR}`.
    pub(super) variables: &'a Environment,
    /// All layers in one.
    pub(super) layer: &'a Layer,
}

/// Which configuration it is; the fields are those of [`Config`].
pub(super) struct Of<'a> {
    pub(super) root: &'a Path,
    pub(super) file: Option<&'a Path>,
    pub(super) database: Option<&'a str>,
    pub(super) environment: Option<&'a str>,
    pub(super) commands: bool,
    /// Those of `databases:`.
    pub(super) names: Vec<&'a str>,
}

impl Reading<'_> {
    /// # Errors
    /// [`Kind::Config`] with the place of the value; those of URL, models and scratch place wait inside.
    pub(super) fn config(&self) -> Result<Config> {
        let layer = self.layer;
        let unmanaged = |text: &str| match text {
            "drop" => Some(Unmanaged::Drop),
            "ignore" => Some(Unmanaged::Ignore),
            _ => None,
        };
        let pattern = "a pattern such as tmp_* or app.tmp_*";
        let patterns = layer.ignore.iter().flatten().map(|setting| self.parsed(setting, pattern, Pattern::parse));
        Ok(Config {
            root: self.of.root.to_path_buf(),
            file: self.of.file.map(Path::to_path_buf),
            database: self.of.database.map(str::to_owned),
            environment: self.of.environment.map(str::to_owned),
            user: ["USER", "LOGNAME", "USERNAME"]
                .into_iter()
                .find_map(|name| self.variables.filled(name))
                .map(str::to_owned),
            role: layer.role.as_ref().map(|setting| self.value(setting)).transpose()?,
            versions: layer.versions.iter().flatten().map(|path| self.path(path)).collect::<Result<_>>()?,
            version_table: self.required(&layer.version_table, "name or schema.name", TableName::parse)?,
            schemas: layer.schemas.iter().flatten().map(|name| self.value(name)).collect::<Result<_>>()?,
            ignore: patterns.collect::<Result<_>>()?,
            unmanaged: self.required(&layer.unmanaged, "drop or ignore", unmanaged)?,
            compares: self.compares()?,
            cache: cache_folder(self.variables, self.of.root),
            scratch_setup: layer.scratch_setup.as_ref().map(|path| self.path(path)).transpose()?,
            write_as: self.required(&layer.write_as, "yaml or sql", language)?,
            file_template: self.file_template()?,
            slug_length: self.required(&layer.slug_length, "a whole number up to 200", |text| {
                text.parse().ok().filter(|number| *number <= 200 && !text.starts_with('+'))
            })?,
            revision_templates: layer
                .revision_template
                .iter()
                .flatten()
                .map(|path| self.path(path))
                .collect::<Result<_>>()?,
            commands: self.of.commands,
            hooks: layer.hooks.iter().flatten().map(|hook| self.command(hook)).collect::<Result<_>>()?,
            heads_file: self.required(&layer.heads_file, "true or false", yes_or_no)?,
            server_version: layer.server_version.as_ref().map(|setting| self.value(setting)).transpose()?,
            run: self.run()?,
            timezone: self.timezone(),
            url: self.url(),
            password: self.password(),
            attached: self.attached(),
            models: self.models(),
            scratch: self.scratch(),
        })
    }

    fn compares(&self) -> Result<Compares> {
        let mut compares = Compares::default();
        for setting in self.layer.compare.iter().flatten() {
            let what = self.parsed(setting, "definers, grants or owners", |text| match text {
                "definers" => Some(Compares { definers: true, ..Compares::default() }),
                "grants" => Some(Compares { grants: true, ..Compares::default() }),
                "owners" => Some(Compares { owners: true, ..Compares::default() }),
                _ => None,
            })?;
            compares = compares.and(what);
        }
        Ok(compares)
    }

    fn url(&self) -> Result<UrlPlace> {
        match (&self.layer.url, &self.layer.url_file) {
            (Some(url), _) => self.value(url).map(Secret::new).map(UrlPlace::Text),
            (None, Some(file)) => self.path(file).map(UrlPlace::File),
            (None, None) if self.of.database.is_some() => Err(self.no_url()),
            (None, None) => Err(choose(&self.of.names)),
        }
    }

    fn password(&self) -> Result<Option<Password>> {
        Ok(match &self.layer.password {
            None => None,
            Some(PasswordSetting::File(file)) => Some(Password::File(self.path(file)?)),
            Some(PasswordSetting::Command(command)) => Some(Password::Command(self.command(command)?)),
        })
    }

    fn attached(&self) -> Result<Vec<Attach>> {
        let file = |(name, file): &(Setting, Setting)| {
            Ok(Attach { name: self.value(name)?, file: self.value(file)?, place: name.clone() })
        };
        self.layer.attach.iter().flatten().map(file).collect()
    }

    fn backup(&self) -> Result<Backup> {
        let setting = present(&self.layer.backup)?;
        Ok(match self.value(setting)?.as_str() {
            "false" => Backup::No,
            "true" => Backup::Beside,
            folder => Backup::In(self.of.root.join(folder)),
        })
    }

    fn no_url(&self) -> Error {
        let phrase = format!("the database `{}` has no URL", self.of.database.unwrap_or_default());
        let error = Error::new(Kind::Config, phrase).with_hint("add `url:` to it under `databases:`");
        self.of.file.iter().fold(error, Error::in_file)
    }

    fn run(&self) -> Result<Run> {
        let time = |setting| self.required(setting, TIME, duration);
        let layer = self.layer;
        Ok(Run {
            lock_wait: time(&layer.lock_wait)?,
            lock_timeout: time(&layer.lock_timeout)?,
            retries: self.required(&layer.retries, "a whole number up to 100", |text| {
                text.parse().ok().filter(|number| *number <= 100 && !text.starts_with('+'))
            })?,
            statement_timeout: time(&layer.statement_timeout)?,
            wait: time(&layer.wait)?,
            on_signal: self.required(&layer.on_signal, "cancel or finish", |text| match text {
                "usual" => Some(OnSignal::Usual),
                "cancel" => Some(OnSignal::Cancel),
                "finish" => Some(OnSignal::Finish),
                _ => None,
            })?,
            backup: self.backup()?,
            allow_copy: self.required(&layer.allow_copy, SIZE, size)?,
            keep_limit: self.required(&layer.keep_limit, SIZE, size)?,
            keep_text: self.required(&layer.keep_text, "true or false", yes_or_no)?,
        })
    }

    fn models(&self) -> Result<Models> {
        match present(&self.layer.models)? {
            ModelsSetting::Paths(paths) => {
                paths.iter().map(|path| self.path(path)).collect::<Result<_>>().map(Models::Paths)
            }
            ModelsSetting::Command { command, language: said } => {
                let said = said.as_ref().map(|setting| self.parsed(setting, "yaml or sql", language)).transpose()?;
                Ok(Models::Command { command: self.command(command)?, language: said.unwrap_or(Language::Yaml) })
            }
        }
    }

    fn command(&self, command: &CommandSetting) -> Result<CommandLine> {
        let words = command.words.iter().map(|word| self.value(word)).collect::<Result<_>>()?;
        let limit = command.timeout.as_ref().map(|setting| self.parsed(setting, TIME, duration)).transpose()?;
        Ok(CommandLine { words, limit: limit.unwrap_or(LIMIT) })
    }

    fn timezone(&self) -> Result<Zone> {
        let setting = present(&self.layer.timezone)?;
        let name = self.value(setting)?;
        Zone::parse(&name, self.variables).map_err(|why| {
            let phrase = setting.described(&format!("there is no time zone `{name}`"));
            setting
                .error(phrase)
                .caused_by(why)
                .with_hint("write UTC, local, an offset such as +02:00, or a name such as Europe/Berlin")
        })
    }

    /// The value is never shown: it may be a URL that was written wrongly.
    fn scratch(&self) -> Result<Scratch> {
        let setting = present(&self.layer.scratch)?;
        match self.value(setting)?.as_str() {
            "same-server" if setting.is_usual() => Ok(Scratch::Usual),
            "same-server" => Ok(Scratch::SameServer),
            url if url.contains("://") || url.starts_with("sqlite:") => Ok(Scratch::Url(Secret::new(url))),
            _ => Err(setting.error(setting.described("`scratch` is `same-server` or a URL"))),
        }
    }

    fn file_template(&self) -> Result<FileTemplate> {
        let setting = present(&self.layer.file_template)?;
        FileTemplate::parse(&self.value(setting)?).map_err(|why| {
            let phrase = setting.described("`file_template` cannot be used");
            setting.error(phrase).caused_by(why).with_hint(format!("write something like \"{}\"", FileTemplate::USUAL))
        })
    }

    fn path(&self, setting: &Setting) -> Result<PathBuf> {
        Ok(self.of.root.join(self.value(setting)?))
    }

    fn value(&self, setting: &Setting) -> Result<String> {
        setting.value(self.variables)
    }

    fn parsed<T>(&self, setting: &Setting, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        setting.parsed(self.variables, what, parse)
    }

    #[expect(clippy::ref_option, reason = "the fields of a layer are options, and are only looked at")]
    fn required<T>(&self, setting: &Option<Setting>, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        self.parsed(present(setting)?, what, parse)
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn language(text: &str) -> Option<Language> {
    match text {
        "yaml" => Some(Language::Yaml),
        "sql" => Some(Language::Sql),
        _ => None,
    }
}

/// What some layer says for sure, since the lowest one does.
#[expect(clippy::ref_option, reason = "the fields of a layer are options, and are only looked at")]
fn present<T>(setting: &Option<T>) -> Result<&T> {
    setting.as_ref().ok_or_else(|| Error::new(Kind::Config, "a key of the configuration has no value"))
}
