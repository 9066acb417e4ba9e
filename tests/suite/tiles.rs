//! Tiles: whatever the number of tiles, their sums are those of the whole, bit for bit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use coterminous::Result;
use coterminous::config::Config;
use coterminous::domain::{Grid, Layer, Rings, Role};
use coterminous::overlay::tiles::{Portion, Sums, split, tally};
use coterminous::overlay::{overlay, overlay_of, split_blocks, split_blocks_of};
use coterminous::pipeline::{self, Options, Unwatched};
use coterminous::weights::{Engine, Tally};
use proptest::prelude::*;

use crate::support::{self, Random, Shape};

const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: Grid::PER_METRE };

fn layer(id: &str, shapes: &[Shape]) -> Layer {
    support::built(id, Role::Other, shapes, &GRID).layer
}

fn portions(layers: &[&Rings], most: u64) -> Vec<Portion> {
    let mut portions = Vec::new();
    let tiles = split(layers, most, &mut |portion| {
        portions.push(portion);
        Ok::<(), ()>(())
    });
    assert_eq!(tiles, Ok(portions.len() as u32));
    portions
}

fn sums(portions: &[Portion]) -> Sums {
    let mut sums = Sums::default();
    for portion in portions {
        sums.add(tally(portion).unwrap());
    }
    sums
}

/// Pairs, totals, crossings and proofs of two layers, by tiles of at most so many edges and in one piece.
fn agrees(left: &Layer, right: &Layer, most: u64) {
    let portions = portions(&[&left.rings, &right.rings], most);
    let (whole, tiled) = (overlay(left, right).unwrap(), overlay_of(left, right, &sums(&portions)).unwrap());
    assert_eq!(tiled, whole, "{} tiles", portions.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn tiles_sum_to_the_whole(seed in any::<u64>(), jitter in 0i64..=3, most in 24u64..200) {
        let mut random = Random::new(seed);
        let (left, right) = (layer("l", &support::coverage(&mut random, "L", jitter)), layer("r", &support::coverage(&mut random, "R", jitter)));
        agrees(&left, &right, most);
    }

    #[test]
    fn blocks_by_tiles_are_the_whole_blocks(seed in any::<u64>(), jitter in 0i64..=3, most in 24u64..200) {
        let mut random = Random::new(seed);
        let [blocks, left, right] = ["B", "L", "R"].map(|id| layer(id, &support::coverage(&mut random, id, jitter)));
        let tiled = sums(&portions(&[&blocks.rings, &left.rings, &right.rings], most));
        prop_assert_eq!(split_blocks_of(&blocks, &left, &right, &tiled).unwrap(), split_blocks(&blocks, &left, &right).unwrap());
    }

    #[test]
    fn tangles_by_tiles_are_the_whole_tangle(seed in any::<u64>(), size in 3i64..2_000_000_000, most in 12u64..60) {
        // Rings that cross themselves and each other anyhow, from a few grid steps to metres wide: by faces, since such units have no sum.
        let mut random = Random::new(seed);
        let mut rings = [Rings::new(), Rings::new()];
        for rings in &mut rings {
            for _ in 0..4 {
                for _ in 0..=random.below(2) {
                    let points = 3 + random.below(9);
                    let ring: Vec<_> = (0..points).map(|_| coterminous::domain::Point { x: random.between(0, size), y: random.between(0, size) }).collect();
                    rings.push_ring(ring);
                }
                rings.end_unit();
            }
        }
        let layers = [&rings[0], &rings[1]];
        let (one, many) = (sums(&portions(&layers, u64::MAX)), sums(&portions(&layers, most)));
        prop_assert_eq!(&one.faces, &many.faces);
        prop_assert_eq!(&one.rings, &many.rings);
        prop_assert_eq!(one.crossings, many.crossings);
        prop_assert!(many.are_whole(&layers).is_ok());
    }
}

#[test]
fn a_tile_too_few_or_too_many_is_noticed() {
    let mut random = Random::new(7);
    let (left, right) = (layer("l", &support::coverage(&mut random, "L", 1)), layer("r", &support::coverage(&mut random, "R", 1)));
    let portions = portions(&[&left.rings, &right.rings], 8);
    let all = sums(&portions);
    assert!(overlay_of(&left, &right, &all).is_ok());
    let mut noticed = 0;
    for portion in &portions {
        let one = tally(portion).unwrap();
        if one.rings.is_empty() {
            continue;
        }
        let mut twice = all.clone();
        twice.add(one);
        assert!(overlay_of(&left, &right, &twice).is_err(), "tile {} twice", portion.tile);
        let without: Vec<Portion> = portions.iter().filter(|other| other.tile != portion.tile).cloned().collect();
        assert!(overlay_of(&left, &right, &sums(&without)).is_err(), "no tile {}", portion.tile);
        noticed += 1;
    }
    assert!(noticed > 10, "{noticed}");
    // Tiles of other layers.
    assert!(overlay_of(&right, &left, &all).is_err());
}

#[test]
fn portions_are_small() {
    // 40 by 40 squares over the same, shifted: a tile needs little more than its own edges, whatever surrounds it.
    let squares = |prefix: &str, shift: f64| -> Vec<Shape> {
        let at = |number: usize| (f64::from((number % 40) as u32) * 100.0 + shift, f64::from((number / 40) as u32) * 100.0 + shift);
        (0..1600).map(|number| support::square(&format!("{prefix}{number}"), at(number).0, at(number).1, 100.0, 100.0)).collect()
    };
    let (left, right) = (layer("l", &squares("L", 0.0)), layer("r", &squares("R", 37.0)));
    let portions = portions(&[&left.rings, &right.rings], 500);
    let points: usize = portions.iter().flat_map(|portion| portion.layers.iter().flatten()).map(|ring| ring.points.len()).sum();
    let whole = left.rings.points().len() + right.rings.points().len();
    assert!(portions.len() >= 24 && points < 3 * whole, "{} tiles with {points} points of {whole}", portions.len());
    assert!(portions.iter().all(|portion| portion.edges <= 500));
    agrees(&left, &right, 500);
}

/// Tiles on this machine's threads.
#[derive(Debug)]
struct Threads {
    most: u64,
    asked: AtomicUsize,
}

impl Tally for Threads {
    fn sums(&self, layers: &[&Layer]) -> Result<Option<Sums>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let rings: Vec<&Rings> = layers.iter().map(|layer| &layer.rings).collect();
        Ok(Some(sums(&portions(&rings, self.most))))
    }
}

