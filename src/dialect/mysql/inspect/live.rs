#![cfg(test)]
//! Tests against the server that `tests/run` starts: what is made, changed and taken back is what was asked for.

use std::path::Path;

use crate::db::{Connection, Settings, Url};
use crate::dialect::mysql::MySql;
use crate::dialect::{Dialect, Scope, Server};
use crate::diff::{Context, RenameRules, diff};
use crate::error::Kind;
use crate::ops::{Constraint, ObjectOperation, Operation, reverse_all};
use crate::schema::{Name, Object, ObjectKind, Pair, Schema, Table};
use crate::statement::Product;
use crate::statement::split::split;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn server() -> Url {
    #[expect(clippy::disallowed_methods, reason = "tests/run names its servers in the environment")]
    let text =
        std::env::var("MIGRATE_TEST_MYSQL").unwrap_or_else(|_| panic!("MIGRATE_TEST_MYSQL is not set: run tests/run"));
    Url::parse(&text, Path::new("")).unwrap()
}

async fn open(url: &Url) -> Connection {
    Connection::open(url, &Settings::default()).await.unwrap()
}

/// Runs `work` in a fresh database, which is dropped afterwards.
fn in_database<F: Future<Output = ()>>(name: &str, work: impl FnOnce(Connection) -> F) {
    block_on(async {
        let name = format!("my_{name}_{}", std::process::id());
        let mut keeper = open(&server()).await;
        keeper.execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
        let defaults = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";
        keeper.execute(&format!("CREATE DATABASE {name} {defaults}")).await.unwrap();
        work(open(&server().with_database(&name)).await).await;
        keeper.execute(&format!("DROP DATABASE {name}")).await.unwrap();
    });
}

async fn run(connection: &mut Connection, sql: &str) {
    for piece in split(sql, MySql.syntax()).unwrap() {
        let done = connection.execute(piece.sql).await;
        done.unwrap_or_else(|error| panic!("{error}\n{}", piece.sql));
    }
}

async fn inspect(connection: &mut Connection) -> Schema {
    MySql.inspect(connection, &Scope::default()).await.unwrap()
}

async fn perform(connection: &mut Connection, operations: &[Operation], before: &Schema) -> String {
    let statements = MySql.render(operations, before, connection.server()).unwrap();
    let mut texts = Vec::new();
    for statement in statements {
        let done = connection.execute(&statement.sql).await;
        texts.push(statement.sql);
        done.unwrap_or_else(|error| panic!("{error}\n{}\n{operations:#?}", texts.join(";\n")));
    }
    texts.join(";\n")
}

/// The server's own text of each table, its lines in order: where a key stands among others says nothing.
async fn dump(connection: &mut Connection) -> Vec<String> {
    let rows = connection.rows("SHOW FULL TABLES WHERE table_type = 'BASE TABLE'").await.unwrap();
    let mut all = Vec::new();
    for row in rows {
        let sql = format!("SHOW CREATE TABLE {}", MySql.quote(&row.text(0).unwrap().into()));
        let row = connection.first_row(&sql).await.unwrap().unwrap();
        let lines = row.text(1).unwrap().lines().map(|line| plain_line(line.trim_end_matches(',')));
        // Columns keep their places.
        let (columns, mut rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("  `"));
        rest.sort();
        all.extend(columns);
        all.extend(rest);
    }
    all
}

/// Without what the catalog does not tell, or what means nothing.
fn plain_line(line: &str) -> String {
    let line = line.replace(" USING BTREE", "").replace(" ON DELETE NO ACTION", "").replace(" ON UPDATE NO ACTION", "");
    match line.split_once(" AUTO_INCREMENT=") {
        Some((head, tail)) => format!("{head} {}", tail.split_once(' ').map_or("", |(_, tail)| tail)),
        None => line,
    }
}

fn difference(from: &Schema, to: &Schema, rules: &RenameRules, connection: &Connection) -> Vec<Operation> {
    let found = diff(Pair::new(from, to), rules, Context { dialect: &MySql, server: connection.server() });
    assert!(found.questions.is_empty(), "{:?}", found.questions);
    found.operations
}

/// Goes from one schema to another and back.
struct Case {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    /// `table.old=new` or `old=new`.
    renames: &'static [&'static str],
    rows: &'static str,
    /// What a statement must have in it.
    says: &'static [&'static str],
    /// The one that has what it is about.
    product: Option<Product>,
}

