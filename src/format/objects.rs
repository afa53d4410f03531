//! Objects that are a text (views, routines, triggers, …) as YAML. In a model all of a kind stand under its key, as a map
//! by name, or as a list where names repeat: routines that differ in their arguments, triggers of several tables.

use crate::error::{Error, Result};
use crate::format::types::{expr_tree, read_expr};
use crate::format::write::{Entries, name_entries, put, put_text};
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Ident, Name, Object, ObjectId, ObjectKind};
use crate::yaml::{Fields, Node, Tree, Value};
use std::collections::BTreeSet;

/// What stands under the key of a kind in a model: each object with the line where it begins.
pub(crate) fn objects(kind: ObjectKind, schema: Option<&Ident>, node: Node) -> Result<Vec<(usize, Object)>> {
    if let Value::List(_) = &node.value {
        return node.list_of(|node| {
            let line = node.line;
            let mut fields = Fields::of(node, "an object")?;
            let name = Name::new(schema.cloned(), fields.require("name")?.into_text()?);
            let object = object_fields(kind, name, &mut fields)?;
            fields.finish()?;
            Ok((line, object))
        });
    }
    let read = |(key, node): (crate::yaml::Key, Node)| {
        let name = Name::new(schema.cloned(), key.text.as_str());
        if let Value::Scalar { .. } = &node.value {
            let definition = read_expr(node)?;
            return Ok((key.line, Object { definition, ..Object::new(ObjectId::new(kind, name), "") }));
        }
        let mut fields = Fields::of(node, "an object")?;
        let object = object_fields(kind, name, &mut fields)?;
        fields.finish()?;
        Ok((key.line, object))
    };
    node.entries()?.into_iter().map(read).collect()
}

/// Takes what belongs to an object out of `fields`.
fn object_fields(kind: ObjectKind, name: Name, fields: &mut Fields) -> Result<Object> {
    let id = id_fields(kind, name, fields)?;
    let (definition, comment) = texts(fields)?;
    Ok(Object { definition, comment, ..Object::new(id, "") })
}

fn id_fields(kind: ObjectKind, name: Name, fields: &mut Fields) -> Result<ObjectId> {
    let arguments = fields.text("arguments")?;
    let table_schema = fields.text("table_schema")?.map(Ident::from);
    let table = fields.text("table")?.map(|table| match table_schema {
        Some(schema) => Name::new(Some(schema), table),
        None => name.sibling(Ident::from(table)),
    });
    Ok(ObjectId { kind, name, arguments, table })
}

fn texts(fields: &mut Fields) -> Result<(crate::schema::Expr, Option<String>)> {
    Ok((read_expr(fields.require("definition")?)?, fields.text("comment")?))
}

/// The verbs of all kinds.
pub(super) fn object_verbs() -> impl Iterator<Item = &'static str> {
    ObjectKind::ALL.into_iter().flat_map(ObjectKind::verbs)
}

/// The kind that a verb is about.
pub(super) fn kind_of_verb(verb: &str) -> Option<ObjectKind> {
    ObjectKind::ALL.into_iter().find(|kind| kind.verbs().contains(&verb))
}

/// The operation of such a verb.
pub(super) fn object_operation(verb: &str, kind: ObjectKind, fields: &mut Fields) -> Result<Operation> {
    let schema = fields.text("schema")?.map(Ident::from);
    let name = Name::new(schema, fields.require("name")?.into_text()?);
    let [create, drop, _] = kind.verbs();
    if verb == create {
        return Ok(Operation::Object(ObjectOperation::Create(Box::new(object_fields(kind, name, fields)?))));
    }
    let id = id_fields(kind, name, fields)?;
    let object = |(definition, comment)| Box::new(Object { definition, comment, ..Object::new(id.clone(), "") });
    let former = |fields: &mut Fields| {
        let Some(node) = fields.optional("was") else { return Ok(None) };
        let mut inner = Fields::of(node, "the former object")?;
        let made = object(texts(&mut inner)?);
        inner.finish()?;
        Ok::<_, Error>(Some(made))
    };
    Ok(Operation::Object(if verb == drop {
        ObjectOperation::Drop { was: former(fields)?, id: id.clone() }
    } else {
        ObjectOperation::Alter { to: object(texts(fields)?), was: former(fields)? }
    }))
}

/// The keys of all kinds in a model, for these objects of one schema.
pub(crate) fn object_entries(objects: &[&Object]) -> Entries {
    let mut entries = Entries::new();
    for kind in ObjectKind::ALL {
        let of_kind: Vec<&Object> = objects.iter().copied().filter(|object| object.id.kind == kind).collect();
        let names: BTreeSet<&Ident> = of_kind.iter().map(|object| &object.id.name.name).collect();
        if of_kind.is_empty() {
            continue;
        }
        let name = |object: &Object| object.id.name.name.as_str().to_owned();
        let tree = if names.len() == of_kind.len() {
            Tree::Map(of_kind.iter().map(|object| (name(object), shortest(object))).collect())
        } else {
            let listed = of_kind.iter().map(|object| {
                let mut inner = vec![("name".to_owned(), Tree::text(name(object)))];
                inner.extend(id_entries(&object.id).into_iter().chain(text_entries(object)));
                Tree::Map(inner)
            });
            Tree::List(listed.collect())
        };
        put(&mut entries, kind.plural(), tree);
    }
    entries
}

/// The definition alone, where there is nothing else to say.
fn shortest(object: &Object) -> Tree {
    let mut entries = id_entries(&object.id);
    match (entries.is_empty(), &object.comment, &object.definition) {
        (true, None, crate::schema::Expr::Same(text)) => Tree::text(text.as_str()),
        _ => {
            entries.extend(text_entries(object));
            Tree::Map(entries)
        }
    }
}

fn id_entries(id: &ObjectId) -> Entries {
    let mut entries = Entries::new();
    put_text(&mut entries, "arguments", id.arguments.as_ref());
    entries.extend(id.table.iter().map(|table| ("table".to_owned(), Tree::text(table.name.as_str()))));
    let elsewhere =
        id.table.as_ref().and_then(|table| table.schema.as_ref()).filter(|of| Some(*of) != id.name.schema.as_ref());
    put_text(&mut entries, "table_schema", elsewhere.map(|schema| schema.as_str().to_owned()).as_ref());
    entries
}

fn text_entries(object: &Object) -> Entries {
    let mut entries = vec![("definition".to_owned(), expr_tree(&object.definition))];
    put_text(&mut entries, "comment", object.comment.as_ref());
    entries
}

/// What stands behind the verb of an operation.
pub(super) fn operation_entries(operation: &ObjectOperation) -> Entries {
    let mut entries = name_entries("name", &operation.id().name);
    entries.extend(id_entries(operation.id()));
    let was = match operation {
        ObjectOperation::Create(object) => {
            entries.extend(text_entries(object));
            None
        }
        ObjectOperation::Alter { to, was } => {
            entries.extend(text_entries(to));
            was.as_ref()
        }
        ObjectOperation::Drop { was, .. } => was.as_ref(),
    };
    entries.extend(was.map(|was| ("was".to_owned(), Tree::Map(text_entries(was)))));
    entries
}
