// The published tables and the map, as the page holds them. Unknown is null throughout.

const DATA = JSON.parse(document.getElementById("data").textContent);

const made = new Map();

/** Values one by one: what repeats is held as runs of a value and how often it comes. */
function listed(values) {
  if (!values.runs) return values;
  const all = [];
  for (let at = 0; at < values.runs.length; at += 2) for (let times = values.runs[at + 1]; times > 0; times -= 1) all.push(values.runs[at]);
  return all;
}

/** Rows of a published table as objects, in the order of the table. */
function rows(name) {
  if (!made.has(name)) {
    const table = DATA.tables[name];
    const columns = Object.entries(table.columns).map(([column, cells]) => {
      const values = listed(cells.texts ? cells.at : cells);
      return [column, cells.texts ? (row) => (values[row] === null ? null : cells.texts[values[row]]) : (row) => values[row]];
    });
    const list = new Array(table.rows);
    for (let row = 0; row < table.rows; row += 1) {
      const made = {};
      for (const [column, cell] of columns) made[column] = cell(row);
      list[row] = made;
    }
    made.set(name, list);
  }
  return made.get(name);
}

const groups = new Map();

/** Rows of a table by the text of some columns. */
function by(name, ...columns) {
  const key = `${name} ${columns.join(" ")}`;
  if (!groups.has(key)) {
    const map = new Map();
    for (const row of rows(name)) {
      const at = keyOf(...columns.map((column) => row[column]));
      if (!map.has(at)) map.set(at, []);
      map.get(at).push(row);
    }
    groups.set(key, map);
  }
  const map = groups.get(key);
  return (...values) => map.get(keyOf(...values)) || [];
}

/** One text for several key parts; codes may hold any character but this one. */
function keyOf(...parts) {
  return parts.map((part) => (part === null ? "\u0001" : part)).join("\u0000");
}

/** Codes of a list in one column. */
function list(text) {
  return text === null ? [] : text.split(";");
}

const areaRow = by("area", "layer", "code");

/** Published name of an area, else its code. */
function nameOf(layer, code) {
  if (code === "__outside__") return "outside";
  if (code === "__none__") return "none";
  const row = areaRow(layer, code)[0];
  return (row && row.name) || code;
}

/** What a sum of some figures is worth: the known part, and how many were not known. */
function total(figures) {
  let [sum, known, unknown] = [0, 0, 0];
  for (const figure of figures) {
    if (figure === null || figure === undefined) unknown += 1;
    else {
      sum += figure;
      known += 1;
    }
  }
  return { sum: known ? sum : null, known, unknown };
}

// Alignments ------------------------------------------------------------------------------------------------------------------------

/** Alignments by id, in the order of the config: layers, kinds of body, whether people and whether land were weighed. */
const ALIGNMENTS = (() => {
  const found = new Map();
  for (const id of DATA.run.alignments) found.set(id, { id, people: false, land: false, layers: {} });
  for (const row of rows("rate")) {
    if (!found.has(row.alignment)) found.set(row.alignment, { id: row.alignment, people: false, land: false, layers: {} });
    found.get(row.alignment)[row.basis === "people" ? "people" : "land"] = true;
  }
  for (const row of rows("overlap")) {
    const alignment = found.get(row.alignment);
    if (alignment) alignment.layers = { health: row.left_layer, council: row.right_layer };
  }
  const measured = new Set(rows("rate").map((row) => row.alignment));
  for (const alignment of [...found.values()]) {
    if (!measured.has(alignment.id)) found.delete(alignment.id);
    alignment.kinds = {};
    for (const side of ["health", "council"]) {
      const row = rows("area").find((area) => area.layer === alignment.layers[side]);
      alignment.kinds[side] = row ? row.kind : side === "health" ? "NHS body" : "council";
    }
  }
  return found;
})();

/** Fiscal years of an alignment's money, the latest first. */
function yearsOf(alignment) {
  if (!years.has(alignment)) {
    const found = new Set(rows("budget_body").filter((row) => row.alignment === alignment).map((row) => row.fiscal_year));
    found.delete(null);
    years.set(alignment, [...found].sort().reverse());
  }
  return years.get(alignment);
}
const years = new Map();

// The map ---------------------------------------------------------------------------------------------------------------------------

const DIGIT = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map((digit, value) => [digit.charCodeAt(0), value]));

