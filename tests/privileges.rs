//! The page on rights: accounts that have what its blocks grant, and nothing else, run the commands that it names for them.

use crate::common::{Database, Fresh, Login, Project};

const PAGE: &str = include_str!("../docs/guide/privileges.md");

/// The statements of a block of the page, for this account and this database.
fn block(name: &str, account: &str, login: &Login, database: &Fresh) -> String {
    let start = format!("```sql title=\"grants/{name}-{account}.sql\"\n");
    let (_, rest) = PAGE.split_once(&start).unwrap_or_else(|| panic!("no block {start}"));
    let (block, _) = rest.split_once("```").expect("the block ends");
    let words = block.split_inclusive([' ', '\n', '.', ';']).map(|word| {
        let (bare, end) = word.split_at(word.trim_end_matches([' ', '\n', '.', ';']).len());
        match bare {
            "shop" => format!("{}{end}", database.name()),
            _ if bare == account => format!("{}{end}", login.grantee(database.database())),
            _ => word.to_owned(),
        }
    });
    words.collect()
}

/// A login with the rights of a block, and a project whose database it connects to.
fn account(account: &str, database: &Fresh) -> Project {
    let login = Login::on(database);
    database.execute(&block(database.database().word(), account, &login, database));
    let project = Project::empty();
    project.write("password", &login.password);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    project
}

const MODELS: &str = "tables:\n  a:\n    columns: { id: { type: bigint, nullable: false }, n: { type: int, default: 7 } }\n    primary_key: [id]\n    \
    unique: { uq_a_n: [n] }\n  b:\n    columns: { id: { type: bigint, identity: always }, a: { type: bigint } }\n    primary_key: [id]\n    \
    foreign_keys: { fk_b_a: { columns: [a], references: { table: a, columns: [id] } } }\n    checks: { ck_b: \"a > 3\" }\n    \
    indexes: { ix_b_a: [a] }\n";
const MORE: &str = "  c:\n    columns: { id: { type: bigint, nullable: false } }\n    primary_key: [id]\n";

#[track_caller]
fn all_of(project: &Project, commands: &[&str]) {
    for command in commands {
        project.run(&command.split(' ').collect::<Vec<_>>()).ok();
    }
}

#[test]
fn the_block_on_rights_is_enough() {
    let database = Database::Mysql.fresh();
    database.execute("CREATE TABLE a (id int); GRANT SELECT ON a TO shop_app;");
    let login = Login::on(&database);
    database.execute(&block("mysql", "reader", &login, &database));
    let project = Project::empty();
    let config = format!("database: {{ url: \"{}\", password_file: password }}\ncompare: [grants]\n", login.url);
    project.write("password", &login.password).write("migrate.yaml", config);
    project.run(&["inspect"]).exits(2).says("who may do what cannot be seen in full");
    let rights = block("mysql", "rights", &login, &database);
    database.execute(&rights.replace("reader", &login.grantee(Database::Mysql)));
    project.run(&["inspect"]).ok().prints("GRANT SELECT ON `a` TO `shop_app`@`%`");
}

