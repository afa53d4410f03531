//! Differences, as a person would say them, with the SQL that would close them; and the verdict.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::check::{Comparison, Explained, sql_of_all};
use crate::dialect::neutralise_schema;
use crate::diff::Context;
use crate::format::table_tree;
use crate::graph::{Graph, JOIN_HEADS, RevisionId};
use crate::model::not_modelled;
use crate::ops::{ObjectOperation, Operation};
use crate::report::drift::{json_rows, lines};
use crate::report::escape::github;
use crate::report::json::report;
use crate::report::printer::{Format, Printer};
use crate::report::text::{Text, Tone};
use crate::schema::{Ident, Name, Pair, Schema, Table};

/// What a comparison found.
pub(crate) struct Verdict<'a> {
    /// What is compared: `the database`, `the models`.
    pub(crate) sides: Pair<&'a str>,
    pub(crate) comparison: &'a Comparison,
    pub(crate) differences: &'a [Explained],
    /// For definitions in neutral words.
    pub(crate) facts: Context<'a>,
    /// None = nobody asked.
    pub(crate) at_head: Option<bool>,
    /// What is not modelled, judged or compared is a difference.
    pub(crate) strict: bool,
    /// Where the models declare a table: file and line.
    pub(crate) place: &'a dyn Fn(&Name) -> Option<(String, usize)>,
}

impl Verdict<'_> {
    fn in_sync(&self) -> bool {
        self.differences.is_empty() && self.minded().is_none()
    }

    /// What is no difference but where all is to be known, in words.
    fn minded(&self) -> Option<String> {
        let are = |count: usize, one: &str, more: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {more}")),
        };
        let Comparison { live, .. } = self.comparison;
        let said: Vec<String> = [
            are(live.unmodelled.len(), "thing is not modelled", "things are not modelled"),
            are(
                self.comparison.unjudged().count(),
                "thing of the models cannot be judged here",
                "things of the models cannot be judged here",
            ),
            are(
                self.comparison.uncompared().len(),
                "schema of the models is not compared",
                "schemas of the models are not compared",
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        (self.strict && !said.is_empty()).then(|| said.join(", "))
    }
}

/// Prints the verdict; true = in sync.
pub(crate) fn verdict(printer: &mut Printer, verdict: &Verdict<'_>) -> bool {
    match printer.format {
        Format::Json => printer.json(&object(verdict)),
        Format::Github => annotations(printer, verdict),
        Format::Text | Format::Html => text(printer, verdict),
    }
    verdict.in_sync()
}

/// The revisions that the database lacks.
pub(crate) fn not_at_head(printer: &mut Printer, pending: &[String], graph: &Graph) {
    let (count, plural) = (pending.len(), if pending.len() == 1 { " is" } else { "s are" });
    let line = format!("not at head: {count} revision{plural} not applied: {}", pending.join(", "));
    match printer.format {
        Format::Json => printer.json(&report([
            ("in_sync", json!(false)),
            ("at_head", json!(false)),
            ("differences", json!([])),
            ("not_modelled", json!([])),
            ("pending", json!(pending)),
        ])),
        Format::Github => printer.line(&format!("::error title=not at head::{}", github(&line, false))),
        Format::Text | Format::Html => {
            printer.line(&line);
            if !loose_heads(printer, graph) {
                let several = graph.heads().len() > 1;
                printer.hint(if several { "apply them: migrate upgrade heads" } else { "apply them: migrate upgrade" });
            }
        }
    }
}

/// Says where branches that met in version control were not joined; false where there are none.
pub(crate) fn loose_heads(printer: &mut Printer, graph: &Graph) -> bool {
    let heads: Vec<&str> = graph.loose_heads().into_iter().map(RevisionId::as_str).collect();
    if heads.is_empty() {
        return false;
    }
    printer.warning(&format!("there are {} heads: {}", heads.len(), heads.join(", ")));
    printer.hint(JOIN_HEADS);
    true
}

