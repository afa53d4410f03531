//! Names and strings as MariaDB and MySQL write and read them. Pure: no I/O.
//!
//! The text is right for the `sql_mode` that the tool sets: without `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES`.

use std::borrow::Cow;

use crate::schema::{Ident, Name};
use crate::statement::syntax::MYSQL;
use crate::statement::token::tokens;

/// Longest name of anything, in characters ("Identifier Length Limits" in both manuals).
const LONGEST_NAME: usize = 64;

/// `` `name` ``, with back quotes inside doubled.
pub(super) fn ident(name: &Ident) -> String {
    format!("`{}`", name.as_str().replace('`', "``"))
}

/// `` `schema`.`name` ``, or the name alone in the connection's own database.
pub(super) fn name(name: &Name) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", ident(schema), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// `` `a`, `b` ``.
pub(super) fn idents(names: &[Ident]) -> String {
    names.iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A string literal: quotes doubled, backslashes too. A NUL byte and the end-of-file character of old consoles are
/// written as escapes, for a script must survive any client.
pub(super) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\0' => quoted.push_str("\\0"),
            '\u{1a}' => quoted.push_str("\\Z"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// The text that a string literal stands for; None if it is anything but one plain literal.
pub(super) fn unquote(literal: &str) -> Option<String> {
    let (text, rest) = read_literal(literal)?;
    rest.is_empty().then_some(text)
}

/// Reads the plain string literal that `text` begins with: its value, and what follows it.
pub(super) fn read_literal(text: &str) -> Option<(String, &str)> {
    let mut characters = text.strip_prefix('\'')?.chars();
    let mut value = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\'' => match characters.as_str().strip_prefix('\'') {
                Some(_) => value.extend(characters.next()),
                None => return Some((value, characters.as_str())),
            },
            '\\' => value.push(unescaped(characters.next()?)),
            other => value.push(other),
        }
    }
    None
}

/// What a character means behind a backslash ("String Literals" in both manuals).
fn unescaped(character: char) -> char {
    match character {
        '0' => '\0',
        'b' => '\u{8}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'Z' => '\u{1a}',
        other => other,
    }
}

/// MySQL prints the quotes of expressions as `\'` in its catalog, and the character set of strings; this takes the backslashes
/// away, and the character set that sessions of ours have. MariaDB does not, so the text of its catalog never passes here.
pub(super) fn without_catalog_escapes(text: &str) -> String {
    let text = &read_as_bytes(text);
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.as_str().chars().next()) {
            ('\\', Some(next @ ('\'' | '\\'))) => {
                plain.push(next);
                characters.next();
            }
            _ => plain.push(character),
        }
    }
    without_introducers(&plain)
}

/// MySQL keeps the text of an expression as bytes, and gives each byte as a character: `Ã©` for `é`. What is no such text
/// comes back as it is.
fn read_as_bytes(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(text.into(), Cow::Owned)
}

/// Without `_utf8mb4` before strings. MySQL writes it there when it reads a string without it; where it stands already, it
/// may write another one.
fn without_introducers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let piece = match character {
            '\'' => {
                plain.truncate(plain.strip_suffix("_utf8mb4").map_or(plain.len(), str::len));
                read_literal(rest).map_or(rest, |(_, behind)| before(rest, behind))
            }
            '`' => quoted_name(rest),
            _ => rest.split_at_checked(character.len_utf8()).map_or(rest, |(one, _)| one),
        };
        plain.push_str(piece);
        rest = rest.strip_prefix(piece).unwrap_or_default();
    }
    plain
}

/// The condition of a check without the character set before strings of plain letters. As soon as anything of the table is
/// altered, MySQL says there that of the column with which they are compared.
pub(super) fn without_charsets_of_columns(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let piece = match character {
            '\'' => {
                let literal = read_literal(rest);
                let is_plain = literal.as_ref().is_some_and(|(value, behind)| value.is_ascii() && !is_collated(behind));
                let charset =
                    plain.rfind('_').filter(|at| is_plain && is_like_ascii(plain.get(at + 1..).unwrap_or_default()));
                plain.truncate(charset.unwrap_or(plain.len()));
                literal.map_or(rest, |(_, behind)| before(rest, behind))
            }
            '`' => quoted_name(rest),
            _ => rest.split_at_checked(character.len_utf8()).map_or(rest, |(one, _)| one),
        };
        plain.push_str(piece);
        rest = rest.strip_prefix(piece).unwrap_or_default();
    }
    plain
}

/// Whether a string has a collation behind it, which fits its character set alone.
fn is_collated(behind: &str) -> bool {
    behind.trim_start().get(..7).is_some_and(|word| word.eq_ignore_ascii_case("collate"))
}

/// Whether this is a character set in which plain letters are the same bytes as in UTF-8.
fn is_like_ascii(charset: &str) -> bool {
    const FAMILIES: [&str; 5] = ["latin", "utf8", "cp12", "cp8", "koi8"];
    const OTHERS: [&str; 9] = ["ascii", "greek", "hebrew", "macce", "macroman", "gb2312", "euckr", "ujis", "armscii8"];
    let is_word = charset.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word && FAMILIES.iter().any(|family| charset.starts_with(family)) || OTHERS.contains(&charset)
}

/// The text with one quoted name replaced by another, outside of strings: what the server does to the expressions of a
/// table when a column is renamed.
pub(super) fn rename_in(text: &str, from: &Ident, to: &Ident) -> String {
    let (from, to) = (ident(from), ident(to));
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (piece, replacement) = match character {
            '\'' => (read_literal(rest).map_or(rest, |(_, behind)| before(rest, behind)), None),
            '`' => {
                let piece = quoted_name(rest);
                (piece, piece.eq_ignore_ascii_case(&from).then_some(to.as_str()))
            }
            _ => (rest.split_at_checked(character.len_utf8()).map_or(rest, |(one, _)| one), None),
        };
        renamed.push_str(replacement.unwrap_or(piece));
        rest = rest.strip_prefix(piece).unwrap_or_default();
    }
    renamed
}

