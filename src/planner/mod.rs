//! Searching for mergers: which neighbouring bodies to join so that boundaries match, for as little disturbance as possible.
//!
//! Bodies that significant overlaps lock together (a component of the alignment) and that touch form a *cluster*; mergers are looked for
//! inside clusters, since joining bodies of two components makes no match that each of them could not make by itself. `clusters` finds
//! them and measures every set of bodies that may merge, `search` finds the best plan of each cluster for each number of bodies left, and
//! [`plan`] adds the clusters up. No polygon is touched: a set is measured by relabelling, as a what-if proposal is.

mod clusters;
mod search;

use std::path::Path;

use crate::alignment::Alignment;
use crate::config::Tolerances;
use crate::domain::{Pence, People};
use crate::error::{Error, Result};

pub use search::EXACT;
use search::{Found, Score};

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
    /// Number of bodies to be left; `None` = every number that can be had.
    pub target: Option<usize>,
    /// Orders what is equally good where a cluster is too large for exact search.
    pub seed: u64,
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

/// One point of the front: the best plan found for a number of bodies left.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
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
    /// Whether no plan does better on the objective, and none that does as well moves fewer people.
    pub proved: bool,
    /// What the objective cannot exceed: people, bodies or pence.
    pub bound: i128,
    /// The objective: people (millionths), bodies or pence.
    pub value: i128,
    /// Mergers: indices of the bodies that join, ascending; the largest body's code is the one to keep.
    pub mergers: Vec<Vec<usize>>,
}

/// Plans mergers: the front of best plans, most bodies left first.
///
/// For each number of bodies left the plan with the largest objective, among those the one that moves the fewest people, then the least
/// money, then disturbs the fewest bodies. Plans that another one beats in nothing but is beaten by (no more bodies left, no smaller
/// objective, no more people moved) are left out, unless `target` asks for them.
///
/// # Errors
/// [`Error::Config`] for an alignment without people, a kept code that is not there (with the nearest), bands that exclude each other, a
/// target that cannot be reached, or the objective pounds where money of a body is not known.
pub fn plan(question: &Question<'_>) -> Result<Vec<Point>> {
    check(question)?;
    let clusters = clusters::clusters(question);
    let bodies = question.alignment.relation.left.len();
    // Clusters add up: for each number of bodies merged away, the best sum.
    let mut best: Vec<Option<Found>> = vec![Some(Found::default())];
    let (mut proved, mut bound) = (true, 0i128);
    for cluster in &clusters {
        let outcome = search::search(cluster, question);
        proved &= outcome.proved;
        bound += outcome.bound;
        let mut sums: Vec<Option<Found>> = vec![None; best.len() + outcome.best.len().saturating_sub(1)];
        for (gone, ours) in best.iter().enumerate() {
            for (more, theirs) in outcome.best.iter().enumerate() {
                let (Some(ours), Some(theirs), Some(slot)) = (ours, theirs, sums.get_mut(gone + more)) else { continue };
                let sum = ours.and(theirs);
                if slot.as_ref().is_none_or(|known| sum.score > known.score) {
                    *slot = Some(sum);
                }
            }
        }
        best = sums;
    }
    let all: Vec<Point> = best
        .into_iter()
        .enumerate()
        .filter_map(|(gone, found)| Some(point(question, bodies.saturating_sub(gone), found?, (proved, bound))))
        .collect();
    if let Some(target) = question.wishes.target {
        let reached: Vec<usize> = all.iter().map(|point| point.bodies_left).collect();
        return match all.into_iter().find(|point| point.bodies_left == target) {
            Some(point) => Ok(vec![point]),
            None => Err(Error::usage(format!(
                "--target is {target}, and mergers of neighbours within components leave {} to {bodies} bodies, not every number between; \
                 choose such a number, or widen the bands, --max-merge or --keep",
                reached.iter().min().copied().unwrap_or(bodies)
            ))),
        };
    }
    let beaten = |point: &Point| {
        all.iter().any(|other| {
            other.bodies_left <= point.bodies_left
                && other.value >= point.value
                && other.people_moved <= point.people_moved
                && (other.bodies_left, other.value, other.people_moved) != (point.bodies_left, point.value, point.people_moved)
        })
    };
    Ok(all.iter().filter(|point| !beaten(point)).cloned().collect())
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

/// A plan's figures, over merged bodies and those that stay.
fn point(question: &Question<'_>, bodies_left: usize, found: Found, (proved, bound): (bool, i128)) -> Point {
    let relation = &question.alignment.relation;
    let mut sets = found.mergers;
    let merged: Vec<usize> = sets.iter().flatten().copied().collect();
    sets.sort();
    let mut point = Point {
        bodies_left,
        matched: 0,
        coterminous: 0,
        matched_people: People(0),
        coterminous_people: People(0),
        matched_pence: Some(Pence(0)),
        disturbed: merged.len(),
        people_moved: People(0),
        pence_moved: Some(Pence(0)),
        proved,
        bound,
        value: 0,
        mergers: sets.clone(),
    };
    let singles = (0..relation.left.len()).filter(|body| !merged.contains(body)).map(|body| vec![body]);
    for set in sets.into_iter().chain(singles) {
        let measured = clusters::measure_set(question, &set);
        point.value += measured.value(question.wishes.objective);
        if measured.matches {
            point.matched += 1;
            point.matched_people += measured.people;
            point.matched_pence = point.matched_pence.zip(measured.pence).map(|(sum, pence)| sum + pence);
        }
        if measured.coterminous {
            point.coterminous += 1;
            point.coterminous_people += measured.people;
        }
        point.people_moved += measured.people_moved;
        point.pence_moved = point.pence_moved.zip(measured.pence_moved).map(|(sum, pence)| sum + pence);
    }
    point.bound = point.bound.max(point.value);
    point
}

/// A front as `[[what_if]]` proposals that a config can hold: one a point that merges anything.
pub fn proposals(alignment: &Alignment, layer: &str, points: &[Point]) -> String {
    let bodies = &alignment.relation.left;
    // TOML's basic strings share JSON's escapes.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::new();
    for point in points.iter().filter(|point| !point.mergers.is_empty()) {
        let id = format!("plan-{}-{}", alignment.id, point.bodies_left);
        text.push_str(&format!("[[what_if]]\nid = {}\nlayer = {}\nmerge = [\n", quoted(&id), quoted(layer)));
        for set in &point.mergers {
            let codes: Vec<String> = set.iter().filter_map(|body| bodies.get(*body)).map(|body| quoted(&body.code)).collect();
            let into = clusters::largest(&alignment.relation, set).and_then(|body| bodies.get(body)).map_or("", |body| body.code.as_str());
            text.push_str(&format!("  {{ into = {}, codes = [{}] }},\n", quoted(into), codes.join(", ")));
        }
        text.push_str("]\n\n");
    }
    text
}

/// The file that messages about a set's relabelling would name; a plan has none.
fn nowhere() -> &'static Path {
    Path::new("")
}

impl Found {
    /// Both plans together.
    fn and(&self, other: &Self) -> Self {
        let mergers = self.mergers.iter().chain(&other.mergers).cloned().collect();
        Self { score: self.score.and(other.score), mergers }
    }
}

impl Score {
    fn and(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            kept_people: self.kept_people + other.kept_people,
            kept_pence: self.kept_pence + other.kept_pence,
            undisturbed: self.undisturbed + other.undisturbed,
        }
    }
}
