//! The printer: both streams, and the manner in which to speak on them.

use std::io::IsTerminal;
use std::path::PathBuf;

use serde_json::Value;

use crate::draw::Script;
use crate::error::{Error, Result};
use crate::report::escape;
use crate::report::notices::Notices;
use crate::report::stream::Stream;
use crate::report::text::{Text, Tone};

/// The shape of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    #[default]
    Text,
    /// One object with `"format": 1`.
    Json,
    /// Annotations for GitHub's workflows.
    Github,
    /// A page that stands alone.
    Html,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Colour {
    /// On a terminal that is not dumb, unless `NO_COLOR` is set; and where `CLICOLOR_FORCE` is.
    #[default]
    Auto,
    Always,
    Never,
}

/// What the environment says about colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// `NO_COLOR` is set and not empty, or `TERM` is `dumb`.
    pub(crate) no_colour: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor `0`.
    pub(crate) force_colour: bool,
}

impl Colour {
    /// The answer for one stream.
    fn on(self, manner: Manner, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !manner.no_colour && (is_terminal || manner.force_colour),
        }
    }
}

/// Prints. Failures to write are kept until [`Printer::finish`].
pub(crate) struct Printer {
    out: Stream,
    err: Stream,
    pub(crate) format: Format,
    pub(crate) quiet: bool,
    /// Paths below this folder are shown from here.
    pub(crate) folder: Option<PathBuf>,
    /// How often `-v` was given.
    pub(crate) verbose: u8,
    /// What drawings are made of.
    pub(crate) script: Script,
    /// How many columns the environment says that there are.
    pub(crate) columns: Option<usize>,
    /// Waits for the answer to a question; None = there is none.
    pub(crate) typed: fn() -> Result<Option<String>>,
    /// A line of progress stands on the terminal without its end.
    pending: bool,
    /// Reports for programs that are kept for a greater one.
    collected: Option<Vec<Value>>,
}

impl Printer {
    /// On the streams of this process.
    pub(crate) fn of_process() -> Self {
        Self {
            out: Stream::output(),
            err: Stream::errors(),
            format: Format::Text,
            quiet: false,
            folder: None,
            verbose: 0,
            script: Script::default(),
            columns: None,
            typed: || Ok(None),
            pending: false,
            collected: None,
        }
    }

    /// What says something beside the work in the same manner.
    pub(crate) fn notices(&self) -> Notices {
        Notices { quiet: self.quiet, is_json: self.is_json(), colour: self.err.colour }
    }

    /// Standard error alone, in this manner.
    pub(super) fn beside(err: Stream, manner: Notices) -> Self {
        let format = if manner.is_json { Format::Json } else { Format::Text };
        Self { err, format, quiet: manner.quiet, ..Self::of_process() }
    }

    /// Chooses for both streams whether they are coloured.
    pub(crate) fn set_colour(&mut self, colour: Colour, manner: Manner) {
        self.out.colour = colour.on(manner, self.out.is_terminal);
        self.err.colour = colour.on(manner, self.err.is_terminal);
    }

    /// Whether results are for a program.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether results are seen by a person at once.
    pub(crate) fn is_on_terminal(&self) -> bool {
        self.out.is_terminal
    }

    /// How many columns results may take: those of the terminal, else those of the environment; None = any number.
    pub(crate) fn room(&self) -> Option<usize> {
        let terminal = self.out.is_terminal.then(|| terminal_size::terminal_size_of(std::io::stdout())).flatten();
        let columns = terminal.map(|(columns, _)| usize::from(columns.0)).filter(|columns| *columns > 0);
        columns.or(self.columns).or(self.out.is_terminal.then_some(80))
    }

    /// Whether a question would be seen and could be answered.
    pub(crate) fn can_ask(&self) -> bool {
        !self.is_json() && self.err.is_terminal && std::io::stdin().is_terminal()
    }

    /// Asks for one of some choices; None = no answer, which is the safe one.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`].
    pub(crate) fn ask(&mut self, question: &str, choices: &[String]) -> Result<Option<usize>> {
        let answer = self.answer(question, choices, &format!("1 to {}", choices.len()))?;
        Ok(answer.and_then(|answer| numbered(&answer, choices.len())))
    }

    /// Whether the second one of two choices is taken, by its number or by yes.
    ///
    /// # Errors
    /// [`crate::error::Kind::Cancelled`].
    pub(crate) fn agrees(&mut self, question: &str, choices: &[String; 2]) -> Result<bool> {
        let answer = self.answer(question, choices, "1 or no, 2 or yes")?.unwrap_or_default();
        Ok(numbered(&answer, choices.len()) == Some(1) || is_yes(&answer))
    }

