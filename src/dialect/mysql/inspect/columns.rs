//! Rows of `information_schema.columns` → columns. Pure: no I/O.

use super::Place;
use super::tables::Growing;
use crate::db::Row;
use crate::dialect::mysql::quote;
use crate::dialect::mysql::types::{Sort, WORD};
use crate::error::Result;
use crate::schema::{Column, Default, Expr, Generated, Identity, IdentityMode, SortedMap, Type};

/// The mark of a compressed column in MariaDB's type.
const COMPRESSED: &str = " /*M!100301 COMPRESSED*/";

/// Table, column, ordinal, default, is nullable, type, collation, extra, comment, generation expression, and on MySQL the
/// reference system.
pub(super) fn column(row: &Row, growing: &Growing, place: &Place) -> Result<Column> {
    let name = row.required(1)?;
    let printed = row.required(5)?;
    let (native, compressed) = match printed.split_once(COMPRESSED) {
        Some((head, tail)) => (format!("{head}{tail}"), true),
        None => (printed.to_owned(), false),
    };
    let extra = Extra::read(row.text(7).unwrap_or_default());
    let collation = row.text(6).filter(|collation| !collation.is_empty());
    let default = default(row.text(3), &native, &extra, place);
    let mut column = Column::new(name, Type::Native(native));
    let mut set = |key: &str, value: &str| column.options.set(WORD, key, value);
    collation.filter(|collation| *collation != growing.collation).into_iter().for_each(|it| set("collation", it));
    if compressed {
        set("compressed", "true");
    }
    if extra.invisible {
        set("invisible", "true");
    }
    extra.on_update.iter().for_each(|moment| set("on_update", moment));
    let row_end = end_of_row(row);
    row_end.into_iter().for_each(|end| set("row", end));
    if extra.unversioned && growing.is_versioned() {
        set("system_versioning", "false");
    }
    row.text(10).into_iter().for_each(|srid| set("srid", srid));
    column.nullable = row.bool(4)?;
    column.comment = row.text(8).filter(|comment| !comment.is_empty()).map(str::to_owned);
    column.identity =
        extra.auto_increment.then(|| Identity { mode: IdentityMode::ByDefault, options: SortedMap::new() });
    let expression = row.text(9).filter(|text| !text.is_empty() && row_end.is_none());
    column.generated = expression.map(|text| {
        let text = if place.mariadb() { text.to_owned() } else { quote::without_catalog_escapes(text) };
        Generated { expr: Expr::Same(text), stored: extra.stored }
    });
    if column.generated.is_none() {
        column.default = default.map(|text| Default::Sql(Expr::Same(text)));
    }
    Ok(column)
}

/// Gives a column the check that belongs to it; with one of them longtext is what MariaDB makes of `json`. `usual`: the
/// collation of the table.
pub(super) fn set_check(column: &mut Column, check: String, usual: &str) {
    let collation = column.options.get(WORD, "collation").unwrap_or(usual);
    let Type::Native(native) = &column.ty else { return };
    if is_json(column.name.as_str(), native, Some(collation), Some(&check)) {
        column.ty = Type::Native("json".to_owned());
        column.options.remove(WORD, "collation");
    } else {
        column.options.set(WORD, "check", check);
    }
}

/// Which end of the time of a version the column holds.
fn end_of_row(row: &Row) -> Option<&'static str> {
    match row.text(9) {
        Some("ROW START") => Some("start"),
        Some("ROW END") => Some("end"),
        _ => None,
    }
}

/// What MariaDB makes of `json`: a longtext of its own collation with a check.
fn is_json(name: &str, native: &str, collation: Option<&str>, check: Option<&str>) -> bool {
    native == "longtext"
        && collation == Some("utf8mb4_bin")
        && check.is_some_and(|check| check == format!("json_valid({})", quote::ident(&name.into())))
}

/// The default in SQL; None also for DEFAULT NULL.
fn default(printed: Option<&str>, native: &str, extra: &Extra, place: &Place) -> Option<String> {
    let printed = printed?;
    if place.mariadb() {
        // A text that is NULL has quotes.
        return (printed != "NULL").then(|| without_own(printed, &place.own));
    }
    let lower = printed.to_lowercase();
    let is_now = lower.starts_with("current_timestamp");
    let text = match extra.default_generated {
        true if is_now => printed.to_owned(),
        true => format!("({})", quote::without_catalog_escapes(printed)),
        false if is_now && matches!(Sort::of(native), Sort::Moment { .. }) => printed.to_owned(),
        false if Sort::of(native).is_number() || matches!(Sort::of(native), Sort::Bit(_)) => printed.to_owned(),
        false if matches!(Sort::of(native), Sort::Bytes { .. }) && lower.starts_with("0x") => printed.to_owned(),
        false => quote::literal(printed),
    };
    Some(text)
}

