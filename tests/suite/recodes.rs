//! Codes that changed: bodies found by the codes of other dates, both ways, divided by people where one became several; successions by codes alone.

use std::fs;
use std::path::Path;

use coterminous::config::Config;
use coterminous::domain::Layer;
use coterminous::pipeline::{self, Results, Unwatched};
use coterminous::succession::ChangeType;
use tempfile::TempDir;

use super::published_files::{found, lines, owned, real};

/// Two boards over four blocks; the councils have the codes that the test says.
const CONFIG: &str = r#"[run]
name = "recoded"
output = "out"
[[layer]]
id = "blocks"
role = "blocks"
table = "blocks.csv"
code = "block"
people = "pop"
[[layer]]
id = "board"
role = "health"
blocks = "blocks"
lookup = { path = "blocks.csv", block = "block", area = "board" }
[[layer]]
id = "council"
role = "council"
blocks = "blocks"
lookup = { path = "blocks.csv", block = "block", area = "council" }
[[alignment]]
id = "a"
health = "board"
council = "council"
people = { blocks = "blocks", field = "pop" }
[[budget]]
id = "m"
layer = "council"
path = "money.csv"
code = "code"
amount = "pounds"
fiscal_year = { column = "year" }
"#;

fn at(folder: &TempDir, files: &[(&str, &str)]) {
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
}

fn run(folder: &Path, config: &str) -> Result<Results, String> {
    let path = folder.join("config.toml");
    fs::write(&path, config).unwrap();
    let plan = Config::load(&path, &pipeline::rules()).map_err(|error| error.to_string())?;
    let inputs = pipeline::read(&plan, &Unwatched).map_err(|error| error.to_string())?;
    pipeline::compute(&plan, inputs, &Unwatched).map_err(|error| error.to_string())
}

/// Barnsley and Sheffield before and after 1 April 2025, in a layer of either date.
#[test]
fn a_body_is_found_by_its_code_of_another_date() {
    let money = "code,year,pounds\nE08000016,2024-25,1\nE08000019,2024-25,2\nE08000038,2025-26,3\nE08000039,2025-26,4\n";
    let recode = "[[recode]]\npath = \"shipped:councils\"\nfrom = \"from\"\nto = \"to\"\n";
    for (barnsley, sheffield) in [("E08000016", "E08000019"), ("E08000038", "E08000039")] {
        let folder = TempDir::new().unwrap();
        let blocks =
            format!("block,pop,board,council\nB1,10,H1,{barnsley}\nB2,20,H1,{barnsley}\nB3,30,H2,{sheffield}\nB4,40,H2,{sheffield}\n");
        at(&folder, &[("blocks.csv", &blocks), ("money.csv", money)]);
        let without = run(folder.path(), CONFIG).unwrap();
        assert_eq!(found(&without.findings, "DQ-04").len(), 2, "{:?}", without.findings);
        let results = run(folder.path(), &format!("{CONFIG}{recode}")).unwrap();
        let expected = [(barnsley, "2024-25", 1), (sheffield, "2024-25", 2), (barnsley, "2025-26", 3), (sheffield, "2025-26", 4)];
        let expected: Vec<_> = expected.iter().map(|(code, year, pounds)| (*code, *year, "all", Some(*pounds))).collect();
        assert_eq!(lines(&results), owned(&expected));
        assert_eq!(found(&results.findings, "DQ-04"), [] as [&str; 0]);
        let told = found(&results.findings, "DQ-17");
        assert!(told.len() == 2 && told.iter().all(|detail| detail.contains("the same body at another date (1 row)")), "{told:?}");
        // Both years in one table: that dates are mixed is said.
        let told = found(&results.findings, "DQ-29");
        assert!(told.iter().any(|detail| detail.contains("2 codes of another date than layer council")), "{told:?}");
        assert!(told.iter().any(|detail| detail.contains("tables name 2 bodies of layer council by codes of another date")), "{told:?}");
    }
}

/// Blocks of C1 with 10 people, C2 with 30, C3 with 60.
const THREE: &str = "block,pop,board,council\nB1,10,H1,C1\nB2,30,H1,C2\nB3,60,H2,C3\n";

