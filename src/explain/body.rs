//! The story of a body.

use super::{Part, Told, in_year, obstructions, service, words};
use crate::error::Result;
use crate::published::{Published, Row, Rows};
use crate::tables;
use crate::words::{apart, count, with_article};

/// Who it is, whom it matches and meets, its money, its changes, and what stands in the way.
pub(super) fn parts(published: &Published, areas: &Rows, code: &str) -> Result<Vec<Part>> {
    let mut parts = vec![Part { heading: "Who it is", told: areas.iter().filter(|row| row.is("code", code)).map(identity).collect() }];
    let mut add = |heading: &'static str, told: Vec<Told>| {
        if !told.is_empty() {
            parts.push(Part { heading, told });
        }
    };
    let metrics = published.rows(&tables::COTERMINOSITY)?;
    add("How it matches", metrics.iter().filter(|row| row.is("code", code)).filter_map(matching).collect());

    let crossings = published.rows(&tables::CROSSING)?;
    let of_code = |row: &Row<'_>| row.is("left_code", code) || row.is("right_code", code);
    // By people where the alignment has people: its area rows say the same of land.
    let by_people = |row: &Row<'_>| row.is("basis", "people") || row.text("people").is_none();
    add("Who is on the wrong side of a line", crossings.iter().filter(of_code).filter(by_people).map(crossing).collect());

    let overlaps = published.rows(&tables::OVERLAP)?;
    add("Whose people it shares", overlaps.iter().filter(|row| row.is("significant", "true")).filter_map(|row| meets(row, code)).collect());

    let places = published.rows(&tables::PLACE)?;
    let is_member = |row: &Row<'_>| ["health_codes", "council_codes"].iter().any(|column| listed(*row, column, code));
    add("The place it is in", places.iter().filter(is_member).map(place).collect());

    let money = published.rows(&tables::BUDGET_BODY)?;
    let mut of_body: Vec<Row<'_>> = money.iter().filter(|row| row.is("code", code)).collect();
    // The largest sums first.
    let sum = |row: &Row<'_>| row.number(if row.is("side", "health") { "health_pence" } else { "council_pence" }).unwrap_or(0.0);
    of_body.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
    add("Its money", of_body.iter().filter_map(|row| budget(*row)).collect());

    let changes = published.rows(&tables::SUCCESSION)?;
    let effects = published.rows(&tables::MERGER_EFFECT)?;
    let links =
        changes.iter().filter(|row| row.is("from_code", code) || row.is("to_code", code)).filter(|row| !row.is("type", "unchanged"));
    let mut told: Vec<Told> = links.map(change).collect();
    told.extend(effects.iter().filter(|row| row.is("code", code)).filter_map(effect));
    add("How it changed", told);

    let schemes = published.rows(&tables::SCHEME)?;
    add("Initiatives at work in it", schemes.iter().filter(|row| row.is("code", code)).map(scheme).collect());

    parts.push(obstructions(published, |row| row.is("subject_code", code) || row.is("partner_code", code))?);

    let findings = published.rows(&tables::FINDING)?;
    let told: Vec<Told> = findings
        .iter()
        .filter(|row| row.is("code", code))
        .map(|row| {
            let cell = |column| row.text(column).unwrap_or("");
            Told::new(format!("{} {}: {} ({}).", cell("finding_id"), cell("severity"), cell("detail"), cell("action")), &[row])
        })
        .collect();
    if !told.is_empty() {
        parts.push(Part { heading: "What was imperfect in the input", told });
    }
    Ok(parts)
}

/// Whether a column of codes separated by semicolons has this one.
fn listed(row: Row<'_>, column: &str, code: &str) -> bool {
    row.text(column).is_some_and(|codes| codes.split(';').any(|other| other == code))
}

fn identity(row: Row<'_>) -> Told {
    let cell = |column| row.text(column).unwrap_or("");
    let name = row.text("name").map_or_else(|| cell("code").to_owned(), |name| format!("{name} ({})", cell("code")));
    let people = row.people("people").map_or_else(String::new, |people| format!(", {people} people"));
    let area = row.number("area_m2").map_or_else(String::new, |area| format!(", {:.1} km2", area / 1e6));
    let time = match (row.text("valid_from"), row.text("valid_to")) {
        (Some(from), Some(to)) => format!(", in force from {from} to {to}"),
        (Some(from), None) => format!(", in force since {from}"),
        (None, Some(to)) => format!(", in force until {to}"),
        (None, None) => String::new(),
    };
    Told::new(format!("{name} is {} of layer {}{people}{area}{time}.", with_article(cell("kind")), cell("layer")), &[row])
}

