//! Desired against live: both inspected, both filtered alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::RowDrift;
use crate::check::dangling::leave_out_dangling;
use crate::config::{Pattern, Unmanaged};
use crate::diff::{Context, Difference, Names, RenameRules, diff};
use crate::schema::{Ident, Name, Object, ObjectId, ObjectKind, Pair, Schema, Unmodelled};

/// What of both sides is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter<'a> {
    /// `ignore:` of the configuration.
    pub(crate) ignore: &'a [Pattern],
    /// What no model names is left alone.
    pub(crate) keep_unmanaged: bool,
    /// What the connection's own schema is called, for patterns that name it.
    pub(crate) own_schema: &'a str,
    /// What `scratch_setup` makes.
    pub(crate) prepared: Option<&'a Schema>,
}

impl<'a> Filter<'a> {
    /// From the configuration.
    pub(crate) fn new(ignore: &'a [Pattern], unmanaged: Unmanaged, own_schema: &'a str) -> Self {
        Self { ignore, keep_unmanaged: unmanaged == Unmanaged::Ignore, own_schema, prepared: None }
    }

    /// The same, without what `scratch_setup` makes.
    #[must_use]
    pub(crate) fn without(self, prepared: &'a Schema) -> Self {
        Self { prepared: Some(prepared), ..self }
    }

    pub(super) fn ignores(&self, name: &Name) -> bool {
        let schema = name.schema.as_ref().map_or(self.own_schema, |schema| schema.as_str());
        self.ignore.iter().any(|pattern| pattern.matches(Some(schema), name.name.as_str()))
    }

    /// Takes out of a schema what is ignored by name, and what was prepared.
    pub(crate) fn apply(&self, schema: &mut Schema) {
        if let Some(prepared) = self.prepared {
            schema.tables.retain(|name, _| !prepared.tables.contains_key(name));
            schema.enums.retain(|name, _| !prepared.enums.contains_key(name));
            schema.objects.retain(|id, _| !prepared.objects.contains_key(id));
            let same = |one: &Unmodelled, other: &Unmodelled| one.kind == other.kind && one.name == other.name;
            schema.unmodelled.retain(|one| !prepared.unmodelled.iter().any(|other| same(one, other)));
        }
        if self.ignore.is_empty() {
            return;
        }
        schema.tables.retain(|name, _| !self.ignores(name));
        schema.enums.retain(|name, _| !self.ignores(name));
        let ignored =
            |id: &ObjectId| self.ignores(&id.name) || id.table.as_ref().is_some_and(|table| self.ignores(table));
        schema.objects.retain(|id, _| !ignored(id));
        schema.unmodelled.retain(|one| !self.ignores(&one.name));
    }
}

/// A comparison and what it stands on.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    /// The live side, filtered.
    pub(crate) live: Schema,
    /// The desired side, filtered.
    pub(crate) desired: Schema,
    pub(crate) difference: Difference,
    /// The schemas that are compared, the connection's own among them.
    pub(crate) schemas: Vec<String>,
    /// What the operations on rows among them are about.
    pub(crate) drift: Vec<RowDrift>,
}

impl Comparison {
    /// What the live database has and the tool does not model.
    pub(crate) fn not_modelled(&self) -> &[Unmodelled] {
        &self.live.unmodelled
    }
}

impl Comparison {
    /// What of the models this server could not judge: what it is, and why, with what to do.
    pub(crate) fn unjudged(&self) -> impl Iterator<Item = (String, &str)> {
        self.desired.unmodelled.iter().filter_map(|one| {
            let table = one.table.as_ref().map_or_else(String::new, |table| format!(" on {}", table.for_people()));
            let kind = one.unjudged_kind()?;
            let between = match kind {
                "grants" | "comment" => "on ",
                "owner" => "of ",
                _ => "",
            };
            let what = format!("{kind} {between}{}{table}", one.name.for_people());
            Some((what, one.definition.as_deref()?))
        })
    }

    /// Schemas that the models fill and that are not compared.
    pub(crate) fn uncompared(&self) -> BTreeSet<&str> {
        self.desired.unmodelled.iter().filter_map(Unmodelled::uncompared_schema).map(Ident::as_str).collect()
    }

    /// Routines of the models that the server takes and that will not run: what they are, and what it says.
    pub(crate) fn broken(&self) -> impl Iterator<Item = (String, &str)> {
        self.desired.unmodelled.iter().filter_map(|one| {
            let (kind, _) = one.kind.split_once(" with a broken body")?;
            Some((format!("{kind} {}", one.name.for_people()), one.definition.as_deref()?))
        })
    }
}

