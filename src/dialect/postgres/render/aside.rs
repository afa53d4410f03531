//! Objects that stand on what a rendering gives another type, where the plan does not take them down by itself: a value that
//! was added to an enum type goes on the way back, which nothing may stand on meanwhile. As far as the shape knows them.

use std::collections::BTreeSet;

use super::grants::{self, Around};
use super::{Done, Render};
use crate::dialect::Unsupported;
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Need, Object, ObjectId, Schema};

/// Objects that stand on what changes, each behind those of them that it needs.
#[derive(Debug)]
pub(super) struct Standing {
    /// What parts of tables need, a function in an index: these parts go before it and come back behind it.
    pub(super) below: Vec<Object>,
    /// All others, which may stand on the tables.
    pub(super) above: Vec<Object>,
}

impl Render {
    /// The objects that stand on these, and whole chains on those.
    pub(super) fn standing(&self, touched: &[Need]) -> Standing {
        let standing = standing_on(touched, &self.shape);
        let below = needed_by_tables(&standing, &self.shape);
        let above = standing.difference(&below).cloned().collect();
        Standing { below: needed_first(&self.shape, below), above: needed_first(&self.shape, above) }
    }

    /// Drops objects; gives what makes them again.
    pub(super) fn put_objects_aside(&mut self, standing: &[Object]) -> Result<Vec<Operation>, Unsupported> {
        let create = |object: &Object| Operation::Object(ObjectOperation::Create(Box::new(object.clone())));
        let creates: Vec<Operation> = standing.iter().map(create).collect();
        let again: Vec<&Operation> = creates.iter().collect();
        for object in standing.iter().rev() {
            let drop = ObjectOperation::Drop { id: object.id.clone(), was: Some(Box::new(object.clone())) };
            grants::kept(&drop, Around { before: &[], after: &again })
                .into_iter()
                .for_each(|sql| self.writer.statement(sql));
            self.object(&drop, false)?;
        }
        Ok(creates)
    }

    /// Makes again what [`Render::put_objects_aside`] dropped, with what no model says of it.
    pub(super) fn put_objects_back(&mut self, creates: &[Operation]) -> Done {
        let drops: Vec<Operation> = creates.iter().filter_map(|create| create.clone().reverse()).collect();
        let drops: Vec<&Operation> = drops.iter().collect();
        for operation in creates {
            if let Operation::Object(object) = operation {
                let given_back = grants::given_back(object, Around { before: &drops, after: &[] });
                self.object(object, given_back.is_some())?;
                given_back.into_iter().for_each(|sql| self.writer.statement(sql));
            }
        }
        Ok(())
    }
}

/// The objects that need one of these, however many steps away.
fn standing_on(touched: &[Need], shape: &Schema) -> BTreeSet<ObjectId> {
    let mut standing = BTreeSet::new();
    loop {
        let hit = |need: &Need| match need {
            Need::Object(id) => standing.contains(id),
            Need::Table(..) | Need::Enum(_) => touched.contains(need),
        };
        let falls = |object: &&Object| !standing.contains(&object.id) && object.needs.iter().any(hit);
        let more: Vec<ObjectId> = shape.objects.values().filter(falls).map(|object| object.id.clone()).collect();
        if more.is_empty() {
            return standing;
        }
        standing.extend(more);
    }
}

/// Those of the objects that a table needs, however many steps away.
fn needed_by_tables(standing: &BTreeSet<ObjectId>, shape: &Schema) -> BTreeSet<ObjectId> {
    let mut open: Vec<&ObjectId> = shape.tables.values().flat_map(|table| table.needs.iter()).collect();
    let mut needed = BTreeSet::new();
    while let Some(id) = open.pop() {
        if standing.contains(id) && needed.insert(id.clone()) {
            let needs = shape.objects.get(id).into_iter().flat_map(|object| object.needs.iter());
            open.extend(needs.filter_map(|need| if let Need::Object(id) = need { Some(id) } else { None }));
        }
    }
    needed
}

/// These objects, each behind those of them that it needs.
fn needed_first(shape: &Schema, mut open: BTreeSet<ObjectId>) -> Vec<Object> {
    let mut ordered = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let waits =
            |object: &&Object| object.needs.iter().any(|need| matches!(need, Need::Object(id) if open.contains(id)));
        let found = || open.iter().filter_map(|id| shape.objects.get(id));
        // In a circle any is the first.
        let Some(next) = found().find(|object| !waits(object)).or_else(|| found().next()).cloned() else { break };
        open.remove(&next.id);
        ordered.push(next);
    }
    ordered
}
