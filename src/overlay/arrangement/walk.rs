//! Around nodes, along faces, over components: what hangs together in a set of edges.

use crate::domain::Point;
use crate::overlay::exact;
use crate::overlay::linework::Points;
use crate::overlay::noding::{Edge, NONE, Noded};

#[inline]
pub(super) fn ends(edges: &[Edge], half: u32) -> (u32, u32) {
    let [a, b] = edges[(half >> 1) as usize].ends;
    if half & 1 == 0 { (a, b) } else { (b, a) }
}

/// Exact direction of a half-edge where it leaves.
#[inline]
fn direction(noded: &Noded, points: &Points<'_>, half: u32) -> (i64, i64) {
    noded.leaving(points, (half >> 1) as usize, half & 1 == 1)
}

/// Half-edges that leave each node, counter-clockwise: (start of each node's list, lists end to end).
pub(super) fn sort_around_nodes(noded: &Noded, points: &Points<'_>) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; noded.nodes.len() + 1];
    for edge in &noded.edges {
        for end in edge.ends {
            starts[end as usize + 1] += 1;
        }
    }
    for node in 1..starts.len() {
        starts[node] += starts[node - 1];
    }
    let mut fill: Vec<u32> = starts[..noded.nodes.len()].to_vec();
    let mut outgoing = vec![0u32; noded.edges.len() * 2];
    for (index, edge) in noded.edges.iter().enumerate() {
        for (side, end) in edge.ends.iter().enumerate() {
            let at = &mut fill[*end as usize];
            outgoing[*at as usize] = (index * 2 + side) as u32;
            *at += 1;
        }
    }
    sort_each(noded, points, &starts, &mut outgoing);
    (starts, outgoing)
}

/// Sorts the lists of some nodes, given by their starts, all of them in `outgoing`.
fn sort_each(noded: &Noded, points: &Points<'_>, starts: &[u32], outgoing: &mut [u32]) {
    const FEW: usize = 4096;
    if starts.len() > FEW {
        let half = starts.len() / 2;
        let (low, high) = outgoing.split_at_mut((starts[half] - starts[0]) as usize);
        rayon::join(|| sort_each(noded, points, &starts[..=half], low), || sort_each(noded, points, &starts[half..], high));
        return;
    }
    for list in starts.windows(2) {
        let around = &mut outgoing[(list[0] - starts[0]) as usize..(list[1] - starts[0]) as usize];
        if around.len() > 2 {
            around.sort_unstable_by(|one, two| exact::by_angle(direction(noded, points, *one), direction(noded, points, *two)));
        }
    }
}

/// The half-edge that follows each in the cycle of the face on its left.
pub(super) fn link(noded: &Noded, starts: &[u32], outgoing: &[u32]) -> Vec<u32> {
    let mut next = vec![NONE; noded.edges.len() * 2];
    for node in 0..noded.nodes.len() {
        let around = &outgoing[starts[node] as usize..starts[node + 1] as usize];
        // Arriving against `leaving`, the sharpest left turn is the edge just clockwise of it.
        let mut clockwise = around.last().copied().unwrap_or(NONE);
        for leaving in around {
            next[(leaving ^ 1) as usize] = clockwise;
            clockwise = *leaving;
        }
    }
    next
}

/// Numbers the cycles: (cycle of each half-edge, number of cycles).
pub(super) fn number_cycles(next: &[u32]) -> (Vec<u32>, usize) {
    let mut cycle = vec![NONE; next.len()];
    let mut cycles = 0u32;
    for start in 0..next.len() {
        if cycle[start] != NONE {
            continue;
        }
        let mut half = start;
        while cycle[half] == NONE {
            cycle[half] = cycles;
            half = next[half] as usize;
        }
        cycles += 1;
    }
    (cycle, cycles as usize)
}

/// Edges that hang together.
pub(super) struct Component {
    /// Its smallest vertex (west first, then south).
    pub(super) smallest: Point,
    /// A half-edge with the component's outside on its left.
    pub(super) outer: u32,
}

/// Where a component's smallest vertex is.
#[derive(Clone, Copy)]
enum Place {
    Node(u32),
    /// Inside an edge that is an arc, at a position.
    Inside(u32, u32),
}

/// The connected components, by their smallest vertex.
pub(super) fn components(noded: &Noded, points: &Points<'_>, starts: &[u32], outgoing: &[u32]) -> Vec<Component> {
    let mut seen = vec![false; noded.nodes.len()];
    let mut waiting: Vec<u32> = Vec::new();
    let mut components = Vec::new();
    for start in 0..noded.nodes.len() {
        if seen[start] || starts[start] == starts[start + 1] {
            continue;
        }
        seen[start] = true;
        waiting.push(start as u32);
        let mut smallest: Option<(Point, Place)> = None;
        let mut propose = |point: Point, place: Place| {
            if smallest.is_none_or(|(other, _)| point < other) {
                smallest = Some((point, place));
            }
        };
        while let Some(node) = waiting.pop() {
            // Only vertices count: a crossing lies inside its segments, so some vertex is further out, and its own place is rounded.
            if (node as usize) < noded.vertices {
                propose(noded.nodes[node as usize], Place::Node(node));
            }
            for half in &outgoing[starts[node as usize] as usize..starts[node as usize + 1] as usize] {
                let (_, to) = ends(&noded.edges, *half);
                if !seen[to as usize] {
                    seen[to as usize] = true;
                    waiting.push(to);
                }
                let edge = half >> 1;
                if let Some(position) = noded.along(edge as usize).map(|along| along.smallest).filter(|position| *position != NONE) {
                    propose(points.at(position), Place::Inside(edge, position));
                }
            }
        }
        let Some((smallest, place)) = smallest else { continue };
        // All edges there lead east (or straight north); west of it, left of the edge of largest angle, is the outside.
        let outer = match place {
            Place::Inside(edge, position) => {
                let [ahead, back] = [position + 1, position - 1].map(|next| exact::vector(smallest, points.at(next)));
                Some(edge * 2 + u32::from(exact::by_angle(ahead, back).is_lt()))
            }
            Place::Node(node) => largest(noded, points, starts, outgoing, node),
        };
        components.extend(outer.map(|outer| Component { smallest, outer }));
    }
    components
}

/// The half-edge of largest angle that leaves a node.
fn largest(noded: &Noded, points: &Points<'_>, starts: &[u32], outgoing: &[u32], node: u32) -> Option<u32> {
    let around = &outgoing[starts[node as usize] as usize..starts[node as usize + 1] as usize];
    around.iter().copied().max_by(|one, two| exact::by_angle(direction(noded, points, *one), direction(noded, points, *two)))
}
