//! Names and strings as SQLite writes them. Pure: no I/O. What is called everywhere is never inlined, for the sake of the
//! size of programs that embed the library.

use crate::schema::{Ident, Name};

/// `"name"`, with double quotes inside doubled. Never `[name]`, which cannot hold a bracket.
#[inline(never)]
pub(super) fn ident(name: &Ident) -> String {
    format!("\"{}\"", name.as_str().replace('"', "\"\""))
}

/// `"schema"."name"`, or the name alone in the main database.
pub(super) fn name(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", ident(schema), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// `"a", "b"`.
pub(super) fn idents(names: &[Ident]) -> String {
    names.iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A string literal. SQLite stops reading a statement at a NUL, so a text with one is spelled in hexadecimal.
pub(super) fn literal(text: &str) -> String {
    if text.contains('\0') {
        let hexadecimal: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        return format!("CAST(X'{hexadecimal}' AS TEXT)");
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// The text behind a string literal; None for anything else.
pub(super) fn read_literal(sql: &str) -> Option<String> {
    let inner = sql.strip_prefix('\'')?.strip_suffix('\'')?;
    let text = inner.replace("''", "'");
    (literal(&text) == sql).then_some(text)
}

/// SQLite compares names without regard to the case of ASCII letters, and only of those.
#[inline(never)]
pub(super) fn fold(name: &Ident) -> String {
    name.as_str().to_ascii_lowercase()
}

/// Why a name cannot be used. Names of tables that begin with `sqlite_` are refused by SQLite itself; a column may have
/// one.
pub(super) fn refuse(name: &Ident) -> Option<String> {
    if name.as_str().is_empty() {
        return Some("it is empty".to_owned());
    }
    name.as_str().contains('\0').then(|| "SQLite stops reading at a NUL character".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_inside_are_doubled() {
        assert_eq!(ident(&"a\"b".into()), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\0b"), "CAST(X'610062' AS TEXT)");
        assert_eq!(name(&Name::new(Some("x".into()), "t")), "\"x\".\"t\"");
    }

    #[test]
    fn literals_come_back() {
        assert_eq!(read_literal("'it''s'").as_deref(), Some("it's"));
        assert_eq!(read_literal("''").as_deref(), Some(""));
        for other in ["'a' || 'b'", "1", "'", "'a''", "CURRENT_DATE"] {
            assert_eq!(read_literal(other), None, "{other}");
        }
    }

    #[test]
    fn only_ascii_is_folded() {
        assert_eq!(fold(&"ÄBc".into()), "Äbc");
        assert!(
            refuse(&"a\0".into()).is_some() && refuse(&"".into()).is_some() && refuse(&"sqlite_x".into()).is_none()
        );
    }
}
