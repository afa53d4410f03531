//! Targets: the words that name a place in the graph, read as a whole.
//!
//! ```text
//! range   = [target] ":" [target]
//! target  = [branch "@"] ( place [steps] | steps )
//! place   = "head" | "heads" | "base" | "current" | id | beginning of an id | label
//! branch  = id | beginning of an id | label
//! steps   = ("+" | "-") digits, not 0
//! ```

use crate::error::{Error, Kind, Result};
use crate::graph::id::RESERVED;
use std::fmt;

/// A word such as `head`, `ae10`, `users@head`, `+2` or `ae10-1`. Whether it names anything is the graph's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// X of `X@…`: only the lineage of this revision counts.
    pub(crate) branch: Option<String>,
    pub(crate) place: Place,
    /// Steps up (positive) or down from the place; 0 = none are written.
    pub(crate) steps: i64,
}

/// Where the steps of a target begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Base,
    Head,
    Heads,
    /// Where the database stands: `current`, and what `+N` and `-N` count from.
    Current,
    /// An id, the beginning of one, or a label.
    Named(String),
}

/// `a:b`; an end that is not written is the base on the left and all heads on the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: Option<Target>,
    pub(crate) to: Option<Target>,
}

impl Target {
    /// Reads the whole word.
    ///
    /// # Errors
    /// [`Kind::Usage`] if any part of it does not belong there.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text.contains(':') {
            return Err(malformed(text, "it is a range, where one revision is asked for"));
        }
        let (branch, rest) = match text.split_once('@') {
            Some((branch, rest)) => (Some(branch), rest),
            None => (None, text),
        };
        if let Some(branch) = branch {
            check_branch(text, branch)?;
        }
        let (word, steps) = sign_of_steps(rest).and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
        let steps = parse_steps(text, steps)?;
        let place = match word {
            "" if steps != 0 => Place::Current,
            "" => return Err(malformed(text, "a revision is missing")),
            "base" => Place::Base,
            "head" => Place::Head,
            "heads" => Place::Heads,
            "current" => Place::Current,
            _ if word.contains('@') => return Err(malformed(text, "it has two `@`")),
            _ => Place::Named(word.to_owned()),
        };
        Ok(Self { branch: branch.map(str::to_owned), place, steps })
    }

    /// True for `current`, `+N`, `-N` and their forms of a branch: what they name depends on the database.
    pub(crate) fn counts_from_database(&self) -> bool {
        self.place == Place::Current
    }
}

impl Range {
    /// Reads the range of a script up: a target alone is the end of one that begins at the base.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Range::parse`], and for a target alone that counts from where a database stands.
    pub(crate) fn upward(text: &str) -> Result<Self> {
        if text.contains(':') {
            return Self::parse(text);
        }
        let to = Target::parse(text)?;
        if to.counts_from_database() {
            let phrase = format!("`{text}` counts from where the database stands, and a script asks none");
            return Err(Error::new(Kind::Usage, phrase).with_hint("write FROM:TO, such as base:+1, or name a revision"));
        }
        Ok(Self { from: None, to: Some(to) })
    }

    /// Reads the range of a script down, which has both ends.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Range::parse`].
    pub(crate) fn downward(text: &str) -> Result<Self> {
        if text.contains(':') {
            return Self::parse(text);
        }
        let hint = format!("an offline downgrade needs both ends: write FROM:TO, such as head:{text}");
        Err(Error::new(Kind::Usage, format!("`{text}` is not a range")).with_hint(hint))
    }

    /// Reads `a:b`, `a:`, `:b` or `:`.
    ///
    /// # Errors
    /// [`Kind::Usage`] if there is not exactly one colon, or an end cannot be read.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let ends: Vec<&str> = text.split(':').collect();
        let [from, to] = ends.as_slice() else {
            return Err(Error::new(Kind::Usage, format!("`{text}` is not a range"))
                .with_hint("write FROM:TO, FROM: or :TO, such as base:head"));
        };
        let end = |word: &str| if word.is_empty() { Ok(None) } else { Target::parse(word).map(Some) };
        Ok(Self { from: end(from)?, to: end(to)? })
    }
}

fn check_branch(text: &str, branch: &str) -> Result<()> {
    if branch.is_empty() {
        return Err(malformed(text, "the branch before the `@` is missing"));
    }
    if RESERVED.contains(&branch) || sign_of_steps(branch).is_some() {
        return Err(malformed(text, "before the `@` stands a label or a revision"));
    }
    Ok(())
}

/// Where steps begin in a word: at its first `+`, or at its first `-` that no letter follows. Else a `-` is part of a label,
/// such as `users-samples`.
pub(crate) fn sign_of_steps(word: &str) -> Option<usize> {
    let follows = |at: usize| word.get(at + 1..).and_then(|rest| rest.chars().next());
    let joins = |at: usize| {
        at > 0 && follows(at).is_some_and(|next| !next.is_ascii() || next.is_ascii_alphabetic() || next == '_')
    };
    word.char_indices().find(|(at, sign)| *sign == '+' || (*sign == '-' && !joins(*at))).map(|(at, _)| at)
}

