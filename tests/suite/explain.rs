//! `coterminous explain`, on the five sites, whose figures are worked out in tests/suite/kings_fund.rs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;
use coterminous::config::Config;
use coterminous::explain::{Story, explain};
use coterminous::pipeline::{self, Options, Unwatched};
use serde_json::Value as Json;

/// A dataset of the five sites, published once.
fn dataset() -> &'static Path {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (folder, _) = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/kings-fund-sites.toml");
        let mut plan = Config::load(&config, &pipeline::rules()).unwrap();
        plan.output = folder.path().to_owned();
        let run = pipeline::run(&plan, Options::default(), &Unwatched).unwrap().folder;
        (folder, run)
    });
    folder.path()
}

fn run() -> PathBuf {
    coterminous::io::publish::run_folder(dataset()).unwrap()
}

fn sentences<'a>(story: &'a Story, heading: &str) -> Vec<&'a str> {
    let part = story.parts.iter().find(|part| part.heading == heading).unwrap_or_else(|| panic!("{heading} of {story:#?}"));
    part.told.iter().map(|told| told.sentence.as_str()).collect()
}

#[test]
fn a_body_in_sentences_with_the_rows_behind_them() {
    let story = explain(&run(), "HA04", None).unwrap();
    // 330,000 people: 180,000 in St Helens, 150,000 in Knowsley; 180 / 330 = 54.5%; 330^2 / (180^2 + 150^2) = 1.98.
    let matching = sentences(&story, "How it matches");
    let by_people = matching.iter().find(|sentence| sentence.contains("by people")).unwrap();
    assert!(by_people.contains("it is aggregate; 54.5% of it is in St Helens; 2 councils are significant"), "{by_people}");
    let meets = sentences(&story, "Whose people it shares");
    assert!(meets.iter().any(|sentence| sentence.contains("54.5% of it is in St Helens (CC03), 180,000 people")), "{meets:?}");
    assert!(meets.iter().any(|sentence| sentence.contains("45.5% of it is in Knowsley (CC04), 150,000 people")), "{meets:?}");
    // 8,303,225.81 of 19,800,000 pounds for older people, 6,000,000 of 13,200,000 for mental health.
    let money = sentences(&story, "Its money");
    assert!(money.iter().any(|sentence| sentence.contains("£19.8m for older people") && sentence.contains("£8.3m (41.9%)")), "{money:?}");
    assert!(money.iter().any(|sentence| sentence.contains("£13.2m for mental health") && sentence.contains("£6m (45.5%)")), "{money:?}");
    // Every obstruction about it, each with its row; those of high severity first.
    let part = story.parts.iter().find(|part| part.heading.starts_with("What is in the way")).unwrap();
    let severities: Vec<&str> = part.told.iter().map(|told| told.rows[0].2["severity"].as_str().unwrap()).collect();
    let rank = |word: &&str| ["high", "medium", "low", "info"].iter().position(|known| known == word).unwrap();
    assert!(!severities.is_empty() && severities.is_sorted_by_key(rank), "{severities:?}");
    assert!(part.told.iter().any(|told| told.sentence.starts_with("BND-03 info, stable: ")), "{:#?}", part.told);
    for told in &part.told {
        let row = &told.rows[0].2;
        assert!(row["subject_code"] == "HA04" || row["partner_code"] == "HA04", "{row}");
        assert!(told.sentence.contains(row["message"].as_str().unwrap()));
    }
    // Each sentence of the others has its row too, unless it says that there is none.
    for part in &story.parts {
        assert!(part.told.iter().all(|told| !told.rows.is_empty() || told.sentence == "No rule found anything."), "{part:#?}");
    }
    // By its name, whatever the case, the story is the same.
    let name = story.parts[0].told[0].rows[0].2["name"].as_str().unwrap();
    assert_eq!(explain(&run(), &name.to_uppercase(), None).unwrap(), story);
}

#[test]
fn a_pair_whichever_comes_first() {
    let story = explain(&run(), "HA04", Some("CC04")).unwrap();
    let both = sentences(&story, "What both have");
    assert!(both[0].contains("150,000 people") && both[0].contains("45.5% of") && both[0].contains("100% of"), "{both:?}");
    assert!(both[0].ends_with("a significant pair."));
    let spent = sentences(&story, "What both spend on it");
    // 13,200,000 x 150 / 330.
    assert!(spent.iter().any(|sentence| sentence.starts_with("For mental health") && sentence.contains("£6m of NHS money")), "{spent:?}");
    let turned = explain(&run(), "CC04", Some("HA04")).unwrap();
    assert_eq!(turned.parts, story.parts);
    let missing = explain(&run(), "HA04", Some("CC08")).unwrap_err().to_string();
    assert!(missing.contains("`HA04` and `CC08` share no land and no people") && missing.contains("leave the partner out"), "{missing}");
}

#[test]
fn as_a_user_types_it() {
    let coterminous = || Command::cargo_bin("coterminous").unwrap();
    let text = |arguments: &[&str]| {
        let output = coterminous().arg("explain").arg(dataset()).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, whole, _) = text(&["HA04", "--rows"]);
    let (_, brief, _) = text(&["HA04"]);
    assert_eq!(code, Some(0));
    assert!(whole.contains("      coterminosity: alignment = ha-council, side = health, code = HA04"), "{whole}");
    assert!(whole.len() > brief.len() && !brief.contains("alignment = ") && brief.contains("  In ha-council, by people, it is aggregate"));

    let (_, json, _) = text(&["HA04", "CC04", "--format", "json"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["code"], &json["partner"]), (&Json::from("HA04"), &Json::from("CC04")));
    let row = &json["parts"][0]["sentences"][0]["rows"][0];
    // Numbers are numbers, and what is not known is null.
    assert_eq!(
        (row["table"].as_str(), row["row"]["people"].as_f64(), row["row"]["significant"].as_bool()),
        (Some("overlap"), Some(150_000.0), Some(true))
    );
    let money = &json["parts"][1]["sentences"][0]["rows"][0]["row"];
    assert!(money["health_pence"].is_i64() || money["health_pence"].is_null(), "{money}");
    assert!(money.as_object().unwrap().values().any(Json::is_null), "{money}");

    let (code, out, error) = text(&["HA40"]);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(error.contains("no body has the code or name `HA40`") && error.contains("did you mean `HA0"), "{error}");
    let nowhere = coterminous().args(["explain", "/nowhere/at/all", "HA04"]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(3));
}

#[test]
fn brief_is_eight_sentences_under_a_heading() {
    use coterminous::explain::{Part, Story, Told};
    let told = |number: usize| (0..number).map(|at| Told { sentence: format!("Sentence {at}."), rows: Vec::new() }).collect();
    let parts = vec![Part { heading: "Eight", told: told(8) }, Part { heading: "Nine", told: told(9) }];
    let story = Story { code: "P1".to_owned(), partner: None, parts };
    let brief = story.text(false);
    assert_eq!(brief.lines().count(), 1 + 8 + 1 + 1 + 8 + 1, "{brief}");
    assert!(brief.ends_with("  Sentence 7.\n  and 1 more (--rows shows all)\n") && !brief.contains("Sentence 8."), "{brief}");
    assert!(story.text(true).ends_with("  Sentence 8.\n"));
}
