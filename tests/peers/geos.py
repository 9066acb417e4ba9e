"""Holds pair areas of `coterminous overlay` against GEOS (through shapely).

Usage: geos.py PAIRS LEFT RIGHT [LEFT_CODE RIGHT_CODE]

PAIRS is the Parquet that `coterminous overlay LEFT RIGHT` wrote, or a CSV of left,right,area without header. Polygons that GEOS calls
invalid are first made valid by linework, which is the even-odd rule that the program documents. Fails when a pair of at least 1 m2 is
missing or extra, when a pair under 1 ha is more than 1 m2 off, or a pair over 1 ha more than 1e-9 of its area and 1e-3 m2. Pairs of
units that GEOS had to make valid may be off by 1 m2 + 1e-7 of their area.
"""

import sys

import numpy
import pyogrio
import shapely


def layer(path, code):
    frame = pyogrio.read_dataframe(f"zip://{path}" if path.endswith(".zip") else path)
    if code is None:
        code = next(c for c in frame.columns if frame[c].dtype == object or str(frame[c].dtype).startswith("str"))
    geometry = frame.geometry.values
    valid = shapely.is_valid(geometry)
    repaired = numpy.where(valid, geometry, shapely.make_valid(geometry, method="linework"))
    return frame[code].to_numpy(), repaired, valid


def main():
    pairs_path, left_path, right_path, *codes = sys.argv[1:]
    left_code, right_code = codes or (None, None)
    left, left_shapes, left_valid = layer(left_path, left_code)
    right, right_shapes, right_valid = layer(right_path, right_code)
    tree = shapely.STRtree(right_shapes)
    l, r = tree.query(left_shapes, predicate="intersects")
    areas = shapely.area(shapely.intersection(left_shapes[l], right_shapes[r]))
    expected = {(left[i], right[j]): (a, left_valid[i] and right_valid[j]) for i, j, a in zip(l, r, areas) if a > 0}
    if pairs_path.endswith(".csv"):
        rows = [line.rsplit(",", 2) for line in open(pairs_path)]
        found = {(a, b): float(c) for a, b, c in rows}
    else:
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(pairs_path).to_pydict()
        found = {
            (a, b): c
            for a, b, c in zip(table["left_code"], table["right_code"], table["area_m2"])
            if "__outside__" not in (a, b)
        }
    wrong = []
    worst_absolute = worst_relative = 0.0
    for key in sorted(set(expected) | set(found)):
        want, valid = expected.get(key, (0.0, True))
        got = found.get(key, 0.0)
        difference = abs(want - got)
        if want == 0.0 or got == 0.0:
            if max(want, got) >= 1.0:
                wrong.append((key, want, got, "missing" if got == 0.0 else "extra"))
            continue
        allowed = 1.0 if want < 1e4 else max(1e-9 * want, 1e-3)
        if not valid:
            allowed = 1.0 + 1e-7 * want
        if difference > allowed:
            wrong.append((key, want, got, "differs"))
        if valid:
            worst_absolute = max(worst_absolute, difference)
            if want >= 1e4:
                worst_relative = max(worst_relative, difference / want)
    print(
        f"{len(found)} pairs against {len(expected)} of GEOS {shapely.geos_version_string}: "
        f"{len(wrong)} wrong; between valid polygons at most {worst_absolute:.2e} m2 and {worst_relative:.1e} relative"
    )
    for row in wrong[:20]:
        print("  ", *row)
    sys.exit(1 if wrong else 0)


main()
