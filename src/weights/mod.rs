//! Overlay and population become the weight of each pair on each basis, with bounds.

mod engine;
mod people;

use std::collections::BTreeSet;

use crate::config::Tolerances;
use crate::domain::{Amounts, Body, Clip, Finding, Grid, Layer, People, Proof, Relation, RelationPair, Respelled, TextTable};
use crate::error::{Error, Result};
use crate::layers::missing;
use crate::overlay::{Extent, SideTotals};
pub use engine::{Drawable, Engine, Made, Overlays, Tally};

/// Where the people of a relation come from.
#[derive(Debug, Clone, Copy)]
pub enum Population<'a> {
    /// Nowhere: area only.
    None,
    /// Blocks with people, split by area over the pairs they fall in.
    Blocks {
        /// The blocks.
        layer: &'a Layer,
        /// One of its [`Layer::populations`].
        field: &'a str,
    },
    /// Blocks with people that both layers are built from, joined by code: no shapes are asked for.
    Joined {
        /// The blocks.
        layer: &'a Layer,
        /// One of its [`Layer::populations`].
        field: &'a str,
        /// Left area of each block, by index; `None` = in none.
        left: &'a [Option<usize>],
        /// Right area of each block.
        right: &'a [Option<usize>],
    },
    /// Points with people.
    Points {
        /// One row a point.
        table: &'a TextTable,
        /// Easting column, metres.
        x: &'a str,
        /// Northing column, metres.
        y: &'a str,
        /// People column.
        field: &'a str,
    },
    /// Links between codes, which have no weight.
    Links {
        /// One row a link.
        table: &'a TextTable,
        /// Column with the left area's code.
        left: &'a str,
        /// Column with the right area's code.
        right: &'a str,
    },
    /// A building-block table: the block's area in each layer, and its people.
    Table {
        /// One row a block.
        table: &'a TextTable,
        /// Column with the block's code, for messages.
        block: Option<&'a str>,
        /// Column with the left area's code; blank = in none.
        left: &'a str,
        /// Column with the right area's code; blank = in none.
        right: &'a str,
        /// People column.
        field: &'a str,
    },
}

/// A relation, and what was met on the way.
#[derive(Debug, Clone)]
pub struct Related {
    /// The relation.
    pub relation: Relation,
    /// Imperfections.
    pub findings: Vec<Finding>,
    /// Identities checked.
    pub proofs: Vec<Proof>,
}

/// Relates two layers: every overlapping pair with its area, boundary and people.
///
/// People of a block are split over the pieces it falls into in proportion to their areas, by the largest remainder in millionths of a
/// person, so that the people of all pairs, of both uncovered parts and of land in neither layer sum to the population exactly (a proof
/// says so). Bounds: a pair certainly has the blocks that lie in it but for slivers, and may have all of every block that it shares.
///
/// Where a layer has no shapes there are people alone: pairs are those that share a block or a row, blocks are whole, so that both bounds are
/// the people themselves, and no pair is a sliver.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) for a column or field that is not there or a cell that is no number of people;
/// [`Error::Proof`](crate::Error::Proof) when the overlay cannot be proved; whatever keeps others from answering who add up faces.
pub fn relate(
    overlays: &Overlays,
    grid: &Grid,
    left: &Layer,
    right: &Layer,
    population: &Population<'_>,
    tolerances: &Tolerances,
) -> Result<Related> {
    let subject = format!("{} over {}", left.id, right.id);
    if !left.has_shapes() || !right.has_shapes() {
        return without_shapes(left, right, population, &subject, |width| {
            people::count(overlays.engine(), grid, left, right, population, width, tolerances)
        });
    }
    let width = tolerances.sliver_width_m.unwrap_or(left.resolution_m + right.resolution_m);
    let (made, counted) = rayon::join(
        || overlays.of(left, right, &subject),
        || people::count(overlays.engine(), grid, left, right, population, width, tolerances),
    );
    let (made, counted) = (made?, counted?);
    let overlay = &made.overlay;
    let mut findings = Vec::new();
    let mut proofs = overlay.proofs.clone();
    findings.extend(resolution_and_clip(left, right));
    let mut relation = Relation {
        left: bodies(grid, left, &overlay.left),
        right: bodies(grid, right, &overlay.right),
        pairs: Vec::with_capacity(overlay.pairs.len()),
        left_outside: outside(grid, &overlay.left),
        right_outside: outside(grid, &overlay.right),
        has_people: false,
        shapeless: false,
        sliver_width_m: width,
    };
    for pair in &overlay.pairs {
        relation.pairs.push(RelationPair { left: pair.left, right: pair.right, amounts: amounts(grid, &pair.extent), sliver: false });
    }
    if let Some(counted) = counted {
        counted.fill(&mut relation, left, right, &subject, &mut findings, &mut proofs);
    }
    same_outline(left, right, &mut relation, tolerances, &mut findings);
    mark_slivers(&mut relation, width, tolerances);
    whole(Related { relation, findings, proofs }, &subject)
}