/// The same where names have no quotes: each word that is no function and not behind a dot.
pub(super) fn rename_words(text: &str, from: &Ident, to: &Ident) -> String {
    let Ok(all) = tokens(text, &MYSQL) else { return text.to_owned() };
    let mut renamed = String::with_capacity(text.len());
    for (at, token) in all.iter().enumerate() {
        let next = all.get(at + 1).map(|next| next.text(text));
        let before = at.checked_sub(1).and_then(|before| all.get(before)).map(|before| before.text(text));
        let stands_alone = next != Some("(") && next != Some(".") && before != Some(".");
        if stands_alone && token.is_word(text, from.as_str()) {
            renamed.push_str(&ident(to));
        } else {
            renamed.push_str(token.text(text));
        }
    }
    renamed
}

/// What of `whole` stands before its own end `behind`.
fn before<'a>(whole: &'a str, behind: &str) -> &'a str {
    whole.strip_suffix(behind).unwrap_or(whole)
}

/// The quoted name that `text` begins with, quotes included; all of it if it is never closed.
pub(super) fn quoted_name(text: &str) -> &str {
    let mut inside = text.char_indices().skip(1).peekable();
    while let Some((place, character)) = inside.next() {
        if character == '`' && inside.next_if(|(_, next)| *next == '`').is_none() {
            return text.split_at_checked(place + 1).map_or(text, |(name, _)| name);
        }
    }
    text
}

/// Column, index and constraint names are compared without case. Table names are too on some systems
/// (`lower_case_table_names`); elsewhere two tables that differ in case only are asking for trouble.
pub(super) fn fold(name: &Ident) -> String {
    name.as_str().to_lowercase()
}

/// Why the server would not take a name as it is.
pub(super) fn refuse(name: &Ident) -> Option<String> {
    let text = name.as_str();
    let length = text.chars().count();
    if text.is_empty() {
        Some("it is empty".to_owned())
    } else if length > LONGEST_NAME {
        Some(format!("it has {length} characters, and MariaDB and MySQL take {LONGEST_NAME}"))
    } else if text.ends_with(' ') {
        Some("it ends with a space".to_owned())
    } else if text.chars().any(|character| character == '\0' || character > '\u{ffff}') {
        Some("it has a character that names cannot have (NUL, or beyond U+FFFF)".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_back() {
        for text in ["", "it's", "a\\b", "line\nend", "käse", "\0\u{1a}", "''", "\\'"] {
            assert_eq!(unquote(&literal(text)).as_deref(), Some(text), "{text:?}");
        }
        assert_eq!(unquote("'a' 'b'"), None);
        assert_eq!(unquote("'a"), None);
        assert_eq!(unquote("current_timestamp()"), None);
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(ident(&"a`b".into()), "`a``b`");
        assert_eq!(name(&Name::new(Some("s".into()), "t")), "`s`.`t`");
    }

    #[test]
    fn renaming_leaves_strings_alone() {
        let renamed = rename_in("`a` + 1 > '`a`' and `a``b` <> `A`", &"a".into(), &"z".into());
        assert_eq!(renamed, "`z` + 1 > '`a`' and `a``b` <> `z`");
        assert_eq!(rename_in("`open", &"open".into(), &"z".into()), "`open");
        let renamed = rename_words("W * left(w, 2) > 'w' and t.w + w()", &"w".into(), &"z".into());
        assert_eq!(renamed, "`z` * left(`z`, 2) > 'w' and t.w + w()");
    }

    #[test]
    fn catalog_escapes_go() {
        assert_eq!(without_catalog_escapes("_utf8mb4\\'he\\'"), "'he'");
        assert_eq!(without_catalog_escapes("_utf8mb4\\'Ã©ð\u{9f}\u{98}\u{80}\\'"), "'é😀'");
        assert_eq!(without_catalog_escapes("_utf8mb4\\'é 中\\'"), "'é 中'");
        let other = "concat(_latin1\\'a\\',`_utf8mb4`,_utf8mb4\\' _utf8mb4\\')";
        assert_eq!(without_catalog_escapes(other), "concat(_latin1'a',`_utf8mb4`,' _utf8mb4')");
    }

    #[test]
    fn the_character_set_of_a_column_is_not_said_in_its_check() {
        for (text, expected) in [
            ("((`a` > 0) and (`b` <> _latin1'zz'))", "((`a` > 0) and (`b` <> 'zz'))"),
            ("(`b_latin1` in (_utf8mb3'a',_cp1251'it''s'))", "(`b_latin1` in ('a','it''s'))"),
            ("(`b` <> _latin1'é')", "(`b` <> _latin1'é')"),
            ("(`b` <> _binary'a')", "(`b` <> _binary'a')"),
            ("(`b` <> _ucs2'a')", "(`b` <> _ucs2'a')"),
            ("(`b` <> (_latin1'a' collate latin1_bin))", "(`b` <> (_latin1'a' collate latin1_bin))"),
            ("(`b` <> ' _latin1')", "(`b` <> ' _latin1')"),
        ] {
            assert_eq!(without_charsets_of_columns(text), expected);
        }
    }

    #[test]
    fn bad_names_are_refused() {
        assert!(refuse(&"x".repeat(65).into()).is_some());
        assert!(refuse(&"é".repeat(64).into()).is_none());
        assert!(refuse(&"a ".into()).is_some());
        assert!(refuse(&"😀".into()).is_some());
        assert!(refuse(&"".into()).is_some());
    }
}
