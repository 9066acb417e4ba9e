//! The overlay of two layers by themselves, without a config.

use std::path::Path;

use super::policy;
use super::progress::{Progress, Stage};
use super::publish::in_metres;
use crate::config::{LayerPlan, LayerSource, Limits};
use crate::domain::{Finding, Layer, Proof, RawLayer, Role};
use crate::error::Result;
use crate::io::parquet_out::{OverlayRow, write_overlay, write_table};
use crate::io::{self, shapefile};
use crate::layers::{self, unprovable};
use crate::overlay::{self, Extent};
use crate::tables::{self, OUTSIDE};

/// Two layers to overlay.
#[derive(Debug, Clone, Copy)]
pub struct TwoLayers<'a> {
    /// Left layer's file.
    pub left: &'a Path,
    /// Right layer's file.
    pub right: &'a Path,
    /// Left code field; `None` = the first text field that is unique.
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
    /// Left code field used.
    pub left_code: String,
    /// Right code field used.
    pub right_code: String,
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
    let read = |path: &Path| {
        let read = shapefile::read(path, &limits);
        progress.step(Stage::Read, &path.display().to_string());
        read
    };
    let (left, right) = rayon::join(|| read(asked.left), || read(asked.right));
    let (left, right) = (left?, right?);
    progress.end(Stage::Read);

    progress.begin(Stage::Layers, 2);
    let grid = layers::grid(&[&left.value, &right.value])?;
    let mut findings: Vec<Finding> = Vec::new();
    let mut proofs: Vec<Proof> = Vec::new();
    let mut make = |id: &str, read: io::Read<RawLayer>, code: Option<&str>| -> Result<(Layer, String)> {
        findings.extend(read.findings.into_iter().map(|finding| finding.layer(id)));
        let raw = read.value;
        let code = match code {
            Some(code) => code.to_owned(),
            None => layers::code_field(&raw)?,
        };
        let built = layers::build(raw, &plan(id, &code), &[], &grid)?;
        findings.extend(built.findings);
        proofs.extend(built.proofs);
        progress.step(Stage::Layers, id);
        Ok((built.layer, code))
    };
    let (left, left_code) = make("a", left, asked.left_code)?;
    let (right, right_code) = make("b", right, asked.right_code)?;
    progress.end(Stage::Layers);

    progress.begin(Stage::Overlay, 1);
    let subject = format!("{} over {}", asked.left.display(), asked.right.display());
    let result = overlay::overlay(&left, &right).map_err(|broken| unprovable(&subject, broken))?;
    findings.extend(result.findings);
    proofs.extend(result.proofs);
    findings.sort_by(|a, b| (a.id, &a.layer, &a.code, a.record, &a.detail).cmp(&(b.id, &b.layer, &b.code, b.record, &b.detail)));
    policy::proved(&proofs, &findings)?;
    let shapes = if asked.geometry {
        overlay::pair_polygons(&left, &right, &result.pairs).map_err(|broken| unprovable(&subject, broken))?
    } else {
        Vec::new()
    };
    progress.step(Stage::Overlay, &subject);
    progress.end(Stage::Overlay);

    let code = |layer: &Layer, unit: usize| layer.areas.get(unit).map_or_else(String::new, |area| area.code.clone());
    let share = |part: &Extent, whole: Option<&Extent>| {
        whole.filter(|whole| whole.doubled_area > 0).map(|whole| part.doubled_area as f64 / whole.doubled_area as f64)
    };
    let mut rows: Vec<OverlayRow> = Vec::with_capacity(result.pairs.len());
    let mut shapes = shapes.into_iter();
    for pair in &result.pairs {
        rows.push(OverlayRow {
            left_code: code(&left, pair.left),
            right_code: code(&right, pair.right),
            area_m2: pair.extent.square_metres(&grid),
            share_left: share(&pair.extent, result.left.whole.get(pair.left)),
            share_right: share(&pair.extent, result.right.whole.get(pair.right)),
            polygons: in_metres(&grid, &shapes.next().unwrap_or_default()),
        });
    }
    if asked.outside {
        for (layer, totals, is_left) in [(&left, &result.left, true), (&right, &result.right, false)] {
            for (unit, extent) in totals.outside.iter().enumerate().filter(|(_, extent)| extent.doubled_area > 0) {
                let (own, share) = (code(layer, unit), share(extent, totals.whole.get(unit)));
                let (left_code, right_code) = if is_left { (own, OUTSIDE.to_owned()) } else { (OUTSIDE.to_owned(), own) };
                let (share_left, share_right) = if is_left { (share, None) } else { (None, share) };
                let area_m2 = extent.square_metres(&grid);
                rows.push(OverlayRow { left_code, right_code, area_m2, share_left, share_right, polygons: Vec::new() });
            }
        }
    }
    progress.begin(Stage::Write, 1);
    let about = [
        ("left_code_field", left_code.clone()),
        ("right_code_field", right_code.clone()),
        ("grid_steps_per_metre", grid.per_metre.to_string()),
    ];
    if let Some(path) = asked.findings {
        write_table(path, &tables::finding(&findings))?;
    }
    write_overlay(asked.out, &rows, asked.geometry, &about)?;
    progress.step(Stage::Write, &asked.out.display().to_string());
    progress.end(Stage::Write);
    Ok(OverlayTold {
        pairs: rows.len(),
        left_areas: left.areas.len(),
        right_areas: right.areas.len(),
        left_code,
        right_code,
        findings: findings.len(),
    })
}

fn plan(id: &str, code: &str) -> LayerPlan {
    LayerPlan {
        id: id.to_owned(),
        role: Role::Other,
        kind: id.to_owned(),
        source: LayerSource::Polygons { path: id.into(), code: Some(code.to_owned()), name: None, people: None, filter: None },
        resolution_m: None,
        clip: None,
        expected_count: None,
        valid_from: None,
        valid_to: None,
        attributes: None,
        derived: false,
        line: 0,
    }
}
