//! Searching for mergers: which neighbouring bodies to join so that boundaries match, for as little disturbance as possible.
//!
//! `ties` says which neighbours may merge and finds the clusters that hang together by them; `sets` measures what any set of bodies would be
//! as one, by relabelling, as a what-if proposal is; `exact` finds every plan of a cluster that no other one beats, and where that is too
//! much `stepwise` finds good ones; `front` keeps the unbeaten; `bound` says what no plan can exceed. [`plan`] puts the clusters together.

mod bound;
mod exact;
mod front;
mod proposals;
mod sets;
mod stepwise;
mod ties;

use crate::alignment::Alignment;
use crate::config::Tolerances;
use crate::domain::{Pence, People};
use crate::error::{Error, Result};

use bound::Bound;
pub use exact::STEPS;
use front::{FRONT, Label, best, thinned};
pub use proposals::{foremost, proposals};
use sets::Measures;
use ties::{Reach, clusters, ties};

/// What is to be made as large as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// People of bodies that match.
    People,
    /// Number of bodies left that match.
    Bodies,
    /// Pence of bodies that match.
    Pounds,
}

impl Objective {
    /// The word used on the command line and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Bodies => "bodies",
            Self::Pounds => "pounds",
        }
    }
}

/// What a plan may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    /// What is maximised.
    pub objective: Objective,
    /// Fewest people of a body made by a merger.
    pub min_people: Option<People>,
    /// Most people of a body made by a merger.
    pub max_people: Option<People>,
    /// Most bodies in one merger; `None` = any number.
    pub max_merge: Option<usize>,
    /// Codes of bodies that stay as they are.
    pub keep: Vec<String>,
    /// Number of bodies to be left, exactly; `None` = any.
    pub target: Option<usize>,
    /// Orders what is equally good where a cluster is too large for exact search.
    pub seed: u64,
    /// Most steps (sets tried, plans made) of the exact search of one cluster; [`STEPS`] is some seconds.
    pub steps: usize,
}

/// What [`plan`] needs.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The alignment as it is; the health side is planned for.
    pub alignment: &'a Alignment,
    /// The run's tolerances.
    pub tolerances: &'a Tolerances,
    /// Pairs of health bodies (indices) that share boundary.
    pub neighbours: &'a [(usize, usize)],
    /// Money of each health body; `None` where it is not known.
    pub money: &'a [Option<Pence>],
    /// What a plan may do.
    pub wishes: &'a Wishes,
}

/// One point of the front: a plan that no other one found beats.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// 1, 2, ...: the place in the front.
    pub number: usize,
    /// Bodies left.
    pub bodies_left: usize,
    /// Of them, those that match: coterminous, or made of whole councils.
    pub matched: usize,
    /// Of those, coterminous ones.
    pub coterminous: usize,
    /// People of bodies that match.
    pub matched_people: People,
    /// People of coterminous bodies.
    pub coterminous_people: People,
    /// Money of bodies that match; `None` where that of one of them is not known.
    pub matched_pence: Option<Pence>,
    /// Bodies of today that a merger disturbs.
    pub disturbed: usize,
    /// People whose body is not the largest of its merger: they change organisation.
    pub people_moved: People,
    /// Money of those bodies; `None` where that of one of them is not known.
    pub pence_moved: Option<Pence>,
    /// Whether `bound` is reached: no plan of tied neighbours that is as good in all the rest has a larger objective.
    pub proved: bool,
    /// What the objective cannot exceed in any plan of tied neighbours that leaves no more bodies (with a target: as many), has no fewer
    /// people in coterminous bodies and moves no more people and pounds: people (millionths), bodies or pence.
    pub bound: i128,
    /// The objective: people (millionths), bodies or pence.
    pub value: i128,
    /// Whether no other point beats it in bodies left, people of coterminous bodies, people moved and pounds moved alone. A point that is
    /// beaten there is in the front for its objective.
    pub four_way: bool,
    /// Mergers: indices of the bodies that join, ascending; the largest body's code is the one to keep.
    pub mergers: Vec<Vec<usize>>,
}

/// What [`plan`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    /// Most bodies left first, then the largest objective, the most people in coterminous bodies, the fewest people and pounds moved.
    pub points: Vec<Point>,
    /// Whether every plan of tied neighbours was searched and every unbeaten one is a point, so that every point is proved.
    pub complete: bool,
    /// Whether pounds moved was weighed: the money of every body is known.
    pub pounds_count: bool,
    /// Whether all neighbours were tied, because ties alone cannot leave as few bodies as the target.
    pub widened: bool,
}

