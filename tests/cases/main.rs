//! The runner of cases: every file under `diff/` and `same/` on every database that it names, every case under `data/`, in the files under
//! `graph/`, and every real schema under `tests/schemas`, is a test of its own, so that they run at once and one can be asked for: `just case rename_column`,
//! `tests/run rename_column/mysql`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test may panic, and is handed its servers by the environment"
)]

mod bench;
mod canonical;
mod case;
#[path = "../common/mod.rs"]
mod common;
mod data;
mod data_case;
mod graph_case;
mod histories;
mod proofs;
mod schemas;
mod tokens;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use bench::Bench;
use case::Case;
use common::Database;
use proofs::Proof;

/// A folder of cases and what is proven of each.
const FOLDERS: [(&str, &[(&str, Proof)]); 2] = [("diff", proofs::OF_A_CHANGE), ("same", proofs::OF_THE_SAME)];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = FOLDERS.into_iter().flat_map(|(folder, proofs)| trials(folder, proofs));
    let schemas = Database::ALL.into_iter().flat_map(schemas_of);
    let histories = files("cases/graph").into_iter().filter(|path| path.extension().is_some_and(|end| end == "case"));
    let histories = histories.flat_map(|path| histories_of(&path));
    let data = files("cases/data").into_iter().flat_map(|path| data_of(&path));
    libtest_mimic::run(&arguments, cases.chain(histories).chain(schemas).chain(data).collect()).exit_code()
}

/// A test for each case of a graph on each of its databases; one that fails where the file cannot be read.
fn histories_of(path: &Path) -> Vec<Trial> {
    let file = stem(path).to_owned();
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let cases = match text.and_then(|text| histories::cases(&text)) {
        Ok(cases) => cases,
        Err(why) => return vec![Trial::test(format!("graph/{file}"), move || Err(Failed::from(why)))],
    };
    let trial = |(name, case, database): (String, graph_case::Case, Database)| {
        let title = format!("graph/{file}/{name}/{}", database.word());
        Trial::test(title, move || histories::prove(case, database).map_err(Failed::from))
    };
    let on_each = |(name, case): (String, graph_case::Case)| {
        let fits = |database: &Database| case.databases.iter().any(|word| word == database.word());
        let databases: Vec<Database> = Database::ALL.into_iter().filter(fits).collect();
        databases.into_iter().map(move |database| (name.clone(), case.clone(), database))
    };
    cases.into_iter().flat_map(on_each).map(trial).collect()
}

/// A test for a data case on each of its databases; one that fails where the file cannot be read.
fn data_of(path: &Path) -> Vec<Trial> {
    let name = stem(path).to_owned();
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let case = match text.and_then(|text| data_case::DataCase::parse(&text)) {
        Ok(case) => case,
        Err(why) => return vec![Trial::test(format!("data/{name}"), move || Err(Failed::from(why)))],
    };
    let fits = |database: &Database| suits_product(case.product, *database);
    let databases =
        Database::ALL.into_iter().filter(|database| case.databases.contains(&database.word()) && fits(database));
    let trial = |database: Database| {
        let case = case.clone();
        let title = format!("data/{name}/{}", database.word());
        Trial::test(title, move || data::prove(&case, database).map_err(Failed::from))
    };
    databases.map(trial).collect()
}

/// Whether a case that is for this product alone runs on this database.
fn suits_product(product: Option<&str>, database: Database) -> bool {
    database != Database::Mysql || product.is_none_or(|one| one == Database::product_of_mysql())
}

/// The files of a folder of `tests`, sorted.
fn files(folder: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8")
}

/// A test for each real schema.
fn schemas_of(database: Database) -> Vec<Trial> {
    let structure = |path: &PathBuf| !stem(path).ends_with(".data");
    let version = database.version();
    let suits = |path: &PathBuf| schemas::suits(&format!("{}/{}", stem(path), database.word()), version.as_deref());
    let trial = |path: PathBuf| {
        let name = format!("{}/{}", stem(&path), database.word());
        Trial::test(format!("schemas/{name}"), move || schemas::prove(&name, &path, database).map_err(Failed::from))
    };
    files(&format!("schemas/{}", database.word())).into_iter().filter(structure).filter(suits).map(trial).collect()
}

fn trials(folder: &'static str, proofs: &'static [(&'static str, Proof)]) -> Vec<Trial> {
    files(&format!("cases/{folder}")).into_iter().flat_map(|file| trials_of(folder, proofs, &file)).collect()
}

/// One for each database; one that fails where the file cannot be read.
fn trials_of(folder: &'static str, proofs: &'static [(&'static str, Proof)], path: &Path) -> Vec<Trial> {
    let name = stem(path);
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let case = match text.and_then(|text| Case::parse(name, &text)) {
        Ok(case) => case,
        Err(why) => return vec![Trial::test(format!("{folder}/{name}"), move || Err(Failed::from(why)))],
    };
    let fits = |database: &Database| {
        suits_product(case.product, *database) && case.suits(database.word(), database.version().as_deref())
    };
    let databases =
        Database::ALL.into_iter().filter(|database| case.databases.contains(&database.word()) && fits(database));
    let trial = |database: Database| {
        let (case, path) = (case.clone(), path.to_owned());
        Trial::test(format!("{folder}/{}/{}", case.name, database.word()), move || {
            let mut bench = Bench::new(case, &path, database);
            proofs::prove(proofs, &mut bench).map_err(Failed::from)
        })
    };
    databases.map(trial).collect()
}
