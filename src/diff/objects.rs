//! Differences between things that are no tables: schemas, enum types, and objects that are a text.
//!
//! Objects: one whose definition differs is replaced in its place where that is enough, else dropped and made again. Where
//! the server refuses to change what others need, those are taken down and put up again around the change, whole
//! chains of them. What is taken down goes before the renames, in its own words: so the way back, which makes it again
//! after the old names are back, finds what these words name.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::down::taken_down;
use super::names::Names;
use super::order::Phase;
use crate::dialect::Capability;
use crate::ops::{EnumChange, ObjectOperation, Operation};
use crate::schema::{Name, Need, Object, ObjectId, ObjectKind, Pair, Schema};

/// Schemas that only one side has, where they can be made.
pub(super) fn schemas(sides: Pair<&Schema>, context: Context<'_>) -> Vec<Operation> {
    if !context.has(Capability::MakesSchemas) {
        return Vec::new();
    }
    let missing = sides.to.schemas.iter().filter(|name| !sides.from.schemas.contains(*name));
    let surplus = sides.from.schemas.iter().filter(|name| !sides.to.schemas.contains(*name));
    let create = missing.map(|name| Operation::CreateSchema { name: name.clone() });
    create.chain(surplus.map(|name| Operation::DropSchema { name: name.clone() })).collect()
}

/// Enum types that only one side has, or whose values or comments differ. The order of values counts: it is the order of the
/// type.
pub(super) fn enums(sides: Pair<&Schema>, context: Context<'_>) -> Vec<Operation> {
    let mut operations = Vec::new();
    let by_key = sides
        .map(|side| side.enums.values().map(|found| (context.key(&found.name), found)).collect::<BTreeMap<_, _>>());
    for (key, wanted) in &by_key.to {
        match by_key.from.get(key) {
            None => operations.push(Operation::CreateEnum((*wanted).clone())),
            Some(found) => {
                let change = EnumChange::between(Pair::new(*found, *wanted));
                if !change.to.is_empty() {
                    let (to, was) = (change.to, Some(change.from));
                    operations.push(Operation::AlterEnum { name: found.name.clone(), to, was });
                }
            }
        }
    }
    let surplus = by_key.from.iter().filter(|(key, _)| !by_key.to.contains_key(*key));
    operations.extend(
        surplus.map(|(_, found)| Operation::DropEnum { name: found.name.clone(), was: Some((*found).clone()) }),
    );
    operations
}

pub(super) type Objects = BTreeMap<ObjectId, Object>;

/// What was there before the renames.
pub(super) struct Before<'a> {
    pub(super) live: &'a Objects,
    pub(super) renames: &'a [Operation],
}

impl Before<'_> {
    /// The live objects by the ids that they have after the renames, as the wanted side spells them.
    fn by_new_id(&self, spelling: &Spelling<'_>, after: &Schema) -> BTreeMap<ObjectId, &Object> {
        let words = spelling.context.dialect.objects();
        let renamed = |object: &Object| {
            if self.renames.is_empty() {
                return spelling.of(&object.id);
            }
            let mut followed = object.clone();
            self.renames.iter().for_each(|rename| words.follow(&mut followed, rename, after));
            let mut id = followed.id;
            for rename in self.renames {
                if let Operation::RenameTable { name, to } = rename
                    && id.table.as_ref() == Some(name)
                {
                    id.table = Some(name.sibling(to.clone()));
                }
            }
            spelling.of(&id)
        };
        self.live.values().map(|object| (renamed(object), object)).collect()
    }

    /// Whether a table or column that the object needs has got a new name; `object` has the new ones.
    pub(super) fn renames_under(&self, object: &Object) -> bool {
        let is_new = |need: &Need| {
            let Need::Table(table, column) = need else { return false };
            self.renames.iter().any(|rename| {
                if let Operation::RenameTable { name, to } = rename {
                    name.sibling(to.clone()) == *table
                } else if let Operation::RenameColumn { table: of, to, .. } = rename {
                    of == table && column.as_ref().is_none_or(|column| column == to)
                } else {
                    false
                }
            })
        };
        object.needs.iter().any(is_new)
    }
}

