//! Polygons as read become a layer: judged, snapped to the run's grid, sorted by code, every imperfection a finding.
//!
//! A polygon is what the even-odd rule makes of its rings: a point is inside when a ray from it meets an odd number of boundary segments.
//! That needs no ring to be oriented, closed up or untangled, and is decided exactly. Nothing is moved to make a polygon valid; where the
//! rule had to speak (rings that cross themselves or run the wrong way), the finding says what the area is and what the signed rings alone
//! would have given.

mod code;
mod counted;
mod crowds;
mod dissolve;
mod labels;
mod measure;
mod reason;
mod snap;
mod table;

use std::collections::BTreeMap;

use crate::config::{LayerPlan, LayerSource};
use crate::domain::number::{self, ParsedPeople};
use crate::domain::{
    Area, Finding, Grid, Layer, Loops, Outline, People, Proof, RawLayer, RawRecord, Rings, Severity, Spellings, TextTable, unusable_code,
};
use crate::error::{Error, InputProblem, Result, harmless};
use crate::overlay;

pub use code::{CodeField, code_field};
pub use counted::count_people;
pub use dissolve::{dissolve, owners};
pub use labels::label;
pub use table::build_without_shapes;

/// Resolution assumed where neither the config nor the file name says it, metres (domain.md E1).
const UNKNOWN_RESOLUTION_M: f64 = 5.0;

/// A layer, and what was met on the way.
#[derive(Debug, Clone)]
pub struct Built {
    /// The layer.
    pub layer: Layer,
    /// Imperfections.
    pub findings: Vec<Finding>,
    /// Identities checked.
    pub proofs: Vec<Proof>,
}

/// The run's one grid, centred on the joint extent of all its polygons.
///
/// # Errors
/// [`Error::Input`] when there are layers of polygons and no polygon in any, or the extent is wider than the grid reaches (2,251 km), naming the layer and record
/// furthest out.
pub fn grid(raws: &[&RawLayer]) -> Result<Grid> {
    let live = || {
        raws.iter().flat_map(|raw| {
            raw.records
                .iter()
                .enumerate()
                .filter(|(_, record)| !record.deleted)
                .filter_map(|(index, record)| Some((*raw, record, raw.shapes.extent(index)?)))
        })
    };
    let extent = live()
        .map(|(_, _, extent)| extent)
        .reduce(|[x0, y0, x1, y1], [west, south, east, north]| [x0.min(west), y0.min(south), x1.max(east), y1.max(north)]);
    let Some([x0, y0, x1, y1]) = extent else {
        // Layers without shapes alone: nothing will be laid on the grid.
        if raws.is_empty() {
            return Ok(Grid::covering((0.0, 0.0), (1.0, 1.0)));
        }
        let path = raws.first().map(|raw| raw.path.clone()).unwrap_or_default();
        return Err(InputProblem::new(path, "no polygon at all", "at least one", "check that this is the right file").into());
    };
    let grid = Grid::covering((x0, y0), (x1, y1));
    if grid.snap(x0, y0).is_none() || grid.snap(x1, y1).is_none() {
        return Err(stray(raws));
    }
    Ok(grid)
}

/// Layers too far apart for one grid: the point furthest from the middle one of all points is likeliest the stray.
fn stray(raws: &[&RawLayer]) -> Error {
    let places = || {
        let records = raws
            .iter()
            .flat_map(|raw| raw.records.iter().enumerate().filter(|(_, record)| !record.deleted).map(move |record| (*raw, record)));
        records.flat_map(|(raw, (index, record))| raw.shapes.rings(index).flatten().map(move |point| (raw, record, point)))
    };
    let middle = |axis: fn(&[f64; 2]) -> f64| {
        let mut values: Vec<f64> = places().map(|(_, _, point)| axis(point)).collect();
        let half = values.len() / 2;
        if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(half, f64::total_cmp).1 }
    };
    let (x, y) = (middle(|[x, _]| *x), middle(|[_, y]| *y));
    let away = |[px, py]: &[f64; 2]| (px - x).abs().max((py - y).abs());
    let far = places().max_by(|(_, _, one), (_, _, other)| away(one).total_cmp(&away(other)));
    let (path, record, [x, y]) =
        far.map_or((Default::default(), 0, [x, y]), |(raw, record, point)| (raw.path.clone(), record.number, *point));
    InputProblem::new(
        path,
        format!("has a point at ({x}, {y}) metres, the furthest from all others"),
        "layers that lie within 2,251 km of each other",
        "look for a stray coordinate in this record, or a layer in another coordinate system",
    )
    .record(record)
    .into()
}

