//! Rules of a user's own: what fires, what does not, what is unknown, and what is refused before anything is read.

use std::path::Path;

use coterminous::Error;
use coterminous::alignment::Side;
use coterminous::config::{Config, OwnRule, Plan};
use coterminous::domain::{Pence, People, Severity};
use coterminous::nesting::nest_all;
use coterminous::obstructions::{self, Confidence, Obstruction};
use coterminous::pipeline;
use coterminous::tables::{self, Table};

use super::obstructions::{Case, subjects};

const HEAD: &str = "[run]\nname = \"test\"\n[[layer]]\nid = \"h\"\nrole = \"health\"\npath = \"h.zip\"\n";

fn parse(text: &str) -> Result<Plan, Error> {
    Config::parse(Path::new("config/test.toml"), &format!("{HEAD}{text}"), &pipeline::rules(), &|_| None)
}

/// A rule of id OWN-1 with a title, over a table.
fn text(table: &str, condition: &str, more: &str) -> String {
    let condition = toml::Value::String(condition.to_owned());
    let message = if more.contains("message") { "" } else { "message = \"said\"\n" };
    format!("[[obstructions.rule]]\nid = \"OWN-1\"\ntitle = \"t\"\ntable = \"{table}\"\ncondition = {condition}\n{message}{more}\n")
}

fn rule(table: &str, condition: &str, more: &str) -> OwnRule {
    parse(&text(table, condition, more)).unwrap_or_else(|error| panic!("{error}")).obstructions.own.remove(0)
}

fn refused(text: &str) -> String {
    match parse(text) {
        Err(error @ Error::Config { line: Some(_), .. }) => {
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        }
        other => panic!("expected a config error with a line, got {other:?}"),
    }
}

/// Trust 1: 60,000 in council 1, 40,000 in council 2. Trust 2: 100,000 in council 2, 400 outside.
fn country() -> Case {
    Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 400]])
}

fn overlaps() -> Table {
    tables::overlap(&country().alignments)
}

fn ask(table: &Table, condition: &str, more: &str) -> Vec<Obstruction> {
    obstructions::ask(&rule(table.spec.name, condition, more), table)
}

#[test]
fn decimals_are_compared_as_decimals() {
    // 40% of trust 1 are in council 2; 0.4 - 0.3 is a little more than 0.1 in binary, 0.4 - 0.1 a little more than 0.3.
    let fires = |condition: &str| pairs(&ask(&overlaps(), &format!("left_code = 'P1' and right_code = 'L2' and {condition}"), "")).len();
    assert_eq!(fires("share_left_people - 0.3 > 0.1"), 0);
    assert_eq!(fires("share_left_people - 0.3 >= 0.1"), 1);
    assert_eq!(fires("share_left_people - 0.3 = 0.1"), 1);
    assert_eq!(fires("share_left_people - 0.3 > 0.099999"), 1);
    assert_eq!(fires("share_left_people - 0.1 <= 0.3"), 1);
    assert_eq!(fires("share_left_people < 0.4"), 0);
    // Whole numbers stay apart: 40,000 people are not 40,001.
    assert_eq!(fires("people >= 40001"), 0);
}

/// "P1 L2" for each obstruction.
fn pairs(found: &[Obstruction]) -> Vec<String> {
    let code = |code: &Option<String>| code.clone().unwrap_or_else(|| "-".to_owned());
    found.iter().map(|found| format!("{} {}", code(&found.subject_code), code(&found.partner_code))).collect()
}

