//! Data steps in batches: killed at random instants, every row is done once; and what stands in the way of a way back.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::count;
use crate::common::{Database, Fresh, Project};

pub(super) const BASE: &str = "revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n  - create_table: { name: t, columns: { id: { type: int, nullable: false }, v: { type: int, nullable: false }, w: int }, primary_key: [id] }\n";

/// Neither condition tells rows that are done: only the images, and the note, do.
const STEPS: &str = "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
    - update: { name: without, table: t, set: { w: { sql: w + 1 } }, batch: { size: 30 }, undo: [{ sql: UPDATE t SET w = w - 1 }] }\n  \
    - update: { name: with images, table: t, set: { v: { sql: v * 3 } }, batch: { size: 20 } }\n";

pub(super) const ROWS: usize = 400;

/// A revision whose batches are interrupted, and what must be so whenever it ended.
pub(super) struct Work {
    pub(super) base: &'static str,
    pub(super) steps: &'static str,
    /// Puts the rows in.
    pub(super) rows: fn() -> String,
    /// Counts rows that were done twice or missed, above.
    pub(super) wrong_above: &'static str,
    /// The same below.
    pub(super) wrong_below: &'static str,
}

pub(super) fn plain_rows() -> String {
    let rows: Vec<String> = (0..ROWS).map(|number| format!("({}, {number}, 0)", number * 3)).collect();
    format!("INSERT INTO t (id, v, w) VALUES {};", rows.join(", "))
}

pub(super) const PLAIN: Work = Work {
    base: BASE,
    steps: STEPS,
    rows: plain_rows,
    wrong_above: "SELECT COUNT(*) FROM t WHERE v <> id OR w <> 1;",
    wrong_below: "SELECT 400 - COUNT(*) FROM t WHERE v * 3 = id AND w = 0;",
};

