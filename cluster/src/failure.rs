//! What goes wrong between processes, as errors of the command.

use std::fmt::Display;

use coterminous::Error;

/// What to do about a cluster that does not answer.
const REMEDY: &str = "see the scheduler's and the executors' logs (docs/scale.md), or run without --cluster; the dataset is as it was";

/// An error about the cluster at an address: exit code 4, try again later.
pub fn of(url: &str, problem: impl Display) -> Error {
    Error::publish(url, told(&problem.to_string()), REMEDY)
}

/// What an engine of queries says, without the names of its own layers and on one line.
fn told(problem: &str) -> String {
    const LONGEST: usize = 600;
    let line = problem.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(LONGEST).collect();
    if shown.len() < line.len() {
        shown.push_str(" ...");
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_line_and_not_too_long() {
        let error = of("df://127.0.0.1:1", format!("a\n  b\t{}", "é".repeat(700)));
        let text = error.to_string();
        assert!(text.starts_with("df://127.0.0.1:1: a b é") && !text.contains('\n') && text.contains("é ...; see"), "{text}");
        assert_eq!(error.exit_code(), 4);
    }
}
