//! The version table: the heads of what is applied, nothing else. Made byte for byte as Alembic makes it, so the two
//! tools can share it.

use crate::db::Connection;
use crate::dialect::Server;
use crate::error::{Error, Kind, Result};
use crate::graph::{RevisionId, RowMove, Rows};
use crate::schema::{Ident, Name};

/// The version table of a project.
#[derive(Clone)]
pub(crate) struct History {
    pub(crate) dialect: &'static dyn Server,
    pub(crate) table: Name,
}

impl History {
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
        let column = "version_num";
        format!(
            "CREATE TABLE {table} (\n\t{column} VARCHAR(32) NOT NULL, \n\tCONSTRAINT {key} PRIMARY KEY ({column})\n)"
        )
    }

    /// Makes the table if it is missing; true = it was made now. To be called under the session lock.
    pub(crate) async fn ensure(&self, connection: &mut Connection) -> Result<bool> {
        if self.dialect.has_table(connection, &self.table).await? {
            return Ok(false);
        }
        match connection.execute(&self.create()).await {
            Ok(_) => Ok(true),
            // Somebody without our lock was faster.
            Err(error) => match self.dialect.has_table(connection, &self.table).await {
                Ok(true) => Ok(false),
                _ => Err(error.while_doing(format!("cannot create the version table {}", self.table.for_people()))),
            },
        }
    }

    /// The rows; none if there is no table.
    pub(crate) async fn rows_if_any(&self, connection: &mut Connection) -> Result<Rows> {
        if self.dialect.has_table(connection, &self.table).await? {
            self.rows(connection).await
        } else {
            Ok(Rows::new())
        }
    }

    /// The rows of the table, which is there.
    pub(crate) async fn rows(&self, connection: &mut Connection) -> Result<Rows> {
        let sql = format!("SELECT version_num FROM {}", self.quoted());
        let found = connection.rows(&sql).await.map_err(|error| self.unreadable(error))?;
        found.iter().map(|row| row.text(0).unwrap_or_default()).map(|text| self.id(text)).collect()
    }

    /// The ids in these texts of the table's rows.
    pub(crate) fn ids(&self, texts: &[String]) -> Result<Rows> {
        texts.iter().map(|text| self.id(text)).collect()
    }

    /// Opens the transaction of a revision and gives the rows, which cannot change until its end.
    pub(crate) async fn begin(&self, connection: &mut Connection) -> Result<Rows> {
        let texts = self.dialect.begin(connection, &self.table).await?;
        self.ids(&texts)
    }

    fn unreadable(&self, error: Error) -> Error {
        let hint = format!("look at {}: it must have one column version_num", self.table.for_people());
        let error = if error.kind() == Kind::Statement { error.into_kind(Kind::Corrupt) } else { error };
        error.while_doing("cannot read the version table").hint(hint)
    }

    fn id(&self, text: &str) -> Result<RevisionId> {
        RevisionId::new(text).map_err(|_| {
            Error::new(Kind::Newer, format!("the version table names `{text}`, which is no revision id"))
                .hint(format!("look at the rows of {}", self.table.for_people()))
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
            RowMove::Insert(id) => format!("INSERT INTO {table} (version_num) VALUES ({})", text(id)),
            RowMove::Update { from, to } => {
                format!("UPDATE {table} SET version_num = {} WHERE version_num = {}", text(to), text(from))
            }
            RowMove::Delete(id) => format!("DELETE FROM {table} WHERE version_num = {}", text(id)),
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