/// Makes a layer of polygons.
///
/// `population_fields` are the fields that alignments and successions take people from; they are read beside the layer's own.
///
/// # Errors
/// [`Error::Input`] naming file, record and field for: a field that is not there, a blank code, a code used by two shapes, no area left, a
/// number of areas other than `expected_count`. [`Error::Proof`] when a polygon's area by the arrangement is not that of its rings.
pub fn build(mut raw: RawLayer, plan: &LayerPlan, population_fields: &[String], grid: &Grid) -> Result<Built> {
    let LayerSource::Polygons { code, name, people, filter, .. } = &plan.source else {
        return Err(Error::usage(format!("layer {} is dissolved from blocks, not built from polygons", plan.id)));
    };
    let mut findings = Vec::new();
    let filter = match filter {
        Some(filter) => Some((raw.require_field(&filter.field)?, &filter.test)),
        None => None,
    };
    let cell = |record: &RawRecord, field: usize| record.cells.get(field).and_then(Option::as_deref).map(str::to_owned);
    let deleted = raw.records.iter().filter(|record| record.deleted).count();
    let points = raw.shapes.take_points();
    let kept: Vec<(usize, &RawRecord)> = raw
        .records
        .iter()
        .enumerate()
        .filter(|(_, record)| !record.deleted)
        .filter(|(_, record)| filter.is_none_or(|(field, test)| test.passes(record.cells.get(field).and_then(Option::as_deref))))
        .collect();
    let filtered = raw.records.len() - deleted - kept.len();
    for (count, why) in [(deleted, "marked deleted in the .dbf"), (filtered, "left out by the layer's `where`")] {
        if count > 0 {
            findings.push(
                about(&raw, plan, "DQ-09", format!("{count} of {} records are {why}", raw.records.len()), "left out")
                    .value(count as f64, "records"),
            );
        }
    }
    let code_field = match code {
        Some(code) => raw.require_field(code)?,
        None => code::choose(&raw, &kept.iter().map(|(_, record)| *record).collect::<Vec<_>>())?.0,
    };
    let name_field = name.as_deref().map(|name| raw.require_field(name)).transpose()?;
    let people_field = people.as_deref().map(|field| raw.require_field(field)).transpose()?;
    let population_fields: Vec<(String, usize)> =
        population_fields.iter().map(|field| Ok((field.clone(), raw.require_field(field)?))).collect::<Result<_>>()?;

    let mut by_code: BTreeMap<String, (usize, &RawRecord)> = BTreeMap::new();
    for (index, record) in kept {
        let field_name = raw.fields.get(code_field).cloned().unwrap_or_default();
        let Some(code) = cell(record, code_field) else {
            return Err(InputProblem::new(
                &raw.path,
                "the code is blank",
                "a code in every record",
                "fill it in, or leave the record out with `where`",
            )
            .record(record.number)
            .field(field_name)
            .into());
        };
        if let Some(why) = unusable_code(&code) {
            return Err(InputProblem::new(&raw.path, format!("the code `{}` {why}", harmless(&code)), CODE_EXPECTED, CODE_REMEDY)
                .record(record.number)
                .field(field_name)
                .into());
        }
        if let Some((_, other)) = by_code.get(&code) {
            return Err(InputProblem::new(
                &raw.path,
                format!("code {code} is used by two shapes, this one and record {}", other.number),
                "one shape a code (a body of several parts is one multi-part shape)",
                "dissolve the layer by code, or choose another code field",
            )
            .record(record.number)
            .field(field_name)
            .into());
        }
        by_code.insert(code, (index, record));
    }
    check_count(&raw.path, plan, by_code.len())?;

    for (index, record) in by_code.values() {
        let corners = raw.shapes.extent(*index).into_iter().flat_map(|[west, south, east, north]| [(west, south), (east, north)]);
        if let Some((x, y)) = corners.into_iter().find(|(x, y)| grid.snap(*x, *y).is_none()) {
            return Err(InputProblem::new(
                &raw.path,
                format!("coordinate ({x}, {y})"),
                "metres within the grid's reach",
                "look for a stray coordinate",
            )
            .record(record.number)
            .into());
        }
    }
    if by_code.values().all(|(index, _)| raw.shapes.extent(*index).is_none()) {
        let found = format!("every shape of its {} records is null", by_code.len());
        return Err(InputProblem::new(&raw.path, found, "polygons", "check that this is the file with the shapes").into());
    }
    let mut rings = Rings::over(points);
    let mut areas = Vec::with_capacity(by_code.len());
    let mut populations: BTreeMap<String, Vec<Option<People>>> =
        population_fields.iter().map(|(field, _)| (field.clone(), Vec::with_capacity(by_code.len()))).collect();
    rings.limit_crossings(raw.crossings);
    let records: Vec<u64> = by_code.values().map(|(_, record)| record.number).collect();
    for (code, (index, record)) in by_code {
        let ranges: Vec<_> = raw.shapes.ranges(index).collect();
        let (dropped, repeated) = snap::push(&mut rings, &ranges, grid);
        rings.end_unit();
        let count = ranges.len();
        if repeated > 0 {
            findings.push(
                of_record(
                    &raw,
                    plan,
                    &code,
                    record,
                    "DQ-03",
                    format!("{repeated} of {count} rings are there again, point for point and in the same direction"),
                    "read once",
                )
                .severity(Severity::Medium)
                .value(repeated as f64, "rings"),
            );
        }
        if dropped > 0 {
            findings.push(
                of_record(
                    &raw,
                    plan,
                    &code,
                    record,
                    "DQ-03",
                    format!("{dropped} of {count} rings have fewer than three different points"),
                    "rings left out",
                )
                .value(dropped as f64, "rings"),
            );
        }
        let mut read = |field: usize| people_cell(&raw, plan, &code, record, field, &mut findings);
        let people = people_field.and_then(&mut read);
        for (field, index) in &population_fields {
            let figure = if Some(*index) == people_field { people } else { read(*index) };
            if let Some(figures) = populations.get_mut(field) {
                figures.push(figure);
            }
        }
        areas.push(Area {
            name: name_field.and_then(|field| cell(record, field)),
            code,
            area_m2: 0.0,
            people,
            parts: 0,
            holes: 0,
            vertices: 0,
            repaired: false,
            label: None,
            attributes: BTreeMap::new(),
        });
    }
    let layer = Layer {
        id: plan.id.clone(),
        role: plan.role,
        kind: plan.kind.clone(),
        resolution_m: plan.resolution_m.or(raw.resolution_m).unwrap_or(UNKNOWN_RESOLUTION_M),
        clip: plan.clip.or(raw.clip),
        valid_from: plan.valid_from,
        valid_to: plan.valid_to,
        areas,
        rings,
        populations,
        other_codes: Default::default(),
    };
    if overlay::is_crowded(&layer.rings) {
        return Err(crowds::of_layer(&raw.path, &layer.rings, &records));
    }
    measure::measure(layer, plan, &raw.path, grid, findings)
}

