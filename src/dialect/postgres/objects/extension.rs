//! Extensions: much may stand on them, so they are moved and brought up to date in place. Pure.

use super::parts::words;

/// The statements for another schema and another version; None where the text cannot be read.
pub(super) fn alter(former: &str, wanted: &str) -> Option<Vec<String>> {
    let name = name(wanted)?;
    let after = |sql: &str, word: &str| {
        let all = words(sql);
        let at = all.iter().position(|token| token.is_word(sql, word))?;
        all.get(at + 1).map(|token| token.text(sql).to_owned())
    };
    let mut all = Vec::new();
    if let Some(schema) = after(wanted, "SCHEMA").filter(|schema| after(former, "SCHEMA").as_ref() != Some(schema)) {
        all.push(format!("ALTER EXTENSION {name} SET SCHEMA {schema}"));
    }
    if after(former, "VERSION") != after(wanted, "VERSION") {
        let version = after(wanted, "VERSION").map(|version| format!(" TO {version}")).unwrap_or_default();
        all.push(format!("ALTER EXTENSION {name} UPDATE{version}"));
    }
    (!all.is_empty()).then_some(all)
}

/// What stands behind `CREATE EXTENSION IF NOT EXISTS`.
fn name(sql: &str) -> Option<String> {
    let all = words(sql);
    let skipped = ["CREATE", "EXTENSION", "IF", "NOT", "EXISTS"];
    let name = all.iter().find(|token| !skipped.iter().any(|word| token.is_word(sql, word)))?;
    Some(name.text(sql).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_is_moved_and_updated() {
        assert_eq!(
            alter(
                "CREATE EXTENSION IF NOT EXISTS \"a\" VERSION '1'",
                "CREATE EXTENSION IF NOT EXISTS \"a\" SCHEMA \"s\""
            )
            .unwrap(),
            ["ALTER EXTENSION \"a\" SET SCHEMA \"s\"", "ALTER EXTENSION \"a\" UPDATE"]
        );
    }
}
