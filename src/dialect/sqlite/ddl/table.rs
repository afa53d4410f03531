//! Reading CREATE TABLE.

use super::clause::{self, begins_column_clause, begins_table_clause};
use super::parts::{Clause, ClauseText, ColumnText, TableOption, TableText};
use super::reader::{Reader, Span, Unreadable, is_name};
use crate::statement::token::TokenKind;

/// Reads the text of a CREATE TABLE, as a person wrote it or as SQLite stores it.
///
/// # Errors
/// A text that is none, one of a grammar that is not known here, or `CREATE TABLE … AS SELECT`, which SQLite never
/// stores so.
pub(crate) fn parse(text: &str) -> Result<TableText<'_>, Unreadable> {
    let mut reader = Reader::new(text)?;
    let reader = &mut reader;
    reader.expect("CREATE")?;
    if !reader.take("TEMP") {
        reader.take("TEMPORARY");
    }
    reader.expect("TABLE")?;
    reader.take("IF NOT EXISTS");
    let mut name = clause::name(reader)?;
    if reader.take_sign(".") {
        name = clause::name(reader)?;
    }
    let open = reader.expect_sign("(")?;
    let mut found = TableText {
        text,
        name,
        body: open,
        columns: Vec::new(),
        constraints: Vec::new(),
        commas: Vec::new(),
        options: Vec::new(),
    };
    items(reader, &mut found)?;
    found.body.end = reader.end();
    options(reader, &mut found)?;
    reader.take_sign(";");
    if reader.peek().is_some() { Err(reader.unreadable("the end")) } else { Ok(found) }
}

/// Columns and constraints up to the closing parenthesis.
fn items<'t>(reader: &mut Reader<'t>, found: &mut TableText<'t>) -> Result<(), Unreadable> {
    loop {
        if begins_table_clause(reader) {
            found.constraints.push(clause::table_clause(reader)?);
        } else {
            found.columns.push(column(reader)?);
        }
        let place = reader.start();
        let comma = reader.take_sign(",");
        found.commas.push(comma.then_some(place));
        if comma {
            continue;
        }
        if reader.take_sign(")") {
            return Ok(());
        }
        if found.constraints.is_empty() || !begins_table_clause(reader) {
            return Err(reader.unreadable("a comma or a closing parenthesis"));
        }
    }
}

fn column<'t>(reader: &mut Reader<'t>) -> Result<ColumnText<'t>, Unreadable> {
    let name = clause::name(reader)?;
    let ty = type_name(reader)?;
    let mut clauses = Vec::new();
    while let Some(found) = clause::column_clause(reader, &name)? {
        put_deferral(reader, &found, &mut clauses)?;
        clauses.push(found);
    }
    let span = Span::new(name.span.start, reader.end());
    Ok(ColumnText { name, ty, span, clauses })
}

/// Words and strings, then perhaps one or two numbers in parentheses.
fn type_name(reader: &mut Reader<'_>) -> Result<Option<Span>, Unreadable> {
    let start = reader.start();
    let mut words = 0;
    while reader.peek().is_some_and(is_name) && !begins_column_clause(reader) {
        reader.next();
        words += 1;
    }
    if words == 0 {
        return Ok(None);
    }
    if reader.is_sign("(") {
        reader.group()?;
    }
    Ok(Some(Span::new(start, reader.end())))
}

/// SQLite lets DEFERRABLE stand apart from its REFERENCES (`REFERENCES t NOT NULL DEFERRABLE`).
fn put_deferral(
    reader: &Reader<'_>,
    deferral: &ClauseText<'_>,
    before: &mut [ClauseText<'_>],
) -> Result<(), Unreadable> {
    if !matches!(deferral.clause, Clause::Deferral) {
        return Ok(());
    }
    let last = before.iter_mut().rev().find_map(|clause| {
        let Clause::References(reference) = &mut clause.clause else { return None };
        Some(reference)
    });
    if let Some(reference) = last {
        reference.deferrable = clause::deferral(&mut reader.within(deferral.body))?.flatten();
    }
    Ok(())
}

/// STRICT and WITHOUT ROWID.
fn options(reader: &mut Reader<'_>, found: &mut TableText<'_>) -> Result<(), Unreadable> {
    while reader.peek().is_some_and(|token| token.kind == TokenKind::Word) {
        let start = reader.start();
        let known = [TableOption::Strict, TableOption::WithoutRowid].into_iter().find(|one| reader.take(one.words()));
        let option = known.ok_or_else(|| reader.unreadable("STRICT or WITHOUT ROWID"))?;
        found.options.push((option, Span::new(start, reader.end())));
        reader.take_sign(",");
    }
    Ok(())
}
