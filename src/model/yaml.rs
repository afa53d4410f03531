//! One YAML file of models.

use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::format;
use crate::model::rows;
use crate::model::rules::take_rules;
use crate::model::{Models, Spot};
use crate::schema::{Ident, Name, ObjectKind};
use crate::text_file::or_conflict;
use crate::yaml::{Fields, Node};

/// Adds what a file declares. An empty file declares nothing.
pub(super) fn read_into(models: &mut Models, path: &Path, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    crate::yaml::read_with(text, path, |node| {
        if node.is_null() {
            return Ok(());
        }
        let mut fields = Fields::of(node, "a file of models")?;
        fields.take_format(1)?;
        schema(models, path, None, &mut fields)?;
        if let Some(schemas) = fields.optional("schemas") {
            for (key, node) in schemas.entries()? {
                let name = Ident::from(key.text);
                models.declared.schemas.insert(name.clone());
                let mut inner = Fields::of(node, "a schema")?;
                schema(models, path, Some(&name), &mut inner)?;
                inner.finish()?;
            }
        }
        fields.finish()
    })
    .map_err(|error| or_conflict(error, text).in_file(path))
}

fn schema(models: &mut Models, path: &Path, schema: Option<&Ident>, fields: &mut Fields) -> Result<()> {
    let entries = |node: Option<Node>| node.map_or(Ok(Vec::new()), Node::entries);
    for (key, node) in entries(fields.optional("enums"))? {
        let name = Name::new(schema.cloned(), key.text.as_str());
        if models.declared.enums.contains_key(&name) {
            return Err(key.error(format!("the type {} is declared twice", name.for_people())));
        }
        models.declared.enums.insert(name.clone(), format::enum_type(name, node)?);
    }
    for (key, node) in entries(fields.optional("tables"))? {
        let name = Name::new(schema.cloned(), key.text.as_str());
        if rows::is_alone(&node) {
            rows::add(models, &name, rows::rows_alone(path, node)?)?;
            continue;
        }
        if let Some(other) = models.spots.get(&name) {
            let place = format!("{}:{}", other.file.display(), other.line);
            let said = format!("the table {} is declared twice: here and in {place}", name.for_people());
            return Err(key.error(said).with_hint("remove one of them"));
        }
        models.spots.insert(name.clone(), Spot { file: path.to_path_buf(), line: key.line });
        let beside = |fields: &mut Fields| Ok((take_rules(path, fields)?, rows::take_rows(path, fields)?));
        let (table, (rules, owned)) = format::model_table(name.clone(), node, beside)?;
        models.declared.insert(table);
        rows::add(models, &name, owned)?;
        if !rules.is_empty() {
            models.rules.insert(name, rules);
        }
    }
    ObjectKind::ALL.into_iter().try_for_each(|kind| objects(models, path, (kind, schema), fields))
}

/// Adds the objects of one kind and schema.
fn objects(
    models: &mut Models,
    path: &Path,
    (kind, schema): (ObjectKind, Option<&Ident>),
    fields: &mut Fields,
) -> Result<()> {
    let Some(node) = fields.optional(kind.plural()) else { return Ok(()) };
    for (line, object) in format::objects(kind, schema, node)? {
        let spot = Spot { file: path.to_path_buf(), line };
        if let Some(other) = models.object_spots.insert(object.id.clone(), spot) {
            let place = format!("{}:{}", other.file.display(), other.line);
            let said = format!("the {} is declared twice: here and in {place}", object.id.for_people());
            let hint = "remove one of them; routines of one name need `arguments`, triggers of one name `table`";
            return Err(Error::new(Kind::File, said).at_line(line, 0).with_hint(hint));
        }
        models.declared.insert_object(object);
    }
    Ok(())
}
