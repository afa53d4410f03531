//! Adding, dropping and changing columns.

use super::edit::{self, Edited, Writer};
use super::expression::{default_clause, mentions_of_column};
use super::layout::{Layout, item, with_item, without_item};
use super::parts::{Clause, ClauseText, ColumnText, ReferenceText, TableText};
use super::reader::{Reader, Span};
use super::splice::Splices;
use super::table;
use crate::dialect::Unsupported;
use crate::ops::{ColumnChange, OptionsChange};
use crate::schema::{Column, Default, Generated, Ident, Position, Type};

pub(super) fn add(table: &TableText<'_>, column: &Column, position: Option<&Position>, writer: &Writer<'_>) -> Edited {
    let after = place(table, position)?;
    Ok(with_item(table, after, &(writer.column)(column).into())?)
}

/// The index of the column in front of a position; None = there is none.
fn place(table: &TableText<'_>, position: Option<&Position>) -> Result<Option<usize>, Unsupported> {
    match position {
        None => Ok(table.columns.len().checked_sub(1)),
        Some(Position::First) => Ok(None),
        Some(Position::After(name)) => edit::column(table, name).map(|(index, _)| Some(index)),
    }
}

/// Takes a column out, with the constraints that stand on it alone.
pub(super) fn drop(table: &TableText<'_>, name: &Ident) -> Edited {
    let (index, column) = edit::column(table, name)?;
    if table.columns.len() == 1 {
        return Err(Unsupported::new(
            format!("dropping {}, the only column of table {}", name.as_str(), table.name.ident.as_str()),
            "drop the table",
        ));
    }
    if let Some(user) = user_of(table, column)? {
        return Err(Unsupported::new(
            format!("dropping column {} of table {}, which {user} needs", name.as_str(), table.name.ident.as_str()),
            "drop that one first",
        ));
    }
    Ok(without_item(table, index)?)
}

/// What else in the table needs a column, in words.
fn user_of(table: &TableText<'_>, column: &ColumnText<'_>) -> Result<Option<String>, Unsupported> {
    let reader = Reader::new(table.text)?;
    let name = &column.name.ident;
    let foreign = table.clauses().filter(|(on, _)| on.is_none_or(|on| on.span != column.span));
    for (on, clause) in foreign {
        let needed = match &clause.clause {
            Clause::PrimaryKey(key) | Clause::Unique(key) => key.parts.iter().any(|part| part.column.is(name)),
            Clause::References(reference) => needs(reference, table, name),
            Clause::Check { condition: expr } | Clause::Generated { expr, .. } => {
                !mentions_of_column(&reader.within(*expr), name).is_empty()
            }
            Clause::Null
            | Clause::NotNull { .. }
            | Clause::Default { .. }
            | Clause::Collate { .. }
            | Clause::Deferral
            | Clause::Label => false,
        };
        if needed {
            let own = on.map(|on| format!(" of column {}", on.name.ident.as_str())).unwrap_or_default();
            return Ok(Some(format!("`{}`{own}", clause.span.of(table.text))));
        }
    }
    Ok(None)
}

fn needs(reference: &ReferenceText, table: &TableText<'_>, name: &Ident) -> bool {
    let itself = reference.table.is(&table.name.ident);
    let referenced = reference.referenced.iter().filter(|_| itself);
    reference.columns.iter().chain(referenced).any(|column| column.is(name))
}

/// Changes a column key by key, each in the text that the one before it made.
pub(super) fn alter(table: &TableText<'_>, name: &Ident, to: &ColumnChange, writer: &Writer<'_>) -> Edited {
    edit::column(table, name)?;
    let mut text = table.text.to_owned();
    let mut step = |change: &dyn Fn(&TableText<'_>, &ColumnText<'_>) -> Edited| -> Result<(), Unsupported> {
        let table = table::parse(&text)?;
        let (_, column) = edit::column(&table, name)?;
        let changed = change(&table, column)?;
        text = changed;
        Ok(())
    };
    if let Some(ty) = &to.ty {
        step(&|table, column| Ok(set_type(table, column, ty)))?;
    }
    if let Some(collation) = to.options.get("sqlite", "collate") {
        let collation = collation.map(|name| format!("COLLATE {}", (writer.quote)(&Ident::from(name))));
        step(&|table, column| set(table, column, COLLATE, collation.as_deref()))?;
    }
    if to.nullable.is_some() || to.options.get("sqlite", "not_null_on_conflict").is_some() {
        step(&|table, column| set_null(table, column, to.nullable, &to.options))?;
    }
    if let Some(default) = &to.default {
        step(&|table, column| set_default(table, column, default.as_ref()))?;
    }
    if let Some(generated) = &to.generated {
        let generated = generated.as_ref().map(generated_clause);
        step(&|table, column| set(table, column, GENERATED, generated.as_deref()))?;
    }
    let never = matches!(to.identity, Some(None)).then_some(false);
    let autoincrement = to.options.get("sqlite", "autoincrement").map(|value| value == Some("true"));
    if let Some(wanted) = autoincrement.or(never) {
        step(&|table, column| set_autoincrement(table, column, wanted))?;
    }
    if let Some(position) = &to.position {
        step(&|table, column| move_to(table, column, position))?;
    }
    Ok(text)
}

