//! PostgreSQL: parameters, and typed cells of the binary format.
//!
//! A value whose type the server has to know (a date, a number with digits) goes as text, and the statement casts it:
//! `$1::date`. NULL goes without a type, so that the place where it stands decides.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgQueryResult, PgRow, PgTypeInfo, PgTypeKind, Postgres};
use sqlx::{Arguments, Encode, Row as _, Type, TypeInfo, ValueRef};

use super::bound::{Typing, clock, text_of, unreadable};
use crate::error::Result;
use crate::statement::value::{Value, hexadecimal};

pub(super) fn typing() -> Typing<Postgres> {
    Typing { bind, cell, affected: PgQueryResult::rows_affected, stays_prepared: |_| false }
}

/// NULL of a type that the server finds out.
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

fn bind(arguments: &mut PgArguments, value: &Value) -> Result<(), BoxDynError> {
    match value {
        Value::Null => arguments.add(Untyped),
        Value::Bool(value) => arguments.add(*value),
        Value::Int(value) => arguments.add(*value),
        Value::Unsigned(value) => arguments.add(value.to_string()),
        Value::Float(value) => arguments.add(*value),
        Value::Bytes(bytes) => arguments.add(bytes.as_slice()),
        Value::Text(text) if text.contains('\0') => Err("this database keeps no NUL in text".into()),
        Value::Decimal(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Timestamp(text)
        | Value::Instant(text)
        | Value::Uuid(text)
        | Value::Json(text) => arguments.add(text.as_str()),
    }
}

fn cell(row: &PgRow, index: usize) -> Result<Value> {
    let value = row.try_get_raw(index).map_err(unreadable)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    let bytes = value.as_bytes().map_err(unreadable)?;
    let type_info = value.type_info();
    decoded(&type_info, bytes)
}

fn decoded(type_info: &PgTypeInfo, bytes: &[u8]) -> Result<Value> {
    match type_info.name() {
        "BOOL" => Ok(Value::Bool(bytes.first() == Some(&1))),
        "INT2" | "INT4" | "INT8" => Ok(Value::Int(big_endian(bytes))),
        "OID" | "XID" | "CID" => Ok(Value::Int(big_endian(bytes) & 0xffff_ffff)),
        "FLOAT4" => {
            let single = f32::from_be_bytes(fixed(bytes)?);
            single.to_string().parse().map(Value::Float).map_err(unreadable)
        }
        "FLOAT8" => Ok(Value::Float(f64::from_be_bytes(fixed(bytes)?))),
        "NUMERIC" => Ok(Value::Decimal(numeric(bytes))),
        "BYTEA" => Ok(Value::Bytes(bytes.to_vec())),
        "DATE" => Ok(Value::Date(date(big_endian(bytes)))),
        "TIME" => Ok(Value::Time(time(big_endian(bytes)))),
        "TIMESTAMP" => Ok(Value::Timestamp(moment(big_endian(bytes)))),
        "TIMESTAMPTZ" => Ok(Value::Instant(moment(big_endian(bytes)))),
        "UUID" => Ok(Value::Uuid(uuid(bytes))),
        "JSON" => text_of(bytes).map(Value::Json),
        // A byte for the version of the format stands in front.
        "JSONB" => text_of(bytes.get(1..).unwrap_or_default()).map(Value::Json),
        "TEXT" | "VARCHAR" | "CHAR" | "\"CHAR\"" | "NAME" | "UNKNOWN" | "XML" | "CITEXT" => {
            text_of(bytes).map(Value::Text)
        }
        "VOID" => Ok(Value::Null),
        other => match type_info.kind() {
            PgTypeKind::Enum(_) => text_of(bytes).map(Value::Text),
            PgTypeKind::Domain(base) => decoded(base, bytes),
            PgTypeKind::Simple
            | PgTypeKind::Pseudo
            | PgTypeKind::Composite(_)
            | PgTypeKind::Array(_)
            | PgTypeKind::Range(_) => Err(unreadable(format!("the type {other} has no plain value"))
                .with_hint("cast it to text in the statement")),
        },
    }
}

/// Signed, of any length up to eight bytes.
fn big_endian(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| unreadable("its length is wrong"))
}

