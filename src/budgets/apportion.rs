//! Lines to partners, to the penny.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::line::BudgetLine;
use super::population::ServicePopulation;
use super::waves::in_order;
use crate::alignment::{Alignment, Side};
use crate::domain::units::Proportions;
use crate::domain::{Amounts, Basis, Body, Pence, Proof, Relation};
use crate::error::{Error, Result};

/// Partner code of money that no area can be given: its code is not in the layer, its body has neither people nor area, or people of it are
/// unknown.
pub const UNALLOCATED: &str = "__unallocated__";

/// Where a part of a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Partner {
    /// Index into the other side's bodies.
    Body(usize),
    /// The part of the body that no area of the other side covers (`__outside__`).
    Outside,
    /// No partner can be known (`__unallocated__`).
    Unallocated,
}

/// One part of one line, as it is kept: five million lines have some ten million.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kept {
    line: u32,
    piece: u32,
    amount: Pence,
}

/// One part of one line (table `budget_apportioned`).
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'a> {
    /// Index into the lines.
    pub line: usize,
    /// Where it goes.
    pub partner: Partner,
    /// Pence.
    pub amount: Pence,
    /// Share of the body's weight, 0 to 1; `None` where unallocated.
    pub share: Option<f64>,
    /// What was weighed: `people`, `area`, or `people:` and the field of the service's own population; `None` where unallocated.
    pub weight_basis: Option<&'a str>,
}

/// The lines of one side of an alignment, split over their partners.
#[derive(Debug, Clone, PartialEq)]
pub struct Apportioned {
    /// Alignment id.
    pub alignment: String,
    /// Side whose money it is.
    pub side: Side,
    kept: Vec<Kept>,
    splits: Splits,
}

impl Apportioned {
    /// Parts in the order of the lines, then partners by code, `__outside__` last.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.kept.iter().map(|kept| {
            let piece = usize::try_from(kept.piece).ok().and_then(|piece| self.splits.pieces.get(piece));
            Part {
                line: usize::try_from(kept.line).unwrap_or(usize::MAX),
                partner: piece.map_or(Partner::Unallocated, |piece| piece.partner),
                amount: kept.amount,
                share: piece.and_then(|piece| piece.share),
                weight_basis: piece.and_then(|piece| piece.basis.as_deref()),
            }
        })
    }

    /// Number of parts.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is no part.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Number of pieces: where parts can go, body by body.
    pub(super) fn pieces(&self) -> usize {
        self.splits.pieces.len()
    }

    /// Body and partner of a piece.
    pub(super) fn piece(&self, piece: usize) -> Option<(usize, Partner)> {
        self.splits.pieces.get(piece).map(|piece| (piece.body, piece.partner))
    }

    /// Some of the parts, each by its piece, its line and its amount.
    pub(super) fn kept(&self, range: Range<usize>) -> impl Iterator<Item = (usize, usize, Pence)> {
        let index = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        self.kept.get(range).unwrap_or(&[]).iter().map(move |kept| (index(kept.piece), index(kept.line), kept.amount))
    }

    /// Whether people of a body are unknown that the money of a service is split by, so that a part of it goes to no area.
    pub(super) fn is_partial(&self, service: Option<&str>, body: usize) -> bool {
        self.splits.of(service, body).is_some_and(|split| split.partial)
    }

    /// Known pence of the bodies' lines that no area can be given because people are unknown, and how many bodies that is.
    pub fn of_unknown_people(&self) -> (usize, i128) {
        let (mut bodies, mut pence) = (BTreeSet::new(), 0i128);
        for kept in &self.kept {
            let piece = usize::try_from(kept.piece).ok().and_then(|piece| self.splits.pieces.get(piece));
            if let Some(piece) = piece.filter(|piece| piece.partner == Partner::Unallocated && piece.body != usize::MAX) {
                bodies.insert(piece.body);
                pence = pence.saturating_add(i128::from(kept.amount.0));
            }
        }
        (bodies.len(), pence)
    }

    /// Another amount of a line (its discretionary part), split as the line's own, by piece.
    pub(super) fn split_like(&self, line: &BudgetLine, body: usize, amount: Pence) -> Vec<(usize, Pence)> {
        let mut parts = Vec::new();
        let split = self.splits.of(line.service.as_deref(), body);
        match split.filter(|split| split.proportions.split(amount.0, &mut parts, &mut Vec::new()).is_some()) {
            Some(split) => (split.first..).zip(parts.into_iter().map(Pence)).collect(),
            None => vec![(NOWHERE, amount)],
        }
    }
}

