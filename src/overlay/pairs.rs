//! Two layers.

use super::arrangement::Arrangement;
use super::faces::Faces;
use super::gathered::Gathered;
use super::noding::Broken;
use super::tiles::Sums;
use crate::domain::{Grid, Layer, Proof};

/// Area and boundary of a part of the plane, in grid steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Twice the area, square grid steps.
    pub doubled_area: i128,
    /// Length of the boundary of all parts and holes, grid steps.
    pub boundary: i128,
}

impl Extent {
    pub(super) fn add(&mut self, other: &Self) {
        self.doubled_area += other.doubled_area;
        self.boundary += other.boundary;
    }

    /// Square metres.
    pub fn square_metres(&self, grid: &Grid) -> f64 {
        grid.square_metres(self.doubled_area)
    }

    /// Metres of boundary.
    pub fn boundary_metres(&self, grid: &Grid) -> f64 {
        self.boundary as f64 / grid.per_metre
    }
}

/// Two units that overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Unit of the left layer.
    pub left: usize,
    /// Unit of the right layer.
    pub right: usize,
    /// What both cover.
    pub extent: Extent,
}

/// Totals of the units of one side. One entry a unit, in the layer's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SideTotals {
    /// The whole unit.
    pub whole: Vec<Extent>,
    /// The part that no unit of the other layer covers, measured on its own faces.
    pub outside: Vec<Extent>,
    /// Twice the area that the other layer covers more than once, counted once for each time too many.
    pub excess: Vec<i128>,
}

/// The overlay of two layers.
///
/// Guarantee: for every valid unit of either side, the areas of its pairs plus `outside` minus `excess` equal the shoelace sum of its own
/// rings in grid units exactly, a figure that no label enters. A unit that was not valid has no such sum: its pairs are held against its
/// faces, exactly, and the area of its faces against an independent overlay when the layer is built (`layers::build`).
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// Every overlapping pair, sorted by (left, right).
    pub pairs: Vec<Pair>,
    /// Totals of the left units.
    pub left: SideTotals,
    /// Totals of the right units.
    pub right: SideTotals,
    /// Number of crossings of boundaries.
    pub crossings: usize,
    /// Closure of both sides.
    pub proofs: Vec<Proof>,
}

/// Overlays two layers of one grid.
///
/// # Errors
/// [`Broken`] when the arrangement contradicts itself or cannot be proved; nothing may be published then.
pub fn overlay(left: &Layer, right: &Layer) -> Result<Overlay, Broken> {
    Ok(Overlaid::of(left, right)?.overlay)
}

/// An overlay with the arrangement it came from, from which polygons can be drawn.
pub struct Overlaid<'a> {
    /// Pairs, totals and proofs.
    pub overlay: Overlay,
    pub(super) arrangement: Arrangement<'a>,
}

impl<'a> Overlaid<'a> {
    /// Overlays two layers of one grid and keeps what it takes to draw the result.
    ///
    /// # Errors
    /// As [`overlay`].
    pub fn of(left: &'a Layer, right: &'a Layer) -> Result<Self, Broken> {
        let arrangement = Arrangement::of(&[&left.rings, &right.rings])?;
        Ok(Self { overlay: from_faces(left, right, &arrangement)?, arrangement })
    }
}

/// The overlay of two layers from the sums of all their tiles, proved as [`overlay`] proves its own.
///
/// # Errors
/// [`Broken`] when the sums are not those of these layers, each tile once, or a unit's pieces do not sum to it.
pub fn overlay_of(left: &Layer, right: &Layer, sums: &Sums) -> Result<Overlay, Broken> {
    sums.are_whole(&[&left.rings, &right.rings])?;
    from_faces(left, right, sums)
}

fn from_faces(left: &Layer, right: &Layer, faces: &dyn Faces) -> Result<Overlay, Broken> {
    let totals = |layer: &Layer| SideTotals {
        whole: vec![Extent::default(); layer.rings.units()],
        outside: vec![Extent::default(); layer.rings.units()],
        excess: vec![0; layer.rings.units()],
    };
    let mut result =
        Overlay { pairs: Vec::new(), left: totals(left), right: totals(right), crossings: faces.crossings(), proofs: Vec::new() };
    let points = left.rings.points().len() + right.rings.points().len();
    let mut pairs = Gathered::new(points, |pair: &Pair| (pair.left, pair.right), |kept, later| kept.extent.add(&later.extent));
    faces.each(&mut |units, extent| {
        let [lefts, rights] = units else { return };
        for unit in lefts.iter() {
            tally(&mut result.left, *unit as usize, &extent, rights.len());
            rights.iter().for_each(|other| pairs.push(Pair { left: *unit as usize, right: *other as usize, extent }));
        }
        for unit in rights.iter() {
            tally(&mut result.right, *unit as usize, &extent, lefts.len());
        }
    });
    result.pairs = pairs.finish()?;
    let left_sums = faces.ring_sums(0, &left.rings)?;
    let right_sums = faces.ring_sums(1, &right.rings)?;
    result.prove(left, right, &left_sums, &right_sums)?;
    // After the proof: crossings that round onto each other can leave a face without area, or with less than none by a few square steps.
    result.pairs.retain(|pair| pair.extent.doubled_area > 0);
    Ok(result)
}

