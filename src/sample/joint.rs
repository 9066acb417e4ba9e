//! What lies beside the boundaries: attributes of bodies, orders that declare successions, agreements, planning cycles, seats on boards.

use std::collections::BTreeSet;

use super::country::{Body, Country};
use super::money::{self, STRAY_CODE};
use super::places::Kind;
use super::random::Random;
use super::schemes;
use super::sheet::{File, Sheet};
use super::truth::{Declared, Truth};
use crate::error::Result;

/// All these tables.
pub(super) fn files(country: &Country, truth: &Truth) -> Result<Vec<File>> {
    let told = Told::of(country);
    let mut files = schemes::files(&told)?;
    files.push(schemes::zone(country, &told)?);
    files.extend([
        health_attributes(country, &told, Kind::Pcg1999, "pcg_attributes_1999.csv")?,
        health_attributes(country, &told, Kind::Pct2002, "pct_attributes_2002.csv")?,
        health_attributes(country, &told, Kind::Pct2006, "pct_attributes_2006.csv")?,
        council_attributes(country, Kind::Council1999, "council_attributes_1999.csv")?,
        council_attributes(country, Kind::Council2006, "council_attributes_2006.csv")?,
        council_attributes(country, Kind::District1999, "district_attributes_1999.csv")?,
        orders(&truth.pct_2002, "pcg_pct_orders_2002.csv")?,
        orders(&truth.pct_2006, "pct_orders_2006.csv")?,
        agreements(country, truth, &told)?,
        cycles(&told)?,
        governance(truth, &told)?,
        priorities(&told)?,
    ]);
    Ok(files)
}

/// Codes of the bodies whose stories are told on purpose. Public to the truth, which states the same intentions.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// One to one with its council, with board seats but no agreement at all: GOV-05, GOV-02.
    pub(super) idle: (String, String),
    /// Level 1 PCG with joint lines: LVL-04.
    pub(super) advisory: (String, String),
    /// Spans two councils; nothing joint with the second: BUD-03, GOV-01, GOV-03, GOV-06.
    pub(super) neglected: (String, String),
    /// Its agreement runs past the day the PCG merges: MRG-04.
    pub(super) overrun: (String, String),
    /// Likewise, and its code ends with it: CYC-04.
    pub(super) outlived: (String, String),
    /// Three small pools: BUD-05, BUD-06; learning disability but not older people: BUD-08.
    pub(super) fragmented: (String, String),
    /// Joint money is earmarked grants only: BUD-07.
    pub(super) earmarked: (String, String),
    /// Own calendar: CYC-01 to CYC-03.
    pub(super) out_of_step: (String, String),
    /// Two-tier area without a district voice: GOV-04.
    pub(super) voiceless: (String, String),
    /// Registers many more patients than live there: BND-10.
    pub(super) registered: String,
    /// Divided in 2006 with undivided money: MRG-07.
    pub(super) divided: String,
}

impl Told {
    pub(super) fn of(country: &Country) -> Self {
        let code =
            |kind: Kind, story: &str, letter: char| country.told(kind, story, letter).map_or_else(String::new, |body| body.code.clone());
        let pair = |story: &str, health: char, council: char| (code(Kind::Pcg1999, story, health), code(Kind::Council1999, story, council));
        Self {
            idle: pair("one to one throughout", 'a', 'A'),
            advisory: pair("one to one, renamed", 'a', 'A'),
            neglected: pair("the middle PCG spans", 'b', 'B'),
            overrun: pair("two matching PCGs", 'a', 'A'),
            outlived: pair("the inner two", 'b', 'A'),
            fragmented: pair("county of four districts", 'a', 'A'),
            earmarked: pair("a PCG of the county reaches", 'a', 'A'),
            out_of_step: pair("a strip that is equal", 'b', 'B'),
            voiceless: pair("county of four districts", 'b', 'A'),
            registered: code(Kind::Pcg1999, "near miss", 'b'),
            divided: code(Kind::Pct2002, "the middle PCG spans", 'b'),
        }
    }

    /// Pairs whose rows are written by hand, so chance must leave them alone.
    fn pairs(&self) -> BTreeSet<&(String, String)> {
        BTreeSet::from([
            &self.idle,
            &self.advisory,
            &self.neglected,
            &self.overrun,
            &self.outlived,
            &self.fragmented,
            &self.earmarked,
            &self.voiceless,
        ])
    }
}

