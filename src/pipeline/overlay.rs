//! The overlay of two layers by themselves, without a config.

use std::path::Path;

use rayon::prelude::*;

use super::policy;
use super::progress::{Progress, Stage};
use crate::config::{LayerPlan, Limits};
use crate::domain::{Finding, Layer, Proof, RawLayer};
use crate::error::Result;
use crate::io::durable::{Batch, Real};
use crate::io::geoparquet::Drawing;
use crate::io::interrupt::Interrupt;
use crate::io::parquet_out::{OverlayRow, add_overlay, add_table};
use crate::io::{self, boundaries};
use crate::layers::{self, Built, CodeField, missing, unprovable, unprovable_together};
use crate::overlay::{Extent, Overlaid, Part, SideTotals};
use crate::tables::{self, OUTSIDE};

/// Two layers to overlay.
#[derive(Debug, Clone, Copy)]
pub struct TwoLayers<'a> {
    /// Left layer's file.
    pub left: &'a Path,
    /// Right layer's file.
    pub right: &'a Path,
    /// Which layer of the left file, where it has several.
    pub left_layer: Option<&'a str>,
    /// Which layer of the right file.
    pub right_layer: Option<&'a str>,
    /// Left code field; `None` = as [`layers::code_field`] finds it.
    pub left_code: Option<&'a str>,
    /// Right code field.
    pub right_code: Option<&'a str>,
    /// Whether to write polygons.
    pub geometry: bool,
    /// Whether to write the uncovered parts.
    pub outside: bool,
    /// File to write.
    pub out: &'a Path,
    /// File for the findings.
    pub findings: Option<&'a Path>,
    /// Lets a signal stop the writing.
    pub interrupt: &'a Interrupt,
}

/// What an overlay came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayTold {
    /// Rows written.
    pub pairs: usize,
    /// Areas of the left layer.
    pub left_areas: usize,
    /// Areas of the right layer.
    pub right_areas: usize,
    /// Left code field used, and why.
    pub left_code: CodeField,
    /// Right code field used, and why.
    pub right_code: CodeField,
    /// Findings met.
    pub findings: usize,
}

