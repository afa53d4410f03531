//! Foreign keys around rows that come and go: who refers to them, what stays because of it, and what is asked where the
//! database was told not to look. Pure: no I/O.

use super::image::Image;
use super::site::Site;
use crate::dialect::data::Joined;
use crate::ops::OnConflict;
use crate::schema::{Action, Column, ForeignKey, Ident, Table};
use crate::statement::{Also, Guard};

/// A foreign key, and the table that has it.
type Reference<'a> = (&'a Table, &'a ForeignKey);

/// The foreign keys that refer to a table, its own ones too.
pub(super) fn references<'a>(site: &Site<'a>, table: &Table) -> Vec<Reference<'a>> {
    let of_child = |child: &'a Table| child.foreign_keys.iter().map(move |key| (child, key));
    let fits = |(_, key): &Reference<'a>| key.references == table.name && !key.not_enforced;
    site.shape.tables.values().flat_map(of_child).filter(fits).collect()
}

/// Whether rows that refer to one that goes go or change with it.
pub(super) fn acts(key: &ForeignKey) -> bool {
    !matches!(key.on_delete, Action::Nothing | Action::Restrict)
}

fn refers_to_itself(table: &Table) -> bool {
    table.foreign_keys.iter().any(|key| key.references == table.name && !key.not_enforced)
}

/// What an image goes by.
const IMAGE: &str = "i";

/// The condition that a row by one name refers to a row of the parent by another one.
pub(super) fn refers(site: &Site<'_>, (child, parent): (&str, &str), key: &ForeignKey, table: &Table) -> String {
    let own = table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
    let referenced = if key.referenced_columns.is_empty() { own } else { &key.referenced_columns };
    let pairs = key.columns.iter().zip(referenced);
    let referenced = |name: &Ident| {
        let column = table.columns.iter().find(|column| column.name == *name).filter(|_| parent == IMAGE);
        column.map_or_else(|| site.of(parent, name), |column| site.kept(parent, column))
    };
    let pairs = pairs.map(|(here, there)| format!("{} = {}", site.of(child, here), referenced(there)));
    pairs.collect::<Vec<_>>().join(" AND ")
}

