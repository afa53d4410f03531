//! The scratch place: where models are judged and history is replayed, so that both sides of a comparison are in the
//! server's own words. Nothing of it stays, and nothing of the user's is touched.

mod groups;
mod making;
mod rights;
mod shape;
mod subject;

use std::collections::BTreeSet;
use std::path::Path;

use crate::db::{Connection, Ending, Settings, Url};
use crate::dialect::mentions::add_mentioned;
use crate::dialect::{Capability, Dialect, Scope, Server, localise_schema, refused_part};
use crate::diff::{Context, RenameRules, diff};
use crate::error::{Error, Kind, Result};
use crate::execute::render::{as_refused_here, statements, unsupported};
use crate::model::{
    Models, SqlModel, extensions_in, hints, named_extensions, refuse_uncompared, sql_names_schemas, validate,
};
use crate::ops::{Constraint, Operation};
use crate::plan::{Chunk, Planned};
use crate::schema::{Ident, Name, Need, Object, ObjectId, ObjectKind, Pair, Schema, Unmodelled};
use crate::statement::Statement;
use crate::statement::session::Reach;
use crate::statement::split::split;
use making::{Maker, Queue, Step, queues};
use rights::{take_grants, take_rights};

/// Where the scratch place may be made.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// On the server of the database itself; a remote one only if somebody said so.
    SameServer { said: bool },
    /// In the database of this URL, which is there for that.
    Url(Url),
}

/// Makes scratch places.
pub(crate) struct Workshop<'a> {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) place: &'a Place,
    pub(crate) settings: &'a Settings,
    /// Process and run, for names: letters, digits and underscores.
    pub(crate) tag: &'a str,
    pub(crate) scope: &'a Scope,
    /// `scratch_setup`: what runs in a scratch place before anything else.
    pub(crate) setup: Option<&'a SqlModel>,
}

