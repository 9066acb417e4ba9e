//! People of every pair.

use std::collections::BTreeMap;

use super::{Engine, Population};
use crate::config::Tolerances;
use crate::domain::number::{self, ParsedPeople};
use crate::domain::units::largest_remainder;
use crate::domain::{Amounts, Finding, Grid, Layer, People, Proof, Relation, RelationPair, Respelled, Severity, TextTable};
use crate::error::{Error, InputProblem, Result};
use crate::layers::missing;
use crate::overlay::{self, BlockPiece, block_ranges};

/// Best estimate and bounds of the people that are known, and whether there are others.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    people: People,
    low: People,
    high: People,
    /// A block, point or row in it does not say how many people it has.
    unknown: bool,
}

impl Count {
    fn add(&mut self, people: People, low: People, high: People) {
        self.people += people;
        self.low += low;
        self.high += high;
    }

    /// Where some people are unknown there is no estimate and no upper bound; [`bound`] may find one.
    fn put(self, amounts: &mut Amounts) {
        amounts.people = (!self.unknown).then_some(self.people);
        amounts.people_low = Some(self.low);
        amounts.people_high = (!self.unknown).then_some(self.high);
    }
}

/// People by (left, right), `None` = in no area of that side.
pub(super) struct Counted {
    by_pair: BTreeMap<(Option<usize>, Option<usize>), Count>,
    /// Everybody in the source.
    total: People,
    /// People who could not be placed at all (a block without a shape).
    unplaced: People,
    findings: Vec<Finding>,
    proofs: Vec<Proof>,
}

/// Counts people; `None` when the population is [`Population::None`].
pub(super) fn count(
    engine: &Engine,
    grid: &Grid,
    left: &Layer,
    right: &Layer,
    population: &Population<'_>,
    width: f64,
    tolerances: &Tolerances,
) -> Result<Option<Counted>> {
    match population {
        Population::None | Population::Links { .. } => Ok(None),
        Population::Blocks { layer, field } => blocks(engine, grid, left, right, layer, field, width, tolerances).map(Some),
        Population::Joined { layer, field, left: lefts, right: rights } => joined(left, right, layer, field, lefts, rights).map(Some),
        Population::Points { table, x, y, field } => points(grid, left, right, table, x, y, field).map(Some),
        Population::Table { table, block, left: left_column, right: right_column, field } => {
            let columns = [*left_column, *right_column, *field];
            building_blocks(left, right, table, *block, columns).map(Some)
        }
    }
}

impl Counted {
    fn new() -> Self {
        Self { by_pair: BTreeMap::new(), total: People(0), unplaced: People(0), findings: Vec::new(), proofs: Vec::new() }
    }

    fn add(&mut self, left: Option<usize>, right: Option<usize>, people: People, low: People, high: People) {
        self.by_pair.entry((left, right)).or_default().add(people, low, high);
    }

    /// People of unknown number live here.
    fn add_unknown(&mut self, left: Option<usize>, right: Option<usize>) {
        self.by_pair.entry((left, right)).or_default().unknown = true;
    }

