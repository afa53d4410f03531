//! Reading the catalog: five questions for each file whatever the number of tables, seven where there are virtual ones.
//!
//! Columns are what `pragma table_xinfo` says. What only the stored texts tell comes from [`crate::dialect::sqlite::ddl`], and so do
//! indexes and foreign keys, which these texts hold whole; putting it together is the work of [`nouns`].

#[cfg(feature = "autogenerate")]
pub(super) mod broken;
pub(super) mod names;
pub(super) mod nouns;

use std::collections::BTreeMap;

use self::nouns::{Catalog, ColumnRow, KeyRow, ObjectRow, TableRows};
use crate::db::{Connection, Row, TransactionState};
#[cfg(feature = "autogenerate")]
use crate::dialect::mentions::with_mentioned;
use crate::dialect::server::Scope;
#[cfg(feature = "autogenerate")]
use crate::dialect::sqlite::Sqlite;
use crate::dialect::sqlite::{place, quote};
use crate::error::{Error, Kind, Result};
use crate::schema::{Ident, Schema, SortedSet};
#[cfg(feature = "autogenerate")]
use crate::schema::{Name, Object, ObjectId, ObjectKind};

/// `{file}` is the schema of a file as a name, `{'file'}` as a text.
const OBJECTS: &str = r"SELECT type, name, tbl_name, sql FROM {file}.sqlite_master
WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid";

const COLUMNS: &str = r#"SELECT t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM {file}.sqlite_master t JOIN pragma_table_xinfo(t.name, {'file'}) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.sql NOT LIKE 'CREATE VIRTUAL TABLE%'"#;

/// The indexes that SQLite makes for constraints. A rowid key has none, and equal constraints share one.
const KEYS: &str = r"SELECT t.name, i.name, i.origin, x.name
FROM {file}.sqlite_master t JOIN pragma_index_list(t.name, {'file'}) i JOIN pragma_index_xinfo(i.name, {'file'}) x
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.sql NOT LIKE 'CREATE VIRTUAL TABLE%'
AND i.origin <> 'c' AND x.key = 1";

/// The tables in which virtual tables keep their rows (SQLite 3.37).
const SHADOWS: &str = "SELECT name FROM pragma_table_list WHERE schema = {'file'} AND type = 'shadow'";

/// What this program can make virtual tables of.
const MODULES: &str = "SELECT lower(name) FROM pragma_module_list";

/// Reads the main database and the attached files that are asked for. Errors: Unsupported for a schema that is not attached;
/// what the server answers.
pub(super) async fn inspect(connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    let files = files(connection, scope)?;
    let alone = connection.in_transaction().await? == TransactionState::None;
    if alone {
        connection.begin_raw("BEGIN").await?;
    }
    let found = read_all(connection, &files, scope).await;
    if alone {
        connection.rollback().await?;
    }
    found
}

/// What is asked for, as it was attached; None = the main database.
fn files(connection: &Connection, scope: &Scope) -> Result<Vec<Option<Ident>>> {
    let attached = connection.attached();
    let mut files = Vec::new();
    files.extend((!scope.without_own).then_some(None));
    for schema in &scope.schemas {
        let Some(file) = attached.iter().find(|file| quote::fold(file) == quote::fold(schema)) else {
            let name = schema.as_str();
            let phrase = format!("schema {name} on SQLite: no file is attached as it");
            return Err(Error::new(Kind::Unsupported, phrase).with_hint(format!(
                "attach the file in migrate.yaml, `database: {{ attach: {{ {name}: FILE }} }}`, or in a URL, \
                 `?attach={name}:FILE`; or leave the schema out of `schemas:` and `--schema`"
            )));
        };
        files.push(Some(file.clone()));
    }
    Ok(files)
}

async fn read_all(connection: &mut Connection, files: &[Option<Ident>], scope: &Scope) -> Result<Schema> {
    let mut whole = Schema::default();
    // The version table lies in the main file.
    let beside = Scope { version_table: None, ..scope.clone() };
    for file in files {
        let scope = if file.is_some() { &beside } else { scope };
        let found = nouns::schema(read(connection, file.as_ref()).await?, scope);
        #[cfg(feature = "autogenerate")]
        let found = with_numbers(connection, found, file.as_ref()).await?;
        // Only who compares asks what an object needs.
        #[cfg(feature = "autogenerate")]
        let found = with_mentioned(found, &Sqlite);
        match file {
            Some(file) => {
                whole.schemas.insert(file.clone());
                whole.join(place::moved(found, file));
            }
            None => whole = found,
        }
    }
    Ok(whole)
}

