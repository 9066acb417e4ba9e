//! The tables of layers without shapes, budgets and what stands beside them, described: docs/inputs.md.

use super::inputs::{AGREEMENT_COLUMNS, AGREEMENT_OPTIONAL, CYCLE_COLUMNS, GOVERNANCE_COLUMNS};
use super::priorities::PRIORITY_COLUMNS;

const HEAD: &str = "# Input tables

Printed from the readers in `src/budgets`; do not edit by hand. Tables are CSV, TSV, XLSX, XLS, ODS or Parquet, each also gzipped (`.csv.gz`,
`.xlsx.gz`) or in a zip (`patients.zip` where it holds one table, else `patients.zip/all.csv`); the order of columns and further columns do not matter. Text is UTF-8 with or without its mark, UTF-16 with it, or windows-1252
(Latin-1 among it; finding DQ-12). The header is the first row that is not blank, or `header_row`; rows above it, and rows that begin with
one of `footnotes`, are left out and counted (finding DQ-09).

- Numbers may have thousands separators (`1,234.5`, `1 234.5`), a pound sign and bracketed negatives. `unit` says how many pounds 1 is.
- A blank cell, `*`, `..`, `-`, `:`, `c`, `x`, `[c]`, `[x]`, `n/a` and their like are not known, which is never no and never 0.
- A cell that cannot be used is an error that names file, sheet, row and column; a code that is in no layer is finding DQ-04.

## Tables as they are published

Nothing has to be renamed, unmerged or exported first. These keys go beside the path of a `[[budget]]`, an `[[agreement]]` and its like, `people`, a
`lookup` and a layer's `table` (there `sheet` and `header_row`); everywhere else the table is `{ path = \"a.xlsx\", sheet = \"...\", ... }`.

| key | what it does |
| --- | --- |
| `sheet` | one sheet of a workbook; the first, if none is named |
| `header_row = 4` | the row of the header, as a spreadsheet shows it |
| `header_rows = [4, 5]` | a header of several rows: the texts of a column from the top, joined by a blank. A merged cell names all its columns, and where the file has no merged cells in a row, a blank cell has the text to its left: \"2025/26\" over \"Core\" and \"BCF\" makes `2025/26 Core` and `2025/26 BCF`. Rows between that are not listed are left out |
| `decimal = \",\"` | numbers are written 1.500,25. A file of semicolons in which a number such as 1.500 or 1,500 can be read in two ways, and no other number of its column says which, is refused until it says `decimal = \",\"` or `decimal = \".\"` |
| `fill_down = [\"Region\"]` | a blank cell has the value above it, as cells that are merged downwards do (finding DQ-27) |
| `where` | the rows to keep: `{ field, equals }`, `{ field, starts_with }`, `{ field, in }`, one or several |
| `join = [{ table, on, code, columns }]` | columns of another table, where its `code` is what this one has in `on`; one join behind another is a chain (LSOA to Sub-ICB, Sub-ICB to ICB). Rows without a partner stay, with blanks (finding DQ-04). A code with two rows that differ is an error |

A name that is in a header twice is numbered: `Total`, `Total (2)` (finding DQ-27). The steps are taken in the order of this table.

## People from tables

| config | what is counted |
| --- | --- |
| `people = { blocks = \"lsoa\", table = \"estimates.xlsx\", sheet = \"...\", header_row = 4, code = \"LSOA 2021 Code\", field = \"Total\" }` | people of the layer's areas by their codes; rows of one code are added up (finding DQ-27). The blocks are then split by area, or joined by code where they have no shapes |
| `people = { table = \"patients.zip\", where = ..., join = [...], left = \"ICB26CD\", right = \"UTLACD\", field = \"NUMBER_OF_PATIENTS\" }` | people of a table each of whose rows leads to both sides, by itself or by `join`: also registered patients, by practice to the board and by address to the council |

`fields` in place of `field` is a sum of columns: `[\"F65\", \"F66\"]`, `{ from = \"F65\", to = \"F90\" }` or `\"F*\"`; a sum of which one part is not known is not
known. `services = { older_people = { from = \"F65\", to = \"F90\" } }` does the same for services with people of their own. Codes that the layer does not have are
finding DQ-04, one for each kind of code, with their people (`NO2011`, Welsh areas in a table of England); areas without a row are DQ-08 and unknown. Where in every
area one row is the sum of the others, a total is among its parts, and the run stops.
";

