//! Types and literals of MariaDB and MySQL. Pure: no I/O.

use sea_schema::mysql::def::{NumericAttr, StringAttr, SystemInfo, TimeAttr, Type as Parsed};
use sea_schema::mysql::query::ColumnQueryResult;

use crate::schema::{Neutral, Type};
use crate::statement::ServerVersion;

use super::{capabilities, quote};

/// The word under which options stand in a native noun, on both products.
pub(super) const WORD: &str = "mysql";

/// What sort of values a type holds, as far as literals, collations and hazards ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Bytes, and whether it is unsigned.
    Integer {
        bytes: u32,
        unsigned: bool,
    },
    /// Digits before and behind the point.
    Decimal {
        whole: u32,
        fraction: u32,
        unsigned: bool,
    },
    /// True = double precision.
    Float(bool),
    Bit(u32),
    Date,
    /// Digits of a second; which of `time`, `datetime`, `timestamp`.
    Moment {
        word: &'static str,
        fraction: u32,
    },
    Year,
    /// Characters.
    Text {
        length: u64,
        fixed: bool,
    },
    /// Bytes.
    Bytes {
        length: u64,
        fixed: bool,
    },
    /// `text`, `longtext`, … in bytes.
    LongText(u64),
    LongBytes(u64),
    Enum(Vec<String>),
    Set(Vec<String>),
    Json,
    Other,
}

impl Sort {
    /// Reads the text of a type, as a server or a person writes it.
    pub(super) fn of(native: &str) -> Self {
        let word = native.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
        match word.to_lowercase().as_str() {
            "enum" => listed(native).map_or(Self::Other, Self::Enum),
            "set" => listed(native).map_or(Self::Other, Self::Set),
            // Lists are read here, for the parser of sea-schema panics on some of what people write in them.
            _ => Self::parsed(parse(native)),
        }
    }

    fn parsed(parsed: Parsed) -> Self {
        match parsed {
            Parsed::Bool => Self::Integer { bytes: 1, unsigned: false },
            Parsed::Serial => Self::Integer { bytes: 8, unsigned: true },
            Parsed::TinyInt(attr) => integer(1, &attr),
            Parsed::SmallInt(attr) => integer(2, &attr),
            Parsed::MediumInt(attr) => integer(3, &attr),
            Parsed::Int(attr) => integer(4, &attr),
            Parsed::BigInt(attr) => integer(8, &attr),
            Parsed::Bit(attr) => Self::Bit(attr.maximum.unwrap_or(1)),
            Parsed::Decimal(attr) => {
                let (digits, fraction) = (attr.maximum.unwrap_or(10), attr.decimal.unwrap_or(0));
                let unsigned = attr.unsigned.unwrap_or(false);
                Self::Decimal { whole: digits.saturating_sub(fraction), fraction, unsigned }
            }
            Parsed::Float(_) => Self::Float(false),
            Parsed::Double(_) => Self::Float(true),
            Parsed::Date => Self::Date,
            Parsed::Time(attr) => moment("time", &attr),
            Parsed::DateTime(attr) => moment("datetime", &attr),
            Parsed::Timestamp(attr) => moment("timestamp", &attr),
            Parsed::Year => Self::Year,
            Parsed::Char(attr) | Parsed::NChar(attr) => Self::Text { length: length(&attr), fixed: true },
            Parsed::Varchar(attr) | Parsed::NVarchar(attr) => Self::Text { length: length(&attr), fixed: false },
            Parsed::Binary(attr) => Self::Bytes { length: length(&attr), fixed: true },
            Parsed::Varbinary(attr) => Self::Bytes { length: length(&attr), fixed: false },
            Parsed::TinyText(_) => Self::LongText(0xff),
            Parsed::Text(_) => Self::LongText(0xffff),
            Parsed::MediumText(_) => Self::LongText(0xff_ffff),
            Parsed::LongText(_) => Self::LongText(0xffff_ffff),
            Parsed::TinyBlob => Self::LongBytes(0xff),
            Parsed::Blob(_) => Self::LongBytes(0xffff),
            Parsed::MediumBlob => Self::LongBytes(0xff_ffff),
            Parsed::LongBlob => Self::LongBytes(0xffff_ffff),
            Parsed::Json => Self::Json,
            Parsed::Enum(_)
            | Parsed::Set(_)
            | Parsed::Geometry(_)
            | Parsed::Point(_)
            | Parsed::LineString(_)
            | Parsed::Polygon(_)
            | Parsed::MultiPoint(_)
            | Parsed::MultiLineString(_)
            | Parsed::MultiPolygon(_)
            | Parsed::GeometryCollection(_)
            | Parsed::Unknown(_) => Self::Other,
        }
    }

