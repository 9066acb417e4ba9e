//! Each rule fires where it should, and not next door.

use coterminous::obstructions;

#[test]
fn the_page_is_printed_from_the_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/obstructions.md");
    let printed = obstructions::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == printed, "docs/obstructions.md is not what the rules print; run UPDATE_DOCS=1 cargo test --test suite obstructions");
}
