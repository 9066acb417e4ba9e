//! Linework: the boundaries of one layer, or of several, as arcs. Each stretch of boundary is there once, with the units that have it.
//!
//! Most of an administrative boundary is shared: by two units of a layer, and by the layers drawn from it, vertex for vertex. So before
//! anything is computed, stretches that are the same are found by their vertices ([`runs`]), what remains is searched for contacts
//! ([`search`]), and the boundaries are cut into arcs ([`arcs`]): stretches of many edges that share nothing with other arcs but their two
//! ends and crossings. Only the few edges that touch another or lie on it ("loose") need nodes at all their vertices ([`super::noding`]).
//!
//! Positions number the points of all layers through, in order; the edge of a position leads to the position after it.

mod arcs;
mod around;
mod bits;
mod milestones;
mod runs;
mod search;

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::noding::Broken;
use crate::domain::linework::{Linework, Milestone, Owner};
use crate::domain::{Point, Rings, Tree};
pub(in crate::overlay) use around::around;
pub(in crate::overlay) use bits::Bits;
use runs::Runs;
use search::Met;
pub use search::POINTS as POINTS_THAT_CROSS;
pub(in crate::overlay) use search::{block, near};

/// The points of one layer or several, by position.
#[derive(Debug, Clone)]
pub(in crate::overlay) struct Points<'a> {
    layers: Vec<&'a [Point]>,
    /// First position of each layer, and the number of positions.
    pub bases: Vec<u32>,
    /// The milestones of each layer, once its linework is made.
    milestones: Vec<&'a [Milestone]>,
    /// Crossings that any of the layers allows beyond one a point; `None` = what can be held.
    crossings: Option<u64>,
}

impl<'a> Points<'a> {
    /// The points of some layers; `None` when there are more than can be numbered.
    pub fn of(layers: &[&'a Rings]) -> Option<Self> {
        let mut bases = vec![0u32];
        for rings in layers {
            let base = bases.last().copied().unwrap_or(0);
            bases.push(u32::try_from(rings.points().len()).ok().and_then(|points| base.checked_add(points))?);
        }
        // Positions are doubled and halved, and the largest number stands for none.
        let crossings = layers.iter().map(|rings| rings.crossings()).reduce(|one, other| Some(one?.max(other?))).flatten();
        (*bases.last()? < u32::MAX / 2).then(|| Self {
            layers: layers.iter().map(|rings| rings.points()).collect(),
            bases,
            milestones: Vec::new(),
            crossings,
        })
    }

    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    #[inline]
    fn layer(&self, position: u32) -> usize {
        // Three layers at most.
        self.bases[1..self.layers.len()].iter().filter(|base| **base <= position).count()
    }

    /// The point at a position.
    #[inline]
    pub fn at(&self, position: u32) -> Point {
        let layer = self.layer(position);
        self.layers[layer][(position - self.bases[layer]) as usize]
    }

    /// The points from one position to another, which is in the same layer, both included.
    #[inline]
    pub fn stretch(&self, start: u32, end: u32) -> &'a [Point] {
        let layer = self.layer(start);
        &self.layers[layer][(start - self.bases[layer]) as usize..=(end - self.bases[layer]) as usize]
    }

    /// Number of positions.
    pub fn len(&self) -> usize {
        self.bases.last().copied().unwrap_or(0) as usize
    }
}

/// A stretch of boundary as it is handed to be woven: a ring of a layer, or an arc of a layer's own linework.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: u32,
    end: u32,
    first_owner: u32,
    owner_count: u32,
    /// A single edge that touches another of its layer or lies on it: never matched, always noded.
    loose: bool,
}

/// The linework of one layer, checked against itself; made once for its rings.
///
/// # Errors
/// [`CROWDED`].
pub(in crate::overlay) fn of(rings: &Rings) -> Result<&Linework, Broken> {
    rings.linework(make).ok_or(CROWDED)
}

