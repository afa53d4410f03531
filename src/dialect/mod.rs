//! What each database can do and how it says it. A dialect is a table of facts and pure functions ([`Dialect`]); the
//! two places that talk to a server, `inspect` and `lock`, are a trait of their own ([`Server`]).
//!
//! No dialect imports another. Nothing outside this folder, `db` and the URL parser knows a database by name: it asks a
//! [`Capability`] or a method.

#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
pub(crate) mod sqlite;

#[cfg(feature = "orm")]
mod creation;
pub(crate) mod data;
mod follow;
pub(crate) mod frame;
mod implied;
mod localise;
#[cfg(feature = "autogenerate")]
pub(crate) mod mentions;
pub(crate) mod needs;
#[cfg(feature = "autogenerate")]
mod neutralise;
pub(crate) mod objects;
pub(crate) mod query;
pub(crate) mod rules;
#[cfg(feature = "db")]
pub(crate) mod server;
#[cfg(feature = "cli")]
mod starts;

#[cfg(feature = "orm")]
pub(crate) use creation::create_statements;
#[cfg(feature = "postgres")]
pub(crate) use follow::advance;
pub(crate) use follow::{rename_column_in, rename_type_in};
pub(crate) use implied::{fold_implied, with_implied};
#[cfg(feature = "autogenerate")]
pub(crate) use localise::refused_part;
pub(crate) use localise::{localise, localise_schema, settle};
#[cfg(feature = "autogenerate")]
pub(crate) use neutralise::{neutralise, neutralise_schema};
#[cfg(feature = "db")]
pub(crate) use server::{Holder, Io, Relation, RightsHeld, Scope, Scratch, Server};
#[cfg(feature = "cli")]
pub(crate) use starts::{STARTS, Start, start, usual_start};

use crate::dialect::data::{DataWords, KeptWords};
use crate::dialect::frame::Frame;
use crate::dialect::objects::ObjectWords;
use crate::dialect::query::Phrases;
use crate::dialect::rules::RuleWords;
use crate::error::Error;
#[cfg(all(
    feature = "db",
    not(all(feature = "postgres", feature = "mysql", any(feature = "sqlite", feature = "sqlite-system")))
))]
use crate::error::Kind;
#[cfg(feature = "db")]
use crate::error::Result;
use crate::ops::{ConstraintKind, Operation, apply};
use crate::schema::{Column, Enum, Ident, Name, Neutral, Pair, Schema, Table, Type};
use crate::statement::Product;
use crate::statement::course::TableFacts;
use crate::statement::evidence::Evidence;
use crate::statement::lock::Lock;
use crate::statement::session::SessionChange;
use crate::statement::syntax::Syntax;
use crate::statement::{ServerVersion, Statement};

/// The words of files under which options and texts of one database stand, whatever this build can talk to.
pub(crate) const DATABASE_WORDS: [&str; 4] = ["postgres", "mysql", "mariadb", "sqlite"];

/// A yes/no question about a database; the answer follows from product and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capability {
    /// DDL can be rolled back, so one transaction holds a whole revision and its version row.
    TransactionalDdl,
    /// Columns can be put in any place, so their order is compared.
    ColumnOrder,
    /// Tables and columns carry comments.
    Comments,
    /// Indexes and constraints carry comments that can be changed alone.
    PartComments,
    /// Constraints have names that can be changed.
    RenameConstraint,
    /// Indexes can be renamed.
    RenameIndex,
    /// Names of indexes are those of the schema: two tables cannot have one of the same name.
    SharedIndexNames,
    /// A foreign key may name a table that comes later.
    ForwardReferences,
    /// An expression that is read again as it was printed may be printed in other words.
    RewordsExpressions,
    /// The scratch place is free and private: memory of this process.
    ScratchInMemory,
    /// A statement makes and drops schemas. Elsewhere one is there or not, as the connection was made.
    MakesSchemas,
}

/// Something that a database cannot do, or this tool cannot do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsupported {
    /// What was asked: `RENAME INDEX on MariaDB 10.4`.
    pub(crate) what: String,
    /// What to do instead, imperative; empty if there is nothing.
    pub(crate) instead: String,
    /// What people read before it.
    lead: &'static str,
}