/// Overlays two layers and writes one row a pair.
///
/// # Errors
/// As a run: an input that cannot be used, a proof that does not hold, a file that cannot be written.
pub fn overlay(asked: &TwoLayers<'_>, progress: &dyn Progress) -> Result<OverlayTold> {
    progress.begin(Stage::Read, 2);
    let limits = Limits::default();
    let read = |path: &Path, layer: Option<&str>| {
        let read = boundaries::read(path, layer, &limits, io::Hashing::None);
        progress.step(Stage::Read, &path.display().to_string());
        read
    };
    let (left, right) = rayon::join(|| read(asked.left, asked.left_layer), || read(asked.right, asked.right_layer));
    let (left, right) = (left?, right?);
    progress.end(Stage::Read);

    progress.begin(Stage::Layers, 2);
    let grid = layers::grid(&[&left.value, &right.value])?;
    let make = |read: io::Read<RawLayer>, path: &Path, code: Option<&str>| -> Result<(Built, CodeField)> {
        let id = path.display().to_string();
        let raw = read.value;
        let code = match code {
            Some(code) => CodeField { name: code.to_owned(), why: "" },
            None => layers::code_field(&raw)?,
        };
        let mut built =
            layers::build(raw, &LayerPlan { kind: id.clone(), ..LayerPlan::of_polygons(&id, &id, Some(&code.name)) }, &[], &grid)?;
        built.findings.extend(read.findings.into_iter().map(|finding| finding.layer(id.as_str())));
        progress.step(Stage::Layers, &id);
        Ok((built, code))
    };
    let (left, right) = rayon::join(|| make(left, asked.left, asked.left_code), || make(right, asked.right, asked.right_code));
    let ((left, left_code), (right, right_code)) = (left?, right?);
    let mut findings: Vec<Finding> = [left.findings, right.findings].concat();
    let mut proofs: Vec<Proof> = [left.proofs, right.proofs].concat();
    let (left, right) = (left.layer, right.layer);
    progress.end(Stage::Layers);

    progress.begin(Stage::Overlay, 1);
    let subject = format!("{} over {}", asked.left.display(), asked.right.display());
    let overlaid = Overlaid::of(&left, &right).map_err(|broken| unprovable_together(&[&left, &right], &subject, broken))?;
    let result = &overlaid.overlay;
    proofs.extend(result.proofs.iter().cloned());
    findings.sort_by(|a, b| (a.id, &a.layer, &a.code, a.record, &a.detail).cmp(&(b.id, &b.layer, &b.code, b.record, &b.detail)));
    policy::proved(&proofs, &findings)?;
    // What is published: the pairs, then the uncovered parts of the left layer, then those of the right.
    let mut parts: Vec<(Part, Extent)> = result.pairs.iter().map(|pair| ((Some(pair.left), Some(pair.right)), pair.extent)).collect();
    if asked.outside {
        let uncovered = |totals: &SideTotals| -> Vec<(usize, Extent)> {
            totals.outside.iter().copied().enumerate().filter(|(_, extent)| extent.doubled_area > 0).collect()
        };
        parts.extend(uncovered(&result.left).into_iter().map(|(unit, extent)| ((Some(unit), None), extent)));
        parts.extend(uncovered(&result.right).into_iter().map(|(unit, extent)| ((None, Some(unit)), extent)));
    }
    let outlines = asked.geometry.then(|| {
        let parts: Vec<Part> = parts.iter().map(|(part, _)| *part).collect();
        overlaid.outlines(&parts).map_err(|broken| unprovable(&subject, broken))
    });
    let outlines = outlines.transpose()?;
    progress.step(Stage::Overlay, &subject);
    progress.end(Stage::Overlay);

    let code = |layer: &Layer, unit: Option<usize>| match unit {
        Some(unit) => layer.areas.get(unit).map(|area| area.code.clone()).ok_or_else(|| missing(&layer.id, "areas of its overlaps")),
        None => Ok(OUTSIDE.to_owned()),
    };
    let share = |part: &Extent, totals: &SideTotals, unit: Option<usize>| {
        let whole = totals.whole.get(unit?).filter(|whole| whole.doubled_area > 0)?;
        Some((part.doubled_area as f64 / whole.doubled_area as f64).min(1.0))
    };
    let rows: Vec<OverlayRow> = parts
        .par_iter()
        .map(|((left_unit, right_unit), extent)| {
            Ok(OverlayRow {
                left_code: code(&left, *left_unit)?,
                right_code: code(&right, *right_unit)?,
                area_m2: extent.square_metres(&grid),
                share_left: share(extent, &result.left, *left_unit),
                share_right: share(extent, &result.right, *right_unit),
            })
        })
        .collect::<Result<_>>()?;
    progress.begin(Stage::Write, 1);
    let about = [
        ("left_code_field", left_code.name.clone()),
        ("right_code_field", right_code.name.clone()),
        ("grid_steps_per_metre", grid.per_metre.to_string()),
    ];
    let write = |drawing: Option<Drawing<'_>>| -> Result<()> {
        let mut batch = Batch::new(&Real, asked.interrupt).without_hashes();
        if let Some(path) = asked.findings {
            add_table(&mut batch, path, &tables::finding(&findings))?;
        }
        add_overlay(&mut batch, asked.out, &rows, drawing, &about)?;
        batch.commit()
    };
    let areas = (left.areas.len(), right.areas.len());
    match outlines {
        Some(outlines) => {
            let points = |row| outlines.points(row);
            let draw = |row| outlines.strokes(row).map_err(|broken| unprovable(&subject, broken));
            write(Some(Drawing { grid: &grid, points: &points, draw: &draw }))?;
        }
        None => {
            // Nothing asks for the points any more: they are given back while the rows are written, which takes about as long.
            drop(overlaid);
            rayon::join(|| write(None), || drop((left, right))).0?;
        }
    }
    progress.step(Stage::Write, &asked.out.display().to_string());
    progress.end(Stage::Write);
    Ok(OverlayTold { pairs: rows.len(), left_areas: areas.0, right_areas: areas.1, left_code, right_code, findings: findings.len() })
}
