//! One message a rule: what docs/obstructions.md prints is what a run publishes, and what a config may use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use coterminous::config::{Config, Limits};
use coterminous::obstructions::{RULES, VALUES, message, names};
use coterminous::pipeline::{self, Options, Unwatched};

fn root(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// Message by rule, as the page prints it.
fn documented() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(root("docs/obstructions.md")).unwrap();
    let mut found = BTreeMap::new();
    let mut rule = String::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            rule = title.split(' ').next().unwrap().to_owned();
        } else if let Some(template) = line.strip_prefix("- Message: ") {
            assert!(found.insert(rule.clone(), template.to_owned()).is_none(), "{rule} has two messages");
        }
    }
    found
}

#[test]
fn every_value_of_a_message_is_described_and_every_description_is_of_one() {
    let described: BTreeSet<&str> = VALUES.iter().map(|(name, _)| *name).collect();
    assert_eq!(described.len(), VALUES.len(), "a value is described twice");
    let sorted: Vec<&str> = described.iter().copied().collect();
    assert_eq!(VALUES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), sorted);
    let named: BTreeSet<&str> = RULES.iter().flat_map(|rule| names(rule.message)).collect();
    assert_eq!(named, described);
}

#[test]
fn the_message_on_the_page_filled_with_the_values_of_a_row_is_the_message_of_the_row() {
    let documented = documented();
    assert_eq!(documented.len(), RULES.len());
    let output = tempfile::tempdir().unwrap();
    let mut plan = Config::load(&root("config/sample.toml"), &pipeline::rules()).unwrap();
    plan.output = output.path().join("out");
    let outcome = pipeline::run(&plan, Options::default(), &Unwatched).unwrap();
    let table = coterminous::io::table::read(&outcome.folder.join("obstruction.parquet"), None, &Limits::default()).unwrap().value;
    let column = |name: &str| table.require(name).unwrap();
    let published: BTreeMap<&str, &str> = (0..table.len())
        .map(|row| (table.cell(row, column("obstruction_key")).unwrap(), table.cell(row, column("message")).unwrap()))
        .collect();
    let mut fired = BTreeSet::new();
    for found in outcome.results.unwrap().obstructions {
        let Some(template) = documented.get(&*found.id) else { continue };
        assert_eq!(message(template, &found), found.message, "{}", found.id);
        assert_eq!(published.get(found.key().as_str()), Some(&found.message.as_str()), "{}", found.key());
        assert!(!found.message.contains(['{', '}', '[', ']']), "{}: {}", found.id, found.message);
        assert!(!found.message.contains("not known"), "{}: {}", found.id, found.message);
        assert!(found.message.ends_with('.') && !found.message.contains("  ") && !found.message.contains(" ,"), "{}", found.message);
        fired.insert(found.id.to_string());
    }
    // What a proposal brings or leaves has its words, too.
    let proposed =
        coterminous::io::table::read(&outcome.folder.join("what_if_obstruction.parquet"), None, &Limits::default()).unwrap().value;
    let message = proposed.require("message").unwrap();
    assert!(proposed.len() > 100);
    for row in 0..proposed.len() {
        let text = proposed.cell(row, message).unwrap_or_default();
        assert!(text.ends_with('.') && !text.contains(['{', '}', '[', ']']), "what_if_obstruction, row {row}: {text:?}");
    }
    // The sample has nearly every kind: 45 of 52 rules at least.
    assert!(fired.len() >= 45, "only {} rules fire: {fired:?}", fired.len());
}

#[test]
fn a_config_may_use_the_values_of_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        std::fs::read_to_string(root("config/sample.toml")).unwrap().replace("../data/sample", root("data/sample").to_str().unwrap());
    let load = |message: &str| {
        let path = folder.path().join("sample.toml");
        std::fs::write(&path, format!("{text}\n[obstructions.message]\nBND-02 = \"{message}\"\n")).unwrap();
        Config::load(&path, &pipeline::rules()).map(|plan| plan.obstructions.messages)
    };
    assert_eq!(load("{council} has {bodies}[ in {year}].").unwrap().len(), 1);
    let error = load("{council} has {bodes}.").unwrap_err().to_string();
    assert!(error.contains("did you mean") && error.contains("bodies"), "{error}");
    // A value of another rule is none of this one's.
    assert!(load("{priority}").is_err());
}
