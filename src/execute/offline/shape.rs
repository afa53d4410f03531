//! The schema at each point of a script: rendering may ask for the shape of a table, and no server can be asked.

#[cfg(feature = "orm")]
use std::collections::BTreeMap;

use crate::db::{Connection, Ending, Settings, Url};
use crate::dialect::{Capability, Scope, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::offline::Script;
use crate::execute::render::unsupported;
#[cfg(feature = "orm")]
use crate::execute::rows;
#[cfg(feature = "orm")]
use crate::execute::rows_kept::Place;
use crate::ops::Operation;
use crate::plan::Chunk;
#[cfg(feature = "orm")]
use crate::plan::DataChunk;
use crate::schema::Schema;
use crate::statement::classify::leaves_tables;
use crate::statement::split::split;
use crate::statement::{Also, Statement};

/// The schema at the point of the script, as far as rendering asks for it.
pub(super) struct Shape<'a> {
    script: &'a Script<'a>,
    /// Where the database's engine is part of this program, the chain really runs, in memory.
    memory: Option<Connection>,
    /// Elsewhere operations are followed here; behind a person's SQL that may change tables nobody knows.
    schema: Schema,
    unknown: bool,
    /// The revision that is rendered runs without a look at foreign keys.
    pub(super) rebuilds: bool,
}

impl<'a> Shape<'a> {
    pub(super) async fn new(script: &'a Script<'a>) -> Result<Self> {
        let in_memory = script.history.dialect.has(Capability::ScratchInMemory, script.server);
        let memory = if in_memory {
            Some(Connection::open(&Url::memory_with(script.attached), &Settings::default()).await?)
        } else {
            None
        };
        Ok(Self { script, memory, schema: Schema::default(), unknown: false, rebuilds: false })
    }

    pub(super) async fn close(self) {
        if let Some(memory) = self.memory {
            memory.close().await;
        }
    }

    pub(super) fn may_rebuild(&self, chunk: &Chunk) -> bool {
        match chunk {
            Chunk::Operations(operations) => self.script.history.dialect.may_rebuild(operations, self.script.server),
            Chunk::Sql(statements) => self.script.history.dialect.copies_a_table(statements),
            #[cfg(feature = "orm")]
            Chunk::Data(_) => false,
        }
    }

    /// The statements of a chunk; the shape is behind it afterwards.
    pub(super) async fn statements(&mut self, chunk: &Chunk) -> Result<Vec<Statement>> {
        let statements = match chunk {
            Chunk::Sql(statements) => statements.clone(),
            Chunk::Operations(operations) => self.render(operations).await?,
            #[cfg(feature = "orm")]
            Chunk::Data(data) => return self.rows(data).await,
        };
        self.follow(chunk, &statements).await?;
        Ok(statements)
    }

    async fn render(&mut self, operations: &[Operation]) -> Result<Vec<Statement>> {
        let dialect = self.script.history.dialect;
        let needed = dialect.needs_shape(operations, self.script.server);
        if needed {
            if let Some(memory) = &mut self.memory {
                self.schema = dialect.inspect(memory, &everything(memory)).await?;
            } else if self.unknown {
                return Err(unknown_shape());
            }
        }
        // What was looked at before stands behind operations since.
        if !needed && self.memory.is_some() {
            self.schema = Schema::default();
        }
        let settled = settle(operations, dialect, &self.schema, self.script.server).map_err(unsupported)?;
        let mut rendered = dialect.render(&settled, &self.schema, self.script.server).map_err(unsupported)?;
        rendered.iter_mut().for_each(|statement| self.say_course(statement));
        Ok(rendered)
    }

