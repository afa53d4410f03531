//! What PostgreSQL knows of an object and no model says: rights, owner, tablespace. It is there again where an object is
//! dropped and made anew, on the way up and on the way back.

use crate::common::{Database, Fresh, Login, Project};

/// A database that holds `from` and has run `more`, whose project wants `to`.
struct Again {
    database: Fresh,
    project: Project,
}

impl Again {
    fn new(from: &str, to: &str) -> Self {
        let database = Database::Postgres.fresh();
        database.execute(from);
        let project = Project::on(&database);
        project.write("models/all.sql", from);
        project.run(&["check"]).ok();
        project.write("models/all.sql", to);
        Self { database, project }
    }

    /// Goes up and back; what the query gives is the same before, between and after.
    #[track_caller]
    fn keeps(&self, query: &str) {
        let before = self.database.query(query);
        self.project.run(&["revision", "--autogenerate", "-m", "change", "--rev-id", "r1"]).ok();
        self.project.run(&["upgrade"]).ok();
        self.project.run(&["check"]).ok();
        assert_eq!(self.database.query(query), before, "after the upgrade");
        self.project.run(&["downgrade", "base", "--yes"]).ok();
        assert_eq!(self.database.query(query), before, "after the downgrade");
    }

    /// Two roles of this test's own.
    fn roles(&self) -> [String; 2] {
        [Login::on(&self.database).user, Login::on(&self.database).user]
    }
}

/// Who may do what with the rows of a catalog: its columns for name, owner and list, and the letter of `acldefault`.
fn rights(catalog: &str, name: &str, owner: &str, list: &str, letter: char) -> String {
    format!(
        "SELECT {name}, pg_get_userbyid({owner}), (SELECT string_agg(concat_ws(' ', g.grantor::regrole, g.grantee::regrole, \
         g.privilege_type, g.is_grantable), ', ' ORDER BY g.grantee, g.privilege_type) \
         FROM aclexplode(coalesce({list}, acldefault('{letter}', {owner}))) g) \
         FROM {catalog} WHERE oid >= 16384 AND {name} !~ '^_|^migrate|toast' ORDER BY 1"
    )
}

fn owners(catalog: &str, name: &str, owner: &str) -> String {
    format!("SELECT {name}, pg_get_userbyid({owner}) FROM {catalog} WHERE oid >= 16384 ORDER BY 1")
}

