//! Layers without shapes: codes, names and people from tables, joined by the blocks that they are built from.

use std::fs;
use std::path::Path;

use coterminous::config::{Config, LayerSource, Limits};
use coterminous::domain::TableSpec;
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::pipeline::{self, Options, Outcome, Results, Unwatched};
use coterminous::published::Published;
use coterminous::tables;
use tempfile::TempDir;

use crate::support::real_data;

/// Ten blocks in a row. 100 + 200 + 300 + 400 + 500 + 600 + ? + 100 + 900 + 1000 = 4,100 people.
const BLOCKS: &str = "block,name,pop\n\
    B01,One,100\nB02,Two,200\nB03,Three,300\nB04,Four,400\nB05,Five,500\nB06,Six,600\nB07,Seven,\nB08,Eight,100\nB09,Nine,900\nB10,Ten,1000\n";

/// B10 has no row; the last row is of a block that is not there.
const BOARDS: &str = "block,board,name\nB01,H1,North\nB02,H1,North\nB03,H1,North\nB04,H2,Mid\nB05,H2,Mid\nB06,H2,Mid\nB07,H3,South\n\
    B08,H3,South\nB09,H3,South\nX99,H3,South\n";

/// North and Mid become one, South takes in B10.
const BOARDS_AFTER: &str = "block,board\nB01,N1\nB02,N1\nB03,N1\nB04,N1\nB05,N1\nB06,N1\nB07,H3\nB08,H3\nB09,H3\nB10,H3\n";

/// B09 is in no district.
const DISTRICTS: &str = "block,district\nB01,D1\nB02,D1\nB03,D2\nB04,D2\nB05,D3\nB06,D3\nB07,D4\nB08,D4\nB09,\nB10,D5\n";

const COUNCILS: &str = "district,council,name\nD1,C1,City\nD2,C2,County\nD3,C2,County\nD4,C3,Shire\nD5,C3,Shire\n";

const MONEY: &str = "code,pounds\nH1,600.00\nH2,1.00\nH3,90.00\n";

const CONFIG: &str = r#"[run]
name = "bare"
output = "out"

[[layer]]
id = "blocks"
role = "blocks"
table = "blocks.csv"
code = "block"
name = "name"

[[layer]]
id = "board"
role = "health"
blocks = "blocks"
lookup = { path = "boards.csv", block = "block", area = "board", name = "name" }
expected_count = 3

[[layer]]
id = "board-after"
role = "health"
blocks = "blocks"
lookup = { path = "boards_after.csv", block = "block", area = "board" }

[[layer]]
id = "district"
role = "other"
blocks = "blocks"
lookup = { path = "districts.csv", block = "block", area = "district" }

[[layer]]
id = "council"
role = "council"
blocks = "district"
lookup = { path = "councils.csv", block = "district", area = "council", name = "name" }
expected_count = 3

[[alignment]]
id = "before"
health = "board"
council = "council"
district = "district"
people = { blocks = "blocks", field = "pop" }

[[succession]]
id = "change"
from = "board"
to = "board-after"
date = 2026-04-01
people = { blocks = "blocks", field = "pop" }
council = "council"

[[what_if]]
id = "join"
layer = "board"
merge = [{ into = "H1", codes = ["H1", "H2"] }]

[[what_if]]
id = "move"
layer = "board"
move = [{ from = "H1", to = "H2", blocks = ["B03"] }]

[[budget]]
id = "money"
layer = "board"
path = "money.csv"
code = "code"
amount = "pounds"
fiscal_year = "2025-26"
"#;

/// The country in a folder, with what each file says.
fn country(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let usual = [
        ("blocks.csv", BLOCKS),
        ("boards.csv", BOARDS),
        ("boards_after.csv", BOARDS_AFTER),
        ("districts.csv", DISTRICTS),
        ("councils.csv", COUNCILS),
        ("money.csv", MONEY),
        ("run.toml", CONFIG),
    ];
    for (name, text) in usual.iter().chain(files) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path) -> Result<(Outcome, Published), String> {
    let plan = Config::load(&folder.join("run.toml"), &pipeline::rules()).map_err(|error| error.to_string())?;
    let outcome = pipeline::run(&plan, Options::default(), &Unwatched).map_err(|error| error.to_string())?;
    let published = Published::open(&plan.output).unwrap();
    Ok((outcome, published))
}

