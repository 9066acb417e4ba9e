//! The made-up country: the same for ever, as large as it says, and with a case of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use coterminous::config::Config;
use coterminous::io::interrupt::Interrupt;
use coterminous::obstructions::RULES;
use coterminous::pipeline::{self, Unwatched};
use coterminous::sample::{SEED, SampleReport, Scale, describe, sample_config, write};

type Row = BTreeMap<String, String>;

fn root(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn listing(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(dir).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    reader.records().map(|record| header.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect()).collect()
}

fn truth(scale: Scale, seed: u64) -> (SampleReport, BTreeMap<String, Vec<Row>>) {
    let (report, files) = describe(scale, seed).unwrap();
    let tables = files.into_iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "csv"));
    let named = tables.map(|(path, bytes)| (path.file_stem().unwrap().to_str().unwrap().to_owned(), rows(&bytes)));
    (report, named.collect())
}

/// Values of a column in the rows that pass.
fn values<'a>(rows: &'a [Row], column: &str, pass: impl Fn(&Row) -> bool) -> BTreeSet<&'a str> {
    rows.iter().filter(|row| pass(row)).map(|row| row[column].as_str()).collect()
}

#[test]
fn the_small_country_is_made_again_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let report = write(dir.path(), Scale::Small, SEED, &Interrupt::default()).unwrap();
    let (made, kept) = (listing(dir.path()), listing(&root("data/sample")));
    assert_eq!(report.files, made.len());
    assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
    for (path, bytes) in &made {
        assert!(*bytes == kept[path], "{} is not what the generator makes; run `coterminous sample data/sample`", path.display());
    }
    assert!(kept.values().map(Vec::len).sum::<usize>() <= 3_000_000);
}

#[test]
fn another_seed_is_another_country_with_the_same_bodies() {
    let (first, first_tables) = truth(Scale::Small, SEED);
    let (second, second_tables) = truth(Scale::Small, SEED + 1);
    assert_ne!(first_tables["overlap"], second_tables["overlap"]);
    assert_eq!((first.pcgs_1999, first.pcts_2002, first.pcts_2006), (second.pcgs_1999, second.pcts_2002, second.pcts_2006));
}

#[test]
fn the_config_is_the_one_the_generator_writes() {
    let kept = std::fs::read_to_string(root("config/sample.toml")).unwrap();
    assert_eq!(kept, sample_config(Scale::Small, "../data/sample/", "../out/sample"));
    for scale in [Scale::Small, Scale::National] {
        let config = sample_config(scale, "", "out/sample");
        let report = describe(scale, SEED).unwrap().0;
        for count in [report.pcgs_1999, report.pcts_2002, report.pcts_2006, report.councils_1999] {
            assert!(config.contains(&format!("expected_count = {count}\n")), "{scale:?} has no layer of {count}");
        }
    }
}

#[test]
fn the_national_country_has_the_numbers_of_the_founding_papers() {
    let (report, tables) = truth(Scale::National, SEED);
    // S3, S4: 481 PCGs; domain.md B02: 303 PCTs before and 152 after October 2006; B2: 150 councils with social services duties.
    assert_eq!((report.pcgs_1999, report.pcts_2002, report.pcts_2006, report.councils_1999), (481, 303, 152, 150));
    assert!((20_000..=40_000).contains(&report.blocks), "{} blocks", report.blocks);
    assert!(report.districts_1999 > report.councils_1999);

    let rate = |alignment: &str, side: &str| {
        let row = tables["rate"]
            .iter()
            .find(|row| row["alignment"] == alignment && row["side"] == side && row["basis"] == "people" && row["definition"] == "strict");
        let row = row.unwrap();
        row["coterminous"].parse::<f64>().unwrap() / row["of"].parse::<f64>().unwrap()
    };
    // S4: PCGs were meant to match councils and mostly did not. B05: about 70% of the PCTs of 2006 did.
    let (pcgs, pcts) = (rate("pcg-council-1999", "council"), rate("pct-council-2006", "health"));
    assert!((0.25..=0.45).contains(&pcgs), "{pcgs}");
    assert!((0.62..=0.78).contains(&pcts), "{pcts}");

    // S3: changes of boundaries were nearly as likely to increase problems as to reduce them.
    let effects =
        |id: &str| tables["planted"].iter().filter(|row| row["obstruction_id"] == id && row["alignment"] == "pcg-pct-2002").count() as f64;
    let ratio = effects("MRG-01") / effects("MRG-02");
    assert!((0.75..=1.0).contains(&ratio), "worsened : improved is {ratio}");
}

