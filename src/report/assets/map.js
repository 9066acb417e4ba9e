// Drawing a map on a canvas: fills, lines that neighbours share drawn once, labels that keep clear of each other, a scale bar.

/** Metres a step of the map. */
const STEP = DATA.map.step;

const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Colours of a map that are not data. */
const ink = (paper) =>
  dark() && !paper
    ? { ground: "#16202b", hair: "rgba(13,20,28,.75)", line: "#f3f6f9", label: "#ffffff", halo: "rgba(10,16,24,.85)", none: "#2a3644", hatch: "#7f8b99" }
    : { ground: "#eef3f7", hair: "rgba(255,255,255,.8)", line: "#1c2733", label: "#101820", halo: "rgba(255,255,255,.9)", none: "#dfe5ea", hatch: "#8a949e" };

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

const paths = new Map();
function cached(key, make) {
  if (!paths.has(key)) {
    if (paths.size > 6000) paths.clear();
    paths.set(key, make());
  }
  return paths.get(key);
}

/** Outline of an area. */
function areaPath(area, detail) {
  return cached(`${detail}\u0000${area.layer}\u0000${area.code}`, () => {
    const path = new Path2D();
    for (const ring of area.rings) {
      let first = true;
      for (const number of ring) {
        const arc = arcAt(arcOf(number), detail);
        const last = arc.length - 2;
        for (let at = 0; at <= last; at += 2) {
          const from = number < 0 ? last - at : at;
          if (first) path.moveTo(arc[from], arc[from + 1]);
          else if (at > 0) path.lineTo(arc[from], arc[from + 1]);
          first = false;
        }
      }
      path.closePath();
    }
    return path;
  });
}

/** Lines of a layer in a box, each arc once: a border between two areas is one line, not two on top of each other. */
function linePath(layer, detail, box) {
  const path = new Path2D();
  for (const number of layer.arcs) {
    if (!meets(ARC_BOXES[number], box)) continue;
    const arc = arcAt(number, detail);
    path.moveTo(arc[0], arc[1]);
    for (let at = 2; at < arc.length; at += 2) path.lineTo(arc[at], arc[at + 1]);
  }
  return path;
}

