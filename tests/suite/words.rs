//! Words: the glossary is one table, every text that people read keeps to plain English, and every section that the code names is there.

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

/// Every Rust file of the crate and its tests.
fn sources() -> Vec<(std::path::PathBuf, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join("src"), root.join("tests/suite")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_section_of_the_domain_page_that_the_code_names_is_there() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/domain.md")).unwrap();
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let has = |key: &str| headings.iter().any(|heading| heading.split(' ').next() == Some(key));
    let mark = ["domain", ".md "].concat();
    let mut named = 0;
    for (path, text) in sources() {
        // This file has the mark in the name of the page alone.
        for (at, _) in text.match_indices(&mark).filter(|_| !path.ends_with("words.rs")) {
            let key: String = text[at + mark.len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect::<String>();
            let key = key.trim_end_matches('.');
            assert!(has(key), "{} names section {key}, which docs/domain.md does not have", path.display());
            named += 1;
        }
        assert!(!text.contains(&["contract", ".md"].concat()), "{} names a page that is not here", path.display());
    }
    assert!(named > 30, "only {named} are named: the test looks in the wrong place");
}

/// Phrases that the guide bans ("Plain English"), each with what to write. A phrase is found where it begins and ends at the edge of a word.
const BANNED: &[(&str, &str)] = &[
    ("told", "reported, said"),
    ("tell of", "report"),
    ("tells of", "reports"),
    ("held against", "checked against"),
    ("whoever", "anyone who, the caller"),
    ("nobody", "no one"),
    ("somebody", "someone, another process"),
    ("of one's own", "your own"),
    ("stands still", "does not change"),
    ("stand in", "are in"),
    ("stands in", "is in"),
    ("stands there", "is there"),
    ("stands beside", "is beside"),
    ("stands where", "is where"),
    ("mend", "correct, fix"),
    ("mended", "corrected"),
    ("weighed by", "weighted by"),
    ("weigh by", "weight by"),
    ("a ICB", "an ICB"),
    ("a NHS", "an NHS"),
    ("a LSOA", "an LSOA"),
    ("a ICS", "an ICS"),
    ("a HA", "an HA"),
    ("a upper-tier", "an upper-tier"),
    ("a aggregate", "an aggregate"),
    ("certainly to possibly", "range"),
    ("here then", "here"),
    ("beaten by no", "on the efficient frontier"),
    ("would remove most", "would help most"),
    ("tell the story", "explain"),
    ("tells the story", "explains"),
    ("covered by nobody", "outside any council"),
    ("one a line", "one per line"),
    ("one a core", "one per core"),
    ("object a line", "object per line"),
    ("row a pair", "row per pair"),
    ("row a body", "row per body"),
    ("view a table", "view per table"),
    ("1 agreements", "1 agreement"),
    ("1 mergers", "1 merger"),
    ("1 gaps", "1 gap"),
    ("1 rows", "1 row"),
    ("1 parts", "1 part"),
    ("1 flags", "1 flag"),
    ("1 findings", "1 finding"),
    ("1 councils", "1 council"),
    ("1 days", "1 day"),
];

/// "is no X" and "are no X": "is not an X". "There is no X" is plain, and so is "is no more".
const NOT_NOUNS: [&str; 9] = ["longer", "more", "less", "larger", "smaller", "fewer", "higher", "further", "wider"];

/// Banned phrases of a text, with what is around them.
fn banned(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let around = |at: usize| lower.chars().skip(lower[..at].chars().count().saturating_sub(40)).take(100).collect::<String>();
    let mut found = Vec::new();
    for (phrase, better) in BANNED {
        let wanted = phrase.to_lowercase();
        for (at, _) in lower.match_indices(&wanted) {
            // Articles are about letters: "a ha" of "aha" has no edge, and "a HA" is one.
            let kept = &text.get(at..at + wanted.len());
            let same_case = !phrase.contains(|c: char| c.is_uppercase()) || kept.is_some_and(|kept| kept == *phrase);
            let within = &lower[at + wanted.len()..];
            let in_the_way = phrase.starts_with("stand") && within.starts_with(" the way");
            if same_case && !in_the_way && edge(lower[..at].chars().next_back()) && edge(within.chars().next()) {
                found.push(format!("\"{phrase}\" (better: {better}) in ...{}...", around(at)));
            }
        }
    }
    for verb in ["is no ", "are no "] {
        for (at, _) in lower.match_indices(verb) {
            let next = lower[at + verb.len()..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let there = lower[..at].ends_with("there ") || !edge(lower[..at].chars().next_back());
            if !there && !next.is_empty() && !NOT_NOUNS.contains(&next) {
                found.push(format!("\"{verb}{next}\" (better: is not a {next}) in ...{}...", around(at)));
            }
        }
    }
    found
}

/// Texts in double quotes of a Rust file, without its comments and the tests at its end. What clap prints is in the doc comments of arguments.
fn literals(path: &std::path::Path, text: &str) -> String {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    let help = path.components().any(|part| part.as_os_str() == "arguments");
    let mut found = String::new();
    let mut rest = shipped;
    while let Some(at) = rest.find(['"', '/', '\'', 'r']) {
        let here = &rest[at..];
        let before = rest[..at].chars().next_back();
        if here.starts_with("//") {
            let line = here.lines().next().unwrap_or_default();
            if help && line.starts_with("///") {
                found.push_str(line.trim_start_matches('/'));
                found.push('\n');
            }
            rest = &here[line.len()..];
        } else if let Some(after) = here.strip_prefix("'\"'") {
            rest = after;
        } else if let Some(raw) = here.strip_prefix("r#\"").filter(|_| before.is_none_or(|c| !c.is_alphanumeric())) {
            let end = raw.find("\"#").unwrap_or(raw.len());
            found.push_str(&raw[..end]);
            found.push('\n');
            rest = &raw[(end + 2).min(raw.len())..];
        } else if let Some(inside) = here.strip_prefix('"') {
            let mut escaped = false;
            let end = inside.find(|c: char| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let end = end.unwrap_or(inside.len());
            // A literal over several lines is one sentence.
            let words: Vec<&str> = inside[..end].split("\\\n").map(str::trim_start).collect();
            found.push_str(&words.concat());
            found.push('\n');
            rest = &inside[(end + 1).min(inside.len())..];
        } else {
            rest = &here[1..];
        }
    }
    found
}

#[test]
fn banned_words_are_found_and_their_plain_neighbours_are_not() {
    for text in [
        "it is told once",
        "is a ICB of",
        "1 agreements needed",
        "The file is no table by its name",
        "what stands in it",
        "Weighed by people",
    ] {
        assert_eq!(banned(text).len(), 1, "{text}: {:?}", banned(text));
    }
    for text in
        ["an ICB", "11 agreements", "there is no file", "it is no longer", "what stands in the way", "recommend", "a hard one", "untold"]
    {
        assert!(banned(text).is_empty(), "{text}: {:?}", banned(text));
    }
    let code = "fn f() { let a = \"told \\\n    you\"; // told\n let c = '\"'; let b = r#\"held \"against\"#; }\n#[cfg(test)]\nx(\"mend\")";
    assert_eq!(literals(std::path::Path::new("src/a.rs"), code), "told you\nheld \"against\n");
}

#[test]
fn every_text_that_people_read_is_plain() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> = Vec::new();
    for folder in ["docs", "config"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md" || extension == "toml") {
                texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    for name in ["README.md", "CHANGELOG.md"] {
        texts.push((name.to_owned(), std::fs::read_to_string(root.join(name)).unwrap()));
    }
    // Messages, help, errors, findings and descriptions are texts of the program's files.
    let src = root.join("src");
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with(&src)) {
        texts.push((path.display().to_string(), literals(&path, &text)));
    }
    assert!(texts.len() > 300, "only {} files are read", texts.len());
    let mut wrong = Vec::new();
    for (name, text) in &texts {
        for line in text.lines() {
            wrong.extend(banned(line).into_iter().map(|found| format!("{name}: {found}")));
        }
    }
    assert!(wrong.is_empty(), "{} texts:\n{}", wrong.len(), wrong.join("\n"));
}
