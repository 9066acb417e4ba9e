//! Keys of several tables: services that are written in two ways are one, and what meets nothing in the other tables is reported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::align::pounds;
use super::apportion::layer_of;
use super::inputs::{Agreement, Cycle, Governance};
use super::line::BudgetLine;
use super::population::ServicePopulation;
use super::priorities::Priority;
use crate::alignment::{Alignment, Side};
use crate::domain::{Finding, Layer, Pence, plain};
use crate::words::count;

/// Names that a finding gives.
const NAMED: usize = 5;

/// Gives services that differ in case or blanks alone one name, the first of them in the order of their characters: in lines, agreements,
/// priorities and the populations of services. One finding DQ-21 a service that was written in two ways.
pub fn one_spelling(
    lines: &mut [BudgetLine],
    agreements: Option<&mut Vec<Agreement>>,
    priorities: Option<&mut Vec<Priority>>,
    populations: &mut [Vec<ServicePopulation>],
) -> Vec<Finding> {
    let (mut agreements, mut priorities) = (agreements, priorities);
    let mut forms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |service: &str| {
        let form = plain(service);
        if !forms.get(&form).is_some_and(|known| known.contains(service)) {
            forms.entry(form).or_default().insert(service.to_owned());
        }
    };
    // Lines of one chunk of a table share their texts, so a text is looked at once.
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for service in lines.iter().filter_map(|line| line.service.as_ref()) {
        if seen.insert(service.as_ptr().addr()) {
            add(service);
        }
    }
    let services = agreements.iter().flat_map(|rows| rows.iter()).filter_map(|row| row.service.as_deref());
    let services = services.chain(priorities.iter().flat_map(|rows| rows.iter()).map(|row| row.service.as_str()));
    services.chain(populations.iter().flatten().flat_map(|own| own.services.iter().map(String::as_str))).for_each(add);
    let mut names: BTreeMap<String, Arc<str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for spellings in forms.into_values().filter(|spellings| spellings.len() > 1) {
        let Some(first) = spellings.first().map(|first| Arc::<str>::from(first.as_str())) else { continue };
        let others: Vec<String> = spellings.iter().skip(1).map(|other| format!("`{other}`")).collect();
        let detail = format!("service `{first}` is also written {}", others.join(", "));
        findings.push(Finding::new("DQ-21", detail, "read as one service").value(spellings.len() as f64, "ways"));
        names.extend(spellings.into_iter().map(|spelling| (spelling, Arc::clone(&first))));
    }
    if names.is_empty() {
        return findings;
    }
    for service in lines.iter_mut().filter_map(|line| line.service.as_mut()) {
        if let Some(name) = names.get(service.as_ref()) {
            *service = Arc::clone(name);
        }
    }
    for service in agreements.iter_mut().flat_map(|rows| rows.iter_mut()).filter_map(|row| row.service.as_mut()) {
        if let Some(name) = names.get(service.as_str()) {
            *service = name.to_string();
        }
    }
    for row in priorities.iter_mut().flat_map(|rows| rows.iter_mut()) {
        if let Some(name) = names.get(row.service.as_str()) {
            row.service = name.to_string();
        }
    }
    for service in populations.iter_mut().flatten().flat_map(|own| own.services.iter_mut()) {
        if let Some(name) = names.get(service.as_str()) {
            *service = name.to_string();
        }
    }
    findings
}

/// The tables about bodies and pairs of a run, each `None` where the run has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tables<'a> {
    /// Agreements.
    pub agreements: Option<&'a [Agreement]>,
    /// Planning cycles.
    pub cycles: Option<&'a [Cycle]>,
    /// Seats and duties.
    pub governance: Option<&'a [Governance]>,
    /// Services that come first.
    pub priorities: Option<&'a [Priority]>,
}

