//! Texts that the catalog gives in another form than they have → what they are. Pure: no I/O.
//!
//! The views of the catalog know the characters of utf8mb3: any other one becomes a `?`. Of a routine, a trigger and an
//! event they give a copy in which each string is worded anew: what its escapes stand for, without escaping it again, and
//! without the character set before it. SHOW CREATE gives the text that runs. Defaults and the words of an enum have
//! their `?` there too; they are asked for as values, in hexadecimal digits.

use crate::dialect::mysql::quote;
use crate::dialect::mysql::types::Sort;
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Lexer, Token, TokenKind, tokens};

/// Whether a text may hold a character that the catalog cannot show.
pub(super) fn is_doubtful(text: &str) -> bool {
    text.contains('?')
}

/// Whether a body may be another one than the catalog says.
pub(super) fn is_doubtful_body(text: &str) -> bool {
    text.contains(['\'', '"', '?'])
}

/// What of a text is no white space and no comment, as far as it is asked for: a body may be written in another mode.
fn words(text: &str) -> impl Iterator<Item = Token> {
    Lexer::new(text, 1, &MYSQL).map_while(Result::ok).filter(|token| !token.is_skippable())
}

/// The body of a trigger in the text of SHOW CREATE: behind FOR EACH ROW, and behind the trigger that it precedes or follows.
pub(super) fn body_of_trigger(shown: &str) -> Option<&str> {
    let mut words = words(shown);
    let mut last = [None, None];
    let at_row = |last: [Option<Token>; 2], token: Token| {
        token.is_word(shown, "ROW")
            && last[1].is_some_and(|one| one.is_word(shown, "EACH"))
            && last[0].is_some_and(|one| one.is_word(shown, "FOR"))
    };
    loop {
        let token = words.next()?;
        if at_row(last, token) {
            break;
        }
        last = [last[1], Some(token)];
    }
    let first = words.next()?;
    if first.is_word(shown, "PRECEDES") || first.is_word(shown, "FOLLOWS") {
        return shown.get(words.nth(1)?.start..);
    }
    shown.get(first.start..)
}

/// The body of an event.
pub(super) fn body_of_event(shown: &str) -> Option<&str> {
    let mut words = words(shown).skip_while(|token| !token.is_word(shown, "SCHEDULE"));
    words.find(|token| token.is_word(shown, "DO"))?;
    shown.get(words.next()?.start..)
}

/// A routine as its name, parameters and result, and its body. The server ends the line of the former, and sets in the
/// traits between them, each in a line.
pub(super) fn parts_of_routine(shown: &str) -> Option<(&str, &str)> {
    let mut all = Lexer::new(shown, 1, &MYSQL).map_while(Result::ok);
    let mut depth = 0_u32;
    loop {
        let token = all.next()?;
        if token.is_sign(shown, "(") {
            depth += 1;
        } else if token.is_sign(shown, ")") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                break;
            }
        }
    }
    let end = all.find_map(|token| {
        let line = token.text(shown).find('\n').filter(|_| token.kind == TokenKind::Space)?;
        Some(token.start + line + 1)
    });
    let (head, mut body) = shown.split_at_checked(end?)?;
    while let Some((line, behind)) = body.split_once('\n')
        && line.starts_with("    ")
    {
        body = behind;
    }
    (!body.is_empty()).then_some((head, body))
}

/// The text of a view, or the parameters of a routine, with the strings that SHOW CREATE has there; None where it has
/// other ones in number.
pub(super) fn with_strings_of(text: &str, shown: &str) -> Option<String> {
    let own: Vec<Token> = tokens(text, &MYSQL).ok()?.into_iter().filter(is_string).collect();
    let theirs: Vec<Token> = words(shown).filter(is_string).take(own.len()).collect();
    (own.len() == theirs.len()).then(|| spliced(text, &own, |at| theirs.get(at).map(|token| token.text(shown))))
}

fn is_string(token: &Token) -> bool {
    token.kind == TokenKind::String
}

/// The text with other strings at the places of these.
fn spliced<'t>(text: &'t str, strings: &[Token], other: impl Fn(usize) -> Option<&'t str>) -> String {
    let (mut told, mut done) = (String::with_capacity(text.len()), 0);
    for (at, token) in strings.iter().enumerate() {
        told.push_str(text.get(done..token.start).unwrap_or_default());
        told.push_str(other(at).unwrap_or_else(|| token.text(text)));
        done = token.end;
    }
    told.push_str(text.get(done..).unwrap_or_default());
    told
}

/// An expression of a table with the strings that it has in `part` of the text of SHOW CREATE TABLE, where it stands
/// behind `before`. None if it is not found there.
pub(super) fn expression(text: &str, (shown, part): (&str, &[Token]), before: &[&str]) -> Option<String> {
    let own: Vec<Token> = words(text).collect();
    let is_same =
        |one: &Token, other: &Token| one.kind == other.kind && (is_string(one) || one.text(shown) == other.text(text));
    let is_behind = |at: usize| {
        let start = at.checked_sub(before.len()).and_then(|start| part.get(start..at));
        start.is_some_and(|some| some.iter().zip(before).all(|(one, word)| one.text(shown) == *word))
    };
    let found = part.windows(own.len().max(1)).enumerate().find(|(at, some)| {
        is_behind(*at) && some.len() == own.len() && some.iter().zip(&own).all(|(one, other)| is_same(one, other))
    });
    let theirs: Vec<&Token> = found?.1.iter().filter(|token| is_string(token)).collect();
    let strings: Vec<Token> = own.into_iter().filter(is_string).collect();
    // Only the text itself outlives this.
    let all: Vec<String> = theirs.iter().map(|token| token.text(shown).to_owned()).collect();
    Some(spliced(text, &strings, |at| all.get(at).map(String::as_str)))
}

