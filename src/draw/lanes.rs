//! Lanes: which column each revision stands in, and which columns lead past it to what stands below.
//!
//! There is one lane for each revision that something above it needs, however many need it: whoever needs it joins the
//! lane at once, or leads it over into the lane that it leaves itself. So a picture is as wide as the number of branches
//! that are open side by side. A lane that has arrived is free for the next line. Fixed by the order of the revisions
//! alone.

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Parent,
    /// `depends_on`.
    Dependency,
}

/// A revision further down that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Its place in the picture.
    pub(crate) to: usize,
    pub(crate) kind: Kind,
}

/// A lane in use: it leads down to a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strand {
    to: usize,
    /// A parent where one of those who need it has it as a parent.
    pub(crate) kind: Kind,
    pub(crate) colour: usize,
}

/// The way from a revision to one that it needs: across to a lane, then down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The place of the other in the picture.
    pub(crate) to: usize,
    pub(crate) lane: usize,
    pub(crate) kind: Kind,
    pub(crate) way: Way,
    /// Of the line until it is in its lane.
    pub(crate) colour: usize,
}

/// How a link comes to its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The lane begins here.
    New,
    /// The lane was there.
    Join,
    /// The lane was there for dependencies, and is a parent's from here on.
    Lift,
    /// The lane was there, further to the right, and is led over into the revision's own.
    Take(Strand, usize),
}

/// One revision in its lane, and what is beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) lane: usize,
    pub(crate) colour: usize,
    /// By lane: what leads past the revision. Nothing in its own lane; no empty lane at the end.
    pub(crate) beside: Vec<Option<Strand>>,
    pub(crate) links: Vec<Link>,
}

/// So many colours follow one another before the first comes again.
pub(crate) const COLOURS: usize = 6;

/// The lanes between two rows. Fed with one revision after the other, from the newest down.
pub(crate) struct Lanes {
    strands: Vec<Option<Strand>>,
    /// By place in the picture: the lane that leads there.
    lane_of: Vec<Option<usize>>,
    /// A line ended here in the row above: another one right below would seem to go on with it.
    just_ended: Option<usize>,
    next_colour: usize,
}

impl Lanes {
    /// No line yet, for so many revisions.
    pub(crate) fn new(count: usize) -> Self {
        Self { strands: Vec::new(), lane_of: vec![None; count], just_ended: None, next_colour: 0 }
    }

    /// Gives the revision at this place its lane, and each line from it one. `goes_on`: a line leaves the picture here.
    pub(crate) fn place(&mut self, at: usize, needs: &[Need], goes_on: bool) -> Row {
        let lane = self.lane_of.get(at).copied().flatten().unwrap_or_else(|| self.free_for_a_head());
        let colour = match self.strand(lane) {
            Some(strand) => strand.colour,
            None => self.colour(None, lane),
        };
        self.set(lane, None);
        let beside = self.strands.clone();
        let links: Vec<Link> = match needs {
            [need] => vec![self.take(*need, lane, colour).unwrap_or_else(|| self.lead(*need, lane, colour))],
            several => several.iter().map(|need| self.lead(*need, lane, colour)).collect(),
        };
        self.just_ended = (links.is_empty() && !goes_on).then_some(lane);
        Row { lane, colour, beside, links }
    }

    /// The only line from the revision in `lane`, where its lane comes from the right: it goes on in this one, in this
    /// one's colour. So a picture does not wander to the right from fork to fork.
    fn take(&mut self, need: Need, lane: usize, colour: usize) -> Option<Link> {
        let from = self.lane_of.get(need.to).copied().flatten().filter(|from| *from > lane)?;
        let strand = self.strand(from)?;
        if strand.kind == Kind::Parent && need.kind == Kind::Dependency {
            return None;
        }
        self.set(from, None);
        self.begin(Strand { to: need.to, kind: need.kind, colour }, lane);
        Some(Link { to: need.to, lane, kind: need.kind, way: Way::Take(strand, from), colour })
    }

    /// A line from the revision in `lane`.
    fn lead(&mut self, Need { to, kind }: Need, lane: usize, colour: usize) -> Link {
        if let Some(there) = self.lane_of.get(to).copied().flatten() {
            let strand = self.strands.get_mut(there).and_then(Option::as_mut);
            if let Some(strand) = strand.filter(|strand| strand.kind != kind && kind == Kind::Parent) {
                strand.kind = kind;
                return Link { to, lane: there, kind, way: Way::Lift, colour: strand.colour };
            }
            return Link { to, lane: there, kind, way: Way::Join, colour };
        }
        let (lane, colour) = match self.strand(lane) {
            None => (lane, colour),
            Some(_) => {
                let near = self.free_near(lane);
                (near, self.colour(Some(colour), near))
            }
        };
        self.begin(Strand { to, kind, colour }, lane);
        Link { to, lane, kind, way: Way::New, colour }
    }

    fn begin(&mut self, strand: Strand, lane: usize) {
        self.set(lane, Some(strand));
        if let Some(known) = self.lane_of.get_mut(strand.to) {
            *known = Some(lane);
        }
    }

