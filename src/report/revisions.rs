//! Revisions as `heads`, `history`, `branches`, `show`, `current`, `revision` and `merge` tell them, in Alembic's words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::error::Result;
use crate::graph::{Entry, JOIN_HEADS, RevisionId};
use crate::report::json::{of_node, report};
use crate::report::printer::Printer;
use crate::report::text::{Text, Tone};
use crate::revision::header::free_keys;
use crate::revision::{Body, Downgrade, File, Revisions};
use crate::yaml::{Key, Node};

/// Revisions, and what the database says about them where it was asked.
pub(crate) struct Listing<'a> {
    pub(crate) revisions: &'a Revisions,
    /// In the order in which they are told.
    pub(crate) entries: Vec<Entry<'a>>,
    /// Everything that is applied; None = nobody asked.
    pub(crate) applied: Option<BTreeSet<RevisionId>>,
    /// The rows of the version table, and what they imply at the end of a branch.
    pub(crate) current: BTreeSet<RevisionId>,
}

/// What a line says beside id, labels and message.
#[derive(Clone, Copy)]
struct Parts {
    parents: bool,
    /// Branch points and merge points.
    tree: bool,
}

/// `heads` and `current`: a line each, `ID (label) (head), message`; with `-v` all that is known.
pub(crate) fn heads(printer: &mut Printer, listing: &Listing<'_>) -> Result<()> {
    if printer.is_json() {
        let ids: Vec<&str> = listing.entries.iter().map(|entry| entry.node.id.as_str()).collect();
        printer.json(&report([("revisions", json!(ids))]));
        return Ok(());
    }
    lines(printer, listing, Parts { parents: false, tree: false })
}

/// `heads --check`: the heads; and what to do where there are several, or where the file `HEADS` says something else.
pub(crate) fn heads_checked(printer: &mut Printer, listing: &Listing<'_>, fault: Option<&str>) -> Result<()> {
    let several = listing.entries.len() > 1;
    if printer.is_json() {
        let ids: Vec<&str> = listing.entries.iter().map(|entry| entry.node.id.as_str()).collect();
        printer.json(&report([("revisions", json!(ids)), ("one_head", json!(!several)), ("heads_file", json!(fault))]));
        return Ok(());
    }
    heads(printer, listing)?;
    if let Some(fault) = fault {
        printer.warning(fault);
    }
    match (several, fault) {
        (true, _) => printer.hint(JOIN_HEADS),
        (false, Some(_)) => printer.hint("write it anew: migrate heads --write"),
        (false, None) => {}
    }
    Ok(())
}

/// `history`: newest first, `DOWN -> ID (head), message`.
pub(crate) fn history(printer: &mut Printer, listing: &Listing<'_>) -> Result<()> {
    if printer.is_json() {
        let all = listing.entries.iter().map(|entry| object(listing, entry)).collect::<Result<Vec<Value>>>()?;
        printer.json(&report([("revisions", json!(all))]));
        return Ok(());
    }
    lines(printer, listing, Parts { parents: true, tree: true })
}

fn lines(printer: &mut Printer, listing: &Listing<'_>, parts: Parts) -> Result<()> {
    for entry in &listing.entries {
        let text = if printer.verbose > 0 { long(listing, entry)?.end() } else { line(listing, entry, parts)?.end() };
        printer.result(&text);
    }
    Ok(())
}

/// `branches`: each branch point among all revisions, and below it the revisions that begin there.
pub(crate) fn branches(printer: &mut Printer, mut listing: Listing<'_>) -> Result<()> {
    if printer.is_json() {
        listing.entries.retain(|entry| entry.is_branch_point);
        return history(printer, &listing);
    }
    let listing = &listing;
    let known: BTreeMap<&RevisionId, &Entry<'_>> =
        listing.entries.iter().map(|entry| (&entry.node.id, entry)).collect();
    for entry in listing.entries.iter().filter(|entry| entry.is_branch_point) {
        let mut text = match printer.verbose {
            0 => line(listing, entry, Parts { parents: false, tree: true })?.end(),
            _ => long(listing, entry)?.end(),
        };
        let margin = " ".repeat(entry.node.id.as_str().len());
        for child in entry.children.iter().filter_map(|id| known.get(id)) {
            let told = line(listing, child, Parts { parents: false, tree: true })?;
            text = text.plain(&margin).tone(Tone::Dim, " -> ").then(told).end();
        }
        printer.result(&text);
    }
    Ok(())
}

