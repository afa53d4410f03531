//! Tests against a real SQLite in memory: what is read agrees with its pragmas, and what is edited is taken by it.

use std::path::Path;
use std::pin::Pin;

use super::*;
use crate::db::{Settings, Url};
use crate::dialect::sqlite::ddl::{self, Clause, TableText, Writer};
use crate::dialect::{Dialect, Unsupported};
use crate::ops::{ColumnChange, Constraint, Operation, apply};
use crate::schema::{Check, Column, Default, Expr, IndexTarget, Options, Position, Table, Type, Unique};
use crate::statement::token::unquote;

pub(crate) fn block_on<T>(work: impl Future<Output = T> + Send) -> T {
    let work: Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(work);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A database in memory that was made by these statements.
pub(crate) async fn database(sql: &str) -> Connection {
    let url = Url::parse("sqlite::memory:", Path::new("")).unwrap();
    let mut connection = Connection::open(&url, &Settings::default()).await.unwrap();
    connection.execute(sql).await.unwrap();
    connection
}

async fn read_all(connection: &mut Connection) -> Schema {
    inspect(connection, &Scope::default()).await.unwrap()
}

/// What a question answers, cells separated by bars.
async fn answers(connection: &mut Connection, sql: &str) -> Vec<String> {
    let rows = connection.rows(sql).await.unwrap();
    let cells = |row: &Row| (0..row.len()).map(|cell| row.text(cell).unwrap_or("∅").to_owned()).collect::<Vec<_>>();
    rows.iter().map(|row| cells(row).join("|")).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Everything that the texts told, compared with what the pragmas say.
pub(crate) async fn agree(connection: &mut Connection) -> Schema {
    let schema = read_all(connection).await;
    for table in schema.tables.values() {
        let text = ddl::parse(table.definition.as_deref().unwrap()).unwrap();
        columns_agree(connection, &text).await;
        foreign_keys_agree(connection, table).await;
        indexes_agree(connection, table).await;
    }
    schema
}

async fn columns_agree(connection: &mut Connection, text: &TableText<'_>) {
    let name = quoted(text.name.ident.as_str());
    let sql =
        format!(r#"SELECT name, lower(type), "notnull", dflt_value, pk > 0, hidden FROM pragma_table_xinfo({name})"#);
    let said = answers(connection, &sql).await;
    let key: Vec<&Ident> =
        text.primary_key().iter().flat_map(|(_, _, key)| &key.parts).map(|part| &part.column.ident).collect();
    let read: Vec<String> = text
        .columns
        .iter()
        .map(|column| {
            let ty = column.ty.map(|ty| unquote(&ty.of(text.text).to_ascii_lowercase())).unwrap_or_default();
            let in_key = key.iter().any(|name| column.name.is(name));
            let strict_key = in_key && text.has(ddl::TableOption::Strict) && !(key.len() == 1 && ty == "integer");
            let mut not_null = strict_key || (in_key && text.has(ddl::TableOption::WithoutRowid));
            let (mut default, mut hidden) = ("∅", 0);
            for clause in &column.clauses {
                not_null |= matches!(clause.clause, Clause::NotNull { .. });
                if let Clause::Default { value } = clause.clause {
                    default = value.of(text.text);
                }
                if let Clause::Generated { stored, .. } = clause.clause {
                    hidden = 2 + i32::from(stored);
                }
            }
            let name = column.name.ident.as_str();
            format!("{name}|{ty}|{}|{default}|{}|{hidden}", i32::from(not_null), i32::from(in_key))
        })
        .collect();
    assert_eq!(read, said, "{}", text.text);
}

async fn foreign_keys_agree(connection: &mut Connection, table: &Table) {
    let name = quoted(table.name.name.as_str());
    let sql = format!(
        r#"SELECT lower("table"), group_concat(lower("from")), lower(on_delete), lower(on_update), max("to") IS NULL
        FROM (SELECT * FROM pragma_foreign_key_list({name}) ORDER BY id DESC, seq) GROUP BY id ORDER BY id DESC"#
    );
    let said = answers(connection, &sql).await;
    let text = ddl::parse(table.definition.as_deref().unwrap()).unwrap();
    let unsaid = text.clauses().filter_map(|(_, clause)| {
        let Clause::References(reference) = &clause.clause else { return None };
        Some(reference.referenced.is_empty())
    });
    let read: Vec<String> = table
        .foreign_keys
        .iter()
        .zip(unsaid)
        .map(|(key, unsaid)| {
            let columns: Vec<String> = key.columns.iter().map(|column| column.as_str().to_lowercase()).collect();
            let parent = key.references.name.as_str().to_lowercase();
            let (delete, update) = (key.on_delete.word(), key.on_update.word());
            format!("{parent}|{}|{delete}|{update}|{}", columns.join(","), i32::from(unsaid))
        })
        .collect();
    assert_eq!(read, said, "{name}");
}

async fn indexes_agree(connection: &mut Connection, table: &Table) {
    let name = quoted(table.name.name.as_str());
    let sql = format!(
        r#"SELECT i.name, i."unique", i.partial, group_concat(coalesce(x.name, '()') || ' ' || x."desc" || ' ' || upper(x.coll))
        FROM pragma_index_list({name}) i JOIN pragma_index_xinfo(i.name) x
        WHERE i.origin = 'c' AND x.key = 1 GROUP BY i.name ORDER BY i.name"#
    );
    let said = answers(connection, &sql).await;
    let read: Vec<String> = table
        .indexes
        .iter()
        .map(|index| {
            let parts: Vec<String> = index
                .parts
                .iter()
                .map(|part| {
                    let (name, own) = match &part.target {
                        IndexTarget::Column(name) => {
                            (name.as_str(), table.column(name).unwrap().options.get("sqlite", "collate"))
                        }
                        IndexTarget::Expression(_) => ("()", None),
                    };
                    let collation = part.collation.as_deref().or(own).unwrap_or("BINARY");
                    format!("{name} {} {collation}", i32::from(part.descending))
                })
                .collect();
            let (unique, partial) = (i32::from(index.unique), i32::from(index.predicate.is_some()));
            format!("{}|{unique}|{partial}|{}", index.name.as_str(), parts.join(","))
        })
        .collect();
    assert_eq!(read, said);
    let uniques = format!("SELECT count(*) FROM pragma_index_list({name}) WHERE origin = 'u'");
    assert_eq!(answers(connection, &uniques).await, [table.uniques.len().to_string()], "{name}");
}

/// What SQLite takes for a table, in every spelling that it has.
pub(crate) const TRICKY: &str = r#"
CREATE TABLE parent (id INTEGER PRIMARY KEY, Code TEXT UNIQUE, a INT, b INT, UNIQUE (a, b));
CREATE TABLE plain(a,b,c);
create table "quoted name" ("a b" integer primary key autoincrement, [c d] varchar (20) , `e``f` decimal( 10 , 2 ), 'g' "odd type");
CREATE TABLE IF NOT EXISTS main.prefixed -- what it is for
(
  -- the key
  id INTEGER CONSTRAINT pk_prefixed PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT, -- counts up
  name TEXT NOT NULL ON CONFLICT IGNORE COLLATE nocase DEFAULT 'x, y (z)', /* the name */
  note TEXT CONSTRAINT ck_note CHECK (note <> ');') CHECK(length(note) < 10),

  -- numbers
  n INT DEFAULT -1, m REAL DEFAULT +2.5, k DEFAULT (1 + (2)), w DEFAULT word, q DEFAULT "quoted", t DEFAULT CURRENT_TIMESTAMP,
  none DEFAULT NULL, yes DEFAULT TRUE, h BLOB DEFAULT x'00ff',
  up NUMERIC NULL REFERENCES parent, -- no columns
  code TEXT REFERENCES PARENT (CODE) ON DELETE SET NULL ON UPDATE CASCADE MATCH FULL NOT NULL DEFERRABLE INITIALLY DEFERRED,
  both AS (n || name) , kept INT GENERATED ALWAYS AS (n * 2) STORED UNIQUE,
  CONSTRAINT uq UNIQUE (name COLLATE binary DESC, n) ON CONFLICT FAIL
  CHECK (n <> m) CONSTRAINT fk FOREIGN KEY (n, k) REFERENCES parent (a, b) ON DELETE RESTRICT DEFERRABLE
  , UNIQUE (note) /* last */ , UNIQUE (note)
  CONSTRAINT nobody
);
CREATE TABLE rowless (a TEXT, b INT, c ANY, PRIMARY KEY (b DESC, a COLLATE nocase)) WITHOUT ROWID, STRICT;
CREATE TABLE strict_one (a INT PRIMARY KEY, b ANY, c TEXT NOT NULL ON CONFLICT abort, CHECK (b <> a)) STRICT;
CREATE TABLE strict_two (a INTEGER, b BLOB, PRIMARY KEY (a AUTOINCREMENT)) STRICT;
CREATE TABLE down (a INTEGER PRIMARY KEY DESC, b INT UNIQUE, "check" TEXT, UNIQUE (b));
CREATE TABLE aliased (a INTEGER, b TEXT, PRIMARY KEY (a DESC)) /* behind */ WITHOUT ROWID;
CREATE TABLE copy AS SELECT a, b AS "b c" FROM strict_one;
CREATE TABLE self (id INTEGER PRIMARY KEY, up REFERENCES self (id), CHECK (self.id <> self.up));
CREATE INDEX i1 ON self (up DESC, (id + up) COLLATE nocase, ('id'), "nosuch") WHERE up IS NOT NULL;
CREATE UNIQUE INDEX "i ""2" ON down ([check] COLLATE BINARY ASC, "check" collate rtrim, 'b');
"#;

/// Plain renderings, so that this file needs nothing of the dialect's `render`.
fn write_name(name: &Ident) -> String {
    format!("\"{}\"", name.as_str().replace('"', "\"\""))
}

fn write_names(names: &[Ident]) -> String {
    names.iter().map(write_name).collect::<Vec<_>>().join(", ")
}

fn write_column(column: &Column) -> String {
    let Type::Native(ty) = &column.ty else { panic!("{column:?}") };
    let default = column.default.as_ref().map(|default| {
        let Default::Sql(expr) = default else { panic!("{column:?}") };
        format!(" {}", ddl::default_clause(expr.text()).unwrap())
    });
    let null = if column.nullable { "" } else { " NOT NULL" };
    format!("{} {ty}{null}{}", write_name(&column.name), default.unwrap_or_default())
}

fn write_constraint(constraint: &Constraint) -> String {
    let name = constraint.name().map(|name| format!("CONSTRAINT {} ", write_name(name))).unwrap_or_default();
    let columns = write_names(constraint.columns());
    let body = match constraint {
        Constraint::PrimaryKey(_) => format!("PRIMARY KEY ({columns})"),
        Constraint::Unique(_) => format!("UNIQUE ({columns})"),
        Constraint::Check(check) => format!("CHECK ({})", check.condition.text()),
        Constraint::ForeignKey(key) => {
            let (parent, others) = (write_name(&key.references.name), write_names(&key.referenced_columns));
            let others = if others.is_empty() { others } else { format!(" ({others})") };
            format!("FOREIGN KEY ({columns}) REFERENCES {parent}{others}")
        }
    };
    format!("{name}{body}")
}

fn edited(text: &str, operation: &Operation) -> std::result::Result<String, Unsupported> {
    let writer = Writer { column: &write_column, constraint: &write_constraint, quote: &write_name };
    ddl::edit(text, operation, &writer)
}

/// The only table of a database that was made with one statement.
async fn only_table(sql: &str) -> Table {
    let mut connection = database(sql).await;
    let schema = read_all(&mut connection).await;
    assert!(schema.unmodelled.is_empty(), "{sql}");
    schema.tables.into_values().next().unwrap()
}

/// The text is not compared, nor are the indexes, which are made by statements of their own, nor the order of constraints.
fn bare(mut table: Table) -> Table {
    table.definition = None;
    table.indexes.clear();
    table.index_definitions.clear();
    table.uniques.sort_by_key(|one| format!("{one:?}"));
    table.checks.sort_by_key(|one| format!("{one:?}"));
    table.foreign_keys.sort_by_key(|one| format!("{one:?}"));
    table
}

/// For each operation that fits the table: the edited text is taken by SQLite and inspects as the operation says.
pub(crate) async fn edits(text: &str) -> usize {
    let table = bare(only_table(text).await);
    let mut count = 0;
    for trial in trials(&table) {
        let operation = &trial.operation;
        let new = match edited(text, operation) {
            Ok(new) => new,
            Err(unsupported) => {
                assert!(trial.dropped.is_some(), "{text}\n{operation:?}\n{unsupported:?}");
                continue;
            }
        };
        let expected = expected(text, &table, &trial).await;
        let found = bare(only_table(&new).await);
        assert_eq!(found, expected, "\n{text}\n{}\n{new}", operation.describe());
        // Only a part that goes takes its comments with it.
        let comments = |text: &str| text.matches("--").count() + text.matches("/*").count();
        let kept = comments(text) == comments(&new);
        assert!(kept || operation.word().starts_with("drop_"), "{text}\n{new}\n{}", operation.describe());
        count += 1;
    }
    count
}

/// An operation to try.
struct Trial {
    operation: Operation,
    /// What SQLite can do itself, behind ALTER TABLE.
    native: Option<String>,
    /// The column that goes.
    dropped: Option<Ident>,
}

impl From<Operation> for Trial {
    fn from(operation: Operation) -> Self {
        Self { operation, native: None, dropped: None }
    }
}

/// What SQLite itself makes of a new name; else what the operation says.
async fn expected(text: &str, table: &Table, trial: &Trial) -> Table {
    if let Some(native) = &trial.native {
        return bare(only_table(&format!("{text}; ALTER TABLE {} {native}", write_name(&table.name.name))).await);
    }
    let mut schema = Schema::default();
    schema.insert(table.clone());
    apply(&trial.operation, &mut schema).unwrap();
    let mut found = schema.tables.into_values().next().unwrap();
    if let Some(name) = &trial.dropped {
        without_what_stood_on(&mut found, name, text);
    }
    for column in found.columns.iter_mut().filter(|column| column.nullable) {
        column.options.remove("sqlite", "not_null_on_conflict");
    }
    bare(found)
}

/// What stands on a column alone goes with it.
fn without_what_stood_on(table: &mut Table, name: &Ident, text: &str) {
    table.uniques.retain(|key| !key.columns.contains(name));
    table.foreign_keys.retain(|key| !key.columns.contains(name));
    table.primary_key = table.primary_key.take().filter(|key| !key.columns.contains(name));
    let text = ddl::parse(text).unwrap();
    for clause in &text.column(name).unwrap().clauses {
        if let Clause::Check { condition } = clause.clause {
            let place =
                table.checks.iter().position(|check| check.condition.text() == condition.of(text.text)).unwrap();
            table.checks.remove(place);
        }
    }
}

fn trials(table: &Table) -> Vec<Trial> {
    let name = || table.name.clone();
    let to = Ident::from("new \"name\"");
    let native = Some(format!("RENAME TO {}", write_name(&to)));
    let rename = Operation::RenameTable { name: name(), to: to.clone() };
    let mut all = vec![Trial { native, ..rename.into() }];
    let first = table.columns[0].name.clone();
    for position in [None, Some(Position::First), Some(Position::After(first.clone()))] {
        let mut column = Column::new("added \"one\"", Type::Native("BLOB".to_owned()));
        column.nullable = position.is_some();
        column.default = Some(Default::Sql(Expr::Same("length('x') + 1".to_owned())));
        all.push(Operation::AddColumn { table: name(), column: Box::new(column), position }.into());
    }
    for column in &table.columns {
        let old = || column.name.clone();
        let drop = Operation::DropColumn { table: name(), name: old(), was: None, position: None };
        all.push(Trial { dropped: Some(old()), ..drop.into() });
        let native = Some(format!("RENAME COLUMN {} TO {}", write_name(&old()), write_name(&to)));
        let rename = Operation::RenameColumn { table: name(), name: old(), to: to.clone() };
        all.push(Trial { native, ..rename.into() });
        all.extend(changes(table, column, &first).into_iter().map(|change| {
            let (to, was) = (Box::new(change), Box::default());
            Operation::AlterColumn { table: name(), name: old(), to, was }.into()
        }));
    }
    all.extend(of_constraints(table).into_iter().map(Trial::from));
    all
}

fn changes(table: &Table, column: &Column, first: &Ident) -> Vec<ColumnChange> {
    let none = ColumnChange::default;
    let mut all = vec![ColumnChange { position: Some(Position::First), ..none() }];
    if column.name != *first {
        all.push(ColumnChange { position: Some(Position::After(first.clone())), ..none() });
    }
    if table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name)) {
        return all;
    }
    all.push(ColumnChange { ty: Some(Type::Native("TEXT".to_owned())), ..none() });
    all.push(ColumnChange { nullable: Some(!column.nullable), ..none() });
    if column.generated.is_none() {
        all.push(ColumnChange { default: Some(None), ..none() });
        for text in ["'it''s'", "-5", "CURRENT_TIMESTAMP", "1 + 2"] {
            all.push(ColumnChange { default: Some(Some(Default::Sql(Expr::Same(text.to_owned())))), ..none() });
        }
    }
    all
}

fn of_constraints(table: &Table) -> Vec<Operation> {
    let name = || table.name.clone();
    let check = Constraint::Check(Check {
        name: Some(Ident::from("ck new")),
        condition: Expr::Same("1 < 2".to_owned()),
        no_inherit: false,
        not_valid: false,
        not_enforced: false,
        comment: None,
    });
    let columns = table.columns.iter().chain(table.columns.last()).map(|column| column.name.clone()).collect();
    let unique = Constraint::Unique(Unique {
        name: None,
        columns,
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: None,
        comment: None,
        options: Options::default(),
    });
    let add = |constraint| Operation::AddConstraint { table: name(), constraint: Box::new(constraint) };
    let mut all = vec![add(check), add(unique)];
    // Other things depend on the key: AUTOINCREMENT, NOT NULL of its columns, WITHOUT ROWID.
    let lone = table.options.is_empty() && table.columns.iter().all(|column| column.identity.is_none());
    let key = table.primary_key.iter().filter(|_| lone).cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign_keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    for was in key.chain(uniques).chain(checks).chain(foreign_keys) {
        let to = || Ident::from("re named");
        let rename = |own: &Ident| Operation::RenameConstraint { table: name(), name: own.clone(), to: to() };
        all.extend(was.name().map(rename));
        let (own, kind) = (was.name().cloned(), was.kind());
        all.push(Operation::DropConstraint { table: name(), name: own, kind, was: Some(Box::new(was)) });
    }
    all
}

#[test]
fn every_spelling_is_read() {
    block_on(async {
        let schema = agree(&mut database(TRICKY).await).await;
        assert_eq!((schema.tables.len(), schema.unmodelled.len()), (11, 0));
    });
}

#[test]
fn what_is_read_can_be_written_and_read_again() {
    let tables = |schema: &Schema| schema.tables.values().cloned().map(bare).collect::<Vec<_>>();
    block_on(async {
        let mut connection = database(TRICKY).await;
        let schema = read_all(&mut connection).await;
        let made = schema.tables.values().map(|table| Operation::CreateTable(Box::new(table.clone())));
        let statements = Sqlite.render(&made.collect::<Vec<_>>(), &Schema::default(), connection.server()).unwrap();
        let sql: Vec<String> = statements.into_iter().map(|statement| statement.sql).collect();
        let again = agree(&mut database(&sql.join(";")).await).await;
        assert_eq!(tables(&again), tables(&schema));
        let indexes =
            |schema: &Schema| schema.tables.values().flat_map(|table| table.indexes.clone()).collect::<Vec<_>>();
        assert_eq!(indexes(&again), indexes(&schema));
    });
}

#[test]
fn edits_are_taken_and_mean_what_they_say() {
    block_on(async {
        let schema = read_all(&mut database(TRICKY).await).await;
        let mut count = 0;
        for table in schema.tables.values() {
            count += edits(table.definition.as_deref().unwrap()).await;
        }
        assert!(count > 300, "{count}");
    });
}

#[test]
fn only_what_is_the_users_is_read() {
    let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
        CREATE INDEX i ON t (a); CREATE INDEX migrate_i ON t (a);
        CREATE VIEW v AS SELECT a FROM t;
        CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END;
        CREATE TABLE migrate_log (a UNIQUE); CREATE TABLE versions (a); CREATE INDEX on_versions ON versions (a);
        CREATE TRIGGER on_log AFTER INSERT ON migrate_log BEGIN SELECT 1; END;
        CREATE TEMP TABLE t (other); CREATE TEMP TABLE passing (a);
        CREATE VIRTUAL TABLE search USING fts5 (a);";
    block_on(async {
        let mut connection = database(sql).await;
        let scope = Scope { version_table: Some(Name::own("versions")), ..Scope::default() };
        let schema = inspect(&mut connection, &scope).await.unwrap();
        let names: Vec<&str> = schema.tables.keys().map(|name| name.name.as_str()).collect();
        assert_eq!(names, ["t"]);
        let table = &schema.tables[&Name::own("t")];
        assert_eq!(table.columns.len(), 2);
        assert_eq!(table.indexes.len(), 1);
        let found: Vec<String> = schema.objects.keys().map(ObjectId::for_people).collect();
        assert_eq!(found, ["virtual table search", "view v", "trigger tr on t"]);
        let texts: Vec<&str> = schema.objects.values().map(|object| object.definition.text()).collect();
        assert!(texts.iter().all(|text| sql.contains(text)), "{texts:?}");
    });
}

#[test]
fn a_virtual_table_without_its_module_is_left_alone() {
    let sql = "CREATE TABLE t (a); CREATE TABLE places_node (b); CREATE VIRTUAL TABLE found USING Fts5 (a);
        PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES
        ('table', 'places', 'places', 0, 'CREATE VIRTUAL TABLE places USING spatial (a)');
        PRAGMA writable_schema = OFF;";
    block_on(async {
        let schema = read_all(&mut database(sql).await).await;
        assert_eq!(schema.tables.keys().map(|name| name.name.as_str()).collect::<Vec<_>>(), ["t"]);
        assert_eq!(schema.objects.keys().map(ObjectId::for_people).collect::<Vec<_>>(), ["virtual table found"]);
        let named: Vec<String> =
            schema.unmodelled.iter().map(|one| format!("{} {}", one.kind, one.name.for_people())).collect();
        let expected =
            ["table of virtual table places places_node", "virtual table whose module is missing here places"];
        assert_eq!(named, expected);
    });
}

#[test]
fn the_scope_and_the_transaction_are_the_callers() {
    block_on(async {
        let mut connection = database("CREATE TABLE t (a)").await;
        let scope = Scope { without_own: true, ..Scope::default() };
        assert_eq!(inspect(&mut connection, &scope).await.unwrap(), Schema::default());
        let scope = Scope { schemas: vec![Ident::from("app")], ..Scope::default() };
        assert_eq!(inspect(&mut connection, &scope).await.unwrap_err().kind(), Kind::Unsupported);
        assert_eq!(read_all(&mut connection).await.tables.len(), 1);
        assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::None);
        connection.begin_raw("BEGIN").await.unwrap();
        connection.execute("CREATE TABLE u (a)").await.unwrap();
        assert_eq!(read_all(&mut connection).await.tables.len(), 2);
        assert_eq!(connection.in_transaction().await.unwrap(), TransactionState::Open);
        connection.rollback().await.unwrap();
    });
}

#[test]
fn what_sqlite_does_to_a_text_changes_nothing_else() {
    let sql = "CREATE TABLE t (a INT -- x
        , b INT CHECK (b <> \"x\"), UNIQUE (b)); ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'y' /* c */;
        ALTER TABLE t RENAME COLUMN a TO d; ALTER TABLE t DROP COLUMN d; ALTER TABLE t RENAME TO u;
        CREATE TABLE other (a REFERENCES nowhere, b REFERENCES U (C))";
    block_on(async {
        let schema = agree(&mut database(sql).await).await;
        let direct = "CREATE TABLE u (b INT CHECK (b <> 'x'), c TEXT DEFAULT 'y', UNIQUE (b))";
        assert_eq!(bare(schema.tables[&Name::own("u")].clone()), bare(only_table(direct).await));
        let keys = &schema.tables[&Name::own("other")].foreign_keys;
        assert_eq!((keys[0].references.clone(), keys[0].referenced_columns.len()), (Name::own("nowhere"), 0));
        assert_eq!(
            (keys[1].references.clone(), keys[1].referenced_columns.clone()),
            (Name::own("u"), vec![Ident::from("c")])
        );
    });
}
