//! Just enough Python to read the head of a module without running it: its docstring, and what names are assigned at its
//! top level as literals. Pure.
//!
//! A statement that is not understood is passed over: only a name that is asked for has to be readable.

mod token;

use std::collections::BTreeMap;

use self::token::{Token, Tokens};

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Text(String),
    /// A tuple, list or set.
    List(Vec<Self>),
}

/// The top level of a module.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) docstring: Option<String>,
    /// The last assignment of each name: its line and what stands behind the `=`.
    assigned: BTreeMap<String, (usize, Vec<Token>)>,
    /// Where reading stopped, and why.
    stopped: Option<(usize, &'static str)>,
}

/// A name that cannot be read: the line, if there is one, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) line: Option<usize>,
    pub(super) why: String,
}

impl Module {
    /// Reads a whole module.
    pub(super) fn read(text: &str) -> Self {
        let mut module = Self::default();
        let mut tokens = Tokens::of(text);
        let mut is_first = true;
        loop {
            match tokens.statement() {
                Ok(Some(statement)) => {
                    if let (true, [Token::Text { value, .. }]) = (is_first, statement.tokens.as_slice()) {
                        module.docstring = Some(value.clone());
                    }
                    is_first = false;
                    if !statement.is_indented {
                        module.assign(statement.line, &statement.tokens);
                    }
                }
                Ok(None) => return module,
                Err(stopped) => {
                    module.stopped = Some(stopped);
                    return module;
                }
            }
        }
    }

    /// `name = …`, `name: annotation = …`, `name = other = …`.
    fn assign(&mut self, line: usize, tokens: &[Token]) {
        let Some((Token::Name(name), rest)) = tokens.split_first() else { return };
        let annotated = matches!(rest.first(), Some(Token::Mark(':')));
        let Some(equals) = rest.iter().position(|token| *token == Token::Mark('=')) else { return };
        let (Some(between), Some(value)) = (rest.get(..equals), rest.get(equals + 1..)) else { return };
        if annotated || between.is_empty() {
            self.assign(line, value);
            let last = value.iter().rposition(|token| *token == Token::Mark('=')).map_or(0, |at| at + 1);
            self.assigned.insert(name.clone(), (line, value.get(last..).unwrap_or_default().to_vec()));
        }
    }

    /// The literal that a name has at the end, and its line; None = it is not assigned.
    pub(super) fn value(&self, name: &str) -> Result<Option<(Value, usize)>, Unreadable> {
        let Some((line, tokens)) = self.assigned.get(name) else {
            return match self.stopped {
                Some((line, why)) => Err(Unreadable { line: Some(line), why: why.to_owned() }),
                None => Ok(None),
            };
        };
        let value = Reader { module: self, depth: 0 }.whole(tokens);
        let unreadable = || Unreadable {
            line: Some(*line),
            why: format!("`{name}` is not a text, None, or a list of texts: to know it, Python would have to run"),
        };
        value.map(|value| Some((value, *line))).ok_or_else(unreadable)
    }
}

/// How deep brackets and names may go.
const DEEPEST: usize = 20;

/// Reads expressions; `None` for what is no literal.
#[derive(Clone, Copy)]
struct Reader<'m> {
    module: &'m Module,
    depth: usize,
}

impl Reader<'_> {
    /// All tokens as one value; with a comma outside of brackets a tuple.
    fn whole(self, tokens: &[Token]) -> Option<Value> {
        let mut rest = tokens;
        let value = self.items(&mut rest, None)?;
        rest.is_empty().then_some(value)
    }

    /// Items with commas up to the closing bracket. One item without a comma is itself where that is a parenthesis, or
    /// no bracket.
    fn items(self, rest: &mut &[Token], closing: Option<char>) -> Option<Value> {
        let mut items = Vec::new();
        let mut has_comma = false;
        loop {
            match (rest.first(), closing) {
                (None, None) => break,
                (Some(Token::Mark(mark)), Some(closing)) if *mark == closing => {
                    advance(rest);
                    break;
                }
                _ => items.push(self.sum(rest)?),
            }
            if rest.first() == Some(&Token::Mark(',')) {
                advance(rest);
                has_comma = true;
            } else if rest.first() != closing.map(Token::Mark).as_ref() {
                return None;
            }
        }
        let is_one = !has_comma && matches!(closing, None | Some(')'));
        match (is_one, items.len()) {
            (true, 1) => items.pop(),
            (true, 0) if closing.is_none() => None,
            _ => Some(Value::List(items)),
        }
    }

    /// Texts or lists with `+` between them.
    fn sum(self, rest: &mut &[Token]) -> Option<Value> {
        let mut sum = self.one(rest)?;
        while rest.first() == Some(&Token::Mark('+')) {
            advance(rest);
            sum = match (sum, self.one(rest)?) {
                (Value::Text(one), Value::Text(other)) => Value::Text(one + other.as_str()),
                (Value::List(one), Value::List(other)) => Value::List(one.into_iter().chain(other).collect()),
                _ => return None,
            };
        }
        Some(sum)
    }

    fn one(mut self, rest: &mut &[Token]) -> Option<Value> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let token = rest.first()?;
        advance(rest);
        match token {
            Token::Text { value, is_plain: true } => {
                let mut text = value.clone();
                while let Some(Token::Text { value, is_plain: true }) = rest.first() {
                    text.push_str(value);
                    advance(rest);
                }
                Some(Value::Text(text))
            }
            Token::Name(name) if name == "None" => Some(Value::None),
            Token::Name(name) => self.whole(&self.module.assigned.get(name)?.1),
            Token::Mark('(') => self.items(rest, Some(')')),
            Token::Mark('[') => self.items(rest, Some(']')),
            Token::Mark('{') => self.items(rest, Some('}')),
            Token::Text { .. } | Token::Mark(_) | Token::Other => None,
        }
    }
}

