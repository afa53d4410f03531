//! Statements that change rows: insert, update, delete, upsert, and insert from a query.

use std::sync::Arc;

use super::expr::{Expr, Operand};
use super::fit;
use super::row::Row;
use super::select::{Select, Source};
use super::session::{Session, rows_with_types};
use super::shape::{ColumnShape, Shape};
use super::unit::Pair;
use crate::db::Answer;
use crate::dialect::query::{Change, OnConflict};
use crate::error::{Error, Kind, Result};
use crate::statement::value::{Value, ValueType};

/// New rows of a table.
pub(crate) struct Insert<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) columns: &'a [&'a ColumnShape],
    pub(crate) rows: Vec<Vec<Value>>,
    /// The key that may be there already, and what is replaced then.
    pub(crate) conflict: Option<(Vec<String>, Vec<String>)>,
}

impl Session<'_> {
    /// One statement for all rows.
    pub(crate) async fn send_insert(&mut self, insert: Insert<'_>, returning: &[&ColumnShape]) -> Result<Answer> {
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        let count = insert.rows.len();
        let table = text.table(&insert.shape.name);
        text.push(&format!("INSERT INTO {table} "));
        if insert.columns.is_empty() {
            text.push(self.dialect.phrases().default_row());
        } else {
            let names: Vec<String> = insert.columns.iter().map(|column| text.quoted(&column.name)).collect();
            text.push(&format!("({}) VALUES ", names.join(", ")));
            for (index, row) in insert.rows.into_iter().enumerate() {
                text.push(if index == 0 { "(" } else { ", (" });
                for (place, (value, column)) in row.into_iter().zip(insert.columns).enumerate() {
                    let ty = Some(&column.ty).filter(|_| !value.is_null());
                    let mark = text.parameter(value, ty);
                    text.push(if place == 0 { "" } else { ", " });
                    text.push(&mark);
                }
                text.push(")");
            }
        }
        if let Some((key, update)) = &insert.conflict {
            let quoted = |names: &[String]| names.iter().map(|name| text.quoted(name)).collect::<Vec<_>>();
            let (key, update) = (quoted(key), quoted(update));
            let clause = self.dialect.phrases().on_conflict(&OnConflict { key: &key, update: &update });
            text.push(&clause);
        }
        returned(&mut text, returning);
        let (sql, values) = (text.sql, text.values);
        // Without any value there is one row a statement.
        let times = if insert.columns.is_empty() { count } else { 1 };
        let mut all = self.send(&sql, &values).await?;
        for _ in 1..times {
            let more = self.send(&sql, &values).await?;
            all.rows.extend(more.rows);
            all.affected += more.affected;
        }
        Ok(all)
    }

    pub(crate) async fn send_update(
        &mut self,
        shape: &Shape,
        set: &[(&ColumnShape, Value)],
        conditions: &[Expr],
    ) -> Result<u64> {
        let set = set.iter().map(|(column, value)| ((*column).clone(), Expr::Value(value.clone()))).collect();
        let update = Update { source: shape_source(shape), set, filter: conditions.to_vec() };
        let (sql, values) = self.update_text(&update, &[])?;
        self.send(&sql, &values).await.map(|answer| answer.affected)
    }

    pub(crate) async fn send_delete(&mut self, shape: &Shape, conditions: &[Expr]) -> Result<u64> {
        let (sql, values) = self.delete_text(&shape_source(shape), conditions, &[])?;
        self.send(&sql, &values).await.map(|answer| answer.affected)
    }

    pub(crate) async fn send_pair(&mut self, pair: &Pair) -> Result<()> {
        let cells = pair.cells()?;
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        let table = text.table(&super::model::name_of(pair.pairs.table));
        let columns: Vec<String> = cells.iter().map(|(column, _)| text.quoted(column)).collect();
        let marks: Vec<String> = cells.into_iter().map(|(_, key)| text.parameter(key, None).into_owned()).collect();
        text.push(&if pair.is_new {
            format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), marks.join(", "))
        } else {
            let each: Vec<String> =
                columns.iter().zip(&marks).map(|(column, mark)| format!("{column} = {mark}")).collect();
            format!("DELETE FROM {table} WHERE {}", each.join(" AND "))
        });
        let (sql, values) = (text.sql, text.values);
        self.send(&sql, &values).await.map(drop)
    }

    fn update_text(&self, update: &Update, returning: &[&ColumnShape]) -> Result<(String, Vec<Value>)> {
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        text.within(vec![update.source.clone()], |text| {
            text.push("UPDATE ");
            text.source(&update.source)?;
            for (index, (column, value)) in update.set.iter().enumerate() {
                text.push(if index == 0 { " SET " } else { ", " });
                let name = text.quoted(&column.name);
                text.push(&name);
                text.push(" = ");
                match value {
                    Expr::Value(value) => {
                        let mark = text.parameter(value.clone(), Some(&column.ty));
                        text.push(&mark);
                    }
                    other => text.expr(other, Some(&column.ty))?,
                }
            }
            text.conditions(" WHERE ", &update.filter)
        })?;
        returned(&mut text, returning);
        Ok((text.sql, text.values))
    }

    fn delete_text(
        &self,
        source: &Source,
        filter: &[Expr],
        returning: &[&ColumnShape],
    ) -> Result<(String, Vec<Value>)> {
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        text.within(vec![source.clone()], |text| {
            text.push("DELETE FROM ");
            text.source(source)?;
            text.conditions(" WHERE ", filter)
        })?;
        returned(&mut text, returning);
        Ok((text.sql, text.values))
    }

    /// Changes all rows of a table where the conditions hold: `session.update("users").set("name", "x")`.
    pub fn update<'s>(&'s mut self, table: &str) -> UpdateRows<'s, Self> {
        UpdateRows { session: self, table: table.to_owned(), set: Vec::new(), filter: Vec::new() }
    }

    /// Deletes all rows of a table where the conditions hold.
    pub fn delete_from<'s>(&'s mut self, table: &str) -> DeleteRows<'s, Self> {
        DeleteRows { session: self, table: table.to_owned(), filter: Vec::new() }
    }

    /// Inserts the answer of a query into these columns of a table; gives the number of rows.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a table that this session does not know, and what the database says.
    pub async fn insert_from(&mut self, table: &str, columns: &[&str], query: impl Into<Select>) -> Result<u64> {
        self.flush_before_query().await?;
        let shape = self.shape(table)?;
        let shapes = Arc::clone(&self.shapes);
        let mut text = self.text(&shapes);
        let name = text.table(&shape.name);
        let columns: Vec<String> = columns.iter().map(|column| text.quoted(column)).collect();
        text.push(&format!("INSERT INTO {name} ({}) ", columns.join(", ")));
        text.select(&query.into())?;
        let (sql, values) = (text.sql, text.values);
        self.send(&sql, &values).await.map(|answer| answer.affected)
    }

    /// A table as the statements of this session see it.
    fn known_source(&self, table: &str) -> Result<(Arc<Shape>, Source)> {
        let shape = self.shape(table)?;
        let source = Source { origin: super::select::Origin::Shape(Arc::clone(&shape)), alias: None };
        Ok((shape, source))
    }
}

