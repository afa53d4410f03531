//! Rights and owners of PostgreSQL, rights of MariaDB and MySQL: compared where that is asked for, the same whoever judges, and
//! refused where they cannot be.

use crate::common::{Database, Fresh, Login, Project};

/// Roles are of the whole server: each test has its own.
fn role(database: &Fresh, name: &str) -> String {
    let role = format!("{name} \"{}\"", database.name());
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    database.execute(&format!("CREATE ROLE {quoted};"));
    quoted
}

fn project_on(database: &Fresh, compare: &str, models: &str) -> Project {
    let project = Project::on(database);
    let config = project.read("migrate.yaml");
    project.write("migrate.yaml", format!("{config}compare: {compare}\n"));
    project.write("models/shop.sql", models).write("versions/.keep", "");
    project
}

const SHOP: &str = "CREATE TABLE orders (id serial PRIMARY KEY, \"Total\" integer);
CREATE VIEW v AS SELECT id FROM orders;
CREATE VIEW w AS SELECT id FROM v;
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
";

fn shop(app: &str, owner: &str) -> String {
    format!(
        "{SHOP}GRANT SELECT, INSERT ON orders TO {app};\nGRANT UPDATE (\"Total\") ON orders TO {app};\nGRANT SELECT ON w TO PUBLIC;\n\
         GRANT USAGE ON SEQUENCE orders_id_seq TO {app};\nREVOKE ALL ON FUNCTION f(integer) FROM PUBLIC;\n\
         ALTER TABLE orders OWNER TO {owner};\nALTER VIEW v OWNER TO {owner};\n"
    )
}

#[test]
fn rights_and_owners_make_the_whole_circle() {
    let database = Database::Postgres.fresh();
    let (app, owner) = (role(&database, "app"), role(&database, "Owner"));
    let project = project_on(&database, "[grants, owners]", &shop(&app, &owner));
    project.run(&["revision", "--autogenerate", "-m", "one"]).ok().says("set grants on orders").says("set owner of v");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    project.run(&["check", "--fresh"]).ok();
    let (first, dump) = (project.run(&["inspect"]).ok().stdout, database.dump());
    assert_eq!(first, project.run(&["inspect"]).ok().stdout);
    assert!(first.contains("GRANT UPDATE (\"Total\") ON TABLE orders TO"), "{first}");

    // A type below the views, fewer rights on one of them, another owner of a table.
    let changed = shop(&app, &owner)
        .replace("id serial", "id bigserial")
        .replace("GRANT SELECT ON w TO PUBLIC", &format!("GRANT SELECT ON w TO {app}"))
        .replace("SELECT, INSERT ON orders", "SELECT ON orders")
        .replace(&format!("ALTER TABLE orders OWNER TO {owner};\n"), "");
    project.write("models/shop.sql", changed);
    let found = project.run(&["check"]).exits(1);
    found.prints("change grants on w").prints("reset owner of orders").prints("reset grants on orders");
    project.run(&["revision", "--autogenerate", "-m", "two"]).ok();
    let script = project.run(&["upgrade", "--sql"]).ok().stdout;
    assert!(
        script.contains("REVOKE INSERT, SELECT ON TABLE orders FROM") && script.contains("OWNER TO CURRENT_USER"),
        "{script}"
    );
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    project.run(&["check", "--fresh"]).ok();
    project.run(&["downgrade", "--yes", "--", "-1"]).ok();
    assert_eq!(project.run(&["inspect"]).ok().stdout, first);
    assert_eq!(database.dump(), dump);
    project.run(&["downgrade", "--yes", "base"]).ok();
    project.run(&["inspect"]).ok().prints("tables: {}");
}

#[test]
fn what_is_inspected_is_what_is_made_again() {
    let database = Database::Postgres.fresh();
    let (app, owner) = (role(&database, "app"), role(&database, "Owner"));
    database.execute(&shop(&app, &owner));
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {app};"));
    let project = project_on(&database, "[grants, owners]", "");
    project.run(&["inspect", "--out", "made"]).ok().says("Writing _grants.yaml").says("Writing _owners.yaml");

    let other = Database::Postgres.fresh();
    let copy = project_on(&other, "[grants, owners]", "");
    for file in project.list("made") {
        copy.write(&format!("models/{file}"), project.read(&format!("made/{file}")));
    }
    copy.run(&["create-all"]).ok();
    copy.run(&["check"]).ok().prints("in sync");
    // Word for word it needs no judge; with one the answer is the same.
    copy.write("models/shop.sql", "-- nothing\n");
    copy.run(&["check"]).ok().prints("in sync");
    assert_eq!(copy.run(&["inspect"]).ok().stdout, project.run(&["inspect"]).ok().stdout);
    copy.run(&["revision", "--autogenerate", "-m", "none"]).exits(0);
}

