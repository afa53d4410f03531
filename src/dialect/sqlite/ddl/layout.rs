//! White space and comments around the parts of a table: what goes with a part that goes, where a new one is put.
//!
//! A comment belongs to a part if it stands behind it on its line, or alone on the lines right above it. A line end is
//! never taken from behind a `--` comment unless another one follows: the comment would swallow what comes next.

use super::parts::TableText;
use super::reader::{Span, Unreadable};
use super::splice::Splices;
use crate::statement::syntax::SQLITE;
use crate::statement::token::{Token, TokenKind, tokens};

/// The tokens of a text with white space and comments.
pub(super) struct Layout<'t> {
    text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, Unreadable> {
        let tokens = tokens(text, &SQLITE).map_err(|error| Unreadable(error.to_string()))?;
        Ok(Self { text, tokens })
    }

    /// The tokens that end at or before this place, nearest first.
    fn before(&self, at: usize) -> impl Iterator<Item = Token> {
        let count = self.tokens.partition_point(|token| token.end <= at);
        self.tokens.iter().take(count).rev().copied()
    }

    /// The tokens that begin at or behind this place.
    fn behind(&self, at: usize) -> impl Iterator<Item = Token> {
        let count = self.tokens.partition_point(|token| token.start < at);
        self.tokens.iter().skip(count).copied()
    }

    fn space_before(&self, at: usize) -> Option<Token> {
        self.before(at).next().filter(|token| token.kind == TokenKind::Space)
    }

    fn lines_in(&self, space: Token) -> usize {
        space.text(self.text).matches('\n').count()
    }

    /// Where the last line end in a piece of white space begins.
    fn last_line_end(&self, space: Token) -> Option<usize> {
        let text = space.text(self.text);
        let end = text.rfind('\n')?;
        let end = if text.get(..end).is_some_and(|before| before.ends_with('\r')) { end - 1 } else { end };
        Some(space.start + end)
    }

    fn is_line_comment(&self, token: Token) -> bool {
        token.kind == TokenKind::Comment && token.text(self.text).starts_with("--")
    }

    /// Where a part that begins at `at` may be cut off from what stands before it.
    pub(super) fn lead(&self, at: usize) -> usize {
        let Some(space) = self.space_before(at) else { return at };
        let swallows = self.before(space.start).next().is_some_and(|token| self.is_line_comment(token));
        if swallows { at } else { space.start }
    }

    /// The end of the comment that stands behind `at` with nothing but a line end behind it; else `at`.
    fn tail(&self, at: usize) -> usize {
        let mut behind = self.behind(at).peekable();
        behind.next_if(|token| token.kind == TokenKind::Space && self.lines_in(*token) == 0);
        let Some(comment) = behind.next_if(|token| token.kind == TokenKind::Comment) else { return at };
        let ends_line = behind.next().is_none_or(|token| token.kind == TokenKind::Space && self.lines_in(token) > 0);
        if ends_line { comment.end } else { at }
    }

    fn ends_line(&self, at: usize) -> bool {
        self.behind(at).next().is_some_and(|token| token.kind == TokenKind::Space && self.lines_in(token) > 0)
    }

    /// The start of the lines of a part, with the comments that stand alone right above it.
    fn lines(&self, at: usize) -> usize {
        let Some(space) = self.space_before(at) else { return at };
        let Some(mut start) = self.last_line_end(space) else { return space.start };
        let mut space = space;
        loop {
            let mut before = self.before(space.start);
            let comment = before.next().filter(|token| token.kind == TokenKind::Comment);
            let above = before.next().filter(|token| token.kind == TokenKind::Space);
            let (Some(_), Some(above)) = (comment, above) else { return start };
            let Some(line_end) = self.last_line_end(above).filter(|_| self.lines_in(space) == 1) else { return start };
            (start, space) = (line_end, above);
        }
    }

    /// A line end and the indentation of the part that begins at `at`, if it begins a line.
    fn indentation(&self, at: usize) -> Option<&'t str> {
        let space = self.space_before(at)?;
        Some(Span::new(self.last_line_end(space)?, space.end).of(self.text))
    }

    /// What to cut to make a part vanish that ends at `end`, comma included.
    fn whole(&self, part: Span, end: usize) -> Span {
        let end = self.tail(end);
        if self.ends_line(end) {
            return Span::new(self.lines(part.start), end);
        }
        let space = self.space_before(part.start);
        match space.filter(|space| self.lines_in(*space) == 0) {
            Some(space) => Span::new(space.start, end),
            None => {
                let follows = self.behind(end).next().filter(|token| token.kind == TokenKind::Space);
                Span::new(part.start, follows.map_or(end, |space| space.end))
            }
        }
    }
}

