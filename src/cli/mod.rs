//! The command: arguments in, results on stdout, progress and errors on stderr, an exit code out.

mod arguments;
mod explain;
mod overlay;
mod plan;
mod report;
mod run;
mod signals;
mod telling;
mod views;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;
use crate::sample::{self, Scale};
use crate::tables;
use arguments::{Arguments, Command, LogFormat, SampleArguments, SampleScale, SchemaFormat, Shared};

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Done.
    Done,
    /// Done, and `--fail-on` matched.
    Matched,
}

/// Runs the command line and says how the process should end.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    crate::io::contained::silence();
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout and are no error; a reader that closed the pipe has seen enough.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let shared = match &arguments.command {
        Command::Run(run) => Some(&run.shared),
        Command::Check(check) => Some(&check.shared),
        Command::Overlay(overlay) => Some(&overlay.shared),
        Command::Sample(sample) => Some(&sample.shared),
        Command::Report(report) => Some(&report.shared),
        _ => None,
    };
    if let Some(shared) = shared {
        watch::start_log(shared);
    }
    let log = shared.map_or(LogFormat::Text, |shared| shared.log);
    match dispatch(arguments.command, log) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Matched) => ExitCode::from(1),
        Err(error) => {
            if matches!(error, Error::Interrupted) {
                signals::wait();
            }
            tell(&error, log);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Tells of an error on stderr, in one write, since another thread may be telling of something too.
fn tell(error: &Error, log: LogFormat) {
    match log {
        LogFormat::Json => tracing::error!(exit_code = error.exit_code(), "{error}"),
        LogFormat::Text => {
            // Nobody is left to tell if stderr is closed.
            let _ = io::stderr().write_all(format!("error: {}\n", harmless(&error.to_string())).as_bytes());
        }
    }
}

/// A message whose parts may come from a hostile file: what would work on a terminal (control characters, and those that turn the direction of
/// text) is shown by its number, and so is a line break, since a message is one line.
fn harmless(message: &str) -> String {
    let works = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    message.chars().flat_map(|c| if works(c) { c.escape_unicode().collect::<Vec<char>>() } else { vec![c] }).collect()
}

fn dispatch(command: Command, log: LogFormat) -> Result<Outcome> {
    match command {
        // Whatever takes time listens for signals from its first moment.
        Command::Run(arguments) => run::run(&arguments, log),
        Command::Check(arguments) => signals::listen(log, || {}).and_then(|_| run::check(&arguments)),
        Command::Overlay(arguments) => overlay::overlay(&arguments, &signals::listen(log, || {})?),
        Command::Plan(arguments) => plan::plan(&arguments, signals::listen(log, || {})?),
        Command::Sample(arguments) => sample(&arguments, &signals::listen(log, || {})?),
        Command::Report(arguments) => report::report(&arguments, &signals::listen(log, || {})?),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Views(arguments) => views::views(&arguments),
        Command::Schema { format: SchemaFormat::Markdown } => print(&tables::dictionary::markdown()),
        Command::Schema { format: SchemaFormat::Json } => print(&format!("{:#}\n", tables::dictionary::json())),
        Command::ConfigSchema => print(&Config::schema()),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "coterminous", &mut text);
            print_bytes(&text)
        }
        Command::Man => {
            let mut text = Vec::new();
            let page = clap_mangen::Man::new(Arguments::command());
            page.render(&mut text).map_err(|error| Error::publish("stdout", error, "please report this"))?;
            print_bytes(&text)
        }
    }
}

fn sample(arguments: &SampleArguments, interrupt: &Interrupt) -> Result<Outcome> {
    let scale = match arguments.scale {
        SampleScale::Small => Scale::Small,
        SampleScale::National => Scale::National,
    };
    let report = threads(&arguments.shared)?.install(|| sample::write(&arguments.dir, scale, arguments.seed, interrupt))?;
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    print(&format!(
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
    ))
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

/// Prints a result.
fn print(text: &str) -> Result<Outcome> {
    print_bytes(text.as_bytes())
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