/// A sequence of the own database is named without it, so that the text means the same in a scratch place.
fn without_own(default: &str, own: &str) -> String {
    let lower = default.to_lowercase();
    if !lower.starts_with("nextval(") && !lower.starts_with("lastval(") {
        return default.to_owned();
    }
    default.replace(&format!("{}.", quote::ident(&own.into())), "")
}

/// The column EXTRA, which both products fill with words of their own.
#[derive(Debug, Default, PartialEq, Eq)]
struct Extra {
    auto_increment: bool,
    invisible: bool,
    stored: bool,
    /// MariaDB: a change of it alone makes no new version of the row.
    unversioned: bool,
    /// MySQL: the default is an expression.
    default_generated: bool,
    on_update: Option<String>,
}

impl Extra {
    fn read(text: &str) -> Self {
        if text.is_empty() {
            return Self::default();
        }
        let lower = text.to_lowercase();
        let on_update = lower.find("on update ").and_then(|place| text.split_at_checked(place + "on update ".len()));
        Self {
            auto_increment: lower.contains("auto_increment"),
            invisible: lower.contains("invisible"),
            stored: lower.contains("stored generated") || lower.contains("persistent generated"),
            unversioned: lower.contains("without system versioning"),
            default_generated: lower.contains("default_generated"),
            on_update: on_update.and_then(|(_, rest)| rest.split([' ', ',']).next()).map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{Product, ServerVersion};

    fn place(product: Product) -> Place {
        Place {
            database: "app".into(),
            own: "app".into(),
            schema: None,
            engine: "InnoDB".into(),
            collation: "utf8mb4_general_ci".into(),
            mode: String::new(),
            now: String::new(),
            system_is_utc: true,
            server: ServerVersion::new(product, 10, 11, 0),
            definers: false,
        }
    }

    #[test]
    fn extra_is_read() {
        let extra = Extra::read("DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)");
        assert!(extra.default_generated && !extra.auto_increment);
        assert_eq!(extra.on_update.as_deref(), Some("CURRENT_TIMESTAMP(6)"));
        let extra = Extra::read("on update current_timestamp(), INVISIBLE");
        assert_eq!((extra.on_update.as_deref(), extra.invisible), (Some("current_timestamp()"), true));
        assert!(Extra::read("STORED GENERATED").stored && !Extra::read("VIRTUAL GENERATED").stored);
    }

    #[test]
    fn defaults_of_mariadb_are_sql_already() {
        let place = place(Product::MariaDb);
        let read = |printed: &str| default(Some(printed), "varchar(9)", &Extra::default(), &place);
        assert_eq!(read("NULL"), None);
        assert_eq!(read("'NULL'").as_deref(), Some("'NULL'"));
        assert_eq!(read("nextval(`app`.`s`)").as_deref(), Some("nextval(`s`)"));
        assert_eq!(read("'nextval(`app`.x)'").as_deref(), Some("'nextval(`app`.x)'"));
    }

    #[test]
    fn defaults_of_mysql_are_told_by_extra_and_type() {
        let place = place(Product::MySql);
        let generated = Extra { default_generated: true, ..Extra::default() };
        let read = |printed: &str, native: &str, extra: &Extra| default(Some(printed), native, extra, &place).unwrap();
        assert_eq!(read("b'c", "varchar(9)", &Extra::default()), "'b''c'");
        assert_eq!(read("b'101'", "bit(3)", &Extra::default()), "b'101'");
        assert_eq!(read("5", "int", &Extra::default()), "5");
        assert_eq!(read("5", "varchar(9)", &Extra::default()), "'5'");
        assert_eq!(read("uuid()", "varchar(36)", &generated), "(uuid())");
        assert_eq!(read("_utf8mb4\\'hey\\'", "text", &generated), "('hey')");
        assert_eq!(read("CURRENT_TIMESTAMP(6)", "datetime(6)", &generated), "CURRENT_TIMESTAMP(6)");
    }

    #[test]
    fn json_of_mariadb_is_known_by_its_check() {
        assert!(is_json("j", "longtext", Some("utf8mb4_bin"), Some("json_valid(`j`)")));
        assert!(!is_json("j", "longtext", Some("utf8mb4_general_ci"), Some("json_valid(`j`)")));
        assert!(!is_json("j", "longtext", Some("utf8mb4_bin"), Some("json_valid(`j`) and 1")));
    }
}
