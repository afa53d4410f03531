//! What an upgrade keeps of rows and the written way back of its revision does not use. Pure.

use std::collections::BTreeSet;

use crate::ops::{DataOperation, DataStep, DataWork, Operation, WayBack};
use crate::revision::{Body, Downgrade, Entry};
use crate::schema::{Ident, Name};

/// A step or a drop whose image nothing takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unused {
    /// What the image is listed as: the name of the step, or the drop in words.
    pub(crate) kept_as: String,
    is_step: bool,
    /// The way back drops all that the step wrote: what was there before means nothing then.
    pub(crate) is_void: bool,
}

impl Unused {
    /// What to write, so that it is taken back or not kept at all.
    pub(crate) fn hint(&self) -> String {
        if self.is_step {
            let restore = format!("`- restore: {{ step: {} }}`", self.kept_as);
            return format!("add {restore} to its `downgrade:`; or `undo: []` to the step, which keeps nothing then");
        }
        "add `keep_data: true` to what makes it again in its `downgrade:`, or take it out of the drop".to_owned()
    }
}

/// What the written way back of a revision leaves; nothing where it is derived, or where there is none.
pub(super) fn unused(body: &Body) -> Vec<Unused> {
    let Downgrade::Given(back) = &body.downgrade else { return Vec::new() };
    let taken: BTreeSet<String> =
        back.iter().filter_map(data).filter(|data| data.is_way_back()).map(DataOperation::kept_as).collect();
    let dropped = Dropped::by(back);
    let keeps = |data: &&DataOperation| match data {
        DataOperation::Step(step) => step.back == WayBack::Images,
        DataOperation::Keep(_) => true,
        DataOperation::Restore(_) | DataOperation::BringBack(_) => false,
    };
    let left = body.upgrade.iter().filter_map(data).filter(keeps).filter(|data| !taken.contains(&data.kept_as()));
    left.map(|data| Unused {
        kept_as: data.kept_as(),
        is_step: data.step().is_some(),
        is_void: data.step().is_some_and(|step| dropped.takes_all(step)),
    })
    .collect()
}

fn data(entry: &Entry) -> Option<&DataOperation> {
    if let Operation::Data(data) = &entry.operation { Some(data) } else { None }
}

/// The tables and columns that a way back drops.
#[derive(Default)]
struct Dropped<'a> {
    tables: BTreeSet<&'a Name>,
    columns: BTreeSet<(&'a Name, &'a Ident)>,
}

impl<'a> Dropped<'a> {
    fn by(back: &'a [Entry]) -> Self {
        let mut dropped = Self::default();
        for entry in back {
            let operation = match data(entry) {
                Some(DataOperation::Keep(kept)) => &kept.drop,
                Some(_) | None => &entry.operation,
            };
            if let Operation::DropTable { name, .. } = operation {
                dropped.tables.insert(name);
            } else if let Operation::DropColumn { table, name, .. } = operation {
                dropped.columns.insert((table, name));
            }
        }
        dropped
    }

    /// Whether all that a step writes goes away.
    fn takes_all(&self, step: &DataStep) -> bool {
        let table = self.tables.contains(&step.table);
        let all = |columns: Vec<&Ident>| columns.iter().all(|column| self.columns.contains(&(&step.table, *column)));
        match &step.work {
            DataWork::Update { set, .. } | DataWork::Backfill { set, .. } => {
                table || all(set.iter().map(|(column, _)| column).collect())
            }
            DataWork::SplitColumn { into, .. } => table || all(into.iter().map(|(column, _)| column).collect()),
            DataWork::MergeColumns { into, .. } => table || all(vec![into]),
            DataWork::Through(through) => {
                table || (!through.columns.is_empty() && all(through.columns.iter().collect()))
            }
            DataWork::Normalise { into, key, .. } => self.tables.contains(into) && (table || all(vec![&key.0])),
            DataWork::MoveRows(transfer) => table && self.tables.contains(&transfer.from),
            DataWork::Copy(_) | DataWork::Seed { .. } | DataWork::Delete { .. } | DataWork::Rows(_) => table,
        }
    }
}

#[cfg(test)]
#[cfg(feature = "files")]
mod tests {
    use super::*;
    use crate::revision::body::read;

    fn left(text: &str) -> Vec<(String, bool)> {
        let body = read(std::path::Path::new("a.yaml"), text).unwrap();
        unused(&body).into_iter().map(|unused| (unused.kept_as, unused.is_void)).collect()
    }

    const FILL: &str = "upgrade:\n  - update: { name: fill, table: t, set: { a: 1, b: 2 } }\n  - drop_column: { table: t, name: c, keep_data: true, was: { type: int } }\n";

    #[test]
    fn a_derived_way_back_uses_all() {
        assert!(left(FILL).is_empty());
    }

    #[test]
    fn a_written_one_uses_what_it_names() {
        let back = |text: &str| left(&format!("{FILL}downgrade:\n{text}"));
        let column = "  - add_column: { table: t, column: { name: c, type: int } }\n";
        let drop = ("drop column c from t".to_owned(), false);
        let half = format!("{column}  - restore: {{ step: fill }}\n");
        assert_eq!(back(&half), std::slice::from_ref(&drop));
        assert_eq!(back(column), [("fill".to_owned(), false), drop]);
        let kept = "  - add_column: { table: t, keep_data: true, column: { name: c, type: int } }\n";
        assert_eq!(back(&format!("{kept}  - restore: {{ step: fill }}\n")), []);
        assert_eq!(back(kept), [("fill".to_owned(), false)]);
    }

    #[test]
    fn what_the_way_back_drops_needs_no_image() {
        let back = |text: &str| left(&format!("{FILL}downgrade:\n{text}")).first().cloned().unwrap();
        let (a, b) = ("  - drop_column: { table: t, name: a }\n", "  - drop_column: { table: t, name: b }\n");
        assert!(!back(a).1);
        assert!(back(&format!("{a}{b}")).1);
        assert!(back("  - drop_table: { name: t }\n").1);
    }

    #[test]
    fn a_step_that_keeps_nothing_leaves_nothing() {
        let text = "upgrade:\n  - update: { name: fill, table: t, set: { a: 1 }, undo: [] }\ndowngrade: []\n";
        assert!(left(text).is_empty());
    }
}
