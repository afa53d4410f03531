//! What has to be out of the way of a change: the objects that stand on what changes, and whole chains on those.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::objects::{Before, object_of};
use crate::dialect::objects::ObjectWords;
use crate::ops::{ConstraintKind, ObjectOperation, Operation};
use crate::schema::{Ident, Name, Need, Object, ObjectId, ObjectKind, Pair, Schema};
use crate::statement::ServerVersion;

/// The live objects that have to go, for good or for the time of a change.
pub(super) fn taken_down(
    sides: Pair<&Schema>,
    before: &Before<'_>,
    others: &[Operation],
    context: Context<'_>,
) -> BTreeSet<ObjectId> {
    let Pair { from: live, to: wanted } = sides.map(|side| &side.objects);
    let words = context.dialect.objects();
    let stays = |object: &Object| {
        wanted.get(&object.id).is_some_and(|to| {
            // What is replaced below new names could not be replaced back under the old ones.
            // What is said of a thing follows it there and back.
            let follows = || object.id.kind.is_of_a_thing() || !before.renames_under(object);
            let in_place = || words.can_replace(Pair::new(object, to)) && follows();
            words.same(Pair::new(object, to)) || object.definition == to.definition || in_place()
        })
    };
    let mut down: BTreeSet<ObjectId> =
        live.values().filter(|object| !stays(object)).map(|object| object.id.clone()).collect();
    let ground = Ground::new(sides, others, context);
    let mut grew = true;
    while grew {
        let standing = live.values().filter(|object| !down.contains(&object.id));
        let hit: Vec<ObjectId> =
            standing.filter(|object| ground.falls(object, &down)).map(|object| object.id.clone()).collect();
        grew = !hit.is_empty();
        down.extend(hit);
    }
    down
}

/// What changes under objects.
struct Ground<'a> {
    sides: Pair<&'a BTreeMap<ObjectId, Object>>,
    words: &'static dyn ObjectWords,
    server: ServerVersion,
    /// Tables whose primary key goes.
    keyless: BTreeSet<&'a Name>,
    touched: BTreeSet<Need>,
}

impl<'a> Ground<'a> {
    fn new(sides: Pair<&'a Schema>, others: &'a [Operation], context: Context<'_>) -> Self {
        let words = context.dialect.objects();
        let counts =
            |operation: &&Operation| words.holds_types() || !matches!(operation, Operation::AlterColumn { .. });
        let mut touched: BTreeSet<Need> = others.iter().filter(counts).filter_map(touched).collect();
        touched.extend(words.remade(&with_new_texts(others, sides), sides.from));
        let keyless = others.iter().filter_map(loses_key).collect();
        Self { sides: sides.map(|side| &side.objects), words, server: context.server, keyless, touched }
    }

    /// Whether an object must be taken down with all that is down.
    fn falls(&self, object: &Object, down: &BTreeSet<ObjectId>) -> bool {
        let of_a_thing = object.id.kind.is_of_a_thing();
        let is_gone = |need: &Need| object_of(need).is_some_and(|id| !self.sides.to.contains_key(id));
        let falls_with = |need: &Need| self.words.falls_with(object, need) || of_a_thing && is_gone(need);
        of_a_thing && (self.is_lost_beside(object) || self.is_forgotten(object))
            || object.needs.iter().any(|need| self.is_hit(object, need, down) && falls_with(need))
    }

    fn is_hit(&self, object: &Object, need: &Need, down: &BTreeSet<ObjectId>) -> bool {
        let is_touched = |need: &Need| self.touched.contains(need);
        match need {
            Need::Object(id) => down.contains(id),
            Need::Table(table, Some(_)) => is_touched(need) || is_touched(&Need::Table(table.clone(), None)),
            Need::Table(table, None) => {
                is_touched(need) || self.keyless.contains(table) && !object.id.kind.is_of_a_thing()
            }
            Need::Enum(_) => is_touched(need),
        }
    }

    /// Rights that change beside the owner: those that go have to go before, and those that come can come only after. And
    /// those on a column, beside those on its table: what is taken there is taken from the column too.
    fn is_lost_beside(&self, object: &Object) -> bool {
        object.mentions.iter().filter_map(object_of).filter(|id| id.kind.is_of_a_thing()).any(|id| {
            if id.kind == ObjectKind::Owner {
                return self.changes(&object.id) && self.changes(id);
            }
            let others = Pair::new(self.sides.from.get(id), self.sides.to.get(id));
            self.changes(id) && self.words.loses_beside(object, others)
        })
    }

    /// Rights on what is made again by the change of it alone.
    fn is_forgotten(&self, object: &Object) -> bool {
        object.needs.iter().filter_map(object_of).any(|id| match (self.sides.from.get(id), self.sides.to.get(id)) {
            (Some(from), Some(to)) => {
                let pair = Pair::new(from, to);
                !self.words.same(pair) && self.words.forgets_rights(pair, self.server)
            }
            (Some(_) | None, None) | (None, Some(_)) => false,
        })
    }

    fn changes(&self, id: &ObjectId) -> bool {
        match (self.sides.from.get(id), self.sides.to.get(id)) {
            (Some(from), Some(to)) => !self.words.same(Pair::new(from, to)),
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
    }
}

/// What an operation changes by its own words so that nothing may stand on it meanwhile; how it is done may touch more
/// ([`crate::dialect::objects::ObjectWords::remade`]).
fn touched(operation: &Operation) -> Option<Need> {
    let column = |table: &Name, name: &Ident| Some(Need::Table(table.clone(), Some(name.clone())));
    match operation {
        Operation::DropTable { name, .. } => Some(Need::Table(name.clone(), None)),
        Operation::DropColumn { table, name, .. } => column(table, name),
        Operation::AlterColumn { table, name, to, .. } if to.ty.is_some() || to.generated.is_some() => {
            column(table, name)
        }
        Operation::DropEnum { name, .. } => Some(Need::Enum(name.clone())),
        Operation::AlterColumn { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::RenameEnum { .. }
        | Operation::CreateTable(_)
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => None,
    }
}

/// The operations, and those that make the objects whose text is new.
fn with_new_texts<'a>(others: &'a [Operation], sides: Pair<&Schema>) -> Cow<'a, [Operation]> {
    if !others.iter().any(|operation| matches!(operation, Operation::AlterEnum { .. })) {
        return Cow::Borrowed(others);
    }
    let Pair { from: live, to: wanted } = sides.map(|side| &side.objects);
    let is_new = |to: &&Object| live.get(&to.id).is_none_or(|was| was.definition != to.definition);
    let made = wanted.values().filter(is_new).map(|object| ObjectOperation::Create(Box::new(object.clone())));
    others.iter().cloned().chain(made.map(Operation::Object)).collect()
}

/// The table whose primary key goes: a view that groups by it stands on it, as on the whole table.
fn loses_key(operation: &Operation) -> Option<&Name> {
    if let Operation::DropConstraint { table, kind: ConstraintKind::PrimaryKey, .. } = operation {
        Some(table)
    } else {
        None
    }
}
