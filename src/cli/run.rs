//! `coterminous run` and `coterminous check`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

use super::arguments::{CheckArguments, RunArguments, SummaryForm};
use super::cluster::{self, Cluster};
use super::colour::Paint;
use super::machine_output::{MachineOutput, Recorded};
#[cfg(feature = "object-storage")]
use super::remote::Remote;
use super::watch::Watch;
use super::{Outcome, Voice, harmless, print_painted, remote, signals, threads};
use crate::config::{Config, Limits, ObstructionSettings, Places, Rules};
use crate::domain::finding::{CATALOGUE, count_by_id};
use crate::domain::{Pence, Severity};
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;
use crate::io::publish;
use crate::pipeline::{self, Options, Summary, Told};
use crate::published::Published;
use crate::tables;
use crate::weights::Engine;
use crate::words;

/// Runs a config and reports the outcome: to people, and to the files of `--metrics` and `--lineage`.
pub fn run(arguments: &RunArguments, cluster: Option<&dyn Cluster>, interrupt: &Interrupt, voice: Voice, paint: Paint) -> Result<Outcome> {
    let cluster = match &arguments.cluster {
        Some(address) => Some((cluster::of(cluster, "--cluster")?, address.as_str())),
        None if arguments.clustered.cluster_dir.is_some() || arguments.clustered.cluster_tile.is_some() => {
            return Err(Error::usage("--cluster-dir and --cluster-tile say how a cluster is used, and --cluster names none; add it"));
        }
        None => None,
    };
    let places = remote::places();
    let outputs = Arc::new(MachineOutput::of(arguments, &places)?);
    let at_abort = Arc::clone(&outputs);
    signals::listen(interrupt, voice, move || at_abort.aborted())?;
    outputs.began()?;
    signals::settled(attempt(arguments, cluster, interrupt, &outputs, &places, paint), interrupt).map_err(|error| match error {
        // The listener tells of it, and ends the process.
        Error::Interrupted => Error::Interrupted,
        error => {
            let error = remote::told(error, &places);
            outputs.failed(&error);
            error
        }
    })
}

