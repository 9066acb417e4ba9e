//! Money through the pipeline: budgets to lines, lines to parts, both sides next to each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::compute::{Ground, Notes};
use super::progress::{Progress, Stage};
use super::read::Tables;
use crate::alignment::{Alignment, Side};
use crate::budgets::{
    self, Agreement, Apportioned, BudgetLine, BudgetPair, BudgetSum, Cycle, Governance, PairGap, Priority, Reach, Reconciled,
    ServicePopulation,
};
use crate::config::{Plan, TableSource};
use crate::domain::{Finding, Layer, Pence, People, TextTable};
use crate::error::{InputProblem, Result};

/// Everything about money and agreements.
#[derive(Debug, Default)]
pub struct Money {
    /// Lines of all budgets, in the order of the plan.
    pub lines: Vec<BudgetLine>,
    /// Lines split over partners, by alignment in the order of the plan, then side.
    pub apportioned: Vec<Apportioned>,
    /// Both sides next to each other, by alignment id, in the order of the plan.
    pub pairs: Vec<(String, Vec<BudgetPair>)>,
    /// What the bodies of each alignment come to, in the order of the plan.
    pub bodies: Vec<Vec<BudgetSum>>,
    /// What its components come to.
    pub components: Vec<Vec<BudgetSum>>,
    /// How far apart the two bodies of its pairs plan.
    pub gaps: Vec<Vec<PairGap>>,
    /// Budgets against the sums of their parts, by alignment and side.
    pub reconciled: Vec<Reconciled>,
    /// Agreements; `None` where the plan names no table.
    pub agreements: Option<Vec<Agreement>>,
    /// Planning cycles; `None` where the plan names no table.
    pub cycles: Option<Vec<Cycle>>,
    /// Governance rows; `None` where the plan names no table.
    pub governance: Option<Vec<Governance>>,
    /// Priorities; `None` where the plan names no table.
    pub priorities: Option<Vec<Priority>>,
    /// Schemes in the bodies they are at work in, in the order of table `scheme`.
    pub schemes: Vec<Reach>,
}

impl Money {
    /// Reads lines, agreements, cycles and governance rows; splits nothing yet. Services get one spelling, those of `populations` too.
    pub(super) fn read(
        plan: &Plan,
        ground: &Ground,
        tables: &Tables,
        populations: &mut [Vec<ServicePopulation>],
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let mut money = Self::default();
        for budget in &plan.budgets {
            let control = budget.control_total.as_ref().and_then(|control| control.file.as_ref());
            let (lines, findings, proofs) = budgets::read_lines(
                budget,
                ground.layer(budget.layer)?,
                tables.source(&budget.table)?,
                budget.codes.as_ref().map(|codes| tables.source(&codes.table)).transpose()?,
                budget.service_crosswalk.as_ref().map(|table| tables.source(table)).transpose()?,
                control.map(|file| tables.source(&file.table)).transpose()?,
            )?;
            notes.add(findings, proofs);
            // Five million lines are not copied to join nothing.
            if money.lines.is_empty() {
                money.lines = lines
            } else {
                money.lines.extend(lines)
            }
            progress.step(Stage::Budgets, &budget.id);
        }
        let layers = &ground.layers;
        money.agreements = of_tables(&plan.agreements, layers, tables, notes, budgets::read_agreements, |row| (row.row, row.id.clone()))?;
        money.cycles = of_tables(&plan.cycles, layers, tables, notes, budgets::read_cycles, |row| {
            let side = match row.side {
                Side::Health => "health",
                Side::Council => "council",
            };
            (row.row, format!("{side} {}", row.code.as_deref().unwrap_or("(every body)")))
        })?;
        money.governance = of_tables(&plan.governance, layers, tables, notes, budgets::read_governance, |row| {
            (row.row, format!("{} and {}", row.health_code, row.council_code))
        })?;
        money.priorities = of_tables(&plan.priorities, layers, tables, notes, budgets::read_priorities, |row| {
            (row.row, format!("{} and {}", row.health_code.as_deref().unwrap_or("(every body)"), row.service))
        })?;
        // By their keys, so that nothing after this can depend on the order of records.
        if let Some(rows) = &mut money.agreements {
            rows.sort_by(|a, b| a.id.cmp(&b.id));
        }
        if let Some(rows) = &mut money.cycles {
            rows.sort_by(|a, b| (a.side, &a.code).cmp(&(b.side, &b.code)));
        }
        if let Some(rows) = &mut money.governance {
            rows.sort_by(|a, b| (&a.health_code, &a.council_code).cmp(&(&b.health_code, &b.council_code)));
        }
        if let Some(rows) = &mut money.priorities {
            rows.sort_by(|a, b| (&a.health_code, &a.service).cmp(&(&b.health_code, &b.service)));
        }
        let respelled = budgets::one_spelling(&mut money.lines, money.agreements.as_mut(), money.priorities.as_mut(), populations);
        notes.add(respelled, Vec::new());
        Ok(money)
    }

