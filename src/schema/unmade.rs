//! Tables that were read, and that no model can make: a column has a type that is made of functions in C, or a default calls a
//! function on such a type.

use std::collections::BTreeSet;

use super::{Name, Need, Object, ObjectId, Schema, Unmodelled};

/// The word for such a table among what is not modelled.
pub(crate) const UNMADE_TABLE: &str = "table on what has no model";

impl Schema {
    /// Takes such tables out, with what stands on them: each is named as not modelled. One that `is_made` all the same, by a setup
    /// of the user, stays and is not named.
    pub(crate) fn leave_out_unmade(&mut self, is_made: impl Fn(&Name) -> bool) {
        self.unmodelled.retain(|one| one.kind != UNMADE_TABLE || !is_made(&one.name));
        let unmade = self.unmodelled.iter().filter(|one| one.kind == UNMADE_TABLE);
        let unmade: BTreeSet<Name> = unmade.map(|one| one.name.clone()).collect();
        if unmade.is_empty() {
            return;
        }
        self.tables.retain(|name, _| !unmade.contains(name));
        for table in self.tables.values_mut() {
            for key in table.foreign_keys.iter().filter(|key| unmade.contains(&key.references)) {
                let name = key.name.clone().unwrap_or_else(|| table.name.name.clone());
                let (name, of) = (table.name.sibling(name), Some(table.name.clone()));
                self.unmodelled.push(Unmodelled { kind: "foreign key".to_owned(), name, table: of, definition: None });
            }
            table.foreign_keys.retain(|key| !unmade.contains(&key.references));
        }
        let gone = self.standing_on(&unmade);
        for id in gone {
            self.objects.remove(&id);
            let kind = id.kind.spoken().to_owned();
            self.unmodelled.push(Unmodelled { kind, name: id.name, table: id.table, definition: None });
        }
        self.unmodelled.sort();
    }

    /// The objects that stand on one of these tables, however many steps away.
    fn standing_on(&self, tables: &BTreeSet<Name>) -> BTreeSet<ObjectId> {
        let mut found: BTreeSet<ObjectId> = BTreeSet::new();
        loop {
            let falls = |need: &Need| match need {
                Need::Table(name, _) => tables.contains(name),
                Need::Object(id) => found.contains(id),
                Need::Enum(_) => false,
            };
            let stands = |object: &&Object| {
                !found.contains(&object.id)
                    && (object.id.table.as_ref().is_some_and(|table| tables.contains(table))
                        || object.needs.iter().any(falls))
            };
            let next: Vec<ObjectId> = self.objects.values().filter(stands).map(|object| object.id.clone()).collect();
            if next.is_empty() {
                return found;
            }
            found.extend(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ForeignKey, ObjectKind, Table};

    fn on(id: &str, need: Need) -> Object {
        let needs = [need].into();
        Object { needs, ..Object::new(ObjectId::new(ObjectKind::View, Name::own(id)), "text") }
    }

    fn schema() -> Schema {
        let mut schema = Schema::default();
        let mut other = Table::new(Name::own("other"));
        other.foreign_keys.push(ForeignKey {
            name: Some("other_fk".into()),
            ..ForeignKey::plain(vec!["a".into()], Name::own("odd"), vec!["a".into()])
        });
        schema.insert(Table::new(Name::own("odd")));
        schema.insert(other);
        schema.insert_object(on("low", Need::Table(Name::own("odd"), None)));
        schema.insert_object(on("high", Need::Object(ObjectId::new(ObjectKind::View, Name::own("low")))));
        schema.insert_object(on("beside", Need::Table(Name::own("other"), None)));
        let (kind, name) = (UNMADE_TABLE.to_owned(), Name::own("odd"));
        schema.unmodelled.push(Unmodelled { kind, name, table: None, definition: None });
        schema
    }

    #[test]
    fn such_a_table_goes_with_all_that_stands_on_it() {
        let mut schema = schema();
        schema.leave_out_unmade(|_| false);
        assert_eq!(schema.tables.keys().map(Name::for_people).collect::<Vec<_>>(), ["other"]);
        assert_eq!(schema.objects.keys().map(ObjectId::for_people).collect::<Vec<_>>(), ["view beside"]);
        let named: Vec<String> =
            schema.unmodelled.iter().map(|one| format!("{} {}", one.kind, one.name.for_people())).collect();
        assert_eq!(named, ["foreign key other_fk", "table on what has no model odd", "view high", "view low"]);
    }

    #[test]
    fn one_that_somebody_makes_stays() {
        let mut schema = schema();
        schema.leave_out_unmade(|name| *name == Name::own("odd"));
        assert_eq!((schema.tables.len(), schema.objects.len(), schema.unmodelled.len()), (2, 3, 0));
        assert_eq!(schema.tables.values().map(|table| table.foreign_keys.len()).sum::<usize>(), 1);
    }
}
