//! The arrangement of one, two or three layers: its faces, each labelled with the units of every layer that cover it.
//!
//! Edges run between nodes ([`super::noding`]). Around each node they are sorted by their exact direction, which links half-edges into
//! the cycles that bound faces. Crossing an edge changes a label by exactly the units that own the edge (the even-odd rule), so labels
//! spread from the outside inwards over all edges, and *every* edge is checked to agree with the labels on its two sides.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::exact;
use super::labels::{LabelSets, OUTSIDE};
use super::linework::{self, Points};
use super::noding::{self, Broken, Edge, NONE, Noded};
use crate::domain::{Point, Rings};

/// Layers in one arrangement at most.
pub(super) const LAYERS: usize = 3;

/// One label a layer; [`OUTSIDE`] for layers that are not there.
pub(super) type Key = [u32; LAYERS];

/// Area and boundary of all faces with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Labels.
    pub key: Key,
    /// Twice the area in square grid steps.
    pub doubled_area: i128,
    /// Length of the boundary in grid steps.
    pub boundary: i128,
}

/// The boundary of a group of faces.
#[derive(Debug, Clone, Default)]
pub(super) struct Traced {
    /// Closed rings without their closing points: outer rings counter-clockwise, holes clockwise.
    pub rings: Vec<Vec<Point>>,
    /// Whether a crossing is among the points, which is rounded.
    pub rounded: bool,
}

impl Traced {
    /// The rings, simple and apart from each other also where crossings were rounded: if any two edges meet now, they are arranged again by
    /// themselves until none do. What moves is less than a step wide.
    pub fn valid(self) -> Result<Vec<Vec<Point>>, Broken> {
        const ROUNDS: usize = 8;
        let mut traced = self;
        for _ in 0..ROUNDS {
            if !traced.rounded {
                return Ok(traced.rings);
            }
            let mut rings = Rings::with_capacity(traced.rings.iter().map(|ring| ring.len() + 1).sum());
            for ring in &traced.rings {
                rings.push_ring(ring.iter().copied());
            }
            rings.end_unit();
            if linework::is_simple(&rings) {
                return Ok(traced.rings);
            }
            let arrangement = Arrangement::of(&[&rings])?;
            let inside = |key: &Key, into: &mut Vec<u32>| into.extend((key[0] != OUTSIDE).then_some(0));
            traced = arrangement.trace(1, &inside)?.pop().unwrap_or_default();
        }
        Err(Broken("a polygon whose crossings do not settle on the grid"))
    }
}

/// The labelled arrangement.
pub(super) struct Arrangement<'a> {
    points: Points<'a>,
    noded: Noded,
    /// First unit number of each layer, and the number of units in all.
    bases: Vec<u32>,
    /// Interned label sets of each layer.
    sets: Vec<LabelSets>,
    /// Next half-edge of the same cycle.
    next: Vec<u32>,
    /// Cycle of each half-edge.
    cycle: Vec<u32>,
    /// Labels of the face on the left of each cycle.
    labels: Vec<Key>,
}

impl<'a> Arrangement<'a> {
    /// Arranges one to three layers.
    pub fn of(layers: &[&'a Rings]) -> Result<Self, Broken> {
        if layers.len() > LAYERS {
            return Err(Broken("more layers than a label has room for"));
        }
        let mut bases = vec![0u32];
        for rings in layers {
            bases.push(bases.last().copied().unwrap_or(0) + rings.units() as u32);
        }
        let (linework, points) = linework::join(layers)?;
        let timed = tracing::info_span!("crossings").entered();
        let noded = noding::node(&points, &linework)?;
        drop(timed);
        let _timed = tracing::info_span!("walk").entered();
        let (starts, outgoing) = sort_around_nodes(&noded, &points);
        let next = link(&noded, &starts, &outgoing);
        let (cycle, cycles) = number_cycles(&next);
        let mut arrangement =
            Self { points, noded, bases, sets: layers.iter().map(|_| LabelSets::default()).collect(), next, cycle, labels: Vec::new() };
        arrangement.label(layers, &starts, &outgoing, cycles)?;
        Ok(arrangement)
    }

    /// Nodes and edges.
    pub fn noded(&self) -> &Noded {
        &self.noded
    }

    /// The units of a layer that a label stands for.
    pub fn units(&self, layer: usize, label: u32) -> super::labels::LabelUnits<'_> {
        self.sets[layer].units(label)
    }