    /// Splits the lines over the partners of every alignment.
    pub(super) fn split(
        &mut self,
        plan: &Plan,
        ground: &Ground,
        alignments: &[Alignment],
        populations: &[Vec<ServicePopulation>],
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Result<()> {
        for budget in &plan.budgets {
            let layer = ground.layer(budget.layer)?;
            notes.findings.extend(budgets::money_a_head(budget, layer, &self.lines, &people_of(layer, alignments)));
        }
        for (alignment, populations) in alignments.iter().zip(populations) {
            let (apportioned, proofs) = budgets::apportion_by(&self.lines, alignment, populations)?;
            notes.add(Vec::new(), proofs);
            notes.add(apportioned.iter().filter_map(unplaced).collect(), Vec::new());
            let pairs = budgets::align_by(&self.lines, &apportioned, alignment, populations, self.agreements.as_deref())?;
            notes.add(budgets::over_pooled(alignment, &pairs), Vec::new());
            let (reconciled, proofs) = budgets::reconcile(&self.lines, &apportioned, alignment);
            notes.add(Vec::new(), proofs);
            self.reconciled.extend(reconciled);
            self.bodies.push(budgets::of_bodies(alignment, &pairs));
            self.components.push(budgets::of_components(alignment, &pairs));
            self.gaps.push(budgets::gaps(alignment, &ground.layers, self.cycles.as_deref()));
            self.pairs.push((alignment.id.clone(), pairs));
            self.apportioned.extend(apportioned);
            progress.step(Stage::Budgets, &alignment.id);
        }
        let told = budgets::Tables {
            agreements: self.agreements.as_deref(),
            cycles: self.cycles.as_deref(),
            governance: self.governance.as_deref(),
            priorities: self.priorities.as_deref(),
        };
        let unmet = budgets::unmet(&self.lines, &ground.layers, alignments, populations, told);
        notes.add(unmet, Vec::new());
        Ok(())
    }
}

/// People of a layer's areas: of the first alignment that counts them, else those that the layer has itself.
fn people_of(layer: &Layer, alignments: &[Alignment]) -> Vec<Option<People>> {
    let bodies = alignments.iter().find_map(|alignment| {
        let relation = &alignment.relation;
        let side = match (alignment.health_layer == layer.id, alignment.council_layer == layer.id) {
            (true, _) => &relation.left,
            (_, true) => &relation.right,
            _ => return None,
        };
        relation.has_people.then_some(side)
    });
    match bodies {
        Some(bodies) => bodies.iter().map(|body| body.people).collect(),
        None => layer.areas.iter().map(|area| area.people).collect(),
    }
}

/// Finding DQ-10 for money that no area can be given because people are unknown.
fn unplaced(apportioned: &Apportioned) -> Option<Finding> {
    let (bodies, pence) = apportioned.of_unknown_people();
    (bodies > 0).then(|| {
        let detail = format!(
            "people of {} are not known, so part of their money is for no area: {pence} pence",
            crate::words::count(bodies, "body", "bodies")
        );
        Finding::new("DQ-10", detail, "kept, unallocated")
            .layer(apportioned.alignment.clone())
            .field(apportioned.side.as_str())
            .value(pence as f64, "pence")
    })
}

/// Rows of several tables of one kind; `None` where there is no table.
///
/// A table's own reader refuses two rows of one key; the same key in two tables is refused here.
fn of_tables<T>(
    sources: &[TableSource],
    layers: &[Layer],
    tables: &Tables,
    notes: &mut Notes,
    read: impl Fn(&TextTable, &[Layer]) -> Result<(Vec<T>, Vec<Finding>)>,
    key: impl Fn(&T) -> (u64, String),
) -> Result<Option<Vec<T>>> {
    let mut all: Option<Vec<T>> = None;
    let mut seen: BTreeMap<String, (PathBuf, u64)> = BTreeMap::new();
    for source in sources {
        let path = &source.path;
        let (rows, findings) = read(tables.source(source)?, layers)?;
        notes.add(findings, Vec::new());
        for row in &rows {
            let (number, key) = key(row);
            if let Some((other, first)) = seen.insert(key.clone(), (path.clone(), number)) {
                let found = format!("{key} is in row {first} of {} already", other.display());
                return Err(InputProblem::new(path, found, "each once over all tables", "remove one of the two rows")
                    .record(number)
                    .into());
            }
        }
        all.get_or_insert_default().extend(rows);
    }
    Ok(all)
}

/// Money of every body of a layer in the last fiscal year that its budgets state: the sum of its lines, unknown where one of them is, or
/// where it has none.
pub(super) fn last_year(layer: &Layer, lines: &[BudgetLine]) -> (Option<String>, Vec<Option<Pence>>) {
    let ours = || lines.iter().filter(|line| *line.layer == *layer.id);
    let Some(year) = ours().filter_map(|line| line.fiscal_year.as_deref()).max() else {
        return (None, vec![None; layer.areas.len()]);
    };
    // Outer: any line at all; inner: whether every one is known.
    let mut sums: Vec<Option<Option<Pence>>> = vec![None; layer.areas.len()];
    for line in ours().filter(|line| line.fiscal_year.as_deref() == Some(year)) {
        if let Some(sum) = line.body.and_then(|body| sums.get_mut(body)) {
            let so_far = sum.unwrap_or(Some(Pence(0)));
            *sum = Some(so_far.zip(line.amount).and_then(|(sum, amount)| sum.0.checked_add(amount.0)).map(Pence));
        }
    }
    (Some(year.to_owned()), sums.into_iter().map(Option::flatten).collect())
}
