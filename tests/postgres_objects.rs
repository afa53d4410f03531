//! Objects of PostgreSQL: secrets that are never shown, bodies that will not run, types in use, and what a login cannot see
//! or a server does not have.

use crate::common::{Database, Fresh, Login, Output, Project, SECRET};

fn project_on(database: &Fresh, models: &str) -> Project {
    let project = Project::on(database);
    project.write("models/all.sql", models);
    project
}

/// Neither output holds the secret.
#[track_caller]
fn hidden(output: &Output) {
    assert!(!output.stdout.contains(SECRET) && !output.stderr.contains(SECRET), "a secret is shown\n{output}");
}

const FOREIGN: &str = "CREATE FOREIGN DATA WRAPPER w;\nCREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'x');\n";

fn mapping(user: &str, ty: &str) -> String {
    format!(
        "{}CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user '{user}', password '{SECRET}', \"sslPassword\" '{SECRET}');\n",
        FOREIGN.replace("SERVER s ", &format!("SERVER s TYPE '{ty}' "))
    )
}

const KEPT: &str = "SELECT count(*) FROM pg_user_mappings m CROSS JOIN pg_options_to_table(m.umoptions) o WHERE o.option_value = 'hunter2'";

#[test]
fn passwords_of_foreign_data_are_never_shown_and_stay() {
    let database = Database::Postgres.fresh();
    database.execute(&mapping("old", "one"));
    let project = project_on(&database, &mapping("old", "one"));
    for words in [["inspect", "--as", "yaml"], ["inspect", "--as", "sql"]] {
        let output = project.run(&words).ok();
        hidden(&output);
        assert!(
            output.stdout.contains("CREATE USER MAPPING FOR PUBLIC SERVER \"s\" OPTIONS (\"user\" 'old')"),
            "{output}"
        );
    }
    hidden(&project.run(&["check"]).ok());
    // One change in its place, one that takes the server down and puts it up again.
    for (number, models) in [mapping("new", "one"), mapping("new", "two")].iter().enumerate() {
        project.write("models/all.sql", models);
        hidden(&project.run(&["check"]).exits(1));
        hidden(&project.run(&["diff", "db", "models"]).exits(1));
        let id = format!("r{number}");
        hidden(&project.run(&["revision", "--autogenerate", "-m", "change", "--rev-id", &id]).ok());
        hidden(&project.run(&["upgrade", "--dry-run"]).ok());
        hidden(&project.run(&["upgrade", "-v"]).ok());
        assert_eq!(database.value(KEPT), "2", "after {id}");
        hidden(&project.run(&["check"]).ok());
    }
    project.run(&["downgrade", "base", "--yes"]).ok();
    assert_eq!(database.value(KEPT), "2");
    for file in project.list("versions") {
        assert!(!project.read(&format!("versions/{file}")).contains(SECRET), "{file}");
    }
    let log = database.query("SELECT l::text FROM migrate_log l");
    assert!(log.iter().flatten().all(|line| !line.contains(SECRET)), "{log:?}");
}

#[test]
fn a_new_mapping_says_that_its_password_is_given_by_hand() {
    let database = Database::Postgres.fresh();
    let project = project_on(&database, &mapping("me", "one"));
    let output = project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    hidden(&output);
    assert!(
        output.stderr.contains(
            "a password is no part of revisions, give it by hand: ALTER USER MAPPING FOR PUBLIC SERVER \"s\""
        ),
        "{output}"
    );
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value(KEPT), "0");
    project.run(&["check"]).ok();
    // What a statement says that fails is shown, and what is secret in it is not.
    project.write(
        "models/all.sql",
        format!("{FOREIGN}CREATE USER MAPPING FOR nobody_here SERVER s OPTIONS (\"Password\" '{SECRET}');\n"),
    );
    let output = project.run(&["check"]).exits(1);
    hidden(&output);
    assert!(output.stderr.contains("cannot be judged here: role \"nobody_here\" does not exist"), "{output}");
}