/// A sort of clause that a column has once: how to tell it, and whether a new one stands behind all others.
#[derive(Clone, Copy)]
struct Sort {
    is: fn(&Clause<'_>) -> bool,
    last: bool,
}

const COLLATE: Sort = Sort { is: |clause| matches!(clause, Clause::Collate { .. }), last: false };
const NULL: Sort = Sort { is: |clause| matches!(clause, Clause::Null), last: false };
const NOT_NULL: Sort = Sort { is: |clause| matches!(clause, Clause::NotNull { .. }), last: false };
const DEFAULT: Sort = Sort { is: |clause| matches!(clause, Clause::Default { .. }), last: true };
const GENERATED: Sort = Sort { is: |clause| matches!(clause, Clause::Generated { .. }), last: true };

/// Gives a column one clause of a sort, in the place of the last one of that sort (which is the one that SQLite goes
/// by), or none.
fn set(table: &TableText<'_>, column: &ColumnText<'_>, sort: Sort, clause: Option<&str>) -> Edited {
    let layout = Layout::new(table.text)?;
    let mut splices = Splices::new(table.text);
    let mut found: Vec<&ClauseText<'_>> = column.clauses.iter().filter(|one| (sort.is)(&one.clause)).collect();
    match (clause, found.pop()) {
        (Some(clause), Some(last)) => splices.replace(last.body, clause),
        (Some(clause), None) if sort.last => splices.insert(column.span.end, format!(" {clause}")),
        (Some(clause), None) => splices.insert(type_end(column), format!(" {clause}")),
        (None, last) => found.extend(last),
    }
    found.iter().for_each(|one| splices.remove(Span::new(layout.lead(one.span.start), one.span.end)));
    Ok(splices.finish())
}

fn type_end(column: &ColumnText<'_>) -> usize {
    column.ty.unwrap_or(column.name.span).end
}

fn set_type(table: &TableText<'_>, column: &ColumnText<'_>, ty: &Type) -> String {
    // Operations are localised before they are rendered; a neutral word has no text here.
    let native = if let Type::Native(native) = ty { native.as_str() } else { "" };
    let mut splices = Splices::new(table.text);
    let name_end = column.name.span.end;
    match column.ty {
        Some(span) if native.is_empty() => splices.remove(Span::new(name_end, span.end)),
        Some(span) if span.start == name_end => splices.replace(span, format!(" {native}")),
        Some(span) => splices.replace(span, native),
        None if native.is_empty() => {}
        None => splices.insert(name_end, format!(" {native}")),
    }
    splices.finish()
}

fn set_null(table: &TableText<'_>, column: &ColumnText<'_>, nullable: Option<bool>, options: &OptionsChange) -> Edited {
    let now = column.clauses.iter().find_map(|one| {
        let Clause::NotNull { on_conflict } = one.clause else { return None };
        Some(on_conflict)
    });
    if nullable.unwrap_or(now.is_none()) {
        return set(table, column, NOT_NULL, None);
    }
    let on_conflict = match options.get("sqlite", "not_null_on_conflict") {
        Some(word) => word,
        None if now.is_some() => return Ok(table.text.to_owned()),
        None => None,
    };
    let words = on_conflict.map(|word| format!(" ON CONFLICT {}", word.to_ascii_uppercase())).unwrap_or_default();
    let text = set(table, column, NOT_NULL, Some(&format!("NOT NULL{words}")))?;
    let table = table::parse(&text)?;
    let (_, column) = edit::column(&table, &column.name.ident)?;
    set(&table, column, NULL, None)
}

fn set_default(table: &TableText<'_>, column: &ColumnText<'_>, default: Option<&Default>) -> Edited {
    let text = default.map(|default| match default {
        Default::Sql(expr) => expr.text(),
        Default::Literal(text) => text.as_str(),
    });
    let clause = text.map(default_clause).transpose()?;
    set(table, column, DEFAULT, clause.as_deref())
}

fn generated_clause(generated: &Generated) -> String {
    let kept = if generated.stored { "STORED" } else { "VIRTUAL" };
    format!("GENERATED ALWAYS AS ({}) {kept}", generated.expr.text())
}

/// The word stands in the primary key, be that the column's or the table's.
fn set_autoincrement(table: &TableText<'_>, column: &ColumnText<'_>, wanted: bool) -> Edited {
    let key = table.primary_key().filter(|(_, _, key)| key.parts.iter().any(|part| part.column.is(&column.name.ident)));
    let mut splices = Splices::new(table.text);
    match key {
        None if wanted => {
            let what = format!("AUTOINCREMENT on column {} without a primary key on it", column.name.ident.as_str());
            return Err(Unsupported::new(what, "add the primary key first"));
        }
        Some((_, _, key)) if !wanted => {
            let layout = Layout::new(table.text)?;
            key.autoincrement.iter().for_each(|word| splices.remove(Span::new(layout.lead(word.start), word.end)));
        }
        Some((Some(_), clause, key)) if key.autoincrement.is_none() => {
            splices.insert(clause.body.end, " AUTOINCREMENT");
        }
        Some((None, clause, key)) if key.autoincrement.is_none() => {
            let mut reader = Reader::new(table.text)?.within(clause.body);
            reader.expect("PRIMARY KEY")?;
            splices.insert(reader.group()?.end, " AUTOINCREMENT");
        }
        _ => {}
    }
    Ok(splices.finish())
}

fn move_to(table: &TableText<'_>, column: &ColumnText<'_>, position: &Position) -> Edited {
    let (index, _) = edit::column(table, &column.name.ident)?;
    if table.columns.len() == 1 || matches!(position, Position::After(name) if column.name.is(name)) {
        return Ok(table.text.to_owned());
    }
    let moved = item(table, index)?;
    let text = without_item(table, index)?;
    let rest = table::parse(&text)?;
    let after = place(&rest, Some(position))?;
    Ok(with_item(&rest, after, &moved)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::sqlite::ddl::edit::tests::{edited, options, t};
    use crate::ops::Operation;
    use crate::schema::{Expr, Identity, IdentityMode};

    fn drop(text: &str, name: &str) -> String {
        let operation = Operation::DropColumn { table: t(), name: Ident::from(name), was: None, position: None };
        edited(text, &operation).unwrap_or_else(|unsupported| unsupported.what)
    }

    fn add(text: &str, position: Option<Position>) -> String {
        let column = Box::new(Column::new("n", Type::Native("INT".to_owned())));
        edited(text, &Operation::AddColumn { table: t(), column, position }).unwrap()
    }

    fn alter(text: &str, to: ColumnChange) -> String {
        let (to, was) = (Box::new(to), Box::default());
        let operation = Operation::AlterColumn { table: t(), name: Ident::from("a"), to, was };
        edited(text, &operation).unwrap_or_else(|unsupported| unsupported.what)
    }

    fn default(text: &str) -> ColumnChange {
        let default = Default::Sql(Expr::Same(text.to_owned()));
        ColumnChange { default: Some(Some(default)), ..ColumnChange::default() }
    }

    const LINES: &str = "CREATE TABLE t (\n  a INT, -- of a\n\n  -- of b\n  b INT, /* of b */\n  c INT -- of c\n)";

    #[test]
    fn a_column_goes_with_its_comments() {
        assert_eq!(drop(LINES, "a"), "CREATE TABLE t (\n\n  -- of b\n  b INT, /* of b */\n  c INT -- of c\n)");
        assert_eq!(drop(LINES, "b"), "CREATE TABLE t (\n  a INT, -- of a\n\n  c INT -- of c\n)");
        assert_eq!(drop(LINES, "c"), "CREATE TABLE t (\n  a INT, -- of a\n\n  -- of b\n  b INT /* of b */\n)");
    }

    #[test]
    fn no_comment_swallows_what_is_left() {
        let text = "CREATE TABLE t (a INT, -- x\n b INT, c INT)";
        assert_eq!(drop(text, "b"), "CREATE TABLE t (a INT, -- x\n c INT)");
        assert_eq!(drop("CREATE TABLE t (a INT, -- x\n b INT)", "b"), "CREATE TABLE t (a INT -- x\n )");
        let first = "CREATE TABLE t (a INT -- x\n , b INT -- y\n , c INT)";
        assert_eq!(drop(first, "a"), "CREATE TABLE t (b INT -- y\n , c INT)");
        assert_eq!(drop(first, "b"), "CREATE TABLE t (a INT -- x\n , c INT)");
        assert_eq!(drop(first, "c"), "CREATE TABLE t (a INT -- x\n , b INT -- y\n )");
        let not_null = ColumnChange { nullable: Some(true), ..ColumnChange::default() };
        assert_eq!(alter("CREATE TABLE t (a INT -- x\n NOT NULL, b)", not_null), "CREATE TABLE t (a INT -- x\n , b)");
    }

    #[test]
    fn a_column_that_is_needed_stays() {
        let text = "CREATE TABLE t (a, b CHECK (b > a), c UNIQUE CHECK (c > 0), d AS (c), e REFERENCES t (f), f, g, UNIQUE (g))";
        assert_eq!(drop(text, "a"), "dropping column a of table t, which `CHECK (b > a)` of column b needs");
        assert_eq!(drop(text, "c"), "dropping column c of table t, which `AS (c)` of column d needs");
        assert_eq!(drop(text, "f"), "dropping column f of table t, which `REFERENCES t (f)` of column e needs");
        assert_eq!(drop(text, "G"), "dropping column G of table t, which `UNIQUE (g)` needs");
        assert_eq!(drop("CREATE TABLE t (c UNIQUE CHECK (c > 0), d)", "c"), "CREATE TABLE t (d)");
        assert_eq!(drop("CREATE TABLE t (a)", "a"), "dropping a, the only column of table t");
    }

    #[test]
    fn a_new_column_takes_its_line() {
        let after = |name: &str| Some(Position::After(Ident::from(name)));
        let made = add(LINES, None);
        assert_eq!(made, LINES.replace("c INT -- of c\n", "c INT, -- of c\n  <n>\n"));
        assert_eq!(add(LINES, after("A")), LINES.replace("-- of a\n", "-- of a\n  <n>,\n"));
        assert_eq!(add(LINES, Some(Position::First)), LINES.replace("(\n", "(\n  <n>,\n"));
        let line = "CREATE TABLE t (a INT, b INT, UNIQUE (a))";
        assert_eq!(add(line, None), "CREATE TABLE t (a INT, b INT, <n>, UNIQUE (a))");
        assert_eq!(add(line, Some(Position::First)), "CREATE TABLE t (<n>, a INT, b INT, UNIQUE (a))");
        assert_eq!(add("CREATE TABLE t (a -- x\n)", None), "CREATE TABLE t (a, -- x\n<n>\n)");
    }

    #[test]
    fn a_column_moves_with_its_comments() {
        let to = |position| ColumnChange { position: Some(position), ..ColumnChange::default() };
        let text = "CREATE TABLE t (\n  b INT, -- of b\n  -- above a\n  a INT -- of a\n)";
        let made = "CREATE TABLE t (\n  -- above a\n  a INT, -- of a\n  b INT -- of b\n)";
        assert_eq!(alter(text, to(Position::First)), made);
        assert_eq!(alter("CREATE TABLE t (a)", to(Position::First)), "CREATE TABLE t (a)");
        let one_line = "CREATE TABLE t (a INT, b INT, c INT)";
        assert_eq!(alter(one_line, to(Position::After(Ident::from("c")))), "CREATE TABLE t (b INT, c INT, a INT)");
        assert_eq!(alter(one_line, to(Position::After(Ident::from("a")))), one_line);
    }

    #[test]
    fn types_change_in_their_place() {
        let to = |ty: &str| ColumnChange { ty: Some(Type::Native(ty.to_owned())), ..ColumnChange::default() };
        assert_eq!(
            alter("CREATE TABLE t (a VARCHAR (3)/**/ NOT NULL)", to("TEXT")),
            "CREATE TABLE t (a TEXT/**/ NOT NULL)"
        );
        assert_eq!(alter("CREATE TABLE t ([a]INT, b)", to("TEXT")), "CREATE TABLE t ([a] TEXT, b)");
        assert_eq!(alter("CREATE TABLE t (a, b)", to("TEXT")), "CREATE TABLE t (a TEXT, b)");
        assert_eq!(alter("CREATE TABLE t (a big int NOT NULL, b)", to("")), "CREATE TABLE t (a NOT NULL, b)");
    }

    #[test]
    fn clauses_change_in_their_place() {
        let text = "CREATE TABLE t (a INT CONSTRAINT d DEFAULT (1 + 1) CHECK (a > 0) DEFAULT 2, b)";
        let made = "CREATE TABLE t (a INT CHECK (a > 0) DEFAULT 'x', b)";
        assert_eq!(alter(text, default("'x'")), made);
        let none = ColumnChange { default: Some(None), ..ColumnChange::default() };
        assert_eq!(alter(text, none), "CREATE TABLE t (a INT CHECK (a > 0), b)");
        assert_eq!(alter("CREATE TABLE t (a)", default("now()")), "CREATE TABLE t (a DEFAULT (now()))");
        let not_null = ColumnChange { nullable: Some(false), ..ColumnChange::default() };
        assert_eq!(
            alter("CREATE TABLE t (a INT NULL UNIQUE)", not_null.clone()),
            "CREATE TABLE t (a INT NOT NULL UNIQUE)"
        );
        let kept = "CREATE TABLE t (a INT CONSTRAINT n not null ON CONFLICT FAIL)";
        assert_eq!(alter(kept, not_null.clone()), kept);
        let replace = ColumnChange { options: options(&[("not_null_on_conflict", "replace")]), ..not_null };
        assert_eq!(alter(kept, replace), "CREATE TABLE t (a INT CONSTRAINT n NOT NULL ON CONFLICT REPLACE)");
    }

    #[test]
    fn collations_and_generated_expressions_change() {
        let collate = |name| ColumnChange { options: options(&[("collate", name)]), ..ColumnChange::default() };
        assert_eq!(
            alter("CREATE TABLE t (a TEXT UNIQUE)", collate("NOCASE")),
            "CREATE TABLE t (a TEXT COLLATE \"NOCASE\" UNIQUE)"
        );
        assert_eq!(alter("CREATE TABLE t (a collate rtrim, b)", collate("")), "CREATE TABLE t (a, b)");
        let generated = |generated| ColumnChange { generated: Some(generated), ..ColumnChange::default() };
        let made = Generated { expr: Expr::Same("b + 1".to_owned()), stored: true };
        let text = "CREATE TABLE t (a INT AS (b), b)";
        let expected = "CREATE TABLE t (a INT GENERATED ALWAYS AS (b + 1) STORED, b)";
        assert_eq!(alter(text, generated(Some(made.clone()))), expected);
        assert_eq!(alter("CREATE TABLE t (a INT, b)", generated(Some(made))), expected);
        assert_eq!(alter(text, generated(None)), "CREATE TABLE t (a INT, b)");
    }

    #[test]
    fn autoincrement_stands_in_the_key() {
        let set = |value| ColumnChange { options: options(&[("autoincrement", value)]), ..ColumnChange::default() };
        let (column, table) = ("(a INTEGER PRIMARY KEY ASC UNIQUE)", "(a INTEGER, PRIMARY KEY (a) ON CONFLICT FAIL)");
        let with_column = "(a INTEGER PRIMARY KEY ASC AUTOINCREMENT UNIQUE)";
        let with_table = "(a INTEGER, PRIMARY KEY (a AUTOINCREMENT) ON CONFLICT FAIL)";
        for (without, with) in [(column, with_column), (table, with_table)] {
            let (without, with) = (format!("CREATE TABLE t {without}"), format!("CREATE TABLE t {with}"));
            assert_eq!(alter(&without, set("true")), with);
            assert_eq!(alter(&with, set("true")), with);
            assert_eq!(alter(&with, set("")), without);
            let never = ColumnChange { identity: Some(None), ..ColumnChange::default() };
            assert_eq!(alter(&with, never), without);
        }
        let identity = Identity { mode: IdentityMode::ByDefault, options: crate::schema::SortedMap::new() };
        let always = ColumnChange { identity: Some(Some(identity)), ..ColumnChange::default() };
        assert_eq!(alter("CREATE TABLE t (a INTEGER)", always), "CREATE TABLE t (a INTEGER)");
        assert_eq!(
            alter("CREATE TABLE t (a INTEGER)", set("true")),
            "AUTOINCREMENT on column a without a primary key on it"
        );
    }
}
