//! Tests against a real SQLite in memory: what is read agrees with its pragmas, and what is edited is taken by it.

use std::path::Path;
use std::pin::Pin;

use super::*;
use crate::db::{Settings, Url};
use crate::dialect::Unsupported;
use crate::dialect::sqlite::ddl::{self, Clause, TableText, Writer};
use crate::ops::{ColumnChange, Constraint, Operation, apply};
use crate::schema::{Check, Column, Default, Expr, Ident, IndexTarget, Options, Position, Table, Type, Unique};
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
const TRICKY: &str = r#"
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
    table.uniques.sort_by_key(|one| format!("{one:?}"));
    table.checks.sort_by_key(|one| format!("{one:?}"));
    table.foreign_keys.sort_by_key(|one| format!("{one:?}"));
    table
}

/// For each operation that fits the table: the edited text is taken by SQLite and inspects as the operation says.
pub(crate) async fn edits(text: &str) -> usize {
    let table = bare(only_table(text).await);
    let mut count = 0;
    for operation in operations(&table) {
        let new = match edited(text, &operation) {
            Ok(new) => new,
            Err(unsupported) => {
                assert!(matches!(operation, Operation::DropColumn { .. }), "{text}\n{operation:?}\n{unsupported:?}");
                continue;
            }
        };
        let expected = expected(text, &table, &operation).await;
        let found = bare(only_table(&new).await);
        assert_eq!(found, expected, "\n{text}\n{}\n{new}", operation.describe());
        kept_comments(text, &new, &operation);
        count += 1;
    }
    count
}

/// Only a part that goes takes its comments with it.
fn kept_comments(text: &str, new: &str, operation: &Operation) {
    if !matches!(operation, Operation::DropColumn { .. } | Operation::DropConstraint { .. }) {
        let comments = |text: &str| text.matches("--").count() + text.matches("/*").count();
        assert_eq!(comments(text), comments(new), "{text}\n{new}\n{}", operation.describe());
    }
}

/// What SQLite itself makes of a new name; else what the operation says.
async fn expected(text: &str, table: &Table, operation: &Operation) -> Table {
    let native = if let Operation::RenameTable { to, .. } = operation {
        Some(format!("RENAME TO {}", write_name(to)))
    } else if let Operation::RenameColumn { name, to, .. } = operation {
        Some(format!("RENAME COLUMN {} TO {}", write_name(name), write_name(to)))
    } else {
        None
    };
    if let Some(native) = native {
        return bare(only_table(&format!("{text}; ALTER TABLE {} {native}", write_name(&table.name.name))).await);
    }
    let mut schema = Schema::default();
    schema.insert(table.clone());
    apply(operation, &mut schema).unwrap();
    let mut found = schema.tables.into_values().next().unwrap();
    if let Operation::DropColumn { name, .. } = operation {
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

fn operations(table: &Table) -> Vec<Operation> {
    let name = || table.name.clone();
    let mut all = vec![Operation::RenameTable { name: name(), to: Ident::from("new name") }];
    let first = table.columns[0].name.clone();
    let positions = [None, Some(Position::First), Some(Position::After(first.clone()))];
    for position in positions {
        let mut column = Column::new("added \"one\"", Type::Native("BLOB".to_owned()));
        column.nullable = position.is_some();
        column.default = Some(Default::Sql(Expr::Same("length('x') + 1".to_owned())));
        all.push(Operation::AddColumn { table: name(), column: Box::new(column), position });
    }
    for column in &table.columns {
        let name = || column.name.clone();
        let table_name = || table.name.clone();
        all.push(Operation::DropColumn { table: table_name(), name: name(), was: None, position: None });
        all.push(Operation::RenameColumn { table: table_name(), name: name(), to: Ident::from("new \"name\"") });
        let mut alter = |change: ColumnChange| {
            let (to, was) = (Box::new(change), Box::default());
            all.push(Operation::AlterColumn { table: table_name(), name: name(), to, was });
        };
        let change = ColumnChange::default;
        alter(ColumnChange { position: Some(Position::First), ..change() });
        if column.name != first {
            alter(ColumnChange { position: Some(Position::After(first.clone())), ..change() });
        }
        let key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
        if key {
            continue;
        }
        alter(ColumnChange { ty: Some(Type::Native("TEXT".to_owned())), ..change() });
        alter(ColumnChange { nullable: Some(!column.nullable), ..change() });
        if column.generated.is_none() {
            alter(ColumnChange { default: Some(None), ..change() });
            for text in ["'it''s'", "-5", "CURRENT_TIMESTAMP", "1 + 2"] {
                alter(ColumnChange { default: Some(Some(Default::Sql(Expr::Same(text.to_owned())))), ..change() });
            }
        }
    }
    constraints(table, &mut all);
    all
}

fn constraints(table: &Table, all: &mut Vec<Operation>) {
    let name = || table.name.clone();
    let last = table.columns.last().unwrap().name.clone();
    let mut add =
        |constraint: Constraint| all.push(Operation::AddConstraint { table: name(), constraint: Box::new(constraint) });
    add(Constraint::Check(Check {
        name: Some(Ident::from("ck new")),
        condition: Expr::Same("1 < 2".to_owned()),
        no_inherit: false,
        not_valid: false,
        not_enforced: false,
        comment: None,
    }));
    let columns: Vec<Ident> = table.columns.iter().map(|column| column.name.clone()).collect();
    add(Constraint::Unique(Unique {
        name: None,
        columns: columns.into_iter().chain([last]).collect(),
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: None,
        comment: None,
        options: Options::default(),
    }));
    let key = table.primary_key.iter().cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign_keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    for was in key.chain(uniques).chain(checks).chain(foreign_keys) {
        if let Some(own) = was.name() {
            all.push(Operation::RenameConstraint { table: name(), name: own.clone(), to: Ident::from("re named") });
        }
        let stays = table.columns.iter().any(|column| column.identity.is_some()) || !table.options.is_empty();
        if stays && matches!(was, Constraint::PrimaryKey(_)) {
            continue;
        }
        let (own, kind) = (was.name().cloned(), was.kind());
        all.push(Operation::DropConstraint { table: name(), name: own, kind, was: Some(Box::new(was)) });
    }
}

#[test]
fn every_spelling_is_read() {
    block_on(async {
        let schema = agree(&mut database(TRICKY).await).await;
        assert_eq!((schema.tables.len(), schema.unmodelled.len()), (11, 0));
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
