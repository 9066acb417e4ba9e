//! Noding: the rings of all layers become one set of edges that meet only at nodes.
//!
//! Vertices that are equal are one node, segments between the same two nodes are one edge whatever layer they come from, a vertex that
//! lies on a segment splits it, and two segments that cross get a node at their crossing. All of it is decided exactly; only the
//! *coordinates* of crossing nodes are rounded to the grid, which moves an edge by less than one step and no label at all.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::exact::{self, Fraction};
use crate::domain::{Point, Rings};

/// No node, no edge, no entry.
pub(super) const NONE: u32 = u32::MAX;

/// Segments in one block of the candidate search: a bounding box over 8 consecutive segments costs little and misses little.
const BLOCK: usize = 8;

/// An edge between two nodes, with the units on whose boundary it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// End nodes, the smaller first.
    pub ends: [u32; 2],
    /// Two vertices of the segment it is part of, in the direction of `ends`: its exact direction, where `ends` are rounded.
    pub line: [u32; 2],
}

/// Edges, nodes and owners of an arrangement.
#[derive(Debug, Default)]
pub(super) struct Noded {
    /// Node coordinates; crossing nodes, rounded, come after the vertices.
    pub nodes: Vec<Point>,
    /// Number of nodes that are vertices.
    pub vertices: usize,
    /// The edges.
    pub edges: Vec<Edge>,
    /// End of each edge's owners in `owners`.
    pub owner_ends: Vec<u32>,
    /// Units (numbered through all layers) that have the edge an odd number of times.
    pub owners: Vec<u32>,
    /// Units of which two boundary segments cross each other.
    pub self_crossing: Vec<u32>,
    /// Units of which a boundary segment was there an even number of times (a spike, or a ring twice), so that it bounds nothing.
    pub doubled: Vec<u32>,
    /// For each unit, by how much rounding its crossing nodes changes the shoelace sum of its rings, as (unit, doubled area).
    pub corrections: Vec<(u32, i128)>,
    /// Number of crossings.
    pub crossings: usize,
}

impl Noded {
    /// Units that have the edge.
    #[inline]
    pub fn owners(&self, edge: usize) -> &[u32] {
        let start = if edge == 0 { 0 } else { self.owner_ends[edge - 1] as usize };
        &self.owners[start..self.owner_ends[edge] as usize]
    }
}

/// Why an arrangement could not be made. The caller falls back on pairwise overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub &'static str);

/// The segments under construction: unique by their two nodes, found again through the chain of segments of the smaller node.
#[derive(Default)]
struct Segments {
    edges: Vec<Edge>,
    /// Head of each segment's owner list.
    heads: Vec<u32>,
    /// Next segment with the same smaller node.
    chain: Vec<u32>,
    /// First segment of each node.
    first: Vec<u32>,
    /// Owner lists: (unit, next).
    pool: Vec<(u32, u32)>,
}

impl Segments {
    /// The segment between two nodes, made if it is not there. The second value says whether `from` is its larger end.
    fn between(&mut self, from: u32, to: u32, line: [u32; 2]) -> (u32, bool) {
        let reversed = from > to;
        let (low, high, line) = if reversed { (to, from, [line[1], line[0]]) } else { (from, to, line) };
        let mut at = self.first[low as usize];
        while at != NONE {
            if self.edges[at as usize].ends[1] == high {
                return (at, reversed);
            }
            at = self.chain[at as usize];
        }
        let index = self.edges.len() as u32;
        self.edges.push(Edge { ends: [low, high], line });
        self.heads.push(NONE);
        self.chain.push(self.first[low as usize]);
        self.first[low as usize] = index;
        (index, reversed)
    }

    /// Adds a unit to a segment's owners, or takes it away if it is there: what counts is whether it is there an odd number of times.
    /// Returns whether it was taken away.
    fn toggle(&mut self, segment: u32, unit: u32) -> bool {
        let mut before = NONE;
        let mut at = self.heads[segment as usize];
        while at != NONE {
            let (owner, next) = self.pool[at as usize];
            if owner == unit {
                if before == NONE {
                    self.heads[segment as usize] = next;
                } else {
                    self.pool[before as usize].1 = next;
                }
                return true;
            }
            before = at;
            at = next;
        }
        self.pool.push((unit, self.heads[segment as usize]));
        self.heads[segment as usize] = (self.pool.len() - 1) as u32;
        false
    }

