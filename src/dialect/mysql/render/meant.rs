//! Which constraint of a table an operation means. The server numbers the names that it gives in the order in which
//! constraints were made, so two databases that are the same may have `CONSTRAINT_1` and `CONSTRAINT_2` the other way
//! round: of such a constraint counts what it says, not what it is called. Pure: no I/O.

use std::cmp::Reverse;

use crate::dialect::Unsupported;
use crate::dialect::mysql::{compare, quote};
use crate::ops::{Constraint, ConstraintKind, constraints};
use crate::schema::{Check, ForeignKey, Ident, Pair, Table};

/// What a constraint is called that is to go. A name that no constraint has in this table is left as it is.
///
/// # Errors
/// A name that the server gave, which another constraint has here, or which it has yet to give: to which one nobody knows.
pub(super) fn name_of_dropped(
    table: &Table,
    kind: ConstraintKind,
    name: Option<&Ident>,
    was: Option<&Constraint>,
) -> Result<Option<Ident>, Unsupported> {
    let Some(one) = find(table, kind, name, was)? else { return Ok(name.cloned()) };
    if let Some(real) = one.name() {
        return Ok(Some(real.clone()));
    }
    let all = constraints(table);
    let is_rival = |other: &&Constraint| other.kind() == kind && (other.name().is_none() || is_called(other, name));
    if name.is_some() && all.iter().filter(is_rival).count() > 1 {
        return Err(unnumbered("dropping", table, kind, name));
    }
    Ok(name.cloned())
}

/// Refuses to rename a constraint that a number tells from others, of which one has yet to get its own.
pub(super) fn refuse_unnumbered(table: &Table, name: &Ident) -> Result<(), Unsupported> {
    let all = constraints(table);
    let is_meant = |kind: ConstraintKind| {
        let is_it = |one: &Constraint| one.kind() == kind && one.name().is_none();
        compare::is_generated_name(&table.name, kind, &[], name) && all.iter().any(is_it)
    };
    let kind = [ConstraintKind::Check, ConstraintKind::ForeignKey].into_iter().find(|kind| is_meant(*kind));
    kind.map_or(Ok(()), |kind| Err(unnumbered("renaming", table, kind, Some(name))))
}

/// Which constraint of this table is meant: by the name that a person gave it, else by what it says. None where there is
/// none of either.
///
/// # Errors
/// A name that the server gave, which another constraint has here.
pub(super) fn find(
    table: &Table,
    kind: ConstraintKind,
    name: Option<&Ident>,
    was: Option<&Constraint>,
) -> Result<Option<Constraint>, Unsupported> {
    if kind == ConstraintKind::PrimaryKey {
        return Ok(table.primary_key.clone().map(Constraint::PrimaryKey));
    }
    let all: Vec<Constraint> = constraints(table).into_iter().filter(|one| one.kind() == kind).collect();
    let by_name = all.iter().find(|one| is_called(one, name));
    let Some(was) = was else { return Ok(by_name.cloned()) };
    let is_numbered = name.is_none_or(|name| compare::is_generated_name(&table.name, kind, was.columns(), name));
    if by_name.is_some() && !is_numbered {
        return Ok(by_name.cloned());
    }
    let alike = all.iter().map(|one| (Reverse((likeness(one, was), is_called(one, name))), one));
    let best = alike.min_by_key(|(rank, _)| *rank).filter(|(Reverse((likeness, _)), _)| *likeness > Likeness::Other);
    match (best, by_name) {
        (Some((_, one)), _) => Ok(Some(one.clone())),
        (None, Some(other)) if is_certain(table, other, was) => Err(other_of_that_name(table, other)),
        (None, other) => Ok(other.cloned()),
    }
}

fn is_called(one: &Constraint, name: Option<&Ident>) -> bool {
    match (one.name(), name) {
        (Some(one), Some(name)) => one.as_str().eq_ignore_ascii_case(name.as_str()),
        (None, _) | (_, None) => false,
    }
}

/// A new constraint as one without a name, where its name is the server's and another one has it here. None where it can
/// have its name.
pub(super) fn without_taken_name(table: &Table, constraint: &Constraint) -> Option<Constraint> {
    let (kind, name) = (constraint.kind(), constraint.name()?);
    let is_taken = |one: &Constraint| one.kind() == kind && is_called(one, Some(name));
    let is_numbered = matches!(kind, ConstraintKind::Check | ConstraintKind::ForeignKey)
        && compare::is_generated_name(&table.name, kind, constraint.columns(), name);
    if !is_numbered || !constraints(table).iter().any(is_taken) {
        return None;
    }
    let mut unnamed = constraint.clone();
    unnamed.set_name(None);
    Some(unnamed)
}

