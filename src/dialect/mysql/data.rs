//! Data steps in the words of MariaDB and MySQL. Pure.

use super::{quote, types};
use crate::dialect::data::{DataWords, Joined, KeptWords, Numbering, PIECE, Place, SideTable, compared};
use crate::schema::{Column, Name, Table, Type};
use crate::statement::{Product, ServerVersion};

/// The words of MariaDB and MySQL.
pub(super) struct MySqlData;

impl DataWords for MySqlData {
    /// `AS SELECT` takes type, length, sign and character set from the columns; indexes and AUTO_INCREMENT stay behind.
    fn side_table(&self, side: &SideTable<'_>) -> String {
        let columns =
            side.columns.iter().map(|column| match (quote::ident(&column.of.name), quote::ident(&column.name)) {
                (from, name) if from == name => from,
                (from, name) => format!("{from} AS {name}"),
            });
        let mut columns: Vec<String> = columns.collect();
        if side.is_searched {
            columns.push(format!("0 AS {PIECE}"));
        }
        let key = side.key();
        let key = (!key.is_empty()).then(|| format!("PRIMARY KEY ({})", quote::idents(&key)));
        let keys: Vec<String> = key.into_iter().chain(side.by_piece.then(|| format!("KEY ({PIECE})"))).collect();
        let key = if keys.is_empty() { String::new() } else { format!("({}) ", keys.join(", ")) };
        let (name, of) = (quote::name(&side.name), quote::name(&side.of.name));
        format!("{} {name} {key}ENGINE = InnoDB AS SELECT {} FROM {of} WHERE FALSE", side.create(), columns.join(", "))
    }

    fn rename(&self, table: &Name, to: &Name) -> Vec<String> {
        vec![format!("RENAME TABLE {} TO {}", quote::name(table), quote::name(to))]
    }

    /// Texts by their bytes: a collation takes `a` for `A`, and leaves blanks at the end out of account.
    fn same(&self, column: &Column, left: &str, right: &str) -> String {
        if is_text(column) { format!("BINARY {left} <=> BINARY {right}") } else { format!("{left} <=> {right}") }
    }

    fn is_bytes(&self, column: &Column) -> bool {
        let native = native(column).to_ascii_lowercase();
        BYTES.iter().any(|word| native.contains(word))
    }

    fn shown(&self, column: &Column, value: &str) -> String {
        if self.is_bytes(column) { format!("CONCAT('0x', HEX({value}))") } else { value.to_owned() }
    }

    fn equal(&self, left: &str, right: &str) -> String {
        format!("{left} <=> {right}")
    }

    fn update(&self, change: &Joined) -> String {
        change.update_join()
    }

    fn delete(&self, change: &Joined) -> String {
        let conditions: Vec<String> = change.on.iter().chain(&change.only).cloned().collect();
        format!("DELETE t FROM {} AS t JOIN {} AS i ON {}", change.table, change.side, conditions.join(" AND "))
    }

    fn next_key(&self, table: &Table, column: &Column, numbering: Numbering<'_>) -> String {
        let last =
            format!("(SELECT COALESCE(MAX({}), 0) FROM {})", quote::ident(&column.name), quote::name(&table.name));
        match numbering {
            Numbering::Row(place) => format!("{last} + {place}"),
            Numbering::Ordered(order) => format!("{last} + ROW_NUMBER() OVER ({})", order.trim_start()),
        }
    }

    fn gives_key(&self, _table: &Table, column: &Column) -> bool {
        column.identity.is_some()
    }

    /// `||` depends on a mode of the session.
    fn concat(&self, parts: &[&str]) -> String {
        format!("CONCAT({})", parts.join(", "))
    }

    fn place_of(&self, text: &str, part: &str) -> String {
        format!("LOCATE({part}, {text})")
    }

    /// A number in quotes would be compared as a float, a short float as a long one, the word of an enum as a text.
    fn key_literal(&self, column: &Column, value: &str) -> String {
        let native = native(column).to_ascii_lowercase();
        if native.starts_with("float") {
            return format!("CAST(CAST({value} AS double) AS CHAR)");
        }
        if native.starts_with("enum") || native.starts_with("set(") {
            return format!("CAST({value} + 0 AS CHAR)");
        }
        if NUMBERS.iter().any(|word| native.starts_with(word)) {
            return format!("CAST({value} AS CHAR)");
        }
        if BYTES.iter().any(|word| native.contains(word)) {
            return format!("CONCAT('0x', HEX({value}))");
        }
        format!("QUOTE(CAST({value} AS CHAR))")
    }

