//! Declared models: YAML files → a declared [`Schema`], SQL files → statements. Neither is compared as it is: the
//! scratch place ([`crate::execute::scratch`]) turns both into the server's own words.

mod dress;
mod files;
mod hints;
mod json_schema;
mod program;
mod qualified;
mod rows;
mod rule_comments;
mod rules;
mod validate;
mod write;
mod yaml;

pub(crate) use dress::dress;
pub(crate) use files::{ModelFile, read};
pub(crate) use hints::hints;
pub(crate) use json_schema::json_schema;
pub(crate) use program::Program;
pub(crate) use qualified::{extensions_in, named_extensions, sql_names_schemas};
pub(crate) use rows::{OwnedRows, owned_rows};
pub(crate) use rule_comments::rules;
pub(crate) use rules::{Demand, Rule, broken, or_nearest, refuse_unknown_columns};
#[cfg(feature = "db")]
pub(crate) use validate::refuse_uncompared;
pub(crate) use validate::validate;
pub(crate) use write::{as_files, as_sql, as_yaml, entries, not_modelled};

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::Result;
use crate::schema::{Name, ObjectId, Schema};

/// Where something was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) file: PathBuf,
    /// From 1.
    pub(crate) line: usize,
}

/// A SQL model: plain DDL for the database at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SqlModel {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
}

/// Everything that is declared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Models {
    /// What the YAML files declare, neutral.
    pub(crate) declared: Schema,
    /// Where each table of `declared` stands.
    pub(crate) spots: BTreeMap<Name, Spot>,
    /// And each of its objects.
    pub(crate) object_spots: BTreeMap<ObjectId, Spot>,
    pub(crate) sql: Vec<SqlModel>,
    /// The data rules of the YAML files; [`rules()`] adds those of SQL models.
    pub(crate) rules: BTreeMap<Name, Vec<Rule>>,
    /// The rows that the YAML files own, by table; it may be one that a SQL model makes.
    pub(crate) rows: BTreeMap<Name, OwnedRows>,
}

impl Models {
    /// Reads the texts, in their order. Two declarations of one table are an error that names both places.
    pub(crate) fn parse(files: &[ModelFile]) -> Result<Self> {
        let mut models = Self::default();
        for file in files {
            if file.is_yaml {
                yaml::read_into(&mut models, &file.path, &file.text)?;
            } else {
                models.sql.push(SqlModel { file: file.path.clone(), text: file.text.clone() });
            }
        }
        Ok(models)
    }

    pub(crate) fn is_empty(&self) -> bool {
        let Schema { tables, enums, objects, .. } = &self.declared;
        self.sql.is_empty() && tables.is_empty() && enums.is_empty() && objects.is_empty()
    }
}
