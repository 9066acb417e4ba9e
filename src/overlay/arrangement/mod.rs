//! The arrangement of one, two or three layers: its faces, each labelled with the units of every layer that cover it.
//!
//! Edges run between nodes ([`super::noding`]). Around each node they are sorted by their exact direction, which links half-edges into
//! the cycles that bound faces. Crossing an edge changes a label by exactly the units that own the edge (the even-odd rule), so labels
//! spread from the outside inwards over all edges, and *every* edge is checked to agree with the labels on its two sides.

mod moved;
mod settled;
mod strokes;
mod trace;
mod walk;

use std::collections::BTreeMap;

use super::labels::{HEAPED, LabelSets, LabelUnits, OUTSIDE, heaped};
use super::linework::{self, Points};
use super::noding::{self, Broken, Edge, NONE, Noded};
use crate::domain::{Point, Rings};
pub(super) use trace::{Courses, Traced};
use walk::Component;

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
        let (starts, outgoing) = walk::sort_around_nodes(&noded, &points);
        let ((next, (cycle, cycles)), components) = rayon::join(
            || {
                let next = walk::link(&noded, &starts, &outgoing);
                let numbered = walk::number_cycles(&next);
                (next, numbered)
            },
            || walk::components(&noded, &points, &starts, &outgoing),
        );
        let sets = layers.iter().map(|_| LabelSets::for_points(points.len())).collect();
        let mut arrangement = Self { points, noded, bases, sets, next, cycle, labels: Vec::new() };
        let labelled = arrangement.label(layers, &components, cycles);
        // Beyond what can be held labels are wrong, and whatever they contradict is no news.
        if arrangement.is_heaped() {
            return Err(HEAPED);
        }
        labelled?;
        Ok(arrangement)
    }

    /// Whether more units lie upon each other than can be held: in the sets themselves, or in the pairs that faces make of them.
    fn is_heaped(&self) -> bool {
        if self.sets.iter().any(LabelSets::is_over) {
            return true;
        }
        let combinations = |counts: &[usize]| {
            let counts = counts.iter().map(|count| *count as u64);
            // One of every layer together, and two of one.
            let across = counts.clone().fold(1u64, |product, count| product.saturating_mul(count.max(1)));
            counts.fold(across, |sum, count| sum.saturating_add(count.saturating_mul(count.saturating_sub(1)) / 2))
        };
        let largest: Vec<usize> = self.sets.iter().map(LabelSets::largest).collect();
        // Faces, and the lines between two of them.
        let most = self.labels.len().saturating_add(self.noded.edges.len()) as u64;
        if largest.iter().all(|count| *count == 1)
            || !heaped(self.points.len(), std::iter::once(combinations(&largest).saturating_mul(most)))
        {
            return false;
        }
        let between = self.lines_within(|_| 1);
        let between = between.keys().map(|keys| {
            let counts: Vec<usize> = (0..self.layers()).map(|layer| self.common(layer, keys).map_or(0, |units| units.len())).collect();
            combinations(&counts)
        });
        let mut keys = self.labels.clone();
        keys.sort_unstable();
        keys.dedup();
        let several = keys.iter().map(|key| (0..self.layers()).map(|layer| self.units(layer, key[layer]).len()).collect::<Vec<_>>());
        let several = several.filter(|counts| counts.iter().any(|count| *count > 1)).map(|counts| combinations(&counts));
        heaped(self.points.len(), several.chain(between))
    }

    /// Nodes and edges.
    pub fn noded(&self) -> &Noded {
        &self.noded
    }

    /// The nodes and edges alone, without whose they are: what it takes to draw what was traced.
    pub fn into_lines(self) -> Noded {
        let Noded { nodes, vertices, edges, along, .. } = self.noded;
        Noded { nodes, vertices, edges, along, ..Noded::default() }
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

    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.sets.len()
    }

    /// Appends the points along an edge, both nodes included.
    pub fn path(&self, edge: usize, into: &mut Vec<Point>) {
        let Edge { ends, line, arc } = self.noded.edges[edge];
        let [first, last] = ends.map(|node| self.noded.nodes[node as usize]);
        into.push(first);
        if arc != NONE {
            let along = self.points.stretch(line[0], line[1]);
            into.extend_from_slice(&along[1..along.len() - 1]);
        }
        into.push(last);
    }

    /// Area and boundary of every combination of labels, sorted by it; the combination that is outside everything is left out.
    pub fn cells(&self) -> Vec<Cell> {
        self.cells_of(|edge| (self.noded.doubled_area(edge), self.noded.length(edge)))
    }

    /// As [`Arrangement::cells`], of the shoelace sum and the length that are given for each edge.
    pub fn cells_of(&self, of_edge: impl Fn(usize) -> (i128, i64)) -> Vec<Cell> {
        // Faces first: cycles of one face are far apart in number, so sums go by label.
        let mut areas: Vec<Cell> = self.labels.iter().map(|key| Cell { key: *key, doubled_area: 0, boundary: 0 }).collect();
        for (edge, cycles) in self.cycle.chunks_exact(2).enumerate() {
            let [ahead, back] = [cycles[0] as usize, cycles[1] as usize];
            let (along, length) = of_edge(edge);
            areas[ahead].doubled_area += along;
            areas[back].doubled_area -= along;
            if areas[ahead].key != areas[back].key {
                let length = i128::from(length);
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

    /// Length of the lines between two faces, of the length that is given for each edge, by the keys of the two, the smaller first: where a face
    /// is covered by several units of a layer, such a line can lie within a pair that both are part of, and is no boundary of it.
    pub fn lines_within(&self, length: impl Fn(usize) -> i64) -> BTreeMap<[Key; 2], i128> {
        let mut lines: BTreeMap<[Key; 2], i128> = BTreeMap::new();
        if self.sets.iter().all(|sets| sets.largest() == 1) {
            return lines;
        }
        for (edge, cycles) in self.cycle.chunks_exact(2).enumerate() {
            let [one, other] = [self.labels[cycles[0] as usize], self.labels[cycles[1] as usize]];
            if one != other && one.iter().chain(&other).any(|label| LabelSets::is_set(*label)) {
                *lines.entry([one.min(other), one.max(other)]).or_default() += i128::from(length(edge));
            }
        }
        lines
    }

    /// The units of a layer that cover two faces alike, by the keys of the two: those in both, or none where none covers either. `None` where the
    /// two have nothing in common.
    pub fn common(&self, layer: usize, keys: &[Key; 2]) -> Option<Vec<u32>> {
        let [one, other]: [LabelUnits<'_>; 2] = [self.units(layer, keys[0][layer]), self.units(layer, keys[1][layer])];
        let both: Vec<u32> = one.iter().copied().filter(|unit| other.binary_search(unit).is_ok()).collect();
        (!both.is_empty() || one.is_empty() && other.is_empty()).then_some(both)
    }

    /// Calls `visit` for what two faces beside each other have in common, with the length of the lines between them, of the length that is given
    /// for each edge: each face counts those as its boundary, and together they have none there.
    pub fn each_line_within(&self, length: impl Fn(usize) -> i64, mut visit: impl FnMut(&[Vec<u32>], i128)) {
        for (keys, length) in self.lines_within(length) {
            let common: Option<Vec<Vec<u32>>> = (0..self.layers()).map(|layer| self.common(layer, &keys)).collect();
            if let Some(common) = common.filter(|common| common.iter().any(|units| !units.is_empty())) {
                visit(&common, length);
            }
        }
    }

    /// Units of a layer whose boundary passes a node more than once, ascending.
    pub fn touching(&self, layer: usize) -> Vec<u32> {
        let (first, end) = (self.bases[layer], self.bases[layer + 1]);
        let mut degrees = vec![0u32; self.noded.nodes.len()];
        for edge in &self.noded.edges {
            edge.ends.iter().for_each(|node| degrees[*node as usize] += 1);
        }
        let mut passes: Vec<(u32, u32)> = Vec::new();
        for (number, edge) in self.noded.edges.iter().enumerate() {
            for node in edge.ends.into_iter().filter(|node| degrees[*node as usize] > 3) {
                let own = self.noded.owners(number).iter().map(|owner| owner / 2).filter(|number| (first..end).contains(number));
                passes.extend(own.map(|number| (number - first, node)));
            }
        }
        passes.sort_unstable();
        let mut units: Vec<u32> =
            passes.chunk_by(|one, other| one == other).filter(|ends| ends.len() > 3).filter_map(|ends| Some(ends.first()?.0)).collect();
        units.dedup();
        units
    }

    /// Units of a layer of which one stretch of boundary has the inside on its left and another on its right, ascending: rings of which one
    /// runs the wrong way. Every other unit's area by the even-odd rule is the sum of its rings, whatever they enclose.
    pub fn turned(&self, layer: usize) -> Vec<u32> {
        const LEFT: u8 = 1;
        const RIGHT: u8 = 2;
        let (first, end) = (self.bases[layer], self.bases[layer + 1]);
        let mut sides = vec![0u8; (end - first) as usize];
        for edge in 0..self.noded.edges.len() {
            for owner in self.noded.owners(edge) {
                let number = owner / 2;
                if first <= number && number < end {
                    let unit = number - first;
                    // The face on the left of the unit's own direction.
                    let left = self.labels[self.cycle[edge * 2 + (owner % 2) as usize] as usize];
                    let inside = self.units(layer, left[layer]).binary_search(&unit).is_ok();
                    sides[unit as usize] |= if inside { LEFT } else { RIGHT };
                }
            }
        }
        (0u32..).zip(sides).filter(|(_, sides)| *sides == LEFT | RIGHT).map(|(unit, _)| unit).collect()
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

    /// Nodes a half-edge runs from and to.
    #[inline]
    fn ends(&self, half: u32) -> (u32, u32) {
        walk::ends(&self.noded.edges, half)
    }

    /// Spreads labels over all cycles and checks them on every edge.
    fn label(&mut self, layers: &[&Rings], components: &[Component], cycles: usize) -> Result<(), Broken> {
        let bases = locate_components(layers, components, &self.bases)?;
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
                if self.sets.iter().any(LabelSets::is_over) {
                    return Err(HEAPED);
                }
                let key = self.labels[cycle as usize];
                let start = first_half[cycle as usize];
                let mut half = start;
                loop {
                    let mut other = key;
                    let edge = (half >> 1) as usize;
                    let mut owners = self.noded.owners(edge).iter();
                    while let Some(owner) = owners.next() {
                        let (layer, unit) = locate(&self.bases, owner / 2);
                        // Nearly every edge leads from one unit to its neighbour: both at once, without the set of the two between.
                        if let Some(next) = owners.as_slice().first()
                            && next / 2 < self.bases[layer + 1]
                            && (other[layer] == unit || other[layer] == next / 2 - self.bases[layer])
                        {
                            let neighbour = next / 2 - self.bases[layer];
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

/// The units around each component: those that cover its smallest vertex without touching it.
///
/// The component's own edges are never west of it.
fn locate_components(layers: &[&Rings], components: &[Component], bases: &[u32]) -> Result<Vec<Vec<u32>>, Broken> {
    let mut around = vec![Vec::new(); components.len()];
    let points: Vec<Point> = components.iter().map(|component| component.smallest).collect();
    for (layer, rings) in layers.iter().enumerate() {
        let linework = linework::of(rings)?;
        let units = linework::around(linework, rings, &points).ok_or(linework::CROWDED)?;
        for (around, units) in around.iter_mut().zip(units) {
            around.extend(units.into_iter().map(|unit| bases[layer] + unit));
        }
    }
    Ok(around)
}
