//! Operations as they are declared in a revision file.

use crate::error::Result;
use crate::format::DATABASES;
use crate::format::data_read::{DATA_VERBS, data_operation, keeping};
use crate::format::objects::{kind_of_verb, object_operation, object_verbs};
use crate::format::read::{column_fields, default, generated, identity, table, table_fields};
use crate::format::read_parts::{check_fields, foreign_key_fields, index_fields, primary_key_fields, unique_fields};
use crate::format::types::{read_sql, read_type};
use crate::ops::{ColumnChange, Constraint, ConstraintKind, EnumChange, Operation, OptionsChange, Part, TableChange};
use crate::schema::{Enum, Ident, Name, Position};
use crate::yaml::{Fields, Node, nearest};

/// The verbs that change the schema, and SQL.
const SCHEMA_VERBS: [&str; 25] = [
    "create_schema",
    "drop_schema",
    "create_enum",
    "drop_enum",
    "rename_enum",
    "alter_enum",
    "create_table",
    "drop_table",
    "rename_table",
    "alter_table",
    "add_column",
    "drop_column",
    "rename_column",
    "alter_column",
    "create_index",
    "drop_index",
    "rename_index",
    "create_primary_key",
    "create_unique_constraint",
    "create_check_constraint",
    "create_foreign_key",
    "drop_constraint",
    "rename_constraint",
    "comment",
    "sql",
];

/// All verbs.
pub(super) fn verbs() -> impl Iterator<Item = &'static str> {
    SCHEMA_VERBS.into_iter().chain(object_verbs()).chain(DATA_VERBS)
}

/// One item of `upgrade:` or `downgrade:`: a map with one key, the verb.
pub(crate) fn operation(node: Node) -> Result<Operation> {
    let shape = node.expected("an operation: one verb with its map, such as `add_column: { table: … }`");
    let mut entries = node.entries().map_err(|_| shape)?;
    let (Some((verb, body)), true) = (entries.pop(), entries.is_empty()) else {
        let first = entries.into_iter().next();
        let error = first.map(|(key, _)| key.error("an operation has one verb; here is more than one"));
        return Err(error.unwrap_or_else(|| crate::error::Error::new(crate::error::Kind::File, "an empty operation")));
    };
    if verb.text == "sql" {
        return read_sql(body).map(Operation::Sql);
    }
    if !verbs().any(|known| known == verb.text) {
        let error = verb.error(format!("unknown operation `{}`", verb.text));
        return Err(match nearest(&verb.text, verbs()) {
            Some(known) => error.with_hint(format!("write `{known}`")),
            None => error.with_hint(format!("the operations are {}", verbs().collect::<Vec<_>>().join(", "))),
        });
    }
    let mut fields = Fields::of(body, "this operation")?;
    let operation = match verb.text.as_str() {
        word if let Some(kind) = kind_of_verb(word) => object_operation(word, kind, &mut fields)?,
        word if DATA_VERBS.contains(&word) => data_operation(word, &mut fields)?,
        word if word.ends_with("_schema") || word.ends_with("_enum") => types_and_schemas(word, &mut fields)?,
        word if word.ends_with("_table") => tables(word, &mut fields)?,
        word if word.ends_with("_column") => columns(word, &mut fields)?,
        word if word.ends_with("_index") => indexes(word, &mut fields)?,
        word => constraints(word, &mut fields)?,
    };
    fields.finish()?;
    Ok(operation)
}

fn ident(fields: &mut Fields, key: &'static str) -> Result<Ident> {
    fields.require(key)?.into_text().map(Ident::from)
}

/// The name under `key` with the schema beside it.
fn name(fields: &mut Fields, key: &'static str) -> Result<Name> {
    let schema = fields.text("schema")?.map(Ident::from);
    Ok(Name::new(schema, ident(fields, key)?))
}

fn texts(fields: &mut Fields, key: &'static str) -> Result<Vec<String>> {
    fields.require(key)?.list_of(Node::into_text)
}

/// What stands under `was:`, read by `make`.
fn was<T>(fields: &mut Fields, what: &'static str, make: impl FnOnce(&mut Fields) -> Result<T>) -> Result<Option<T>> {
    let Some(node) = fields.optional("was") else { return Ok(None) };
    let mut inner = Fields::of(node, what)?;
    let made = make(&mut inner)?;
    inner.finish()?;
    Ok(Some(made))
}