impl Unsupported {
    pub(crate) fn new(what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::of("not supported here: ", what.into(), instead.into())
    }

    /// An operation that does not fit what is there.
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    pub(crate) fn misfit(operation: &Operation, why: &str) -> Self {
        let instead = "look at what is there with `migrate inspect`".to_owned();
        Self::of("cannot ", format!("{}: {why}", operation.describe()), instead)
    }

    #[cold]
    fn of(lead: &'static str, what: String, instead: String) -> Self {
        Self { what, instead, lead }
    }

    /// The phrase of the error that people read.
    pub(crate) fn phrase(&self) -> String {
        format!("{}{}", self.lead, self.what)
    }
}

/// Where a neutral type stands: what its native form may depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeUse<'a> {
    pub(crate) table: &'a Name,
    pub(crate) column: &'a Ident,
    /// The only column of the primary key.
    pub(crate) sole_key: bool,
    /// The table takes only the database's few strict types.
    pub(crate) strict: bool,
    /// The column is an identity column.
    pub(crate) identity: bool,
}

/// A dialect: facts and pure functions, no I/O, no state.
pub(crate) trait Dialect: Send + Sync + 'static {
    // ---- capabilities
    /// The word in files: `postgres`, `mysql`, `sqlite`.
    fn word(&self) -> &'static str;
    /// The words whose expressions and options count for this server, nearest first: `["mariadb", "mysql"]`.
    fn words(&self, server: ServerVersion) -> &'static [&'static str];
    /// The oldest version that is supported, for scripts that are made without a connection.
    fn oldest(&self) -> ServerVersion;
    fn has(&self, capability: Capability, server: ServerVersion) -> bool;

    /// Who the server takes the session for, in SQL; None where there are no users.
    fn current_user(&self) -> Option<&'static str> {
        None
    }

    /// Whether one lock stands for all of the database: who was refused it cannot write anything else either.
    fn has_one_lock(&self) -> bool {
        false
    }

    // ---- quote
    fn quote(&self, ident: &Ident) -> String;
    /// A string literal.
    fn literal(&self, text: &str) -> String;
    /// Two names that the server takes for one have the same key.
    fn fold(&self, ident: &Ident) -> String;
    /// Refuses a name that the server would cut, fold away or not take: the reason.
    fn refuse_name(&self, ident: &Ident) -> Option<String>;
    /// How to read this database's SQL.
    fn syntax(&self) -> &'static Syntax;

    // ---- rows
    /// How rows are asked for and changed.
    #[cfg(feature = "orm")]
    fn phrases(&self) -> &'static dyn Phrases;

    // ---- objects
    /// How views, routines, triggers and the like are made, replaced and dropped.
    fn objects(&self) -> &'static dyn ObjectWords;

    // ---- types
    /// The native text of a neutral type.
    fn native_type(&self, neutral: &Neutral, at: TypeUse<'_>, server: ServerVersion) -> String;
    /// The neutral word whose native form is exactly this text, if there is one.
    fn neutral_type(&self, native: &str, at: TypeUse<'_>, server: ServerVersion) -> Option<Neutral>;
    /// The named type behind a neutral enum at this place, where the database has such types.
    fn implied_enum(&self, _neutral: &Neutral, _at: TypeUse<'_>) -> Option<Enum> {
        None
    }
    /// A declared literal as SQL for a column of this type: bare for numbers, quoted for text. Err = does not fit.
    fn render_literal(&self, text: &str, ty: &Type, native: &str) -> Result<String, String>;
    /// The scalar that a native default stands for, if `render_literal` would give the same default back.
    #[cfg(feature = "autogenerate")]
    fn scalar_default(&self, default: &str, native_type: &str) -> Option<String>;
    /// What else a declared table needs to mean the same here (the check behind an enum on SQLite). Called by
    /// `localise` with a table whose types are native already; `declared` is the table as written.
    fn complete(&self, table: &mut Table, declared: &Table);
    /// Keys that stand under this database's word in files: which for tables, columns, indexes.
    fn option_keys(&self, of: OptionsOf) -> &'static [&'static str];

    // ---- compare
    /// The name the server gives to a constraint that has none.
    fn constraint_name(&self, table: &Table, kind: ConstraintKind, columns: &[Ident]) -> Option<Ident>;
    /// Whether this name is one that the server makes by itself for such a constraint (numbered ones included).
    fn is_generated_name(&self, table: &Name, kind: ConstraintKind, columns: &[Ident], name: &Ident) -> bool;
    /// Whether two inspected columns are the same for this database, names and positions apart. The default of the
    /// trait's users is plain equality; a dialect forgives what its server cannot tell apart (`always` and `by_default`).
    #[cfg(feature = "autogenerate")]
    fn same_column(&self, columns: Pair<&Column>) -> bool;
    /// Whether two values of an option of a table, of which either may be missing, mean the same.
    fn same_option(&self, _key: &str, values: Pair<Option<&str>>) -> bool {
        !values.differs()
    }
    /// Lets what options of a table say follow a column that has another name now.
    fn follow_in_options(&self, _table: &mut Table, _name: &Ident, _to: &Ident) {}
    /// Whether two native expressions are the same text but for spacing, case of keywords and outer parentheses.
    /// A fast "yes" only: "no" means that the server must judge.
    fn same_expression(&self, expressions: Pair<&str>) -> bool;

    // ---- run
    /// What tells, after a crash, whether a statement took effect.
    fn evidence(&self, sql: &str, server: ServerVersion) -> Evidence;
    /// What a statement may do to the session that later ones find.
    fn session_change(&self, sql: &str) -> SessionChange;
    /// Whether a statement failed because a key is there already.
    fn is_duplicate(&self, error: &Error) -> bool;
    /// Whether a statement was refused, and nothing done, because of the words of its course.
    fn refuses_course(&self, _error: &Error) -> bool {
        false
    }
    /// Whether a statement cannot be part of a transaction, or not of the one that it was sent in.
    fn wants_no_transaction(&self, _error: &Error) -> bool {
        false
    }
    /// Whether models were refused in a scratch place only because it lies in front of what is live.
    fn meets_live(&self, _error: &Error) -> bool {
        false
    }
    /// What to do where a statement fails for what the server itself lacks: an extension, a library, a role.
    fn lacks(&self, _error: &Error) -> Option<&'static str> {
        None
    }
    /// Whether a statement fails because something is not there that it names.
    fn misses(&self, _error: &Error) -> bool {
        false
    }
    /// The same for tables, their columns and their schemas alone.
    fn misses_relation(&self, error: &Error) -> bool;
    /// Whether a statement failed since a table or view of that name is there already.
    fn meets_relation(&self, error: &Error) -> bool;
    /// What is known about a table from its shape alone, as [`Server::table_facts`] of a server with the usual settings.
    fn facts_of_shape(&self, _table: &Table) -> Option<TableFacts> {
        None
    }
    /// The locks that a statement takes on tables, as far as its text says.
    fn locks(&self, statement: &Statement) -> Vec<Lock>;
    /// The oldest version of this server's product that is supported.
    fn oldest_of(&self, _product: Product) -> ServerVersion {
        self.oldest()
    }

    /// The newest main version of this server's product that is known here.
    fn newest_of(&self, product: Product) -> u32 {
        match product {
            Product::Postgres => 18,
            Product::MariaDb => 12,
            Product::MySql => 9,
            Product::Sqlite => 3,
        }
    }

    // ---- render
    /// Whether these operations can only be rendered with the shape of their tables at hand (a rebuild, a MODIFY).
    fn needs_shape(&self, operations: &[Operation], server: ServerVersion) -> bool;
    /// Whether these operations may write a table anew, which needs [`Server::around_rebuild`] and its checks around them.
    fn may_rebuild(&self, operations: &[Operation], server: ServerVersion) -> bool {
        self.needs_shape(operations, server)
    }
    /// Whether a person's SQL writes a table anew, which needs the same.
    fn copies_a_table(&self, _statements: &[Statement]) -> bool {
        false
    }
    /// The statements for a run of localised operations (no `sql` among them), in this order, several changes of one
    /// table in one statement where the server gains by it. `before` is the inspected shape where `needs_shape` asked
    /// for it, else it may be empty.
    fn render(
        &self,
        operations: &[Operation],
        before: &Schema,
        server: ServerVersion,
    ) -> Result<Vec<Statement>, Unsupported>;
    /// The statements for one of these operations alone, `before` being what those ahead of it leave: with what goes around it
    /// because of the others, so that all of them one by one do what they do together.
    #[cfg(feature = "autogenerate")]
    fn render_one(
        &self,
        operations: &[Operation],
        at: usize,
        before: &Schema,
        server: ServerVersion,
    ) -> Result<Vec<Statement>, Unsupported> {
        self.render(operations.get(at..=at).unwrap_or_default(), before, server)
    }
    /// What data rules ask, in this database's words.
    #[cfg(feature = "autogenerate")]
    fn rules(&self) -> &'static dyn RuleWords;
    /// What data steps are made of.
    #[cfg(feature = "rows")]
    fn data(&self) -> &'static dyn DataWords;
    /// How what is kept of rows is measured.
    fn kept(&self) -> &'static dyn KeptWords;
    /// What stands around the statements of an offline script.
    #[cfg(feature = "cli")]
    fn frame(&self) -> &'static dyn Frame;
    /// Does the operations to a schema in memory, as this database would: what it keeps beside the nouns (the text of
    /// CREATE TABLE) is kept current. An operation that does not fit changes nothing.
    fn advance(&self, operations: &[Operation], schema: &mut Schema) {
        for operation in operations {
            drop(apply(operation, schema));
        }
    }
}

