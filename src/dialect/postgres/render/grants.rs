//! What an object has that no model says: who may use it, and whose it is. An object that is dropped and made again in one
//! rendering gets it back; it is read when it is dropped, for it is not the same on every server.

use crate::dialect::objects::ObjectWords;
use crate::dialect::postgres::objects::Objects;
use crate::dialect::postgres::quote::literal;
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{ObjectId, ObjectKind};

/// Where the access list of a kind stands: catalog, its columns for list and owner, what its names are cast to, and the word
/// of GRANT.
struct Place {
    catalog: &'static str,
    list: &'static str,
    owner: &'static str,
    cast: &'static str,
    word: &'static str,
}

fn place(kind: ObjectKind) -> Option<Place> {
    let relation = |word| Place { catalog: "pg_class", list: "relacl", owner: "relowner", cast: "regclass", word };
    match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => Some(relation("TABLE")),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
            Some(Place { catalog: "pg_proc", list: "proacl", owner: "proowner", cast: "regprocedure", word: "ROUTINE" })
        }
        ObjectKind::Extension
        | ObjectKind::Collation
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::Operator
        | ObjectKind::TextSearchConfiguration
        | ObjectKind::ForeignServer
        | ObjectKind::VirtualTable
        | ObjectKind::Rule
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Statistics
        | ObjectKind::Event
        | ObjectKind::EventTrigger
        | ObjectKind::Publication => None,
    }
}

/// The statement before DROP, where the object comes again in `rest`.
pub(super) fn kept(operation: &ObjectOperation, rest: &[&Operation]) -> Option<String> {
    let ObjectOperation::Drop { id, .. } = operation else { return None };
    let again =
        |other: &&Operation| matches!(other, Operation::Object(ObjectOperation::Create(made)) if made.id == *id);
    if !rest.iter().any(again) {
        return None;
    }
    Some(keep(id, &place(id.kind)?))
}

/// The statement behind CREATE, where the object was dropped in `before`.
pub(super) fn given_back(operation: &ObjectOperation, before: &[&Operation]) -> Option<String> {
    let ObjectOperation::Create(made) = operation else { return None };
    let dropped =
        |other: &&Operation| matches!(other, Operation::Object(ObjectOperation::Drop { id, .. }) if made.id == *id);
    place(made.id.kind)?;
    let setting = literal(&setting(&made.id));
    let body = format!("BEGIN EXECUTE coalesce(pg_catalog.current_setting({setting}, true), ''); END");
    before.iter().any(dropped).then(|| format!("DO {}", literal(&body)))
}

/// A name for what is kept, which the server takes as that of a setting.
fn setting(id: &ObjectId) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("_{byte:x}") })
            .collect()
    };
    format!("migrate.kept_{}", plain(&Objects.called(id)))
}

/// Keeps, as statements in a setting of the session, the rights and the owner.
fn keep(id: &ObjectId, place: &Place) -> String {
    let Place { catalog, list, owner, cast, word } = place;
    let called = Objects.called(id);
    let kind = id.kind.spoken().to_uppercase();
    // A format string: what stands in it as it is must not look like a place.
    let text = |sql: &str| literal(&sql.replace('%', "%%").replace("{}", "%s").replace("{i}", "%I"));
    let grant = text(&format!("GRANT {{}} ON {word} {called} TO {{}}{{}}"));
    let who = "CASE WHEN r.oid IS NULL THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END, \
               CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END";
    let roles = "LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee WHERE g.grantee <> x.owner";
    let columns = if *catalog == "pg_class" {
        let grant = text(&format!("GRANT {{}} ({{i}}) ON {word} {called} TO {{}}{{}}"));
        format!(
            "\n    UNION ALL SELECT 2, pg_catalog.format({grant}, g.privilege_type, a.attname, {who})\n    \
             FROM x JOIN pg_catalog.pg_attribute a ON a.attrelid = x.oid CROSS JOIN pg_catalog.aclexplode(a.attacl) g {roles}"
        )
    } else {
        String::new()
    };
    format!(
        "WITH x AS (SELECT oid, {list} AS list, {owner} AS owner FROM pg_catalog.{catalog} WHERE oid = {}::{cast})\n\
         SELECT pg_catalog.set_config({}, coalesce(pg_catalog.string_agg(sql, '; ' ORDER BY place, sql), ''), false) FROM (\n    \
         SELECT 1 AS place, {} AS sql FROM x WHERE list IS NOT NULL\n    \
         UNION ALL SELECT 2, pg_catalog.format({grant}, g.privilege_type, {who})\n    \
         FROM x CROSS JOIN pg_catalog.aclexplode(x.list) g {roles}{columns}\n    \
         UNION ALL SELECT 3, pg_catalog.format({}, r.rolname) FROM x JOIN pg_catalog.pg_roles r ON r.oid = x.owner\n    \
         WHERE r.rolname <> current_user\n) AS kept",
        literal(&called),
        literal(&setting(id)),
        literal(&format!("REVOKE ALL ON {word} {called} FROM PUBLIC")),
        text(&format!("ALTER {kind} {called} OWNER TO {{i}}")),
    )
}
