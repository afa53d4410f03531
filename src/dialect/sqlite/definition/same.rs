//! Whether two definitions mean the same. Pure: no I/O.
//!
//! What SQLite does not see is passed over: white space and comments, the case of words and names, the quotes around
//! names, `main.` before a table, `IF NOT EXISTS`, `FOR EACH ROW` and BEFORE, which are what a trigger does anyway. The name behind
//! AS counts letter by letter: it is what the column of a view is called. So does what stands in double quotes on both sides,
//! for it is a string where there is no such name.

use super::words::{Words, is_reserved};
use crate::schema::Pair;
use crate::statement::token::{TokenKind, unquote};

/// Whether both texts have the same words. Equal texts are, readable or not.
pub(super) fn same(definitions: Pair<&str>) -> bool {
    if !definitions.differs() {
        return true;
    }
    let spelled = definitions.map(|text| Words::new(text).map(|words| spelled(&words)));
    let (Some(from), Some(to)) = (spelled.from, spelled.to) else { return false };
    from.len() == to.len() && from.iter().zip(&to).all(|(from, to)| from.is(to))
}

/// A word as it counts.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Name(String),
    /// A name in double quotes, or a string; as it counts for a name, and as it is written.
    InDoubleQuotes(String, String),
    /// A name in quotes that without them would be a keyword.
    Quoted(String),
    Keyword(String),
    Other(String),
}

impl Word {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::InDoubleQuotes(name, _), Self::Name(other)) | (Self::Name(name), Self::InDoubleQuotes(other, _)) => {
                name == other
            }
            (Self::Name(_) | Self::InDoubleQuotes(..) | Self::Quoted(_) | Self::Keyword(_) | Self::Other(_), _) => {
                self == other
            }
        }
    }
}

fn spelled(words: &Words<'_>) -> Vec<Word> {
    let mut found = Vec::new();
    let mut place = 0;
    while let Some(word) = word(words, place) {
        let passed = passed_over(words, place);
        if passed == 0 {
            if is_untimed(words, place) {
                found.push(Word::Name("before".to_owned()));
            }
            found.push(word);
        }
        place += passed.max(1);
    }
    while found.last() == Some(&Word::Other(";".to_owned())) {
        found.pop();
    }
    found
}

/// How many words there change nothing.
fn passed_over(words: &Words<'_>, place: usize) -> usize {
    let follow =
        |said: &[&str]| said.iter().enumerate().all(|(ahead, word)| words.is_word(Some(place + ahead), &[word]));
    let in_header = words.on().is_some_and(|on| place > on && place < on + 6) && words.is_trigger();
    let behind_table = words.is_word(place.checked_sub(1), &["FROM", "JOIN", "INTO"]);
    let behind_on = in_header && words.is_word(place.checked_sub(1), &["ON"]);
    let behind_head = place < 7 && words.is_word(place.checked_sub(1), &["VIEW", "TRIGGER", "TABLE", "EXISTS"]);
    let main = words.name(place).is_some_and(|name| name == "main") && words.is_sign(Some(place + 1), ".");
    let is_said = place <= 3 && follow(&["IF", "NOT", "EXISTS"]);
    if is_said || (in_header && follow(&["FOR", "EACH", "ROW"])) {
        3
    } else if main && (behind_table || behind_on || behind_head) {
        2
    } else {
        0
    }
}

/// Whether the event of a trigger stands there that does not say when: `CREATE TRIGGER t INSERT ON …`.
fn is_untimed(words: &Words<'_>, place: usize) -> bool {
    let event = words.is_word(Some(place), &["INSERT", "UPDATE", "DELETE"]);
    let timed = words.is_word(place.checked_sub(1), &["BEFORE", "AFTER", "OF"]);
    event && !timed && words.is_trigger() && words.on().is_some_and(|on| place < on)
}

