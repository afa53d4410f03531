//! What a downgrade would lose, asked from the database before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::Connection;
use crate::dialect::Server;
use crate::error::{Error, Kind, Result};
use crate::execute::history::quoted;
use crate::execute::run::Runner;
use crate::execute::{place, texts};
use crate::graph::{Direction, Rows};
use crate::ops::Operation;
use crate::plan::{Chunk, Planned};
use crate::schema::{Column, Default, Ident, Name, Pair};
use crate::statement::touches::{Dropped, dropped};
use crate::statement::{Hazard, Statement};

/// Names as they are now, for names as the plan has them after its renames; columns by the name of their table as it is.
#[derive(Default)]
struct Now {
    tables: BTreeMap<Name, Name>,
    columns: BTreeMap<(Name, Ident), Ident>,
    /// What the downgrade itself makes holds nothing yet.
    made: BTreeSet<(Name, Option<Ident>)>,
}

impl Now {
    fn table(&self, name: &Name) -> Name {
        self.tables.get(name).cloned().unwrap_or_else(|| name.clone())
    }

    fn column(&self, table: &Name, column: &Ident) -> Ident {
        self.columns.get(&(table.clone(), column.clone())).cloned().unwrap_or_else(|| column.clone())
    }

    fn makes(&mut self, table: &Name, column: Option<&Ident>) {
        let table = self.table(table);
        self.made.insert((table, column.cloned()));
    }

    fn made(&self, table: &Name, column: Option<&Ident>) -> bool {
        let table = self.table(table);
        self.made.contains(&(table.clone(), None)) || self.made.contains(&(table, column.cloned()))
    }

    fn rename_column(&mut self, table: &Name, name: &Ident, to: &Ident) {
        let table = self.table(table);
        let real = self.column(&table, name);
        if self.made.contains(&(table.clone(), Some(name.clone()))) {
            self.made.insert((table.clone(), Some(to.clone())));
        }
        self.columns.insert((table, to.clone()), real);
    }
}

/// What a plan was looked at upon, before the lock was there.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) rows: Rows,
    /// What it would lose, one line each; None = it may lose anything.
    pub(crate) losses: Option<Vec<String>>,
}

impl Runner<'_> {
    /// What these revisions would lose, one line each.
    pub(super) async fn losses(&self, connection: &mut Connection, planned: &[Planned]) -> Result<Vec<String>> {
        let dropped = losses(connection, self.dialect, planned).await?;
        #[cfg(feature = "orm")]
        let dropped = [dropped, self.left_unused(connection, planned).await?].concat();
        Ok(dropped)
    }

    /// Under the lock: what was looked at before it must still be so.
    ///
    /// # Errors
    /// [`Kind::Locked`] where another run moved the rows; [`Kind::NoWayBack`] where more would be lost.
    pub(super) async fn refuse_unseen(
        &self,
        connection: &mut Connection,
        rows: Pair<&Rows>,
        planned: &[Planned],
    ) -> Result<()> {
        let Some(seen) = self.seen.as_ref().filter(|_| !planned.is_empty()) else { return Ok(()) };
        if seen.rows != *rows.to {
            let [before, now] = [rows.from, rows.to].map(|rows| place(&texts(rows)));
            let phrase =
                format!("another run moved the database from {before} to {now} after this one had looked at it");
            return Err(Error::new(Kind::Locked, phrase).with_hint(
                "what the target means, or would lose, is not what it was: look at `migrate current`, and run it again",
            ));
        }
        let Some(known) = &seen.losses else { return Ok(()) };
        let mut more = self.losses(connection, planned).await?;
        more.retain(|line| !known.contains(line));
        if more.is_empty() {
            return Ok(());
        }
        let phrase = format!("the downgrade would lose data that came in the meantime: {}", more.join(", "));
        Err(Error::new(Kind::NoWayBack, phrase)
            .with_hint("save it first, or give --yes to lose it; nothing was changed"))
    }
}

