//! Two proofs of every case in `tests/cases/diff`, beside those that its own runner makes through the program: in memory the
//! operations of a diff make `to` out of `from` and their reverse makes `from` again, and reversing twice changes nothing.
#![cfg(test)]

#[allow(dead_code, reason = "the runner of cases uses the rest")]
#[path = "../../tests/cases/case.rs"]
pub(super) mod case;

use std::path::{Path, PathBuf};

use crate::db::{Connection, Settings, Url};
use crate::dialect::{Capability, Scope, Server, of};
use crate::diff::{Context, RenameRules, diff};
use crate::execute::scratch::{Place, Workshop};
use crate::model::{ModelFile, Models};
use crate::ops::{Operation, apply, reverse_all};
use crate::schema::{Ident, Pair, Schema};
use crate::statement::Product;

use case::{Case, Model, Side};

/// At least so many cases name each database: a folder that is not found proves nothing.
const CASES: usize = 60;

#[cfg(feature = "sqlite")]
#[test]
fn cases_hold_in_memory_on_sqlite() {
    prove_all("sqlite", &Url::memory());
}

#[cfg(feature = "postgres")]
#[test]
fn cases_hold_in_memory_on_postgres() {
    prove_all("postgres", &server("MIGRATE_TEST_POSTGRES"));
}

#[cfg(feature = "mysql")]
#[test]
fn cases_hold_in_memory_on_mysql() {
    prove_all("mysql", &server("MIGRATE_TEST_MYSQL"));
}

fn server(variable: &str) -> Url {
    #[expect(clippy::disallowed_methods, reason = "tests/run names its servers in the environment")]
    let text = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run tests/run"));
    Url::parse(&text, Path::new("")).unwrap()
}

/// All cases, by name.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diff");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        Case::parse(name, &std::fs::read_to_string(file).unwrap()).unwrap()
    };
    files.iter().map(read).collect()
}

