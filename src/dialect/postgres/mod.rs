//! PostgreSQL 12 to 18. `inspect`, `lock`, `scratch` and `preflight` talk to the server; everything else is pure.

mod capabilities;
mod compare;
mod data;
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
mod render;
mod rules;
mod scratch;
mod session;
mod types;

#[cfg(feature = "cli")]
use super::frame::Frame;
use super::needs::{Blocker, Found, Needs};
use super::rules::RuleWords;
use super::server::{Holder, Io, Relation, Scope, Scratch, Server};
use super::{Capability, Dialect, OptionsOf, TypeUse, Unsupported};
use crate::db::Connection;
use crate::dialect::data::{DataWords, KeptWords, Trigger};
use crate::dialect::objects::ObjectWords;
#[cfg(feature = "orm")]
use crate::dialect::query::Phrases;
use crate::error::Error;
use crate::ops::{ConstraintKind, Operation};
use crate::schema::{Column, Enum, Ident, Name, Neutral, Pair, Schema, Table, Type, Unmodelled};
use crate::statement::evidence::Evidence;
use crate::statement::lock::Lock;
use crate::statement::session::SessionChange;
use crate::statement::syntax::{POSTGRES as SYNTAX, Syntax};
use crate::statement::{ServerVersion, Statement};

/// The dialect of PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postgres;

