//! Everything about an alignment that its places share, found by body.

use std::collections::{BTreeMap, BTreeSet};

use super::Input;
use super::lines::Lines;
use crate::alignment::{Alignment, Component, Side};
use crate::budgets::{Agreement, BudgetPair, Cycle, Governance, Mechanism, Priority, ServicePopulation};
use crate::domain::{Basis, Body, Pence, People};
use crate::nesting::{CrossingPart, Nesting, Settled};
use crate::obstructions::Obstruction;

/// The basis that rules judge by.
pub(super) fn basis_of(alignment: &Alignment) -> Basis {
    if alignment.relation.has_people { Basis::People } else { Basis::Area }
}

/// Rows of a table by the codes that they are about.
pub(super) struct ByCode<T> {
    rows: Vec<T>,
    by_code: BTreeMap<String, Vec<usize>>,
    /// Rows about every body.
    of_all: Vec<usize>,
    /// The first joint investment plan, if these are agreements.
    pub plan: Option<T>,
}

impl<T> ByCode<T> {
    /// `rows` in an order that does not depend on that of their table.
    fn new(rows: Vec<T>, codes: impl Fn(&T) -> Vec<Option<String>>) -> Self {
        let (mut by_code, mut of_all): (BTreeMap<String, Vec<usize>>, Vec<usize>) = (BTreeMap::new(), Vec::new());
        for (at, row) in rows.iter().enumerate() {
            for code in codes(row) {
                match code {
                    Some(code) => by_code.entry(code).or_default().push(at),
                    None => of_all.push(at),
                }
            }
        }
        Self { rows, by_code, of_all, plan: None }
    }
}

/// The rows about some bodies, and those about every body, in the table's order.
pub(super) fn member_rows<'b, T: Clone>(rows: &ByCode<T>, codes: impl Iterator<Item = &'b String>) -> Vec<T> {
    let of_codes = codes.filter_map(|code| rows.by_code.get(code)).flatten().copied();
    let wanted: BTreeSet<usize> = of_codes.chain(rows.of_all.iter().copied()).collect();
    wanted.into_iter().filter_map(|at| rows.rows.get(at)).cloned().collect()
}

/// Everything about an alignment that its places share.
pub(super) struct Scenery<'a> {
    pub input: Input<'a>,
    pub alignment: &'a Alignment,
    /// The basis that rules judge by.
    pub basis: Basis,
    /// Who is on the wrong side of which line, on that basis.
    pub nesting: Option<&'a Nesting>,
    /// The same, to ask what a change would do.
    pub settled: Option<Settled<'a>>,
    pub district: Option<&'a Alignment>,
    /// Populations that money of some services is split by.
    pub populations: &'a [ServicePopulation],
    /// Money of its pairs in the latest fiscal year, by pair.
    rows: BTreeMap<(Option<usize>, Option<usize>), Vec<&'a BudgetPair>>,
    /// Latest fiscal year of its money.
    pub year: Option<&'a str>,
    pub lines: &'a Lines<'a>,
    pub agreements: Option<ByCode<Agreement>>,
    pub cycles: Option<ByCode<Cycle>>,
    pub governance: Option<ByCode<Governance>>,
    pub priorities: Option<ByCode<Priority>>,
    /// Indices of the pairs of each body.
    pairs_of: [Vec<Vec<usize>>; 2],
    /// Obstructions that are of some place of the alignment, with the place's index among the alignment's components.
    by_component: Vec<Vec<&'a Obstruction>>,
    /// Crossing parts by the component of their NHS body, largest first.
    parts: BTreeMap<usize, Vec<&'a CrossingPart>>,
}

