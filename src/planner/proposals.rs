//! Plans as `[[what_if]]` tables of a config.

use super::{Point, sets};
use crate::alignment::Alignment;

/// Points to look at first, in order: for every number of bodies left the one with the smallest objective, of those the one with the fewest
/// agreements, then with the fewest people and the least money disturbed; left out where more bodies have an objective as small, for then
/// a merger moves no line.
pub fn foremost(points: &[Point]) -> Vec<&Point> {
    let mut told: Vec<&Point> = Vec::new();
    for point in points {
        if told.last().is_none_or(|last| last.bodies_left != point.bodies_left && last.value > point.value) {
            told.push(point);
        }
    }
    told
}

/// Points as `[[what_if]]` proposals that a config can hold, one a point that merges anything: `plan-<alignment>-<point>`.
///
/// A merger keeps the code of its largest body.
pub fn proposals<'a>(alignment: &Alignment, points: impl IntoIterator<Item = &'a Point>) -> String {
    let bodies = &alignment.relation.left;
    // TOML's basic strings share JSON's escapes.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = String::new();
    for point in points.into_iter().filter(|point| !point.mergers.is_empty()) {
        let id = format!("plan-{}-{}", alignment.id, point.number);
        text.push_str(&format!("[[what_if]]\nid = {}\nlayer = {}\nmerge = [\n", quoted(&id), quoted(&alignment.health_layer)));
        for set in &point.mergers {
            let codes: Vec<String> = set.iter().filter_map(|body| bodies.get(*body)).map(|body| quoted(&body.code)).collect();
            let into = sets::largest(&alignment.relation, set).and_then(|body| bodies.get(body)).map_or("", |body| body.code.as_str());
            text.push_str(&format!("  {{ into = {}, codes = [{}] }},\n", quoted(into), codes.join(", ")));
        }
        text.push_str("]\n\n");
    }
    text
}
