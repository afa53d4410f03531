//! Loading the other side of relationships, and keeping both sides in step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entity::{Entity, Link, Standing, Tracked, adopt, key_text, touch};
use super::expr::{Expr, Operand};
use super::model::{Mapping, Model};
use super::query::{Query, joins};
use super::relation::{Load, Relation, RelationDef, RelationKind};
use super::row::Row;
use super::select::{Refine, Select, Source, select, subquery, table};
use super::session::{Session, rows_with_types};
use super::unit::{Pair, same};
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// How many rows are asked for by their keys at once.
const AT_ONCE: usize = 500;

impl Session<'_> {
    /// The rows on the other side of a relationship; asks the database unless they are loaded.
    ///
    /// # Errors
    /// [`Kind::Usage`] where the relationship is only loaded with queries ([`Load::Raise`]), and what the database says.
    pub async fn related<M: Model, T: Model>(
        &mut self,
        entity: &Entity<M>,
        relation: Relation<M, T>,
    ) -> Result<Vec<Entity<T>>> {
        let def = relation.def();
        if def.load == Load::Raise && !entity.is_loaded(&relation) {
            let what = format!("{} of {} may not be loaded row by row", def.name, M::mapping().shape.table());
            return Err(Error::new(Kind::Usage, what).hint("say in the query how it is loaded"));
        }
        self.load_links(&entity.tracked(), &def).await?.into_iter().map(Entity::of).collect()
    }

    /// The only row on the other side.
    ///
    /// # Errors
    /// As [`Session::related`].
    pub async fn related_one<M: Model, T: Model>(
        &mut self,
        entity: &Entity<M>,
        relation: Relation<M, T>,
    ) -> Result<Option<Entity<T>>> {
        Ok(self.related(entity, relation).await?.into_iter().next())
    }

    /// Loads a relationship for several entities at once: one statement for up to 500 of them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load<M: Model, T: Model>(&mut self, entities: &[Entity<M>], relation: Relation<M, T>) -> Result<()> {
        self.flush_before_query().await?;
        let tracked: Vec<Arc<dyn Tracked>> = entities.iter().map(Entity::tracked).collect();
        self.load_for(&tracked, &relation.def(), None).await
    }

    pub(crate) async fn load_links(
        &mut self,
        row: &Arc<dyn Tracked>,
        relation: &RelationDef,
    ) -> Result<Vec<Arc<dyn Tracked>>> {
        if !row.state().links.contains_key(relation.name) {
            self.flush_before_query().await?;
        }
        self.load_links_now(row, relation).await
    }

    /// The same, while what was added waits.
    pub(crate) async fn load_links_now(
        &mut self,
        row: &Arc<dyn Tracked>,
        relation: &RelationDef,
    ) -> Result<Vec<Arc<dyn Tracked>>> {
        if !row.state().links.contains_key(relation.name) {
            self.load_for(std::slice::from_ref(row), relation, None).await?;
        }
        Ok(match row.state().links.get(relation.name) {
            Some(Link::Down(rows)) => rows.clone(),
            Some(Link::Up(row)) => row.iter().filter_map(std::sync::Weak::upgrade).collect(),
            None => Vec::new(),
        })
    }

    /// Loads a relationship of rows, by their keys or with the query that found them inside.
    pub(crate) async fn load_for(
        &mut self,
        rows: &[Arc<dyn Tracked>],
        relation: &RelationDef,
        found_by: Option<&Select>,
    ) -> Result<()> {
        let Some(mapping) = rows.first().map(|row| row.mapping()) else { return Ok(()) };
        if let RelationKind::BelongsTo(column) = relation.kind {
            return self.load_up(rows, relation, column, found_by).await;
        }
        let mut found: BTreeMap<String, Vec<Arc<dyn Tracked>>> = BTreeMap::new();
        let chunk = if found_by.is_some() { rows.len() } else { AT_ONCE };
        for some in rows.chunks(chunk.max(1)) {
            let keys = match found_by {
                Some(query) => inner_keys(mapping, query)?,
                None => Keys::List(some.iter().filter_map(first_key).map(Expr::Value).collect()),
            };
            let (query, width) = below(relation, keys);
            for (owner, entity) in self.load_rows(&query, relation, width).await? {
                found.entry(key_text(&[owner])).or_default().push(entity);
            }
        }
        for row in rows {
            let below = first_key(row).and_then(|key| found.get(&key_text(&[key]))).cloned().unwrap_or_default();
            link_back(row, relation, &below);
            row.state().links.insert(relation.name, Link::Down(below));
        }
        Ok(())
    }

    async fn load_rows(
        &mut self,
        query: &Select,
        relation: &RelationDef,
        owner: usize,
    ) -> Result<Vec<(Value, Arc<dyn Tracked>)>> {
        let (sql, values, types) = self.rendered(query)?;
        let answer = self.send(&sql, &values).await?;
        let mut found = Vec::with_capacity(answer.rows.len());
        for Row { mut values, .. } in rows_with_types(answer, &types) {
            let owner = values.get(owner).cloned().unwrap_or_default();
            values.truncate((relation.target)().shape.columns.len());
            found.push((owner, (relation.adopt)(&mut self.work, values)?));
        }
        Ok(found)
    }

    /// Rows that are referred to: those that are held already are not asked for.
    async fn load_up(
        &mut self,
        rows: &[Arc<dyn Tracked>],
        relation: &RelationDef,
        column: &str,
        found_by: Option<&Select>,
    ) -> Result<()> {
        let target = (relation.target)();
        let Some(mapping) = rows.first().map(|row| row.mapping()) else { return Ok(()) };
        let place = mapping.place(column);
        let referred = |row: &Arc<dyn Tracked>| place.and_then(|place| row.values().get(place).cloned());
        let mut missing: BTreeMap<String, Value> = BTreeMap::new();
        for value in rows.iter().filter_map(referred).filter(|value| !value.is_null()) {
            let is_held =
                self.work.find(target, std::slice::from_ref(&value)).is_some_and(|held| !held.state().expired);
            if !is_held {
                missing.insert(key_text(std::slice::from_ref(&value)), value);
            }
        }
        let source = target.source();
        let key = target.shape.key_columns().next().map_or_else(|| source.col("id"), |key| source.col(&key.name));
        let all: Vec<Value> = missing.into_values().collect();
        let chunk = if found_by.is_some() { all.len() } else { AT_ONCE };
        for some in all.chunks(chunk.max(1)) {
            let condition = match found_by {
                Some(query) => key.clone().in_select(inner_columns(mapping, query, column)?),
                None => key.clone().is_in(some.iter().cloned().map(Expr::Value)),
            };
            let query = Select { from: Some(source.clone()), ..Select::default() }.filter(condition);
            self.load_rows(&query, relation, 0).await?;
        }
        for row in rows {
            let parent = referred(row).and_then(|value| self.work.find(target, &[value]));
            row.state().links.insert(relation.name, Link::Up(parent.map(|parent| Arc::downgrade(&parent))));
        }
        Ok(())
    }

    /// One statement for entities and what is related to them.
    pub(crate) async fn all_joined<M: Model>(
        &mut self,
        query: Query<M>,
        loads: &[(RelationDef, Load)],
    ) -> Result<Vec<Entity<M>>> {
        let mapping = M::mapping();
        let here = mapping.source();
        let joined: Vec<&RelationDef> =
            loads.iter().filter(|(_, load)| *load == Load::Joined).map(|(relation, _)| relation).collect();
        let mut outer = anchored(mapping, &query.select);
        let name = here.name();
        let mut columns: Vec<Expr> = mapping.shape.columns.iter().map(|column| here.col(&column.name)).collect();
        let mut offsets = Vec::with_capacity(joined.len());
        for (index, relation) in joined.iter().enumerate() {
            let target = (relation.target)();
            let there = target.source().alias(&format!("{name}_{index}_{}", relation.name));
            outer.joins.extend(joins(relation, &here, &there, true));
            offsets.push(columns.len());
            columns.extend(target.shape.columns.iter().map(|column| there.col(&column.name)));
        }
        outer.columns = columns;
        let (sql, values, types) = self.rendered(&outer)?;
        let answer = self.send(&sql, &values).await?;
        let mut entities: Vec<Entity<M>> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut below: Vec<Vec<Vec<Arc<dyn Tracked>>>> = Vec::new();
        for Row { values, .. } in rows_with_types(answer, &types) {
            let own: Vec<Value> = values.iter().take(mapping.shape.columns.len()).cloned().collect();
            let key = key_text(&mapping.key_of(&own));
            let place = match places.get(&key) {
                Some(place) => *place,
                None => {
                    entities.push(adopt(&mut self.work, own)?);
                    below.push(vec![Vec::new(); joined.len()]);
                    places.insert(key, entities.len() - 1);
                    entities.len() - 1
                }
            };
            for (index, (relation, offset)) in joined.iter().zip(&offsets).enumerate() {
                let target = (relation.target)();
                let cells: Vec<Value> = values.iter().skip(*offset).take(target.shape.columns.len()).cloned().collect();
                if target.key_of(&cells).iter().any(Value::is_null) {
                    continue;
                }
                let other = (relation.adopt)(&mut self.work, cells)?;
                let list = below.get_mut(place).and_then(|lists| lists.get_mut(index));
                if let Some(list) = list.filter(|list| !list.iter().any(|known| same(known, &other))) {
                    list.push(other);
                }
            }
        }
        for (entity, lists) in entities.iter().zip(below) {
            let row = entity.tracked();
            for (relation, list) in joined.iter().zip(lists) {
                set_links(&row, relation, list);
            }
        }
        self.load_behind(&entities, &query.select, loads).await?;
        Ok(entities)
    }

    /// Puts a row on the other side of a relationship, and this one on the other side of its opposite. The columns that
    /// refer are filled in by the next flush.
    pub fn relate<M: Model, T: Model>(&mut self, entity: &Entity<M>, relation: &Relation<M, T>, other: &Entity<T>) {
        let (here, there, def) = (entity.tracked(), other.tracked(), relation.def());
        match def.kind {
            RelationKind::BelongsTo(column) => refer(&here, column, &there, Some(&def), def.other_side().as_ref()),
            RelationKind::Has(column, _) => refer(&there, column, &here, def.other_side().as_ref(), Some(&def)),
            RelationKind::Pairs(pairs, own, foreign) => {
                push_link(&here, def.name, &there);
                if let Some(back) = def.back {
                    push_link(&there, back, &here);
                }
                self.work.pairs.push(Pair { table: pairs, columns: [own, foreign], rows: [here, there], is_new: true });
            }
        }
    }

    /// Takes a row from the other side of a relationship, and keeps both sides in step.
    pub fn unrelate<M: Model, T: Model>(
        &mut self,
        entity: &Entity<M>,
        relation: &Relation<M, T>,
        other: &Entity<T>,
    ) -> Result<()> {
        let (here, there, def) = (entity.tracked(), other.tracked(), relation.def());
        match def.kind {
            RelationKind::BelongsTo(column) => release(&here, column, &there, Some(&def), def.other_side().as_ref())?,
            RelationKind::Has(column, _) => release(&there, column, &here, def.other_side().as_ref(), Some(&def))?,
            RelationKind::Pairs(pairs, own, foreign) => {
                drop_link(&here, def.name, &there);
                if let Some(back) = def.back {
                    drop_link(&there, back, &here);
                }
                self.work.pairs.push(Pair {
                    table: pairs,
                    columns: [own, foreign],
                    rows: [here, there],
                    is_new: false,
                });
            }
        }
        Ok(())
    }
}

