//! What a change may do to rows that are there. Pure: no I/O.

use crate::dialect::mysql::types::{Sort, WORD};
use crate::ops::Constraint;
use crate::schema::{Column, Ident, IndexPart, Name, ObjectKind, Pair, Schema, Table, Type};
use crate::statement::Hazard;
use crate::statement::syntax::MYSQL;
use crate::statement::token::tokens;

/// Hazards of a changed column, and whether the table is written anew for it.
pub(super) struct Found {
    pub(super) hazards: Vec<Hazard>,
    pub(super) rewrites: bool,
}

/// The triggers of a table that run when rows without a value get one.
pub(super) fn triggers_of_update(shape: &Schema, table: &Name, column: &Ident) -> Option<Hazard> {
    let triggers = shape.objects.values().filter(|object| object.id.kind == ObjectKind::Trigger);
    let triggers = triggers.filter(|object| object.id.table.as_ref() == Some(table));
    let of_update = triggers.filter(|object| is_of_update(object.definition.text()));
    let names: Vec<&str> = of_update.map(|object| object.id.name.name.as_str()).collect();
    let (table, column) = (table.for_people(), column.as_str());
    let said = || format!("{} of {table}, for rows where {table}.{column} is NULL", names.join(", "));
    (!names.is_empty()).then(|| Hazard::RunsTriggers(said()))
}

/// Whether the text makes a trigger that runs BEFORE or AFTER UPDATE.
fn is_of_update(text: &str) -> bool {
    let Ok(mut words) = tokens(text, &MYSQL) else { return false };
    words.retain(|token| !token.is_skippable());
    let behind = words.iter().skip_while(|token| !token.is_word(text, "TRIGGER"));
    let mut moment = behind.skip_while(|token| !token.is_word(text, "BEFORE") && !token.is_word(text, "AFTER"));
    moment.nth(1).is_some_and(|event| event.is_word(text, "UPDATE"))
}

/// Compares a column before and after.
pub(super) fn column(known: &Table, from: &Column, to: &Column, mariadb: bool) -> Found {
    let table = &known.name;
    let said = format!("{}.{}", table.for_people(), to.name.as_str());
    let mut found = Found { hazards: Vec::new(), rewrites: false };
    if from.ty != to.ty {
        change_of_type(&said, from, to, &mut found);
        found
            .hazards
            .extend(cut_from_text(from, to, mariadb).map(|what| Hazard::LosesData(format!("{what} of {said}"))));
    }
    let collation =
        |column: &Column| ["collation", "charset"].map(|key| column.options.get(WORD, key).map(str::to_owned));
    let collations = Pair::new(collation(from), collation(to));
    if collations.differs() {
        let words = collations.map(|[collation, charset]| collation.or(charset));
        found.hazards.extend(collated(known, &to.name, words.as_ref().map(Option::as_deref)));
    }
    if from.nullable && !to.nullable {
        found.rewrites = true;
        if to.default.is_none() {
            found.hazards.push(Hazard::MayFail(format!("rows where {said} is NULL")));
        }
    }
    let option = |column: &Column, key| column.options.get(WORD, key).map(str::to_owned);
    if option(from, "check") != option(to, "check") && option(to, "check").is_some() {
        found.hazards.push(Hazard::MayFail(format!("rows that break the check of {said}")));
        found.rewrites = true;
    }
    if !from.nullable && to.nullable
        || from.identity != to.identity
        || option(from, "compressed") != option(to, "compressed")
    {
        found.rewrites = true;
    }
    match (&from.generated, &to.generated) {
        (None, Some(_)) => {
            found.hazards.push(Hazard::LosesData(format!("the values of {said}, which is computed from now on")));
        }
        (None, None) => {}
        (Some(_), None | Some(_)) => found.rewrites |= from.generated != to.generated,
    }
    found.rewrites |= from.generated.is_none() && to.generated.is_some();
    if found.rewrites {
        found.hazards.push(Hazard::Rewrites(table.for_people()));
    }
    found
}

