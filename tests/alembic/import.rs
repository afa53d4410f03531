//! `migrate import alembic`: real projects, brought here with real Alembic beside us.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::driver::python;
use crate::common::{Database, Fresh, Output, Project};

pub(super) const ENVIRONMENT: &str = include_str!("env.py");

/// A project of Alembic on a database: `alembic.ini`, `db/env.py`, `db/versions/`.
fn alembic_project(database: &Fresh, revisions: &[(&str, String)]) -> Project {
    let project = Project::empty();
    let url = sqlalchemy_url(database);
    project.write("alembic.ini", format!("[alembic]\nscript_location = %(here)s/db\nsqlalchemy.url = {url}\n"));
    project.write("db/env.py", ENVIRONMENT);
    for (name, text) in revisions {
        project.write(&format!("db/versions/{name}.py"), text);
    }
    std::fs::create_dir_all(project.path("db/versions")).expect("a new folder");
    project
}

/// The URL as SQLAlchemy writes it.
pub(super) fn sqlalchemy_url(database: &Fresh) -> String {
    match database.database() {
        Database::Sqlite => format!("sqlite:///{}", database.file().display()),
        Database::Postgres => database.url().replacen("postgres://", "postgresql+psycopg://", 1),
        Database::Mysql => database.url().replacen("mysql://", "mysql+pymysql://", 1),
    }
}

