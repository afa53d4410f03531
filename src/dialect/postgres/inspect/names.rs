//! What is there by its name, without its shape.

#[cfg(feature = "autogenerate")]
use super::building::not_of_extension;
use crate::db::Connection;
use crate::dialect::postgres::quote::{literal, quote};
use crate::dialect::server::Relation;
#[cfg(feature = "autogenerate")]
use crate::dialect::server::Scope;
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

/// The schemas outside of the scope with tables, views, routines or types of somebody.
#[cfg(feature = "autogenerate")]
pub(in crate::dialect::postgres) async fn schemas_beside(
    connection: &mut Connection,
    scope: &Scope,
) -> Result<Vec<Ident>> {
    let own = Some(connection.own_schema()).filter(|_| !scope.without_own);
    let compared: Vec<String> = own.into_iter().chain(&scope.schemas).map(|name| literal(name.as_str())).collect();
    let holds = [
        ("pg_class", "relnamespace", "x.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')"),
        ("pg_proc", "pronamespace", "true"),
        ("pg_type", "typnamespace", "x.typtype IN ('e', 'd', 'r')"),
    ];
    let holds = holds.map(|(catalog, schema, kind)| {
        let theirs = not_of_extension(catalog, "x.oid");
        format!("EXISTS (SELECT FROM pg_catalog.{catalog} x WHERE x.{schema} = n.oid AND {kind} AND {theirs})")
    });
    let sql = format!(
        "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN \
         ('information_schema'{}) AND ({}) ORDER BY 1",
        compared.iter().map(|name| format!(", {name}")).collect::<String>(),
        holds.join(" OR ")
    );
    let rows = connection.rows(&sql).await?;
    rows.iter().map(|row| row.required(0).map(Ident::from)).collect()
}
