//! The keys under `mysql:` of tables, columns and indexes, and what they mean. Pure.

use crate::dialect::OptionsOf;

/// Keys of a table under `mysql:`.
const TABLE: &[&str] = &[
    // Storage engine, where it is not the server's default one: `Aria`.
    "engine",
    // Default character set; read only, as `collation` says it too.
    "charset",
    // Default collation, where it is not the database's.
    "collation",
    // `DYNAMIC`, `COMPRESSED`, …, where it was asked for.
    "row_format",
    // Page size of a compressed table in KiB.
    "key_block_size",
    // 1 = statistics survive a restart.
    "stats_persistent",
    // 1 = statistics are renewed by themselves.
    "stats_auto_recalc",
    // Pages that are read for statistics.
    "stats_sample_pages",
    // 1 = a checksum for every row (MyISAM, Aria).
    "checksum",
    // 1 = index pages are written late (MyISAM, Aria).
    "delay_key_write",
    // 0, 1: how keys are packed (MyISAM).
    "pack_keys",
    // 0 = not crash-safe (Aria).
    "transactional",
    // Planned rows and their length (MyISAM, Aria).
    "max_rows",
    "min_rows",
    "avg_row_length",
    // 1 = pages are compressed (MariaDB), and how hard.
    "page_compressed",
    "page_compression_level",
    // Encryption of the table (MariaDB: YES or NO, and the key's number; MySQL: `encryption`, Y or N).
    "encrypted",
    "encryption_key_id",
    "encryption",
    // Page compression of MySQL: `zlib`.
    "compression",
    // "true": the server keeps former versions of rows (MariaDB).
    "system_versioning",
    // What stands behind PARTITION BY, as the server prints it.
    "partition_by",
    // What stands behind PERIOD FOR, of an application's time (MariaDB): `` `valid` (`since`, `till`) ``.
    "period",
    // The number that the first row gets; counts only when the table is made, for later the rows say it.
    "auto_increment",
];

/// Keys of a column under `mysql:`.
const COLUMN: &[&str] = &[
    // Character set; read only, as `collation` says it too.
    "charset",
    // Collation, where it is not the table's.
    "collation",
    // `current_timestamp()`: what an UPDATE of the row sets.
    "on_update",
    // "true": `SELECT *` leaves it out.
    "invisible",
    // "true": values are compressed (MariaDB).
    "compressed",
    // Condition of a check that belongs to the column alone (MariaDB).
    "check",
    // Reference system of a spatial column (MySQL).
    "srid",
    // `start` or `end`: of the time in which the server held a version of the row to be true (MariaDB).
    "row",
    // "false": a change of this column alone makes no new version of the row (MariaDB).
    "system_versioning",
];

/// Keys of an index, and of a unique or primary key, under `mysql:`.
const INDEX: &[&str] = &[
    // "true": kept up to date, but not used (MariaDB: IGNORED, MySQL: INVISIBLE).
    "ignored",
    // Columns of a primary key as SQL, where one has a prefix or an order: `` `a`(10), `b` ``.
    "columns",
    // Of a unique or primary key: the period, of which the last two columns are, may not overlap (MariaDB).
    "without_overlaps",
    // What takes the text of a full-text index apart (MySQL): `ngram`.
    "parser",
];

/// Which keys count where.
pub(super) fn keys(of: OptionsOf) -> &'static [&'static str] {
    match of {
        OptionsOf::Table => TABLE,
        OptionsOf::Column => COLUMN,
        OptionsOf::Index => INDEX,
    }
}
