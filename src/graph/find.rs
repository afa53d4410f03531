//! From a name to its revision: an exact id or label, else the beginning of exactly one id.

use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
#[cfg(test)]
use crate::graph::RevisionId;
use crate::graph::id::RESERVED;
use crate::graph::walk::Marks;

/// Only ids with more characters than this can be abbreviated.
const NEVER_CUT: usize = 3;

/// How many names a message proposes.
const PROPOSALS: usize = 3;

/// The limits of a lookup: the lineage of `branch`.
#[derive(Clone, Copy)]
pub(crate) struct Within<'l> {
    /// As the user wrote it.
    pub(crate) branch: &'l str,
    pub(crate) lineage: &'l Marks,
}

impl Graph {
    /// The revision that a name means: exact id, label, or the beginning of exactly one id of more than 3 characters.
    ///
    /// # Errors
    /// [`Kind::Usage`] with candidates in the phrase: unknown or ambiguous.
    #[cfg(test)]
    pub(crate) fn find(&self, name: &str) -> Result<&RevisionId> {
        let at = self.find_spot(name, None)?;
        self.id(at).ok_or_else(|| self.unknown_name(name))
    }

    /// All ids that begin with the text, the shortest first, then by id.
    #[cfg(test)]
    pub(crate) fn beginning_with(&self, text: &str) -> Vec<&RevisionId> {
        let mut found = self.ids(self.spots_beginning_with(text));
        found.sort_by_key(|id| (id.as_str().len(), *id));
        found
    }

    pub(crate) fn find_spot(&self, name: &str, within: Option<Within<'_>>) -> Result<usize> {
        let allowed = |at: &usize| within.is_none_or(|within| within.lineage.has(*at));
        if let Some(at) = self.spot(name).or_else(|| self.labels.get(name).copied()) {
            return if allowed(&at) { Ok(at) } else { Err(self.not_in_branch(name, at, within)) };
        }
        let found: Vec<usize> = self.spots_beginning_with(name).collect();
        let inside: Vec<usize> = found.iter().copied().filter(allowed).collect();
        match (inside.as_slice(), found.first()) {
            ([at], _) => Ok(*at),
            ([], Some(elsewhere)) => Err(self.not_in_branch(name, *elsewhere, within)),
            ([], None) => Err(self.unknown_name(name)),
            (several, _) => Err(self.ambiguous(name, several)),
        }
    }

    /// Names the candidates, the nearest first: all begin with the name, so the shortest is nearest.
    fn ambiguous(&self, name: &str, candidates: &[usize]) -> Error {
        let length = |at: usize| self.id(at).map_or(0, |id| id.as_str().len());
        let mut by_length: Vec<(usize, usize)> = candidates.iter().map(|at| (length(*at), *at)).collect();
        by_length.sort_unstable();
        let candidates: Vec<usize> = by_length.into_iter().map(|(_, at)| at).collect();
        let candidates = self.named(&candidates);
        Error::new(Kind::Usage, format!("`{name}` is the beginning of several revisions: {candidates}"))
            .with_hint("write more characters of the id")
    }

    /// Every id and label, for proposals.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.id.as_str()).chain(self.labels.keys().map(String::as_str))
    }

    fn spots_beginning_with(&self, text: &str) -> impl Iterator<Item = usize> {
        let first =
            if text.is_empty() { self.len() } else { self.nodes.partition_point(|node| node.id.as_str() < text) };
        let all = self.nodes.iter().enumerate().skip(first);
        all.take_while(move |(_, node)| node.id.as_str().starts_with(text))
            .filter(|(_, node)| node.id.as_str().len() > NEVER_CUT)
            .map(|(at, _)| at)
    }

    fn unknown_name(&self, name: &str) -> Error {
        if let Some(error) = self.too_short(name) {
            return error;
        }
        let near = nearest(name, self.names().chain(RESERVED));
        let proposal = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
        let error = Error::new(Kind::Usage, format!("no revision or label is named `{name}`{proposal}"));
        if self.is_empty() {
            return error.with_hint("write the first revision with `migrate revision`: the project has none");
        }
        error.with_hint("see `migrate history` for every revision and label")
    }

    /// Ids that begin with the name, and are too short to be abbreviated.
    fn too_short(&self, name: &str) -> Option<Error> {
        let ids = self.nodes.iter().map(|node| node.id.as_str()).filter(|id| !name.is_empty() && id.starts_with(name));
        let ids: Vec<&str> = ids.take(PROPOSALS).collect();
        let phrase = format!("no revision or label is named `{name}`; did you mean {}?", ids.join(", "));
        let hint = format!("write the id whole: one of up to {NEVER_CUT} characters has no beginning");
        (!ids.is_empty()).then(|| Error::new(Kind::Usage, phrase).with_hint(hint))
    }

    fn not_in_branch(&self, name: &str, at: usize, within: Option<Within<'_>>) -> Error {
        let branch = within.map_or("", |within| within.branch);
        let id = self.named(&[at]);
        let whole = if id == name { String::new() } else { format!(" ({id})") };
        Error::new(Kind::Usage, format!("`{name}`{whole} is not in the branch of `{branch}`"))
            .with_hint(format!("write `{name}` alone, or name a revision that `{branch}` comes from or leads to"))
    }
}

