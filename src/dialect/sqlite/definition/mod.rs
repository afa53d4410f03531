//! The texts of views, triggers and virtual tables, which SQLite keeps as they were written, read by tokens: which names
//! they mention, what a rename makes of them, whether two of them mean the same. Pure: no I/O.

mod rename;
mod same;
#[cfg(feature = "autogenerate")]
pub(super) mod strings;
mod words;

use crate::ops::Operation;
use crate::schema::{Expr, Ident, Object, ObjectKind, Pair, Schema};

use crate::dialect::sqlite::quote;

use words::Words;
pub(super) use words::is_reserved;

/// Whether two definitions differ in nothing but what SQLite does not see.
pub(super) fn same_objects(objects: Pair<&Object>) -> bool {
    let plain = objects.map(|object| object.face.first().map_or_else(|| object.definition.text(), String::as_str));
    same::same(objects.map(|object| object.definition.text())) || same::same(plain)
}

/// Whether its text names tables and columns of others: a view or a trigger.
pub(super) fn names_others(object: &Object) -> bool {
    matches!(object.id.kind, ObjectKind::View | ObjectKind::Trigger)
}

/// Says in a view or a trigger what SQLite writes there when a table or a column is renamed. `around` has the new name.
/// False where it is not certain what a name means: the text is left as it was. What lies in another file than what is
/// renamed cannot name it.
pub(super) fn follow(object: &mut Object, rename: &Operation, around: &Schema) -> bool {
    let file = rename.table().and_then(|table| table.schema.as_ref());
    if !names_others(object) || object.id.name.schema.as_ref() != file {
        return true;
    }
    let own = object.id.table.as_ref().zip(rename.table()).is_some_and(|(of, table)| is(&of.name, &table.name));
    let followed = |text: &str| {
        if let Operation::RenameTable { name, to } = rename {
            Some(rename::table(text, &name.name, to))
        } else if let Operation::RenameColumn { table, name, to } = rename {
            rename::ColumnRename { table, own, from: name, to, around }.of(text)
        } else {
            Some(text.to_owned())
        }
    };
    let Some(text) = followed(object.definition.text()) else { return false };
    object.face = object.face.iter().filter_map(|plain| followed(plain)).collect();
    object.definition = Expr::Same(text);
    true
}

/// The module of a virtual table, folded.
pub(super) fn module(text: &str) -> Option<String> {
    let words = Words::new(text)?;
    let using = (0..words.len()).find(|place| words.is_word(Some(*place), &["USING"]))?;
    words.name(using + 1)
}

/// Whether a text mentions a name, as whatever.
pub(super) fn mentions(text: &str, name: &Ident) -> bool {
    Words::new(text).is_none_or(|words| (0..words.len()).any(|place| words.is_name(place, name)))
}

/// A statement that changes nothing and fails if the view or the trigger does not work any more. `column` is one of the
/// trigger's table that can be written; without one a trigger of a table is not tried.
pub(super) fn probe(object: &Object, column: Option<&Ident>) -> Option<String> {
    if object.id.kind == ObjectKind::View {
        return Some(format!("SELECT * FROM {} LIMIT 0", quote::name(&object.id.name)));
    }
    let words = Words::new(object.definition.text())?;
    let on = words.on()?;
    let table = quote::name(object.id.table.as_ref()?);
    let event = (0..on).rev().find(|place| words.is_word(Some(*place), &["INSERT", "UPDATE", "DELETE"]))?;
    if words.is_word(Some(event), &["DELETE"]) {
        return Some(format!("DELETE FROM {table} WHERE 0"));
    }
    if words.is_word(Some(event), &["INSERT"]) {
        let column = quote::ident(column?);
        return Some(format!("INSERT INTO {table} ({column}) SELECT {column} FROM {table} WHERE 0"));
    }
    let said = words.before(on, 1).filter(|_| words.is_word(Some(event + 1), &["OF"]));
    let column = said.map_or_else(|| column.map(quote::ident), |said| Some(said.text(words.text).to_owned()))?;
    Some(format!("UPDATE {table} SET {column} = {column} WHERE 0"))
}

fn is(one: &Ident, other: &Ident) -> bool {
    quote::fold(one) == quote::fold(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Name, ObjectId};

    #[test]
    fn probes_change_nothing() {
        let of = |text: &str| {
            let id = ObjectId { table: Some(Name::own("t")), ..ObjectId::new(ObjectKind::Trigger, Name::own("tr")) };
            probe(&Object::new(id, text), Some(&"a".into())).unwrap_or_default()
        };
        let update = "CREATE TRIGGER tr AFTER UPDATE OF a, b ON t BEGIN SELECT 1; END";
        assert_eq!(of(update), "UPDATE \"t\" SET b = b WHERE 0");
        assert_eq!(of("CREATE TRIGGER x BEFORE DELETE ON t BEGIN SELECT 1; END"), "DELETE FROM \"t\" WHERE 0");
        let insert = of("CREATE TRIGGER x BEFORE INSERT ON t BEGIN SELECT 1; END");
        assert_eq!(insert, "INSERT INTO \"t\" (\"a\") SELECT \"a\" FROM \"t\" WHERE 0");
        let view = Object::new(ObjectId::new(ObjectKind::View, Name::own("v")), "");
        assert_eq!(probe(&view, None).as_deref(), Some("SELECT * FROM \"v\" LIMIT 0"));
    }
}