#[test]
fn the_worked_example_of_the_page_fires_once_and_says_what_it_should() {
    // docs/obstructions.md: 40,000 of 100,000 is 0.4 of the body; 60,000 is 0.6 and does not fire.
    let more = "severity = \"high\"\nvalue = \"share_left_people\"\nthreshold = 0.5\nsource = \"joint board\"\n\
                message = \"{people} residents of {left_name} live in {right_name}: {share_left_people} against {threshold}, {pounds}.\"";
    let found = ask(&overlaps(), "significant AND people >= 10000 AND share_left_people < 0.5", more);
    assert_eq!(pairs(&found), ["P1 L2"]);
    let [found] = found.as_slice() else { unreachable!() };
    assert_eq!(found.message, "40,000 residents of Trust 1 live in Council 2: 0.4 against 0.5, not known.");
    assert_eq!((&*found.id, &*found.title, found.family, found.severity), ("OWN-1", "t", "OWN", Severity::High));
    assert_eq!((found.alignment.as_deref(), found.subject_side), (Some("test"), Some(Side::Health)));
    assert_eq!(found.subject_name.as_deref(), Some("Trust 1"));
    assert_eq!((&*found.metric, found.value, found.threshold, &*found.unit), ("share_left_people", Some(0.4), Some(0.5), "share 0-1"));
    assert_eq!((found.people, found.pence, found.confidence), (Some(People::whole(40_000)), None, Confidence::Declared));
    assert_eq!(&*found.source, "joint board");
    // A row more than the threshold allows none.
    assert!(ask(&overlaps(), "significant AND people >= 40001 AND share_left_people < 0.5", "").is_empty());
    assert_eq!(&*ask(&overlaps(), "people = 40000", "")[0].source, "test.toml");
}

#[test]
fn conditions_mean_what_sql_means() {
    let table = overlaps();
    let fires = |condition: &str| pairs(&ask(&table, condition, ""));
    // The rows by key: P1 L1 (60,000), P1 L2 (40,000), P2 L2 (100,000), and the 400 of P2 outside any council.
    assert_eq!(fires("TRUE"), ["P1 L1", "P1 L2", "P2 L2", "P2 __outside__"]);
    assert!(fires("FALSE").is_empty());
    assert_eq!(fires("people = 60000 OR people = 100000 AND left_code = 'P1'"), ["P1 L1"]);
    assert_eq!(fires("(people = 60000 OR people = 100000) AND left_code = 'P2'"), ["P2 L2"]);
    // Whether an uncovered part is significant is not known, so neither it nor its opposite holds.
    assert!(fires("NOT significant").is_empty());
    assert_eq!(fires("significant IS NULL"), ["P2 __outside__"]);
    assert_eq!(fires("people BETWEEN 40000 AND 60000"), ["P1 L1", "P1 L2"]);
    assert_eq!(fires("people NOT BETWEEN 400 AND 60000"), ["P2 L2"]);
    assert_eq!(fires("left_code IN ('P2', 'P3') AND right_code NOT IN ('__outside__')"), ["P2 L2"]);
    assert_eq!(fires("right_name = 'Council 1'"), ["P1 L1"]);
    assert_eq!(fires("left_code < 'P2'"), ["P1 L1", "P1 L2"]);
    // 60,000 / 100,000 + 0.1 is 0.7 within a rounding; -2 * -30,000 is 60,000.
    assert_eq!(fires("abs(people / 100000 + 0.1 - 0.7) < 1e-9"), ["P1 L1"]);
    assert_eq!(fires("people - -2 * -30000 = 0"), ["P1 L1"]);
    assert_eq!(fires("people + -2 * 30000 = 0"), ["P1 L1"]);
}

#[test]
fn what_is_unknown_fires_nothing_but_is_null() {
    // Without people, every figure of people is null.
    let mut relation = country().alignments.remove(0).relation;
    relation.has_people = false;
    for body in relation.left.iter_mut().chain(&mut relation.right) {
        body.people = None;
    }
    for pair in &mut relation.pairs {
        (pair.amounts.people, pair.amounts.people_low, pair.amounts.people_high) = (None, None, None);
    }
    for outside in relation.left_outside.iter_mut().chain(&mut relation.right_outside) {
        (outside.people, outside.people_low, outside.people_high) = (None, None, None);
    }
    let alignment = coterminous::alignment::measure("test", "pct", "la", relation, &Default::default());
    let table = tables::overlap(&[alignment]);
    let count = |condition: &str| ask(&table, condition, "").len();
    let all = table.len();
    assert!(all >= 3);
    for unknown in [
        "people < 500",
        "NOT (people < 500)",
        "people = people",
        "people <> 7",
        "people IN (1, 2)",
        "people NOT IN (1, 2)",
        "people + 1 > 0",
        "people BETWEEN 0 AND 1e12",
        "people > 1 AND TRUE",
        "people > 1 OR FALSE",
        "area_m2 / 0 > 1",
        "(people > 1) = TRUE",
    ] {
        assert_eq!(count(unknown), 0, "{unknown}");
    }
    // Where the known half decides, it decides.
    assert_eq!(count("people > 1 OR area_m2 >= 0"), all);
    assert_eq!(count("NOT (people > 1 AND area_m2 < 0)"), all);
    assert_eq!(count("people IS NULL"), all);
    assert_eq!(count("people IS NOT NULL"), 0);
    // A member that is met decides, whatever else the list holds.
    assert_eq!(count("area_m2 IN (people, area_m2)"), all);
    assert_eq!(ask(&table, "TRUE", "message = \"{people}\"")[0].message, "not known");
}

