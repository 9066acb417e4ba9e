//! What a published column and a published table are.

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
