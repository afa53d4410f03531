//! Foreign data wrappers, servers and user mappings: of the whole database. What is secret in their options never leaves the
//! server.

use super::object;
use super::printed::{comment, function, options, with_options};
use crate::db::{Connection, Row};
use crate::dialect::postgres::inspect::building::{Building, not_of_extension};
use crate::dialect::postgres::inspect::text::{oid, truth};
use crate::dialect::postgres::quote::{literal, quote};
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind};

/// The numbers of the catalogs.
const WRAPPER: u32 = 2328;
const SERVER: u32 = 1417;
const MAPPING: u32 = 1418;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    wrappers(connection, building).await?;
    servers(connection, building).await?;
    mappings(connection, building).await
}

async fn wrappers(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT w.oid, w.fdwname, {}, {}, {}, {} FROM pg_catalog.pg_foreign_data_wrapper w WHERE {}",
        function("w.fdwhandler"),
        function("w.fdwvalidator"),
        options("w.fdwoptions"),
        comment("pg_foreign_data_wrapper", "w.oid"),
        not_of_extension("pg_foreign_data_wrapper", "w.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = row.required(1)?;
        let handler = row.text(2).map(|name| format!(" HANDLER {name}")).unwrap_or_default();
        let validator = row.text(3).map(|name| format!(" VALIDATOR {name}")).unwrap_or_default();
        let options = with_options(row.text(4));
        let definition =
            format!("CREATE FOREIGN DATA WRAPPER {}{handler}{validator}{options}", quote(&Ident::from(name)));
        let made = object(ObjectId::new(ObjectKind::ForeignDataWrapper, Name::own(name)), &[definition], row.text(5));
        building.insert((WRAPPER, oid(row.text(0))), made);
    }
    Ok(())
}

async fn servers(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT s.oid, s.srvname, s.srvtype, s.srvversion, w.fdwname, {}, {} FROM pg_catalog.pg_foreign_server s \
         JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE {}",
        options("s.srvoptions"),
        comment("pg_foreign_server", "s.oid"),
        not_of_extension("pg_foreign_server", "s.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = row.required(1)?;
        let ty = row.text(2).map(|ty| format!(" TYPE {}", literal(ty))).unwrap_or_default();
        let version = row.text(3).map(|version| format!(" VERSION {}", literal(version))).unwrap_or_default();
        let wrapper = quote(&Ident::from(row.required(4)?));
        let options = with_options(row.text(5));
        let name_quoted = quote(&Ident::from(name));
        let definition = format!("CREATE SERVER {name_quoted}{ty}{version} FOREIGN DATA WRAPPER {wrapper}{options}");
        let made = object(ObjectId::new(ObjectKind::ForeignServer, Name::own(name)), &[definition], row.text(6));
        building.insert((SERVER, oid(row.text(0))), made);
    }
    Ok(())
}

/// The view shows all of them to everybody, but their options only to who may use them: what is hidden is not known.
async fn mappings(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT m.umid, CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END, m.srvname, {}, \
         m.umoptions IS NULL AND NOT (m.usename = current_user OR pg_catalog.pg_has_role(s.srvowner, 'USAGE') \
         OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)), \
         CASE WHEN m.umuser = 0 THEN 'public' ELSE m.usename END \
         FROM pg_catalog.pg_user_mappings m JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid",
        options("m.umoptions")
    );
    for row in connection.rows(&sql).await? {
        mapping(building, &row)?;
    }
    Ok(())
}

fn mapping(building: &mut Building<'_>, row: &Row) -> Result<()> {
    let (role, server) = (row.required(1)?, row.required(2)?);
    let id = ObjectId {
        table: Some(Name::own(server)),
        ..ObjectId::new(ObjectKind::UserMapping, Name::own(row.required(5)?))
    };
    if truth(row.text(4)) {
        building.unmodelled("user mapping with options that this login may not see", id.name, id.table);
        return Ok(());
    }
    let (server, options) = (quote(&Ident::from(server)), with_options(row.text(3)));
    let definition = format!("CREATE USER MAPPING FOR {role} SERVER {server}{options}");
    building.insert((MAPPING, oid(row.text(0))), object(id, &[definition], None));
    Ok(())
}
