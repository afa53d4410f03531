//! What differs from run to run, replaced by a word.

/// Twelve digits of a new id: `<id>`; `0.02s`, `"milliseconds":4`: `<time>`; `2026-11-21T15:30:00Z`: `<date>`; the stamp of
/// a file's name, `2026_11_21_1530`: `<stamp>`; that of a copy, `20261121-153000Z`: `<moment>`.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

/// In a shape `9` stands for a digit, `x` for a hexadecimal one, everything else for itself.
const SHAPES: [(&str, &str); 4] = [
    ("99999999-999999Z", "<moment>"),
    ("9999-99-99T99:99:99Z", "<date>"),
    ("9999_99_99_9999", "<stamp>"),
    ("xxxxxxxxxxxx", "<id>"),
];

fn line(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let before = masked.chars().last();
        let inside = before.is_some_and(|character| character.is_ascii_alphanumeric());
        let found = (!inside).then(|| SHAPES.iter().find(|(shape, _)| fits(rest, shape))).flatten();
        if let Some((shape, word)) = found {
            masked.push_str(word);
            rest = &rest[shape.len()..];
        } else if let Some(length) = seconds(rest).filter(|_| !inside) {
            masked.push_str("<time>");
            rest = &rest[length..];
        } else if let Some(behind) = rest.strip_prefix("\"milliseconds\":") {
            masked.push_str("\"milliseconds\":<time>");
            rest = behind.trim_start_matches(|character: char| character.is_ascii_digit());
        } else {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    masked
}

fn fits(text: &str, shape: &str) -> bool {
    let mut characters = text.chars();
    let same = shape.chars().all(|wanted| {
        characters.next().is_some_and(|found| match wanted {
            '9' => found.is_ascii_digit(),
            'x' => found.is_ascii_digit() || ('a'..='f').contains(&found),
            other => found == other,
        })
    });
    same && !characters.next().is_some_and(|next| next.is_ascii_alphanumeric())
}

/// The length of `12.34s` at the beginning of a text.
fn seconds(text: &str) -> Option<usize> {
    let whole = text.find(|character: char| !character.is_ascii_digit()).filter(|length| *length > 0)?;
    let fraction = text[whole..].strip_prefix('.')?;
    let digits = fraction.find(|character: char| !character.is_ascii_digit()).filter(|length| *length > 0)?;
    fraction[digits..].starts_with('s').then_some(whole + 1 + digits + 1)
}

#[test]
fn only_what_differs_is_masked() {
    for (text, expected) in [
        ("    Applying 1d8e30c5a7f4 orders (0.01s)", "    Applying <id> orders (<time>)"),
        ("versions/2026_11_21_1530-1d8e30c5a7f4_a.yaml", "versions/<stamp>-<id>_a.yaml"),
        ("created: 2026-11-21T15:30:00Z", "created: <date>"),
        ("\"milliseconds\":12}", "\"milliseconds\":<time>}"),
        ("decimal(10,2) 5s 1.10 abcdef abcdef1234567", "decimal(10,2) 5s 1.10 abcdef abcdef1234567"),
    ] {
        assert_eq!(masked(text), expected);
    }
}
