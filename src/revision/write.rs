//! Writing revision files. What is written is read back as the same revision: the property test holds it to that.

use crate::format::operation_tree;
use crate::ops::Operation;
use crate::revision::Header;
use crate::yaml::{Tree, write};

/// What goes into a new file beside its header.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Each with the lines to put above it as a comment: hazards, and renames that were found by likeness.
    pub(crate) upgrade: Vec<(Operation, Vec<String>)>,
    /// `Err` holds why there is no way back.
    pub(crate) downgrade: Option<Result<Vec<Operation>, String>>,
    /// Lines of comment at the top.
    pub(crate) notes: Vec<String>,
}

/// The text of a YAML revision.
pub(crate) fn yaml(header: &Header, draft: &Draft) -> String {
    let ids = |ids: &[crate::graph::RevisionId]| match ids {
        [] => Tree::null(),
        [one] => Tree::text(one.as_str()),
        many => Tree::texts(many.iter().map(crate::graph::RevisionId::as_str)),
    };
    let mut entries = vec![
        ("revision".to_owned(), Tree::text(header.revision.as_str())),
        ("down_revision".to_owned(), ids(&header.down_revision)),
        ("branch_labels".to_owned(), Tree::texts(header.branch_labels.clone())),
        ("depends_on".to_owned(), Tree::texts(header.depends_on.clone())),
        ("message".to_owned(), Tree::text(header.message.as_str())),
    ];
    entries.extend(header.created.iter().map(|at| ("created".to_owned(), Tree::Bare(at.clone()))));
    entries.extend(header.dialect.iter().map(|word| ("dialect".to_owned(), Tree::text(word.as_str()))));
    entries.extend(header.baseline.then(|| ("baseline".to_owned(), Tree::Bare("true".to_owned()))));
    let head = write(&Tree::Map(entries));
    let items = |list: &[(Operation, Vec<String>)]| {
        let item = |(operation, notes): &(Operation, Vec<String>)| operation_tree(operation).noted(notes.join("\n"));
        Tree::List(list.iter().map(item).collect())
    };
    let mut body = vec![("upgrade".to_owned(), items(&draft.upgrade))];
    match &draft.downgrade {
        None => {}
        Some(Ok(operations)) => {
            let tree = Tree::List(operations.iter().map(operation_tree).collect());
            body.push(("downgrade".to_owned(), tree));
        }
        Some(Err(why)) => {
            let tree = Tree::FlowMap(vec![("irreversible".to_owned(), Tree::text(why.as_str()))]);
            body.push(("downgrade".to_owned(), tree));
        }
    }
    let notes: String = draft.notes.iter().map(|line| format!("# {}\n", plain(line))).collect();
    format!("{notes}{head}\n{}", write(&Tree::Map(body)))
}

/// One direction of a SQL revision.
pub(crate) struct Half<'t> {
    /// Statements with their terminators.
    pub(crate) text: &'t str,
    /// It runs outside a transaction.
    pub(crate) outside: bool,
}

/// The text of a SQL revision; `up` and `down` are statements with their terminators.
pub(crate) fn sql(header: &Header, up: &str, down: Option<&str>) -> String {
    sql_noted(header, &[], up, down)
}

/// The same with lines of comment at the top.
pub(crate) fn sql_noted(header: &Header, notes: &[String], up: &str, down: Option<&str>) -> String {
    // A dash in front: no comment can be read as a key of the header.
    let notes: String = notes.iter().map(|line| format!("-- - {}\n", plain(line))).collect();
    let half = |text| Half { text, outside: false };
    format!("{notes}{}", sql_halves(header, &half(up), down.map(half).as_ref()))
}

/// The text of a SQL revision whose halves may run outside a transaction.
pub(crate) fn sql_halves(header: &Header, up: &Half<'_>, down: Option<&Half<'_>>) -> String {
    let ids = |ids: &[crate::graph::RevisionId]| {
        ids.iter().map(crate::graph::RevisionId::as_str).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![
        format!("-- revision: {}", header.revision.as_str()),
        format!("-- down_revision: {}", ids(&header.down_revision)),
        format!("-- branch_labels: {}", header.branch_labels.join(", ")),
        format!("-- depends_on: {}", header.depends_on.join(", ")),
        format!("-- message: {}", plain(&header.message)),
    ];
    lines.extend(header.created.iter().map(|at| format!("-- created: {at}")));
    lines.extend(header.dialect.iter().map(|word| format!("-- dialect: {word}")));
    lines.extend(header.baseline.then(|| "-- baseline: true".to_owned()));
    let head: String = lines.iter().map(|line| format!("{}\n", line.trim_end())).collect();
    let half = |word: &str, half: &Half<'_>| {
        let outside = if half.outside { " transaction:none" } else { "" };
        format!("\n-- migrate:{word}{outside}\n{}", half.text)
    };
    format!("{head}{}{}", half("up", up), down.map_or(String::new(), |down| half("down", down)))
}

/// One line without control characters: nothing in a message can begin a line of its own.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
