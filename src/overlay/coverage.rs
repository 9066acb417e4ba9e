//! One layer by itself: is it a coverage, and what do its rings bound?

use rayon::prelude::*;

use super::arrangement::Arrangement;
use super::gathered::Gathered;
use super::labels::OUTSIDE;
use super::noding::Broken;
use super::polygons;
use crate::domain::{Loops, Rings, geometry};

/// What one layer's rings are, measured on its own arrangement. Areas are doubled, in square grid steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    /// Area of each unit by the even-odd rule.
    pub areas: Vec<i128>,
    /// Absolute value of the signed ring sum of each unit, crossings rounded the same way: equal to `areas` for every unit that is in none of
    /// `self_crossing`, `doubled` and `turned`; for others by chance.
    pub ring_sums: Vec<i128>,
    /// Outer rings and holes of each unit, told by their directions, and of a unit whose rings touch themselves or each other as they are once
    /// they do not: true of every unit that is valid.
    pub rings: Vec<(usize, usize)>,
    /// Units whose boundary crosses itself, ascending.
    pub self_crossing: Vec<usize>,
    /// Units with a boundary segment that is there twice (a spike, or one ring twice), ascending.
    pub doubled: Vec<usize>,
    /// Units of which a ring runs the wrong way: a hole as its shell does, or a shell against the others. Ascending.
    pub turned: Vec<usize>,
    /// Pairs of units that overlap, ascending, with the area of the overlap.
    pub overlaps: Vec<(usize, usize, i128)>,
    /// Areas of the holes inside the layer that no unit fills.
    pub gaps: Vec<i128>,
    /// Area of the union of all units.
    pub union: i128,
    /// What units beyond the first cover: the sum of unit areas less the union.
    pub excess: i128,
}

/// Measures one layer.
///
/// # Errors
/// [`Broken`] when the arrangement contradicts itself.
pub fn inspect(rings: &Rings) -> Result<Coverage, Broken> {
    let _timed = tracing::info_span!("validate").entered();
    let arrangement = Arrangement::of(&[rings])?;
    let mut coverage = Coverage { areas: vec![0; rings.units()], gaps: arrangement.gaps(), ..Coverage::default() };
    type Overlap = (usize, usize, i128);
    let mut overlaps = Gathered::new(rings.points().len(), |pair: &Overlap| (pair.0, pair.1), |kept, later| kept.2 += later.2);
    for cell in arrangement.cells() {
        let units = arrangement.units(0, cell.key[0]);
        for (at, unit) in units.iter().enumerate() {
            coverage.areas[*unit as usize] += cell.doubled_area;
            units[at + 1..].iter().for_each(|other| overlaps.push((*unit as usize, *other as usize, cell.doubled_area)));
        }
        coverage.union += cell.doubled_area;
        coverage.excess += cell.doubled_area * (units.len() as i128 - 1);
    }
    coverage.overlaps = overlaps.finish()?;
    coverage.ring_sums = ring_sums(rings, 0, &arrangement)?;
    coverage.rings = counted(rings);
    let noded = arrangement.noded();
    coverage.self_crossing = noded.self_crossing.iter().map(|unit| *unit as usize).collect();
    coverage.turned = arrangement.turned(0).into_iter().map(|unit| unit as usize).collect();
    coverage.doubled = noded.doubled.iter().map(|unit| *unit as usize).collect();
    let touching = arrangement.touching(0);
    if !touching.is_empty() {
        let mut groups = vec![None; rings.units()];
        touching.iter().enumerate().for_each(|(group, unit)| groups[*unit as usize] = Some(group));
        for (unit, loops) in touching.iter().zip(traced(&arrangement, &groups, touching.len())?) {
            let outline = polygons::assemble(loops);
            coverage.rings[*unit as usize] = (outline.len(), outline.holes());
        }
    }
    Ok(coverage)
}

/// Which rings of a unit are holes, in their order: those that run against the unit's largest ring and lie in its shells for more than
/// half of their area. One that runs that way anywhere else is a shell drawn the wrong way round.
///
/// # Errors
/// [`Broken`] when the arrangement contradicts itself.
pub fn holes(rings: &Rings, unit: usize) -> Result<Vec<bool>, Broken> {
    let mut single = Rings::new();
    let mut areas = Vec::new();
    for ring in rings.unit(unit) {
        single.push_ring(ring.iter().copied());
        single.end_unit();
        areas.push(geometry::doubled_area(ring));
    }
    let largest = areas.iter().copied().max_by_key(|area| area.abs()).unwrap_or(0);
    let mut holes: Vec<bool> = areas.iter().map(|area| (*area > 0) != (largest > 0)).collect();
    if !holes.contains(&true) {
        return Ok(holes);
    }
    // For each ring, the area that it has in shells and in all.
    let mut covered = vec![(0i128, 0i128); areas.len()];
    let arrangement = Arrangement::of(&[&single])?;
    for cell in arrangement.cells() {
        let around = arrangement.units(0, cell.key[0]);
        let in_shell = around.iter().any(|ring| !holes[*ring as usize]);
        for ring in around.iter() {
            covered[*ring as usize].0 += if in_shell { cell.doubled_area } else { 0 };
            covered[*ring as usize].1 += cell.doubled_area;
        }
    }
    for (hole, (in_shell, whole)) in holes.iter_mut().zip(covered) {
        *hole &= 2 * in_shell > whole;
    }
    Ok(holes)
}

