//! The tree keeps its shape: imports point up the module list, stages know no file formats, files stay readable.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file allowed: past about 500 lines a file becomes a folder.
const LINES: usize = 600;

/// What reads files, the clock or the environment, or prints.
const IMPURE: [&str; 9] =
    ["std::fs", "File::open", "std::env", "env::var", "Timestamp::now", "Zoned::now", "SystemTime", "Instant::now", "println!"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every .rs file below src, with its path from there.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(source()).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Modules in the order of lib.rs.
fn order() -> Vec<String> {
    let text = fs::read_to_string(source().join("lib.rs")).unwrap();
    let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    modules.map(str::to_owned).collect()
}

/// The part of a file that ships: comments and the unit tests at its end are left out.
fn shipped(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    lines.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Modules named after `crate::`, also in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let after = &code[at + "crate::".len()..];
        let Some(inside) = after.strip_prefix('{') else {
            found.insert(word(after));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (index, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    found.insert(word(&inside[index..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn imports_are_recognised() {
    let code = "use crate::{config::{Plan, Tolerances}, domain};\nlet x = crate::io::f(); use mycrate::cli; use crate::error::Error;";
    assert_eq!(imports(code).into_iter().collect::<Vec<_>>(), ["config", "domain", "error", "io"]);
    assert_eq!(shipped("a\n// crate::x\nb\n#[cfg(test)]\nc"), "a\nb");
}

#[test]
fn imports_point_up_the_list_and_stages_open_no_files() {
    let order = order();
    assert!(order.len() > 10 && order.contains(&"pipeline".to_owned()), "the list in lib.rs: {order:?}");
    let place = |module: &str| order.iter().position(|known| known == module);
    let stages = place("layers").unwrap()..=place("places").unwrap();
    let mut broken = Vec::new();
    let mut seen = 0;
    for (name, text) in files() {
        let module = name.split(['/', '.']).next().unwrap_or_default().to_owned();
        let Some(own) = place(&module) else { continue };
        for import in imports(&shipped(&text)) {
            let Some(other) = place(&import) else { continue };
            seen += 1;
            if other > own {
                broken.push(format!("src/{name} imports {import}, which comes later"));
            }
            if stages.contains(&own) && import == "io" {
                broken.push(format!("src/{name} is a stage and imports io"));
            }
        }
    }
    assert!(seen > 50, "only {seen} imports were found: the test looks in the wrong place");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The module graph as docs/architecture.md prints it: each module with what it imports, in the order of lib.rs.
fn graph() -> String {
    let order = order();
    let mut lines = String::from("```text\n");
    for module in &order {
        let own = files().into_iter().filter(|(name, _)| name.split(['/', '.']).next() == Some(module));
        let used: BTreeSet<String> = own.flat_map(|(_, text)| imports(&shipped(&text))).collect();
        let used: Vec<&str> = order.iter().filter(|other| *other != module && used.contains(*other)).map(String::as_str).collect();
        // Long lists go on in lines of their own.
        let (mut line, mut list) = (format!("{module:<12} ◀─"), Vec::new());
        for name in used {
            if line.len() + name.len() > 118 {
                list.push(std::mem::replace(&mut line, format!("{:<12}   ", "")));
            }
            line.push(' ');
            line.push_str(name);
        }
        list.push(line);
        lines.push_str(&list.join("\n"));
        lines.push('\n');
    }
    lines + "```\n"
}

/// `UPDATE_ARCHITECTURE=1 cargo test --test suite architecture` writes the graph into the page.
#[test]
fn the_page_has_every_module_and_what_it_imports() {
    let path = source().join("../docs/architecture.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- module graph -->\n", "<!-- end of module graph -->");
    let start = page.find(begin).expect("the page has a place for the graph") + begin.len();
    let stop = page.find(end).expect("the page has an end of the graph");
    let graph = graph();
    println!("{graph}");
    if std::env::var_os("UPDATE_ARCHITECTURE").is_some() {
        fs::write(&path, format!("{}{graph}{}", &page[..start], &page[stop..])).unwrap();
    } else {
        assert_eq!(&page[start..stop], graph, "docs/architecture.md: run UPDATE_ARCHITECTURE=1 cargo test --test suite architecture");
    }
    // The table says what each does, in the same order.
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(rows, order(), "the table of modules in docs/architecture.md");
}

#[test]
fn stages_touch_neither_files_nor_clock_nor_environment() {
    let order = order();
    let place = |module: &str| order.iter().position(|known| known == module);
    let stages = place("layers").unwrap()..=place("places").unwrap();
    for (name, text) in files() {
        let module = name.split(['/', '.']).next().unwrap_or_default();
        if place(module).is_some_and(|own| stages.contains(&own)) {
            let code = shipped(&text);
            for word in IMPURE {
                assert!(!code.contains(word), "src/{name} uses {word}");
            }
        }
    }
}

/// Computing a run is pure too: what it imports from its own folder with it. The engine that it is given may be a cluster.
#[test]
fn computing_a_run_touches_neither_files_nor_clock_nor_environment() {
    let pipeline: Vec<(String, String)> = files().into_iter().filter(|(name, _)| name.starts_with("pipeline/")).collect();
    let code_of = |module: &str| {
        let found = pipeline.iter().find(|(name, _)| *name == format!("pipeline/{module}.rs"));
        shipped(&found.unwrap_or_else(|| panic!("src/pipeline/{module}.rs is not there")).1)
    };
    let modules: Vec<String> =
        pipeline.iter().filter_map(|(name, _)| Some(name.split_once('/')?.1.strip_suffix(".rs")?.to_owned())).collect();
    // Progress is shown by whoever calls, and what was read comes as it is.
    let given = ["progress", "read"];
    let (mut reached, mut next) = (BTreeSet::new(), vec!["compute".to_owned()]);
    while let Some(module) = next.pop() {
        if given.contains(&module.as_str()) || !reached.insert(module.clone()) {
            continue;
        }
        let code = code_of(&module);
        for word in IMPURE.into_iter().chain(["crate::io"]) {
            assert!(!code.contains(word), "src/pipeline/{module}.rs, which computes, uses {word}");
        }
        let mut uses = String::new();
        for statement in code.split(';').filter(|statement| statement.trim_start().starts_with("use super::")) {
            uses.push_str(statement);
        }
        let words: BTreeSet<&str> = uses.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        next.extend(modules.iter().filter(|module| words.contains(module.as_str())).cloned());
    }
    for module in ["policy", "relations", "money", "schemes", "published"] {
        assert!(reached.contains(module), "the test does not reach src/pipeline/{module}.rs: {reached:?}");
    }
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = files()
        .into_iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .map(|(name, lines)| format!("src/{name} has {lines} lines"))
        .collect();
    assert!(long.is_empty(), "make a folder of each: {}", long.join(", "));
}

#[test]
fn no_drawer_for_odds_and_ends() {
    for (name, _) in files() {
        let drawer = name.split(['/', '.']).any(|part| ["util", "utils", "helpers", "common", "misc", "types", "manager"].contains(&part));
        assert!(!drawer, "src/{name}: name a module for what it is about");
    }
}
