//! Rows of two tables put side by side by key.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::cells::{self, Cell};
use crate::domain::{ColumnType, TableSpec, TextTable};
use crate::error::Result;
use crate::io::geoparquet::GeoRow;
use crate::published::Published;

/// A row that is not in both runs as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// How it changed.
    pub kind: Kind,
    /// The key columns; both cells of each are those of the row.
    pub key: Vec<Cell>,
    /// Of a changed row the cells that differ; of another one all its cells but the key's.
    pub cells: Vec<Cell>,
    /// Name of what the row is about, where it says one.
    pub name: Option<String>,
    /// Ids of the row (layer, alignment, succession, budget, scheme).
    pub ids: Vec<String>,
    /// The id that only one run's config has, where that is why the row is in one run alone: it is of another vintage.
    pub vintage: Option<String>,
    /// Causes that reach the row, by their place in [`super::Diff::causes`].
    pub because: Vec<usize>,
}

impl Change {
    /// A cell of the row by column: in A, and in B.
    pub fn cell(&self, column: &str) -> Option<&Cell> {
        self.key.iter().chain(&self.cells).find(|cell| cell.column == column)
    }

    /// Whether all that differs is too small to be seen where it is shown.
    pub fn is_below_display(&self) -> bool {
        self.kind == Kind::Changed && self.cells.iter().all(Cell::is_below_display)
    }
}

/// How a row changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Only B has it.
    Added,
    /// Only A has it.
    Removed,
    /// Both have it, with other cells.
    Changed,
}

impl Kind {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// Columns whose cells are ids of the config.
const IDS: [&str; 12] = [
    "layer",
    "left_layer",
    "right_layer",
    "subject_layer",
    "from_layer",
    "to_layer",
    "alignment",
    "succession",
    "proposal",
    "budget",
    "scheme",
    "chain",
];

/// Columns with the name of what a row is about.
const NAMES: [&str; 3] = ["name", "subject_name", "health_names"];

/// A column that both tables have.
struct Shared<'a> {
    name: &'a str,
    kind: ColumnType,
    /// Where it is in A and in B.
    at: [usize; 2],
}

/// Two tables and the columns they share.
struct Pair<'a> {
    tables: [&'a TextTable; 2],
    key: Vec<Shared<'a>>,
    rest: Vec<Shared<'a>>,
}

/// Pairs of rows that may be one row, above which rows of one key are paired in their order: a thousand of them on either side would be
/// compared a million times.
const PAIRS: usize = 10_000;

/// Every difference between two tables. A table that the program does not know has no key: its rows are there or not.
pub(super) fn rows(spec: Option<&'static TableSpec>, a: &TextTable, b: &TextTable) -> Vec<Change> {
    let mut pair = Pair { tables: [a, b], key: Vec::new(), rest: Vec::new() };
    for (at, name) in a.columns.iter().enumerate() {
        let Some(other) = b.column(name) else { continue };
        let known =
            spec.and_then(|spec| spec.columns.iter().enumerate().find(|(_, column)| column.name == name).map(|found| (spec, found)));
        let (is_key, kind) = match known {
            Some((spec, (place, column))) => (place < spec.key, column.kind),
            None => (spec.is_none(), ColumnType::Text),
        };
        let shared = Shared { name, kind, at: [at, other] };
        if is_key { pair.key.push(shared) } else { pair.rest.push(shared) }
    }
    pair.changes()
}

