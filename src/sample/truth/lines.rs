//! Who is on the wrong side of a line (domain.md E2.3a), by trying every arrangement, and what a change did to it (E3), in whole numbers.
//!
//! Nothing here may come from the nesting stage, which never tries them all.

use std::collections::{BTreeMap, BTreeSet};

use super::relation::{Basis, Table, reaches};

/// Bodies of one component up to which every choice of centres is tried; the sample's places are a third as large.
const MOST: usize = 20;

/// Which side of a table a body is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// The nearest nested arrangement of a table by people.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    /// Pairs that are picked.
    pub(super) picked: BTreeSet<(usize, usize)>,
    /// Pairs that are crossing parts, with their people.
    pub(super) crossing: BTreeMap<(usize, usize), i64>,
    /// Pairs of bodies that must deal with each other.
    partners: BTreeSet<(usize, usize)>,
}

impl Lines {
    /// Of arrangements with the fewest people in crossing parts that with the fewest parts, then that whose sorted parts come first.
    pub(super) fn of(table: &Table<'_>) -> Self {
        let edges: BTreeMap<(usize, usize), i64> =
            table.pairs.iter().map(|(pair, weight)| (*pair, weight.on(Basis::People))).filter(|(_, people)| *people > 0).collect();
        let mut lines = Self::default();
        let mut left: BTreeSet<(usize, usize)> = edges.keys().copied().collect();
        while let Some(first) = left.first().copied() {
            let mut members = BTreeSet::from([first]);
            loop {
                let near = |pair: &&(usize, usize)| members.iter().any(|member| member.0 == pair.0 || member.1 == pair.1);
                let more: BTreeSet<(usize, usize)> = left.iter().filter(near).copied().collect();
                if more.len() == members.len() {
                    break;
                }
                members = more;
            }
            for member in &members {
                left.remove(member);
            }
            lines.picked.extend(best(&members.iter().map(|pair| (*pair, edges[pair])).collect::<Vec<_>>()));
        }
        lines.crossing = edges.iter().filter(|(pair, _)| !lines.picked.contains(pair)).map(|(pair, people)| (*pair, *people)).collect();
        let counts = |(pair, people): &(&(usize, usize), &i64)| {
            let share = |whole: i64| whole > 0 && reaches(**people, whole, 50);
            **people >= 500 || share(table.left_total[pair.0].people) || share(table.right_total[pair.1].people)
        };
        lines.partners = lines.picked.iter().chain(lines.crossing.iter().filter(counts).map(|(pair, _)| pair)).copied().collect();
        lines
    }

    /// People of a body in crossing parts.
    pub(super) fn crossing_of(&self, side: Side, body: usize) -> i64 {
        self.crossing.iter().filter(|(pair, _)| end(side, **pair) == body).map(|(_, people)| people).sum()
    }

    fn partners_of(&self, side: Side, body: usize) -> usize {
        self.partners.iter().filter(|pair| end(side, **pair) == body).count()
    }
}

fn end(side: Side, pair: (usize, usize)) -> usize {
    match side {
        Side::Left => pair.0,
        Side::Right => pair.1,
    }
}

/// The best arrangement of one component: every set of centres is tried, and every other body joins the centre that has most of it.
fn best(edges: &[((usize, usize), i64)]) -> Vec<(usize, usize)> {
    let lefts: Vec<usize> = edges.iter().map(|(pair, _)| pair.0).collect::<BTreeSet<_>>().into_iter().collect();
    let rights: Vec<usize> = edges.iter().map(|(pair, _)| pair.1).collect::<BTreeSet<_>>().into_iter().collect();
    if lefts.len() == 1 || rights.len() == 1 {
        // One body with all that it meets inside.
        return edges.iter().map(|(pair, _)| *pair).collect();
    }
    let bodies = lefts.len() + rights.len();
    assert!(bodies <= MOST, "a place of the sample ties {bodies} bodies together, more than every arrangement is tried for");
    let place =
        |pair: (usize, usize)| (lefts.partition_point(|body| *body < pair.0), lefts.len() + rights.partition_point(|body| *body < pair.1));
    let placed: Vec<((usize, usize), i64)> = edges.iter().map(|(pair, people)| (place(*pair), *people)).collect();
    let mut most: Option<(i64, usize, Vec<usize>)> = None;
    let mut joins: Vec<Option<(i64, usize)>> = vec![None; bodies];
    for centres in 0_u32..(1 << bodies) {
        let is_centre = |body: usize| centres >> body & 1 == 1;
        joins.fill(None);
        for (at, ((left, right), people)) in placed.iter().enumerate() {
            for (leaf, centre) in [(*left, *right), (*right, *left)] {
                if is_centre(centre) && !is_centre(leaf) {
                    // Of equals the last, so that the first cross.
                    joins[leaf] = joins[leaf].max(Some((*people, at)));
                }
            }
        }
        let kept: i64 = joins.iter().flatten().map(|(people, _)| people).sum();
        let count = joins.iter().flatten().count();
        if most.as_ref().is_some_and(|(best, pairs, _)| (kept, count) < (*best, *pairs)) {
            continue;
        }
        let picked: BTreeSet<usize> = joins.iter().flatten().map(|(_, at)| *at).collect();
        let parts: Vec<usize> = (0..edges.len()).filter(|at| !picked.contains(at)).collect();
        let better = most.as_ref().is_none_or(|(best, pairs, list)| (kept, count) > (*best, *pairs) || parts < *list);
        if better {
            most = Some((kept, count, parts));
        }
    }
    let parts = most.map_or_else(Vec::new, |(_, _, parts)| parts);
    (0..edges.len()).filter(|at| !parts.contains(at)).map(|at| edges[at].0).collect()
}

/// What a change did to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Improved,
    Worsened,
    Neutral,
}

/// One body after a change: `change` is old against new bodies of its side, the lines are those of the map before and after, in which the
/// bodies are on `side`. `None` without a predecessor.
pub(super) fn effect(change: &Table<'_>, side: Side, before: &Lines, after: &Lines, body: usize) -> Option<Effect> {
    let mut came = 0.0;
    let mut dealt = 0;
    let mut anyone = false;
    let mut main = false;
    for ((from, to), weight) in &change.pairs {
        if *to != body {
            continue;
        }
        let (moved, old, new) = (weight.people, change.left_total[*from].people, change.right_total[body].people);
        anyone |= moved > 0;
        if old > 0 {
            came += moved as f64 / old as f64 * before.crossing_of(side, *from) as f64;
        }
        if (old > 0 && reaches(moved, old, 200)) || (new > 0 && reaches(moved, new, 200)) {
            dealt += before.partners_of(side, *from);
            main = true;
        }
    }
    if !anyone || !main {
        return None;
    }
    let moved = after.crossing_of(side, body) as f64 - came;
    let least = (change.right_total[body].people as f64 * 0.005).max(500.0);
    let now = after.partners_of(side, body);
    Some(if moved > least + 1e-9 {
        Effect::Worsened
    } else if -moved > least + 1e-9 {
        Effect::Improved
    } else {
        match now.cmp(&dealt) {
            std::cmp::Ordering::Greater => Effect::Worsened,
            std::cmp::Ordering::Less => Effect::Improved,
            std::cmp::Ordering::Equal => Effect::Neutral,
        }
    })
}