/// Two units of one layer that share boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// The units, the smaller first.
    pub units: (usize, usize),
    /// Length of the edges that both own, grid steps.
    pub length: i64,
}

/// Pairs of units of one layer that share boundary, ascending: the edges that exactly two units own, added up.
///
/// Units that touch in points alone share none. Units that were digitised apart and do not meet vertex by vertex share only what
/// coincides.
///
/// # Errors
/// [`Broken`] when the arrangement contradicts itself.
pub fn shared_boundaries(rings: &Rings) -> Result<Vec<Shared>, Broken> {
    let arrangement = Arrangement::of(&[rings])?;
    let noded = arrangement.noded();
    let mut shared: Vec<Shared> = Vec::new();
    for number in 0..noded.edges.len() {
        if let [one, other] = *noded.owners(number) {
            let [one, other] = [one / 2, other / 2];
            shared.push(Shared { units: (one.min(other) as usize, one.max(other) as usize), length: noded.length(number) });
        }
    }
    shared.sort_unstable_by_key(|pair| pair.units);
    shared.dedup_by(|later, kept| {
        let same = later.units == kept.units;
        if same {
            kept.length = kept.length.saturating_add(later.length);
        }
        same
    });
    shared.retain(|pair| pair.length > 0 && pair.units.0 != pair.units.1);
    Ok(shared)
}

/// Absolute value of the signed sum of each unit's rings, with the arrangement's crossings rounded as it rounds them.
pub(super) fn ring_sums(rings: &Rings, layer: usize, arrangement: &Arrangement<'_>) -> Result<Vec<i128>, Broken> {
    let mut sums = vec![0i128; rings.units()];
    for ((unit, _), area) in rings.ranges().zip(rings.ring_areas()) {
        sums[unit] += area;
    }
    for (number, change) in &arrangement.noded().corrections {
        let (of, unit) = arrangement.locate(*number);
        if of == layer {
            sums[unit as usize] += change;
        }
    }
    Ok(sums.into_iter().map(i128::abs).collect())
}

/// Rings of each unit that run the way most of its area does, and the others.
pub fn counted(rings: &Rings) -> Vec<(usize, usize)> {
    let areas = rings.ring_areas();
    let mut sums = vec![0i128; rings.units()];
    for ((unit, _), area) in rings.ranges().zip(areas) {
        sums[unit] += area;
    }
    let mut counts = vec![(0, 0); rings.units()];
    for ((unit, _), area) in rings.ranges().zip(areas) {
        if (*area > 0) == (sums[unit] > 0) { counts[unit].0 += 1 } else { counts[unit].1 += 1 }
    }
    counts
}

/// The boundaries of groups of units: rings that are simple, outer ones counter-clockwise, holes clockwise.
///
/// `groups[unit]` is the group of a unit (`None` = in no group); what several units of a group cover is covered once.
///
/// # Errors
/// [`Broken`] when the arrangement contradicts itself.
pub fn dissolve(rings: &Rings, groups: &[Option<usize>], count: usize) -> Result<Vec<Loops>, Broken> {
    traced(&Arrangement::of(&[rings])?, groups, count)
}

/// The boundaries of groups of units of an arrangement of one layer.
fn traced(arrangement: &Arrangement<'_>, groups: &[Option<usize>], count: usize) -> Result<Vec<Loops>, Broken> {
    let _timed = tracing::info_span!("assemble").entered();
    let traced = arrangement.trace(count, &|key, into| {
        if key[0] == OUTSIDE {
            return;
        }
        let start = into.len();
        for unit in arrangement.units(0, key[0]).iter() {
            if let Some(group) = groups.get(*unit as usize).copied().flatten() {
                let group = group as u32;
                if !into[start..].contains(&group) {
                    into.push(group);
                }
            }
        }
    })?;
    (0..count).into_par_iter().map(|group| traced.draw(group)).collect()
}