fn word(words: &Words<'_>, place: usize) -> Option<Word> {
    let token = words.at(place)?;
    let text = token.text(words.text);
    let exact = words.is_word(place.checked_sub(1), &["AS"]);
    let name = |name: String| if exact { name } else { name.to_ascii_lowercase() };
    Some(match token.kind {
        TokenKind::Word if is_reserved(text) => Word::Keyword(text.to_ascii_lowercase()),
        TokenKind::Word => Word::Name(name(text.to_owned())),
        TokenKind::QuotedIdent if is_reserved(&unquote(text)) => Word::Quoted(name(unquote(text))),
        TokenKind::QuotedIdent if text.starts_with('"') => Word::InDoubleQuotes(name(unquote(text)), unquote(text)),
        TokenKind::QuotedIdent => Word::Name(name(unquote(text))),
        TokenKind::Operator if text == "!=" => Word::Other("<>".to_owned()),
        TokenKind::Operator if text == "==" => Word::Other("=".to_owned()),
        TokenKind::Number => Word::Other(text.to_ascii_lowercase()),
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::Executable
        | TokenKind::String
        | TokenKind::Operator
        | TokenKind::Punct
        | TokenKind::Delimiter
        | TokenKind::Other => Word::Other(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        super::same(Pair::new(one, other))
    }

    #[test]
    fn what_sqlite_does_not_see_is_passed_over() {
        let text = "CREATE VIEW v AS SELECT a, count(*) AS Total FROM t WHERE a <> 'X' GROUP BY a";
        for other in [
            "create view if not exists main.V as\n  select A, Count( * ) as Total -- all\nfrom main.t where \"a\" != 'X' group by [a];",
            "CREATE VIEW \"v\" AS SELECT `a`, count(*) AS \"Total\" FROM \"t\" WHERE a <> 'X' GROUP BY a",
        ] {
            assert!(same(text, other), "{other}");
        }
        for other in [
            text.replace("'X'", "'x'"),
            text.replace("Total", "total"),
            text.replace("<>", "="),
            text.replace("FROM t", "FROM aux.t"),
            text.replace("a <>", "(a) <>"),
            text.replace(" v ", " v (a, b) "),
        ] {
            assert!(!same(text, &other), "{other}");
        }
    }

    #[test]
    fn what_may_be_a_string_counts_letter_by_letter() {
        let text = "CREATE VIEW v AS SELECT a FROM t WHERE a = \"New\"";
        assert!(!same(text, &text.replace("New", "new")));
        assert!(same(text, &text.replace("\"New\"", "new")) && same(text, &text.replace("\"New\"", "[NEW]")));
    }

    #[test]
    fn the_usual_words_of_triggers_may_be_said() {
        let text = "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN INSERT INTO u VALUES (NEW.a); END";
        assert!(same(text, "CREATE TRIGGER tr INSERT ON main.t FOR EACH ROW BEGIN INSERT INTO u VALUES (new.a); END"));
        assert!(!same(text, &text.replace("BEFORE", "AFTER")));
        assert!(!same(text, &text.replace("BEFORE INSERT", "BEFORE DELETE")));
        let update = "CREATE TRIGGER tr UPDATE OF a ON t BEGIN SELECT 1; END";
        assert!(same(update, &update.replace("tr ", "tr BEFORE ")) && !same(update, &update.replace(" OF a", "")));
    }

    #[test]
    fn keywords_in_quotes_are_names() {
        let from = |name: &str| format!("CREATE VIEW v AS SELECT a FROM t {name} JOIN u");
        assert!(!same(&from("left"), &from("\"left\"")));
        assert!(!same("CREATE VIEW v AS SELECT null", "CREATE VIEW v AS SELECT \"null\""));
        assert!(!same("CREATE VIEW v AS SELECT 'a'", "CREATE VIEW v AS SELECT \"a\""));
        assert!(same("CREATE VIEW v AS SELECT '", "CREATE VIEW v AS SELECT '"));
        assert!(!same("CREATE VIEW v AS SELECT '", "CREATE VIEW  v AS SELECT '"));
    }
}