/// The numbers in the head of the file that belong to the application, where it has set them.
#[cfg(feature = "autogenerate")]
const NUMBERS: [&str; 2] = ["application_id", "user_version"];

#[cfg(feature = "autogenerate")]
async fn with_numbers(connection: &mut Connection, mut schema: Schema, file: Option<&Ident>) -> Result<Schema> {
    for name in NUMBERS {
        let row = connection.first_row(&place::placed(&format!("PRAGMA {name}"), file)).await?;
        let number = row.as_ref().and_then(|row| row.text(0)).unwrap_or("0");
        if number != "0" {
            let id = ObjectId::new(ObjectKind::Pragma, Name::own(name));
            schema.insert_object(Object::new(id, format!("PRAGMA {name} = {number}")));
        }
    }
    Ok(schema)
}

async fn read(connection: &mut Connection, file: Option<&Ident>) -> Result<Catalog> {
    let main = Ident::from("main");
    let file = file.unwrap_or(&main);
    let of_file =
        |sql: &str| sql.replace("{file}", &quote::ident(file)).replace("{'file'}", &quote::literal(file.as_str()));
    let mut objects = Vec::new();
    connection.each(&of_file(OBJECTS), |row| object(row).map(|found| objects.push(found))).await?;
    let mut tables: BTreeMap<String, TableRows> = BTreeMap::new();
    let mut put_column = |row: &Row| {
        let found = column(row)?;
        if let Some(rows) = rows_of(&mut tables, row.required(0)?) {
            rows.columns.push(found);
        }
        Ok(())
    };
    connection.each(&of_file(COLUMNS), &mut put_column).await?;
    let mut put_key = |row: &Row| {
        let found = key(row)?;
        if let Some(rows) = rows_of(&mut tables, row.required(0)?) {
            rows.keys.push(found);
        }
        Ok(())
    };
    connection.each(&of_file(KEYS), &mut put_key).await?;
    let (mut shadows, mut modules) = (SortedSet::new(), SortedSet::new());
    if objects.iter().any(ObjectRow::is_virtual) {
        shadows = names(connection, &of_file(SHADOWS)).await?;
        modules = names(connection, MODULES).await?;
    }
    Ok(Catalog { objects, shadows, modules, tables })
}

async fn names(connection: &mut Connection, sql: &str) -> Result<SortedSet<String>> {
    let mut found = SortedSet::new();
    let put = |row: &Row| {
        found.insert(row.required(0)?.to_owned());
        Ok(())
    };
    connection.each(sql, put).await?;
    Ok(found)
}

/// The rows of a table, which there always are afterwards. Its name is copied for the first one only.
fn rows_of<'t>(tables: &'t mut BTreeMap<String, TableRows>, table: &str) -> Option<&'t mut TableRows> {
    if !tables.contains_key(table) {
        tables.insert(table.to_owned(), TableRows::default());
    }
    tables.get_mut(table)
}

fn object(row: &Row) -> Result<ObjectRow> {
    Ok(ObjectRow {
        kind: row.required(0)?.to_owned(),
        name: row.required(1)?.to_owned(),
        table: row.required(2)?.to_owned(),
        sql: row.text(3).map(str::to_owned),
    })
}

fn column(row: &Row) -> Result<ColumnRow> {
    let key = row.int(5)?.and_then(|place| u32::try_from(place).ok()).unwrap_or_default();
    Ok(ColumnRow {
        name: row.required(1)?.to_owned(),
        ty: row.text(2).unwrap_or_default().to_owned(),
        not_null: row.bool(3)?,
        default: row.text(4).map(str::to_owned),
        key,
    })
}

fn key(row: &Row) -> Result<KeyRow> {
    Ok(KeyRow {
        index: row.required(1)?.to_owned(),
        primary: row.required(2)? == "pk",
        column: row.text(3).unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
pub(super) mod live;
