//! `--rename` and `--no-rename`, and the questions that stand for them on a terminal.

use std::collections::BTreeSet;

use clap::Args;

use crate::check::Comparison;
use crate::check::desk::Desk;
use crate::cli::context::Context;
use crate::config::dotted;
use crate::db::Connection;
use crate::diff::{Difference, Question, RenameRules, Renamed};
use crate::error::{Error, Kind, Result};
use crate::schema::{Pair, Schema};

/// What is known of renames.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Renames {
    /// What was renamed, repeatable: old_table=new_table or table.old=new
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,
    /// What was not renamed, repeatable: table, table.column, or '*'
    #[arg(long, value_name = "NAME")]
    no_rename: Vec<String>,
}

impl Renames {
    /// # Errors
    /// [`Kind::Usage`] for what is not such a path.
    pub(crate) fn rules(&self) -> Result<RenameRules> {
        let renames = self.rename.iter().map(|text| {
            let (old, new) = text.rsplit_once('=').ok_or_else(|| wrong(text))?;
            let path = dotted(old).ok_or_else(|| wrong(text))?;
            let new = dotted(new).and_then(|parts| parts.last().cloned()).ok_or_else(|| wrong(text))?;
            Ok((path, new))
        });
        let others = self.no_rename.iter().filter(|text| *text != "*");
        Ok(RenameRules {
            renames: renames.collect::<Result<_>>()?,
            not: others.map(|text| dotted(text).ok_or_else(|| wrong(text))).collect::<Result<_>>()?,
            none: self.no_rename.iter().any(|text| text == "*"),
        })
    }
}

fn wrong(text: &str) -> Error {
    Error::new(Kind::Usage, format!("`{text}` does not say what was renamed")).with_hint(
        "write --rename table.old=new, --rename old_table=new_table, --no-rename table.column or --no-rename '*'",
    )
}

/// Compares until it is known of everything that goes whether it was renamed: an answer may lead to the next question.
///
/// # Errors
/// [`Kind::Refused`] with the flags to choose from, where nobody can be asked or no answer was given; [`Kind::Usage`] for a
/// flag that names nothing that could be renamed so.
pub(crate) async fn compare_asking(
    desk: &Desk<'_>,
    connection: &mut Connection,
    sides: Pair<Schema>,
    mut rules: RenameRules,
    context: &mut Context<'_>,
) -> Result<Comparison> {
    let mut comparison = desk.compare(connection, sides.from, sides.to, &rules).await?;
    let mut asked = BTreeSet::new();
    loop {
        let Difference { questions, unheard, stays, .. } = &comparison.difference;
        if let Some(said) = stays.first() {
            return Err(no_rename_of_what_stays(said));
        }
        match unheard.first() {
            Some(renamed) if questions.is_empty() || !context.printer.can_ask() => return Err(unfit(renamed)),
            Some(_) | None => {}
        }
        if questions.is_empty() {
            return Ok(comparison);
        }
        if !questions.iter().all(|question| asked.insert(question.old.clone())) {
            return Err(ambiguous(questions));
        }
        answer(questions, &mut rules, context)?;
        comparison = desk.compare(connection, comparison.live, comparison.desired, &rules).await?;
    }
}

fn unfit(renamed: &Renamed) -> Error {
    let Renamed { old, new } = renamed;
    Error::new(Kind::Usage, format!("`--rename {old}={new}` renames nothing"))
        .with_hint("the old name is that of a table or column which is there and goes, the new one that of what comes, in the same schema; one rename for each")
}

fn no_rename_of_what_stays(said: &str) -> Error {
    Error::new(Kind::Usage, format!("`--no-rename {said}` names nothing that goes"))
        .with_hint("it takes the old name: that of a table or column which is there, and which the models do not want")
}

/// Answers each question on a terminal, as one more rule. What one became no other one can have become.
fn answer(questions: &[Question], rules: &mut RenameRules, context: &mut Context<'_>) -> Result<()> {
    if !context.printer.can_ask() {
        return Err(ambiguous(questions));
    }
    for question in questions {
        let path = dotted(&question.old).unwrap_or_else(|| question.old.split('.').map(str::to_owned).collect());
        let is_free = |new: &&String| {
            let mut taken = rules
                .renames
                .iter()
                .filter(|(old, _)| old.split_last().map(|(_, on)| on) == path.split_last().map(|(_, on)| on));
            !taken.any(|(_, other)| other == *new)
        };
        let candidates: Vec<&String> = question.candidates.iter().filter(is_free).collect();
        let mut choices: Vec<String> = candidates.iter().map(|new| format!("it is called {new} now")).collect();
        choices.push("it goes away, with what is in it".to_owned());
        let like =
            question.moved.as_ref().map_or_else(String::new, |new| format!(" {new} is like it, in another schema."));
        let head = format!("What became of {}?{like}", question.old);
        let chosen = context.printer.ask(&head, &choices)?.ok_or_else(|| ambiguous(questions))?;
        match candidates.get(chosen) {
            Some(new) => rules.renames.push((path, (*new).clone())),
            None => rules.not.push(path),
        }
    }
    Ok(())
}

fn ambiguous(questions: &[Question]) -> Error {
    let olds: Vec<&str> = questions.iter().map(|question| question.old.as_str()).collect();
    let flags: Vec<String> = questions.iter().flat_map(Question::answers).map(|flag| format!("\n{flag}")).collect();
    let moved = questions.iter().filter_map(|question| Some((&question.old, question.moved.as_ref()?)));
    let moved: Vec<String> = moved
        .map(|(old, new)| {
            format!(
                "\nif {old} is {new} now: a revision with a `sql:` step that moves it, such as ALTER TABLE … SET SCHEMA; \
                 with --no-rename it is dropped, and {new} made empty"
            )
        })
        .collect();
    Error::new(Kind::Refused, format!("it is not clear what became of {}: renamed or dropped?", olds.join(", ")))
        .with_hint(format!("say it with one of these for each:{}{}", flags.concat(), moved.concat()))
}

#[cfg(test)]
mod tests {
    use super::Renames;

    #[test]
    fn flags_become_rules() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let flags = Renames {
            rename: texts(&["orders.note=remark", "\"a=b\".c=d", "old=new"]),
            no_rename: texts(&["t.c", "*"]),
        };
        let rules = flags.rules().unwrap();
        assert_eq!(rules.renames[0], (texts(&["orders", "note"]), "remark".to_owned()));
        assert_eq!(rules.renames[1], (texts(&["a=b", "c"]), "d".to_owned()));
        assert_eq!(rules.renames[2], (texts(&["old"]), "new".to_owned()));
        assert!(rules.none && rules.not == [texts(&["t", "c"])]);
        assert!(Renames { rename: texts(&["x"]), no_rename: vec![] }.rules().is_err());
        assert!(Renames { rename: vec![], no_rename: texts(&["a..b"]) }.rules().is_err());
    }
}
