//! SQL text as tokens. No I/O, and no knowledge of statements.
//!
//! The tokens tile the text: each begins where the one before it ended, white space and comments included. No input
//! makes the tokenizer panic; what is never closed is an error that names the line where it was opened. Boundaries are
//! always those of characters, for every byte of a character beyond ASCII counts as part of a word.

use crate::error::{Error, Kind, Result};
use crate::statement::syntax::Syntax;

/// What sort of text a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// White space.
    Space,
    /// A comment with its marks; a line comment without the line end.
    Comment,
    /// The opening `/*!40101` or the closing `*/` of a comment that the server executes; the tokens between are plain.
    Executable,
    /// A keyword or a name that is not quoted.
    Word,
    /// A name with its quotes: `"x"`, `` `x` ``, `[x]`, `U&"x"`.
    QuotedIdent,
    /// A string with its quotes and prefix: `'x'`, `E'x'`, `x'00'`, `$$x$$`, `_utf8mb4'x'`.
    String,
    /// A number without a sign.
    Number,
    /// `=`, `::`, `->>`, …
    Operator,
    /// One of `( ) , ; . : [ ] { }`.
    Punct,
    /// The terminator that was set by [`Lexer::set_delimiter`].
    Delimiter,
    /// `$1`, and characters that SQL does not have.
    Other,
}

/// A piece of text with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Offset in bytes.
    pub(crate) start: usize,
    /// Offset in bytes after the last one.
    pub(crate) end: usize,
    /// Line of the first byte, from 1.
    pub(crate) line: usize,
}

impl Token {
    /// The text of the token; `source` is what the tokens were made from.
    pub(crate) fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.start..self.end).unwrap_or_default()
    }

    /// White space or a comment that no server executes.
    pub(crate) fn is_skippable(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// The name that it is, without quotes and not folded; None for anything else.
    pub(crate) fn name(&self, sql: &str) -> Option<String> {
        match self.kind {
            TokenKind::Word => Some(self.text(sql).to_owned()),
            TokenKind::QuotedIdent => Some(unquote(self.text(sql))),
            TokenKind::Space
            | TokenKind::Comment
            | TokenKind::Executable
            | TokenKind::String
            | TokenKind::Number
            | TokenKind::Operator
            | TokenKind::Punct
            | TokenKind::Delimiter
            | TokenKind::Other => None,
        }
    }

    /// The token is this keyword, in any case, not quoted.
    ///
    /// Never inlined, as [`Token::is_sign`]: both are asked for in hundreds of places.
    #[inline(never)]
    pub(crate) fn is_word(&self, source: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text(source).eq_ignore_ascii_case(word)
    }

    /// The token is this punctuation or operator.
    #[inline(never)]
    pub(crate) fn is_sign(&self, source: &str, sign: &str) -> bool {
        matches!(self.kind, TokenKind::Punct | TokenKind::Operator) && self.text(source) == sign
    }
}

/// All tokens of a text, white space and comments included.
///
/// # Errors
/// [`Kind::File`] with line and column where a string, a quoted name or a comment opens that is never closed.
pub(crate) fn tokens(text: &str, syntax: &'static Syntax) -> Result<Vec<Token>> {
    Lexer::new(text, 1, syntax).collect()
}

/// The bare text of a quoted name or a string: without prefix and quotes, doubled quotes made single. Backslash and
/// Unicode escapes stay as they are written. What is not quoted comes back as it is.
pub(crate) fn unquote(text: &str) -> String {
    let Some(open) = text.find(['\'', '"', '`', '[', '$']) else { return text.to_owned() };
    let quoted = text.get(open..).unwrap_or_default();
    match quoted.chars().next() {
        Some('[') => inner(quoted, "[", "]").to_owned(),
        Some('$') => undollar(quoted).unwrap_or(text).to_owned(),
        Some(quote) => {
            let mark = quote.to_string();
            inner(quoted, &mark, &mark).replace(&mark.repeat(2), &mark)
        }
        None => text.to_owned(),
    }
}

fn inner<'t>(text: &'t str, open: &str, close: &str) -> &'t str {
    text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).unwrap_or(text)
}