#[test]
fn a_body_that_was_split_is_divided_by_people() {
    let recode = "[[recode]]\npath = \"changes.csv\"\nfrom = \"before\"\nto = \"after\"\n";
    let folder = TempDir::new().unwrap();
    // OLD became C1 and C2, MERGED is what C2 and C3 became later; 10.01 pounds by 10 to 30 people, and by 30 to 60.
    at(
        &folder,
        &[
            ("blocks.csv", THREE),
            ("money.csv", "code,year,pounds\nOLD,2024-25,10.01\nC3,2024-25,5\n"),
            ("changes.csv", "before,after\nOLD,C1\nOLD,C2\n,C3\nC1,C1\n"),
        ],
    );
    let config = format!("{CONFIG}{recode}");
    let pence = |results: &Results| -> Vec<(String, Option<u64>, Option<i64>)> {
        let lines = results.money.lines.iter().filter(|line| line.source_row.is_some());
        lines.map(|line| (line.code.as_deref().unwrap().to_owned(), line.source_row, line.amount.map(|pence| pence.0))).collect()
    };
    let results = run(folder.path(), &config).unwrap();
    let expected = [("C1", 2, 250), ("C2", 2, 751), ("C3", 3, 500)];
    assert_eq!(pence(&results), expected.map(|(code, row, pence)| (code.to_owned(), Some(row), Some(pence))));
    assert!(
        found(&results.findings, "DQ-17")
            .iter()
            .any(|detail| detail.contains("code `OLD` means 2 bodies at another date, the first C1, C2"))
    );
    assert!(results.proofs.iter().all(|proof| proof.holds), "{:?}", results.proofs);
    // Backwards: one body of later is two of the layer.
    at(
        &folder,
        &[("money.csv", "code,year,pounds\nLATER,2024-25,9\nC1,2024-25,5\n"), ("changes.csv", "before,after\nC2,LATER\nC3,LATER\n")],
    );
    let results = run(folder.path(), &config).unwrap();
    let expected = [("C2", 2, 300), ("C3", 2, 600), ("C1", 3, 500)];
    assert_eq!(pence(&results), expected.map(|(code, row, pence)| (code.to_owned(), Some(row), Some(pence))));
    // A part that came from elsewhere: nothing says how many people went which way, unless the table does.
    at(
        &folder,
        &[
            ("money.csv", "code,year,pounds\nOLD,2024-25,10\nC1,2024-25,5\n"),
            ("changes.csv", "before,after,people\nOLD,C2,25\nOLD,C3,15\nX,C3,45\n"),
        ],
    );
    let results = run(folder.path(), &config).unwrap();
    let told = found(&results.findings, "DQ-04");
    assert!(told.len() == 1 && told[0].contains("C3 has other parts too, and nothing says how many people went which way"), "{told:?}");
    let results = run(folder.path(), &config.replace("to = \"after\"", "to = \"after\"\npeople = \"people\"")).unwrap();
    let expected = [("C2", 2, 625), ("C3", 2, 375), ("C1", 3, 500)];
    assert_eq!(pence(&results), expected.map(|(code, row, pence)| (code.to_owned(), Some(row), Some(pence))));
}

#[test]
fn people_and_lookups_are_found_by_codes_of_other_dates() {
    let folder = TempDir::new().unwrap();
    at(
        &folder,
        &[
            ("blocks.csv", THREE),
            ("money.csv", "code,year,pounds\nC1,2024-25,1\n"),
            ("people.csv", "code,people\nOLD1,7\nB2,8\nB3,9\n"),
            ("changes.csv", "before,after\nOLD1,B1\n"),
        ],
    );
    let config = CONFIG.replace(
        "people = { blocks = \"blocks\", field = \"pop\" }",
        "people = { blocks = \"blocks\", table = \"people.csv\", code = \"code\", field = \"people\" }",
    ) + "[[recode]]\npath = \"changes.csv\"\nfrom = \"before\"\nto = \"after\"\n";
    let results = run(folder.path(), &config).unwrap();
    let figures = |layer: &Layer| layer.populations["people"].iter().map(|people| people.map(|people| people.as_f64())).collect::<Vec<_>>();
    assert_eq!(figures(&results.ground.layers[0]), [Some(7.0), Some(8.0), Some(9.0)]);
    // Links that lead round in a circle come to an end.
    at(&folder, &[("changes.csv", "before,after\nOLD1,OLD2\nOLD2,OLD1\nOLD2,B1\n")]);
    let results = run(folder.path(), &config).unwrap();
    assert_eq!(figures(&results.ground.layers[0])[0], Some(7.0));
    for (recode, says) in [
        ("from = \"before\"\nto = \"before\"", "from and to are both \"before\""),
        ("from = \"befor\"\nto = \"after\"", "there is no column \"befor\""),
    ] {
        let message = run(folder.path(), &config.replace("from = \"before\"\nto = \"after\"", recode)).unwrap_err();
        assert!(message.contains(says), "{message}");
    }
}

