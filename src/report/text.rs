//! A line of output: pieces of text with a meaning. Every piece is made safe for a terminal when it is put in; colours
//! come when the line is printed, if at all.

use owo_colors::Style;

use crate::draw::{cut, width};
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
    /// A lane of a drawing, by the number of its colour.
    Lane(usize),
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
            Self::Lane(colour) => match colour % 6 {
                0 => Style::new().bright_blue(),
                1 => Style::new().magenta(),
                2 => Style::new().green(),
                3 => Style::new().yellow(),
                4 => Style::new().red(),
                _ => Style::new().cyan(),
            },
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

    /// How many columns it takes, if it is one line.
    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| width(piece)).sum()
    }

    /// One line, or as much of it as fits into these columns, with `dots` at its end.
    #[must_use]
    pub(crate) fn cut(self, columns: usize, dots: &str) -> Self {
        if self.width() <= columns {
            return self;
        }
        let mut room = columns.saturating_sub(width(dots));
        let mut kept = Self::new();
        for (tone, piece) in self.pieces {
            let whole = width(&piece) <= room;
            let fits = if whole { piece } else { cut(&piece, room, "").into_owned() };
            room -= width(&fits);
            kept.pieces.push((tone, fits));
            if !whole {
                break;
            }
        }
        kept.pieces.push((Tone::Plain, cut(dots, columns, "").into_owned()));
        kept
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
    fn a_line_is_cut_where_its_page_ends() {
        let line = || Text::of("ab ").tone(Tone::Strong, "cde").plain(" fgh");
        for (columns, expected) in [(10, "ab cde fgh"), (9, "ab cde f…"), (6, "ab cd…"), (4, "ab …"), (1, "…"), (0, "")]
        {
            assert_eq!(line().cut(columns, "…").render(false), expected);
        }
        assert_eq!(Text::of("注文を").plain("b").cut(6, "…").render(false), "注文…");
        assert_eq!(Text::of("a\u{1b}b").cut(5, "…").render(false), "a\\x1…");
    }

    #[test]
    fn a_block_keeps_its_lines_and_nothing_forges_one() {
        let text = Text::new().block(Tone::Plain, 2, "a\n\n\tb");
        assert_eq!(text.render(false), "  a\n\n      b\n");
        assert_eq!(Text::of("a\nerror: b").render(false), "a\\nerror: b");
    }
}
