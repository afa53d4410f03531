//! Renames: said by a hint in the models or by a flag, found by likeness, or left to a person as a question.
//!
//! A likely rename never becomes drop + add by itself, for that loses the data.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::similarity::{self, Likeness, Verdict};
use super::{Context, Difference, heredity};
use crate::dialect::Dialect;
use crate::dialect::{rename_column_in, rename_type_in};
use crate::ops::heredity::{heirs, whole};
use crate::ops::{Operation, apply};
use crate::schema::{Ident, Name, Pair, Schema, Table};

/// What was said about renames by flags, in the words of the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct RenameRules {
    /// `--rename table.old=new` and `--rename old_table=new_table`: the dotted path in pieces, and the new name.
    pub(crate) renames: Vec<(Vec<String>, String)>,
    /// `--no-rename table.column` and `--no-rename table`, in pieces.
    pub(crate) not: Vec<Vec<String>>,
    /// `--no-rename '*'`: what looks like a rename is drop and add.
    pub(crate) none: bool,
}

impl RenameRules {
    fn forbids(&self, path: &[&str]) -> bool {
        self.none || self.not.iter().any(|said| path.ends_with(&said.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// The new names that flags give a table.
    pub(crate) fn of_table(&self, name: &Name, context: Context<'_>) -> impl Iterator<Item = Ident> {
        let parent: Vec<&str> = name.schema.iter().map(Ident::as_str).collect();
        let hits = self.inside(&parent).into_iter().filter(|(old, _)| context.same_ident(old, &name.name));
        hits.map(|(_, new)| new).collect::<Vec<_>>().into_iter()
    }

    /// The flags that rename inside the thing with this path: `(old, new)`.
    fn inside(&self, path: &[&str]) -> Vec<(Ident, Ident)> {
        let hits = self.renames.iter().filter_map(|(said, to)| {
            let (old, parent) = said.split_last()?;
            let parent: Vec<&str> = parent.iter().map(String::as_str).collect();
            let fits = if path.is_empty() { parent.is_empty() } else { !parent.is_empty() && path.ends_with(&parent) };
            fits.then(|| (Ident::from(old.as_str()), Ident::from(to.as_str())))
        });
        hits.collect()
    }
}

/// A rename that was found by likeness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// What became what.
    pub(crate) renamed: Renamed,
    /// Why it is thought to be one: `same type and place`.
    pub(crate) evidence: String,
}

/// The old path and the new name of a rename: `orders.note`, `remark`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renamed {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A likely rename that only a person can decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// What goes away: `orders.note`.
    pub(crate) old: String,
    /// What it may have become, likeliest first: `remark`.
    pub(crate) candidates: Vec<String>,
}

impl Question {
    /// The flags that answer it, one a line.
    pub(crate) fn answers(&self) -> Vec<String> {
        let renames = self.candidates.iter().map(|new| format!("--rename {}={new}", self.old));
        renames.chain([format!("--no-rename {}", self.old)]).collect()
    }
}

/// Finds all renames, does them to `working`, and gives the operations in an order in which they work.
pub(super) fn renames(
    working: &mut Schema,
    to: &Schema,
    rules: &RenameRules,
    context: Context<'_>,
    difference: &mut Difference,
) -> Vec<Operation> {
    let mut operations = enum_renames(working, to, context.dialect);
    operations.extend(table_renames(working, to, rules, context, difference));
    let wanted: BTreeMap<_, &Table> = to.tables.values().map(|table| (context.key(&table.name), table)).collect();
    for name in heredity::names_parents_first(working) {
        let Some(wanted) = wanted.get(&context.key(&name)).and_then(|table| whole(to, &table.name)) else { continue };
        let mut columns = Columns { working, name: &name, wanted: &wanted, rules, context };
        operations.extend(columns.said());
        operations.extend(columns.found(difference));
    }
    operations
}

fn enum_renames(working: &mut Schema, to: &Schema, dialect: &dyn Dialect) -> Vec<Operation> {
    let mut operations = Vec::new();
    for wanted in to.enums.values() {
        let Some(old) = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old.clone())) else { continue };
        if !working.enums.contains_key(&wanted.name) && working.enums.contains_key(&old) {
            let to = wanted.name.name.clone();
            perform(Operation::RenameEnum { name: old.clone(), to: to.clone() }, working, &mut operations);
            working.tables.values_mut().for_each(|table| rename_type_in(table, &old, &to, dialect));
        }
    }
    operations
}

