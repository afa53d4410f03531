//! SQLite: pragmas are set by their names alone, so those are put back that a revision names; databases that it attached
//! are detached, temporary objects dropped.

use super::{Connection, Ending, Reach, Values};
use crate::error::Result;
use crate::statement::session::SessionChange;

/// The pragmas under which statements of ours fail.
pub(super) const FOR_OURS: [&str; 1] = ["query_only"];

/// It cannot be read, and is off on every connection.
const UNREADABLE: &str = "case_sensitive_like";

/// The handler of a wait is ours.
const BUSY: &str = "busy_timeout";

const JOURNAL: &str = "journal_mode";

/// Said without a schema they are said of all files.
const OF_ALL_FILES: [&str; 4] = [JOURNAL, "locking_mode", "mmap_size", "secure_delete"];

/// Temporary objects, in the order in which they can be dropped: virtual tables take others along. Our own go with the
/// connection.
const TEMPORARY: &str = "SELECT 'DROP ' || type || ' IF EXISTS temp.\"' || replace(name, '\"', '\"\"') || '\"' \
                         FROM temp.sqlite_schema WHERE type <> 'index' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                         AND name NOT LIKE 'migrate\\_%' ESCAPE '\\' \
                         ORDER BY type = 'table', type = 'view', sql NOT LIKE 'CREATE VIRTUAL%'";

/// Databases beside the file and the temporary one.
const ATTACHED: &str = "SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')";

