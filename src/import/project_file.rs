//! The configuration of an imported project. Pure.

/// Models of a project that has none yet.
pub(crate) const MODELS: &str = "\
# The tables as they should be. None yet: migrate.yaml says `unmanaged: ignore`, so that tables without a model are left
# alone. `migrate inspect` prints a database as models.
tables: {}
";

/// The text of migrate.yaml; `url` is what the database is without DATABASE_URL, the table has a schema or none.
pub(crate) fn project_file(folders: &[&String], url: Option<&str>, table: (Option<&str>, &str)) -> String {
    let url = url.map_or_else(String::new, |url| format!(":-{url}"));
    let versions = match folders {
        [one] => format!("{one}/"),
        several => format!("[{}]", several.iter().map(|one| format!("{one}/")).collect::<Vec<_>>().join(", ")),
    };
    let versions = format!("versions: {versions}");
    let table = format!("version_table: {}", name(table));
    format!(
        "# Imported from an Alembic project. `migrate schema config` describes every key.\n\
         database:\n  url: {}\n{:<31} # how the database should be\n{versions:<31} # how it gets there\n\
         {table:<31} # the table is shared with Alembic, the files are not\n\
         {:<31} # tables without a model are left alone\n",
        quoted(&format!("${{DATABASE_URL{url}}}")),
        "models: models/",
        "unmanaged: ignore"
    )
}

/// `[schema.]name`, each in quotes where it has a dot or a sign that is no part of a plain name.
fn name((schema, table): (Option<&str>, &str)) -> String {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let part = |text: &str| if is_plain(text) { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) };
    let parts: Vec<String> = schema.into_iter().chain([table]).map(part).collect();
    let name = parts.join(".");
    if name.contains('"') { quoted(&name) } else { name }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::project_file;

    #[test]
    fn one_folder_or_several() {
        let (one, other) = ("versions".to_owned(), "versions/b".to_owned());
        let text = project_file(&[&one], None, (None, "alembic_version"));
        for part in [
            "url: \"${DATABASE_URL}\"\n",
            "versions: versions/ ",
            "version_table: alembic_version ",
            "unmanaged: ignore ",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let text = project_file(&[&one, &other], Some("sqlite://x.db"), (Some("app"), "v"));
        assert_eq!(super::name((Some("a.b"), "v")), "\"\\\"a.b\\\".v\"");
        assert!(text.contains("version_table: app.v "));
        assert!(
            text.contains("versions: [versions/, versions/b/] # how")
                && text.contains("${DATABASE_URL:-sqlite://x.db}")
        );
    }
}