impl<'a> Pair<'a> {
    fn cell(&self, run: usize, row: usize, column: &Shared<'_>) -> Option<&'a str> {
        let table: &'a TextTable = self.tables.get(run)?;
        table.cell(row, *column.at.get(run)?)
    }

    /// Rows by key: `(run, row)` against `(run, row)`.
    fn order(&self, one: (usize, usize), other: (usize, usize)) -> Ordering {
        let each =
            self.key.iter().map(|column| cells::order(column.kind, self.cell(one.0, one.1, column), self.cell(other.0, other.1, column)));
        each.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The rows of a table by key. They were published so; if not, they are sorted here.
    fn sorted(&self, run: usize) -> Vec<usize> {
        let length = self.tables.get(run).map_or(0, |table| table.len());
        let mut rows: Vec<usize> = (0..length).collect();
        let is_sorted = rows.windows(2).all(|two| match two {
            [one, other] => self.order((run, *one), (run, *other)).is_le(),
            _ => true,
        });
        if !is_sorted {
            rows.sort_by(|one, other| self.order((run, *one), (run, *other)));
        }
        rows
    }

    fn changes(&self) -> Vec<Change> {
        let (rows_a, rows_b) = (self.sorted(0), self.sorted(1));
        let mut changes = Vec::new();
        let (mut a, mut b) = (rows_a.as_slice(), rows_b.as_slice());
        loop {
            let next = match (a.first(), b.first()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => self.order((0, *one), (1, *other)),
            };
            let group_a = if next.is_le() { self.group(0, &mut a) } else { &[] };
            let group_b = if next.is_ge() { self.group(1, &mut b) } else { &[] };
            self.group_changes(group_a, group_b, &mut changes);
        }
        changes
    }

    /// Takes the rows from the front that share the first one's key.
    fn group<'r>(&self, run: usize, rows: &mut &'r [usize]) -> &'r [usize] {
        let Some(first) = rows.first() else { return &[] };
        let length = rows.iter().take_while(|row| self.order((run, *first), (run, **row)).is_eq()).count();
        let (group, rest) = rows.split_at_checked(length).unwrap_or((rows, &[]));
        *rows = rest;
        group
    }

    /// What changed among rows of one key.
    fn group_changes(&self, a: &[usize], b: &[usize], changes: &mut Vec<Change>) {
        if let ([one], [other]) = (a, b) {
            changes.extend(self.changed(*one, *other));
            return;
        }
        let content = |run: usize, row: usize| self.rest.iter().map(|column| self.cell(run, row, column)).collect::<Vec<_>>();
        let mut there: BTreeMap<Vec<Option<&str>>, Vec<usize>> = BTreeMap::new();
        for row in b.iter().rev() {
            there.entry(content(1, *row)).or_default().push(*row);
        }
        let mut left_a = Vec::new();
        for row in a {
            if there.get_mut(&content(0, *row)).and_then(Vec::pop).is_none() {
                left_a.push(*row);
            }
        }
        let mut left_b: Vec<usize> = there.into_values().flatten().collect();
        left_b.sort_unstable();
        for (one, other) in self.alike(&mut left_a, &mut left_b) {
            changes.extend(self.changed(one, other));
        }
        changes.extend(left_a.into_iter().map(|row| self.alone(0, row)));
        changes.extend(left_b.into_iter().map(|row| self.alone(1, row)));
    }

    /// Takes the pairs out of rows of one key that agree in more than half of their cells, those that agree in most first.
    fn alike(&self, a: &mut Vec<usize>, b: &mut Vec<usize>) -> Vec<(usize, usize)> {
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        if a.len().saturating_mul(b.len()) > PAIRS {
            let both = a.len().min(b.len());
            pairs.extend(a.drain(..both).zip(b.drain(..both)));
            return pairs;
        }
        let agree =
            |one: usize, other: usize| self.rest.iter().filter(|column| self.cell(0, one, column) == self.cell(1, other, column)).count();
        let mut scores: Vec<(usize, usize, usize)> = Vec::new();
        for (place_a, one) in a.iter().enumerate() {
            for (place_b, other) in b.iter().enumerate() {
                let score = agree(*one, *other);
                if score.saturating_mul(2) > self.rest.len() {
                    scores.push((self.rest.len().saturating_sub(score), place_a, place_b));
                }
            }
        }
        scores.sort_unstable();
        let (mut used_a, mut used_b) = (vec![false; a.len()], vec![false; b.len()]);
        for (_, place_a, place_b) in scores {
            if let (Some(one @ false), Some(other @ false)) = (used_a.get_mut(place_a), used_b.get_mut(place_b)) {
                (*one, *other) = (true, true);
                pairs.extend(a.get(place_a).copied().zip(b.get(place_b).copied()));
            }
        }
        pairs.sort_unstable();
        let keep = |rows: &mut Vec<usize>, used: &[bool]| {
            let mut used = used.iter();
            rows.retain(|_| used.next() == Some(&false));
        };
        keep(a, &used_a);
        keep(b, &used_b);
        pairs
    }

