//! The version table: the heads of what is applied, nothing else. Made byte for byte as Alembic makes it, so the two
//! tools can share it.

use crate::db::Connection;
use crate::dialect::{Relation, Server};
use crate::error::{Error, Kind, Result};
use crate::graph::{RevisionId, RowMove, Rows};
use crate::schema::{Ident, Name};

/// The one column of the version table.
const COLUMN: &str = "version_num";

/// The version table of a project.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) table: Name,
}

impl History {
    /// The history in this table; `attached` are the schemas that are files beside the main one.
    ///
    /// # Errors
    /// [`Kind::Config`] for a table in another file than the main one: it and what it counts go into one file.
    pub(crate) fn new(dialect: &'static dyn Server, table: &Name, attached: &[Ident]) -> Result<Self> {
        let is = |one: &Ident, other: &Ident| dialect.fold(one) == dialect.fold(other);
        let is_elsewhere = |schema: &&Ident| dialect.main_schema().is_some_and(|main| !is(&Ident::from(main), schema));
        if let Some(schema) = table.schema.as_ref().filter(is_elsewhere) {
            let name = schema.as_str();
            let phrase = if attached.iter().any(|file| is(file, schema)) {
                format!("the version table cannot lie in an attached file, which {name} is")
            } else {
                format!("the version table cannot lie in schema {name}, which is not there")
            };
            return Err(Error::new(Kind::Config, phrase)
                .with_hint(format!("write `version_table: {}`: it lies in the main file", table.name.as_str())));
        }
        Ok(Self { dialect, table: table.clone() })
    }

    /// The table's name in SQL.
    pub(crate) fn quoted(&self) -> String {
        quoted(self.dialect, &self.table)
    }

    /// The statement that makes the table.
    pub(crate) fn create(&self) -> String {
        let name = self.table.name.as_str();
        let key = format!("{name}_pkc");
        // Alembic quotes only what needs it, and SQLite keeps the text.
        let (table, key) = match (&self.table.schema, needs_no_quotes(name)) {
            (None, true) => (name.to_owned(), key),
            _ => (self.quoted(), self.dialect.quote(&Ident::from(key))),
        };
        format!(
            "CREATE TABLE {table} (\n\t{COLUMN} VARCHAR(32) NOT NULL, \n\tCONSTRAINT {key} PRIMARY KEY ({COLUMN})\n)"
        )
    }

    /// Makes the table if it is missing; true = it was made now. To be called under the session lock.
    pub(crate) async fn ensure(&self, connection: &mut Connection) -> Result<bool> {
        if self.dialect.has_table(connection, &self.table).await? {
            return Ok(false);
        }
        self.refuse_elsewhere(connection).await?;
        match connection.execute(&self.create()).await {
            Ok(_) => Ok(true),
            // Somebody without our lock was faster.
            Err(error) => match self.dialect.has_table(connection, &self.table).await {
                Ok(true) => Ok(false),
                _ => {
                    self.refuse_other(connection).await?;
                    Err(error.while_doing(format!("cannot create the version table {}", self.table.for_people())))
                }
            },
        }
    }

    /// The rows; none if there is no table.
    pub(crate) async fn rows_if_any(&self, connection: &mut Connection) -> Result<Rows> {
        if self.dialect.has_table(connection, &self.table).await? {
            self.rows(connection).await
        } else {
            self.refuse_other(connection).await?;
            self.refuse_elsewhere(connection).await?;
            Ok(Rows::new())
        }
    }

    /// The rows of the table, which is there.
    pub(crate) async fn rows(&self, connection: &mut Connection) -> Result<Rows> {
        let sql = format!("SELECT {COLUMN} FROM {}", self.quoted());
        let found = match connection.rows(&sql).await {
            Ok(found) => found,
            Err(error) => return Err(self.unreadable(connection, error).await),
        };
        self.ids(found.iter().map(|row| row.text(0).unwrap_or_default()))
    }

    /// The ids in these texts of the table's rows.
    pub(crate) fn ids<'t, I: Iterator<Item = &'t str>>(&self, texts: I) -> Result<Rows> {
        let mut rows = Rows::new();
        for text in texts {
            if !rows.insert(self.id(text)?) {
                let phrase = format!("the version table {} has the row `{text}` twice", self.table.for_people());
                let hint = format!(
                    "delete one of them, and give the table its primary key; or `migrate stamp --purge {text}`"
                );
                return Err(Error::new(Kind::Corrupt, phrase).with_hint(hint));
            }
        }
        Ok(rows)
    }

    /// Opens the transaction and takes all rows away, whatever they are; gives their texts. After an error nothing is open.
    pub(crate) async fn begin_purged(&self, connection: &mut Connection) -> Result<Vec<String>> {
        let texts = self.dialect.begin(connection, &self.table).await?;
        match connection.execute(&format!("DELETE FROM {}", self.quoted())).await {
            Ok(_) => Ok(texts),
            Err(error) => {
                connection.rollback().await?;
                Err(error)
            }
        }
    }

