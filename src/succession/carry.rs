//! Money along links: what a predecessor had goes with its people.

use crate::domain::units::largest_remainder;
use crate::domain::{Amounts, Basis, Pence};

use super::result::{Declared, Succession};

/// Gives every link its part of the predecessor's money, and returns what no link carries.
///
/// `money[i]` is what the predecessor `i` has; `None` = not known, and then its links' are not known either. It is split over everything that
/// the predecessor was made of, the pairs with every successor and what lies in none, by people (by area where no one lives in it), by
/// the largest remainder: for each predecessor the links and what is left out sum to the money exactly. What is left out are parts below
/// the link share (DQ-15) and land of a body with successors that lies in none (DQ-10). A link that only the declared table has, and the
/// row of a new body, carry nothing that is known.
pub fn carry_money(succession: &mut Succession, fiscal_year: Option<&str>, money: &[Option<Pence>]) -> Pence {
    let relation = &succession.relation;
    let by_people = succession.basis == Basis::People;
    let mut left_out = Pence(0);
    for link in &mut succession.links {
        link.pence = None;
    }
    for (body, pence) in money.iter().enumerate().take(relation.left.len()) {
        let Some(pence) = pence else { continue };
        let people = by_people && relation.left.get(body).and_then(|body| body.people).is_some_and(|people| people.0 > 0);
        let weight = |amounts: &Amounts| match amounts.people {
            Some(people_there) if people => i128::from(people_there.0),
            // Square millimetres: areas are numbers of metres, and the split wants whole ones.
            _ => (amounts.area_m2 * 1e6) as i128,
        };
        let pairs = relation.pairs_of_left(body);
        let outside = relation.left_outside.get(body).copied().unwrap_or_default();
        let weights: Vec<i128> = pairs.iter().map(|pair| weight(&pair.amounts)).chain([weight(&outside)]).collect();
        let Some(parts) = largest_remainder(pence.0, &weights) else { continue };
        let ends = pairs.iter().map(|pair| Some(pair.right)).chain([None]);
        for (to, part) in ends.zip(parts) {
            let declared_only = Some(Declared::DeclaredOnly);
            let ours = |link: &&mut super::result::Link| link.from == Some(body) && link.to == to && link.declared != declared_only;
            match succession.links.iter_mut().find(ours) {
                Some(link) => link.pence = Some(Pence(part)),
                None => left_out = Pence(left_out.0.saturating_add(part)),
            }
        }
    }
    succession.fiscal_year = fiscal_year.map(str::to_owned);
    left_out
}