/// What another collation may do to the values of a column. None: the usual one, which is not known here.
pub(super) fn collated(table: &Table, column: &Ident, collations: Pair<Option<&str>>) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    let charset = |collation: &str| collation.split('_').next().unwrap_or_default().to_lowercase();
    let Pair { from, to } = collations.map(|collation| collation.map(charset));
    if let Some(to) = to.filter(|to| !holds_all(to, from.as_deref())) {
        let said = format!("{}.{}", table.name.for_people(), column.as_str());
        hazards.push(Hazard::MayFail(format!("values of {said} with characters that {to} lacks")));
    }
    let keys = table.primary_key.iter().map(|key| key.columns.clone());
    let keys = keys.chain(table.uniques.iter().map(|unique| unique.columns.clone()));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let indexes = indexes.map(|index| index.parts.iter().filter_map(IndexPart::column_name).cloned().collect());
    let touched = keys.chain(indexes).filter(|columns: &Vec<Ident>| columns.contains(column));
    hazards.extend(touched.map(|columns| duplicates(&table.name, &columns)));
    hazards.dedup();
    hazards
}

/// Whether a character set has all the characters of another one.
fn holds_all(charset: &str, from: Option<&str>) -> bool {
    const ALL: [&str; 5] = ["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"];
    let is_all = |charset: &str| ALL.contains(&charset);
    let same = from == Some(charset) || from == Some("ascii");
    let basic = ["utf8", "utf8mb3", "ucs2"].contains(&charset) && from.is_some_and(|from| !is_all(from));
    // Bytes take any, and are not looked into.
    same || basic || is_all(charset) || charset == "binary"
}

fn change_of_type(said: &str, from: &Column, to: &Column, found: &mut Found) {
    let (Type::Native(former), Type::Native(native)) = (&from.ty, &to.ty) else { return };
    match change(&Sort::of(former), &Sort::of(native)) {
        Change::None => {}
        Change::Instant => {}
        Change::Widens => found.rewrites = true,
        Change::Refuses(which) => {
            found.rewrites = true;
            found.hazards.push(Hazard::MayFail(format!("values of {said} {which}")));
        }
        Change::Cuts(what) => {
            found.rewrites = true;
            found.hazards.push(Hazard::LosesData(format!("{what} of {said}")));
        }
        Change::Converts => {
            found.rewrites = true;
            found.hazards.push(Hazard::MayFail(format!("values of {said} that are no {native}")));
        }
    }
    found.hazards.extend(silent_loss(&Sort::of(former), &Sort::of(native), said));
}

/// What goes without a word beside that.
fn silent_loss(from: &Sort, to: &Sort, said: &str) -> Option<Hazard> {
    let what = match (from, to) {
        (Sort::Text { fixed: false, .. } | Sort::LongText(_), Sort::Text { fixed: true, .. }) => {
            format!("blanks at the end of values of {said}")
        }
        (Sort::Moment { word: "timestamp", .. }, Sort::Moment { word: "datetime", .. }) => {
            format!("the time zone of {said}: what is written are its moments in UTC")
        }
        _ => return None,
    };
    Some(Hazard::LosesData(what))
}

/// What texts may have that goes without a word where they become numbers or times; what is neither is refused, and so is
/// by MariaDB what has more than digits where an integer is wanted.
fn cut_from_text(from: &Column, to: &Column, mariadb: bool) -> Option<&'static str> {
    let (Type::Native(from), Type::Native(to)) = (&from.ty, &to.ty) else { return None };
    if !matches!(Sort::of(from), Sort::Text { .. } | Sort::LongText(_)) {
        return None;
    }
    match Sort::of(to) {
        Sort::Integer { .. } if mariadb => None,
        Sort::Integer { .. } | Sort::Decimal { .. } | Sort::Year => Some("digits behind the point"),
        Sort::Float(_) => Some("digits"),
        Sort::Date => Some("the time of day"),
        Sort::Moment { .. } => Some("fractions of a second"),
        Sort::Bit(_)
        | Sort::Text { .. }
        | Sort::Bytes { .. }
        | Sort::LongText(_)
        | Sort::LongBytes(_)
        | Sort::Enum(_)
        | Sort::Set(_)
        | Sort::Json
        | Sort::Other => None,
    }
}

/// Whether another type leaves the rows as they are; `None` where that hangs on the charset, which is not known here.
pub(super) fn type_is_instant(from: &Column, to: &Column) -> Option<bool> {
    let (Type::Native(former), Type::Native(native)) = (&from.ty, &to.ty) else { return None };
    let (from, to) = (Sort::of(former), Sort::of(native));
    match change(&from, &to) {
        Change::None => None,
        Change::Instant => (keeps_size(&from, &to)).then_some(true),
        Change::Widens | Change::Refuses(_) | Change::Cuts(_) | Change::Converts => Some(false),
    }
}

