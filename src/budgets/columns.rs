//! What is said of a cell that cannot be used, and "did you mean".

use crate::domain::TextTable;
use crate::error::InputProblem;

/// The problem of a cell: file, sheet, row, column, what was found, what was expected, what to do.
pub(super) fn cell_problem(table: &TextTable, row: usize, column: &str, found: String, expected: &str, remedy: &str) -> InputProblem {
    with_sheet(InputProblem::new(&table.path, found, expected, remedy), table).record(table.row_number(row)).field(column)
}

fn with_sheet(problem: InputProblem, table: &TextTable) -> InputProblem {
    match &table.sheet {
        Some(sheet) => problem.sheet(sheet.clone()),
        None => problem,
    }
}

/// The candidate most like `name` (Jaro-Winkler, at least 0.7; ties: the first), for "did you mean".
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
        if likeness >= 0.7 && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}
