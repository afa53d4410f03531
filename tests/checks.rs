//! The checks before the start, the locks in a dry run, the ways in which MariaDB is told to change a table, time limits of
//! a revision's own: through the program, on each database.

use std::time::{Duration, Instant};

use crate::common::{Database, Fresh, Project};

/// A revision below which nothing is, in SQL.
fn first(words: &str, up: &str) -> String {
    format!("-- revision: aaaa\n-- message: first\n\n-- migrate:up{words}\n{up}\n-- migrate:down\n")
}

/// A revision of operations.
fn operations(upgrade: &str) -> String {
    format!("revision: aaaa\nmessage: first\nupgrade:\n{upgrade}")
}

/// A project on a database with a table `orders` of another history.
fn project(database: Database, revision: (&str, String)) -> (Project, Fresh) {
    let fresh = database.fresh();
    fresh.execute("CREATE TABLE orders (id int PRIMARY KEY, note varchar(20), count int NOT NULL DEFAULT 0);");
    fresh.execute("INSERT INTO orders (id) VALUES (1), (2);");
    let project = Project::on(&fresh);
    project.write(&format!("versions/{}", revision.0), revision.1);
    (project, fresh)
}

/// The same project, as another login.
fn as_login(project: &Project, database: &Fresh, login: &str) {
    let url = database.url().replace("postgres@", &format!("{login}@")).replace("root@", &format!("{login}:secret@"));
    project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\n"));
}

const ADD_COLUMN: &str = "  - add_column: { table: orders, column: { name: price, type: int } }\n";

#[test]
fn postgres_names_the_rights_that_lack() {
    let (project, database) = project(Database::Postgres, ("a.yaml", operations(ADD_COLUMN)));
    let login = format!("u_{}", database.name());
    database
        .execute(&format!("CREATE ROLE {login} LOGIN PASSWORD 'secret'; GRANT CREATE ON SCHEMA public TO {login};"));
    as_login(&project, &database, &login);
    let refused = project.run(&["upgrade"]).exits(2);
    let refused = refused.says(&format!("{login} may not change table orders, which belongs to postgres"));
    assert!(refused.stderr.contains("set `role: postgres` under `database:`"), "{refused}");
    assert_eq!(database.value("SELECT count(*) FROM migrate_version;"), "0");
    let dry = project.run(&["upgrade", "--dry-run"]).ok().prints("ADD COLUMN \"price\" integer;");
    dry.says("the run would be refused").says("may not change table orders");
    database.execute(&format!("ALTER TABLE orders OWNER TO {login};"));
    project.run(&["upgrade"]).ok();
    database.execute(&format!(
        "ALTER TABLE migrate_version OWNER TO postgres; GRANT SELECT, INSERT ON migrate_version TO {login};"
    ));
    project.write(
        "versions/b.sql",
        "-- revision: bbbb\n-- down_revision: aaaa\n-- migrate:up\nCREATE TABLE x (id int);\n",
    );
    project.run(&["upgrade"]).exits(2).says("has no UPDATE on table migrate_version").says("GRANT UPDATE ON");
    database.execute(&format!("REASSIGN OWNED BY {login} TO postgres; DROP OWNED BY {login}; DROP ROLE {login};"));
}

#[test]
fn postgres_refuses_a_read_only_login_before_the_first_write() {
    let (project, database) = project(Database::Postgres, ("a.yaml", operations(ADD_COLUMN)));
    project.run(&["ensure-version"]).ok();
    let login = format!("r_{}", database.name());
    database.execute(&format!(
        "CREATE ROLE {login} LOGIN SUPERUSER; ALTER ROLE {login} SET default_transaction_read_only = on;"
    ));
    as_login(&project, &database, &login);
    project.run(&["upgrade"]).exits(2).says("read-only").says("nothing was changed");
    for command in ["current", "status", "history"] {
        project.run(&[command]).ok();
    }
    database.execute(&format!("DROP ROLE {login};"));
}