fn attempt(
    arguments: &RunArguments,
    cluster: Option<(&dyn Cluster, &str)>,
    interrupt: &Interrupt,
    outputs: &MachineOutput,
    places: &Places,
    paint: Paint,
) -> Result<Outcome> {
    let rules = pipeline::rules();
    has_a_config(&arguments.config, "run")?;
    let mut plan = Config::load_at(&arguments.config, &rules, places)?;
    let fail_on = FailOn::parse(&arguments.fail_on, &rules, &plan.obstructions)?;
    if let Some(out) = &arguments.out {
        plan.output = remote::output(out, places)?;
    }
    outputs.planned(&plan);
    let threads = threads(&arguments.shared)?;
    let watch = Watch::new(&arguments.shared);
    let keep = arguments.keep.map(|keep| usize::try_from(keep).unwrap_or(usize::MAX));
    let mut options = Options { force: arguments.force, keep, interrupt: interrupt.clone(), ..Options::default() };
    if let Some((cluster, address)) = cluster {
        // Before anything is read: what does not answer is known at once. Executors see the dataset on object storage, not the copy here.
        options.engine = Engine::Tiles(cluster.tally(address, &arguments.clustered, &places.stated(&plan.output), interrupt)?);
    }
    #[cfg(feature = "object-storage")]
    let there = Remote::fetch(&pipeline::named_files(&plan), Some(&plan.output), places, &plan.limits, interrupt)?;
    #[cfg(feature = "object-storage")]
    let dataset = there.dataset(&plan.output, places)?;
    #[cfg(feature = "object-storage")]
    if dataset.is_some() {
        // What is published in the copy is not published yet: a signal ends the process then too, and takes the copy away.
        options.interrupt = Interrupt::default();
        options.keep = None;
    }
    let before = if fail_on.new_high { high_before(&plan.output, places)? } else { None };
    let outcome = threads.install(|| pipeline::run(&plan, options, &Recorded { watch: &watch, outputs }));
    #[cfg_attr(not(feature = "object-storage"), expect(unused_mut, reason = "a dataset on object storage is pruned there"))]
    let mut outcome = outcome?;
    #[cfg(feature = "object-storage")]
    if let Some(dataset) = &dataset {
        dataset.publish(&outcome.folder, &outcome.manifest)?;
        outputs.published(&plan.output, &outcome);
        if let Some(keep) = keep {
            outcome.pruned = dataset.prune(keep, &outcome.manifest.run_id)?;
        }
    }
    outputs.published(&plan.output, &outcome);
    // Published, or found to be: from here on a signal comes too late.
    interrupt.end()?;
    for path in &outcome.changed {
        tracing::warn!(file = %path.display(), "changed since it was read: this run is of the content before, run again for the new one");
    }
    if !outcome.pruned.is_empty() {
        tracing::info!(runs = outcome.pruned.join(", "), "removed, as --keep asks");
    }
    let summary = Summary::of(&outcome.folder, &Limits::none())?;
    if !arguments.shared.quiet {
        let (stated, unchanged) = (places.stated(&outcome.folder), outcome.results.is_none());
        let text = match arguments.summary {
            SummaryForm::Full => summary.full(&plan, &stated, unchanged)?,
            SummaryForm::Screen => summary.screen(&plan, &stated, unchanged)?,
            SummaryForm::Auto if std::io::stdout().is_terminal() => summary.screen(&plan, &stated, unchanged)?,
            SummaryForm::Auto | SummaryForm::Short => summary.short(&plan, &stated, unchanged)?,
        };
        // `explain` reads files.
        let is_here = places.stated(&plan.output) == plan.output;
        let next = if is_here { paint.next(&format!("coterminous explain {} CODE", plan.output.display())) } else { String::new() };
        // The run is published, whatever becomes of what is printed about it.
        if let Err(error) = print_painted(&(paint.headings(&text) + &next)) {
            tracing::warn!("the run is published; its summary could not be printed: {error}");
        }
    }
    let before = before.unwrap_or_default();
    let is_new = |told: &Told| told.severity == Severity::High && !before.contains(&told.key);
    let matched =
        summary.obstructions.iter().filter(|told| fail_on.matches(&told.id, told.severity) || (fail_on.new_high && is_new(told))).count();
    outputs.ended(matched > 0)?;
    if matched == 0 {
        return Ok(Outcome::Done);
    }
    if !arguments.shared.quiet {
        tracing::warn!(matched, "--fail-on {} matched", arguments.fail_on.join(","));
    }
    Ok(Outcome::Matched)
}

/// Reads and judges every input.
pub fn check(arguments: &CheckArguments, interrupt: &Interrupt, paint: Paint) -> Result<Outcome> {
    let places = remote::places();
    judged(arguments, interrupt, &places, paint).map_err(|error| remote::told(error, &places))
}

