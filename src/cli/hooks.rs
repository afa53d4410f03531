//! `hooks:`: programs that are given each new revision file.

use crate::cli::context::Context;
use crate::cli::project::Project;
use crate::error::{Error, Kind, Result};
use crate::model::Program;
use crate::report::Text;
use crate::revision::{File, Header};
use crate::text_file::read_text;

/// The place of the file in the words of a hook.
const FILE: &str = "<file>";

/// Runs the hooks on a file that was just written, and reads it again: they may have changed it.
///
/// # Errors
/// [`Kind::Refused`] if a hook fails or leaves something that is not this revision any more; the file stays.
pub(crate) fn run(project: &Project, context: &mut Context<'_>, file: File) -> Result<File> {
    let config = &project.config;
    if config.hooks.is_empty() {
        return Ok(file);
    }
    if !config.commands {
        context.printer.warning("--no-commands: the hooks were not run");
        return Ok(file);
    }
    let stays = |error: Error| {
        let phrase = format!("the file was written and stays; a hook is not content with it: {}", error.phrase());
        error
            .causes()
            .iter()
            .fold(Error::new(Kind::Refused, phrase), Error::caused_by)
            .in_file(&file.path)
            .with_hint(error.hint().unwrap_or("mend the file or the hook"))
    };
    for hook in &config.hooks {
        let words = words(&hook.words, &file.path.display().to_string());
        let program = Program { words: &words, folder: &config.root, limit: hook.limit, hides: false };
        context.printer.status("Running", Text::of(&hook.words.join(" ")));
        program.run().map_err(stays)?;
    }
    let now = read_text(&file.path).and_then(|text| File::new(&file.path, &text)).map_err(stays)?;
    let bare = |header: &Header| Header { line: 0, ..header.clone() };
    if bare(&now.header) != bare(&file.header) {
        return Err(stays(Error::new(Kind::Refused, "its header is another one now")));
    }
    now.body().map_err(stays)?;
    Ok(now)
}

/// The words with the path in its place, else behind them.
fn words(hook: &[String], path: &str) -> Vec<String> {
    let has_place = hook.iter().any(|word| word.contains(FILE));
    let last = (!has_place).then(|| path.to_owned());
    hook.iter().map(|word| word.replace(FILE, path)).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn the_path_has_a_place_or_comes_last() {
        let of = |hook: &[&str]| words(&hook.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), "v/a b.yaml");
        assert_eq!(of(&["tidy", "-q"]), ["tidy", "-q", "v/a b.yaml"]);
        assert_eq!(of(&["tidy", "--file=<file>", "-q"]), ["tidy", "--file=v/a b.yaml", "-q"]);
    }
}
