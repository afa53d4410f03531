//! A picture in SVG: one file without scripts, fonts or links, in light or dark as the reader's system is.
//!
//! A revision is a row: its dot in a lane, then id, day, marks and message. Lines are curves between rows and straight
//! along lanes, so that none goes through a dot that it does not end in. What a text takes is estimated, for the fonts
//! are the reader's; marks are told their length.

mod edges;
mod style;

use std::borrow::Cow;

use crate::draw::lanes::{COLOURS, Kind, Lanes, Row};
use crate::draw::svg::edges::edges;
use crate::draw::svg::style::STYLE;
use crate::draw::{MESSAGE_COLUMNS, Picture, Spot, cut, harmless, width};

/// Pixels between two rows, and between two lanes.
const ROW: usize = 28;
const LANE: usize = 18;
const MARGIN: usize = 24;
/// Pixels of a column of text in ids, and in days and marks. Estimates, rather too wide.
const ID_COLUMN: f64 = 7.6;
const MARK_COLUMN: f64 = 6.7;
const LEAST_WIDTH: f64 = 360.0;

/// The picture as a document.
pub(crate) fn svg(picture: &Picture<'_>) -> String {
    let sheet = Sheet::of(picture);
    let legend = Legend::of(picture);
    let rows = picture.spots.len().max(1);
    let ground = MARGIN + rows * ROW;
    let height = ground + if legend.items.is_empty() { MARGIN } else { MARGIN + ROW };
    let wide = sheet.width.max(legend.width() + 2.0 * to_f64(MARGIN)).ceil();
    let title = match picture.spots.len() {
        0 => "No revisions".to_owned(),
        1 => "1 revision".to_owned(),
        count => format!("{count} revisions, newest first"),
    };
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{height}\" viewBox=\"0 0 {wide} {height}\" \
         role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{wide}\" height=\"{height}\" rx=\"8\"/>\n"
    );
    let nothing = format!("<text class=\"message\" x=\"{MARGIN}\" y=\"{}\">No revisions</text>\n", middle(0) + 4);
    let nothing = if picture.spots.is_empty() { nothing } else { String::new() };
    let stripes = (1..picture.spots.len()).step_by(2).map(|at| {
        let (left, wide) = (MARGIN / 2, wide - to_f64(MARGIN));
        format!("<rect class=\"stripe\" x=\"{left}\" y=\"{}\" width=\"{wide}\" height=\"{ROW}\" rx=\"4\"/>\n", top(at))
    });
    let edges = edges(picture, &sheet.rows);
    let revisions = picture.spots.iter().zip(&sheet.rows).enumerate();
    let revisions = revisions.map(|(at, (spot, row))| sheet.revision(at, spot, row));
    let parts = std::iter::once(head).chain([nothing]).chain(stripes).chain(edges).chain(revisions);
    parts.chain([legend.draw(ground + MARGIN / 2), "</svg>\n".to_owned()]).collect()
}

/// Where everything stands.
struct Sheet {
    rows: Vec<Row>,
    /// Left edges of ids, days, and marks with the message.
    ids: f64,
    days: f64,
    rest: f64,
    width: f64,
}

impl Sheet {
    fn of(picture: &Picture<'_>) -> Self {
        let mut lanes = Lanes::new(picture.spots.len());
        let spots = picture.spots.iter().enumerate();
        let rows: Vec<Row> = spots.map(|(at, spot)| lanes.place(at, &spot.needs, spot.goes_on)).collect();
        let last = |row: &Row| {
            let links = row.links.iter().map(|link| link.lane).max().unwrap_or_default();
            row.lane.max(links).max(row.beside.len().saturating_sub(1))
        };
        let lanes = rows.iter().map(last).max().unwrap_or_default() + 1;
        let ids = to_f64(MARGIN + lanes * LANE + 6);
        let widest = |columns: &dyn Fn(&Spot<'_>) -> usize| picture.spots.iter().map(columns).max().unwrap_or_default();
        let days = ids + to_f64(widest(&|spot| width(spot.id().as_str()))) * ID_COLUMN + 14.0;
        let day = to_f64(widest(&|spot| width(spot.day())));
        let rest = if day > 0.0 { days + day * MARK_COLUMN + 16.0 } else { days };
        let text = |spot: &Spot<'_>| marks_width(spot) + message_width(&message(spot));
        let rest_width = picture.spots.iter().map(text).fold(0.0, f64::max);
        Self { rows, ids, days, rest, width: (rest + rest_width + to_f64(MARGIN)).max(LEAST_WIDTH) }
    }

    /// The dot and the texts of a row.
    fn revision(&self, at: usize, spot: &Spot<'_>, row: &Row) -> String {
        let (x, y, base) = (lane_x(row.lane), middle(at), middle(at) + 4);
        let colour = row.colour % COLOURS;
        let ring = match spot.facts.is_current {
            true => format!("<circle class=\"ring c{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"9\"/>"),
            false => String::new(),
        };
        let dot = match spot.is_pending() {
            true => format!("<circle class=\"pending c{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>"),
            false => format!("<circle class=\"dot d{colour}\" cx=\"{x}\" cy=\"{y}\" r=\"6\"/>"),
        };
        let faint = if spot.is_pending() { " faint" } else { "" };
        let id = text_at("id", self.ids, base, spot.id().as_str());
        let day = match spot.day() {
            "" => String::new(),
            day => text_at("day", self.days, base, day),
        };
        let message = text_at(&format!("message{faint}"), self.rest + marks_width(spot), base, &message(spot));
        let title = escaped(&format!("{}\n{}", spot.id(), spot.facts.message));
        let marks = self.marks(spot, y);
        format!("<g><title>{}</title>{ring}{dot}{id}{day}{marks}{message}</g>\n", title.trim_end())
    }

    /// Labels, `head` and `current` in little frames.
    fn marks(&self, spot: &Spot<'_>, middle: usize) -> String {
        let labels = spot.labels().len();
        let mut left = self.rest;
        let frame = |(at, mark): (usize, &str)| {
            let class = if at < labels { "label" } else { mark };
            let (x, text) = (left, mark_text_width(mark));
            left += text + 18.0;
            let (top, wide, letters, base) = (middle - 9, text + 12.0, x + 6.0, middle + 4);
            format!(
                "<rect class=\"frame {class}\" x=\"{x:.1}\" y=\"{top}\" width=\"{wide:.1}\" height=\"18\" rx=\"9\"/>\
                 <text class=\"mark {class}\" x=\"{letters:.1}\" y=\"{base}\" textLength=\"{text:.1}\" \
                 lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                escaped(mark)
            )
        };
        spot.marks().into_iter().enumerate().map(frame).collect()
    }
}

fn text_at(class: &str, x: f64, y: usize, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y}\">{}</text>", escaped(text))
}

