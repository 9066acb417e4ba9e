"""Holds the polygons of `coterminous overlay --mode geometry` against GEOS (through shapely).

Usage: overlay_geometry.py PAIRS LEFT RIGHT

PAIRS is the GeoParquet that `coterminous overlay LEFT RIGHT --mode geometry` wrote. Fails when a polygon is not valid by OGC rules, when
its area is not the table's (1e-9 of it, or 1e-3 m2), or when its symmetric difference with what GEOS makes of the two areas is 1 m2 or
more. Units that GEOS calls invalid are left out of the last comparison and counted.
"""

import sys

import numpy
import pyarrow.parquet
import pyogrio
import shapely


def layer(path):
    frame = pyogrio.read_dataframe(f"zip://{path}" if path.endswith(".zip") else path)
    code = next(c for c in frame.columns if frame[c].dtype == object or str(frame[c].dtype).startswith("str"))
    return dict(zip(frame[code], frame.geometry.values))


def main():
    pairs_path, left_path, right_path = sys.argv[1:]
    table = pyarrow.parquet.read_table(pairs_path).to_pydict()
    shapes = shapely.from_wkb(table["geometry"])
    areas = numpy.array(table["area_m2"])
    faults = []
    for number in numpy.flatnonzero(~shapely.is_valid(shapes)):
        faults.append((table["left_code"][number], table["right_code"][number], shapely.is_valid_reason(shapes[number])))
    apart = numpy.abs(shapely.area(shapes) - areas)
    for number in numpy.flatnonzero(apart > numpy.maximum(1e-9 * areas, 1e-3)):
        faults.append((table["left_code"][number], table["right_code"][number], f"{apart[number]} m2 between polygon and table"))
    left, right = layer(left_path), layer(right_path)
    worst, compared = 0.0, 0
    for a, b, shape in zip(table["left_code"], table["right_code"], shapes):
        if not (shapely.is_valid(left[a]) and shapely.is_valid(right[b])):
            continue
        difference = shapely.area(shapely.symmetric_difference(shapely.make_valid(shape), shapely.intersection(left[a], right[b])))
        worst, compared = max(worst, difference), compared + 1
        if difference >= 1.0:
            faults.append((a, b, f"{difference} m2 of symmetric difference with GEOS"))
    print(
        f"{len(shapes)} polygons: {len(faults)} faults; {compared} compared with GEOS {shapely.geos_version_string}, "
        f"symmetric difference at most {worst:.2e} m2; area at most {apart.max():.2e} m2 from the table"
    )
    for fault in faults[:20]:
        print("  ", *fault)
    sys.exit(1 if faults or compared == 0 else 0)


main()