/// Bodies of two dates from a table of links: their codes are all that is known.
const LINKS: &str = r#"[run]
name = "links"
output = "out"
[[layer]]
id = "before"
role = "health"
table = "links.csv"
code = "old"
distinct = true
[[layer]]
id = "after"
role = "health"
table = "links.csv"
code = "new"
distinct = true
[[succession]]
id = "change"
from = "before"
to = "after"
links = { path = "links.csv", from = "old", to = "new" }
"#;

#[test]
fn a_succession_by_codes_alone_has_types_and_no_weights() {
    let folder = TempDir::new().unwrap();
    at(&folder, &[("links.csv", "old,new\nA,X\nB,X\nC,Y\nC,Z\nD,E\nF,F\nA,X\n")]);
    let results = run(folder.path(), LINKS).unwrap();
    let succession = &results.successions[0];
    let kinds: Vec<ChangeType> = succession.links.iter().map(|link| link.kind).collect();
    use ChangeType::{Merged, Recoded, Split, Unchanged};
    assert_eq!(kinds, [Merged, Merged, Split, Split, Recoded, Unchanged]);
    assert!(succession.links.iter().all(|link| link.people.is_none() && link.forward_share.is_none() && link.backward_share.is_none()));
    for (from, to, says) in [
        ("distinct = true\n[[succession]]", "[[succession]]", "code X has two rows"),
        ("links = {", "council = \"after\"\nlinks = {", "is a layer of role health"),
        (
            "links = {",
            "people = { table = \"links.csv\", left = \"old\", right = \"new\", field = \"old\" }\nlinks = {",
            "people and links are both given",
        ),
    ] {
        let message = run(folder.path(), &LINKS.replace(from, to)).unwrap_err();
        assert!(message.contains(says), "expected \"{says}\" in: {message}");
    }
}

/// The founding era from the successions of the Organisation Data Service, as they are.
#[test]
fn the_bodies_of_1999_to_2006_as_they_followed_each_other() {
    if real("codes/ods_successions_pcg_pct_ha_ccg.csv").is_none() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ods-1999-2022.toml");
    let data = real("codes").unwrap().parent().unwrap().parent().unwrap().to_owned();
    let text = fs::read_to_string(&path).unwrap();
    let environment = move |name: &str| (name == "ONS_DATA").then(|| data.display().to_string());
    let plan = Config::parse(&path, &text, &pipeline::rules(), &environment).unwrap();
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    let count = |id: &str| results.ground.layers.iter().find(|layer| layer.id == id).unwrap().areas.len();
    assert_eq!((count("ha-2001"), count("ha-2002"), count("pcg"), count("pct-2005"), count("pct-2006")), (95, 28, 532, 224, 73));
    let links = |id: &str| {
        let succession = results.successions.iter().find(|succession| succession.id == id).unwrap();
        let linked = succession.links.iter().filter(|link| link.from.is_some() && link.to.is_some());
        (linked.clone().count(), linked.filter(|link| link.kind == ChangeType::Merged).count())
    };
    assert_eq!(links("health-authorities-2002").0, 95);
    assert_eq!(links("trusts-2006").0, 226);
    // Two trusts were split on that day, and their links are no plain mergers.
    assert!(links("trusts-2006").1 > 190 && links("trusts-2006").1 < 226);
    assert_eq!(links("groups-to-trusts").0, 586, "621 rows, 35 of them there twice");
}
