//! Text search dictionaries: columns may stand on them by way of a configuration, so their options change in place. Pure.

use super::parts::words;
use crate::statement::token::Token;

/// The statement that makes one of the other; None where more than options differs.
pub(super) fn alter(former: &str, wanted: &str) -> Option<Vec<String>> {
    let ((head, from), (wanted_head, to)) = (parts(former)?, parts(wanted)?);
    let same_template = !from.is_empty() && from.first() == to.first();
    if head != wanted_head || !same_template {
        return None;
    }
    let said = to.iter().filter(|option| !from.contains(option)).map(|(_, text)| (*text).to_owned());
    let gone = from.iter().filter(|(name, _)| !to.iter().any(|(other, _)| other == name));
    let changes: Vec<String> = said.chain(gone.map(|(name, _)| (*name).to_owned())).collect();
    Some(vec![format!("ALTER {} ({})", head.strip_prefix("CREATE ")?, changes.join(", "))])
}

/// What stands before the bracket, and the name and text of each part inside; the template is the first.
fn parts(sql: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let all = words(sql);
    let open = all.iter().position(|token| token.is_sign(sql, "("))?;
    let inside = all.get(open + 1..all.len().checked_sub(1)?)?;
    let part = |tokens: &[Token]| {
        let (first, last) = (tokens.first()?, tokens.last()?);
        Some((first.text(sql), sql.get(first.start..last.end)?))
    };
    let options = inside.split(|token| token.is_sign(sql, ",")).map(part).collect::<Option<Vec<_>>>()?;
    Some((sql.get(..all.get(open)?.start)?.trim_end(), options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_set_and_taken_away() {
        let from =
            "CREATE TEXT SEARCH DICTIONARY \"d\" (TEMPLATE = snowball, language = 'english', stopwords = 'english')";
        let to = "CREATE TEXT SEARCH DICTIONARY \"d\" (TEMPLATE = snowball, language = 'german')";
        assert_eq!(alter(from, to).unwrap(), ["ALTER TEXT SEARCH DICTIONARY \"d\" (language = 'german', stopwords)"]);
        assert_eq!(alter(from, "CREATE TEXT SEARCH DICTIONARY \"d\" (TEMPLATE = simple)"), None);
    }
}
