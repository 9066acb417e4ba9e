"""Holds pair areas of `coterminous overlay` against GEOS (through shapely).

Usage: geos.py [--findings FINDINGS] PAIRS LEFT RIGHT [LEFT_CODE RIGHT_CODE]

PAIRS is the Parquet that `coterminous overlay LEFT RIGHT` wrote, or a CSV of left,right,area without header; FINDINGS is what it wrote for
`--findings`. Polygons that GEOS calls invalid are first made valid by structure (shells less holes). Fails when a pair of at least 1 m2 is
missing or extra, when a pair under 1 ha is more than 1 m2 off, or a pair over 1 ha more than 1e-9 of its area and 1e-3 m2. A pair of
units that GEOS had to make valid may be off by what the findings of both declare to be read differently by the two rules, and by
1e-3 m2 + 1e-9 of its area; so may a missing or extra one. The area of each such unit must be what its finding says GEOS makes of it.
"""

import re
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
    repaired = numpy.where(valid, geometry, shapely.make_valid(geometry, method="structure", keep_collapsed=False))
    return frame[code].to_numpy(), repaired, valid


def declared(path):
    """By (layer, code): area by shells less holes, and the area that the two rules read differently, as the findings say."""
    if path is None:
        return {}
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path).to_pydict()
    said = re.compile(r"shells less holes would make it ([\d.]+) m2, and the two rules read ([\d.]+) m2 differently")
    found = {}
    for layer, code, detail in zip(table["layer"], table["code"], table["detail"]):
        match = said.search(detail)
        if match:
            found[layer, code] = (float(match.group(1)), float(match.group(2)))
    return found


def main():
    arguments = sys.argv[1:]
    findings = None
    if arguments[0] == "--findings":
        findings, arguments = arguments[1], arguments[2:]
    pairs_path, left_path, right_path, *codes = arguments
    left_code, right_code = codes or (None, None)
    said = declared(findings)
    left, left_shapes, left_valid = layer(left_path, left_code)
    right, right_shapes, right_valid = layer(right_path, right_code)
    tree = shapely.STRtree(right_shapes)
    l, r = tree.query(left_shapes, predicate="intersects")
    areas = shapely.area(shapely.intersection(left_shapes[l], right_shapes[r]))
    expected = {(left[i], right[j]): a for i, j, a in zip(l, r, areas) if a > 0}
    wrong = []
    differing = {}
    for path, units, shapes, valid in [(left_path, left, left_shapes, left_valid), (right_path, right, right_shapes, right_valid)]:
        for unit, shape, is_valid in zip(units, shapes, valid):
            structure, differently = said.get((path, unit), (None, 0.0))
            differing[path, unit] = (is_valid, differently)
            # What GEOS calls invalid may be valid by the even-odd rule (rings that touch): then nothing is declared.
            if structure is not None and abs(structure - shape.area) > 1e-3 + 1e-9 * structure:
                wrong.append(((path, unit), shape.area, structure, "area by structure"))
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
    worst_absolute = worst_relative = worst_invalid = 0.0
    for key in sorted(set(expected) | set(found)):
        want, got = expected.get(key, 0.0), found.get(key, 0.0)
        difference = abs(want - got)
        (one_valid, one), (other_valid, other) = (differing.get((p, u), (True, 0.0)) for p, u in zip((left_path, right_path), key))
        valid = one_valid and other_valid
        if valid and min(want, got) == 0.0:
            if max(want, got) >= 1.0:
                wrong.append((key, want, got, "missing" if got == 0.0 else "extra"))
            continue
        if not valid:
            allowed = one + other + 1e-3 + 1e-9 * want
            worst_invalid = max(worst_invalid, difference)
        else:
            allowed = 1.0 if want < 1e4 else max(1e-9 * want, 1e-3)
            worst_absolute = max(worst_absolute, difference)
            if want >= 1e4:
                worst_relative = max(worst_relative, difference / want)
        if difference > allowed:
            wrong.append((key, want, got, "differs"))
    print(
        f"{len(found)} pairs against {len(expected)} of GEOS {shapely.geos_version_string}: "
        f"{len(wrong)} wrong; between valid polygons at most {worst_absolute:.2e} m2 and {worst_relative:.1e} relative, "
        f"between others at most {worst_invalid:.2e} m2 where {sum(d for _, d in differing.values()):.2e} m2 are declared"
    )
    for row in wrong[:20]:
        print("  ", *row)
    sys.exit(1 if wrong else 0)


main()
