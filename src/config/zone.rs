//! Time zones: `UTC`, `+02:00`, `local`, or a name of the IANA database as the system has it.
//!
//! The system's files are read as RFC 9636 describes them; behind their last change the rule at their end counts.

use std::path::{Component, Path, PathBuf};

use crate::config::Environment;

/// The system's folder of zones, unless `TZDIR` names another one.
const FOLDER: &str = "/usr/share/zoneinfo";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How far a place is ahead of UTC, at each moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Always so many seconds.
    Fixed(i64),
    Changing(Box<Changes>),
}

/// The contents of a zone's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Before the first change.
    first: i64,
    /// From this second of the Unix epoch on, so many seconds; sorted.
    list: Vec<(i64, i64)>,
    /// Behind the last change.
    rule: Option<Rule>,
}

/// `CET-1CEST,M3.5.0,M10.5.0/3`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    standard: i64,
    /// The offset in summer, its begin and its end.
    summer: Option<(i64, Turn, Turn)>,
}

/// A day of each year, and the second of it in local time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turn {
    day: TurnDay,
    second: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TurnDay {
    /// From 1, and the 29th of February is never counted.
    Julian(i64),
    /// From 0.
    OfYear(i64),
    /// The n-th such day of a month, Sunday is 0; the fifth is the last one.
    OfMonth { month: i64, week: i64, weekday: i64 },
}

impl Zone {
    /// Finds it.
    ///
    /// # Errors
    /// A phrase: no zone of this name, or its file cannot be read.
    pub(super) fn parse(text: &str, environment: &Environment) -> Result<Self, String> {
        if ["UTC", "utc", "Z", "GMT"].contains(&text) {
            return Ok(Self::Fixed(0));
        }
        if text.starts_with(['+', '-']) {
            return fixed(text).map(Self::Fixed).ok_or_else(|| "an offset is written as +02:00".to_owned());
        }
        let folder = PathBuf::from(environment.filled("TZDIR").unwrap_or(FOLDER));
        let path = match text {
            "local" => match environment.filled("TZ") {
                Some(name) if name != "local" => return Self::parse(name.trim_start_matches(':'), environment),
                _ => PathBuf::from("/etc/localtime"),
            },
            _ => {
                let is_name = Path::new(text).components().all(|part| matches!(part, Component::Normal(_)));
                if !is_name {
                    return Err("it is no name of a zone".to_owned());
                }
                folder.join(text)
            }
        };
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let changes = read(&bytes).ok_or_else(|| format!("{} is no file of a zone", path.display()))?;
        Ok(Self::Changing(Box::new(changes)))
    }

    /// The seconds that this place is ahead of UTC, at a second of the Unix epoch.
    pub(crate) fn ahead(&self, at: i64) -> i64 {
        match self {
            Self::Fixed(seconds) => *seconds,
            Self::Changing(changes) => changes.ahead(at),
        }
    }
}

impl Changes {
    fn ahead(&self, at: i64) -> i64 {
        let before = self.list.partition_point(|(from, _)| *from <= at);
        match (before.checked_sub(1).and_then(|last| self.list.get(last)), &self.rule) {
            (_, Some(rule)) if before == self.list.len() => rule.ahead(at),
            (Some((_, ahead)), _) => *ahead,
            (None, _) => self.first,
        }
    }
}

/// `+02:00`, `-0330`, `+1`.
fn fixed(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.get(1..)?.replace(':', "");
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = digits.parse().ok().filter(|_| all_digits)?;
    let (hours, minutes) = if digits.len() > 2 { (number / 100, number % 100) } else { (number, 0) };
    (digits.len() <= 4 && hours <= 14 && minutes < 60).then(|| sign * (hours * HOUR + minutes * 60))
}

/// Takes bytes from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A signed number, the highest byte first.
    fn number(&mut self, width: usize) -> Option<i64> {
        let bytes = self.take(width)?;
        let negative = bytes.first()? & 0x80 != 0;
        Some(bytes.iter().fold(if negative { -1 } else { 0 }, |sum, byte| (sum << 8) | i64::from(*byte)))
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number(4)?).ok()
    }
}

/// Counts of a header.
struct Counts {
    version: u8,
    utc: usize,
    standard: usize,
    leaps: usize,
    times: usize,
    types: usize,
    letters: usize,
}

fn header(bytes: &mut Bytes<'_>) -> Option<Counts> {
    if bytes.take(4)? != b"TZif" {
        return None;
    }
    let version = *bytes.take(16)?.first()?;
    let (utc, standard, leaps) = (bytes.count()?, bytes.count()?, bytes.count()?);
    Some(Counts {
        version,
        utc,
        standard,
        leaps,
        times: bytes.count()?,
        types: bytes.count()?,
        letters: bytes.count()?,
    })
}

