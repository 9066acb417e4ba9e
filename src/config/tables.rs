//! Tables of the config to what the doors read.

use super::layers::filter;
use super::load::Context;
use super::plan::Filter;
use super::plan_table::{Columns, Join, Melt, MeltColumn, TableSource};
use super::raw::RawFilter;
use super::raw_table::{RawJoin, RawMeltColumn, RawSource, TableText};
use super::shapes::{RawColumns, TextOrTable};
use super::source::{Step, unknown};
use crate::error::Result;

/// Joins within joins; a lookup of a lookup of a lookup is two.
const DEPTH: usize = 8;

/// Tables that ship with the program: name, and what is in it.
pub const SHIPPED: [(&str, &str); 4] = [
    ("ro", "lines of Revenue Outturn and Revenue Account returns of councils to services"),
    ("pss-ex1", "lines of the PSS EX1 return of social services to services"),
    ("nhs", "programmes of NHS allocations to services"),
    ("councils", "codes of councils that became others, 2012 to 2025"),
];

/// What of a table stands beside its path in the table of the config that names it.
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub sheet: Option<&'a str>,
    pub header_row: Option<u64>,
    pub header_rows: &'a [u64],
    pub decimal: Option<&'a str>,
    pub footnotes: &'a [String],
    pub fill_down: &'a [String],
    pub filter: &'a [RawFilter],
    pub join: &'a [RawJoin],
}