fn types_and_schemas(word: &str, fields: &mut Fields) -> Result<Operation> {
    match word {
        "create_schema" => return Ok(Operation::CreateSchema { name: ident(fields, "name")? }),
        "drop_schema" => return Ok(Operation::DropSchema { name: ident(fields, "name")? }),
        _ => {}
    }
    let name = name(fields, "name")?;
    Ok(match word {
        "create_enum" => {
            let (values, comment) = (texts(fields, "values")?, fields.text("comment")?);
            Operation::CreateEnum(Enum { name, values, comment, renamed_from: None })
        }
        "drop_enum" => {
            let former = |inner: &mut Fields| Ok((texts(inner, "values")?, inner.text("comment")?));
            let former = was(fields, "the former type", former)?;
            let former =
                former.map(|(values, comment)| Enum { name: name.clone(), values, comment, renamed_from: None });
            Operation::DropEnum { was: former, name }
        }
        "alter_enum" => {
            let to = enum_change(fields)?;
            if to.is_empty() {
                return Err(fields.error("`values` or `comment` is missing"));
            }
            Operation::AlterEnum { name, to, was: was(fields, "the former type", enum_change)? }
        }
        _ => Operation::RenameEnum { name, to: ident(fields, "to")? },
    })
}

fn tables(word: &str, fields: &mut Fields) -> Result<Operation> {
    let name = name(fields, "name")?;
    Ok(match word {
        "create_table" => {
            let made = Operation::CreateTable(Box::new(table_fields(name, fields)?));
            keeping(made, fields)?
        }
        "drop_table" => {
            let former = fields.optional("was").map(|node| table(name.clone(), node)).transpose()?;
            keeping(Operation::DropTable { name, was: former.map(Box::new) }, fields)?
        }
        "rename_table" => Operation::RenameTable { name, to: ident(fields, "to")? },
        _ => {
            let to = table_change(fields)?;
            let was = was(fields, "the former table", table_change)?.unwrap_or_default();
            Operation::AlterTable { name, to, was }
        }
    })
}

fn columns(word: &str, fields: &mut Fields) -> Result<Operation> {
    let table = name(fields, "table")?;
    if word == "add_column" {
        let mut inner = Fields::of(fields.require("column")?, "a column")?;
        let column_name = ident(&mut inner, "name")?;
        let column = Box::new(column_fields(column_name, &mut inner)?);
        inner.finish()?;
        let made = Operation::AddColumn { table, column, position: position(fields)? };
        return keeping(made, fields);
    }
    let name = ident(fields, "name")?;
    Ok(match word {
        "drop_column" => {
            let position = position(fields)?;
            let former = was(fields, "the former column", |inner| column_fields(name.clone(), inner))?;
            keeping(Operation::DropColumn { table, name, was: former.map(Box::new), position }, fields)?
        }
        "rename_column" => Operation::RenameColumn { table, name, to: ident(fields, "to")? },
        _ => {
            let to = Box::new(column_change(fields)?);
            let was = Box::new(was(fields, "the former column", column_change)?.unwrap_or_default());
            Operation::AlterColumn { table, name, to, was }
        }
    })
}

fn position(fields: &mut Fields) -> Result<Option<Position>> {
    let Some(node) = fields.optional("position") else { return Ok(None) };
    if matches!(node.text(), Ok("first")) {
        return Ok(Some(Position::First));
    }
    let shape = node.expected("`first` or `{ after: column }`");
    let mut inner = Fields::of(node, "a position").map_err(|_| shape)?;
    let position = Position::After(ident(&mut inner, "after")?);
    inner.finish()?;
    Ok(Some(position))
}

/// A key that is there counts, also with `null`: then the thing goes.
fn changed<T>(
    fields: &mut Fields,
    key: &'static str,
    make: impl FnOnce(Node) -> Result<T>,
) -> Result<Option<Option<T>>> {
    match fields.take(key) {
        None => Ok(None),
        Some(node) if node.is_null() => Ok(Some(None)),
        Some(node) => make(node).map(|made| Some(Some(made))),
    }
}

fn column_change(fields: &mut Fields) -> Result<ColumnChange> {
    Ok(ColumnChange {
        ty: fields.optional("type").map(read_type).transpose()?,
        nullable: fields.bool("nullable")?,
        default: changed(fields, "default", default)?,
        identity: changed(fields, "identity", identity)?,
        generated: changed(fields, "generated", generated)?,
        comment: changed(fields, "comment", Node::into_text)?,
        options: options_change(fields)?,
        position: position(fields)?,
    })
}

fn table_change(fields: &mut Fields) -> Result<TableChange> {
    Ok(TableChange { comment: changed(fields, "comment", Node::into_text)?, options: options_change(fields)? })
}

