//! Who lives where and which bodies have the land: the one thing that files and true answers are both made from.

use std::collections::{BTreeMap, BTreeSet};

use super::Scale;
use super::land::{Corner, Extent, Mesh, Spot, doubled_area, settle};
use super::names::Names;
use super::places::{Kind, Mark, Place, Shift, Water, plan};
use super::random::Random;
use crate::error::{Error, Result};

/// A building block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) code: String,
    pub(super) cell: usize,
    pub(super) people: i64,
    /// Twice its area, square metres.
    pub(super) doubled_m2: i64,
    /// Body of each layer, by [`Kind::index`].
    pub(super) bodies: [Option<usize>; 7],
}

/// A body of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) place: usize,
    pub(super) letter: char,
}

/// The country.
#[derive(Debug, Clone)]
pub(super) struct Country {
    pub(super) scale: Scale,
    pub(super) seed: u64,
    pub(super) places: Vec<Place>,
    pub(super) mesh: Mesh,
    /// Blocks by code.
    pub(super) blocks: Vec<Block>,
    /// Block of each cell.
    pub(super) block_of_cell: Vec<Option<usize>>,
    /// Bodies of each layer, sorted by code.
    pub(super) layers: [Vec<Body>; 7],
}

impl Country {
    /// Makes the country of a seed.
    ///
    /// # Errors
    /// [`Error::Config`] if the places do not fit the land, which no seed brings about (tests/suite/sample.rs).
    pub(super) fn new(scale: Scale, seed: u64) -> Result<Self> {
        let places = plan(scale);
        let extent = Extent::of(scale);
        let mesh = Mesh::new(&extent, seed);
        let slots = fill(&places, &extent, seed)?;
        let spots = settle(&mesh, &extent, &places, &slots, seed);
        let mut letters = Letters::new(&mesh, &places, &spots);
        let mut people = populate(&mesh, &places, &spots, seed);
        for (index, place) in places.iter().enumerate() {
            for shift in place.shifts {
                letters.shift(&mesh, &spots, index, shift, &mut people)?;
            }
        }
        let layers = name(&places, &slots, &extent, seed);
        Ok(Self::assemble(scale, seed, places, mesh, &spots, &letters, &people, layers, &slots, &extent))
    }

    #[allow(clippy::too_many_arguments)] // the one place where all parts meet
    fn assemble(
        scale: Scale,
        seed: u64,
        places: Vec<Place>,
        mesh: Mesh,
        spots: &[Option<Spot>],
        letters: &Letters,
        people: &[i64],
        layers: [Vec<Body>; 7],
        slots: &[Option<usize>],
        extent: &Extent,
    ) -> Self {
        let finder: Vec<BTreeMap<(usize, char), usize>> = layers
            .iter()
            .map(|bodies| bodies.iter().enumerate().map(|(index, body)| ((body.place, body.letter), index)).collect())
            .collect();
        let authorities = authorities(slots, extent);
        let mut blocks = Vec::new();
        let mut block_of_cell = vec![None; spots.len()];
        for (cell, spot) in spots.iter().enumerate() {
            let Some(spot) = *spot else { continue };
            let mut bodies = [None; 7];
            for (kind, body) in Kind::ALL.iter().zip(&mut bodies) {
                let key = match kind {
                    Kind::Authority1999 => authorities.get(&spot.place).map(|group| (*group, 'h')),
                    _ => letters.at(*kind, cell).map(|letter| (spot.place, letter)),
                };
                *body = key.and_then(|key| finder.get(kind.index())?.get(&key).copied());
            }
            if let Some(slot) = block_of_cell.get_mut(cell) {
                *slot = Some(blocks.len());
            }
            blocks.push(Block {
                code: format!("X00{:06}", blocks.len() + 1),
                cell,
                people: people.get(cell).copied().unwrap_or(0),
                doubled_m2: doubled_area(&mesh.ring(cell)),
                bodies,
            });
        }
        Self { scale, seed, places, mesh, blocks, block_of_cell, layers }
    }

    /// Bodies of a layer.
    pub(super) fn bodies(&self, kind: Kind) -> &[Body] {
        self.layers.get(kind.index()).map_or(&[], Vec::as_slice)
    }

    /// Index of a body by place and letter.
    pub(super) fn find(&self, kind: Kind, place: usize, letter: char) -> Option<usize> {
        self.bodies(kind).iter().position(|body| body.place == place && body.letter == letter)
    }

    /// Body of a layer by place story (the first such place) and letter.
    pub(super) fn told(&self, kind: Kind, story: &str, letter: char) -> Option<&Body> {
        let place = self.places.iter().position(|place| place.story.starts_with(story))?;
        self.bodies(kind).get(self.find(kind, place, letter)?)
    }

