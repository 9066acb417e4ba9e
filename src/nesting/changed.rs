//! What a change of one part or of two bodies would do to an arrangement, without solving the whole of it again.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{CrossingPart, Nesting, overlaps};
use super::solve::{EFFORT, Overlap, arrange};
use crate::alignment::Side;
use crate::domain::{People, Relation};

/// Pairs that are solved again at most, for one change.
const AGAIN: usize = 2_000;

/// A body of either side.
type Body = (bool, usize);

/// What a change would leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Sum of the crossing parts that the change takes away, in the units of the nesting; below 0 where it brings some.
    pub removed: i128,
    /// Whether no arrangement after the change has less in crossing parts, if that is so of the one before.
    pub exact: bool,
    /// Agreements needed after less before.
    pub agreements: i64,
    /// Pairs (left, right) whose picks are not those of before; of bodies that join, the pairs of the one that stays.
    pub picks: BTreeMap<(usize, usize), bool>,
}

/// An arrangement, with what is needed to ask what a change would do to it. Asking takes time in the partners of the bodies that change.
#[derive(Debug)]
pub struct Settled<'a> {
    nesting: &'a Nesting,
    overlaps: Vec<Overlap>,
    people: Vec<Option<People>>,
    minor_people: f64,
    /// Pairs with weight of each body, by (is right, body).
    pairs_of: BTreeMap<Body, Vec<usize>>,
}

impl<'a> Settled<'a> {
    /// Of the relation that the nesting was measured on.
    pub fn new(relation: &Relation, nesting: &'a Nesting, minor_people: f64) -> Self {
        let overlaps = overlaps(relation, nesting.basis);
        let mut pairs_of: BTreeMap<Body, Vec<usize>> = BTreeMap::new();
        for (at, overlap) in overlaps.iter().enumerate().filter(|(_, overlap)| overlap.weight > 0) {
            pairs_of.entry((false, overlap.left)).or_default().push(at);
            pairs_of.entry((true, overlap.right)).or_default().push(at);
        }
        Self { nesting, overlaps, people: relation.pairs.iter().map(|pair| pair.amounts.people).collect(), minor_people, pairs_of }
    }

    fn pairs(&self, right: bool, body: usize) -> &[usize] {
        self.pairs_of.get(&(right, body)).map_or(&[], Vec::as_slice)
    }

    /// The end of a pair on a side.
    fn end(&self, at: usize, right: bool) -> usize {
        if right { self.overlaps[at].right } else { self.overlaps[at].left }
    }

    fn picks(&self, right: bool, body: usize) -> impl Iterator<Item = usize> {
        self.pairs(right, body).iter().copied().filter(|at| self.nesting.picked[*at])
    }

    /// Whether a pair with these people needs an agreement.
    fn needed(&self, picked: bool, people: Option<People>) -> i64 {
        i64::from(picked || people.is_none_or(|people| people.as_f64() >= self.minor_people))
    }

    /// A crossing part goes to another body of a side, which is in the part's other body too.
    ///
    /// Where that body and the part's other body are a picked pair, exactly the people of the part are no longer on the wrong side: the
    /// picks of before have so many fewer in crossing parts, and an arrangement with still fewer would have been a better one before, too.
    pub fn moved(&self, part: &CrossingPart, side: Side, to: usize) -> Changed {
        let right = side == Side::Council;
        let other = self.end(part.pair, !right);
        let target = self.pairs(!right, other).iter().copied().find(|at| self.end(*at, right) == to);
        let target_picked = target.is_some_and(|at| self.nesting.picked[at]);
        let people = self.people[part.pair];
        let key = |own: usize| if right { (other, own) } else { (own, other) };
        let before = self.needed(false, people) + target.map_or(0, |at| self.needed(target_picked, self.people[at]));
        let both = target.map_or(Some(People(0)), |at| self.people[at]).zip(people).map(|(a, b)| a + b);
        let mut changed = Changed {
            removed: if target_picked { i128::from(part.amount) } else { 0 },
            exact: target_picked,
            agreements: self.needed(target_picked, both) - before,
            picks: BTreeMap::from([(key(to), target_picked)]),
        };
        if !target_picked {
            let own = self.end(part.pair, right);
            self.again(&mut changed, right, (own, Some(other)), to);
        }
        changed
    }