    /// The server walks a comparison of rows from the beginning of the index.
    fn behind(&self, place: &[Place<'_>]) -> String {
        compared(place, true, false)
    }

    fn up_to(&self, place: &[Place<'_>]) -> String {
        compared(place, false, true)
    }

    fn changes_by_itself(&self, column: &Column) -> bool {
        column.options.get(types::WORD, "on_update").is_some()
    }

    fn refuse(&self, table: &Table) -> Option<String> {
        let engine = table.options.get(types::WORD, "engine")?;
        let why = format!("the engine of {} is {engine}, whose rows no transaction holds", table.name.for_people());
        (!engine.eq_ignore_ascii_case("InnoDB")).then_some(why)
    }

    /// The server assigns one after the other, and the later ones would see what the earlier ones wrote.
    fn at_once(&self, update: String, columns: usize, server: ServerVersion) -> String {
        if columns < 2 || server.product != Product::MariaDb {
            return update;
        }
        format!("SET STATEMENT sql_mode = CONCAT(@@sql_mode, ',SIMULTANEOUS_ASSIGNMENT') FOR {update}")
    }

    fn sees_own_writes(&self, server: ServerVersion) -> bool {
        server.product != Product::MariaDb
    }

    /// A derived table that is merged would be the table itself.
    fn update_by_query(&self, change: &Joined) -> String {
        change.update_join().replacen("UPDATE ", "UPDATE /*+ NO_MERGE(i) */ ", 1)
    }

    fn without_keys(&self, statement: &str, server: ServerVersion) -> Option<String> {
        if server.product == Product::MariaDb {
            return Some(format!("SET STATEMENT foreign_key_checks = 0 FOR {statement}"));
        }
        Some(statement.replacen(' ', " /*+ SET_VAR(foreign_key_checks = OFF) */ ", 1))
    }

    fn sharing(&self) -> &'static str {
        " LOCK IN SHARE MODE"
    }

    fn whole_number(&self) -> &'static str {
        "SIGNED"
    }

    fn size_of(&self, value: &str) -> String {
        format!("COALESCE(LENGTH({value}), 0)")
    }
}

impl KeptWords for MySqlData {
    fn columns_of(&self, table: &Name) -> String {
        let name = quote::literal(table.name.as_str());
        format!(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = {} AND table_name = {name}",
            schema_of(table)
        )
    }

    fn age_of(&self, moment: &str) -> String {
        format!("TIMESTAMPDIFF(SECOND, {moment}, NOW())")
    }

    fn bytes_of(&self, table: &Name) -> String {
        format!(
            "SELECT data_length + index_length FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
            schema_of(table),
            quote::literal(table.name.as_str())
        )
    }
}

/// The schema of a table, as an expression.
fn schema_of(table: &Name) -> String {
    table.schema.as_ref().map_or("DATABASE()".to_owned(), |schema| quote::literal(schema.as_str()))
}

const NUMBERS: [&str; 12] = [
    "int",
    "bigint",
    "smallint",
    "mediumint",
    "tinyint",
    "decimal",
    "numeric",
    "float",
    "double",
    "year",
    "real",
    "fixed",
];
const BYTES: [&str; 3] = ["blob", "binary", "bit"];
const TEXTS: [&str; 5] = ["char", "text", "enum", "set(", "json"];

fn native(column: &Column) -> &str {
    match &column.ty {
        Type::Native(native) => native,
        Type::Neutral(_) => "",
    }
}

fn is_text(column: &Column) -> bool {
    let native = native(column).to_ascii_lowercase();
    TEXTS.iter().any(|word| native.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_either_product() {
        let maria = ServerVersion::new(Product::MariaDb, 11, 8, 0);
        let mysql = ServerVersion::new(Product::MySql, 9, 7, 0);
        let swap = Joined {
            table: "`t`".to_owned(),
            side: "(SELECT `id`, b AS `n_a`, a AS `n_b` FROM `t`)".to_owned(),
            set: vec![("`a`".to_owned(), "i.`n_a`".to_owned()), ("`b`".to_owned(), "i.`n_b`".to_owned())],
            on: vec!["t.`id` = i.`id`".to_owned()],
            ..Joined::default()
        };
        assert!(MySqlData.sees_own_writes(mysql) && !MySqlData.sees_own_writes(maria));
        assert_eq!(
            MySqlData.update_by_query(&swap),
            "UPDATE /*+ NO_MERGE(i) */ `t` AS t JOIN (SELECT `id`, b AS `n_a`, a AS `n_b` FROM `t`) AS i \
             ON t.`id` = i.`id` SET t.`a` = i.`n_a`, t.`b` = i.`n_b`"
        );
        let insert = "INSERT INTO `t` (`id`) SELECT 1";
        assert_eq!(
            MySqlData.without_keys(insert, maria).unwrap(),
            "SET STATEMENT foreign_key_checks = 0 FOR INSERT INTO `t` (`id`) SELECT 1"
        );
        assert_eq!(
            MySqlData.without_keys(insert, mysql).unwrap(),
            "INSERT /*+ SET_VAR(foreign_key_checks = OFF) */ INTO `t` (`id`) SELECT 1"
        );
    }
}
