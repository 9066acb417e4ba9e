//! Schemes as points, practices and areas, placed in bodies by hand.

use coterminous::budgets::{Reach, count_kinds, place_areas, place_members, read_members};
use coterminous::config::{Config, Members, PracticeLookup, SchemeKind, SchemePlan, SchemeSource, TableSource, Tolerances};
use coterminous::domain::{Finding, Grid, Layer, People, Role, TextTable};
use coterminous::tables::{self, Value};
use coterminous::weights::{Overlays, Population, relate};
use jiff::civil::date;

use super::support::{built, square};

fn plan(kind: SchemeKind, source: SchemeSource) -> SchemePlan {
    let valid = (Some(date(1991, 4, 1)), Some(date(1999, 3, 31)));
    SchemePlan { id: "s".to_owned(), kind, source, holds_budget: Some(true), valid_from: valid.0, valid_to: valid.1, line: 1 }
}

fn members(scheme: Option<&str>) -> Members {
    Members {
        table: TableSource::new("members.csv", None),
        code: "practice".to_owned(),
        scheme: scheme.map(str::to_owned),
        name: None,
        people: Some("list".to_owned()),
    }
}

fn points(scheme: Option<&str>) -> SchemePlan {
    plan(SchemeKind::Fundholding, SchemeSource::Points { members: members(scheme), x: "x".to_owned(), y: "y".to_owned() })
}

fn table(columns: &[&str], rows: &[&[&str]]) -> TextTable {
    let mut table = TextTable::new("members.csv", None, columns.iter().map(|column| (*column).to_owned()).collect());
    for (row, number) in rows.iter().zip(2..) {
        table.push(number, row.iter().copied());
    }
    table
}

/// Two bodies side by side: A from 0 to 100 m, B from 100 to 300 m; A had its first day in 1999, B's layer the same.
fn bodies() -> (Grid, Layer) {
    let grid = Grid::covering((0.0, 0.0), (1000.0, 1000.0));
    let shapes = [square("A", 0.0, 0.0, 100.0, 100.0), square("B", 100.0, 0.0, 200.0, 100.0)];
    let mut layer = built("pcg", Role::Health, &shapes, &grid).layer;
    layer.valid_from = Some(date(1999, 4, 1));
    (grid, layer)
}

/// Group, body, members, people.
type Told<'a> = (&'a str, Option<&'a str>, Option<u64>, Option<People>);

fn told(reach: &[Reach]) -> Vec<Told<'_>> {
    reach.iter().map(|row| (row.group.as_str(), row.code.as_deref(), row.members, row.people)).collect()
}

fn lost(findings: &[Finding]) -> Vec<(&str, Option<i64>)> {
    assert!(findings.iter().all(|finding| finding.id == "DQ-04"));
    findings.iter().map(|finding| (finding.code.as_deref().unwrap(), finding.record)).collect()
}

#[test]
fn points_are_in_the_body_they_lie_in() {
    let (grid, layer) = bodies();
    let plan = points(Some("pilot"));
    let rows: &[&[&str]] = &[
        &["P1", "50", "50", "1,000", "north"],
        &["P2", "250", "50", "2,000", "north"],
        // On the common boundary: to the east of it.
        &["P3", "100", "50", "500", "north"],
        &["P4", "50", "20", "*", "south"],
        &["P5", "50", "30", "4000", "south"],
        &["P6", "500", "50", "10", "south"],
        &["P7", "", "50", "10", "south"],
    ];
    let rows = read_members(&plan, Some(&table(&["practice", "x", "y", "list", "pilot"], rows)), None).unwrap().unwrap();
    let (mut reach, findings, proofs) = place_members(&plan, &rows, &[&layer], &grid);
    count_kinds(&mut reach);
    // north: 1,000 in A; 2,000 + 500 in B. south: two in A, one of unknown size; P6 in the sea, P7 nowhere.
    let whole = |people| Some(People::whole(people));
    let expected = [
        ("north", Some("A"), Some(1), whole(1000)),
        ("north", Some("B"), Some(2), whole(2500)),
        ("south", None, Some(2), whole(20)),
        ("south", Some("A"), Some(2), None),
    ];
    assert_eq!(told(&reach), expected);
    assert_eq!(lost(&findings), [("P7", Some(8)), ("P6", Some(7))]);
    assert!(findings[1].detail.contains("its point (500, 50) lies in no area of layer pcg"), "{}", findings[1].detail);
    // 1 + 2 + 2 + 2 = 7 members in, 7 out.
    assert_eq!(proofs.iter().map(|proof| (proof.expected.as_str(), proof.holds)).collect::<Vec<_>>(), [("7", true)]);
    // The scheme ended the day before the layer began.
    assert!(reach.iter().all(|row| row.in_force == Some(false)));
    let published = tables::scheme(&reach);
    published.check().unwrap();
    assert_eq!(published.len(), 4);
    // `__outside__` sorts before the codes of this group.
    assert_eq!((published.value(3, "code"), published.value(2, "kinds_in_body")), (Value::from("__outside__"), Value::from(1i64)));
}