impl Dialect for Postgres {
    fn word(&self) -> &'static str {
        capabilities::WORD
    }

    fn words(&self, _server: ServerVersion) -> &'static [&'static str] {
        capabilities::WORDS
    }

    fn oldest(&self) -> ServerVersion {
        capabilities::OLDEST
    }

    fn current_user(&self) -> Option<&'static str> {
        Some("current_user")
    }

    fn has(&self, capability: Capability, _server: ServerVersion) -> bool {
        capabilities::has(capability)
    }

    fn quote(&self, ident: &Ident) -> String {
        quote::quote(ident)
    }

    fn literal(&self, text: &str) -> String {
        quote::literal(text)
    }

    /// Names are exact: the tool quotes all of them.
    fn fold(&self, ident: &Ident) -> String {
        ident.as_str().to_owned()
    }

    fn refuse_name(&self, ident: &Ident) -> Option<String> {
        quote::refuse_name(ident)
    }

    fn objects(&self) -> &'static dyn ObjectWords {
        &objects::Objects
    }

    #[cfg(feature = "orm")]
    fn phrases(&self) -> &'static dyn Phrases {
        &query::Query
    }

    fn syntax(&self) -> &'static Syntax {
        &SYNTAX
    }

    fn native_type(&self, neutral: &Neutral, at: TypeUse<'_>, _server: ServerVersion) -> String {
        types::native_type(neutral, at)
    }

    fn neutral_type(&self, native: &str, _at: TypeUse<'_>, _server: ServerVersion) -> Option<Neutral> {
        types::neutral_type(native)
    }

    fn implied_enum(&self, neutral: &Neutral, at: TypeUse<'_>) -> Option<Enum> {
        types::implied_enum(neutral, at)
    }

    fn render_literal(&self, text: &str, ty: &Type, _native: &str) -> Result<String, String> {
        types::render_literal(text, ty)
    }

    #[cfg(feature = "autogenerate")]
    fn scalar_default(&self, default: &str, native_type: &str) -> Option<String> {
        types::scalar_default(default, native_type)
    }

    /// Nothing: what a declared table says is all that it needs; enum types are made beside it.
    fn complete(&self, _table: &mut Table, _declared: &Table) {}

    fn option_keys(&self, of: OptionsOf) -> &'static [&'static str] {
        options::keys(of)
    }

    fn constraint_name(&self, table: &Table, kind: ConstraintKind, columns: &[Ident]) -> Option<Ident> {
        Some(compare::constraint_name(table, kind, columns))
    }

    fn is_generated_name(&self, table: &Name, kind: ConstraintKind, columns: &[Ident], name: &Ident) -> bool {
        compare::is_generated_name(table, kind, columns, name)
    }

    #[cfg(feature = "autogenerate")]
    fn same_column(&self, columns: Pair<&Column>) -> bool {
        compare::same_column(columns)
    }

    fn same_option(&self, key: &str, values: Pair<Option<&str>>) -> bool {
        compare::same_option(key, values)
    }

    fn follow_in_options(&self, table: &mut Table, name: &Ident, to: &Ident) {
        render::follow_in_options(table, name, to);
    }

    fn same_expression(&self, expressions: Pair<&str>) -> bool {
        compare::same_expression(expressions)
    }

    fn advance(&self, operations: &[Operation], schema: &mut Schema) {
        for operation in operations {
            crate::dialect::advance(std::slice::from_ref(operation), schema, self);
            objects::follow::follow_all(schema, operation);
        }
    }

    fn evidence(&self, sql: &str, _server: ServerVersion) -> Evidence {
        evidence::evidence(sql)
    }

    fn session_change(&self, sql: &str) -> SessionChange {
        session::change(sql)
    }

    fn locks(&self, statement: &Statement) -> Vec<Lock> {
        locks::locks(&statement.sql)
    }

    fn is_duplicate(&self, error: &Error) -> bool {
        matches!(error.code(), Some("23505"))
    }

    fn meets_live(&self, error: &Error) -> bool {
        scratch::meets_live(error)
    }

    fn wants_no_transaction(&self, error: &Error) -> bool {
        scratch::wants_no_transaction(error)
    }

    fn lacks(&self, error: &Error) -> Option<&'static str> {
        scratch::lacks(error)
    }

    fn misses(&self, error: &Error) -> bool {
        scratch::misses(error)
    }

    fn meets_relation(&self, error: &Error) -> bool {
        error.code() == Some("42P07")
    }

    fn misses_relation(&self, error: &Error) -> bool {
        matches!(error.code(), Some("42P01" | "42703" | "3F000"))
    }

    fn needs_shape(&self, operations: &[Operation], _server: ServerVersion) -> bool {
        render::needs_shape(operations)
    }

    fn render(
        &self,
        operations: &[Operation],
        before: &Schema,
        server: ServerVersion,
    ) -> Result<Vec<Statement>, Unsupported> {
        render::render(operations, before, server)
    }

    #[cfg(feature = "autogenerate")]
    fn render_one(
        &self,
        operations: &[Operation],
        at: usize,
        before: &Schema,
        server: ServerVersion,
    ) -> Result<Vec<Statement>, Unsupported> {
        render::render_one(operations, at, before, server)
    }

    #[cfg(feature = "autogenerate")]
    fn rules(&self) -> &'static dyn RuleWords {
        &rules::Words
    }

    #[cfg(feature = "rows")]
    fn data(&self) -> &'static dyn DataWords {
        &data::PostgresData
    }

    fn kept(&self) -> &'static dyn KeptWords {
        &data::PostgresData
    }

    #[cfg(feature = "cli")]
    fn frame(&self) -> &'static dyn Frame {
        &frame::PostgresFrame
    }
}

impl Server for Postgres {
    #[cfg(feature = "autogenerate")]
    fn schemas_beside<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Vec<Ident>> {
        Box::pin(inspect::names::schemas_beside(connection, scope))
    }

