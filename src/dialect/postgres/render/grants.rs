//! What an object has that no model says: who may use it, whose it is, and whether a materialized view is filled. An object
//! that is dropped and made again in one rendering gets it back; it is read when it is dropped, for it is not the same on every
//! server.

use super::routines;
use crate::dialect::objects::ObjectWords;
use crate::dialect::postgres::SYNTAX;
use crate::dialect::postgres::objects::Objects;
use crate::dialect::postgres::objects::options::SECRETS;
use crate::dialect::postgres::quote::{as_printed, literal, name_as_printed, qualified, quote};
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

/// The operations of one plan around the one in work.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) before: &'a [&'a Operation],
    pub(super) after: &'a [&'a Operation],
}

impl<'a> Around<'a> {
    pub(super) fn all(self) -> impl Iterator<Item = &'a Operation> {
        self.before.iter().chain(self.after).copied()
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
pub(super) fn is_of(id: &ObjectId, object: &ObjectId) -> bool {
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

/// The statement before DROP, where the object comes again in `rest`, or gives way to another one.
pub(super) fn kept(operation: &ObjectOperation, around: Around<'_>) -> Option<String> {
    let ObjectOperation::Drop { id, .. } = operation else { return None };
    if !around.after.iter().any(|other| makes(other, id)) {
        let heir = routines::heir(id, around)?;
        return keep(id, &heir);
    }
    if id.kind == ObjectKind::UserMapping { Some(keep_secrets(id)) } else { keep(id, &Heir::itself(id)) }
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

/// The statement behind CREATE, where the object was dropped before, or another one gave way to it.
pub(super) fn given_back(operation: &ObjectOperation, around: Around<'_>) -> Option<String> {
    let ObjectOperation::Create(made) = operation else { return None };
    if has_more(made.id.kind) && around.before.iter().any(|other| drops(other, &made.id)) {
        return Some(give_back(&made.id));
    }
    routines::former(&made.id, around).map(give_back)
}

/// Whether an operation drops just this.
pub(super) fn drops(operation: &Operation, what: &ObjectId) -> bool {
    matches!(operation, Operation::Object(ObjectOperation::Drop { id, .. }) if id == what)
}

/// Whether an operation makes just this.
pub(super) fn makes(operation: &Operation, what: &ObjectId) -> bool {
    matches!(operation, Operation::Object(ObjectOperation::Create(made)) if made.id == *what)
}

/// Puts up again what was kept of an object.
pub(super) fn give_back(id: &ObjectId) -> String {
    executed(&setting(id))
}

fn executed(setting: &str) -> String {
    let body = format!("BEGIN EXECUTE coalesce(pg_catalog.current_setting({}, true), ''); END", literal(setting));
    format!("DO {}", literal(&body))
}

/// A name for what is kept, which the server takes as that of a setting.
fn setting(id: &ObjectId) -> String {
    use ObjectKind::{Aggregate, ForeignTable, Function, MaterializedView, Procedure, View};
    // Relations and routines have names that differ from each other; others may be called as they are.
    let alone = matches!(id.kind, View | MaterializedView | ForeignTable | Function | Procedure | Aggregate);
    let kind = if alone { String::new() } else { format!("{}_", plain(id.kind.spoken())) };
    let arguments = id.arguments.as_ref().map(|types| format!("({types})")).unwrap_or_default();
    let table = id.table.as_ref().map(|table| format!(" {}", name_as_printed(table))).unwrap_or_default();
    format!("migrate.kept_{kind}{}", plain(&format!("{}{arguments}{table}", name_as_printed(&id.name))))
}

fn plain(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("_{byte:x}") })
        .collect()
}

/// The role that has a right, as GRANT calls it.
const WHO: &str = "coalesce(nullif(grantee, 0)::regrole::text, 'PUBLIC')";
/// Whether it may be handed on.
const OPTION: &str = "CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END";

/// Whom new things are taken from, for default privileges may give them something.
const GIVEN: &str = "(SELECT 0::oid UNION SELECT grantee FROM pg_catalog.pg_default_acl, pg_catalog.aclexplode(defaclacl)) \
                     AS given (grantee)\n    WHERE list IS NOT NULL AND pg_catalog.pg_get_userbyid(grantee) <> current_user";

/// Fills a materialized view that is filled, and before it those that it reads and that are not: else the server refuses. First of
/// all, for later its owner may be one who may not read what it reads. What is older stands below.
fn filled(called: &str) -> String {
    format!(
        "SELECT 0::bigint, {} WHERE relispopulated\n    \
         UNION ALL SELECT oid::bigint - 4294967296, 'REFRESH MATERIALIZED VIEW ' || oid::regclass FROM pg_catalog.pg_class\n    \
         WHERE x.relispopulated AND relkind = 'm' AND NOT relispopulated AND oid IN (WITH RECURSIVE below (id) AS (\
         SELECT x.oid UNION SELECT refobjid FROM below, pg_catalog.pg_rewrite AS w, pg_catalog.pg_depend\n    \
         WHERE ev_class = id AND classid = 'pg_catalog.pg_rewrite'::regclass AND objid = w.oid \
         AND refclassid = 'pg_catalog.pg_class'::regclass) SELECT id FROM below)\n    UNION ALL ",
        literal(&format!("REFRESH MATERIALIZED VIEW {called}"))
    )
}

/// The object that gets what another one had, and what of it.
pub(super) struct Heir<'a> {
    pub(super) id: &'a ObjectId,
    pub(super) gets_rights: bool,
    pub(super) gets_owner: bool,
}

