//! Expressions: which names they mention, whether two are the same, how a default is written.

use super::reader::{Reader, Span, Unreadable, is_name, name_of, same_name};
use super::splice::Splices;
use crate::schema::Ident;
use crate::statement::token::{Token, TokenKind, unquote};

/// Words that stand for themselves as a default; any other bare word is taken for a string.
const DEFAULT_WORDS: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"];

/// Bare words that are operators and never a column's name in an expression.
const OPERATORS: [&str; 33] = [
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS",
    "ISNULL",
    "NOTNULL",
    "NULL",
    "LIKE",
    "GLOB",
    "REGEXP",
    "MATCH",
    "BETWEEN",
    "ESCAPE",
    "COLLATE",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST",
    "AS",
    "EXISTS",
    "DISTINCT",
    "FROM",
    "SELECT",
    "WHERE",
    "ASC",
    "DESC",
    "RAISE",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
];

/// Where an expression names a column of its own table. The names of functions, collations and types are none, nor is
/// a text in single quotes.
pub(super) fn mentions_of_column(expression: &Reader<'_>, name: &Ident) -> Vec<Span> {
    mentions(expression, |token| is_mention(token, expression.text, name), |place| place.is_operand)
}

/// Where an expression names its own table in front of a column.
pub(super) fn mentions_of_table(expression: &Reader<'_>, name: &Ident) -> Vec<Span> {
    mentions(expression, |token| is_mention(token, expression.text, name), |place| place.is_qualifier)
}

/// The expression with strings in single quotes: SQLite takes a name in double quotes for a string if there is no such
/// column, and writes it so itself when something is renamed.
pub(crate) fn with_plain_strings(text: &str, is_column: impl Fn(&Ident) -> bool) -> String {
    let Some(expression) = text.contains('"').then(|| Reader::new(text).ok()).flatten() else { return text.to_owned() };
    let is_string = |token: Token| {
        let name = name_of(token, text);
        let hidden = ["rowid", "oid", "_rowid_"].iter().any(|hidden| name.as_str().eq_ignore_ascii_case(hidden));
        token.text(text).starts_with('"') && !hidden && !is_column(&name)
    };
    let mut splices = Splices::new(text);
    for span in mentions(&expression, is_string, |place| place.is_operand && !place.is_qualified) {
        splices.replace(span, string(&unquote(span.of(text))));
    }
    splices.finish()
}

fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What the neighbours of a name make of it.
struct Place {
    /// A column or a string: not the name of a function, a collation, a type or a table.
    is_operand: bool,
    is_qualifier: bool,
    is_qualified: bool,
}

fn mentions(expression: &Reader<'_>, wanted: impl Fn(Token) -> bool, counts: impl Fn(&Place) -> bool) -> Vec<Span> {
    let (text, tokens) = (expression.text, expression.tokens());
    let mut found = Vec::new();
    let mut is_type = false;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let after = tokens.get(at + 1);
        is_type =
            before.is_some_and(|before| before.is_word(text, "AS") || (is_type && before.kind == TokenKind::Word));
        let is_called = token.kind == TokenKind::Word && after.is_some_and(|after| after.is_sign(text, "("));
        let is_qualifier = after.is_some_and(|after| after.is_sign(text, "."));
        let is_collation = before.is_some_and(|before| before.is_word(text, "COLLATE"));
        let is_operand = !is_called && !is_qualifier && !is_collation && !is_type;
        let place =
            Place { is_operand, is_qualifier, is_qualified: before.is_some_and(|before| before.is_sign(text, ".")) };
        if wanted(*token) && counts(&place) {
            found.push(Span::from(*token));
        }
    }
    found
}

fn is_mention(token: Token, text: &str, name: &Ident) -> bool {
    is_ident(token, text) && same_name(&name_of(token, text), name)
}

/// A name in quotes, or a bare word that is no operator.
fn is_ident(token: Token, text: &str) -> bool {
    let operator = token.kind == TokenKind::Word && OPERATORS.iter().any(|word| token.is_word(text, word));
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent) && !operator
}

/// Whether two expressions are the same but for white space, comments, the case of words and names, the quotes of names
/// and outer parentheses. False where one cannot be read.
pub(crate) fn same_tokens(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Reader::new(one), Reader::new(other)) else { return false };
    let left = without_parentheses(one.tokens(), one.text);
    let right = without_parentheses(other.tokens(), other.text);
    let same = |(left, right): (&Token, &Token)| {
        let (left_text, right_text) = (left.text(one.text), right.text(other.text));
        let words = left.kind == TokenKind::Word && right.kind == TokenKind::Word;
        let idents = || is_ident(*left, one.text) && is_ident(*right, other.text);
        left_text == right_text
            || (words && left_text.eq_ignore_ascii_case(right_text))
            || (idents() && same_name(&name_of(*left, one.text), &name_of(*right, other.text)))
    };
    left.len() == right.len() && left.iter().zip(right).all(same)
}

