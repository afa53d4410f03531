//! Entities: a struct of a model that a session watches. Two entities of one session with the same key are the same.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use super::model::{Mapping, Model};
use super::relation::Relation;
use super::unit::Work;
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// A row in the hands of a session. Clones are the same row.
///
/// [`Entity::read`] and [`Entity::write`] lend the struct for a moment: keep what they give no longer than a statement of
/// Rust, and never both at once.
pub struct Entity<M>(Arc<Cell<M>>);

struct Cell<M> {
    value: RwLock<M>,
    state: Mutex<State>,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not sent yet.
    #[default]
    New,
    /// There, and known by its key.
    Kept,
    /// Deleted, or forgotten by its session.
    Gone,
}

/// What a session knows about an entity beside its values.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) standing: Standing,
    /// The values as the database has them.
    pub(crate) loaded: Vec<Value>,
    /// They may have changed since.
    pub(crate) expired: bool,
    pub(crate) links: BTreeMap<&'static str, Link>,
    /// Columns that will refer to a row, by their places, once it has its key.
    pub(crate) pending: BTreeMap<usize, Awaited>,
    /// Whom to tell when it may have changed: the session that knows it by its key.
    pub(crate) watch: Option<Arc<Touched>>,
    /// That was told.
    pub(crate) is_touched: bool,
}

/// Entities that may have changed since they were read: a flush looks at these alone, however many there are.
#[derive(Default)]
pub(crate) struct Touched(Mutex<Vec<Weak<dyn Tracked>>>);

impl Touched {
    pub(crate) fn list(&self) -> MutexGuard<'_, Vec<Weak<dyn Tracked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the session that an entity may have changed. One that it does not know yet is sent whole anyway.
pub(crate) fn touch(entity: &Arc<dyn Tracked>) {
    let watch = {
        let mut state = entity.state();
        if state.is_touched || state.watch.is_none() {
            return;
        }
        state.is_touched = true;
        state.watch.clone()
    };
    if let Some(watch) = watch {
        watch.list().push(Arc::downgrade(entity));
    }
}

/// What is on the other side of a relationship, once it is loaded.
pub(crate) enum Link {
    /// Rows that refer here, or pairs.
    Down(Entities),
    /// The row that this one refers to. Weak, so that parents and children do not hold each other for ever: the session
    /// holds both.
    Up(Option<Weak<dyn Tracked>>),
    /// Not loaded; whether it may be, row by row, as the query says that found this row.
    ByRow(bool),
}

/// A part of the key of a row that is referred to.
#[derive(Clone)]
pub(crate) struct Awaited {
    pub(crate) row: Arc<dyn Tracked>,
    pub(crate) part: usize,
    /// Of how many columns that refer.
    pub(crate) of: usize,
}

/// Entities of any models.
pub(crate) type Entities = Vec<Arc<dyn Tracked>>;

/// An entity, whatever its model.
pub(crate) trait Tracked: Send + Sync {
    fn mapping(&self) -> &'static Mapping;
    fn values(&self) -> Vec<Value>;
    fn set_values(&self, values: Vec<Value>) -> Result<()>;
    fn state(&self) -> MutexGuard<'_, State>;
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<M: Model> Tracked for Cell<M> {
    fn mapping(&self) -> &'static Mapping {
        M::mapping()
    }

    fn values(&self) -> Vec<Value> {
        self.value.read().unwrap_or_else(PoisonError::into_inner).to_values()
    }

    fn set_values(&self, values: Vec<Value>) -> Result<()> {
        let new = M::from_values(values)
            .map_err(|error| error.while_doing(format!("a row of {}", M::mapping().shape.table())))?;
        *self.value.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<M> Clone for Entity<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Model> PartialEq for Entity<M> {
    /// Whether they are the same row in the same session.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<M: Model + fmt::Debug> fmt::Debug for Entity<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entity").field(&*self.read()).finish()
    }
}

impl<M: Model> Entity<M> {
    pub(crate) fn new(value: M) -> Self {
        Self(Arc::new(Cell { value: RwLock::new(value), state: Mutex::default() }))
    }

    pub(crate) fn tracked(&self) -> Arc<dyn Tracked> {
        Arc::<Cell<M>>::clone(&self.0)
    }