    /// Blocks of each body of a layer.
    pub(super) fn members(&self, kind: Kind) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.bodies(kind).len()];
        for (index, block) in self.blocks.iter().enumerate() {
            if let Some(body) = block.body(kind).and_then(|body| members.get_mut(body)) {
                body.push(index);
            }
        }
        members
    }

    /// People of each body of a layer.
    pub(super) fn people(&self, kind: Kind) -> Vec<i64> {
        let mut people = vec![0; self.bodies(kind).len()];
        for block in &self.blocks {
            if let Some(body) = block.body(kind).and_then(|body| people.get_mut(body)) {
                *body += block.people;
            }
        }
        people
    }

    /// Tier of a council, or of a district's own council.
    pub(super) fn tier(&self, body: &Body) -> &'static str {
        self.places.get(body.place).map_or("unitary", |place| place.tier(body.letter))
    }
}

impl Block {
    /// Body that has this block in a layer.
    pub(super) fn body(&self, kind: Kind) -> Option<usize> {
        self.bodies.get(kind.index()).copied().flatten()
    }
}

/// Gives each slot of the land a place: the island in the last corner, the others in chance order.
fn fill(places: &[Place], extent: &Extent, seed: u64) -> Result<Vec<Option<usize>>> {
    if places.len() > extent.slots() {
        return Err(Error::usage(format!("the sample has {} places and land for {}; please report this", places.len(), extent.slots())));
    }
    let mut order: Vec<usize> =
        places.iter().enumerate().filter(|(_, place)| place.water != Water::Island).map(|(index, _)| index).collect();
    let mut random = Random::new(seed, 3);
    for last in (1..order.len()).rev() {
        let other = usize::try_from(random.between(0, last as i64)).unwrap_or(last);
        order.swap(last, other);
    }
    let mut slots: Vec<Option<usize>> = order.into_iter().map(Some).collect();
    slots.resize(extent.slots(), None);
    let island = places.iter().position(|place| place.water == Water::Island);
    if let Some(last) = slots.last_mut() {
        *last = island;
    }
    Ok(slots)
}

/// Letters of every layer, cell by cell, after shifts.
struct Letters {
    layers: Vec<Vec<Option<char>>>,
    /// Cells that a shift has used: their people are settled.
    pinned: BTreeSet<usize>,
}

impl Letters {
    fn new(mesh: &Mesh, places: &[Place], spots: &[Option<Spot>]) -> Self {
        debug_assert_eq!(spots.len(), mesh.columns * mesh.rows);
        let letter = |kind: Kind, spot: &Option<Spot>| {
            let spot = (*spot)?;
            places.get(spot.place)?.letter(kind, spot.unit)
        };
        let layers = Kind::ALL.iter().map(|kind| spots.iter().map(|spot| letter(*kind, spot)).collect()).collect();
        Self { layers, pinned: BTreeSet::new() }
    }

    fn at(&self, kind: Kind, cell: usize) -> Option<char> {
        self.layers.get(kind.index())?.get(cell).copied().flatten()
    }

    /// Gives a strip along the border of `from` to `to`, and sets the people of the strip so that the share is as planned.
    fn shift(&mut self, mesh: &Mesh, spots: &[Option<Spot>], place: usize, shift: &Shift, people: &mut [i64]) -> Result<()> {
        let Some(first) = shift.layers.first() else { return Ok(()) };
        let here = |cell: usize| spots.get(cell).copied().flatten().is_some_and(|spot| spot.place == place);
        let of = |letter: char| -> Vec<usize> {
            (0..spots.len()).filter(|cell| here(*cell) && self.at(*first, *cell) == Some(letter)).collect()
        };
        let from = of(shift.from);
        let to: BTreeSet<usize> = of(shift.to).into_iter().collect();
        let wanted = usize::try_from(from.len() as i64 * shift.per_mille / 1000).unwrap_or(0).max(1);
        let strip: Vec<usize> = from
            .iter()
            .copied()
            .filter(|cell| !self.pinned.contains(cell))
            .filter(|cell| (0..4).any(|side| mesh.across(*cell, side).is_some_and(|other| to.contains(&other))))
            .take(wanted)
            .collect();
        if strip.is_empty() {
            return Err(Error::usage(format!(
                "place {place} of the sample has no border between {} and {}; please report this",
                shift.from, shift.to
            )));
        }
        let rest: i64 = from.iter().filter(|cell| !strip.contains(cell)).filter_map(|cell| people.get(*cell)).sum();
        // moved / (moved + rest) = per mille, rounded to whole people; the last cell of the strip takes what is left.
        let moved = rest * shift.per_mille / (1000 - shift.per_mille);
        let each = moved / strip.len() as i64;
        for (position, cell) in strip.iter().enumerate() {
            let share = if position + 1 == strip.len() { moved - each * position as i64 } else { each };
            if let Some(people) = people.get_mut(*cell) {
                *people = share;
            }
            self.pinned.insert(*cell);
            for kind in shift.layers {
                if let Some(letter) = self.layers.get_mut(kind.index()).and_then(|layer| layer.get_mut(*cell)) {
                    *letter = Some(shift.to);
                }
            }
        }
        Ok(())
    }
}

