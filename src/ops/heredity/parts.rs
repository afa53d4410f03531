//! The keys, checks and indexes that a partition has because its table has them, and the checks of a table that inherits. They
//! are no part of the heir's noun; a table that stands alone again has them for its own, under the names that the server
//! gave them.

use super::DEPTH;
use crate::schema::{Check, ForeignKey, Ident, Index, IndexTarget, Name, PrimaryKey, Schema, Table, Unique};

/// What the parents of a table hand down to it, under the names that it has there.
#[derive(Default)]
struct Parts {
    primary_key: Option<PrimaryKey>,
    uniques: Vec<Unique>,
    checks: Vec<Check>,
    foreign_keys: Vec<ForeignKey>,
    indexes: Vec<Index>,
}

/// Makes the parts that a table has from its parents its own.
pub(super) fn take(schema: &Schema, table: &mut Table) {
    let Parts { primary_key, uniques, checks, foreign_keys, indexes } = handed_down(schema, table, DEPTH);
    if table.primary_key.is_none() {
        table.primary_key = primary_key;
    }
    let free = |name: &Option<Ident>, taken: &[Option<Ident>]| !taken.contains(name);
    let taken: Vec<_> = table.checks.iter().map(|check| check.name.clone()).collect();
    table.checks.extend(checks.into_iter().filter(|check| free(&check.name, &taken)));
    let taken: Vec<_> = table.foreign_keys.iter().map(|key| key.name.clone()).collect();
    table.foreign_keys.extend(foreign_keys.into_iter().filter(|key| free(&key.name, &taken)));
    table.uniques.extend(uniques);
    table.indexes.extend(indexes);
}

/// Takes out of a table what its parents hand down to it.
pub(super) fn give_up(schema: &Schema, table: &mut Table) {
    let inherited = handed_down(schema, table, DEPTH);
    let key = |key: &PrimaryKey| (key.columns.clone(), key.include.clone());
    if inherited.primary_key.is_some() && inherited.primary_key.as_ref().map(key) == table.primary_key.as_ref().map(key)
    {
        table.primary_key = None;
    }
    take_out(&mut table.uniques, &inherited.uniques, |one| Unique { name: None, comment: None, ..one.clone() });
    take_out(&mut table.checks, &inherited.checks, |one| Check { comment: None, ..one.clone() });
    take_out(&mut table.foreign_keys, &inherited.foreign_keys, |one| ForeignKey {
        name: None,
        comment: None,
        ..one.clone()
    });
    take_out(&mut table.indexes, &inherited.indexes, |one| Index {
        name: Ident::from(""),
        comment: None,
        renamed_from: None,
        ..one.clone()
    });
}

/// Takes one out for each that is inherited and says the same but for what `bare` leaves out.
fn take_out<T: PartialEq>(own: &mut Vec<T>, inherited: &[T], bare: impl Fn(&T) -> T) {
    for one in inherited {
        if let Some(place) = own.iter().position(|other| bare(other) == bare(one)) {
            own.remove(place);
        }
    }
}

fn handed_down(schema: &Schema, table: &Table, depth: usize) -> Parts {
    let mut parts = Parts::default();
    for parent in table.parents().iter().filter(|_| depth > 0).filter_map(|name| schema.tables.get(name)) {
        let mut parent = parent.clone();
        let inherited = handed_down(schema, &parent, depth - 1);
        parent.checks.extend(inherited.checks);
        if table.is_partition() {
            parent.primary_key = parent.primary_key.or(inherited.primary_key);
            parent.uniques.extend(inherited.uniques);
            parent.foreign_keys.extend(inherited.foreign_keys);
            parent.indexes.extend(inherited.indexes);
            of_partition(&parent, &table.name, &mut parts);
        }
        let checks = parent.checks.into_iter().filter(|check| !check.no_inherit);
        parts.checks.extend(checks.map(|check| Check { comment: None, ..check }));
    }
    parts
}

fn of_partition(parent: &Table, heir: &Name, parts: &mut Parts) {
    let heir = heir.name.as_str();
    let named = |columns: &str, label: &str| Some(Ident::from(format!("{heir}{columns}_{label}")));
    parts.primary_key =
        parent.primary_key.clone().map(|key| PrimaryKey { name: named("", "pkey"), comment: None, ..key });
    parts.uniques.extend(parent.uniques.iter().map(|unique| {
        let columns: String = unique.columns.iter().map(|name| format!("_{}", name.as_str())).collect();
        Unique { name: named(&columns, "key"), comment: None, ..unique.clone() }
    }));
    parts.foreign_keys.extend(parent.foreign_keys.iter().map(|key| ForeignKey { comment: None, ..key.clone() }));
    for index in parent.indexes.iter().filter(|index| !is_exclusion(index)) {
        let columns: String = index.parts.iter().map(|part| format!("_{}", spoken(&part.target))).collect();
        let name = format!("{heir}{columns}_idx");
        let taken = |name: &str| parts.indexes.iter().any(|other| other.name.as_str() == name);
        let free = (1..).map(|number| format!("{name}{number}"));
        let name = [name.clone()].into_iter().chain(free.take(DEPTH)).find(|name| !taken(name)).unwrap_or_default();
        parts.indexes.push(Index { name: Ident::from(name), comment: None, renamed_from: None, ..index.clone() });
    }
}

/// An exclusion constraint is made for each partition when it joins, and goes when it leaves: the server joins no own one to it.
fn is_exclusion(index: &Index) -> bool {
    index.options.0.values().any(|keys| keys.contains_key("exclude"))
}

/// What the server calls a key of an index: the column, or the function.
fn spoken(target: &IndexTarget) -> String {
    match target {
        IndexTarget::Column(name) => name.as_str().to_owned(),
        IndexTarget::Expression(expr) => {
            let function = expr.text().split('(').next().unwrap_or_default();
            let is_word =
                !function.is_empty() && function.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
            if is_word { function.to_owned() } else { "expr".to_owned() }
        }
    }
}