/// How much two constraints of one kind have in common, names apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Other,
    /// In other words, as another version of the server or a person says it.
    InOtherWords,
    Equal,
}

fn likeness(one: &Constraint, was: &Constraint) -> Likeness {
    let nameless = |constraint: &Constraint| {
        let mut constraint = constraint.clone();
        constraint.set_name(None);
        constraint
    };
    let same_words = match (one, was) {
        (Constraint::Unique(one), Constraint::Unique(was)) => same_idents(&one.columns, &was.columns),
        (Constraint::ForeignKey(one), Constraint::ForeignKey(was)) => refers_alike(one, was),
        (Constraint::Check(one), Constraint::Check(was)) => {
            let texts = Pair::new(one.condition.text(), was.condition.text());
            compare::same_expression(texts) || !texts.map(bare_words).differs()
        }
        (Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::Check(_) | Constraint::ForeignKey(_), _) => {
            false
        }
    };
    match same_words {
        _ if nameless(one) == nameless(was) => Likeness::Equal,
        true => Likeness::InOtherWords,
        false => Likeness::Other,
    }
}

fn same_idents(one: &[Ident], other: &[Ident]) -> bool {
    one.iter().map(quote::fold).eq(other.iter().map(quote::fold))
}

/// Whether both refer from the same columns to the same ones; a person may leave out those of the other table.
fn refers_alike(one: &ForeignKey, was: &ForeignKey) -> bool {
    let unsaid = one.referenced_columns.is_empty() || was.referenced_columns.is_empty();
    same_idents(&one.columns, &was.columns)
        && quote::fold(&one.references.name) == quote::fold(&was.references.name)
        && (unsaid || same_idents(&one.referenced_columns, &was.referenced_columns))
}

/// A condition without the quotes of names, without parentheses and white space: what a server does not say as it was said.
fn bare_words(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let literal = (character == '\'').then(|| quote::read_literal(rest)).flatten();
        let length = literal.map_or(character.len_utf8(), |(_, behind)| rest.len() - behind.len());
        let (piece, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind;
        match character {
            '\'' => bare.push_str(piece),
            '`' | '(' | ')' => {}
            other if other.is_whitespace() => {}
            other => bare.extend(other.to_lowercase()),
        }
    }
    bare
}

/// Whether it is certain that the two are not one in other words. A text with names in back quotes is the server's own.
fn is_certain(table: &Table, one: &Constraint, was: &Constraint) -> bool {
    match (one, was) {
        (Constraint::Check(one), Constraint::Check(was)) => {
            was.condition.text().contains('`') || uses(table, one) != uses(table, was)
        }
        (Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::Check(_) | Constraint::ForeignKey(_), _) => {
            true
        }
    }
}

/// The columns of the table that a check names.
fn uses<'t>(table: &'t Table, check: &Check) -> Vec<&'t Ident> {
    let text = check.condition.text();
    let names = |name: &Ident| {
        let nothing = Ident::from("");
        quote::rename_in(text, name, &nothing) != text || quote::rename_words(text, name, &nothing) != text
    };
    table.columns.iter().map(|column| &column.name).filter(|name| names(name)).collect()
}

fn other_of_that_name(table: &Table, other: &Constraint) -> Unsupported {
    let (kind, name) = (other.kind().spoken(), other.name().map(Ident::as_str).unwrap_or_default());
    Unsupported::new(
        format!(
            "dropping {kind} {name} of {}: here it is another one than `was:` says, and none says that",
            table.name.for_people()
        ),
        "look with `migrate inspect` which one is meant, and bring it to what `was:` says; or take `was:` out, and what has the name goes",
    )
}

