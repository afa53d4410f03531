//! Models: plain structs, and what `model!` says about their tables.

use std::marker::PhantomData;
use std::sync::Arc;

use super::expr::{Expr, Operand};
use super::relation::RelationDef;
use super::row::FromValue;
use super::select::{Origin, Source};
use super::shape::{ColumnShape, Shape};
use crate::error::Result;
use crate::schema::{
    Column as Declared, Default as Given, Expr as Sql, ForeignKey, Ident, Identity, IdentityMode, Name,
};
use crate::schema::{Index, IndexPart, Neutral, PrimaryKey, Table, Type, Unique};
use crate::statement::value::{Value, ValueType};

/// A struct whose values are rows of a table or a view. Made by [`model!`](crate::model!).
pub trait Model: Clone + Send + Sync + 'static {
    /// What is known about its table.
    fn mapping() -> &'static Mapping;
    /// A struct of the values of a row, in the order of the columns.
    ///
    /// # Errors
    /// A value of another type.
    fn from_values(values: Vec<Value>) -> Result<Self>;
    /// The values of the row, in the order of the columns.
    fn to_values(&self) -> Vec<Value>;
}

/// What is known about the table of a model.
#[derive(Debug)]
pub struct Mapping {
    pub(crate) shape: Arc<Shape>,
    pub(crate) table: Table,
    pub(crate) is_view: bool,
    /// The column of the key that the database gives.
    pub(crate) identity: Option<usize>,
    /// The column that counts changes.
    pub(crate) version: Option<usize>,
    /// The columns that the database fills where the struct holds NULL.
    pub(crate) filled: Vec<usize>,
    pub(crate) relations: fn() -> Vec<RelationDef>,
}

impl Mapping {
    pub(crate) fn source(&self) -> Source {
        Source { origin: Origin::Shape(Arc::clone(&self.shape)), alias: None }
    }

    /// All columns, of the table or of an alias.
    pub(crate) fn columns(&self, source: &Source) -> Vec<Expr> {
        self.shape.columns.iter().map(|column| source.col(&column.name)).collect()
    }

    pub(crate) fn key_of(&self, values: &[Value]) -> Vec<Value> {
        self.shape.key.iter().filter_map(|place| values.get(*place)).cloned().collect()
    }

    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.shape.columns.iter().position(|known| known.name == column)
    }

    /// The shape of its table.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// Puts a mapping together; the words are those of `model!`.
#[doc(hidden)]
#[derive(Debug)]
pub struct MappingBuilder {
    table: Table,
    shape: Shape,
    is_view: bool,
    identity: Option<usize>,
    version: Option<usize>,
    filled: Vec<usize>,
}

impl MappingBuilder {
    #[must_use]
    pub fn table(name: &str) -> Self {
        let name = name_of(name);
        let shape = Shape { name: name.clone(), columns: Vec::new(), key: Vec::new(), references: Vec::new() };
        Self { table: Table::new(name), shape, is_view: false, identity: None, version: None, filled: Vec::new() }
    }

    #[must_use]
    pub fn view(name: &str) -> Self {
        Self { is_view: true, ..Self::table(name) }
    }

    #[must_use]
    pub fn column<T: Field>(mut self, name: &str, say: impl FnOnce(ColumnSpec) -> ColumnSpec) -> Self {
        let spec = say(ColumnSpec { ty: T::value_type(), ..ColumnSpec::default() });
        let place = self.shape.columns.len();
        let is_key = spec.key || spec.identity;
        self.shape.key.extend(is_key.then_some(place));
        self.identity = self.identity.or_else(|| spec.identity.then_some(place));
        self.version = self.version.or_else(|| spec.version.then_some(place));
        self.filled.extend(spec.server.is_some().then_some(place));
        let nullable = T::NULLABLE && !is_key && (spec.server.is_none() || spec.nullable);
        let mut declared = Declared::new(name, Type::Neutral(neutral(&spec.ty)));
        declared.nullable = nullable;
        declared.default = spec.server.map(|sql| Given::Sql(Sql::Same(sql)));
        let identity = Identity { mode: IdentityMode::ByDefault, options: crate::schema::SortedMap::new() };
        declared.identity = spec.identity.then_some(identity);
        self.table.columns.push(declared);
        self.further(name, spec.unique, spec.index, spec.references);
        self.shape.columns.push(ColumnShape {
            name: name.to_owned(),
            ty: spec.ty,
            nullable,
            generated: false,
            defaulted: spec.identity || self.filled.contains(&place),
        });
        self
    }