#[test]
fn postgres_names_who_is_in_the_way() {
    let (project, database) = project(Database::Postgres, ("a.yaml", operations(ADD_COLUMN)));
    let held = database.hold("BEGIN; SELECT count(*) FROM orders;");
    std::thread::sleep(Duration::from_millis(1200));
    project.write(
        "migrate.yaml",
        format!("database: {{ url: \"{}\" }}\nrun: {{ lock_timeout: 300ms, retries: 1 }}\n", database.url()),
    );
    let output = project.run(&["upgrade"]).exits(4);
    let output = output.says("warning: pid ").says("and holds orders").says("idle in transaction after SELECT 'held'");
    let output = output.says("Retrying aaaa first in 1.").says("(1 of 1)").says("SELECT pg_terminate_backend(");
    let error = output.stderr.split_once("error: ").expect("an error").1;
    assert!(error.contains("has a transaction open since") && error.contains("holds orders"), "{output}");
    drop(held);
    let logged = "SELECT COUNT(*) FROM migrate_log WHERE state = 'failed' AND error LIKE '%lock%'";
    assert_eq!(database.value(logged), "2", "each attempt is in the log");
    project.run(&["upgrade"]).ok();
}

#[test]
fn a_revision_has_time_limits_of_its_own() {
    let yaml = "revision: aaaa\nlock_timeout: 200ms\nstatement_timeout: 400ms\nupgrade:\n  - sql: ALTER TABLE orders ADD price int\n";
    let (project, database) = project(Database::Postgres, ("a.yaml", yaml.to_owned()));
    project.write(
        "migrate.yaml",
        format!("database: {{ url: \"{}\" }}\nrun: {{ lock_timeout: 60s, retries: 0 }}\n", database.url()),
    );
    let held = database.hold("BEGIN; SELECT count(*) FROM orders;");
    let begun = Instant::now();
    project.run(&["upgrade"]).exits(4).says("--lock-timeout (now 200 ms)");
    assert!(begun.elapsed() < Duration::from_secs(20));
    drop(held);
    project.run(&["upgrade"]).ok();
    let sql =
        "-- revision: bbbb\n-- down_revision: aaaa\n-- migrate:up statement_timeout:300ms\nSELECT pg_sleep(20);\n";
    project.write("versions/b.sql", sql);
    project.run(&["upgrade"]).exits(3).says("statement_timeout of 300 ms");
    let sql = "-- revision: bbbb\n-- down_revision: aaaa\n-- migrate:up\nSELECT pg_sleep(0.5);\n";
    project.write("versions/b.sql", sql);
    let script = project.run(&["upgrade", "--sql", ":aaaa"]).ok().stdout;
    assert!(script.contains("SET lock_timeout = 200;\n") && script.contains("SET lock_timeout = 60000;\n"), "{script}");
    // The limits of one revision are not those of the next.
    project.run(&["upgrade"]).ok();
}

#[test]
fn postgres_runs_a_revision_again_after_a_deadlock() {
    let up = "UPDATE orders SET count = count + 1 WHERE id = 1; UPDATE orders SET count = count + 1 WHERE id = 2;";
    let (project, database) = project(Database::Postgres, ("a.sql", first("", up)));
    let mut held = database.hold("BEGIN; UPDATE orders SET note = 'x' WHERE id = 2;");
    let child = std::thread::scope(|scope| {
        let run = scope.spawn(|| project.run(&["upgrade"]));
        // It holds row 1 now and waits for row 2; whoever waits first notices the deadlock.
        std::thread::sleep(Duration::from_millis(600));
        held.send("UPDATE orders SET note = 'y' WHERE id = 1; COMMIT;");
        run.join().expect("no panic")
    });
    child.ok().says("Retrying aaaa first").says("deadlock detected");
    assert_eq!(database.query("SELECT count FROM orders ORDER BY id;"), [["1"], ["1"]]);
}

#[test]
fn a_dry_run_tells_locks_and_checks() {
    let change = "  - alter_column: { table: orders, name: count, type: bigint }\n  - create_index: { table: orders, name: ix, columns: [note] }\n";
    let (project, database) = project(Database::Postgres, ("a.yaml", operations(change)));
    let output = project.run(&["upgrade", "--dry-run"]).ok();
    let output = output.prints("  -- locks orders: ACCESS EXCLUSIVE, reads and writes wait\n");
    let output =
        output.prints("  -- writes the whole table anew: orders\n").prints("  -- locks orders: SHARE, writes wait\n");
    output.says("Checked the server is recent enough; the database can be written; the login has the rights");
    let json = project.run(&["upgrade", "--dry-run", "--format", "json"]).ok();
    let lock = "\"locks\":[{\"table\":\"orders\",\"mode\":\"ACCESS EXCLUSIVE\",\"blocks\":\"reads_and_writes\"}],\"rewrites\":true";
    json.prints("\"previews\":[").prints(lock).prints("\"check\":\"writable\",\"verdict\":\"good\"");
    assert_eq!(database.value("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'migrate%';"), "0");
}