/// Does it to the working copy; what does not fit is left for the rest of the diff, which then sees drop and add.
fn perform(operation: Operation, working: &mut Schema, operations: &mut Vec<Operation>) {
    if apply(&operation, working).is_ok() {
        operations.push(operation);
    }
}

fn path_of(name: &Name) -> Vec<&str> {
    name.schema.iter().map(Ident::as_str).chain([name.name.as_str()]).collect()
}

fn table_renames(
    working: &mut Schema,
    to: &Schema,
    rules: &RenameRules,
    context: Context<'_>,
    difference: &mut Difference,
) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut pending = said_tables(working, to, rules, context);
    while let Some((name, new)) = next_table(&mut pending, working, context) {
        perform(Operation::RenameTable { name, to: new }, working, &mut operations);
    }
    let keys = |side: &Schema| side.tables.keys().map(|name| context.key(name)).collect::<BTreeSet<_>>();
    let there = Pair::new(keys(working), keys(to));
    let gone = working.tables.values().filter(|table| !there.to.contains(&context.key(&table.name)));
    let gone: Vec<&Table> = gone.filter(|table| !rules.forbids(&path_of(&table.name))).collect();
    let new: Vec<&Table> = to.tables.values().filter(|table| !there.from.contains(&context.key(&table.name))).collect();
    let pairs = gone.iter().flat_map(|gone| new.iter().map(move |new| similarity::tables(gone, new, context)));
    let verdicts = similarity::judge(pairs.collect(), gone.len(), new.len());
    let mut found = Vec::new();
    for verdict in verdicts {
        match verdict {
            Verdict::Rename { old, new: place, evidence } => {
                let (Some(old), Some(new)) = (gone.get(old), new.get(place)) else { continue };
                difference.proposals.push(Proposal {
                    renamed: Renamed { old: old.name.for_people(), new: new.name.name.as_str().to_owned() },
                    evidence,
                });
                found.push(Operation::RenameTable { name: old.name.clone(), to: new.name.name.clone() });
            }
            Verdict::Ask { old, candidates } => {
                let names = candidates.iter().filter_map(|place| new.get(*place));
                let candidates = names.map(|table| table.name.name.as_str().to_owned()).collect();
                let old = gone.get(old).map(|table| table.name.for_people()).unwrap_or_default();
                difference.questions.push(Question { old, candidates });
            }
        }
    }
    found.into_iter().for_each(|operation| perform(operation, working, &mut operations));
    operations
}

/// The next rename whose new name is free; where all wait for each other, one of them goes aside first. What waits for a
/// table that stays is given up.
fn next_table(pending: &mut Vec<(Name, Ident)>, working: &Schema, context: Context<'_>) -> Option<(Name, Ident)> {
    let is_there = |name: &Name| working.tables.keys().any(|other| context.key(other) == context.key(name));
    if let Some(place) = pending.iter().position(|(old, new)| !is_there(&old.sibling(new.clone()))) {
        return Some(pending.remove(place));
    }
    let goes_too = |name: &Name| pending.iter().any(|(old, _)| context.key(old) == context.key(name));
    let place = pending.iter().position(|(old, new)| goes_too(&old.sibling(new.clone())))?;
    let (old, _) = pending.get_mut(place)?;
    let aside = Ident::from(format!("migrate_aside_{}", old.name.as_str()));
    let former = std::mem::replace(old, old.sibling(aside.clone()));
    Some((former, aside))
}

/// Table renames by flag, then by hint: `(old, new)`. A hint counts while the old table is there and the new is not.
fn said_tables(working: &Schema, to: &Schema, rules: &RenameRules, context: Context<'_>) -> Vec<(Name, Ident)> {
    let mut said = Vec::new();
    for name in working.tables.keys() {
        said.extend(rules.of_table(name, context).map(|new| (name.clone(), new)));
    }
    for wanted in to.tables.values() {
        let Some(old) = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old.clone())) else { continue };
        let is_there = |name: &Name, schema: &Schema| {
            schema.tables.keys().find(|other| context.key(other) == context.key(name)).cloned()
        };
        if let (Some(old), None, None) = (is_there(&old, working), is_there(&wanted.name, working), is_there(&old, to))
        {
            said.push((old, wanted.name.name.clone()));
        }
    }
    said
}

