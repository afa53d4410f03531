//! Rust sources as tokens: words, texts, marks, with their lines; comments are gone, test code is set apart.
//!
//! Not a parser: macros are not expanded, a name that is brought in by `use a::*` is not followed. The table of imports
//! makes that enough, because what is not imported cannot be named.

use std::path::Path;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword; raw ones without `r#`.
    Word,
    /// A string, byte string or character; `text` is what stands between the quotes, escapes as written.
    Text,
    Number,
    Lifetime,
    /// One character of punctuation.
    Mark,
}

/// A piece of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// From 1.
    pub(crate) line: usize,
    /// The last line of a text of several lines.
    pub(crate) end_line: usize,
}

impl Token {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark && self.text.starts_with(mark)
    }
}

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// From the top of the repository, with slashes.
    pub(crate) path: String,
    /// The module that the file is: `["dialect", "postgres", "types"]`; `["lib"]` and `["main"]` for the two roots; empty
    /// outside `src/`.
    pub(crate) module: Vec<String>,
    /// All tokens, those of tests included.
    pub(crate) tokens: Vec<Token>,
    /// The tokens without items under `#[cfg(test)]` and `#[test]`.
    pub(crate) code: Vec<Token>,
    /// How many lines the file has.
    pub(crate) lines: usize,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let module = module_of(path);
        let is_test_file = module.iter().any(|part| part == "tests");
        let code = if is_test_file { Vec::new() } else { without_tests(&tokens) };
        Self { path: path.to_owned(), module, tokens, code, lines: text.lines().count() }
    }

    /// The module directly under the crate that this file belongs to.
    pub(crate) fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    pub(crate) fn is_in_src(&self) -> bool {
        self.path.starts_with("src/")
    }
}

/// The sources that are judged.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// `src/` and `tests/` of this repository.
    pub(crate) fn of_this_repository() -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for folder in ["src", "tests"] {
            collect(&top.join(folder), &mut files);
        }
        let sources = files.iter().map(|path| {
            let name = path.strip_prefix(top).expect("a file of the repository").to_str().expect("a name in UTF-8");
            Source::new(name, &std::fs::read_to_string(path).expect("a source in UTF-8"))
        });
        Self { sources: sources.collect() }
    }

    /// A made-up tree of paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { sources: files.iter().map(|(path, text)| Source::new(path, text)).collect() }
    }

    /// The files of the library and the program.
    pub(crate) fn src(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.is_in_src())
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

fn module_of(path: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix(".rs")) else { return Vec::new() };
    inside.strip_suffix("/mod").unwrap_or(inside).split('/').map(str::to_owned).collect()
}

/// Splits a source into tokens.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { characters: text.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    while let Some(character) = reader.peek(0) {
        reader.step(character);
    }
    reader.tokens
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(character == '\n');
        Some(character)
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.tokens.push(Token { kind, text, line, end_line: self.line });
    }

    fn step(&mut self, character: char) {
        match (character, self.peek(1)) {
            ('/', Some('/')) => while self.next().is_some_and(|next| next != '\n') {},
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.quoted('"'),
            ('\'', _) => self.character_or_lifetime(),
            (first, _) if first.is_alphabetic() || first == '_' => self.word_or_prefixed_text(),
            (first, _) if first.is_ascii_digit() => self.number(),
            (first, _) => {
                let line = self.line;
                self.next();
                if !first.is_whitespace() {
                    self.push(Kind::Mark, first.to_string(), line);
                }
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => {
                    self.next();
                    continue;
                }
            }
            self.next();
            self.next();
            if depth == 0 {
                return;
            }
        }
    }

    /// A text with escapes, the opening quote included.
    fn quoted(&mut self, quote: char) {
        let line = self.line;
        let mut text = String::new();
        self.next();
        while let Some(character) = self.next() {
            if character == quote {
                break;
            }
            text.push(character);
            if character == '\\' {
                text.extend(self.next());
            }
        }
        self.push(Kind::Text, text, line);
    }

    /// `'a'` and `'\''` are characters, `'a` is a lifetime.
    fn character_or_lifetime(&mut self) {
        if self.peek(1) == Some('\\') || self.peek(2) == Some('\'') {
            return self.quoted('\'');
        }
        let line = self.line;
        self.next();
        let name = self.word();
        self.push(Kind::Lifetime, name, line);
    }

    fn word(&mut self) -> String {
        let mut text = String::new();
        while let Some(character) = self.peek(0).filter(|next| next.is_alphanumeric() || *next == '_') {
            text.push(character);
            self.next();
        }
        text
    }

    /// A word; but `r"…"`, `r#"…"#`, `b"…"`, `c"…"` are texts and `r#type` is the word `type`.
    fn word_or_prefixed_text(&mut self) {
        let line = self.line;
        let word = self.word();
        let raw = matches!(word.as_str(), "r" | "br" | "cr");
        match self.peek(0) {
            Some('"') if raw => self.raw_text(0, line),
            Some('"') if matches!(word.as_str(), "b" | "c") => self.quoted('"'),
            Some('\'') if word == "b" => self.quoted('\''),
            Some('#') if raw => {
                let hashes = (0..).take_while(|ahead| self.peek(*ahead) == Some('#')).count();
                if self.peek(hashes) == Some('"') {
                    return self.raw_text(hashes, line);
                }
                self.next();
                let word = self.word();
                self.push(Kind::Word, word, line);
            }
            _ => self.push(Kind::Word, word, line),
        }
    }

    fn raw_text(&mut self, hashes: usize, line: usize) {
        for _ in 0..=hashes {
            self.next();
        }
        let mut text = String::new();
        while let Some(character) = self.next() {
            if character == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                break;
            }
            text.push(character);
        }
        for _ in 0..hashes {
            self.next();
        }
        self.push(Kind::Text, text, line);
    }

    /// A number; `1..2` stays apart, `1.5e-3` need not.
    fn number(&mut self) {
        let line = self.line;
        let text = self.word();
        self.push(Kind::Number, text, line);
    }
}

