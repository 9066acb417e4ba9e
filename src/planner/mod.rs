//! Searching for mergers: which neighbouring bodies to join so that fewer people are on the wrong side of a line, for as little disturbance
//! as possible.
//!
//! `sets` measures what any set of bodies would be as one, by relabelling, as a what-if proposal is, and what bodies come to by their nearest
//! nested arrangement. Where all ways to divide the bodies can be measured, `exact` lists them. Where there are too many, `lines` looks for
//! mergers that move a line, `fill` joins more neighbours where a number of bodies is wanted, and `relax` proves what no plan can go below.
//! `front` keeps the unbeaten. [`plan`] puts everything together.

mod exact;
mod fill;
mod front;
mod lines;
mod proposals;
mod relax;
mod sets;

use std::collections::{BTreeMap, BTreeSet};

use crate::alignment::{Alignment, DisjointSets};
use crate::config::Tolerances;
use crate::domain::{Pence, People};
use crate::error::{Error, Result};

pub use exact::STEPS;
use front::{Compare, FRONT, Label, best, by_lines, thinned};
use lines::Ground;
pub use proposals::{foremost, proposals};
use relax::Least;
use sets::Measures;

/// What is to be made as small as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// People on the wrong side of a line.
    People,
    /// Bodies left that have people on the wrong side of a line.
    Bodies,
    /// Pence for people on the wrong side of a line.
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
    /// What is minimised.
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
    /// Orders what is equally good where a target is reached step by step.
    pub seed: u64,
    /// Most ways to divide the bodies that are measured one by one; [`STEPS`] is some seconds.
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
    /// People on the wrong side of a line, by the nearest nested arrangement.
    pub crossing: People,
    /// Crossing parts.
    pub parts: usize,
    /// Bodies left that have crossing parts.
    pub cut: usize,
    /// Money of bodies for their people on the wrong side, by head; `None` where that of one of them is not known.
    pub crossing_pence: Option<Pence>,
    /// Agreements that joint working would need.
    pub agreements: usize,
    /// Bodies of today that are part of a merger.
    pub merging: usize,
    /// People of disturbed bodies, whose organisation changes: all of a merger but the largest.
    pub people_disturbed: People,
    /// Money of those bodies; `None` where that of one of them is not known.
    pub pence_disturbed: Option<Pence>,
    /// Whether the objective is less than where nothing merges.
    pub moves_lines: bool,
    /// Whether no other point beats it in the objective, people and pounds disturbed alone. Points that are beaten there are in the front for
    /// fewer bodies or agreements.
    pub by_lines: bool,
    /// Whether `bound` is reached: no plan that is as good in all the rest has a smaller objective.
    pub proved: bool,
    /// What the objective cannot go below in any plan of mergers of neighbours that keeps to the wishes and disturbs no more people: people
    /// (millionths), bodies or pence. In a complete front, in any plan that is as good in all the rest.
    pub bound: i128,
    /// The objective: people (millionths), bodies or pence.
    pub value: i128,
    /// Mergers: indices of the bodies that join, ascending; the largest body's code is the one to keep.
    pub mergers: Vec<Vec<usize>>,
}

/// What [`plan`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    /// Most bodies left first, then the smallest objective, the fewest agreements, people and pounds disturbed.
    pub points: Vec<Point>,
    /// Whether every plan of mergers of neighbours was measured and every unbeaten one is a point, so that every point is proved.
    pub complete: bool,
    /// Whether pounds disturbed was weighed: the money of every body is known.
    pub pounds_count: bool,
    /// Whether neighbours were joined step by step to leave as many bodies as the target.
    pub stepwise: bool,
    /// The objective where nothing merges.
    pub today: i128,
}