#[test]
fn a_sixth_of_mergers_say_that_they_align_boundaries() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), Scale::National, SEED, &Interrupt::default()).unwrap();
    let orders = rows(&std::fs::read(dir.path().join("pcg_pct_orders_2002.csv")).unwrap());
    let truth = rows(&std::fs::read(dir.path().join("truth/succession.csv")).unwrap());
    let merged = values(&truth, "to_code", |row| row["succession"] == "pcg-pct-2002" && row["type"] == "merged");
    let stated = values(&orders, "to", |row| merged.contains(row["to"].as_str()) && row["reason"] == "align_boundaries");
    let share = stated.len() as f64 / merged.len() as f64;
    // S3: one in six; S4: capacity and independence were the reasons of most.
    assert!((share - 1.0 / 6.0).abs() < 0.01, "{} of {}", stated.len(), merged.len());
}

#[test]
fn every_class_component_and_change_occurs_whatever_the_seed() {
    for (scale, seed) in [
        (Scale::Small, SEED),
        (Scale::Small, 0),
        (Scale::Small, 1),
        (Scale::Small, u64::MAX),
        (Scale::National, SEED),
        (Scale::National, 2),
    ] {
        let (_, tables) = truth(scale, seed);
        let classes = |side: &'static str| {
            values(&tables["coterminosity"], "class", move |row| {
                row["alignment"] == "pcg-council-1999" && row["side"] == side && row["basis"] == "people"
            })
        };
        let at = format!("{scale:?} {seed}");
        let health = ["aggregate", "coterminous", "fragment", "near_coterminous", "near_nested", "nested", "spanning", "uncovered"];
        assert_eq!(classes("health"), BTreeSet::from(health), "{at}");
        let council =
            ["coterminous", "fragment", "inside_larger", "near_coterminous", "near_inside_larger", "partitioned", "shared", "uncovered"];
        assert_eq!(classes("council"), BTreeSet::from(council), "{at}");
        let kinds = values(&tables["component"], "kind", |row| row["alignment"] == "pcg-council-1999" && row["basis"] == "people");
        assert_eq!(kinds, BTreeSet::from(["aggregate", "coterminous", "isolated", "partition", "tangled"]), "{at}");
        let types = values(&tables["succession"], "type", |_| true);
        let all =
            ["abolished", "boundary_adjusted", "complex", "merged", "new", "recoded", "renamed", "split", "transferred_part", "unchanged"];
        assert_eq!(types, BTreeSet::from(all), "{at}");
        let marks = values(&tables["succession"], "declared", |_| true);
        assert_eq!(marks, BTreeSet::from(["", "agree", "declared_only", "geometric_only"]), "{at}");
    }
}

#[test]
fn every_obstruction_has_a_case_whatever_the_seed() {
    let families = [("BND", 12), ("MRG", 9), ("BUD", 9), ("CYC", 4), ("LVL", 5), ("GOV", 6), ("DQ", 6)];
    let all: BTreeSet<String> = families.iter().flat_map(|(family, last)| (1..=*last).map(move |n| format!("{family}-{n:02}"))).collect();
    for (scale, seed) in [(Scale::Small, SEED), (Scale::Small, 0), (Scale::Small, u64::MAX), (Scale::National, SEED)] {
        let (_, tables) = truth(scale, seed);
        let planted = values(&tables["planted"], "obstruction_id", |_| true);
        assert_eq!(planted, all.iter().map(String::as_str).collect(), "{scale:?} {seed}");
        for row in &tables["planted"] {
            let may_be_about_a_file = ["DQ-01", "DQ-02", "DQ-05", "DQ-06"].contains(&row["obstruction_id"].as_str());
            assert!(may_be_about_a_file || !row["subject_code"].is_empty(), "{row:?}");
        }
    }
}

#[test]
fn truth_counts_every_person_once() {
    for scale in [Scale::Small, Scale::National] {
        let (report, tables) = truth(scale, SEED);
        // Everybody lives in some health authority, and councils cover all but those on land of no council.
        let people = |alignment: &str, keep: fn(&Row) -> bool| -> i64 {
            let rows = tables["overlap"].iter().filter(|row| row["alignment"] == alignment && keep(row));
            rows.map(|row| row["people"].parse::<i64>().unwrap()).sum()
        };
        assert_eq!(people("ha-council-1999", |row| row["left_code"] != "__outside__"), report.people);
        assert_eq!(people("ha-council-1999", |row| row["left_code"] == "__outside__"), 0);
        let (nobodys, councils) = (
            people("ha-council-1999", |row| row["right_code"] == "__outside__"),
            people("pcg-council-1999", |row| row["right_code"] != "__outside__"),
        );
        assert!(nobodys > 0);
        assert_eq!(nobodys + councils, report.people, "the council side of two alignments");
    }
}

