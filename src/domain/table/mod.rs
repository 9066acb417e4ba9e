//! Published tables: what a column is, and typed columns of cells.
//!
//! Text is kept once and referred to by number, so that five million budget lines with eight text columns fit in a few hundred
//! megabytes; cells go in and come out as [`Value`].

mod column;
mod spec;
mod value;

use std::cmp::Ordering;

pub use column::{Cells, Column, TextCells};
pub use spec::{ColumnSpec, ColumnType, TableSpec};
pub use value::Value;

use crate::error::{Error, Result};
use column::Comparer;

/// A table ready to be published: typed columns, all of one length.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it is.
    pub spec: &'static TableSpec,
    columns: Vec<Column>,
    /// The first cell that did not fit; told by [`Table::check`], so that filling a table needs no error handling.
    fault: Option<String>,
}

impl Table {
    /// No rows.
    pub fn new(spec: &'static TableSpec) -> Self {
        Self { spec, columns: spec.columns.iter().map(|column| Column::new(column.kind)).collect(), fault: None }
    }

    /// Adds a row; `cells` are in the order of the columns. A cell that does not fit its column (other type, not finite, null where
    /// it may not be) is remembered, and [`Table::check`] refuses the table.
    pub fn push<const N: usize>(&mut self, cells: [Value<'_>; N]) {
        self.push_slice(&cells);
    }

    /// As [`Table::push`], where the number of columns is known only at run time.
    pub fn push_slice(&mut self, cells: &[Value<'_>]) {
        let row = self.len().saturating_add(1);
        if cells.len() != self.columns.len() && self.fault.is_none() {
            self.fault = Some(format!("row {row} has {} cells for {} columns", cells.len(), self.columns.len()));
        }
        let cells = cells.iter().chain(std::iter::repeat(&Value::Null));
        for ((column, spec), cell) in self.columns.iter_mut().zip(self.spec.columns).zip(cells) {
            let mut problem = column.push(cell);
            if problem.is_none() && *cell == Value::Null && !spec.nullable {
                problem = Some("null, which it may not".to_owned());
            }
            if let (Some(problem), None) = (problem, &self.fault) {
                self.fault = Some(format!("row {row}, column {} holds {problem}", spec.name));
            }
        }
    }

    /// Makes [`Table::check`] refuse the table: a row could not be made, and publishing the others would lose it in silence.
    pub fn refuse(&mut self, fault: impl Into<String>) {
        self.fault.get_or_insert_with(|| fault.into());
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns, in the order of `spec.columns`.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let index = self.spec.columns.iter().position(|column| column.name == name)?;
        self.columns.get(index)
    }

    /// A cell by row and column name; null where there is none.
    pub fn value(&self, row: usize, name: &str) -> Value<'_> {
        self.column(name).map_or(Value::Null, |column| column.value(row))
    }

    /// Sorts the rows by key, then by the other columns from left to right (text by its bytes, null last), so that the same rows give
    /// the same table in whatever order they were found.
    pub fn sorted(mut self) -> Self {
        let order = {
            let comparers: Vec<Comparer<'_>> = self.columns.iter().map(Comparer::new).collect();
            let compare = |a: usize, b: usize| {
                comparers.iter().map(|comparer| comparer.compare(a, b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
            };
            if (1..self.len()).zip(0..).all(|(row, before)| compare(before, row).is_le()) {
                return self;
            }
            let mut order: Vec<usize> = (0..self.len()).collect();
            order.sort_by(|&a, &b| compare(a, b));
            order
        };
        for column in &mut self.columns {
            column.reorder(&order);
        }
        self
    }

    /// That the table may be published: every cell fitted its column, rows are sorted by key, and where the key is never null no two
    /// rows share one.
    ///
    /// # Errors
    /// [`Error::Proof`], since such a table is a fault of the program and not of its input.
    pub fn check(&self) -> Result<()> {
        let refuse = |name: &str, expected: String, got: String| {
            Err(Error::Proof {
                subject: format!("table {}", self.spec.name),
                name: name.to_owned(),
                expected,
                got,
                tolerance: "0".to_owned(),
            })
        };
        if let Some(fault) = &self.fault {
            return refuse(
                "every cell fits its column",
                "cells of the declared type, finite, known where they must be".to_owned(),
                fault.clone(),
            );
        }
        let keys: Vec<Comparer<'_>> = self.columns.iter().take(self.spec.key).map(Comparer::new).collect();
        for (row, before) in (1..self.len()).zip(0..) {
            let order = keys.iter().map(|key| key.compare(before, row)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
            if order.is_gt() || (order.is_eq() && self.spec.has_primary_key()) {
                let name = if order.is_gt() { "rows are sorted by key" } else { "one row a key" };
                let found = format!("{} and then {}", self.key_text(before), self.key_text(row));
                return refuse(name, format!("keys in ascending order, row {} after row {row}", row.saturating_add(1)), found);
            }
        }
        Ok(())
    }

    /// Number of null cells in a column.
    pub fn nulls(&self, name: &str) -> usize {
        self.column(name).map_or(0, |column| (0..column.len()).filter(|&row| column.is_null(row)).count())
    }

    fn key_text(&self, row: usize) -> String {
        let cells = self.columns.iter().take(self.spec.key).map(|column| match column.value(row) {
            Value::Null => "null".to_owned(),
            Value::Text(text) => text.into_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Boolean(answer) => answer.to_string(),
            Value::Date(day) => day.to_string(),
        });
        format!("({})", cells.collect::<Vec<_>>().join(", "))
    }
}
