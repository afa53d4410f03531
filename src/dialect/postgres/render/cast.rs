//! What a change of type does to rows: which expression converts them, and what is lost or may fail.

use crate::dialect::postgres::quote::quote;
use crate::schema::{Ident, Name, Pair};
use crate::statement::Hazard;

/// What changing a column from one type to another takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conversion {
    /// The expression behind USING, where the server has no cast of its own that it takes for an assignment.
    pub(super) using: Option<String>,
    pub(super) hazards: Vec<Hazard>,
}

/// The conversion of a column between two native types. `from` is empty where it is not known: then the server's own
/// assignment is all there is. `bases` are the types below them, where they are domains: values are converted as what these are.
pub(super) fn conversion(table: &Name, column: &Ident, types: Pair<&str>, bases: Pair<&str>) -> Conversion {
    if types.from.is_empty() || !types.differs() {
        return Conversion::default();
    }
    let place = format!("{}.{}", table.for_people(), column.as_str());
    let (kinds, bases) = (types.map(Kind::read), bases.map(Kind::read));
    let mut hazards: Vec<Hazard> = harm(&kinds, &place, types.to).into_iter().collect();
    if kinds != bases {
        hazards.extend(harm(&bases, &place, types.to).filter(|hazard| matches!(hazard, Hazard::LosesData(_))));
    }
    if !keeps_rows(&kinds) {
        hazards.push(Hazard::Rewrites(table.for_people()));
    }
    Conversion { using: using(&quote(column), &bases, types.to), hazards }
}

/// A native type, as far as conversions depend on it.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// `character varying(n)`, `text`: None = any length.
    Text(Option<u32>),
    /// `character(n)`
    Padded(u32),
    /// In bytes.
    Integer(u32),
    /// Precision and scale; None = any.
    Numeric(Option<(u32, u32)>),
    /// In bytes.
    Float(u32),
    Bool,
    Date,
    /// With a zone or not; decimals of a second.
    Timestamp(bool, u32),
    Time,
    Json,
    Bytes,
    Array(Box<Self>),
    /// By its text.
    Other(String),
}

impl Kind {
    fn read(native: &str) -> Self {
        if let Some(element) = native.strip_suffix("[]") {
            return Self::Array(Box::new(Self::read(element)));
        }
        let (word, numbers) = parts(native);
        let first = numbers.first().copied();
        match word.as_str() {
            "character varying" => Self::Text(first),
            "text" => Self::Text(None),
            "character" => Self::Padded(first.unwrap_or(1)),
            "smallint" => Self::Integer(2),
            "integer" => Self::Integer(4),
            "bigint" => Self::Integer(8),
            "numeric" => Self::Numeric(first.map(|precision| (precision, numbers.get(1).copied().unwrap_or(0)))),
            "real" => Self::Float(4),
            "double precision" => Self::Float(8),
            "boolean" => Self::Bool,
            "date" => Self::Date,
            "timestamp without time zone" => Self::Timestamp(false, first.unwrap_or(6)),
            "timestamp with time zone" => Self::Timestamp(true, first.unwrap_or(6)),
            "time without time zone" | "time with time zone" => Self::Time,
            "json" | "jsonb" => Self::Json,
            "bytea" => Self::Bytes,
            _ => Self::Other(native.to_owned()),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Numeric(_) | Self::Float(_))
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Padded(_))
    }

    fn is_moment(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp(..))
    }

    /// The longest text that it holds, as far as it is one.
    fn room(&self) -> Option<u32> {
        if let Self::Padded(length) = self {
            return Some(*length);
        }
        if let Self::Text(length) = self { *length } else { None }
    }
}

