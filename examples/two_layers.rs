//! Overlaps of two boundary files as CSV: `cargo run --release --example two_layers A.zip B.zip`.

use std::path::Path;

use coterminous::config::LayerPlan;
use coterminous::{Error, Layer, Limits, Result, io, layers, overlay};

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let read = |path: &String| Ok(io::boundaries::read(Path::new(path), None, &Limits::default(), io::Hashing::None)?.value);
    let raws = paths.iter().map(read).collect::<Result<Vec<_>>>()?;
    // One grid for both files: a corner that they share is one point.
    let grid = layers::grid(&raws.iter().collect::<Vec<_>>())?;
    let build = |(raw, path): (_, &String)| Ok(layers::build(raw, &LayerPlan::of_polygons(path, path, None), &[], &grid)?.layer);
    let layers = raws.into_iter().zip(&paths).map(build).collect::<Result<Vec<Layer>>>()?;
    let [left, right] = layers.as_slice() else { return Err(Error::usage("name two boundary files")) };
    println!("left,right,area_m2");
    for pair in overlay::overlay(left, right)?.pairs {
        println!("{},{},{}", left.areas[pair.left].code, right.areas[pair.right].code, pair.extent.square_metres(&grid));
    }
    Ok(())
}
