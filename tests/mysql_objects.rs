//! Objects of MariaDB that are a text: chains of them over a change at the bottom, and runs that are killed among them.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Instant;

use crate::common::{Database, Fresh, Login, Project};

/// What changes below a chain.
#[derive(Clone, Copy)]
enum Change {
    /// A column has another name.
    Rename,
    /// A column that every view passes on goes, and another one comes.
    Replace,
    /// A column gets another type, the views nothing.
    Retype,
    /// The first view alone.
    View,
}

const CHANGES: [Change; 4] = [Change::Rename, Change::Replace, Change::Retype, Change::View];
const CHAINS: usize = 40;

fn change_of(chain: usize) -> Change {
    CHANGES[chain % CHANGES.len()]
}

/// How many objects stand on each other.
fn depth_of(chain: usize) -> usize {
    1 + (chain / 2) % 8
}

/// The name of the top of a chain. Names fall from bottom to top, so that their order helps nobody.
fn layer(chain: usize, height: usize) -> String {
    format!("v{chain}_{}", 9 - height)
}

/// The parts of a model, one kind each.
#[derive(Default)]
struct Parts {
    tables: String,
    views: String,
    functions: String,
    triggers: String,
}

impl Parts {
    fn chain(&mut self, chain: usize, after: bool) {
        let change = change_of(chain);
        let (number, ty, other, condition) = match (change, after) {
            (Change::Rename, true) => ("z", "int", "b: { type: int }", ""),
            (Change::Replace, true) => ("a", "int", "d: { type: varchar(20) }", ""),
            (Change::Retype, true) => ("a", "bigint", "b: { type: int }", ""),
            (Change::View, true) => ("a", "int", "b: { type: int }", " where id > 0"),
            (_, false) => ("a", "int", "b: { type: int }", ""),
        };
        let passed = if other.starts_with('b') { "b" } else { "d" };
        writeln!(
            self.tables,
            "  c{chain}: {{ columns: {{ id: {{ type: bigint, nullable: false }}, {number}: {{ type: {ty} }}, {other} }}, primary_key: [id] }}"
        )
        .unwrap();
        let mut below = format!("c{chain}");
        for height in 0..depth_of(chain) {
            let name = layer(chain, height);
            let (source, condition) = if height == 0 { (number, condition) } else { ("n", "") };
            let called = format!("f{chain}_{height}");
            let extra = if height % 3 == 2 { format!(", {called}() as g{height}") } else { String::new() };
            if height % 3 == 2 {
                writeln!(
                    self.functions,
                    "  {called}: CREATE FUNCTION {called}() RETURNS BIGINT READS SQL DATA RETURN (SELECT MAX(n) FROM {below})"
                )
                .unwrap();
            }
            writeln!(self.views, "  {name}: select id, {source} as n, {passed}{extra} from {below}{condition}")
                .unwrap();
            below = name;
        }
        writeln!(
            self.triggers,
            "  r{chain}: {{ table: c{chain}, definition: \"CREATE TRIGGER r{chain} BEFORE INSERT ON c{chain} FOR EACH ROW \
             SET @seen = CONCAT(NEW.{number}, COALESCE(NEW.{passed}, '-'))\" }}"
        )
        .unwrap();
    }
}

fn model(after: bool) -> String {
    let mut parts = Parts::default();
    (0..CHAINS).for_each(|chain| parts.chain(chain, after));
    let Parts { tables, views, functions, triggers } = parts;
    format!("tables:\n{tables}views:\n{views}functions:\n{functions}triggers:\n{triggers}")
}

/// Asks the top of every chain.
fn tops_work(database: &Fresh) {
    for chain in 0..CHAINS {
        let sql = format!("SELECT COUNT(*) FROM {};", layer(chain, depth_of(chain) - 1));
        assert_eq!(database.value(&sql), "1", "{sql}");
    }
}

