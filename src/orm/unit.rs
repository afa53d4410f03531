//! What a session holds: entities by their keys, what is new, what is to go. And the order in which that is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entity::{Awaited, Standing, Touched, Tracked, key_text};
use super::model::Mapping;
use super::relation::{Pairs, RelationKind, unmatched};
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// The entities of a session.
#[derive(Default)]
pub(crate) struct Work {
    /// By table and key.
    known: BTreeMap<(String, String), Arc<dyn Tracked>>,
    /// Those of them that may have changed.
    touched: Arc<Touched>,
    pub(crate) new: Vec<Arc<dyn Tracked>>,
    pub(crate) gone: Vec<Arc<dyn Tracked>>,
    /// Sent since the last commit.
    born: Vec<Arc<dyn Tracked>>,
    buried: Vec<Arc<dyn Tracked>>,
    pub(crate) pairs: Vec<Pair>,
}

/// How much was sent at a moment; the usual one is the beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    born: usize,
    buried: usize,
}

/// Forgets what was changed in an entity and not sent, and what is related to it; the next query reads it anew.
pub(crate) fn outdated(entity: &Arc<dyn Tracked>) {
    let loaded = {
        let mut state = entity.state();
        (state.expired, state.links) = (true, BTreeMap::new());
        state.pending.clear();
        state.loaded.clone()
    };
    if loaded != entity.values() {
        // What was read once fits its struct.
        drop(entity.set_values(loaded));
    }
}

/// A row of a table of pairs that is to come or to go.
pub(crate) struct Pair {
    pub(crate) pairs: Pairs,
    /// Here, there.
    pub(crate) rows: [Arc<dyn Tracked>; 2],
    pub(crate) is_new: bool,
}

impl Pair {
    /// The columns of the row with their values.
    pub(crate) fn cells(&self) -> Result<Vec<(&'static str, Value)>> {
        let mut cells = Vec::new();
        for (columns, row) in [&self.pairs.here, &self.pairs.there].into_iter().zip(&self.rows) {
            let key = row.mapping().key_of(&row.values());
            if key.len() != columns.names().len() {
                return Err(Error::new(Kind::Usage, unmatched(columns.names().len(), key.len())));
            }
            cells.extend(columns.names().iter().copied().zip(key));
        }
        Ok(cells)
    }
}

pub(crate) fn same(one: &Arc<dyn Tracked>, other: &Arc<dyn Tracked>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}

impl Work {
    pub(crate) fn find(&self, mapping: &Mapping, key: &[Value]) -> Option<Arc<dyn Tracked>> {
        self.known.get(&(mapping.shape.table(), key_text(key))).cloned()
    }

    pub(crate) fn keep(&mut self, mapping: &Mapping, key: &[Value], entity: Arc<dyn Tracked>) {
        entity.state().watch = Some(Arc::clone(&self.touched));
        self.known.insert((mapping.shape.table(), key_text(key)), entity);
    }

    pub(crate) fn forget(&mut self, entity: &Arc<dyn Tracked>) {
        let mapping = entity.mapping();
        let place = (mapping.shape.table(), key_text(&mapping.key_of(&entity.state().loaded)));
        if self.known.get(&place).is_some_and(|known| same(known, entity)) {
            self.known.remove(&place);
        }
        self.new.retain(|known| !same(known, entity));
        self.gone.retain(|known| !same(known, entity));
    }

    /// Everything that is known by a key.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Tracked>> {
        self.known.values()
    }

    /// A new row was sent.
    pub(crate) fn is_born(&mut self, entity: &Arc<dyn Tracked>, values: Vec<Value>) {
        let mapping = entity.mapping();
        {
            let mut state = entity.state();
            state.standing = Standing::Kept;
            state.pending.clear();
            state.loaded.clone_from(&values);
        }
        self.keep(mapping, &mapping.key_of(&values), Arc::clone(entity));
        self.born.push(Arc::clone(entity));
    }

    /// A row was deleted.
    pub(crate) fn is_buried(&mut self, entity: &Arc<dyn Tracked>) {
        entity.state().standing = Standing::Gone;
        self.forget(entity);
        self.buried.push(Arc::clone(entity));
    }

    pub(crate) fn committed(&mut self, expire: bool) {
        self.born.clear();
        self.buried.clear();
        if expire {
            self.known.values().for_each(|entity| entity.state().expired = true);
        }
    }

    /// How much was sent until now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { born: self.born.len(), buried: self.buried.len() }
    }

    /// What was sent behind the mark is not there any more, and what was not sent is forgotten; what was read may have been
    /// changed by what was sent.
    pub(crate) fn rolled_back(&mut self, to: Mark) {
        self.new.clear();
        self.gone.clear();
        self.pairs.clear();
        let born = self.born.split_off(to.born.min(self.born.len()));
        for entity in &born {
            entity.state().standing = Standing::Gone;
            self.forget(entity);
        }
        for entity in self.buried.split_off(to.buried.min(self.buried.len())) {
            if born.iter().any(|known| same(known, &entity)) {
                continue;
            }
            entity.state().standing = Standing::Kept;
            let mapping = entity.mapping();
            let key = mapping.key_of(&entity.values());
            self.keep(mapping, &key, entity);
        }
        self.known.values().for_each(outdated);
    }

    /// Rows whose values differ from what the database has, by table and key.
    pub(crate) fn changed(&self) -> Vec<Arc<dyn Tracked>> {
        let mut changed: BTreeMap<(String, String), Arc<dyn Tracked>> = BTreeMap::new();
        self.touched.list().retain(|entity| {
            let Some(entity) = entity.upgrade() else { return false };
            let values = entity.values();
            let mapping = entity.mapping();
            let (differs, key) = {
                let mut state = entity.state();
                let differs = state.loaded != values || !state.pending.is_empty();
                state.is_touched = state.standing == Standing::Kept && (differs || state.expired);
                if !state.is_touched {
                    return false;
                }
                (differs, mapping.key_of(&state.loaded))
            };
            // Of a row that is out of date too: what differs from what was read is what somebody has written.
            if differs {
                changed.insert((mapping.shape.table(), key_text(&key)), entity);
            }
            true
        });
        changed.into_values().collect()
    }
}

