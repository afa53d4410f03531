//! Text from databases, files and servers, made safe for a terminal: no character of it moves the cursor, changes
//! colours, hides, or turns the direction of what follows.

use std::borrow::Cow;

/// The text in one line, with everything that a terminal would act on spelled out: `\n`, `\x1b`, `\u{202e}`.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    spell(text, |_| true)
}

/// The same, but line ends and tabs stay: for scripts and pieces of files.
pub(crate) fn many_lines(text: &str) -> Cow<'_, str> {
    spell(text, |character| !matches!(character, '\n' | '\t'))
}

fn spell(text: &str, refused: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|character| acts(character) && refused(character)) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            _ if !(acts(character) && refused(character)) => spelled.push(character),
            '\n' => spelled.push_str("\\n"),
            '\r' => spelled.push_str("\\r"),
            '\t' => spelled.push_str("\\t"),
            '\0'..='\u{ff}' => spelled.extend(["\\x", &format!("{:02x}", u32::from(character))]),
            _ => spelled.extend(character.escape_unicode()),
        }
    }
    Cow::Owned(spelled)
}

/// C0, DEL and C1; the signs that turn the direction of writing; those without width; line ends of Unicode.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

/// JSON text in which nothing acts on a terminal that shows it; for whoever parses it, it is the same. What acts can stand
/// within its strings only.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    // None of these characters is beyond U+FFFF.
    let spell = |character: char| {
        if acts(character) { format!("\\u{:04x}", u32::from(character)) } else { character.to_string() }
    };
    Cow::Owned(text.chars().map(spell).collect())
}

/// The text with no login in a URL: a person may have written one where something else belongs, and messages repeat it.
pub(crate) fn without_logins(text: &str) -> Cow<'_, str> {
    const SCHEME_END: &str = "://";
    if !text.contains(SCHEME_END) {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let Some((scheme, url)) = word.split_once(SCHEME_END) else { return Cow::Borrowed(word) };
        let url = url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, host)| format!("***@{host}"));
        Cow::Owned(format!("{scheme}{SCHEME_END}{}", without_passwords(&url)))
    });
    Cow::Owned(words.collect())
}

/// A URL in which no parameter such as `sslpassword` has its value.
fn without_passwords(url: &str) -> String {
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.to_ascii_lowercase().contains("password") => {
            let rest = value.find(['&', '`', '"', ')']).and_then(|end| value.get(end..)).unwrap_or_default();
            format!("{name}=***{rest}")
        }
        Some(_) | None => part.to_owned(),
    };
    url.split_inclusive(['?', '&']).map(part).collect()
}

/// A value in `::error file=…::` of GitHub: a property where `property`, else the message.
pub(crate) fn github(text: &str, property: bool) -> String {
    let text = spell(text, |character| !matches!(character, '\n' | '\r'));
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

#[cfg(test)]
mod tests {
    use super::{github, json, many_lines, one_line};

    #[test]
    fn what_a_terminal_acts_on_is_spelled_out() {
        for (text, expected) in [
            ("plain ü 表 👍", "plain ü 表 👍"),
            ("a\u{1b}[31mb", "a\\x1b[31mb"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("\u{7f}\u{9b}", "\\x7f\\x9b"),
            ("x\u{202e}y\u{2066}", "x\\u{202e}y\\u{2066}"),
            ("\u{200b}\u{feff}", "\\u{200b}\\u{feff}"),
        ] {
            assert_eq!(one_line(text), expected);
        }
        assert_eq!(many_lines("a\n\tb\u{1b}\r\n"), "a\n\tb\\x1b\\r\n");
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a\u{9b}": "\u{1b} \u{202e} ü \u{feff}\n" });
        let text = value.to_string();
        let safe = json(&text);
        assert!(safe.is_ascii() || safe.contains('ü'), "{safe}");
        assert!(!safe.contains(['\u{9b}', '\u{202e}', '\u{feff}']), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn github_reads_its_own_signs() {
        assert_eq!(github("50%: a,b\nc", false), "50%25: a,b%0Ac");
        assert_eq!(github("a:b,c", true), "a%3Ab%2Cc");
        assert_eq!(github("\u{1b}[2J\r", false), "\\x1b[2J%0D");
    }
}