    /// Layer and unit of a unit number.
    pub fn locate(&self, number: u32) -> (usize, u32) {
        let layer = self.bases.partition_point(|base| *base <= number) - 1;
        (layer, number - self.bases[layer])
    }

    /// Area and boundary of every combination of labels, sorted by it; the combination that is outside everything is left out.
    pub fn cells(&self) -> Vec<Cell> {
        // Faces first: cycles of one face are far apart in number, so sums go by label.
        let mut areas: Vec<Cell> = self.labels.iter().map(|key| Cell { key: *key, doubled_area: 0, boundary: 0 }).collect();
        for (edge, cycles) in self.cycle.chunks_exact(2).enumerate() {
            let [ahead, back] = [cycles[0] as usize, cycles[1] as usize];
            let along = self.noded.doubled_area(edge);
            areas[ahead].doubled_area += along;
            areas[back].doubled_area -= along;
            if areas[ahead].key != areas[back].key {
                let length = i128::from(self.noded.length(edge));
                areas[ahead].boundary += length;
                areas[back].boundary += length;
            }
        }
        areas.retain(|cell| cell.key != [OUTSIDE; LAYERS]);
        areas.sort_unstable_by_key(|cell| cell.key);
        areas.dedup_by(|later, kept| {
            let same = later.key == kept.key;
            if same {
                kept.doubled_area += later.doubled_area;
                kept.boundary += later.boundary;
            }
            same
        });
        areas
    }

    /// Doubled areas of bounded faces that no unit covers (gaps in a single layer).
    pub fn gaps(&self) -> Vec<i128> {
        let mut areas: Vec<i128> = vec![0; self.labels.len()];
        for (half, cycle) in self.cycle.iter().enumerate() {
            if self.labels[*cycle as usize] == [OUTSIDE; LAYERS] {
                let along = self.noded.doubled_area(half / 2);
                areas[*cycle as usize] += if half % 2 == 0 { along } else { -along };
            }
        }
        // Outer cycles of components have a negative sum; what is left are holes that nothing fills.
        areas.retain(|area| *area > 0);
        areas
    }

