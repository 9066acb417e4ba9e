//! Plans by what they are judged on, and those that no other one beats.

use std::cmp::Reverse;
use std::rc::Rc;

/// Most plans of a front that are kept while clusters are put together.
pub(super) const FRONT: usize = 3000;

/// What a plan of some bodies is judged on, and how it came about. Every figure adds up over sets and over clusters.
#[derive(Debug, Clone, Default)]
pub(super) struct Label {
    /// Bodies merged away.
    pub gone: usize,
    /// The objective.
    pub value: i128,
    /// People of coterminous bodies, millionths.
    pub coterminous: i128,
    /// People moved, millionths.
    pub moved: i128,
    /// Pence moved; 0 throughout where money is not weighed.
    pub pence: i128,
    /// Bodies that a merger disturbs; decides between plans that are equal in all the rest.
    pub disturbed: usize,
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
    /// Both plans together, with these mergers added to the first one's.
    pub fn and(&self, other: &Self, mergers: &[Vec<usize>]) -> Self {
        let trail = if mergers.is_empty() {
            self.trail.clone()
        } else {
            Some(Rc::new(Trail { mergers: mergers.to_vec(), before: self.trail.clone() }))
        };
        Self {
            gone: self.gone.saturating_add(other.gone),
            value: self.value.saturating_add(other.value),
            coterminous: self.coterminous.saturating_add(other.coterminous),
            moved: self.moved.saturating_add(other.moved),
            pence: self.pence.saturating_add(other.pence),
            disturbed: self.disturbed.saturating_add(other.disturbed),
            trail,
        }
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

    /// Whether the other plan is nowhere better. With `count` plans that leave another number of bodies are never compared.
    pub fn covers(&self, other: &Self, count: bool) -> bool {
        (if count { self.gone == other.gone } else { self.gone >= other.gone })
            && self.value >= other.value
            && self.coterminous >= other.coterminous
            && self.moved <= other.moved
            && self.pence <= other.pence
    }

    fn order(&self) -> impl Ord + use<> {
        (Reverse(self.gone), Reverse(self.value), Reverse(self.coterminous), self.moved, self.pence, self.disturbed)
    }
}

/// The plans that no other one covers, best first; of equal ones that which disturbs the fewest bodies, then the first.
pub(super) fn best(mut labels: Vec<Label>, count: bool) -> Vec<Label> {
    labels.sort_by_cached_key(Label::order);
    // No plan is covered by one that comes after it, but for equals, and the first of those stands.
    let mut kept: Vec<Label> = Vec::new();
    for label in labels {
        if !kept.iter().rev().any(|other| other.covers(&label, count)) {
            kept.push(label);
        }
    }
    kept
}

/// At most `limit` plans of a front, spread over it: of every number of bodies left those with the largest objective and the fewest people
/// moved, and as many in between, evenly, as there is room for. Tells whether anything was left out.
pub(super) fn thinned(labels: Vec<Label>, limit: usize) -> (Vec<Label>, bool) {
    if labels.len() <= limit {
        return (labels, false);
    }
    let mut counts: Vec<Vec<Label>> = Vec::new();
    for label in labels {
        match counts.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.gone == label.gone) => group.push(label),
            _ => counts.push(vec![label]),
        }
    }
    let room = limit.div_euclid(counts.len().max(1)).max(2);
    let mut kept = Vec::new();
    for group in counts {
        // Best first, so the largest objective is the first, and the fewest moved come last but for ties.
        let last = group.len().saturating_sub(1);
        let fewest = group.iter().enumerate().min_by_key(|(at, label)| (label.moved, *at)).map(|(at, _)| at);
        let mut wanted: Vec<usize> = (0..room).filter_map(|step| step.saturating_mul(last).checked_div(room.saturating_sub(1))).collect();
        wanted.extend(fewest);
        kept.extend(group.into_iter().enumerate().filter(|(at, _)| wanted.contains(at)).map(|(_, label)| label));
    }
    (kept, true)
}