    fn answer(&mut self, question: &str, choices: &[String], how: &str) -> Result<Option<String>> {
        let head = Text::new().tone(Tone::Careful, question).end();
        let lines = choices.iter().enumerate();
        let text = lines.fold(head, |text, (at, choice)| text.plain(&format!("  {}) ", at + 1)).plain(choice).end());
        self.aside(&text.plain(how).plain(", or nothing to stop: "));
        self.err.flush();
        let answer = (self.typed)();
        if answer.is_err() {
            // The line of the question is still open.
            self.aside(&Text::new().end());
        }
        answer
    }

    /// A result; several lines where it has them.
    pub(crate) fn result(&mut self, text: &Text) {
        let rendered = text.render(self.out.colour);
        self.out.write(&rendered);
    }

    /// A result with its line end.
    pub(crate) fn line(&mut self, text: &str) {
        self.result(&Text::of(text).end());
    }

    /// A result that is itself a file: SQL, YAML, JSON. Its bytes stay as they are, except on a terminal.
    pub(crate) fn raw(&mut self, text: &str) {
        if self.out.is_terminal { self.out.write(&escape::many_lines(text)) } else { self.out.write(text) }
    }

    /// A piece of a file that is shown to people: nothing in it acts on a terminal, nor on a log that is looked at later.
    pub(crate) fn shown(&mut self, text: &str) {
        self.out.write(&escape::many_lines(text));
    }

    /// The one object of a report for programs.
    pub(crate) fn json(&mut self, object: &Value) {
        match &mut self.collected {
            Some(collected) => collected.push(object.clone()),
            None => self.out.write(&format!("{}\n", escape::json(&object.to_string()))),
        }
    }

    /// Keeps the next report for programs instead of printing it.
    pub(crate) fn collect(&mut self) {
        self.collected = Some(Vec::new());
    }

    /// The report that was kept since [`Printer::collect`].
    pub(crate) fn collected(&mut self) -> Option<Value> {
        self.collected.take().and_then(|mut collected| collected.pop())
    }

    /// Something beside the result, left out by `-q`, and where a program reads: there standard error has one error or
    /// nothing.
    pub(crate) fn note(&mut self, text: &Text) {
        if !self.quiet && !self.is_json() {
            self.aside(text);
        }
    }

    /// Something that should be looked at; `-q` does not silence it.
    pub(crate) fn warning(&mut self, text: &str) {
        if self.is_json() {
            return;
        }
        self.aside(&Text::new().tone(Tone::Careful, "warning:").plain(" ").plain(text).end());
    }

    /// The next step.
    pub(crate) fn hint(&mut self, imperative: &str) {
        self.note(&Text::new().tone(Tone::Hint, "hint:").plain(" ").plain(imperative).end());
    }

    /// A line in the shape of cargo's: the verb to the right in twelve columns, then what it is about.
    pub(crate) fn status(&mut self, verb: &str, object: Text) {
        self.note(&verb_line(verb, object).end());
    }

    /// A line of progress: on a terminal it stays open for the next one to write over, elsewhere nothing is said.
    pub(crate) fn progress(&mut self, verb: &str, object: Text) {
        if self.quiet || self.is_json() || !self.err.is_terminal {
            return;
        }
        self.clear_pending();
        let rendered = verb_line(verb, object).render(self.err.colour);
        self.err.write(&rendered);
        self.err.flush();
        self.pending = true;
    }

    /// The error that ends the command.
    pub(crate) fn error(&mut self, error: &Error) {
        self.clear_pending();
        // Results that were printed before stand before it where both streams go to one place.
        self.out.flush();
        if self.is_json() {
            self.err.write(&format!("{}\n", escape::json(&super::error::json(error).to_string())));
        } else {
            let rendered = super::error::text(error, self.folder.as_deref()).render(self.err.colour);
            self.err.write(&rendered);
        }
    }

    /// Whether all results arrived.
    ///
    /// # Errors
    /// [`crate::error::Kind::File`] if standard output could not be written; a broken pipe is none.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.clear_pending();
        self.err.flush();
        self.out.finish()
    }

    /// On standard error whatever `-q` says: help that nobody asked for.
    pub(crate) fn aside(&mut self, text: &Text) {
        self.clear_pending();
        let rendered = text.render(self.err.colour);
        self.err.write(&rendered);
    }

    /// Text with colours of its own, on standard output or standard error.
    pub(crate) fn ready(&mut self, coloured: &str, plain: &str, is_result: bool) {
        let stream = if is_result { &mut self.out } else { &mut self.err };
        let text = if stream.colour { coloured } else { plain };
        stream.write(text);
    }

    fn clear_pending(&mut self) {
        if self.pending {
            self.pending = false;
            self.err.write("\r\u{1b}[K");
        }
    }
}