    /// Opens the transaction of a revision and gives the rows, which cannot change until its end.
    pub(crate) async fn begin(&self, connection: &mut Connection) -> Result<Rows> {
        let texts = self.dialect.begin(connection, &self.table).await?;
        self.ids(texts.iter().map(String::as_str))
    }

    /// As [`History::begin`], after a statement of ours in the same transaction. `None`: it did not affect one row.
    pub(crate) async fn begin_noting(&self, connection: &mut Connection, note: &str) -> Result<Option<Rows>> {
        let texts = self.dialect.begin_noting(connection, &self.table, note).await?;
        texts.map(|texts| self.ids(texts.iter().map(String::as_str))).transpose()
    }

    async fn unreadable(&self, connection: &mut Connection, error: Error) -> Error {
        let found =
            if connection.is_usable() { self.dialect.relation(connection, &self.table).await } else { Ok(None) };
        match found.ok().flatten().and_then(|found| self.fault_of(&found)) {
            Some(fault) => fault,
            None => error.while_doing("cannot read the version table"),
        }
    }

    /// Refuses what has the name of the version table and is none.
    ///
    /// # Errors
    /// As [`History::fault_of`].
    async fn refuse_other(&self, connection: &mut Connection) -> Result<()> {
        let found = self.dialect.relation(connection, &self.table).await?;
        found.and_then(|found| self.fault_of(&found)).map_or(Ok(()), Err)
    }

    /// Refuses to begin anew where the search path leads to a version table in another schema: a schema that came in front of
    /// it would otherwise be taken for an empty database.
    ///
    /// # Errors
    /// [`Kind::Config`].
    async fn refuse_elsewhere(&self, connection: &mut Connection) -> Result<()> {
        if self.table.schema.is_some() {
            return Ok(());
        }
        let Some(schema) = self.dialect.seen_elsewhere(connection, &self.table.name).await? else { return Ok(()) };
        let (table, schema) = (self.table.name.as_str(), schema.as_str());
        let phrase =
            format!("the version table {table} is in schema {schema}, and another schema is the first one now");
        Err(Error::new(Kind::Config, phrase).with_hint(format!(
            "if {schema} is what is meant, put it first: `options=-csearch_path={schema}` in the URL, or ALTER ROLE … SET search_path; \
             a version table of its own for the first one: `version_table:` in migrate.yaml"
        )))
    }

    /// Why what has the name of the version table cannot be it: [`Kind::Config`] for what is no table,
    /// [`Kind::Corrupt`] for a table with other columns.
    pub(super) fn fault_of(&self, found: &Relation) -> Option<Error> {
        let table = self.table.for_people();
        if !found.is_table {
            let phrase =
                format!("{table}, which is to be the version table, is a view or something else that is no table");
            return Some(
                Error::new(Kind::Config, phrase).with_hint("name another one under `version_table:` in migrate.yaml"),
            );
        }
        let is_right = found.columns.iter().any(|column| column.eq_ignore_ascii_case(COLUMN));
        let phrase = format!(
            "{table} has no column {COLUMN}, so that it is not the version table: its columns are {}",
            found.columns.join(", ")
        );
        let hint = "name another one under `version_table:` in migrate.yaml; or, if it was ours, drop it and \
                    `migrate stamp` what is applied";
        (!is_right).then(|| Error::new(Kind::Corrupt, phrase).with_hint(hint))
    }

    fn id(&self, text: &str) -> Result<RevisionId> {
        RevisionId::new(text).map_err(|_| {
            Error::new(Kind::Newer, format!("the version table names `{text}`, which is no revision id"))
                .with_hint(format!("look at the rows of {}", self.table.for_people()))
        })
    }

    /// The statements that make these moves.
    pub(crate) fn moves(&self, moves: &[RowMove]) -> Vec<String> {
        moves.iter().map(|one| self.one_move(one)).collect()
    }

    fn one_move(&self, one: &RowMove) -> String {
        let table = self.quoted();
        let text = |id: &RevisionId| self.dialect.literal(id.as_str());
        match one {
            RowMove::Insert(id) => format!("INSERT INTO {table} ({COLUMN}) VALUES ({})", text(id)),
            RowMove::Update { from, to } => {
                format!("UPDATE {table} SET {COLUMN} = {} WHERE {COLUMN} = {}", text(to), text(from))
            }
            RowMove::Delete(id) => format!("DELETE FROM {table} WHERE {COLUMN} = {}", text(id)),
        }
    }

    /// Makes the moves; each must touch exactly one row. True = all did.
    pub(crate) async fn make_moves(&self, connection: &mut Connection, moves: &[RowMove]) -> Result<bool> {
        for sql in self.moves(moves) {
            if connection.execute(&sql).await? != 1 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A name like `alembic_version`: the same with and without quotes on every database, and a word of none.
fn needs_no_quotes(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    plain && name.contains("_version") && !name.starts_with(|letter: char| letter.is_ascii_digit())
}

/// A name in SQL, with its schema where it has one.
pub(crate) fn quoted(dialect: &dyn Server, name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", dialect.quote(schema), dialect.quote(&name.name)),
        None => dialect.quote(&name.name),
    }
}
