//! What the text of a view mentions, and the text without the name of its own database. Pure: no I/O.
//!
//! The server prints the tables of a view as `` `app`.`orders` ``, and their columns as `` `app`.`orders`.`id` `` where
//! the table has no other name in the query. A text that is to mean the same in a scratch place names no database of its
//! own.

use std::collections::BTreeSet;

use crate::statement::syntax::MYSQL;
use crate::statement::token::{Token, TokenKind, tokens, unquote};

/// A text that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// The text without the name of the own database.
    pub(super) text: String,
    /// What is named with its database: database and name.
    pub(super) named: BTreeSet<(String, String)>,
    /// What is called without one, in lower case.
    pub(super) called: BTreeSet<String>,
    /// Every quoted name in it.
    pub(super) quoted: BTreeSet<String>,
}

/// Reads the text of a view as the server prints it. `is_known`: whether the own database has a table, view, sequence or
/// function of this name; an alias may be called as the database is.
pub(super) fn read(text: &str, own: &str, is_known: &dyn Fn(&str) -> bool) -> Mentions {
    let Ok(tokens) = tokens(text, &MYSQL) else {
        return Mentions { text: text.to_owned(), ..Mentions::default() };
    };
    let mut found = Mentions { text: String::with_capacity(text.len()), ..Mentions::default() };
    let mut skipped = 0;
    for (at, token) in tokens.iter().enumerate() {
        let word = token.text(text);
        if skipped > 0 {
            skipped -= 1;
            continue;
        }
        if token.kind == TokenKind::QuotedIdent {
            let path = path(text, tokens.get(at..).unwrap_or_default());
            found.note(&path, tokens.get(at + path.len() * 2 - 1), text);
            let is_first =
                at.checked_sub(1).and_then(|before| tokens.get(before)).is_none_or(|one| one.text(text) != ".");
            let leads = path.len() > 2 || path.get(1).is_some_and(|name| is_known(name));
            if is_first && leads && path.first().is_some_and(|first| first == own) {
                skipped = 1;
                continue;
            }
        }
        found.text.push_str(word);
    }
    found
}

/// The names, dot by dot, that the tokens begin with.
fn path(text: &str, tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = tokens.iter();
    while let Some(token) = rest.next().filter(|token| token.kind == TokenKind::QuotedIdent) {
        names.push(unquote(token.text(text)));
        if rest.next().is_none_or(|token| token.text(text) != ".") {
            break;
        }
    }
    names
}

impl Mentions {
    /// Takes a name with what leads to it; `next` is the token behind it.
    fn note(&mut self, path: &[String], next: Option<&Token>, text: &str) {
        self.quoted.extend(path.first().cloned());
        match path {
            [one] if next.is_some_and(|token| token.text(text) == "(") => {
                self.called.insert(one.to_lowercase());
            }
            [database, name, ..] => {
                self.named.insert((database.clone(), name.clone()));
            }
            _ => {}
        }
    }
}

/// The columns that the body of a trigger reads or sets: what stands behind `NEW.` and `OLD.`, in lower case.
pub(super) fn row_columns(body: &str) -> BTreeSet<String> {
    let Ok(tokens) = tokens(body, &MYSQL) else { return BTreeSet::new() };
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !token.is_skippable()).collect();
    let of_row = |three: &[&Token]| match three {
        [row, dot, column] if dot.text(body) == "." => {
            let word = unquote(row.text(body));
            let is_row = word.eq_ignore_ascii_case("new") || word.eq_ignore_ascii_case("old");
            is_row.then(|| unquote(column.text(body)).to_lowercase())
        }
        _ => None,
    };
    tokens.windows(3).filter_map(of_row).collect()
}

