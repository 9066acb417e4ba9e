//! Plans that leave a certain number of bodies, where there are too many to measure each: neighbours joined one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::front::Label;
use super::lines::Ground;
use super::sets::Measures;
use crate::alignment::DisjointSets;

/// What a merger of two sets does to the objective and to agreements, while the sets that overlaps tie to them stay those named.
type Known = BTreeMap<(usize, usize), (Vec<usize>, (i128, usize))>;

/// Bodies on their way to the number wanted.
struct State {
    /// Sets by a number of their own, which no other set ever has.
    sets: BTreeMap<usize, Vec<usize>>,
    next: usize,
}

/// The plan with more neighbours joined until so many bodies are merged away, each time those two for which the objective rises least, then
/// with the fewest people disturbed and the fewest agreements; `seed` orders what is equally good. `None` where that does not get there, with
/// what it came to.
pub(super) fn filled(start: &Label, wanted: usize, ground: &Ground, measures: &mut Measures<'_>) -> Result<Label, usize> {
    let bodies = measures.question.alignment.relation.left.len();
    let mergers = start.mergers();
    let merged: BTreeSet<usize> = mergers.iter().flatten().copied().collect();
    let singles = (0..bodies).filter(|body| !merged.contains(body)).map(|body| vec![body]);
    let sets: BTreeMap<usize, Vec<usize>> = mergers.into_iter().chain(singles).enumerate().collect();
    let mut state = State { next: sets.len(), sets };
    let mut known = Known::new();
    let mut gone = start.gone;
    while gone < wanted {
        let Some((a, b)) = state.cheapest(ground, measures, &mut known) else { return Err(gone) };
        state.join(a, b);
        gone += 1;
    }
    let sets: Vec<Vec<usize>> = state.sets.into_values().collect();
    if sets.iter().all(|set| measures.may_be(set)) { Ok(measures.label(&sets)) } else { Err(gone) }
}

impl State {
    fn join(&mut self, a: usize, b: usize) {
        let mut set: Vec<usize> = [a, b].iter().filter_map(|at| self.sets.remove(at)).flatten().collect();
        set.sort_unstable();
        self.sets.insert(self.next, set);
        self.next += 1;
    }

    fn cheapest(&self, ground: &Ground, measures: &mut Measures<'_>, known: &mut Known) -> Option<(usize, usize)> {
        let owner: BTreeMap<usize, usize> = self.sets.iter().flat_map(|(at, set)| set.iter().map(move |body| (*body, *at))).collect();
        let pairs: BTreeSet<(usize, usize)> =
            ground.touching.iter().map(|(a, b)| (owner[a], owner[b])).filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
        // A merger below the band has to grow before anything else does.
        let small: BTreeSet<usize> = self.sets.iter().filter(|(_, set)| !measures.may_be(set)).map(|(at, _)| *at).collect();
        let tied = self.tied(measures);
        let seed = measures.question.wishes.seed;
        let mut best = None;
        for (a, b) in pairs {
            if !small.is_empty() && !small.contains(&a) && !small.contains(&b) {
                continue;
            }
            let mut set: Vec<usize> = self.sets[&a].iter().chain(&self.sets[&b]).copied().collect();
            set.sort_unstable();
            if !measures.may_grow(&set) {
                continue;
            }
            let around: Vec<usize> =
                if tied[&a].0 == tied[&b].0 { tied[&a].1.to_vec() } else { tied[&a].1.iter().chain(tied[&b].1.iter()).copied().collect() };
            let (dvalue, dagreements) = match known.get(&(a, b)).filter(|(then, _)| *then == around) {
                Some((_, change)) => *change,
                None => {
                    let before: Vec<Vec<usize>> = around.iter().map(|at| self.sets[at].clone()).collect();
                    let others = around.iter().filter(|at| **at != a && **at != b).map(|at| self.sets[at].clone());
                    let after: Vec<Vec<usize>> = others.chain([set.clone()]).collect();
                    let (before, after) = (measures.label(&before), measures.label(&after));
                    let rise = i128::try_from(after.agreements).ok()? - i128::try_from(before.agreements).ok()?;
                    // Agreements as a number that sorts: they fall by far less than this.
                    let change = (after.value - before.value, usize::try_from(rise + (1 << 32)).ok()?);
                    known.insert((a, b), (around, change));
                    change
                }
            };
            let disturbed = |measures: &mut Measures<'_>, set: &[usize]| measures.of(set).disturbed.0;
            let more = disturbed(measures, &set) - disturbed(measures, &self.sets[&a]) - disturbed(measures, &self.sets[&b]);
            let key = (dvalue, more, dagreements, mixed(a as u64, b as u64, seed), (a, b));
            if best.as_ref().is_none_or(|known| key < *known) {
                best = Some(key);
            }
        }
        best.map(|(.., pair)| pair)
    }

    /// For each set, which others overlaps tie it to: by a number of the group, and its members, ascending.
    fn tied(&self, measures: &mut Measures<'_>) -> BTreeMap<usize, (usize, std::rc::Rc<Vec<usize>>)> {
        let ids: Vec<usize> = self.sets.keys().copied().collect();
        let councils = measures.question.alignment.relation.right.len();
        let mut joined = DisjointSets::new(ids.len() + councils);
        for (place, set) in self.sets.values().enumerate() {
            for (council, _) in &measures.of(set).councils {
                joined.join(place, ids.len() + council);
            }
        }
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, at) in ids.iter().enumerate() {
            members.entry(joined.root(place)).or_default().push(*at);
        }
        let members = members.into_iter().map(|(root, members)| (root, std::rc::Rc::new(members)));
        members.flat_map(|(root, members)| members.iter().map(|at| (*at, (root, members.clone()))).collect::<Vec<_>>()).collect()
    }
}

/// FNV-1a: the same number for the same pair on every machine.
fn mixed(a: u64, b: u64, seed: u64) -> u64 {
    [a, b, seed].iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, number| (hash ^ number).wrapping_mul(0x0000_0100_0000_01b3))
}
