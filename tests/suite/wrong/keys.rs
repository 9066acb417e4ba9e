//! Keys of one table that are written otherwise in another, or meet nothing there.

use std::fs;

use crate::hostile::workbooks;

use super::{COUNCIL, NHS, World, contains};

const AGREEMENTS: &str = "agreement_id,health_code,council_code,service,mechanism,start_date,end_date,amount\n";

impl World {
    /// Puts another text in the place of one that the config has once.
    fn instead(&self, of: &str, with: &str) -> &Self {
        let config = fs::read_to_string(self.at("run.toml")).unwrap();
        assert_eq!(config.matches(of).count(), 1, "{of}");
        fs::write(self.at("run.toml"), config.replace(of, with)).unwrap();
        self
    }
}

/// The population of older people lives in B2 alone, so all of H2's money for them is C1's; by all people a third of it would be.
#[test]
fn a_service_of_people_of_its_own_is_found_however_it_is_written() {
    let world = World::new();
    world.config(&format!("{NHS}{COUNCIL}"));
    world.write("old.csv", "block,h,c,all,old\nB1,H1,C1,100,0\nB2,H2,C1,300,9\nB3,H2,C2,600,0\n");
    let people = "people = { table = \"old.csv\", left = \"h\", right = \"c\", field = \"all\", services = { \"Older People\" = \"old\", \"night nursing\" = \"old\" } }";
    world.instead("people = { blocks = \"b\", field = \"POP\" }", people);
    world.write("nhs.csv", "code,pounds,year,service\nH2,9,2001-02,older people\n");
    world.write("council.csv", "code,pounds,year,service\nC1,2,2001-02,older people\n");
    let pairs = world.rows("budget_alignment", &["left_code", "right_code", "service", "health_pence"]);
    assert!(pairs.iter().any(|row| row == "H2 C1 Older People 900"), "{pairs:?}");
    assert!(contains(&world.findings("DQ-21"), "service `Older People` is also written `older people`"));
    assert!(contains(&world.findings("DQ-20"), "`night nursing` is split by old, and no budget has it"));
}

/// C9 is a council, but of a layer that no alignment has; and an agreement of the nineties is in none of the years of the budgets.
#[test]
fn rows_of_bodies_and_years_that_nothing_is_computed_for_are_reported() {
    let world = World::new();
    super::layer(&world.at("other.zip"), &[super::rectangle("C9", None, [0, 0, 1, 1]), super::rectangle("H9", None, [1, 0, 2, 1])]);
    world.config(&format!(
        "{NHS}{COUNCIL}\n[[layer]]\nid = \"other\"\nrole = \"other\"\npath = \"other.zip\"\ncode = \"CODE\"\n\n[[agreement]]\npath = \"agreements.csv\"\n\n[[cycle]]\npath = \"cycles.csv\"\n\n[[priority]]\npath = \"priorities.csv\"\n"
    ));
    world.write("nhs.csv", "code,pounds,year,service\nH1,6,2001-02,all\nH2,6,2002-03,all\n");
    world.write("council.csv", "code,pounds,year,service\nC1,3,2001-02,all\nC1,3,2002-03,all\n");
    let rows = "A1,H1,C9,all,pooled,,,5\nA2,H1,C1,all,pooled,1997-04-01,1999-03-31,7\nA3,H1,C1,all,pooled,2001-04-01,,7\n";
    world.write("agreements.csv", &format!("{AGREEMENTS}{rows}"));
    world.write("cycles.csv", "side,code,year_start,plan_submit,budget_set,horizon_years\ncouncil,C9,04-01,,,1\nhealth,,04-01,,,1\n");
    world.write("priorities.csv", "health_code,service,rank\nH9,all,1\n");
    let told = world.findings("DQ-20");
    for part in [
        "agreement A1 of £5.00 is between H1 and C9, which overlap in no alignment",
        "1 agreement of £7.00 runs in no year of the budgets (2001-02, 2002-03); the first is A2 from 1997-04-01 until 1999-03-31",
        "a planning cycle is for C9, which is in no alignment",
        "a priority is for H9, which is in no alignment",
    ] {
        assert!(contains(&told, part), "{part}: {told:?}");
    }
    assert!(!contains(&told, "A3"), "{told:?}");
}

#[test]
fn a_year_of_the_config_that_cannot_be_read_is_reported() {
    let world = World::new();
    world.config(NHS);
    world.write("nhs.csv", "code,pounds,service\nH1,6,all\n");
    world.instead("fiscal_year = { column = \"year\" }", "fiscal_year = \"soon\"");
    assert!(contains(&world.findings("DQ-18"), "the config gives `soon` as the fiscal year, which is none that can be read"));
    world.instead("fiscal_year = \"soon\"", "fiscal_year = \"2001/02\"");
    assert_eq!(world.findings("DQ-18"), Vec::<String>::new());
}

