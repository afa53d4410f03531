//! Grants as statements. Pure.

use crate::dialect::Unsupported;
use crate::dialect::mysql::capabilities;
use crate::dialect::mysql::objects::rights::{Ledger, changes, touches};
use crate::ops::ObjectOperation;
use crate::schema::{Object, ObjectId, ObjectKind, Pair, Schema};
use crate::statement::split::split;
use crate::statement::syntax::MYSQL;
use crate::statement::{ServerVersion, Statement};

/// The rights that an object says.
///
/// # Errors
/// What is wrong with one of its statements.
fn ledger(object: &Object, server: ServerVersion) -> Result<Ledger, String> {
    let text = object.definition.text();
    let pieces = split(text, &MYSQL).map_err(|error| error.phrase().to_owned())?;
    Ledger::of(&pieces.iter().map(|piece| piece.sql).collect::<Vec<_>>(), None, server)
}

/// The statements that set, change or take back rights.
pub(super) fn statements(operation: &ObjectOperation, server: ServerVersion) -> Result<Vec<Statement>, Unsupported> {
    let read = |object: &Object| {
        ledger(object, server).map_err(|why| {
            let what = format!("{}: {why}", object.id.for_people());
            Unsupported::new(
                what,
                "say rights on the database itself as `ON *`, and on what is in it without the database",
            )
        })
    };
    let (verb, former, wanted) = match operation {
        ObjectOperation::Create(to) => ("set", Ledger::default(), read(to)?),
        ObjectOperation::Alter { to, was: Some(was) } => ("change", read(was)?, read(to)?),
        ObjectOperation::Drop { was: Some(was), .. } => ("reset", read(was)?, Ledger::default()),
        ObjectOperation::Alter { was: None, .. } | ObjectOperation::Drop { was: None, .. } => {
            return Err(unknown(operation.id()));
        }
    };
    let why = format!("{verb} {}", operation.id().for_people());
    Ok(changes(&former, &wanted, server).into_iter().map(|sql| Statement::new(sql, why.clone())).collect())
}

fn unknown(id: &ObjectId) -> Unsupported {
    let what = format!("a change of {} that does not say what they are", id.for_people());
    Unsupported::new(what, "say it under `was`: here rights are taken back one by one")
}

/// Whether rights on a column lose something by a change of those on its table, now or on the way back.
pub(super) fn lose_beside(object: &Object, table: Pair<Option<&Object>>) -> bool {
    // The product that knows more rights.
    let read =
        |one: Option<&Object>| one.map_or_else(|| Ok(Ledger::default()), |one| ledger(one, capabilities::OLDEST));
    match (read(Some(object)), read(table.from), read(table.to)) {
        (Ok(column), Ok(from), Ok(to)) => touches(&column, (&from, &to)) || touches(&column, (&to, &from)),
        _ => true,
    }
}

/// The statements that give back who may call a routine, which the server forgets with DROP; `shape` is what is there.
pub(super) fn given_back(routine: &ObjectId, shape: &Schema, server: ServerVersion) -> Vec<Statement> {
    let is_it = |id: &&ObjectId| {
        id.kind == ObjectKind::Grants
            && id.name == routine.name
            && id.arguments.as_deref() == Some(routine.kind.spoken())
    };
    let grants = shape.objects.keys().find(is_it).and_then(|id| shape.objects.get(id));
    let Some(Ok(ledger)) = grants.map(|grants| ledger(grants, server)) else { return Vec::new() };
    let why = format!("give back the rights on {}", routine.for_people());
    ledger.statements(server).into_iter().map(|sql| Statement::new(sql, why.clone())).collect()
}
