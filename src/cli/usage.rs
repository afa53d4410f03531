//! What is wrong with a command line, said like every other error.

use std::ffi::OsString;

use clap::FromArgMatches;
use clap::error::ErrorKind;

use crate::cli::args::{Cli, Command, Each};
use crate::cli::context::Context;
use crate::cli::help;
use crate::error::{Error, Kind, Result};
use crate::report::{Colour, Format, Manner, Printer};

/// Reads the command line. `Ok(None)`: help or the version was asked for and printed. `Err`: it was wrong, which was
/// said; the exit code.
pub(crate) fn parse(
    words: Vec<OsString>,
    program: &str,
    printer: &mut Printer,
    manner: Manner,
) -> Result<Option<Cli>, u8> {
    let flags: Vec<String> = words.iter().filter_map(|word| word.to_str()).map(str::to_owned).collect();
    let error =
        match help::command(program).try_get_matches_from(words).and_then(|matches| Cli::from_arg_matches(&matches)) {
            Ok(cli) => return Ok(Some(cli)),
            Err(error) => error,
        };
    printer.set_colour(if says(&flags, "--color", "never") { Colour::Never } else { Colour::Auto }, manner);
    if says(&flags, "--format", "json") {
        printer.format = Format::Json;
    }
    let rendered = error.render();
    let (coloured, plain) = (rendered.ansi().to_string(), rendered.to_string());
    let (kind, command) = (error.kind(), named_in(&flags));
    if kind == ErrorKind::DisplayHelp || kind == ErrorKind::DisplayVersion {
        printer.ready(&coloured, &plain, true);
        return Ok(None);
    }
    if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !printer.is_json() {
        printer.ready(&coloured, &plain, false);
    } else {
        printer.error(&in_our_words(&plain, &command));
    }
    Err(Kind::Usage.exit_code())
}

/// Whether a flag has this value, in either spelling.
fn says(words: &[String], flag: &str, value: &str) -> bool {
    let pairs = words.windows(2).any(|pair| pair == [flag, value]);
    pairs || words.iter().any(|word| word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) == Some(value))
}

/// The message of the parser: `error: …`, perhaps with lines below, `  tip: …`, `Usage: …`.
/// `command`: what was called, where the message does not say it.
fn in_our_words(rendered: &str, command: &str) -> Error {
    let mut paragraphs = rendered.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let phrase = first.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let phrase = phrase.strip_prefix("error: ").unwrap_or(&phrase).to_owned();
    let phrase = if phrase.ends_with("requires a subcommand but one was not provided")
        || phrase.contains("' requires a subcommand")
    {
        "a command is missing".to_owned()
    } else {
        phrase
    };
    let rest: Vec<&str> = paragraphs.flat_map(str::lines).map(str::trim).collect();
    let after = |start: &str| rest.iter().find_map(|line| line.strip_prefix(start)).map(str::trim);
    let usage = after("Usage: ").unwrap_or(command);
    // That a flag which is not there may be meant as a value helps nobody.
    let hint = match after("tip: ").filter(|tip| !tip.starts_with("to pass ")) {
        Some(tip) => tip.to_owned(),
        None if phrase.starts_with("the following required arguments") => format!("write it as `{usage}`"),
        None => format!("see `{} --help`", command_of(usage)),
    };
    Error::new(Kind::Usage, phrase).with_hint(hint)
}

/// `migrate heads` of these words: the first that is a command.
fn named_in(words: &[String]) -> String {
    let known = help::command("migrate");
    let is_command = |word: &&String| known.get_subcommands().any(|command| command.get_name() == word.as_str());
    words.iter().skip(1).find(is_command).map_or_else(|| "migrate".to_owned(), |word| format!("migrate {word}"))
}

/// `migrate heads` of `migrate heads [OPTIONS]`.
fn command_of(usage: &str) -> String {
    let is_name = |word: &&str| !word.starts_with(['[', '<', '-']);
    usage.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ")
}

/// `github` is for commands that find things in files, `html` for those whose report is a page.
pub(crate) fn check_format(command: &Command, context: &Context<'_>) -> Result<()> {
    if context.printer.format == Format::Github && !command.speaks_github() {
        let error = Error::new(Kind::Usage, "this command has no annotations for GitHub to give");
        return Err(error.with_hint("use --format text or --format json"));
    }
    if context.printer.is_json() && command.for_each() == Some(Each::Script) {
        return Err(Error::new(Kind::Usage, "a script is SQL and no report: it has no form in JSON")
            .with_hint("leave --format json out"));
    }
    if context.printer.format == Format::Html && !command.speaks_html() {
        let error = Error::new(Kind::Usage, "this command makes no page");
        return Err(error.with_hint("use --format text or --format json"));
    }
    if context.printer.format == Format::Html && context.global.is_for_all() {
        return Err(Error::new(Kind::Usage, "a page is for one database").with_hint("choose it with --db NAME"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{help, in_our_words, says};

    fn told(words: &[&str]) -> String {
        let error = help::command("migrate").try_get_matches_from(words).unwrap_err();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let error = in_our_words(&error.render().to_string(), &super::named_in(&words));
        format!("{} | {}", error.phrase(), error.hint().unwrap_or_default())
    }

    #[test]
    fn the_parsers_words_become_ours() {
        let unknown = told(&["migrate", "hedas"]);
        assert!(unknown.starts_with("unrecognized subcommand 'hedas' | ") && unknown.contains("'heads'"), "{unknown}");
        let flag = told(&["migrate", "heads", "--formt", "json"]);
        assert!(flag.contains("unexpected argument '--formt' found") && flag.contains("'--format'"), "{flag}");
        let missing = told(&["migrate", "show"]);
        assert!(missing.contains("required arguments were not provided: <REVISION>"), "{missing}");
        assert!(missing.contains("write it as `migrate show"), "{missing}");
        let other = told(&["migrate", "merge", "--dry-run"]);
        assert_eq!(other, "unexpected argument '--dry-run' found | see `migrate merge --help`");
        let value = told(&["migrate", "heads", "--color", "red"]);
        assert!(value.contains("'red'") && value.ends_with("see `migrate heads --help`"), "{value}");
    }

    #[test]
    fn flags_are_seen_in_both_spellings() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(
            says(&words("x --format json"), "--format", "json") && says(&words("--format=json"), "--format", "json")
        );
        assert!(!says(&words("--format text json"), "--format", "json"));
    }
}
