//! Rows that the models own against those of the database. The server compares, in a temporary table that is gone
//! afterwards; what differs becomes operations like those of the schema, in the places where they can run.

mod ask;
mod owned;
mod steps;

use std::collections::BTreeMap;

use crate::check::{Cell, Comparison, Drift, DriftedRow, RowDrift};
use crate::data::{self, Site};
use crate::db::Connection;
use crate::dialect::Server;
use crate::error::Result;
use crate::model::OwnedRows;
use crate::ops::{DataOperation, DataWork, Operation, WayBack};
use crate::schema::{Ident, Name, Schema};

use owned::{Owned, settle};

/// What differs, by places: rows of the model, columns of the owned ones beside the key.
#[derive(Clone, Debug, Default)]
struct Found {
    missing: Vec<usize>,
    /// The row, what was compared, and which columns are to be written.
    changed: Vec<(usize, Vec<Cell>)>,
    /// Columns that cannot be compared, for they are new or of another type: they are written in every row.
    unknown: Vec<usize>,
    /// The columns and the values of rows that nobody wants, the key first.
    extra: (Vec<Ident>, Vec<Vec<Option<String>>>),
}

/// Where rows are compared.
pub(super) struct Ground<'a> {
    pub(super) dialect: &'static dyn Server,
    pub(super) comparison: &'a Comparison,
    /// Whether the configuration leaves a table out.
    pub(super) ignores: &'a dyn Fn(&Name) -> bool,
}

impl Ground<'_> {
    /// The operations of the comparison with those on rows among them, and what they are about.
    ///
    /// # Errors
    /// [`crate::Kind::File`] for rows that do not fit their table, with file and line.
    pub(super) async fn compare(
        &self,
        connection: &mut Connection,
        rows: &BTreeMap<Name, OwnedRows>,
    ) -> Result<(Vec<Operation>, Vec<RowDrift>)> {
        let Comparison { live, desired, difference, .. } = self.comparison;
        let triggers = BTreeMap::new();
        let (server, nowhere) = (connection.server(), Name::own(""));
        let site = |shape| Site {
            dialect: self.dialect,
            server,
            shape,
            revision: "",
            version_table: &nowhere,
            triggers: &triggers,
            keys_off: false,
        };
        let mut tables = Vec::new();
        for (name, said) in rows.iter().filter(|(name, _)| !(self.ignores)(name)) {
            let owned =
                settle(name, said, Sides { live, desired, operations: &difference.operations }, &site(desired))?;
            let found = match &owned.live {
                Some(there) => ask::ask(connection, self.dialect, &owned, there, (&site(live), &site(desired))).await?,
                None => {
                    owned.literals(&site(desired))?;
                    Found { missing: (0..said.said.rows.len()).collect(), ..Found::default() }
                }
            };
            tables.push((owned, found));
        }
        let drift = tables.iter().filter_map(|(owned, found)| owned.drift(found)).collect();
        Ok((steps::placed(&difference.operations, steps::steps(&tables, self.dialect)), drift))
    }
}

/// Both sides of a comparison, and what leads from the first to the second.
#[derive(Clone, Copy)]
struct Sides<'a> {
    live: &'a Schema,
    desired: &'a Schema,
    operations: &'a [Operation],
}

/// The statements that put the rows of models into new tables, those first that others refer to.
pub(super) fn inserts(
    dialect: &'static dyn Server,
    server: crate::statement::ServerVersion,
    made: &Schema,
    rows: &BTreeMap<Name, OwnedRows>,
) -> Result<Vec<String>> {
    let (triggers, nowhere) = (BTreeMap::new(), Name::own(""));
    let site = Site {
        dialect,
        server,
        shape: made,
        revision: "",
        version_table: &nowhere,
        triggers: &triggers,
        keys_off: false,
    };
    let empty = Schema::default();
    let mut tables = Vec::new();
    for (name, said) in rows {
        let owned = settle(name, said, Sides { live: &empty, desired: made, operations: &[] }, &site)?;
        owned.literals(&site)?;
        tables.push((owned, Found { missing: (0..said.said.rows.len()).collect(), ..Found::default() }));
    }
    let mut all = Vec::new();
    for operation in steps::steps(&tables, dialect) {
        all.extend(plain(&operation, &site)?);
    }
    Ok(all)
}

/// The plain statements of an operation on rows; nothing for others.
pub(super) fn plain(operation: &Operation, site: &Site<'_>) -> Result<Vec<String>> {
    if let Operation::Data(DataOperation::Step(step)) = operation
        && let DataWork::Rows(changes) = &step.work
    {
        return data::plain(changes, &step.table, site);
    }
    let mut all = Vec::new();
    if let Operation::Data(DataOperation::Restore(restore)) = operation
        && let Some(WayBack::Undo(operations)) = restore.of.as_ref().map(|step| &step.back)
    {
        for operation in operations {
            all.extend(plain(operation, site)?);
        }
    }
    Ok(all)
}

impl Owned<'_> {
    /// What a person is told; None where nothing differs.
    fn drift(&self, found: &Found) -> Option<RowDrift> {
        let of = |row: &usize| self.key_texts(*row);
        let missing = found.missing.iter().map(|row| DriftedRow { key: of(row), drift: Drift::Missing });
        let changed = found.changed.iter().filter(|(_, cells)| !cells.is_empty());
        let changed = changed.map(|(row, cells)| DriftedRow { key: of(row), drift: Drift::Changed(cells.clone()) });
        let extra = found.extra.1.iter().map(|row| {
            let key =
                self.key.iter().zip(row).map(|(column, text)| (column.name.clone(), text.clone().unwrap_or_default()));
            DriftedRow { key: key.collect(), drift: Drift::Extra }
        });
        let rows: Vec<DriftedRow> = changed.chain(missing).chain(extra).collect();
        (!rows.is_empty()).then(|| RowDrift { table: self.table.name.clone(), rows })
    }
}