impl Case {
    const fn new(name: &'static str, from: &'static str, to: &'static str) -> Self {
        Self { name, from, to, renames: &[], rows: "", says: &[], product: None }
    }

    /// In words that MariaDB alone has.
    const fn mariadb(name: &'static str, from: &'static str, to: &'static str) -> Self {
        Self { product: Some(Product::MariaDb), ..Self::new(name, from, to) }
    }

    /// In words that MySQL alone has.
    const fn mysql(name: &'static str, from: &'static str, to: &'static str) -> Self {
        Self { product: Some(Product::MySql), ..Self::new(name, from, to) }
    }

    fn rules(&self) -> RenameRules {
        let rename = |text: &&str| {
            let (path, to) = text.split_once('=').unwrap();
            (path.split('.').map(str::to_owned).collect(), to.to_owned())
        };
        RenameRules { renames: self.renames.iter().map(rename).collect(), not: Vec::new(), none: true }
    }

    async fn prove(&self, connection: &mut Connection) {
        let wanted = self.wanted(connection).await;
        run(connection, self.from).await;
        run(connection, self.rows).await;
        let before = Found::read(connection).await;
        let operations = difference(&before.schema, &wanted.schema, &self.rules(), connection);
        assert!(!operations.is_empty(), "{}: nothing to do", self.name);
        let texts = perform(connection, &operations, &before.schema).await;
        for text in self.says {
            assert!(texts.contains(text), "{}: {text}\n{texts}", self.name);
        }
        let after = self.arrived(connection, &wanted, &texts).await;
        let mut remembered = before.schema.clone();
        MySql.advance(&operations, &mut remembered);
        assert_eq!(
            difference(&remembered, &wanted.schema, &none(), connection),
            [],
            "{}: in memory\n{texts}",
            self.name
        );
        let back = reverse_all(&operations).unwrap_or_else(|last| panic!("{}: no way back from {last:?}", self.name));
        let texts = perform(connection, &back, &after.schema).await;
        self.arrived(connection, &before, &texts).await;
    }

    /// What the server makes of `to`.
    async fn wanted(&self, connection: &mut Connection) -> Found {
        let tag = format!("{}-{}", self.name, std::process::id());
        let scratch = MySql.enter_scratch(connection, &tag, false).await.unwrap();
        run(connection, self.to).await;
        let wanted = Found::read(connection).await;
        MySql.leave_scratch(connection, &scratch).await.unwrap();
        wanted
    }

    /// The database is what was wanted, by its own text and by its nouns.
    async fn arrived(&self, connection: &mut Connection, wanted: &Found, texts: &str) -> Found {
        let found = Found::read(connection).await;
        assert_eq!(found.dump, wanted.dump, "{}\n{texts}", self.name);
        let left = difference(&found.schema, &wanted.schema, &none(), connection);
        assert_eq!(left, [], "{}\n{texts}", self.name);
        found
    }
}

/// A database as the tool and as the server itself tells it.
struct Found {
    schema: Schema,
    dump: Vec<String>,
}

impl Found {
    async fn read(connection: &mut Connection) -> Self {
        Self { schema: inspect(connection).await, dump: dump(connection).await }
    }
}

fn none() -> RenameRules {
    RenameRules { none: true, ..RenameRules::default() }
}

const PARENT: &str = "CREATE TABLE p (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, k int NOT NULL, UNIQUE KEY uk (k));";

