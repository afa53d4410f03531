//! The script of a range: what online would run, from the same plans and the same rendering, for `psql -f`,
//! `mariadb <` and `sqlite3 <`. Never connects to a server.
//!
//! Each revision first compares the whole version table with what it was planned on, so that a script that meets
//! another state stops with an error before it does harm. The session lock is the one thing that is missing.

use crate::db::{Connection, Settings, Url};
use crate::dialect::{Capability, Scope, settle};
use crate::error::{Error, Kind, Result};
use crate::execute::history::History;
use crate::execute::log::{Attempt, Log, State};
use crate::execute::render::unsupported;
use crate::graph::{Direction, Range, RowMove, Rows, Step, Target};
use crate::ops::Operation;
use crate::plan::{Chunk, Ground, Planned, Variables, plan};
use crate::revision::Revisions;
use crate::schema::Schema;
use crate::statement::ServerVersion;

/// What a script is made from.
pub(crate) struct Script<'a> {
    pub(crate) history: &'a History,
    pub(crate) log: &'a Log,
    pub(crate) revisions: &'a Revisions,
    pub(crate) variables: &'a Variables,
    /// The server that it is for.
    pub(crate) server: ServerVersion,
}

impl Script<'_> {
    /// The script of a range in one direction.
    ///
    /// # Errors
    /// As planning; Unsupported where a change needs the shape of a table that only a server can know.
    pub(crate) async fn write(&self, direction: Direction, range: &Range) -> Result<String> {
        let graph = &self.revisions.graph;
        let (start, steps) = match direction {
            Direction::Up => graph.upgrade_script(range)?,
            Direction::Down => graph.downgrade_script(range)?,
        };
        let mut shape = Shape::new(self).await?;
        let mut script = Lines::default();
        if start.is_empty() && direction == Direction::Up {
            self.tables(&mut script)?;
        } else {
            self.replay_to(&start, &mut shape).await?;
        }
        for step in steps {
            let planned = self.plan(step)?;
            self.revision(&planned, &mut shape, &mut script).await?;
        }
        shape.close().await;
        Ok(script.text)
    }

    /// The script that makes the version table and the log, unless they are there.
    pub(crate) fn ensure(&self) -> Result<String> {
        let mut script = Lines::default();
        self.tables(&mut script)?;
        Ok(script.text)
    }

    /// The script that removes all version rows, whatever they are, and writes those of the targets.
    ///
    /// # Errors
    /// As [`crate::graph::Graph::stamp_plan`].
    pub(crate) fn stamp_anew(&self, targets: &[Target]) -> Result<String> {
        let after = self.revisions.graph.stamp_from_nothing(targets)?;
        let mut script = Lines::default();
        self.tables(&mut script)?;
        script.comment(&format!("stamp --purge {}", words(targets)));
        script.statement("BEGIN");
        script.statement(&format!("DELETE FROM {}", self.history.quoted()));
        let moves = RowMove::between(&Rows::new(), &after);
        self.stamped(&moves, &after, &mut script)?;
        script.statement("COMMIT");
        Ok(script.text)
    }

    /// The moves of the rows, and a row of the log for everything that is applied then.
    fn stamped(&self, moves: &[RowMove], after: &Rows, script: &mut Lines) -> Result<()> {
        self.history.moves(moves).iter().for_each(|sql| script.statement(sql));
        for id in self.revisions.graph.closure(after) {
            let (revision, direction) = (id.as_str().to_owned(), "stamp".to_owned());
            let checksum = self.revisions.file(id)?.checksum();
            let attempt = Attempt { revision, direction, checksum, ..Attempt::default() };
            script.statement(&self.log.insert(State::Stamped, &attempt));
        }
        Ok(())
    }

    /// The script that sets the version rows and runs nothing, on a database that stands at `from`; None = the base.
    ///
    /// # Errors
    /// As [`crate::graph::Graph::stamp_plan`].
    pub(crate) fn stamp(&self, from: Option<&Target>, targets: &[Target]) -> Result<String> {
        let graph = &self.revisions.graph;
        let start =
            from.map_or_else(|| Ok(Rows::new()), |from| graph.stamp_from_nothing(std::slice::from_ref(from)))?;
        let stamp = graph.stamp_plan(&start, targets)?;
        let mut script = Lines::default();
        if start.is_empty() {
            self.tables(&mut script)?;
        }
        script.comment(&format!("stamp {}", words(targets)));
        script.statement("BEGIN");
        self.guard(&stamp.before, &mut script);
        self.stamped(&stamp.moves, &stamp.after, &mut script)?;
        script.statement("COMMIT");
        Ok(script.text)
    }

    fn plan(&self, step: Step) -> Result<Planned> {
        let file = self.revisions.file(&step.revision)?;
        let ground = Ground { dialect: self.history.dialect, server: self.server, variables: self.variables };
        plan(step, file, ground)
    }

    /// The version table and the log, unless they are there.
    fn tables(&self, script: &mut Lines) -> Result<()> {
        let guarded = |sql: &str| sql.replacen("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1);
        script.statement(&guarded(&self.history.create()));
        for sql in self.log.create(self.server)? {
            script.statement(&guarded(&sql));
        }
        Ok(())
    }

    /// Brings the shape to where the script begins.
    async fn replay_to(&self, start: &Rows, shape: &mut Shape<'_>) -> Result<()> {
        let target = Range::parse(":heads").map_err(|error| error.into_kind(Kind::Corrupt))?;
        let needed: Vec<_> = self.revisions.graph.closure(start).into_iter().cloned().collect();
        let (_, steps) = self.revisions.graph.upgrade_script(&target)?;
        for step in steps.into_iter().filter(|step| needed.contains(&step.revision)) {
            for chunk in &self.plan(step)?.chunks {
                shape.pass(chunk).await?;
            }
        }
        Ok(())
    }

    async fn revision(&self, planned: &Planned, shape: &mut Shape<'_>, script: &mut Lines) -> Result<()> {
        let step = &planned.step;
        let (id, word) = (step.revision.as_str(), step.direction.word());
        script.comment(&format!("{word} {id}: {}", planned.message));
        let dialect = self.history.dialect;
        let whole = dialect.has(Capability::TransactionalDdl, self.server) && !planned.outside;
        let mut attempt = Attempt {
            revision: id.to_owned(),
            direction: word.to_owned(),
            checksum: planned.checksum.clone(),
            ..Attempt::default()
        };
        let rebuilds = whole && planned.chunks.iter().any(|chunk| shape.may_rebuild(chunk));
        let marks = dialect.rebuild_marks().filter(|_| rebuilds);
        if let Some((before, _)) = &marks {
            script.statement(before);
        }
        if whole {
            script.statement("BEGIN");
        }
        self.guard(&step.before, script);
        let moves = self.history.moves(&step.moves);
        if whole {
            moves.iter().for_each(|sql| script.statement(sql));
        }
        for chunk in &planned.chunks {
            for sql in shape.statements(chunk).await.map_err(|error| error.in_revision(id))? {
                script.statement(&sql);
                attempt.statements.push(sql);
                attempt.done += 1;
            }
        }
        if !whole {
            moves.iter().for_each(|sql| script.statement(sql));
        }
        script.statement(&self.log.insert(State::Done, &attempt));
        if whole {
            script.statement("COMMIT");
        }
        if let Some((_, after)) = &marks {
            script.statement(after);
        }
        Ok(())
    }

    /// Fails unless the version table holds exactly these rows: a check on a temporary table refuses the answer 0.
    fn guard(&self, rows: &Rows, script: &mut Lines) {
        let table = self.history.quoted();
        let ids: Vec<String> = rows.iter().map(|id| self.history.dialect.literal(id.as_str())).collect();
        let count = ids.len();
        let all = format!("(SELECT COUNT(*) FROM {table}) = {count}");
        let condition = if ids.is_empty() {
            all
        } else {
            let ids = ids.join(", ");
            format!("{all} AND (SELECT COUNT(*) FROM {table} WHERE version_num IN ({ids})) = {count}")
        };
        script.statement("CREATE TEMPORARY TABLE migrate_guard (version_table_is_as_planned INTEGER NOT NULL CHECK (version_table_is_as_planned = 1))");
        script.statement(&format!("INSERT INTO migrate_guard SELECT CASE WHEN {condition} THEN 1 ELSE 0 END"));
        script.statement("DROP TABLE migrate_guard");
    }
}

