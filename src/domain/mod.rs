//! Types that two stages share: invariants only, no algorithms but those that hold them.

pub mod buffer;
pub mod finding;
pub mod geometry;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indices are made here, of arrays that are made here, and coordinates end at 2^50 steps; part of the overlay engine"
)]
pub mod index;
pub mod layer;
pub mod linework;
pub mod number;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "slots are found by a mask of their number, which is that of points in memory; part of the overlay engine"
)]
pub mod positions;
pub mod proof;
pub mod raw;
pub mod relation;
pub mod table;
pub mod text_table;
pub mod units;

pub use buffer::Buffer;
pub use finding::{Finding, Severity};
pub use geometry::{Grid, Point, Rings};
pub use index::{Block, Bounds, Tree};
pub use layer::{Area, Clip, Layer, Role};
pub use proof::Proof;
pub use raw::{InputFile, RawLayer, RawRecord, RawShapes};
pub use relation::{Amounts, Basis, Body, Relation, RelationPair};
pub use table::{ColumnSpec, ColumnType, Table, TableSpec, Value};
pub use text_table::TextTable;
pub use units::{Pence, People};
