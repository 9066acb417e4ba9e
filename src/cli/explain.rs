//! `coterminous explain`: what a published run says of one body or pair.

use std::path::Path;

use super::arguments::{ExplainArguments, StoryFormat};
use super::colour::Paint;
use super::{Outcome, print_json, print_painted};
use crate::error::Result;
use crate::explain;
use crate::io::publish;
use crate::report;

/// Tells the story.
pub fn explain(arguments: &ExplainArguments, paint: Paint) -> Result<Outcome> {
    let story = explain::explain(&arguments.out, &arguments.code, arguments.partner.as_deref())?;
    match arguments.format {
        StoryFormat::Text => {
            let out = arguments.out.display();
            let next = match &story.partner {
                None => format!("what it shares with one partner: coterminous explain {out} {} PARTNER", story.code),
                Some(_) => format!("the same on a map: open {}", run_report(&arguments.out)),
            };
            print_painted(&(paint.rows(&story.text(arguments.rows)) + &paint.next(&next)))
        }
        StoryFormat::Json => print_json(&story.json()),
    }
}

/// Where the page of a run is.
fn run_report(out: &Path) -> String {
    publish::run_folder(out).map_or_else(|_| report::FILE.to_owned(), |run| run.join(report::FILE).display().to_string())
}
