//! How each database says what data steps need: tables beside others, changes by join, and when two values are the very
//! same. Pure text; the order of things is [`crate::data`]'s business.

use crate::schema::{Column, Ident, Name, Table};
use crate::statement::ServerVersion;

/// How the names of images begin.
pub(crate) const IMAGE: &str = "migrate_img_";

/// The table that lists the images.
pub(crate) const KEPT: &str = "migrate_kept";

/// What switches a trigger off for a while, and on again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) off: String,
    pub(crate) on: String,
}

/// A table beside another one, that holds what its rows were, or became.
#[derive(Clone, Debug)]
pub(crate) struct SideTable<'a> {
    pub(crate) name: Name,
    pub(crate) of: &'a Table,
    pub(crate) columns: Vec<SideColumn<'a>>,
    /// Whether rows are looked up by their key while it grows.
    pub(crate) is_searched: bool,
    /// Whether they are looked up by their piece too.
    pub(crate) by_piece: bool,
    /// Whether it is the session's own and goes with it.
    pub(crate) is_temporary: bool,
}

/// A column of a side table.
#[derive(Clone, Debug)]
pub(crate) struct SideColumn<'a> {
    pub(crate) name: Ident,
    pub(crate) of: &'a Column,
    pub(crate) role: Role,
}

/// The column of a searched side table with the number of the piece in which a row was done.
pub(crate) const PIECE: &str = "migrate_piece";

/// What a column of a side table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Says which row it is.
    Key,
    /// What is there, kept as it is.
    Before,
    /// What shall be there: takes the same conversions as the column itself.
    After,
}

impl SideTable<'_> {
    /// How the statement that makes it begins.
    pub(crate) fn create(&self) -> &'static str {
        if self.is_temporary { "CREATE TEMPORARY TABLE" } else { "CREATE TABLE" }
    }

    /// The columns of the key.
    pub(crate) fn key(&self) -> Vec<Ident> {
        let keys = self.columns.iter().filter(|column| column.role == Role::Key);
        keys.map(|column| column.name.clone()).collect()
    }
}

/// A change of the rows of a table that a side table names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Joined {
    /// Quoted.
    pub(crate) table: String,
    /// Quoted.
    pub(crate) side: String,
    /// Quoted columns of the table, and expressions over `i`, the side table.
    pub(crate) set: Vec<(String, String)>,
    /// Quoted columns of the table, by which its rows are found.
    pub(crate) key: Vec<String>,
    /// Conditions over `t`, the table, and `i`.
    pub(crate) on: Vec<String>,
    pub(crate) only: Vec<String>,
    /// The side table names every row of the table.
    pub(crate) is_whole: bool,
}

impl Joined {
    fn conditions(&self) -> String {
        self.on.iter().chain(&self.only).cloned().collect::<Vec<_>>().join(" AND ")
    }

    /// UPDATE … FROM, with the table under the name `t`.
    pub(crate) fn update_from(&self) -> String {
        let set: Vec<String> = self.set.iter().map(|(column, value)| format!("{column} = {value}")).collect();
        let (table, side) = (&self.table, &self.side);
        format!("UPDATE {table} AS t SET {} FROM {side} AS i WHERE {}", set.join(", "), self.conditions())
    }

    /// UPDATE of a join. The server knows nothing yet of a side table that was filled just now, and would begin with it:
    /// three times the work, where every row changes.
    pub(crate) fn update_join(&self) -> String {
        let join = if self.is_whole { "STRAIGHT_JOIN" } else { "JOIN" };
        let set: Vec<String> = self.set.iter().map(|(column, value)| format!("t.{column} = {value}")).collect();
        let (table, side) = (&self.table, &self.side);
        format!("UPDATE {table} AS t {join} {side} AS i ON {} SET {}", self.conditions(), set.join(", "))
    }