/// The piece of money that no area can be given; it is of no body.
const NOWHERE: usize = 0;

/// Where parts can go.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    body: usize,
    partner: Partner,
    share: Option<f64>,
    basis: Option<Arc<str>>,
}

/// What a body is split by.
#[derive(Debug, Clone, PartialEq)]
struct Split {
    /// Its first piece; as many follow as it has proportions.
    first: usize,
    proportions: Proportions,
    /// People of the body are unknown, and its last piece is theirs.
    partial: bool,
}

/// What the bodies of a side are split by.
#[derive(Debug, Clone, PartialEq)]
struct Splits {
    /// The first is [`NOWHERE`].
    pieces: Vec<Piece>,
    /// One a body, by all people; `None` where nothing can be weighed.
    whole: Vec<Option<Split>>,
    /// Services, and one a body by their own population; `None` where it has nobody of it, and all people are weighed.
    own: Vec<(Vec<String>, Vec<Option<Split>>)>,
}

/// Splits every known line of the alignment's two layers over the partners of its body and `__outside__` (health first, then council), by
/// all people of the alignment; see [`apportion_by`].
///
/// # Errors
/// As [`apportion_by`].
pub fn apportion(lines: &[BudgetLine], alignment: &Alignment) -> Result<(Vec<Apportioned>, Vec<Proof>)> {
    apportion_by(lines, alignment, &[])
}

/// Splits every known line of the alignment's two layers over the partners of its body and `__outside__` (health first, then council).
///
/// Extensive amounts: `b_ij = b_i w_ij / sum_j w_ij` (Goodchild & Lam 1980), weights are the people of the pairs in millionths: those of
/// the service's own population where it has one and any of them live in the body, else all people, or, where the alignment has no people
/// or none live in the body, their area in square millimetres. Where people of a pair are unknown, the others get the part of the money that
/// they have of the most people that the body may have, and the rest is [`Partner::Unallocated`]: all of it, where nothing says how many it
/// may have at most. Parts are whole pence by largest remainder, ties to the smaller code, so the
/// parts of a line sum to it exactly. A line whose code is no area of the layer is one part, [`Partner::Unallocated`]. Unknown lines have
/// no part. One proof a budget: pence in equals pence out.
///
/// # Errors
/// [`Error::Proof`] if a line's body is not in the alignment: lines and alignment are of different layers; [`Error::Config`] for more than
/// 4,000 million lines.
pub fn apportion_by(
    lines: &[BudgetLine],
    alignment: &Alignment,
    populations: &[ServicePopulation],
) -> Result<(Vec<Apportioned>, Vec<Proof>)> {
    if u32::try_from(lines.len()).is_err() {
        return Err(Error::usage("there are more budget lines than one run can take; split the budgets over several configs"));
    }
    let mut results = Vec::new();
    let mut proofs = Vec::new();
    for side in [Side::Health, Side::Council] {
        let layer = layer_of(alignment, side);
        if !lines.iter().any(|line| line.layer.as_ref() == layer) {
            continue;
        }
        let splits = Splits::new(alignment, side, populations);
        let splitter = Splitter { lines, alignment, layer, bodies: bodies(&alignment.relation, side), splits: &splits };
        let mut kept: Vec<Kept> = Vec::with_capacity(lines.len());
        let mut sums: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        in_order(
            lines.len(),
            |range| splitter.split(range),
            |part| {
                let part: Chunk<'_> = part?;
                kept.extend(part.kept);
                for (budget, (into, out)) in part.sums {
                    let sum = sums.entry(budget).or_default();
                    sum.0 = sum.0.saturating_add(into);
                    sum.1 = sum.1.saturating_add(out);
                }
                Ok(())
            },
        )?;
        for (budget, (into, out)) in sums {
            proofs.push(Proof::exact(
                "apportioned parts sum to the budget's known lines, in pence",
                format!("budget {budget}, alignment {}", alignment.id),
                into,
                out,
            ));
        }
        results.push(Apportioned { alignment: alignment.id.clone(), side, kept, splits });
    }
    Ok((results, proofs))
}

/// What splitting a line needs.
struct Splitter<'a> {
    lines: &'a [BudgetLine],
    alignment: &'a Alignment,
    layer: &'a str,
    bodies: &'a [Body],
    splits: &'a Splits,
}

