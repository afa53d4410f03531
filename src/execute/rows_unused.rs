//! Images that nothing takes back: the written way back of their revision does not name them, or a stamp took it back.
//! They stay, and are told of; an upgrade that comes again puts them aside under another name.

use std::collections::BTreeSet;

use crate::data::image_name;
use crate::db::Connection;
use crate::dialect::Capability;
use crate::error::Result;
use crate::execute::Event;
use crate::execute::history::quoted;
use crate::execute::log::Attempt;
use crate::execute::rows_kept::{KeptRows, Place, drop_image, image, kept_of, list_name};
use crate::execute::run::Runner;
use crate::execute::step::Tell;
use crate::graph::Direction;
use crate::plan::{Planned, Unused};
use crate::schema::Name;

/// What is added to the name of a step whose image is put aside, so that no way back takes it for its own.
const ASIDE: &str = ", of a run before";

/// Rows that are gone or changed unless an image brings them back.
fn would_miss(unused: &[Unused], one: &KeptRows) -> bool {
    let holds = one.rows > 0 && matches!(one.kind.as_str(), "changed" | "went");
    holds && unused.iter().any(|unused| !unused.is_void && unused.kept_as == one.step)
}

impl Runner<'_> {
    /// Drops images that mean nothing any more: these revisions are taken back, and dropped all that the images are about.
    /// What cannot be dropped now is put aside by the next upgrade.
    pub(super) async fn drop_void(&self, connection: &mut Connection, done: &[Planned]) {
        for step in done.iter().filter(|step| step.step.direction == Direction::Down) {
            let void = |one: &KeptRows| step.unused.iter().any(|unused| unused.is_void && unused.kept_as == one.step);
            if !step.unused.iter().any(|unused| unused.is_void) || !connection.is_usable() {
                continue;
            }
            let all = kept_of(connection, self.rows_place(), step.step.revision.as_str()).await.unwrap_or_default();
            for one in all.iter().filter(|one| void(one)) {
                drop(drop_image(connection, self.rows_place(), &one.table).await);
            }
        }
    }

    /// What ways down leave in images, one line each.
    pub(super) async fn left_unused(&self, connection: &mut Connection, planned: &[Planned]) -> Result<Vec<String>> {
        let left = self.left(connection, planned).await?;
        let line = |one: &KeptRows| {
            format!("what `{}` kept of {}, which the written way back does not restore", one.step, held(one))
        };
        Ok(left.iter().map(line).collect())
    }

    /// The same while it runs: where the rows are.
    pub(super) async fn tell_unused(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
        tell: Tell<'_>,
    ) -> Result<()> {
        for one in self.left(connection, planned).await? {
            let (what, id, table) = (held(&one), &one.revision, &one.table);
            let message = format!("the way back of revision {id} does not restore {what} (`{}`)", one.step);
            let hint = Some(format!("they stay in {table}, until `migrate forget {id}`"));
            tell(Event::Warned { message, hint });
        }
        Ok(())
    }

    async fn left(&self, connection: &mut Connection, planned: &[Planned]) -> Result<Vec<KeptRows>> {
        let mut left = Vec::new();
        for step in planned.iter().filter(|step| step.step.direction == Direction::Down && !step.unused.is_empty()) {
            let all = kept_of(connection, self.rows_place(), step.step.revision.as_str()).await?;
            left.extend(all.into_iter().filter(|one| would_miss(&step.unused, one)));
        }
        Ok(left)
    }

    /// Gives images of revisions that are about to run another name: they were taken back without them. Not those of a
    /// revision that is open, or goes down before.
    pub(super) async fn put_aside(
        &self,
        connection: &mut Connection,
        planned: &[Planned],
        (open, tell): (Option<&Attempt>, Tell<'_>),
    ) -> Result<()> {
        let place = self.rows_place();
        let ids = |direction| planned.iter().filter(move |step| step.step.direction == direction);
        let down: BTreeSet<&str> = ids(Direction::Down).map(|step| step.step.revision.as_str()).collect();
        let is_open = |id: &str| open.is_some_and(|open| open.revision == id);
        let kept = revisions_kept(connection, place).await?;
        let up = ids(Direction::Up).map(|step| step.step.revision.as_str()).filter(|id| kept.contains(*id));
        for id in up.filter(|id| !down.contains(id) && !is_open(id)) {
            let all = kept_of(connection, place, id).await?;
            for one in all.iter().filter(|one| !one.step.ends_with(ASIDE)) {
                if one.rows == 0 {
                    drop_image(connection, place, &one.table).await?;
                    continue;
                }
                let to = rename(connection, place, one).await?;
                let what = held(one);
                let message = format!("revision {id} was taken back without what it kept: {what} (`{}`)", one.step);
                let hint = Some(format!("they stay in {}, until `migrate forget {id}`", to.name.as_str()));
                tell(Event::Warned { message, hint });
            }
        }
        Ok(())
    }
}

/// The revisions of which something is kept; the list is there.
async fn revisions_kept(connection: &mut Connection, place: Place<'_>) -> Result<BTreeSet<String>> {
    let list = quoted(place.dialect, &list_name(place.version_table));
    let owner = place.dialect.literal(&place.version_table.for_people());
    let rows = connection.rows(&format!("SELECT DISTINCT revision FROM {list} WHERE version_table = {owner}")).await?;
    Ok(rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect())
}

/// Gives an image a name that is free, also in the list.
async fn rename(connection: &mut Connection, place: Place<'_>, one: &KeptRows) -> Result<Name> {
    let mut number = 1;
    let to = loop {
        let to = image_name(place.version_table, &one.revision, &format!("{}{ASIDE}", one.table), number);
        if !place.dialect.has_table(connection, &to).await? {
            break to;
        }
        number += 1;
    };
    let list = quoted(place.dialect, &list_name(place.version_table));
    let text = |text: &str| place.dialect.literal(text);
    let (new, old) = (text(to.name.as_str()), text(&one.table));
    let step = text(&format!("{}{ASIDE}", one.step));
    let others = "version_table, format, revision";
    // The entry comes first and the former one goes last: where DDL commits by itself, no table is without one.
    let mut statements = vec![
        format!("DELETE FROM {list} WHERE image = {new}"),
        format!(
            "INSERT INTO {list} (image, {others}, step, subject, kind, at) \
             SELECT {new}, {others}, {step}, subject, kind, at FROM {list} WHERE image = {old}"
        ),
    ];
    statements.extend(place.dialect.data().rename(&image(place, &one.table), &to));
    statements.push(format!("DELETE FROM {list} WHERE image = {old}"));
    let in_one = place.dialect.has(Capability::TransactionalDdl, connection.server());
    if in_one {
        place.dialect.begin(connection, place.version_table).await?;
    }
    for sql in &statements {
        if let Err(error) = connection.execute(sql).await {
            if in_one {
                connection.rollback().await?;
            }
            return Err(error.while_doing("cannot put aside what a run before kept"));
        }
    }
    if in_one {
        connection.commit().await?;
    }
    Ok(to)
}

/// `2 rows of users`.
fn held(one: &KeptRows) -> String {
    let rows = if one.rows == 1 { "row" } else { "rows" };
    format!("{} {rows} of {}", one.rows, one.subject)
}