/// Compares; `rules` says what is known of renames.
pub(crate) fn compare(
    mut live: Schema,
    mut desired: Schema,
    filter: &Filter<'_>,
    rules: &RenameRules,
    context: Context<'_>,
) -> Comparison {
    filter.apply(&mut live);
    filter.apply(&mut desired);
    leave_out_dangling(&mut live, &desired, filter.prepared, context.dialect);
    live.leave_out_unmade(|name| desired.tables.contains_key(name));
    meet_unmodelled(&mut live, &mut desired);
    leave_unjudged(&mut live, &mut desired, context);
    leave_database(&mut live, &desired);
    leave_own_schema(&mut live, &desired, filter.own_schema);
    live.objects.retain(|id, _| !id.kind.is_of_programs() || desired.objects.contains_key(id));
    if filter.keep_unmanaged {
        leave_unmanaged(&mut live, &desired, rules, context);
    }
    let difference = diff(Pair::new(&live, &desired), rules, context);
    Comparison { live, desired, difference, schemas: Vec::new(), drift: Vec::new() }
}

/// What is there and cannot be read is not made once more. What is there and no longer works is replaced by what the
/// models say of it, if they do.
fn meet_unmodelled(live: &mut Schema, desired: &mut Schema) {
    for one in &live.unmodelled {
        let is_it =
            |id: &&ObjectId| id.name == one.name && id.table == one.table && one.kind.contains(id.kind.spoken());
        let Some(id) = desired.objects.keys().find(is_it).cloned() else { continue };
        match &one.definition {
            Some(text) => drop(live.objects.entry(id.clone()).or_insert_with(|| Object::new(id, text.as_str()))),
            None => drop(desired.objects.remove(&id)),
        }
    }
}

/// What of the models could not be judged is neither made nor changed nor dropped.
fn leave_unjudged(live: &mut Schema, desired: &mut Schema, context: Context<'_>) {
    let fold = |name: &Name| {
        let schema = name.schema.as_ref().map(|schema| context.dialect.fold(schema));
        (schema, context.dialect.fold(&name.name))
    };
    let key = |kind: &str, name: &Name, table: Option<&Name>| (kind.to_owned(), fold(name), table.map(fold));
    // Both sides may be models.
    let is_of_models = |one: &mut Unmodelled| one.unjudged_kind().is_some() || one.uncompared_schema().is_some();
    desired.unmodelled.extend(live.unmodelled.extract_if(.., is_of_models));
    let left =
        desired.unmodelled.iter().filter_map(|one| Some(key(one.unjudged_kind()?, &one.name, one.table.as_ref())));
    let left: BTreeSet<_> = left.collect();
    if left.is_empty() {
        return;
    }
    for side in [live, desired] {
        side.tables.retain(|name, _| !left.contains(&key("table", name, None)));
        side.objects.retain(|id, _| !left.contains(&key(id.kind.spoken(), &id.name, id.table.as_ref())));
    }
}

/// Names what belongs to the whole database, of kinds of which no model has any, instead of dropping it: models that are
/// of one schema alone say nothing about it, and are judged in a schema.
fn leave_database(live: &mut Schema, desired: &Schema) {
    let is_left = |kind: ObjectKind| kind.is_of_database() && !desired.objects.keys().any(|id| id.kind == kind);
    let left: Vec<ObjectId> = live.objects.keys().filter(|id| is_left(id.kind)).cloned().collect();
    for id in left {
        live.objects.remove(&id);
        let kind = id.kind.spoken().to_owned();
        live.unmodelled.push(Unmodelled { kind, name: id.name, table: None, definition: None });
    }
    live.unmodelled.sort();
}

/// Names the rights on the connection's own schema or database, and the comment on the schema, of which no model says anything,
/// instead of taking them away: models that name no schema are judged in another one, and rights on a database may be what the
/// login itself lives by.
fn leave_own_schema(live: &mut Schema, desired: &Schema, own: &str) {
    for kind in [ObjectKind::Grants, ObjectKind::Comment] {
        let is_it = |id: &ObjectId| {
            let what = id.arguments.as_deref().filter(|_| id.kind == kind);
            what == Some("database") || what == Some("schema") && id.name.name.as_str() == own
        };
        if desired.objects.keys().any(is_it) {
            continue;
        }
        let Some(id) = live.objects.keys().find(|id| is_it(id)).cloned() else { continue };
        live.objects.remove(&id);
        let kind = format!("{} on {}", kind.spoken(), id.arguments.as_deref().unwrap_or_default());
        live.unmodelled.push(Unmodelled { kind, name: id.name, table: None, definition: None });
    }
    live.unmodelled.sort();
}