fn enum_change(fields: &mut Fields) -> Result<EnumChange> {
    let values = fields.optional("values").map(|node| node.list_of(Node::into_text)).transpose()?;
    Ok(EnumChange { values, comment: changed(fields, "comment", Node::into_text)? })
}

fn options_change(fields: &mut Fields) -> Result<OptionsChange> {
    let mut change = OptionsChange::default();
    for word in DATABASES {
        let Some(node) = fields.optional(word) else { continue };
        for (key, value) in node.entries()? {
            let value = if value.is_null() { None } else { Some(value.into_text()?) };
            change.0.change(word.to_owned(), |section| drop(section.insert(key.text, value)));
        }
    }
    Ok(change)
}

fn indexes(word: &str, fields: &mut Fields) -> Result<Operation> {
    let table = name(fields, "table")?;
    let name = ident(fields, "name")?;
    Ok(match word {
        "create_index" => Operation::CreateIndex { table, index: Box::new(index_fields(name, fields)?) },
        "drop_index" => {
            let former = was(fields, "the former index", |inner| index_fields(name.clone(), inner))?;
            Operation::DropIndex { table, name, was: former.map(Box::new) }
        }
        _ => Operation::RenameIndex { table, name, to: ident(fields, "to")? },
    })
}

fn constraints(word: &str, fields: &mut Fields) -> Result<Operation> {
    let table = name(fields, "table")?;
    match word {
        "comment" => return comment(table, fields),
        "rename_constraint" => {
            return Ok(Operation::RenameConstraint { table, name: ident(fields, "name")?, to: ident(fields, "to")? });
        }
        _ => {}
    }
    let name = fields.text("name")?.map(Ident::from);
    if word == "drop_constraint" {
        return drop_constraint(table, name, fields);
    }
    let kind = match word {
        "create_primary_key" => ConstraintKind::PrimaryKey,
        "create_unique_constraint" => ConstraintKind::Unique,
        "create_check_constraint" => ConstraintKind::Check,
        _ => ConstraintKind::ForeignKey,
    };
    let constraint = Box::new(constraint(kind, name, fields)?);
    Ok(Operation::AddConstraint { table, constraint })
}

fn constraint(kind: ConstraintKind, name: Option<Ident>, fields: &mut Fields) -> Result<Constraint> {
    Ok(match kind {
        ConstraintKind::PrimaryKey => Constraint::PrimaryKey(primary_key_fields(name, fields)?),
        ConstraintKind::Unique => Constraint::Unique(unique_fields(name, fields)?),
        ConstraintKind::Check => Constraint::Check(check_fields(name, fields)?),
        ConstraintKind::ForeignKey => Constraint::ForeignKey(foreign_key_fields(name, fields)?),
    })
}

fn drop_constraint(table: Name, name: Option<Ident>, fields: &mut Fields) -> Result<Operation> {
    let node = fields.require("kind")?;
    let said = node.text()?;
    // An exclusion constraint stands among the indexes.
    if said == "exclude" {
        let unnamed = || node.error("an exclusion constraint is dropped by its name").with_hint("add `name:`");
        let name = name.ok_or_else(unnamed)?;
        let former = was(fields, "the former constraint", |inner| index_fields(name.clone(), inner))?;
        return Ok(Operation::DropIndex { table, name, was: former.map(Box::new) });
    }
    let kind = ConstraintKind::ALL.into_iter().find(|kind| kind.word() == said);
    let kind = kind.ok_or_else(|| node.expected("`primary_key`, `unique`, `check`, `foreign_key` or `exclude`"))?;
    let former = was(fields, "the former constraint", |inner| constraint(kind, name.clone(), inner))?;
    if name.is_none() && former.is_none() && kind != ConstraintKind::PrimaryKey {
        return Err(node
            .error("a constraint without a name is found by what it was")
            .with_hint("add `name:` or `was:`"));
    }
    Ok(Operation::DropConstraint { table, name, kind, was: former.map(Box::new) })
}

fn comment(table: Name, fields: &mut Fields) -> Result<Operation> {
    let (part, name) = match fields.text("index")? {
        Some(name) => (Part::Index, Ident::from(name)),
        None => (Part::Constraint, ident(fields, "constraint")?),
    };
    Ok(Operation::Comment { table, part, name, to: fields.text("to")?, was: fields.text("was")? })
}

#[cfg(test)]
mod tests {
    use super::operation;
    use crate::format::operation_tree;
    use crate::ops::Operation;
    use crate::yaml::{Tree, document, write};

