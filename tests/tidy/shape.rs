//! Lengths of files and functions, and the files of the dialects.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::imports::DATABASES;
use super::source::{Kind, Source, Token, Tree, after_brackets};

const FILE_LINES: usize = 800;
/// Lines of a body with code on them, as clippy's `too_many_lines` counts.
const FUNCTION_LINES: usize = 70;

/// What every dialect has. The same job has the same file name in each.
const OF_EVERY_DIALECT: [&str; 8] =
    ["capabilities", "types", "quote", "compare", "render", "inspect", "lock", "scratch"];
/// What one dialect has and the others need not.
const OF_ONE_DIALECT: [(&str, &str); 3] = [("sqlite", "ddl"), ("sqlite", "definition"), ("sqlite", "rebuild")];
/// Tests against a server that do not fit into the file that they test.
const OF_TESTS: &str = "live";

/// Judges the lengths of all files and functions, those of tests included.
pub(crate) fn check_lengths(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().flat_map(|source| long_file(source).into_iter().chain(long_functions(source))).collect()
}

fn long_file(source: &Source) -> Option<Finding> {
    let message = format!("{} lines, {FILE_LINES} at most", source.lines);
    (source.lines > FILE_LINES).then(|| Finding { file: source.path.clone(), line: 0, message })
}

fn long_functions(source: &Source) -> Vec<Finding> {
    let tokens = &source.tokens;
    let names = tokens.windows(2).enumerate().filter(|(_, two)| two[0].is_word("fn") && two[1].kind == Kind::Word);
    let long = names.filter_map(|(index, two)| {
        let lines = body_lines(tokens, index);
        let message = format!("fn {}: {lines} lines, {FUNCTION_LINES} at most", two[1].text);
        (lines > FUNCTION_LINES).then(|| Finding { file: source.path.clone(), line: two[0].line, message })
    });
    long.collect()
}

/// How many lines of the body of the function that begins here hold code.
fn body_lines(tokens: &[Token], at: usize) -> usize {
    let mut index = at;
    while let Some(token) = tokens.get(index) {
        if token.is_mark(';') {
            return 0; // of a trait, without a body
        }
        if token.is_mark('{') {
            let body = &tokens[index + 1..after_brackets(tokens, index) - 1];
            let lines: BTreeSet<usize> = body.iter().flat_map(|token| token.line..=token.end_line).collect();
            return lines.len();
        }
        index = if token.is_mark('(') || token.is_mark('[') { after_brackets(tokens, index) } else { index + 1 };
    }
    0
}

/// Judges the file names in the folders of the dialects that are there.
pub(crate) fn check_dialects(tree: &Tree) -> Vec<Finding> {
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in tree.src() {
        let names: Vec<&str> = source.module.iter().map(String::as_str).collect();
        if let ["dialect", database, rest @ ..] = names.as_slice()
            && DATABASES.contains(database)
        {
            files.entry(database).or_default().extend(rest.first().filter(|name| **name != OF_TESTS));
        }
    }
    let everywhere: BTreeSet<&str> = files.values().flatten().copied().chain(OF_EVERY_DIALECT).collect();
    let missing = files.iter().flat_map(|(database, own)| {
        let wanted = everywhere.iter().filter(|name| !own.contains(*name) && !belongs_to_one(name));
        wanted.map(move |name| absent(database, name))
    });
    let strangers = files.iter().flat_map(|(database, own)| {
        own.iter().filter(|name| belongs_to_one(name) && !OF_ONE_DIALECT.contains(&(database, name))).map(move |name| {
            Finding {
                file: format!("src/dialect/{database}"),
                line: 0,
                message: format!("{name} is of another dialect only"),
            }
        })
    });
    missing.chain(strangers).collect()
}

fn belongs_to_one(name: &str) -> bool {
    OF_ONE_DIALECT.iter().any(|(_, file)| *file == name)
}

fn absent(database: &str, name: &str) -> Finding {
    let message = format!("no {name}: the same job has the same file name in every dialect");
    Finding { file: format!("src/dialect/{database}"), line: 0, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        let body: String = (0..lines).map(|line| format!("    f({line});\n\n    // why\n")).collect();
        format!(
            "fn long<const N: usize>(a: [u8; 3]) -> u8\nwhere u8: Copy {{\n{body}}}\nfn short() {{}}\ntrait T {{ fn none(); }}\n"
        )
    }

    #[test]
    fn long_functions_are_found_and_blank_lines_do_not_count() {
        assert_eq!(check_lengths(&Tree::of(&[("src/x.rs", &function(70))])), []);
        let found = check_lengths(&Tree::of(&[("tests/x.rs", &function(71))]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].line, found[0].message.as_str()), (1, "fn long: 71 lines, 70 at most"));
        let text = format!("fn f() {{ g(\"{}\") }}", "\n".repeat(71));
        assert_eq!(check_lengths(&Tree::of(&[("src/x.rs", &text)])).len(), 1, "a long text is long");
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(check_lengths(&Tree::of(&[("src/x.rs", &"//\n".repeat(800))])), []);
        let found = check_lengths(&Tree::of(&[("src/x.rs", &"//\n".repeat(801))]));
        assert_eq!(found[0].message, "801 lines, 800 at most");
    }

    fn dialect(database: &str, files: &[&str]) -> Vec<(String, String)> {
        files.iter().map(|name| (format!("src/dialect/{database}/{name}.rs"), String::new())).collect()
    }

    fn found(files: &[(String, String)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        check_dialects(&Tree::of(&files))
            .into_iter()
            .map(|found| format!("{}: {}", found.file, found.message))
            .collect()
    }

    #[test]
    fn dialects_have_the_same_files() {
        let all = ["mod", "capabilities", "types", "quote", "compare", "render", "inspect/tables", "lock", "scratch"];
        let mut files =
            [dialect("sqlite", &all), dialect("mysql", &all), dialect("sqlite", &["ddl", "rebuild/plan"])].concat();
        assert_eq!(found(&files), Vec::<String>::new());
        files.extend(dialect("mysql", &["splitter"]));
        assert_eq!(
            found(&files),
            ["src/dialect/sqlite: no splitter: the same job has the same file name in every dialect"]
        );
    }

    #[test]
    fn a_dialect_has_all_files_and_only_its_own() {
        let files =
            dialect("postgres", &["capabilities", "types", "quote", "compare", "render", "inspect", "scratch", "ddl"]);
        assert_eq!(
            found(&files),
            [
                "src/dialect/postgres: no lock: the same job has the same file name in every dialect",
                "src/dialect/postgres: ddl is of another dialect only",
            ]
        );
    }
}
