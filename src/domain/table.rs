//! Published tables: what a column is, and typed columns of cells.
//!
//! Text is kept once and referred to by number, so that five million budget lines with eight text columns fit in a few hundred
//! megabytes; cells go in and come out as [`Value`].

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::units::{Pence, People};
use crate::error::{Error, Result};

/// Type of a published column: what Power BI, Excel, Tableau, pandas, R arrow, DuckDB and Spark all read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Utf8.
    Text,
    /// Int64.
    Integer,
    /// Float64.
    Number,
    /// Boolean.
    Boolean,
    /// Date32.
    Date,
}

impl ColumnType {
    /// The word used in the data dictionary and in datapackage.json (Frictionless table schema).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }
}

/// One published column.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: ColumnType,
    /// Unit ("m2", "people", "pence", "share 0-1"), empty where a unit says nothing.
    pub unit: &'static str,
    /// One sentence: what the figure is and when it is null.
    pub description: &'static str,
    /// Whether a cell may be null. A null where it may not be is an error, not a published row.
    pub nullable: bool,
}

impl ColumnSpec {
    const fn new(name: &'static str, kind: ColumnType, unit: &'static str, description: &'static str) -> Self {
        Self { name, kind, unit, description, nullable: false }
    }

    /// A column of text that is never null.
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Text, "", description)
    }

    /// A column of whole numbers that is never null.
    pub const fn integer(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Integer, unit, description)
    }

    /// A column of numbers that is never null.
    pub const fn number(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Number, unit, description)
    }

    /// A column of yes and no that is never null.
    pub const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Boolean, "", description)
    }

    /// A column of days that is never null.
    pub const fn date(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Date, "", description)
    }

    /// The same column, which may be null.
    pub const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// One published table.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// Name, which is the file's stem.
    pub name: &'static str,
    /// What one row is.
    pub description: &'static str,
    /// Number of leading columns that are the key (rows are sorted by it).
    pub key: usize,
    /// Columns, key first.
    pub columns: &'static [ColumnSpec],
}

impl TableSpec {
    /// The key columns.
    pub fn key_columns(&self) -> &'static [ColumnSpec] {
        self.columns.get(..self.key).unwrap_or(self.columns)
    }

    /// Whether the key names one row: it does where no part of it may be null.
    pub fn has_primary_key(&self) -> bool {
        self.key > 0 && self.key_columns().iter().all(|column| !column.nullable)
    }
}

/// One cell. Text may be borrowed, so filling a table copies each distinct text once.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Unknown or not applicable.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// Whole number.
    Integer(i64),
    /// Number; must be finite.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Day.
    Date(Date),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        i64::try_from(number).map_or(Self::Null, Self::Integer)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(answer: bool) -> Self {
        Self::Boolean(answer)
    }
}

impl From<Date> for Value<'_> {
    fn from(day: Date) -> Self {
        Self::Date(day)
    }
}

impl From<People> for Value<'_> {
    fn from(people: People) -> Self {
        Self::Number(people.as_f64())
    }
}

impl From<Pence> for Value<'_> {
    fn from(pence: Pence) -> Self {
        Self::Integer(pence.0)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "yes or no",
            Self::Date(_) => "a day",
        }
    }
}

/// Cells of a fixed-size type; unknown ones hold the type's default and are marked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells<T> {
    values: Vec<T>,
    known: Vec<bool>,
}

impl<T: Copy + Default> Cells<T> {
    fn push(&mut self, value: Option<T>) {
        self.values.push(value.unwrap_or_default());
        self.known.push(value.is_some());
    }

    /// The cell; `None` where it is null or out of range.
    pub fn get(&self, row: usize) -> Option<T> {
        if *self.known.get(row)? { self.values.get(row).copied() } else { None }
    }
}

/// Text cells; every distinct text is held once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextCells {
    /// Number of the text in `texts`, plus 1; 0 is null.
    numbers: Vec<u32>,
    texts: Vec<Arc<str>>,
    by_text: BTreeMap<Arc<str>, u32>,
}

impl TextCells {
    fn push(&mut self, text: Option<&str>) -> bool {
        let number = match text {
            None => 0,
            Some(text) => match self.number(text) {
                Some(number) => number,
                None => return false,
            },
        };
        self.numbers.push(number);
        true
    }

    fn number(&mut self, text: &str) -> Option<u32> {
        // Rows come sorted, so a cell is most often the one above it.
        if let Some(&last) = self.numbers.last()
            && self.text(last) == Some(text)
        {
            return Some(last);
        }
        if let Some(&number) = self.by_text.get(text) {
            return Some(number);
        }
        let text: Arc<str> = text.into();
        let number = u32::try_from(self.texts.len()).ok()?.checked_add(1)?;
        self.texts.push(Arc::clone(&text));
        self.by_text.insert(text, number);
        Some(number)
    }

    fn text(&self, number: u32) -> Option<&str> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.texts.get(index).map(|text| &**text)
    }

    /// The cell; `None` where it is null or out of range.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.text(*self.numbers.get(row)?)
    }

    /// Rank of every text by its bytes, so that rows compare as integers; null ranks last.
    fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![u32::MAX; self.texts.len() + 1];
        // The map is in order of its texts.
        for (rank, &number) in self.by_text.values().enumerate() {
            if let (Ok(slot), Ok(rank)) = (usize::try_from(number), u32::try_from(rank))
                && let Some(slot) = ranks.get_mut(slot)
            {
                *slot = rank;
            }
        }
        ranks
    }
}