    /// The statements of an operation on rows: in memory there are none to be changed.
    #[cfg(feature = "orm")]
    async fn rows(&mut self, data: &DataChunk) -> Result<Vec<Statement>> {
        let history = self.script.history;
        let schema = if let Some(memory) = &mut self.memory {
            history.dialect.inspect(memory, &everything(memory)).await?
        } else if self.unknown {
            return Err(unknown_shape());
        } else {
            self.schema.clone()
        };
        let shape = rows::with_whole_heirs(schema);
        let place = Place { dialect: history.dialect, scope: &Scope::default(), version_table: &history.table };
        let triggers = BTreeMap::new();
        let ground = rows::Ground { shape: &shape, triggers: &triggers, keys_off: self.rebuilds, images: None };
        let made = rows::of_chunk(data, place, ground, self.script.server)?;
        if made.iter().flat_map(|statement| &statement.also).any(|also| matches!(also, Also::Through(_))) {
            return Err(Error::new(Kind::Unsupported, "a script for a shell cannot take rows through a program")
                .at_line(data.line, 0)
                .with_hint("run it online with `migrate upgrade`"));
        }
        match made.iter().find(|statement| statement.pieces.is_some()) {
            None => Ok(made),
            Some(_) => Err(Error::new(Kind::Unsupported, "a script cannot go through a table in batches")
                .at_line(data.line, 0)
                .with_hint("run it online with `migrate upgrade`, or leave `batch:` out")),
        }
    }

    /// The words by which the server refuses to copy a table, where the chain of revisions has made all of it.
    fn say_course(&self, statement: &mut Statement) {
        let Some(course) = statement.course.as_deref().filter(|_| !self.unknown) else { return };
        let table = self.schema.tables.get(&course.table);
        let facts = table.and_then(|table| self.script.history.dialect.facts_of_shape(table));
        statement.words = course.words_for_script(facts.as_ref());
    }

    fn leaves_tables(&self, sql: &str) -> bool {
        let pieces = split(sql, self.script.history.dialect.syntax());
        pieces.is_ok_and(|pieces| pieces.iter().all(leaves_tables))
    }

    /// A revision is over: what it left in the session goes with it.
    pub(super) async fn end_revision(&mut self) -> Result<()> {
        if let Some(memory) = &mut self.memory {
            memory.put_back(Ending::Alone).await?;
        }
        Ok(())
    }

    pub(super) async fn pass(&mut self, chunk: &Chunk) -> Result<()> {
        self.statements(chunk).await.map(drop)
    }

    async fn follow(&mut self, chunk: &Chunk, statements: &[Statement]) -> Result<()> {
        if let Some(memory) = &mut self.memory {
            for before in
                self.script.frame().rebuild("", self.script.attached).into_iter().flat_map(|rebuild| rebuild.before)
            {
                memory.execute(&before).await?;
            }
            for statement in statements {
                if statement.by_person {
                    memory.brace(self.script.history.dialect.session_change(&statement.sql)).await?;
                }
                let ran = memory.execute(&statement.sql).await;
                // Rows that a person's SQL counts on are not there in memory; only its DDL matters here.
                if let (Err(error), Chunk::Operations(_)) = (ran, chunk) {
                    return Err(error);
                }
            }
            return Ok(());
        }
        match chunk {
            #[cfg(feature = "orm")]
            Chunk::Data(_) => {}
            Chunk::Sql(_) => self.unknown |= !statements.iter().all(|statement| self.leaves_tables(&statement.sql)),
            Chunk::Operations(operations) => {
                let dialect = self.script.history.dialect;
                let settled = settle(operations, dialect, &self.schema, self.script.server).map_err(unsupported)?;
                dialect.advance(&settled, &mut self.schema);
            }
        }
        Ok(())
    }
}

/// What is in memory, with what is attached there.
fn everything(memory: &Connection) -> Scope {
    Scope { schemas: memory.attached(), ..Scope::default() }
}

fn unknown_shape() -> Error {
    Error::new(
        Kind::Unsupported,
        "the script needs the shape of a table behind SQL that may have changed it, which only a server knows",
    )
    .with_hint("run it online with `migrate upgrade`, or print it with `--dry-run` against the database")
}
