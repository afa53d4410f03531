//! YAML text into [`Node`]s, from the events of the parser below `serde_yaml`: only there are the text of a plain
//! scalar (`1.10`, `0012`, `yes`) and the places of keys to be had.
//!
//! What would make a file mean something else to another reader is refused: a key twice, a second document, anchors,
//! tags, a key that is no text.
#![expect(clippy::wildcard_enum_match_arm, reason = "the lists of events and errors are foreign and open")]

use serde_yaml::granit_parser;
use serde_yaml::granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};

use crate::error::{Error, Kind, Result};
use crate::yaml::node::{Key, Node, Value};
use std::path::Path;

/// The largest file that is read, in bytes.
const LARGEST: usize = 16 << 20;
/// How deep lists and maps may nest, of each style.
const DEEPEST: usize = 60;

/// Reads one document and makes something of it; whatever fails names the file and quotes the line.
pub(crate) fn read_with<T>(text: &str, path: &Path, make: impl FnOnce(Node) -> Result<T>) -> Result<T> {
    document(text).and_then(make).map_err(|error| error.in_file(path).quoting(text))
}

/// Reads one document; errors have line and column only. For files that may hold secrets, whose lines are not quoted.
pub(crate) fn document(text: &str) -> Result<Node> {
    if text.len() > LARGEST {
        return Err(Error::new(Kind::File, format!("the file is too large: {} MiB, at most 16", text.len() >> 20)));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
    };
    Reader { text, parser: Parser::new_from_str_with_options(text, options) }.whole()
}

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn whole(mut self) -> Result<Node> {
        let mut document = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(..) if document.is_some() => {
                    return Err(
                        wrong(span.start, "a second document begins here").with_hint("put it into a file of its own")
                    );
                }
                Event::DocumentStart(..) => {
                    let (event, span) = self.next()?;
                    document = Some(self.node(event, span, false)?);
                }
                unexpected => return Err(wrong(span.start, format!("not valid YAML: unexpected {unexpected:?}"))),
            }
        }
        Ok(document.unwrap_or(Node { line: 1, column: 1, value: Value::Null }))
    }

    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(not_yaml(&error)),
            None => Err(Error::new(Kind::File, "not valid YAML: it ends too early")),
        }
    }

    /// The node that begins with this event. `flow`: it stands inside `{ }` or `[ ]`.
    fn node(&mut self, event: Event<'a>, span: Span, flow: bool) -> Result<Node> {
        plain_node(&event, &span)?;
        let value = match event {
            Event::Scalar(text, style, ..) => {
                let quoted = style != ScalarStyle::Plain;
                if flow && !quoted {
                    self.refuse_cut_type(&text, &span)?;
                }
                if quoted || !is_null(&text) { Value::Scalar { text: text.into(), quoted } } else { Value::Null }
            }
            Event::SequenceStart(style, ..) => self.list(flow || style == granit_parser::StructureStyle::Flow)?,
            Event::MappingStart(style, ..) => self.map(flow || style == granit_parser::StructureStyle::Flow)?,
            unexpected => return Err(wrong(span.start, format!("not valid YAML: unexpected {unexpected:?}"))),
        };
        let (line, column) = place(span.start);
        Ok(Node { line, column, value })
    }

    fn list(&mut self, flow: bool) -> Result<Value> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, span) => items.push(self.node(event, span, flow)?),
            }
        }
    }

    fn map(&mut self, flow: bool) -> Result<Value> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = key(event, &span)?;
            let (event, span) = self.next()?;
            entries.push((key, self.node(event, span, flow)?));
        }
        refuse_duplicates(&entries)?;
        Ok(Value::Map(entries))
    }

    /// `{ type: decimal(10,2) }` is for YAML the text `decimal(10` and a key `2)`.
    fn refuse_cut_type(&self, text: &str, span: &Span) -> Result<()> {
        let opened = text.matches('(').count() > text.matches(')').count();
        let after = span.end.byte_offset().and_then(|end| self.text.get(end..)).unwrap_or_default();
        if !opened || !after.trim_start().starts_with(',') {
            return Ok(());
        }
        Err(wrong(span.start, format!("`{text}` ends at the comma, for it is not quoted"))
            .with_hint("quote types with a comma inside { } and [ ]: \"decimal(10,2)\""))
    }
}

/// Refuses what a node may carry in YAML and not here.
fn plain_node(event: &Event<'_>, span: &Span) -> Result<()> {
    if matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_)) || event.anchor_id().is_some_and(|id| id > 0) {
        return Err(wrong(span.start, "anchors (&name) and aliases (*name) are not understood here")
            .with_hint("write the value out in each place, or quote a text that begins with & or *"));
    }
    match event.tag() {
        None => Ok(()),
        Some(tag) => Err(wrong(
            span.tag_start().unwrap_or(span.start),
            format!("the tag `{}` is not understood here", tag.original()),
        )
        .with_hint("leave the tag out, or quote a text that begins with !")),
    }
}

