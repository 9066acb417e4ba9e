//! Every connected component of the overlaps, solved; ties settled.

use super::graph::{Centres, Graph};
use super::search::search;

/// What the search of one component may look at before it stops: about a second. Every component of England is solved within it; only made-up
/// tangles were seen to reach it.
pub const EFFORT: u64 = 20_000_000;

/// Picked pairs count in the low bits of a weight, so that of arrangements with the same people that with fewer crossing parts is better.
const UNIT: i128 = 1 << 32;

/// What two bodies share: millionths of a person, or square millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Left body.
    pub left: usize,
    /// Right body.
    pub right: usize,
    /// What lies in both; an overlap of 0 or less takes no part.
    pub weight: i64,
}

/// The nearest nested arrangement of some overlaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// Whether each overlap is picked; those without weight are not, and are no crossing parts either.
    pub picked: Vec<bool>,
    /// Sum of the overlaps.
    pub total: i128,
    /// Sum of the crossing parts.
    pub crossing: i128,
    /// No arrangement has less in crossing parts than this.
    pub bound: i128,
}

impl Arrangement {
    /// Whether no arrangement can have less in crossing parts.
    pub fn proved(&self) -> bool {
        self.crossing == self.bound
    }

    /// Picked overlaps that do not join a leaf to a centre: none, whatever the overlaps. Counted anew from the result, as its proof.
    pub fn broken(&self, overlaps: &[Overlap]) -> usize {
        let size = |of: &dyn Fn(&Overlap) -> usize| overlaps.iter().map(of).max().map_or(0, |last| last + 1);
        let (mut left, mut right) = (vec![0_u32; size(&|overlap| overlap.left)], vec![0_u32; size(&|overlap| overlap.right)]);
        let picked = || overlaps.iter().zip(&self.picked).filter(|(_, picked)| **picked).map(|(overlap, _)| overlap);
        for overlap in picked() {
            left[overlap.left] += 1;
            right[overlap.right] += 1;
        }
        picked().filter(|overlap| left[overlap.left] > 1 && right[overlap.right] > 1).count()
    }
}

/// The nearest nested arrangement of overlaps, which must be sorted by (left, right) without repeats.
///
/// Exact for every component whose search ends within `effort`; else the best found, with its bound. Of arrangements with as much in crossing
/// parts, that with the fewest parts, then that whose sorted list of parts comes first. With `ties` false the last of these is left to the
/// search: the sums are the same, and many questions are answered sooner. The result does not depend on the machine or on threads.
pub fn arrange(overlaps: &[Overlap], effort: u64, ties: bool) -> Arrangement {
    let mut picked = vec![false; overlaps.len()];
    let (mut total, mut crossing, mut bound) = (0_i128, 0_i128, 0_i128);
    for component in components(overlaps) {
        let mut component = Component::new(overlaps, &component);
        let sum: i128 = component.edges.iter().map(|edge| edge.weight).sum();
        let solved = component.solve(effort, ties);
        let mut kept = 0;
        for at in solved.picked {
            let edge = component.edges[at];
            picked[edge.overlap] = true;
            kept += edge.weight;
        }
        total += sum;
        crossing += sum - kept;
        bound += sum - (solved.bound / UNIT).min(sum);
    }
    Arrangement { picked, total, crossing, bound }
}

/// Overlaps with weight by connected component, ascending, by their first.
fn components(overlaps: &[Overlap]) -> Vec<Vec<usize>> {
    let rights = overlaps.iter().map(|overlap| overlap.right + 1).max().unwrap_or(0);
    let lefts = overlaps.iter().map(|overlap| overlap.left + 1).max().unwrap_or(0);
    let mut sets = crate::alignment::DisjointSets::new(lefts + rights);
    let weighty = || overlaps.iter().enumerate().filter(|(_, overlap)| overlap.weight > 0);
    for (_, overlap) in weighty() {
        sets.join(overlap.left, lefts + overlap.right);
    }
    let mut place = vec![usize::MAX; lefts + rights];
    let mut found: Vec<Vec<usize>> = Vec::new();
    for (at, overlap) in weighty() {
        let root = sets.root(overlap.left);
        if place[root] == usize::MAX {
            place[root] = found.len();
            found.push(Vec::new());
        }
        found[place[root]].push(at);
    }
    found
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    /// Index into the overlaps.
    overlap: usize,
    left: usize,
    right: usize,
    weight: i128,
}

