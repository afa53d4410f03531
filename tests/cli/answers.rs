//! Questions on a terminal. `script` makes one.

use std::process::Command;

use super::project;
use crate::common::{Project, binary};

/// Runs the program on a terminal of its own and types `keys`.
fn on_a_terminal(project: &Project, arguments: &str, keys: &str) -> (i32, String) {
    let command = format!("{} {arguments}", binary().display());
    let line = format!("printf '{keys}' | script -qec '{command}' /dev/null");
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("set -o pipefail; {line}")]).current_dir(project.path(""));
    shell.env("MIGRATE_CACHE_DIR", project.cache()).env("TERM", "dumb");
    let output = shell.output().expect("script runs");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn an_ambiguous_rename_is_asked() {
    let (project, database) = project();
    database.execute("CREATE TABLE orders (id BIGINT NOT NULL, note TEXT, PRIMARY KEY (id));");
    project.write(
        "models/shop.yaml",
        "tables:\n  orders:\n    columns:\n      id: { type: bigint, nullable: false }\n      remark: { type: text }\n      memo: { type: text }\n    primary_key: [id]\n",
    );
    let (code, said) = on_a_terminal(&project, "revision --autogenerate -m x", "\\n");
    assert!(code == 1 && said.contains("What became of orders.note?"), "{said}");
    assert!(project.list("versions").is_empty());
    let (code, said) = on_a_terminal(&project, "revision --autogenerate -m x", "1\\n");
    assert!(code == 0, "{said}");
    let text = project.read(&project.revision("_x.yaml"));
    assert!(text.contains("rename_column: { table: orders, name: note, to: "), "{text}");
}

#[test]
fn an_answer_may_lead_to_the_next_question() {
    let (project, database) = project();
    database.execute(
        "CREATE TABLE person (id BIGINT NOT NULL, first TEXT, last TEXT, born DATE, mail BLOB, city BLOB, PRIMARY KEY (id));
         INSERT INTO person (id, first, last) VALUES (1, 'Ada', 'Lovelace');",
    );
    let columns = "    columns:\n      id: { type: bigint, nullable: false }\n      fname: { type: text }\n      lname: { type: text }\n      \
                   born: { type: date }\n      mail: { type: blob }\n      city: { type: blob }\n    primary_key: [id]\n";
    project.write("models/shop.yaml", format!("tables:\n  people:\n{columns}  persons:\n{columns}"));
    let (code, said) = on_a_terminal(&project, "revision --autogenerate -m x", "1\n\n");
    assert!(code == 1 && said.contains("What became of person?"), "{said}");
    assert!(said.contains("first") && said.contains("last"), "{said}");
    assert!(project.list("versions").is_empty());
    let (code, said) = on_a_terminal(&project, "revision --autogenerate -m x", "1\n1\n1\n");
    assert!(code == 0, "{said}");
    let text = project.read(&project.revision("_x.yaml"));
    assert!(
        text.matches("rename_column").count() == 4 && !text.contains("drop_column: { table: people, name: last"),
        "{text}"
    );
}

#[test]
fn rebase_asks_which_side_moves() {
    let (project, _database) = super::fork();
    let (code, said) = on_a_terminal(&project, "rebase", "\\n");
    assert!(
        code == 1 && said.contains("Which side moves onto the other?") && said.contains("nothing was moved"),
        "{said}"
    );
    let (code, said) = on_a_terminal(&project, "rebase", "1\\n");
    assert!(code == 0 && said.contains("Moved 1 revision onto cccc: bbbb"), "{said}");
}

#[test]
fn sync_asks_before_data_is_lost() {
    let (project, database) = super::line();
    project.run(&["upgrade"]).ok();
    database.execute("INSERT INTO three VALUES (1); INSERT INTO two VALUES (1);");
    std::fs::remove_file(project.path("versions/c.yaml")).unwrap();
    std::fs::remove_file(project.path("versions/b.sql")).unwrap();
    let question = "The way down loses the rows of three, the rows of two. Go on?";
    let (code, said) = on_a_terminal(&project, "upgrade --sync", "1\\n");
    assert!(code == 2 && said.contains(question) && said.contains("Going down cccc"), "{said}");
    assert_eq!(super::tables(&database), ["one", "three", "two"]);
    let (code, said) = on_a_terminal(&project, "upgrade --sync", "2\\n");
    assert!(code == 0 && said.contains("2 revisions reverted"), "{said}");
    assert_eq!(super::tables(&database), ["one"]);
}

/// The same, and between the question and the answer something else happens.
fn meanwhile(project: &Project, arguments: &str, (question, other, keys): (&str, &str, &str)) -> (i32, String) {
    let command = format!("{} {arguments}", binary().display());
    let wait =
        format!("until grep -q '{question}' said; do sleep 0.05; done; {other} >/dev/null 2>&1; printf '{keys}'");
    let line = format!("rm -f said; touch said; ({wait}) | script -qefc '{command}' said >/dev/null");
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("set -o pipefail; {line}")]).current_dir(project.path(""));
    shell.env("MIGRATE_CACHE_DIR", project.cache()).env("TERM", "dumb");
    let output = shell.output().expect("script runs");
    (output.status.code().unwrap_or(-1), project.read("said"))
}

#[test]
fn what_was_agreed_to_is_what_is_taken_back() {
    let (project, database) = super::line();
    project.write("versions/d.yaml", super::table_revision("dddd", "cccc", "fourth table", "four"));
    project.run(&["upgrade", "cccc"]).ok();
    database.execute("INSERT INTO three VALUES (1);");
    let upgrade = format!("{} upgrade", binary().display());
    let (code, said) = meanwhile(&project, "downgrade aaaa", ("Go on?", &upgrade, "2\\n"));
    assert!(code == 4 && said.contains("another run moved the database from cccc to dddd"), "{code} {said}");
    assert_eq!(super::tables(&database), ["four", "one", "three", "two"]);
    let url = database.url();
    let file = url.strip_prefix("sqlite://").expect("a file");
    let insert = format!("sqlite3 {file} \"INSERT INTO four VALUES (1)\"");
    let (code, said) = meanwhile(&project, "downgrade aaaa", ("Go on?", &insert, "2\\n"));
    assert!(code == 2 && said.contains("came in the meantime: the rows of four"), "{code} {said}");
    assert_eq!(super::tables(&database), ["four", "one", "three", "two"]);
    let (code, said) = on_a_terminal(&project, "downgrade aaaa", "no\\n");
    assert!(code == 2 && said.contains("1 or no, 2 or yes, or nothing to stop: "), "{code} {said}");
    let (code, said) = on_a_terminal(&project, "downgrade aaaa", "y\\n");
    assert!(code == 0 && said.contains("3 revisions reverted"), "{code} {said}");
}

#[test]
fn accepting_a_file_is_asked() {
    let (project, _database) = super::line();
    project.run(&["upgrade"]).ok();
    project.write("versions/b.sql", project.read("versions/b.sql").replace("second", "our second"));
    let (code, said) = on_a_terminal(&project, "accept-checksum bbbb", "1\\n");
    assert!(code == 1 && said.contains("nothing was accepted"), "{said}");
    let (code, said) = on_a_terminal(&project, "accept-checksum bbbb", "2\\n");
    assert!(code == 0 && said.contains("Accepted bbbb"), "{said}");
    project.run(&["upgrade"]).ok();
}
