//! Branch and bound over the centres of a graph.

use super::bound::Location;
use super::graph::{Centres, Graph};

/// Subgradient steps where a search begins, and at each of its nodes.
const STEPS_FIRST: usize = 1000;
const STEPS_LATER: usize = 12;
/// Rounds of shaking where a search begins, times the size of the problem.
const SHAKES: u64 = 500_000;

/// What a search came to.
pub(super) struct Found {
    /// The best value above what was asked for, with its centres.
    pub best: Option<(i128, Centres)>,
    /// No arrangement has a value above this. At most the best value, or what was asked for, where the search was finished.
    pub bound: i128,
}

/// The best centres of a graph whose value is above `need`.
///
/// `effort` counts what is looked at, and the search stops where none is left, with the best it has and a bound. The graph decides the
/// result, never a clock. `prices`, one a node, are where the bound starts from; without them this is where a search begins.
pub(super) fn search(mut graph: Graph, need: i128, effort: &mut u64, prices: Option<&[i128]>) -> Found {
    graph.reduce();
    let live = graph.live();
    let spent = live.iter().map(|node| graph.nodes[*node].beside.len() as u64 + 1).sum::<u64>() + 1;
    *effort = effort.saturating_sub(spent);
    if live.is_empty() {
        let value = graph.constant;
        let best = (value > need).then(|| {
            let mut centres = vec![false; graph.nodes.len()];
            graph.expand(&mut centres);
            (value, centres)
        });
        return Found { best, bound: value };
    }
    let parts = graph.components();
    let mut rest: Vec<(Graph, Location)> = Vec::with_capacity(parts.len());
    for members in &parts {
        let part = graph.part(members);
        let location = Location::new(&part);
        rest.push((part, location));
    }
    let start = |members: &Vec<usize>, location: &Location| {
        let raised = location.ascent();
        let Some(prices) = prices else { return raised };
        let known = location.paid_at(members.iter().map(|node| prices[*node]));
        if location.dual(&known).loss > location.dual(&raised).loss { known } else { raised }
    };
    let mut duals: Vec<Vec<i128>> = parts.iter().zip(&rest).map(|(members, (_, location))| start(members, location)).collect();
    let mut most: Vec<i128> = rest.iter().zip(&duals).map(|((_, location), paid)| location.most - location.dual(paid).loss).collect();
    let mut centres = vec![false; graph.nodes.len()];
    let mut complete = true;
    let mut value = graph.constant;
    for (at, members) in parts.iter().enumerate() {
        let others: i128 = most.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, most)| *most).sum();
        let asked = need - graph.constant - others;
        let (part, location) = &rest[at];
        let found = component(part, location, &mut duals[at], asked, effort, prices.is_none());
        most[at] = found.bound;
        match found.best {
            Some((own, own_centres)) => {
                value += own;
                for (node, centre) in members.iter().zip(own_centres) {
                    centres[*node] = centre;
                }
            }
            None => {
                complete = false;
                // What this part cannot bring, the others cannot make up for.
                break;
            }
        }
    }
    let bound = graph.constant + most.iter().sum::<i128>();
    let best = (complete && value > need).then(|| {
        graph.expand(&mut centres);
        (value, centres)
    });
    Found { best, bound }
}

/// One connected, reduced graph.
fn component(graph: &Graph, location: &Location, paid: &mut Vec<i128>, need: i128, effort: &mut u64, first: bool) -> Found {
    // In losses: an arrangement is wanted that loses less than `limit`.
    let mut limit = location.most - need;
    let mut best: Option<(i128, Centres)> = None;
    let consider = |centres: &Centres, limit: &mut i128, best: &mut Option<(i128, Centres)>| {
        let loss = location.loss(centres);
        if loss < *limit {
            *limit = loss;
            *best = Some((location.most - loss, centres.clone()));
        }
    };
    let mut dual = location.dual(paid);
    if *effort == 0 && !first {
        return Found { best, bound: location.most - dual.loss };
    }
    if dual.loss < limit {
        let mut start: Centres = dual.reduced.iter().map(|reduced| *reduced <= 0).collect();
        location.improve(&mut start);
        consider(&start, &mut limit, &mut best);
        let steps = if first { STEPS_FIRST } else { STEPS_LATER };
        let mut opened: Option<Centres> = None;
        let taken = location.raise(paid, limit, steps, |open| opened = Some(open.to_vec()));
        *effort = effort.saturating_sub(location.size() * (taken + 20));
        if let Some(mut centres) = opened.filter(|_| first) {
            location.improve(&mut centres);
            consider(&centres, &mut limit, &mut best);
        }
        dual = location.dual(paid);
        if first && dual.loss < limit {
            let rounds = (SHAKES / location.size()).clamp(10, 400);
            *effort = effort.saturating_sub(rounds * location.size() * 10);
            if let Some((_, centres)) = &best {
                let mut centres = centres.clone();
                location.shake(&mut centres, rounds);
                consider(&centres, &mut limit, &mut best);
            }
        }
    }
    let bound = location.most - dual.loss;
    if dual.loss >= limit || *effort == 0 {
        return Found { best, bound };
    }
    // What would lose too much by itself is settled before branching.
    let mut child = graph.clone();
    let mut settled = false;
    for (node, reduced) in dual.reduced.iter().enumerate() {
        if *reduced > 0 && dual.loss + reduced >= limit && child.can_be_centre(node) {
            child.rule_out(node);
            settled = true;
        }
    }
    for (node, reduced) in dual.reduced.iter().enumerate() {
        if *reduced < 0 && dual.loss - reduced >= limit {
            child.make_centre(node);
            settled = true;
        }
    }
    let mut children = Vec::with_capacity(2);
    if settled {
        children.push(child);
    } else {
        let Some(node) = undecided(graph, &dual.reduced) else { return Found { best, bound } };
        let mut as_centre = graph.clone();
        as_centre.make_centre(node);
        let mut as_leaf = graph.clone();
        as_leaf.rule_out(node);
        // The likelier first.
        children.extend(if dual.reduced[node] <= 0 { [as_centre, as_leaf] } else { [as_leaf, as_centre] });
    }
    let mut open = i128::MIN;
    let prices = location.prices(paid);
    for child in children {
        let found = search(child, location.most - limit, effort, Some(&prices));
        if let Some((value, centres)) = found.best {
            limit = location.most - value;
            best = Some((value, centres));
        }
        open = open.max(found.bound);
    }
    // What was settled lost at least the limit that stood then.
    let reached = location.most - limit;
    Found { best, bound: open.max(reached).min(bound) }
}

/// The node whose part is least clear: the smallest change either way; of equals the one with most neighbours.
fn undecided(graph: &Graph, reduced: &[i128]) -> Option<usize> {
    (0..reduced.len())
        .filter(|node| graph.can_be_centre(*node))
        .min_by_key(|node| (reduced[*node].unsigned_abs(), usize::MAX - graph.nodes[*node].beside.len(), *node))
}
