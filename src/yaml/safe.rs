//! Which texts may stand without quotes, and how the others are quoted: so that every reader of YAML 1.1 (PyYAML, Ruby)
//! and 1.2 reads the same text. In doubt it quotes.
//!
//! Sources: yaml.org/type (bool, int, float, null, merge, value, timestamp) for 1.1, section 10.3 of YAML 1.2.2.

/// The words that some reader takes for a truth value, nothing, a merge or a default value.
const WORDS: [&str; 13] = ["y", "yes", "n", "no", "true", "false", "on", "off", "null", "~", "=", "<<", "---"];

/// Whether the text reads as itself without quotes. `flow`: it stands inside `{ }` or `[ ]`.
pub(super) fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let indicator = "-?:,[]{}#&*!|>'\"%@`".contains(first);
    let ends_badly = text.ends_with([' ', ':']) || text.starts_with(' ');
    let broken = text.contains(": ") || text.contains(" #") || !text.chars().all(is_printable);
    let flow_sign = flow && text.contains([',', '[', ']', '{', '}', ':', '?', '(', ')']) && !is_call(text);
    let word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    !(indicator || ends_badly || broken || flow_sign || word || is_number_like(text))
}

/// `varchar(20)`: brackets that open and close again, which the reader takes for a type without a comma.
fn is_call(text: &str) -> bool {
    let brackets = text.matches('(').count() == text.matches(')').count();
    brackets && !text.contains([',', '[', ']', '{', '}', ':', '?'])
}

/// Whether some reader might take it for a number, a time of day (`12:30` is 750 in YAML 1.1) or a date.
fn is_number_like(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    let based = ["0x", "0o", "0b"].iter().find_map(|prefix| lower.strip_prefix(prefix));
    if based.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_')) {
        return true;
    }
    lower.starts_with('.') || is_date(unsigned) || is_decimal(&lower)
}

/// Digits with dots, commas, colons and underscores, and perhaps an exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_part = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || b"_.,:".contains(&byte));
    is_part(mantissa) && is_part(exponent)
}

/// Four digits and a hyphen: all timestamps of YAML 1.1 begin so.
fn is_date(text: &str) -> bool {
    text.split_once('-').is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the character may stand as it is: no control character, no line break of Unicode, no byte order mark; none that
/// has no width or turns the direction of writing, so that a reviewer reads what is there.
pub(super) fn is_printable(character: char) -> bool {
    let invisible = matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{a0}'
    );
    !character.is_control() && !invisible
}

/// The text in quotes on one line: in single ones where that spares escapes, else in double ones.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) && !text.contains('\'') && text.chars().all(is_printable) {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            shown if is_printable(shown) => out.push(shown),
            hidden => out.push_str(&escape(hidden)),
        }
    }
    out.push('"');
    out
}

fn escape(character: char) -> String {
    let code = u32::from(character);
    if code <= 0xff { format!("\\x{code:02x}") } else { format!("\\u{code:04x}") }
}

/// The header of a block (`|`, `|-`, `|2-`) in which the text can stand line by line and is read back exactly; None =
/// it has to be quoted.
pub(super) fn block_header(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let ends = body.chars().next_back()?;
    let lines_are_plain = text.chars().all(|character| matches!(character, '\n' | '\t') || is_printable(character));
    // A tab or a blank line at the beginning or the end is where readers disagree.
    let begins_badly = text.starts_with(['\t', '\n']);
    if !text.contains('\n') || !lines_are_plain || ends.is_whitespace() || begins_badly {
        return None;
    }
    Some(match (text.starts_with(' '), text.ends_with('\n')) {
        (false, true) => "|",
        (false, false) => "|-",
        (true, true) => "|2",
        (true, false) => "|2-",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_of_either_yaml_are_quoted() {
        for text in [
            "no",
            "On",
            "YES",
            "y",
            "N",
            "null",
            "Null",
            "~",
            "",
            "true",
            "False",
            "<<",
            "=",
            "1",
            "0012",
            "+1",
            "-1",
            "1_000",
            "0x1f",
            "0b11",
            "0o17",
            "1.10",
            ".5",
            "1.",
            "1e3",
            "1E3",
            "1.5e+10",
            "12e4",
            ".inf",
            "-.INF",
            ".nan",
            "12:30",
            "190:20:30.15",
            "2001-12-14",
            "2001-12-14t21:59:43.10-05:00",
            "1975",
            "1,000",
        ] {
            assert!(!is_plain(text, false), "{text}");
        }
    }

    #[test]
    fn signs_are_quoted() {
        for text in [
            "- a",
            "-",
            "? a",
            ": a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'a",
            "\"a",
            "%a",
            "@a",
            "`a",
            "{a",
            "[a",
            "]",
            "}",
            ",a",
            " a",
            "a ",
            "a\nb",
            "a\tb",
            "\u{7}",
            "a\u{85}b",
            "a\u{a0}",
            "\u{feff}a",
            "a\u{2028}",
            "---",
        ] {
            assert!(!is_plain(text, false), "{text}");
        }
        for text in ["a,b", "a[b", "a:b", "decimal(10", "a?", "a]", "f(a, b)"] {
            assert!(!is_plain(text, true), "{text}");
        }
    }

    #[test]
    fn usual_texts_stay_bare() {
        for text in [
            "varchar(20)",
            "bigint",
            "now",
            "1975ea83b712",
            "ae1027a6acf3",
            "a#b",
            "add orders",
            "order's",
            "größe",
            "a-b",
            "yes please",
            "double precision",
            "0xyz",
            "12e4f",
        ] {
            assert!(is_plain(text, false), "{text}");
            assert!(is_plain(text, true), "{text}");
        }
        assert!(is_plain("status = 'open'", false));
        assert!(is_plain("a:b", false));
        assert!(is_plain("a, b", false));
    }

    #[test]
    fn quotes_are_chosen_for_few_escapes() {
        for (text, expected) in [
            ("no", "\"no\""),
            ("say \"a\"", "'say \"a\"'"),
            ("it's \"a\"", "\"it's \\\"a\\\"\""),
            ("a\\b", "'a\\b'"),
            ("a\nb\t\r", "\"a\\nb\\t\\r\""),
            ("\u{0}\u{7f}\u{85}\u{2028}\u{feff}", "\"\\x00\\x7f\\x85\\u2028\\ufeff\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn blocks_are_for_lines() {
        for (text, expected) in [
            ("a\nb", Some("|-")),
            ("a\nb\n", Some("|")),
            (" a\nb\n", Some("|2")),
            ("  a\n\n  b", Some("|2-")),
            ("a\n", Some("|")),
            ("a", None),
            ("", None),
            ("\n", None),
            ("\na", None),
            ("a\n\n", None),
            ("a\n  ", None),
            ("\ta\nb", None),
            ("a\r\nb", None),
            ("a\n\u{2028}b", None),
        ] {
            assert_eq!(block_header(text), expected, "{text:?}");
        }
    }
}
