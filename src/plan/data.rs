//! Operations on rows in a plan: steps by name, their ways back, and drops that keep what goes away.

use super::{BackRules, Chunk, DataChunk};
use crate::error::{Error, Kind, Result};
use crate::graph::Direction;
use crate::ops::{ColumnChange, DataOperation, DataStep, Kept, OnConflict, Operation, Restore, WayBack};
use crate::revision::{Body, Entry};

/// The steps of a revision. A name is there once.
pub(super) fn steps(body: &Body) -> Result<Vec<DataStep>> {
    let mut steps: Vec<DataStep> = Vec::new();
    for entry in &body.upgrade {
        if let Operation::Data(DataOperation::Step(step)) = &entry.operation {
            if steps.iter().any(|known| known.name == step.name) {
                let phrase = format!("two steps are named `{}`", step.name);
                return Err(Error::new(Kind::File, phrase).at_line(entry.line, 0).with_hint("give one another name"));
            }
            steps.push(step.as_ref().clone());
        }
    }
    Ok(steps)
}

/// An operation on rows as a part of a revision.
pub(super) fn chunk(operation: DataOperation, line: usize, outside: bool, revision: &str) -> Result<Chunk> {
    refuse_batch(&operation, outside)?;
    Ok(Chunk::Data(Box::new(DataChunk { operation, revision: revision.to_owned(), line })))
}

/// Work in pieces commits each of them, which the file must say.
fn refuse_batch(data: &DataOperation, outside: bool) -> Result<()> {
    let DataOperation::Step(step) = data else { return Ok(()) };
    if step.on_error == crate::ops::OnError::Skip && step.batch.is_none() {
        let phrase = format!("`{}` skips rows that cannot be changed, which takes batches", step.name);
        return Err(
            Error::new(Kind::File, phrase).with_hint("say `batch: { size: 5000 }`, or take `on_error: skip` out")
        );
    }
    if step.batch.is_some() && !outside {
        let phrase = format!("`{}` goes in batches, each in a transaction of its own", step.name);
        return Err(Error::new(Kind::File, phrase).with_hint(
            "say `transaction: none` in this revision, and put into another one what is to be one transaction",
        ));
    }
    Ok(())
}

/// The operations as they run: drops that keep data come apart, and ways back by name find their steps.
pub(super) fn expand(
    entries: Vec<Entry>,
    steps: &[DataStep],
    direction: Direction,
    back: BackRules,
) -> Result<Vec<Entry>> {
    let mut all = Vec::with_capacity(entries.len());
    for Entry { operation, line } in entries {
        let operations = if let Operation::Data(data) = operation {
            expanded(data, steps, direction, back).map_err(|error| error.at_line(line, 0))?
        } else {
            vec![operation]
        };
        all.extend(operations.into_iter().map(|operation| Entry { operation, line }));
    }
    Ok(all)
}

fn expanded(data: DataOperation, steps: &[DataStep], direction: Direction, back: BackRules) -> Result<Vec<Operation>> {
    Ok(match data {
        DataOperation::Keep(kept) => {
            let drop = kept.drop.as_ref().clone();
            vec![Operation::Data(DataOperation::Keep(kept)), drop]
        }
        DataOperation::BringBack(kept) => brought_back(kept)?,
        DataOperation::Restore(restore) => restored(restore, steps, back)?.into_iter().map(without_images).collect(),
        step @ DataOperation::Step(_) if direction == Direction::Down => {
            vec![without_images(Operation::Data(step))]
        }
        step @ DataOperation::Step(_) => vec![Operation::Data(step)],
    })
}

/// A step on the way down has no way down of its own.
fn without_images(operation: Operation) -> Operation {
    if let Operation::Data(DataOperation::Step(mut step)) = operation {
        step.back = WayBack::Irreversible("it is a way back itself".to_owned());
        return Operation::Data(DataOperation::Step(step));
    }
    operation
}

/// What makes a column or table again, what fills it, and what makes a column that is filled refuse NULL.
fn brought_back(kept: Kept) -> Result<Vec<Operation>> {
    let made = kept.made().ok_or_else(|| Error::new(Kind::File, "nobody knows what it was"))?;
    let fill = Operation::Data(DataOperation::BringBack(kept));
    if let Operation::AddColumn { table, mut column, position } = made {
        if column.nullable || column.default.is_some() || column.identity.is_some() {
            return Ok(vec![Operation::AddColumn { table, column, position }, fill]);
        }
        column.nullable = true;
        let change = |nullable| Box::new(ColumnChange { nullable: Some(nullable), ..ColumnChange::default() });
        let (to, was, name) = (change(false), change(true), column.name.clone());
        let strict = Operation::AlterColumn { table: table.clone(), name, to, was };
        return Ok(vec![Operation::AddColumn { table, column, position }, fill, strict]);
    }
    Ok(vec![made, fill])
}

/// What takes a step back.
fn restored(restore: Restore, steps: &[DataStep], back: BackRules) -> Result<Vec<Operation>> {
    let known = restore.of.or_else(|| steps.iter().find(|step| step.name == restore.step).cloned().map(Box::new));
    let Some(step) = known else {
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        let phrase = format!("the upgrade of this revision has no step `{}`", restore.step);
        return Err(Error::new(Kind::File, phrase).with_hint(format!("its steps are {}", names.join(", "))));
    };
    match &step.back {
        WayBack::Undo(operations) => Ok(operations.clone()),
        WayBack::Irreversible(_) if back.allow_data_loss => Ok(Vec::new()),
        WayBack::Irreversible(why) => {
            Err(Error::new(Kind::NoWayBack, format!("step `{}` has no way back: {why}", step.name))
                .with_hint("take `restore` out, or pass --allow-data-loss"))
        }
        WayBack::Images => {
            let said = (restore.on_conflict != OnConflict::Stop).then_some(restore.on_conflict);
            let on_conflict = said.or(back.on_conflict).unwrap_or_default();
            let of = Some(step);
            Ok(vec![Operation::Data(DataOperation::Restore(Restore { step: restore.step, on_conflict, of }))])
        }
    }
}