    /// Written → read → written again gives the same text, and the operation is what it was.
    fn round_trip(text: &str) -> Operation {
        let read = |text: &str| {
            let items = document(text).unwrap().list_of(operation).unwrap();
            items.into_iter().next().unwrap()
        };
        let made = read(text);
        let written = write(&Tree::List(vec![operation_tree(&made)]));
        assert_eq!(read(&written), made, "{written}");
        made
    }

    #[test]
    fn every_verb_survives_a_round_trip() {
        for text in [
            "- create_schema: { name: app }",
            "- create_enum: { name: mood, values: [sad, ok], schema: app }",
            "- drop_enum: { name: mood, was: { values: [sad] } }",
            "- alter_enum: { name: mood, values: [a, b], was: { values: [a] } }",
            "- rename_enum: { name: mood, to: state }",
            "- create_table:\n    name: orders\n    columns:\n      id: { type: bigint, identity: always }\n      note: text\n      price: { type: \"decimal(10,2)\", default: 1.10, nullable: false }\n      kind: { enum: [a, b] }\n    primary_key: [id]\n    unique: { uq: [note] }\n    checks: [\"price > 0\"]\n    indexes: { ix: [note, { name: price, order: desc }] }\n    mysql: { engine: InnoDB }",
            "- drop_table: { name: orders, was: { columns: { id: int } } }",
            "- rename_table: { name: orders, to: purchases }",
            "- alter_table: { name: orders, comment: null, mysql: { engine: InnoDB }, was: { comment: x, mysql: { engine: MyISAM } } }",
            "- add_column: { table: orders, column: { name: note, type: text }, position: { after: id } }",
            "- drop_column: { table: orders, name: note }",
            "- rename_column: { table: orders, name: note, to: remark }",
            "- alter_column: { table: orders, name: note, type: varchar(80), nullable: false, default: null, was: { type: text, nullable: true, default: x } }",
            "- create_index: { table: orders, name: ix_a, columns: [a], unique: true, where: \"a > 0\" }",
            "- drop_index: { table: orders, name: ix_a, was: { columns: [{ sql: lower(a) }] } }",
            "- rename_index: { table: orders, name: ix_a, to: ix_b }",
            "- create_primary_key: { table: orders, columns: [id] }",
            "- create_unique_constraint: { table: orders, name: uq_a, columns: [a] }",
            "- create_check_constraint: { table: orders, name: ck_a, condition: \"a > 0\" }",
            "- create_foreign_key: { table: orders, name: fk_c, columns: [c], references: { table: customers, columns: [id] }, on_delete: cascade }",
            "- drop_constraint: { table: orders, name: fk_c, kind: foreign_key, was: { columns: [c], references: { table: customers } } }",
            "- rename_constraint: { table: orders, name: fk_c, to: fk_d }",
            "- comment: { table: orders, index: ix, to: x, was: null }",
            "- sql: \"UPDATE orders SET a = 1\"",
            "- sql: { postgres: \"SELECT 1\", mysql: \"SELECT 2\" }",
            "- create_view: { name: open, definition: \"SELECT 1\", comment: x }",
            "- create_function:\n    name: total\n    schema: app\n    arguments: integer, text\n    definition: |\n      CREATE FUNCTION total(integer, text) RETURNS integer\n      LANGUAGE sql AS 'SELECT 1'",
            "- drop_trigger: { name: audit, table: orders, was: { definition: CREATE TRIGGER audit } }",
            "- drop_trigger: { name: audit, schema: app, table: orders }",
            "- alter_view: { name: open, definition: { sql: { postgres: SELECT 1, sqlite: SELECT 2 } }, was: { definition: SELECT 3, comment: x } }",
        ] {
            round_trip(text);
        }
    }

    #[test]
    fn an_exclusion_constraint_is_dropped_as_the_index_that_it_is() {
        let was = "name: a, was: { columns: [room], method: gist, postgres: { exclude: \"&&\" } }";
        let constraint = round_trip(&format!("- drop_constraint: {{ table: t, kind: exclude, {was} }}"));
        assert_eq!(constraint, round_trip(&format!("- drop_index: {{ table: t, {was} }}")));
        let error = document("- drop_constraint: { table: t, kind: exclude }").unwrap().list_of(operation).unwrap_err();
        assert_eq!(error.hint(), Some("add `name:`"));
    }

    #[test]
    fn an_unknown_verb_names_the_nearest() {
        let error = document("- drop_tabel: { name: a }").unwrap().list_of(operation).unwrap_err();
        assert_eq!(error.place().line, Some(1));
        assert_eq!(error.hint(), Some("write `drop_table`"));
    }
}