/** Points of an arc, x and y by turns, in steps of the map. */
function decoded(text) {
  const points = [];
  let [x, y, at] = [0, 0, 0];
  const next = () => {
    let [value, shift, digit] = [0, 1, 0];
    do {
      digit = DIGIT.get(text.charCodeAt(at));
      at += 1;
      value += (digit & 31) * shift;
      shift *= 32;
    } while (digit & 32);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  while (at < text.length) {
    x += next();
    y += next();
    points.push(x, y);
  }
  return Float64Array.from(points);
}

const ARCS = DATA.map.arcs.map(decoded);

/** Bounding box [west, south, east, north] of boxes. */
function around(boxes) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [west, south, east, north] of boxes) {
    box[0] = Math.min(box[0], west);
    box[1] = Math.min(box[1], south);
    box[2] = Math.max(box[2], east);
    box[3] = Math.max(box[3], north);
  }
  return box;
}

const ARC_BOXES = ARCS.map((arc) => {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < arc.length; at += 2) {
    box[0] = Math.min(box[0], arc[at]);
    box[1] = Math.min(box[1], arc[at + 1]);
    box[2] = Math.max(box[2], arc[at]);
    box[3] = Math.max(box[3], arc[at + 1]);
  }
  return box;
});

const arcOf = (number) => (number < 0 ? ~number : number);

/** Layers of the map: areas by code with rings and box, and the arcs of all of them, each once. */
const LAYERS = new Map(
  Object.entries(DATA.map.layers).map(([id, listed]) => {
    const areas = new Map();
    const arcs = new Set();
    // An arc that one area of a layer has alone is its coast, or the border of the land.
    const outline = new Set();
    for (const [code, rings] of listed) {
      const own = new Set(rings.flat().map(arcOf));
      own.forEach((arc) => (arcs.has(arc) ? outline.delete(arc) : outline.add(arc), arcs.add(arc)));
      if (rings.length) areas.set(code, { layer: id, code, rings, arcs: own, box: around([...own].map((arc) => ARC_BOXES[arc])) });
    }
    return [id, { id, areas, arcs, outline, box: around([...areas.values()].map((area) => area.box)) }];
  }),
);

/** Calls `visit` with every point of a ring in order. */
function along(ring, visit) {
  for (const number of ring) {
    const arc = ARCS[arcOf(number)];
    if (number < 0) for (let at = arc.length - 2; at >= 0; at -= 2) visit(arc[at], arc[at + 1]);
    else for (let at = 0; at < arc.length; at += 2) visit(arc[at], arc[at + 1]);
  }
}

/** Where a horizontal line at `y` meets the rings of an area, ascending. */
function crossings(area, y) {
  const met = [];
  for (const ring of area.rings) {
    let [px, py, first] = [0, 0, true];
    along(ring, (x, qy) => {
      if (!first && py <= y !== qy <= y) met.push(px + ((y - py) / (qy - py)) * (x - px));
      [px, py, first] = [x, qy, false];
    });
  }
  return met.sort((a, b) => a - b);
}

/** Whether a point is inside an area, by the even-odd rule as everywhere in the program. */
function inside(area, x, y) {
  const [west, south, east, north] = area.box;
  if (x < west || x > east || y < south || y > north) return false;
  return crossings(area, y).filter((at) => at <= x).length % 2 === 1;
}

/** A point well inside an area: the middle of the widest stretch, where it is also high. */
function middle(area) {
  area.middle ??= widest([area]);
  return area.middle;
}

/** A point well inside what areas have in common; null where the map shows nothing of it. */
function middleOf(areas) {
  const found = widest(areas);
  return found.room > 0 ? found : null;
}

function widest(areas) {
  const box = areas.map((area) => area.box).reduce((a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const [, south, , north] = box;
  let best = { width: 0, room: 0, x: (box[0] + box[2]) / 2, y: (south + north) / 2 };
  const slices = areas.length > 1 ? 61 : 15;
  for (let slice = 0; slice < slices && south < north; slice += 1) {
    const y = south + ((slice + 0.5) / slices) * (north - south);
    // A stretch near the middle of the area reads better than one at its edge.
    const central = 1 - Math.abs((slice + 0.5) / slices - 0.5);
    for (const [from, to] of areas.map((area) => stretches(crossings(area, y))).reduce(common)) {
      const width = (to - from) * central;
      if (width > best.width) best = { width, x: (from + to) / 2, y, room: to - from };
    }
  }
  return best;
}

function stretches(met) {
  const pairs = [];
  for (let at = 0; at + 1 < met.length; at += 2) pairs.push([met[at], met[at + 1]]);
  return pairs;
}

/** What two lists of stretches have in common. */
function common(one, other) {
  const both = [];
  for (const [a, b] of one) for (const [c, d] of other) if (Math.max(a, c) < Math.min(b, d)) both.push([Math.max(a, c), Math.min(b, d)]);
  return both;
}