/// The order in which new rows are sent: tables that others refer to first, and rows that others refer to first. Of a
/// circle the first stays where it was.
pub(crate) fn ordered(entities: Vec<Arc<dyn Tracked>>) -> Vec<Arc<dyn Tracked>> {
    let ranks = ranks(&entities);
    let mut sorted: Vec<(usize, Arc<dyn Tracked>)> = entities
        .into_iter()
        .map(|entity| (ranks.get(&entity.mapping().shape.table()).copied().unwrap_or_default(), entity))
        .collect();
    sorted.sort_by_key(|(rank, _)| *rank);
    let mut order = Vec::with_capacity(sorted.len());
    let rows: Vec<Arc<dyn Tracked>> = sorted.into_iter().map(|(_, entity)| entity).collect();
    let places: BTreeMap<usize, usize> = rows.iter().enumerate().map(|(place, row)| (address(row), place)).collect();
    let mut seen = vec![false; rows.len()];
    for place in 0..rows.len() {
        visit(place, &rows, &places, &mut seen, &mut order);
    }
    order
}

pub(crate) fn address(entity: &Arc<dyn Tracked>) -> usize {
    Arc::as_ptr(entity).cast::<()>().addr()
}

/// Walks along what a row refers to, without recursion: a list of a million rows may refer each to the next.
fn visit(
    from: usize,
    rows: &[Arc<dyn Tracked>],
    places: &BTreeMap<usize, usize>,
    seen: &mut [bool],
    order: &mut Vec<Arc<dyn Tracked>>,
) {
    let mut stack = vec![(from, false)];
    while let Some((place, is_done)) = stack.pop() {
        let (Some(row), Some(was_seen)) = (rows.get(place), seen.get_mut(place)) else { continue };
        if is_done {
            order.push(Arc::clone(row));
            continue;
        }
        if std::mem::replace(was_seen, true) {
            continue;
        }
        stack.push((place, true));
        let parents: Vec<usize> = row.state().pending.values().map(|awaited| address(&awaited.row)).collect();
        stack.extend(parents.iter().filter_map(|parent| places.get(parent)).map(|parent| (*parent, false)));
    }
}

/// How deep each table stands below those that it refers to, as far as they are among these.
pub(crate) fn ranks(entities: &[Arc<dyn Tracked>]) -> BTreeMap<String, usize> {
    let mappings: BTreeMap<String, &'static Mapping> =
        entities.iter().map(|entity| (entity.mapping().shape.table(), entity.mapping())).collect();
    let mut ranks: BTreeMap<String, usize> = mappings.keys().map(|name| (name.clone(), 0)).collect();
    let above: BTreeMap<&String, Vec<String>> =
        mappings.iter().map(|(name, mapping)| (name, referred_tables(mapping))).collect();
    // As many rounds as there are tables settle every order; a circle is not followed further.
    for _ in 0..mappings.len() {
        for name in mappings.keys() {
            let above = above.get(name).into_iter().flatten().filter(|other| *other != name);
            let least = above.filter_map(|other| ranks.get(other)).max().map_or(0, |rank| rank + 1);
            if let Some(rank) = ranks.get_mut(name) {
                *rank = (*rank).max(least).min(mappings.len());
            }
        }
    }
    ranks
}

/// The tables that a table refers to, by its foreign keys and by its relationships.
fn referred_tables(mapping: &Mapping) -> Vec<String> {
    let upwards = (mapping.relations)().into_iter().filter(|one| matches!(one.kind, RelationKind::BelongsTo(_)));
    let by_relation = upwards.map(|one| (one.target)().shape.table());
    mapping.shape.references.iter().map(crate::schema::Name::for_people).chain(by_relation).collect()
}

/// Fills in the keys of the rows that this one refers to, where they have one by now. False = one has none yet.
pub(crate) fn settle(entity: &Arc<dyn Tracked>) -> Result<bool> {
    let pending: Vec<(usize, Awaited)> =
        entity.state().pending.iter().map(|(place, awaited)| (*place, awaited.clone())).collect();
    if pending.is_empty() {
        return Ok(true);
    }
    let mut values = entity.values();
    let mut is_settled = true;
    for (place, Awaited { row, part, of }) in pending {
        let key = row.mapping().key_of(&row.values());
        if key.len() != of {
            let table = entity.mapping().shape.table();
            return Err(Error::new(Kind::Usage, unmatched(of, key.len())).while_doing(format!("a row of {table}")));
        }
        let is_there = row.state().standing == Standing::Kept;
        match (is_there, key.into_iter().nth(part), values.get_mut(place)) {
            (true, Some(key), Some(slot)) => {
                *slot = key;
                entity.state().pending.remove(&place);
            }
            _ => is_settled = false,
        }
    }
    entity.set_values(values)?;
    Ok(is_settled)
}
