//! What the rings of a layer bound, measured once on its own arrangement and held against independent figures.

use std::path::Path;

use rayon::prelude::*;

use super::reason::{Budget, reason};
use super::{Built, missing, unprovable};
use crate::config::LayerPlan;
use crate::domain::{Finding, Grid, Layer, Proof, Rings, Severity, geometry};
use crate::error::{Error, Result};
use crate::overlay::pairwise::{self, ShellsLessHoles};
use crate::overlay::{self, Coverage};

/// Overlapping pairs named one by one; a layer with more gets them summed in one finding.
const NAMED_OVERLAPS: usize = 200;

/// Fills in area, parts, holes, vertices and validity of every area, and finds repairs, overlaps and gaps.
pub(super) fn measure(mut layer: Layer, plan: &LayerPlan, path: &Path, grid: &Grid, mut findings: Vec<Finding>) -> Result<Built> {
    let coverage = overlay::inspect(&layer.rings).map_err(|broken| unprovable(&layer.id, broken))?;
    // So that `value` finds a figure for every unit.
    let units = layer.areas.len();
    if [coverage.areas.len(), coverage.ring_sums.len(), coverage.rings.len()] != [units; 3] {
        return Err(missing(&layer.id, "areas and rings of its units"));
    }
    let file = path.display().to_string();
    let finding =
        |id: &'static str, detail: String, action: &'static str| Finding::new(id, detail, action).layer(plan.id.clone()).file(file.clone());
    let mut worst_valid: i128 = 0;
    let mut checked_again = Vec::new();
    for (unit, area) in layer.areas.iter_mut().enumerate() {
        let (even_odd, signed) = (value(&coverage.areas, unit), value(&coverage.ring_sums, unit));
        area.area_m2 = grid.square_metres(even_odd);
        area.vertices = layer.rings.unit(unit).map(<[_]>::len).sum();
        let crosses = coverage.self_crossing.binary_search(&unit).is_ok();
        let doubled = coverage.doubled.binary_search(&unit).is_ok();
        // The sums can be equal by chance, where one ring that runs the wrong way makes up for another.
        let turned = coverage.turned.binary_search(&unit).is_ok();
        area.repaired = crosses || doubled || turned || even_odd != signed;
        (area.parts, area.holes) = if area.repaired {
            let outline = overlay::assemble(layer.rings.unit(unit).collect());
            (outline.len(), outline.holes())
        } else {
            coverage.rings.get(unit).copied().unwrap_or((0, 0))
        };
        if layer.rings.unit(unit).next().is_none() {
            findings.push(
                finding("DQ-03", "the shape is empty".to_owned(), "kept without area")
                    .code(area.code.clone())
                    .severity(Severity::High)
                    .value(0.0, "m2"),
            );
        } else if even_odd == 0 {
            findings.push(
                finding("DQ-03", "the shape has no area by the even-odd rule".to_owned(), "kept without area")
                    .code(area.code.clone())
                    .severity(Severity::High)
                    .value(0.0, "m2"),
            );
        } else if area.area_m2 < 1.0 && even_odd < 2 * steps(&layer.rings, unit) {
            findings.push(
                finding(
                    "DQ-03",
                    format!(
                        "its area, {:.1e} m2, is less than rounding to the grid can change it by: which share of it lies where is not known",
                        area.area_m2
                    ),
                    "kept; its shares of area mean nothing",
                )
                .code(area.code.clone())
                .severity(Severity::High)
                .value(area.area_m2, "m2"),
            );
        }
        if area.repaired && even_odd != 0 {
            let why = match (crosses, doubled) {
                (true, _) => "its boundary crosses itself",
                (false, true) => "a part of its boundary is there twice",
                (false, false) => "its rings overlap, or a hole runs the same way as its outer ring",
            };
            checked_again.push((unit, why));
        } else if !area.repaired {
            worst_valid = worst_valid.max((even_odd - signed).abs());
        }
    }
    // A second opinion on the units whose rings say nothing by themselves, and what another rule would make of them.
    let mut budget = Budget::of_layer();
    let checked_again: Vec<(usize, &str, bool)> =
        checked_again.into_iter().map(|(unit, why)| (unit, why, budget.take(&layer.rings, unit))).collect();
    let second: Vec<Second> = checked_again
        .into_par_iter()
        .map(|(unit, why, affordable)| {
            let expected = pairwise::area(&layer.rings, unit);
            let difference = (expected - value(&coverage.areas, unit)).abs();
            let holes = overlay::holes(&layer.rings, unit).map_err(|broken| unprovable(&layer.id, broken))?;
            let other = pairwise::shells_less_holes(&layer.rings, unit, &holes);
            let reason = if affordable { reason(&layer.rings, unit, &holes, grid) } else { None };
            Ok(Second { unit, why, reason, expected, difference, bound: 4 * steps(&layer.rings, unit), other })
        })
        .collect::<Result<_>>()?;
    for Second { unit, why, reason, expected, difference, bound, other } in &second {
        let Some(area) = layer.areas.get(*unit) else { continue };
        if difference > bound {
            return Err(Error::Proof {
                subject: format!("layer {}, area {}", layer.id, area.code),
                name: "area by the arrangement is the area by an independent overlay, doubled square grid steps".to_owned(),
                expected: expected.to_string(),
                got: value(&coverage.areas, *unit).to_string(),
                tolerance: bound.to_string(),
            });
        }
        let before = grid.square_metres(layer.rings.unit(*unit).map(geometry::doubled_area).sum::<i128>().abs());
        let [structure, differing] = [other.area, other.differing].map(|area| grid.square_metres(area));
        findings.push(
            finding(
                "DQ-03",
                format!(
                    "{why}: {before:.3} m2 by its signed rings, {:.3} m2 by the even-odd rule; shells less holes would make it \
                     {structure:.3} m2, and the two rules read {differing:.3} m2 differently{}",
                    area.area_m2,
                    reason.as_ref().map_or_else(String::new, |reason| format!("; {reason}"))
                ),
                "read by the even-odd rule",
            )
            .code(area.code.clone())
            // By a hundredth of its area or more, the rule decides what the area is: somebody should look at the polygon.
            .severity(if (area.area_m2 - before).abs().max(differing) > before.max(area.area_m2) / 100.0 {
                Severity::High
            } else {
                Severity::Low
            })
            .value(area.area_m2 - before, "m2"),
        );
    }
    findings.extend(overlaps_and_gaps(&layer, &coverage, grid, &finding));
    findings.extend(derived(plan, path));
    let valid = layer.areas.iter().filter(|area| !area.repaired).count();
    let mut proofs = vec![
        Proof::exact(
            "area by the arrangement is the area of the rings, largest difference, doubled square grid steps",
            format!("{}: {valid} valid areas", layer.id),
            0,
            worst_valid,
        ),
        Proof::exact(
            "areas less what is covered twice are the area of the union, doubled square grid steps",
            format!("{}: {} areas", layer.id, layer.areas.len()),
            coverage.union,
            coverage.areas.iter().sum::<i128>() - coverage.excess,
        ),
    ];
    if let Some(worst) = second.iter().map(|second| second.difference).max() {
        proofs.push(Proof {
            name: "area by the even-odd rule is that of an independent overlay, largest difference, doubled square grid steps".to_owned(),
            subject: format!("{}: {} areas that were not valid", layer.id, second.len()),
            expected: "0".to_owned(),
            got: worst.to_string(),
            tolerance: "4 times the area's boundary in grid steps".to_owned(),
            holds: true,
        });
    }
    Ok(Built { layer, findings, proofs })
}

