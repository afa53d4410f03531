//! What the README and the guide show is what happens. Each document is played in an empty folder, from top to bottom:
//!
//! - a block whose first line is ```` ```yaml title="models/shop.yaml" ```` (any language) is written to that file;
//! - a block ```` ```console ```` is run: after each `$ ` a command for the shell, below it what it prints on both streams,
//!   at the end `(exit 1)` where the code is not 0;
//! - `<!-- new folder -->` begins another empty folder, `<!-- new folder: postgres -->` one whose `DATABASE_URL` is a new
//!   database of that product, `<!-- new database: mysql -->` gives the same folder a new database;
//! - every other block is only text;
//! - a picture of `docs/pictures` that the page shows is the file of that name that its commands wrote.
//!
//! Output is compared word by word, after [`masked`] has replaced what differs from run to run.

mod mask;
mod page;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::{Database, Fresh, binary};
use mask::masked;
use page::{Part, Shown, parts};

/// What the folder of an example is called in the documents.
const FOLDER: &str = "/home/you/shop";

/// Beginnings of commands that are too long, or too large, to run here.
const NOT_PLAYED: [&str; 1] = ["migrations-example/demo"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder, and the database that its commands find.
struct Stage {
    folder: TempDir,
    database: Option<Fresh>,
}

impl Stage {
    fn new(product: Option<&str>) -> Self {
        let folder = tempfile::Builder::new().prefix("docs-").tempdir().expect("a temporary folder");
        Self { folder, database: product.map(database_of) }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file in the folder")).expect("its folders");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
    }

    /// What a command prints on both streams, and its exit code.
    fn run(&self, command: &str) -> (String, i32) {
        // A cache outside the folder, so that `ls` shows what a user would see.
        let cache = self.folder.path().with_extension("cache");
        let mut shell = shell(command, self.folder.path());
        shell.env("MIGRATE_CACHE_DIR", &cache);
        if let Some(database) = &self.database {
            shell.env("DATABASE_URL", database.url());
        }
        let (text, code) = outcome(shell);
        (text.replace(&self.folder.path().display().to_string(), FOLDER), code)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(self.folder.path().with_extension("cache")));
    }
}

fn database_of(product: &str) -> Fresh {
    let found = Database::ALL.into_iter().find(|database| database.word() == product);
    found.unwrap_or_else(|| panic!("no database is called {product}")).fresh()
}

/// A shell with our program on its path, both streams in one, and no terminal.
fn shell(command: &str, folder: &Path) -> Command {
    let programs = binary().parent().expect("a folder").display().to_string();
    let inherited = std::env::var("PATH").unwrap_or_default();
    // Real Alembic, for the page on it.
    let python = std::env::var("MIGRATE_TEST_ALEMBIC").unwrap_or_default();
    let alembic = Path::new(&python).parent().map_or_else(String::new, |folder| format!("{}:", folder.display()));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{programs}:{alembic}{inherited}"))
        .env("HOME", folder)
        .env("TMPDIR", std::env::temp_dir())
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null());
    shell
}

fn outcome(mut shell: Command) -> (String, i32) {
    let output = shell.output().expect("sh starts");
    let code = output.status.code().expect("an exit code");
    (String::from_utf8(output.stdout).expect("output in UTF-8"), code)
}

/// What a block should read, command for command; `None` where it is right.
fn correction(stage: &Stage, shown: &[Shown]) -> Option<String> {
    let mut printed = String::new();
    let mut expected = String::new();
    for step in shown {
        let (mut text, code) = stage.run(&step.command);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if code != 0 {
            writeln!(text, "(exit {code})").unwrap();
        }
        // Where only what differs from run to run differs, the document's words stay.
        let kept = if masked(&text) == masked(&step.output) { &step.output } else { &text };
        write!(printed, "$ {}\n{kept}", step.command).unwrap();
        write!(expected, "$ {}\n{}", step.command, step.output).unwrap();
    }
    (printed != expected).then_some(printed)
}

/// Plays a document; with `MIGRATE_BLESS` it is rewritten, else a difference fails.
fn play(name: &str) {
    let path = root().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
    let mut stage = Stage::new(None);
    let mut corrections: Vec<(&str, String)> = Vec::new();
    let mut wrong = String::new();
    for part in parts(&text) {
        match part {
            Part::NewFolder(product) => stage = Stage::new(product),
            Part::NewDatabase(product) => stage.database = Some(database_of(product)),
            Part::File { name, text } => stage.write(name, text),
            Part::Console { line, text: block, shown } => {
                if shown.iter().any(|step| NOT_PLAYED.iter().any(|start| step.command.starts_with(start))) {
                    continue;
                }
                if let Some(printed) = correction(&stage, &shown) {
                    write!(wrong, "\n{name}:{line}\n{}", difference(block, &printed)).unwrap();
                    corrections.push((block, printed));
                }
            }
        }
    }
    finish(&path, &wrong, &corrected(&text, &corrections));
    for picture in pictures(&text) {
        compare_picture(&stage, picture);
    }
}

