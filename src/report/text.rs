//! A line of output: pieces of text with a meaning. Every piece is made safe for a terminal when it is put in; colours
//! come when the line is printed, if at all.

use owo_colors::Style;

use crate::report::escape;

/// What a piece means; the colour follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// The subject: ids, names.
    Strong,
    /// Done, added, in sync.
    Good,
    /// Look here: hazards, warnings.
    Careful,
    /// Errors, what goes.
    Bad,
    /// Hints.
    Hint,
    /// Aside: times, places.
    Dim,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Good => Style::new().green().bold(),
            Self::Careful => Style::new().yellow().bold(),
            Self::Bad => Style::new().red().bold(),
            Self::Hint => Style::new().cyan().bold(),
            Self::Dim => Style::new().dimmed(),
        }
    }
}

/// A line, or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pieces: Vec<(Tone, String)>,
}

impl Text {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With this text in it.
    pub(crate) fn of(text: &str) -> Self {
        Self::new().plain(text)
    }

    /// Adds text of no special meaning.
    #[must_use]
    pub(crate) fn plain(self, text: &str) -> Self {
        self.tone(Tone::Plain, text)
    }

    /// Adds text with a meaning. What would act on a terminal is spelled out, ends of lines too.
    #[must_use]
    pub(crate) fn tone(mut self, tone: Tone, text: &str) -> Self {
        if !text.is_empty() {
            self.pieces.push((tone, escape::one_line(text).into_owned()));
        }
        self
    }

    /// Ends the line.
    #[must_use]
    pub(crate) fn end(mut self) -> Self {
        self.pieces.push((Tone::Plain, "\n".to_owned()));
        self
    }

    /// Adds another text behind it.
    #[must_use]
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// Adds `text`, which may have many lines, each on a line of its own with `indent` blanks before it.
    #[must_use]
    pub(crate) fn block(self, tone: Tone, indent: usize, text: &str) -> Self {
        let margin = " ".repeat(indent);
        text.lines().fold(self, |so_far, line| {
            let line = line.trim_end();
            let margin = if line.is_empty() { "" } else { &margin };
            // A tab in a file is no attack, and a caret below must still fit.
            so_far.plain(margin).tone(tone, &line.replace('\t', "    ")).end()
        })
    }

    /// What is written.
    pub(crate) fn render(&self, colour: bool) -> String {
        let mut rendered = String::new();
        for (tone, piece) in &self.pieces {
            if colour && *tone != Tone::Plain {
                rendered.push_str(&tone.style().style(piece).to_string());
            } else {
                rendered.push_str(piece);
            }
        }
        rendered
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, Tone};

    #[test]
    fn colours_only_where_they_are_wanted() {
        let text = Text::of("a ").tone(Tone::Bad, "b\u{1b}[0m").end();
        assert_eq!(text.render(false), "a b\\x1b[0m\n");
        let coloured = text.render(true);
        assert!(coloured.starts_with("a \u{1b}[") && coloured.contains("b\\x1b[0m"), "{coloured:?}");
    }

    #[test]
    fn a_block_keeps_its_lines_and_nothing_forges_one() {
        let text = Text::new().block(Tone::Plain, 2, "a\n\n\tb");
        assert_eq!(text.render(false), "  a\n\n      b\n");
        assert_eq!(Text::of("a\nerror: b").render(false), "a\\nerror: b");
    }
}
