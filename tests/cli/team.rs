//! Branches that meet: `merge` with its comparison of orders, `rebase`, `heads --check` and the file HEADS.

use super::{fork, project, table_revision, tables};
use crate::common::{Database, Fresh, Output, Project};

/// A revision of one operation.
fn revision(id: &str, down: &str, operation: &str) -> String {
    format!("revision: {id}\ndown_revision: {down}\nmessage: {id}\nupgrade:\n  - {operation}\n")
}

const ORDERS: &str = "create_table: { name: orders, columns: { id: { type: bigint, nullable: false }, \
                      note: { type: text } }, primary_key: [id] }";

/// Two sides on one base with the table `orders`, each with one operation.
fn meeting(on: Database, left: &str, right: &str) -> (Project, Fresh) {
    let database = on.fresh();
    let project = Project::on(&database);
    project.write("versions/a.yaml", revision("aaaa", "null", ORDERS));
    project.write("versions/b.yaml", revision("bbbb", "aaaa", left));
    project.write("versions/c.yaml", revision("cccc", "aaaa", right));
    (project, database)
}

fn check(on: Database, left: &str, right: &str) -> Output {
    meeting(on, left, right).0.run(&["merge", "--check"])
}

const NOTE_20: &str = "alter_column: { table: orders, name: note, type: varchar(20) }";
const NOTE_30: &str = "alter_column: { table: orders, name: note, type: varchar(30) }";
const ADD_X: &str = "add_column: { table: orders, column: { name: x, type: text } }";
const RENAME: &str = "rename_column: { table: orders, name: note, to: remark }";
const INDEX: &str = "create_index: { table: orders, name: ix_note, columns: [note] }";

#[test]
fn merge_compares_both_orders() {
    let same = check(Database::Sqlite, ADD_X, "create_table: { name: t, columns: { id: { type: int } } }").ok();
    assert_eq!(same.stdout, "bbbb, cccc: the same in either order\n");
    assert_eq!(same.stderr, "    Compared the result is the same in either order\n");
    let near = check(Database::Sqlite, ADD_X, NOTE_20).ok();
    assert!(near.stderr.starts_with("warning: several sides change orders: bbbb, cccc\n"), "{near}");
    check(Database::Sqlite, NOTE_20, NOTE_30)
        .exits(1)
        .prints("the order matters")
        .says("another one differs by: change type of column note of orders (bbbb, cccc)")
        .says("hint: put one side on top");
    check(Database::Sqlite, RENAME, "sql: \"ALTER TABLE orders ADD COLUMN remark TEXT\"")
        .exits(1)
        .says("cccc fails after bbbb: ")
        .says("[ALTER TABLE orders ADD COLUMN remark TEXT]");
    check(Database::Sqlite, ADD_X, "sql: \"CREATE VIEW v AS SELECT id FROM orders\"")
        .ok()
        .says("what the SQL of cccc changes cannot be told");
    check(Database::Sqlite, ADD_X, "sql: \"UPDATE orders SET note = 1\"").ok().says("several sides change orders");
}

#[test]
fn a_rebase_does_not_propose_itself() {
    let (project, _database) = meeting(Database::Sqlite, NOTE_20, NOTE_30);
    let said = project.run(&["rebase", "cccc"]).ok().says("the order matters");
    assert!(!said.stderr.contains("hint:"), "{said}");
}

