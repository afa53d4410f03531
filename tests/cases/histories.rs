//! The cases of `graph/` end to end: a project is written, the database set to the rows before, the program run, and what
//! the database and the two streams hold afterwards compared with the case.
//!
//! Each revision notes that it ran and which rows the version table had then, so that the rows after each step are
//! seen from inside. Scripts of `--sql` are run in the database's own shell: with nothing but the script, then a second
//! time, which must fail and change nothing, whether or not the shell stops at errors.

use super::common::{Database, Fresh, Output, Project};
use super::graph_case::{Case, parse};

/// Where revisions note that they ran.
const NOTES: &str = "walked";

/// A revision of a graph in one line: id, parents, labels, dependencies.
struct Revision<'c> {
    id: &'c str,
    parents: &'c str,
    labels: Vec<&'c str>,
    depends_on: &'c str,
}

impl<'c> Revision<'c> {
    fn parse(text: &'c str) -> Self {
        let (text, depends_on) = text.split_once('>').unwrap_or((text, ""));
        // Labels may stand before or behind the parents.
        let mut pieces = text.split('#');
        let head = pieces.next().unwrap_or_default();
        let (head, mut parents) = head.split_once(':').unwrap_or((head, ""));
        let mut labels = Vec::new();
        for piece in pieces {
            let (label, behind) = piece.split_once(':').unwrap_or((piece, parents));
            labels.push(label);
            parents = behind;
        }
        Self { id: head, parents, labels, depends_on }
    }

    /// The file: both ways note the step and the rows of the version table.
    fn text(&self, database: Database) -> String {
        let Self { id, parents, depends_on, .. } = self;
        let labels = self.labels.join(", ");
        let note = |sign: char| {
            format!(
                "INSERT INTO {NOTES} (number, step, seen) SELECT COUNT(*) + 1, '{sign}{id}', {} FROM {NOTES};",
                rows_of(database)
            )
        };
        let header = format!(
            "-- revision: {id}\n-- down_revision: {parents}\n-- branch_labels: {labels}\n-- depends_on: {depends_on}\n"
        );
        format!("{header}\n-- migrate:up\n{}\n-- migrate:down\n{}\n", note('+'), note('-'))
    }
}

/// The rows of the version table in one text, `c,d`.
fn rows_of(database: Database) -> &'static str {
    match database {
        Database::Sqlite => {
            "(SELECT group_concat(version_num, ',') FROM (SELECT version_num FROM migrate_version ORDER BY version_num))"
        }
        Database::Postgres => {
            "(SELECT string_agg(version_num, ',' ORDER BY version_num COLLATE \"C\") FROM migrate_version)"
        }
        Database::Mysql => "(SELECT GROUP_CONCAT(version_num ORDER BY version_num SEPARATOR ',') FROM migrate_version)",
    }
}

/// A case with its project and database.
pub(crate) struct History {
    case: Case,
    project: Project,
    live: Fresh,
}

/// Every case of a file, and a trial's name for each.
pub(crate) fn cases(text: &str) -> Result<Vec<(String, Case)>, String> {
    let cases = parse(text)?;
    Ok(cases.into_iter().map(|case| (format!("{} {}", case.rule, case.name).replace(' ', "_"), case)).collect())
}

/// Proves one case on one database.
pub(crate) fn prove(case: Case, database: Database) -> Result<(), String> {
    let live = database.fresh();
    let history = History { project: Project::on(&live), case, live };
    // Scripts of nobody's server are MariaDB's.
    if database == Database::Mysql && Database::product_of_mysql() == "mysql" {
        let version = history.live.value("SELECT version();");
        let config = history.project.read("migrate.yaml");
        history.project.write("migrate.yaml", format!("{config}server_version: \"{version}\"\n"));
    }
    history.write();
    history.make();
    if history.case.command.iter().any(|word| word == "--sql") && history.case.exit == 0 {
        history.script()
    } else {
        history.online()
    }
}

impl History {
    fn write(&self) {
        let mut seen: Vec<&str> = Vec::new();
        for text in self.case.graph.split(' ').filter(|text| !text.is_empty()) {
            let revision = Revision::parse(text);
            let again = if seen.contains(&revision.id) { "_2" } else { "" };
            self.project.write(&format!("versions/{}{again}.sql", revision.id), revision.text(self.live.database()));
            seen.push(revision.id);
        }
    }

    fn make(&self) {
        self.live.execute(&format!(
            "CREATE TABLE {NOTES} (number integer NOT NULL PRIMARY KEY, step varchar(40), seen varchar(100));\
             CREATE TABLE migrate_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT migrate_version_pkc PRIMARY KEY (version_num));"
        ));
        self.set_rows(&self.case.at);
    }

    fn set_rows(&self, rows: &str) {
        let rows = rows.split(',').filter(|row| *row != "–");
        let rows: String = rows.map(|row| format!("INSERT INTO migrate_version VALUES ('{row}');")).collect();
        self.live.execute(&format!("DELETE FROM migrate_version; {rows}"));
    }

    fn online(&self) -> Result<(), String> {
        let case = &self.case;
        let output = self.run(&[]);
        if output.code != i32::from(case.exit) {
            return Err(format!("exit code {} instead of {}\n{output}", output.code, case.exit));
        }
        self.steps_and_rows(case.rows.is_some()).map_err(|why| format!("{why}\n{output}"))?;
        self.said(&output)?;
        if let Some(lists) = &case.lists {
            let json = self.run(&["--format", "json"]);
            same("the list", lists, &listed(&json.stdout)).map_err(|why| format!("{why}\n{json}"))?;
        }
        match &case.parents {
            Some(parents) => self.new_file(parents),
            None => Ok(()),
        }
    }