fn undollar(text: &str) -> Option<&str> {
    let (tag, _) = text.strip_prefix('$')?.split_once('$')?;
    let mark = format!("${tag}$");
    text.strip_prefix(mark.as_str())?.strip_suffix(mark.as_str())
}

/// An error of this module's sort: [`Kind::File`], with the line, and the column counted out of `text`.
pub(crate) fn error_at(text: &str, offset: usize, line: usize, phrase: impl Into<String>) -> Error {
    let before = text.get(..offset).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error::new(Kind::File, phrase).at_line(line, column)
}

/// Takes a text apart, token by token. After an error there is nothing more.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    syntax: &'static Syntax,
    delimiter: Option<&'t str>,
    at: usize,
    line: usize,
    /// Openings of executable comments that are not closed yet.
    executable: Vec<Token>,
    /// End of an `E'…'` that a string on a later line may continue.
    escape_run: Option<usize>,
    failed: bool,
}

/// What a scan found: a token that ends before this offset, or an opening without its end.
type Scan = std::result::Result<(TokenKind, usize), Unclosed>;

/// An opening whose end is missing, in words: what it is, and what would close it.
struct Unclosed {
    what: &'static str,
    close: String,
}

impl<'t> Lexer<'t> {
    /// A tokenizer at the start of a text whose first line has this number.
    pub(crate) fn new(text: &'t str, first_line: usize, syntax: &'static Syntax) -> Self {
        let (executable, escape_run) = (Vec::new(), None);
        Self { text, syntax, delimiter: None, at: 0, line: first_line, executable, escape_run, failed: false }
    }

    /// Makes `delimiter` a token of its own wherever it stands outside of quotes and comments, even within a word.
    pub(crate) fn set_delimiter(&mut self, delimiter: Option<&'t str>) {
        self.delimiter = delimiter.filter(|text| !text.is_empty());
    }

    pub(crate) fn has_delimiter(&self) -> bool {
        self.delimiter.is_some()
    }

    /// The last token stands within a comment that the server executes.
    pub(crate) fn is_executable(&self) -> bool {
        !self.executable.is_empty()
    }