#[test]
fn merge_compares_on_servers_too() {
    for server in [Database::Postgres, Database::Mysql] {
        check(server, "create_table: { name: t, columns: { id: { type: int } } }", ADD_X).ok().prints("the same");
        check(server, NOTE_20, NOTE_30).exits(1).says("change type of column note of orders (bbbb, cccc)");
        check(server, RENAME, INDEX).exits(1).says("the order matters");
        check(server, ADD_X, "sql: \"ALTER TABLE orders ADD COLUMN x int\"").exits(1).says("fails after");
        let (project, database) = meeting(server, ADD_X, "sql: \"ALTER TABLE orders ADD COLUMN y int\"");
        let said = project.run(&["merge", "--check"]);
        // The order of columns is a part of the schema where it can be changed.
        if server == Database::Mysql {
            said.exits(1)
        } else {
            said.ok()
        };
        let own = if server == Database::Mysql { "table_schema = DATABASE()" } else { "true" };
        let sql = format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'orders' AND {own}");
        assert_eq!(database.query(&sql)[0], ["0"], "nothing is left of the scratch place");
    }
}

#[test]
fn merge_writes_what_it_found_and_goes_on() {
    let (project, _database) = meeting(Database::Sqlite, NOTE_20, NOTE_30);
    let path = project.run(&["merge", "--rev-id", "dddd"]).ok().says("warning: the order matters").stdout;
    let text = project.read(path.trim_end());
    assert!(text.starts_with("# several sides change orders: bbbb, cccc\n# the order matters, "), "{text}");
    assert!(
        text.contains("down_revision: [bbbb, cccc]\n") && text.contains("message: merge bbbb and cccc\n"),
        "{text}"
    );
    project.run(&["upgrade"]).ok();
    let (project, _database) = meeting(Database::Sqlite, NOTE_20, NOTE_30);
    let path = project.run(&["merge", "--as", "sql", "heads"]).ok().stdout;
    let text = project.read(path.trim_end());
    assert!(text.starts_with("-- - several sides change orders"), "{text}");
    project.run(&["upgrade"]).ok();
    project.run(&["check", "--fresh"]).exits(1).prints("- drop table orders");
}

#[test]
fn merge_says_why_it_could_not_compare() {
    let (project, _database) = meeting(Database::Sqlite, ADD_X, "sql: \"UPDATE orders SET note = 1\"");
    let nowhere = ["--url", "postgres://me@127.0.0.1:1/shop"];
    let said = project.run(&[&["merge", "--check"][..], &nowhere].concat()).exits(1);
    assert!(said.stderr.contains("the orders were not compared: nobody listens"), "{said}");
    let said = project.run(&[&["merge"][..], &nowhere].concat()).ok();
    assert!(project.read(said.stdout.trim_end()).contains("# the orders were not compared: "), "{said}");
    let (project, _database) = meeting(Database::Sqlite, ADD_X, INDEX);
    project.run(&[&["merge", "--check"][..], &nowhere].concat()).ok().says("either order, followed in memory");
    let (project, _database) = meeting(Database::Sqlite, RENAME, INDEX);
    project.run(&[&["merge", "--check"][..], &nowhere].concat()).exits(1).says("has no column note");
    let (project, _database) = meeting(Database::Sqlite, ADD_X, "no_such: {}");
    project.run(&["merge", "--check"]).exits(1).says("no_such").says("(c.yaml:5)");
    let (project, _database) = meeting(Database::Sqlite, "sql: \"INSERT INTO gone VALUES (1)\"", ADD_X);
    project.run(&["merge", "--check"]).exits(1).says("revision bbbb fails in an empty database");
    assert_eq!(project.run(&["merge", "--no-check"]).ok().stderr, "");
    project.run(&["merge", "--check", "--no-check"]).exits(2);
}

#[test]
fn a_merge_of_three_looks_at_every_pair() {
    let (project, _database) = meeting(Database::Sqlite, ADD_X, NOTE_20);
    project.write("versions/d.yaml", revision("dddd", "aaaa", NOTE_30));
    project
        .run(&["merge", "--check", "bbbb", "cccc", "dddd"])
        .exits(1)
        .says("(bbbb, cccc, dddd)")
        .says("several sides change orders: bbbb, cccc, dddd");
    let path = project.run(&["merge", "dd", "bb", "cc"]).ok().stdout;
    assert!(project.read(path.trim_end()).contains("down_revision: [dddd, bbbb, cccc]"), "the order of the arguments");
}

