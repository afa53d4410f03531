//! A new operation breaks the build wherever somebody has to think: no catch-all on `Operation`.
//!
//! Clippy sees `_ =>` in a `match` on one operation. This rule sees what clippy does not: tuples, `let … else`, and
//! `use Operation::*`, which would hide all of them. A name that takes the rest is allowed (`other => next(other)`): what it
//! took is handed on, not lost; so are `if let` and `matches!`, which ask for one operation and answer for no other. The rule
//! goes by the word `Operation` in a pattern (and `Self` inside `impl Operation`), so an alias would deceive it.

use super::Finding;
use super::source::{Kind, Source, Token, Tree, after_brackets, is_path_mark};

/// Judges every place that takes an operation apart.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.src().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let code = &source.code;
    let own = impl_of_operation(code);
    let mut found = Vec::new();
    for (index, token) in code.iter().enumerate() {
        let with_self = own.iter().any(|(begin, end)| (*begin..*end).contains(&index));
        let message = match token.text.as_str() {
            _ if token.kind != Kind::Word => None,
            "match" => catch_all(code, index, with_self),
            "let" => in_let_else(code, index, with_self),
            "Operation"
                if is_path_mark(code, index + 1) && code.get(index + 3).is_some_and(|token| token.is_mark('*')) =>
            {
                Some("use Operation::* hides the operations from this rule")
            }
            _ => None,
        };
        found.extend(message.map(|message| Finding {
            file: source.path.clone(),
            line: token.line,
            message: message.to_owned(),
        }));
    }
    found
}

/// Where `impl Operation { … }` and `impl Trait for Operation { … }` stand.
fn impl_of_operation(code: &[Token]) -> Vec<(usize, usize)> {
    let impls = code.iter().enumerate().filter(|(_, token)| token.is_word("impl"));
    let blocks = impls.filter_map(|(index, _)| {
        let open = index + code[index..].iter().position(|token| token.is_mark('{'))?;
        code[open - 1].is_word("Operation").then(|| (open, after_brackets(code, open)))
    });
    blocks.collect()
}

/// Does this pattern name an operation?
fn names_operation(pattern: &[Token], with_self: bool) -> bool {
    pattern.iter().enumerate().any(|(index, token)| {
        let is_type = token.is_word("Operation") || (with_self && token.is_word("Self"));
        is_type && is_path_mark(pattern, index + 1)
    })
}

fn catch_all(code: &[Token], at: usize, with_self: bool) -> Option<&'static str> {
    let open = first_outside(code, at + 1, |token| token.is_mark('{'))?;
    let patterns = arms(&code[open + 1..after_brackets(code, open) - 1]);
    let on_operations = patterns.iter().any(|pattern| names_operation(pattern, with_self));
    let has_catch_all = patterns.iter().any(|pattern| is_catch_all(pattern));
    (on_operations && has_catch_all).then_some("a catch-all in a match on Operation: name every operation")
}

/// The first token from here that is outside all brackets and meets the condition.
fn first_outside(code: &[Token], from: usize, is_it: impl Fn(&Token) -> bool) -> Option<usize> {
    let mut index = from;
    while let Some(token) = code.get(index) {
        if is_it(token) {
            return Some(index);
        }
        index = if token.is_mark('(') || token.is_mark('[') || token.is_mark('{') {
            after_brackets(code, index)
        } else {
            index + 1
        };
    }
    None
}

/// The patterns of the arms in the body of a `match`, without their guards.
fn arms(body: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(arrow) = arrow_from(body, index) {
        let pattern = &body[index..arrow];
        let guard = first_outside(pattern, 0, |token| token.is_word("if")).unwrap_or(pattern.len());
        found.push(&pattern[..guard]);
        let result = arrow + 2;
        index = if body.get(result).is_some_and(|token| token.is_mark('{')) {
            after_brackets(body, result)
        } else {
            first_outside(body, result, |token| token.is_mark(',')).unwrap_or(body.len())
        };
        index += usize::from(body.get(index).is_some_and(|token| token.is_mark(',')));
    }
    found
}

