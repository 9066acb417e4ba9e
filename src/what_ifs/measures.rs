//! Figures of an alignment before and after.

use std::collections::BTreeMap;

use crate::alignment::{Alignment, Class, Side};
use crate::config::Tolerances;
use crate::domain::Basis;
use crate::succession::{Standing, standing};

/// One figure before and after (one row of table `what_if`).
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name.
    pub measure: String,
    /// What was weighed.
    pub basis: Basis,
    /// Unit of both figures.
    pub unit: &'static str,
    /// Before; `None` where it is not known.
    pub before: Option<f64>,
    /// After.
    pub after: Option<f64>,
}

const CLASSES: [Class; 8] = [
    Class::Uncovered,
    Class::Coterminous,
    Class::Aggregate,
    Class::Nested,
    Class::NearCoterminous,
    Class::NearNested,
    Class::Fragment,
    Class::Spanning,
];

type Figures = BTreeMap<String, (&'static str, Option<f64>)>;

/// Lines, partners, bodies by class and rates of two alignments, on every basis that both have.
pub fn measures(before: &Alignment, after: &Alignment, tolerances: &Tolerances) -> Vec<Measure> {
    let mut measures = Vec::new();
    for basis in before.bases.iter().copied().filter(|basis| after.bases.contains(basis)) {
        let was = figures(before, basis, tolerances);
        let mut is = figures(after, basis, tolerances);
        for (measure, (unit, before)) in was {
            let after = is.remove(&measure).and_then(|(_, after)| after);
            measures.push(Measure { measure, basis, unit, before, after });
        }
    }
    measures
}

fn figures(alignment: &Alignment, basis: Basis, tolerances: &Tolerances) -> Figures {
    let mut figures = Figures::new();
    let standing = standing(&alignment.relation, basis, tolerances);
    lines(&standing, basis, &mut figures);
    let mut put = |name: String, unit: &'static str, value: Option<f64>| {
        figures.insert(name, (unit, value));
    };
    for side in [Side::Health, Side::Council] {
        let word = side.as_str();
        let of_side = || alignment.bodies.iter().filter(|body| body.side == side && body.basis == basis);
        put(format!("bodies_{word}"), "bodies", Some(of_side().count() as f64));
        for class in CLASSES {
            let count = of_side().filter(|body| body.class == Some(class)).count();
            put(format!("class_{word}_{}", class.as_str(side)), "bodies", Some(count as f64));
        }
        let equal = |rate: &&crate::alignment::Rate| (rate.equal - tolerances.equal).abs() < 1e-12;
        for rate in alignment.rates.iter().filter(|rate| rate.side == side && rate.basis == basis).filter(equal) {
            let definition = rate.definition.as_str();
            put(format!("{definition}_{word}"), "bodies", Some(rate.coterminous as f64));
            put(format!("{definition}_{word}_share"), "share 0-1", rate.share);
            put(format!("{definition}_{word}_people_share"), "share 0-1", rate.people_share);
        }
    }
    figures
}

fn lines(standing: &Standing, basis: Basis, figures: &mut Figures) {
    let nesting = &standing.nesting;
    let crossing = standing.crossing();
    let total = Some(nesting.number(nesting.total)).filter(|total| *total > 0.0);
    let known = |count: usize| crossing.map(|_| count as f64);
    let amount = if basis == Basis::People { "people" } else { "m2" };
    let mut put = |name: &str, unit: &'static str, value: Option<f64>| {
        figures.insert(name.to_owned(), (unit, value));
    };
    put("crossing", amount, crossing);
    put("crossing_share", "share 0-1", crossing.zip(total).map(|(crossing, total)| crossing / total));
    put("crossing_bound", amount, crossing.map(|_| nesting.number(nesting.bound)));
    put("parts", "parts", known(nesting.parts.len()));
    put("agreements", "agreements", known(nesting.agreements));
    put("partner_pairs", "pairs", known(standing.partner_pairs));
    put("health_cut", "bodies", known(nesting.cut(Side::Health)));
    put("councils_cut", "bodies", known(nesting.cut(Side::Council)));
}