impl<'a> Heir<'a> {
    pub(super) fn itself(id: &'a ObjectId) -> Self {
        Self { id, gets_rights: true, gets_owner: true }
    }
}

/// Keeps, as statements in a setting of the session, the rights and the owner for the object that comes.
pub(super) fn keep(id: &ObjectId, heir: &Heir<'_>) -> Option<String> {
    let (place, new) = (place(id.kind)?, place(heir.id.kind)?);
    // GRANT and ALTER ROUTINE know neither `*` nor ORDER BY, but what the server prints of the object itself.
    let called = match (new.found, id == heir.id) {
        (Found::Arguments, true) => None,
        (Found::Arguments, false) => Some(format!("{}({})", qualified(&heir.id.name), plain_types(heir.id))),
        (Found::Cast(_) | Found::Name(_) | Found::InSchema(..) | Found::OfMethod(..), _) => {
            Some(Objects.called(heir.id))
        }
    };
    let text = |before: String, behind: &str| match &called {
        Some(called) => literal(&format!("{before} {called}{behind}")),
        None => format!("{} || x.oid::regprocedure || {}", literal(&format!("{before} ")), literal(behind)),
    };
    let mut parts = Vec::new();
    let rights = place.rights.as_ref().zip(new.rights.as_ref()).filter(|_| heir.gets_rights);
    if let Some((rights, new)) = rights {
        parts.push(granted(
            &place,
            rights,
            (&text(format!(" ON {}", new.word), " TO "), &text(format!("REVOKE ALL ON {}", new.word), " FROM ")),
        ));
    }
    if heir.gets_owner {
        let is_aggregate = heir.id.kind == ObjectKind::Aggregate;
        let kind = if is_aggregate { "ROUTINE".to_owned() } else { heir.id.kind.spoken().to_uppercase() };
        let owner = place.owner;
        parts.push(format!(
            "SELECT 3, {} || {owner}::regrole WHERE pg_catalog.pg_get_userbyid({owner}) <> current_user",
            text(format!("ALTER {kind}"), " OWNER TO ")
        ));
    }
    let first = if id.kind == ObjectKind::MaterializedView { filled(&Objects.called(id)) } else { String::new() };
    let list = rights.map(|(rights, _)| list(&place, rights)).unwrap_or_default();
    (!parts.is_empty()).then(|| {
        format!(
            "{}SELECT pg_catalog.set_config({}, coalesce(pg_catalog.string_agg(sql, '; ' ORDER BY place, sql), ''), false)\n\
             FROM pg_catalog.{} AS x{list}\nCROSS JOIN LATERAL (\n    {first}{}\n) AS kept (place, sql)\nWHERE {}",
            said(id, heir),
            literal(&setting(id)),
            place.catalog,
            parts.join("\n    UNION ALL "),
            place.found.condition(id)
        )
    })
}

