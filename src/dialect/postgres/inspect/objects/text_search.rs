//! Text search: dictionaries and configurations. Parsers and templates are made of functions in C, and named.

use std::collections::BTreeMap;

use super::object;
use super::printed::{comment, dictionary, parser, template};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::{Building, not_of_extension};
use crate::dialect::postgres::inspect::text::{Oid, oid};
use crate::dialect::postgres::quote::qualified;
use crate::error::Result;
use crate::schema::{ObjectId, ObjectKind};

/// The numbers of the catalogs.
const DICTIONARY: Oid = 3600;
const CONFIGURATION: Oid = 3602;

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    dictionaries(connection, building).await?;
    configurations(connection, building).await
}

async fn dictionaries(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT t.oid, t.dictnamespace, t.dictname, {}, t.dictinitoption, {} FROM pg_catalog.pg_ts_dict t \
         WHERE t.dictnamespace IN ({}) AND {}",
        template("t.dicttemplate"),
        comment("pg_ts_dict", "t.oid"),
        building.namespace_list(),
        not_of_extension("pg_ts_dict", "t.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let options = row.text(4).map(|options| format!(", {options}")).unwrap_or_default();
        let template = row.required(3)?;
        let definition = format!("CREATE TEXT SEARCH DICTIONARY {} (TEMPLATE = {template}{options})", qualified(&name));
        let made = object(ObjectId::new(ObjectKind::TextSearchDictionary, name), &[definition], row.text(5));
        building.insert((DICTIONARY, oid(row.text(0))), made);
    }
    Ok(())
}

async fn configurations(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let sql = format!(
        "SELECT m.mapcfg, (SELECT t.alias FROM pg_catalog.ts_token_type(c.cfgparser) t WHERE t.tokid = m.maptokentype), \
         pg_catalog.string_agg({}, ', ' ORDER BY m.mapseqno) FROM pg_catalog.pg_ts_config_map m \
         JOIN pg_catalog.pg_ts_config c ON c.oid = m.mapcfg WHERE c.cfgnamespace IN ({}) \
         GROUP BY m.mapcfg, c.cfgparser, m.maptokentype ORDER BY 1, 2",
        dictionary("m.mapdict"),
        building.namespace_list()
    );
    let mut mappings: BTreeMap<Oid, Vec<String>> = BTreeMap::new();
    for row in connection.rows(&sql).await? {
        let mapping = format!("ADD MAPPING FOR {} WITH {}", row.required(1)?, row.required(2)?);
        mappings.entry(oid(row.text(0))).or_default().push(mapping);
    }
    let sql = format!(
        "SELECT c.oid, c.cfgnamespace, c.cfgname, {}, {} FROM pg_catalog.pg_ts_config c \
         WHERE c.cfgnamespace IN ({}) AND {}",
        parser("c.cfgparser"),
        comment("pg_ts_config", "c.oid"),
        building.namespace_list(),
        not_of_extension("pg_ts_config", "c.oid")
    );
    for row in connection.rows(&sql).await? {
        let name = building.name(oid(row.text(1)), row.required(2)?);
        let called = qualified(&name);
        let mut definition = vec![format!("CREATE TEXT SEARCH CONFIGURATION {called} (PARSER = {})", row.required(3)?)];
        let own = mappings.remove(&oid(row.text(0))).unwrap_or_default();
        definition.extend(own.iter().map(|mapping| format!("ALTER TEXT SEARCH CONFIGURATION {called} {mapping}")));
        let made = object(ObjectId::new(ObjectKind::TextSearchConfiguration, name), &definition, row.text(4));
        building.insert((CONFIGURATION, oid(row.text(0))), made);
    }
    Ok(())
}
