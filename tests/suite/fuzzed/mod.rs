//! The fuzz targets without a fuzzer: every seed, every crash ever found, and some thousand mutations of the seeds, the same on every machine.
//!
//! `COTERMINOUS_FUZZ=N` makes N mutations of each target in place of a few hundred, `COTERMINOUS_FUZZ_SEED` others.

#[path = "../../../fuzz/targets.rs"]
#[allow(dead_code)]
pub mod targets;
mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use crate::support::Random;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A seed with a few of its bytes changed, cut, doubled, or mixed with another's.
fn mutate(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let pick = |random: &mut Random| seeds[random.below(seeds.len() as u64) as usize].clone();
    let mut data = pick(random);
    for _ in 0..1 + random.below(6) {
        let length = data.len() as u64;
        let at = random.below(length + 1) as usize;
        let inside = at.min(data.len().saturating_sub(1));
        match random.below(8) {
            0 if length > 0 => data[inside] ^= 1 << random.below(8),
            1 if length > 0 => data[inside] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\n'][random.below(7) as usize],
            2 => data.truncate(at),
            3 => data.insert(at, random.below(256) as u8),
            4 if at + 4 <= data.len() => {
                let value = [0u32, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x100][random.below(6) as usize];
                data[at..at + 4].copy_from_slice(&if random.below(2) == 0 { value.to_le_bytes() } else { value.to_be_bytes() });
            }
            5 => {
                let part = data[at..(at + random.below(40) as usize).min(data.len())].to_vec();
                data.splice(at..at, part);
            }
            6 => {
                let other = pick(random);
                let from = random.below(other.len() as u64 + 1) as usize;
                data.truncate(at);
                data.extend(&other[from..]);
            }
            7 if at < data.len() => {
                let end = (at + random.below(16) as usize).min(data.len());
                data.drain(at..end);
            }
            _ => {}
        }
    }
    data
}

fn fuzz(name: &str) {
    let (_, target) = targets::TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let attempt = |data: &[u8], what: &str| {
        if catch_unwind(AssertUnwindSafe(|| target(data))).is_err() {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-crash"));
            std::fs::write(&path, data).unwrap();
            panic!("{what} of {name} panics; its bytes are in {}: keep them as fuzz/regressions/{name}/<what it is>", path.display());
        }
    };
    let seeds: Vec<Vec<u8>> = targets::seeds(name).into_values().collect();
    assert!(!seeds.is_empty());
    for seed in &seeds {
        attempt(seed, "a seed");
    }
    let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(name);
    for (path, data) in targets::files(&regressions) {
        attempt(&data, &path.display().to_string());
    }
    let rounds = number("COTERMINOUS_FUZZ", 300);
    let mut random = Random::new(number("COTERMINOUS_FUZZ_SEED", 1));
    let start = Instant::now();
    for round in 0..rounds {
        attempt(&mutate(&mut random, &seeds), &format!("mutation {round}"));
    }
    eprintln!("{name}: {rounds} mutations in {:.1} s", start.elapsed().as_secs_f64());
}

#[test]
fn shp() {
    fuzz("shp");
}

#[test]
fn dbf() {
    fuzz("dbf");
}

#[test]
fn prj_and_cpg() {
    fuzz("prj_cpg");
}

#[test]
fn zip() {
    fuzz("zip");
}

#[test]
fn csv() {
    fuzz("csv");
}

#[test]
fn xlsx() {
    fuzz("xlsx");
}

#[test]
fn parquet() {
    fuzz("parquet");
}

#[test]
fn toml() {
    fuzz("toml");
}

#[test]
fn two_layers_and_their_proof() {
    fuzz("overlay");
}

#[test]
fn geojson() {
    fuzz("geojson");
}

#[test]
fn topojson() {
    fuzz("topojson");
}

#[test]
fn kml() {
    fuzz("kml");
}

#[test]
fn geopackage() {
    fuzz("geopackage");
}

#[test]
fn flatgeobuf() {
    fuzz("flatgeobuf");
}

#[test]
fn geoparquet() {
    fuzz("geoparquet");
}

#[test]
fn configs_of_tables_and_keys() {
    fuzz("config");
}

#[test]
fn keys_of_three_tables() {
    fuzz("keys");
}

#[test]
fn whole_runs_on_small_countries() {
    fuzz("world");
}
