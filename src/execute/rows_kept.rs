//! What is kept for ways back: listed for `status`, and forgotten.

use std::time::Duration;

#[cfg(feature = "orm")]
use crate::data::{Found, Images};
use crate::db::Connection;
use crate::dialect::data::KEPT;
use crate::dialect::{Scope, Server};
use crate::error::{Error, Kind, Result};
use crate::execute::history::quoted;
use crate::execute::run::Runner;
use crate::execute::step::Tell;
use crate::schema::{Ident, Name};

/// A table with what rows were before a step, or before a drop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptRows {
    /// Its name.
    pub table: String,
    /// The revision that made it.
    pub revision: String,
    /// The step, or the drop in words.
    pub step: String,
    /// Whose rows they are.
    pub subject: String,
    /// `changed`, `came`, `went`, or `skipped`: rows that the step left as they are.
    pub kind: String,
    /// Rows in it.
    pub rows: u64,
    /// Bytes that it takes, where the database tells of single tables.
    pub bytes: Option<u64>,
    /// How old it is, in seconds.
    pub age: u64,
}

/// Which of them are meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forgotten {
    /// The beginning of a revision's id.
    pub(crate) revision: Option<String>,
    pub(crate) older_than: Option<Duration>,
}

/// The server and its tool's tables.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) scope: &'a Scope,
    pub(crate) version_table: &'a Name,
}

/// The name of the list of before-images.
pub(crate) fn list_name(version_table: &Name) -> Name {
    version_table.sibling(Ident::from(KEPT))
}

/// What is kept, the oldest revision first, those of one by their names; nothing where there is no list.
pub(super) async fn kept(connection: &mut Connection, place: Place<'_>) -> Result<Vec<KeptRows>> {
    listed(connection, place, "").await
}

/// What is kept of one revision.
#[cfg(feature = "orm")]
pub(super) async fn kept_of(connection: &mut Connection, place: Place<'_>, revision: &str) -> Result<Vec<KeptRows>> {
    listed(connection, place, &format!(" AND revision = {}", place.dialect.literal(revision))).await
}

/// What is kept, as far as this further condition holds.
async fn listed(connection: &mut Connection, place: Place<'_>, only: &str) -> Result<Vec<KeptRows>> {
    let list = list_name(place.version_table);
    if !place.dialect.has_table(connection, &list).await? {
        return Ok(Vec::new());
    }
    let (words, name) = (place.dialect.kept(), quoted(place.dialect, &list));
    let owner = place.dialect.literal(&place.version_table.for_people());
    let age = words.age_of("at");
    let sql = format!(
        "SELECT image, revision, step, subject, kind, {age} FROM {name} WHERE version_table = {owner}{only} \
         ORDER BY MIN(at) OVER (PARTITION BY revision), revision, image"
    );
    let mut all = Vec::new();
    for row in connection.rows(&sql).await? {
        let text = |place| row.text(place).unwrap_or_default().to_owned();
        let table = image(place, &text(0));
        let rows = number(connection, &format!("SELECT COUNT(*) FROM {}", quoted(place.dialect, &table))).await?;
        let alone = !place.dialect.has(crate::dialect::Capability::ScratchInMemory, connection.server());
        let bytes = if alone { number(connection, &words.bytes_of(&table)).await? } else { None };
        all.push(KeptRows {
            table: text(0),
            revision: text(1),
            step: text(2),
            subject: text(3),
            kind: text(4),
            rows: rows.unwrap_or(0),
            bytes,
            age: row.int(5)?.and_then(|age| u64::try_from(age).ok()).unwrap_or(0),
        });
    }
    Ok(all)
}

/// What the list of before-images has of a step or a drop of a revision, and the columns of each image.
#[cfg(feature = "orm")]
pub(super) async fn images_of(
    connection: &mut Connection,
    place: Place<'_>,
    revision: &str,
    step: &str,
) -> Result<Images> {
    let mut images = Images::new();
    let list = list_name(place.version_table);
    if !place.dialect.has_table(connection, &list).await? {
        return Ok(images);
    }
    let text = |text: &str| place.dialect.literal(text);
    let sql = format!(
        "SELECT image, subject, kind FROM {} WHERE version_table = {} AND revision = {} AND step = {}",
        quoted(place.dialect, &list),
        text(&place.version_table.for_people()),
        text(revision),
        text(step)
    );
    for row in connection.rows(&sql).await? {
        let text = |place| row.text(place).unwrap_or_default().to_owned();
        let (name, subject, kind) = (image(place, &text(0)), text(1), text(2));
        let columns = connection.rows(&place.dialect.kept().columns_of(&name)).await?;
        let columns = columns.iter().filter_map(|row| row.text(0).map(Ident::from)).collect();
        images.insert(name, Found { subject, kind, columns });
    }
    Ok(images)
}

/// Images lie beside the version table.
pub(super) fn image(place: Place<'_>, name: &str) -> Name {
    place.version_table.sibling(Ident::from(name))
}

async fn number(connection: &mut Connection, sql: &str) -> Result<Option<u64>> {
    match connection.first_row(sql).await {
        Ok(row) => Ok(row.and_then(|row| row.int(0).ok().flatten()).and_then(|number| u64::try_from(number).ok())),
        Err(error) if error.kind() == Kind::Statement => Ok(None),
        Err(error) => Err(error),
    }
}