/// The names of the files in `docs/pictures` that a page shows.
fn pictures(text: &str) -> impl Iterator<Item = &str> {
    text.split("](../pictures/").skip(1).filter_map(|rest| rest.split(')').next())
}

/// A picture that a page shows is the one that its commands wrote.
fn compare_picture(stage: &Stage, name: &str) {
    let path = root().join("docs/pictures").join(name);
    let drawn = std::fs::read_to_string(stage.folder.path().join(name)).expect("a command of the page writes it");
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    let wrong = if drawn == shown { String::new() } else { format!("\ndocs/pictures/{name} is another picture\n") };
    finish(&path, &wrong, &drawn);
}

/// The text with each of these parts of it replaced.
fn corrected(text: &str, corrections: &[(&str, String)]) -> String {
    let mut corrected = text.to_owned();
    for (block, printed) in corrections.iter().rev() {
        let start = block.as_ptr() as usize - text.as_ptr() as usize;
        corrected.replace_range(start..start + block.len(), printed);
    }
    corrected
}

fn finish(path: &Path, wrong: &str, corrected: &str) {
    if wrong.is_empty() {
        return;
    }
    if std::env::var_os("MIGRATE_BLESS").is_some() {
        std::fs::write(path, corrected).expect("the document can be written");
        return;
    }
    panic!("what a document shows (-) is not what happens (+); MIGRATE_BLESS=1 rewrites it:\n{wrong}");
}

/// Lines of both, the common ones once.
fn difference(shown: &str, printed: &str) -> String {
    let new: Vec<&str> = printed.lines().collect();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in shown.lines() {
        match new.iter().skip(at).position(|other| masked(other) == masked(line)) {
            Some(gap) => {
                lines.extend(new.iter().skip(at).take(gap).map(|added| format!("+{added}")));
                lines.push(format!(" {line}"));
                at += gap + 1;
            }
            None => lines.push(format!("-{line}")),
        }
    }
    lines.extend(new.iter().skip(at).map(|added| format!("+{added}")));
    lines.join("\n") + "\n"
}

/// The documents of the guide, by name.
fn guide() -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(root().join("docs/guide"))
        .expect("docs/guide")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.sort();
    found
}

macro_rules! pages {
    ($($test:ident: $path:literal,)*) => {
        $(#[test] fn $test() { play($path); })*

        #[test]
        fn every_page_is_played() {
            let played = [$($path),*];
            for page in guide() {
                let name = page.strip_prefix(root()).expect("below the root").display().to_string();
                assert!(played.contains(&name.as_str()), "{name} has no test in tests/docs.rs");
            }
        }
    };
}

pages! {
    the_readme: "README.md",
    the_index: "docs/guide/README.md",
    data: "docs/guide/data.md",
    deploying: "docs/guide/deploying.md",
    privileges: "docs/guide/privileges.md",
    from_alembic: "docs/guide/from-alembic.md",
    quick_start: "docs/guide/quick-start.md",
    models: "docs/guide/models.md",
    objects: "docs/guide/objects.md",
    revisions: "docs/guide/revisions.md",
    configuration: "docs/guide/configuration.md",
    commands: "docs/guide/commands.md",
    exit_codes: "docs/guide/exit-codes.md",
    history: "docs/guide/history.md",
    branches: "docs/guide/branches.md",
    renames: "docs/guide/renames.md",
    adopting: "docs/guide/adopting.md",
    targets: "docs/guide/targets.md",
    scripts: "docs/guide/scripts.md",
    states: "docs/guide/states.md",
    quality: "docs/guide/quality.md",
    rows: "docs/guide/rows.md",
    row_scripts: "docs/guide/row-scripts.md",
    embedding: "docs/guide/embedding.md",
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md");
    let found = parts(&text).into_iter().find_map(|part| {
        let Part::Console { text, shown, .. } = part else { return None };
        shown.iter().any(|step| step.command == NOT_PLAYED[0]).then_some(text)
    });
    let block = found.expect("the README shows the demo");
    let shown = block.split_once('\n').expect("a line below the command").1;
    let mut demo = shell("migrations-example/demo", root());
    demo.env("MIGRATE", binary()).env("MIGRATE_CACHE_DIR", tempfile::tempdir().expect("a folder").path());
    let (printed, code) = outcome(demo);
    let printed = printed.trim_start_matches('\n');
    assert_eq!(code, 0, "{printed}");
    if masked(printed) != masked(shown) {
        let wrong = format!("\nREADME.md\n{}", difference(shown, printed));
        let block_of_today = format!("$ {}\n{printed}", NOT_PLAYED[0]);
        finish(&path, &wrong, &corrected(&text, &[(block, block_of_today)]));
    }
}

/// The target of each link of a document that leads to a file of ours is there.
#[test]
fn links_lead_somewhere() {
    let mut pages = guide();
    pages.extend(["README.md", "docs/ARCHITECTURE.md", "docs/CHANGELOG.md"].map(|name| root().join(name)));
    let mut dead = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let is_ours = !target.is_empty() && !target.contains("://");
            if is_ours && !page.parent().expect("a folder").join(target).exists() {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "links to nowhere: {dead:#?}");
}
