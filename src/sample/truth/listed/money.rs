//! What budget lines and agreements say of pairs: BUD, LVL-01, LVL-02 and GOV-05.

use std::collections::{BTreeMap, BTreeSet};

use super::super::classes::{Shape, shape};
use super::super::relation::Basis;
use super::tabled::{Agreed, Line, cell};
use super::{List, View};

/// Service and fiscal year.
type Key<'a> = (&'a str, &'a str);

/// A body's lines of one service and year.
type Held<'a> = BTreeMap<(&'a str, Key<'a>), Vec<&'a Line>>;

fn held(lines: &[Line]) -> Held<'_> {
    let mut held: Held<'_> = BTreeMap::new();
    for line in lines {
        held.entry((line.code.as_str(), (line.service.as_str(), line.year.as_str()))).or_default().push(line);
    }
    held
}

/// Sum of lines that are each known.
fn sum(lines: &[&Line]) -> Option<i128> {
    lines.iter().map(|line| line.pence).sum()
}

fn of<'a>(held: &'a Held<'a>, code: &'a str, key: Key<'a>) -> Option<&'a [&'a Line]> {
    held.get(&(code, key)).map(Vec::as_slice)
}

/// First and last day of "1999-00".
fn days(year: &str) -> (String, String) {
    let first: i32 = year.get(..4).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (format!("{first}-04-01"), format!("{}-03-31", first + 1))
}

impl Agreed {
    fn runs(&self, year: &str) -> bool {
        let (first, last) = days(year);
        self.start <= last && self.end >= first
    }

    pub(super) fn covers(&self, service: &str) -> bool {
        self.service.is_empty() || self.service == service
    }

    pub(super) fn is_flexible(&self) -> bool {
        ["pooled", "lead_commissioning", "integrated_provision"].contains(&self.mechanism.as_str())
    }
}

/// Joint money of a pair: pooled, and whether nine tenths of it or more are grants and joint finance; nothing where it is not known.
struct Joint {
    /// Pooled pence times the people of both bodies.
    pooled: Option<f64>,
    earmarked: Option<f64>,
}

pub(super) fn list(view: &View<'_>, list: &mut List) {
    let (health, council) = (held(view.tabled.lines(view.health)), held(view.tabled.lines(view.council)));
    across(view, (&health, &council), list);
    missing(view, (&health, &council), list);
    per_head(view, &council, list);
    let totals =
        |pair: (usize, usize)| (i128::from(view.table.left_total[pair.0].people), i128::from(view.table.right_total[pair.1].people));
    for pair in view.pairs.iter().copied() {
        let (ours, theirs) = view.codes(pair);
        let agreements: Vec<&Agreed> =
            view.tabled.agreements.iter().filter(|agreed| agreed.pair == (ours.clone(), theirs.clone())).collect();
        let people = view.people(pair);
        let (left, right) = totals(pair);
        let stated: BTreeSet<Key<'_>> = health
            .keys()
            .filter(|(code, _)| *code == ours)
            .chain(council.keys().filter(|(code, _)| *code == theirs))
            .map(|(_, key)| *key)
            .collect();
        let mut bases: BTreeSet<&str> = BTreeSet::new();
        for key @ (service, year) in stated {
            let (our_lines, their_lines) = (of(&health, &ours, key), of(&council, &theirs, key));
            let part = |lines: &[&Line], whole: i128| Some(sum(lines)? as f64 * people as f64 / whole as f64);
            let our_money = our_lines.and_then(|lines| part(lines, left));
            let their_money = their_lines.and_then(|lines| part(lines, right));
            let joint = joint(our_lines, their_lines, (people, left, right), &agreements, key);
            if let (Some(pooled), Some(ours), Some(theirs)) = (joint.pooled, our_money, their_money)
                && pooled > 0.0
                && pooled / (ours + theirs) < 0.034
            {
                list.rows.insert(view.pair("BUD-05", pair, service, year));
            }
            if joint.earmarked.is_some_and(|share| share >= 0.9) {
                list.rows.insert(view.pair("BUD-07", pair, service, year));
            }
            let first = |row: &&super::tabled::Row| {
                let whose = cell(row, "health_code");
                cell(row, "service") == service && (whose.is_empty() || whose == ours)
            };
            let silent = |agreed: &&Agreed| agreed.mechanism == "pooled" && agreed.covers(service) && agreed.pence.is_none();
            if joint.pooled == Some(0.0) && view.tabled.priorities.iter().any(|row| first(&row)) && !agreements.iter().any(silent) {
                list.rows.insert(view.pair("BUD-08", pair, service, year));
            }
            let (Some(our_lines), Some(their_lines)) = (our_lines, their_lines) else { continue };
            let basis = |lines: &[&Line]| {
                let first = lines.first().map_or("", |line| line.basis.as_str()).to_owned();
                lines.iter().all(|line| line.basis == first && !first.is_empty()).then_some(first)
            };
            if let (Some(ours), Some(theirs)) = (basis(our_lines), basis(their_lines))
                && ours != theirs
            {
                bases.insert(year);
            }
            if let (Some(ours), Some(theirs)) = (level(our_lines), level(their_lines))
                && ours != theirs
            {
                list.rows.insert(view.pair("LVL-01", pair, service, year));
            }
            let flexible = |line: &&&Line| ["pooled", "lead_commissioning", "integrated_provision"].contains(&line.mechanism.as_str());
            let by_line = our_lines.iter().chain(their_lines).filter(flexible).map(|line| line.level.as_str());
            let by_agreement = agreements.iter().filter(|agreed| agreed.covers(service) && agreed.runs(year)).map(|agreed| agreed.level);
            let local = by_line.chain(by_agreement).any(|level| ["locality", "practice", "patient"].contains(&level));
            let strategic = |lines: &[&Line]| {
                let mut own = lines.iter().filter(|line| line.mechanism == "mainstream").peekable();
                own.peek().is_some() && own.all(|line| line.level == "strategic")
            };
            if local && strategic(our_lines) && strategic(their_lines) {
                list.rows.insert(view.pair("LVL-02", pair, service, year));
            }
            let positive = |money: Option<f64>| money.is_some_and(|pence| pence > 0.0);
            let matched = shape(&view.table, pair.0, Basis::People) == Some(Shape::Coterminous) && view.mains[pair.0] == Some(pair.1);
            let used = |lines: &Held<'_>, code: &str| {
                lines.iter().any(|((holder, (of, _)), lines)| *holder == code && *of == service && lines.iter().any(|line| flexible(&line)))
            };
            let agreed = agreements.iter().any(|agreed| agreed.is_flexible() && agreed.covers(service));
            if matched
                && !view.is_care_trust(&ours)
                && positive(our_money)
                && positive(their_money)
                && !agreed
                && !used(&health, &ours)
                && !used(&council, &theirs)
            {
                list.rows.insert(view.pair("GOV-05", pair, service, year));
            }
        }
        for year in bases {
            list.rows.insert(view.pair("BUD-04", pair, "", year));
        }
        // Three pools or more on one day; with two, squared shares sum to a half at least.
        let pools: Vec<&&Agreed> = agreements.iter().filter(|agreed| agreed.mechanism == "pooled").collect();
        if pools.iter().any(|first| pools.iter().filter(|pool| pool.start <= first.start && first.start <= pool.end).count() >= 3) {
            list.rows.insert(view.pair("BUD-06", pair, "", ""));
        }
    }
}

