//! Sending what was added, changed and deleted: as few statements as the order allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::Insert;
use super::entity::{Entities, Standing, Tracked, key_text, touch};
use super::expr::{Expr, Operand, all_of, any_of};
use super::fit;
use super::model::Mapping;
use super::session::Session;
use super::shape::ColumnShape;
use super::unit::{self, ordered, settle};
use crate::dialect::query::Change;
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

impl Session<'_> {
    /// Sends what was added, changed and deleted, in the order that foreign keys ask for. New rows have their keys then.
    ///
    /// # Errors
    /// What the database says; [`Kind::Refused`] where a row was changed by somebody else since it was read.
    pub async fn flush(&mut self) -> Result<()> {
        let new = ordered(std::mem::take(&mut self.work.new));
        if let Err(error) = self.insert_new(&new).await {
            let unsent = new.into_iter().filter(|entity| entity.state().standing == Standing::New);
            self.work.new.extend(unsent);
            return Err(error);
        }
        self.update_changed().await?;
        self.send_pairs().await?;
        self.delete_gone().await
    }

    pub(crate) async fn flush_before_query(&mut self) -> Result<()> {
        if self.manners.autoflush { self.flush().await } else { Ok(()) }
    }

    async fn insert_new(&mut self, new: &[Arc<dyn Tracked>]) -> Result<()> {
        let mut batch: Entities = Vec::new();
        for entity in new {
            let fits = batch.first().is_none_or(|first| std::ptr::eq(first.mapping(), entity.mapping()));
            let waits =
                entity.state().pending.values().any(|awaited| batch.iter().any(|row| unit::same(row, &awaited.row)));
            if !fits || waits {
                self.insert_alike(&std::mem::take(&mut batch)).await?;
            }
            batch.push(Arc::clone(entity));
        }
        self.insert_alike(&batch).await
    }

    /// Rows of one table, none of which refers to another of them.
    async fn insert_alike(&mut self, rows: &[Arc<dyn Tracked>]) -> Result<()> {
        let Some(mapping) = rows.first().map(|row| row.mapping()) else { return Ok(()) };
        refuse_view(mapping)?;
        // Rows that leave the same columns to the database go together.
        let mut groups: BTreeMap<Vec<usize>, Entities> = BTreeMap::new();
        for row in rows {
            settle(row)?;
            groups.entry(left_out(mapping, &row.values()).collect()).or_default().push(Arc::clone(row));
        }
        for (left_out, rows) in groups {
            for chunk in rows.chunks(self.rows_at_once(mapping.shape.columns.len())) {
                self.insert_chunk(mapping, &left_out, chunk).await?;
            }
        }
        Ok(())
    }

    /// How many rows of so many columns one statement takes.
    pub(crate) fn rows_at_once(&self, columns: usize) -> usize {
        (self.dialect.phrases().most_parameters() / columns.max(1)).clamp(1, 1_000)
    }

    async fn insert_chunk(
        &mut self,
        mapping: &'static Mapping,
        left_out: &[usize],
        rows: &[Arc<dyn Tracked>],
    ) -> Result<()> {
        let places: Vec<usize> = (0..mapping.shape.columns.len()).filter(|place| !left_out.contains(place)).collect();
        let mut values: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(version) = mapping.version {
                let mut all = row.values();
                if let Some(slot) = all.get_mut(version) {
                    *slot = Value::Int(1);
                }
                row.set_values(all)?;
            }
            values.push(fitting(mapping, row, &places)?);
        }
        let columns: Vec<&ColumnShape> = places.iter().filter_map(|place| mapping.shape.columns.get(*place)).collect();
        let given: Vec<&ColumnShape> = left_out.iter().filter_map(|place| mapping.shape.columns.get(*place)).collect();
        let answers = self.insert_and_read(mapping, &columns, values, &given).await?;
        for (index, row) in rows.iter().enumerate() {
            let mut all = row.values();
            if let Some(answer) = answers.get(index) {
                for (place, value) in left_out.iter().zip(answer) {
                    if let Some(slot) = all.get_mut(*place) {
                        slot.clone_from(value);
                    }
                }
            }
            row.set_values(all)?;
            let pending = std::mem::take(&mut row.state().pending);
            self.work.is_born(row, row.values());
            if !pending.is_empty() {
                row.state().pending = pending;
                touch(row);
            }
        }
        Ok(())
    }

    /// Inserts rows and gives what the database filled in for each.
    async fn insert_and_read(
        &mut self,
        mapping: &'static Mapping,
        columns: &[&ColumnShape],
        rows: Vec<Vec<Value>>,
        given: &[&ColumnShape],
    ) -> Result<Vec<Vec<Value>>> {
        let count = rows.len();
        let insert = Insert { shape: &mapping.shape, columns, rows, conflict: None };
        if given.is_empty() {
            self.send_insert(insert, &[]).await?;
            return Ok(Vec::new());
        }
        if self.dialect.phrases().has_returning(Change::Insert, self.server) {
            let answer = self.send_insert(insert, given).await?;
            let mut rows: Vec<Vec<Value>> = answer
                .rows
                .into_iter()
                .map(|row| row.into_iter().zip(given).map(|(value, column)| fit::read(value, &column.ty)).collect())
                .collect();
            // Keys are given in the order of the rows, whatever the order of the answer.
            let is_key = given.first().is_some_and(|column| {
                mapping
                    .identity
                    .is_some_and(|place| mapping.shape.columns.get(place).is_some_and(|key| key.name == column.name))
            });
            if is_key {
                rows.sort_by_key(|row| match row.first() {
                    Some(Value::Int(key)) => *key,
                    _ => 0,
                });
            }
            return Ok(rows);
        }
        let gives_key = mapping.identity.and_then(|place| mapping.shape.columns.get(place));
        if gives_key.is_some_and(|key| given.iter().any(|column| column.name == key.name)) {
            self.send_insert(insert, &[]).await?;
            return self.read_given(mapping, given, count).await;
        }
        let place = |key: &ColumnShape| columns.iter().position(|column| column.name == key.name);
        let places: Option<Vec<usize>> = mapping.shape.key_columns().map(place).collect();
        let places = places.filter(|places| !places.is_empty()).ok_or_else(says_nothing)?;
        let key_of = |row: &Vec<Value>| places.iter().filter_map(|place| row.get(*place)).cloned().collect();
        let keys: Vec<Vec<Value>> = insert.rows.iter().map(key_of).collect();
        self.send_insert(insert, &[]).await?;
        self.read_given_of(mapping, given, &keys).await
    }

    /// The same where the rows brought their keys.
    async fn read_given_of(
        &mut self,
        mapping: &'static Mapping,
        given: &[&ColumnShape],
        keys: &[Vec<Value>],
    ) -> Result<Vec<Vec<Value>>> {
        let source = mapping.source();
        let columns = mapping.shape.key_columns().chain(given.iter().copied());
        let mut query = super::select::select(columns.map(|column| source.col(&column.name)));
        query.from = Some(source);
        query.filter.push(any_of(keys.iter().map(|key| all_of(is_row(mapping, key)))));
        let (sql, values, types) = self.rendered(&query)?;
        let answer = self.send(&sql, &values).await?;
        let mut found = BTreeMap::new();
        for mut row in super::session::rows_with_types(answer, &types).into_iter().map(|row| row.values) {
            let filled = row.split_off(mapping.shape.key.len().min(row.len()));
            found.insert(key_text(&row), filled);
        }
        keys.iter().map(|key| found.remove(&key_text(key)).ok_or_else(says_nothing)).collect()
    }

    /// Where INSERT gives nothing back: the first key is asked for, the others follow it.
    async fn read_given(
        &mut self,
        mapping: &'static Mapping,
        given: &[&ColumnShape],
        count: usize,
    ) -> Result<Vec<Vec<Value>>> {
        let unknown = says_nothing;
        let question = self.dialect.phrases().given_keys().ok_or_else(unknown)?;
        let answer = self.send(question, &[]).await?;
        let number = |place: usize| answer.rows.first().and_then(|row| row.get(place)).and_then(whole);
        let (first, step) = (number(0).ok_or_else(unknown)?, number(1).unwrap_or(1));
        let keys: Vec<Value> =
            (0..count).map(|index| Value::Int(first + step * i64::try_from(index).unwrap_or_default())).collect();
        if given.len() == 1 {
            return Ok(keys.into_iter().map(|key| vec![key]).collect());
        }
        let source = mapping.source();
        let key = mapping.shape.key_columns().next().map(|column| source.col(&column.name)).ok_or_else(unknown)?;
        let mut query = super::select::select(given.iter().map(|column| source.col(&column.name)));
        query.from = Some(source);
        query.filter.push(key.clone().is_in(keys.into_iter().map(Expr::Value)));
        query.order.push(key.asc());
        let (sql, values, types) = self.rendered(&query)?;
        let answer = self.send(&sql, &values).await?;
        Ok(super::session::rows_with_types(answer, &types).into_iter().map(|row| row.values).collect())
    }

    async fn update_changed(&mut self) -> Result<()> {
        // By table and by the columns that differ: one statement for each.
        let mut groups: BTreeMap<(String, Vec<usize>), Entities> = BTreeMap::new();
        let changed = self.work.changed();
        let ranks = unit::ranks(&changed);
        for entity in changed {
            settle(&entity)?;
            let values = entity.values();
            let places: Vec<usize> = {
                let state = entity.state();
                (0..values.len()).filter(|place| state.loaded.get(*place) != values.get(*place)).collect()
            };
            if !places.is_empty() {
                let name = entity.mapping().shape.table();
                let rank = ranks.get(&name).copied().unwrap_or_default();
                groups.entry((format!("{rank:06} {name}"), places)).or_default().push(entity);
            }
        }
        for ((_, places), rows) in groups {
            self.update_alike(&places, &rows).await?;
        }
        Ok(())
    }

    async fn update_alike(&mut self, places: &[usize], rows: &[Arc<dyn Tracked>]) -> Result<()> {
        let Some(mapping) = rows.first().map(|row| row.mapping()) else { return Ok(()) };
        refuse_view(mapping)?;
        if let Some(key) = places.iter().find(|place| mapping.shape.key.contains(place)) {
            let column = mapping.shape.columns.get(*key).map_or("", |column| column.name.as_str());
            return Err(Error::new(
                Kind::Usage,
                format!("the key {column} of a row of {} was changed", mapping.shape.table()),
            )
            .with_hint("delete the row and add another"));
        }
        if let Some(version) = mapping.version {
            for row in rows {
                self.update_counted(mapping, version, places, row).await?;
            }
            return Ok(());
        }
        let columns: Vec<&ColumnShape> = places.iter().filter_map(|place| mapping.shape.columns.get(*place)).collect();
        for chunk in rows.chunks(1_000) {
            let mut values = Vec::with_capacity(chunk.len());
            for row in chunk {
                let fitted = fitting(mapping, row, places).map_err(|error| named(error, row))?;
                values.push(mapping.key_of(&row.values()).into_iter().chain(fitted).collect());
            }
            self.update_rows(&mapping.shape, &columns, &values).await?;
            for row in chunk {
                let now = row.values();
                row.state().loaded = now;
            }
        }
        Ok(())
    }

    /// A row that counts its changes: it must be as it was read.
    async fn update_counted(
        &mut self,
        mapping: &'static Mapping,
        version: usize,
        places: &[usize],
        row: &Arc<dyn Tracked>,
    ) -> Result<()> {
        let was = row.state().loaded.get(version).cloned().unwrap_or_default();
        let next = whole(&was).map_or(Value::Int(1), |count| Value::Int(count + 1));
        let mut set: Vec<(&ColumnShape, Value)> = Vec::new();
        let fitted = fitting(mapping, row, places).map_err(|error| named(error, row))?;
        for (place, value) in places.iter().zip(fitted).filter(|(place, _)| **place != version) {
            set.extend(mapping.shape.columns.get(*place).map(|column| (column, value)));
        }
        let Some(counter) = mapping.shape.columns.get(version) else { return Ok(()) };
        set.push((counter, next.clone()));
        let mut conditions = is_row(mapping, &mapping.key_of(&row.values()));
        conditions.push(mapping.source().col(&counter.name).eq(Expr::Value(was)));
        let affected = self.send_update(&mapping.shape, &set, &conditions).await?;
        if affected != 1 {
            let name = mapping.shape.row_name(&mapping.key_of(&row.values()));
            return Err(Error::new(
                Kind::Refused,
                format!("{name} was changed or deleted by somebody else since it was read"),
            )
            .with_hint("read it anew and try again"));
        }
        let mut now = row.values();
        if let Some(slot) = now.get_mut(version) {
            *slot = next;
        }
        row.set_values(now.clone())?;
        row.state().loaded = now;
        Ok(())
    }

    async fn send_pairs(&mut self) -> Result<()> {
        let mut pairs = std::mem::take(&mut self.work.pairs).into_iter();
        while let Some(pair) = pairs.next() {
            if let Err(error) = self.send_pair(&pair).await {
                self.work.pairs.extend(std::iter::once(pair).chain(pairs));
                return Err(error);
            }
        }
        Ok(())
    }

    async fn delete_gone(&mut self) -> Result<()> {
        let gone = std::mem::take(&mut self.work.gone);
        let ranks = unit::ranks(&gone);
        let mut groups: BTreeMap<(usize, String), Entities> = BTreeMap::new();
        for entity in gone {
            let name = entity.mapping().shape.table();
            // What refers to others goes before them.
            let rank = usize::MAX - ranks.get(&name).copied().unwrap_or_default();
            groups.entry((rank, name)).or_default().push(entity);
        }
        for rows in groups.values() {
            for chunk in rows.chunks(500) {
                if let Err(error) = self.delete_alike(chunk).await {
                    let left = groups.values().flatten().filter(|row| row.state().standing == Standing::Kept);
                    self.work.gone.extend(left.cloned());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn delete_alike(&mut self, rows: &[Arc<dyn Tracked>]) -> Result<()> {
        let Some(mapping) = rows.first().map(|row| row.mapping()) else { return Ok(()) };
        refuse_view(mapping)?;
        let mut keys: Vec<Vec<Value>> = rows.iter().map(|row| mapping.key_of(&row.values())).collect();
        let condition = match mapping.version {
            // A row that counts its changes must be as it was read.
            Some(version) => any_of(rows.iter().zip(&keys).map(|(row, key)| {
                let was = row.state().loaded.get(version).cloned().unwrap_or_default();
                let counter = mapping.shape.columns.get(version).map_or("", |column| column.name.as_str());
                all_of(is_row(mapping, key).into_iter().chain([mapping.source().col(counter).eq(Expr::Value(was))]))
            })),
            None if mapping.shape.key.len() == 1 => {
                let column = mapping.shape.key_columns().next().map_or("", |column| column.name.as_str());
                let keys = keys.iter_mut().filter_map(Vec::pop).map(Expr::Value);
                mapping.source().col(column).is_in(keys)
            }
            None => any_of(keys.iter().map(|key| all_of(is_row(mapping, key)))),
        };
        let affected = self.send_delete(&mapping.shape, &[condition]).await?;
        if affected != rows.len() as u64 {
            let (table, count) = (mapping.shape.table(), rows.len());
            return Err(Error::new(
                Kind::Refused,
                format!("of {count} rows of {table} that were to be deleted {affected} were there"),
            )
            .with_hint("somebody else has deleted or changed them: read them anew"));
        }
        rows.iter().for_each(|row| self.work.is_buried(row));
        Ok(())
    }
}

/// The values of some columns, as they take them.
fn fitting(mapping: &Mapping, row: &Arc<dyn Tracked>, places: &[usize]) -> Result<Vec<Value>> {
    let all = row.values();
    let cells = places.iter().filter_map(|place| Some((mapping.shape.columns.get(*place)?, all.get(*place)?.clone())));
    let fitted: Result<Vec<Value>> = cells.map(|(column, value)| fit::fit(value, column)).collect();
    fitted.map_err(|error| error.while_doing(format!("a new row of {}", mapping.shape.table())))
}

fn says_nothing() -> Error {
    Error::new(Kind::Unsupported, "this database does not say what it has filled in")
}

/// The columns that the database fills: the key where it is 0, those with a default where they are NULL.
pub(crate) fn left_out<'r>(mapping: &'r Mapping, values: &'r [Value]) -> impl Iterator<Item = usize> + use<'r> {
    let is_zero = |place: &usize| matches!(values.get(*place), Some(Value::Int(0) | Value::Null));
    let key = mapping.identity.filter(is_zero);
    key.into_iter()
        .chain(mapping.filled.iter().copied().filter(move |place| values.get(*place).is_some_and(Value::is_null)))
}

/// The conditions that find a row.
pub(crate) fn is_row(mapping: &Mapping, key: &[Value]) -> Vec<Expr> {
    let source = mapping.source();
    let parts = mapping.shape.key_columns().zip(key);
    parts.map(|(column, value)| source.col(&column.name).eq(Expr::Value(value.clone()))).collect()
}

fn named(error: Error, row: &Arc<dyn Tracked>) -> Error {
    let mapping = row.mapping();
    error.while_doing(mapping.shape.row_name(&mapping.key_of(&row.values())))
}

fn refuse_view(mapping: &Mapping) -> Result<()> {
    if mapping.is_view {
        return Err(Error::new(Kind::ReadOnly, format!("{} is a view, which is only read", mapping.shape.table())));
    }
    if mapping.shape.key.is_empty() {
        return Err(Error::new(Kind::Usage, format!("the model of {} has no key", mapping.shape.table()))
            .with_hint("say key or identity of a column"));
    }
    Ok(())
}

pub(crate) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Unsigned(number) => i64::try_from(*number).ok(),
        Value::Decimal(text) => text.parse().ok(),
        Value::Null
        | Value::Bool(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_)
        | Value::Json(_) => None,
    }
}
