//! Rows that models own: those of small tables that belong to the program, such as countries or states of an order. They are
//! no part of the schema; [`crate::check`] asks the database about them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::format::{ModelRows, model_rows};
use crate::model::{ModelFile, Models, Spot};
use crate::schema::Name;
use crate::yaml::{Fields, Node, Value};

/// The most rows of one table: a model is read and compared whole.
const MOST: usize = 10_000;

/// The rows of one table, and where they stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnedRows {
    /// Of `rows:`; each row has a line of its own.
    pub(crate) spot: Spot,
    pub(crate) said: ModelRows,
}

/// The rows that files of models own. Files without that word are not parsed.
pub(crate) fn owned_rows(files: &[ModelFile]) -> Result<BTreeMap<Name, OwnedRows>> {
    let some = files.iter().filter(|file| file.is_yaml && file.text.contains("rows"));
    Ok(Models::parse(&some.cloned().collect::<Vec<_>>())?.rows)
}

/// Takes `rows:` out of the fields of a table.
pub(super) fn take_rows(path: &Path, fields: &mut Fields) -> Result<Option<OwnedRows>> {
    let Some((key, node)) = fields.take_entry("rows").filter(|(_, node)| !node.is_null()) else { return Ok(None) };
    let spot = Spot { file: path.to_path_buf(), line: key.line };
    let said = model_rows(node)?;
    if said.rows.len() > MOST {
        let phrase = format!("{} rows of one table: a model owns {MOST} at most", said.rows.len());
        return Err(key.error(phrase).with_hint("put them into a `seed` of a revision, or load them with the program"));
    }
    Ok(Some(OwnedRows { spot, said }))
}

/// The rows alone of a table that is declared elsewhere: in SQL, or in another file.
pub(super) fn rows_alone(path: &Path, node: Node) -> Result<Option<OwnedRows>> {
    let mut fields = Fields::of(node, "a table")?;
    let rows = take_rows(path, &mut fields)?;
    fields.finish().map(|()| rows)
}

/// Whether nothing but rows is said of a table.
pub(super) fn is_alone(node: &Node) -> bool {
    matches!(&node.value, Value::Map(entries) if entries.iter().map(|(key, _)| key.text.as_str()).eq(["rows"]))
}

/// Adds the rows of a table, of which nobody spoke before.
pub(super) fn add(models: &mut Models, name: &Name, rows: Option<OwnedRows>) -> Result<()> {
    let Some(rows) = rows else { return Ok(()) };
    if let Some(other) = models.rows.get(name) {
        let place = format!("{}:{}", other.spot.file.display(), other.spot.line);
        let phrase = format!("the rows of {} are declared twice: here and in {place}", name.for_people());
        return Err(Error::new(Kind::File, phrase).at_line(rows.spot.line, 0).with_hint("put them together"));
    }
    models.rows.insert(name.clone(), rows);
    Ok(())
}
