//! Operations as YAML.

use crate::format::data_write::data_tree;
use crate::format::objects::operation_entries;
use crate::format::types::type_tree;
use crate::format::write::{
    Entries, check_entries, column_entries, column_tree, default_tree, foreign_key_entries, generated_tree,
    identity_tree, index_entries, name_entries, option_value, primary_key_entries, put, put_text, sql_entry,
    table_entries, unique_entries,
};
use crate::ops::{ColumnChange, Constraint, EnumChange, Operation, OptionsChange, Part, TableChange};
use crate::schema::{Ident, Name, Position};
use crate::yaml::Tree;

/// One operation as an item of `upgrade:` or `downgrade:`.
pub(crate) fn operation_tree(operation: &Operation) -> Tree {
    if let Operation::Sql(expr) = operation {
        return Tree::Map(vec![sql_entry(expr)]);
    }
    if let Operation::Data(data) = operation {
        return data_tree(data);
    }
    if let Operation::Object(object) = operation {
        return Tree::Map(vec![(operation.word().to_owned(), Tree::Map(operation_entries(object)))]);
    }
    let entries = entries(operation);
    let big = matches!(operation, Operation::CreateTable(_) | Operation::DropTable { was: Some(_), .. });
    let inner = if big { Tree::Map(entries) } else { Tree::FlowMap(entries) };
    Tree::Map(vec![(operation.word().to_owned(), inner)])
}

fn text(ident: &Ident) -> Tree {
    Tree::text(ident.as_str())
}

fn entries(operation: &Operation) -> Entries {
    match operation {
        Operation::CreateSchema { name } | Operation::DropSchema { name } => vec![("name".to_owned(), text(name))],
        Operation::CreateEnum(made) => {
            let mut entries = name_entries("name", &made.name);
            put(&mut entries, "values", Tree::texts(made.values.clone()));
            put_text(&mut entries, "comment", made.comment.as_ref());
            entries
        }
        Operation::DropEnum { name, was } => {
            let mut entries = name_entries("name", name);
            if let Some(was) = was {
                let mut former = vec![("values".to_owned(), Tree::texts(was.values.clone()))];
                put_text(&mut former, "comment", was.comment.as_ref());
                put(&mut entries, "was", Tree::FlowMap(former));
            }
            entries
        }
        Operation::AlterEnum { name, to, was } => {
            let mut entries = name_entries("name", name);
            entries.extend(enum_change(to));
            entries.extend(was.as_ref().map(|was| ("was".to_owned(), Tree::FlowMap(enum_change(was)))));
            entries
        }
        Operation::RenameEnum { name, to } | Operation::RenameTable { name, to } => {
            renamed(name_entries("name", name), to)
        }
        Operation::CreateTable(table) => {
            let mut entries = name_entries("name", &table.name);
            entries.extend(table_entries(table));
            entries
        }
        Operation::DropTable { name, was } => {
            let mut entries = name_entries("name", name);
            entries.extend(was.as_ref().map(|was| ("was".to_owned(), Tree::Map(table_entries(was)))));
            entries
        }
        Operation::AlterTable { name, to, was } => {
            let mut entries = name_entries("name", name);
            entries.extend(table_change(to));
            put_was(&mut entries, table_change(was));
            entries
        }
        Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. } => column_operation(operation),
        Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => part_operation(operation),
    }
}

fn renamed(mut entries: Entries, to: &Ident) -> Entries {
    put(&mut entries, "to", text(to));
    entries
}

fn on_table(table: &Name, name: &Ident) -> Entries {
    let mut entries = name_entries("table", table);
    put(&mut entries, "name", text(name));
    entries
}

fn put_was(entries: &mut Entries, was: Entries) {
    if !was.is_empty() {
        put(entries, "was", Tree::FlowMap(was));
    }
}

fn put_position(entries: &mut Entries, position: Option<&Position>) {
    if let Some(position) = position {
        put(entries, "position", position_tree(position));
    }
}

fn position_tree(position: &Position) -> Tree {
    match position {
        Position::First => Tree::text("first"),
        Position::After(name) => Tree::FlowMap(vec![("after".to_owned(), text(name))]),
    }
}

fn column_operation(operation: &Operation) -> Entries {
    match operation {
        Operation::AddColumn { table, column, position } => {
            let mut entries = name_entries("table", table);
            let mut inner = vec![("name".to_owned(), text(&column.name))];
            inner.extend(column_entries(column));
            put(&mut entries, "column", Tree::FlowMap(inner));
            put_position(&mut entries, position.as_ref());
            entries
        }
        Operation::DropColumn { table, name, was, position } => {
            let mut entries = on_table(table, name);
            put_position(&mut entries, position.as_ref());
            entries.extend(was.as_ref().map(|was| ("was".to_owned(), column_tree(was))));
            entries
        }
        Operation::RenameColumn { table, name, to } => renamed(on_table(table, name), to),
        Operation::AlterColumn { table, name, to, was } => {
            let mut entries = on_table(table, name);
            entries.extend(column_change(to));
            put_was(&mut entries, column_change(was));
            entries
        }
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => part_operation(operation),
    }
}