/// Takes out of the live side what no model names, now or as a former name: tables, enum types, schemas, and objects. A
/// name is a model's whatever the kind and the arguments: a function with other arguments, a view that became a
/// materialized one are its former self.
fn leave_unmanaged(live: &mut Schema, desired: &Schema, rules: &RenameRules, context: Context<'_>) {
    let fold = |name: &Name| {
        let schema = name.schema.as_ref().map(|schema| context.dialect.fold(schema));
        (schema, context.dialect.fold(&name.name))
    };
    let tables = desired.tables.values();
    let hints =
        tables.filter_map(|table| Some((fold(&table.name.sibling(table.renamed_from.clone()?)), fold(&table.name))));
    let flags = live
        .tables
        .keys()
        .flat_map(|name| rules.of_table(name, context).map(|to| (fold(name), fold(&name.sibling(to)))));
    let mut now: BTreeMap<_, _> =
        hints.chain(flags).filter(|(_, to)| desired.tables.keys().any(|name| fold(name) == *to)).collect();
    now.extend(desired.tables.keys().map(|name| (fold(name), fold(name))));
    live.tables.retain(|name, _| now.contains_key(&fold(name)));

    let types = desired.enums.values();
    let before = types.clone().filter_map(|one| Some(fold(&one.name.sibling(one.renamed_from.clone()?))));
    let types: BTreeSet<_> = types.map(|one| fold(&one.name)).chain(before).collect();
    live.enums.retain(|name, _| types.contains(&fold(name)));

    let key = |id: &ObjectId| {
        let table = id.table.as_ref().map(fold).map(|table| now.get(&table).cloned().unwrap_or(table));
        (id.kind, fold(&id.name), id.arguments.clone(), table)
    };
    let objects: BTreeSet<_> = desired.objects.keys().map(key).collect();
    let names = Names::of(desired, context);
    live.objects.retain(|id, _| objects.contains(&key(id)) || names.pass_on(id));
    live.schemas.retain(|schema| desired.schemas.contains(schema));
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::schema::{Enum, Table};

    fn id(kind: ObjectKind, name: &str) -> ObjectId {
        ObjectId::new(kind, Name::own(name))
    }

    fn on(table: &str, kind: ObjectKind, name: &str) -> ObjectId {
        ObjectId { table: Some(Name::own(table)), ..id(kind, name) }
    }

    fn function(arguments: &str) -> ObjectId {
        ObjectId { arguments: Some(arguments.to_owned()), ..id(ObjectKind::Function, "f") }
    }

    fn schema(tables: &[&str], enums: &[&str], objects: &[ObjectId]) -> Schema {
        let mut schema = Schema::default();
        tables.iter().for_each(|name| schema.insert(Table::new(Name::own(*name))));
        for name in enums.iter().map(|name| Name::own(*name)) {
            let made = Enum { name: name.clone(), values: vec!["a".to_owned()], comment: None, renamed_from: None };
            schema.enums.insert(name, made);
        }
        objects.iter().for_each(|id| schema.insert_object(Object::new(id.clone(), id.for_people())));
        schema
    }

    /// What is done to `live`, where what no model names is left alone.
    fn done(database: &str, live: Schema, desired: Schema, rules: &RenameRules) -> Vec<String> {
        let (dialect, server) = for_script(database, None).unwrap();
        let filter = Filter { keep_unmanaged: true, ..Filter::default() };
        let found = compare(live, desired, &filter, rules, Context { dialect, server });
        found.difference.operations.iter().map(crate::ops::Operation::describe).collect()
    }

    #[test]
    fn what_no_model_names_is_left_alone() {
        let live = schema(&["t", "theirs"], &["mood", "other"], &[id(ObjectKind::View, "v")]);
        assert!(done("postgres", live, schema(&["t"], &["mood"], &[]), &RenameRules::default()).is_empty());
    }

    #[test]
    fn a_former_name_is_one_of_the_models() {
        let live = || schema(&["old"], &["sort"], &[on("old", ObjectKind::Trigger, "tr")]);
        let mut desired = schema(&["new"], &["kind"], &[on("new", ObjectKind::Trigger, "tr")]);
        desired.enums.get_mut(&Name::own("kind")).unwrap().renamed_from = Some("sort".into());
        let renames = RenameRules { renames: vec![(vec!["old".into()], "new".into())], ..RenameRules::default() };
        let by_flag = done("postgres", live(), desired.clone(), &renames);
        desired.tables.get_mut(&Name::own("new")).unwrap().renamed_from = Some("old".into());
        let by_hint = done("postgres", live(), desired, &RenameRules::default());
        assert_eq!(by_hint, by_flag);
        assert_eq!(
            by_hint,
            [
                "drop trigger tr on old",
                "rename type sort to kind",
                "rename table old to new",
                "create trigger tr on new"
            ]
        );
    }

    #[test]
    fn a_name_is_the_same_in_other_letters_where_the_server_says_so() {
        let (live, desired) = (id(ObjectKind::View, "totals"), id(ObjectKind::View, "Totals"));
        let found = done("sqlite", schema(&[], &[], &[live]), schema(&[], &[], &[desired]), &RenameRules::default());
        assert!(!found.iter().any(|done| done.starts_with("create")), "{found:?}");
    }

    #[test]
    fn a_name_is_of_the_models_whatever_has_it() {
        let live = schema(&[], &[], &[function("integer"), id(ObjectKind::View, "v")]);
        let desired = schema(&[], &[], &[function("integer, integer"), id(ObjectKind::MaterializedView, "v")]);
        assert_eq!(
            done("postgres", live, desired, &RenameRules::default()),
            [
                "drop view v",
                "drop function f(integer)",
                "create function f(integer, integer)",
                "create materialized view v"
            ]
        );
    }
}