impl<M: Model> Entity<M> {
    /// The rows on the other side as a query, to be narrowed down before it is sent.
    pub fn query<T: Model>(&self, relation: Relation<M, T>) -> Query<T> {
        let def = relation.def();
        let key = first_key(&self.tracked()).unwrap_or_default();
        let (target, mut query) = (T::mapping().source(), Query::<T>::new());
        match def.kind {
            RelationKind::Has(column, _) => query.select.filter.push(target.col(column).eq(Expr::Value(key))),
            RelationKind::BelongsTo(column) => {
                let value = M::mapping().place(column).and_then(|place| self.tracked().values().get(place).cloned());
                let key =
                    T::mapping().shape.key_columns().next().map_or_else(|| target.col("id"), |it| target.col(&it.name));
                query.select.filter.push(key.eq(Expr::Value(value.unwrap_or_default())));
            }
            RelationKind::Pairs(pairs, own, other) => {
                let pairs = table(pairs);
                let inner = select([pairs.col(other)]).from(pairs.clone()).filter(pairs.col(own).eq(Expr::Value(key)));
                let key =
                    T::mapping().shape.key_columns().next().map_or_else(|| target.col("id"), |it| target.col(&it.name));
                query.select.filter.push(key.in_select(inner));
            }
        }
        query
    }
}