/// Whose options are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionsOf {
    Table,
    Column,
    Index,
}

/// The dialect of a server.
///
/// # Errors
/// Unsupported for a database that this program was built without.
#[cfg(feature = "db")]
pub(crate) fn of(server: ServerVersion) -> Result<&'static dyn Server> {
    match server.product {
        #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
        Product::Sqlite => Ok(&sqlite::Sqlite),
        #[cfg(feature = "postgres")]
        Product::Postgres => Ok(&postgres::Postgres),
        #[cfg(feature = "mysql")]
        Product::MariaDb | Product::MySql => Ok(&mysql::MySql),
        #[cfg(not(all(feature = "postgres", feature = "mysql", any(feature = "sqlite", feature = "sqlite-system"))))]
        _ => Err(Error::new(Kind::Unsupported, format!("this program was built without {server}"))),
    }
}

/// The dialect of a word, and the server that a version names for it: `15.4`, `PostgreSQL 15`, `10.11.6-MariaDB`; without
/// one the oldest that is supported. None: no dialect of this word is built in, or the text has no number.
#[cfg(feature = "db")]
pub(crate) fn for_script(word: &str, version: Option<&str>) -> Option<(&'static dyn Server, ServerVersion)> {
    let dialect = all().into_iter().find(|dialect| dialect.word() == word)?;
    let oldest = dialect.oldest();
    let Some(text) = version else { return Some((dialect, oldest)) };
    let digits = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let mut numbers = digits.split(|letter: char| !letter.is_ascii_digit()).map_while(|number| number.parse().ok());
    let major = numbers.next()?;
    let product = match oldest.product {
        // MySQL has no 10, MariaDB nothing between 5 and 10.
        Product::MariaDb | Product::MySql if major >= 10 || text.contains("MariaDB") => Product::MariaDb,
        Product::MariaDb | Product::MySql => Product::MySql,
        other @ (Product::Sqlite | Product::Postgres) => other,
    };
    let (minor, patch) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    Some((dialect, ServerVersion::new(product, major, minor, patch)))
}

/// Every dialect that is built in.
#[cfg(feature = "db")]
fn all() -> Vec<&'static dyn Server> {
    vec![
        #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
        &sqlite::Sqlite,
        #[cfg(feature = "postgres")]
        &postgres::Postgres,
        #[cfg(feature = "mysql")]
        &mysql::MySql,
    ]
}
