//! What is stopped part-way goes on where it was, with its images: steps whose last question fails behind their batches, and
//! ways back that are killed or fail at any statement.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::count;
use super::pieces::{BASE, MOVES, PLAIN, ROWS, Work, plain_rows, prepared_for};
use super::waits::{ended, started};
use crate::common::{Database, Fresh, Project};

/// Steps in batches, each of which does a row twice if it ever begins anew; what they expect is asked behind the last one.
const ASKED: [(&str, &str); 4] = [
    ("with images", "update: { name: s, table: t, set: { v: { sql: v * 3 } }, batch: { size: 150 }"),
    (
        "with undo",
        "update: { name: s, table: t, set: { v: { sql: v * 3 } }, batch: { size: 150 }, undo: [{ sql: UPDATE t SET v = v / 3 }]",
    ),
    (
        "script",
        "script: { name: s, table: t, columns: v, text: \"row.v = row.v * 3;\", batch: { size: 150 }, undo: [{ sql: UPDATE t SET v = v / 3 }]",
    ),
    ("copy", "copy: { name: s, table: logged, from: t, columns: { was: { sql: id } }, batch: { size: 150 }"),
];

/// A project with one of these steps, which finds `stop` in the way while there is a row in it.
fn asked(step: &str, product: Database) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    let tables = "  - create_table: { name: logged, columns: { number: { type: bigint, identity: by_default }, was: { type: int, nullable: false } }, primary_key: [number] }\n  \
        - create_table: { name: stop, columns: { n: int } }\n";
    project.write("versions/1.yaml", format!("{BASE}{tables}"));
    project.run(&["upgrade"]).ok();
    project.write(
        "versions/2.yaml",
        format!(
            "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  - {step}, expect: {{ after: {{ no_rows: SELECT n FROM stop WHERE n = 1 }} }} }}\n"
        ),
    );
    database.execute(&(PLAIN.rows)());
    (database, project)
}

/// Rows that were done otherwise than once.
fn wrong(what: &str) -> &'static str {
    match what {
        "copy" => {
            "SELECT ABS(400 - (SELECT COUNT(*) FROM logged)) + ABS(400 - (SELECT COUNT(DISTINCT was) FROM logged));"
        }
        _ => "SELECT COUNT(*) FROM t WHERE v <> id;",
    }
}

#[test]
fn an_expectation_that_fails_behind_the_last_batch_keeps_what_is_done() {
    for product in Database::ALL {
        for (what, step) in ASKED {
            let (database, project) = asked(step, product);
            database.execute("INSERT INTO stop (n) VALUES (1);");
            for _ in 0..2 {
                project.run(&["upgrade"]).exits(5).says("stopped part-way");
                assert_eq!(database.value(wrong(what)), "0", "{product:?}, {what}: stopped behind the last batch");
            }
            database.execute("DELETE FROM stop;");
            project.run(&["upgrade"]).ok();
            assert_eq!(database.value(wrong(what)), "0", "{product:?}, {what}");
            project.run(&["downgrade", "a1", "--yes"]).ok();
            let left = "SELECT ABS(400 - (SELECT COUNT(*) FROM t WHERE v * 3 = id)) + (SELECT COUNT(*) FROM logged);";
            assert_eq!(database.value(left), "0", "{product:?}, {what}: not as before");
        }
    }
}

#[test]
fn a_lock_behind_the_last_batch_is_tried_again_without_the_batches() {
    for (product, hold) in
        [(Database::Postgres, "BEGIN; LOCK TABLE stop;"), (Database::Mysql, "LOCK TABLES stop WRITE;")]
    {
        for (what, step) in ASKED {
            let (database, project) = asked(step, product);
            let held = database.hold(hold);
            let child = started(&project, &["upgrade", "--lock-timeout", "300ms"]);
            std::thread::sleep(Duration::from_millis(1500));
            drop(held);
            ended(child).ok().says("1 revision applied");
            assert_eq!(database.value(wrong(what)), "0", "{product:?}, {what}");
        }
    }
}

#[test]
fn batches_that_did_nothing_leave_nothing_where_what_they_expect_fails() {
    for product in Database::ALL {
        let (database, project) = asked(&ASKED[0].1.replace("batch", "where: id < 0, batch"), product);
        database.execute("INSERT INTO stop (n) VALUES (1);");
        let failed = project.run(&["upgrade"]);
        assert!([1, 5].contains(&failed.code), "{product:?}: {failed}");
        database.execute("DELETE FROM stop;");
        project.run(&["upgrade"]).ok();
        project.run(&["downgrade", "a1", "--yes"]).ok();
    }
}