/// How the wanted side spells the names that the server takes for one.
struct Spelling<'a> {
    wanted: &'a Objects,
    by_key: BTreeMap<ObjectKey, &'a ObjectId>,
    context: Context<'a>,
}

/// What two ids have in common that the server takes for one: kind, name, arguments, table.
type ObjectKey = (ObjectKind, NameKey, Option<String>, Option<NameKey>);
pub(super) type NameKey = (Option<String>, String);

impl<'a> Spelling<'a> {
    fn new(wanted: &'a Objects, context: Context<'a>) -> Self {
        let by_key = wanted.keys().map(|id| (key(id, context), id)).collect();
        Self { wanted, by_key, context }
    }

    fn of(&self, id: &ObjectId) -> ObjectId {
        if self.wanted.contains_key(id) {
            return id.clone();
        }
        self.by_key.get(&key(id, self.context)).map_or_else(|| id.clone(), |id| (*id).clone())
    }

    fn object(&self, object: Object) -> Object {
        let need = |need: Need| match need {
            Need::Object(id) => Need::Object(self.of(&id)),
            other @ (Need::Table(..) | Need::Enum(_)) => other,
        };
        Object { id: self.of(&object.id), needs: object.needs.into_iter().map(need).collect(), ..object }
    }
}

fn key(id: &ObjectId, context: Context<'_>) -> ObjectKey {
    (id.kind, context.key(&id.name), id.arguments.clone(), id.table.as_ref().map(|table| context.key(table)))
}

/// Lets the texts of objects follow the renames as far as the server does it by itself, and spells their names as the
/// wanted side does.
pub(super) fn follow(working: &mut Schema, wanted: &Schema, renames: &[Operation], context: Context<'_>) {
    let mut objects = std::mem::take(&mut working.objects);
    for rename in renames {
        objects.values_mut().for_each(|object| context.dialect.objects().follow(object, rename, working));
    }
    let spelling = Spelling::new(&wanted.objects, context);
    objects.into_values().map(|object| spelling.object(object)).for_each(|object| working.insert_object(object));
}

/// What happens to objects, beside what happens to tables and types: each operation with its phase, ordered inside each.
pub(super) fn objects(
    sides: Pair<&Schema>,
    before: &Before<'_>,
    others: &[Operation],
    context: Context<'_>,
) -> Vec<(Phase, Operation)> {
    let Pair { from: live, to: wanted } = sides.map(|side| &side.objects);
    if live.is_empty() && wanted.is_empty() {
        return Vec::new();
    }
    let down = taken_down(sides, before, others, context);
    let names = Names::of(sides.to, context);
    let former = before.by_new_id(&Spelling::new(wanted, context), sides.from);
    let early = sides.map(Early::of);
    let mut planned = Vec::new();
    let drops = needed_first(live).into_iter().rev().filter(|object| down.contains(&object.id));
    for object in drops {
        // Tables may stand on it until they are changed; what comes again, or leaves its name to another, has to go first. So
        // does what is said of a thing: others may become its owner.
        let comes_again = wanted.contains_key(&object.id) || names.pass_on(&object.id);
        let is_late = !comes_again && early.from.has(object) && !object.id.kind.is_of_a_thing();
        let (phase, was) = if is_late {
            (Phase::DropLateObjects, object)
        } else if early.from.needed.contains(&object.id) && !before.renames_under(object) {
            (Phase::DropNeededObjects, object)
        } else {
            (Phase::DropObjects, former.get(&object.id).copied().unwrap_or(object))
        };
        planned.push((phase, ObjectOperation::Drop { id: was.id.clone(), was: Some(Box::new(was.clone())) }));
    }
    for object in needed_first(wanted) {
        let to = || Box::new(object.clone());
        let operation = match live.get(&object.id).filter(|was| !down.contains(&was.id)) {
            Some(was) if context.dialect.objects().same(Pair::new(was, object)) => continue,
            Some(was) => ObjectOperation::Alter { to: to(), was: Some(Box::new(was.clone())) },
            None => ObjectOperation::Create(to()),
        };
        let phase = if early.to.has(object) { Phase::CreateEarlyObjects } else { Phase::CreateObjects };
        planned.push((phase, operation));
    }
    planned.into_iter().map(|(phase, operation)| (phase, Operation::Object(operation))).collect()
}