    fn further(&mut self, name: &str, unique: bool, index: bool, references: Option<(String, String)>) {
        let table = self.table.name.name.as_str().to_owned();
        if unique {
            self.table.uniques.push(unique_of(&format!("uq_{table}_{name}"), name));
        }
        if index {
            self.table.indexes.push(index_of(&format!("ix_{table}_{name}"), name));
        }
        if let Some((other, column)) = references {
            let references = name_of(&other);
            self.shape.references.push(references.clone());
            let key = format!("fk_{table}_{name}");
            self.table.foreign_keys.push(foreign_key(
                &key,
                vec![Ident::from(name)],
                references,
                vec![Ident::new(column)],
            ));
        }
    }

    #[must_use]
    pub fn build(mut self, relations: fn() -> Vec<RelationDef>) -> Mapping {
        let names = self.shape.key_columns().map(|column| Ident::new(column.name.clone())).collect::<Vec<_>>();
        if !names.is_empty() {
            self.table.primary_key = Some(PrimaryKey {
                name: None,
                columns: names,
                include: Vec::new(),
                deferrable: None,
                comment: None,
                options: crate::schema::Options::default(),
            });
        }
        Mapping {
            shape: Arc::new(self.shape),
            table: self.table,
            is_view: self.is_view,
            identity: self.identity,
            version: self.version,
            filled: self.filled,
            relations,
        }
    }
}

/// `users`, `app.users`.
pub(super) fn name_of(text: &str) -> Name {
    match text.split_once('.') {
        Some((schema, name)) => Name::new(Some(Ident::from(schema)), name),
        None => Name::own(text),
    }
}

/// A plain foreign key.
pub(super) fn foreign_key(name: &str, columns: Vec<Ident>, references: Name, referenced: Vec<Ident>) -> ForeignKey {
    ForeignKey { name: Some(Ident::from(name)), ..ForeignKey::plain(columns, references, referenced) }
}

fn unique_of(name: &str, column: &str) -> Unique {
    Unique {
        name: Some(Ident::from(name)),
        columns: vec![Ident::from(column)],
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: None,
        comment: None,
        options: crate::schema::Options::default(),
    }
}

fn index_of(name: &str, column: &str) -> Index {
    Index {
        name: Ident::from(name),
        parts: vec![IndexPart::column(Ident::from(column))],
        unique: false,
        method: None,
        predicate: None,
        include: Vec::new(),
        nulls_not_distinct: false,
        comment: None,
        options: crate::schema::Options::default(),
        renamed_from: None,
    }
}

fn neutral(ty: &ValueType) -> Neutral {
    match ty {
        ValueType::Bool => Neutral::Bool,
        ValueType::Int(1 | 2) => Neutral::Smallint,
        ValueType::Int(4) => Neutral::Int,
        ValueType::Int(_) => Neutral::Bigint,
        ValueType::Float(true) => Neutral::Real,
        ValueType::Float(false) => Neutral::Double,
        ValueType::Decimal(limits) => Neutral::Decimal(*limits),
        ValueType::Text(None) | ValueType::Native(_) => Neutral::Text,
        ValueType::Text(length) => Neutral::Varchar(*length),
        ValueType::Bytes => Neutral::Bytes,
        ValueType::Date => Neutral::Date,
        ValueType::Time => Neutral::Time,
        ValueType::Timestamp => Neutral::Timestamp,
        ValueType::Instant => Neutral::TimestampTz,
        ValueType::Uuid => Neutral::Uuid,
        ValueType::Json => Neutral::Json,
    }
}

