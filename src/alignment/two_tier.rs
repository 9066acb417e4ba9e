//! The two-tier gap: NHS bodies that match districts, where social services are run by another council (rule BND-07).

use crate::domain::Basis;

use super::result::{Alignment, Class, Side};

/// A health body that is one district or a group of whole districts, and neither one council with social services nor a group of whole ones.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoTierGap {
    /// Index into the left bodies of both alignments (the same layer).
    pub health: usize,
    /// Its code.
    pub code: String,
    /// The districts it is made of, indices into the right bodies of the district alignment, ascending.
    pub districts: Vec<usize>,
    /// Coterminous (one district) or aggregate (several) against the districts.
    pub district_class: Class,
    /// Jaccard of the body and its districts taken together.
    pub district_jaccard: f64,
    /// The council with social services that holds most of the body, index into the right bodies of the council alignment.
    pub council: Option<usize>,
    /// Its class against those councils.
    pub council_class: Class,
    /// Share of the body in that council; `None` without one.
    pub council_share: Option<f64>,
    /// Share of that council in the body: what the county would have to divide to follow it.
    pub share_of_council: Option<f64>,
    /// Basis judged on: people where both alignments have them, else area.
    pub basis: Basis,
}

/// Finds the two-tier gaps: `council` is health x councils with social services, `district` is the same health layer x districts, both
/// at the run's tolerances. By health body; bodies that `district` lacks, and bodies without a class, are not judged.
pub fn two_tier(council: &Alignment, district: &Alignment) -> Vec<TwoTierGap> {
    let has = |basis: Basis| council.bases.contains(&basis) && district.bases.contains(&basis);
    let basis = if has(Basis::People) { Basis::People } else { Basis::Area };
    let mut gaps = Vec::new();
    for (health, body) in council.relation.left.iter().enumerate() {
        let Some(in_district) = district.relation.position_left(&body.code) else { continue };
        let (Some(by_council), Some(by_district)) =
            (council.body(Side::Health, health, basis), district.body(Side::Health, in_district, basis))
        else {
            continue;
        };
        let (Some(council_class), Some(district_class)) = (by_council.class, by_district.class) else { continue };
        let whole = |class: Class| matches!(class, Class::Coterminous | Class::Aggregate);
        if !whole(district_class) || whole(council_class) {
            continue;
        }
        let (districts, district_jaccard) = matched(district, in_district, district_class, basis);
        let main = by_council.main_partner;
        gaps.push(TwoTierGap {
            health,
            code: body.code.clone(),
            districts,
            district_class,
            district_jaccard,
            council: main,
            council_class,
            council_share: by_council.main_share,
            share_of_council: main.and_then(|right| council.share_right(health, right, basis)),
            basis,
        });
    }
    gaps
}

/// The districts that a body is made of: those with most of their own weight in it (a district met at its edge is no part of the match).
fn matched(district: &Alignment, health: usize, class: Class, basis: Basis) -> (Vec<usize>, f64) {
    let weight = |amounts: &crate::domain::Amounts| amounts.weight(basis).unwrap_or(0.0);
    let own = district.relation.left.get(health).map_or(0.0, |body| super::sides::total(body, basis));
    let main = district.body(Side::Health, health, basis).and_then(|body| body.main_partner);
    let (mut districts, mut theirs, mut both) = (Vec::new(), 0.0, 0.0);
    for pair in district.relation.pairs_of_left(health) {
        let total = district.relation.right.get(pair.right).map_or(0.0, |body| super::sides::total(body, basis));
        let inside = weight(&pair.amounts);
        let belongs = match class {
            Class::Coterminous => Some(pair.right) == main,
            _ => total > 0.0 && inside >= total / 2.0,
        };
        if belongs {
            districts.push(pair.right);
            theirs += total;
            both += inside;
        }
    }
    (districts, super::sides::jaccard(both, own, theirs).unwrap_or(0.0))
}
