//! Routines of MySQL that change. Pure.
//!
//! It replaces no routine in place, and with DROP goes everybody's right to call it. ALTER leaves the rights; it knows the
//! comment, what a routine does with data, and under whose rights it runs.

use crate::dialect::mysql::objects::Objects;
use crate::dialect::objects::ObjectWords;
use crate::schema::{ObjectId, ObjectKind};
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Token, tokens, unquote};
use crate::statement::{Hazard, Statement};

/// What ALTER can change, each as it is said, in capitals but for the comment.
#[derive(Debug, PartialEq, Eq)]
struct Traits {
    comment: String,
    data: String,
    security: String,
}

impl Default for Traits {
    fn default() -> Self {
        let [comment, data, security] = ["COMMENT ''", "CONTAINS SQL", "SQL SECURITY DEFINER"].map(str::to_owned);
        Self { comment, data, security }
    }
}

/// A routine as what ALTER can change and what it cannot.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'t> {
    /// The words before the body, without quotes and in lower case.
    head: Vec<String>,
    traits: Traits,
    body: &'t str,
}

/// The statement that gives a routine other traits; None where more than that changes.
pub(super) fn alter(id: &ObjectId, former: &str, wanted: &str) -> Option<String> {
    let (former, wanted) = (parts(former)?, parts(wanted)?);
    if (&former.head, former.body) != (&wanted.head, wanted.body) || former.traits == wanted.traits {
        return None;
    }
    let (old, new) = (former.traits, wanted.traits);
    let pairs = [(old.comment, new.comment), (old.data, new.data), (old.security, new.security)];
    let said: Vec<String> = pairs.into_iter().filter(|(old, new)| old != new).map(|(_, new)| new).collect();
    Some(format!("ALTER {} {} {}", id.kind.spoken().to_uppercase(), Objects.called(id), said.join(" ")))
}

/// The statement that drops what comes again at once, and says what may not come again with it.
pub(super) fn dropped(id: &ObjectId, is_given_back: bool) -> Vec<Statement> {
    let is_routine = matches!(id.kind, ObjectKind::Function | ObjectKind::Procedure);
    let lost = (is_routine && !is_given_back).then(|| {
        let what = format!(
            "calls of {} by those who were granted EXECUTE on it, where the login may not read mysql.procs_priv and give it \
             again: MySQL takes it back with DROP",
            id.for_people()
        );
        Hazard::MayFail(what)
    });
    let mut all = Objects.drop(id);
    all.first_mut().into_iter().for_each(|statement| statement.hazards.extend(lost.clone()));
    all
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let all = tokens(text, &MYSQL).ok()?;
    let words: Vec<&Token> = all.iter().filter(|token| !token.is_skippable()).collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|token| token.is_word(text, word));
    let kind = (0..words.len()).find(|&at| is(at, "FUNCTION") || is(at, "PROCEDURE"))?;
    let open = words.iter().skip(kind).position(|token| token.is_sign(text, "("))? + kind;
    let mut at = behind_brackets(text, &words, open)?;
    if is(at, "RETURNS") {
        at = behind_type(text, &words, at + 1)?;
    }
    let mut head: Vec<String> = words.get(..at)?.iter().map(|token| unquote(token.text(text)).to_lowercase()).collect();
    let mut traits = Traits::default();
    loop {
        let length = traits.read(text, words.get(at..)?);
        if length > 0 {
            at += length;
        } else if is(at, "DETERMINISTIC") || is(at, "NOT") && is(at + 1, "DETERMINISTIC") {
            let is_not = is(at, "NOT");
            head.extend((!is_not).then(|| "deterministic".to_owned()));
            at += 1 + usize::from(is_not);
        } else if is(at, "LANGUAGE") {
            at += 2;
        } else {
            return Some(Parts { head, traits, body: text.get(words.get(at)?.start..)?.trim_end() });
        }
    }
}

