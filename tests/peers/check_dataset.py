"""Opens every file of a published dataset with pyarrow and DuckDB and holds it against its manifest.

Usage: check_dataset.py DATASET...   (a dataset folder with CURRENT, or one run's folder)
"""

import json
import pathlib
import sys

import blake3
import duckdb
import pyarrow.parquet


def check(dataset):
    folder = pathlib.Path(dataset)
    current = folder / "CURRENT"
    if current.exists():
        folder = folder / "runs" / current.read_text().strip()
    manifest = json.loads((folder / "manifest.json").read_text())
    package = json.loads((folder / "datapackage.json").read_text())
    assert manifest["run_id"] == folder.name, (manifest["run_id"], folder.name)
    resources = {resource["path"]: resource for resource in package["resources"]}
    on_disk = {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}
    listed = {table["file"] for table in manifest["tables"]}
    assert on_disk == listed, on_disk ^ listed
    assert manifest["tables"], "the manifest lists no table"
    rows_in_all = 0
    for table in manifest["tables"]:
        path = folder / table["file"]
        content = path.read_bytes()
        assert len(content) == table["bytes"], table["file"]
        assert blake3.blake3(content).hexdigest() == table["blake3"], table["file"]
        arrow = pyarrow.parquet.read_table(path)
        counted = duckdb.sql(f"SELECT count(*) FROM read_parquet('{path}')").fetchall()[0][0]
        assert arrow.num_rows == counted == table["rows"], (table["file"], arrow.num_rows, counted, table["rows"])
        fields = [field["name"] for field in resources[table["file"]]["schema"]["fields"]]
        assert fields == arrow.column_names, (table["file"], fields, arrow.column_names)
        undescribed = [field.name for field in arrow.schema if not (field.metadata or {}).get(b"description")]
        assert not undescribed, (table["file"], undescribed)
        keys = resources[table["file"]]["schema"].get("primaryKey", [])
        if keys:
            listed_keys = ", ".join(f'"{key}"' for key in keys)
            twice = duckdb.sql(f"SELECT {listed_keys}, count(*) FROM read_parquet('{path}') GROUP BY ALL HAVING count(*) > 1 LIMIT 5").fetchall()
            assert not twice, (table["file"], "rows with one key", twice)
        rows_in_all += counted
    for proof in manifest["proofs"]:
        assert {"name", "subject", "expected", "got", "tolerance"} <= set(proof), proof
    print(f"{folder}: {len(listed)} tables, {rows_in_all} rows, {len(manifest['proofs'])} proofs: as the manifest says")


for dataset in sys.argv[1:]:
    check(dataset)