    fn told(&self, columns: &[Shared<'a>], rows: [(usize, usize); 2]) -> Vec<Cell> {
        let [one, other] = rows;
        let text = |(run, row): (usize, usize), column: &Shared<'_>| self.cell(run, row, column).map(str::to_owned);
        let each = columns.iter().map(|column| Cell {
            column: column.name.to_owned(),
            kind: column.kind,
            from: text(one, column),
            to: text(other, column),
        });
        each.collect()
    }

    fn changed(&self, one: usize, other: usize) -> Option<Change> {
        if self.rest.iter().all(|column| self.cell(0, one, column) == self.cell(1, other, column)) {
            return None;
        }
        let rows = [(0, one), (1, other)];
        let mut cells = self.told(&self.rest, rows);
        cells.retain(|cell| cell.from != cell.to);
        Some(Change {
            kind: Kind::Changed,
            key: self.told(&self.key, rows),
            cells,
            name: self.name(rows),
            ids: self.ids(rows),
            vintage: None,
            because: Vec::new(),
        })
    }

    fn alone(&self, run: usize, row: usize) -> Change {
        let rows = [(run, row); 2];
        let kind = if run == 0 { Kind::Removed } else { Kind::Added };
        Change {
            kind,
            key: self.told(&self.key, rows),
            cells: self.told(&self.rest, rows),
            name: self.name(rows),
            ids: self.ids(rows),
            vintage: None,
            because: Vec::new(),
        }
    }

    /// The name in B, or else in A.
    fn name(&self, rows: [(usize, usize); 2]) -> Option<String> {
        let column = self.rest.iter().find(|column| NAMES.contains(&column.name))?;
        let [one, other] = rows.map(|(run, row)| self.cell(run, row, column));
        other.or(one).map(str::to_owned)
    }

    fn ids(&self, rows: [(usize, usize); 2]) -> Vec<String> {
        let columns = || self.key.iter().chain(&self.rest).filter(|column| IDS.contains(&column.name));
        let cells = columns().flat_map(|column| rows.map(|(run, row)| self.cell(run, row, column))).flatten();
        let mut ids: Vec<String> = cells.flat_map(|cell| cell.split(';')).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Every difference between two tables with outlines: which are there, and which have another shape.
pub(super) fn outlines(spec: &'static TableSpec, runs: [&Published; 2]) -> Result<Vec<Change>> {
    let [a, b] = [runs[0].outlines(spec)?.1, runs[1].outlines(spec)?.1];
    let mut rows: BTreeMap<Vec<String>, [Option<GeoRow>; 2]> = BTreeMap::new();
    for (run, side) in [a, b].into_iter().enumerate() {
        for row in side {
            if let Some(slot) = rows.entry(row.keys.clone()).or_default().get_mut(run) {
                *slot = Some(row);
            }
        }
    }
    let shape = |row: &GeoRow| {
        let points: usize = row.polygons.iter().flatten().map(Vec::len).sum();
        let mut hasher = blake3::Hasher::new();
        for ring in row.polygons.iter().flatten() {
            hasher.update(&u64::try_from(ring.len()).unwrap_or(u64::MAX).to_le_bytes());
            for (x, y) in ring {
                hasher.update(&x.to_le_bytes());
                hasher.update(&y.to_le_bytes());
            }
        }
        let hash: String = hasher.finalize().to_hex().chars().take(12).collect();
        format!("{} polygons, {points} points, {hash}", row.polygons.len())
    };
    let mut changes = Vec::new();
    for (key, [one, other]) in &rows {
        if one.as_ref().map(|row| &row.polygons) == other.as_ref().map(|row| &row.polygons) {
            continue;
        }
        let kind = match (one, other) {
            (Some(_), Some(_)) => Kind::Changed,
            (Some(_), None) => Kind::Removed,
            _ => Kind::Added,
        };
        let cell =
            |column: &str, from: Option<String>, to: Option<String>| Cell { column: column.to_owned(), kind: ColumnType::Text, from, to };
        let keys = spec.key_columns().iter().zip(key).map(|(column, text)| cell(column.name, Some(text.clone()), Some(text.clone())));
        let (from, to) = (one.as_ref().map(shape), other.as_ref().map(shape));
        let shapes =
            if kind == Kind::Changed { cell("geometry", from, to) } else { cell("geometry", from.clone().or(to.clone()), to.or(from)) };
        changes.push(Change {
            kind,
            key: keys.collect(),
            cells: vec![shapes],
            name: None,
            ids: key.first().cloned().into_iter().collect(),
            vintage: None,
            because: Vec::new(),
        });
    }
    Ok(changes)
}
