//! The text of SHOW CREATE TABLE → what the catalog does not tell: periods, keys without overlaps, parsers of full-text
//! indexes, by what a table is partitioned for the system's time, and which partition has all other values. Pure: no I/O.
//!
//! It is asked for only where the catalog leaves it open (`inspect/tables.rs`), and read by tokens, so that a comment or
//! a default that looks like such a clause is none.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::mysql::quote;
use crate::schema::{Ident, Table};
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Token, tokens};

use crate::dialect::mysql::types::WORD;

/// What stands before the moment from which on former versions are put apart.
pub(super) const STARTS: &str = " STARTS TIMESTAMP'";

/// What a closer look has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Closer {
    /// The period for an application's time: its name, where it starts and where it ends.
    period: Option<[String; 3]>,
    /// Keys in which the period counts as a whole.
    without_overlaps: BTreeSet<String>,
    /// The columns with a check of their own, in their order, and its condition.
    checks: Vec<(String, String)>,
    /// Full-text indexes with a parser of their own.
    parsers: BTreeMap<String, String>,
    /// What stands behind PARTITION BY SYSTEM_TIME, without the partitions.
    pub(super) by_system_time: Option<String>,
    /// The partition that holds all values that no other one names.
    pub(super) default_partition: Option<String>,
}

impl Closer {
    /// Reads the text of a table.
    pub(super) fn read(text: &str) -> Self {
        let Ok(all) = tokens(text, &MYSQL) else { return Self::default() };
        let words: Vec<Token> = all.into_iter().filter(|token| !token.is_skippable()).collect();
        let (parts, tail) = parts(text, &words);
        let mut closer = Self::default();
        parts.into_iter().for_each(|part| closer.part(text, part));
        closer.by_system_time = by_system_time(text, tail);
        closer.default_partition = default_partition(text, tail);
        closer
    }

    /// Takes away a start that the server has put in by itself: the beginning of the hour or day in which the table was
    /// made, which is `now`.
    pub(super) fn forget_usual_start(&mut self, now: &str) {
        let Some((before, start)) = self.by_system_time.as_deref().and_then(|by| by.split_once(STARTS)) else { return };
        let (start, behind) = start.split_once('\'').unwrap_or((start, ""));
        let begun = start.trim_end_matches(":00");
        if now.starts_with(begun.strip_suffix(" 00").unwrap_or(begun)) {
            self.by_system_time = Some(format!("{before}{behind}"));
        }
    }

    /// A part between two commas.
    fn part(&mut self, text: &str, part: &[Token]) {
        let says = |some: &[&str]| {
            part.windows(some.len())
                .position(|tokens| tokens.iter().zip(some).all(|(one, word)| one.is_word(text, word)))
        };
        if says(&["PERIOD", "FOR"]) == Some(0) {
            self.period = period(text, part);
            return;
        }
        let name = part.iter().find(|token| token.text(text).starts_with('`')).and_then(|token| token.name(text));
        let is_primary = says(&["PRIMARY", "KEY"]) == Some(0);
        let name = if is_primary { Some("PRIMARY".to_owned()) } else { name };
        if part.first().is_some_and(|token| token.text(text).starts_with('`')) {
            self.checks.extend(name.clone().zip(column_check(text, part)));
        }
        if says(&["WITHOUT", "OVERLAPS"]).is_some() {
            self.without_overlaps.extend(name.clone());
        }
        let parser = says(&["WITH", "PARSER"]).and_then(|at| part.get(at + 2)).and_then(|token| token.name(text));
        self.parsers.extend(name.zip(parser));
    }

    /// The checks of columns by the columns that they stand on: what the catalog says, where they stand in the text.
    pub(super) fn column_checks(&self, catalog: Vec<(String, String)>) -> Vec<(String, String)> {
        match (self.checks.len(), catalog.len()) {
            (0, _) => catalog,
            (seen, said) if seen == said => {
                self.checks.iter().zip(catalog).map(|((name, _), (_, check))| (name.clone(), check)).collect()
            }
            _ => self.checks.clone(),
        }
    }