/// Two layers of which one has no shapes, by people alone.
fn without_shapes(
    left: &Layer,
    right: &Layer,
    population: &Population<'_>,
    subject: &str,
    count: impl FnOnce(f64) -> Result<Option<people::Counted>>,
) -> Result<Related> {
    let bare = if left.has_shapes() { right } else { left };
    if !matches!(population, Population::Joined { .. } | Population::Table { .. } | Population::Links { .. }) {
        return Err(Error::usage(format!(
            "{subject}: layer {} has no shapes; take people from blocks that both layers are built from, or from a table that names both",
            bare.id
        )));
    }
    let bodies = |layer: &Layer| -> Vec<Body> {
        let body = |area: &crate::domain::Area| Body { code: area.code.clone(), name: area.name.clone(), area_m2: 0.0, people: None };
        layer.areas.iter().map(body).collect()
    };
    let mut relation = Relation {
        left: bodies(left),
        right: bodies(right),
        pairs: Vec::new(),
        left_outside: vec![Amounts::default(); left.areas.len()],
        right_outside: vec![Amounts::default(); right.areas.len()],
        has_people: false,
        shapeless: true,
        sliver_width_m: 0.0,
    };
    let (mut findings, mut proofs) = (Vec::new(), Vec::new());
    if let Population::Links { table, left: from, right: to } = population {
        relation.pairs = linked(table, (left, from), (right, to), &mut findings)?;
    } else if let Some(counted) = count(0.0)? {
        counted.fill(&mut relation, left, right, subject, &mut findings, &mut proofs);
    }
    whole(Related { relation, findings, proofs }, subject)
}

/// The pairs that a table of links names, each once; finding DQ-04 for links to codes of neither layer.
fn linked(
    table: &TextTable,
    (left, from): (&Layer, &str),
    (right, to): (&Layer, &str),
    findings: &mut Vec<Finding>,
) -> Result<Vec<RelationPair>> {
    let (from_column, to_column) = (table.require(from)?, table.require(to)?);
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    // By side: rows of codes that the layer does not have, and the first of them.
    let mut unknown: [(usize, Option<usize>); 2] = [(0, None); 2];
    let (mut lefts, mut rights) = (Respelled::new(left), Respelled::new(right));
    for row in 0..table.len() {
        let number = table.row_number(row);
        let ends = [
            table.cell(row, from_column).and_then(|code| lefts.find(code, number)),
            table.cell(row, to_column).and_then(|code| rights.find(code, number)),
        ];
        for (end, unknown) in ends.iter().zip(&mut unknown) {
            if end.is_none() {
                *unknown = (unknown.0.saturating_add(1), unknown.1.or(Some(row)));
            }
        }
        if let [Some(left), Some(right)] = ends {
            pairs.insert((left, right));
        }
    }
    for ((count, first), (layer, column, name)) in unknown.into_iter().zip([(left, from_column, from), (right, to_column, to)]) {
        let Some(first) = first else { continue };
        let code = table.cell(first, column).unwrap_or("blank");
        let detail = format!("{count} of {} links name a code that layer {} does not have, the first {code}", table.len(), layer.id);
        let finding = Finding::new("DQ-04", detail, "no link").layer(layer.id.clone()).file(table.path.display().to_string()).field(name);
        findings.push(finding.record(i64::try_from(table.row_number(first)).unwrap_or(i64::MAX)).value(count as f64, "rows"));
    }
    findings.extend(lefts.finding(&table.path, from));
    findings.extend(rights.finding(&table.path, to));
    let pair = |(left, right)| RelationPair { left, right, amounts: Amounts::default(), sliver: false };
    Ok(pairs.into_iter().map(pair).collect())
}

