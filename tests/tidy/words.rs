//! Which words stand where: I/O, printing, the environment, drivers, serde, the names of databases, SQL.

use super::Finding;
use super::imports::reads_a_database;
use super::source::{CodePath, Kind, Source, Token, Tree, after_brackets, paths};

/// Words that only some modules may use.
struct Reserved {
    /// `std::fs` and what is below it, `sqlx::` a crate, `println!` a macro, else a word of its own.
    words: &'static [&'static str],
    /// `dialect::mysql` is that folder.
    only_in: &'static [&'static str],
    because: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        words: &[
            "println!",
            "print!",
            "eprintln!",
            "eprint!",
            "dbg!",
            "std::io::stdout",
            "std::io::stderr",
            "anstream::",
        ],
        only_in: &["report", "build"],
        because: "only report prints",
    },
    Reserved { words: &["owo_colors::"], only_in: &["report", "cli"], because: "only report prints" },
    Reserved {
        words: &["std::io::stdin", "IsTerminal"],
        only_in: &["report", "cli"],
        because: "the library looks at no terminal",
    },
    Reserved {
        words: &["std::env", "env::var", "env::vars", "env::var_os", "env::current_dir"],
        only_in: &["config"],
        because: "only config reads the environment and the working folder",
    },
    Reserved {
        words: &["std::process::exit", "process::exit", "std::process::abort", "process::abort"],
        only_in: &["main"],
        because: "only main exits",
    },
    Reserved { words: &["ExitCode"], only_in: &["main", "cli"], because: "only main exits" },
    Reserved { words: &["tokio::signal"], only_in: &["cli"], because: "the library sets no signal handlers" },
    Reserved {
        words: &["std::fs", "tokio::fs"],
        only_in: &[
            "model",
            "revision",
            "text_file",
            "config",
            "cli",
            "execute",
            "db",
            "report",
            "migrator",
            "cache",
            "build",
            "import",
        ],
        because: "it does no I/O",
    },
    Reserved {
        words: &["std::process::Command", "tokio::process"],
        only_in: &["model", "cli", "import"],
        because: "it starts no programs",
    },
    Reserved {
        words: &["SystemTime", "chrono::"],
        only_in: &["cli", "report"],
        because: "times come from the server or from the caller",
    },
    Reserved {
        words: &["sqlx::", "libsqlite3_sys::", "unsafe", "std::net", "tokio::net", "futures_util::"],
        only_in: &["db"],
        because: "db has the only sockets",
    },
    Reserved { words: &["sea_schema::"], only_in: &["dialect::mysql"], because: "only this dialect has a use for it" },
    Reserved { words: &["serde_yaml::"], only_in: &["yaml"], because: "one place knows the YAML library" },
    Reserved {
        words: &["serde::", "serde_json::", "Serialize", "Deserialize"],
        only_in: &["config", "revision", "model", "format", "yaml", "report", "execute", "import"],
        because: "serde stays at the borders",
    },
    Reserved { words: &["clap::", "clap_complete::"], only_in: &["cli"], because: "only cli knows the command line" },
    Reserved {
        words: &["tracing_subscriber::"],
        only_in: &["cli", "report"],
        because: "the library installs no logger",
    },
    Reserved { words: &["similar::"], only_in: &["report", "check"], because: "text is compared for people only" },
    Reserved { words: &["HashMap", "HashSet"], only_in: &[], because: "output must not depend on hash order" },
];

/// What no pure module has: files, sockets, programs, environment, clock, chance, waiting.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::io",
    "std::thread",
    "std::time::Instant",
    "Instant::now",
    "SystemTime",
    "tokio::",
    "sqlx::",
    "chrono::",
    "rand::",
    "RandomState",
    "async",
    "await",
    "unsafe",
];
const PURE: &[&str] =
    &["schema", "ops", "graph", "plan", "diff", "lint", "statement", "format", "yaml", "error", "encode", "draw"];

