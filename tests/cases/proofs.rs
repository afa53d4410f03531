//! The table of proofs. Each is a sentence; a failure reads `rename_column/mysql: the second diff is empty: …`.

use super::bench::{BASE, Bench, CHANGE};
use super::canonical::Dump;
use super::case::{Model, Side};
use super::common::{Database, Fresh};

/// Takes the change back.
const DOWN: &[&str] = &["downgrade", "-1", "--yes"];

/// A sentence that is true, or why it is not.
pub(crate) type Proof = fn(&mut Bench) -> Result<(), String>;

/// Of a change, in this order on one database. Two more, that need no server's dump, stand in `src/diff/proof.rs`: in memory
/// `apply(operations, from)` is `to`, and reversing twice changes nothing.
pub(crate) const OF_A_CHANGE: &[(&str, Proof)] = &[
    ("inspection of `from` is truthful", truthful),
    ("the operations are as expected", operations),
    ("the SQL is as expected", statements),
    ("up works and the rows survive", up),
    ("the second diff is empty", settled),
    ("the dump equals a database made from `to`", direct),
    ("down gives the first dump back", down),
    ("up works again", up_again),
    ("the offline script gives the same dump", offline),
];

/// Of two models that mean the same.
pub(crate) const OF_THE_SAME: &[(&str, Proof)] =
    &[("made from one, the other shows no difference", one_way), ("and the other way round", other_way)];

/// Goes through a table.
pub(crate) fn prove(proofs: &[(&str, Proof)], bench: &mut Bench) -> Result<(), String> {
    let name = format!("{}/{}", bench.case.name, bench.database.word());
    proofs.iter().try_for_each(|(sentence, proof)| proof(bench).map_err(|why| format!("{name}: {sentence}: {why}")))
}

fn truthful(bench: &mut Bench) -> Result<(), String> {
    bench.declare(Side::From)?;
    match bench.model(Side::From)? {
        // Made in the words of the case, not in those of the program.
        Model::Sql(sql) if !sql.trim().is_empty() => {
            let text = format!("-- revision: {BASE}\n-- down_revision:\n-- message: base\n\n-- migrate:up\n{sql}");
            bench.project.write("versions/base.sql", text);
            bench.base = BASE;
        }
        Model::Yaml(_) | Model::Sql(_) => {
            if bench.autogenerate(BASE, &[])?.is_some() {
                bench.base = BASE;
            }
        }
    }
    bench.run(0, &["upgrade"])?;
    bench.in_sync()?;
    let printed = bench.run(0, &["inspect", "--as", "yaml"])?.stdout;
    bench.project.write("inspected.yaml", printed);
    bench.run(0, &["diff", "db", "inspected.yaml"])?;
    bench.before = Some(bench.dump());
    if let Some(seed) = bench.case.seed(bench.database.word()) {
        bench.live.try_execute(seed).map_err(|error| format!("the seed: {error}"))?;
    }
    Ok(())
}

fn operations(bench: &mut Bench) -> Result<(), String> {
    bench.declare(Side::To)?;
    let Some(text) = bench.autogenerate(CHANGE, &bench.case.flags)? else {
        return Err("nothing was found to do".to_owned());
    };
    bench.moved = ["add_column:", "drop_column:"].iter().any(|verb| text.contains(verb));
    let (_, body) = text.split_once("\nupgrade:").ok_or_else(|| format!("no `upgrade:` in\n{text}"))?;
    let body = body.split("\ndowngrade:").next().unwrap_or_default();
    let lines = body.trim_start_matches('\n').lines().map(|line| line.strip_prefix("  ").unwrap_or(line));
    bench.golden("operations", &lines.collect::<Vec<_>>().join("\n"))
}

fn statements(bench: &mut Bench) -> Result<(), String> {
    let range = format!("{}:{CHANGE}", bench.base);
    let version = bench.live.value(match bench.database {
        Database::Sqlite => "SELECT sqlite_version();",
        Database::Postgres => "SHOW server_version;",
        Database::Mysql => "SELECT version();",
    });
    bench.script = bench.run(0, &["upgrade", "--sql", &range, "--server-version", &version])?.stdout;
    let own = change_of(&bench.script);
    bench.golden("statements", &own)
}

