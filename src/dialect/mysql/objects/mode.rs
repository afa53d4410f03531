//! Texts under a mode in which a quote, a backslash or a blank means something else (MariaDB). Pure.
//!
//! `SET STATEMENT sql_mode = … FOR` counts when the statement behind it runs: by then it was read in the mode of the session.
//! EXECUTE IMMEDIATE reads its text when it runs. Models and revisions say such a text plainly.

use crate::dialect::mysql::quote;
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Lexer, Token, TokenKind, unquote};

/// Modes that change how a text is read.
const LANGUAGES: [&str; 9] =
    ["ANSI", "ANSI_QUOTES", "DB2", "IGNORE_SPACE", "MAXDB", "MSSQL", "NO_BACKSLASH_ESCAPES", "ORACLE", "POSTGRESQL"];

/// The statement that is sent for such a text; any other one as it is.
pub(in crate::dialect::mysql) fn sent(text: &str) -> String {
    let Some((words, at)) = settings(text) else { return text.to_owned() };
    let is_language = |mode: &str| LANGUAGES.iter().any(|one| one.eq_ignore_ascii_case(mode.trim()));
    let speaks = |token: &Token| {
        matches!(token.kind, TokenKind::String | TokenKind::Word | TokenKind::QuotedIdent)
            && unquote(token.text(text)).split(',').any(is_language)
    };
    if !words.iter().any(speaks) {
        return text.to_owned();
    }
    let (settings, statement) = text.split_at(at);
    format!("{settings}\nEXECUTE IMMEDIATE {}", quote::literal(statement.trim()))
}

/// The plain text of what [`sent`] has made; None of anything else.
pub(in crate::dialect::mysql) fn said(sql: &str) -> Option<String> {
    let (_, at) = settings(sql)?;
    let (settings, behind) = sql.split_at_checked(at)?;
    let (_, literal) = behind.split_once("EXECUTE IMMEDIATE ").filter(|(before, _)| before.trim().is_empty())?;
    Some(format!("{settings}\n{}", quote::unquote(literal.trim())?))
}

/// The words of `SET STATEMENT … FOR` at the beginning, and where the last of them ends.
fn settings(text: &str) -> Option<(Vec<Token>, usize)> {
    let mut words = Vec::new();
    for token in Lexer::new(text, 1, &MYSQL).map_while(Result::ok).filter(|token| !token.is_skippable()) {
        words.push(token);
        let is_it = match words.len() {
            1 => token.is_word(text, "SET"),
            2 => token.is_word(text, "STATEMENT"),
            _ => true,
        };
        if !is_it {
            return None;
        }
        if token.is_word(text, "FOR") {
            return Some((words, token.end));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_another_mode_is_read_when_it_runs() {
        let plain = "SET STATEMENT sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES' FOR\nCREATE TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW\nSET new.\"a\" = '\\\\'";
        let made = "SET STATEMENT sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES' FOR\nEXECUTE IMMEDIATE 'CREATE TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW\nSET new.\"a\" = ''\\\\\\\\'''";
        assert_eq!(sent(plain), made);
        assert_eq!(said(made).as_deref(), Some(plain));
        let unclosed = "SET STATEMENT sql_mode = 'NO_BACKSLASH_ESCAPES' FOR\nCREATE PROCEDURE `p`()\nselect 'a\\', 'b'";
        assert_eq!(said(&sent(unclosed)).as_deref(), Some(unclosed));
    }

    #[test]
    fn a_mode_is_said_in_any_case_and_with_or_without_quotes() {
        for mode in ["ANSI_QUOTES", "ansi_quotes", "'Ansi_Quotes'", "\"STRICT_ALL_TABLES,ansi_quotes\"", "'a, oracle'"]
        {
            let made = sent(&format!("SET STATEMENT sql_mode = {mode} FOR CREATE PROCEDURE p() SELECT \"a\" FROM t"));
            assert!(made.ends_with("FOR\nEXECUTE IMMEDIATE 'CREATE PROCEDURE p() SELECT \"a\" FROM t'"), "{made}");
        }
    }

    #[test]
    fn other_texts_stay() {
        for text in [
            "SET STATEMENT sql_mode = 'STRICT_ALL_TABLES', time_zone = 'SYSTEM' FOR\nCREATE PROCEDURE `p`()\nselect 1",
            "CREATE PROCEDURE `p`()\nSET @a = 'ANSI_QUOTES'",
        ] {
            assert_eq!((sent(text).as_str(), said(text)), (text, None));
        }
    }
}
