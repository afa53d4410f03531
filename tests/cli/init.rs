//! `init`: templates, and a database that is taken over. The real schemas are taken over by `tests/cases/schemas.rs`.

use super::{line, project};
use crate::common::{Database, Fresh, Output, Project};

const SHOP: &str = "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), note TEXT);
CREATE INDEX ix_orders_customer ON orders (customer);
INSERT INTO customers VALUES (1, 'a@b');";

/// A SQLite database with two tables and a row, and an empty folder.
fn shop() -> (Project, Fresh) {
    let database = Database::Sqlite.fresh();
    database.execute(SHOP);
    (Project::empty(), database)
}

fn take_over(project: &Project, database: &Fresh, more: &[&str]) -> Output {
    let url = database.url();
    let words = ["init", "--from-database", "--url", url.as_str()];
    project.run(&words.iter().chain(more).copied().collect::<Vec<_>>())
}

#[test]
fn each_template_is_for_its_database() {
    for (template, url) in [
        ("sqlite", "${DATABASE_URL:-sqlite://app.db}"),
        ("postgres", "${DATABASE_URL:-postgres://localhost/app}"),
        ("mariadb", "${DATABASE_URL:-mariadb://root@localhost/app}"),
        ("mysql", "${DATABASE_URL:-mysql://root@localhost/app}"),
    ] {
        let project = Project::empty();
        project.run(&["init", "--template", template]).ok().says("Writing migrate.yaml");
        let config = project.read("migrate.yaml");
        assert!(config.contains(&format!("  url: \"{url}\"")), "{config}");
        assert_eq!(project.run(&["heads"]).ok().stdout, "");
    }
    let project = Project::empty();
    project.run(&["init", "-t", "oracle"]).exits(2).says("oracle").says("postgres");
    project.run(&["init", "-t", "sqlite", "--url", "postgres://localhost/x"]).exits(2).says("leave --template out");
    assert_eq!(project.list(""), [""; 0]);
}

/// The example that a new project shows in comments is what the database takes.
#[test]
fn the_examples_of_the_templates_work() {
    for database in Database::ALL {
        for language in ["yaml", "sql"] {
            let fresh = database.fresh();
            let project = Project::empty();
            project.run(&["init", "--url", &fresh.url(), "--as", language]).ok();
            let (file, mark) =
                if language == "yaml" { ("models/schema.yaml", "# ") } else { ("models/schema.sql", "-- ") };
            let model = project.read(file);
            let example: Vec<&str> = model.lines().skip(2).filter_map(|line| line.strip_prefix(mark)).collect();
            assert!(example.len() > 5, "{model}");
            project.write(file, example.join("\n"));
            let path = project.run(&["revision", "--autogenerate", "-m", "first"]).ok().stdout;
            assert!(path.trim_end().ends_with(&format!("_first.{language}")), "{path}");
            project.run(&["upgrade"]).ok();
            project.run(&["check"]).ok().prints("in sync");
        }
    }
}

#[test]
fn the_url_chooses_the_template_and_is_written_without_secrets() {
    let config = |url: &str| {
        let project = Project::empty();
        project.run(&["init", "shop", "--url", url]).ok();
        project.read("shop/migrate.yaml")
    };
    let text = config("sqlite://data.db");
    assert!(text.contains("url: \"${DATABASE_URL:-sqlite://../data.db}\"\n"), "{text}");
    let text = config("mariadb://app:s3cret@db.example.org/shop");
    assert!(text.contains("url: \"${DATABASE_URL}\"   # mariadb://db.example.org/shop\n"), "{text}");
    assert!(!text.contains("s3cret") && text.contains("# scratch:"), "{text}");
    let project = Project::empty();
    let output = project.run_with(&["init"], |command| {
        command.env("DATABASE_URL", "postgres://db.example.org/shop");
    });
    assert!(project.read("migrate.yaml").contains("${DATABASE_URL:-postgres://localhost/app}"), "{output}");
}

