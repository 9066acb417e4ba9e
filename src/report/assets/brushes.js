// The two brushes of a map: a canvas for the screen and PNG, and SVG for those who print or draw on. Both draw in pixels of the sheet; areas and
// arcs come in steps of the map and are put where the view says.

const FACE = "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

const outlines = new Map();

function canvasBrush(canvas, width, height, paper = false) {
  const ratio = paper ? 2 : Math.min(window.devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  let scale = 1;
  let slanted = null;
  const path = (area, detail) => {
    const key = `${detail}\u0000${area.layer}\u0000${area.code}`;
    if (!outlines.has(key)) {
      if (outlines.size > 6000) outlines.clear();
      const made = new Path2D();
      outlineOf(area, detail, made);
      outlines.set(key, made);
    }
    return outlines.get(key);
  };
  const stroke = (made, colour, pixels, dash = []) => {
    context.strokeStyle = colour;
    context.lineWidth = (pixels * ratio) / scale;
    context.setLineDash(dash.map((one) => (one * ratio) / scale));
    context.stroke(made);
    context.setLineDash([]);
  };
  const font = (size, weight, leaning) => `${leaning ? "italic " : ""}${weight} ${size}px ${FACE}`;
  return {
    ratio,
    begin(view, sea) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalAlpha = 1;
      context.fillStyle = sea;
      context.fillRect(0, 0, canvas.width, canvas.height);
      scale = view.scale * ratio;
      context.setTransform(scale, 0, 0, -scale, (width / 2) * ratio - view.x * scale, (height / 2) * ratio + view.y * scale);
      context.lineJoin = "round";
    },
    fill(area, detail, colour) {
      context.fillStyle = colour;
      context.fill(path(area, detail), "evenodd");
    },
    hatch(area, detail, colours) {
      slanted ??= hatched(context, colours, ratio);
      slanted.setTransform(new DOMMatrix([1 / scale, 0, 0, -1 / scale, 0, 0]));
      context.fillStyle = slanted;
      context.fill(path(area, detail), "evenodd");
    },
    common(one, other, detail, colour, alpha) {
      context.save();
      context.clip(path(one, detail), "evenodd");
      context.globalAlpha = alpha;
      context.fillStyle = colour;
      context.fill(path(other, detail), "evenodd");
      context.restore();
    },
    arcs(arcs, detail, box, colour, pixels, dash) {
      const made = new Path2D();
      arcsIn(arcs, detail, box, made);
      stroke(made, colour, pixels, dash);
    },
    outline(area, detail, colour, pixels, dash) {
      stroke(path(area, detail), colour, pixels, dash);
    },
    flat() {
      scale = ratio;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
    },
    line(points, colour, pixels) {
      const made = new Path2D();
      points.forEach(([x, y], at) => (at ? made.lineTo(x, y) : made.moveTo(x, y)));
      stroke(made, colour, pixels);
    },
    plate([west, top, east, bottom], colour, edge) {
      const made = new Path2D();
      made.roundRect(west, top, east - west, bottom - top, 4);
      context.fillStyle = "#fff4ec";
      context.fill(made);
      stroke(made, edge ?? colour, edge ? 3 : 1.5);
    },
    width(text, size, weight) {
      context.font = font(size, weight);
      return context.measureText(text).width;
    },
    text(lines, x, y, style) {
      context.font = font(style.size, style.weight, style.slanted);
      context.textAlign = style.anchor ?? "center";
      context.textBaseline = "middle";
      lines.forEach((line, at) => {
        const down = y + (at - (lines.length - 1) / 2) * (style.size + 2);
        if (style.halo) {
          context.strokeStyle = style.halo;
          context.lineWidth = 3.5;
          context.strokeText(line, x, down);
        }
        context.fillStyle = style.colour;
        context.fillText(line, x, down);
      });
    },
  };
}