/// Whether a value takes as many bytes for its length, or for its number in a list, as before; in every charset.
fn keeps_size(from: &Sort, to: &Sort) -> bool {
    match (from, to) {
        (Sort::Enum(_), Sort::Enum(words)) => words.len() <= 255,
        (Sort::Set(former), Sort::Set(words)) => former.len().div_ceil(8) == words.len().div_ceil(8),
        (Sort::Text { length: former, .. }, Sort::Text { length, .. }) => [1, 2, 3, 4].iter().all(|width| {
            let crosses = (128..=255).contains(&(former * width)) && length * width > 255;
            !crosses
        }),
        _ => true,
    }
}

/// What a change of type does to values.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    /// Nothing, and the rows stay as they are.
    Instant,
    Widens,
    /// Strict mode refuses values: which ones.
    Refuses(String),
    /// Cut without a word: what.
    Cuts(&'static str),
    Converts,
}

fn change(from: &Sort, to: &Sort) -> Change {
    match (from, to) {
        (one, other) if one == other => Change::None,
        (Sort::Integer { .. }, Sort::Integer { bytes, unsigned }) => {
            let fits = fits(from, *bytes, *unsigned);
            if fits { Change::Widens } else { Change::Refuses("beyond the range of the new type".to_owned()) }
        }
        (Sort::Decimal { whole, fraction, unsigned }, Sort::Decimal { whole: w, fraction: f, unsigned: u }) => {
            if f < fraction {
                Change::Cuts("digits behind the point")
            } else if w < whole || (!unsigned && *u) {
                Change::Refuses("beyond the range of the new type".to_owned())
            } else {
                Change::Widens
            }
        }
        (Sort::Float(true), Sort::Float(false)) | (Sort::Float(_), Sort::Decimal { .. } | Sort::Integer { .. }) => {
            Change::Cuts("digits")
        }
        (Sort::Decimal { fraction, .. }, Sort::Integer { .. }) if *fraction > 0 => {
            Change::Cuts("digits behind the point")
        }
        (Sort::Integer { .. } | Sort::Float(_), Sort::Float(true)) => Change::Widens,
        (Sort::Moment { word, fraction }, Sort::Moment { word: w, fraction: f }) => match (word == w, f < fraction) {
            (_, true) => Change::Cuts("fractions of a second"),
            (true, false) => Change::Widens,
            // See `silent_loss`.
            (false, false) if (*word, *w) == ("timestamp", "datetime") => Change::Widens,
            (false, false) => Change::Converts,
        },
        (Sort::Moment { .. }, Sort::Date) => Change::Cuts("the time of day"),
        (Sort::Date, Sort::Moment { word: "datetime", .. }) => Change::Widens,
        (Sort::Enum(former), Sort::Enum(words)) | (Sort::Set(former), Sort::Set(words)) => listed(former, words),
        (Sort::Enum(_) | Sort::Set(_), Sort::Bit(_)) => {
            Change::Cuts("the words (bits are their positions in the list)")
        }
        (Sort::Bit(_), Sort::Enum(_) | Sort::Set(_)) => Change::Cuts("the bits (words are those at their positions)"),
        (Sort::Json, Sort::Text { length, .. } | Sort::LongText(length)) if *length < LONGEST => {
            Change::Refuses(format!("longer than {length}"))
        }
        (
            Sort::Bytes { length: former, .. } | Sort::LongBytes(former),
            Sort::Text { length, .. } | Sort::LongText(length),
        ) => {
            let longer = if length < former { format!(" or longer than {length}") } else { String::new() };
            Change::Refuses(format!("that are no text{longer}"))
        }
        (Sort::Text { .. } | Sort::LongText(_), Sort::Bytes { length, .. } | Sort::LongBytes(length))
            if bytes(from) > *length =>
        {
            Change::Refuses(format!("longer than {length} bytes"))
        }
        _ => match (length(from), length(to)) {
            (Some((former, chars)), Some((length, other))) if chars == other => lengths(from, to, former, length),
            (None | Some(_), Some((length, _))) if length >= 255 => Change::Widens,
            _ => Change::Converts,
        },
    }
}

