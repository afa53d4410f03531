//! Types and literals of SQLite. Pure: no I/O.
//!
//! The name of a type is free text; what counts is the affinity that SQLite finds in it (<https://sqlite.org/datatype3.html>,
//! section 3.1). Tables that are STRICT take five words only.

use crate::dialect::TypeUse;
use crate::schema::{Neutral, Type};

use super::quote;

/// What SQLite makes of a value that goes into a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Real,
    Numeric,
    Text,
    /// Takes every value as it is.
    Blob,
}

impl Affinity {
    /// The affinity of a type's name, by SQLite's five rules in their order. A strict table has `ANY`, which takes
    /// every value as it is.
    pub(super) fn of(native: &str, strict: bool) -> Self {
        let name = native.to_ascii_uppercase();
        let has = |word: &str| name.contains(word);
        if strict && name == "ANY" {
            Self::Blob
        } else if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || name.trim().is_empty() {
            Self::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Numeric
        }
    }

    /// The word for a CAST; None = a cast would change nothing that the column does not.
    pub(super) fn cast(self) -> Option<&'static str> {
        match self {
            Self::Integer => Some("INTEGER"),
            Self::Real => Some("REAL"),
            Self::Numeric => Some("NUMERIC"),
            Self::Text => Some("TEXT"),
            Self::Blob => None,
        }
    }
}

/// The native text of a neutral type, as in the table of the user guide.
pub(super) fn native(neutral: &Neutral, at: TypeUse<'_>) -> String {
    if at.strict {
        return strict(neutral).to_owned();
    }
    let with =
        |word: &str, length: Option<u32>| length.map_or_else(|| word.to_owned(), |length| format!("{word}({length})"));
    match neutral {
        Neutral::Smallint | Neutral::Int | Neutral::Bigint if at.sole_key || at.identity => "INTEGER".to_owned(),
        Neutral::Bool => "BOOLEAN".to_owned(),
        Neutral::Smallint => "SMALLINT".to_owned(),
        Neutral::Int => "INTEGER".to_owned(),
        Neutral::Bigint => "BIGINT".to_owned(),
        Neutral::Decimal(None) => "DECIMAL".to_owned(),
        Neutral::Decimal(Some((digits, fraction))) => format!("DECIMAL({digits},{fraction})"),
        Neutral::Real => "REAL".to_owned(),
        Neutral::Double => "DOUBLE".to_owned(),
        Neutral::Char(length) => with("CHAR", *length),
        Neutral::Varchar(length) => with("VARCHAR", *length),
        Neutral::Text | Neutral::Json | Neutral::Enum { .. } => "TEXT".to_owned(),
        Neutral::Bytes => "BLOB".to_owned(),
        Neutral::Date => "DATE".to_owned(),
        Neutral::Time => "TIME".to_owned(),
        Neutral::Timestamp => "DATETIME".to_owned(),
        Neutral::TimestampTz => "TIMESTAMP".to_owned(),
        Neutral::Uuid => "CHAR(36)".to_owned(),
    }
}

/// A decimal is a REAL there, as its affinity makes it one elsewhere.
fn strict(neutral: &Neutral) -> &'static str {
    match neutral {
        Neutral::Bool | Neutral::Smallint | Neutral::Int | Neutral::Bigint => "INTEGER",
        Neutral::Decimal(_) | Neutral::Real | Neutral::Double => "REAL",
        Neutral::Char(_)
        | Neutral::Varchar(_)
        | Neutral::Text
        | Neutral::Date
        | Neutral::Time
        | Neutral::Timestamp
        | Neutral::TimestampTz
        | Neutral::Uuid
        | Neutral::Json
        | Neutral::Enum { .. } => "TEXT",
        Neutral::Bytes => "BLOB",
    }
}

/// The neutral word whose native form is exactly this.
pub(super) fn neutral(native: &str, at: TypeUse<'_>) -> Option<Neutral> {
    let simple = match native {
        "INTEGER" if at.sole_key || at.identity || at.strict => Some(Neutral::Bigint),
        "BOOLEAN" => Some(Neutral::Bool),
        "SMALLINT" => Some(Neutral::Smallint),
        "INTEGER" => Some(Neutral::Int),
        "BIGINT" => Some(Neutral::Bigint),
        "DECIMAL" => Some(Neutral::Decimal(None)),
        "REAL" => Some(Neutral::Real),
        "DOUBLE" => Some(Neutral::Double),
        "CHAR" => Some(Neutral::Char(None)),
        "VARCHAR" => Some(Neutral::Varchar(None)),
        "TEXT" => Some(Neutral::Text),
        "BLOB" => Some(Neutral::Bytes),
        "DATE" => Some(Neutral::Date),
        "TIME" => Some(Neutral::Time),
        "DATETIME" => Some(Neutral::Timestamp),
        "TIMESTAMP" => Some(Neutral::TimestampTz),
        _ => with_numbers(native),
    };
    simple.filter(|neutral| self::native(neutral, at) == native)
}