#[test]
fn the_blocks_are_enough() {
    for product in [Database::Postgres, Database::Mysql] {
        let database = product.fresh();
        let migrator = account("migrator", &database);
        migrator.write("versions/.keep", "").write("models/m.yaml", MODELS);
        all_of(&migrator, &["ensure-version", "revision --autogenerate -m first --rev-id aaaa", "upgrade", "check"]);
        migrator.write("models/m.yaml", format!("{MODELS}{MORE}"));
        migrator.run(&["check"]).exits(1).prints("create table c");
        migrator.run(&["revision", "--autogenerate", "-m", "second", "--rev-id", "bbbb"]).ok();
        all_of(
            &migrator,
            &["upgrade --dry-run", "upgrade", "check", "status --check", "current", "history -i", "inspect"],
        );
        all_of(&migrator, &["diff db models", "downgrade -1 --yes", "upgrade", "stamp aaaa", "stamp head"]);

        let reader = account("reader", &database);
        copy(&migrator, &reader, "versions");
        copy(&migrator, &reader, "models");
        all_of(
            &reader,
            &["status --check", "current", "history -i", "inspect", "check", "diff db models", "upgrade --dry-run"],
        );
        assert_eq!(reader.run(&["inspect"]).ok().stdout, migrator.run(&["inspect"]).ok().stdout);
        // A model that has changed is judged, in a scratch place.
        reader.write("models/m.yaml", format!("{MODELS}{}", MORE.replace("bigint", "varchar(20)")));
        reader.run(&["check"]).exits(1).prints("c");
        reader.write("models/more.yaml", "tables: {}\n");
        let refused = reader.run(&["downgrade", "base", "--yes"]);
        assert!([2, 3].contains(&refused.code), "{refused}");
        migrator.run(&["status", "--check"]).ok();

        let waiter = account("waiter", &database);
        copy(&migrator, &waiter, "versions");
        all_of(&waiter, &["status --wait-for head --timeout 0", "status --wait-for aaaa", "status", "current"]);
        let refused = waiter.run(&["upgrade", "aaaa"]);
        assert!(refused.code == 0 || [2, 3].contains(&refused.code), "{refused}");
        let refused = waiter.run(&["downgrade", "base", "--yes"]);
        assert!([2, 3, 4].contains(&refused.code), "{refused}");
        migrator.run(&["status", "--check"]).ok();
    }
}

/// What hides tables or their parts from a login makes no verdict.
#[test]
fn a_login_that_is_not_shown_everything_gets_no_verdict() {
    let database = Database::Mysql.fresh();
    let owner = Project::on(&database);
    owner.write("models/m.yaml", MODELS);
    owner.run(&["create-all"]).ok();
    owner.run(&["ensure-version"]).ok();
    owner.run(&["check"]).ok();
    database.execute("CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.n = 8;");
    let with = |rights: &str| {
        let login = Login::on(&database);
        let grantee = login.grantee(Database::Mysql);
        let scratch = "; GRANT ALL ON `migrate\\_scratch\\_%`.* TO reader";
        database.execute(&format!("{rights}{scratch}").replace("shop", database.name()).replace("reader", &grantee));
        let project = Project::empty();
        project.write("password", &login.password).write("models/m.yaml", MODELS).write("versions/.keep", "");
        project.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
        project
    };
    for (rights, lacks) in [
        ("GRANT SELECT, EXECUTE, EVENT ON shop.* TO reader", "GRANT REFERENCES ON"),
        (
            "GRANT ALTER ON shop.* TO reader; GRANT SELECT ON shop.migrate_version TO reader; \
          GRANT SELECT ON shop.migrate_log TO reader",
            "GRANT SELECT ON",
        ),
        (
            "GRANT ALL ON shop.migrate_version TO reader; GRANT ALL ON shop.migrate_log TO reader; \
          GRANT ALL ON shop.a TO reader; GRANT ALL ON shop.b TO reader",
            "GRANT SELECT ON",
        ),
    ] {
        let project = with(rights);
        for command in ["check", "inspect", "diff db models"] {
            project.run(&command.split(' ').collect::<Vec<_>>()).exits(2).says("cannot be seen in full").says(lacks);
        }
    }
    let enough = with("GRANT SELECT, REFERENCES ON shop.* TO reader");
    enough.run(&["check"]).ok();
    enough.run(&["check", "--strict"]).exits(2).says("GRANT TRIGGER ON");
    let all = with("GRANT SELECT, REFERENCES, TRIGGER, EVENT, EXECUTE ON shop.* TO reader");
    all.run(&["check", "--strict"]).exits(1).prints("drop trigger tr on a");
    let trigger =
        "triggers:\n  tr: { table: a, definition: CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.n = 8 }\n";
    for project in [&all, &enough] {
        project.write("models/m.yaml", format!("{MODELS}{trigger}"));
    }
    all.run(&["check"]).ok();
    enough.run(&["check"]).exits(2).says("GRANT TRIGGER ON");
}