/// What each of them is on a connection of the program, where that is the same everywhere: for scripts, which cannot ask.
#[cfg(feature = "cli")]
const USUAL: [(&str, &str); 11] = [
    ("case_sensitive_like", "OFF"),
    ("defer_foreign_keys", "OFF"),
    ("foreign_keys", "ON"),
    ("ignore_check_constraints", "OFF"),
    ("legacy_alter_table", "OFF"),
    ("locking_mode", "NORMAL"),
    ("query_only", "OFF"),
    ("read_uncommitted", "OFF"),
    ("recursive_triggers", "OFF"),
    ("reverse_unordered_selects", "OFF"),
    ("writable_schema", "OFF"),
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What a script says behind a revision that has set these.
#[cfg(feature = "cli")]
pub(super) fn for_script(named: &[String]) -> Vec<String> {
    let set = USUAL.iter().filter(|(name, _)| named.iter().any(|named| named == name));
    let mut words: Vec<String> = set.map(|(name, value)| format!("PRAGMA {name} = {value}")).collect();
    // What was made last may stand on what was made before.
    let made = named.iter().rev().filter(|name| is_temporary(name));
    words.extend(made.map(|name| format!("DROP {}", name.replacen(' ', " IF EXISTS ", 1))));
    words
}

/// Whether it is no pragma: a kind and a name.
fn is_temporary(named: &str) -> bool {
    named.contains(" temp.")
}

/// Pragmas in SQL.
pub(super) fn said(values: &Values) -> String {
    let one =
        |(name, value): &(String, Option<String>)| format!("PRAGMA {name} = {}", value.as_deref().unwrap_or("OFF"));
    values.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl Connection {
    /// Notes the values of pragmas that are about to be set, and what is attached before something may be.
    pub(super) async fn note_sqlite(&mut self, change: &SessionChange) -> Result<()> {
        if change.reach == Reach::Open && self.traces.attached.is_none() {
            self.traces.attached = Some(self.attached_now().await?);
        }
        let mut names = Vec::new();
        for name in change.named.iter().filter(|name| !is_temporary(name)) {
            names.extend(self.pragmas_of(name).await?);
        }
        for name in &names {
            if self.traces.given(name).is_none() {
                let value = self.ask_pragmas(&[name.as_str()]).await?;
                self.traces.given.get_or_insert_default().extend(value);
            }
        }
        Ok(())
    }

    /// The pragmas that one sets.
    async fn pragmas_of(&mut self, name: &str) -> Result<Vec<String>> {
        let mut names = vec![name.to_owned()];
        if OF_ALL_FILES.contains(&name) {
            let files = ["main".to_owned()].into_iter().chain(self.attached_now().await?);
            names.extend(files.map(|file| format!("{}.{name}", quoted(&file))));
        }
        // What it is without a schema is what it is of the main file.
        names.retain(|name| name != JOURNAL);
        Ok(names)
    }

    pub(super) async fn ask_pragmas(&mut self, names: &[&str]) -> Result<Values> {
        let mut values = Values::new();
        for name in names {
            let row = if *name == UNREADABLE { None } else { self.ask(&format!("PRAGMA {name}")).await? };
            values.push(((*name).to_owned(), row.and_then(|row| row.text(0).map(str::to_owned))));
        }
        Ok(values)
    }

    /// Some pragmas, and DETACH, are refused in a transaction: what is left is done behind it. Before it ends only that is
    /// said without which a row of ours could not be written; between revisions in it, all that can be.
    pub(super) async fn put_back_sqlite(&mut self, ending: Ending) -> Result<()> {
        if ending == Ending::InTransaction {
            return self.set_aside().await;
        }
        self.traces.is_aside = false;
        let given = self.traces.given.take().unwrap_or_default();
        for value in &given {
            let done = self.put_pragma_back(value).await;
            if ending != Ending::Shared {
                done?;
            }
        }
        if ending != Ending::Retried {
            self.drop_temporary(ending).await?;
        }
        if ending == Ending::Shared {
            self.traces.given = Some(given);
            return Ok(());
        }
        if self.traces.reach == Reach::Open {
            self.detach_new().await?;
        }
        self.forget_session();
        Ok(())
    }

    async fn attached_now(&mut self) -> Result<Vec<String>> {
        let rows = self.rows(ATTACHED).await?;
        Ok(rows.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect())
    }

    /// Detaches what revisions attached.
    async fn detach_new(&mut self) -> Result<()> {
        let before = self.traces.attached.take().unwrap_or_default();
        for name in self.attached_now().await?.iter().filter(|name| !before.contains(name)) {
            self.ask(&format!("DETACH {}", quoted(name))).await?;
        }
        Ok(())
    }

    async fn put_pragma_back(&mut self, value: &(String, Option<String>)) -> Result<()> {
        if value.0 == BUSY {
            return self.wait_as_given().await;
        }
        if value.0.ends_with(JOURNAL) {
            // Only `wal` is written down in the file, and was meant to last.
            let now = self.ask_pragmas(&[value.0.as_str()]).await?;
            let is_wal = |value: Option<&String>| value.is_some_and(|mode| mode.eq_ignore_ascii_case("wal"));
            if is_wal(value.1.as_ref()) || now.iter().any(|(_, mode)| is_wal(mode.as_ref())) {
                return Ok(());
            }
        }
        self.ask(&said(&vec![value.clone()])).await.map(drop)
    }

    /// DROP TABLE deletes the rows first, and foreign keys may refer to them: outside of a transaction they are off
    /// meanwhile, in one they wait until all of it is gone.
    async fn drop_temporary(&mut self, ending: Ending) -> Result<()> {
        let statements = self.rows(TEMPORARY).await?;
        if statements.is_empty() {
            return Ok(());
        }
        let (keys, value) =
            if ending == Ending::Shared { ("defer_foreign_keys", "ON") } else { ("foreign_keys", "OFF") };
        let before = self.ask_pragmas(&[keys]).await?;
        self.ask(&format!("PRAGMA {keys} = {value}")).await?;
        let mut dropped = Ok(());
        for sql in statements.iter().filter_map(|row| row.text(0)) {
            dropped = dropped.and(self.ask(sql).await.map(drop));
        }
        self.ask(&said(&before)).await?;
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pragmas_are_said_as_they_are_read() {
        let values = vec![("cache_size".to_owned(), Some("-2000".to_owned())), (UNREADABLE.to_owned(), None)];
        assert_eq!(said(&values), "PRAGMA cache_size = -2000; PRAGMA case_sensitive_like = OFF");
    }
}
