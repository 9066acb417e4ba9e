//! Rows of a budget table that are there twice, or differ in their amount alone.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::align::pounds;
use super::money::{self, Amount};
use crate::config::BudgetPlan;
use crate::domain::{Finding, TextTable};
use crate::words::count;

/// A column, and of its texts those that are read as another: `2007/08` as `2007-08`.
pub(super) type Written<'a> = (Option<usize>, BTreeMap<&'a str, &'a str>);

/// Findings DQ-22: how many rows repeat another in every cell, and how many repeat another in every cell but the amount, with the pounds that
/// the second and later ones add. All of them count: a table may mean it. Cells are the same if they are read as the same (`written`).
pub(super) fn findings(plan: &BudgetPlan, table: &TextTable, written: &[Written<'_>]) -> Vec<Finding> {
    let Some(amount) = table.column(&plan.amount) else { return Vec::new() };
    let written: Vec<&Written<'_>> = written.iter().filter(|(_, read_as)| !read_as.is_empty()).collect();
    let key = |row: usize| key(table, row, amount, &written);
    let passes = |row: usize| {
        plan.filters.iter().all(|filter| table.column(&filter.field).is_none_or(|column| filter.test.passes(table.cell(row, column))))
            && table.column(&plan.code).is_none_or(|code| !plan.totals.iter().any(|total| Some(total.as_str()) == table.cell(row, code)))
    };
    let hash = |row: usize| {
        // Without keys: the same rows give the same number in every run.
        let mut hasher = DefaultHasher::new();
        key(row).for_each(|cell| cell.hash(&mut hasher));
        hasher.finish()
    };
    let hashes: Vec<u64> = (0..table.len()).into_par_iter().map(hash).collect();
    let mut sorted = hashes.clone();
    sorted.par_sort_unstable();
    let mut repeated: Vec<u64> =
        sorted.windows(2).filter_map(|pair| <[u64; 2]>::try_from(pair).ok()).filter(|[a, b]| a == b).map(|[a, _]| a).collect();
    repeated.dedup();
    drop(sorted);
    if repeated.is_empty() {
        return Vec::new();
    }
    let hash_of = |row: &usize| hashes.get(*row).copied().unwrap_or(0);
    let mut rows: Vec<usize> = (0..hashes.len()).filter(|row| repeated.binary_search(&hash_of(row)).is_ok() && passes(*row)).collect();
    // Rows of one number are the same but for a chance that is next to none, and then their texts decide.
    rows.par_sort_unstable_by(|a, b| {
        let by_text = || key(*a).cmp(key(*b));
        hash_of(a).cmp(&hash_of(b)).then_with(|| if key(*a).eq(key(*b)) { a.cmp(b) } else { by_text() })
    });
    let (mut same, mut other) = (Tally::default(), Tally::default());
    for group in rows.chunk_by(|a, b| key(*a).eq(key(*b))) {
        let Some((first, others)) = group.split_first() else { continue };
        let mut seen = BTreeSet::from([table.cell(*first, amount)]);
        let first = table.row_number(*first);
        for row in others {
            let again = !seen.insert(table.cell(*row, amount));
            let tally = if again { &mut same } else { &mut other };
            tally.add((table.row_number(*row), first), money::amount(table.cell(*row, amount), plan.unit));
        }
    }
    let found = |tally: &Tally, what: &str| {
        let (row, first) = tally.first?;
        let detail = format!(
            "{} {what}, the first is row {row}, which is row {first} again; in all {}",
            count(usize::try_from(tally.rows).unwrap_or(usize::MAX), "row", "rows"),
            pounds(tally.pence)
        );
        Some(
            Finding::new("DQ-22", detail, "counted, each of them")
                .field(plan.amount.clone())
                .record(i64::try_from(row).unwrap_or(i64::MAX))
                .value(tally.pence as f64, "pence"),
        )
    };
    found(&same, "given again, cell for cell").into_iter().chain(found(&other, "given again with another amount")).collect()
}

/// Every cell of a row but the amount, as it is read.
fn key<'a>(table: &'a TextTable, row: usize, amount: usize, written: &'a [&'a Written<'a>]) -> impl Iterator<Item = Option<&'a str>> {
    (0..table.columns.len()).filter(move |column| *column != amount).map(move |column| {
        let cell = table.cell(row, column)?;
        let read_as = written.iter().find(|(of, _)| *of == Some(column)).and_then(|(_, read_as)| read_as.get(cell));
        Some(read_as.copied().unwrap_or(cell))
    })
}

#[derive(Default)]
struct Tally {
    rows: u64,
    pence: i128,
    /// The first of the rows, and the row that it repeats.
    first: Option<(u64, u64)>,
}

impl Tally {
    fn add(&mut self, rows: (u64, u64), amount: Amount) {
        self.rows = self.rows.saturating_add(1);
        self.first = Some(self.first.map_or(rows, |first| first.min(rows)));
        if let Amount::Known { pence, .. } = amount {
            self.pence = self.pence.saturating_add(i128::from(pence.0));
        }
    }
}
