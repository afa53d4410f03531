//! Chains of objects, each on the one before, and a change at the bottom.
#![cfg(test)]

use super::cases::{change, reset};
use super::{block_on, database, drop_database, inspect, open};
use crate::dialect::Scope;
use crate::statement::ServerVersion;

/// What a link of a chain is.
const KINDS: usize = 4;

/// A chain: a table, and above it so many views, materialized views, and functions, each of which selects from the one
/// below; triggers and rules hang on some. The same number gives the same chain.
fn chain(number: usize, depth: usize, ty: &str, with_extra: bool, server: ServerVersion) -> String {
    let extra = if with_extra { ", extra text" } else { "" };
    let mut sql = format!(
        "CREATE TABLE base (id integer PRIMARY KEY, v {ty}{extra}, other text);\n\
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n"
    );
    let mut below = "base".to_owned();
    for level in 0..depth {
        let name = format!("l{level}");
        let hidden = if with_extra && level == 0 { ", count(extra) AS n" } else { ", count(other) AS n" };
        let query = if level == 0 {
            format!("SELECT id, max(v) AS v{hidden} FROM base GROUP BY id, v")
        } else {
            format!("SELECT b.id, b.v, b.n + 1 AS n FROM {below} b JOIN {below} c USING (id)")
        };
        let made = match (number + level * 3 + level / 2) % KINDS {
            0 => format!("CREATE VIEW {name} AS {query};\nCOMMENT ON COLUMN {name}.v IS 'of {below}';\n"),
            1 => format!(
                "CREATE MATERIALIZED VIEW {name} AS {query};\nCREATE UNIQUE INDEX i_{name} ON {name} (id);\n\
                 COMMENT ON MATERIALIZED VIEW {name} IS 'level {level}';\n"
            ),
            2 if server.at_least(14, 0) => format!(
                "CREATE FUNCTION f_{name}() RETURNS TABLE (id integer, v {ty}, n bigint) LANGUAGE sql BEGIN ATOMIC {query}; END;\n\
                 CREATE VIEW {name} AS SELECT * FROM f_{name}();\n"
            ),
            _ => format!(
                "CREATE VIEW {name} WITH (security_barrier) AS {query};\n\
                 CREATE TRIGGER t_{name} INSTEAD OF INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION touch();\n\
                 CREATE RULE r_{name} AS ON DELETE TO {name} DO INSTEAD NOTHING;\n"
            ),
        };
        sql.push_str(&made);
        below = name;
    }
    sql
}

/// Rights, and whose a view is, are on no model: they are read when it is taken down.
#[test]
fn rights_come_back_with_a_view() {
    block_on(async {
        let (first, second) = (database("rights_a").await, database("rights_b").await);
        let (mut work, mut other) = (open(&first).await, open(&second).await);
        let made = |ty: &str| {
            format!(
                "CREATE TABLE t (id integer, a {ty}); CREATE VIEW \"V 1%\" AS SELECT id, a FROM t; \
                 CREATE FUNCTION f() RETURNS SETOF \"V 1%\" LANGUAGE sql AS 'SELECT * FROM \"V 1%\"'"
            )
        };
        reset(&mut work, &made("integer")).await;
        reset(&mut other, &made("bigint")).await;
        let grants = "GRANT SELECT ON \"V 1%\" TO pg_monitor WITH GRANT OPTION; GRANT UPDATE (id) ON \"V 1%\" TO PUBLIC; \
                      REVOKE ALL ON FUNCTION f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO pg_monitor; \
                      ALTER VIEW \"V 1%\" OWNER TO pg_read_all_settings";
        super::run_all(&mut work, grants).await;
        let rights = "SELECT relacl::text, relowner::regrole::text, (SELECT string_agg(attacl::text, ' ') FROM pg_attribute \
                      WHERE attrelid = c.oid), (SELECT proacl::text FROM pg_proc WHERE proname = 'f') FROM pg_class c \
                      WHERE relname = 'V 1%'";
        let seen = |rows: Vec<crate::db::Row>| (0..4).map(|at| rows[0].text(at).map(str::to_owned)).collect::<Vec<_>>();
        let before = seen(work.rows(rights).await.unwrap());
        let scope = Scope::default();
        let (from, to) = (inspect(&mut work, &scope).await, inspect(&mut other, &scope).await);
        change(&mut work, &from, &to).await.unwrap();
        assert_eq!(seen(work.rows(rights).await.unwrap()), before);
        work.close().await;
        other.close().await;
        drop_database(&first).await;
        drop_database(&second).await;
    });
}

/// 40 chains, 1 to 8 deep: the type of the column at the bottom changes, or a column that is read there goes; up, down, and
/// up again, and each time the server says the same as of a database that was made so.
#[test]
fn forty_chains_follow_a_change_at_the_bottom() {
    block_on(async {
        let (first, second) = (database("chains_a").await, database("chains_b").await);
        let (mut work, mut other) = (open(&first).await, open(&second).await);
        let mut failures = Vec::new();
        let server = work.server();
        for number in 0..40 {
            let depth = number % 8 + 1;
            let (from, to) = match number / 8 % 2 {
                0 => (chain(number, depth, "integer", false, server), chain(number, depth, "bigint", false, server)),
                _ => (chain(number, depth, "integer", true, server), chain(number, depth, "integer", false, server)),
            };
            reset(&mut work, &from).await;
            reset(&mut other, &to).await;
            let rows = "INSERT INTO base (id, v) VALUES (1, 10), (2, 20)";
            work.execute(rows).await.unwrap();
            let scope = Scope::default();
            let (before, after) = (inspect(&mut work, &scope).await, inspect(&mut other, &scope).await);
            if let Err(why) = change(&mut work, &before, &after).await {
                failures.push(format!("chain {number}, {depth} deep\n{from}\n  {why}"));
            }
        }
        work.close().await;
        other.close().await;
        drop_database(&first).await;
        drop_database(&second).await;
        assert!(failures.is_empty(), "{} of 40 chains:\n{}", failures.len(), failures.join("\n"));
    });
}
