//! Default privileges as statements, in both directions. Pure.

use crate::dialect::postgres::quote::literal;
use crate::schema::ObjectId;

/// The kinds of things: the letter of the catalog, the one of `acldefault`, the word of GRANT, the one of the model.
const THINGS: [(&str, &str, &str); 6] = [
    ("r", "r", "TABLES"),
    ("S", "s", "SEQUENCES"),
    ("f", "f", "FUNCTIONS"),
    ("T", "T", "TYPES"),
    ("n", "n", "SCHEMAS"),
    ("L", "L", "LARGE OBJECTS"),
];

fn case(of: impl Fn(&(&str, &str, &str)) -> String) -> String {
    let whens: Vec<String> = THINGS.iter().map(|thing| format!("WHEN '{}' THEN {}", thing.0, of(thing))).collect();
    format!("CASE d.defaclobjtype::text {} END", whens.join(" "))
}

/// What differs from what the server gives by itself: number, role, schema, kind of thing, the statement that makes it so
/// (`said`), the one that takes it back (`unsaid`), and its place. `condition` is about `d`, the row of the catalog.
///
/// What is said of one schema is added to what is said of all.
pub(in crate::dialect::postgres) fn query(condition: &str) -> String {
    let usual = format!(
        "CASE WHEN d.defaclnamespace = 0 THEN pg_catalog.acldefault({}::\"char\", d.defaclrole) END",
        case(|thing| format!("'{}'", thing.1))
    );
    let word = case(|thing| format!("'{}'", thing.2));
    let exploded = |list: &str| {
        format!("SELECT g.grantee, g.privilege_type, g.is_grantable FROM pg_catalog.aclexplode({list}) AS g")
    };
    let grantee =
        "CASE WHEN y.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(y.grantee)) END";
    let option = "CASE WHEN y.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END";
    format!(
        "SELECT d.oid, pg_catalog.pg_get_userbyid(d.defaclrole)::text AS role, n.nspname::text AS schema, \
         lower({word}) AS things, y.place, \
         h.head || CASE WHEN y.place = 1 THEN ' REVOKE ' || y.rights || ' ON ' || {word} || ' FROM ' || {grantee} \
         ELSE ' GRANT ' || y.rights || ' ON ' || {word} || ' TO ' || {grantee} || {option} END AS said, \
         h.head || CASE WHEN y.place = 2 THEN ' REVOKE ' || y.rights || ' ON ' || {word} || ' FROM ' || {grantee} \
         ELSE ' GRANT ' || y.rights || ' ON ' || {word} || ' TO ' || {grantee} || {option} END AS unsaid \
         FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace \
         CROSS JOIN LATERAL (SELECT 'ALTER DEFAULT PRIVILEGES FOR ROLE ' \
         || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) \
         || coalesce(' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname), '') AS head) AS h \
         CROSS JOIN LATERAL (SELECT z.place, z.grantee, z.is_grantable, \
         pg_catalog.string_agg(z.privilege_type, ', ' ORDER BY z.privilege_type) AS rights FROM \
         (SELECT 1 AS place, u.* FROM ({} EXCEPT {}) AS u UNION ALL SELECT 2, u.* FROM ({} EXCEPT {}) AS u) AS z \
         GROUP BY z.place, z.grantee, z.is_grantable) AS y WHERE {condition}",
        exploded(&usual),
        exploded("d.defaclacl"),
        exploded("d.defaclacl"),
        exploded(&usual)
    )
}

/// The statement that gives back what the server gives by itself.
pub(super) fn reset(id: &ObjectId) -> String {
    let schema = id.table.as_ref().map_or_else(
        || "d.defaclnamespace = 0".to_owned(),
        |schema| format!("n.nspname = {}", literal(schema.name.as_str())),
    );
    let things = id.arguments.as_deref().unwrap_or_default().to_uppercase();
    let letter = THINGS.iter().find(|thing| thing.2 == things).map_or("", |thing| thing.0);
    let condition = format!(
        "{schema} AND d.defaclobjtype = '{letter}' AND pg_catalog.pg_get_userbyid(d.defaclrole) = {}",
        literal(id.name.name.as_str())
    );
    let body = format!(
        "DECLARE one text; BEGIN FOR one IN SELECT x.unsaid FROM ({}) AS x ORDER BY x.place LOOP EXECUTE one; END LOOP; END",
        query(&condition)
    );
    format!("DO {}", literal(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Name, ObjectKind};

    #[test]
    fn what_is_reset_is_named_by_role_schema_and_kind() {
        let id = ObjectId {
            arguments: Some("tables".to_owned()),
            table: Some(Name::own("app")),
            ..ObjectId::new(ObjectKind::DefaultPrivileges, Name::own("it's"))
        };
        let sql = reset(&id);
        assert!(sql.contains("n.nspname = ''app'' AND d.defaclobjtype = ''r''"), "{sql}");
        assert!(sql.contains("= ''it''''s''"), "{sql}");
    }
}
