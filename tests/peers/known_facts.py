"""Holds the published real runs against facts that are known from elsewhere (shared data README; census 2011; domain notes).

Usage: known_facts.py OUT   (the folder that holds england-2011/ and ccg-2019-2020/)
"""

import os
import pathlib
import sys

import duckdb

out = pathlib.Path(sys.argv[1])
failures = []


def run(name):
    folder = out / name
    return folder / "runs" / (folder / "CURRENT").read_text().strip()


def fact(what, expected, query, folder, **values):
    got = duckdb.sql(query.format(**{t.stem: f"'{t}'" for t in folder.glob("*.parquet")}, **values)).fetchall()
    got = got[0][0] if len(got) == 1 and len(got[0]) == 1 else got
    ok = got == expected
    print(f"{'ok ' if ok else 'NOT'} {what}: {got}" + ("" if ok else f", expected {expected}"))
    if not ok:
        failures.append(what)


england = run("england-2011")
people = 53_012_456
fact("bodies", [("council", 152), ("health", 151)], "SELECT role, count(*) FROM {area} WHERE layer IN ('pct-2011', 'council-2011') GROUP BY role ORDER BY role", england)
for alignment in [row[0] for row in duckdb.sql(f"SELECT DISTINCT alignment FROM '{england}/overlap.parquet' ORDER BY 1").fetchall()]:
    fact(f"{alignment}: people in overlap", people, "SELECT sum(people) FROM {overlap} WHERE alignment = '{alignment}'", england, alignment=alignment)
    fact(f"{alignment}: people in component", people, "SELECT sum(people) FROM {component} WHERE alignment = '{alignment}' AND basis = 'people'", england, alignment=alignment)
    fact(f"{alignment}: pairs", 176, "SELECT count(*) FROM {overlap} WHERE alignment = '{alignment}' AND '__outside__' NOT IN (left_code, right_code) AND people > 0", england, alignment=alignment)
    for equal, health, council in [(0.02, 110, 110), (0.05, 115, 115)]:
        fact(
            f"{alignment}: strictly coterminous by people at {equal}",
            [("council", council, 152), ("health", health, 151)],
            "SELECT side, coterminous, \"of\" FROM {rate} WHERE alignment = '{alignment}' AND basis = 'people' AND definition = 'strict' AND equal = {equal} ORDER BY side",
            england,
            alignment=alignment,
            equal=equal,
        )
    fact(
        f"{alignment}: nearly coterminous by people",
        4,
        "SELECT count(*) FROM {coterminosity} WHERE alignment = '{alignment}' AND basis = 'people' AND side = 'health' AND class = 'near_coterminous'"
        " AND (name LIKE 'Milton Keynes%' OR name LIKE 'Swindon%' OR name LIKE 'Stoke%' OR name LIKE 'Buckinghamshire%')",
        england,
        alignment=alignment,
    )
    fact(
        f"{alignment}: nearly coterminous by people, in all",
        4,
        "SELECT count(*) FROM {coterminosity} WHERE alignment = '{alignment}' AND basis = 'people' AND side = 'health' AND class = 'near_coterminous'",
        england,
        alignment=alignment,
    )
fact("PCT allocations known and unknown", [(False, 90), (True, 61)], "SELECT known, count(*) FROM {budget_line} WHERE budget = 'pct-allocations' GROUP BY known ORDER BY known", england)
# To the penny from the input files, read by DuckDB as exact decimals of thousand pounds.
budgets = pathlib.Path(os.environ["ONS_DATA"]) / "budgets"
PSS_LINES = "fin_year = '2007-08' AND line IN ('A3', 'B13', 'C13', 'D13', 'E13', 'F3', 'G7')"
inputs = [
    ("pct-allocations", "pct_allocation_2003-04_to_2012-13.csv", "Allocation_000s", "fin_year = '2007-08'"),
    (
        "pss-ex1",
        "pssex1_2000-01_to_2007-08_totals.csv.gz",
        "gbp000_gross_current",
        PSS_LINES,
    ),
    ("pss-ex1-joint", "pssex1_2000-01_to_2007-08_totals.csv.gz", "gbp000_joint", PSS_LINES),
    ("pss-ex1-nhs", "pssex1_2000-01_to_2007-08_totals.csv.gz", "gbp000_nhs", PSS_LINES),
]
for budget, file, column, where in inputs:
    table = f"read_csv('{budgets / file}', all_varchar = true)"
    pence = f"SELECT CAST(sum(CAST({column} AS DECIMAL(18, 6))) * 100000 AS BIGINT) FROM {table} WHERE {where}"
    fact(f"{budget}: pence in budget_line as in the file", duckdb.sql(pence).fetchall()[0][0], f"SELECT sum(amount_pence)::BIGINT FROM {{budget_line}} WHERE budget = '{budget}'", england)
