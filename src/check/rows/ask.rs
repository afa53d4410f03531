//! The server compares.

use super::Found;
use super::owned::{Live, Owned};
use crate::check::Cell;
use crate::data::{self, Questions, Site};
use crate::db::{Connection, Row};
use crate::dialect::{Capability, Server};
use crate::error::{Error, Kind, Result};
use crate::schema::Column;

/// What the server answers.
struct Answer {
    differing: Vec<Row>,
    others: Vec<Row>,
}

/// Asks how the rows of one table differ. `sites`: the tables as they are, and as they shall be.
pub(super) async fn ask(
    connection: &mut Connection,
    dialect: &'static dyn Server,
    owned: &Owned<'_>,
    live: &Live<'_>,
    (now, then): (&Site<'_>, &Site<'_>),
) -> Result<Found> {
    // A column that is not there yet, or has another type, can only be written.
    let known: Vec<(usize, &Column)> =
        live.columns.iter().enumerate().filter_map(|(place, column)| Some((place, (*column)?))).collect();
    let literals = owned.literals(then)?;
    let of_known = |row: &Vec<String>| {
        let (key, rest) = row.split_at_checked(owned.key.len()).unwrap_or((row, &[]));
        let rest = known.iter().filter_map(|(place, _)| rest.get(*place));
        key.iter().chain(rest).cloned().collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = literals.iter().map(of_known).collect();
    let columns: Vec<&Column> = known.iter().map(|(_, column)| *column).collect();
    let questions = data::questions(now, live.table, (&live.key, &columns), &rows);
    let answer = in_between(connection, dialect, &questions, owned).await?;
    let mut found = Found::default();
    for row in &answer.differing {
        let number = number(row, 0)?;
        if row.text(1) == Some("1") {
            found.missing.push(number);
        } else {
            found.changed.push((number, cells(owned, &known, row)));
        }
    }
    found.unknown = (0..owned.columns.len()).filter(|place| !known.iter().any(|(known, _)| known == place)).collect();
    if !found.unknown.is_empty() {
        write_all(&mut found, rows.len());
    }
    if data::too_many(answer.others.len()) {
        let phrase = format!("{} has thousands of rows that its model does not own", owned.table.name.for_people());
        return Err(super::owned::wrong(owned.said, owned.said.spot.line, phrase)
            .with_hint("write `others: keep`: a table of that size is none of reference rows"));
    }
    let text = |row: &Row| (0..questions.columns_of_others.len()).map(|at| row.text(at).map(str::to_owned)).collect();
    found.extra = (questions.columns_of_others.clone(), answer.others.iter().map(text).collect());
    Ok(found)
}

/// Rows that are there are written too, though nothing of them differs.
fn write_all(found: &mut Found, rows: usize) {
    for row in 0..rows {
        if !found.missing.contains(&row) && !found.changed.iter().any(|(changed, _)| *changed == row) {
            found.changed.push((row, Vec::new()));
        }
    }
    found.changed.sort_by_key(|(row, _)| *row);
}

fn number(row: &Row, at: usize) -> Result<usize> {
    row.required(at)?.parse().map_err(|_| Error::new(Kind::Unsupported, "the server counted no rows"))
}

/// The columns that differ: of each, whether it does, what is wanted, and what is there.
fn cells(owned: &Owned<'_>, known: &[(usize, &Column)], row: &Row) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (number, (place, _)) in known.iter().enumerate() {
        let at = 2 + 3 * number;
        if let (Some("1"), Some(column)) = (row.text(at), owned.columns.get(*place)) {
            let text = |at| row.text(at).map(str::to_owned);
            cells.push(Cell { column: column.name.clone(), expected: text(at + 1), found: text(at + 2) });
        }
    }
    cells
}

/// Asks in a transaction that is rolled back, or with a table that is dropped.
async fn in_between(
    connection: &mut Connection,
    dialect: &'static dyn Server,
    questions: &Questions,
    owned: &Owned<'_>,
) -> Result<Answer> {
    let whole = dialect.has(Capability::TransactionalDdl, connection.server());
    let answer = attempt(connection, whole, questions, &questions.fill, owned).await;
    let left = leave(connection, whole, questions).await;
    match answer {
        Ok(answer) => left.map(|()| answer),
        Err(Failed { number: Some(_), error }) if questions.fill.len() < questions.one_by_one.len() => {
            left?;
            let again = attempt(connection, whole, questions, &questions.one_by_one, owned).await;
            leave(connection, whole, questions).await?;
            Err(again.err().map_or(error, |failed| failed.in_model(owned)))
        }
        Err(failed) => Err(failed.in_model(owned)),
    }
}

/// What failed: a statement that puts rows in, by its number, or something else.
struct Failed {
    number: Option<usize>,
    error: Error,
}

impl Failed {
    /// The error with the line of the row that the server refuses.
    fn in_model(self, owned: &Owned<'_>) -> Error {
        let row = self.number.and_then(|number| owned.said.said.rows.get(number));
        if !matches!(self.error.kind(), Kind::Statement | Kind::ReadOnly | Kind::Privilege) {
            return self.error;
        }
        match (self.number, row) {
            (Some(_), Some(row)) => self
                .error
                .into_kind(Kind::File)
                .while_doing("the database refuses this row")
                .in_file(&owned.said.spot.file)
                .at_line(row.line, 0),
            (Some(_), None) | (None, _) => {
                let phrase = format!("cannot compare the rows of {}", owned.table.name.for_people());
                Error::new(Kind::Privilege, phrase).caused_by(self.error.phrase()).with_hint(
                    "the login must be allowed to read the table and to make temporary tables; a read-only server cannot compare rows",
                )
            }
        }
    }
}

async fn attempt(
    connection: &mut Connection,
    whole: bool,
    questions: &Questions,
    fill: &[String],
    owned: &Owned<'_>,
) -> std::result::Result<Answer, Failed> {
    let of_place = |error: Error| Failed { number: None, error };
    if whole {
        connection.begin_raw(questions.begin).await.map_err(of_place)?;
    }
    for sql in &questions.make {
        connection.execute(sql).await.map_err(of_place)?;
    }
    for (number, sql) in fill.iter().enumerate() {
        connection.execute(sql).await.map_err(|error| Failed { number: Some(number), error })?;
    }
    let differing = connection.rows(&questions.differing).await.map_err(of_place)?;
    let others = if owned.said.said.others_go {
        connection.rows(&questions.others).await.map_err(of_place)?
    } else {
        Vec::new()
    };
    Ok(Answer { differing, others })
}

async fn leave(connection: &mut Connection, whole: bool, questions: &Questions) -> Result<()> {
    match (connection.is_usable(), whole) {
        (false, _) => Ok(()),
        (true, true) => connection.rollback().await,
        (true, false) => connection.execute(&questions.drop).await.map(drop),
    }
}
