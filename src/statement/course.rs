//! How a server is to change a table: what an ALTER is expected to cost, and the words by which the server refuses where
//! it would cost more. Plain values, no I/O.
//!
//! The words are no part of a statement's text: revision files, journals and comparisons hold the same SQL for every
//! server, and the words are added where it is sent, from what that server says about the table.

use std::collections::BTreeMap;

use crate::schema::Name;

/// The ways of MariaDB and MySQL, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    /// Only what is known about the table changes.
    Instant,
    /// The table is not written anew; an index may be built.
    NoCopy,
    /// Inside the engine; the table may be written anew while others go on writing.
    Inplace,
    /// The table is copied row by row, and nobody writes to it meanwhile.
    Copy,
}

impl Algorithm {
    /// The word in SQL.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Instant => "INSTANT",
            Self::NoCopy => "NOCOPY",
            Self::Inplace => "INPLACE",
            Self::Copy => "COPY",
        }
    }
}

/// What others may still do while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sharing {
    /// Read and write.
    ReadAndWrite,
    /// Read.
    Read,
}

impl Sharing {
    /// The word in SQL, which names the lock.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::ReadAndWrite => "NONE",
            Self::Read => "SHARED",
        }
    }
}

/// What is planned for one ALTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// In this way; `algorithm` is `None` where naming it would be wrong on some table.
    Way { algorithm: Option<Algorithm>, sharing: Option<Sharing> },
    /// Nobody knows beforehand: no words. Whether it may come to a copy.
    Unknown { may_copy: bool },
}

impl Plan {
    pub(crate) const fn way(algorithm: Algorithm, sharing: Sharing) -> Self {
        Self::Way { algorithm: Some(algorithm), sharing: Some(sharing) }
    }

    /// The plan of a statement that does both.
    pub(crate) fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (
                Self::Way { algorithm: Some(one), sharing: Some(s) },
                Self::Way { algorithm: Some(two), sharing: Some(t) },
            ) => Self::way(one.max(two), s.max(t)),
            (Self::Unknown { may_copy: one }, Self::Unknown { may_copy: two }) => {
                Self::Unknown { may_copy: one || two }
            }
            (one, other) => Self::Unknown { may_copy: one.may_copy() || other.may_copy() },
        }
    }

    fn may_copy(self) -> bool {
        match self {
            Self::Way { algorithm, .. } => algorithm == Some(Algorithm::Copy),
            Self::Unknown { may_copy } => may_copy,
        }
    }
}

/// How one ALTER is to change its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    pub(crate) table: Name,
    pub(crate) plan: Plan,
    /// The plan holds for most tables only: one that has, or had, a full-text index is written anew instead.
    pub(crate) delicate: bool,
    /// The statement before it in the same list made the table one of those.
    pub(crate) spoiled: bool,
}

/// What is known about a table before it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableFacts {
    /// Of its rows and indexes, as the server estimates them.
    pub(crate) bytes: u64,
    /// It lies in the usual engine.
    pub(crate) usual_engine: bool,
    /// It has nothing by which changes cost more than usual.
    pub(crate) plain: bool,
}

/// The facts of several tables.
pub(crate) type Facts = BTreeMap<Name, TableFacts>;

impl Course {
    /// The words at the end of the statement, empty where nothing is sure.
    pub(crate) fn words(&self, facts: Option<&TableFacts>) -> String {
        let Plan::Way { algorithm, sharing } = self.plan else { return String::new() };
        let copies = algorithm == Some(Algorithm::Copy);
        if !copies && (self.spoiled || facts.is_none_or(|facts| !facts.plain)) {
            return String::new();
        }
        said(algorithm, sharing)
    }

