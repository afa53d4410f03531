//! Cuts a text into single statements, so that each can be sent, timed, journalled and checked alone. No I/O.
//!
//! Nothing but comments, white space and terminators is left out of the pieces. What belongs to a client and not to the
//! server is refused with its line, and so is what is never closed: before anything runs.

use crate::error::{Error, Kind, Result};
use crate::statement::body::Body;
use crate::statement::syntax::Syntax;
use crate::statement::token::{Lexer, Token, TokenKind, error_at};

/// One statement of a longer text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    /// From the first to the last token: comments within it are there, those around it and the terminator are not.
    pub(crate) sql: &'t str,
    /// Line where `sql` begins, from 1.
    pub(crate) line: usize,
    /// The comments between the statement before and this one, each with its marks: `-- migrate: renamed_from=x`.
    pub(crate) leading_comments: Vec<&'t str>,
    /// The first words outside of parentheses, at most [`WORDS`], in capitals. Quoted names are not among them.
    pub(crate) words: Vec<String>,
}

/// How many words a [`Piece`] keeps.
pub(crate) const WORDS: usize = 12;

/// Cuts a text into its statements. A text of comments alone has none.
///
/// # Errors
/// [`crate::error::Kind::File`] with the line: a string, comment, quoted name, parenthesis or body that is never closed;
/// commands of `psql`, `mariadb` or `sqlite3`; `COPY` from or to the client; marks of a merge conflict; NUL.
pub(crate) fn split<'t>(text: &'t str, syntax: &'static Syntax) -> Result<Vec<Piece<'t>>> {
    split_from_line(text, 1, syntax)
}

/// As [`split`], for a part of a file: `first_line` is the number of its first line.
pub(crate) fn split_from_line<'t>(text: &'t str, first_line: usize, syntax: &'static Syntax) -> Result<Vec<Piece<'t>>> {
    refuse_damage(text, first_line)?;
    let lexer = Lexer::new(text, first_line, syntax);
    let mut splitter = Splitter { text, syntax, lexer, pieces: Vec::new(), draft: Draft::new(syntax) };
    while let Some(token) = splitter.lexer.next() {
        splitter.take(&token?)?;
    }
    splitter.finish()
}

/// NUL bytes and what git leaves in a file after a conflict.
fn refuse_damage(text: &str, first_line: usize) -> Result<()> {
    let line_of = |offset: usize| first_line + text.bytes().take(offset).filter(|&byte| byte == b'\n').count();
    if let Some(offset) = text.find('\0') {
        return Err(error_at(text, offset, line_of(offset), "a NUL byte in the text")
            .hint("save the file as UTF-8 text without NUL bytes"));
    }
    for mark in ["<<<<<<<", ">>>>>>>"] {
        let starts_line = |&(offset, _): &(usize, &str)| offset == 0 || text.as_bytes().get(offset - 1) == Some(&b'\n');
        let ends =
            |offset: usize| matches!(text.as_bytes().get(offset + mark.len()), None | Some(b' ' | b'\r' | b'\n'));
        let found = text.match_indices(mark).filter(starts_line).find(|(offset, _)| ends(*offset));
        if let Some((offset, _)) = found {
            return Err(error_at(text, offset, line_of(offset), format!("mark of a merge conflict: {mark}"))
                .hint("resolve the conflict and delete its marks"));
        }
    }
    Ok(())
}

struct Splitter<'t> {
    text: &'t str,
    syntax: &'static Syntax,
    lexer: Lexer<'t>,
    pieces: Vec<Piece<'t>>,
    draft: Draft<'t>,
}

/// The statement that is being read.
struct Draft<'t> {
    comments: Vec<&'t str>,
    first: Option<Token>,
    end: usize,
    words: Vec<String>,
    depth: usize,
    /// The outermost parenthesis that is open.
    parenthesis: Option<Token>,
    body: Body,
}

impl Draft<'_> {
    fn new(syntax: &Syntax) -> Self {
        let (comments, words, body) = (Vec::new(), Vec::new(), Body::new(syntax.bodies));
        Self { comments, first: None, end: 0, words, depth: 0, parenthesis: None, body }
    }
}

impl<'t> Splitter<'t> {
    fn take(&mut self, token: &Token) -> Result<()> {
        match token.kind {
            TokenKind::Space => Ok(()),
            TokenKind::Comment => {
                if self.draft.first.is_none() {
                    self.draft.comments.push(token.text(self.text));
                }
                Ok(())
            }
            TokenKind::Delimiter => self.close(),
            TokenKind::Punct if self.ends(token) => self.close(),
            TokenKind::Other if token.text(self.text) == "\\" => self.backslash(token),
            _ if self.draft.first.is_none() => self.begin(token),
            TokenKind::Executable
            | TokenKind::Word
            | TokenKind::QuotedIdent
            | TokenKind::String
            | TokenKind::Number
            | TokenKind::Operator
            | TokenKind::Punct
            | TokenKind::Other => {
                self.add(token);
                Ok(())
            }
        }
    }