/// Where databases have names.
const MAY_NAME_DATABASES: &[&str] = &["dialect", "db", "statement"];
const NAMES: [&str; 5] = ["postgres", "postgresql", "mysql", "mariadb", "sqlite"];

/// Modules that ask a dialect for every word of SQL. Not `execute`: the tables of the program itself are read and written
/// in words that every database knows.
const STAGES: &[&str] = &["schema", "ops", "graph", "diff", "plan", "check", "report", "format"];
const SQL_BEGINNINGS: [&str; 16] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    "CREATE ",
    "ALTER ",
    "DROP ",
    "RENAME ",
    "SET ",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "PRAGMA ",
    "LOCK ",
    "SAVEPOINT ",
    "TRUNCATE ",
];

/// Judges reserved words, and the words that no pure module has.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.src().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let paths = paths(&source.code);
    let lines_of = |word| lines_with(&source.code, &paths, word);
    let reserved = RESERVED.iter().filter(|rule| !stands_in(source, rule.only_in)).flat_map(|rule| {
        let found = rule.words.iter().flat_map(|word| lines_of(word).into_iter().map(move |line| (line, *word)));
        found.map(|(line, word)| finding(source, line, format!("`{word}` in {}: {}", source.top(), rule.because)))
    });
    let impure = IMPURE.iter().filter(|_| is_pure(source)).flat_map(|word| {
        let name = source.module.join("::");
        lines_of(word).into_iter().map(move |line| finding(source, line, format!("`{word}` in {name}, which is pure")))
    });
    let mut found: Vec<_> = reserved.chain(impure).collect();
    found.sort();
    found.dedup_by(|one, other| one.line == other.line); // one complaint a line is enough
    found
}

fn finding(source: &Source, line: usize, message: String) -> Finding {
    Finding { file: source.path.clone(), line, message }
}

fn stands_in(source: &Source, modules: &[&str]) -> bool {
    let own = source.module.join("::");
    modules.iter().any(|module| own == *module || own.strip_prefix(module).is_some_and(|rest| rest.starts_with("::")))
}

fn is_pure(source: &Source) -> bool {
    PURE.contains(&source.top()) || (source.top() == "dialect" && !reads_a_database(&source.module))
}

/// The lines with this word, in the spelling of [`Reserved::words`].
fn lines_with(code: &[Token], paths: &[CodePath], word: &str) -> Vec<usize> {
    if let Some(name) = word.strip_suffix('!') {
        let calls = code.windows(2).filter(|two| two[0].is_word(name) && two[1].is_mark('!'));
        return calls.map(|two| two[0].line).collect();
    }
    if word.contains("::") {
        let start = word.strip_suffix("::").unwrap_or(word);
        return paths.iter().filter(|path| path.starts_with(start)).map(|path| path.line).collect();
    }
    code.iter().filter(|token| token.is_word(word)).map(|token| token.line).collect()
}

/// Judges the names of databases in code: identifiers, and texts that are nothing but a name.
pub(crate) fn check_databases(tree: &Tree) -> Vec<Finding> {
    let sources = tree.src().filter(|source| !MAY_NAME_DATABASES.contains(&source.top()) && !parses_urls(source));
    sources.flat_map(|source| named_databases(source).into_iter()).collect()
}

/// The URL parser, wherever it stands.
fn parses_urls(source: &Source) -> bool {
    source.module.last().is_some_and(|name| name == "url")
}

fn named_databases(source: &Source) -> Vec<Finding> {
    let is_feature =
        |index: usize| index >= 2 && source.code[index - 2].is_word("feature") && source.code[index - 1].is_mark('=');
    let names = source.code.iter().enumerate().filter(|(index, token)| match token.kind {
        Kind::Word => NAMES.iter().any(|name| token.text.to_lowercase().contains(name)),
        Kind::Text => NAMES.contains(&token.text.to_lowercase().as_str()) && !is_feature(*index),
        Kind::Number | Kind::Lifetime | Kind::Mark => false,
    });
    let message =
        |token: &Token| format!("`{}` names a database: ask the dialect for a capability or a word", token.text);
    names.map(|(_, token)| finding(source, token.line, message(token))).collect()
}