/// BUD-01: money of a body, of the latest year in which it is known, for its people on the wrong side of a line: high from a tenth or 5 million
/// pounds.
fn across(view: &View<'_>, (health, council): (&Held<'_>, &Held<'_>), list: &mut List) {
    let of_health = |body: usize| (view.health(body), view.wrong_of_health(body), view.table.left_total[body].people);
    let of_council = |body: usize| (view.council(body), view.wrong_of_council(body), view.table.right_total[body].people);
    let bodies = (0..view.table.left.len()).map(|body| (health, of_health(body)));
    for (held, (code, wrong, people)) in bodies.chain((0..view.table.right.len()).map(|body| (council, of_council(body)))) {
        if wrong == 0 {
            continue;
        }
        // Service: the latest year, and its money.
        let mut latest: BTreeMap<&str, (&str, i128)> = BTreeMap::new();
        for ((_, (service, year)), lines) in held.iter().filter(|((holder, _), _)| *holder == code) {
            if let Some(whole) = sum(lines) {
                latest.insert(service, (year, whole));
            }
        }
        let (wrong, people) = (i128::from(wrong), i128::from(people));
        for (service, (year, whole)) in latest.into_iter().filter(|(_, (_, whole))| *whole > 0) {
            let row = ("BUD-01", view.id.to_owned(), code.to_owned(), String::new(), service.to_owned(), year.to_owned());
            if 10 * wrong >= people || whole * wrong >= 500_000_000 * people {
                list.high.insert(row.clone());
            }
            list.rows.insert(row);
        }
    }
}

