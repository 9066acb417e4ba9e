//! What hostile use found, by kind: each test fails on the program of 28 November 2026.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use coterminous::domain::TextTable;
use coterminous::io::interrupt::Interrupt;
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::published::Published;
use coterminous::sample::{self, Scale};
use tempfile::TempDir;

use crate::support::Random;

mod keys;

const LAYERS: &str = r#"[run]
name = "wrong"
output = "out"

[[layer]]
id = "h"
role = "health"
path = "h.zip"
code = "CODE"

[[layer]]
id = "c"
role = "council"
path = "c.zip"
code = "CODE"

[[layer]]
id = "b"
role = "blocks"
path = "b.zip"
code = "CODE"

[[alignment]]
id = "hc"
health = "h"
council = "c"
people = { blocks = "b", field = "POP" }
"#;

const NHS: &str = "\n[[budget]]\nmissing = \"ignore\"\nid = \"nhs\"\nlayer = \"h\"\npath = \"nhs.csv\"\ncode = \"code\"\namount = \"pounds\"\nfiscal_year = { column = \"year\" }\nservice = { column = \"service\" }\n";
const COUNCIL: &str = "\n[[budget]]\nmissing = \"ignore\"\nid = \"council\"\nlayer = \"c\"\npath = \"council.csv\"\ncode = \"code\"\namount = \"pounds\"\nfiscal_year = { column = \"year\" }\nservice = { column = \"service\" }\n";

/// A rectangle of whole kilometres; no people is a cell that says nothing.
fn rectangle(code: &str, people: Option<&str>, [x0, y0, x1, y1]: [i32; 4]) -> WriteRecord {
    let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|km| f64::from(km) * 1000.0 + 400_000.0);
    let ring = vec![[x0, y0], [x0, y1], [x1, y1], [x1, y0], [x0, y0]];
    WriteRecord { rings: vec![ring], cells: vec![Some(code.to_owned()), people.map(str::to_owned)] }
}

fn layer(path: &Path, records: &[WriteRecord]) {
    let fields = [
        WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(20) },
        WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(9) },
    ];
    write_zip(path, &fields, records).unwrap();
}

/// A folder with two NHS bodies of 2 x 2 km and two councils that meet at x = 3 km: H1 lies in C1, H2 in both. B1 is H1; B2 and B3 are the
/// two halves of H2.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: TempDir::new().unwrap() };
        world.health(&[("H1", None), ("H2", None)]);
        layer(&world.at("c.zip"), &[rectangle("C1", None, [0, 0, 3, 2]), rectangle("C2", None, [3, 0, 4, 2])]);
        world.blocks([Some("100"), Some("300"), Some("600")]);
        world.config("");
        world
    }

    fn health(&self, bodies: &[(&str, Option<&str>); 2]) {
        let [(one, first), (two, second)] = *bodies;
        layer(&self.at("h.zip"), &[rectangle(one, first, [0, 0, 2, 2]), rectangle(two, second, [2, 0, 4, 2])]);
    }

    fn blocks(&self, people: [Option<&str>; 3]) {
        let [one, two, three] = people;
        layer(
            &self.at("b.zip"),
            &[rectangle("B1", one, [0, 0, 2, 2]), rectangle("B2", two, [2, 0, 3, 2]), rectangle("B3", three, [3, 0, 4, 2])],
        );
    }

    fn config(&self, more: &str) {
        fs::write(self.at("run.toml"), format!("{LAYERS}{more}")).unwrap();
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.at(name), text).unwrap();
        self
    }

    fn run(&self) -> Assert {
        Command::cargo_bin("coterminous").unwrap().current_dir(self.folder.path()).args(["run", "run.toml", "--quiet"]).assert()
    }

    /// Rows of a table of a run that is well, as texts of some columns; an unknown cell is `?`.
    fn rows(&self, table: &str, columns: &[&str]) -> Vec<String> {
        self.run().success();
        let table: TextTable = Published::open(&self.at("out")).unwrap().columns(table).unwrap();
        let columns: Vec<usize> = columns.iter().map(|column| table.column(column).unwrap_or_else(|| panic!("{column}"))).collect();
        let row = |row| columns.iter().map(|column| table.cell(row, *column).unwrap_or("?")).collect::<Vec<_>>().join(" ");
        (0..table.len()).map(row).collect()
    }

    /// Details of the findings of one kind.
    fn findings(&self, id: &str) -> Vec<String> {
        let all = self.rows("finding", &["finding_id", "detail"]);
        all.iter().filter_map(|row| row.strip_prefix(id)).map(|detail| detail.trim().to_owned()).collect()
    }

    /// What a run that is refused says; it ends with 3 and leaves no output folder.
    fn refused(&self) -> String {
        let assert = self.run().code(3);
        let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(!self.at("out").exists(), "a refused run leaves nothing: {told}");
        told
    }
}