    /// Puts the people into a relation. Pairs that have people and no area of their own (possible with points and tables) are added.
    pub(super) fn fill(
        mut self,
        relation: &mut Relation,
        left: &Layer,
        right: &Layer,
        subject: &str,
        findings: &mut Vec<Finding>,
        proofs: &mut Vec<Proof>,
    ) {
        relation.has_people = true;
        let mut left_people = vec![Some(People(0)); relation.left.len()];
        let mut right_people = vec![Some(People(0)); relation.right.len()];
        let mut placed = People(0);
        for ((left, right), count) in &self.by_pair {
            placed += count.people;
            let (left, right) = (left.and_then(|unit| left_people.get_mut(unit)), right.and_then(|unit| right_people.get_mut(unit)));
            for total in left.into_iter().chain(right) {
                *total = total.filter(|_| !count.unknown).map(|total| total + count.people);
            }
        }
        let unknown = left_people.iter().chain(&right_people).filter(|people| people.is_none()).count();
        for (body, people) in relation.left.iter_mut().zip(left_people).chain(relation.right.iter_mut().zip(right_people)) {
            body.people = people;
        }
        let mut take = |key: (Option<usize>, Option<usize>)| self.by_pair.remove(&key).unwrap_or_default();
        for pair in &mut relation.pairs {
            take((Some(pair.left), Some(pair.right))).put(&mut pair.amounts);
        }
        for (unit, amounts) in relation.left_outside.iter_mut().enumerate() {
            take((Some(unit), None)).put(amounts);
        }
        for (unit, amounts) in relation.right_outside.iter_mut().enumerate() {
            take((None, Some(unit))).put(amounts);
        }
        let neither = take((None, None));
        let mut added = 0usize;
        for ((left, right), count) in self.by_pair {
            if let (Some(left), Some(right)) = (left, right) {
                let mut amounts = Amounts::default();
                count.put(&mut amounts);
                relation.pairs.push(RelationPair { left, right, amounts, sliver: false });
                added = added.saturating_add(1);
            }
        }
        relation.pairs.sort_by_key(|pair| (pair.left, pair.right));
        if added > 0 && !relation.shapeless {
            let detail = format!("{added} pairs have people and no common land: points or block codes disagree with the polygons");
            findings.push(Finding::new("DQ-11", detail, "kept").layer(subject).value(added as f64, "pairs"));
        }
        for (people, detail, action) in [
            (neither.people, "people live in no area of either layer", "in no pair"),
            (self.unplaced, "people are in blocks without a shape", "in no pair"),
        ] {
            if people.0 > 0 {
                findings.push(
                    Finding::new("DQ-10", format!("{} {detail}", people.as_f64()), action).layer(subject).value(people.as_f64(), "people"),
                );
            }
        }
        if unknown > 0 {
            bound(relation, left, right);
            let all = relation.left.len().saturating_add(relation.right.len());
            let detail = format!(
                "of {unknown} of {all} bodies some people are unknown, because blocks, points or rows do not say how many they have"
            );
            findings.push(
                Finding::new("DQ-10", detail, "their people are unknown, with bounds; their classes and shares are unknown or not stable")
                    .layer(subject)
                    .value(unknown as f64, "bodies"),
            );
        }
        findings.append(&mut self.findings);
        proofs.append(&mut self.proofs);
        proofs.push(Proof::exact(
            "people of pairs, uncovered parts and land in neither layer sum to the population, millionths of a person",
            subject,
            i128::from(self.total.0),
            i128::from((placed + self.unplaced).0),
        ));
        findings.extend(own_figures(left, &relation.left));
        findings.extend(own_figures(right, &relation.right));
    }
}

/// Gives the parts of bodies whose people are unknown an upper bound, where a layer states the people of its areas: what it states, less
/// those who certainly live in the other parts of the body. A layer that states fewer than are counted bounds nothing.
fn bound(relation: &mut Relation, left: &Layer, right: &Layer) {
    let low = |amounts: &Amounts| amounts.people_low.unwrap_or_default();
    for (layer, side) in [(left, Side::Left), (right, Side::Right)] {
        let outside = match side {
            Side::Left => &mut relation.left_outside,
            Side::Right => &mut relation.right_outside,
        };
        let of = |pair: &RelationPair| match side {
            Side::Left => pair.left,
            Side::Right => pair.right,
        };
        let mut certain: Vec<People> = outside.iter().map(low).collect();
        for pair in &relation.pairs {
            if let Some(certain) = certain.get_mut(of(pair)) {
                *certain += low(&pair.amounts);
            }
        }
        let cap = |unit: usize, amounts: &mut Amounts| {
            let (Some(stated), Some(certain)) = (layer.areas.get(unit).and_then(|area| area.people), certain.get(unit)) else { return };
            if amounts.people.is_none() && *certain <= stated {
                let most = stated - (*certain - low(amounts));
                amounts.people_high = Some(amounts.people_high.map_or(most, |high| high.min(most)));
            }
        };
        outside.iter_mut().enumerate().for_each(|(unit, amounts)| cap(unit, amounts));
        for pair in &mut relation.pairs {
            cap(of(pair), &mut pair.amounts);
        }
    }
}

/// Which layer of a relation.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// DQ-11 where a layer's own people field and the population disagree about its areas.
fn own_figures(layer: &Layer, bodies: &[crate::domain::Body]) -> Option<Finding> {
    let mut differing = 0usize;
    let mut known = 0usize;
    let mut largest = 0.0f64;
    for (area, body) in layer.areas.iter().zip(bodies) {
        if let (Some(own), Some(counted)) = (area.people, body.people) {
            known = known.saturating_add(1);
            let difference = (own - counted).as_f64().abs();
            // Half a person: what is only rounding is no disagreement.
            if difference > 0.5 {
                differing = differing.saturating_add(1);
                largest = largest.max(difference);
            }
        }
    }
    (differing > 0).then(|| {
        Finding::new(
            "DQ-11",
            format!(
                "the layer's own people field differs from the population for {differing} of {known} areas, at most by {largest:.1} people"
            ),
            "the population is used",
        )
        .layer(layer.id.clone())
        .value(largest, "people")
    })
}

