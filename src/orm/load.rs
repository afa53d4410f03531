//! Loading the other side of relationships, level by level.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use super::entity::{Entities, Entity, Link, Tracked, key_text};
use super::expr::{Expr, Operand, any_of, exists};
use super::joined::Root;
use super::link::link_back;
use super::model::{Mapping, Model};
use super::query::Query;
use super::relation::{Columns, Load, Loading, Relation, RelationDef, RelationKind, key_columns, matching, unmatched};
use super::select::{Refine, Select, subquery, table};
use super::session::Session;
use super::unit::address;
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
        let is_refused = match entity.tracked().state().links.get(def.name) {
            Some(Link::Down(_) | Link::Up(_)) => false,
            Some(Link::ByRow(allowed)) => !allowed,
            None => def.load == Load::Raise,
        };
        if is_refused {
            let what = format!("{} of {} may not be loaded row by row", def.name, M::mapping().shape.table());
            return Err(Error::new(Kind::Usage, what).with_hint("say in the query how it is loaded"));
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
        let tracked: Entities = entities.iter().map(Entity::tracked).collect();
        self.load_for(&tracked, &Loading::alone(relation.def(), Load::Selectin), None).await
    }

    pub(crate) async fn load_links(&mut self, row: &Arc<dyn Tracked>, relation: &RelationDef) -> Result<Entities> {
        if !is_loaded(row, relation) {
            self.flush_before_query().await?;
        }
        self.load_links_now(row, relation).await
    }

    /// The same, while what was added waits.
    pub(crate) async fn load_links_now(&mut self, row: &Arc<dyn Tracked>, relation: &RelationDef) -> Result<Entities> {
        if !is_loaded(row, relation) {
            let loading = Loading::alone(relation.clone(), Load::Select);
            self.load_for(std::slice::from_ref(row), &loading, None).await?;
        }
        Ok(match row.state().links.get(relation.name) {
            Some(Link::Down(rows)) => rows.clone(),
            Some(Link::Up(row)) => row.iter().filter_map(std::sync::Weak::upgrade).collect(),
            Some(Link::ByRow(_)) | None => Vec::new(),
        })
    }

    /// Loads what is asked for behind the query that found these rows. `found_by`: that query, where it can be put into
    /// another one.
    pub(crate) fn load_behind<'a>(
        &'a mut self,
        rows: &'a [Arc<dyn Tracked>],
        loads: &'a [Loading],
        found_by: Option<&'a Select>,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            for loading in loads {
                match loading.load {
                    Load::Selectin => self.load_for(rows, loading, None).await?,
                    Load::Subquery => self.load_for(rows, loading, found_by).await?,
                    Load::Raise => rows.iter().for_each(|row| say_by_row(row, &loading.relation, false)),
                    Load::Select => rows.iter().for_each(|row| say_by_row(row, &loading.relation, true)),
                    Load::Joined => {}
                }
            }
            Ok(())
        })
    }

    /// Loads a relationship of rows, by their keys or with the query that found them inside; and what is below it.
    async fn load_for(
        &mut self,
        rows: &[Arc<dyn Tracked>],
        loading: &Loading,
        found_by: Option<&Select>,
    ) -> Result<()> {
        // A row that comes twice, in different chunks too, has each of the others once.
        let rows = each_once(rows.to_vec());
        let Some(mapping) = rows.first().map(|row| row.mapping()) else { return Ok(()) };
        let rows = rows.as_slice();
        let (others, asked) = match &loading.relation.kind {
            RelationKind::BelongsTo(columns) => self.load_up(rows, loading, (mapping, columns), found_by).await?,
            RelationKind::Has(..) | RelationKind::Pairs(_) => self.load_down(rows, loading, mapping, found_by).await?,
        };
        if loading.below.is_empty() {
            return Ok(());
        }
        self.load_behind(&others, &loading.below, asked.as_ref()).await
    }

    /// Rows that refer to these, or are paired with them; and the query that found them, where there was one for all.
    async fn load_down(
        &mut self,
        rows: &[Arc<dyn Tracked>],
        loading: &Loading,
        mapping: &'static Mapping,
        found_by: Option<&Select>,
    ) -> Result<(Entities, Option<Select>)> {
        let relation = &loading.relation;
        let key_of = |row: &Arc<dyn Tracked>| mapping.key_of(&row.values());
        let mut found: BTreeMap<String, Entities> = BTreeMap::new();
        let (mut others, mut asked) = (Vec::new(), None);
        let chunk = if found_by.is_some() { rows.len() } else { AT_ONCE };
        for some in rows.chunks(chunk.max(1)) {
            let keys = match found_by {
                Some(query) => Keys::Query(mapping.shape.key_columns().map(|key| key.name.as_str()).collect(), query),
                None => Keys::List(some.iter().map(key_of).collect()),
            };
            let query = below(relation, mapping, keys);
            asked = found_by.map(|_| query.clone());
            for (other, owner) in self.fetch(query, Root::of(relation), &loading.below).await? {
                others.push(Arc::clone(&other));
                found.entry(key_text(&owner)).or_default().push(other);
            }
        }
        for row in rows {
            let below = found.get(&key_text(&key_of(row))).cloned().unwrap_or_default();
            link_back(row, relation, &below);
            row.state().links.insert(relation.name, Link::Down(below));
        }
        Ok((each_once(others), asked))
    }

    /// Rows that these refer to: those that are held already are not asked for.
    async fn load_up(
        &mut self,
        rows: &[Arc<dyn Tracked>],
        loading: &Loading,
        (mapping, columns): (&'static Mapping, &Columns),
        found_by: Option<&Select>,
    ) -> Result<(Entities, Option<Select>)> {
        let relation = &loading.relation;
        let target = (relation.target)();
        if columns.places(mapping).map(|places| places.len()) != Some(target.shape.key.len()) {
            let what = unmatched(columns.names().len(), target.shape.key.len());
            return Err(Error::new(Kind::Usage, what).while_doing(format!(
                "{} of {}",
                relation.name,
                mapping.shape.table()
            )));
        }
        let is_whole = |key: &Vec<Value>| !key.iter().any(Value::is_null);
        // What is joined to them comes with their own rows.
        let asks_all = loading.below.iter().any(|one| one.load == Load::Joined);
        let mut missing: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for key in rows.iter().map(|row| referred(columns, row)).filter(is_whole) {
            let is_held = || self.work.find(target, &key).is_some_and(|held| !held.state().expired);
            if asks_all || !is_held() {
                missing.insert(key_text(&key), key);
            }
        }
        let source = target.source();
        let all: Vec<Vec<Value>> = missing.into_values().collect();
        let mut asked = None;
        let chunk = if found_by.is_some() { all.len() } else { AT_ONCE };
        for some in all.chunks(chunk.max(1)) {
            let keys = match found_by {
                Some(query) => Keys::Query(columns.names().to_vec(), query),
                None => Keys::List(some.to_vec()),
            };
            let query = Select { columns: target.columns(&source), from: Some(source.clone()), ..Select::default() };
            let query = query.filter(keys.of(mapping, key_columns(target, &source)));
            asked = found_by.map(|_| query.clone());
            self.fetch(query, Root::of(relation), &loading.below).await?;
        }
        let mut parents = Vec::new();
        for row in rows {
            let key = referred(columns, row);
            let parent = if is_whole(&key) { self.work.find(target, &key) } else { None };
            row.state().links.insert(relation.name, Link::Up(parent.as_ref().map(Arc::downgrade)));
            parents.extend(parent);
        }
        Ok((each_once(parents), asked))
    }
}

