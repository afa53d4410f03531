//! `migrate edit REVISION`: opens the file in `$VISUAL` or `$EDITOR`.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::project::Project;
use crate::cli::runtime;
use crate::cli::session::{Purpose, Session};
use crate::error::{Error, Kind, Result};
use crate::graph::{Rows, Target};

/// Looked for where neither variable is set, and somebody sits at a terminal.
const USUAL: [&str; 5] = ["sensible-editor", "editor", "nano", "vim", "vi"];

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  migrate edit\n  migrate edit ae10\n  migrate edit current")]
pub(crate) struct Arguments {
    /// An id or its beginning, a label, head, head-1, current
    #[arg(default_value = "head", allow_negative_numbers = true)]
    revision: String,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let target = Target::parse(&arguments.revision)?;
    let project = context.project()?;
    project.revisions()?;
    if !target.counts_from_database() {
        return edit(context, &project, &target, None);
    }
    let mut found = None;
    let answer = runtime::run(async |cancel| {
        let mut session = Session::open(&project, Purpose::Read, cancel).await?;
        found = Some(session.known_rows(&project).await?);
        session.close().await;
        Ok(Answer::Yes)
    })?;
    // The editor has the terminal to itself: signals are its own.
    if answer == Answer::Yes { edit(context, &project, &target, found.as_ref()) } else { Ok(answer) }
}

fn edit(context: &Context<'_>, project: &Project, target: &Target, rows: Option<&Rows>) -> Result<Answer> {
    let revisions = project.revisions()?;
    let ids = revisions.graph.resolve(target, rows)?;
    let paths =
        ids.into_iter().map(|id| revisions.file(id).map(|file| file.path.clone())).collect::<Result<Vec<_>>>()?;
    if paths.is_empty() {
        return Err(Error::new(Kind::Usage, format!("`{target}` is no revision that can be edited"))
            .with_hint("name one; `migrate history` lists them"));
    }
    let status = open(context, &paths)?;
    if status.success() {
        return Ok(Answer::Yes);
    }
    Err(Error::new(Kind::Refused, format!("the editor ended with {status}")).with_hint("look at what it says above"))
}

fn open(context: &Context<'_>, paths: &[PathBuf]) -> Result<ExitStatus> {
    let start = |words: &[String]| {
        let (program, arguments) = words.split_first()?;
        Some(Command::new(program).args(arguments).args(paths).status())
    };
    if let Some(chosen) = ["VISUAL", "EDITOR"].iter().find_map(|name| context.environment.filled(name)) {
        let words = words(chosen);
        let failed = |cause: String| {
            let program = words.first().map(String::as_str).unwrap_or_default();
            Error::new(Kind::Config, format!("cannot start the editor {program}"))
                .caused_by(cause)
                .with_hint("correct VISUAL or EDITOR")
        };
        return match start(&words) {
            Some(Ok(status)) => Ok(status),
            Some(Err(error)) => Err(failed(error.to_string())),
            None => Err(failed("the variable names no program".to_owned())),
        };
    }
    let usual = USUAL.iter().filter(|_| context.printer.can_ask());
    let started = usual.filter_map(|program| start(&[(*program).to_owned()])).find_map(Result::ok);
    started.ok_or_else(|| {
        Error::new(Kind::Config, "no editor is chosen").with_hint("set VISUAL or EDITOR, such as EDITOR=vi")
    })
}

/// The words of `code --wait` and of `"/opt/My Editor/edit" -w`.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            (Some(_) | None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn an_editor_may_have_arguments_and_blanks_in_its_name() {
        assert_eq!(words("  code   --wait "), ["code", "--wait"]);
        assert_eq!(words("\"/opt/My Editor/edit\" -w 'a b'c"), ["/opt/My Editor/edit", "-w", "a bc"]);
        assert_eq!(words("x ''"), ["x", ""]);
        assert!(words(" ").is_empty());
    }
}
