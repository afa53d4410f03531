//! Operations on rows in a run: their statements from the tables as they are, the list of before-images, and what must
//! not be in the way before a way back begins.

use std::collections::BTreeMap;

use crate::data::{self, Images, Site};
use crate::db::Connection;
use crate::dialect::data::{KEPT, Trigger};
use crate::dialect::{Scope, Server, TypeUse};
use crate::error::{Error, Kind, Result};
use crate::execute::live::shape;
use crate::execute::render::unsupported;
use crate::execute::rows_cost::Keeping;
use crate::execute::rows_kept::{Place, images_of, list_name};
use crate::execute::step::Tell;
use crate::ops::heredity::whole;
use crate::ops::{DataOperation, Operation};
use crate::plan::{Chunk, DataChunk, Planned};
use crate::schema::{Column, Ident, Name, Neutral, Options, PrimaryKey, Schema, Table, Type};
use crate::statement::{Guard, ServerVersion, Statement};

/// How many findings are named.
const NAMED: usize = 10;

/// Whether a plan needs the list of before-images.
pub(super) fn any(planned: &[Planned]) -> bool {
    planned.iter().flat_map(|step| &step.chunks).any(|chunk| matches!(chunk, Chunk::Data(_)))
}

/// The statement that makes the list of before-images.
pub(crate) fn create_list(dialect: &dyn Server, version_table: &Name, server: ServerVersion) -> Result<Vec<String>> {
    let mut table = Table::new(list_name(version_table));
    let short = |length| Neutral::Varchar(Some(length));
    for (name, neutral) in [
        ("image", short(64)),
        ("version_table", short(190)),
        ("format", Neutral::Int),
        ("revision", short(32)),
        ("step", Neutral::Text),
        ("subject", short(190)),
        ("kind", short(16)),
        ("at", Neutral::TimestampTz),
    ] {
        let ident = Ident::from(name);
        let at = TypeUse { table: &table.name, column: &ident, sole_key: false, strict: false, identity: false };
        let native = dialect.native_type(&neutral, at, server);
        table.columns.push(Column { nullable: false, ..Column::new(name, Type::Native(native)) });
    }
    table.primary_key = Some(PrimaryKey {
        name: None,
        columns: vec![Ident::from("image")],
        include: Vec::new(),
        deferrable: None,
        comment: None,
        options: Options::default(),
    });
    let made = dialect.render(&[Operation::CreateTable(Box::new(table))], &Schema::default(), server);
    Ok(made.map_err(unsupported)?.into_iter().map(|statement| statement.sql).collect())
}

/// Makes the list if it is missing; to be called under the session lock.
pub(super) async fn ensure_list(connection: &mut Connection, place: Place<'_>) -> Result<()> {
    let name = list_name(place.version_table);
    if place.dialect.has_table(connection, &name).await? {
        return Ok(());
    }
    for sql in create_list(place.dialect, place.version_table, connection.server())? {
        connection.execute(&sql).await.map_err(|error| error.while_doing(format!("cannot create the table {KEPT}")))?;
    }
    Ok(())
}

/// The statements of one operation on rows, for the tables as they are now.
///
/// # Errors
/// [`Kind::Usage`] where the run would keep more than may be; [`Kind::File`] for what does not fit the tables.
pub(super) async fn statements(
    chunk: &DataChunk,
    place: Place<'_>,
    connection: &mut Connection,
    (keeping, tell): (&Keeping, Tell<'_>),
) -> Result<Vec<Statement>> {
    let now = tables_around(place, connection, &[&chunk.operation]).await?;
    let keys_off = !place.dialect.heeds_keys(connection).await?;
    let mut triggers = BTreeMap::new();
    for table in tables(&chunk.operation, &now) {
        let found = place.dialect.triggers(connection, &table).await?;
        triggers.insert(table, found);
    }
    let images = left_by(chunk, place, connection).await?;
    let ground = Ground { shape: &now, triggers: &triggers, keys_off, images: images.as_ref() };
    let server = connection.server();
    let asked = keeping.ask(connection, chunk, (&site(chunk, place, ground, server), &now, true), tell).await;
    asked.map_err(|error| error.at_line(chunk.line, 0))?;
    of_chunk(chunk, place, ground, server)
}

/// Where an operation works.
fn site<'s>(chunk: &'s DataChunk, place: Place<'s>, ground: Ground<'s>, server: ServerVersion) -> Site<'s> {
    let Place { dialect, version_table, .. } = place;
    let Ground { shape, triggers, keys_off, images } = ground;
    Site { dialect, server, shape, revision: chunk.revision.as_str(), version_table, triggers, keys_off, images }
}

/// The images that a way back finds; `None` for what is none.
pub(super) async fn left_by(
    chunk: &DataChunk,
    place: Place<'_>,
    connection: &mut Connection,
) -> Result<Option<Images>> {
    if !chunk.operation.is_way_back() {
        return Ok(None);
    }
    images_of(connection, place, &chunk.revision, &chunk.operation.kept_as()).await.map(Some)
}

