"""Reads every file of a published run with every reader its users have, and holds what they see against each other and the declaration.

Usage: open_everywhere.py DATASET...          pyarrow, pandas, DuckDB, polars, frictionless; geo/ with geopandas and, where built with Parquet, GDAL
       open_everywhere.py --spatial DATASET...  geo/ with DuckDB's spatial extension (its wheel goes with an older DuckDB: a venv of its own)

Cell by cell: values, types and nulls must be the same in every reader, and as datapackage.json declares. One difference fails.
"""

import datetime
import importlib.util
import json
import math
import multiprocessing
import pathlib
import sys

ARROW = {"string": "string", "integer": "int64", "number": "double", "boolean": "bool", "date": "date32[day]"}
PYTHON = {"string": str, "integer": int, "number": float, "boolean": bool, "date": datetime.date}
DUCKDB = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
POLARS = {"string": "String", "integer": "Int64", "number": "Float64", "boolean": "Boolean", "date": "Date"}
# As in src/io/parquet_out.rs: one group a thread of a reader, and small enough to be skipped.
MOST_ROWS_A_GROUP = 131_072
MOST_GEOMETRY_A_GROUP = 8 << 20
# frictionless takes a millisecond a row: of a longer table it is shown its beginning, and rows from all of it.
MOST_ROWS_SHOWN = 1000


def run_folder(dataset):
    folder = pathlib.Path(dataset)
    current = folder / "CURRENT"
    return folder / "runs" / current.read_text().strip() if current.exists() else folder


def same(file, reader, column, expected, got):
    """Two columns as lists; the first difference is told."""
    assert len(expected) == len(got), f"{file}, {reader}, {column}: {len(got)} rows, expected {len(expected)}"
    for row, (a, b) in enumerate(zip(expected, got)):
        assert (a is None) == (b is None), f"{file}, {reader}, {column}, row {row}: {b!r}, expected {a!r}"
        assert a == b and type(a) is type(b), f"{file}, {reader}, {column}, row {row}: {b!r}, expected {a!r}"


def pandas_cells(series, kind):
    """A column of pandas as Python values; what it shows as missing becomes None."""
    import pandas

    cells = []
    for cell in series.tolist():
        if cell is None or cell is pandas.NA or cell is pandas.NaT or (isinstance(cell, float) and math.isnan(cell)):
            cells.append(None)
        elif kind == "integer" and isinstance(cell, float):
            # pandas' default type for whole numbers with gaps; exact up to 2^53, which is 90 million million pounds.
            assert cell.is_integer() and abs(cell) < 2**53, cell
            cells.append(int(cell))
        else:
            cells.append(cell)
    return cells


def check_metadata(path, table, resource):
    """What a reader needs to know before it reads: descriptions, units, order, statistics, page indexes, groups fit for pruning."""
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    arrow, metadata = file.schema_arrow, file.metadata
    for field in resource["schema"]["fields"]:
        own = arrow.field(field["name"]).metadata or {}
        assert own.get(b"description", b"").decode() == field["description"] != "", (table["file"], field["name"], own)
        assert own.get(b"unit", b"").decode() == field.get("unit", ""), (table["file"], field["name"], own)
        if "constraints" in field:
            assert not arrow.field(field["name"]).nullable, (table["file"], field["name"])
    about = {key.decode(): value.decode() for key, value in metadata.metadata.items() if not key.startswith(b"ARROW")}
    assert about["coterminous.description"] == resource["description"], table["file"]
    assert metadata.format_version == "1.0" and metadata.num_rows == table["rows"], table["file"]
    keys = resource["schema"].get("primaryKey", [])
    before = None
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        assert 0 < group.num_rows <= MOST_ROWS_A_GROUP, (table["file"], number, group.num_rows)
        assert [column.column_index for column in group.sorting_columns][: len(keys)] == list(range(len(keys))), (table["file"], number)
        geometry = 0
        for index in range(group.num_columns):
            column = group.column(index)
            where = (table["file"], number, column.path_in_schema)
            assert column.compression == "SNAPPY", where
            assert column.has_offset_index, where
            if column.path_in_schema == "geometry":
                geometry = column.total_uncompressed_size
                continue
            assert column.is_stats_set and column.statistics.has_null_count, where
            assert column.has_column_index, where
            nulls = column.statistics.null_count
            assert nulls == group.num_rows or column.statistics.has_min_max, where
        assert geometry <= MOST_GEOMETRY_A_GROUP or group.num_rows == 1, (table["file"], number, geometry)
        # Rows are sorted by key, so the first key column of a group starts where that of the one before ends.
        first = group.column(0)
        if keys and first.statistics.has_min_max:
            assert before is None or before <= first.statistics.min, (table["file"], number)
            before = first.statistics.max
    return metadata.num_row_groups