    /// Takes the text up to the end of the line out of the stream, for words of a client that are not SQL.
    pub(crate) fn rest_of_line(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        self.at += line.len();
        line
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn scan(&mut self) -> Scan {
        let byte = self.byte(0);
        if let Some(delimiter) = self.delimiter.filter(|delimiter| self.rest().starts_with(delimiter)) {
            return Ok((TokenKind::Delimiter, self.at + delimiter.len()));
        }
        if let Some(found) = self.comment(byte) {
            return found;
        }
        if let Some(found) = self.quoted(byte) {
            return found;
        }
        let (kind, end) = self.plain(byte);
        Ok((kind, self.before_delimiter(end)))
    }

    /// A custom delimiter ends a plain token.
    fn before_delimiter(&self, end: usize) -> usize {
        let Some(delimiter) = self.delimiter else { return end };
        let mut reach = end + delimiter.len() - 1;
        while !self.text.is_char_boundary(reach) && reach > end {
            reach -= 1;
        }
        let region = self.text.get(self.at..reach.min(self.text.len())).unwrap_or_default();
        region.find(delimiter).filter(|&found| found > 0).map_or(end, |found| (self.at + found).min(end))
    }

    fn comment(&mut self, byte: u8) -> Option<Scan> {
        match byte {
            b'-' if self.dash_comment() => Some(Ok((TokenKind::Comment, self.line_end()))),
            b'#' if self.syntax.hash_comments => Some(Ok((TokenKind::Comment, self.line_end()))),
            b'/' if self.byte(1) == b'*' => Some(self.block_comment()),
            b'*' if self.byte(1) == b'/' && self.executable.pop().is_some() => {
                Some(Ok((TokenKind::Executable, self.at + 2)))
            }
            _ => None,
        }
    }

    fn dash_comment(&self) -> bool {
        let after = self.byte(2);
        self.byte(1) == b'-' && (!self.syntax.dash_dash_needs_space || after <= b' ' || after == 0x7f)
    }

    fn line_end(&self) -> usize {
        let carriage_return = self.syntax.carriage_return_ends_line;
        let line = self.rest().split(|end| end == '\n' || (end == '\r' && carriage_return)).next().unwrap_or_default();
        self.at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn block_comment(&mut self) -> Scan {
        if let Some(end) = self.executable_mark() {
            let opening = Token { kind: TokenKind::Executable, start: self.at, end, line: self.line };
            self.executable.push(opening);
            return Ok((TokenKind::Executable, end));
        }
        let end = block_comment_end(self.text.as_bytes(), self.at, self.syntax.nested_comments);
        end.map(|end| (TokenKind::Comment, end)).ok_or_else(|| Unclosed::new("comment", "*/"))
    }

    /// The end of `/*!40101` or `/*M!100100`. Version 999999, with which dumps begin, is that of no server: a comment.
    fn executable_mark(&self) -> Option<usize> {
        let rest = self.rest().strip_prefix("/*").filter(|_| self.syntax.executable_comments)?;
        let rest = rest.strip_prefix("M!").or_else(|| rest.strip_prefix('!'))?;
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_digit).count();
        let version = rest.get(..digits).unwrap_or_default();
        let never = digits >= 5 && version.bytes().all(|digit| digit == b'9');
        (!never).then(|| self.text.len() - rest.len() + digits)
    }

    fn quoted(&mut self, byte: u8) -> Option<Scan> {
        let escapes = self.syntax.backslash_escapes;
        let strings = self.syntax.double_quotes_are_strings;
        match byte {
            b'\'' => Some(self.until(0, b'\'', escapes || self.continues_escapes())),
            b'"' => Some(self.until(0, b'"', escapes && strings)),
            b'`' if self.syntax.backtick_idents => Some(self.until(0, b'`', false)),
            b'[' if self.syntax.bracket_idents => {
                let end = self.rest().find(']').map(|found| (TokenKind::QuotedIdent, self.at + found + 1));
                Some(end.ok_or_else(|| Unclosed::new("quoted name", "]")))
            }
            b'$' if self.syntax.dollar_quotes => self.dollar_quote(),
            _ if is_word_byte(byte) => self.prefixed(),
            _ => None,
        }
    }

    /// A quoted text whose opening quote stands `prefix` bytes ahead.
    fn until(&self, prefix: usize, quote: u8, backslash: bool) -> Scan {
        let name = quote == b'`' || (quote == b'"' && !self.syntax.double_quotes_are_strings);
        let kind = if name { TokenKind::QuotedIdent } else { TokenKind::String };
        let what = if name { "quoted name" } else { "string" };
        quoted_end(self.text.as_bytes(), self.at + prefix + 1, quote, backslash)
            .map(|end| (kind, end))
            .ok_or_else(|| Unclosed::new(what, char::from(quote).to_string()))
    }

    /// A string on a later line than the `E'…'` that it continues.
    fn continues_escapes(&self) -> bool {
        let between = self.escape_run.and_then(|end| self.text.get(end..self.at));
        between.is_some_and(|between| between.contains('\n'))
    }

    fn dollar_quote(&self) -> Option<Scan> {
        let rest = self.rest();
        let (tag, _) = rest.strip_prefix('$')?.split_once('$')?;
        if tag.starts_with(|first: char| first.is_ascii_digit()) || !tag.bytes().all(is_word_byte) {
            return None;
        }
        let mark = rest.get(..tag.len() + 2)?;
        let end = rest.get(mark.len()..)?.find(mark).map(|found| self.at + found + 2 * mark.len());
        Some(end.map(|end| (TokenKind::String, end)).ok_or_else(|| Unclosed::new("dollar quote", mark)))
    }

    /// A literal that begins with letters: `E'…'`, `x'…'`, `N'…'`, `U&'…'`, `_utf8mb4'…'`.
    fn prefixed(&self) -> Option<Scan> {
        let length = word_end(self.text.as_bytes(), self.at) - self.at;
        let quote = self.byte(length);
        let word = self.rest().get(..length)?;
        if word.eq_ignore_ascii_case("U") && quote == b'&' && self.syntax.escape_strings {
            let quote = self.byte(length + 1);
            return matches!(quote, b'\'' | b'"').then(|| self.until(length + 1, quote, false));
        }
        let charset = self.syntax.charset_introducers && word.starts_with('_');
        let double = quote == b'"' && self.syntax.double_quotes_are_strings && charset;
        if quote != b'\'' && !double {
            return None;
        }
        let escapes = self.syntax.escape_strings && word.eq_ignore_ascii_case("E");
        let known = ["B", "X", "N"].iter().any(|prefix| word.eq_ignore_ascii_case(prefix));
        let backslash = escapes || self.syntax.backslash_escapes;
        (escapes || known || charset).then(|| self.until(length, quote, backslash))
    }

    fn plain(&self, byte: u8) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        match byte {
            _ if is_space(byte) => (TokenKind::Space, run_end(bytes, self.at, is_space)),
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() && !self.follows_name() => self.number(),
            b'$' if !self.syntax.loose_idents => (TokenKind::Other, word_end(bytes, self.at)),
            _ if is_word_byte(byte) => (TokenKind::Word, word_end(bytes, self.at)),
            _ => self.sign(byte),
        }
    }