const ROUTINES: &str = "CREATE FUNCTION more(state integer, VARIADIC items integer[]) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION f(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE PROCEDURE p(x integer, OUT z integer) LANGUAGE plpgsql AS 'BEGIN z := 1; END';
CREATE PROCEDURE q() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE total(value integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE AGGREGATE how_many(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE every_one(VARIADIC items integer[]) (SFUNC = more, STYPE = integer, INITCOND = '0');
CREATE AGGREGATE middle(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
";

#[test]
fn routines_of_every_kind_keep_their_rights_and_owners() {
    let mut from = ROUTINES.to_owned();
    if Database::Postgres.version().is_some_and(|version| version.starts_with("12.")) {
        from = from.replace(", OUT z integer", "").replace("z := 1;", "");
    }
    let to = from
        .replace("f(x integer)", "f(y integer)")
        .replace("p(x integer", "p(y integer")
        .replace("INITCOND = '0'", "INITCOND = '5'")
        .replace(", FINALFUNC_EXTRA", ", FINALFUNC_EXTRA, PARALLEL = RESTRICTED");
    let again = Again::new(&from, &to);
    let [one, two] = again.roles();
    let names = [
        ("FUNCTION", "f(integer)", "f(integer)"),
        ("PROCEDURE", "p(integer)", "p(integer)"),
        ("FUNCTION", "total(integer)", "total(integer)"),
        ("FUNCTION", "how_many()", "how_many(*)"),
        ("FUNCTION", "every_one(integer[])", "every_one(VARIADIC integer[])"),
        ("FUNCTION", "middle(double precision, anyelement)", "middle(double precision ORDER BY anyelement)"),
    ];
    for (word, granted, called) in names {
        let kind = if called == granted && !granted.starts_with("total") { word } else { "AGGREGATE" };
        again.database.execute(&format!(
            "REVOKE ALL ON {word} {granted} FROM PUBLIC; GRANT EXECUTE ON {word} {granted} TO {one} WITH GRANT OPTION; \
             ALTER {kind} {called} OWNER TO {two};"
        ));
    }
    again.keeps(&rights("pg_proc", "proname", "proowner", "proacl", 'f'));
}

const KINDS: &str = "CREATE TYPE pair AS (a integer, b integer);
CREATE DOMAIN amount AS numeric;
CREATE TYPE mood AS ENUM ('sad', 'fine', 'glad');
CREATE TYPE span AS RANGE (SUBTYPE = integer);
CREATE COLLATION odd (PROVIDER = icu, LOCALE = 'de');
CREATE FUNCTION f(a integer, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a < b';
CREATE OPERATOR <<< (FUNCTION = f, LEFTARG = integer, RIGHTARG = integer);
CREATE FUNCTION c(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR FAMILY fam USING btree;
CREATE OPERATOR CLASS class FOR TYPE integer USING btree FAMILY fam AS OPERATOR 1 <, FUNCTION 1 c(integer, integer);
CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION conf (PARSER = 'default');
CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TABLE t (id integer, m mood, a integer, b integer);
CREATE STATISTICS stat (ndistinct) ON a, b FROM t;
CREATE PUBLICATION pub FOR TABLE t;
CREATE VIEW v AS SELECT id, a FROM t;
";

#[test]
fn kinds_with_an_owner_keep_it() {
    let changes = [
        ("AS numeric", "AS bigint"),
        ("'sad', 'fine', 'glad'", "'glad', 'fine', 'sad'"),
        ("SUBTYPE = integer", "SUBTYPE = bigint"),
        ("'de'", "'fr'"),
        ("RIGHTARG = integer)", "RIGHTARG = integer, RESTRICT = scalarltsel)"),
        ("TEMPLATE = simple", "TEMPLATE = ispell, DictFile = ispell_sample, AffFile = ispell_sample"),
        ("USING btree FAMILY fam AS OPERATOR 1 <, ", "USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, "),
        ("conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8", "conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1"),
        ("(ndistinct)", "(dependencies)"),
        ("FOR TABLE t", "FOR ALL TABLES"),
        ("SELECT id, a FROM t", "SELECT id FROM t"),
    ];
    let to = changes.iter().fold(KINDS.to_owned(), |models, (from, to)| {
        assert!(models.contains(from), "{from}");
        models.replace(from, to)
    });
    let again = Again::new(KINDS, &to);
    let [one, two] = again.roles();
    for called in [
        "TYPE pair",
        "DOMAIN amount",
        "TYPE mood",
        "TYPE span",
        "COLLATION odd",
        "OPERATOR <<< (integer, integer)",
        "OPERATOR FAMILY fam USING btree",
        "OPERATOR CLASS class USING btree",
        "TEXT SEARCH DICTIONARY dict",
        "TEXT SEARCH CONFIGURATION conf",
        "CONVERSION conv",
        "STATISTICS stat",
        "PUBLICATION pub",
        "VIEW v",
    ] {
        again.database.execute(&format!("ALTER {called} OWNER TO {two};"));
    }
    for called in ["pair", "amount", "mood", "span"] {
        again
            .database
            .execute(&format!("REVOKE ALL ON TYPE {called} FROM PUBLIC; GRANT USAGE ON TYPE {called} TO {one};"));
    }
    let owned = [
        ("pg_collation", "collname", "collowner"),
        ("pg_operator", "oprname", "oprowner"),
        ("pg_opfamily", "opfname", "opfowner"),
        ("pg_opclass", "opcname", "opcowner"),
        ("pg_ts_dict", "dictname", "dictowner"),
        ("pg_ts_config", "cfgname", "cfgowner"),
        ("pg_conversion", "conname", "conowner"),
        ("pg_statistic_ext", "stxname", "stxowner"),
        ("pg_publication", "pubname", "pubowner"),
    ];
    let all: Vec<String> = owned.iter().map(|(catalog, name, owner)| owners(catalog, name, owner)).collect();
    let types = rights("pg_type", "typname", "typowner", "typacl", 'T');
    again.keeps(&format!("{}; {types}", all.join("; ")));
}

#[test]
fn columns_that_are_computed_anew_keep_their_rights() {
    let from = "CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE FUNCTION twice(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a * 2';
CREATE TABLE t (a integer, m mood, g integer GENERATED ALWAYS AS (a + 1) STORED, h boolean GENERATED ALWAYS AS (m = 'sad') STORED,
  i integer GENERATED ALWAYS AS (1 + 1) STORED, j integer, k integer GENERATED ALWAYS AS (twice(3)) STORED);
";
    let to = from
        .replace("a integer,", "a bigint,")
        .replace("'sad', 'glad'", "'glad', 'sad'")
        .replace("(1 + 1)", "(1 + 2)")
        .replace("j integer", "j integer GENERATED ALWAYS AS (4) STORED")
        .replace("twice(a integer) RETURNS integer", "twice(b integer) RETURNS integer")
        .replace("'SELECT a * 2'", "'SELECT b * 2'");
    let again = Again::new(from, &to);
    let [one, two] = again.roles();
    again.database.execute(&format!(
        "GRANT SELECT (g, h, i, j, k) ON t TO {one} WITH GRANT OPTION; GRANT UPDATE (j) ON t TO PUBLIC; GRANT SELECT ON t TO {two};"
    ));
    again.keeps(
        "SELECT attname, (SELECT string_agg(g::text, ', ' ORDER BY g) FROM aclexplode(attacl) g) FROM pg_attribute \
                 WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1",
    );
}

/// For the server these are other routines. Of several that go or come none is the former one.
#[test]
fn routines_with_other_arguments_get_the_rights_of_the_former_ones() {
    let from = "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';\n\
                CREATE FUNCTION f(a date) RETURNS integer LANGUAGE sql AS 'SELECT 2';\n\
                CREATE PROCEDURE p(a integer) LANGUAGE sql AS 'SELECT 1';\n\
                CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');\n\
                CREATE FUNCTION two(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';\n\
                CREATE FUNCTION two(a text) RETURNS integer LANGUAGE sql AS 'SELECT 1';\n";
    let to = "CREATE FUNCTION f(a integer, \"B c\" text) RETURNS integer LANGUAGE sql AS 'SELECT 1';\n\
              CREATE FUNCTION f(a date) RETURNS integer LANGUAGE sql AS 'SELECT 2';\n\
              CREATE PROCEDURE p(a text, b integer) LANGUAGE sql AS 'SELECT 1';\n\
              CREATE AGGREGATE total(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0');\n\
              CREATE FUNCTION two(a date) RETURNS integer LANGUAGE sql AS 'SELECT 1';\n";
    for language in ["yaml", "sql"] {
        let again = Again::new(from, to);
        let [one, two] = again.roles();
        for routine in ["FUNCTION f(integer)", "PROCEDURE p(integer)", "FUNCTION total(integer)"] {
            again.database.execute(&format!(
                "REVOKE ALL ON {routine} FROM PUBLIC; GRANT EXECUTE ON {routine} TO {one} WITH GRANT OPTION; \
                 ALTER ROUTINE {} OWNER TO {two};",
                routine.split_once(' ').expect("two words").1
            ));
        }
        let url = again.database.url();
        again.project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nwrite_as: {language}\n"));
        let all = rights("pg_proc", "proname", "proowner", "proacl", 'f');
        again.keeps(&all.replace("ORDER BY 1", "AND proname <> 'two' ORDER BY 1, 2"));
        let file = again.project.list("versions").into_iter().find(|name| name.contains("r1")).expect("a revision");
        let text = again.project.read(&format!("versions/{file}"));
        let lost =
            "may fail: calls by those who were granted EXECUTE on function two(integer): several routines of that name";
        let up = text.split("-- migrate:down").next().unwrap_or_default();
        assert!(up.contains(lost) && up.matches("granted EXECUTE").count() == 2, "{text}");
        let plan = again.project.run(&["upgrade", "--dry-run"]).ok().stdout;
        let passed = "-- keeps rights and owner of function f(integer), for function f(integer, text)";
        // What stands above a statement in a file of SQL is the file's.
        let said = if language == "sql" { up } else { plan.as_str() };
        assert!(said.contains(passed), "{said}");
    }
}

/// A revision in SQL holds what a plan adds to one in YAML.
#[test]
fn revisions_in_sql_keep_rights_too() {
    let from = "CREATE TABLE t (a integer, b integer);\nCREATE VIEW \"Some view\" AS SELECT a, b FROM t;\n\
                CREATE MATERIALIZED VIEW m AS SELECT a FROM t;\n";
    let again = Again::new(from, &from.replace("SELECT a", "SELECT b AS x, a"));
    let [one, two] = again.roles();
    again.database.execute(&format!(
        "GRANT SELECT ON \"Some view\", m TO {one}; GRANT UPDATE (b) ON \"Some view\" TO {two} WITH GRANT OPTION; \
         ALTER MATERIALIZED VIEW m OWNER TO {two}; GRANT SELECT ON t TO {two};"
    ));
    let url = again.database.url();
    again.project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nwrite_as: sql\n"));
    again.keeps(
        "SELECT relname, pg_get_userbyid(relowner), relacl::text, relispopulated, (SELECT attacl::text FROM pg_attribute \
         WHERE attrelid = pg_class.oid AND attname = 'b') FROM pg_class WHERE relkind IN ('v', 'm') AND oid >= 16384 ORDER BY 1",
    );
}

/// Default privileges would give them again.
#[test]
fn rights_that_somebody_took_away_do_not_come_back() {
    let from = "CREATE TABLE t (a integer, b integer);\nCREATE VIEW v AS SELECT a, b FROM t;\n\
                CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';\nCREATE DOMAIN d AS integer CHECK (VALUE > 0);\n\
                CREATE VIEW w AS SELECT a, b FROM t;\n";
    let to = from.replace("SELECT a, b", "SELECT b").replace("f(a", "f(b").replace("d AS integer", "d AS text");
    let to = to.replace("VALUE > 0", "VALUE > ''");
    let again = Again::new(from, &to);
    let [one, two] = again.roles();
    let all = rights("pg_class", "relname", "relowner", "relacl", 'r').replace("WHERE", "WHERE relkind = 'v' AND");
    let query = format!(
        "{all}; {}; {}",
        rights("pg_proc", "proname", "proowner", "proacl", 'f'),
        rights("pg_type", "typname", "typowner", "typacl", 'T')
    );
    again.database.execute(&format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO {one}, PUBLIC; \
         ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT EXECUTE ON FUNCTIONS TO {one}; \
         ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT USAGE ON TYPES TO {one}; \
         GRANT SELECT ON w TO {one}; REVOKE ALL ON FUNCTION f(integer) FROM PUBLIC; GRANT USAGE ON DOMAIN d TO {two};"
    ));
    let url = again.database.url();
    again.project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nunmanaged: ignore\n"));
    again.keeps(&query);
}

#[test]
fn a_materialized_view_stays_empty_or_filled_and_its_indexes_where_they_are() {
    let place = tempfile::tempdir().expect("a folder");
    let owner = std::process::Command::new("chown").arg("postgres").arg(place.path()).status().expect("chown");
    assert!(owner.success());
    let maker = Database::Postgres.fresh();
    let space = format!("space_{}", maker.name());
    maker.execute(&format!("CREATE TABLESPACE {space} LOCATION '{}';", place.path().display()));
    let from = format!(
        "CREATE TABLE t (a integer, b integer);\nCREATE MATERIALIZED VIEW full_one AS SELECT a FROM t;\n\
         CREATE MATERIALIZED VIEW empty_one AS SELECT a FROM t;\n\
         CREATE MATERIALIZED VIEW below AS SELECT a FROM t;\nCREATE MATERIALIZED VIEW between AS SELECT a FROM below;\n\
         CREATE VIEW seen AS SELECT a FROM between;\nCREATE MATERIALIZED VIEW above AS SELECT a FROM seen;\n\
         CREATE UNIQUE INDEX i ON full_one (a) TABLESPACE {space} WHERE a > 0;\nCOMMENT ON INDEX i IS 'x';\n\
         CREATE INDEX j ON full_one (a);\nCREATE INDEX k ON empty_one (a) TABLESPACE {space};\n"
    );
    let to = from.replace("SELECT a FROM", "SELECT a, b FROM");
    let again = Again::new(&from, &to);
    again.database.execute(
        "INSERT INTO t VALUES (1, 2), (2, 3); REFRESH MATERIALIZED VIEW full_one; REFRESH MATERIALIZED VIEW empty_one WITH NO DATA; \
         REFRESH MATERIALIZED VIEW between WITH NO DATA; REFRESH MATERIALIZED VIEW below WITH NO DATA;",
    );
    let one = &again.roles()[0];
    again.database.execute(&format!("ALTER MATERIALIZED VIEW full_one OWNER TO {one};"));
    again.keeps(
        "SELECT c.relname, c.relname !~ '^be' AND c.relispopulated, s.spcname, (SELECT count(*) FROM full_one) FROM pg_class c \
         LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE c.relkind IN ('m', 'i') AND c.relname !~ 'migrate|toast' \
         AND c.oid >= 16384 ORDER BY 1",
    );
    // A change of the place alone leaves the view as it is.
    again.project.write("models/all.sql", from.replace(&format!("(a) TABLESPACE {space};"), "(a);"));
    let output = again.project.run(&["diff", "db", "models"]).exits(1);
    assert!(!output.stdout.contains("DROP MATERIALIZED VIEW"), "{output}");
    again
        .project
        .write("models/all.sql", from.replace("ON full_one (a);", &format!("ON full_one (a) TABLESPACE {space};")));
    std::fs::remove_file(again.project.path(&again.project.revision("r1"))).unwrap();
    again.project.run(&["revision", "--autogenerate", "-m", "moves", "--rev-id", "r2"]).ok();
    again.project.run(&["upgrade"]).ok();
    again.project.run(&["check"]).ok();
    assert_eq!(
        again.database.value("SELECT count(*) FROM pg_class WHERE reltablespace <> 0 AND relname IN ('i', 'j', 'k')"),
        "3"
    );
    again.project.run(&["downgrade", "base", "--yes"]).ok();
    assert_eq!(again.database.value("SELECT count(*) FROM pg_class WHERE relkind = 'm' AND NOT relispopulated"), "1");
    let dropped = "DROP MATERIALIZED VIEW full_one; DROP MATERIALIZED VIEW empty_one;";
    again.database.execute(dropped);
    maker.execute(&format!("DROP TABLESPACE {space};"));
}