    /// Puts what was seen into the table. The catalog gives a period as a check of its name.
    pub(super) fn lay_over(&self, table: &mut Table) {
        if let Some([name, start, end]) = &self.period {
            let [called, start, end] = [name, start, end].map(|one| quote::ident(&one.as_str().into()));
            let condition = format!("{start} < {end}");
            let is_it = |check: &crate::schema::Check| {
                check.name.as_ref().is_some_and(|one| one.as_str() == name) && check.condition.text() == condition
            };
            if let Some(at) = table.checks.iter().position(is_it) {
                table.checks.remove(at);
            }
            table.options.set(WORD, "period", format!("{called} ({start}, {end})"));
            let whole = |key: Option<&Ident>| key.is_some_and(|key| self.without_overlaps.contains(key.as_str()));
            let uniques = table.uniques.iter_mut().map(|unique| (unique.name.as_ref(), &mut unique.options));
            let primary = table.primary_key.iter_mut().map(|key| (key.name.as_ref(), &mut key.options));
            for (_, options) in uniques.chain(primary).filter(|(key, _)| whole(*key)) {
                options.set(WORD, "without_overlaps", name.as_str());
            }
        }
        for index in &mut table.indexes {
            if let Some(parser) = self.parsers.get(index.name.as_str()) {
                index.options.set(WORD, "parser", parser.as_str());
            }
        }
    }
}

/// The parts of the list in the first parentheses, and what stands behind them.
pub(super) fn parts<'t>(text: &str, words: &'t [Token]) -> (Vec<&'t [Token]>, &'t [Token]) {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0_u32, 0);
    for (at, token) in words.iter().enumerate() {
        if token.is_sign(text, "(") {
            depth += 1;
            if depth == 1 {
                begin = at + 1;
            }
        }
        let closes = token.is_sign(text, ")");
        if depth == 1 && (closes || token.is_sign(text, ",")) {
            parts.extend(words.get(begin..at));
            begin = at + 1;
        }
        if closes {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return (parts, words.get(at + 1..).unwrap_or_default());
            }
        }
    }
    (parts, &[])
}

/// What stands between the parentheses behind CHECK, outside of others.
fn column_check(text: &str, part: &[Token]) -> Option<String> {
    let mut depth = 0_u32;
    let mut opened = None;
    for (at, token) in part.iter().enumerate() {
        let is_check =
            at.checked_sub(1).and_then(|before| part.get(before)).is_some_and(|it| it.is_word(text, "CHECK"));
        if token.is_sign(text, "(") {
            if depth == 0 && is_check {
                opened = Some(token.end);
            }
            depth += 1;
        } else if token.is_sign(text, ")") {
            depth = depth.saturating_sub(1);
            if let Some(start) = opened.filter(|_| depth == 0) {
                return text.get(start..token.start).map(str::to_owned);
            }
        }
    }
    None
}

/// ``PERIOD FOR `valid` (`since`, `till`)``; the one for the system's time follows from its columns.
fn period(text: &str, part: &[Token]) -> Option<[String; 3]> {
    let names: Vec<String> =
        part.iter().skip(2).filter(|token| token.text(text).starts_with('`')).filter_map(|it| it.name(text)).collect();
    names.try_into().ok()
}

/// ``PARTITION `p` DEFAULT``.
fn default_partition(text: &str, tail: &[Token]) -> Option<String> {
    let is_it = |three: &&[Token]| match three {
        [word, _, default] => word.is_word(text, "PARTITION") && default.is_word(text, "DEFAULT"),
        _ => false,
    };
    tail.windows(3).find(is_it).and_then(|three| three.get(1)?.name(text))
}

