//! Builders shared by tests: squares, grids, layers; and the way to the real data.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// A file of the real data: below `ONS_DATA`, by default `../shared/data`. `None` where the file is not there, so that the test can
/// skip.
///
/// # Panics
/// In CI (variable `CI` set), where nothing may skip, if the file is missing.
pub fn real_data(relative: impl AsRef<Path>) -> Option<PathBuf> {
    let root = match std::env::var_os("ONS_DATA") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
    };
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing: set ONS_DATA to the folder of the real data", path.display());
    eprintln!("skipped: {} is not there", path.display());
    None
}

use coterminous::config::{LayerPlan, LayerSource, TableSource};
use coterminous::domain::{Grid, Layer, RawLayer, RawRecord, RawShapes, Role, TextTable};
use coterminous::layers::{self, Built};

/// A small generator of pseudo-random numbers (splitmix64), so that a failing case is a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `n - 1`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// `from` to `to`, both included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from + 1) as u64) as i64
    }
}

/// One record to be: a code and rings in metres.
#[derive(Debug, Clone)]
pub struct Shape {
    pub code: String,
    pub rings: Vec<Vec<[f64; 2]>>,
    pub people: Option<String>,
}

impl Shape {
    pub fn new(code: &str, rings: Vec<Vec<[f64; 2]>>) -> Self {
        Self { code: code.to_owned(), rings, people: None }
    }

    pub fn people(mut self, people: &str) -> Self {
        self.people = Some(people.to_owned());
        self
    }
}

/// A rectangular ring, counter-clockwise, not closed.
pub fn ring(x: f64, y: f64, width: f64, height: f64) -> Vec<[f64; 2]> {
    vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
}

/// A rectangle.
pub fn square(code: &str, x: f64, y: f64, width: f64, height: f64) -> Shape {
    Shape::new(code, vec![ring(x, y, width, height)])
}

/// The plan of a layer read from polygons with fields CODE and POP.
pub fn layer_plan(id: &str, role: Role) -> LayerPlan {
    let plan = LayerPlan::of_polygons(id, format!("{id}.shp"), Some("CODE"));
    LayerPlan { role, kind: "test".to_owned(), line: 1, ..plan }
}

/// Shapes as if read from a shapefile.
pub fn raw(id: &str, shapes: &[Shape]) -> RawLayer {
    let mut rings = RawShapes::default();
    for shape in shapes {
        for ring in &shape.rings {
            rings.extend(ring.iter().copied());
            rings.end_ring();
        }
        rings.end_record();
    }
    RawLayer {
        shapes: rings,
        path: format!("{id}.shp").into(),
        fields: vec!["CODE".to_owned(), "POP".to_owned()],
        records: shapes
            .iter()
            .zip(1..)
            .map(|(shape, number)| RawRecord { number, deleted: false, cells: vec![Some(shape.code.clone()), shape.people.clone()] })
            .collect(),
        ..RawLayer::default()
    }
}

/// A layer of shapes, with field POP as a population.
pub fn built(id: &str, role: Role, shapes: &[Shape], grid: &Grid) -> Built {
    let fields: &[String] = if shapes.iter().any(|shape| shape.people.is_some()) { &["POP".to_owned()] } else { &[] };
    layers::build(raw(id, shapes), &layer_plan(id, role), fields, grid).unwrap()
}

/// A layer dissolved into `count` groups called G0, G1 ...
pub fn dissolved(layer: &Layer, groups: &[Option<usize>], count: usize, grid: &Grid) -> Layer {
    let mut lookup = TextTable::new("lookup.csv", None, vec!["block".to_owned(), "area".to_owned()]);
    for (row, (area, group)) in layer.areas.iter().zip(groups).enumerate() {
        if let Some(group) = group {
            lookup.push(row as u64 + 2, [area.code.as_str(), &format!("G{group}")]);
        }
    }
    let mut plan = layer_plan("dissolved", Role::Other);
    plan.source = LayerSource::Dissolved {
        blocks: 0,
        lookup: TableSource::new("lookup.csv", None),
        block_column: "block".to_owned(),
        area_column: "area".to_owned(),
        name_column: None,
    };
    let built = layers::dissolve(&plan, layer, &lookup, grid).unwrap();
    assert_eq!(built.layer.areas.len(), count.min(layer.areas.len()));
    built.layer
}