/// `show`: everything about a revision, and what it does in words; with `-v` its file below.
pub(crate) fn shown(printer: &mut Printer, listing: &Listing<'_>) -> Result<()> {
    if printer.is_json() {
        let all = listing.entries.iter().map(|entry| whole_object(listing, entry)).collect::<Result<Vec<Value>>>()?;
        printer.json(&report([("revisions", json!(all))]));
        return Ok(());
    }
    for (place, entry) in listing.entries.iter().enumerate() {
        let gap = if place > 0 { Text::new().end() } else { Text::new() };
        let file = listing.revisions.file(&entry.node.id)?;
        printer.result(&gap.then(long(listing, entry)?).then(doings(&file.body()?)));
        if printer.verbose > 0 {
            printer.line("");
            printer.shown(&file.text);
        }
    }
    Ok(())
}

/// `revision` and `merge`: the path of the new file.
pub(crate) fn written(printer: &mut Printer, file: &File, shown_path: &str, warnings: &[String]) {
    if printer.is_json() {
        let header = &file.header;
        let parents: Vec<&str> = header.down_revision.iter().map(RevisionId::as_str).collect();
        printer.json(&report([
            ("revision", json!(header.revision.as_str())),
            ("down_revision", json!(parents)),
            ("message", json!(header.message)),
            ("path", json!(file.path.display().to_string())),
            ("warnings", json!(warnings)),
        ]));
    } else {
        printer.line(shown_path);
    }
}

/// `revision --autogenerate` with nothing to do.
pub(crate) fn nothing_to_write(printer: &mut Printer) {
    if printer.is_json() {
        printer.json(&report([
            ("revision", json!(null)),
            ("down_revision", json!([])),
            ("message", json!(null)),
            ("path", json!(null)),
            ("warnings", json!([])),
        ]));
    } else {
        printer.status("Finished", Text::of("nothing to do: the database equals the models; no revision was written"));
    }
}

fn line(listing: &Listing<'_>, entry: &Entry<'_>, parts: Parts) -> Result<Text> {
    let file = listing.revisions.file(&entry.node.id)?;
    let text = if parts.parents { parents(entry) } else { Text::new() };
    let text = name(listing, entry, text, parts.tree);
    let message = &file.header.message;
    Ok(if message.is_empty() { text } else { text.plain(", ").plain(message) })
}

fn parents(entry: &Entry<'_>) -> Text {
    let parents = comma(&entry.node.down_revisions);
    let parents = if parents.is_empty() { "<base>".to_owned() } else { parents };
    let depends = comma(&entry.dependencies);
    let depends = if depends.is_empty() { depends } else { format!(" ({depends})") };
    Text::new().tone(Tone::Dim, &parents).tone(Tone::Dim, &depends).tone(Tone::Dim, " -> ")
}

/// `ID (label) (head) (current) (branchpoint) (mergepoint)`.
fn name(listing: &Listing<'_>, entry: &Entry<'_>, before: Text, tree: bool) -> Text {
    let labels: Vec<&str> = entry.labels.iter().copied().collect();
    let marks = marks(entry, &labels, listing.current.contains(&entry.node.id), tree);
    let text = before.tone(Tone::Strong, entry.node.id.as_str());
    marks.into_iter().fold(text, |text, (tone, mark)| text.plain(" ").tone(tone, &mark))
}

/// `(label)`, `(head)`, `(current)`, `(branchpoint)`, `(mergepoint)`: what a revision is; the last two where `tree`.
pub(super) fn marks(entry: &Entry<'_>, labels: &[&str], is_current: bool, tree: bool) -> Vec<(Tone, String)> {
    let labels = labels.join(", ");
    let marks = [
        (!labels.is_empty(), Tone::Hint, labels.as_str()),
        (entry.is_effective_head, Tone::Good, "head"),
        (entry.is_head && !entry.is_effective_head, Tone::Good, "effective head"),
        (is_current, Tone::Careful, "current"),
        (tree && entry.is_branch_point, Tone::Dim, "branchpoint"),
        (tree && entry.is_merge_point, Tone::Dim, "mergepoint"),
    ];
    marks.into_iter().filter(|(is_so, ..)| *is_so).map(|(_, tone, mark)| (tone, format!("({mark})"))).collect()
}