/// Changes of columns.
const COLUMNS: &[Case] = &[
    Case::new(
        "add_column",
        "CREATE TABLE t (a int, c int)",
        "CREATE TABLE t (a int, b varchar(9) NOT NULL DEFAULT 'x' COMMENT 'it''s', c int)",
    ),
    Case::new(
        "add_columns",
        "CREATE TABLE t (a int)",
        "CREATE TABLE t (z int, a int, b int, c datetime(6) DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6))",
    ),
    Case::new(
        "drop_column",
        "CREATE TABLE t (a int, b int, c int, KEY ix (b, c))",
        "CREATE TABLE t (a int, c int, KEY ix (c))",
    ),
    Case::new("order", "CREATE TABLE t (a int, b int, c int, d int)", "CREATE TABLE t (d int, a int, c int, b int)"),
    Case::new(
        "change_and_move",
        "CREATE TABLE t (a int, b int, c int)",
        "CREATE TABLE t (b bigint NOT NULL DEFAULT 4, a int, c int)",
    ),
    Case::new(
        "type",
        "CREATE TABLE t (a int(11) NOT NULL DEFAULT 5 COMMENT 'x')",
        "CREATE TABLE t (a bigint(20) NOT NULL DEFAULT 5 COMMENT 'x')",
    ),
    Case::new("unsigned", "CREATE TABLE t (a int)", "CREATE TABLE t (a int(5) unsigned zerofill DEFAULT 7)"),
    Case::new(
        "enum",
        "CREATE TABLE t (a enum('x','y') DEFAULT 'x', s set('p'))",
        "CREATE TABLE t (a enum('x','y','it''s') DEFAULT 'x', s set('p','q'))",
    ),
    Case {
        rows: "INSERT INTO t VALUES (NULL), (3)",
        says: &["UPDATE `t` SET `a` = 7 WHERE `a` IS NULL"],
        ..Case::new("not_null", "CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL DEFAULT 7)")
    },
    Case {
        says: &["ALTER TABLE `t` ALTER COLUMN `a` SET DEFAULT 'b\\\\''c'"],
        ..Case::new("default", "CREATE TABLE t (a varchar(9))", "CREATE TABLE t (a varchar(9) DEFAULT 'b\\\\''c')")
    },
    Case::mariadb(
        "default_expression",
        "CREATE TABLE t (a varchar(36) DEFAULT 'x', b int NOT NULL DEFAULT 3, c int, d json)",
        "CREATE TABLE t (a varchar(36) DEFAULT uuid(), b int NOT NULL, c int DEFAULT (1 + 2), d json DEFAULT '{}')",
    ),
    Case::mysql(
        "default_expression",
        "CREATE TABLE t (a varchar(36) DEFAULT 'x', b int NOT NULL DEFAULT 3, c int, d json)",
        "CREATE TABLE t (a varchar(36) DEFAULT (uuid()), b int NOT NULL, c int DEFAULT (1 + 2), d json DEFAULT ('{}'))",
    ),
    Case::new(
        "on_update",
        "CREATE TABLE t (a timestamp NULL DEFAULT current_timestamp())",
        "CREATE TABLE t (a timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp())",
    ),
    Case::new(
        "on_update_default",
        "CREATE TABLE t (a datetime DEFAULT current_timestamp() ON UPDATE current_timestamp())",
        "CREATE TABLE t (a datetime DEFAULT '2020-01-01 00:00:00' ON UPDATE current_timestamp())",
    ),
    Case::new(
        "comment",
        "CREATE TABLE t (a int COMMENT 'x', b int) COMMENT 'old'",
        "CREATE TABLE t (a int, b int COMMENT 'b\\\\c') COMMENT 'new''s'",
    ),
    Case::new(
        "invisible",
        "CREATE TABLE t (a int, b int DEFAULT 3)",
        "CREATE TABLE t (a int, b int INVISIBLE DEFAULT 3)",
    ),
    Case::new(
        "collation",
        "CREATE TABLE t (a varchar(9), b varchar(9) COLLATE utf8mb4_bin, c text)",
        "CREATE TABLE t (a varchar(9) COLLATE utf8mb4_bin, b varchar(9), c text CHARACTER SET latin1)",
    ),
    Case::mariadb("compressed", "CREATE TABLE t (a text)", "CREATE TABLE t (a text COMPRESSED COLLATE utf8mb4_bin)"),
    Case::new("json", "CREATE TABLE t (a longtext)", "CREATE TABLE t (a json)"),
    Case::new(
        "generated",
        "CREATE TABLE t (a int, b int AS (a + 1) VIRTUAL, c int AS (a + 2) STORED)",
        "CREATE TABLE t (a int, b int AS (a + 3) VIRTUAL, c int AS (a * 2) STORED)",
    ),
    Case::new(
        "add_generated",
        "CREATE TABLE t (a int, b varchar(9))",
        "CREATE TABLE t (a int, b varchar(9), v int AS (a + 1) VIRTUAL, s varchar(20) AS (concat(b, 'x')) STORED COMMENT 'y')",
    ),
    Case::new(
        "column_check",
        "CREATE TABLE t (a int, b int CHECK (b > 0))",
        "CREATE TABLE t (a int CHECK (a < 9), b int)",
    ),
    Case {
        renames: &["t.a=z"],
        rows: "INSERT INTO t (a) VALUES (1)",
        ..Case::new(
            "rename",
            "CREATE TABLE t (a int, b int AS (a + 1), KEY ix (a), CONSTRAINT ck CHECK (a > 0))",
            "CREATE TABLE t (z int, b int AS (z + 1), KEY ix (z), CONSTRAINT ck CHECK (z > 0))",
        )
    },
    Case {
        renames: &["t.a=z"],
        ..Case::new(
            "rename_and_change",
            "CREATE TABLE t (a int DEFAULT 3, b int)",
            "CREATE TABLE t (b int, z bigint NOT NULL DEFAULT 4)",
        )
    },
    Case {
        renames: &["t.a=b", "t.b=a"],
        ..Case::new("swap", "CREATE TABLE t (a int, b varchar(9))", "CREATE TABLE t (b int, a varchar(9))")
    },
    Case {
        rows: "INSERT INTO t (a) VALUES (1)",
        ..Case::new(
            "virtual_to_stored",
            "CREATE TABLE t (a int, b int AS (a + 1) VIRTUAL, c int, UNIQUE KEY u (b), KEY x (c, b), CONSTRAINT k CHECK (b > 0))",
            "CREATE TABLE t (a int, b int AS (a + 1) STORED, c int, UNIQUE KEY u (b), KEY x (c, b), CONSTRAINT k CHECK (b > 0))",
        )
    },
    Case {
        rows: "INSERT INTO t (a) VALUES (1)",
        ..Case::new(
            "virtual_to_plain",
            "CREATE TABLE t (a int, b int AS (a + 1) VIRTUAL, c int)",
            "CREATE TABLE t (a int, b int, c int)",
        )
    },
    Case::new("spatial", "CREATE TABLE t (a int)", "CREATE TABLE t (a int, g point NOT NULL, SPATIAL KEY sp (g))"),
];

