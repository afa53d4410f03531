//! A document, cut into what is played.

/// A thing to do, in the order of the document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// From here on another empty folder, with a database of this product.
    NewFolder(Option<&'t str>),
    /// From here on a new database of this product, in the same folder.
    NewDatabase(&'t str),
    File {
        name: &'t str,
        text: &'t str,
    },
    Console {
        /// Of the fence, from 1.
        line: usize,
        /// The whole block.
        text: &'t str,
        shown: Vec<Shown>,
    },
}

/// A command and what stands below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) command: String,
    pub(super) output: String,
}

const FENCE: &str = "```";

/// The parts of a document. Other blocks are left out.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    // Offset behind the opening fence, its words, its line.
    let mut open: Option<(usize, &str, usize)> = None;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim_end();
        match open {
            Some((start, words, at)) if bare == FENCE => {
                parts.extend(block(words, &text[start..offset], at));
                open = None;
            }
            Some(_) => {}
            None => match bare.strip_prefix(FENCE) {
                Some(words) => open = Some((offset + line.len(), words, number + 1)),
                None => parts.extend(stage(bare)),
            },
        }
        offset += line.len();
    }
    assert_eq!(open, None, "a block is never closed");
    parts
}

fn stage(line: &str) -> Option<Part<'_>> {
    let words = line.strip_prefix("<!-- new ")?.strip_suffix("-->")?;
    let (what, product) = words.split_once(':').map_or((words, None), |(what, word)| (what, Some(word.trim())));
    match (what.trim(), product) {
        ("folder", product) => Some(Part::NewFolder(product)),
        ("database", Some(product)) => Some(Part::NewDatabase(product)),
        other => panic!("a stage is a new folder or a new database: {other:?}"),
    }
}

fn block<'t>(words: &'t str, text: &'t str, line: usize) -> Option<Part<'t>> {
    if let Some((_, rest)) = words.split_once("title=\"") {
        let name = rest.split('"').next().unwrap_or_default();
        return Some(Part::File { name, text });
    }
    (words.trim() == "console").then(|| Part::Console { line, text, shown: shown(text) })
}

fn shown(text: &str) -> Vec<Shown> {
    let mut steps: Vec<Shown> = Vec::new();
    for line in text.split_inclusive('\n') {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                steps.push(Shown { command: command.trim_end().to_owned(), output: String::new() });
            }
            (None, Some(step)) => step.output.push_str(line),
            (None, None) => panic!("a block of the console begins with a command: {line}"),
        }
    }
    steps
}

#[test]
fn a_page_is_cut_into_parts() {
    let page = "a\n```yaml title=\"m/a.yaml\"\nx: 1\n```\n<!-- new folder: mysql -->\n<!-- new database: postgres -->\n```console\n$ a b\nout\n$ c\n```\n\
                ```sh\n$ no\n```\n<!-- new folder -->\n";
    let step = |command: &str, output: &str| Shown { command: command.to_owned(), output: output.to_owned() };
    let expected = [
        Part::File { name: "m/a.yaml", text: "x: 1\n" },
        Part::NewFolder(Some("mysql")),
        Part::NewDatabase("postgres"),
        Part::Console { line: 7, text: "$ a b\nout\n$ c\n", shown: vec![step("a b", "out\n"), step("c", "")] },
        Part::NewFolder(None),
    ];
    assert_eq!(parts(page), expected);
}