fn make(rings: &Rings) -> Option<Linework> {
    let points = Points::of(&[rings])?;
    if rings.units() >= UNITS {
        return None;
    }
    let mut lines = Vec::new();
    let mut owners = Vec::new();
    for (unit, range) in rings.ranges() {
        let first_owner = owners.len() as u32;
        owners.push(unit as u32 * 2);
        let (start, end) = (range.start as u32, range.end as u32 - 1);
        lines.push(Line { start, end, first_owner, owner_count: 1, loose: false });
    }
    // Units stand in the order of their codes, points in the order of the file.
    lines.sort_unstable_by_key(|line| line.start);
    weave(&points, &lines, &owners, None)
}

/// Whether the boundaries of a layer cross or crowd each other more than its limit allows.
pub fn is_crowded(rings: &Rings) -> bool {
    of(rings).is_err()
}

/// Why a linework cannot be made. Pair by pair it could not either, so there is no falling back.
pub(in crate::overlay) const CROWDED: Broken =
    Broken("the boundaries cross or crowd each other more often than an overlay can hold, or there are more points than it can number");

/// Units of all layers together: their numbers are doubled, and the largest numbers stand for something else.
const UNITS: usize = (u32::MAX / 8) as usize;

/// The linework of several layers together, from that of each. Units are numbered through.
///
/// # Errors
/// [`CROWDED`].
pub(in crate::overlay) fn join<'a>(layers: &[&'a Rings]) -> Result<(Cow<'a, Linework>, Points<'a>), Broken> {
    let mut points = Points::of(layers).ok_or(CROWDED)?;
    let parts: Vec<&Linework> = layers.par_iter().map(|rings| of(rings)).collect::<Result<_, _>>()?;
    points.milestones = parts.iter().map(|part| part.milestones.as_slice()).collect();
    if layers.iter().map(|rings| rings.units()).sum::<usize>() >= UNITS {
        return Err(CROWDED);
    }
    if let [only] = parts.as_slice() {
        return Ok((Cow::Borrowed(only), points));
    }
    // Room for all at once: growing would touch twice the memory.
    let total = |count: fn(&Linework) -> usize| parts.iter().map(|part| count(part)).sum::<usize>();
    let (mut lines, mut owners) = (Vec::with_capacity(total(|part| part.arcs.len())), Vec::with_capacity(total(|part| part.owners.len())));
    let (mut known, mut doubled) = (Known::default(), Vec::new());
    let mut units = 0u32;
    for (layer, (part, rings)) in parts.iter().zip(layers).enumerate() {
        let base = points.bases[layer];
        let first = lines.len();
        for arc in &part.arcs {
            let first_owner = owners.len() as u32;
            owners.extend(part.owners(arc).iter().map(|owner| owner + units * 2));
            let (start, end) = (arc.start + base, arc.end + base);
            lines.push(Line { start, end, first_owner, owner_count: arc.owner_count, loose: arc.loose });
        }
        known.layers.push(runs::Layer { base, lines: first..lines.len(), landmarks: &part.landmarks, positions: &part.positions });
        known.met.contacts.extend(part.contacts.iter().map(|pair| [pair[0] + base, pair[1] + base]));
        known.met.crossings.extend(part.crossings.iter().map(|pair| [pair[0] + base, pair[1] + base]));
        known.met.close.extend(part.close.iter().map(|edge| edge + base));
        known.trees.push((&part.index, base));
        known.void.extend(part.void.iter().map(|stretch| stretch.start + base..stretch.end + base));
        doubled.extend(part.doubled.iter().map(|unit| unit + units));
        units += rings.units() as u32;
    }
    let mut joined = weave(&points, &lines, &owners, Some(known)).ok_or(CROWDED)?;
    joined.doubled.extend(doubled);
    joined.doubled.sort_unstable();
    joined.doubled.dedup();
    Ok((Cow::Owned(joined), points))
}

