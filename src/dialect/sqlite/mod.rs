//! SQLite. Facts and pure functions, but for `inspect`, `lock` and `preflight`, which talk to the database.
//!
//! `rebuild` holds the order that must not be changed, and why.

mod capabilities;
mod compare;
mod data;
mod ddl;
mod definition;
mod evidence;
mod frame;
mod inspect;
#[cfg(test)]
mod live;
mod lock;
mod locks;
mod objects;
mod options;
mod preflight;
mod query;
mod quote;
mod rebuild;
mod render;
mod rules;
mod scratch;
mod session;
mod types;

use ddl::place;

use crate::db::Connection;
use crate::dialect::data::{DataWords, KeptWords, Trigger};
#[cfg(feature = "cli")]
use crate::dialect::frame::Frame;
use crate::dialect::needs::{Found, Needs};
use crate::dialect::objects::ObjectWords;
#[cfg(feature = "orm")]
use crate::dialect::query::Phrases;
use crate::dialect::rules::RuleWords;
use crate::dialect::server::{Holder, Io, Relation, Scope, Scratch, Server};
use crate::dialect::{Capability, Dialect, OptionsOf, TypeUse, Unsupported};
use crate::error::Error;
use crate::ops::{ConstraintKind, Operation};
#[cfg(feature = "autogenerate")]
use crate::schema::Unmodelled;
use crate::schema::{Column, Ident, Name, Neutral, Pair, Schema, SortedSet, Table, Type};
use crate::statement::evidence::Evidence;
use crate::statement::lock::Lock;
use crate::statement::session::SessionChange;
use crate::statement::syntax::{SQLITE, Syntax};
use crate::statement::{ServerVersion, Statement};

/// The dialect of SQLite.
pub(crate) struct Sqlite;

impl Dialect for Sqlite {
    fn word(&self) -> &'static str {
        options::WORD
    }

    fn words(&self, _server: ServerVersion) -> &'static [&'static str] {
        &[options::WORD]
    }

    fn oldest(&self) -> ServerVersion {
        capabilities::OLDEST
    }

    fn has_one_lock(&self) -> bool {
        true
    }

    fn has(&self, capability: Capability, _server: ServerVersion) -> bool {
        capabilities::has(capability)
    }

    fn quote(&self, ident: &Ident) -> String {
        quote::ident(ident)
    }

    fn literal(&self, text: &str) -> String {
        quote::literal(text)
    }

    fn fold(&self, ident: &Ident) -> String {
        quote::fold(ident)
    }

    fn refuse_name(&self, ident: &Ident) -> Option<String> {
        quote::refuse(ident)
    }

    fn objects(&self) -> &'static dyn ObjectWords {
        &objects::Objects
    }

    #[cfg(feature = "orm")]
    fn phrases(&self) -> &'static dyn Phrases {
        &query::Query
    }

    fn syntax(&self) -> &'static Syntax {
        &SQLITE
    }

    fn native_type(&self, neutral: &Neutral, at: TypeUse<'_>, _server: ServerVersion) -> String {
        types::native(neutral, at)
    }

    fn neutral_type(&self, native: &str, at: TypeUse<'_>, _server: ServerVersion) -> Option<Neutral> {
        types::neutral(native, at)
    }

    fn render_literal(&self, text: &str, ty: &Type, native: &str) -> Result<String, String> {
        types::render_literal(text, ty, native)
    }

    #[cfg(feature = "autogenerate")]
    fn scalar_default(&self, default: &str, native_type: &str) -> Option<String> {
        types::scalar_default(default, native_type)
    }

    fn complete(&self, table: &mut Table, declared: &Table) {
        compare::complete(table, declared);
    }

    fn option_keys(&self, of: OptionsOf) -> &'static [&'static str] {
        options::option_keys(of)
    }

    /// SQLite gives no names.
    fn constraint_name(&self, _table: &Table, _kind: ConstraintKind, _columns: &[Ident]) -> Option<Ident> {
        None
    }

    fn is_generated_name(&self, _table: &Name, _kind: ConstraintKind, _columns: &[Ident], _name: &Ident) -> bool {
        false
    }

    #[cfg(feature = "autogenerate")]
    fn same_column(&self, columns: Pair<&Column>) -> bool {
        compare::same_column(columns)
    }

    fn same_expression(&self, expressions: Pair<&str>) -> bool {
        compare::same_expression(expressions)
    }

    fn evidence(&self, sql: &str, _server: ServerVersion) -> Evidence {
        evidence::evidence(sql)
    }

    fn session_change(&self, sql: &str) -> SessionChange {
        session::change(sql)
    }

    fn locks(&self, _: &Statement) -> Vec<Lock> {
        locks::locks()
    }

    fn is_duplicate(&self, error: &Error) -> bool {
        matches!(error.code(), Some("1555" | "2067" | "19"))
    }

    fn lacks(&self, error: &Error) -> Option<&'static str> {
        error.phrase().starts_with("no such module: ").then_some("use a program whose SQLite has the module")
    }

    fn misses(&self, error: &Error) -> bool {
        error.phrase().starts_with("no such ")
    }

    fn meets_relation(&self, error: &Error) -> bool {
        let is_it =
            |said: &str| (said.starts_with("table ") || said.starts_with("view ")) && said.ends_with(" already exists");
        is_it(error.phrase()) || error.causes().iter().any(|cause| is_it(cause))
    }

    fn misses_relation(&self, error: &Error) -> bool {
        ["no such table", "no such column"].iter().any(|start| error.phrase().starts_with(start))
    }

    fn needs_shape(&self, operations: &[Operation], _server: ServerVersion) -> bool {
        render::needs_shape(operations)
    }

    fn render(
        &self,
        operations: &[Operation],
        before: &Schema,
        _server: ServerVersion,
    ) -> Result<Vec<Statement>, Unsupported> {
        render::render(operations, before)
    }

    fn may_rebuild(&self, operations: &[Operation], _server: ServerVersion) -> bool {
        render::may_rebuild(operations)
    }

    fn copies_a_table(&self, statements: &[Statement]) -> bool {
        rebuild::copied::copies_a_table(statements)
    }

    #[cfg(feature = "autogenerate")]
    fn rules(&self) -> &'static dyn RuleWords {
        &rules::Words
    }

    #[cfg(feature = "rows")]
    fn data(&self) -> &'static dyn DataWords {
        &data::SqliteData
    }

    fn kept(&self) -> &'static dyn KeptWords {
        &data::SqliteData
    }

    #[cfg(feature = "cli")]
    fn frame(&self) -> &'static dyn Frame {
        &frame::SqliteFrame
    }

    fn advance(&self, operations: &[Operation], schema: &mut Schema) {
        let is_known = render::shape::is_known(schema);
        let files: SortedSet<Option<&Ident>> = operations.iter().map(place::file_of).collect();
        for file in files.iter().copied() {
            let mut shape = render::shape::Shape::new(schema.part(file), is_known);
            for operation in operations.iter().filter(|operation| place::file_of(operation) == file) {
                drop(shape.apply(operation));
            }
            schema.put_back(shape.schema, file);
        }
    }
}

