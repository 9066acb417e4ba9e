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