/// Behind what is brought back, the column cannot refuse NULL yet: rows came meanwhile.
fn without_a_value(steps: &str, product: Database) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", BASE);
    project.run(&["upgrade"]).ok();
    project.write(
        "versions/2.yaml",
        format!("revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n{steps}"),
    );
    database.execute(&(PLAIN.rows)());
    project.run(&["upgrade"]).ok();
    database.execute("INSERT INTO t (id, w) VALUES (-1, 0);");
    (database, project)
}

const KEPT: &str = "  - drop_column: { table: t, name: v, keep_data: true, was: { type: int, nullable: false } }\n";

const NO_VALUES: &str = "SELECT COUNT(*) FROM t WHERE v * 3 <> id;";

#[test]
fn a_downgrade_that_failed_behind_what_it_brought_back_goes_on() {
    for product in Database::ALL {
        let (database, project) = without_a_value(KEPT, product);
        project.run(&["downgrade", "a1", "--yes"]).exits(5).says("it continues here");
        // Neither as it is, nor with the flag that passes by images which are gone, may it record what is not so.
        project.run(&["downgrade", "a1", "--yes"]).exits(5);
        project.run(&["downgrade", "a1", "--yes", "--allow-data-loss"]).exits(5);
        project.run(&["current"]).ok().prints("b1");
        database.execute("UPDATE t SET v = 0 WHERE id = -1;");
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(database.value(NO_VALUES), "1", "{product:?}: the row that came has no other value");
        assert_eq!(database.value("SELECT COUNT(*) FROM t;"), (ROWS + 1).to_string());
        assert!(database.try_execute("INSERT INTO t (id, v) VALUES (-2, NULL);").is_err(), "{product:?}: v takes NULL");
        project.run(&["upgrade"]).ok();
    }
}

#[test]
fn what_was_passed_by_stays_so_when_the_downgrade_goes_on() {
    for product in Database::ALL {
        let steps = format!("{KEPT}  - update: {{ name: add, table: t, set: {{ w: {{ sql: w + 1 }} }} }}\n");
        let (database, project) = without_a_value(&steps, product);
        let listed = project.run(&["status"]).ok().stdout;
        let image = listed.lines().find(|line| line.ends_with(" add")).expect("an image");
        database.execute(&format!("DROP TABLE {};", image.split_whitespace().next().expect("its name")));
        project.run(&["downgrade", "a1", "--yes"]).exits(3).says("the before-image of `add` is missing");
        let lossy = ["downgrade", "a1", "--yes", "--allow-data-loss"];
        project.run(&lossy).exits(5).says("it is passed by");
        database.execute("UPDATE t SET v = 0 WHERE id = -1;");
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(database.value(NO_VALUES), "1", "{product:?}");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE w = 1;"), ROWS.to_string(), "{product:?}");
        assert!(database.try_execute("INSERT INTO t (id, v) VALUES (-2, NULL);").is_err(), "{product:?}: v takes NULL");
    }
}

/// Rows change, a column and a table go, each with its image.
const DROPS: Work = Work {
    base: "revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n  \
        - create_table: { name: t, columns: { id: { type: int, nullable: false }, v: { type: int, nullable: false }, w: int }, primary_key: [id] }\n  \
        - create_table: { name: old, columns: { id: { type: int, nullable: false }, v: { type: int } }, primary_key: [id] }\n",
    steps: "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
        - update: { name: add, table: t, set: { w: { sql: w + 1 } } }\n  \
        - drop_column: { table: t, name: v, keep_data: true, was: { type: int, nullable: false } }\n  \
        - drop_table: { name: old, keep_data: true, was: { columns: { id: { type: int, nullable: false }, v: { type: int } }, primary_key: [id] } }\n",
    rows: || format!("{} INSERT INTO old (id, v) SELECT id, v FROM t;", plain_rows()),
    wrong_above: "SELECT ABS(400 - (SELECT COUNT(*) FROM t WHERE w = 1));",
    wrong_below: "SELECT ABS(400 - (SELECT COUNT(*) FROM t WHERE v * 3 = id AND w = 0)) + ABS(400 - (SELECT COUNT(*) FROM old WHERE v * 3 = id));",
};

