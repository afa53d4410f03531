//! What MariaDB and MySQL hold that is out of the ordinary: each is named in words with what to do, and the rest is done.

use crate::common::{Database, Fresh, Login, Project};

/// A database, and a project that has it.
fn begun(sql: &str) -> (Fresh, Project) {
    let database = Database::Mysql.fresh();
    database.execute(sql);
    let project = Project::on(&database);
    project.write("versions/.keep", "");
    (database, project)
}

/// Writes what is inspected as the models; what was said beside it.
fn taken_over(project: &Project) -> String {
    let printed = project.run(&["inspect"]).ok().stdout;
    project.write("models/m.yaml", &printed);
    printed
}

#[test]
fn names_that_differ_only_in_case_are_left_alone() {
    let (database, project) = begun(
        "CREATE TABLE t (id int); CREATE TABLE T (id int, b int); CREATE TABLE fine (id int);
        CREATE VIEW v AS SELECT b FROM T; CREATE VIEW w AS SELECT b FROM v; CREATE VIEW x AS SELECT id FROM fine;",
    );
    let printed = taken_over(&project);
    assert!(printed.contains("fine:") && printed.contains("x: ") && !printed.contains("  T:"), "{printed}");
    let why = "only in the case of its name (rename one of them): T";
    assert!(printed.contains(why), "{printed}");
    project.run(&["check"]).ok().says(why).says("stands on such a one: w");
    project.run(&["check", "--strict"]).exits(1);
    // A model that says one of them is refused by the server, and nothing of either table changes.
    project.write("models/m.yaml", format!("{printed}  y: select id from fine\n"));
    project.run(&["revision", "--autogenerate", "-m", "y"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value("SELECT COUNT(*) FROM y;"), "0");
}

#[test]
fn names_at_the_limit_come_and_go() {
    let long = "n".repeat(64);
    let (database, project) = begun(&format!(
        "CREATE TABLE {long} (id int PRIMARY KEY, {long} int, KEY {long} ({long}), CONSTRAINT {long} CHECK ({long} > 0));
        CREATE VIEW {long}v AS SELECT id FROM {long};"
    )
    .replace(&format!("{long}v"), &format!("{}v", "n".repeat(63))));
    database.execute(&format!(
        "CREATE PROCEDURE {long}() SELECT 1; CREATE TRIGGER {long} BEFORE INSERT ON {long} FOR EACH ROW SET @a = 1;
        CREATE EVENT {long} ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;"
    ));
    taken_over(&project);
    project.run(&["check"]).ok();
    let other = Database::Mysql.fresh();
    project.run(&["create-all", "--url", &other.url()]).ok();
    project.run(&["check", "--url", &other.url()]).ok();
    assert_eq!(other.dump(), database.dump());
    project.write("models/m.yaml", format!("tables: {{ {long}x: {{ columns: {{ id: int }} }} }}\n"));
    project.run(&["check"]).exits(2).says("it has 65 characters").says("models/m.yaml:1");
}

#[test]
fn events_do_nothing_in_a_scratch_place_and_are_compared_as_they_are() {
    let (database, project) = begun("CREATE TABLE seen (id int);");
    let work = format!("INSERT INTO {}.seen VALUES (1)", database.name());
    project.write(
        "models/m.yaml",
        format!(
            "tables: {{ seen: {{ columns: {{ id: int }} }} }}\nevents:\n  on: CREATE EVENT on ON SCHEDULE EVERY 1 DAY DO {work}\n  \
             off: CREATE EVENT off ON SCHEDULE EVERY 1 DAY DISABLE DO {work}\n"
        )
        .replace("EVENT on ", "EVENT `on` ")
        .replace("  on:", "  \"on\":")
        .replace("  off:", "  \"off\":"),
    );
    database.execute("SET GLOBAL event_scheduler = ON;");
    project.run(&["diff", "db", "models"]).exits(1).prints("create event on");
    std::thread::sleep(std::time::Duration::from_secs(1));
    database.execute("SET GLOBAL event_scheduler = OFF;");
    assert_eq!(database.value("SELECT COUNT(*) FROM seen;"), "0", "an event has run in the scratch place");
    project.run(&["revision", "--autogenerate", "-m", "events"]).ok();
    project.run(&["upgrade"]).ok().says("event_scheduler").says("SET GLOBAL event_scheduler = ON");
    project.run(&["check"]).ok();
    let status = "SELECT GROUP_CONCAT(event_name, '=', status ORDER BY event_name) FROM information_schema.events WHERE event_schema = database();";
    assert_eq!(database.value(status), "off=DISABLED,on=ENABLED");
    database.execute("ALTER EVENT `on` DISABLE;");
    project.run(&["check"]).exits(1).prints("change the definition of event on");
    // The table was not made by a revision; the events are as the models say.
    let fresh = project.run(&["check", "--fresh"]).exits(1);
    assert!(!fresh.stdout.contains("event"), "{fresh}");
}

#[test]
fn an_event_in_the_past_is_told_from_a_mistaken_name() {
    let (_database, project) = begun("");
    project.write(
        "models/m.yaml",
        "events: { past: CREATE EVENT past ON SCHEDULE AT '2020-01-01 00:00:00' DO SELECT 1 }\n",
    );
    project.run(&["check"]).exits(2).says("event past makes something else").says("ON COMPLETION PRESERVE");
}

#[test]
fn what_a_login_may_not_see_is_named_with_the_right_that_it_lacks() {
    let (database, _) = begun(
        "CREATE TABLE t (id int); CREATE VIEW v AS SELECT id FROM t; CREATE PROCEDURE p() SELECT 1; CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @a = 1;",
    );
    let login = Login::on(&database);
    let grantee = login.grantee(Database::Mysql);
    database.execute(&format!(
        "GRANT SELECT, REFERENCES, EXECUTE ON {name}.* TO {grantee}; GRANT ALL ON `migrate\\_scratch\\_%`.* TO {grantee};",
        name = database.name()
    ));
    let project = Project::empty();
    project.write("password", &login.password);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    let printed = project.run(&["inspect"]).ok().stdout;
    assert!(printed.contains("view whose text is not shown (grant SHOW VIEW): v"), "{printed}");
    assert!(printed.contains("procedure whose text is not shown"), "{printed}");
    assert!(printed.contains("  t:"), "the rest is done\n{printed}");
}

/// What MySQL does not have: `mysql.proc`, and the language of another product.
mod mariadb {
    use super::*;

    #[test]
    fn a_routine_that_no_longer_compiles_is_named_where_it_is_made() {
        let (database, project) =
            begun("CREATE TABLE t (a int); CREATE PROCEDURE fine() SELECT 1; CREATE PROCEDURE bad(a int) SELECT a;");
        let broken = format!(
            "UPDATE mysql.proc SET body = 'selec a', body_utf8 = 'selec a' WHERE db = '{}' AND name = 'bad'",
            database.name()
        );
        database.execute(&format!("{broken}; FLUSH TABLES;"));
        taken_over(&project);
        project.run(&["check"]).ok();
        let other = Database::Mysql.fresh();
        project.run(&["create-all", "--url", &other.url()]).exits(2).says("models/m.yaml:").says("selec a");
        // It is dropped like any other.
        project.write(
            "models/m.yaml",
            "tables: { t: { columns: { a: int } } }\nprocedures: { fine: CREATE PROCEDURE fine() SELECT 1 }\n",
        );
        project.run(&["revision", "--autogenerate", "-m", "without"]).ok().says("drop procedure bad");
        project.run(&["upgrade", "--yes"]).ok();
        project.run(&["check"]).ok();
    }

    #[test]
    fn what_only_another_mode_can_read_is_named() {
        let (_database, project) = begun(
            "CREATE PROCEDURE fine() SELECT 1; SET sql_mode = ORACLE;
            DELIMITER //
            CREATE PACKAGE p AS PROCEDURE q(a int); END;
            //
            CREATE PACKAGE BODY p AS PROCEDURE q(a int) AS BEGIN NULL; END; END;
            //
            CREATE PROCEDURE o(a IN VARCHAR2, b OUT NUMBER) AS BEGIN b := 1; END;
            //
            CREATE FUNCTION f RETURN INT AS BEGIN RETURN 1; END;
            //
            DELIMITER ;",
        );
        let printed = taken_over(&project);
        for line in [
            "package p",
            "package body p",
            "procedure in the language of sql_mode ORACLE: o",
            "function in the language of sql_mode ORACLE: f",
        ] {
            assert!(printed.contains(&format!("# not modelled: {line}")), "{line}\n{printed}");
        }
        let checked = project.run(&["check"]).ok();
        checked.says("not modelled: package p");
        let other = Database::Mysql.fresh();
        project.run(&["create-all", "--url", &other.url()]).ok();
    }
}

#[test]
fn constraints_without_names_go_by_what_they_say() {
    let (dev, project) = begun(
        "CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE t (a int, b int, CHECK (a > 0), CHECK (b > 0), FOREIGN KEY (a) REFERENCES p (id), FOREIGN KEY (b) REFERENCES p (id));",
    );
    let other = Database::Mysql.fresh();
    other.execute(
        "CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE t (a int, b int, CHECK (b > 0), CHECK (a > 0), FOREIGN KEY (b) REFERENCES p (id), FOREIGN KEY (a) REFERENCES p (id));",
    );
    let before = other.dump();
    taken_over(&project);
    project.run(&["check"]).ok();
    project.run(&["check", "--url", &other.url()]).ok();
    let left = "CREATE TABLE p (id int PRIMARY KEY);\nCREATE TABLE t (a int, b int, CHECK (b > 0), FOREIGN KEY (b) REFERENCES p (id));\n";
    std::fs::remove_file(project.path("models/m.yaml")).unwrap();
    project.write("models/m.sql", left);
    project.run(&["revision", "--autogenerate", "-m", "less"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    project.run(&["upgrade", "--url", &other.url()]).ok();
    project.run(&["check", "--url", &other.url()]).ok();
    // On the way back the names are taken here: the server gives others.
    project.run(&["downgrade", "base", "--yes", "--url", &other.url()]).ok();
    assert_eq!(other.dump(), before);
    // One that says something else is no constraint to drop.
    let numbered = if Database::product_of_mysql() == "mysql" { "t_chk_" } else { "CONSTRAINT_" };
    other.execute(&format!(
        "ALTER TABLE t DROP CONSTRAINT {numbered}1, DROP CONSTRAINT {numbered}2, ADD CONSTRAINT {numbered}1 CHECK (a > 7);"
    ));
    project.run(&["upgrade", "--url", &other.url()]).exits(2).says("here it is another one").says("take `was:` out");
    assert!(dev.dump().contains("(`b` > 0)"));
}

#[test]
fn views_over_a_comma_or_a_bare_join_are_in_sync_however_often_they_were_read() {
    let (database, project) = begun(
        "CREATE TABLE t (a int); CREATE TABLE u (b int); CREATE TABLE s (c int);
        CREATE VIEW v1 AS SELECT a, b FROM t, u; CREATE VIEW v2 AS SELECT a, b FROM t JOIN u;
        CREATE VIEW v3 AS SELECT a, b, c FROM t, u, s WHERE a = b; CREATE VIEW v4 AS SELECT a, b, c FROM t, (u LEFT JOIN s ON b = c);
        CREATE VIEW v5 AS SELECT a, b FROM (SELECT a FROM t, s) x, u WHERE a IN (SELECT max(c) FROM s, t);
        CREATE VIEW v6 AS SELECT a, b, c FROM t JOIN u ON a = b JOIN s;",
    );
    let printed = taken_over(&project);
    project.run(&["check"]).ok();
    let commas = printed.replace("` join `", "`,`").replace("`,`u` on(", "` join `u` on(");
    project.write("models/m.yaml", commas);
    project.run(&["check"]).ok();
    // Made by the tool, and read by the server once more.
    let other = Database::Mysql.fresh();
    project.run(&["create-all", "--url", &other.url()]).ok();
    project.run(&["check", "--url", &other.url()]).ok();
    // Taken over with a history, which makes them from what was read.
    let adopted = Project::empty();
    adopted.run(&["init", "--from-database", "--url", &database.url()]).ok();
    adopted.run(&["check", "--fresh"]).ok();
}