    fn follows_name(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.text.as_bytes().get(before));
        before.is_some_and(|&byte| is_word_byte(byte) || matches!(byte, b'"' | b'`' | b']'))
    }

    fn number(&self) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        let end = number_end(bytes, self.at);
        let word = word_end(bytes, self.at);
        if self.syntax.loose_idents && word > end { (TokenKind::Word, word) } else { (TokenKind::Number, end) }
    }

    fn sign(&self, byte: u8) -> (TokenKind, usize) {
        let operator = if self.syntax.any_operators { operator_length(self.rest()) } else { 0 };
        let listed = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator));
        match (operator, listed) {
            (1.., _) => (TokenKind::Operator, self.at + operator),
            (_, Some(operator)) => (TokenKind::Operator, self.at + operator.len()),
            _ if b"(),;.:[]{}".contains(&byte) => (TokenKind::Punct, self.at + 1),
            _ => (TokenKind::Other, self.at + 1),
        }
    }

    /// Moves behind the token.
    fn accept(&mut self, kind: TokenKind, end: usize) -> Token {
        let token = Token { kind, start: self.at, end, line: self.line };
        let text = token.text(self.text);
        self.at = end;
        match kind {
            TokenKind::Space | TokenKind::Comment | TokenKind::String | TokenKind::QuotedIdent => {
                self.line += text.bytes().filter(|&byte| byte == b'\n').count();
            }
            TokenKind::Executable
            | TokenKind::Word
            | TokenKind::Number
            | TokenKind::Operator
            | TokenKind::Punct
            | TokenKind::Delimiter
            | TokenKind::Other => {}
        }
        if !token.is_skippable() {
            let escapes = kind == TokenKind::String && (text.starts_with(['E', 'e']) || self.escape_run.is_some());
            self.escape_run = (self.syntax.escape_strings && escapes).then_some(end);
        }
        token
    }

    fn unclosed(&mut self, place: (usize, usize), unclosed: &Unclosed) -> Error {
        self.failed = true;
        let Unclosed { what, close } = unclosed;
        error_at(self.text, place.0, place.1, format!("{what} is never closed"))
            .with_hint(format!("close the {what} that opens here with {close}"))
    }
}

impl Iterator for Lexer<'_> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        if self.at >= self.text.len() {
            let open = self.executable.first().map(|open| (open.start, open.line))?;
            return Some(Err(self.unclosed(open, &Unclosed::new("comment", "*/"))));
        }
        Some(match self.scan() {
            Ok((kind, end)) => Ok(self.accept(kind, end)),
            Err(unclosed) => Err(self.unclosed((self.at, self.line), &unclosed)),
        })
    }
}

impl Unclosed {
    fn new(what: &'static str, close: impl Into<String>) -> Self {
        Self { what, close: close.into() }
    }
}

/// Longest first. Databases with operators of any shape take these too, where they hold `:` or `.`.
const OPERATORS: &[&str] = &[
    "<=>", "->>", "::", ":=", "..", "->", "||", "&&", "<<", ">>", "<=", ">=", "<>", "!=", "==", "=>", "@@", "+", "-",
    "*", "/", "%", "=", "<", ">", "!", "~", "&", "|", "^", "@", "?",
];