/// The objects of one side that its tables may need.
struct Early<'a> {
    objects: &'a Objects,
    /// Those that a table needs, however many steps away.
    needed: BTreeSet<ObjectId>,
}

impl<'a> Early<'a> {
    fn of(schema: &'a Schema) -> Self {
        let tables = schema.tables.values().flat_map(|table| table.needs.iter().cloned());
        Self { objects: &schema.objects, needed: reached(tables.collect(), &schema.objects, needs) }
    }

    /// A table needs the object, or it needs no table itself, however many steps away.
    fn has(&self, object: &Object) -> bool {
        self.needed.contains(&object.id) || {
            let below = reached(BTreeSet::from([object.id.clone()]), self.objects, wishes);
            let mut needs = below.iter().filter_map(|id| self.objects.get(id)).flat_map(wishes);
            !needs.any(|need| matches!(need, Need::Table(..)))
        }
    }
}

fn needs(object: &Object) -> Vec<&Need> {
    object.needs.iter().collect()
}

/// All that is better there before it.
fn wishes(object: &Object) -> Vec<&Need> {
    object.needs.iter().chain(&object.mentions).collect()
}

/// These objects and all that they stand on.
fn reached(from: BTreeSet<ObjectId>, objects: &Objects, below: fn(&Object) -> Vec<&Need>) -> BTreeSet<ObjectId> {
    let (mut seen, mut open) = (BTreeSet::new(), Vec::from_iter(from));
    while let Some(id) = open.pop() {
        if let Some(object) = objects.get(&id) {
            open.extend(below(object).into_iter().filter_map(object_of).filter(|id| !seen.contains(*id)).cloned());
        }
        seen.insert(id);
    }
    seen
}

/// The tables that an object cannot be without, however many steps away.
pub(super) fn reached_tables<'a>(id: &ObjectId, objects: &'a Objects) -> impl Iterator<Item = &'a Name> + use<'a> {
    let below = reached(BTreeSet::from([id.clone()]), objects, needs);
    let needs = below.into_iter().filter_map(|id| objects.get(&id)).flat_map(|object| object.needs.iter());
    needs.filter_map(|need| match need {
        Need::Table(name, _) => Some(name),
        Need::Enum(_) | Need::Object(_) => None,
    })
}

pub(super) fn object_of(need: &Need) -> Option<&ObjectId> {
    match need {
        Need::Object(id) => Some(id),
        Need::Table(..) | Need::Enum(_) => None,
    }
}

/// How many of its needs, then of its mentions, an object still waits for.
type Waits = (usize, usize);

/// All objects, each behind those that it needs, and where that leaves a choice behind those that it mentions; by name
/// where neither says anything. A cycle is entered where the least is missing.
fn needed_first(objects: &Objects) -> Vec<&Object> {
    let (mut waits, mut above) = (BTreeMap::new(), BTreeMap::<&ObjectId, Vec<(&ObjectId, bool)>>::new());
    let said = said_of_things(objects);
    for (id, object) in objects {
        let is_there = |need: &&ObjectId| *need != id && objects.contains_key(*need);
        let rights = object.needs.iter().filter(|_| id.kind.is_view()).filter_map(|need| said.get(&thing(need)));
        let mut softly: BTreeSet<&ObjectId> = object.mentions.iter().filter_map(object_of).filter(is_there).collect();
        softly.extend(rights.flatten());
        waits.insert(id, (object.needs.iter().filter_map(object_of).filter(is_there).count(), softly.len()));
        let hard = object.needs.iter().filter_map(object_of).map(|need| (need, true));
        let soft = softly.into_iter().map(|need| (need, false));
        for (need, is_hard) in hard.chain(soft).filter(|(need, _)| *need != id) {
            above.entry(need).or_default().push((id, is_hard));
        }
    }
    let mut open: BTreeSet<(Waits, &ObjectId)> = waits.iter().map(|(id, waits)| (*waits, *id)).collect();
    let mut order = Vec::with_capacity(objects.len());
    while let Some((_, id)) = open.pop_first() {
        order.extend(objects.get(id));
        for (standing, is_hard) in above.remove(id).unwrap_or_default() {
            let Some(left) = waits.get_mut(standing) else { continue };
            if open.remove(&(*left, standing)) {
                let part = if is_hard { &mut left.0 } else { &mut left.1 };
                *part = part.saturating_sub(1);
                open.insert((*left, standing));
            }
        }
    }
    order
}

