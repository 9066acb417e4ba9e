//! What agreements, calendars and seats say of pairs: BUD-03, CYC, LVL-03 to LVL-05 and GOV; what tables of schemes say of bodies: BND-13.

use std::collections::BTreeSet;

use super::super::super::places::Kind;
use super::super::classes::components;
use super::super::relation::Basis;
use super::tabled::{Row, cell};
use super::{Found, List, View};

pub(super) fn list(view: &View<'_>, list: &mut List) {
    let tabled = view.tabled;
    let joint = |mechanism: &str| mechanism != "mainstream";
    let (ours_joint, theirs_joint) = (tabled.holders(view.health, joint), tabled.holders(view.council, joint));
    let mut add = |row: Found| {
        list.rows.insert(row);
    };
    for pair in view.pairs.iter().copied() {
        let (ours, theirs) = view.codes(pair);
        let agreements = || tabled.agreements.iter().filter(|agreed| agreed.pair == (ours.clone(), theirs.clone()));
        if agreements().next().is_none()
            && !ours_joint.contains(ours.as_str())
            && !theirs_joint.contains(theirs.as_str())
            && !view.is_care_trust(&ours)
        {
            add(view.pair("BUD-03", pair, "", ""));
        }
        if !agreements().any(|agreed| agreed.mechanism == "joint_investment_plan") {
            add(view.pair("GOV-03", pair, "", ""));
        }
        calendars(view, pair, &mut add);
        for row in tabled.governance.iter().filter(|row| cell(row, "health_code") == ours && cell(row, "council_code") == theirs) {
            if cell(row, "board_seat") == "no" {
                add(view.pair("GOV-01", pair, "", ""));
            }
            let without = cell(row, "ssd_member") == "no" || cell(row, "commissioning_subgroup") == "no";
            if cell(row, "board_seat") == "yes" && cell(row, "office") == "none" && without {
                add(view.pair("GOV-02", pair, "", ""));
            }
            if cell(row, "district_seat") == "no" && tabled.attribute(view.council, &theirs, "tier") == "county" {
                add(view.pair("GOV-04", pair, "", ""));
            }
            if ["ha", "shared"].contains(&cell(row, "jc_responsibility")) {
                add(view.pair("LVL-05", pair, "", ""));
            }
        }
    }
    for body in 0..view.table.left.len() {
        let code = view.health(body);
        let lines: Vec<&str> = tabled
            .lines(view.health)
            .iter()
            .filter(|line| line.code == code && joint(&line.mechanism))
            .map(|line| line.level.as_str())
            .collect();
        let agreed = || tabled.agreements.iter().filter(|agreed| agreed.pair.0 == code);
        let mut levels = lines.iter().copied().chain(agreed().map(|agreed| agreed.level)).peekable();
        if levels.peek().is_some() && levels.all(|level| ["practice", "patient"].contains(&level)) {
            add(view.body("LVL-03", code, ""));
        }
        let money = !lines.is_empty() || agreed().any(|agreed| agreed.mechanism != "joint_investment_plan");
        if tabled.attribute(view.health, code, "pcg_level") == "1" && money {
            add(view.body("LVL-04", code, ""));
        }
    }
    // The schemes ended before the trusts were there.
    if view.health == Kind::Pcg1999 {
        for body in 0..view.table.left.len() {
            let code = view.health(body);
            let here = |row: &&Row| cell(row, "PCG99CD") == code;
            let kinds = tabled.schemes.iter().filter(|rows| rows.iter().any(|row| here(&row))).count();
            let elsewhere = |rows: &[Row], group: &str| rows.iter().any(|row| cell(row, "group") == group && !here(&row));
            let across = tabled.schemes.iter().any(|rows| rows.iter().filter(here).any(|row| elsewhere(rows, cell(row, "group"))));
            if kinds >= 3 || across {
                list.rows.insert(view.body("BND-13", code, ""));
            }
        }
    }
    let seats: Vec<Found> = list.rows.iter().filter(|row| row.0 == "GOV-01" && row.1 == view.id).cloned().collect();
    list.high.extend(seats);
}

