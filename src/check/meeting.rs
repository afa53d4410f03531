//! Branches that meet: whether their revisions come to the same schema in either order, and what both of them change.
//!
//! Every order is replayed in a scratch place and the results are compared by the diff. Only the schema is compared: what
//! the revisions make of rows that are there, nobody can tell beforehand.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::desk::Desk;
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::diff::{Context, RenameRules, diff};
use crate::error::{Error, Kind, Result};
use crate::execute::replay::in_memory;
use crate::graph::{Direction, RevisionId, Rows, Sides, Step};
use crate::model::not_modelled;
use crate::ops::Operation;
use crate::plan::{Chunk, Ground, Planned, plan};
use crate::revision::Revisions;
use crate::schema::{Name, Pair, Schema};
use crate::statement::touches::touched;

/// Branches, and what their revisions would run.
pub(crate) struct Meeting<'a> {
    sides: &'a Sides,
    planned: BTreeMap<RevisionId, Planned>,
    context: Context<'a>,
}

/// What is known of branches that meet.
#[derive(Clone, Debug)]
pub(crate) struct Met {
    /// Tables that several sides change.
    pub(crate) overlaps: Vec<Overlap>,
    /// Revisions of the sides with SQL whose tables nobody can tell.
    pub(crate) unclear: Vec<RevisionId>,
    pub(crate) verdict: Verdict,
}

/// A table that several sides change, and their revisions that do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    pub(crate) table: String,
    pub(crate) revisions: Vec<RevisionId>,
}

/// What the orders come to.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// The same schema. Without a server it is what operations in memory say.
    Same { in_memory: bool },
    /// Different schemas.
    Different(Vec<Different>),
    /// In this order of the sides' revisions one of them fails, which does not fail where its side comes first.
    Fails { order: Vec<RevisionId>, error: Error, because_of: Vec<RevisionId> },
    /// Nothing is known, and why.
    NotMade(Error),
}

/// One thing that differs between two orders, and the revisions that have a part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Different {
    pub(crate) summary: String,
    pub(crate) revisions: Vec<RevisionId>,
}

impl Met {
    /// Nothing is known, for this reason.
    pub(crate) fn unknown(why: Error) -> Self {
        Self { overlaps: Vec::new(), unclear: Vec::new(), verdict: Verdict::NotMade(why) }
    }
}

impl<'a> Meeting<'a> {
    /// Reads and plans every revision of the sides and of what they have in common.
    ///
    /// # Errors
    /// As [`plan`].
    pub(crate) fn new(sides: &'a Sides, revisions: &Revisions, ground: Ground<'a>) -> Result<Self> {
        let mut planned = BTreeMap::new();
        for id in sides.common.iter().chain(sides.own.iter().flatten()) {
            let step = Step {
                revision: id.clone(),
                direction: Direction::Up,
                before: Rows::new(),
                after: Rows::new(),
                moves: Vec::new(),
            };
            planned.insert(id.clone(), plan(step, revisions.file(id)?, ground)?);
        }
        Ok(Self { sides, planned, context: Context { dialect: ground.dialect, server: ground.server } })
    }

    /// Compares the orders in scratch places; where none can be had, in memory, if that is enough.
    ///
    /// # Errors
    /// [`Kind::Cancelled`] alone.
    pub(crate) async fn on_server(&self, desk: &Desk<'_>, live: &mut Connection) -> Result<Met> {
        let mut results = Vec::new();
        for order in self.sides.orders() {
            let result = desk.shape_at(live, &self.chain(&order)).await;
            match result {
                Err(error) if error.kind() == Kind::Cancelled => return Err(error),
                Err(error) if error.revision().is_none() => return Ok(self.without_server(error)),
                result => results.push((order, result)),
            }
        }
        Ok(self.met(self.judge(&results, false)))
    }

    /// Compares the orders in memory; `why` says what became of the server, for where that is not enough.
    pub(crate) fn without_server(&self, why: Error) -> Met {
        let mut results = Vec::new();
        for order in self.sides.orders() {
            let Some(result) = in_memory(&self.chain(&order), self.context.dialect, self.context.server) else {
                return self.met(Verdict::NotMade(why));
            };
            results.push((order, result));
        }
        self.met(self.judge(&results, true))
    }

