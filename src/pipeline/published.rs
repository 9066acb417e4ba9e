//! Which result becomes which table.

use super::compute::Results;
use crate::alignment::Alignment;
use crate::budgets::pair_pence;
use crate::nesting::Nesting;
use crate::tables::{self, Table, TableSpec};

/// A published table of a run by what it is.
///
/// A table that no result is known for is refused by its check, so that a table declared and never made cannot pass unseen.
pub(super) fn published(spec: &'static TableSpec, results: &Results) -> Table {
    let Results { ground, alignments, successions, money, .. } = results;
    match spec.name {
        "area" => tables::area(&ground.layers.iter().collect::<Vec<_>>()),
        "overlap" => tables::overlap(alignments),
        "coterminosity" => tables::coterminosity(nested(results)),
        "component" => tables::component(alignments, &money.lines),
        "association" => tables::association(alignments),
        "rate" => tables::rate(alignments),
        "nesting" => tables::nesting(nested(results)),
        "crossing" => tables::crossing(
            nested(results).map(|(alignment, nestings)| (alignment, nestings, pair_pence(alignment, &money.lines, &money.apportioned))),
        ),
        "succession" => tables::succession(successions),
        "merger_effect" => tables::merger_effect(successions),
        "merger_headline" => tables::merger_headline(successions),
        "what_if" => tables::what_if(&results.what_ifs),
        "what_if_obstruction" => tables::what_if_obstruction(&results.what_ifs),
        "history" => tables::history(&results.histories),
        "budget_line" => tables::budget_line(&money.lines),
        "budget_apportioned" => tables::budget_apportioned(&money.lines, &money.apportioned, alignments),
        "budget_alignment" => {
            let pairs: Vec<_> = alignments.iter().zip(&money.pairs).map(|(alignment, (_, pairs))| (alignment, pairs.as_slice())).collect();
            tables::budget_alignment(&pairs)
        }
        "budget_body" => tables::budget_body(&with_alignments(alignments, &money.bodies)),
        "budget_component" => tables::budget_component(&with_alignments(alignments, &money.components)),
        "gap" => tables::gap(&with_alignments(alignments, &money.gaps)),
        "reconciliation" => tables::reconciliation(&money.reconciled),
        "scheme" => tables::scheme(&money.schemes),
        "obstruction" => tables::obstruction(&results.obstructions),
        "place" => tables::place(&results.places),
        "option" => tables::option(&results.places),
        "finding" => tables::finding(&results.findings),
        name => {
            let mut table = Table::new(spec);
            table.refuse(format!("nothing is known to make table {name} of"));
            table
        }
    }
}

/// Alignments with their nearest nested arrangements.
fn nested(results: &Results) -> impl Iterator<Item = (&Alignment, &[Nesting])> {
    results.alignments.iter().zip(results.nestings.iter().map(Vec::as_slice))
}

/// Alignments with what was made of each.
fn with_alignments<'a, T>(alignments: &'a [Alignment], made: &'a [Vec<T>]) -> Vec<(&'a Alignment, &'a [T])> {
    alignments.iter().zip(made.iter().map(Vec::as_slice)).collect()
}
