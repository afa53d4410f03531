//! Tables and views whose names differ in case alone, where the server tells them apart (`lower_case_table_names = 0`). Pure:
//! no I/O.
//!
//! Whoever compares names here does it without case, as another server would store them. Of two that are one name there,
//! nobody could say which one a model means: so both are named and left alone, with what stands on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::mysql::quote;
use crate::schema::{Name, Need, Object, ObjectKind, Schema, Table, Unmodelled};

/// Takes them out of the schema.
pub(super) fn set_aside(schema: &mut Schema) {
    let mut aside = alike(schema);
    if aside.is_empty() {
        return;
    }
    take(schema, &aside, "that differs from another one only in the case of its name (rename one of them):");
    loop {
        let tables = schema.tables.values().filter(|table| refers(table, &aside)).map(|table| table.name.clone());
        let objects = schema.objects.values().filter(|object| stands_on(object, &aside));
        let next: BTreeSet<Name> = tables.chain(objects.map(|object| object.id.name.clone())).collect();
        if next.is_empty() {
            return;
        }
        take(schema, &next, "that stands on such a one:");
        aside.extend(next);
    }
}

/// The names that are one without case.
fn alike(schema: &Schema) -> BTreeSet<Name> {
    let views = schema.objects.keys().filter(|id| is_relation(id.kind)).map(|id| &id.name);
    let mut by_key: BTreeMap<_, Vec<&Name>> = BTreeMap::new();
    for name in schema.tables.keys().chain(views) {
        let key = (name.schema.as_ref().map(quote::fold), quote::fold(&name.name));
        by_key.entry(key).or_default().push(name);
    }
    by_key.into_values().filter(|names| names.len() > 1).flatten().cloned().collect()
}

/// Whether it shares its names with tables.
fn is_relation(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::View | ObjectKind::Sequence)
}

fn refers(table: &Table, aside: &BTreeSet<Name>) -> bool {
    table.foreign_keys.iter().any(|key| aside.contains(&key.references))
}

fn stands_on(object: &Object, aside: &BTreeSet<Name>) -> bool {
    object.id.table.as_ref().is_some_and(|table| aside.contains(table))
        || object.needs.iter().any(|need| match need {
            Need::Table(name, _) => aside.contains(name),
            Need::Object(id) => is_relation(id.kind) && aside.contains(&id.name),
            Need::Enum(_) => false,
        })
}

/// Names tables, views and what belongs to such tables as not modelled.
fn take(schema: &mut Schema, names: &BTreeSet<Name>, why: &str) {
    let mut taken = Vec::new();
    let mut say = |kind: &str, name: &Name| {
        taken.push(Unmodelled { kind: format!("{kind} {why}"), name: name.clone(), table: None, definition: None });
    };
    schema.tables.retain(|name, _| {
        let stays = !names.contains(name);
        if !stays {
            say("table", name);
        }
        stays
    });
    schema.objects.retain(|id, object| {
        let stays =
            !names.contains(&id.name) || !(is_relation(id.kind) || stands_on(object, names) || id.table.is_some());
        if !stays {
            say(id.kind.spoken(), &id.name);
        }
        stays
    });
    schema.unmodelled.append(&mut taken);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ObjectId;

    fn object(kind: ObjectKind, name: &str, needs: &[Need]) -> Object {
        let mut object = Object::new(ObjectId::new(kind, Name::own(name)), "CREATE …");
        object.needs.extend(needs.iter().cloned());
        object
    }

    #[test]
    fn names_that_are_one_are_left_alone_with_what_stands_on_them() {
        let mut schema = Schema::default();
        for name in ["t", "T", "other"] {
            schema.insert(Table::new(Name::own(name)));
        }
        let on = |name: &str| Need::Table(Name::own(name), None);
        schema.insert_object(object(ObjectKind::View, "v", &[on("T")]));
        let upper = Need::Object(ObjectId::new(ObjectKind::View, Name::own("v")));
        schema.insert_object(object(ObjectKind::View, "w", &[upper]));
        schema.insert_object(object(ObjectKind::View, "x", &[on("other")]));
        schema.insert_object(object(ObjectKind::Function, "T", &[]));
        set_aside(&mut schema);
        let named: Vec<&str> = schema.unmodelled.iter().map(|one| one.name.name.as_str()).collect();
        assert_eq!(named, ["T", "t", "v", "w"]);
        let left: Vec<&str> = schema.objects.keys().map(|id| id.name.name.as_str()).collect();
        assert_eq!((schema.tables.len(), left), (1, vec!["T", "x"]));
        assert!(schema.unmodelled[0].kind.contains("only in the case"));
        assert!(schema.unmodelled[3].kind.contains("stands on such a one"));
    }
}