    /// Whether a literal of it is a bare number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Decimal { .. } | Self::Float(_) | Self::Year)
    }

    /// Whether it has a collation, and takes the table's if none is said.
    pub(super) fn has_collation(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::LongText(_) | Self::Enum(_) | Self::Set(_))
    }

    /// Whether a literal default must stand in parentheses (on MySQL; MariaDB takes both).
    pub(super) fn wants_expression_default(&self) -> bool {
        matches!(self, Self::LongText(_) | Self::LongBytes(_) | Self::Json)
    }
}

fn integer(bytes: u32, attr: &NumericAttr) -> Sort {
    Sort::Integer { bytes, unsigned: attr.unsigned.unwrap_or(false) || attr.zero_fill.unwrap_or(false) }
}

fn moment(word: &'static str, attr: &TimeAttr) -> Sort {
    Sort::Moment { word, fraction: attr.fractional.unwrap_or(0) }
}

fn length(attr: &StringAttr) -> u64 {
    u64::from(attr.length.unwrap_or(1))
}

/// Only the type is read from the column that sea-schema wants to see.
fn parse(native: &str) -> Parsed {
    let column = ColumnQueryResult { column_type: native.to_owned(), ..ColumnQueryResult::default() };
    column.parse(&SystemInfo::default()).col_type
}

/// The words of `enum('a','b')`.
fn listed(native: &str) -> Option<Vec<String>> {
    let (_, list) = native.trim().split_once('(')?;
    let mut values = Vec::new();
    let mut rest = list.trim_start();
    loop {
        let (value, behind) = quote::read_literal(rest)?;
        values.push(value);
        rest = behind.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None => return rest.trim_end().strip_suffix(')').filter(|left| left.is_empty()).map(|_| values),
        }
    }
}

/// The native text of a neutral type, as in the table of the user guide.
pub(super) fn native(neutral: &Neutral, server: ServerVersion) -> String {
    match neutral {
        Neutral::Bool => "tinyint(1)".to_owned(),
        Neutral::Smallint => "smallint".to_owned(),
        Neutral::Int => "int".to_owned(),
        Neutral::Bigint => "bigint".to_owned(),
        Neutral::Decimal(None) => "decimal(10,0)".to_owned(),
        Neutral::Decimal(Some((digits, fraction))) => format!("decimal({digits},{fraction})"),
        Neutral::Real => "float".to_owned(),
        Neutral::Double => "double".to_owned(),
        Neutral::Char(length) => format!("char({})", length.unwrap_or(1)),
        // A length is a must; the longest that an index of every row format takes whole.
        Neutral::Varchar(length) => format!("varchar({})", length.unwrap_or(255)),
        Neutral::Text => "longtext".to_owned(),
        Neutral::Bytes => "longblob".to_owned(),
        Neutral::Date => "date".to_owned(),
        Neutral::Time => "time(6)".to_owned(),
        Neutral::Timestamp => "datetime(6)".to_owned(),
        Neutral::TimestampTz => "timestamp(6)".to_owned(),
        Neutral::Uuid if capabilities::has_uuid(server) => "uuid".to_owned(),
        Neutral::Uuid => "char(36)".to_owned(),
        Neutral::Json => "json".to_owned(),
        Neutral::Enum { values, .. } => {
            let words: Vec<String> = values.iter().map(|value| quote::literal(value)).collect();
            format!("enum({})", words.join(","))
        }
    }
}