/// The people of a field of blocks, with a finding for those that are unknown.
fn of_blocks<'a>(blocks: &'a Layer, field: &str, counted: &mut Counted) -> Result<&'a [Option<People>]> {
    let Some(figures) = blocks.populations.get(field) else {
        return Err(Error::usage(format!(
            "layer {} has no population field {field}; name it in `people.field` of the alignment",
            blocks.id
        )));
    };
    let unknown = figures.iter().filter(|figure| figure.is_none()).count();
    if unknown > 0 {
        counted.findings.push(
            Finding::new("DQ-10", format!("{unknown} of {} blocks have an unknown number of people", figures.len()), "kept as unknown")
                .layer(blocks.id.clone())
                .field(field)
                .value(unknown as f64, "blocks"),
        );
    }
    counted.total = figures.iter().flatten().copied().sum();
    if counted.total > People::MOST {
        return Err(InputProblem::new(&blocks.id, crowd("all its blocks"), CROWD_EXPECTED, CROWD_REMEDY).field(field).into());
    }
    Ok(figures)
}

/// People of blocks that both layers are built from: each block is whole, in one area of a layer or in none.
fn joined(left: &Layer, right: &Layer, blocks: &Layer, field: &str, lefts: &[Option<usize>], rights: &[Option<usize>]) -> Result<Counted> {
    let mut counted = Counted::new();
    let figures = of_blocks(blocks, field, &mut counted)?;
    // Blocks that one layer has and the other has not: how many, their people, the first.
    let mut lost: [(usize, People, Option<&str>); 2] = [(0, People(0), None); 2];
    for ((area, figure), (one, other)) in blocks.areas.iter().zip(figures).zip(lefts.iter().zip(rights)) {
        // A block whose people are not known still shows that its two areas meet.
        match figure {
            Some(people) => counted.add(*one, *other, *people, *people, *people),
            None => counted.add_unknown(*one, *other),
        }
        let people = figure.unwrap_or_default();
        let [without_left, without_right] = &mut lost;
        let side = match (one, other) {
            (Some(_), None) => without_right,
            (None, Some(_)) => without_left,
            _ => continue,
        };
        side.0 = side.0.saturating_add(1);
        side.1 += people;
        side.2 = side.2.or(Some(&area.code));
    }
    for ((count, people, first), (has, lacks)) in lost.into_iter().zip([(right, left), (left, right)]) {
        let Some(first) = first else { continue };
        let of = blocks.areas.len();
        let detail = format!(
            "{count} of {of} blocks, the first {first}, with {} people are in an area of layer {} and in none of layer {}",
            people.as_f64(),
            has.id,
            lacks.id
        );
        let finding = Finding::new("DQ-10", detail, "counted outside every area of that side");
        counted.findings.push(finding.layer(lacks.id.clone()).field(field).value(people.as_f64(), "people"));
    }
    Ok(counted)
}

#[allow(clippy::too_many_arguments)]
fn blocks(
    engine: &Engine,
    grid: &Grid,
    left: &Layer,
    right: &Layer,
    blocks: &Layer,
    field: &str,
    width: f64,
    tolerances: &Tolerances,
) -> Result<Counted> {
    let mut counted = Counted::new();
    let figures = of_blocks(blocks, field, &mut counted)?;
    let (pieces, proof) = engine.split_blocks(blocks, left, right)?;
    counted.proofs.push(proof);
    let mut placed = vec![false; figures.len()];
    for range in block_ranges(&pieces) {
        let Some(pieces) = pieces.get(range) else { continue };
        let Some(block) = pieces.first().map(|piece| piece.block) else { continue };
        let Some(people) = figures.get(block).copied().flatten() else {
            for piece in pieces {
                counted.add_unknown(piece.left, piece.right);
            }
            continue;
        };
        if split_block(grid, pieces, people, width + blocks.resolution_m, tolerances, &mut counted)
            && let Some(placed) = placed.get_mut(block)
        {
            *placed = true;
        }
    }
    counted.unplaced = figures.iter().zip(&placed).filter(|(_, placed)| !**placed).filter_map(|(figure, _)| *figure).sum();
    Ok(counted)
}

