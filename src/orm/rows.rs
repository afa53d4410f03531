//! The rows of one table, one after the other: read by key in batches, changed by a closure, written back with one
//! statement per batch. Memory does not grow with the table.
//!
//! The order is the server's, and so is the last key of a batch: keys are never compared here.

use std::sync::Arc;

use super::expr::{Expr, Operand, any_of};
use super::fit;
use super::row::{Row, no_column};
use super::select::{Origin, Refine, Select, Source};
use super::session::{Session, rows_with_types};
use super::shape::{ColumnShape, Shape};
use super::walk::{Plan, behind};
use crate::dialect::query::SetUpdate;
use crate::error::{Error, Kind, Result};
use crate::schema::SortedMap;
use crate::statement::value::Value;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsDone {
    /// Rows that were read.
    pub read: u64,
    /// Rows that the closure changed.
    pub changed: u64,
    /// Rows that were left as they are, because of an error that `on_error` said to skip.
    pub skipped: u64,
}

/// What to do with a row that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Ends with the error.
    Stop,
    /// Leaves the row as it is.
    Skip,
}

type Judge<'f> = Box<dyn FnMut(&[Value], &Error) -> OnError + Send + 'f>;
type Progress<'f> = Box<dyn FnMut(RowsDone, &[Value]) + Send + 'f>;

/// Rows of a table, to be walked through. Made by [`Session::rows`].
pub struct Rows<'s, 'c, 'f> {
    session: &'s mut Session<'c>,
    table: String,
    columns: Vec<String>,
    filter: Vec<Expr>,
    batch: usize,
    order: Vec<(String, bool)>,
    after: Option<Vec<Value>>,
    most: Option<u64>,
    judge: Option<Judge<'f>>,
    progress: Option<Progress<'f>>,
}

/// A row in the hands of a closure.
#[derive(Debug)]
pub struct EditRow {
    row: Row,
    shape: Arc<Shape>,
    way: Arc<[(String, bool)]>,
    /// By the places of the columns in the table.
    set: SortedMap<usize, Value>,
}

impl std::ops::Deref for EditRow {
    type Target = Row;

    fn deref(&self) -> &Row {
        &self.row
    }
}

impl EditRow {
    /// Gives a column of this row another value, also one that was not read. It is checked at once: NULL where there is
    /// none, too long, another type.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a column that the table has not, or one of the key; [`Kind::Statement`] for a value that does
    /// not fit.
    pub fn set(&mut self, column: &str, value: impl Into<Value>) -> Result<()> {
        let found = self.shape.columns.iter().enumerate().find(|(_, known)| known.name == column);
        let (place, known) = found.ok_or_else(|| no_column(column, &names_of(&self.shape)))?;
        if self.shape.key_columns().any(|key| key.name == column) {
            return Err(Error::new(Kind::Usage, format!("column {column} is the key of its row and cannot be set")));
        }
        if self.way.iter().any(|(name, _)| name == column) {
            return Err(Error::new(Kind::Usage, format!("rows are walked by column {column}, which cannot be set")));
        }
        let value = fit::fit(value.into(), known)?;
        self.set.insert(place, value);
        Ok(())
    }

    /// Whether a closure set something that is not there already, as far as that was read.
    fn is_changed(&self) -> bool {
        self.set.iter().any(|(place, new)| {
            let name = self.shape.columns.get(*place).map(|column| &column.name);
            let read = self.row.names.iter().position(|read| Some(read) == name);
            read.and_then(|read| self.row.values.get(read)) != Some(new)
        })
    }
}

impl<'c> Session<'c> {
    /// The rows of a table that this session knows, to be walked through by their key.
    pub fn rows<'s, 'f>(&'s mut self, table: &str) -> Rows<'s, 'c, 'f> {
        Rows {
            session: self,
            table: table.to_owned(),
            columns: Vec::new(),
            filter: Vec::new(),
            batch: 5_000,
            order: Vec::new(),
            after: None,
            most: None,
            judge: None,
            progress: None,
        }
    }
}

impl<'f> Rows<'_, '_, 'f> {
    /// Which columns are read, beside those of the key; without a word all of them.
    #[must_use]
    pub fn columns<T: Into<String>>(mut self, columns: impl IntoIterator<Item = T>) -> Self {
        self.columns = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Only rows where this holds.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Expr>) -> Self {
        self.filter.push(condition.into());
        self
    }

