//! `--transaction all|each|none`, on each database.

use super::{line, table_revision};
use crate::common::{Database, Fresh, Project};

/// The tables that revisions made.
fn tables(database: &Fresh) -> Vec<String> {
    let sql = match database.database() {
        Database::Sqlite => return super::tables(database),
        Database::Postgres => "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
        Database::Mysql => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    };
    let all = database.query(&format!("{sql} ORDER BY 1;")).into_iter().flatten();
    all.filter(|name| !name.starts_with("migrate_")).collect()
}

/// A project whose third revision fails.
fn failing(project: &Project) {
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first", "one"));
    project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "second", "two"));
    project.write(
        "versions/c.sql",
        "-- revision: cccc\n-- down_revision: bbbb\n-- message: third\n\n-- migrate:up\nINSERT INTO nowhere VALUES (1);\n\
         -- migrate:down\n",
    );
}

#[test]
fn all_take_effect_or_none() {
    for database in [Database::Sqlite, Database::Postgres] {
        let database = database.fresh();
        let project = Project::on(&database);
        failing(&project);
        let output = project.run(&["upgrade", "--transaction", "all"]).exits(3).says("versions/c.sql");
        output.says("all 3 revisions of this run were rolled back");
        assert_eq!(project.run(&["current"]).ok().stdout, "");
        assert_eq!(tables(&database), Vec::<String>::new());
        project.run(&["status"]).ok();
        project
            .run(&["upgrade", "bbbb", "--transaction", "all"])
            .ok()
            .says("Finished 2 revisions applied: base -> bbbb");
        assert_eq!(tables(&database), ["one", "two"]);
        project.run(&["downgrade", "base", "--transaction", "all"]).ok().says("Finished 2 revisions reverted");
        assert_eq!(tables(&database), Vec::<String>::new());
        project.run(&["upgrade", "--transaction", "each"]).exits(3);
        assert_eq!(tables(&database), ["one", "two"], "the two before the failure stay");
    }
}

/// Tables that are rebuilt keep the rows that refer to them, whatever the transaction holds.
#[test]
fn a_rebuild_among_others() {
    for what in ["all", "each", "none"] {
        let database = Database::Sqlite.fresh();
        let project = Project::on(&database);
        project.write(
            "versions/a.sql",
            "-- revision: aaaa\n-- message: tables\n\n-- migrate:up\nCREATE TABLE p (id integer PRIMARY KEY, note text);\n\
             CREATE TABLE c (p integer REFERENCES p ON DELETE CASCADE);\nINSERT INTO p VALUES (1, 'x');\n\
             INSERT INTO c VALUES (1);\n-- migrate:down\nDROP TABLE c;\nDROP TABLE p;\n",
        );
        project.write(
            "versions/b.yaml",
            "revision: bbbb\ndown_revision: aaaa\nmessage: not null\nupgrade:\n  - alter_column: { table: p, name: note, \
             nullable: false, was: { nullable: true } }\n",
        );
        project.write("versions/c.yaml", table_revision("cccc", "bbbb", "more", "more"));
        project.run(&["upgrade", "--transaction", what]).ok();
        assert_eq!(database.value("SELECT count(*) FROM c;"), "1", "--transaction {what}");
        project.run(&["downgrade", "aaaa", "--transaction", what]).ok();
        assert_eq!(database.value("SELECT count(*) FROM c;"), "1", "--transaction {what}");
    }
}

#[test]
fn none_writes_a_journal() {
    for database in [Database::Sqlite, Database::Postgres, Database::Mysql] {
        let database = database.fresh();
        let project = Project::on(&database);
        failing(&project);
        project.run(&["upgrade", "--transaction", "none"]).exits(3).says("versions/c.sql");
        assert_eq!(tables(&database), ["one", "two"]);
        assert_eq!(project.run(&["current"]).ok().stdout, "bbbb, second\n");
    }
}

#[test]
fn what_cannot_be_had_is_refused_before_anything_runs() {
    let database = Database::Mysql.fresh();
    let project = Project::on(&database);
    failing(&project);
    for what in ["all", "each"] {
        let output = project.run(&["upgrade", "--transaction", what]).exits(2).says("MariaDB");
        output.says("leave --transaction out");
    }
    assert_eq!(tables(&database), Vec::<String>::new());
    let (project, database) = line();
    let text = project.read("versions/b.sql").replace("-- migrate:up", "-- migrate:up transaction:none");
    project.write("versions/b.sql", text);
    let output = project.run(&["upgrade", "--transaction", "all"]).exits(2).says("bbbb").says("transaction: none");
    output.says("versions/b.sql");
    assert_eq!(tables(&database), Vec::<String>::new());
}

/// What stopped part-way goes on where it was, in whatever transactions the next run is told to have.
#[test]
fn what_was_begun_in_pieces_ends_in_pieces() {
    for database in [Database::Sqlite, Database::Postgres] {
        let database = database.fresh();
        let project = Project::on(&database);
        let text = |last: &str| {
            format!(
                "-- revision: aaaa\n\n-- migrate:up\nCREATE TABLE t (n integer);\nINSERT INTO t VALUES (1);\n\
                 UPDATE t SET n = n * 2;\n{last};\n-- migrate:down\nDROP TABLE t;\n"
            )
        };
        project.write("versions/a.sql", text("INSERT INTO nowhere VALUES (1)"));
        project.run(&["upgrade", "--transaction", "none"]).exits(5).says("it continues here");
        project.write("versions/a.sql", text("INSERT INTO t VALUES (7)"));
        project.write("versions/b.yaml", table_revision("bbbb", "aaaa", "second", "two"));
        project.run(&["upgrade", "--transaction", "all"]).exits(5).says("without `--transaction all`");
        project.run(&["upgrade", "aaaa"]).ok();
        assert_eq!(database.query("SELECT n FROM t ORDER BY n;"), [["2"], ["7"]]);
        project.run(&["status"]).ok();
        project.run(&["upgrade"]).ok().says("Finished 1 revision applied: aaaa -> bbbb");
    }
}
