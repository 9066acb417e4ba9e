//! `coterminous report`: the HTML report on a run, written again.

use std::io::Write as _;

use super::arguments::ReportArguments;
use super::colour::Paint;
use super::{Outcome, harmless, print_told, threads};
use crate::error::Result;
use crate::io::durable::{self, Batch, Real};
use crate::io::interrupt::Interrupt;
use crate::io::publish;
use crate::report;

/// Writes the report on a published run and says where.
pub fn report(arguments: &ReportArguments, interrupt: &Interrupt, paint: Paint) -> Result<Outcome> {
    let run = publish::run_folder(&arguments.out)?;
    let manifest = publish::manifest(&run)?;
    let path = arguments.html.clone().unwrap_or_else(|| run.join(report::FILE));
    let html = threads(&arguments.shared)?.install(|| report::html(&run, &manifest))?;
    let mut batch = Batch::new(&Real, interrupt);
    let written = batch.add(&path, |sink| sink.write_all(html.as_bytes()).map_err(|error| durable::problem(&path, &error)))?;
    batch.commit()?;
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let megabytes = format!("{}.{} MB", written.bytes / 1_000_000, written.bytes / 100_000 % 10);
    let text = format!("report on {}, run {}: {megabytes}\n  {}\n", manifest.name, manifest.run_id, path.display());
    print_told(&(harmless::lines(&text) + &paint.next("open it in a browser: it needs nothing else")))
}