/// What `model!` says about a column in brackets.
#[doc(hidden)]
#[derive(Debug)]
pub struct ColumnSpec {
    ty: ValueType,
    key: bool,
    identity: bool,
    version: bool,
    unique: bool,
    index: bool,
    nullable: bool,
    server: Option<String>,
    references: Option<(String, String)>,
}

impl Default for ColumnSpec {
    fn default() -> Self {
        Self {
            ty: ValueType::Text(None),
            key: false,
            identity: false,
            version: false,
            unique: false,
            index: false,
            nullable: false,
            server: None,
            references: None,
        }
    }
}

impl ColumnSpec {
    /// It is (part of) the key.
    #[must_use]
    pub fn key(self) -> Self {
        Self { key: true, ..self }
    }
    /// The key, given by the database where the struct holds 0.
    #[must_use]
    pub fn identity(self) -> Self {
        Self { identity: true, ..self }
    }
    /// It counts the changes of its row, so that two do not overwrite each other.
    #[must_use]
    pub fn version(self) -> Self {
        Self { version: true, ..self }
    }
    /// No two rows have the same.
    #[must_use]
    pub fn unique(self) -> Self {
        Self { unique: true, ..self }
    }
    /// It has an index.
    #[must_use]
    pub fn index(self) -> Self {
        Self { index: true, ..self }
    }
    /// The most characters of a text.
    #[must_use]
    pub fn length(self, most: u32) -> Self {
        Self { ty: ValueType::Text(Some(most)), ..self }
    }
    /// The digits of a decimal number, in all and behind the point.
    #[must_use]
    pub fn digits(self, all: u32, behind: u32) -> Self {
        Self { ty: ValueType::Decimal(Some((all, behind))), ..self }
    }
    /// Filled by the database with this expression, where the struct holds NULL.
    #[must_use]
    pub fn server(self, sql: &str) -> Self {
        Self { server: Some(sql.to_owned()), ..self }
    }
    /// Refers to a column of another table.
    #[must_use]
    pub fn references(self, table: &str, column: &str) -> Self {
        Self { references: Some((table.to_owned(), column.to_owned())), ..self }
    }
}

/// A type of Rust that a column of a model can have.
pub trait Field: FromValue + Clone {
    /// Whether it holds NULL.
    const NULLABLE: bool;
    /// What it is compared with: itself, without the `Option`.
    type Base;
    /// What values the column holds.
    fn value_type() -> ValueType;
    /// As a value.
    fn into_value(self) -> Value;
}

