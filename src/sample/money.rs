//! Budgets on both sides of the line, sized by the published pounds a head (domain.md B20), with what is unknown left unknown.

use super::country::{Body, Country};
use super::places::Kind;
use super::random::Random;
use super::sheet::{File, Sheet};
use crate::error::Result;

/// NHS programmes: text in the files, service of the crosswalk, pounds a head in 1999-2000.
const PROGRAMMES: &[(&str, &str, i64)] = &[
    ("General and acute", "acute", 330),
    ("Community health services", "community", 82),
    ("GP prescribing and practice", "primary", 110),
    ("Care of the elderly", "older_people", 60),
    ("Mental illness", "mental_health", 72),
    ("Learning disability", "learning_disability", 31),
    ("Physical disability", "physical_sensory", 6),
    ("Children's services", "children_families", 18),
    ("Community equipment", "equipment", 3),
    ("Support of carers", "carers", 1),
    ("Rehabilitation and intermediate care", "intermediate_care", 8),
];

/// Client groups of councils likewise; together the 185 pounds a head of social services.
const CLIENT_GROUPS: &[(&str, &str, i64)] = &[
    ("Older people", "older_people", 80),
    ("Children and families", "children_families", 47),
    ("Adults with mental health needs", "mental_health", 10),
    ("Adults with learning disabilities", "learning_disability", 27),
    ("Adults with a physical or sensory disability", "physical_sensory", 13),
    ("Equipment and adaptations", "equipment", 3),
    ("Carers", "carers", 1),
    ("Intermediate care", "intermediate_care", 4),
];

/// Text of a council line that the service crosswalk does not have.
const UNMAPPED: &str = "Asylum seekers";

/// One budget file of the sample.
struct Budget {
    kind: Kind,
    path: &'static str,
    control: &'static str,
    code_column: &'static str,
    amount_column: &'static str,
    year: &'static str,
    services: &'static [(&'static str, &'static str, i64)],
    /// Growth over 1999-2000, per cent.
    growth: i64,
    basis: &'static str,
}

const BUDGETS: &[Budget] = &[
    Budget {
        kind: Kind::Pcg1999,
        path: "pcg_allocations_1999-00.csv",
        control: "pcg_allocations_1999-00_control.csv",
        code_column: "PCG99CD",
        amount_column: "Allocation_000s",
        year: "1999-00",
        services: PROGRAMMES,
        growth: 100,
        basis: "registered",
    },
    Budget {
        kind: Kind::Pct2002,
        path: "pct_allocations_2002-03.csv",
        control: "pct_allocations_2002-03_control.csv",
        code_column: "PCT02CD",
        amount_column: "Allocation_000s",
        year: "2002-03",
        services: PROGRAMMES,
        growth: 132,
        basis: "registered",
    },
    Budget {
        kind: Kind::Pct2006,
        path: "pct_allocations_2006-07.csv",
        control: "pct_allocations_2006-07_control.csv",
        code_column: "PCT06CD",
        amount_column: "Allocation_000s",
        year: "2006-07",
        services: PROGRAMMES,
        growth: 186,
        basis: "registered",
    },
    Budget {
        kind: Kind::Council1999,
        path: "pss_1999-00.csv",
        control: "pss_1999-00_control.csv",
        code_column: "CTYUA99CD",
        amount_column: "gross_current_000s",
        year: "1999-00",
        services: CLIENT_GROUPS,
        growth: 100,
        basis: "resident",
    },
    Budget {
        kind: Kind::Council2006,
        path: "pss_2006-07.csv",
        control: "pss_2006-07_control.csv",
        code_column: "CTYUA06CD",
        amount_column: "gross_current_000s",
        year: "2006-07",
        services: CLIENT_GROUPS,
        growth: 205,
        basis: "resident",
    },
];