    /// For each group, the closed rings that bound the faces in it, each simple (no node twice), the group on the left: outer rings
    /// counter-clockwise, holes clockwise. Edges between two faces of a group are left out, so this also dissolves.
    ///
    /// `members` adds the groups of a face with the given key; overlapping units put a face in several. Rings that are simple here may
    /// touch or cross once their crossings are rounded: [`Traced::rounded`] tells which might.
    pub fn trace(&self, groups: usize, members: &dyn Fn(&Key, &mut Vec<u32>)) -> Result<Vec<Traced>, Broken> {
        let mut member_ends: Vec<u32> = Vec::with_capacity(self.labels.len());
        let mut all: Vec<u32> = Vec::with_capacity(self.labels.len());
        for key in &self.labels {
            let start = all.len();
            members(key, &mut all);
            all[start..].sort_unstable();
            member_ends.push(all.len() as u32);
        }
        let of = |half: u32| {
            let cycle = self.cycle[half as usize] as usize;
            let start = if cycle == 0 { 0 } else { member_ends[cycle - 1] as usize };
            &all[start..member_ends[cycle] as usize]
        };
        let bounds = |half: u32, group: u32| of(half).binary_search(&group).is_ok() && of(half ^ 1).binary_search(&group).is_err();
        let mut done: Vec<bool> = vec![false; self.cycle.len()];
        // For the few half-edges of faces in several groups, by group.
        let mut done_of_several: BTreeSet<(u32, u32)> = BTreeSet::new();
        // The half-edges along each ring, end to end, with its group and the end of its half-edges.
        let (mut halves, mut ends): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
        let mut path: Vec<u32> = Vec::new();
        let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
        for start in 0..self.cycle.len() as u32 {
            for group in of(start).iter().copied() {
                let several = of(start).len() > 1;
                let met = if several { done_of_several.contains(&(start, group)) } else { done[start as usize] };
                if met || !bounds(start, group) {
                    continue;
                }
                path.clear();
                seen.clear();
                let mut half = start;
                loop {
                    if of(half).len() > 1 {
                        done_of_several.insert((half, group));
                    } else {
                        done[half as usize] = true;
                    }
                    let (from, _) = self.ends(half);
                    // A node met again closes a simple ring of its own.
                    if let Some(at) = seen.get(&from).copied() {
                        for half in &path[at..] {
                            seen.remove(&self.ends(*half).0);
                        }
                        halves.extend(path.drain(at..));
                        ends.push((group, halves.len()));
                    }
                    seen.insert(from, path.len());
                    path.push(half);
                    // The sharpest left turn that stays on the group's boundary: edges inside the group are passed by.
                    let mut following = self.next[half as usize];
                    let mut turns = 0usize;
                    while !bounds(following, group) {
                        following = self.next[(following ^ 1) as usize];
                        turns += 1;
                        if turns > self.next.len() {
                            return Err(Broken("a boundary does not close"));
                        }
                    }
                    half = following;
                    if half == start {
                        break;
                    }
                }
                halves.append(&mut path);
                ends.push((group, halves.len()));
            }
        }
        let starts = std::iter::once(0).chain(ends.iter().map(|(_, end)| *end));
        let rings: Vec<(u32, &[u32])> = starts.zip(&ends).map(|(start, (group, end))| (*group, &halves[start..*end])).collect();
        let points: Vec<Vec<Point>> = rings.par_iter().map(|(_, ring)| self.points_along(ring)).collect();
        let mut traced: Vec<Traced> = vec![Traced::default(); groups];
        for ((group, ring), points) in rings.into_iter().zip(points) {
            let traced = &mut traced[group as usize];
            traced.rounded |= ring.iter().any(|half| self.ends(*half).0 as usize >= self.noded.vertices);
            if points.len() >= 3 {
                traced.rings.push(points);
            }
        }
        Ok(traced)
    }

    /// The ring along some half-edges, without its closing point.
    fn points_along(&self, ring: &[u32]) -> Vec<Point> {
        let edge = |half: &u32| &self.noded.edges[(half / 2) as usize];
        let inside = |edge: &Edge| if edge.arc == NONE { 0 } else { (edge.line[1] - edge.line[0]) as usize - 1 };
        // Room for all at once: growing would touch twice the memory.
        let mut points: Vec<Point> = Vec::with_capacity(ring.iter().map(|half| 1 + inside(edge(half))).sum());
        for half in ring {
            let edge = edge(half);
            points.push(self.noded.nodes[self.ends(*half).0 as usize]);
            if edge.arc != NONE {
                let along = self.points.stretch(edge.line[0], edge.line[1]);
                let inner = &along[1..along.len() - 1];
                if half % 2 == 0 { points.extend_from_slice(inner) } else { points.extend(inner.iter().rev()) }
            }
        }
        points.dedup();
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        points
    }

    /// Nodes a half-edge runs from and to.
    #[inline]
    fn ends(&self, half: u32) -> (u32, u32) {
        ends(&self.noded.edges, half)
    }

