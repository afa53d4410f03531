//! A database that is taken over: its models, and the first revision, which makes all of it out of nothing.

use std::path::PathBuf;

use crate::check::dangling::leave_out_dangling;
use crate::check::{Explained, Filter, Proposal, compare, explain};
use crate::config::Language;
use crate::dialect::neutralise_schema;
use crate::diff::{Context, RenameRules};
use crate::error::Result;
use crate::execute::render::unsupported;
use crate::model::{ModelFile, Models, as_files, as_sql, not_modelled};
use crate::ops::Operation;
use crate::schema::Schema;
use crate::statement::Statement;

/// What is written for a database that is taken over.
pub(crate) struct Baseline {
    /// Names and texts of the model files.
    pub(crate) models: Vec<(String, String)>,
    /// From nothing to what is there.
    pub(crate) proposal: Proposal,
    /// Lines for what neither the models nor the revision hold.
    pub(crate) not_modelled: Vec<String>,
}

/// Makes it from what was inspected.
///
/// # Errors
/// Unsupported for something that the database has and cannot be made.
pub(crate) fn baseline(mut live: Schema, facts: Context<'static>, language: Language) -> Result<Baseline> {
    live.leave_out_unmade(|_| false);
    leave_out_dangling(&mut live, &Schema::default(), None, facts.dialect);
    let not_modelled = not_modelled(&live.unmodelled);
    let comparison = compare(Schema::default(), live, &Filter::default(), &RenameRules::default(), facts);
    let operations = &comparison.difference.operations;
    let explained = match language {
        Language::Sql => explain(operations, &comparison.live, facts)?,
        // What makes things out of nothing has no hazards to tell; that it can be made is asked all the same.
        Language::Yaml => {
            facts.dialect.render(operations, &comparison.live, facts.server).map_err(unsupported)?;
            let bare = |operation: &Operation| Explained {
                operation: operation.clone(),
                sql: Vec::new(),
                hazards: Vec::new(),
                refused: None,
            };
            operations.iter().map(bare).collect()
        }
    };
    let models = match language {
        Language::Yaml => as_files(&neutralise_schema(comparison.desired.clone(), facts.dialect, facts.server)),
        Language::Sql => {
            let texts = explained.iter().flat_map(|one| &one.sql).map(|sql| Statement::new(sql.as_str(), "model"));
            vec![("schema.sql".to_owned(), as_sql(&comparison.desired, &texts.collect::<Vec<_>>()))]
        }
    };
    let files = models.iter().map(|(name, text)| {
        let is_yaml = language == Language::Yaml;
        ModelFile { path: PathBuf::from(name), text: text.clone(), is_yaml }
    });
    let models_read = Models::parse(&files.collect::<Vec<_>>())?;
    Ok(Baseline {
        models,
        proposal: Proposal { models: models_read, comparison, explained, facts, keep_data: false },
        not_modelled,
    })
}
