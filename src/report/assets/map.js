// Drawing a map: land, fills, the lines of both sides, the parts that cross, labels that keep clear of each other, a scale bar. What is drawn is
// the same on the screen and in files; only the brush differs (brushes.js).

/** Metres a step of the map. */
const STEP = DATA.map.step;

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Colours of a map that are not data. The two sides differ in colour, weight and dash, so that no reader needs the colour. */
const ink = (paper) =>
  dark() && !paper
    ? { sea: "#0e161f", land: "#1e2a36", coast: "#8fa1b3", hair: "#33424f", health: "#7cc0ff", council: "#f2c14e", part: "#ff7a33", label: "#ffffff", healthName: "#b9deff", councilName: "#ffe1a0", halo: "#0a1018", none: "#2a3644", hatch: "#7f8b99", line: "#f3f6f9" }
    : { sea: "#e3edf5", land: "#fbfaf6", coast: "#6d7c8a", hair: "#d9d9d2", health: "#0058a8", council: "#6b4200", part: "#e0531a", label: "#101820", healthName: "#00427f", councilName: "#593600", halo: "#ffffff", none: "#eceae2", hatch: "#8a949e", line: "#16212c" };

/** A view: the point in the middle, and pixels a step. */
function viewOf(box, width, height, margin = 18) {
  const [west, south, east, north] = box[0] <= box[2] ? box : [0, 0, 1, 1];
  const scale = Math.min((width - 2 * margin) / Math.max(east - west, 1e-9), (height - 2 * margin) / Math.max(north - south, 1e-9));
  return { x: (west + east) / 2, y: (south + north) / 2, scale };
}

/** The box of the map that a view shows. */
function shown(view, width, height) {
  const [across, up] = [width / 2 / view.scale, height / 2 / view.scale];
  return [view.x - across, view.y - up, view.x + across, view.y + up];
}

const meets = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];

/** Arcs for a scale: points nearer than this many steps to the one before are left out, the same in every area that has the arc. */
const coarser = new Map();
function arcAt(number, detail) {
  if (detail === 0) return ARCS[number];
  if (!coarser.has(detail)) coarser.set(detail, new Map());
  const level = coarser.get(detail);
  if (!level.has(number)) {
    const arc = ARCS[number];
    const kept = [arc[0], arc[1]];
    const least = detail * detail;
    // A closed arc keeps enough points to stay a ring.
    const ring = arc[0] === arc[arc.length - 2] && arc[1] === arc[arc.length - 1];
    for (let at = 2; at < arc.length - 2; at += 2) {
      const [dx, dy] = [arc[at] - kept[kept.length - 2], arc[at + 1] - kept[kept.length - 1]];
      if (dx * dx + dy * dy >= least || (ring && arc.length <= 10)) kept.push(arc[at], arc[at + 1]);
    }
    kept.push(arc[arc.length - 2], arc[arc.length - 1]);
    level.set(number, ring && kept.length < 8 ? arc : Float64Array.from(kept));
  }
  return level.get(number);
}

/** Steps that are half a pixel, as a power of two: 0 where that is less than one step. */
function detailOf(scale) {
  const steps = 0.6 / scale;
  return steps < 1 ? 0 : 2 ** Math.floor(Math.log2(steps));
}

/** Draws the outline of an area with a pen that has moveTo, lineTo and closePath. */
function outlineOf(area, detail, pen) {
  for (const ring of area.rings) {
    let first = true;
    for (const number of ring) {
      const arc = arcAt(arcOf(number), detail);
      const last = arc.length - 2;
      for (let at = 0; at <= last; at += 2) {
        const from = number < 0 ? last - at : at;
        if (first) pen.moveTo(arc[from], arc[from + 1]);
        else if (at > 0) pen.lineTo(arc[from], arc[from + 1]);
        first = false;
      }
    }
    pen.closePath();
  }
}