/// DQ-06 where the config says that a layer's boundaries are an approximation.
pub(super) fn derived(plan: &LayerPlan, path: &Path) -> Option<Finding> {
    let finding = || Finding::new("DQ-06", "the config says that these boundaries are derived, not drawn".to_owned(), "kept");
    plan.derived.then(|| finding().layer(plan.id.clone()).file(path.display().to_string()))
}

/// Length of a unit's boundary in grid steps, each edge rounded up: what its area can change by where every point moves by less than a step.
fn steps(rings: &Rings, unit: usize) -> i128 {
    rings
        .unit(unit)
        .flat_map(|ring| ring.iter().zip(ring.iter().skip(1).chain(ring.first())))
        .map(|(p, q)| ((q.x - p.x) as f64).hypot((q.y - p.y) as f64).ceil() as i128)
        .sum()
}

/// What was made of a unit that was not valid, by other means than the layer's arrangement. Areas are doubled, in square grid steps.
struct Second {
    unit: usize,
    /// What is wrong with it.
    why: &'static str,
    /// The first of its faults and where it is, where one was looked for and found.
    reason: Option<String>,
    /// Its area by an independent overlay, and how far that is from the arrangement's.
    expected: i128,
    difference: i128,
    /// What the rounding of crossings can make of it.
    bound: i128,
    /// What the other usual rule makes of it.
    other: ShellsLessHoles,
}

/// The figure of a unit; `measure` has made sure that there is one.
fn value(values: &[i128], unit: usize) -> i128 {
    values.get(unit).copied().unwrap_or(0)
}

fn overlaps_and_gaps(
    layer: &Layer,
    coverage: &Coverage,
    grid: &Grid,
    finding: &dyn Fn(&'static str, String, &'static str) -> Finding,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let code = |unit: usize| layer.areas.get(unit).map_or("", |area| area.code.as_str());
    if !coverage.overlaps.is_empty() {
        let total = grid.square_metres(coverage.excess);
        findings.push(
            finding(
                "DQ-01",
                format!("{} pairs of areas overlap each other, {total:.3} m2 in all", coverage.overlaps.len()),
                "kept: the land counts for both",
            )
            .value(total, "m2"),
        );
        for (one, other, doubled) in coverage.overlaps.iter().take(NAMED_OVERLAPS) {
            let square_metres = grid.square_metres(*doubled);
            findings.push(
                finding("DQ-01", format!("overlaps {} by {square_metres:.3} m2", code(*other)), "kept: the land counts for both")
                    .code(code(*one))
                    .severity(Severity::Low)
                    .value(square_metres, "m2"),
            );
        }
        if coverage.overlaps.len() > NAMED_OVERLAPS {
            let rest: i128 = coverage.overlaps.iter().skip(NAMED_OVERLAPS).map(|overlap| overlap.2).sum();
            let rest_m2 = grid.square_metres(rest);
            findings.push(
                finding(
                    "DQ-01",
                    format!("{} more overlapping pairs, {rest_m2:.3} m2", coverage.overlaps.len() - NAMED_OVERLAPS),
                    "kept: the land counts for both",
                )
                .severity(Severity::Low)
                .value(rest_m2, "m2"),
            );
        }
    }
    if !coverage.gaps.is_empty() {
        let total = grid.square_metres(coverage.gaps.iter().sum());
        let largest = grid.square_metres(coverage.gaps.iter().copied().max().unwrap_or(0));
        findings.push(
            finding(
                "DQ-01",
                match coverage.gaps.len() {
                    1 => format!("1 enclosed gap that no area fills, {total:.3} m2"),
                    gaps => format!("{gaps} enclosed gaps that no area fills, {total:.3} m2 in all, the largest {largest:.3} m2"),
                },
                "kept: land in no area",
            )
            .severity(if total < 1000.0 { Severity::Low } else { Severity::Medium })
            .value(total, "m2"),
        );
    }
    findings
}