impl Runner<'_> {
    /// Where operations on rows find what is the tool's.
    pub(super) fn rows_place(&self) -> Place<'_> {
        Place { dialect: self.dialect, scope: &self.scope, version_table: &self.history.table }
    }

    /// Drops what is kept, under the lock; gives what it was.
    ///
    /// # Errors
    /// [`Kind::Usage`] for the beginning of several ids, or of none; [`Kind::PartWay`] while a revision is open.
    pub(crate) async fn forget(
        &self,
        connection: &mut Connection,
        what: &Forgotten,
        tell: Tell<'_>,
    ) -> Result<Vec<KeptRows>> {
        self.take_lock(connection, tell).await?;
        let outcome = self.forget_locked(connection, what).await;
        self.give_lock_back(connection, outcome).await
    }

    async fn forget_locked(&self, connection: &mut Connection, what: &Forgotten) -> Result<Vec<KeptRows>> {
        if self.log.is_there(connection).await? && self.log.open_attempt(connection).await?.is_some() {
            return Err(Error::new(Kind::PartWay, "a revision was stopped part-way, and needs what is kept")
                .with_hint("finish it first: `migrate status` says how"));
        }
        let place = self.rows_place();
        let all = kept(connection, place).await?;
        let is_known = |id: &String| self.revisions.graph.node(id).is_some();
        let chosen = chosen(all, what, what.revision.as_ref().is_some_and(is_known))?;
        for one in &chosen {
            drop_image(connection, place, &one.table).await?;
        }
        Ok(chosen)
    }
}

/// Takes one away, and out of the list.
pub(super) async fn drop_image(connection: &mut Connection, place: Place<'_>, name: &str) -> Result<()> {
    let table = quoted(place.dialect, &image(place, name));
    connection.execute(&format!("DROP TABLE IF EXISTS {table}")).await?;
    let (list, name) = (quoted(place.dialect, &list_name(place.version_table)), place.dialect.literal(name));
    connection.execute(&format!("DELETE FROM {list} WHERE image = {name}")).await?;
    Ok(())
}

/// Those that are meant. `is_known`: there is a revision of just this id, which may be the beginning of another one's too.
fn chosen(all: Vec<KeptRows>, what: &Forgotten, is_known: bool) -> Result<Vec<KeptRows>> {
    let is_whole = is_known || all.iter().any(|one| what.revision.as_ref() == Some(&one.revision));
    let fits = |id: &String, one: &str| if is_whole { one == id } else { one.starts_with(id.as_str()) };
    let of_revision = |one: &KeptRows| what.revision.as_ref().is_none_or(|id| fits(id, &one.revision));
    let old = |one: &KeptRows| what.older_than.is_none_or(|limit| one.age >= limit.as_secs());
    let found: Vec<KeptRows> = all.into_iter().filter(of_revision).collect();
    let mut ids: Vec<&str> = found.iter().map(|one| one.revision.as_str()).collect();
    ids.dedup();
    ids.sort_unstable();
    ids.dedup();
    match (&what.revision, ids.as_slice()) {
        (Some(id), []) => Err(Error::new(Kind::Usage, format!("nothing is kept of a revision {id}"))
            .with_hint("`migrate status` lists what is kept")),
        (Some(id), [_, _, ..]) => {
            Err(Error::new(Kind::Usage, format!("{id} is the beginning of several revisions: {}", ids.join(", ")))
                .with_hint("write more of it"))
        }
        _ => Ok(found.into_iter().filter(old).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(revision: &str, age: u64) -> KeptRows {
        let text = String::new;
        KeptRows {
            revision: revision.to_owned(),
            age,
            table: text(),
            step: text(),
            subject: text(),
            kind: text(),
            rows: 0,
            bytes: None,
        }
    }

    #[test]
    fn they_are_chosen_by_revision_and_age() {
        let all = || vec![one("ab1", 100), one("ab2", 10), one("cd", 1)];
        let count = |revision: Option<&str>, seconds: Option<u64>| {
            let older_than = seconds.map(Duration::from_secs);
            let what = Forgotten { revision: revision.map(str::to_owned), older_than };
            chosen(all(), &what, false).map(|chosen| chosen.len())
        };
        assert_eq!(count(Some("cd"), None).unwrap(), 1);
        assert_eq!(count(Some("ab1"), Some(101)).unwrap(), 0);
        assert_eq!(count(None, Some(10)).unwrap(), 2);
        assert_eq!(count(Some("ab"), None).unwrap_err().kind(), Kind::Usage);
        assert_eq!(count(Some("x"), None).unwrap_err().kind(), Kind::Usage);
    }

    #[test]
    fn an_id_that_others_begin_with_means_itself_alone() {
        let what = Forgotten { revision: Some("aa1".to_owned()), older_than: None };
        let ids = |all: Vec<KeptRows>, is_known: bool| {
            chosen(all, &what, is_known).map(|all| all.into_iter().map(|one| one.revision).collect::<Vec<_>>())
        };
        assert_eq!(ids(vec![one("aa1", 1), one("aa10", 1), one("aa1", 2)], false).unwrap(), ["aa1", "aa1"]);
        // The revision itself kept nothing.
        assert_eq!(ids(vec![one("aa10", 1)], true).unwrap_err().kind(), Kind::Usage);
        assert_eq!(ids(vec![one("aa10", 1)], false).unwrap(), ["aa10"]);
    }
}
