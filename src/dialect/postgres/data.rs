//! Data steps in the words of PostgreSQL. Pure.

use super::{quote, types};
use crate::dialect::data::{DataWords, Joined, KeptWords, Numbering, PIECE, SideTable};
use crate::schema::{Column, Ident, Name, Table, Type};

/// The words of PostgreSQL.
pub(super) struct PostgresData;

impl DataWords for PostgresData {
    /// The types of the columns themselves, with their lengths; no default, no constraint.
    fn side_table(&self, side: &SideTable<'_>) -> String {
        let columns =
            side.columns.iter().map(|column| match (quote::quote(&column.of.name), quote::quote(&column.name)) {
                (from, name) if from == name => from,
                (from, name) => format!("{from} AS {name}"),
            });
        let (name, of) = (quote::qualified(&side.name), quote::qualified(&side.of.name));
        let piece = side.is_searched.then(|| format!("0 AS {PIECE}"));
        let made = columns.chain(piece).collect::<Vec<_>>().join(", ");
        format!("{} {name} AS SELECT {made} FROM {of} WITH NO DATA", side.create())
    }

    fn search(&self, side: &SideTable<'_>) -> Vec<String> {
        let (key, name) = (quote::list(&side.key()), quote::qualified(&side.name));
        let index = quote::quote(&Ident::from(format!("{}_piece", side.name.name.as_str())));
        let by_key = side.is_searched.then(|| format!("ALTER TABLE {name} ADD PRIMARY KEY ({key})"));
        let by_piece = side.by_piece.then(|| format!("CREATE INDEX {index} ON {name} ({PIECE})"));
        by_key.into_iter().chain(by_piece).collect()
    }

    /// An index keeps its name, which the next table needs; a primary key is named anew by the server.
    fn rename(&self, table: &Name, to: &Name) -> Vec<String> {
        let index = table.sibling(Ident::from(format!("{}_piece", table.name.as_str())));
        let rename = format!("ALTER TABLE {} RENAME TO {}", quote::qualified(table), quote::quote(&to.name));
        vec![format!("DROP INDEX IF EXISTS {}", quote::qualified(&index)), rename]
    }

    /// Not while somebody else counts or cleans it: nothing is waited for. Who does not own it only gets a warning.
    fn count(&self, table: &Name) -> Option<String> {
        let table = &quote::qualified(table);
        let never = format!(
            "SELECT reltuples < 0 OR relpages = 0 FROM pg_catalog.pg_class WHERE oid = {}::pg_catalog.regclass",
            quote::literal(table)
        );
        let body = format!("BEGIN IF ({never}) THEN ANALYZE (SKIP_LOCKED) {table}; END IF; END");
        Some(format!("DO {}", quote::literal(&body)))
    }

    /// By the bytes of the values: types without an equality have those too. Those of a type of the user's by their text,
    /// which stays when the type goes.
    fn same(&self, column: &Column, left: &str, right: &str) -> String {
        if foreign_type(column).is_some() {
            return format!("({left})::text IS NOT DISTINCT FROM ({right})::text");
        }
        format!("ROW({left})::record OPERATOR(pg_catalog.*=) ROW({right})::record")
    }

    /// Numbers may be written with more zeros than they have.
    fn alike(&self, column: &Column, left: &str, right: &str) -> String {
        let native = match &column.ty {
            Type::Native(native) => native.as_str(),
            Type::Neutral(_) => "",
        };
        let is_number = native.starts_with("numeric") || native == "jsonb";
        if is_number { self.equal(left, right) } else { self.same(column, left, right) }
    }

    fn equal(&self, left: &str, right: &str) -> String {
        format!("{left} IS NOT DISTINCT FROM {right}")
    }

    fn update(&self, change: &Joined) -> String {
        change.update_from()
    }

