//! What is there by its name, without its shape.

use crate::db::Connection;
use crate::dialect::mysql::quote;
use crate::dialect::server::Relation;
use crate::error::Result;
use crate::schema::Name;

/// The table or view of this name.
pub(in crate::dialect::mysql) async fn relation(connection: &mut Connection, name: &Name) -> Result<Option<Relation>> {
    let schema = name.schema.as_ref().map_or_else(|| "DATABASE()".to_owned(), |schema| quote::literal(schema.as_str()));
    let sql = format!(
        "SELECT t.table_type NOT LIKE '%VIEW', c.column_name FROM information_schema.tables t \
         LEFT JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name \
         WHERE t.table_schema = {schema} AND t.table_name = {}",
        quote::literal(name.name.as_str())
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