impl Context<'_> {
    /// A table whose keys are those of a table of the config: `place` leads to it.
    pub(super) fn table(&self, place: &[Step<'_>], path: &str, beside: &Beside<'_>) -> Result<TableSource> {
        self.deep_table(place, path, beside, 0)
    }

    /// A table that is named by its path, or by a table of the config.
    pub(super) fn named_table(&self, place: &[Step<'_>], raw: &TableText) -> Result<TableSource> {
        self.table_or_text(place, raw, &Beside::default(), 0)
    }

    /// A table that is named by its path or by a table of the config, with further keys beside it.
    pub(super) fn table_with(&self, place: &[Step<'_>], raw: &TableText, beside: &Beside<'_>) -> Result<TableSource> {
        if let (TextOrTable::Table(_), true) = (raw, beside.is_given()) {
            let message =
                "sheet, header_row, header_rows, where and join are said twice: inside the table and beside it; keep them in one place";
            return Err(self.error(place, message));
        }
        self.table_or_text(place, raw, beside, 0)
    }

    fn table_or_text(&self, place: &[Step<'_>], raw: &TableText, beside: &Beside<'_>, depth: usize) -> Result<TableSource> {
        match raw {
            TextOrTable::Text(path) => self.deep_table(place, path, beside, depth),
            TextOrTable::Table(raw) => self.deep_table(place, &raw.path, &Beside::of(raw), depth),
        }
    }

    fn deep_table(&self, place: &[Step<'_>], path: &str, beside: &Beside<'_>, depth: usize) -> Result<TableSource> {
        let path = match path.strip_prefix("shipped:") {
            Some(name) if SHIPPED.iter().any(|(known, _)| *known == name) => path.into(),
            Some(name) => {
                let known = SHIPPED.iter().map(|(known, _)| *known);
                return Err(self.error(place, unknown(&format!("table `shipped:{name}`"), name, known)));
            }
            None => self.path(place, path)?,
        };
        if beside.header_row == Some(0) || beside.header_rows.contains(&0) {
            return Err(self.error(place, "header_row is 0, expected 1 or more, as a spreadsheet counts rows; correct it"));
        }
        if beside.header_row.is_some() && !beside.header_rows.is_empty() {
            return Err(self.error(place, "header_row and header_rows are both given; keep header_rows for a header of several rows"));
        }
        if beside.header_rows.windows(2).any(|two| two.first() >= two.last()) {
            return Err(self.error(place, "header_rows are not in order; name them from the top, each once"));
        }
        let decimal_comma = match beside.decimal {
            None => None,
            Some(",") => Some(true),
            Some(".") => Some(false),
            Some(other) => return Err(self.error(place, format!("decimal = \"{other}\", expected \",\" or \".\""))),
        };
        if beside.header_rows.len() > 20 {
            return Err(self.error(place, "header_rows names more than 20 rows; name those that make the columns' names"));
        }
        for text in beside.footnotes.iter().chain(beside.fill_down) {
            // A note that begins with nothing would be every row.
            self.filled(place, text)?;
        }
        if depth > DEPTH {
            return Err(self.error(place, format!("tables are joined {DEPTH} deep and more; join them one after the other")));
        }
        let joins = beside.join.iter().map(|raw| self.join(place, raw, depth)).collect::<Result<_>>()?;
        Ok(TableSource {
            path,
            sheet: beside.sheet.map(str::to_owned),
            header_row: beside.header_row,
            header_rows: beside.header_rows.to_vec(),
            decimal_comma,
            footnotes: beside.footnotes.iter().map(|text| text.trim().to_lowercase()).collect(),
            fill_down: beside.fill_down.iter().map(|text| text.trim().to_owned()).collect(),
            filters: self.filters(place, beside.filter)?,
            joins,
            sums: Vec::new(),
            melt: None,
        })
    }

    fn join(&self, place: &[Step<'_>], raw: &RawJoin, depth: usize) -> Result<Join> {
        self.filled(place, &raw.on)?;
        for text in raw.code.iter().chain(&raw.columns) {
            self.filled(place, text)?;
        }
        Ok(Join {
            table: self.table_or_text(place, &raw.table, &Beside::default(), depth.saturating_add(1))?,
            on: raw.on.clone(),
            code: raw.code.clone().unwrap_or_else(|| raw.on.clone()),
            columns: raw.columns.clone(),
        })
    }

    /// Conditions on rows.
    pub(super) fn filters(&self, place: &[Step<'_>], raws: &[RawFilter]) -> Result<Vec<Filter>> {
        raws.iter().map(|raw| filter(self, place, raw)).collect()
    }

    /// Some columns; a text without `*` is one column.
    pub(super) fn columns(&self, place: &[Step<'_>], raw: &RawColumns<String>) -> Result<Columns> {
        if raw.is_empty() {
            return Err(self.error(place, "no column is named; name one, a list, { from = \"...\", to = \"...\" } or a text with *"));
        }
        Ok(match raw {
            RawColumns::Text(text) if text.contains('*') => Columns::Like(text.clone()),
            RawColumns::Text(text) => Columns::List(vec![text.clone()]),
            RawColumns::List(list) => {
                for text in list {
                    self.filled(place, text)?;
                }
                Columns::List(list.clone())
            }
            RawColumns::Range(range) => Columns::Range(range.from.clone(), range.to.clone()),
        })
    }

    /// Columns of amounts that become rows.
    pub(super) fn melt(&self, place: &[Step<'_>], raw: &RawColumns<TextOrTable<RawMeltColumn>>) -> Result<Melt> {
        Ok(match raw {
            RawColumns::Text(text) if text.contains("{service}") || text.contains("{year}") => {
                let bare = text.replacen("{service}", "", 1).replacen("{year}", "", 1);
                if bare.contains(['{', '}']) {
                    let message =
                        format!("\"{text}\" has braces that are neither {{service}} nor {{year}}, or one of them twice; correct it");
                    return Err(self.error(place, message));
                }
                Melt::Pattern(text.clone())
            }
            RawColumns::Text(text) => Melt::Some(self.columns(place, &RawColumns::Text(text.clone()))?),
            RawColumns::Range(range) => Melt::Some(Columns::Range(range.from.clone(), range.to.clone())),
            RawColumns::List(list) if list.is_empty() => return Err(self.error(place, "columns names no column; name one at least")),
            RawColumns::List(list) => {
                let mut columns: Vec<MeltColumn> = Vec::with_capacity(list.len());
                for one in list {
                    let column = match one {
                        TextOrTable::Text(column) => MeltColumn { column: column.clone(), service: None, fiscal_year: None },
                        TextOrTable::Table(raw) => {
                            MeltColumn { column: raw.column.clone(), service: raw.service.clone(), fiscal_year: raw.fiscal_year.clone() }
                        }
                    };
                    for text in [Some(&column.column), column.service.as_ref(), column.fiscal_year.as_ref()].into_iter().flatten() {
                        self.filled(place, text)?;
                    }
                    if columns.iter().any(|known| known.column == column.column) {
                        return Err(self.error(place, format!("column \"{}\" is named twice; its money would count twice", column.column)));
                    }
                    columns.push(column);
                }
                Melt::Named(columns)
            }
        })
    }
}

impl<'a> Beside<'a> {
    fn of(raw: &'a RawSource) -> Self {
        Self {
            sheet: raw.sheet.as_deref(),
            header_row: raw.header_row,
            header_rows: &raw.header_rows,
            decimal: raw.decimal.as_deref(),
            footnotes: &raw.footnotes,
            fill_down: &raw.fill_down,
            filter: &raw.filter.0,
            join: &raw.join.0,
        }
    }

    fn is_given(&self) -> bool {
        self.sheet.is_some()
            || self.header_row.is_some()
            || self.decimal.is_some()
            || !(self.header_rows.is_empty()
                && self.footnotes.is_empty()
                && self.fill_down.is_empty()
                && self.filter.is_empty()
                && self.join.is_empty())
    }
}
