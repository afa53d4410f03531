//! A person's SQL, cut into statements and looked at before anything runs.

use super::Ground;
use crate::error::{Error, Kind, Result};
use crate::statement::classify::{frees_locks, outside_transaction, transaction_word};
use crate::statement::split::{Piece, split_from_line};
use crate::statement::{Hazard, LOSES_DATA, Statement};

/// The statements of a text that begins at `line` of its file.
pub(super) fn of_person(text: &str, line: usize, outside: bool, ground: Ground<'_>) -> Result<Vec<Statement>> {
    let syntax = ground.dialect.syntax();
    let text = ground.variables.fill(text, line, ground.dialect)?;
    let pieces = split_from_line(&text, line, syntax)?;
    let mut statements = Vec::with_capacity(pieces.len());
    for piece in pieces {
        refuse_transaction_words(&piece, ground)?;
        refuse_lost_locks(&piece, ground)?;
        let lonely = outside_transaction(&piece, syntax);
        if let (Some(word), false) = (lonely, outside) {
            return Err(Error::new(Kind::File, format!("{word} cannot run inside a transaction"))
                .at_line(piece.line, 1)
                .with_hint(
                    "put it alone into a revision with `transaction: none` (in SQL: `-- migrate:up transaction:none`)",
                ));
        }
        let mut statement = Statement::new(piece.sql, format!("line {}", piece.line));
        statement.by_person = true;
        statement.line = Some(piece.line);
        statement.transactional = lonely.is_none() && !outside;
        statement.hazards = piece.leading_comments.iter().filter_map(|comment| said_to_lose(comment)).collect();
        statements.push(statement);
    }
    Ok(statements)
}

/// The hazard of a comment that the tool wrote above what loses data. A person who takes the comment out knows it.
fn said_to_lose(comment: &str) -> Option<Hazard> {
    let what = comment.strip_prefix("--")?.trim().strip_prefix(LOSES_DATA)?;
    Some(Hazard::LosesData(what.to_owned()))
}

fn refuse_transaction_words(piece: &Piece<'_>, ground: Ground<'_>) -> Result<()> {
    match transaction_word(piece, ground.dialect.syntax()) {
        None => Ok(()),
        Some(word) => {
            Err(Error::new(Kind::File, format!("{word} is not allowed in a revision: the tool holds the transaction"))
                .at_line(piece.line, 1)
                .with_hint(format!(
                    "remove {word}; what must run outside a transaction goes into a revision with `transaction: none`"
                )))
        }
    }
}

/// The lock that keeps other runs away is one of the session.
fn refuse_lost_locks(piece: &Piece<'_>, ground: Ground<'_>) -> Result<()> {
    let Some(word) = frees_locks(piece, ground.dialect.syntax()) else { return Ok(()) };
    let word = word.to_lowercase();
    Err(Error::new(
        Kind::File,
        format!("{word} is not allowed in a revision: it gives back the lock that the tool holds"),
    )
    .at_line(piece.line, 1)
    .with_hint("give back single locks by their key; the session is put back behind each revision anyway"))
}