/// The index after the bracket that closes the one at `open`; the end of the tokens where none does.
pub(crate) fn after_brackets(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if token.kind == Kind::Mark {
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index + 1;
            }
        }
    }
    tokens.len()
}

/// Is there `::` at this index?
pub(crate) fn is_path_mark(tokens: &[Token], index: usize) -> bool {
    let is_colon = |index: usize| tokens.get(index).is_some_and(|token| token.is_mark(':'));
    is_colon(index) && is_colon(index + 1)
}

/// A path that stands in the code, groups of a `use` taken apart: `use std::{fs, io::Read}` is `std::fs` and `std::io::Read`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodePath {
    pub(crate) parts: Vec<String>,
    pub(crate) line: usize,
    /// Where it begins among the tokens.
    pub(crate) at: usize,
}

impl CodePath {
    /// Does it begin with these parts, written `std::fs`?
    pub(crate) fn starts_with(&self, start: &str) -> bool {
        start.split("::").enumerate().all(|(index, part)| self.parts.get(index).is_some_and(|own| own == part))
    }
}

/// All paths of two parts and more, and single words that are imported or grouped.
pub(crate) fn paths(tokens: &[Token]) -> Vec<CodePath> {
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let begins = token.kind == Kind::Word && (is_path_mark(tokens, index + 1) || follows_use(tokens, index));
        index = if begins { read_path(tokens, index, &[], index, &mut found) } else { index + 1 };
    }
    found
}

fn follows_use(tokens: &[Token], index: usize) -> bool {
    index.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|token| token.is_word("use"))
}

/// Reads one path after `prefix`; gives the index after it. A turbofish ends it.
fn read_path(tokens: &[Token], from: usize, prefix: &[String], begin: usize, found: &mut Vec<CodePath>) -> usize {
    let (mut parts, mut index) = (prefix.to_vec(), from);
    let line = tokens[from].line;
    loop {
        match tokens.get(index) {
            Some(token) if token.kind == Kind::Word || token.is_mark('*') => parts.push(token.text.clone()),
            Some(token) if token.is_mark('{') && index > from => {
                return read_group(tokens, index, &parts, begin, found);
            }
            _ => break,
        }
        index += 1;
        if !is_path_mark(tokens, index) {
            break;
        }
        index += 2;
    }
    if parts.len() > prefix.len() {
        found.push(CodePath { parts, line, at: begin });
    }
    index.max(from + 1)
}

fn read_group(tokens: &[Token], open: usize, prefix: &[String], begin: usize, found: &mut Vec<CodePath>) -> usize {
    let end = after_brackets(tokens, open);
    found.push(CodePath { parts: [prefix, &["{".to_owned()]].concat(), line: tokens[open].line, at: begin });
    let mut index = open + 1;
    while index + 1 < end {
        let token = &tokens[index];
        let alias = tokens[index - 1].is_word("as");
        let is_part = (token.kind == Kind::Word && !token.is_word("as") && !alias) || token.is_mark('*');
        index = if is_part { read_path(tokens, index, prefix, begin, found) } else { index + 1 };
    }
    end
}

/// The tokens without test code.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while index < tokens.len() {
        let is_inner = tokens.get(index + 1).is_some_and(|token| token.is_mark('!'));
        let open = index + 1 + usize::from(is_inner);
        if tokens[index].is_mark('#') && tokens.get(open).is_some_and(|token| token.is_mark('[')) {
            let end = after_brackets(tokens, open);
            if is_test_attribute(&tokens[open..end]) {
                if is_inner {
                    return Vec::new();
                }
                index = after_item(tokens, end);
                continue;
            }
            kept.extend_from_slice(&tokens[index..end]);
            index = end;
            continue;
        }
        kept.push(tokens[index].clone());
        index += 1;
    }
    kept
}

