//! `coterminous diff`: what changed between two published runs.

use super::arguments::{DiffArguments, StoryFormat};
use super::colour::Paint;
use super::{Outcome, print_json, print_painted, threads};
use crate::diff;
use crate::error::Result;
use crate::published::Published;

/// Compares two runs and tells what changed.
pub fn diff(arguments: &DiffArguments, paint: Paint) -> Result<Outcome> {
    let diff = threads(&arguments.shared)?.install(|| {
        let (a, b) = (Published::open(&arguments.a)?, Published::open(&arguments.b)?);
        diff::compare(&a, &b, &arguments.table)
    })?;
    if !arguments.shared.quiet {
        match arguments.format {
            StoryFormat::Json => print_json(&diff.json())?,
            StoryFormat::Text => {
                let mut text = paint.rows(&diff.text(arguments.limit));
                let next = if diff.changed() {
                    format!("a body that changed, explained: coterminous explain {} CODE", arguments.b.display())
                } else {
                    "nothing to do".to_owned()
                };
                text.push_str(&paint.next(&next));
                print_painted(&text)?
            }
        };
    }
    Ok(if diff.changed() { Outcome::Matched } else { Outcome::Done })
}