/// Findings DQ-20: services and years that one side of an alignment states and the other never does, with the pounds; agreements and governance
/// rows for two bodies that overlap in no alignment; planning cycles and priorities of a body that is in none; agreements that run in no year
/// of the budgets; agreements, priorities and populations for a service that no budget has.
///
/// `populations` are those of the alignments, in their order. A code that is in no layer is finding DQ-04, and not told again.
pub fn unmet(
    lines: &[BudgetLine],
    layers: &[Layer],
    alignments: &[Alignment],
    populations: &[Vec<ServicePopulation>],
    tables: Tables<'_>,
) -> Vec<Finding> {
    let Tables { agreements, cycles, governance, priorities } = tables;
    let mut findings: Vec<Finding> = alignments.iter().flat_map(|alignment| one_sided(lines, alignment)).collect();
    let services: BTreeSet<&str> = distinct(lines, |line| line.service.as_ref()).collect();
    let years: BTreeSet<&str> = distinct(lines, |line| line.fiscal_year.as_ref()).collect();
    let pairs: BTreeSet<(&str, &str)> = alignments
        .iter()
        .flat_map(|alignment| {
            let relation = &alignment.relation;
            relation
                .pairs
                .iter()
                .filter_map(|pair| Some((relation.left.get(pair.left)?.code.as_str(), relation.right.get(pair.right)?.code.as_str())))
        })
        .collect();
    let (lefts, rights): (BTreeSet<&str>, BTreeSet<&str>) = (
        alignments.iter().flat_map(|alignment| alignment.relation.left.iter().map(|body| body.code.as_str())).collect(),
        alignments.iter().flat_map(|alignment| alignment.relation.right.iter().map(|body| body.code.as_str())).collect(),
    );
    let known = |code: &str| layers.iter().any(|layer| layer.position(code).is_some());
    let apart = |health: &str, council: &str| !pairs.contains(&(health, council)) && known(health) && known(council);
    let row_of = |row: u64| i64::try_from(row).unwrap_or(i64::MAX);
    for row in agreements.unwrap_or_default() {
        let pounds_of =
            row.amount.map_or_else(|| "of unknown amount".to_owned(), |Pence(pence)| format!("of {}", pounds(i128::from(pence))));
        let mut found = |detail: String, field: &str| {
            let finding = Finding::new("DQ-20", detail, "kept, counts nowhere").code(row.id.clone()).record(row_of(row.row)).field(field);
            findings.push(match row.amount {
                Some(Pence(pence)) => finding.value(pence as f64, "pence"),
                None => finding,
            });
        };
        if apart(&row.health_code, &row.council_code) {
            let detail = format!(
                "agreement {} {pounds_of} is between {} and {}, which overlap in no alignment",
                row.id, row.health_code, row.council_code
            );
            found(detail, "council_code");
        }
        if let Some(service) = row.service.as_deref().filter(|service| !services.is_empty() && !services.contains(service)) {
            let detail =
                format!("agreement {} {pounds_of} is for service `{service}`, which no budget has{}", row.id, nearest(service, &services));
            found(detail, "service");
        }
    }
    findings.extend(out_of_time(agreements.unwrap_or_default(), &years));
    for row in governance.unwrap_or_default().iter().filter(|row| apart(&row.health_code, &row.council_code)) {
        let detail = format!("a governance row is for {} and {}, which overlap in no alignment", row.health_code, row.council_code);
        findings.push(
            Finding::new("DQ-20", detail, "kept, counts nowhere")
                .code(row.health_code.clone())
                .record(row_of(row.row))
                .field("council_code"),
        );
    }
    for row in priorities.unwrap_or_default().iter().filter(|row| !services.is_empty() && !services.contains(row.service.as_str())) {
        let detail = format!("a priority is service `{}`, which no budget has{}", row.service, nearest(&row.service, &services));
        findings.push(Finding::new("DQ-20", detail, "kept, counts nowhere").record(row_of(row.row)).field("service"));
    }
    let alone = |what: &str, code: &str, row: u64, field: &str| {
        let detail = format!("{what} is for {code}, which is in no alignment");
        Finding::new("DQ-20", detail, "kept, counts nowhere").code(code).record(row_of(row)).field(field)
    };
    for row in cycles.unwrap_or_default() {
        let own = if row.side == Side::Health { &lefts } else { &rights };
        if let Some(code) = row.code.as_deref().filter(|code| !own.contains(code) && known(code)) {
            findings.push(alone("a planning cycle", code, row.row, "code"));
        }
    }
    for row in priorities.unwrap_or_default() {
        if let Some(code) = row.health_code.as_deref().filter(|code| !lefts.contains(code) && known(code)) {
            findings.push(alone("a priority", code, row.row, "health_code"));
        }
    }
    for (alignment, own) in alignments.iter().zip(populations) {
        for (population, service) in own.iter().flat_map(|own| own.services.iter().map(move |service| (own, service))) {
            if !services.is_empty() && !services.contains(service.as_str()) {
                let detail = format!("`{service}` is split by {}, and no budget has it{}", population.field, nearest(service, &services));
                let finding = Finding::new("DQ-20", detail, "not used").layer(alignment.id.clone());
                findings.push(finding.field(population.field.clone()));
            }
        }
    }
    findings
}

