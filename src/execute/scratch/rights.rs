//! Rights and owners among the models: they are given last, when everything is there that they are of.

use super::making::{Queue, Step};
use crate::dialect::{Dialect, Scope};
use crate::error::{Error, Kind, Result};
use crate::model::Models;
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

/// Refuses models that say rights or owners, where nobody asked to compare them: they would be lost without a word.
pub(super) fn refuse_uncompared(models: &Models, scope: &Scope) -> Result<()> {
    let is_left =
        |kind: ObjectKind| kind == ObjectKind::Grants && !scope.grants || kind == ObjectKind::Owner && !scope.owners;
    let Some(id) = models.declared.objects.keys().find(|id| is_left(id.kind)) else { return Ok(()) };
    let word = id.kind.plural();
    let phrase = format!("the models say {}, and {word} are compared only where that is asked for", id.for_people());
    let error = Error::new(Kind::File, phrase)
        .hint(format!("add `compare: [{word}]` to migrate.yaml, or take `{word}` out of the models"));
    Err(match models.object_spots.get(id) {
        Some(spot) => error.in_file(&spot.file).at_line(spot.line, 0),
        None => error,
    })
}
