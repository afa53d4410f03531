//! A revision out of a comparison.

use crate::check::explain::drops_values;
use crate::check::{Comparison, Explained, explain};
use crate::config::Language;
use crate::dialect::{fold_implied, neutralise};
use crate::diff::Context;
use crate::error::{Error, Kind, Result};
use crate::execute::scratch::fill_in_references;
use crate::model::{Models, dress};
use crate::ops::{DataOperation, Kept, Operation, WayBack, reverse_all};
use crate::revision::Header;
use crate::revision::body::reads_as_mark;
use crate::revision::write::{Draft, sql, yaml};
use crate::schema::Schema;

/// What a new revision is written from: models against a database, compared and explained.
pub(crate) struct Proposal {
    pub(crate) models: Models,
    pub(crate) comparison: Comparison,
    pub(crate) explained: Vec<Explained>,
    pub(crate) facts: Context<'static>,
    /// What is dropped keeps its data for the way back.
    pub(crate) keep_data: bool,
}

impl Proposal {
    /// The text of the file that `header` begins, and the header as it stands there. What was declared in SQL is native,
    /// and so are statements: the file is of one database then. `notes` are lines of comment at the top.
    ///
    /// # Errors
    /// Unsupported for an operation that the database cannot do.
    pub(crate) fn file(&self, language: Language, header: Header, notes: &[String]) -> Result<(Header, String)> {
        let native = language == Language::Sql || !self.models.sql.is_empty();
        let dialect = native.then(|| self.facts.dialect.word().to_owned());
        let header = Header { dialect, ..header };
        let text = match language {
            Language::Yaml => {
                let mut draft = self.draft();
                draft.notes.extend(notes.iter().cloned());
                yaml(&header, &draft)
            }
            Language::Sql => {
                let down = match reverse_all(&self.comparison.difference.operations) {
                    Ok(operations) => Some(statements(&explain(&operations, &self.afterwards(), self.facts)?)?),
                    Err(_) => None,
                };
                let notes: String = notes.iter().map(|line| format!("-- {}\n", plain(line))).collect();
                sql(&header, &format!("{notes}{}", statements(&self.explained)?), down.as_deref())
            }
        };
        Ok((header, text))
    }

    /// The schema as it will be: as the models say, and with what stands only in the texts of the tables that are there.
    fn afterwards(&self) -> Schema {
        let Comparison { live, desired, difference, .. } = &self.comparison;
        let (mut grown, mut after) = (live.clone(), desired.clone());
        self.facts.dialect.advance(&difference.operations, &mut grown);
        for table in after.tables.values_mut() {
            let Some(kept) = grown.tables.get(&table.name).filter(|kept| kept.definition.is_some()) else { continue };
            table.definition.clone_from(&kept.definition);
            table.index_definitions.clone_from(&kept.index_definitions);
        }
        after
    }

    /// Upgrade with its hazards beside the operations, downgrade as its reverse, both in declared words.
    fn draft(&self) -> Draft {
        let declared: Vec<Operation> = self.declared().into_iter().map(|one| self.keeping(one)).collect();
        let downgrade = match reverse_all(&declared) {
            Ok(operations) => Some(Ok(operations.into_iter().filter(|one| !does_nothing(one)).collect())),
            Err(operation) => Some(Err(format!("nothing says how to take back: {}", operation.describe()))),
        };
        let kept = |one: &Explained| self.keep_data && drops_values(&one.operation);
        let hazards = |one: &Explained| if kept(one) { Vec::new() } else { one.hazards.clone() };
        let notes = self.explained.iter().map(|one| notes(&one.operation, &hazards(one), &self.comparison));
        let upgrade = declared.into_iter().zip(notes).collect();
        let lost = self.comparison.not_modelled().len();
        let mut top = Vec::new();
        if lost > 0 {
            top.push(format!("{lost} things of this database are not modelled and not part of this revision"));
        }
        Draft { upgrade, downgrade, notes: top }
    }

    /// A drop that keeps its data, where that was asked for.
    fn keeping(&self, operation: Operation) -> Operation {
        if self.keep_data && drops_values(&operation) {
            return Operation::Data(DataOperation::Keep(Kept { drop: Box::new(operation), later: None }));
        }
        operation
    }

    /// The operations in the words of the models, else in neutral ones.
    fn declared(&self) -> Vec<Operation> {
        let Self { models, comparison, facts, .. } = self;
        let native = comparison.difference.operations.iter();
        let neutral =
            native.map(|operation| neutralise(operation.clone(), facts.dialect, &comparison.desired, facts.server));
        let mut declared = models.declared.clone();
        fill_in_references(&mut declared);
        fold_implied(dress(neutral.collect(), &declared), &declared, facts.dialect)
    }
}

/// Whether it takes a step back of which nothing is to be taken back.
fn does_nothing(operation: &Operation) -> bool {
    if let Operation::Data(DataOperation::Restore(restore)) = operation {
        return restore.of.as_ref().is_some_and(|step| step.back == WayBack::Undo(Vec::new()));
    }
    false
}

/// Statements with their hazards above them.
///
/// # Errors
/// [`Kind::Usage`] for a text that a SQL file cannot hold as it is.
fn statements(explained: &[Explained]) -> Result<String> {
    let lines = explained.iter().flat_map(|one| one.sql.iter().map(move |sql| (one, sql)));
    for (one, sql) in lines {
        if let Some(line) = sql.lines().find(|line| reads_as_mark(line)) {
            let phrase =
                format!("in a SQL file `{}` would be a mark: {}", plain(line.trim()), one.operation.describe());
            return Err(Error::new(Kind::Usage, phrase).with_hint("give --as yaml, which holds any text"));
        }
    }
    let one = |one: &Explained| {
        let hazards: String = one.hazards.iter().map(|hazard| format!("-- {}\n", plain(&hazard.to_string()))).collect();
        // What looks like a place for a value of `-x` is none.
        let sql = one.sql.iter().map(|sql| format!("{};\n", sql.trim_end().replace("${x.", "$${x.")));
        let sql: String = sql.collect();
        format!("{hazards}{sql}")
    };
    Ok(explained.iter().map(one).collect())
}

/// Nothing in a name can begin a line of its own.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn notes(operation: &Operation, hazards: &[crate::statement::Hazard], comparison: &Comparison) -> Vec<String> {
    let mut notes: Vec<String> = hazards.iter().map(ToString::to_string).collect();
    notes.dedup();
    let found = comparison.difference.proposals.iter().find(|proposal| renames(operation, &proposal.renamed));
    notes.extend(found.map(|proposal| format!("found to be a rename ({}): check that it is one", proposal.evidence)));
    notes
}

fn renames(operation: &Operation, renamed: &crate::diff::Renamed) -> bool {
    match operation {
        Operation::RenameTable { name, to } => name.for_people() == renamed.old && to.as_str() == renamed.new,
        Operation::RenameColumn { table, name, to } => {
            format!("{}.{}", table.for_people(), name.as_str()) == renamed.old && to.as_str() == renamed.new
        }
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    }
}
