//! A layer dissolved from building blocks and a lookup.

use std::collections::BTreeMap;

use super::measure::derived;
use super::{Built, check_count, measure, unprovable};
use crate::config::{LayerPlan, LayerSource};
use crate::domain::{Area, Finding, Grid, Layer, People, Respelled, Rings, TextTable};
use crate::error::{Error, InputProblem, Result};
use crate::overlay;

/// Makes a layer by joining the blocks that a lookup gives to the same area.
///
/// Boundaries are those of the blocks, vertex for vertex; of blocks without shapes comes a layer without shapes. Blocks without a row, or with a blank area, belong to no area (a finding counts
/// them and their people); rows of unknown blocks are findings.
///
/// # Errors
/// [`Error::Input`] for a missing column, a blank block code, a block with two different areas, an area with two names, or a number of
/// areas other than `expected_count`. [`Error::Proof`] when the blocks' arrangement contradicts itself.
pub fn dissolve(plan: &LayerPlan, blocks: &Layer, lookup: &TextTable, grid: &Grid) -> Result<Built> {
    let LayerSource::Dissolved { block_column, area_column, name_column, .. } = &plan.source else {
        return Err(Error::usage(format!("layer {} is read as it is, not built from blocks", plan.id)));
    };
    let block = lookup.require(block_column)?;
    let area = lookup.require(area_column)?;
    let name = name_column.as_deref().map(|name| lookup.require(name)).transpose()?;
    let mut findings = Vec::new();
    let finding = |id: &'static str, detail: String, action: &'static str| {
        Finding::new(id, detail, action).layer(plan.id.clone()).file(lookup.path.display().to_string())
    };
    let problem = |row: usize, field: &str, found: String, expected: &str, remedy: &str| -> Error {
        InputProblem::new(&lookup.path, found, expected, remedy).record(lookup.row_number(row)).field(field).into()
    };
    // Block -> (row, area code).
    let mut assigned: Vec<Option<(usize, &str)>> = vec![None; blocks.areas.len()];
    let mut names: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut unknown_rows = 0usize;
    let mut respelled = Respelled::new(blocks);
    let mut first_unknown: Option<usize> = None;
    for row in 0..lookup.len() {
        let Some(block_code) = lookup.cell(row, block) else {
            return Err(problem(
                row,
                block_column,
                "the block's code is blank".to_owned(),
                "a code in every row",
                "fill it in or remove the row",
            ));
        };
        let Some(unit) = respelled.find(block_code, lookup.row_number(row)) else {
            unknown_rows += 1;
            // The smallest code, not the first row: the order of records says nothing.
            if first_unknown.and_then(|first| lookup.cell(first, block)).is_none_or(|first| block_code < first) {
                first_unknown = Some(row);
            }
            continue;
        };
        let Some(area_code) = lookup.cell(row, area) else { continue };
        if let Some(why) = crate::domain::unusable_code(area_code) {
            let found = format!("the code `{}` {why}", crate::error::harmless(area_code));
            return Err(problem(row, area_column, found, super::CODE_EXPECTED, super::CODE_REMEDY));
        }
        if let Some(Some((other_row, other))) = assigned.get(unit)
            && *other != area_code
        {
            return Err(problem(
                row,
                area_column,
                format!("block {block_code} is given to {area_code} here and to {other} in row {}", lookup.row_number(*other_row)),
                "one area a block",
                "a block that two areas share needs smaller blocks, or polygons for the layer",
            ));
        }
        if let Some(entry) = assigned.get_mut(unit) {
            *entry = Some((row, area_code));
        }
        let area_name = name.and_then(|column| lookup.cell(row, column));
        match names.get(area_code) {
            Some(Some(other)) if area_name.is_some_and(|name| name != *other) => {
                return Err(problem(
                    row,
                    name_column.as_deref().unwrap_or(""),
                    format!("area {area_code} is called {} here and {other} before", area_name.unwrap_or("")),
                    "one name an area",
                    "make the names the same",
                ));
            }
            Some(Some(_)) => {}
            _ => {
                names.insert(area_code, area_name);
            }
        }
    }
    findings.extend(respelled.finding(&lookup.path, block_column).map(|found| found.layer(plan.id.clone())));
    if let Some(row) = first_unknown {
        findings.push(
            finding(
                "DQ-04",
                format!(
                    "{unknown_rows} rows name blocks that layer {} does not have, the first {}",
                    blocks.id,
                    lookup.cell(row, block).unwrap_or("")
                ),
                "rows left out",
            )
            .field(block_column.clone())
            .record(i64::try_from(lookup.row_number(row)).unwrap_or(i64::MAX))
            .value(unknown_rows as f64, "rows"),
        );
    }
    let without: Vec<usize> = (0..assigned.len()).filter(|unit| assigned.get(*unit).is_some_and(Option::is_none)).collect();
    if let Some(first) = without.first() {
        findings.push(
            finding(
                "DQ-04",
                format!(
                    "{} of {} blocks have no area, the first {}",
                    without.len(),
                    blocks.areas.len(),
                    blocks.areas.get(*first).map_or("", |area| area.code.as_str())
                ),
                if blocks.has_shapes() { "land in no area" } else { "in no area" },
            )
            .field(area_column.clone())
            .value(without.len() as f64, "blocks"),
        );
    }
    check_count(&lookup.path, plan, names.len())?;
    let codes: Vec<&str> = names.keys().copied().collect();
    let groups: Vec<Option<usize>> = assigned.iter().map(|entry| entry.and_then(|(_, code)| codes.binary_search(&code).ok())).collect();
    let drawn = blocks.has_shapes();
    let rings = if drawn { joined(blocks, &groups, codes.len(), &plan.id)? } else { Rings::default() };
    let populations = blocks.populations.iter().map(|(field, figures)| (field.clone(), add_up(&groups, figures, codes.len()))).collect();
    let own: Vec<Option<People>> = add_up(&groups, &blocks.areas.iter().map(|area| area.people).collect::<Vec<_>>(), codes.len());
    let areas = codes
        .iter()
        .zip(own)
        .map(|(code, people)| Area {
            code: (*code).to_owned(),
            name: names.get(code).copied().flatten().map(str::to_owned),
            area_m2: 0.0,
            people,
            parts: 0,
            holes: 0,
            vertices: 0,
            repaired: false,
            label: None,
            attributes: BTreeMap::new(),
        })
        .collect();
    let layer = Layer {
        id: plan.id.clone(),
        role: plan.role,
        kind: plan.kind.clone(),
        resolution_m: plan.resolution_m.unwrap_or(blocks.resolution_m),
        clip: plan.clip.or(blocks.clip),
        valid_from: plan.valid_from,
        valid_to: plan.valid_to,
        areas,
        rings,
        populations,
        other_codes: Default::default(),
    };
    if drawn {
        return measure::measure(layer, plan, &lookup.path, grid, findings);
    }
    findings.extend(derived(plan, &lookup.path));
    Ok(Built { layer, findings, proofs: Vec::new() })
}