/// Splits one block's people over its pieces. False if no piece has any area.
fn split_block(grid: &Grid, pieces: &[BlockPiece], people: People, width: f64, tolerances: &Tolerances, counted: &mut Counted) -> bool {
    let areas: Vec<i128> = pieces.iter().map(|piece| piece.extent.doubled_area).collect();
    let Some(parts) = largest_remainder(people.0, &areas) else { return false };
    let whole: i128 = areas.iter().sum();
    // A piece that is only the gap between two surveys of one line says nothing about where the block lies.
    let thin = |piece: &BlockPiece| {
        let boundary = piece.extent.boundary_metres(grid);
        let thickness = if boundary > 0.0 { 2.0 * piece.extent.square_metres(grid) / boundary } else { 0.0 };
        thickness < width && (piece.extent.doubled_area as f64) < tolerances.sliver_share * whole as f64
    };
    let substantial = pieces.iter().filter(|piece| !thin(piece)).count();
    for (piece, part) in pieces.iter().zip(parts) {
        let part = People(part);
        let (low, high) = match (thin(piece), substantial) {
            (true, _) => (People(0), part),
            (false, 1) => (part, people),
            (false, _) => (People(0), people),
        };
        counted.add(piece.left, piece.right, part, low, high);
    }
    true
}

fn points(grid: &Grid, left: &Layer, right: &Layer, table: &TextTable, x: &str, y: &str, field: &str) -> Result<Counted> {
    let (x_column, y_column, people_column) = (table.require(x)?, table.require(y)?, table.require(field)?);
    let mut counted = Counted::new();
    let mut located = Vec::new();
    let mut people_of = Vec::new();
    let mut lost = People(0);
    let mut reader = PeopleColumn::new(table, people_column, field);
    for row in 0..table.len() {
        let people = reader.read(row)?;
        let coordinate = |column: usize, name: &str| -> Result<Option<f64>> {
            match table.cell(row, column).map(|text| (text, text.parse::<f64>())) {
                None => Ok(None),
                Some((_, Ok(value))) if value.is_finite() => Ok(Some(value)),
                Some((text, _)) => Err(bad_cell(table, row, name, text, "a coordinate in metres")),
            }
        };
        let place = (coordinate(x_column, x)?, coordinate(y_column, y)?);
        match place {
            (Some(x), Some(y)) if grid.snap(x, y).is_some() => {
                located.extend(grid.snap(x, y));
                people_of.push(people);
            }
            _ => lost += people.unwrap_or_default(),
        }
    }
    reader.finish(&mut counted.findings);
    counted.total = reader.total;
    counted.unplaced = lost;
    let (lefts, rights) = rayon::join(|| overlay::containing(&left.rings, &located), || overlay::containing(&right.rings, &located));
    let options = |units: &[u32]| -> Vec<Option<usize>> {
        if units.is_empty() { vec![None] } else { units.iter().map(|unit| Some(*unit as usize)).collect() }
    };
    for ((people, lefts), rights) in people_of.into_iter().zip(&lefts).zip(&rights) {
        let (lefts, rights) = (options(lefts), options(rights));
        let Some(people) = people else {
            lefts.iter().for_each(|left| rights.iter().for_each(|right| counted.add_unknown(*left, *right)));
            continue;
        };
        // Where units of one layer overlap, a point in both is shared evenly between them.
        let weights = vec![1i128; lefts.len().saturating_mul(rights.len())];
        let parts = largest_remainder(people.0, &weights).ok_or_else(|| missing(&left.id, "places of people at a point"))?;
        let places = lefts.iter().flat_map(|left| rights.iter().map(move |right| (*left, *right)));
        for ((left, right), part) in places.zip(parts) {
            counted.add(left, right, People(part), People(part), People(part));
        }
    }
    Ok(counted)
}