fn contains(texts: &[String], part: &str) -> bool {
    texts.iter().any(|text| text.contains(part))
}

// Unknown stays unknown --------------------------------------------------------------------------------------------------------------

/// B3, which is H2 in C2, does not say its people: H2 and C2 are unknown, and so is whatever rests on them. H1 is known, and lies in C1, which is.
#[test]
fn people_of_unknown_blocks_are_unknown() {
    let world = World::new();
    world.blocks([Some("100"), Some("300"), None]);
    let overlap = world
        .rows("overlap", &["left_code", "right_code", "people", "people_low", "people_high", "share_left_people", "share_right_people"]);
    assert_eq!(overlap, ["H1 C1 100 100 100 1 0.25", "H2 C1 300 300 300 ? 0.75", "H2 C2 ? 0 ? ? ?"]);
    let classes = world.rows("coterminosity", &["code", "basis", "class", "class_stable", "n_partners", "main_partner"]);
    for unknown in ["H2 people ? false ? ?", "C2 people ? false ? ?"] {
        assert!(classes.iter().any(|row| row == unknown), "{unknown}: {classes:?}");
    }
    // C1's own people are known, but whether it holds all of H2 is not: no class of it is stable.
    assert!(classes.iter().any(|row| row.starts_with("C1 people") && row.contains(" false ")), "{classes:?}");
    assert!(classes.iter().any(|row| row.starts_with("H1 people nested true")), "{classes:?}");
    assert_eq!(world.rows("association", &["basis", "v_measure"])[1], "people ?");
    assert!(contains(&world.findings("DQ-10"), "1 of 3 blocks have an unknown number of people"));
    assert!(contains(&world.findings("DQ-10"), "of 2 of 4 bodies some people are unknown"));
}

/// H2's layer says that it has 1,000 people. 300 are certainly in C1, so at most 700 are in C2: 30% of its money follows those who are known, the
/// rest is for no area.
#[test]
fn what_is_unknown_is_bounded_by_what_is_stated() {
    let world = World::new();
    world.health(&[("H1", Some("100")), ("H2", Some("1000"))]);
    world.blocks([Some("100"), Some("300"), None]);
    world.config(NHS);
    fs::write(
        world.at("run.toml"),
        fs::read_to_string(world.at("run.toml")).unwrap().replacen("path = \"h.zip\"\n", "path = \"h.zip\"\npeople = \"POP\"\n", 1),
    )
    .unwrap();
    world.write("nhs.csv", "code,pounds,year,service\nH1,5.00,2007-08,all\nH2,10.00,2007-08,all\n");
    let overlap = world.rows("overlap", &["left_code", "right_code", "people", "people_low", "people_high"]);
    assert_eq!(overlap[2], "H2 C2 ? 0 700");
    let parts = world.rows("budget_apportioned", &["code", "partner_code", "amount_pence"]);
    assert_eq!(parts, ["H1 C1 500", "H2 C1 300", "H2 __unallocated__ 700"]);
    let pairs = world.rows("budget_alignment", &["left_code", "right_code", "health_pence"]);
    assert_eq!(pairs, ["H1 C1 500", "H2 C1 ?", "H2 C2 ?"]);
    assert!(contains(&world.findings("DQ-10"), "people of 1 body are not known, so part of their money is for no area"));

    // Without a figure of the layer's own nothing bounds what is unknown, so no money follows.
    world.health(&[("H1", Some("100")), ("H2", None)]);
    let parts = world.rows("budget_apportioned", &["code", "partner_code", "amount_pence"]);
    assert_eq!(parts, ["H1 C1 500", "H2 __unallocated__ 1000"]);
}