    /// How many rows are read and written at once. Usually 5,000.
    #[must_use]
    pub fn batch(mut self, rows: usize) -> Self {
        self.batch = rows.max(1);
        self
    }

    /// Rows go in the order of this column, then of the next one that is said, then of the key. It may not be NULL, and
    /// cannot be set meanwhile. Without an index on what is said each batch sorts what is left of the table.
    #[must_use]
    pub fn order_by(mut self, column: &str) -> Self {
        self.order.push((column.to_owned(), false));
        self
    }

    /// The same downwards.
    #[must_use]
    pub fn order_by_desc(mut self, column: &str) -> Self {
        self.order.push((column.to_owned(), true));
        self
    }

    /// Begins behind this key; where an order is said, behind its columns and then the rest of the key.
    #[must_use]
    pub fn after(mut self, key: impl IntoIterator<Item = Value>) -> Self {
        self.after = Some(key.into_iter().collect());
        self
    }

    /// At most so many batches.
    #[must_use]
    pub fn at_most(mut self, batches: u64) -> Self {
        self.most = Some(batches);
        self
    }

    /// Decides about each row that fails, by its key and error. Without it the first one ends the walk.
    #[must_use]
    pub fn on_error(mut self, judge: impl FnMut(&[Value], &Error) -> OnError + Send + 'f) -> Self {
        self.judge = Some(Box::new(judge));
        self
    }

