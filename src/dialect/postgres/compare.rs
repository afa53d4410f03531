//! What is the same for PostgreSQL: names that it makes by itself, columns, expressions. Pure.

mod expression;

use self::expression::{closes_at_end, fixed};
use super::quote::LONGEST_NAME;
use crate::ops::ConstraintKind;
use crate::schema::{Column, Default, Expr, Ident, Name, Pair, Table};
use crate::statement::token::{Token, TokenKind, tokens};

/// The name the server gives to a constraint that has none, if nothing else has that name yet.
pub(super) fn constraint_name(table: &Table, kind: ConstraintKind, columns: &[Ident]) -> Ident {
    let included = table.uniques.iter().find(|unique| kind == ConstraintKind::Unique && unique.columns == columns);
    let columns: Vec<Ident> = match included {
        Some(unique) => columns.iter().chain(&unique.include).cloned().collect(),
        None => columns.to_vec(),
    };
    made_name(table.name.name.as_str(), kind, &columns, "")
}

/// Whether the server makes this name by itself for such a constraint. A check's name holds the column that it mentions
/// if that is only one; where the caller names none, any is taken.
pub(super) fn is_generated_name(table: &Name, kind: ConstraintKind, columns: &[Ident], name: &Ident) -> bool {
    let table = table.name.as_str();
    let number = number_at_end(name.as_str());
    if made_name(table, kind, columns, number) == *name {
        return true;
    }
    kind == ConstraintKind::Check
        && columns.len() != 1
        && (made_name(table, kind, &[], number) == *name
            || (columns.is_empty() && is_check_of_a_column(table, name, number)))
}

/// The digits with which a name ends: a number that made it unique, or a part of the table's name.
fn number_at_end(name: &str) -> &str {
    let bare = name.trim_end_matches(|character: char| character.is_ascii_digit());
    name.strip_prefix(bare).unwrap_or_default()
}

fn is_check_of_a_column(table: &str, name: &Ident, number: &str) -> bool {
    let rest = name.as_str().strip_suffix(number).and_then(|name| name.strip_suffix("_check"));
    rest.and_then(|rest| rest.strip_prefix(table)).is_some_and(|column| column.starts_with('_'))
}

/// `makeObjectName` of the server's source over the name that it chooses for a constraint; `number` is what a second one
/// of the same name gets.
pub(super) fn made_name(table: &str, kind: ConstraintKind, columns: &[Ident], number: &str) -> Ident {
    let joined = columns.iter().map(Ident::as_str).collect::<Vec<_>>().join("_");
    let (middle, label) = match kind {
        ConstraintKind::PrimaryKey => (None, "pkey"),
        ConstraintKind::Unique => (Some(joined.as_str()), "key"),
        ConstraintKind::Check => ((columns.len() == 1).then_some(joined.as_str()), "check"),
        ConstraintKind::ForeignKey => (Some(joined.as_str()), "fkey"),
    };
    object_name(table, middle, &format!("{label}{number}"))
}

/// The name of the sequence behind a `serial` or identity column, if nothing else has that name.
pub(super) fn sequence_name(table: &str, column: &str) -> Ident {
    object_name(table, Some(column), "seq")
}

/// The name that PostgreSQL 18 gives to a NOT NULL that has none.
pub(super) fn usual_not_null(table: &Name, column: &Ident) -> Ident {
    object_name(table.name.as_str(), Some(column.as_str()), "not_null")
}

/// Whether a NOT NULL of PostgreSQL 18 has the name that the server gives it by itself.
pub(super) fn is_usual_not_null(table: &Name, column: &Ident, name: &str) -> bool {
    let label = format!("not_null{}", number_at_end(name));
    object_name(table.name.as_str(), Some(column.as_str()), &label).as_str() == name
}

/// The parts with underscores between them; the longer of the first two is cut until all fits.
fn object_name(first: &str, second: Option<&str>, label: &str) -> Ident {
    let second = second.filter(|second| !second.is_empty());
    let room = LONGEST_NAME.saturating_sub(label.len() + 1 + usize::from(second.is_some()));
    let (mut first_length, mut second_length) = (first.len(), second.map_or(0, str::len));
    while first_length + second_length > room {
        if first_length > second_length {
            first_length -= 1;
        } else {
            second_length -= 1;
        }
    }
    let first = clip(first, first_length);
    Ident::new(match second {
        Some(second) => format!("{first}_{}_{label}", clip(second, second_length)),
        None => format!("{first}_{label}"),
    })
}