/// A view is not dropped by whoever could not make it again.
#[test]
fn objects_that_the_login_may_not_make_are_refused_before_the_start() {
    let database = Database::Mysql.fresh();
    let owner = Project::on(&database);
    owner.run(&["ensure-version"]).ok();
    database.execute("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t;");
    let login = Login::on(&database);
    let grantee = login.grantee(Database::Mysql);
    database.execute(&block("mysql", "migrator", &login, &database));
    let project = Project::empty();
    project.write("password", &login.password);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    let revision = |operations: &str| {
        project.write(
            "versions/a1.yaml",
            format!("revision: a1\ndown_revision: null\nmessage: m\nupgrade:\n{operations}"),
        );
    };
    for (operations, right) in [
        (
            "- drop_view: { name: v }\n- create_view: { name: v, definition: CREATE VIEW v AS SELECT 1 AS a }\n",
            "CREATE VIEW",
        ),
        ("- create_procedure: { name: p, definition: CREATE PROCEDURE p() SELECT 1 }\n", "CREATE ROUTINE"),
        (
            "- create_trigger: { name: r, table: t, definition: CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @a = 1 }\n",
            "TRIGGER",
        ),
        ("- create_event: { name: e, definition: CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1 }\n", "EVENT"),
    ] {
        revision(operations);
        let lacks = format!("GRANT {right} ON");
        let dry = project.run(&["upgrade", "--dry-run"]);
        assert!(dry.stderr.contains(&lacks), "{dry}");
        project.run(&["upgrade"]).exits(2).says(&lacks);
        assert_eq!(database.value("SELECT COUNT(*) FROM v;"), "0");
        let on = if right == "TRIGGER" { "t" } else { "*" };
        database.execute(&format!("GRANT {right} ON {}.{on} TO {grantee};", database.name()));
        project.run(&["upgrade", "--dry-run"]).ok();
    }
}

/// The catalogs of PostgreSQL may be read by everybody: who may read no table sees all of it.
#[test]
fn a_login_without_rights_on_tables_sees_them_in_full_on_postgres() {
    let database = Database::Postgres.fresh();
    let owner = Project::on(&database);
    owner.write("models/m.yaml", MODELS);
    owner.run(&["create-all"]).ok();
    owner.run(&["ensure-version"]).ok();
    database.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();",
    );
    let login = Login::on(&database);
    database.execute(&format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC; GRANT SELECT ON migrate_version, migrate_log TO {0}; GRANT CREATE ON DATABASE {1} TO {0};",
        login.user,
        database.name()
    ));
    let reader = Project::empty();
    reader.write("password", &login.password).write("models/m.yaml", MODELS).write("versions/.keep", "");
    reader.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    for command in [&["check"][..], &["check", "--strict"], &["inspect"]] {
        let (seen, whole) = (reader.run(command), owner.run(command));
        assert_eq!((seen.code, &seen.stdout, &seen.stderr), (whole.code, &whole.stdout, &whole.stderr));
    }
    reader.run(&["check"]).exits(1).prints("drop trigger tr on a").prints("drop function f()");
    reader.run(&["inspect"]).ok().prints("fk_b_a").prints("ck_b").prints("CREATE TRIGGER tr");
}

fn copy(from: &Project, to: &Project, folder: &str) {
    for name in from.list(folder) {
        to.write(&format!("{folder}/{name}"), from.read(&format!("{folder}/{name}")));
    }
}

/// What the page says of an account that sees less.
#[test]
fn a_file_that_may_only_be_read_serves_whoever_looks() {
    let database = Database::Sqlite.fresh();
    let project = Project::on(&database);
    project.write("versions/a.sql", "-- revision: aaaa\n-- migrate:up\nCREATE TABLE one (id integer PRIMARY KEY);\n-- migrate:down\nDROP TABLE one;\n");
    project.run(&["upgrade"]).ok();
    project.run(&["inspect", "--out", "models"]).ok();
    let mode = |bits| std::os::unix::fs::PermissionsExt::from_mode(bits);
    std::fs::set_permissions(database.file(), mode(0o444)).expect("the mode");
    all_of(&project, &["status --check", "current", "check", "inspect", "upgrade --dry-run"]);
}
