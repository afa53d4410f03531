//! Types, literals and options of PostgreSQL. Pure. Native text is what `format_type` prints.

use super::quote;
use crate::dialect::TypeUse;
use crate::schema::{Enum, Ident, Name, Neutral, Type};

/// The native text of a neutral type.
pub(super) fn native_type(neutral: &Neutral, at: TypeUse<'_>) -> String {
    match neutral {
        Neutral::Decimal(Some((precision, scale))) => format!("numeric({precision},{scale})"),
        Neutral::Char(length) => format!("character({})", length.unwrap_or(1)),
        Neutral::Varchar(Some(length)) => format!("character varying({length})"),
        Neutral::Enum { name, .. } => quote::name_as_printed(&enum_name(at.table, at.column, name.as_ref())),
        Neutral::Bool
        | Neutral::Smallint
        | Neutral::Int
        | Neutral::Bigint
        | Neutral::Decimal(None)
        | Neutral::Real
        | Neutral::Double
        | Neutral::Varchar(None)
        | Neutral::Text
        | Neutral::Bytes
        | Neutral::Date
        | Neutral::Time
        | Neutral::Timestamp
        | Neutral::TimestampTz
        | Neutral::Uuid
        | Neutral::Json => {
            PLAIN.iter().find(|(word, _)| word == neutral).map_or_else(String::new, |(_, native)| (*native).to_owned())
        }
    }
}

/// The name of the type behind a neutral enum: what was said, else `<table>_<column>`, in the table's schema.
pub(super) fn enum_name(table: &Name, column: &Ident, said: Option<&Ident>) -> Name {
    let made = || Ident::new(cut(&format!("{}_{}", table.name.as_str(), column.as_str())));
    table.sibling(said.cloned().unwrap_or_else(made))
}

/// The type behind a neutral enum.
pub(super) fn implied_enum(neutral: &Neutral, at: TypeUse<'_>) -> Option<Enum> {
    let Neutral::Enum { values, name } = neutral else { return None };
    let name = enum_name(at.table, at.column, name.as_ref());
    Some(Enum { name, values: values.clone(), comment: None, renamed_from: None })
}

/// The longest beginning that the server keeps as a name.
fn cut(text: &str) -> &str {
    let fits = |end: &usize| *end <= quote::LONGEST_NAME;
    let end = text.char_indices().map(|(at, character)| at + character.len_utf8()).take_while(fits).last();
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Neutral types without parameters and their native text.
const PLAIN: [(Neutral, &str); 16] = [
    (Neutral::Bool, "boolean"),
    (Neutral::Smallint, "smallint"),
    (Neutral::Int, "integer"),
    (Neutral::Bigint, "bigint"),
    (Neutral::Decimal(None), "numeric"),
    (Neutral::Real, "real"),
    (Neutral::Double, "double precision"),
    (Neutral::Varchar(None), "character varying"),
    (Neutral::Text, "text"),
    (Neutral::Bytes, "bytea"),
    (Neutral::Date, "date"),
    (Neutral::Time, "time without time zone"),
    (Neutral::Timestamp, "timestamp without time zone"),
    (Neutral::TimestampTz, "timestamp with time zone"),
    (Neutral::Uuid, "uuid"),
    (Neutral::Json, "jsonb"),
];

/// The neutral word whose native form is exactly this text. Enums have none here: their values are not in the text.
pub(super) fn neutral_type(native: &str) -> Option<Neutral> {
    if let Some((neutral, _)) = PLAIN.iter().find(|(_, text)| *text == native) {
        return Some(neutral.clone());
    }
    let (word, parameters) = native.strip_suffix(')')?.split_once('(')?;
    match word {
        "character varying" => Some(Neutral::Varchar(Some(parameters.parse().ok()?))),
        "character" => Some(Neutral::Char(Some(parameters.parse().ok()?))),
        "numeric" => {
            let (precision, scale) = parameters.split_once(',')?;
            Some(Neutral::Decimal(Some((precision.parse().ok()?, scale.parse().ok()?))))
        }
        _ => None,
    }
}

fn is_number_type(neutral: &Neutral) -> bool {
    matches!(
        neutral,
        Neutral::Smallint | Neutral::Int | Neutral::Bigint | Neutral::Decimal(_) | Neutral::Real | Neutral::Double
    )
}

/// A declared literal as SQL: bare for numbers and truth, quoted for all else.
pub(super) fn render_literal(text: &str, ty: &Type) -> Result<String, String> {
    match ty {
        Type::Neutral(Neutral::Bool) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "t" | "y" => Ok("true".to_owned()),
            "false" | "no" | "off" | "0" | "f" | "n" => Ok("false".to_owned()),
            _ => Err("it is neither true nor false".to_owned()),
        },
        Type::Neutral(neutral) if is_number_type(neutral) => {
            if is_number(text) {
                Ok(text.to_owned())
            } else {
                Err("it is not a number".to_owned())
            }
        }
        Type::Neutral(Neutral::Enum { values, .. }) if !values.iter().any(|value| value == text) => {
            Err(format!("it is none of {}", values.join(", ")))
        }
        Type::Neutral(_) | Type::Native(_) => Ok(quote::literal(text)),
    }
}

/// Digits with an optional sign, point and exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let known = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    begins && unsigned.bytes().all(known) && unsigned.parse::<f64>().is_ok()
}