#[test]
fn practices_are_in_the_body_that_a_table_names() {
    let (grid, layer) = bodies();
    let lookup = PracticeLookup { table: TableSource::new("lookup.csv", None), practice: "p".to_owned(), body: "b".to_owned() };
    let mut plan = plan(SchemeKind::TotalPurchasing, SchemeSource::Practices { members: members(None), body: None, lookup: Some(lookup) });
    plan.valid_to = None;
    let names = table(&["p", "b"], &[&["P1", "A"], &["P2", "B"], &["P3", "X"], &["P9", ""]]);
    let practices = table(&["practice", "list"], &[&["P1", "10"], &["P2", "20"], &["P3", "30"], &["P4", "40"]]);
    let rows = read_members(&plan, Some(&practices), Some(&names)).unwrap().unwrap();
    let (reach, findings, proofs) = place_members(&plan, &rows, &[&layer], &grid);
    let whole = |people| Some(People::whole(people));
    // P3's body is in no layer, P4 is not in the lookup: 30 + 40 people in no body.
    let expected = [("s", None, Some(2), whole(70)), ("s", Some("A"), Some(1), whole(10)), ("s", Some("B"), Some(1), whole(20))];
    assert_eq!(told(&reach), expected);
    assert_eq!(lost(&findings), [("P3", Some(4)), ("P4", Some(5))]);
    assert!(proofs.iter().all(|proof| proof.holds));
    // Open since 1991: in force when the layer began.
    assert!(reach.iter().all(|row| row.in_force == Some(true)));
    let twice = table(&["p", "b"], &[&["P1", "A"], &["P1", "B"]]);
    let error = read_members(&plan, Some(&practices), Some(&twice)).unwrap_err().to_string();
    assert!(error.contains("members.csv, record 3, field b: practice `P1` belongs to `B` here and to `A` further up"), "{error}");
    let SchemeSource::Practices { body, lookup, .. } = &mut plan.source else { panic!() };
    (*body, *lookup) = (Some("pcg".to_owned()), None);
    let practices = table(&["practice", "list", "pcg"], &[&["P1", "10", "A"], &["P2", "20", ""]]);
    let rows = read_members(&plan, Some(&practices), None).unwrap().unwrap();
    let (reach, findings, _) = place_members(&plan, &rows, &[&layer], &grid);
    assert_eq!(told(&reach), [("s", None, Some(1), whole(20)), ("s", Some("A"), Some(1), whole(10))]);
    assert_eq!(lost(&findings), [("P2", Some(3))]);
}