fn shape_source(shape: &Shape) -> Source {
    Source { origin: super::select::Origin::Shape(Arc::new(shape.clone())), alias: None }
}

fn returned(text: &mut super::render::Text<'_>, returning: &[&ColumnShape]) {
    if returning.is_empty() {
        return;
    }
    let columns: Vec<String> =
        returning.iter().map(|column| text.phrases.readable(text.quoted(&column.name), &column.ty)).collect();
    text.push(" RETURNING ");
    text.push(&columns.join(", "));
}

struct Update {
    source: Source,
    set: Vec<(ColumnShape, Expr)>,
    filter: Vec<Expr>,
}

/// A change of many rows. Made by [`Session::update`].
#[derive(Debug)]
pub struct UpdateRows<'s, S> {
    session: &'s mut S,
    table: String,
    set: Vec<(String, Expr)>,
    filter: Vec<Expr>,
}

impl UpdateRows<'_, Session<'_>> {
    /// What a column gets: a value, or an expression over the row as it was.
    #[must_use]
    pub fn set(mut self, column: &str, value: impl Into<Expr>) -> Self {
        self.set.push((column.to_owned(), value.into()));
        self
    }

    /// Only rows where this holds.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Expr>) -> Self {
        self.filter.push(condition.into());
        self
    }

    fn prepared(&self) -> Result<(Arc<Shape>, Update)> {
        let (shape, source) = self.session.known_source(&self.table)?;
        let mut set = Vec::with_capacity(self.set.len());
        for (name, value) in &self.set {
            let names: Vec<String> = shape.columns.iter().map(|column| column.name.clone()).collect();
            let column = shape.column(name).ok_or_else(|| super::row::no_column(name, &names))?;
            let value = match value {
                Expr::Value(value) => Expr::Value(fit::fit(value.clone(), column)?),
                other => other.clone(),
            };
            set.push((column.clone(), value));
        }
        if set.is_empty() {
            return Err(Error::new(Kind::Usage, format!("nothing is set in {}", self.table)));
        }
        Ok((shape, Update { source, set, filter: self.filter.clone() }))
    }

    /// Changes them; gives their number.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a table or column that is not there, [`Kind::Statement`] for a value that does not fit, and
    /// what the database says.
    pub async fn run(self) -> Result<u64> {
        self.session.flush_before_query().await?;
        let (_, update) = self.prepared()?;
        let (sql, values) = self.session.update_text(&update, &[])?;
        let affected = self.session.send(&sql, &values).await?.affected;
        self.session.expire_all();
        Ok(affected)
    }

    /// Changes them; gives these columns of each, as they are afterwards. Where the database gives nothing back, the
    /// rows are locked and read before and read again by their keys: three statements instead of one.
    ///
    /// # Errors
    /// As [`UpdateRows::run`].
    pub async fn returning(self, columns: &[&str]) -> Result<Vec<Row>> {
        self.session.flush_before_query().await?;
        let (shape, update) = self.prepared()?;
        let wanted = known_columns(&shape, columns)?;
        let rows = if self.session.dialect.phrases().has_returning(Change::Update, self.session.server) {
            let (sql, values) = self.session.update_text(&update, &wanted)?;
            let answer = self.session.send(&sql, &values).await?;
            rows_with_types(answer, &types(&wanted))
        } else {
            let found = self.session.locked_keys(&update.source, &shape, &update.filter).await?;
            let Some(found) = found else { return Ok(Vec::new()) };
            let (sql, values) = self.session.update_text(&Update { filter: vec![found.clone()], ..update }, &[])?;
            self.session.send(&sql, &values).await?;
            self.session.read_back(&shape, &wanted, found).await?
        };
        self.session.expire_all();
        Ok(rows)
    }
}