fn health_attributes(country: &Country, told: &Told, kind: Kind, path: &'static str) -> Result<File> {
    let header = ["code", "org_type", "pcg_level", "registered", "parent_ha", "provides_community", "smallest_practice_list"];
    let mut sheet = Sheet::new(path, &header);
    let mut random = Random::new(country.seed, 6_000_000 + kind.index() as u64);
    let members = country.members(kind);
    for ((index, body), people) in country.bodies(kind).iter().enumerate().zip(country.people(kind)) {
        let level = match (kind, index % 4) {
            (Kind::Pcg1999, _) if body.code == told.advisory.0 => 1,
            (Kind::Pcg1999, 0) => 1,
            (Kind::Pcg1999, _) => 2,
            (_, 0) => 3,
            _ => 4,
        };
        let (idle, advisory) = (body.code == told.idle.0, body.code == told.advisory.0);
        let org_type = match kind {
            Kind::Pcg1999 => "pcg",
            _ if idle => "care_trust",
            _ => "pct",
        };
        // Within 2% of the residents, but for the one body whose practices draw patients from far around.
        let per_mille = if body.code == told.registered { 1_080 } else { random.between(985, 1_020) };
        let registered = people * per_mille / 1_000;
        let parent = members.get(index).and_then(|blocks| blocks.first()).and_then(|block| country.blocks.get(*block));
        let parent = parent.and_then(|block| country.bodies(Kind::Authority1999).get(block.body(Kind::Authority1999)?));
        let list = if idle || advisory || index % 5 == 2 { random.between(1_800, 9_000).to_string() } else { String::new() };
        let community = if level == 4 { "yes" } else { "no" };
        let parent = parent.map_or("", |parent| parent.code.as_str());
        sheet.row(&[&body.code, org_type, &level.to_string(), &registered.to_string(), parent, community, &list]);
    }
    sheet.file()
}

fn council_attributes(country: &Country, kind: Kind, path: &'static str) -> Result<File> {
    let mut sheet = Sheet::new(path, &["code", "tier", "parent_county", "has_social_services", "area_office_population"]);
    let mut random = Random::new(country.seed, 6_000_000 + kind.index() as u64);
    for body in country.bodies(kind) {
        let district = body.letter.is_ascii_lowercase();
        let office = if district { String::new() } else { (random.between(20, 60) * 1_000).to_string() };
        // A shire district is always in council A of its place, or in whichever county has most of it: places have one county each.
        let parent: Option<&Body> = if district {
            country.bodies(Kind::Council1999).iter().find(|other| other.place == body.place && country.tier(other) == "county")
        } else {
            None
        };
        let tier = if district { "shire_district" } else { country.tier(body) };
        sheet.row(&[&body.code, tier, parent.map_or("", |parent| parent.code.as_str()), if district { "no" } else { "yes" }, &office]);
    }
    sheet.file()
}

fn orders(declared: &[Declared], path: &'static str) -> Result<File> {
    let mut sheet = Sheet::new(path, &["from", "to", "reason"]);
    for row in declared {
        sheet.row(&[&row.from, &row.to, row.reason]);
    }
    sheet.sort();
    sheet.row(&[STRAY_CODE, declared.first().map_or("", |row| row.to.as_str()), "other"]);
    sheet.file()
}

fn agreements(country: &Country, truth: &Truth, told: &Told) -> Result<File> {
    let header =
        ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount", "level", "model"];
    let mut sheet = Sheet::new("agreements.csv", &header);
    let mut number = 0;
    let practice = money::told(country).practice.map(|body| body.code.clone());
    let mut add = |pair: &(String, String), service: &str, mechanism: &str, start: &str, end: &str, amount: &str| {
        number += 1;
        // One PCG works jointly by its practices alone; of the rest some are decided by localities, and some do not say.
        let (level, model) = match number % 5 {
            _ if practice.as_ref() == Some(&pair.0) => ("practice", ""),
            0 => ("", "area"),
            1 | 2 => ("strategic", ""),
            3 => ("locality", "locality"),
            _ => ("", ""),
        };
        sheet.row(&[&format!("AG{number:05}"), &pair.0, &pair.1, service, mechanism, start, end, amount, level, model]);
    };
    add(&told.advisory, "mental_health", "joint_investment_plan", "1999-10-01", "2001-03-31", "");
    add(&told.advisory, "learning_disability", "pooled", "2000-04-01", "2001-03-31", "410000");
    add(&told.overrun, "learning_disability", "pooled", "2000-04-01", "2004-03-31", "1250000");
    add(&told.overrun, "older_people", "joint_investment_plan", "2000-04-01", "2004-03-31", "");
    add(&told.outlived, "mental_health", "lead_commissioning", "2001-04-01", "2004-03-31", "3400000");
    for (service, amount) in [("learning_disability", "95000"), ("equipment", "60000"), ("mental_health", "88000")] {
        add(&told.fragmented, service, "pooled", "2000-04-01", "2002-03-31", amount);
    }
    add(&told.earmarked, "carers", "grant", "1999-10-01", "2002-03-31", "75000");
    add(&told.earmarked, "intermediate_care", "joint_finance", "1999-10-01", "2002-03-31", "40000");
    add(&told.voiceless, "mental_health", "lead_commissioning", "2001-04-01", "2002-03-31", "2100000");
    let by_hand = told.pairs();
    let services = ["learning_disability", "mental_health", "learning_disability", "older_people", "equipment", "intermediate_care"];
    let mechanisms =
        ["pooled", "joint_investment_plan", "lead_commissioning", "joint_investment_plan", "integrated_provision", "transfer", "grant"];
    for (pairs, first_year, seed) in [(&truth.pairs_1999, 2000, 1), (&truth.pairs_2006, 2006, 2)] {
        let mut random = Random::new(truth.seed, 7_000_000 + seed);
        for pair in pairs.iter().filter(|pair| !by_hand.contains(pair)) {
            // Two thirds were using or planning the flexibilities (S3).
            if random.between(0, 2) == 0 {
                continue;
            }
            for _ in 0..random.between(1, 3) {
                let mut pick = |words: &[&'static str]| {
                    usize::try_from(random.between(0, words.len() as i64 - 1))
                        .ok()
                        .and_then(|index| words.get(index))
                        .copied()
                        .unwrap_or("")
                };
                let (service, mechanism) = (pick(&services), pick(&mechanisms));
                let amount = if mechanism == "joint_investment_plan" || random.between(0, 9) == 0 {
                    String::new()
                } else {
                    (random.between(4, 400) * 10_000).to_string()
                };
                let years = random.between(1, 2);
                add(pair, service, mechanism, &format!("{first_year}-04-01"), &format!("{}-03-31", first_year + years), &amount);
            }
        }
    }
    sheet.file()
}