/// Plans mergers: the front of plans that no other one beats.
///
/// A plan divides the bodies into sets that hang together by shared boundary; a set of two or more is a merger and keeps to the wishes. One
/// plan beats another that is nowhere better and somewhere worse in: the objective (less), agreements (fewer), bodies left (fewer), people of
/// disturbed bodies (fewer), and their pounds (less) where the money of every body is known. Of plans equal in all of them one is a point.
/// With a target, plans that leave as many bodies are compared with each other, and no others are looked at.
///
/// Where the bodies can be divided in no more ways than `wishes.steps`, every way is measured, and the front is `complete`. Else mergers that
/// move a line are looked for, and no others: a plan is then a point where no other one beats it in the objective, people and pounds
/// disturbed. With a target neighbours are then joined until so many bodies are left. Each point's `bound` says what no plan of mergers of
/// neighbours can go below. At most some thousand points are kept. The same question has the same answer on any machine.
///
/// # Errors
/// [`Error::Config`] for an alignment without people or with an overlap whose people are not known, a kept code that is not there (with the
/// nearest), bands that exclude each other, a target that was not reached, or the objective pounds where money of a body is not known.
pub fn plan(question: &Question<'_>) -> Result<Front> {
    check(question)?;
    let mut measures = Measures::new(question);
    let ground = Ground::new(&measures);
    let bodies = question.alignment.relation.left.len();
    let singles: Vec<Vec<usize>> = (0..bodies).map(|body| vec![body]).collect();
    let today = measures.label(&singles);
    let compare = if question.wishes.target.is_some() { Compare::SameBodies } else { Compare::All };
    let searched = everything(&ground, compare, &mut measures).map(|fronts| together(&fronts, compare));
    let wanted = question.wishes.target.map(|target| bodies - target);
    let (labels, least, stepwise) = match searched {
        Some((labels, false)) if measures.exact => (aimed(question, labels, wanted)?, None, false),
        other => {
            let (fronts, least) = lines::lines(&ground, &mut measures);
            match (other, wanted) {
                (Some((labels, _)), _) => (aimed(question, labels, wanted)?, Some(least), false),
                (None, None) => (together(&fronts, Compare::Lines).0, Some(least), false),
                (None, Some(wanted)) => {
                    let labels = stepwise(&together(&fronts, Compare::Lines).0, &today, wanted, &ground, &mut measures)?;
                    (labels, Some(least), true)
                }
            }
        }
    };
    let mut labels = labels;
    labels.sort_by_key(Label::place);
    let by_lines = by_lines(&labels);
    let points = labels.iter().zip(by_lines).enumerate().map(|(at, (label, by_lines))| {
        let mut point = point(&mut measures, label);
        point.number = at + 1;
        point.by_lines = by_lines;
        point.moves_lines = label.value < today.value;
        if let Some(least) = &least {
            point.bound = bound(question, least, label.disturbed).min(label.value);
        }
        point.proved = point.bound == label.value;
        point
    });
    let points = points.collect();
    Ok(Front { points, complete: least.is_none(), pounds_count: measures.pounds_count, stepwise, today: today.value })
}

/// Every way to divide the bodies, by groups that neither neighbours nor overlaps connect; `None` where there are too many.
fn everything(ground: &Ground, compare: Compare, measures: &mut Measures<'_>) -> Option<Vec<Vec<Label>>> {
    let bodies = measures.question.alignment.relation.left.len();
    let mut joined = DisjointSets::new(bodies);
    for component in sets::components(measures.question, true) {
        component.iter().for_each(|body| joined.join(component[0], *body));
    }
    ground.touching.iter().for_each(|(a, b)| joined.join(*a, *b));
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for body in 0..bodies {
        groups.entry(joined.root(body)).or_default().push(body);
    }
    let mut left = measures.question.wishes.steps;
    let mut divided = Vec::new();
    for group in groups.values() {
        let all = exact::divisions(group, &ground.touching, measures, left)?;
        left -= all.len();
        divided.push(all);
    }
    let fronts = divided.into_iter().map(|all| {
        let labels: Vec<Label> = all.iter().map(|sets| measures.label(sets)).collect();
        best(labels, compare)
    });
    Some(fronts.collect())
}

/// Of the plans those that leave as many bodies as wanted, if a number is.
fn aimed(question: &Question<'_>, mut labels: Vec<Label>, wanted: Option<usize>) -> Result<Vec<Label>> {
    let Some(wanted) = wanted else { return Ok(labels) };
    let most = labels.iter().map(|label| label.gone).max().unwrap_or_default();
    labels.retain(|label| label.gone == wanted);
    if labels.is_empty() { Err(out_of_reach(question, most, "")) } else { Ok(labels) }
}

fn out_of_reach(question: &Question<'_>, most: usize, found: &str) -> Error {
    let bodies = question.alignment.relation.left.len();
    let target = question.wishes.target.unwrap_or_default();
    Error::usage(format!(
        "--target is {target}, and mergers of neighbours{found} leave {} to {bodies} bodies, not every number between; choose such a number, or \
         widen the bands, --max-merge or --keep",
        bodies - most
    ))
}

/// Plans that are filled up until a number of bodies is merged away.
const STARTS: usize = 8;

