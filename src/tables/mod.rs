//! Every output column declared once: name, type, unit, description. Feeds Parquet, the data dictionary and the tests.

pub use crate::domain::table::{Cells, Column, ColumnSpec, ColumnType, Table, TableSpec, TextCells, Value};