fn with_numbers(native: &str) -> Option<Neutral> {
    let (word, numbers) = native.strip_suffix(')')?.split_once('(')?;
    let number = |text: &str| text.parse::<u32>().ok();
    match (word, numbers.split_once(',')) {
        ("DECIMAL", Some((digits, fraction))) => Some(Neutral::Decimal(Some((number(digits)?, number(fraction)?)))),
        ("CHAR", None) => Some(Neutral::Char(Some(number(numbers)?))),
        ("VARCHAR", None) => Some(Neutral::Varchar(Some(number(numbers)?))),
        _ => None,
    }
}

/// How a literal of a type is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// 1 and 0.
    Truth,
    /// Bare, and it must be a number.
    Number,
    /// Bare if it is a number, else a text: SQLite would take it.
    Perhaps,
    Text,
}

/// Dates and times are texts, although SQLite gives their types a numeric affinity.
fn writing(ty: &Type, native: &str) -> Writing {
    let capitals = native.to_ascii_uppercase();
    match ty {
        Type::Neutral(Neutral::Bool) => Writing::Truth,
        Type::Neutral(
            Neutral::Smallint | Neutral::Int | Neutral::Bigint | Neutral::Decimal(_) | Neutral::Real | Neutral::Double,
        ) => Writing::Number,
        Type::Neutral(_) => Writing::Text,
        Type::Native(_) if capitals == "BOOLEAN" || capitals == "BOOL" => Writing::Truth,
        Type::Native(_) if capitals.contains("DATE") || capitals.contains("TIME") => Writing::Text,
        Type::Native(_) => match Affinity::of(native, false) {
            Affinity::Integer | Affinity::Real | Affinity::Numeric => Writing::Perhaps,
            Affinity::Text | Affinity::Blob => Writing::Text,
        },
    }
}

/// A declared literal in SQL.
pub(super) fn render_literal(text: &str, ty: &Type, native: &str) -> Result<String, String> {
    if let Type::Neutral(Neutral::Enum { values, .. }) = ty
        && !values.iter().any(|value| value == text)
    {
        return Err(format!("it is not one of {}", values.join(", ")));
    }
    match writing(ty, native) {
        Writing::Truth => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok("1".to_owned()),
            "false" | "0" => Ok("0".to_owned()),
            _ => Err("it is neither true nor false".to_owned()),
        },
        Writing::Number | Writing::Perhaps if is_number(text) => Ok(text.to_owned()),
        Writing::Number => Err(format!("{native} takes a number")),
        Writing::Perhaps | Writing::Text => Ok(quote::literal(text)),
    }
}

/// A sign, digits with at most one point, an exponent: what SQLite reads as one number.
fn is_number(text: &str) -> bool {
    let unsigned = |text: &str| text.strip_prefix(['-', '+']).unwrap_or(text).to_owned();
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = unsigned(text);
    let (digits, exponent) = whole.split_once(['e', 'E']).unwrap_or((&whole, "0"));
    are_digits(&digits.replacen('.', "", 1)) && are_digits(&unsigned(exponent))
}