#[test]
fn areas_are_overlaid_with_the_bodies() {
    let (grid, layer) = bodies();
    // A zone over the east half of A and the west quarter of B, and one in the sea.
    let zones = built("haz", Role::Other, &[square("Z1", 50.0, 0.0, 100.0, 100.0), square("Z2", 600.0, 0.0, 10.0, 10.0)], &grid).layer;
    let related = relate(&Overlays::default(), &grid, &layer, &zones, &Population::None, &Tolerances::default()).unwrap();
    let plan = plan(SchemeKind::HealthActionZone, SchemeSource::Areas { layer: 1 });
    let (mut reach, findings) = place_areas(&plan, &layer, &related.relation);
    // And a pilot of another kind in A.
    let points = points(None);
    let rows = read_members(&points, Some(&table(&["practice", "x", "y", "list"], &[&["P1", "50", "50", ""]])), None).unwrap().unwrap();
    let points = SchemePlan { id: "t".to_owned(), ..points };
    reach.extend(place_members(&points, &rows, &[&layer], &grid).0);
    count_kinds(&mut reach);
    let rows: Vec<_> = reach
        .iter()
        .map(|row| (row.scheme.as_str(), row.group.as_str(), row.code.as_deref(), row.area_m2, row.share_of_body, row.kinds_in_body))
        .collect();
    // 50 m of A's 100, 50 m of B's 200, 100 m high; two kinds are at work in A.
    let expected = [
        ("s", "Z1", Some("A"), Some(5000.0), Some(0.5), 2),
        ("s", "Z1", Some("B"), Some(5000.0), Some(0.25), 1),
        ("s", "Z2", None, None, None, 0),
        ("t", "s", Some("A"), None, None, 2),
    ];
    assert_eq!(rows, expected);
    assert_eq!(findings.iter().map(|f| (f.id, f.code.as_deref())).collect::<Vec<_>>(), [("DQ-04", Some("Z2"))]);
}

#[test]
fn members_that_cannot_be_read_are_named() {
    let plan = points(None);
    for (rows, says) in [
        (&[&["P1", "here", "1", ""][..]][..], "members.csv, record 2, field x: `here`, expected a coordinate in metres, or blank"),
        (&[&["P1", "1", "1", "-5"][..]][..], "members.csv, record 2, field list: `-5`, expected a number of people"),
        (&[&["", "1", "1", ""][..]][..], "members.csv, record 2, field practice: a blank cell, expected a code"),
        (
            &[&["P1", "1", "1", ""][..], &["P1", "2", "2", ""][..]][..],
            "members.csv, record 3, field practice: member `P1` of s is in row 2 already",
        ),
    ] {
        let error = read_members(&plan, Some(&table(&["practice", "x", "y", "list"], rows)), None).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.exit_code(), 3);
    }
    let error = read_members(&plan, Some(&table(&["practise", "x", "y", "list"], &[])), None).unwrap_err().to_string();
    assert!(error.contains("there is no column \"practice\"") && error.contains("did you mean \"practise\"?"), "{error}");
}

#[test]
fn a_scheme_is_exactly_one_of_points_practices_and_areas() {
    let config = |scheme: &str| {
        let text =
            format!("[run]\nname = \"t\"\n[[layer]]\nid = \"h\"\nrole = \"health\"\npath = \"h.zip\"\n[[scheme]]\nid = \"s\"\n{scheme}\n");
        Config::parse("config/t.toml".as_ref(), &text, &coterminous::pipeline::rules(), &|_| None).map_err(|error| error.to_string())
    };
    for (scheme, says) in [
        ("kind = \"fundholders\"", "kind `fundholders`"),
        ("kind = \"other\"", "exactly one of points (a table), practices (a table) and areas (a layer)"),
        ("kind = \"other\"\nareas = \"h\"\npoints = \"p.csv\"", "exactly one of"),
        ("kind = \"other\"\nareas = \"g\"", "`g`"),
        ("kind = \"other\"\nareas = \"h\"\nx = \"e\"", "x does not go with areas; remove it"),
        ("kind = \"other\"\npoints = \"p.csv\"\ncode = \"c\"\nx = \"e\"", "points needs y, the name of a column; add it"),
        ("kind = \"other\"\npractices = \"p.csv\"\ncode = \"c\"", "exactly one of body (a column of the table) and lookup"),
        ("kind = \"other\"\nareas = \"h\"\nvalid_from = 1999-04-01\nvalid_to = 1998-04-01", "valid_to is 1998-04-01, before valid_from"),
        ("kind = \"other\"\npoints = \"p.csv\"\ncode = \"c\"\nx = \"e\"\ny = \"n\"\nheader_row = 0", "header_row is 0, expected 1 or more"),
    ] {
        let error = config(scheme).unwrap_err();
        assert!(error.contains(says), "{scheme}: {error}");
    }
    let plan = config("kind = \"pms_pilot\"\nareas = \"h\"\nholds_budget = false").unwrap();
    assert_eq!((plan.schemes[0].kind, plan.schemes[0].holds_budget), (SchemeKind::PmsPilot, Some(false)));
}