/// Changes of keys and indexes.
const KEYS: &[Case] = &[
    Case::new(
        "index",
        "CREATE TABLE t (a varchar(99), b int, KEY x (a))",
        "CREATE TABLE t (a varchar(99), b int, KEY x (a(5) DESC, b), KEY y (b) COMMENT 'why', UNIQUE KEY z (a(3)))",
    ),
    Case::new(
        "fulltext",
        "CREATE TABLE t (a text, b text)",
        "CREATE TABLE t (a text, b text, FULLTEXT KEY f (a), FULLTEXT KEY g (a, b))",
    ),
    Case::mariadb("ignored", "CREATE TABLE t (a int, KEY x (a))", "CREATE TABLE t (a int, KEY x (a) IGNORED)"),
    Case::mysql("ignored", "CREATE TABLE t (a int, KEY x (a))", "CREATE TABLE t (a int, KEY x (a) INVISIBLE)"),
    Case::mysql(
        "index_of_expression",
        "CREATE TABLE t (a int, b varchar(9), KEY x (a))",
        "CREATE TABLE t (a int, b varchar(9), KEY x (a, (lower(b))), UNIQUE KEY y ((a + 1) DESC))",
    ),
    Case::mysql(
        "check_not_enforced",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0) NOT ENFORCED)",
    ),
    Case::new(
        "index_comment",
        "CREATE TABLE t (a int, b int, KEY x (a), UNIQUE KEY u (b) COMMENT 'old')",
        "CREATE TABLE t (a int, b int, KEY x (a) COMMENT 'new', UNIQUE KEY u (b))",
    ),
    Case {
        says: &["RENAME INDEX"],
        ..Case::new(
            "rename_index",
            "CREATE TABLE t (a int, b int, KEY x (a), UNIQUE KEY u (b))",
            "CREATE TABLE t (a int, b int, KEY y (a), UNIQUE KEY v (b))",
        )
    },
    Case::new(
        "unique",
        "CREATE TABLE t (a int, b int, UNIQUE KEY u (a))",
        "CREATE TABLE t (a int, b int, UNIQUE KEY u (a, b))",
    ),
    Case::new(
        "primary",
        "CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a))",
        "CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (b, a))",
    ),
    Case::new("add_primary", "CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL, PRIMARY KEY (a))"),
    Case::new(
        "add_identity",
        "CREATE TABLE t (a int)",
        "CREATE TABLE t (id bigint NOT NULL AUTO_INCREMENT, a int, PRIMARY KEY (id))",
    ),
    Case::new(
        "become_identity",
        "CREATE TABLE t (id int NOT NULL, PRIMARY KEY (id))",
        "CREATE TABLE t (id bigint NOT NULL AUTO_INCREMENT, PRIMARY KEY (id))",
    ),
    Case::new(
        "move_identity",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, b int NOT NULL, PRIMARY KEY (id))",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, b int NOT NULL, PRIMARY KEY (b), UNIQUE KEY u (id))",
    ),
    Case::new(
        "identity_key",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, b int NOT NULL, KEY k (id))",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, b int NOT NULL, KEY k (id, b))",
    ),
    Case::new(
        "swap_primary",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, PRIMARY KEY (id))",
        "CREATE TABLE t (id int NOT NULL, n bigint NOT NULL AUTO_INCREMENT, PRIMARY KEY (n))",
    ),
    Case::new(
        "check",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 1), CONSTRAINT d CHECK (a <> 5 and a <> 'x'))",
    ),
    Case::new(
        "rename_check",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))",
        "CREATE TABLE t (a int, CONSTRAINT d CHECK (a > 0))",
    ),
    Case::new(
        "drop_under_keys",
        "CREATE TABLE t (a int, b int, UNIQUE KEY u (b), CONSTRAINT c CHECK (b > 0))",
        "CREATE TABLE t (a int)",
    ),
];

