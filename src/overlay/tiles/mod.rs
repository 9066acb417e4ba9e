//! The plane in tiles, so that many machines can share one overlay: what a tile needs of each layer, and what it comes to.
//!
//! Sums over faces are sums over the pieces of boundary between nodes ([`super::noding`]), so they can be added up piece by piece, wherever
//! a piece is looked at. A tile has a cell of its own, a rectangle of grid points, and *owns* the pieces whose smallest end (west first, then
//! south) is in it. Cells do not overlap and cover everything, so every piece is owned once, and the sums of all tiles are, as integers,
//! those of the whole: how many tiles there are and where they end changes no bit ([`tally()`]).
//!
//! Nothing is cut for that. A tile sees every edge that comes near a piece of its own, whole; of the rest of a ring it needs no more than how
//! it runs round, so stretches beside the tile are drawn straight ([`thin`]).

mod split;
mod tally;
mod thin;

use std::collections::BTreeMap;

pub use split::{Portion, Ring, split};
pub use tally::tally;

use super::faces::Faces;
use super::noding::Broken;
use super::pairs::Extent;
use crate::domain::Rings;

/// Twice the signed area of a unit's rings, as much of it as a tile's part of the boundary has, square grid steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RingSum {
    /// Of the rings as they were read.
    pub read: i128,
    /// With crossings rounded to the grid, as the faces have them.
    pub noded: i128,
}

/// What one tile, several or all come to.
///
/// Adding up is exact and in any order the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Tiles in it.
    pub tiles: u64,
    /// By the units of each layer that cover it, ascending: what is covered so. What nothing covers is left out.
    pub faces: BTreeMap<Vec<Vec<u32>>, Extent>,
    /// By layer and unit: the sums of its rings.
    pub rings: BTreeMap<(u32, u32), RingSum>,
    /// Number of crossings of boundaries.
    pub crossings: u64,
}

impl Sums {
    /// Adds what other tiles come to.
    pub fn add(&mut self, other: Self) {
        self.tiles += other.tiles;
        self.crossings += other.crossings;
        for (units, extent) in other.faces {
            let sum = self.faces.entry(units).or_default();
            sum.add(&extent);
        }
        for (unit, ring) in other.rings {
            let sum = self.rings.entry(unit).or_default();
            sum.read += ring.read;
            sum.noded += ring.noded;
        }
    }

    /// Whether these are the sums of all tiles of some layers, each once: every unit's boundary is there once, to the square step.
    ///
    /// # Errors
    /// [`Broken`] if not.
    pub fn are_whole(&self, layers: &[&Rings]) -> Result<(), Broken> {
        for (layer, rings) in (0u32..).zip(layers) {
            let mut sums = vec![0i128; rings.units()];
            for ((unit, _), area) in rings.ranges().zip(rings.ring_areas()) {
                sums[unit] += area;
            }
            for (unit, sum) in (0u32..).zip(sums) {
                if self.rings.get(&(layer, unit)).map_or(0, |ring| ring.read) != sum {
                    return Err(Broken("the tiles do not have every unit's boundary once"));
                }
            }
        }
        let strange = |(layer, unit): &(u32, u32)| layers.get(*layer as usize).is_none_or(|rings| *unit as usize >= rings.units());
        let unknown = |units: &Vec<Vec<u32>>| {
            units.len() != layers.len()
                || units.iter().zip(layers).any(|(units, rings)| units.iter().any(|unit| *unit as usize >= rings.units()))
        };
        if self.rings.keys().any(strange) || self.faces.keys().any(unknown) {
            return Err(Broken("the tiles are of other layers"));
        }
        Ok(())
    }
}

impl Faces for Sums {
    fn each(&self, visit: &mut dyn FnMut(&[&[u32]], Extent)) {
        for (units, extent) in &self.faces {
            let units: Vec<&[u32]> = units.iter().map(Vec::as_slice).collect();
            visit(&units, *extent);
        }
    }

    fn crossings(&self) -> usize {
        self.crossings as usize
    }

    fn ring_sums(&self, layer: usize, rings: &Rings) -> Result<Vec<i128>, Broken> {
        Ok((0..rings.units() as u32).map(|unit| self.rings.get(&(layer as u32, unit)).map_or(0, |ring| ring.noded.abs())).collect())
    }
}
