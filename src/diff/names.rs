//! Names that go from one thing to another: a view becomes a table, a domain an enum, a function gets other arguments. What
//! has such a name goes before the one that gets it is made. No I/O.

use std::collections::BTreeSet;

use super::Context;
use super::objects::NameKey;
use crate::ops::Operation;
use crate::schema::{Name, ObjectId, ObjectKind, Schema};

/// Things that cannot have one name side by side, or, of routines and operators, stand in for each other where they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Space {
    /// Tables and all that is read like one, and types: there is a type of the rows of each.
    Relations,
    Routines,
    Operators,
}

/// What has a name that matters to others. None: the whole id is its name, and equal ids are one thing.
fn space(kind: ObjectKind) -> Option<Space> {
    match kind {
        ObjectKind::Type
        | ObjectKind::Domain
        | ObjectKind::Sequence
        | ObjectKind::ForeignTable
        | ObjectKind::VirtualTable
        | ObjectKind::View
        | ObjectKind::MaterializedView => Some(Space::Relations),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => Some(Space::Routines),
        ObjectKind::Operator => Some(Space::Operators),
        ObjectKind::Extension
        | ObjectKind::Language
        | ObjectKind::ForeignDataWrapper
        | ObjectKind::Collation
        | ObjectKind::Conversion
        | ObjectKind::OperatorFamily
        | ObjectKind::OperatorClass
        | ObjectKind::Cast
        | ObjectKind::TextSearchDictionary
        | ObjectKind::TextSearchConfiguration
        | ObjectKind::ForeignServer
        | ObjectKind::UserMapping
        | ObjectKind::Rule
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Statistics
        | ObjectKind::Event
        | ObjectKind::EventTrigger
        | ObjectKind::Publication
        | ObjectKind::DefaultPrivileges
        | ObjectKind::Pragma
        | ObjectKind::Comment
        | ObjectKind::Owner
        | ObjectKind::Grants => None,
    }
}

/// The names of the wanted side.
pub(crate) struct Names<'a> {
    wanted: &'a Schema,
    taken: BTreeSet<(Space, NameKey)>,
    context: Context<'a>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(wanted: &'a Schema, context: Context<'a>) -> Self {
        let objects = wanted.objects.keys().filter_map(|id| Some((space(id.kind)?, context.key(&id.name))));
        let others = wanted.tables.keys().chain(wanted.enums.keys());
        let others = others.map(|name| (Space::Relations, context.key(name)));
        Self { wanted, taken: objects.chain(others).collect(), context }
    }

    /// Whether an object goes and another thing has, or keeps, its name.
    pub(crate) fn pass_on(&self, id: &ObjectId) -> bool {
        let taken = |space| self.taken.contains(&(space, self.context.key(&id.name)));
        !self.wanted.objects.contains_key(id) && space(id.kind).is_some_and(taken)
    }

    /// Whether an enum type goes and another thing gets its name.
    pub(super) fn pass_on_enum(&self, name: &Name) -> bool {
        let key = self.context.key(name);
        let stays = || self.wanted.enums.keys().any(|other| self.context.key(other) == key);
        self.taken.contains(&(Space::Relations, key.clone())) && !stays()
    }

    /// Whether an operation drops an enum type whose name another thing gets.
    pub(super) fn pass_on_by(&self, operation: &Operation) -> bool {
        if let Operation::DropEnum { name, .. } = operation { self.pass_on_enum(name) } else { false }
    }
}
