//! [`Tree`]s into YAML text: blocks outside, `{ key: value }` on one line where a node asks for it and it fits.

use crate::yaml::read::is_null;
use crate::yaml::safe::{block_header, is_plain, is_printable, quoted};

/// The longest line that `{ }` or `[ ]` may make; longer ones become blocks.
const WIDEST: usize = 120;

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    /// A text that is read back as this text: quoted where it has to be, as a `|` block if it has several lines.
    Text(String),
    /// A number, `true`, `false` or `null`, or a text that its reader takes as written (a literal such as `1.10`):
    /// without quotes where that can be read back at all.
    Bare(String),
    /// A list of lines that begin with a hyphen.
    List(Vec<Self>),
    /// `[a, b]`, if it fits.
    FlowList(Vec<Self>),
    /// A line or more for each key.
    Map(Vec<(String, Self)>),
    /// `{ a: 1, b: 2 }`, if it fits.
    FlowMap(Vec<(String, Self)>),
    /// An entry of a block list or a block map with comment lines above it; an empty line of it is written as one.
    Noted(String, Box<Self>),
}

impl Tree {
    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub(crate) fn number(number: impl Into<u64>) -> Self {
        Self::Bare(number.into().to_string())
    }

    /// True or false.
    pub(crate) fn bool(value: bool) -> Self {
        Self::Bare(value.to_string())
    }

    /// Nothing.
    pub(crate) fn null() -> Self {
        Self::Bare("null".to_owned())
    }

    /// A word of the user's, without quotes where nothing but its type would ask for them; what would be read as nothing
    /// has them.
    pub(crate) fn word(text: impl Into<String>) -> Self {
        let text = text.into();
        if is_null(&text) { Self::Text(text) } else { Self::Bare(text) }
    }

    /// `[a, b]` of texts.
    pub(crate) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::FlowList(texts.into_iter().map(Self::text).collect())
    }

    /// Puts comment lines above this entry; nothing changes for an empty comment.
    #[must_use]
    pub(crate) fn noted(self, comment: impl Into<String>) -> Self {
        let comment = comment.into();
        if comment.is_empty() { self } else { Self::Noted(comment, Box::new(self)) }
    }

    fn is_flow(&self) -> bool {
        match self {
            Self::FlowList(_) | Self::FlowMap(_) => true,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            Self::Text(_) | Self::Bare(_) | Self::Noted(..) => false,
        }
    }
}

/// The text of a document; ends with a line break. A map or a list outermost is written in blocks.
pub(crate) fn write(tree: &Tree) -> String {
    let mut writer = Writer { out: String::new() };
    match tree {
        Tree::Map(entries) | Tree::FlowMap(entries) if !entries.is_empty() => writer.map(entries, 0),
        Tree::List(items) | Tree::FlowList(items) if !items.is_empty() => writer.list(items, 0),
        Tree::Noted(comment, inner) => {
            writer.comment(comment, 0);
            writer.out.push_str(&write(inner));
        }
        Tree::Text(text) => writer.line(&scalar(text, false)),
        Tree::Bare(_) | Tree::Map(_) | Tree::FlowMap(_) | Tree::List(_) | Tree::FlowList(_) => {
            writer.line(&flow(tree).unwrap_or_default());
        }
    }
    writer.out
}

struct Writer {
    out: String,
}

impl Writer {
    fn map(&mut self, entries: &[(String, Tree)], indent: usize) {
        for (key, value) in entries {
            let value = self.notes(value, indent);
            self.indent(indent);
            self.out.push_str(&scalar(key, false));
            self.out.push(':');
            self.value(value, indent, false);
        }
    }

    fn list(&mut self, items: &[Tree], indent: usize) {
        for item in items {
            let item = self.notes(item, indent);
            self.indent(indent);
            self.out.push('-');
            self.value(item, indent, true);
        }
    }

