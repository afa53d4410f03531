//! A walk over the tokens of one statement, without white space and comments.

use crate::schema::Ident;
use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, TokenKind, tokens, unquote};

/// A place in a text: offsets in bytes, `end` behind the last one, always between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The text that stands there.
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn holds(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl From<Token> for Span {
    fn from(token: Token) -> Self {
        Self::new(token.start, token.end)
    }
}

/// A stored text whose grammar is not known here: what was met, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) String);

/// Whether two names are one for SQLite, which folds ASCII letters only.
pub(super) fn same_name(one: &Ident, other: &Ident) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

/// The tokens of a text and the place of the next one.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Unreadable> {
        let mut tokens = tokens(text, &SQLITE).map_err(|error| Unreadable(error.to_string()))?;
        tokens.retain(|token| !token.is_skippable());
        Ok(Self { text, tokens, at: 0 })
    }

    /// A reader of a part of a text; offsets stay those of the whole.
    pub(super) fn within(&self, span: Span) -> Self {
        let inside = |token: &&Token| span.holds(Span::from(**token));
        Self { text: self.text, tokens: self.tokens.iter().filter(inside).copied().collect(), at: 0 }
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, count: usize) -> Option<Token> {
        self.tokens.get(self.at + count).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Where the next token begins; behind the last one the end of the text.
    pub(super) fn start(&self) -> usize {
        self.peek().map_or(self.text.len(), |token| token.start)
    }

    /// Where the token before this place ended.
    pub(super) fn end(&self) -> usize {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        before.map_or(0, |token| token.end)
    }

    /// Whether these words come next: `NOT NULL`.
    #[inline(never)]
    pub(super) fn is(&self, words: &str) -> bool {
        let mut words = words.split(' ').enumerate();
        words.all(|(count, word)| self.ahead(count).is_some_and(|token| token.is_word(self.text, word)))
    }

    /// Goes on behind these words if all of them come next.
    #[inline(never)]
    pub(super) fn take(&mut self, words: &str) -> bool {
        let found = self.is(words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.peek().is_some_and(|token| token.is_sign(self.text, sign))
    }

    pub(super) fn expect(&mut self, words: &str) -> Result<(), Unreadable> {
        if self.take(words) { Ok(()) } else { Err(self.unreadable(words)) }
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Result<Span, Unreadable> {
        let start = self.start();
        if self.take_sign(sign) { Ok(Span::new(start, self.end())) } else { Err(self.unreadable(sign)) }
    }

    /// A name in any quotes or none; SQLite takes strings for names too.
    pub(super) fn name(&mut self) -> Result<(Ident, Span), Unreadable> {
        let found = self.peek().filter(|token| is_name(*token)).ok_or_else(|| self.unreadable("a name"))?;
        self.at += 1;
        Ok((name_of(found, self.text), found.into()))
    }

    /// What stands in parentheses, nested ones included: from the first token within to the last, and empty behind the
    /// opening one if there is none.
    pub(super) fn group(&mut self) -> Result<Span, Unreadable> {
        let open = self.expect_sign("(")?;
        let (first, mut last, mut depth) = (self.start(), open.end, 1_usize);
        while let Some(token) = self.next() {
            depth += usize::from(token.is_sign(self.text, "("));
            depth -= usize::from(token.is_sign(self.text, ")"));
            if depth == 0 {
                return Ok(if last == open.end { Span::new(last, last) } else { Span::new(first, last) });
            }
            last = token.end;
        }
        Err(self.unreadable(")"))
    }

    /// The error that something else was to stand here.
    pub(super) fn unreadable(&self, wanted: &str) -> Unreadable {
        let found = self.peek().map_or("the end", |token| token.text(self.text));
        Unreadable(format!("{found} stands where {wanted} was expected"))
    }
}

pub(super) fn is_name(token: Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent | TokenKind::String)
}

/// The bare name that a token spells.
pub(super) fn name_of(token: Token, text: &str) -> Ident {
    let quoted = matches!(token.kind, TokenKind::QuotedIdent | TokenKind::String);
    if quoted { Ident::from(unquote(token.text(text))) } else { Ident::from(token.text(text)) }
}
