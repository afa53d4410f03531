//! MariaDB from 10.6 and MySQL from 8.0.19: one dialect, for they part only in [`capabilities`], in some types, in what
//! their catalogs print, and in a few words of DDL.
//!
//! `inspect`, `lock`, `scratch` and `preflight` talk to the server; all else is pure. DDL commits by itself here, so nothing of a
//! revision can be rolled back: each statement must be right by itself.

mod capabilities;
mod compare;
mod data;
mod evidence;
mod frame;
mod inspect;
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

use crate::db::Connection;
use crate::dialect::data::{DataWords, KeptWords};
#[cfg(feature = "cli")]
use crate::dialect::frame::Frame;
use crate::dialect::needs::{Blocker, Found, Needs, Sight};
use crate::dialect::objects::ObjectWords;
#[cfg(feature = "orm")]
use crate::dialect::query::Phrases;
use crate::dialect::rules::RuleWords;
use crate::dialect::{
    Capability, Dialect, Holder, Io, OptionsOf, Relation, RightsHeld, Scope, Scratch, Server, TypeUse, Unsupported,
};
use crate::error::Error;
use crate::ops::{ConstraintKind, Operation};
use crate::schema::{Column, Ident, Name, Neutral, Pair, Schema, Table, Type};
use crate::statement::course::{Facts, TableFacts};
use crate::statement::evidence::Evidence;
use crate::statement::lock::Lock;
use crate::statement::session::SessionChange;
use crate::statement::syntax::{self, Syntax};
use crate::statement::{Product, ServerVersion, Statement};

/// What is told of a column or a check that has a text which the server does not show as it is: it must not be written back.
const UNTOLD: &str = "text of which the server shows characters as `?` (on MariaDB: grant SELECT on the table), of";

/// MariaDB and MySQL.
#[derive(Debug)]
pub(crate) struct MySql;

impl Dialect for MySql {
    fn word(&self) -> &'static str {
        types::WORD
    }

    fn words(&self, server: ServerVersion) -> &'static [&'static str] {
        capabilities::words(server)
    }

    fn oldest(&self) -> ServerVersion {
        capabilities::OLDEST
    }

    fn current_user(&self) -> Option<&'static str> {
        Some("CURRENT_USER()")
    }

    fn has(&self, capability: Capability, _: ServerVersion) -> bool {
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
        &syntax::MYSQL
    }

    fn native_type(&self, neutral: &Neutral, _: TypeUse<'_>, server: ServerVersion) -> String {
        types::native(neutral, server)
    }

    fn neutral_type(&self, native: &str, _: TypeUse<'_>, server: ServerVersion) -> Option<Neutral> {
        types::neutral(native, server)
    }

    fn render_literal(&self, text: &str, ty: &Type, native: &str) -> Result<String, String> {
        types::render_literal(text, ty, native)
    }

    #[cfg(feature = "autogenerate")]
    fn scalar_default(&self, default: &str, native_type: &str) -> Option<String> {
        types::scalar_default(default, native_type)
    }

    fn complete(&self, _: &mut Table, _: &Table) {}

    fn option_keys(&self, of: OptionsOf) -> &'static [&'static str] {
        options::keys(of)
    }

    fn constraint_name(&self, table: &Table, kind: ConstraintKind, columns: &[Ident]) -> Option<Ident> {
        compare::constraint_name(table, kind, columns)
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
            render::advance(operation, schema);
        }
    }

    fn evidence(&self, sql: &str, server: ServerVersion) -> Evidence {
        evidence::evidence(sql, server)
    }

    fn is_duplicate(&self, error: &Error) -> bool {
        matches!(error.code(), Some("1062"))
    }

    fn lacks(&self, error: &Error) -> Option<&'static str> {
        matches!(error.code(), Some(scratch::rights::NO_ACCOUNT | "1410"))
            .then_some("create the account or the role on this server first")
    }

    fn misses(&self, error: &Error) -> bool {
        matches!(error.code(), Some("1054" | "1146" | "1305"))
    }

    fn meets_relation(&self, error: &Error) -> bool {
        error.code() == Some("1050")
    }

    fn misses_relation(&self, error: &Error) -> bool {
        matches!(error.code(), Some("1049" | "1051" | "1054" | "1109" | "1146"))
    }

    /// Not supported, or not with this lock; MySQL: no room for another INSTANT.
    fn refuses_course(&self, error: &Error) -> bool {
        matches!(error.code(), Some("1845" | "1846" | "4092"))
    }

    fn session_change(&self, sql: &str) -> SessionChange {
        session::change(sql)
    }

    fn locks(&self, statement: &Statement) -> Vec<Lock> {
        locks::locks(statement)
    }

    fn facts_of_shape(&self, table: &Table) -> Option<TableFacts> {
        Some(render::facts_of_shape(table))
    }

    fn oldest_of(&self, product: Product) -> ServerVersion {
        if product == Product::MySql { capabilities::OLDEST_MYSQL } else { capabilities::OLDEST }
    }

    fn needs_shape(&self, operations: &[Operation], _: ServerVersion) -> bool {
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
    fn rules(&self) -> &'static dyn RuleWords {
        &rules::Words
    }

    #[cfg(feature = "rows")]
    fn data(&self) -> &'static dyn DataWords {
        &data::MySqlData
    }

    fn kept(&self) -> &'static dyn KeptWords {
        &data::MySqlData
    }

    #[cfg(feature = "cli")]
    fn frame(&self) -> &'static dyn Frame {
        &frame::MySqlFrame
    }
}

