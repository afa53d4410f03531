//! The brackets that the server prints around joins. Of `FROM t, u` it says ``from `t` join `u` ``; of that text, and of every
//! other join, ``from (`t` join `u`)``. So the brackets around joins without a condition are left out: what stands between
//! them is read from left to right all the same. Pure: no I/O.

use crate::statement::syntax::MYSQL;
use crate::statement::token::{Token, tokens};

/// A query as the server says it, as if all its plain joins were commas.
pub(super) fn bare(query: &str) -> String {
    let Ok(mut words) = tokens(query, &MYSQL) else { return query.to_owned() };
    words.retain(|token| !token.is_skippable());
    let text = Text { query, ends: ends(query, &words), words };
    let mut left_out: Vec<usize> = Vec::new();
    for (at, token) in text.words.iter().enumerate() {
        if token.is_word(query, "FROM") && text.end(at + 1).is_some_and(|end| text.ends_clause(end + 1)) {
            text.loosen(at + 1, &mut left_out);
        }
    }
    left_out.sort_unstable();
    let mut bare = String::with_capacity(query.len());
    let mut from = 0;
    for at in left_out {
        bare.push_str(query.get(from..at).unwrap_or_default());
        from = at + 1;
    }
    bare.push_str(query.get(from..).unwrap_or_default());
    bare
}

/// For each word that opens a bracket, the place of the one that closes it.
fn ends(query: &str, words: &[Token]) -> Vec<Option<usize>> {
    let mut ends = vec![None; words.len()];
    let mut open = Vec::new();
    for (at, token) in words.iter().enumerate() {
        if token.is_sign(query, "(") {
            open.push(at);
        } else if token.is_sign(query, ")")
            && let Some(end) = open.pop().and_then(|start| ends.get_mut(start))
        {
            *end = Some(at);
        }
    }
    ends
}

struct Text<'q> {
    query: &'q str,
    words: Vec<Token>,
    ends: Vec<Option<usize>>,
}

impl Text<'_> {
    fn end(&self, open: usize) -> Option<usize> {
        self.ends.get(open).copied().flatten()
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.words.get(at).is_some_and(|token| token.is_word(self.query, word))
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.words.get(at).is_some_and(|token| token.is_sign(self.query, sign))
    }

    /// Whether a FROM is over here.
    fn ends_clause(&self, at: usize) -> bool {
        const BEHIND: [&str; 12] = [
            "WHERE",
            "GROUP",
            "HAVING",
            "WINDOW",
            "ORDER",
            "LIMIT",
            "OFFSET",
            "FETCH",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "FOR",
        ];
        at >= self.words.len() || self.is_sign(at, ")") || BEHIND.iter().any(|word| self.is_word(at, word))
    }

    /// Leaves out these brackets, and those around what they begin with.
    fn loosen(&self, open: usize, left_out: &mut Vec<usize>) {
        let mut open = open;
        while let Some(end) = self.end(open).filter(|end| self.is_plain(open + 1, *end)) {
            left_out.extend([open, end].iter().filter_map(|at| Some(self.words.get(*at)?.start)));
            open += 1;
            if !self.end(open).is_some_and(|end| self.is_word(end + 1, "JOIN")) {
                return;
            }
        }
    }

    /// Whether joins without conditions stand here, and nothing else.
    fn is_plain(&self, from: usize, to: usize) -> bool {
        const OTHERS: [&str; 9] =
            ["ON", "USING", "LEFT", "RIGHT", "NATURAL", "STRAIGHT_JOIN", "SELECT", "WITH", "VALUES"];
        let mut joins = false;
        let mut at = from;
        while at < to {
            if let Some(end) = self.end(at) {
                at = end;
            } else if self.is_sign(at, ",") || OTHERS.iter().any(|word| self.is_word(at, word)) {
                return false;
            }
            joins |= self.is_word(at, "JOIN");
            at += 1;
        }
        joins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_and_a_bare_join_are_the_same_however_often_they_were_read() {
        let pairs = [
            ("select 1 from (`t` join `u`)", "select 1 from `t` join `u`"),
            ("select 1 from ((`t` join `u`) join `s`) where 1", "select 1 from `t` join `u` join `s` where 1"),
            (
                "select (select 1 from (`s` join `t`)) from ((select 1 from (`t` join `s`)) `x` join `u`)",
                "select (select 1 from `s` join `t`) from (select 1 from `t` join `s`) `x` join `u`",
            ),
            (
                "select 1 from (`t` join (`u` left join `s` on(`s`.`c` = `u`.`b`))) where 1",
                "select 1 from `t` join (`u` left join `s` on(`s`.`c` = `u`.`b`)) where 1",
            ),
            (
                "select 1 from ((`t` join `u` on(`t`.`a` = `u`.`b`)) join `s`)",
                "select 1 from (`t` join `u` on(`t`.`a` = `u`.`b`)) join `s`",
            ),
            (
                "select 1 from (`a` join `b`) union select 2 from (`c` join `d`)",
                "select 1 from `a` join `b` union select 2 from `c` join `d`",
            ),
        ];
        for (read_again, read_once) in pairs {
            assert_eq!(bare(read_again), read_once);
            assert_eq!(bare(read_once), read_once);
        }
    }

    #[test]
    fn other_brackets_stay() {
        for text in [
            "select 1 from (`t` left join (`u` join `s`) on(`t`.`a` = `u`.`b`))",
            "select 1 from ((`t` join `u`) left join `s` on(`s`.`c` = `u`.`b`))",
            "select 1 from (`t` straight_join `u`)",
            "select 1 from `t` join (`u` join `s`)",
            "select 1 from (select 1 AS `1` from `t` join `u`) `x`",
            "select trim(both 'a' from (`t`.`a`)) from `t`",
            "select '(a join b)' from `(a join b)`",
        ] {
            assert_eq!(bare(text), text);
        }
    }
}