fn prove_all(database: &'static str, url: &Url) {
    let work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async {
        let mut connection = Connection::open(url, &Settings::default()).await.unwrap();
        if database == "mysql" {
            // Its own words for texts, not those of the server's system tables.
            connection.execute("CREATE DATABASE IF NOT EXISTS check_proof CHARACTER SET utf8mb4").await.unwrap();
            connection = Connection::open(&url.with_database("check_proof"), &Settings::default()).await.unwrap();
        }
        let product = if connection.server().product == Product::MySql { "mysql" } else { "mariadb" };
        let version = connection.server().major.to_string();
        let fits = |case: &Case| {
            case.databases.contains(&database)
                && (database != "mysql" || case.product.is_none_or(|one| one == product))
                && case.suits(database, Some(&version))
        };
        let cases: Vec<Case> = cases().into_iter().filter(fits).collect();
        assert!(cases.len() >= CASES, "only {} cases for {database}", cases.len());
        let mut failures = Vec::new();
        for case in &cases {
            let proven = if case.attach.is_empty() {
                prove(case, database, &mut connection).await
            } else {
                let files = Url::memory_with(&attached(case));
                prove(case, database, &mut Connection::open(&files, &Settings::default()).await.unwrap()).await
            };
            if let Err(why) = proven {
                failures.push(format!("{}/{database}: {why}", case.name));
            }
        }
        assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

async fn prove(case: &Case, database: &str, connection: &mut Connection) -> Result<(), String> {
    let dialect = of(connection.server()).map_err(|error| error.to_string())?;
    if let Some(place) = case.place(database) {
        // Another case may have put it there already; what is missing the judgement says.
        drop(connection.execute(place.trim_end().trim_end_matches(';')).await);
    }
    let from = judged(case, Side::From, database, connection).await?;
    let to = judged(case, Side::To, database, connection).await?;
    let context = Context { dialect, server: connection.server() };
    let operations = diff(Pair::new(&from, &to), &rules(&case.flags), context).operations;
    let back = reverse_all(&operations).map_err(|operation| format!("no way back: {}", operation.describe()))?;
    let twice = reverse_all(&back).map_err(|operation| format!("no way back: {}", operation.describe()))?;
    if twice != operations {
        return Err(format!("reversing twice changes something\nonce {operations:#?}\ntwice {twice:#?}"));
    }
    let up = applied(&operations, from.clone(), dialect).map_err(|why| format!("up: {why}"))?;
    same(&up, &to, context).map_err(|why| format!("up in memory: {why}"))?;
    let down = applied(&back, up, dialect).map_err(|why| format!("down: {why}"))?;
    same(&down, &from, context).map_err(|why| format!("down in memory: {why}"))
}

/// A model in the server's words.
async fn judged(case: &Case, side: Side, database: &str, connection: &mut Connection) -> Result<Schema, String> {
    let (text, is_yaml) = match case.model(side, database)? {
        Model::Yaml(text) => (text, true),
        Model::Sql(text) => (text, false),
    };
    let file = ModelFile { path: PathBuf::from(&case.name), text, is_yaml };
    let models = Models::parse(&[file]).map_err(|error| format!("{error}"))?;
    let compares = |word: &str| case.config.iter().any(|line| line.starts_with("compare: ") && line.contains(word));
    let (grants, owners) = (compares("grants"), compares("owners"));
    let scope = Scope { schemas: schemas(case), grants, owners, ..Scope::default() };
    let settings = connection.settings().clone();
    let tag = format!("proof_{}", std::process::id());
    let place = Place::SameServer { said: true };
    let dialect = of(connection.server()).map_err(|error| error.to_string())?;
    let workshop = Workshop { dialect, place: &place, settings: &settings, tag: &tag, scope: &scope, setup: None };
    workshop.judge(connection, &models).await.map_err(|error| format!("{error}"))
}

/// The schemas that are files which a case attaches.
fn attached(case: &Case) -> Vec<Ident> {
    case.attach.iter().map(|name| Ident::from(name.as_str())).collect()
}

/// The schemas that the configuration of a case names, without the usual one, and those that it attaches.
fn schemas(case: &Case) -> Vec<Ident> {
    let said = case.config.iter().find_map(|line| line.strip_prefix("schemas: [")?.strip_suffix(']'));
    let said = said.into_iter().flat_map(|said| said.split(", ")).filter(|name| *name != "public").map(Ident::from);
    said.chain(attached(case)).collect()
}

fn rules(flags: &[String]) -> RenameRules {
    let mut rules = RenameRules::default();
    let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    for pair in flags.chunks(2) {
        match pair {
            [flag, said] if flag == "--rename" => {
                let (old, new) = said.split_once('=').unwrap();
                rules.renames.push((path(old), new.to_owned()));
            }
            [flag, said] if flag == "--no-rename" && said == "*" => rules.none = true,
            [flag, said] if flag == "--no-rename" => rules.not.push(path(said)),
            other => panic!("{other:?}"),
        }
    }
    rules
}

/// Does the operations as the dialect remembers them; one that does not fit is an error.
fn applied(operations: &[Operation], mut schema: Schema, dialect: &dyn Server) -> Result<Schema, String> {
    for operation in operations {
        apply(operation, &mut schema.clone()).map_err(|misfit| format!("{}: {}", operation.describe(), misfit.0))?;
        dialect.advance(std::slice::from_ref(operation), &mut schema);
    }
    Ok(schema)
}

/// Equal values, or values between which the diff sees nothing: names in expressions with and without quotes.
fn same(found: &Schema, wanted: &Schema, context: Context<'_>) -> Result<(), String> {
    let ordered = context.dialect.has(Capability::ColumnOrder, context.server);
    let [found, wanted] = [found, wanted].map(|schema| canonical(schema.clone(), ordered));
    let no_renames = RenameRules { none: true, ..RenameRules::default() };
    if found == wanted || diff(Pair::new(&found, &wanted), &no_renames, context).operations.is_empty() {
        return Ok(());
    }
    let texts = [wanted, found].map(|schema| format!("{schema:#?}"));
    let difference = similar::TextDiff::from_lines(&texts[0], &texts[1]);
    Err(format!("\n{}", difference.unified_diff().context_radius(4)))
}

/// Without hints, texts that are never compared, and orders that say nothing.
fn canonical(mut schema: Schema, ordered: bool) -> Schema {
    schema.unmodelled.clear();
    for object in schema.objects.values_mut() {
        object.needs.clear();
        object.mentions.clear();
    }
    schema.enums.values_mut().for_each(|found| found.renamed_from = None);
    for table in schema.tables.values_mut() {
        table.renamed_from = None;
        table.definition = None;
        table.needs.clear();
        table.index_definitions.clear();
        table.columns.iter_mut().for_each(|column| column.renamed_from = None);
        table.indexes.iter_mut().for_each(|index| index.renamed_from = None);
        if !ordered {
            table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        }
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.uniques.sort_by_key(|unique| format!("{unique:?}"));
        table.checks.sort_by_key(|check| format!("{check:?}"));
        table.foreign_keys.sort_by_key(|key| format!("{key:?}"));
    }
    schema
}
