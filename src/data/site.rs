//! Where a step works: the tables as they are at this point of the history, in the words of one database.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::data::{DataWords, Trigger};
use crate::dialect::{Dialect, TypeUse};
use crate::error::{Error, Kind, Result};
use crate::ops::Value;
use crate::schema::{Column, Expr, Ident, Index, Name, Neutral, Schema, Table, Type};
use crate::statement::ServerVersion;

/// Everything that the statements of a step depend on.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) server: ServerVersion,
    /// The tables as they are now.
    pub(crate) shape: &'a Schema,
    pub(crate) revision: &'a str,
    /// The version table, beside which the images lie.
    pub(crate) version_table: &'a Name,
    /// Triggers that a restore must keep still, by table.
    pub(crate) triggers: &'a BTreeMap<Name, Vec<Trigger>>,
    /// The database does not look at foreign keys now, for tables are written anew: what they do to rows is said by hand.
    pub(crate) keys_off: bool,
    /// The images of the step that is taken back, by name; `None` where nobody can look: then they are what the step
    /// would make of the tables as they are.
    pub(crate) images: Option<&'a Images>,
}

/// Images as they are.
pub(crate) type Images = BTreeMap<Name, Found>;

/// What an image that is there says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The table whose rows it holds, as people read it.
    pub(crate) subject: String,
    /// What happened to them, in the word of the list.
    pub(crate) kind: String,
    /// None where the table is gone.
    pub(crate) columns: BTreeSet<Ident>,
}