/// What the tool does not model, and what of the models will not run, beside the result.
pub(crate) fn unmodelled(printer: &mut Printer, comparison: &Comparison) {
    for line in not_modelled(comparison.not_modelled()) {
        printer.note(&Text::new().tone(Tone::Dim, &line).end());
    }
    let broken: Vec<(String, &str)> = comparison.broken().collect();
    for (what, said) in &broken {
        printer.warning(&format!("the body of {what} in the models is broken: {said}"));
    }
    if !broken.is_empty() {
        printer.hint("mend them: the server takes them as they are, and refuses them when they are used");
    }
    let unjudged: Vec<(String, &str)> = comparison.unjudged().collect();
    for (what, said) in &unjudged {
        printer.warning(&format!("{what} of the models cannot be judged here: {said}"));
    }
    if !unjudged.is_empty() {
        printer.hint("what cannot be judged is left as it is, and everything else is compared");
    }
    uncompared(printer, comparison);
}

/// Says which schemas of the models nobody looks at.
fn uncompared(printer: &mut Printer, comparison: &Comparison) {
    let names = comparison.uncompared();
    let (these, verb) = match names.len() {
        0 => return,
        1 => ("schema", "is"),
        _ => ("schemas", "are"),
    };
    let listed = |names: Vec<&str>| names.join(", ");
    let left = listed(names.iter().copied().collect());
    printer
        .warning(&format!("{these} {left} of the models {verb} not compared: what they say there counts for nothing"));
    let all = listed(comparison.schemas.iter().map(String::as_str).chain(names).collect());
    printer.hint(&format!("add to migrate.yaml: `schemas: [{all}]`"));
}

/// What a new revision does, on standard error; what may go wrong is a warning, and is
/// given back.
pub(crate) fn drafted(printer: &mut Printer, differences: &[Explained]) -> Vec<String> {
    let mut warnings = Vec::new();
    for one in differences {
        printer.note(&said(&one.operation).end());
        for remark in one.remarks() {
            printer.warning(&remark);
            warnings.push(remark);
        }
    }
    warnings
}

fn text(printer: &mut Printer, verdict: &Verdict<'_>) {
    let Pair { from, to } = verdict.sides;
    if let Some(minded) = verdict.minded() {
        printer.result(&Text::new().tone(Tone::Bad, "not in sync").plain(&format!(": {minded}")).end());
    } else if verdict.differences.is_empty() {
        let head = if verdict.at_head == Some(true) { "at head, and " } else { "" };
        let but =
            if verdict.comparison.unjudged().next().is_some() { ", but for what cannot be judged here" } else { "" };
        let rest = format!(": {head}{from} {} {to}{but}", equals(from));
        printer.result(&Text::new().tone(Tone::Good, "in sync").plain(&rest).end());
    }
    if verdict.differences.is_empty() {
        return;
    }
    for one in verdict.differences {
        printer.result(&summary(one, verdict.comparison).end());
    }
    for (name, definitions) in changed_tables(verdict).into_iter().chain(changed_objects(verdict)) {
        printer.result(&definition_diff(&name, &definitions));
    }
    let sql = sql_of_all(verdict.differences, &verdict.comparison.live, verdict.facts);
    if !sql.is_empty() {
        printer.result(&Text::new().end().tone(Tone::Dim, &format!("-- SQL that turns {from} into {to}")).end());
    }
    for sql in sql {
        printer.shown(&format!("{};\n", sql.trim_end()));
    }
    let (count, plural) = (verdict.differences.len(), if verdict.differences.len() == 1 { "" } else { "s" });
    printer.note(
        &Text::new()
            .tone(Tone::Bad, &format!("{count} difference{plural}"))
            .plain(&format!(" between {from} and {to}"))
            .end(),
    );
}

/// `+ create table orders`, and what is to be said of it.
fn summary(one: &Explained, comparison: &Comparison) -> Text {
    let rows = lines(&one.operation, comparison);
    let text = rows.iter().fold(said(&one.operation), |text, line| text.end().plain("    ").plain(line));
    one.remarks().iter().fold(text, |text, remark| {
        let tone = if one.destructive() || one.refused.is_some() { Tone::Bad } else { Tone::Careful };
        text.end().plain("    ").tone(tone, remark)
    })
}