/// A component with nodes of its own: left bodies ascending, then right bodies.
struct Component {
    nodes: usize,
    /// In the order of the overlaps.
    edges: Vec<Edge>,
}

/// Edges that are picked, ascending, and what no choice exceeds, in units of weight and pairs.
struct Solved {
    picked: Vec<usize>,
    bound: i128,
}

impl Component {
    fn new(overlaps: &[Overlap], members: &[usize]) -> Self {
        let of = |body: &dyn Fn(&Overlap) -> usize| {
            let mut bodies: Vec<usize> = members.iter().map(|at| body(&overlaps[*at])).collect();
            bodies.sort_unstable();
            bodies.dedup();
            bodies
        };
        let (lefts, rights) = (of(&|overlap| overlap.left), of(&|overlap| overlap.right));
        let edges = members
            .iter()
            .map(|at| {
                let Overlap { left, right, weight } = overlaps[*at];
                Edge {
                    overlap: *at,
                    left: lefts.partition_point(|body| *body < left),
                    right: lefts.len() + rights.partition_point(|body| *body < right),
                    weight: i128::from(weight),
                }
            })
            .collect();
        Self { nodes: lefts.len() + rights.len(), edges }
    }

    fn graph(&self, present: &[bool]) -> Graph {
        let edges = self.edges.iter().zip(present).filter(|(_, present)| **present);
        Graph::new(self.nodes, edges.map(|(edge, _)| (edge.left, edge.right, edge.weight * UNIT + 1)))
    }

    fn solve(&mut self, effort: u64, ties: bool) -> Solved {
        let mut present = vec![true; self.edges.len()];
        let mut left = effort.max(1);
        let found = search(self.graph(&present), -1, &mut left, None);
        let Some((_, centres)) = found.best else { return Solved { picked: Vec::new(), bound: found.bound } };
        let mut picked = self.picks(&centres, &present);
        let value = self.value(&picked);
        if !ties || found.bound > value {
            return Solved { picked, bound: found.bound };
        }
        // An edge that is not picked may go. One that is picked goes too, if something as good is left: the first that can cross, crosses.
        let mut left = effort.max(1);
        for edge in 0..self.edges.len() {
            present[edge] = false;
            if picked.binary_search(&edge).is_err() {
                continue;
            }
            let before = left;
            match search(self.graph(&present), value - 1, &mut left, None).best {
                Some((_, centres)) => picked = self.picks(&centres, &present),
                None => present[edge] = true,
            }
            if left == 0 || before == 0 {
                break;
            }
        }
        Solved { picked, bound: found.bound }
    }

    /// Each body that is no centre joins the centre with most of it; of equals the last, so that the first cross.
    fn picks(&self, centres: &Centres, present: &[bool]) -> Vec<usize> {
        let mut best: Vec<Option<(i128, usize)>> = vec![None; self.nodes];
        for (at, edge) in self.edges.iter().enumerate().filter(|(at, _)| present[*at]) {
            for (leaf, centre) in [(edge.left, edge.right), (edge.right, edge.left)] {
                if centres[centre] && !centres[leaf] {
                    best[leaf] = best[leaf].max(Some((edge.weight, at)));
                }
            }
        }
        let mut picked: Vec<usize> = best.into_iter().flatten().map(|(_, at)| at).collect();
        picked.sort_unstable();
        picked
    }

    fn value(&self, picked: &[usize]) -> i128 {
        picked.iter().map(|at| self.edges[*at].weight * UNIT + 1).sum()
    }
}
