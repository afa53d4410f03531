//! Plans of offline scripts, which do not know the rows and begin where a range says.

use crate::error::{Error, Kind, Result};
use crate::graph::rows::State;
use crate::graph::target::Place;
use crate::graph::{Graph, Range, Rows, Step, Target};

impl Graph {
    /// The steps of an offline script, and the rows that it begins with; the start is the base if it is not given, the
    /// end `head`. `+N` counts from the start.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::upgrade_plan`], and for a range that does not go up.
    pub(crate) fn upgrade_script(&self, range: &Range) -> Result<(Rows, Vec<Step>)> {
        let start = self.script_start(range.from.as_ref())?;
        let head = Target { branch: None, place: Place::Head, steps: 0 };
        let target = range.to.as_ref().unwrap_or(&head);
        let steps = self.upgrade_plan(&start, target)?;
        self.check_way(&start, target, &steps)?;
        Ok((start, steps))
    }

    /// The steps of an offline script down, and the rows that it begins with. `-N` counts from the start.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::downgrade_plan`], for a range without both ends, and one that does not go down.
    pub(crate) fn downgrade_script(&self, range: &Range) -> Result<(Rows, Vec<Step>)> {
        let (Some(from), Some(target)) = (&range.from, &range.to) else {
            return Err(refused("an offline downgrade needs both ends of its range".to_owned())
                .with_hint("write FROM:TO, such as head:base"));
        };
        let start = self.script_start(Some(from))?;
        // No database was asked where it stands.
        let steps = match self.downgrade_plan(&start, target) {
            Err(error) => {
                return Err(if self.is_above(&start, target) { self.wrong_way(&start, target) } else { error });
            }
            Ok(steps) => steps,
        };
        self.check_way(&start, target, &steps)?;
        Ok((start, steps))
    }

    /// The rows that a script begins with: those of this target, or none.
    ///
    /// # Errors
    /// [`Kind::Usage`] as [`Graph::stamp_plan`], and for a target that counts from where a database stands.
    pub(crate) fn script_start(&self, from: Option<&Target>) -> Result<Rows> {
        if let Some(from) = from.filter(|from| from.counts_from_database()) {
            let phrase = format!("no script can begin at `{from}`: it counts from where the database stands");
            return Err(refused(phrase).with_hint("name a revision, or count from one: head-1, ID+1"));
        }
        self.stamp_from_nothing(from.map_or(&[], std::slice::from_ref))
    }

    /// A script without steps is right only where it begins at its target.
    fn check_way(&self, start: &Rows, target: &Target, steps: &[Step]) -> Result<()> {
        if !steps.is_empty() {
            return Ok(());
        }
        let state = self.state(start)?;
        let end = State::of(self, self.locate(target, Some(&state))?.spots);
        if end.rows == *start {
            return Ok(());
        }
        Err(self.wrong_way(start, target))
    }

    /// Whether these rows do not reach a target that is one revision.
    fn is_above(&self, start: &Rows, target: &Target) -> bool {
        let Ok(state) = self.state(start) else { return false };
        let point = self.locate(target, Some(&state)).ok().filter(|point| point.spots.len() == 1);
        !target.counts_from_database()
            && point.is_some_and(|point| !point.spots.iter().all(|at| state.applied.has(*at)))
    }

    fn wrong_way(&self, start: &Rows, target: &Target) -> Error {
        refused(format!("there is no way in this direction from {} to `{target}`", self.rows_named(start)))
            .with_hint("turn the range round, or use the other command")
    }
}

fn refused(phrase: String) -> Error {
    Error::new(Kind::Usage, phrase)
}

#[cfg(test)]
mod tests {
    use crate::error::Kind;
    use crate::graph::notation::{graph, shown};
    use crate::graph::{Range, Step};

    const DIAMOND: &str = "a b:a c:b d:b e:c,d";
    const FORK: &str = "a b:a c:b d:b";

    fn trail(steps: &[Step]) -> String {
        if steps.is_empty() {
            return "nothing".to_owned();
        }
        steps.iter().map(|step| shown(&step.after)).collect::<Vec<_>>().join(" · ")
    }

    #[test]
    fn scripts_begin_where_their_range_says() {
        let up = |text: &str, range: &str| graph(text).upgrade_script(&Range::parse(range).unwrap());
        let down = |text: &str, range: &str| graph(text).downgrade_script(&Range::parse(range).unwrap());
        for (range, start, expected) in [
            ("b:e", "b", "c · c,d · e"),
            (":c", "–", "a · b · c"),
            ("base:+1", "–", "a"),
            ("a:", "a", "b · c · c,d · e"),
            ("a:+1", "a", "b"),
            ("e:e", "e", "nothing"),
            ("c:d", "c", "c,d"),
        ] {
            let (rows, steps) = up(DIAMOND, range).unwrap();
            assert_eq!((shown(&rows).as_str(), trail(&steps).as_str()), (start, expected), "{range}");
        }
        for (range, start, expected) in [
            ("e:c", "e", "c,d"),
            ("e:-1", "e", "c,d"),
            ("b:base", "b", "a · –"),
            ("e-1:b", "c,d", "c · b"),
            ("e:e", "e", "nothing"),
        ] {
            let (rows, steps) = down(DIAMOND, range).unwrap();
            assert_eq!((shown(&rows).as_str(), trail(&steps).as_str()), (start, expected), "{range}");
        }
        for range in ["e:a", "e:base", "current:e", "+1:e", "a:+9"] {
            assert_eq!(up(DIAMOND, range).unwrap_err().kind(), Kind::Usage, "{range}");
        }
        for range in ["a:e", "a:", ":a", ":", "current:a"] {
            assert_eq!(down(DIAMOND, range).unwrap_err().kind(), Kind::Usage, "{range}");
        }
        assert_eq!(up(FORK, "a:").unwrap_err().kind(), Kind::Usage);
        for range in ["a:e", "b:c", "c:d"] {
            let error = down(DIAMOND, range).unwrap_err();
            let from = range.split_once(':').unwrap().0;
            assert!(
                error.phrase().starts_with(&format!("there is no way in this direction from {from} to ")),
                "{error}"
            );
            assert!(error.hint().unwrap().starts_with("turn the range round"), "{error}");
        }
    }
}
