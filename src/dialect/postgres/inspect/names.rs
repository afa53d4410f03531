//! What is there by its name, without its shape.

use crate::db::Connection;
use crate::dialect::postgres::quote::{literal, quote};
use crate::dialect::server::Relation;
use crate::error::Result;
use crate::schema::{Ident, Name};

/// Whatever stands among the tables under this name: an index or a sequence takes it from a table too.
pub(in crate::dialect::postgres) async fn relation(
    connection: &mut Connection,
    name: &Name,
) -> Result<Option<Relation>> {
    let schema = name.schema.as_ref().map_or_else(|| "current_schema()".to_owned(), |schema| literal(schema.as_str()));
    let sql = format!(
        "SELECT c.relkind IN ('r', 'p'), a.attname FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         WHERE n.nspname = {schema} AND c.relname = {}",
        literal(name.name.as_str())
    );
    Relation::of(&connection.rows(&sql).await?)
}

/// The schema that the search path finds a name in, behind the own one.
pub(in crate::dialect::postgres) async fn seen_elsewhere(
    connection: &mut Connection,
    name: &Ident,
) -> Result<Option<Ident>> {
    let sql = format!(
        "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.oid = pg_catalog.to_regclass({}) AND n.nspname <> current_schema()",
        literal(&quote(name))
    );
    Ok(connection.first_row(&sql).await?.and_then(|row| row.text(0).map(Ident::from)))
}

/// The tables of the connection's own schema, by name; less those of extensions.
pub(in crate::dialect::postgres) async fn tables(connection: &mut Connection) -> Result<Vec<String>> {
    let sql = "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
               AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e' \
               AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) ORDER BY c.relname";
    let rows = connection.rows(sql).await?;
    rows.iter().map(|row| row.required(0).map(str::to_owned)).collect()
}
