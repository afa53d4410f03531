//! What a statement may do to the session in which the next ones run. No I/O.

/// How much of a session a statement may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Nothing that lasts.
    #[default]
    Nothing,
    /// It is made for something else; what it calls or fires may change settings, and what it makes may be temporary.
    Hidden,
    /// It is made for that, or nobody knows what it does: `SET`, `USE`, `PRAGMA`, `CALL`, `DO`.
    Open,
}

/// What a statement may do to the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionChange {
    pub(crate) reach: Reach,
    /// What stays and is found again only by its name, as it is written in SQL.
    pub(crate) named: Vec<String>,
}

impl SessionChange {
    /// A change of which no name is known.
    pub(crate) fn of(reach: Reach) -> Self {
        Self { reach, named: Vec::new() }
    }
}

impl FromIterator<Self> for SessionChange {
    /// What several statements do, one after the other.
    fn from_iter<I: IntoIterator<Item = Self>>(all: I) -> Self {
        let mut sum = Self::default();
        for one in all {
            sum.reach = sum.reach.max(one.reach);
            for name in one.named {
                if !sum.named.contains(&name) {
                    sum.named.push(name);
                }
            }
        }
        sum
    }
}

/// Whether a text has this somewhere, in any case.
pub(crate) fn has_anywhere(sql: &str, word: &str) -> bool {
    sql.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