#[test]
fn nobody_is_told_who_did_not_ask() {
    let database = Database::Postgres.fresh();
    let app = role(&database, "app");
    database.execute(&shop(&app, &app));
    let project = project_on(&database, "[]", SHOP);
    project.run(&["check"]).ok().prints("in sync");
    assert!(!project.run(&["inspect"]).ok().stdout.contains("grants"));
    let models = "grants:\n  orders: GRANT SELECT ON TABLE orders TO PUBLIC\n";
    project.write("models/rights.yaml", models);
    let refused = project.run(&["check"]).exits(2);
    refused.says("the models say grants on orders").says("rights.yaml:2").says("add `compare: [grants]`");
}

#[test]
fn the_answer_is_the_same_whoever_judges() {
    let database = Database::Postgres.fresh();
    let app = role(&database, "app");
    let login = Login::on(&database).with_all_rights(&database);
    let user = &login.user;
    // What is given to the login itself, what it would give by itself, and what was taken from the table again.
    database.execute(&format!(
        "{SHOP}ALTER DEFAULT PRIVILEGES FOR ROLE {user} GRANT SELECT ON TABLES TO {app}; \
         ALTER DEFAULT PRIVILEGES FOR ROLE {user} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; \
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}; GRANT INSERT ON orders TO {app};"
    ));
    let models = format!("{SHOP}GRANT INSERT ON orders TO {app};\nGRANT SELECT ON orders, v, w TO {user};\n");
    let own = project_on(&database, "[grants]", &models);
    own.run(&["check"]).ok().prints("in sync");
    let project = project_on(&database, "[grants]", &models);
    project.write("password", &login.password);
    project.write(
        "migrate.yaml",
        format!("database: {{ url: \"{}\", password_file: password }}\ncompare: [grants]\n", login.url),
    );
    project.run(&["check"]).ok().prints("in sync");
    project.write("models/shop.sql", models.replace("INSERT", "UPDATE"));
    project.run(&["check"]).exits(1).prints("change grants on orders");
}

#[test]
fn what_a_login_may_not_give_is_refused_before_the_start() {
    let database = Database::Postgres.fresh();
    let (app, owner) = (role(&database, "app"), role(&database, "Owner"));
    let login = Login::on(&database).with_all_rights(&database);
    let project = project_on(&database, "[grants, owners]", "");
    project.write("models/shop.sql", SHOP);
    project.run(&["revision", "--autogenerate", "-m", "one"]).ok();
    project.run(&["upgrade"]).ok();
    project.write(
        "models/shop.sql",
        format!("{SHOP}GRANT SELECT ON orders TO {app};\nREVOKE ALL ON FUNCTION f(integer) FROM PUBLIC;\n"),
    );
    project.run(&["revision", "--autogenerate", "-m", "two"]).ok();
    database.execute(&format!("GRANT ALL ON migrate_version, migrate_log TO {};", login.user));
    project.write("password", &login.password);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    let refused = project.run(&["upgrade"]);
    assert_ne!(refused.code, 0, "{refused}");
    refused
        .says("may not change grants on orders, which belongs to")
        .says("may not change grants on function f(integer)");
    // Who may give a right on may give it.
    database.execute(&format!("GRANT SELECT ON orders TO {} WITH GRANT OPTION;", login.user));
    let refused = project.run(&["upgrade"]);
    assert!(
        !refused.stderr.contains("grants on orders") && refused.stderr.contains("function f(integer)"),
        "{refused}"
    );

    // An owner is judged by its members.
    let project = project_on(&database, "[owners]", &format!("{SHOP}ALTER TABLE orders OWNER TO {owner};\n"));
    project.write("password", &login.password);
    let config = format!("database: {{ url: \"{}\", password_file: password }}\ncompare: [owners]\n", login.url);
    project.write("migrate.yaml", config);
    let judged = project.run(&["diff", "db", "models"]);
    judged.says("owner of orders of the models cannot be judged here").says("grant the role to this login");
    database.execute(&format!("GRANT {owner} TO {};", login.user));
    let judged = project.run(&["diff", "db", "models"]).exits(1);
    judged.prints("change owner of orders").prints("OWNER TO \"Owner");
}

