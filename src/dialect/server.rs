//! The two places of a dialect that talk to a server: reading its catalog and taking its locks.

use std::collections::BTreeSet;
use std::pin::Pin;

use super::Dialect;
use crate::db::{Connection, Row};
use crate::dialect::data::Trigger;
use crate::dialect::needs::{Blocker, Found, Needs, Sight};
use crate::error::{Error, Kind, Result};
use crate::ops::Operation;
use crate::schema::{Ident, Name, Schema, Unmodelled};
use crate::statement::Statement;
use crate::statement::course::Facts;

/// A boxed future, for traits that are used as `dyn`.
pub(crate) type Io<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What an inspection looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Schemas beside the connection's own one; a name that is the own one is left out by whoever fills this.
    pub(crate) schemas: Vec<Ident>,
    /// False: only `schemas`, not the connection's own.
    pub(crate) without_own: bool,
    /// The version table, which is the tool's own whatever it is called.
    pub(crate) version_table: Option<Name>,
    /// Whose account an object runs under is part of what it is (`DEFINER` on MariaDB and MySQL).
    pub(crate) definers: bool,
    /// What roles may do with what is in scope is part of it.
    pub(crate) grants: bool,
    /// Whose something is, is part of it.
    pub(crate) owners: bool,
    /// In a scratch schema, which lies in the database of the user: the extensions that the models name. One that is
    /// there and is neither named nor needed does not count as theirs. None = all that are there count.
    pub(crate) extensions: Option<BTreeSet<Ident>>,
}

impl Scope {
    /// Refuses a connection in which a name without a schema means nothing, unless all that is needed lies elsewhere.
    ///
    /// # Errors
    /// [`Kind::Usage`].
    pub(crate) fn refuse_nowhere(&self, own: &Ident) -> Result<()> {
        let elsewhere = self.version_table.as_ref().is_none_or(|table| table.schema.is_some());
        if !own.as_str().is_empty() || (self.without_own && elsewhere) {
            return Ok(());
        }
        Err(Error::new(Kind::Usage, "the URL names no database")
            .with_hint("put the name of the database behind the host"))
    }

    /// Whether a table is the tool's own: the version table, and everything that is named `migrate_…`.
    pub(crate) fn is_ours(&self, name: &Name) -> bool {
        name.name.as_str().starts_with("migrate_") || self.version_table.as_ref() == Some(name)
    }
}

/// Where models are judged and history is replayed; made by [`Server::enter_scratch`].
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    /// The schema or database that unqualified names mean inside; to be mapped away from what is inspected.
    pub(crate) name: Ident,
    /// What `leave_scratch` puts back: the former search path or database.
    pub(crate) former: String,
    /// True: it lies in a transaction that is rolled back.
    pub(crate) in_transaction: bool,
}

/// What becomes of statements about rights in a scratch place, where nobody may get any for real.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RightsHeld {
    /// The inspection is to know what there would be.
    pub(crate) count: bool,
    /// Models say rights of this database and nothing else; revisions may say more.
    pub(crate) of_models: bool,
}

/// Who holds the tool's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// In words: `pid 4711, user app, from 10.0.0.3, since 2026-11-21 10:00:03+00, migrate/…`.
    pub(crate) description: String,
    /// What it is at, as text: another text later, and it has made progress.
    pub(crate) at_work: String,
}

/// What has a name among the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// False: a view, or something else that is no table.
    pub(crate) is_table: bool,
    pub(crate) columns: Vec<String>,
}

impl Relation {
    /// From rows of (is it a table, a column or NULL); none = nothing has the name.
    pub(super) fn of(rows: &[Row]) -> Result<Option<Self>> {
        let Some(first) = rows.first() else { return Ok(None) };
        let columns = rows.iter().filter_map(|row| row.text(1)).map(str::to_owned).collect();
        Ok(Some(Self { is_table: first.bool(0)?, columns }))
    }
}