/// Tables that hold rows and columns that hold values other than their default, which these revisions would drop: one
/// line each. What a person's SQL does is seen only where it runs from a kept text, which nobody has before them, and where
/// a comment above it says so, as those do that the tool writes.
async fn losses(connection: &mut Connection, dialect: &'static dyn Server, planned: &[Planned]) -> Result<Vec<String>> {
    let mut now = Now::default();
    let mut losses = Vec::new();
    for step in planned.iter().filter(|step| step.step.direction == Direction::Down) {
        for chunk in &step.chunks {
            match chunk {
                Chunk::Operations(operations) => {
                    let questions = operations.iter().filter_map(|operation| question(operation, &mut now, dialect));
                    for (line, sql) in questions.collect::<Vec<_>>() {
                        losses.extend(holds(connection, dialect, &sql).await?.then_some(line));
                    }
                }
                Chunk::Sql(statements) => {
                    let counts = |statement: &&Statement| step.kept || loses_data(statement);
                    let counted: Vec<&Statement> = statements.iter().filter(counts).collect();
                    losses.extend(losses_of_sql(connection, dialect, &counted).await?);
                }
                #[cfg(feature = "orm")]
                Chunk::Data(_) => {}
            }
        }
    }
    Ok(losses)
}

/// Whether it is said above it.
fn loses_data(statement: &Statement) -> bool {
    statement.hazards.iter().any(|hazard| matches!(hazard, Hazard::LosesData(_)))
}

/// Whether the question finds a row. What is not there, or made only by a statement before, or dropped by another run
/// meanwhile, is lost by nobody. Where the database refuses the question for another reason (values that cannot be
/// compared, no right to read) something may be lost.
async fn holds(connection: &mut Connection, dialect: &'static dyn Server, sql: &str) -> Result<bool> {
    match connection.first_row(sql).await {
        Ok(found) => Ok(found.is_some()),
        Err(error) if error.kind() == Kind::Statement => Ok(!dialect.misses_relation(&error)),
        Err(error) => Err(error),
    }
}

/// What these statements drop that holds something.
async fn losses_of_sql(
    connection: &mut Connection,
    dialect: &'static dyn Server,
    statements: &[&Statement],
) -> Result<Vec<String>> {
    let mut losses = Vec::new();
    for Dropped { table, column } in statements.iter().flat_map(|statement| dropped(&statement.sql, dialect.syntax())) {
        let (line, filter) = match column {
            None => (format!("the rows of {table}"), String::new()),
            Some(column) => (format!("the values of {table}.{column}"), format!(" WHERE {column} IS NOT NULL")),
        };
        let question = format!("SELECT 1 FROM {table}{filter} LIMIT 1");
        losses.extend(holds(connection, dialect, &question).await?.then_some(line));
    }
    Ok(losses)
}

/// What to ask about one operation: what would be lost, and a statement that gives a row if it is there.
fn question(operation: &Operation, now: &mut Now, dialect: &'static dyn Server) -> Option<(String, String)> {
    match operation {
        Operation::DropTable { name, .. } if !now.made(name, None) => {
            let table = now.table(name);
            let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(dialect, &table));
            Some((format!("the rows of {}", table.for_people()), sql))
        }
        Operation::DropColumn { table, name, was, .. } if !now.made(table, Some(name)) => {
            let table = now.table(table);
            let column = now.column(&table, name);
            let sql = values(dialect, &table, &column, was.as_deref())?;
            Some((format!("the values of {}.{}", table.for_people(), column.as_str()), sql))
        }
        Operation::CreateTable(table) => {
            now.makes(&table.name, None);
            None
        }
        Operation::AddColumn { table, column, .. } => {
            now.makes(table, Some(&column.name));
            None
        }
        Operation::RenameTable { name, to } => {
            let real = now.table(name);
            now.tables.insert(name.sibling(to.clone()), real);
            None
        }
        Operation::RenameColumn { table, name, to } => {
            now.rename_column(table, name, to);
            None
        }
        Operation::DropTable { .. }
        | Operation::DropColumn { .. }
        | Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::AlterTable { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => None,
    }
}

/// A row with a value of its own; `None` for a column that is computed from others. A value that equals the default is
/// not one: the way up writes it again.
fn values(dialect: &'static dyn Server, table: &Name, column: &Ident, was: Option<&Column>) -> Option<String> {
    if was.is_some_and(|was| was.generated.is_some()) {
        return None;
    }
    let (table, column) = (quoted(dialect, table), dialect.quote(column));
    let default = was.and_then(|was| was.default.as_ref()).and_then(|default| match default {
        Default::Sql(expr) => Some(expr.text()),
        Default::Literal(_) => None,
    });
    let own = default.map_or(String::new(), |default| format!(" AND {column} <> {default}"));
    Some(format!("SELECT 1 FROM {table} WHERE {column} IS NOT NULL{own} LIMIT 1"))
}