    fn strand(&self, lane: usize) -> Option<Strand> {
        self.strands.get(lane).copied().flatten()
    }

    fn set(&mut self, lane: usize, strand: Option<Strand>) {
        if self.strands.len() <= lane {
            self.strands.resize(lane + 1, None);
        }
        if let Some(place) = self.strands.get_mut(lane) {
            *place = strand;
        }
        while self.strands.last().is_some_and(Option::is_none) {
            self.strands.pop();
        }
    }

    fn free_for_a_head(&self) -> usize {
        let mut lanes = 0..;
        let is_free = |lane: &usize| self.strand(*lane).is_none() && self.just_ended != Some(*lane);
        lanes.find(is_free).unwrap_or_default()
    }

    /// The nearest free lane, to the right where two are as near.
    fn free_near(&self, lane: usize) -> usize {
        let mut distances = 1..;
        let free = |lane: Option<usize>| lane.filter(|lane| self.strand(*lane).is_none());
        let near = |distance: usize| free(lane.checked_add(distance)).or_else(|| free(lane.checked_sub(distance)));
        distances.find_map(near).unwrap_or(self.strands.len())
    }

    /// The next of the colours that the fewest lanes have, for a new one beside a revision of the colour `own`; not
    /// that of a neighbour.
    fn colour(&mut self, own: Option<usize>, lane: usize) -> usize {
        let mut uses = [0_usize; COLOURS];
        for colour in self.strands.iter().flatten().map(|strand| strand.colour).chain(own) {
            if let Some(count) = uses.get_mut(colour) {
                *count += 1;
            }
        }
        let beside = [lane.checked_sub(1), lane.checked_add(1)].map(|lane| self.strand(lane?));
        let is_beside = |colour: usize| beside.iter().flatten().any(|strand| strand.colour == colour);
        let choices = (0..COLOURS).map(|step| (self.next_colour + step) % COLOURS);
        let colour = choices.min_by_key(|colour| (is_beside(*colour), uses.get(*colour).copied()));
        let colour = colour.unwrap_or_default();
        self.next_colour = (colour + 1) % COLOURS;
        colour
    }
}

#[cfg(test)]
mod tests {
    use crate::draw::lanes::{Kind, Lanes, Need, Row, Way};

    fn rows(table: &[&[(usize, Kind)]]) -> Vec<Row> {
        let mut lanes = Lanes::new(table.len());
        let needs = |list: &[(usize, Kind)]| list.iter().map(|(to, kind)| Need { to: *to, kind: *kind }).collect();
        let table = table.iter().enumerate();
        table.map(|(at, list)| lanes.place(at, &Vec::<Need>::clone(&needs(list)), false)).collect()
    }

    const P: Kind = Kind::Parent;

    #[test]
    fn the_first_parent_keeps_the_lane_and_its_colour() {
        let rows = rows(&[&[(1, P), (2, P)], &[(3, P)], &[(3, P)], &[]]);
        assert_eq!(rows.iter().map(|row| row.lane).collect::<Vec<_>>(), [0, 0, 1, 0]);
        assert_eq!(rows[0].colour, rows[3].colour);
        assert!(rows[2].links[0].way == Way::Join && rows[2].links[0].lane == 0);
        assert_ne!(rows[2].colour, rows[3].colour);
    }

    #[test]
    fn a_lane_that_arrived_is_free_for_the_next_line() {
        // A diamond over a diamond.
        let rows = rows(&[&[(1, P), (2, P)], &[(3, P)], &[(3, P)], &[(4, P), (5, P)], &[(6, P)], &[(6, P)], &[]]);
        assert_eq!(rows.iter().map(|row| row.lane).collect::<Vec<_>>(), [0, 0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_fork_comes_back_to_the_left() {
        // The right branch of a fork stands above the left one.
        let rows = rows(&[&[(2, P), (1, P)], &[(3, P)], &[(3, P)], &[]]);
        assert_eq!(rows.iter().map(|row| row.lane).collect::<Vec<_>>(), [0, 1, 0, 0]);
        assert!(matches!(rows[2].links[0].way, Way::Take(_, 1)), "{:?}", rows[2]);
    }

    #[test]
    fn a_head_does_not_stand_right_below_an_end() {
        let rows = rows(&[&[], &[], &[(3, P)], &[]]);
        assert_eq!(rows.iter().map(|row| row.lane).collect::<Vec<_>>(), [0, 1, 0, 0]);
    }

    #[test]
    fn a_lane_is_a_dependency_until_a_parent_joins() {
        let rows = rows(&[&[(3, Kind::Dependency)], &[(2, P)], &[(3, P)], &[]]);
        assert_eq!(rows[1].beside[0].map(|strand| strand.kind), Some(Kind::Dependency));
        assert_eq!(rows[2].beside[0].map(|strand| strand.kind), Some(Kind::Dependency));
        assert_eq!(rows[2].links[0].way, Way::Lift);
        assert_eq!((rows[3].lane, rows[3].beside.len()), (0, 0));
    }
}
