//! The first page of `--help`: examples, then the commands by what one wants to do.

use clap::{Command, CommandFactory};

use crate::cli::args::Cli;

/// The commands in groups. A test holds it to the grammar: each command once.
const GROUPS: &[(&str, &[&str])] = &[
    ("Write", &["init", "import", "revision", "merge", "rebase", "edit"]),
    ("Run", &["upgrade", "downgrade", "create-all", "stamp", "accept-checksum", "ensure-version", "resolve", "forget"]),
    (
        "Look",
        &["status", "check", "diff", "quality", "inspect", "current", "heads", "branches", "history", "graph", "show"],
    ),
    ("Helpers", &["schema", "completions"]),
];

/// What to type first.
const EXAMPLES: &[(&str, &str)] = &[
    ("migrate init", "begin a project here"),
    ("migrate revision --autogenerate -m \"add orders\"", "write what the models and the database differ in"),
    ("migrate upgrade", "apply what is not applied yet"),
    ("migrate check", "in sync? exit 0 or 1"),
    ("migrate downgrade -1", "take the last revision back"),
];

/// The grammar with its first page.
pub(crate) fn command(program: &str) -> Command {
    let command = Cli::command().bin_name(program);
    let page = page(&command).replace("migrate ", &format!("{program} "));
    let template = format!("{{about-with-newline}}\n{page}\n{{usage-heading}} {{usage}}\n\n{{options}}{{after-help}}");
    command.help_template(template).after_help(format!("`{program} help COMMAND` says more about each."))
}

fn page(command: &Command) -> String {
    let about = |name: &str| command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
    let line = |name: &&str| format!("  {name:<16} {}\n", about(name).unwrap_or_default());
    let examples = EXAMPLES.iter().map(|(line, what)| format!("  {line:<50} {what}\n"));
    let groups = GROUPS.iter().map(|(heading, names)| {
        let lines: String = names.iter().map(line).collect();
        format!("\n{heading}:\n{lines}")
    });
    std::iter::once("Examples:\n".to_owned()).chain(examples).chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{GROUPS, command};

    #[test]
    fn every_command_stands_in_one_group() {
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = command("migrate");
        let known: BTreeSet<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(grouped.iter().copied().collect::<BTreeSet<_>>(), known);
        assert_eq!(grouped.len(), known.len());
    }

    #[test]
    fn the_grammar_holds_together() {
        command("migrate").debug_assert();
    }

    #[test]
    fn every_argument_says_what_it_is() {
        for command in command("migrate").get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }
}
