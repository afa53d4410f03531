//! Desired against live: both inspected, both filtered alike.

use std::collections::BTreeSet;

use crate::check::RowDrift;
use crate::config::{Pattern, Unmanaged};
use crate::diff::{Context, Difference, RenameRules, diff};
use crate::schema::{Name, Object, ObjectId, ObjectKind, Pair, Schema, Unmodelled};

/// What of both sides is looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter<'a> {
    /// `ignore:` of the configuration.
    pub(crate) ignore: &'a [Pattern],
    /// Tables that no model names are left alone.
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
                "grants" => "on ",
                "owner" => "of ",
                _ => "",
            };
            let what = format!("{kind} {between}{}{table}", one.name.for_people());
            Some((what, one.definition.as_deref()?))
        })
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
    live.leave_out_unmade(|name| desired.tables.contains_key(name));
    meet_unmodelled(&mut live, &mut desired);
    leave_unjudged(&mut live, &mut desired, context);
    leave_database(&mut live, &desired);
    leave_own_schema(&mut live, &desired, filter.own_schema);
    live.objects.retain(|id, _| !id.kind.is_of_programs() || desired.objects.contains_key(id));
    if filter.keep_unmanaged {
        leave_unmanaged(&mut live, &desired, context);
    }
    let difference = diff(Pair::new(&live, &desired), rules, context);
    Comparison { live, desired, difference, drift: Vec::new() }
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
    desired.unmodelled.extend(live.unmodelled.extract_if(.., |one| one.unjudged_kind().is_some()));
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

/// Names the rights on the connection's own schema, of which no model says anything, instead of taking them away: models that name no
/// schema are judged in another one.
fn leave_own_schema(live: &mut Schema, desired: &Schema, own: &str) {
    let is_it = |id: &ObjectId| {
        id.kind == ObjectKind::Grants && id.arguments.as_deref() == Some("schema") && id.name.name.as_str() == own
    };
    if desired.objects.keys().any(is_it) {
        return;
    }
    let Some(id) = live.objects.keys().find(|id| is_it(id)).cloned() else { return };
    live.objects.remove(&id);
    live.unmodelled.push(Unmodelled {
        kind: "grants on schema".to_owned(),
        name: id.name,
        table: None,
        definition: None,
    });
    live.unmodelled.sort();
}

/// Takes tables and objects out of the live side that no model names, now or as a former name.
fn leave_unmanaged(live: &mut Schema, desired: &Schema, context: Context<'_>) {
    let fold = |name: &Name| {
        let schema = name.schema.as_ref().map(|schema| context.dialect.fold(schema));
        (schema, context.dialect.fold(&name.name))
    };
    let now = desired.tables.keys().map(&fold);
    let before =
        desired.tables.values().filter_map(|table| Some(fold(&table.name.sibling(table.renamed_from.clone()?))));
    let named: BTreeSet<_> = now.chain(before).collect();
    live.tables.retain(|name, _| named.contains(&fold(name)));
    live.objects.retain(|id, _| desired.objects.contains_key(id));
    live.schemas.retain(|schema| desired.schemas.contains(schema));
}
