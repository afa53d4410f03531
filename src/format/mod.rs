//! The words of YAML for tables and operations, in both directions: [`crate::yaml::Node`] ↔ nouns and verbs. Models and
//! revision files share them, so a table in `create_table:` is written as a table in a model is.
//!
//! What is read is *declared* (neutral types, literals, one text per database); what is written is whatever the nouns
//! hold. No database is known here by more than its word in front of options.

mod data_read;
mod data_write;
#[cfg(feature = "autogenerate")]
pub(crate) mod json_schema;
mod objects;
mod operation_read;
mod operation_write;
mod read;
mod read_parts;
mod rows;
mod types;
mod write;

pub(crate) use objects::{object_entries, objects};
pub(crate) use operation_read::operation;
pub(crate) use operation_write::operation_tree;
pub(crate) use read::{enum_type, model_table};
#[cfg(feature = "autogenerate")]
pub(crate) use rows::{ModelRows, model_rows};
pub(crate) use types::read_sql;
pub(crate) use write::{enum_tree, table_tree};

use crate::dialect::DATABASE_WORDS as DATABASES;

/// The keys of a data rule that say what it demands, one of which must be there.
pub(crate) const RULE_DEMANDS: [&str; 9] =
    ["not_null", "not_blank", "between", "one_of", "matches", "references", "unique", "newer_than", "sql"];

/// The types that mean the same everywhere, as they are written.
pub(crate) const NEUTRAL_WORDS: [&str; 17] = [
    "bool",
    "smallint",
    "int",
    "bigint",
    "decimal",
    "real",
    "double",
    "char",
    "varchar",
    "text",
    "bytes",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "uuid",
    "json",
];
