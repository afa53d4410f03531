//! Operations of a comparison with the SQL that would do them and what may go wrong.

#[cfg(feature = "orm")]
use std::collections::BTreeMap;

#[cfg(feature = "orm")]
use crate::check::rows;
#[cfg(feature = "orm")]
use crate::data::Site;
use crate::dialect::Unsupported;
use crate::diff::Context;
use crate::error::Result;
use crate::execute::render::unsupported;
use crate::ops::{ObjectOperation, Operation};
#[cfg(feature = "orm")]
use crate::schema::Name;
use crate::schema::Schema;
use crate::statement::Hazard;

/// Whether an operation drops what holds data.
fn is_drop(operation: &Operation) -> bool {
    matches!(operation, Operation::DropColumn { .. } | Operation::DropTable { .. })
}

/// Whether it drops values that nobody can compute again.
pub(super) fn drops_values(operation: &Operation) -> bool {
    let is_computed = matches!(operation, Operation::DropColumn { was: Some(was), .. } if was.generated.is_some());
    is_drop(operation) && !is_computed
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Explained {
    pub(crate) operation: Operation,
    pub(crate) sql: Vec<String>,
    pub(crate) hazards: Vec<Hazard>,
    /// Why this server, or this tool on it, cannot make it; there is no SQL then.
    pub(crate) refused: Option<Unsupported>,
}

impl Explained {
    /// A drop that keeps what goes away loses nothing.
    pub(crate) fn keep(&mut self) {
        if is_drop(&self.operation) {
            self.hazards.retain(|hazard| !matches!(hazard, Hazard::LosesData(_)));
        }
    }

    /// Whether data goes away with it.
    pub(crate) fn destructive(&self) -> bool {
        self.hazards.iter().any(|hazard| matches!(hazard, Hazard::LosesData(_)))
    }

    /// What may go wrong, and why it cannot be made here: a line each.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let refused = self.refused.as_ref().map(|one| match one.instead.as_str() {
            "" => one.phrase(),
            instead => format!("{}; {instead}", one.phrase()),
        });
        self.hazards.iter().map(Hazard::to_string).chain(refused).collect()
    }
}

/// The plain statements of an operation on rows; none for others.
#[cfg(feature = "orm")]
fn of_rows(operation: &Operation, schema: &Schema, context: Context<'_>) -> Result<Vec<String>> {
    let (triggers, nowhere) = (BTreeMap::new(), Name::own(""));
    let Context { dialect, server } = context;
    let site = Site {
        dialect,
        server,
        shape: schema,
        revision: "",
        version_table: &nowhere,
        triggers: &triggers,
        keys_off: false,
        images: None,
    };
    rows::plain(operation, &site)
}

#[cfg(not(feature = "orm"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
fn of_rows(_operation: &Operation, _schema: &Schema, _context: Context<'_>) -> Result<Vec<String>> {
    Ok(Vec::new())
}

/// Explains native operations one by one, each on what the ones before it leave.
///
/// # Errors
/// [`crate::error::Kind::Unsupported`] for the first that cannot be made here.
pub(crate) fn explain(operations: &[Operation], live: &Schema, context: Context<'_>) -> Result<Vec<Explained>> {
    let explained = explain_all(operations, live, context)?;
    match explained.iter().find_map(|one| one.refused.clone()) {
        Some(refused) => Err(unsupported(refused)),
        None => Ok(explained),
    }
}