#[test]
fn a_role_that_is_missing_holds_up_nothing_else() {
    let database = Database::Postgres.fresh();
    let app = role(&database, "app");
    database.execute(&format!("{SHOP}GRANT INSERT ON orders TO {app};"));
    let models = format!("{SHOP}GRANT SELECT ON orders TO nobody_is_called_so;\nGRANT SELECT ON v TO {app};\n");
    let project = project_on(&database, "[grants]", &models);
    let found = project.run(&["check"]).exits(1);
    let found = found.says("grants on orders of the models cannot be judged here").says("shop.sql:5");
    let found = found.says("create the role on this server first").prints("set grants on v");
    assert!(!found.stdout.contains("grants on orders"), "{found}");
    project.write("models/shop.sql", format!("{SHOP}GRANT SELEKT ON orders TO PUBLIC;\n"));
    project.run(&["check"]).exits(2).says("unrecognized privilege type").says("shop.sql:5");
    project.write("models/shop.sql", SHOP);
    project.write("models/rights.yaml", "grants:\n  ordres: GRANT SELECT ON TABLE orders TO PUBLIC\n");
    project.run(&["check"]).exits(2).says("grants on ordres makes something else").says("rights.yaml:2");
}

#[test]
fn verbs_without_a_former_text_take_what_is_there() {
    let database = Database::Postgres.fresh();
    let (app, owner) = (role(&database, "app"), role(&database, "Owner"));
    database.execute(&shop(&app, &owner));
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {app};"));
    let project = project_on(&database, "[grants, owners]", "");
    project.write(
        "versions/a.yaml",
        "revision: aaaa\ndown_revision: null\nmessage: reset\nupgrade:\n  - drop_grants: { name: orders }\n  \
         - drop_grants: { name: orders, arguments: column Total }\n  - drop_grants: { name: orders_id_seq }\n  \
         - drop_grants: { name: w }\n  - drop_grants: { name: f, arguments: function(integer) }\n  \
         - drop_grants: { name: public, arguments: schema }\n  - drop_owner: { name: v }\n  - drop_owner: { name: orders }\n  \
         - alter_grants: { name: v, definition: GRANT SELECT ON v TO PUBLIC }\n",
    );
    project.run(&["upgrade"]).ok();
    let found = project.run(&["inspect"]).ok();
    assert!(!found.stdout.contains("owners:"), "{found}");
    let (_, grants) = found.stdout.split_once("grants:\n").expect("grants");
    assert_eq!(grants, "  v: GRANT SELECT ON TABLE v TO PUBLIC\n");
}

#[test]
fn other_databases_have_no_such_rights() {
    for (product, compare) in [(Database::Sqlite, "grants"), (Database::Mysql, "owners")] {
        let database = product.fresh();
        let project = Project::on(&database);
        let config = project.read("migrate.yaml");
        project.write("migrate.yaml", format!("{config}compare: [{compare}]\n")).write("models/a.yaml", "tables: {}\n");
        let refused = project.run(&["diff", "db", "models"]).exits(2);
        let refused = refused.says(&format!("`compare: [{compare}]` cannot be on"));
        refused.says(&format!("take `{compare}` out of `compare:`"));
    }
    let database = Database::Postgres.fresh();
    let project = project_on(&database, "[rights]", "");
    project.run(&["check"]).exits(2).says("expected definers, grants or owners");
}

/// Accounts are of the whole server: each test has its own.
fn account(database: &Fresh, name: &str) -> String {
    let account = format!("`{name} {}`@`10.%`", database.name());
    database.execute(&format!("CREATE USER {account} ACCOUNT LOCK;"));
    account
}

/// What scratch places of this server have left behind.
fn left_behind(database: &Fresh) -> Vec<Vec<String>> {
    database.query(
        "SELECT Db, User FROM mysql.db WHERE Db LIKE 'migrate%scratch%' AND User NOT LIKE 'u%' \
         UNION ALL SELECT Db, User FROM mysql.tables_priv WHERE Db LIKE 'migrate%scratch%' \
         UNION ALL SELECT Db, User FROM mysql.procs_priv WHERE Db LIKE 'migrate%scratch%'",
    )
}

const STORE: &str = "CREATE TABLE orders (id int PRIMARY KEY, `Total` int);
CREATE TABLE items (id int PRIMARY KEY);
CREATE VIEW v AS SELECT id, `Total` FROM orders;
CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN 1;
CREATE PROCEDURE p() SELECT 1;
";

