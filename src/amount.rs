//! Amounts as people write them: lengths of time (`500ms`, `30s`, `5m`, `1h`, `0`), sizes (`64MB`, `1GB`, `0`). No I/O.

use std::time::Duration;

/// The time that a text names: a whole number and a unit without a blank. None = it names none.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let unit_at = text.find(|character: char| !character.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(unit_at)?;
    let number: u64 = digits.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    // Servers take limits as whole milliseconds in 32 bits: more than 24 days is a mistake.
    number.checked_mul(milliseconds).filter(|total| *total <= 2_147_483_647).map(Duration::from_millis)
}

/// The seconds of a time that may be long: a whole number from 1 and `s`, `m`, `h`, `d` or `w`. None = it names none.
#[cfg(feature = "autogenerate")]
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let unit_at = text.find(|character: char| !character.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(unit_at)?;
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    // A hundred years: no server counts further back than that by mistake.
    number.checked_mul(each).filter(|total| *total <= 3_155_760_000)
}

/// The bytes that a size names: a whole number and a unit of 1024, without a blank. None = it names none.
#[cfg(feature = "files")]
pub(crate) fn size(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let unit_at = text.find(|character: char| !character.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(unit_at)?;
    let number: u64 = digits.parse().ok()?;
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*bytes)
}

/// The units of sizes, the greatest first.
const UNITS: [(&str, u64); 5] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)];

/// A number of bytes for people: `1.5 GB`.
pub(crate) fn spoken(bytes: u64) -> String {
    let (unit, one) = UNITS.into_iter().find(|(_, one)| bytes >= *one).unwrap_or(("B", 1));
    let tenths = u128::from(bytes) * 10 / u128::from(one);
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("5m", Some(300_000)),
            ("1h", Some(3_600_000)),
            ("2147483647ms", Some(2_147_483_647)),
            ("2147483648ms", None),
            ("99999999999999999999s", None),
            ("18446744073709551615h", None),
            ("30", None),
            ("", None),
            ("s", None),
            ("1.5s", None),
            ("-1s", None),
            ("30 s", None),
            ("1d", None),
            ("5M", None),
            ("1m30s", None),
        ] {
            assert_eq!(duration(text), expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    #[cfg(feature = "autogenerate")]
    fn long_times() {
        for (text, expected) in [
            ("30s", Some(30)),
            ("15m", Some(900)),
            ("24h", Some(86_400)),
            ("7d", Some(604_800)),
            ("2w", Some(1_209_600)),
            ("0s", None),
            ("24", None),
            ("h", None),
            ("-1h", None),
            ("1.5h", None),
            ("99999999999d", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "files")]
    fn sizes() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12B", Some(12)),
            ("64kB", Some(64 << 10)),
            ("64MB", Some(64 << 20)),
            ("1GB", Some(1 << 30)),
            ("2TB", Some(2 << 40)),
            ("1", None),
            ("1.5GB", None),
            ("1 GB", None),
            ("-1GB", None),
            ("99999999999TB", None),
            ("GB", None),
            ("", None),
        ] {
            assert_eq!(size(text), expected, "{text}");
        }
        assert_eq!(["0 B", "1 GB", "1.5 GB"], [0, 1 << 30, 3 << 29].map(spoken).each_ref().map(String::as_str));
        assert_eq!(spoken((20 << 20) + 1), "20 MB");
    }
}