/// Changes of foreign keys and of what is under them; all begin with [`PARENT`].
const FOREIGN_KEYS: &[Case] = &[
    Case::new(
        "add_key",
        "CREATE TABLE t (a int)",
        "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE)",
    ),
    Case::new("add_unnamed_key", "CREATE TABLE t (a int)", "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (id))"),
    Case {
        renames: &["t.a=z"],
        ..Case::new(
            "rename_column_of_unnamed_key",
            "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (id))",
            "CREATE TABLE t (z int, FOREIGN KEY (z) REFERENCES p (id))",
        )
    },
    Case::new(
        "drop_unnamed_key",
        "CREATE TABLE t (a int, b int, FOREIGN KEY (a) REFERENCES p (id), FOREIGN KEY (b) REFERENCES p (k))",
        "CREATE TABLE t (a int, b int, FOREIGN KEY (a) REFERENCES p (id))",
    ),
    Case::new(
        "change_key",
        "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (k) ON UPDATE SET NULL)",
    ),
    Case::new(
        "rename_key",
        "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE t (a int, CONSTRAINT g FOREIGN KEY (a) REFERENCES p (id))",
    ),
    Case::new(
        "index_for_key",
        "CREATE TABLE t (a int, b int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE t (a int, b int, KEY ix (a, b), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
    ),
    Case::new(
        "other_index_for_key",
        "CREATE TABLE t (a int, b int, KEY ix (a, b), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE t (a int, b int, KEY ix (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
    ),
    Case::new(
        "unique_for_key",
        "CREATE TABLE t (a int, b int, UNIQUE KEY ix (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE t (a int, b int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
    ),
    Case::new(
        "drop_column_of_key",
        "CREATE TABLE t (a int, b int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE t (b int)",
    ),
    Case::new(
        "drop_table",
        "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)); CREATE TABLE u (a int, KEY (a))",
        "CREATE TABLE u (a int, KEY (a))",
    ),
    Case::new(
        "cycle",
        "CREATE TABLE t (a int PRIMARY KEY, b int)",
        "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE TABLE u (a int PRIMARY KEY, CONSTRAINT fu FOREIGN KEY (a) REFERENCES t (a)); ALTER TABLE t ADD CONSTRAINT ft FOREIGN KEY (b) REFERENCES u (a)",
    ),
    Case {
        renames: &["t.a=z"],
        ..Case::new(
            "rename_column_of_key",
            "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
            "CREATE TABLE t (z int, CONSTRAINT f FOREIGN KEY (z) REFERENCES p (id))",
        )
    },
    Case {
        renames: &["t=s"],
        ..Case::new(
            "rename_table",
            "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (id))",
            "CREATE TABLE s (a int, FOREIGN KEY (a) REFERENCES p (id))",
        )
    },
    Case {
        renames: &["t=s"],
        ..Case::new(
            "rename_table_and_drop",
            "CREATE TABLE t (a int, b int, c int, CONSTRAINT t_ibfk_1 FOREIGN KEY (a) REFERENCES p (id), CONSTRAINT t_ibfk_2 FOREIGN KEY (c) REFERENCES p (id))",
            "CREATE TABLE s (a int, b int, c int, CONSTRAINT s_ibfk_2 FOREIGN KEY (c) REFERENCES p (id))",
        )
    },
];