/// FY2035 and "soon": a year that does not hold a day of the agreement, and a text that is no year. 99/00 is a year.
#[test]
fn no_agreement_with_dates_runs_in_a_year_that_cannot_be_read() {
    let world = World::new();
    world.config(&format!("{NHS}\n[[agreement]]\npath = \"agreements.csv\"\n"));
    let agreements = "agreement_id,health_code,council_code,service,mechanism,start_date,end_date,amount\n\
        A1,H1,C1,all,pooled,1999-04-01,2000-03-31,1\nA2,H1,C1,all,pooled,,,2\n";
    world.write("agreements.csv", agreements);
    world.write("nhs.csv", "code,pounds,year,service\nH1,500,FY2035,all\nH1,500,soon,all\nH1,500,99/00,all\n");
    let pooled = world.rows("budget_alignment", &["left_code", "right_code", "fiscal_year", "pooled_pence"]);
    assert_eq!(pooled, ["H1 C1 1999-00 300", "H1 C1 2034-35 200", "H1 C1 soon 200"]);
}

/// What finding DQ-07 says is read as unknown is used by no rule and no table.
#[test]
fn attributes_that_cannot_be_used_are_not_used() {
    let world = World::new();
    let config = fs::read_to_string(world.at("run.toml")).unwrap();
    let attributes = "path = \"h.zip\"\nattributes = { path = \"a.csv\", code = \"code\" }\n";
    fs::write(world.at("run.toml"), config.replacen("path = \"h.zip\"\n", attributes, 1)).unwrap();
    world.write("a.csv", "code,registered,org_type\nH1,-5,pcg\nH2,1000,PCG\n");
    let told = world.findings("DQ-07");
    assert!(contains(&told, "attribute registered is `-5`") && contains(&told, "attribute org_type is `PCG`"), "{told:?}");
    // A list of -5 would be 105% fewer than the 100 residents.
    let found = world.rows("obstruction", &["obstruction_id", "subject_code"]);
    assert!(!found.iter().any(|row| row == "BND-10 H1"), "{found:?}");
    // BND-11 asks primary care groups; H1 is one, of 100 people.
    assert!(found.iter().any(|row| row == "BND-11 H1") && !found.iter().any(|row| row == "BND-11 H2"), "{found:?}");
}

// Keys that meet nothing are said ----------------------------------------------------------------------------------------------------

#[test]
fn layers_without_common_land_are_an_error_with_both_extents() {
    let world = World::new();
    layer(&world.at("c.zip"), &[rectangle("C1", None, [100, 0, 103, 2]), rectangle("C2", None, [103, 0, 104, 2])]);
    let told = world.refused();
    assert!(told.contains("no land in common: h goes from easting 400000 to 404000 and from northing 400000 to 402000"), "{told}");
    assert!(told.contains("c goes from easting 500000 to 504000"), "{told}");
}