impl<M: Model> Entity<M> {
    /// The rows on the other side as a query, to be narrowed down before it is sent.
    pub fn query<T: Model>(&self, relation: Relation<M, T>) -> Query<T> {
        let def = relation.def();
        let (row, target, mut query) = (self.tracked(), T::mapping().source(), Query::<T>::new());
        let exactly = |values: Vec<Value>| values.into_iter().map(Expr::Value).collect::<Vec<_>>();
        let key = exactly(row.mapping().key_of(&row.values()));
        query.select.filter.push(match &def.kind {
            RelationKind::Has(columns, _) => matching(columns.of(&target), key),
            RelationKind::BelongsTo(columns) => {
                matching(exactly(referred(columns, &row)), key_columns(T::mapping(), &target))
            }
            RelationKind::Pairs(pairs) => {
                let table = table(pairs.table);
                let inner = Select { from: Some(table.clone()), ..Select::default() }
                    .filter(matching(pairs.here.of(&table), key));
                among(key_columns(T::mapping(), &target), inner, pairs.there.of(&table))
            }
        });
        query
    }
}

/// Rows that are looked for by what refers to them, or by what they refer to.
enum Keys<'a> {
    /// These.
    List(Vec<Vec<Value>>),
    /// What these columns of a query say.
    Query(Vec<&'a str>, &'a Select),
}