/// The place of a choice that was answered by its number from 1.
fn numbered(answer: &str, choices: usize) -> Option<usize> {
    let number: usize = answer.trim().parse().ok()?;
    number.checked_sub(1).filter(|at| *at < choices)
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].iter().any(|word| answer.trim().eq_ignore_ascii_case(word))
}

fn verb_line(verb: &str, object: Text) -> Text {
    Text::new().tone(Tone::Good, &format!("{verb:>12}")).plain(" ").then(object)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::error::Kind;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Memory {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn printer() -> (Printer, Memory, Memory) {
        let (out, err) = (Memory::default(), Memory::default());
        let streams = (Stream::over(out.clone()), Stream::over(err.clone()));
        let printer = Printer {
            out: streams.0,
            err: streams.1,
            format: Format::Text,
            quiet: false,
            folder: None,
            verbose: 0,
            script: Script::default(),
            columns: None,
            typed: || Ok(None),
            pending: false,
            collected: None,
        };
        (printer, out, err)
    }

    #[test]
    fn results_and_the_rest_go_different_ways() {
        let (mut printer, out, err) = printer();
        printer.line("result");
        printer.status("Applying", Text::of("ae10"));
        printer.quiet = true;
        printer.status("Applying", Text::of("more"));
        printer.warning("look");
        assert_eq!((out.text().as_str(), err.text().as_str()), ("result\n", "    Applying ae10\nwarning: look\n"));
    }

    #[test]
    fn only_yes_is_yes() {
        assert!(["y", "Y\n", " yes ", "YES\r\n"].iter().all(|answer| is_yes(answer)));
        assert!(!["", "n", "no", "ye", "yes please", "1", "2"].iter().any(|answer| is_yes(answer)));
        let places = ["1\n", " 2 ", "3", "0", "y", ""].map(|answer| numbered(answer, 2));
        assert_eq!(places, [Some(0), Some(1), None, None, None, None]);
    }

    #[test]
    fn a_question_that_is_cancelled_is_no_answer() {
        let (mut printer, _, err) = printer();
        let choices = ["stop".to_owned(), "go on".to_owned()];
        printer.typed = || Ok(Some("2\n".to_owned()));
        assert!(printer.agrees("Go on?", &choices).unwrap());
        assert_eq!(printer.ask("Which?", &choices).unwrap(), Some(1));
        printer.typed = || Ok(None);
        assert!(!printer.agrees("Go on?", &choices).unwrap());
        printer.typed = || Err(Error::new(Kind::Cancelled, "no"));
        assert_eq!(printer.agrees("Go on?", &choices).unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(printer.ask("Which?", &choices).unwrap_err().kind(), Kind::Cancelled);
        assert!(err.text().ends_with("or nothing to stop: \n"), "{}", err.text());
    }

    #[test]
    fn progress_is_written_over_on_a_terminal_and_not_at_all_elsewhere() {
        let (mut printer, _, err) = printer();
        printer.progress("Applying", Text::of("a"));
        assert_eq!(err.text(), "");
        printer.err.is_terminal = true;
        printer.progress("Applying", Text::of("a"));
        printer.status("Applied", Text::of("a"));
        assert_eq!(err.text(), "    Applying a\r\u{1b}[K     Applied a\n");
    }

    #[test]
    fn colours_follow_flag_environment_and_terminal() {
        let (none, forced) = (Manner::default(), Manner { force_colour: true, ..Manner::default() });
        let refused = Manner { no_colour: true, ..Manner::default() };
        assert!(Colour::Auto.on(none, true) && !Colour::Auto.on(none, false) && Colour::Auto.on(forced, false));
        assert!(
            !Colour::Auto.on(refused, true) && Colour::Always.on(refused, false) && !Colour::Never.on(forced, true)
        );
    }

    #[test]
    fn an_error_is_one_object_where_programs_read() {
        let (mut printer, out, err) = printer();
        printer.format = Format::Json;
        printer.error(&Error::new(Kind::Usage, "no"));
        assert!(out.text().is_empty() && err.text().starts_with("{\"error\":{\"code\":2,"), "{}", err.text());
    }
}