fn uuid(bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes).to_ascii_lowercase();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Days since 2000-01-01 as a date, by the proleptic Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html>, `civil_from_days`).
fn date(days: i64) -> String {
    match i32::try_from(days) {
        Ok(i32::MAX) => return "infinity".to_owned(),
        Ok(i32::MIN) => return "-infinity".to_owned(),
        _ => {}
    }
    let (year, month, day) = civil(days);
    if year > 0 { format!("{year:04}-{month:02}-{day:02}") } else { format!("{:04}-{month:02}-{day:02} BC", 1 - year) }
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 730_425; // since 0000-03-01
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn time(microseconds: i64) -> String {
    let seconds = microseconds / 1_000_000;
    clock(seconds / 3_600, seconds / 60 % 60, seconds % 60, microseconds % 1_000_000)
}

/// Microseconds since 2000-01-01 00:00.
fn moment(microseconds: i64) -> String {
    const DAY: i64 = 86_400_000_000;
    match microseconds {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        _ => {
            let (day, time) = (date(microseconds.div_euclid(DAY)), time(microseconds.rem_euclid(DAY)));
            match day.strip_suffix(" BC") {
                Some(day) => format!("{day} {time} BC"),
                None => format!("{day} {time}"),
            }
        }
    }
}

/// Groups of four digits: their count, the weight of the first, the sign, the digits behind the point, the groups
/// (`numeric_send` of the server's source).
fn numeric(bytes: &[u8]) -> String {
    let mut words = bytes.chunks(2).map(|pair| pair.iter().fold(0u16, |word, byte| word << 8 | u16::from(*byte)));
    let mut next = || words.next().unwrap_or_default();
    let (_count, weight, sign, scale) = (next(), next(), next(), usize::from(next()));
    match sign {
        0xc000 => return "NaN".to_owned(),
        0xd000 => return "Infinity".to_owned(),
        0xf000 => return "-Infinity".to_owned(),
        _ => {}
    }
    let weight = i64::from(weight.cast_signed());
    let groups: Vec<u16> = words.collect();
    let group = |place: i64| {
        let index = usize::try_from(weight - place).ok();
        index.and_then(|index| groups.get(index)).copied().unwrap_or_default()
    };
    let whole: String = (0..=weight.max(0)).rev().map(|place| format!("{:04}", group(place))).collect();
    let whole = whole.trim_start_matches('0');
    let places = i64::try_from(scale.div_ceil(4)).unwrap_or_default();
    let fraction: String = (1..=places).map(|place| format!("{:04}", group(-place))).collect();
    let fraction = fraction.get(..scale).unwrap_or(&fraction);
    let sign = if sign == 0x4000 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", if whole.is_empty() { "0" } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_year_2000() {
        assert_eq!(date(0), "2000-01-01");
        assert_eq!(date(59), "2000-02-29");
        assert_eq!(date(-1), "1999-12-31");
        assert_eq!(date(9_821), "2026-11-21");
        assert_eq!(date(-730_119), "0001-01-01");
        assert_eq!(date(-730_120), "0001-12-31 BC");
        assert_eq!(moment(-1), "1999-12-31 23:59:59.999999");
        assert_eq!(moment(i64::MAX), "infinity");
    }

    #[test]
    fn numbers_keep_their_scale() {
        let number = |words: &[u16]| numeric(&words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>());
        assert_eq!(number(&[0, 0, 0, 0]), "0");
        assert_eq!(number(&[0, 0, 0, 2]), "0.00");
        assert_eq!(number(&[2, 0, 0x4000, 2, 12, 5000]), "-12.50");
        assert_eq!(number(&[1, 1, 0, 0, 1]), "10000");
        assert_eq!(number(&[1, 0xffff, 0, 4, 5]), "0.0005");
        assert_eq!(number(&[1, 0xfffe, 0, 8, 5]), "0.00000005");
        assert_eq!(number(&[0, 0, 0xc000, 0]), "NaN");
    }

    #[test]
    fn whole_numbers_have_a_sign() {
        assert_eq!(big_endian(&[0xff, 0xff]), -1);
        assert_eq!(big_endian(&[0, 0, 1, 0]), 256);
        assert_eq!(uuid(&[0x11; 16]), "11111111-1111-1111-1111-111111111111");
    }
}