    fn owners(&self, segment: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.heads[segment as usize];
        std::iter::from_fn(move || {
            if at == NONE {
                return None;
            }
            let (unit, next) = self.pool[at as usize];
            at = next;
            Some(unit)
        })
    }
}

/// What two segments do to each other.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// The vertex lies inside the segment.
    Contact { segment: u32, vertex: u32 },
    /// The segments cross in their interiors.
    Cross { first: u32, second: u32 },
}

/// Nodes the rings of `layers`. Units are numbered through: those of layer 0 first.
pub(super) fn node(layers: &[&Rings]) -> Result<Noded, Broken> {
    let points: usize = layers.iter().map(|rings| rings.points().len()).sum();
    let units: usize = layers.iter().map(|rings| rings.units()).sum();
    if points >= (NONE / 4) as usize || units >= (NONE / 4) as usize {
        return Err(Broken("more points than the arrangement can number"));
    }
    let mut vertices = Vertices::with_capacity(points);
    let mut segments = Segments::default();
    let mut doubled = Vec::new();
    // Where a new ring starts among the segments: blocks of the candidate search do not run across.
    let mut breaks: Vec<u32> = Vec::new();
    let mut unit_number = 0u32;
    let mut ids: Vec<u32> = Vec::new();
    for rings in layers {
        for unit in 0..rings.units() {
            for ring in rings.unit(unit) {
                ids.clear();
                ids.extend(ring.iter().map(|point| vertices.id(*point)));
                segments.first.resize(vertices.points.len(), NONE);
                breaks.push(segments.edges.len() as u32);
                for (from, to) in ids.iter().zip(ids.iter().skip(1).chain(ids.first())) {
                    let (segment, _) = segments.between(*from, *to, [*from, *to]);
                    if segments.toggle(segment, unit_number) {
                        doubled.push(unit_number);
                    }
                }
            }
            unit_number += 1;
        }
    }
    let events = find_events(&segments.edges, &vertices.points, &breaks);
    let (mut noded, moved) = split(vertices.points, segments, &events)?;
    doubled.sort_unstable();
    doubled.dedup();
    noded.doubled = doubled;
    if !moved.is_empty() {
        noded.corrections = corrections(layers, moved);
    }
    Ok(noded)
}

/// Point to vertex number, in order of first appearance, so that neighbours in a ring are neighbours in memory.
struct Vertices {
    points: Vec<Point>,
    slots: Vec<u32>,
    mask: usize,
}

impl Vertices {
    fn with_capacity(points: usize) -> Self {
        let size = (points.max(8) * 3 / 2).next_power_of_two();
        Self { points: Vec::with_capacity(points), slots: vec![NONE; size], mask: size - 1 }
    }

    fn id(&mut self, point: Point) -> u32 {
        let mut slot = Self::slot(point) & self.mask;
        loop {
            let found = self.slots[slot];
            if found == NONE {
                let id = self.points.len() as u32;
                self.points.push(point);
                self.slots[slot] = id;
                return id;
            }
            if self.points[found as usize] == point {
                return found;
            }
            slot = (slot + 1) & self.mask;
        }
    }

    #[inline]
    fn slot(point: Point) -> usize {
        // Two odd multipliers and a fold: grid coordinates share their low decimal zeros, so the high bits have to come down.
        let mixed =
            (point.x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (point.y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ (mixed >> 29)) as usize
    }
}

/// A bounding box.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    min: Point,
    max: Point,
}

impl Bounds {
    #[inline]
    fn of(a: Point, b: Point) -> Self {
        Self { min: Point { x: a.x.min(b.x), y: a.y.min(b.y) }, max: Point { x: a.x.max(b.x), y: a.y.max(b.y) } }
    }

