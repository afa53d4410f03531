//! Data steps in the words of SQLite. Pure.

use super::{place, quote};
use crate::dialect::data::{DataWords, Joined, KeptWords, Numbering, PIECE, Role, SideColumn, SideTable};
use crate::schema::{Column, Ident, Name, Table, Type};

/// The words of SQLite.
pub(super) struct SqliteData;

impl DataWords for SqliteData {
    /// A column without a type keeps every value as it was stored; what shall be there takes the column's own type, whose
    /// conversions it is to meet. `WITHOUT ROWID` refuses a key that is NULL.
    fn side_table(&self, side: &SideTable<'_>) -> String {
        let key = side.key();
        let is_number =
            key.len() == 1 && side.columns.iter().any(|column| column.role == Role::Key && is_rowid(column.of));
        let columns = side.columns.iter().map(|column| column_text(column, is_number));
        let mut parts: Vec<String> = columns.collect();
        if side.is_searched {
            parts.push(format!("{PIECE} INTEGER"));
        }
        let mut tail = "";
        if !key.is_empty() && !is_number {
            parts.push(format!("PRIMARY KEY ({})", quote::idents(&key)));
            tail = " WITHOUT ROWID";
        }
        format!("{} {} ({}){tail}", side.create(), quote::name(&side.name), parts.join(", "))
    }

    /// A copy: RENAME refuses where any view of the database cannot be read.
    fn rename(&self, table: &Name, to: &Name) -> Vec<String> {
        let (table, to) = (quote::name(table), quote::name(to));
        vec![format!("CREATE TABLE {to} AS SELECT * FROM {table}"), format!("DROP TABLE {table}")]
    }

    fn search(&self, side: &SideTable<'_>) -> Vec<String> {
        let index = Ident::from(format!("{}_piece", side.name.name.as_str()));
        let (index, table) = (place::beside(&side.name, &index), quote::ident(&side.name.name));
        let create = || format!("CREATE INDEX {index} ON {table} ({PIECE})");
        side.by_piece.then(create).into_iter().collect()
    }

    fn same(&self, _column: &Column, left: &str, right: &str) -> String {
        format!("({left} IS {right} COLLATE BINARY AND typeof({left}) = typeof({right}))")
    }

    fn is_bytes(&self, column: &Column) -> bool {
        native(column).is_empty() || native(column).to_ascii_uppercase().contains("BLOB")
    }

    fn shown(&self, column: &Column, value: &str) -> String {
        if self.is_bytes(column) {
            return format!("CASE WHEN {value} IS NOT NULL THEN quote({value}) END");
        }
        format!("CASE typeof({value}) WHEN 'blob' THEN quote({value}) ELSE {value} END")
    }

    fn equal(&self, left: &str, right: &str) -> String {
        format!("{left} IS {right}")
    }

    fn update(&self, change: &Joined) -> String {
        change.update_from()
    }

    fn delete(&self, change: &Joined) -> String {
        change.delete_named()
    }

    fn next_key(&self, table: &Table, column: &Column, numbering: Numbering<'_>) -> String {
        let (name, key) = (quote::name(&table.name), quote::ident(&column.name));
        let mut last = format!("SELECT COALESCE(MAX({key}), 0) FROM {name}");
        if column.options.get("sqlite", "autoincrement").is_some()
            || table.options.get("sqlite", "autoincrement").is_some()
        {
            let sequence = quote::literal(table.name.name.as_str());
            let counts = place::own_table(&table.name, "sqlite_sequence");
            let given = format!("SELECT COALESCE(MAX(seq), 0) FROM {counts} WHERE name = {sequence}");
            last = format!("SELECT MAX(({last}), ({given}))");
        }
        match numbering {
            Numbering::Row(place) => format!("({last}) + {place}"),
            Numbering::Ordered(order) => format!("({last}) + ROW_NUMBER() OVER ({})", order.trim_start()),
        }
    }

    fn gives_key(&self, _table: &Table, column: &Column) -> bool {
        is_rowid(column) || column.identity.is_some()
    }

    fn concat(&self, parts: &[&str]) -> String {
        parts.join(" || ")
    }

    fn place_of(&self, text: &str, part: &str) -> String {
        format!("instr({text}, {part})")
    }

    fn key_literal(&self, _column: &Column, value: &str) -> String {
        format!("quote({value})")
    }

    fn size_of(&self, value: &str) -> String {
        format!("COALESCE(LENGTH(CAST({value} AS BLOB)), 0)")
    }
}

impl KeptWords for SqliteData {
    fn columns_of(&self, table: &Name) -> String {
        let (table, file) = (quote::literal(table.name.as_str()), place::argument(table));
        format!("SELECT name FROM pragma_table_info({table}{file})")
    }

    fn age_of(&self, moment: &str) -> String {
        format!("CAST((julianday('now') - julianday({moment})) * 86400 AS INTEGER)")
    }

    /// Of the whole file: the library is built without the table that would tell more.
    fn bytes_of(&self, table: &Name) -> String {
        let file = table.schema.as_ref().map_or_else(String::new, |file| quote::literal(file.as_str()));
        format!("SELECT page_count * page_size FROM pragma_page_count({file}), pragma_page_size({file})")
    }
}

fn native(column: &Column) -> &str {
    match &column.ty {
        Type::Native(native) => native,
        Type::Neutral(_) => "",
    }
}

/// Whether the column, alone in a key, may be the row's own number.
fn is_rowid(column: &Column) -> bool {
    native(column).eq_ignore_ascii_case("INTEGER")
}

/// With the column's collation: a key is looked for in both tables, and goes in one order through both.
fn column_text(column: &SideColumn<'_>, is_number: bool) -> String {
    let name = quote::ident(&Ident::from(column.name.as_str()));
    let collation = column.of.options.get("sqlite", "collate");
    let collation = collation.map(|name| format!(" COLLATE {}", quote::ident(&Ident::from(name)))).unwrap_or_default();
    match (column.role, native(column.of)) {
        (Role::Key, _) if is_number => format!("{name} INTEGER PRIMARY KEY"),
        (Role::Key | Role::After, native) if !native.eq_ignore_ascii_case("ANY") && !native.is_empty() => {
            format!("{name} {native}{collation}")
        }
        (Role::Key | Role::Before | Role::After, _) => format!("{name}{collation}"),
    }
}
