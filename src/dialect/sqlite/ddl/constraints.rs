//! Adding, dropping and renaming constraints of a table, whether they stand on a column or on the table.

use super::edit::{Edited, Writer};
use super::expression::{same_tokens, with_plain_strings};
use super::layout::{Layout, with_item, without_item};
use super::parts::{Clause, ClauseText, KeyClause, ReferenceText, TableText};
use super::reader::Span;
use super::splice::Splices;
use super::{Quote, table};
use crate::dialect::Unsupported;
use crate::ops::{Constraint, ConstraintKind};
use crate::schema::{ForeignKey, Ident};

pub(super) fn add(table: &TableText<'_>, constraint: &Constraint, writer: &Writer<'_>) -> Edited {
    if matches!(constraint, Constraint::PrimaryKey(_)) && table.primary_key().is_some() {
        let what = format!("a second primary key of table {}", table.name.ident.as_str());
        return Err(Unsupported::new(what, "drop the first one before"));
    }
    let last = table.commas.len().checked_sub(1);
    Ok(with_item(table, last, &(writer.constraint)(constraint).into())?)
}

/// Drops a constraint that is found by its name, else by what it was, else as the only one of its kind. SQLite keeps one
/// index for several keys on the same columns, and inspection shows one: they go together.
pub(super) fn drop(
    table: &TableText<'_>,
    name: Option<&Ident>,
    kind: ConstraintKind,
    was: Option<&Constraint>,
) -> Edited {
    let (place, found) = find(table, name, kind, was).ok_or_else(|| missing(table, name, kind))?;
    let text = without(table, place)?;
    let (Clause::PrimaryKey(key) | Clause::Unique(key)) = &found.clause else { return Ok(text) };
    without_twins(text, key)
}

/// Where a constraint stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// On a column: all of the clause.
    Column(Span),
    /// On the table: its index among columns and constraints.
    Item(usize),
}

/// All constraints of one kind with their places.
fn places<'a, 't>(table: &'a TableText<'t>) -> impl Iterator<Item = (Place, &'a ClauseText<'t>)> {
    let of_columns = table.columns.iter().flat_map(|column| &column.clauses);
    let of_table = table.constraints.iter().enumerate();
    of_columns
        .map(|clause| (Place::Column(clause.span), clause))
        .chain(of_table.map(|(index, clause)| (Place::Item(table.columns.len() + index), clause)))
}

fn kind_of(clause: &Clause<'_>) -> Option<ConstraintKind> {
    match clause {
        Clause::PrimaryKey(_) => Some(ConstraintKind::PrimaryKey),
        Clause::Unique(_) => Some(ConstraintKind::Unique),
        Clause::Check { .. } => Some(ConstraintKind::Check),
        Clause::References(_) => Some(ConstraintKind::ForeignKey),
        Clause::Null
        | Clause::NotNull { .. }
        | Clause::Default { .. }
        | Clause::Collate { .. }
        | Clause::Deferral
        | Clause::Generated { .. }
        | Clause::Label => None,
    }
}

fn find<'a, 't>(
    table: &'a TableText<'t>,
    name: Option<&Ident>,
    kind: ConstraintKind,
    was: Option<&Constraint>,
) -> Option<(Place, &'a ClauseText<'t>)> {
    let of_kind = || places(table).filter(|(_, clause)| kind_of(&clause.clause) == Some(kind));
    let named = |clause: &ClauseText<'_>| name.is_some_and(|name| clause.name.as_ref().is_some_and(|own| own.is(name)));
    let defined = |clause: &ClauseText<'_>| was.is_some_and(|was| is_defined_as(&clause.clause, was, table));
    let sole = || if name.is_none() && was.is_none() && of_kind().count() == 1 { of_kind().next() } else { None };
    // A table has one primary key at most, so its name does not matter.
    let key = || if kind == ConstraintKind::PrimaryKey { of_kind().next() } else { None };
    let by_name = of_kind().find(|(_, clause)| named(clause));
    let by_both = || of_kind().find(|(_, clause)| clause.name.is_none() && defined(clause));
    by_name.or_else(by_both).or_else(|| of_kind().find(|(_, clause)| defined(clause))).or_else(key).or_else(sole)
}

fn missing(table: &TableText<'_>, name: Option<&Ident>, kind: ConstraintKind) -> Unsupported {
    let said = name.map_or("of that definition", Ident::as_str);
    let what = format!("a change of {} {said}, which table {} does not have", kind.spoken(), table.name.ident.as_str());
    Unsupported::new(what, "look at the table with `migrate inspect`")
}

