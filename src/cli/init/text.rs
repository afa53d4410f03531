//! The texts of a new project's files. No I/O.

use crate::cli::new_file::As;
use crate::config::Environment;
use crate::dialect::Start;
use crate::yaml::{Tree, write};

/// What `migrate.yaml` is to say.
pub(super) struct Wish<'a> {
    pub(super) start: &'a Start,
    pub(super) url: Said,
    /// The project takes over a database that is there.
    pub(super) adopted: bool,
    /// `--schema`.
    pub(super) schemas: &'a [String],
    pub(super) language: As,
}

/// What `migrate.yaml` says about the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// An example of the database's own.
    Example,
    /// This one, unless `DATABASE_URL` is set.
    Url(String),
    /// `DATABASE_URL` alone; the URL without its secrets, for people.
    Variable(String),
}

impl Said {
    /// What is said where the database was found by the environment: an example would lead elsewhere.
    pub(super) fn of_environment(self, environment: &Environment) -> Self {
        match self {
            Self::Example if environment.filled("DATABASE_URL").is_some() => Self::Variable(String::new()),
            said @ (Self::Example | Self::Url(_) | Self::Variable(_)) => said,
        }
    }
}

const HEAD: &str =
    "# Configuration of migrate. Every key is optional; `migrate schema config` describes all of them.\n";

const PLACES: &str = "\
models: models/         # how the database should be: *.yaml and *.sql
versions: versions/     # how it gets there: one file per revision
";

const UNMANAGED: &str = "\
unmanaged: ignore       # tables that no model names are left alone; `drop` once the models are complete
";

const ENVIRONMENTS: &str = "\
# environments:         # migrate --env prod
#   prod:
#     database: { url: \"${PROD_URL}\" }
";

/// `migrate.yaml` of a project with one database.
pub(super) fn config(wish: &Wish<'_>) -> String {
    let (value, comment) = match &wish.url {
        Said::Example => (with_variable(wish.start.url), "or sqlite://…, postgres://…, mysql://…, mariadb://…"),
        Said::Url(url) => (with_variable(url), ""),
        Said::Variable(shown) => ("${DATABASE_URL}".to_owned(), shown.as_str()),
    };
    let comment = if comment.is_empty() { String::new() } else { format!("   # {comment}") };
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = format!("{HEAD}database:\n  url: \"{value}\"{comment}\n{PLACES}");
    if !wish.schemas.is_empty() {
        text.push_str(&write(&Tree::Map(vec![("schemas".to_owned(), Tree::texts(wish.schemas.to_vec()))])));
    }
    if wish.adopted {
        text.push_str(UNMANAGED);
    }
    if wish.language == As::Sql {
        text.push_str("write_as: sql           # the language of new revisions\n");
    }
    format!("{text}{}{ENVIRONMENTS}", wish.start.config)
}

/// The URL, unless the variable is set. A brace would end the default, so such a URL stands alone.
fn with_variable(url: &str) -> String {
    let url = url.replace('$', "$$");
    if url.contains(['{', '}']) { url } else { format!("${{DATABASE_URL:-{url}}}") }
}

/// `migrate.yaml` of a project with several databases.
pub(super) fn config_of_several(language: As) -> String {
    let databases = SEVERAL.map(|name| {
        let variable = name.to_uppercase();
        format!(
            "  {name}:                # migrate --db {name}\n    url: \"${{{variable}_URL:-sqlite://{name}.db}}\"\n    \
             models: {name}/models/\n    versions: {name}/versions/\n"
        )
    });
    let sql = if language == As::Sql { "write_as: sql           # the language of new revisions\n" } else { "" };
    format!("{HEAD}databases:              # migrate --db all: in this order\n{}{sql}", databases.concat())
}

/// The names of the databases of `multidb`.
pub(super) const SEVERAL: [&str; 2] = ["main", "audit"];

/// The first model: an example in comments, and nothing declared.
pub(super) fn model(start: &Start, language: As) -> (&'static str, String) {
    let (name, mark, example, end) = match language {
        As::Yaml => ("schema.yaml", "#", start.yaml, "tables: {}\n"),
        As::Sql => ("schema.sql", "--", start.sql, ""),
    };
    let example: String = example.lines().map(|line| format!("{mark} {line}\n")).collect();
    (name, format!("{mark} The tables as they should be. An example:\n{mark}\n{example}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{STARTS, start};

    fn wish(url: Said) -> Wish<'static> {
        Wish { start: &STARTS[1], url, adopted: true, schemas: &[], language: As::Yaml }
    }

    #[test]
    fn the_url_stands_with_its_variable() {
        let url = |said| {
            let text = config(&wish(said));
            text.lines().find_map(|line| line.trim_start().strip_prefix("url: ")).unwrap().to_owned()
        };
        assert!(url(Said::Example).starts_with("\"${DATABASE_URL:-"));
        assert_eq!(url(Said::Url("sqlite://a$b.db".to_owned())), "\"${DATABASE_URL:-sqlite://a$$b.db}\"");
        assert_eq!(url(Said::Url("sqlite://a}.db".to_owned())), "\"sqlite://a}.db\"");
        assert_eq!(url(Said::Variable("x://h/d".to_owned())), "\"${DATABASE_URL}\"   # x://h/d");
    }

    #[test]
    fn each_start_has_a_name_of_its_own() {
        for one in &STARTS {
            assert_eq!(start(one.name), Some(one));
            assert!(one.url.starts_with(&format!("{}://", one.name)));
        }
        assert_eq!(start("oracle"), None);
    }
}
