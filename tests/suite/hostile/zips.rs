//! Zips: bombs, several layers, paths that climb out, lies about sizes.

use std::io::{Cursor, Write as _};

use super::{Case, Trial, hold, published, refused};

/// A zip of members; `level` of deflate.
pub fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_level(Some(9));
    for (name, bytes) in members {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Reads layer h from this zip.
pub fn zipped(trial: &Trial, bytes: &[u8]) {
    trial.write("h.zip", bytes);
    trial.config("h.shp", "h.zip");
}

/// The good layer under these names, and more.
pub fn layer_and(trial: &Trial, stem: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let parts: Vec<(String, Vec<u8>)> =
        ["shp", "dbf", "prj"].iter().map(|extension| (format!("{stem}.{extension}"), trial.bytes(&format!("h.{extension}")))).collect();
    let mut members: Vec<(&str, &[u8])> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    members.extend(more);
    zip_of(&members)
}

#[test]
fn zips_are_held_at_arms_length() {
    let mut cases: Vec<Case> = vec![
        refused("0 bytes", &["h.zip", "is not a zip that can be read"], |trial| zipped(trial, b"")),
        refused("noise", &["h.zip", "is not a zip that can be read"], |trial| zipped(trial, &[0x55; 4000])),
        refused("an empty zip", &["h.zip", "holds no .shp but nothing"], |trial| zipped(trial, &zip_of(&[]))),
        refused("several layers", &["h.zip", "holds 2 shapefiles", "to choose one"], |trial| {
            let other = trial.bytes("c.shp");
            zipped(trial, &layer_and(trial, "a", &[("b.shp", &other)]));
        }),
        published("nested paths", &[], |trial| zipped(trial, &layer_and(trial, "a/b/c/d/h", &[]))),
        refused("no .dbf", &["h.zip/h.shp", "h.dbf is missing"], |trial| {
            zipped(trial, &zip_of(&[("h.shp", &trial.bytes("h.shp")), ("h.prj", &trial.bytes("h.prj"))]));
        }),
        refused("a zip in a zip", &["h.zip", "holds no .shp but inner.zip"], |trial| {
            let inner = layer_and(trial, "h", &[]);
            zipped(trial, &zip_of(&[("inner.zip", &inner)]));
        }),
        refused("members of one name", &["h.zip", "same name"], |trial| {
            let mut bytes = layer_and(trial, "h", &[("g.shp", b"x")]);
            let wrong: Vec<usize> = bytes.windows(5).enumerate().filter(|(_, w)| *w == b"g.shp").map(|(at, _)| at).collect();
            for at in wrong {
                bytes[at] = b'h';
            }
            zipped(trial, &bytes);
        }),
        refused("a checksum that does not hold", &["h.zip/h.shp"], |trial| {
            let mut bytes = layer_and(trial, "h", &[]);
            for at in [14, 15] {
                bytes[at] ^= 0xff;
            }
            let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
            bytes[directory + 16] ^= 0xff;
            zipped(trial, &bytes);
        }),
        refused("cut in the middle", &["h.zip"], |trial| {
            let bytes = layer_and(trial, "h", &[]);
            zipped(trial, &bytes[..bytes.len() / 2]);
        }),
        refused("a size that lies: 4 GB", &["h.zip"], |trial| {
            let mut bytes = layer_and(trial, "h", &[]);
            let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
            bytes[directory + 24..directory + 28].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
            zipped(trial, &bytes);
        }),
        refused("a thousand names and no layer", &["h.zip", "holds no .shp"], |trial| {
            let names: Vec<String> = (0..20_000).map(|n| format!("{n}.txt")).collect();
            let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
            zipped(trial, &zip_of(&members));
        }),
    ];
    for name in ["../h.shp", "/etc/h.shp", "x/../../h.shp", "c:/h.shp", "..\\h.shp"] {
        cases.push(refused(format!("the member {name}"), &["h.zip", "points outside the archive"], move |trial| {
            zipped(trial, &layer_and(trial, "h", &[(name, b"x")]));
        }));
    }
    hold(cases);
}

/// A deflated member of zeros costs a thousandth of what it expands to: 9 MB stand for 9 GB.
#[test]
fn bombs_are_refused_before_they_burst() {
    let zeros = |megabytes: usize| vec![0u8; megabytes << 20];
    hold(vec![
        refused("a .shp of zeros", &["h.zip", "limits.expan"], move |trial| {
            zipped(trial, &zip_of(&[("h.shp", &zeros(600)), ("h.dbf", &trial.bytes("h.dbf")), ("h.prj", &trial.bytes("h.prj"))]));
        }),
        refused("a .dbf of zeros", &["h.zip", "limits.expan"], move |trial| {
            zipped(trial, &zip_of(&[("h.shp", &trial.bytes("h.shp")), ("h.dbf", &zeros(600)), ("h.prj", &trial.bytes("h.prj"))]));
        }),
        refused("a .prj of zeros", &["h.zip", "limits.expan"], move |trial| {
            zipped(trial, &zip_of(&[("h.shp", &trial.bytes("h.shp")), ("h.dbf", &trial.bytes("h.dbf")), ("h.prj", &zeros(600))]));
        }),
        refused("a great many small bombs", &["h.zip", "limits.expan"], move |trial| {
            let part = zeros(100);
            zipped(trial, &zip_of(&[("h.shp", &part), ("h.dbf", &part), ("h.prj", &part), ("h.cpg", &part), ("h.shx", &part)]));
        }),
        published("a bomb that nobody opens", &[], move |trial| zipped(trial, &layer_and(trial, "h", &[("readme.txt", &zeros(600))]))),
        refused("a layer of millions of points, all in one place", &["h.zip", "limits."], |trial| {
            // 4 million points deflate to 64 kB and are no bomb by their bytes alone.
            let ring = vec![[5.0, 5.0]; 4 << 20];
            let shp = super::shp([vec![ring].as_slice(), vec![super::rectangle(2e3, 0.0, 4e3, 2e3)].as_slice()].into_iter());
            zipped(trial, &zip_of(&[("h.shp", &shp), ("h.dbf", &trial.bytes("h.dbf")), ("h.prj", &trial.bytes("h.prj"))]));
        }),
        refused("a layer of a million null shapes", &["h.zip"], |trial| {
            let empty: Vec<Vec<[f64; 2]>> = Vec::new();
            let shp = super::shp(std::iter::repeat_n(empty.as_slice(), 1 << 20));
            let mut dbf = trial.bytes("h.dbf");
            dbf.truncate(97);
            dbf[4..8].copy_from_slice(&(1u32 << 20).to_le_bytes());
            for _ in 0..1 << 20 {
                dbf.extend(b" H1                ");
            }
            zipped(trial, &zip_of(&[("h.shp", &shp), ("h.dbf", &dbf), ("h.prj", &trial.bytes("h.prj"))]));
        }),
    ]);
}

/// What is let through may be as large as the limits allow: it must still stay below the memory.
#[test]
fn just_below_the_limits_memory_holds() {
    if !super::is_timed() {
        return;
    }
    hold(vec![
        published("two million points in one place", &[], |trial| {
            let ring = vec![[5.0, 5.0]; 2_400_000];
            let shp = super::shp(
                [vec![ring, super::rectangle(0.0, 0.0, 2e3, 2e3)].as_slice(), vec![super::rectangle(2e3, 0.0, 4e3, 2e3)].as_slice()]
                    .into_iter(),
            );
            zipped(trial, &zip_of(&[("h.shp", &shp), ("h.dbf", &trial.bytes("h.dbf")), ("h.prj", &trial.bytes("h.prj"))]));
        }),
        published("three hundred thousand rings of one point", &[], |trial| {
            let mut rings: Vec<Vec<[f64; 2]>> = (0..300_000).map(|n| vec![[f64::from(n), 1.0]]).collect();
            rings.push(super::rectangle(0.0, 0.0, 2e3, 2e3));
            let shp = super::shp([rings.as_slice(), vec![super::rectangle(2e3, 0.0, 4e3, 2e3)].as_slice()].into_iter());
            zipped(trial, &zip_of(&[("h.shp", &shp), ("h.dbf", &trial.bytes("h.dbf")), ("h.prj", &trial.bytes("h.prj"))]));
        }),
    ]);
}

/// Rings by the hundred thousand in one area.
#[test]
fn crowds_of_rings_are_done_in_time() {
    if !super::is_timed() {
        return;
    }
    hold(vec![published("a hundred thousand islands in one area", &[], |trial| {
        let islands: Vec<Vec<[f64; 2]>> = (0..100_000)
            .map(|n| (f64::from(n % 400) * 10.0, f64::from(n / 400) * 10.0))
            .map(|(x, y)| vec![[x, y], [x, y + 5.0], [x + 5.0, y], [x, y]])
            .collect();
        trial.layer("h", &[("H1", islands), ("H2", vec![super::rectangle(5e3, 0.0, 6e3, 2e3)])]);
    })]);
}

/// Triangles by the hundred thousand in one pair: cut off by a line, which every one of them touches.
#[test]
fn a_saw_of_hundreds_of_thousands_of_teeth() {
    if !super::is_timed() {
        return;
    }
    // A saw with teeth of a millimetre along the top of a square; both layers have it.
    let saw = |trial: &super::Trial, points: u32| {
        let mut ring = vec![[0.0, 0.0]];
        ring.extend((0..points).map(|n| [f64::from(n) * 4e3 / f64::from(points), 2e3 + f64::from(n % 2) * 1e-3]));
        ring.push([4e3, 0.0]);
        let shp = super::shp([vec![ring].as_slice(), vec![super::rectangle(5e3, 0.0, 6e3, 2e3)].as_slice()].into_iter());
        zipped(trial, &zip_of(&[("h.shp", &shp), ("h.dbf", &trial.bytes("h.dbf")), ("h.prj", &trial.bytes("h.prj"))]));
    };
    hold(vec![published("240,000 teeth", &[], move |trial| saw(trial, 480_000))]);
    hold(vec![refused("600,000 teeth", &["h over c", "cross or crowd"], move |trial| saw(trial, 1_200_000))]);
}
