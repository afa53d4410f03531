//! Questions about owners and access lists: of tables and columns, of whatever else stands among the tables, of routines,
//! types and schemas. Pure.
//!
//! Each of them is a row of `x`: `catalog`, `oid`, `place` (its schema; a schema is its own), `name`, `arguments` of a routine,
//! `of` (the table whose column owns a sequence), `part` (a column), `owner`, `list`, `usual` (what the server gives by itself),
//! `word` (as GRANT calls it).

use crate::dialect::postgres::quote::literal;

/// All that has an access list.
const THINGS: &str = "\
    SELECT 1259 AS catalog, c.oid, c.relnamespace AS place, c.relname::text AS name, NULL::text AS arguments, \
    d.refobjid AS of, NULL::text AS part, c.relowner AS owner, c.relacl AS list, \
    pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END, c.relowner) AS usual, \
    CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS word FROM pg_catalog.pg_class c \
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 1259 AND d.objid = c.oid AND c.relkind = 'S' \
    AND d.refclassid = 1259 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') \
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
    UNION ALL SELECT 1259, c.oid, c.relnamespace, c.relname, NULL, NULL, a.attname, c.relowner, a.attacl, NULL, 'TABLE' \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
    WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped \
    UNION ALL SELECT 1255, p.oid, p.pronamespace, p.proname, pg_catalog.oidvectortypes(p.proargtypes), NULL, NULL, p.proowner, \
    p.proacl, pg_catalog.acldefault('f', p.proowner), 'ROUTINE' FROM pg_catalog.pg_proc p \
    UNION ALL SELECT CASE t.typrelid WHEN 0 THEN 1247 ELSE 1259 END, coalesce(nullif(t.typrelid, 0), t.oid), t.typnamespace, \
    t.typname, NULL, NULL, NULL, t.typowner, t.typacl, pg_catalog.acldefault('T', t.typowner), 'TYPE' \
    FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid \
    WHERE coalesce(c.relkind, 'c') = 'c' AND t.typcategory <> 'A' \
    UNION ALL SELECT 2615, n.oid, n.oid, n.nspname, NULL, NULL, NULL, n.nspowner, n.nspacl, \
    coalesce((SELECT i.initprivs FROM pg_catalog.pg_init_privs i WHERE i.objoid = n.oid AND i.classoid = 2615 \
    AND i.objsubid = 0), pg_catalog.acldefault('n', n.nspowner)), 'SCHEMA' FROM pg_catalog.pg_namespace n";

/// What the rows begin with.
const IDENTITY: &str = "x.catalog, x.oid, x.place, x.name, x.arguments, x.of, x.part";

/// What belongs to another role than the one at work: the identity, and the role. A sequence that a column owns belongs to whom its
/// table does.
pub(in crate::dialect::postgres) fn owners(condition: &str) -> String {
    format!(
        "SELECT {IDENTITY}, r.rolname::text FROM ({THINGS}) AS x JOIN pg_catalog.pg_roles r ON r.oid = x.owner \
         WHERE r.rolname <> current_user AND x.part IS NULL AND x.of IS NULL AND {condition} ORDER BY x.catalog, x.oid"
    )
}

/// What differs from what the server gives by itself, but for the owner and the role at work: the identity, whether it is
/// missing, the role (NULL: all), whether the rights may be given on, and the rights with commas.
pub(in crate::dialect::postgres) fn rights(condition: &str) -> String {
    format!(
        "SELECT {IDENTITY}, y.is_missing, r.rolname::text, y.is_grantable, \
         pg_catalog.string_agg(y.privilege_type, ',' ORDER BY y.privilege_type), x.word \
         FROM ({THINGS}) AS x CROSS JOIN LATERAL ({}) AS y LEFT JOIN pg_catalog.pg_roles r ON r.oid = y.grantee \
         WHERE x.list IS NOT NULL AND (y.grantee = 0 OR r.oid IS NOT NULL) AND {condition} \
         GROUP BY {IDENTITY}, x.word, y.is_missing, r.rolname, y.is_grantable \
         ORDER BY x.catalog, x.oid, x.part, y.is_missing DESC, r.rolname COLLATE \"C\" NULLS FIRST, y.is_grantable",
        differing()
    )
}

