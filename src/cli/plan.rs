//! `coterminous plan`: mergers searched for.

use std::fmt::Write as _;

use super::arguments::{Aim, PlanArguments};
use super::colour::Paint;
use super::watch::Watch;
use super::{Outcome, harmless, print_painted, threads};
use crate::alignment::Alignment;
use crate::config::Config;
use crate::domain::People;
use crate::error::Result;
use crate::io::interrupt::Interrupt;
use crate::pipeline::{self, PlanFiles, Planned};
use crate::planner::{Objective, Point, Wishes, foremost};

/// Plans mergers and tells the front: of each number of bodies left the foremost point.
pub fn plan(arguments: &PlanArguments, interrupt: Interrupt, paint: Paint) -> Result<Outcome> {
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
        steps: arguments.steps,
    };
    let plan = Config::load(&arguments.config, &pipeline::rules())?;
    let watch = Watch::new(&arguments.shared);
    let files = PlanFiles { front: arguments.out.as_deref(), proposals: arguments.proposals.as_deref(), interrupt };
    let planned = threads(&arguments.shared)?.install(|| pipeline::plan(&plan, &arguments.alignment, &wishes, &files, &watch))?;
    let (alignment, front) = (&planned.alignment, &planned.front);
    let told = foremost(&front.points);
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let mut text = table(alignment, &wishes, &told);
    text.push_str(&notes(&planned, &wishes, told.len()));
    if let Some(best) = told.iter().max_by_key(|point| (point.value, point.bodies_left)) {
        let name = |body: &usize| {
            alignment.relation.left.get(*body).map_or(String::new(), |body| body.name.clone().unwrap_or_else(|| body.code.clone()))
        };
        let _ = writeln!(text, "\nThe best of them, point {}, leaves {} bodies:", best.number, best.bodies_left);
        for set in &best.mergers {
            let _ = writeln!(text, "  {}", set.iter().map(name).collect::<Vec<_>>().join(" + "));
        }
        if best.mergers.is_empty() {
            text.push_str("  nothing merges\n");
        }
    }
    for (what, path) in [("front", &arguments.out), ("proposals", &arguments.proposals)] {
        if let Some(path) = path {
            let _ = writeln!(text, "{what}: {}", path.display());
        }
    }
    let next = match &arguments.proposals {
        Some(path) => format!("add what is in {} to the config, then coterminous run {}", path.display(), arguments.config.display()),
        None => "--proposals FILE.toml writes the plans as [[what_if]], which a run tries on every body and council".to_owned(),
    };
    print_painted(&(harmless::lines(&text) + &paint.next(&next)))
}

/// The points told, one a line.
fn table(alignment: &Alignment, wishes: &Wishes, points: &[&Point]) -> String {
    let mut text = format!(
        "{}: {} bodies of {} against {}, best by {}\n\n{:>6} {:>6} {:>8} {:>12} {:>12} {:>9} {:>12} {:>16}  proved\n",
        alignment.id,
        alignment.relation.left.len(),
        alignment.health_layer,
        alignment.council_layer,
        wishes.objective.as_str(),
        "point",
        "bodies",
        "matching",
        "their people",
        "coterminous",
        "disturbed",
        "people moved",
        "pounds moved",
    );
    for point in points {
        let _ = writeln!(
            text,
            "{:>6} {:>6} {:>8} {:>12.0} {:>12.0} {:>9} {:>12.0} {:>16}  {}",
            point.number,
            point.bodies_left,
            point.matched,
            point.matched_people.as_f64(),
            point.coterminous_people.as_f64(),
            point.disturbed,
            point.people_moved.as_f64(),
            point.pence_moved.map_or_else(|| "unknown".to_owned(), |pence| (pence.0 / 100).to_string()),
            if point.proved { "yes".to_owned() } else { format!("no; {} at most", bound(wishes, point)) },
        );
    }
    text
}

/// What a reader of the table must know.
fn notes(planned: &Planned, wishes: &Wishes, told: usize) -> String {
    let front = &planned.front;
    let mut text =
        String::from("\nmatching: coterminous, or made of whole councils, by people; coterminous: people of coterminous bodies\n");
    let (all, objective) = (front.points.len(), wishes.objective.as_str());
    text.push_str(&match (all > told, front.complete) {
        (true, true) => format!(
            "{all} plans are beaten by no other; of each number of bodies left this is the best by {objective}, and --out has all\n"
        ),
        (true, false) => {
            format!("{all} plans were kept; of each number of bodies left this is the best by {objective}, and --out has all\n")
        }
        (false, _) => String::new(),
    });
    text.push_str(if front.complete {
        "every plan of tied neighbours was searched\n"
    } else {
        "too many plans to keep or search them all: proved where the bound is reached, else the best found\n"
    });
    if front.widened {
        text.push_str("to leave so few bodies, neighbours may merge that make nothing match\n");
    }
    let _ = match (&planned.fiscal_year, planned.money_unknown) {
        (Some(year), 0) => writeln!(text, "money of {year}"),
        (Some(year), unknown) => {
            writeln!(text, "money of {year} is not known for {unknown} bodies, so plans are not compared by pounds moved")
        }
        (None, _) => writeln!(text, "no money is stated for these bodies, so plans are not compared by pounds moved"),
    };
    text
}

fn bound(wishes: &Wishes, point: &Point) -> String {
    match wishes.objective {
        Objective::People => format!("{:.0} people", point.bound as f64 / People::UNIT as f64),
        Objective::Bodies => format!("{} bodies", point.bound),
        Objective::Pounds => format!("{} pounds", point.bound / 100),
    }
}