#[test]
fn columns_are_the_tables_own_or_those_that_are_named() {
    let case = country().lines(&[&["P1", "1000", "carers", "mainstream"]], &[&["L2", "700", "carers", "pooled"]]);
    let paired: Vec<_> = case.alignments.iter().zip(&case.pairs).map(|(alignment, (_, pairs))| (alignment, pairs.as_slice())).collect();
    let table = tables::budget_alignment(&paired);
    let found = ask(&table, "right_code = 'L2' AND left_code = 'P1'", "pence = \"health_pence\"");
    // 40% of 1,000 pounds.
    assert_eq!((found[0].pence, found[0].people, found[0].service.as_deref()), (Some(Pence(40_000)), None, Some("carers")));
    let turned = ask(&table, "right_code = 'L2' AND left_code = 'P1'", "subject = \"right_code\"");
    assert_eq!((pairs(&turned), turned[0].subject_side), (vec!["L2 P1".to_owned()], Some(Side::Council)));
    // Sides of a table that says them.
    let nestings = nest_all(&case.alignments, 500.0);
    let bodies = tables::coterminosity(case.alignments.iter().zip(nestings.iter().map(Vec::as_slice)));
    let found = ask(&bodies, "basis = 'people' AND class = 'spanning'", "value = \"main_share\"");
    assert_eq!(
        (subjects(&found), found[0].subject_side, found[0].subject_name.as_deref()),
        (vec!["P1"], Some(Side::Health), Some("Trust 1"))
    );
    let councils = ask(&bodies, "basis = 'people' AND side = 'council'", "");
    assert!(councils.len() == 2 && councils.iter().all(|found| found.subject_side == Some(Side::Council)), "{councils:?}");
    // Over the program's own obstructions.
    let flags = tables::obstruction(&case.find());
    let again = ask(&flags, "obstruction_id = 'BND-01'", "");
    assert_eq!((subjects(&again), again[0].people), (vec!["P1"], Some(People::whole(40_000))));
}