    /// The words in a script, which may meet a table whose past nobody knows: it must refuse a copy, and no more.
    pub(crate) fn words_for_script(&self, facts: Option<&TableFacts>) -> String {
        match self.plan {
            Plan::Way { algorithm: None, .. } | Plan::Way { sharing: None, .. } if self.delicate => String::new(),
            Plan::Way { algorithm: Some(algorithm), .. } if self.delicate && algorithm < Algorithm::Copy => {
                if self.words(facts).is_empty() { String::new() } else { said(Some(Algorithm::Inplace), None) }
            }
            Plan::Way { .. } | Plan::Unknown { .. } => self.words(facts),
        }
    }

    /// Whether the server may copy the table, as far as can be known before.
    pub(crate) fn may_copy(&self, facts: Option<&TableFacts>) -> bool {
        let unusual = facts.is_some_and(|facts| !facts.usual_engine);
        let delicate = self.delicate && (self.spoiled || facts.is_some_and(|facts| !facts.plain));
        self.plan.may_copy() || unusual || delicate
    }
}

fn said(algorithm: Option<Algorithm>, sharing: Option<Sharing>) -> String {
    let algorithm = algorithm.map(|algorithm| format!("ALGORITHM={}", algorithm.word()));
    let lock = sharing.map(|sharing| format!("LOCK={}", sharing.word()));
    algorithm.into_iter().chain(lock).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: TableFacts = TableFacts { bytes: 1, usual_engine: true, plain: true };
    const INSTANT: Plan = Plan::way(Algorithm::Instant, Sharing::ReadAndWrite);
    const COPY: Plan = Plan::way(Algorithm::Copy, Sharing::Read);

    fn course(plan: Plan) -> Course {
        Course { table: Name::own("t"), plan, delicate: false, spoiled: false }
    }

    #[test]
    fn words_are_said_where_the_table_is_known() {
        let facts = TableFacts { plain: false, ..PLAIN };
        assert_eq!(course(INSTANT).words(Some(&PLAIN)), "ALGORITHM=INSTANT, LOCK=NONE");
        assert_eq!(course(INSTANT).words(Some(&facts)), "");
        assert_eq!(course(INSTANT).words(None), "");
        assert_eq!(Course { spoiled: true, ..course(INSTANT) }.words(Some(&PLAIN)), "");
        assert_eq!(course(COPY).words(None), "ALGORITHM=COPY, LOCK=SHARED");
        assert_eq!(course(Plan::Unknown { may_copy: true }).words(Some(&PLAIN)), "");
        let unnamed = Plan::Way { algorithm: None, sharing: Some(Sharing::ReadAndWrite) };
        assert_eq!(course(unnamed).words(Some(&PLAIN)), "LOCK=NONE");
    }

    #[test]
    fn a_script_says_less_where_the_past_counts() {
        let delicate = Course { delicate: true, ..course(INSTANT) };
        assert_eq!(delicate.words_for_script(Some(&PLAIN)), "ALGORITHM=INPLACE");
        assert_eq!(delicate.words_for_script(None), "");
        assert_eq!(course(INSTANT).words_for_script(Some(&PLAIN)), "ALGORITHM=INSTANT, LOCK=NONE");
    }

    #[test]
    fn the_dearest_part_decides() {
        let no_copy = Plan::way(Algorithm::NoCopy, Sharing::ReadAndWrite);
        assert_eq!(INSTANT.with(no_copy), no_copy);
        assert_eq!(no_copy.with(COPY), COPY);
        let unknown = Plan::Unknown { may_copy: false };
        assert_eq!(unknown.with(COPY), Plan::Unknown { may_copy: true });
        assert_eq!(unknown.with(INSTANT), Plan::Unknown { may_copy: false });
    }

    #[test]
    fn what_may_be_copied() {
        let unusual = TableFacts { usual_engine: false, plain: false, ..PLAIN };
        let odd = TableFacts { plain: false, ..PLAIN };
        assert!(course(COPY).may_copy(None) && course(INSTANT).may_copy(Some(&unusual)));
        assert!(!course(INSTANT).may_copy(Some(&odd)) && !course(INSTANT).may_copy(Some(&PLAIN)));
        assert!(Course { delicate: true, ..course(INSTANT) }.may_copy(Some(&odd)));
    }
}