/// Parts of some lines, and pence in and out by budget.
struct Chunk<'a> {
    kept: Vec<Kept>,
    sums: Vec<(&'a str, (i128, i128))>,
}

impl<'a> Splitter<'a> {
    fn split(&self, range: Range<usize>) -> Result<Chunk<'a>> {
        let lines = self.lines.get(range.clone()).unwrap_or(&[]);
        let mut kept: Vec<Kept> = Vec::with_capacity(lines.len().saturating_mul(2));
        let mut sums: Vec<(&str, (i128, i128))> = Vec::new();
        let (mut parts, mut remainders) = (Vec::new(), Vec::new());
        for (line, index) in lines.iter().zip(range) {
            let (true, Some(amount)) = (line.layer.as_ref() == self.layer, line.amount) else {
                continue;
            };
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let body = match line.body {
                None => None,
                Some(body) => Some(
                    position(self.bodies, body, line)
                        .ok_or_else(|| broken(line, self.alignment, "its body is in the alignment", "a body of it", "none"))?,
                ),
            };
            let split = body.and_then(|body| self.splits.of(line.service.as_deref(), body));
            let mut out: i128 = 0;
            match split.filter(|split| split.proportions.split(amount.0, &mut parts, &mut remainders).is_some()) {
                None => {
                    kept.push(Kept { line: number, piece: 0, amount });
                    out = i128::from(amount.0);
                }
                Some(split) => {
                    for (part, piece) in parts.iter().zip(split.first..) {
                        out = out.saturating_add(i128::from(*part));
                        kept.push(Kept { line: number, piece: u32::try_from(piece).unwrap_or(u32::MAX), amount: Pence(*part) });
                    }
                }
            }
            if out != i128::from(amount.0) {
                return Err(broken(line, self.alignment, "parts sum to the line", &amount.0.to_string(), &out.to_string()));
            }
            if sums.last().is_none_or(|(budget, _)| *budget != line.budget.as_ref()) {
                sums.push((line.budget.as_ref(), (0, 0)));
            }
            if let Some((_, sum)) = sums.last_mut() {
                sum.0 = sum.0.saturating_add(i128::from(amount.0));
                sum.1 = sum.1.saturating_add(out);
            }
        }
        Ok(Chunk { kept, sums })
    }
}

/// Layer id of a side.
pub(super) fn layer_of(alignment: &Alignment, side: Side) -> &str {
    match side {
        Side::Health => &alignment.health_layer,
        Side::Council => &alignment.council_layer,
    }
}

/// Bodies of a side.
pub(super) fn bodies(relation: &Relation, side: Side) -> &[Body] {
    match side {
        Side::Health => &relation.left,
        Side::Council => &relation.right,
    }
}

/// Index of a line's body among the relation's bodies, which normally keep the order of the layer.
pub(super) fn position(bodies: &[Body], body: usize, line: &BudgetLine) -> Option<usize> {
    let code = line.code.as_deref()?;
    if bodies.get(body).is_some_and(|candidate| candidate.code == code) {
        return Some(body);
    }
    bodies.binary_search_by(|candidate| candidate.code.as_str().cmp(code)).ok()
}

fn broken(line: &BudgetLine, alignment: &Alignment, name: &str, expected: &str, got: &str) -> Error {
    let row = line.source_row.map_or_else(|| "without a row".to_owned(), |row| format!("row {row}"));
    let code = line.code.as_deref().unwrap_or("(blank)");
    Error::Proof {
        subject: format!("budget {}, {row}, code {code}, alignment {}", line.budget, alignment.id),
        name: name.to_owned(),
        expected: expected.to_owned(),
        got: got.to_owned(),
        tolerance: "0".to_owned(),
    }
}

impl Splits {
    fn new(alignment: &Alignment, side: Side, populations: &[ServicePopulation]) -> Self {
        let mut pieces = vec![Piece { body: usize::MAX, partner: Partner::Unallocated, share: None, basis: None }];
        let people = alignment.relation.has_people;
        let whole = of_relation(&alignment.relation, side, |body: usize, amounts: &[(Partner, Amounts)]| {
            let mut by = |basis: Basis| split((body, amounts), basis, basis.as_str(), &mut pieces);
            if people { by(Basis::People).or_else(|| by(Basis::Area)) } else { by(Basis::Area) }
        });
        let own = populations
            .iter()
            .map(|population| {
                let name = format!("people:{}", population.field);
                let splits = of_relation(&population.relation, side, |body: usize, amounts: &[(Partner, Amounts)]| {
                    split((body, amounts), Basis::People, &name, &mut pieces)
                });
                (population.services.clone(), splits)
            })
            .collect();
        Self { pieces, whole, own }
    }