/// What the columns of a query are called, where each says it: ``select … AS `a`, … AS `b` from …``. None of any other form.
pub(super) fn aliases(query: &str) -> Option<Vec<String>> {
    let all = tokens(query, &MYSQL).ok()?;
    let words: Vec<&Token> = all.iter().filter(|token| !token.is_skippable()).collect();
    if !words.first()?.is_word(query, "SELECT") {
        return None;
    }
    let (mut found, mut depth) = (Vec::new(), 0_u32);
    for (at, token) in words.iter().enumerate() {
        let ends = token.is_word(query, "FROM") || token.is_word(query, "UNION") || token.is_word(query, "LIMIT");
        match token.text(query) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            text if depth == 0 && (text == "," || ends) => {
                let [said, name] = words.get(at.checked_sub(2)?..at)? else { return None };
                found.push(name.name(query).filter(|_| said.is_word(query, "AS"))?);
                if ends {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    let [said, name] = words.get(words.len().checked_sub(2)?..)? else { return None };
    found.push(name.name(query).filter(|_| said.is_word(query, "AS"))?);
    Some(found)
}

/// Whether these words follow each other in a text.
pub(super) fn has_words(text: &str, words: &[&str]) -> bool {
    let Ok(tokens) = tokens(text, &MYSQL) else { return false };
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !token.is_skippable()).collect();
    let fits = |some: &[&Token]| some.iter().zip(words).all(|(token, word)| token.is_word(text, word));
    tokens.windows(words.len()).any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        read(text, "app", &|name| ["t", "f", "s"].contains(&name)).text
    }

    #[test]
    fn the_own_database_is_left_out() {
        assert_eq!(stripped("select `app`.`t`.`a` AS `a` from `app`.`t`"), "select `t`.`a` AS `a` from `t`");
        assert_eq!(stripped("select `app`.`f`(1),nextval(`app`.`s`)"), "select `f`(1),nextval(`s`)");
        assert_eq!(
            stripped("select `x`.`app`,`o`.`t`.`app` from `o`.`t`"),
            "select `x`.`app`,`o`.`t`.`app` from `o`.`t`"
        );
    }

    #[test]
    fn an_alias_may_be_called_as_the_database() {
        assert_eq!(stripped("select `app`.`a` AS `a` from `app`.`t` `app`"), "select `app`.`a` AS `a` from `t` `app`");
        assert_eq!(stripped("select '`app`.`t`' AS `app`"), "select '`app`.`t`' AS `app`");
    }

    #[test]
    fn what_is_mentioned_is_kept() {
        let found = read("select `G`(`app`.`t`.`a`) AS `b` from `app`.`t` join `o`.`u`", "app", &|_| true);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(Vec::from_iter(found.named), [pair("app", "t"), pair("o", "u"), pair("t", "a")]);
        assert_eq!(Vec::from_iter(found.called), ["g"]);
        assert!(found.quoted.contains("a") && found.quoted.contains("b"));
    }

    #[test]
    fn columns_of_a_query_are_read() {
        let read = |query: &str| aliases(query).map(|names| names.join(" "));
        let all = "select distinct `t`.`a` AS `a`,(select max(`b`) AS `m` from `u`) AS `b c`,'x, from' AS `x` from `t` where 1";
        assert_eq!(read(all).as_deref(), Some("a b c x"));
        assert_eq!(read("select 1 AS `1`").as_deref(), Some("1"));
        assert_eq!(read("select 1 AS `a` union select 2 AS `b`").as_deref(), Some("a"));
        assert_eq!(read("with `c` as (select 1 AS `a`) select `c`.`a` AS `a` from `c`"), None);
        assert_eq!(read("select `a` from `t`"), None);
    }

    #[test]
    fn columns_of_the_row_are_found() {
        let body = "begin set NEW.`Total` = new . price * old.qty; select 'new.x', t.y; end";
        assert_eq!(Vec::from_iter(row_columns(body)), ["price", "qty", "total"]);
        assert!(has_words("loop fetch  group /* x */ next row; end", &["FETCH", "GROUP", "NEXT", "ROW"]));
        assert!(!has_words("select 'fetch group next row'", &["FETCH", "GROUP", "NEXT", "ROW"]));
    }
}
