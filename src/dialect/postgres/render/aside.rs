//! Objects that stand on what a rendering gives another type, where the plan does not take them down by itself: a value that
//! was added to an enum type goes on the way back, which nothing may stand on meanwhile. As far as the shape knows them.

use std::collections::BTreeSet;

use super::grants::{self, Around};
use super::{Done, Render};
use crate::dialect::Unsupported;
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Need, Object, ObjectId, Schema};

impl Render {
    /// Drops the objects that stand on these, and whole chains on those; gives what makes them again.
    pub(super) fn put_objects_aside(&mut self, touched: &[Need]) -> Result<Vec<Operation>, Unsupported> {
        let standing: Vec<Object> = needed_first(&self.shape, standing_on(touched, &self.shape));
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
