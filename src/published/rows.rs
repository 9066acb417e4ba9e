//! Rows of published tables, cell by cell.

use serde_json::{Map, Number, Value as Json};

use crate::domain::{ColumnType, Pence, People, TableSpec, TextTable};
use crate::words;

/// Rows of a published table.
#[derive(Debug)]
pub struct Rows {
    pub(super) spec: &'static TableSpec,
    pub(super) table: TextTable,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    rows: &'a Rows,
    at: usize,
}

impl Rows {
    /// The table as text.
    pub fn table(&self) -> &TextTable {
        &self.table
    }

    /// The rows, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.table.len()).map(move |at| Row { rows: self, at })
    }
}

impl<'a> Row<'a> {
    /// Name of the table.
    pub fn table(self) -> &'static str {
        self.rows.spec.name
    }

    /// A cell as published; `None` where it is null.
    pub fn text(self, column: &str) -> Option<&'a str> {
        self.rows.table.cell(self.at, self.rows.table.column(column)?)
    }

    /// Whether a cell says this.
    pub fn is(self, column: &str, text: &str) -> bool {
        self.text(column) == Some(text)
    }

    /// A cell as a number; `None` where it is null or none.
    pub fn number(self, column: &str) -> Option<f64> {
        self.text(column)?.parse().ok()
    }

    /// "12,300", or "an unknown number of".
    pub fn people(self, column: &str) -> Option<String> {
        let number = self.number(column)? * People::UNIT as f64;
        (number.abs() < 9e18).then(|| words::people(People(number.round() as i64)))
    }

    /// "£4.2m".
    pub fn pounds(self, column: &str) -> Option<String> {
        Some(words::pounds(Pence(self.text(column)?.parse().ok()?)))
    }

    /// "17.3%".
    pub fn percent(self, column: &str) -> Option<String> {
        Some(words::percent(self.number(column)?))
    }

    /// The row as published: numbers are numbers, unknown is null.
    pub fn json(self) -> Json {
        let cell = |kind: ColumnType, text: &str| match kind {
            ColumnType::Integer => text.parse::<i64>().ok().map(|number| Json::Number(number.into())),
            ColumnType::Number => text.parse::<f64>().ok().and_then(Number::from_f64).map(Json::Number),
            ColumnType::Boolean => text.parse::<bool>().ok().map(Json::Bool),
            ColumnType::Text | ColumnType::Date => None,
        };
        let columns = self.rows.spec.columns.iter().map(|column| {
            let value = match self.text(column.name) {
                None => Json::Null,
                Some(text) => cell(column.kind, text).unwrap_or_else(|| Json::String(text.to_owned())),
            };
            (column.name.to_owned(), value)
        });
        Json::Object(columns.collect::<Map<_, _>>())
    }

    /// What is known of the row, as `column = cell`.
    pub fn line(self) -> String {
        let known = self.rows.spec.columns.iter().filter_map(|column| Some(format!("{} = {}", column.name, self.text(column.name)?)));
        known.collect::<Vec<_>>().join(", ")
    }
}
