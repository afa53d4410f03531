//! Rights, owners and the like follow what they are of to another name: the server holds them by number. Pure.

use crate::dialect::postgres::compare::sequence_name;
use crate::dialect::postgres::quote::{as_printed, name_as_printed};
use crate::ops::Operation;
use crate::schema::{Expr, Ident, Name, Need, Object, ObjectId, Schema};

/// Says in an object of that kind what the server says after a rename. Anything else is left as it is. `around` is
/// the schema before or after it.
pub(super) fn follow(object: &mut Object, rename: &Operation, around: &Schema) {
    if !object.id.kind.is_of_a_thing() {
        return;
    }
    let what = object.id.arguments.as_deref();
    let is_relation = what.is_none_or(|what| what.starts_with("column "));
    if let Operation::RenameTable { name, to } = rename {
        if is_relation && object.id.name == *name {
            call_anew(object, name, to);
        } else if let Some(sequence) = sequence_of(object, name, to, around) {
            let former = object.id.name.clone();
            call_anew(object, &former, &sequence);
        }
    } else if let Operation::RenameColumn { table, name, to } = rename {
        if object.id.name == *table && what.and_then(|what| what.strip_prefix("column ")) == Some(name.as_str()) {
            call_column_anew(object, name, to);
        } else if is_of_sequence(object)
            // A free one may be called so too, and nobody renames it.
            && object.needs.iter().any(|need| matches!(need, Need::Table(..)))
            && object.id.name == table.sibling(own_sequence(table, name))
        {
            call_anew(object, &table.sibling(own_sequence(table, name)), &own_sequence(table, to));
        }
    } else if let Operation::RenameEnum { name, to } = rename
        && what == Some("type")
        && object.id.name == *name
    {
        call_anew(object, name, to);
    }
}

/// The same for all objects of a schema.
pub(in crate::dialect::postgres) fn follow_all(schema: &mut Schema, operation: &Operation) {
    let is_rename = matches!(operation.word(), "rename_table" | "rename_column" | "rename_enum");
    if is_rename && schema.objects.keys().any(|id| id.kind.is_of_a_thing()) {
        let mut objects: Vec<Object> = std::mem::take(&mut schema.objects).into_values().collect();
        objects.iter_mut().for_each(|object| follow(object, operation, schema));
        objects.into_iter().for_each(|object| schema.insert_object(object));
    }
}

fn is_of_sequence(object: &Object) -> bool {
    object.definition.text().contains(" ON SEQUENCE ")
}

fn own_sequence(table: &Name, column: &Ident) -> Ident {
    sequence_name(table.name.as_str(), column.as_str())
}

/// The new name of a sequence that is called after a column of the table.
fn sequence_of(object: &Object, table: &Name, to: &Ident, around: &Schema) -> Option<Ident> {
    let renamed = table.sibling(to.clone());
    let stands_on = |need: &Need| matches!(need, Need::Table(of, _) if of == table || *of == renamed);
    if !is_of_sequence(object) || !object.needs.iter().any(stands_on) {
        return None;
    }
    let name = &object.id.name.name;
    let rest = name.as_str().strip_prefix(table.name.as_str()).and_then(|rest| rest.strip_prefix('_'));
    let said = rest.and_then(|rest| rest.strip_suffix("_seq")).map(Ident::from);
    // Of long names only a part is in it.
    let known =
        [table, &renamed].into_iter().filter_map(|name| around.tables.get(name)).flat_map(|table| &table.columns);
    let mut columns = said.into_iter().chain(known.map(|column| column.name.clone()));
    columns.find(|column| own_sequence(table, column) == *name).map(|column| own_sequence(&renamed, &column))
}

/// Gives the thing another name, in the statements and in what stands beside it.
fn call_anew(object: &mut Object, name: &Name, to: &Ident) {
    let renamed = name.sibling(to.clone());
    let [from, into] = [name, &renamed].map(name_as_printed);
    let mut text = object.definition.text().to_owned();
    for word in ["TABLE", "SEQUENCE", "TYPE"] {
        text = text.replace(&format!(" ON {word} {from} "), &format!(" ON {word} {into} "));
        text = text.replace(&format!("ALTER {word} {from} OWNER TO "), &format!("ALTER {word} {into} OWNER TO "));
    }
    object.definition = Expr::Same(text);
    object.id.name = renamed.clone();
    let anew = |need: Need| match need {
        Need::Object(id) if id.kind.is_of_a_thing() && id.name == *name => {
            Need::Object(ObjectId { name: renamed.clone(), ..id })
        }
        other @ (Need::Object(_) | Need::Table(..) | Need::Enum(_)) => other,
    };
    object.mentions = std::mem::take(&mut object.mentions).into_iter().map(anew).collect();
}