/// A deletion of many rows. Made by [`Session::delete_from`].
#[derive(Debug)]
pub struct DeleteRows<'s, S> {
    session: &'s mut S,
    table: String,
    filter: Vec<Expr>,
}

impl DeleteRows<'_, Session<'_>> {
    /// Only rows where this holds.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Expr>) -> Self {
        self.filter.push(condition.into());
        self
    }

    /// Deletes them; gives their number.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run(self) -> Result<u64> {
        self.session.flush_before_query().await?;
        let (_, source) = self.session.known_source(&self.table)?;
        let (sql, values) = self.session.delete_text(&source, &self.filter, &[])?;
        let affected = self.session.send(&sql, &values).await?.affected;
        self.session.expire_all();
        Ok(affected)
    }

    /// Deletes them; gives these columns of each.
    ///
    /// # Errors
    /// What the database says.
    pub async fn returning(self, columns: &[&str]) -> Result<Vec<Row>> {
        self.session.flush_before_query().await?;
        let (shape, source) = self.session.known_source(&self.table)?;
        let wanted = known_columns(&shape, columns)?;
        let rows = if self.session.dialect.phrases().has_returning(Change::Delete, self.session.server) {
            let (sql, values) = self.session.delete_text(&source, &self.filter, &wanted)?;
            let answer = self.session.send(&sql, &values).await?;
            rows_with_types(answer, &types(&wanted))
        } else {
            let found = self.session.locked_keys(&source, &shape, &self.filter).await?;
            let Some(found) = found else { return Ok(Vec::new()) };
            let rows = self.session.read_back(&shape, &wanted, found.clone()).await?;
            let (sql, values) = self.session.delete_text(&source, &[found], &[])?;
            self.session.send(&sql, &values).await?;
            rows
        };
        self.session.expire_all();
        Ok(rows)
    }
}

impl Session<'_> {
    /// Locks the rows where the conditions hold; a condition that finds just them.
    async fn locked_keys(&mut self, source: &Source, shape: &Shape, filter: &[Expr]) -> Result<Option<Expr>> {
        shape
            .whole_key(shape.key.len())
            .map_err(|error| error.with_hint("leave `returning` out, or give the table a key"))?;
        let keys: Vec<Expr> = shape.key_columns().map(|column| source.col(&column.name)).collect();
        let mut query = super::select::select(keys.clone());
        query.from = Some(source.clone());
        query.filter = filter.to_vec();
        query.lock = Some(crate::dialect::query::RowLock::Wait);
        let (sql, values, kinds) = self.rendered(&query)?;
        let answer = self.send(&sql, &values).await?;
        let rows = rows_with_types(answer, &kinds);
        let is_row = |row: &Row| {
            let parts =
                keys.iter().zip(row.values()).map(|(column, value)| column.clone().eq(Expr::Value(value.clone())));
            super::expr::all_of(parts)
        };
        Ok((!rows.is_empty()).then(|| super::expr::any_of(rows.iter().map(is_row))))
    }

    async fn read_back(&mut self, shape: &Shape, wanted: &[&ColumnShape], found: Expr) -> Result<Vec<Row>> {
        let source = shape_source(shape);
        let mut query = super::select::select(wanted.iter().map(|column| source.col(&column.name)));
        query.from = Some(source);
        query.filter = vec![found];
        let (sql, values, kinds) = self.rendered(&query)?;
        let answer = self.send(&sql, &values).await?;
        Ok(rows_with_types(answer, &kinds))
    }

    /// A statement may have changed any row.
    pub(crate) fn expire_all(&self) {
        self.work.all().for_each(|entity| entity.state().expired = true);
    }
}

fn types(columns: &[&ColumnShape]) -> Vec<Option<ValueType>> {
    columns.iter().map(|column| Some(column.ty.clone())).collect()
}

pub(crate) fn known_columns<'s>(shape: &'s Shape, names: &[&str]) -> Result<Vec<&'s ColumnShape>> {
    let all: Vec<String> = shape.columns.iter().map(|column| column.name.clone()).collect();
    names.iter().map(|name| shape.column(name).ok_or_else(|| super::row::no_column(name, &all))).collect()
}