/// A literal of these bytes, given in hexadecimal digits, for a column of this type.
pub(super) fn literal(digits: &str, native: &str, is_mariadb: bool) -> Option<String> {
    let bytes = bytes(digits)?;
    let is_binary = matches!(Sort::of(native), Sort::Bytes { .. } | Sort::LongBytes(_));
    if is_binary && !is_mariadb {
        // As the catalog says it, but for what it cuts off.
        return Some(if digits.is_empty() { "''".to_owned() } else { format!("0x{digits}") });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(quote::literal(&text)),
        Err(_) => is_binary.then(|| format!("x'{digits}'")),
    }
}

/// The type `enum(…)` or `set(…)` with other words, of which each is given in hexadecimal digits behind a comma.
pub(super) fn with_words(native: &str, digits: &str) -> Option<String> {
    let strings: Vec<Token> = tokens(native, &MYSQL).ok()?.into_iter().filter(is_string).collect();
    let all: Option<Vec<String>> =
        digits.split(',').skip(1).map(|digits| String::from_utf8(bytes(digits)?).ok()).collect();
    let all: Vec<String> = all?.iter().map(|word| quote::literal(word)).collect();
    let doubtful = |at: usize| strings.get(at).is_some_and(|token| is_doubtful(token.text(native)));
    (all.len() == strings.len())
        .then(|| spliced(native, &strings, |at| all.get(at).filter(|_| doubtful(at)).map(String::as_str)))
}

/// How many words the type has; 0 for any other one than `enum` and `set`.
pub(super) fn words_of(native: &str) -> usize {
    if let Sort::Enum(words) | Sort::Set(words) = Sort::of(native) { words.len() } else { 0 }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| digits.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    (0..digits.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_found_behind_any_head() {
        let trigger = "CREATE DEFINER=`for each row`@`%` trigger `app`.`x` before insert on t for /* each */ each row\n begin set new.a = '\\\\'; end";
        assert_eq!(body_of_trigger(trigger), Some("begin set new.a = '\\\\'; end"));
        let ordered = "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW FOLLOWS `y` SET NEW.a = 'unclosed";
        assert_eq!(body_of_trigger(ordered), Some("SET NEW.a = 'unclosed"));
        let event = "CREATE DEFINER=`a`@`b` EVENT `DO` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE COMMENT 'DO it' DO do 'a\\\\'";
        assert_eq!(body_of_event(event), Some("do 'a\\\\'"));
        assert_eq!(body_of_event("CREATE EVENT x"), None);
    }

    #[test]
    fn a_routine_is_its_head_and_its_body() {
        let shown = "CREATE DEFINER=`a`@`b` FUNCTION `f(`(x enum('a)','b'), y decimal(5,2)) RETURNS varchar(50) CHARSET utf8mb4\n    \
            NO SQL\n    COMMENT 'it''s'\nbegin\n    return 'a\\\\';\nend";
        let (head, body) = parts_of_routine(shown).unwrap();
        assert!(head.ends_with("CHARSET utf8mb4\n"), "{head}");
        assert_eq!(body, "begin\n    return 'a\\\\';\nend");
        assert_eq!(parts_of_routine("CREATE PROCEDURE p("), None);
    }

    #[test]
    fn strings_are_taken_from_where_they_are_right() {
        let shown = "CREATE VIEW `v` AS select '😀' AS `x`,`t`.`?` AS `y` from `t` where 'a''b' <> '🎉'";
        let catalog = "select '????' AS `x`,`app`.`t`.`?` AS `y` from `app`.`t` where 'a''b' <> '????'";
        let told = "select '😀' AS `x`,`app`.`t`.`?` AS `y` from `app`.`t` where 'a''b' <> '🎉'";
        assert_eq!(with_strings_of(catalog, shown).as_deref(), Some(told));
        assert_eq!(with_strings_of("select '?', '?', '?', '?'", shown), None);
    }

    #[test]
    fn an_expression_is_found_where_it_stands() {
        let shown = "`g` varchar(9) GENERATED ALWAYS AS (concat(`a`,'😀')) STORED CHECK (concat(`a`,'🎉') <> 'é')";
        let part: Vec<Token> = words(shown).collect();
        let find = |text: &str, before: &[&str]| expression(text, (shown, &part), before);
        assert_eq!(find("concat(`a`,'????')", &["AS", "("]).as_deref(), Some("concat(`a`,'😀')"));
        assert_eq!(find("concat(`a`,'????') <> 'é'", &["CHECK", "("]).as_deref(), Some("concat(`a`,'🎉') <> 'é'"));
        assert_eq!(find("concat(`b`,'????')", &["AS", "("]), None);
        assert_eq!(find("", &["AS", "("]), None);
    }

    #[test]
    fn values_become_literals_and_words() {
        assert_eq!(literal("78F09F9880", "varchar(9)", true).as_deref(), Some("'x😀'"));
        assert_eq!(literal("00FF", "varbinary(9)", true).as_deref(), Some("x'00FF'"));
        assert_eq!(literal("00FF", "varchar(9)", true), None);
        assert_eq!(literal("003F", "binary(2)", true).as_deref(), Some("'\\0?'"));
        assert_eq!(literal("003F", "binary(2)", false).as_deref(), Some("0x003F"));
        assert_eq!(literal("", "varbinary(2)", false).as_deref(), Some("''"));
        let told = with_words("enum('?','a\\\\b','q?')", ",F09F9880,615C62,713F");
        assert_eq!(told.as_deref(), Some("enum('😀','a\\\\b','q?')"));
        assert_eq!(with_words("enum('?')", ",F09F9880,61"), None);
        assert_eq!((words_of("set('a','b')"), words_of("varchar(9)")), (2, 0));
    }
}