/// Joins the cells of an attribute table to a layer's areas; the code column itself is left out.
///
/// Returns DQ-04 for rows whose code the layer does not have, and DQ-08 once for areas that have no row.
///
/// # Errors
/// [`Error::Input`] for a missing column, a blank code, or a code with two rows.
pub fn attach_attributes(layer: &mut Layer, table: &TextTable, code_column: &str) -> Result<Vec<Finding>> {
    let code = table.require(code_column)?;
    let mut findings = Vec::new();
    let mut spellings: Option<Spellings> = None;
    let mut rows: Vec<Option<u64>> = vec![None; layer.areas.len()];
    let at = |problem: InputProblem, row: usize| match &table.sheet {
        Some(sheet) => problem.record(table.row_number(row)).field(code_column).sheet(sheet),
        None => problem.record(table.row_number(row)).field(code_column),
    };
    for row in 0..table.len() {
        let Some(cell) = table.cell(row, code) else {
            let problem = InputProblem::new(&table.path, "the code is blank", "a code in every row", "fill it in or remove the row");
            return Err(at(problem, row).into());
        };
        let found = layer.position(cell).or_else(|| spellings.get_or_insert_with(|| Spellings::of(layer)).find(cell));
        if let Some(area) = found.and_then(|index| layer.areas.get(index)).filter(|area| area.code != cell) {
            let detail = format!("code `{cell}` is read as {}, the same but for case or blanks", area.code);
            findings.push(
                Finding::new("DQ-21", detail, "read as the layer's code")
                    .layer(layer.id.clone())
                    .code(area.code.clone())
                    .file(table.path.display().to_string())
                    .field(code_column)
                    .record(i64::try_from(table.row_number(row)).unwrap_or(i64::MAX)),
            );
        }
        let Some(index) = found else {
            findings.push(
                Finding::new("DQ-04", format!("attribute row of {cell}, which layer {} does not have", layer.id), "row left out")
                    .layer(layer.id.clone())
                    .code(cell)
                    .file(table.path.display().to_string())
                    .field(code_column)
                    .record(i64::try_from(table.row_number(row)).unwrap_or(i64::MAX)),
            );
            continue;
        };
        if let Some(Some(other)) = rows.get(index) {
            let problem = InputProblem::new(
                &table.path,
                format!("code {cell} has two rows, this one and row {other}"),
                "one row a code",
                "remove one of them",
            );
            return Err(at(problem, row).into());
        }
        if let (Some(seen), Some(area)) = (rows.get_mut(index), layer.areas.get_mut(index)) {
            *seen = Some(table.row_number(row));
            for (column, name) in table.columns.iter().enumerate() {
                if let Some(text) = table.cell(row, column).filter(|_| column != code) {
                    area.attributes.insert(name.clone(), text.to_owned());
                }
            }
        }
    }
    let without = rows.iter().filter(|row| row.is_none()).count();
    if without > 0 {
        findings.push(
            Finding::new("DQ-08", format!("{without} of {} areas have no row in the attribute table", rows.len()), "attributes unknown")
                .layer(layer.id.clone())
                .file(table.path.display().to_string())
                .value(without as f64, "areas"),
        );
    }
    Ok(findings)
}

