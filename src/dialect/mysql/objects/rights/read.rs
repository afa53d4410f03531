//! GRANT and REVOKE as single rights. Pure: no I/O.

use super::{Grantee, OPTION, PUBLIC, Rights, Target};
use crate::dialect::mysql::{capabilities, quote};
use crate::statement::ServerVersion;
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Lexer, Token, tokens};

/// What a statement says of rights.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::dialect::mysql) enum Said {
    Rights(Change),
    /// With it goes who may call it.
    DropsRoutine(Target),
    /// GRANT or REVOKE of roles, or of rights elsewhere: why that is no part of a database.
    Outside(&'static str),
    /// Another statement about accounts and roles: the same.
    Accounts(&'static str),
    /// Something else.
    Other,
}

/// Rights that are given or taken.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::dialect::mysql) struct Change {
    pub(in crate::dialect::mysql) gives: bool,
    pub(in crate::dialect::mysql) parts: Vec<(Target, Rights)>,
    pub(in crate::dialect::mysql) grantees: Vec<Grantee>,
}

impl Change {
    /// A statement for each of its parts, which say the same.
    pub(in crate::dialect::mysql) fn statements(&self) -> Vec<String> {
        let (verb, to) = if self.gives { ("GRANT", "TO") } else { ("REVOKE", "FROM") };
        let who: Vec<String> = self.grantees.iter().map(ToString::to_string).collect();
        let who = who.join(", ");
        let mut all = Vec::new();
        for (target, rights) in self.parts.iter().filter(|(_, rights)| !rights.is_empty()) {
            let column = match target {
                Target::Column(_, column) => format!(" ({})", quote::ident(&column.as_str().into())),
                Target::Database(_) | Target::Table(_) | Target::Function(_) | Target::Procedure(_) => String::new(),
            };
            let words: Vec<String> = rights.iter().map(|right| format!("{right}{column}")).collect();
            all.push(format!("{verb} {} ON {} {to} {who}", words.join(", "), target.called()));
        }
        all
    }
}

const ACCOUNTS: &str = "accounts and roles are the server's, and no part of a database";
const GLOBAL: &str = "rights on `*.*` are the server's, and no part of a database";
const ELSEWHERE: &str = "it names another database";
const PASSWORDS: &str = "how an account logs in is the server's, and no part of a database";

/// Reads one statement. `own`: what the connection's database is called; None = not known, and every name of a database with
/// backslashes is its.
///
/// # Errors
/// What is wrong with it. Nothing of the statement beside names and rights is repeated: it may hold a password.
pub(in crate::dialect::mysql) fn read(sql: &str, own: Option<&str>, server: ServerVersion) -> Result<Said, String> {
    // Most statements are none, and many are long.
    let lexer = Lexer::new(sql, 1, &MYSQL).map_while(Result::ok);
    let head: Vec<Token> = lexer.filter(|token| !token.is_skippable()).take(LONGEST_HEAD).collect();
    let reader = Reader { text: sql, words: &head, own, server };
    if !reader.is(0, "GRANT") && !reader.is(0, "REVOKE") {
        return Ok(reader.others());
    }
    let Some(text) = plain(sql) else { return Ok(Said::Other) };
    let all: Vec<Token> = tokens(&text, &MYSQL).map_err(|error| error.phrase().to_owned())?;
    let words: Vec<Token> = all.into_iter().filter(|token| !token.is_skippable()).collect();
    Reader { text: &text, words: &words, own, server }.rights()
}

/// In words: `DROP PROCEDURE IF EXISTS a.b`.
const LONGEST_HEAD: usize = 7;

/// The statement without comments; None where it cannot be cut.
fn plain(sql: &str) -> Option<String> {
    let all = tokens(sql, &MYSQL).ok()?;
    Some(all.iter().map(|token| if token.is_skippable() { " " } else { token.text(sql) }).collect::<String>())
}

struct Reader<'t> {
    text: &'t str,
    words: &'t [Token],
    own: Option<&'t str>,
    server: ServerVersion,
}