/// The message, or what fits of it; the whole one is shown where the pointer rests.
fn message<'s>(spot: &Spot<'s>) -> Cow<'s, str> {
    cut(spot.headline(), MESSAGE_COLUMNS, "…")
}

/// Pixels of a message, by what letters take in the widest of the usual fonts.
fn message_width(message: &str) -> f64 {
    let pixels = |character: char| match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '(' | ')' | ' ' => 5.0,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 13.0,
        'A'..='Z' => 9.8,
        other => match width(other.encode_utf8(&mut [0; 4])) {
            0 | 1 => 8.3,
            columns => to_f64(columns) * 7.5,
        },
    };
    message.chars().map(pixels).sum()
}

fn mark_text_width(mark: &str) -> f64 {
    to_f64(width(mark)) * MARK_COLUMN
}

/// All marks of a revision with their frames and gaps.
fn marks_width(spot: &Spot<'_>) -> f64 {
    spot.marks().iter().map(|mark| mark_text_width(mark) + 18.0).sum()
}

/// What the signs of a picture mean; only those that it has.
struct Legend {
    items: Vec<(&'static str, Sign)>,
}

#[derive(Clone, Copy)]
enum Sign {
    Applied,
    Pending,
    Current,
    Dependency,
    Open,
}

impl Legend {
    fn of(picture: &Picture<'_>) -> Self {
        let asked = picture.knows_applied();
        let any = |is: &dyn Fn(&Spot<'_>) -> bool| picture.spots.iter().any(is);
        let items = [
            (asked, "applied", Sign::Applied),
            (asked, "not applied", Sign::Pending),
            (any(&|spot| spot.facts.is_current), "the database is here", Sign::Current),
            (picture.edges().any(|edge| edge.kind == Kind::Dependency), "depends on", Sign::Dependency),
            (any(&|spot| spot.goes_on), "goes on below", Sign::Open),
        ];
        Self { items: items.into_iter().filter(|(has, ..)| *has).map(|(_, words, sign)| (words, sign)).collect() }
    }

    fn width(&self) -> f64 {
        self.items.iter().map(|(words, _)| Self::item_width(words)).sum()
    }

    fn item_width(words: &str) -> f64 {
        50.0 + to_f64(width(words)) * MARK_COLUMN
    }

    fn draw(&self, top: usize) -> String {
        let middle = top + ROW / 2;
        let mut left = to_f64(MARGIN);
        let item = |(words, sign): &(&'static str, Sign)| {
            let x = left;
            left += Self::item_width(words);
            let sign = match sign {
                Sign::Applied => format!("<circle class=\"dot key\" cx=\"{:.1}\" cy=\"{middle}\" r=\"6\"/>", x + 9.0),
                Sign::Pending => {
                    format!("<circle class=\"pending keyline\" cx=\"{:.1}\" cy=\"{middle}\" r=\"5\"/>", x + 9.0)
                }
                Sign::Current => format!(
                    "<circle class=\"ring keyline\" cx=\"{0:.1}\" cy=\"{middle}\" r=\"9\"/>\
                     <circle class=\"dot key\" cx=\"{0:.1}\" cy=\"{middle}\" r=\"6\"/>",
                    x + 9.0
                ),
                Sign::Dependency => format!("<path class=\"edge needs keyline\" d=\"M{x:.1} {middle}h18\"/>"),
                Sign::Open => format!("<path class=\"open\" d=\"M{:.1} {}v18\"/>", x + 9.0, middle - 9),
            };
            sign + text_at("day", x + 26.0, middle + 4, words).as_str()
        };
        let items: String = self.items.iter().map(item).collect();
        if items.is_empty() { items } else { format!("<g>{items}</g>\n") }
    }
}

fn top(at: usize) -> usize {
    MARGIN / 2 + 6 + at * ROW
}

fn middle(at: usize) -> usize {
    top(at) + ROW / 2
}

fn lane_x(lane: usize) -> usize {
    MARGIN + 6 + lane * LANE
}

#[expect(clippy::cast_precision_loss, reason = "pixels and columns are far below 2^52")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Text for XML 1.0: markup as entities; what it cannot hold, and what turns the direction of writing, as `�`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(harmless(other)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("a < b & \"c\" > d"), "a &lt; b &amp; &quot;c&quot; &gt; d");
        assert_eq!(escaped("\u{1b}[31m\u{0}\u{202e}x\r"), "\u{fffd}[31m\u{fffd}\u{fffd}x\u{fffd}");
        assert_eq!(escaped("注文 👨\u{200d}👩"), "注文 👨\u{200d}👩");
    }
}