/// Finding DQ-20 about the agreements with dates that run in none of the budgets' years.
fn out_of_time(agreements: &[Agreement], years: &BTreeSet<&str>) -> Option<Finding> {
    let is_out = |row: &&Agreement| (row.start.is_some() || row.end.is_some()) && !years.iter().any(|year| row.runs_in(Some(year)));
    let out: Vec<&Agreement> = agreements.iter().filter(is_out).collect();
    // By its id: the order of records says nothing.
    let first = out.iter().min_by(|a, b| a.id.cmp(&b.id)).filter(|_| !years.is_empty())?;
    let pence: i128 = out.iter().filter_map(|row| row.amount).map(|Pence(pence)| i128::from(pence)).sum();
    let mut named: Vec<&str> = years.iter().copied().take(NAMED).collect();
    if let Some(last) = years.last().filter(|_| years.len() > NAMED) {
        named.extend(["...", last]);
    }
    let day = |word: &str, day: Option<Date>| day.map_or_else(String::new, |day| format!(" {word} {day}"));
    let (run, start, end) = (if out.len() == 1 { "runs" } else { "run" }, day("from", first.start), day("until", first.end));
    let detail = format!(
        "{} of {} {run} in no year of the budgets ({}); the first is {}{start}{end}",
        count(out.len(), "agreement", "agreements"),
        pounds(pence),
        named.join(", "),
        first.id
    );
    let finding = Finding::new("DQ-20", detail, "kept, counts nowhere").code(first.id.clone()).field("start_date");
    Some(finding.record(i64::try_from(first.row).unwrap_or(i64::MAX)).value(pence as f64, "pence"))
}

fn nearest(service: &str, services: &BTreeSet<&str>) -> String {
    super::nearest(service, services.iter().copied()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Each text of some lines, once.
fn distinct<'a>(lines: &'a [BudgetLine], text: impl Fn(&'a BudgetLine) -> Option<&'a Arc<str>>) -> impl Iterator<Item = &'a str> {
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    lines.iter().filter_map(text).filter(move |text| seen.insert(text.as_ptr().addr())).map(AsRef::as_ref)
}

/// What one side of an alignment states and the other never does.
fn one_sided(lines: &[BudgetLine], alignment: &Alignment) -> Vec<Finding> {
    let mut findings = Vec::new();
    for what in [What::Service, What::Year] {
        let [ours, theirs] = [Side::Health, Side::Council].map(|side| sums(lines, layer_of(alignment, side), what));
        // A side without any money has none to meet.
        if ours.is_empty() || theirs.is_empty() {
            continue;
        }
        for (side, own, other) in [(Side::Health, &ours, &theirs), (Side::Council, &theirs, &ours)] {
            let alone: Vec<(&str, i128)> =
                own.iter().filter(|(text, _)| !other.contains_key(*text)).map(|(text, sum)| (*text, *sum)).collect();
            if alone.is_empty() {
                continue;
            }
            let pence: i128 = alone.iter().fold(0, |sum, (_, pence)| sum.saturating_add(*pence));
            let mut named: Vec<String> = alone.iter().take(NAMED).map(|(text, _)| format!("`{text}`")).collect();
            if alone.len() > NAMED {
                named.push(format!("{} more", alone.len().saturating_sub(NAMED)));
            }
            let (word, partner) = match side {
                Side::Health => ("NHS", "a council"),
                Side::Council => ("council", "an NHS"),
            };
            let detail = format!(
                "{} of the {word} budgets, {} in all, without {partner} budget in the alignment: {}",
                if what == What::Service { count(alone.len(), "service", "services") } else { count(alone.len(), "year", "years") },
                pounds(pence),
                named.join(", ")
            );
            findings.push(
                Finding::new("DQ-20", detail, "kept, meets no money of the other side")
                    .layer(alignment.id.clone())
                    .field(if what == What::Service { "service" } else { "fiscal_year" })
                    .value(pence as f64, "pence"),
            );
        }
    }
    findings
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Service,
    Year,
}

/// Known pence of a layer's lines by service or year.
fn sums<'a>(lines: &'a [BudgetLine], layer: &str, what: What) -> BTreeMap<&'a str, i128> {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.layer.as_ref() == layer) {
        let text = if what == What::Service { line.service.as_deref() } else { line.fiscal_year.as_deref() };
        if let Some(text) = text {
            let sum = sums.entry(text).or_default();
            *sum = sum.saturating_add(line.amount.map_or(0, |Pence(pence)| i128::from(pence)));
        }
    }
    sums
}