/// 2001-02 and 2001/02 are one year, "Mental Health" and "mental health" one service, and codes in small letters are the layer's.
#[test]
fn one_year_one_service_one_code_however_they_are_written() {
    let world = World::new();
    world.config(&format!("{NHS}{COUNCIL}"));
    world.write("nhs.csv", "code,pounds,year,service\nH1,6,2001-02,Mental Health\nH2,15,2001-02,Mental Health\n");
    world.write("council.csv", "code,pounds,year,service\nc1,3,2001/02,mental  health\nC 2,7,FY02,mental health\n");
    let pairs = world.rows("budget_alignment", &["left_code", "right_code", "service", "fiscal_year", "health_pence", "council_pence"]);
    // By people: C1 has 100 of H1 and 300 of H2; H2 has 300 in C1 and 600 in C2.
    assert_eq!(
        pairs,
        ["H1 C1 Mental Health 2001-02 600 75", "H2 C1 Mental Health 2001-02 500 225", "H2 C2 Mental Health 2001-02 1000 700"]
    );
    assert!(contains(&world.findings("DQ-21"), "code `c1` is read as C1"));
    assert!(contains(&world.findings("DQ-21"), "service `Mental Health` is also written `mental  health`, `mental health`"));
    assert!(contains(&world.findings("DQ-18"), "fiscal years are written in 2 ways"));
}

/// Codes that two areas could be are no area's.
#[test]
fn a_code_that_two_areas_could_be_is_not_guessed() {
    let world = World::new();
    world.health(&[("h1", None), ("H1", None)]);
    world.config(NHS);
    world.write("nhs.csv", "code,pounds,year,service\nh1,6,2001-02,all\nH 1,15,2001-02,all\n");
    assert!(contains(&world.findings("DQ-04"), "code `H 1` is not in layer h"));
}

#[test]
fn keys_that_meet_nothing_are_said_with_their_pounds() {
    let world = World::new();
    world.config(&format!(
        "{NHS}{COUNCIL}\n[[agreement]]\npath = \"agreements.csv\"\n[[governance]]\npath = \"governance.csv\"\n[[priority]]\npath = \"priorities.csv\"\n"
    ));
    world.write("nhs.csv", "code,pounds,year,service\nH1,6,2001-02,beds\nH2,15,2001-02,shared\n");
    world.write("council.csv", "code,pounds,year,service\nC1,3,2002-03,shared\nC2,7,2002-03,shared\n");
    world.write(
        "agreements.csv",
        "agreement_id,health_code,council_code,service,mechanism,start_date,end_date,amount\nA1,H1,C2,shared,pooled,,,100\nA2,H1,C1,bed,pooled,,,5\n",
    );
    world.write(
        "governance.csv",
        "health_code,council_code,board_seat,office,commissioning_subgroup,ssd_member,ssd_consulted_community,ssd_consulted_acute,jc_responsibility,district_seat\nH1,C2,yes,,,,,,,\n",
    );
    world.write("priorities.csv", "health_code,service,rank\n,nowhere,1\n");
    let told = world.findings("DQ-20");
    for part in [
        "1 service of the NHS budgets, £6.00 in all, without a council budget in the alignment: `beds`",
        "1 year of the NHS budgets, £21.00 in all, without a council budget in the alignment: `2001-02`",
        "1 year of the council budgets, £10.00 in all, without an NHS budget in the alignment: `2002-03`",
        "agreement A1 of £100.00 is between H1 and C2, which overlap in no alignment",
        "agreement A2 of £5.00 is for service `bed`, which no budget has; did you mean `beds`?",
        "a governance row is for H1 and C2, which overlap in no alignment",
        "a priority is service `nowhere`, which no budget has",
    ] {
        assert!(contains(&told, part), "{part}: {told:?}");
    }
}

#[test]
fn a_budget_about_something_else_is_an_error() {
    let world = World::new();
    world.config(NHS);
    world.write("nhs.csv", "code,pounds,year,service\nX1,6,2001-02,all\nX2,15,2001-02,all\n");
    let told = world.refused();
    assert!(told.contains("none of its 2 rows is for a body of layer h (the first code is `X1`), expected codes such as H1"), "{told}");
    world.write("nhs.csv", "code,pounds,year,service\n");
    assert!(world.refused().contains("a header and no row below it"));
}

