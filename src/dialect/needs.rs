//! What a plan needs from the server, and what the server says about it before the first statement. Plain values; the
//! questions are asked in `dialect/*/preflight.rs`, the answers are judged in `execute::preflight`.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Ident, Name, ObjectId, ObjectKind};
use crate::statement::course::Facts;

/// What a plan does to what is there. Tables that it makes itself are in none of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The tool's own tables, whose rows it reads and writes.
    pub(crate) own: Vec<Name>,
    /// ALTER TABLE, CREATE INDEX and their like.
    pub(crate) changed: BTreeSet<Name>,
    pub(crate) dropped: BTreeSet<Name>,
    /// Rows are written, by these words: INSERT, UPDATE, DELETE.
    pub(crate) written: BTreeMap<Name, BTreeSet<&'static str>>,
    /// Schemas in which something is made; `None` = the connection's own one.
    pub(crate) creates_in: BTreeSet<Option<Ident>>,
    /// Owners and grants of what is there.
    pub(crate) rights: BTreeSet<ObjectId>,
    /// The kinds of objects that are made or changed.
    pub(crate) made: BTreeSet<ObjectKind>,
    /// The objects that are made or changed, and those that are dropped.
    pub(crate) objects: BTreeSet<ObjectId>,
    pub(crate) dropped_objects: BTreeSet<ObjectId>,
}

impl Needs {
    /// Every table that a lock is needed on, but the tool's own.
    pub(crate) fn tables(&self) -> BTreeSet<&Name> {
        self.changed.iter().chain(&self.dropped).chain(self.written.keys()).collect()
    }
}

/// What the server says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Why nothing can be written: `the server is a replica`.
    pub(crate) read_only: Option<Lacking>,
    /// Files beside the main one that cannot be written, and why.
    pub(crate) read_only_files: Vec<(Ident, String)>,
    /// The rights were looked at: what is not in `lacking` is there.
    pub(crate) knows_rights: bool,
    pub(crate) lacking: Vec<Lacking>,
    pub(crate) blockers: Vec<Blocker>,
    pub(crate) facts: Facts,
    /// Settings of the server under which what is made would not do its work.
    pub(crate) warnings: Vec<Lacking>,
    /// What the server did not tell, and why: one line each.
    pub(crate) untold: Vec<String>,
}

/// A right that the login has not, or a setting that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// `app may not change table orders, which belongs to owner`.
    pub(crate) phrase: String,
    /// An imperative: `GRANT …`.
    pub(crate) remedy: String,
}

impl Lacking {
    /// A server to which nobody can write.
    pub(crate) fn of_a_server(phrase: String) -> Self {
        let remedy = "connect to the primary server, or make the database writable; nothing was changed".to_owned();
        Self { phrase, remedy }
    }
}

/// What the login is not shown of what is there, by the rights that it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Without them tables, or parts of them, are left out.
    pub(crate) tables: Vec<Lacking>,
    /// Without them other things are left out: triggers, routines, events.
    pub(crate) others: Vec<Lacking>,
}

/// Somebody else's open transaction in the way of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocker {
    /// `pid 4711, user app, from 10.0.0.3`.
    pub(crate) who: String,
    /// By the server's clock, UTC.
    pub(crate) since: String,
    /// The table that it holds, where the server tells.
    pub(crate) table: Option<String>,
    /// Its last statement, cut; empty where the server does not tell.
    pub(crate) query: String,
    /// The SQL that ends it.
    pub(crate) end: String,
}

impl std::fmt::Display for Blocker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} has a transaction open since {}", self.who, self.since)?;
        match &self.table {
            Some(table) => write!(f, " and holds {table}")?,
            None => write!(f, ", which may hold it")?,
        }
        if self.query.is_empty() { Ok(()) } else { write!(f, ": {}", self.query) }
    }
}
