//! Sequences that no column owns: altered, so that they go on where they are. Pure.

use super::parts::words;

/// The statement that sets all that `CREATE SEQUENCE …` says, and puts back to the usual what it does not say.
pub(super) fn alter(wanted: &str) -> Option<Vec<String>> {
    let all = words(wanted);
    let mut said = [
        ("AS", "AS bigint".to_owned()),
        ("INCREMENT", "INCREMENT BY 1".to_owned()),
        ("MINVALUE", "NO MINVALUE".to_owned()),
        ("MAXVALUE", "NO MAXVALUE".to_owned()),
        ("START", String::new()),
        ("CACHE", "CACHE 1".to_owned()),
        ("CYCLE", "NO CYCLE".to_owned()),
    ];
    let first = all.iter().skip(2).find(|token| said.iter().any(|(word, _)| token.is_word(wanted, word)));
    let end = first.map_or(wanted.len(), |token| token.start);
    let name = wanted.get(all.get(2)?.start..end)?.trim();
    let clauses: Vec<&str> = all.iter().filter(|token| token.start >= end).map(|token| token.text(wanted)).collect();
    let mut at = 0;
    while let Some(clause) = clauses.get(at) {
        let (_, text) = said.iter_mut().find(|(word, _)| word.eq_ignore_ascii_case(clause))?;
        let rest = clauses.get(at + 1..).unwrap_or_default();
        let next = rest.iter().position(|word| STARTS.iter().any(|start| start.eq_ignore_ascii_case(word)));
        let length = next.unwrap_or(rest.len());
        *text = format!("{clause} {}", rest.get(..length)?.concat_words()).trim().to_owned();
        at += length + 1;
    }
    if let Some((_, start)) = said.iter_mut().find(|(word, text)| *word == "START" && text.is_empty()) {
        let is_down = clauses.windows(3).any(|three| matches!(three, ["INCREMENT", "BY", "-"]));
        *start = format!("START WITH {}", if is_down { "-1" } else { "1" });
    }
    let texts: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    Some(vec![format!("ALTER SEQUENCE {name} {}", texts.join(" "))])
}

const STARTS: [&str; 7] = ["AS", "INCREMENT", "MINVALUE", "MAXVALUE", "START", "CACHE", "CYCLE"];

/// Words with a space between them, but none behind a sign.
trait Words {
    fn concat_words(&self) -> String;
}

impl Words for [&str] {
    fn concat_words(&self) -> String {
        self.join(" ").replace("- ", "-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual() {
        let sql = |text: &str| alter(text).unwrap().remove(0);
        assert_eq!(
            sql("CREATE SEQUENCE \"s\" AS integer START WITH 7 INCREMENT BY -2 CYCLE"),
            "ALTER SEQUENCE \"s\" AS integer INCREMENT BY -2 NO MINVALUE NO MAXVALUE START WITH 7 CACHE 1 CYCLE"
        );
        assert_eq!(
            sql("CREATE SEQUENCE \"s\""),
            "ALTER SEQUENCE \"s\" AS bigint INCREMENT BY 1 NO MINVALUE NO MAXVALUE START WITH 1 CACHE 1 NO CYCLE"
        );
    }
}
