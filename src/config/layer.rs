//! Configuration in layers: each says something about some keys, and higher ones win key by key.

use crate::config::setting::Setting;
use crate::config::{Environment, Flags};

/// What one source says. A list replaces the list below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(super) url: Option<Setting>,
    /// A file with the URL in it.
    pub(super) url_file: Option<Setting>,
    pub(super) password: Option<PasswordSetting>,
    /// Names and paths, in their order.
    pub(super) attach: Option<Vec<(Setting, Setting)>>,
    pub(super) role: Option<Setting>,
    pub(super) models: Option<ModelsSetting>,
    pub(super) versions: Option<Vec<Setting>>,
    pub(super) version_table: Option<Setting>,
    pub(super) schemas: Option<Vec<Setting>>,
    pub(super) ignore: Option<Vec<Setting>>,
    pub(super) unmanaged: Option<Setting>,
    pub(super) compare: Option<Vec<Setting>>,
    pub(super) scratch: Option<Setting>,
    pub(super) scratch_setup: Option<Setting>,
    pub(super) write_as: Option<Setting>,
    pub(super) file_template: Option<Setting>,
    pub(super) slug_length: Option<Setting>,
    pub(super) timezone: Option<Setting>,
    pub(super) revision_template: Option<Vec<Setting>>,
    pub(super) hooks: Option<Vec<CommandSetting>>,
    pub(super) heads_file: Option<Setting>,
    pub(super) server_version: Option<Setting>,
    pub(super) lock_wait: Option<Setting>,
    pub(super) lock_timeout: Option<Setting>,
    pub(super) retries: Option<Setting>,
    pub(super) allow_copy: Option<Setting>,
    pub(super) keep_limit: Option<Setting>,
    pub(super) statement_timeout: Option<Setting>,
    pub(super) keep_text: Option<Setting>,
    pub(super) wait: Option<Setting>,
    pub(super) on_signal: Option<Setting>,
    pub(super) backup: Option<Setting>,
}

/// Where the password is, before it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PasswordSetting {
    File(Setting),
    Command(CommandSetting),
}

/// Where the models come from, before it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ModelsSetting {
    Paths(Vec<Setting>),
    Command {
        command: CommandSetting,
        /// `as:`.
        language: Option<Setting>,
    },
}

/// A program and its arguments, before they are understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommandSetting {
    /// At least one.
    pub(super) words: Vec<Setting>,
    pub(super) timeout: Option<Setting>,
}

impl Layer {
    /// Whether it says which database is meant.
    pub(super) fn has_place(&self) -> bool {
        self.url.is_some() || self.url_file.is_some()
    }

    /// Without its database, and what is for no other one: the password, the attached files.
    #[must_use]
    pub(super) fn without_place(self) -> Self {
        Self { url: None, url_file: None, password: None, attach: None, ..self }
    }

    /// This layer, and the other one where this one says nothing. A password is for the database that it stands beside, or
    /// that of a lower layer; never for that of a higher one. So are attached files.
    #[must_use]
    pub(crate) fn over(self, below: Self) -> Self {
        let below = if self.has_place() { below.without_place() } else { below };
        Self {
            url: self.url.or(below.url),
            url_file: self.url_file.or(below.url_file),
            password: self.password.or(below.password),
            attach: self.attach.or(below.attach),
            role: self.role.or(below.role),
            models: self.models.or(below.models),
            versions: self.versions.or(below.versions),
            version_table: self.version_table.or(below.version_table),
            schemas: self.schemas.or(below.schemas),
            ignore: self.ignore.or(below.ignore),
            unmanaged: self.unmanaged.or(below.unmanaged),
            compare: self.compare.or(below.compare),
            scratch: self.scratch.or(below.scratch),
            scratch_setup: self.scratch_setup.or(below.scratch_setup),
            write_as: self.write_as.or(below.write_as),
            file_template: self.file_template.or(below.file_template),
            slug_length: self.slug_length.or(below.slug_length),
            timezone: self.timezone.or(below.timezone),
            revision_template: self.revision_template.or(below.revision_template),
            hooks: self.hooks.or(below.hooks),
            heads_file: self.heads_file.or(below.heads_file),
            server_version: self.server_version.or(below.server_version),
            lock_wait: self.lock_wait.or(below.lock_wait),
            lock_timeout: self.lock_timeout.or(below.lock_timeout),
            retries: self.retries.or(below.retries),
            allow_copy: self.allow_copy.or(below.allow_copy),
            keep_limit: self.keep_limit.or(below.keep_limit),
            statement_timeout: self.statement_timeout.or(below.statement_timeout),
            wait: self.wait.or(below.wait),
            on_signal: self.on_signal.or(below.on_signal),
            backup: self.backup.or(below.backup),
            keep_text: self.keep_text.or(below.keep_text),
        }
    }

