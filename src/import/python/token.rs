//! Python text in tokens, statement by statement. Pure.

/// What a statement is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum Token {
    Name(String),
    /// A text with its escapes resolved; of bytes and of texts with code in them only that they are there.
    Text {
        value: String,
        is_plain: bool,
    },
    Mark(char),
    /// Numbers, and operators that matter to nobody here.
    Other,
}

/// A logical line, or a part of one between semicolons.
#[derive(Debug, Default)]
pub(in crate::import) struct Statement {
    /// From 1.
    pub(in crate::import) line: usize,
    /// It belongs to a block, and so not to the top level.
    pub(in crate::import) is_indented: bool,
    pub(in crate::import) tokens: Vec<Token>,
}

/// A text that is read from its beginning.
pub(in crate::import) struct Tokens<'t> {
    rest: &'t str,
    line: usize,
    /// Open brackets.
    depth: usize,
    is_indented: bool,
}

type Stopped = (usize, &'static str);

impl<'t> Tokens<'t> {
    pub(in crate::import) fn of(text: &'t str) -> Self {
        let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { rest, line: 1, depth: 0, is_indented: rest.starts_with([' ', '\t']) }
    }

    /// The next statement; None at the end. `Err` has the line of what is not Python.
    pub(in crate::import) fn statement(&mut self) -> Result<Option<Statement>, Stopped> {
        let mut statement = Statement::default();
        while let Some(next) = self.rest.chars().next() {
            if !self.is_token(next) {
                if self.passes(next) && !statement.tokens.is_empty() {
                    return Ok(Some(statement));
                }
                continue;
            }
            if statement.tokens.is_empty() {
                (statement.line, statement.is_indented) = (self.line, self.is_indented);
            }
            let token = self.token(next)?;
            statement.tokens.push(token);
        }
        if self.depth > 0 {
            return Err((statement.line, "a bracket is never closed"));
        }
        Ok(Some(statement).filter(|statement| !statement.tokens.is_empty()))
    }

    fn is_token(&self, next: char) -> bool {
        !(next.is_whitespace() || next == '#' || (next == ';' && self.depth == 0) || self.rest.starts_with("\\\n"))
    }

    /// Passes over what is no token; true = a statement ends here.
    fn passes(&mut self, next: char) -> bool {
        match next {
            '\n' => {
                self.take(1);
                self.line += 1;
                if self.depth == 0 {
                    self.is_indented = self.rest.starts_with([' ', '\t']);
                }
                self.depth == 0
            }
            '#' => {
                let comment = self.rest.find('\n').unwrap_or(self.rest.len());
                self.take(comment);
                false
            }
            '\\' => {
                self.take(2);
                self.line += 1;
                false
            }
            other => {
                self.take(other.len_utf8());
                other == ';'
            }
        }
    }

    fn take(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn token(&mut self, next: char) -> Result<Token, Stopped> {
        if next.is_alphabetic() || next == '_' {
            return self.name();
        }
        if next == '"' || next == '\'' {
            return self.text("");
        }
        if next.is_ascii_digit() {
            let number = self.rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.'));
            self.take(number.unwrap_or(self.rest.len()));
            return Ok(Token::Other);
        }
        self.take(next.len_utf8());
        if matches!(next, '=' | '!' | '<' | '>' | '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '@')
            && self.rest.starts_with('=')
        {
            self.take(1);
            return Ok(Token::Other);
        }
        match next {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(Token::Mark(next))
    }

    /// A name, or a text whose prefix it is.
    fn name(&mut self) -> Result<Token, Stopped> {
        let length = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, behind) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = behind;
        let is_prefix = name.len() <= 2 && name.chars().all(|c| "rRuUbBfFtT".contains(c));
        if is_prefix && behind.starts_with(['"', '\'']) { self.text(name) } else { Ok(Token::Name(name.to_owned())) }
    }

    fn text(&mut self, prefix: &str) -> Result<Token, Stopped> {
        let has = |letters: [char; 2]| prefix.contains(letters);
        let (is_raw, is_plain) = (has(['r', 'R']), !has(['b', 'B']) && !has(['f', 'F']) && !has(['t', 'T']));
        let begin = self.line;
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| self.rest.starts_with(quote)).unwrap_or("'");
        self.take(quote.len());
        let mut value = String::new();
        while !self.rest.starts_with(quote) {
            let next = self.rest.chars().next().ok_or((begin, "a text is never closed"))?;
            if next == '\n' && quote.len() == 1 {
                return Err((begin, "a text is never closed"));
            }
            self.take(next.len_utf8());
            match (next, is_raw) {
                ('\\', false) => self.escape(&mut value),
                ('\\', true) => {
                    value.push('\\');
                    self.push_next(&mut value);
                }
                _ => {
                    self.line += usize::from(next == '\n');
                    value.push(next);
                }
            }
        }
        self.take(quote.len());
        Ok(Token::Text { value, is_plain })
    }

    fn push_next(&mut self, value: &mut String) {
        if let Some(next) = self.rest.chars().next() {
            self.line += usize::from(next == '\n');
            value.push(next);
            self.take(next.len_utf8());
        }
    }

    /// What stands behind a backslash. An escape that Python does not know stays as it is.
    fn escape(&mut self, value: &mut String) {
        let Some(letter) = self.rest.chars().next() else { return };
        let digits = match letter {
            'x' => Some((1, 2, 16)),
            'u' => Some((1, 4, 16)),
            'U' => Some((1, 8, 16)),
            '0'..='7' => Some((0, 3, 8)),
            _ => None,
        };
        if let Some((skip, most, radix)) = digits {
            let behind = self.rest.get(skip..).unwrap_or_default();
            let code: String = behind.chars().take(most).take_while(|c| c.is_digit(radix)).collect();
            if let Some(letter) = u32::from_str_radix(&code, radix).ok().and_then(char::from_u32) {
                value.push(letter);
                self.take(skip + code.len());
                return;
            }
        }
        let plain = match letter {
            'n' => Some("\n"),
            't' => Some("\t"),
            'r' => Some("\r"),
            '\n' => Some(""),
            '\\' | '\'' | '"' => None,
            _ => Some("\\"),
        };
        value.push_str(plain.unwrap_or_default());
        let is_kept = !matches!(letter, 'n' | 't' | 'r' | '\n');
        self.line += usize::from(letter == '\n');
        if is_kept {
            value.push(letter);
        }
        self.take(letter.len_utf8());
    }
}