/// BUD-02: one side states money, a budget of the other covers service and year and states the other body, and has no line.
fn missing(view: &View<'_>, (health, council): (&Held<'_>, &Held<'_>), list: &mut List) {
    let lacks = |lines: &[Line], held: &Held<'_>, code: &str, key: Key<'_>| {
        let covers = |budget: &str| lines.iter().any(|line| line.budget == budget && (line.service.as_str(), line.year.as_str()) == key);
        let states = |budget: &str| lines.iter().any(|line| line.budget == budget && line.code == code);
        let budgets: BTreeSet<&str> = lines.iter().map(|line| line.budget).collect();
        budgets.iter().any(|budget| covers(budget) && states(budget)) && of(held, code, key).is_none()
    };
    for pair in view.pairs.iter().copied() {
        let (ours, theirs) = view.codes(pair);
        if view.is_care_trust(&ours) {
            continue;
        }
        let cases = [
            (health, &ours, council, &theirs, view.tabled.lines(view.council)),
            (council, &theirs, health, &ours, view.tabled.lines(view.health)),
        ];
        for (stating, body, other, partner, lines) in cases {
            for ((_, key), money) in stating.iter().filter(|((code, _), _)| code == body) {
                if sum(money).is_some_and(|pence| pence > 0) && lacks(lines, other, partner, *key) {
                    let row = ("BUD-02", view.id.to_owned(), body.clone(), partner.clone(), key.0.to_owned(), key.1.to_owned());
                    // No money rule is high about a body with nobody on the wrong side of a line.
                    let wrong = if *body == ours { view.wrong_of_health(pair.0) } else { view.wrong_of_council(pair.1) };
                    if wrong > 0 {
                        list.high.insert(row.clone());
                    }
                    list.rows.insert(row);
                }
            }
        }
    }
}

/// BUD-09: councils that are significant to a body spend unlike sums a head, the most more than a quarter above the least.
fn per_head(view: &View<'_>, council: &Held<'_>, list: &mut List) {
    let mut heads: BTreeMap<(usize, Key<'_>), Vec<(i128, i128)>> = BTreeMap::new();
    for pair in view.pairs.iter().filter(|pair| view.people(**pair) >= 1) {
        let people = i128::from(view.table.right_total[pair.1].people);
        for ((_, key), lines) in council.iter().filter(|((code, _), _)| *code == view.council(pair.1)) {
            if let Some(pence) = sum(lines) {
                heads.entry((pair.0, *key)).or_default().push((pence, people));
            }
        }
    }
    for ((body, (service, year)), heads) in heads {
        let unlike = |most: &(i128, i128)| heads.iter().any(|least| least.0 > 0 && 100 * most.0 * least.1 > 125 * least.0 * most.1);
        if heads.iter().all(|(pence, _)| *pence > 0) && heads.iter().any(unlike) {
            let row = ("BUD-09", view.id.to_owned(), view.health(body).to_owned(), String::new(), service.to_owned(), year.to_owned());
            list.rows.insert(row);
        }
    }
}

fn joint(ours: Option<&[&Line]>, theirs: Option<&[&Line]>, weights: (i128, i128, i128), agreements: &[&Agreed], key: Key<'_>) -> Joint {
    let (people, left, right) = weights;
    let earmarks = ["grant", "joint_finance"];
    let sides = [(ours, left), (theirs, right)];
    let all = || sides.iter().flat_map(|(lines, whole)| lines.iter().flat_map(|lines| lines.iter()).map(move |line| (line, *whole)));
    if all().any(|(line, _)| line.mechanism != "mainstream") {
        let part = |passes: &dyn Fn(&str) -> bool| -> Option<f64> {
            all()
                .filter(|(line, _)| passes(&line.mechanism))
                .map(|(line, whole)| Some(line.pence? as f64 * people as f64 / whole as f64))
                .sum()
        };
        let whole = part(&|mechanism| mechanism != "mainstream");
        let earmarked = part(&|mechanism| earmarks.contains(&mechanism));
        return Joint {
            pooled: part(&|mechanism| mechanism == "pooled"),
            earmarked: earmarked.zip(whole).filter(|(_, whole)| *whole != 0.0).map(|(part, whole)| part / whole),
        };
    }
    let running =
        || agreements.iter().filter(|agreed| agreed.mechanism != "joint_investment_plan" && agreed.covers(key.0) && agreed.runs(key.1));
    let part = |passes: &dyn Fn(&str) -> bool| -> Option<f64> {
        running().filter(|agreed| passes(&agreed.mechanism)).map(|agreed| agreed.pence.map(|pence| pence as f64)).sum()
    };
    let whole = part(&|_| true);
    let earmarked = part(&|mechanism| earmarks.contains(&mechanism));
    Joint {
        pooled: part(&|mechanism| mechanism == "pooled"),
        earmarked: earmarked.zip(whole).filter(|(_, whole)| *whole != 0.0).map(|(part, whole)| part / whole),
    }
}

/// The level of most of the money; nothing where sums that would decide are not known, or equal.
fn level<'a>(lines: &[&'a Line]) -> Option<&'a str> {
    let levels: BTreeSet<&str> = lines.iter().map(|line| line.level.as_str()).collect();
    if levels.len() == 1 {
        return levels.first().copied();
    }
    let mut sums = Vec::new();
    for level in levels {
        sums.push((lines.iter().filter(|line| line.level == level).map(|line| line.pence).sum::<Option<i128>>()?, level));
    }
    sums.sort_unstable();
    match sums.as_slice() {
        [.., (second, _), (most, level)] if most > second => Some(level),
        _ => None,
    }
}