#[test]
fn polygons_are_what_their_blocks_are() {
    // The generator's polygons, measured by the shoelace formula through an independent reader, against areas summed over blocks.
    let dir = root("data/sample");
    let truth = rows(&std::fs::read(dir.join("truth/overlap.csv")).unwrap());
    let mut expected: BTreeMap<&str, f64> = BTreeMap::new();
    for row in truth.iter().filter(|row| row["alignment"] == "pcg-council-1999" && row["right_code"] != "__outside__") {
        *expected.entry(row["right_code"].as_str()).or_default() += row["area_m2"].parse::<f64>().unwrap();
    }
    let unzipped = tempfile::tempdir().unwrap();
    let stem = "CTYUA_APR_1999_XX_BGC";
    let mut archive = zip::ZipArchive::new(std::fs::File::open(dir.join(format!("{stem}.zip"))).unwrap()).unwrap();
    archive.extract(unzipped.path()).unwrap();
    let mut reader = shapefile::Reader::from_path(unzipped.path().join(format!("{stem}.shp"))).unwrap();
    let (mut holes, mut parts) = (0, 0);
    let mut seen = 0;
    for record in reader.iter_shapes_and_records_as::<shapefile::Polygon, shapefile::dbase::Record>() {
        let (polygon, record) = record.unwrap();
        let Some(shapefile::dbase::FieldValue::Character(Some(code))) = record.get("CTYUA99CD") else { panic!("no code") };
        let mut outer = 0;
        let mut doubled = 0.0;
        for ring in polygon.rings() {
            let points = ring.points();
            let area: f64 = points.windows(2).map(|edge| edge[0].x * edge[1].y - edge[1].x * edge[0].y).sum();
            // Outer rings run clockwise, holes the other way: what is inside is minus the sum.
            doubled -= area;
            if area < 0.0 { outer += 1 } else { holes += 1 }
        }
        parts += usize::from(outer > 1);
        assert_eq!(doubled / 2.0, expected[code.as_str()], "{code}");
        seen += 1;
    }
    assert_eq!(seen, expected.len());
    assert!(holes >= 2, "an enclave and a lake make holes, {holes} found");
    assert!(parts >= 1, "the islet makes a body of two parts");
}

#[test]
fn the_pipeline_finds_the_obstructions_that_were_planted() {
    let plan = Config::load(&root("config/sample.toml"), &pipeline::rules()).unwrap();
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    type Found<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);
    let found: Vec<Found<'_>> = results
        .obstructions
        .iter()
        .map(|found| (&*found.id, found.alignment.as_deref(), found.subject_code.as_deref(), found.partner_code.as_deref()))
        .collect();
    let truth = rows(&std::fs::read(root("data/sample/truth/planted.csv")).unwrap());
    let fires = |id: &str| RULES.iter().any(|rule| rule.id == id);
    let data_quality = |row: &Row| row["obstruction_id"].starts_with("DQ-");
    let missing: Vec<&Row> = truth
        .iter()
        .filter(|row| fires(&row["obstruction_id"]) && !data_quality(row))
        .filter(|row| {
            let (id, place, subject, partner) = (&row["obstruction_id"], &row["alignment"], &row["subject_code"], &row["partner_code"]);
            !found.iter().any(|(found, at, about, with)| {
                // MRG-05 names both bodies of a link; which of them is the subject is the rule's affair.
                let straight = *about == Some(subject) && (partner.is_empty() || *with == Some(partner));
                let turned = *about == Some(partner) && *with == Some(subject);
                found == id && *at == Some(place) && (straight || turned)
            })
        })
        .collect();
    assert!(missing.is_empty(), "{} planted obstructions are not found: {missing:#?}", missing.len());
    // What the blocks decide is listed completely: nothing else may fire in the alignments that the truth is about.
    let overlaps = rows(&std::fs::read(root("data/sample/truth/overlap.csv")).unwrap());
    let listed = values(&overlaps, "alignment", |_| true);
    for id in ["BND-01", "BND-02", "BND-03", "BND-04", "BND-05", "BND-06"] {
        let expected: BTreeSet<(&str, &str)> = truth
            .iter()
            .filter(|row| row["obstruction_id"] == id)
            .map(|row| (row["alignment"].as_str(), row["subject_code"].as_str()))
            .collect();
        let got: BTreeSet<(&str, &str)> = found
            .iter()
            .filter(|(found, at, ..)| *found == id && at.is_some_and(|at| listed.contains(at)))
            .filter_map(|(_, at, about, _)| at.zip(*about))
            .collect();
        assert_eq!(got, expected, "{id}");
    }
    // Data quality: the same kinds of trouble are met, in the same places where the truth names a layer or a code.
    for row in truth.iter().filter(|row| data_quality(row)) {
        let met = results.findings.iter().any(|finding| {
            let code =
                row["subject_code"].is_empty() || [finding.code.as_deref(), finding.layer.as_deref()].contains(&Some(&row["subject_code"]));
            finding.id == row["obstruction_id"] && (code || finding.layer.as_deref() == Some(&row["alignment"]))
        });
        assert!(met, "{row:?}");
        assert!(found.iter().any(|(id, ..)| *id == row["obstruction_id"]), "{row:?}");
    }
}