#[test]
fn several_databases_have_folders_of_their_own() {
    let project = Project::empty();
    project.run(&["init", "-t", "multidb"]).ok();
    assert_eq!(project.list(""), ["audit", "main", "migrate.yaml"]);
    for name in ["main", "audit"] {
        let path = project.run(&["revision", "-m", "x", "--db", name]).ok().stdout;
        assert!(path.starts_with(&format!("{name}/versions/")), "{path}");
    }
}

#[test]
fn what_is_there_is_kept() {
    let (project, _database) = line();
    let before = project.read("migrate.yaml");
    let output = project.run(&["init", "--as", "sql", "--format", "json"]).ok();
    assert_eq!(project.read("migrate.yaml"), before);
    assert_eq!(project.list("models"), [""; 0], "a folder that is there gets no example");
    assert!(output.stdout.starts_with("{\"format\":1,\"written\":["), "{output}");
    assert!(output.stdout.contains("\"revision\":null,\"stamped\":false,\"not_modelled\":[]}"), "{output}");
}

#[test]
fn a_database_that_is_taken_over_is_in_sync() {
    let (project, database) = shop();
    let output = take_over(&project, &database, &[]).ok();
    assert_eq!(output.stdout, "");
    let output = output.says("Writing migrate.yaml").says("Writing models/orders.yaml").says("Stamped base -> ");
    output.says("migrate check").says("migrate stamp ");
    assert_eq!(project.list("models"), ["customers.yaml", "orders.yaml"]);
    assert!(project.read("migrate.yaml").contains("\nunmanaged: ignore "));
    project.run(&["check"]).ok().prints("in sync: at head, and the database equals the models\n");
    project.run(&["upgrade"]).ok().says("nothing to do");
    project.run(&["revision", "--autogenerate", "-m", "x"]).ok().says("nothing to do");
    assert_eq!(database.value("SELECT count(*) FROM customers"), "1");
    // Others may make tables beside it.
    database.execute("CREATE TABLE of_another_tool (id INTEGER);");
    project.run(&["check"]).ok();
    // An empty database is built from the files, and a slip does not empty the one that is full.
    let other = Database::Sqlite.fresh();
    project.run(&["upgrade", "--url", &other.url()]).ok();
    project.run(&["check", "--url", &other.url()]).ok();
    project.run(&["downgrade", "base"]).exits(2).says("would lose data");
    project.run(&["downgrade", "base", "--url", &other.url()]).exits(0);
    assert_eq!(super::tables(&other), [""; 0]);
}

#[test]
fn taking_over_speaks_to_programs() {
    let (project, database) = shop();
    database.execute(
        "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES
         ('table', 'places', 'places', 0, 'CREATE VIRTUAL TABLE places USING spatial (a)');",
    );
    let output = take_over(&project, &database, &["--format", "json"]).ok();
    assert_eq!(output.stderr, "");
    let id = project.run(&["heads"]).ok().stdout.split(' ').next().unwrap().to_owned();
    let named = "virtual table whose module is missing here places";
    let tail = format!("\"kept\":[],\"revision\":\"{id}\",\"stamped\":true,\"not_modelled\":[\"{named}\"]}}\n");
    assert!(output.stdout.ends_with(&tail), "{output}");
    let revision = project.read(&project.revision("baseline"));
    assert!(revision.starts_with(&format!("# not modelled: {named}; it is not made here\n")), "{revision}");
}

#[test]
fn a_database_of_alembic_is_told_of_the_other_way() {
    let (project, database) = shop();
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);");
    take_over(&project, &database, &[]).ok().says("migrate import alembic");
}

#[test]
fn sql_is_kept_as_the_language() {
    let (project, database) = shop();
    take_over(&project, &database, &["--as", "sql"]).ok();
    assert_eq!(project.list("models"), ["schema.sql"]);
    assert!(project.read(&project.revision("baseline.sql")).contains("\n-- migrate:down\n"));
    project.run(&["check"]).ok();
    let path = project.run(&["revision", "-m", "next"]).ok().stdout;
    assert!(path.ends_with("_next.sql\n"), "{path}");
}

