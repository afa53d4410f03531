//! Queries for the entities of a model, and what a session does with entities.

use std::marker::PhantomData;
use std::sync::Arc;

use super::entity::{Entity, Standing, Tracked, adopt};
use super::expr::{Expr, Operand, count_all};
use super::flush::is_row;
use super::model::{Mapping, Model};
use super::relation::{Load, Relation, RelationDef, RelationKind};
use super::select::{Join, Refine, Select, Source};
use super::session::{Session, rows_with_types};
use crate::error::{Error, Kind, Result};
use crate::statement::value::Value;

/// A query for the entities of a model.
#[derive(Clone, Debug)]
pub struct Query<M> {
    pub(crate) select: Select,
    pub(crate) loads: Vec<(RelationDef, Load)>,
    of: PhantomData<fn() -> M>,
}

impl<M: Model> Query<M> {
    /// All entities of the model.
    pub fn new() -> Self {
        let select = Select { from: Some(M::mapping().source()), ..Select::default() };
        Self { select, loads: Vec::new(), of: PhantomData }
    }

    /// How a relationship is loaded by this query, whatever the model says.
    #[must_use]
    pub fn load<T: Model>(mut self, relation: Relation<M, T>, load: Load) -> Self {
        self.loads.retain(|(known, _)| known.name != relation.def().name);
        self.loads.push((relation.def(), load));
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

fn key_column(mapping: &Mapping, source: &Source) -> Expr {
    mapping.shape.key_columns().next().map_or_else(|| source.col("id"), |column| source.col(&column.name))
}

/// What joins the table on the other side.
pub(crate) fn joins(relation: &RelationDef, here: &Source, there: &Source, outer: bool) -> Vec<Join> {
    let target = (relation.target)();
    let join = |source: &Source, on: Expr| Join { outer, source: source.clone(), on };
    let key_here = || match &here.origin {
        super::select::Origin::Shape(shape) => shape.key_columns().next().map(|column| here.col(&column.name)),
        super::select::Origin::Name(_) | super::select::Origin::Query(_) => None,
    };
    let key_here = key_here().unwrap_or_else(|| here.col("id"));
    match relation.kind {
        RelationKind::Has(column, _) => vec![join(there, there.col(column).eq(key_here))],
        RelationKind::BelongsTo(column) => vec![join(there, key_column(target, there).eq(here.col(column)))],
        RelationKind::Pairs(pairs, own, other) => {
            let pairs = super::select::table(pairs);
            let first = join(&pairs, pairs.col(own).eq(key_here));
            vec![first, join(there, key_column(target, there).eq(pairs.col(other)))]
        }
    }
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
    /// What the database says.
    pub async fn get_by<M: Model>(&mut self, key: &[Value]) -> Result<Option<Entity<M>>> {
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
        let loads = loads_of(&query);
        if loads.iter().any(|(_, load)| *load == Load::Joined) {
            return self.all_joined(query, &loads).await;
        }
        let (sql, values, types) = self.rendered(&query.select)?;
        let answer = self.send(&sql, &values).await?;
        let mut entities: Vec<Entity<M>> = Vec::with_capacity(answer.rows.len());
        for row in rows_with_types(answer, &types) {
            entities.push(adopt(&mut self.work, row.values)?);
        }
        self.load_behind(&entities, &query.select, &loads).await?;
        Ok(entities)
    }

    pub(crate) async fn load_behind<M: Model>(
        &mut self,
        entities: &[Entity<M>],
        query: &Select,
        loads: &[(RelationDef, Load)],
    ) -> Result<()> {
        let tracked: Vec<Arc<dyn Tracked>> = entities.iter().map(Entity::tracked).collect();
        for (relation, load) in loads {
            match load {
                Load::Selectin => self.load_for(&tracked, relation, None).await?,
                Load::Subquery => self.load_for(&tracked, relation, Some(query)).await?,
                Load::Select | Load::Joined | Load::Raise => {}
            }
        }
        Ok(())
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

    /// Gives each entity of a query to `take`, in the order of the key, in batches; memory for one batch. The entities are
    /// not held by the session, and no relationship of theirs is loaded.
    ///
    /// # Errors
    /// That of `take`, and what the database says; [`Kind::Usage`] for a query with an order or a limit of its own.
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
                Error::new(Kind::Usage, "a stream has the order of the key, and no limit").hint("leave both out")
            );
        }
        let mapping = M::mapping();
        let mut after: Option<Vec<Value>> = None;
        let mut count = 0;
        loop {
            let mut page = select.clone().limit(batch as u64);
            page.order = mapping.shape.key_columns().map(|column| mapping.source().col(&column.name).asc()).collect();
            page.filter.extend(after.take().map(|key| super::walk::behind_key(mapping, &key)));
            let (sql, values, types) = self.rendered(&page)?;
            let answer = self.send(&sql, &values).await?;
            let read = answer.rows.len();
            for row in rows_with_types(answer, &types) {
                after = Some(mapping.key_of(&row.values));
                take(M::from_values(row.values)?)?;
                count += 1;
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

    /// Marks an entity as out of date: the next query that finds it reads it anew.
    pub fn expire<M: Model>(&mut self, entity: &Entity<M>) {
        let tracked = entity.tracked();
        let mut state = tracked.state();
        state.expired = true;
        state.links.clear();
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
        match relation.kind {
            RelationKind::BelongsTo(_) => Ok(Vec::new()),
            RelationKind::Has(_, _) if relation.cascade => self.load_links_now(row, relation).await,
            RelationKind::Has(column, _) => {
                let target = (relation.target)();
                let key = row.mapping().key_of(&row.values());
                let Some(known) = target.shape.column(column).filter(|column| column.nullable) else {
                    return Ok(Vec::new());
                };
                let condition = target.source().col(column).is_in(key.into_iter().map(Expr::Value));
                self.send_update(&target.shape, &[(known, Value::Null)], &[condition]).await?;
                Ok(Vec::new())
            }
            RelationKind::Pairs(pairs, here, there) => {
                let others = self.load_links_now(row, relation).await?;
                let gone = others.into_iter().map(|other| super::unit::Pair {
                    table: pairs,
                    columns: [here, there],
                    rows: [Arc::clone(row), other],
                    is_new: false,
                });
                self.work.pairs.extend(gone);
                Ok(Vec::new())
            }
        }
    }
}

/// The relationships that a query loads: what it says, and what the model says about the others.
fn loads_of<M: Model>(query: &Query<M>) -> Vec<(RelationDef, Load)> {
    let said = |name: &str| query.loads.iter().any(|(known, _)| known.name == name);
    let usual = (M::mapping().relations)().into_iter().filter(|relation| !said(relation.name));
    let usual = usual.map(|relation| {
        let load = relation.load;
        (relation, load)
    });
    query.loads.iter().cloned().chain(usual).filter(|(_, load)| !matches!(load, Load::Select | Load::Raise)).collect()
}
