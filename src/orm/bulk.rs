//! Many rows at once, past the identity map, the fastest way that each database has.

use std::sync::Arc;

use super::change::{Insert, known_columns};
use super::expr::{Expr, Operand, all_of, any_of};
use super::fit;
use super::flush::left_out;
use super::model::Model;
use super::session::Session;
use super::shape::{ColumnShape, Shape};
use crate::error::{Error, Kind, Result};
use crate::statement::value::{Value, hexadecimal};

/// How many bytes of rows are sent at once where rows are a stream.
const CHUNK: usize = 256 * 1024;

impl Session<'_> {
    /// Inserts rows of these columns; gives their number. Rows are taken one after the other, and checked: memory for one
    /// statement.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a table or column that is not there, [`Kind::Statement`] for a value that does not fit, with
    /// the number of its row, and what the database says.
    pub async fn bulk_insert<R: IntoIterator<Item = Value>>(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = R, IntoIter: Send>,
    ) -> Result<u64> {
        self.flush_before_query().await?;
        let shape = self.shape(table)?;
        self.bulk(&shape, columns, &mut rows.into_iter().map(|row| row.into_iter().collect()), None).await
    }

    /// Inserts structs of a model, keys included where they are not 0; nothing is read back and nothing watched. Structs that
    /// leave the same columns to the database go together, as long as they follow each other.
    ///
    /// # Errors
    /// As [`Session::bulk_insert`].
    pub async fn bulk_save<M: Model>(&mut self, values: impl IntoIterator<Item = M, IntoIter: Send>) -> Result<u64> {
        self.flush_before_query().await?;
        let (mapping, mut count) = (M::mapping(), 0);
        let shape = Arc::clone(&mapping.shape);
        let mut values = values.into_iter().map(|value| value.to_values()).peekable();
        while let Some(first) = values.peek() {
            let without: Vec<usize> = left_out(mapping, first).collect();
            let places: Vec<usize> = (0..shape.columns.len()).filter(|place| !without.contains(place)).collect();
            let columns = places.iter().filter_map(|place| shape.columns.get(*place));
            let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
            let alike = || values.next_if(|all| left_out(mapping, all).eq(without.iter().copied()));
            let mut rows = std::iter::from_fn(alike).map(|mut all| {
                places.iter().map(|place| all.get_mut(*place).map(std::mem::take).unwrap_or_default()).collect()
            });
            count += self.bulk(&shape, &names, &mut rows, None).await?;
        }
        Ok(count)
    }

    /// Inserts rows, or changes those whose key is there already: every column but the key gets the new value.
    ///
    /// # Errors
    /// As [`Session::bulk_insert`].
    pub async fn upsert<R: IntoIterator<Item = Value>>(
        &mut self,
        table: &str,
        key: &[&str],
        columns: &[&str],
        rows: impl IntoIterator<Item = R, IntoIter: Send>,
    ) -> Result<u64> {
        let update: Vec<String> =
            columns.iter().filter(|name| !key.contains(name)).map(|name| (*name).to_owned()).collect();
        self.upsert_some(table, columns, (key, update), rows).await
    }

    /// Inserts rows whose key is not there yet, and leaves the others as they are.
    ///
    /// # Errors
    /// As [`Session::bulk_insert`].
    pub async fn insert_missing<R: IntoIterator<Item = Value>>(
        &mut self,
        table: &str,
        key: &[&str],
        columns: &[&str],
        rows: impl IntoIterator<Item = R, IntoIter: Send>,
    ) -> Result<u64> {
        self.upsert_some(table, columns, (key, Vec::new()), rows).await
    }

    async fn upsert_some<R: IntoIterator<Item = Value>>(
        &mut self,
        table: &str,
        columns: &[&str],
        (key, update): (&[&str], Vec<String>),
        rows: impl IntoIterator<Item = R, IntoIter: Send>,
    ) -> Result<u64> {
        self.flush_before_query().await?;
        let shape = self.shape(table)?;
        known_columns(&shape, key)?;
        let key = key.iter().map(|name| (*name).to_owned()).collect();
        let mut rows = rows.into_iter().map(|row| row.into_iter().collect());
        let count = self.bulk(&shape, columns, &mut rows, Some((key, update))).await?;
        self.expire_all();
        Ok(count)
    }

    async fn bulk(
        &mut self,
        shape: &Shape,
        columns: &[&str],
        rows: &mut (dyn Iterator<Item = Vec<Value>> + Send),
        conflict: Option<(Vec<String>, Vec<String>)>,
    ) -> Result<u64> {
        let columns = known_columns(shape, columns)?;
        let mut checked = Checked { shape, columns: &columns, rows, count: 0 };
        if conflict.is_none() {
            let shapes = Arc::clone(&self.shapes);
            let text = self.text(&shapes);
            let table = text.table(&shape.name);
            let names: Vec<String> = columns.iter().map(|column| text.quoted(&column.name)).collect();
            if let Some(sql) = self.dialect.phrases().copy_in(&table, &names) {
                return self.copy(&sql, &mut checked).await;
            }
        }
        let at_once = self.rows_at_once(columns.len());
        loop {
            let mut some = Vec::with_capacity(at_once);
            while some.len() < at_once
                && let Some(row) = checked.next_row()?
            {
                some.push(row);
            }
            let is_last = some.len() < at_once;
            if !some.is_empty() {
                let insert = Insert { shape, columns: &columns, rows: some, conflict: conflict.clone() };
                self.send_insert(insert, &[]).await?;
            }
            if is_last {
                return Ok(checked.count);
            }
        }
    }

    async fn copy(&mut self, sql: &str, rows: &mut Checked<'_>) -> Result<u64> {
        self.begin_if_needed().await?;
        let mut refused = None;
        let mut is_over = false;
        let done = {
            let (refused, is_over) = (&mut refused, &mut is_over);
            let mut chunk = move || {
                if *is_over {
                    return Ok(None);
                }
                let mut lines = Vec::with_capacity(CHUNK + 4096);
                while lines.len() < CHUNK {
                    match rows.next_row() {
                        Ok(Some(row)) => push_line(&mut lines, &row),
                        Ok(None) => {
                            *is_over = true;
                            break;
                        }
                        Err(error) => {
                            *refused = Some(error.clone());
                            return Err(error);
                        }
                    }
                }
                Ok((!lines.is_empty()).then_some(lines))
            };
            self.send_copy(sql, &mut chunk).await
        };
        match refused {
            Some(error) => Err(error),
            None => done,
        }
    }

    /// Changes many rows by their keys: each row has the key first, then a value for each of `columns`. One statement for
    /// every 5,000 rows; gives their number.
    ///
    /// # Errors
    /// As [`Session::bulk_insert`]; [`Kind::Statement`] where a row is not there.
    pub async fn bulk_update<R: IntoIterator<Item = Value>>(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = R, IntoIter: Send>,
    ) -> Result<u64> {
        self.flush_before_query().await?;
        let shape = self.shape(table)?;
        let set = known_columns(&shape, columns)?;
        let all: Vec<&ColumnShape> = shape.key_columns().chain(set.iter().copied()).collect();
        let mut rows = rows.into_iter().map(|row| row.into_iter().collect::<Vec<Value>>());
        let mut checked = Checked { shape: &shape, columns: &all, rows: &mut rows, count: 0 };
        loop {
            let mut some = Vec::new();
            while some.len() < 5_000
                && let Some(row) = checked.next_row()?
            {
                some.push(row);
            }
            if some.is_empty() {
                self.expire_all();
                return Ok(checked.count);
            }
            self.update_rows(&shape, &set, &some).await?;
        }
    }

    /// Deletes rows by their keys, 1,000 a statement; gives the number of those that were there.
    ///
    /// # Errors
    /// [`Kind::Usage`] for a key that is not whole, and for a table without one; what the database says.
    pub async fn bulk_delete<R: IntoIterator<Item = Value>>(
        &mut self,
        table: &str,
        keys: impl IntoIterator<Item = R, IntoIter: Send>,
    ) -> Result<u64> {
        self.flush_before_query().await?;
        let shape = self.shape(table)?;
        let source = super::select::Source { origin: super::select::Origin::Shape(Arc::clone(&shape)), alias: None };
        let columns: Vec<Expr> = shape.key_columns().map(|column| source.col(&column.name)).collect();
        let mut keys = keys.into_iter().map(|key| key.into_iter().collect::<Vec<Value>>()).peekable();
        let mut gone = 0;
        while keys.peek().is_some() {
            let some: Vec<Vec<Value>> = keys.by_ref().take(1_000).collect();
            some.iter().try_for_each(|key| shape.whole_key(key.len()))?;
            let condition = match columns.as_slice() {
                [one] => one.clone().is_in(some.into_iter().flatten().map(Expr::Value)),
                columns => any_of(some.into_iter().map(|key| {
                    all_of(columns.iter().zip(key).map(|(column, value)| column.clone().eq(Expr::Value(value))))
                })),
            };
            gone += self.send_delete(&shape, &[condition]).await?;
        }
        self.expire_all();
        Ok(gone)
    }
}