/// Nouns have strings in single quotes only, the text also such in double quotes.
fn is_defined_as(clause: &Clause<'_>, was: &Constraint, table: &TableText<'_>) -> bool {
    let plain = |condition: Span| with_plain_strings(condition.of(table.text), |name| table.column(name).is_some());
    match (clause, was) {
        (Clause::PrimaryKey(key), Constraint::PrimaryKey(was)) => has_columns(key, &was.columns),
        (Clause::Unique(key), Constraint::Unique(was)) => has_columns(key, &was.columns),
        (Clause::Check { condition }, Constraint::Check(was)) => same_tokens(&plain(*condition), was.condition.text()),
        (Clause::References(reference), Constraint::ForeignKey(was)) => refers_as(reference, was),
        _ => false,
    }
}

fn has_columns(key: &KeyClause<'_>, columns: &[Ident]) -> bool {
    key.parts.len() == columns.len() && key.parts.iter().zip(columns).all(|(part, column)| part.column.is(column))
}

/// The columns of the other table may be left out in the text, or in a key that a person wrote.
fn refers_as(reference: &ReferenceText, was: &ForeignKey) -> bool {
    let same = |names: &[super::Named], columns: &[Ident]| {
        names.len() == columns.len() && names.iter().zip(columns).all(|(name, column)| name.is(column))
    };
    let unsaid = reference.referenced.is_empty() || was.referenced_columns.is_empty();
    reference.table.is(&was.references.name)
        && same(&reference.columns, &was.columns)
        && (unsaid || same(&reference.referenced, &was.referenced_columns))
        && (reference.on_delete, reference.on_update) == (was.on_delete, was.on_update)
}

fn without(table: &TableText<'_>, place: Place) -> Edited {
    match place {
        Place::Item(index) => Ok(without_item(table, index)?),
        Place::Column(span) => {
            let mut splices = Splices::new(table.text);
            splices.remove(Span::new(Layout::new(table.text)?.lead(span.start), span.end));
            Ok(splices.finish())
        }
    }
}

/// The text without further unique constraints on the columns of a key that is gone.
fn without_twins(mut text: String, key: &KeyClause<'_>) -> Edited {
    let columns: Vec<Ident> = key.parts.iter().map(|part| part.column.ident.clone()).collect();
    loop {
        let table = table::parse(&text)?;
        let is_twin = |clause: &Clause<'_>| matches!(clause, Clause::Unique(other) if has_columns(other, &columns));
        let Some((place, _)) = places(&table).find(|(_, clause)| is_twin(&clause.clause)) else {
            return Ok(text.clone());
        };
        text = without(&table, place)?;
    }
}

pub(super) fn rename(table: &TableText<'_>, name: &Ident, to: &Ident, quote: Quote<'_>) -> Edited {
    let named = places(table).filter(|(_, clause)| kind_of(&clause.clause).is_some());
    let found = named.filter_map(|(_, clause)| clause.name.as_ref()).find(|own| own.is(name));
    let found = found.ok_or_else(|| {
        let what = format!(
            "a new name for constraint {}, which table {} does not have",
            name.as_str(),
            table.name.ident.as_str()
        );
        Unsupported::new(what, "look at the table with `migrate inspect`")
    })?;
    let mut splices = Splices::new(table.text);
    splices.replace(found.span, quote(to));
    Ok(splices.finish())
}

#[cfg(test)]
mod tests {
    use crate::dialect::sqlite::ddl::edit::tests::{edited, t};
    use crate::ops::{Constraint, ConstraintKind, Operation};
    use crate::schema::{Action, Check, Expr, ForeignKey, Ident, Name, Options, PrimaryKey, Unique};

    fn names(names: &[&str]) -> Vec<Ident> {
        names.iter().map(|name| Ident::from(*name)).collect()
    }

    fn key(columns: &[&str]) -> Constraint {
        let (columns, options) = (names(columns), Options::default());
        let (name, include, deferrable, comment) = (None, Vec::new(), None, None);
        Constraint::PrimaryKey(PrimaryKey { name, columns, include, deferrable, comment, options })
    }

    fn unique(columns: &[&str]) -> Constraint {
        let (columns, options) = (names(columns), Options::default());
        let (name, include, deferrable, comment) = (None, Vec::new(), None, None);
        Constraint::Unique(Unique { name, columns, include, nulls_not_distinct: false, deferrable, comment, options })
    }

    fn check(condition: &str) -> Constraint {
        let condition = Expr::Same(condition.to_owned());
        let (name, comment) = (None, None);
        Constraint::Check(Check { name, condition, no_inherit: false, not_valid: false, not_enforced: false, comment })
    }

    fn reference(columns: &[&str], to: &[&str], on_delete: Action) -> Constraint {
        Constraint::ForeignKey(ForeignKey { on_delete, ..ForeignKey::plain(names(columns), Name::own("p"), names(to)) })
    }

