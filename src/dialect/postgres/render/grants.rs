//! What an object has that no model says: who may use it, whose it is, and whether a materialized view is filled. An object
//! that is dropped and made again in one rendering gets it back; it is read when it is dropped, for it is not the same on every
//! server.

use crate::dialect::objects::ObjectWords;
use crate::dialect::postgres::SYNTAX;
use crate::dialect::postgres::objects::Objects;
use crate::dialect::postgres::objects::options::SECRETS;
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Ident, Name, ObjectId, ObjectKind};
use crate::statement::token::tokens;

/// Where rights and owner of a kind stand.
struct Place {
    catalog: &'static str,
    owner: &'static str,
    found: Found,
    rights: Option<Rights>,
}

/// The access list of a kind: its column, the word of GRANT, and the letter of `acldefault` where default privileges can fill
/// the list of what is made anew.
struct Rights {
    list: &'static str,
    word: &'static str,
    letter: Option<char>,
}

/// How the row of an object is found by what it is called.
#[derive(Clone, Copy)]
enum Found {
    /// By its number, which this type makes of the name.
    Cast(&'static str),
    /// By the column that holds the name.
    Name(&'static str),
    /// By the columns for name and schema.
    InSchema(&'static str, &'static str),
    /// By those and the access method, which is what such a thing has for arguments.
    OfMethod(&'static str, &'static str, &'static str),
    /// By the arguments as the server prints them: no type reads `VARIADIC integer[]` or `*`.
    Arguments,
}

impl Found {
    fn condition(self, id: &ObjectId) -> String {
        let arguments = id.arguments.as_deref().unwrap_or_default();
        match self {
            Self::Cast("regprocedure") => {
                format!("oid = {}::regprocedure", literal(&format!("{}({arguments})", qualified(&id.name))))
            }
            Self::Cast(ty) => format!("oid = {}::{ty}", literal(&Objects.called(id))),
            Self::Name(column) => format!("{column} = {}", literal(id.name.name.as_str())),
            Self::InSchema(name, schema) => in_schema(id, name, schema),
            Self::OfMethod(name, schema, method) => format!(
                "{} AND {method} = (SELECT oid FROM pg_catalog.pg_am WHERE amname = {})",
                in_schema(id, name, schema),
                literal(arguments)
            ),
            Self::Arguments => format!(
                "{} AND prokind = 'a' AND pg_catalog.pg_get_function_identity_arguments(oid) = {}",
                in_schema(id, "proname", "pronamespace"),
                literal(if arguments == "*" { "" } else { arguments })
            ),
        }
    }
}

fn in_schema(id: &ObjectId, name: &str, schema: &str) -> String {
    let own = id.name.schema.as_ref().map_or_else(|| "current_schema()".to_owned(), |own| literal(own.as_str()));
    format!(
        "{name} = {} AND {schema} = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {own})",
        literal(id.name.name.as_str())
    )
}

/// A kind whose things have an owner and nothing else.
fn owned(catalog: &'static str, owner: &'static str, found: Found) -> Option<Place> {
    Some(Place { catalog, owner, found, rights: None })
}

fn place(kind: ObjectKind) -> Option<Place> {
    use Found::{Arguments, Cast, InSchema, Name as Called, OfMethod};
    let with = |list, word, letter, place: Option<Place>| {
        place.map(|place| Place { rights: Some(Rights { list, word, letter }), ..place })
    };
    let relation = owned("pg_class", "relowner", Cast("regclass"));
    let routine = |found| owned("pg_proc", "proowner", found);
    match kind {
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => {
            with("relacl", "TABLE", Some('r'), relation)
        }
        ObjectKind::Sequence => with("relacl", "SEQUENCE", Some('s'), relation),
        ObjectKind::Function => with("proacl", "FUNCTION", Some('f'), routine(Cast("regprocedure"))),
        ObjectKind::Procedure => with("proacl", "PROCEDURE", Some('f'), routine(Cast("regprocedure"))),
        ObjectKind::Aggregate => with("proacl", "FUNCTION", Some('f'), routine(Arguments)),
        ObjectKind::Type | ObjectKind::Domain => {
            with("typacl", "TYPE", Some('T'), owned("pg_type", "typowner", Cast("regtype")))
        }
        ObjectKind::ForeignDataWrapper => {
            let wrapper = owned("pg_foreign_data_wrapper", "fdwowner", Called("fdwname"));
            with("fdwacl", "FOREIGN DATA WRAPPER", None, wrapper)
        }
        ObjectKind::ForeignServer => {
            with("srvacl", "FOREIGN SERVER", None, owned("pg_foreign_server", "srvowner", Called("srvname")))
        }
        ObjectKind::Language => with("lanacl", "LANGUAGE", None, owned("pg_language", "lanowner", Called("lanname"))),
        ObjectKind::Collation => owned("pg_collation", "collowner", InSchema("collname", "collnamespace")),
        ObjectKind::Conversion => owned("pg_conversion", "conowner", InSchema("conname", "connamespace")),
        ObjectKind::Operator => owned("pg_operator", "oprowner", Cast("regoperator")),
        ObjectKind::OperatorFamily => {
            owned("pg_opfamily", "opfowner", OfMethod("opfname", "opfnamespace", "opfmethod"))
        }
        ObjectKind::OperatorClass => owned("pg_opclass", "opcowner", OfMethod("opcname", "opcnamespace", "opcmethod")),
        ObjectKind::TextSearchDictionary => owned("pg_ts_dict", "dictowner", InSchema("dictname", "dictnamespace")),
        ObjectKind::TextSearchConfiguration => owned("pg_ts_config", "cfgowner", InSchema("cfgname", "cfgnamespace")),
        ObjectKind::Statistics => owned("pg_statistic_ext", "stxowner", InSchema("stxname", "stxnamespace")),
        ObjectKind::Publication => owned("pg_publication", "pubowner", Called("pubname")),
        ObjectKind::EventTrigger => owned("pg_event_trigger", "evtowner", Called("evtname")),
        ObjectKind::Extension
        | ObjectKind::Cast
        | ObjectKind::UserMapping
        | ObjectKind::DefaultPrivileges
        | ObjectKind::VirtualTable
        | ObjectKind::Rule
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Event
        | ObjectKind::Comment
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
    if id.kind == ObjectKind::UserMapping { Some(keep_secrets(id)) } else { keep(id) }
}

/// The statement that makes a materialized view that comes again: it is filled by what is given back, if it was filled.
pub(super) fn unfilled(operation: &ObjectOperation, sql: String) -> String {
    let ObjectOperation::Create(made) = operation else { return sql };
    let Ok(all) = tokens(&sql, &SYNTAX) else { return sql };
    let mut words = all.iter().filter(|token| !token.is_skippable());
    let is_view = made.id.kind == ObjectKind::MaterializedView
        && words.by_ref().take(2).zip(["CREATE", "MATERIALIZED"]).all(|(token, word)| token.is_word(&sql, word));
    let says_it = words.next_back().is_some_and(|token| token.is_word(&sql, "DATA"));
    if is_view && !says_it { format!("{sql}\n  WITH NO DATA") } else { sql }
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
    (has_more(made.id.kind) && before.iter().any(dropped)).then(|| give_back(&made.id))
}

/// Puts up again what was kept. What default privileges gave meanwhile is taken away first: somebody may have taken it away
/// before.
pub(super) fn give_back(id: &ObjectId) -> String {
    let with_rights = place(id.kind).and_then(|place| place.rights.as_ref().map(|rights| taken(id, &place, rights)));
    let body = format!("BEGIN {}{} END", with_rights.flatten().unwrap_or_default(), execute(&setting(id)));
    format!("DO {}", literal(&body))
}

fn execute(setting: &str) -> String {
    format!("EXECUTE coalesce(pg_catalog.current_setting({}, true), '');", literal(setting))
}

/// Takes what roles have of a new object that nobody gave anything to.
fn taken(id: &ObjectId, place: &Place, rights: &Rights) -> Option<String> {
    rights.letter?;
    let Rights { list, word, .. } = rights;
    let revoke = literal(&format!("REVOKE ALL ON {word} %s FROM %I"));
    Some(format!(
        "EXECUTE coalesce((WITH {} SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format({revoke}, x.called, r.rolname), '; ') \
         FROM x CROSS JOIN pg_catalog.aclexplode(x.list) g JOIN pg_catalog.pg_roles r ON r.oid = g.grantee \
         WHERE g.grantee <> x.owner), ''); ",
        row(id, place, list)
    ))
}

/// A name for what is kept, which the server takes as that of a setting.
fn setting(id: &ObjectId) -> String {
    use ObjectKind::{Aggregate, ForeignTable, Function, MaterializedView, Procedure, View};
    // Relations and routines have names that differ from each other; others may be called as they are.
    let alone = matches!(id.kind, View | MaterializedView | ForeignTable | Function | Procedure | Aggregate);
    let kind = if alone { String::new() } else { format!("{}_", plain(id.kind.spoken())) };
    format!("migrate.kept_{kind}{}", plain(&Objects.called(id)))
}

fn plain(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("_{byte:x}") })
        .collect()
}

/// The row of an object as `x`: its number, owner and access list, and what GRANT calls it.
fn row(id: &ObjectId, place: &Place, list: &str) -> String {
    let Place { catalog, owner, found, .. } = place;
    let called = match found {
        // GRANT and ALTER ROUTINE know neither `*` nor ORDER BY.
        Found::Arguments => "oid::regprocedure::text".to_owned(),
        Found::Cast(_) | Found::Name(_) | Found::InSchema(..) | Found::OfMethod(..) => literal(&Objects.called(id)),
    };
    format!(
        "x AS (SELECT oid, {owner} AS owner, {list} AS list, {called} AS called FROM pg_catalog.{catalog} WHERE {})",
        found.condition(id)
    )
}

/// Who has a right, and whether it may be handed on: two arguments of a format.
const WHO: &str = "CASE WHEN r.oid IS NULL THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END, \
                   CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END";
/// The roles of a list but the owner, who has all rights of what he makes.
const ROLES: &str = "LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee WHERE g.grantee <> x.owner";

/// Fills a materialized view that is filled, and before it those that it reads and that are not: else the server refuses. First of
/// all, for later its owner may be one who may not read what it reads. What is older stands below.
const FILLED: &str = "SELECT 0 AS place, pg_catalog.format('REFRESH MATERIALIZED VIEW %s', called) AS sql \
    FROM x JOIN pg_catalog.pg_class c ON c.oid = x.oid AND c.relispopulated\n    \
    UNION ALL SELECT m.oid::bigint - 4294967296, pg_catalog.format('REFRESH MATERIALIZED VIEW %s', m.oid::regclass)\n    \
    FROM x JOIN pg_catalog.pg_class c ON c.oid = x.oid AND c.relispopulated CROSS JOIN (WITH RECURSIVE below AS (\
    SELECT oid FROM x UNION SELECT d.refobjid FROM below JOIN pg_catalog.pg_rewrite w ON w.ev_class = below.oid \
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid \
    AND d.refclassid = 'pg_catalog.pg_class'::regclass) SELECT oid FROM below) AS below\n    \
    JOIN pg_catalog.pg_class m ON m.oid = below.oid AND m.relkind = 'm' AND NOT m.relispopulated\n    UNION ALL ";

/// Keeps, as statements in a setting of the session, the rights and the owner.
pub(super) fn keep(id: &ObjectId) -> Option<String> {
    let place = place(id.kind)?;
    let list = match &place.rights {
        // What a list says that is not there counts only where default privileges would fill that of a new object.
        Some(Rights { list, letter: Some(letter), .. }) => format!(
            "coalesce({list}, (SELECT pg_catalog.acldefault('{letter}', {}) FROM pg_catalog.pg_default_acl LIMIT 1))",
            place.owner
        ),
        Some(Rights { list, letter: None, .. }) => (*list).to_owned(),
        None => "NULL".to_owned(),
    };
    let filled = if id.kind == ObjectKind::MaterializedView { FILLED } else { "" };
    let kind = if id.kind == ObjectKind::Aggregate { "ROUTINE".to_owned() } else { id.kind.spoken().to_uppercase() };
    Some(format!(
        "WITH {}\n\
         SELECT pg_catalog.set_config({}, coalesce(pg_catalog.string_agg(sql, '; ' ORDER BY place, sql), ''), false) FROM (\n    \
         {filled}{}SELECT 3 AS place, pg_catalog.format('ALTER {kind} %s OWNER TO %I', called, r.rolname) AS sql\n    \
         FROM x JOIN pg_catalog.pg_roles r ON r.oid = x.owner WHERE r.rolname <> current_user\n) AS kept",
        row(id, &place, &list),
        literal(&setting(id)),
        place.rights.as_ref().map(|rights| granted(rights, place.catalog)).unwrap_or_default(),
    ))
}

/// The rights that were given, as rows of place and statement.
fn granted(rights: &Rights, catalog: &str) -> String {
    let word = rights.word;
    let of_columns = format!(
        "SELECT 2, pg_catalog.format('GRANT %s (%I) ON {word} %s TO %s%s', g.privilege_type, a.attname, called, {WHO})\n    \
         FROM x JOIN pg_catalog.pg_attribute a ON a.attrelid = x.oid CROSS JOIN pg_catalog.aclexplode(a.attacl) g {ROLES}\n    \
         UNION ALL "
    );
    format!(
        "SELECT 1 AS place, pg_catalog.format('REVOKE ALL ON {word} %s FROM PUBLIC', called) AS sql FROM x WHERE list IS NOT NULL\n    \
         UNION ALL SELECT 2, pg_catalog.format('GRANT %s ON {word} %s TO %s%s', g.privilege_type, called, {WHO})\n    \
         FROM x CROSS JOIN pg_catalog.aclexplode(x.list) g {ROLES}\n    \
         UNION ALL {}",
        if catalog == "pg_class" { of_columns.as_str() } else { "" }
    )
}

/// Keeps the rights of a column that is dropped and added again.
pub(super) fn keep_column(table: &Name, column: &Ident) -> String {
    format!(
        "SELECT pg_catalog.set_config({}, coalesce((SELECT pg_catalog.string_agg(\
         pg_catalog.format('GRANT %s (%I) ON TABLE %s TO %s%s', g.privilege_type, a.attname, {table}, {WHO}), '; ')\n    \
         FROM (SELECT oid, relowner AS owner FROM pg_catalog.pg_class WHERE oid = {table}::regclass) x\n    \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = x.oid AND a.attname = {} \
         CROSS JOIN pg_catalog.aclexplode(a.attacl) g {ROLES}), ''), false)",
        literal(&setting_of_column(table, column)),
        literal(column.as_str()),
        table = literal(&qualified(table)),
    )
}

/// Gives a column the rights that were kept.
pub(super) fn give_back_column(table: &Name, column: &Ident) -> String {
    format!("DO {}", literal(&format!("BEGIN {} END", execute(&setting_of_column(table, column)))))
}

fn setting_of_column(table: &Name, column: &Ident) -> String {
    format!("migrate.kept_column_{}", plain(&format!("{}.{}", qualified(table), quote(column))))
}
