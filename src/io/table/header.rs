//! The header of a table: one row or several, merged cells, names that are there twice.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::letters;
use crate::domain::Finding;

/// A merged range of a sheet: rows as a spreadsheet shows them, columns from 0, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merged {
    pub rows: (u64, u64),
    pub columns: (usize, usize),
}

/// Columns whose repeated names are told.
const NAMED: usize = 5;

/// The rows of a header as they are met.
#[derive(Debug, Clone, Default)]
pub(super) struct HeaderRows {
    rows: Vec<(u64, Vec<String>)>,
    merged: Vec<Merged>,
}

impl HeaderRows {
    /// The merged ranges of the sheet that reach into these rows.
    pub(super) fn set_merged(&mut self, merged: Vec<Merged>) {
        self.merged = merged;
    }

    pub(super) fn push(&mut self, number: u64, cells: &[impl AsRef<str>]) {
        self.rows.push((number, cells.iter().map(|cell| cell.as_ref().trim().to_owned()).collect()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.iter().all(|(_, cells)| cells.iter().all(String::is_empty))
    }

    /// One name a column: the texts of its rows from the top, joined by a blank. A merged cell names every column that it covers; where the file knows
    /// of no merged cell in a row, a blank cell above the last row has the text to its left.
    pub(super) fn names(self) -> Vec<String> {
        let width = self.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let last = self.rows.len().saturating_sub(1);
        let mut names: Vec<Vec<String>> = vec![Vec::new(); width];
        for (index, (number, cells)) in self.rows.iter().enumerate() {
            let mut merged: Vec<&Merged> = self.merged.iter().filter(|merged| (merged.rows.0..=merged.rows.1).contains(number)).collect();
            merged.sort_by_key(|merged| merged.columns);
            let (mut left, mut next) = ("", 0usize);
            for (column, name) in names.iter_mut().enumerate() {
                let own = cells.get(column).map_or("", String::as_str);
                // Merged ranges of a sheet do not overlap, so the last that has begun is the only one that can cover a column.
                while merged.get(next).is_some_and(|merged| merged.columns.0 <= column) {
                    next = next.saturating_add(1);
                }
                let begun = next.checked_sub(1).and_then(|last| merged.get(last));
                let covering = begun.filter(|merged| merged.columns.1 >= column);
                let text = match covering {
                    _ if !own.is_empty() => own,
                    // The text of a merged range is in its first row and column.
                    Some(merged) if merged.rows.0 == *number => cells.get(merged.columns.0).map_or("", String::as_str),
                    Some(_) => "",
                    None if merged.is_empty() && index < last => left,
                    None => "",
                };
                if !text.is_empty() {
                    left = text;
                    name.push(text.to_owned());
                }
            }
        }
        names.into_iter().map(|parts| parts.join(" ")).collect()
    }
}

/// Numbers names that are there before: `Total`, `Total (2)`. Returns what to tell of it.
pub(super) fn number_repeats(columns: &mut [String]) -> Option<String> {
    let mut taken: BTreeSet<String> = columns.iter().cloned().collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut renamed: Vec<String> = Vec::new();
    for (index, column) in columns.iter_mut().enumerate().filter(|(_, column)| !column.is_empty()) {
        let count = counts.entry(column.clone()).or_insert(0);
        *count = count.saturating_add(1);
        if *count == 1 {
            continue;
        }
        let mut numbered = format!("{column} ({count})");
        // Some sheet has a column of that very name.
        while taken.contains(&numbered) {
            *count = count.saturating_add(1);
            numbered = format!("{column} ({count})");
        }
        taken.insert(numbered.clone());
        renamed.push(format!("{} is \"{numbered}\"", letters(index)));
        *column = numbered;
    }
    let more = renamed.len().saturating_sub(NAMED);
    let first = renamed.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    (!renamed.is_empty()).then(|| {
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let columns = if renamed.len() == 1 { "column has a name that is" } else { "columns have names that are" };
        format!("{} {columns} there before, and a number behind it: {first}{rest}", renamed.len())
    })
}

/// Finding DQ-27 of a header.
pub(super) fn finding(detail: String, action: &'static str) -> Finding {
    Finding::new("DQ-27", detail, action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rows: &[(u64, &[&str])], merged: &[Merged]) -> Vec<String> {
        let mut header = HeaderRows::default();
        header.set_merged(merged.to_vec());
        for (number, cells) in rows {
            header.push(*number, cells);
        }
        header.names()
    }

    #[test]
    fn the_rows_of_a_header_make_one_name_a_column() {
        let rows: [(u64, &[&str]); 2] = [(1, &["", "", "2025/26", "", "2026/27"]), (2, &["Code", "ICB", "Core", "BCF", "Core", "BCF"])];
        let expected = ["Code", "ICB", "2025/26 Core", "2025/26 BCF", "2026/27 Core", "2026/27 BCF"];
        assert_eq!(names(&rows, &[]), expected[..5].iter().map(|x| (*x).to_owned()).chain(["2026/27 BCF".to_owned()]).collect::<Vec<_>>());
        // The sheet says that the first year ends before the last of its columns.
        let rows: [(u64, &[&str]); 2] = [(4, &["Area", "2025/26", "", "", ""]), (5, &["", "Core", "BCF", "Notes", ""])];
        let merged = [Merged { rows: (4, 5), columns: (0, 0) }, Merged { rows: (4, 4), columns: (1, 2) }];
        assert_eq!(names(&rows, &merged), ["Area", "2025/26 Core", "2025/26 BCF", "Notes", ""]);
        assert_eq!(names(&rows, &[]), ["Area", "2025/26 Core", "2025/26 BCF", "2025/26 Notes", "2025/26"]);
    }

    #[test]
    fn names_that_are_there_twice_are_numbered() {
        let mut columns: Vec<String> = ["Total", "Other", "Total", "", "Total (2)", "Total", ""].map(str::to_owned).to_vec();
        let told = number_repeats(&mut columns);
        assert_eq!(columns, ["Total", "Other", "Total (3)", "", "Total (2)", "Total (4)", ""]);
        assert_eq!(
            told.as_deref(),
            Some("2 columns have names that are there before, and a number behind it: C is \"Total (3)\", F is \"Total (4)\"")
        );
        assert_eq!(number_repeats(&mut ["a".to_owned(), "b".to_owned()]), None);
    }
}
