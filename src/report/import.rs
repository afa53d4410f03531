//! What `migrate import` wrote, and what it leaves to a person.

use serde_json::json;

use crate::import::Text as Revision;
use crate::report::json::report;
use crate::report::printer::Printer;
use crate::report::text::Text;

/// How many revisions are named one by one.
const MANY: usize = 10;

/// An import that was done, or would be.
pub(crate) struct Imported<'a> {
    /// Names in the new project.
    pub(crate) files: &'a [String],
    pub(crate) texts: &'a [Revision],
    /// Why Alembic gave no bodies, or not all.
    pub(crate) failure: Option<&'a str>,
    pub(crate) dry_run: bool,
}

/// Prints the outcome; what is left to a person is a warning.
pub(crate) fn imported(printer: &mut Printer, imported: &Imported<'_>) {
    if printer.is_json() {
        let revisions = imported.texts.iter().map(|text| {
            json!({
                "revision": text.revision.as_str(),
                "by_name_only": text.is_named_only,
                "upgrade_left": text.up_left,
                "downgrade_left": text.down_left,
            })
        });
        let revisions: Vec<_> = revisions.collect();
        printer.json(&report([
            ("files", json!(imported.files)),
            ("revisions", json!(revisions)),
            ("failure", json!(imported.failure)),
            ("dry_run", json!(imported.dry_run)),
        ]));
        return;
    }
    let verb = if imported.dry_run { "Would write" } else { "Writing" };
    let (versions, others): (Vec<&String>, Vec<&String>) =
        imported.files.iter().partition(|name| name.starts_with("versions/"));
    for name in others {
        printer.status(verb, Text::of(name));
    }
    match versions.as_slice() {
        few if few.len() <= MANY => few.iter().for_each(|name| printer.status(verb, Text::of(name))),
        many => printer.status(verb, Text::of(&format!("{} revisions in versions/", many.len()))),
    }
    let named = imported.texts.iter().filter(|text| text.is_named_only).count();
    if named > 0 {
        let plural = if named == 1 { "" } else { "s" };
        printer.status("Keeping", Text::of(&format!("{named} revision{plural} by name: the baseline stands for them")));
    }
    if let Some(failure) = imported.failure {
        printer.warning(&format!("Alembic gave no SQL: {failure}"));
    }
    left(printer, imported, "upgrade", |text| text.up_left.as_deref());
    left(printer, imported, "downgrade", |text| text.down_left.as_deref());
}

fn left(printer: &mut Printer, imported: &Imported<'_>, what: &str, why: impl Fn(&Revision) -> Option<&str>) {
    let left: Vec<(&str, &str)> =
        imported.texts.iter().filter_map(|text| Some((text.revision.as_str(), why(text)?))).collect();
    if left.is_empty() {
        return;
    }
    let plural = if left.len() == 1 { "" } else { "s" };
    let count = left.len();
    printer.warning(&format!("left to you: the {what} of {count} revision{plural}, see `-- migrate:manual` there"));
    if imported.failure.is_none() {
        for (id, why) in left.iter().take(MANY) {
            printer.note(&Text::of(&format!("  {id}: {why}")).end());
        }
        if left.len() > MANY {
            printer.note(&Text::of(&format!("  and {} more", left.len() - MANY)).end());
        }
    }
}
