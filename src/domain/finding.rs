//! Findings: the world is imperfect, the run goes on, and everybody can read what was met.

use std::collections::BTreeMap;

/// How much a finding or an obstruction matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Small.
    Low,
    /// Needs a look.
    Medium,
    /// Needs action.
    High,
}

impl Severity {
    /// The word used in config and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// One row of table `finding`. Key: (id, layer, code, record); parts that do not apply are `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable id, such as "DQ-03" (docs/findings in the data dictionary; [`CATALOGUE`]).
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Layer, budget or alignment id it was met in.
    pub layer: Option<String>,
    /// Code of the area or body.
    pub code: Option<String>,
    /// Record number in its file, counted as the file's own tools show it (shapefile records from 1, table rows as a spreadsheet shows them).
    pub record: Option<i64>,
    /// File it was met in, as given in the config.
    pub file: Option<String>,
    /// Field or column.
    pub field: Option<String>,
    /// What was found, in one sentence without a full stop.
    pub detail: String,
    /// Measured value, in `unit`.
    pub value: Option<f64>,
    /// Unit of `value` ("m2", "people", "pence", "rows").
    pub unit: Option<&'static str>,
    /// What the program did about it ("kept", "left out", "read as unknown").
    pub action: &'static str,
}

/// Findings of one kind about one file that are told one by one; what is beyond is counted in one more. A file may have a million rows, each with
/// something of its own to tell.
pub const TOLD: usize = 100_000;

impl Finding {
    /// A finding of catalogue entry `id` with its catalogue severity and nothing else filled in.
    pub fn new(id: &'static str, detail: impl Into<String>, action: &'static str) -> Self {
        let severity = CATALOGUE.iter().find(|entry| entry.id == id).map_or(Severity::High, |entry| entry.severity);
        Self {
            id,
            severity,
            layer: None,
            code: None,
            record: None,
            file: None,
            field: None,
            detail: detail.into(),
            value: None,
            unit: None,
            action,
        }
    }

    /// Names the layer, budget or alignment.
    pub fn layer(mut self, layer: impl Into<String>) -> Self {
        self.layer = Some(layer.into());
        self
    }

    /// Names the body or area.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Names the record or row.
    pub fn record(mut self, record: i64) -> Self {
        self.record = Some(record);
        self
    }

    /// Names the file.
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Names the field or column.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds the measured value.
    pub fn value(mut self, value: f64, unit: &'static str) -> Self {
        self.value = Some(value);
        self.unit = Some(unit);
        self
    }

    /// Overrides the catalogue severity (DQ-03 is low for a repair and high for a rejection).
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// One kind of finding.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueEntry {
    /// Stable id.
    pub id: &'static str,
    /// Usual severity.
    pub severity: Severity,
    /// What it says about the input.
    pub title: &'static str,
}

/// Every kind of finding there is. DQ-01 to DQ-06 are domain.md E5; the rest continue the series.
pub const CATALOGUE: &[CatalogueEntry] = &[
    CatalogueEntry { id: "DQ-01", severity: Severity::Medium, title: "areas of one layer overlap each other, or leave gaps between them" },
    CatalogueEntry { id: "DQ-02", severity: Severity::High, title: "two layers differ in coastline clip or resolution" },
    CatalogueEntry {
        id: "DQ-03",
        severity: Severity::Low,
        title: "a polygon was not valid and was read by the even-odd rule, or could not be used",
    },
    CatalogueEntry { id: "DQ-04", severity: Severity::High, title: "a code is not in the layer it should belong to" },
    CatalogueEntry { id: "DQ-05", severity: Severity::High, title: "a total is not conserved or not equal to its published control" },
    CatalogueEntry { id: "DQ-06", severity: Severity::Info, title: "a boundary is an approximation" },
    CatalogueEntry { id: "DQ-07", severity: Severity::Low, title: "a number could not be read, or was rounded" },
    CatalogueEntry { id: "DQ-08", severity: Severity::Medium, title: "a body has no row, so its amount is unknown" },
    CatalogueEntry {
        id: "DQ-09",
        severity: Severity::Low,
        title: "records were left out by a filter, marked deleted, or no data (titles above a header, notes below)",
    },
    CatalogueEntry {
        id: "DQ-10",
        severity: Severity::Medium,
        title: "people live outside every area of a layer, or a block has people and no area",
    },
    CatalogueEntry { id: "DQ-11", severity: Severity::Low, title: "two sources of the same figure differ" },
    CatalogueEntry { id: "DQ-12", severity: Severity::Info, title: "text was decoded by assumption" },
    CatalogueEntry { id: "DQ-14", severity: Severity::Low, title: "a service has no crosswalk entry" },
    CatalogueEntry { id: "DQ-15", severity: Severity::Info, title: "overlaps of two vintages too small to be a link of a succession" },
    CatalogueEntry { id: "DQ-16", severity: Severity::Info, title: "a column of a table cannot be read as text" },
    CatalogueEntry { id: "DQ-17", severity: Severity::Info, title: "a code was read as the one it became, as the config declares" },
    CatalogueEntry {
        id: "DQ-18",
        severity: Severity::Low,
        title: "the fiscal years of a table are blank, written in several ways, no years, or not there for every body",
    },
    CatalogueEntry {
        id: "DQ-19",
        severity: Severity::Info,
        title: "a rule does not apply to a care trust or an integrated board, and its obstruction is left out",
    },
    CatalogueEntry {
        id: "DQ-20",
        severity: Severity::Low,
        title: "a service, year, pair or body of one table meets nothing in the others",
    },
    CatalogueEntry { id: "DQ-21", severity: Severity::Low, title: "names or codes that differ in case or blanks alone were read as one" },
    CatalogueEntry { id: "DQ-22", severity: Severity::Medium, title: "rows of a budget are there twice, or differ in the amount alone" },
    CatalogueEntry { id: "DQ-23", severity: Severity::Medium, title: "pooled money is below 0 or above the money of both sides" },
    CatalogueEntry { id: "DQ-24", severity: Severity::Low, title: "a sheet hides rows or columns that were read" },
    CatalogueEntry {
        id: "DQ-25",
        severity: Severity::Low,
        title: "a boundary file departs from its format, or part of it was left out, and it was read all the same",
    },
    CatalogueEntry {
        id: "DQ-26",
        severity: Severity::Info,
        title: "coordinates were brought to the coordinate reference system of the run",
    },
    CatalogueEntry {
        id: "DQ-27",
        severity: Severity::Low,
        title: "the columns of a table were named by the program, or its rows joined, filled or added up",
    },
    CatalogueEntry { id: "DQ-28", severity: Severity::High, title: "money a head that cannot be: the unit of a budget is likely wrong" },
    CatalogueEntry { id: "DQ-29", severity: Severity::Medium, title: "codes of several dates are mixed" },
];

/// Number of findings by id, for the summary and for `max` in the config.
pub fn count_by_id(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for finding in findings {
        let count = counts.entry(finding.id).or_insert(0);
        *count = count.saturating_add(1);
    }
    counts
}
