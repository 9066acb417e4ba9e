//! What comes back from the cluster: batches of labels and sums in halves, read and held against what was sent.

use coterminous::overlay::tiles::Sums;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Decimal128Type;

use crate::tile::{self, Row};
use crate::wire;

/// Times that a job is asked for again whose answer is not what its tiles come to: a label is there twice, or a tile is missing.
const AGAIN: u32 = 2;

/// The sums of `tiles` tiles of `layers` layers and how many labels they have, out of the answer that `ask` brings. Where an executor dies, a
/// scheduler can name a part of an answer beside the one that took its place: an answer that is not whole is asked for again, [`AGAIN`] times at
/// most. Counting twice changes nothing.
///
/// # Errors
/// Outside, whatever `ask` says; inside, what is wrong with the last answer.
pub fn whole<E>(
    tiles: u64,
    layers: usize,
    mut ask: impl FnMut() -> Result<Vec<RecordBatch>, E>,
) -> Result<Result<(Option<Sums>, usize), String>, E> {
    let mut again = 0u32;
    loop {
        let batches = ask()?;
        let counted = rows(&batches).and_then(|rows| tile::sums(&rows, tiles, layers).map(|sums| (sums, rows.len())));
        match counted {
            Err(problem) if again < AGAIN => {
                tracing::warn!("what was counted is not whole, and is counted again: {problem}");
                again = again.saturating_add(1);
            }
            counted => return Ok(counted),
        }
    }
}

/// Rows of sums out of what came back.
fn rows(batches: &[RecordBatch]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for batch in batches {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| format!("the sums have no column {name}"));
        let number = |name: &str| -> Result<_, String> {
            let column = column(name)?;
            column.as_primitive_opt::<Decimal128Type>().ok_or_else(|| format!("column {name} of the sums is {}", column.data_type()))
        };
        let labels = column("label")?;
        let labels = labels.as_binary_opt::<i32>().ok_or_else(|| format!("the labels of the sums are {}", labels.data_type()))?;
        let numbers = (number("area_high")?, number("area_low")?, number("boundary_high")?, number("boundary_low")?);
        for at in 0..batch.num_rows() {
            let all: [&dyn Array; 5] = [labels, numbers.0, numbers.1, numbers.2, numbers.3];
            if all.iter().any(|column| column.is_null(at)) {
                return Err("a sum is null".to_owned());
            }
            let sum = |high: i128, low: i128| wire::whole(high, low).ok_or("a sum has more than 128 bits");
            rows.push(Row {
                label: labels.value(at).to_vec(),
                area: sum(numbers.0.value(at), numbers.1.value(at))?,
                boundary: sum(numbers.2.value(at), numbers.3.value(at))?,
            });
        }
    }
    Ok(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use std::sync::Arc;

    use coterminous::domain::{Point, Rings};
    use coterminous::overlay::tiles::split;
    use datafusion::arrow::array::{ArrayRef, BinaryArray, Decimal128Array};

    use super::*;

    /// The answer for a rectangle of 3 by 2, one tile.
    fn answer() -> RecordBatch {
        let mut rings = Rings::new();
        rings.push_ring([(0, 0), (3, 0), (3, 2), (0, 2)].map(|(x, y)| Point { x, y }));
        rings.end_unit();
        let mut counted = Vec::new();
        split(&[&rings], 100, &mut |portion| {
            counted.extend(tile::count(&tile::bytes(&portion)).unwrap());
            Ok::<(), ()>(())
        })
        .unwrap();
        let labels: BinaryArray = counted.iter().map(|row| Some(&row.label)).collect();
        let column =
            |half: fn(&Row) -> i128| -> ArrayRef { Arc::new(counted.iter().map(|row| Some(half(row))).collect::<Decimal128Array>()) };
        RecordBatch::try_from_iter([
            ("label", Arc::new(labels) as ArrayRef),
            ("area_high", column(|row| wire::halves(row.area).0)),
            ("area_low", column(|row| wire::halves(row.area).1)),
            ("boundary_high", column(|row| wire::halves(row.boundary).0)),
            ("boundary_low", column(|row| wire::halves(row.boundary).1)),
        ])
        .unwrap()
    }

    /// What is read of these answers, one after the other, and how many of them were asked for.
    fn told(answers: &[Vec<RecordBatch>]) -> (Result<(Option<Sums>, usize), String>, usize) {
        let mut asked = 0;
        let read = whole(1, 1, || {
            asked += 1;
            answers.get(asked - 1).cloned().ok_or("nothing more to say")
        });
        (read.unwrap(), asked)
    }

    #[test]
    fn an_answer_that_is_not_whole_is_asked_for_again_twice_at_most() {
        let good = vec![answer()];
        let twice = vec![answer(), answer()];
        let missing = vec![answer().slice(1, answer().num_rows() - 1)];
        let area = |read: &Result<(Option<Sums>, usize), String>| {
            let (sums, labels) = read.as_ref().unwrap();
            (sums.as_ref().unwrap().faces[&vec![vec![0]]].doubled_area, *labels)
        };
        let labels = good[0].num_rows();
        for (answers, asked) in
            [(vec![good.clone()], 1), (vec![twice.clone(), good.clone()], 2), (vec![missing.clone(), twice.clone(), good.clone()], 3)]
        {
            let (read, times) = told(&answers);
            // 2 x 3 x 2.
            assert_eq!((area(&read), times), ((12, labels), asked));
        }
        let (read, times) = told(&[good.clone(), twice.clone()]);
        assert_eq!((area(&read), times), ((12, labels), 1), "what is whole is not asked for again");
        let (read, times) = told(&[missing.clone(), missing, twice, good]);
        assert_eq!((read.unwrap_err().as_str(), times), ("a label is there twice", 3));
    }

    #[test]
    fn what_cannot_be_asked_is_no_answer() {
        assert_eq!(whole(1, 1, || Err("gone")).unwrap_err(), "gone");
    }
}
