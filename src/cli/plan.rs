//! `coterminous plan`: mergers searched for.

use std::fmt::Write as _;

use super::arguments::{Aim, PlanArguments};
use super::watch::Watch;
use super::{Outcome, print, threads};
use crate::config::Config;
use crate::domain::People;
use crate::error::{Error, Result};
use crate::pipeline;
use crate::planner::{Objective, Point, Wishes, proposals};

/// Plans mergers and tells the front.
pub fn plan(arguments: &PlanArguments) -> Result<Outcome> {
    let people = |number: Option<u32>| number.map(|number| People::whole(i64::from(number)));
    let wishes = Wishes {
        objective: match arguments.objective {
            Aim::People => Objective::People,
            Aim::Bodies => Objective::Bodies,
            Aim::Pounds => Objective::Pounds,
        },
        min_people: people(arguments.min_people),
        max_people: people(arguments.max_people),
        max_merge: arguments.max_merge,
        keep: arguments.keep.clone(),
        target: arguments.target,
        seed: arguments.seed,
    };
    let plan = Config::load(&arguments.config, &pipeline::rules())?;
    let watch = Watch::new(&arguments.shared);
    let planned =
        threads(&arguments.shared)?.install(|| pipeline::plan(&plan, &arguments.alignment, &wishes, arguments.out.as_deref(), &watch))?;
    let (alignment, points) = (&planned.alignment, &planned.points);
    if let Some(path) = &arguments.proposals {
        std::fs::write(path, proposals(alignment, &alignment.health_layer, points))
            .map_err(|error| Error::publish(path, error, "check the folder and its permissions"))?;
    }
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let mut text = format!(
        "{}: {} bodies of {}, best by {}\n  {:>6} {:>8} {:>12} {:>12} {:>9} {:>12}  proved\n",
        alignment.id,
        alignment.relation.left.len(),
        alignment.health_layer,
        wishes.objective.as_str(),
        "bodies",
        "match",
        "people",
        "coterminous",
        "disturbed",
        "moved",
    );
    for point in points {
        let _ = writeln!(
            text,
            "  {:>6} {:>8} {:>12.0} {:>12.0} {:>9} {:>12.0}  {}",
            point.bodies_left,
            point.matched,
            point.matched_people.as_f64(),
            point.coterminous_people.as_f64(),
            point.disturbed,
            point.people_moved.as_f64(),
            if point.proved { "yes".to_owned() } else { format!("no; {} at most", bound(&wishes, point)) },
        );
    }
    match (&planned.fiscal_year, planned.money_unknown) {
        (Some(year), 0) => {
            let _ = writeln!(text, "  money of {year}");
        }
        (Some(year), unknown) => {
            let _ = writeln!(text, "  money of {year} is not known for {unknown} bodies");
        }
        (None, _) => text.push_str("  no money is stated for these bodies\n"),
    }
    text.push_str("  mergers are of neighbours that significant overlaps lock together\n");
    if let Some(best) = points.iter().max_by_key(|point| (point.value, point.bodies_left)) {
        let name = |body: &usize| {
            alignment.relation.left.get(*body).map_or(String::new(), |body| body.name.clone().unwrap_or_else(|| body.code.clone()))
        };
        let _ = writeln!(text, "\n  The best of them leaves {} bodies:", best.bodies_left);
        for set in &best.mergers {
            let _ = writeln!(text, "    {}", set.iter().map(name).collect::<Vec<_>>().join(" + "));
        }
        if best.mergers.is_empty() {
            text.push_str("    nothing merges\n");
        }
    }
    for (what, path) in [("front", &arguments.out), ("proposals", &arguments.proposals)] {
        if let Some(path) = path {
            let _ = writeln!(text, "  {what}: {}", path.display());
        }
    }
    print(&text)
}

fn bound(wishes: &Wishes, point: &Point) -> String {
    match wishes.objective {
        Objective::People => format!("{:.0} people", point.bound as f64 / People::UNIT as f64),
        Objective::Bodies => format!("{} bodies", point.bound),
        Objective::Pounds => format!("{} pounds", point.bound / 100),
    }
}
