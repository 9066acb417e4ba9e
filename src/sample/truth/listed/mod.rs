//! Every obstruction of the made-up country, rule by rule, written out a second time.
//!
//! Nothing here may come from the obstruction rules, from budgets or from the alignment stage. Three kinds of reading stand behind a row:
//! sums over blocks (BND but 10 and 12, MRG but 04, 05 and 07, OWN), what the tables say for pairs that the blocks decide (the rest), and, for DQ, where the
//! generator put what is wrong. Pence are split in proportion, without rounding: no threshold is within a penny of a sum.

mod joint;
mod maps;
mod money;
mod past;
mod tabled;

use std::collections::{BTreeMap, BTreeSet};

use self::tabled::Tabled;
use super::super::country::Country;
use super::super::places::Kind;
use super::super::sheet::{File, Sheet};
use super::Truth;
use super::classes::{main_partner, significant};
use super::lines::Lines;
use super::relation::{Basis, Table};
use crate::error::Result;

/// One obstruction: rule, alignment or succession, subject, partner, service, fiscal year; empty for what it does not have.
pub(super) type Found = (&'static str, String, String, String, String, String);

/// Rows, and which of them are of high severity.
#[derive(Default)]
pub(super) struct List {
    pub(super) rows: BTreeSet<Found>,
    pub(super) high: BTreeSet<Found>,
}

/// Alignments in the order of the config; an agreement is met in the first that has both its bodies.
const ORDER: [&str; 4] = ["pcg-council-1999", "ha-council-1999", "pct-council-2002", "pct-council-2006"];

/// What one alignment's rules look at.
pub(super) struct View<'a> {
    id: &'static str,
    health: Kind,
    council: Kind,
    country: &'a Country,
    tabled: &'a Tabled,
    table: Table<'a>,
    /// Significant pairs.
    pairs: Vec<(usize, usize)>,
    /// Main partner of each NHS body.
    mains: Vec<Option<usize>>,
    /// People of the pairs that fit neither of their bodies.
    crossing: BTreeMap<(usize, usize), i64>,
}

impl View<'_> {
    fn health(&self, body: usize) -> &str {
        self.table.left.get(body).map_or("", |body| &body.code)
    }

    fn council(&self, body: usize) -> &str {
        self.table.right.get(body).map_or("", |body| &body.code)
    }

    /// Codes of a pair.
    fn codes(&self, pair: (usize, usize)) -> (String, String) {
        (self.health(pair.0).to_owned(), self.council(pair.1).to_owned())
    }

    fn people(&self, pair: (usize, usize)) -> i128 {
        self.table.pairs.get(&pair).map_or(0, |weight| i128::from(weight.people))
    }

    /// A row about a pair.
    fn pair(&self, rule: &'static str, pair: (usize, usize), service: &str, year: &str) -> Found {
        let (health, council) = self.codes(pair);
        (rule, self.id.to_owned(), health, council, service.to_owned(), year.to_owned())
    }

    /// A row about one body, and perhaps a partner.
    fn body(&self, rule: &'static str, code: &str, partner: &str) -> Found {
        (rule, self.id.to_owned(), code.to_owned(), partner.to_owned(), String::new(), String::new())
    }

    /// People of an NHS body on the wrong side of a line.
    fn wrong_of_health(&self, body: usize) -> i64 {
        self.crossing.iter().filter(|((left, _), _)| *left == body).map(|(_, people)| people).sum()
    }

    /// People of a council on the wrong side of a line.
    fn wrong_of_council(&self, body: usize) -> i64 {
        self.crossing.iter().filter(|((_, right), _)| *right == body).map(|(_, people)| people).sum()
    }

    /// Whether a crossing part of the NHS body would belong to this council: of its partners but the part's own the one that fits it, else the one
    /// with most of it.
    fn home_of_a_part(&self, (body, council): (usize, usize)) -> bool {
        let parts = self.crossing.keys().filter(|(left, _)| *left == body).map(|(_, right)| *right);
        parts.filter(|part| *part != council).any(|part| {
            let others = self.table.partners(body, Basis::People).into_iter().filter(|(right, people)| *right != part && *people > 0);
            let home =
                others.max_by_key(|(right, people)| (!self.crossing.contains_key(&(body, *right)), *people, std::cmp::Reverse(*right)));
            home.is_some_and(|(right, _)| right == council)
        })
    }

    fn is_care_trust(&self, health: &str) -> bool {
        self.tabled.attribute(self.health, health, "org_type") == "care_trust"
    }
}

/// truth/obstruction.csv.
pub(super) fn file(country: &Country, truth: &Truth) -> Result<File> {
    let tabled = Tabled::of(country, truth)?;
    let mut list = List::default();
    let mut views = Vec::new();
    for id in ORDER {
        let Some((id, health, council)) = super::ALIGNMENTS.iter().find(|(known, ..)| *known == id).copied() else { continue };
        let table = Table::of(country, health, council);
        let pairs = significant(&table, Basis::People);
        let mains = (0..table.left.len()).map(|body| main_partner(&table, body, Basis::People).map(|(partner, _)| partner)).collect();
        let crossing = Lines::of(&table).crossing;
        views.push(View { id, health, council, country, tabled: &tabled, table, pairs, mains, crossing });
    }
    for view in &views {
        maps::list(view, &mut list);
        money::list(view, &mut list);
        joint::list(view, &mut list);
    }
    past::list(country, truth, &tabled, &views, &mut list);
    for view in &views {
        joint::compulsion(view, &mut list);
    }
    let mut sheet =
        Sheet::new("truth/obstruction.csv", &["obstruction_id", "alignment", "subject_code", "partner_code", "service", "fiscal_year"]);
    for (rule, alignment, subject, partner, service, year) in &list.rows {
        sheet.row(&[rule, alignment, subject, partner, service, year]);
    }
    sheet.file()
}