/// Plans mergers: the front of plans that no other one beats.
///
/// A plan divides the bodies into sets that hang together by ties (neighbours whose merger can raise the objective, see docs/methods.md); a
/// set of two or more is a merger and keeps to the wishes. One plan beats another that is nowhere better and somewhere worse in: bodies
/// left (fewer), the objective (more), people of coterminous bodies (more), people moved (fewer), and pounds moved (less) where the money
/// of every body is known. Of plans equal in all of them one is a point: that which disturbs the fewest bodies. With a target, plans that
/// leave as many bodies are compared with each other, and no others are looked at.
///
/// Every cluster of tied bodies is searched exactly where that takes no more than a fixed number of steps; the front is then `complete`.
/// Else plans are joined step by step and the best kept, and each point's `bound` says how much better one could be. At most some thousand
/// points are kept; where there are more the front is not complete. The same question has the same answer on any machine.
///
/// # Errors
/// [`Error::Config`] for an alignment without people, a kept code that is not there (with the nearest), bands that exclude each other, a
/// target that cannot be reached, or the objective pounds where money of a body is not known.
pub fn plan(question: &Question<'_>) -> Result<Front> {
    check(question)?;
    let mut measures = Measures::new(question);
    let front = search(&mut measures, Reach::Matching);
    let Some(target) = question.wishes.target else { return Ok(front) };
    let aimed = |mut front: Front| {
        front.points.retain(|point| point.bodies_left == target);
        for (at, point) in front.points.iter_mut().enumerate() {
            point.number = at.saturating_add(1);
        }
        (!front.points.is_empty()).then_some(front)
    };
    let reached = |front: &Front| front.points.iter().map(|point| point.bodies_left).min().unwrap_or_default();
    if let Some(front) = aimed(front) {
        return Ok(front);
    }
    let wider = search(&mut measures, Reach::Everyone);
    let fewest = reached(&wider);
    aimed(wider).ok_or_else(|| {
        let bodies = question.alignment.relation.left.len();
        Error::usage(format!(
            "--target is {target}, and mergers of neighbours leave {fewest} to {bodies} bodies, not every number between; choose such a \
             number, or widen the bands, --max-merge or --keep"
        ))
    })
}

/// Pairs of neighbours that may merge in a plan without a target, sorted: those whose merger can raise the objective (docs/methods.md).
pub fn tied_neighbours(question: &Question<'_>) -> Vec<(usize, usize)> {
    ties(&mut Measures::new(question), Reach::Matching)
}

/// The front over all clusters.
fn search(measures: &mut Measures<'_>, reach: Reach) -> Front {
    let question = measures.question;
    let count = question.wishes.target.is_some();
    let ties = ties(measures, reach);
    let bodies = question.alignment.relation.left.len();
    let (mut complete, mut bound) = (true, Bound::default());
    let mut fronts: Vec<Vec<Label>> = Vec::new();
    for cluster in clusters(bodies, &ties) {
        let allowed = exact::allowed(&cluster, measures);
        let found = allowed.as_ref().and_then(|allowed| exact::exact(allowed, count, question.wishes.steps));
        fronts.push(match found {
            Some(found) => {
                bound.add_front(&found);
                found
            }
            None => {
                complete = false;
                bound.add_bodies(&cluster, allowed.as_ref().map(|allowed| &allowed.matchable), measures);
                best(stepwise::stepwise(&cluster, measures), count)
            }
        });
    }
    // Small fronts first: they beat each other before they are multiplied with large ones.
    fronts.sort_by_key(Vec::len);
    let searched = complete;
    let (mut sums, left_out) = together(&fronts, count);
    complete &= !left_out;
    // Where the five figures have too many unbeaten plans, three may not: objective, bodies left and people moved prove the objective.
    let three = || {
        let plain = |label: &Label| Label { coterminous: 0, pence: 0, disturbed: 0, trail: None, ..label.clone() };
        let fronts: Vec<Vec<Label>> = fronts.iter().map(|front| best(front.iter().map(plain).collect(), count)).collect();
        let (labels, left_out) = together(&fronts, count);
        (!left_out).then_some(labels)
    };
    let three = if searched && !complete { three() } else { None };
    // Most bodies left first; within a number of them the best stay first.
    sums.sort_by_key(|label| label.gone);
    let bound = if complete || three.is_some() { None } else { Some(bound.prepared(count)) };
    let mut points: Vec<Point> = sums.iter().map(|label| point(measures, label)).collect();
    for (at, (point, label)) in points.iter_mut().zip(&sums).enumerate() {
        point.number = at.saturating_add(1);
        // A front that is complete is its own bound.
        let most = match &three {
            Some(plans) => plans.iter().filter(|plan| reaches(plan, label, count)).map(|plan| plan.value).max(),
            None => bound.as_ref().and_then(|bound| bound.at(label.gone, label.moved)),
        };
        point.bound = most.map_or(label.value, |most| most.max(label.value));
        point.proved = point.bound == label.value;
    }
    let without: Vec<Label> = sums.iter().map(|label| Label { value: 0, ..label.clone() }).collect();
    for (at, (point, label)) in points.iter_mut().zip(&without).enumerate() {
        let beaten = |(other, theirs): (usize, &Label)| other != at && theirs.covers(label, count) && !label.covers(theirs, count);
        point.four_way = !without.iter().enumerate().any(beaten);
    }
    Front { points, complete, pounds_count: measures.pounds_count, widened: reach == Reach::Everyone }
}

