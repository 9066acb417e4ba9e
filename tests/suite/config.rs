//! Configs: what is read, and how a wrong one is refused.

use std::path::Path;

use coterminous::Error;
use coterminous::config::{Config, FilterTest, LayerSource, Limits, Missing, PeopleSource, Plan, TextSource, Tolerances};
use coterminous::pipeline;
use jiff::civil::date;

fn parse(text: &str) -> Result<Plan, Error> {
    Config::parse(Path::new("config/test.toml"), text, &pipeline::rules(), &|_| None)
}

/// The message of a config that must be refused, and its line.
fn refused(text: &str) -> (usize, String) {
    match parse(text) {
        Err(error @ Error::Config { line: Some(line), .. }) => {
            assert_eq!(error.exit_code(), 2);
            (line, error.to_string())
        }
        other => panic!("expected a config error with a line, got {other:?}"),
    }
}

const LAYERS: &str = r#"
[run]
name = "test"
[[layer]]
id = "h"
role = "health"
path = "h.zip"
[[layer]]
id = "c"
role = "council"
path = "c.zip"
[[layer]]
id = "b"
role = "blocks"
path = "b.zip"
"#;

fn with(more: &str) -> String {
    format!("{LAYERS}{more}")
}

#[test]
fn the_example_has_every_key_and_its_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let plan = Config::load(&path, &pipeline::rules()).unwrap();
    assert_eq!(plan.tolerances, Tolerances::default());
    assert_eq!(plan.limits, Limits::default());
    assert_eq!(plan.layers.len(), 7);
    let schema: serde_json::Value = serde_json::from_str(&Config::schema()).unwrap();
    // Every key of every table of the schema stands somewhere in the example.
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 60, "{} keys", keys.len());
    for key in keys {
        assert!(text.contains(&key), "config/example.toml lacks `{key}`");
    }
}

fn collect_keys(value: &serde_json::Value, keys: &mut Vec<String>) {
    if let Some(properties) = value.get("properties").and_then(|properties| properties.as_object()) {
        keys.extend(properties.keys().cloned());
    }
    match value {
        serde_json::Value::Object(map) => map.values().for_each(|value| collect_keys(value, keys)),
        serde_json::Value::Array(list) => list.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}

#[test]
fn every_config_of_the_project_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            Config::load(&path, &pipeline::rules()).unwrap();
            count += 1;
        }
    }
    assert!(count >= 4);
}

#[test]
fn values_mean_what_they_say() {
    let plan = parse(&with(
        r#"
[[alignment]]
id = "a"
health = "h"
council = "c"
people = { blocks = "b", field = "POP" }
[[budget]]
id = "m"
layer = "c"
path = "m.csv"
code = "code"
amount = "amount"
fiscal_year = { column = "year" }
where = { field = "year", in = ["2007-08"] }
control_total = { amount = 12345.6 }
missing = "ignore"
[[succession]]
id = "s"
from = "h"
to = "h2"
date = "2020-04-01"
[[layer]]
id = "h2"
role = "health"
blocks = "b"
lookup = { path = "l.csv", block = "B", area = "A" }
valid_from = 2020-04-01
"#,
    ))
    .unwrap();
    assert_eq!(plan.output, Path::new("config/out/test"));
    assert!(matches!(&plan.alignments[0].people, Some(PeopleSource::Blocks { blocks: 2, field, from: None }) if field == "POP"));
    assert!(matches!(plan.layers[3].source, LayerSource::Dissolved { blocks: 2, .. }));
    assert_eq!(plan.layers[3].valid_from, Some(date(2020, 4, 1)));
    assert_eq!(plan.successions[0].date, Some(date(2020, 4, 1)));
    let budget = &plan.budgets[0];
    assert_eq!((budget.unit, budget.missing), (1.0, Missing::Ignore));
    assert_eq!(budget.control_total.as_ref().unwrap().amount.as_deref(), Some("12345.6"));
    assert!(matches!(&budget.fiscal_year, TextSource::Column(column) if column == "year"));
    assert!(matches!(&budget.filters[0].test, FilterTest::In(texts) if texts == &["2007-08"]));
}

#[test]
fn a_typo_names_line_and_nearest_key() {
    let (line, message) = refused("[run]\nname = \"x\"\n[[layer]]\nid = \"h\"\nrole = \"health\"\npaht = \"h.zip\"\n");
    assert_eq!(line, 6, "{message}");
    assert!(
        message.starts_with("config/test.toml:6: ") && message.contains("`paht`") && message.contains("did you mean `path`"),
        "{message}"
    );
    let (line, message) = refused(&with("[[layers]]\nid = \"x\"\n"));
    assert!(message.contains("did you mean `layer`"), "{message}");
    assert_eq!(line, LAYERS.lines().count() + 1);
}

