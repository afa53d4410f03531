//! Reads the catalog. The only queries are those of this file, and one more where rights are compared: at most sixteen a
//! database, whatever the number of tables, views and routines. What the catalog leaves open of a table, or may say wrongly
//! of a text, is asked of each one, many in a message: three messages more for each two hundred.
//!
//! Each names one database by a literal and joins nothing: anything else makes MariaDB open every table of the server.
//! What the rows mean is told in the pure files below.

mod alike;
mod asked;
mod closer;
mod columns;
mod joins;
mod keys;
#[cfg(test)]
mod live;
mod mentions;
pub(super) mod names;
mod objects;
mod partitions;
mod programs;
mod rights;
mod tables;
mod told;
mod truth;

pub(super) use rights::columns_of_rights;

use objects::Others;
use tables::Draft;

use crate::db::{Connection, Row};
use crate::dialect::Scope;
use crate::error::Result;
use crate::schema::{Ident, Name, Schema};
use crate::statement::ServerVersion;

use super::{capabilities, quote};

/// What is known before a database is read.
struct Place {
    /// The database's name in the catalog.
    database: String,
    /// The name that unqualified names mean.
    own: String,
    /// How its objects are named: None for the own one.
    schema: Option<Ident>,
    engine: String,
    collation: String,
    /// The `sql_mode` of this session: what it makes has this one.
    mode: String,
    /// The server's time.
    now: String,
    /// Whether the zone SYSTEM is the one that sessions of ours have.
    system_is_utc: bool,
    server: ServerVersion,
    /// Whose account an object has is part of its text.
    definers: bool,
}

impl Place {
    fn mariadb(&self) -> bool {
        capabilities::is_mariadb(self.server)
    }

    /// Whether models are judged here: its tables have no rows.
    fn is_scratch(&self) -> bool {
        self.database.starts_with(super::scratch::PREFIX)
    }

    fn name(&self, name: &str) -> Name {
        Name::new(self.schema.clone(), name)
    }

    /// A name that the catalog gives with its database.
    fn name_in(&self, database: &str, name: &str) -> Name {
        Name::new((database != self.own).then(|| Ident::from(database)), name)
    }
}

/// Everything in scope. The catalog of these servers has no snapshot.
pub(super) async fn inspect(connection: &mut Connection, scope: &Scope) -> Result<Schema> {
    let row = connection
        .first_row("SELECT DATABASE(), @@default_storage_engine, @@sql_mode, NOW(), @@system_time_zone")
        .await?
        .unwrap_or_default();
    let own = row.text(0).unwrap_or_default().to_owned();
    let engine = row.text(1).unwrap_or("InnoDB").to_owned();
    let mode = row.text(2).unwrap_or_default().to_owned();
    let now = row.text(3).unwrap_or_default().to_owned();
    let system_is_utc = row.text(4).is_some_and(|zone| ["UTC", "UCT", "Universal", "Zulu"].contains(&zone));
    if !scope.without_own {
        scope.refuse_nowhere(&Ident::from(own.as_str()))?;
    }
    let mut schema = Schema::default();
    let mut databases: Vec<Option<Ident>> =
        scope.schemas.iter().filter(|name| name.as_str() != own).cloned().map(Some).collect();
    if !scope.without_own {
        databases.insert(0, None);
    }
    for name in databases {
        let database = name.as_ref().map_or(own.as_str(), Ident::as_str).to_owned();
        let Some(collation) = default_collation(connection, &database).await? else { continue };
        let server = connection.server();
        let (engine, mode, now) = (engine.clone(), mode.clone(), now.clone());
        let (own, definers) = (own.clone(), scope.definers);
        let place =
            Place { database, own, schema: name, engine, collation, mode, now, system_is_utc, server, definers };
        schema.schemas.extend(place.schema.clone());
        read(connection, scope, &place, &mut schema).await?;
    }
    alike::set_aside(&mut schema);
    schema.unmodelled.sort();
    Ok(schema)
}

/// The default collation of a database; None if there is no such database.
async fn default_collation(connection: &mut Connection, database: &str) -> Result<Option<String>> {
    let sql = format!(
        "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = {}",
        quote::literal(database)
    );
    Ok(connection.first_row(&sql).await?.and_then(|row| row.text(0).map(str::to_owned)))
}