/// A column or constraint on its way into a table.
pub(super) struct Item {
    /// With the comments above it.
    text: String,
    /// The comments behind it.
    tail: String,
}

impl From<String> for Item {
    fn from(text: String) -> Self {
        Self { text, tail: String::new() }
    }
}

/// A column or constraint with its comments: `index` counts columns, then constraints.
pub(super) fn item(table: &TableText<'_>, index: usize) -> Result<Item, Unreadable> {
    let layout = Layout::new(table.text)?;
    let place = items(table).get(index).copied().unwrap_or(table.body);
    let comma = table.commas.get(index).copied().flatten();
    let end = comma.map_or(place.end, |comma| comma + 1);
    let tail = layout.tail(end);
    let gap = Span::new(place.end, comma.unwrap_or(place.end)).of(table.text).trim_end();
    let start = if layout.ends_line(tail) { layout.lines(place.start) } else { place.start };
    let text = Span::new(start, place.end).of(table.text).trim_start().to_owned();
    Ok(Item { text, tail: format!("{gap}{}", Span::new(end, tail).of(table.text)) })
}

/// The places of columns and table constraints, in the order of the text.
fn items(table: &TableText<'_>) -> Vec<Span> {
    let columns = table.columns.iter().map(|column| column.span);
    columns.chain(table.constraints.iter().map(|clause| clause.span)).collect()
}

/// The text without one of its columns or constraints: `index` counts columns, then constraints.
pub(super) fn without_item(table: &TableText<'_>, index: usize) -> Result<String, Unreadable> {
    let items = items(table);
    let layout = Layout::new(table.text)?;
    let mut splices = Splices::new(table.text);
    let comma = |index: usize| table.commas.get(index).copied().flatten();
    let Some(item) = items.get(index) else { return Ok(table.text.to_owned()) };
    let before = index.checked_sub(1).and_then(comma).filter(|_| index + 1 == items.len());
    if let Some(before) = before {
        splices.remove(Span::new(before, before + 1));
    }
    splices.remove(layout.whole(*item, comma(index).map_or(item.end, |comma| comma + 1)));
    Ok(splices.finish())
}

/// The text with one more column or constraint behind the one with this index; None = before all others.
pub(super) fn with_item(table: &TableText<'_>, after: Option<usize>, item: &Item) -> Result<String, Unreadable> {
    let items = items(table);
    let layout = Layout::new(table.text)?;
    let mut splices = Splices::new(table.text);
    let anchor = after.and_then(|index| Some((index, *items.get(index)?)));
    let comma = anchor.and_then(|(index, _)| table.commas.get(index).copied().flatten());
    let (behind, sample) = match anchor {
        None => (table.body.start + 1, items.first().map_or(table.body.end, |first| first.start)),
        Some((_, span)) => (comma.map_or(span.end, |comma| comma + 1), span.start),
    };
    if let (Some((_, span)), None) = (anchor, comma) {
        splices.insert(span.end, ",");
    }
    let place = layout.tail(behind);
    let lead = match (layout.indentation(sample), anchor) {
        (Some(lead), _) => lead,
        (None, _) if place != behind => "\n",
        (None, Some(_)) => " ",
        (None, None) => "",
    };
    let last = anchor.is_some_and(|(index, _)| index + 1 == items.len());
    let glue = if anchor.is_none() && layout.behind(place).next().is_none_or(|next| next.kind != TokenKind::Space) {
        " "
    } else {
        ""
    };
    let end = if last { "" } else { "," };
    let Item { text, tail } = item;
    let line_end = if tail.contains("--") && !layout.ends_line(place) { "\n" } else { "" };
    splices.insert(place, format!("{lead}{text}{end}{tail}{line_end}{glue}"));
    Ok(splices.finish())
}
