//! Data steps in batches: killed at random instants, every row is done once; and what stands in the way of a way back.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::count;
use crate::common::{Database, Fresh, Project};

const BASE: &str = "revision: a1\ndown_revision: null\nmessage: base\nupgrade:\n  - create_table: { name: t, columns: { id: { type: int, nullable: false }, v: { type: int, nullable: false }, w: int }, primary_key: [id] }\n";

/// Neither condition tells rows that are done: only the images, and the note, do.
const STEPS: &str = "revision: b1\ndown_revision: a1\nmessage: steps\ntransaction: none\nupgrade:\n  \
    - update: { name: without, table: t, set: { w: { sql: w + 1 } }, batch: { size: 30 }, undo: [{ sql: UPDATE t SET w = w - 1 }] }\n  \
    - update: { name: with images, table: t, set: { v: { sql: v * 3 } }, batch: { size: 20 } }\n";

const ROWS: usize = 400;

fn prepared(product: Database) -> (Fresh, Project) {
    let database = product.fresh();
    let project = Project::on(&database);
    project.write("versions/1.yaml", BASE);
    project.run(&["upgrade"]).ok();
    project.write("versions/2.yaml", STEPS);
    let rows: Vec<String> = (0..ROWS).map(|number| format!("({}, {number}, 0)", number * 3)).collect();
    database.execute(&format!("INSERT INTO t (id, v, w) VALUES {};", rows.join(", ")));
    (database, project)
}

fn wrong(database: &Fresh) -> String {
    database.value("SELECT COUNT(*) FROM t WHERE v <> id OR w <> 1;")
}

fn upgrade(project: &Project) -> std::process::Child {
    let mut command = project.command();
    command.args(["upgrade", "--lock-wait", "20s"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

fn sweep(product: Database) {
    let (database, project) = prepared(product);
    let begun = Instant::now();
    assert!(upgrade(&project).wait().expect("it ends").success());
    let usual = begun.elapsed();
    assert_eq!(wrong(&database), "0", "{product:?}: undisturbed");
    let (instants, mut running) = (count(8, 100), 0);
    let mut seed = 0x9e37_79b9_u64;
    for instant in 0..instants {
        let (database, project) = prepared(product);
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
        assert_eq!(wrong(&database), "0", "{product:?}: instant {instant}: rows twice or missed");
        project.run(&["downgrade", "a1", "--yes"]).ok();
        assert_eq!(database.value("SELECT COUNT(*) FROM t WHERE v * 3 = id AND w = 0;"), ROWS.to_string());
    }
    eprintln!("{product:?}: {} kills, at {running} of them the program still ran", 3 * instants);
    assert!(running >= instants, "only {running} kills of {} came before the end", 3 * instants);
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