/// The tokens without the parentheses around all of them.
pub(super) fn without_parentheses<'r>(mut tokens: &'r [Token], text: &str) -> &'r [Token] {
    while let [first, inner @ .., last] = tokens {
        let enclosed = first.is_sign(text, "(") && last.is_sign(text, ")");
        if !enclosed || inner.is_empty() || !balanced(inner, text) {
            break;
        }
        tokens = inner;
    }
    tokens
}

fn balanced(tokens: &[Token], text: &str) -> bool {
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

/// The default that SQLite makes of what stands behind DEFAULT, as it answers in `pragma table_xinfo`: NULL is none, and
/// a single name is a string, in whatever quotes (`DEFAULT new`, `DEFAULT "new"`).
pub(crate) fn canonical_default(text: &str) -> Option<String> {
    let Ok(reader) = Reader::new(text) else { return Some(text.to_owned()) };
    let [token] = without_parentheses(reader.tokens(), text) else { return Some(with_plain_strings(text, |_| false)) };
    if token.is_word(text, "NULL") {
        return None;
    }
    let word = DEFAULT_WORDS.iter().any(|word| token.is_word(text, word));
    if word || !is_name(*token) || token.kind == TokenKind::String {
        return Some(token.text(text).to_owned());
    }
    Some(string(name_of(*token, text).as_str()))
}

/// `DEFAULT` and a default from `canonical_default`: literals bare, all else in parentheses.
///
/// # Errors
/// A text that does not consist of tokens.
pub(crate) fn default_clause(text: &str) -> Result<String, Unreadable> {
    let reader = Reader::new(text)?;
    let literal = match reader.tokens() {
        [only] => is_literal(*only, text),
        [sign, number] => (sign.is_sign(text, "-") || sign.is_sign(text, "+")) && number.kind == TokenKind::Number,
        _ => false,
    };
    Ok(if literal { format!("DEFAULT {text}") } else { format!("DEFAULT ({text})") })
}

fn is_literal(token: Token, text: &str) -> bool {
    matches!(token.kind, TokenKind::Number | TokenKind::String)
        || DEFAULT_WORDS.iter().any(|word| token.is_word(text, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str, name: &str) -> usize {
        mentions_of_column(&Reader::new(text).unwrap(), &Ident::from(name)).len()
    }

    #[test]
    fn names_are_told_from_functions_collations_types_and_strings() {
        assert_eq!(columns("A > 0 and `a` + [a] + \"a\" <> 'a' /* a */", "a"), 4);
        assert_eq!(columns("length(length) > 1", "length"), 1);
        assert_eq!(columns("x COLLATE x AND CAST(y AS y) = y AND t.y", "x"), 1);
        assert_eq!(columns("x COLLATE x AND CAST(y AS y varying) = y AND t.y", "y"), 3);
        assert_eq!(columns("CAST(a AS varying a) = 1", "a"), 1);
        assert_eq!(columns("a AND \"and\" OR NOT b", "and"), 1);
        assert_eq!(columns("t.a = t", "t"), 1);
        assert_eq!(mentions_of_table(&Reader::new("t.a = t AND \"T\".b").unwrap(), &Ident::from("t")).len(), 2);
    }

    #[test]
    fn strings_in_double_quotes_become_plain() {
        let known = |name: &Ident| name.as_str().eq_ignore_ascii_case("a");
        let plain = |text| with_plain_strings(text, known);
        assert_eq!(
            plain(r#"f("A", "it's", 'b', "x""y", "t".a, "rowid") COLLATE "c""#),
            r#"f("A", 'it''s', 'b', 'x"y', "t".a, "rowid") COLLATE "c""#
        );
        assert_eq!(plain("a > 'b'"), "a > 'b'");
    }

    #[test]
    fn spelling_is_no_difference_and_meaning_is() {
        assert!(same_tokens("(a>0  and B is null)", "\"A\" > 0 AND [b] IS NULL -- so"));
        assert!(same_tokens("(a) = (b)", "((a) = (b))"));
        assert!(!same_tokens("(a) = (b)", "a = b"));
        assert!(!same_tokens("a = 'x'", "a = 'X'"));
        assert!(!same_tokens("a = 'x'", "a = x"));
        assert!(!same_tokens("a AND b", "a \"and\" b"));
        assert!(!same_tokens("'open", "'open"));
    }

    #[test]
    fn defaults_have_one_form() {
        let pairs = [
            ("NULL", None),
            ("(null)", None),
            ("word", Some("'word'")),
            ("\"it's\"", Some("'it''s'")),
            ("'x'", Some("'x'")),
            ("true", Some("true")),
            ("current_timestamp", Some("current_timestamp")),
            ("-1", Some("-1")),
            ("lower(\"X\")", Some("lower('X')")),
        ];
        for (text, expected) in pairs {
            assert_eq!(canonical_default(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_literals_stand_without_parentheses() {
        for text in ["'x'", "1.5e3", "-1", "+ 2", "x'00'", "CURRENT_DATE", "true"] {
            assert_eq!(default_clause(text).unwrap(), format!("DEFAULT {text}"));
        }
        for text in ["1 + 1", "lower('x')", "- - 1", "word", "(1)"] {
            assert_eq!(default_clause(text).unwrap(), format!("DEFAULT ({text})"));
        }
        assert!(default_clause("'open").is_err());
    }
}
