//! What is there by its name, without its shape.

use crate::db::Connection;
use crate::dialect::server::Relation;
#[cfg(feature = "autogenerate")]
use crate::dialect::server::Scope;
use crate::dialect::sqlite::quote;
use crate::error::Result;
#[cfg(feature = "autogenerate")]
use crate::schema::Ident;
use crate::schema::Name;

/// The table or view of this name, in any case.
pub(in crate::dialect::sqlite) async fn relation(connection: &mut Connection, name: &Name) -> Result<Option<Relation>> {
    let catalog = name.schema.as_ref().map_or_else(|| "main".to_owned(), |schema| schema.as_str().to_owned());
    let sql = format!(
        "SELECT CASE WHEN m.type = 'table' THEN 1 ELSE 0 END, c.name FROM {}.sqlite_master m \
         LEFT JOIN pragma_table_xinfo(m.name, {}) c \
         WHERE m.type IN ('table', 'view') AND m.name = {} COLLATE NOCASE",
        quote::ident(&catalog.as_str().into()),
        quote::literal(&catalog),
        quote::literal(name.name.as_str())
    );
    Relation::of(&connection.rows(&sql).await?)
}

/// The tables of the database, by name.
pub(in crate::dialect::sqlite) async fn tables(connection: &mut Connection) -> Result<Vec<String>> {
    let sql = r"SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name";
    let rows = connection.rows(sql).await?;
    rows.iter().map(|row| row.required(0).map(str::to_owned)).collect()
}

/// The files outside of the scope in which there is something.
#[cfg(feature = "autogenerate")]
pub(in crate::dialect::sqlite) async fn schemas_beside(
    connection: &mut Connection,
    scope: &Scope,
) -> Result<Vec<Ident>> {
    let own = Some(connection.own_schema().clone()).filter(|_| scope.without_own);
    let others = connection.attached().into_iter().filter(|name| !scope.schemas.contains(name));
    let mut filled = Vec::new();
    for file in own.into_iter().chain(others) {
        let sql = format!("SELECT 1 FROM {}.sqlite_master LIMIT 1", quote::ident(&file));
        if connection.first_row(&sql).await?.is_some() {
            filled.push(file);
        }
    }
    Ok(filled)
}