/** Draws arcs that meet a box, each once: a border between two areas is one line, not two on top of each other. */
function arcsIn(arcs, detail, box, pen) {
  for (const number of arcs) {
    if (!meets(ARC_BOXES[number], box)) continue;
    const arc = arcAt(number, detail);
    pen.moveTo(arc[0], arc[1]);
    for (let at = 2; at < arc.length; at += 2) pen.lineTo(arc[at], arc[at + 1]);
  }
}

/** The alignment's layers, and every other layer of the run: the land around. */
const sidesOf = (alignment) => Object.fromEntries(["health", "council"].map((side) => [side, LAYERS.get(ALIGNMENTS.get(alignment).layers[side])]));

/** Whether an alignment has a map. */
const drawn = (alignment) => Object.values(sidesOf(alignment)).some((layer) => layer?.areas.size);

/** Crossing parts that the map can show: areas of both sides and a point in both, largest first. */
const spots = new Map();
function partsDrawn(alignment, basis) {
  const key = keyOf(alignment, basis);
  if (!spots.has(key)) {
    const { health, council } = sidesOf(alignment);
    spots.set(key, partsOf(alignment, basis).flatMap((part) => {
      const [left, right] = [health?.areas.get(part.left_code), council?.areas.get(part.right_code)];
      return left && right ? [{ part, left, right, spot: null, sought: false }] : [];
    }));
  }
  return spots.get(key);
}

/** Where the figure of a part stands: sought when it is first drawn. */
function spotOf(one) {
  if (!one.sought) Object.assign(one, { sought: true, spot: middleOf([one.left, one.right]) });
  return one.spot;
}

/**
 * Draws a map with a brush.
 *
 * @param brush of a sheet `width` x `height`
 * @param view what to show
 * @param what {alignment, basis, fill: side whose areas are filled, colour(code) -> colour, "none" for no figure, null for unknown; only: {health:
 *   codes, council: codes} that are named; parts: whether crossing parts are shaded, chosen: [left, right] of one part, bold: [{layer, code}],
 *   cross, labels, paper}
 */
function drawMap(brush, width, height, view, what) {
  const colours = ink(what.paper);
  const [detail, box] = [detailOf(view.scale * brush.ratio), shown(view, width, height)];
  const sides = sidesOf(what.alignment);
  brush.begin(view, colours.sea);
  const inView = (layer) => (layer ? [...layer.areas.values()].filter((area) => meets(area.box, box)) : []);
  // Land first, of whichever layers there are: what no body of the two sides has is land all the same.
  for (const layer of LAYERS.values()) {
    if (layer !== sides.health && layer !== sides.council && layer.areas.size > 40) continue;
    for (const area of inView(layer)) brush.fill(area, detail, colours.land);
  }
  const filled = what.fill ? sides[what.fill] : null;
  if (filled) {
    for (const area of inView(filled)) {
      const colour = what.colour(area.code);
      if (colour === null) brush.hatch(area, detail, colours);
      else if (colour !== "land") brush.fill(area, detail, colour === "none" ? colours.none : colour);
    }
  }
  const crossing = what.parts === false ? [] : partsDrawn(what.alignment, what.basis).filter((one) => meets(one.left.box, box) && meets(one.right.box, box));
  for (const one of crossing) brush.common(one.left, one.right, detail, colours.part, 0.85);
  const near = Math.min(Math.max(Math.log2(900 / (STEP / view.scale)) / 3, 0), 1.3);
  const coast = sides.council?.areas.size ? sides.council : sides.health;
  if (coast) brush.arcs(coast.outline, detail, box, colours.coast, 0.8 + near * 0.5);
  if (sides.health) brush.arcs(sides.health.arcs, detail, box, colours.health, 1.1 + near * 1.4);
  if (sides.council) brush.arcs(sides.council.arcs, detail, box, colours.council, 0.6 + near * 0.8, near > 0.2 ? [5, 3] : [3, 2]);
  for (const one of what.bold ?? []) {
    const area = LAYERS.get(one.layer)?.areas.get(one.code);
    if (!area) continue;
    // Chosen is heavier, in the colour and dash of its side.
    const council = one.layer === sides.council?.id;
    brush.outline(area, detail, colours.halo, council ? 6 : 8);
    brush.outline(area, detail, council ? colours.council : colours.health, council ? 3 : 4.5, council ? [9, 4] : []);
  }
  const pixel = (x, y) => [width / 2 + (x - view.x) * view.scale, height / 2 - (y - view.y) * view.scale];
  brush.flat();
  if (what.labels !== false) {
    const taken = [[8, height - 34, 150, height], ...(what.keepFree ?? [])];
    partFigures(brush, crossing, pixel, view, width, height, colours, taken, what);
    for (const side of ["council", "health"]) {
      if (sides[side] && what.names !== false) areaNames(brush, inView(sides[side]), side, pixel, view, width, height, colours, taken, what);
    }
  }
  scaleBar(brush, view, height, colours);
  if (what.cross) for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) brush.line([[width / 2 + dx * 4, height / 2 + dy * 4], [width / 2 + dx * 12, height / 2 + dy * 12]], colours.line, 1.5);
}

