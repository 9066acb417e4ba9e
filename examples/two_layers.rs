//! Overlaps of two layers, from shapefile to square metres: `cargo run --release --example two_layers A.zip B.zip`.

use std::path::Path;
use std::time::Instant;

use coterminous::config::{LayerPlan, Limits};
use coterminous::{Result, io, layers, overlay};

fn main() -> Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let start = Instant::now();
    let lap = |what: &str| eprintln!("{:8.3} s  {what}", start.elapsed().as_secs_f64());
    let raws: Vec<_> =
        paths.iter().map(|path| Ok(io::shapefile::read(Path::new(path), &Limits::default())?.value)).collect::<Result<_>>()?;
    lap("read");
    let grid = layers::grid(&raws.iter().collect::<Vec<_>>())?;
    let mut built = Vec::new();
    for (raw, path) in raws.into_iter().zip(&paths) {
        let one = layers::build(raw, &LayerPlan::of_polygons(path, path, None), &[], &grid)?;
        lap("built");
        for finding in one.findings.iter().take(12) {
            eprintln!("           {} {} {}", finding.id, finding.code.as_deref().unwrap_or(""), finding.detail);
        }
        built.push(one.layer);
    }
    let [left, right, blocks @ ..] = built.as_slice() else { return Ok(()) };
    let result = overlay::overlay(left, right).map_err(|broken| coterminous::Error::usage(broken.0))?;
    lap("overlaid");
    for proof in &result.proofs {
        eprintln!("           {} = {} ({})", proof.expected, proof.got, proof.subject);
    }
    eprintln!("           {} pairs, {} crossings", result.pairs.len(), result.crossings);
    let mut areas: Vec<f64> = result.pairs.iter().map(|pair| pair.extent.square_metres(&grid)).collect();
    areas.sort_by(f64::total_cmp);
    eprintln!("           {} below 1 m2, {} below 1 ha", areas.partition_point(|a| *a < 1.0), areas.partition_point(|a| *a < 1e4));
    if let Some(blocks) = blocks.first() {
        let (pieces, proof) = overlay::split_blocks(blocks, left, right).map_err(|broken| coterminous::Error::usage(broken.0))?;
        lap("blocks split");
        eprintln!("           {} pieces of {} blocks; {}", pieces.len(), blocks.areas.len(), proof.holds);
    }
    for pair in &result.pairs {
        let (l, r) = (&left.areas[pair.left].code, &right.areas[pair.right].code);
        println!("{l},{r},{}", pair.extent.square_metres(&grid));
    }
    Ok(())
}