enum Keys {
    List(Vec<Expr>),
    Query(Box<Select>),
}

impl Keys {
    fn of(self, column: Expr) -> Expr {
        match self {
            Self::List(keys) => column.is_in(keys),
            Self::Query(query) => column.in_select(*query),
        }
    }
}

fn first_key(row: &Arc<dyn Tracked>) -> Option<Value> {
    row.mapping().key_of(&row.values()).into_iter().next()
}

/// The rows that refer to these keys: a query, and the place of the column that refers.
fn below(relation: &RelationDef, keys: Keys) -> (Select, usize) {
    let target = (relation.target)();
    let source = target.source();
    let width = target.shape.columns.len();
    let mut columns: Vec<Expr> = target.shape.columns.iter().map(|column| source.col(&column.name)).collect();
    let key = target.shape.key_columns().next().map_or_else(|| source.col("id"), |key| source.col(&key.name));
    match relation.kind {
        RelationKind::Has(column, _) | RelationKind::BelongsTo(column) => {
            columns.push(source.col(column));
            let query = Select { columns, from: Some(source.clone()), ..Select::default() };
            (query.filter(keys.of(source.col(column))).order_by(key), width)
        }
        RelationKind::Pairs(pairs, own, other) => {
            let pairs = table(pairs);
            columns.push(pairs.col(own));
            let query = Select { columns, from: Some(source), ..Select::default() };
            let query = query.join_on(pairs.clone(), key.clone().eq(pairs.col(other)));
            (query.filter(keys.of(pairs.col(own))).order_by(key), width)
        }
    }
}