/// People of each cell: a town in each unit, thinning out, and a cell in fifty where no one lives.
fn populate(mesh: &Mesh, places: &[Place], spots: &[Option<Spot>], seed: u64) -> Vec<i64> {
    let mut cells: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (cell, spot) in spots.iter().enumerate() {
        if let Some(spot) = spot {
            cells.entry((spot.place, spot.unit)).or_default().push(cell);
        }
    }
    let mut people = vec![0; spots.len()];
    for ((place, unit), cells) in cells {
        let mut random = Random::new(seed, 1_000_000 + (place as u64) * 100 + unit as u64);
        let Some(place) = places.get(place) else { continue };
        let target = place.unit_people(unit) * random.between(88, 112) / 100;
        let town = random.between(0, cells.len() as i64 - 1);
        let town_cell = usize::try_from(town).ok().and_then(|town| cells.get(town)).copied().unwrap_or(0);
        let weights: Vec<i64> = cells
            .iter()
            .map(|cell| {
                let empty = random.between(0, 49) == 0 && *cell != town_cell;
                let density = 1_000 + 24_000 / (1 + mesh.distance_squared(*cell, town_cell));
                if empty { 0 } else { density * random.between(60, 140) / 100 }
            })
            .collect();
        let total: i64 = weights.iter().sum::<i64>().max(1);
        let mut left = target;
        for (cell, weight) in cells.iter().zip(&weights) {
            let share = target * weight / total;
            left -= share;
            if let Some(people) = people.get_mut(*cell) {
                *people = share;
            }
        }
        // What rounding left over lives in the town.
        if let Some(people) = usize::try_from(town).ok().and_then(|town| cells.get(town)).and_then(|cell| people.get_mut(*cell)) {
            *people += left;
        }
    }
    people
}

/// Health authority of each place: runs of one, one and two places along a row.
fn authorities(slots: &[Option<usize>], extent: &Extent) -> BTreeMap<usize, usize> {
    let mut groups = BTreeMap::new();
    let mut group = 0;
    for (slot, place) in slots.iter().enumerate() {
        let Some(place) = *place else { continue };
        let joins = slot % 4 == 3 && slot % extent.places_across != 0 && slot > 0 && slots.get(slot - 1).copied().flatten().is_some();
        if !joins {
            group = place;
        }
        groups.insert(place, group);
    }
    groups
}

/// Codes and names of every body, each layer sorted by code. A body whose units are those of a body before it keeps code and name.
fn name(places: &[Place], slots: &[Option<usize>], extent: &Extent, seed: u64) -> [Vec<Body>; 7] {
    let mut names = Names::new(seed);
    let mut layers: [Vec<Body>; 7] = Default::default();
    let mut next_code: BTreeMap<&str, usize> = BTreeMap::new();
    let mut code = |prefix: &'static str| {
        let number = next_code.entry(prefix).or_insert(0);
        *number += 1;
        format!("{prefix}{number:06}")
    };
    for kind in Kind::ALL {
        let (prefix, before) = match kind {
            Kind::Pcg1999 => ("X30", None),
            Kind::Pct2002 => ("X30", Some(Kind::Pcg1999)),
            Kind::Pct2006 => ("X30", Some(Kind::Pct2002)),
            Kind::Council1999 => ("X10", None),
            Kind::Council2006 => ("X10", Some(Kind::Council1999)),
            Kind::District1999 => ("X20", Some(Kind::Council1999)),
            Kind::Authority1999 => ("X40", None),
        };
        let mut bodies = Vec::new();
        if kind == Kind::Authority1999 {
            let groups: BTreeSet<usize> = authorities(slots, extent).into_values().collect();
            bodies.extend(groups.into_iter().map(|place| Body { code: code(prefix), name: names.next(), place, letter: 'h' }));
        }
        for (index, place) in places.iter().enumerate() {
            for letter in place.bodies(kind) {
                let marked = |mark: Mark| place.marks.contains(&mark);
                let old = before.and_then(|before| {
                    let same_land = |other: &&Body| other.place == index && place.units(before, other.letter) == place.units(kind, letter);
                    let same_letter = |other: &&Body| other.place == index && other.letter == letter;
                    let olds: &Vec<Body> = layers.get(before.index())?;
                    match kind {
                        Kind::District1999 => olds.iter().find(same_letter),
                        _ if marked(Mark::Keep(kind, letter)) => olds.iter().find(same_letter),
                        _ => olds.iter().find(same_land),
                    }
                });
                let body = match old {
                    Some(old) if marked(Mark::Recode(kind, letter)) => {
                        Body { code: code(prefix), name: old.name.clone(), place: index, letter }
                    }
                    Some(old) if marked(Mark::Rename(kind, letter)) => {
                        Body { code: old.code.clone(), name: names.next(), place: index, letter }
                    }
                    Some(old) => Body { code: old.code.clone(), name: old.name.clone(), place: index, letter },
                    None => Body { code: code(prefix), name: names.next(), place: index, letter },
                };
                bodies.push(body);
            }
        }
        bodies.sort_by(|a, b| a.code.cmp(&b.code));
        if let Some(layer) = layers.get_mut(kind.index()) {
            *layer = bodies;
        }
    }
    layers
}

/// A ring in whole metres, counter-clockwise around land, not closed.
pub(super) type Ring = Vec<Corner>;