impl<'a> Scenery<'a> {
    pub fn new(input: Input<'a>, index: usize, alignment: &'a Alignment, lines: &'a Lines<'a>) -> Self {
        let evidence = input.evidence;
        let basis = basis_of(alignment);
        let pairs = evidence.budget_pairs.iter().find(|(id, _)| *id == alignment.id).map_or(&[][..], |(_, pairs)| pairs.as_slice());
        let year = pairs.iter().filter_map(|row| row.fiscal_year.as_deref()).max();
        let mut rows: BTreeMap<(Option<usize>, Option<usize>), Vec<&BudgetPair>> = BTreeMap::new();
        for row in pairs.iter().filter(|row| row.fiscal_year.as_deref() == year) {
            rows.entry((row.left, row.right)).or_default().push(row);
        }
        let mut by_component: Vec<Vec<&Obstruction>> = alignment.components.iter().map(|_| Vec::new()).collect();
        for found in input.obstructions {
            if let Some(slot) = component_of(input, alignment, found).and_then(|component| by_component.get_mut(component)) {
                slot.push(found);
            }
        }
        let relation = &alignment.relation;
        let mut pairs_of = [vec![Vec::new(); relation.left.len()], vec![Vec::new(); relation.right.len()]];
        let [of_left, of_right] = &mut pairs_of;
        for (at, pair) in relation.pairs.iter().enumerate() {
            if let Some(own) = of_left.get_mut(pair.left) {
                own.push(at);
            }
            if let Some(own) = of_right.get_mut(pair.right) {
                own.push(at);
            }
        }
        let nesting = evidence.nestings.get(index).and_then(|nestings| nestings.iter().find(|nesting| nesting.basis == basis));
        let mut parts: BTreeMap<usize, Vec<&CrossingPart>> = BTreeMap::new();
        for part in nesting.iter().flat_map(|nesting| &nesting.parts) {
            if let Some(metrics) = alignment.body(Side::Health, part.left, basis) {
                parts.entry(metrics.component).or_default().push(part);
            }
        }
        let sorted = |rows: &[Agreement]| {
            let mut rows = rows.to_vec();
            rows.sort_by(|a, b| agreement_key(a).cmp(&agreement_key(b)));
            rows
        };
        Self {
            input,
            alignment,
            basis,
            nesting,
            settled: nesting.map(|nesting| Settled::new(relation, nesting, evidence.tolerances.minor_people)),
            district: input.districts.get(index).and_then(Option::as_ref),
            populations: input.populations.get(index).map_or(&[], Vec::as_slice),
            rows,
            year,
            lines,
            agreements: evidence.agreements.map(|rows| {
                let rows = sorted(rows);
                let plan = rows.iter().find(|row| row.mechanism == Mechanism::JointInvestmentPlan).cloned();
                let codes = |row: &Agreement| vec![Some(row.health_code.clone()), Some(row.council_code.clone())];
                ByCode { plan, ..ByCode::new(rows, codes) }
            }),
            cycles: evidence.cycles.map(|rows| {
                let mut rows = rows.to_vec();
                rows.sort_by(|a, b| cycle_key(a).partial_cmp(&cycle_key(b)).unwrap_or(std::cmp::Ordering::Equal));
                ByCode::new(rows, |row| vec![row.code.clone()])
            }),
            governance: evidence.governance.map(|rows| {
                let mut rows = rows.to_vec();
                rows.sort_by(|a, b| governance_key(a).cmp(&governance_key(b)));
                ByCode::new(rows, |row| vec![Some(row.health_code.clone())])
            }),
            priorities: evidence.priorities.map(|rows| ByCode::new(rows.to_vec(), |row| vec![row.health_code.clone()])),
            pairs_of,
            by_component,
            parts,
        }
    }

    /// Index of a body by its code.
    pub fn position(&self, side: Side, code: &str) -> Option<usize> {
        match side {
            Side::Health => self.alignment.relation.position_left(code),
            Side::Council => self.alignment.relation.position_right(code),
        }
    }

