//! The rule table as a page for its readers: docs/obstructions.md.

use super::RULES;
use super::message::VALUES;
use super::rule::RULE_VERSION;
use super::sources::cited;

/// How a user writes rules of their own; the example is the sample's, which every run of the tests computes.
const OWN_RULES: &str = r#"
## Rules of your own

A config can add rules: a condition over the rows of any published table but `place` and `option`. Every row that it is true for becomes a row of table
`obstruction`, of family OWN, with the people and pence that the table has.

```toml
[[obstructions.rule]]
id = "OWN-01"
title = "a large minority beyond the main council"
severity = "high"                      # high, medium (default), low or info
table = "overlap"                      # whose rows are asked; their columns are in data-dictionary.md
condition = "significant AND people >= 10000 AND share_left_people < 0.5"
value = "share_left_people"            # column published as value, its name as metric, its unit as unit; default: none
threshold = 0.5                        # published beside the value; the condition alone decides
message = "{people} residents of {left_name} live in {right_name}, where most of its people do not."
source = "joint board, March 2001"     # default: the name of the config file
```

For a body with 60,000 residents in one council and 40,000 in another this fires once, for the second pair: 40,000 is at least 10,000, and
the pair's share of the body is 0.4. "40,000 residents of Dale PCG live in Moor, where most of its people do not."

**The condition** is SQL: it keeps the rows that `SELECT * FROM 'overlap.parquet' WHERE ...` keeps in DuckDB. It may compare columns, numbers,
'texts', TRUE and FALSE, and days (DATE '1999-04-01') with `= <> < <= > >=`, `BETWEEN`, `IN (...)` and `IS NULL`, calculate with `+ - * /` and
`abs(...)`, and join with `AND`, `OR`, `NOT` and parentheses. A column whose name is a word of SQL is written in double quotes (`"of"`). Text is
compared by its bytes; numbers with decimals are those of Float64.

**Unknown stays unknown.** A comparison with a null is neither true nor false, and neither is its opposite: `people < 500` and
`NOT (people < 500)` both pass over a row without people. Only `IS NULL` asks for what is not known. A division by 0 is unknown.

**What it is about** comes from the table's usual columns; each can be named instead: `alignment` (default: `alignment`, `succession`), `subject`
(`left_code`, `subject_code`, `code`, `to_code`, `component`, `place`), `subject_name`, `side` (health, council, or a column that says it),
`partner` (`right_code`, `partner_code`), `service`, `fiscal_year`, `people` (a column in people) and `pence` (a column in pence; default `pence`,
`amount_pence`). What a table does not have is null.

**The message** may hold the parts named at the top of this page (but for `{message}`) and any column of the table in braces.

**Mistakes stop the run before anything is read**, with the line of the config and the place in the condition: a table, column or part that does
not exist (with the nearest that does), kinds that do not go together, a comparison with NULL, an id that is used twice or starts as the
program's own do. To change a rule of the program, set its thresholds, severity or message, or disable it and write your own in its place.

Confidence is `declared`: that such a row is an obstruction is stated by your config, and the condition is not tried at the bounds of what was
measured; a condition over `people_low` or `people_high` does that. Rules of your own are asked after all others and do not see each other, so a
condition over table `obstruction` sees the program's alone. `disable` and `--fail-on` take their ids too.
"#;

/// The rule table as Markdown: docs/obstructions.md, which a test compares with this.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Obstructions\n\n\
         Printed from the rules in `src/obstructions`; do not edit by hand. Rules look at what was measured and read; a rule whose\n\
         table was not given does not fire, and what is not known never counts as missing. Thresholds are set in the config:\n\n\
         ```toml\n[obstructions]\ndisable = [\"BND-12\"]\nBND-10 = 0.1                       # a rule with one threshold\nBUD-01 = { share = 0.2 }            # one of several\nseverity = { \"CYC-02\" = \"info\" }    # high, medium, low or info, in place of the rule's own\nmessage = { \"GOV-04\" = \"{subject}: no district on the board, {people} people.\" }\n```\n\n\
         A message of yours may hold `{message}` (the rule's own), `{subject}`, `{subject_code}`, `{partner_code}`, `{service}`, `{year}`, `{value}`,\n\
         `{threshold}`, `{unit}`, `{people}` and `{pounds}`, and every value that the rule's own message names ([what each is](#values-of-messages)).\n\
         What an obstruction does not have reads \"not known\"; a part in square brackets is left out where one of its values is not known.\n\n\
         Shares are of residents where the alignment has people, else of land. Obstructions show obstacles, not outcomes: boundaries are not\n\
         the only barrier to joint working. Rules of your own are at the end of this page.\n\n\
         A **crossing part** is what an NHS body and a council share that fits neither: its people would have to change their NHS body or their\n\
         council for every body to lie in one partner or be made of whole ones ([methods.md](methods.md), \"Who is on the wrong side\"). They are\n\
         on the wrong side of a line. No rule of families BND and BUD is above `low` about a body that has no crossing part, unless the config\n\
         says so: partners that are whole are work, not obstruction. A pair is **significant** if it holds 5% or more of either body.\n\n\
         Column `obstruction_key` names each row: it is the same in the next run where the fact is the same. Sources are in\n\
         [sources.md](sources.md).\n",
    );
    text.push_str(&format!("\nRule version {RULE_VERSION}.\n"));
    let mut family = "";
    for rule in RULES {
        if rule.family != family {
            family = rule.family;
            text.push_str(&format!("\n## {family}: {}\n", family_title(family)));
        }
        text.push_str(&format!("\n### {} {}\n\n", rule.id, rule.title));
        text.push_str(&format!("- Severity: {}\n- Condition: {}\n", rule.severity.as_str(), rule.condition));
        if !rule.thresholds.is_empty() {
            let list: Vec<String> = rule.thresholds.iter().map(|(name, default)| format!("`{name}` = {default}")).collect();
            text.push_str(&format!("- Thresholds: {}\n", list.join(", ")));
        }
        text.push_str(&format!("- Evidence: {}\n- People and money counted in table `place`: {}\n", rule.evidence, rule.exposes.as_str()));
        text.push_str(&format!("- Rests on: {}\n", rule.rests_on));
        text.push_str(&format!("- Message: {}\n- Source: {}\n", rule.message, cited(rule.source)));
    }
    text.push_str("\n## Values of messages\n\n| value | what it is |\n| --- | --- |\n");
    for (name, what) in VALUES {
        text.push_str(&format!("| `{{{name}}}` | {what} |\n"));
    }
    text.push_str(OWN_RULES);
    text
}

fn family_title(family: &str) -> &'static str {
    match family {
        "BND" => "boundaries",
        "MRG" => "mergers",
        "BUD" => "budgets",
        "CYC" => "planning cycles",
        "LVL" => "levels of decision",
        "GOV" => "governance",
        _ => "data quality",
    }
}