fn part_operation(operation: &Operation) -> Entries {
    match operation {
        Operation::CreateIndex { table, index } => {
            let mut entries = on_table(table, &index.name);
            entries.extend(index_entries(index));
            entries
        }
        Operation::DropIndex { table, name, was } => {
            let mut entries = on_table(table, name);
            put_was(&mut entries, was.as_ref().map(|was| index_entries(was)).unwrap_or_default());
            entries
        }
        Operation::RenameIndex { table, name, to } | Operation::RenameConstraint { table, name, to } => {
            renamed(on_table(table, name), to)
        }
        Operation::AddConstraint { table, constraint } => {
            let mut entries = name_entries("table", table);
            entries.extend(constraint.name().map(|name| ("name".to_owned(), text(name))));
            entries.extend(constraint_entries(constraint));
            entries
        }
        Operation::DropConstraint { table, name, kind, was } => {
            let mut entries = name_entries("table", table);
            entries.extend(name.as_ref().map(|name| ("name".to_owned(), text(name))));
            put(&mut entries, "kind", Tree::text(kind.word()));
            put_was(&mut entries, was.as_ref().map(|was| constraint_entries(was)).unwrap_or_default());
            entries
        }
        Operation::Comment { table, part, name, to, was } => {
            let mut entries = name_entries("table", table);
            put(&mut entries, if *part == Part::Index { "index" } else { "constraint" }, text(name));
            put(&mut entries, "to", comment_tree(to.as_ref()));
            put(&mut entries, "was", comment_tree(was.as_ref()));
            entries
        }
        // Written by `entries` and `column_operation`.
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Entries::new(),
    }
}

fn comment_tree(comment: Option<&String>) -> Tree {
    comment.map_or_else(Tree::null, |comment| Tree::text(comment.as_str()))
}

fn constraint_entries(constraint: &Constraint) -> Entries {
    match constraint {
        Constraint::PrimaryKey(key) => primary_key_entries(key),
        Constraint::Unique(unique) => unique_entries(unique),
        Constraint::Check(check) => check_entries(check),
        Constraint::ForeignKey(key) => foreign_key_entries(key),
    }
}

fn column_change(change: &ColumnChange) -> Entries {
    let mut entries = Entries::new();
    entries.extend(change.ty.as_ref().map(|ty| ("type".to_owned(), type_tree(ty))));
    entries.extend(change.nullable.map(|nullable| ("nullable".to_owned(), Tree::bool(nullable))));
    let or_null = |tree: Option<Tree>| tree.unwrap_or_else(Tree::null);
    if let Some(default) = &change.default {
        put(&mut entries, "default", or_null(default.as_ref().map(default_tree)));
    }
    if let Some(identity) = &change.identity {
        put(&mut entries, "identity", or_null(identity.as_ref().map(identity_tree)));
    }
    if let Some(generated) = &change.generated {
        put(&mut entries, "generated", or_null(generated.as_ref().map(generated_tree)));
    }
    if let Some(comment) = &change.comment {
        put(&mut entries, "comment", comment_tree(comment.as_ref()));
    }
    entries.extend(options_change(&change.options));
    put_position(&mut entries, change.position.as_ref());
    entries
}

fn table_change(change: &TableChange) -> Entries {
    let mut entries = Entries::new();
    if let Some(comment) = &change.comment {
        put(&mut entries, "comment", comment_tree(comment.as_ref()));
    }
    entries.extend(options_change(&change.options));
    entries
}

fn enum_change(change: &EnumChange) -> Entries {
    let mut entries = Entries::new();
    if let Some(values) = &change.values {
        put(&mut entries, "values", Tree::texts(values.clone()));
    }
    if let Some(comment) = &change.comment {
        put(&mut entries, "comment", comment_tree(comment.as_ref()));
    }
    entries
}

fn options_change(change: &OptionsChange) -> Entries {
    let sections = change.0.iter().filter(|(_, keys)| !keys.is_empty());
    let section = |(database, keys): (&String, &crate::schema::SortedMap<String, Option<String>>)| {
        let value = |value: &Option<String>| value.as_deref().map_or_else(Tree::null, option_value);
        let keys = keys.iter().map(|(key, new)| (key.clone(), value(new)));
        (database.clone(), Tree::FlowMap(keys.collect()))
    };
    sections.map(section).collect()
}