fn matching(row: Row<'_>) -> Option<Told> {
    let class = row.text("class")?;
    let basis = if row.is("basis", "people") { "by people" } else { "by land" };
    let main = match (row.text("main_partner_name").or_else(|| row.text("main_partner")), row.percent("main_share")) {
        (Some(main), Some(share)) => format!("; {share} of it is in {main}"),
        _ => String::new(),
    };
    let many = row.text("n_partners").and_then(|number| number.parse().ok()).map_or_else(String::new, |number: u64| {
        let (one, many) = if row.is("side", "health") { ("council", "councils") } else { ("NHS body", "NHS bodies") };
        format!("; {} {} significant", count(number, one, many), if number == 1 { "is" } else { "are" })
    });
    let outside = row.number("share_outside").filter(|share| *share > 0.0).and_then(|_| row.percent("share_outside"));
    let outside = outside.map_or_else(String::new, |share| {
        format!("; {share} of it is outside any {}", if row.is("side", "health") { "council" } else { "NHS body" })
    });
    let stable = if row.is("class_stable", "true") {
        String::new()
    } else {
        let others = row.text("other_classes").map(|classes| words(&classes.replace(';', " or "))).unwrap_or_default();
        format!("; under other tolerances or at the bounds of what was measured it would be {others}")
    };
    let place = row.text("alignment").unwrap_or("");
    Some(Told::new(format!("In {place}, {basis}, it is {}{main}{many}{outside}{stable}.", words(class)), &[row]))
}

/// A crossing part, and where it would belong.
pub(super) fn crossing(row: Row<'_>) -> Told {
    let name = |name: &str, code: &str| row.text(name).or_else(|| row.text(code)).map(str::to_owned);
    let much = row.people("people").map_or_else(
        || row.number("area_m2").map_or_else(String::new, |area| format!("{:.1} km2", area / 1e6)),
        |people| format!("{people} people"),
    );
    let home = match (name("health_would_be_name", "health_would_be"), name("council_would_be_name", "council_would_be")) {
        (Some(health), Some(council)) => format!("; they would belong to {health}, or under {council} council"),
        (Some(health), None) => format!("; they would belong to {health}"),
        (None, Some(council)) => format!("; they would belong under {council} council"),
        (None, None) => String::new(),
    };
    let pounds =
        row.pounds("health_pence").map_or_else(String::new, |pounds| format!("; {pounds} of its money is for them{}", in_year(row)));
    let (left, right) = (name("left_name", "left_code").unwrap_or_default(), name("right_name", "right_code").unwrap_or_default());
    let (left, right) = apart(&left, &right);
    Told::new(format!("In {}, {much} of {left} are in {right}{home}{pounds}.", row.text("alignment").unwrap_or("")), &[row])
}

fn meets(row: Row<'_>, code: &str) -> Option<Told> {
    let (other, theirs) = if row.is("left_code", code) {
        ("right", ("share_left_people", "share_left_area"))
    } else if row.is("right_code", code) {
        ("left", ("share_right_people", "share_right_area"))
    } else {
        return None;
    };
    let partner = row.text(&format!("{other}_code")).unwrap_or("");
    let name = row.text(&format!("{other}_name")).map_or_else(|| partner.to_owned(), |name| format!("{name} ({partner})"));
    let share = row.percent(theirs.0).or_else(|| row.percent(theirs.1)).unwrap_or_else(|| "an unknown part".to_owned());
    let people = row.people("people").map_or_else(String::new, |people| format!(", {people} people"));
    let bounds = match (row.people("people_low"), row.people("people_high")) {
        (Some(low), Some(high)) if low != high => format!(" (between {low} and {high})"),
        _ => String::new(),
    };
    let place = row.text("alignment").unwrap_or("");
    Some(Told::new(format!("In {place}, {share} of it is in {name}{people}{bounds}."), &[row]))
}

