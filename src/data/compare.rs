//! How wanted rows are laid beside those of a table: in a temporary table with the types of the columns, so that the server
//! says what a value means and when two are alike.

use super::image::Image;
use super::rows::{AT_ONCE, texts};
use super::site::Site;
use crate::dialect::Dialect;
use crate::dialect::data::{PIECE, SideTable};
use crate::error::Result;
use crate::ops::{Value, WrittenRow};
use crate::schema::{Column, Expr, Ident, Name, Table};

/// The temporary table.
const BESIDE: &str = "migrate_rows";

/// How many rows that nobody wants are read.
const MOST: usize = 10_000;

/// The statements of one comparison, in their order; all of them end in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Questions {
    /// Opens the transaction that is rolled back at the end, where that takes the table away.
    pub(crate) begin: &'static str,
    /// Makes the table.
    pub(crate) make: Vec<String>,
    /// Puts the wanted rows in.
    pub(crate) fill: Vec<String>,
    /// The same, each row alone: to find the one that the server refuses.
    pub(crate) one_by_one: Vec<String>,
    /// For each row that is missing or differs: its number, 1 where it is missing; then of each column 1 where it
    /// differs, the wanted value and the found one.
    pub(crate) differing: String,
    /// The keys of rows that nobody wants, then all other columns of theirs.
    pub(crate) others: String,
    /// The columns that `others` gives.
    pub(crate) columns_of_others: Vec<Ident>,
    pub(crate) drop: String,
}

/// What to ask about rows: columns of the table as it is, and of each row a text for each of them, the key first.
pub(crate) fn questions(
    site: &Site<'_>,
    table: &Table,
    (key, columns): (&[&Column], &[&Column]),
    rows: &[Vec<String>],
) -> Questions {
    let beside = Image::wanted(Name::own(BESIDE), table, key, columns);
    let side = SideTable { is_searched: true, is_temporary: true, ..beside.side() };
    let words = site.words();
    let mut numbered: Vec<String> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        numbered.push(format!("({}, {number})", row.join(", ")));
    }
    let (name, names) = (site.quoted(&beside.name), site.list(beside.all()));
    let insert = |rows: &[String]| format!("INSERT INTO {name} ({names}, {PIECE}) VALUES {}", rows.join(", "));
    let (on, of) = (beside.on(site).join(" AND "), site.quoted(&table.name));
    let missing =
        |alias: &str| key.first().map(|key| format!("{} IS NULL", site.of(alias, &key.name))).unwrap_or_default();
    let mut shown = vec![format!("i.{PIECE}"), format!("CASE WHEN {} THEN 1 ELSE 0 END", missing("t"))];
    let mut alike = Vec::new();
    for column in columns {
        let (wanted, found) = (site.of("i", &column.name), site.of("t", &column.name));
        let same = words.alike(column, &found, &wanted);
        let differs = format!("CASE WHEN {same} THEN 0 ELSE 1 END");
        shown.extend([differs, words.shown(column, &wanted), words.shown(column, &found)]);
        alike.push(same);
    }
    let differs = if alike.is_empty() { String::new() } else { format!(" OR NOT ({})", alike.join(" AND ")) };
    let rest = site.stored(table).into_iter().filter(|column| !key.iter().any(|key| key.name == column.name));
    let of_others: Vec<&Column> = key.iter().copied().chain(rest).collect();
    let all = of_others.iter().map(|column| words.shown(column, &site.of("t", &column.name)));
    let all = all.collect::<Vec<_>>().join(", ");
    let order = key.iter().map(|column| site.of("t", &column.name)).collect::<Vec<_>>().join(", ");
    Questions {
        begin: "BEGIN",
        make: std::iter::once(words.side_table(&side)).chain(words.search(&side)).collect(),
        fill: numbered.chunks(AT_ONCE).map(insert).collect(),
        one_by_one: numbered.chunks(1).map(insert).collect(),
        differing: format!(
            "SELECT {} FROM {name} AS i LEFT JOIN {of} AS t ON {on} WHERE {}{differs} ORDER BY i.{PIECE}",
            shown.join(", "),
            missing("t")
        ),
        others: format!(
            "SELECT {all} FROM {of} AS t LEFT JOIN {name} AS i ON {on} WHERE {} ORDER BY {order} LIMIT {}",
            missing("i"),
            MOST + 1
        ),
        columns_of_others: of_others.into_iter().map(|column| column.name.clone()).collect(),
        drop: format!("DROP TEMPORARY TABLE IF EXISTS {name}"),
    }
}

/// Whether `others` gave more rows than are looked at.
pub(crate) fn too_many(others: usize) -> bool {
    others > MOST
}

/// Rows of a model as SQL: a text for each of these columns of its table.
pub(crate) fn literals(site: &Site<'_>, columns: &[&Column], row: &WrittenRow) -> Result<Vec<String>> {
    Ok(texts(site, columns, std::slice::from_ref(row))?.into_iter().flatten().collect())
}

/// A value that was found, as it stands in a file.
pub(crate) fn found(dialect: &dyn Dialect, column: &Column, text: Option<&str>) -> Value {
    match text {
        None => Value::Null,
        Some(text) if dialect.data().is_bytes(column) => Value::Sql(Expr::Same(text.to_owned())),
        Some(text) => Value::Literal(text.to_owned()),
    }
}
