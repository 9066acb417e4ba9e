//! How far apart the two bodies of a pair plan, and for how many people their money is meant.

use std::collections::BTreeMap;

use super::inputs::{Cycle, MonthDay};
use crate::alignment::{Alignment, Side};
use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::{Layer, People};

/// One row of table `gap`. `None` where one of the two sides is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct PairGap {
    /// NHS body.
    pub left: usize,
    /// Council.
    pub right: usize,
    /// Days between the first days of the financial years, the short way round: 0 to 182.
    pub year_start_days: Option<i64>,
    /// Days between the days plans are submitted, the short way round.
    pub plan_days: Option<i64>,
    /// Days between the days budgets are set, the short way round.
    pub budget_days: Option<i64>,
    /// Difference of the planning horizons, years.
    pub horizon_years: Option<f64>,
    /// Patients registered with the NHS body's practices (attribute `registered`).
    pub registered: Option<f64>,
    /// Residents of the NHS body.
    pub residents: Option<f64>,
    /// `registered / residents - 1`.
    pub basis_gap: Option<f64>,
}

/// The gaps of every overlapping pair, in the order of the relation's pairs.
pub fn gaps(alignment: &Alignment, layers: &[Layer], cycles: Option<&[Cycle]>) -> Vec<PairGap> {
    let relation = &alignment.relation;
    let calendar: BTreeMap<(Side, Option<&str>), &Cycle> =
        cycles.unwrap_or_default().iter().map(|cycle| ((cycle.side, cycle.code.as_deref()), cycle)).collect();
    let of = |side: Side, code: &str| calendar.get(&(side, Some(code))).or_else(|| calendar.get(&(side, None))).copied();
    let layer = layers.iter().find(|layer| layer.id == alignment.health_layer);
    relation
        .pairs
        .iter()
        .filter_map(|pair| {
            let (body, council) = (relation.left.get(pair.left)?, relation.right.get(pair.right)?);
            let (ours, theirs) = (of(Side::Health, &body.code), of(Side::Council, &council.code));
            let days = |day: fn(&Cycle) -> Option<MonthDay>| Some(day(ours?)?.days_apart(day(theirs?)?));
            let area = layer.and_then(|layer| layer.areas.get(layer.position(&body.code)?));
            let registered = area.and_then(|area| match parse_decimal(area.attributes.get("registered")?) {
                Parsed::Known(number) => f64::try_from(number).ok().filter(|number| *number >= 0.0),
                Parsed::Unknown | Parsed::Invalid => None,
            });
            let residents = body.people.or_else(|| area.and_then(|area| area.people)).map(People::as_f64).filter(|people| *people > 0.0);
            Some(PairGap {
                left: pair.left,
                right: pair.right,
                year_start_days: days(|cycle| cycle.year_start),
                plan_days: days(|cycle| cycle.plan_submit),
                budget_days: days(|cycle| cycle.budget_set),
                horizon_years: ours.and_then(|ours| Some((ours.horizon_years? - theirs?.horizon_years?).abs())),
                registered,
                residents,
                basis_gap: registered.zip(residents).map(|(registered, residents)| registered / residents - 1.0),
            })
        })
        .collect()
}