#[test]
fn sqlite_finds_out_that_it_cannot_write() {
    let (project, database) = project(Database::Sqlite, ("a.yaml", operations(ADD_COLUMN)));
    project.run(&["ensure-version"]).ok();
    project.write("migrate.yaml", format!("database: {{ url: \"{}?mode=ro\" }}\n", database.url()));
    project.run(&["upgrade"]).exits(2).says("cannot be written").says("nothing was changed");
    project.run(&["current"]).ok();
    project.run(&["upgrade", "--dry-run"]).ok().says("the run would be refused: the file cannot be written");
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\n", database.url()));
    project.run(&["upgrade", "--dry-run"]).ok().says("the database can be written");
    project.run(&["upgrade"]).ok();
}

#[test]
fn mariadb_names_the_rights_that_lack() {
    let (project, database) = project(Database::Mysql, ("a.yaml", operations(ADD_COLUMN)));
    let (login, name) = (format!("u_{}", database.name()), database.name());
    let grant = |right: &str| database.execute(&format!("GRANT {right} ON `{name}`.* TO {login}@'127.0.0.1';"));
    database.execute(&format!("CREATE USER {login}@'127.0.0.1' IDENTIFIED BY 'secret';"));
    grant("SELECT, INSERT, UPDATE, DELETE, CREATE");
    as_login(&project, &database, &login);
    let refused = project.run(&["upgrade"]).exits(2).says("the login has no ALTER on orders");
    refused.says(&format!("GRANT ALTER ON `{name}`.`orders` TO '{login}'@'127.0.0.1'"));
    assert_eq!(database.value("SELECT count(*) FROM migrate_version;"), "0");
    assert_eq!(database.value("SELECT count(*) FROM migrate_log;"), "0");
    grant("ALTER");
    project.run(&["upgrade", "--dry-run"]).ok().says("only a login with PROCESS may see them");
    project.run(&["upgrade"]).ok();
    database.execute(&format!("DROP USER {login}@'127.0.0.1';"));
}

#[test]
fn mariadb_is_told_the_way_and_refuses_another() {
    let (project, database) = project(Database::Mysql, ("a.yaml", operations(ADD_COLUMN)));
    let output = project.run(&["upgrade", "--echo"]).ok();
    output.says("ALTER TABLE `orders` ADD COLUMN `price` int, ALGORITHM=INSTANT, LOCK=NONE;");
    // A full-text index leaves something behind that nobody can see, and INSTANT is refused from then on.
    database.execute("ALTER TABLE orders ADD FULLTEXT KEY f (note); ALTER TABLE orders DROP KEY f;");
    let more = ADD_COLUMN.replace("price", "size");
    let next = |more: &str| operations(more).replace("aaaa", "bbbb").replace("message", "down_revision: aaaa\nmessage");
    project.write("versions/b.yaml", next(&more));
    let refused = project.run(&["upgrade", "--allow-copy", "0"]).exits(3);
    refused.says("ALGORITHM=INSTANT is not supported").says("--allow-copy");
    project.run(&["upgrade"]).ok();
    assert_eq!(database.query("SHOW COLUMNS FROM orders LIKE 'size';").len(), 1);
}