impl Workshop<'_> {
    /// The models in the server's words. `live` is the connection to the database at hand; it is as it was afterwards.
    pub(crate) async fn judge(&self, live: &mut Connection, models: &Models) -> Result<Schema> {
        validate(models, self.dialect)?;
        refuse_uncompared(models, self.scope)?;
        self.refuse_unattached(live, models)?;
        let said = hints(&models.sql, self.dialect, live.own_schema())?;
        let in_sql = sql_names_schemas(models, self.dialect)?;
        let memory = self.dialect.has(Capability::ScratchInMemory, live.server());
        if in_sql && !memory && !self.dialect.has(Capability::TransactionalDdl, live.server()) {
            return Err(names_a_database());
        }
        let qualified = in_sql || !models.declared.schemas.is_empty() || has_objects_of_database(models);
        let mut judged = self.with_place(live, qualified, &Work::Models { models, lacking: Lacking::LeftOut }).await?;
        refuse_misnamed(models, &judged, self.dialect)?;
        said.lay_over(&mut judged, self.dialect);
        lay_hints_over(&models.declared, &mut judged, self.dialect);
        Ok(judged)
    }

    /// A native schema as the server says it after reading it once more.
    pub(crate) async fn judge_native(&self, live: &mut Connection, schema: &Schema) -> Result<Schema> {
        let models = Models { declared: schema.clone(), ..Models::default() };
        self.with_place(
            live,
            !schema.schemas.is_empty() || has_objects_of_database(&models),
            &Work::Models { models: &models, lacking: Lacking::Fails },
        )
        .await
    }

    /// What `scratch_setup` alone makes.
    pub(crate) async fn prepared(&self, live: &mut Connection) -> Result<Schema> {
        self.replay(live, &[]).await
    }

    /// What revisions make of an empty place.
    pub(crate) async fn replay(&self, live: &mut Connection, planned: &[&Planned]) -> Result<Schema> {
        let qualified = !self.scope.schemas.is_empty() || make_objects_of_database(planned);
        self.with_place(live, qualified, &Work::Revisions(planned)).await
    }

    async fn with_place(&self, live: &mut Connection, qualified: bool, work: &Work<'_>) -> Result<Schema> {
        let qualified = qualified || self.setup_names_schemas(live)?;
        if self.dialect.has(Capability::ScratchInMemory, live.server()) {
            return self.in_memory(&live.url().empty_in_memory(), work).await;
        }
        match self.place {
            Place::SameServer { said: false } if !live.url().is_local() => Err(not_here()),
            Place::SameServer { .. } if qualified => self.in_own_database(live.url(), work).await,
            Place::SameServer { .. } => {
                let url = live.url().clone();
                self.in_schema_or_database(live, &url, work).await
            }
            Place::Url(url) if qualified => self.in_own_database(url, work).await,
            Place::Url(url) => {
                let mut connection = Connection::open(url, self.settings).await?;
                let judged = self.in_schema_or_database(&mut connection, url, work).await;
                connection.close().await;
                judged
            }
        }
    }

    /// In memory of this process: many tables in several places, where none needs another.
    async fn in_memory(&self, memory: &Url, work: &Work<'_>) -> Result<Schema> {
        let mut connection = Connection::open(memory, self.settings).await?;
        match work {
            Work::Models { models, .. } if self.setup.is_none() && groups::stand_alone(models, self.dialect) => {
                let groups = groups::of(self.creation(&models.declared, models, &connection)?);
                connection.close().await;
                self.in_groups(memory, groups, models).await
            }
            Work::Models { .. } | Work::Revisions(_) => {
                let judged = self.fill_own(&mut connection, work).await;
                connection.close().await;
                judged
            }
        }
    }

    async fn in_groups(&self, memory: &Url, groups: Vec<Vec<Operation>>, models: &Models) -> Result<Schema> {
        let mut judged = Schema::default();
        for group in groups {
            let mut connection = Connection::open(memory, self.settings).await?;
            let steps = self.steps(&group, models, &connection)?;
            Maker::scratch(self.dialect).make(&mut connection, vec![steps]).await?;
            judged.tables.extend(self.dialect.inspect(&mut connection, self.scope).await?.tables);
            connection.close().await;
        }
        Ok(judged)
    }

    /// As [`Self::in_schema_or_emptier`]; where the live schema behind the scratch place gets in the way of what is made, in
    /// a database of its own, if that can be.
    async fn in_schema_or_database(&self, connection: &mut Connection, url: &Url, work: &Work<'_>) -> Result<Schema> {
        // A name means a live table where the scratch schema has none: it would be locked, or outside of a transaction lost.
        let by_person = self.setup.is_some() || work.is_of_persons();
        if work.takes_away(self.dialect)? {
            match self.in_own_database(url, work).await {
                Err(error) if error.kind() == Kind::Privilege => {}
                other => return other,
            }
        }
        match self.in_schema_or_emptier(connection, url, work).await {
            Err(error) if by_person && self.dialect.wants_no_transaction(&error) => {
                self.in_own_database(url, work).await
            }
            Err(error) if self.dialect.meets_live(&error) => {
                let judged = self.in_own_database(url, work).await;
                judged.map_err(|other| error.caused_by(format!("in a scratch database: {}", other.phrase())))
            }
            other => other,
        }
    }

    /// In a schema or database beside the own one. Where this server lacks something for the models, what stands on that would
    /// be made upon what the live schema behind it has: then in a database of its own, if the login may make one.
    async fn in_schema_or_emptier(&self, connection: &mut Connection, url: &Url, work: &Work<'_>) -> Result<Schema> {
        let shares_live = self.dialect.has(Capability::TransactionalDdl, connection.server());
        let Work::Models { models, lacking: Lacking::LeftOut } = *work else {
            return self.in_schema(connection, work).await;
        };
        if shares_live {
            let judged = self.in_schema(connection, &Work::Models { models, lacking: Lacking::Ends }).await?;
            if !judged.unmodelled.iter().any(|one| one.unjudged_kind().is_some()) {
                return Ok(judged);
            }
            match self.in_own_database(url, work).await {
                Err(error) if error.kind() == Kind::Privilege => {}
                other => return other,
            }
        }
        self.in_schema(connection, work).await
    }

    /// In a schema or database beside the own one: first in a transaction that is rolled back, where a statement
    /// refuses that in a committed one that is dropped.
    async fn in_schema(&self, connection: &mut Connection, work: &Work<'_>) -> Result<Schema> {
        let outcome = self.try_in_schema(connection, work, true).await;
        match outcome {
            Err(error)
                if self.setup.is_none() && !work.is_of_persons() && self.dialect.wants_no_transaction(&error) =>
            {
                self.try_in_schema(connection, work, false).await
            }
            other => other,
        }
    }

    async fn try_in_schema(
        &self,
        connection: &mut Connection,
        work: &Work<'_>,
        in_transaction: bool,
    ) -> Result<Schema> {
        let extensions = self.named_extensions(work)?;
        let scratch = self.dialect.enter_scratch(connection, self.tag, in_transaction).await?;
        // The other schemas here are the user's: nothing that was declared is in them.
        let alone = Scope { schemas: Vec::new(), without_own: false, extensions, ..self.scope.clone() };
        let judged = self.fill(connection, work, &alone).await;
        let left = self.dialect.leave_scratch(connection, &scratch).await;
        judged.and_then(|judged| left.map(|()| judged))
    }

    /// The extensions that are of what is made; None where the revisions alone say it.
    fn named_extensions(&self, work: &Work<'_>) -> Result<Option<BTreeSet<Ident>>> {
        let prepared = self.setup.map(|setup| extensions_in(setup, self.dialect)).transpose()?.unwrap_or_default();
        match work {
            Work::Models { models, .. } => {
                Ok(Some(named_extensions(models, self.dialect)?.into_iter().chain(prepared).collect()))
            }
            Work::Revisions([]) => Ok(Some(prepared)),
            Work::Revisions(_) => Ok(None),
        }
    }

    /// Qualified names need a database of their own.
    async fn in_own_database(&self, url: &Url, work: &Work<'_>) -> Result<Schema> {
        let mut maker = Connection::open(url, self.settings).await?;
        let name = self.dialect.make_scratch_database(&mut maker, self.tag).await?;
        let judged = match Connection::open(&url.with_database(name.as_str()), self.settings).await {
            Ok(mut connection) => {
                let judged = self.fill_all(&mut connection, work).await;
                connection.close().await;
                judged
            }
            Err(error) => Err(error),
        };
        let dropped = self.dialect.drop_scratch_database(&mut maker, &name).await;
        maker.close().await;
        match dropped {
            Err(error) if error.kind() != Kind::Cancelled => self.tell_left(&name, &error),
            other => other?,
        }
        judged
    }

    /// What is left takes the answer from nobody.
    fn tell_left(&self, database: &Ident, why: &Error) {
        let Some(warn) = &self.settings.warn.0 else { return };
        let name = database.as_str();
        warn(
            &format!("the scratch database {name} could not be dropped: {}", why.phrase()),
            &format!("drop it when nobody is in it any more: DROP DATABASE {}", self.dialect.quote(database)),
        );
    }

    /// Fills a database. Models are made in one transaction, which costs less than one for each statement; where a
    /// statement refuses that, without.
    async fn fill_all(&self, connection: &mut Connection, work: &Work<'_>) -> Result<Schema> {
        let is_of_models = matches!(work, Work::Models { .. });
        if is_of_models && self.dialect.has(Capability::TransactionalDdl, connection.server()) {
            connection.begin_raw("BEGIN").await?;
            let judged = self.fill_own(connection, work).await;
            let ended = connection.rollback().await;
            match judged {
                Err(error) if self.dialect.wants_no_transaction(&error) => ended?,
                other => return other.and_then(|judged| ended.map(|()| judged)),
            }
        }
        self.fill_own(connection, work).await
    }

    /// Fills a place in which everything is of the models; what they put where nobody compares is named.
    async fn fill_own(&self, connection: &mut Connection, work: &Work<'_>) -> Result<Schema> {
        let mut judged = self.fill(connection, work, self.scope).await?;
        let is_of_people = match work {
            Work::Models { models, .. } => !models.sql.is_empty(),
            Work::Revisions(planned) => planned.is_empty(),
        };
        if is_of_people {
            let others = self.dialect.schemas_beside(connection, self.scope).await?;
            judged.unmodelled.extend(others.iter().map(Unmodelled::uncompared));
        }
        Ok(judged)
    }

    async fn fill(&self, connection: &mut Connection, work: &Work<'_>, scope: &Scope) -> Result<Schema> {
        self.set_up(connection).await?;
        let mut unjudged = Vec::new();
        match *work {
            Work::Models { models, lacking } => {
                let maker = self.maker().going_on(lacking != Lacking::Fails);
                unjudged = self.create_in(connection, models, maker).await?;
                if lacking == Lacking::Ends && !unjudged.is_empty() {
                    return Ok(Schema { unmodelled: unjudged, ..Schema::default() });
                }
            }
            Work::Revisions(planned) => {
                // What was noted before is of another place, as what is noted here is of this one.
                connection.forget_session();
                let replayed = self.revisions(connection, planned).await;
                connection.forget_session();
                replayed?;
            }
        }
        let mut judged = self.dialect.inspect(connection, scope).await?;
        if matches!(work, Work::Models { .. }) && !judged.objects.is_empty() {
            judged.unmodelled.extend(self.dialect.broken_bodies(connection, scope, &judged).await?);
        }
        judged.unmodelled.extend(unjudged);
        Ok(judged)
    }

    fn maker(&self) -> Maker {
        Maker::scratch(self.dialect).comparing_rights(self.scope.grants)
    }

    /// Whether `scratch_setup` needs a database of its own.
    fn setup_names_schemas(&self, live: &Connection) -> Result<bool> {
        let Some(setup) = self.setup else { return Ok(false) };
        let models = Models { sql: vec![setup.clone()], ..Models::default() };
        let names = sql_names_schemas(&models, self.dialect)?;
        let memory = self.dialect.has(Capability::ScratchInMemory, live.server());
        if names && !memory && !self.dialect.has(Capability::TransactionalDdl, live.server()) {
            return Err(names_a_database().in_file(&setup.file));
        }
        Ok(names)
    }

    /// Runs `scratch_setup`.
    async fn set_up(&self, connection: &mut Connection) -> Result<()> {
        let Some(setup) = self.setup else { return Ok(()) };
        let maker = self.maker();
        for piece in split(&setup.text, self.dialect.syntax()).map_err(|error| error.in_file(&setup.file))? {
            let outcome = maker.perform(connection, &Statement::new(piece.sql, "scratch_setup")).await;
            outcome.map_err(|error| {
                let error = if error.kind() == Kind::Statement { error.into_kind(Kind::File) } else { error };
                error
                    .while_doing("the database refuses this of `scratch_setup`")
                    .in_file(&setup.file)
                    .at_line(piece.line, 0)
            })?;
        }
        Ok(())
    }

    async fn revisions(&self, connection: &mut Connection, planned: &[&Planned]) -> Result<()> {
        let maker = self.maker();
        for one in planned {
            let id = one.step.revision.as_str();
            self.revision(connection, &maker, one).await.map_err(|error| error.in_revision(id))?;
        }
        Ok(())
    }

    async fn revision(&self, connection: &mut Connection, maker: &Maker, planned: &Planned) -> Result<()> {
        for chunk in &planned.chunks {
            let rendered = statements(chunk, self.dialect, connection, self.scope).await;
            for statement in rendered.map_err(as_refused_here)? {
                if self.dialect.moves(&statement.sql) {
                    continue;
                }
                if statement.by_person {
                    self.brace(connection, &statement).await?;
                }
                maker.perform(connection, &statement).await?;
            }
        }
        connection.put_back(Ending::Alone).await.map(drop)
    }

    /// What the place is found by is a setting of the session: it is noted before the first statement that may change it.
    async fn brace(&self, connection: &mut Connection, statement: &Statement) -> Result<()> {
        let change = self.dialect.session_change(&statement.sql);
        if change.reach != Reach::Nothing {
            connection.note_session().await?;
        }
        connection.brace(change).await
    }

    /// Creates in the database itself what the models declare.
    pub(crate) async fn create(&self, connection: &mut Connection, models: &Models) -> Result<()> {
        refuse_uncompared(models, self.scope)?;
        self.refuse_unattached(connection, models)?;
        self.create_in(connection, models, Maker::real(self.dialect)).await.map(drop)
    }

    /// Refuses models of a schema that is not there and cannot be made.
    fn refuse_unattached(&self, connection: &Connection, models: &Models) -> Result<()> {
        let attached = connection.attached();
        let is_missing = |name: &&Ident| !attached.contains(name);
        let can_make = self.dialect.has(Capability::MakesSchemas, connection.server());
        let Some(missing) = models.declared.schemas.iter().find(is_missing).filter(|_| !can_make) else {
            return Ok(());
        };
        let name = missing.as_str();
        let error = Error::new(Kind::File, format!("the models say schema {name}, and no file is attached as it"))
            .with_hint(format!("attach it in migrate.yaml: `database: {{ attach: {{ {name}: FILE }} }}`"));
        let spot = models.spots.iter().find(|(table, _)| table.schema.as_ref() == Some(missing)).map(|(_, spot)| spot);
        Err(spot.into_iter().fold(error, |error, spot| error.in_file(&spot.file).at_line(spot.line, 0)))
    }

    /// YAML tables, then SQL models, then foreign keys from the former to the latter, then rights. Gives what could not be made for
    /// what the server lacks.
    async fn create_in(
        &self,
        connection: &mut Connection,
        models: &Models,
        mut maker: Maker,
    ) -> Result<Vec<Unmodelled>> {
        let mut declared = models.declared.clone();
        let late = take_foreign_keys_to_others(&mut declared);
        let mut early = self.creation(&declared, models, connection)?;
        let rights = take_rights(&mut early);
        let steps = self.steps(&early, models, connection)?;
        maker.make(connection, vec![steps]).await?;
        let mut of_sql = queues(&models.sql, self.dialect)?;
        let grants = if self.scope.grants { take_grants(&mut of_sql, self.dialect) } else { Vec::new() };
        maker.make(connection, of_sql).await?;
        let steps = self.steps(&late, models, connection)?;
        maker.make(connection, vec![steps]).await?;
        if let Some(bare) = self.dialect.bare_scratch().filter(|_| self.scope.grants && maker.in_scratch()) {
            connection.execute(&bare).await?;
        }
        maker.make(connection, vec![self.steps(&rights, models, connection)?]).await?;
        maker.make(connection, grants).await?;
        Ok(maker.unjudged)
    }

    /// [`creation`] of what these models declare; an error says where it stands.
    fn creation(&self, declared: &Schema, models: &Models, connection: &Connection) -> Result<Vec<Operation>> {
        creation(declared, self.dialect, connection).map_err(|error| {
            let spot = match refused_part(declared, self.dialect, connection.server()) {
                Some(Need::Table(name, _)) => models.spots.get(&name),
                Some(Need::Object(id)) => models.object_spots.get(&id),
                Some(Need::Enum(_)) | None => None,
            };
            spot.into_iter().fold(error, |error, spot| error.in_file(&spot.file).at_line(spot.line, 0))
        })
    }

    /// The statements of operations, each with where its model stands.
    fn steps<'m>(&self, operations: &'m [Operation], models: &'m Models, connection: &Connection) -> Result<Queue<'m>> {
        let mut steps = Queue::new();
        for (at, operation) in operations.iter().enumerate() {
            let spot = if let Operation::Object(object) = operation {
                models.object_spots.get(object.id())
            } else {
                operation.table().and_then(|table| models.spots.get(table))
            };
            let spot: Option<(&Path, usize)> = spot.map(|spot| (spot.file.as_path(), spot.line));
            let shape = shape::before(operations, at);
            let rendered = self.dialect.render(std::slice::from_ref(operation), &shape, connection.server());
            let rendered = rendered.map_err(unsupported).map_err(|error| match spot {
                Some((file, line)) => error.in_file(file).at_line(line, 0),
                None => error,
            })?;
            steps.extend(rendered.into_iter().map(|statement| Step { statement, spot, operation: Some(operation) }));
        }
        Ok(steps)
    }
}