    pub(crate) fn of(tracked: Arc<dyn Tracked>) -> Result<Self> {
        let cell = tracked.any().downcast::<Cell<M>>();
        cell.map(Self).map_err(|_| Error::new(Kind::Usage, "two models have the same table"))
    }

    /// The struct, to be read.
    pub fn read(&self) -> impl Deref<Target = M> + '_ {
        let guard: RwLockReadGuard<'_, M> = self.0.value.read().unwrap_or_else(PoisonError::into_inner);
        guard
    }

    /// The struct, to be changed. What differs from the database is sent by the next flush.
    pub fn write(&self) -> impl DerefMut<Target = M> + '_ {
        touch(&self.tracked());
        let guard: RwLockWriteGuard<'_, M> = self.0.value.write().unwrap_or_else(PoisonError::into_inner);
        guard
    }

    /// A copy of the struct, which nobody watches.
    pub fn value(&self) -> M {
        self.read().clone()
    }

    /// Whether the values may have changed in the database since they were read.
    pub fn is_expired(&self) -> bool {
        self.0.state().expired
    }

    /// Whether the row is in the database, as far as this session knows.
    pub fn is_kept(&self) -> bool {
        self.0.state().standing == Standing::Kept
    }

    /// Whether the other side of a relationship was loaded.
    pub fn is_loaded<T: Model>(&self, relation: &Relation<M, T>) -> bool {
        matches!(self.0.state().links.get(relation.def().name), Some(Link::Down(_) | Link::Up(_)))
    }

    /// The rows on the other side, which were loaded before. Asks nobody.
    ///
    /// # Errors
    /// [`Kind::Usage`] where they were not loaded.
    pub fn loaded<T: Model>(&self, relation: &Relation<M, T>) -> Result<Vec<Entity<T>>> {
        let name = relation.def().name;
        let links = match self.0.state().links.get(name) {
            Some(Link::Down(rows)) => rows.clone(),
            Some(Link::Up(row)) => row.iter().filter_map(Weak::upgrade).collect(),
            Some(Link::ByRow(_)) | None => {
                let what = format!("{} of {} is not loaded", name, M::mapping().shape.table());
                return Err(Error::new(Kind::Usage, what).with_hint("load it with the query, or by session.related"));
            }
        };
        links.into_iter().map(Entity::of).collect()
    }

    /// The only row on the other side, which was loaded before; None where there is none.
    ///
    /// # Errors
    /// As [`Entity::loaded`].
    pub fn loaded_one<T: Model>(&self, relation: &Relation<M, T>) -> Result<Option<Entity<T>>> {
        self.loaded(relation).map(|rows| rows.into_iter().next())
    }
}

/// The key of a row as text, for the identity map. The sort of each value is part of it.
pub(crate) fn key_text(key: &[Value]) -> String {
    key.iter().map(|value| format!("{}:{}\u{1f}", value.word(), value.for_people())).collect()
}

/// The entity of a row that was read: the one that the session holds already, else a new one. What somebody has changed
/// in it and not yet sent is left alone.
pub(crate) fn adopt<M: Model>(work: &mut Work, values: Vec<Value>) -> Result<Entity<M>> {
    let mapping = M::mapping();
    let key = mapping.key_of(&values);
    // A view without a key: every row is one of its own.
    if key.is_empty() {
        return M::from_values(values).map(Entity::new);
    }
    if let Some(known) = work.find(mapping, &key) {
        let mine = known.values();
        let (loaded, is_expired) = {
            let state = known.state();
            (state.loaded.clone(), state.expired)
        };
        let is_changed = loaded != mine;
        if is_expired || !is_changed {
            known.set_values(values)?;
            let mut now = known.values();
            {
                let mut state = known.state();
                (state.loaded, state.expired) = (now.clone(), false);
            }
            if is_changed {
                for ((now, was), mine) in now.iter_mut().zip(loaded).zip(mine) {
                    if was != mine {
                        *now = mine;
                    }
                }
                known.set_values(now)?;
            }
        }
        return Entity::of(known);
    }
    let value = M::from_values(values)?;
    let read = value.to_values();
    let entity = Entity::new(value);
    {
        let mut state = entity.0.state();
        (state.standing, state.loaded) = (Standing::Kept, read);
    }
    work.keep(mapping, &key, entity.tracked());
    Ok(entity)
}
