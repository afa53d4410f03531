//! `${VAR}`, `${VAR:-default}` and `$$` in the values of `migrate.yaml`. Pure: variables are passed in.

use crate::config::Environment;

/// How deep defaults may stand in defaults.
const DEEPEST: usize = 10;

/// Why a text cannot be expanded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) phrase: String,
    /// The next step.
    pub(super) hint: &'static str,
}

impl Refusal {
    fn malformed(phrase: impl Into<String>) -> Self {
        Self { phrase: phrase.into(), hint: "write $$ for a dollar sign" }
    }
}

/// The text with its variables put in. Values of variables are taken as they are; a default is expanded itself. Any
/// other `$` is left alone.
///
/// # Errors
/// A phrase that names the variable: it is not set, its name is wrong, or the brace is not closed. It never holds the
/// value of a variable.
pub(super) fn expand(text: &str, environment: &Environment) -> Result<String, Refusal> {
    expand_within(text, environment, 0)
}

fn expand_within(text: &str, environment: &Environment, depth: usize) -> Result<String, Refusal> {
    if depth > DEEPEST {
        return Err(Refusal::malformed(format!("`${{…}}` is nested more than {DEEPEST} deep")));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (inner, after) = closed(after).ok_or_else(|| Refusal::malformed("`${` is not closed with `}`"))?;
            out.push_str(&reference(inner, environment, depth)?);
            rest = after;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands before the brace that closes, and what after it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (index, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..index)?, text.get(index + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The value of `VAR` or `VAR:-default`; the default counts for an empty variable too.
fn reference(inner: &str, environment: &Environment, depth: usize) -> Result<String, Refusal> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    if !is_name(name) {
        return Err(Refusal::malformed("`${…}` takes the name of a variable: `${NAME}` or `${NAME:-default}`"));
    }
    match (environment.get(name), default) {
        (Some("") | None, Some(default)) => expand_within(default, environment, depth + 1),
        (Some(value), _) => Ok(value.to_owned()),
        (None, None) => Err(Refusal {
            phrase: format!("the environment variable `{name}` is not set"),
            hint: "set it, or write a default: ${NAME:-default}",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_dollars() {
        let environment = Environment::from([("A", "1"), ("EMPTY", ""), ("D", "${A}$$"), ("_x9", "y")]);
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("${A}", "1"),
            ("x${A}y${A}", "x1y1"),
            ("${EMPTY}", ""),
            ("${EMPTY:-d}", "d"),
            ("${NONE:-d}", "d"),
            ("${NONE:-}", ""),
            ("${A:-d}", "1"),
            ("${NONE:-${A}}", "1"),
            ("${NONE:-{a}}", "{a}"),
            ("${NONE:-$$}", "$"),
            ("${D}", "${A}$$"),
            ("${_x9}", "y"),
            ("$$", "$"),
            ("$${A}", "${A}"),
            ("$A $ é$", "$A $ é$"),
            ("${DATABASE_URL:-sqlite://app.db}", "sqlite://app.db"),
        ] {
            assert_eq!(expand(text, &environment).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        let environment = Environment::from([("A", "1")]);
        for (text, expected) in [
            ("${NONE}", "the environment variable `NONE` is not set"),
            ("${A:-${NONE}}", "1"),
            ("${B:-${NONE}}", "the environment variable `NONE` is not set"),
            ("${A", "`${` is not closed with `}`"),
            ("${}", "`${…}` takes the name of a variable: `${NAME}` or `${NAME:-default}`"),
            ("${A:?no}", "`${…}` takes the name of a variable: `${NAME}` or `${NAME:-default}`"),
            (&"${B:-".repeat(20_000), "`${` is not closed with `}`"),
            (&format!("{}{}", "${B:-".repeat(12), "}".repeat(12)), "`${…}` is nested more than 10 deep"),
            ("${9A}", "`${…}` takes the name of a variable: `${NAME}` or `${NAME:-default}`"),
        ] {
            assert_eq!(expand(text, &environment).unwrap_or_else(|refusal| refusal.phrase), expected, "{text}");
        }
    }
}