fn store(app: &str, clerk: &str) -> String {
    format!(
        "{STORE}GRANT SELECT, INSERT ON orders TO {app};\nGRANT UPDATE (`Total`) ON orders TO {app};\n\
         GRANT SELECT ON v TO {clerk} WITH GRANT OPTION;\nGRANT EXECUTE ON FUNCTION f TO {clerk};\n\
         GRANT EXECUTE ON PROCEDURE p TO {app}, {clerk};\nGRANT CREATE TEMPORARY TABLES ON * TO {app};\n"
    )
}

#[test]
fn accounts_of_mysql_make_the_whole_circle() {
    let database = Database::Mysql.fresh();
    let (app, clerk) = (account(&database, "app"), account(&database, "it's a clerk"));
    let project = project_on(&database, "[grants]", &store(&app, &clerk));
    project.run(&["revision", "--autogenerate", "-m", "one"]).ok().says("set grants on orders").says("procedure p");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    project.run(&["check", "--fresh"]).ok();
    let (first, dump) = (project.run(&["inspect"]).ok().stdout, database.dump());
    assert_eq!(first, project.run(&["inspect"]).ok().stdout);
    assert!(first.contains("GRANT UPDATE (`Total`) ON `orders` TO "), "{first}");
    assert!(!first.contains("migrate_"), "the program's own tables: {first}");

    // Another body of a function, a table and a column with other names, fewer rights on a view.
    let changed = store(&app, &clerk)
        .replace("RETURN 1", "RETURN 2")
        .replace("orders", "purchases")
        .replace("`Total`", "`Sum`")
        .replace(" WITH GRANT OPTION", "");
    project.write("models/shop.sql", changed);
    let found = project.run(&["check"]).exits(1);
    found.prints("grants on purchases").prints("grants on column Sum of purchases");
    let renames = ["--rename", "orders=purchases", "--rename", "orders.Total=Sum"];
    project.run(&[&["revision", "--autogenerate", "-m", "two"], &renames[..]].concat()).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    project.run(&["check", "--fresh"]).ok();
    project.run(&["downgrade", "--yes", "--", "-1"]).ok();
    assert_eq!(project.run(&["inspect"]).ok().stdout, first);
    assert_eq!(database.dump(), dump);
    project.run(&["downgrade", "--yes", "base"]).ok();
    assert!(!database.dump().contains("10.%"), "{}", database.dump());
    assert_eq!(left_behind(&database), Vec::<Vec<String>>::new());
}

#[test]
fn what_is_inspected_on_mysql_is_what_is_made_again() {
    let database = Database::Mysql.fresh();
    let (app, clerk) = (account(&database, "app"), account(&database, "clerk"));
    database.execute(&store(&app, &clerk));
    let project = project_on(&database, "[grants]", "");
    project.run(&["inspect", "--out", "made"]).ok().says("Writing _grants.yaml");
    let other = Database::Mysql.fresh();
    let copy = project_on(&other, "[grants]", "");
    for file in project.list("made") {
        copy.write(&format!("models/{file}"), project.read(&format!("made/{file}")));
    }
    copy.run(&["create-all"]).ok();
    copy.run(&["check"]).ok().prints("in sync");
    // Word for word it needs no judge; with one the answer is the same.
    copy.write("models/shop.sql", "-- nothing\n");
    copy.run(&["check"]).ok().prints("in sync");
    assert_eq!(copy.run(&["inspect"]).ok().stdout, project.run(&["inspect"]).ok().stdout);
    assert_eq!(copy.list("made"), Vec::<String>::new());
}

