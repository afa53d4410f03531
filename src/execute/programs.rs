//! Rows that go through a program: a script of the revision's file, or a closure that whoever embeds the library registered
//! by name and version. Either works on the connection and in the transaction of its revision, on the tables as they are
//! there.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub(crate) use of_orm::Registered;
pub use of_orm::{BoxFuture, Down, StepContext, StepFunction};

use crate::error::{Error, Kind, Result};
use crate::ops::{By, DataOperation, DataWork, Restore, Through, WayBack};
use crate::plan::{BackRules, Chunk, DataChunk, Planned};

/// Closures by name and version.
#[derive(Clone, Default)]
pub(crate) struct Programs(BTreeMap<(String, u32), Arc<Registered>>);

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Programs {
    /// Adds one; of two with the same name and version the later counts.
    pub(crate) fn insert(&mut self, name: &str, version: u32, registered: Registered) {
        self.0.insert((name.to_owned(), version), Arc::new(registered));
    }

    fn get(&self, name: &str, version: u32) -> Option<&Arc<Registered>> {
        self.0.get(&(name.to_owned(), version))
    }

    /// Lays over a plan what the program says about the ways back of its closures; the file's own word counts more.
    ///
    /// # Errors
    /// [`Kind::NoWayBack`] where a closure has none.
    pub(crate) fn settle(&self, planned: &mut Planned, rules: BackRules) -> Result<()> {
        let mut settled = Vec::with_capacity(planned.chunks.len());
        for mut chunk in std::mem::take(&mut planned.chunks) {
            if let Chunk::Data(data) = &mut chunk
                && !self.settle_one(data, rules)?
            {
                continue;
            }
            settled.push(chunk);
        }
        planned.chunks = settled;
        Ok(())
    }

    /// False = nothing is left to do.
    fn settle_one(&self, data: &mut DataChunk, rules: BackRules) -> Result<bool> {
        match &mut data.operation {
            DataOperation::Step(step) => {
                let Some(down) = self.down_of(&step.name, &step.work) else { return Ok(true) };
                if let (WayBack::Images, Some(why)) = (&step.back, down.without_images()) {
                    step.back = WayBack::Irreversible(why);
                }
                Ok(true)
            }
            DataOperation::Restore(Restore { step: name, of: Some(step), .. }) => {
                let Some(down) = self.down_of(name, &step.work) else { return Ok(true) };
                match down {
                    Down::BeforeImages => Ok(true),
                    Down::With(_) => {
                        let mut back = step.as_ref().clone();
                        if let DataWork::Through(Through { by: By::Closure { back, .. }, .. }) = &mut back.work {
                            *back = true;
                        }
                        back.back = WayBack::Irreversible("it is a way back itself".to_owned());
                        back.expect = crate::ops::Expect::default();
                        data.operation = DataOperation::Step(Box::new(back));
                        Ok(true)
                    }
                    Down::Irreversible(_) if rules.allow_data_loss => Ok(false),
                    Down::Irreversible(why) => {
                        Err(Error::new(Kind::NoWayBack, format!("step `{name}` has no way back: {why}"))
                            .at_line(data.line, 0)
                            .with_hint("pass --allow-data-loss to go back without it"))
                    }
                }
            }
            DataOperation::Restore(_) | DataOperation::Keep(_) | DataOperation::BringBack(_) => Ok(true),
        }
    }

    fn down_of(&self, name: &str, work: &DataWork) -> Option<&Down> {
        let DataWork::Through(Through { by: By::Closure { version, back: false, .. }, .. }) = work else { return None };
        self.get(name, *version).map(|registered| &registered.down)
    }

    /// Whether everything that would run can run here, before anything has: scripts are scripts, closures are known.
    ///
    /// # Errors
    /// [`Kind::File`] with the line in the script; [`Kind::Unsupported`], which names the program that can.
    pub(crate) fn check(&self, planned: &[Planned]) -> Result<()> {
        for step in planned {
            for chunk in &step.chunks {
                if let Chunk::Data(data) = chunk
                    && let DataOperation::Step(one) = &data.operation
                    && let DataWork::Through(through) = &one.work
                {
                    let here = |error: Error| error.in_revision(step.step.revision.as_str()).at_line(data.line, 0);
                    self.check_one(&one.name, &through.by).map_err(here)?;
                }
            }
        }
        Ok(())
    }

    fn check_one(&self, name: &str, by: &By) -> Result<()> {
        match by {
            By::Script { text, line } => check_script(text, usize::try_from(*line).unwrap_or(usize::MAX)),
            By::Closure { version, .. } if self.0.contains_key(&(name.to_owned(), *version)) => Ok(()),
            By::Closure { version, program, .. } => Err(self.not_here(name, *version, program.as_deref())),
        }
    }

    fn not_here(&self, name: &str, version: u32, program: Option<&str>) -> Error {
        let others: Vec<String> =
            self.0.keys().filter(|(known, _)| known == name).map(|(_, version)| version.to_string()).collect();
        let known =
            if others.is_empty() { String::new() } else { format!("; known here is version {}", others.join(", ")) };
        let phrase = format!("the data step `{name}`, version {version}, is part of another program{known}");
        let error = Error::new(Kind::Unsupported, phrase);
        match program {
            Some(program) => error.with_hint(format!("run it with that program: {program} upgrade")),
            None => error.with_hint(format!(
                "run it with the program that registers it: Migrator::data_step(\"{name}\", {version}, …)"
            )),
        }
    }
}

