//! Constraints of columns and tables.

use super::parts::{Clause, ClauseText, KeyClause, KeyPart, Named, ReferenceText};
use super::reader::{Reader, Span, Unreadable};
use crate::schema::{Action, Deferrable};
use crate::statement::token::TokenKind;

type Read<T> = Result<T, Unreadable>;

/// Whether a constraint of the table comes next. Its words are reserved, so no column can begin with them unquoted.
pub(super) fn begins_table_clause(reader: &Reader<'_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| reader.is(word))
}

/// Whether a constraint of a column comes next, and not one more word of its type.
pub(super) fn begins_column_clause(reader: &Reader<'_>) -> bool {
    const WORDS: [&str; 11] = [
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "AS",
        "DEFERRABLE",
    ];
    WORDS.iter().any(|word| reader.is(word)) || reader.is("GENERATED ALWAYS AS")
}

/// The next constraint of the column `column`; None = the column ends here.
pub(super) fn column_clause<'t>(reader: &mut Reader<'t>, column: &Named) -> Read<Option<ClauseText<'t>>> {
    if !begins_column_clause(reader) {
        return Ok(None);
    }
    named(reader, |reader| of_column(reader, column)).map(Some)
}

/// The next constraint of the table.
pub(super) fn table_clause<'t>(reader: &mut Reader<'t>) -> Read<ClauseText<'t>> {
    named(reader, of_table)
}

/// `CONSTRAINT name` and what `body` reads; a name with nothing behind it stands alone.
fn named<'t>(
    reader: &mut Reader<'t>,
    body: impl Fn(&mut Reader<'t>) -> Read<Option<Clause<'t>>>,
) -> Read<ClauseText<'t>> {
    let start = reader.start();
    let name = if reader.take("CONSTRAINT") { Some(name(reader)?) } else { None };
    let body_start = reader.start();
    let Some(clause) = body(reader)? else {
        let name = Some(name.ok_or_else(|| reader.unreadable("a constraint"))?);
        let end = reader.end();
        return Ok(ClauseText { name, span: Span::new(start, end), body: Span::new(end, end), clause: Clause::Label });
    };
    let end = reader.end();
    Ok(ClauseText { name, span: Span::new(start, end), body: Span::new(body_start, end), clause })
}

pub(super) fn name(reader: &mut Reader<'_>) -> Read<Named> {
    reader.name().map(|(ident, span)| Named { ident, span })
}

fn of_column<'t>(reader: &mut Reader<'t>, column: &Named) -> Read<Option<Clause<'t>>> {
    let own = || vec![KeyPart { column: column.clone(), collation: None, descending: false }];
    Ok(Some(if reader.take("NOT NULL") {
        Clause::NotNull { on_conflict: on_conflict(reader)? }
    } else if reader.take("NULL") {
        on_conflict(reader)?;
        Clause::Null
    } else if reader.take("PRIMARY KEY") {
        Clause::PrimaryKey(column_key(reader, own())?)
    } else if reader.take("UNIQUE") {
        Clause::Unique(KeyClause { parts: own(), on_conflict: on_conflict(reader)?, autoincrement: None })
    } else if reader.take("CHECK") {
        check(reader)?
    } else if reader.take("DEFAULT") {
        Clause::Default { value: default(reader)? }
    } else if reader.take("COLLATE") {
        Clause::Collate { collation: name(reader)? }
    } else if reader.take("REFERENCES") {
        Clause::References(Box::new(references(reader, vec![column.clone()])?))
    } else if reader.take("GENERATED ALWAYS AS") || reader.take("AS") {
        generated(reader)?
    } else if deferral(reader)?.is_some() {
        Clause::Deferral
    } else {
        return Ok(None);
    }))
}

fn of_table<'t>(reader: &mut Reader<'t>) -> Read<Option<Clause<'t>>> {
    Ok(Some(if reader.take("PRIMARY KEY") {
        Clause::PrimaryKey(table_key(reader)?)
    } else if reader.take("UNIQUE") {
        Clause::Unique(table_key(reader)?)
    } else if reader.take("CHECK") {
        check(reader)?
    } else if reader.take("FOREIGN KEY") {
        let columns = columns(reader)?;
        reader.expect("REFERENCES")?;
        Clause::References(Box::new(references(reader, columns)?))
    } else {
        return Ok(None);
    }))
}

/// The word behind ON CONFLICT, if that comes next.
fn on_conflict<'t>(reader: &mut Reader<'t>) -> Read<Option<&'t str>> {
    if !reader.take("ON CONFLICT") {
        return Ok(None);
    }
    let word = reader.next().filter(|token| token.kind == TokenKind::Word);
    let word = word.ok_or_else(|| reader.unreadable("a word behind ON CONFLICT"))?;
    Ok(Some(word.text(reader.text)))
}