/// The tables as they are now, heirs with all of their columns.
pub(super) async fn tables_around(
    place: Place<'_>,
    connection: &mut Connection,
    operations: &[&DataOperation],
) -> Result<Schema> {
    let scope = scope_around(place, connection, operations).await?;
    Ok(with_whole_heirs(shape(place.dialect, connection, &scope).await?))
}

/// What to look at: the project's schemas, those that operations name, and those whose rows would go with theirs.
pub(super) async fn scope_around(
    place: Place<'_>,
    connection: &mut Connection,
    operations: &[&DataOperation],
) -> Result<Scope> {
    let named: Vec<Name> = operations.iter().flat_map(|operation| operation.tables()).cloned().collect();
    let come_or_go = operations.iter().filter_map(|operation| operation.step()).any(|step| step.work.comes_or_goes());
    let around = place.dialect.schemas_around(connection, &named, come_or_go).await?;
    Ok(widened(place.scope, named.into_iter().filter_map(|name| name.schema).chain(around)))
}

/// What to look at, and these schemas.
pub(super) fn widened(scope: &Scope, schemas: impl IntoIterator<Item = Ident>) -> Scope {
    let mut scope = scope.clone();
    scope.schemas.extend(schemas);
    scope.schemas.sort();
    scope.schemas.dedup();
    scope
}

/// The operations on rows of a plan.
pub(super) fn operations(planned: &[Planned]) -> Vec<&DataOperation> {
    let chunks = planned.iter().flat_map(|step| &step.chunks);
    chunks.filter_map(|chunk| if let Chunk::Data(data) = chunk { Some(&data.operation) } else { None }).collect()
}

/// Heirs with all of their columns, not only those that they name.
pub(super) fn with_whole_heirs(mut schema: Schema) -> Schema {
    let heirs = schema.tables.values().filter(|table| table.is_heir());
    let filled: Vec<Table> =
        heirs.filter_map(|heir| whole(&schema, &heir.name)).map(std::borrow::Cow::into_owned).collect();
    schema.tables.extend(filled.into_iter().map(|table| (table.name.clone(), table)));
    schema
}

/// What the statements of an operation depend on, beside the server.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) shape: &'a Schema,
    /// See [`Site::triggers`].
    pub(super) triggers: &'a BTreeMap<Name, Vec<Trigger>>,
    /// See [`Site::keys_off`].
    pub(super) keys_off: bool,
    /// See [`Site::images`].
    pub(super) images: Option<&'a Images>,
}

/// The tables whose rows a way back may write.
fn tables(operation: &DataOperation, now: &Schema) -> Vec<Name> {
    match operation {
        DataOperation::Restore(_) | DataOperation::BringBack(_) => now.triggered().cloned().collect(),
        DataOperation::Step(_) | DataOperation::Keep(_) => Vec::new(),
    }
}

/// The same for tables that are known, and images as the way up makes them.
pub(super) fn of_chunk(
    chunk: &DataChunk,
    place: Place<'_>,
    ground: Ground<'_>,
    server: ServerVersion,
) -> Result<Vec<Statement>> {
    let site = site(chunk, place, ground, server);
    let made = match &chunk.operation {
        DataOperation::Step(step) => data::step(step, &site),
        DataOperation::Restore(restore) => data::restore(restore, &site),
        DataOperation::Keep(kept) => data::keep(kept, &site),
        DataOperation::BringBack(kept) => data::bring_back(kept, &site),
    };
    let mut made = made.map_err(|error| error.at_line(chunk.line, 0))?;
    made.iter_mut().for_each(|statement| statement.line = Some(chunk.line));
    Ok(made)
}

/// The finding of a question, in words; `None` = there is none.
pub(super) async fn ask(connection: &mut Connection, guard: &Guard) -> Result<Option<String>> {
    let (mut count, mut named) = (0_u64, Vec::new());
    connection
        .each(&guard.sql, |row| {
            count += 1;
            if named.len() < NAMED {
                named.push(row_text(row));
            }
            Ok(())
        })
        .await?;
    if count == 0 {
        return Ok(None);
    }
    let more = if count > NAMED as u64 { format!(" and {} more", count - NAMED as u64) } else { String::new() };
    Ok(Some(format!("{}: {}{more}", guard.found(count), named.join(", "))))
}

/// The cells of a row; several in parentheses.
fn row_text(row: &crate::db::Row) -> String {
    let cells: Vec<String> =
        (0..row.len()).map(|place| row.text(place).map_or_else(|| "NULL".to_owned(), str::to_owned)).collect();
    if let [one] = cells.as_slice() { one.clone() } else { format!("({})", cells.join(", ")) }
}

/// What stops the run.
pub(super) fn refusal(guard: &Guard, finding: &str) -> Error {
    Error::new(Kind::Refused, finding.to_owned()).with_hint(guard.hint.clone())
}