fn cycles(told: &Told) -> Result<File> {
    let mut sheet = Sheet::new("cycles.csv", &["side", "code", "year_start", "plan_submit", "budget_set", "horizon_years"]);
    sheet.row(&["health", "", "04-01", "12-15", "03-01", "3"]);
    sheet.row(&["council", "", "04-01", "11-30", "02-20", "3"]);
    // A body that signs off on 14 April (domain.md D: North Yorkshire) and a council with a year and a horizon of its own.
    sheet.row(&["health", &told.out_of_step.0, "04-01", "12-15", "04-14", "3"]);
    sheet.row(&["council", &told.out_of_step.1, "07-01", "11-30", "02-20", "1"]);
    sheet.file()
}

fn governance(truth: &Truth, told: &Told) -> Result<File> {
    let header = [
        "health_code",
        "council_code",
        "board_seat",
        "office",
        "commissioning_subgroup",
        "ssd_member",
        "ssd_consulted_community",
        "ssd_consulted_acute",
        "jc_responsibility",
        "district_seat",
    ];
    let mut sheet = Sheet::new("governance.csv", &header);
    let mut random = Random::new(truth.seed, 8_000_000);
    let pairs: BTreeSet<&(String, String)> = truth.pairs_1999.iter().chain(&truth.pairs_2006).collect();
    for pair in pairs {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        // Shares of the national tracker survey (S3): 5% vice chairs, 22% chairs of a subgroup; two thirds have a subgroup, two fifths
        // of those with social services on it; 11% lead joint commissioning themselves.
        let seat = *pair != told.neglected && (told.pairs().contains(pair) || random.between(0, 9) > 0);
        let office = match random.between(0, 99) {
            _ if !seat || *pair == told.idle => "none",
            0..=4 => "vice_chair",
            5..=26 => "subgroup_chair",
            _ => "none",
        };
        let subgroup = *pair != told.idle && random.between(0, 2) > 0;
        let member = subgroup && seat && random.between(0, 4) < 2;
        let community = random.between(0, 99) < 60;
        let acute = random.between(0, 99) < 40;
        let lead = match random.between(0, 99) {
            _ if *pair == told.advisory => "ha",
            0..=10 => "pcgt",
            11..=54 => "shared",
            _ => "ha",
        };
        let district = *pair != told.voiceless && random.between(0, 2) > 0;
        sheet.row(&[&pair.0, &pair.1, yes(seat), office, yes(subgroup), yes(member), yes(community), yes(acute), lead, yes(district)]);
    }
    sheet.row(&[STRAY_CODE, &told.idle.1, "no", "none", "no", "no", "no", "no", "ha", "no"]);
    sheet.file()
}

/// What PCGs put first (S3: older people 91%, adult mental health 58%, families and children 35%).
fn priorities(told: &Told) -> Result<File> {
    let mut sheet = Sheet::new("priorities.csv", &["health_code", "service", "rank"]);
    sheet.row(&["", "older_people", "1"]);
    sheet.row(&["", "mental_health", "2"]);
    sheet.row(&[&told.idle.0, "children_families", ""]);
    sheet.file()
}