#[cfg(feature = "script")]
fn check_script(text: &str, line: usize) -> Result<()> {
    crate::script::Script::new(text, line).map(drop)
}

#[cfg(not(feature = "script"))]
fn check_script(_: &str, line: usize) -> Result<()> {
    Err(without("script").at_line(line, 0))
}

#[cfg(not(feature = "script"))]
fn without(feature: &str) -> Error {
    Error::new(Kind::Unsupported, format!("this program was built without the Cargo feature `{feature}`"))
        .with_hint("add the feature, or run the revision with a program that has it")
}

mod of_orm {
    use std::collections::VecDeque;
    use std::fmt;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Instant;

    use crate::db::Cancel;
    use crate::error::Result;
    use crate::execute::Event;
    use crate::execute::step::Tell;
    use crate::orm::{RowsDone, Session};

    /// A boxed future that can go to another thread.
    pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

    /// What a closure of a data step is.
    pub type StepFunction =
        dyn for<'a> Fn(&'a mut Session<'_>, &'a StepContext) -> BoxFuture<'a, Result<RowsDone>> + Send + Sync;

    /// How a closure's work is taken back.
    pub enum Down {
        /// What the rows were is kept beside them, in the transaction of the revision; downgrade brings them back.
        BeforeImages,
        /// By another closure.
        With(Box<StepFunction>),
        /// Not at all: why. A downgrade refuses unless it is told that the loss is meant.
        Irreversible(String),
    }

    impl Down {
        /// Back by another closure.
        pub fn with<F>(back: F) -> Self
        where
            F: for<'a> Fn(&'a mut Session<'_>, &'a StepContext) -> BoxFuture<'a, Result<RowsDone>>
                + Send
                + Sync
                + 'static,
        {
            Self::With(Box::new(back))
        }

        /// No way back, and why.
        pub fn irreversible(why: impl Into<String>) -> Self {
            Self::Irreversible(why.into())
        }

        /// Why no images are kept.
        pub(super) fn without_images(&self) -> Option<String> {
            match self {
                Self::BeforeImages => None,
                Self::With(_) => Some("its way back is a closure".to_owned()),
                Self::Irreversible(why) => Some(why.clone()),
            }
        }
    }

    impl fmt::Debug for Down {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::BeforeImages => f.write_str("BeforeImages"),
                Self::With(_) => f.write_str("With(..)"),
                Self::Irreversible(why) => f.debug_tuple("Irreversible").field(why).finish(),
            }
        }
    }

    /// A closure and its way back.
    pub(crate) struct Registered {
        pub(crate) up: Box<StepFunction>,
        pub(crate) down: Down,
    }

    /// What a closure is told about the step that it does.
    #[derive(Debug)]
    pub struct StepContext {
        pub(super) step: String,
        pub(super) revision: String,
        pub(super) table: String,
        pub(super) cancel: Option<Cancel>,
        pub(super) started: Instant,
        pub(super) events: Arc<Mutex<VecDeque<Event>>>,
    }

    impl StepContext {
        /// The name of the step.
        pub fn name(&self) -> &str {
            &self.step
        }

        /// The revision that it belongs to.
        pub fn revision(&self) -> &str {
            &self.revision
        }

        /// The table that the revision names for it.
        pub fn table(&self) -> &str {
            &self.table
        }

        /// How many rows may well be read and written at once.
        pub fn batch(&self) -> usize {
            5_000
        }

        /// Whether the run was asked to stop. The next statement fails then; long work between two of them may look here.
        pub fn is_cancelled(&self) -> bool {
            self.cancel.as_ref().is_some_and(Cancel::is_cancelled)
        }

        /// Says how far the step is: so many rows of so many. Whoever listens to events is told.
        pub fn progress(&self, done: u64, of: u64) {
            let event = Event::Rows { step: self.step.clone(), done, of, elapsed: self.started.elapsed() };
            self.events.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
        }
    }

    /// Runs a closure, and passes on what it says meanwhile.
    pub(super) async fn call(
        function: &StepFunction,
        session: &mut Session<'_>,
        context: &StepContext,
        tell: Tell<'_>,
    ) -> Result<RowsDone> {
        let mut work = function(session, context);
        poll_fn(|waker| {
            let polled = work.as_mut().poll(waker);
            let said = std::mem::take(&mut *context.events.lock().unwrap_or_else(PoisonError::into_inner));
            said.into_iter().for_each(&mut *tell);
            polled
        })
        .await
    }
}

