//! Money a head: a unit that is wrong a thousandfold shows there, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use super::line::BudgetLine;
use crate::config::BudgetPlan;
use crate::domain::{Finding, Layer, People};
use crate::words::count;

/// Pounds a head and year that a budget can come to: least, most. Chosen: England's councils spend some 2,000 pounds a head on everything, 450 on adult
/// social care and 65 on public health, boards some 2,500; a unit that is wrong is wrong by a thousand, so the bounds are far from all of these.
const ALL: (f64, f64) = (100.0, 20_000.0);
const SERVICES: [(&str, (f64, f64)); 3] =
    [("adult social care", (60.0, 5_000.0)), ("children and families", (20.0, 5_000.0)), ("public health", (5.0, 2_000.0))];
const OTHER: (f64, f64) = (0.1, 20_000.0);

/// Pounds per 1 that tables are written in.
const UNITS: [f64; 3] = [1.0, 1_000.0, 1_000_000.0];

/// Finding DQ-28 where the money a head of a budget cannot be: half the bodies and years that it states are above, or below, what its service can
/// cost. It names the unit that would make sense. `people` are those of the layer's areas, in their order; without any nothing is said.
pub fn money_a_head(plan: &BudgetPlan, layer: &Layer, lines: &[BudgetLine], people: &[Option<People>]) -> Option<Finding> {
    let mut sums: BTreeMap<(Option<&str>, usize), i128> = BTreeMap::new();
    let mut services: BTreeSet<Option<&str>> = BTreeSet::new();
    for line in lines.iter().filter(|line| *line.budget == *plan.id) {
        if let (Some(body), Some(amount)) = (line.body, line.amount) {
            let sum = sums.entry((line.fiscal_year.as_deref(), body)).or_default();
            *sum = sum.saturating_add(i128::from(amount.0));
            if services.len() < 2 {
                services.insert(line.service.as_deref());
            }
        }
    }
    let mut heads: Vec<f64> = sums
        .iter()
        .filter_map(|((_, body), pence)| {
            let people = people.get(*body).copied().flatten()?.as_f64();
            (people >= 1.0 && *pence > 0).then(|| *pence as f64 / 100.0 / people)
        })
        .collect();
    if heads.is_empty() {
        return None;
    }
    let half = heads.len() / 2;
    let middle = *heads.select_nth_unstable_by(half, f64::total_cmp).1;
    let service = match (services.len(), services.first()) {
        (1, Some(Some(service))) => Some(*service),
        _ => None,
    };
    let known = service.and_then(|service| SERVICES.iter().find(|(name, _)| service.eq_ignore_ascii_case(name)));
    let (least, most) = match (service, known) {
        (Some("all"), _) => ALL,
        (_, Some((_, bounds))) => *bounds,
        _ => OTHER,
    };
    if (least..=most).contains(&middle) {
        return None;
    }
    // Of the other units the one that comes nearest to the middle of what can be, in orders of magnitude.
    let wanted = (least * most).sqrt().ln();
    let other = |unit: f64| middle / plan.unit * unit;
    let likely = UNITS.into_iter().filter(|unit| *unit != plan.unit).min_by(|one, two| {
        let apart = |unit: &f64| (other(*unit).ln() - wanted).abs();
        apart(one).total_cmp(&apart(two))
    })?;
    let what = service.map_or_else(String::new, |service| format!(" for {service}"));
    let detail = format!(
        "unit = {} makes {} a head{what} (the middle of {} of layer {}), which cannot be; unit = {likely} would make {}",
        plan.unit,
        pounds(middle),
        count(heads.len(), "body and year", "bodies and years"),
        layer.id,
        pounds(other(likely))
    );
    Some(Finding::new("DQ-28", detail, "`unit` is used").layer(plan.id.clone()).field(plan.amount.clone()).value(middle, "pounds a head"))
}

/// An amount as people write it: £26, £0.45, £26,000.
fn pounds(amount: f64) -> String {
    if amount < 0.01 {
        return "less than a penny".to_owned();
    }
    if amount < 10.0 {
        return format!("\u{a3}{amount:.2}");
    }
    let digits = format!("{amount:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).checked_rem(3) == Some(0) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("\u{a3}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_write_them() {
        let told: Vec<String> = [0.001, 0.45, 26.0, 450.4, 26_000.0, 1_234_567.0].map(pounds).to_vec();
        assert_eq!(told, ["less than a penny", "£0.45", "£26", "£450", "£26,000", "£1,234,567"]);
    }
}