    fn run(&self, more: &[&str]) -> Output {
        let command: Vec<&str> = self.case.command.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.project.run(&command)
    }

    /// What is said and printed, without the folder of the project.
    fn said(&self, output: &Output) -> Result<(), String> {
        let folder = self.project.path("").display().to_string();
        let stderr = output.stderr.replace(&folder, "");
        if let Some(part) = self.case.says.iter().find(|part| !stderr.contains(part.as_str())) {
            return Err(format!("{part:?} is not said\n{output}"));
        }
        let line = |wanted: &&String| !output.stdout.lines().any(|line| line.trim() == wanted.as_str());
        match self.case.prints.iter().find(line) {
            Some(line) => Err(format!("no line {line:?} is printed\n{output}")),
            None => Ok(()),
        }
    }

    /// What ran, the rows after each step, and the rows in the end.
    fn steps_and_rows(&self, changed: bool) -> Result<(), String> {
        let case = &self.case;
        let notes = self.live.query(&format!("SELECT step, coalesce(seen, '–') FROM {NOTES} ORDER BY number;"));
        let (steps, seen): (Vec<String>, Vec<String>) =
            notes.into_iter().map(|mut row| (row.remove(0), row.remove(0))).unzip();
        same("what ran", &case.steps, &steps)?;
        let mut expected: Vec<String> =
            if steps.is_empty() { Vec::new() } else { case.rows.clone().unwrap_or_default() };
        if self.live.database() == Database::Mysql && !expected.is_empty() {
            // Its version rows move last: a revision sees the rows before it.
            expected.pop();
            expected.insert(0, case.at.clone());
        }
        same("the rows after each step", &expected, &seen)?;
        let end = if changed { case.rows_at_the_end() } else { &case.at };
        same("the rows in the end", &[sorted(end)], &[self.rows()])
    }

    fn rows(&self) -> String {
        self.live.value(&format!("SELECT coalesce({}, '–');", rows_of(self.live.database())))
    }

    /// The file that `revision` or `merge` wrote.
    fn new_file(&self, parents: &[String]) -> Result<(), String> {
        let known: Vec<&str> = self.case.graph.split([' ', ':', '#', '>']).collect();
        let new = |name: &String| !known.contains(&name.trim_end_matches(".sql"));
        let names: Vec<String> = self.project.list("versions").into_iter().filter(new).collect();
        let [name] = names.as_slice() else { return Err(format!("new files: {names:?}")) };
        let text = self.project.read(&format!("versions/{name}"));
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().trim();
        let found = value("down_revision:").trim_matches(['[', ']']).replace("null", "");
        let found: Vec<String> = found.split(", ").filter(|id| !id.is_empty()).map(str::to_owned).collect();
        same("the parents", parents, &found)?;
        match self.case.writes.iter().find(|line| !text.lines().any(|found| found == line.as_str())) {
            Some(line) => Err(format!("no line {line:?} in\n{text}")),
            None => Ok(()),
        }
    }

    fn script(&self) -> Result<(), String> {
        let output = self.run(&[]);
        if output.code != 0 {
            return Err(format!("exit code {}\n{output}", output.code));
        }
        self.said(&output)?;
        let script = &output.stdout;
        self.live.try_execute(script).map_err(|why| format!("the script fails: {why}\n{script}"))?;
        self.steps_and_rows(true).map_err(|why| format!("{why}\n{script}"))?;
        if self.case.rows.is_none() {
            return Ok(());
        }
        let before = self.everything();
        if self.live.try_execute(script).is_ok() {
            return Err(format!("a second time the script does not fail\n{script}"));
        }
        same("a second time", &before, &self.everything())?;
        self.elsewhere(script)
    }

    /// On every other state that the way of the script knows, where its later revisions would find their beginning: in a
    /// shell that goes on after errors nothing changes.
    fn elsewhere(&self, script: &str) -> Result<(), String> {
        let rows = self.case.rows.iter().flatten().map(String::as_str);
        for rows in rows.chain(["–"]).filter(|rows| *rows != self.case.at) {
            self.set_rows(rows);
            let before = self.everything();
            self.live.execute_carelessly(script);
            same(&format!("on {rows}"), &before, &self.everything()).map_err(|why| format!("{why}\n{script}"))?;
        }
        Ok(())
    }

    /// All rows that a script could change.
    fn everything(&self) -> Vec<String> {
        let notes = self.live.query(&format!("SELECT step, seen FROM {NOTES} ORDER BY number;"));
        let log = self.live.query("SELECT number, revision, direction, state FROM migrate_log ORDER BY number;");
        notes.into_iter().chain(log).map(|row| row.join(" ")).chain([self.rows()]).collect()
    }
}

fn sorted(rows: &str) -> String {
    let mut rows: Vec<&str> = rows.split(',').collect();
    rows.sort_unstable();
    rows.join(",")
}

fn same(what: &str, expected: &[String], found: &[String]) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}

/// The ids in a JSON report of revisions: objects, or the ids themselves.
fn listed(json: &str) -> Vec<String> {
    if let Some(objects) = json.strip_prefix("{\"format\":1,\"revisions\":[{") {
        let ids = objects.split("\"revision\":\"").skip(1);
        return ids.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect();
    }
    let ids = json.trim_end().trim_start_matches("{\"format\":1,\"revisions\":[").trim_end_matches("]}");
    ids.split(',').map(|id| id.trim_matches('"').to_owned()).filter(|id| !id.is_empty()).collect()
}
