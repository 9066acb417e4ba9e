//! `coterminous run` and `coterminous check`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::{CheckArguments, RunArguments};
use super::colour::Paint;
use super::telling::{Noting, Telling};
use super::watch::Watch;
use super::{Outcome, Voice, print, signals, threads};
use crate::config::{Config, Limits, ObstructionSettings, Rules};
use crate::domain::Severity;
use crate::domain::finding::{CATALOGUE, count_by_id};
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;
use crate::pipeline::{self, Options, Summary};
use crate::telemetry::Ending;

/// Runs a config and tells what came of it: to people, and to the files of `--metrics` and `--lineage`.
pub fn run(arguments: &RunArguments, voice: Voice, paint: Paint) -> Result<Outcome> {
    let telling = Arc::new(Telling::of(arguments)?);
    let farewell = Arc::clone(&telling);
    let interrupt = signals::listen(voice, move || farewell.aborted())?;
    match attempt(arguments, interrupt, &telling, paint) {
        Ok((outcome, done)) => {
            let ending = Ending::Published { anew: done.results.is_some(), matched: outcome == Outcome::Matched };
            let output = dataset_of(&done.folder);
            telling.ended(&ending, Some((&output, &done.folder, &done.manifest)))?;
            Ok(outcome)
        }
        // The listener tells of it, and ends the process.
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => {
            telling.ended(&Ending::Failed { exit_code: error.exit_code(), message: error.to_string() }, None)?;
            Err(error)
        }
    }
}

/// The dataset that a run's folder is in.
fn dataset_of(run: &Path) -> PathBuf {
    run.ancestors().nth(2).unwrap_or(run).to_owned()
}

fn attempt(arguments: &RunArguments, interrupt: Interrupt, telling: &Telling, paint: Paint) -> Result<(Outcome, pipeline::Outcome)> {
    let rules = pipeline::rules();
    let mut plan = Config::load(&arguments.config, &rules)?;
    let fail_on = FailOn::parse(&arguments.fail_on, &rules, &plan.obstructions)?;
    if let Some(out) = &arguments.out {
        plan.output.clone_from(out);
    }
    telling.planned(&plan);
    let threads = threads(&arguments.shared)?;
    let watch = Watch::new(&arguments.shared);
    let options =
        Options { force: arguments.force, keep: arguments.keep.map(|keep| usize::try_from(keep).unwrap_or(usize::MAX)), interrupt };
    let outcome = threads.install(|| pipeline::run(&plan, options, &Noting { watch: &watch, telling }))?;
    for path in &outcome.changed {
        tracing::warn!(file = %path.display(), "changed since it was read: this run is of the content before, run again for the new one");
    }
    if !outcome.pruned.is_empty() {
        tracing::info!(runs = outcome.pruned.join(", "), "removed, as --keep asks");
    }
    let summary = Summary::of(&outcome.folder, &Limits::none())?;
    if !arguments.shared.quiet {
        let mut text = summary.text(&plan, &outcome.folder, outcome.results.is_none(), paint.is_on())?;
        text.push_str(&paint.next(&format!("coterminous explain {} CODE", plan.output.display())));
        print(&text)?;
    }
    let matched = summary.obstructions.iter().filter(|told| fail_on.matches(&told.id, told.severity)).count();
    if matched == 0 {
        return Ok((Outcome::Done, outcome));
    }
    if !arguments.shared.quiet {
        tracing::warn!(matched, "--fail-on {} matched", arguments.fail_on.join(","));
    }
    Ok((Outcome::Matched, outcome))
}

/// Reads and judges every input.
pub fn check(arguments: &CheckArguments, paint: Paint) -> Result<Outcome> {
    let plan = Config::load(&arguments.config, &pipeline::rules())?;
    let threads = threads(&arguments.shared)?;
    let watch = Watch::new(&arguments.shared);
    let (run_id, checked) = threads.install(|| {
        let inputs = pipeline::read(&plan, &watch)?;
        let run_id = pipeline::run_id(&plan, &inputs.files);
        Ok::<_, Error>((run_id, pipeline::check(&plan, inputs, &watch)?))
    })?;
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let mut text = format!("{}: {} files can be used, as run {}\n\n", plan.path.display(), checked.files, run_id);
    for layer in &checked.ground.layers {
        let _ = writeln!(text, "  layer {:<24} {:>8} areas  {}", layer.id, layer.areas.len(), layer.kind);
    }
    for budget in &plan.budgets {
        let lines = || checked.money.lines.iter().filter(|line| *line.budget == *budget.id);
        let unknown = lines().filter(|line| !line.known).count();
        let pence: i128 = lines().filter_map(|line| line.amount).map(|amount| i128::from(amount.0)).sum();
        let pounds = format!("{}.{:02}", pence / 100, (pence % 100).abs());
        let _ = writeln!(text, "  budget {:<23} {:>8} lines  {pounds} pounds, {unknown} lines unknown", budget.id, lines().count());
    }
    let _ = writeln!(text, "\n  {} findings", checked.findings.len());
    for (id, count) in count_by_id(&checked.findings) {
        let title = CATALOGUE.iter().find(|entry| entry.id == id).map_or("", |entry| entry.title);
        let _ = writeln!(text, "  {id} {count:>7}  {title}");
        for finding in checked.findings.iter().filter(|finding| finding.id == id).take(3) {
            let _ = writeln!(text, "                 {}", pipeline::one_line(finding));
        }
    }
    text.push_str(&paint.next(&format!("coterminous run {}", plan.path.display())));
    print(&text)
}

/// What `--fail-on` names.
struct FailOn {
    severity: Option<Severity>,
    ids: Vec<String>,
}

impl FailOn {
    fn parse(words: &[String], rules: &Rules, settings: &ObstructionSettings) -> Result<Self> {
        let known: Vec<&String> = rules.thresholds.keys().chain(settings.own.iter().map(|rule| &rule.id)).collect();
        let mut fail_on = Self { severity: None, ids: Vec::new() };
        for word in words {
            let severity = match word.as_str() {
                "high" => Severity::High,
                "medium" => Severity::Medium,
                "low" => Severity::Low,
                id if known.iter().any(|known| *known == id) => {
                    fail_on.ids.push(id.to_owned());
                    continue;
                }
                _ => {
                    let known: Vec<&str> = known.iter().map(|id| id.as_str()).collect();
                    return Err(Error::usage(format!(
                        "--fail-on names \"{word}\", expected high, medium, low or the id of a rule ({}); correct it",
                        known.join(", ")
                    )));
                }
            };
            fail_on.severity = Some(fail_on.severity.map_or(severity, |other| other.min(severity)));
        }
        Ok(fail_on)
    }

    fn matches(&self, id: &str, severity: Severity) -> bool {
        self.severity.is_some_and(|least| severity >= least) || self.ids.iter().any(|named| named == id)
    }
}