#[test]
fn merge_in_json_says_what_it_compared() {
    let (project, _database) = meeting(Database::Sqlite, NOTE_20, NOTE_30);
    let said = project.run(&["merge", "--check", "--format", "json"]).exits(1);
    assert_eq!(said.stderr, "");
    assert!(
        said.stdout.contains("\"verdict\":\"different\"")
            && said.stdout.contains("\"same_tables\":[{\"table\":\"orders\""),
        "{said}"
    );
    let said = project.run(&["merge", "--format", "json"]).ok();
    assert!(
        said.stdout.contains("\"down_revision\":[\"bbbb\",\"cccc\"]") && said.stdout.contains("\"orders\":{"),
        "{said}"
    );
}

#[test]
fn the_message_of_a_merge_names_labels() {
    let (project, _database) = fork();
    let path = project.run(&["merge"]).ok().stdout;
    assert!(path.ends_with("_merge_bbbb_left_and_cccc.yaml\n"), "{path}");
    project.run(&["history"]).ok().prints("merge bbbb (left) and cccc");
}

#[test]
fn several_heads_are_said_with_what_to_do() {
    let (project, _database) = fork();
    let join = "join them: migrate merge";
    project.run(&["upgrade"]).exits(2).says("several heads").says("migrate merge");
    project.run(&["check"]).exits(1).says("there are 2 heads: bbbb, cccc").says(join);
    project.run(&["status"]).ok().prints("there are 2 heads (bbbb, cccc)").prints(join);
    project
        .run(&["revision", "-m", "x"])
        .exits(2)
        .says("several heads: bbbb (left), cccc")
        .says("--head bbbb or --head cccc");
    project.run(&["heads", "--check"]).exits(1).prints("cccc (head)").says(join);
    let json = project.run(&["heads", "--check", "--format", "json"]).exits(1);
    assert_eq!(
        json.stdout,
        "{\"format\":1,\"revisions\":[\"cccc\",\"bbbb\"],\"one_head\":false,\"heads_file\":null}\n"
    );
    project.run(&["upgrade", "heads"]).ok();
    project.run(&["check"]).exits(1).says("there are 2 heads");
    project.run(&["merge"]).ok();
    project.run(&["heads", "--check"]).ok();
    assert!(!project.run(&["status"]).ok().stdout.contains("heads"));
}

#[test]
fn branches_with_labels_are_meant() {
    let (project, _database) = fork();
    let text = project.read("versions/c.yaml").replace("message:", "branch_labels: [right]\nmessage:");
    project.write("versions/c.yaml", text);
    project.run(&["status"]).ok().prints("next: apply them: migrate upgrade heads");
    let said = project.run(&["check"]).exits(1).says("migrate upgrade heads");
    assert!(!said.stderr.contains("there are 2 heads"), "{said}");
    project.run(&["rebase", "--dry-run", "left"]).ok();
}

#[test]
fn heads_are_checked_without_a_database_and_without_bodies() {
    let (project, _database) = fork();
    project.write("migrate.yaml", "database: { url: \"${NOT_SET}\" }\nmodels: nowhere\n");
    project.write("versions/c.yaml", "revision: cccc\ndown_revision: bbbb\nupgrade: [{ nonsense: 1 }]\n");
    assert_eq!(project.run(&["heads", "--check"]).ok().stderr, "");
}