/// The same for a verdict: a difference is one also where it cannot be made here.
pub(crate) fn explain_all(operations: &[Operation], live: &Schema, context: Context<'_>) -> Result<Vec<Explained>> {
    let mut schema = live.clone();
    let mut explained = Vec::with_capacity(operations.len());
    for (at, operation) in operations.iter().enumerate() {
        let (statements, refused) = match context.dialect.render_one(operations, at, &schema, context.server) {
            Ok(statements) => (statements, None),
            Err(refused) => (Vec::new(), Some(refused)),
        };
        let comes_again = is_made_again(operation, operations.get(..at).unwrap_or_default());
        let told = statements.iter().filter(|_| !comes_again);
        let hazards = told.flat_map(|statement| statement.hazards.clone()).collect();
        let mut sql: Vec<String> = statements.into_iter().map(|statement| statement.sql).collect();
        sql.extend(of_rows(operation, &schema, context)?);
        explained.push(Explained { operation: operation.clone(), sql, hazards, refused });
        context.dialect.advance(std::slice::from_ref(operation), &mut schema);
    }
    Ok(explained)
}

/// The SQL of all together, as a revision would run it: what belongs to several of them, like a foreign key that is out of the
/// way meanwhile, goes and comes once. What cannot be made here has none.
pub(crate) fn sql_of_all(explained: &[Explained], live: &Schema, context: Context<'_>) -> Vec<String> {
    let stands_alone = |one: &Explained| one.refused.is_some() || matches!(one.operation, Operation::Data(_));
    let (mut schema, mut sql) = (live.clone(), Vec::new());
    for run in explained.chunk_by(|one, next| !stands_alone(one) && !stands_alone(next)) {
        let operations: Vec<Operation> = run.iter().map(|one| one.operation.clone()).collect();
        let one_by_one = || run.iter().flat_map(|one| one.sql.iter().cloned()).collect();
        let together = if run.iter().any(stands_alone) {
            None
        } else {
            context.dialect.render(&operations, &schema, context.server).ok()
        };
        let together = together.map(|made| made.into_iter().map(|statement| statement.sql).collect::<Vec<_>>());
        sql.extend(together.unwrap_or_else(one_by_one));
        context.dialect.advance(&operations, &mut schema);
    }
    sql
}

/// Whether an object was there before, and was only taken down for the time of a change.
fn is_made_again(operation: &Operation, before: &[Operation]) -> bool {
    if let Operation::Object(ObjectOperation::Create(made)) = operation {
        let is_its_drop =
            |one: &Operation| matches!(one, Operation::Object(ObjectOperation::Drop { id, .. }) if *id == made.id);
        before.iter().any(is_its_drop)
    } else {
        false
    }
}

#[cfg(test)]
#[cfg(all(feature = "mysql", feature = "orm"))]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::ops::ColumnChange;
    use crate::schema::{Column, ForeignKey, Table, Type};

    #[test]
    fn what_is_out_of_the_way_goes_and_comes_once() {
        let (dialect, server) = for_script("mysql", Some("9.7")).unwrap();
        let table = |name: &str, column: &str| {
            let mut table = Table::new(Name::own(name));
            table.columns.push(Column::new(column, Type::Native("int".to_owned())));
            table
        };
        let mut child = table("child", "p");
        let key = ForeignKey::plain(vec!["p".into()], Name::own("parent"), vec!["id".into()]);
        child.foreign_keys.push(ForeignKey { name: Some("f".into()), ..key });
        let mut live = Schema::default();
        [child, table("parent", "id")].into_iter().for_each(|table| live.insert(table));
        let to = ColumnChange { ty: Some(Type::Native("bigint".to_owned())), ..ColumnChange::default() };
        let widen = |table: &str, name: &str| Operation::AlterColumn {
            table: Name::own(table),
            name: name.into(),
            to: Box::new(to.clone()),
            was: Box::default(),
        };
        let context = Context { dialect, server };
        let explained = explain_all(&[widen("child", "p"), widen("parent", "id")], &live, context).unwrap();
        let expected = [
            "ALTER TABLE `child` DROP FOREIGN KEY `f`",
            "ALTER TABLE `child` MODIFY COLUMN `p` bigint",
            "ALTER TABLE `parent` MODIFY COLUMN `id` bigint",
            "ALTER TABLE `child` ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `parent` (`id`)",
        ];
        assert_eq!(sql_of_all(&explained, &live, context), expected);
    }
}