const BARE: &str = "
## Layers without shapes: `[[layer]] table`

`table` in place of `path` makes a layer of the rows of a table: one row an area, its columns named by `code` (needed), `name`, `people` and `where`. It
has no polygons, nor has a layer that is built from it by `blocks` and `lookup`, nor one that is built from that one by a second lookup (LSOA
to district by one file, district to upper-tier council by another).

| between | people come from |
| --- | --- |
| two layers built from the same blocks, or the blocks themselves | `people = { blocks = ..., field = ... }`: joined by the codes of the blocks; `field` is a column of the blocks' table |
| any two layers, with shapes or without | `people = { table = ..., left = ..., right = ..., field = ... }`: one row a block with the codes of both |

Everything else (no people, points, blocks that one of the two is not built from) is an error, since there is no land to weight by. Such an alignment or
succession is weighted by people alone: `area_m2`, `boundary_m`, `thickness_m` and what is made of them are null, no row has basis `area`, no pair is a
sliver, `geo/` leaves the layers out, and `plan` refuses them, as it does not know who are neighbours. Blocks are whole, so `people_low` and
`people_high` are `people`. Money goes by people. Schemes reach such layers by `practices` only.

People of pairs, of uncovered parts and of blocks in neither layer sum to the population (a proof). Blocks that one layer has and the other has not are
finding DQ-10 with their people; rows of a lookup whose block is not there, and blocks without a row, are DQ-04; people that are not
known are DQ-07, and counted in no pair (DQ-10). A code with two rows, and a block with two areas, are errors.
";

const RECODE: &str = "
## Codes that changed: `[[recode]]`

A table with a code before (`from`) and a code after (`to`), one row a link: the Changes of the Code History Database (`GEOGCD_P`, `GEOGCD`), successions of the
Organisation Data Service, or any two columns; `shipped:councils` has the codes of councils that changed from 2012 to 2025, Barnsley and Sheffield among
them. Links are followed both ways and as far as they lead, for every layer, wherever a table names a body: budgets, people, lookups, attributes, agreements.