const within = (box, width, height) => box[0] >= 2 && box[1] >= 2 && box[2] <= width - 2 && box[3] <= height - 2;

/** People, or land, of the parts that cross: the largest first, in the part where it has room, else beside it with a line to it. */
function partFigures(brush, crossing, pixel, view, width, height, colours, taken, what) {
  let figures = 0;
  for (const one of crossing) {
    const spot = spotOf(one);
    // As many as a sheet of this width has room for, the largest first.
    if (!spot || figures > width / 45) continue;
    const [x, y] = pixel(spot.x, spot.y);
    if (x < 0 || y < 0 || x > width || y > height) continue;
    const text = what.basis === "people" ? people(one.part.people) : land(one.part.area_m2);
    const half = brush.width(text, 13, 700) / 2 + 4;
    const small = spot.room * view.scale < half * 2.2;
    const [dx, dy] = [half + 12, 22];
    const around = [[dx, 0], [-dx, 0], [0, -dy], [0, dy], [dx, -dy], [-dx, -dy], [dx, dy], [-dx, dy]];
    const box = ([east, south]) => [x + east - half, y + south - 10, x + east + half, y + south + 10];
    const shift = [...(small ? [] : [[0, 0]]), ...around].find((to) => within(box(to), width, height) && !taken.some((other) => meets(other, box(to))));
    if (!shift) continue;
    figures += 1;
    const chosen = one.part.left_code === what.chosen?.[0] && one.part.right_code === what.chosen?.[1];
    taken.push(box(shift), [x - 3, y - 3, x + 3, y + 3]);
    if (shift[0] || shift[1]) brush.line([[x, y], [x + shift[0], y + shift[1]]], colours.part, 1.5);
    brush.plate(box(shift), colours.part, chosen ? colours.line : null);
    brush.text([text], x + shift[0], y + shift[1], { colour: "#1b0d05", size: 13, weight: 700 });
  }
}

/** Names of areas, the largest first, where they have room and touch no other; those of councils are slanted. */
function areaNames(brush, areas, side, pixel, view, width, height, colours, taken, what) {
  const style = side === "health" ? { size: 12.5, weight: 650, colour: colours.healthName, halo: colours.halo } : { size: 12, weight: 500, slanted: true, colour: colours.councilName, halo: colours.halo };
  const size = (area) => (area.box[2] - area.box[0]) * (area.box[3] - area.box[1]);
  let tried = 0;
  for (const area of [...areas].sort((a, b) => size(b) - size(a) || (a.code < b.code ? -1 : 1))) {
    if (what.only && !what.only[side].has(area.code)) continue;
    const across = (area.box[2] - area.box[0]) * view.scale;
    if (across < 16 || (tried += 1) > 250) continue;
    const centre = middle(area);
    const room = centre.room * view.scale;
    const { lines, half } = wrapped(brush, shortOf(area.layer, area.code), Math.max(room, across * 0.8), style);
    // Its widest stretch counts, not its box: an exclave makes no room for a name.
    if (half * 2 > room * (what.only ? 2.2 : 1.25)) continue;
    const [x, middleY] = pixel(centre.x, centre.y);
    // The two sides' names often want one spot: the second goes above or below.
    for (const shift of [0, 17 + lines.length * 3, -17 - lines.length * 3, 30, -30]) {
      const y = middleY + shift;
      const box = [x - half - 3, y - lines.length * 7.5, x + half + 3, y + lines.length * 7.5];
      if (!within(box, width, height) || taken.some((other) => meets(other, box))) continue;
      taken.push(box);
      brush.text(lines, x, y, style);
      break;
    }
  }
}