    /// DELETE of the rows that a query names, which goes from the side table to them: where a row is looked for in the side
    /// table instead, all of the table is read.
    pub(crate) fn delete_named(&self) -> String {
        let (table, side) = (&self.table, &self.side);
        let named: Vec<String> = self.key.iter().map(|column| format!("t.{column}")).collect();
        let (key, named) = (self.key.join(", "), named.join(", "));
        let conditions = self.conditions();
        format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {named} FROM {side} AS i CROSS JOIN {table} AS t WHERE {conditions})"
        )
    }
}

/// The rows that new keys are given to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbering<'o> {
    /// One that is written out, by its number from 1.
    Row(usize),
    /// Those of a SELECT that ends in this: ` ORDER BY …`, or nothing.
    Ordered(&'o str),
}

/// The place of a row in an order: what one column of it holds.
#[derive(Clone, Debug)]
pub(crate) struct Place<'p> {
    /// Quoted, with the name of its table.
    pub(crate) column: String,
    pub(crate) literal: &'p str,
    pub(crate) descending: bool,
}

/// A comparison of places, column by column; `or_there`: that place too.
pub(crate) fn compared(place: &[Place<'_>], behind: bool, or_there: bool) -> String {
    let one = |end: usize| {
        let parts = place.iter().take(end + 1).enumerate().map(|(number, Place { column, literal, descending })| {
            let sign = match (number == end, *descending == behind) {
                (false, _) => "=",
                (true, true) => "<",
                (true, false) => ">",
            };
            let equal = if number == end && end + 1 == place.len() && or_there { "=" } else { "" };
            format!("{column} {sign}{equal} {literal}")
        });
        parts.collect::<Vec<_>>().join(" AND ")
    };
    format!("({})", (0..place.len()).map(one).collect::<Vec<_>>().join(" OR "))
}

/// The same as a comparison of rows, where all columns go in one direction.
fn compared_at_once(place: &[Place<'_>], behind: bool, or_there: bool) -> String {
    let is_down = place.first().is_some_and(|first| first.descending);
    if place.iter().any(|column| column.descending != is_down) {
        return compared(place, behind, or_there);
    }
    let columns: Vec<&str> = place.iter().map(|one| one.column.as_str()).collect();
    let literals: Vec<&str> = place.iter().map(|one| one.literal).collect();
    let sign = if is_down == behind { "<" } else { ">" };
    let equal = if or_there { "=" } else { "" };
    format!("({}) {sign}{equal} ({})", columns.join(", "), literals.join(", "))
}

/// What a database says of the tables that it keeps rows in.
pub(crate) trait KeptWords: Sync {
    /// The bytes that a table takes, as a question with one number; at most those of the whole database.
    fn bytes_of(&self, table: &Name) -> String;

    /// The names of a table's columns, as a question; no row where there is no such table.
    fn columns_of(&self, table: &Name) -> String;

    /// The seconds since a moment that is a column, as an expression.
    fn age_of(&self, moment: &str) -> String;
}

/// The words of one database for data steps.
pub(crate) trait DataWords: KeptWords {
    /// The statement that makes a side table without rows.
    fn side_table(&self, side: &SideTable<'_>) -> String;

    /// The condition that two values of one column are the very same: NULL equals NULL, `a` is not `A`, 1.0 is not 1.00.
    fn same(&self, column: &Column, left: &str, right: &str) -> String;

    /// The condition that two values mean the same, so that nobody would change one into the other: `a` is not `A`, but
    /// 1.0 is 1.00.
    fn alike(&self, column: &Column, left: &str, right: &str) -> String {
        self.same(column, left, right)
    }

    /// Whether a column holds bytes that are no text of the connection; then [`DataWords::shown`] is a literal.
    fn is_bytes(&self, _column: &Column) -> bool {
        false
    }

    /// A value as text that people read.
    fn shown(&self, _column: &Column, value: &str) -> String {
        value.to_owned()
    }

    /// The condition that two values are equal as the database sees it, NULL and NULL too.
    fn equal(&self, left: &str, right: &str) -> String;

    fn update(&self, change: &Joined) -> String;

    fn delete(&self, change: &Joined) -> String;

    /// The statement that keeps a table's rows as they are, and others out, until the transaction ends; None where it is
    /// no use or needs no words.
    fn hold_table(&self, _table: &str) -> Option<String> {
        None
    }

    /// What stands behind the question that captures rows, so that nobody changes them meanwhile.
    fn locking(&self) -> &'static str {
        ""
    }

    /// What stands before the rows of an INSERT that brings values for identity columns.
    fn overriding(&self) -> &'static str {
        ""
    }

    /// The expression of the next key that the database itself would give.
    fn next_key(&self, table: &Table, column: &Column, numbering: Numbering<'_>) -> String;

    /// What makes the database go on numbering behind the greatest key, where keys that were written out do not by themselves.
    fn go_on(&self, _table: &Table, _column: &Column) -> Option<String> {
        None
    }

    /// Whether the database gives a key to a row without one.
    fn gives_key(&self, table: &Table, column: &Column) -> bool;

    /// Several texts in a row.
    fn concat(&self, parts: &[&str]) -> String;

    /// The place of a text in another one, from 1; 0 = it is not there.
    fn place_of(&self, text: &str, part: &str) -> String;

    /// An expression that gives a key's value as a literal of the database's own making.
    fn key_literal(&self, column: &Column, value: &str) -> String;

    /// The condition that a row lies behind a place, in the order of the database.
    fn behind(&self, place: &[Place<'_>]) -> String {
        compared_at_once(place, true, false)
    }

    /// The condition that a row does not lie behind a place.
    fn up_to(&self, place: &[Place<'_>]) -> String {
        compared_at_once(place, false, true)
    }

    /// What makes the key and the pieces of a side table known, where those are statements of their own.
    fn search(&self, _side: &SideTable<'_>) -> Vec<String> {
        Vec::new()
    }

    /// What lets a planner know a table that nobody has counted yet, so that its rows are found by their key and not by
    /// reading all of them for each piece.
    fn count(&self, _table: &Name) -> Option<String> {
        None
    }

    /// Whether the database changes a column by itself when a row is updated.
    fn changes_by_itself(&self, _column: &Column) -> bool {
        false
    }

    /// Why the rows of a table cannot be changed and taken back, where that is so.
    fn refuse(&self, _table: &Table) -> Option<String> {
        None
    }

    /// An UPDATE whose expressions all see the row as it was.
    fn at_once(&self, update: String, _columns: usize, _server: ServerVersion) -> String {
        update
    }

    /// Whether [`DataWords::at_once`] cannot help, and later expressions of an UPDATE see what earlier ones wrote: then
    /// [`DataWords::update_by_query`] does.
    fn sees_own_writes(&self, _server: ServerVersion) -> bool {
        false
    }

    /// An UPDATE by a query over the same table, which is through with reading before the first row is written.
    fn update_by_query(&self, change: &Joined) -> String {
        self.update(change)
    }

    /// The same INSERT or DELETE without a look at foreign keys, where the database looks row by row, and rows of one
    /// statement may refer to each other in any order. Whoever says it asks behind it whether they hold.
    fn without_keys(&self, _statement: &str, _server: ServerVersion) -> Option<String> {
        None
    }

    /// What stands behind a question about rows that nobody may take away until the transaction ends.
    fn sharing(&self) -> &'static str {
        ""
    }

    /// The type of whole numbers for a CAST.
    fn whole_number(&self) -> &'static str {
        "bigint"
    }

    /// The statements that give a side table another name.
    fn rename(&self, table: &Name, to: &Name) -> Vec<String>;

    /// A value of a column as it was kept, as one of the column: it may have become text, so that its type could go.
    fn kept(&self, _column: &Column, value: String) -> String {
        value
    }

    /// NULL as a value of a column.
    fn nothing(&self, _column: &Column) -> String {
        "NULL".to_owned()
    }

    /// The bytes of a value, as an expression.
    fn size_of(&self, value: &str) -> String;
}