fn unnumbered(what: &str, table: &Table, kind: ConstraintKind, name: Option<&Ident>) -> Unsupported {
    let (kind, name) = (kind.spoken(), name.map(Ident::as_str).unwrap_or_default());
    Unsupported::new(
        format!(
            "{what} {kind} {name} of {}: the server numbers these, and only the database knows which one has that number",
            table.name.for_people()
        ),
        "run it online with `migrate upgrade` or `migrate downgrade`; or give each of them a name of its own",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Expr, Name};

    fn check(name: &str, condition: &str) -> Check {
        Check {
            name: Some(name.into()),
            condition: Expr::Same(condition.to_owned()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        }
    }

    fn table() -> Table {
        let mut table = Table::new(Name::own("t"));
        let column = |name: &str| crate::schema::Column::new(name, crate::schema::Type::Native("int".into()));
        table.columns = ["a", "b"].map(column).into();
        table.checks = vec![check("CONSTRAINT_1", "`b` > 0"), check("CONSTRAINT_2", "`a` > 0"), check("c", "`a` < 9")];
        let key = |name: &str, column: &str| ForeignKey {
            name: Some(name.into()),
            ..ForeignKey::plain(vec![column.into()], Name::own("p"), vec!["id".into()])
        };
        table.foreign_keys = vec![key("t_ibfk_1", "b"), key("t_ibfk_2", "a")];
        table
    }

    fn found(name: &str, was: &str) -> Result<Option<String>, String> {
        let was = Constraint::Check(check(name, was));
        found_in(&table(), name, &was)
    }

    fn found_in(table: &Table, name: &str, was: &Constraint) -> Result<Option<String>, String> {
        let found = name_of_dropped(table, was.kind(), Some(&name.into()), Some(was));
        found.map(|name| name.map(|name| name.as_str().to_owned())).map_err(|refused| refused.what)
    }

    #[test]
    fn what_it_says_counts_where_the_server_gave_the_name() {
        let called = |name: &str| Ok(Some(name.to_owned()));
        assert_eq!(found("CONSTRAINT_1", "`a` > 0"), called("CONSTRAINT_2"));
        assert_eq!(found("CONSTRAINT_1", "(`b` > 0)"), called("CONSTRAINT_1"));
        assert_eq!(found("CONSTRAINT_7", "a>0"), called("CONSTRAINT_2"));
        // A person's words for it, of which the server has made its own.
        assert_eq!(found("CONSTRAINT_1", "b != 0 - 0"), called("CONSTRAINT_1"));
        // A person's name says which.
        assert_eq!(found("c", "`a` > 0"), called("c"));
    }

    #[test]
    fn a_name_that_another_one_has_is_left_to_the_server() {
        let unnamed = |name: &str| without_taken_name(&table(), &Constraint::Check(check(name, "`a` > 5")));
        assert_eq!(unnamed("CONSTRAINT_1").map(|one| one.name().cloned()), Some(None));
        assert_eq!(unnamed("CONSTRAINT_3"), None);
        // The server refuses it, and says so.
        assert_eq!(unnamed("c"), None);
    }

    #[test]
    fn another_one_of_that_name_is_refused() {
        for was in ["`b` > 7", "a > 7"] {
            let refused = found("CONSTRAINT_1", was).unwrap_err();
            assert!(refused.starts_with("dropping check CONSTRAINT_1 of t: here it is another one"), "{refused}");
        }
        assert_eq!(found("CONSTRAINT_9", "`b` > 7"), Ok(Some("CONSTRAINT_9".to_owned())));
    }

    #[test]
    fn a_number_that_the_server_has_yet_to_give_is_no_name() {
        let unnamed = |condition: &str| Check { name: None, ..check("", condition) };
        let mut table = table();
        table.checks = vec![check("CONSTRAINT_1", "`a` > 0"), unnamed("`b` > 0")];
        let found = |table: &Table, name: &str, was: &str| found_in(table, name, &Constraint::Check(check(name, was)));
        let refused = found(&table, "CONSTRAINT_1", "b>0").unwrap_err();
        assert!(refused.starts_with("dropping check CONSTRAINT_1 of t: the server numbers these"), "{refused}");
        assert_eq!(found(&table, "CONSTRAINT_1", "a>0"), Ok(Some("CONSTRAINT_1".to_owned())));
        // The only one of which the name is not known.
        assert_eq!(found(&table, "CONSTRAINT_2", "b>0"), Ok(Some("CONSTRAINT_2".to_owned())));
        assert!(refuse_unnumbered(&table, &"CONSTRAINT_1".into()).is_err());
        assert!(refuse_unnumbered(&table, &"c".into()).is_ok());
        table.checks[0] = unnamed("`a` > 0");
        assert!(found(&table, "CONSTRAINT_2", "b>0").is_err());
        assert!(refuse_unnumbered(&self::table(), &"CONSTRAINT_1".into()).is_ok());
    }

    #[test]
    fn keys_are_found_by_their_columns() {
        let found = |name: &str, column: &str| {
            let was = ForeignKey::plain(vec![column.into()], Name::own("P"), Vec::new());
            found_in(&table(), name, &Constraint::ForeignKey(was))
        };
        assert_eq!(found("t_ibfk_1", "a"), Ok(Some("t_ibfk_2".to_owned())));
        assert_eq!(found("t_ibfk_2", "a"), Ok(Some("t_ibfk_2".to_owned())));
        assert!(found("t_ibfk_1", "id").is_err());
    }
}
