//! One statement for rows and what is joined to them, at any depth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entity::{Entities, Tracked, key_text};
use super::expr::Expr;
use super::link::set_links;
use super::model::Mapping;
use super::relation::{Adopt, Load, Loading, RelationDef, RelationKind, key_columns, matching};
use super::row::Row;
use super::select::{Join, Select, Source, subquery, table};
use super::session::{Session, rows_with_types};
use super::unit::{Work, address};
use crate::error::Result;
use crate::statement::value::Value;

/// Whose rows a query finds, and how a row becomes an entity.
#[derive(Clone, Copy)]
pub(crate) struct Root {
    pub(crate) mapping: &'static Mapping,
    pub(crate) adopt: Adopt,
}

impl Root {
    /// The other side of a relationship.
    pub(crate) fn of(relation: &RelationDef) -> Self {
        Self { mapping: (relation.target)(), adopt: relation.adopt }
    }

    /// Columns that are needed to make an entity.
    fn width(self) -> usize {
        self.mapping.shape.columns.len()
    }
}

/// A relationship that is joined.
struct Joined<'a> {
    loading: &'a Loading,
    /// Whose other side it is: that of another join, or of the rows themselves.
    above: Option<usize>,
    /// Where its columns begin.
    offset: usize,
}

impl Session<'_> {
    /// The rows of a query whose first columns are those of the root, each with its further columns; and what is joined to
    /// them. Rows come once, however many are joined to them.
    pub(crate) async fn fetch(
        &mut self,
        mut query: Select,
        root: Root,
        loads: &[Loading],
    ) -> Result<Vec<(Arc<dyn Tracked>, Vec<Value>)>> {
        let further = query.columns.len().saturating_sub(root.width());
        let mut joined = Vec::new();
        join_all(&mut query, (&root.mapping.source(), None), loads, &mut joined);
        let (sql, values, types) = self.rendered(&query)?;
        let answer = self.send(&sql, &values).await?;
        let mut gathered = Gathered::new(root, further, &joined);
        for Row { values, .. } in rows_with_types(answer, &types) {
            gathered.take(&mut self.work, values)?;
        }
        let Gathered { rows, others, .. } = gathered;
        for (join, others) in joined.iter().zip(others) {
            let mut below = Vec::new();
            for (above, found) in others.lists {
                below.extend(found.iter().cloned());
                set_links(&above, &join.loading.relation, found);
            }
            self.load_behind(&below, &join.loading.below, None).await?;
        }
        Ok(rows)
    }
}

/// Puts the relationships that are joined into a query, with those below them.
fn join_all<'a>(
    query: &mut Select,
    (here, above): (&Source, Option<usize>),
    loads: &'a [Loading],
    joined: &mut Vec<Joined<'a>>,
) {
    let first = query.from.as_ref().map(Source::name).unwrap_or_default();
    for loading in loads.iter().filter(|loading| loading.load == Load::Joined) {
        let relation = &loading.relation;
        let target = (relation.target)();
        let place = joined.len();
        let there = target.source().alias(&format!("{first}_{place}_{}", relation.name));
        query.joins.extend(joins(relation, here, &there, true));
        joined.push(Joined { loading, above, offset: query.columns.len() });
        query.columns.extend(target.columns(&there));
        join_all(query, (&there, Some(place)), &loading.below, joined);
    }
}

/// What joins the table on the other side. A table of pairs goes by an alias where the other side does.
pub(crate) fn joins(relation: &RelationDef, here: &Source, there: &Source, outer: bool) -> Vec<Join> {
    let target = (relation.target)();
    let join = |source: &Source, on: Expr| Join { outer, source: source.clone(), on };
    let key_here = || match &here.origin {
        super::select::Origin::Shape(shape) => shape.key_columns().map(|column| here.col(&column.name)).collect(),
        super::select::Origin::Name(_) | super::select::Origin::Query(_) => Vec::new(),
    };
    match &relation.kind {
        RelationKind::Has(columns, _) => vec![join(there, matching(columns.of(there), key_here()))],
        RelationKind::BelongsTo(columns) => vec![join(there, matching(columns.of(here), key_columns(target, there)))],
        RelationKind::Pairs(pairs) => {
            let table = match &there.alias {
                Some(alias) => table(pairs.table).alias(&format!("{alias}_pairs")),
                None => table(pairs.table),
            };
            let first = join(&table, matching(pairs.here.of(&table), key_here()));
            vec![first, join(there, matching(pairs.there.of(&table), key_columns(target, there)))]
        }
    }
}

