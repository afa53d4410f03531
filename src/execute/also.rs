//! What runs right behind a statement, in the same transaction and as one with it: more statements, questions whose answer
//! stops the run, rows that go through a program.

use crate::error::Result;
use crate::execute::Event;
use crate::execute::live::shape;
use crate::execute::programs;
use crate::execute::programs::rows::Ready;
use crate::execute::rows;
use crate::execute::rows_kept::Place;
use crate::execute::step::{Bench, Work};
use crate::schema::Name;
use crate::statement::{Also, Guard, RowWork, Statement};

impl Bench<'_> {
    /// Where operations on rows find what is the tool's.
    pub(super) fn place(&self) -> Place<'_> {
        Place { dialect: self.dialect, scope: self.scope, version_table: &self.history.table }
    }
}

impl Work<'_> {
    /// Runs all of it.
    pub(super) async fn run_also(&mut self, statement: &Statement) -> Result<()> {
        for also in &statement.also {
            match also {
                Also::Run(sql) => {
                    let mut next = Statement::new(sql.as_str(), statement.why.as_str());
                    next.line = statement.line;
                    self.run_one(&next).await?;
                }
                Also::Ask(guard) => self.ask(guard, statement.line).await?,
                Also::Through(work) => {
                    let ready = self.ready(work).await?;
                    self.count(&work.table).await?;
                    let done = self.through(&ready, work.filter.clone()).await;
                    done.map_err(|error| error.at_line(statement.line.unwrap_or(1), 0))?;
                }
            }
        }
        Ok(())
    }

    /// Makes ready what rows go through, on the tables as they are now.
    pub(super) async fn ready<'w>(&mut self, work: &'w RowWork) -> Result<Ready<'w>> {
        let scope = rows::widened(self.bench.scope, work.table.schema.clone());
        let tables = shape(self.bench.dialect, self.connection, &scope).await?;
        let tables = rows::with_whole_heirs(tables);
        programs::rows::ready(work, tables)
    }

    /// Lets the planner know a table whose rows are about to be looked for by their key.
    pub(super) async fn count(&mut self, table: &Name) -> Result<()> {
        match self.bench.dialect.data().count(table) {
            Some(sql) => self.connection.execute(&sql).await.map(drop),
            None => Ok(()),
        }
    }

    /// Takes the rows of a filter through a program; gives their number.
    pub(super) async fn through(&mut self, ready: &Ready<'_>, filter: Option<String>) -> Result<u64> {
        let Work { connection, tell, bench, .. } = self;
        programs::rows::run(ready, filter, bench.programs, connection, tell).await
    }

    /// Asks what must not be.
    async fn ask(&mut self, guard: &Guard, line: Option<usize>) -> Result<()> {
        match rows::ask(self.connection, guard).await? {
            None => Ok(()),
            Some(finding) if guard.only_tells => {
                (self.tell)(Event::Warned { message: finding, hint: None });
                Ok(())
            }
            Some(finding) => Err(rows::refusal(guard, &finding).at_line(line.unwrap_or(1), 0)),
        }
    }
}