/// Rows 2 and 3 are the same; row 4 is row 5 but for the amount.
#[test]
fn rows_that_are_there_twice_are_said_with_their_pounds() {
    let world = World::new();
    world.config(NHS);
    world.write("nhs.csv", "code,pounds,year,service\nH1,6,2001-02,all\nH1,6,2001-02,all\nH2,1,2001-02,all\nH2,2.50,2001-02,all\n");
    let told = world.findings("DQ-22");
    assert!(contains(&told, "1 row given again, cell for cell, the first is row 3, which is row 2 again; in all £6.00"), "{told:?}");
    assert!(contains(&told, "1 row given again with another amount, the first is row 5, which is row 4 again; in all £2.50"), "{told:?}");
}

#[test]
fn a_layer_of_null_shapes_is_an_error() {
    let world = World::new();
    let empty = |code: &str| WriteRecord { rings: Vec::new(), cells: vec![Some(code.to_owned()), None] };
    layer(&world.at("c.zip"), &[empty("C1"), empty("C2")]);
    assert!(world.refused().contains("every shape of its 2 records is null"));
}

// Reserved and odd codes -------------------------------------------------------------------------------------------------------------

#[test]
fn codes_that_mean_something_else_are_refused_with_their_record() {
    for code in ["__outside__", "__none__", "__unallocated__", "H;1"] {
        let world = World::new();
        world.health(&[("H1", None), (code, None)]);
        let told = world.refused();
        assert!(told.contains("record 2, field CODE: the code `"), "{code}: {told}");
    }
}

#[test]
fn codes_of_digits_are_text() {
    let world = World::new();
    world.health(&[("001", None), ("002", None)]);
    let mut command = Command::cargo_bin("coterminous").unwrap();
    command
        .current_dir(world.folder.path())
        .args(["overlay", "h.zip", "c.zip", "--out", "pairs.parquet", "--progress", "never"])
        .assert()
        .success();
    assert_eq!(world.rows("overlap", &["left_code", "right_code"]), ["001 C1", "002 C1", "002 C2"]);
}

// Pools ------------------------------------------------------------------------------------------------------------------------------

/// 100 pounds pooled of 9 that both sides have for the pair: no share of anything.
#[test]
fn a_pool_larger_than_the_money_has_no_share() {
    let world = World::new();
    world.config(&format!("{NHS}{COUNCIL}\n[[agreement]]\npath = \"agreements.csv\"\n"));
    world.write("nhs.csv", "code,pounds,year,service\nH1,6,2001-02,all\n");
    world.write("council.csv", "code,pounds,year,service\nC1,12,2001-02,all\n");
    let header = "agreement_id,health_code,council_code,service,mechanism,start_date,end_date,amount\n";
    world.write("agreements.csv", &format!("{header}A1,H1,C1,all,pooled,,,100\n"));
    let shares = world.rows("budget_alignment", &["left_code", "right_code", "pooled_pence", "pooled_share"]);
    assert_eq!(shares[0], "H1 C1 10000 ?");
    assert!(contains(&world.findings("DQ-23"), "most so for H1 and C1, all, 2001-02: £100.00 pooled, £9.00 in all"));
    // 4.50 of 9 is a half; less than nothing is no amount of an agreement.
    world.write("agreements.csv", &format!("{header}A1,H1,C1,all,pooled,,,4.50\n"));
    assert_eq!(world.rows("budget_alignment", &["left_code", "right_code", "pooled_pence", "pooled_share"])[0], "H1 C1 450 0.5");
    world.write("agreements.csv", &format!("{header}A1,H1,C1,all,pooled,,,-100\n"));
    let told = world.run().code(3);
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("`-100`, expected pounds, 0 or more"));
}

