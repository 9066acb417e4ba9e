//! Who holds the money of a primary care group: the group, or its health authority.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::line::LineDetail;
use crate::config::BudgetPlan;
use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::units::largest_remainder;
use crate::domain::{Area, Finding, Layer, Pence, Proof};

/// How the money of each body of a layer divides between the body and its health authority (domain.md A01-A04), by attributes `pcg_level`,
/// `delegated_share` and `parent_ha`.
pub(super) struct Delegations {
    /// One a body of the layer; `None` where its level is not known.
    bodies: Vec<Option<Delegation>>,
    findings: Vec<Finding>,
}

/// What was divided.
#[derive(Debug, Default)]
pub(super) struct Divided {
    lines: u64,
    known: i128,
    parts: i128,
}

#[derive(Debug, Clone)]
struct Delegation {
    /// Share of the body and of the authority, as whole numbers.
    weights: [i128; 2],
    authority: Option<Arc<str>>,
}

impl Delegations {
    pub(super) fn new(plan: &BudgetPlan, layer: &Layer) -> Self {
        let bodies: Vec<Option<Delegation>> = layer.areas.iter().map(|area| delegation(area, plan.delegated_share)).collect();
        let unusable = |area: &&Area| area.attributes.contains_key("delegated_share") && share_of(area).is_none();
        let findings = layer.areas.iter().filter(unusable).map(|area| {
            let text = area.attributes.get("delegated_share").map_or("", String::as_str);
            let detail = format!("attribute delegated_share is `{text}`, expected a share of 0 to 1");
            Finding::new("DQ-07", detail, "read as unknown").layer(layer.id.clone()).code(area.code.clone()).field("delegated_share")
        });
        let findings = findings.collect();
        Self { bodies, findings }
    }

    /// Finding DQ-07 for each share that is none.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.findings.clone()
    }

    /// Whether any body has a level: else lines need not be looked at.
    pub(super) fn any(&self) -> bool {
        self.bodies.iter().any(Option::is_some)
    }

    /// Writes into `detail` what of an amount the body holds and what its authority keeps; to the penny, by the largest remainder.
    pub(super) fn divide(&self, body: usize, amount: Pence, detail: &mut LineDetail) {
        let Some(delegation) = self.bodies.get(body).and_then(Option::as_ref) else { return };
        if let Some([held, retained]) = largest_remainder(amount.0, &delegation.weights).as_deref() {
            detail.held = Some(Pence(*held));
            detail.retained = Some(Pence(*retained));
            detail.authority = delegation.authority.clone().filter(|_| delegation.weights.last() != Some(&0));
        }
    }
}

impl Divided {
    /// Counts a line.
    pub(super) fn add(&mut self, amount: Pence, detail: &LineDetail) {
        if let (Some(held), Some(retained)) = (detail.held, detail.retained) {
            self.lines = self.lines.saturating_add(1);
            self.known = self.known.saturating_add(i128::from(amount.0));
            self.parts = self.parts.saturating_add(i128::from(held.0)).saturating_add(i128::from(retained.0));
        }
    }

    /// That what bodies hold and what authorities keep is all of it; `None` where nothing was divided.
    pub(super) fn proof(&self, plan: &BudgetPlan) -> Option<Proof> {
        let name = "what bodies hold and what their authorities keep sum to their known lines, in pence";
        (self.lines > 0).then(|| Proof::exact(name, format!("budget {}", plan.id), self.known, self.parts))
    }
}

/// What a body's level says: 1 advises and holds nothing, 2 holds the delegated share, 3 and 4 hold all.
fn delegation(area: &Area, delegated_share: f64) -> Option<Delegation> {
    let share = match number(area, "pcg_level")?.to_string().as_str() {
        "1" => Decimal::ZERO,
        // The share as its decimal says: 0.9 is nine tenths, which no float is.
        "2" => match area.attributes.get("delegated_share") {
            Some(_) => share_of(area)?,
            None => known(&delegated_share.to_string())?,
        },
        "3" | "4" => Decimal::ONE,
        _ => return None,
    };
    let (mantissa, whole) = (share.mantissa(), 10i128.checked_pow(share.scale())?);
    let rest = whole.checked_sub(mantissa)?;
    Some(Delegation { weights: [mantissa, rest], authority: area.attributes.get("parent_ha").map(|code| Arc::from(code.as_str())) })
}

/// A body's own delegated share, 0 to 1.
fn share_of(area: &Area) -> Option<Decimal> {
    number(area, "delegated_share").filter(|share| (Decimal::ZERO..=Decimal::ONE).contains(share))
}

fn number(area: &Area, name: &str) -> Option<Decimal> {
    known(area.attributes.get(name)?)
}

fn known(text: &str) -> Option<Decimal> {
    match parse_decimal(text) {
        Parsed::Known(number) => Some(number.normalize()),
        Parsed::Unknown | Parsed::Invalid => None,
    }
}