/// Rows go, and others with them: one way back has several images.
const DELETES: Work = Work {
    base: "revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n  \
        - create_table: { name: t, columns: { id: { type: int, nullable: false }, v: { type: int, nullable: false }, w: int }, primary_key: [id] }\n  \
        - create_table: { name: parts, columns: { id: { type: int, nullable: false }, t_id: int }, primary_key: [id], foreign_keys: { fk_parts: { columns: [t_id], references: { table: t, columns: [id] }, on_delete: cascade } } }\n  \
        - create_table: { name: notes, columns: { id: { type: int, nullable: false }, t_id: int }, primary_key: [id], foreign_keys: { fk_notes: { columns: [t_id], references: { table: t, columns: [id] }, on_delete: set_null } } }\n",
    steps: "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
        - delete: { name: some, table: t, where: v >= 300 }\n  \
        - delete: { name: others, table: t, where: v < 100 }\n",
    rows: || {
        format!(
            "{} INSERT INTO parts (id, t_id) SELECT id, id FROM t; INSERT INTO notes (id, t_id) SELECT id, id FROM t;",
            plain_rows()
        )
    },
    wrong_above: "SELECT ABS(200 - (SELECT COUNT(*) FROM t)) + ABS(200 - (SELECT COUNT(*) FROM parts)) + ABS(200 - (SELECT COUNT(*) FROM notes WHERE t_id IS NULL));",
    wrong_below: "SELECT ABS(400 - (SELECT COUNT(*) FROM t WHERE v * 3 = id)) + ABS(400 - (SELECT COUNT(*) FROM parts WHERE id = t_id)) \
        + ABS(400 - (SELECT COUNT(*) FROM notes WHERE id = t_id));",
};

fn downgrade(project: &Project) -> std::process::Child {
    let mut command = project.command();
    command.args(["downgrade", "a1", "--yes", "--lock-wait", "20s"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

/// Kills ways back, three times each, then lets them end.
fn sweep(work: &Work, what: &str, product: Database, instants: usize) {
    let (database, project) = prepared_for(work, product);
    project.run(&["upgrade"]).ok();
    assert_eq!(database.value(work.wrong_above), "0", "{product:?}, {what}: above");
    let begun = Instant::now();
    assert!(downgrade(&project).wait().expect("it ends").success());
    let usual = begun.elapsed();
    assert_eq!(database.value(work.wrong_below), "0", "{product:?}, {what}: undisturbed");
    let (mut running, mut seed, mut instant) = (0, 0x9e37_79b9_u64, 0);
    while instant < instants || running < instants {
        assert!(instant < 10 * instants, "only {running} kills of {} came before the end", 3 * instant);
        project.run(&["upgrade", "--lock-wait", "20s"]).ok();
        for _ in 0..3 {
            let mut child = downgrade(&project);
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let part = (u64::try_from(usual.as_nanos()).expect("short") * (seed >> 40)) >> 24;
            std::thread::sleep(Duration::from_nanos(part));
            running += usize::from(child.try_wait().expect("a state").is_none());
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
        }
        project.run(&["downgrade", "a1", "--yes", "--lock-wait", "20s"]).ok();
        assert_eq!(database.value(work.wrong_below), "0", "{product:?}, {what}: instant {instant}: not as before");
        instant += 1;
    }
    eprintln!("{product:?}, {what}: {} kills, at {running} of them the program still ran; 0 rows wrong", 3 * instant);
}

#[test]
fn ways_back_killed_at_any_instant_bring_back_every_row_on_sqlite() {
    for (what, work) in [("moves back", MOVES), ("drops back", DROPS), ("deletes back", DELETES)] {
        sweep(&work, what, Database::Sqlite, count(4, 100));
    }
}

#[test]
fn ways_back_killed_at_any_instant_bring_back_every_row_on_postgres() {
    for (what, work) in [("moves back", MOVES), ("drops back", DROPS), ("deletes back", DELETES)] {
        sweep(&work, what, Database::Postgres, count(4, 100));
    }
}

#[test]
fn ways_back_killed_at_any_instant_bring_back_every_row_on_mariadb() {
    for (what, work) in [("moves back", MOVES), ("drops back", DROPS), ("deletes back", DELETES)] {
        sweep(&work, what, Database::Mysql, count(4, 100));
    }
}
