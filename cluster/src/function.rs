//! The engine as a function of the engine of queries: a tile in, its sums out, one row a label.
//!
//! A plan names it, so it must be known wherever a plan is read: by the scheduler, by every executor and by the run
//! ([`register`], [`registry`]). Its name ends with a hash of the program's sources: an executor of another build does not know it.

use std::sync::Arc;

use ballista_core::registry::BallistaFunctionRegistry;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, Decimal128Builder, ListArray, StructArray, new_null_array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility};

use crate::tile::{self, Row};
use crate::wire::halves;

/// Digits of a decimal that holds a half of an integer. Ten more are the sum's, so 5e10 rows of a label add up without overflow.
pub const DIGITS: u8 = 20;

/// The function's name in this build.
pub fn name() -> String {
    format!("coterminous_sums_{}", env!("COTERMINOUS_ENGINE"))
}

/// Sums of a tile: `Binary -> List<Struct<label: Binary, area_high, area_low, boundary_high, boundary_low: Decimal128(20, 0)>>`.
///
/// Integers are sent in halves ([`halves`]), since sums of decimals wrap without a word.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct SumsOfTile {
    name: String,
    signature: Signature,
}

impl SumsOfTile {
    /// The function under a name.
    pub fn named(name: String) -> Self {
        // Parquet's Binary may arrive as any of the three.
        let types = [DataType::BinaryView, DataType::Binary, DataType::LargeBinary];
        let signature = Signature::one_of(types.map(|kind| TypeSignature::Exact(vec![kind])).to_vec(), Volatility::Volatile);
        Self { name, signature }
    }
}

/// Columns of a row of sums.
fn columns() -> Fields {
    let half = |name: &str| Field::new(name, DataType::Decimal128(DIGITS, 0), false);
    let label = Field::new("label", DataType::Binary, false);
    Fields::from(vec![label, half("area_high"), half("area_low"), half("boundary_high"), half("boundary_low")])
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(columns()), false))
}

impl ScalarUDFImpl for SumsOfTile {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(item()))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [tiles] = arguments.args.as_slice() else { return exec_err!("{} takes one column", self.name) };
        let tiles = match tiles {
            ColumnarValue::Array(tiles) => Arc::clone(tiles),
            ColumnarValue::Scalar(ScalarValue::Null) => new_null_array(&DataType::Binary, 1),
            ColumnarValue::Scalar(tile) => tile.to_array()?,
        };
        Ok(ColumnarValue::Array(sums_of(&tiles)?))
    }
}

fn sums_of(tiles: &ArrayRef) -> Result<ArrayRef> {
    let mut lengths = Vec::with_capacity(tiles.len());
    let mut rows: Vec<Row> = Vec::new();
    for at in 0..tiles.len() {
        if tiles.is_null(at) {
            return exec_err!("a tile is missing: its row is null");
        }
        let bytes = match tiles.data_type() {
            DataType::Binary => tiles.as_binary::<i32>().value(at),
            DataType::LargeBinary => tiles.as_binary::<i64>().value(at),
            DataType::BinaryView => tiles.as_binary_view().value(at),
            other => return exec_err!("a tile is of type {other}, expected bytes"),
        };
        let counted = tile::count(bytes).map_err(|damage| DataFusionError::Execution(format!("a tile is damaged: {damage}")))?;
        lengths.push(counted.len());
        rows.extend(counted);
    }
    let mut labels = BinaryBuilder::new();
    let half = || Decimal128Builder::new().with_precision_and_scale(DIGITS, 0);
    let (mut area_high, mut area_low, mut boundary_high, mut boundary_low) = (half()?, half()?, half()?, half()?);
    for row in rows {
        labels.append_value(&row.label);
        let (high, low) = halves(row.area);
        area_high.append_value(high);
        area_low.append_value(low);
        let (high, low) = halves(row.boundary);
        boundary_high.append_value(high);
        boundary_low.append_value(low);
    }
    let numbers = [area_high, area_low, boundary_high, boundary_low].map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
    let arrays = std::iter::once(Arc::new(labels.finish()) as ArrayRef).chain(numbers).collect();
    let rows = StructArray::try_new(columns(), arrays, None)?;
    Ok(Arc::new(ListArray::try_new(item(), OffsetBuffer::from_lengths(lengths), Arc::new(rows), None)?))
}

/// Makes the function known to a session: the scheduler's, and the run's after it has connected.
///
/// # Errors
/// Those of the registry.
pub fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    registry.register_udf(Arc::new(ScalarUDF::from(SumsOfTile::named(name())))).map(|_| ())
}

/// The functions of an executor: those of the engine of queries, and this one.
pub fn registry() -> BallistaFunctionRegistry {
    registry_with(name())
}

/// The functions of an executor that knows this one by another name.
pub fn registry_with(name: String) -> BallistaFunctionRegistry {
    let mut registry = BallistaFunctionRegistry::default();
    registry.scalar_functions.insert(name.clone(), Arc::new(ScalarUDF::from(SumsOfTile::named(name))));
    registry
}
