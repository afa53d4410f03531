//! The nouns: what a database is made of, as plain values. Imports nothing of ours, does no I/O, knows no database.
//!
//! A value is either *declared* (from a YAML file: neutral types, literals, one expression per database) or *native*
//! (from a server: its own words). [`crate::dialect`] turns declared values into native ones; only native ones are
//! compared.

mod column;
mod constraint;
mod heredity;
mod index;
mod object;
mod parts;
mod sorted;
mod table;
mod tables;
mod text;
mod unmade;

pub(crate) use column::{Column, Default, Generated, Identity, IdentityMode, Neutral, Position, Type};
pub(crate) use constraint::{Action, Check, Deferrable, ForeignKey, PrimaryKey, Unique};
pub(crate) use heredity::{DESCENT, INHERITS, OF_TYPE, PARTITION_BOUND, PARTITION_OF, names_of, names_text};
pub(crate) use index::{Index, IndexPart, IndexTarget, Nulls};
pub(crate) use object::{Need, Object, ObjectId, ObjectKind};
pub(crate) use sorted::{SortedMap, SortedSet};
pub(crate) use table::Table;
pub(crate) use tables::Tables;
pub(crate) use text::{Expr, Ident, Name, Options};
pub(crate) use unmade::UNMADE_TABLE;

use std::collections::BTreeMap;

/// Two sides of one question: `from` is what is there (live, before), `to` is what is wanted (desired, after).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair<T> {
    pub(crate) from: T,
    pub(crate) to: T,
}

impl<T> Pair<T> {
    pub(crate) fn new(from: T, to: T) -> Self {
        Self { from, to }
    }

    pub(crate) fn map<U>(self, f: impl Fn(T) -> U) -> Pair<U> {
        Pair { from: f(self.from), to: f(self.to) }
    }

    pub(crate) fn as_ref(&self) -> Pair<&T> {
        Pair { from: &self.from, to: &self.to }
    }

    pub(crate) fn differs(&self) -> bool
    where
        T: PartialEq,
    {
        self.from != self.to
    }
}

/// Everything that is compared: the tables and types of the connection's own schema (names without a schema) and of
/// those that were asked for by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Schema {
    /// Schemas beside the connection's own.
    pub(crate) schemas: SortedSet<Ident>,
    pub(crate) tables: Tables,
    pub(crate) enums: SortedMap<Name, Enum>,
    pub(crate) objects: BTreeMap<ObjectId, Object>,
    /// What is there and has no noun here: named to the user, kept by every rebuild, never dropped.
    pub(crate) unmodelled: Vec<Unmodelled>,
}

impl Schema {
    /// Puts a table under its own name; a former one of that name is replaced.
    pub(crate) fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), table);
    }

    /// The tables and views on which something of the user runs when rows change.
    pub(crate) fn triggered(&self) -> impl Iterator<Item = &Name> {
        let objects =
            self.objects.keys().filter(|id| id.kind == ObjectKind::Trigger).filter_map(|id| id.table.as_ref());
        let others = self.unmodelled.iter().filter(|other| other.kind.contains("trigger"));
        objects.chain(others.filter_map(|other| other.table.as_ref()))
    }

    /// Puts an object under its own name.
    pub(crate) fn insert_object(&mut self, object: Object) {
        self.objects.insert(object.id.clone(), object);
    }
}

/// A named type with a fixed list of words, where the database has such types (PostgreSQL).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Enum {
    pub(crate) name: Name,
    /// In the order of the server.
    pub(crate) values: Vec<String>,
    pub(crate) comment: Option<String>,
    /// Hint of a model: what the type was called before.
    pub(crate) renamed_from: Option<Ident>,
}

/// Something that the database has and the tool does not model yet: a view, a trigger, a policy, a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unmodelled {
    /// The word for people: `view`, `trigger`, `partitioned table`.
    pub(crate) kind: String,
    pub(crate) name: Name,
    /// The table it belongs to.
    pub(crate) table: Option<Name>,
    /// The server's text of it, where a rebuild needs it to bring it back.
    pub(crate) definition: Option<String>,
}

/// The kind of a schema that models fill and that is not compared.
const UNCOMPARED: &str = "schema that is not compared";

/// Behind the kind of what models declare and this server cannot judge.
const UNJUDGED: &str = " that cannot be judged here";

impl Unmodelled {
    /// What models declare and this server cannot judge, for it lacks something; `said`: what, and what to do.
    pub(crate) fn unjudged(kind: &str, name: Name, table: Option<Name>, said: String) -> Self {
        Self { kind: format!("{kind}{UNJUDGED}"), name, table, definition: Some(said) }
    }

    /// A schema that models fill and that is not compared.
    pub(crate) fn uncompared(schema: &Ident) -> Self {
        Self { kind: UNCOMPARED.to_owned(), name: Name::own(schema.clone()), table: None, definition: None }
    }

    /// The schema, where this is one that is not compared.
    pub(crate) fn uncompared_schema(&self) -> Option<&Ident> {
        (self.kind == UNCOMPARED).then_some(&self.name.name)
    }

    /// Whether this is an object that could not be judged.
    pub(crate) fn is_unjudged_object(&self, id: &ObjectId) -> bool {
        self.unjudged_kind() == Some(id.kind.spoken()) && self.name == id.name && self.table == id.table
    }

    /// The kind of what could not be judged; None: it is something else.
    pub(crate) fn unjudged_kind(&self) -> Option<&str> {
        self.kind.strip_suffix(UNJUDGED)
    }
}