fn place(row: Row<'_>) -> Told {
    let cell = |column| row.text(column).unwrap_or("0");
    let number_of = |column, one, many| count(cell(column).parse::<u64>().unwrap_or(0), one, many);
    let people = row.people("people_exposed").map_or_else(String::new, |people| format!(", concerning {people} people"));
    let pounds = row.pounds("pence_exposed").map_or_else(String::new, |pounds| format!(" and {pounds}"));
    let change = row.text("change").map_or_else(String::new, |change| {
        format!(" What would help most (it removes {}): {change}", number_of("change_removes", "flag", "flags"))
    });
    let wrong_side = row.text("wrong_side").map_or_else(String::new, |sentence| format!(" {sentence}"));
    let sentence = format!(
        "In {}, place {} ({}) holds it with {} and {} in all, rank {}: {}, {} of them high{people}{pounds}; {} needed.{wrong_side}{change}",
        cell("alignment"),
        cell("component"),
        words(cell("kind")),
        number_of("n_health", "NHS body", "NHS bodies"),
        number_of("n_council", "council", "councils"),
        cell("rank"),
        number_of("obstructions", "flag", "flags"),
        cell("high"),
        number_of("agreements_needed", "agreement", "agreements"),
    );
    Told::new(sentence, &[row])
}

fn budget(row: Row<'_>) -> Option<Told> {
    let own = if row.is("side", "health") { "health_pence" } else { "council_pence" };
    let place = row.text("alignment").unwrap_or("");
    let held = row.pounds(own)?;
    let outside = match (row.pounds("outside_main_pence"), row.percent("outside_main_share")) {
        (Some(pounds), Some(share)) if row.is("side", "health") => {
            format!("; {pounds} ({share}) of it is for people outside its main council")
        }
        _ => String::new(),
    };
    let pooled = match (row.pounds("pooled_pence"), row.percent("pooled_share")) {
        (Some(pounds), Some(share)) => format!("; pooled: {pounds}, {share} of both sides' money"),
        _ => String::new(),
    };
    Some(Told::new(format!("In {place}, {held} for {}{}{outside}{pooled}.", service(row), in_year(row)), &[row]))
}

fn change(row: Row<'_>) -> Told {
    let name = |name: &str, code: &str| match (row.text(name), row.text(code)) {
        (_, None | Some("__none__")) => "nothing".to_owned(),
        (Some(name), Some(code)) => format!("{name} ({code})"),
        (None, Some(code)) => code.to_owned(),
    };
    let kind = row.text("type").map(words).unwrap_or_default();
    let date = row.text("date").map_or_else(String::new, |date| format!(" on {date}"));
    let people = row.people("people").map_or_else(String::new, |people| format!(", {people} people"));
    let share = row.percent("forward_share").map_or_else(String::new, |share| format!(", {share} of the former"));
    let declared = row.text("declared").map_or_else(String::new, |word| format!("; declared table: {}", words(word)));
    let sentence = format!(
        "{}{date}: {} to {} ({kind}{people}{share}){declared}.",
        row.text("succession").unwrap_or(""),
        name("from_name", "from_code"),
        name("to_name", "to_code"),
    );
    Told::new(sentence, &[row])
}

fn effect(row: Row<'_>) -> Option<Told> {
    let (basis, people) = if row.is("basis", "people") { ("by people", true) } else { ("by land", false) };
    let crossing = |column: &str| {
        if people {
            return Some(format!("{} people", row.people(column)?));
        }
        let square_metres: f64 = row.text(column)?.parse().ok()?;
        Some(format!("{:.0} hectares", square_metres / 10_000.0))
    };
    let (before, after) = (crossing("crossing_before")?, crossing("crossing_after")?);
    let (were, are) = (row.text("partners_before")?, row.text("partners_after")?);
    let effect = row.text("effect").unwrap_or("unknown");
    let by = row.text("effect_by").filter(|by| *by != "none").map_or_else(String::new, |by| format!(" by {by}"));
    let change = row.text("succession").unwrap_or("");
    let pair = match (row.is("pair_lost", "true"), row.is("pair_won", "true")) {
        (true, _) => "; a one-to-one match was lost",
        (_, true) => "; a one-to-one match was won",
        _ => "",
    };
    let sentence = format!(
        "With {change}, {basis}, what it has on the wrong side of a line went from {before} to {after}, its partners from {were} to {are}: \
         {effect}{by}{pair}."
    );
    Some(Told::new(sentence, &[row]))
}

fn scheme(row: Row<'_>) -> Told {
    let cell = |column| row.text(column).unwrap_or("");
    let group = row.text("group_name").unwrap_or_else(|| cell("group_code"));
    let members = row.text("members").and_then(|members| members.parse().ok());
    let members = members.map_or_else(String::new, |members: u64| format!(", {}", count(members, "member", "members")));
    let people = row.people("people").map_or_else(String::new, |people| format!(", {people} people"));
    let force = if row.is("in_force", "false") { "; it was not in force at the time of the layer" } else { "" };
    Told::new(format!("{group} ({}){members}{people} in layer {}{force}.", words(cell("kind")), cell("layer")), &[row])
}