async fn read(connection: &mut Connection, scope: &Scope, place: &Place, schema: &mut Schema) -> Result<()> {
    let mut draft = read_tables(connection, scope, place).await?;
    look_closer(connection, place, &mut draft).await?;
    let (faces, sequences) = draft.finish(schema);
    let mut others = Others::new(place, scope, faces);
    read_objects(connection, place, &mut others, &sequences).await?;
    let doubts = others.doubts();
    let asked: Vec<String> = doubts.iter().map(|doubt| doubt.sql.clone()).collect();
    let rows = asked::rows_of_each(connection, &asked).await?;
    doubts.iter().zip(&rows).for_each(|(doubt, row)| others.tell(doubt, row.as_ref()));
    others.finish(schema);
    if scope.grants && place.schema.is_none() {
        rights::read(connection, scope, place, schema).await?;
    }
    Ok(())
}

/// Asks for what the catalog leaves open of tables, and for the values that it may say wrongly.
async fn look_closer(connection: &mut Connection, place: &Place, draft: &mut Draft<'_>) -> Result<()> {
    let names = draft.unclear();
    let at = |name: &String| quote::name(&Name::new(Some(place.database.as_str().into()), name.as_str()));
    let asked: Vec<String> = names.iter().map(|name| format!("SHOW CREATE TABLE {}", at(name))).collect();
    let shown = asked::rows_of_each(connection, &asked).await?;
    for (name, row) in names.iter().zip(&shown) {
        draft.look_closer(name, row.as_ref())?;
    }
    let questions = draft.questions();
    let asked: Vec<String> = questions.iter().map(|question| question.sql.clone()).collect();
    let rows = asked::rows_of_each(connection, &asked).await?;
    questions.iter().zip(&rows).for_each(|(question, row)| draft.tell(question, row.as_ref()));
    Ok(())
}

/// Tables as the catalog tells them.
async fn read_tables<'p>(connection: &mut Connection, scope: &'p Scope, place: &'p Place) -> Result<Draft<'p>> {
    let mut draft = Draft::new(place, scope);
    ask(connection, place, TABLES, |row| draft.table(row)).await?;
    if place.mariadb() {
        ask(connection, place, CHECKS_OF_MARIADB, |row| draft.check(row)).await?;
    } else {
        ask(connection, place, CHECKS_OF_MYSQL, |row| draft.check_clause(row)).await?;
        ask(connection, place, CHECK_NAMES_OF_MYSQL, |row| draft.check_name(row)).await?;
    }
    let (columns, indexes) = match place.mariadb() {
        true => (COLUMNS_OF_MARIADB, INDEXES_OF_MARIADB),
        false => (COLUMNS_OF_MYSQL, INDEXES_OF_MYSQL),
    };
    ask(connection, place, columns, |row| draft.column(row)).await?;
    ask(connection, place, indexes, |row| draft.index_part(row)).await?;
    ask(connection, place, FOREIGN_KEY_COLUMNS, |row| draft.foreign_key_column(row)).await?;
    ask(connection, place, FOREIGN_KEY_RULES, |row| draft.foreign_key_rule(row)).await?;
    if draft.has_partitions() {
        ask(connection, place, PARTITIONS, |row| draft.partition(row)).await?;
    }
    if place.is_scratch() {
        ask(connection, place, FIRST_NUMBERS, |row| draft.first_number(row)).await?;
    }
    Ok(draft)
}

/// What is a text: views, sequences, triggers, routines and events.
async fn read_objects(
    connection: &mut Connection,
    place: &Place,
    others: &mut Others<'_>,
    sequences: &[String],
) -> Result<()> {
    if others.has_views() {
        let views = if place.mariadb() { VIEWS_OF_MARIADB } else { VIEWS_OF_MYSQL };
        ask(connection, place, views, |row| others.view(row)).await?;
    }
    if !sequences.is_empty() {
        connection.each(&sequences_of(place, sequences), |row| others.sequence(row)).await?;
    }
    ask(connection, place, TRIGGERS, |row| others.trigger(row)).await?;
    ask(connection, place, ROUTINES, |row| others.routine(row)).await?;
    if others.has_routines() {
        ask(connection, place, PARAMETERS, |row| others.parameter(row)).await?;
    }
    ask(connection, place, EVENTS, |row| others.event(row)).await
}

/// One query for all sequences: what each is like stands in itself alone.
fn sequences_of(place: &Place, names: &[String]) -> String {
    let one = |name: &String| {
        let at = quote::name(&Name::new(Some(place.database.as_str().into()), name.as_str()));
        let name = quote::literal(name);
        format!(
            "SELECT {name}, start_value, minimum_value, maximum_value, increment, cache_size, cycle_option FROM {at}"
        )
    };
    names.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ")
}