    /// Whether a token is the semicolon that ends the statement.
    fn ends(&self, token: &Token) -> bool {
        let draft = &self.draft;
        let compound = self.lexer.has_delimiter() && draft.body.is_compound();
        token.text(self.text) == ";" && draft.depth == 0 && !compound && draft.body.open().is_none()
    }

    fn begin(&mut self, token: &Token) -> Result<()> {
        if self.syntax.delimiter_word && token.is_word(self.text, "DELIMITER") {
            return self.delimiter(token);
        }
        if token.kind == TokenKind::Punct && token.text(self.text) == "." {
            return Err(self.refuse(token, "a command of the sqlite3 client"));
        }
        self.draft.first = Some(*token);
        self.add(token);
        Ok(())
    }

    fn delimiter(&mut self, token: &Token) -> Result<()> {
        let rest = self.lexer.rest_of_line().trim();
        let quoted = ['\'', '"', '`'].iter().find_map(|&mark| rest.strip_prefix(mark)?.split(mark).next());
        let delimiter = quoted.or_else(|| rest.split_whitespace().next()).unwrap_or_default();
        if delimiter.is_empty() {
            return Err(self
                .error(token, "DELIMITER without a terminator")
                .hint("write it behind the word: DELIMITER $$"));
        }
        self.lexer.set_delimiter(Some(delimiter).filter(|&delimiter| delimiter != ";"));
        Ok(())
    }

    fn backslash(&mut self, token: &Token) -> Result<()> {
        let null = self.text.get(token.end..).is_some_and(|rest| rest.starts_with('N'));
        if self.syntax.backslash_null && null && self.draft.first.is_some() {
            self.add(token);
            return Ok(());
        }
        Err(self.refuse(token, "a backslash command of a client"))
    }

    fn add(&mut self, token: &Token) {
        let text = token.text(self.text);
        let draft = &mut self.draft;
        draft.end = token.end;
        match (token.kind, text) {
            (TokenKind::Punct, "(") => {
                draft.depth += 1;
                draft.parenthesis.get_or_insert(*token);
            }
            (TokenKind::Punct, ")") => {
                draft.depth = draft.depth.saturating_sub(1);
                draft.parenthesis = draft.parenthesis.filter(|_| draft.depth > 0);
            }
            (TokenKind::Word, _) if draft.depth == 0 && draft.words.len() < WORDS => {
                draft.words.push(text.to_uppercase());
            }
            _ => {}
        }
        draft.body.feed(token.kind, text, token.line);
    }

    /// Makes a piece of what was read. Without a token, the comments stay for the next one.
    fn close(&mut self) -> Result<()> {
        let Some(first) = self.draft.first else { return Ok(()) };
        if let Some(parenthesis) = self.draft.parenthesis {
            return Err(self.error(&parenthesis, "parenthesis is never closed").hint("close the parenthesis with )"));
        }
        self.refuse_copy(&first)?;
        if self.draft.body.is_package() && !self.lexer.has_delimiter() {
            return Err(self.error(&first, "the end of a package cannot be seen").hint(DELIMITER_HINT));
        }
        let draft = std::mem::replace(&mut self.draft, Draft::new(self.syntax));
        let sql = self.text.get(first.start..draft.end).unwrap_or_default();
        // Behind a statement in a DELIMITER section people write a semicolon too, as clients do not mind it.
        let sql = if self.lexer.has_delimiter() { sql.trim_end_matches([';', ' ', '\n', '\t', '\r']) } else { sql };
        self.pieces.push(Piece { sql, line: first.line, leading_comments: draft.comments, words: draft.words });
        Ok(())
    }

    fn refuse_copy(&self, first: &Token) -> Result<()> {
        let words = &self.draft.words;
        let has =
            |side: &str, stream: &str| words.iter().zip(words.iter().skip(1)).any(|(a, b)| a == side && b == stream);
        let copies = self.syntax.copy_data && words.first().is_some_and(|word| word == "COPY");
        if copies && (has("FROM", "STDIN") || has("TO", "STDOUT")) {
            return Err(self
                .error(first, "COPY of lines that only psql can send or take")
                .hint("write INSERT statements, or COPY from a file of the server"));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Piece<'t>>> {
        let (open, delimiter) = (self.draft.body.open(), self.lexer.has_delimiter());
        if let Some(line) = open.filter(|_| !delimiter && self.draft.parenthesis.is_none()) {
            let hint = if self.syntax.delimiter_word { DELIMITER_HINT } else { "close it with END;" };
            let phrase = "the body that begins here is never closed by END";
            return Err(Error::new(Kind::File, phrase).at_line(line, 0).hint(hint));
        }
        self.close()?;
        Ok(self.pieces)
    }

    fn error(&self, token: &Token, phrase: impl Into<String>) -> Error {
        error_at(self.text, token.start, token.line, phrase)
    }

    /// A line for a client program.
    fn refuse(&self, token: &Token, what: &str) -> Error {
        let line = self.text.get(token.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let shown: String = line.chars().take(40).collect();
        self.error(token, format!("{what}: {shown}")).hint("delete the line: only SQL is sent to the database")
    }
}

const DELIMITER_HINT: &str = "close every block with its END, or put DELIMITER lines around the statement";