/// Runs real Alembic in the project.
#[track_caller]
pub(super) fn alembic(project: &Project, words: &[&str]) {
    let output = try_alembic(project, words);
    assert!(output.status.success(), "alembic {words:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The same, whatever comes of it.
pub(super) fn try_alembic(project: &Project, words: &[&str]) -> std::process::Output {
    let mut command = Command::new(python());
    command.args(["-B", "-m", "alembic"]).args(words).current_dir(project.path("")).output().expect("Python starts")
}

/// Runs the program in the folder `new` of the project, on this database.
pub(super) fn migrate(project: &Project, database: &Fresh, words: &[&str]) -> Output {
    project.run_with(words, |command| {
        command.current_dir(project.path("new")).env("DATABASE_URL", database.url());
    })
}

/// Imports the project into its folder `new`.
pub(super) fn import(project: &Project, words: &[&str]) -> Output {
    let python = python();
    let start = ["import", "alembic", ".", "--out", "new", "--python", &python];
    project.run(&start.iter().chain(words).copied().collect::<Vec<_>>())
}

/// A dump without regard to blanks: Alembic's scripts have four where its statements have a tab. Nor to the order of a
/// table's constraints on SQLite: batch mode keeps them in a set, so that it differs from run to run.
pub(super) fn spaced(database: &Fresh) -> String {
    let text = database.dump().split_whitespace().collect::<Vec<_>>().join(" ");
    if database.database() == Database::Sqlite {
        text.split("CREATE TABLE ").map(constraints_in_order).collect::<Vec<_>>().join("CREATE TABLE ")
    } else {
        text
    }
}

/// `name ( columns, constraints ) rest` with the constraints sorted.
fn constraints_in_order(table: &str) -> String {
    let Some((name, body)) = table.split_once('(') else { return table.to_owned() };
    let (mut depth, mut parts, mut rest) = (1_usize, vec![String::new()], String::new());
    for letter in body.chars() {
        depth = depth + usize::from(letter == '(' && depth > 0) - usize::from(letter == ')' && depth > 0);
        match (depth, letter) {
            (0, _) => rest.push(letter),
            (1, ',') => parts.push(String::new()),
            _ => parts.last_mut().expect("a part").push(letter),
        }
    }
    let mut parts: Vec<&str> = parts.iter().map(|part| part.trim()).collect();
    let of_table = ["CONSTRAINT ", "FOREIGN ", "UNIQUE ", "CHECK ", "PRIMARY "];
    let is_constraint = |part: &&str| of_table.iter().any(|word| part.starts_with(word));
    let first = parts.iter().position(is_constraint).unwrap_or(parts.len());
    parts[first..].sort_unstable();
    format!("{name}({}{rest}", parts.join(", "))
}

/// A revision in Python.
fn revision(id: &str, down: &str, upgrade: &str, downgrade: &str) -> (&'static str, String) {
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let (upgrade, downgrade) = (indent(upgrade), indent(downgrade));
    let text = format!(
        "\"\"\"about {id}\n\nRevision ID: {id}\nCreate Date: 2024-05-06 07:08:09.123456\n\n\"\"\"\n\
         from alembic import context, op\nimport sqlalchemy as sa\n\nrevision: str = '{id}'\ndown_revision = {down}\n\
         branch_labels = None\ndepends_on = None\n\n\ndef upgrade() -> None:\n{upgrade}\n\ndef downgrade() -> None:\n{downgrade}"
    );
    (Box::leak(format!("{id}_about").into_boxed_str()), text)
}

fn table(id: &str, down: &str, name: &str) -> (&'static str, String) {
    let columns = "sa.Column('id', sa.Integer, primary_key=True), sa.Column('note', sa.String(40), server_default='100%', nullable=False)";
    let upgrade = format!("op.create_table('{name}', {columns})\nop.create_index('ix_{name}', '{name}', ['note'])");
    revision(id, down, &upgrade, &format!("op.drop_table('{name}')"))
}

/// Two lines that meet, a label, a dependency, rows by SQL, a data step in Python at the end if that is wanted.
fn shop() -> Vec<(&'static str, String)> {
    let labelled = |(name, text): (&'static str, String)| {
        (name, text.replace("branch_labels = None", "branch_labels = ('shop',)"))
    };
    vec![
        labelled(table("a1", "None", "customers")),
        table("b1", "'a1'", "orders"),
        table("b2", "'a1'", "invoices"),
        revision("c1", "('b1', 'b2')", "pass", "pass"),
        revision(
            "d1",
            "'c1'",
            "op.add_column('orders', sa.Column('price', sa.Numeric(10, 2)))\nop.execute(\"INSERT INTO customers (id, note) VALUES (1, '50% off')\")",
            "op.execute('DELETE FROM customers')\nop.drop_column('orders', 'price')",
        ),
    ]
}

#[test]
fn an_imported_history_makes_what_alembic_makes_and_takes_it_back() {
    for product in Database::ALL {
        let (theirs, ours) = (product.fresh(), product.fresh());
        let project = alembic_project(&theirs, &shop());
        alembic(&project, &["upgrade", "head"]);
        let output = import(&project, &[]).ok();
        assert!(!output.stderr.contains("warning"), "{output}");
        migrate(&project, &ours, &["upgrade"]).ok();
        assert_eq!(spaced(&ours), spaced(&theirs), "{product:?}");
        assert_eq!(ours.query("SELECT note FROM customers;"), [["50% off"]], "{product:?}");
        migrate(&project, &ours, &["check"]).ok().prints("in sync");
        migrate(&project, &ours, &["downgrade", "base", "--yes"]).ok();
        alembic(&project, &["downgrade", "base"]);
        assert_eq!(spaced(&ours), spaced(&theirs), "{product:?}: after the way back");
    }
}

#[test]
fn a_database_of_alembic_goes_on_here_and_there_again() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    alembic(&project, &["upgrade", "b1"]);
    import(&project, &[]).ok();
    migrate(&project, &database, &["current"]).ok().prints("b1");
    migrate(&project, &database, &["check"]).exits(1).prints("b2, c1, d1");
    migrate(&project, &database, &["upgrade", "c1"]).ok();
    alembic(&project, &["upgrade", "head"]);
    migrate(&project, &database, &["current", "--check-heads"]).ok().prints("d1");
    migrate(&project, &database, &["check"]).ok();
    migrate(&project, &database, &["downgrade", "shop@base", "--yes"]).ok();
    alembic(&project, &["upgrade", "head"]);
}

#[test]
fn heads_are_kept_word_for_word() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    import(&project, &[]).ok().says("Writing migrate.yaml").says("Writing versions/a1_about.sql");
    let text = project.read("new/versions/c1_about.sql");
    for line in [
        "-- revision: c1\n-- down_revision: b1, b2\n-- branch_labels:\n",
        "-- message: about c1\n-- created: 2024-05-06T07:08:09Z\n-- dialect: sqlite\n",
        "\n-- migrate:up\n\n-- migrate:down\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(project.read("new/versions/a1_about.sql").contains("-- branch_labels: shop\n"));
    let config = project.read("new/migrate.yaml");
    assert!(config.contains("version_table: alembic_version") && config.contains("unmanaged: ignore"), "{config}");
    import(&project, &[]).exits(2).says("there is a project already").says("--out");
}

#[test]
fn what_alembic_cannot_print_is_left_to_a_person_and_never_applied() {
    let database = Database::Sqlite.fresh();
    let mut revisions = shop();
    let step = "op.execute('UPDATE customers SET note = note')\nfor row in op.get_bind().execute(sa.text('SELECT id FROM customers')):\n    pass";
    revisions.push(revision("e1", "'d1'", step, "raise NotImplementedError('no way')"));
    revisions.push(revision(
        "f1",
        "'e1'",
        "if context.is_offline_mode():\n    return\nop.execute('DELETE FROM orders')",
        "pass",
    ));
    let project = alembic_project(&database, &revisions);
    let output = import(&project, &[]).ok().says("the upgrade of 2 revisions").says("the downgrade of 1 revision");
    output.says("e1: Alembic cannot print it: it reads rows (TypeError").says("f1: it asks whether it runs offline");
    let text = project.read("new/versions/e1_about.sql");
    assert!(
        text.contains("-- migrate:manual Alembic cannot") && text.contains("-- UPDATE customers SET note = note;"),
        "{text}"
    );
    let refused = migrate(&project, &database, &["upgrade"]).exits(2).says("revision e1 is left to you");
    refused.says("e1_about.sql").says("take out the line `-- migrate:manual`");
    assert!(!database.dump().contains("customers"), "nothing ran");
    migrate(&project, &database, &["upgrade", "d1"]).ok();
    project.write("new/versions/e1_about.sql", text.replacen("-- migrate:manual Alembic", "-- was: Alembic", 1));
    migrate(&project, &database, &["upgrade", "e1"]).ok();
    migrate(&project, &database, &["downgrade", "d1", "--yes"]).exits(2).says("left to you").says("no way");
}

/// A step in batch mode on the table `customers`.
fn batch(id: &str, down: &str, upgrade: &str, downgrade: &str) -> (&'static str, String) {
    let of = |call: &str| format!("with op.batch_alter_table('customers') as batch:\n    batch.{call}");
    revision(id, down, &of(upgrade), &of(downgrade))
}

#[test]
fn batch_mode_on_sqlite_copies_tables_with_their_rows_and_those_that_refer_to_them() {
    let (theirs, ours) = (Database::Sqlite.fresh(), Database::Sqlite.fresh());
    let mut revisions = shop();
    let refers = "op.create_table('visits', sa.Column('customer', sa.Integer, sa.ForeignKey('customers.id', ondelete='CASCADE')))";
    revisions.push(revision("e1", "'d1'", refers, "op.drop_table('visits')"));
    let kind = |kind: &str| format!("alter_column('note', existing_type=sa.String(40), {kind})");
    revisions.push(batch("f1", "'e1'", &kind("nullable=True"), &kind("nullable=False")));
    revisions.push(batch("f2", "'f1'", &kind("type_=sa.String(80)"), &kind("type_=sa.String(40)")));
    revisions.push(batch("f3", "'f2'", "add_column(sa.Column('more', sa.Integer))", "drop_column('more')"));
    let project = alembic_project(&theirs, &revisions);
    let output = import(&project, &[]).ok();
    assert!(!output.stderr.contains("warning"), "{output}");
    alembic(&project, &["upgrade", "e1"]);
    migrate(&project, &ours, &["upgrade", "e1"]).ok();
    for database in [&theirs, &ours] {
        database.execute("INSERT INTO visits SELECT id FROM customers;");
    }
    for way in ["upgrade", "downgrade"] {
        for target in if way == "upgrade" { ["f1", "f2", "f3"] } else { ["f2", "f1", "e1"] } {
            alembic(&project, &[way, target]);
            migrate(&project, &ours, &[way, target, "--yes"][..if way == "upgrade" { 2 } else { 3 }]).ok();
            assert_eq!(spaced(&ours), spaced(&theirs), "{way} {target}");
            assert_eq!(ours.query("SELECT * FROM visits;"), [["1"]], "{way} {target}");
        }
    }
}

#[test]
fn batch_mode_is_left_to_a_person_where_a_table_may_differ_from_database_to_database() {
    let database = Database::Sqlite.fresh();
    let mut revisions = shop();
    let nullable = "alter_column('note', nullable=True, existing_type=sa.String(40))";
    revisions.push(batch("b3", "'a1'", nullable, nullable));
    let rows = revision("e1", "('d1', 'b3')", "list(op.get_bind().execute(sa.text('SELECT 1')))", "pass");
    revisions.extend([rows, batch("f1", "'e1'", nullable, nullable)]);
    let project = alembic_project(&database, &revisions);
    let output = import(&project, &[]).ok().says("left to you: the upgrade of 3 revisions");
    output
        .says("b3: Alembic cannot print it: batch mode reads the table")
        .says("f1: Alembic cannot print it: batch mode");
}

#[test]
fn binary_defaults_of_mysql_come_along() {
    let (theirs, ours) = (Database::Mysql.fresh(), Database::Mysql.fresh());
    let column = "sa.Column('a', sa.BINARY(2), server_default='\\0\\0')";
    let revisions = [revision("a1", "None", &format!("op.create_table('t', {column})"), "op.drop_table('t')")];
    let project = alembic_project(&theirs, &revisions);
    let output = import(&project, &[]).ok();
    assert!(!output.stderr.contains("warning"), "{output}");
    alembic(&project, &["upgrade", "head"]);
    migrate(&project, &ours, &["upgrade"]).ok();
    assert_eq!(spaced(&ours), spaced(&theirs));
}

#[test]
fn which_product_the_database_is_may_be_asked_and_nothing_else_of_its_url() {
    let database = Database::Sqlite.fresh();
    let product = "if str(op.get_bind().engine.url).startswith('sqlite'):\n    op.execute('SELECT_FOR_SQLITE')";
    let name = "op.execute('USE ' + op.get_bind().engine.url.database)";
    let project = alembic_project(&database, &[revision("a1", "None", product, name)]);
    import(&project, &[]).ok().says("left to you: the downgrade of 1 revision,");
    let text = project.read("new/versions/a1_about.sql");
    assert!(text.contains("-- migrate:up\nSELECT_FOR_SQLITE;\n"), "{text}");
    assert!(
        text.contains("-- migrate:manual Alembic cannot print it: it asks the database (AttributeError)\n"),
        "{text}"
    );
}

#[test]
fn a_baseline_is_the_way_from_nothing() {
    for product in Database::ALL {
        let (theirs, ours, below) = (product.fresh(), product.fresh(), product.fresh());
        let mut revisions = shop();
        let by_hand = "list(op.get_bind().execute(sa.text('SELECT 1'))); \
                       op.execute('CREATE VIEW about_one AS SELECT 1 AS one')";
        revisions.push(revision("e1", "'d1'", by_hand, "op.execute('DROP VIEW about_one')"));
        revisions.push(table("f1", "'e1'", "late"));
        let project = alembic_project(&theirs, &revisions);
        alembic(&project, &["upgrade", "d1"]);
        import(&project, &["--baseline", "e1"]).exits(2).says("the database stands at d1").says("alembic upgrade e1");
        alembic(&project, &["upgrade", "e1"]);
        import(&project, &["--baseline", "e1"]).ok();
        assert!(project.read("new/versions/e1_about.sql").contains("-- baseline: true\n"));
        migrate(&project, &ours, &["upgrade", "e1"]).ok().says("Applying e1").says("1 revision applied");
        assert_eq!(ours.dump(), theirs.dump(), "{product:?}");
        for database in [&theirs, &ours] {
            migrate(&project, database, &["upgrade"]).ok().says("Applying f1");
            migrate(&project, database, &["check"]).ok();
        }
        assert_eq!(ours.dump(), theirs.dump(), "{product:?}");
        migrate(&project, &ours, &["downgrade", "e1", "--yes"]).ok();
        migrate(&project, &ours, &["downgrade", "d1", "--yes"]).exits(2).says("over the baseline e1");
        migrate(&project, &ours, &["downgrade", "base", "--yes"]).ok();
        assert!(ours.query("SELECT * FROM alembic_version;").is_empty());
        migrate(&project, &ours, &["upgrade"]).ok();
        migrate(&project, &below, &["stamp", "b1"]).ok();
        migrate(&project, &below, &["upgrade"]).exits(2).says("over the baseline e1").says("stands at b1");
        migrate(&project, &below, &["upgrade", "+1"]).exits(2);
    }
}

#[test]
fn a_baseline_says_what_it_cannot_hold() {
    let database = Database::Postgres.fresh();
    let mut revisions = shop();
    revisions.push(revision(
        "e1",
        "'d1'",
        "op.execute('CREATE TEXT SEARCH TEMPLATE words (LEXIZE = dsimple_lexize)')",
        "op.execute('DROP TEXT SEARCH TEMPLATE words')",
    ));
    let project = alembic_project(&database, &revisions);
    alembic(&project, &["upgrade", "head"]);
    import(&project, &["--baseline", "head"])
        .ok()
        .says("left to you: the upgrade of 1 revision,")
        .says("Keeping 5 revisions by name");
    let other = Database::Postgres.fresh();
    migrate(&project, &other, &["upgrade"]).exits(2).says("text search template words");
}

#[test]
fn without_alembic_heads_are_read_and_bodies_left() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    let run = |words: &[&str], out: &str| {
        let start = ["import", "alembic", ".", "--out", out];
        project.run(&start.iter().chain(words).copied().collect::<Vec<_>>())
    };
    run(&["--headers-only"], "one").ok().says("headers alone").says("the upgrade of 5 revisions");
    assert!(project.read("one/versions/a1_about.sql").contains("-- migrate:manual headers alone were asked for\n"));
    run(&["--python", "false"], "two").ok().says("Alembic gave no SQL");
    run(&["--python", "no-such-python"], "three").exits(2).says("cannot start no-such-python").says("--headers-only");
    run(&["--python", "sh -c 'sleep 60'", "--timeout", "100ms"], "four").ok();
    assert!(!project.path("three").exists());
}

