//! Flags that every command takes, before or after its name. One that may be repeated adds up over both places.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::PossibleValue};

use crate::config::Flags;
use crate::report::{Colour, Format};

/// The flags. Of those that take one value the one behind the command wins.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The configuration; without it `migrate.yaml` is searched from here upward
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Lays one of `environments:` over the rest
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// One of `databases:`, or all of them, one after another
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    db: Option<String>,
    /// The database: sqlite://file.db, postgres://…, mysql://…, mariadb://…
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// How long to wait for a server that is not there yet, such as 60s
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    wait: Option<String>,
    /// A schema to compare, repeatable; without it the connection's own
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    schema: Vec<String>,
    /// A value for `${x.key}` in revisions, repeatable
    #[arg(short = 'x', value_name = "KEY=VALUE", value_parser = key_value, hide_short_help = true)]
    values: Vec<(String, String)>,
    /// The shape of the report; github too for check and diff, html for quality
    #[arg(long, value_name = "text|json", value_enum, hide_possible_values = true)]
    format: Option<Format>,
    /// Says more; twice: logs everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Says less
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Runs no program that the configuration names: hooks, models of a command
    #[arg(long, hide_short_help = true)]
    no_commands: bool,
    /// Shows every statement with its time
    #[arg(long, hide_short_help = true)]
    pub(crate) echo: bool,
    /// Logs to standard error
    #[arg(long, value_name = "text|json", value_enum, hide_possible_values = true, hide_short_help = true)]
    pub(crate) log_format: Option<LogFormat>,
    /// When to use colours
    #[arg(long, value_name = "auto|always|never", value_enum, hide_possible_values = true, hide_short_help = true)]
    pub(crate) color: Option<Colour>,
}

/// The shape of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Global {
    /// What stood before the command, and behind it.
    pub(crate) fn and(self, behind: Self) -> Self {
        Self {
            config: behind.config.or(self.config),
            env: behind.env.or(self.env),
            db: behind.db.or(self.db),
            url: behind.url.or(self.url),
            wait: behind.wait.or(self.wait),
            schema: self.schema.into_iter().chain(behind.schema).collect(),
            values: self.values.into_iter().chain(behind.values).collect(),
            format: behind.format.or(self.format),
            verbose: self.verbose.saturating_add(behind.verbose),
            quiet: self.quiet || behind.quiet,
            no_commands: self.no_commands || behind.no_commands,
            echo: self.echo || behind.echo,
            log_format: behind.log_format.or(self.log_format),
            color: behind.color.or(self.color),
        }
    }

    /// Whether `--db all` was given.
    pub(crate) fn is_for_all(&self) -> bool {
        self.db.as_deref() == Some("all")
    }

    /// Chooses a database, as `--db` does.
    pub(crate) fn choose(&mut self, database: &str) {
        self.db = Some(database.to_owned());
    }

    /// The shape of the report.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or_default()
    }

    /// The values of `-x`; of a key that is given twice the last one counts.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.values.iter().cloned().collect()
    }

    /// What configuration has to know.
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            environment: self.env.clone(),
            database: self.db.clone(),
            url: self.url.clone(),
            wait: self.wait.clone(),
            no_commands: self.no_commands,
            schemas: self.schema.clone(),
            ..Flags::default()
        }
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as key=value".to_owned()),
    }
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json, Self::Github, Self::Html]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Github => "github",
            Self::Html => "html",
        }))
    }
}

impl ValueEnum for Colour {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Global, key_value};
    use crate::report::Format;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        global: Global,
    }

    fn parsed(words: &[&str]) -> Global {
        Only::parse_from(std::iter::once(&"migrate").chain(words)).global
    }

    #[test]
    fn both_places_add_up() {
        let before = parsed(&["-v", "--schema", "a", "-x", "k=1", "--format", "json", "--url", "sqlite://a"]);
        let all = before.and(parsed(&["-vv", "--schema", "b", "-x", "k=2", "-x", "l=", "--url", "sqlite://b"]));
        assert_eq!((all.verbose, all.format()), (3, Format::Json));
        let flags = all.flags();
        assert_eq!((flags.schemas, flags.url), (vec!["a".to_owned(), "b".to_owned()], Some("sqlite://b".to_owned())));
        assert_eq!(
            all.variables().into_iter().collect::<Vec<_>>(),
            [("k".into(), "2".into()), ("l".into(), "".into())]
        );
    }

    #[test]
    fn a_value_has_a_key() {
        assert_eq!(key_value("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(key_value("=b").is_err() && key_value("a").is_err());
    }
}
