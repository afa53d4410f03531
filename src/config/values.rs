//! From the layers to the values of a [`Config`]. No I/O.

use crate::config::cache_folder::cache_folder;
use crate::config::duration::duration;
use crate::config::layer::ModelsSetting;
use crate::config::setting::Setting;
use crate::config::{Config, Environment, FileTemplate, Language, Layer, Models, Pattern, Run, Scratch};
use crate::config::{TableName, Unmanaged};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use std::path::{Path, PathBuf};

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
        let language = |text: &str| match text {
            "yaml" => Some(Language::Yaml),
            "sql" => Some(Language::Sql),
            _ => None,
        };
        let yes_or_no = |text: &str| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let pattern = "a pattern such as tmp_* or app.tmp_*";
        let patterns = layer.ignore.iter().flatten().map(|setting| self.parsed(setting, pattern, Pattern::parse));
        Ok(Config {
            root: self.of.root.to_path_buf(),
            file: self.of.file.map(Path::to_path_buf),
            database: self.of.database.map(str::to_owned),
            environment: self.of.environment.map(str::to_owned),
            role: layer.role.as_ref().map(|setting| self.value(setting)).transpose()?,
            versions: layer.versions.iter().flatten().map(|path| self.path(path)).collect::<Result<_>>()?,
            version_table: self.required(&layer.version_table, "name or schema.name", TableName::parse)?,
            schemas: layer.schemas.iter().flatten().map(|name| self.value(name)).collect::<Result<_>>()?,
            ignore: patterns.collect::<Result<_>>()?,
            unmanaged: self.required(&layer.unmanaged, "drop or ignore", unmanaged)?,
            cache: cache_folder(self.variables, self.of.root),
            scratch_setup: layer.scratch_setup.as_ref().map(|path| self.path(path)).transpose()?,
            write_as: self.required(&layer.write_as, "yaml or sql", language)?,
            file_template: self.file_template()?,
            heads_file: self.required(&layer.heads_file, "true or false", yes_or_no)?,
            server_version: layer.server_version.as_ref().map(|setting| self.value(setting)).transpose()?,
            run: self.run()?,
            url: self.url(),
            models: self.models(),
            scratch: self.scratch(),
        })
    }

    fn url(&self) -> Result<Secret> {
        let Some(setting) = &self.layer.url else {
            let phrase = format!("the database `{}` has no URL", self.of.database.unwrap_or_default());
            let error = Error::new(Kind::Config, phrase).hint("add `url:` to it under `databases:`");
            return Err(self.of.file.iter().fold(error, Error::in_file));
        };
        self.value(setting).map(Secret::new)
    }

    fn run(&self) -> Result<Run> {
        let time = |setting| self.required(setting, "0 or a time such as 500ms, 30s or 5m", duration);
        let layer = self.layer;
        Ok(Run {
            lock_wait: time(&layer.lock_wait)?,
            lock_timeout: time(&layer.lock_timeout)?,
            retries: self.required(&layer.retries, "a whole number up to 100", |text| {
                text.parse().ok().filter(|number| *number <= 100 && !text.starts_with('+'))
            })?,
            statement_timeout: time(&layer.statement_timeout)?,
        })
    }

    fn models(&self) -> Result<Models> {
        match present(&self.layer.models)? {
            ModelsSetting::Paths(paths) => {
                paths.iter().map(|path| self.path(path)).collect::<Result<_>>().map(Models::Paths)
            }
            ModelsSetting::Command(words) => {
                words.iter().map(|word| self.value(word)).collect::<Result<_>>().map(Models::Command)
            }
        }
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
            setting.error(phrase).caused_by(why).hint(format!("write something like \"{}\"", FileTemplate::USUAL))
        })
    }

    fn path(&self, setting: &Setting) -> Result<PathBuf> {
        Ok(self.of.root.join(self.value(setting)?))
    }

    fn value(&self, setting: &Setting) -> Result<String> {
        setting.value(self.variables)
    }

    fn parsed<T>(&self, setting: &Setting, what: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        setting.parsed(self.variables, what, parse)
    }

    #[expect(clippy::ref_option, reason = "the fields of a layer are options, and are only looked at")]
    fn required<T>(&self, setting: &Option<Setting>, what: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        self.parsed(present(setting)?, what, parse)
    }
}

/// What some layer says for sure, since the lowest one does.
#[expect(clippy::ref_option, reason = "the fields of a layer are options, and are only looked at")]
fn present<T>(setting: &Option<T>) -> Result<&T> {
    setting.as_ref().ok_or_else(|| Error::new(Kind::Config, "a key of the configuration has no value"))
}
