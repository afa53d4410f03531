//! Queries for the entities of a model, and what a session does with entities.

use std::sync::Arc;

use super::entity::{Entity, Standing, Tracked, adopt};
use super::expr::{Expr, Operand, count_all};
use super::flush::is_row;
use super::joined::{Root, anchored, joins};
use super::model::Model;
use super::relation::{Load, Loads, Relation, RelationDef, RelationKind, adopt_any, completed, matching};
use super::select::{Refine, Select, Source};
use super::session::{Session, rows_with_types};
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// A query for the entities of a model.
#[derive(Clone, Debug)]
pub struct Query<M> {
    pub(crate) select: Select,
    pub(crate) loads: Loads<M>,
}

impl<M: Model> Query<M> {
    /// All entities of the model.
    pub fn new() -> Self {
        let select = Select { from: Some(M::mapping().source()), ..Select::default() };
        Self { select, loads: Loads::default() }
    }

    /// How a relationship is loaded by this query, whatever the model says.
    #[must_use]
    pub fn load<T: Model>(self, relation: Relation<M, T>, load: Load) -> Self {
        self.load_with(relation, load, |below| below)
    }

    /// The same, and what is loaded beside the rows on its other side:
    /// `query::<User>().load_with(User::orders(), Load::Selectin, |orders| orders.load(Order::lines(), Load::Selectin))`.
    /// Below a level that is not loaded by [`Load::Subquery`], that strategy is [`Load::Selectin`].
    #[must_use]
    pub fn load_with<T: Model>(
        mut self,
        relation: Relation<M, T>,
        load: Load,
        below: impl FnOnce(Loads<T>) -> Loads<T>,
    ) -> Self {
        self.loads = self.loads.load_with(relation, load, below);
        self
    }

    /// With the rows on the other side of a relationship, for conditions on them.
    #[must_use]
    pub fn join<T: Model>(self, relation: Relation<M, T>) -> Self {
        self.join_relation(&relation.def(), false)
    }

    /// The same; entities without such rows stay.
    #[must_use]
    pub fn outer_join<T: Model>(self, relation: Relation<M, T>) -> Self {
        self.join_relation(&relation.def(), true)
    }

    fn join_relation(mut self, relation: &RelationDef, outer: bool) -> Self {
        let (here, there) = (M::mapping().source(), (relation.target)().source());
        self.select.joins.extend(joins(relation, &here, &there, outer));
        self
    }

    /// A query of these columns in place of entities, with the same tables and conditions.
    pub fn columns<T: Into<Expr>>(self, columns: impl IntoIterator<Item = T>) -> Select {
        Select { columns: columns.into_iter().map(Into::into).collect(), ..self.select }
    }
}

impl<M: Model> Default for Query<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> Refine for Query<M> {
    fn inner(&mut self) -> &mut Select {
        &mut self.select
    }
}

/// The columns of the entities.
impl<M: Model> From<Query<M>> for Select {
    fn from(query: Query<M>) -> Self {
        query.select
    }
}

/// All entities of a model, to be narrowed down.
pub fn query<M: Model>() -> Query<M> {
    Query::new()
}

/// The table or view of a model.
pub fn source<M: Model>() -> Source {
    M::mapping().source()
}