#[test]
fn the_heads_stand_in_a_file() {
    let (project, database) = project();
    let url = database.url();
    project.write("migrate.yaml", format!("database: {{ url: \"{url}\" }}\nheads_file: true\n"));
    project.run(&["heads", "--check"]).ok();
    project.run(&["revision", "--rev-id", "aaaa", "-m", "a"]).ok();
    assert_eq!(project.read("versions/HEADS"), "aaaa\n");
    project.run(&["revision", "--rev-id", "bbbb", "-m", "b"]).ok();
    project.run(&["revision", "--rev-id", "cccc", "-m", "c", "--head", "aaaa", "--splice"]).ok();
    assert_eq!(project.read("versions/HEADS"), "bbbb\ncccc\n");
    project.write("versions/HEADS", "<<<<<<< ours\nbbbb\n=======\ncccc\n>>>>>>> theirs\n");
    project.run(&["heads", "--check"]).exits(1).says("marks of a merge conflict").says("migrate merge");
    project.run(&["rebase", "cccc"]).ok();
    assert_eq!(project.read("versions/HEADS"), "cccc\n");
    project.run(&["heads", "--check"]).ok();
    project.write("versions/HEADS", "zzzz\n");
    project.run(&["heads", "--check"]).exits(1).says("HEADS says zzzz, the revisions say cccc").says("heads --write");
    std::fs::remove_file(project.path("versions/HEADS")).unwrap();
    project.run(&["heads", "--check"]).exits(1).says("is missing");
    project.run(&["heads", "--write"]).ok().prints("cccc (head)");
    project.run(&["heads", "--check"]).ok();
    project.write("migrate.yaml", "heads_file: perhaps\n");
    project.run(&["heads"]).exits(2).says("true or false");
    project.write("migrate.yaml", "");
    project.run(&["heads", "--write"]).exits(2).says("heads_file: true");
}

/// m, then x → y of ours and z of theirs; x has every sort of byte that must stay.
fn ours_and_theirs() -> (Project, Fresh) {
    let (project, database) = project();
    project.write("versions/m.yaml", table_revision("mmmm", "null", "m", "m"));
    project.write(
        "versions/z.yaml",
        table_revision("zzzz", "mmmm", "z", "z").replace("upgrade", "created: 2026-02-01T00:00:00Z\nupgrade"),
    );
    let x = "\u{feff}# our first\r\nrevision: xxxx\r\ndown_revision: mmmm  # where we began\r\nmessage: add x\r\n\
             created: 2026-03-01T10:00:00Z\r\n\r\nupgrade:\r\n  - create_table: { name: x, columns: { id: { type: int } } }  # new\r\n";
    project.write("versions/2026_03_01_1000-xxxx_add_x.yaml", x);
    project.write(
        "versions/y.sql",
        "-- revision: yyyy\n-- down_revision: xxxx\n-- created: 2026-03-02T10:00:00Z\n-- migrate:up\nCREATE TABLE y (id int);\n-- migrate:down\nDROP TABLE y;\n",
    );
    (project, database)
}