#[test]
fn a_password_in_a_yaml_model_is_not_sent() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    let models = format!(
        "foreign_data_wrappers:\n  w: CREATE FOREIGN DATA WRAPPER w\nservers:\n  s: CREATE SERVER s FOREIGN DATA WRAPPER w\n\
         user_mappings:\n  public:\n    table: s\n    definition: CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'me', password '{SECRET}')\n"
    );
    project.write("models/all.yaml", models);
    hidden(&project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok());
    hidden(&project.run(&["upgrade", "-v"]).ok());
    assert_eq!(database.value("SELECT umoptions FROM pg_user_mappings"), "{user=me}");
    hidden(&project.run(&["check"]).ok());
}

#[test]
fn options_that_a_login_may_not_see_are_named_and_the_rest_is_done() {
    let database = Database::Postgres.fresh();
    database.execute(&format!("{}CREATE TABLE t (a integer);", mapping("x", "one")));
    let login = Login::on(&database).with_all_rights(&database);
    let project = Project::empty();
    project.write("password", &login.password);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\", password_file: password }}\n", login.url));
    let output = project.run(&["inspect", "--as", "yaml"]).ok();
    assert!(
        output.stdout.contains("not modelled: user mapping with options that this login may not see public"),
        "{output}"
    );
    assert!(output.stdout.contains("CREATE SERVER \"s\"") && output.stdout.contains("tables:"), "{output}");
}

#[test]
fn a_broken_body_is_said_and_the_rest_is_done() {
    let database = Database::Postgres.fresh();
    let models = "tables:\n  t: { columns: { a: int } }\nfunctions:\n  \
                  good: CREATE FUNCTION good() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t'\n  \
                  typo: CREATE FUNCTION typo(n integer) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tt'\n\
                  procedures:\n  wrong: CREATE PROCEDURE wrong() LANGUAGE sql AS 'INSERT INTO t (b) VALUES (1)'\n";
    let project = Project::on(&database);
    project.write("models/all.yaml", models);
    let output = project.run(&["check"]).exits(1);
    assert!(
        output.stderr.contains(
            "warning: the body of function typo(integer) in the models is broken: relation \"tt\" does not exist"
        ),
        "{output}"
    );
    assert!(
        output
            .stderr
            .contains("procedure wrong() in the models is broken: column \"b\" of relation \"t\" does not exist"),
        "{output}"
    );
    assert!(!output.stderr.contains("good()"), "{output}");
    assert!(output.stdout.contains("create table t"), "{output}");
    project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    project.run(&["upgrade"]).ok();
    let output = project.run(&["check"]).ok();
    assert!(output.stderr.contains("function typo(integer)"), "{output}");
    project.write("models/all.yaml", models.replace("FROM tt", "FROM t").replace("(b)", "(a)"));
    let output = project.run(&["check"]).exits(1);
    assert!(!output.stderr.contains("broken"), "{output}");
    // In SQL, what stands there is made as it stands: the server says it with the line.
    project.write("models/all.yaml", "tables:\n  t: { columns: { a: int } }\n");
    project
        .write("models/more.sql", "CREATE FUNCTION typo() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tt';\n");
    let output = project.run(&["check"]).exits(2);
    assert!(
        output.stderr.contains("models/more.sql:1") && output.stderr.contains("relation \"tt\" does not exist"),
        "{output}"
    );
}

#[test]
fn a_composite_type_that_columns_have_is_refused_before_the_start() {
    let database = Database::Postgres.fresh();
    let models = "CREATE TYPE pair AS (a integer, b text);\nCREATE TABLE t (p pair);\n";
    database.execute(models);
    let project = project_on(&database, &models.replace("a integer, b text", "b text, a integer"));
    project.run(&["check"]).exits(1).prints("dropping type pair while columns have it: t.p");
    let output = project.run(&["revision", "--autogenerate", "-m", "x"]).exits(2);
    assert!(output.stderr.contains("dropping type pair while columns have it: t.p"), "{output}");
    assert!(output.stderr.contains("give the new type another name"), "{output}");
    assert_eq!(database.value("SELECT count(*) FROM pg_type WHERE typname = 'pair'"), "1");
}