impl Reader<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.words.get(at).is_some_and(|token| token.is_word(self.text, word))
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.words.get(at).is_some_and(|token| token.is_sign(self.text, sign))
    }

    fn name(&self, at: usize) -> Option<String> {
        self.words.get(at)?.name(self.text)
    }

    /// Statements about accounts, and those that drop routines.
    fn others(&self) -> Said {
        let is_any = |at: usize, words: &[&str]| words.iter().any(|word| self.is(at, word));
        let kind = if self.is(1, "OR") { 3 } else { 1 };
        if is_any(0, &["CREATE", "ALTER", "DROP", "RENAME"]) && is_any(kind, &["USER", "ROLE"]) {
            return Said::Accounts(ACCOUNTS);
        }
        if self.is(0, "SET") && (self.is(1, "PASSWORD") || self.is(1, "DEFAULT") && self.is(2, "ROLE")) {
            return Said::Accounts(ACCOUNTS);
        }
        if !self.is(0, "DROP") || !is_any(1, &["FUNCTION", "PROCEDURE"]) {
            return Said::Other;
        }
        let name = if self.is(2, "IF") { 4 } else { 2 };
        let name = if self.is_sign(name + 1, ".") { name + 2 } else { name };
        match self.name(name) {
            Some(name) if self.is(1, "FUNCTION") => Said::DropsRoutine(Target::Function(name)),
            Some(name) => Said::DropsRoutine(Target::Procedure(name)),
            None => Said::Other,
        }
    }

    fn rights(&self) -> Result<Said, String> {
        let gives = self.is(0, "GRANT");
        let Some(on) = self.outside("ON", 1) else { return Ok(Said::Outside(ACCOUNTS)) };
        let to = self.outside(if gives { "TO" } else { "FROM" }, on);
        let to = to.ok_or("nobody is named who gets or loses the rights")?;
        let whole = match self.target(on + 1, to)? {
            Ok(target) => target,
            Err(why) => return Ok(Said::Outside(why)),
        };
        let (grantees, behind) = self.grantees(to)?;
        let mut parts = self.parts(on, &whole)?;
        let mut option = Rights::new();
        match behind.to_ascii_uppercase().split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => {}
            ["WITH", "GRANT", "OPTION"] if gives => drop(option.insert(OPTION.to_owned())),
            _ => return Ok(Said::Outside(PASSWORDS)),
        }
        parts.push((whole, option));
        parts.retain(|(_, rights)| !rights.is_empty());
        Ok(Said::Rights(Change { gives, parts, grantees }))
    }

    /// The place of a word that stands in no parentheses.
    fn outside(&self, word: &str, from: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in from..self.words.len() {
            if self.is_sign(at, "(") {
                depth += 1;
            } else if self.is_sign(at, ")") {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && self.is(at, word) {
                return Some(at);
            }
        }
        None
    }

    /// What stands between ON and the accounts. Inner error: why it is none of the database's.
    fn target(&self, from: usize, end: usize) -> Result<Result<Target, &'static str>, String> {
        let sort = ["TABLE", "FUNCTION", "PROCEDURE"].into_iter().find(|word| self.is(from, word) && from + 1 < end);
        let at = from + usize::from(sort.is_some());
        let star = |at: usize| self.is_sign(at, "*");
        let count = end - at;
        let found = match (count, sort) {
            (1, None) if star(at) => Some(Target::Database(None)),
            (3, None) if star(at) && star(at + 2) => return Ok(Err(GLOBAL)),
            (3, None) if star(at + 2) => return Ok(self.database(self.name(at))),
            (3, _) if self.name(at).as_deref() != self.own => return Ok(Err(ELSEWHERE)),
            (1 | 3, _) => {
                let name = self.name(at + count - 1);
                name.map(|name| match sort {
                    Some("FUNCTION") => Target::Function(name),
                    Some("PROCEDURE") => Target::Procedure(name),
                    _ => Target::Table(name),
                })
            }
            _ => None,
        };
        found.map(Ok).ok_or_else(|| "what stands behind ON is no table, routine or database".to_owned())
    }

    /// `` `my\_shop`.* ``.
    fn database(&self, pattern: Option<String>) -> Result<Target, &'static str> {
        let pattern = pattern.ok_or(ELSEWHERE)?;
        match self.own {
            Some(own) if own == pattern => Ok(Target::Database(None)),
            Some(own) if bare(&pattern) != own => Err(ELSEWHERE),
            Some(_) => Ok(Target::Database(Some(pattern))),
            None if pattern.contains('\\') => Ok(Target::Database(Some(pattern))),
            None => Err(ELSEWHERE),
        }
    }

    /// The rights, each with what it is on.
    fn parts(&self, on: usize, whole: &Target) -> Result<Vec<(Target, Rights)>, String> {
        let mut parts = Vec::new();
        let mut at = 1;
        while at < on {
            let mut words = Vec::new();
            while at < on && !self.is_sign(at, ",") && !self.is_sign(at, "(") {
                let word = self.words.get(at).map_or("", |token| token.text(self.text));
                words.push(word.to_ascii_uppercase());
                at += 1;
            }
            let word = words.join(" ");
            if self.is_sign(at, "(") {
                let end = self.outside_end(at);
                for column in (at + 1..end).filter_map(|at| self.name(at)) {
                    let Target::Table(table) = whole else {
                        return Err(format!("only rights on tables are on columns, not {word} here"));
                    };
                    let target = Target::Column(table.clone(), column);
                    let rights = self.meant(&word, &target)?;
                    parts.push((target, rights));
                }
                at = end + 1;
            } else {
                parts.push((whole.clone(), self.meant(&word, whole)?));
            }
            at += 1;
        }
        Ok(parts)
    }

    fn outside_end(&self, open: usize) -> usize {
        (open..self.words.len()).find(|at| self.is_sign(*at, ")")).unwrap_or(self.words.len())
    }

    /// The rights that a word stands for.
    fn meant(&self, word: &str, target: &Target) -> Result<Rights, String> {
        let all = target.all(self.server);
        let is_column = matches!(target, Target::Column(..));
        let rights = match word {
            "ALL" | "ALL PRIVILEGES" if !is_column => all,
            "USAGE" => Vec::new(),
            OPTION if !is_column => vec![OPTION],
            "DELETE VERSIONING ROWS" if all.contains(&"DELETE HISTORY") => vec!["DELETE HISTORY"],
            _ if all.contains(&word) => vec![word],
            _ => return Err(format!("there is no right {word} on {}", target.sort())),
        };
        Ok(rights.into_iter().map(str::to_owned).collect())
    }

    /// The accounts behind TO or FROM, and what follows them.
    fn grantees(&self, to: usize) -> Result<(Vec<Grantee>, &str), String> {
        let start = self.words.get(to).map_or(self.text.len(), |token| token.end);
        let mut rest = self.text.get(start..).unwrap_or_default().trim_end().trim_end_matches(';');
        let mut found = Vec::new();
        loop {
            let (user, is_bare, behind) = word(rest).ok_or("an account cannot be read")?;
            if is_bare && ["CURRENT_USER", "CURRENT_ROLE"].iter().any(|word| user.eq_ignore_ascii_case(word)) {
                return Err(format!("{user} is another account for everybody: name the account"));
            }
            let (host, behind) = match behind.trim_start().strip_prefix('@') {
                Some(behind) => {
                    let (host, _, behind) = word(behind).ok_or("the host of an account cannot be read")?;
                    (Some(host), behind)
                }
                None => (None, behind),
            };
            let mariadb = capabilities::is_mariadb(self.server);
            let is_public = mariadb && is_bare && host.is_none() && user.eq_ignore_ascii_case(PUBLIC);
            let host = if mariadb { host } else { Some(host.unwrap_or_else(|| "%".to_owned())) };
            found.push(Grantee { user: if is_public { PUBLIC.to_owned() } else { user }, host });
            match behind.trim_start().strip_prefix(',') {
                Some(more) => rest = more,
                None => return Ok((found, behind)),
            }
        }
    }
}