fn words(targets: &[Target]) -> String {
    targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The text of a script.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn comment(&mut self, text: &str) {
        let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str("-- ");
        self.text.push_str(plain.trim_end());
        self.text.push_str("\n\n");
    }

    fn statement(&mut self, sql: &str) {
        self.text.push_str(sql.trim_end());
        self.text.push_str(";\n");
    }
}

/// The schema at the point of the script, as far as rendering asks for it.
struct Shape<'a> {
    script: &'a Script<'a>,
    /// Where the database's engine is part of this program, the chain really runs, in memory.
    memory: Option<Connection>,
    /// Elsewhere operations are followed here; after a person's SQL nobody knows.
    schema: Schema,
    unknown: bool,
}

impl<'a> Shape<'a> {
    async fn new(script: &'a Script<'a>) -> Result<Self> {
        let in_memory = script.history.dialect.has(Capability::ScratchInMemory, script.server);
        let memory = if in_memory { Some(Connection::open(&Url::memory(), &Settings::default()).await?) } else { None };
        Ok(Self { script, memory, schema: Schema::default(), unknown: false })
    }

    async fn close(self) {
        if let Some(memory) = self.memory {
            memory.close().await;
        }
    }

    fn may_rebuild(&self, chunk: &Chunk) -> bool {
        match chunk {
            Chunk::Operations(operations) => self.script.history.dialect.may_rebuild(operations, self.script.server),
            Chunk::Sql(_) => false,
        }
    }