#[test]
fn nobody_on_mysql_is_told_or_given_who_did_not_ask() {
    let database = Database::Mysql.fresh();
    let (app, clerk) = (account(&database, "app"), account(&database, "clerk"));
    database.execute(&store(&app, &clerk));
    let models = format!("{}CREATE USER `{}`;\nGRANT ALL ON *.* TO {app};\n", store(&app, &clerk), database.name());
    let project = project_on(&database, "[]", &models);
    project.run(&["check"]).ok().prints("in sync");
    assert!(!project.run(&["inspect"]).ok().stdout.contains("grants"));
    assert_eq!(left_behind(&database), Vec::<Vec<String>>::new());
    let made = format!("SELECT COUNT(*) FROM mysql.user WHERE User = '{}'", database.name());
    assert_eq!(database.value(&made), "0", "a model made an account when it was judged");
    assert_eq!(database.value("SELECT COUNT(*) FROM mysql.user WHERE Shutdown_priv = 'Y' AND Host = '10.%'"), "0");
    // So it is with revisions that are replayed.
    let revision = format!(
        "revision: aaaa\ndown_revision: null\nupgrade:\n  - sql: |\n      GRANT SELECT ON items TO {app};\ndowngrade: []\n"
    );
    let other = Database::Mysql.fresh();
    let project = project_on(&other, "[]", STORE);
    project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "0000"]).ok();
    project.write("versions/aaaa.yaml", revision.replace("null", "\"0000\""));
    project.run(&["check", "--fresh"]).ok();
    // A revision may give rights to an account that it makes.
    let config = project.read("migrate.yaml").replace("[]", "[grants]");
    let revision = project.read("versions/aaaa.yaml").replace(&app, "nobody@localhost");
    project.write("migrate.yaml", config).write("versions/aaaa.yaml", revision);
    project.run(&["diff", "db", "head"]).exits(1).prints("set grants on items");
    assert_eq!(left_behind(&other), Vec::<Vec<String>>::new());
}

#[test]
fn what_a_login_may_not_see_of_rights_is_asked_for() {
    let database = Database::Mysql.fresh();
    let (app, clerk) = (account(&database, "app"), account(&database, "clerk"));
    database.execute(&store(&app, &clerk));
    let login = Login::on(&database).with_all_rights(&database);
    let who = login.grantee(Database::Mysql);
    let project = project_on(&database, "[grants]", &store(&app, &clerk));
    project.write("password", &login.password);
    let config = format!("database: {{ url: \"{}\", password_file: password }}\ncompare: [grants]\n", login.url);
    project.write("migrate.yaml", config);
    let refused = project.run(&["check"]).exits(2);
    let refused = refused.says("who may do what cannot be seen in full");
    refused.says(&format!("GRANT SELECT ON mysql.tables_priv TO '{}'@'127.0.0.1'", login.user));
    for table in ["db", "tables_priv", "columns_priv", "procs_priv"] {
        database.execute(&format!("GRANT SELECT ON mysql.{table} TO {who};"));
    }
    database.execute(&format!("GRANT SELECT (User, Host) ON mysql.user TO {who};"));
    // Its own rights are among those on the database.
    let found = project.run(&["check"]).exits(1);
    found.prints("change grants on database *");
    project.write("models/shop.sql", format!("{}GRANT ALL ON * TO {who};\n", store(&app, &clerk)));
    project.run(&["check"]).ok().prints("in sync");
    assert!(!project.run(&["inspect"]).ok().stdout.contains("hunter2"));
    // It may not give on what it has.
    project.write(
        "models/shop.sql",
        format!("{}GRANT ALL ON * TO {who};\nGRANT DELETE ON items TO {app};\n", store(&app, &clerk)),
    );
    project.run(&["revision", "--autogenerate", "-m", "one"]).ok();
    let refused = project.run(&["upgrade"]).exits(2);
    refused.says("the login has no GRANT OPTION on items").says("GRANT GRANT OPTION ON");
}

