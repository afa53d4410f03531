//! Pieces of queries that print names and options as statements have them. Pure.

use crate::dialect::postgres::objects::options::SECRETS;

/// The name of what a column of the catalog points to, with its schema where the search path does not lead to it: `catalog`
/// has a row for it, whose columns begin with `prefix`; `visible` is the function that knows the search path.
fn printed(catalog: &str, prefix: &str, visible: &str, column: &str) -> String {
    format!(
        "(SELECT CASE WHEN pg_catalog.{visible}(z.oid) THEN '' ELSE pg_catalog.quote_ident(zn.nspname) || '.' END \
         || pg_catalog.quote_ident(z.{prefix}name) FROM pg_catalog.{catalog} z \
         JOIN pg_catalog.pg_namespace zn ON zn.oid = z.{prefix}namespace WHERE z.oid = {column})"
    )
}

/// A function by its name alone.
pub(super) fn function(column: &str) -> String {
    printed("pg_proc", "pro", "pg_function_is_visible", column)
}

/// A function with the types of its arguments.
pub(super) fn function_with_arguments(column: &str) -> String {
    let arguments =
        format!("(SELECT pg_catalog.oidvectortypes(y.proargtypes) FROM pg_catalog.pg_proc y WHERE y.oid = {column})");
    format!("{} || '(' || {arguments} || ')'", function(column))
}

pub(super) fn operator_family(column: &str) -> String {
    printed("pg_opfamily", "opf", "pg_opfamily_is_visible", column)
}

pub(super) fn dictionary(column: &str) -> String {
    printed("pg_ts_dict", "dict", "pg_ts_dict_is_visible", column)
}

pub(super) fn parser(column: &str) -> String {
    printed("pg_ts_parser", "prs", "pg_ts_parser_is_visible", column)
}

pub(super) fn template(column: &str) -> String {
    printed("pg_ts_template", "tmpl", "pg_ts_template_is_visible", column)
}

/// An operator where the grammar takes a bare name, with its schema or not: `app.===`.
pub(super) fn operator(column: &str) -> String {
    format!(
        "(SELECT CASE WHEN pg_catalog.pg_operator_is_visible(z.oid) THEN '' \
         ELSE pg_catalog.quote_ident(zn.nspname) || '.' END || z.oprname FROM pg_catalog.pg_operator z \
         JOIN pg_catalog.pg_namespace zn ON zn.oid = z.oprnamespace WHERE z.oid = {column})"
    )
}

/// An operator where a schema needs a word around: `OPERATOR(app.===)`.
pub(super) fn operator_in_brackets(column: &str) -> String {
    let bare = operator(column);
    format!(
        "(SELECT CASE WHEN o LIKE '%.%' AND o ~ '[a-z\"]' THEN 'OPERATOR(' || o || ')' ELSE o END FROM (SELECT {bare}) AS z (o))"
    )
}

/// What stands between the brackets of `OPTIONS (…)`, less what is secret; NULL where nothing is left. Secrets never leave the
/// server.
pub(super) fn options(column: &str) -> String {
    format!(
        "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(z.option_name) || ' ' || \
         pg_catalog.quote_literal(z.option_value), ', ') FROM pg_catalog.pg_options_to_table({column}) z \
         WHERE z.option_name !~* '({})')",
        SECRETS.join("|")
    )
}

/// ` OPTIONS (…)`, or nothing.
pub(super) fn with_options(text: Option<&str>) -> String {
    text.map(|text| format!(" OPTIONS ({text})")).unwrap_or_default()
}

/// The comment of an object of a catalog.
pub(super) fn comment(catalog: &str, column: &str) -> String {
    format!(
        "(SELECT z.description FROM pg_catalog.pg_description z WHERE z.objoid = {column} AND z.objsubid = 0 \
         AND z.classoid = 'pg_catalog.{catalog}'::regclass)"
    )
}
