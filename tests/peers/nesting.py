#!/usr/bin/env python3
"""nesting.py PROGRAM [CASES]: the nearest nested arrangement against an integer programme (SciPy's HiGHS), on random countries.

Each case is a country of up to 12 x 12 bodies. All of them are one run: their codes begin with the number of the case, so no two of them touch. The programme is
written out here from the definition in docs/methods.md: one variable says that a council is a leaf of an NHS body, one that an NHS body is a leaf of a council,
one a body that it is a centre. Totals, parts and proofs of tables `nesting` and `crossing` must be those of the programme, case by case.
"""
import csv
import pathlib
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

import duckdb
import numpy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

CONFIG = """
[run]
name = "nesting"
output = "out"

[[layer]]
id = "blocks"
role = "blocks"
table = "blocks.csv"
code = "block"
people = "people"

[[layer]]
id = "health"
role = "health"
blocks = "blocks"
lookup = {{ path = "blocks.csv", block = "block", area = "body" }}

[[layer]]
id = "council"
role = "council"
blocks = "blocks"
lookup = {{ path = "blocks.csv", block = "block", area = "council" }}

[[alignment]]
id = "cases"
health = "health"
council = "council"
people = {{ blocks = "blocks", field = "people" }}
"""


def country(draw):
    """Overlaps {(i, j): people} of one country; every body has some."""
    lefts, rights = draw.randint(1, 12), draw.randint(1, 12)
    density = draw.choice([0.15, 0.25, 0.4, 1.0])
    most = draw.choice([5, 100, 100_000])
    pairs = {(i, j): draw.randint(1, most) for i in range(lefts) for j in range(rights) if draw.random() < density}
    return pairs or {(0, 0): 1}


def least(pairs):
    """The least in crossing parts, and of arrangements that reach it the fewest parts."""
    overlaps = sorted(pairs)
    nodes = {node: at for at, node in enumerate(sorted({("i", i) for i, _ in overlaps} | {("j", j) for _, j in overlaps}))}
    many, size = len(overlaps), 2 * len(overlaps) + len(nodes)
    rows, columns, values, upper = [], [], [], []

    def add(entries, bound):
        for column, value in entries:
            rows.append(len(upper))
            columns.append(column)
            values.append(value)
        upper.append(bound)

    leaves = defaultdict(list)
    for k, (i, j) in enumerate(overlaps):
        for column, leaf, centre in ((k, ("j", j), ("i", i)), (many + k, ("i", i), ("j", j))):
            add([(column, 1), (2 * many + nodes[centre], -1)], 0)
            leaves[leaf].append(column)
    for leaf, of_leaf in leaves.items():
        add([(column, 1) for column in of_leaf] + [(2 * many + nodes[leaf], 1)], 1)
    matrix = coo_matrix((values, (rows, columns)), shape=(len(upper), size)).tocsr()

    def solve(weights, extra=None):
        cost = numpy.zeros(size)
        for k, weight in enumerate(weights):
            cost[k] = cost[many + k] = -weight
        limits = [LinearConstraint(matrix, -numpy.inf, upper)] + ([extra] if extra else [])
        answer = milp(cost, constraints=limits, integrality=numpy.ones(size), bounds=Bounds(0, 1), options={"mip_rel_gap": 0})
        assert answer.success, answer.message
        return numpy.round(answer.x[:many] + answer.x[many : 2 * many]).astype(int)

    weights = [pairs[pair] for pair in overlaps]
    kept = sum(weight for weight, picked in zip(weights, solve(weights)) if picked)
    # Among those, the most picked pairs.
    row = numpy.zeros(size)
    row[:many] = row[many : 2 * many] = weights
    picked = solve([1] * many, LinearConstraint(row, kept - 0.5, numpy.inf))
    assert sum(weight for weight, taken in zip(weights, picked) if taken) == kept
    return sum(weights) - kept, many - int(picked.sum())


def main(program, cases):
    draw = random.Random(20261201)
    countries = [country(draw) for _ in range(cases)]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with open(folder / "blocks.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["block", "body", "council", "people"])
            for case, pairs in enumerate(countries):
                for (i, j), people in pairs.items():
                    writer.writerow([f"{case:05}B{i:02}{j:02}", f"{case:05}P{i:02}", f"{case:05}L{j:02}", people])
        (folder / "cases.toml").write_text(CONFIG.format())
        subprocess.run([program, "run", folder / "cases.toml", "--quiet"], check=True)
        run = folder / "out/runs" / (folder / "out/CURRENT").read_text().strip()
        (total, proved), = duckdb.sql(f"SELECT crossing, proved FROM '{run}/nesting.parquet' WHERE basis = 'people'").fetchall()
        found = defaultdict(list)
        for left, people in duckdb.sql(f"SELECT left_code, people FROM '{run}/crossing.parquet' WHERE basis = 'people'").fetchall():
            found[int(left[:5])].append(people)
    with ProcessPoolExecutor(2) as workers:
        expected = list(workers.map(least, countries, chunksize=20))
    wrong = [
        (case, sum(found[case]), len(found[case]), expected[case])
        for case in range(cases)
        if (sum(found[case]), len(found[case])) != expected[case]
    ]
    for case, people, parts, (least_people, fewest) in wrong[:10]:
        print(f"case {case}: {people} in {parts} parts, the integer programme has {least_people} in {fewest}: {countries[case]}")
    if not proved or total != sum(people for people, _ in expected):
        wrong.append("total")
        print(f"crossing {total}, proved {proved}; the integer programme has {sum(people for people, _ in expected)}")
    print(f"{cases - len([row for row in wrong if row != 'total'])} of {cases} countries have the crossing total and the number of parts of the integer programme")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000))