fn said(operation: &Operation) -> Text {
    let (tone, sign) = sign(operation);
    Text::new().tone(tone, sign).plain(" ").plain(&operation.describe())
}

fn sign(operation: &Operation) -> (Tone, &'static str) {
    match operation {
        Operation::CreateSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::CreateTable(_)
        | Operation::AddColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::Object(ObjectOperation::Create(_))
        | Operation::AddConstraint { .. } => (Tone::Good, "+"),
        Operation::DropSchema { .. }
        | Operation::DropEnum { .. }
        | Operation::DropTable { .. }
        | Operation::DropColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::Object(ObjectOperation::Drop { .. })
        | Operation::DropConstraint { .. } => (Tone::Bad, "-"),
        Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(ObjectOperation::Alter { .. })
        | Operation::Sql(_)
        | Operation::Data(_) => (Tone::Careful, "~"),
    }
}

/// The tables of both sides whose definitions differ, once each.
fn changed_tables(verdict: &Verdict<'_>) -> Vec<(String, Pair<String>)> {
    let (live, desired) = (&verdict.comparison.live, &verdict.comparison.desired);
    let mut seen = BTreeSet::new();
    let named = verdict.differences.iter().filter_map(|one| one.operation.table());
    let changed = named.filter(|name| seen.insert((*name).clone())).filter_map(|name| {
        let tables = Pair::new(live.tables.get(name)?, desired.tables.get(name)?);
        let definitions = tables.map(|table| definition(table, verdict.facts));
        definitions.differs().then(|| (name.for_people(), definitions))
    });
    changed.collect()
}

/// The objects of both sides whose definitions differ, once each.
fn changed_objects(verdict: &Verdict<'_>) -> Vec<(String, Pair<String>)> {
    let (live, desired) = (&verdict.comparison.live.objects, &verdict.comparison.desired.objects);
    let ids: BTreeSet<_> = verdict
        .differences
        .iter()
        .filter_map(|one| if let Operation::Object(object) = &one.operation { Some(object.id()) } else { None })
        .collect();
    let words = verdict.facts.dialect.objects();
    let changed = ids.into_iter().filter_map(|id| {
        let texts = Pair::new(live.get(id)?, desired.get(id)?);
        let texts = texts.map(|object| words.short(&object.id, object.definition.text()));
        texts.differs().then(|| (id.for_people(), texts))
    });
    changed.collect()
}

/// A table as a model says it.
fn definition(table: &Table, facts: Context<'_>) -> String {
    let mut one = Schema::default();
    one.insert(table.clone());
    let neutral = neutralise_schema(one, facts.dialect, facts.server);
    neutral.tables.values().map(|table| crate::yaml::write(&table_tree(table))).collect()
}

fn definition_diff(name: &str, definitions: &Pair<String>) -> Text {
    let diff = TextDiff::from_lines(definitions.from.as_str(), definitions.to.as_str());
    let mut text = Text::new().end().tone(Tone::Strong, name).plain(":").end();
    for group in diff.grouped_ops(1) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (tone, sign) = match change.tag() {
                ChangeTag::Delete => (Tone::Bad, "-"),
                ChangeTag::Insert => (Tone::Good, "+"),
                ChangeTag::Equal => (Tone::Dim, " "),
            };
            text = text.tone(tone, &format!("  {sign} {}", change.value().trim_end())).end();
        }
    }
    text
}

/// The verb behind one of the two sides.
fn equals(side: &str) -> &'static str {
    if side == "the models" { "equal" } else { "equals" }
}

