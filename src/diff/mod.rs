//! What must be done to get from one schema to another: `Pair<Schema>` → operations. Pure: no I/O, no database by name.
//!
//! Both sides are native (inspected). Renames come first and are applied to a working copy of the `from` side, so that
//! everything after them compares like with like; then come tables, and inside each its columns, keys and indexes; at
//! last [`order`] puts the whole into an order that a server takes.

mod columns;
mod constraints;
mod expressions;
mod indexes;
mod objects;
mod order;
mod rename;
mod similarity;
mod tables;

pub(crate) use rename::{Proposal, Question, RenameRules, Renamed};

use crate::dialect::{Capability, Dialect};
use crate::ops::{Operation, reduce};
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
        a == b || self.dialect.fold(a) == self.dialect.fold(b)
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
    let mut working = schemas.from.clone();
    let renames = rename::renames(&mut working, schemas.to, rules, context, &mut difference);
    let sides = Pair::new(&working, schemas.to);
    let mut operations = objects::schemas(sides);
    operations.extend(objects::enums(sides, context));
    operations.extend(tables::tables(sides, context));
    difference.operations = reduce(order::order(renames, operations, context));
    difference
}