fn advance(rest: &mut &[Token]) {
    *rest = rest.split_first().map_or(&[], |(_, behind)| behind);
}

#[cfg(test)]
mod tests {
    use super::{Module, Value};

    fn value(text: &str) -> Option<Value> {
        Module::read(text).value("revision").unwrap().map(|(value, _)| value)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn list(texts: &[&str]) -> Value {
        Value::List(texts.iter().map(|one| text(one)).collect())
    }

    #[test]
    fn literals_in_every_writing() {
        for (source, expected) in [
            ("revision = 'a1'\n", text("a1")),
            ("revision=\"a1\" # why\n", text("a1")),
            ("revision: str = 'a1'", text("a1")),
            ("revision: Union[str, Sequence[str], None] = None\n", Value::None),
            ("revision = ('a' 'b')\n", text("ab")),
            ("revision = ('a',)\n", list(&["a"])),
            ("revision = ('a', 'b')\n", list(&["a", "b"])),
            ("revision = 'a', 'b'\n", list(&["a", "b"])),
            ("revision = [\n    'a',  # one\n    'b',\n]\n", list(&["a", "b"])),
            ("revision = {'a'}\n", list(&["a"])),
            ("revision = ()\n", list(&[])),
            ("revision = []\n", list(&[])),
            ("revision = ['a'] + ['b']\n", list(&["a", "b"])),
            ("revision = 'a' \\\n  'b'\n", text("ab")),
            ("revision = '''a'''\n", text("a")),
            ("revision = r'a\\n'\n", text("a\\n")),
            ("revision = u'\\x61\\u00e9\\101\\n'\n", text("a\u{e9}A\n")),
            ("BEFORE = 'z'\nrevision = BEFORE\n", text("z")),
            ("revision = down = 'a'\n", text("a")),
            ("revision = 'a'; down = 'b'\n", text("a")),
            ("revision = 'a'\nrevision = 'b'\n", text("b")),
            ("\u{feff}revision = 'a'\r\n", text("a")),
            ("\"\"\"doc with revision = 'x'\"\"\"\nrevision = 'a'\ndef f():\n    revision = 'c'\n", text("a")),
            ("if True:\n    pass\nrevision = 'a'\n", text("a")),
        ] {
            assert_eq!(value(source), Some(expected), "{source}");
        }
    }

    #[test]
    fn what_is_no_assignment_is_none() {
        for source in
            ["", "revision == 'a'\n", "def f():\n    revision = 'a'\n", "revisions = 'a'\n", "x.revision = 'a'\n"]
        {
            assert_eq!(value(source), None, "{source}");
        }
    }

    #[test]
    fn what_would_have_to_run_is_said_with_its_line() {
        for source in [
            "\nrevision = make()\n",
            "\nrevision = f'{x}'\n",
            "\nrevision = b'a'\n",
            "\nrevision = 'a' if x else 'b'\n",
            "\nrevision = unknown\n",
            "\nrevision = revision\n",
            "\nrevision = 'a' 5\n",
            "\nrevision = tuple(['a'])\n",
            "\nrevision = 'a'.upper()\n",
            "\nrevision = ('a'\n",
        ] {
            let unreadable = Module::read(source).value("revision").unwrap_err();
            assert_eq!(unreadable.line, Some(2), "{source}");
        }
        let deep = format!("revision = {}{}\n", "(".repeat(500), ")".repeat(500));
        assert!(Module::read(&deep).value("revision").is_err());
    }

    #[test]
    fn what_follows_does_not_matter() {
        let source = "revision = 'a'\n\ndef upgrade():\n    op.execute(f\"{x!r} {'nested'}\")\n    s = '''\nrevision = 'z'\n'''\n";
        assert_eq!(value(source), Some(text("a")));
        assert_eq!(value("revision = 'a'\nx = 'never closed\n"), Some(text("a")));
        assert!(Module::read("x = 'never closed\nrevision = 'a'\n").value("revision").is_err());
    }

    #[test]
    fn docstrings() {
        let docstring = |source| Module::read(source).docstring;
        assert_eq!(
            docstring("#!/usr/bin/python\n\"\"\"add orders\n\nmore\"\"\"\n").as_deref(),
            Some("add orders\n\nmore")
        );
        assert_eq!(docstring("'a' 'b'\n").as_deref(), None);
        assert_eq!(docstring("x = 1\n'''no'''\n"), None);
    }
}
