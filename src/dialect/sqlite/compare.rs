//! What is the same for SQLite, and what a declared table needs beside itself. Pure: no I/O.

mod expression;

use crate::schema::{Check, Column, Expr, Ident, IdentityMode, Neutral, Pair, Table, Type};
use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, TokenKind, tokens, unquote};

use super::quote;

/// Types differ by more than case and space; an identity is the rowid key, whatever its mode.
pub(super) fn same_column(columns: Pair<&Column>) -> bool {
    let [from, to] = [columns.from, columns.to].map(canonical);
    from == to
}

/// A column without name, hints and comments, which SQLite does not keep, and without differences that it does not see.
fn canonical(column: &Column) -> Column {
    let mut same = Column { name: Ident::from(""), renamed_from: None, comment: None, ..column.clone() };
    if let Type::Native(native) = &mut same.ty {
        native.make_ascii_uppercase();
        native.retain(|character| character != ' ');
    }
    if let Some(identity) = &mut same.identity {
        // The rowid is never NULL, whatever the text says.
        same.nullable = false;
        identity.mode = IdentityMode::ByDefault;
        identity.options.clear();
    }
    same
}

/// Words that mean something else as a quoted name.
const RESERVED: [&str; 24] = [
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "CAST",
    "COLLATE",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "ELSE",
    "END",
    "ESCAPE",
    "EXISTS",
    "FALSE",
    "IN",
    "IS",
    "ISNULL",
    "NOT",
    "NOTNULL",
    "NULL",
    "OR",
    "THEN",
    "TRUE",
    "WHEN",
];

/// Whether two expressions are the same but for white space, comments, the case of words, needless parentheses, and the
/// quotes around names: SQLite puts quotes around every name that it writes itself when something is renamed.
pub(super) fn same_expression(expressions: Pair<&str>) -> bool {
    let spelled = expressions.map(expression::canonical);
    if spelled.from.is_some() && !spelled.differs() {
        return true;
    }
    let Pair { from, to } = expressions.map(|text| (text, significant(text)));
    let (Some(left), Some(right)) = (from.1, to.1) else { return false };
    let (left, right) = (without_parentheses(&left, from.0), without_parentheses(&right, to.0));
    left.len() == right.len() && left.iter().zip(right).all(|(one, other)| same_token((*one, from.0), (*other, to.0)))
}

fn significant(text: &str) -> Option<Vec<Token>> {
    let mut tokens = tokens(text, &SQLITE).ok()?;
    tokens.retain(|token| !token.is_skippable());
    Some(tokens)
}

fn same_token(one: (Token, &str), other: (Token, &str)) -> bool {
    let (left, right) = (one.0.text(one.1), other.0.text(other.1));
    match (one.0.kind, other.0.kind) {
        _ if left == right => true,
        (TokenKind::Word, TokenKind::Word) => left.eq_ignore_ascii_case(right),
        (TokenKind::QuotedIdent, TokenKind::QuotedIdent) => unquote(left).eq_ignore_ascii_case(&unquote(right)),
        (TokenKind::QuotedIdent, TokenKind::Word) => is_name(right, &unquote(left)),
        (TokenKind::Word, TokenKind::QuotedIdent) => is_name(left, &unquote(right)),
        _ => false,
    }
}

fn is_name(word: &str, name: &str) -> bool {
    word.eq_ignore_ascii_case(name) && !RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

fn without_parentheses<'r>(mut tokens: &'r [Token], text: &str) -> &'r [Token] {
    while let [first, inner @ .., last] = tokens {
        let around = first.is_sign(text, "(") && last.is_sign(text, ")");
        if !around || !closes_within(inner, text) {
            break;
        }
        tokens = inner;
    }
    tokens
}

/// Whether every parenthesis in between closes in between.
fn closes_within(tokens: &[Token], text: &str) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        if token.is_sign(text, "(") {
            depth += 1;
        } else if token.is_sign(text, ")") {
            let Some(less) = depth.checked_sub(1) else { return false };
            depth = less;
        }
    }
    depth == 0
}

/// Adds the check behind each enum, `ck_<table>_<column>`, unless the table has one of that name or condition already:
/// then it was made from an inspected one.
pub(super) fn complete(table: &mut Table, declared: &Table) {
    for column in &declared.columns {
        let Type::Neutral(Neutral::Enum { values, .. }) = &column.ty else { continue };
        let words: Vec<String> = values.iter().map(|value| quote::literal(value)).collect();
        let condition = format!("{} IN ({})", quote::ident(&column.name), words.join(", "));
        let name = Ident::from(format!("ck_{}_{}", table.name.name.as_str(), column.name.as_str()));
        let is_there = table.checks.iter().any(|check| {
            let named = check.name.as_ref().is_some_and(|own| quote::fold(own) == quote::fold(&name));
            named || same_expression(Pair::new(check.condition.text(), &condition))
        });
        if !is_there {
            table.checks.push(check(name, condition));
        }
    }
}

fn check(name: Ident, condition: String) -> Check {
    Check {
        name: Some(name),
        condition: Expr::Same(condition),
        no_inherit: false,
        not_valid: false,
        not_enforced: false,
        comment: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Identity, Name};

    fn same(one: &str, other: &str) -> bool {
        same_expression(Pair::new(one, other))
    }

    #[test]
    fn expressions_are_compared_by_tokens() {
        assert!(same("((a > 0))", "A>0"));
        assert!(same("\"t\".\"a\" > 0 /* x */", "t.[A] > 0"));
        assert!(!same("a > 'X'", "a > 'x'"));
        assert!(!same("(a) > (b)", "a) > (b"));
        assert!(!same("\"null\" IS a", "null IS a"));
        assert!(!same("a > '", "a > '"));
        assert!(same("a IN (SELECT B FROM c)", "(a in (select b from C))"));
        assert!(same("((a > 0) AND (b))", "a > 0 AND b"));
    }

    #[test]
    fn columns_differ_by_more_than_case_and_mode() {
        let mut one = Column::new("a", Type::Native("varchar(3)".into()));
        let mut other = Column { comment: Some("x".into()), ..Column::new("A", Type::Native("VARCHAR(3)".into())) };
        assert!(same_column(Pair::new(&one, &other)));
        let identity = |mode| Some(Identity { mode, options: crate::schema::SortedMap::new() });
        one.identity = identity(IdentityMode::Always);
        assert!(!same_column(Pair::new(&one, &other)));
        other.identity = identity(IdentityMode::ByDefault);
        assert!(same_column(Pair::new(&one, &other)));
        other.ty = Type::Native("VARCHAR(4)".into());
        assert!(!same_column(Pair::new(&one, &other)));
    }

    #[test]
    fn an_enum_brings_its_check_once() {
        let mut declared = Table::new(Name::own("t"));
        let values = vec!["a".to_owned(), "it's".to_owned()];
        declared.columns.push(Column::new("c", Type::Neutral(Neutral::Enum { values, name: None })));
        let mut table = Table::new(Name::own("t"));
        complete(&mut table, &declared);
        complete(&mut table, &declared);
        let conditions: Vec<&str> = table.checks.iter().map(|check| check.condition.text()).collect();
        assert_eq!(conditions, ["\"c\" IN ('a', 'it''s')"]);
        assert_eq!(table.checks[0].name, Some("ck_t_c".into()));
    }
}