impl<'a> Site<'a> {
    pub(super) fn words(&self) -> &'static dyn DataWords {
        self.dialect.data()
    }

    pub(super) fn quote(&self, ident: &Ident) -> String {
        self.dialect.quote(ident)
    }

    /// A name in SQL, with its schema where it has one.
    pub(super) fn quoted(&self, name: &Name) -> String {
        match &name.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(&name.name)),
            None => self.quote(&name.name),
        }
    }

    /// Columns of what goes by this name in the statement.
    pub(super) fn of(&self, alias: &str, column: &Ident) -> String {
        format!("{alias}.{}", self.quote(column))
    }

    /// What an image that goes by this name in the statement keeps of a column.
    pub(super) fn kept(&self, alias: &str, column: &Column) -> String {
        self.words().kept(column, self.of(alias, &column.name))
    }

    pub(super) fn list<'c, I: IntoIterator<Item = &'c Ident>>(&self, columns: I) -> String {
        columns.into_iter().map(|column| self.quote(column)).collect::<Vec<_>>().join(", ")
    }

    /// Lets the database go on numbering where keys of these columns were written out.
    pub(super) fn go_on(&self, table: &Table, columns: impl IntoIterator<Item = &'a Column>) -> Vec<String> {
        columns.into_iter().filter_map(|column| self.words().go_on(table, column)).collect()
    }

    pub(super) fn table(&self, name: &Name) -> Result<&'a Table> {
        let missing = || {
            let missing = wrong(format!("there is no table {} at this revision", name.for_people()));
            match name.name.as_str().split_once('.') {
                None => missing,
                Some((schema, table)) => missing.with_hint(format!(
                    "a table of another schema is written `{{ schema: {schema}, table: {table} }}`"
                )),
            }
        };
        self.shape.tables.get(name).ok_or_else(missing)
    }

    /// A column that holds a value of its own.
    pub(super) fn column(&self, table: &'a Table, name: &Ident) -> Result<&'a Column> {
        let column = self.any_column(table, name)?;
        if column.generated.is_some() {
            let what = format!("column {} of {} is computed by the database", name.as_str(), table.name.for_people());
            return Err(wrong(what).with_hint("change the columns that it is computed from"));
        }
        Ok(column)
    }

    /// A column that is only read.
    #[expect(clippy::unused_self, reason = "reads as the others: what is looked up is of this place")]
    pub(super) fn any_column(&self, table: &'a Table, name: &Ident) -> Result<&'a Column> {
        let found = table.columns.iter().find(|column| column.name == *name);
        found.ok_or_else(|| {
            let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let (name, table) = (name.as_str(), table.name.for_people());
            wrong(format!("table {table} has no column {name} at this revision"))
                .with_hint(format!("its columns are {}", known.join(", ")))
        })
    }

    /// The text of an expression for this database.
    pub(super) fn text(&self, expr: &Expr) -> Result<String> {
        let words = self.dialect.words(self.server);
        let text = expr.text_for(words).map(str::to_owned);
        text.ok_or_else(|| {
            wrong(format!("no text is given for {}", words.join(" or "))).with_hint("add it behind `sql:`")
        })
    }

    /// What a column gets, in SQL.
    pub(super) fn value(&self, column: &Column, value: &Value) -> Result<String> {
        match value {
            Value::Null => Ok("NULL".to_owned()),
            Value::Sql(expr) => self.text(expr),
            Value::Literal(text) => self.literal(column, text).map_err(|why| {
                wrong(format!("`{text}` does not fit column {}: {why}", column.name.as_str()))
                    .with_hint("an expression is written `{ sql: … }`")
            }),
        }
    }

    /// By the neutral word of the column's type, where it has one. A number may stand for a word of two values.
    fn literal(&self, column: &Column, text: &str) -> std::result::Result<String, String> {
        let Type::Native(native) = &column.ty else { return self.dialect.render_literal(text, &column.ty, "") };
        let render = |ty: Type| self.dialect.render_literal(text, &ty, native);
        match self.neutral(column, native) {
            None => render(column.ty.clone()),
            Some(Neutral::Bool) => {
                render(Type::Neutral(Neutral::Bool)).or_else(|_| render(Type::Neutral(Neutral::Int)))
            }
            Some(neutral) => render(Type::Neutral(neutral)),
        }
    }

    /// The neutral word of a column's type, where it has one.
    fn neutral(&self, column: &Column, native: &str) -> Option<Neutral> {
        let nowhere = Name::own("");
        let identity = column.identity.is_some();
        let at = TypeUse { table: &nowhere, column: &column.name, sole_key: false, strict: false, identity };
        self.dialect.neutral_type(native, at, self.server)
    }

    /// How many characters a text of the column may have; None = any number.
    pub(crate) fn longest(&self, column: &Column) -> Option<usize> {
        let Type::Native(native) = &column.ty else { return None };
        let neutral = self.neutral(column, native);
        let Some(Neutral::Char(length) | Neutral::Varchar(length)) = neutral else { return None };
        usize::try_from(length?).ok()
    }

    /// The columns that tell the rows of a table apart: the primary key, else a unique one that is never NULL.
    #[expect(clippy::unused_self, reason = "reads as the others")]
    pub(super) fn key(&self, table: &'a Table) -> Option<Vec<&'a Column>> {
        let all = |names: &[Ident]| -> Option<Vec<&'a Column>> {
            let found = names.iter().map(|name| table.columns.iter().find(|column| column.name == *name));
            found.collect::<Option<Vec<_>>>().filter(|columns| !columns.is_empty())
        };
        let primary = table.primary_key.as_ref().and_then(|key| all(&key.columns));
        let never_null = |columns: &Vec<&'a Column>| columns.iter().all(|column| !column.nullable);
        let uniques = || table.uniques.iter().find_map(|unique| all(&unique.columns).filter(never_null));
        let indexes = || {
            let plain = table.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
            plain.filter_map(of_index).find_map(|names| all(&names).filter(never_null))
        };
        primary.or_else(uniques).or_else(indexes)
    }

    /// The columns that hold values of their own.
    #[expect(clippy::unused_self, reason = "reads as the others")]
    pub(super) fn stored(&self, table: &'a Table) -> Vec<&'a Column> {
        table.columns.iter().filter(|column| column.generated.is_none()).collect()
    }

    /// Whether something of the user runs when rows of a table change.
    pub(super) fn has_triggers(&self, table: &Table) -> bool {
        self.shape.triggered().any(|name| *name == table.name)
    }

    /// Refuses a table whose rows cannot be taken back.
    pub(super) fn refuse(&self, table: &Table) -> Result<()> {
        let inherits = |other: &&Table| !other.is_partition() && other.parents().contains(&table.name);
        if self.shape.tables.values().any(|other| inherits(&other)) {
            let name = table.name.for_people();
            return Err(wrong(format!(
                "rows of {name} are also those of the tables that inherit from it, with keys of their own"
            ))
            .with_hint("name one of those tables, or say `undo:` or `irreversible:`"));
        }
        match self.words().refuse(table) {
            None => Ok(()),
            Some(why) => {
                Err(wrong(why).with_hint("say `irreversible: why`, or change the engine in a revision before"))
            }
        }
    }
}

/// The plain columns of an index; `None` where it has others.
fn of_index(index: &Index) -> Option<Vec<Ident>> {
    index.parts.iter().map(|part| part.column_name().filter(|_| part.prefix.is_none()).cloned()).collect()
}

/// Something in the file that does not fit.
pub(super) fn wrong(phrase: impl Into<String>) -> Error {
    Error::new(Kind::File, phrase)
}