    /// Two bodies of a side become one: all that `from` has goes to `into`.
    ///
    /// A change of the picks around them is looked for; it is the best there is where it takes away the smaller share of each partner that
    /// both have, which no arrangement can exceed. Else the connected pairs are solved again, as far as that is soon done.
    pub fn joined(&self, side: Side, into: usize, from: usize) -> Changed {
        let right = side == Side::Council;
        // What the two have of each partner, and what each partner is picked with beside them.
        let mut whole: BTreeMap<usize, [i128; 2]> = BTreeMap::new();
        for (nth, body) in [into, from].into_iter().enumerate() {
            for at in self.pairs(right, body) {
                whole.entry(self.end(*at, !right)).or_default()[nth] = i128::from(self.overlaps[*at].weight);
            }
        }
        let kept: i128 = [into, from].iter().flat_map(|body| self.picks(right, *body)).map(|at| i128::from(self.overlaps[at].weight)).sum();
        let most: i128 = whole.values().map(|[a, b]| *a.min(b)).sum();
        let mut best = self.as_centre(right, (into, from), &whole);
        for partner in whole.keys() {
            let leaf = self.as_leaf(right, (into, from), &whole, *partner);
            if leaf.kept > best.kept {
                best = leaf;
            }
        }
        let key = |own: usize, other: usize| if right { (other, own) } else { (own, other) };
        let mut picks: BTreeMap<(usize, usize), bool> = whole.keys().map(|other| (key(into, *other), best.with.contains(other))).collect();
        for (at, picked) in best.dropped.iter().map(|at| (at, false)).chain(best.added.iter().map(|at| (at, true))) {
            picks.insert((self.overlaps[*at].left, self.overlaps[*at].right), picked);
        }
        let mut changed = Changed { removed: best.kept - kept, exact: best.kept - kept == most, agreements: 0, picks };
        if !changed.exact {
            self.again(&mut changed, right, (from, None), into);
        }
        // Every pair whose picks or people change, before and after.
        let pairs_of_both = || [into, from].into_iter().flat_map(|body| self.pairs(right, body).iter().copied());
        let mut agreements: i64 = -pairs_of_both().map(|at| self.needed(self.nesting.picked[at], self.people[at])).sum::<i64>();
        let mut sums: BTreeMap<usize, Option<People>> = BTreeMap::new();
        for at in pairs_of_both() {
            let sum = sums.entry(self.end(at, !right)).or_insert(Some(People(0)));
            *sum = sum.zip(self.people[at]).map(|(a, b)| a + b);
        }
        for (other, people) in sums {
            agreements += self.needed(changed.picks.get(&key(into, other)).copied().unwrap_or(false), people);
        }
        for (pair, picked) in &changed.picks {
            let own = if right { pair.1 } else { pair.0 };
            let at = self.overlaps.binary_search_by(|overlap| (overlap.left, overlap.right).cmp(pair)).ok();
            if let Some(at) = at.filter(|_| own != into && own != from) {
                agreements += self.needed(*picked, self.people[at]) - self.needed(self.nesting.picked[at], self.people[at]);
            }
        }
        changed.agreements = agreements;
        changed
    }

    /// The body of the two is a centre: a partner is its leaf where that is more than all it is picked with beside them.
    fn as_centre(&self, right: bool, (into, from): (usize, usize), whole: &BTreeMap<usize, [i128; 2]>) -> Local {
        let mut local = Local::default();
        for (partner, [a, b]) in whole {
            let beside: Vec<usize> = self.picks(!right, *partner).filter(|at| ![into, from].contains(&self.end(*at, right))).collect();
            let sum: i128 = beside.iter().map(|at| i128::from(self.overlaps[*at].weight)).sum();
            if a + b > sum {
                local.kept += a + b - sum;
                local.with.insert(*partner);
                local.dropped.extend(beside);
            }
        }
        local
    }