fn key(event: Event<'_>, span: &Span) -> Result<Key> {
    plain_node(&event, span)?;
    let (line, column) = place(span.start);
    match event {
        // The parser gives `~` for a key that is not there.
        Event::Scalar(_, ScalarStyle::Plain, ..) if span.start == span.end => {
            Err(wrong(span.start, "a key is missing before the colon"))
        }
        Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
            Err(wrong(span.start, "merging with `<<` is not understood here").with_hint("write the keys out"))
        }
        Event::Scalar(text, ..) => Ok(Key { text: text.into(), line, column }),
        _ => Err(wrong(span.start, "a key must be text, not a list or a map")),
    }
}

fn refuse_duplicates(entries: &[(Key, Node)]) -> Result<()> {
    let mut keys: Vec<&Key> = entries.iter().map(|(key, _)| key).collect();
    keys.sort_by(|left, right| left.text.cmp(&right.text).then(left.line.cmp(&right.line)));
    let twice = keys.iter().zip(keys.iter().skip(1)).find(|(first, second)| first.text == second.text);
    match twice {
        None => Ok(()),
        Some((first, second)) => {
            let phrase = format!("the key `{}` is there twice; the first is on line {}", second.text, first.line);
            Err(Error::new(Kind::File, phrase).at_line(second.line, second.column).with_hint("keep one of them"))
        }
    }
}

/// The words that YAML 1.1 and 1.2 read as nothing.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Line and column from 1; the parser counts columns from 0.
fn place(mark: Marker) -> (usize, usize) {
    (mark.line(), mark.col() + 1)
}

fn wrong(mark: Marker, phrase: impl Into<String>) -> Error {
    let (line, column) = place(mark);
    Error::new(Kind::File, phrase).at_line(line, column)
}

fn not_yaml(error: &ScanError) -> Error {
    let kind = error.kind();
    let phrase = match kind {
        ErrorKind::RecursionLimitExceeded => format!("lists and maps nest too deep, at most {DEEPEST}"),
        _ => format!("not valid YAML: {kind}"),
    };
    let found = wrong(*error.marker(), phrase);
    match hint(kind) {
        Some(hint) => found.with_hint(hint),
        None => found,
    }
}

