//! Plans by what they are judged on, and those that no other one beats.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Most plans of a front that are kept while clusters are put together.
pub(super) const FRONT: usize = 3000;

/// Which plans are compared, and in what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    /// All, in all five figures.
    All,
    /// Those that leave as many bodies, in the other four.
    SameBodies,
    /// All, in the objective, people and pounds disturbed alone: to merge is nothing gained.
    Lines,
}

/// What a plan of some bodies is judged on, and how it came about. Every figure adds up over components of the overlaps.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Bodies merged away.
    pub gone: usize,
    /// The objective: the less, the better.
    pub value: i128,
    /// Agreements that joint working would need.
    pub agreements: usize,
    /// People of disturbed bodies, millionths.
    pub disturbed: i128,
    /// Pence of disturbed bodies; 0 throughout where money is not weighed.
    pub pence: i128,
    /// People on the wrong side of a line, millionths; decides between plans that are equal in all of the above.
    pub crossing: i128,
    /// Bodies in mergers; decides after that.
    pub merging: usize,
    /// Crossing parts.
    pub parts: usize,
    /// Bodies that have crossing parts.
    pub cut: usize,
    /// Pence for people on the wrong side; `None` where that of a body with crossing parts is not known.
    pub crossing_pence: Option<i128>,
    /// Mergers, the last first.
    pub trail: Option<Rc<Trail>>,
}

/// Mergers of a plan, as a chain, so that plans share what they have in common.
#[derive(Debug)]
pub(super) struct Trail {
    mergers: Vec<Vec<usize>>,
    before: Option<Rc<Trail>>,
}

impl Label {
    /// Of no body.
    pub const NOTHING: Self = Self {
        gone: 0,
        value: 0,
        agreements: 0,
        disturbed: 0,
        pence: 0,
        crossing: 0,
        merging: 0,
        parts: 0,
        cut: 0,
        crossing_pence: Some(0),
        trail: None,
    };

    /// The plan with more mergers in its list.
    pub fn with(mut self, mergers: Vec<Vec<usize>>) -> Self {
        if !mergers.is_empty() {
            self.trail = Some(Rc::new(Trail { mergers, before: self.trail }));
        }
        self
    }

    /// Both plans together, with these mergers added to the first one's.
    pub fn and(&self, other: &Self, mergers: &[Vec<usize>]) -> Self {
        let sum = Self {
            gone: self.gone + other.gone,
            value: self.value + other.value,
            agreements: self.agreements + other.agreements,
            disturbed: self.disturbed + other.disturbed,
            pence: self.pence + other.pence,
            crossing: self.crossing + other.crossing,
            merging: self.merging + other.merging,
            parts: self.parts + other.parts,
            cut: self.cut + other.cut,
            crossing_pence: self.crossing_pence.zip(other.crossing_pence).map(|(one, other)| one + other),
            trail: self.trail.clone(),
        };
        sum.with(mergers.to_vec())
    }

    /// Sets of two or more bodies that merge, sorted.
    pub fn mergers(&self) -> Vec<Vec<usize>> {
        let mut all = Vec::new();
        let mut trail = self.trail.as_ref();
        while let Some(part) = trail {
            all.extend(part.mergers.iter().cloned());
            trail = part.before.as_ref();
        }
        all.sort();
        all
    }

    /// Whether the other plan is nowhere better.
    pub fn covers(&self, other: &Self, compare: Compare) -> bool {
        let bodies = match compare {
            Compare::All => self.gone >= other.gone && self.agreements <= other.agreements,
            Compare::SameBodies => self.gone == other.gone && self.agreements <= other.agreements,
            Compare::Lines => true,
        };
        bodies && self.value <= other.value && self.disturbed <= other.disturbed && self.pence <= other.pence
    }

    /// Its place among points: most bodies left first.
    pub fn place(&self) -> impl Ord + use<> {
        (self.gone, self.value, self.agreements, self.disturbed, self.pence, self.crossing, self.mergers())
    }

    /// By what is compared first, so that no plan is covered by one that comes after it, but for equals.
    fn order(&self, compare: Compare) -> impl Ord + use<> {
        // To merge is no gain by itself where lines alone are compared.
        let (first, gone) = match compare {
            Compare::Lines => (None, self.gone),
            Compare::All | Compare::SameBodies => (Some((Reverse(self.gone), self.value, self.agreements)), 0),
        };
        (first, self.value, self.disturbed, self.pence, gone, self.agreements, self.crossing, self.merging)
    }
}

/// The plans that no other one covers; of equal ones that with the fewest people on the wrong side and bodies in mergers, then the first.
pub(super) fn best(mut labels: Vec<Label>, compare: Compare) -> Vec<Label> {
    labels.sort_by_cached_key(|label| label.order(compare));
    let mut kept: Vec<Label> = Vec::new();
    for label in labels {
        if !kept.iter().rev().any(|other| other.covers(&label, compare)) {
            kept.push(label);
        }
    }
    kept
}

/// Whether each plan is beaten by no other one in the objective, people and pounds disturbed alone.
pub(super) fn by_lines(labels: &[Label]) -> Vec<bool> {
    let beaten = |label: &Label| labels.iter().any(|other| other.covers(label, Compare::Lines) && !label.covers(other, Compare::Lines));
    labels.iter().map(|label| !beaten(label)).collect()
}

/// At most `limit` plans of a front: those that have the least objective for the people disturbed, of every number of bodies left that with
/// the least objective, and of the rest as many, evenly, as there is room for. Tells whether anything was left out.
pub(super) fn thinned(labels: Vec<Label>, limit: usize) -> (Vec<Label>, bool) {
    if labels.len() <= limit {
        return (labels, false);
    }
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|at| (labels[*at].disturbed, labels[*at].value, *at));
    let mut least = i128::MAX;
    let first: Vec<usize> = order
        .into_iter()
        .filter(|at| {
            let better = labels[*at].value < least;
            least = least.min(labels[*at].value);
            better
        })
        .collect();
    let mut wanted: BTreeSet<usize> = BTreeSet::new();
    let even = |from: &[usize], room: usize, wanted: &mut BTreeSet<usize>| {
        let (count, last) = (room.min(from.len()), from.len().saturating_sub(1));
        wanted.extend((0..count).filter_map(|step| from.get(step * last / count.saturating_sub(1).max(1))));
    };
    even(&first, limit / 2, &mut wanted);
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut by_bodies: Vec<usize> = (0..labels.len()).collect();
    by_bodies.sort_by_key(|at| (labels[*at].gone, labels[*at].value, labels[*at].disturbed, *at));
    by_bodies.retain(|at| seen.insert(labels[*at].gone));
    even(&by_bodies, limit / 4, &mut wanted);
    let rest: Vec<usize> = (0..labels.len()).filter(|at| !wanted.contains(at)).collect();
    even(&rest, limit.saturating_sub(wanted.len()), &mut wanted);
    (labels.into_iter().enumerate().filter(|(at, _)| wanted.contains(at)).map(|(_, label)| label).collect(), true)
}
