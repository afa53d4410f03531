//! Objects that are a text: each kind is one query, and one more says what stands on what.
//!
//! The definition of an object is the statement that makes it, as the server prints it, and behind that, each after a
//! semicolon and a line break, those that complete it: comments of columns, indexes of a materialized view, whether a
//! trigger fires.

mod casts;
mod collations;
mod depend;
mod event_triggers;
mod extensions;
mod foreign;
mod foreign_tables;
mod languages;
mod mentions;
mod operators;
mod policies;
mod printed;
mod privileges;
mod publications;
mod rare;
mod rights;
mod routines;
mod rules;
mod statistics;
mod text_search;
mod triggers;
mod types;
mod views;

use super::building::Building;
use super::text::Address;
use crate::db::Connection;
use crate::dialect::postgres::quote::as_printed;
use crate::error::Result;
use crate::schema::{Name, Object, ObjectId, ObjectKind};

pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    of_schemas(connection, building).await?;
    // A scratch schema lies in the database of the user: what is of the database is the user's there.
    if !building.in_scratch() {
        event_triggers::read(connection, building).await?;
        publications::read(connection, building).await?;
    }
    mentions::find(building);
    depend::read(connection, building).await?;
    // Behind what has them.
    rights::read(connection, building).await
}

async fn of_schemas(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    extensions::read(connection, building).await?;
    collations::read(connection, building).await?;
    types::read(connection, building).await?;
    routines::read(connection, building).await?;
    views::read(connection, building).await?;
    triggers::read(connection, building).await?;
    rules::read(connection, building).await?;
    policies::read(connection, building).await?;
    statistics::read(connection, building).await?;
    rare::read(connection, building).await
}

/// An object with its comment.
pub(super) fn object(id: ObjectId, definition: &[String], comment: Option<&str>) -> Object {
    let mut made = Object::new(id, definition.join(";\n"));
    made.comment = comment.map(str::to_owned);
    made
}

impl Building<'_> {
    pub(super) fn insert(&mut self, address: Address, object: Object) {
        if !self.is_ours(&object.id.name) {
            self.objects.insert(address, object);
        }
    }

    /// The name of a table or view in scope.
    fn relation(&self, id: super::text::Oid) -> Option<Name> {
        self.relations.get(&id).cloned()
    }

    /// A text without the name of the own schema, which some functions of the server print whatever the search path is,
    /// in front of a name that stands right behind `before`.
    fn without_own(&self, text: &str, before: &str) -> String {
        let own = format!("{before}{}.", as_printed(&self.own));
        text.strip_prefix(&own).map_or_else(|| text.to_owned(), |rest| format!("{before}{rest}"))
    }
}

/// The identity of what stands on a table: its name alone, which no schema is a part of.
fn on_table(kind: ObjectKind, name: &str, table: Name) -> ObjectId {
    ObjectId { table: Some(table), ..ObjectId::new(kind, Name::own(name)) }
}
