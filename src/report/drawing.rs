//! `history` on a terminal and `graph`: the revisions as a picture.

use std::path::Path;

use serde_json::{Value, json};

use crate::draw::{Kind, Limit, Picture, Spot};
use crate::error::Result;
use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::revisions::{Listing, marks, object};
use crate::report::text::{Text, Tone};

/// A language of charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chart {
    Mermaid,
    Dot,
    Svg,
}

/// Messages get so many columns before marks that the lines themselves show are left out.
const ROOM_FOR_A_MESSAGE: usize = 20;
/// Lanes up to this width, and a quarter of the page, have all texts beside them in one column.
const ALIGNED: usize = 40;
/// Beside wider ones a text stands right of the lanes of so many lines above and below.
const NEARBY: usize = 3;

/// The drawing in characters: a line for each revision with its lane, id, marks and message, no wider than the page.
pub(crate) fn drawing(printer: &mut Printer, listing: &Listing<'_>) -> Result<()> {
    let picture = picture(listing)?;
    let room = printer.room().unwrap_or(usize::MAX);
    let lines = crate::draw::lines(&picture, printer.script, (room / 2).max(1));
    let widest = lines.iter().map(|line| line.width).max().unwrap_or_default();
    let margin = if widest <= ALIGNED.min(room / 4) { widest } else { 0 };
    for (at, line) in lines.iter().enumerate() {
        let text = line.pieces.iter().fold(Text::new(), |text, (colour, piece)| match colour {
            Some(colour) => text.tone(Tone::Lane(*colour), piece),
            None => text.plain(piece),
        });
        let Some(spot) = line.spot.and_then(|spot| picture.spots.get(spot)) else {
            printer.result(&text.cut(room, printer.script.dots()).end());
            continue;
        };
        let around = lines.iter().take(at + NEARBY + 1).skip(at.saturating_sub(NEARBY));
        let start = around.map(|line| line.width).fold(margin, usize::max) + 1;
        let text = text.plain(&" ".repeat(start - line.width));
        let text = text.then(caption(spot, room.saturating_sub(start)));
        printer.result(&text.cut(room, printer.script.dots()).end());
    }
    Ok(())
}

/// Id, marks and message. In a narrow page without the marks that the lines show, then with one label for all.
fn caption(spot: &Spot<'_>, room: usize) -> Text {
    let labels = spot.labels();
    let short: Vec<String> = match labels.as_slice() {
        [first, others @ ..] if !others.is_empty() => vec![format!("{first} +{}", others.len())],
        few => few.iter().map(|label| (*label).to_owned()).collect(),
    };
    let short: Vec<&str> = short.iter().map(String::as_str).collect();
    let tell = |labels: &[&str], tree: bool| {
        let id = Text::new().tone(Tone::Strong, spot.id().as_str());
        let marks = marks(spot.entry, labels, spot.facts.is_current, tree);
        marks.into_iter().fold(id, |text, (tone, mark)| text.plain(" ").tone(tone, &mark))
    };
    let tone = if spot.facts.is_applied == Some(false) { Tone::Dim } else { Tone::Plain };
    let message = Text::new().tone(tone, spot.headline());
    let needed = message.width().min(ROOM_FOR_A_MESSAGE);
    let fits = |head: &Text| head.width() + 1 + needed <= room;
    let head = Some(tell(&labels, true)).filter(fits);
    let head = head.or_else(|| Some(tell(&labels, false)).filter(fits)).unwrap_or_else(|| tell(&short, false));
    if message.width() == 0 { head } else { head.plain(" ").then(message) }
}

/// The picture in another language.
pub(crate) fn chart(printer: &mut Printer, listing: &Listing<'_>, chart: Chart) -> Result<()> {
    let picture = picture(listing)?;
    let text = match chart {
        Chart::Mermaid => crate::draw::mermaid(&picture),
        Chart::Dot => crate::draw::dot(&picture),
        Chart::Svg => crate::draw::svg(&picture),
    };
    if chart == Chart::Mermaid
        && let Some(limit) = crate::draw::limit_of(&picture, &text)
    {
        printer.warning(match limit {
            Limit::Edges => "Mermaid draws at most 500 lines unless it is told otherwise where it runs",
            Limit::Characters => "Mermaid reads at most 50000 characters unless it is told otherwise where it runs",
        });
        printer.hint("draw a part with -r FROM:TO, or all of it with --svg FILE");
    }
    printer.raw(&text);
    Ok(())
}

/// The picture as a document.
pub(crate) fn svg(listing: &Listing<'_>) -> Result<String> {
    Ok(crate::draw::svg(&picture(listing)?))
}

/// `nodes`, as `history` has them, and `edges`; `path` is where the picture was written.
pub(crate) fn graph_for_programs(printer: &mut Printer, listing: &Listing<'_>, path: Option<&Path>) -> Result<()> {
    let picture = picture(listing)?;
    let nodes = listing.entries.iter().map(|entry| object(listing, entry)).collect::<Result<Vec<Value>>>()?;
    let edges = picture.edges().map(|edge| {
        let kind = match edge.kind {
            Kind::Parent => "parent",
            Kind::Dependency => "dependency",
        };
        json!({ "from": edge.from.as_str(), "to": edge.to.as_str(), "kind": kind })
    });
    let edges: Vec<Value> = edges.collect();
    let path = path.map(|path| path.display().to_string());
    printer.json(&report([("nodes", json!(nodes)), ("edges", json!(edges)), ("path", json!(path))]));
    Ok(())
}

fn picture<'a>(listing: &'a Listing<'_>) -> Result<Picture<'a>> {
    Picture::of(&listing.entries, |id| {
        let header = &listing.revisions.file(id)?.header;
        Ok(crate::draw::Facts {
            message: &header.message,
            created: header.created.as_deref(),
            is_applied: listing.applied.as_ref().map(|applied| applied.contains(id)),
            is_current: listing.current.contains(id),
        })
    })
}
