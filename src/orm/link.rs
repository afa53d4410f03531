//! Keeping both sides of relationships in step.

use std::sync::Arc;

use super::entity::{Awaited, Entities, Entity, Link, Standing, Tracked, touch};
use super::model::Model;
use super::relation::{Columns, Relation, RelationDef, RelationKind};
use super::session::Session;
use super::unit::{Pair, same};
use crate::error::Result;
use crate::statement::value::Value;

impl Session<'_> {
    /// Puts a row on the other side of a relationship, and this one on the other side of its opposite. The columns that
    /// refer are filled in by the next flush.
    pub fn relate<M: Model, T: Model>(&mut self, entity: &Entity<M>, relation: &Relation<M, T>, other: &Entity<T>) {
        let (here, there, def) = (entity.tracked(), other.tracked(), relation.def());
        match &def.kind {
            RelationKind::BelongsTo(columns) => refer(&here, columns, &there, Some(&def), def.other_side().as_ref()),
            RelationKind::Has(columns, _) => refer(&there, columns, &here, def.other_side().as_ref(), Some(&def)),
            RelationKind::Pairs(pairs) => {
                push_link(&here, def.name, &there);
                if let Some(back) = def.back {
                    push_link(&there, back, &here);
                }
                self.work.pairs.push(Pair { pairs: pairs.clone(), rows: [here, there], is_new: true });
            }
        }
    }

    /// Takes a row from the other side of a relationship, and keeps both sides in step.
    pub fn unrelate<M: Model, T: Model>(
        &mut self,
        entity: &Entity<M>,
        relation: &Relation<M, T>,
        other: &Entity<T>,
    ) -> Result<()> {
        let (here, there, def) = (entity.tracked(), other.tracked(), relation.def());
        match &def.kind {
            RelationKind::BelongsTo(columns) => release(&here, columns, &there, Some(&def), def.other_side().as_ref())?,
            RelationKind::Has(columns, _) => release(&there, columns, &here, def.other_side().as_ref(), Some(&def))?,
            RelationKind::Pairs(pairs) => {
                drop_link(&here, def.name, &there);
                if let Some(back) = def.back {
                    drop_link(&there, back, &here);
                }
                self.work.pairs.push(Pair { pairs: pairs.clone(), rows: [here, there], is_new: false });
            }
        }
        Ok(())
    }
}

/// Children of a parent know it.
pub(super) fn link_back(parent: &Arc<dyn Tracked>, relation: &RelationDef, children: &[Arc<dyn Tracked>]) {
    let (Some(back), RelationKind::Has(..)) = (relation.back, &relation.kind) else { return };
    for child in children {
        child.state().links.insert(back, Link::Up(Some(Arc::downgrade(parent))));
    }
}

/// What is on the other side of a row.
pub(super) fn set_links(row: &Arc<dyn Tracked>, relation: &RelationDef, found: Entities) {
    if let RelationKind::BelongsTo(_) = relation.kind {
        let parent = found.first().map(Arc::downgrade);
        row.state().links.insert(relation.name, Link::Up(parent));
        return;
    }
    link_back(row, relation, &found);
    row.state().links.insert(relation.name, Link::Down(found));
}

/// The row that refers, in columns, to another; and the relationships of both by their names.
fn refer(
    child: &Arc<dyn Tracked>,
    columns: &Columns,
    parent: &Arc<dyn Tracked>,
    up: Option<&RelationDef>,
    down: Option<&RelationDef>,
) {
    let places = columns.places(child.mapping()).unwrap_or_default();
    for (part, place) in places.iter().enumerate() {
        let awaited = Awaited { row: Arc::clone(parent), part, of: places.len() };
        child.state().pending.insert(*place, awaited);
    }
    touch(child);
    if let (Some(up), Some(down)) = (up, down) {
        let former = match child.state().links.get(up.name) {
            Some(Link::Up(Some(former))) => former.upgrade(),
            _ => None,
        };
        if let Some(former) = former {
            drop_link(&former, down.name, child);
        }
    }
    if let Some(up) = up {
        child.state().links.insert(up.name, Link::Up(Some(Arc::downgrade(parent))));
    }
    if let Some(down) = down {
        push_link(parent, down.name, child);
    }
}

fn release(
    child: &Arc<dyn Tracked>,
    columns: &Columns,
    parent: &Arc<dyn Tracked>,
    up: Option<&RelationDef>,
    down: Option<&RelationDef>,
) -> Result<()> {
    let mapping = child.mapping();
    let places = columns.places(mapping).unwrap_or_default();
    let takes_null = |place: &&usize| mapping.shape.columns.get(**place).is_some_and(|column| column.nullable);
    // A column that is part of the key as well keeps its value, as long as another one says that nothing is referred to.
    let mut emptied: Vec<usize> = places.iter().filter(takes_null).copied().collect();
    if emptied.is_empty() {
        emptied.clone_from(&places);
    }
    let mut values = child.values();
    for place in &places {
        child.state().pending.remove(place);
    }
    for place in emptied {
        if let Some(slot) = values.get_mut(place) {
            *slot = Value::Null;
        }
    }
    touch(child);
    child
        .set_values(values)
        .map_err(|error| error.with_hint("the column takes no NULL: delete the row, or relate it to another"))?;
    if let Some(up) = up {
        child.state().links.insert(up.name, Link::Up(None));
    }
    if let Some(down) = down {
        drop_link(parent, down.name, child);
    }
    Ok(())
}

/// A list that is not loaded stays so, unless its row is new: then the list is what is put into it.
fn push_link(row: &Arc<dyn Tracked>, name: &'static str, other: &Arc<dyn Tracked>) {
    let mut state = row.state();
    let is_new = state.standing == Standing::New;
    match state.links.get_mut(name) {
        Some(Link::Down(rows)) if !rows.iter().any(|known| same(known, other)) => rows.push(Arc::clone(other)),
        Some(Link::Down(_) | Link::Up(_)) => {}
        Some(Link::ByRow(_)) | None if is_new => {
            state.links.insert(name, Link::Down(vec![Arc::clone(other)]));
        }
        Some(Link::ByRow(_)) | None => {}
    }
}

fn drop_link(row: &Arc<dyn Tracked>, name: &str, other: &Arc<dyn Tracked>) {
    if let Some(Link::Down(rows)) = row.state().links.get_mut(name) {
        rows.retain(|known| !same(known, other));
    }
}