/** A name on one line, or on two where that is what fits, and half its width. */
function wrapped(brush, name, room, style) {
  const key = `${style.weight}${name}`;
  if (!measuredNames.has(key)) {
    const wide = (lines) => Math.max(...lines.map((line) => brush.width(line, style.size, style.weight))) / 2;
    const words = name.split(" ");
    const parted = words.slice(1).map((_, at) => [words.slice(0, at + 1).join(" "), words.slice(at + 1).join(" ")]);
    const ways = [[name], ...parted].map((lines) => ({ lines, half: wide(lines) }));
    measuredNames.set(key, { whole: ways[0], parted: ways.reduce((best, way) => (way.half < best.half ? way : best)) });
  }
  const { whole, parted } = measuredNames.get(key);
  return whole.half * 2 <= room ? whole : parted;
}
const measuredNames = new Map();

/** A bar of a round number of kilometres or metres. */
function scaleBar(brush, view, height, colours) {
  const metres = (110 / view.scale) * STEP;
  const base = 10 ** Math.floor(Math.log10(metres));
  const length = [5, 2, 1].map((times) => times * base).find((round) => round <= metres) || base;
  const pixels = (length / STEP) * view.scale;
  const [x, y] = [14, height - 14];
  const bar = [[x, y - 6], [x, y], [x + pixels, y], [x + pixels, y - 6]];
  brush.line(bar, colours.halo, 4.5);
  brush.line(bar, colours.line, 1.5);
  brush.text([length >= 1000 ? `${length / 1000} km` : `${length} m`], x + pixels / 2, y - 12, { size: 12, weight: 500, colour: colours.label, halo: colours.halo });
}

/** What the lines and shades of a map mean. */
function mapKey(alignment) {
  const { kinds } = ALIGNMENTS.get(alignment);
  const sample = (name, ...shapes) => s("svg", { class: `sample ${name}`, viewBox: "0 0 34 14", width: 34, height: 14, "aria-hidden": "true" }, shapes);
  return h("ul", { class: "legend lines" },
    h("li", {}, sample("health", s("line", { x1: 1, x2: 33, y1: 7, y2: 7 })), `Boundary of ${article(kinds.health)} ${kinds.health}`),
    h("li", {}, sample("council", s("line", { x1: 1, x2: 33, y1: 7, y2: 7 })), `Boundary of ${article(kinds.council)} ${kinds.council}`),
    h("li", {}, sample("crossing", s("rect", { x: 4, y: 1, width: 26, height: 12 })), "On the wrong side of a line"));
}

/** A map that only shows: a canvas with words for those who do not see it. */
function stillMap(label, width, height, box, what) {
  const canvas = h("canvas", { class: "still", role: "img", "aria-label": label, css: { "aspect-ratio": `${width} / ${height}` } });
  const draw = (paper = false) => {
    const wide = canvas.clientWidth || width;
    const high = Math.round((wide * height) / width);
    drawMap(canvasBrush(canvas, wide, high, paper), wide, high, viewOf(box, wide, high, 22), { ...what, paper });
  };
  stills.add({ canvas, draw });
  requestAnimationFrame(() => draw());
  return canvas;
}
const stills = new Set();

/** Draws what is on the page again: another theme, another width, or paper. */
function redrawStills(paper = false) {
  for (const still of stills) {
    if (still.canvas.isConnected) still.draw(paper);
    else stills.delete(still);
  }
}