/// Rows of a table with these columns, a dash for null, where `keep` holds.
fn rows(published: &Published, spec: &'static TableSpec, columns: &[&str], keep: &[(&str, &str)]) -> Vec<String> {
    let rows = published.rows(spec).unwrap();
    let kept = rows.iter().filter(|row| keep.iter().all(|(column, text)| row.is(column, text)));
    kept.map(|row| columns.iter().map(|column| row.text(column).unwrap_or("-")).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn people_are_joined_by_the_codes_of_blocks_through_a_chain_of_lookups() {
    let folder = country(&[]);
    let (outcome, published) = run(folder.path()).unwrap();
    let columns = ["left_code", "right_code", "people", "people_low", "people_high", "area_m2", "boundary_m", "thickness_m", "sliver"];
    let found = rows(&published, &tables::OVERLAP, &columns, &[]);
    let expected = [
        // H1 has B01 + B02 = 300 in C1 and B03 = 300 in C2; H2 has B04 + B05 + B06 = 400 + 500 + 600 = 1500, all in C2.
        "H1 C1 300 300 300 - - - false",
        "H1 C2 300 300 300 - - - false",
        "H2 C2 1500 1500 1500 - - - false",
        // B07's people are not known and B08 = 100, so nobody knows how many H3 has in C3, and they are 100 at least; B09 = 900 is in no district,
        // B10 = 1000 in no board.
        "H3 C3 - 100 - - - - false",
        "H3 __outside__ 900 900 900 - - - -",
        "__outside__ C3 1000 1000 1000 - - - -",
    ];
    assert_eq!(found, expected);
    // 300 + 300 + 1500 + 100 + 900 + 1000 = 4,100, and a proof says so.
    let results = outcome.results.unwrap();
    let millionths = 4_100_000_000i64.to_string();
    assert!(results.proofs.iter().any(|proof| proof.name.starts_with("people of pairs") && proof.expected == millionths && proof.holds));
    // Shares by people are known, by area they are not.
    let shares = ["left_code", "share_left_people", "share_right_people", "share_left_area", "jaccard_area", "component_area"];
    let found = rows(&published, &tables::OVERLAP, &shares, &[("right_code", "C2")]);
    // 300 / 600 of H1, 300 / 1800 of C2; 1500 / 1500 of H2.
    assert!(found[0].starts_with("H1 0.5 0.1666666") && found[0].ends_with(" - - -"), "{found:?}");
    assert!(found[1].starts_with("H2 1 0.8333333") && found[1].ends_with(" - - -"), "{found:?}");
    let areas =
        rows(&published, &tables::AREA, &["code", "name", "area_m2", "parts", "holes", "vertices", "repaired"], &[("layer", "board")]);
    assert_eq!(areas, ["H1 North - - - - -", "H2 Mid - - - - -", "H3 South - - - - -"]);
    // One basis alone, in every table that has one.
    let basis: [(&'static TableSpec, usize); 4] =
        [(&tables::COTERMINOSITY, 6), (&tables::COMPONENT, 2), (&tables::ASSOCIATION, 1), (&tables::RATE, 28)];
    for (spec, least) in basis {
        let all = rows(&published, spec, &["basis"], &[]);
        assert!(all.len() >= least && all.iter().all(|basis| basis == "people"), "{}: {all:?}", spec.name);
    }
    // Nothing to draw.
    for spec in [&tables::GEO_AREA, &tables::GEO_OVERLAP] {
        assert_eq!(published.record(spec.name).unwrap().rows, 0, "{}", spec.name);
    }
    pipeline::Summary::of(&outcome.folder, &Limits::none()).unwrap();
}

#[test]
fn who_is_in_one_lookup_and_not_in_the_other_is_told_with_people() {
    let folder = country(&[]);
    let (_, published) = run(folder.path()).unwrap();
    let told = |id: &str, layer: &str| rows(&published, &tables::FINDING, &["detail", "value"], &[("finding_id", id), ("layer", layer)]);
    let board = told("DQ-10", "board");
    assert!(
        board.contains(
            &"1 of 10 blocks, the first B10, with 1000 people are in an area of layer council and in none of layer board 1000".to_owned()
        ),
        "{board:?}"
    );
    let council = told("DQ-10", "council");
    assert!(
        council.contains(
            &"1 of 10 blocks, the first B09, with 900 people are in an area of layer board and in none of layer council 900".to_owned()
        ),
        "{council:?}"
    );
    let unknown = told("DQ-10", "blocks");
    assert!(unknown.iter().any(|text| text == "1 of 10 blocks have an unknown number of people 1"), "{unknown:?}");
    let given = told("DQ-07", "blocks");
    assert_eq!(given, ["the number of people is not given -"]);
    // The row of a block that is not there, the block without a row, the block without a district.
    assert!(
        told("DQ-04", "board").iter().any(|text| text.starts_with("1 rows name blocks that layer blocks does not have, the first X99"))
    );
    assert!(told("DQ-04", "board").iter().any(|text| text.starts_with("1 of 10 blocks have no area, the first B10")));
    assert!(told("DQ-04", "district").iter().any(|text| text.starts_with("1 of 10 blocks have no area, the first B09")));
}

#[test]
fn what_becomes_of_boards_without_shapes() {
    let folder = country(&[]);
    let (outcome, published) = run(folder.path()).unwrap();
    let columns = ["from_code", "to_code", "people", "area_m2", "type", "basis"];
    let found = rows(&published, &tables::SUCCESSION, &columns, &[("succession", "change")]);
    // H1 600 and H2 1500 become N1; H3 keeps 100 + 900 and B07's people, whom nobody counted, and gains B10's 1000.
    assert_eq!(found, ["H1 N1 600 - merged people", "H2 N1 1500 - merged people", "H3 H3 - - boundary_adjusted people"]);
    let effects = rows(&published, &tables::MERGER_EFFECT, &["basis", "code"], &[("succession", "change"), ("side", "council")]);
    assert_eq!(effects, ["people C1", "people C2", "people C3"]);
    // A merger and a move by block, relabelled: C2's 1800 are all in H1 then, or all in H2.
    let results = outcome.results.unwrap();
    let by_id = |id: &str| results.successions.iter().find(|succession| succession.id == id).unwrap();
    for id in ["join", "move"] {
        assert!(by_id(id).relation.shapeless, "{id}");
        assert!(by_id(id).effects.iter().all(|effect| effect.basis == coterminous::domain::Basis::People) && !by_id(id).effects.is_empty());
    }
    let moved: Vec<Option<f64>> = by_id("move").relation.right.iter().map(|body| body.people.map(|people| people.as_f64())).collect();
    // H1 600 - 300, H2 1500 + 300, H3 100 + 900 and those of B07.
    assert_eq!(moved, [Some(300.0), Some(1800.0), None]);
}

#[test]
fn money_goes_by_people() {
    let folder = country(&[]);
    let (_, published) = run(folder.path()).unwrap();
    let found = rows(&published, &tables::BUDGET_APPORTIONED, &["code", "partner_code", "amount_pence", "weight_basis"], &[]);
    // 600.00 by 300 to 300; 1.00 all in C2; South has 100, 900 and those of B07, whom nobody counted, so its 90.00 are for no area.
    assert_eq!(found, ["H1 C1 30000 people", "H1 C2 30000 people", "H2 C2 100 people", "H3 __unallocated__ 9000 -"]);
}

/// The same blocks as squares of 1 km in a row.
fn drawn(folder: &Path) {
    let fields = [
        WriteField { name: "block".to_owned(), kind: WriteKind::Text(9) },
        WriteField { name: "pop".to_owned(), kind: WriteKind::Integer(9) },
    ];
    let blocks = fs::read_to_string(folder.join("blocks.csv")).unwrap();
    let records: Vec<WriteRecord> = blocks
        .lines()
        .skip(1)
        .zip(0..)
        .map(|(line, at)| {
            let cells: Vec<&str> = line.split(',').collect();
            let x = 400_000.0 + f64::from(at) * 1000.0;
            let ring = vec![[x, 0.0], [x, 1000.0], [x + 1000.0, 1000.0], [x + 1000.0, 0.0], [x, 0.0]];
            let people = Some(cells[2].to_owned()).filter(|text| !text.is_empty());
            WriteRecord { rings: vec![ring], cells: vec![Some(cells[0].to_owned()), people] }
        })
        .collect();
    write_zip(&folder.join("blocks.zip"), &fields, &records).unwrap();
    let text = CONFIG.replace("table = \"blocks.csv\"\ncode = \"block\"\nname = \"name\"", "path = \"blocks.zip\"\ncode = \"block\"");
    assert_ne!(text, CONFIG);
    fs::write(folder.join("run.toml"), text).unwrap();
}

#[test]
fn with_and_without_shapes_the_rows_by_people_are_the_same() {
    same_without_shapes(&BLOCKS.replace("Seven,\n", "Seven,70\n"), &["area", "finding", "obstruction", "place", "option"]);
}

/// Where the people of a block are not known, its land says how money and links are shared, and without shapes nothing does.
#[test]
fn with_and_without_shapes_what_is_unknown_is_the_same() {
    same_without_shapes(
        BLOCKS,
        &["area", "finding", "obstruction", "place", "option", "succession", "budget_apportioned", "budget_alignment"],
    );
}

fn same_without_shapes(blocks: &str, but: &[&str]) {
    let bare = country(&[("blocks.csv", blocks)]);
    let (_, without) = run(bare.path()).unwrap();
    let whole = country(&[("blocks.csv", blocks)]);
    drawn(whole.path());
    let (_, with) = run(whole.path()).unwrap();
    let mut compared = 0;
    for spec in tables::ALL {
        let all: Vec<&str> = spec.columns.iter().map(|column| column.name).collect();
        let by_people: &[(&str, &str)] = if all.contains(&"basis") { &[("basis", "people")] } else { &[] };
        // What is of land differs, and whether land agrees.
        let of_people = |name: &&str| !name.contains("area") && !["boundary_m", "thickness_m", "class_agrees"].contains(name);
        let columns: Vec<&str> = all.into_iter().filter(of_people).collect();
        // Outlines, findings of files, and flags about land are of one country alone.
        if but.contains(&spec.name) {
            continue;
        }
        // BND-08 compares people with land; it is of severity info.
        let of_land = |row: &String| row.contains("BND-08") || row.contains("obstructions_info");
        let [a, b] = [&without, &with].map(|published| {
            let mut found = rows(published, spec, &columns, by_people);
            found.retain(|row| !of_land(row));
            found
        });
        assert_eq!(a, b, "{}", spec.name);
        compared += a.len();
    }
    assert!(compared > 100, "{compared}");
    // By land there is something in the other.
    assert!(!rows(&with, &tables::RATE, &["basis"], &[("basis", "area")]).is_empty());
    // Flags are the same, but for the rule that compares people with land, and those about findings.
    let flags = |published: &Published| {
        let mut flags =
            rows(published, &tables::OBSTRUCTION, &["obstruction_id", "severity", "subject_code", "partner_code", "message"], &[]);
        flags.retain(|flag| !flag.starts_with("BND-08") && !flag.starts_with("DQ-"));
        flags
    };
    assert_eq!(flags(&without), flags(&with));
    assert!(!flags(&without).is_empty());
}

#[test]
fn a_table_of_blocks_does_for_people_too() {
    // One row a block with both codes: the layers need no blocks in common.
    let table = "block,h,c,pop\nB1,H1,C1,300\nB2,H1,C2,300\nB3,H2,C2,1500\n";
    let codes = |column: &str| {
        let mut codes: Vec<&str> =
            table.lines().skip(1).map(|line| line.split(',').nth(if column == "h" { 1 } else { 2 }).unwrap()).collect();
        codes.dedup();
        format!("code\n{}\n", codes.join("\n"))
    };
    let text = "[run]\nname = \"t\"\noutput = \"out\"\n\
        [[layer]]\nid = \"h\"\nrole = \"health\"\ntable = \"h.csv\"\ncode = \"code\"\n\
        [[layer]]\nid = \"c\"\nrole = \"council\"\ntable = \"c.csv\"\ncode = \"code\"\n\
        [[alignment]]\nid = \"a\"\nhealth = \"h\"\ncouncil = \"c\"\npeople = { table = \"t.csv\", left = \"h\", right = \"c\", field = \"pop\" }\n";
    let folder = country(&[("t.csv", table), ("h.csv", &codes("h")), ("c.csv", &codes("c")), ("run.toml", text)]);
    let (_, published) = run(folder.path()).unwrap();
    let found = rows(&published, &tables::OVERLAP, &["left_code", "right_code", "people", "area_m2"], &[]);
    assert_eq!(found, ["H1 C1 300 -", "H1 C2 300 -", "H2 C2 1500 -"]);
    // Pairs that have people and no common land are a finding between polygons, not here.
    assert_eq!(rows(&published, &tables::FINDING, &["finding_id"], &[]), Vec::<String>::new());
}

/// The config with a change, and what refuses it.
fn refused(from: &str, to: &str) -> String {
    let text = CONFIG.replacen(from, to, 1);
    assert_ne!(text, CONFIG, "{from}");
    let folder = country(&[("run.toml", &text)]);
    run(folder.path()).map(|_| ()).unwrap_err()
}

#[test]
fn what_cannot_be_weighed_is_refused_in_plain_words() {
    let people = "people = { blocks = \"blocks\", field = \"pop\" }";
    let none = refused(people, "");
    assert!(none.contains("alignment \"before\": layer \"board\" has no shapes, so there is no area to weight by"), "{none}");
    let points = refused(people, "people = { points = \"p.csv\", x = \"x\", y = \"y\", field = \"pop\" }");
    assert!(points.contains("points are placed by polygons, and layer \"board\" has no shapes"), "{points}");
    // One layer with shapes: it is not built from the blocks.
    let mixed = refused(
        "[[layer]]\nid = \"council\"\nrole = \"council\"\nblocks = \"district\"\nlookup = { path = \"councils.csv\", block = \"district\", area = \"council\", name = \"name\" }\nexpected_count = 3",
        "[[layer]]\nid = \"council\"\nrole = \"council\"\npath = \"council.zip\"",
    );
    assert!(mixed.contains("layer \"council\" is not built from blocks \"blocks\""), "{mixed}");
    let both = refused("table = \"blocks.csv\"", "table = \"blocks.csv\"\npath = \"b.zip\"");
    assert!(both.contains("has both path and table"), "{both}");
    let codeless = refused("code = \"block\"\nname", "name");
    assert!(codeless.contains("has a table and no code"), "{codeless}");
    let outline = refused("code = \"block\"\nname", "resolution_m = 20\ncode = \"block\"\nname");
    assert!(outline.contains("resolution_m is for outlines") && outline.contains("no shapes"), "{outline}");
    let built = refused("expected_count = 3", "clip = \"coast\"");
    assert!(built.contains("clip is for outlines, and layer \"board\" is built from a table"), "{built}");
    let count = refused("expected_count = 3", "expected_count = 4");
    assert!(count.contains("3 areas") && count.contains("expected_count of layer board"), "{count}");
    let scheme = refused(
        "[[budget]]",
        "[[scheme]]\nid = \"s\"\nkind = \"fundholding\"\npoints = \"p.csv\"\ncode = \"c\"\nx = \"x\"\ny = \"y\"\n\n[[budget]]",
    );
    assert!(scheme.contains("points are placed by polygons, and layer \"board\" has no shapes"), "{scheme}");
}

#[test]
fn rows_of_a_table_are_areas_and_are_checked() {
    let file = |blocks: &str| run(country(&[("blocks.csv", blocks)]).path()).map(|_| ()).unwrap_err();
    let twice = file(&format!("{BLOCKS}B03,Three again,5\n"));
    assert!(twice.contains("blocks.csv") && twice.contains("code B03 has two rows, this one and row 4") && twice.contains("12"), "{twice}");
    let blank = file(&BLOCKS.replace("B02,", ","));
    assert!(blank.contains("the code is blank"), "{blank}");
    let column = file(&BLOCKS.replace("pop", "people"));
    assert!(column.contains("pop"), "{column}");
    // A condition keeps what it keeps, and says what it left out.
    let text = CONFIG.replacen("code = \"block\"", "code = \"block\"\nwhere = { field = \"year\", equals = \"2021\" }", 1);
    let mut long = String::from("block,name,pop,year\n");
    for line in BLOCKS.lines().skip(1) {
        long.push_str(&format!("{line},2021\n{line},2011\n"));
    }
    let folder = country(&[("blocks.csv", &long), ("run.toml", &text)]);
    let (_, published) = run(folder.path()).unwrap();
    let found = rows(&published, &tables::FINDING, &["detail"], &[("finding_id", "DQ-09"), ("layer", "blocks")]);
    assert_eq!(found, ["10 of 20 rows are left out by the layer's `where`"]);
}

#[test]
fn the_search_for_mergers_says_that_there_are_no_shapes() {
    let folder = country(&[]);
    let (outcome, _) = run(folder.path()).unwrap();
    let page = fs::read_to_string(outcome.folder.join("report.html")).unwrap();
    assert!(page.contains("\"layers\":{}"), "a map of nothing");
    let plan = Config::load(&folder.path().join("run.toml"), &pipeline::rules()).unwrap();
    let mut command = assert_cmd::Command::cargo_bin("coterminous").unwrap();
    let output =
        command.current_dir(folder.path()).args(["plan", "run.toml", "--alignment", "before", "--color", "never"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("layer board has no shapes, so it is not known which of its bodies are neighbours"), "{told}");
    pipeline::check(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
}

/// Boards of 2024 and of April 2026 by the published lookups: how many of what, and who changed.
#[test]
fn the_boards_of_2024_and_2026_have_their_published_numbers() {
    let Some(lookup) = real_data("2026/lookups/LSOA21_SICBL26_ICB26_NHSER26_LAD26_EN_derived.csv.gz") else { return };
    let data = lookup.ancestors().nth(3).unwrap().to_owned();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("config/icb-2024-2026.toml")).unwrap();
    let folder = TempDir::new().unwrap();
    let text = text.replace("${ONS_DATA:-../data/ons}", data.to_str().unwrap()).replace("../out/", "out/");
    fs::write(folder.path().join("run.toml"), text).unwrap();
    let (outcome, published) = run(folder.path()).unwrap();
    let results: Results = outcome.results.unwrap();
    // expected_count holds each layer to its number: 33,755 LSOAs, 42 and 36 boards, 296 districts, 153 councils.
    assert_eq!(results.ground.layers.iter().map(|layer| layer.areas.len()).collect::<Vec<_>>(), [33_755, 42, 36, 296, 153]);
    for alignment in &results.alignments {
        let relation = &alignment.relation;
        let people = |parts: Vec<f64>| parts.into_iter().sum::<f64>();
        let pairs = people(relation.pairs.iter().map(|pair| pair.amounts.people.unwrap().as_f64()).collect());
        let outside = relation.left_outside.iter().chain(&relation.right_outside);
        // Everybody is in a board and in a council.
        assert_eq!((pairs, people(outside.map(|part| part.people.unwrap().as_f64()).collect())), (56_490_284.0, 0.0), "{}", alignment.id);
    }
    // Who is on the wrong side of a line before and after; an integer programme (scipy's HiGHS) finds the same parts.
    let wrong: Vec<(i128, usize, bool)> = results
        .nestings
        .iter()
        .map(|nestings| {
            let [nesting] = nestings.as_slice() else { panic!("one basis") };
            (nesting.crossing / 1_000_000, nesting.parts.len(), nesting.bound == nesting.crossing)
        })
        .collect();
    assert_eq!(wrong, [(1_260_413, 13, true), (135_411, 7, true)]);
    // Barnsley and Sheffield under their newer codes, each in one board.
    for code in ["E08000038", "E08000039"] {
        assert_eq!(rows(&published, &tables::OVERLAP, &["alignment"], &[("right_code", code)]).len(), 2, "{code}");
    }
    // LSOAs that changed board: 10,207, which are all those whose codes before and after differ.
    let plan = Config::load(&folder.path().join("run.toml"), &pipeline::rules()).unwrap();
    let inputs = pipeline::read(&plan, &Unwatched).unwrap();
    let LayerSource::Table { table, .. } = &plan.layers[0].source else { panic!("the blocks have shapes") };
    let table = inputs.tables.source(table).unwrap();
    let (before, after) = (table.column("ICB24CD").unwrap(), table.column("ICB26CD").unwrap());
    let changed: Vec<usize> = (0..table.len()).filter(|row| table.cell(*row, before) != table.cell(*row, after)).collect();
    assert_eq!(changed.len(), 10_207);
    // Their people are those of the links between boards of different codes.
    let people = table.column("POP21").unwrap();
    let moved: f64 = changed.iter().map(|row| table.cell(*row, people).unwrap().parse::<f64>().unwrap()).sum();
    let succession = &results.successions[0];
    let relation = &succession.relation;
    let other = relation.pairs.iter().filter(|pair| relation.left[pair.left].code != relation.right[pair.right].code);
    assert_eq!(other.map(|pair| pair.amounts.people.unwrap().as_f64()).sum::<f64>(), moved);
}