/// One column of cells.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Text.
    Text(TextCells),
    /// Whole numbers.
    Integer(Cells<i64>),
    /// Numbers, all finite.
    Number(Cells<f64>),
    /// Yes or no.
    Boolean(Cells<bool>),
    /// Days.
    Date(Cells<Date>),
}

impl Column {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text => Self::Text(TextCells::default()),
            ColumnType::Integer => Self::Integer(Cells::default()),
            ColumnType::Number => Self::Number(Cells::default()),
            ColumnType::Boolean => Self::Boolean(Cells::default()),
            ColumnType::Date => Self::Date(Cells::default()),
        }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.numbers.len(),
            Self::Integer(cells) => cells.values.len(),
            Self::Number(cells) => cells.values.len(),
            Self::Boolean(cells) => cells.values.len(),
            Self::Date(cells) => cells.values.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell; null where it is out of range.
    pub fn value(&self, row: usize) -> Value<'_> {
        match self {
            Self::Text(cells) => cells.get(row).into(),
            Self::Integer(cells) => cells.get(row).into(),
            Self::Number(cells) => cells.get(row).into(),
            Self::Boolean(cells) => cells.get(row).into(),
            Self::Date(cells) => cells.get(row).into(),
        }
    }

    /// Adds a cell; an answer says why it does not fit, and the cell is null then.
    fn push(&mut self, cell: &Value<'_>) -> Option<String> {
        let mut problem = None;
        match (&mut *self, cell) {
            (Self::Text(cells), Value::Text(text)) => {
                if !cells.push(Some(text)) {
                    cells.numbers.push(0);
                    problem = Some("more distinct texts than a column can hold".to_owned());
                }
            }
            (Self::Integer(cells), Value::Integer(number)) => cells.push(Some(*number)),
            (Self::Number(cells), Value::Number(number)) if number.is_finite() => {
                // Minus zero and zero are one figure; published as one.
                cells.push(Some(if *number == 0.0 { 0.0 } else { *number }));
            }
            (Self::Boolean(cells), Value::Boolean(answer)) => cells.push(Some(*answer)),
            (Self::Date(cells), Value::Date(day)) => cells.push(Some(*day)),
            (column, cell) => {
                problem = match cell {
                    Value::Null => None,
                    Value::Number(number) if matches!(column, Self::Number(_)) => Some(format!("{number}, which is not finite")),
                    other => Some(format!("{} in a column of another type", other.kind())),
                };
                match column {
                    Self::Text(cells) => cells.numbers.push(0),
                    Self::Integer(cells) => cells.push(None),
                    Self::Number(cells) => cells.push(None),
                    Self::Boolean(cells) => cells.push(None),
                    Self::Date(cells) => cells.push(None),
                }
            }
        }
        problem
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(cells) => cells.get(row).is_none(),
            Self::Integer(cells) => cells.get(row).is_none(),
            Self::Number(cells) => cells.get(row).is_none(),
            Self::Boolean(cells) => cells.get(row).is_none(),
            Self::Date(cells) => cells.get(row).is_none(),
        }
    }

    fn reorder(&mut self, order: &[usize]) {
        fn pick<T: Copy + Default>(values: &mut Vec<T>, order: &[usize]) {
            *values = order.iter().map(|&row| values.get(row).copied().unwrap_or_default()).collect();
        }
        match self {
            Self::Text(cells) => pick(&mut cells.numbers, order),
            Self::Integer(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
            Self::Number(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
            Self::Boolean(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
            Self::Date(cells) => {
                pick(&mut cells.values, order);
                pick(&mut cells.known, order);
            }
        }
    }
}

/// A column with its texts ranked, for comparing rows.
enum Comparer<'a> {
    Text(&'a [u32], Vec<u32>),
    Integer(&'a Cells<i64>),
    Number(&'a Cells<f64>),
    Boolean(&'a Cells<bool>),
    Date(&'a Cells<Date>),
}

impl<'a> Comparer<'a> {
    fn new(column: &'a Column) -> Self {
        match column {
            Column::Text(cells) => Self::Text(&cells.numbers, cells.ranks()),
            Column::Integer(cells) => Self::Integer(cells),
            Column::Number(cells) => Self::Number(cells),
            Column::Boolean(cells) => Self::Boolean(cells),
            Column::Date(cells) => Self::Date(cells),
        }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        fn nulls_last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
            match (a, b) {
                (Some(a), Some(b)) => compare(&a, &b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            }
        }
        match self {
            Self::Text(numbers, ranks) => {
                let rank = |row: usize| {
                    let number = numbers.get(row).and_then(|number| usize::try_from(*number).ok());
                    number.and_then(|number| ranks.get(number)).copied().unwrap_or(u32::MAX)
                };
                rank(a).cmp(&rank(b))
            }
            Self::Integer(cells) => nulls_last(cells.get(a), cells.get(b), Ord::cmp),
            Self::Number(cells) => nulls_last(cells.get(a), cells.get(b), f64::total_cmp),
            Self::Boolean(cells) => nulls_last(cells.get(a), cells.get(b), Ord::cmp),
            Self::Date(cells) => nulls_last(cells.get(a), cells.get(b), Ord::cmp),
        }
    }
}

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
            if (1..self.len()).all(|row| compare(row - 1, row).is_le()) {
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
        for row in 1..self.len() {
            let order = keys.iter().map(|key| key.compare(row - 1, row)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
            if order.is_gt() || (order.is_eq() && self.spec.has_primary_key()) {
                let name = if order.is_gt() { "rows are sorted by key" } else { "one row a key" };
                let found = format!("{} and then {}", self.key_text(row - 1), self.key_text(row));
                return refuse(name, format!("keys in ascending order, row {} after row {row}", row + 1), found);
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