    /// Is told after each batch how far it is, and the last key, as [`Self::after`] takes it.
    #[must_use]
    pub fn on_batch(mut self, told: impl FnMut(RowsDone, &[Value]) + Send + 'f) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// Gives each row to `change`, and writes what it set: one statement for each batch, or as few as the database takes.
    ///
    /// # Errors
    /// That of `change`, of a value that does not fit, or of the database, each with the table and the key of the row.
    pub async fn update(mut self, mut change: impl FnMut(&mut EditRow) -> Result<()> + Send) -> Result<RowsDone> {
        let plan = self.plan().await?;
        let mut done = RowsDone::default();
        let mut after = self.after.take();
        let mut batches = 0;
        while self.most.is_none_or(|most| batches < most) {
            let rows = self.read(&plan, after.as_deref()).await?;
            let (count, last) = (rows.len(), rows.last().map(|row| plan.place_of(row)));
            done.read += count as u64;
            let mut changed = Vec::new();
            for row in rows {
                let (shape, way) = (Arc::clone(&plan.shape), Arc::clone(&plan.way));
                let mut edited = EditRow { row, shape, way, set: SortedMap::new() };
                match change(&mut edited) {
                    Ok(()) if edited.is_changed() => changed.push(edited),
                    Ok(()) => {}
                    Err(error) => self.judged(&plan, &plan.key_of(&edited.row), error, &mut done)?,
                }
            }
            self.write(&plan, changed, &mut done).await?;
            batches += 1;
            if let (Some(told), Some(last)) = (&mut self.progress, &last) {
                told(done, last);
            }
            if count < self.batch {
                break;
            }
            after = last;
        }
        Ok(done)
    }

    /// Gives each row to `take`, in the order of the key; memory for one batch.
    ///
    /// # Errors
    /// That of `take`, with the key of the row, or of the database.
    pub async fn each(mut self, mut take: impl FnMut(&Row) -> Result<()> + Send) -> Result<u64> {
        let plan = self.plan().await?;
        let mut after = self.after.take();
        let mut done = RowsDone::default();
        let mut batches = 0;
        while self.most.is_none_or(|most| batches < most) {
            let rows = self.read(&plan, after.as_deref()).await?;
            done.read += rows.len() as u64;
            for row in &rows {
                if let Err(error) = take(row) {
                    self.judged(&plan, &plan.key_of(row), error, &mut done)?;
                }
            }
            batches += 1;
            let last = rows.last().map(|row| plan.place_of(row));
            if let (Some(told), Some(last)) = (&mut self.progress, &last) {
                told(done, last);
            }
            if rows.len() < self.batch {
                break;
            }
            after = last;
        }
        Ok(done.read)
    }

    async fn plan(&mut self) -> Result<Plan> {
        self.session.flush_before_query().await?;
        let shape = self.session.shape(&self.table)?;
        if shape.key.is_empty() {
            return Err(Error::new(
                Kind::Unsupported,
                format!("the table {} has no key to find its rows by", self.table),
            )
            .with_hint("give it a primary key, or change it by a statement in SQL"));
        }
        let mut names: Vec<String> = shape.key_columns().map(|column| column.name.clone()).collect();
        let way = self.way(&shape)?;
        names.extend(
            way.iter().map(|(name, _)| name).filter(|name| !shape.key_columns().any(|key| key.name == **name)).cloned(),
        );
        let all = shape.columns.iter().map(|column| column.name.clone());
        let wanted: Vec<String> =
            if self.columns.is_empty() { all.collect() } else { std::mem::take(&mut self.columns) };
        for name in wanted {
            if shape.column(&name).is_none() {
                return Err(no_column(&name, &names_of(&shape)).while_doing(format!("table {}", self.table)));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let source = Source { origin: Origin::Shape(Arc::clone(&shape)), alias: None };
        let plan = Plan { shape, source, names, way };
        self.refuse_null_keys(&plan).await?;
        Ok(plan)
    }

    /// The columns by which rows go: those of the order, then the key.
    fn way(&mut self, shape: &Shape) -> Result<Arc<[(String, bool)]>> {
        let mut way = std::mem::take(&mut self.order);
        for (name, _) in &way {
            let column = shape.column(name).ok_or_else(|| no_column(name, &names_of(shape)))?;
            if column.nullable {
                let phrase = format!("rows cannot be walked by column {name} of {}, which may be NULL", self.table);
                return Err(Error::new(Kind::Usage, phrase).with_hint("order them by columns that are NOT NULL"));
            }
        }
        let key = shape.key_columns().map(|column| (column.name.clone(), false));
        let rest: Vec<_> = key.filter(|(name, _)| !way.iter().any(|(said, _)| said == name)).collect();
        way.extend(rest);
        Ok(way.into())
    }

    /// A key that may be NULL (SQLite) would be walked past.
    async fn refuse_null_keys(&mut self, plan: &Plan) -> Result<()> {
        let nullable: Vec<Expr> = plan
            .shape
            .key_columns()
            .filter(|column| column.nullable)
            .map(|column| plan.source.col(&column.name).is_null())
            .collect();
        if nullable.is_empty() {
            return Ok(());
        }
        let query = Select { columns: vec![super::expr::count_all()], ..Select::default() };
        let query = query.from(plan.source.clone()).filter(any_of(nullable));
        let (sql, values, _) = self.session.rendered(&query)?;
        let answer = self.session.send(&sql, &values).await?;
        match answer.rows.first().and_then(|row| row.first()) {
            Some(Value::Int(count)) if *count > 0 => Err(Error::new(
                Kind::Unsupported,
                format!("the table {} has {count} rows whose key is NULL", self.table),
            )),
            _ => Ok(()),
        }
    }

    async fn read(&mut self, plan: &Plan, after: Option<&[Value]>) -> Result<Vec<Row>> {
        let mut query = Select::default().from(plan.source.clone()).limit(self.batch as u64);
        query.columns = plan.names.iter().map(|name| plan.source.col(name)).collect();
        query.filter.clone_from(&self.filter);
        query.filter.extend(after.map(|place| behind(plan, place)));
        let term = |(name, descending): &(String, bool)| match (plan.source.col(name), descending) {
            (column, true) => column.desc(),
            (column, false) => column.asc(),
        };
        query.order = plan.way.iter().map(term).collect();
        let (sql, values, types) = self.session.rendered(&query)?;
        let answer = self.session.send(&sql, &values).await?;
        Ok(rows_with_types(answer, &types))
    }

    fn judged(&mut self, plan: &Plan, key: &[Value], error: Error, done: &mut RowsDone) -> Result<()> {
        let error = plan.at_row(key, error);
        match self.judge.as_mut().map(|judge| judge(key, &error)) {
            Some(OnError::Skip) => {
                done.skipped += 1;
                Ok(())
            }
            Some(OnError::Stop) | None => Err(error),
        }
    }

    /// Rows that set the same columns go together; usually that is all of them.
    async fn write(&mut self, plan: &Plan, changed: Vec<EditRow>, done: &mut RowsDone) -> Result<()> {
        let mut groups: Vec<(Vec<usize>, Vec<Changed>)> = Vec::new();
        for EditRow { row, set, .. } in changed {
            let place = match groups.iter().position(|(places, _)| set.keys().eq(places)) {
                Some(place) => place,
                None => {
                    groups.push((set.keys().copied().collect(), Vec::new()));
                    groups.len() - 1
                }
            };
            if let Some((_, rows)) = groups.get_mut(place) {
                rows.push(plan.key_of(&row).into_iter().chain(set.into_iter().map(|(_, value)| value)).collect());
            }
        }
        for (places, rows) in groups {
            let columns: Vec<&ColumnShape> = places.iter().filter_map(|place| plan.shape.columns.get(*place)).collect();
            self.write_alike(plan, &columns, &rows, done).await?;
        }
        Ok(())
    }

    async fn write_alike(
        &mut self,
        plan: &Plan,
        columns: &[&ColumnShape],
        rows: &[Changed],
        done: &mut RowsDone,
    ) -> Result<()> {
        let savepoint =
            if self.session.is_in_transaction() { Some(self.session.bare_savepoint().await?) } else { None };
        let whole = self.session.update_rows(&plan.shape, columns, rows).await;
        match whole {
            Ok(()) => {
                done.changed += rows.len() as u64;
                self.session.end_bare_savepoint(savepoint, true).await
            }
            Err(error) if super::session::is_about_rows(&error) => {
                self.session.end_bare_savepoint(savepoint, false).await?;
                self.write_singly(plan, columns, rows, done).await
            }
            Err(error) => Err(error),
        }
    }

    /// The batch failed: finds the row that it failed for, or skips it.
    async fn write_singly(
        &mut self,
        plan: &Plan,
        columns: &[&ColumnShape],
        rows: &[Changed],
        done: &mut RowsDone,
    ) -> Result<()> {
        for row in rows {
            let savepoint =
                if self.session.is_in_transaction() { Some(self.session.bare_savepoint().await?) } else { None };
            match self.session.update_rows(&plan.shape, columns, std::slice::from_ref(row)).await {
                Ok(()) => {
                    done.changed += 1;
                    self.session.end_bare_savepoint(savepoint, true).await?;
                }
                Err(error) => {
                    let undone = self.session.end_bare_savepoint(savepoint, false).await;
                    let key: Vec<Value> = row.iter().take(plan.shape.key.len()).cloned().collect();
                    self.judged(plan, &key, error, done)?;
                    undone?;
                }
            }
        }
        Ok(())
    }
}

/// The key of a row, and its new values.
type Changed = Vec<Value>;

fn names_of(shape: &Shape) -> Vec<String> {
    shape.columns.iter().map(|column| column.name.clone()).collect()
}

impl Session<'_> {
    /// As few statements as the database takes for many rows: key and new values of each.
    pub(crate) async fn update_rows(
        &mut self,
        shape: &Shape,
        columns: &[&ColumnShape],
        rows: &[Vec<Value>],
    ) -> Result<()> {
        let (dialect, server) = (self.dialect, self.server);
        let phrases = dialect.phrases();
        let shapes = Arc::clone(&self.shapes);
        let text = self.text(&shapes);
        let table = text.table(&shape.name);
        let named = |column: &ColumnShape| (text.quoted(&column.name), column.ty.clone());
        let key: Vec<_> = shape.key_columns().map(named).collect();
        let columns: Vec<_> = columns.iter().map(|column| named(column)).collect();
        let update = SetUpdate { table: &table, key: &key, columns: &columns, rows };
        let mut found = 0;
        for rows in rows.chunks(phrases.most_rows_in_update(&update)) {
            let Some((sql, values)) = phrases.set_update(&SetUpdate { rows, ..update }, server) else {
                return Err(Error::new(Kind::Unsupported, format!("{server} cannot change many rows at once")));
            };
            found += self.send(&sql, &values).await?.affected;
        }
        let wanted = rows.len();
        if found == wanted as u64 {
            return Ok(());
        }
        Err(Error::new(
            Kind::Statement,
            format!("of {wanted} rows of {} only {found} were there to be changed", shape.table()),
        ))
    }
}
