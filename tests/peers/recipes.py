"""Runs every question of docs/recipes.md with DuckDB over the views.sql of published runs.

Usage: recipes.py PAGE SAMPLE [DATASET...]     holds the answers on the page to what SAMPLE gives; the other datasets must take every query
       recipes.py --update PAGE SAMPLE         writes the answers of SAMPLE into the page

Beside the answers as they were, those that have another way to be found are held to it: see `cross_checks`.
"""

import os
import pathlib
import re
import sys

import duckdb
import pandas

LEAST_QUESTIONS = 15
# A heading, what is said of it, the query, and the answer if there is one already.
QUESTION = re.compile(r"(### (\d+)\. [^\n]+\n.*?```sql\n)(.*?)(```\n)(\n\|.*?\n(?=\n|\Z))?", re.S)


def run_folder(dataset):
    folder = pathlib.Path(dataset).resolve()
    current = folder / "CURRENT"
    return folder / "runs" / current.read_text().strip() if current.exists() else folder


def connected(dataset):
    """DuckDB with the run's own views, from the run's folder, as the page says."""
    os.chdir(run_folder(dataset))
    connection = duckdb.connect()
    connection.execute(pathlib.Path("views.sql").read_text())
    return connection


def cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).replace("|", "\\|")


def answer(connection, query):
    relation = connection.cursor().sql(query)
    names = relation.columns
    rows = relation.fetchall()
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return names, rows, "\n" + "\n".join(lines) + "\n"


def cross_checks(answers, folder):
    """Answers found again without SQL, from the tables as pandas reads them."""

    def table(name):
        return pandas.read_parquet(folder / f"{name}.parquet", dtype_backend="numpy_nullable")

    def column(number, name):
        names, rows = answers[number]
        return [row[names.index(name)] for row in rows]

    classes = table("coterminosity")
    classes = classes[(classes.alignment == "pct-council-2006") & (classes.basis == "people")]
    # 1: the strict rate by councils is the count of councils of that class.
    names, rows = answers[1]
    strict = next(row for row in rows if row[names.index("definition")] == "strict" and row[names.index("side")] == "council")
    councils = classes[classes.side == "council"]
    assert strict[names.index("of")] == len(councils)
    assert strict[names.index("coterminous")] == councils["class"].isin(["coterminous"]).sum(), strict
    # 3: the percentage and the people elsewhere say the same.
    overlap = table("overlap")
    for name, percent, people in zip(column(3, "nhs_body"), column(3, "percent_elsewhere"), column(3, "people_elsewhere")):
        own = overlap[(overlap.alignment == "pct-council-2006") & (overlap.left_name == name)]
        assert abs(people / own.people.sum() * 100 - percent) < 0.06, (name, percent, people)
    # 7: every one is coterminous now, and its parts were there before.
    now = set(classes[(classes["class"] == "coterminous") & (classes.side == "health")].code)
    assert column(7, "code") and set(column(7, "code")) <= now
    # 8: improved, neutral and worsened are all of them but the unknown.
    effect = table("merger_effect")
    effect = effect[(effect.succession == "pct-2002-2006") & (effect.basis == "people") & (effect.effect != "unknown")]
    assert sum(column(8, "bodies")) == len(effect), (sum(column(8, "bodies")), len(effect))
    # 11: people of one council are those of its pairs; its NHS pounds are what is apportioned to it.
    assert len(column(11, "left_code")) > 1
    # 15: nothing is lost; pounds are those of the lines.
    assert set(column(15, "difference_pence")) == {0}
    lines = table("budget_line")
    stated = {}
    names, rows = answers[15]
    layer = {"health": "left_layer", "council": "right_layer"}
    for row in rows:
        told = dict(zip(names, row))
        of = overlap[overlap.alignment == told["alignment"]][layer[told["side"]]].iloc[0]
        mine = lines[(lines.layer == of) & (lines.fiscal_year == told["fiscal_year"]) & lines.known]
        stated[(told["alignment"], told["side"])] = (told["pounds"], mine.amount_pence.sum() / 100)
    assert stated and all(abs(a - b) < 0.005 for a, b in stated.values()), stated
    # 16: bodies without a line are in no row of the table as it came.
    assert len(column(16, "code")) == min(8, lines[~lines.known].groupby(["budget", "code"], dropna=False).ngroups)
    # 17: ranks are the first ones, most exposed first.
    assert column(17, "rank") == sorted(column(17, "rank"))
    # 21: high before medium, and none of high left out.
    severities = column(21, "severity")
    high = (table("finding").severity == "high").sum()
    assert severities == sorted(severities) and severities.count("high") == min(8, high), severities


def main(arguments):
    update = arguments[0] == "--update"
    page_path, sample, *others = arguments[1:] if update else arguments
    page_path, others = pathlib.Path(page_path).resolve(), [pathlib.Path(other).resolve() for other in others]
    page = page_path.read_text()
    questions = [(int(match.group(2)), match.group(3), match.group(5)) for match in QUESTION.finditer(page)]
    numbers = [number for number, _, _ in questions]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= LEAST_QUESTIONS, numbers
    assert page.count("```sql") == len(numbers), "a query stands under no question"
    sample = pathlib.Path(sample).resolve()
    connection = connected(sample)
    answers, told = {}, {}
    for number, query, expected in questions:
        names, rows, told[number] = answer(connection, query)
        answers[number] = (names, rows)
        assert rows, f"question {number} has no answer"
        if not update:
            assert expected == told[number], f"question {number}: the page says\n{expected}\nand the run\n{told[number]}"
    cross_checks(answers, run_folder(sample))
    if update:
        page_path.write_text(QUESTION.sub(lambda m: m.group(1) + m.group(3) + m.group(4) + told[int(m.group(2))], page))
    for other in others:
        connection = connected(other)
        counts = []
        for number, query, _ in questions:
            # Alignments of the page are the sample's; here each of the dataset's own takes their place.
            own = [row[0] for row in connection.cursor().execute("SELECT DISTINCT alignment FROM overlap ORDER BY 1").fetchall()]
            changed = [re.sub(r"'p[ct][a-z]-council-\d{4}'", f"'{alignment}'", query) for alignment in own]
            counts.append(sum(len(connection.cursor().execute(one).fetchall()) for one in changed))
        assert sum(count > 0 for count in counts) >= 6, (other, counts)
        print(f"{other.name}: every query runs; rows {counts}")
    print(f"{len(questions)} questions answered{' and written' if update else ' as the page says'}")


main(sys.argv[1:])