    /// Spreads labels over all cycles and checks them on every edge.
    fn label(&mut self, layers: &[&Rings], starts: &[u32], outgoing: &[u32], cycles: usize) -> Result<(), Broken> {
        let components = components(&self.noded, &self.points, starts, outgoing);
        let bases = locate_components(layers, &components, &self.bases)?;
        self.labels = vec![[OUTSIDE; LAYERS]; cycles];
        let mut labelled = vec![false; cycles];
        let mut first_half = vec![NONE; cycles];
        for (half, cycle) in self.cycle.iter().enumerate().rev() {
            first_half[*cycle as usize] = half as u32;
        }
        let mut waiting: Vec<u32> = Vec::new();
        for (component, base) in components.iter().zip(bases) {
            let outer = self.cycle[component.outer as usize];
            let mut key = [OUTSIDE; LAYERS];
            for unit in base {
                let (layer, unit) = self.locate(unit);
                key[layer] = self.sets[layer].toggle(key[layer], unit);
            }
            if labelled[outer as usize] {
                return Err(Broken("two components share a cycle"));
            }
            self.labels[outer as usize] = key;
            labelled[outer as usize] = true;
            waiting.push(outer);
            while let Some(cycle) = waiting.pop() {
                let key = self.labels[cycle as usize];
                let start = first_half[cycle as usize];
                let mut half = start;
                loop {
                    let mut other = key;
                    let edge = (half >> 1) as usize;
                    let mut owners = self.noded.owners(edge).iter();
                    while let Some(owner) = owners.next() {
                        let (layer, unit) = locate(&self.bases, *owner);
                        // Nearly every edge leads from one unit to its neighbour: both at once, without the set of the two between.
                        if let Some(next) = owners.as_slice().first()
                            && *next < self.bases[layer + 1]
                            && (other[layer] == unit || other[layer] == *next - self.bases[layer])
                        {
                            let neighbour = *next - self.bases[layer];
                            other[layer] = if other[layer] == unit { neighbour } else { unit };
                            owners.next();
                        } else {
                            other[layer] = self.sets[layer].toggle(other[layer], unit);
                        }
                    }
                    let across = self.cycle[(half ^ 1) as usize] as usize;
                    if !labelled[across] {
                        labelled[across] = true;
                        self.labels[across] = other;
                        waiting.push(across as u32);
                    } else if self.labels[across] != other {
                        return Err(Broken("an edge disagrees with the labels on its two sides"));
                    }
                    half = self.next[half as usize];
                    if half == start {
                        break;
                    }
                }
            }
        }
        if labelled.contains(&false) {
            return Err(Broken("a face was not reached"));
        }
        Ok(())
    }
}

#[inline]
fn locate(bases: &[u32], number: u32) -> (usize, u32) {
    let mut layer = 0;
    while bases[layer + 1] <= number {
        layer += 1;
    }
    (layer, number - bases[layer])
}

#[inline]
fn ends(edges: &[Edge], half: u32) -> (u32, u32) {
    let [a, b] = edges[(half >> 1) as usize].ends;
    if half & 1 == 0 { (a, b) } else { (b, a) }
}

/// Exact direction of a half-edge where it leaves.
#[inline]
fn direction(noded: &Noded, points: &Points<'_>, half: u32) -> (i64, i64) {
    noded.leaving(points, (half >> 1) as usize, half & 1 == 1)
}

/// Half-edges that leave each node, counter-clockwise: (start of each node's list, lists end to end).
fn sort_around_nodes(noded: &Noded, points: &Points<'_>) -> (Vec<u32>, Vec<u32>) {
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
fn link(noded: &Noded, starts: &[u32], outgoing: &[u32]) -> Vec<u32> {
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
fn number_cycles(next: &[u32]) -> (Vec<u32>, usize) {
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
struct Component {
    /// Its smallest vertex (west first, then south).
    smallest: Point,
    /// A half-edge with the component's outside on its left.
    outer: u32,
}

/// Where a component's smallest vertex is.
#[derive(Clone, Copy)]
enum Place {
    Node(u32),
    /// Inside an edge that is an arc, at a position.
    Inside(u32, u32),
}

/// The connected components, by their smallest vertex.
fn components(noded: &Noded, points: &Points<'_>, starts: &[u32], outgoing: &[u32]) -> Vec<Component> {
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

/// The units around each component: those that cover its smallest vertex without touching it.
///
/// One ray west from each vertex; the component's own edges are never strictly west of it.
fn locate_components(layers: &[&Rings], components: &[Component], bases: &[u32]) -> Result<Vec<Vec<u32>>, Broken> {
    let mut around = vec![Vec::new(); components.len()];
    for (layer, rings) in layers.iter().enumerate() {
        let linework = linework::of(rings)?;
        around.par_iter_mut().zip(components).for_each(|(around, component)| {
            around.extend(linework::around(linework, rings, component.smallest).into_iter().map(|unit| bases[layer] + unit));
        });
    }
    Ok(around)
}