/// What the script says of the revision beside the bookkeeping, which is the same in all cases and has tests of its own.
fn change_of(script: &str) -> String {
    const OURS: [&str; 5] = ["migrate_version", "migrate_guard", "migrate_log", "migrate_broken", "migrate.commits"];
    const FRAME: [&str; 5] = ["BEGIN", "COMMIT", "START TRANSACTION", "SET TRANSACTION", "PRAGMA foreign_keys = ON"];
    let revision = script.split_once("\n-- upgrade ").map_or("", |(_, behind)| behind);
    let body = revision.split_once("\n\n").map_or("", |(_, body)| body);
    let is_ours = |statement: &str| {
        OURS.iter().any(|word| statement.contains(word)) || FRAME.iter().any(|word| statement.starts_with(word))
    };
    let without_log = without(without(body.to_owned(), "INSERT INTO \"migrate_log\""), "INSERT INTO `migrate_log`");
    without_log.split_inclusive(";\n").filter(|statement| !is_ours(statement)).collect()
}

/// Takes out each row of the log, from its first words to the commit: it holds the statements once more, with all their
/// semicolons.
fn without(mut text: String, start: &str) -> String {
    while let Some((before, behind)) = text.split_once(start) {
        let rest = behind.split_once("\nCOMMIT;\n").map_or("", |(_, rest)| rest);
        text = format!("{before}{rest}");
    }
    text
}

fn up(bench: &mut Bench) -> Result<(), String> {
    bench.run(0, &["upgrade"])?;
    bench.after = Some(bench.dump());
    bench.rows(Side::To)
}

fn settled(bench: &mut Bench) -> Result<(), String> {
    if let Some(text) = bench.autogenerate("c2", &[])? {
        return Err(format!("written was\n{text}"));
    }
    bench.in_sync()
}

fn direct(bench: &mut Bench) -> Result<(), String> {
    let other = bench.fresh();
    make(bench, Side::To, &other)?;
    seen(bench.after.as_ref())?.compare(&Dump::of(&other), bench.moved)
}

/// Makes a model in an empty database without any history.
fn make(bench: &Bench, side: Side, place: &Fresh) -> Result<(), String> {
    bench.declare(side)?;
    match bench.model(side)? {
        Model::Sql(sql) => place.try_execute(&sql),
        Model::Yaml(_) => bench.run(0, &["create-all", "--url", &place.url()]).map(drop),
    }
}

fn seen(dump: Option<&Dump>) -> Result<&Dump, String> {
    dump.ok_or_else(|| "an earlier proof did not come so far".to_owned())
}

fn down(bench: &mut Bench) -> Result<(), String> {
    if bench.case.irreversible.is_some() {
        return bench.run(2, DOWN).map(drop);
    }
    bench.run(0, DOWN)?;
    bench.dump().compare(seen(bench.before.as_ref())?, bench.moved)?;
    bench.rows(Side::From)
}

fn up_again(bench: &mut Bench) -> Result<(), String> {
    if bench.case.irreversible.is_some() {
        return Ok(());
    }
    bench.run(0, &["upgrade"])?;
    bench.dump().compare(seen(bench.after.as_ref())?, bench.moved)?;
    bench.run(0, DOWN).map(drop)
}

fn offline(bench: &mut Bench) -> Result<(), String> {
    if bench.case.irreversible.is_some() {
        bench.live = bench.fresh();
        bench.run(0, &["upgrade", BASE, "--url", &bench.live.url()])?;
    }
    bench.live.try_execute(&bench.script).map_err(|error| format!("{error}\nthe script:\n{}", bench.script))?;
    bench.dump().compare(seen(bench.after.as_ref())?, bench.moved)?;
    bench.run(0, &["check", "--url", &bench.live.url()]).map(drop)
}

fn one_way(bench: &mut Bench) -> Result<(), String> {
    let live = bench.live.url();
    make(bench, Side::From, &bench.live)?;
    bench.run(0, &["check", "--url", &live])?;
    bench.declare(Side::To)?;
    bench.run(0, &["check", "--url", &live]).map(drop)
}

fn other_way(bench: &mut Bench) -> Result<(), String> {
    let other = bench.fresh();
    make(bench, Side::To, &other)?;
    bench.declare(Side::From)?;
    bench.run(0, &["check", "--url", &other.url()]).map(drop)
}
