//! Hiding the passwords that stand in statements: `PASSWORD '…'`, `IDENTIFIED BY '…'`, connection strings.

/// A statement with its secrets replaced by `***`.
pub(super) struct Masked {
    pub(super) text: String,
    secrets: Vec<String>,
}

/// The statement for logs and messages.
pub(crate) fn masked(sql: &str) -> String {
    Masked::of(sql).text
}

const STARS: &str = "***";

impl Masked {
    pub(super) fn of(sql: &str) -> Self {
        let mut masked = Self { text: String::with_capacity(sql.len()), secrets: Vec::new() };
        let mut words: Vec<String> = Vec::new();
        let mut rest = sql;
        while let Some(first) = rest.chars().next() {
            let length = literal_length(rest);
            if length > 0 {
                let (literal, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
                masked.take_literal(literal, &words);
                // On PostgreSQL a name.
                let name = literal.strip_prefix('"').map(|name| name.trim_end_matches('"').to_ascii_lowercase());
                words.push(name.unwrap_or_default());
                rest = tail;
            } else if is_word(first) {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let (word, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
                masked.text.push_str(word);
                // `E'…'` and `N'…'`: the letter belongs to the literal.
                if !(word.len() == 1 && tail.starts_with('\'')) {
                    words.push(word.to_ascii_lowercase());
                }
                rest = tail;
            } else {
                masked.text.push(first);
                rest = rest.strip_prefix(first).unwrap_or_default();
            }
        }
        masked
    }

    /// Whether there was a secret.
    pub(super) fn is_changed(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Another text, such as the server's message, without the secrets of the statement.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| !secret.is_empty()) {
            hidden = hidden.replace(secret.as_str(), STARS);
        }
        // MariaDB quotes the statement and cuts it anywhere, so also in the middle of a secret.
        match hidden.split_once("near '") {
            Some((before, _)) if self.is_changed() => format!("{before}near …"),
            _ => hidden,
        }
    }

    fn take_literal(&mut self, literal: &str, words: &[String]) {
        let open = literal.find('\'').or_else(|| literal.find('"')).map_or_else(|| tag_length(literal), |_| 1);
        let content = literal.get(open..literal.len().saturating_sub(open)).unwrap_or_default();
        if !is_secret(content, words) {
            self.text.push_str(literal);
            return;
        }
        let quote = literal.get(..open).unwrap_or_default();
        self.text.push_str(quote);
        self.text.push_str(STARS);
        self.text.push_str(quote);
        self.secrets.push(content.to_owned());
    }
}

fn is_word(character: char) -> bool {
    !character.is_ascii() || character.is_ascii_alphanumeric() || character == '_'
}

/// What the name of an option of foreign data holds whose value is a secret.
const IN_OPTIONS: [&str; 5] = ["passw", "secret", "token", "credential", "passphrase"];

/// Whether a literal after these words, or with this content, is one to hide.
fn is_secret(content: &str, words: &[String]) -> bool {
    let mut last = words.iter().rev().map(String::as_str);
    let before = last.next().unwrap_or_default();
    let lower = content.to_ascii_lowercase();
    before.contains("password")
        || matches!(before, "passwd" | "secret" | "passphrase")
        || (words.iter().any(|word| word == "options") && IN_OPTIONS.iter().any(|part| before.contains(part)))
        || (matches!(before, "by" | "as" | "using") && last.take(4).any(|word| word == "identified"))
        || lower.contains("password=")
        || (lower.contains("://") && lower.contains('@'))
}

/// The bytes of the string literal that `text` begins with, 0 if it begins with none. An unterminated one goes to the
/// end.
fn literal_length(text: &str) -> usize {
    match text.chars().next() {
        Some(quote @ ('\'' | '"')) => quoted_length(text, quote),
        Some('$') => {
            let open = tag_length(text);
            let Some((tag, body)) = text.split_at_checked(open).filter(|_| open > 0) else {
                return 0;
            };
            body.find(tag).map_or(text.len(), |end| open + end + open)
        }
        _ => 0,
    }
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The bytes of `$tag$` at the beginning, 0 if there is none.
fn tag_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('$') else { return 0 };
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let begins_with_digit = rest.starts_with(|c: char| c.is_ascii_digit());
    if rest.get(end..).is_some_and(|rest| rest.starts_with('$')) && !begins_with_digit { end + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_statements_are_hidden() {
        let cases = [
            ("CREATE ROLE a PASSWORD 'x''y' LOGIN", "CREATE ROLE a PASSWORD '***' LOGIN"),
            ("ALTER USER a WITH ENCRYPTED PASSWORD E'x\\'y'", "ALTER USER a WITH ENCRYPTED PASSWORD E'***'"),
            ("CREATE ROLE a PASSWORD $p$x$y$p$;", "CREATE ROLE a PASSWORD $p$***$p$;"),
            ("CREATE USER a IDENTIFIED BY 'x'", "CREATE USER a IDENTIFIED BY '***'"),
            ("ALTER USER a IDENTIFIED WITH plug BY \"x\"", "ALTER USER a IDENTIFIED WITH plug BY \"***\""),
            (
                "GRANT ALL ON *.* TO a IDENTIFIED BY PASSWORD '*AB'",
                "GRANT ALL ON *.* TO a IDENTIFIED BY PASSWORD '***'",
            ),
            ("SET PASSWORD FOR a = PASSWORD('x')", "SET PASSWORD FOR a = PASSWORD('***')"),
            ("OPTIONS (user 'bob', password 'x')", "OPTIONS (user 'bob', password '***')"),
            ("OPTIONS (\"sslPassword\" 'x', access_token 'y')", "OPTIONS (\"sslPassword\" '***', access_token '***')"),
            ("CONNECTION 'host=h password=x'", "CONNECTION '***'"),
            ("SELECT dblink('postgres://a:b@h/d')", "SELECT dblink('***')"),
        ];
        for (sql, expected) in cases {
            assert_eq!(masked(sql), expected);
        }
    }

    #[test]
    fn other_literals_stay() {
        for sql in [
            "UPDATE t SET token = 'x'",
            "SELECT 'by', \"password\" FROM t WHERE x = 'it''s' AND y = $1",
            "INSERT INTO t VALUES ('ä', $$b$$, '",
        ] {
            assert_eq!(masked(sql), sql);
        }
    }

    #[test]
    fn a_secret_does_not_come_back_in_a_message() {
        let masked = Masked::of("CREATE USER a IDENTIFIED BY 'hunter2' FOO");
        assert_eq!(masked.hide("error at \"hunter2\""), "error at \"***\"");
        assert_eq!(masked.hide("syntax; near 'hunt' at line 1"), "syntax; near …");
        assert_eq!(Masked::of("SELECT 1").hide("near 'x' at line 1"), "near 'x' at line 1");
    }
}
