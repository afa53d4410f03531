//! Views, triggers, virtual tables, and the numbers of an application, as this database says them.
//!
//! SQLite looks at a view when it is used, so nothing holds on to what it needs. But DROP VIEW takes the triggers on the
//! view along, and a change of any table looks at all views and triggers: while a view is away, what stands on it has to be
//! away, too.

use super::{definition, place, quote};
use crate::dialect::objects::ObjectWords;
use crate::ops::Operation;
use crate::schema::{Name, Need, Object, ObjectId, ObjectKind, Pair, Schema};
use crate::statement::{Hazard, Statement};

/// The words for objects.
pub(super) struct Objects;

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        matches!(kind, ObjectKind::View | ObjectKind::Trigger | ObjectKind::VirtualTable | ObjectKind::Pragma)
    }

    fn quoted(&self, name: &Name) -> String {
        quote::name(name)
    }

    fn can_replace(&self, objects: Pair<&Object>) -> bool {
        objects.to.id.kind == ObjectKind::Pragma
    }

    fn holds_on(&self) -> bool {
        false
    }

    /// In its file.
    fn names_own_schema(&self) -> bool {
        true
    }

    fn falls_with(&self, object: &Object, need: &Need) -> bool {
        match need {
            Need::Object(_) => true,
            // DROP TABLE takes its triggers along.
            Need::Table(table, None) => object.id.table.as_ref() == Some(table),
            Need::Table(_, Some(_)) | Need::Enum(_) => false,
        }
    }

    fn same(&self, objects: Pair<&Object>) -> bool {
        let Pair { from, to } = objects;
        from.id == to.id && definition::same_objects(objects)
    }

    fn follow(&self, object: &mut Object, rename: &Operation, around: &Schema) {
        definition::follow(object, rename, around);
    }

    /// The name of a trigger is enough, whatever it stands on.
    fn called(&self, id: &ObjectId) -> String {
        quote::name(&id.name)
    }

    /// As SQLite stores it: without the schema, which is put there when it is made.
    fn head(&self, id: &ObjectId) -> String {
        format!("CREATE {} {} AS\n", id.kind.spoken().to_uppercase(), quote::ident(&id.name.name))
    }

    fn create(&self, object: &Object) -> Vec<Statement> {
        let sql = place::placed(object.definition.text(), object.id.name.schema.as_ref());
        vec![Statement::new(sql, format!("create {}", object.id.for_people()))]
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let why = format!("drop {}", id.for_people());
        if id.kind == ObjectKind::VirtualTable {
            let hazard = Hazard::LosesData(format!("{} and everything in it", id.name.for_people()));
            return vec![Statement::new(format!("DROP TABLE {}", self.called(id)), why).with_hazard(hazard)];
        }
        if id.kind == ObjectKind::Pragma {
            let sql = place::placed(&format!("PRAGMA {} = 0", id.name.name.as_str()), id.name.schema.as_ref());
            return vec![Statement::new(sql, why)];
        }
        vec![Statement::new(format!("DROP {} {}", id.kind.spoken().to_uppercase(), self.called(id)), why)]
    }

    /// SQLite replaces nothing but a number in its place.
    fn alter(&self, to: &Object, was: Option<&Object>) -> Vec<Statement> {
        if was.is_some_and(|was| self.same(Pair::new(was, to))) {
            return Vec::new();
        }
        if to.id.kind == ObjectKind::Pragma {
            return self.create(to);
        }
        [self.drop(&to.id), self.create(to)].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Expr;

    fn object(kind: ObjectKind, text: &str) -> Object {
        Object::new(ObjectId::new(kind, Name::own("o")), text)
    }

    fn said(statements: &[Statement]) -> Vec<&str> {
        statements.iter().map(|statement| statement.sql.as_str()).collect()
    }

    #[test]
    fn a_view_is_replaced_by_another() {
        let was = object(ObjectKind::View, "CREATE VIEW o AS SELECT 1");
        let to = object(ObjectKind::View, "CREATE VIEW o AS SELECT 2");
        assert_eq!(said(&Objects.alter(&to, Some(&was))), ["DROP VIEW \"o\"", "CREATE VIEW o AS SELECT 2"]);
        let spaced = object(ObjectKind::View, "CREATE VIEW o AS\n  select 1");
        assert!(Objects.alter(&spaced, Some(&was)).is_empty());
    }

    #[test]
    fn a_trigger_is_called_by_its_name() {
        let id = ObjectId { table: Some(Name::own("t")), ..ObjectId::new(ObjectKind::Trigger, Name::own("o")) };
        assert_eq!(said(&Objects.drop(&id)), ["DROP TRIGGER \"o\""]);
    }

    #[test]
    fn a_number_is_set_in_its_place() {
        let was = Object::new(ObjectId::new(ObjectKind::Pragma, Name::own("user_version")), "PRAGMA user_version = 3");
        let to = Object { definition: Expr::Same("PRAGMA user_version = 4".to_owned()), ..was.clone() };
        assert!(Objects.can_replace(Pair::new(&was, &to)));
        assert_eq!(said(&Objects.alter(&to, Some(&was))), ["PRAGMA user_version = 4"]);
        assert_eq!(said(&Objects.drop(&to.id)), ["PRAGMA user_version = 0"]);
    }

    #[test]
    fn rows_go_with_a_virtual_table() {
        let dropped = Objects.drop(&ObjectId::new(ObjectKind::VirtualTable, Name::own("o")));
        assert_eq!(said(&dropped), ["DROP TABLE \"o\""]);
        assert_eq!(dropped[0].hazards, [Hazard::LosesData("o and everything in it".to_owned())]);
    }
}