#[test]
fn mariadb_copies_no_large_table_unasked() {
    let change = "  - create_table: { name: small, columns: { id: int } }\n  - alter_column: { table: orders, name: count, type: bigint }\n";
    let (project, database) = project(Database::Mysql, ("a.yaml", operations(change)));
    database.execute(
        "INSERT INTO orders (id, note) SELECT seq + 10, repeat('x', 20) FROM seq_1_to_60000; ANALYZE TABLE orders;",
    );
    let refused = project.run(&["upgrade", "--allow-copy", "1MB"]).exits(2);
    let refused = refused.says("the server may copy table orders, which has ").says("unasked it copies up to 1 MB");
    let refused = refused.says("MODIFY COLUMN `count` bigint NOT NULL DEFAULT 0").says("--allow-copy");
    assert!(refused.stderr.contains("gh-ost") && refused.stderr.contains("revision aaaa"), "{refused}");
    assert_eq!(database.query("SHOW TABLES LIKE 'small';").len(), 0, "nothing has run");
    let dry = project.run(&["upgrade", "--dry-run", "--allow-copy", "1MB"]).ok().prints("  -- may copy orders (");
    dry.prints(", ALGORITHM=COPY, LOCK=SHARED;").says("the run would be refused: revision aaaa");
    let json = project
        .run(&["upgrade", "--dry-run", "--format", "json"])
        .ok()
        .prints("\"copies\":{\"table\":\"orders\",\"bytes\":");
    json.prints("\"mode\":\"LOCK=SHARED\",\"blocks\":\"writes\"");
    project
        .run_with(&["upgrade"], |command| {
            command.env("MIGRATE_ALLOW_COPY", "64MB");
        })
        .ok();
}

#[test]
fn mariadb_names_who_is_in_the_way() {
    let (project, database) = project(Database::Mysql, ("a.yaml", operations(ADD_COLUMN)));
    let held = database.hold("START TRANSACTION; SELECT count(*) FROM orders;");
    std::thread::sleep(Duration::from_millis(2200));
    let arguments = ["upgrade", "--lock-timeout", "1s"];
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nrun: {{ retries: 0 }}\n", database.url()));
    let output = project.run(&arguments).exits(4).says("warning: connection ").says("has a transaction open since");
    let error = output.stderr.split_once("error: ").expect("an error").1;
    assert!(error.contains("which may hold it: idle for") && error.contains("(to end it: KILL "), "{output}");
    drop(held);
    project.run(&arguments).ok();
}

#[test]
fn mariadb_goes_on_by_its_journal_after_a_lock_was_not_to_be_had() {
    let up = "CREATE TABLE early (id int);\nUPDATE orders SET count = count + 1;\nCREATE TABLE late (id int);";
    let (project, database) = project(Database::Mysql, ("a.sql", first(" lock_timeout:1s", up)));
    let mut held = database.hold("START TRANSACTION; UPDATE orders SET note = 'x' WHERE id = 2;");
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nrun: {{ retries: 0 }}\n", database.url()));
    project.run(&["upgrade"]).exits(5).says("stopped part-way: 1 statement").says("which may hold it");
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\n", database.url()));
    let output = std::thread::scope(|scope| {
        let run = scope.spawn(|| project.run(&["upgrade"]));
        std::thread::sleep(Duration::from_millis(1600));
        held.send("COMMIT;");
        run.join().expect("no panic")
    });
    output.ok().says("Retrying aaaa first").says("(1 of 3)");
    assert_eq!(database.query("SELECT count FROM orders ORDER BY id;"), [["1"], ["1"]]);
    assert_eq!(database.query("SHOW TABLES LIKE 'late';").len(), 1);
}

/// An operation on rows that cannot run is found before the first revision, not between what has been applied.
#[test]
fn operations_on_rows_are_tried_on_the_tables_as_they_will_be() {
    for on in Database::ALL {
        let database = on.fresh();
        let project = Project::on(&database);
        let head = |id: &str, below: &str| format!("revision: {id}\ndown_revision: {below}\nmessage: m\nupgrade:\n");
        project.write(
            "versions/a.yaml",
            format!(
                "{}  - create_table:\n      name: k\n      columns:\n        id: {{ type: integer, nullable: false }}\n        \
                 n: {{ type: integer }}\n      primary_key: [id]\n",
                head("aaaa", "null")
            ),
        );
        let update =
            |set: &str| format!("{}  - update: {{ name: u, table: k, set: {{ {set} }} }}\n", head("bbbb", "aaaa"));
        project.write("versions/b.yaml", update("id: 3"));
        project.run(&["upgrade"]).exits(2).says("id is a part of the key of k").says("versions/b.yaml:5");
        assert_eq!(project.run(&["current"]).ok().stdout, "", "nothing is applied");
        project.write("versions/b.yaml", update("n: 3"));
        project.run(&["upgrade"]).ok();
    }
}