/// `[test]`, `[tokio::test]`, `[cfg(test)]`, `[cfg(all(test, …))]`; not `[cfg(not(test))]`, not `[cfg_attr(test, …)]`.
fn is_test_attribute(attribute: &[Token]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token.is_word(word));
    let is_cfg = attribute.get(1).is_some_and(|token| token.is_word("cfg"));
    let is_test = attribute.iter().rev().nth(1).is_some_and(|token| token.is_word("test"));
    if is_cfg { has("test") && !has("not") } else { is_test }
}

/// The index after the item that begins here, its other attributes included.
fn after_item(tokens: &[Token], begin: usize) -> usize {
    let mut index = begin;
    while let Some(token) = tokens.get(index) {
        match token.text.as_str() {
            ";" if token.kind == Kind::Mark => return index + 1,
            "{" if token.kind == Kind::Mark => return after_brackets(tokens, index),
            "(" | "[" if token.kind == Kind::Mark => index = after_brackets(tokens, index),
            _ => index += 1,
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().filter(|token| token.kind == Kind::Word).map(|token| token.text).collect()
    }

    fn joined(text: &str) -> Vec<String> {
        paths(&tokens(text)).into_iter().map(|path| path.parts.join("::")).collect()
    }

    #[test]
    fn comments_and_texts_are_not_words() {
        let text = "a /* b /* c */ d */ \"e \\\" f\" r#\"g \" h\"# r\"i\\\" b\"j\" b'k' 'l' '\\'' // m\nn //! o";
        assert_eq!(words(text), ["a", "n"]);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        let read = tokens("fn f<'a>(x: &'a str) -> char { 'a' }");
        let of =
            |kind| read.iter().filter(|token| token.kind == kind).map(|token| token.text.as_str()).collect::<Vec<_>>();
        assert_eq!(of(Kind::Lifetime), ["a", "a"]);
        assert_eq!(of(Kind::Text), ["a"]);
    }

    #[test]
    fn raw_words_and_numbers_are_read() {
        assert_eq!(words("r#type 0x1f_u8 1..n 2.5"), ["type", "n"]);
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let read = tokens("a\n/* \n */ b \"x\ny\" c\nr#\"\n\"# d");
        let lines: Vec<_> =
            read.iter().map(|token| (token.text.trim().to_owned(), token.line, token.end_line)).collect();
        let expected = [("a", 1, 1), ("b", 3, 3), ("x\ny", 3, 4), ("c", 4, 4), ("", 5, 6), ("d", 6, 6)];
        assert_eq!(lines, expected.map(|(text, line, end)| (text.to_owned(), line, end)));
    }

    #[test]
    fn test_code_is_set_apart() {
        let text = "use a::b;\n#[cfg(test)]\n#[allow(x)]\nmod tests { use crate::c; }\n#[test] fn t() { d }\n\
                    #[cfg(not(test))] fn e() {}\n#[cfg(all(test, unix))] use f::g;\n#[cfg(feature = \"x\")] fn h() {}";
        let source = Source::new("src/x.rs", text);
        let words: Vec<_> =
            source.code.iter().filter(|token| token.kind == Kind::Word).map(|token| &*token.text).collect();
        let expected = ["use", "a", "b", "cfg", "not", "test", "fn", "e", "cfg", "feature", "fn", "h"];
        assert_eq!(words, expected);
        assert!(Source::new("src/x.rs", "#![cfg(test)]\nfn a() {}").code.is_empty());
        assert!(Source::new("src/x/tests.rs", "fn a() {}").code.is_empty());
    }

    #[test]
    fn groups_are_taken_apart() {
        assert_eq!(
            joined("use std::{fs, io::{self, Read as R}, net::*};"),
            ["std::{", "std::fs", "std::io::{", "std::io::self", "std::io::Read", "std::net::*"]
        );
        assert_eq!(joined("use tokio;"), ["tokio"]);
        assert_eq!(joined("let x = a::b::<u8>(c::d(), e.f());"), ["a::b", "c::d"]);
    }

    #[test]
    fn files_have_modules() {
        assert_eq!(module_of("src/dialect/postgres/types.rs"), ["dialect", "postgres", "types"]);
        assert_eq!(module_of("src/dialect/mod.rs"), ["dialect"]);
        assert_eq!(module_of("src/error.rs"), ["error"]);
        assert_eq!(module_of("src/main.rs"), ["main"]);
        assert!(module_of("tests/all.rs").is_empty());
    }
}