def check_table(path, table, resource):
    import duckdb
    import pandas
    import polars
    import pyarrow.parquet

    fields = {field["name"]: field["type"] for field in resource["schema"]["fields"] if field["name"] not in ("geometry", "bbox")}
    names = list(fields)
    reference = pyarrow.parquet.read_table(path, columns=names)
    types = {field.name: str(field.type) for field in reference.schema}
    assert types == {name: ARROW[kind] for name, kind in fields.items()}, (table["file"], types)
    cells = {name: reference.column(name).to_pylist() for name in names}
    for name, kind in fields.items():
        wrong = [cell for cell in cells[name] if cell is not None and type(cell) is not PYTHON[kind]]
        assert not wrong, (table["file"], name, wrong[:3])
        assert not any(kind == "number" and cell is not None and not math.isfinite(cell) for cell in cells[name]), (table["file"], name)

    for reader, options in (("pandas", {}), ("pandas, nullable", {"dtype_backend": "numpy_nullable"}), ("pandas, arrow", {"dtype_backend": "pyarrow"})):
        frame = pandas.read_parquet(path, columns=names, **options)
        assert list(frame.columns) == names, (table["file"], reader)
        for name, kind in fields.items():
            same(table["file"], reader, name, cells[name], pandas_cells(frame[name], kind))

    connection = duckdb.connect()
    relation = connection.sql(f"SELECT {', '.join(chr(34) + name + chr(34) for name in names)} FROM read_parquet('{path}', file_row_number = true) ORDER BY file_row_number")
    assert [str(kind) for kind in relation.types] == [DUCKDB[kind] for kind in fields.values()], (table["file"], relation.types)
    rows = relation.fetchall()
    for index, name in enumerate(names):
        same(table["file"], "DuckDB", name, cells[name], [row[index] for row in rows])

    frame = polars.read_parquet(path, columns=names)
    assert [str(kind) for kind in frame.dtypes] == [POLARS[kind] for kind in fields.values()], (table["file"], frame.dtypes)
    for name in names:
        same(table["file"], "polars", name, cells[name], frame.get_column(name).to_list())
    # What frictionless would say of every row, of every row.
    keys = resource["schema"].get("primaryKey")
    assert not keys or len(set(zip(*(cells[key] for key in keys)))) == reference.num_rows, (table["file"], "a primary key is there twice")
    for field in resource["schema"]["fields"]:
        is_required = field.get("constraints", {}).get("required", False)
        assert not is_required or field["name"] not in fields or None not in cells[field["name"]], (table["file"], field["name"], "is null")
    # The lazy reader prunes by statistics; one key must be found, and found once, whatever is skipped.
    if keys and reference.num_rows:
        middle = reference.num_rows // 2
        wanted = polars.all_horizontal(polars.col(key) == cells[key][middle] for key in keys)
        assert polars.scan_parquet(path).filter(wanted).select(polars.len()).collect().item() == 1, (table["file"], "polars lazy")
        where = [(key, "==", cells[key][middle]) for key in keys]
        assert pyarrow.parquet.read_table(path, columns=names, filters=where).num_rows == 1, (table["file"], "pyarrow filter")
        marks = " AND ".join(f'"{key}" = ?' for key in keys)
        found = duckdb.connect().execute(f"SELECT count(*) FROM read_parquet('{path}') WHERE {marks}", [cells[key][middle] for key in keys])
        assert found.fetchall() == [(1,)], (table["file"], "DuckDB filter")
    return cells, reference


