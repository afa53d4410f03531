//! Expressions as the server prints them, in a form that reading and printing again does not change. Pure.

/// The words of an expression without what says nothing: parentheses around all of it, double ones, those of an AND inside
/// an AND and of an OR inside an OR; a cast of an array becomes one of its items.
pub(super) fn fixed(mut words: Vec<String>) -> Vec<String> {
    while let Some(better) = simpler(&words) {
        words = better;
    }
    words
}

fn simpler(words: &[String]) -> Option<Vec<String>> {
    let opens = words.iter().enumerate().filter(|(_, word)| *word == "(");
    opens.map(|(at, _)| at).find_map(|at| {
        let end = group_end(words, at)?;
        without_group(words, at, end).or_else(|| with_items_cast(words, at, end))
    })
}

/// Whether the parenthesis that opens at the start closes only at the end.
pub(super) fn closes_at_end(words: &[String]) -> bool {
    words.first().is_some_and(|word| word == "(") && group_end(words, 0) == words.len().checked_sub(1)
}

/// Where the bracket that opens at `at` closes.
fn group_end(words: &[String], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, word) in words.iter().enumerate().skip(at) {
        match word.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(place);
        }
    }
    None
}

/// The words without the parentheses at `at` and `end`, if nothing changes by that.
fn without_group(words: &[String], at: usize, end: usize) -> Option<Vec<String>> {
    let before = at.checked_sub(1).and_then(|place| words.get(place)).map(String::as_str);
    let behind = words.get(end + 1).map(String::as_str);
    let inner = words.get(at + 1..end)?;
    // Not `f((a, b))`, which has one argument.
    let is_double = before == Some("(") && behind == Some(")") && split_at_commas(inner).len() == 1;
    let is_whole = before.is_none() && behind.is_none();
    let stands_in = |word: &str| {
        let may = |neighbour: Option<&str>, bracket: &str| neighbour.is_none_or(|one| one == word || one == bracket);
        let chain = before == Some(word) || behind == Some(word);
        chain && may(before, "(") && may(behind, ")") && joins(inner) == Some(word)
    };
    if !(is_double || is_whole || stands_in("and") || stands_in("or")) {
        return None;
    }
    let (head, tail) = (words.get(..at)?, words.get(end + 1..)?);
    Some([head, inner, tail].concat())
}

/// The word that joins all parts at the top of a group: `and` or `or`; None = both, or neither.
fn joins(inner: &[String]) -> Option<&'static str> {
    let mut depth = 0_i32;
    let (mut and, mut or) = (false, false);
    for word in inner {
        match word.as_str() {
            "(" | "[" | "case" => depth += 1,
            ")" | "]" | "end" => depth -= 1,
            "between" if depth == 0 => return None,
            "and" if depth == 0 => and = true,
            "or" if depth == 0 => or = true,
            _ => {}
        }
    }
    match (and, or) {
        (true, false) => Some("and"),
        (false, true) => Some("or"),
        _ => None,
    }
}

/// `( array [ a , b ] ) :: text [ ]` → `array [ ( a ) :: text , ( b ) :: text ]`.
fn with_items_cast(words: &[String], at: usize, end: usize) -> Option<Vec<String>> {
    let inner = words.get(at + 1..end)?;
    let is_array = inner.first().is_some_and(|word| word == "array") && inner.get(1).is_some_and(|word| word == "[");
    if !is_array || group_end(inner, 1) != inner.len().checked_sub(1) {
        return None;
    }
    let cast = words.get(end + 1..)?;
    let item = cast.iter().position(|word| word == "[")?;
    let ends = cast.first().is_some_and(|word| word == "::") && cast.get(item + 1).is_some_and(|word| word == "]");
    let plain = |word: &String| word.chars().all(|one| one.is_alphanumeric() || one == '_');
    let item_cast = cast.get(..item).filter(|words| ends && words.iter().skip(1).all(plain))?;
    let mut made = words.get(..at)?.to_vec();
    made.extend(["array".to_owned(), "[".to_owned()]);
    for (place, part) in split_at_commas(inner.get(2..inner.len().saturating_sub(1))?).into_iter().enumerate() {
        if place > 0 {
            made.push(",".to_owned());
        }
        made.push("(".to_owned());
        made.extend_from_slice(part);
        made.push(")".to_owned());
        made.extend_from_slice(item_cast);
    }
    made.push("]".to_owned());
    made.extend_from_slice(cast.get(item + 2..)?);
    Some(made)
}

fn split_at_commas(words: &[String]) -> Vec<&[String]> {
    let mut depth = 0_i32;
    words
        .split(|word| {
            match word.as_str() {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            depth == 0 && word == ","
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fixed;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn same(one: &str, other: &str) -> bool {
        fixed(words(one)) == fixed(words(other))
    }

    #[test]
    fn what_the_server_prints_again_in_another_way_is_the_same() {
        let once = "( a :: text = any ( ( array [ 'x' :: varchar , 'y' :: varchar ] ) :: text [ ] ) )";
        assert!(same(once, "a :: text = any ( array [ ( 'x' :: varchar ) :: text , ( 'y' :: varchar ) :: text ] )"));
        assert!(same("( ( a > 1 ) and ( b > 2 ) ) and ( c > 3 )", "( a > 1 ) and ( b > 2 ) and ( c > 3 )"));
        assert!(same("( x or ( ( a ) or ( b ) ) )", "x or ( a ) or ( b )"));
    }

    #[test]
    fn what_means_something_else_is_not() {
        assert!(!same("( a or b ) and c", "a or b and c"));
        assert!(!same("not ( a and b ) and c", "not a and b and c"));
        assert!(!same("( array [ a ] ) :: text [ ]", "( array [ a ] ) :: int [ ]"));
        assert!(!same("a - ( b - c )", "a - b - c"));
        assert!(!same("f ( ( a , b ) )", "f ( a , b )"));
        assert!(!same("x between ( a and b ) and c", "x between a and b and c"));
    }
}