/// Judges texts that begin like a statement, in modules that should ask a dialect.
pub(crate) fn check_sql(tree: &Tree) -> Vec<Finding> {
    let sources = tree.src().filter(|source| STAGES.contains(&source.top()));
    let texts = sources.flat_map(|source| source.code.iter().map(move |token| (source, token)));
    let found = texts.filter(|(_, token)| {
        token.kind == Kind::Text && SQL_BEGINNINGS.iter().any(|start| token.text.trim_start().starts_with(start))
    });
    found.map(|(source, token)| finding(source, token.line, format!("SQL in a stage: `{}`", token.text))).collect()
}

/// Judges what was left for later, in tests too.
pub(crate) fn check_stubs(tree: &Tree) -> Vec<Finding> {
    let stubs = |source: &Source| {
        let found = source.tokens.windows(3).filter(|three| {
            let is_stub = ["todo", "unimplemented"].iter().any(|name| three[0].is_word(name)) && three[1].is_mark('!');
            let is_ignored = three[0].is_mark('#') && three[1].is_mark('[') && three[2].is_word("ignore");
            is_stub || is_ignored
        });
        found
            .map(|three| finding(source, three[0].line, "a stub, or a test that does not run".to_owned()))
            .collect::<Vec<_>>()
    };
    tree.sources.iter().flat_map(stubs).collect()
}

/// Judges serde attributes that lose line numbers, or keys that nobody knows.
pub(crate) fn check_serde(tree: &Tree) -> Vec<Finding> {
    tree.src().flat_map(serde_attributes).collect()
}