    /// The statements of a chunk; the shape is behind it afterwards.
    async fn statements(&mut self, chunk: &Chunk) -> Result<Vec<String>> {
        let texts = match chunk {
            Chunk::Sql(statements) => statements.iter().map(|statement| statement.sql.clone()).collect(),
            Chunk::Operations(operations) => self.render(operations).await?,
        };
        self.follow(chunk, &texts).await?;
        Ok(texts)
    }

    async fn render(&mut self, operations: &[Operation]) -> Result<Vec<String>> {
        let dialect = self.script.history.dialect;
        let needed = dialect.needs_shape(operations, self.script.server);
        if needed {
            if let Some(memory) = &mut self.memory {
                self.schema = dialect.inspect(memory, &Scope::default()).await?;
            } else if self.unknown {
                return Err(Error::new(
                    Kind::Unsupported,
                    "the script needs the shape of a table after a step in SQL, which only a server knows",
                )
                .hint("run it online with `migrate upgrade`, or print it with `--dry-run` against the database"));
            }
        }
        let settled = settle(operations, dialect, &self.schema, self.script.server).map_err(unsupported)?;
        let rendered = dialect.render(&settled, &self.schema, self.script.server).map_err(unsupported)?;
        Ok(rendered.into_iter().map(|statement| statement.sql).collect())
    }

    async fn pass(&mut self, chunk: &Chunk) -> Result<()> {
        self.statements(chunk).await.map(drop)
    }

    async fn follow(&mut self, chunk: &Chunk, texts: &[String]) -> Result<()> {
        if let Some(memory) = &mut self.memory {
            if let Some((before, _)) = self.script.history.dialect.rebuild_marks() {
                memory.execute(&before).await?;
            }
            for sql in texts {
                let ran = memory.execute(sql).await;
                // Rows that a person's SQL counts on are not there in memory; only its DDL matters here.
                if let (Err(error), Chunk::Operations(_)) = (ran, chunk) {
                    return Err(error);
                }
            }
            return Ok(());
        }
        match chunk {
            Chunk::Sql(_) => self.unknown = true,
            Chunk::Operations(operations) => {
                let dialect = self.script.history.dialect;
                let settled = settle(operations, dialect, &self.schema, self.script.server).map_err(unsupported)?;
                dialect.advance(&settled, &mut self.schema);
            }
        }
        Ok(())
    }
}
