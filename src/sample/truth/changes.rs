//! The succession rules of domain.md E3, written out a second time, in whole numbers of people.

use std::collections::{BTreeMap, BTreeSet};

use super::relation::{Table, reaches};

/// One row of truth/succession.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: Option<usize>,
    pub(super) to: Option<usize>,
    pub(super) people: Option<i64>,
    pub(super) kind: &'static str,
    pub(super) with_transfer: bool,
}

/// What became of every body of the left layer, and where every body of the right one came from; by (from, to), none last.
pub(super) fn changes(table: &Table<'_>) -> Vec<Change> {
    let people = |totals: &[super::relation::Weight], index: usize| totals.get(index).map_or(0, |weight| weight.people);
    let (mut main, mut minor) = (Vec::new(), Vec::new());
    for ((i, k), weight) in &table.pairs {
        let (from, to) = (people(&table.left_total, *i), people(&table.right_total, *k));
        let at_least = |per_mille| reaches(weight.people, from, per_mille) || reaches(weight.people, to, per_mille);
        if at_least(200) {
            main.push((*i, *k));
        } else if at_least(10) {
            minor.push((*i, *k));
        }
    }
    let mut successors: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut predecessors: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (i, k) in &main {
        successors.entry(*i).or_default().insert(*k);
        predecessors.entry(*k).or_default().insert(*i);
    }
    let left_transfers: BTreeSet<usize> = minor.iter().map(|(i, _)| *i).collect();
    let right_transfers: BTreeSet<usize> = minor.iter().map(|(_, k)| *k).collect();
    let transfers = |i: Option<usize>, k: Option<usize>| {
        i.is_some_and(|i| left_transfers.contains(&i)) || k.is_some_and(|k| right_transfers.contains(&k))
    };
    let mut rows = Vec::new();
    for (i, k) in &main {
        let (olds, news) = group(*i, &successors, &predecessors);
        let moved = table.pairs.get(&(*i, *k)).map_or(0, |weight| weight.people);
        let touched = transfers(Some(*i), Some(*k));
        let whole = reaches(moved, people(&table.left_total, *i), 980) && reaches(moved, people(&table.right_total, *k), 980);
        let kind = match (olds, news) {
            (1, 1) if touched || !whole => "boundary_adjusted",
            (1, 1) if table.left[*i].code != table.right[*k].code => "recoded",
            (1, 1) if table.left[*i].name != table.right[*k].name => "renamed",
            (1, 1) => "unchanged",
            (_, 1) => "merged",
            (1, _) => "split",
            _ => "complex",
        };
        rows.push(Change { from: Some(*i), to: Some(*k), people: Some(moved), kind, with_transfer: touched });
    }
    for (i, k) in &minor {
        let moved = table.pairs.get(&(*i, *k)).map(|weight| weight.people);
        rows.push(Change { from: Some(*i), to: Some(*k), people: moved, kind: "transferred_part", with_transfer: true });
    }
    for i in (0..table.left.len()).filter(|i| !successors.contains_key(i)) {
        let lost = table.left_outside.get(i).map(|weight| weight.people);
        rows.push(Change { from: Some(i), to: None, people: lost, kind: "abolished", with_transfer: transfers(Some(i), None) });
    }
    for k in (0..table.right.len()).filter(|k| !predecessors.contains_key(k)) {
        let won = table.right_outside.get(k).map(|weight| weight.people);
        rows.push(Change { from: None, to: Some(k), people: won, kind: "new", with_transfer: transfers(None, Some(k)) });
    }
    rows.sort_by_key(|row| (row.from.unwrap_or(usize::MAX), row.to.unwrap_or(usize::MAX)));
    rows
}

/// Old and new bodies that main links tie to an old one.
fn group(start: usize, successors: &BTreeMap<usize, BTreeSet<usize>>, predecessors: &BTreeMap<usize, BTreeSet<usize>>) -> (usize, usize) {
    let mut olds = BTreeSet::from([start]);
    loop {
        let news: BTreeSet<usize> = olds.iter().filter_map(|i| successors.get(i)).flatten().copied().collect();
        let more: BTreeSet<usize> = news.iter().filter_map(|k| predecessors.get(k)).flatten().copied().collect();
        if more.len() == olds.len() {
            return (olds.len(), news.len());
        }
        olds = more;
    }
}
