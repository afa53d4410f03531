//! Routines that are made again with other arguments: for the server they are others, for people the same. Where one of a name goes
//! and one comes, the rights and the owner pass from the one to the other. Pure.

use super::grants::{Around, Heir, drops, is_of, makes};
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{ObjectId, ObjectKind};
use crate::statement::Hazard;

fn is_routine(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate)
}

/// The routines of one name among the operations around the one in work.
struct OfName<'a> {
    gone: Vec<&'a ObjectId>,
    come: Vec<&'a ObjectId>,
}

impl<'a> OfName<'a> {
    /// Those that go for good, and those that come anew; None: it is no routine.
    fn of(id: &ObjectId, around: Around<'a>) -> Option<Self> {
        let is_called = |other: &ObjectId| is_routine(other.kind) && other.name == id.name && other != id;
        let mut found = Self { gone: Vec::new(), come: Vec::new() };
        for operation in around.all() {
            if let Operation::Object(ObjectOperation::Drop { id, .. }) = operation
                && is_called(id)
                && !around.all().any(|other| makes(other, id))
            {
                found.gone.push(id);
            } else if let Operation::Object(ObjectOperation::Create(made)) = operation
                && is_called(&made.id)
                && !around.all().any(|other| drops(other, &made.id))
            {
                found.come.push(&made.id);
            }
        }
        is_routine(id.kind).then_some(found)
    }
}

/// The routine that gets what the one that goes had. What the plan itself takes from the one it gives to the other where it is to
/// have it.
pub(super) fn heir<'a>(id: &ObjectId, around: Around<'a>) -> Option<Heir<'a>> {
    let found = OfName::of(id, around)?;
    let ([], [heir]) = (found.gone.as_slice(), found.come.as_slice()) else { return None };
    let is_called = heir.kind != ObjectKind::Aggregate || !heir.arguments.as_deref()?.contains("ORDER BY");
    let comes_later = around.after.iter().any(|other| makes(other, heir));
    let gets = |kind: ObjectKind| !around.all().any(|other| says(other, kind, id));
    let heir = Heir { id: heir, gets_rights: gets(ObjectKind::Grants), gets_owner: gets(ObjectKind::Owner) };
    (is_called && comes_later && (heir.gets_rights || heir.gets_owner)).then_some(heir)
}

/// The routine that gave way to the one that comes, and of which something was kept.
pub(super) fn former<'a>(made: &ObjectId, around: Around<'a>) -> Option<&'a ObjectId> {
    let found = OfName::of(made, around)?;
    let ([former], []) = (found.gone.as_slice(), found.come.as_slice()) else { return None };
    let is_gone = around.before.iter().any(|other| drops(other, former));
    let gets = |kind: ObjectKind| !around.all().any(|other| says(other, kind, former));
    let is_called = made.kind != ObjectKind::Aggregate || !made.arguments.as_deref()?.contains("ORDER BY");
    (is_gone && is_called && (gets(ObjectKind::Grants) || gets(ObjectKind::Owner))).then_some(*former)
}

/// What is to be said where a routine goes and nothing tells which other one gets its rights.
pub(super) fn lost(operation: &ObjectOperation, around: Around<'_>) -> Option<Hazard> {
    let ObjectOperation::Drop { id, .. } = operation else { return None };
    let found = OfName::of(id, around)?;
    let is_said = || around.all().any(|other| says(other, ObjectKind::Grants, id));
    let comes_again = || around.all().any(|other| makes(other, id));
    if found.come.is_empty() || heir(id, around).is_some() || is_said() || comes_again() {
        return None;
    }
    let what = format!(
        "calls by those who were granted EXECUTE on {}: several routines of that name go or come, and nothing says which one gets its rights, grant them anew",
        id.for_people()
    );
    Some(Hazard::MayFail(what))
}

/// Whether an operation says the rights on a routine, or its owner.
fn says(operation: &Operation, kind: ObjectKind, id: &ObjectId) -> bool {
    matches!(operation, Operation::Object(object) if object.id().kind == kind && is_of(object.id(), id))
}
