//! A map as uneven as maps get: nearly all vertices in one corner, under units far wider than a tile.

use std::time::{Duration, Instant};

use coterminous::domain::{Point, Rings};
use coterminous::io::interrupt::Interrupt;
use coterminous::overlay::tiles::{Portion, Sums, split, tally};
use coterminous_cluster::driver::Driver;

use crate::support::Cluster;

/// Edges of a tile, at most.
const MOST: u64 = 10_000;
/// Grid steps in a metre.
const METRE: i64 = 1_000_000_000;
/// Height of the map, which is twice as wide, and side of its corner: a twenty-thousandth of the area has five sixths of the vertices.
const MAP: i64 = 500_000 * METRE;
const CORNER: i64 = 5_000 * METRE;

fn point(x: i64, y: i64) -> Point {
    Point { x, y }
}

/// A line from west to east in the corner, drawn as finely and crookedly as `points` allow; every `phase` draws another.
fn crooked(y: i64, points: i64, phase: i64) -> Vec<Point> {
    let bend = |at: i64| (at * (7 + phase) % 13 - 6) * 2 * METRE + at % 3;
    (0..=points).map(|at| point(CORNER / points * at, if at == 0 || at == points { y } else { y + bend(at) })).collect()
}

/// Strips of the corner between crooked lines.
fn strips(count: i64, points: i64, phase: i64) -> Rings {
    let mut rings = Rings::new();
    let height = CORNER / count;
    for strip in 0..count {
        let mut ring = crooked(strip * height, points, phase);
        ring.extend(crooked((strip + 1) * height, points, phase).into_iter().rev());
        rings.push_ring(ring);
        rings.end_unit();
    }
    rings
}

/// Points from one to another, so many steps apart.
fn drawn(from: (i64, i64), to: (i64, i64), steps: i64) -> impl Iterator<Item = Point> {
    (0..steps).map(move |at| point(from.0 + (to.0 - from.0) / steps * at, from.1 + (to.1 - from.1) / steps * at))
}

/// Two units that share out the whole map along a line from south to north through the corner; their other sides in so many steps.
fn wide(steps: i64) -> Rings {
    let mut rings = Rings::new();
    let border: Vec<Point> = (0..=62_500).map(|at| point(CORNER / 2 + at % 7 * 3 * METRE + at % 5, MAP / 62_500 * at)).collect();
    let (south, north) = ((border[0].x, 0), (border[border.len() - 1].x, MAP));
    let around = |side: i64, from: (i64, i64), to: (i64, i64)| {
        let corners = [from, (side, from.1), (side, to.1), to];
        corners.windows(2).flat_map(|pair| drawn(pair[0], pair[1], steps)).skip(1).collect::<Vec<_>>()
    };
    let west = around(-MAP, north, south).into_iter().chain(border.iter().copied());
    let east = around(MAP, south, north).into_iter().chain(border.iter().rev().copied());
    for ring in [west.collect::<Vec<_>>(), east.collect()] {
        rings.push_ring(ring);
        rings.end_unit();
    }
    rings
}

fn portions(layers: &[&Rings], most: u64) -> Vec<Portion> {
    let mut portions = Vec::new();
    split(layers, most, &mut |portion| {
        portions.push(portion);
        Ok::<(), ()>(())
    })
    .unwrap();
    portions
}

/// Vertices that are sent for a tile.
fn weight(portion: &Portion) -> u64 {
    portion.layers.iter().flatten().map(|ring| ring.points.len() as u64).sum()
}

/// The sums of layers by two executors are those of the whole; answers their tiles.
fn counted(layers: &[&Rings]) -> Vec<Portion> {
    let tiles = portions(layers, MOST);
    let (all, heaviest): (u64, u64) =
        (layers.iter().map(|rings| rings.points().len() as u64).sum(), tiles.iter().map(weight).max().unwrap());
    let sent: u64 = tiles.iter().map(weight).sum();
    println!("{all} vertices in {} tiles: {sent} sent, the heaviest has {heaviest}", tiles.len());
    assert!(tiles.iter().all(|tile| tile.edges <= MOST), "no tile has more edges than was asked for");
    let whole = portions(layers, u64::MAX);
    assert_eq!(whole.len(), 1);
    let whole = tally(&whole[0]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(2);
    let driver = Driver::connect(cluster.url(), folder.path(), Some(MOST), &Interrupt::default()).unwrap();
    let began = Instant::now();
    let counted = driver.count(layers, MOST).unwrap().unwrap();
    let took = began.elapsed();
    println!("two executors took {took:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(counted.tiles, tiles.len() as u64);
    assert!(counted == Sums { tiles: counted.tiles, ..whole }, "the sums by tiles are those of the whole");
    counted.are_whole(layers).unwrap();
    tiles
}

#[test]
fn nearly_all_vertices_in_one_corner_under_units_far_wider_than_a_tile() {
    let (fine, other, wide) = (strips(40, 5_000, 0), strips(31, 4_000, 2), wide(5_000));
    let layers = [&fine, &other, &wide];
    let all: u64 = layers.iter().map(|rings| rings.points().len() as u64).sum();
    let tiles = counted(&layers);
    let (heaviest, sent) = (tiles.iter().map(weight).max().unwrap(), tiles.iter().map(weight).sum::<u64>());
    // What a tile sees of its neighbours comes on top of its own.
    assert!(heaviest <= 2 * MOST, "the heaviest tile has {heaviest} vertices");
    assert!(tiles.len() as u64 >= all / MOST && sent < 2 * all, "{} tiles, {sent} of {all} vertices", tiles.len());
}

/// Straight sides of hundreds of kilometres past the corner: every tile that one crosses sees all that lies beside it, so that weights have no such
/// bound (docs/engine.md, "In tiles"). The sums are the same, and nothing stalls.
#[test]
fn straight_sides_across_the_whole_map() {
    let (fine, other, wide) = (strips(40, 5_000, 0), strips(31, 4_000, 2), wide(1));
    counted(&[&fine, &other, &wide]);
}