/// The bytes of a longtext.
const LONGEST: u64 = 0xffff_ffff;

/// How many bytes the longest text of a type may have.
fn bytes(sort: &Sort) -> u64 {
    match length(sort) {
        Some((length, true)) if matches!(sort, Sort::Text { .. }) => length * 4,
        Some((length, _)) => length,
        None => LONGEST,
    }
}

fn fits(from: &Sort, bytes: u32, unsigned: bool) -> bool {
    let Sort::Integer { bytes: former, unsigned: was_unsigned } = from else { return false };
    match (was_unsigned, unsigned) {
        (true, true) | (false, false) => *former <= bytes,
        (true, false) => *former < bytes,
        (false, true) => false,
    }
}

fn listed(former: &[String], words: &[String]) -> Change {
    let gone: Vec<&str> = former.iter().filter(|word| !words.contains(word)).map(String::as_str).collect();
    if !gone.is_empty() {
        return Change::Refuses(format!("that are {}", gone.join(", ")));
    }
    if words.starts_with(former) { Change::Instant } else { Change::Widens }
}

/// How much a type of strings holds, and whether it holds characters.
fn length(sort: &Sort) -> Option<(u64, bool)> {
    match sort {
        Sort::Text { length, .. } | Sort::LongText(length) => Some((*length, true)),
        Sort::Bytes { length, .. } | Sort::LongBytes(length) => Some((*length, false)),
        Sort::Integer { .. }
        | Sort::Decimal { .. }
        | Sort::Float(_)
        | Sort::Bit(_)
        | Sort::Date
        | Sort::Moment { .. }
        | Sort::Year
        | Sort::Enum(_)
        | Sort::Set(_)
        | Sort::Json
        | Sort::Other => None,
    }
}

fn lengths(from: &Sort, to: &Sort, former: u64, length: u64) -> Change {
    if length < former {
        return Change::Refuses(format!("longer than {length}"));
    }
    let varying = |sort: &Sort| matches!(sort, Sort::Text { fixed: false, .. } | Sort::Bytes { fixed: false, .. });
    // A varchar of up to 255 bytes says its length in one byte; four bytes a character are assumed.
    let width = if matches!(from, Sort::Text { .. }) { 4 } else { 1 };
    let crosses = former * width <= 255 && former * width >= 128 && length * width > 255;
    if varying(from) && varying(to) && !crosses { Change::Instant } else { Change::Widens }
}

/// Rows that a new constraint would refuse.
pub(super) fn constraint(table: &Name, constraint: &Constraint) -> Hazard {
    match constraint {
        Constraint::PrimaryKey(key) => duplicates(table, &key.columns),
        Constraint::Unique(unique) => duplicates(table, &unique.columns),
        Constraint::Check(check) => {
            Hazard::MayFail(format!("rows of {} that break {}", table.for_people(), check.condition.text()))
        }
        Constraint::ForeignKey(key) => Hazard::MayFail(format!(
            "rows of {} whose {} is not in {}",
            table.for_people(),
            spoken(&key.columns),
            key.references.for_people(),
        )),
    }
}

/// Rows that are equal in the columns of a unique key.
pub(super) fn duplicates(table: &Name, columns: &[Ident]) -> Hazard {
    Hazard::MayFail(format!("rows of {} that are equal in {}", table.for_people(), spoken(columns)))
}

