//! The tables beside the budgets, described: docs/inputs.md.

use super::inputs::{AGREEMENT_COLUMNS, AGREEMENT_OPTIONAL, CYCLE_COLUMNS, GOVERNANCE_COLUMNS};
use super::priorities::PRIORITY_COLUMNS;

const HEAD: &str = "# Input tables

Printed from the readers in `src/budgets`; do not edit by hand. Tables are CSV, TSV (plain or gzipped), XLSX, ODS or Parquet with a header row;
the order of columns and further columns do not matter. A blank cell, `*`, `..`, `-` and `c` are not known, which is never no and never 0.
A cell that cannot be used is an error that names file, sheet, row and column; a code that is in no layer is finding DQ-04.
";

const BUDGET: &str = "
## Budgets: `[[budget]]`

Columns have the names that the config says. `code` and `amount` must be there; `service`, `mechanism` and `fiscal_year` are a column or the same
for every row. The following are optional, each a fixed text or `{ column = \"...\" }` (`discretionary` and `committed`: the name of a column):

| key | what it says | used by |
| --- | --- | --- |
| `sub_service` | part of the service | table budget_line |
| `level` | where the money is decided: patient, practice, locality or strategic | LVL-01, LVL-02, LVL-03 |
| `holder` | who holds the money | table budget_line |
| `population_basis` | whom the money is meant for: registered or resident | BUD-04 |
| `counterpart` | the body on the other side that the money is meant to meet | table budget_line |
| `discretionary` | the part that can still be decided on, in the unit of the amount | table budget_line |
| `committed` | the part that is bound already, in the unit of the amount; where both parts do not make the amount, finding DQ-11 | table budget_line |

A service crosswalk has the columns `from` and `to`; a service that is not in it passes unchanged and is finding DQ-14.
";

/// The page as Markdown.
pub fn inputs_markdown() -> String {
    let mut page = format!("{HEAD}{BUDGET}");
    /// Name and meaning of the columns of a table.
    type Columns = [(&'static str, &'static str)];
    let tables: [(&str, &str, &[&Columns]); 4] = [
        ("Agreements", "agreement", &[AGREEMENT_COLUMNS, AGREEMENT_OPTIONAL]),
        ("Planning cycles", "cycle", &[CYCLE_COLUMNS]),
        ("Governance", "governance", &[GOVERNANCE_COLUMNS]),
        ("Priorities", "priority", &[PRIORITY_COLUMNS]),
    ];
    for (title, key, groups) in tables {
        page.push_str(&format!("\n## {title}: `[[{key}]]`\n\n| column | what stands in it |\n| --- | --- |\n"));
        for (index, columns) in groups.iter().enumerate() {
            for (name, what) in *columns {
                let optional = if index > 0 { " (the column may be missing)" } else { "" };
                page.push_str(&format!("| `{name}` | {what}{optional} |\n"));
            }
        }
    }
    page
}
