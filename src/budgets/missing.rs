//! Bodies that a budget table does not mention.

use std::sync::Arc;

use super::level::{Level, PopulationBasis};
use super::line::BudgetLine;
use super::mechanism::Mechanism;
use super::years::normal_year;
use crate::config::{BudgetPlan, Missing, TextSource};
use crate::domain::{Finding, Layer, Pence};

/// A line for each body without a row, as `missing` says, and finding DQ-08 that counts them.
pub(super) fn add_missing(
    plan: &BudgetPlan,
    layer: &Layer,
    has_row: &[bool],
    (budget, layer_id): (&Arc<str>, &Arc<str>),
    (level, population_basis): (Option<Level>, Option<PopulationBasis>),
    lines: &mut Vec<BudgetLine>,
    findings: &mut Vec<Finding>,
) {
    let without: Vec<usize> = has_row.iter().enumerate().filter(|(_, seen)| !**seen).map(|(body, _)| body).collect();
    let (Some(first), false) = (without.first().and_then(|body| layer.areas.get(*body)), without.is_empty()) else {
        return;
    };
    let (means, action) = match plan.missing {
        Missing::Unknown => ("their amounts are unknown", "a line with an unknown amount each"),
        Missing::Zero => ("`missing` says that means nothing was spent", "a line of 0 each"),
        Missing::Ignore => ("`missing` says to leave them out", "no line"),
    };
    findings.push(
        Finding::new(
            "DQ-08",
            format!(
                "{} of {} bodies of layer {} have no row, the first is {}; {means}",
                without.len(),
                layer.areas.len(),
                layer.id,
                first.code
            ),
            action,
        )
        .value(without.len() as f64, "bodies"),
    );
    if plan.missing == Missing::Ignore {
        return;
    }
    let fixed = |source: &TextSource| match source {
        TextSource::Fixed(text) => Some(Arc::<str>::from(text.as_str())),
        TextSource::Column(_) => None,
    };
    let (fiscal_year, service) = (fixed(&plan.fiscal_year), fixed(&plan.service));
    let fiscal_year = fiscal_year.map(|year| normal_year(&year).map_or(year, |normal| normal.into()));
    let mechanism = fixed(&plan.mechanism).and_then(|text| Mechanism::parse(&text, &Mechanism::OF_LINES));
    let amount = (plan.missing == Missing::Zero).then_some(Pence(0));
    for body in without {
        let Some(area) = layer.areas.get(body) else { continue };
        lines.push(BudgetLine {
            budget: Arc::clone(budget),
            source_row: None,
            layer: Arc::clone(layer_id),
            code: Some(Arc::from(area.code.as_str())),
            body: Some(body),
            fiscal_year: fiscal_year.clone(),
            service: service.clone(),
            mechanism,
            amount,
            known: amount.is_some(),
            level,
            population_basis,
            detail: None,
        });
    }
}