/// The columns of one table that both sides have.
struct Columns<'a> {
    working: &'a mut Schema,
    name: &'a Name,
    wanted: &'a Table,
    rules: &'a RenameRules,
    context: Context<'a>,
}

impl Columns<'_> {
    fn has(&self, name: &Ident) -> bool {
        let table = whole(self.working, self.name);
        table.is_some_and(|table| super::columns::partner(&table, name, self.context).is_some())
    }

    fn perform(&mut self, old: &Ident, new: &Ident, operations: &mut Vec<Operation>) {
        let operation = Operation::RenameColumn { table: self.name.clone(), name: old.clone(), to: new.clone() };
        perform(operation, self.working, operations);
        for name in heirs(self.working, self.name).iter().chain([self.name]) {
            if let Some(table) = self.working.tables.get_mut(name) {
                rename_column_in(table, old, new, self.context.dialect);
            }
        }
    }

    /// Renames by flag (swaps and chains included), then by hint.
    fn said(&mut self) -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut pending = self.rules.inside(&path_of(self.name));
        pending.retain(|(old, _)| self.has(old));
        while !pending.is_empty() {
            match pending.iter().position(|(_, new)| !self.has(new)) {
                Some(place) => {
                    let (old, new) = pending.remove(place);
                    self.perform(&old, &new, &mut operations);
                }
                None => {
                    let goes_too = |new: &Ident| pending.iter().any(|(old, _)| self.context.same_ident(old, new));
                    let place =
                        pending.iter().position(|(old, new)| goes_too(new) && !self.context.same_ident(old, new));
                    let Some((old, _)) = place.and_then(|place| pending.get_mut(place)) else { break };
                    let aside = Ident::from(format!("migrate_aside_{}", old.as_str()));
                    let former = std::mem::replace(old, aside.clone());
                    self.perform(&former, &aside, &mut operations);
                }
            }
        }
        while let Some((old, new)) = self.next_hint() {
            self.perform(&old, &new, &mut operations);
        }
        operations
    }

    /// A hint counts while the old column is there and the new is not; the old name may be wanted again only by another
    /// column that says where it comes from.
    fn next_hint(&self) -> Option<(Ident, Ident)> {
        self.wanted.columns.iter().find_map(|column| {
            let old = column.renamed_from.as_ref()?;
            let again = super::columns::partner(self.wanted, old, self.context);
            let free = again.is_none_or(|again| again.renamed_from.is_some());
            (free && self.has(old) && !self.has(&column.name)).then(|| (old.clone(), column.name.clone()))
        })
    }

    /// Renames by likeness.
    fn found(&mut self, difference: &mut Difference) -> Vec<Operation> {
        let Some(table) = whole(self.working, self.name).map(Cow::into_owned) else { return Vec::new() };
        let context = self.context;
        let gone: Vec<_> = table
            .columns
            .iter()
            .filter(|column| super::columns::partner(self.wanted, &column.name, context).is_none())
            .filter(|column| {
                let mut path = path_of(self.name);
                path.push(column.name.as_str());
                !self.rules.forbids(&path)
            })
            .collect();
        let fresh = self.wanted.columns.iter().filter(|column| !self.has(&column.name));
        let new: Vec<_> = fresh.filter(|column| column.renamed_from.is_none()).collect();
        let sides = Pair::new(&table, self.wanted);
        let likenesses: Vec<Likeness> =
            gone.iter().flat_map(|gone| new.iter().map(move |new| similarity::columns(gone, new, sides))).collect();
        let mut operations = Vec::new();
        for verdict in similarity::judge(likenesses, gone.len(), new.len()) {
            match verdict {
                Verdict::Rename { old, new: place, evidence } => {
                    let (Some(old), Some(new)) = (gone.get(old), new.get(place)) else { continue };
                    difference.proposals.push(Proposal {
                        renamed: Renamed { old: self.path(&old.name), new: new.name.as_str().to_owned() },
                        evidence,
                    });
                    self.perform(&old.name, &new.name, &mut operations);
                }
                Verdict::Ask { old, candidates } => {
                    let names = candidates.iter().filter_map(|place| new.get(*place));
                    let candidates = names.map(|column| column.name.as_str().to_owned()).collect();
                    let old = gone.get(old).map(|column| self.path(&column.name)).unwrap_or_default();
                    difference.questions.push(Question { old, candidates });
                }
            }
        }
        operations
    }

    fn path(&self, column: &Ident) -> String {
        format!("{}.{}", self.name.for_people(), column.as_str())
    }
}