#[test]
fn a_rule_that_cannot_be_is_refused_with_its_line_and_place() {
    for (text, said) in [
        (
            text("overlap", "poeple > 1", ""),
            "config/test.toml:11: rule OWN-1: in its condition, line 1, column 1: table overlap has no column `poeple`; did you mean `people`?",
        ),
        (text("overlaps", "TRUE", ""), "rule OWN-1: unknown table `overlaps`; did you mean `overlap`?"),
        (text("place", "TRUE", ""), "table place is made from obstructions, after every rule"),
        (text("overlap", "people > 'many'", ""), "people is a number and 'many' is text"),
        (text("overlap", "TRUE", "value = \"left_code\""), "column `left_code` is text, expected a number"),
        (text("overlap", "TRUE", "value = \"sharp\""), "column `sharp` of table overlap"),
        (text("overlap", "TRUE", "people = \"area_m2\""), "column `area_m2` is a number, expected a number of people"),
        (text("overlap", "TRUE", "severity = \"dire\""), "rule OWN-1: unknown severity `dire`"),
        (text("overlap", "TRUE", "side = \"helth\""), "column `helth` of table overlap"),
        (text("overlap", "TRUE", "message = \"{peple}\""), "unknown part `{peple}` of a message; did you mean `people`?"),
        (text("overlap", "TRUE", "message = \"{message}\""), "unknown part `{message}`"),
        (text("overlap", "TRUE", "message = \"{people\""), "opened and not closed"),
        (text("overlap", "TRUE", "message = \" \""), "the text is empty"),
        (text("overlap", "TRUE", "threshold = inf"), "expected a finite number"),
        (text("overlap", "TRUE", "treshold = 1"), "treshold"),
        (text("overlap", "TRUE", "").replace("OWN-1", "BND-13"), "ids that start with BND- are the program's own"),
        (text("overlap", "TRUE", "").replace("OWN-1", "bud-02"), "ids that start with BUD- are the program's own"),
        (text("overlap", "TRUE", "").replace("OWN-1", "severity"), "that is a key of [obstructions]"),
        (text("overlap", "TRUE", "").replace("OWN-1", "a/b"), "cannot be an id"),
        (text("overlap", "TRUE", "") + &text("rate", "TRUE", ""), "the rule of line 8 has that id too"),
        ("[[obstructions.rule]]\nid = \"OWN-1\"\n".to_owned(), "missing"),
        (text("overlap", "TRUE", "") + "[obstructions]\ndisable = [\"OWN-2\"]\n", ""),
    ] {
        let message = if said.is_empty() { parse(&text).unwrap_err().to_string() } else { refused(&text) };
        assert!(message.contains(said), "expected {said:?} in {message:?}");
    }
}

#[test]
fn a_rule_of_ones_own_takes_the_place_of_a_disabled_one() {
    let plan = parse(&format!(
        "[obstructions]\ndisable = [\"BND-05\", \"OWN-2\"]\nBND-01 = {{ share = 0.5 }}\nseverity = {{ \"BND-01\" = \"low\" }}\n\
         {}{}",
        text("overlap", "people > 1 AND NOT significant", ""),
        text("overlap", "TRUE", "").replace("OWN-1", "OWN-2"),
    ))
    .unwrap();
    assert_eq!(plan.obstructions.disable, ["BND-05", "OWN-2"]);
    // 3% of P1: no significant pair for it (3,000 of 97,000 + 3,000), nor for L2 (3,000 of 103,000).
    let mut case = Case::new(&[&[97_000, 3_000, 0], &[0, 100_000, 0]]);
    assert_eq!(subjects(&case.of("BND-05")), ["P1"]);
    case.settings = plan.obstructions.clone();
    assert!(case.of("BND-05").is_empty());
    let own = obstructions::ask(&plan.obstructions.own[0], &tables::overlap(&case.alignments));
    assert_eq!(pairs(&own), ["P1 L2"]);
    // The override of a rule of the program stands beside it.
    let mut spanning = country();
    spanning.settings = plan.obstructions;
    assert_eq!(spanning.of("BND-01").iter().map(|found| found.severity).collect::<Vec<_>>(), [Severity::Low]);
}

#[test]
fn the_samples_own_rule_is_published_with_the_others_and_can_be_disabled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("config/sample.toml");
    let computed =
        |plan: &Plan| pipeline::compute(plan, pipeline::read(plan, &pipeline::Unwatched).unwrap(), &pipeline::Unwatched).unwrap();
    let mut plan = Config::load(&path, &pipeline::rules()).unwrap();
    let results = computed(&plan);
    let own: Vec<&Obstruction> = results.obstructions.iter().filter(|found| found.family == "OWN").collect();
    assert!(!own.is_empty());
    // Held against the relation itself, not against the table that the rule reads.
    let mut expected = 0;
    for alignment in &results.alignments {
        for (pair, metrics) in alignment.relation.pairs.iter().zip(&alignment.pairs) {
            let large = pair.amounts.people.is_some_and(|people| people >= People::whole(10_000));
            expected += usize::from(metrics.significant && large && metrics.share_left_people.is_some_and(|share| share < 0.5));
        }
    }
    assert_eq!(own.len(), expected);
    plan.obstructions.disable.push("OWN-01".to_owned());
    assert!(computed(&plan).obstructions.iter().all(|found| found.family != "OWN"));
}