fn tally(side: &mut SideTotals, unit: usize, extent: &Extent, others: usize) {
    side.whole[unit].add(extent);
    match others {
        0 => side.outside[unit].add(extent),
        _ => side.excess[unit] += extent.doubled_area * (others as i128 - 1),
    }
}

impl Overlay {
    /// Proves both sides.
    fn prove(&mut self, left: &Layer, right: &Layer, left_sums: &[i128], right_sums: &[i128]) -> Result<(), Broken> {
        let _timed = tracing::info_span!("proof").entered();
        let failing_left = unproved(left, &self.left, left_sums, &self.sums(true, left.rings.units()));
        let failing_right = unproved(right, &self.right, right_sums, &self.sums(false, right.rings.units()));
        if !failing_left.is_empty() || !failing_right.is_empty() {
            return Err(Broken("a unit's pieces do not sum to it"));
        }
        for (layer, other, totals, sums, is_left) in
            [(left, right, &self.left, left_sums, true), (right, left, &self.right, right_sums, false)]
        {
            let pieces: i128 = self.sums(is_left, layer.rings.units()).iter().sum::<i128>()
                + totals.outside.iter().map(|extent| extent.doubled_area).sum::<i128>()
                - totals.excess.iter().sum::<i128>();
            // Valid units are held against their own rings, the others against their faces (their rings are proved in `layers`).
            let expected: i128 = layer
                .areas
                .iter()
                .zip(sums)
                .zip(&totals.whole)
                .map(|((area, sum), whole)| if area.repaired { whole.doubled_area } else { *sum })
                .sum();
            self.proofs.push(Proof::exact(
                "pieces plus measured outside sum to each unit, doubled square grid steps",
                format!("{} over {}: {} units", layer.id, other.id, layer.areas.len()),
                expected,
                pieces,
            ));
        }
        Ok(())
    }

    /// Every pair and every uncovered part that has land, sorted.
    pub fn parts_with_land(&self) -> Vec<Part> {
        let uncovered = |totals: &SideTotals| -> Vec<usize> {
            totals.outside.iter().enumerate().filter(|(_, extent)| extent.doubled_area > 0).map(|(unit, _)| unit).collect()
        };
        let pairs = self.pairs.iter().map(|pair| (Some(pair.left), Some(pair.right)));
        let left = uncovered(&self.left).into_iter().map(|unit| (Some(unit), None));
        let right = uncovered(&self.right).into_iter().map(|unit| (None, Some(unit)));
        let mut parts: Vec<Part> = pairs.chain(left).chain(right).collect();
        parts.sort_unstable();
        parts
    }

    /// Sum of each unit's pairs.
    fn sums(&self, left: bool, units: usize) -> Vec<i128> {
        let mut sums = vec![0; units];
        for pair in &self.pairs {
            sums[if left { pair.left } else { pair.right }] += pair.extent.doubled_area;
        }
        sums
    }
}

/// Units for which pairs plus outside less excess is not their own area.
fn unproved(layer: &Layer, totals: &SideTotals, ring_sums: &[i128], pair_sums: &[i128]) -> Vec<usize> {
    (0..layer.rings.units())
        .filter(|unit| {
            let pieces = pair_sums[*unit] + totals.outside[*unit].doubled_area - totals.excess[*unit];
            let repaired = layer.areas.get(*unit).is_some_and(|area| area.repaired);
            if repaired { pieces != totals.whole[*unit].doubled_area } else { pieces != ring_sums[*unit] }
        })
        .collect()
}

/// A part of the plane by what covers it: a unit of the left layer and one of the right; `None` = outside that layer.
pub type Part = (Option<usize>, Option<usize>);

/// The units of a label, or `None` once where there is none.
pub(super) fn units_or_none(units: &[u32]) -> impl Iterator<Item = Option<usize>> {
    units.iter().map(|unit| Some(*unit as usize)).chain(units.is_empty().then_some(None))
}