/// What the statement is for, as a line of comment.
fn said(id: &ObjectId, heir: &Heir<'_>) -> String {
    let what = match (heir.gets_rights, heir.gets_owner) {
        (true, true) => "rights and owner of",
        (true, false) => "rights on",
        (false, _) => "owner of",
    };
    let whom = if id == heir.id { String::new() } else { format!(", for {}", heir.id.for_people()) };
    let text = format!("{what} {}{whom}", id.for_people());
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("-- keeps {text}\n")
}

/// The types of a routine without what only its own kind has between them.
fn plain_types(id: &ObjectId) -> &str {
    id.arguments.as_deref().filter(|types| *types != "*").unwrap_or_default()
}

/// The access list as a table of its own. What it says that is not there counts only where default privileges would fill that of a
/// new object.
fn list(place: &Place, Rights { list, letter, .. }: &Rights) -> String {
    let owner = place.owner;
    let list = match letter {
        Some(letter) => format!(
            "coalesce({list}, (SELECT pg_catalog.acldefault('{letter}', {owner}) FROM pg_catalog.pg_default_acl LIMIT 1))"
        ),
        None => (*list).to_owned(),
    };
    format!("\nCROSS JOIN LATERAL (SELECT {list}) AS had (list)")
}

/// The rights that were given, as rows of place and statement, behind what takes away those that default privileges give.
fn granted(place: &Place, rights: &Rights, (on, revoked): (&str, &str)) -> String {
    let owner = place.owner;
    let taken = match rights.letter {
        Some(_) => format!("SELECT 1, {revoked} || {WHO}\n    FROM {GIVEN}"),
        None => format!("SELECT 1, {revoked} || 'PUBLIC' WHERE list IS NOT NULL"),
    };
    let (part, parts) =
        if place.catalog == "pg_class" { ("part || ", ALL_PARTS) } else { ("", "pg_catalog.aclexplode(list)") };
    format!(
        "{taken}\n    UNION ALL SELECT 2, 'GRANT ' || privilege_type || {part}{on} || {WHO}\n        || {OPTION}\n    \
         FROM {parts} WHERE grantee <> {owner}"
    )
}

/// A relation and its columns, with their access lists.
const ALL_PARTS: &str = "(SELECT '', list UNION ALL SELECT ' (' || pg_catalog.quote_ident(attname) || ')', attacl\n        \
    FROM pg_catalog.pg_attribute WHERE attrelid = x.oid AND NOT attisdropped) AS parts (part, acl), pg_catalog.aclexplode(acl)";

/// Keeps the rights of a column that is dropped and added again.
pub(super) fn keep_column(table: &Name, column: &Ident) -> String {
    let on = literal(&format!(" ({}) ON TABLE {} TO ", quote(column), qualified(table)));
    format!(
        "SELECT pg_catalog.set_config({}, coalesce(pg_catalog.string_agg('GRANT ' || privilege_type || {on} || {WHO}\n    \
         || {OPTION}, '; '), ''), false)\n\
         FROM pg_catalog.pg_class AS x JOIN pg_catalog.pg_attribute ON attrelid = x.oid, pg_catalog.aclexplode(attacl)\n\
         WHERE x.oid = {}::regclass AND attname = {} AND grantee <> relowner",
        literal(&setting_of_column(table, column)),
        literal(&qualified(table)),
        literal(column.as_str()),
    )
}

/// Gives a column the rights that were kept.
pub(super) fn give_back_column(table: &Name, column: &Ident) -> String {
    executed(&setting_of_column(table, column))
}

fn setting_of_column(table: &Name, column: &Ident) -> String {
    format!("migrate.kept_column_{}", plain(&format!("{}.{}", name_as_printed(table), as_printed(column))))
}
