//! Files under 10 MB whose polygons cross each other so often that a result could not be held in memory.

use super::{hold, rectangle, refused};

/// A closed ring of points that a small generator throws over a square of 2 km.
fn star(points: usize) -> Vec<[f64; 2]> {
    let mut random = crate::support::Random::new(7);
    let mut ring: Vec<[f64; 2]> =
        (0..points).map(|_| [random.below(2_000_000) as f64 / 1e3, random.below(2_000_000) as f64 / 1e3]).collect();
    ring.push(ring[0]);
    ring
}

/// A saw of long thin teeth, upright or lying.
fn saw(teeth: usize, upright: bool) -> Vec<[f64; 2]> {
    let mut ring: Vec<[f64; 2]> = (0..teeth * 2)
        .map(|tooth| {
            let (along, across) = (2000.0 * tooth as f64 / (teeth * 2) as f64, if tooth % 2 == 0 { 0.0 } else { 2000.0 });
            if upright { [along, across] } else { [across, along] }
        })
        .collect();
    ring.push(if upright { [2000.0, -10.0] } else { [-10.0, 2000.0] });
    ring.push(if upright { [0.0, -10.0] } else { [-10.0, 0.0] });
    ring.push(ring[0]);
    ring
}

/// Six hundred thousand triangles in one area, in rows.
fn islands(shift: f64) -> Vec<Vec<[f64; 2]>> {
    (0..600_000)
        .map(|n| (f64::from(n % 775) * 4.0 + shift, f64::from(n / 775) * 4.0 + shift))
        .map(|(x, y)| vec![[x, y], [x, y + 3.0], [x + 3.0, y], [x, y]])
        .collect()
}

#[test]
#[ignore = "takes about a minute of CPU and 1.5 GB where 10 s and 512 MB are promised: docs/reliability.md"]
fn crowds_of_islands_over_each_other() {
    hold(vec![super::sane("600,000 islands over as many", |trial| {
        for (stem, code, shift) in [("h", "H1", 0.0), ("c", "C1", 1.0)] {
            trial.layer(stem, &[(code, islands(shift))]);
            let members = ["shp", "dbf", "prj"].map(|end| (format!("{stem}.{end}"), trial.bytes(&format!("{stem}.{end}"))));
            let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            let zip = super::zips::zip_of(&members);
            assert!(zip.len() < 10_000_000, "{} bytes", zip.len());
            trial.write(&format!("{stem}.zip"), zip);
            trial.config(&format!("{stem}.shp"), &format!("{stem}.zip"));
        }
    })]);
}

#[test]
#[ignore = "takes about 12 s of CPU to be refused where 10 are promised: docs/reliability.md"]
fn rings_nested_without_end() {
    hold(vec![refused("240,000 squares within each other", &["h", "cross"], |trial| {
        let squares = (0..240_000).map(|n| f64::from(n) * 0.004).map(|s| rectangle(s, s, 4000.0 - s, 4000.0 - s)).collect();
        trial.layer("h", &[("H1", squares)]);
        let members = ["shp", "dbf", "prj"].map(|end| (format!("h.{end}"), trial.bytes(&format!("h.{end}"))));
        let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        super::zips::zipped(trial, &super::zips::zip_of(&members));
    })]);
}

#[test]
fn polygons_that_cross_without_end_are_refused() {
    hold(vec![
        refused("a ring of 500,000 points at random", &["h", "cross"], |trial| {
            trial.layer("h", &[("H1", vec![star(500_000)]), ("H2", vec![rectangle(2e3, 0.0, 4e3, 2e3)])]);
        }),
        refused("a ring of 20,000 points at random", &["h", "cross"], |trial| {
            trial.layer("h", &[("H1", vec![star(20_000)]), ("H2", vec![rectangle(2e3, 0.0, 4e3, 2e3)])]);
        }),
        refused("two saws across each other", &["cross"], |trial| {
            trial.layer("h", &[("H1", vec![saw(20_000, true)])]);
            trial.layer("c", &[("C1", vec![saw(20_000, false)])]);
        }),
    ]);
}
