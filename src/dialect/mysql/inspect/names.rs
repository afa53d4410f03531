//! What is there by its name, without its shape.

use crate::db::Connection;
use crate::dialect::mysql::quote;
use crate::dialect::server::Relation;
use crate::error::Result;
use crate::schema::Name;

/// The table or view of this name.
pub(in crate::dialect::mysql) async fn relation(connection: &mut Connection, name: &Name) -> Result<Option<Relation>> {
    let schema = name.schema.as_ref().map_or_else(|| "DATABASE()".to_owned(), |schema| quote::literal(schema.as_str()));
    let name = quote::literal(name.name.as_str());
    // Both views of the catalog are asked for one name by a constant: a join would open every table of the server.
    let sql = format!(
        "SELECT (SELECT t.table_type NOT LIKE '%VIEW' FROM information_schema.tables t \
         WHERE t.table_schema = {schema} AND t.table_name = {name}), c.column_name \
         FROM information_schema.columns c WHERE c.table_schema = {schema} AND c.table_name = {name}"
    );
    Relation::of(&connection.rows(&sql).await?)
}

/// The tables of the connection's own database, by name.
pub(in crate::dialect::mysql) async fn tables(connection: &mut Connection) -> Result<Vec<String>> {
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
               AND table_type NOT LIKE '%VIEW' AND table_type <> 'SEQUENCE' ORDER BY table_name";
    let rows = connection.rows(sql).await?;
    rows.iter().map(|row| row.required(0).map(str::to_owned)).collect()
}

/// The names of all tables, views and sequences of the connection's own database; no table is opened for it.
pub(in crate::dialect::mysql) async fn taken(connection: &mut Connection) -> Result<Option<Vec<String>>> {
    let rows =
        connection.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()").await?;
    rows.iter().map(|row| row.required(0).map(str::to_owned)).collect::<Result<_>>().map(Some)
}