fn inner_keys(mapping: &'static Mapping, query: &Select) -> Result<Keys> {
    let key = mapping.shape.key_columns().next();
    let key = key.ok_or_else(|| Error::new(Kind::Usage, format!("{} has no key", mapping.shape.table())))?;
    inner_columns(mapping, query, &key.name).map(|query| Keys::Query(Box::new(query)))
}

/// A column of what a query finds; as a table of its own, since not every database takes a limit within `IN`.
fn inner_columns(mapping: &'static Mapping, query: &Select, column: &str) -> Result<Select> {
    let mut inner = query.clone();
    inner.columns = vec![mapping.source().col(column)];
    inner.lock = None;
    if inner.limit.is_none() && inner.offset.is_none() {
        inner.order.clear();
    }
    let found = subquery(inner, "found");
    Ok(select([found.col(column)]).from(found))
}

/// The query as the left side of joins: with a limit it becomes a table of its own, for joins make more rows.
fn anchored(mapping: &'static Mapping, query: &Select) -> Select {
    if query.limit.is_none() && query.offset.is_none() && !query.distinct {
        return query.clone();
    }
    let source: Source = mapping.source();
    let mut inner = query.clone();
    inner.columns = mapping.shape.columns.iter().map(|column| source.col(&column.name)).collect();
    let order = query.order.clone();
    let outer = Select { from: Some(subquery(inner, &source.name())), ..Select::default() };
    Select { order, ..outer }
}