/// What a file of a zone says; None = it is none.
fn read(bytes: &[u8]) -> Option<Changes> {
    let mut bytes = Bytes(bytes);
    let old = header(&mut bytes)?;
    if old.version == 0 {
        return block(&mut bytes, &old, 4);
    }
    block(&mut bytes, &old, 4)?;
    let counts = header(&mut bytes)?;
    let mut changes = block(&mut bytes, &counts, 8)?;
    let end = std::str::from_utf8(bytes.0).ok()?;
    changes.rule = Rule::parse(end.trim_matches('\n'));
    Some(changes)
}

fn block(bytes: &mut Bytes<'_>, counts: &Counts, width: usize) -> Option<Changes> {
    let times = (0..counts.times).map(|_| bytes.number(width)).collect::<Option<Vec<i64>>>()?;
    let kinds = bytes.take(counts.times)?;
    let mut types = Vec::new();
    for _ in 0..counts.types {
        types.push(bytes.number(4)?);
        bytes.take(2)?;
    }
    bytes.take(counts.letters + counts.leaps * (width + 4) + counts.standard + counts.utc)?;
    let list = times.into_iter().zip(kinds).map(|(time, kind)| Some((time, *types.get(usize::from(*kind))?)));
    Some(Changes { first: types.first().copied().unwrap_or(0), list: list.collect::<Option<_>>()?, rule: None })
}

impl Rule {
    /// Reads the rule at the end of a file; None = it is empty or not understood.
    fn parse(text: &str) -> Option<Self> {
        let (standard, rest) = offset(name(text)?)?;
        if rest.is_empty() {
            return Some(Self { standard: -standard, summer: None });
        }
        let rest = name(rest)?;
        let (summer, rest) = if rest.starts_with(',') { (standard - HOUR, rest) } else { offset(rest)? };
        let (begin, end) = rest.strip_prefix(',')?.split_once(',')?;
        Some(Self { standard: -standard, summer: Some((-summer, Turn::parse(begin)?, Turn::parse(end)?)) })
    }

    fn ahead(&self, at: i64) -> i64 {
        let Some((summer, begin, end)) = &self.summer else { return self.standard };
        let year = year_of(at + self.standard);
        let (begin, end) = (begin.at(year) - self.standard, end.at(year) - summer);
        // South of the equator the summer goes over the new year.
        let is_summer = if begin < end { begin <= at && at < end } else { !(end <= at && at < begin) };
        if is_summer { *summer } else { self.standard }
    }
}

/// What stands behind the name of an offset: `CET`, `<+03>`.
fn name(text: &str) -> Option<&str> {
    match text.strip_prefix('<') {
        Some(quoted) => Some(quoted.split_once('>')?.1),
        None => {
            let end = text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len());
            text.get(end..).filter(|_| end >= 3)
        }
    }
}

/// `[+-]hh[:mm[:ss]]` in seconds, and what stands behind it.
fn offset(text: &str) -> Option<(i64, &str)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|letter: char| !letter.is_ascii_digit() && letter != ':').unwrap_or(digits.len());
    let (number, rest) = digits.split_at_checked(end)?;
    let mut parts = number.split(':').map(|part| part.parse::<i64>().ok().filter(|part| *part < 1000));
    let (hours, minutes, seconds) =
        (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    Some((sign * (hours * HOUR + minutes * 60 + seconds), rest))
}

impl Turn {
    fn parse(text: &str) -> Option<Self> {
        let (day, second) = match text.split_once('/') {
            Some((day, time)) => (day, offset(time)?.0),
            None => (text, 2 * HOUR),
        };
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| (0..366).contains(number));
        let day = if let Some(day) = day.strip_prefix('J') {
            TurnDay::Julian(number(day)?)
        } else if let Some(rest) = day.strip_prefix('M') {
            let mut parts = rest.split('.').map(number);
            let (month, week, weekday) = (parts.next()??, parts.next()??, parts.next()??);
            ((1..=12).contains(&month) && weekday < 7).then_some(TurnDay::OfMonth { month, week, weekday })?
        } else {
            TurnDay::OfYear(number(day)?)
        };
        Some(Self { day, second })
    }

    /// In seconds of local time since the epoch.
    fn at(&self, year: i64) -> i64 {
        let first = days_before(year, 1);
        let is_leap = days_before(year + 1, 1) - first == 366;
        let day = match self.day {
            TurnDay::Julian(day) => first + day - 1 + i64::from(is_leap && day >= 60),
            TurnDay::OfYear(day) => first + day,
            TurnDay::OfMonth { month, week, weekday } => {
                let start = days_before(year, month);
                let next = if month == 12 { days_before(year + 1, 1) } else { days_before(year, month + 1) };
                // The epoch was a Thursday.
                let begins_on = (start + 4).rem_euclid(7);
                let day = start + (weekday - begins_on).rem_euclid(7) + (week - 1) * 7;
                if day >= next { day - 7 } else { day }
            }
        };
        day * DAY + self.second
    }
}

