//! The rules of the house (docs/ARCHITECTURE.md, "Rules of absence"), proven from the sources: who imports whom, which words
//! stand where, how long files and functions are. Reads files only; needs no server and no build of the program.
//!
//! A rule is a function from a [`Tree`] to what it found; the same function judges the real tree (the tests of this file)
//! and made-up ones (the tests beside each rule, which show that it can fail). The rules read tokens, not syntax trees:
//! `source.rs` says what that does not see.

mod imports;
mod operations;
mod shape;
mod source;
mod words;

use std::collections::BTreeSet;

use source::Tree;

/// Something that a rule does not allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// From the top of the repository.
    pub(crate) file: String,
    /// From 1; 0 = the whole file or folder.
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// Files that break a rule for a reason: rule, file, reason. The list may only shrink: one that is not needed any more fails.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// What is left of the findings of a rule after the exceptions, as lines for people; and exceptions that nothing needs.
fn verdict(rule: &str, findings: &[Finding], exceptions: &[(&str, &str, &str)]) -> Vec<String> {
    let excused: BTreeSet<&str> =
        exceptions.iter().filter(|(name, ..)| *name == rule).map(|(_, file, _)| *file).collect();
    let used: BTreeSet<&str> = findings.iter().map(|finding| finding.file.as_str()).collect();
    let broken = findings
        .iter()
        .filter(|finding| !excused.contains(finding.file.as_str()))
        .map(|Finding { file, line, message }| format!("{file}:{line}: {message}"));
    let needless =
        excused.difference(&used).map(|file| format!("{file}: the exception from {rule} is not needed: remove it"));
    broken.chain(needless).collect()
}

#[track_caller]
fn judge(rule: &str, check: fn(&Tree) -> Vec<Finding>) {
    let tree = Tree::of_this_repository();
    let mut findings = check(&tree);
    findings.sort();
    findings.dedup();
    let lines = verdict(rule, &findings, EXCEPTIONS);
    assert!(lines.is_empty(), "{rule}: {} found\n{}\n", lines.len(), lines.join("\n"));
}

#[test]
fn modules_import_what_the_table_allows() {
    judge("imports", imports::check);
}

#[test]
fn words_stand_where_they_may() {
    judge("words", words::check);
}

#[test]
fn only_dialects_name_databases() {
    judge("databases", words::check_databases);
}

#[test]
fn stages_hold_no_sql() {
    judge("sql", words::check_sql);
}

#[test]
fn nothing_is_left_for_later() {
    judge("stubs", words::check_stubs);
}

#[test]
fn serde_refuses_what_it_does_not_know() {
    judge("serde", words::check_serde);
}

#[test]
fn every_place_answers_for_every_operation() {
    judge("operations", operations::check);
}

#[test]
fn files_and_functions_are_short() {
    judge("lengths", shape::check_lengths);
}

#[test]
fn dialects_have_the_same_files() {
    judge("dialects", shape::check_dialects);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_tree_is_read() {
        let tree = Tree::of_this_repository();
        for file in ["src/lib.rs", "src/main.rs", "src/error.rs", "tests/all.rs", "tests/tidy/source.rs"] {
            assert!(tree.sources.iter().any(|source| source.path == file), "{file} was not read");
        }
    }

    #[test]
    fn an_exception_excuses_its_file_and_rule_only() {
        let finding = |file: &str| Finding { file: file.to_owned(), line: 3, message: "too long".to_owned() };
        let found = [finding("a.rs"), finding("b.rs")];
        assert_eq!(verdict("lengths", &found, &[]), ["a.rs:3: too long", "b.rs:3: too long"]);
        assert_eq!(verdict("lengths", &found, &[("lengths", "a.rs", "why")]), ["b.rs:3: too long"]);
        assert_eq!(verdict("lengths", &found, &[("words", "a.rs", "why")]).len(), 2);
    }

    #[test]
    fn an_exception_that_nothing_needs_fails() {
        let lines = verdict("lengths", &[], &[("lengths", "a.rs", "why")]);
        assert_eq!(lines, ["a.rs: the exception from lengths is not needed: remove it"]);
    }
}