impl Image<'_> {
    /// Questions about rows of other tables, or of this one, that would go or change with rows that came; where these are
    /// kept because of them, about all that refer to them.
    pub(super) fn dependants(&self, site: &Site<'_>, policy: OnConflict) -> Vec<Guard> {
        let all = references(site, self.table).into_iter();
        let all = all.filter(|(_, key)| policy == OnConflict::Keep || acts(key));
        let guard = |(child, key): Reference<'_>| {
            let shown = key.columns.iter().map(|name| site.of("c", name)).collect::<Vec<_>>().join(", ");
            let (image, name) = (site.quoted(&self.name), site.quoted(&child.name));
            let on = refers(site, ("c", IMAGE), key, self.table);
            let others = if child.name == self.table.name {
                format!(" WHERE {}", self.is_none_of_ours(site, "c"))
            } else {
                String::new()
            };
            let (gone, table) = (child.name.for_people(), self.table.name.for_people());
            let what = if acts(key) { "would go away with" } else { "refer to" };
            Guard {
                sql: format!("SELECT {shown} FROM {name} AS c JOIN {image} AS i ON {on}{others}"),
                finding: format!("rows of {gone} came since that {what} rows of {table}"),
                hint: "move them to other rows first, or say what becomes of them: `--on-conflict keep` leaves these \
                       rows, `--on-conflict restore` takes them away"
                    .to_owned(),
                only_tells: policy != OnConflict::Stop,
            }
        };
        all.map(guard).collect()
    }

    /// The condition that a row of the table, by this name, did not come with the image.
    fn is_none_of_ours(&self, site: &Site<'_>, alias: &str) -> String {
        let on = self.key.iter().map(|key| format!("{} = {}", site.kept("own", key), site.of(alias, &key.name)));
        let on = on.collect::<Vec<_>>().join(" AND ");
        format!("NOT EXISTS (SELECT 1 FROM {} AS own WHERE {on})", site.quoted(&self.name))
    }

    /// Conditions over `t`: nobody has changed the row, and no row refers to it that stays.
    pub(super) fn may_go(&self, site: &Site<'_>) -> Vec<String> {
        let (own, others): (Vec<_>, Vec<_>) =
            references(site, self.table).into_iter().partition(|(child, _)| child.name == self.table.name);
        let none = |(child, key): &Reference<'_>| {
            let on = refers(site, ("c", "t"), key, self.table);
            format!("NOT EXISTS (SELECT 1 FROM {} AS c WHERE {on})", site.quoted(&child.name))
        };
        let mut free = vec![self.untouched(site)];
        free.extend(others.iter().map(none));
        if own.is_empty() { free } else { vec![self.holds_up_nothing(site, free, &own)] }
    }

    /// The same where rows of the table refer to each other: one that stays keeps all those above it.
    fn holds_up_nothing(&self, site: &Site<'_>, mut free: Vec<String>, own: &[Reference<'_>]) -> String {
        let Joined { table, side, on, .. } = self.joined(site);
        for (_, key) in own {
            let (on, others) = (refers(site, ("c", "t"), key, self.table), self.is_none_of_ours(site, "c"));
            free.push(format!("NOT EXISTS (SELECT 1 FROM {table} AS c WHERE {on} AND {others})"));
        }
        let value =
            |alias: &str, key: &Column| if alias == IMAGE { site.kept(alias, key) } else { site.of(alias, &key.name) };
        let keys = |alias: &str| self.key.iter().map(|key| value(alias, key)).collect::<Vec<_>>().join(", ");
        let names = site.list(self.key.iter().map(|column| &column.name));
        let below = self.key.iter().map(|key| format!("{} = {}", site.of("c", &key.name), site.of("k", &key.name)));
        let below = below.collect::<Vec<_>>().join(" AND ");
        let above: Vec<String> =
            own.iter().map(|(_, key)| format!("({})", refers(site, ("c", IMAGE), key, self.table))).collect();
        let kept = format!(
            "WITH RECURSIVE kept ({names}) AS (SELECT {} FROM {side} AS i JOIN {table} AS t ON {} WHERE NOT ({}) \
             UNION SELECT {} FROM kept AS k JOIN {table} AS c ON {below} JOIN {side} AS i ON {}) SELECT {names} FROM kept",
            keys("t"),
            on.join(" AND "),
            free.join(" AND "),
            keys(IMAGE),
            above.join(" OR "),
        );
        format!("({}) NOT IN (SELECT {names} FROM ({kept}) AS stays)", keys("t"))
    }

    /// Takes rows of the image out of the table. `alone`: no row of another table goes or changes with them.
    pub(super) fn take_out(&self, site: &Site<'_>, joined: &Joined, alone: bool) -> Vec<Also> {
        let delete = site.words().delete(joined);
        let blind = (alone && refers_to_itself(self.table)).then(|| site.words().without_keys(&delete, site.server));
        let Some(blind) = blind.flatten() else { return vec![Also::Run(delete)] };
        let left = |(child, key): Reference<'_>| {
            let shown = key.columns.iter().map(|name| site.of("c", name)).collect::<Vec<_>>().join(", ");
            let (on, there) = (refers(site, ("c", IMAGE), key, self.table), refers(site, ("c", "t"), key, self.table));
            let Joined { table, side, .. } = self.joined(site);
            dangling(
                format!(
                    "SELECT {shown} FROM {} AS c JOIN {side} AS i ON {on} \
                     WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {there}){}",
                    site.quoted(&child.name),
                    site.words().sharing()
                ),
                (child, key),
            )
        };
        let guards = references(site, self.table).into_iter().map(left);
        std::iter::once(Also::Run(blind)).chain(guards).collect()
    }

    /// An INSERT of rows of the image, and what is asked behind it.
    pub(super) fn put_in(&self, site: &Site<'_>, insert: String) -> Vec<Also> {
        let blind = refers_to_itself(self.table).then(|| site.words().without_keys(&insert, site.server));
        let Some(blind) = blind.flatten() else { return vec![Also::Run(insert)] };
        let keys = self.table.foreign_keys.iter().filter(|key| !key.not_enforced);
        let guards = keys.filter_map(|key| self.refers_to_nothing(site, key));
        std::iter::once(Also::Run(blind)).chain(guards).collect()
    }

    /// Whether what rows of the image refer to is there.
    fn refers_to_nothing(&self, site: &Site<'_>, key: &ForeignKey) -> Option<Also> {
        let parent = site.shape.tables.get(&key.references)?;
        let Joined { table, side, .. } = self.joined(site);
        let shown: Vec<&Ident> = key.columns.iter().collect();
        let on = self.key.iter().map(|key| format!("{} = {}", site.of("c", &key.name), site.of("i", &key.name)));
        let on = on.collect::<Vec<_>>().join(" AND ");
        let rows =
            if self.key.is_empty() { format!("{side} AS c") } else { format!("{side} AS i JOIN {table} AS c ON {on}") };
        let full = shown.iter().map(|name| format!("{} IS NOT NULL", site.of("c", name)));
        let full = full.collect::<Vec<_>>().join(" AND ");
        let there = refers(site, ("c", "p"), key, parent);
        let shown = shown.iter().map(|name| site.of("c", name)).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {shown} FROM {rows} WHERE {full} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {there}){}",
            site.quoted(&parent.name),
            site.words().sharing()
        );
        Some(dangling(sql, (self.table, key)))
    }
}

fn dangling(sql: String, (child, key): Reference<'_>) -> Also {
    Also::Ask(Guard {
        sql,
        finding: format!(
            "rows of {} would refer to rows of {} that are not there",
            child.name.for_people(),
            key.references.for_people()
        ),
        hint: "let them refer to other rows first, or put those in that they refer to".to_owned(),
        only_tells: false,
    })
}
