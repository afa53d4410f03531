//! `migrate edit REVISION`: opens the file in `$VISUAL` or `$EDITOR`.

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::error::{Error, Kind, Result};
use crate::graph::Target;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// An id or its beginning, a label, head
    #[arg(default_value = "head")]
    revision: String,
    #[command(flatten)]
    pub(crate) global: Global,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let target = Target::parse(&arguments.revision)?;
    let project = context.project()?;
    let revisions = project.revisions()?;
    let paths = revisions.graph.resolve(&target, None)?.into_iter().map(|id| Ok(&revisions.file(id)?.path));
    let paths = paths.collect::<Result<Vec<_>>>()?;
    if paths.is_empty() {
        return Err(Error::new(Kind::Usage, format!("`{target}` is no revision that can be edited"))
            .hint("name one; `migrate history` lists them"));
    }
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| context.environment.filled(name));
    let Some(editor) = editor else {
        return Err(Error::new(Kind::Config, "no editor is chosen").hint("set VISUAL or EDITOR, such as EDITOR=vi"));
    };
    // The variable may hold arguments: `code --wait`.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let status = std::process::Command::new(program).args(words).args(paths).status();
    let status =
        status.map_err(|error| Error::new(Kind::Config, format!("cannot start {program}")).caused_by(error))?;
    Ok(Answer::of(status.success()))
}
