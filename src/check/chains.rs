//! Forty chains of views, up to eight deep, with triggers at both ends and a change at the bottom: applied, looked at, and
//! reversed, on a real SQLite in memory.
#![cfg(feature = "sqlite")]

use std::fmt::Write as _;
use std::path::Path;

use crate::db::{Connection, Settings, Url};
use crate::dialect::{Scope, Server, of};
use crate::diff::{Context, RenameRules, diff};
use crate::execute::scratch::{Place, Workshop};
use crate::model::{ModelFile, Models};
use crate::ops::{Operation, reverse_all};
use crate::schema::{Pair, Schema};

const CHAINS: usize = 40;

/// What happens at the bottom.
#[derive(Clone, Copy, Debug)]
enum Change {
    View,
    RenameColumn,
    DropColumn,
    Retype,
    RenameTable,
}

const CHANGES: [Change; 5] =
    [Change::View, Change::RenameColumn, Change::DropColumn, Change::Retype, Change::RenameTable];

/// One side of a chain.
struct Chain {
    depth: usize,
    table: &'static str,
    column: &'static str,
    ty: &'static str,
    more: bool,
    filter: &'static str,
}

impl Chain {
    /// Whatever the order of the names, the deepest view is `v<depth>` or `v1`.
    fn view(&self, level: usize) -> String {
        format!("v{}", if self.depth.is_multiple_of(2) { level } else { self.depth + 1 - level })
    }

    /// Every second view reads two others.
    fn sql(&self) -> String {
        let Self { depth, table, column, ty, filter, .. } = self;
        let (own, through) = if self.more { (", more INT", ", p.more") } else { ("", "") };
        let mut sql = format!(
            "CREATE TABLE log (n);\nCREATE TABLE {table} (id INTEGER PRIMARY KEY, {column} {ty}{own});\n\
             CREATE TABLE child (of INT REFERENCES {table} ON DELETE CASCADE);\n"
        );
        for level in 1..=*depth {
            let name = self.view(level);
            let below = if level == 1 { (*table).to_owned() } else { self.view(level - 1) };
            let join = if level > 2 && level.is_multiple_of(2) {
                format!(" JOIN {} q ON q.id = p.id", self.view(level - 2))
            } else {
                String::new()
            };
            let filter = if level == 1 { *filter } else { "" };
            writeln!(sql, "CREATE VIEW {name} AS SELECT p.id, p.{column}{through} FROM {below} p{join}{filter};")
                .unwrap();
        }
        let top = self.view(*depth);
        writeln!(
            sql,
            "CREATE TRIGGER into_top INSTEAD OF INSERT ON {top} BEGIN INSERT INTO {table} (id, {column}) VALUES (NEW.id, NEW.{column}); END;\n\
             CREATE TRIGGER seen AFTER UPDATE OF {column} ON {table} BEGIN INSERT INTO log SELECT count(*) FROM {top}; END;"
        )
        .unwrap();
        sql
    }
}

fn sides(change: Change, depth: usize) -> (Pair<Chain>, RenameRules) {
    let chain = || Chain { depth, table: "goods", column: "name", ty: "VARCHAR(20)", more: false, filter: "" };
    let rule = |path: &[&str], to: &str| RenameRules {
        renames: vec![(path.iter().map(|word| (*word).to_owned()).collect(), to.to_owned())],
        ..RenameRules::default()
    };
    let none = RenameRules::default();
    match change {
        Change::View => (Pair::new(chain(), Chain { filter: " WHERE p.id > 0", ..chain() }), none),
        Change::RenameColumn => {
            (Pair::new(chain(), Chain { column: "title", ..chain() }), rule(&["goods", "name"], "title"))
        }
        Change::DropColumn => (Pair::new(Chain { more: true, ..chain() }, chain()), none),
        Change::Retype => (Pair::new(chain(), Chain { ty: "TEXT", ..chain() }), none),
        Change::RenameTable => (Pair::new(chain(), Chain { table: "wares", ..chain() }), rule(&["goods"], "wares")),
    }
}