/// C2 goes to the extent of the realm. East of it is the sea, where nobody lives; with 60 people there it is land.
#[test]
fn land_where_people_live_is_not_the_sea() {
    let world = World::new();
    let config = fs::read_to_string(world.at("run.toml")).unwrap();
    let config = config.replacen("path = \"h.zip\"\n", "path = \"h.zip\"\nclip = \"coast\"\n", 1);
    fs::write(world.at("run.toml"), config.replacen("path = \"c.zip\"\n", "path = \"c.zip\"\nclip = \"realm\"\n", 1)).unwrap();
    layer(&world.at("c.zip"), &[rectangle("C1", None, [0, 0, 3, 2]), rectangle("C2", None, [3, 0, 6, 2])]);
    let outside = || -> Vec<String> {
        let rows = world.rows("overlap", &["left_code", "right_code", "area_m2", "people"]);
        rows.into_iter().filter(|row| row.starts_with("__outside__")).collect()
    };
    assert_eq!(outside(), Vec::<String>::new());
    let blocks = |east: &'static str| {
        let all = [
            rectangle("B1", Some("100"), [0, 0, 2, 2]),
            rectangle("B2", Some("300"), [2, 0, 3, 2]),
            rectangle("B3", Some("600"), [3, 0, 4, 2]),
            rectangle("B4", Some(east), [4, 0, 6, 2]),
        ];
        layer(&world.at("b.zip"), &all);
    };
    // A few people are the noise of counting; they are told, and stay outside.
    blocks("7");
    assert_eq!(outside(), ["__outside__ C2 0 7"]);
    assert!(contains(&world.findings("DQ-02"), "4.000 km2 lie in the first alone, with 7 people, who stay outside every area"));
    blocks("60");
    assert_eq!(outside(), ["__outside__ C2 4000000 60"]);
    assert!(contains(
        &world.findings("DQ-02"),
        "60 people live in the 4.000 km2 of 1 of its bodies that h does not cover, 4.000 km2 of them in C2"
    ));
}

// Geometry ---------------------------------------------------------------------------------------------------------------------------

/// H1 and H2 both have the strip from 1 to 2 km: its sides are lines inside either pair, and no boundary of it.
#[test]
fn the_boundary_of_a_pair_is_its_own_where_a_layer_overlaps_itself() {
    let world = World::new();
    layer(&world.at("h.zip"), &[rectangle("H1", None, [0, 0, 2, 2]), rectangle("H2", None, [1, 0, 3, 2])]);
    layer(&world.at("c.zip"), &[rectangle("C1", None, [0, 0, 3, 2]), rectangle("C2", None, [0, 0, 4, 2])]);
    let pairs = world.rows("overlap", &["left_code", "right_code", "area_m2", "boundary_m", "thickness_m"]);
    // 2 x 2 km: 8 km around, twice 4 km2 over that. C2 alone goes on for 1 x 2 km.
    let expected = [
        "H1 C1 4000000 8000 1000",
        "H1 C2 4000000 8000 1000",
        "H2 C1 4000000 8000 1000",
        "H2 C2 4000000 8000 1000",
        "__outside__ C2 2000000 6000",
    ];
    assert_eq!(pairs.len(), expected.len(), "{pairs:?}");
    assert!(pairs.iter().zip(expected).all(|(pair, expected)| pair.starts_with(expected)), "{pairs:?}");
}