/** Slanted lines: what is not known. */
function hatched(context, colours, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(7 * ratio);
  const pen = tile.getContext("2d");
  pen.fillStyle = colours.land;
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

/** A brush that makes an SVG file; `file()` is its text. */
function svgBrush(width, height) {
  const ruler = document.createElement("canvas").getContext("2d");
  const [parts, definitions] = [[], []];
  let put = (x, y) => [x, y];
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const pen = () => {
    let [text, px, py] = ["", null, null];
    const at = (letter, x, y) => {
      const [cx, cy] = put(x, y).map((one) => one.toFixed(1));
      if (letter === "L" && cx === px && cy === py) return;
      [px, py] = [cx, cy];
      text += `${letter}${cx} ${cy}`;
    };
    return { moveTo: (x, y) => at("M", x, y), lineTo: (x, y) => at("L", x, y), closePath: () => (text += "Z"), done: () => text };
  };
  const path = (area, detail) => {
    const made = pen();
    outlineOf(area, detail, made);
    return made.done();
  };
  const add = (name, attributes, text = null) => {
    const said = Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined).map(([key, value]) => ` ${key}="${plain(String(value))}"`).join("");
    parts.push(text === null ? `<${name}${said}/>` : `<${name}${said}>${plain(text)}</${name}>`);
  };
  return {
    ratio: 2,
    begin(view, sea) {
      put = (x, y) => [width / 2 + (x - view.x) * view.scale, height / 2 - (y - view.y) * view.scale];
      add("rect", { width, height, fill: sea });
    },
    fill: (area, detail, colour) => add("path", { d: path(area, detail), fill: colour, "fill-rule": "evenodd" }),
    hatch(area, detail, colours) {
      if (!definitions.some((one) => one.includes('id="unknown"'))) definitions.push(`<pattern id="unknown" width="7" height="7" patternUnits="userSpaceOnUse"><path d="M0 7L7 0" stroke="${colours.hatch}"/></pattern>`);
      add("path", { d: path(area, detail), fill: `${"url"}(#unknown)`, "fill-rule": "evenodd" });
    },
    common(one, other, detail, colour, alpha) {
      const id = `part${definitions.length}`;
      definitions.push(`<clipPath id="${id}"><path clip-rule="evenodd" d="${path(one, detail)}"/></clipPath>`);
      add("path", { d: path(other, detail), fill: colour, "fill-opacity": alpha, "fill-rule": "evenodd", "clip-path": `${"url"}(#${id})` });
    },
    arcs(arcs, detail, box, colour, pixels, dash) {
      const made = pen();
      arcsIn(arcs, detail, box, made);
      add("path", { d: made.done(), fill: "none", stroke: colour, "stroke-width": pixels.toFixed(2), "stroke-dasharray": dash?.join(" "), "stroke-linejoin": "round" });
    },
    outline: (area, detail, colour, pixels, dash) => add("path", { d: path(area, detail), fill: "none", stroke: colour, "stroke-width": pixels, "stroke-dasharray": dash?.length ? dash.join(" ") : null }),
    flat: () => (put = (x, y) => [x, y]),
    line: (points, colour, pixels) => add("polyline", { points: points.map((one) => one.join(",")).join(" "), fill: "none", stroke: colour, "stroke-width": pixels }),
    plate: ([west, top, east, bottom], colour) => add("rect", { x: west, y: top, width: east - west, height: bottom - top, rx: 4, fill: "#fff4ec", stroke: colour, "stroke-width": 1.5 }),
    width(text, size, weight) {
      ruler.font = `${weight} ${size}px ${FACE}`;
      return ruler.measureText(text).width;
    },
    text(lines, x, y, style) {
      const anchor = { center: "middle", left: "start", right: "end" }[style.anchor ?? "center"];
      lines.forEach((line, at) => add("text", {
        x: x.toFixed(1), y: (y + (at - (lines.length - 1) / 2) * (style.size + 2) + style.size * 0.35).toFixed(1), "text-anchor": anchor, "font-size": style.size, "font-weight": style.weight,
        "font-style": style.slanted ? "italic" : null, fill: style.colour, stroke: style.halo, "stroke-width": style.halo ? 3 : null, "paint-order": style.halo ? "stroke" : null,
      }, line));
    },
    file(high = height) {
      return `<svg xmlns="${SVG}" width="${width}" height="${high}" viewBox="0 0 ${width} ${high}" font-family="${FACE}"><defs>${definitions.join("")}</defs>${parts.join("")}</svg>\n`;
    },
  };
}