/// The neutral word for a type as the server prints it. MariaDB prints integers with a width (`int(11)`), which is part
/// of the text that is compared: only the usual width is the neutral word.
pub(super) fn neutral(native: &str, server: ServerVersion) -> Option<Neutral> {
    let simple = match native.to_lowercase().as_str() {
        "tinyint(1)" => Some(Neutral::Bool),
        "smallint" | "smallint(6)" => Some(Neutral::Smallint),
        "int" | "int(11)" => Some(Neutral::Int),
        "bigint" | "bigint(20)" => Some(Neutral::Bigint),
        "float" => Some(Neutral::Real),
        "double" => Some(Neutral::Double),
        "longtext" => Some(Neutral::Text),
        "longblob" => Some(Neutral::Bytes),
        "date" => Some(Neutral::Date),
        "time(6)" => Some(Neutral::Time),
        "datetime(6)" => Some(Neutral::Timestamp),
        "timestamp(6)" => Some(Neutral::TimestampTz),
        "uuid" if capabilities::has_uuid(server) => Some(Neutral::Uuid),
        "json" => Some(Neutral::Json),
        _ => None,
    };
    simple.or_else(|| {
        let neutral = match Sort::of(native) {
            Sort::Decimal { whole, fraction, unsigned: false } => Neutral::Decimal(Some((whole + fraction, fraction))),
            Sort::Text { length, fixed: true } => Neutral::Char(Some(u32::try_from(length).ok()?)),
            Sort::Text { length, fixed: false } => Neutral::Varchar(Some(u32::try_from(length).ok()?)),
            Sort::Enum(values) => Neutral::Enum { values, name: None },
            Sort::Integer { .. }
            | Sort::Decimal { .. }
            | Sort::Float(_)
            | Sort::Bit(_)
            | Sort::Date
            | Sort::Moment { .. }
            | Sort::Year
            | Sort::Bytes { .. }
            | Sort::LongText(_)
            | Sort::LongBytes(_)
            | Sort::Set(_)
            | Sort::Json
            | Sort::Other => return None,
        };
        // zerofill, or a spelling of a person, is more than the word says.
        (self::native(&neutral, server) == native).then_some(neutral)
    })
}

/// A declared literal in SQL.
pub(super) fn render_literal(text: &str, ty: &Type, native: &str) -> Result<String, String> {
    let sort = Sort::of(native);
    let is_bool = matches!(ty, Type::Neutral(Neutral::Bool)) || native.eq_ignore_ascii_case("tinyint(1)");
    match text.to_lowercase().as_str() {
        "true" if is_bool => return Ok("1".to_owned()),
        "false" if is_bool => return Ok("0".to_owned()),
        _ => {}
    }
    if matches!(ty, Type::Neutral(Neutral::Bool)) && !matches!(text, "0" | "1") {
        return Err("it is neither true nor false".to_owned());
    }
    if sort.is_number() {
        return if is_number(text) { Ok(text.to_owned()) } else { Err(format!("{native} takes a number")) };
    }
    if let Sort::Enum(values) = &sort
        && !values.iter().any(|value| value == text)
    {
        return Err(format!("it is not one of {}", values.join(", ")));
    }
    let quoted = quote::literal(text);
    Ok(if sort.wants_expression_default() { format!("({quoted})") } else { quoted })
}

/// Sign, digits with at most one point, exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') && unsigned.parse::<f64>().is_ok()
}