/// One query; the database's name takes the place of `?`.
async fn ask(
    connection: &mut Connection,
    place: &Place,
    question: &str,
    take: impl FnMut(&Row) -> Result<()> + Send,
) -> Result<()> {
    connection.each(&question.replace('?', &quote::literal(&place.database)), take).await
}

const TABLES: &str = "SELECT table_name, table_type, engine, table_collation, create_options, table_comment \
     FROM information_schema.tables WHERE table_schema = ?";

const FIRST_NUMBERS: &str = "SELECT table_name, auto_increment FROM information_schema.tables \
     WHERE table_schema = ? AND auto_increment > 1";

const CHECKS_OF_MARIADB: &str = "SELECT table_name, constraint_name, level, check_clause \
     FROM information_schema.check_constraints WHERE constraint_schema = ?";

const CHECKS_OF_MYSQL: &str =
    "SELECT constraint_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = ?";

const CHECK_NAMES_OF_MYSQL: &str = "SELECT table_name, constraint_name, enforced \
     FROM information_schema.table_constraints WHERE table_schema = ? AND constraint_type = 'CHECK'";

const COLUMNS_OF_MARIADB: &str = "SELECT table_name, column_name, ordinal_position, column_default, is_nullable, \
     column_type, collation_name, extra, column_comment, generation_expression \
     FROM information_schema.columns WHERE table_schema = ?";

const COLUMNS_OF_MYSQL: &str = "SELECT table_name, column_name, ordinal_position, column_default, is_nullable, \
     column_type, collation_name, extra, column_comment, generation_expression, srs_id \
     FROM information_schema.columns WHERE table_schema = ?";

const INDEXES_OF_MARIADB: &str = "SELECT table_name, index_name, seq_in_index, column_name, non_unique, sub_part, \
     index_type, collation, index_comment, ignored \
     FROM information_schema.statistics WHERE table_schema = ?";

const INDEXES_OF_MYSQL: &str = "SELECT table_name, index_name, seq_in_index, column_name, non_unique, sub_part, \
     index_type, collation, index_comment, IF(is_visible = 'YES', 'NO', 'YES'), expression \
     FROM information_schema.statistics WHERE table_schema = ?";

const FOREIGN_KEY_COLUMNS: &str = "SELECT table_name, constraint_name, column_name, ordinal_position, \
     referenced_table_schema, referenced_table_name, referenced_column_name \
     FROM information_schema.key_column_usage WHERE table_schema = ? AND referenced_table_name IS NOT NULL";

const FOREIGN_KEY_RULES: &str = "SELECT table_name, constraint_name, delete_rule, update_rule \
     FROM information_schema.referential_constraints WHERE constraint_schema = ?";

const PARTITIONS: &str = "SELECT table_name, partition_ordinal_position, subpartition_ordinal_position, partition_name, \
     subpartition_name, partition_method, subpartition_method, partition_expression, subpartition_expression, \
     partition_description, partition_comment \
     FROM information_schema.partitions WHERE table_schema = ? AND partition_name IS NOT NULL";

const VIEWS_OF_MARIADB: &str = "SELECT table_name, view_definition, check_option, security_type, algorithm, definer \
     FROM information_schema.views WHERE table_schema = ?";

const VIEWS_OF_MYSQL: &str = "SELECT table_name, view_definition, check_option, security_type, 'UNDEFINED', definer \
     FROM information_schema.views WHERE table_schema = ?";

const TRIGGERS: &str = "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, \
     action_statement, sql_mode, definer FROM information_schema.triggers WHERE trigger_schema = ?";

const ROUTINES: &str = "SELECT routine_name, routine_type, routine_body, routine_definition, is_deterministic, \
     sql_data_access, security_type, routine_comment, sql_mode, definer \
     FROM information_schema.routines WHERE routine_schema = ?";

const PARAMETERS: &str = "SELECT specific_name, routine_type, ordinal_position, parameter_mode, parameter_name, \
     dtd_identifier, character_set_name, collation_name \
     FROM information_schema.parameters WHERE specific_schema = ?";

const EVENTS: &str = "SELECT event_name, event_definition, execute_at, interval_value, interval_field, starts, ends, \
     status, on_completion, event_comment, sql_mode, COALESCE(CONVERT_TZ(created, @@time_zone, time_zone), created), \
     COALESCE(CONVERT_TZ(last_altered, @@time_zone, time_zone), last_altered), time_zone, definer, \
     COALESCE(status = 'DISABLED' AND FIND_IN_SET(HEX(event_name), @migrate_held_back), 0) \
     FROM information_schema.events WHERE event_schema = ?";