/// A ring that passes a point twice, and a hole that touches its shell twice: one polygon with a hole, and two polygons.
#[test]
fn rings_that_touch_themselves_are_published_as_rings_that_do_not() {
    let world = World::new();
    let at = |(x, y): (i32, i32)| [400_000.0 + f64::from(x) * 500.0, 400_000.0 + f64::from(y) * 500.0];
    let ring = |points: &[(i32, i32)]| points.iter().copied().map(at).collect::<Vec<_>>();
    let record = |code: &str, rings: Vec<Vec<[f64; 2]>>| WriteRecord { rings, cells: vec![Some(code.to_owned()), None] };
    // From (2, 0) the first goes round a triangle inside itself, and on.
    let pinched = ring(&[(0, 0), (0, 4), (4, 4), (4, 0), (2, 0), (3, 1), (1, 1), (2, 0), (0, 0)]);
    let shell = ring(&[(4, 0), (4, 4), (8, 4), (8, 0), (4, 0)]);
    let across = ring(&[(4, 2), (6, 1), (8, 2), (6, 3), (4, 2)]);
    layer(&world.at("h.zip"), &[record("H1", vec![pinched]), record("H2", vec![shell, across])]);
    let mut areas = world.rows("area", &["layer", "code", "parts", "holes", "area_m2"]);
    areas.retain(|area| area.starts_with("h "));
    assert_eq!(areas, ["h H1 1 1 3750000", "h H2 2 0 3000000"]);
    let published = Published::open(&world.at("out")).unwrap();
    let (_, rows) = published.outlines(&coterminous::tables::GEO_AREA).unwrap();
    let mut seen = Vec::new();
    for row in rows.iter().filter(|row| row.keys[0] == "h") {
        for ring in row.polygons.iter().flatten() {
            let mut points: Vec<String> = ring[1..].iter().map(|point| format!("{point:?}")).collect();
            points.sort();
            points.dedup();
            assert_eq!(points.len(), ring.len() - 1, "no point twice: {ring:?}");
        }
        seen.push((row.polygons.len(), row.polygons.iter().map(Vec::len).sum::<usize>()));
    }
    assert_eq!(seen, [(1, 2), (2, 2)]);
}

/// 4 m long and two thousand millionths of a metre wide: rounding to the grid can make as much of it again, so its shares are noise.
#[test]
fn areas_that_the_grid_cannot_hold_are_reported_and_have_no_share_above_one() {
    let world = World::new();
    let (x, y, thin) = (400_500.0, 400_500.0, 2e-9);
    let ring = vec![[x, y], [x, y + 4.0], [x + thin, y + 4.0], [x, y]];
    layer(
        &world.at("h.zip"),
        &[rectangle("H1", None, [2, 0, 4, 2]), WriteRecord { rings: vec![ring], cells: vec![Some("H2".to_owned()), None] }],
    );
    let shares = world.rows("overlap", &["left_code", "share_left_area", "share_right_area", "jaccard_area"]);
    for share in shares.iter().flat_map(|row| row.split(' ').skip(1)).filter(|share| *share != "?") {
        assert!(share.parse::<f64>().unwrap() <= 1.0, "{shares:?}");
    }
    let told = world.findings("DQ-03");
    assert!(contains(&told, "is less than rounding to the grid can change it by"), "{told:?}");
}

// Doors ------------------------------------------------------------------------------------------------------------------------------

#[test]
fn other_compressions_are_named() {
    let world = World::new();
    let bytes = fs::read(world.at("h.zip")).unwrap();
    // The method is in the local header at 8 and in the central directory at 10.
    let with = |method: u8| {
        let mut bytes = bytes.clone();
        for at in 0..bytes.len().saturating_sub(12) {
            match &bytes[at..at + 4] {
                b"PK\x03\x04" => bytes[at + 8] = method,
                b"PK\x01\x02" => bytes[at + 10] = method,
                _ => {}
            }
        }
        bytes
    };
    for (method, name) in [(12, "bzip2"), (14, "LZMA"), (93, "Zstandard"), (9, "Deflate64")] {
        fs::write(world.at("h.zip"), with(method)).unwrap();
        let told = world.refused();
        assert!(told.contains(&format!("is compressed by {name}, which is not read")), "{told}");
    }
}

/// Of files that are written nothing is wrong, whatever became of what is said of them. A result that is printed alone is lost.
#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_no_failure_where_files_are_the_result() {
    let world = World::new();
    let code = |arguments: &str| {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(assert_cmd::cargo::cargo_bin("coterminous"))
            .current_dir(world.folder.path())
            .args(arguments.split(' '))
            .stdout(full)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for arguments in [
        "run run.toml --progress never",
        "report out --html r.html",
        "overlay h.zip c.zip --out o.parquet --progress never",
        "sample sample",
        "plan run.toml --alignment hc --out front.parquet --progress never",
    ] {
        let (code, told) = code(arguments);
        assert_eq!(code, Some(0), "{arguments}: {told}");
        assert!(told.contains("could not be printed"), "{arguments}: {told}");
    }
    for file in ["r.html", "o.parquet", "sample/sample.toml", "front.parquet"] {
        assert!(world.at(file).exists(), "{file}");
    }
    assert!(Published::open(&world.at("out")).is_ok());
    for arguments in ["explain out H1", "plan run.toml --alignment hc --progress never", "check run.toml", "schema"] {
        assert_eq!(code(arguments).0, Some(4), "{arguments}");
    }
}