#[test]
fn an_account_that_is_missing_holds_up_nothing_else() {
    let database = Database::Mysql.fresh();
    let app = account(&database, "app");
    database.execute(&format!("{STORE}GRANT INSERT ON orders TO {app};"));
    let models = format!("{STORE}GRANT SELECT ON orders TO nobody@localhost;\nGRANT SELECT ON v TO {app};\n");
    let project = project_on(&database, "[grants]", &models);
    let found = project.run(&["check"]).exits(1);
    let found = found.says("grants on orders of the models cannot be judged here").says("shop.sql:6");
    let found = found.says("there is no account `nobody`@`localhost` on this server");
    let found = found.says("create the account or the role on this server first").prints("set grants on v");
    assert!(!found.stdout.contains("grants on orders"), "{found}");
    for (statement, phrase) in [
        ("GRANT SELEKT ON orders TO root@localhost", "there is no right SELEKT on a table"),
        ("GRANT SELECT ON *.* TO root@localhost", "rights on `*.*` are the server's"),
        ("GRANT SELECT ON mysql.user TO root@localhost", "it names another database"),
        ("GRANT SELECT ON ordres TO root@localhost", "ordres"),
        ("GRANT SELECT (sum) ON orders TO root@localhost", "sum"),
        ("GRANT EXECUTE ON FUNCTION g TO root@localhost", "g does not exist"),
        ("GRANT SELECT ON orders TO root@localhost IDENTIFIED BY 'hunter2'", "how an account logs in"),
        ("GRANT shop_staff TO root@localhost", "accounts and roles are the server's"),
    ] {
        project.write("models/shop.sql", format!("{STORE}{statement};\n"));
        let refused = project.run(&["check"]).exits(2);
        assert!(!refused.stderr.contains("hunter2"), "{refused}");
        refused.says(phrase).says("shop.sql:6");
    }
    project.write("models/shop.sql", STORE);
    project.write("models/rights.yaml", format!("grants:\n  ordres: GRANT SELECT ON orders TO {app}\n"));
    project.run(&["check"]).exits(2).says("grants on ordres makes something else").says("rights.yaml:2");

    let project = project_on(&database, "[grants]", "");
    project.write(
        "versions/a.yaml",
        "revision: aaaa\ndown_revision: null\nupgrade:\n  - create_grants: { name: orders, definition: GRANT SELECT ON orders TO nobody@localhost }\n",
    );
    let failed = project.run(&["upgrade"]);
    failed.says("could not set grants on orders").says("create the account or the role on this server first");
    project.write(
        "versions/a.yaml",
        "revision: aaaa\ndown_revision: null\nupgrade:\n  - drop_grants: { name: orders }\ndowngrade: []\n",
    );
    project.run(&["upgrade"]).exits(2).says("does not say what they are").says("say it under `was`");
}

#[test]
fn rights_under_other_names_are_the_servers() {
    let database = Database::Mysql.fresh();
    let (app, clerk) = (account(&database, "app"), account(&database, "clerk"));
    let (name, escaped) = (database.name().to_owned(), database.name().replace('_', "\\_"));
    database.execute(&format!(
        "{STORE}GRANT SELECT ON `{escaped}`.* TO {app} WITH GRANT OPTION; GRANT INSERT ON `{name}`.* TO {clerk}; \
         GRANT DELETE ON `{}%`.* TO {clerk}; GRANT CREATE ON later TO {app};",
        name.split_once('_').expect("a name").0
    ));
    let project = project_on(&database, "[grants]", STORE);
    let found = project.run(&["check"]).ok();
    let found = found.says("not modelled: grants on database *");
    found.says("not modelled: grants on what is not there, or not modelled: later");
    let found = project.run(&["inspect"]).ok();
    let found = found.prints(&format!("GRANT SELECT ON `{escaped}`.* TO ")).prints("GRANT INSERT ON * TO ");
    assert!(!found.stdout.contains("DELETE"), "{found}");
    // The one that is no pattern is another row: it is taken by the name that it was given under.
    project.write(
        "models/shop.sql",
        format!("{STORE}GRANT INSERT ON * TO {clerk};\nGRANT SELECT ON {name}.* TO {app};\n"),
    );
    project.run(&["revision", "--autogenerate", "-m", "one"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok().prints("in sync");
    let rows = format!("SELECT Db, Select_priv, Grant_priv FROM mysql.db WHERE User = 'app {name}'");
    let rows: Vec<Vec<String>> = database.query(&rows).into_iter().filter(|row| row[1] == "Y").collect();
    assert_eq!(rows, [[name.as_str(), "Y", "N"]]);
    project.run(&["downgrade", "--yes", "base"]).ok();
    project.run(&["inspect"]).ok().prints(&format!("GRANT SELECT ON `{escaped}`.* TO "));
}

#[test]
fn who_may_call_a_routine_may_do_so_when_it_is_another_one() {
    let database = Database::Mysql.fresh();
    let app = account(&database, "app");
    let project = project_on(&database, "[]", STORE);
    project.run(&["revision", "--autogenerate", "-m", "one"]).ok();
    project.run(&["upgrade"]).ok();
    database.execute(&format!(
        "GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE p TO {app} WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION f TO {app};"
    ));
    let dump = database.dump();
    project.write("models/shop.sql", STORE.replace("SELECT 1;", "SELECT 2;").replace("RETURN 1", "RETURN 2"));
    project.run(&["revision", "--autogenerate", "-m", "two"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(database.dump(), dump.replace("SELECT 1", "SELECT 2").replace("RETURN 1", "RETURN 2"));
    project.run(&["downgrade", "--yes", "--", "-1"]).ok();
    assert_eq!(database.dump(), dump);
}