/// Bodies of the story whose money is told on purpose.
pub(super) struct Told<'a> {
    /// Council that has no line for carers, though it states the others (BUD-02).
    pub(super) without_carers: Option<&'a Body>,
    /// Council that spends half as much again a head (BUD-09).
    pub(super) generous: Option<&'a Body>,
    /// Council without any row (DQ-08).
    pub(super) silent: Option<&'a Body>,
    /// PCG whose pooled line is at practice level (LVL-01, LVL-03).
    pub(super) practice: Option<&'a Body>,
    /// PCG whose pooled line is at locality level, all other money at strategic level (LVL-02).
    pub(super) locality: Option<&'a Body>,
    /// PCG whose only joint money is a grant (BUD-07).
    pub(super) earmarked: Option<&'a Body>,
    /// PCG that pools a hundredth of one service, with a council that pools nothing (BUD-05).
    pub(super) fragmented: Option<&'a Body>,
    /// Bodies without a pool (GOV-05, GOV-06, BUD-07).
    unpooled: Vec<&'a Body>,
}

pub(super) fn told(country: &Country) -> Told<'_> {
    let earmarked = country.told(Kind::Pcg1999, "a PCG of the county reaches", 'a');
    let unpooled = [
        earmarked,
        country.told(Kind::Council1999, "a PCG of the county reaches", 'A'),
        country.told(Kind::Pcg1999, "one to one throughout", 'a'),
        country.told(Kind::Council1999, "one to one throughout", 'A'),
        country.told(Kind::Pcg1999, "the middle PCG spans", 'b'),
        country.told(Kind::Council1999, "the middle PCG spans", 'B'),
        country.told(Kind::Council1999, "county of four districts", 'A'),
    ];
    Told {
        practice: country.told(Kind::Pcg1999, "near miss", 'a'),
        locality: country.told(Kind::Pcg1999, "a PCG of two whole boroughs", 'b'),
        earmarked,
        fragmented: country.told(Kind::Pcg1999, "county of four districts", 'a'),
        unpooled: unpooled.into_iter().flatten().collect(),
        without_carers: country.told(Kind::Council1999, "one to one throughout", 'A'),
        generous: country.told(Kind::Council1999, "the middle PCG spans", 'B'),
        silent: country.told(Kind::Council1999, "two PCGs of two quarters", 'B'),
    }
}

/// Code of a row that is in no layer (DQ-04).
pub(super) const STRAY_CODE: &str = "X99999999";

/// Pounds by which a published control differs from its rows (DQ-05).
const WRONG_BY: i64 = 1_000_000;

/// Budget tables with their control totals, and the service crosswalk.
pub(super) fn files(country: &Country) -> Result<Vec<File>> {
    let mut files = vec![crosswalk()?];
    for (number, budget) in BUDGETS.iter().enumerate() {
        let (lines, control) = tables(country, budget, number as u64)?;
        files.push(lines);
        files.push(control);
    }
    Ok(files)
}

fn crosswalk() -> Result<File> {
    let mut sheet = Sheet::new("services.csv", &["from", "to"]);
    for (text, service, _) in PROGRAMMES.iter().chain(CLIENT_GROUPS) {
        sheet.row(&[text, service]);
    }
    sheet.sort();
    sheet.file()
}