/// `ulimit -f 1`: no file may be larger than one block.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_file_sizes_is_a_full_disk() {
    let world = World::new();
    let output = std::process::Command::new("sh")
        .current_dir(world.folder.path())
        .args(["-c", "ulimit -f 1; exec \"$program\" run run.toml --quiet"])
        .env("program", assert_cmd::cargo::cargo_bin("coterminous"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("ulimit -f"), "{told}");
    assert!(!world.at("out").exists());
}

// Order of records -------------------------------------------------------------------------------------------------------------------

/// The lines of a text table below its header in another order.
fn shuffled(random: &mut Random, text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for last in (2..lines.len()).rev() {
        let other = 1 + random.below(last as u64) as usize;
        lines.swap(last, other);
    }
    lines.join("\n") + "\n"
}

/// Published tables by name; those that name rows without the columns that do, and findings by what they are about.
fn told_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let published = Published::open(folder).unwrap();
    let without: [(&str, &[&str]); 3] =
        [("budget_line", &["source_row"]), ("budget_apportioned", &["source_row"]), ("finding", &["record", "detail"])];
    let mut tables = BTreeMap::new();
    for record in &published.manifest().tables {
        let Some((_, hidden)) = without.iter().find(|(name, _)| *name == record.name) else {
            tables.insert(record.name.clone(), fs::read(published.folder().join(&record.file)).unwrap());
            continue;
        };
        let table = published.columns(&record.name).unwrap();
        let shown: Vec<usize> = (0..table.columns.len()).filter(|column| !hidden.contains(&table.columns[*column].as_str())).collect();
        let mut rows: Vec<String> = (0..table.len())
            .map(|row| shown.iter().map(|column| table.cell(row, *column).unwrap_or("?")).collect::<Vec<_>>().join("|"))
            .collect();
        rows.sort();
        tables.insert(record.name.clone(), rows.join("\n").into_bytes());
    }
    tables
}

/// Each table of the sample with its rows in another order, one at a time and all together: the same tables, byte for byte.
#[test]
fn the_order_of_records_of_no_table_matters() {
    let folder = TempDir::new().unwrap();
    sample::write(folder.path(), Scale::Small, 1, &Interrupt::default()).unwrap();
    let (data, config) = (folder.path(), folder.path().join("sample.toml"));
    let run = |label: &str| {
        let out = folder.path().join(label);
        let mut command = Command::cargo_bin("coterminous").unwrap();
        command.arg("run").arg(&config).args(["--quiet", "--out"]).arg(&out).assert().success();
        told_of(&out)
    };
    let straight = run("straight");
    assert!(straight.len() > 20, "{:?}", straight.keys());
    let mut files: Vec<(PathBuf, String)> = fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| (path.clone(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() > 15, "{files:?}");
    let mut random = Random::new(21);
    let differ = |turned: &BTreeMap<String, Vec<u8>>| -> Vec<String> {
        straight.iter().filter(|(name, bytes)| turned.get(*name) != Some(bytes)).map(|(name, _)| name.clone()).collect()
    };
    for (path, text) in &files {
        fs::write(path, shuffled(&mut random, text)).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(differ(&run(&name)), Vec::<String>::new(), "{name}");
        fs::write(path, text).unwrap();
    }
    for (path, text) in &files {
        fs::write(path, shuffled(&mut random, text)).unwrap();
    }
    assert_eq!(differ(&run("all")), Vec::<String>::new());
}