    /// Writes the comments above an entry and gives the entry below them.
    fn notes<'a>(&mut self, mut tree: &'a Tree, indent: usize) -> &'a Tree {
        while let Tree::Noted(comment, inner) = tree {
            self.comment(comment, indent);
            tree = inner;
        }
        tree
    }

    /// What stands after `key:` or `-`, to the end of its last line. The first line of a map or list in a list stands
    /// beside its hyphen.
    fn value(&mut self, value: &Tree, indent: usize, in_list: bool) {
        match value {
            Tree::Text(text) => match block_header(text) {
                Some(header) => self.block(text, header, indent + 2),
                None => self.rest_of_line(&scalar(text, false)),
            },
            Tree::Bare(text) => self.rest_of_line(&bare(text, false)),
            Tree::List(items) | Tree::FlowList(items) => match self.one_line(value) {
                Some(line) => self.rest_of_line(&line),
                None => self.below(in_list, |writer| writer.list(items, indent + 2)),
            },
            Tree::Map(entries) | Tree::FlowMap(entries) => match self.one_line(value) {
                Some(line) => self.rest_of_line(&line),
                None => self.below(in_list, |writer| writer.map(entries, indent + 2)),
            },
            Tree::Noted(_, inner) => self.value(inner, indent, in_list),
        }
    }

    /// The value in flow style, if it is to be written so and the line is short enough.
    fn one_line(&self, value: &Tree) -> Option<String> {
        let line = value.is_flow().then(|| flow(value))??;
        let begun = self.out.rsplit('\n').next().map_or(0, |line| line.chars().count());
        let fits = begun + 1 + line.chars().count() <= WIDEST;
        (fits || matches!(line.as_str(), "{}" | "[]")).then_some(line)
    }

    /// Lines that belong to what was begun: on the next line, or beside a hyphen if they have no comment first.
    fn below(&mut self, in_list: bool, write: impl FnOnce(&mut Self)) {
        let mut lines = Self { out: String::new() };
        write(&mut lines);
        let beside = lines.out.trim_start_matches(' ');
        if in_list && !beside.starts_with(['#', '\n']) {
            self.out.push(' ');
            self.out.push_str(beside);
        } else {
            self.out.push('\n');
            self.out.push_str(&lines.out);
        }
    }

    fn block(&mut self, text: &str, header: &str, indent: usize) {
        self.rest_of_line(header);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.indent(indent);
            }
            self.line(line);
        }
    }

    /// Lines with a `#` before each; what is not printable in them is left out.
    fn comment(&mut self, comment: &str, indent: usize) {
        for line in comment.lines() {
            let shown: String = line.chars().filter(|character| is_printable(*character)).collect();
            let shown = shown.trim_end();
            if !shown.is_empty() {
                self.indent(indent);
                self.out.push_str("# ");
            }
            self.line(shown);
        }
    }

    fn rest_of_line(&mut self, text: &str) {
        self.out.push(' ');
        self.line(text);
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn scalar(text: &str, flow: bool) -> String {
    if is_plain(text, flow) { text.to_owned() } else { quoted(text) }
}

/// Without quotes where only the type that some reader gives the word would ask for them.
fn bare(text: &str, flow: bool) -> String {
    let only_type = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-._".contains(letter));
    let safe = only_type && text.chars().any(|letter| letter.is_ascii_alphanumeric());
    let dashes = text.starts_with("--");
    if safe && !dashes { text.to_owned() } else { scalar(text, flow) }
}

/// The value on one line; None if something in it needs several, or has a comment.
fn flow(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Text(text) => block_header(text).is_none().then(|| scalar(text, true)),
        Tree::Bare(text) => Some(bare(text, true)),
        Tree::List(items) | Tree::FlowList(items) => {
            let items: Vec<String> = items.iter().map(flow).collect::<Option<_>>()?;
            Some(format!("[{}]", items.join(", ")))
        }
        Tree::Map(entries) | Tree::FlowMap(entries) if entries.is_empty() => Some("{}".to_owned()),
        Tree::Map(entries) | Tree::FlowMap(entries) => {
            let entries: Vec<String> = entries.iter().map(entry).collect::<Option<_>>()?;
            Some(format!("{{ {} }}", entries.join(", ")))
        }
        Tree::Noted(..) => None,
    }
}