/// Plans that leave as many bodies as wanted: those that do by themselves, and others with more neighbours joined.
fn stepwise(labels: &[Label], today: &Label, wanted: usize, ground: &Ground, measures: &mut Measures<'_>) -> Result<Vec<Label>> {
    let question = measures.question;
    let mut found: Vec<Label> = labels.iter().filter(|label| label.gone == wanted).cloned().collect();
    let mut starts: Vec<&Label> = labels.iter().filter(|label| label.gone < wanted).collect();
    starts.sort_by_key(|label| (label.value, label.disturbed));
    let step = starts.len().div_ceil(STARTS).max(1);
    let mut most = labels.iter().map(|label| label.gone).max().unwrap_or_default();
    for start in starts.into_iter().step_by(step).chain([today]) {
        match fill::filled(start, wanted, ground, measures) {
            Ok(label) => found.push(label),
            Err(gone) => most = most.max(gone),
        }
    }
    let found = best(found, Compare::SameBodies);
    if found.is_empty() { Err(out_of_reach(question, most, " that were found")) } else { Ok(found) }
}

/// What the objective cannot go below where no more people are disturbed.
fn bound(question: &Question<'_>, least: &Least, disturbed: i128) -> i128 {
    let crossing = least.at(disturbed);
    match question.wishes.objective {
        Objective::People => crossing,
        // Somebody on the wrong side is in some body.
        Objective::Bodies => i128::from(crossing > 0),
        // Nobody has less than a head in the body with the least a head has; each body is rounded to the penny.
        Objective::Pounds => {
            let bodies = &question.alignment.relation.left;
            let owed: i128 = (0..bodies.len()).filter_map(|at| money(question, at)).map(|pence| i128::from(pence.0.min(0))).sum();
            if owed < 0 {
                return owed;
            }
            let least = bodies.iter().enumerate().filter_map(|(at, body)| {
                let people = body.people.filter(|people| people.0 > 0)?;
                Some((i128::from(money(question, at)?.0) * crossing).div_euclid(i128::from(people.0)))
            });
            let sum = least.min().unwrap_or(0);
            (sum - i128::try_from(bodies.len()).unwrap_or(i128::MAX)).max(0)
        }
    }
}

fn check(question: &Question<'_>) -> Result<()> {
    let (relation, wishes) = (&question.alignment.relation, question.wishes);
    let id = &question.alignment.id;
    if !relation.has_people {
        return Err(Error::usage(format!("alignment {id} has no people, and plans weigh people; give it people = {{ ... }}")));
    }
    let unknown: Vec<_> = relation.pairs.iter().filter(|pair| !pair.sliver && pair.amounts.people.is_none()).collect();
    if let Some(first) = unknown.first() {
        let code = |body: Option<&crate::domain::Body>| body.map_or(String::new(), |body| body.code.clone());
        return Err(Error::usage(format!(
            "the people of {} overlaps of alignment {id} are not known, first {} and {}, so who is on the wrong side of a line is not either; give \
             their blocks people",
            unknown.len(),
            code(relation.left.get(first.left)),
            code(relation.right.get(first.right))
        )));
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
    if let Some(target) = wishes.target.filter(|target| *target > relation.left.len()) {
        let (layer, bodies) = (&question.alignment.health_layer, relation.left.len());
        return Err(Error::usage(format!("--target is {target}, and layer {layer} has {bodies} bodies; ask for fewer")));
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
fn together(fronts: &[Vec<Label>], compare: Compare) -> (Vec<Label>, bool) {
    // Small fronts first: they beat each other before they are multiplied with large ones.
    let mut order: Vec<&Vec<Label>> = fronts.iter().collect();
    order.sort_by_key(|front| front.len());
    let (mut sums, mut any) = (vec![Label::NOTHING], false);
    for front in order {
        let parts: Vec<(&Label, Vec<Vec<usize>>)> = front.iter().map(|label| (label, label.mergers())).collect();
        let all = sums.iter().flat_map(|sum| parts.iter().map(move |(label, mergers)| sum.and(label, mergers)));
        let (kept, left_out) = thinned(best(all.collect(), compare), FRONT);
        any |= left_out;
        sums = kept;
    }
    (sums, any)
}

/// A plan's figures.
fn point(measures: &mut Measures<'_>, label: &Label) -> Point {
    let whole = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
    let mergers = label.mergers();
    let merged: BTreeSet<usize> = mergers.iter().flatten().copied().collect();
    Point {
        number: 0,
        bodies_left: measures.question.alignment.relation.left.len() - label.gone,
        crossing: People(whole(label.crossing)),
        parts: label.parts,
        cut: label.cut,
        crossing_pence: label.crossing_pence.map(|pence| Pence(whole(pence))),
        agreements: label.agreements,
        merging: merged.len(),
        people_disturbed: People(whole(label.disturbed)),
        pence_disturbed: mergers.iter().map(|set| measures.of(set).pence_disturbed).sum(),
        moves_lines: false,
        by_lines: false,
        proved: false,
        bound: label.value,
        value: label.value,
        mergers,
    }
}