#[test]
fn a_configuration_that_is_there_is_used() {
    let (project, database) = shop();
    project.run(&["init"]).ok();
    let config =
        format!("database: {{ url: \"{}\" }}\nmodels: schema/\nversions: history/\nwrite_as: sql\n", database.url());
    project.write("migrate.yaml", &config);
    // What `init` wrote declares nothing and is not in the way.
    project.run(&["init", "--from-database"]).ok().says("unmanaged: ignore").says("Stamped");
    assert_eq!(project.read("migrate.yaml"), config);
    assert_eq!((project.list("schema"), project.list("history").len()), (vec!["schema.sql".to_owned()], 1));
    project.run(&["check"]).ok();
}

#[test]
fn whatever_is_in_the_way_is_named_and_nothing_is_written() {
    let (project, database) = shop();
    let refused = |project: &Project, code: i32, phrase: &str, written: &[&str]| {
        let before = database.dump();
        take_over(project, &database, &[]).exits(code).says(phrase).says("nothing was written");
        assert_eq!(project.list(""), written);
        assert_eq!(
            (database.dump(), database.value("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'migrate%'")),
            (before, "0".to_owned())
        );
    };
    project.write("models/shop.yaml", "tables: { a: { columns: { id: int } } }\n");
    refused(&project, 2, "there are models already", &["models"]);
    project.write("models/shop.yaml", "");
    project.write("models/old.sql", "-- nothing yet\nCREATE TABLE a (id int);\n");
    refused(&project, 2, "models/old.sql", &["models"]);
    project.write("models/old.sql", "-- nothing yet\n");
    project.write("models/orders.yaml", "tables: {}\n");
    refused(&project, 2, "there is a file of this name already", &["models"]);
    std::fs::remove_file(project.path("models/orders.yaml")).unwrap();
    project.write("versions/a.sql", "-- revision: aaaa\n-- migrate:up\n");
    refused(&project, 2, "there are revisions already", &["models", "versions"]);
    std::fs::remove_file(project.path("versions/a.sql")).unwrap();
    take_over(&project, &database, &[]).ok();
    let another = Project::empty();
    take_over(&another, &database, &[]).exits(1).says("looked after already: it is at ");
    assert_eq!(another.list(""), [""; 0]);
}

#[test]
fn a_database_without_tables_is_refused_and_not_made() {
    let (project, database) = (Project::empty(), Database::Sqlite.fresh());
    take_over(&project, &database, &[]).exits(1).says("there is no table in this database");
    assert!(project.list("").is_empty() && !database.file().exists());
    project.run(&["init", "--no-stamp"]).exits(2).says("--from-database");
    project.run(&["init", "--from-database", "-t", "sqlite"]).exits(2).says("--template");
}

#[test]
fn a_database_that_may_not_be_written_is_stamped_later() {
    let (project, database) = shop();
    let url = format!("{}?mode=ro", database.url());
    let words = ["init", "--from-database", "--url", &url];
    let output = project.run(&words).exits(2).says("the files were taken away again");
    assert_eq!(project.list(""), [""; 0], "{output}");
    let before = database.dump();
    project.run(&[&words[..], &["--no-stamp"]].concat()).ok().says("migrate stamp ");
    assert_eq!(database.query("SELECT name FROM sqlite_schema WHERE name LIKE 'migrate%'"), [[""; 0]; 0]);
    assert_eq!(database.dump(), before);
    project.run(&["stamp", "head", "--url", &database.url()]).ok();
    project.run(&["check"]).ok();
}

#[test]
fn a_folder_below_gets_the_project() {
    let (project, database) = project();
    database.execute(SHOP);
    std::fs::copy(database.file(), project.path("live.db")).unwrap();
    // The configuration of the folder above is not that of the new project.
    project.run(&["init", "sub/shop", "--from-database", "--url", "sqlite://live.db"]).ok();
    assert!(project.read("sub/shop/migrate.yaml").contains("sqlite://../../live.db"));
    project.run(&["check", "-c", "sub/shop/migrate.yaml"]).ok();
}

