//! The command: arguments in, results on stdout, progress and errors on stderr, an exit code out.

mod arguments;
mod cluster;
mod colour;
mod diff;
mod explain;
mod harmless;
mod inspect;
mod manual;
mod overlay;
mod plan;
mod remote;
mod report;
mod run;
mod signals;
mod machine_output;
mod views;
mod watch;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;
use crate::sample::{self, Scale};
use crate::tables;
use arguments::{Arguments, ClusterCommand, Command, LogFormat, SampleArguments, SampleScale, SchemaFormat};
use colour::Paint;

pub use arguments::{Clustered, ExecutorArguments, LocalArguments, SchedulerArguments, Shared};
pub use cluster::Cluster;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Done.
    Done,
    /// Told, and a file that was asked about cannot be used.
    Unusable,
    /// Done, and `--fail-on` matched, or `diff` found a difference.
    Matched,
}

/// Runs the command line and says how the process should end.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    main_with(arguments, None)
}

/// Runs the command line of a build that may have a cluster and says how the process should end.
pub fn main_with(arguments: impl IntoIterator<Item = OsString>, cluster: Option<&dyn Cluster>) -> ExitCode {
    crate::io::catch_panic::silence();
    let words: Vec<OsString> = arguments.into_iter().collect();
    let choice = colour::choice(&words);
    let matched = Arguments::command().color(choice).try_get_matches_from(words);
    let arguments = match matched.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return unparsed(&error),
    };
    let (command, local) = match arguments.command {
        Command::Cluster(ClusterCommand::Local(local)) => match cluster::run_of(&local) {
            Ok(run) => (Command::Run(run), Some(local)),
            Err(error) => return unparsed(&error),
        },
        command => (command, None),
    };
    let shared = match &command {
        Command::Run(run) => Some(&run.shared),
        Command::Check(check) => Some(&check.shared),
        Command::Overlay(overlay) => Some(&overlay.shared),
        Command::Sample(sample) => Some(&sample.shared),
        Command::Report(report) => Some(&report.shared),
        Command::Plan(plan) => Some(&plan.shared),
        Command::Diff(diff) => Some(&diff.shared),
        Command::Inspect(inspect) => Some(&inspect.shared),
        Command::Init(init) => Some(&init.shared),
        Command::Cluster(ClusterCommand::Scheduler(scheduler)) => Some(&scheduler.shared),
        Command::Cluster(ClusterCommand::Executor(executor)) => Some(&executor.shared),
        Command::Cluster(ClusterCommand::Local(_))
        | Command::Explain(_)
        | Command::Views(_)
        | Command::Schema { .. }
        | Command::ConfigSchema
        | Command::Completions { .. }
        | Command::Man(_) => None,
    };
    if let Some(shared) = shared {
        watch::start_log(shared);
    }
    let log = shared.map_or(LogFormat::Text, |shared| shared.log);
    let voice = Voice { log, paint: Paint::stderr(arguments.color) };
    let interrupt = Interrupt::default();
    let came_to = dispatch(command, (cluster, local.as_ref()), &interrupt, voice, Paint::stdout(arguments.color));
    match signals::settled(came_to, &interrupt) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Matched) => ExitCode::from(1),
        Ok(Outcome::Unusable) => ExitCode::from(3),
        Err(error) => {
            if matches!(error, Error::Interrupted) {
                signals::wait();
            }
            tell(&error, voice);
            ExitCode::from(error.exit_code())
        }
    }
}

