//! How many columns a text takes on a terminal, and what of it fits.
//!
//! Counted by characters and never too low: terminals disagree on joined emoji and flags, and a line that is a column
//! too short is better than one that wraps.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// The columns of a text without control characters: 0 for marks that join the letter before, 2 for wide letters.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

fn columns(character: char) -> usize {
    match character {
        // Turns a narrow sign into a wide emoji.
        '\u{fe0f}' => 1,
        other => other.width().unwrap_or(0),
    }
}

/// The text, or as much of it as fits into these columns, with `dots` at its end.
pub(crate) fn cut<'a>(text: &'a str, columns_free: usize, dots: &str) -> Cow<'a, str> {
    if width(text) <= columns_free {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns_free.checked_sub(width(dots)) else { return Cow::Borrowed("") };
    let mut used = 0;
    let fits = |character: &char| {
        used += columns(*character);
        used <= room
    };
    let kept: String = text.chars().take_while(fits).collect();
    Cow::Owned(kept.trim_end().to_owned() + dots)
}

#[cfg(test)]
mod tests {
    use super::{cut, width};

    #[test]
    fn columns_are_counted_as_terminals_do() {
        for (text, columns) in [("", 0), ("ab", 2), ("表", 2), ("e\u{301}", 1), ("👍", 2), ("❤\u{fe0f}", 2), ("한", 2)]
        {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_ends_in_dots() {
        for (text, columns, expected) in [
            ("add orders", 10, "add orders"),
            ("add orders", 9, "add orde…"),
            ("add orders", 5, "add…"),
            ("add orders", 1, "…"),
            ("add orders", 0, ""),
            ("注文を追加", 10, "注文を追加"),
            ("注文を追加", 9, "注文を追…"),
            ("注文を追加", 8, "注文を…"),
            ("cafe\u{301}s", 5, "cafe\u{301}s"),
            ("cafe\u{301}s!", 5, "cafe\u{301}…"),
            ("👍👍👍", 5, "👍👍…"),
        ] {
            let kept = cut(text, columns, "…");
            assert_eq!(kept, expected, "{text} in {columns}");
            assert!(width(&kept) <= columns);
        }
        assert_eq!(cut("add orders", 7, ".."), "add o..");
    }
}