    /// What a line for a service is split by.
    fn of(&self, service: Option<&str>, body: usize) -> Option<&Split> {
        let own = self.own.iter().find(|(services, _)| services.iter().any(|own| Some(own.as_str()) == service));
        own.and_then(|(_, splits)| splits.get(body)?.as_ref()).or_else(|| self.whole.get(body)?.as_ref())
    }
}

/// Calls `make` for every body of a side with what lies in each partner, by partner.
fn of_relation(relation: &Relation, side: Side, mut make: impl FnMut(usize, &[(Partner, Amounts)]) -> Option<Split>) -> Vec<Option<Split>> {
    let mut parts: Vec<Vec<(Partner, Amounts)>> = bodies(relation, side).iter().map(|_| Vec::new()).collect();
    for pair in &relation.pairs {
        let (own, other) = match side {
            Side::Health => (pair.left, pair.right),
            Side::Council => (pair.right, pair.left),
        };
        if let Some(parts) = parts.get_mut(own) {
            parts.push((Partner::Body(other), pair.amounts));
        }
    }
    let outside = match side {
        Side::Health => &relation.left_outside,
        Side::Council => &relation.right_outside,
    };
    for (parts, amounts) in parts.iter_mut().zip(outside) {
        parts.push((Partner::Outside, *amounts));
    }
    parts
        .iter_mut()
        .enumerate()
        .map(|(body, parts)| {
            parts.sort_by_key(|(partner, _)| *partner);
            make(body, parts)
        })
        .collect()
}

/// A body's split on a basis; `None` where it has no weight.
fn split((body, amounts): (usize, &[(Partner, Amounts)]), basis: Basis, name: &str, pieces: &mut Vec<Piece>) -> Option<Split> {
    // A partner without weight would be a row of 0 pence: `__outside__` of a body that is covered, or land where no one lives.
    let weighed = amounts.iter().map(|(partner, amounts)| (*partner, weight(amounts, basis)));
    let mut weighed: Vec<(Partner, i128)> = weighed.filter(|(_, weight)| *weight > 0).collect();
    let rest = if basis == Basis::People { unknown_people(amounts) } else { Some(0) };
    let partial = rest != Some(0);
    match rest {
        Some(0) => {}
        Some(rest) => weighed.push((Partner::Unallocated, rest)),
        None => weighed = vec![(Partner::Unallocated, 1)],
    }
    let (partners, weights): (Vec<Partner>, Vec<i128>) = weighed.into_iter().unzip();
    let proportions = Proportions::new(&weights)?;
    let total = weights.iter().sum::<i128>() as f64;
    let name: Arc<str> = Arc::from(name);
    let first = pieces.len();
    pieces.extend(partners.into_iter().zip(&weights).map(|(partner, weight)| {
        let known = partner != Partner::Unallocated;
        Piece { body, partner, share: known.then_some(*weight as f64 / total), basis: known.then(|| Arc::clone(&name)) }
    }));
    Some(Split { first, proportions, partial })
}

/// The most people, in millionths, that may live in the parts of a body of which they are unknown, beside those who certainly do; `None`
/// where nothing bounds them.
fn unknown_people(amounts: &[(Partner, Amounts)]) -> Option<i128> {
    let mut unknown = amounts.iter().filter(|(_, amounts)| amounts.people.is_none());
    unknown.try_fold(0i128, |sum, (_, amounts)| {
        let (low, high) = (amounts.people_low.unwrap_or_default(), amounts.people_high?);
        Some(sum.saturating_add(i128::from((high - low).0.max(0))))
    })
}

/// Millionths of people, or square millimetres; whole numbers, so that splitting is exact.
fn weight(amounts: &Amounts, basis: Basis) -> i128 {
    match basis {
        Basis::People => amounts.people.or(amounts.people_low).map_or(0, |people| i128::from(people.0)).max(0),
        // An area is at most 2^41 m across, so this fits i128 with room to spare; a float that is not finite becomes 0.
        Basis::Area => (amounts.area_m2 * 1e6).round().max(0.0) as i128,
    }
}
