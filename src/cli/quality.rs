//! `migrate quality`: the data rules of the models, asked of the live database.

use std::collections::BTreeMap;

use clap::Args;

use crate::check::desk::Desk;
use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::new_file::random_id;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::config::Flags;
use crate::error::{Error, Kind, Result};
use crate::model::{Models, Rule, or_nearest, refuse_unknown_columns, rules};
use crate::quality::evaluate;
use crate::report::{Place, quality};
use crate::schema::Name;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate quality\n  migrate quality customers orders.fresh\n  migrate quality --format html > quality.html"
)]
pub(crate) struct Arguments {
    /// Only these tables, or rules as TABLE.RULE
    #[arg(value_name = "TABLE[.RULE]")]
    only: Vec<String>,
    /// How many rows that break a rule are shown; 0 = none, where nobody may see them
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    samples: u16,
    /// How long a statement may run
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    statement_timeout: Option<String>,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let flags = Flags { statement_timeout: arguments.statement_timeout.clone(), ..context.global.flags() };
    let project = context.project_with(&flags)?;
    runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        let desk = Desk::new(&project.config, &session.connection, session.dialect, &random_id())?;
        let models = Models::parse(&desk.model_files()?)?;
        refuse_unknown_columns(&models)?;
        let rules = chosen(rules(&models, session.dialect)?, &arguments.only)?;
        let samples = usize::from(arguments.samples);
        let found = evaluate(&mut session.connection, session.dialect, &session.scope, rules, samples).await?;
        session.close().await;
        let place = |rule: &Rule| Place { file: project.shown(&rule.spot.file), line: rule.spot.line };
        quality(context.printer, &found, &place);
        Ok(Answer::of(found.is_good()))
    })
}

/// The rules that were asked for; all without a word.
fn chosen(all: BTreeMap<Name, Vec<Rule>>, only: &[String]) -> Result<BTreeMap<Name, Vec<Rule>>> {
    if only.is_empty() {
        return Ok(all);
    }
    let full = |name: &Name, rule: &Rule| format!("{}.{}", name.for_people(), rule.name);
    for word in only {
        let known: Vec<String> = all
            .iter()
            .flat_map(|(name, rules)| {
                let each = rules.iter().map(|rule| full(name, rule));
                std::iter::once(name.for_people()).chain(each).collect::<Vec<_>>()
            })
            .collect();
        if !known.contains(word) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let error = Error::new(Kind::Usage, format!("no table with rules, and no rule, is called {word}"));
            return Err(or_nearest(error, word, &known, "name a table, or a rule as TABLE.RULE"));
        }
    }
    let mut kept = BTreeMap::new();
    for (name, mut rules) in all {
        let whole = only.contains(&name.for_people());
        rules.retain(|rule| whole || only.contains(&full(&name, rule)));
        if !rules.is_empty() {
            kept.insert(name, rules);
        }
    }
    Ok(kept)
}
