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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Ident;

    fn type_of(column: &str) -> Option<String> {
        let text = format!("CREATE TABLE t ({column})");
        let table = parse(&text).unwrap();
        table.columns[0].ty.map(|ty| ty.of(&text).to_owned())
    }

    #[test]
    fn types_end_where_constraints_begin() {
        for (column, expected) in [
            ("a", None),
            ("a NOT NULL", None),
            ("a AS (1)", None),
            ("a GENERATED ALWAYS AS (1)", None),
            ("a INT GENERATED ALWAYS AS (1)", Some("INT")),
            ("a generated always", Some("generated always")),
            ("[a]TEXT DEFAULT 1", Some("TEXT")),
            ("a unsigned big int(1, -2) unique", Some("unsigned big int(1, -2)")),
            ("a \"odd type\" COLLATE nocase", Some("\"odd type\"")),
            ("a key action desc", Some("key action desc")),
        ] {
            assert_eq!(type_of(column).as_deref(), expected, "{column}");
        }
    }

    #[test]
    fn every_part_has_its_place() {
        let text = "CREATE TABLE t (a INT CONSTRAINT n NOT NULL, -- x\n b, CONSTRAINT k PRIMARY KEY (b, a) UNIQUE (a)) STRICT;";
        let table = parse(text).unwrap();
        assert_eq!(
            table.body.of(text),
            text.strip_prefix("CREATE TABLE t ").unwrap().strip_suffix(" STRICT;").unwrap()
        );
        assert_eq!(table.columns[0].span.of(text), "a INT CONSTRAINT n NOT NULL");
        assert_eq!(table.columns[0].clauses[0].span.of(text), "CONSTRAINT n NOT NULL");
        assert_eq!(table.columns[0].clauses[0].body.of(text), "NOT NULL");
        assert_eq!(table.constraints[0].name.as_ref().unwrap().ident, Ident::from("k"));
        assert_eq!(table.constraints[1].span.of(text), "UNIQUE (a)");
        let commas: Vec<bool> = table.commas.iter().map(Option::is_some).collect();
        assert_eq!(commas, [true, true, false, false]);
        assert_eq!(table.options.len(), 1);
    }

    #[test]
    fn a_deferral_apart_belongs_to_the_reference_before_it() {
        let table = parse("CREATE TABLE t (a REFERENCES b NOT NULL DEFERRABLE INITIALLY DEFERRED)").unwrap();
        let Clause::References(reference) = &table.columns[0].clauses[0].clause else { panic!("{table:?}") };
        assert!(reference.deferrable.unwrap().initially_deferred);
    }

    #[test]
    fn what_is_no_table_is_refused_with_a_reason() {
        for (text, reason) in [
            ("CREATE VIEW v AS SELECT 1", "VIEW stands where TABLE was expected"),
            ("CREATE TABLE t AS SELECT 1", "AS stands where ( was expected"),
            ("CREATE TABLE t (a", "the end stands where a comma or a closing parenthesis was expected"),
            ("CREATE TABLE t (a CHECK (1)", "the end stands where a comma or a closing parenthesis was expected"),
            ("CREATE TABLE t (a CHECK (1", "the end stands where ) was expected"),
            ("CREATE TABLE t (a) ENGINE = x", "ENGINE stands where STRICT or WITHOUT ROWID was expected"),
            ("CREATE TABLE t (a REFERENCES b ON DELETE nothing)", "nothing stands where an action"),
            ("CREATE TABLE t (a DEFAULT 'open)", "string is never closed"),
            ("", "the end stands where CREATE was expected"),
        ] {
            let found = parse(text).unwrap_err().0;
            assert!(found.contains(reason), "{text}: {found}");
        }
    }
}
