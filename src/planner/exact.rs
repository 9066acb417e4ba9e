//! Every way to divide bodies into sets that hang together.

use std::collections::BTreeSet;

use super::sets::Measures;

/// Most sets that are listed, and most bodies: a set is a number of 128 bits.
const SETS: usize = 20_000;
const BODIES: usize = 128;

/// Ways to divide the bodies that are measured one by one, by default: some seconds. Eight bodies have 4,140 at most.
pub const STEPS: usize = 50_000;

/// Sets of bodies that hang together and may be one body, by their first.
struct Allowed<'a> {
    bodies: &'a [usize],
    by_first: Vec<Vec<u128>>,
}

/// Every division of the bodies (ascending) into sets that hang together and keep to the bands, each a list of sets; `None` where there are
/// more than `most`.
pub(super) fn divisions(
    bodies: &[usize],
    touching: &BTreeSet<(usize, usize)>,
    measures: &mut Measures<'_>,
    most: usize,
) -> Option<Vec<Vec<Vec<usize>>>> {
    let allowed = allowed(bodies, touching, measures)?;
    let all = u32::try_from(bodies.len()).ok().and_then(|count| 1_u128.checked_shl(count)).map_or(!0, |next| next - 1);
    let (mut found, mut chosen) = (Vec::new(), Vec::new());
    allowed.divide(all, &mut chosen, &mut found, most).then(|| {
        let sets = |masks: &Vec<u128>| masks.iter().map(|mask| allowed.members(*mask)).collect();
        found.iter().map(sets).collect()
    })
}

fn allowed<'a>(bodies: &'a [usize], touching: &BTreeSet<(usize, usize)>, measures: &mut Measures<'_>) -> Option<Allowed<'a>> {
    let count = bodies.len();
    if count > BODIES {
        return None;
    }
    let mut near = vec![0_u128; count];
    for (a, b) in touching {
        if let (Ok(a), Ok(b)) = (bodies.binary_search(a), bodies.binary_search(b)) {
            near[a] |= 1 << b;
            near[b] |= 1 << a;
        }
    }
    let mut allowed = Allowed { bodies, by_first: vec![Vec::new(); count] };
    let mut seen = 0;
    for first in 0..count {
        let later = !0_u128 << first;
        let mut waiting: BTreeSet<u128> = BTreeSet::from([1 << first]);
        let mut known = waiting.clone();
        while let Some(mask) = waiting.pop_first() {
            seen += 1;
            if seen > SETS {
                return None;
            }
            let set = allowed.members(mask);
            if set.len() > 1 && !measures.may_grow(&set) {
                continue;
            }
            let around = (0..count).filter(|at| mask >> at & 1 == 1).fold(0, |all, at| all | near[at]) & later & !mask;
            for at in (0..count).filter(|at| around >> at & 1 == 1) {
                if known.insert(mask | 1 << at) {
                    waiting.insert(mask | 1 << at);
                }
            }
            if measures.may_be(&set) {
                allowed.by_first[first].push(mask);
            }
        }
    }
    Some(allowed)
}

impl Allowed<'_> {
    fn members(&self, mask: u128) -> Vec<usize> {
        self.bodies.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, body)| *body).collect()
    }

    /// What is left is the set that holds its first body, and the rest. Tells whether there was room for all.
    fn divide(&self, left: u128, chosen: &mut Vec<u128>, found: &mut Vec<Vec<u128>>, most: usize) -> bool {
        if left == 0 {
            found.push(chosen.clone());
            return found.len() <= most;
        }
        for mask in &self.by_first[left.trailing_zeros() as usize] {
            if mask & !left != 0 {
                continue;
            }
            chosen.push(*mask);
            let room = self.divide(left & !mask, chosen, found, most);
            chosen.pop();
            if !room {
                return false;
            }
        }
        true
    }
}