impl<T: Field> Field for Option<T> {
    const NULLABLE: bool = true;
    type Base = T::Base;
    fn value_type() -> ValueType {
        T::value_type()
    }
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

macro_rules! fields {
    ($($rust:ty => $value:expr;)+) => {
        $(impl Field for $rust {
            const NULLABLE: bool = false;
            type Base = Self;
            fn value_type() -> ValueType {
                $value
            }
            fn into_value(self) -> Value {
                self.into()
            }
        })+
    };
}

fields! {
    bool => ValueType::Bool;
    i16 => ValueType::Int(2);
    i32 => ValueType::Int(4);
    i64 => ValueType::Int(8);
    f32 => ValueType::Float(true);
    f64 => ValueType::Float(false);
    String => ValueType::Text(None);
    Vec<u8> => ValueType::Bytes;
    Decimal => ValueType::Decimal(None);
    Date => ValueType::Date;
    Time => ValueType::Time;
    Timestamp => ValueType::Timestamp;
    Instant => ValueType::Instant;
    Uuid => ValueType::Uuid;
    Json => ValueType::Json;
}

macro_rules! text_types {
    ($($(#[$doc:meta])+ $name:ident)+) => {
        $($(#[$doc])+
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl From<$name> for Value {
            fn from(value: $name) -> Self {
                Self::$name(value.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value) -> Result<Self> {
                String::from_value(value).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        })+
    };
}

text_types! {
    /// An exact number as its digits: `-12.50`.
    Decimal
    /// A day: `2026-11-21`.
    Date
    /// A time of day: `20:48:00.5`.
    Time
    /// Date and time without a zone: `2026-11-21 20:48:00`.
    Timestamp
    /// An instant, in UTC: `2026-11-21 20:48:00`.
    Instant
    /// A UUID in lower case, with hyphens.
    Uuid
    /// A JSON document.
    Json
}

/// A column of a model, which knows its type: what it is compared with must fit.
#[derive(Debug)]
pub struct Column<T> {
    table: String,
    name: String,
    ty: ValueType,
    of: PhantomData<fn() -> T>,
}

impl<T> Column<T> {
    #[doc(hidden)]
    pub fn of(mapping: &Mapping, name: &str) -> Self {
        let ty = mapping.shape.column(name).map_or(ValueType::Text(None), |column| column.ty.clone());
        Self { table: mapping.source().name(), name: name.to_owned(), ty, of: PhantomData }
    }

    /// The same column of an alias.
    #[must_use]
    pub fn of_alias(mut self, alias: &str) -> Self {
        alias.clone_into(&mut self.table);
        self
    }

    /// `=`
    pub fn eq(self, other: impl Comparable<T>) -> Expr {
        Operand::eq(Expr::from(self), other.into_expr())
    }
    /// `<>`
    pub fn ne(self, other: impl Comparable<T>) -> Expr {
        Operand::ne(Expr::from(self), other.into_expr())
    }
    /// `<`
    pub fn lt(self, other: impl Comparable<T>) -> Expr {
        Operand::lt(Expr::from(self), other.into_expr())
    }
    /// `<=`
    pub fn le(self, other: impl Comparable<T>) -> Expr {
        Operand::le(Expr::from(self), other.into_expr())
    }
    /// `>`
    pub fn gt(self, other: impl Comparable<T>) -> Expr {
        Operand::gt(Expr::from(self), other.into_expr())
    }
    /// `>=`
    pub fn ge(self, other: impl Comparable<T>) -> Expr {
        Operand::ge(Expr::from(self), other.into_expr())
    }
    /// Whether it is one of a list; an empty list has nothing.
    pub fn is_in<V: Comparable<T>>(self, list: impl IntoIterator<Item = V>) -> Expr {
        Operand::is_in(Expr::from(self), list.into_iter().map(Comparable::into_expr))
    }
    /// Whether it lies between two, both included.
    pub fn between(self, low: impl Comparable<T>, high: impl Comparable<T>) -> Expr {
        Operand::between(Expr::from(self), low.into_expr(), high.into_expr())
    }
}

impl<T> Operand for Column<T> {}

impl<T> From<Column<T>> for Expr {
    fn from(column: Column<T>) -> Self {
        Self::Column(Some(column.table), column.name, Some(column.ty))
    }
}

/// What a column of type `T` can be compared with: a value of it, another such column, any expression.
pub trait Comparable<T> {
    /// As an expression.
    fn into_expr(self) -> Expr;
}

impl<T> Comparable<T> for Expr {
    fn into_expr(self) -> Expr {
        self
    }
}

impl<T> Comparable<T> for Column<T> {
    fn into_expr(self) -> Expr {
        self.into()
    }
}

macro_rules! comparable {
    ($($column:ty: $($other:ty),+;)+) => {
        $($(impl Comparable<$column> for $other {
            fn into_expr(self) -> Expr {
                Expr::Value(<$column>::from(self).into())
            }
        })+)+
    };
}

comparable! {
    bool: bool;
    i16: i16;
    i32: i32, i16;
    i64: i64, i32, i16;
    f32: f32;
    f64: f64, f32;
    String: String, &str;
    Vec<u8>: Vec<u8>;
    Decimal: Decimal, &str;
    Date: Date, &str;
    Time: Time, &str;
    Timestamp: Timestamp, &str;
    Instant: Instant, &str;
    Uuid: Uuid, &str;
    Json: Json, &str;
}

/// The next value of a row as a field.
///
/// # Errors
/// Where it is of another type, with the name of the field.
#[doc(hidden)]
pub fn next_field<T: Field>(values: &mut impl Iterator<Item = Value>, name: &str) -> Result<T> {
    T::from_value(values.next().unwrap_or_default()).map_err(|error| error.while_doing(format!("column {name}")))
}