fn by_system_time(text: &str, tail: &[Token]) -> Option<String> {
    let at = tail.iter().position(|token| token.is_word(text, "SYSTEM_TIME"))?;
    let rest = tail.get(at + 1..).unwrap_or_default();
    let ends = |token: &&Token| token.is_sign(text, "(") || token.is_word(text, "PARTITIONS");
    let said: Vec<&str> = rest.iter().take_while(|token| !ends(token)).map(|token| token.text(text)).collect();
    Some(said.join(" ").replace("TIMESTAMP '", "TIMESTAMP'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Check, Expr, Name, Options, Unique};

    const TEXT: &str = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL DEFAULT 3 COMMENT 'a, PERIOD FOR `x` (`a`, `b`)',\n  \
        `s` date NOT NULL,\n  `e``` date NOT NULL,\n  PERIOD FOR `p` (`s`, `e```),\n  \
        PRIMARY KEY (`id`,`p` WITHOUT OVERLAPS),\n  UNIQUE KEY `u` (`id`,`p` WITHOUT OVERLAPS),\n  UNIQUE KEY `w` (`s`)\n) \
        ENGINE=InnoDB WITH SYSTEM VERSIONING\n PARTITION BY SYSTEM_TIME INTERVAL 1 DAY STARTS TIMESTAMP'2024-01-01 00:00:00' AUTO\nPARTITIONS 3";

    #[test]
    fn what_the_catalog_does_not_tell_is_read() {
        let closer = Closer::read(TEXT);
        assert_eq!(closer.period, Some(["p", "s", "e`"].map(str::to_owned)));
        assert_eq!(Vec::from_iter(&closer.without_overlaps), ["PRIMARY", "u"]);
        let by = "INTERVAL 1 DAY STARTS TIMESTAMP'2024-01-01 00:00:00' AUTO";
        assert_eq!(closer.by_system_time.as_deref(), Some(by));
    }

    #[test]
    fn checks_of_columns_are_found_where_they_stand() {
        let text = "CREATE TABLE `t` (\n  `j2` longtext DEFAULT 'CHECK (1)' COMMENT 'CHECK (2)' CHECK (json_valid(`j2`)),\n  \
            `a` int(11) GENERATED ALWAYS AS ((`b` + 1)) VIRTUAL,\n  `j` int(11) CHECK ((`j` > 1) and `j` <> ')'),\n  \
            CONSTRAINT `c` CHECK (`a` > 0)\n)";
        let closer = Closer::read(text);
        let pair = |name: &str, check: &str| (name.to_owned(), check.to_owned());
        assert_eq!(closer.checks, [pair("j2", "json_valid(`j2`)"), pair("j", "(`j` > 1) and `j` <> ')'")]);
        // The text of the catalog counts, for that of a scratch place is read there too.
        let catalog = vec![pair("j", "json_valid(`j2`)"), pair("k", "`j` > 1")];
        assert_eq!(closer.column_checks(catalog), [pair("j2", "json_valid(`j2`)"), pair("j", "`j` > 1")]);
        let unseen = vec![pair("k", "`k` > 1")];
        assert_eq!(Closer::default().column_checks(unseen.clone()), unseen);
    }

    #[test]
    fn a_start_that_nobody_said_is_none() {
        let said = |now: &str| {
            let mut closer = Closer::read(TEXT);
            closer.forget_usual_start(now);
            closer.by_system_time.unwrap()
        };
        assert_eq!(said("2024-01-01 13:00:07"), "INTERVAL 1 DAY AUTO");
        assert!(said("2024-01-02 00:00:00").contains("STARTS TIMESTAMP'2024-01-01 00:00:00' AUTO"));
    }

    #[test]
    fn a_parser_stands_in_a_comment_that_the_server_reads() {
        let text = "CREATE TABLE `t` (\n  `a` text,\n  FULLTEXT KEY `f` (`a`) /*!50100 WITH PARSER `ngram` */ \n)";
        let closer = Closer::read(text);
        assert_eq!(closer.parsers, BTreeMap::from([("f".to_owned(), "ngram".to_owned())]));
        assert_eq!((closer.period, closer.by_system_time), (None, None));
        let text = "CREATE TABLE `t` (\n  `a` int DEFAULT NULL\n)\n PARTITION BY LIST (`a`)\n\
            (PARTITION `q` VALUES IN (0) ENGINE = InnoDB,\n PARTITION `d` DEFAULT ENGINE = InnoDB)";
        assert_eq!(Closer::read(text).default_partition.as_deref(), Some("d"));
        assert_eq!(Closer::read("CREATE TABLE `t"), Closer::default());
    }

    #[test]
    fn one_of_two_alike_is_the_period() {
        let check = |name: &str| Check {
            name: Some(name.into()),
            condition: Expr::Same("`s` < `e```".to_owned()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        };
        let mut table = Table::new(Name::own("t"));
        table.checks = vec![check("p"), check("p"), check("q")];
        table.uniques.push(Unique {
            name: Some("u".into()),
            columns: vec!["id".into(), "e`".into(), "s".into()],
            include: Vec::new(),
            nulls_not_distinct: false,
            deferrable: None,
            comment: None,
            options: Options::default(),
        });
        Closer::read(TEXT).lay_over(&mut table);
        assert_eq!(table.checks, [check("p"), check("q")]);
        assert_eq!(table.options.get(WORD, "period"), Some("`p` (`s`, `e```)"));
        assert_eq!(table.uniques[0].options.get(WORD, "without_overlaps"), Some("p"));
    }
}