fn hint(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabAtBlockScalarStart => Some("indent with blanks, not with tabs"),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            Some("quote a text that contains a colon and a blank, and check the indentation")
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            Some("close the quote that is opened")
        }
        ErrorKind::UnclosedFlowCollection { .. } => Some("close the bracket that is opened here"),
        ErrorKind::UnexpectedCharacter { .. } => Some("quote a text that begins with this character"),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation | ErrorKind::SimpleKeyExpected => {
            Some("check the indentation, and that each key is followed by a colon and a blank")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Scalar { text, quoted: true } => format!("{text:?}"),
            Value::Scalar { text, quoted: false } => text.clone(),
            Value::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(" ")),
            Value::Map(entries) => {
                let entries: Vec<_> =
                    entries.iter().map(|(key, node)| format!("{}={}", key.text, shape(node))).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    #[test]
    fn scalars_keep_their_text() {
        for (text, expected) in [
            ("[1.10, 0012, yes, 12e4, 0x1f, 1_000, 12:30, 1975]", "[1.10 0012 yes 12e4 0x1f 1_000 12:30 1975]"),
            ("on: 1\n1: x\nnull: y\ntrue: z\n~: a\n'': b", "{on=1 1=x null=y true=z ~=a =b}"),
            (
                "a:\nb: ~\nc: null\nd: Null\ne: 'null'\nf: \"\"\ng: nulla",
                "{a=null b=null c=null d=null e=\"null\" f=\"\" g=nulla}",
            ),
            ("a: 'it''s'\nb: \"x\\ty\\u00e9\"", "{a=\"it's\" b=\"x\\ty\u{e9}\"}"),
            (
                "a: |\n  x\n    y\n\n  z\nb: |-\n  x\nc: >\n  x\n  y\nd: |+\n  x\n\n",
                "{a=\"x\\n  y\\n\\nz\\n\" b=\"x\" c=\"x y\\n\" d=\"x\\n\\n\"}",
            ),
            (
                "{ a: bigint, b: { c: varchar(20), d: [x, 'y'] }, e: }",
                "{a=bigint b={c=varchar(20) d=[x \"y\"]} e=null}",
            ),
            ("a: x\n  y # no\nb: c#d", "{a=x y b=c#d}"),
            ("# only a comment\n", "null"),
            ("", "null"),
            ("--- \na: 1\n...\n", "{a=1}"),
            ("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n", "{a=1 b=\"x\\ny\\n\"}"),
            ("upgrade:\n- sql: x\n- drop_table: { name: y }\n", "{upgrade=[{sql=x} {drop_table={name=y}}]}"),
            ("where: a in (1, 2)\n", "{where=a in (1, 2)}"),
            ("a: [decimal(10), f(x)]", "{a=[decimal(10) f(x)]}"),
        ] {
            assert_eq!(shape(&document(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn places_count_characters_from_one() {
        let Value::Map(entries) = document("\u{feff}a: 1\nü: { ß: é, z: q }\n").unwrap().value else {
            panic!("a map")
        };
        let (key, node) = &entries[1];
        assert_eq!((key.line, key.column, node.line, node.column), (2, 1, 2, 4));
        let Value::Map(inner) = &node.value else { panic!("a map") };
        assert_eq!((inner[1].0.column, inner[1].1.column), (12, 15));
        let Value::Map(entries) = document("a:\n  b:\n    - c\n").unwrap().value else { panic!("a map") };
        assert_eq!((entries[0].1.line, entries[0].1.column), (2, 3));
    }

    /// Phrase, line and column of the error.
    fn refused(text: &str) -> (String, usize, usize) {
        let error = read_with(text, Path::new("x.yaml"), Ok).unwrap_err();
        let place = error.place();
        assert_eq!(error.kind(), Kind::File);
        assert_eq!(place.file.as_deref(), Some(Path::new("x.yaml")));
        assert_eq!(place.text.as_deref(), text.lines().nth(place.line.unwrap() - 1), "{text}");
        (error.phrase().to_owned(), place.line.unwrap(), place.column.unwrap())
    }

    #[test]
    fn what_is_refused() {
        for (text, phrase, line, column) in [
            ("a: 1\nb: 2\na: 3\n", "the key `a` is there twice; the first is on line 1", 3, 1),
            ("{ on: 1, 'on': 2 }", "the key `on` is there twice; the first is on line 1", 1, 10),
            ("a: 1\n---\nb: 2\n", "a second document begins here", 2, 1),
            ("a: &x 1\nb: *x\n", "anchors (&name) and aliases (*name) are not understood here", 1, 7),
            ("b: *x\n", "anchors (&name) and aliases (*name) are not understood here", 1, 4),
            ("a: !sql x\n", "the tag `!sql` is not understood here", 1, 4),
            ("a:\n  <<: { b: 1 }\n", "merging with `<<` is not understood here", 2, 3),
            ("[a]: 1\n", "a key must be text, not a list or a map", 1, 1),
            ("a:\n  : 1\n", "a key is missing before the colon", 2, 3),
            ("a: { type: decimal(10,2), default: 0 }\n", "`decimal(10` ends at the comma, for it is not quoted", 1, 12),
            ("a: [numeric(10, 2)]\n", "`numeric(10` ends at the comma, for it is not quoted", 1, 5),
            ("a:\n\tb: 1\n", "not valid YAML: tabs disallowed within this context (block indentation)", 2, 2),
            ("a: 'x\n", "not valid YAML: invalid indentation in multiline quoted scalar", 2, 1),
            ("a: { b: 1\n", "not valid YAML: unclosed bracket '{'", 1, 4),
            ("a: b: c\n", "not valid YAML: mapping values are not allowed in this context", 1, 5),
            ("a: %x\n", "not valid YAML: unexpected character: `%'", 1, 4),
        ] {
            assert_eq!(refused(text), (phrase.to_owned(), line, column), "{text}");
        }
    }

    #[test]
    fn hints_say_what_to_do() {
        let hint = |text: &str| document(text).unwrap_err().hint().map(str::to_owned);
        assert_eq!(
            hint("{ type: decimal(10,2) }").as_deref(),
            Some("quote types with a comma inside { } and [ ]: \"decimal(10,2)\"")
        );
        assert_eq!(hint("a:\n\tb: 1").as_deref(), Some("indent with blanks, not with tabs"));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        for text in ["[".repeat(20_000), "- ".repeat(20_000), "a: {".repeat(100), "{a: ".repeat(100)] {
            let (phrase, ..) = refused(&text);
            assert_eq!(phrase, "lists and maps nest too deep, at most 60");
        }
        let large = " ".repeat(LARGEST + 1);
        assert_eq!(document(&large).unwrap_err().phrase(), "the file is too large: 16 MiB, at most 16");
    }

    #[test]
    fn a_maker_is_given_file_and_line() {
        let error = read_with("a: 1\nb: x\n", Path::new("x.yaml"), |node| {
            node.entries()?.into_iter().map(|(_, node)| node.u32()).collect::<Result<Vec<_>>>()
        })
        .unwrap_err();
        assert_eq!(error.phrase(), "expected a whole number, found the text `x`");
        let place = error.place();
        assert_eq!((place.line, place.column, place.text.as_deref()), (Some(2), Some(4), Some("b: x")));
    }
}
