//! Images: what rows were, and what a step made of them, in a table beside theirs.

use sha2::{Digest, Sha256};

use super::site::{Site, wrong};
use crate::dialect::data::{IMAGE, Joined, Role, SideColumn, SideTable};
use crate::error::Result;
use crate::schema::{Column, Ident, Name, Table};
use crate::statement::Statement;

/// Longer names are cut by some server, in bytes.
const LONGEST_NAME: usize = 60;

/// What happened to the rows of an image.
#[derive(Clone, Debug)]
pub(super) enum Rows<'a> {
    /// These columns changed.
    Changed(Vec<&'a Column>),
    /// They came, with values in these columns.
    Came(Vec<&'a Column>),
    /// They went, with these columns.
    Went(Vec<&'a Column>),
    /// They were left as they are.
    Skipped,
}

impl Rows<'_> {
    /// The word in the list of images.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Changed(_) => CHANGED,
            Self::Came(_) => CAME,
            Self::Went(_) => WENT,
            Self::Skipped => "skipped",
        }
    }
}

pub(super) const CHANGED: &str = "changed";
pub(super) const CAME: &str = "came";
pub(super) const WENT: &str = "went";

/// The image of one table in one step.
#[derive(Clone, Debug)]
pub(super) struct Image<'a> {
    pub(super) name: Name,
    pub(super) table: &'a Table,
    pub(super) key: Vec<&'a Column>,
    pub(super) rows: Rows<'a>,
    /// The rows are read again after the change: something else than the step writes them too.
    pub(super) read_again: bool,
    /// Rows are looked up while it grows, by their key.
    pub(super) is_searched: bool,
    /// And by their piece.
    pub(super) by_piece: bool,
}

/// The name of an image: the same for the way up and the way down.
pub(crate) fn image_name(version_table: &Name, revision: &str, step: &str, part: usize) -> Name {
    let text = format!("{}\0{revision}\0{step}\0{part}", version_table.for_people());
    let hash: String = Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    version_table.sibling(Ident::from(format!("{IMAGE}{hash}")))
}

