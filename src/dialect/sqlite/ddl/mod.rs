//! The text of CREATE TABLE and CREATE INDEX, as SQLite stores it, read by tokens.
//!
//! Checks, names of constraints, collations, generated expressions, AUTOINCREMENT, DEFERRABLE, ON CONFLICT and comments
//! stand nowhere but in this text. [`parse`] says where each of them is; [`edit()`] changes those places and leaves every
//! other byte as it was, so that what nobody here knows is kept. Pure: no I/O.

mod clause;
mod columns;
mod constraints;
mod edit;
mod expression;
mod index;
mod layout;
pub(crate) mod meant;
mod parts;
pub(crate) mod place;
mod reader;
mod rename;
mod splice;
mod table;

pub(crate) use edit::{Writer, edit};
pub(crate) use expression::{canonical_default, default_clause, with_plain_strings};
pub(crate) use index::{IndexText, KeyText, parse as parse_index};
pub(crate) use parts::{
    Clause, ClauseText, ColumnText, KeyClause, KeyPart, Named, ReferenceText, TableOption, TableText,
};
pub(crate) use reader::Unreadable;
pub(crate) use rename::{rename_column_in_index, rename_index, retarget, retarget_index};
pub(crate) use table::parse;

/// The function that quotes names; it belongs to the dialect's `quote`.
pub(crate) type Quote<'w> = &'w dyn Fn(&crate::schema::Ident) -> String;