#[test]
fn a_wrong_type_names_line_key_and_what_was_expected() {
    let budget = "[[budget]]\nid = \"m\"\nlayer = \"c\"\npath = \"m.csv\"\ncode = \"x\"\namount = \"y\"\nfiscal_year = \"2007-08\"\nunit = \"many\"\n";
    let (line, message) = refused(&with(budget));
    assert_eq!(line, LAYERS.lines().count() + 8);
    assert!(message.contains("unit") && message.contains("expected a number"), "{message}");
    let (_, message) = refused(&LAYERS.replace("role = \"council\"", "role = 3"));
    assert!(message.contains("expected a text in quotes"), "{message}");
}

#[test]
fn references_are_checked() {
    for (config, said) in [
        (with("[[alignment]]\nid = \"a\"\nhealth = \"hh\"\ncouncil = \"c\"\n"), "did you mean `h`"),
        (with("[[alignment]]\nid = \"a\"\nhealth = \"c\"\ncouncil = \"c\"\n"), "expected role health"),
        (with("[[layer]]\nid = \"h\"\nrole = \"health\"\npath = \"x.zip\"\n"), "used twice"),
        (with("[[succession]]\nid = \"s\"\nfrom = \"h\"\nto = \"h\"\n"), "both \"h\""),
        (with("[[succession]]\nid = \"s\"\nfrom = \"h\"\nto = \"c\"\n"), "of the same kind"),
        (with("[[what_if]]\nid = \"w\"\nlayer = \"h\"\nmerge = [{ into = \"N\", codes = [\"A\"] }]\n"), "in no [[alignment]]"),
        (
            with(
                "[[layer]]\nid = \"h2\"\nrole = \"health\"\npath = \"x.zip\"\n[[succession]]\nid = \"s\"\nfrom = \"h\"\nto = \"h2\"\n\
                 [[succession]]\nid = \"back\"\nfrom = \"h2\"\nto = \"h\"\n",
            ),
            "part of a circle that leads from \"h\" back to it",
        ),
        // Two alignments: the proposal is published as w.one and w.two, and the second is another proposal's id.
        (
            with(
                "[[alignment]]\nid = \"one\"\nhealth = \"h\"\ncouncil = \"c\"\n[[alignment]]\nid = \"two\"\nhealth = \"h\"\ncouncil = \"c\"\n\
                 [[layer]]\nid = \"h2\"\nrole = \"health\"\npath = \"x.zip\"\n[[alignment]]\nid = \"three\"\nhealth = \"h2\"\ncouncil = \"c\"\n\
                 [[what_if]]\nid = \"w\"\nlayer = \"h\"\nmerge = [{ into = \"N\", codes = [\"A\"] }]\n\
                 [[what_if]]\nid = \"w.two\"\nlayer = \"h2\"\nmerge = [{ into = \"N\", codes = [\"A\"] }]\n",
            ),
            "are called \"w.two\"",
        ),
        (with("[findings]\ndeny = [\"DQ-4\"]\n"), "did you mean `DQ-04`"),
        (with("[obstructions]\ndisable = [\"BND-99\"]\n"), "unknown obstruction `BND-99`"),
        (with("[obstructions]\nBND-06 = { wrong = 1 }\n"), "threshold `wrong`"),
        // 20 for 20% would silence the rule.
        (with("[obstructions]\nBUD-01 = { share = 20 }\n"), "threshold share of BUD-01 is 20, expected a share of 0 to 1"),
        (with("[obstructions]\nCYC-03 = -1\n"), "threshold value of CYC-03 is -1, expected 0 or more"),
    ] {
        let (_, message) = refused(&config);
        assert!(message.contains(said), "expected {said:?} in {message:?}");
    }
}

#[test]
fn layers_dissolved_in_a_circle_are_refused() {
    let two = "[run]\nname = \"x\"\n[[layer]]\nid = \"a\"\nrole = \"blocks\"\nblocks = \"b\"\nlookup = { path = \"l\", block = \"B\", area = \"A\" }\n\
               [[layer]]\nid = \"b\"\nrole = \"blocks\"\nblocks = \"a\"\nlookup = { path = \"l\", block = \"B\", area = \"A\" }\n";
    let (_, message) = refused(two);
    assert!(message.contains("circle") && message.contains("a from b from a"), "{message}");
}

