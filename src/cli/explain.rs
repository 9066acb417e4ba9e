//! `coterminous explain`: what a published run says of one body or pair.

use super::arguments::{ExplainArguments, StoryFormat};
use super::{Outcome, print};
use crate::error::Result;
use crate::explain;
use crate::io::publish;

/// Tells the story.
pub fn explain(arguments: &ExplainArguments) -> Result<Outcome> {
    let run = publish::run_folder(&arguments.out)?;
    let story = explain::explain(&run, &arguments.code, arguments.partner.as_deref())?;
    match arguments.format {
        StoryFormat::Text => print(&story.text(!arguments.brief)),
        StoryFormat::Json => print(&format!("{:#}\n", story.json())),
    }
}