/// A forced run whose bytes differ from those published is refused, so its success is the comparison.
#[test]
fn a_run_by_tiles_publishes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = Config::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/sample.toml")), &pipeline::rules()).unwrap();
    plan.output = folder.path().join("out");
    let plain = pipeline::run(&plan, Options::default(), &Unwatched).unwrap();
    let tally = Arc::new(Threads { most: 300, asked: AtomicUsize::new(0) });
    let engine = Engine::Tiles(tally.clone());
    let tiled = pipeline::run(&plan, Options { force: true, engine, ..Options::default() }, &Unwatched).unwrap();
    assert_eq!(tiled.folder, plain.folder);
    assert!(tiled.results.is_some() && tally.asked.load(Ordering::SeqCst) > 5);
    #[derive(Debug)]
    struct Always(Option<Sums>);
    impl Tally for Always {
        fn sums(&self, _: &[&Layer]) -> Result<Option<Sums>> {
            Ok(self.0.clone())
        }
    }
    // Where tiles contradict themselves the layers are overlaid here, with the same bytes.
    let engine = Engine::Tiles(Arc::new(Always(None)));
    assert!(pipeline::run(&plan, Options { force: true, engine, ..Options::default() }, &Unwatched).unwrap().results.is_some());
    // Sums of other layers are refused, and nothing is published.
    let engine = Engine::Tiles(Arc::new(Always(Some(Sums::default()))));
    let refused = pipeline::run(&plan, Options { force: true, engine, ..Options::default() }, &Unwatched).unwrap_err().to_string();
    assert!(refused.contains("the tiles do not have every unit's boundary once"), "{refused}");
}