pub(super) mod rows {
    //! The work itself.

    use crate::schema::Schema;
    use crate::statement::RowWork;

    /// Rows through a program, made ready: the tables as they are, the script read.
    pub(crate) struct Ready<'w> {
        pub(super) work: &'w RowWork,
        pub(super) tables: Schema,
        #[cfg(feature = "script")]
        pub(super) script: Option<crate::script::Script>,
    }

    impl Ready<'_> {
        /// Its rows, in SQL.
        pub(crate) fn filter(&self) -> Option<&str> {
            self.work.filter.as_deref()
        }
    }

    pub(crate) use super::with_orm::{ready, run};
}

mod with_orm {
    use std::sync::Arc;
    use std::time::Instant;

    use crate::db::Connection;
    use crate::error::{Error, Kind, Result};
    #[cfg(feature = "script")]
    use crate::execute::Event;
    use crate::execute::programs::Programs;
    use crate::execute::programs::of_orm::{Down, StepContext, call};
    use crate::execute::programs::rows::Ready;
    use crate::execute::step::Tell;
    use crate::orm::Session;
    use crate::schema::Schema;
    use crate::statement::{RowProgram, RowWork};

    /// Reads the script, if it is one.
    pub(crate) fn ready(work: &RowWork, tables: Schema) -> Result<Ready<'_>> {
        Ok(Ready {
            #[cfg(feature = "script")]
            script: match &work.by {
                RowProgram::Script { text, line } => Some(crate::script::Script::new(text, *line)?),
                RowProgram::Closure { .. } => None,
            },
            work,
            tables,
        })
    }

    /// Takes the rows through it: those of `filter`, in SQL. Gives their number.
    ///
    /// # Errors
    /// What the script or the closure says, with the key of the row where it is known; what the database says.
    pub(crate) async fn run(
        ready: &Ready<'_>,
        filter: Option<String>,
        programs: &Programs,
        connection: &mut Connection,
        tell: Tell<'_>,
    ) -> Result<u64> {
        match &ready.work.by {
            RowProgram::Closure { version, back } => {
                closure(ready, (*version, *back), programs, connection, tell).await
            }
            RowProgram::Script { .. } => script(ready, filter, connection, tell).await,
        }
    }

    async fn closure(
        ready: &Ready<'_>,
        (version, back): (u32, bool),
        programs: &Programs,
        connection: &mut Connection,
        tell: Tell<'_>,
    ) -> Result<u64> {
        let work = ready.work;
        let registered = programs.get(&work.step, version).map(Arc::clone);
        let function = registered.as_ref().and_then(|registered| match (&registered.down, back) {
            (_, false) => Some(&registered.up),
            (Down::With(function), true) => Some(function),
            (Down::BeforeImages | Down::Irreversible(_), true) => None,
        });
        let Some(function) = function else { return Err(programs.not_here(&work.step, version, None)) };
        let context = StepContext {
            step: work.step.clone(),
            revision: work.revision.clone(),
            table: work.table.for_people(),
            cancel: connection.cancel_token(),
            started: Instant::now(),
            events: Arc::default(),
        };
        let mut session = Session::on(connection, &ready.tables)?;
        session.set_context(work.step.as_str());
        let failed = |error: Error| error.while_doing(format!("the step `{}` failed", work.step));
        let done = call(function, &mut session, &context, tell).await.map_err(failed)?;
        session.flush().await.map_err(failed)?;
        Ok(done.read)
    }

    #[cfg(feature = "script")]
    async fn script(
        ready: &Ready<'_>,
        filter: Option<String>,
        connection: &mut Connection,
        tell: Tell<'_>,
    ) -> Result<u64> {
        let (work, Some(script)) = (ready.work, &ready.script) else {
            return Err(Error::new(Kind::Unsupported, "there is no script"));
        };
        let whole = filter.is_none() || filter == work.filter;
        let of = if whole { count(connection, work).await? } else { 0 };
        let started = Instant::now();
        let mut session = Session::on(connection, &ready.tables)?;
        session.set_context(work.step.as_str());
        let name = work.table.for_people();
        let mut rows = session.rows(&name).columns(work.columns.iter().map(String::as_str));
        if let Some(filter) = filter {
            // A question mark is a value for the session.
            rows = rows.filter(crate::orm::raw(&format!("({})", filter.replace('?', "??")), []));
        }
        for (column, descending) in &work.order {
            rows = if *descending { rows.order_by_desc(column) } else { rows.order_by(column) };
        }
        if whole {
            rows = rows.on_batch(|done, _| {
                tell(Event::Rows { step: work.step.clone(), done: done.read, of, elapsed: started.elapsed() });
            });
        }
        let done = rows.update(|row| {
            let set = script.run(row.names(), row.values())?;
            for (place, value) in set {
                let Some(column) = row.names().get(place).cloned() else { continue };
                if work.fixed.contains(&column) {
                    return Err(script.about(format!("the script sets `{column}`, which it may only read")));
                }
                row.set(&column, value).map_err(|error| script.about(error.phrase()))?;
            }
            Ok(())
        });
        let done = done.await.map_err(|error| error.while_doing(format!("the step `{}` failed", work.step)))?;
        Ok(done.read)
    }

    #[cfg(feature = "script")]
    async fn count(connection: &mut Connection, work: &RowWork) -> Result<u64> {
        let row = connection.first_row(&work.count).await?;
        let count = row.map(|row| row.int(0)).transpose()?.flatten();
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    #[cfg(not(feature = "script"))]
    async fn script(_: &Ready<'_>, _: Option<String>, _: &mut Connection, _: Tell<'_>) -> Result<u64> {
        Err(super::without("script"))
    }
}
