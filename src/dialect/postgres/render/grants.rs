//! What an object has that no model says: who may use it, and whose it is. An object that is dropped and made again in one
//! rendering gets it back; it is read when it is dropped, for it is not the same on every server.

use crate::dialect::objects::ObjectWords;
use crate::dialect::postgres::objects::Objects;
use crate::dialect::postgres::objects::options::SECRETS;
use crate::dialect::postgres::quote::literal;
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{ObjectId, ObjectKind};

/// Where the access list of a kind stands: catalog, its columns for list and owner, how a row is found, and the word of GRANT.
struct Place {
    catalog: &'static str,
    list: &'static str,
    owner: &'static str,
    found: Found,
    word: &'static str,
}

/// How the row of an object is found by what it is called.
enum Found {
    /// By its number, which this type makes of the name.
    Cast(&'static str),
    /// By the column that holds the name.
    Name(&'static str),
}

impl Found {
    fn condition(&self, id: &ObjectId) -> String {
        match self {
            Self::Cast(ty) => format!("oid = {}::{ty}", literal(&Objects.called(id))),
            Self::Name(column) => format!("{column} = {}", literal(id.name.name.as_str())),
        }
    }
}

fn place(kind: ObjectKind) -> Option<Place> {
    let by_cast =
        |catalog, list, owner, cast, word| Some(Place { catalog, list, owner, found: Found::Cast(cast), word });
    let by_name =
        |catalog, list, owner, name, word| Some(Place { catalog, list, owner, found: Found::Name(name), word });
    match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => {
            by_cast("pg_class", "relacl", "relowner", "regclass", "TABLE")
        }
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => {
            by_cast("pg_proc", "proacl", "proowner", "regprocedure", "ROUTINE")
        }
        ObjectKind::ForeignDataWrapper => {
            by_name("pg_foreign_data_wrapper", "fdwacl", "fdwowner", "fdwname", "FOREIGN DATA WRAPPER")
        }
        ObjectKind::ForeignServer => by_name("pg_foreign_server", "srvacl", "srvowner", "srvname", "FOREIGN SERVER"),
        ObjectKind::Language => by_name("pg_language", "lanacl", "lanowner", "lanname", "LANGUAGE"),
        ObjectKind::Extension
        | ObjectKind::Collation
        | ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::Operator
        | ObjectKind::OperatorFamily
        | ObjectKind::OperatorClass
        | ObjectKind::Cast
        | ObjectKind::Conversion
        | ObjectKind::TextSearchDictionary
        | ObjectKind::TextSearchConfiguration
        | ObjectKind::UserMapping
        | ObjectKind::DefaultPrivileges
        | ObjectKind::VirtualTable
        | ObjectKind::Rule
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Statistics
        | ObjectKind::Event
        | ObjectKind::EventTrigger
        | ObjectKind::Publication
        | ObjectKind::Owner
        | ObjectKind::Grants
        | ObjectKind::Pragma => None,
    }
}

/// Whether rights or an owner go with what they are of: that is dropped later, and does not come again.
pub(super) fn goes_along(operation: &ObjectOperation, rest: &[&Operation]) -> bool {
    let ObjectOperation::Drop { id, .. } = operation else { return false };
    if !id.kind.is_of_a_thing() {
        return false;
    }
    let what = id.arguments.as_deref();
    let is_relation = what.is_none_or(|what| what.starts_with("column "));
    // One that comes again is given back what it has.
    let comes_again = |other: &&Operation, dropped: &ObjectId| matches!(other, Operation::Object(ObjectOperation::Create(made)) if made.id == *dropped);
    rest.iter().any(|other| {
        if let Operation::DropTable { name, .. } = other {
            is_relation && *name == id.name
        } else if let Operation::DropEnum { name, .. } = other {
            what == Some("type") && *name == id.name
        } else if let Operation::DropSchema { name } = other {
            what == Some("schema") && *name == id.name.name
        } else if let Operation::Object(ObjectOperation::Drop { id: dropped, .. }) = other {
            is_of(id, dropped) && !rest.iter().any(|other| comes_again(other, dropped))
        } else {
            false
        }
    })
}

/// Whether an owner or grants are of this object.
fn is_of(id: &ObjectId, object: &ObjectId) -> bool {
    let is_type = matches!(object.kind, ObjectKind::Type | ObjectKind::Domain);
    let is_relation = matches!(
        object.kind,
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable | ObjectKind::Sequence
    );
    let is_kind = match (id.arguments.as_deref(), &object.arguments) {
        (None, _) => is_relation,
        (Some("type"), _) => is_type,
        (Some(what), _) if what.starts_with("column ") => is_relation,
        (Some(what), Some(types)) => what == format!("{}({types})", object.kind.spoken()),
        (Some(_), None) => false,
    };
    is_kind && id.name == object.name
}

/// Whether such a thing has its rights and its owner again when it is made again in one rendering.
pub(in crate::dialect::postgres) fn are_kept(kind: ObjectKind) -> bool {
    place(kind).is_some()
}

/// The statement before DROP, where the object comes again in `rest`.
pub(super) fn kept(operation: &ObjectOperation, rest: &[&Operation]) -> Option<String> {
    let ObjectOperation::Drop { id, .. } = operation else { return None };
    let again =
        |other: &&Operation| matches!(other, Operation::Object(ObjectOperation::Create(made)) if made.id == *id);
    if !rest.iter().any(again) {
        return None;
    }
    if id.kind == ObjectKind::UserMapping { Some(keep_secrets(id)) } else { Some(keep(id, &place(id.kind)?)) }
}

/// Whether an object has something that no model says.
fn has_more(kind: ObjectKind) -> bool {
    kind == ObjectKind::UserMapping || place(kind).is_some()
}

/// Keeps the secret options of a user mapping; they do not leave the server.
fn keep_secrets(id: &ObjectId) -> String {
    let server = id.table.as_ref().map(|server| server.name.as_str()).unwrap_or_default();
    let role = id.name.name.as_str();
    let role = if role == "public" {
        "m.umuser = 0".to_owned()
    } else {
        format!("m.umuser <> 0 AND m.usename = {}", literal(role))
    };
    format!(
        "SELECT pg_catalog.set_config({}, coalesce((SELECT pg_catalog.string_agg(pg_catalog.format({}, o.option_name, \
         o.option_value), '; ') FROM pg_catalog.pg_user_mappings m CROSS JOIN pg_catalog.pg_options_to_table(m.umoptions) o \
         WHERE m.srvname = {} AND {role} AND o.option_name ~* '({})'), ''), false) IS NULL",
        literal(&setting(id)),
        literal(&format!("ALTER USER MAPPING {} OPTIONS (ADD %I %L)", Objects.called(id).replace('%', "%%"))),
        literal(server),
        SECRETS.join("|")
    )
}

/// The statement behind CREATE, where the object was dropped in `before`.
pub(super) fn given_back(operation: &ObjectOperation, before: &[&Operation]) -> Option<String> {
    let ObjectOperation::Create(made) = operation else { return None };
    let dropped =
        |other: &&Operation| matches!(other, Operation::Object(ObjectOperation::Drop { id, .. }) if made.id == *id);
    if !has_more(made.id.kind) {
        return None;
    }
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
    // Relations and routines have names that differ from each other; others may be called as they are.
    let of_database = if id.kind.is_of_database() { format!("{}_", plain(id.kind.spoken())) } else { String::new() };
    format!("migrate.kept_{of_database}{}", plain(&Objects.called(id)))
}

/// Keeps, as statements in a setting of the session, the rights and the owner.
fn keep(id: &ObjectId, place: &Place) -> String {
    let Place { catalog, list, owner, found, word } = place;
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
        "WITH x AS (SELECT oid, {list} AS list, {owner} AS owner FROM pg_catalog.{catalog} WHERE {})\n\
         SELECT pg_catalog.set_config({}, coalesce(pg_catalog.string_agg(sql, '; ' ORDER BY place, sql), ''), false) FROM (\n    \
         SELECT 1 AS place, {} AS sql FROM x WHERE list IS NOT NULL\n    \
         UNION ALL SELECT 2, pg_catalog.format({grant}, g.privilege_type, {who})\n    \
         FROM x CROSS JOIN pg_catalog.aclexplode(x.list) g {roles}{columns}\n    \
         UNION ALL SELECT 3, pg_catalog.format({}, r.rolname) FROM x JOIN pg_catalog.pg_roles r ON r.oid = x.owner\n    \
         WHERE r.rolname <> current_user\n) AS kept",
        found.condition(id),
        literal(&setting(id)),
        literal(&format!("REVOKE ALL ON {word} {called} FROM PUBLIC")),
        text(&format!("ALTER {kind} {called} OWNER TO {{i}}")),
    )
}
