//! Types that two stages share: invariants only, no algorithms but those that hold them.

pub mod buffer;
pub mod finding;
pub mod geometry;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "coordinates end at 2^50 steps, so coarse ones at 2^30 and the boxes back from them at 2^51; levels and children are counted from the lengths \
              of the arrays made here, each an eighth of the one below, and edges are numbered within 32 bits by who builds blocks"
)]
pub mod index;
pub mod layer;
pub mod linework;
pub mod number;
pub mod outline;
mod polygons;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a slot is masked by their number less one, a power of two, before it is used; their number is at most four times that of points in memory"
)]
pub mod positions;
pub mod proof;
pub mod raw;
pub mod recodes;
pub mod relation;
pub mod table;
pub mod text_table;
pub mod units;

pub use buffer::Buffer;
pub use finding::{Finding, Severity};
pub use geometry::{Grid, Point, Rings};
pub use index::{Block, Bounds, Tree};
pub use layer::{Area, Clip, Layer, Respelled, Role, Spellings, plain, unusable_code};
pub use outline::{Drawn, Loops, Outline, Stroke, Strokes};
pub use proof::Proof;
pub use raw::{InputFile, RawLayer, RawRecord, RawShapes};
pub use recodes::{OtherCodes, Recodes};
pub use relation::{Amounts, Basis, Body, Relation, RelationPair};
pub use table::{ColumnSpec, ColumnType, Table, TableSpec, Value};
pub use text_table::TextTable;
pub use units::{Pence, People};
