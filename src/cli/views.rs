//! `coterminous views`: SQL over a published run.

use super::arguments::ViewsArguments;
use super::{Outcome, print};
use crate::error::{InputProblem, Result};
use crate::io::publish;
use crate::tables::views;

/// Prints views of a run by whole paths.
pub fn views(arguments: &ViewsArguments) -> Result<Outcome> {
    let run = publish::run_folder(&arguments.out)?;
    publish::manifest(&run)?;
    let absolute = std::path::absolute(&run).map_err(|error| {
        InputProblem::new(&run, format!("has no whole path: {error}"), "", "give the path of the dataset from the root")
    })?;
    let mut sql = views::duckdb(Some(&absolute));
    if arguments.star {
        sql.push('\n');
        sql.push_str(views::STAR);
    }
    print(&sql)
}