/// Days from the epoch to the first of a month, by the Gregorian calendar.
fn days_before(year: i64, month: i64) -> i64 {
    // Years that begin in March have the leap day at their end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_year = (153 * month + 2) / 5;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year - 719_468
}

fn year_of(second: i64) -> i64 {
    let day = second.div_euclid(DAY);
    let guess = 1970 + day.div_euclid(366);
    // At most one leap day a year was counted too much.
    (guess..).take_while(|year| days_before(*year, 1) <= day).last().unwrap_or(guess)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-15 12:00 and 2026-07-15 12:00 UTC.
    const WINTER: i64 = 1_768_478_400;
    const SUMMER: i64 = 1_784_116_800;

    fn hours(rule: &str) -> (i64, i64) {
        let rule = Rule::parse(rule).unwrap();
        (rule.ahead(WINTER) / HOUR, rule.ahead(SUMMER) / HOUR)
    }

    #[test]
    fn rules_of_summer() {
        assert_eq!(hours("CET-1CEST,M3.5.0,M10.5.0/3"), (1, 2));
        assert_eq!(hours("EST5EDT,M3.2.0,M11.1.0"), (-5, -4));
        assert_eq!(hours("AEST-10AEDT,M10.1.0,M4.1.0/3"), (11, 10));
        assert_eq!(hours("<+03>-3"), (3, 3));
        assert_eq!(hours("XXX-2YYY,J60/0,J300/0"), (2, 3));
        assert_eq!(hours("XXX-2YYY-4,0/0,50/24"), (4, 2));
        assert_eq!((Rule::parse(""), Rule::parse("CET"), Rule::parse("CET-1CEST")), (None, None, None));
        let berlin = Rule::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
        for (turn, before, after) in [(1_774_746_000, HOUR, 2 * HOUR), (1_792_890_000, 2 * HOUR, HOUR)] {
            assert_eq!((berlin.ahead(turn - 1), berlin.ahead(turn)), (before, after));
        }
    }

    #[test]
    fn offsets() {
        for (text, expected) in [
            ("+02:00", Some(2 * HOUR)),
            ("-0330", Some(-3 * HOUR - 1800)),
            ("+1", Some(HOUR)),
            ("+", None),
            ("+25", None),
            ("+02:99", None),
            ("+1.5", None),
            ("+12345", None),
        ] {
            assert_eq!(fixed(text), expected, "{text}");
        }
    }

    #[test]
    fn the_calendar() {
        assert_eq!((days_before(1970, 1), days_before(2000, 3), days_before(1969, 12)), (0, 11_017, -31));
        for (second, year) in [(0, 1970), (-1, 1969), (WINTER, 2026), (4_102_444_799, 2099), (4_102_444_800, 2100)] {
            assert_eq!(year_of(second), year, "{second}");
        }
    }

    /// A file with one change, at second 1000 from one to two hours, and a rule behind it.
    fn zone_file(rule: &str) -> Vec<u8> {
        let head = |times: u32| {
            let counts = [0, 0, 0, times, 2, 8].into_iter().flat_map(u32::to_be_bytes);
            b"TZif2".iter().copied().chain([0; 15]).chain(counts).collect::<Vec<u8>>()
        };
        let types = [3600_i32, 7200].iter().flat_map(|ahead| ahead.to_be_bytes().into_iter().chain([0, 0]));
        let tail: Vec<u8> = types.chain(*b"CET\0CES\0").collect();
        let mut file = head(0);
        file.extend(&tail);
        file.extend(head(1));
        file.extend(1000_i64.to_be_bytes());
        file.push(1);
        file.extend(&tail);
        file.extend(format!("\n{rule}\n").bytes());
        file
    }

    #[test]
    fn files_of_zones() {
        let changes = read(&zone_file("")).unwrap();
        assert_eq!((changes.ahead(999), changes.ahead(1000), changes.ahead(WINTER)), (3600, 7200, 7200));
        let changes = read(&zone_file("<+05>-5")).unwrap();
        assert_eq!((changes.ahead(999), changes.ahead(1000)), (3600, 5 * HOUR));
        let whole = zone_file("<+05>-5");
        for end in 0..whole.len() - 10 {
            drop(read(&whole[..end]));
        }
        assert_eq!(read(b"TZif"), None);
    }

    #[test]
    fn names_do_not_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Here"), zone_file("")).unwrap();
        std::fs::write(folder.path().join("text"), "no zone").unwrap();
        let environment = Environment::from([("TZDIR", folder.path().to_str().unwrap()), ("TZ", "Here")]);
        let zone = |text: &str| Zone::parse(text, &environment);
        assert_eq!(zone("Here").unwrap().ahead(0), 3600);
        assert_eq!((zone("local"), zone("UTC")), (zone("Here"), Ok(Zone::Fixed(0))));
        assert!(zone("text").unwrap_err().contains("no file of a zone"));
        for wrong in ["../Here", "/etc/localtime", "Nowhere", "./x/.."] {
            assert!(zone(wrong).is_err(), "{wrong}");
        }
    }
}
