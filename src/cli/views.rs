//! `coterminous views`: SQL over a published run.

use super::arguments::ViewsArguments;
use super::colour::Paint;
use super::{Outcome, printed};
use crate::error::{InputProblem, Result};
use crate::published::Published;
use crate::tables::views;

/// Prints views of a run by whole paths.
pub fn views(arguments: &ViewsArguments, paint: Paint) -> Result<Outcome> {
    let published = Published::open(&arguments.out)?;
    let run = published.folder();
    let absolute = std::path::absolute(run)
        .map_err(|error| InputProblem::new(run, format!("has no whole path: {error}"), "", "give the path of the dataset from the root"))?;
    let mut sql = views::duckdb(Some(&absolute));
    if arguments.star {
        sql.push('\n');
        sql.push_str(views::STAR);
    }
    printed(&sql, paint, &format!("coterminous views {} | duckdb run.db", arguments.out.display()))
}