/// What the parser says, and how the process should end after it.
fn unparsed(error: &clap::Error) -> ExitCode {
    // Help and version go to stdout and are no error; a reader that closed the pipe has seen enough.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// How errors are told.
#[derive(Debug, Clone, Copy)]
struct Voice {
    log: LogFormat,
    paint: Paint,
}

/// Tells of an error on stderr, in one write, since another thread may be telling of something too.
fn tell(error: &Error, voice: Voice) {
    match voice.log {
        LogFormat::Json => tracing::error!(exit_code = error.exit_code(), "{error}"),
        LogFormat::Text => {
            // Nobody is left to tell if stderr is closed.
            let _ = io::stderr().write_all(format!("{} {}\n", voice.paint.error("error:"), harmless::line(&error.to_string())).as_bytes());
        }
    }
}

fn dispatch(
    command: Command,
    (cluster, local): (Option<&dyn Cluster>, Option<&LocalArguments>),
    interrupt: &Interrupt,
    voice: Voice,
    paint: Paint,
) -> Result<Outcome> {
    match &command {
        // Has more to do when it is stopped.
        Command::Run(_) => {}
        // Whatever takes time listens for signals from its first moment.
        Command::Check(_)
        | Command::Overlay(_)
        | Command::Plan(_)
        | Command::Sample(_)
        | Command::Report(_)
        | Command::Diff(_)
        | Command::Inspect(_)
        | Command::Init(_)
        | Command::Man(_) => signals::listen(interrupt, voice, || {})?,
        // Schedulers and executors end their own work when they are told to stop.
        Command::Cluster(_) => {}
        // Write nothing, and may be ended at once.
        Command::Explain(_) | Command::Views(_) | Command::Schema { .. } | Command::ConfigSchema | Command::Completions { .. } => {}
    }
    match command {
        Command::Run(mut arguments) => {
            let running = local.map(|local| cluster::of(cluster, "cluster local")?.local(local)).transpose()?;
            if let Some((url, _)) = &running {
                arguments.cluster = Some(url.clone());
            }
            run::run(&arguments, cluster, interrupt, voice, paint)
        }
        Command::Cluster(command) => cluster::serve(&command, cluster),
        Command::Check(arguments) => run::check(&arguments, interrupt, paint),
        Command::Overlay(arguments) => overlay::overlay(&arguments, interrupt, paint),
        Command::Plan(arguments) => plan::plan(&arguments, interrupt.clone(), paint),
        Command::Sample(arguments) => sample(&arguments, interrupt, paint),
        Command::Report(arguments) => report::report(&arguments, interrupt, paint),
        Command::Explain(arguments) => explain::explain(&arguments, paint),
        Command::Views(arguments) => views::views(&arguments, paint),
        Command::Diff(arguments) => diff::diff(&arguments, paint),
        Command::Inspect(arguments) => inspect::inspect(&arguments, paint),
        Command::Init(arguments) => inspect::init(&arguments, interrupt, paint),
        Command::Schema { format: SchemaFormat::Markdown } => {
            printed(&tables::dictionary::markdown(), paint, "docs/recipes.md has questions and the queries that answer them")
        }
        Command::Schema { format: SchemaFormat::Json } => {
            printed(&harmless::json(&format!("{:#}\n", tables::dictionary::json())), paint, "coterminous schema prints the same to read")
        }
        Command::ConfigSchema => {
            printed(&Config::schema(), paint, "coterminous config-schema > coterminous.schema.json, and name it in your editor")
        }
        Command::Completions { shell } => manual::completions(shell, paint),
        Command::Man(arguments) => manual::man(&arguments, interrupt, paint),
    }
}

fn sample(arguments: &SampleArguments, interrupt: &Interrupt, paint: Paint) -> Result<Outcome> {
    let scale = match arguments.scale {
        SampleScale::Small => Scale::Small,
        SampleScale::National => Scale::National,
    };
    let report = threads(&arguments.shared)?.install(|| sample::write(&arguments.dir, scale, arguments.seed, interrupt))?;
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let next = paint.next(&format!("coterminous run {}", arguments.dir.join("sample.toml").display()));
    let text = format!(
        "{} files in {}\n  {} people in {} blocks\n  {} PCGs of 1999, {} PCTs of 2002, {} PCTs of 2006\n  {} councils and {} districts of 1999, \
         {} councils of 2006\n  true answers in {}\n",
        report.files,
        arguments.dir.display(),
        report.people,
        report.blocks,
        report.pcgs_1999,
        report.pcts_2002,
        report.pcts_2006,
        report.councils_1999,
        report.districts_1999,
        report.councils_2006,
        arguments.dir.join("truth").display(),
    );
    print_told(&(harmless::lines(&text) + &next))
}

/// The threads that a command works on.
///
/// # Errors
/// [`Error::Config`] for `--threads 0`, or for more threads than the system gives.
fn threads(shared: &Shared) -> Result<rayon::ThreadPool> {
    if shared.threads == Some(0) {
        return Err(Error::usage("--threads is 0, expected 1 or more; leave it out to use every core"));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(shared.threads.unwrap_or(0))
        .build()
        .map_err(|error| Error::usage(format!("cannot start the threads: {error}; give a smaller --threads")))
}

/// Prints what [`Paint`] has made harmless, or [`harmless::lines`].
fn print_painted(text: &str) -> Result<Outcome> {
    print_bytes(text.as_bytes())
}

/// Prints what a command says of the files that it wrote. They are there, whatever becomes of what is said: where nobody can take it, that is a
/// warning.
fn print_told(text: &str) -> Result<Outcome> {
    print_painted(text).or_else(|error| {
        tracing::warn!("the files are written; what they are could not be printed: {error}");
        Ok(Outcome::Done)
    })
}

/// Prints JSON, in which names from an input may stand.
fn print_json(value: &serde_json::Value) -> Result<Outcome> {
    print_bytes(harmless::json(&format!("{value:#}\n")).as_bytes())
}

/// Prints a result that is meant for a file or another program; on a terminal says on stderr what it is good for.
fn printed(text: &str, paint: Paint, next: &str) -> Result<Outcome> {
    let outcome = print_bytes(text.as_bytes())?;
    if io::stdout().is_terminal() {
        // A hint: nobody is harmed where stderr is closed.
        let _ = io::stderr().write_all(paint.next(next).as_bytes());
    }
    Ok(outcome)
}

/// Prints a result. A closed pipe is a clean exit: whoever read has read enough.
fn print_bytes(text: &[u8]) -> Result<Outcome> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Outcome::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Done),
        Err(error) => Err(Error::publish("stdout", error, "check where the output goes")),
    }
}