impl Keys<'_> {
    /// Whether the columns are one of them. `mapping`: whose rows the query finds.
    fn of(self, mapping: &Mapping, columns: Vec<Expr>) -> Expr {
        match self {
            Self::List(keys) => match columns.as_slice() {
                [column] if keys.iter().all(|key| key.len() == 1) => {
                    column.clone().is_in(keys.into_iter().flatten().map(Expr::Value))
                }
                _ => {
                    let exactly = |key: Vec<Value>| key.into_iter().map(Expr::Value).collect();
                    any_of(keys.into_iter().map(|key| matching(columns.clone(), exactly(key))))
                }
            },
            Self::Query(names, query) => {
                let found = subquery(inner_columns(mapping, query, &names), "found");
                let theirs = names.iter().map(|name| found.col(name)).collect();
                among(columns, Select { from: Some(found), ..Select::default() }, theirs)
            }
        }
    }
}

/// Whether columns are equal to those of a row that a query finds.
fn among(columns: Vec<Expr>, mut query: Select, theirs: Vec<Expr>) -> Expr {
    query.columns.clone_from(&theirs);
    match (columns.as_slice(), theirs.as_slice()) {
        ([column], [_]) => column.clone().in_select(query),
        _ => exists(query.filter(matching(theirs, columns))),
    }
}

/// The key that a row refers to by these columns.
fn referred(columns: &Columns, row: &Arc<dyn Tracked>) -> Vec<Value> {
    let values = row.values();
    let places = columns.places(row.mapping()).unwrap_or_default();
    places.into_iter().map(|place| values.get(place).cloned().unwrap_or_default()).collect()
}

fn is_loaded(row: &Arc<dyn Tracked>, relation: &RelationDef) -> bool {
    matches!(row.state().links.get(relation.name), Some(Link::Down(_) | Link::Up(_)))
}

/// Says whether a relationship may be loaded row by row, unless it is loaded.
fn say_by_row(row: &Arc<dyn Tracked>, relation: &RelationDef, allowed: bool) {
    if !is_loaded(row, relation) {
        row.state().links.insert(relation.name, Link::ByRow(allowed));
    }
}

fn each_once(mut rows: Entities) -> Entities {
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(address(row)));
    rows
}

/// The rows on the other side of these keys, each with the key that it belongs to.
fn below(relation: &RelationDef, mapping: &Mapping, keys: Keys<'_>) -> Select {
    let target = (relation.target)();
    let source = target.source();
    let (mut columns, key) = (target.columns(&source), key_columns(target, &source));
    let from = Some(source.clone());
    let query = match &relation.kind {
        RelationKind::Has(owner, _) | RelationKind::BelongsTo(owner) => {
            columns.extend(owner.of(&source));
            Select { columns, from, ..Select::default() }.filter(keys.of(mapping, owner.of(&source)))
        }
        RelationKind::Pairs(pairs) => {
            let table = table(pairs.table);
            columns.extend(pairs.here.of(&table));
            let on = matching(pairs.there.of(&table), key.clone());
            let query = Select { columns, from, ..Select::default() }.join_on(table.clone(), on);
            query.filter(keys.of(mapping, pairs.here.of(&table)))
        }
    };
    key.into_iter().fold(query, Refine::order_by)
}

/// What a query finds, with these columns at least; as a table of its own, since not every database takes a limit within
/// `IN`. Where each row counts once, all columns say what a row is.
fn inner_columns(mapping: &Mapping, query: &Select, columns: &[&str]) -> Select {
    let mut inner = query.clone();
    inner.columns = if inner.distinct || !inner.compound.is_empty() {
        mapping.columns(&mapping.source())
    } else {
        columns.iter().map(|column| mapping.source().col(column)).collect()
    };
    inner.lock = None;
    if inner.limit.is_none() && inner.offset.is_none() {
        inner.order.clear();
    }
    inner
}
