"""Makes the views of published runs as docs/recipes.md says, and holds the star schema to its promises.

Usage: views.py PROGRAM DATASET...    by views.sql and star.sql in the run's folder, and by `coterminous views DATASET --star` from elsewhere
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import duckdb

KEYS = {
    "dim_alignment": "alignment_key",
    "dim_body": "body_key",
    "dim_council": "council_key",
    "dim_place": "place_key",
    "dim_service": "service_key",
    "dim_fiscal_year": "fiscal_year_key",
    "dim_rule": "rule_key",
}


def rows(connection, query):
    return connection.cursor().execute(query).fetchall()


def check(connection, run):
    files = sorted(path.relative_to(run).with_suffix("").as_posix().replace("/", "_") for path in run.rglob("*.parquet"))
    views = [name for (name,) in rows(connection, "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal ORDER BY 1")]
    assert views == files, set(views) ^ set(files)
    for view in views:
        file = run / (view.replace("_", "/", 1) if view.startswith("geo_") else view)
        assert rows(connection, f"SELECT count(*) FROM {view}") == rows(connection, f"SELECT count(*) FROM '{file}.parquet'"), view
    bare = rows(connection, "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal AND comment IS NULL")
    assert not bare, bare
    assert rows(connection, "SELECT comment FROM duckdb_columns() WHERE table_name = 'overlap' AND column_name = 'area_m2'")[0][0].startswith("[m2] ")
    # The star: a dimension's key is unique and never null; every key of a fact finds its row.
    facts = [name for (name,) in rows(connection, "SELECT view_name FROM duckdb_views() WHERE schema_name = 'star' AND view_name LIKE 'fact_%'")]
    assert len(facts) == 7, facts
    related = 0
    for dimension, key in KEYS.items():
        count, distinct, null = rows(connection, f"SELECT count(*), count(DISTINCT {key}), count(*) FILTER ({key} IS NULL) FROM star.{dimension}")[0]
        assert count == distinct > 0 and null == 0, (dimension, count, distinct, null)
        columns = rows(connection, f"SELECT table_name FROM duckdb_columns() WHERE schema_name = 'star' AND column_name = '{key}' AND table_name IN {tuple(facts)}")
        for (fact,) in columns:
            lost = rows(connection, f"SELECT DISTINCT {key} FROM star.{fact} WHERE {key} IS NULL OR {key} NOT IN (SELECT {key} FROM star.{dimension}) LIMIT 3")
            assert not lost, (fact, key, lost)
            related += 1
    assert related >= 15, related
    # Nothing is lost and nothing counted twice on the way.
    for query in (
        "SELECT (SELECT sum(amount_pence) FROM star.fact_money) IS NOT DISTINCT FROM (SELECT sum(amount_pence) FROM budget_apportioned)",
        "SELECT (SELECT count(*) FROM star.fact_money) = (SELECT count(*) FROM budget_apportioned)",
        "SELECT (SELECT sum(people) FROM star.fact_overlap) IS NOT DISTINCT FROM (SELECT sum(people) FROM overlap)",
        "SELECT (SELECT count(*) FROM star.fact_obstruction) = (SELECT count(*) FROM obstruction)",
        "SELECT (SELECT count(*) FROM star.fact_pair_money) = (SELECT count(*) FROM budget_alignment)",
        "SELECT (SELECT count(*) FROM star.fact_merger) = (SELECT count(*) FROM merger_effect)",
        "SELECT (SELECT count(*) FROM star.dim_body WHERE is_place) = (SELECT count(*) FROM coterminosity WHERE side = 'health' AND basis = 'area')",
        "SELECT (SELECT count(*) FROM star.dim_council WHERE is_place) = (SELECT count(*) FROM coterminosity WHERE side = 'council' AND basis = 'area')",
        # Pounds outside the main council by the star are those of the table: where a body's money is known in full.
        """SELECT count(*) = 0 FROM
           (SELECT alignment, code, service, fiscal_year, outside_main_pence FROM budget_body WHERE side = 'health' AND outside_main_pence IS NOT NULL) AS t
           JOIN (SELECT alignment_key, body_key, service_key, fiscal_year_key, sum(amount_pence) FILTER (is_outside_main) AS pence
                 FROM star.fact_money WHERE payer = 'health' GROUP BY ALL) AS s
           ON s.body_key = t.alignment || '|' || t.code AND s.service_key = coalesce(t.service, '(none)') AND s.fiscal_year_key = coalesce(t.fiscal_year, '(none)')
           WHERE coalesce(s.pence, 0) <> t.outside_main_pence""",
    ):
        assert rows(connection, query) == [(True,)], query


def main(program, datasets):
    # Before the first change of folder.
    program, datasets = pathlib.Path(program).resolve(), [pathlib.Path(dataset).resolve() for dataset in datasets]
    for dataset in datasets:
        run = dataset / "runs" / (dataset / "CURRENT").read_text().strip()
        os.chdir(run)
        connection = duckdb.connect()
        connection.execute(pathlib.Path("views.sql").read_text())
        connection.execute(pathlib.Path("star.sql").read_text())
        check(connection, run)
        # By whole paths into a database that lies elsewhere, opened again.
        with tempfile.TemporaryDirectory() as elsewhere:
            os.chdir(elsewhere)
            sql = subprocess.run([program, "views", dataset, "--star"], check=True, text=True, capture_output=True).stdout
            duckdb.connect("run.db").execute(sql)
            check(duckdb.connect("run.db", read_only=True), run)
            os.chdir(run)
        print(f"{dataset.name}: a view a table, with comments; every key of the star's facts finds one row; pounds, people and flags are all there")


main(sys.argv[1], sys.argv[2:])
