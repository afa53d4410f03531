//! Keys under `sqlite:` in files. Pure: no I/O.

use crate::dialect::OptionsOf;

/// The word under which options stand.
pub(super) const WORD: &str = "sqlite";

/// Keys of a table under `sqlite:`.
const TABLE_OPTIONS: &[&str] = &[
    // "true": values must be of the column's type.
    "strict",
    // "true": rows are kept in the order of the primary key.
    "without_rowid",
];

/// Keys of a column under `sqlite:`.
const COLUMN_OPTIONS: &[&str] = &[
    // Collation, where it is not BINARY: `NOCASE`.
    "collate",
    // "true": a key is never given out twice.
    "autoincrement",
    // What becomes of a row with a NULL, where it is not `abort`: `ignore`, `replace`, `fail`, `rollback`.
    "not_null_on_conflict",
];

/// Keys of a primary or unique key under `sqlite:`; an index has none.
const INDEX_OPTIONS: &[&str] = &[
    // What becomes of a row that is there already, where it is not `abort`.
    "on_conflict",
    // `asc, desc`: an order for each column, where one descends.
    "order",
    // `NOCASE, BINARY`: a collation for each column, where one is not the column's own.
    "collate",
];

/// Which keys count where.
pub(super) fn option_keys(of: OptionsOf) -> &'static [&'static str] {
    match of {
        OptionsOf::Table => TABLE_OPTIONS,
        OptionsOf::Column => COLUMN_OPTIONS,
        OptionsOf::Index => INDEX_OPTIONS,
    }
}