/// The scalar behind a default as the server prints it.
pub(super) fn scalar_default(default: &str, native: &str) -> Option<String> {
    let sort = Sort::of(native);
    if !sort.is_number() {
        return quote::unquote(default);
    }
    match (native, default) {
        ("tinyint(1)", "1") => Some("true".to_owned()),
        ("tinyint(1)", "0") => Some("false".to_owned()),
        _ => is_number(default).then(|| default.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Product;

    const MARIADB: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 19);
    const MYSQL: ServerVersion = ServerVersion::new(Product::MySql, 9, 7, 4);

    #[test]
    fn sorts_are_read_from_text() {
        assert_eq!(Sort::of("bigint(20) unsigned"), Sort::Integer { bytes: 8, unsigned: true });
        assert_eq!(Sort::of("int(5) unsigned zerofill"), Sort::Integer { bytes: 4, unsigned: true });
        assert_eq!(Sort::of("decimal(10,2)"), Sort::Decimal { whole: 8, fraction: 2, unsigned: false });
        assert_eq!(Sort::of("varchar(50)"), Sort::Text { length: 50, fixed: false });
        assert_eq!(Sort::of("timestamp(3)"), Sort::Moment { word: "timestamp", fraction: 3 });
        assert_eq!(Sort::of("uuid"), Sort::Other);
        assert_eq!(Sort::of(""), Sort::Other);
        assert_eq!(Sort::of("enum('a','b,c','d''e')"), Sort::Enum(vec!["a".into(), "b,c".into(), "d'e".into()]));
        assert_eq!(Sort::of("SET ( 'x' , 'y' )"), Sort::Set(vec!["x".into(), "y".into()]));
        for odd in ["enum(a)", "set(", "enum", "(", "int(", "varchar(x)", "'", "geometry srid x"] {
            assert!(matches!(Sort::of(odd), Sort::Other | Sort::Integer { .. } | Sort::Text { .. }), "{odd}");
        }
        assert_eq!(Sort::of("enum('a"), Sort::Other);
    }

    #[test]
    fn neutral_words_come_back() {
        let words = [
            (Neutral::Bool, "tinyint(1)"),
            (Neutral::Int, "int(11)"),
            (Neutral::Bigint, "bigint(20)"),
            (Neutral::Decimal(Some((10, 2))), "decimal(10,2)"),
            (Neutral::Varchar(Some(320)), "varchar(320)"),
            (Neutral::Timestamp, "datetime(6)"),
            (Neutral::Uuid, "uuid"),
            (Neutral::Json, "json"),
            (Neutral::Enum { values: vec!["a".into(), "it's".into()], name: None }, "enum('a','it''s')"),
        ];
        for (word, printed) in words {
            assert_eq!(neutral(printed, MARIADB), Some(word), "{printed}");
        }
        for other in
            ["int(10) unsigned", "text", "decimal(10,2) unsigned", "char(3) binary", "int(5)", "datetime", "set('a')"]
        {
            assert_eq!(neutral(other, MARIADB), None, "{other}");
        }
        assert_eq!(neutral("int", MYSQL), Some(Neutral::Int));
        assert_eq!(native(&Neutral::Uuid, MYSQL), "char(36)");
        assert_eq!(neutral("char(36)", MYSQL), Some(Neutral::Char(Some(36))));
    }

    #[test]
    fn literals_follow_the_type() {
        let render = |text: &str, native: &str| render_literal(text, &Type::Native(native.into()), native);
        assert_eq!(render("0012", "int").as_deref(), Ok("0012"));
        assert_eq!(render("-1.5e3", "double").as_deref(), Ok("-1.5e3"));
        assert!(render("inf", "double").is_err());
        assert!(render("x", "int").is_err());
        assert_eq!(render("true", "tinyint(1)").as_deref(), Ok("1"));
        assert_eq!(render("it's", "varchar(9)").as_deref(), Ok("'it''s'"));
        assert_eq!(render("x", "longtext").as_deref(), Ok("('x')"));
        assert_eq!(render("a", "enum('a','b')").as_deref(), Ok("'a'"));
        assert!(render("c", "enum('a','b')").is_err());
        assert!(render_literal("7", &Type::Neutral(Neutral::Bool), "tinyint(1)").is_err());
    }

    #[test]
    fn scalars_come_back() {
        assert_eq!(scalar_default("'it''s'", "varchar(9)").as_deref(), Some("it's"));
        assert_eq!(scalar_default("1.50", "decimal(10,2)").as_deref(), Some("1.50"));
        assert_eq!(scalar_default("1", "tinyint(1)").as_deref(), Some("true"));
        assert_eq!(scalar_default("current_timestamp()", "datetime"), None);
        assert_eq!(scalar_default("(1 + 2)", "int(11)"), None);
        assert_eq!(scalar_default("concat('a','b')", "varchar(9)"), None);
    }
}
