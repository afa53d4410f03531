//! Rights and owners among the models: they are given last, when everything is there that they are of.

use super::making::{Queue, Step};
use crate::dialect::Dialect;
use crate::ops::Operation;
use crate::schema::ObjectKind;
use crate::statement::evidence::Words;

/// Takes the operations that give rights or owners out of `operations`, owners first: what a role may do with a thing is said
/// of the thing as it is then.
pub(super) fn take_rights(operations: &mut Vec<Operation>) -> Vec<Operation> {
    let kind = |operation: &Operation| {
        if let Operation::Object(object) = operation { Some(object.id().kind) } else { None }
    };
    let is_right = |operation: &mut Operation| kind(operation).is_some_and(ObjectKind::is_of_a_thing);
    let mut rights: Vec<Operation> = operations.extract_if(.., is_right).collect();
    rights.sort_by_key(kind);
    rights
}

/// Takes the GRANT and REVOKE out of SQL models, in queues of their own.
pub(super) fn take_grants<'m>(queues: &mut [Queue<'m>], dialect: &dyn Dialect) -> Vec<Queue<'m>> {
    let is_grant = |step: &Step<'_>| {
        let mut words = Words::of(&step.statement.sql, dialect.syntax());
        // Without ON it is a role that others get.
        words.one_of(&["GRANT", "REVOKE"]).is_some() && words.has_any(&["ON"])
    };
    let take = |queue: &mut Queue<'m>| {
        let (grants, rest) = std::mem::take(queue).into_iter().partition(is_grant);
        *queue = rest;
        grants
    };
    queues.iter_mut().map(take).collect()
}