/// Gives the column another name: it stands in parentheses behind each right.
fn call_column_anew(object: &mut Object, name: &Ident, to: &Ident) {
    let [from, into] = [name, to].map(|column| format!("({})", as_printed(column)));
    let piece = |text: &str| match text.split_once(" ON TABLE ") {
        Some((rights, rest)) => format!("{} ON TABLE {rest}", rights.replace(&from, &into)),
        None => text.to_owned(),
    };
    let text: Vec<String> = object.definition.text().split(";\n").map(piece).collect();
    object.definition = Expr::Same(text.join(";\n"));
    object.id.arguments = Some(format!("column {}", to.as_str()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ObjectKind, Table, Type};

    #[track_caller]
    fn assert_follows(object: (&str, Option<&str>, &str), rename: &Operation, wanted: (&str, Option<&str>, &str)) {
        let made = |(name, what, text): (&str, Option<&str>, &str)| {
            let id = ObjectId::new(ObjectKind::Grants, Name::own(name));
            let mut object = Object::new(ObjectId { arguments: what.map(str::to_owned), ..id }, text);
            object.needs.insert(Need::Table(Name::own("orders"), None));
            object
        };
        let mut found = made(object);
        follow(&mut found, rename, &Schema::default());
        assert_eq!(found, made(wanted));
    }

    #[test]
    fn what_is_said_of_a_table_follows_it() {
        let rename = Operation::RenameTable { name: Name::own("orders"), to: "Sold".into() };
        let (from, to) = ("GRANT SELECT ON TABLE orders TO a;\nGRANT UPDATE ON TABLE orders TO orders", "\"Sold\"");
        assert_follows(
            ("orders", None, from),
            &rename,
            ("Sold", None, &from.replace("TABLE orders", &format!("TABLE {to}"))),
        );
        assert_follows(
            ("orders_id_seq", None, "GRANT USAGE ON SEQUENCE orders_id_seq TO a"),
            &rename,
            ("Sold_id_seq", None, "GRANT USAGE ON SEQUENCE \"Sold_id_seq\" TO a"),
        );
        let other = ("orders_x", None, "GRANT SELECT ON TABLE orders_x TO orders");
        assert_follows(other, &rename, other);
        let of_type = ("orders", Some("type"), "GRANT USAGE ON TYPE orders TO a");
        assert_follows(of_type, &rename, of_type);
    }

    #[test]
    fn a_sequence_follows_only_what_it_is_of() {
        let id = ObjectId::new(ObjectKind::Grants, Name::own("orders_a_seq"));
        let free = Object::new(id, "GRANT USAGE ON SEQUENCE orders_a_seq TO a");
        let rename = Operation::RenameColumn { table: Name::own("orders"), name: "a".into(), to: "b".into() };
        let after = |mut object: Object, around: &Schema, rename: &Operation| {
            follow(&mut object, rename, around);
            object.id.name.name.as_str().to_owned()
        };
        assert_eq!(after(free.clone(), &Schema::default(), &rename), "orders_a_seq");
        let mut own = free;
        own.needs.insert(Need::Table(Name::own("orders"), None));
        assert_eq!(after(own, &Schema::default(), &rename), "orders_b_seq");
        // The server cuts the longer part.
        let table = Name::own("t".repeat(60).as_str());
        let mut around = Schema::default();
        let mut known = Table::new(table.clone());
        known.columns.push(Column::new("id", Type::Native("integer".to_owned())));
        around.insert(known);
        let sequence = own_sequence(&table, &"id".into());
        let mut own = Object::new(
            ObjectId::new(ObjectKind::Grants, Name::own(sequence.as_str())),
            format!("GRANT USAGE ON SEQUENCE {} TO a", sequence.as_str()),
        );
        own.needs.insert(Need::Table(table.clone(), None));
        let rename = Operation::RenameTable { name: table, to: "short".into() };
        assert_eq!(after(own, &around, &rename), "short_id_seq");
    }

    #[test]
    fn what_is_said_of_a_column_follows_it() {
        let rename = Operation::RenameColumn { table: Name::own("orders"), name: "a".into(), to: "B".into() };
        assert_follows(
            ("orders", Some("column a"), "GRANT SELECT (a), UPDATE (a) ON TABLE orders TO a"),
            &rename,
            ("orders", Some("column B"), "GRANT SELECT (\"B\"), UPDATE (\"B\") ON TABLE orders TO a"),
        );
    }
}