#[test]
fn what_env_py_does_is_part_of_the_answer() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    let run = |environment: &str, words: &[&str], part: &str| {
        project.write("db/env.py", environment);
        import(&project, &[words, &["--dry-run"]].concat()).ok().says(part);
    };
    run("raise RuntimeError('no settings')\n", &[], "no settings");
    run("import sys\nsys.exit(3)\n", &[], "SystemExit: 3");
    run(&format!("{ENVIRONMENT}\n{ENVIRONMENT}"), &[], "2 times");
    run("import time\ntime.sleep(60)\n", &["--timeout", "1s"], "did not answer within 1 s");
    let asks = format!(
        "from alembic import context\nassert context.get_x_argument(as_dictionary=True)['who'] == 'me'\n{ENVIRONMENT}"
    );
    project.write("db/env.py", asks);
    let output = import(&project, &["-x", "who=me"]).ok();
    assert!(!output.stderr.contains("warning"), "{output}");
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    project.run(&["import", "flyway", "."]).exits(2).says("projects of flyway cannot be imported");
    project.run(&["import", "alembic", "nowhere"]).exits(2).says("no Alembic project");
    let ours = Project::empty();
    ours.write("versions/a1.sql", "-- revision: a1\n-- migrate:up\n");
    ours.run(&["import", "alembic", "."]).exits(2).says("no Alembic project");
    import(&project, &["--baseline", "zz"]).exits(2).says("zz");
    import(&project, &["--baseline", "base"]).exits(2).says("cannot be a baseline");
    import(&project, &["--dry-run"]).ok().says("Would write versions/a1_about.sql");
    project.write("db/versions/x.py", "revision = make()\n");
    import(&project, &[]).exits(2).says("Python would have to run").says("x.py:1");
    project.write("db/versions/x.py", "revision = 'x1'\ndown_revision = 'gone'\n");
    import(&project, &[]).exits(7).says("names the parent gone");
    assert!(!project.path("new").exists());
}