fn column_key<'t>(reader: &mut Reader<'t>, mut parts: Vec<KeyPart>) -> Read<KeyClause<'t>> {
    let descending = reader.take("DESC");
    if !descending {
        reader.take("ASC");
    }
    parts.iter_mut().for_each(|part| part.descending = descending);
    let on_conflict = on_conflict(reader)?;
    Ok(KeyClause { parts, on_conflict, autoincrement: autoincrement(reader) })
}

fn autoincrement(reader: &mut Reader<'_>) -> Option<Span> {
    let start = reader.start();
    reader.take("AUTOINCREMENT").then(|| Span::new(start, reader.end()))
}

/// `(a COLLATE x DESC, b AUTOINCREMENT) ON CONFLICT …`.
fn table_key<'t>(reader: &mut Reader<'t>) -> Read<KeyClause<'t>> {
    reader.expect_sign("(")?;
    let mut parts = Vec::new();
    loop {
        let column = name(reader)?;
        let collation = if reader.take("COLLATE") { Some(reader.name()?.0) } else { None };
        let descending = reader.take("DESC");
        if !descending {
            reader.take("ASC");
        }
        parts.push(KeyPart { column, collation, descending });
        if !reader.take_sign(",") {
            break;
        }
    }
    let autoincrement = autoincrement(reader);
    reader.expect_sign(")")?;
    Ok(KeyClause { parts, on_conflict: on_conflict(reader)?, autoincrement })
}

fn check<'t>(reader: &mut Reader<'t>) -> Read<Clause<'t>> {
    let condition = reader.group()?;
    on_conflict(reader)?;
    Ok(Clause::Check { condition })
}

/// A literal with its sign, a word, or an expression in parentheses.
fn default(reader: &mut Reader<'_>) -> Read<Span> {
    if reader.is_sign("(") {
        return reader.group();
    }
    let start = reader.start();
    if !reader.take_sign("+") {
        reader.take_sign("-");
    }
    let value = reader.next().ok_or_else(|| reader.unreadable("a default"))?;
    Ok(Span::new(start, value.end))
}

fn generated<'t>(reader: &mut Reader<'t>) -> Read<Clause<'t>> {
    let expr = reader.group()?;
    let stored = reader.take("STORED");
    if !stored {
        reader.take("VIRTUAL");
    }
    Ok(Clause::Generated { expr, stored })
}

/// Names in parentheses.
fn columns(reader: &mut Reader<'_>) -> Read<Vec<Named>> {
    reader.expect_sign("(")?;
    let mut names = vec![name(reader)?];
    while reader.take_sign(",") {
        names.push(name(reader)?);
    }
    reader.expect_sign(")")?;
    Ok(names)
}

/// What stands behind REFERENCES.
fn references(reader: &mut Reader<'_>, own: Vec<Named>) -> Read<ReferenceText> {
    let table = name(reader)?;
    let referenced = if reader.is_sign("(") { columns(reader)? } else { Vec::new() };
    let mut found = ReferenceText {
        columns: own,
        table,
        referenced,
        on_delete: Action::Nothing,
        on_update: Action::Nothing,
        match_full: false,
        deferrable: None,
    };
    loop {
        if reader.take("ON DELETE") {
            found.on_delete = action(reader)?;
        } else if reader.take("ON UPDATE") {
            found.on_update = action(reader)?;
        } else if reader.take("ON INSERT") {
            action(reader)?;
        } else if reader.take("MATCH") {
            found.match_full = reader.name()?.0.as_str().eq_ignore_ascii_case("FULL");
        } else if let Some(deferrable) = deferral(reader)? {
            found.deferrable = deferrable;
        } else {
            return Ok(found);
        }
    }
}

fn action(reader: &mut Reader<'_>) -> Read<Action> {
    let found = Action::WORDS.iter().find(|(_, words)| reader.take(words));
    found.map(|(action, _)| *action).ok_or_else(|| reader.unreadable("an action of a foreign key"))
}

/// `[NOT] DEFERRABLE [INITIALLY …]`; None = that does not come next.
pub(super) fn deferral(reader: &mut Reader<'_>) -> Read<Option<Option<Deferrable>>> {
    let never = reader.take("NOT DEFERRABLE");
    if !never && !reader.take("DEFERRABLE") {
        return Ok(None);
    }
    let initially_deferred = reader.take("INITIALLY DEFERRED");
    if !initially_deferred {
        reader.take("INITIALLY IMMEDIATE");
    }
    Ok(Some((!never).then_some(Deferrable { initially_deferred })))
}
