//! A data step in pieces: by the key of its table, each piece in a transaction with the note of how far the step is.
//!
//! Whatever moment it is stopped at, the note and the rows of a piece are there together or not at all; the next run
//! reads the note and goes on behind it. A piece that fails is tried again with half of its rows, down to the one that
//! fails, which is named, or skipped where the step says so.

use std::time::{Duration, Instant};

use crate::dialect::data::Place;
use crate::error::{Error, Kind, Result};
use crate::execute::Event;
use crate::execute::log::State;
use crate::execute::pieces::moved_by_others;
use crate::execute::programs::rows::Ready;
use crate::execute::step::Work;
use crate::statement::{DONE_RANGE, IMAGE_RANGE, NUMBER, Pieces, RANGE, REASON, SIZE, Statement};

/// Stands between the parts of the note.
const SEPARATOR: &str = "\u{1f}";

/// More passes than this would go on for ever: the filter finds rows that are done.
const PASSES: u32 = 100;

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cursor {
    /// Passes that are through.
    pass: u32,
    /// Pieces that are through, in all passes.
    piece: u64,
    rows: u64,
    /// Rows of this pass.
    found: u64,
    /// Rows that were left as they are.
    skipped: u64,
    /// The last key, as literals; none at the beginning of a pass.
    key: Vec<String>,
}

/// The pieces, and what their rows go through.
struct Batched<'p> {
    pieces: &'p Pieces,
    /// Behind so many statements.
    through: Option<(usize, Ready<'p>)>,
}

impl std::ops::Deref for Batched<'_> {
    type Target = Pieces;

    fn deref(&self) -> &Pieces {
        self.pieces
    }
}

/// The end of a piece.
struct End {
    key: Vec<String>,
    /// For people.
    spoken: String,
}

impl Cursor {
    /// The note; what cannot be read is the beginning.
    fn read(note: Option<&str>) -> Self {
        let mut parts = note.unwrap_or_default().split(SEPARATOR);
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok()).unwrap_or(0);
        let (pass, piece, rows, found, skipped) = (number(), number(), number(), number(), number());
        let key = parts.map(str::to_owned).collect();
        Self { pass: u32::try_from(pass).unwrap_or(PASSES), piece, rows, found, skipped, key }
    }

    fn note(&self) -> String {
        let Self { pass, piece, rows, found, skipped, key } = self;
        let numbers = [u64::from(*pass), *piece, *rows, *found, *skipped].map(|number| number.to_string());
        numbers.into_iter().chain(key.iter().cloned()).collect::<Vec<_>>().join(SEPARATOR)
    }

    fn next_pass(self) -> Self {
        Self { pass: self.pass + 1, found: 0, key: Vec::new(), ..self }
    }
}