/// Refuses a relation in which a later look-up could fail.
fn whole(related: Related, subject: &str) -> Result<Related> {
    if related.relation.is_whole() { Ok(related) } else { Err(missing(subject, "bodies and uncovered parts of a relation")) }
}

fn amounts(grid: &Grid, extent: &Extent) -> Amounts {
    let (area_m2, boundary_m) = (extent.square_metres(grid), extent.boundary_metres(grid));
    let thickness_m = if boundary_m > 0.0 { 2.0 * area_m2 / boundary_m } else { 0.0 };
    Amounts { area_m2, boundary_m, thickness_m, people: None, people_low: None, people_high: None }
}

fn bodies(grid: &Grid, layer: &Layer, totals: &SideTotals) -> Vec<Body> {
    layer
        .areas
        .iter()
        .zip(&totals.whole)
        .map(|(area, whole)| Body { code: area.code.clone(), name: area.name.clone(), area_m2: whole.square_metres(grid), people: None })
        .collect()
}

fn outside(grid: &Grid, totals: &SideTotals) -> Vec<Amounts> {
    totals.outside.iter().map(|extent| amounts(grid, extent)).collect()
}

/// Whether a figure is below a bound, both taken as the decimals that they stand for (domain.md E2.1).
fn below(figure: f64, bound: f64) -> bool {
    figure < bound - 1e-9
}

/// Marks the pairs that are thin, small on both sides and nearly without people (domain.md E1).
fn mark_slivers(relation: &mut Relation, width: f64, tolerances: &Tolerances) {
    let limit = People((tolerances.sliver_people * People::UNIT as f64).round() as i64);
    let has_people = relation.has_people;
    for pair in &mut relation.pairs {
        let share_of = |bodies: &[Body], unit: usize| {
            let whole = bodies.get(unit).map_or(0.0, |body| body.area_m2);
            if whole > 0.0 { pair.amounts.area_m2 / whole } else { 0.0 }
        };
        let (of_left, of_right) = (share_of(&relation.left, pair.left), share_of(&relation.right, pair.right));
        pair.sliver = below(pair.amounts.thickness_m, width)
            && below(of_left, tolerances.sliver_share)
            && below(of_right, tolerances.sliver_share)
            // Unknown people may be many.
            && (!has_people || pair.amounts.people.or(pair.amounts.people_high).is_some_and(|people| people < limit));
    }
}

/// DQ-02 where two layers were generalised very differently.
fn resolution_and_clip(left: &Layer, right: &Layer) -> Vec<Finding> {
    let (fine, coarse) = if left.resolution_m <= right.resolution_m { (left, right) } else { (right, left) };
    // Neighbouring ONS resolutions (full 1 m, generalised 20 m, super generalised 200 m, ultra generalised 500 m) differ by a factor of
    // 2.5 to 20; beyond that the coarse line wanders by more than the fine one's whole detail.
    if coarse.resolution_m > fine.resolution_m * 20.0 {
        vec![
            Finding::new(
                "DQ-02",
                format!("{} is generalised to {} m and {} to {} m", fine.id, fine.resolution_m, coarse.id, coarse.resolution_m),
                "compared as they are; thin overlaps are judged by the coarser",
            )
            .layer(coarse.id.clone())
            .value(coarse.resolution_m, "m"),
        ]
    } else {
        Vec::new()
    }
}

