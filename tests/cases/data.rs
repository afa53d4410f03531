//! What is proven of each data case: up, the rows as expected, down, all rows as they were, up again; with others at work
//! in between; and that the script does the same.

use crate::common::{Database, Fresh, Output, Project};
use crate::data_case::{DataCase, Rows};

/// The first revision makes the tables, the second one runs the steps.
const BASE: &str = "a1";

pub(crate) fn prove(case: &DataCase, database: Database) -> Result<(), String> {
    there_and_back(case, database)?;
    if case.up.is_some() {
        return Ok(());
    }
    let word = database.word();
    if case.section("between", word).is_some() {
        with_others(case, database)?;
    }
    for (policy, kind) in [("keep", "rows keep"), ("restore", "rows restore")] {
        if let Some(rows) = case.rows(kind, word) {
            with_policy(case, database, policy, &rows)?;
        }
    }
    if case.online { Ok(()) } else { by_script(case, database) }
}

/// A database with the tables and the rows, and a project.
fn prepared(case: &DataCase, database: Database) -> Result<(Fresh, Project), String> {
    let word = database.word();
    let fresh = database.fresh().attaching(&case.attach);
    let project = Project::on(&fresh);
    let head = |id: &str, down: &str| format!("revision: {id}\ndown_revision: {down}\nmessage: {id}\n");
    let base = case.section("base", word).unwrap_or_default();
    project.write("versions/1.yaml", format!("{}upgrade:\n{base}", head(BASE, "null")));
    let steps = case.section("steps", word).unwrap_or_default();
    let lines: String = case.revision.iter().map(|line| format!("{line}\n")).collect();
    let down = case.section("downgrade", word).map(|text| format!("downgrade:\n{text}")).unwrap_or_default();
    let config = format!("database: {{ url: \"{}\" }}\n", fresh.url());
    project.write("migrate.yaml", config);
    expect(&project, &["upgrade", BASE], 0, "")?;
    project.write("versions/2.yaml", format!("{}{lines}upgrade:\n{steps}{down}", head("b1", BASE)));
    if let Some(seed) = case.section("seed", word) {
        fresh.try_execute(seed).map_err(|error| format!("seed: {error}"))?;
    }
    Ok((fresh, project))
}

fn expect(project: &Project, arguments: &[&str], code: i32, says: &str) -> Result<Output, String> {
    let output = project.run(arguments);
    let fits = output.code == code && output.stderr.contains(says);
    if fits { Ok(output) } else { Err(format!("expected exit code {code} and {says:?} of\n{output}")) }
}

fn there_and_back(case: &DataCase, database: Database) -> Result<(), String> {
    let (fresh, project) = prepared(case, database)?;
    let (rows, schema) = (all_rows(&fresh)?, fresh.dump());
    if let Some((code, says)) = &case.up {
        expect(&project, &["upgrade"], *code, says)?;
        same("a failed upgrade changes nothing", &rows, &all_rows(&fresh)?)?;
        return Ok(());
    }
    expect(&project, &["upgrade"], 0, "")?;
    check(case.rows("rows", database.word()), &fresh)?;
    if let (Some((code, says)), None) = (&case.down, case.section("between", database.word())) {
        let before = all_rows(&fresh)?;
        expect(&project, &["downgrade", BASE, "--yes"], *code, says)?;
        return same("a refused downgrade changes nothing", &before, &all_rows(&fresh)?);
    }
    expect(&project, &["downgrade", BASE, "--yes"], 0, "")?;
    same("all rows are as before", &rows, &all_rows(&fresh)?)?;
    same("the tables are as before", &comparable(&schema, database), &comparable(&fresh.dump(), database))?;
    nothing_is_left(&fresh)?;
    expect(&project, &["upgrade"], 0, "")?;
    check(case.rows("rows", database.word()), &fresh)?;
    expect(&project, &["downgrade", BASE, "--yes"], 0, "")?;
    same("all rows are as before, the second time", &rows, &all_rows(&fresh)?)
}

fn with_others(case: &DataCase, database: Database) -> Result<(), String> {
    let (fresh, project) = prepared(case, database)?;
    expect(&project, &["upgrade"], 0, "")?;
    fresh.try_execute(case.section("between", database.word()).unwrap_or_default())?;
    let before = all_rows(&fresh)?;
    let (code, says) = case.down.clone().unwrap_or((0, String::new()));
    expect(&project, &["downgrade", BASE, "--yes"], code, &says)?;
    if code != 0 {
        same("a refused downgrade changes nothing", &before, &all_rows(&fresh)?)?;
        expect(&project, &["current"], 0, "")?.stdout.starts_with("b1").then_some(()).ok_or("it moved")?;
    }
    check(case.rows("rows down", database.word()), &fresh)
}

fn with_policy(case: &DataCase, database: Database, policy: &str, rows: &Rows) -> Result<(), String> {
    let (fresh, project) = prepared(case, database)?;
    expect(&project, &["upgrade"], 0, "")?;
    fresh.try_execute(case.section("between", database.word()).unwrap_or_default())?;
    expect(&project, &["downgrade", BASE, "--yes", "--on-conflict", policy], 0, "since")?;
    check(Some(rows.clone()), &fresh).map_err(|why| format!("--on-conflict {policy}: {why}"))?;
    nothing_is_left(&fresh)
}

