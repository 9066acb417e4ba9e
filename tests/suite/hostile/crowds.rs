//! Files under 10 MB whose polygons cross each other, lie upon each other or stand beside each other so often that a result could not be held.

use super::{Case, hold, published, rectangle, refused, sane};

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

/// Triangles in one area, in rows.
fn islands(count: u32, apart: f64, size: f64, shift: f64) -> Vec<Vec<[f64; 2]>> {
    (0..count)
        .map(|n| (f64::from(n % 775) * apart + shift, f64::from(n / 775) * apart + shift))
        .map(|(x, y)| vec![[x, y], [x, y + size], [x + size, y], [x, y]])
        .collect()
}

/// A layer as a zip below 10 MB; `run.toml` names it in place of the loose files.
fn zipped(trial: &super::Trial, stem: &str, areas: &[(&str, Vec<Vec<[f64; 2]>>)]) {
    trial.layer(stem, areas);
    let members = ["shp", "dbf", "prj"].map(|end| (format!("{stem}.{end}"), trial.bytes(&format!("{stem}.{end}"))));
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let zip = super::zips::zip_of(&members);
    assert!(zip.len() < 10_000_000, "{} bytes", zip.len());
    trial.write(&format!("{stem}.zip"), zip);
    trial.config(&format!("{stem}.shp"), &format!("{stem}.zip"));
}

/// One after the other: each takes most of what is promised.
fn one_by_one(cases: Vec<Case>) {
    if super::is_timed() {
        cases.into_iter().for_each(|case| hold(vec![case]));
    }
}

#[test]
fn crowds_of_islands() {
    one_by_one(vec![refused("600,000 islands", &["h.shp", "rings"], |trial| {
        zipped(trial, "h", &[("H1", islands(600_000, 4.0, 3.0, 0.0))])
    })]);
}

/// A ray from an island would meet every island west of it, and a hole would be looked for in every ring around it.
#[test]
fn crowds_of_islands_at_the_limit() {
    one_by_one(vec![
        refused("300,000 islands that cross as many", &["cross"], |trial| {
            zipped(trial, "h", &[("H1", islands(300_000, 4.0, 3.0, 0.0))]);
            zipped(trial, "c", &[("C1", islands(300_000, 4.0, 3.0, 1.0))]);
        }),
        published("100,000 islands", &[], |trial| zipped(trial, "h", &[("H1", islands(100_000, 4.0, 3.0, 0.0))])),
        published("300,000 islands", &[], |trial| zipped(trial, "h", &[("H1", islands(300_000, 4.0, 3.0, 0.0))])),
        published("300,000 holes in one ring", &[], |trial| {
            let mut rings = islands(300_000, 4.0, 3.0, 0.0);
            rings.push(rectangle(-10.0, -10.0, 4000.0, 4000.0));
            zipped(trial, "h", &[("H1", rings)]);
        }),
        // Of one piece that is around all of them, every ray meets half.
        sane("60,000 islands in the bays of a comb", |trial| {
            let teeth = (0..60_000).map(|tooth| f64::from(tooth) * 0.8);
            let mut rings: Vec<Vec<[f64; 2]>> =
                teeth.clone().map(|x| vec![[x + 0.5, 1.0], [x + 0.5, 1.2], [x + 0.7, 1.0], [x + 0.5, 1.0]]).collect();
            let mut comb: Vec<[f64; 2]> = teeth.flat_map(|x| [[x, 0.0], [x, 2.0], [x + 0.4, 2.0], [x + 0.4, 0.0]]).collect();
            comb.extend([[48_000.0, 0.0], [48_000.0, -1.0], [0.0, -1.0], [0.0, 0.0]]);
            rings.push(comb);
            zipped(trial, "h", &[("H1", rings)]);
        }),
    ]);
}

#[test]
fn rings_nested_without_end() {
    one_by_one(vec![refused("240,000 squares within each other", &["h", "cross"], |trial| {
        let squares = (0..240_000).map(|n| f64::from(n) * 0.004).map(|s| rectangle(s, s, 4000.0 - s, 4000.0 - s)).collect();
        zipped(trial, "h", &[("H1", squares)]);
    })]);
}

/// Areas upon areas: every face would name hundreds of them, and every pair of them would be a row.
#[test]
fn areas_upon_each_other_are_refused() {
    let squares = |count: u32, apart: f64| -> Vec<(String, Vec<Vec<[f64; 2]>>)> {
        (0..count)
            .map(|n| {
                (
                    format!("H{n}"),
                    vec![rectangle(f64::from(n) * apart, f64::from(n) * apart, 4e3 - f64::from(n) * apart, 4e3 - f64::from(n) * apart)],
                )
            })
            .collect()
    };
    let layer = move |trial: &super::Trial, count: u32, apart: f64| {
        let areas = squares(count, apart);
        let areas: Vec<(&str, Vec<Vec<[f64; 2]>>)> = areas.iter().map(|(code, rings)| (code.as_str(), rings.clone())).collect();
        trial.layer("h", &areas);
    };
    hold(vec![
        refused("2,500 areas within each other", &["h", "upon each other"], move |trial| layer(trial, 2_500, 0.1)),
        refused("70,000 areas that are the same", &["h", "upon each other"], move |trial| layer(trial, 70_000, 0.0)),
        published("fifty areas within each other", &["DQ-01"], move |trial| layer(trial, 50, 0.1)),
    ]);
}

/// Rings by the hundred thousand that all pass one point.
#[test]
fn a_point_where_everything_meets() {
    one_by_one(vec![sane("140,000 triangles about one point", |trial| {
        let turn = std::f64::consts::TAU / 280_000.0;
        let on = |n: u32| [3e3 + 2e3 * (turn * f64::from(n)).cos(), 3e3 + 2e3 * (turn * f64::from(n)).sin()];
        let rings = (0..140_000).map(|n| vec![[3e3, 3e3], on(2 * n + 1), on(2 * n), [3e3, 3e3]]).collect();
        trial.layer("h", &[("H1", rings)]);
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
        refused("two saws across each other, and points enough to excuse it", &["cross"], |trial| {
            for (stem, code, upright) in [("h", "H1", true), ("c", "C1", false)] {
                let mut ring = saw(2_000, upright);
                let (last, from, to) = (ring.pop(), ring.len() - 2, ring.len() - 1);
                let ([x0, y0], [x1, y1]) = (ring[from], ring[to]);
                ring.truncate(to);
                ring.extend((0..1_200_000).map(f64::from).map(|n| [x0 + (x1 - x0) * n / 1.2e6, y0 + (y1 - y0) * n / 1.2e6]));
                ring.extend(last);
                zipped(trial, stem, &[(code, vec![ring])]);
            }
        }),
        refused("two saws across each other", &["cross"], |trial| {
            trial.layer("h", &[("H1", vec![saw(20_000, true)])]);
            trial.layer("c", &[("C1", vec![saw(20_000, false)])]);
        }),
    ]);
}