fn building_blocks(left: &Layer, right: &Layer, table: &TextTable, block: Option<&str>, columns: [&str; 3]) -> Result<Counted> {
    let [left_name, right_name, field] = columns;
    let (left_column, right_column, people_column) = (table.require(left_name)?, table.require(right_name)?, table.require(field)?);
    let block_column = block.map(|block| table.require(block)).transpose()?;
    let mut counted = Counted::new();
    // (column name, code) -> (rows, people, first row).
    let mut unknown: BTreeMap<(&str, &str), (usize, People, u64)> = BTreeMap::new();
    let mut reader = PeopleColumn::new(table, people_column, field);
    let mut blocks_seen: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut lefts, mut rights) = (Respelled::new(left), Respelled::new(right));
    for row in 0..table.len() {
        if let Some(code) = block_column.and_then(|column| table.cell(row, column))
            && let Some(first) = blocks_seen.insert(code, table.row_number(row))
        {
            return Err(bad_cell(table, row, block.unwrap_or(""), &format!("{code} again, first in row {first}"), "one row a block"));
        }
        let people = reader.read(row)?;
        let mut place = |column: usize, name: &'static str| -> Option<usize> {
            let code = table.cell(row, column)?;
            let respelled = if name == "left" { &mut lefts } else { &mut rights };
            let unit = respelled.find(code, table.row_number(row));
            if unit.is_none() {
                let entry = unknown.entry((name, code)).or_insert((0, People(0), table.row_number(row)));
                entry.0 = entry.0.saturating_add(1);
                entry.1 += people.unwrap_or_default();
            }
            unit
        };
        let places = (place(left_column, "left"), place(right_column, "right"));
        match people {
            Some(people) => counted.add(places.0, places.1, people, people, people),
            None => counted.add_unknown(places.0, places.1),
        }
    }
    reader.finish(&mut counted.findings);
    counted.total = reader.total;
    counted.findings.extend(lefts.finding(&table.path, left_name));
    counted.findings.extend(rights.finding(&table.path, right_name));
    for ((side, code), (rows, people, first)) in unknown {
        let (layer, column) = if side == "left" { (left, left_name) } else { (right, right_name) };
        counted.findings.push(
            Finding::new(
                "DQ-04",
                format!("{rows} rows of {code}, which layer {} does not have, with {} people", layer.id, people.as_f64()),
                "counted outside every area of that side",
            )
            .layer(layer.id.clone())
            .code(code)
            .file(table.path.display().to_string())
            .field(column)
            .record(i64::try_from(first).unwrap_or(i64::MAX))
            .value(people.as_f64(), "people"),
        );
    }
    Ok(counted)
}

/// A column of people, read row by row; unknown and rounded cells are counted.
struct PeopleColumn<'a> {
    table: &'a TextTable,
    column: usize,
    name: &'a str,
    /// People of the rows so far.
    total: People,
    unknown: usize,
    rounded: usize,
}

impl<'a> PeopleColumn<'a> {
    fn new(table: &'a TextTable, column: usize, name: &'a str) -> Self {
        Self { table, column, name, total: People(0), unknown: 0, rounded: 0 }
    }

    fn read(&mut self, row: usize) -> Result<Option<People>> {
        let text = self.table.cell(row, self.column).unwrap_or("");
        match number::parse_people(text) {
            ParsedPeople::Known { people, rounded } => {
                self.rounded = self.rounded.saturating_add(usize::from(rounded));
                self.total += people;
                if self.total > People::MOST {
                    let problem = InputProblem::new(&self.table.path, crowd("the rows up to here"), CROWD_EXPECTED, CROWD_REMEDY);
                    return Err(in_row(problem, self.table, row, self.name));
                }
                Ok(Some(people))
            }
            ParsedPeople::Unknown => {
                self.unknown = self.unknown.saturating_add(1);
                Ok(None)
            }
            ParsedPeople::Invalid => Err(bad_cell(self.table, row, self.name, text, "a number of people")),
        }
    }

    fn finish(&self, findings: &mut Vec<Finding>) {
        for (count, what, action) in [
            (self.unknown, "do not say how many people", "kept as unknown"),
            (self.rounded, "are finer than a millionth of a person", "rounded"),
        ] {
            if count > 0 {
                findings.push(
                    Finding::new("DQ-07", format!("{count} of {} rows {what}", self.table.len()), action)
                        .severity(Severity::Medium)
                        .file(self.table.path.display().to_string())
                        .field(self.name)
                        .value(count as f64, "rows"),
                );
            }
        }
    }
}

fn bad_cell(table: &TextTable, row: usize, column: &str, found: &str, expected: &str) -> Error {
    in_row(InputProblem::new(&table.path, found, expected, "correct the cell, or leave it blank if it is not known"), table, row, column)
}

/// More people than there can be, which is where exact sums would end.
fn crowd(of: &str) -> String {
    format!("{of} have more than 72,057,594,037 people")
}
const CROWD_EXPECTED: &str = "people, no more than can be";
const CROWD_REMEDY: &str = "check which field holds the people, and what it counts";

fn in_row(problem: InputProblem, table: &TextTable, row: usize, column: &str) -> Error {
    let problem = problem.record(table.row_number(row)).field(column);
    match &table.sheet {
        Some(sheet) => problem.sheet(sheet).into(),
        None => problem.into(),
    }
}
