//! The ready profiles: their fields are named by the conventions, and each runs end to end on a small stand-in of exactly its files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use coterminous::config::Limits;
use coterminous::config::{Config, FilterTest, LayerSource, Plan};
use coterminous::domain::Role;
use coterminous::inspect::ons::{self, Part};
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::pipeline::{self, Options, Summary, Unwatched};
use tempfile::TempDir;

const PROFILES: [&str; 4] = ["pct-2011-downloads", "ccg-2019-2021-downloads", "icb-2023-2026-downloads", "scotland-2019-downloads"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(profile: &str) -> String {
    fs::read_to_string(root().join("config").join(format!("{profile}.toml"))).unwrap()
}

/// The plan of a profile whose files are in a folder.
fn plan(profile: &str, text: &str, folder: &Path) -> Plan {
    let path = root().join("config").join(format!("{profile}.toml"));
    let environment = |name: &str| (name == "ONS_DATA").then(|| folder.display().to_string());
    Config::parse(&path, text, &pipeline::rules(), &environment).unwrap_or_else(|error| panic!("{error}"))
}

/// Code field, name field.
fn fields(source: &LayerSource) -> (String, Option<String>) {
    match source {
        LayerSource::Polygons { code, name, .. } => (code.clone().unwrap(), name.clone()),
        LayerSource::Table { code, name, .. } => (code.clone(), name.clone()),
        LayerSource::Dissolved { area_column, name_column, .. } => (area_column.clone(), name_column.clone()),
    }
}

#[test]
fn fields_are_named_by_the_conventions() {
    for profile in PROFILES {
        let plan = plan(profile, &text(profile), Path::new("/data"));
        assert_eq!(plan.name, profile);
        for layer in &plan.layers {
            let (code, name) = fields(&layer.source);
            // Data zones of the Scottish Government follow no convention; their names were found in public sources.
            if code == "DataZone" {
                assert_eq!((profile, name.as_deref()), ("scotland-2019-downloads", Some("Name")));
                continue;
            }
            let taken = ons::field(&code).unwrap_or_else(|| panic!("{profile}, {}: {code} is no field of the conventions", layer.id));
            assert_eq!((taken.part, taken.entity.role), (Part::Code, layer.role), "{profile}, {}: {code}", layer.id);
            if let Some(year) = taken.year {
                assert!(layer.id.ends_with(&format!("-{year}")), "{profile}, {}: {code} is of {year}", layer.id);
            }
            assert!(layer.id.starts_with(taken.entity.id), "{profile}, {}: {code} is of a {}", layer.id, taken.entity.kind);
            if let Some(name) = name {
                let named = ons::field(&name).unwrap();
                assert_eq!(
                    (named.part, named.entity, named.year),
                    (Part::Name, taken.entity, taken.year),
                    "{profile}, {}: {name}",
                    layer.id
                );
            }
            assert!(code.len() <= 10, "a shapefile's field name has ten characters at most");
        }
    }
}

#[test]
fn the_page_has_every_file_field_and_number_of_a_profile() {
    let page = fs::read_to_string(root().join("docs/profiles.md")).unwrap();
    for profile in PROFILES {
        assert!(page.contains(&format!("`config/{profile}.toml`")), "{profile} is not on the page");
        let plan = plan(profile, &text(profile), Path::new("/data"));
        let mut words: Vec<String> = Vec::new();
        for layer in &plan.layers {
            let path = match &layer.source {
                LayerSource::Polygons { path, .. } => path,
                LayerSource::Table { table, .. } => &table.path,
                LayerSource::Dissolved { lookup, .. } => &lookup.path,
            };
            words.push(format!("`{}`", path.file_name().unwrap().to_string_lossy()));
            let (code, name) = fields(&layer.source);
            words.extend([Some(code), name].into_iter().flatten().map(|field| format!("`{field}`")));
            if let Some(count) = layer.expected_count {
                let digits = count.to_string();
                let grouped =
                    if digits.len() > 3 { format!("{},{}", &digits[..digits.len() - 3], &digits[digits.len() - 3..]) } else { digits };
                words.push(grouped);
            }
        }
        words.extend(plan.budgets.iter().flat_map(|budget| {
            [
                format!("`{}`", budget.table.path.file_name().unwrap().to_string_lossy()),
                format!("`{}`", budget.code),
                format!("`{}`", budget.amount),
            ]
        }));
        for word in words {
            assert!(page.contains(&word), "{profile}: {word} is not on the page");
        }
    }
}

/// Beginning of codes by kind of area.
fn prefix(code: &str, nation: &str) -> &'static str {
    if code == "DataZone" {
        return "S01";
    }
    match (ons::field(code).unwrap().entity.id, nation) {
        ("pct", _) => "E16",
        ("ccg" | "sicbl", _) => "E38",
        ("icb", _) => "E54",
        ("hb", _) => "S08",
        ("ia", _) => "S37",
        ("oa", _) => "E00",
        ("council", "S") => "S12",
        ("council", _) => "E06",
        (other, _) => panic!("no codes for {other}"),
    }
}

