//! Real schemas (`tests/schemas`): loaded by the database's own shell, inspected, checked, and made again from what the
//! inspection printed. The server must then say the same about both databases.

use std::path::Path;

use super::canonical::Dump;
use super::common::{Database, Fresh, Project};

/// More lines of `migrate.yaml`.
const CONFIGURED: [(&str, &str); 1] = [("supabase-auth/postgres", "schemas: [public, auth]\n")];

/// What is said after loading, for what no model can say: here the comment that the server itself gives to its schema.
const BEFORE: [(&str, &str); 1] = [("sakila/postgres", "COMMENT ON SCHEMA public IS 'standard public schema'")];

fn lookup<'a>(table: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A database that is taken over is in sync at once, has nothing to upgrade, and the files build an equal one.
fn prove_taken_over(name: &str, live: &Fresh) -> Result<(), String> {
    let built = ["yaml", "sql"].into_iter().map(|language| taken_over(name, live, language));
    let built = built.collect::<Result<Vec<_>, _>>()?;
    let same = |other: &Fresh| Dump::of(other).compare(&Dump::of(live), false);
    built.iter().try_for_each(same).map_err(|why| format!("{name}: taken over: {why}"))
}

/// What the files of a taken over database make of an empty one.
fn taken_over(name: &str, live: &Fresh, language: &str) -> Result<Fresh, String> {
    let project = Project::empty();
    let url = live.url();
    let mut words = vec!["init", "--from-database", "--url", &url, "--as", language];
    if lookup(&CONFIGURED, name).is_some() {
        words.extend(["--schema", "public", "--schema", "auth"]);
    }
    run(&project, name, &words)?;
    run(&project, name, &["check"])?;
    let again = project.run(&["upgrade"]);
    if again.code != 0 || !again.stderr.contains("nothing to do") {
        return Err(format!("{name}: nothing is to be upgraded\n{again}"));
    }
    run(&project, name, &["stamp", "base"])?;
    let other = live.database().fresh();
    run(&project, name, &["upgrade", "--url", &other.url()])?;
    run(&project, name, &["check", "--url", &other.url()])?;
    Ok(other)
}

/// Proves one schema; `name` is `kratos/postgres`.
pub(crate) fn prove(name: &str, path: &Path, database: Database) -> Result<(), String> {
    let live = database.fresh();
    for file in [path.to_owned(), path.with_extension("data.sql")] {
        if let Ok(sql) = std::fs::read_to_string(&file) {
            live.try_execute(&sql).map_err(|error| format!("{name}: {}: {error}", file.display()))?;
        }
    }
    lookup(&BEFORE, name).into_iter().for_each(|sql| live.execute(sql));
    let project = Project::on(&live);
    let config = project.read("migrate.yaml") + lookup(&CONFIGURED, name).unwrap_or_default();
    project.write("migrate.yaml", config);
    project.write("models/inspected.yaml", run(&project, name, &["inspect", "--as", "yaml"])?);
    run(&project, name, &["check"])?;
    let other = database.fresh();
    run(&project, name, &["create-all", "--url", &other.url()])?;
    prove_taken_over(name, &live)?;
    Dump::of(&other).compare(&Dump::of(&live), false).map_err(|why| format!("{name}: the dumps are equal: {why}"))
}

fn run(project: &Project, name: &str, arguments: &[&str]) -> Result<String, String> {
    let output = project.run(arguments);
    if output.code == 0 { Ok(output.stdout) } else { Err(format!("{name}: exit code {}\n{output}", output.code)) }
}