    fn chain(&self, order: &[&RevisionId]) -> Vec<&Planned> {
        self.sides.common.iter().chain(order.iter().copied()).filter_map(|id| self.planned.get(id)).collect()
    }

    fn met(&self, verdict: Verdict) -> Met {
        Met { overlaps: self.overlaps(), unclear: self.unclear(), verdict }
    }

    fn judge(&self, results: &[(Vec<&RevisionId>, Result<Schema>)], in_memory: bool) -> Verdict {
        for (order, result) in results {
            let Err(error) = result else { continue };
            return self.failure(order, error);
        }
        let schemas: Vec<&Schema> = results.iter().filter_map(|(_, result)| result.as_ref().ok()).collect();
        let Some((first, others)) = schemas.split_first() else { return Verdict::Same { in_memory } };
        let rules = RenameRules { none: true, ..RenameRules::default() };
        let differences =
            others.iter().flat_map(|other| diff(Pair::new(*first, *other), &rules, self.context).operations);
        let mut seen = BTreeSet::new();
        let mut different: Vec<Different> = differences
            .filter(|operation| seen.insert(operation.describe()))
            .map(|operation| Different { summary: operation.describe(), revisions: self.involved(&operation) })
            .collect();
        different.extend(self.not_modelled(first, others));
        if different.is_empty() { Verdict::Same { in_memory } } else { Verdict::Different(different) }
    }

    /// Things that are not modelled, such as views, and that not every order leaves.
    fn not_modelled(&self, first: &Schema, others: &[&Schema]) -> Vec<Different> {
        let named = |schema: &Schema| not_modelled(&schema.unmodelled).into_iter().collect::<BTreeSet<String>>();
        let before = named(first);
        let mut differing = BTreeSet::new();
        for other in others {
            differing.extend(before.symmetric_difference(&named(other)).cloned());
        }
        let revisions: Vec<RevisionId> = self.unclear();
        let summary = |line: &str| format!("not in every order: {}", line.trim_start_matches("not modelled: "));
        differing.iter().map(|line| Different { summary: summary(line), revisions: revisions.clone() }).collect()
    }

    fn unclear(&self) -> Vec<RevisionId> {
        self.sides.own.iter().flatten().filter(|id| self.touches(id).is_none()).cloned().collect()
    }

    /// A revision that fails in the common part, or in the side that comes first, says nothing about orders.
    fn failure(&self, order: &[&RevisionId], error: &Error) -> Verdict {
        let failed = error.revision().unwrap_or_default();
        let side = |id: &str| self.sides.own.iter().position(|own| own.iter().any(|one| one.as_str() == id));
        let first = order.first().and_then(|id| side(id.as_str()));
        if side(failed).is_none() || side(failed) == first {
            let phrase = format!("revision {failed} fails in an empty database: {error}");
            return Verdict::NotMade(Error::new(Kind::Statement, phrase));
        }
        let before: Vec<&RevisionId> = order.iter().copied().take_while(|id| id.as_str() != failed).collect();
        let others = before.into_iter().filter(|id| side(id.as_str()) != side(failed));
        let tables = self.planned.values().find(|one| one.step.revision.as_str() == failed);
        let tables = tables.and_then(|one| tables_of(one, self.context.dialect)).unwrap_or_default();
        let (near, far): (Vec<_>, Vec<_>) =
            others.partition(|id| self.touches(id).is_none_or(|names| !names.is_disjoint(&tables)));
        let because_of = if near.is_empty() { far } else { near };
        Verdict::Fails {
            order: order.iter().copied().cloned().collect(),
            error: error.clone(),
            because_of: because_of.into_iter().cloned().collect(),
        }
    }

