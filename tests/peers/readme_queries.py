"""Runs every ```sql block of a page with DuckDB, where it stands for a run's folder, and fails when one gives no row.

Usage: readme_queries.py PAGE DATASET
"""

import pathlib
import re
import sys

import duckdb

page, dataset = sys.argv[1:]
folder = pathlib.Path(dataset)
run = folder / "runs" / (folder / "CURRENT").read_text().strip()
queries = re.findall(r"```sql\n(.*?)```", pathlib.Path(page).read_text(), re.S)
assert queries, f"no query in {page}"
for query in queries:
    # The page writes 'overlap.parquet' as if the shell were in the run's folder.
    located = re.sub(r"'([a-z_/]+\.parquet)'", lambda match: f"'{run / match.group(1)}'", query)
    rows = duckdb.sql(located)
    print(query.strip(), rows, sep="\n")
    assert len(rows.fetchall()) > 0, f"no row: {query}"