/// The points of several layers, as [`join`] numbers them.
///
/// # Errors
/// [`CROWDED`].
pub(in crate::overlay) fn points<'a>(layers: &[&'a Rings]) -> Result<Points<'a>, Broken> {
    let mut points = Points::of(layers).ok_or(CROWDED)?;
    points.milestones = layers.iter().map(|rings| Ok(of(rings)?.milestones.as_slice())).collect::<Result<_, Broken>>()?;
    Ok(points)
}

/// What is known of layers that are woven together, positions numbered through.
#[derive(Default)]
struct Known<'a> {
    /// What the edges of each layer do to each other.
    met: Met,
    /// The lines of each layer.
    layers: Vec<runs::Layer<'a>>,
    /// The index of each layer's edges, and the layer's first position.
    trees: Vec<(&'a Tree, u32)>,
    /// Stretches that bound nothing.
    void: Vec<Range<u32>>,
}

/// Finds what is shared, finds contacts, and cuts arcs. `known` is what is known of layers that are woven together.
fn weave(points: &Points<'_>, lines: &[Line], owners: &[Owner], known: Option<Known<'_>>) -> Option<Linework> {
    let mut nodes = Bits::new(points.len() + 1);
    let timed = tracing::info_span!("runs").entered();
    let (Runs { copies, mut copied }, marks) = match &known {
        None => {
            let (found, marks) = runs::within(points, lines, &mut nodes);
            (found, Some(marks))
        }
        Some(known) => (runs::across(points, lines, &known.layers, &mut nodes), None),
    };
    drop(timed);
    let _timed = tracing::info_span!("crossings").entered();
    let (known, met, (index, milestones)) = match known {
        None => {
            let (met, index) = search::within(points, lines, &copied, &nodes)?;
            (Met::default(), met, index)
        }
        Some(known) => {
            // What bounds nothing meets nothing.
            known.void.iter().for_each(|stretch| copied.set_range(stretch.start, stretch.end));
            (known.met, search::across(points, &known.trees, &copied, &nodes)?, Default::default())
        }
    };
    for position in met.touches {
        nodes.set(position);
    }
    let sorted = |mut one: Vec<[u32; 2]>, mut other: Vec<[u32; 2]>| {
        one.append(&mut other);
        // As one number each: that is compared at once.
        one.par_sort_unstable_by_key(|[first, second]| u64::from(*first) << 32 | u64::from(*second));
        one.dedup();
        one
    };
    let mut close = known.close;
    close.extend(met.close);
    close.par_sort_unstable();
    close.dedup();
    let contacts = sorted(known.contacts, met.contacts);
    let mut crossings = sorted(known.crossings, met.crossings);
    // Of edges that are there again, the first ones are known to cross, or were met just now.
    crossings.retain(|pair| !pair.iter().any(|edge| copied.get(*edge)));
    let mut loose = Bits::new(points.len() + 1);
    for edge in contacts.iter().flatten() {
        loose.set(*edge);
        nodes.set(*edge);
        nodes.set(edge + 1);
    }
    let (mut linework, void) = arcs::cut(lines, owners, &copies, &nodes, &loose, &copied);
    if !void.is_empty() {
        let is_void = |edge: u32| void[..void.partition_point(|stretch| stretch.start <= edge)].last().is_some_and(|last| edge < last.end);
        crossings.retain(|pair| !pair.iter().any(|edge| is_void(*edge)));
    }
    if let Some(mut marks) = marks {
        for arc in linework.arcs.iter().filter(|arc| !arc.loose) {
            for end in [arc.start, arc.end] {
                marks.positions.insert(points.at(end), end);
            }
        }
        (linework.landmarks, linework.positions) = (marks.landmarks, marks.positions);
    }
    linework.close = close;
    linework.contacts = contacts;
    linework.crossings = crossings;
    (linework.index, linework.milestones) = (index, milestones);
    linework.void = void;
    Some(linework)
}