impl Traits {
    /// Takes up the trait that the words begin with; gives how many words it has, 0 = none.
    fn read(&mut self, text: &str, words: &[&Token]) -> usize {
        let says = |phrase: &[&str]| {
            words.len() >= phrase.len() && words.iter().zip(phrase).all(|(token, word)| token.is_word(text, word))
        };
        if says(&["COMMENT"]) {
            self.comment = format!("COMMENT {}", words.get(1).map(|token| token.text(text)).unwrap_or_default());
            return 2;
        }
        let phrases: [&[&str]; 6] = [
            &["CONTAINS", "SQL"],
            &["NO", "SQL"],
            &["READS", "SQL", "DATA"],
            &["MODIFIES", "SQL", "DATA"],
            &["SQL", "SECURITY", "DEFINER"],
            &["SQL", "SECURITY", "INVOKER"],
        ];
        let Some(found) = phrases.into_iter().find(|phrase| says(phrase)) else { return 0 };
        let place = if found.first() == Some(&"SQL") { &mut self.security } else { &mut self.data };
        *place = found.join(" ");
        found.len()
    }
}

/// The place behind the bracket that closes the one here.
fn behind_brackets(text: &str, words: &[&Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in words.iter().enumerate().skip(open) {
        if token.is_sign(text, "(") {
            depth += 1;
        } else if token.is_sign(text, ")") {
            depth = depth.checked_sub(1)?;
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The place behind a type.
fn behind_type(text: &str, words: &[&Token], start: usize) -> Option<usize> {
    const ALONE: [&str; 8] = ["UNSIGNED", "SIGNED", "ZEROFILL", "PRECISION", "VARYING", "BINARY", "ASCII", "UNICODE"];
    let mut at = start + 1;
    while let Some(token) = words.get(at) {
        let is_one = |all: &[&str]| all.iter().any(|word| token.is_word(text, word));
        if token.is_sign(text, "(") {
            at = behind_brackets(text, words, at)?;
        } else if is_one(&ALONE) {
            at += 1;
        } else if is_one(&["CHARSET", "COLLATE"]) {
            at += 2;
        } else if is_one(&["CHARACTER"]) {
            at += 3;
        } else {
            break;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Name;

    fn altered(kind: ObjectKind, former: &str, wanted: &str) -> Option<String> {
        alter(&ObjectId::new(kind, Name::own("x")), former, wanted)
    }

    #[test]
    fn traits_change_in_place() {
        let kind = ObjectKind::Function;
        let former = "CREATE FUNCTION `x`(`a` decimal(5,2)) RETURNS varchar(20) CHARSET latin1 COLLATE latin1_bin\nREADS SQL DATA\nRETURN (a)";
        let wanted = "create function X (A DECIMAL(5, 2)) returns varchar(20) charset latin1 collate latin1_bin SQL SECURITY INVOKER COMMENT 'it''s' RETURN (a)";
        assert_eq!(
            altered(kind, former, wanted).unwrap(),
            "ALTER FUNCTION `x` COMMENT 'it''s' CONTAINS SQL SQL SECURITY INVOKER"
        );
        assert_eq!(
            altered(kind, wanted, former).unwrap(),
            "ALTER FUNCTION `x` COMMENT '' READS SQL DATA SQL SECURITY DEFINER"
        );
        let procedure = |traits: &str| {
            format!("CREATE DEFINER=`a`@`b` PROCEDURE x(IN a int, OUT b int) {traits} BEGIN SELECT 1; END")
        };
        assert_eq!(
            altered(ObjectKind::Procedure, &procedure("LANGUAGE SQL"), &procedure("NOT DETERMINISTIC NO SQL")).unwrap(),
            "ALTER PROCEDURE `x` NO SQL"
        );
    }

    #[test]
    fn what_alter_cannot_change_is_made_again() {
        let text = |traits: &str, body: &str| format!("CREATE FUNCTION x(a int) RETURNS int unsigned {traits} {body}");
        let changed = |to: &str| altered(ObjectKind::Function, &text("NO SQL", "RETURN  1"), to);
        assert!(changed(&text("CONTAINS SQL", "RETURN  1")).is_some());
        assert_eq!(changed(&text("DETERMINISTIC", "RETURN  1")), None);
        assert_eq!(changed(&text("CONTAINS SQL", "RETURN 1")), None);
        assert_eq!(changed(&text("CONTAINS SQL", "RETURN  1").replace("int unsigned", "int")), None);
        assert_eq!(changed(&text("CONTAINS SQL", "RETURN  1").replace("a int", "a int, b int")), None);
        assert_eq!(changed("CREATE FUNCTION x("), None);
    }
}