/// A random coverage: quadrilaterals of a crooked mesh of 4 m cells, some missing, each given to one of a few units. Units therefore have
/// several parts, holes and neighbours inside them; shared edges carry extra vertices on one side only; vertices lie on a lattice of whole
/// metres (so that those of another such coverage meet them and their edges), moved by up to `jitter` grid steps. Cells of one unit are
/// kept as rings of their own, so edges inside a unit are there twice.
pub fn coverage(random: &mut Random, prefix: &str, jitter: i64) -> Vec<Shape> {
    let (columns, rows) = (1 + random.below(4) as i64, 1 + random.below(4) as i64);
    let (x0, y0) = (random.between(-2, 6), random.between(-2, 6));
    let lattice: Vec<Vec<[i64; 2]>> = (0..=rows)
        .map(|row| {
            (0..=columns)
                .map(|column| {
                    let mut at = |base: i64| (base + random.between(-1, 1)) * 1_000_000_000 + random.between(0, jitter);
                    [at(x0 + column * 4), at(y0 + row * 4)]
                })
                .collect()
        })
        .collect();
    let units = 1 + random.below(6);
    let mut shapes: Vec<Shape> = (0..units).map(|unit| Shape::new(&format!("{prefix}{unit}"), Vec::new())).collect();
    for row in 0..rows as usize {
        for column in 0..columns as usize {
            if random.below(8) == 0 {
                continue;
            }
            let corners = [lattice[row][column], lattice[row][column + 1], lattice[row + 1][column + 1], lattice[row + 1][column]];
            let mut ring: Vec<[f64; 2]> = Vec::new();
            for (corner, next) in corners.iter().zip(corners.iter().cycle().skip(1)) {
                ring.push(metres(*corner));
                // A vertex in the middle of the edge, where the middle is on the grid: the neighbour may not have it.
                let sum = [corner[0] + next[0], corner[1] + next[1]];
                if random.below(3) == 0 && sum[0] % 2 == 0 && sum[1] % 2 == 0 {
                    ring.push(metres([sum[0] / 2, sum[1] / 2]));
                }
            }
            let unit = random.below(units) as usize;
            shapes[unit].rings.push(ring);
        }
    }
    shapes.retain(|shape| !shape.rings.is_empty());
    if shapes.is_empty() {
        shapes.push(square(&format!("{prefix}0"), 0.0, 0.0, 4.0, 4.0));
    }
    shapes
}

fn metres(steps: [i64; 2]) -> [f64; 2] {
    [steps[0] as f64 / 1e9, steps[1] as f64 / 1e9]
}

/// The same shapes with records, rings, starting points and directions changed.
pub fn shuffle(random: &mut Random, shapes: &[Shape]) -> Vec<Shape> {
    fn mix<T>(random: &mut Random, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, random.below(at as u64 + 1) as usize);
        }
    }
    let mut shapes = shapes.to_vec();
    for shape in &mut shapes {
        for ring in &mut shape.rings {
            let start = random.below(ring.len() as u64) as usize;
            ring.rotate_left(start);
            if random.below(2) == 0 {
                ring.reverse();
            }
        }
        mix(random, &mut shape.rings);
    }
    mix(random, &mut shapes);
    shapes
}

/// The shapes moved by whole metres.
pub fn translate(shapes: &[Shape], dx: f64, dy: f64) -> Vec<Shape> {
    let mut shapes = shapes.to_vec();
    for point in shapes.iter_mut().flat_map(|shape| &mut shape.rings).flatten() {
        *point = [point[0] + dx, point[1] + dy];
    }
    shapes
}