/// The scalar that a printed default stands for, if rendering it gives the same default back.
pub(super) fn scalar_default(default: &str, native: &str) -> Option<String> {
    match neutral_type(native) {
        Some(Neutral::Bool) => (default == "true" || default == "false").then(|| default.to_owned()),
        Some(neutral) if is_number_type(&neutral) => {
            let number =
                default.strip_prefix('\'').and_then(|rest| rest.split_once('\'')).map_or(default, |pair| pair.0);
            (number_as_printed(number)? == default).then(|| number.to_owned())
        }
        _ => {
            let (quoted, cast) = default.rsplit_once("::")?;
            let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
            let plain = !inner.replace("''", "").contains('\'') && cast == cast_word(native);
            plain.then(|| inner.replace("''", "'")).filter(|text| quote::literal(text) == quoted)
        }
    }
}

/// How `pg_get_expr` prints a bare number: integers by size, with a cast where a sign or the size asks for one.
fn number_as_printed(number: &str) -> Option<String> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !fraction.is_none_or(all_digits) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let negative = digits.len() < number.len();
    match fraction {
        Some(_) if negative => Some(format!("'{number}'::numeric")),
        Some(_) => Some(number.to_owned()),
        None => match number.parse::<i64>() {
            Ok(value) if i32::try_from(value).is_err() => Some(format!("'{number}'::bigint")),
            Ok(0) if negative => None,
            Ok(_) if negative => Some(format!("'{number}'::integer")),
            Ok(_) => Some(number.to_owned()),
            Err(_) => Some(format!("'{number}'::numeric")),
        },
    }
}

/// A type as a cast behind a literal names it: without its parameters, `character` by its inner name.
fn cast_word(native: &str) -> String {
    let bare = match (native.find('('), native.find(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", native.get(..open).unwrap_or_default(), native.get(close + 1..).unwrap_or_default())
        }
        _ => native.to_owned(),
    };
    match bare.as_str() {
        "character" => "bpchar".to_owned(),
        "character[]" => "bpchar[]".to_owned(),
        "bit" => "\"bit\"".to_owned(),
        _ => bare,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(neutral: &Neutral) -> String {
        let (table, column) = (Name::own("orders"), Ident::new("status"));
        native_type(
            neutral,
            TypeUse { table: &table, column: &column, sole_key: false, strict: false, identity: false },
        )
    }

    #[test]
    fn neutral_types_come_back() {
        let parametrised = [Neutral::Decimal(Some((10, 2))), Neutral::Char(Some(3)), Neutral::Varchar(Some(320))];
        for neutral in PLAIN.iter().map(|(neutral, _)| neutral).chain(&parametrised) {
            assert_eq!(neutral_type(&native(neutral)).as_ref(), Some(neutral), "{neutral:?}");
        }
        assert_eq!(neutral_type("timestamp(3) without time zone"), None);
        assert_eq!(neutral_type("integer[]"), None);
    }

    #[test]
    fn enums_are_named_after_their_column() {
        let named = |name: Option<&str>| native(&Neutral::Enum { values: vec![], name: name.map(Ident::from) });
        assert_eq!(named(None), "orders_status");
        assert_eq!(named(Some("Status")), "\"Status\"");
        let long = enum_name(&Name::own("t".repeat(60)), &Ident::new("ä".repeat(9)), None);
        assert_eq!(long.name.as_str(), format!("{}_ä", "t".repeat(60)));
    }

    #[test]
    fn literals_follow_the_type() {
        let neutral = |text, neutral| render_literal(text, &Type::Neutral(neutral));
        assert_eq!(neutral("1.10", Neutral::Decimal(None)).as_deref(), Ok("1.10"));
        assert_eq!(neutral("yes", Neutral::Bool).as_deref(), Ok("true"));
        assert_eq!(neutral("0012", Neutral::Text).as_deref(), Ok("'0012'"));
        assert!(neutral("1; drop table x", Neutral::Int).is_err());
        assert!(neutral("inf", Neutral::Double).is_err());
        assert!(neutral("c", Neutral::Enum { values: vec!["a".into()], name: None }).is_err());
        assert_eq!(render_literal("5", &Type::Native("money".into())).as_deref(), Ok("'5'"));
    }

    /// Printed by PostgreSQL 15 for these defaults.
    #[test]
    fn scalars_are_read_back() {
        let cases = [
            ("0", "bigint", Some("0")),
            ("'-1'::integer", "smallint", Some("-1")),
            ("'-99999999999'::bigint", "bigint", Some("-99999999999")),
            ("1.10", "numeric(10,2)", Some("1.10")),
            ("'-1.5'::numeric", "numeric", Some("-1.5")),
            ("'1000'::numeric", "numeric", None),
            ("true", "boolean", Some("true")),
            ("'x''y'::character varying", "character varying(20)", Some("x'y")),
            ("'ab'::bpchar", "character(3)", Some("ab")),
            ("'{a}'::character varying[]", "character varying(5)[]", Some("{a}")),
            (
                "'2020-01-01 00:00:00'::timestamp without time zone",
                "timestamp(3) without time zone",
                Some("2020-01-01 00:00:00"),
            ),
            ("'a'::mood", "mood", Some("a")),
            ("('a'::text || 'b'::text)", "text", None),
            ("CURRENT_DATE", "date", None),
            ("now()", "timestamp with time zone", None),
            ("'a'::text || 'b'::text", "text", None),
        ];
        for (default, native, scalar) in cases {
            assert_eq!(scalar_default(default, native).as_deref(), scalar, "{default}");
        }
    }
}
