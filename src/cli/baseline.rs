//! The schema of a revision, read from a database that stands there: the baseline of an import.

use std::collections::BTreeMap;

use crate::check::Filter;
use crate::check::sight;
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::config::{TableName, Unmanaged};
use crate::db::Url;
use crate::diff::{Context as Facts, RenameRules, diff};
use crate::error::{Error, Kind, Result};
use crate::execute::{place, render::unsupported, texts};
use crate::graph::RevisionId;
use crate::import::Bodies;
use crate::model;
use crate::schema::{Pair, Schema};
use crate::statement::Statement;

/// What a database at a revision holds, as SQL.
pub(crate) struct Found {
    /// From nothing to it, and back.
    pub(crate) up: String,
    pub(crate) down: String,
    /// What is there and not in the SQL: `view a`.
    pub(crate) missing: Vec<String>,
    pub(crate) dialect: &'static str,
}

/// Reads the database of `--url`, else of the other project, which must stand at `revision` and nowhere else.
///
/// # Errors
/// [`Kind::Usage`] without a database, and for one that stands elsewhere.
pub(crate) fn find(context: &Context<'_>, url: Option<&Url>, revision: &RevisionId, bodies: &Bodies) -> Result<Found> {
    let mut project = context.project()?;
    let (schema, name) = bodies.version_table.clone().unwrap_or((None, "alembic_version".to_owned()));
    project.config.version_table = TableName { schema, name };
    let is_named = context.global.flags().url.is_some() || context.environment.filled("MIGRATE_URL").is_some();
    let url = match (is_named, url) {
        (true, _) => project.url()?,
        (false, Some(url)) => url.clone(),
        (false, None) => {
            return Err(Error::new(Kind::Usage, "a baseline is taken from a database, and none is named")
                .with_hint("name one that Alembic has upgraded to it: --url"));
        }
    };
    let mut found = None;
    runtime::run(async |cancel| {
        let session = Session::open_url(&project, &url, Purpose::Read, cancel).await?;
        found = Some(read(&project, session, revision).await?);
        Ok(Answer::Yes)
    })?;
    found.ok_or_else(|| Error::new(Kind::Cancelled, "cancelled while reading the database"))
}

async fn read(project: &Project, mut session: Session, revision: &RevisionId) -> Result<Found> {
    let rows = session.rows().await?;
    if rows.len() != 1 || !rows.contains(revision) {
        let stands = place(&texts(&rows));
        let phrase = format!("the database stands at {stands}, so that it does not have the schema of {revision}");
        return Err(Error::new(Kind::Usage, phrase).with_hint(format!(
            "bring an empty database there, `alembic upgrade {revision}`, and name it with --url"
        )));
    }
    let mut native = sight::look(session.dialect, &mut session.connection, &session.scope).await?;
    let (server, dialect) = (session.connection.server(), session.dialect);
    let own = session.connection.own_schema().as_str().to_owned();
    session.close().await;
    Filter::new(&project.config.ignore, Unmanaged::Drop, &own).apply(&mut native);
    let render = |pair: Pair<&Schema>| -> Result<String> {
        let made = diff(Pair::new(pair.from, pair.to), &RenameRules::default(), Facts { dialect, server });
        let statements = dialect.render(&made.operations, pair.from, server).map_err(unsupported)?;
        Ok(joined(&statements))
    };
    let empty = Schema::default();
    let up = match as_stored(&native) {
        None => render(Pair::new(&empty, &native))?,
        Some(tables) => {
            let without_objects = Schema { objects: BTreeMap::new(), ..native.clone() };
            format!("{tables}{}", render(Pair::new(&without_objects, &native))?)
        }
    };
    Ok(Found { up, down: render(Pair::new(&native, &empty))?, missing: missing(&native), dialect: dialect.word() })
}

/// The very texts that tables and indexes were made by, where the database keeps them all.
fn as_stored(native: &Schema) -> Option<String> {
    let mut statements = String::new();
    for table in native.tables.values() {
        let indexes = table.indexes.iter().map(|index| table.index_definitions.get(&index.name));
        for text in std::iter::once(table.definition.as_ref()).chain(indexes) {
            statements.push_str(text?);
            statements.push_str(";\n");
        }
    }
    Some(statements)
}

fn missing(native: &Schema) -> Vec<String> {
    let lines = model::not_modelled(&native.unmodelled);
    lines.iter().filter_map(|line| line.strip_prefix("not modelled: ")).map(str::to_owned).collect()
}

fn joined(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("{};\n", statement.sql)).collect()
}
