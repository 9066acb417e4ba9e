//! A layer put together record by record, under the limits for a file of its size.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Limits;
use crate::domain::{Finding, RawLayer, RawRecord, RawShapes};
use crate::error::{InputProblem, Result};

/// Coordinates beyond this are no metres on any grid (the Earth's girth is 4e7).
const FARTHEST_M: f64 = 1e8;

/// Most fields of a layer, chosen far above what is met (a workbook has 16,384 columns).
const MOST_FIELDS: usize = 20_000;

/// What a reader of one format fills.
pub(super) struct Builder<'a> {
    path: PathBuf,
    limits: &'a Limits,
    fields: Vec<String>,
    by_name: BTreeMap<String, usize>,
    records: Vec<RawRecord>,
    shapes: RawShapes,
    /// The ring being read.
    ring: Vec<[f64; 2]>,
    /// Cells of the record being read, as many as fields known when the last was set.
    cells: Vec<Option<String>>,
    points: u64,
    rings: u64,
    most_shapes: u64,
    /// Values that are no text, number or truth: how many, and field and record of the first.
    nested: u64,
    first_nested: Option<(usize, u64)>,
}

impl<'a> Builder<'a> {
    /// Nothing yet.
    pub(super) fn new(path: &Path, limits: &'a Limits) -> Self {
        Self {
            path: path.to_owned(),
            limits,
            fields: Vec::new(),
            by_name: BTreeMap::new(),
            records: Vec::new(),
            shapes: RawShapes::default(),
            ring: Vec::new(),
            cells: Vec::new(),
            points: 0,
            rings: 0,
            most_shapes: (limits.points / 8).max(1000),
            nested: 0,
            first_nested: None,
        }
    }

    /// Where it is read from, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Number of the record being read, from 1.
    pub(super) fn record(&self) -> u64 {
        u64::try_from(self.records.len()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// A problem with the record being read.
    pub(super) fn problem(&self, found: impl Into<String>, expected: impl Into<String>, remedy: impl Into<String>) -> InputProblem {
        InputProblem::new(&self.path, found, expected, remedy).record(self.record())
    }

    /// Index of a field, added if it is new.
    pub(super) fn field(&mut self, name: &str) -> Result<usize> {
        if let Some(index) = self.by_name.get(name) {
            return Ok(*index);
        }
        let index = self.fields.len();
        if index >= MOST_FIELDS {
            let found = format!("has more than {MOST_FIELDS} fields up to here");
            return Err(self.problem(found, "", "write the layer with the same fields in every record").into());
        }
        self.fields.push(name.to_owned());
        self.by_name.insert(name.to_owned(), index);
        Ok(index)
    }

    /// As [`Builder::set`], where the record does not have the field already.
    pub(super) fn set_if_free(&mut self, field: usize, text: &str) -> Result<()> {
        if self.cells.get(field).is_some_and(Option::is_some) { Ok(()) } else { self.set(field, text) }
    }

    /// Sets a cell of the record being read; text is trimmed, and blank is unknown.
    ///
    /// # Errors
    /// The record has the field already.
    pub(super) fn set(&mut self, field: usize, text: &str) -> Result<()> {
        let text = text.trim();
        if self.cells.len() <= field {
            self.cells.resize(field.saturating_add(1), None);
        }
        let cells = u64::try_from(self.fields.len()).unwrap_or(u64::MAX).saturating_mul(self.record());
        if cells > self.limits.cells {
            let found = format!("has more than {} cells up to here", self.limits.cells);
            return Err(self.problem(found, "", self.limits.raise("cells")).into());
        }
        match self.cells.get_mut(field) {
            Some(Some(_)) => {
                let name = self.fields.get(field).cloned().unwrap_or_default();
                Err(self
                    .problem("has the field twice", "each field once", "write the layer again from the tool that made it")
                    .field(name)
                    .into())
            }
            Some(cell) => {
                *cell = (!text.is_empty()).then(|| text.to_owned());
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Counts a value that is a list or an object, and stays unknown.
    pub(super) fn skip_nested(&mut self, field: usize) {
        self.nested = self.nested.saturating_add(1);
        let record = self.record();
        self.first_nested.get_or_insert((field, record));
    }

    /// Adds a point to the ring being read.
    ///
    /// # Errors
    /// It is not finite or no coordinate, or there are too many.
    pub(super) fn point(&mut self, x: f64, y: f64) -> Result<()> {
        // Written so that NaN fails.
        if !(x.abs() <= FARTHEST_M && y.abs() <= FARTHEST_M) {
            let at = self.ring.len().saturating_add(1);
            let remedy = "write the layer again from the tool that made it";
            return Err(self.problem(format!("has point {at} of a ring at {x}, {y}"), "finite coordinates", remedy).into());
        }
        self.points = self.points.saturating_add(1);
        if self.points > self.limits.points {
            let found = format!("has more than {} points up to here", self.limits.points);
            return Err(self.problem(found, "", self.limits.raise("points")).into());
        }
        self.ring.push([x, y]);
        Ok(())
    }

    /// Ends the ring being read; one without a point is none.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn end_ring(&mut self) -> Result<()> {
        if self.ring.is_empty() {
            return Ok(());
        }
        self.rings = self.rings.saturating_add(1);
        if self.rings > self.most_shapes {
            let found = format!("has more than {} rings up to here", self.most_shapes);
            return Err(self.problem(found, "", self.limits.raise("points")).into());
        }
        let ring = &self.ring;
        // Filling a place as long as the ring cannot fail.
        let _: std::result::Result<(), std::convert::Infallible> = self.shapes.extend_with(ring.len(), |places| {
            places.copy_from_slice(ring);
            Ok(())
        });
        self.shapes.end_ring();
        self.ring.clear();
        Ok(())
    }

    /// Ends the record being read.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn end_record(&mut self) -> Result<()> {
        let number = self.record();
        if number > self.most_shapes {
            let found = format!("is beyond the {} shapes of a file of its size", self.most_shapes);
            return Err(self.problem(found, "", self.limits.raise("points")).into());
        }
        self.end_ring()?;
        self.shapes.end_record();
        self.records.push(RawRecord { number, deleted: false, cells: std::mem::take(&mut self.cells) });
        Ok(())
    }

    /// The layer, with a finding about what was left out.
    pub(super) fn finish(mut self, format: &'static str) -> (RawLayer, Vec<Finding>) {
        let fields = self.fields.len();
        for record in &mut self.records {
            record.cells.resize(fields, None);
        }
        let mut findings = Vec::new();
        if let Some((field, record)) = self.first_nested {
            let name = self.fields.get(field).cloned().unwrap_or_default();
            let detail = format!("{} values are lists, objects or bytes, record {record} first", self.nested);
            let finding = Finding::new("DQ-25", detail, "read as unknown").field(name).value(self.nested as f64, "cells");
            findings.push(finding.record(i64::try_from(record).unwrap_or(i64::MAX)));
        }
        let layer = RawLayer {
            path: self.path,
            fields: self.fields,
            records: self.records,
            shapes: self.shapes,
            crossings: Some(self.limits.crossings),
            encoding: ("UTF-8".to_owned(), true),
            format,
            ..RawLayer::default()
        };
        (layer, findings)
    }
}