impl Server for Sqlite {
    #[cfg(feature = "autogenerate")]
    fn schemas_beside<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Vec<Ident>> {
        Box::pin(inspect::names::schemas_beside(connection, scope))
    }

    fn main_schema(&self) -> Option<&'static str> {
        Some("main")
    }

    fn triggers<'a>(&'a self, connection: &'a mut Connection, table: &'a Name) -> Io<'a, Vec<Trigger>> {
        Box::pin(preflight::triggers(connection, table))
    }

    fn inspect<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Schema> {
        Box::pin(inspect::inspect(connection, scope))
    }

    #[cfg(feature = "autogenerate")]
    fn broken_bodies<'a>(
        &'a self,
        connection: &'a mut Connection,
        _scope: &'a Scope,
        made: &'a Schema,
    ) -> Io<'a, Vec<Unmodelled>> {
        Box::pin(inspect::broken::views(connection, made))
    }

    fn has_table<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, bool> {
        Box::pin(lock::has_table(connection, name))
    }

    fn relation<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, Option<Relation>> {
        Box::pin(inspect::names::relation(connection, name))
    }

    fn table_names<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(inspect::names::tables(connection))
    }

    fn reaches_out(&self, sql: &str, _neighbours: &[String], _rolled_back: bool) -> Option<String> {
        scratch::reaches_out(sql)
    }

    fn enter_scratch<'a>(
        &'a self,
        connection: &'a mut Connection,
        _tag: &'a str,
        _in_transaction: bool,
    ) -> Io<'a, Scratch> {
        let scratch = scratch::enter(connection);
        Box::pin(async { Ok(scratch) })
    }

    /// Names without a schema and names with one are made in memory.
    fn make_scratch_database<'a>(&'a self, _: &'a mut Connection, _: &'a str) -> Io<'a, Ident> {
        Box::pin(async { Err(scratch::no_database()) })
    }

    fn drop_scratch_database<'a>(&'a self, _: &'a mut Connection, _: &'a Ident) -> Io<'a, ()> {
        Box::pin(async { Err(scratch::no_database()) })
    }

    fn leave_scratch<'a>(&'a self, _connection: &'a mut Connection, _scratch: &'a Scratch) -> Io<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Of the file, whatever the version table.
    fn try_lock<'a>(&'a self, connection: &'a mut Connection, _version_table: &'a Name) -> Io<'a, bool> {
        Box::pin(async { Ok(connection.try_file_lock()) })
    }

    fn unlock<'a>(&'a self, connection: &'a mut Connection, _version_table: &'a Name) -> Io<'a, bool> {
        Box::pin(async {
            connection.release_file_lock();
            Ok(true)
        })
    }

    fn lock_holder<'a>(&'a self, connection: &'a mut Connection, _version_table: &'a Name) -> Io<'a, Option<Holder>> {
        Box::pin(lock::holder(connection))
    }

    fn begin<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, Vec<String>> {
        Box::pin(lock::begin(connection, version_table))
    }

    fn begin_noting<'a>(
        &'a self,
        connection: &'a mut Connection,
        version_table: &'a Name,
        note: &'a str,
    ) -> Io<'a, Option<Vec<String>>> {
        Box::pin(async move {
            let rows = lock::begin(connection, version_table).await?;
            Ok((connection.execute(note).await? == 1).then_some(rows))
        })
    }

    fn around_rebuild<'a>(&'a self, connection: &'a mut Connection, before: bool) -> Io<'a, ()> {
        Box::pin(lock::around_rebuild(connection, before))
    }

    fn preflight<'a>(&'a self, connection: &'a mut Connection, _: &'a Needs) -> Io<'a, Found> {
        Box::pin(preflight::preflight(connection))
    }

    fn refuse_others<'a>(
        &'a self,
        connection: &'a mut Connection,
        operations: &'a [Operation],
        tables: &'a [&'a Name],
    ) -> Io<'a, ()> {
        Box::pin(preflight::refuse_others(connection, operations, tables))
    }

    fn heeds_keys<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, bool> {
        Box::pin(lock::heeds_keys(connection))
    }

    fn broken_references<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(lock::broken_references(connection))
    }

    fn broken_behind(&self, line: String, operation: &Operation) -> String {
        lock::broken_behind(line, operation)
    }
}
