// What is fuzzed, one function a door: any bytes in, an error or a result out, never a panic. Used by the libFuzzer targets beside this file
// and by tests/suite/fuzzed.rs, which replays the seeds and every crash ever found and mutates the seeds for a while.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use coterminous::config::{Config, LayerPlan, Limits};
use coterminous::domain::{Drawn, RawLayer, RawRecord, RawShapes};
use coterminous::io::crs::BRITISH_NATIONAL_GRID_WKT;
use coterminous::io::shapefile::{self, WriteField, WriteKind, WriteRecord};
use coterminous::io::{Hashing, boundaries, table};
use coterminous::{layers, overlay};

#[path = "world.rs"]
pub mod world;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Target); 18] = [
    ("shp", shp),
    ("dbf", dbf),
    ("prj_cpg", prj_cpg),
    ("zip", zip),
    ("csv", csv),
    ("xlsx", xlsx),
    ("parquet", parquet),
    ("toml", toml),
    ("overlay", two_layers),
    ("geojson", geojson),
    ("topojson", topojson),
    ("kml", kml),
    ("geopackage", geopackage),
    ("flatgeobuf", flatgeobuf),
    ("geoparquet", geoparquet),
    ("config", world::config),
    ("keys", world::keys),
    ("world", world::world),
];

/// Lets the panics of foreign readers, which become errors, pass: the fuzzer's own hook would end the process at them.
fn catch_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(coterminous::io::catch_panic::silence);
}

/// Caps that keep one execution small.
fn limits() -> Limits {
    Limits { expanded_bytes: 4 << 20, points: 50_000, cells: 50_000, ..Limits::default() }
}

/// A folder of this thread's own, with a good layer `a` in it that is written once: each door spoils files of its own.
fn folder() -> PathBuf {
    thread_local! {
        static FOLDER: PathBuf = {
            let folder = std::env::temp_dir().join(format!("coterminous-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
            fs::create_dir_all(&folder).unwrap();
            good_layer(&folder);
            // An index that contradicts the shapes would be told in place of what is wrong with them.
            fs::remove_file(folder.join("a.shx")).unwrap();
            folder
        };
    }
    FOLDER.with(Clone::clone)
}

/// Two squares as `a.shp` and so on.
pub fn good_layer(folder: &Path) {
    let fields = [
        WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(4) },
        WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(5) },
    ];
    let square = |x: f64| vec![vec![[x, 0.0], [x, 9.0], [x + 9.0, 9.0], [x + 9.0, 0.0], [x, 0.0]]];
    let record = |code: &str, x: f64| WriteRecord { rings: square(x), cells: vec![Some(code.to_owned()), Some("7".to_owned())] };
    shapefile::write(&folder.join("a"), &fields, &[record("A", 0.0), record("B", 9.0)]).unwrap();
}

fn layer_with(name: &str, data: &[u8]) {
    let folder = folder();
    fs::write(folder.join(name), data).unwrap();
    if let Ok(read) = shapefile::read(&folder.join("a.shp"), &limits()) {
        is_whole(&read.value);
    }
}

/// Whatever was read, a record has a cell a field and no coordinate that is not finite.
fn is_whole(layer: &RawLayer) {
    for (index, record) in layer.records.iter().enumerate() {
        assert_eq!(record.cells.len(), layer.fields.len());
        assert!(layer.shapes.rings(index).flatten().flatten().all(|coordinate| coordinate.is_finite()));
    }
    assert_eq!(layer.shapes.records(), layer.records.len());
}

pub fn shp(data: &[u8]) {
    layer_with("a.shp", data);
}

pub fn dbf(data: &[u8]) {
    layer_with("a.dbf", data);
}

/// The first byte says where the .prj ends and the .cpg begins.
pub fn prj_cpg(data: &[u8]) {
    let Some((at, rest)) = data.split_first() else { return };
    let (cpg, prj) = rest.split_at(usize::from(*at).min(rest.len()));
    let folder = folder();
    let prj = if prj.is_empty() { BRITISH_NATIONAL_GRID_WKT.as_bytes() } else { prj };
    fs::write(folder.join("a.prj"), prj).unwrap();
    layer_with("a.cpg", cpg);
}

pub fn zip(data: &[u8]) {
    catch_panics();
    let path = folder().join("z.zip");
    fs::write(&path, data).unwrap();
    let _ = shapefile::read(&path, &limits());
}

fn table_of(name: &str, data: &[u8]) {
    let path = folder().join(name);
    fs::write(&path, data).unwrap();
    if let Ok(read) = table::read(&path, None, &limits()) {
        // Row numbers grow.
        let table = &read.value;
        assert!((1..table.len()).all(|row| table.row_number(row - 1) < table.row_number(row)));
    }
}

pub fn csv(data: &[u8]) {
    table_of("t.csv", data);
}