    /// The revisions of the sides that change the table of an operation.
    fn involved(&self, operation: &Operation) -> Vec<RevisionId> {
        let tables: BTreeSet<String> = names(operation, self.context.dialect);
        let touches = |id: &&RevisionId| self.touches(id).is_none_or(|names| !names.is_disjoint(&tables));
        self.sides.own.iter().flatten().filter(touches).cloned().collect()
    }

    fn touches(&self, id: &RevisionId) -> Option<BTreeSet<String>> {
        tables_of(self.planned.get(id)?, self.context.dialect)
    }

    fn overlaps(&self) -> Vec<Overlap> {
        let mut tables: BTreeMap<String, Vec<(usize, &RevisionId)>> = BTreeMap::new();
        for (side, own) in self.sides.own.iter().enumerate() {
            for id in own {
                for table in self.touches(id).unwrap_or_default() {
                    tables.entry(table).or_default().push((side, id));
                }
            }
        }
        let several = |found: &Vec<(usize, &RevisionId)>| {
            found.iter().any(|(side, _)| found.first().is_some_and(|(first, _)| first != side))
        };
        let overlaps = tables.into_iter().filter(|(_, found)| several(found)).map(|(table, found)| {
            let ids: BTreeSet<&RevisionId> = found.into_iter().map(|(_, id)| id).collect();
            Overlap { table, revisions: ids.into_iter().cloned().collect() }
        });
        overlaps.collect()
    }
}

/// The tables that a revision changes, as the server tells them apart; `None` where its SQL does not say.
fn tables_of(planned: &Planned, dialect: &dyn Dialect) -> Option<BTreeSet<String>> {
    let mut tables = BTreeSet::new();
    for chunk in &planned.chunks {
        match chunk {
            Chunk::Operations(operations) => {
                tables.extend(operations.iter().flat_map(|operation| names(operation, dialect)));
            }
            #[cfg(feature = "orm")]
            Chunk::Data(data) => tables.extend(data.operation.table().map(|name| folded(name, dialect))),
            Chunk::Sql(statements) => {
                for statement in statements {
                    let found = touched(&statement.sql, dialect.syntax())?;
                    tables.extend(found.iter().map(|name| folded(name, dialect)));
                }
            }
        }
    }
    Some(tables)
}

fn folded(name: &Name, dialect: &dyn Dialect) -> String {
    Name {
        schema: name.schema.as_ref().map(|schema| dialect.fold(schema).into()),
        name: dialect.fold(&name.name).into(),
    }
    .for_people()
}

/// The table of an operation, under both its names where it gets another; an enum type counts as one.
fn names(operation: &Operation, dialect: &dyn Dialect) -> BTreeSet<String> {
    let fold = |name: &Name| folded(name, dialect);
    match operation {
        Operation::RenameTable { name, to } | Operation::RenameEnum { name, to } => {
            [fold(name), fold(&name.sibling(to.clone()))].into()
        }
        Operation::CreateEnum(made) => [fold(&made.name)].into(),
        Operation::DropEnum { name, .. } | Operation::AlterEnum { name, .. } => [fold(name)].into(),
        Operation::Object(object) => object.id().table.iter().chain([&object.id().name]).map(fold).collect(),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Sql(_)
        | Operation::Data(_) => operation.table().map(fold).into_iter().collect(),
    }
}

