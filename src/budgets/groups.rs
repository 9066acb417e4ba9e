//! Lines put together: what they have in common, and sums over millions of them by several threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::line::BudgetLine;
use super::waves::all_in_order;

/// What lines of one group have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub layer: Arc<str>,
    pub budget: Arc<str>,
    pub service: Option<Arc<str>>,
    pub fiscal_year: Option<Arc<str>>,
}

impl Group {
    fn of(line: &BudgetLine) -> Self {
        Self {
            layer: Arc::clone(&line.layer),
            budget: Arc::clone(&line.budget),
            service: line.service.clone(),
            fiscal_year: line.fiscal_year.clone(),
        }
    }

    /// Whether a line carries the very texts of the group: lines of one chunk of a table share them, so nothing has to be compared.
    fn shares_texts(&self, line: &BudgetLine) -> bool {
        let same = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        Arc::ptr_eq(&self.budget, &line.budget)
            && Arc::ptr_eq(&self.layer, &line.layer)
            && same(&self.service, &line.service)
            && same(&self.fiscal_year, &line.fiscal_year)
    }
}

/// Groups of lines, in the order in which they first appear, and the group of each line.
#[derive(Debug)]
pub(super) struct Groups {
    pub all: Vec<Group>,
    of: Vec<u32>,
}

/// Groups looked at by their texts' places in memory before they are looked up by their texts.
const RECENT: usize = 16;

impl Groups {
    /// The groups of all lines.
    pub(super) fn new(lines: &[BudgetLine]) -> Self {
        let mut groups = Self { all: Vec::new(), of: Vec::with_capacity(lines.len()) };
        let mut places: BTreeMap<Group, u32> = BTreeMap::new();
        all_in_order(
            lines.len(),
            |range| Self::of_chunk(lines.get(range).unwrap_or(&[])),
            |chunk| {
                let numbers: Vec<u32> = chunk.all.into_iter().map(|group| place(&mut places, &mut groups.all, group)).collect();
                groups.of.extend(chunk.of.iter().map(|own| number(&numbers, *own)));
            },
        );
        groups
    }

    fn of_chunk(lines: &[BudgetLine]) -> Self {
        let mut chunk = Self { all: Vec::new(), of: Vec::with_capacity(lines.len()) };
        let mut places: BTreeMap<Group, u32> = BTreeMap::new();
        for line in lines {
            let recent = chunk.all.iter().take(RECENT).position(|group| group.shares_texts(line)).and_then(|at| u32::try_from(at).ok());
            chunk.of.push(recent.unwrap_or_else(|| place(&mut places, &mut chunk.all, Group::of(line))));
        }
        chunk
    }

    /// The group of a line by its index, as an index into [`Self::all`].
    pub(super) fn of(&self, line: usize) -> Option<usize> {
        self.of.get(line).and_then(|group| usize::try_from(*group).ok())
    }
}

/// Place of a group in a list, at its end where it was not there.
fn place(places: &mut BTreeMap<Group, u32>, all: &mut Vec<Group>, group: Group) -> u32 {
    if let Some(place) = places.get(&group) {
        return *place;
    }
    // As many groups as lines at most, which are counted in 32 bits wherever lines are split.
    let place = u32::try_from(all.len()).unwrap_or(u32::MAX);
    places.insert(group.clone(), place);
    all.push(group);
    place
}

fn number(numbers: &[u32], own: u32) -> u32 {
    usize::try_from(own).ok().and_then(|own| numbers.get(own)).copied().unwrap_or(u32::MAX)
}

/// Sums by row (a body, a piece) and column (a service and year). Rows are there from the start, columns when something is added: a table of
/// all of them could have a thousand times more cells than there are lines.
#[derive(Debug)]
pub(super) struct Tally<T> {
    rows: Vec<Sums<T>>,
}

/// Sums of a row by column: a short list, or a tree where a table has thousands of columns (a list that is kept in order costs the square of it).
#[derive(Debug)]
struct Sums<T> {
    few: Vec<(usize, T)>,
    many: BTreeMap<usize, T>,
}

impl<T: Default> Sums<T> {
    /// Columns from which a row is a tree.
    const MANY: usize = 256;

    fn at(&mut self, column: usize) -> Option<&mut T> {
        if self.many.is_empty() {
            match self.few.binary_search_by_key(&column, |(column, _)| *column) {
                Ok(place) => return self.few.get_mut(place).map(|(_, sum)| sum),
                Err(place) if self.few.len() < Self::MANY => {
                    self.few.insert(place, (column, T::default()));
                    return self.few.get_mut(place).map(|(_, sum)| sum);
                }
                Err(_) => self.many.extend(std::mem::take(&mut self.few)),
            }
        }
        Some(self.many.entry(column).or_default())
    }