/// Each row of a script counts how often it was there. The second one keeps nothing: its place alone says what is done.
const SCRIPTS: Work = Work {
    base: BASE,
    steps: "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
        - script: { name: with images, table: t, columns: v, text: \"row.v = row.v * 3;\", batch: { size: 20 }, order: { name: id, order: desc } }\n  \
        - script: { name: without, table: t, columns: w, text: \"row.w += 1;\", batch: { size: 30 }, undo: [{ sql: UPDATE t SET w = w - 1 }] }\n",
    rows: plain_rows,
    wrong_above: PLAIN.wrong_above,
    wrong_below: PLAIN.wrong_below,
};

/// Rows come, go and are told apart: `moved` gets 200 of 400 with keys of the database, `copied` all of them with keys
/// of their own and again with others, and 40 kinds get a table.
pub(super) const MOVES: Work = Work {
    base: "revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n  \
        - create_table: { name: t, columns: { id: { type: int, nullable: false }, v: { type: int, nullable: false }, kind: { type: varchar(10), nullable: false }, kind_id: { type: bigint } }, primary_key: [id] }\n  \
        - create_table: { name: moved, columns: { number: { type: bigint, identity: by_default }, was: { type: int, nullable: false }, v: { type: int } }, primary_key: [number] }\n  \
        - create_table: { name: copied, columns: { id: { type: int, nullable: false }, v: { type: int } }, primary_key: [id] }\n  \
        - create_table: { name: logged, columns: { number: { type: bigint, identity: by_default }, was: { type: int, nullable: false } }, primary_key: [number] }\n  \
        - create_table: { name: kinds, columns: { id: { type: bigint, identity: by_default }, name: { type: varchar(10), nullable: false } }, primary_key: [id], unique: { uq_kinds: [name] } }\n",
    steps: "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
        - copy: { name: copy, table: copied, from: t, columns: [id, v], batch: { size: 60 } }\n  \
        - copy: { name: log, table: logged, from: t, columns: { was: { sql: id } }, batch: { size: 70 }, undo: [{ sql: DELETE FROM logged }] }\n  \
        - normalise: { name: kinds, table: t, columns: { kind: name }, into: kinds, key: { kind_id: id }, batch: { size: 50 } }\n  \
        - move_rows: { name: move, table: moved, from: t, columns: { was: { sql: id }, v: { sql: v } }, where: \"v >= 200\", order: [{ name: v, order: desc }], batch: { size: 30 } }\n",
    rows: || {
        let row = |number: usize| format!("({}, {number}, 'k{}')", number * 3, number % 40);
        let rows: Vec<String> = (0..ROWS).map(row).collect();
        format!("INSERT INTO t (id, v, kind) VALUES {};", rows.join(", "))
    },
    wrong_above: "SELECT ABS(200 - (SELECT COUNT(*) FROM t WHERE v < 200)) + (SELECT COUNT(*) FROM t WHERE v >= 200) \
        + ABS(200 - (SELECT COUNT(*) FROM moved WHERE was = v * 3 AND v >= 200)) + ABS(200 - (SELECT COUNT(DISTINCT was) FROM moved)) \
        + (SELECT COUNT(*) FROM moved AS a JOIN moved AS b ON a.number < b.number AND a.was < b.was) \
        + ABS(400 - (SELECT COUNT(*) FROM copied WHERE id = v * 3)) \
        + ABS(400 - (SELECT COUNT(DISTINCT was) FROM logged)) + ABS(400 - (SELECT COUNT(*) FROM logged)) \
        + ABS(40 - (SELECT COUNT(*) FROM kinds)) + ABS(200 - (SELECT COUNT(*) FROM t JOIN kinds ON kinds.id = kind_id AND kinds.name = kind));",
    wrong_below: "SELECT ABS(400 - (SELECT COUNT(*) FROM t WHERE id = v * 3 AND kind_id IS NULL)) \
        + (SELECT COUNT(*) FROM moved) + (SELECT COUNT(*) FROM copied) + (SELECT COUNT(*) FROM logged) + (SELECT COUNT(*) FROM kinds);",
};

pub(super) fn prepared_for(work: &Work, product: Database) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", work.base);
    project.run(&["upgrade"]).ok();
    project.write("versions/2.yaml", work.steps);
    database.execute(&(work.rows)());
    (database, project)
}

fn prepared(product: Database) -> (Fresh, Project) {
    prepared_for(&PLAIN, product)
}

fn wrong(database: &Fresh) -> String {
    database.value(PLAIN.wrong_above)
}

fn upgrade(project: &Project) -> std::process::Child {
    let mut command = project.command();
    command.args(["upgrade", "--lock-wait", "20s"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

fn sweep(product: Database) {
    sweep_of(&PLAIN, "updates", product, count(8, 100));
}

/// How long it takes when nobody kills it.
fn undisturbed(work: &Work, product: Database) -> Duration {
    let (database, project) = prepared_for(work, product);
    let begun = Instant::now();
    assert!(upgrade(&project).wait().expect("it ends").success());
    let usual = begun.elapsed();
    assert_eq!(database.value(work.wrong_above), "0", "{product:?}: undisturbed");
    usual
}

fn sweep_of(work: &Work, what: &str, product: Database, instants: usize) {
    let mut usual = Duration::ZERO;
    let mut running = 0;
    let mut seed = 0x9e37_79b9_u64;
    let mut instant = 0;
    // As many rounds more as it takes to meet it at work: what else the machine does is not in the hand of a test.
    while instant < instants || running < instants {
        assert!(instant < 10 * instants, "only {running} kills of {} came before the end", 3 * instant);
        if instant % 8 == 0 {
            usual = undisturbed(work, product);
        }
        let (database, project) = prepared_for(work, product);
        // Three kills, one after the other, each somewhere in what is left.
        for _ in 0..3 {
            let mut child = upgrade(&project);
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_nanos(
                (u64::try_from(usual.as_nanos()).expect("short") * (seed >> 40)) >> 24,
            ));
            running += usize::from(child.try_wait().expect("a state").is_none());
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
        }
        project.run(&["upgrade", "--lock-wait", "20s"]).ok();
        let above = database.value(work.wrong_above);
        assert_eq!(above, "0", "{product:?}, {what}: instant {instant}: rows twice or missed");
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(database.value(work.wrong_below), "0", "{product:?}, {what}: instant {instant}: not as before");
        instant += 1;
    }
    eprintln!("{product:?}, {what}: {} kills, at {running} of them the program still ran; 0 rows wrong", 3 * instant);
}

#[test]
fn batches_killed_at_any_instant_do_each_row_once_on_sqlite() {
    sweep(Database::Sqlite);
}

#[test]
fn batches_killed_at_any_instant_do_each_row_once_on_postgres() {
    sweep(Database::Postgres);
}

#[test]
fn batches_killed_at_any_instant_do_each_row_once_on_mariadb() {
    sweep(Database::Mysql);
}

#[test]
fn batches_of_scripts_killed_at_any_instant_do_each_row_once_on_sqlite() {
    sweep_of(&SCRIPTS, "scripts", Database::Sqlite, count(4, 100));
}

#[test]
fn batches_of_scripts_killed_at_any_instant_do_each_row_once_on_postgres() {
    sweep_of(&SCRIPTS, "scripts", Database::Postgres, count(4, 100));
}

#[test]
fn batches_of_scripts_killed_at_any_instant_do_each_row_once_on_mariadb() {
    sweep_of(&SCRIPTS, "scripts", Database::Mysql, count(4, 100));
}

#[test]
fn rows_that_move_in_batches_are_there_once_whenever_it_is_killed_on_sqlite() {
    sweep_of(&MOVES, "moves", Database::Sqlite, count(4, 100));
}

#[test]
fn rows_that_move_in_batches_are_there_once_whenever_it_is_killed_on_postgres() {
    sweep_of(&MOVES, "moves", Database::Postgres, count(4, 100));
}

#[test]
fn rows_that_move_in_batches_are_there_once_whenever_it_is_killed_on_mariadb() {
    sweep_of(&MOVES, "moves", Database::Mysql, count(4, 100));
}

#[test]
fn rows_that_come_behind_the_batches_are_done_too() {
    for product in Database::ALL {
        let (database, project) = prepared(product);
        let steps = STEPS.replace("batch: { size: 20 }", "batch: { size: 20, pause: 20ms }");
        project.write("versions/2.yaml", steps);
        let mut child = upgrade(&project);
        std::thread::sleep(Duration::from_millis(250));
        let mut added = 0;
        while child.try_wait().expect("a state").is_none() && added < 5 {
            // The first of all keys, and one in between.
            let sql = format!("INSERT INTO t (id, v, w) VALUES ({}, {}, 0);", -3 - 3 * added, -1 - added);
            added += i32::from(database.try_execute(&sql).is_ok());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(child.wait().expect("it ends").success(), "{product:?}");
        let late = database.value("SELECT COUNT(*) FROM t WHERE v <> id AND id < 0;");
        assert_eq!(late, "0", "{product:?}: of {added} rows that came behind");
    }
}

#[test]
fn rows_that_changed_since_are_listed_with_their_keys() {
    for product in Database::ALL {
        let (database, project) = prepared(product);
        project.run(&["upgrade"]).ok();
        database.execute("UPDATE t SET v = -1 WHERE id IN (3, 6); DELETE FROM t WHERE id = 9;");
        let refused = project.run(&["downgrade", "a1", "--yes"]).exits(1);
        refused.says("3 rows of t were changed or deleted since by others").says("--on-conflict keep");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE w = 1;"), (ROWS - 1).to_string(), "{product:?}");
        let kept = project.run(&["downgrade", "a1", "--yes", "--on-conflict", "keep"]).ok();
        kept.says("3 rows of t were changed or deleted since by others");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v = -1;"), "2", "{product:?}");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v * 3 = id;"), (ROWS - 3).to_string(), "{product:?}");
    }
}

#[test]
fn a_before_image_that_is_missing_stops_before_anything() {
    for product in Database::ALL {
        let (database, project) = prepared(product);
        project.run(&["upgrade"]).ok();
        let listed = project.run(&["status"]).ok().prints("kept for the way back").prints("with images").stdout;
        assert!(listed.contains("400 rows of t"), "{listed}");
        let gone = project.run(&["forget", "b", "--older-than", "1d"]).ok();
        gone.says("nothing");
        project.run(&["forget", "b1"]).ok().says("1 table with 400 rows");
        let refused = project.run(&["downgrade", "a1", "--yes"]).exits(3);
        refused.says("the before-image of `with images` is missing").says("--allow-data-loss");
        assert_eq!(wrong(&database), "0", "{product:?}: nothing has changed");
        project.run(&["downgrade", "a1", "--allow-data-loss"]).ok().says("it is passed by");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v = id AND w = 0;"), ROWS.to_string(), "{product:?}");
        project.run(&["forget", "zz"]).exits(2).says("nothing is kept of a revision zz");
        project.run::<&str>(&["forget"]).exits(2);
    }
}

#[test]
fn more_than_may_be_kept_is_refused_unless_it_is_named() {
    for product in Database::ALL {
        let (database, project) = prepared(product);
        let refused = project.run(&["upgrade", "--keep-limit", "1kB"]).exits(2);
        refused.says("`with images` would keep").says("1 kB may be kept").says("--keep-limit");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE w = 0;"), ROWS.to_string(), "{product:?}");
        project.run(&["upgrade", "--keep-limit", "1MB"]).ok();
    }
}

#[test]
fn a_row_that_fails_is_named_and_the_step_can_be_continued_behind_it() {
    for product in Database::ALL {
        let (database, project) = prepared(product);
        let steps = "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
            - update: { name: halve, table: t, set: { v: { sql: \"CASE WHEN id = 300 AND w = 0 THEN NULL ELSE v * 3 END\" } }, batch: { size: 64 } }\n";
        project.write("versions/2.yaml", steps);
        let stopped = project.run(&["upgrade"]).exits(5);
        stopped.says("halve: the row with the key 300 cannot be changed");
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v = id;"), "100", "{product:?}: all rows before it");
        database.execute("UPDATE t SET w = 1 WHERE id = 300;");
        project.run(&["upgrade"]).ok();
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v = id;"), ROWS.to_string(), "{product:?}");
    }
}

#[test]
fn a_load_that_stays_too_high_stops_the_step_and_it_goes_on_later() {
    for product in Database::ALL {
        let (database, project) = prepared(product);
        database.execute("CREATE TABLE load_now (n int); INSERT INTO load_now VALUES (9);");
        let waits = "batch: { size: 20, wait_while: { sql: SELECT n FROM load_now, above: 5, at_most: 100ms } }";
        project.write("versions/2.yaml", STEPS.replace("batch: { size: 20 }", waits));
        let stopped = project.run(&["upgrade"]);
        assert!([4, 5].contains(&stopped.code), "{product:?}: {stopped}");
        stopped.says("waited in vain for 9 to fall to 5");
        database.execute("UPDATE load_now SET n = 1;");
        project.run(&["upgrade"]).ok();
        assert_eq!(wrong(&database), "0", "{product:?}");
    }
}
