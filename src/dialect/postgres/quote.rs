//! How names and strings are written. Pure.

use crate::schema::{Ident, Name};

/// A name in double quotes, whatever is in it.
pub(crate) fn quote(ident: &Ident) -> String {
    format!("\"{}\"", ident.as_str().replace('"', "\"\""))
}

/// A name with its schema, both quoted; unqualified where it is in the connection's own schema.
pub(super) fn qualified(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}

/// Several names, quoted, with commas.
pub(super) fn list(names: &[Ident]) -> String {
    names.iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// A string literal that means the same whatever `standard_conforming_strings` says.
pub(crate) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// `NULL` or a string literal, for `COMMENT ON … IS`.
pub(super) fn literal_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), literal)
}

/// A name as the server prints it: in quotes only where it needs them (`quote_identifier` of its source).
pub(super) fn as_printed(ident: &Ident) -> String {
    let text = ident.as_str();
    let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let keyword = KEYWORDS.split_ascii_whitespace().any(|word| word == text);
    if starts_well && text.bytes().all(plain) && !keyword { text.to_owned() } else { quote(ident) }
}

/// A name with its schema as the server prints it where the own schema is the first of the search path.
pub(super) fn name_as_printed(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", as_printed(schema), as_printed(&name.name)),
        None => as_printed(&name.name),
    }
}

/// The longest name in bytes (`NAMEDATALEN` - 1); the server cuts longer ones with a mere notice.
pub(super) const LONGEST_NAME: usize = 63;

/// Why the server would not keep a name as it is.
pub(crate) fn refuse_name(ident: &Ident) -> Option<String> {
    let text = ident.as_str();
    if text.is_empty() {
        Some("PostgreSQL takes no empty name".to_owned())
    } else if text.contains('\0') {
        Some("PostgreSQL takes no name with a NUL in it".to_owned())
    } else if text.len() > LONGEST_NAME {
        Some(format!("PostgreSQL cuts names after {LONGEST_NAME} bytes, and this one has {}", text.len()))
    } else {
        None
    }
}

/// The words that are not free as names, of versions 12 to 18 together: all of `pg_get_keywords()` but category `U`.
const KEYWORDS: &str = "\
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast \
    char character check coalesce collate collation column concurrently constraint create cross current_catalog \
    current_date current_role current_schema current_time current_timestamp current_user dec decimal default \
    deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant \
    greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join \
    json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize \
    json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national natural \
    nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing \
    position precision primary real references returning right row select session_user setof similar smallint some \
    substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique \
    user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists \
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_cannot_break_out() {
        assert_eq!(quote(&Ident::new(r#"a"b"#)), r#""a""b""#);
        assert_eq!(qualified(&Name::new(Some(Ident::new("App")), "t")), r#""App"."t""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
        assert_eq!(literal_or_null(None), "NULL");
    }

    #[test]
    fn names_are_printed_as_the_server_does() {
        let printed = |text: &str| as_printed(&Ident::new(text));
        assert_eq!(printed("order_status"), "order_status");
        assert_eq!(printed("order"), "\"order\"");
        assert_eq!(printed("Status"), "\"Status\"");
        assert_eq!(printed("1st"), "\"1st\"");
        assert_eq!(printed("käse"), "\"käse\"");
        assert_eq!(name_as_printed(&Name::new(Some(Ident::new("app")), "User")), "app.\"User\"");
    }

    #[test]
    fn names_that_would_be_cut_are_refused() {
        assert_eq!(refuse_name(&Ident::new("x".repeat(63))), None);
        assert!(refuse_name(&Ident::new("x".repeat(64))).is_some_and(|why| why.contains("64")));
        assert!(refuse_name(&Ident::new("")).is_some());
        assert!(refuse_name(&Ident::new("a\0b")).is_some());
    }
}
