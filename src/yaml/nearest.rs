//! What somebody may have meant.

/// The candidate that is fewest typing mistakes away from `word`, if that is near enough: at most a third of the
/// word's letters, and at least one. Of equally near ones the first. Case does not count.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.to_lowercase().chars().collect();
    let limit = (letters.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&letters, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters added, left out, exchanged, or swapped with their neighbour, each counted as one.
fn distance(word: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.to_lowercase().chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut letter_before = None;
    for (row, letter) in word.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut other_before = None;
        for (column, other_letter) in other.iter().enumerate() {
            let at = |costs: &[usize], index: usize| costs.get(index).copied().unwrap_or(usize::MAX - 1);
            let exchanged = at(&last, column) + usize::from(letter != other_letter);
            let mut best = exchanged.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            if letter_before == Some(other_letter) && other_before == Some(letter) {
                best = best.min(at(&before_last, column.saturating_sub(1)) + 1);
            }
            current.push(best);
            other_before = Some(other_letter);
        }
        before_last = std::mem::replace(&mut last, current);
        letter_before = Some(letter);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_counted_once() {
        for (word, other, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("ba", "ab", 1),
            ("nulable", "nullable", 1),
            ("colums", "columns", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("abc", "", 3),
        ] {
            assert_eq!(distance(&word.chars().collect::<Vec<_>>(), other), expected, "{word} {other}");
        }
    }

    #[test]
    fn only_near_words_are_proposed() {
        let known = ["columns", "comment", "checks", "indexes"];
        assert_eq!(nearest("colums", known), Some("columns"));
        assert_eq!(nearest("Coments", known), Some("comment"));
        assert_eq!(nearest("idnexes", known), Some("indexes"));
        assert_eq!(nearest("partitions", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