fn spoken(columns: &[Ident]) -> String {
    columns.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_type_are_told_apart() {
        let refuses = |which: &str| Change::Refuses(which.to_owned());
        let cases = [
            ("int(11)", "int", Change::None),
            ("int", "bigint", Change::Widens),
            ("bigint", "int", refuses("beyond the range of the new type")),
            ("int", "int unsigned", refuses("beyond the range of the new type")),
            ("int unsigned", "bigint", Change::Widens),
            ("decimal(10,2)", "decimal(12,2)", Change::Widens),
            ("decimal(10,4)", "decimal(12,2)", Change::Cuts("digits behind the point")),
            ("datetime(6)", "datetime", Change::Cuts("fractions of a second")),
            ("datetime", "timestamp", Change::Converts),
            ("varchar(20)", "varchar(30)", Change::Instant),
            ("varchar(50)", "varchar(100)", Change::Widens),
            ("varchar(100)", "varchar(50)", refuses("longer than 50")),
            ("varchar(100)", "longtext", Change::Widens),
            ("int", "varchar(255)", Change::Widens),
            ("varchar(20)", "int", Change::Converts),
            ("enum('a','b')", "enum('a','b','c')", Change::Instant),
            ("enum('a','b')", "enum('b','a')", Change::Widens),
            ("enum('a','b')", "enum('a')", refuses("that are b")),
            ("enum('a','b')", "int", Change::Converts),
            ("set('a','b')", "bit(2)", Change::Cuts("the words (bits are their positions in the list)")),
            ("json", "varchar(255)", refuses("longer than 255")),
            ("json", "longtext", Change::Widens),
            ("longblob", "varchar(255)", refuses("that are no text or longer than 255")),
            ("varbinary(20)", "varchar(20)", refuses("that are no text")),
            ("varchar(255)", "varbinary(255)", refuses("longer than 255 bytes")),
            ("varchar(255)", "blob", Change::Widens),
            ("timestamp", "datetime", Change::Widens),
        ];
        for (from, to, expected) in cases {
            assert_eq!(change(&Sort::of(from), &Sort::of(to)), expected, "{from} -> {to}");
        }
    }

    fn said(hazards: &[Hazard]) -> Vec<String> {
        hazards.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_goes_without_a_word_is_said() {
        let table = Table::new(Name::own("t"));
        let found = |from: &str, to: &str| {
            let column = |native: &str| Column::new("a", Type::Native(native.into()));
            said(&super::column(&table, &column(from), &column(to), false).hazards)
        };
        let rewrites = "writes the whole table anew: t";
        assert_eq!(found("varchar(9)", "char(9)"), ["loses data: blanks at the end of values of t.a", rewrites]);
        let zone = "loses data: the time zone of t.a: what is written are its moments in UTC";
        assert_eq!(found("timestamp", "datetime"), [zone, rewrites]);
        assert_eq!(found("timestamp", "timestamp(3)"), [rewrites]);
    }

    #[test]
    fn what_is_cut_from_texts_is_said() {
        let found = |to: &str, mariadb: bool| {
            let column = |native: &str| Column::new("a", Type::Native(native.into()));
            said(&super::column(&Table::new(Name::own("t")), &column("varchar(40)"), &column(to), mariadb).hazards)
        };
        for (to, cut) in [
            ("int", "digits behind the point"),
            ("decimal(6,2)", "digits behind the point"),
            ("double", "digits"),
            ("date", "the time of day"),
            ("datetime", "fractions of a second"),
        ] {
            let (refused, cut) =
                (format!("may fail: values of t.a that are no {to}"), format!("loses data: {cut} of t.a"));
            assert_eq!(found(to, false), [refused.as_str(), cut.as_str(), "writes the whole table anew: t"]);
            assert_eq!(found(to, true).contains(&cut), to != "int");
        }
        assert_eq!(found("longtext", false).len(), 1);
    }

    #[test]
    fn another_collation_may_find_equals_or_lack_characters() {
        let mut table = Table::new(Name::own("t"));
        table.uniques.push(crate::schema::Unique {
            name: Some("u".into()),
            columns: vec!["a".into(), "b".into()],
            include: Vec::new(),
            nulls_not_distinct: false,
            deferrable: None,
            comment: None,
            options: crate::schema::Options::default(),
        });
        let found = |column: &str, from, to| said(&collated(&table, &column.into(), Pair::new(from, to)));
        let equal = "may fail: rows of t that are equal in a, b";
        assert_eq!(found("a", Some("utf8mb4_bin"), Some("utf8mb4_general_ci")), [equal]);
        assert_eq!(found("a", Some("utf8mb4_bin"), None), [equal]);
        let lacks = "may fail: values of t.c with characters that latin1 lacks";
        assert_eq!(found("c", None, Some("latin1_swedish_ci")), [lacks]);
        assert_eq!(found("c", Some("latin1"), Some("utf8mb3_bin")), [""; 0]);
        assert_eq!(found("c", Some("latin1"), Some("utf8mb4_bin")), [""; 0]);
        assert_eq!(found("c", Some("utf8mb4_bin"), Some("utf8mb3_bin")).len(), 1);
    }
}