/// The column of an image with what the step made of a column.
pub(super) fn after(column: &Ident) -> Ident {
    let name = format!("n_{}", column.as_str());
    if name.len() <= LONGEST_NAME {
        return Ident::from(name);
    }
    let hash: String = Sha256::digest(name.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ident::from(format!("n_{hash}"))
}

impl<'a> Image<'a> {
    /// The image of rows that change. Columns that the database or a trigger writes by itself belong to it.
    pub(super) fn changed(site: &Site<'a>, name: Name, table: &'a Table, set: &[&'a Column]) -> Result<Self> {
        let key = must_have_key(site, table)?;
        if let Some(column) = set.iter().find(|column| key.iter().any(|key| key.name == column.name)) {
            let phrase = format!("{} is a part of the key of {}", column.name.as_str(), table.name.for_people());
            return Err(wrong(phrase).with_hint("what a row was is found by its key: say `undo:` or `irreversible:`"));
        }
        Ok(Self::changed_by(site, name, table, key, set))
    }

    /// The same of rows that are found by this key.
    pub(super) fn changed_by(
        site: &Site<'a>,
        name: Name,
        table: &'a Table,
        key: Vec<&'a Column>,
        set: &[&'a Column],
    ) -> Self {
        let is_key = |column: &Column| key.iter().any(|key| key.name == column.name);
        let is_set = |column: &Column| set.iter().any(|set| set.name == column.name);
        let triggers = site.has_triggers(table);
        let always = |column: &Column| {
            column.identity.as_ref().is_some_and(|identity| identity.mode == crate::schema::IdentityMode::Always)
        };
        let by_itself = |column: &Column| (triggers && !always(column)) || site.words().changes_by_itself(column);
        let stored = site.stored(table).into_iter();
        let columns: Vec<&Column> =
            stored.filter(|column| !is_key(column) && (is_set(column) || by_itself(column))).collect();
        let read_again = triggers || columns.len() > set.len() || columns.iter().any(|column| by_itself(column));
        Self { name, table, key, rows: Rows::Changed(columns), read_again, is_searched: false, by_piece: false }
    }

    /// The image of rows that come.
    pub(super) fn came(site: &Site<'a>, name: Name, table: &'a Table, given: &[&'a Column]) -> Result<Self> {
        let key = must_have_key(site, table)?;
        let columns: Vec<&Column> =
            site.stored(table).into_iter().filter(|column| !key.iter().any(|key| key.name == column.name)).collect();
        let is_given = |column: &&Column| given.iter().any(|given| given.name == column.name);
        let read_again = site.has_triggers(table) || !columns.iter().all(is_given);
        Ok(Self { name, table, key, rows: Rows::Came(columns), read_again, is_searched: false, by_piece: false })
    }

    /// The image of rows that go, with a key or without.
    pub(super) fn went(site: &Site<'a>, name: Name, table: &'a Table) -> Result<Self> {
        site.refuse(table)?;
        let key = site.key(table).unwrap_or_default();
        let other = |column: &&Column| !key.iter().any(|key| key.name == column.name);
        let columns: Vec<&Column> = site.stored(table).into_iter().filter(other).collect();
        Ok(Self { name, table, key, rows: Rows::Went(columns), read_again: false, is_searched: false, by_piece: false })
    }

    /// What stands in the list of images for rows that a step left as they are.
    pub(super) fn skipped(name: Name, table: &'a Table, key: &[&'a Column]) -> Self {
        Self {
            name,
            table,
            key: key.to_vec(),
            rows: Rows::Skipped,
            read_again: false,
            is_searched: false,
            by_piece: false,
        }
    }

    /// The columns beside the key.
    pub(super) fn columns(&self) -> &[&'a Column] {
        match &self.rows {
            Rows::Changed(columns) | Rows::Came(columns) | Rows::Went(columns) => columns,
            Rows::Skipped => &[],
        }
    }

    /// The key and the other columns, by their own names.
    pub(super) fn all(&self) -> Vec<&'a Ident> {
        self.key.iter().chain(self.columns()).map(|column| &column.name).collect()
    }

    /// The table that it is.
    pub(super) fn side(&self) -> SideTable<'a> {
        let part = |role: Role| move |column: &&'a Column| SideColumn { name: column.name.clone(), of: column, role };
        let own = match &self.rows {
            Rows::Came(_) => Role::After,
            Rows::Changed(_) | Rows::Went(_) | Rows::Skipped => Role::Before,
        };
        let mut columns: Vec<SideColumn<'a>> = self.key.iter().map(part(Role::Key)).collect();
        columns.extend(self.columns().iter().map(part(own)));
        if let Rows::Changed(changed) = &self.rows {
            let after = |column: &&'a Column| SideColumn { name: after(&column.name), of: column, role: Role::After };
            columns.extend(changed.iter().map(after));
        }
        let (is_searched, by_piece) = (self.is_searched, self.by_piece);
        SideTable { name: self.name.clone(), of: self.table, columns, is_searched, by_piece, is_temporary: false }
    }

    /// The statement that makes it.
    pub(super) fn create(&self, site: &Site<'_>) -> Vec<Statement> {
        let side = self.side();
        let why = format!("keep what rows of {} were", self.table.name.for_people());
        let made = std::iter::once(site.words().side_table(&side)).chain(site.words().search(&side));
        let hint = Some(IMAGE_IS_THERE);
        made.map(|sql| Statement { hint, ..Statement::new(sql, why.as_str()) }).collect()
    }

    /// The conditions that `t`, the table, and `i`, the image, have the same key.
    pub(super) fn on(&self, site: &Site<'_>) -> Vec<String> {
        let pair = |column: &&Column| format!("{} = {}", site.of("t", &column.name), site.kept("i", column));
        self.key.iter().map(pair).collect()
    }

    /// A change of the table by the image.
    pub(super) fn joined(&self, site: &Site<'_>) -> Joined {
        Joined {
            table: site.quoted(&self.table.name),
            side: site.quoted(&self.name),
            key: self.key.iter().map(|column| site.quote(&column.name)).collect(),
            on: self.on(site),
            ..Joined::default()
        }
    }

    /// The condition that a row of the table holds what the image does, in all columns; `name` gives the image's column.
    pub(super) fn same(&self, site: &Site<'_>, name: impl Fn(&Ident) -> Ident) -> String {
        let one = |column: &&Column| {
            site.words().same(column, &site.of("t", &column.name), &site.of("i", &name(&column.name)))
        };
        let all: Vec<String> = self.columns().iter().map(one).collect();
        if all.is_empty() { "1 = 1".to_owned() } else { format!("({})", all.join(" AND ")) }
    }

    /// The condition that a row still is what the step made of it.
    pub(super) fn untouched(&self, site: &Site<'_>) -> String {
        match &self.rows {
            Rows::Changed(_) => self.same(site, after),
            Rows::Came(_) | Rows::Went(_) | Rows::Skipped => self.same(site, Ident::clone),
        }
    }

    /// The statement that reads the rows again, after the step changed them.
    /// `only`: where that holds of `t`, which is the image here.
    pub(super) fn read_again(&self, site: &Site<'_>, only: &[String]) -> Option<String> {
        if !self.read_again || self.columns().is_empty() {
            return None;
        }
        let name = |column: &Ident| match &self.rows {
            Rows::Changed(_) => after(column),
            Rows::Came(_) | Rows::Went(_) | Rows::Skipped => column.clone(),
        };
        let set = self.columns().iter();
        let mut set: Vec<(String, String)> =
            set.map(|column| (site.quote(&name(&column.name)), site.of("i", &column.name))).collect();
        // What the database changes by itself, it changes in the image too, unless it is named.
        if let Rows::Changed(columns) = &self.rows {
            let by_itself = columns.iter().filter(|column| site.words().changes_by_itself(column));
            set.extend(by_itself.map(|column| (site.quote(&column.name), site.of("t", &column.name))));
        }
        // The other way round: here the image is what changes.
        let joined =
            Joined { table: site.quoted(&self.name), side: site.quoted(&self.table.name), set, ..self.joined(site) };
        let joined = Joined { only: only.to_vec(), ..joined };
        Some(site.words().update(&joined))
    }

    /// The statement that takes it away.
    pub(super) fn drop(&self, site: &Site<'_>) -> Statement {
        dropped(&self.name, site)
    }
}

const IMAGE_IS_THERE: &str = "where the table is there already, a run before kept it, and `migrate status` does not list it any more: \
                              look at its rows, drop or rename it, then try again";

/// The statement that takes an image away.
pub(super) fn dropped(name: &Name, site: &Site<'_>) -> Statement {
    Statement::new(format!("DROP TABLE {}", site.quoted(name)), "drop what was kept of rows")
}

fn must_have_key<'a>(site: &Site<'a>, table: &'a Table) -> Result<Vec<&'a Column>> {
    site.refuse(table)?;
    site.key(table).ok_or_else(|| {
        wrong(format!("{} has no key by which a row could be found again", table.name.for_people()))
            .with_hint("give it a primary key in a revision before, or say `undo:` or `irreversible:`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_tell_parts_apart() {
        let table = Name::own("migrate_version");
        let name = |step: &str, part| image_name(&table, "ae1027a6acf3", step, part).name.as_str().to_owned();
        assert_eq!(name("fill totals", 0), name("fill totals", 0));
        assert_ne!(name("fill totals", 0), name("fill totals", 1));
        assert_ne!(name("fill totals", 0), name("fill total", 0));
        assert!(name("x", 0).len() < 30 && name("x", 0).starts_with("migrate_img_"));
        assert_eq!(after(&Ident::from("a")).as_str(), "n_a");
        assert!(after(&Ident::from("ü".repeat(31))).as_str().len() < 63);
    }
}