#[test]
fn forty_chains_go_up_and_down() {
    let work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async {
        let mut failures = Vec::new();
        for number in 0..CHAINS {
            let (depth, change) = (1 + number % 8, CHANGES[number / 8]);
            if let Err(why) = prove(change, depth).await {
                failures.push(format!("{change:?}, {depth} deep: {why}"));
            }
        }
        assert!(failures.is_empty(), "{} of {CHAINS}:\n{}", failures.len(), failures.join("\n"));
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

async fn prove(change: Change, depth: usize) -> Result<(), String> {
    let (chains, rules) = sides(change, depth);
    let mut live = Connection::open(&Url::memory(), &Settings::default()).await.map_err(|error| error.to_string())?;
    let rows = format!(
        "INSERT INTO {table} (id, {column}) VALUES (1, 'one'), (2, 'two'); INSERT INTO child VALUES (1), (1), (2)",
        table = chains.from.table,
        column = chains.from.column
    );
    live.execute(&format!("{}{rows}", chains.from.sql())).await.map_err(|error| error.to_string())?;
    let before = stored(&mut live).await?;
    let dialect = of(live.server()).map_err(|error| error.to_string())?;
    let from = inspected(&mut live, dialect).await?;
    let to = judged(&chains.to.sql(), &mut live).await?;
    let context = Context { dialect, server: live.server() };
    let up = diff(Pair::new(&from, &to), &rules, context).operations;
    let down = reverse_all(&up).map_err(|operation| format!("no way back: {}", operation.describe()))?;
    run(&up, &mut live, dialect).await.map_err(|why| format!("up: {why}"))?;
    looked_at(&mut live, &to, &chains.to, context).await.map_err(|why| format!("behind up: {why}"))?;
    run(&down, &mut live, dialect).await.map_err(|why| format!("down: {why}"))?;
    looked_at(&mut live, &from, &chains.from, context).await.map_err(|why| format!("behind down: {why}"))?;
    // A rename leaves quotes around the names that it wrote.
    let (plain, now) = (before.replace('"', ""), stored(&mut live).await?.replace('"', ""));
    if plain == now { Ok(()) } else { Err(format!("the texts are other ones:\n{before}\n{now}")) }
}

/// What is there is what is wanted, the rows are there, and both triggers do their work.
async fn looked_at(live: &mut Connection, wanted: &Schema, chain: &Chain, context: Context<'_>) -> Result<(), String> {
    let found = inspected(live, of(live.server()).map_err(|error| error.to_string())?).await?;
    let rest = diff(Pair::new(&found, wanted), &RenameRules::default(), context).operations;
    if !rest.is_empty() {
        return Err(format!("left: {}", rest.iter().map(Operation::describe).collect::<Vec<_>>().join(", ")));
    }
    let Chain { table, column, depth, .. } = chain;
    let top = chain.view(*depth);
    let tried = format!(
        "DELETE FROM log; INSERT INTO {top} (id, {column}) VALUES (7, 'seven');
         UPDATE {table} SET {column} = 'new' WHERE id = 7; DELETE FROM {table} WHERE id = 7"
    );
    live.execute(&tried).await.map_err(|error| error.to_string())?;
    let sql =
        format!("SELECT (SELECT n FROM log) || ' ' || count(*) || ' ' || (SELECT count(*) FROM child) FROM {top}");
    let rows = live.rows(&sql).await.map_err(|error| error.to_string())?;
    match rows.first().and_then(|row| row.text(0)) {
        Some("3 2 3") => Ok(()),
        other => Err(format!("rows: {other:?}")),
    }
}

async fn inspected(live: &mut Connection, dialect: &dyn Server) -> Result<Schema, String> {
    dialect.inspect(live, &Scope::default()).await.map_err(|error| error.to_string())
}

async fn stored(live: &mut Connection) -> Result<String, String> {
    let sql =
        "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name)";
    let rows = live.rows(sql).await.map_err(|error| error.to_string())?;
    Ok(rows.first().and_then(|row| row.text(0)).unwrap_or_default().to_owned())
}

async fn judged(sql: &str, live: &mut Connection) -> Result<Schema, String> {
    let file = ModelFile { path: Path::new("chain.sql").into(), text: sql.to_owned(), is_yaml: false };
    let models = Models::parse(&[file]).map_err(|error| error.to_string())?;
    let (scope, settings, place) = (Scope::default(), Settings::default(), Place::SameServer { said: true });
    let dialect = of(live.server()).map_err(|error| error.to_string())?;
    let workshop = Workshop { dialect, place: &place, settings: &settings, tag: "chain", scope: &scope, setup: None };
    workshop.judge(live, &models).await.map_err(|error| error.to_string())
}

/// Runs operations as a revision does.
async fn run(operations: &[Operation], live: &mut Connection, dialect: &dyn Server) -> Result<(), String> {
    let text = |error: crate::error::Error| error.to_string();
    dialect.around_rebuild(live, true).await.map_err(text)?;
    let before = inspected(live, dialect).await?;
    let statements = dialect.render(operations, &before, live.server()).map_err(|refused| refused.what)?;
    live.begin_raw("BEGIN").await.map_err(text)?;
    for statement in &statements {
        live.run(statement).await.map_err(|error| format!("{error}: {}", statement.sql))?;
    }
    live.commit().await.map_err(text)?;
    dialect.around_rebuild(live, false).await.map_err(text)
}