fn tables(country: &Country, budget: &Budget, number: u64) -> Result<(File, File)> {
    let header = [budget.code_column, "name", "fin_year", "service", "mechanism", "level", "pop_basis", budget.amount_column];
    let mut sheet = Sheet::new(budget.path, &header);
    let mut totals = vec![0i64; budget.services.len()];
    let told = told(country);
    let is = |body: &Body, other: Option<&Body>| other.is_some_and(|other| other.code == body.code);
    let council = matches!(budget.kind, Kind::Council1999 | Kind::Council2006);
    let mut random = Random::new(country.seed, 5_000_000 + number);
    let mut unmapped = 0;
    for (index, (body, people)) in country.bodies(budget.kind).iter().zip(country.people(budget.kind)).enumerate() {
        if council && is(body, told.silent) {
            continue;
        }
        let (practice, locality) = (is(body, told.practice), is(body, told.locality));
        let (earmarked, fragmented) = (is(body, told.earmarked), is(body, told.fragmented));
        let unpooled = told.unpooled.iter().any(|other| is(body, Some(other)));
        let generous = if council && is(body, told.generous) { 150 } else { 100 };
        for ((service, canonical, a_head), total) in budget.services.iter().zip(&mut totals) {
            if *canonical == "carers" && is(body, told.without_carers) {
                continue;
            }
            let chance = if generous == 100 { random.between(90, 110) } else { 100 };
            let pounds = people * a_head * budget.growth / 100 * generous / 100 * chance / 100;
            let by_hand = practice || locality || fragmented || unpooled;
            // A control total can only hold where every row is known: the allocations of 2002 have one in the config.
            let unknown = random.between(0, 89) == 0 && !by_hand && budget.kind != Kind::Pct2002;
            // One body in three pools a little of its learning disability money (Audit Commission 2009: 3.4% of all spending).
            let pools = practice || locality || fragmented || (index % 3 == 0 && !unpooled);
            let pool = match (*canonical == "learning_disability" && pools, fragmented) {
                (true, true) => pounds / 100,
                (true, false) => pounds * random.between(5, 40) / 100,
                (false, _) => 0,
            };
            let mut line = |mechanism: &str, level: &str, amount: &str| {
                sheet.row(&[&body.code, &body.name, budget.year, service, mechanism, level, budget.basis, amount]);
            };
            if unknown {
                // The ways in which published tables say that a figure is not known.
                let cell = ["", "*", "..", "-"].get(index % 4).copied().unwrap_or("");
                line("mainstream", "strategic", cell);
                continue;
            }
            let level = if practice && *canonical == "learning_disability" { "practice" } else { "strategic" };
            line("mainstream", level, &thousands(pounds - pool));
            if pool > 0 {
                let level = match (practice, locality, index % 2) {
                    (true, ..) => "practice",
                    (_, true, _) | (.., 0) => "locality",
                    _ => "strategic",
                };
                line("pooled", level, &thousands(pool));
            }
            *total += pounds;
            // Earmarked money (S3: partnership, prevention and carers grants; S2: "funny monies").
            let extra = match (*canonical, index % 5) {
                ("carers", _) if earmarked => Some("grant"),
                _ if by_hand => None,
                ("carers", 1) => Some("grant"),
                ("intermediate_care", 2) => Some("grant"),
                ("mental_health", 3) => Some("joint_finance"),
                ("older_people", 4) => Some("transfer"),
                _ => None,
            };
            if let Some(mechanism) = extra {
                let amount = people * random.between(1, 3) * budget.growth / 100;
                line(mechanism, "locality", &thousands(amount));
                *total += amount;
            }
        }
        if council && index % 17 == 3 {
            let amount = people * 2;
            sheet.row(&[&body.code, &body.name, budget.year, UNMAPPED, "grant", "strategic", budget.basis, &thousands(amount)]);
            unmapped += amount;
        }
    }
    let stray = 123_456;
    if let (Some((service, _, _)), Some(total)) = (budget.services.first(), totals.first_mut()) {
        sheet.row(&[STRAY_CODE, "Not to be found", budget.year, service, "mainstream", "strategic", budget.basis, &thousands(stray)]);
        *total += stray;
    }
    // The control of one budget is not what its rows sum to (DQ-05).
    if budget.kind == Kind::Council2006
        && let Some(total) = totals.first_mut()
    {
        *total += WRONG_BY;
    }
    let mut control = Sheet::new(budget.control, &["service", "amount_000s"]);
    for ((service, _, _), total) in budget.services.iter().zip(&totals) {
        control.row(&[service, &thousands(*total)]);
    }
    if unmapped > 0 {
        control.row(&[UNMAPPED, &thousands(unmapped)]);
    }
    Ok((sheet.file()?, control.file()?))
}

/// Pounds as thousands with three decimals.
fn thousands(pounds: i64) -> String {
    format!("{}.{:03}", pounds / 1000, pounds % 1000)
}
