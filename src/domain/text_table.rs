//! A table as text: what the doors hand in for every format.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::raw::missing;
use crate::error::Result;

/// Bytes of text after which a page is full: small beside a machine's memory, so that a growing table never copies what it has, and far
/// below what 32 bits address.
const PAGE: usize = 8 << 20;

/// A table read as text: named columns, rows in file order, every cell trimmed text or unknown.
///
/// Row numbers are those a spreadsheet shows, the header included, so a message can send a person to the row. Rows lie in pages, each cell
/// by its end in the page's text: five million rows of six short cells take some 400 MB.
#[derive(Debug, Clone, Default)]
pub struct TextTable {
    /// File, for messages.
    pub path: PathBuf,
    /// Sheet, for workbooks.
    pub sheet: Option<String>,
    /// Column names as in the header, trimmed.
    pub columns: Vec<String>,
    pages: Vec<Page>,
    by_name: BTreeMap<String, usize>,
}

/// Rows that follow each other.
#[derive(Debug, Clone, Default)]
struct Page {
    /// Index of its first row.
    first: usize,
    /// Rows and their numbers.
    numbers: Vec<u64>,
    /// All cells, row by row, end to end.
    text: String,
    /// End of each cell in `text`.
    ends: Vec<u32>,
}

impl PartialEq for TextTable {
    /// The same file, sheet, columns and cells; how the rows are paged is no part of it.
    fn eq(&self, other: &Self) -> bool {
        let cells = |table: &Self, row: usize| {
            (0..table.columns.len()).map(|column| table.cell(row, column).map(str::to_owned)).collect::<Vec<_>>()
        };
        (&self.path, &self.sheet, &self.columns, self.len()) == (&other.path, &other.sheet, &other.columns, other.len())
            && (0..self.len()).all(|row| self.row_number(row) == other.row_number(row) && cells(self, row) == cells(other, row))
    }
}

impl TextTable {
    /// An empty table with these columns.
    pub fn new(path: impl Into<PathBuf>, sheet: Option<String>, columns: Vec<String>) -> Self {
        let mut by_name = BTreeMap::new();
        for (index, name) in columns.iter().enumerate() {
            by_name.entry(name.clone()).or_insert(index);
        }
        Self { path: path.into(), sheet, columns, by_name, pages: Vec::new() }
    }

    /// Adds a row: missing cells are unknown, cells beyond the columns are ignored (the doors refuse ragged rows, and rows of more than a
    /// GB, before this).
    pub fn push<'a>(&mut self, row_number: u64, cells: impl IntoIterator<Item = &'a str>) {
        if self.pages.last().is_none_or(|page| page.text.len() >= PAGE) {
            let first = self.len();
            self.pages.push(Page { first, ..Page::default() });
        }
        let width = self.columns.len();
        let Some(page) = self.pages.last_mut() else { return };
        page.numbers.push(row_number);
        let mut cells = cells.into_iter();
        for _ in 0..width {
            page.text.push_str(cells.next().unwrap_or("").trim());
            page.ends.push(u32::try_from(page.text.len()).unwrap_or(u32::MAX));
        }
    }

    /// Adds the rows of a table with the same columns below its own, `offset` added to their numbers, without copying them.
    pub(crate) fn append(&mut self, other: Self, offset: u64) {
        let mut first = self.len();
        for mut page in other.pages {
            page.first = first;
            first = first.saturating_add(page.numbers.len());
            for number in &mut page.numbers {
                *number = number.saturating_add(offset);
            }
            self.pages.push(page);
        }
    }

    /// Gives back what growing took too much.
    pub(crate) fn shrink(&mut self) {
        for page in &mut self.pages {
            page.numbers.shrink_to_fit();
            page.text.shrink_to_fit();
            page.ends.shrink_to_fit();
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.pages.last().map_or(0, |page| page.first.saturating_add(page.numbers.len()))
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of a column by its exact name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Index of the column of exactly this name.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) that lists the columns there are and suggests the nearest.
    pub fn require(&self, column: &str) -> Result<usize> {
        match self.column(column) {
            Some(index) => Ok(index),
            None => Err(missing(&self.path, self.sheet.as_deref(), "column", column, &self.columns).into()),
        }
    }

    /// The page of a row, and the row's place in it.
    fn page(&self, row: usize) -> Option<(&Page, usize)> {
        let after = self.pages.partition_point(|page| page.first <= row);
        let page = self.pages.get(after.checked_sub(1)?)?;
        Some((page, row.checked_sub(page.first)?))
    }

    /// The row's number as a spreadsheet shows it.
    pub fn row_number(&self, row: usize) -> u64 {
        self.page(row).and_then(|(page, row)| page.numbers.get(row)).copied().unwrap_or(0)
    }

    /// A cell's trimmed text; `None` where it is empty or out of range.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        if column >= self.columns.len() {
            return None;
        }
        let (page, row) = self.page(row)?;
        let index = row.checked_mul(self.columns.len())?.checked_add(column)?;
        let end = *page.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *page.ends.get(before)?,
            None => 0,
        };
        page.text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_however_they_are_paged() {
        let columns = vec!["a".to_owned(), "b".to_owned()];
        let mut whole = TextTable::new("t.csv", None, columns.clone());
        let mut paged = TextTable::new("t.csv", None, columns.clone());
        for part in 0..3u64 {
            let mut page = TextTable::new("t.csv", None, columns.clone());
            for row in 0..5u64 {
                let (a, b) = (format!(" {part}"), if row == 2 { String::new() } else { format!("{row} ") });
                whole.push(part * 10 + row + 2, [a.as_str(), b.as_str()]);
                page.push(row + 2, [a.as_str(), b.as_str()]);
            }
            paged.append(page, part * 10);
        }
        assert_eq!((whole.pages.len(), paged.pages.len(), paged.len()), (1, 3, 15));
        assert_eq!(whole, paged);
        assert_eq!((paged.cell(7, 0), paged.cell(7, 1), paged.cell(14, 1), paged.row_number(14)), (Some("1"), None, Some("4"), 26));
        assert_eq!((paged.cell(15, 0), paged.cell(0, 2), paged.row_number(15)), (None, None, 0));
        paged.push(99, ["x", "y"]);
        assert_ne!(whole, paged);
    }
}
