//! Two layers.

use super::arrangement::Arrangement;
use super::faces::Faces;
use super::gathered::Gathered;
use super::noding::Broken;
use super::pairwise;
use super::tiles::Sums;
use crate::domain::{Finding, Grid, Layer, Point, Proof, Rings};

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
/// faces, exactly, and the area of its faces against an independent overlay when the layer is built (`layers::build`). What the pairwise
/// fallback computed holds within four square steps a step of boundary.
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
    /// Units that had to be computed again ([`pairwise`]).
    pub findings: Vec<Finding>,
    /// Closure of both sides.
    pub proofs: Vec<Proof>,
}

/// Overlays two layers of one grid.
///
/// # Errors
/// [`Broken`] when neither the arrangement nor the pairwise fallback can be proved; nothing may be published then.
pub fn overlay(left: &Layer, right: &Layer) -> Result<Overlay, Broken> {
    Ok(Overlaid::of(left, right)?.overlay)
}

/// An overlay with the arrangement it came from, from which polygons can be drawn.
pub struct Overlaid<'a> {
    /// Pairs, totals and proofs.
    pub overlay: Overlay,
    /// `None` where the overlay was computed pair by pair.
    pub(super) arrangement: Option<Arrangement<'a>>,
}

impl<'a> Overlaid<'a> {
    /// Overlays two layers of one grid and keeps what it takes to draw the result.
    ///
    /// # Errors
    /// As [`overlay`].
    pub fn of(left: &'a Layer, right: &'a Layer) -> Result<Self, Broken> {
        match Arrangement::of(&[&left.rings, &right.rings]) {
            Ok(arrangement) => Ok(Self { overlay: from_faces(left, right, &arrangement)?, arrangement: Some(arrangement) }),
            Err(broken) if broken.is_crowded() || broken.is_heaped() => Err(broken),
            Err(broken) => Ok(Self { overlay: by_pairs(left, right, broken)?, arrangement: None }),
        }
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
    let mut result = Overlay {
        pairs: Vec::new(),
        left: totals(left),
        right: totals(right),
        crossings: faces.crossings(),
        findings: Vec::new(),
        proofs: Vec::new(),
    };
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
    /// Proves both sides; units that fail are computed again alone and proved again.
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

/// Units of which the bounding box meets that of another unit, by unit.
fn candidates(left: &Rings, right: &Rings) -> Vec<Vec<usize>> {
    let boxes = |rings: &Rings| -> Vec<Option<(Point, Point)>> {
        (0..rings.units())
            .map(|unit| {
                rings.unit(unit).flatten().fold(None, |bounds: Option<(Point, Point)>, p| {
                    let (min, max) = bounds.unwrap_or((*p, *p));
                    Some((Point { x: min.x.min(p.x), y: min.y.min(p.y) }, Point { x: max.x.max(p.x), y: max.y.max(p.y) }))
                })
            })
            .collect()
    };
    let rights = boxes(right);
    boxes(left)
        .into_iter()
        .map(|bounds| {
            let Some((min, max)) = bounds else { return Vec::new() };
            let meets = |other: &Option<(Point, Point)>| {
                other.is_some_and(|(omin, omax)| min.x <= omax.x && omin.x <= max.x && min.y <= omax.y && omin.y <= max.y)
            };
            rights.iter().enumerate().filter(|(_, other)| meets(other)).map(|(unit, _)| unit).collect()
        })
        .collect()
}

/// The whole overlay pair by pair, for input that the arrangement could not take. Proved within the rounding of i_overlay.
fn by_pairs(left: &Layer, right: &Layer, broken: Broken) -> Result<Overlay, Broken> {
    let near = candidates(&left.rings, &right.rings);
    let side = |layer: &Layer| SideTotals {
        whole: (0..layer.rings.units())
            .map(|unit| Extent { doubled_area: pairwise::area(&layer.rings, unit), boundary: perimeter(&layer.rings, unit) })
            .collect(),
        outside: vec![Extent::default(); layer.rings.units()],
        excess: vec![0; layer.rings.units()],
    };
    let (mut lefts, mut rights) = (side(left), side(right));
    let mut pairs = Vec::new();
    let mut near_right: Vec<Vec<usize>> = vec![Vec::new(); right.rings.units()];
    for (unit, others) in near.iter().enumerate() {
        for other in others {
            near_right[*other].push(unit);
            let doubled_area = pairwise::shared_area(&left.rings, unit, &right.rings, *other);
            if doubled_area > 0 {
                // The boundary of the shared part is not traced here: that of the smaller unit is the bound that is at hand.
                let boundary = perimeter(&left.rings, unit).min(perimeter(&right.rings, *other));
                pairs.push(Pair { left: unit, right: *other, extent: Extent { doubled_area, boundary } });
            }
        }
        lefts.outside[unit].doubled_area = pairwise::uncovered_area(&left.rings, unit, &right.rings, others);
    }
    for (unit, others) in near_right.iter().enumerate() {
        rights.outside[unit].doubled_area = pairwise::uncovered_area(&right.rings, unit, &left.rings, others);
    }
    let mut result = Overlay { pairs, left: lefts, right: rights, crossings: 0, findings: Vec::new(), proofs: Vec::new() };
    for (layer, other, is_left) in [(left, right, true), (right, left, false)] {
        let totals = if is_left { &result.left } else { &result.right };
        let sums = result.sums(is_left, layer.rings.units());
        let mut worst = 0i128;
        for (unit, sum) in sums.iter().enumerate() {
            let difference = (sum + totals.outside[unit].doubled_area - totals.whole[unit].doubled_area).abs();
            // Each piece's corners move by less than a step: at most two square steps a step of boundary, for each side of the line.
            if difference > 4 * perimeter(&layer.rings, unit) {
                return Err(broken);
            }
            worst = worst.max(difference);
        }
        result.proofs.push(Proof {
            name: "pieces plus measured outside sum to each unit, doubled square grid steps, pairwise".to_owned(),
            subject: format!("{} over {}: {} units, largest difference", layer.id, other.id, layer.areas.len()),
            expected: "0".to_owned(),
            got: worst.to_string(),
            tolerance: "4 times the unit's boundary in grid steps".to_owned(),
            holds: true,
        });
    }
    result.findings.push(
        Finding::new(
            "DQ-13",
            format!("the overlay of {} and {} was computed pair by pair, because {}", left.id, right.id, broken.0),
            "computed again",
        )
        .layer(left.id.clone()),
    );
    Ok(result)
}

fn perimeter(rings: &Rings, unit: usize) -> i128 {
    rings
        .unit(unit)
        .flat_map(|ring| ring.iter().zip(ring.iter().skip(1).chain(ring.first())))
        .map(|(p, q)| i128::from(super::exact::length(super::exact::vector(*p, *q))))
        .sum()
}

/// A part of the plane by what covers it: a unit of the left layer and one of the right; `None` = outside that layer.
pub type Part = (Option<usize>, Option<usize>);

/// The units of a label, or `None` once where there is none.
pub(super) fn units_or_none(units: &[u32]) -> impl Iterator<Item = Option<usize>> {
    units.iter().map(|unit| Some(*unit as usize)).chain(units.is_empty().then_some(None))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::{Area, Role};

    fn layer(id: &str, units: &[&[(i64, i64)]]) -> Layer {
        let mut rings = Rings::new();
        let mut areas = Vec::new();
        for (unit, ring) in units.iter().enumerate() {
            rings.push_ring(ring.iter().map(|(x, y)| Point { x: x * 1_000_000_000, y: y * 1_000_000_000 }));
            rings.end_unit();
            areas.push(Area {
                code: format!("{id}{unit}"),
                name: None,
                area_m2: 0.0,
                people: None,
                parts: 1,
                holes: 0,
                vertices: ring.len(),
                repaired: false,
                attributes: BTreeMap::new(),
            });
        }
        Layer {
            id: id.to_owned(),
            role: Role::Other,
            kind: String::new(),
            resolution_m: 0.0,
            clip: None,
            valid_from: None,
            valid_to: None,
            areas,
            rings,
            populations: BTreeMap::new(),
        }
    }

    #[test]
    fn the_fallback_finds_what_the_arrangement_finds_and_says_that_it_ran() {
        // A triangle and a square beside it, under two squares: slanted edges cross where no grid point is.
        let left = layer("l", &[&[(0, 0), (10, 0), (3, 7)], &[(10, 0), (20, 0), (20, 7)]]);
        let right = layer("r", &[&[(1, 1), (9, 1), (9, 6), (1, 6)], &[(9, 1), (30, 1), (30, 6), (9, 6)]]);
        let engine = overlay(&left, &right).unwrap();
        let fallback = by_pairs(&left, &right, Broken("a test asked for it")).unwrap();
        assert!(engine.findings.is_empty());
        assert_eq!(fallback.findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["DQ-13"]);
        let found = |result: &Overlay| result.pairs.iter().map(|pair| (pair.left, pair.right)).collect::<Vec<_>>();
        assert_eq!(found(&engine), found(&fallback));
        // Both round crossings to a step, and no boundary here is longer than 80 m: 4 * 80e9 doubled square steps.
        let near = |one: i128, other: i128| assert!((one - other).abs() <= 4 * 80_000_000_000, "{one} {other}");
        for (one, other) in engine.pairs.iter().zip(&fallback.pairs) {
            near(one.extent.doubled_area, other.extent.doubled_area);
        }
        for (one, other) in [(&engine.left, &fallback.left), (&engine.right, &fallback.right)] {
            for unit in 0..2 {
                near(one.whole[unit].doubled_area, other.whole[unit].doubled_area);
                near(one.outside[unit].doubled_area, other.outside[unit].doubled_area);
            }
        }
    }

    #[test]
    fn the_fallback_refuses_what_it_cannot_prove() {
        // Two right units that overlap each other: what they cover twice would be counted twice, so the sums do not close.
        let left = layer("l", &[&[(0, 0), (20, 0), (20, 10), (0, 10)]]);
        let right = layer("r", &[&[(0, 0), (11, 0), (11, 10), (0, 10)], &[(9, 0), (20, 0), (20, 10), (9, 10)]]);
        assert_eq!(by_pairs(&left, &right, Broken("a test asked for it")), Err(Broken("a test asked for it")));
    }
}