/// A layer of `count` strips of the same land, 12 km wide, and one strip of Wales beside it where the profile filters it out.
fn strips(path: &Path, code: &str, name: Option<&str>, people: Option<&str>, prefix: &str, count: usize, foreign: bool) {
    let mut fields = vec![WriteField { name: code.to_owned(), kind: WriteKind::Text(9) }];
    fields.extend(name.map(|name| WriteField { name: name.to_owned(), kind: WriteKind::Text(40) }));
    fields.extend(people.map(|people| WriteField { name: people.to_owned(), kind: WriteKind::Integer(9) }));
    let width = 12_000.0 / count as f64;
    let record = |code: String, west: f64, east: f64| {
        let ring = vec![[west, 300_000.0], [west, 302_000.0], [east, 302_000.0], [east, 300_000.0], [west, 300_000.0]];
        let mut cells = vec![Some(code.clone())];
        cells.extend(name.map(|_| Some(format!("Area {code}"))));
        cells.extend(people.map(|_| Some("100".to_owned())));
        WriteRecord { rings: vec![ring], cells }
    };
    let mut records: Vec<WriteRecord> = (0..count)
        .map(|at| record(format!("{prefix}{:06}", at + 1), 400_000.0 + width * at as f64, 400_000.0 + width * (at + 1) as f64))
        .collect();
    if foreign {
        records.push(record("W06000001".to_owned(), 390_000.0, 400_000.0));
    }
    write_zip(path, &fields, &records).unwrap();
}

/// Files of a profile's names and fields, small: 4 NHS bodies (3 after a merger), 3 councils, 12 blocks.
fn stand_in(plan: &Plan, folder: &Path) {
    let mut merged: BTreeMap<String, usize> = BTreeMap::new();
    for layer in &plan.layers {
        let nation = match &layer.source {
            LayerSource::Polygons { filter: Some(filter), .. } => match &filter.test {
                FilterTest::StartsWith(nation) => nation.clone(),
                other => panic!("{other:?}"),
            },
            _ => String::new(),
        };
        match &layer.source {
            LayerSource::Polygons { path, layer: _, code, name, people, filter } => {
                let code = code.as_deref().unwrap();
                let count = match layer.role {
                    Role::Blocks => 12,
                    Role::Council => 3,
                    _ => {
                        // Each later vintage of a kind has one body less.
                        let before = merged.entry(layer.kind.clone()).or_insert(5);
                        *before -= 1;
                        *before
                    }
                };
                strips(path, code, name.as_deref(), people.as_deref(), prefix(code, &nation), count, filter.is_some());
            }
            LayerSource::Table { table, .. } => panic!("{} has no stand-in", table.path.display()),
            LayerSource::Dissolved { lookup, block_column, area_column, name_column, .. } => {
                let name = name_column.clone().unwrap();
                let mut rows = format!("{block_column},{area_column},{name}\n");
                for block in 0..12 {
                    rows.push_str(&format!("E00{:06},E16{:06},Trust {}\n", block + 1, block / 3 + 1, block / 3 + 1));
                }
                // The published lookup has Wales too.
                rows.push_str("W00000001,W11000001,Board\n");
                fs::write(&lookup.path, rows).unwrap();
            }
        }
    }
    if !plan.budgets.is_empty() {
        let table = folder.join("better_care_fund.csv");
        let mut rows = "fiscal_year,payer,ICB23CD,CTYUA24CD,service,pounds\n".to_owned();
        for at in 1..=3 {
            rows.push_str(&format!("2025-26,nhs,E54{at:06},E06{at:06},all,{at}000\n2025-26,council,,E06{at:06},all,500\n"));
        }
        fs::write(table, rows).unwrap();
    }
}