/// Changes on both sides of a foreign key.
const TYPES_UNDER_KEYS: &[Case] = &[
    Case {
        rows: "INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1)",
        ..Case::new(
            "type_under_key",
            "CREATE TABLE p (id int PRIMARY KEY, k int); CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
            "CREATE TABLE p (id bigint PRIMARY KEY, k int); CREATE TABLE t (a bigint, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        )
    },
    Case::new(
        "collation_under_key",
        "CREATE TABLE p (id varchar(9) PRIMARY KEY); CREATE TABLE t (a varchar(9), j json, e varchar(9) COLLATE utf8mb4_bin, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        "CREATE TABLE p (id varchar(9) PRIMARY KEY) COLLATE utf8mb4_bin; CREATE TABLE t (a varchar(9), j json, e varchar(9), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)) COLLATE utf8mb4_bin",
    ),
    Case::new(
        "drop_parent_key",
        "CREATE TABLE p (id int PRIMARY KEY, k int NOT NULL, UNIQUE KEY uk (k)); CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (k))",
        "CREATE TABLE p (id int PRIMARY KEY, k int NOT NULL); CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
    ),
];

/// Changes of tables.
const TABLES: &[Case] = &[
    Case::new("engine", "CREATE TABLE t (a int)", "CREATE TABLE t (a int) ENGINE=MyISAM"),
    Case::new(
        "row_format",
        "CREATE TABLE t (a int) STATS_PERSISTENT=1",
        "CREATE TABLE t (a int) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
    ),
    Case::new(
        "charset",
        "CREATE TABLE t (a varchar(9), b text, e enum('x'), n int, j json)",
        "CREATE TABLE t (a varchar(9), b text, e enum('x'), n int, j json) CHARACTER SET latin1",
    ),
    Case::mariadb("page_compressed", "CREATE TABLE t (a int)", "CREATE TABLE t (a int) page_compressed=1"),
    Case {
        renames: &["t=s"],
        rows: "INSERT INTO t VALUES (1)",
        ..Case::new("rename_plain", "CREATE TABLE t (a int)", "CREATE TABLE s (a int, b int)")
    },
    Case::new(
        "odd_names",
        "CREATE TABLE `a b` (`x``y` int)",
        "CREATE TABLE `a b` (`x``y` int, `select` int, `Käse` int, KEY `k``1` (`select`))",
    ),
    Case::new(
        "primary_prefix",
        "CREATE TABLE t (a varchar(99) NOT NULL, PRIMARY KEY (a))",
        "CREATE TABLE t (a varchar(99) NOT NULL, PRIMARY KEY (a(10)))",
    ),
    Case::mariadb(
        "everything",
        "",
        "CREATE TABLE t (id bigint unsigned NOT NULL AUTO_INCREMENT, u uuid DEFAULT uuid(), ts timestamp(3) NOT NULL DEFAULT current_timestamp(3), i inet6, y year, b bit(3) DEFAULT b'101', bl blob DEFAULT 'x', d decimal(10,2) unsigned DEFAULT 1.5, f float, PRIMARY KEY (id))",
    ),
    Case::mysql(
        "everything",
        "",
        "CREATE TABLE t (id bigint unsigned NOT NULL AUTO_INCREMENT, u char(36) DEFAULT (uuid()), ts timestamp(3) NOT NULL DEFAULT current_timestamp(3), v vector(3), y year, b bit(3) DEFAULT b'101', bl blob DEFAULT ('x'), d decimal(10,2) unsigned DEFAULT 1.5, f float, j json, PRIMARY KEY (id))",
    ),
];

/// Which of the two the server is.
fn product() -> Product {
    block_on(async { open(&server()).await.server().product })
}