/// What is said of each thing: a view that reads when it is made, or is read by one, comes behind the owner and the rights of what
/// it stands on.
fn said_of_things(objects: &Objects) -> BTreeMap<Thing<'_>, Vec<&ObjectId>> {
    let mut said: BTreeMap<Thing<'_>, Vec<&ObjectId>> = BTreeMap::new();
    for (id, object) in objects.iter().filter(|(id, _)| id.kind.is_of_a_thing()) {
        for need in &object.needs {
            said.entry(thing(need)).or_default().push(id);
        }
    }
    said
}

/// A table, a type or an object, without its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing<'a> {
    Named(&'a Name),
    Object(&'a ObjectId),
}

fn thing(need: &Need) -> Thing<'_> {
    match need {
        Need::Table(name, _) | Need::Enum(name) => Thing::Named(name),
        Need::Object(id) => Thing::Object(id),
    }
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::diff::{RenameRules, diff};
    use crate::schema::{Column, Ident, Table, Type};

    fn id(kind: ObjectKind, name: &str) -> ObjectId {
        ObjectId::new(kind, Name::own(name))
    }

    fn view(name: &str, text: &str, needs: &[Need]) -> Object {
        let needs = needs.iter().cloned().collect();
        Object { needs, face: vec![text.to_owned()], ..Object::new(id(ObjectKind::View, name), text) }
    }

    fn on_view(name: &str) -> Need {
        Need::Object(id(ObjectKind::View, name))
    }

    fn on_column(name: &str) -> Need {
        Need::Table(Name::own("t"), Some(Ident::from(name)))
    }

    fn schema(ty: &str, objects: impl IntoIterator<Item = Object>) -> Schema {
        let mut schema = Schema::default();
        let mut table = Table::new(Name::own("t"));
        table.columns.push(Column::new("a", Type::Native(ty.to_owned())));
        table.columns.push(Column::new("b", Type::Native("text".to_owned())));
        schema.insert(table);
        objects.into_iter().for_each(|object| schema.insert_object(object));
        schema
    }

    #[track_caller]
    fn assert_plan(from: &Schema, to: &Schema, expected: &[&str]) {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let found = diff(Pair::new(from, to), &RenameRules::default(), Context { dialect, server });
        let found: Vec<String> = found.operations.iter().map(Operation::describe).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_chain_is_taken_down_around_a_change_below_it() {
        let chain = || {
            [
                view("c", "one", &[on_column("a")]),
                view("b", "two", &[on_view("c")]),
                view("a", "three", &[on_view("b")]),
                view("other", "four", &[on_column("b")]),
            ]
        };
        assert_plan(
            &schema("integer", chain()),
            &schema("bigint", chain()),
            &[
                "drop view a",
                "drop view b",
                "drop view c",
                "change type of column a of t",
                "create view c",
                "create view b",
                "create view a",
            ],
        );
        assert_plan(&schema("integer", chain()), &schema("integer", chain()), &[]);
    }

    #[test]
    fn one_with_another_face_takes_down_what_stands_on_it() {
        let from = [view("v", "one", &[on_column("a")]), view("w", "two", &[on_view("v")])];
        let to = [view("v", "other", &[on_column("a")]), view("w", "two", &[on_view("v")])];
        assert_plan(
            &schema("integer", from.clone()),
            &schema("integer", to.clone()),
            &["drop view w", "drop view v", "create view v", "create view w"],
        );
        let same_face = to.map(|object| Object { face: vec![], ..object });
        let from = from.map(|object| Object { face: vec![], ..object });
        assert_plan(&schema("integer", from), &schema("integer", same_face), &["change the definition of view v"]);
    }

    #[test]
    fn what_stands_on_a_new_name_goes_under_the_old_one() {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let rules = RenameRules { renames: vec![(vec!["t".into(), "a".into()], "n".into())], ..RenameRules::default() };
        let from = schema("integer", [view("v", "old", &[on_column("a")]), view("w", "as it is", &[on_column("b")])]);
        let mut to = schema("integer", [view("v", "new", &[on_column("n")]), view("w", "as it is", &[on_column("b")])]);
        to.tables.get_mut(&Name::own("t")).unwrap().columns[0].name = Ident::from("n");
        let to = Schema {
            objects: to.objects.into_iter().map(|(id, one)| (id, Object { face: vec![], ..one })).collect(),
            ..to
        };
        let from = Schema {
            objects: from.objects.into_iter().map(|(id, one)| (id, Object { face: vec![], ..one })).collect(),
            ..from
        };
        let found = diff(Pair::new(&from, &to), &rules, Context { dialect, server });
        let said: Vec<String> = found.operations.iter().map(Operation::describe).collect();
        assert_eq!(said, ["drop view v", "rename column a of t to n", "create view v"]);
        let back: Vec<String> =
            crate::ops::reverse_all(&found.operations).unwrap().iter().map(Operation::describe).collect();
        assert_eq!(back, ["drop view v", "rename column n of t to a", "create view v"]);
    }

    #[test]
    fn what_a_table_needs_comes_before_it_and_goes_after_it() {
        let function = Object::new(id(ObjectKind::Function, "f"), "text");
        let mut with = schema("integer", [function.clone(), view("v", "one", &[on_column("a")])]);
        with.tables.get_mut(&Name::own("t")).unwrap().needs.insert(function.id);
        let without = Schema::default();
        assert_plan(&without, &with, &["create function f", "create table t", "create view v"]);
        assert_plan(&with, &without, &["drop view v", "drop table t", "drop function f"]);
    }

    #[test]
    fn a_name_is_free_before_another_thing_gets_it() {
        let mut from = schema("integer", [view("v", "one", &[])]);
        let mut to = schema("integer", [view("w", "two", &[])]);
        for (side, name) in [(&mut from, "w"), (&mut to, "v")] {
            let mut table = Table::new(Name::own(name));
            table.columns.push(Column::new(format!("of_{name}"), Type::Native("integer".to_owned())));
            side.insert(table);
        }
        assert_plan(&from, &to, &["drop view v", "drop table w", "create view w", "create table v"]);
    }

    #[test]
    fn what_calls_a_function_is_taken_down_where_its_arguments_change() {
        let side = |arguments: &str| {
            let id = ObjectId { arguments: Some(arguments.to_owned()), ..id(ObjectKind::Function, "f") };
            let mut schema = schema(
                "integer",
                [Object::new(id.clone(), "text"), view("v", "SELECT f(1)", &[Need::Object(id.clone())])],
            );
            let table = schema.tables.get_mut(&Name::own("t")).unwrap();
            table.needs.insert(id);
            table.columns[0].default = Some(crate::schema::Default::Sql(crate::schema::Expr::Same("f(1)".to_owned())));
            schema
        };
        assert_plan(
            &side("integer"),
            &side("integer, integer"),
            &[
                "drop view v",
                "change default of column a of t",
                "drop function f(integer)",
                "create function f(integer, integer)",
                "create view v",
                "change default of column a of t",
            ],
        );
    }

    #[test]
    fn a_cycle_ends() {
        let from = [view("a", "one", &[on_view("b")]), view("b", "two", &[on_view("a")])];
        assert_plan(&schema("integer", from), &schema("integer", []), &["drop view b", "drop view a"]);
    }
}