/// The part of a dialect that does I/O.
pub(crate) trait Server: Dialect {
    /// Reads everything in `scope` in a fixed number of set-based queries, inside one snapshot where the server has
    /// one; opens and closes that transaction itself unless one is open already. The tool's own tables are left out.
    fn inspect<'a>(&'a self, connection: &'a mut Connection, scope: &'a Scope) -> Io<'a, Schema>;

    /// What the login is not shown of what is in `scope`; nothing where everybody may read the catalog.
    fn sight<'a>(&'a self, _connection: &'a mut Connection, _scope: &'a Scope) -> Io<'a, Sight> {
        Box::pin(async { Ok(Sight::default()) })
    }

    /// What of `made` the server took as it is and will not run, each with what it says about that (`definition`): routines,
    /// or views. Asked where everything is there that a body may name.
    fn broken_bodies<'a>(
        &'a self,
        _connection: &'a mut Connection,
        _scope: &'a Scope,
        _made: &'a Schema,
    ) -> Io<'a, Vec<Unmodelled>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The schemas outside of `scope` that hold something which no extension brought.
    fn schemas_beside<'a>(&'a self, _connection: &'a mut Connection, _scope: &'a Scope) -> Io<'a, Vec<Ident>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The one schema in which the tool's own tables can lie; None: in each that is there.
    fn main_schema(&self) -> Option<&'static str> {
        None
    }

    /// Whether a table is there (also one that the scope would leave out).
    fn has_table<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, bool>;

    /// What has this name among the tables; None = nothing.
    fn relation<'a>(&'a self, connection: &'a mut Connection, name: &'a Name) -> Io<'a, Option<Relation>>;

    /// Where a name without a schema leads, if that is another schema than the own one, which has nothing of this name.
    fn seen_elsewhere<'a>(&'a self, _connection: &'a mut Connection, _name: &'a Ident) -> Io<'a, Option<Ident>> {
        Box::pin(async { Ok(None) })
    }

    /// The tables of the connection's own schema, by name, the tool's own among them.
    fn table_names<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>>;

    /// All names in the connection's own schema that a new table cannot have, where a statement that makes one is journalled
    /// by itself; None elsewhere.
    fn names_taken<'a>(&'a self, _connection: &'a mut Connection) -> Io<'a, Option<Vec<String>>> {
        Box::pin(async { Ok(None) })
    }

    /// Makes a scratch place and makes unqualified names mean it. `in_transaction` asks for one that is rolled back,
    /// where the database can; `tag` (process and run) goes into its name. Leftovers of dead owners are removed.
    fn enter_scratch<'a>(
        &'a self,
        connection: &'a mut Connection,
        tag: &'a str,
        in_transaction: bool,
    ) -> Io<'a, Scratch>;

    /// Makes a scratch database, for names with a schema; gives its name. `tag` goes into it. Leftovers of dead owners are
    /// removed.
    fn make_scratch_database<'a>(&'a self, connection: &'a mut Connection, tag: &'a str) -> Io<'a, Ident>;

    /// Drops it, from the connection that made it.
    fn drop_scratch_database<'a>(&'a self, connection: &'a mut Connection, name: &'a Ident) -> Io<'a, ()>;

    /// What a judgement of models depends on beside their text and the server's version, such as the usual charset.
    fn scratch_facts<'a>(&'a self, _connection: &'a mut Connection) -> Io<'a, String> {
        Box::pin(async { Ok(String::new()) })
    }

    /// The statements that are run in a scratch place in place of this one: there nothing may begin to work by itself.
    fn for_scratch(&self, _sql: &str) -> Option<Vec<String>> {
        None
    }

    /// The other databases of the server, which a name can reach from a scratch place.
    fn neighbours<'a>(&'a self, _connection: &'a mut Connection) -> Io<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Whether a statement takes away what a scratch schema has the live one behind for: rows, or whole things.
    fn takes_away(&self, _sql: &str) -> bool {
        false
    }

    /// Whether a statement makes names mean another database: a replay stays where it is, for that may be the live one.
    fn moves(&self, _sql: &str) -> bool {
        false
    }

    /// Why this statement may not run in a scratch place: it would change what lies outside of it. `rolled_back`: it stands in a
    /// transaction that is.
    fn reaches_out(&self, sql: &str, neighbours: &[String], rolled_back: bool) -> Option<String>;

    /// This statement of models in words that leave what it makes as it is, where that may be there already. `None`: as it is.
    fn if_not_there(&self, _sql: &str) -> Option<String> {
        None
    }

    /// Takes up, in place of the server, a statement about rights or accounts in a scratch place, where these would outlive what
    /// they are on. False: it is to be run.
    fn hold_rights<'a>(&'a self, _connection: &'a mut Connection, _sql: &'a str, _held: RightsHeld) -> Io<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    /// Whether these operations make something anew that loses with it who may use it, and the login may give that back.
    fn keeps_rights<'a>(&'a self, _connection: &'a mut Connection, _operations: &'a [Operation]) -> Io<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    /// The statement that takes from all that was made in a scratch place what others may do with it without a word in the models.
    fn bare_scratch(&self) -> Option<String> {
        None
    }

    /// Removes the scratch place and puts back what was.
    fn leave_scratch<'a>(&'a self, connection: &'a mut Connection, scratch: &'a Scratch) -> Io<'a, ()>;

    /// Tries once to take the session lock of this version table, without waiting, in autocommit. True as well where
    /// none can be had: the lock of each transaction does the work.
    fn try_lock<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, bool>;

    /// Gives the session lock back; false = it was not ours any more.
    fn unlock<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, bool>;

    /// Who holds the session lock now, if the server tells.
    fn lock_holder<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, Option<Holder>>;

    /// Opens a transaction for writing, locks the version table in it without waiting and gives its rows, which cannot
    /// change until COMMIT. A lock that is held by others is [`crate::error::Kind::Locked`]; nothing is open then.
    fn begin<'a>(&'a self, connection: &'a mut Connection, version_table: &'a Name) -> Io<'a, Vec<String>>;

    /// As [`Server::begin`], where a statement of ours must affect one row in that transaction, before the rows are given.
    /// `None`: it did not.
    fn begin_noting<'a>(
        &'a self,
        connection: &'a mut Connection,
        version_table: &'a Name,
        note: &'a str,
    ) -> Io<'a, Option<Vec<String>>>;

    /// What must be said outside a transaction before (`true`) and after (`false`) a revision whose rendering calls for
    /// it (SQLite: foreign keys off before a table is rebuilt, and back on); checked by reading back.
    fn around_rebuild<'a>(&'a self, connection: &'a mut Connection, before: bool) -> Io<'a, ()>;

    /// Looks for rows that break a foreign key, before COMMIT of a revision that rebuilt tables: one line each.
    fn broken_references<'a>(&'a self, connection: &'a mut Connection) -> Io<'a, Vec<String>>;

    /// What such a line says where it was said before this operation.
    fn broken_behind(&self, line: String, _operation: &Operation) -> String {
        line
    }

    /// What is known about tables that are there and are to be changed; nothing where no statement takes words about it.
    fn table_facts<'a>(&'a self, _connection: &'a mut Connection, _tables: &'a [Name]) -> Io<'a, Facts> {
        Box::pin(async { Ok(Facts::new()) })
    }

    /// What speaks against a plan, asked in one round trip outside of transactions.
    fn preflight<'a>(&'a self, connection: &'a mut Connection, needs: &'a Needs) -> Io<'a, Found>;

    /// Others whose open transactions are in the way of a lock on one of these tables, as far as the server tells.
    fn blockers<'a>(&'a self, _connection: &'a mut Connection, _tables: &'a [Name]) -> Io<'a, Vec<Blocker>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What keeps the triggers of a table still in one transaction, where the database can roll that back.
    fn triggers<'a>(&'a self, _connection: &'a mut Connection, _table: &'a Name) -> Io<'a, Vec<Trigger>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Refuses operations, and work on rows of these tables, that would meet something else than what they name.
    fn refuse_others<'a>(
        &'a self,
        _connection: &'a mut Connection,
        _operations: &'a [Operation],
        _tables: &'a [&'a Name],
    ) -> Io<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Whether it looks at foreign keys now.
    fn heeds_keys<'a>(&'a self, _connection: &'a mut Connection) -> Io<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    /// Other schemas with tables whose rows go or change with rows of these, or are seen as rows of these. `come_or_go`:
    /// rows of these do, else their columns change.
    fn schemas_around<'a>(
        &'a self,
        _connection: &'a mut Connection,
        _tables: &'a [Name],
        _come_or_go: bool,
    ) -> Io<'a, Vec<Ident>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What lets the server look at foreign keys of these tables that wait for the end of the transaction, so that the
    /// tables can be changed behind changes of their rows.
    fn settle_keys<'a>(&'a self, _connection: &'a mut Connection, _tables: &'a [Name]) -> Io<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What lets go of types that these statements change or take away: what rows were is kept as text from then on.
    fn let_types_go<'a>(
        &'a self,
        _connection: &'a mut Connection,
        _version_table: &'a Name,
        _statements: &'a [Statement],
    ) -> Io<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Whether the statement names a table whose rows stay after a ROLLBACK, for it keeps them outside transactions.
    fn keeps_rows<'a>(&'a self, _connection: &'a mut Connection, _sql: &'a str) -> Io<'a, bool> {
        Box::pin(async { Ok(false) })
    }
}