    #[inline]
    fn join(self, other: Self) -> Self {
        Self {
            min: Point { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: Point { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }

    #[inline]
    fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }
}

/// A block of consecutive segments.
#[derive(Debug, Clone, Copy)]
struct Block {
    bounds: Bounds,
    start: u32,
    end: u32,
}

/// Every contact and crossing among the segments, in an order that depends on the segments alone.
fn find_events(edges: &[Edge], points: &[Point], breaks: &[u32]) -> Vec<Event> {
    let bounds_of = |segment: u32| {
        let [a, b] = edges[segment as usize].ends;
        Bounds::of(points[a as usize], points[b as usize])
    };
    let mut blocks: Vec<Block> = Vec::with_capacity(edges.len() / BLOCK + breaks.len());
    let mut breaks = breaks.iter().copied().peekable();
    let mut start = 0u32;
    let total = edges.len() as u32;
    while start < total {
        while breaks.next_if(|at| *at <= start).is_some() {}
        let end = breaks.peek().copied().unwrap_or(total).min(start + BLOCK as u32).min(total);
        let bounds = (start + 1..end).fold(bounds_of(start), |bounds, segment| bounds.join(bounds_of(segment)));
        blocks.push(Block { bounds, start, end });
        start = end;
    }
    blocks.par_sort_unstable_by_key(|block| (block.bounds.min.x, block.start));
    let chunk = blocks.len().div_ceil(rayon::current_num_threads() * 8).max(64);
    let found: Vec<Vec<Event>> = (0..blocks.len().div_ceil(chunk))
        .into_par_iter()
        .map(|part| {
            let mut events = Vec::new();
            let mut near = (Vec::new(), Vec::new());
            for index in part * chunk..((part + 1) * chunk).min(blocks.len()) {
                let block = blocks[index];
                within(&block, edges, points, &mut events);
                for other in &blocks[index + 1..] {
                    if other.bounds.min.x > block.bounds.max.x {
                        break;
                    }
                    if block.bounds.min.y <= other.bounds.max.y && other.bounds.min.y <= block.bounds.max.y {
                        between(&block, other, edges, points, &mut near, &mut events);
                    }
                }
            }
            events
        })
        .collect();
    found.concat()
}

/// Events among the segments of one block.
fn within(block: &Block, edges: &[Edge], points: &[Point], events: &mut Vec<Event>) {
    for first in block.start..block.end {
        for second in first + 1..block.end {
            meet(first, second, edges, points, events);
        }
    }
}

/// Events between the segments of two blocks.
fn between(block: &Block, other: &Block, edges: &[Edge], points: &[Point], near: &mut (Vec<u32>, Vec<u32>), events: &mut Vec<Event>) {
    let pick = |from: &Block, to: &Bounds, into: &mut Vec<u32>| {
        into.clear();
        for segment in from.start..from.end {
            let [a, b] = edges[segment as usize].ends;
            if Bounds::of(points[a as usize], points[b as usize]).meets(to) {
                into.push(segment);
            }
        }
    };
    pick(block, &other.bounds, &mut near.0);
    if near.0.is_empty() {
        return;
    }
    pick(other, &block.bounds, &mut near.1);
    for first in &near.0 {
        for second in &near.1 {
            meet(*first, *second, edges, points, events);
        }
    }
}

/// What two different segments do to each other.
#[inline]
fn meet(first: u32, second: u32, edges: &[Edge], points: &[Point], events: &mut Vec<Event>) {
    let [a, b] = edges[first as usize].ends;
    let [c, d] = edges[second as usize].ends;
    let (pa, pb, pc, pd) = (points[a as usize], points[b as usize], points[c as usize], points[d as usize]);
    let (box1, box2) = (Bounds::of(pa, pb), Bounds::of(pc, pd));
    if !box1.meets(&box2) {
        return;
    }
    let mut contact = |segment: u32, vertex: u32| events.push(Event::Contact { segment, vertex });
    // On the line and inside the box, ends excluded (they are other nodes), is inside the segment.
    let inside = |bounds: &Bounds, p: Point| bounds.min.x <= p.x && p.x <= bounds.max.x && bounds.min.y <= p.y && p.y <= bounds.max.y;
    if a == c || a == d || b == c || b == d {
        // One end in common: they can only lie on one another.
        let (far1, far1_point) = if a == c || a == d { (b, pb) } else { (a, pa) };
        let (far2, far2_point) = if c == a || c == b { (d, pd) } else { (c, pc) };
        if exact::side(pa, pb, far2_point) == Ordering::Equal {
            if inside(&box1, far2_point) {
                contact(first, far2);
            } else if inside(&box2, far1_point) {
                contact(second, far1);
            }
        }
        return;
    }
    let (side_c, side_d) = (exact::side(pa, pb, pc), exact::side(pa, pb, pd));
    if side_c == side_d && side_c != Ordering::Equal {
        return;
    }
    let (side_a, side_b) = (exact::side(pc, pd, pa), exact::side(pc, pd, pb));
    if side_a == side_b && side_a != Ordering::Equal {
        return;
    }
    let mut touching = false;
    for (on, point, vertex) in [(side_c, pc, c), (side_d, pd, d)] {
        if on == Ordering::Equal {
            touching = true;
            if inside(&box1, point) {
                contact(first, vertex);
            }
        }
    }
    for (on, point, vertex) in [(side_a, pa, a), (side_b, pb, b)] {
        if on == Ordering::Equal {
            touching = true;
            if inside(&box2, point) {
                contact(second, vertex);
            }
        }
    }
    if !touching {
        events.push(Event::Cross { first, second });
    }
}

/// A segment by its ends in ascending order, and by how much its shoelace sum changed in that direction.
type Moved = (Point, Point, i128);

/// A place where a segment is split.
struct Cut {
    segment: u32,
    at: Fraction,
    node: u32,
}

/// Splits the segments at the events and makes edges of all of them.
///
/// Also returns the segments whose shoelace sum was moved by the rounding of crossings: (ends in ascending order, change in that direction).
fn split(mut nodes: Vec<Point>, mut segments: Segments, events: &[Event]) -> Result<(Noded, Vec<Moved>), Broken> {
    let vertices = nodes.len();
    let mut cuts: Vec<Cut> = Vec::with_capacity(events.len() * 2);
    let mut self_crossing = Vec::new();
    let mut crossings = 0usize;
    for event in events {
        match *event {
            Event::Contact { segment, vertex } => {
                let [a, b] = segments.edges[segment as usize].ends;
                let (u, w) =
                    (exact::vector(nodes[a as usize], nodes[b as usize]), exact::vector(nodes[a as usize], nodes[vertex as usize]));
                // Along the longer axis: the vertex is on the segment, so both axes give the same position.
                let (part, whole) = if u.0.abs() >= u.1.abs() { (w.0, u.0) } else { (w.1, u.1) };
                let at = Fraction { numerator: i128::from(part.abs()), denominator: i128::from(whole.abs()) };
                cuts.push(Cut { segment, at, node: vertex });
            }
            Event::Cross { first, second } => {
                let ascending = |segment: u32, nodes: &[Point]| {
                    let [a, b] = segments.edges[segment as usize].ends;
                    let (p, q) = (nodes[a as usize], nodes[b as usize]);
                    if p <= q { (p, q, false) } else { (q, p, true) }
                };
                let (one, two) = (ascending(first, &nodes), ascending(second, &nodes));
                let swap = (two.0, two.1) < (one.0, one.1);
                let (lead, follow) = if swap { (two, one) } else { (one, two) };
                let (along_lead, along_follow, point) = exact::crossing(lead.0, lead.1, follow.0, follow.1);
                let (along_first, along_second) = if swap { (along_follow, along_lead) } else { (along_lead, along_follow) };
                let turned = |at: Fraction, reversed: bool| {
                    if reversed { Fraction { numerator: at.denominator - at.numerator, ..at } } else { at }
                };
                let node = nodes.len() as u32;
                nodes.push(point);
                crossings += 1;
                cuts.push(Cut { segment: first, at: turned(along_first, one.2), node });
                cuts.push(Cut { segment: second, at: turned(along_second, two.2), node });
                self_crossing.extend(segments.owners(first).filter(|unit| segments.owners(second).any(|other| other == *unit)));
            }
        }
    }
    if nodes.len() >= NONE as usize / 2 {
        return Err(Broken("more crossings than the arrangement can number"));
    }
    cuts.par_sort_by(|one, two| one.segment.cmp(&two.segment).then_with(|| one.at.compare(&two.at)).then(one.node.cmp(&two.node)));
    let same = join_equal_crossings(&cuts, nodes.len());
    segments.first.resize(nodes.len(), NONE);
    let mut dead = vec![false; segments.edges.len()];
    let mut moved: Vec<Moved> = Vec::new();
    let mut path: Vec<u32> = Vec::new();
    let mut rest = cuts.as_slice();
    while let Some(cut) = rest.first() {
        let segment = cut.segment;
        let count = rest.iter().take_while(|other| other.segment == segment).count();
        let (own, later) = rest.split_at(count);
        rest = later;
        let edge = segments.edges[segment as usize];
        dead[segment as usize] = true;
        path.clear();
        path.push(edge.ends[0]);
        for cut in own {
            let node = same.find(cut.node);
            if path.last() != Some(&node) {
                path.push(node);
            }
        }
        path.push(edge.ends[1]);
        let owners: Vec<u32> = segments.owners(segment).collect();
        let mut change = 0i128;
        for (from, to) in path.iter().zip(path.iter().skip(1)) {
            let (piece, _) = segments.between(*from, *to, edge.line);
            if piece as usize >= dead.len() {
                dead.resize(piece as usize + 1, false);
            } else if dead[piece as usize] {
                return Err(Broken("a segment was split into itself"));
            }
            for unit in &owners {
                segments.toggle(piece, *unit);
            }
            change += shoelace(nodes[*from as usize], nodes[*to as usize]);
        }
        let (p, q) = (nodes[edge.ends[0] as usize], nodes[edge.ends[1] as usize]);
        change -= shoelace(p, q);
        if change != 0 {
            moved.push(if p <= q { (p, q, change) } else { (q, p, -change) });
        }
    }
    self_crossing.sort_unstable();
    self_crossing.dedup();
    let mut noded = Noded { vertices, self_crossing, crossings, ..Noded::default() };
    noded.edges.reserve(segments.edges.len());
    noded.owner_ends.reserve(segments.edges.len());
    for (index, edge) in segments.edges.iter().enumerate() {
        if dead[index] || segments.heads[index] == NONE {
            continue;
        }
        let start = noded.owners.len();
        noded.owners.extend(segments.owners(index as u32));
        noded.owners[start..].sort_unstable();
        noded.edges.push(*edge);
        noded.owner_ends.push(noded.owners.len() as u32);
    }
    noded.nodes = nodes;
    Ok((noded, moved))
}

#[inline]
fn shoelace(p: Point, q: Point) -> i128 {
    i128::from(p.x) * i128::from(q.y) - i128::from(q.x) * i128::from(p.y)
}

/// By how much the rounding of crossings changed the shoelace sum of each unit's rings, which run through a segment one way or the other.
fn corrections(layers: &[&Rings], mut moved: Vec<Moved>) -> Vec<(u32, i128)> {
    moved.sort_unstable();
    let mut corrections = Vec::new();
    let mut unit_number = 0u32;
    for rings in layers {
        for unit in 0..rings.units() {
            let mut total = 0i128;
            for ring in rings.unit(unit) {
                for (p, q) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
                    let (low, high, sign) = if p <= q { (*p, *q, 1) } else { (*q, *p, -1) };
                    if let Ok(at) = moved.binary_search_by(|entry| (entry.0, entry.1).cmp(&(low, high))) {
                        total += sign * moved[at].2;
                    }
                }
            }
            if total != 0 {
                corrections.push((unit_number, total));
            }
            unit_number += 1;
        }
    }
    corrections
}

/// Nodes that are one: crossings at the same place of the same segment are one point, since three segments may go through it.
struct Same(Vec<u32>);

impl Same {
    fn find(&self, mut node: u32) -> u32 {
        while self.0[node as usize] != node {
            node = self.0[node as usize];
        }
        node
    }
}

fn join_equal_crossings(cuts: &[Cut], nodes: usize) -> Same {
    let mut same = Same((0..nodes as u32).collect());
    for pair in cuts.windows(2) {
        let [one, two] = pair else { continue };
        if one.segment == two.segment && one.node != two.node && one.at.compare(&two.at) == Ordering::Equal {
            let (a, b) = (same.find(one.node), same.find(two.node));
            same.0[a.max(b) as usize] = a.min(b);
        }
    }
    same
}