#[test]
fn pyproject_says_where_the_scripts_are_and_an_empty_project_is_one() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    project.write("pyproject.toml", "[tool.alembic]\nscript_location = \"%(here)s/db\"\n");
    project.write("alembic.ini", format!("[alembic]\nsqlalchemy.url = {}\n", sqlalchemy_url(&database)));
    let output = import(&project, &[]).ok();
    assert!(!output.stderr.contains("warning"), "{output}");
    migrate(&project, &database, &["upgrade"]).ok().says("5 revisions applied");
    let empty = alembic_project(&database, &[]);
    import(&empty, &[]).ok().says("versions/.keep");
    migrate(&empty, &Database::Sqlite.fresh(), &["upgrade"]).ok().says("nothing to do");
}

#[test]
fn the_project_of_alembic_is_not_touched() {
    let database = Database::Sqlite.fresh();
    let project = alembic_project(&database, &shop());
    let before = listing(&project.path("db"));
    import(&project, &[]).ok();
    assert_eq!(listing(&project.path("db")), before);
    assert!(!database.file().exists(), "no database was opened");
}

/// Every file below a folder with its text.
fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

#[test]
fn a_made_history_of_400_revisions_in_less_than_10_seconds() {
    let (theirs, ours) = (Database::Sqlite.fresh(), Database::Sqlite.fresh());
    let project = alembic_project(&theirs, &made(400));
    alembic(&project, &["upgrade", "head"]);
    let start = Instant::now();
    import(&project, &["--baseline", "head"]).ok();
    migrate(&project, &ours, &["upgrade"]).ok();
    let with_baseline = start.elapsed();
    assert!(ours.dump() == theirs.dump(), "the dumps differ");
    std::fs::rename(project.path("new"), project.path("old")).expect("a folder moves");
    let start = Instant::now();
    import(&project, &[]).ok().says("the upgrade of 40 revisions");
    let with_bodies = start.elapsed();
    println!("400 revisions: baseline and empty database {with_baseline:.2?}, all bodies {with_bodies:.2?}");
    assert!(with_baseline.as_secs() < 10 && with_bodies.as_secs() < 10, "{with_baseline:?} {with_bodies:?}");
}

/// So many revisions in a line; every tenth reads rows in Python.
fn made(count: usize) -> Vec<(&'static str, String)> {
    let one = |number: usize| {
        let id = format!("{number:04}");
        let down = if number == 0 { "None".to_owned() } else { format!("'{:04}'", number - 1) };
        if number % 10 != 9 {
            return table(&id, &down, &format!("t{number}"));
        }
        let mut step = format!("rows = op.get_bind().execute(sa.text('SELECT id FROM t{}')).fetchall()\n", number - 1);
        writeln!(step, "op.get_bind().execute(sa.text('DELETE FROM t{}'))", number - 1).expect("a text grows");
        revision(&id, &down, &step, "pass")
    };
    (0..count).map(one).collect()
}