fn entry((key, value): &(String, Tree)) -> Option<String> {
    Some(format!("{}: {}", scalar(key, true), flow(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::node::{Node, Value};
    use crate::yaml::read::document;

    fn text(text: &str) -> Tree {
        Tree::text(text)
    }

    fn map(entries: &[(&str, Tree)]) -> Tree {
        Tree::Map(entries.iter().map(|(key, tree)| ((*key).to_owned(), tree.clone())).collect())
    }

    fn flow_map(entries: &[(&str, Tree)]) -> Tree {
        Tree::FlowMap(entries.iter().map(|(key, tree)| ((*key).to_owned(), tree.clone())).collect())
    }

    #[test]
    fn a_revision_as_people_expect_it() {
        let column = |ty: &str| flow_map(&[("type", text(ty)), ("nullable", Tree::bool(false))]);
        let table = map(&[
            ("name", text("orders")),
            ("columns", map(&[("id", column("bigint")), ("on", column("decimal(10,2)"))])),
            ("primary_key", Tree::texts(["id"])),
        ]);
        let tree = map(&[
            ("revision", text("1975ea83b712")),
            ("down_revision", text("12e4")),
            ("branch_labels", Tree::List(vec![])),
            ("message", text("add orders")),
            (
                "upgrade",
                Tree::List(vec![
                    map(&[("create_table", table)]),
                    map(&[("drop_table", flow_map(&[("name", text("no"))]))]).noted("loses rows\nof `no`"),
                    map(&[("sql", text("SELECT 1;\n\nSELECT 2;\n"))]),
                    map(&[("sql", text("SELECT ': '"))]),
                ]),
            ),
            ("downgrade", Tree::List(vec![])),
        ]);
        let expected = r#"revision: 1975ea83b712
down_revision: "12e4"
branch_labels: []
message: add orders
upgrade:
  - create_table:
      name: orders
      columns:
        id: { type: bigint, nullable: false }
        "on": { type: "decimal(10,2)", nullable: false }
      primary_key: [id]
  # loses rows
  # of `no`
  - drop_table: { name: "no" }
  - sql: |
      SELECT 1;

      SELECT 2;
  - sql: "SELECT ': '"
downgrade: []
"#;
        assert_eq!(write(&tree), expected);
        document(&write(&tree)).unwrap();
    }

    #[test]
    fn wide_and_many_lined_values_become_blocks() {
        let wide = flow_map(&[("a", text(&"x".repeat(60))), ("b", text(&"y".repeat(60)))]);
        let expected = format!("k:\n  a: {}\n  b: {}\n", "x".repeat(60), "y".repeat(60));
        assert_eq!(write(&map(&[("k", wide.clone())])), expected);
        let expected = format!("- a: {}\n  b: {}\n", "x".repeat(60), "y".repeat(60));
        assert_eq!(write(&Tree::List(vec![wide])), expected);
        let lines = flow_map(&[("where", text("a\nb"))]);
        assert_eq!(write(&map(&[("k", lines)])), "k:\n  where: |-\n    a\n    b\n");
        let nested = Tree::List(vec![Tree::List(vec![text("a"), text("b")]), Tree::texts(["c"])]);
        assert_eq!(write(&nested), "- - a\n  - b\n- [c]\n");
    }

    #[test]
    fn comments_stand_above() {
        let list = Tree::List(vec![text("a").noted("first"), text("b").noted("\n")]);
        assert_eq!(write(&map(&[("k", list.noted("about k"))])), "# about k\nk:\n  # first\n  - a\n\n  - b\n");
        let inner = Tree::List(vec![map(&[("a", text("b").noted("odd"))])]);
        assert_eq!(write(&inner), "-\n  # odd\n  a: b\n");
        let hidden = flow_map(&[("a", text("b").noted("seen"))]);
        assert_eq!(write(&map(&[("k", hidden)])), "k:\n  # seen\n  a: b\n");
        assert_eq!(write(&map(&[("a", text("b"))]).noted("top\nx: \u{7}y")), "# top\n# x: y\na: b\n");
    }

    #[test]
    fn bare_words_keep_their_type() {
        let values =
            ["1.10", "0012", "yes", "true", "null", "-5", "1e3", "2001-12-14"].map(|word| Tree::Bare(word.to_owned()));
        assert_eq!(
            write(&Tree::FlowList(values.to_vec())),
            "- 1.10\n- 0012\n- yes\n- true\n- null\n- -5\n- 1e3\n- 2001-12-14\n"
        );
        let odd = ["--", "a: b", "", "#"].map(|word| Tree::Bare(word.to_owned()));
        assert_eq!(write(&map(&[("k", Tree::FlowList(odd.to_vec()))])), "k: [\"--\", \"a: b\", \"\", \"#\"]\n");
        assert_eq!(write(&Tree::number(7u32)), "7\n");
        assert_eq!(write(&text("7")), "\"7\"\n");
        assert_eq!(write(&Tree::Map(vec![])), "{}\n");
        assert_eq!(write(&Tree::null()), "null\n");
        let nothing = ["", "~", "null", "Null", "NULL", "nulls"].map(Tree::word);
        assert_eq!(
            write(&Tree::FlowList(nothing.to_vec())),
            "- \"\"\n- \"~\"\n- \"null\"\n- \"Null\"\n- \"NULL\"\n- nulls\n"
        );
    }

    /// A small generator of numbers that are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((self.0 >> 33) % limit as u64).unwrap()
        }

        fn text(&mut self) -> String {
            const PIECES: [&str; 64] = [
                "a",
                "b",
                "no",
                "on",
                "null",
                "1",
                "0",
                "e",
                ".",
                ":",
                " ",
                "  ",
                "#",
                "-",
                "?",
                ",",
                "[",
                "]",
                "{",
                "}",
                "(",
                ")",
                "&",
                "*",
                "!",
                "|",
                ">",
                "'",
                "\"",
                "%",
                "@",
                "`",
                "\\",
                "\n",
                "\n\n",
                "\r",
                "\t",
                "\u{0}",
                "\u{7f}",
                "\u{85}",
                "\u{a0}",
                "\u{2028}",
                "\u{feff}",
                "ü",
                "漢",
                "🦀",
                "~",
                "=",
                "<<",
                "---",
                "...",
                "0x",
                "_",
                "+",
                "12:30",
                "2001-12-14",
                "SELECT 1;",
                "\n  x",
                " #",
                ": ",
                "- ",
                "$$",
                "\u{1b}",
                "\u{fffd}",
            ];
            (0..self.below(6)).map(|_| PIECES[self.below(PIECES.len())]).collect()
        }

        fn tree(&mut self, depth: usize) -> Tree {
            let size = self.below(4);
            match self.below(if depth == 0 { 2 } else { 7 }) {
                0 | 1 => Tree::Text(self.text()),
                2 => Tree::List((0..size).map(|_| self.tree(depth - 1)).collect()),
                3 => Tree::FlowList((0..size).map(|_| self.tree(depth - 1)).collect()),
                4 => Tree::Map(self.entries(depth, size)),
                5 => Tree::FlowMap(self.entries(depth, size)),
                _ => self.tree(depth - 1).noted(self.text()),
            }
        }

        fn entries(&mut self, depth: usize, size: usize) -> Vec<(String, Tree)> {
            (0..size).map(|index| (format!("{}{index}", self.text()), self.tree(depth - 1))).collect()
        }
    }

    fn same(tree: &Tree, node: &Node) -> bool {
        match (tree, &node.value) {
            (Tree::Noted(_, inner), _) => same(inner, node),
            (Tree::Text(text), Value::Scalar { text: read, .. }) => text == read,
            (Tree::List(items) | Tree::FlowList(items), Value::List(nodes)) => {
                items.len() == nodes.len() && items.iter().zip(nodes).all(|(item, node)| same(item, node))
            }
            (Tree::Map(entries) | Tree::FlowMap(entries), Value::Map(nodes)) => {
                entries.len() == nodes.len()
                    && entries
                        .iter()
                        .zip(nodes)
                        .all(|((key, tree), (read, node))| *key == read.text && same(tree, node))
            }
            _ => false,
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for seed in 0..3000 {
            let mut dice = Dice(seed);
            dice.below(2);
            let tree = dice.tree(4);
            let written = write(&tree);
            let read = document(&written).unwrap_or_else(|error| panic!("seed {seed}: {error:?}\n{tree:?}\n{written}"));
            assert!(same(&tree, &read), "seed {seed}\n{tree:?}\n{read:?}\n{written}");
            assert!(
                !written.lines().any(|line| line.len() > line.trim_end_matches(' ').len()) || written.contains('|')
            );
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic() {
        let mut accepted = 0;
        for seed in 0..20_000 {
            let mut dice = Dice(seed);
            let text: String = (0..dice.below(8)).map(|_| dice.text()).collect();
            accepted += usize::from(document(&text).is_ok_and(|node| node.line > 0 && node.column > 0));
        }
        assert!((2_000..18_000).contains(&accepted), "{accepted} of 20,000 were accepted");
    }
}