/// `timestamp(3) with time zone` → its words, and its numbers.
fn parts(native: &str) -> (String, Vec<u32>) {
    let Some((before, (inside, after))) =
        native.split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?)))
    else {
        return (native.to_owned(), Vec::new());
    };
    (format!("{before}{after}"), inside.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

/// The expression that converts, where assignment alone does not (`pg_cast` and the input and output of each type).
fn using(column: &str, kinds: &Pair<Kind>, to: &str) -> Option<String> {
    match (&kinds.from, &kinds.to) {
        (from, target) if from == target => None,
        (Kind::Bytes, target) if target.is_text() => Some(format!("convert_from({column}, 'UTF8')")),
        (from, Kind::Bytes) if from.is_text() => Some(format!("convert_to({column}, 'UTF8')")),
        // The way back of one value that became a list.
        (Kind::Array(_), target) if target.is_text() => Some(format!(
            "CASE WHEN cardinality({column}) = 1 THEN {column}[array_lower({column}, 1)]::text ELSE {column}::text END"
        )),
        (_, target) if target.is_text() => None,
        (from, target) if from.is_number() && target.is_number() => None,
        (from, target) if from.is_moment() && target.is_moment() => None,
        (Kind::Timestamp(..) | Kind::Time, Kind::Time) | (Kind::Json, Kind::Json) => None,
        (from, Kind::Bool) if from.is_number() => Some(format!("{column} <> 0")),
        (Kind::Bool, target) if target.is_number() => Some(format!("{column}::integer::{to}")),
        // One value, or several as the server writes them.
        (from, Kind::Array(_)) if from.is_text() => Some(format!(
            "CASE WHEN {column} LIKE '{{%}}' THEN {column}::{to} WHEN {column} IS NOT NULL THEN ARRAY[{column}]::{to} END"
        )),
        (from, _) if from.is_text() => Some(format!("{column}::{to}")),
        (Kind::Array(from), Kind::Array(target)) => {
            let element = Pair::new((**from).clone(), (**target).clone());
            using("x", &element, "x").map(|_| format!("{column}::text[]::{to}"))
        }
        (_, Kind::Array(_)) => Some(format!("CASE WHEN {column} IS NOT NULL THEN ARRAY[{column}]::{to} END")),
        _ => Some(format!("{column}::text::{to}")),
    }
}

/// Whether the server keeps the rows as they are (measured on PostgreSQL 15, `TimeZone` UTC).
fn keeps_rows(kinds: &Pair<Kind>) -> bool {
    match (&kinds.from, &kinds.to) {
        (Kind::Text(_), Kind::Text(None)) => true,
        (Kind::Text(Some(from)), Kind::Text(Some(to))) => from <= to,
        (Kind::Numeric(_), Kind::Numeric(None)) => true,
        (Kind::Numeric(Some(from)), Kind::Numeric(Some(to))) => from.1 == to.1 && from.0 <= to.0,
        (Kind::Timestamp(_, from), Kind::Timestamp(_, to)) => from <= to,
        (from, to) => from == to,
    }
}

/// What becomes of values that do not fit.
fn harm(kinds: &Pair<Kind>, place: &str, to: &str) -> Option<Hazard> {
    let fails = |rows: String| Some(Hazard::MayFail(rows));
    let loses = |what: String| Some(Hazard::LosesData(what));
    let too_great = || fails(format!("rows where {place} is too great for {to}"));
    match (&kinds.from, &kinds.to) {
        (from, target) if target.is_text() => {
            let shorter = target.room().is_some_and(|room| from.room().is_none_or(|former| former > room));
            shorter.then(|| Hazard::MayFail(format!("rows where {place} is too long for {to}")))
        }
        (Kind::Integer(from), Kind::Integer(target)) => {
            if from > target {
                too_great()
            } else {
                None
            }
        }
        (Kind::Integer(_), Kind::Numeric(Some(_))) => too_great(),
        (Kind::Integer(from), Kind::Float(target)) if from >= target => loses(format!("digits of {place}")),
        (Kind::Integer(_), Kind::Numeric(None) | Kind::Float(_)) | (Kind::Float(4), Kind::Float(8)) => None,
        (Kind::Numeric(_), Kind::Numeric(None)) => None,
        (Kind::Numeric(Some(from)), Kind::Numeric(Some(target))) if from.1 <= target.1 => {
            let room = |size: &(u32, u32)| size.0.saturating_sub(size.1);
            if room(from) > room(target) { too_great() } else { None }
        }
        (from, target) if from.is_number() && target.is_number() => loses(format!("digits of {place}")),
        (Kind::Bool, target) if target.is_number() => None,
        (from, Kind::Bool) if from.is_number() => loses(format!("values of {place} other than 0 and 1")),
        (Kind::Timestamp(..), Kind::Date) => loses(format!("the time of day in {place}")),
        (Kind::Timestamp(..), Kind::Time) => loses(format!("the day in {place}")),
        (Kind::Timestamp(_, from), Kind::Timestamp(_, target)) if from > target => {
            loses(format!("fractions of seconds in {place}"))
        }
        (from, target) if from.is_moment() && target.is_moment() => None,
        (Kind::Json, Kind::Json) => None,
        (from, Kind::Bytes) if from.is_text() => None,
        _ => fails(format!("rows where {place} is no {to}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: &str, to: &str) -> Conversion {
        conversion(&Name::own("t"), &Ident::from("c"), Pair::new(from, to), Pair::new(from, to))
    }

    #[test]
    fn a_domain_is_converted_as_what_it_is_made_of() {
        let (table, column) = (Name::own("t"), Ident::from("c"));
        let using = |from: (&str, &str), to: (&str, &str)| {
            conversion(&table, &column, Pair::new(from.0, to.0), Pair::new(from.1, to.1)).using
        };
        let (whole, exact, word) = (("d", "integer"), ("d", "numeric(10,2)"), ("w", "text"));
        assert_eq!(using(exact, ("integer", "integer")), None);
        assert_eq!(using(("numeric(10,2)", "numeric(10,2)"), whole), None);
        assert_eq!(using(whole, ("integer", "integer")), None);
        assert_eq!(using(word, whole).as_deref(), Some("\"c\"::d"));
        assert_eq!(using(("uuid", "uuid"), whole).as_deref(), Some("\"c\"::text::d"));
    }

    #[test]
    fn using_stands_only_where_assignment_fails() {
        let using = |from, to| of(from, to).using;
        assert_eq!(using("integer", "bigint"), None);
        assert_eq!(using("integer", "text"), None);
        assert_eq!(using("text", "integer").as_deref(), Some("\"c\"::integer"));
        assert_eq!(using("bigint", "boolean").as_deref(), Some("\"c\" <> 0"));
        assert_eq!(using("boolean", "bigint").as_deref(), Some("\"c\"::integer::bigint"));
        assert_eq!(using("text", "bytea").as_deref(), Some("convert_to(\"c\", 'UTF8')"));
        assert_eq!(using("timestamp without time zone", "timestamp with time zone"), None);
        assert_eq!(using("mood", "status").as_deref(), Some("\"c\"::text::status"));
        assert_eq!(using("text[]", "integer[]").as_deref(), Some("\"c\"::text[]::integer[]"));
        assert_eq!(using("integer[]", "bigint[]"), None);
        assert_eq!(using("", "integer"), None);
    }

    #[test]
    fn widening_is_free_and_narrowing_is_told() {
        assert_eq!(of("character varying(10)", "character varying(20)").hazards, vec![]);
        assert_eq!(of("numeric(10,2)", "numeric(12,2)").hazards, vec![]);
        assert_eq!(of("integer", "bigint").hazards, vec![Hazard::Rewrites("t".into())]);
        let first = |from, to| of(from, to).hazards.first().cloned();
        assert_eq!(
            first("text", "character varying(5)"),
            Some(Hazard::MayFail("rows where t.c is too long for character varying(5)".into()))
        );
        assert_eq!(first("numeric", "integer"), Some(Hazard::LosesData("digits of t.c".into())));
        assert_eq!(first("timestamp with time zone", "date"), Some(Hazard::LosesData("the time of day in t.c".into())));
        assert_eq!(first("text", "uuid"), Some(Hazard::MayFail("rows where t.c is no uuid".into())));
    }
}