fn annotations(printer: &mut Printer, verdict: &Verdict<'_>) {
    for one in verdict.differences {
        let place = one.operation.table().and_then(|table| (verdict.place)(table));
        let place = place.map_or_else(String::new, |(file, line)| format!("file={},line={line},", github(&file, true)));
        let under = lines(&one.operation, verdict.comparison).into_iter().chain(one.remarks());
        let under: String = under.map(|line| format!("\n{line}")).collect();
        let message = github(&format!("{}{under}", one.operation.describe()), false);
        printer.raw(&format!("::error {place}title={}::{message}\n", github("differs from the models", true)));
    }
    if let Some(minded) = verdict.minded() {
        printer.raw(&format!("::error title=not in sync::{}\n", github(&minded, false)));
    } else if verdict.differences.is_empty() {
        let Pair { from, to } = verdict.sides;
        printer.raw(&format!("::notice title=in sync::{}\n", github(&format!("{from} {} {to}", equals(from)), false)));
    }
}

fn object(verdict: &Verdict<'_>) -> Value {
    let differences = verdict.differences.iter().map(|one| difference(one, verdict.comparison));
    let differences: Vec<Value> = differences.collect();
    let others = not_modelled(verdict.comparison.not_modelled());
    let others: Vec<&str> = others.iter().map(|line| line.strip_prefix("not modelled: ").unwrap_or(line)).collect();
    let unjudged = verdict.comparison.unjudged().map(|(what, said)| json!({ "object": what, "why": said }));
    let unjudged: Vec<Value> = unjudged.collect();
    let mut keys = vec![
        ("in_sync", json!(verdict.in_sync())),
        ("at_head", json!(verdict.at_head)),
        ("differences", json!(differences)),
        ("not_modelled", json!(others)),
    ];
    if !unjudged.is_empty() {
        keys.push(("not_judged", json!(unjudged)));
    }
    let uncompared = verdict.comparison.uncompared();
    if !uncompared.is_empty() {
        keys.push(("not_compared", json!(uncompared)));
    }
    report(keys)
}

fn difference(one: &Explained, comparison: &Comparison) -> Value {
    let operation = &one.operation;
    let mut difference = json!({
        "operation": operation.word(),
        "object": named(operation),
        "table": table_of(operation).map(Name::for_people),
        "summary": operation.describe(),
        "sql": one.sql,
        "destructive": one.destructive(),
    });
    let refused = one.refused.as_ref().map(|refused| Value::from(refused.phrase()));
    let sometimes = [("rows", json_rows(operation, comparison)), ("refused", refused)];
    if let Some(object) = difference.as_object_mut() {
        object.extend(sometimes.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
    difference
}

/// The table that it works on, or that what it works on stands on.
fn table_of(operation: &Operation) -> Option<&Name> {
    if let Operation::Object(object) = operation { object.id().table.as_ref() } else { operation.table() }
}

/// The name of what it works on: of the column, index or constraint where it is one.
fn named(operation: &Operation) -> Option<String> {
    let text = |ident: &Ident| Some(ident.as_str().to_owned());
    match operation {
        Operation::CreateSchema { name }
        | Operation::DropSchema { name }
        | Operation::DropColumn { name, .. }
        | Operation::RenameColumn { name, .. }
        | Operation::AlterColumn { name, .. }
        | Operation::DropIndex { name, .. }
        | Operation::RenameIndex { name, .. }
        | Operation::RenameConstraint { name, .. }
        | Operation::Comment { name, .. } => text(name),
        Operation::CreateEnum(made) => Some(made.name.for_people()),
        Operation::CreateTable(table) => Some(table.name.for_people()),
        Operation::DropEnum { name, .. }
        | Operation::RenameEnum { name, .. }
        | Operation::AlterEnum { name, .. }
        | Operation::DropTable { name, .. }
        | Operation::RenameTable { name, .. }
        | Operation::AlterTable { name, .. } => Some(name.for_people()),
        Operation::AddColumn { column, .. } => text(&column.name),
        Operation::CreateIndex { index, .. } => text(&index.name),
        Operation::AddConstraint { constraint, .. } => constraint.name().and_then(text),
        Operation::DropConstraint { name, .. } => name.as_ref().and_then(text),
        Operation::Object(object) => Some(object.id().name.for_people()),
        Operation::Sql(_) | Operation::Data(_) => None,
    }
}