fact("unknown amounts that carry a number", 0, "SELECT count(*) FROM {budget_line} WHERE NOT known AND amount_pence IS NOT NULL", england)
fact("two-code councils as findings", 2, "SELECT count(DISTINCT code) FROM {finding} WHERE finding_id = 'DQ-04' AND code LIKE '%;%'", england)
fact(
    "apportioned lines that do not sum to their line",
    0,
    "SELECT count(*) FROM (SELECT a.alignment, a.budget, a.source_row, a.code, sum(a.amount_pence) AS parts, any_value(l.amount_pence) AS line FROM {budget_apportioned} a"
    " JOIN {budget_line} l USING (budget, source_row, code) GROUP BY ALL) WHERE parts <> line",
    england,
)

ccg = run("ccg-2019-2020")
fact("CCGs", [("ccg-2019", 191), ("ccg-2020", 135)], "SELECT layer, count(*) FROM {area} WHERE layer LIKE 'ccg-%' GROUP BY layer ORDER BY layer", ccg)
fact("CCGs unchanged", 117, "SELECT count(*) FROM {succession} WHERE type = 'unchanged'", ccg)
fact("CCGs made by merger", 18, "SELECT count(DISTINCT to_code) FROM {succession} WHERE type = 'merged'", ccg)
fact("parts transferred", 1, "SELECT count(*) FROM {succession} WHERE type = 'transferred_part'", ccg)
fact(
    "the part transferred",
    [("NHS Coastal West Sussex CCG", "NHS Surrey Heartlands CCG", True)],
    "SELECT from_name, to_name, people BETWEEN 6700 AND 6780 FROM {succession} WHERE type = 'transferred_part'",
    ccg,
)
# Money of 2019-20 joined through ODS codes: 190 CCGs under their own code, Devon (15N) under its predecessors 99P and 99Q.
ods = f"read_csv('{budgets / 'ccg_ods_codes.csv'}', all_varchar = true)"
allocations = f"read_csv('{budgets / 'ccg_allocation_2013-14_to_2019-20.csv'}', all_varchar = true)"
joined = (
    f"SELECT CASE WHEN a.CCG_Code IN ('99P', '99Q') THEN 'E38000230' ELSE o.code END AS code, sum(CAST(a.Allocation_000s AS DECIMAL(18, 6)))::DECIMAL(18, 6) * 100000 AS pence"
    f" FROM {allocations} a LEFT JOIN (SELECT DISTINCT code, ods_code FROM {ods} WHERE layer = 'CCG19') o ON o.ods_code = a.CCG_Code"
    " WHERE a.fin_year = '2019-20' GROUP BY 1"
)
fact("CCG allocations: bodies with money, by an independent join", 191, "SELECT count(DISTINCT code) FROM {budget_line} WHERE budget = 'ccg-allocations' AND known AND code LIKE 'E38%'", ccg)
fact("CCG allocations: lines known and unknown", [(True, 192)], "SELECT known, count(*) FROM {budget_line} WHERE budget = 'ccg-allocations' GROUP BY known ORDER BY known", ccg)
fact("Devon's two predecessors are its money", 2, "SELECT count(*) FROM {budget_line} WHERE budget = 'ccg-allocations' AND code = 'E38000230'", ccg)
fact(
    "CCG allocations: pence that differ from an independent join, body by body",
    [(191, 0)],
    "SELECT count(*), count(*) FILTER (WHERE l.pence IS DISTINCT FROM j.pence::BIGINT) FROM (SELECT code, sum(amount_pence)::BIGINT AS pence FROM {budget_line}"
    f" WHERE budget = 'ccg-allocations' GROUP BY code) l FULL JOIN ({joined}) j USING (code)",
    ccg,
)
fact("CCG allocations: codes that no area is known for", 0, "SELECT count(*) FROM {finding} WHERE finding_id = 'DQ-04' AND layer = 'ccg-allocations'", ccg)
fact("reconciliations that do not add up", 0, "SELECT count(*) FROM {reconciliation} WHERE difference_pence <> 0 OR unallocated_pence <> 0", ccg)
sys.exit(f"{len(failures)} facts do not hold" if failures else 0)
