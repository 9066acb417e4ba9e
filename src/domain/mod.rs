//! Types that two stages share: invariants only, no algorithms.

pub mod finding;
pub mod geometry;
pub mod layer;
pub mod number;
pub mod proof;
pub mod raw;
pub mod relation;
pub mod table;
pub mod text_table;
pub mod units;

pub use finding::{Finding, Severity};
pub use geometry::{Grid, Point, Rings};
pub use layer::{Area, Clip, Layer, Role};
pub use proof::Proof;
pub use raw::{InputFile, RawLayer, RawRecord};
pub use relation::{Amounts, Basis, Body, Relation, RelationPair};
pub use table::{ColumnSpec, ColumnType, Table, TableSpec, Value};
pub use text_table::TextTable;
pub use units::{Pence, People};