/// How many bytes of an operator stand here, by PostgreSQL's rule: the longest run that holds no comment; one of several
/// characters ends in `+` or `-` only if it holds a character that plain arithmetic does not have.
fn operator_length(text: &str) -> usize {
    let run = text.bytes().take_while(|byte| b"+-*/<>=~!@#%^&|`?".contains(byte)).count();
    let run = text.get(..run).unwrap_or_default();
    let comment = ["--", "/*"].iter().filter_map(|mark| run.find(mark)).min().unwrap_or(run.len());
    let run = run.get(..comment).unwrap_or_default();
    if run.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
        return run.len();
    }
    run.trim_end_matches(['+', '-']).len().max(run.len().min(1))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn run_end(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    start + bytes.iter().skip(start).take_while(|&&byte| belongs(byte)).count()
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    run_end(bytes, start, is_word_byte)
}

fn number_end(bytes: &[u8], start: usize) -> usize {
    let at = |offset: usize| bytes.get(offset).copied().unwrap_or(0);
    if at(start) == b'0' && matches!(at(start + 1) | 0x20, b'x' | b'b' | b'o') && at(start + 2).is_ascii_hexdigit() {
        return run_end(bytes, start + 2, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let digits = |from: usize| run_end(bytes, from, |byte| byte.is_ascii_digit() || byte == b'_');
    let mut end = digits(start);
    if at(end) == b'.' && at(end + 1) != b'.' {
        end = digits(end + 1);
    }
    let sign = usize::from(matches!(at(end + 1), b'+' | b'-'));
    if at(end) | 0x20 == b'e' && at(end + 1 + sign).is_ascii_digit() { digits(end + 1 + sign) } else { end }
}

/// Offset after the closing quote, from the first byte within; a doubled quote does not close.
fn quoted_end(bytes: &[u8], start: usize, quote: u8, backslash: bool) -> Option<usize> {
    let mut at = start;
    loop {
        let byte = *bytes.get(at)?;
        let doubled = byte == quote && bytes.get(at + 1) == Some(&quote);
        if byte == quote && !doubled {
            return Some(at + 1);
        }
        at += if doubled || (backslash && byte == b'\\') { 2 } else { 1 };
    }
}

/// Offset after the comment that opens at `start`.
fn block_comment_end(bytes: &[u8], start: usize, nested: bool) -> Option<usize> {
    let (mut at, mut depth) = (start + 2, 1);
    loop {
        let pair = (*bytes.get(at)?, *bytes.get(at + 1)?);
        match pair {
            (b'*', b'/') if depth == 1 => return Some(at + 2),
            (b'*', b'/') => depth -= 1,
            (b'/', b'*') if nested => depth += 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::syntax::{MYSQL, POSTGRES, SQLITE};

    /// The tokens without white space, each as `kind text`.
    fn shown(text: &str, syntax: &'static Syntax) -> Vec<String> {
        let all = tokens(text, syntax).unwrap();
        assert_eq!(all.iter().map(|token| token.text(text)).collect::<String>(), text, "the tokens tile the text");
        let kept = all.iter().filter(|token| token.kind != TokenKind::Space);
        kept.map(|token| format!("{:?} {}", token.kind, token.text(text))).collect()
    }

    fn texts(text: &str, syntax: &'static Syntax) -> Vec<String> {
        shown(text, syntax).iter().map(|token| token.split_once(' ').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn knows_numbers() {
        for number in ["1", "1.5", ".5", "5.", "1e3", "1.5e-3", "2E+10", "0xFf", "0b101", "1_000", "0x1_F"] {
            assert_eq!(shown(number, &POSTGRES), [format!("Number {number}")]);
        }
        assert_eq!(texts("1..10", &POSTGRES), ["1", "..", "10"]);
        assert_eq!(texts("t.1 t .5", &POSTGRES), ["t", ".", "1", "t", ".5"]);
        assert_eq!(shown("1st 0x1G 1e5 $x", &MYSQL), ["Word 1st", "Word 0x1G", "Number 1e5", "Word $x"]);
        assert_eq!(shown("1e", &SQLITE), ["Number 1", "Word e"]);
    }

    #[test]
    fn knows_operators() {
        assert_eq!(texts("a::int->>'k'#>>b", &POSTGRES), ["a", "::", "int", "->>", "'k'", "#>>", "b"]);
        assert_eq!(texts("a=-1", &POSTGRES), ["a", "=", "-", "1"]);
        assert_eq!(texts("a@-b <->c +--x", &POSTGRES), ["a", "@-", "b", "<->", "c", "+", "--x"]);
        assert_eq!(texts("a:=1,b=>2 x[1:2]", &POSTGRES).concat(), "a:=1,b=>2x[1:2]");
        assert_eq!(texts("a<=>b||c->>d!=e@@f", &MYSQL), ["a", "<=>", "b", "||", "c", "->>", "d", "!=", "e", "@@", "f"]);
        assert_eq!(texts("5--1", &MYSQL), ["5", "-", "-", "1"]);
        assert_eq!(texts("*/", &MYSQL), ["*", "/"]);
    }

    #[test]
    fn knows_strings_and_names() {
        for (text, syntax) in [
            ("'it''s'", &SQLITE),
            ("'\\'", &SQLITE),
            ("x'00ff'", &SQLITE),
            ("'\\''", &MYSQL),
            ("\"a\\\"b\"", &MYSQL),
            ("_utf8mb4'x\\'y'", &MYSQL),
            ("_latin1\"x\"", &MYSQL),
            ("N'x'", &MYSQL),
            ("b'01'", &MYSQL),
            ("E'\\';'", &POSTGRES),
            ("e'a\\\\'", &POSTGRES),
            ("U&'d\\0061t'", &POSTGRES),
            ("$$a'b$$", &POSTGRES),
            ("$été$ $$ $x$ $été$", &POSTGRES),
        ] {
            assert_eq!(shown(text, syntax), [format!("String {text}")]);
        }
        for (text, syntax) in [
            ("\"a\"\"b\"", &SQLITE),
            ("`a``b`", &MYSQL),
            ("[a'b]", &SQLITE),
            ("U&\"x\"", &POSTGRES),
            ("\"a\\\"", &POSTGRES),
        ] {
            assert_eq!(shown(text, syntax), [format!("QuotedIdent {text}")]);
        }
        assert_eq!(shown("a$b$c été", &POSTGRES), ["Word a$b$c", "Word été"]);
        assert_eq!(shown("$1 $$x$$", &POSTGRES), ["Other $1", "String $$x$$"]);
        assert_eq!(texts("date'2020-01-01'", &POSTGRES), ["date", "'2020-01-01'"]);
        assert_eq!(texts("select[1]", &POSTGRES), ["select", "[", "1", "]"]);
    }

    #[test]
    fn continues_escape_strings_on_later_lines_only() {
        assert_eq!(texts("E'a'\n  'it\\'s' ;", &POSTGRES), ["E'a'", "'it\\'s'", ";"]);
        assert_eq!(texts("E'a' -- x\n'\\'' ;", &POSTGRES), ["E'a'", "-- x", "'\\''", ";"]);
        assert_eq!(texts("E'a',\n'\\' ;", &POSTGRES), ["E'a'", ",", "'\\'", ";"]);
        assert_eq!(texts("'a'\n'\\' ;", &POSTGRES), ["'a'", "'\\'", ";"]);
    }

    #[test]
    fn knows_comments() {
        assert_eq!(texts("/* a /* b */ c */d", &POSTGRES), ["/* a /* b */ c */", "d"]);
        assert_eq!(texts("/* a /* b */ c", &SQLITE), ["/* a /* b */", "c"]);
        assert_eq!(texts("a --b\r\nc #d\ne", &MYSQL), ["a", "-", "-", "b", "c", "#d", "e"]);
        assert_eq!(texts("a -- b\r\nc --\n--", &MYSQL), ["a", "-- b", "c", "--", "--"]);
        assert_eq!(texts("--a\rb", &POSTGRES), ["--a", "b"]);
        assert_eq!(texts("--a\rb\nc", &SQLITE), ["--a\rb", "c"]);
        assert_eq!(texts("/**/a/***/", &SQLITE), ["/**/", "a", "/***/"]);
    }

    #[test]
    fn knows_comments_that_are_executed() {
        let found = shown("/*!40101 SET a='*/' /* x */ */;/*M!100 b*/ /*!c */", &MYSQL);
        let expected = ["Executable /*!40101", "Word SET", "Word a", "Operator =", "String '*/'", "Comment /* x */"];
        assert_eq!(found[..6], expected);
        assert_eq!(
            found[6..],
            [
                "Executable */",
                "Punct ;",
                "Executable /*M!100",
                "Word b",
                "Executable */",
                "Executable /*!",
                "Word c",
                "Executable */"
            ]
        );
        assert_eq!(shown("/*!999999\\- sandbox */", &MYSQL), ["Comment /*!999999\\- sandbox */"]);
        assert_eq!(shown("/*!40101 x*/", &SQLITE), ["Comment /*!40101 x*/"]);
    }

    #[test]
    fn names_the_place_of_what_is_never_closed() {
        for (text, syntax, phrase, line, column) in [
            ("a\n  'b\n\nc", &SQLITE, "string is never closed", 2, 3),
            ("é \"b", &SQLITE, "quoted name is never closed", 1, 3),
            ("[b", &SQLITE, "quoted name is never closed", 1, 1),
            ("'a\\'", &MYSQL, "string is never closed", 1, 1),
            ("\n/* /* */", &POSTGRES, "comment is never closed", 2, 1),
            ("/*", &SQLITE, "comment is never closed", 1, 1),
            ("\n\n/*!40101 a", &MYSQL, "comment is never closed", 3, 1),
            ("a\n$x$ $$", &POSTGRES, "dollar quote is never closed", 2, 1),
            ("E'\\", &POSTGRES, "string is never closed", 1, 1),
        ] {
            let error = tokens(text, syntax).unwrap_err();
            assert_eq!((error.phrase(), error.place().line, error.place().column), (phrase, Some(line), Some(column)));
            assert_eq!(error.kind(), Kind::File);
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn counts_lines() {
        let text = "a\n'x\ny' /* \n */ b\r\nc";
        let lines: Vec<_> = tokens(text, &SQLITE).unwrap().iter().map(|token| (token.text(text), token.line)).collect();
        assert_eq!(lines[2], ("'x\ny'", 2));
        assert_eq!(lines[6], ("b", 4));
        assert_eq!(lines[8], ("c", 5));
    }

    #[test]
    fn takes_quotes_off() {
        for (quoted, bare) in [
            ("\"a\"\"b\"", "a\"b"),
            ("`a``b`", "a`b"),
            ("[a b]", "a b"),
            ("'it''s'", "it's"),
            ("''''", "'"),
            ("''", ""),
            ("E'a'", "a"),
            ("_utf8mb4'x'", "x"),
            ("x'00'", "00"),
            ("$b$ '$$' $b$", " '$$' "),
            ("plain", "plain"),
            ("a$b", "a$b"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(unquote(quoted), bare, "{quoted}");
        }
    }

    #[test]
    fn knows_words_and_signs() {
        let text = "Select ; \"select\"";
        let all = tokens(text, &SQLITE).unwrap();
        assert!(all[0].is_word(text, "SELECT") && all[2].is_sign(text, ";"));
        assert!(!all[4].is_word(text, "\"select\"") && !all[4].is_sign(text, ";"));
    }

    #[test]
    fn a_delimiter_ends_any_plain_token() {
        let cut = |text: &'static str, delimiter| {
            let mut lexer = Lexer::new(text, 1, &MYSQL);
            lexer.set_delimiter(Some(delimiter));
            lexer.map(|token| token.unwrap().text(text).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(cut("END$$x", "$$"), ["END", "$$", "x"]);
        assert_eq!(cut("a//b", "//"), ["a", "//", "b"]);
        assert_eq!(cut("1é|é", "é|"), ["1", "é|", "é"]);
        assert_eq!(cut("'$$' -- $$", "$$"), ["'$$'", " ", "-- $$"]);
    }
}