/// Row 3 is row 2 in other words. Rows 4 and 5 are for two services.
#[test]
fn rows_that_are_there_twice_in_other_words_are_reported() {
    let world = World::new();
    world.config(NHS);
    world.write("nhs.csv", "code,pounds,year,service\nH1,6,2001-02,all\nh 1,6,2001/02,All\nH2,1,2001-02,beds\nH2,1,2001-02,all\n");
    let told = world.findings("DQ-22");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(contains(&told, "1 row given again, cell for cell, the first is row 3, which is row 2 again; in all £6.00"), "{told:?}");
}

/// Codes of a people table, of links and of a lookup are the layer's, but for case and blanks.
#[test]
fn codes_of_every_table_are_read_but_for_case_and_blanks() {
    let world = World::new();
    world.write("people.csv", "h,c,all\nh1,C1,100\nH2,c 1,300\nH2,C2,600\nH3,C2,5\n");
    world.instead(
        "people = { blocks = \"b\", field = \"POP\" }",
        "people = { table = \"people.csv\", left = \"h\", right = \"c\", field = \"all\" }",
    );
    let pairs = world.rows("overlap", &["left_code", "right_code", "people"]);
    assert_eq!(pairs, ["H1 C1 100", "H2 C1 300", "H2 C2 600", "__outside__ C2 5"]);
    let told = world.findings("DQ-21");
    assert!(contains(&told, "1 code in 1 row matched layer h only without case and blanks, the first `h1`"), "{told:?}");
    assert!(contains(&told, "1 code in 1 row matched layer c only without case and blanks, the first `c 1`"), "{told:?}");

    let world = World::new();
    world.write("lookup.csv", "block,body\nb1,H1\nB2,H2\nB3,H2\n");
    world.instead(
        "path = \"h.zip\"\ncode = \"CODE\"",
        "blocks = \"b\"\nlookup = { path = \"lookup.csv\", block = \"block\", area = \"body\" }",
    );
    let pairs = world.rows("overlap", &["left_code", "right_code", "people"]);
    assert_eq!(pairs, ["H1 C1 100", "H2 C1 300", "H2 C2 600"]);
    let told = world.findings("DQ-21");
    assert!(contains(&told, "1 code in 1 row matched layer b only without case and blanks, the first `b1`"), "{told:?}");
}

/// `1.500` in a file of tabs is one and a half, or fifteen hundred; where another number has two decimals it is clear.
#[test]
fn points_that_may_be_thousands_are_told_in_files_of_tabs() {
    let world = World::new();
    world.config(NHS);
    world.instead("path = \"nhs.csv\"", "path = \"nhs.tsv\"");
    world.write("nhs.tsv", "code\tpounds\tyear\tservice\nH1\t1.500\t2001-02\tall\nH2\t12\t2001-02\tall\n");
    assert!(contains(&world.findings("DQ-07"), "`1.500` and all other numbers with a point have three digits behind it"));
    world.write("nhs.tsv", "code\tpounds\tyear\tservice\nH1\t1.500\t2001-02\tall\nH2\t12.25\t2001-02\tall\n");
    assert!(!contains(&world.findings("DQ-07"), "three digits"));
}

/// The codes of proposals are codes of bodies.
#[test]
fn codes_that_mean_something_else_are_refused_in_proposals() {
    for code in ["__outside__", "H;1"] {
        let world = World::new();
        let proposal = format!("\n[[what_if]]\nid = \"w\"\nlayer = \"h\"\nmerge = [{{ into = \"{code}\", codes = [\"H1\", \"H2\"] }}]\n");
        world.config(&proposal);
        let told = String::from_utf8_lossy(&world.run().code(2).get_output().stderr).into_owned();
        assert!(told.contains(&format!("the code \"{code}\"")), "{told}");
    }
}

/// Row 3 of an old workbook is hidden.
#[test]
fn hidden_rows_of_an_old_workbook_are_reported() {
    let world = World::new();
    world.config(NHS);
    world.instead("path = \"nhs.csv\"", "path = \"nhs.xls\"");
    world
        .instead("service = { column = \"service\" }", "service = \"all\"")
        .instead("fiscal_year = { column = \"year\" }", "fiscal_year = \"2001-02\"");
    fs::write(world.at("nhs.xls"), workbooks::with_hidden_row(2)).unwrap();
    assert!(contains(&world.findings("DQ-24"), "hides 1 row and 2 columns; the first hidden row is 3"), "{:?}", world.findings("DQ-24"));
    fs::write(world.at("nhs.xls"), workbooks::usual()).unwrap();
    assert_eq!(world.findings("DQ-24"), Vec::<String>::new());
}
