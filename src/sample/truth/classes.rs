//! The classes, components and rates of domain.md E2, written out a second time, in whole numbers.
//!
//! Nothing here may come from the alignment stage: two independent readings of one rule are the test of both.

use std::collections::{BTreeMap, BTreeSet};

use super::relation::{Basis, Table, exceeds, reaches};

/// Class of one body, in the words of the health side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    Uncovered,
    Coterminous,
    Aggregate,
    Nested,
    NearCoterminous,
    NearNested,
    Fragment,
    Spanning,
}

impl Shape {
    /// The published word; the council side has mirror names.
    pub(super) fn word(self, council: bool) -> &'static str {
        match (self, council) {
            (Self::Uncovered, _) => "uncovered",
            (Self::Coterminous, _) => "coterminous",
            (Self::Aggregate, false) => "aggregate",
            (Self::Aggregate, true) => "partitioned",
            (Self::Nested, false) => "nested",
            (Self::Nested, true) => "inside_larger",
            (Self::NearCoterminous, _) => "near_coterminous",
            (Self::NearNested, false) => "near_nested",
            (Self::NearNested, true) => "near_inside_larger",
            (Self::Fragment, _) => "fragment",
            (Self::Spanning, false) => "spanning",
            (Self::Spanning, true) => "shared",
        }
    }
}

/// Class at tolerances 0.02 (equal) and 0.05 (significant); `None` for a body without weight.
pub(super) fn shape(table: &Table<'_>, left: usize, basis: Basis) -> Option<Shape> {
    shape_at(table, left, basis, 20)
}

/// Class with so many thousandths for equal, and 0.05 for significant.
pub(super) fn shape_at(table: &Table<'_>, left: usize, basis: Basis, equal: i128) -> Option<Shape> {
    let most = 1000 - equal;
    let whole = table.left_total.get(left)?.on(basis);
    if whole == 0 {
        return None;
    }
    let partners = table.partners(left, basis);
    let other = |right: usize| table.right_total.get(right).map_or(0, |weight| weight.on(basis));
    // share of this body, share of the partner: at least so many thousandths
    let mine = |pair: &(usize, i64), per_mille| reaches(pair.1, whole, per_mille);
    let theirs = |pair: &(usize, i64), per_mille| other(pair.0) > 0 && reaches(pair.1, other(pair.0), per_mille);
    let significant: Vec<&(usize, i64)> = partners.iter().filter(|pair| mine(pair, 50) || theirs(pair, 50)).collect();
    let whole_partners: Vec<&&(usize, i64)> = significant.iter().filter(|pair| theirs(pair, most)).collect();
    let in_whole_partners: i64 = whole_partners.iter().map(|pair| pair.1).sum();
    let outside = table.left_outside.get(left).map_or(0, |weight| weight.on(basis));
    Some(if exceeds(outside, whole, 50) {
        Shape::Uncovered
    } else if matches!(significant.as_slice(), [only] if mine(only, most) && theirs(only, most)) {
        Shape::Coterminous
    } else if whole_partners.len() >= 2 && reaches(in_whole_partners, whole, most) {
        Shape::Aggregate
    } else if partners.iter().any(|pair| mine(pair, most) && !theirs(pair, most)) {
        Shape::Nested
    } else if partners.iter().any(|pair| mine(pair, 950) && theirs(pair, 950)) {
        Shape::NearCoterminous
    } else if partners.iter().any(|pair| mine(pair, 950) && !theirs(pair, 950)) {
        Shape::NearNested
    } else if partners.iter().all(|pair| !mine(pair, 500) && !theirs(pair, 500)) {
        Shape::Fragment
    } else {
        Shape::Spanning
    })
}

/// Partner with the largest share; the smaller code of two equals.
pub(super) fn main_partner(table: &Table<'_>, left: usize, basis: Basis) -> Option<(usize, i64)> {
    let partners = table.partners(left, basis);
    partners.into_iter().filter(|(_, weight)| *weight > 0).reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Bodies locked together by significant pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) lefts: BTreeSet<usize>,
    pub(super) rights: BTreeSet<usize>,
    pub(super) pairs: usize,
}

impl Locked {
    pub(super) fn kind(&self) -> &'static str {
        match (self.lefts.len(), self.rights.len()) {
            (1, 1) => "coterminous",
            (_, 0) | (0, _) => "isolated",
            (1, _) => "aggregate",
            (_, 1) => "partition",
            _ => "tangled",
        }
    }
}

/// Significant pairs of a table.
pub(super) fn significant(table: &Table<'_>, basis: Basis) -> Vec<(usize, usize)> {
    let of = |totals: &[super::relation::Weight], index: usize| totals.get(index).map_or(0, |weight| weight.on(basis));
    let counts = |part: i64, whole: i64| whole > 0 && reaches(part, whole, 50);
    table
        .pairs
        .iter()
        .filter(|((i, j), weight)| {
            let part = weight.on(basis);
            counts(part, of(&table.left_total, *i)) || counts(part, of(&table.right_total, *j))
        })
        .map(|(pair, _)| *pair)
        .collect()
}

/// Components, found by painting: every body takes the smallest paint of its partners until nothing changes.
pub(super) fn components(table: &Table<'_>, basis: Basis) -> Vec<Locked> {
    let pairs = significant(table, basis);
    let lefts = table.left.len();
    let mut paint: Vec<usize> = (0..lefts + table.right.len()).collect();
    loop {
        let mut changed = false;
        for (i, j) in &pairs {
            let least = paint[*i].min(paint[lefts + j]);
            changed |= paint[*i] != least || paint[lefts + j] != least;
            paint[*i] = least;
            paint[lefts + j] = least;
        }
        if !changed {
            break;
        }
    }
    let mut found: BTreeMap<usize, Locked> = BTreeMap::new();
    for (body, colour) in paint.iter().enumerate() {
        let empty = || Locked { name: String::new(), lefts: BTreeSet::new(), rights: BTreeSet::new(), pairs: 0 };
        let component = found.entry(*colour).or_insert_with(empty);
        let code = if body < lefts {
            component.lefts.insert(body);
            &table.left[body].code
        } else {
            component.rights.insert(body - lefts);
            &table.right[body - lefts].code
        };
        if component.name.is_empty() || *code < component.name {
            component.name.clone_from(code);
        }
    }
    for (i, _) in &pairs {
        if let Some(component) = found.get_mut(&paint[*i]) {
            component.pairs += 1;
        }
    }
    let mut found: Vec<Locked> = found.into_values().collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// How many left bodies are coterminous: strictly, and structurally (whole partners, or a whole member of such a partner).
pub(super) fn rates(table: &Table<'_>, basis: Basis) -> (usize, usize) {
    let turned = table.turned();
    let made_of_wholes = |shape: Option<Shape>| shape == Some(Shape::Aggregate);
    let strict = (0..table.left.len()).filter(|left| shape(table, *left, basis) == Some(Shape::Coterminous)).count();
    let structural = (0..table.left.len())
        .filter(|left| {
            let own = shape(table, *left, basis);
            let whole = table.left_total.get(*left).map_or(0, |weight| weight.on(basis));
            let member = table
                .partners(*left, basis)
                .into_iter()
                .any(|(right, part)| whole > 0 && reaches(part, whole, 980) && made_of_wholes(shape(&turned, right, basis)));
            own == Some(Shape::Coterminous) || made_of_wholes(own) || member
        })
        .count();
    (strict, structural)
}