impl Session<'_> {
    /// Watches a new struct: the next flush inserts it.
    pub fn add<M: Model>(&mut self, value: M) -> Entity<M> {
        let entity = Entity::new(value);
        self.work.new.push(entity.tracked());
        entity
    }

    /// Watches several.
    pub fn add_all<M: Model>(&mut self, values: impl IntoIterator<Item = M>) -> Vec<Entity<M>> {
        values.into_iter().map(|value| self.add(value)).collect()
    }

    /// The entity with this key: the one that is held already, else from the database. None = there is none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn get<M: Model>(&mut self, key: impl Into<Value>) -> Result<Option<Entity<M>>> {
        self.get_by(&[key.into()]).await
    }

    /// The same, for a key of several columns.
    ///
    /// # Errors
    /// [`Kind::Usage`] for another number of values than the key has; what the database says.
    pub async fn get_by<M: Model>(&mut self, key: &[Value]) -> Result<Option<Entity<M>>> {
        M::mapping().shape.whole_key(key.len())?;
        if let Some(known) = self.work.find(M::mapping(), key)
            && !known.state().expired
        {
            return Entity::of(known).map(Some);
        }
        let mut query = Query::<M>::new();
        query.select.filter = is_row(M::mapping(), key);
        self.first(query).await
    }

    /// All entities of a query.
    ///
    /// # Errors
    /// What the database says.
    pub async fn all<M: Model>(&mut self, query: Query<M>) -> Result<Vec<Entity<M>>> {
        self.flush_before_query().await?;
        let loads = completed(M::mapping(), &query.loads.list, &[]);
        let entities: Vec<Entity<M>> = if loads.iter().any(|loading| loading.load == Load::Joined) {
            let root = Root { mapping: M::mapping(), adopt: adopt_any::<M> };
            let found = self.fetch(anchored(M::mapping(), &query.select), root, &loads).await?;
            found.into_iter().map(|(row, _)| Entity::of(row)).collect::<Result<_>>()?
        } else {
            let (sql, values, types) = self.rendered(&query.select)?;
            let answer = self.send(&sql, &values).await?;
            let mut entities = Vec::with_capacity(answer.rows.len());
            for row in rows_with_types(answer, &types) {
                entities.push(adopt(&mut self.work, row.values)?);
            }
            entities
        };
        if !loads.is_empty() {
            let tracked: Vec<Arc<dyn Tracked>> = entities.iter().map(Entity::tracked).collect();
            self.load_behind(&tracked, &loads, Some(&query.select)).await?;
        }
        Ok(entities)
    }

    /// The first entity of a query; None = there is none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn first<M: Model>(&mut self, query: Query<M>) -> Result<Option<Entity<M>>> {
        Ok(self.all(query.limit(1)).await?.into_iter().next())
    }

    /// The only entity of a query.
    ///
    /// # Errors
    /// [`Kind::Refused`] where there is none, or more than one.
    pub async fn one<M: Model>(&mut self, query: Query<M>) -> Result<Entity<M>> {
        let none = || Error::new(Kind::Refused, format!("no row of {} is so", M::mapping().shape.table()));
        self.one_or_none(query).await?.ok_or_else(none)
    }

    /// The only entity of a query; None = there is none.
    ///
    /// # Errors
    /// [`Kind::Refused`] where there is more than one.
    pub async fn one_or_none<M: Model>(&mut self, query: Query<M>) -> Result<Option<Entity<M>>> {
        let mut found = self.all(query.limit(2)).await?.into_iter();
        match (found.next(), found.next()) {
            (_, Some(_)) => {
                Err(Error::new(Kind::Refused, format!("more than one row of {} is so", M::mapping().shape.table())))
            }
            (first, None) => Ok(first),
        }
    }

    /// How many rows a query has.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count(&mut self, query: impl Into<Select>) -> Result<u64> {
        let mut query: Select = query.into();
        query.order.clear();
        let counted = super::select::subquery(query, "counted");
        let outer = super::select::select([count_all()]).from(counted);
        let count: Option<i64> = self.scalar(outer).await?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// Whether a query has any row.
    ///
    /// # Errors
    /// What the database says.
    pub async fn exists(&mut self, query: impl Into<Select>) -> Result<bool> {
        let query: Select = query.into();
        Ok(!self.rows_of(query.limit(1)).await?.is_empty())
    }

    /// Gives each entity of a query to `take`, in the order of the key, in batches; memory for one batch. One that a join
    /// finds more than once is given once. The entities are not held by the session, and no relationship of theirs is loaded.
    ///
    /// # Errors
    /// That of `take`, and what the database says; [`Kind::Usage`] for a query with an order or a limit of its own, and for a
    /// model without a key.
    pub async fn stream<M: Model>(
        &mut self,
        query: Query<M>,
        batch: usize,
        mut take: impl FnMut(M) -> Result<()> + Send,
    ) -> Result<u64> {
        self.flush_before_query().await?;
        let select = query.select;
        if !select.order.is_empty() || select.limit.is_some() || select.offset.is_some() {
            return Err(
                Error::new(Kind::Usage, "a stream has the order of the key, and no limit").with_hint("leave both out")
            );
        }
        let mapping = M::mapping();
        mapping.shape.whole_key(mapping.shape.key.len())?;
        let batch = batch.max(1);
        let mut after: Option<Vec<Value>> = None;
        let mut count = 0;
        loop {
            let mut page = select.clone().limit(batch as u64);
            page.order = mapping.shape.key_columns().map(|column| mapping.source().col(&column.name).asc()).collect();
            page.filter.extend(after.as_ref().map(|key| super::walk::behind_key(mapping, key)));
            let (sql, values, types) = self.rendered(&page)?;
            let answer = self.send(&sql, &values).await?;
            let read = answer.rows.len();
            for row in rows_with_types(answer, &types) {
                let key = Some(mapping.key_of(&row.values));
                if key != after {
                    take(M::from_values(row.values)?)?;
                    (after, count) = (key, count + 1);
                }
            }
            if read < batch {
                return Ok(count);
            }
        }
    }

    /// Reads an entity anew; what was changed in it and not sent is lost. Its relationships are to be loaded again.
    ///
    /// # Errors
    /// [`Kind::Refused`] where the row is not there any more.
    pub async fn refresh<M: Model>(&mut self, entity: &Entity<M>) -> Result<()> {
        self.expire(entity);
        let key = M::mapping().key_of(&entity.value().to_values());
        match self.get_by::<M>(&key).await? {
            Some(_) => Ok(()),
            None => {
                Err(Error::new(Kind::Refused, format!("{} is not there any more", M::mapping().shape.row_name(&key))))
            }
        }
    }

    /// Marks an entity as out of date: the next query that finds it reads it anew. What was changed in it and not sent is lost.
    pub fn expire<M: Model>(&mut self, entity: &Entity<M>) {
        super::unit::outdated(&entity.tracked());
    }

    /// Puts the values of a struct into the entity with its key: the one that is there, else a new one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn merge<M: Model>(&mut self, value: M) -> Result<Entity<M>> {
        let key = M::mapping().key_of(&value.to_values());
        match self.get_by::<M>(&key).await? {
            Some(entity) => {
                *entity.write() = value;
                Ok(entity)
            }
            None => Ok(self.add(value)),
        }
    }

    /// Deletes an entity with the next flush, and what cascades from it. Rows that refer to it without cascade refer to
    /// nothing from then on; pairs go.
    ///
    /// # Errors
    /// What the database says while what cascades is read.
    pub async fn delete<M: Model>(&mut self, entity: &Entity<M>) -> Result<()> {
        self.flush_before_query().await?;
        let mut gone: Vec<Arc<dyn Tracked>> = Vec::new();
        let mut waiting = vec![entity.tracked()];
        while let Some(row) = waiting.pop() {
            if row.state().standing == Standing::New {
                self.work.forget(&row);
                continue;
            }
            for relation in (row.mapping().relations)() {
                waiting.extend(self.let_go(&row, &relation).await?);
            }
            gone.push(row);
        }
        for row in gone {
            if !self.work.gone.iter().any(|known| super::unit::same(known, &row)) {
                self.work.gone.push(row);
            }
        }
        Ok(())
    }

    /// What becomes of the other side of a relationship when a row goes; what goes with it.
    async fn let_go(&mut self, row: &Arc<dyn Tracked>, relation: &RelationDef) -> Result<Vec<Arc<dyn Tracked>>> {
        match &relation.kind {
            RelationKind::BelongsTo(_) => Ok(Vec::new()),
            RelationKind::Has(..) if relation.cascade => self.load_links_now(row, relation).await,
            RelationKind::Has(columns, _) => {
                let target = (relation.target)();
                let emptied = columns.names().iter().filter_map(|name| target.shape.column(name));
                let emptied: Vec<_> = emptied.filter(|it| it.nullable).map(|it| (it, Value::Null)).collect();
                if !emptied.is_empty() {
                    let key = row.mapping().key_of(&row.values()).into_iter().map(Expr::Value).collect();
                    let condition = matching(columns.of(&target.source()), key);
                    self.send_update(&target.shape, &emptied, &[condition]).await?;
                }
                Ok(Vec::new())
            }
            RelationKind::Pairs(pairs) => {
                let others = self.load_links_now(row, relation).await?;
                let gone = others.into_iter().map(|other| super::unit::Pair {
                    pairs: pairs.clone(),
                    rows: [Arc::clone(row), other],
                    is_new: false,
                });
                self.work.pairs.extend(gone);
                Ok(Vec::new())
            }
        }
    }
}