/// Rows as their columns take them.
struct Checked<'a> {
    shape: &'a Shape,
    columns: &'a [&'a ColumnShape],
    rows: &'a mut (dyn Iterator<Item = Vec<Value>> + Send),
    count: u64,
}

impl Checked<'_> {
    fn next_row(&mut self) -> Result<Option<Vec<Value>>> {
        let Some(row) = self.rows.next() else { return Ok(None) };
        self.count += 1;
        let place = |error: Error| error.while_doing(format!("row {} of {}", self.count, self.shape.table()));
        if row.len() != self.columns.len() {
            let (found, wanted) = (row.len(), self.columns.len());
            return Err(place(Error::new(Kind::Usage, format!("it has {found} values for {wanted} columns"))));
        }
        let fitted = row.into_iter().zip(self.columns).map(|(value, column)| fit::fit(value, column));
        fitted.collect::<Result<Vec<Value>>>().map(Some).map_err(place)
    }
}

/// A row as a line (<https://www.postgresql.org/docs/current/sql-copy.html>, text format).
fn push_line(lines: &mut Vec<u8>, row: &[Value]) {
    for (index, value) in row.iter().enumerate() {
        if index > 0 {
            lines.push(b'\t');
        }
        match value {
            Value::Null => lines.extend(b"\\N"),
            Value::Bytes(bytes) => {
                lines.extend(b"\\\\x");
                lines.extend(hexadecimal(bytes).bytes());
            }
            Value::Float(number) if number.is_infinite() => {
                lines.extend(if *number > 0.0 { &b"Infinity"[..] } else { &b"-Infinity"[..] });
            }
            Value::Int(number) => lines.extend(number.to_string().bytes()),
            other => match other.as_text() {
                Some(text) => push_escaped(lines, text),
                None => lines.extend(other.for_people().bytes()),
            },
        }
    }
    lines.push(b'\n');
}

fn push_escaped(lines: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => lines.extend(b"\\\\"),
            b'\n' => lines.extend(b"\\n"),
            b'\r' => lines.extend(b"\\r"),
            b'\t' => lines.extend(b"\\t"),
            other => lines.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_has_a_meaning() {
        let mut line = Vec::new();
        push_line(
            &mut line,
            &[Value::Null, Value::from("a\tb\\N\n"), Value::from(vec![255u8]), Value::from(""), Value::Int(-1)],
        );
        assert_eq!(line, b"\\N\ta\\tb\\\\N\\n\t\\\\xFF\t\t-1\n");
    }
}
