//! What a session knows of a table: the columns that can be read and written, the key of a row, what refers to what.
//! Plain values; made from the frozen shape at a revision, from a live inspection, or from a `model!`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dialect::{Dialect, TypeUse};
use crate::error::{Error, Kind, Result};
use crate::schema::{Name, Schema, Table, Type};
use crate::statement::ServerVersion;
use crate::statement::value::ValueType;

/// A table as a session sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub(crate) name: Name,
    pub(crate) columns: Vec<ColumnShape>,
    /// The places of the columns that tell rows apart: the primary key, else a unique key without NULLs. May be empty.
    pub(crate) key: Vec<usize>,
    /// The tables that it refers to.
    pub(crate) references: Vec<Name>,
}

/// A column as a session sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnShape {
    pub(crate) name: String,
    pub(crate) ty: ValueType,
    pub(crate) nullable: bool,
    /// The database computes it; nobody writes it.
    pub(crate) generated: bool,
    /// The database gives it a value where none is given.
    pub(crate) defaulted: bool,
}

impl ColumnShape {
    /// The name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What values it holds.
    pub fn value_type(&self) -> &ValueType {
        &self.ty
    }

    /// Whether it takes NULL.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }
}

impl Shape {
    /// From a noun of the schema, of whatever origin.
    pub(crate) fn of(table: &Table, dialect: &dyn Dialect, server: ServerVersion) -> Self {
        let phrases = dialect.phrases();
        let key_names = table.primary_key.as_ref().map(|key| key.columns.as_slice());
        let is_sole = |name| key_names == Some(std::slice::from_ref(name));
        let columns: Vec<ColumnShape> = table
            .columns
            .iter()
            .map(|column| {
                let at = TypeUse {
                    table: &table.name,
                    column: &column.name,
                    sole_key: is_sole(&column.name),
                    strict: false,
                    identity: column.identity.is_some(),
                };
                let ty = match &column.ty {
                    Type::Native(native) => phrases.value_type(native),
                    Type::Neutral(neutral) => ValueType::of_neutral(neutral)
                        .unwrap_or_else(|| phrases.value_type(&dialect.native_type(neutral, at, server))),
                };
                let given = matches!(ty, ValueType::Int(_)) && is_sole(&column.name);
                ColumnShape {
                    name: column.name.as_str().to_owned(),
                    ty,
                    nullable: column.nullable && !is_key(table, column.name.as_str()),
                    generated: column.generated.is_some(),
                    defaulted: column.default.is_some() || column.identity.is_some() || given,
                }
            })
            .collect();
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let primary = key_names.map(|names| names.iter().filter_map(|name| place(name.as_str())).collect());
        let unique = || {
            let keys = table.uniques.iter().map(|unique| &unique.columns);
            let places = keys.map(|names| names.iter().filter_map(|name| place(name.as_str())).collect::<Vec<_>>());
            places
                .into_iter()
                .find(|places| places.iter().all(|place| columns.get(*place).is_some_and(|column| !column.nullable)))
        };
        let key = primary.or_else(unique).unwrap_or_default();
        let references = table.foreign_keys.iter().map(|key| key.references.clone()).collect();
        Self { name: table.name.clone(), columns, key, references }
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&ColumnShape> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Refuses a key of another width: it would find other rows than are meant, or all of them.
    ///
    /// # Errors
    /// [`Kind::Usage`], also where there is no key at all.
    pub(crate) fn whole_key(&self, values: usize) -> Result<()> {
        let (table, columns) = (self.table(), self.key.len());
        if columns == 0 {
            return Err(Error::new(Kind::Usage, format!("{table} has no key to find its rows by")));
        }
        if values != columns {
            let phrase = format!("a key of {table} has {columns} values, not {values}");
            return Err(Error::new(Kind::Usage, phrase));
        }
        Ok(())
    }

    /// The columns, in their order.
    pub fn columns(&self) -> &[ColumnShape] {
        &self.columns
    }

    /// The name of the table, for people.
    pub fn table(&self) -> String {
        self.name.for_people()
    }

    /// The columns of the key.
    pub(crate) fn key_columns(&self) -> impl Iterator<Item = &ColumnShape> {
        self.key.iter().filter_map(|place| self.columns.get(*place))
    }
}

fn is_key(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name.as_str() == column))
}

/// The tables of a session, by their names for people: `orders`, `app.orders`.
#[derive(Clone, Debug, Default)]
pub struct Shapes(BTreeMap<String, Arc<Shape>>);

impl Shapes {
    /// The frozen shape at a revision.
    pub(crate) fn of(schema: &Schema, dialect: &dyn Dialect, server: ServerVersion) -> Self {
        let shapes = schema.tables.values().map(|table| {
            let shape = Shape::of(table, dialect, server);
            (shape.table(), Arc::new(shape))
        });
        Self(shapes.collect())
    }

    /// A table by its name.
    pub fn get(&self, table: &str) -> Option<&Arc<Shape>> {
        self.0.get(table)
    }

    pub(crate) fn insert(&mut self, shape: Arc<Shape>) {
        self.0.insert(shape.table(), shape);
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Shape>> {
        self.0.values()
    }

    /// The name that is nearest to one that is not there, for hints.
    pub(crate) fn nearest(&self, table: &str) -> Option<&str> {
        let distance = |name: &str| name.chars().zip(table.chars()).filter(|(one, other)| one != other).count();
        self.0
            .keys()
            .map(String::as_str)
            .filter(|name| name.len().abs_diff(table.len()) <= 2)
            .min_by_key(|name| distance(name))
    }
}