/// The index of the next `=>` outside brackets.
fn arrow_from(body: &[Token], from: usize) -> Option<usize> {
    let mut index = from;
    loop {
        index = first_outside(body, index, |token| token.is_mark('='))?;
        if body.get(index + 1).is_some_and(|token| token.is_mark('>')) {
            return Some(index);
        }
        index += 1;
    }
}

/// `_`, `(_, _)`, `_ | _`: takes whatever comes, and drops it.
fn is_catch_all(pattern: &[Token]) -> bool {
    let is_open = |token: &Token| match token.kind {
        Kind::Word => token.text.starts_with('_'),
        Kind::Mark => matches!(token.text.as_str(), "(" | ")" | "," | "|" | "&"),
        Kind::Text | Kind::Number | Kind::Lifetime => false,
    };
    !pattern.is_empty() && pattern.iter().all(is_open)
}

/// `let Operation::… = … else`: every other operation goes the same way, unseen.
fn in_let_else(code: &[Token], at: usize, with_self: bool) -> Option<&'static str> {
    let equals = first_outside(code, at + 1, |token| token.is_mark('=') || token.is_mark(';'))?;
    let end = first_outside(code, equals, |token| token.is_mark(';') || token.is_mark('{') || token.is_word("else"))?;
    let has_else = code[end].is_word("else");
    let found = has_else && names_operation(&code[at + 1..equals], with_self);
    found.then_some("let … else on one Operation: match and name every operation")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        check(&Tree::of(&[("src/diff/mod.rs", text)])).into_iter().map(|found| (found.line, found.message)).collect()
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let found = found(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].1.contains(message), "{found:?}");
    }

    #[test]
    fn catch_alls_are_found() {
        refused("match o { Operation::A(t) => 1, _ => 2 }", "catch-all");
        refused("match o { Operation::A { x, .. } => { f() } _other => g(), }", "catch-all");
        refused("match (a, b) { (Operation::A, Operation::B) => 1, (_, _) => 2 }", "catch-all");
        refused("match f(o) { Operation::A if x == y => 1, Operation::A => { 2 }, _ if z => 3 }", "catch-all");
        refused("impl Operation { fn f(self) { match self { Self::A => 1, _ => 2 } } }", "catch-all");
        refused("impl fmt::Display for Operation { fn f(self) { match self { Self::A => 1, _ => 2 } } }", "catch-all");
        refused("match x { 1 => match o { Operation::A => 1, _ => 2 }, 2 => 3 }", "catch-all");
    }

    #[test]
    fn what_hides_the_rest_is_found() {
        refused("let Operation::A(t) = o else { return };", "let … else");
        refused("impl Operation { fn f(self) { let Self::A(t) = self else { return }; } }", "let … else");
        refused("use crate::ops::Operation::*;", "hides");
    }

    #[test]
    fn complete_and_foreign_matches_are_left_alone() {
        for text in [
            "match o { Operation::A(t) | Operation::B(t) => 1, Operation::C => { match x { 1 => 2, _ => 3 } } }",
            "match x { Some(1) => Operation::A(t), _ => Operation::B }",
            "impl Other { fn f(self) { match self { Self::A => 1, _ => 2 } } }",
            "match o { Operation::A { x, .. } => { f() } other => g(other), }",
            "match (a, b) { (Operation::A, Operation::B) => 1, (first, _) => next(first) }",
            "if let Operation::A(t) = o { f() } else { g() }",
            "let a = matches!(o, Operation::A(_)); let Some(x) = a else { return };",
            "fn matches() -> Operation { x.matches; Operation::A }",
            "let o = Operation::A(t); let x: Vec<Operation> = Vec::new();",
            "match o { Operation::A => |a, b| a, Operation::B => f::<A, B>(c) }",
            "#[cfg(test)] mod tests { fn f() { assert!(matches!(o, Operation::A)); } }",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