/// Rings of each group of blocks.
fn joined(blocks: &Layer, groups: &[Option<usize>], count: usize, layer: &str) -> Result<Rings> {
    let traced = overlay::dissolve(&blocks.rings, groups, count).map_err(|broken| unprovable(layer, broken))?;
    let mut rings = Rings::with_capacity(traced.iter().map(|loops| loops.points.len()).sum());
    rings.limit_crossings(blocks.rings.crossings());
    for loops in traced {
        for ring in loops.iter() {
            rings.push_ring(ring.iter().copied());
        }
        rings.end_unit();
    }
    Ok(rings)
}

/// For each block the area of a dissolved layer that has it, by index; `None` = none.
///
/// # Errors
/// [`Error::Input`] for a missing column. Whatever else is wrong with the lookup, [`dissolve`] has said.
pub fn owners(plan: &LayerPlan, layer: &Layer, blocks: &Layer, lookup: &TextTable) -> Result<Vec<Option<usize>>> {
    let LayerSource::Dissolved { block_column, area_column, .. } = &plan.source else {
        return Err(Error::usage(format!("layer {} is read as it is, not built from blocks", plan.id)));
    };
    let (block, area) = (lookup.require(block_column)?, lookup.require(area_column)?);
    let mut owners = vec![None; blocks.areas.len()];
    let mut respelled = Respelled::new(blocks);
    for row in 0..lookup.len() {
        let unit = lookup.cell(row, block).and_then(|code| respelled.find(code, lookup.row_number(row)));
        let owner = lookup.cell(row, area).and_then(|code| layer.position(code));
        if let (Some(slot), Some(owner)) = (unit.and_then(|unit| owners.get_mut(unit)), owner) {
            *slot = Some(owner);
        }
    }
    Ok(owners)
}

/// Sum of the blocks' figures by group; unknown where a block of the group is unknown, or there is none.
fn add_up(groups: &[Option<usize>], figures: &[Option<People>], count: usize) -> Vec<Option<People>> {
    let mut sums: Vec<Option<Option<People>>> = vec![None; count];
    for (group, figure) in groups.iter().zip(figures) {
        if let Some(sum) = group.and_then(|group| sums.get_mut(group)) {
            *sum = Some(match (*sum, figure) {
                (None, figure) => *figure,
                (Some(Some(total)), Some(figure)) => Some(total + *figure),
                _ => None,
            });
        }
    }
    sums.into_iter().map(Option::flatten).collect()
}