    fn delete(&self, change: &Joined) -> String {
        let conditions: Vec<String> = change.on.iter().chain(&change.only).cloned().collect();
        format!("DELETE FROM {} AS t USING {} AS i WHERE {}", change.table, change.side, conditions.join(" AND "))
    }

    fn hold_table(&self, table: &str) -> Option<String> {
        Some(format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    }

    fn locking(&self) -> &'static str {
        " FOR UPDATE"
    }

    fn overriding(&self) -> &'static str {
        "OVERRIDING SYSTEM VALUE "
    }

    /// Volatile expressions are computed behind the sorting.
    fn next_key(&self, table: &Table, column: &Column, _numbering: Numbering<'_>) -> String {
        let table = quote::literal(&quote::qualified(&table.name));
        format!("nextval(pg_get_serial_sequence({table}, {}))", quote::literal(column.name.as_str()))
    }

    /// Never back: other sessions may have taken numbers already.
    fn go_on(&self, table: &Table, column: &Column) -> Option<String> {
        column.identity.as_ref()?;
        let (named, quoted) = (quote::qualified(&table.name), quote::quote(&column.name));
        let (of, part) = (quote::literal(&named), quote::literal(column.name.as_str()));
        Some(format!(
            "SELECT pg_catalog.setval(s.id, t.last) FROM (SELECT max({quoted}) AS last FROM {named}) AS t, \
             (SELECT pg_catalog.pg_get_serial_sequence({of}, {part})::regclass AS id) AS s \
             JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = s.id WHERE q.seqincrement > 0 \
             AND t.last >= CASE WHEN pg_catalog.pg_sequence_last_value(s.id) IS NULL THEN q.seqstart \
             ELSE pg_catalog.pg_sequence_last_value(s.id) + 1 END"
        ))
    }

    fn gives_key(&self, _table: &Table, column: &Column) -> bool {
        column.identity.is_some()
    }

    fn concat(&self, parts: &[&str]) -> String {
        parts.join(" || ")
    }

    fn place_of(&self, text: &str, part: &str) -> String {
        format!("strpos({text}, {part})")
    }

    fn key_literal(&self, column: &Column, value: &str) -> String {
        match &column.ty {
            Type::Native(native) => {
                format!("quote_literal({value}::text) || {}", quote::literal(&format!("::{native}")))
            }
            Type::Neutral(_) => format!("quote_literal({value}::text)"),
        }
    }

    fn kept(&self, column: &Column, value: String) -> String {
        foreign_type(column).map_or(value.clone(), |native| format!("{value}::{native}"))
    }

    fn nothing(&self, column: &Column) -> String {
        match &column.ty {
            Type::Native(native) => format!("NULL::{native}"),
            Type::Neutral(_) => "NULL".to_owned(),
        }
    }

    fn size_of(&self, value: &str) -> String {
        format!("COALESCE(pg_column_size({value}), 0)")
    }
}

/// The type of a column, where that may be one of the user's.
fn foreign_type(column: &Column) -> Option<&str> {
    match &column.ty {
        Type::Native(native) => types::neutral_type(native).is_none().then_some(native.as_str()),
        Type::Neutral(_) => None,
    }
}

impl KeptWords for PostgresData {
    fn columns_of(&self, table: &Name) -> String {
        let table = quote::literal(&quote::qualified(table));
        format!(
            "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass({table}) \
             AND attnum > 0 AND NOT attisdropped"
        )
    }

    fn age_of(&self, moment: &str) -> String {
        format!("EXTRACT(EPOCH FROM clock_timestamp() - {moment})::bigint")
    }

    /// With those of its partitions.
    fn bytes_of(&self, table: &Name) -> String {
        let table = quote::literal(&quote::qualified(table));
        format!(
            "SELECT pg_total_relation_size({table}::regclass) + COALESCE((SELECT SUM(pg_total_relation_size(relid)) \
             FROM pg_partition_tree({table}::regclass) WHERE relid <> {table}::regclass), 0)::bigint"
        )
    }
}
