//! `coterminous plan`: mergers searched for.

use std::fmt::Write as _;

use super::arguments::{Aim, PlanArguments};
use super::colour::Paint;
use super::watch::Watch;
use super::{Outcome, harmless, print_painted, print_told, threads};
use crate::alignment::Alignment;
use crate::config::Config;
use crate::domain::{Pence, People};
use crate::error::Result;
use crate::io::interrupt::Interrupt;
use crate::pipeline::{self, PlanFiles, Planned};
use crate::planner::{Objective, Point, Wishes, foremost};
use crate::words;

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
    if let Some(best) = told.last() {
        let name = |body: &usize| {
            alignment.relation.left.get(*body).map_or(String::new(), |body| body.name.clone().unwrap_or_else(|| body.code.clone()))
        };
        let (what, merges) = (wrong_side(wishes.objective), !best.mergers.is_empty());
        let _ = match (best.value < front.today, merges) {
            (true, _) => writeln!(text, "\nThe plan with the fewest {what}, point {}, leaves {}:", best.number, bodies(best.bodies_left)),
            (false, true) => {
                writeln!(text, "\nNo plan found has fewer {what} than today. Point {} leaves {}:", best.number, bodies(best.bodies_left))
            }
            (false, false) => writeln!(text, "\nNo plan found has fewer {what} than today:"),
        };
        for set in &best.mergers {
            let _ = writeln!(text, "  {}", set.iter().map(name).collect::<Vec<_>>().join(" + "));
        }
        if !merges {
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
    let text = harmless::lines(&text) + &paint.next(&next);
    if arguments.out.is_some() { print_told(&text) } else { print_painted(&text) }
}

/// What is made less, in words.
fn wrong_side(objective: Objective) -> &'static str {
    match objective {
        Objective::People => "people on the wrong side of a line",
        Objective::Bodies => "bodies with people on the wrong side of a line",
        Objective::Pounds => "pounds for people on the wrong side of a line",
    }
}

/// The points told, one a line.
fn table(alignment: &Alignment, wishes: &Wishes, points: &[&Point]) -> String {
    let mut text = format!(
        "{}: {} bodies of {} against {}, best by {}\n\n{:>6} {:>6} {:>12} {:>6} {:>10} {:>10} {:>16} {:>16}  proved\n",
        alignment.id,
        alignment.relation.left.len(),
        alignment.health_layer,
        alignment.council_layer,
        wishes.objective.as_str(),
        "point",
        "bodies",
        "wrong side",
        "parts",
        "bodies cut",
        "agreements",
        "people disturbed",
        "pounds disturbed",
    );
    for point in points {
        let _ = writeln!(
            text,
            "{:>6} {:>6} {:>12.0} {:>6} {:>10} {:>10} {:>16.0} {:>16}  {}",
            point.number,
            point.bodies_left,
            point.crossing.as_f64(),
            point.parts,
            point.cut,
            point.agreements,
            point.people_disturbed.as_f64(),
            point.pence_disturbed.map_or_else(|| "unknown".to_owned(), |pence| (pence.0 / 100).to_string()),
            if point.proved { "yes".to_owned() } else { format!("no; {} at least", bound(wishes, point)) },
        );
    }
    text
}

/// What a reader of the table must know.
fn notes(planned: &Planned, wishes: &Wishes, told: usize) -> String {
    let front = &planned.front;
    let mut text = String::from(
        "\nwrong side: people whose NHS body and council do not fit together, in so many parts, of so many bodies\n\
         disturbed: all bodies of a merger but the largest\n",
    );
    let all = front.points.len();
    if all > told {
        let _ = writeln!(
            text,
            "{all} options are on the efficient frontier; the best by {} for each number of bodies left is shown, and \
             --out has all",
            wishes.objective.as_str()
        );
    }
    text.push_str(match (front.complete, front.stepwise) {
        (true, _) => "every plan of mergers of neighbours was measured\n",
        (false, false) => {
            "there are too many plans to measure each: these are of mergers that move a line; proved where nothing less is possible for so few people \
             disturbed\n"
        }
        (false, true) => {
            "there are too many plans to measure each: neighbours were joined step by step until so many bodies were left, and some of these mergers \
             move no line\n"
        }
    });
    let _ = match (&planned.fiscal_year, planned.money_unknown) {
        (Some(year), 0) => writeln!(text, "money of {year}"),
        (Some(year), unknown) => {
            writeln!(text, "money of {year} is not known for {}, so pounds disturbed are not compared", bodies(unknown))
        }
        (None, _) => writeln!(text, "no budget is given for these bodies, so pounds disturbed are not compared"),
    };
    text
}

/// "1 body", "12 bodies".
fn bodies(number: usize) -> String {
    words::count(number, "body", "bodies")
}

fn bound(wishes: &Wishes, point: &Point) -> String {
    match wishes.objective {
        Objective::People => format!("{:.0} people", point.bound as f64 / People::UNIT as f64),
        Objective::Bodies => words::count(point.bound, "body", "bodies"),
        Objective::Pounds => {
            i64::try_from(point.bound).map_or_else(|_| format!("{} pence", point.bound), |pence| words::pounds(Pence(pence)))
        }
    }
}