/// Workbooks of the new format, and of the old one where the bytes begin as it does.
pub fn xlsx(data: &[u8]) {
    catch_panics();
    table_of(if data.starts_with(b"\xd0\xcf") { "t.xls" } else { "t.xlsx" }, data);
}

pub fn parquet(data: &[u8]) {
    catch_panics();
    table_of("t.parquet", data);
}

/// A boundary file of another format than a shapefile; of several layers the first.
fn boundary_file(name: &str, data: &[u8]) {
    catch_panics();
    let path = folder().join(name);
    fs::write(&path, data).unwrap();
    let layer = boundaries::layers(&path, &limits()).ok().and_then(|(layers, _)| layers.into_iter().next()?.1);
    if let Ok(read) = boundaries::read(&path, layer.as_deref(), &limits(), Hashing::None) {
        is_whole(&read.value);
    }
}

pub fn geojson(data: &[u8]) {
    boundary_file("b.geojson", data);
}

pub fn topojson(data: &[u8]) {
    boundary_file("b.topojson", data);
}

pub fn kml(data: &[u8]) {
    boundary_file("b.kml", data);
}

pub fn geopackage(data: &[u8]) {
    boundary_file("b.gpkg", data);
}

pub fn flatgeobuf(data: &[u8]) {
    boundary_file("b.fgb", data);
}

pub fn geoparquet(data: &[u8]) {
    boundary_file("b.parquet", data);
}

pub fn toml(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let rules = coterminous::pipeline::rules();
        if let Err(error) = Config::parse(Path::new("f.toml"), text, &rules, &|_| None) {
            assert_eq!(error.exit_code(), 2, "{error}");
        }
    }
}

/// Polygons of bytes: the top bit of x ends a ring, that of y an area, all areas of the first half are one layer, the rest the other. Every
/// proof that the engine makes must hold; it holds them against the rings themselves. Polygons drawn in its two ways must be the same.
pub fn two_layers(data: &[u8]) {
    let half = data.len() / 2 / 2 * 2;
    let (left, right) = data.split_at(half);
    let (left, right) = (raw("l", left), raw("r", right));
    let Ok(grid) = layers::grid(&[&left, &right]) else { return };
    let build = |raw: RawLayer| layers::build(raw, &LayerPlan::of_polygons("fuzz", "f.shp", Some("CODE")), &[], &grid);
    let (Ok(left), Ok(right)) = (build(left), build(right)) else { return };
    for proof in left.proofs.iter().chain(&right.proofs) {
        assert!(proof.holds, "{proof:?}");
    }
    let result = overlay::overlay(&left.layer, &right.layer).expect("an arrangement of a few dozen points can be made");
    for proof in &result.proofs {
        assert!(proof.holds, "{proof:?}");
    }
    let parts: Vec<overlay::Part> = result.pairs.iter().map(|pair| (Some(pair.left), Some(pair.right))).collect();
    let overlaid = overlay::Overlaid::of(&left.layer, &right.layer).expect("it was made just now");
    let Ok(outlines) = overlaid.outlines(&parts) else { return };
    for (number, part) in parts.iter().enumerate() {
        // Drawn point by point, where that comes to an end, and along the edges: the same.
        if let (Ok(drawn), Ok(Drawn::Strokes(strokes))) = (outlines.draw(number), outlines.strokes(number)) {
            assert_eq!(strokes.outline(), drawn, "{part:?}");
        }
    }
}

fn raw(name: &str, data: &[u8]) -> RawLayer {
    let mut shapes = RawShapes::default();
    for point in data.chunks_exact(2).take(64) {
        let [x, y] = [point[0], point[1]];
        // Sixteenths of a metre: crossings seldom fall on the grid.
        shapes.extend([[f64::from(x & 0x7f) / 16.0, f64::from(y & 0x7f) / 16.0]]);
        if y & 0x80 != 0 {
            shapes.end_ring();
            shapes.end_record();
        } else if x & 0x80 != 0 {
            shapes.end_ring();
        }
    }
    shapes.end_ring();
    shapes.end_record();
    let records = (1..)
        .take(shapes.records())
        .map(|number| RawRecord { number, deleted: false, cells: vec![Some(format!("{number:03}"))] })
        .collect();
    RawLayer { path: format!("{name}.shp").into(), fields: vec!["CODE".to_owned()], records, shapes, ..RawLayer::default() }
}

/// Seeds of a target: the files of `fuzz/seeds/<target>`, and for TOML the configs of the repository. `fuzz/run` gives libFuzzer the same.
pub fn seeds(target: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if here.ends_with("fuzz") { here.parent().unwrap() } else { here };
    let mut seeds = files(&root.join("fuzz/seeds").join(target));
    if target == "toml" {
        seeds.extend(files(&root.join("config")));
    }
    seeds
}

/// Files of a folder with their content, by name.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries.map(|entry| entry.unwrap().path()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}