/// The few names that are nearest to a mistyped one, nearest first, ties by name. A long name is near too if its
/// beginning is, for ids are often abbreviated.
pub(crate) fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let folded: Vec<char> = typed.to_ascii_lowercase().chars().collect();
    let limit = (folded.len() / 3).max(1);
    if folded.is_empty() {
        return Vec::new();
    }
    let mut near: Vec<(usize, &str)> = names
        .map(|name| {
            let whole: Vec<char> = name.to_ascii_lowercase().chars().collect();
            let start = whole.get(..folded.len()).filter(|_| folded.len() > NEVER_CUT);
            let distance = edit_distance(&folded, &whole);
            (start.map_or(distance, |start| distance.min(edit_distance(&folded, start))), name)
        })
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.truncate(PROPOSALS);
    near.into_iter().map(|(_, name)| name).collect()
}

/// The number of characters to insert, delete, replace, or swap with their neighbour (Levenshtein with transpositions
/// of neighbours), three rows at a time.
fn edit_distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    let mut last_from = None;
    for (row, one) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        let mut last_to = None;
        for (column, other) in to.iter().enumerate() {
            let cell = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX - 1);
            let replaced = cell(&above, column) + usize::from(one != other);
            let mut best = replaced.min(cell(&above, column + 1) + 1).min(cell(&line, column) + 1);
            if last_to == Some(one) && last_from == Some(other) {
                best = best.min(cell(&before, column.wrapping_sub(1)) + 1);
            }
            line.push(best);
            last_to = Some(other);
        }
        before = std::mem::replace(&mut above, line);
        last_from = Some(one);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::error::Kind;
    use crate::graph::find::{edit_distance, nearest};
    use crate::graph::notation::graph;

    fn distance(one: &str, other: &str) -> usize {
        edit_distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>())
    }

    #[test]
    fn edits_are_counted() {
        for (one, other, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abd", 1),
            ("abcd", "abdc", 1),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("head", "haed", 1),
        ] {
            assert_eq!(distance(one, other), count, "{one} {other}");
        }
    }

    #[test]
    fn a_name_is_an_exact_id_then_a_label_then_the_beginning_of_one_id() {
        let graph = graph("abcd abcde:abcd#users c00ffee:abcde xyz:c00ffee 1975ea83b712:xyz");
        for (name, id) in [
            ("abcd", "abcd"),
            ("abcde", "abcde"),
            ("users", "abcde"),
            ("c00", "c00ffee"),
            ("c", "c00ffee"),
            ("1", "1975ea83b712"),
            ("xyz", "xyz"),
        ] {
            assert_eq!(graph.find(name).unwrap().as_str(), id, "{name}");
        }
        for name in ["xy", "C00", "zzz", "", "user", "ab-1", "."] {
            assert_eq!(graph.find(name).unwrap_err().kind(), Kind::Usage, "{name}");
        }
    }

    #[test]
    fn the_beginning_of_a_short_id_is_told_from_a_name_that_is_nowhere() {
        let error = graph("a10 a20:a10 bcde:a20").find("a").unwrap_err();
        assert_eq!(error.phrase(), "no revision or label is named `a`; did you mean a10, a20?");
        assert!(error.hint().unwrap().contains("write the id whole"));
    }

    #[test]
    fn an_ambiguous_beginning_names_the_candidates() {
        let graph = graph("abcd1 abcd2:abcd1 abxy9:abcd2");
        let error = graph.find("ab").unwrap_err();
        assert_eq!(error.phrase(), "`ab` is the beginning of several revisions: abcd1, abcd2 and abxy9");
        assert_eq!(
            graph.find("abc").unwrap_err().phrase(),
            "`abc` is the beginning of several revisions: abcd1 and abcd2"
        );
        assert_eq!(graph.beginning_with("abcd").iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["abcd1", "abcd2"]);
        assert!(graph.beginning_with("").is_empty());
    }

    #[test]
    fn an_unknown_name_proposes_the_nearest_first() {
        let graph = graph("ae1027a6acf3 1975ea83b712#orders:ae1027a6acf3");
        for (name, proposal) in [
            ("ae1072", "ae1027a6acf3"),
            ("AE1027A6ACF3", "ae1027a6acf3"),
            ("order", "orders"),
            ("haed", "head"),
            ("1975ea83b721", "1975ea83b712"),
        ] {
            let error = graph.find(name).unwrap_err();
            assert!(error.phrase().contains(&format!("did you mean {proposal}")), "{error}");
        }
        assert_eq!(graph.find("zzzz").unwrap_err().phrase(), "no revision or label is named `zzzz`");
        assert_eq!(
            nearest("users", ["usres", "user", "users2", "zzzzz", "userss"].into_iter()),
            ["users2", "userss", "user"]
        );
        assert_eq!(nearest("abcdef", ["abcd", "abcde"].into_iter()), ["abcde", "abcd"]);
    }
}
