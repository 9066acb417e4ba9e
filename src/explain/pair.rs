//! The story of a pair.

use std::path::Path;

use super::{Part, Told, in_year, obstructions, service, words};
use crate::error::{InputProblem, Result};
use crate::published::{Published, Row};
use crate::tables;
use crate::words::apart;

/// What lies in both, what is spent on it, how the two plan, and what stands in the way.
pub(super) fn parts(run: &Path, published: &Published, code: &str, partner: &str) -> Result<Vec<Part>> {
    let of_pair = |row: Row<'_>| {
        (row.is("left_code", code) && row.is("right_code", partner)) || (row.is("left_code", partner) && row.is("right_code", code))
    };
    let overlaps = published.rows(&tables::OVERLAP)?;
    let told: Vec<Told> = overlaps.iter().filter(|row| of_pair(*row)).map(overlap).collect();
    if told.is_empty() {
        let found = format!("`{code}` and `{partner}` share no land and no people in any alignment");
        let remedy = format!("leave the partner out to see whom `{code}` meets");
        return Err(InputProblem::new(run.join("overlap.parquet"), found, "two bodies that overlap", remedy).into());
    }
    let mut parts = vec![Part { heading: "What both have", told }];

    let money = published.rows(&tables::BUDGET_ALIGNMENT)?;
    let told: Vec<Told> = money.iter().filter(|row| of_pair(*row)).map(spent).collect();
    if !told.is_empty() {
        parts.push(Part { heading: "What both spend on it", told });
    }
    let gaps = published.rows(&tables::GAP)?;
    let told: Vec<Told> = gaps.iter().filter(|row| of_pair(*row)).filter_map(plans).collect();
    if !told.is_empty() {
        parts.push(Part { heading: "How far apart they plan", told });
    }
    parts.push(obstructions(published, |row| {
        (row.is("subject_code", code) && row.is("partner_code", partner))
            || (row.is("subject_code", partner) && row.is("partner_code", code))
    })?);
    Ok(parts)
}

fn overlap(row: Row<'_>) -> Told {
    let name = |name: &str, code: &str| row.text(name).or_else(|| row.text(code)).unwrap_or("").to_owned();
    let (left, right) = apart(&name("left_name", "left_code"), &name("right_name", "right_code"));
    let place = row.text("alignment").unwrap_or("");
    let many = match (row.people("people"), row.people("people_low"), row.people("people_high")) {
        (Some(people), Some(low), Some(high)) if low != high => format!("{people} people (between {low} and {high})"),
        (Some(people), ..) => format!("{people} people"),
        _ => "an unknown number of people".to_owned(),
    };
    let share =
        |people: &str, area: &str| row.percent(people).or_else(|| row.percent(area)).unwrap_or_else(|| "an unknown part".to_owned());
    let square_km = row.number("area_m2").map_or_else(String::new, |area| format!(" and {:.1} km2", area / 1e6));
    let weight = if row.is("sliver", "true") {
        "a sliver, the trace of two surveys of one line"
    } else if row.is("significant", "true") {
        "a significant pair"
    } else {
        "too small to be significant"
    };
    let sentence = format!(
        "In {place}, {left} and {right} have {many}{square_km} in common: {} of {left}, {} of {right}; {weight}.",
        share("share_left_people", "share_left_area"),
        share("share_right_people", "share_right_area"),
    );
    Told::new(sentence, &[row])
}

fn spent(row: Row<'_>) -> Told {
    let known = |column: &str| row.pounds(column).unwrap_or_else(|| "an unknown sum".to_owned());
    let mut sentence = format!(
        "For {}{}: {} of NHS money and {} of the council's for the people of both",
        service(row),
        in_year(row),
        known("health_pence"),
        known("council_pence"),
    );
    if let Some(pooled) = row.pounds("pooled_pence") {
        let share = row.percent("pooled_share").map_or_else(String::new, |share| format!(" ({share})"));
        sentence.push_str(&format!("; {pooled}{share} of it is pooled"));
    }
    sentence.push('.');
    Told::new(sentence, &[row])
}

fn plans(row: Row<'_>) -> Option<Told> {
    let days = |column: &str, what: &str| Some(format!("{what} {} days apart", row.text(column)?));
    let mut said: Vec<String> = [
        days("year_start_gap_days", "their years start"),
        days("plan_gap_days", "plans are submitted"),
        days("budget_gap_days", "budgets are set"),
    ]
    .into_iter()
    .flatten()
    .collect();
    said.extend(row.text("horizon_gap_years").map(|years| format!("plans reach {years} years apart")));
    said.extend(row.percent("basis_gap").map(|gap| format!("registered patients less residents of the NHS body are {gap} of the latter")));
    let place = words(row.text("alignment").unwrap_or(""));
    (!said.is_empty()).then(|| Told::new(format!("In {place}: {}.", said.join(", ")), &[row]))
}