/// Runs each case that the server knows in a database of its own, all of them, and names those that failed.
fn prove(cases: &'static [Case], always: &'static str) {
    let one = |case: &'static Case| {
        std::thread::spawn(move || {
            in_database(case.name, |mut connection| async move {
                let [from, to] = [case.from, case.to].map(|sql| &*format!("{always}{sql}").leak());
                Case { from, to, ..*case }.prove(&mut connection).await;
            });
        })
    };
    let product = product();
    let cases: Vec<&Case> = cases.iter().filter(|case| case.product.is_none_or(|one| one == product)).collect();
    let failed: Vec<&str> = cases.iter().filter(|case| one(case).join().is_err()).map(|case| case.name).collect();
    assert!(failed.is_empty(), "{} of {} cases failed: {}", failed.len(), cases.len(), failed.join(", "));
}

#[test]
fn columns_change_there_and_back() {
    prove(COLUMNS, "");
}

#[test]
fn keys_change_there_and_back() {
    prove(KEYS, "");
}

#[test]
fn foreign_keys_change_there_and_back() {
    prove(FOREIGN_KEYS, PARENT);
}

#[test]
fn types_change_under_foreign_keys() {
    prove(TYPES_UNDER_KEYS, "");
}

#[test]
fn tables_change_there_and_back() {
    prove(TABLES, "");
}

/// One of everything that nouns can hold; a line that ends with `-- mariadb` or `-- mysql` is for that one alone.
const EVERYTHING: &str = include_str!("everything.sql");