    fn triggers<'a>(&'a self, connection: &'a mut Connection, table: &'a Name) -> Io<'a, Vec<Trigger>> {
        Box::pin(preflight::triggers(connection, table))
    }

    fn schemas_around<'a>(
        &'a self,
        connection: &'a mut Connection,
        tables: &'a [Name],
        _come_or_go: bool,
    ) -> Io<'a, Vec<Ident>> {
        Box::pin(preflight::schemas_around(connection, tables))
    }

    fn settle_keys<'a>(&'a self, connection: &'a mut Connection, tables: &'a [Name]) -> Io<'a, Vec<String>> {
        Box::pin(preflight::settle_keys(connection, tables))
    }

    fn let_types_go<'a>(
        &'a self,
        connection: &'a mut Connection,
        version_table: &'a Name,
        statements: &'a [Statement],
    ) -> Io<'a, Vec<String>> {
        Box::pin(preflight::let_types_go(connection, version_table, statements))
    }

    fn inspect<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Schema> {
        Box::pin(inspect::inspect(connection, scope))
    }

    fn broken_bodies<'a>(
        &'a self,
        connection: &'a mut Connection,
        scope: &'a Scope,
        made: &'a Schema,
    ) -> Io<'a, Vec<Unmodelled>> {
        Box::pin(inspect::bodies::broken(connection, scope, made))
    }

    fn has_table<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, bool> {
        Box::pin(inspect::has_table(connection, name))
    }

    fn relation<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, Option<Relation>> {
        Box::pin(inspect::names::relation(connection, name))
    }

    fn seen_elsewhere<'a>(&'a self, connection: &'a mut Connection, name: &'a Ident) -> Io<'a, Option<Ident>> {
        Box::pin(inspect::names::seen_elsewhere(connection, name))
    }

    fn table_names<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(inspect::names::tables(connection))
    }

    fn for_scratch(&self, sql: &str) -> Option<Vec<String>> {
        scratch::given_away(sql).map(|sql| vec![sql])
    }

    fn takes_away(&self, sql: &str) -> bool {
        scratch::takes_away(sql)
    }

    fn reaches_out(&self, sql: &str, _neighbours: &[String], rolled_back: bool) -> Option<String> {
        scratch::reaches_out(sql, rolled_back)
    }

    fn if_not_there(&self, sql: &str) -> Option<String> {
        scratch::if_not_there(sql)
    }

    fn bare_scratch(&self) -> Option<String> {
        Some(objects::acl::bare(scratch::PREFIX))
    }

    fn enter_scratch<'a>(
        &'a self,
        connection: &'a mut Connection,
        tag: &'a str,
        in_transaction: bool,
    ) -> Io<'a, Scratch> {
        Box::pin(scratch::enter(connection, tag, in_transaction))
    }

    fn scratch_facts<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, String> {
        Box::pin(scratch::facts(connection))
    }

    fn make_scratch_database<'a>(&'a self, connection: &'a mut Connection, tag: &'a str) -> Io<'a, Ident> {
        Box::pin(scratch::make_database(connection, tag))
    }

    fn drop_scratch_database<'a>(&'a self, connection: &'a mut Connection, name: &'a Ident) -> Io<'a, ()> {
        Box::pin(scratch::drop_database(connection, name))
    }

    fn leave_scratch<'a>(&'a self, connection: &'a mut Connection, scratch: &'a Scratch) -> Io<'a, ()> {
        Box::pin(scratch::leave(connection, scratch))
    }

    fn try_lock<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, bool> {
        Box::pin(lock::try_lock(connection, version_table))
    }

    fn unlock<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, bool> {
        Box::pin(lock::unlock(connection, version_table))
    }

    fn lock_holder<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, Option<Holder>> {
        Box::pin(lock::holder(connection, version_table))
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

    /// Tables are never rebuilt here.
    fn around_rebuild<'a>(&'a self, _connection: &'a mut Connection, _before: bool) -> Io<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn preflight<'a>(&'a self, connection: &'a mut Connection, needs: &'a Needs) -> Io<'a, Found> {
        Box::pin(preflight::preflight(connection, needs))
    }

    fn blockers<'a>(&'a self, connection: &'a mut Connection, tables: &'a [Name]) -> Io<'a, Vec<Blocker>> {
        Box::pin(preflight::blockers(connection, tables))
    }

    /// The server checks each foreign key itself.
    fn broken_references<'a>(&'a self, _connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