fn check(question: &Question<'_>) -> Result<()> {
    let (relation, wishes) = (&question.alignment.relation, question.wishes);
    let id = &question.alignment.id;
    if !relation.has_people {
        return Err(Error::usage(format!("alignment {id} has no people, and plans weigh people; give it people = {{ ... }}")));
    }
    for code in &wishes.keep {
        if relation.position_left(code).is_none() {
            let near = crate::budgets::nearest(code, relation.left.iter().map(|body| body.code.as_str()));
            let near = near.map_or_else(|| "correct or remove it".to_owned(), |near| format!("did you mean {near}?"));
            return Err(Error::usage(format!(
                "--keep names {code}, which layer {} does not have; {near}",
                question.alignment.health_layer
            )));
        }
    }
    if let (Some(least), Some(most)) = (wishes.min_people, wishes.max_people)
        && least > most
    {
        let (least, most) = (least.as_f64(), most.as_f64());
        return Err(Error::usage(format!("--min-people is {least} and --max-people {most}, so no merger fits; exchange them")));
    }
    if wishes.max_merge == Some(0) || wishes.max_merge == Some(1) {
        return Err(Error::usage("--max-merge is below 2, so nothing can merge; give 2 or more"));
    }
    if wishes.objective == Objective::Pounds {
        let unknown: Vec<&str> =
            relation.left.iter().enumerate().filter(|(at, _)| money(question, *at).is_none()).map(|(_, body)| body.code.as_str()).collect();
        if let Some(first) = unknown.first() {
            return Err(Error::usage(format!(
                "--objective pounds needs the money of every body, and that of {} of {} is not known, first {first}; add budget lines, or \
                 plan for people or bodies",
                unknown.len(),
                relation.left.len()
            )));
        }
    }
    Ok(())
}

fn money(question: &Question<'_>, body: usize) -> Option<Pence> {
    question.money.get(body).copied().flatten()
}

/// Plans of all clusters together that no other one beats, and whether some were left out because there are too many.
fn together(fronts: &[Vec<Label>], count: bool) -> (Vec<Label>, bool) {
    let (mut sums, mut any) = (vec![Label::default()], false);
    for front in fronts {
        let parts: Vec<(&Label, Vec<Vec<usize>>)> = front.iter().map(|label| (label, label.mergers())).collect();
        let all = sums.iter().flat_map(|sum| parts.iter().map(move |(label, mergers)| sum.and(label, mergers)));
        let (kept, left_out) = thinned(best(all.collect(), count), FRONT);
        any |= left_out;
        sums = kept;
    }
    (sums, any)
}

/// Whether a plan moves no more people than the other and leaves no more bodies, or with `count` as many.
fn reaches(plan: &Label, other: &Label, count: bool) -> bool {
    plan.moved <= other.moved && if count { plan.gone == other.gone } else { plan.gone >= other.gone }
}

/// A plan's figures, over merged bodies and those that stay.
fn point(measures: &mut Measures<'_>, label: &Label) -> Point {
    let question = measures.question;
    let bodies = question.alignment.relation.left.len();
    let mergers = label.mergers();
    let merged: std::collections::BTreeSet<usize> = mergers.iter().flatten().copied().collect();
    let mut point = Point {
        number: 0,
        bodies_left: bodies.saturating_sub(label.gone),
        matched: 0,
        coterminous: 0,
        matched_people: People(0),
        coterminous_people: People(0),
        matched_pence: Some(Pence(0)),
        disturbed: merged.len(),
        people_moved: People(0),
        pence_moved: Some(Pence(0)),
        proved: false,
        bound: label.value,
        value: label.value,
        four_way: false,
        mergers: mergers.clone(),
    };
    let singles = (0..bodies).filter(|body| !merged.contains(body)).map(|body| vec![body]);
    for set in mergers.into_iter().chain(singles) {
        let measured = measures.of(&set);
        if measured.matches {
            point.matched = point.matched.saturating_add(1);
            point.matched_people += measured.people;
            point.matched_pence = point.matched_pence.zip(measured.pence).map(|(sum, pence)| sum + pence);
        }
        if measured.coterminous {
            point.coterminous = point.coterminous.saturating_add(1);
            point.coterminous_people += measured.people;
        }
        point.people_moved += measured.people_moved;
        point.pence_moved = point.pence_moved.zip(measured.pence_moved).map(|(sum, pence)| sum + pence);
    }
    point
}