/// The query as the left side of joins: with a limit it becomes a table of its own, for joins make more rows.
pub(crate) fn anchored(mapping: &'static Mapping, query: &Select) -> Select {
    let source: Source = mapping.source();
    let columns = mapping.columns(&source);
    if query.limit.is_none() && query.offset.is_none() && !query.distinct {
        return Select { columns, ..query.clone() };
    }
    let inner = Select { columns: columns.clone(), ..query.clone() };
    let order = query.order.clone();
    Select { columns, order, from: Some(subquery(inner, &source.name())), ..Select::default() }
}

/// The rows of an answer, and what is joined to them.
struct Gathered<'a> {
    root: Root,
    further: usize,
    joined: &'a [Joined<'a>],
    rows: Vec<(Arc<dyn Tracked>, Vec<Value>)>,
    places: BTreeMap<String, usize>,
    others: Vec<Others>,
}

/// The other side of each row at one join.
#[derive(Default)]
struct Others {
    lists: Vec<(Arc<dyn Tracked>, Entities)>,
    /// Where the list of a row is, by its address.
    places: BTreeMap<usize, usize>,
    seen: BTreeSet<(usize, usize)>,
}

impl Others {
    fn of(&mut self, above: &Arc<dyn Tracked>) -> usize {
        let next = self.lists.len();
        let place = *self.places.entry(address(above)).or_insert(next);
        if place == next {
            self.lists.push((Arc::clone(above), Vec::new()));
        }
        place
    }

    fn add(&mut self, above: &Arc<dyn Tracked>, other: &Arc<dyn Tracked>) {
        let place = self.of(above);
        if self.seen.insert((address(above), address(other)))
            && let Some((_, list)) = self.lists.get_mut(place)
        {
            list.push(Arc::clone(other));
        }
    }
}

impl<'a> Gathered<'a> {
    fn new(root: Root, further: usize, joined: &'a [Joined<'a>]) -> Self {
        let others = joined.iter().map(|_| Others::default()).collect();
        Self { root, further, joined, rows: Vec::new(), places: BTreeMap::new(), others }
    }

    fn take(&mut self, work: &mut Work, values: Vec<Value>) -> Result<()> {
        let row = self.row(work, &values)?;
        let mut at: Vec<Option<Arc<dyn Tracked>>> = Vec::with_capacity(self.joined.len());
        for (join, others) in self.joined.iter().zip(&mut self.others) {
            let above = match join.above {
                None => Some(&row),
                Some(place) => at.get(place).and_then(Option::as_ref),
            };
            let Some(above) = above.cloned() else {
                at.push(None);
                continue;
            };
            others.of(&above);
            let target = Root::of(&join.loading.relation);
            let cells: Vec<Value> = values.iter().skip(join.offset).take(target.width()).cloned().collect();
            if target.mapping.key_of(&cells).iter().any(Value::is_null) {
                at.push(None);
                continue;
            }
            let other = (target.adopt)(work, cells)?;
            others.add(&above, &other);
            at.push(Some(other));
        }
        Ok(())
    }

    /// The entity of the row itself: one that came before, or a new one.
    fn row(&mut self, work: &mut Work, values: &[Value]) -> Result<Arc<dyn Tracked>> {
        let width = self.root.width();
        let own: Vec<Value> = values.iter().take(width).cloned().collect();
        let further: Vec<Value> = values.iter().skip(width).take(self.further).cloned().collect();
        let key = self.root.mapping.key_of(&own);
        // Rows without a key, and rows that nothing is joined to, are each one of their own.
        if key.is_empty() || self.joined.is_empty() {
            let row = (self.root.adopt)(work, own)?;
            self.rows.push((Arc::clone(&row), further));
            return Ok(row);
        }
        let text = format!("{}{}", key_text(&key), key_text(&further));
        if let Some((row, _)) = self.places.get(&text).and_then(|place| self.rows.get(*place)) {
            return Ok(Arc::clone(row));
        }
        let row = (self.root.adopt)(work, own)?;
        self.places.insert(text, self.rows.len());
        self.rows.push((Arc::clone(&row), further));
        Ok(row)
    }
}
