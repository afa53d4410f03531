//! Inspected schemas as models.

use crate::format::{enum_tree, object_entries, table_tree};
use crate::schema::{Enum, Ident, Name, ObjectKind, Schema, Table, Tables, Unmodelled};
use crate::statement::Statement;
use crate::yaml::{Tree, write};
use std::collections::{BTreeMap, BTreeSet};

/// The schema as one YAML file; what is not modelled stands in comment lines at its top.
pub(crate) fn as_yaml(schema: &Schema) -> String {
    let entries = entries(schema);
    let notes: String = not_modelled(&schema.unmodelled).iter().map(|line| format!("# {line}\n")).collect();
    let body = if entries.is_empty() { "tables: {}\n".to_owned() } else { write(&Tree::Map(entries)) };
    format!("{notes}{body}")
}

/// The schema as a YAML file for each table and for each kind of other objects, with the name of the file; enum types, and
/// what is not modelled, in one more.
pub(crate) fn as_files(schema: &Schema) -> Vec<(String, String)> {
    let kinds = ObjectKind::ALL.map(|kind| (kind, format!("_{}.yaml", kind.plural())));
    let mut taken: BTreeSet<String> =
        kinds.iter().map(|(_, file)| file.clone()).chain([TYPES, SCHEMAS].map(str::to_owned)).collect();
    let mut files = Vec::new();
    for table in schema.tables.values() {
        let mut one = Schema::default();
        one.schemas.extend(table.name.schema.clone());
        one.insert(table.clone());
        files.push((free_name(&table.name.for_people(), &mut taken), as_yaml(&one)));
    }
    for (kind, file) in kinds {
        let mut of_kind = Schema::default();
        for object in schema.objects.values().filter(|object| object.id.kind == kind) {
            of_kind.schemas.extend(object.id.name.schema.clone());
            of_kind.insert_object(object.clone());
        }
        if !of_kind.objects.is_empty() {
            files.push((file, as_yaml(&of_kind)));
        }
    }
    let rest = Schema { tables: Tables::default(), objects: BTreeMap::new(), ..schema.clone() };
    if !rest.enums.is_empty() || !rest.unmodelled.is_empty() {
        files.push((TYPES.to_owned(), as_yaml(&rest)));
        return files;
    }
    let mut bare = Schema { schemas: schema.schemas.clone(), ..Schema::default() };
    let names = schema.tables.values().map(|table| &table.name).chain(schema.objects.keys().map(|id| &id.name));
    for used in names.filter_map(|name| name.schema.as_ref()) {
        bare.schemas.remove(used);
    }
    if !bare.schemas.is_empty() {
        files.push((SCHEMAS.to_owned(), as_yaml(&bare)));
    }
    files
}

/// The file of schemas in which there is nothing.
const SCHEMAS: &str = "_schemas.yaml";

/// The file of everything that is no table.
const TYPES: &str = "_enums.yaml";

/// A name that every file system takes, and that no other file has.
fn free_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.') { letter } else { '_' };
    let name: String = name.to_lowercase().chars().map(plain).take(50).collect();
    // A leading dot would hide the file.
    let name = if name.starts_with('.') { format!("_{name}") } else { name };
    let numbered = (1..).map(|number| format!("{name}.{number}.yaml"));
    let mut names = std::iter::once(format!("{name}.yaml")).chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// The keys of a model file.
pub(crate) fn entries(schema: &Schema) -> Vec<(String, Tree)> {
    let mut entries = Vec::new();
    entries.extend(own_entries(schema, None));
    let schemas = schema.schemas.iter().map(|name| {
        let inner = own_entries(schema, Some(name));
        (name.as_str().to_owned(), Tree::Map(inner))
    });
    let schemas: Vec<(String, Tree)> = schemas.collect();
    if !schemas.is_empty() {
        entries.push(("schemas".to_owned(), Tree::Map(schemas)));
    }
    entries
}

fn own_entries(schema: &Schema, of: Option<&Ident>) -> Vec<(String, Tree)> {
    let here = |name: &Name| name.schema.as_ref() == of;
    let enums: Vec<&Enum> = schema.enums.values().filter(|found| here(&found.name)).collect();
    let tables: Vec<&Table> = schema.tables.values().filter(|table| here(&table.name)).collect();
    let mut entries = Vec::new();
    if !enums.is_empty() {
        let enums = enums.iter().map(|found| (found.name.name.as_str().to_owned(), enum_tree(found)));
        entries.push(("enums".to_owned(), Tree::Map(enums.collect())));
    }
    if !tables.is_empty() {
        let tables = tables.iter().map(|table| (table.name.name.as_str().to_owned(), table_tree(table)));
        entries.push(("tables".to_owned(), Tree::Map(tables.collect())));
    }
    let objects: Vec<_> = schema.objects.values().filter(|object| here(&object.id.name)).collect();
    entries.extend(object_entries(&objects));
    entries
}

/// `not modelled: view a`, one line each.
pub(crate) fn not_modelled(unmodelled: &[Unmodelled]) -> Vec<String> {
    let line = |one: &Unmodelled| {
        let on = one.table.as_ref().map_or(String::new(), |table| format!(" on {}", table.for_people()));
        plain(&format!("not modelled: {} {}{on}", one.kind, one.name.for_people()))
    };
    unmodelled.iter().map(line).collect()
}

/// Nothing in a name can begin a line of its own.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The schema as DDL; what is not modelled stands in comment lines at its top.
pub(crate) fn as_sql(schema: &Schema, statements: &[Statement]) -> String {
    let notes: String = not_modelled(&schema.unmodelled).iter().map(|line| format!("-- {line}\n")).collect();
    let body: Vec<String> = statements.iter().map(|statement| format!("{};\n", statement.sql)).collect();
    format!("{notes}{}", body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_without_anything_in_it_has_a_file() {
        let mut schema = Schema::default();
        schema.schemas.extend([Ident::from("core"), Ident::from("used")]);
        schema.insert(Table::new(Name::new(Some(Ident::from("used")), "t")));
        let files = as_files(&schema);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["used.t.yaml", SCHEMAS]);
        assert_eq!(files.last().map(|(_, text)| text.as_str()), Some("schemas:\n  core: {}\n"));
    }

    #[test]
    fn each_table_has_a_file_that_is_read() {
        let mut taken = BTreeSet::from([TYPES.to_owned()]);
        for (table, file) in [
            ("orders", "orders.yaml"),
            ("Orders", "orders.1.yaml"),
            ("ORDERS", "orders.2.yaml"),
            ("orders.1", "orders.1.1.yaml"),
            ("_enums", "_enums.1.yaml"),
            ("...", "_....yaml"),
            ("../a b", "_.._a_b.yaml"),
            ("größe", "größe.yaml"),
        ] {
            assert_eq!(free_name(table, &mut taken), file);
        }
        let long = free_name(&"ü".repeat(300), &mut taken);
        assert!(long.len() < 255 && free_name(&"ü".repeat(299), &mut taken) != long);
    }
}