/// `+2` → 2, `-2` → -2, nothing → 0.
fn parse_steps(text: &str, steps: &str) -> Result<i64> {
    if steps.is_empty() {
        return Ok(0);
    }
    let (sign, digits) = match (steps.strip_prefix('+'), steps.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (None, digits) => (-1, digits.unwrap_or_default()),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed(text, "a number, and nothing else, follows the sign"));
    }
    match digits.parse::<u32>() {
        Ok(0) => Err(malformed(text, "steps are counted from 1")),
        Ok(count) => Ok(sign * i64::from(count)),
        Err(_) => Err(malformed(text, "the number is too large")),
    }
}

fn malformed(text: &str, why: &str) -> Error {
    Error::new(Kind::Usage, format!("`{text}` cannot be read as a target: {why}")).with_hint(if text.contains("://") {
        "a database is named with --url"
    } else {
        "write an id, a label, head, heads, base, users@head, +1, -1 or ID+1"
    })
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(branch) = &self.branch {
            write!(f, "{branch}@")?;
        }
        match &self.place {
            Place::Base => f.write_str("base")?,
            Place::Head => f.write_str("head")?,
            Place::Heads => f.write_str("heads")?,
            Place::Current if self.steps != 0 => {}
            Place::Current => f.write_str("current")?,
            Place::Named(name) => f.write_str(name)?,
        }
        if self.steps == 0 { Ok(()) } else { write!(f, "{:+}", self.steps) }
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Kind;
    use crate::graph::target::Place;
    use crate::graph::{Range, Target};

    fn named(name: &str) -> Place {
        Place::Named(name.to_owned())
    }

    #[test]
    fn every_form_is_read_and_written_back() {
        let table = [
            ("head", None, Place::Head, 0),
            ("heads", None, Place::Heads, 0),
            ("base", None, Place::Base, 0),
            ("current", None, Place::Current, 0),
            ("ae102", None, named("ae102"), 0),
            ("v1.0", None, named("v1.0"), 0),
            ("v1.0+1", None, named("v1.0"), 1),
            ("Head", None, named("Head"), 0),
            ("+2", None, Place::Current, 2),
            ("-1", None, Place::Current, -1),
            ("ae102+1", None, named("ae102"), 1),
            ("ae102-12", None, named("ae102"), -12),
            ("1975-1", None, named("1975"), -1),
            ("head-5", None, Place::Head, -5),
            ("base+3", None, Place::Base, 3),
            ("users@head", Some("users"), Place::Head, 0),
            ("users@heads", Some("users"), Place::Heads, 0),
            ("users@base", Some("users"), Place::Base, 0),
            ("users@ae1", Some("users"), named("ae1"), 0),
            ("users@+1", Some("users"), Place::Current, 1),
            ("users@-2", Some("users"), Place::Current, -2),
            ("users@ae1+2", Some("users"), named("ae1"), 2),
            ("c@b-1", Some("c"), named("b"), -1),
            ("my-users", None, named("my-users"), 0),
            ("my-users-1", None, named("my-users"), -1),
            ("my-users@head", Some("my-users"), Place::Head, 0),
            ("my-users@my-users+1", Some("my-users"), named("my-users"), 1),
        ];
        for (text, branch, place, steps) in table {
            let target = Target::parse(text).unwrap();
            assert_eq!(target, Target { branch: branch.map(str::to_owned), place, steps }, "{text}");
            assert_eq!(target.to_string(), text);
        }
        assert_eq!(Target::parse("current-1").unwrap(), Target::parse("-1").unwrap());
    }

    #[test]
    fn what_is_only_half_a_target_is_refused() {
        for text in [
            "",
            "+",
            "-",
            "+0",
            "-0",
            "+1x",
            "a+1junk",
            "a+",
            "a-",
            "+1+1",
            "a+1-1",
            "--1",
            "+-1",
            "@head",
            "a@",
            "@",
            "a@@b",
            "a@b@c",
            "a@b@",
            "head@a",
            "base@+1",
            "current@head",
            "a+1@head",
            "a:b",
            ":",
            "+99999999999999999999",
            "a+4294967296",
            "+١",
            "+ 1",
        ] {
            let error = Target::parse(text).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{text}");
            assert!(error.phrase().contains(&format!("`{text}`")) && error.hint().is_some(), "{error:?}");
        }
    }

    #[test]
    fn ranges() {
        let target = |text| Some(Target::parse(text).unwrap());
        for (text, from, to) in [
            ("a:b", target("a"), target("b")),
            ("a:", target("a"), None),
            (":b", None, target("b")),
            (":", None, None),
            ("-2:current", target("-2"), target("current")),
            ("a:+2", target("a"), target("+2")),
            ("x@base:x@head", target("x@base"), target("x@head")),
        ] {
            assert_eq!(Range::parse(text).unwrap(), Range { from, to }, "{text}");
        }
        for text in ["a", "", "a:b:c", "a::", "a:+0", "@:b", "a:+1x"] {
            assert_eq!(Range::parse(text).unwrap_err().kind(), Kind::Usage, "{text}");
        }
    }
}
