//! An expression in one spelling: every operation in parentheses of its own, names in quotes, words in capitals. Pure: no
//! I/O.
//!
//! SQLite keeps expressions as they were written and judges none, so what two spellings have in common must be found
//! here. The binding of operators is that of <https://sqlite.org/lang_expr.html>, section 1. What is not known here
//! (subqueries, window functions) has no such spelling.

use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, TokenKind, tokens, unquote};

/// How deep parentheses may be nested.
const DEEPEST: usize = 100;

/// How tightly operators bind, the loosest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const EQUALITY: u8 = 4;
const COMPARISON: u8 = 5;
const BITS: u8 = 6;
const SUM: u8 = 7;
const PRODUCT: u8 = 8;
const CONCATENATION: u8 = 9;
const COLLATION: u8 = 10;
const SIGN: u8 = 11;

/// Words that stand for themselves.
const VALUES: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"];

/// Words that are never a name, so that one of them where a name is expected is something unknown.
const RESERVED: [&str; 18] = [
    "AND", "AS", "BETWEEN", "CASE", "COLLATE", "ELSE", "END", "ESCAPE", "EXISTS", "FROM", "IN", "IS", "NOT", "OR",
    "SELECT", "THEN", "WHEN", "WHERE",
];

/// The spelling; None = there is something that is not known here.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut found = tokens(text, &SQLITE).ok()?;
    found.retain(|token| !token.is_skippable());
    let mut reader = Reader { text, tokens: found, at: 0, depth: 0 };
    let spelled = reader.expression(OR)?;
    (reader.at == reader.tokens.len()).then_some(spelled)
}

struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn next_text(&mut self) -> Option<&'t str> {
        let token = self.peek(0)?;
        self.at += 1;
        Some(token.text(self.text))
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is_word(self.text, word))
    }

    /// Goes on behind these words if all of them come next.
    fn take(&mut self, words: &str) -> bool {
        let found = words.split(' ').enumerate().all(|(ahead, word)| self.is_word(ahead, word));
        self.at += if found { words.split(' ').count() } else { 0 };
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.peek(0).is_some_and(|token| token.is_sign(self.text, sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Option<()> {
        self.take_sign(sign).then_some(())
    }

    /// An expression whose operators bind at least so tightly.
    fn expression(&mut self, least: u8) -> Option<String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.operand()?;
        while let Some(longer) = self.longer(&left, least) {
            left = longer?;
        }
        self.depth -= 1;
        Some(left)
    }

    /// `left` with the operator behind it, if one comes that binds tightly enough; the inner None = unknown.
    fn longer(&mut self, left: &str, least: u8) -> Option<Option<String>> {
        if let Some((sign, binding)) = self.sign().filter(|(_, binding)| *binding >= least) {
            self.at += 1;
            return Some(self.expression(binding + 1).map(|right| format!("({left} {sign} {right})")));
        }
        for (word, binding) in [("OR", OR), ("AND", AND)] {
            if binding >= least && self.take(word) {
                return Some(self.expression(binding + 1).map(|right| format!("({left} {word} {right})")));
            }
        }
        if COLLATION >= least && self.take("COLLATE") {
            return Some(self.name().map(|name| format!("({left} COLLATE {name})")));
        }
        if EQUALITY >= least { self.test(left) } else { None }
    }

    /// The operator that comes next, in one spelling.
    fn sign(&self) -> Option<(&'t str, u8)> {
        let token = self.peek(0).filter(|token| token.kind == TokenKind::Operator)?;
        let sign = token.text(self.text);
        Some(match sign {
            "=" | "==" => ("=", EQUALITY),
            "<>" | "!=" => ("<>", EQUALITY),
            "<" | "<=" | ">" | ">=" => (sign, COMPARISON),
            "&" | "|" | "<<" | ">>" => (sign, BITS),
            "+" | "-" => (sign, SUM),
            "*" | "/" | "%" => (sign, PRODUCT),
            "||" | "->" | "->>" => (sign, CONCATENATION),
            _ => return None,
        })
    }

    /// A test by words: IS, IN, LIKE, BETWEEN, ISNULL.
    fn test(&mut self, left: &str) -> Option<Option<String>> {
        if self.take("ISNULL") {
            return Some(Some(format!("({left} IS NULL)")));
        }
        if self.take("NOTNULL") || self.take("NOT NULL") {
            return Some(Some(format!("({left} IS NOT NULL)")));
        }
        for words in ["IS NOT DISTINCT FROM", "IS DISTINCT FROM", "IS NOT", "IS"] {
            if self.take(words) {
                let right = self.expression(COMPARISON);
                let plain = match words {
                    "IS NOT DISTINCT FROM" => "IS",
                    "IS DISTINCT FROM" => "IS NOT",
                    other => other,
                };
                return Some(right.map(|right| format!("({left} {plain} {right})")));
            }
        }
        let not = if self.is_word(0, "NOT") { "NOT " } else { "" };
        let ahead = usize::from(!not.is_empty());
        let word =
            ["IN", "LIKE", "GLOB", "REGEXP", "MATCH", "BETWEEN"].into_iter().find(|word| self.is_word(ahead, word))?;
        self.at += ahead + 1;
        Some(self.behind_test(word).map(|right| format!("({left} {not}{word} {right})")))
    }

    fn behind_test(&mut self, word: &str) -> Option<String> {
        match word {
            "IN" => {
                self.expect("(")?;
                self.list()
            }
            "BETWEEN" => {
                let low = self.expression(COMPARISON)?;
                self.take("AND").then_some(())?;
                Some(format!("{low} AND {}", self.expression(COMPARISON)?))
            }
            _ => {
                let right = self.expression(COMPARISON)?;
                if self.take("ESCAPE") {
                    Some(format!("{right} ESCAPE {}", self.expression(COMPARISON)?))
                } else {
                    Some(right)
                }
            }
        }
    }

    /// Expressions between commas, up to the closing parenthesis.
    fn list(&mut self) -> Option<String> {
        let mut all = Vec::new();
        while !self.take_sign(")") {
            if !all.is_empty() {
                self.expect(",")?;
            }
            all.push(self.expression(OR)?);
        }
        Some(format!("[{}]", all.join(", ")))
    }

    fn operand(&mut self) -> Option<String> {
        if self.take("NOT") {
            return Some(format!("(NOT {})", self.expression(NOT)?));
        }
        for sign in ["-", "+", "~"] {
            if self.take_sign(sign) {
                return Some(format!("({sign}{})", self.expression(SIGN)?));
            }
        }
        if self.take_sign("(") {
            let inner = self.expression(OR)?;
            if self.take_sign(")") {
                return Some(inner);
            }
            self.expect(",")?;
            return Some(format!("[{inner}, {}", self.list()?.strip_prefix('[')?));
        }
        if self.take("CASE") {
            return self.case();
        }
        if self.take("CAST") {
            return self.cast();
        }
        let token = self.peek(0)?;
        match token.kind {
            TokenKind::String | TokenKind::Number => self.next_text().map(str::to_owned),
            TokenKind::Word | TokenKind::QuotedIdent => self.named(token),
            TokenKind::Space
            | TokenKind::Comment
            | TokenKind::Executable
            | TokenKind::Operator
            | TokenKind::Punct
            | TokenKind::Delimiter
            | TokenKind::Other => None,
        }
    }

    /// A value, a column or a function.
    fn named(&mut self, token: Token) -> Option<String> {
        let word = token.text(self.text).to_ascii_uppercase();
        let bare = token.kind == TokenKind::Word;
        if bare && VALUES.contains(&word.as_str()) {
            self.at += 1;
            return Some(word);
        }
        if bare && self.peek(1).is_some_and(|next| next.is_sign(self.text, "(")) {
            self.at += 2;
            let distinct = if self.take("DISTINCT") { "DISTINCT " } else { "" };
            let all = if self.take_sign("*") { self.take_sign(")").then(|| "[*]".to_owned()) } else { self.list() };
            let follows = ["FILTER", "OVER"].iter().any(|word| self.is_word(0, word));
            return all.filter(|_| !follows).map(|all| format!("{word}{distinct}{all}"));
        }
        let mut name = self.name()?;
        while self.take_sign(".") {
            name = format!("{name}.{}", self.name()?);
        }
        Some(name)
    }

    /// A name in quotes, without regard to case.
    fn name(&mut self) -> Option<String> {
        let token = self.peek(0)?;
        let reserved = RESERVED.iter().any(|word| token.is_word(self.text, word));
        let named = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent) && !reserved;
        let text = self.next_text().filter(|_| named)?;
        let bare = if token.kind == TokenKind::QuotedIdent { unquote(text) } else { text.to_owned() };
        Some(format!("\"{}\"", bare.to_ascii_lowercase().replace('"', "\"\"")))
    }

    fn case(&mut self) -> Option<String> {
        let mut spelled = "(CASE".to_owned();
        if !self.is_word(0, "WHEN") {
            spelled = format!("{spelled} {}", self.expression(OR)?);
        }
        while self.take("WHEN") {
            let condition = self.expression(OR)?;
            self.take("THEN").then_some(())?;
            spelled = format!("{spelled} WHEN {condition} THEN {}", self.expression(OR)?);
        }
        if self.take("ELSE") {
            spelled = format!("{spelled} ELSE {}", self.expression(OR)?);
        }
        self.take("END").then(|| format!("{spelled} END)"))
    }

    fn cast(&mut self) -> Option<String> {
        self.expect("(")?;
        let value = self.expression(OR)?;
        self.take("AS").then_some(())?;
        let mut words = Vec::new();
        let mut depth = 0_usize;
        loop {
            if depth == 0 && self.take_sign(")") {
                return Some(format!("CAST[{value} AS {}]", words.join(" ")));
            }
            let word = self.next_text()?;
            depth += usize::from(word == "(");
            depth = depth.saturating_sub(usize::from(word == ")"));
            words.push(word.to_ascii_uppercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let spelled = canonical(one);
        assert!(spelled.is_some(), "{one}");
        spelled == canonical(other)
    }

    #[test]
    fn parentheses_count_where_they_change_something() {
        assert!(same("((price > 0) and (sale is not null))", "price > 0 AND sale NOTNULL"));
        assert!(same("a + b * c < d", "(a + (b * c)) < d"));
        assert!(!same("(a + b) * c", "a + b * c"));
        assert!(same("a or b and not c = d", "a OR (b AND (NOT (c = d)))"));
        assert!(!same("(a or b) and c", "a or b and c"));
        assert!(same("a - b - c", "(a - b) - c"));
        assert!(!same("a - (b - c)", "a - b - c"));
        assert!(same("-a * b", "(-a) * b") && !same("-(a * b)", "-a * b"));
        assert!(same("a || b COLLATE nocase", "a || (b COLLATE NOCASE)"));
        assert!(same("a = b < c", "a = (b < c)"));
    }

    #[test]
    fn words_and_names_have_one_spelling() {
        assert!(same("\"A\" != [b]", "a <> `B`"));
        assert!(same("LENGTH( a )==1", "length(A) = 1"));
        assert!(same("a in ('x', 'y')", "(a IN (('x'), 'y'))"));
        assert!(!same("a IN ('x')", "a IN ('X')"));
        assert!(same("a NOT BETWEEN 1 AND 2 AND b", "(a not between 1 and 2) and b"));
        assert!(same("a LIKE 'x%' ESCAPE '!' OR b", "(a LIKE 'x%' ESCAPE '!') OR b"));
        assert!(same("CASE WHEN a THEN 1 ELSE (2) END", "case when (a) then 1 else 2 end"));
        assert!(same("cast(a as varchar(3))", "CAST((a) AS VARCHAR ( 3 ))"));
        assert!(same("count(*)", "COUNT( * )") && same("t.a", "\"t\".a"));
        assert!(same("(a, b) = (1, 2)", "((a), b) = (1, (2))"));
        assert!(!same("null", "\"null\""));
    }

    #[test]
    fn what_is_unknown_has_no_spelling() {
        for text in ["a IN (SELECT 1)", "EXISTS (SELECT 1)", "a >", "(a", "a b", "", "sum(a) OVER (b)", "a IN b", "'"] {
            assert_eq!(canonical(text), None, "{text}");
        }
        let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(canonical(&deep), None);
    }
}
