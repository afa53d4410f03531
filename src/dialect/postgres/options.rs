//! The keys under `postgres:` of tables, columns and indexes, and what they mean. Pure.
//!
//! Values are text, yes and no are `true` and `false`. Whatever is not one of the words explained here is a storage
//! parameter of the server, by its own name.

use crate::dialect::OptionsOf;

/// Options of a table:
///
/// - `unlogged`: `true` = not crash-safe, not replicated, faster
/// - `tablespace`: where it lies, if not in the database's own tablespace
/// - `access_method`: how it is stored, if not as the server's setting says; a change needs PostgreSQL 15
/// - `partition_by`: how its rows are parted, as the server prints it: `RANGE (paid_on)`
/// - `partition_of` and `partition_bound`: the table of which it is a partition, and the rows that it holds: `FROM (1) TO (10)`,
///   `IN ('a', 'b')`, `WITH (modulus 4, remainder 0)`, `DEFAULT`
/// - `inherits`: the tables whose columns it has too, with commas between
/// - `of_type`: the composite type whose attributes are its columns
/// - `replica_identity`: `full` or `nothing` = what logical replication sends of old rows, if not the primary key
/// - `row_level_security`: `true` = policies say who sees which rows; `force_row_level_security`: the owner too
/// - storage parameters: `fillfactor`, `autovacuum_…`; those of the TOAST table with `toast.` before them
const TABLE: &[&str] = &[
    "unlogged",
    "tablespace",
    "access_method",
    "partition_by",
    "partition_of",
    "partition_bound",
    "inherits",
    "of_type",
    "replica_identity",
    "row_level_security",
    "force_row_level_security",
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "autovacuum_analyze_threshold",
    "autovacuum_analyze_scale_factor",
    "user_catalog_table",
    "autovacuum_enabled",
    "autovacuum_vacuum_threshold",
    "autovacuum_vacuum_max_threshold",
    "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_insert_threshold",
    "autovacuum_vacuum_insert_scale_factor",
    "autovacuum_vacuum_cost_delay",
    "autovacuum_vacuum_cost_limit",
    "autovacuum_freeze_min_age",
    "autovacuum_freeze_max_age",
    "autovacuum_freeze_table_age",
    "autovacuum_multixact_freeze_min_age",
    "autovacuum_multixact_freeze_max_age",
    "autovacuum_multixact_freeze_table_age",
    "log_autovacuum_min_duration",
    "vacuum_index_cleanup",
    "vacuum_truncate",
    "vacuum_max_eager_freeze_failure_rate",
    "toast.autovacuum_enabled",
    "toast.autovacuum_vacuum_threshold",
    "toast.autovacuum_vacuum_max_threshold",
    "toast.autovacuum_vacuum_scale_factor",
    "toast.autovacuum_vacuum_insert_threshold",
    "toast.autovacuum_vacuum_insert_scale_factor",
    "toast.autovacuum_vacuum_cost_delay",
    "toast.autovacuum_vacuum_cost_limit",
    "toast.autovacuum_freeze_min_age",
    "toast.autovacuum_freeze_max_age",
    "toast.autovacuum_freeze_table_age",
    "toast.autovacuum_multixact_freeze_min_age",
    "toast.autovacuum_multixact_freeze_max_age",
    "toast.autovacuum_multixact_freeze_table_age",
    "toast.log_autovacuum_min_duration",
    "toast.vacuum_index_cleanup",
    "toast.vacuum_truncate",
    "toast.vacuum_max_eager_freeze_failure_rate",
];

/// Options of a column:
///
/// - `collation`: its collation, if not the type's own; `"schema"."name"` for one of another schema
/// - `storage`: `plain`, `external`, `extended` or `main`, if not the type's own
/// - `compression`: `pglz` or `lz4`, if not the server's setting (PostgreSQL 14); `default` of an heir whose parent has one
/// - `statistics`: how finely ANALYZE looks at it
/// - `not_null`: the name of its NOT NULL, if not the server's own (PostgreSQL 18)
/// - `not_null_not_valid`: `true` = rows from before its NOT NULL were not looked at; `not_null_no_inherit`: `true` = tables that
///   inherit do not have it (PostgreSQL 18)
/// - `n_distinct`, `n_distinct_inherited`: what ANALYZE is to take for the number of distinct values
const COLUMN: &[&str] = &[
    "collation",
    "storage",
    "compression",
    "statistics",
    "not_null",
    NOT_VALID,
    NO_INHERIT,
    "n_distinct",
    "n_distinct_inherited",
];

/// What a NOT NULL is beside its name.
pub(super) const NOT_VALID: &str = "not_null_not_valid";
pub(super) const NO_INHERIT: &str = "not_null_no_inherit";

/// Options of an index, of a primary key and of a unique constraint:
///
/// - `tablespace`: where it lies, if not in the database's own tablespace
/// - `clustered`: `true` = CLUSTER puts the table into this order
/// - `replica_identity`: `true` = logical replication sends its columns of old rows
/// - `exclude`: the operators of an exclusion constraint, one for each part: `=, &&`; `deferrable` of it: `immediate` or `deferred`
/// - `without_overlaps`: `true` = the last column of the key is a range, and ranges may not overlap (PostgreSQL 18)
/// - `invalid`: `true` = left over from a failed CREATE INDEX CONCURRENTLY; inspection says so, nothing renders it
/// - storage parameters: `fillfactor`, `fastupdate`, `pages_per_range`, …
const INDEX: &[&str] = &[
    "tablespace",
    "clustered",
    "replica_identity",
    "exclude",
    "deferrable",
    "without_overlaps",
    "invalid",
    "fillfactor",
    "deduplicate_items",
    "buffering",
    "fastupdate",
    "gin_pending_list_limit",
    "pages_per_range",
    "autosummarize",
];

/// The keys that may stand in files.
pub(super) fn keys(of: OptionsOf) -> &'static [&'static str] {
    match of {
        OptionsOf::Table => TABLE,
        OptionsOf::Column => COLUMN,
        OptionsOf::Index => INDEX,
    }
}

/// The keys that are said in words of their own.
const WITH_SYNTAX: [&str; 14] = [
    "unlogged",
    "tablespace",
    "access_method",
    "partition_by",
    "partition_of",
    "partition_bound",
    "inherits",
    "of_type",
    "replica_identity",
    "clustered",
    "exclude",
    "deferrable",
    "without_overlaps",
    "invalid",
];

/// Whether a key of a table or index is a storage parameter, as opposed to a word with a syntax of its own.
pub(super) fn is_parameter(key: &str) -> bool {
    !WITH_SYNTAX.contains(&key) && !key.ends_with("row_level_security")
}

/// Whether a key of a column is set by `ALTER COLUMN … SET (key = value)`.
pub(super) fn is_column_parameter(key: &str) -> bool {
    key.starts_with("n_distinct")
}