#[cfg_attr(not(feature = "object-storage"), expect(unused_variables, reason = "a signal ends what is fetched from object storage"))]
fn judged(arguments: &CheckArguments, interrupt: &Interrupt, places: &Places, paint: Paint) -> Result<Outcome> {
    has_a_config(&arguments.config, "check")?;
    let plan = Config::load_at(&arguments.config, &pipeline::rules(), places)?;
    let threads = threads(&arguments.shared)?;
    let watch = Watch::new(&arguments.shared);
    #[cfg(feature = "object-storage")]
    let _copies = Remote::fetch(&pipeline::named_files(&plan), None, places, &plan.limits, interrupt)?;
    let (run_id, checked) = threads.install(|| {
        let inputs = pipeline::read(&plan, &watch)?;
        let run_id = pipeline::run_id(&plan, &inputs.files);
        Ok::<_, Error>((run_id, pipeline::check(&plan, inputs, &watch)?))
    })?;
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let mut text = format!("{}: {} can be used, as run {}\n\n", plan.path.display(), words::count(checked.files, "file", "files"), run_id);
    for layer in &checked.ground.layers {
        let _ = writeln!(text, "  layer {:<24} {:>8} areas  {}", layer.id, layer.areas.len(), layer.kind);
    }
    for budget in &plan.budgets {
        let lines = || checked.money.lines.iter().filter(|line| *line.budget == *budget.id);
        let unknown = lines().filter(|line| !line.known).count();
        let pence: i128 = lines().filter_map(|line| line.amount).map(|amount| i128::from(amount.0)).sum();
        let pounds = i64::try_from(pence).map_or_else(|_| format!("{pence} pence"), |pence| words::pounds(Pence(pence)));
        let unknown = words::count(unknown, "line", "lines");
        let _ = writeln!(text, "  budget {:<23} {:>8} lines  {pounds}, {unknown} unknown", budget.id, lines().count());
    }
    let count = checked.findings.len();
    let _ = writeln!(text, "\n  {count} finding{}", if count == 1 { "" } else { "s" });
    for (id, count) in count_by_id(&checked.findings) {
        let title = CATALOGUE.iter().find(|entry| entry.id == id).map_or("", |entry| entry.title);
        let _ = writeln!(text, "  {id} {count:>7}  {title}");
        for finding in checked.findings.iter().filter(|finding| finding.id == id).take(3) {
            let _ = writeln!(text, "                 {}", pipeline::one_line(finding));
        }
    }
    print_painted(&(harmless::lines(&text) + &paint.next(&format!("coterminous run {}", plan.path.display()))))
}

/// Says what to do where no config was named and that of the repository is not here.
///
/// # Errors
/// [`Error::Config`], with the commands to type.
fn has_a_config(config: &Path, command: &str) -> Result<()> {
    if config != Path::new(super::arguments::SAMPLE_CONFIG) || config.exists() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "there is no {} here, which is the config of the repository; name yours (coterminous {command} CONFIG.toml), make one from your files \
         (coterminous init FILE...), or try the made-up country: coterminous sample data, then coterminous {command} data/sample.toml",
        config.display()
    )))
}

/// Keys of the obstructions of high severity in a dataset's current run; `None` before its first run, and where that run cannot be compared, since
/// another version published it (a warning says so). All of high severity are new then.
///
/// # Errors
/// [`Error::Config`] for a dataset on object storage, whose runs are not here to be read.
fn high_before(output: &Path, places: &Places) -> Result<Option<BTreeSet<String>>> {
    if places.stated(output) != output {
        return Err(Error::usage(
            "--fail-on new-high compares with the run before, which is on object storage; publish to a folder, or use diff",
        ));
    }
    let Ok(folder) = publish::run_folder(output) else { return Ok(None) };
    let rows = Published::open(&folder).and_then(|run| run.rows(&tables::OBSTRUCTION));
    match rows {
        Ok(rows) => {
            let high = rows.iter().filter(|row| row.is("severity", "high"));
            Ok(Some(high.filter_map(|row| row.text("obstruction_key").map(str::to_owned)).collect()))
        }
        Err(error) => {
            tracing::warn!("the run before cannot be compared, so every obstruction of high severity counts as new: {error}");
            Ok(None)
        }
    }
}

/// What `--fail-on` names.
struct FailOn {
    new_high: bool,
    severity: Option<Severity>,
    ids: Vec<String>,
}

impl FailOn {
    fn parse(words: &[String], rules: &Rules, settings: &ObstructionSettings) -> Result<Self> {
        let known: Vec<&String> = rules.thresholds.keys().chain(settings.own.iter().map(|rule| &rule.id)).collect();
        let mut fail_on = Self { new_high: false, severity: None, ids: Vec::new() };
        for word in words {
            let severity = match word.as_str() {
                "high" => Severity::High,
                "medium" => Severity::Medium,
                "low" => Severity::Low,
                "new-high" => {
                    fail_on.new_high = true;
                    continue;
                }
                id if known.iter().any(|known| *known == id) => {
                    fail_on.ids.push(id.to_owned());
                    continue;
                }
                _ => {
                    let known: Vec<&str> = known.iter().map(|id| id.as_str()).collect();
                    return Err(Error::usage(format!(
                        "--fail-on names \"{word}\", expected high, medium, low, new-high or the id of a rule ({}); correct it",
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