/// At most so many bytes, never half a character.
fn clip(text: &str, length: usize) -> &str {
    let end = (0..=length.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Two inspected columns are the same when everything but name and hint is.
pub(super) fn same_column(columns: Pair<&Column>) -> bool {
    let Pair { from, to } = columns;
    let default = columns.map(|column| match &column.default {
        Some(Default::Sql(expr)) => Some(expr),
        Some(Default::Literal(_)) | None => None,
    });
    let generated = columns.map(|column| column.generated.as_ref().map(|generated| &generated.expr));
    let is_stored = columns.map(|column| column.generated.as_ref().map(|generated| generated.stored));
    from.ty == to.ty
        && from.nullable == to.nullable
        && same_optional(default)
        && from.identity == to.identity
        && same_optional(generated)
        && !is_stored.differs()
        && from.comment == to.comment
        && from.options == to.options
}

/// How tables are stored where nobody ever said otherwise.
pub(super) const USUAL_METHOD: &str = "heap";

/// A table that is stored as usual, where the setting of the server is another one now, is as a model has it that says nothing.
pub(super) fn same_option(key: &str, values: Pair<Option<&str>>) -> bool {
    !values.differs() || key == "access_method" && values == Pair::new(Some(USUAL_METHOD), None)
}

/// The same of a materialized view.
pub(super) fn same_materialized(texts: Pair<&str>) -> bool {
    let usual = format!(" USING \"{USUAL_METHOD}\" AS\n");
    same_expression(texts) || texts.from.contains(&usual) && texts.from.replacen(&usual, " AS\n", 1) == texts.to
}

/// The same tokens but for spacing, the case of words, parentheses that say nothing, and where an array is cast. What the
/// server prints it does not always print again after reading it: `(ARRAY[a, b])::text[]` comes back as
/// `ARRAY[(a)::text, (b)::text]`, `((a AND b) AND c)` as `(a AND b AND c)`. Text that cannot be read is compared as it is.
pub(super) fn same_expression(expressions: Pair<&str>) -> bool {
    let Pair { from, to } = expressions;
    if from == to {
        return true;
    }
    match (folded(from), folded(to)) {
        (Some(from), Some(to)) => fixed(from) == fixed(to),
        _ => false,
    }
}

fn same_optional(expressions: Pair<Option<&Expr>>) -> bool {
    match (expressions.from, expressions.to) {
        (None, None) => true,
        (Some(from), Some(to)) => same_expression(Pair::new(from.text(), to.text())),
        _ => false,
    }
}

/// The words and signs of an expression, words that are not quoted in lower case.
fn folded(text: &str) -> Option<Vec<String>> {
    let fold = |token: &Token| {
        let word = token.text(text);
        if token.kind == TokenKind::Word { word.to_lowercase() } else { word.to_owned() }
    };
    let all = tokens(text, &super::SYNTAX).ok()?;
    Some(all.iter().filter(|token| !token.is_skippable()).map(fold).collect())
}

/// An expression without the parentheses around all of it.
pub(super) fn bare(expression: &str) -> &str {
    let mut text = expression;
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        match folded(text) {
            Some(words) if closes_at_end(&words) => text = inner,
            _ => break,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Unique;

    fn idents(names: &[&str]) -> Vec<Ident> {
        names.iter().map(|name| Ident::from(*name)).collect()
    }

    #[test]
    fn names_are_made_as_the_server_makes_them() {
        let mut table = Table::new(Name::own("orders"));
        table.uniques.push(Unique {
            name: None,
            columns: idents(&["a"]),
            include: idents(&["b"]),
            nulls_not_distinct: false,
            deferrable: None,
            comment: None,
            options: crate::schema::Options::default(),
        });
        let name = |kind, columns: &[&str]| constraint_name(&table, kind, &idents(columns)).as_str().to_owned();
        assert_eq!(name(ConstraintKind::PrimaryKey, &["a", "b"]), "orders_pkey");
        assert_eq!(name(ConstraintKind::Unique, &["a"]), "orders_a_b_key");
        assert_eq!(name(ConstraintKind::Unique, &["b", "c"]), "orders_b_c_key");
        assert_eq!(name(ConstraintKind::ForeignKey, &["a", "b"]), "orders_a_b_fkey");
        assert_eq!(name(ConstraintKind::Check, &["a"]), "orders_a_check");
        assert_eq!(name(ConstraintKind::Check, &["a", "b"]), "orders_check");
        assert_eq!(sequence_name("orders", "id").as_str(), "orders_id_seq");
    }

    /// `ALTER TABLE <60 t> ADD UNIQUE (<20 c>)` on PostgreSQL 15.
    #[test]
    fn long_names_are_cut_on_the_longer_side() {
        let made = made_name(&"t".repeat(60), ConstraintKind::Unique, &idents(&[&"c".repeat(20)]), "");
        assert_eq!(made.as_str(), format!("{}_{}_key", "t".repeat(38), "c".repeat(20)));
    }

    #[test]
    fn generated_names_are_known_with_their_numbers() {
        let table = Name::own("t2");
        let made =
            |kind, columns: &[&str], name: &str| is_generated_name(&table, kind, &idents(columns), &Ident::from(name));
        assert!(made(ConstraintKind::PrimaryKey, &["id"], "t2_pkey"));
        assert!(made(ConstraintKind::Unique, &["a"], "t2_a_key"));
        assert!(made(ConstraintKind::Unique, &["a"], "t2_a_key1"));
        assert!(!made(ConstraintKind::Unique, &["a"], "t2_b_key"));
        assert!(!made(ConstraintKind::PrimaryKey, &["id"], "pk_t2"));
        assert!(made(ConstraintKind::Check, &[], "t2_check12"));
        assert!(made(ConstraintKind::Check, &[], "t2_total_check"));
        assert!(!made(ConstraintKind::Check, &["a"], "t2_total_check"));
        assert!(!made(ConstraintKind::Check, &[], "ck_total"));
    }

    #[test]
    fn spacing_case_and_outer_parentheses_do_not_count() {
        let same = |from, to| same_expression(Pair::new(from, to));
        assert!(same("(a > 0)", "A>0"));
        assert!(same("((a > 0) AND (b > 0))", "(a > 0) and (b > 0)"));
        assert!(!same("(a > 0) AND (b > 0)", "a > 0) AND (b > 0"));
        assert!(!same("\"A\" > 0", "a > 0"));
        assert!(!same("a = 'X'", "a = 'x'"));
        assert!(!same("a b", "ab"));
    }

    #[test]
    fn outer_parentheses_go() {
        assert_eq!(bare("((a > 0))"), "a > 0");
        assert_eq!(bare("(a > 0) OR (b > 0)"), "(a > 0) OR (b > 0)");
        assert_eq!(bare("(b = ')'::text)"), "b = ')'::text");
    }
}
