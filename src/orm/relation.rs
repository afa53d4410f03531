//! Relationships between models, and how they are loaded.

use std::marker::PhantomData;
use std::sync::Arc;

use super::entity::{Tracked, adopt};
use super::expr::{Expr, Operand, all_of};
use super::model::{Mapping, Model};
use super::select::Source;
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

/// The columns that refer to a key: a name, or several in the order of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<&'static str>);

impl From<&'static str> for Columns {
    fn from(name: &'static str) -> Self {
        Self(vec![name])
    }
}

impl<const N: usize> From<[&'static str; N]> for Columns {
    fn from(names: [&'static str; N]) -> Self {
        Self(names.to_vec())
    }
}

impl Columns {
    pub(crate) fn names(&self) -> &[&'static str] {
        &self.0
    }

    /// As columns of a table.
    pub(crate) fn of(&self, source: &Source) -> Vec<Expr> {
        self.0.iter().map(|name| source.col(name)).collect()
    }

    /// Their places in a row. None = the table has no such column.
    pub(crate) fn places(&self, mapping: &Mapping) -> Option<Vec<usize>> {
        self.0.iter().map(|name| mapping.place(name)).collect()
    }
}

/// The columns of the key of a table, or of an alias of it.
pub(crate) fn key_columns(mapping: &Mapping, source: &Source) -> Vec<Expr> {
    mapping.shape.key_columns().map(|column| source.col(&column.name)).collect()
}

/// Whether the columns that refer are equal to the key that they refer to.
pub(crate) fn matching(columns: Vec<Expr>, key: Vec<Expr>) -> Expr {
    if columns.len() != key.len() {
        return Expr::Wrong(unmatched(columns.len(), key.len()));
    }
    let mut parts: Vec<Expr> = columns.into_iter().zip(key).map(|(column, key)| column.eq(key)).collect();
    if parts.len() > 1 { all_of(parts) } else { parts.pop().unwrap_or_else(|| all_of([])) }
}

/// What is wrong with a relationship whose columns do not match the key.
pub(crate) fn unmatched(columns: usize, key: usize) -> String {
    let plural = if columns == 1 { "" } else { "s" };
    format!(
        "a relationship refers by {columns} column{plural} to a key of {key}: it names a column for each of the key"
    )
}

/// How two tables refer to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RelationKind {
    /// Rows of the other table refer here, by these columns of theirs; true = one at most.
    Has(Columns, bool),
    /// Columns here refer to the key of the other table.
    BelongsTo(Columns),
    /// By a table of pairs.
    Pairs(Pairs),
}

/// A table of pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pairs {
    pub(crate) table: &'static str,
    /// Its columns that refer to this side.
    pub(crate) here: Columns,
    /// Those that refer to the other side.
    pub(crate) there: Columns,
}

/// Makes an entity of a row of the other side, or finds the one that is held.
pub(crate) type Adopt = fn(&mut Work, Vec<Value>) -> Result<Arc<dyn Tracked>>;

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

    /// Rows of `T` refer here by this column, or by these.
    pub fn has_many(name: &'static str, columns: impl Into<Columns>) -> Self {
        Self::new(name, RelationKind::Has(columns.into(), false))
    }

    /// At most one row of `T` refers here by this column, or by these.
    pub fn has_one(name: &'static str, columns: impl Into<Columns>) -> Self {
        Self::new(name, RelationKind::Has(columns.into(), true))
    }

    /// This column refers to the key of `T`, or these do.
    pub fn belongs_to(name: &'static str, columns: impl Into<Columns>) -> Self {
        Self::new(name, RelationKind::BelongsTo(columns.into()))
    }

    /// Pairs in a table of their own: its name, the columns that refer here, those that refer there.
    pub fn many_to_many(
        name: &'static str,
        pairs: &'static str,
        here: impl Into<Columns>,
        there: impl Into<Columns>,
    ) -> Self {
        let (here, there) = (here.into(), there.into());
        Self::new(name, RelationKind::Pairs(Pairs { table: pairs, here, there }))
    }

    /// The relationship of `T` that is the other side of this one: both are kept in step.
    #[must_use]
    pub fn back_populates(mut self, name: &'static str) -> Self {
        self.def.back = Some(name);
        self
    }

    /// The rows that refer here go when this side is deleted: of `has_many` and `has_one`. Pairs go anyway.
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

pub(crate) fn adopt_any<T: Model>(work: &mut Work, values: Vec<Value>) -> Result<Arc<dyn Tracked>> {
    adopt::<T>(work, values).map(|entity| entity.tracked())
}

/// A relationship that is loaded, how, and what is loaded beside the rows on its other side.
#[derive(Clone, Debug)]
pub(crate) struct Loading {
    pub(crate) relation: RelationDef,
    pub(crate) load: Load,
    pub(crate) below: Vec<Self>,
}

impl Loading {
    /// A relationship alone.
    pub(crate) fn alone(relation: RelationDef, load: Load) -> Self {
        Self { relation, load, below: Vec::new() }
    }
}

/// What is loaded beside the rows of a model.
#[derive(Clone, Debug)]
pub struct Loads<M> {
    pub(crate) list: Vec<Loading>,
    of: PhantomData<fn() -> M>,
}

impl<M> Default for Loads<M> {
    fn default() -> Self {
        Self { list: Vec::new(), of: PhantomData }
    }
}

impl<M: Model> Loads<M> {
    /// How a relationship is loaded, whatever the model says.
    #[must_use]
    pub fn load<T: Model>(self, relation: Relation<M, T>, load: Load) -> Self {
        self.load_with(relation, load, |below| below)
    }

    /// The same, and what is loaded beside the rows on its other side.
    #[must_use]
    pub fn load_with<T: Model>(
        mut self,
        relation: Relation<M, T>,
        load: Load,
        below: impl FnOnce(Loads<T>) -> Loads<T>,
    ) -> Self {
        let relation = relation.def;
        self.list.retain(|known| known.relation.name != relation.name);
        self.list.push(Loading { relation, load, below: below(Loads::default()).list });
        self
    }
}

/// What is loaded beside the rows of a table: what was said, and what the models say of all else. What a model says is
/// followed downwards as long as no table comes a second time.
pub(crate) fn completed(mapping: &Mapping, said: &[Loading], way: &[String]) -> Vec<Loading> {
    let way: Vec<String> = way.iter().cloned().chain([mapping.shape.table()]).collect();
    let is_said = |name: &str| said.iter().any(|known| known.relation.name == name);
    let is_new = |relation: &RelationDef| way.len() == 1 || !way.contains(&(relation.target)().shape.table());
    let usual = (mapping.relations)().into_iter().filter(|relation| !is_said(relation.name));
    let usual = usual.filter(|relation| !matches!(relation.load, Load::Select | Load::Raise) && is_new(relation));
    let usual = usual.map(|relation| {
        let load = relation.load;
        Loading::alone(relation, load)
    });
    let all = said.iter().cloned().chain(usual);
    all.map(|one| Loading { below: completed((one.relation.target)(), &one.below, &way), ..one }).collect()
}