#[test]
fn another_type_of_an_attribute_is_refused_before_the_start() {
    let database = Database::Postgres.fresh();
    let models = "CREATE TYPE pair AS (a integer, b text);\nCREATE TYPE free AS (a integer);\nCREATE TABLE t (p pair, q pair[]);\n";
    database.execute(models);
    let project = project_on(&database, &models.replace("(a integer, b text)", "(a bigint, b text)"));
    let output = project.run(&["revision", "--autogenerate", "-m", "x"]).exits(2);
    let said = "changing the type of an attribute of type pair while columns have it: t.p, t.q";
    assert!(output.stderr.contains(said), "{output}");
    assert!(output.stderr.contains("give the new type another name"), "{output}");
    // Where no column has the type, the server takes it.
    project.write("models/all.sql", models.replace("(a integer)", "(a bigint)"));
    project.run(&["check"]).exits(1).prints("ALTER ATTRIBUTE \"a\" TYPE bigint");
}

#[test]
fn an_extension_that_the_models_no_longer_name_is_a_difference() {
    let database = Database::Postgres.fresh();
    let models = "CREATE EXTENSION pg_trgm;\nCREATE EXTENSION citext;\nCREATE TABLE t (a citext);\n";
    let project = project_on(&database, models);
    project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    project.write("models/all.sql", models.replace("CREATE EXTENSION pg_trgm;\n", ""));
    let output = project.run(&["check"]).exits(1);
    assert!(output.stdout.contains("drop extension pg_trgm") && !output.stdout.contains("citext"), "{output}");
    // What the models need counts as named.
    project.write("models/all.sql", "CREATE EXTENSION pg_trgm;\nCREATE TABLE t (a citext);\n");
    project.run(&["check"]).ok();
    project.write("models/all.sql", "CREATE TABLE t (a citext);\n");
    project.run(&["revision", "--autogenerate", "-m", "two", "--rev-id", "r2"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(
        database.value("SELECT string_agg(extname, ' ') FROM pg_extension WHERE extname <> 'plpgsql'"),
        "citext"
    );
    project.run(&["check"]).ok();
    project.run(&["downgrade", "-1", "--yes"]).ok();
    assert_eq!(database.value("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"), "1");
}

#[test]
fn what_a_server_does_not_have_is_said_and_the_rest_is_compared() {
    let database = Database::Postgres.fresh();
    database.execute(
        "CREATE TABLE t (a integer); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         CREATE VIEW v AS SELECT f() AS a; CREATE VIEW w AS SELECT a FROM v; CREATE VIEW others AS SELECT 1 AS a; \
         CREATE TABLE u (b text)",
    );
    let models = "CREATE TABLE t (a integer);\nCREATE EXTENSION nowhere_to_be_found;\n\
                  CREATE FUNCTION f() RETURNS int LANGUAGE plnone AS 'x';\nCREATE VIEW w AS SELECT a FROM v;\n\
                  CREATE VIEW v AS SELECT f() AS a;\nCREATE VIEW fine AS SELECT a FROM t;\n\
                  CREATE TABLE u (b nowhere_type);\nCOMMENT ON VIEW w IS 'x';\nGRANT SELECT ON w TO PUBLIC;\n";
    let project = project_on(&database, models);
    // In one file the order counts: w stands before v.
    let output = project.run(&["check"]).exits(1);
    for line in [
        "warning: extension nowhere_to_be_found of the models cannot be judged here: ",
        "warning: function f of the models cannot be judged here: language \"plnone\" does not exist (all.sql:3); add the \
         extension that brings the language to the models, and install its package on the server",
        "warning: view v of the models cannot be judged here: function f() does not exist (all.sql:5)",
        "warning: view w of the models cannot be judged here: relation \"v\" does not exist (all.sql:4)",
        "warning: table u of the models cannot be judged here: type \"nowhere_type\" does not exist (all.sql:7)",
        "warning: grants on w of the models cannot be judged here: relation \"w\" does not exist (all.sql:9)",
        "hint: what cannot be judged is left as it is, and everything else is compared",
    ] {
        assert!(output.stderr.contains(line), "{line}\n{output}");
    }
    assert!(output.stderr.contains("; install the extension's package on the server, or take it out"), "{output}");
    output.prints("create view fine").prints("drop view others");
    project
        .run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"])
        .ok()
        .says("view v of the models cannot");
    let revision = project.read(&format!("versions/{}", project.list("versions")[0]));
    assert!(revision.contains("fine") && revision.contains("others") && !revision.contains("name: f\n"), "{revision}");
    assert!(!revision.contains("table: u") && !revision.contains("name: v"), "{revision}");
    project.run(&["upgrade"]).ok();
    let output = project.run(&["check"]).ok();
    output.prints("in sync: at head, and the database equals the models, but for what cannot be judged here");
    project.run(&["check", "--strict"]).exits(1).says("function f of the models cannot be judged here");
    let json = project.run(&["check", "--format", "json"]).ok();
    assert!(json.stdout.contains("\"not_judged\":[{\"object\":\"extension nowhere_to_be_found\",\"why\":\""), "{json}");
    // A mistake stays one.
    project.write("models/all.sql", format!("{models}CREATE VIEW x AS SELEC 1;\n"));
    let output = project.run(&["check"]).exits(2);
    assert!(
        output.stderr.contains("models/all.sql:10") && output.stderr.contains("the database refuses this"),
        "{output}"
    );
    assert_eq!(database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'migrate%'"), "0");
}

/// A file that stands on a later one is tried again, also in a database of its own, in a transaction or not.
#[test]
fn files_that_name_schemas_are_made_in_any_order() {
    let database = Database::Postgres.fresh();
    let project = Project::on(&database);
    project.write("migrate.yaml", format!("database: {{ url: \"{}\" }}\nschemas: [public, app]\n", database.url()));
    project.write("models/a.sql", "CREATE VIEW app.v AS SELECT a FROM app.t;\n");
    project.write("models/b.sql", "CREATE VIEW app.w AS SELECT a FROM app.v;\nCREATE TYPE app.e AS ENUM ('a');\n");
    project.write("models/c.sql", "CREATE SCHEMA app;\nCREATE TABLE app.t (a int);\n");
    let more = "CREATE TYPE app.e AS ENUM ('a');\nALTER TYPE app.e ADD VALUE 'b';\nCREATE TABLE app.x (e app.e DEFAULT 'b');\n";
    for models in ["CREATE TYPE app.e AS ENUM ('a', 'b');\nCREATE TABLE app.x (e app.e DEFAULT 'b');\n", more] {
        project.write("models/b.sql", format!("CREATE VIEW app.w AS SELECT a FROM app.v;\n{models}"));
        let output = project.run(&["diff", "db", "models"]).exits(1);
        output.prints("create view app.w").prints("create table app.x").prints("('a', 'b')");
    }
    assert_eq!(database.value("SELECT count(*) FROM pg_database WHERE datname LIKE 'migrate_scratch%'"), "0");
}

#[test]
fn models_in_yaml_that_need_what_is_missing_are_left_alone() {
    let database = Database::Postgres.fresh();
    database.execute("CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY)");
    let project = Project::on(&database);
    project.write(
        "models/all.yaml",
        "extensions: { nowhere_to_be_found: CREATE EXTENSION nowhere_to_be_found }\ntables:\n  \
         a: { columns: { id: { type: bigint, nullable: false }, c: { type: int } }, primary_key: [id] }\n  \
         b:\n    columns: { id: { type: bigint, nullable: false }, d: { type: nowhere_type } }\n    primary_key: [id]\n    \
         indexes: { b_d: { columns: [d] } }\n  \
         c:\n    columns: { b: { type: bigint } }\n    foreign_keys: { fk: { columns: [b], references: { table: b } } }\n\
         views: { on_b: SELECT id FROM b, on_a: SELECT id FROM a }\n",
    );
    let output = project.run(&["check"]).exits(1);
    for what in ["extension nowhere_to_be_found", "table b", "table c", "view on_b"] {
        assert!(
            output.stderr.contains(&format!("warning: {what} of the models cannot be judged here: ")),
            "{what}\n{output}"
        );
    }
    let output = output.prints("add column c to a").prints("create view on_a");
    assert!(!output.stdout.contains("table b") && !output.stdout.contains("on_b"), "{output}");
}

/// What was judged is kept for the search path and the extensions that were there.
#[test]
fn what_was_judged_elsewhere_is_judged_again() {
    let database = Database::Postgres.fresh();
    let name = database.name().to_owned();
    let path = |path: &str| database.execute(&format!("ALTER DATABASE {name} SET search_path = {path};"));
    database.execute(
        "CREATE SCHEMA beside; CREATE EXTENSION citext SCHEMA beside; CREATE EXTENSION pg_trgm VERSION '1.3';",
    );
    path("public, beside");
    let models = "CREATE EXTENSION IF NOT EXISTS pg_trgm;\nCREATE TABLE t (a citext DEFAULT 'x'::citext);\n";
    let project = project_on(&database, models);
    database.execute("SET search_path = public, beside; CREATE TABLE t (a citext DEFAULT 'x'::citext);");
    project.run(&["check"]).ok();
    database.execute("ALTER EXTENSION pg_trgm UPDATE;");
    project.run(&["check"]).ok();
    path("public");
    project.run(&["check"]).exits(2).says("type \"citext\" does not exist");
    path("public, beside");
    project.run(&["check"]).ok();
}

/// The server keeps the path that was the current one, and the scratch schema is the first of it.
#[test]
fn a_current_search_path_is_not_that_of_the_scratch_schema() {
    let database = Database::Postgres.fresh();
    let models = "CREATE FUNCTION f() RETURNS integer LANGUAGE sql SET search_path FROM CURRENT AS 'SELECT 1';\n\
                  CREATE PROCEDURE p() LANGUAGE sql SET work_mem = '1MB' SET search_path FROM CURRENT AS 'SELECT 1';\n";
    let project = project_on(&database, models);
    project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    let revision = project.read(&project.revision("r1"));
    assert!(!revision.contains("migrate_scratch") && revision.contains("SET search_path TO"), "{revision}");
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    let kept = database.query("SELECT DISTINCT unnest(proconfig) FROM pg_proc WHERE proname IN ('f', 'p') ORDER BY 1");
    assert_eq!(kept, [["search_path=\"$user\", public"], ["work_mem=1MB"]]);
    // As a person says it who has run the models by hand; and where there is no path at all.
    database.execute(&format!("DROP FUNCTION f; DROP PROCEDURE p; {models}"));
    project.run(&["check"]).ok();
}

/// What was not judged is not kept: the server may have it next time.
#[test]
fn what_is_no_longer_missing_is_judged() {
    let database = Database::Postgres.fresh();
    database.execute("CREATE TABLE t (a integer)");
    let role = format!("r_{}", database.value("SELECT pg_catalog.pg_backend_pid()"));
    let project =
        project_on(&database, &format!("CREATE TABLE t (a integer);\nCREATE POLICY p ON t TO {role} USING (true);\n"));
    let output = project.run(&["check"]).ok();
    assert!(output.stderr.contains("policy p on t of the models cannot be judged here"), "{output}");
    assert!(output.stderr.contains("; create the role on this server first"), "{output}");
    database.execute(&format!("CREATE ROLE {role}"));
    project.run(&["check"]).exits(1).prints("create policy p on t");
    database.execute(&format!("DROP ROLE {role}"));
}

#[test]
fn names_that_differ_in_case_alone_are_two_and_long_ones_are_refused() {
    let database = Database::Postgres.fresh();
    let long = "n".repeat(63);
    let models = format!(
        "CREATE TABLE \"Thing\" (a integer);\nCREATE TABLE thing (a integer);\n\
         CREATE VIEW \"V\" AS SELECT a FROM \"Thing\";\nCREATE VIEW v AS SELECT a FROM thing;\n\
         CREATE FUNCTION \"F\"() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';\n\
         CREATE VIEW {long} AS SELECT 1 AS a;\nCREATE FUNCTION f_{}() RETURNS int LANGUAGE sql AS 'SELECT 3';\n",
        "x".repeat(61)
    );
    let project = project_on(&database, &models);
    project.run(&["revision", "--autogenerate", "-m", "one", "--rev-id", "r1"]).ok();
    project.run(&["upgrade"]).ok();
    project.run(&["check"]).ok();
    let folder = project.path("out");
    project.run(&["inspect", "--out", &folder.display().to_string()]).ok();
    project.write("models/all.sql", "");
    let files = project.list("out");
    for file in &files {
        project.write(&format!("models/{file}"), project.read(&format!("out/{file}")));
    }
    project.run(&["check"]).ok();
    files.iter().for_each(|file| std::fs::remove_file(project.path(&format!("models/{file}"))).unwrap());
    project.run(&["downgrade", "base", "--yes"]).ok();
    project.write("models/long.yaml", format!("views:\n  {long}x: SELECT 1 AS a\n"));
    let output = project.run(&["diff", "db", "models"]).exits(2);
    assert!(
        output.stderr.contains("models/long.yaml:2") && output.stderr.contains("cuts names after 63 bytes"),
        "{output}"
    );
}

/// A type made of functions of the server, and one that is only announced; tables on the former, and what no model says of
/// tables, keys and sequences.
const WITHOUT_MODEL: &str = "
CREATE TYPE odd;
CREATE FUNCTION odd_in(cstring) RETURNS odd LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION odd_out(odd) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out, LIKE = integer);
CREATE TYPE announced;
CREATE TABLE plain (id integer PRIMARY KEY);
COMMENT ON INDEX plain_pkey IS 'of the index';
CREATE POLICY p ON plain USING (id > 0);
CREATE TABLE odd_one (id integer PRIMARY KEY, value odd);
CREATE POLICY p ON odd_one USING (id > 0);
CREATE VIEW on_odd AS SELECT id FROM odd_one;
CREATE TABLE refers (id integer CONSTRAINT refers_fk REFERENCES odd_one);
CREATE TABLE twice (id serial);
ALTER TABLE twice ALTER id DROP DEFAULT;
ALTER TABLE twice ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;
CREATE TABLE parent (f integer, CONSTRAINT positive CHECK (f > 0));
CREATE TABLE child (CONSTRAINT positive CHECK (f > 0)) INHERITS (parent);
CREATE TABLE parted (a integer) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted (PRIMARY KEY (a)) FOR VALUES IN (1);
CREATE UNIQUE INDEX of_parted ON ONLY parted (a);
ALTER INDEX of_parted ATTACH PARTITION part_pkey;
CREATE MATERIALIZED VIEW m AS SELECT 'x'::text AS x;
ALTER MATERIALIZED VIEW m ALTER x SET STORAGE external;
";

#[test]
fn what_no_model_can_say_is_named_and_left_alone() {
    let database = Database::Postgres.fresh();
    database.execute(WITHOUT_MODEL);
    let project = Project::on(&database);
    let inspected = project.run(&["inspect", "--as", "yaml"]).ok();
    project.write("models/all.yaml", &inspected.stdout);
    let checked = project.run(&["check"]).ok();
    for line in [
        "base type odd",
        "shell type announced",
        "table on what has no model odd_one",
        "view on_odd",
        "policy p on odd_one",
        "foreign key refers_fk on refers",
        "comment on the index of a key plain_pkey on plain",
        "sequence twice_id_seq on twice",
        "inherited check of its own positive on child",
        "key attached to an index part_pkey on part",
        "storage of a column x on m",
    ] {
        assert!(inspected.stdout.contains(&format!("# not modelled: {line}\n")), "{line}\n{inspected}");
        assert!(checked.stderr.contains(&format!("not modelled: {line}\n")), "{line}\n{checked}");
    }
    for name in ["odd_one:", "on_odd"] {
        let models = inspected.stdout.lines().filter(|line| !line.starts_with('#'));
        assert!(!models.collect::<String>().contains(name), "{inspected}");
    }
    // A policy of the same name on another table is one.
    database.execute("DROP POLICY p ON plain");
    let output = project.run(&["check"]).exits(1);
    assert!(output.stdout.contains("+ create policy p on plain"), "{output}");
    // What something else makes is compared as ever.
    project.write("setup.sql", WITHOUT_MODEL.split_once("CREATE TABLE").map_or("", |(types, _)| types));
    project.write("models/odd.sql", "CREATE TABLE odd_one (id integer PRIMARY KEY, value odd, more text);");
    project.write("migrate.yaml", project.read("migrate.yaml") + "scratch_setup: setup.sql\n");
    let output = project.run(&["check"]).exits(1);
    assert!(output.stdout.contains("+ add column more to odd_one"), "{output}");
    assert!(!output.stderr.contains("no model odd_one"), "{output}");
}

#[test]
fn how_tables_are_stored_by_default_is_no_difference() {
    let database = Database::Postgres.fresh();
    database.execute(
        "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
         CREATE TABLE plain (a integer);
         CREATE TABLE other (a integer) USING heap2;
         CREATE MATERIALIZED VIEW m AS SELECT 1 AS x;
         CREATE MATERIALIZED VIEW n USING heap2 AS SELECT 1 AS x",
    );
    let project = Project::on(&database);
    let inspected = |says: [bool; 4]| {
        let models = project.run(&["inspect", "--as", "yaml"]).ok().stdout;
        let words = ["access_method: heap ", "access_method: heap2", "USING \"heap\"", "USING \"heap2\""];
        assert_eq!(words.map(|word| models.contains(word)), says, "{models}");
        assert!(models.contains("# not modelled: access method heap2\n"), "{models}");
        project.write("models/all.yaml", models);
        project.run(&["check"]).ok();
    };
    inspected([false, true, false, true]);
    database.execute(&format!("ALTER DATABASE {} SET default_table_access_method = heap2", database.name()));
    // Those from before stay, and what is said stays so.
    project.run(&["check"]).ok();
    inspected([true, false, true, false]);
    let models = project.read("models/all.yaml");
    project.write("models/all.yaml", models.replace("  other:\n", "  other:\n    postgres: { access_method: heap }\n"));
    let version = Database::Postgres.version().unwrap_or_default();
    let found = project.run(&["check"]).exits(1).prints("change access_method of table other");
    if ["12.", "13.", "14."].iter().any(|old| version.starts_with(old)) {
        found.prints("another access method for a table that is there on PostgreSQL 1");
    }
}

#[test]
fn an_access_method_that_is_missing_is_said() {
    let database = Database::Postgres.fresh();
    let models = "CREATE TABLE t (a integer) USING columnar;\nCREATE TABLE u (a integer);";
    let output = project_on(&database, models).run(&["check"]).exits(1);
    assert!(
        output
            .stderr
            .contains("table t of the models cannot be judged here: access method \"columnar\" does not exist"),
        "{output}"
    );
    assert!(output.stderr.contains("scratch_setup"), "{output}");
    assert!(output.stdout.contains("+ create table u"), "{output}");
}

#[test]
fn a_trigger_of_a_partition_that_fires_otherwise_is_named() {
    let database = Database::Postgres.fresh();
    database.execute(
        "CREATE TABLE t (a integer) PARTITION BY LIST (a);
         CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
         ALTER TABLE t1 DISABLE TRIGGER tr",
    );
    let inspected = Project::on(&database).run(&["inspect", "--as", "yaml"]).ok();
    // Before 13 such a trigger does not tell of which one it comes.
    let is_old = Database::Postgres.version().is_some_and(|version| version.starts_with("12."));
    let named = "# not modelled: state of a partition's trigger tr on t1\n";
    assert_eq!(inspected.stdout.contains(named), !is_old, "{inspected}");
}
