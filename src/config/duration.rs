//! Lengths of time: `500ms`, `30s`, `5m`, `1h`, and `0`.

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
}