    /// The body of the two is a leaf of one partner; what the two were centre of looks for another centre.
    fn as_leaf(&self, right: bool, (into, from): (usize, usize), whole: &BTreeMap<usize, [i128; 2]>, centre: usize) -> Local {
        let ours = |at: usize| [into, from].contains(&self.end(at, right));
        let beside = |partner: usize| self.picks(!right, partner).filter(|at| !ours(*at)).collect::<Vec<usize>>();
        let mut local = Local { with: BTreeSet::from([centre]), ..Local::default() };
        let [a, b] = whole.get(&centre).copied().unwrap_or_default();
        local.kept = a + b;
        // A partner that is itself a leaf of a larger star leaves that to be a centre.
        if let [only] = beside(centre).as_slice()
            && self.picks(right, self.end(*only, right)).count() > 1
        {
            local.kept -= i128::from(self.overlaps[*only].weight);
            local.dropped.insert(*only);
        }
        let orphans = whole
            .keys()
            .filter(|partner| **partner != centre && beside(**partner).is_empty() && self.picks(!right, **partner).next().is_some());
        for orphan in orphans {
            let degree = |local: &Local, own: usize| {
                let has = |at: &usize| self.end(*at, right) == own;
                self.picks(right, own).filter(|at| !local.dropped.contains(at)).count() + local.added.iter().filter(|at| has(at)).count()
            };
            let free = |local: &Local, own: usize| match degree(local, own) {
                1 => {
                    // With one partner it can be the centre only if it is that partner's only one.
                    let partner = self
                        .picks(right, own)
                        .find(|at| !local.dropped.contains(at))
                        .or_else(|| local.added.iter().copied().find(|at| self.end(*at, right) == own))
                        .map(|at| self.end(at, !right));
                    partner.is_some_and(|partner| {
                        let added = local.added.iter().filter(|at| self.end(**at, !right) == partner).count();
                        let stay = beside(partner).iter().filter(|at| !local.dropped.contains(at)).count();
                        partner != centre && stay + added == 1
                    })
                }
                _ => true,
            };
            let to = self
                .pairs(!right, *orphan)
                .iter()
                .copied()
                .filter(|at| !ours(*at) && free(&local, self.end(*at, right)))
                .max_by_key(|at| (self.overlaps[*at].weight, std::cmp::Reverse(*at)));
            if let Some(at) = to {
                local.kept += i128::from(self.overlaps[at].weight);
                local.added.insert(at);
            }
        }
        local
    }

    /// Solves the connected pairs around a change again, where the arrangement of before is the best there is and they are few: all of
    /// `from` (or what of it is in one partner) becomes `into`'s.
    fn again(&self, changed: &mut Changed, right: bool, (from, part): (usize, Option<usize>), into: usize) {
        if !self.nesting.proved() {
            return;
        }
        let mut seen: BTreeSet<Body> = BTreeSet::from([(right, from), (right, into)]);
        let mut open: Vec<Body> = seen.iter().copied().collect();
        let mut pairs: BTreeSet<usize> = BTreeSet::new();
        while let Some((side, body)) = open.pop() {
            for at in self.pairs(side, body) {
                pairs.insert(*at);
                let met = (!side, self.end(*at, !side));
                if seen.insert(met) {
                    open.push(met);
                }
            }
            if pairs.len() > AGAIN {
                return;
            }
        }
        let mut sums: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for at in &pairs {
            let Overlap { mut left, right: mut council, weight } = self.overlaps[*at];
            let (own, other) = if right { (&mut council, left) } else { (&mut left, council) };
            if *own == from && part.is_none_or(|part| part == other) {
                *own = into;
            }
            *sums.entry((left, council)).or_default() += weight;
        }
        let after: Vec<Overlap> =
            sums.iter().map(|((left, right), weight)| Overlap { left: *left, right: *right, weight: *weight }).collect();
        let crossing: i128 = pairs.iter().filter(|at| !self.nesting.picked[**at]).map(|at| i128::from(self.overlaps[*at].weight)).sum();
        let arrangement = arrange(&after, EFFORT / 100, false);
        if arrangement.proved() || crossing - arrangement.crossing > changed.removed {
            changed.removed = changed.removed.max(crossing - arrangement.crossing);
            changed.exact = arrangement.proved();
            changed.picks =
                after.iter().zip(&arrangement.picked).map(|(overlap, picked)| ((overlap.left, overlap.right), *picked)).collect();
        }
    }
}

/// Picks around a body that two have become.
#[derive(Debug, Default)]
struct Local {
    /// What the picks of it have, less what was dropped.
    kept: i128,
    /// Partners that it is picked with.
    with: BTreeSet<usize>,
    /// Pairs of others that are no longer picked.
    dropped: BTreeSet<usize>,
    /// Pairs of others that are picked now.
    added: BTreeSet<usize>,
}
