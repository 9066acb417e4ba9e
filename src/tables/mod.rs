//! Every output column declared once: name, type, unit, description. Feeds Parquet, the data dictionary and the tests.

use jiff::civil::Date;

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

/// One published column.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: ColumnType,
    /// Unit ("m2", "people", "pence", "share 0-1"), empty for text.
    pub unit: &'static str,
    /// One sentence: what the figure is and when it is null.
    pub description: &'static str,
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

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Unknown or not applicable.
    Null,
    /// Text.
    Text(String),
    /// Whole number.
    Integer(i64),
    /// Number; must be finite.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Day.
    Date(Date),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),*) => {$(
        impl From<$from> for Value { fn from(value: $from) -> Self { Self::$variant(value.into()) } }
    )*};
}
value_from!(&str => Text, String => Text, &String => Text, i64 => Integer, f64 => Number, bool => Boolean, Date => Date);

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        i64::try_from(value).map_or(Self::Null, Self::Integer)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<crate::domain::People> for Value {
    fn from(people: crate::domain::People) -> Self {
        Self::Number(people.as_f64())
    }
}

impl From<crate::domain::Pence> for Value {
    fn from(pence: crate::domain::Pence) -> Self {
        Self::Integer(pence.0)
    }
}

/// A table ready to be published: columns of cells, all of one length.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it is.
    pub spec: &'static TableSpec,
    /// One vector a column, in the order of `spec.columns`.
    pub columns: Vec<Vec<Value>>,
}

impl Table {
    /// No rows.
    pub fn new(spec: &'static TableSpec) -> Self {
        Self { spec, columns: spec.columns.iter().map(|_| Vec::new()).collect() }
    }

    /// Adds a row; `cells` are in the order of the columns.
    pub fn push<const N: usize>(&mut self, cells: [Value; N]) {
        debug_assert_eq!(N, self.columns.len(), "table {} has {} columns", self.spec.name, self.columns.len());
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
