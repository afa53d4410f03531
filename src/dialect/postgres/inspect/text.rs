//! Small texts of the catalog: arrays, vectors, lists of expressions. Pure.

use crate::dialect::postgres::SYNTAX;
use crate::statement::token::tokens;

/// An object's number in the catalog.
pub(super) type Oid = u32;

/// Where something stands: the number of its catalog, and its own.
pub(super) type Address = (Oid, Oid);

/// `{1,2}` of an array and `1 2` of a vector; nothing for NULL.
pub(super) fn numbers(text: Option<&str>) -> Vec<i64> {
    let inner = text.unwrap_or_default().trim_matches(['{', '}']);
    inner.split([',', ' ']).filter_map(|number| number.parse().ok()).collect()
}

/// An object's number; 0 for NULL, as the catalog has it.
pub(super) fn oid(text: Option<&str>) -> Oid {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A truth value of the simple protocol; NULL is false.
pub(super) fn truth(text: Option<&str>) -> bool {
    text == Some("t")
}

/// `key=value` lines, as `array_to_string(reloptions, E'\n')` gives them.
pub(super) fn parameters(text: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    text.unwrap_or_default().lines().filter_map(|line| line.split_once('='))
}

/// `a, f(b, c)` → its two expressions. A text that cannot be read stays one.
pub(super) fn split_expressions(text: &str) -> Vec<&str> {
    let Ok(all) = tokens(text, &SYNTAX) else { return vec![text] };
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for token in &all {
        match token.text(text) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => {
                parts.push(text.get(start..token.start).unwrap_or_default().trim());
                start = token.end;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_vectors_are_read() {
        assert_eq!(numbers(Some("{1,2}")), [1, 2]);
        assert_eq!(numbers(Some("1 0 -3")), [1, 0, -3]);
        assert_eq!(numbers(Some("{}")), Vec::<i64>::new());
        assert_eq!(numbers(None), Vec::<i64>::new());
    }

    #[test]
    fn expressions_are_split_at_their_own_commas() {
        assert_eq!(
            split_expressions("lower(a), ((b || ','::text)), ARRAY[c, d]"),
            ["lower(a)", "((b || ','::text))", "ARRAY[c, d]"]
        );
        assert_eq!(split_expressions("COALESCE(a, b)"), ["COALESCE(a, b)"]);
    }

    #[test]
    fn parameters_are_lines() {
        let all: Vec<_> = parameters(Some("fillfactor=70\nautovacuum_enabled=false")).collect();
        assert_eq!(all, [("fillfactor", "70"), ("autovacuum_enabled", "false")]);
    }
}