fn serde_attributes(source: &Source) -> Vec<Finding> {
    let code = &source.code;
    let opens = code.windows(2).enumerate().filter(|(_, two)| two[0].is_mark('#') && two[1].is_mark('['));
    let attributes = opens.map(|(index, _)| &code[index..after_brackets(code, index + 1)]);
    let serde = attributes.filter(|attribute| attribute.iter().any(|token| token.is_word("serde")));
    let words = serde.flatten().filter(|token| token.is_word("untagged") || token.is_word("flatten"));
    words
        .map(|token| finding(source, token.line, format!("serde({}) loses the place of an error", token.text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&Tree) -> Vec<Finding>;

    #[track_caller]
    fn finds(check: Check, path: &str, text: &str, message: &str) {
        let found = check(&Tree::of(&[(path, text)]));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].message.contains(message), "{found:?}");
    }

    #[track_caller]
    fn allows(check: Check, path: &str, text: &str) {
        assert_eq!(check(&Tree::of(&[(path, text)])), [], "{text}");
    }

    #[test]
    fn every_reserved_word_is_refused_elsewhere_and_allowed_at_home() {
        for rule in RESERVED {
            for word in rule.words {
                let text = match (word.strip_suffix('!'), word.strip_suffix("::")) {
                    (Some(_), _) => format!("fn f() {{ {word}(\"x\"); }}"),
                    (_, Some(name)) => format!("use {name}::x;"),
                    _ => format!("use {word};\nfn f() {{ {word}; }}"),
                };
                let elsewhere = check(&Tree::of(&[("src/orm/mod.rs", &text)]));
                assert!(!elsewhere.is_empty(), "{text}");
                assert!(elsewhere[0].message.contains(rule.because), "{elsewhere:?}");
                for home in rule.only_in {
                    let path = format!("src/{}/part.rs", home.replace("::", "/"));
                    let at_home = check(&Tree::of(&[(&path, &text)]));
                    assert!(
                        !at_home.iter().any(|found| found.message.contains(rule.because)),
                        "{path}: {text}: {at_home:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn pure_modules_do_no_io() {
        for module in PURE {
            let path = format!("src/{module}/part.rs");
            finds(check, &path, "async fn f() {}", "pure");
            finds(check, &path, "use std::time::Instant;", "pure");
            finds(check, &path, "use std::{fmt, thread};", "pure");
            finds(check, &path, "fn f() { tokio::task::yield_now(); }", "pure");
            allows(check, &path, "use std::time::Duration; use std::fmt; enum Cost { Instant }");
        }
        finds(check, "src/dialect/postgres/render.rs", "async fn f() {}", "pure");
        allows(check, "src/dialect/postgres/inspect.rs", "async fn f() { g().await }");
        finds(check, "src/dialect/postgres/inspect.rs", "use std::fs::File;", "no I/O");
    }

    #[test]
    fn a_group_or_a_comment_does_not_change_the_answer() {
        finds(check, "src/orm/mod.rs", "use std::{collections::BTreeMap, fs};", "no I/O");
        finds(check, "src/cli/mod.rs", "fn f() { std::env::var(\"HOME\"); }", "only config");
        allows(check, "src/orm/mod.rs", "// println!(\"x\")\nfn f() -> &'static str { \"std::fs\" }");
        allows(check, "src/orm/mod.rs", "#[cfg(test)] mod tests { use std::fs; fn f() { println!(); } }");
    }

    #[test]
    fn only_dialects_name_databases() {
        let refused =
            ["match p { Product::Postgres => 1 }", "fn for_mysql() {}", "if name == \"sqlite\" {}", "struct MariaDb;"];
        for text in refused {
            finds(check_databases, "src/execute/mod.rs", text, "names a database");
            for home in ["src/dialect/mod.rs", "src/db/mod.rs", "src/statement.rs", "src/config/url.rs"] {
                allows(check_databases, home, text);
            }
        }
        allows(check_databases, "src/execute/mod.rs", "#[cfg(feature = \"sqlite\")] fn f() {} // sqlite");
        allows(check_databases, "src/cli/mod.rs", "const HELP: &str = \"postgres://, mysql:// or sqlite://\";");
    }

    #[test]
    fn stages_hold_no_sql() {
        finds(check_sql, "src/diff/mod.rs", "fn f() { g(\"ALTER TABLE t\") }", "SQL in a stage");
        finds(check_sql, "src/plan/mod.rs", "fn f() { g(\"COMMIT\") }", "SQL in a stage");
        allows(check_sql, "src/dialect/mysql/render.rs", "fn f() { g(\"ALTER TABLE t\") }");
        allows(check_sql, "src/ops/mod.rs", "fn f() { g(\"drop table t\") } // DROP TABLE t");
    }

    #[test]
    fn nothing_is_left_for_later() {
        for text in ["fn f() { todo!() }", "fn f() { unimplemented!(\"x\") }", "#[test]\n#[ignore]\nfn f() {}"] {
            finds(check_stubs, "src/ops/mod.rs", text, "stub");
            finds(check_stubs, "tests/x.rs", text, "stub");
        }
        finds(check_stubs, "tests/x.rs", "#[ignore = \"slow\"] fn f() {}", "does not run");
        allows(check_stubs, "tests/x.rs", "fn f() { g(\"todo!()\") } // todo!()");
    }

    #[test]
    fn serde_keeps_places() {
        finds(check_serde, "src/config/mod.rs", "#[serde(untagged)] enum E {}", "untagged");
        finds(check_serde, "src/config/mod.rs", "struct S { #[serde(default, flatten)] x: T }", "flatten");
        finds(
            check_serde,
            "src/config/mod.rs",
            "#[cfg_attr(feature = \"files\", serde(untagged))] enum E {}",
            "untagged",
        );
        allows(check_serde, "src/config/mod.rs", "#[serde(deny_unknown_fields)] struct S; fn f() { x.flatten() }");
    }
}