#[cfg(test)]
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod tests {
    use super::{Meeting, Met, Verdict};
    use crate::error::{Error, Kind};
    use crate::graph::RevisionId;
    use crate::plan::{Ground, Variables};
    use crate::revision::{File, Revisions};

    const TABLE: &str = "create_table: { name: t, columns: { a: { type: text }, b: { type: text } } }";

    /// What is known in memory of the heads of revisions, each `id down_revision operation`.
    fn met(revisions: &[(&str, &str, &str)]) -> Met {
        let file = |(id, down, operation): &(&str, &str, &str)| {
            let text = format!("revision: {id}\ndown_revision: {down}\nupgrade:\n  - {operation}\n");
            File::new(format!("{id}.yaml"), &text).unwrap()
        };
        let revisions = Revisions::new(revisions.iter().map(file).collect()).unwrap();
        let heads: Vec<RevisionId> = revisions.graph.heads().into_iter().cloned().collect();
        let sides = revisions.graph.sides(&heads);
        let (dialect, server) = crate::dialect::for_script("sqlite", None).unwrap();
        let ground =
            Ground { dialect, server, variables: &Variables::default(), back: crate::plan::BackRules::default() };
        Meeting::new(&sides, &revisions, ground).unwrap().without_server(Error::new(Kind::Connect, "no server"))
    }

    fn said(met: &Met) -> String {
        let comma = |ids: &[RevisionId]| ids.iter().map(RevisionId::as_str).collect::<Vec<_>>().join(",");
        match &met.verdict {
            Verdict::Same { in_memory } => format!("same {in_memory}"),
            Verdict::Different(all) => all
                .iter()
                .map(|one| format!("{} [{}]", one.summary, comma(&one.revisions)))
                .collect::<Vec<_>>()
                .join("; "),
            Verdict::Fails { order, error, because_of } => format!("{}: {error} [{}]", comma(order), comma(because_of)),
            Verdict::NotMade(error) => format!("not made: {error}"),
        }
    }

    #[test]
    fn what_fits_in_either_order_is_the_same() {
        let add = |name: &str| format!("add_column: {{ table: t, column: {{ name: {name}, type: text }} }}");
        let found = met(&[("m", "null", TABLE), ("x", "m", &add("c")), ("z", "m", &add("d"))]);
        assert_eq!(said(&found), "same true");
        assert_eq!(found.overlaps.len(), 1);
        assert_eq!((found.overlaps[0].table.as_str(), found.overlaps[0].revisions.len()), ("t", 2));
        let other = "create_table: { name: u, columns: { a: { type: text } } }";
        assert!(met(&[("m", "null", TABLE), ("x", "m", &add("c")), ("z", "m", other)]).overlaps.is_empty());
    }

    #[test]
    fn what_depends_on_the_order_is_named() {
        let to = |length: u32| format!("alter_column: {{ table: t, name: a, type: varchar({length}) }}");
        let found = met(&[("m", "null", TABLE), ("x", "m", &to(10)), ("z", "m", &to(20))]);
        assert_eq!(said(&found), "change type of column a of t [x,z]");
        let drop = "drop_column: { table: t, name: a }";
        let index = "create_index: { table: t, name: i, columns: [a] }";
        let found = met(&[("m", "null", TABLE), ("x", "m", drop), ("z", "m", index)]);
        assert_eq!(said(&found), "x,z: cannot create index i on t: table t has no column a [x]");
        let found = met(&[("m", "null", TABLE), ("x", "m", index), ("z", "m", index)]);
        assert!(said(&found).contains("there is already an index i"), "{}", said(&found));
        let gone = "drop_table: { name: t }";
        let found = met(&[
            ("m", "null", TABLE),
            ("w", "m", TABLE.replace("name: t", "name: w").as_str()),
            ("x", "w", drop),
            ("z", "m", gone),
        ]);
        assert_eq!(said(&found), "z,w,x: cannot drop column a from t: there is no table t [z]");
    }

    #[test]
    fn what_fails_by_itself_says_nothing_of_orders() {
        let drop = "drop_column: { table: t, name: nope }";
        let add = "add_column: { table: t, column: { name: c, type: text } }";
        let found = met(&[("m", "null", TABLE), ("x", "m", drop), ("z", "m", add)]);
        assert!(said(&found).starts_with("not made: revision x fails in an empty database"), "{}", said(&found));
        let found = met(&[("m", "null", drop), ("x", "m", add), ("z", "m", add)]);
        assert!(said(&found).starts_with("not made: revision m fails"), "{}", said(&found));
    }

    #[test]
    fn sql_is_for_a_server() {
        let found = met(&[("m", "null", TABLE), ("x", "m", "sql: \"SELECT work()\""), ("z", "m", "sql: \"CALL x()\"")]);
        assert_eq!(said(&found), "not made: no server");
        assert_eq!(found.unclear.len(), 1, "a SELECT is clear, a CALL is not");
    }
}
