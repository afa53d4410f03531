//! Sequences that no column owns: altered, so that they go on where they are. Pure.

use super::parts::words;
use crate::statement::token::Token;

/// The statements that set all that `CREATE SEQUENCE …` says, and put back to the usual what it does not say. None where it
/// says something else.
pub(super) fn alter(former: &str, wanted: &str) -> Option<Vec<String>> {
    let Said { name, is_unlogged, clauses } = Said::read(wanted)?;
    let mut usual = [
        ("AS", "AS bigint".to_owned()),
        ("INCREMENT", "INCREMENT BY 1".to_owned()),
        ("MINVALUE", "NO MINVALUE".to_owned()),
        ("MAXVALUE", "NO MAXVALUE".to_owned()),
        ("START", String::new()),
        ("CACHE", "CACHE 1".to_owned()),
        ("CYCLE", "NO CYCLE".to_owned()),
    ];
    for clause in &clauses {
        let word = clause.iter().find(|word| !word.eq_ignore_ascii_case("NO"))?;
        let (_, text) = usual.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(word))?;
        *text = clause.join(" ").replace("- ", "-");
    }
    let is_down = usual.iter().any(|(_, text)| text.starts_with("INCREMENT") && text.contains('-'));
    let texts = usual.iter().map(|(_, text)| match text.is_empty() {
        true => format!("START WITH {}", if is_down { "-1" } else { "1" }),
        false => text.clone(),
    });
    let mut statements = vec![format!("ALTER SEQUENCE {name} {}", texts.collect::<Vec<_>>().join(" "))];
    if Said::read(former)?.is_unlogged != is_unlogged {
        statements.push(format!("ALTER SEQUENCE {name} SET {}", if is_unlogged { "UNLOGGED" } else { "LOGGED" }));
    }
    Some(statements)
}

/// What `CREATE SEQUENCE …` says.
struct Said<'t> {
    name: &'t str,
    is_unlogged: bool,
    /// The words of each.
    clauses: Vec<Vec<&'t str>>,
}

impl<'t> Said<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let all = words(text);
        let kind = all.iter().position(|token| token.is_word(text, "SEQUENCE"))?;
        let is_unlogged = all.iter().take(kind).any(|token| token.is_word(text, "UNLOGGED"));
        let has_condition = all.get(kind + 1)?.is_word(text, "IF");
        let behind = all.get(kind + if has_condition { 4 } else { 1 }..)?;
        let starts = |token: &Token| CLAUSES.iter().any(|word| token.is_word(text, word));
        let first = behind.iter().skip(1).position(starts).map_or(behind.len(), |at| at + 1);
        let (name, rest) = behind.split_at_checked(first)?;
        let name = text.get(name.first()?.start..name.last()?.end)?;
        let mut clauses: Vec<Vec<&str>> = Vec::new();
        let mut is_negated = false;
        for token in rest {
            if starts(token) && !is_negated {
                clauses.push(Vec::new());
            }
            is_negated = token.is_word(text, "NO");
            clauses.last_mut()?.push(token.text(text));
        }
        Some(Self { name, is_unlogged, clauses })
    }
}

const CLAUSES: [&str; 9] = ["AS", "INCREMENT", "MINVALUE", "MAXVALUE", "START", "CACHE", "CYCLE", "NO", "OWNED"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual() {
        let sql = |text: &str| alter("CREATE SEQUENCE s", text).unwrap().join("; ");
        assert_eq!(
            sql("CREATE SEQUENCE \"s\" AS integer START WITH 7 INCREMENT BY -2 CYCLE"),
            "ALTER SEQUENCE \"s\" AS integer INCREMENT BY -2 NO MINVALUE NO MAXVALUE START WITH 7 CACHE 1 CYCLE"
        );
        assert_eq!(
            sql("CREATE SEQUENCE \"s\""),
            "ALTER SEQUENCE \"s\" AS bigint INCREMENT BY 1 NO MINVALUE NO MAXVALUE START WITH 1 CACHE 1 NO CYCLE"
        );
    }

    #[test]
    fn every_spelling_is_read() {
        let sql = |former: &str, text: &str| alter(former, text).map(|all| all.join("; ")).unwrap_or_default();
        assert_eq!(
            sql(
                "CREATE SEQUENCE app.s",
                "create sequence if not exists app.s no cycle start 5 no maxvalue increment -1"
            ),
            "ALTER SEQUENCE app.s AS bigint increment -1 NO MINVALUE no maxvalue start 5 CACHE 1 no cycle"
        );
        assert_eq!(
            sql("CREATE SEQUENCE s", "CREATE UNLOGGED SEQUENCE s CACHE 5"),
            "ALTER SEQUENCE s AS bigint INCREMENT BY 1 NO MINVALUE NO MAXVALUE START WITH 1 CACHE 5 NO CYCLE; \
             ALTER SEQUENCE s SET UNLOGGED"
        );
        assert_eq!(sql("CREATE SEQUENCE s", "CREATE SEQUENCE s OWNED BY t.a"), "");
    }
}
