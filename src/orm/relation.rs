//! Relationships between models, and how they are loaded.

use std::marker::PhantomData;
use std::sync::Arc;

use super::entity::{Tracked, adopt};
use super::model::{Mapping, Model};
use super::unit::Work;
use crate::error::Result;
use crate::statement::value::Value;

/// How the rows on the other side are loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Load {
    /// When they are asked for: one statement for each row on this side.
    #[default]
    Select,
    /// With the query: one statement in all, with a wider row.
    Joined,
    /// Behind the query: one statement for up to 500 rows on this side.
    Selectin,
    /// Behind the query: one statement, with the query inside.
    Subquery,
    /// Never by themselves: to ask for them is an error, so that no loop asks once for each row.
    Raise,
}

/// How two tables refer to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelationKind {
    /// Rows of the other table refer here, by this column of theirs; true = one at most.
    Has(&'static str, bool),
    /// A column here refers to the key of the other table.
    BelongsTo(&'static str),
    /// A table of pairs: its name, the column that refers here, the one that refers there.
    Pairs(&'static str, &'static str, &'static str),
}

/// Makes an entity of a row of the other side, or finds the one that is held.
type Adopt = fn(&mut Work, Vec<Value>) -> Result<Arc<dyn Tracked>>;

/// A relationship, without the types of its sides.
#[derive(Clone, Debug)]
pub struct RelationDef {
    pub(crate) name: &'static str,
    pub(crate) kind: RelationKind,
    pub(crate) target: fn() -> &'static Mapping,
    pub(crate) back: Option<&'static str>,
    pub(crate) cascade: bool,
    pub(crate) load: Load,
    pub(crate) adopt: Adopt,
}

impl RelationDef {
    /// The same relationship as the other side sees it.
    pub(crate) fn other_side(&self) -> Option<Self> {
        let back = self.back?;
        ((self.target)().relations)().into_iter().find(|relation| relation.name == back)
    }
}

/// A relationship from `M` to `T`.
#[derive(Debug)]
pub struct Relation<M, T> {
    def: RelationDef,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Relation<M, T> {
    fn clone(&self) -> Self {
        Self { def: self.def.clone(), of: PhantomData }
    }
}

impl<M: Model, T: Model> Relation<M, T> {
    fn new(name: &'static str, kind: RelationKind) -> Self {
        let (target, adopt) = (T::mapping, adopt_any::<T>);
        Self {
            def: RelationDef { name, kind, target, back: None, cascade: false, load: Load::Select, adopt },
            of: PhantomData,
        }
    }

    /// Rows of `T` refer here by this column.
    pub fn has_many(name: &'static str, column: &'static str) -> Self {
        Self::new(name, RelationKind::Has(column, false))
    }

    /// At most one row of `T` refers here by this column.
    pub fn has_one(name: &'static str, column: &'static str) -> Self {
        Self::new(name, RelationKind::Has(column, true))
    }

    /// This column refers to the key of `T`.
    pub fn belongs_to(name: &'static str, column: &'static str) -> Self {
        Self::new(name, RelationKind::BelongsTo(column))
    }

    /// Pairs in a table of their own: its name, the column that refers here, the one that refers there.
    pub fn many_to_many(name: &'static str, pairs: &'static str, here: &'static str, there: &'static str) -> Self {
        Self::new(name, RelationKind::Pairs(pairs, here, there))
    }

    /// The relationship of `T` that is the other side of this one: both are kept in step.
    #[must_use]
    pub fn back_populates(mut self, name: &'static str) -> Self {
        self.def.back = Some(name);
        self
    }

    /// The other side goes when this side is deleted.
    #[must_use]
    pub fn cascade(mut self) -> Self {
        self.def.cascade = true;
        self
    }

    /// How it is loaded where a query says nothing.
    #[must_use]
    pub fn load(mut self, load: Load) -> Self {
        self.def.load = load;
        self
    }

    #[doc(hidden)]
    pub fn def(&self) -> RelationDef {
        self.def.clone()
    }
}

fn adopt_any<T: Model>(work: &mut Work, values: Vec<Value>) -> Result<Arc<dyn Tracked>> {
    adopt::<T>(work, values).map(|entity| entity.tracked())
}