impl Server for MySql {
    fn inspect<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Schema> {
        Box::pin(inspect::inspect(connection, scope))
    }

    fn sight<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Sight> {
        Box::pin(preflight::sight(connection, scope))
    }

    fn has_table<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, bool> {
        Box::pin(async move {
            let schema =
                name.schema.as_ref().map_or_else(|| "DATABASE()".to_owned(), |schema| quote::literal(schema.as_str()));
            let sql = format!(
                "SELECT 1 FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {} \
                 AND table_type NOT LIKE '%VIEW'",
                quote::literal(name.name.as_str())
            );
            Ok(connection.first_row(&sql).await?.is_some())
        })
    }

    fn relation<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, Option<Relation>> {
        Box::pin(inspect::names::relation(connection, name))
    }

    fn table_names<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(inspect::names::tables(connection))
    }

    fn names_taken<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Option<Vec<String>>> {
        Box::pin(inspect::names::taken(connection))
    }

    fn enter_scratch<'a>(&'a self, connection: &'a mut Connection, tag: &'a str, _: bool) -> Io<'a, Scratch> {
        Box::pin(scratch::enter(connection, tag))
    }

    fn scratch_facts<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, String> {
        Box::pin(async move {
            let sql = "SELECT CONCAT_WS(' ', @@character_set_database, @@collation_database, @@sql_mode, \
                       @@default_storage_engine, @@innodb_default_row_format, @@explicit_defaults_for_timestamp \
                       /*!80030 , @@sql_generate_invisible_primary_key */)";
            Ok(connection.first_row(sql).await?.and_then(|row| row.text(0).map(str::to_owned)).unwrap_or_default())
        })
    }

    fn make_scratch_database<'a>(&'a self, connection: &'a mut Connection, tag: &'a str) -> Io<'a, Ident> {
        Box::pin(scratch::make_database(connection, tag))
    }

    fn drop_scratch_database<'a>(&'a self, connection: &'a mut Connection, name: &'a Ident) -> Io<'a, ()> {
        Box::pin(scratch::drop_database(connection, name))
    }

    fn for_scratch(&self, sql: &str) -> Option<Vec<String>> {
        let left_out = || scratch::fence::is_left_out(sql).then(Vec::new);
        scratch::events::held_back(sql).or_else(left_out)
    }

    fn neighbours<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(async move {
            let rows = connection.rows(scratch::fence::NEIGHBOURS).await?;
            rows.iter().map(|row| row.required(0).map(str::to_owned)).collect()
        })
    }

    fn moves(&self, sql: &str) -> bool {
        scratch::fence::moves(sql)
    }

    fn reaches_out(&self, sql: &str, neighbours: &[String], _rolled_back: bool) -> Option<String> {
        scratch::fence::reaches_out(sql, neighbours)
    }

    fn hold_rights<'a>(&'a self, connection: &'a mut Connection, sql: &'a str, held: RightsHeld) -> Io<'a, bool> {
        Box::pin(scratch::rights::hold(connection, sql, held))
    }

    fn keeps_rights<'a>(&'a self, connection: &'a mut Connection, operations: &'a [Operation]) -> Io<'a, bool> {
        Box::pin(async move {
            let makes_anew = operations.iter().any(|operation| objects::forgets_rights(operation, connection.server()));
            Ok(makes_anew && preflight::may_give(connection).await?)
        })
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
        Box::pin(lock::begin_noting(connection, version_table, note))
    }

    /// DDL never needs foreign keys to be off.
    fn around_rebuild<'a>(&'a self, _: &'a mut Connection, _: bool) -> Io<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// ADD FOREIGN KEY has looked at all rows already.
    fn broken_references<'a>(&'a self, _: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The catalog opens every table of the server for it, so it is not asked for nothing.
    fn schemas_around<'a>(
        &'a self,
        connection: &'a mut Connection,
        tables: &'a [Name],
        come_or_go: bool,
    ) -> Io<'a, Vec<Ident>> {
        Box::pin(preflight::schemas_around(connection, if come_or_go { tables } else { &[] }))
    }

    fn table_facts<'a>(&'a self, connection: &'a mut Connection, tables: &'a [Name]) -> Io<'a, Facts> {
        Box::pin(preflight::table_facts(connection, tables))
    }

    fn preflight<'a>(&'a self, connection: &'a mut Connection, needs: &'a Needs) -> Io<'a, Found> {
        Box::pin(preflight::preflight(connection, needs))
    }

    fn blockers<'a>(&'a self, connection: &'a mut Connection, _: &'a [Name]) -> Io<'a, Vec<Blocker>> {
        Box::pin(preflight::blockers(connection))
    }

    fn keeps_rows<'a>(&'a self, connection: &'a mut Connection, sql: &'a str) -> Io<'a, bool> {
        Box::pin(lock::keeps_rows(connection, sql))
    }
}