/// Children of a parent know it.
fn link_back(parent: &Arc<dyn Tracked>, relation: &RelationDef, children: &[Arc<dyn Tracked>]) {
    let (Some(back), RelationKind::Has(..)) = (relation.back, relation.kind) else { return };
    for child in children {
        child.state().links.insert(back, Link::Up(Some(Arc::downgrade(parent))));
    }
}

fn set_links(row: &Arc<dyn Tracked>, relation: &RelationDef, found: Vec<Arc<dyn Tracked>>) {
    if let RelationKind::BelongsTo(_) = relation.kind {
        let parent = found.first().map(Arc::downgrade);
        row.state().links.insert(relation.name, Link::Up(parent));
        return;
    }
    link_back(row, relation, &found);
    row.state().links.insert(relation.name, Link::Down(found));
}

/// The row that refers, in a column, to another; and the relationships of both by their names.
fn refer(
    child: &Arc<dyn Tracked>,
    column: &str,
    parent: &Arc<dyn Tracked>,
    up: Option<&RelationDef>,
    down: Option<&RelationDef>,
) {
    if let Some(place) = child.mapping().place(column) {
        child.state().pending.insert(place, Arc::clone(parent));
        touch(child);
    }
    if let (Some(up), Some(down)) = (up, down) {
        let former = match child.state().links.get(up.name) {
            Some(Link::Up(Some(former))) => former.upgrade(),
            _ => None,
        };
        if let Some(former) = former {
            drop_link(&former, down.name, child);
        }
    }
    if let Some(up) = up {
        child.state().links.insert(up.name, Link::Up(Some(Arc::downgrade(parent))));
    }
    if let Some(down) = down {
        push_link(parent, down.name, child);
    }
}

fn release(
    child: &Arc<dyn Tracked>,
    column: &str,
    parent: &Arc<dyn Tracked>,
    up: Option<&RelationDef>,
    down: Option<&RelationDef>,
) -> Result<()> {
    if let Some(place) = child.mapping().place(column) {
        child.state().pending.remove(&place);
        touch(child);
        let mut values = child.values();
        if let Some(slot) = values.get_mut(place) {
            *slot = Value::Null;
        }
        child
            .set_values(values)
            .map_err(|error| error.hint("the column takes no NULL: delete the row, or relate it to another"))?;
    }
    if let Some(up) = up {
        child.state().links.insert(up.name, Link::Up(None));
    }
    if let Some(down) = down {
        drop_link(parent, down.name, child);
    }
    Ok(())
}

/// A list that is not loaded stays so, unless its row is new: then the list is what is put into it.
fn push_link(row: &Arc<dyn Tracked>, name: &'static str, other: &Arc<dyn Tracked>) {
    let mut state = row.state();
    let is_new = state.standing == Standing::New;
    match state.links.get_mut(name) {
        Some(Link::Down(rows)) if !rows.iter().any(|known| same(known, other)) => rows.push(Arc::clone(other)),
        Some(Link::Down(_) | Link::Up(_)) => {}
        None if is_new => {
            state.links.insert(name, Link::Down(vec![Arc::clone(other)]));
        }
        None => {}
    }
}

fn drop_link(row: &Arc<dyn Tracked>, name: &str, other: &Arc<dyn Tracked>) {
    if let Some(Link::Down(rows)) = row.state().links.get_mut(name) {
        rows.retain(|known| !same(known, other));
    }
}