fn by_script(case: &DataCase, database: Database) -> Result<(), String> {
    let (online, project) = prepared(case, database)?;
    let before = all_rows(&online)?;
    expect(&project, &["upgrade"], 0, "")?;
    let expected = all_rows(&online)?;
    let (offline, project) = prepared(case, database)?;
    let version = if database == Database::Mysql { online.value("SELECT version();") } else { "15".to_owned() };
    let flags: &[&str] = if database == Database::Sqlite { &[] } else { &["--server-version", &version] };
    let script = |range: &str, word: &str| {
        let arguments: Vec<&str> = [word, range, "--sql"].into_iter().chain(flags.iter().copied()).collect();
        expect(&project, &arguments, 0, "").map(|output| output.stdout)
    };
    let up = script("a1:b1", "upgrade")?;
    offline.try_execute(&up).map_err(|error| format!("the script fails: {error}\n{up}"))?;
    same("the script does the same", &expected, &all_rows(&offline)?)?;
    if case.down.is_some() && case.section("between", database.word()).is_none() {
        return Ok(());
    }
    let down = script("b1:a1", "downgrade")?;
    offline.try_execute(&down).map_err(|error| format!("the script back fails: {error}\n{down}"))?;
    same("the script back does the same", &before, &all_rows(&offline)?)?;
    expect(&project, &["upgrade"], 0, "")?;
    same("online goes on behind the scripts", &expected, &all_rows(&offline)?)
}

fn check(rows: Option<Rows>, fresh: &Fresh) -> Result<(), String> {
    let Some(Rows { query, expected }) = rows else { return Ok(()) };
    let found: Vec<String> = fresh.query(&query).iter().map(|row| row.join(" | ").trim_end().to_owned()).collect();
    same(&query, &expected.join("\n"), &found.join("\n"))
}

fn same(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}\nexpected:\n{expected}\nfound:\n{found}")) }
}

/// What a step there and back may leave: a column that comes back comes last, except on MariaDB.
fn comparable(dump: &str, database: Database) -> String {
    if database == Database::Mysql {
        return dump.to_owned();
    }
    let dump = dump.replace('"', "");
    let mut lines: Vec<&str> =
        dump.split(['(', ')', ',', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn nothing_is_left(fresh: &Fresh) -> Result<(), String> {
    let tables: Vec<String> = tables(fresh, "migrate\\_img%", true);
    same("no image is left", "", &tables.join("\n"))?;
    same("the list is empty", "0", &fresh.value("SELECT COUNT(*) FROM migrate_kept;"))
}

fn tables(fresh: &Fresh, like: &str, wanted: bool) -> Vec<String> {
    let no = if wanted { "" } else { "NOT " };
    let sql = match fresh.database() {
        Database::Sqlite => format!(
            "SELECT CASE schema WHEN 'main' THEN '' ELSE schema || '.' END || name FROM pragma_table_list WHERE type = 'table' AND schema <> 'temp' AND name {no}LIKE '{like}' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY 1;"
        ),
        Database::Postgres => format!(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tablename {no}LIKE '{like}' AND schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1;"
        ),
        Database::Mysql => format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE' AND table_name {no}LIKE '{like}' ORDER BY 1;"
        ),
    };
    fresh.query(&sql).into_iter().map(|mut row| row.remove(0)).collect()
}

/// Every value of every table of the user, exactly, in an order that does not depend on how it came there.
fn all_rows(fresh: &Fresh) -> Result<String, String> {
    let mut all = String::new();
    for table in tables(fresh, "migrate\\_%", false) {
        let sql = match fresh.database() {
            Database::Postgres => format!("SELECT to_jsonb(t)::text, t::text FROM {table} AS t;"),
            Database::Sqlite => {
                let (schema, name) = table.split_once('.').unwrap_or(("main", &table));
                let columns =
                    fresh.query(&format!("SELECT name FROM pragma_table_info('{name}', '{schema}') ORDER BY name;"));
                let texts = columns.iter().map(|row| format!("'{0}=' || typeof(\"{0}\") || quote(\"{0}\")", row[0]));
                format!("SELECT {} FROM \"{schema}\".\"{name}\";", texts.collect::<Vec<_>>().join(" || ' ' || "))
            }
            Database::Mysql => {
                let columns = fresh.query(&format!(
                    "SELECT column_name, data_type FROM information_schema.columns \
                     WHERE table_schema = database() AND table_name = '{table}' ORDER BY column_name;"
                ));
                let text = |row: &Vec<String>| match row[1].as_str() {
                    "float" | "double" => format!("COALESCE(`{}` + 0e0, 'NULL')", row[0]),
                    _ => format!("COALESCE(HEX(CAST(`{}` AS BINARY)), 'NULL')", row[0]),
                };
                let texts = columns.iter().map(|row| format!("'{}=', {}", row[0], text(row)));
                format!("SELECT {} FROM `{table}`;", texts.collect::<Vec<_>>().join(", "))
            }
        };
        let mut rows: Vec<String> = fresh
            .query(&sql)
            .into_iter()
            .map(|row| match fresh.database() {
                // The first column has no order of columns in it, the second no loss: together they are compared.
                Database::Postgres => sorted(&row),
                Database::Sqlite | Database::Mysql => row.join(" "),
            })
            .collect();
        rows.sort();
        all.extend([table, "\n".to_owned(), rows.join("\n"), "\n".to_owned()]);
    }
    Ok(all)
}

/// The row by its columns' names, and the letters of its exact text, whatever the order of the columns.
fn sorted(row: &[String]) -> String {
    let mut exact: Vec<char> = row[1].chars().collect();
    exact.sort_unstable();
    format!("{} {}", row[0], exact.into_iter().collect::<String>())
}