#[test]
fn tables_of_any_name_are_taken_over() {
    let database = Database::Sqlite.fresh();
    for name in ["...", "a/b", "../up", "_types", "select", "größe", "a\nb", "${x.y}", "con", "a.b", "<id>", "it's"] {
        database.execute(&format!("CREATE TABLE \"{name}\" (\"{name}\" text DEFAULT '${{x.y}}');"));
    }
    database.execute("CREATE VIEW \"v\nDROP\" AS SELECT 1;");
    for language in ["yaml", "sql"] {
        let project = Project::empty();
        take_over(&project, &database, &["--as", language]).ok();
        assert_eq!(project.list(""), ["migrate.yaml", "models", "versions"]);
        project.run(&["check"]).ok();
        let other = Database::Sqlite.fresh();
        project.run(&["upgrade", "--url", &other.url()]).ok();
        project.run(&["check", "--url", &other.url()]).ok();
        project.run(&["stamp", "base"]).ok();
    }
}

#[test]
fn what_is_kept_is_there() {
    let (project, database) = shop();
    take_over(&project, &database, &[]).ok();
    let before = project.list("models");
    let said = project.run(&["init"]).ok().says("Keeping migrate.yaml");
    assert!(!said.stderr.contains("models/schema.yaml"), "{said}");
    assert_eq!(project.list("models"), before);
    let json = project.run(&["init", "--format", "json"]).ok().stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let kept: Vec<&str> = report["kept"].as_array().unwrap().iter().filter_map(|path| path.as_str()).collect();
    assert!(!kept.is_empty() && kept.iter().all(|path| std::path::Path::new(path).exists()), "{json}");
    assert!(!json.contains("/./"), "{json}");
}

/// SQLite takes a foreign key to nothing; others while nobody checks.
#[test]
fn a_foreign_key_to_what_is_not_there_is_named_and_kept() {
    let keys = |fresh: &Fresh| match fresh.database() {
        Database::Sqlite => fresh.query("SELECT \"table\", \"from\" FROM pragma_foreign_key_list('noparent');"),
        Database::Mysql | Database::Postgres => fresh.query(
            "SELECT referenced_table_name, column_name FROM information_schema.key_column_usage
             WHERE table_schema = DATABASE() AND table_name = 'noparent' AND referenced_table_name IS NOT NULL;",
        ),
    };
    for (database, language) in
        [(Database::Sqlite, "yaml"), (Database::Sqlite, "sql"), (Database::Mysql, "yaml"), (Database::Mysql, "sql")]
    {
        let fresh = database.fresh();
        let unchecked = if database == Database::Mysql { "SET foreign_key_checks = 0;" } else { "" };
        fresh.execute(&format!(
            "{unchecked} CREATE TABLE noparent (id INTEGER PRIMARY KEY, x INTEGER, note VARCHAR(9),
             CONSTRAINT fk FOREIGN KEY (x) REFERENCES missing (id)); INSERT INTO noparent VALUES (1, 7, 'a');"
        ));
        let project = Project::empty();
        let said = take_over(&project, &fresh, &["--as", language]).ok();
        said.says("not modelled: foreign key noparent (x) to missing (id), which no model declares");
        project.run(&["check"]).ok().prints("in sync").says("not modelled: foreign key noparent (x)");
        let file = if language == "yaml" { "models/noparent.yaml" } else { "models/schema.sql" };
        let model = project.read(file);
        assert!(model.contains("varchar(9)") || model.contains("VARCHAR(9)"), "{model}");
        project.write(file, model.replace("varchar(9)", "varchar(20)").replace("VARCHAR(9)", "VARCHAR(20)"));
        project.run(&["revision", "--autogenerate", "-m", "wider"]).ok();
        for words in [["upgrade", "head"], ["downgrade", "-1"], ["upgrade", "head"]] {
            project.run(&words).ok();
            assert_eq!(keys(&fresh), [["missing", "x"]], "{database:?} {language} {words:?}");
        }
        project.run(&["check"]).ok().prints("in sync");
        assert_eq!(fresh.query("SELECT id, x, note FROM noparent;"), [["1", "7", "a"]]);
    }
}