#[test]
fn rebase_puts_one_side_on_top() {
    let (project, database) = ours_and_theirs();
    let dry = project.run(&["rebase", "--dry-run"]).ok();
    assert!(
        dry.stdout.contains("- down_revision: mmmm  # where we began\n+ down_revision: zzzz  # where we began\n"),
        "{dry}"
    );
    assert!(dry.stderr.contains("Moving yyyy onto zzzz; for the other way: migrate rebase zzzz"), "{dry}");
    assert!(project.read("versions/2026_03_01_1000-xxxx_add_x.yaml").contains("mmmm"), "a dry run writes nothing");
    let said = project.run(&["rebase"]).ok().says("Moved 2 revisions onto zzzz: xxxx, yyyy");
    assert_eq!(said.stdout.lines().count(), 2);
    let name = project.revision("xxxx");
    assert!(!name.contains("2026_03_01_1000") && name.ends_with("-xxxx_add_x.yaml"), "{name}");
    let text = project.read(&name);
    assert!(text.starts_with("\u{feff}# our first\r\nrevision: xxxx\r\ndown_revision: zzzz  # where we began\r\nmessage: add x\r\ncreated: 20"), "{text:?}");
    assert!(
        text.ends_with("\r\n\r\nupgrade:\r\n  - create_table: { name: x, columns: { id: { type: int } } }  # new\r\n"),
        "{text:?}"
    );
    assert!(project.read("versions/y.sql").starts_with("-- revision: yyyy\n-- down_revision: xxxx\n-- created: 20"));
    project.run(&["heads", "--check"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(tables(&database), ["m", "x", "y", "z"]);
    project.run(&["rebase"]).ok().says("nothing to do: there is one head");
}

#[test]
fn rebase_moves_the_side_that_is_named() {
    let (project, _database) = ours_and_theirs();
    project.run(&["rebase", "zzzz"]).ok().says("Moved 1 revision onto yyyy: zzzz");
    assert!(project.read("versions/z.yaml").contains("down_revision: yyyy\n"));
    let (project, _database) = ours_and_theirs();
    project.run(&["rebase", "--onto", "yyyy"]).ok().says("onto yyyy: zzzz");
    let (project, _database) = ours_and_theirs();
    project.run(&["rebase", "xxxx"]).exits(2).says("`xxxx` is no head").says("yyyy, zzzz");
    project.run(&["rebase", "yyyy", "--onto", "yyyy"]).exits(2).says("nothing would move");
    project.run(&["rebase", "nope"]).exits(2).says("`nope`");
    project.write("versions/w.yaml", table_revision("wwww", "mmmm", "w", "w"));
    project
        .run(&["rebase"])
        .exits(2)
        .says("there are 3 heads: wwww, yyyy, zzzz")
        .says("migrate rebase HEAD --onto HEAD");
    project.run(&["rebase", "yyyy"]).exits(2).says("--onto HEAD");
    project.run(&["rebase", "yyyy", "--onto", "wwww"]).ok();
    assert_eq!(project.run(&["heads"]).ok().stdout.lines().count(), 2);
}

#[test]
fn rebase_leaves_what_is_applied() {
    let (project, database) = ours_and_theirs();
    project.run(&["upgrade", "zzzz"]).ok();
    project.run(&["rebase", "zzzz"]).exits(1).says("applied here, and so not to be changed: zzzz").says("--local");
    project.run(&["rebase"]).ok().says("Moving yyyy onto zzzz");
    project.run(&["upgrade"]).ok();
    assert_eq!(tables(&database), ["m", "x", "y", "z"]);
}

#[test]
fn rebase_local_moves_the_database_along() {
    let (project, database) = ours_and_theirs();
    project.run(&["upgrade", "yyyy"]).ok();
    project.run(&["rebase", "yyyy"]).exits(1).says("xxxx, yyyy").says("migrate rebase yyyy --local");
    project.run(&["rebase", "yyyy", "--local"]).exits(1).says("not applied here").says("migrate upgrade zzzz");
    project.run(&["upgrade", "zzzz"]).ok();
    assert_eq!(project.run(&["current"]).ok().stdout.lines().count(), 2);
    project.run(&["rebase", "yyyy", "--local"]).ok().says("Moved 2 revisions");
    assert_eq!(project.run(&["current"]).ok().stdout, "yyyy (head)\n");
    project.run(&["status"]).ok().prints("at head");
    project.run(&["downgrade", "zzzz", "--yes"]).ok();
    assert_eq!(tables(&database), ["m", "z"]);
    project.run(&["upgrade"]).ok();
}

#[test]
fn rebase_local_works_on_servers() {
    for server in [Database::Postgres, Database::Mysql] {
        let (project, _database) = meeting(server, ADD_X, "create_table: { name: t, columns: { id: { type: int } } }");
        project.run(&["upgrade", "heads"]).ok();
        project.run(&["rebase", "bbbb", "--local"]).ok().says("the same in either order");
        project.run(&["status"]).ok().prints("at head: the database is at bbbb\n");
        project.run(&["downgrade", "aaaa", "--yes"]).ok();
        project.run(&["upgrade"]).ok().says("2 revisions applied");
    }
}

#[test]
fn rebase_asks_the_database_unless_told_not_to() {
    let (project, _database) = ours_and_theirs();
    project.write("migrate.yaml", "database: { url: \"postgres://me@127.0.0.1:1/shop\" }\n");
    project.run(&["rebase"]).exits(2).says("cannot be asked whether").says("--no-database");
    project.run(&["rebase", "--no-database"]).ok().says("not compared");
    project.run(&["rebase", "--no-database", "--local"]).exits(2);
}

#[test]
fn rebase_refuses_what_would_fail_on_top() {
    let (project, _database) = meeting(Database::Sqlite, RENAME, "sql: \"ALTER TABLE orders ADD COLUMN remark TEXT\"");
    project.run(&["rebase", "cccc"]).exits(1).says("cccc fails on top of bbbb").says("--no-check");
    assert!(project.read("versions/c.yaml").contains("down_revision: aaaa"));
    project.run(&["rebase", "cccc", "--no-check"]).ok();
    assert!(project.read("versions/c.yaml").contains("down_revision: bbbb"));
    let (project, _database) = meeting(Database::Sqlite, "sql: \"UPDATE orders SET note = 1\"", ADD_X);
    project.write("versions/c.yaml", project.read("versions/c.yaml").replace("message", "depends_on: bbbb\nmessage"));
    project.run(&["rebase", "bbbb"]).exits(2).says("cannot be moved there").says("circle");
    let (project, _database) = project_of_two_bases();
    project.run(&["rebase"]).exits(2).says("have no revision in common");
    project.run(&["rebase", "bbbb"]).ok();
}

fn project_of_two_bases() -> (Project, Fresh) {
    let (project, database) = project();
    project.write("versions/a.yaml", table_revision("aaaa", "null", "a", "a"));
    project.write("versions/b.yaml", table_revision("bbbb", "null", "b", "b"));
    (project, database)
}

#[test]
fn a_rebase_that_was_killed_is_seen_and_finished() {
    let (project, _database) = ours_and_theirs();
    let path = |name: &str| project.path(name).display().to_string();
    let (old, new) = (path("versions/y.sql"), path("versions/y2.sql"));
    project.write("versions/.y2.sql.rebase", project.read("versions/y.sql").replace("xxxx", "zzzz"));
    project.write("versions/.migrate_rebase", format!("[{{\"old\":{old:?},\"new\":{new:?}}}]"));
    for command in [&["heads"][..], &["upgrade"], &["rebase"], &["revision", "-m", "x"]] {
        project.run(command).exits(7).says("a rebase was stopped").says("migrate rebase --continue");
    }
    project.run(&["rebase", "--continue"]).ok().prints("versions/y2.sql");
    assert!(project.list("versions").iter().all(|name| !name.starts_with('.') && name != "y.sql"));
    project.run(&["heads"]).ok();
    project.run(&["rebase", "--continue"]).ok().says("no rebase was stopped");
}

#[test]
fn rebase_asks_git_whose_files_are_ours() {
    let (project, _database) = ours_and_theirs();
    let git = |words: &str| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.org"]).args(words.split(' '));
        let output = command.current_dir(project.path("")).output().expect("git runs");
        assert!(output.status.success(), "git {words}: {output:?}");
    };
    git("init -q -b main");
    git("add migrate.yaml versions/m.yaml versions/z.yaml");
    git("commit -q -m theirs");
    git("checkout -q -b feature");
    git("add versions");
    git("commit -q -m ours");
    // By the database alone theirs would move, for ours is applied.
    project.run(&["upgrade", "yyyy"]).ok();
    project
        .run(&["rebase"])
        .exits(1)
        .says("Moving yyyy onto zzzz, which main has; for the other way: migrate rebase zzzz")
        .says("applied here, and so not to be changed: xxxx, yyyy");
    project.run(&["upgrade", "zzzz"]).ok();
    project.run(&["rebase", "--local"]).ok().says("Moved 2 revisions onto zzzz");
    project.run(&["status"]).ok().prints("at head");
}