/// All that the header says, a line each.
fn long(listing: &Listing<'_>, entry: &Entry<'_>) -> Result<Text> {
    let file = listing.revisions.file(&entry.node.id)?;
    let header = &file.header;
    let parents = comma(&entry.node.down_revisions);
    let merges = if entry.is_merge_point { "Merges" } else { "Parent" };
    let parents = if parents.is_empty() { "<base>".to_owned() } else { parents };
    let children = if entry.is_branch_point { comma(&entry.children) } else { String::new() };
    let labels = entry.labels.iter().copied().collect::<Vec<_>>().join(", ");
    let applied = listing.applied.as_ref().map(|applied| if applied.contains(&header.revision) { "yes" } else { "no" });
    let fields = [
        (merges, parents.as_str()),
        ("Also depends on", &comma(&entry.dependencies)),
        ("Branches into", &children),
        ("Branch names", &labels),
        ("Path", &file.path.display().to_string()),
        ("Created", header.created.as_deref().unwrap_or_default()),
        ("Only for", header.dialect.as_deref().unwrap_or_default()),
        ("Applied", applied.unwrap_or_default()),
    ];
    let head = name(listing, entry, Text::of("Rev: "), true).end();
    let text = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(head, |text, (key, value)| text.plain(key).plain(": ").plain(value).end());
    let text = header.meta.iter().fold(text, |text, (key, value)| text.plain(key).plain(": ").plain(value).end());
    Ok(if header.message.is_empty() { text } else { text.end().block(Tone::Plain, 4, &header.message) })
}

/// What the body does, in words.
fn doings(body: &Body) -> Text {
    let (upgrade, downgrade) = in_words(body);
    let list = |text: Text, head: &str, items: &[String]| {
        let head = text.end().plain(head).plain(if items.is_empty() { " nothing" } else { "" }).end();
        items.iter().fold(head, |text, item| text.plain("    ").plain(item).end())
    };
    let text = list(Text::new(), "Upgrade:", &upgrade);
    match downgrade {
        Ok(items) => list(text, "Downgrade:", &items),
        Err(why) => text.end().plain("Downgrade: none: ").plain(&why).end(),
    }
}

/// The operations of both directions; `Err` = why there is no way back.
fn in_words(body: &Body) -> (Vec<String>, std::result::Result<Vec<String>, String>) {
    let upgrade: Vec<String> = body.upgrade.iter().map(|entry| entry.operation.describe()).collect();
    let downgrade = match &body.downgrade {
        Downgrade::Given(entries) => Ok(entries.iter().map(|entry| entry.operation.describe()).collect()),
        Downgrade::Irreversible(why) => Err(why.clone()),
        Downgrade::Derived => {
            let operations: Vec<_> = body.upgrade.iter().map(|entry| entry.operation.clone()).collect();
            let told = |operations: Vec<_>| operations.iter().map(crate::ops::Operation::describe).collect();
            crate::ops::reverse_all(&operations)
                .map(told)
                .map_err(|operation| format!("nothing says how to take back: {}", operation.describe()))
        }
    };
    (upgrade, downgrade)
}

pub(super) fn object(listing: &Listing<'_>, entry: &Entry<'_>) -> Result<Value> {
    let file = listing.revisions.file(&entry.node.id)?;
    let header = &file.header;
    Ok(json!({
        "revision": header.revision.as_str(),
        "down_revision": header.down_revision.iter().map(RevisionId::as_str).collect::<Vec<_>>(),
        "depends_on": entry.dependencies.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "branch_labels": header.branch_labels,
        "message": header.message,
        "created": header.created,
        "path": file.path.display().to_string(),
        "is_head": entry.is_head,
        "is_base": entry.is_base,
        "is_branch_point": entry.is_branch_point,
        "is_merge_point": entry.is_merge_point,
        "applied": listing.applied.as_ref().map(|applied| applied.contains(&header.revision)),
    }))
}

/// As in `history`, and what only `show` reads.
fn whole_object(listing: &Listing<'_>, entry: &Entry<'_>) -> Result<Value> {
    let file = listing.revisions.file(&entry.node.id)?;
    let (upgrade, downgrade) = in_words(&file.body()?);
    let mut object = object(listing, entry)?;
    if let Value::Object(keys) = &mut object {
        keys.insert("meta".to_owned(), meta(file));
        keys.insert("dialect".to_owned(), json!(file.header.dialect));
        keys.insert("checksum".to_owned(), json!(file.checksum()));
        keys.insert("upgrade".to_owned(), json!(upgrade));
        keys.insert("downgrade".to_owned(), json!(downgrade.ok()));
    }
    Ok(object)
}

/// The free keys, with the lists and maps among them.
fn meta(file: &File) -> Value {
    let texts = || file.header.meta.iter().map(|(key, text)| (key.clone(), json!(text))).collect();
    let shapes = |keys: Vec<(Key, Node)>| keys.iter().map(|(key, node)| (key.text.clone(), of_node(node))).collect();
    let all: BTreeMap<String, Value> = free_keys(&file.path, &file.text).map_or_else(texts, shapes);
    json!(all)
}

fn comma<T: std::borrow::Borrow<RevisionId>>(ids: &[T]) -> String {
    ids.iter().map(|id| id.borrow().as_str()).collect::<Vec<_>>().join(", ")
}