    fn get(&self, column: usize) -> Option<&T> {
        let few = self.few.binary_search_by_key(&column, |(column, _)| *column).ok().and_then(|place| self.few.get(place));
        few.map(|(_, sum)| sum).or_else(|| self.many.get(&column))
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.few.iter().map(|(column, sum)| (*column, sum)).chain(self.many.iter().map(|(column, sum)| (*column, sum)))
    }
}

impl<T: Default> Tally<T> {
    pub(super) fn new(rows: usize) -> Self {
        Self { rows: (0..rows).map(|_| Sums { few: Vec::new(), many: BTreeMap::new() }).collect() }
    }

    /// The sum of a row and column; `None` beyond the rows.
    pub(super) fn at(&mut self, row: usize, column: usize) -> Option<&mut T> {
        self.rows.get_mut(row)?.at(column)
    }

    /// The sum of a row and column, where something was added.
    pub(super) fn get(&self, row: usize, column: usize) -> Option<&T> {
        self.rows.get(row)?.get(column)
    }

    /// Adds the sums of another tally of as many rows.
    pub(super) fn merge(&mut self, other: Self, add: impl Fn(&mut T, T)) {
        for (row, sums) in other.rows.into_iter().enumerate() {
            for (column, sum) in sums.few.into_iter().chain(sums.many) {
                if let Some(own) = self.at(row, column) {
                    add(own, sum);
                }
            }
        }
    }

    /// Columns of a row in which something was added, in their order.
    pub(super) fn columns(&self, row: usize) -> impl Iterator<Item = usize> {
        self.rows.get(row).into_iter().flat_map(Sums::iter).map(|(column, _)| column)
    }

    /// Every sum with its row and column, in their order.
    pub(super) fn sums(&self) -> impl Iterator<Item = (usize, usize, &T)> {
        self.rows.iter().enumerate().flat_map(|(row, sums)| sums.iter().map(move |(column, sum)| (row, column, sum)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Pence;

    fn line(budget: &str, service: Option<&str>, year: &str) -> BudgetLine {
        BudgetLine {
            budget: Arc::from(budget),
            source_row: Some(2),
            layer: Arc::from("pct"),
            code: None,
            body: None,
            fiscal_year: Some(Arc::from(year)),
            service: service.map(Arc::from),
            mechanism: None,
            amount: Some(Pence(1)),
            known: true,
            level: None,
            population_basis: None,
            detail: None,
        }
    }

    /// More groups than are looked at by place, over more lines than one chunk, each line with texts of its own or shared ones.
    #[test]
    fn a_line_is_in_the_group_of_its_texts() {
        let services: Vec<String> = (0..40).map(|service| format!("s{service}")).collect();
        let shared: Vec<BudgetLine> = services.iter().map(|service| line("a", Some(service), "2007-08")).collect();
        let lines: Vec<BudgetLine> = (0..40_000)
            .map(|index| match index % 7 {
                0 => line("b", None, if index % 2 == 0 { "2007-08" } else { "2006-07" }),
                1 => line("a", services.get(index % 40).map(String::as_str), "2007-08"),
                _ => shared[index % 40].clone(),
            })
            .collect();
        let groups = Groups::new(&lines);
        assert_eq!(groups.all.len(), 42);
        for (index, line) in lines.iter().enumerate() {
            assert_eq!(groups.all[groups.of(index).unwrap()], Group::of(line), "line {index}");
        }
        let mut sorted = groups.all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 42, "each group once");
        assert_eq!(groups.of(lines.len()), None);
    }

    #[test]
    fn tallies_add_up() {
        let (mut a, mut b) = (Tally::<i64>::new(2), Tally::<i64>::new(2));
        for (row, column, add) in [(0, 7, 1), (1, 3, 2), (0, 2, 4), (0, 7, 8)] {
            *a.at(row, column).unwrap() += add;
            *b.at(1 - row, column).unwrap() += 10 * add;
        }
        assert!(a.at(2, 0).is_none());
        a.merge(b, |own, other| *own += other);
        assert_eq!(
            a.sums().map(|(row, column, sum)| (row, column, *sum)).collect::<Vec<_>>(),
            [(0, 2, 4), (0, 3, 20), (0, 7, 9), (1, 2, 40), (1, 3, 2), (1, 7, 90)]
        );
        assert_eq!((a.get(0, 3), a.get(0, 4), a.columns(1).collect::<Vec<_>>()), (Some(&20), None, vec![2, 3, 7]));
    }
}