/// The scalar behind a default as SQLite prints it, if the neutral word or the native type would write it so again.
pub(super) fn scalar_default(default: &str, native: &str) -> Option<String> {
    let ty = Type::Native(native.to_owned());
    let scalar = match (writing(&ty, native), default) {
        (Writing::Truth, "1") => "true".to_owned(),
        (Writing::Truth, "0") => "false".to_owned(),
        (Writing::Truth, _) => return None,
        (Writing::Perhaps | Writing::Number, number) if is_number(number) => number.to_owned(),
        // A neutral word of this affinity takes numbers only.
        (Writing::Perhaps | Writing::Number, _) => return None,
        (Writing::Text, text) => quote::read_literal(text)?,
    };
    (render_literal(&scalar, &ty, native).as_deref() == Ok(default)).then_some(scalar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Ident, Name};

    fn at<'a>(table: &'a Name, column: &'a Ident) -> TypeUse<'a> {
        TypeUse { table, column, sole_key: false, strict: false, identity: false }
    }

    #[test]
    fn affinities_follow_the_five_rules() {
        let cases = [
            ("FLOATING POINT", Affinity::Integer),
            ("CHARINT", Affinity::Integer),
            ("VARCHAR(10)", Affinity::Text),
            ("STRING", Affinity::Numeric),
            ("", Affinity::Blob),
            ("DOUBLE PRECISION", Affinity::Real),
            ("DECIMAL(10,2)", Affinity::Numeric),
            ("DATETIME", Affinity::Numeric),
            ("ANY", Affinity::Numeric),
        ];
        for (name, affinity) in cases {
            assert_eq!(Affinity::of(name, false), affinity, "{name}");
        }
        assert_eq!(Affinity::of("ANY", true), Affinity::Blob);
    }

    #[test]
    fn neutral_words_come_back() {
        let (table, column) = (Name::own("t"), Ident::from("c"));
        let plain = at(&table, &column);
        let words = [
            (Neutral::Bool, "BOOLEAN"),
            (Neutral::Smallint, "SMALLINT"),
            (Neutral::Int, "INTEGER"),
            (Neutral::Bigint, "BIGINT"),
            (Neutral::Decimal(Some((10, 2))), "DECIMAL(10,2)"),
            (Neutral::Varchar(Some(20)), "VARCHAR(20)"),
            (Neutral::Char(Some(36)), "CHAR(36)"),
            (Neutral::Timestamp, "DATETIME"),
            (Neutral::TimestampTz, "TIMESTAMP"),
            (Neutral::Text, "TEXT"),
        ];
        for (word, printed) in words {
            assert_eq!(native(&word, plain), printed);
            assert_eq!(neutral(printed, plain), Some(word), "{printed}");
        }
        for other in [
            "varchar(20)",
            "INT",
            "VARCHAR (20)",
            "DECIMAL(10, 2)",
            "VARCHAR(020)",
            "NUMERIC",
            "",
            "CHAR(x)",
            "VARCHAR(1,2)",
        ] {
            assert_eq!(neutral(other, plain), None, "{other}");
        }
    }

    #[test]
    fn a_sole_key_is_the_rowid() {
        let (table, column) = (Name::own("t"), Ident::from("c"));
        let key = TypeUse { sole_key: true, ..at(&table, &column) };
        assert_eq!(native(&Neutral::Bigint, key), "INTEGER");
        assert_eq!(native(&Neutral::Uuid, key), "CHAR(36)");
        assert_eq!(neutral("INTEGER", key), Some(Neutral::Bigint));
        assert_eq!(neutral("BIGINT", key), None);
    }

    #[test]
    fn strict_tables_have_few_words() {
        let (table, column) = (Name::own("t"), Ident::from("c"));
        let strict = TypeUse { strict: true, ..at(&table, &column) };
        for (word, text) in [
            (Neutral::Bool, "INTEGER"),
            (Neutral::Decimal(Some((1, 0))), "REAL"),
            (Neutral::Date, "TEXT"),
            (Neutral::Bytes, "BLOB"),
        ] {
            assert_eq!(native(&word, strict), text);
        }
        assert_eq!(neutral("INTEGER", strict), Some(Neutral::Bigint));
        assert_eq!(neutral("ANY", strict), None);
    }

    #[test]
    fn literals_follow_the_type() {
        let native = |text: &str, native: &str| render_literal(text, &Type::Native(native.into()), native);
        let neutral =
            |text: &str, neutral: Neutral, native: &str| render_literal(text, &Type::Neutral(neutral), native);
        assert_eq!(native("0012", "INT").as_deref(), Ok("0012"));
        assert_eq!(native("x", "INT").as_deref(), Ok("'x'"));
        assert_eq!(native("2020", "DATE").as_deref(), Ok("'2020'"));
        assert_eq!(native("true", "BOOLEAN").as_deref(), Ok("1"));
        assert_eq!(native("it's", "TEXT").as_deref(), Ok("'it''s'"));
        assert_eq!(neutral("-1.5e3", Neutral::Double, "DOUBLE").as_deref(), Ok("-1.5e3"));
        assert_eq!(neutral("007", Neutral::Text, "TEXT").as_deref(), Ok("'007'"));
        assert!(neutral("x", Neutral::Int, "INTEGER").is_err());
        assert!(neutral("nan", Neutral::Real, "REAL").is_err());
        assert!(neutral("yes", Neutral::Bool, "BOOLEAN").is_err());
        let words = Neutral::Enum { values: vec!["a".into()], name: None };
        assert!(neutral("b", words.clone(), "TEXT").is_err() && neutral("a", words, "TEXT").is_ok());
    }

    #[test]
    fn scalars_come_back() {
        for (default, native, scalar) in [
            ("'it''s'", "VARCHAR(9)", Some("it's")),
            ("1.50", "DECIMAL(10,2)", Some("1.50")),
            ("-5", "INT", Some("-5")),
            ("1", "BOOLEAN", Some("true")),
            ("TRUE", "BOOLEAN", None),
            ("CURRENT_TIMESTAMP", "TIMESTAMP", None),
            ("'2020-01-01'", "DATE", Some("2020-01-01")),
            ("5", "TEXT", None),
            ("'5'", "INT", None),
            ("1 + 2", "INT", None),
            ("x'00'", "BLOB", None),
        ] {
            assert_eq!(scalar_default(default, native).as_deref(), scalar, "{default} {native}");
        }
    }
}