fn differing() -> String {
    let exploded = |list: &str| {
        format!(
            "SELECT g.grantee, g.privilege_type, pg_catalog.bool_or(g.is_grantable) AS is_grantable \
             FROM pg_catalog.aclexplode({list}) AS g WHERE g.grantee <> x.owner AND g.grantee NOT IN \
             (SELECT me.oid FROM pg_catalog.pg_roles me WHERE me.rolname = current_user) GROUP BY 1, 2"
        )
    };
    let (has, usual) = (exploded("x.list"), exploded("x.usual"));
    format!(
        "SELECT false AS is_missing, u.* FROM ({has} EXCEPT {usual}) AS u \
         UNION ALL SELECT true, u.* FROM ({usual} EXCEPT {has}) AS u"
    )
}

/// Those of `asked` (for people, schema, name, `table`, `routine`, `type` or `schema`, types, whether it is the owner) whose
/// rights the login may not give, or which it may not give away: what it is, and its owner.
pub(in crate::dialect::postgres) fn grantors(asked: &str) -> String {
    format!(
        "SELECT 'right', n.people, pg_catalog.pg_get_userbyid(x.owner)::text, NULL, NULL, NULL, NULL \
         FROM (VALUES {asked}) AS n(people, schema, name, what, types, is_owner) \
         JOIN ({THINGS}) AS x ON x.name = n.name AND x.part IS NULL AND CASE n.what WHEN 'table' THEN x.word IN ('TABLE', 'SEQUENCE') \
         ELSE x.word = upper(n.what) END AND coalesce(x.arguments, '') = coalesce(n.types, '') \
         JOIN pg_catalog.pg_namespace s ON s.oid = x.place AND (s.nspname = n.schema OR x.catalog = 2615) \
         WHERE NOT pg_catalog.pg_has_role(x.owner, 'USAGE') AND (n.is_owner OR NOT EXISTS (SELECT \
         FROM pg_catalog.aclexplode(x.list) AS g WHERE g.is_grantable AND pg_catalog.pg_has_role(g.grantee, 'USAGE')))"
    )
}

/// The statement that takes away what default privileges gave to all that was made in a scratch place whose names begin so: what a
/// model does not say is not there, whoever made it.
pub(in crate::dialect::postgres) fn bare(prefix: &str) -> String {
    let here = format!(
        "x.part IS NULL AND pg_catalog.pg_has_role(x.owner, 'USAGE') AND x.place IN (SELECT n.oid FROM pg_catalog.pg_namespace n \
         WHERE n.nspname = current_schema() AND pg_catalog.starts_with(n.nspname, '{prefix}') \
         OR pg_catalog.starts_with(current_database(), '{prefix}') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"
    );
    reset(&here)
}

/// The statement that gives back what the server gives by itself, and no more.
pub(in crate::dialect::postgres) fn reset(condition: &str) -> String {
    let names = IDENTITY.replace("x.", "");
    let body = format!(
        "DECLARE one text; BEGIN FOR one IN SELECT CASE WHEN z.is_missing THEN 'GRANT ' ELSE 'REVOKE ' END \
         || CASE WHEN z.part IS NULL THEN z.rights ELSE pg_catalog.replace(z.rights, ',', b.behind || ',') || b.behind END || ' ON ' \
         || z.word || ' ' || CASE z.catalog WHEN 1255 THEN z.oid::regprocedure::text WHEN 1247 THEN z.oid::regtype::text \
         WHEN 2615 THEN pg_catalog.quote_ident(z.name) ELSE z.oid::regclass::text END \
         || CASE WHEN z.is_missing THEN ' TO ' ELSE ' FROM ' END || coalesce(pg_catalog.quote_ident(z.role), 'PUBLIC') \
         || CASE WHEN z.is_grantable AND NOT z.is_missing THEN ' CASCADE' ELSE '' END \
         FROM ({}) AS z({names}, is_missing, role, is_grantable, rights, word) \
         CROSS JOIN LATERAL (SELECT ' (' || pg_catalog.quote_ident(z.part) || ')' AS behind) AS b LOOP EXECUTE one; END LOOP; END",
        rights(condition)
    );
    format!("DO {}", literal(&body))
}