/// The outlines of a layer's areas, for publishing: outer rings counter-clockwise, holes clockwise. Areas whose rings cross or touch themselves
/// are given by the boundary of what the even-odd rule makes of them, in rings that do not.
pub struct Outlines<'a> {
    layer: &'a Layer,
    /// The boundaries of areas whose rings could not stay.
    repaired: BTreeMap<usize, Loops>,
}

impl<'a> Outlines<'a> {
    /// What it takes to draw a layer.
    ///
    /// # Errors
    /// [`Error::Proof`] when the arrangement of the layer contradicts itself.
    pub fn of(layer: &'a Layer) -> Result<Self> {
        // Rings that touch themselves, or another twice, are fewer than those that bound the same land and do not.
        let differs = |area: &Area, rings: (usize, usize)| area.repaired || (area.parts, area.holes) != rings;
        let counted = overlay::counted(&layer.rings);
        let units = layer.areas.iter().zip(counted).enumerate().filter(|(_, (area, rings))| differs(area, *rings));
        let units: Vec<usize> = units.map(|(unit, _)| unit).collect();
        let mut groups: Vec<Option<usize>> = vec![None; layer.areas.len()];
        for (group, unit) in units.iter().enumerate() {
            if let Some(place) = groups.get_mut(*unit) {
                *place = Some(group);
            }
        }
        let mut repaired = BTreeMap::new();
        if !units.is_empty() {
            let traced = overlay::dissolve(&layer.rings, &groups, units.len()).map_err(|broken| unprovable(&layer.id, broken))?;
            repaired.extend(units.into_iter().zip(traced));
        }
        Ok(Self { layer, repaired })
    }

    /// The outline of an area.
    pub fn draw(&self, unit: usize) -> Outline {
        overlay::assemble(match self.repaired.get(&unit) {
            Some(loops) => loops.clone(),
            None => self.layer.rings.unit(unit).collect(),
        })
    }

    /// Points that it has at most.
    pub fn points(&self, unit: usize) -> usize {
        match self.repaired.get(&unit) {
            Some(loops) => loops.points.len(),
            None => self.layer.rings.unit(unit).map(<[_]>::len).sum(),
        }
    }
}

/// The error for an overlay of layers that cannot be trusted, or that their boundaries are too crowded for.
pub(crate) fn unprovable_together(layers: &[&Layer], subject: &str, broken: overlay::Broken) -> Error {
    if broken.is_crowded() { crowds::of_layers(layers) } else { unprovable(subject, broken) }
}