fn calendars(view: &View<'_>, pair: (usize, usize), add: &mut impl FnMut(Found)) {
    let (ours, theirs) = view.codes(pair);
    let row = |side: &str, code: &str| {
        let of = |wanted: &str| view.tabled.cycles.iter().find(|row| cell(row, "side") == side && cell(row, "code") == wanted);
        of(code).or_else(|| of(""))
    };
    let (Some(health), Some(council)) = (row("health", &ours), row("council", &theirs)) else { return };
    // Day of a common year, from "MM-DD".
    let day = |text: &str| -> Option<i64> {
        let (month, day) = text.split_once('-')?;
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334].get(month.parse::<usize>().ok()?.checked_sub(1)?).copied()?;
        Some(before + day.parse::<i64>().ok()?)
    };
    let apart = |column: &str| -> Option<i64> {
        let days = (day(cell(health, column))? - day(cell(council, column))?).abs();
        Some(days.min(365 - days))
    };
    if apart("year_start").is_some_and(|days| days > 0) {
        add(view.pair("CYC-01", pair, "", ""));
    }
    let years = |row| cell(row, "horizon_years").parse::<i64>().ok();
    if years(health).zip(years(council)).is_some_and(|(a, b)| a != b) {
        add(view.pair("CYC-02", pair, "", ""));
    }
    if apart("budget_set").is_some_and(|days| days > 30) {
        add(view.pair("CYC-03", pair, "", ""));
    }
}

/// CYC-04: agreements that end after the last day of their NHS body; councils have a layer that is still in force.
pub(super) fn outlived(views: &[View<'_>], list: &mut List) {
    let Some(first) = views.first() else { return };
    for agreed in &first.tabled.agreements {
        let has = |view: &&View<'_>| {
            view.table.left.iter().any(|body| body.code == agreed.pair.0) && view.table.right.iter().any(|body| body.code == agreed.pair.1)
        };
        let Some(view) = views.iter().find(has) else { continue };
        let in_layer = |kind: Kind| first.country.bodies(kind).iter().any(|body| body.code == agreed.pair.0);
        if in_layer(Kind::Pct2006) || in_layer(Kind::Authority1999) {
            continue;
        }
        let last = if in_layer(Kind::Pct2002) { "2006-09-30" } else { "2002-09-30" };
        if agreed.end.as_str() > last {
            let row = ("CYC-04", view.id.to_owned(), agreed.pair.0.clone(), agreed.pair.1.clone(), agreed.service.clone(), String::new());
            list.high.insert(row.clone());
            list.rows.insert(row);
        }
    }
}

/// GOV-06: two kinds of high severity or more for a pair or its NHS body, and nothing pooled.
pub(super) fn compulsion(view: &View<'_>, list: &mut List) {
    let pooled = |mechanism: &str| mechanism == "pooled";
    let (ours_pool, theirs_pool) = (view.tabled.holders(view.health, pooled), view.tabled.holders(view.council, pooled));
    let tangles = components(&view.table, Basis::People);
    for pair in view.pairs.iter().copied() {
        let (ours, theirs) = view.codes(pair);
        let agreed =
            view.tabled.agreements.iter().any(|agreed| agreed.mechanism == "pooled" && agreed.pair == (ours.clone(), theirs.clone()));
        if agreed || view.is_care_trust(&ours) || ours_pool.contains(ours.as_str()) || theirs_pool.contains(theirs.as_str()) {
            continue;
        }
        let tangle = tangles.iter().find(|locked| locked.lefts.contains(&pair.0)).map_or("", |locked| locked.name.as_str());
        let crosses = view.crossing.contains_key(&pair) || view.home_of_a_part(pair);
        let concerns = |row: &&Found| {
            let (rule, alignment, subject, partner, ..) = *row;
            if alignment != view.id {
                return false;
            }
            match *rule {
                // About crossing parts: those of its bodies or its tangle concern a pair that is one.
                "BND-01" => crosses && *subject == ours,
                "BND-06" => crosses && *subject == theirs,
                "BND-04" => crosses && subject == tangle,
                "BUD-01" => crosses && (*subject == ours || *subject == theirs),
                _ => {
                    let both = (*subject == ours && *partner == theirs) || (*subject == theirs && *partner == ours);
                    both || (*subject == ours && partner.is_empty())
                }
            }
        };
        // One line in the wrong place is one thing, however many rules see it.
        let kind = |row: &Found| if row.0.starts_with("BND") { "BND" } else { row.0 };
        let rules: BTreeSet<&str> = list.high.iter().filter(concerns).map(kind).collect();
        if rules.len() >= 2 {
            list.rows.insert(view.pair("GOV-06", pair, "", ""));
        }
    }
}
