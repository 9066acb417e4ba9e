//! The one change of a place: of its options, the one that is shown first.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use super::exposure::Exposure;
use super::judged::Flags;
use super::scenery::Scenery;
use super::{ChangeKind, Choice, First};
use crate::alignment::Component;
use crate::domain::{Basis, People, Severity};

/// Marks the option that is shown first.
///
/// Of those that move a line: the one that takes most people off the wrong side for each person whom it affects, then most in all, then most
/// flags. It affects no more people than it takes off the wrong side, no more than the config allows (else a tenth of the place), and is for
/// a part that needs an agreement. Without one: what takes away most flags of high severity net of those it brings, then those that expose
/// most people and most pence, then most flags; without that, one agreement for the largest part.
pub(super) fn choose(scenery: &Scenery<'_>, component: &Component, options: &mut [(Choice, Flags<'_>)], exposure: &Exposure<'_>) {
    let first = of_lines(scenery, component, options).or_else(|| of_flags(options, exposure)).or_else(|| {
        let agreement = |choice: &Choice| choice.change.kind == ChangeKind::JointAgreement && matters(scenery, choice);
        options.iter().position(|(choice, _)| agreement(choice))
    });
    let Some((choice, flags)) = first.and_then(|at| options.get_mut(at)) else { return };
    let (people, pence) = exposure.of(flags.goes.iter().copied().filter(|found| found.severity >= Severity::Medium));
    let rules: BTreeSet<String> = flags.goes.iter().map(|found| found.id.to_string()).collect();
    choice.first = Some(First { people, pence, rules: rules.into_iter().collect() });
}

/// Whether an option is for a crossing part that needs an agreement.
fn matters(scenery: &Scenery<'_>, choice: &Choice) -> bool {
    let part = choice.part.and_then(|rank| scenery.nesting?.parts.get(rank.checked_sub(1)?));
    part.is_some_and(|part| scenery.matters(part))
}

fn of_lines(scenery: &Scenery<'_>, component: &Component, options: &[(Choice, Flags<'_>)]) -> Option<usize> {
    let allowed = |affected: i128| match (scenery.basis, scenery.input.options.max_people_affected) {
        (Basis::People, Some(most)) => i64::try_from(affected).is_ok_and(|affected| People(affected).as_f64() <= most),
        (Basis::People, None) => component.people.is_some_and(|people| affected.saturating_mul(10) <= i128::from(people.0)),
        (Basis::Area, _) => affected as f64 / 1e6 <= component.area_m2 / 10.0,
    };
    let good = |choice: &Choice| {
        choice.change.kind.moves_a_line()
            && choice.crossing_removed > 0
            && choice.affected <= choice.crossing_removed
            && allowed(choice.affected)
            && matters(scenery, choice)
    };
    let worth = |a: &Choice, b: &Choice| -> Ordering {
        let share = a.crossing_removed.saturating_mul(b.affected).cmp(&b.crossing_removed.saturating_mul(a.affected));
        let rest = |choice: &Choice| (choice.crossing_removed, net_high(choice), net(choice));
        share.then_with(|| rest(a).cmp(&rest(b)))
    };
    let good = options.iter().enumerate().filter(|(_, (choice, _))| good(choice));
    // Of equals the first.
    good.max_by(|(at, (a, _)), (other, (b, _))| worth(a, b).then_with(|| Reverse(at).cmp(&Reverse(other)))).map(|(at, _)| at)
}

fn of_flags(options: &[(Choice, Flags<'_>)], exposure: &Exposure<'_>) -> Option<usize> {
    let good = |choice: &Choice| {
        !choice.change.kind.moves_a_line() && choice.removes > 0 && (net_high(choice) > 0 || (net_high(choice) == 0 && net(choice) > 0))
    };
    let good = options.iter().enumerate().filter(|(_, (choice, _))| good(choice));
    let most = good.max_by_key(|(at, (choice, flags))| {
        let (people, pence) = exposure.of(flags.goes.iter().copied().filter(|found| found.severity >= Severity::Medium));
        (net_high(choice), people, pence, net(choice), Reverse(*at))
    });
    most.map(|(at, _)| at)
}

fn less(a: usize, b: usize) -> i64 {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    count(a).saturating_sub(count(b))
}

fn net(choice: &Choice) -> i64 {
    less(choice.removes, choice.adds)
}

fn net_high(choice: &Choice) -> i64 {
    less(choice.removes_high, choice.adds_high)
}
