//! Columns that are computed when they are read, from now on or no more: MODIFY COLUMN cannot do that (MariaDB: "not yet
//! supported for generated columns", MySQL error 3106), so the column is made anew. Pure: no I/O.

use super::{Pen, parts};
use crate::dialect::Unsupported;
use crate::dialect::mysql::quote;
use crate::ops::{Constraint, Operation};
use crate::schema::{Column, Ident, Name, Position, Table};
use crate::statement::{Hazard, Statement};

/// Whether the values move between the table and nowhere.
pub(super) fn turns_virtual(former: &Column, column: &Column) -> bool {
    let stored = |column: &Column| column.generated.as_ref().is_none_or(|generated| generated.stored);
    stored(former) != stored(column)
}

/// Makes a column anew in its place, with the indexes over it. A column that keeps its values takes them over.
pub(super) fn make_anew(
    pen: &mut Pen,
    operation: &Operation,
    (table, known): (&Name, &Table),
    (column, position): (&Column, Option<&Position>),
    hazards: Vec<Hazard>,
) -> Result<(), Unsupported> {
    let place = position.cloned().unwrap_or_else(|| place_of(known, &column.name));
    let (drops, adds) = indexes_over(pen, known, &column.name)?;
    let (alter, name) = (format!("ALTER TABLE {}\n  ", quote::name(table)), quote::ident(&column.name));
    let mut first = drops;
    let mut texts = Vec::new();
    if column.generated.is_some() {
        first.push(format!("DROP COLUMN {name}"));
        first.push(format!(
            "ADD COLUMN {}{}",
            parts::column(column, Some(known), pen.server)?,
            super::columns::place(Some(&place))
        ));
        first.extend(adds);
        texts.push(format!("{alter}{}", first.join(",\n  ")));
    } else {
        let aside = Column { name: column.name.behind("migrate_new_"), ..column.clone() };
        let new = quote::ident(&aside.name);
        let behind = super::columns::place(Some(&Position::After(column.name.clone())));
        texts.push(format!("{alter}ADD COLUMN {}{behind}", parts::column(&aside, Some(known), pen.server)?));
        texts.push(format!("UPDATE {} SET {new} = {name}", quote::name(table)));
        first.push(format!("DROP COLUMN {name}"));
        texts.push(format!("{alter}{}", first.join(",\n  ")));
        let renamed = format!("CHANGE COLUMN {new} {}", parts::column(column, Some(known), pen.server)?);
        let moved = position.map_or_else(String::new, |position| super::columns::place(Some(position)));
        texts.push(format!("{alter}{}", [vec![renamed + moved.as_str()], adds].concat().join(",\n  ")));
    }
    let mut hazards = Some(hazards);
    for sql in texts {
        let mut statement = Statement::new(sql, operation.describe());
        statement.hazards.extend(hazards.take().unwrap_or_default());
        pen.statement(statement);
    }
    Ok(())
}

fn place_of(table: &Table, name: &Ident) -> Position {
    let place = table.columns.iter().position(|column| column.name == *name);
    let before = place.and_then(|place| place.checked_sub(1)).and_then(|before| table.columns.get(before));
    before.map_or(Position::First, |before| Position::After(before.name.clone()))
}

/// Clauses that drop the indexes and unique constraints over a column, and that make them again.
fn indexes_over(pen: &Pen, table: &Table, column: &Ident) -> Result<(Vec<String>, Vec<String>), Unsupported> {
    let (mut drops, mut adds) = (Vec::new(), Vec::new());
    for index in table.indexes.iter().filter(|index| index.parts.iter().any(|part| part.column_name() == Some(column)))
    {
        drops.push(format!("DROP INDEX {}", quote::ident(&index.name)));
        adds.push(format!("ADD {}", parts::index(index, pen.server)?));
    }
    for unique in table.uniques.iter().filter(|unique| unique.columns.contains(column)) {
        let Some(name) = &unique.name else { continue };
        drops.push(format!("DROP INDEX {}", quote::ident(name)));
        adds.push(format!("ADD {}", parts::constraint(&Constraint::Unique(unique.clone()), &pen.shape, pen.server)?));
    }
    Ok((drops, adds))
}