/// A name of a database as grants have it, without the backslashes before what is no pattern.
pub(in crate::dialect::mysql) fn bare(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        text.extend(if sign == '\\' { signs.next() } else { Some(sign) });
    }
    text
}

/// The first word, without its quotes, whether it has none, and what follows it.
fn word(text: &str) -> Option<(String, bool, &str)> {
    let text = text.trim_start();
    let mark = text.chars().next()?;
    if !matches!(mark, '\'' | '"' | '`') {
        let end = text.find(|sign: char| !sign.is_alphanumeric() && !"_$.%-".contains(sign)).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        return (!word.is_empty()).then(|| (word.to_owned(), true, rest));
    }
    let mut word = String::new();
    let mut signs = text.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' && mark != '`' {
            word.extend(signs.next().map(|(_, next)| next));
        } else if sign == mark {
            let rest = text.get(at + 1..)?;
            if !rest.starts_with(mark) {
                return Some((word, false, rest));
            }
            signs.next();
            word.push(mark);
        } else {
            word.push(sign);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Product;

    const MARIADB: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 19);

    fn said(sql: &str) -> Result<Said, String> {
        read(sql, Some("my_shop"), MARIADB)
    }

    #[test]
    fn what_is_no_right_of_the_database_is_known() {
        for sql in ["GRANT r1 TO app", "REVOKE ALL PRIVILEGES, GRANT OPTION FROM app@'%'", "/* x */ GRANT\nr1 TO app"] {
            assert_eq!(said(sql), Ok(Said::Outside(ACCOUNTS)), "{sql}");
        }
        for sql in [
            "CREATE OR REPLACE USER a IDENTIFIED BY 'secret'",
            "/* first */ drop role r",
            "SET PASSWORD FOR a = 'secret'",
        ] {
            assert_eq!(said(sql), Ok(Said::Accounts(ACCOUNTS)), "{sql}");
        }
        assert_eq!(said("GRANT SELECT ON *.* TO app"), Ok(Said::Outside(GLOBAL)));
        assert_eq!(said("/* x */GRANT\nSELECT ON *.* TO app"), Ok(Said::Outside(GLOBAL)));
        for sql in ["GRANT SELECT ON other.t TO a", "GRANT SELECT ON `my%`.* TO a", "GRANT SELECT ON myxshop.* TO a"] {
            assert_eq!(said(sql), Ok(Said::Outside(ELSEWHERE)), "{sql}");
        }
        assert_eq!(said("GRANT SELECT ON t TO a IDENTIFIED BY 'secret'"), Ok(Said::Outside(PASSWORDS)));
        for sql in ["SET @a = 1", "CREATE TABLE user (a int)", "DROP TABLE t", "SELECT 1", "CREATE USERS"] {
            assert_eq!(said(sql), Ok(Said::Other), "{sql}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (sql, phrase) in [
            ("GRANT SELEKT ON t TO a", "there is no right SELEKT on a table"),
            ("GRANT EXECUTE ON t TO a", "there is no right EXECUTE on a table"),
            ("GRANT SELECT ON FUNCTION f TO a", "there is no right SELECT on a routine"),
            ("GRANT DELETE (a) ON t TO a", "there is no right DELETE on a column"),
            ("GRANT SELECT ON t", "nobody is named who gets or loses the rights"),
            ("GRANT SELECT ON t TO current_user()", "current_user is another account for everybody: name the account"),
        ] {
            assert_eq!(said(sql), Err(phrase.to_owned()), "{sql}");
        }
    }

    #[test]
    fn names_of_accounts_are_read() {
        for (text, user, host) in [
            ("app", "app", None),
            ("'it''s'@`10.%`", "it's", Some("10.%")),
            ("\"a\\\"b\" @ LocalHost", "a\"b", Some("LocalHost")),
            ("app@10.0.0.1", "app", Some("10.0.0.1")),
            ("public", "PUBLIC", None),
            ("`public`", "public", None),
            ("''@''", "", Some("")),
        ] {
            let Ok(Said::Rights(change)) = said(&format!("GRANT SELECT ON t TO {text};")) else { panic!("{text}") };
            let expected = Grantee { user: user.to_owned(), host: host.map(str::to_owned) };
            assert_eq!(change.grantees, [expected], "{text}");
        }
    }

    #[test]
    fn a_change_says_itself_again() {
        let sql = "REVOKE SELECT (a), INSERT, GRANT OPTION ON t FROM x@y, r";
        let Ok(Said::Rights(change)) = said(sql) else { panic!("{sql}") };
        let again = change.statements();
        assert_eq!(
            again,
            [
                "REVOKE SELECT (`a`) ON `t` FROM `x`@`y`, `r`",
                "REVOKE INSERT ON `t` FROM `x`@`y`, `r`",
                "REVOKE GRANT OPTION ON `t` FROM `x`@`y`, `r`"
            ]
        );
    }
}