/// The error for something that the program looked up and that has to be there: better no result than a 0 or an empty name in it.
pub(crate) fn missing(subject: &str, what: &str) -> Error {
    Error::Proof {
        subject: subject.to_owned(),
        name: what.to_owned(),
        expected: "one for each".to_owned(),
        got: "one is missing".to_owned(),
        tolerance: "none".to_owned(),
    }
}

/// The error for an arrangement that cannot be trusted.
pub(crate) fn unprovable(subject: &str, broken: overlay::Broken) -> Error {
    if broken.is_crowded() {
        return InputProblem::new(subject, "boundaries cross or crowd each other", crowds::EXPECTED, crowds::REMEDY).into();
    }
    if broken.is_heaped() {
        let remedy = "look for areas that are there again and again, and leave out those that are not wanted";
        return InputProblem::new(subject, broken.0, "areas beside each other, or a few upon each other", remedy).into();
    }
    Error::Proof {
        subject: subject.to_owned(),
        name: "the labels of the arrangement".to_owned(),
        expected: "every edge to agree with the labels on its two sides".to_owned(),
        got: broken.0.to_owned(),
        tolerance: "0".to_owned(),
    }
}

fn about(raw: &RawLayer, plan: &LayerPlan, id: &'static str, detail: String, action: &'static str) -> Finding {
    Finding::new(id, detail, action).layer(plan.id.clone()).file(raw.path.display().to_string())
}

fn of_record(
    raw: &RawLayer,
    plan: &LayerPlan,
    code: &str,
    record: &RawRecord,
    id: &'static str,
    detail: String,
    action: &'static str,
) -> Finding {
    about(raw, plan, id, detail, action).code(code).record(i64::try_from(record.number).unwrap_or(i64::MAX))
}

fn check_count(path: &std::path::Path, plan: &LayerPlan, found: usize) -> Result<()> {
    if found == 0 {
        return Err(InputProblem::new(path, "no record is left", "at least one area", "check the file and the layer's `where`").into());
    }
    match plan.expected_count {
        Some(expected) if expected != found => Err(InputProblem::new(
            path,
            format!("{found} areas"),
            format!("{expected} (expected_count of layer {})", plan.id),
            "check that this is the file of the right date, the layer's `where`, or expected_count",
        )
        .into()),
        _ => Ok(()),
    }
}

pub(crate) const CODE_EXPECTED: &str = "a code of letters and digits";
pub(crate) const CODE_REMEDY: &str = "correct the code, or name another code field";

/// A population cell: a number of people, or `None` with a finding.
fn people_cell(
    raw: &RawLayer,
    plan: &LayerPlan,
    code: &str,
    record: &RawRecord,
    field: usize,
    findings: &mut Vec<Finding>,
) -> Option<People> {
    let field_name = raw.fields.get(field).cloned().unwrap_or_default();
    let text = record.cells.get(field).and_then(Option::as_deref);
    let (detail, severity) = match text.map(number::parse_people) {
        Some(ParsedPeople::Known { people, rounded: false }) => return Some(people),
        Some(ParsedPeople::Known { people, rounded: true }) => {
            findings.push(
                of_record(
                    raw,
                    plan,
                    code,
                    record,
                    "DQ-07",
                    format!("{} people is finer than a millionth of a person", text.unwrap_or("")),
                    "rounded",
                )
                .field(field_name),
            );
            return Some(people);
        }
        None | Some(ParsedPeople::Unknown) => ("the number of people is not given".to_owned(), Severity::Medium),
        Some(ParsedPeople::Invalid) => (format!("{} is not a number of people", text.unwrap_or("")), Severity::Medium),
    };
    findings.push(of_record(raw, plan, code, record, "DQ-07", detail, "read as unknown").field(field_name).severity(severity));
    None
}

#[cfg(test)]
mod tests {
    use crate::domain::unusable_code;

    #[test]
    fn codes_that_tables_could_not_hold_are_unusable() {
        for code in ["__outside__", "__none__", "__unallocated__", "A;B", "A\nB", "A\tB", "A\u{200b}"] {
            assert!(unusable_code(code).is_some(), "{code:?}");
        }
        for code in ["E08000016", "001", "Ynys Môn", "__other__", "A, B"] {
            assert_eq!(unusable_code(code), None, "{code}");
        }
    }
}
