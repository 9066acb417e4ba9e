//! The glossary: docs/glossary.md is printed from the one table of terms, and that table has every word of the rules.

use coterminous::words::glossary::{self, Field, TERMS, meaning};

#[test]
fn the_page_is_printed_from_the_terms() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/glossary.md");
    let printed = glossary::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == printed, "docs/glossary.md is not what the terms print; run UPDATE_GOLDEN=1 cargo test --test suite words");
}

#[test]
fn every_class_and_kind_of_body_has_a_meaning() {
    let words =
        ["coterminous", "aggregate", "nested", "spanning", "fragment", "uncovered", "tangled", "crossing part", "place", "PCG", "PCT"];
    for word in words.into_iter().chain(["CCG", "ICB", "SICBL", "upper-tier council", "London borough", "health action zone", "flag"]) {
        assert!(meaning(word).is_some(), "{word} is not in the glossary");
    }
    for term in TERMS {
        assert!(term.meaning.ends_with(['.', ')']) && term.meaning.len() < 260, "{}: {}", term.term, term.meaning);
    }
}

#[test]
fn terms_are_sorted_and_each_word_means_one_thing() {
    let keys: Vec<(Field, String)> = TERMS.iter().map(|term| (term.field, term.term.to_lowercase())).collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(keys, sorted);
    let words = TERMS.iter().flat_map(|term| std::iter::once(term.term).chain(term.also.iter().copied()));
    let mut words: Vec<String> = words.map(str::to_lowercase).collect();
    words.sort();
    for pair in words.windows(2) {
        assert_ne!(pair[0], pair[1], "a word that means two things");
    }
}

#[test]
fn a_word_is_found_in_any_case_and_number() {
    assert_eq!(meaning("ICBs").map(|term| term.term), Some("ICB"));
    assert_eq!(meaning("Crossing parts").map(|term| term.term), Some("crossing part"));
    assert_eq!(meaning("integrated care board").map(|term| term.term), Some("ICB"));
    assert!(meaning("banana").is_none());
}