enum Work<'a> {
    Models { models: &'a Models, lacking: Lacking },
    Revisions(&'a [&'a Planned]),
}

impl Work<'_> {
    /// Whether statements that a person wrote are among it.
    fn is_of_persons(&self) -> bool {
        match self {
            Self::Models { models, .. } => !models.sql.is_empty() || !models.declared.objects.is_empty(),
            Self::Revisions(_) => true,
        }
    }

    /// Whether models have statements that take away rows or whole things, as dumps do before they make them. Where a scratch
    /// schema has the live one behind it these would mean that.
    fn takes_away(&self, dialect: &dyn Server) -> Result<bool> {
        let Self::Models { models, .. } = self else { return Ok(false) };
        for model in models.sql.iter().filter(|_| dialect.has(Capability::TransactionalDdl, dialect.oldest())) {
            let pieces = split(&model.text, dialect.syntax()).map_err(|error| error.in_file(&model.file))?;
            if pieces.iter().any(|piece| dialect.takes_away(piece.sql)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What becomes of models where the server lacks what they need.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lacking {
    /// An error.
    Fails,
    /// Nothing is judged: all that is given is what could not be.
    Ends,
    /// It is left out with what stands on it, and everything else is judged.
    LeftOut,
}

/// Whether models declare what belongs to the whole database, and may be there already.
fn has_objects_of_database(models: &Models) -> bool {
    models.declared.objects.keys().any(is_outside)
}

fn make_objects_of_database(planned: &[&Planned]) -> bool {
    let is_outside = |operation: &Operation| {
        if let Operation::Object(object) = operation { is_outside(object.id()) } else { false }
    };
    planned.iter().flat_map(|one| &one.chunks).any(|chunk| match chunk {
        Chunk::Operations(operations) => operations.iter().any(is_outside),
        Chunk::Sql(_) => false,
        #[cfg(feature = "orm")]
        Chunk::Data(_) => false,
    })
}

/// Whether a scratch schema cannot hold it: it lies in no schema, or is about one.
fn is_outside(id: &ObjectId) -> bool {
    id.kind.is_of_database() || id.kind.is_of_a_thing() && id.arguments.as_deref() == Some("schema")
}

fn not_here() -> Error {
    Error::new(Kind::Config, "the models must be judged in a scratch place, and nothing is made on a remote server unasked")
        .with_hint("add to migrate.yaml one of: `scratch: same-server` (a schema that is rolled back, or a database that is dropped), `scratch: <URL of a database for that>`")
}

fn names_a_database() -> Error {
    Error::new(Kind::File, "a SQL model names a database: what it makes would not stay in the scratch place")
        .with_hint("leave the database out of the names in SQL models: the connection says which it is")
}

/// The operations that make a declared schema out of nothing, in the words of the server.
pub(crate) fn creation(
    declared: &Schema,
    dialect: &'static dyn Server,
    connection: &Connection,
) -> Result<Vec<Operation>> {
    let server = connection.server();
    let mut declared = declared.clone();
    fill_in_references(&mut declared);
    let mut local = localise_schema(declared, dialect, server).map_err(unsupported)?;
    add_mentioned(&mut local, dialect);
    let context = Context { dialect, server };
    Ok(diff(Pair::new(&Schema::default(), &local), &RenameRules::default(), context).operations)
}

/// Refuses a definition that makes something else than it stands under.
fn refuse_misnamed(models: &Models, judged: &Schema, dialect: &dyn Dialect) -> Result<()> {
    let key = |id: &ObjectId| {
        let fold = |name: &Ident| dialect.fold(name);
        let place = id.table.as_ref().unwrap_or(&id.name);
        (id.kind, place.schema.as_ref().map(fold), fold(&id.name.name))
    };
    let made: BTreeSet<_> = judged.objects.keys().map(key).collect();
    let is_left = |id: &ObjectId| judged.unmodelled.iter().any(|one| one.is_unjudged_object(id));
    // What the role that judges may do anyway is not said.
    let is_silent = |id: &ObjectId, object: &Object| {
        id.kind.is_of_a_thing() && object.definition.text().contains(id.name.name.as_str())
    };
    let mut declared = models.declared.objects.iter();
    let is_else =
        |(id, object): &(&ObjectId, &Object)| !made.contains(&key(id)) && !is_left(id) && !is_silent(id, object);
    let Some((id, _)) = declared.find(is_else) else { return Ok(()) };
    let phrase = format!("the definition of {} makes something else", id.for_people());
    let hint = if id.kind == ObjectKind::Event {
        "name in it what it stands under; an event whose time is past stays only with ON COMPLETION PRESERVE"
    } else if id.kind == ObjectKind::Pragma {
        "give it the number of its own name: `PRAGMA user_version = 3`; 0 is the same as none"
    } else {
        "name in it what it stands under, or put it under that name"
    };
    let error = Error::new(Kind::File, phrase).with_hint(hint);
    Err(match models.object_spots.get(id) {
        Some(spot) => error.in_file(&spot.file).at_line(spot.line, 0),
        None => error,
    })
}

/// A reference without columns means the primary key of the other table.
pub(crate) fn fill_in_references(schema: &mut Schema) {
    let keys: std::collections::BTreeMap<Name, Vec<_>> = schema
        .tables
        .iter()
        .filter_map(|(name, table)| Some((name.clone(), table.primary_key.as_ref()?.columns.clone())))
        .collect();
    for key in schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.referenced_columns.is_empty() {
            key.referenced_columns = keys.get(&key.references).cloned().unwrap_or_default();
        }
    }
}

/// Takes the foreign keys to tables that no YAML model declares out, as operations for later.
fn take_foreign_keys_to_others(declared: &mut Schema) -> Vec<Operation> {
    let known: BTreeSet<Name> = declared.tables.keys().cloned().collect();
    let mut late = Vec::new();
    for table in declared.tables.values_mut() {
        let name = table.name.clone();
        let (here, there) = table.foreign_keys.drain(..).partition(|key| known.contains(&key.references));
        table.foreign_keys = here;
        late.extend(there.into_iter().map(|key| Operation::AddConstraint {
            table: name.clone(),
            constraint: Box::new(Constraint::ForeignKey(key)),
        }));
    }
    late
}

/// Puts the rename hints of YAML models into the judged schema.
pub(crate) fn lay_hints_over(declared: &Schema, judged: &mut Schema, dialect: &dyn Dialect) {
    let same = |a: &Ident, b: &Ident| dialect.fold(a) == dialect.fold(b);
    for table in declared.tables.values() {
        let found = judged
            .tables
            .values_mut()
            .find(|one| one.name.schema == table.name.schema && same(&one.name.name, &table.name.name));
        let Some(found) = found else { continue };
        found.renamed_from = table.renamed_from.clone().or_else(|| found.renamed_from.take());
        for column in &mut found.columns {
            let hint =
                table.columns.iter().find(|one| same(&one.name, &column.name)).and_then(|one| one.renamed_from.clone());
            column.renamed_from = hint.or_else(|| column.renamed_from.take());
        }
    }
    for (name, found) in judged.enums.iter_mut() {
        found.renamed_from = declared.enums.get(name).and_then(|one| one.renamed_from.clone());
    }
}