/// What a layer to the extent of the realm has that is not the sea, since people live in it.
#[derive(Default)]
struct Land {
    bodies: usize,
    area_m2: f64,
    /// `None` where they are unknown of one of the bodies.
    people: Option<People>,
    /// Code of the body with the largest part, and that part.
    largest: Option<(String, f64)>,
}

impl Land {
    fn add(&mut self, body: &Body, outside: &Amounts) {
        let before = if self.bodies == 0 { Some(People(0)) } else { self.people };
        self.people = before.zip(outside.people).map(|(sum, people)| sum + people);
        self.bodies = self.bodies.saturating_add(1);
        self.area_m2 += outside.area_m2;
        if self.largest.as_ref().is_none_or(|(_, area)| outside.area_m2 > *area) {
            self.largest = Some((body.code.clone(), outside.area_m2));
        }
    }

    fn finding(self, realm: &Layer, coast: &Layer) -> Option<Finding> {
        let (code, largest) = self.largest?;
        let people = self.people.map_or_else(|| "an unknown number of".to_owned(), crate::words::people);
        let detail = format!(
            "{} goes to the extent of the realm, and {people} people live in the {:.3} km2 of {} that {} does not cover, {:.3} km2 of them in {code}",
            realm.id,
            self.area_m2 / 1e6,
            crate::words::count(self.bodies, "of its bodies", "of its bodies"),
            coast.id,
            largest / 1e6,
        );
        let found = Finding::new("DQ-02", detail, "kept as land: it is not the sea").layer(realm.id.clone()).code(code);
        Some(found.value(self.area_m2, "m2"))
    }
}

/// Where one layer goes out to the extent of the realm and the other to the coast, the sea is not a part of any body: the realm side is
/// compared over what the other layer covers, and the loss is a finding (domain.md E1, clip guard).
///
/// The sea has no people. The uncovered part of a body in which `sliver_people` or more live, or an unknown number, is land that the other layer
/// lacks, and stays, with a finding.
fn same_outline(left: &Layer, right: &Layer, relation: &mut Relation, tolerances: &Tolerances, findings: &mut Vec<Finding>) {
    let has_people = relation.has_people;
    let (realm, coast, bodies, outside) = match (left.clip, right.clip) {
        (Some(Clip::Realm), Some(Clip::Coast)) => (left, right, &mut relation.left, &mut relation.left_outside),
        (Some(Clip::Coast), Some(Clip::Realm)) => (right, left, &mut relation.right, &mut relation.right_outside),
        _ => return,
    };
    let limit = People((tolerances.sliver_people * People::UNIT as f64).round() as i64);
    let (mut loss, mut land, mut few) = (0.0, Land::default(), People(0));
    for (body, outside) in bodies.iter_mut().zip(outside) {
        if has_people && outside.people.is_none_or(|people| people >= limit && people.0 > 0) {
            land.add(body, outside);
            continue;
        }
        body.area_m2 -= outside.area_m2;
        loss += outside.area_m2;
        few += outside.people.unwrap_or_default();
        *outside =
            Amounts { people: outside.people, people_low: outside.people_low, people_high: outside.people_high, ..Amounts::default() };
    }
    findings.extend(land.finding(realm, coast));
    findings.push(
        Finding::new(
            "DQ-02",
            format!(
                "{} goes to the extent of the realm and {} to the coast: {:.3} km2 lie in the first alone{}",
                realm.id,
                coast.id,
                loss / 1e6,
                if few.0 > 0 { format!(", with {:.0} people, who stay outside every area", few.as_f64().ceil()) } else { String::new() }
            ),
            "compared over the land that both cover",
        )
        .layer(realm.id.clone())
        .value(loss, "m2"),
    );
}