impl Work<'_> {
    /// Goes through the table, from where the journal says. The note of the last batch stays: what stands behind the
    /// batches may still fail.
    pub(super) async fn in_batches(&mut self, pieces: &Pieces) -> Result<()> {
        let through = match &pieces.through {
            None => None,
            Some((behind, work)) => Some((*behind, self.ready(work).await?)),
        };
        let pieces = &Batched { pieces, through };
        self.count(&pieces.name).await?;
        let mut cursor = Cursor::read(self.attempt.probe.as_deref());
        let left = self
            .connection
            .first_row(&self.within(pieces, &pieces.count, &[], &[]))
            .await?
            .map_or(Ok(None), |row| row.int(0))?;
        let of = cursor.rows + left.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        let started = Instant::now();
        let mut size = pieces.size;
        loop {
            self.wait_for_load(pieces).await?;
            match self.next_end(pieces, &cursor, size).await? {
                Some(end) => {
                    (cursor, size) = self.batch(pieces, cursor, &end, size).await?;
                    let (step, done, elapsed) = (pieces.step.clone(), cursor.rows, started.elapsed());
                    (self.tell)(Event::Rows { step, done, of: of.max(done), elapsed });
                    self.pause(pieces.pause).await;
                }
                None if pieces.again && cursor.found > 0 => {
                    cursor = cursor.next_pass();
                    if cursor.pass >= PASSES {
                        return Err(endless(&pieces.step));
                    }
                }
                None => break,
            }
        }
        if cursor.skipped > 0 {
            let were = if cursor.skipped == 1 { "row was" } else { "rows were" };
            let are = if cursor.rows == 1 { "is" } else { "are" };
            let message = format!("{}: {} {were} skipped, {} {are} ok", pieces.step, cursor.skipped, cursor.rows);
            let hint = Some("`migrate status` names the table that holds their keys and the reasons".to_owned());
            (self.tell)(Event::Warned { message, hint });
        }
        Ok(())
    }

    /// Where a piece of at most `size` rows ends; `None` = nothing is left in this pass.
    async fn next_end(&mut self, pieces: &Pieces, cursor: &Cursor, size: u32) -> Result<Option<End>> {
        self.connection.take_up().await?;
        let sql = self.within(pieces, &pieces.next, &cursor.key, &[]).replace(SIZE, &size.to_string());
        let Some(row) = self.connection.first_row(&sql).await? else { return Ok(None) };
        let width = pieces.key.len();
        let key = (0..width).map(|place| row.required(place).map(str::to_owned)).collect::<Result<Vec<_>>>()?;
        let values: Vec<&str> = (width..2 * width).map(|place| row.text(place).unwrap_or("NULL")).collect();
        Ok(Some(End { key, spoken: values.join(", ") }))
    }

    /// The statement for the rows that lie behind one key and not behind another.
    fn within(&self, pieces: &Pieces, sql: &str, behind: &[String], up_to: &[String]) -> String {
        [(RANGE, pieces.table.as_str()), (IMAGE_RANGE, "i"), (DONE_RANGE, "done")].into_iter().fold(
            sql.to_owned(),
            |sql, (mark, alias)| match sql.contains(mark) {
                true => sql.replace(mark, &self.range(pieces, alias, behind, up_to)),
                false => sql,
            },
        )
    }

    /// The condition that a key lies behind one and not behind another.
    fn range(&self, pieces: &Pieces, alias: &str, behind: &[String], up_to: &[String]) -> String {
        let words = self.bench.dialect.data();
        let mut conditions = Vec::new();
        if !behind.is_empty() {
            conditions.push(words.behind(&place(pieces, alias, behind)));
        }
        if !up_to.is_empty() {
            conditions.push(words.up_to(&place(pieces, alias, up_to)));
        }
        if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") }
    }

    /// One piece, or what comes of it where it fails: the place and the size to go on with.
    async fn batch(&mut self, pieces: &Batched<'_>, cursor: Cursor, end: &End, size: u32) -> Result<(Cursor, u32)> {
        let error = match self.one_piece(pieces, &cursor, end).await {
            Ok(next) => return Ok((next, size.saturating_mul(2).min(pieces.size))),
            Err(error) if error.kind() == Kind::Statement && self.connection.is_usable() => error,
            Err(error) => return Err(error),
        };
        self.connection.rollback().await?;
        if size > 1 {
            return Ok((cursor, size / 2));
        }
        let whom = format!("{}: the row with the key {}", pieces.step, end.spoken);
        match &pieces.skip {
            None => Err(error.while_doing(format!("{whom} cannot be changed"))),
            Some(note) => {
                let note = note.replace(REASON, &self.bench.dialect.literal(&error.to_string()));
                let mut next = self.committed(pieces, &cursor, end, Some(note)).await?;
                (next.rows, next.found, next.skipped) = (cursor.rows, cursor.found, cursor.skipped + 1);
                Ok((next, 1))
            }
        }
    }

    async fn one_piece(&mut self, pieces: &Batched<'_>, cursor: &Cursor, end: &End) -> Result<Cursor> {
        self.committed(pieces, cursor, end, None).await
    }

    /// The statements of a piece and its note in one transaction; `instead`: this one in the place of its work.
    async fn committed(
        &mut self,
        pieces: &Batched<'_>,
        cursor: &Cursor,
        end: &End,
        instead: Option<String>,
    ) -> Result<Cursor> {
        self.connection.set_aside().await?;
        let rows = self.bench.history.begin(self.connection).await?;
        if rows != self.planned.step.before {
            return Err(moved_by_others());
        }
        self.connection.take_up().await?;
        let number = (cursor.piece + 1).to_string();
        let mut affected = None;
        let through = pieces.through.as_ref().filter(|_| instead.is_none());
        let work = instead.as_ref().map_or(pieces.work.as_slice(), std::slice::from_ref);
        for (place, sql) in work.iter().map(Some).chain([None]).enumerate() {
            if let Some((_, ready)) = through.filter(|(behind, _)| *behind == place) {
                let filter = ready.filter().map(|sql| self.within(pieces, sql, &cursor.key, &end.key));
                let count = self.through(ready, filter.map(|sql| sql.replace(NUMBER, &number))).await?;
                affected.get_or_insert(count);
            }
            let Some(sql) = sql.map(|sql| self.within(pieces, sql, &cursor.key, &end.key)) else { break };
            let statement = Statement::new(sql.replace(NUMBER, &number), pieces.step.as_str());
            let begun = Instant::now();
            let count = self.connection.run(&statement).await?;
            if place == pieces.counts {
                affected.get_or_insert(count);
            }
            (self.tell)(Event::Statement { sql: statement.sql, elapsed: begun.elapsed() });
        }
        let count = affected.unwrap_or(0);
        let (piece, rows, found) = (cursor.piece + 1, cursor.rows + count, cursor.found + count);
        let next = Cursor { piece, rows, found, key: end.key.clone(), ..cursor.clone() };
        let note = self.bench.dialect.literal(&next.note());
        self.note(State::Open, &note).await?;
        self.commit_batch(&next.note()).await?;
        self.attempt.probe = Some(next.note());
        Ok(next)
    }

    async fn pause(&mut self, milliseconds: u32) {
        if milliseconds == 0 {
            return;
        }
        let pause = tokio::time::sleep(Duration::from_millis(u64::from(milliseconds)));
        match self.connection.cancel_token() {
            None => pause.await,
            Some(token) => tokio::select! {
                () = pause => {},
                _ = token.asked() => {},
            },
        }
    }

    /// Waits while a load is above its limit.
    async fn wait_for_load(&mut self, pieces: &Pieces) -> Result<()> {
        let Some((sql, limit, patience)) = &pieces.load else { return Ok(()) };
        let started = Instant::now();
        loop {
            let row = self.connection.first_row(sql).await?;
            let said = row.and_then(|row| row.text(0).map(str::to_owned));
            let load = match said.as_deref().map(str::parse::<f64>) {
                None => 0.0,
                Some(Ok(load)) => load,
                Some(Err(_)) => {
                    let said = said.unwrap_or_default();
                    let phrase = format!("{}: the load is `{said}`, which is no number", pieces.step);
                    return Err(Error::new(Kind::Statement, phrase)
                        .in_statement(sql.as_str(), None)
                        .with_hint("let the first column be a number: an interval as its seconds"));
                }
            };
            if load <= f64::from(*limit) {
                return Ok(());
            }
            if started.elapsed() >= Duration::from_millis(u64::from(*patience)) {
                let phrase = format!("{}: waited in vain for {load} to fall to {limit}", pieces.step);
                return Err(
                    Error::new(Kind::Locked, phrase).with_hint("run the command again later: it continues here")
                );
            }
            self.pause(1000.min(*patience)).await;
        }
    }
}

/// The place of a row, column by column.
fn place<'l>(pieces: &Pieces, alias: &str, literals: &'l [String]) -> Vec<Place<'l>> {
    let columns = pieces.key.iter().zip(literals);
    let one = |((key, descending), literal): (&(String, bool), &'l String)| Place {
        column: format!("{alias}.{key}"),
        literal: literal.as_str(),
        descending: *descending,
    };
    columns.map(one).collect()
}

fn endless(step: &str) -> Error {
    Error::new(Kind::Statement, format!("{step}: `where` finds rows that are done, again and again"))
        .with_hint("let `where` hold only for rows that are still to be done")
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let key = vec!["'a'".to_owned(), "17".to_owned()];
        let cursor = Cursor { pass: 2, piece: 17, rows: 85_000, found: 3, skipped: 1, key };
        assert_eq!(Cursor::read(Some(&cursor.note())), cursor);
        assert_eq!(Cursor::read(Some(&Cursor::default().note())), Cursor::default());
        assert_eq!(Cursor::read(None), Cursor::default());
        let next = cursor.next_pass();
        assert_eq!((next.pass, next.found, next.rows, next.key.len()), (3, 0, 85_000, 0));
    }
}
