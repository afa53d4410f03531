//! What must be done to get from one schema to another: `Pair<Schema>` → operations. Pure: no I/O, no database by name.
//!
//! Both sides are native (inspected). Renames come first and are applied to a working copy of the `from` side, so that
//! everything after them compares like with like; then come tables, and inside each its columns, keys and indexes; at
//! last [`order`] puts the whole into an order that a server takes.

mod circles;
mod columns;
mod constraints;
mod down;
mod expressions;
mod free;
mod heredity;
mod indexes;
mod names;
mod objects;
mod order;
mod part_renames;
mod rename;
mod shared_names;
mod similarity;
mod tables;
mod typed;

pub(crate) use names::Names;
pub(crate) use rename::{Proposal, Question, RenameRules, Renamed};

use crate::dialect::{Capability, Dialect};
use crate::ops::{Operation, reduce, reverse_all};
use crate::schema::{Ident, Name, Pair, Schema};
use crate::statement::ServerVersion;

/// The differences, and what had to be decided on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Difference {
    /// In an order that a server takes.
    pub(crate) operations: Vec<Operation>,
    /// Renames that were found by likeness and are part of `operations`: a person should look at them.
    pub(crate) proposals: Vec<Proposal>,
    /// Likely renames that only a person can decide. While there are any, `operations` must not be used: it would drop
    /// and add what may be the same thing.
    pub(crate) questions: Vec<Question>,
    /// Renames that were said and are none here: the database does not have the one, or the models want no such other
    /// one. While there are any, `operations` would drop what somebody wants renamed.
    pub(crate) unheard: Vec<Renamed>,
    /// What was said not to be renamed, and does not go: `orders.remark`.
    pub(crate) stays: Vec<String>,
}

/// Facts that each stage of the diff asks for.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) server: ServerVersion,
}

impl Context<'_> {
    fn has(&self, capability: Capability) -> bool {
        self.dialect.has(capability, self.server)
    }

    fn same_ident(&self, a: &Ident, b: &Ident) -> bool {
        if a == b {
            return true;
        }
        let (left, right) = (a.as_str(), b.as_str());
        // No fold of any database joins two ASCII names that differ in more than case.
        let apart = left.is_ascii() && right.is_ascii() && !left.eq_ignore_ascii_case(right);
        !apart && self.dialect.fold(a) == self.dialect.fold(b)
    }

    fn same_idents(&self, a: &[Ident], b: &[Ident]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_ident(a, b))
    }

    /// What two names have in common if the server takes them for one.
    fn key(&self, name: &Name) -> (Option<String>, String) {
        (name.schema.as_ref().map(|schema| self.dialect.fold(schema)), self.dialect.fold(&name.name))
    }
}

/// The operations that make `from` like `to`.
pub(crate) fn diff(schemas: Pair<&Schema>, rules: &RenameRules, context: Context<'_>) -> Difference {
    let mut difference = Difference::default();
    let Pair { from: mut working, to: mut wanted } = unsettled(schemas, rules);
    let renames = rename::renames(&mut working, &wanted, rules, context, &mut difference);
    tables::follow(&mut working, &renames, context);
    objects::follow(&mut working, &wanted, &renames, context);
    let opened = circles::open(&mut working, &wanted, context);
    // Each of them says what it takes, so none is without a way back.
    let closed = reverse_all(&circles::open(&mut wanted, &working, context)).unwrap_or_default();
    let before = objects::Before { live: &schemas.from.objects, renames: &renames };
    let untied = typed::untie(&mut working, &wanted, &before, context);
    let freed = free::free(&mut working, &wanted, &before, context);
    let sides = Pair::new(&working, &wanted);
    let mut operations = objects::schemas(sides, context);
    operations.extend(objects::enums(sides, context));
    operations.extend(tables::tables(sides, context));
    let changes = heredity::with_passed_on(&operations, sides.from);
    let others: Vec<Operation> = changes.iter().chain(&freed).cloned().collect();
    let mut phased = objects::objects(sides, &before, &others, context);
    let names = Names::of(&wanted, context);
    phased.extend(
        operations
            .extract_if(.., |operation| names.pass_on_by(operation))
            .map(|operation| (order::Phase::DropNeededTypes, operation)),
    );
    let given_up = shared_names::give_up(&mut operations, sides.from, context);
    phased.extend(given_up.into_iter().map(|operation| (order::Phase::GiveUpNames, operation)));
    phased.extend(freed.into_iter().map(|operation| (order::Phase::FreeTables, operation)));
    phased.extend(untied.into_iter().chain(opened).map(|operation| (order::Phase::OpenCircles, operation)));
    phased.extend(closed.into_iter().map(|operation| (order::Phase::CloseCircles, operation)));
    phased.extend(heredity::aligned(sides, &operations));
    let families = order::Families::of(sides);
    difference.operations = reduce(order::order(renames, operations, phased, &families, context));
    difference
}

/// Both sides less the tables in which nothing differs, which most are: only the others are worth a working copy. With
/// renames that were said, or enum types that differ, a table may be touched by what happens to others.
fn unsettled(schemas: Pair<&Schema>, rules: &RenameRules) -> Pair<Schema> {
    let alone = rules.renames.is_empty() && !schemas.map(|side| &side.enums).differs();
    let is_same = |name: &Name| {
        let sides = (schemas.from.tables.get(name), schemas.to.tables.get(name));
        alone && matches!(sides, (Some(from), Some(to)) if to.renamed_from.is_none() && from.same_shape(to))
    };
    // An object that is made anew under a table touches it.
    let needs = |name: &Name| schemas.from.tables.get(name).is_some_and(|table| !table.needs.is_empty());
    let all_same = |side: &Schema| side.tables.keys().all(is_same);
    let quiet = !schemas.from.tables.keys().any(needs)
        || same_objects(schemas) && all_same(schemas.from) && all_same(schemas.to);
    // What differs in one table of a family may be what another one does to it.
    let kin = heredity::kin(schemas);
    let kin_settled = kin.iter().all(is_same);
    let settled = |name: &Name| is_same(name) && (quiet || !needs(name)) && (kin_settled || !kin.contains(name));
    schemas.map(|side| Schema {
        schemas: side.schemas.clone(),
        tables: side.tables.only(|name| !settled(name)),
        enums: side.enums.clone(),
        objects: side.objects.clone(),
        unmodelled: Vec::new(),
    })
}

fn same_objects(schemas: Pair<&Schema>) -> bool {
    let Pair { from, to } = schemas.map(|side| &side.objects);
    from.len() == to.len() && from.values().zip(to.values()).all(|(from, to)| from.same(to))
}
