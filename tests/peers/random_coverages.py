"""Holds the overlay of random coverages against GEOS (through shapely).

Usage: random_coverages.py PROGRAM [CASES [FIRST_SEED]]

Each case makes two layers of one country by a seed: squares, Voronoi cells, or groups of small cells dissolved in two ways (so that
boundaries are shared vertex for vertex), then islands, units inside holes of others, extra vertices on shared edges of one layer, vertices
moved by 0 to 3 nanometres, rings that start elsewhere or run the other way, records in another order. `PROGRAM overlay` writes areas and
polygons of every pair; GEOS intersects the polygons as the files have them. Fails when a pair is missing or extra, when an area is more than
1e-3 m2 or, over a hectare, 1e-9 of it off, when a polygon is not valid, has not the area of the table, or differs from GEOS's by 1 m2 or
more, or when areas with and without polygons are not the same.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy
import pyarrow.parquet
import pyogrio
import shapely
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.ops import unary_union

SIDE = 4000.0
ORIGIN = [400_000.0, 300_000.0]
# Pairs below this are slivers that the moving of vertices made: 12 nanometres along any boundary there is.
SLIVER_M2 = 1e-3


def squares(random, count):
    step = SIDE / count
    cells = [box(x * step, y * step, (x + 1) * step, (y + 1) * step) for x in range(count) for y in range(count)]
    return grouped(random, cells, max(2, count))


def voronoi(random, count):
    points = random.uniform(0, SIDE, (count, 2)).round(3)
    # All cells at once on the grid of 0.1 mm, so that neighbours keep their shared vertices.
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=box(0, 0, SIDE, SIDE))
    cells = [shapely.intersection(cell, box(0, 0, SIDE, SIDE)) for cell in cells.geoms]
    return [cell for cell in rounded(cells) if not cell.is_empty]


def rounded(cells):
    def on_grid(coordinates):
        return coordinates.round(4)

    return [shapely.transform(cell, on_grid) for cell in cells]


def grouped(random, cells, groups):
    """Unions of cells by random group; groups may be in several parts, and have holes."""
    group = random.integers(0, groups, len(cells))
    units = [unary_union([cell for cell, of in zip(cells, group) if of == number]) for number in range(groups)]
    return [unit for unit in units if not unit.is_empty]


def fine(random):
    """Cells, and two layers dissolved from them."""
    cells = voronoi(random, int(random.integers(30, 120)))
    return grouped(random, cells, int(random.integers(3, 9))), grouped(random, cells, int(random.integers(3, 9)))


def enclaves(random, units):
    """Gives a piece inside a unit to a unit of its own, or to another one, so that holes are filled by others."""
    units = list(units)
    for _ in range(int(random.integers(0, 3))):
        at = int(random.integers(0, len(units)))
        inside = units[at].representative_point().buffer(float(random.uniform(1, 30)), quad_segs=int(random.integers(1, 6)))
        inside = rounded([inside])[0]
        if not units[at].contains_properly(inside):
            continue
        units[at] = units[at].difference(inside)
        if random.random() < 0.5:
            units.append(inside)
        else:
            other = int(random.integers(0, len(units)))
            units[other] = unary_union([units[other], inside]) if other != at else units[other]
    for number in range(int(random.integers(0, 3))):
        # Islands off the coast, one of them touching the country in a point.
        x = SIDE if number == 0 else SIDE + 50.0 * (number + 1)
        y = float(random.integers(100, 3900))
        units.append(Polygon([(x, y), (x + 30, y - 20), (x + 30, y + 20)]))
    return units


def polygons(unit):
    return [part for part in getattr(unit, "geoms", [unit]) if isinstance(part, Polygon) and part.area > 0]


def denser(random, unit):
    """Vertices on edges that have none: at a half or a quarter, where floats are exact."""

    def ring(coordinates):
        points = [coordinates[0]]
        for p, q in zip(coordinates, coordinates[1:]):
            if random.random() < 0.3:
                middle = ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2)
                # On the line only where the middle is a number of the file's precision.
                if p[0] == q[0] or p[1] == q[1]:
                    points.append(middle)
            points.append(q)
        return points

    return rebuilt(unit, ring)


def turned(random, unit):
    def ring(coordinates):
        start = int(random.integers(0, len(coordinates) - 1))
        return list(coordinates[start:-1]) + list(coordinates[: start + 1])

    return rebuilt(unit, ring)


def rebuilt(unit, ring):
    parts = [Polygon(ring(p.exterior.coords), [ring(hole.coords) for hole in p.interiors]) for p in polygons(unit)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def moved(random, units, steps):
    """Vertices moved by up to `steps` nanometres, the same vertex the same way in all units."""
    if steps == 0:
        return units
    moves = {}

    def move(coordinates):
        moved = coordinates.copy()
        for number, point in enumerate(map(tuple, coordinates)):
            if point not in moves:
                moves[point] = random.integers(-steps, steps + 1, 2) * 1e-9
            moved[number] += moves[point]
        return moved

    return [shapely.transform(unit, move) for unit in units]


def on_grid(shape):
    """The shape in whole nanometres: GEOS decides exactly on these. Metres as floats are 0.06 of a nanometre apart, so that where vertices were
    moved by nanometres, a sliver that is valid on the grid may cross itself in metres."""
    return shapely.transform(shape, lambda c: ((c - ORIGIN) * 1e9).round())


def is_moved(seed):
    return seed % 3 == 0


def layers(seed):
    random = numpy.random.default_rng(seed)
    kind = seed % 4
    if kind == 0:
        left, right = squares(random, int(random.integers(3, 9))), squares(random, int(random.integers(3, 9)))
    elif kind == 1:
        left, right = voronoi(random, int(random.integers(5, 40))), voronoi(random, int(random.integers(5, 40)))
    elif kind == 2:
        left, right = fine(random)
    else:
        left, right = fine(random)[0], squares(random, int(random.integers(2, 7)))
    left, right = enclaves(random, left), enclaves(random, right)
    right = [turned(random, denser(random, unit)) for unit in right]
    right = moved(random, right, int(random.integers(0, 4)) if is_moved(seed) else 0)
    random.shuffle(right)
    made = []
    for units in (left, right):
        units = [unit for unit in (MultiPolygon(polygons(unit)) for unit in units) if not unit.is_empty]
        # Off the origin, where the British grid is.
        units = [shapely.transform(unit, lambda c: c + ORIGIN) for unit in units]
        made.append([unit for unit in units if unit.is_valid])
    return made


def written(path, units, letter):
    codes = numpy.array([f"{letter}{number:03}" for number in range(len(units))])
    pyogrio.write_dataframe(frame(codes, units), path)
    read = pyogrio.read_dataframe(path)
    return dict(zip(read["CODE"], read.geometry.values))


def frame(codes, units):
    import geopandas

    return geopandas.GeoDataFrame({"CODE": codes}, geometry=list(units), crs="EPSG:27700")


def overlaid(program, folder, mode):
    out = folder / f"{mode}.parquet"
    command = [program, "overlay", folder / "left.shp", folder / "right.shp", "--out", out, "--mode", mode, "--quiet"]
    subprocess.run(command, check=True)
    table = pyarrow.parquet.read_table(out).to_pydict()
    areas = {pair: area for *pair, area in zip(table["left_code"], table["right_code"], table["area_m2"]) for pair in [tuple(pair)]}
    shapes = dict(zip(areas, shapely.from_wkb(table["geometry"]))) if mode == "geometry" else {}
    return areas, shapes


def check(program, seed, folder):
    left, right = layers(seed)
    left, right = written(folder / "left.shp", left, "L"), written(folder / "right.shp", right, "R")
    areas, _ = overlaid(program, folder, "area")
    again, shapes = overlaid(program, folder, "geometry")
    wrong = [] if again == areas else ["areas with and without polygons are not the same"]
    names, others = list(left), list(right)
    tree = shapely.STRtree([right[code] for code in others])
    expected = {}
    for at, to in zip(*tree.query([left[code] for code in names], predicate="intersects")):
        # Lines and points where units only touch are no overlap.
        shape = MultiPolygon(polygons(shapely.intersection(left[names[at]], right[others[to]])))
        if shape.area > 0:
            expected[names[at], others[to]] = shape
    for pair in sorted(set(expected) | set(areas)):
        want, got = expected[pair].area if pair in expected else 0.0, areas.get(pair, 0.0)
        if min(want, got) == 0.0:
            if max(want, got) > SLIVER_M2:
                wrong.append(f"{pair}: {want} m2 by GEOS, {got} m2")
            continue
        if abs(want - got) > 1e-3 or (want > 1e4 and abs(want - got) > 1e-9 * want):
            wrong.append(f"{pair}: {want} m2 by GEOS, {got} m2")
        shape = shapes[pair]
        if not on_grid(shape).is_valid or not (shape.is_valid or is_moved(seed)):
            wrong.append(f"{pair}: {shapely.is_valid_reason(shape)}")
        elif abs(shape.area - got) > 1e-3 + 1e-9 * got:
            wrong.append(f"{pair}: a polygon of {shape.area} m2 for an area of {got} m2")
        elif shapely.symmetric_difference(shape, expected[pair]).area >= 1.0:
            wrong.append(f"{pair}: not the polygon of GEOS")
    return len(areas), wrong


def main():
    program = sys.argv[1]
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    pairs, failed = 0, 0
    for seed in range(first, first + cases):
        with tempfile.TemporaryDirectory() as folder:
            count, wrong = check(program, seed, pathlib.Path(folder))
        pairs += count
        for line in wrong[:5]:
            print(f"seed {seed}: {line}")
        failed += bool(wrong)
    print(f"{cases} random coverages, {pairs} pairs against GEOS {shapely.geos_version_string}: {failed} failed")
    sys.exit(1 if failed or pairs == 0 else 0)


main()
