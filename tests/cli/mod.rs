//! Every command: what it prints on which stream, and its exit code. On SQLite, which needs no server; the other
//! databases run the same code behind the same grammar.

mod answers;
mod attached;
mod backup;
mod cluster;
mod compare;
mod data;
mod databases;
mod errors;
mod fence;
mod files;
mod heirs;
mod history;
mod hostile;
mod init;
mod kept;
mod lazy;
mod objects;
mod pictures;
mod programs;
mod rebuilds;
mod revision;
mod rights;
mod rows;
mod run;
mod secrets;
mod signals;
mod states;
mod team;
mod temporary;
mod transactions;
mod usage;

use crate::common::{Database, Fresh, Project};

/// An empty project on a SQLite file of its own.
fn project() -> (Project, Fresh) {
    let database = Database::Sqlite.fresh();
    (Project::on(&database), database)
}

/// A project with the revisions a → b → c, each with a table, of which `b` is in SQL.
fn line() -> (Project, Fresh) {
    let (project, database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "null", "first table", "one"));
    project.write(
        "versions/b.sql",
        "-- revision: bbbb\n-- down_revision: aaaa\n-- message: second table\n\n-- migrate:up\n\
         CREATE TABLE two (id integer);\n-- migrate:down\nDROP TABLE two;\n",
    );
    project.write("versions/c.yaml", table_revision("cccc", "bbbb", "third table", "three"));
    (project, database)
}

/// A YAML revision that makes one table.
fn table_revision(id: &str, down: &str, message: &str, table: &str) -> String {
    format!(
        "revision: {id}\ndown_revision: {down}\nmessage: {message}\nupgrade:\n  - create_table: {{ name: {table}, \
         columns: {{ id: {{ type: bigint, nullable: false }} }}, primary_key: [id] }}\n"
    )
}

/// Two branches on one base: `left` is labelled.
fn fork() -> (Project, Fresh) {
    let (project, database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "null", "base", "one"));
    project.write(
        "versions/b.yaml",
        table_revision("bbbb", "aaaa", "on the left", "two").replace("message:", "branch_labels: [left]\nmessage:"),
    );
    project.write("versions/c.yaml", table_revision("cccc", "aaaa", "on the right", "three"));
    (project, database)
}

/// Tables of the user, sorted.
fn tables(database: &Fresh) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'migrate_%' \
               AND name NOT LIKE 'sqlite_%' ORDER BY name;";
    database.query(sql).into_iter().flatten().collect()
}