/// The profile without the numbers of areas that only the whole country has.
fn small(profile: &str) -> String {
    let text = text(profile);
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("expected_count")).collect();
    assert!(kept.len() < text.lines().count(), "{profile} expects no number of areas");
    kept.join("\n")
}

#[test]
fn each_runs_end_to_end_on_a_stand_in_of_its_files() {
    for profile in PROFILES {
        let folder = TempDir::new().unwrap();
        let mut plan = plan(profile, &small(profile), folder.path());
        let files: Vec<PathBuf> = plan
            .layers
            .iter()
            .filter_map(|layer| match &layer.source {
                LayerSource::Polygons { path, .. } => Some(path.clone()),
                LayerSource::Table { .. } | LayerSource::Dissolved { .. } => None,
            })
            .collect();
        assert!(files.iter().all(|path| path.starts_with(folder.path())), "{files:?}");
        stand_in(&plan, folder.path());
        plan.output = folder.path().join("out");
        let outcome = pipeline::run(&plan, Options::default(), &Unwatched).unwrap_or_else(|error| panic!("{profile}: {error}"));
        let results = outcome.results.unwrap();
        assert_eq!(results.alignments.len(), plan.alignments.len());
        for alignment in &results.alignments {
            // Four and three bodies on the same land: the outer two of each side overlap one, the inner ones two.
            assert_eq!(alignment.relation.right.len(), 3, "{profile}, {}", alignment.id);
            assert!(alignment.relation.pairs.len() >= 3, "{profile}, {}", alignment.id);
        }
        // Wales is left out, and said to be.
        let filtered = plan.layers.iter().filter(|layer| matches!(&layer.source, LayerSource::Polygons { filter: Some(_), .. })).count();
        let left_out = results.findings.iter().filter(|finding| finding.id == "DQ-09").count();
        assert!(filtered > 0 && left_out >= filtered, "{profile}: {left_out} of {filtered}");
        if profile.starts_with("scotland") {
            // 12 data zones of 100 people.
            let people: f64 = results.alignments[0].relation.left.iter().filter_map(|body| body.people).map(|people| people.as_f64()).sum();
            assert_eq!(people, 1200.0);
        }
        assert_eq!(results.money.lines.iter().filter(|line| line.known).count(), if plan.budgets.is_empty() { 0 } else { 6 }, "{profile}");
        Summary::of(&outcome.folder, &Limits::none()).unwrap();
    }
}

#[test]
fn a_number_of_areas_that_is_not_the_whole_country_is_refused() {
    let folder = TempDir::new().unwrap();
    let whole = plan("scotland-2019-downloads", &text("scotland-2019-downloads"), folder.path());
    stand_in(&whole, folder.path());
    let error = pipeline::run(&whole, Options::default(), &Unwatched).unwrap_err().to_string();
    assert!(error.contains("SG_NHS_HealthBoards_2019") && error.contains("14"), "{error}");
}