/// What of [`EVERYTHING`] the server knows.
fn everything(product: Product) -> String {
    let (own, other) = if product == Product::MySql { ("mysql", "mariadb") } else { ("mariadb", "mysql") };
    let lines = EVERYTHING.lines().filter(|line| !line.ends_with(&format!("-- {other}")));
    lines.map(|line| line.strip_suffix(&format!("-- {own}")).unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn inspection_and_rendering_are_a_circle() {
    in_database("circle", |mut connection| async move {
        let product = connection.server().product;
        run(&mut connection, &everything(product)).await;
        let made = inspect(&mut connection).await;
        // MySQL words checks anew with each ALTER TABLE.
        connection.execute("ALTER TABLE t FORCE").await.unwrap();
        let first = Found::read(&mut connection).await;
        assert_eq!(made.tables, first.schema.tables);
        let others: Vec<String> =
            first.schema.unmodelled.iter().map(|one| format!("{} {}", one.kind, one.name.for_people())).collect();
        assert!(others.is_empty(), "{others:?}");
        assert!(!first.schema.tables.contains_key(&Name::own("migrate_log")));
        let scratch = MySql.enter_scratch(&mut connection, "circle", false).await.unwrap();
        let (early, late): (Vec<_>, Vec<_>) =
            first.schema.objects.values().cloned().partition(|object| object.id.kind == ObjectKind::Sequence);
        let made = |object: Object| Operation::Object(ObjectOperation::Create(Box::new(object)));
        let bare =
            |table: &Table| Operation::CreateTable(Box::new(Table { foreign_keys: Vec::new(), ..table.clone() }));
        let mut operations: Vec<Operation> = early.into_iter().map(made).collect();
        operations.extend(first.schema.tables.values().map(bare));
        for table in first.schema.tables.values() {
            operations.extend(table.foreign_keys.iter().map(|key| Operation::AddConstraint {
                table: table.name.clone(),
                constraint: Box::new(Constraint::ForeignKey(key.clone())),
            }));
        }
        operations.extend(late.into_iter().map(made));
        perform(&mut connection, &operations, &Schema::default()).await;
        let second = Found::read(&mut connection).await;
        assert_eq!(second.schema.tables, first.schema.tables);
        assert_eq!(second.schema.objects, first.schema.objects);
        // Left out: the tool's own, and a default that names its database.
        let expected = ["migrate_log", "nextval"];
        let gone = first.dump.iter().filter(|line| !second.dump.contains(line));
        let missing: Vec<_> = gone.filter(|line| !expected.iter().any(|word| line.contains(word))).collect();
        assert!(missing.is_empty(), "{missing:?}");
        MySql.leave_scratch(&mut connection, &scratch).await.unwrap();
    });
}

#[test]
fn other_schemas_are_read_by_name() {
    in_database("schemas", |mut connection| async move {
        let other = format!("my_other_{}", std::process::id());
        run(&mut connection, "CREATE TABLE p (id int PRIMARY KEY)").await;
        let own = connection.own_schema().as_str().to_owned();
        connection.execute(&format!("CREATE DATABASE {other}")).await.unwrap();
        let sql = format!("CREATE TABLE {other}.t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES {own}.p (id))");
        connection.execute(&sql).await.unwrap();
        let names = vec![other.as_str().into(), "my_no_such_database".into()];
        let scope = Scope { schemas: names, without_own: true, ..Scope::default() };
        let schema = MySql.inspect(&mut connection, &scope).await.unwrap();
        connection.execute(&format!("DROP DATABASE {other}")).await.unwrap();
        assert_eq!(schema.schemas.len(), 1);
        let table = schema.tables.get(&Name::new(Some(other.as_str().into()), "t")).unwrap();
        assert_eq!(table.foreign_keys[0].references, Name::own("p"));
        assert_eq!(schema.tables.len(), 1);
    });
}

#[test]
fn one_session_at_a_time_has_the_lock() {
    in_database("lock", |mut first| async move {
        let table = Name::own("migrate_version");
        let mut second = open(&server().with_database(first.own_schema().as_str())).await;
        assert!(MySql.lock_holder(&mut second, &table).await.unwrap().is_none());
        assert!(MySql.try_lock(&mut first, &table).await.unwrap());
        assert!(!MySql.try_lock(&mut second, &table).await.unwrap());
        assert!(!MySql.unlock(&mut second, &table).await.unwrap());
        let holder = MySql.lock_holder(&mut second, &table).await.unwrap().unwrap();
        assert!(holder.description.contains("user root"), "{}", holder.description);
        assert!(MySql.unlock(&mut first, &table).await.unwrap());
        assert!(MySql.try_lock(&mut second, &table).await.unwrap());
    });
}

#[test]
fn one_transaction_at_a_time_moves_the_version() {
    in_database("begin", |mut first| async move {
        let table = Name::own("v");
        assert!(!MySql.has_table(&mut first, &table).await.unwrap());
        run(&mut first, "CREATE TABLE v (version_num varchar(32) NOT NULL PRIMARY KEY)").await;
        assert!(MySql.has_table(&mut first, &table).await.unwrap());
        let mut second = open(&server().with_database(first.own_schema().as_str())).await;
        MySql.begin(&mut first, &table).await.unwrap();
        // The empty table has a gap, which both may lock; who writes first lets the other one fail.
        first.execute("INSERT INTO v VALUES ('a')").await.unwrap();
        let error = MySql.begin(&mut second, &table).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Locked);
        first.commit().await.unwrap();
        MySql.begin(&mut second, &table).await.unwrap();
        assert_eq!(MySql.begin(&mut first, &table).await.unwrap_err().kind(), Kind::Locked);
        second.rollback().await.unwrap();
        MySql.begin(&mut first, &table).await.unwrap();
        first.rollback().await.unwrap();
    });
}

#[test]
fn leftover_scratch_places_go_and_used_ones_stay() {
    in_database("leftovers", |mut first| async move {
        let tag = format!("left-{}", std::process::id());
        let exists = format!("SHOW DATABASES LIKE 'migrate\\_scratch\\_left\\_{}%'", std::process::id());
        let mut dying = open(&server()).await;
        MySql.enter_scratch(&mut dying, &format!("{tag}-a"), false).await.unwrap();
        let used = MySql.enter_scratch(&mut first, &format!("{tag}-b"), false).await.unwrap();
        assert_eq!(first.rows(&exists).await.unwrap().len(), 2);
        dying.close().await;
        let mut other = open(&server()).await;
        let third = MySql.enter_scratch(&mut other, &format!("{tag}-c"), false).await.unwrap();
        let left: Vec<String> =
            other.rows(&exists).await.unwrap().iter().map(|row| row.text(0).unwrap().to_owned()).collect();
        assert_eq!(left, [used.name.as_str(), third.name.as_str()]);
        MySql.leave_scratch(&mut other, &third).await.unwrap();
        MySql.leave_scratch(&mut first, &used).await.unwrap();
        assert_eq!(first.rows(&exists).await.unwrap().len(), 0);
        let row = first.first_row("SELECT DATABASE()").await.unwrap().unwrap();
        assert_eq!(row.text(0), Some(first.own_schema().as_str()));
    });
}