/** Slanted lines: what is not known. */
function hatch(context, colours, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(7 * ratio);
  const pen = tile.getContext("2d");
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, tile.width, tile.height);
  pen.strokeStyle = colours.hatch;
  pen.lineWidth = 1.1 * ratio;
  pen.beginPath();
  for (const shift of [-tile.width, 0, tile.width]) {
    pen.moveTo(shift - 1, tile.height + 1);
    pen.lineTo(shift + tile.width + 1, -1);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/**
 * Draws a map.
 *
 * @param canvas whose size in CSS pixels is `width` x `height`
 * @param view what to show
 * @param what {fill: layer id, colour(code) -> colour, "none" for no figure or null for unknown, lines: layer ids drawn over it, only: codes,
 *   labels, bold: [{layer, code, width}], cross, paper: for print}
 */
function drawMap(canvas, width, height, view, what) {
  const ratio = what.paper ? 2 : Math.min(window.devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  const colours = ink(what.paper);
  const [scale, detail, box] = [view.scale * ratio, detailOf(view.scale * ratio), shown(view, width, height)];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const place = () => context.setTransform(scale, 0, 0, -scale, canvas.width / 2 - view.x * scale, canvas.height / 2 + view.y * scale);
  place();
  context.lineJoin = "round";
  const filled = LAYERS.get(what.fill);
  const visible = filled ? [...filled.areas.values()].filter((area) => meets(area.box, box)) : [];
  const pattern = hatch(context, colours, ratio);
  pattern.setTransform(new DOMMatrix([1 / scale, 0, 0, -1 / scale, 0, 0]));
  for (const area of visible) {
    const colour = what.only && !what.only.has(area.code) ? "none" : what.colour(area.code);
    context.fillStyle = colour === null ? pattern : colour === "none" ? colours.none : colour;
    context.fill(areaPath(area, detail), "evenodd");
  }
  const stroke = (path, colour, pixels) => {
    context.strokeStyle = colour;
    context.lineWidth = (pixels * ratio) / scale;
    context.stroke(path);
  };
  if (filled) stroke(linePath(filled, detail, box), colours.hair, 0.9);
  for (const [at, id] of (what.lines || []).entries()) {
    const layer = LAYERS.get(id);
    // A country's borders are hairs, a town's are lines.
    const closeness = Math.min(Math.max(Math.log2(600 / (STEP / view.scale)) / 3, 0), 1);
    if (layer) stroke(linePath(layer, detail, box), colours.line, (at === 0 ? 0.55 : 0.35) + closeness);
  }
  for (const one of what.bold || []) {
    const area = LAYERS.get(one.layer)?.areas.get(one.code);
    if (!area) continue;
    stroke(areaPath(area, detail), colours.halo, one.width + 2.5);
    stroke(areaPath(area, detail), colours.line, one.width);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const pixel = (x, y) => [width / 2 + (x - view.x) * view.scale, height / 2 - (y - view.y) * view.scale];
  if (what.labels !== false) drawLabels(context, visible, pixel, view, width, height, colours, what);
  drawScale(context, view, width, height, colours);
  if (what.cross) {
    context.strokeStyle = colours.line;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(width / 2 + dx * 4, height / 2 + dy * 4);
      context.lineTo(width / 2 + dx * 12, height / 2 + dy * 12);
    }
    context.stroke();
  }
}

/** Names of areas, the largest first, where they have room and touch no other. */
function drawLabels(context, areas, pixel, view, width, height, colours, what) {
  context.font = "500 12px system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const size = (area) => (area.box[2] - area.box[0]) * (area.box[3] - area.box[1]);
  const taken = [[8, height - 34, 150, height]];
  for (const area of [...areas].sort((a, b) => size(b) - size(a) || (a.code < b.code ? -1 : 1))) {
    if (what.only && !what.only.has(area.code)) continue;
    const across = (area.box[2] - area.box[0]) * view.scale;
    if (across < 12) continue;
    const centre = middle(area);
    let [x, y] = pixel(centre.x, centre.y);
    const { lines, half } = wrapped(context, nameOf(area.layer, area.code), Math.max(centre.room * view.scale, across * 0.8));
    // Its widest stretch counts, not its box: an exclave makes no room for a name.
    if (half * 2 > centre.room * view.scale * 1.3) {
      // Below the area, where no other is in the way: in a country of islands, not in one of neighbours.
      const [, south, ,] = area.box;
      y = pixel(centre.x, south)[1] + 6 + lines.length * 7.5;
      const free = [x - half - 3, y - lines.length * 7.5, x + half + 3, y + lines.length * 7.5];
      const ground = (other) => {
        const [west, top] = pixel(other.box[0], other.box[3]);
        const [east, bottom] = pixel(other.box[2], other.box[1]);
        return [west, top, east, bottom];
      };
      if (areas.length > 60 || areas.some((other) => meets(ground(other), free))) continue;
    }
    const box = [x - half - 3, y - lines.length * 7.5, x + half + 3, y + lines.length * 7.5];
    if (box[0] < 2 || box[1] < 2 || box[2] > width - 2 || box[3] > height - 2 || taken.some((other) => meets(other, box))) continue;
    taken.push(box);
    lines.forEach((line, at) => {
      const down = y + (at - (lines.length - 1) / 2) * 14;
      context.strokeStyle = colours.halo;
      context.lineWidth = 3.5;
      context.strokeText(line, x, down);
      context.fillStyle = colours.label;
      context.fillText(line, x, down);
    });
  }
}

/** A name on one line, or on two where that is what fits, and half its width. */
function wrapped(context, name, room) {
  if (!measuredNames.has(name)) {
    const wide = (lines) => Math.max(...lines.map((line) => context.measureText(line).width)) / 2;
    const words = name.split(" ");
    const parted = words.slice(1).map((_, at) => [words.slice(0, at + 1).join(" "), words.slice(at + 1).join(" ")]);
    const ways = [[name], ...parted].map((lines) => ({ lines, half: wide(lines) }));
    measuredNames.set(name, { whole: ways[0], parted: ways.reduce((best, way) => (way.half < best.half ? way : best)) });
  }
  const { whole, parted } = measuredNames.get(name);
  return whole.half * 2 <= room ? whole : parted;
}
const measuredNames = new Map();

/** A bar of a round number of kilometres or metres. */
function drawScale(context, view, width, height, colours) {
  const metres = (110 / view.scale) * STEP;
  const base = 10 ** Math.floor(Math.log10(metres));
  const length = [5, 2, 1].map((times) => times * base).find((round) => round <= metres) || base;
  const pixels = (length / STEP) * view.scale;
  const text = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  const [x, y] = [14, height - 14];
  context.lineJoin = "miter";
  for (const [colour, line] of [[colours.halo, 4.5], [colours.line, 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    context.moveTo(x, y - 6);
    context.lineTo(x, y);
    context.lineTo(x + pixels, y);
    context.lineTo(x + pixels, y - 6);
    context.stroke();
  }
  context.font = "12px system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.lineJoin = "round";
  context.strokeStyle = colours.halo;
  context.lineWidth = 3.5;
  context.strokeText(text, x + 4, y - 5);
  context.fillStyle = colours.label;
  context.fillText(text, x + 4, y - 5);
}

/** A map that only shows: a canvas with words for those who do not see it. */
function stillMap(label, width, height, box, what) {
  const canvas = h("canvas", { class: "still", role: "img", "aria-label": label, css: { "aspect-ratio": `${width} / ${height}` } });
  const draw = (paper = false) => {
    const wide = canvas.clientWidth || width;
    const high = Math.round((wide * height) / width);
    drawMap(canvas, wide, high, viewOf(box, wide, high, 26), { ...what, paper });
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