#[test]
fn values_are_bounded() {
    for (config, said) in [
        (with("[tolerances]\nequal = 1.5\n"), "expected 0 to 1"),
        (with("[tolerances]\nequal = nan\n"), "expected 0 to 1"),
        (with("[tolerances]\nlink = 0.5\n"), "at most main_link"),
        (with("[tolerances]\nsliver_people = -1\n"), "0 or more"),
        (with("[limits]\npoints = 0\n"), "1 or more"),
        (LAYERS.replace("path = \"h.zip\"", "path = \"h.zip\"\nvalid_from = 2010-01-01\nvalid_to = 2009-01-01"), "or later"),
        (LAYERS.replace("path = \"h.zip\"", "path = \"h.zip\"\nvalid_from = \"2010\""), "a day such as"),
        (LAYERS.replace("path = \"h.zip\"", "path = \"${NOT_SET}/h.zip\""), "NOT_SET"),
        (LAYERS.replace("path = \"h.zip\"", "path = \"h.zip\"\nwhere = { field = \"F\" }"), "exactly one of"),
        (LAYERS.replace("path = \"h.zip\"", ""), "neither path nor blocks"),
        (LAYERS.replace("name = \"test\"", "name = \"test\"\ncrs = \"EPSG:4326\""), "expected EPSG:27700"),
        (LAYERS.replace("name = \"test\"", "name = \"../x\""), "cannot be an id"),
        ("[run]\nname = \"x\"\n".to_owned(), "no [[layer]]"),
        ("[run\n".to_owned(), "not TOML"),
    ] {
        let (_, message) = refused(&config);
        assert!(message.contains(said), "expected {said:?} in {message:?}");
        assert!(!message.contains('\n'), "one sentence: {message}");
    }
}

#[test]
fn severities_and_messages_of_rules() {
    let plan = parse(&with("[obstructions]\nseverity = { \"BND-01\" = \"low\" }\nmessage = { \"BND-01\" = \"{subject}!\" }\n")).unwrap();
    assert_eq!(plan.obstructions.severities.get("BND-01"), Some(&coterminous::domain::Severity::Low));
    assert_eq!(plan.obstructions.messages.get("BND-01").map(String::as_str), Some("{subject}!"));
    let line = LAYERS.lines().count() + 2;
    for (setting, told) in [
        (r#"severity = { "BND-01" = "hihg" }"#, "did you mean `high`"),
        (r#"severity = { "BND-99" = "high" }"#, "BND-99"),
        (r#"message = { "BND-99" = "x" }"#, "BND-99"),
        (r#"message = { "BND-01" = "{peple}" }"#, "people"),
        (r#"message = { "BND-01" = "{people" }"#, "not closed"),
        (r#"message = { "BND-01" = " " }"#, "empty"),
    ] {
        let (found, message) = refused(&with(&format!("[obstructions]\n{setting}\n")));
        assert_eq!(found, line, "{setting}: {message}");
        assert!(message.contains(told), "{setting}: {message}");
    }
}

#[test]
fn what_a_budget_says_beside_its_amount() {
    let budget = |more: &str| {
        with(&format!(
            "[[budget]]\nid = \"m\"\nlayer = \"h\"\npath = \"m.csv\"\ncode = \"c\"\namount = \"a\"\nfiscal_year = \"1999-00\"\n{more}\n"
        ))
    };
    let plan = parse(&budget("level = { column = \"lvl\" }\npopulation_basis = \"registered\"\ndiscretionary = \"free\"")).unwrap();
    let extras = &plan.budgets[0].extras;
    assert!(matches!(&extras.level, Some(TextSource::Column(name)) if name == "lvl"));
    assert!(matches!(&extras.population_basis, Some(TextSource::Fixed(word)) if word == "registered"));
    assert_eq!((extras.discretionary.as_deref(), extras.committed.as_deref()), (Some("free"), None));
    for (setting, told) in [
        ("level = \"practise\"", "practice"),
        ("population_basis = \"patients\"", "registered"),
        ("holder = { column = \"h\", crosswalk = \"x.csv\" }", "crosswalk is for service only"),
        ("committed = \"\"", "empty"),
    ] {
        let (_, message) = refused(&budget(setting));
        assert!(message.contains(told), "{setting}: {message}");
    }
}

#[test]
fn codes_that_became_each_other_are_refused() {
    let budget = |became: &str| {
        with(&format!(
            "[[budget]]\nid = \"x\"\nlayer = \"h\"\npath = \"x.csv\"\ncode = \"c\"\namount = \"a\"\nfiscal_year = \"2007-08\"\nbecame = {became}\n"
        ))
    };
    for circle in ["{ A = \"A\" }", "{ A = \"B\", B = \"A\" }", "{ A = \"B\", B = \"C\", C = \"B\" }"] {
        assert!(refused(&budget(circle)).1.contains("leads round in a circle"), "{circle}");
    }
    assert_eq!(parse(&budget("{ A = \"B\", B = \"C\" }")).unwrap().budgets[0].became.len(), 2);
}