    /// `MIGRATE_URL`, `MIGRATE_URL_FILE`, `MIGRATE_PASSWORD_FILE`, and `MIGRATE_` + the scalar keys of the top level and of `run:`. An empty variable says nothing.
    pub(super) fn of_variables(environment: &Environment) -> Self {
        let one = |name: &str| environment.filled(name).map(|text| Setting::of_variable(name, text));
        Self {
            url: one("MIGRATE_URL"),
            url_file: one("MIGRATE_URL_FILE"),
            password: one("MIGRATE_PASSWORD_FILE").map(PasswordSetting::File),
            attach: None,
            role: None,
            models: one("MIGRATE_MODELS").map(|path| ModelsSetting::Paths(vec![path])),
            versions: one("MIGRATE_VERSIONS").map(|path| vec![path]),
            version_table: one("MIGRATE_VERSION_TABLE"),
            schemas: None,
            ignore: None,
            unmanaged: one("MIGRATE_UNMANAGED"),
            compare: None,
            scratch: one("MIGRATE_SCRATCH"),
            scratch_setup: one("MIGRATE_SCRATCH_SETUP"),
            write_as: one("MIGRATE_WRITE_AS"),
            file_template: one("MIGRATE_FILE_TEMPLATE"),
            slug_length: one("MIGRATE_SLUG_LENGTH"),
            timezone: one("MIGRATE_TIMEZONE"),
            revision_template: one("MIGRATE_REVISION_TEMPLATE").map(|path| vec![path]),
            hooks: None,
            heads_file: one("MIGRATE_HEADS_FILE"),
            server_version: one("MIGRATE_SERVER_VERSION"),
            lock_wait: one("MIGRATE_LOCK_WAIT"),
            lock_timeout: one("MIGRATE_LOCK_TIMEOUT"),
            retries: one("MIGRATE_RETRIES"),
            allow_copy: one("MIGRATE_ALLOW_COPY"),
            keep_limit: one("MIGRATE_KEEP_LIMIT"),
            statement_timeout: one("MIGRATE_STATEMENT_TIMEOUT"),
            wait: one("MIGRATE_WAIT"),
            on_signal: one("MIGRATE_ON_SIGNAL"),
            backup: one("MIGRATE_BACKUP"),
            keep_text: one("MIGRATE_KEEP_TEXT"),
        }
    }

    /// What the command line says.
    pub(super) fn of_flags(flags: &Flags) -> Self {
        let one = |flag, text: &Option<String>| text.as_ref().map(|text| Setting::of_flag(flag, text));
        let schemas = flags.schemas.iter().map(|schema| Setting::of_flag("--schema", schema)).collect::<Vec<_>>();
        Self {
            url: one("--url", &flags.url),
            schemas: (!schemas.is_empty()).then_some(schemas),
            server_version: one("--server-version", &flags.server_version),
            lock_wait: one("--lock-wait", &flags.lock_wait),
            lock_timeout: one("--lock-timeout", &flags.lock_timeout),
            statement_timeout: one("--statement-timeout", &flags.statement_timeout),
            wait: one("--wait", &flags.wait),
            on_signal: one("--on-signal", &flags.on_signal),
            backup: one("--backup", &flags.backup),
            allow_copy: one("--allow-copy", &flags.allow_copy),
            keep_limit: one("--keep-limit", &flags.keep_limit),
            ..Self::default()
        }
    }

    /// What counts where no other layer says anything; [`super::Config`] documents the keys.
    pub(super) fn usual() -> Self {
        let one = |text| Some(Setting::usual(text));
        Self {
            url: one("${DATABASE_URL:-sqlite://app.db}"),
            models: Some(ModelsSetting::Paths(vec![Setting::usual("models/")])),
            versions: Some(vec![Setting::usual("versions/")]),
            version_table: one("migrate_version"),
            unmanaged: one("drop"),
            compare: None,
            scratch: one("same-server"),
            write_as: one("yaml"),
            file_template: one(super::FileTemplate::USUAL),
            slug_length: one("40"),
            timezone: one("UTC"),
            heads_file: one("false"),
            lock_wait: one("60s"),
            lock_timeout: one("5s"),
            retries: one("3"),
            allow_copy: one("1GB"),
            keep_limit: one("1GB"),
            statement_timeout: one("0"),
            wait: one("0"),
            on_signal: one("usual"),
            backup: one("false"),
            keep_text: one("true"),
            ..Self::default()
        }
    }
}