    fn add(text: &str, constraint: Constraint) -> String {
        let operation = Operation::AddConstraint { table: t(), constraint: Box::new(constraint) };
        edited(text, &operation).unwrap_or_else(|unsupported| unsupported.what)
    }

    fn drop(text: &str, name: Option<&str>, kind: ConstraintKind, was: Option<Constraint>) -> String {
        let (name, was) = (name.map(Ident::from), was.map(Box::new));
        let operation = Operation::DropConstraint { table: t(), name, kind, was };
        edited(text, &operation).unwrap_or_else(|unsupported| unsupported.what)
    }

    fn drop_was(text: &str, was: Constraint) -> String {
        drop(text, None, was.kind(), Some(was))
    }

    #[test]
    fn strings_of_a_check_may_stand_in_double_quotes() {
        let drop = Operation::DropConstraint {
            table: t(),
            name: None,
            kind: ConstraintKind::Check,
            was: Some(Box::new(check("s IN ('New', \"S\")"))),
        };
        let text = "CREATE TABLE t (s, CHECK (s IN (\"New\", \"S\")), CHECK (s <> 'x'))";
        assert_eq!(edited(text, &drop).unwrap(), "CREATE TABLE t (s, CHECK (s <> 'x'))");
    }

    #[test]
    fn a_new_constraint_comes_last() {
        assert_eq!(add("CREATE TABLE t (a, CHECK (a))", check("b")), "CREATE TABLE t (a, CHECK (a), <check>)");
        let lines = "CREATE TABLE t\n(\n\ta, -- x\n\tb -- y\n)";
        assert_eq!(add(lines, check("b")), "CREATE TABLE t\n(\n\ta, -- x\n\tb, -- y\n\t<check>\n)");
        assert_eq!(add("CREATE TABLE t (a PRIMARY KEY)", key(&["a"])), "a second primary key of table t");
    }

    const ALL: &str = "CREATE TABLE t (a INT UNIQUE REFERENCES p CHECK(a>0), b CONSTRAINT ck CHECK (b),\n  \
        CONSTRAINT pk PRIMARY KEY (a, b) UNIQUE (b), FOREIGN KEY (a, b) REFERENCES P (x, Y) ON DELETE CASCADE)";

    #[test]
    fn constraints_are_found_by_name_or_by_what_they_were() {
        let without = |part: &str| ALL.replace(part, "");
        assert_eq!(drop(ALL, Some("CK"), ConstraintKind::Check, None), without(" CONSTRAINT ck CHECK (b)"));
        assert_eq!(drop_was(ALL, check("( A > 0 )")), without(" CHECK(a>0)"));
        assert_eq!(
            drop_was(ALL, unique(&["a"])),
            without(" UNIQUE").replace("KEY (a, b) (b)", "KEY (a, b) UNIQUE (b)")
        );
        assert_eq!(drop_was(ALL, unique(&["b"])), without("UNIQUE (b), "));
        assert_eq!(drop_was(ALL, reference(&["a"], &["id"], Action::Nothing)), without(" REFERENCES p"));
        let cascade = reference(&["a", "b"], &["x", "y"], Action::Cascade);
        assert_eq!(drop_was(ALL, cascade), without(", FOREIGN KEY (a, b) REFERENCES P (x, Y) ON DELETE CASCADE"));
        let other = reference(&["a", "b"], &["x", "y"], Action::Nothing);
        assert_eq!(drop_was(ALL, other), "a change of foreign key of that definition, which table t does not have");
        assert_eq!(drop(ALL, None, ConstraintKind::PrimaryKey, None), without("CONSTRAINT pk PRIMARY KEY (a, b) "));
        let missing = drop(ALL, None, ConstraintKind::Check, None);
        assert_eq!(missing, "a change of check of that definition, which table t does not have");
    }

    #[test]
    fn equal_keys_go_together() {
        let text = "CREATE TABLE t (a UNIQUE, b, UNIQUE (b), UNIQUE (a), UNIQUE (a))";
        assert_eq!(drop_was(text, unique(&["a"])), "CREATE TABLE t (a, b, UNIQUE (b))");
        assert_eq!(drop_was("CREATE TABLE t (a PRIMARY KEY UNIQUE)", key(&["a"])), "CREATE TABLE t (a)");
    }

    #[test]
    fn names_of_constraints_change() {
        let rename = |name: &str| {
            let (name, to) = (Ident::from(name), Ident::from("n"));
            edited(ALL, &Operation::RenameConstraint { table: t(), name, to }).unwrap()
        };
        assert_eq!(rename("pk"), ALL.replace("CONSTRAINT pk", "CONSTRAINT \"n\""));
        assert_eq!(rename("Ck"), ALL.replace("CONSTRAINT ck", "CONSTRAINT \"n\""));
    }
}
