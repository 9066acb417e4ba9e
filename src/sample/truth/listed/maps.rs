//! What blocks decide: BND but for registered patients and practice lists, which stand in tables, and the sample's own rule.

use super::super::super::places::Kind;
use super::super::classes::{Shape, components, main_partner, shape, shape_at};
use super::super::relation::{Basis, Table, reaches};
use super::{Found, List, View};

pub(super) fn list(view: &View<'_>, list: &mut List) {
    let table = &view.table;
    let turned = table.turned();
    for body in 0..table.left.len() {
        let code = view.health(body);
        let whole = table.left_total[body].people;
        if shape(table, body, Basis::People) == Some(Shape::Aggregate) {
            list.rows.insert(view.body("BND-03", code, ""));
        }
        wrong(list, view.body("BND-01", code, ""), view.wrong_of_health(body), whole);
        for (partner, people) in table.partners(body, Basis::People) {
            if let Some(crossing) = view.crossing.get(&(body, partner)).filter(|people| **people >= 500) {
                wrong(list, view.pair("BND-05", (body, partner), "", ""), *crossing, whole);
            }
            // The sample's own rule: significant, 10,000 people or more, and less than half of the body.
            if view.pairs.contains(&(body, partner)) && people >= 10_000 && 2 * people < whole {
                list.rows.insert(view.pair("OWN-01", (body, partner), "", ""));
            }
        }
        if view.health == Kind::Pcg1999 && !(50_000..=250_000).contains(&whole) {
            list.rows.insert(view.body("BND-11", code, ""));
        }
        let number = |text: &str| text.parse::<i64>().ok();
        let tabled = view.tabled;
        // More than 5% between registered and resident.
        if let Some(registered) = number(tabled.attribute(view.health, code, "registered"))
            && whole > 0
            && 20 * (registered - whole).abs() > whole
        {
            list.rows.insert(view.body("BND-10", code, ""));
        }
        for pair in view.pairs.iter().filter(|pair| pair.0 == body) {
            if let Some(listed) = number(tabled.attribute(view.health, code, "smallest_practice_list"))
                && let Some(office) = number(tabled.attribute(view.council, view.council(pair.1), "area_office_population"))
                && listed < office
            {
                list.rows.insert(view.pair("BND-12", *pair, "", ""));
            }
        }
    }
    two_tier(view, list);
    for council in 0..turned.left.len() {
        let code = view.council(council);
        let partners = turned.partners(council, Basis::People);
        let nested = |(health, _): &&(usize, i64)| {
            shape(table, *health, Basis::People) == Some(Shape::Nested) && view.mains[*health] == Some(council)
        };
        if partners.iter().filter(nested).count() >= 2 {
            list.rows.insert(view.body("BND-02", code, ""));
        }
        wrong(list, view.body("BND-06", code, ""), view.wrong_of_council(council), turned.left_total[council].people);
    }
    for locked in components(table, Basis::People).iter().filter(|locked| locked.kind() == "tangled") {
        let inside = |pair: &(usize, usize)| locked.lefts.contains(&pair.0) && locked.rights.contains(&pair.1);
        let people = view.crossing.iter().filter(|(pair, _)| inside(pair)).map(|(_, people)| people).sum();
        // A place has no size that would make few people many.
        wrong(list, view.body("BND-04", &locked.name, ""), people, i64::MAX / 2_000);
    }
    for (side, partners) in [(table, table.right), (&turned, table.left)] {
        for body in 0..side.left.len() {
            let code = side.left[body].code.as_str();
            if let Some(partner) = disagree(side, body) {
                list.rows.insert(view.body("BND-08", code, &partners[partner].code));
            }
            let shapes = [10, 20, 50].map(|equal| shape_at(side, body, Basis::People, equal));
            if shapes.iter().any(|shape| shape.is_some() && *shape != shapes[1]) {
                list.rows.insert(view.body("BND-09", code, ""));
            }
        }
    }
}

/// A row about people on the wrong side of a line, if there are any: high from 10,000 people or 5% of the body.
fn wrong(list: &mut List, row: Found, people: i64, whole: i64) {
    if people == 0 {
        return;
    }
    if people >= 10_000 || reaches(people, whole, 50) {
        list.high.insert(row.clone());
    }
    list.rows.insert(row);
}

/// BND-07: one district or a group of whole ones, and no council or group of whole ones.
fn two_tier(view: &View<'_>, list: &mut List) {
    if view.health != Kind::Pcg1999 {
        return;
    }
    let districts = Table::of(view.country, view.health, Kind::District1999);
    let fits = |shape: Option<Shape>| matches!(shape, Some(Shape::Coterminous | Shape::Aggregate));
    for body in 0..view.table.left.len() {
        let council = shape(&view.table, body, Basis::People);
        if fits(shape(&districts, body, Basis::People)) && council.is_some() && !fits(council) {
            let partner = view.mains[body].map_or("", |main| view.council(main));
            list.rows.insert(view.body("BND-07", view.health(body), partner));
        }
    }
}

/// The partner whose shares by land and by people are furthest apart, if that is more than a tenth or the main partner differs.
fn disagree(table: &Table<'_>, body: usize) -> Option<usize> {
    let (people, land) = (table.left_total[body].people, table.left_total[body].doubled_m2);
    if people == 0 || land == 0 {
        return None;
    }
    // Made of whole partners, however they are weighed.
    if Basis::ALL.iter().all(|basis| shape(table, body, *basis) == Some(Shape::Aggregate)) {
        return None;
    }
    let mut widest: Option<(f64, usize)> = None;
    for ((_, partner), weight) in table.pairs.range((body, 0)..(body + 1, 0)) {
        let gap = (weight.doubled_m2 as f64 / land as f64 - weight.people as f64 / people as f64).abs();
        if widest.is_none_or(|(most, _)| gap > most + 1e-9) {
            widest = Some((gap, *partner));
        }
    }
    let (gap, partner) = widest?;
    let main = |basis: Basis| main_partner(table, body, basis).map(|(partner, _)| partner);
    let differs = main(Basis::Area).zip(main(Basis::People)).is_some_and(|(land, people)| land != people);
    (gap > 0.1 || differs).then_some(partner)
}