#[test]
fn chains_of_objects_follow_a_change_at_the_bottom_and_back() {
    let database = Database::Mysql.fresh();
    let project = Project::on(&database);
    project.write("versions/.keep", "").write("models/m.yaml", model(false));
    project.run(&["revision", "--autogenerate", "-m", "first", "--rev-id", "aaaa"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    let rows: String = (0..CHAINS).map(|chain| format!("INSERT INTO c{chain} VALUES (1, 2, 3);\n")).collect();
    database.execute(&rows);
    tops_work(&database);
    let before = database.dump();
    project.write("models/m.yaml", model(true));
    let mut words: Vec<String> =
        ["revision", "--autogenerate", "-m", "second", "--rev-id", "bbbb"].map(str::to_owned).into();
    let renamed = (0..CHAINS).filter(|chain| matches!(change_of(*chain), Change::Rename));
    words.extend(renamed.flat_map(|chain| ["--rename".to_owned(), format!("c{chain}.a=z")]));
    project.run(&words).ok();
    project.run(&["upgrade", "--yes"]).ok();
    project.run(&["check"]).ok();
    tops_work(&database);
    let made = Database::Mysql.fresh();
    project.run(&["create-all", "--url", &made.url()]).ok();
    let sorted = |dump: String| {
        let mut lines: Vec<String> = dump.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(database.dump()), sorted(made.dump()));
    project.run(&["downgrade", "-1", "--yes"]).ok();
    tops_work(&database);
    assert_eq!(database.dump(), before);
    project.run(&["upgrade", "--yes"]).ok();
    project.run(&["check"]).ok();
}

/// One of each kind.
const OBJECTS: &str = "tables: { t: { columns: { id: { type: bigint, nullable: false }, a: int }, primary_key: [id] } }
views:
  v: select id, f(a) as a from t
  w: { definition: \"CREATE SQL SECURITY INVOKER VIEW w AS select id from v\" }
functions: { f: CREATE FUNCTION f(a INT) RETURNS INT RETURN a + 1 }
procedures:
  p: \"CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1, 1); SELECT 1; END\"
triggers:
  one: { table: t, definition: CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1 }
  two: { table: t, definition: CREATE TRIGGER two BEFORE INSERT ON t FOR EACH ROW FOLLOWS one SET NEW.a = 2 }
events: { e: CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1 }
";

/// What MySQL does not have: sequences, and a mode that a statement says of itself.
const OF_MARIADB: &str = "sequences: { s: CREATE SEQUENCE s }
procedures:
  q: \"SET STATEMENT sql_mode = '' FOR CREATE PROCEDURE q() BEGIN SELECT 1; END\"
";

/// A project with one revision that makes all of them.
fn project(database: &Fresh) -> Project {
    let project = Project::on(database);
    project.write("versions/.keep", "").write("models/m.yaml", OBJECTS);
    if Database::product_of_mysql() == "mariadb" {
        project.write("models/mariadb.yaml", OF_MARIADB);
    }
    project.run(&["revision", "--autogenerate", "-m", "all", "--rev-id", "aaaa"]).ok();
    project
}

#[test]
fn a_run_killed_among_objects_is_continued() {
    const PARTS: u32 = 10;
    let clean = Database::Mysql.fresh();
    let undisturbed = project(&clean);
    let begun = Instant::now();
    undisturbed.run(&["upgrade"]).ok();
    let usual = begun.elapsed();
    let (at_head, mut running) = (clean.dump(), 0);
    for part in 0..PARTS {
        let database = Database::Mysql.fresh();
        let project = project(&database);
        for (command, wanted) in
            [(["upgrade", "--yes"].as_slice(), at_head.as_str()), (&["downgrade", "base", "--yes"], "")]
        {
            let mut child = project.command();
            child.args(command).args(["--lock-wait", "20s"]).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = child.spawn().expect("it starts");
            std::thread::sleep(usual * (2 * part + 1) / (2 * PARTS));
            running += u32::from(child.try_wait().expect("a state").is_none());
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            project.run(&[command, &["--lock-wait", "20s"]].concat()).ok();
            assert_eq!(database.dump(), wanted, "killed at {part}/{PARTS} of {command:?}");
        }
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
    }
    assert!(running >= PARTS, "only {running} of {} kills came before the end", 2 * PARTS);
}

#[test]
fn what_cannot_be_read_or_no_longer_works_is_named() {
    let database = Database::Mysql.fresh();
    let project = Project::on(&database);
    database.execute(
        "CREATE TABLE t (a int, b int); CREATE VIEW good AS SELECT a FROM t; CREATE VIEW bad AS SELECT b FROM t;
        CREATE VIEW worse AS SELECT b FROM bad; ALTER TABLE t DROP COLUMN b;",
    );
    let printed = project.run(&["inspect"]).ok();
    project.write("versions/.keep", "").write("models/m.yaml", &printed.stdout);
    let said = "not modelled: broken view (make what it reads, or drop it): bad";
    project.run(&["check"]).ok().says(said);
    // The models may say what it should be; what stands on it works again then.
    project.write("models/m.yaml", format!("{}  bad: select a as b from t\n", printed.stdout));
    project.run(&["check"]).exits(1).prints("change the definition of view bad");
    project.run(&["revision", "--autogenerate", "-m", "heal"]).ok();
    project.run(&["upgrade"]).ok();
    project.write("models/m.yaml", project.run(&["inspect"]).ok().stdout);
    let healed = project.run(&["check"]).ok();
    assert!(!healed.stderr.contains("broken"), "{healed}");
    assert_eq!(database.value("SELECT count(*) FROM worse;"), "0");
}

/// With DROP goes everybody's right to call a routine. MariaDB replaces it; MySQL alters what it can, else names the loss.
#[test]
fn who_may_call_a_routine_may_call_it_when_it_changed() {
    let database = Database::Mysql.fresh();
    let routine = |traits: &str, body: &str| format!("CREATE PROCEDURE p() {traits}\nSELECT {body};\n");
    database.execute(&routine("", "1"));
    let grantee = Login::on(&database).grantee(Database::Mysql);
    database.execute(&format!("GRANT EXECUTE ON PROCEDURE p TO {grantee};"));
    let project = Project::on(&database);
    let change = |models: &str, id: &str| {
        project.write("models/m.sql", models);
        let output = project.run(&["revision", "--autogenerate", "-m", "change", "--rev-id", id]).ok();
        project.run(&["upgrade"]).ok();
        project.run(&["check"]).ok();
        output.stderr
    };
    let rights = || database.query(&format!("SHOW GRANTS FOR {grantee};")).concat().join("\n").contains("EXECUTE");
    change(&routine("COMMENT 'said' READS SQL DATA SQL SECURITY INVOKER", "1"), "aaaa");
    assert!(rights(), "altered");
    let said = change(&routine("", "2"), "bbbb");
    let named = said.contains("calls of procedure p by those who were granted EXECUTE on it");
    assert_eq!(named, Database::product_of_mysql() == "mysql", "{said}");
    // The login may give it again.
    assert!(rights(), "made anew");
}