    /// Bodies of a side.
    pub fn bodies(&self, side: Side) -> &'a [Body] {
        match side {
            Side::Health => &self.alignment.relation.left,
            Side::Council => &self.alignment.relation.right,
        }
    }

    /// Indices of the pairs of a body.
    pub fn pairs_of(&self, side: Side, body: usize) -> &[usize] {
        let [left, right] = &self.pairs_of;
        let of = if side == Side::Health { left } else { right };
        of.get(body).map_or(&[], Vec::as_slice)
    }

    /// The bodies that a body meets.
    pub fn met(&self, side: Side, body: usize) -> impl Iterator<Item = usize> {
        let pairs = self.pairs_of(side, body).iter().filter_map(|at| self.alignment.relation.pairs.get(*at));
        pairs.map(move |pair| if side == Side::Health { pair.right } else { pair.left })
    }

    /// Index of the component that a body is of, on the basis judged by.
    pub fn component(&self, side: Side, body: usize) -> Option<usize> {
        self.alignment.body(side, body, self.basis).map(|metrics| metrics.component)
    }

    /// How large a body is on the basis judged by: people, or square metres.
    pub fn size(&self, side: Side, body: usize) -> f64 {
        self.bodies(side).get(body).map_or(0.0, |body| match self.basis {
            Basis::People => body.people.map_or(0.0, People::as_f64),
            Basis::Area => body.area_m2,
        })
    }

    /// Money of a pair in the latest fiscal year.
    pub fn rows(&self, left: Option<usize>, right: Option<usize>) -> &[&'a BudgetPair] {
        self.rows.get(&(left, right)).map_or(&[], Vec::as_slice)
    }

    /// What both sides are known to spend on the people of some pairs in the latest year; `None` where nothing is known.
    pub fn pence(&self, pairs: impl Iterator<Item = (usize, usize)>) -> Option<Pence> {
        let rows = pairs.flat_map(|(left, right)| self.rows(Some(left), Some(right)).iter());
        let known: Vec<i64> = rows.flat_map(|row| [row.health, row.council]).flatten().map(|pence| pence.0).collect();
        let sum: i128 = known.iter().map(|pence| i128::from(*pence)).sum();
        i64::try_from(sum).ok().filter(|_| !known.is_empty()).map(Pence)
    }

    /// Whether a crossing part needs an agreement of its own: at least `minor_people` people, or not known how many.
    pub fn matters(&self, part: &CrossingPart) -> bool {
        let people = self.alignment.relation.pairs.get(part.pair).and_then(|pair| pair.amounts.people);
        people.is_none_or(|people| people.as_f64() >= self.input.evidence.tolerances.minor_people)
    }

    fn index(&self, component: &Component) -> Option<usize> {
        self.alignment.components.iter().position(|other| std::ptr::eq(other, component))
    }

    /// Obstructions of a place, in the order of table `obstruction`.
    pub fn of(&self, component: &Component) -> Vec<&'a Obstruction> {
        self.index(component).and_then(|index| self.by_component.get(index)).cloned().unwrap_or_default()
    }

    /// Crossing parts of the NHS bodies of a place, largest first.
    pub fn parts_of(&self, component: &Component) -> &[&'a CrossingPart] {
        self.index(component).and_then(|index| self.parts.get(&index)).map_or(&[], Vec::as_slice)
    }
}

fn agreement_key(row: &Agreement) -> impl Ord + '_ {
    (&row.health_code, &row.council_code, &row.service, &row.id, row.mechanism, row.start, row.end, row.amount, row.level)
}

fn cycle_key(row: &Cycle) -> impl PartialOrd + '_ {
    (row.side, &row.code, row.year_start, row.plan_submit, row.budget_set, row.horizon_years)
}

fn governance_key(row: &Governance) -> impl Ord + '_ {
    (
        (&row.health_code, &row.council_code, row.board_seat, &row.office, row.commissioning_subgroup, row.ssd_member),
        (row.ssd_consulted_community, row.ssd_consulted_acute, &row.jc_responsibility, row.district_seat),
    )
}

/// Index of the component, on the basis judged by, whose body an obstruction is about.
fn component_of(input: Input<'_>, alignment: &Alignment, found: &Obstruction) -> Option<usize> {
    let code = found.subject_code.as_deref()?;
    let id = found.alignment.as_deref()?;
    let sides: &[Side] = if id == alignment.id {
        match found.subject_side {
            Some(Side::Health) => &[Side::Health],
            Some(Side::Council) => &[Side::Council],
            None => &[Side::Health, Side::Council],
        }
    } else {
        let succession = input.evidence.successions.iter().find(|succession| succession.id == id)?;
        match found.subject_layer.as_deref() {
            Some(layer) if layer == alignment.health_layer => &[Side::Health],
            Some(layer) if layer == alignment.council_layer => &[Side::Council],
            // The other side of a succession is met in the alignment of the layer after.
            None if succession.to_layer == alignment.health_layer => &[Side::Council],
            None if succession.to_layer == alignment.council_layer => &[Side::Health],
            _ => return None,
        }
    };
    let basis = basis_of(alignment);
    let of_body = sides.iter().find_map(|side| {
        let body = match side {
            Side::Health => alignment.relation.position_left(code),
            Side::Council => alignment.relation.position_right(code),
        }?;
        alignment.body(*side, body, basis).map(|metrics| metrics.component)
    });
    // A component of one name with another's body is named `CODE (council)`; a tangle is its own subject.
    of_body.or_else(|| alignment.components.iter().position(|component| component.basis == basis && component.name == code))
}