def check_package(folder, package, tables):
    """The package as `frictionless validate datapackage.json` sees it, and the rows of every table as pyarrow reads them against their
    schema (types, required cells, primary keys): frictionless' own Parquet reader goes through pandas, which knows no null whole number."""
    import frictionless
    import pyarrow

    plain = frictionless.validate(str(folder / "datapackage.json"), limit_rows=MOST_ROWS_SHOWN)
    assert plain.valid, plain.flatten(["name", "rowNumber", "fieldName", "message"])[:5]
    report = frictionless.Package.validate_descriptor(package, basepath=str(folder))
    assert report.valid, report.flatten(["message"])
    for resource in package["resources"]:
        rows = tables[resource["path"]]
        schema = {**resource["schema"], "fields": [field for field in resource["schema"]["fields"] if field["name"] in rows.column_names]}
        shown = rows.take(pyarrow.array(range(0, rows.num_rows, max(1, rows.num_rows // MOST_ROWS_SHOWN)), pyarrow.int64()))
        data = shown.to_pylist() or [list(rows.column_names)]
        told = frictionless.Resource({"name": resource["name"], "data": data, "schema": schema}).validate()
        assert told.valid, (resource["name"], told.flatten(["rowNumber", "fieldName", "message"])[:5])
    broken = json.loads(json.dumps(package))
    broken["resources"][0]["schema"]["fields"][0]["type"] = "no such type"
    assert not frictionless.Package.validate_descriptor(broken, basepath=str(folder)).valid, "frictionless takes anything"


def check_geometry(path, table, cells):
    import geopandas
    import pyarrow.parquet
    import pyogrio
    import pyproj
    import shapely

    metadata = json.loads(pyarrow.parquet.ParquetFile(path).metadata.metadata[b"geo"])
    column = metadata["columns"][metadata["primary_column"]]
    assert metadata["version"] == "1.1.0" and column["encoding"] == "WKB", metadata["version"]
    # The whole definition, and one that PROJ takes for the same as its own of EPSG:27700.
    crs = pyproj.CRS.from_json_dict(column["crs"])
    assert column["crs"]["type"] == "ProjectedCRS" and column["crs"]["id"] == {"authority": "EPSG", "code": 27700}
    assert crs == pyproj.CRS.from_epsg(27700), table["file"]
    binary = pyarrow.parquet.read_table(path, columns=["geometry", "bbox"])
    shapes = [None if cell is None else shapely.from_wkb(cell) for cell in binary.column("geometry").to_pylist()]
    boxes = [None if box is None else tuple(box[side] for side in ("xmin", "ymin", "xmax", "ymax")) for box in binary.column("bbox").to_pylist()]
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    assert kinds == set(column["geometry_types"]), (kinds, column["geometry_types"])
    for row, (shape, box) in enumerate(zip(shapes, boxes)):
        assert (shape is None) == (box is None) and (shape is None or shape.bounds == box), (table["file"], row)
        assert shape is None or shape.is_valid, (table["file"], row, shapely.is_valid_reason(shape))
    frame = geopandas.read_parquet(path)
    assert frame.crs == pyproj.CRS.from_epsg(27700) and frame.crs.to_epsg() == 27700, table["file"]
    for name, expected in cells.items():
        same(table["file"], "geopandas", name, expected, frame[name].tolist())
    for row, (a, b) in enumerate(zip(shapes, frame.geometry)):
        assert (a is None) == (b is None) and (a is None or shapely.equals_identical(a, b)), (table["file"], "geopandas", row)
    # The covering prunes: what lies in a window is what the boxes say.
    window = shapes[len(shapes) // 2].bounds
    inside = geopandas.read_parquet(path, bbox=window)
    expected = sum(box is not None and box[0] <= window[2] and box[2] >= window[0] and box[1] <= window[3] and box[3] >= window[1] for box in boxes)
    assert len(inside) == expected > 0, (table["file"], len(inside), expected)
    if "Parquet" in pyogrio.list_drivers():
        told = pyogrio.read_dataframe(path)
        assert told.crs.to_epsg() == 27700 and len(told) == len(shapes), table["file"]
        for row, (a, b) in enumerate(zip(shapes, told.geometry)):
            assert (a is None) == (b is None) and (a is None or shapely.equals(a, b)), (table["file"], "GDAL", row)
        return "GDAL read it too"
    return f"NOT READ WITH GDAL: the pyogrio wheel's GDAL {'.'.join(map(str, pyogrio.__gdal_version__))} has no Parquet driver, nor has Debian's package"


def check(dataset):
    folder = run_folder(dataset)
    manifest = json.loads((folder / "manifest.json").read_text())
    package = json.loads((folder / "datapackage.json").read_text())
    resources = {resource["path"]: resource for resource in package["resources"]}
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
    assert on_disk == set(resources) == {table["file"] for table in manifest["tables"]}, on_disk ^ set(resources)
    rows = groups = 0
    tables, gdal = {}, set()
    for table in manifest["tables"]:
        path = folder / table["file"]
        resource = resources[table["file"]]
        groups += check_metadata(path, table, resource)
        cells, tables[table["file"]] = check_table(path, table, resource)
        if table["file"].startswith("geo/"):
            gdal.add(check_geometry(path, table, cells))
        rows += table["rows"]
    check_package(folder, package, tables)
    told = f"{folder}: {len(tables)} tables, {rows} rows in {groups} groups: the same in pyarrow, pandas (3 ways), DuckDB, polars, geopandas; frictionless is content"
    return "\n".join([told, *sorted(gdal)])


def check_spatial(dataset):
    import duckdb
    import duckdb_extension_spatial

    # The extension as a wheel: nothing is fetched.
    extensions = pathlib.Path(duckdb_extension_spatial.__file__).parent / "extensions"
    (extension,) = extensions.rglob("spatial.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    folder = run_folder(dataset)
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [table for table in manifest["tables"] if table["file"].startswith("geo/")]
    assert files, "the run has no geometry"
    for table in files:
        path = folder / table["file"]
        kind = connection.sql(f"SELECT typeof(geometry) FROM '{path}' LIMIT 1").fetchone()[0]
        assert kind.startswith("GEOMETRY"), (table["file"], kind)
        rows, valid, area = connection.sql(
            f"SELECT count(*), count(*) FILTER (WHERE geometry IS NULL OR ST_IsValid(geometry)), sum(ST_Area(geometry)) FROM '{path}'"
        ).fetchone()
        assert rows == valid == table["rows"], (table["file"], rows, valid)
        # The outlines have the areas that the run measured, to a square centimetre in a square kilometre.
        keys = "layer, code" if "area" in table["file"] else "alignment, left_code, right_code"
        name = "area" if "area" in table["file"] else "overlap"
        compared, worst = connection.sql(
            f"SELECT count(*), max(abs(ST_Area(geometry) - area_m2) / greatest(area_m2, 1e4)) FROM '{path}' JOIN '{folder / name}.parquet' USING ({keys})"
        ).fetchone()
        assert compared == rows and worst < 1e-8, (table["file"], compared, worst)
        print(f"{path}: {rows} outlines, {area:.0f} m2 in DuckDB spatial; areas differ from the table's by {worst:.1e} at most")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    assert arguments and arguments != ["--spatial"], __doc__
    if arguments[0] == "--spatial":
        for argument in arguments[1:]:
            check_spatial(argument)
    else:
        missing = [name for name in ("pyarrow", "pandas", "duckdb", "polars", "frictionless", "geopandas") if importlib.util.find_spec(name) is None]
        assert not missing, f"not installed: {missing}"
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            for told in pool.imap(check, arguments):
                print(told)