| the code of another date | what is done |
| --- | --- |
| means one body of the layer | read as that body (finding DQ-17 in budgets) |
| means several bodies, in a budget | divided by people, to the penny: by the column `people` of the links, else by the people of the bodies (the layer's own, or its population) where each of them has no other part |
| means several bodies, and their people are not known, or one has other parts too | not divided: finding DQ-04 says why |

A table with codes of before a change beside codes of after it is finding DQ-29, and so is a layer whose bodies other tables name by codes of another date.

Where nothing can be weighed, a succession takes `links = { path, from, to }` in place of `people`: of layers of which one has no shapes, every row is a link. Its type
comes from the links alone (merged, split, recoded, complex), its shares are null. A layer from a lookup, where an area has several rows, says `distinct = true`.
`config/ods-1999-2022.toml` has the health authorities, primary care groups and trusts of 1999 to 2006 that way.
";

const BUDGET: &str = "
## Budgets: `[[budget]]`

Columns have the names that the config says. `code` and `amount` must be there; `service`, `mechanism` and `fiscal_year` are a column or the same
for every row. In place of `amount`, `columns` turns several columns of amounts into rows (columns `source_row` and `source_column` of table budget_line):

| `columns` | what it means |
| --- | --- |
| `[\"RS_asc_net_exp\", \"RS_phs_net_exp\"]` or `{ from = \"A\", to = \"F\" }` | each column is a service by its name |
| `[{ column = \"2025/26 Core\", service = \"core\", fiscal_year = \"2025-26\" }]` | each with its service and year; both may be left out |
| `\"{year} {service}\"` | every column whose name fits: `{year}` is a fiscal year, `{service}` any text, `*` any text that says nothing |

Fiscal years have one form, 2025-26, whether the table writes 2025/26, 2025/2026, FY26, 202603, \"year ending March 2026\" or a date. The following are optional, each a fixed text or `{ column = \"...\" }` (`discretionary` and `committed`: the name of a column):

| key | what it says | used by |
| --- | --- | --- |
| `sub_service` | part of the service | table budget_line |
| `level` | where the money is decided: patient, practice, locality or strategic | LVL-01, LVL-02, LVL-03 |
| `holder` | who holds the money | table budget_line |
| `population_basis` | whom the money is meant for: registered or resident | BUD-04 |
| `counterpart` | the body on the other side that the money is meant to meet | table budget_line |
| `discretionary` | the part that can still be decided on, in the unit of the amount | BUD-05 |
| `committed` | the part that is bound already, in the unit of the amount; where both parts do not make the amount, finding DQ-11 | table budget_line |

Rows whose code is one of `totals` are control totals, not budget lines: what they say is checked against the rows of the same fiscal year and, where they name one, service
(a proof; finding DQ-05 where they differ). The code of a class (`E09`: London boroughs) is checked against the codes that begin with it. A text with `*`
(`\"E9*\"`) is every code that fits, left out and not checked (finding DQ-09). A code of no layer whose amounts are the sums of all others is proposed as
a total (finding DQ-11). An amount column whose name says another unit than `unit` is finding DQ-11.

Money a head that cannot be (half a pound a head for adult social care, half a million for a board) is finding DQ-28, which names the likely unit. People are those
of the first alignment of the layer, or the layer's own; without people nothing is said.

A service crosswalk has the columns `from` and `to`; a service that is not in it passes unchanged and is finding DQ-14, with its rows and pounds. Three ship with
the program: `shipped:ro` (lines of Revenue Outturn and Revenue Account, by name and by id), `shipped:pss-ex1` (lines of the PSS EX1 return, 2000-01 to 2007-08) and
`shipped:nhs` (headings of allocations to boards, categories of programme budgeting). They are small tables of ours, each row with its source (`src/io/table/shipped`).

Where the bodies of the layer have attribute `pcg_level`, lines say what the body holds and what its health authority (attribute `parent_ha`)
keeps: at level 1 the authority keeps all, at level 2 the body holds `delegated_share` (0.9, or attribute `delegated_share`), at 3 and 4 all.
";

const SCHEME: &str = "
## Schemes: `[[scheme]]`

Fundholding, total purchasing, locality commissioning, PMS pilots, health action zones: where they are at work, as context (table `scheme`, rule BND-13).
Exactly one of the three keys says where; columns have the names that the config says.

| key | what it names | columns |
| --- | --- | --- |
| `points` | a table of members with coordinates; a member is in the body its point lies in | `code`, `x`, `y` (metres); `scheme`, `name`, `people` |
| `practices` | a table of members in bodies by code | `code`; `body`, or `lookup = { path, practice, body }`; `scheme`, `name`, `people` |
| `areas` | a layer of the config, overlaid with the bodies | |

`scheme` is the group that a member belongs to (a pilot, a consortium), `name` its name, `people` the member's list. A member without
coordinates or body, whose body is in no layer or whose point is in no area, and an area that overlaps no body, are finding DQ-04 and
stay in the table under `__outside__`. Members sum to the rows read (a proof).
";

/// The page as Markdown.
pub fn inputs_markdown() -> String {
    let mut page = format!("{HEAD}{BARE}{RECODE}{BUDGET}");
    /// Name and meaning of the columns of a table.
    type Columns = [(&'static str, &'static str)];
    let tables: [(&str, &str, &[&Columns]); 4] = [
        ("Agreements", "agreement", &[AGREEMENT_COLUMNS, AGREEMENT_OPTIONAL]),
        ("Planning cycles", "cycle", &[CYCLE_COLUMNS]),
        ("Governance", "governance", &[GOVERNANCE_COLUMNS]),
        ("Priorities", "priority", &[PRIORITY_COLUMNS]),
    ];
    for (title, key, groups) in tables {
        page.push_str(&format!("\n## {title}: `[[{key}]]`\n\n| column | contents |\n| --- | --- |\n"));
        for (index, columns) in groups.iter().enumerate() {
            for (name, what) in *columns {
                let optional = if index > 0 { " (the column may be missing)" } else { "" };
                page.push_str(&format!("| `{name}` | {what}{optional} |\n"));
            }
        }
    }
    page.push_str(SCHEME);
    page
}
