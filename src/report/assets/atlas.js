// The map to explore: what it is coloured by, moving about with mouse, fingers or keys, and what is known of the body chosen.

/** Light to dark, one hue: few to many. */
const RAMP = ["#fde7c9", "#fbc07f", "#f08a3c", "#c9540e", "#7f2b04"];

/** What the map can be coloured by. `figure` answers a number, or null where it is not known. */
const MEASURES = {
  class: { title: "Class", words: "relation to the other side" },
  flags: { title: "Number of flags", figure: (side, code) => flagsAbout(side, code).length, write: count, words: "flags about the body, or with it as partner" },
  outside: {
    title: "Pounds outside the main partner",
    // A sum that leaves something out would be coloured too light.
    figure: (side, code) => {
      const { sum, unknown } = poundsOutside(side, code);
      return unknown ? null : sum;
    },
    write: pounds,
    words: "NHS money for people outside the main council of their NHS body",
  },
};

/** Colours of the bodies of the layer shown, and the legend that says what they mean. */
function colouring() {
  const { side, colour } = state;
  const codes = [...(LAYERS.get(layerOf(side))?.areas.keys() || [])];
  if (colour === "class") {
    const classes = new Map(codes.map((code) => [code, measuredBody(side, code)?.class ?? null]));
    const legend = CLASSES.filter((one) => [...classes.values()].includes(one.id)).map((one) => ({
      colour: one.colour,
      text: sentence(one.id),
      title: one.says,
      bodies: [...classes.values()].filter((id) => id === one.id).length,
    }));
    const unknown = [...classes.values()].filter((id) => id === null).length;
    if (unknown) legend.push({ colour: null, text: "unknown", title: "nobody lives there, or it was not measured", bodies: unknown });
    return { of: (code) => (classes.get(code) ? classOf(classes.get(code))?.colour ?? null : null), legend };
  }
  const measure = MEASURES[colour];
  const figures = new Map(codes.map((code) => [code, measure.figure(side, code)]));
  const sorted = [...figures.values()].filter((figure) => figure > 0).sort((a, b) => a - b);
  // Classes with about as many bodies each; figures that are equal are never parted.
  const breaks = [...new Set(RAMP.slice(1).map((_, at) => sorted[Math.floor(((at + 1) / RAMP.length) * sorted.length)]))].filter((one) => one > sorted[0]);
  const step = (figure) => breaks.filter((one) => figure >= one).length;
  const of = (code) => {
    const figure = figures.get(code);
    if (figure === null || figure === undefined) return null;
    return figure <= 0 ? "none" : RAMP[step(figure)];
  };
  const legend = [];
  const bodies = (test) => [...figures.values()].filter(test).length;
  const none = bodies((figure) => figure !== null && figure <= 0);
  if (none) legend.push({ colour: "none", text: "none", bodies: none });
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  if (sorted.length) {
    [least, ...breaks].forEach((from, at) => {
      const within = sorted.filter((figure) => step(figure) === at);
      const [low, high] = [measure.write(within[0]), measure.write(within[within.length - 1])];
      legend.push({ colour: RAMP[at], text: low === high ? low : `${low} to ${high}`, bodies: within.length });
    });
  }
  const unknown = bodies((figure) => figure === null);
  if (unknown) legend.push({ colour: null, text: "unknown", bodies: unknown });
  return { of, legend, most };
}

function atlas(body) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const tip = h("p", { class: "tip", "aria-hidden": "true", hidden: true });
  const stage = h("div", {
    class: "stage",
    id: "stage",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "map",
    "aria-label": "Map of the bodies",
    "aria-describedby": "map-keys",
  }, canvas, tip);
  const legend = h("ul", { class: "legend", id: "legend" });
  const panel = h("div", { class: "panel", id: "panel", role: "region", "aria-label": "Body chosen" });
  const measure = h("p", { class: "note" });
  const finder = h("input", { id: "find", list: "bodies", autocomplete: "off", placeholder: "name or code" });
  const bodies = h("datalist", { id: "bodies" });
  const zoom = (times, title, label) => h("button", { type: "button", "aria-label": title, title, onclick: () => zoomBy(times) }, label);
  const tools = h("div", { class: "tools", role: "group", "aria-label": "Map view" },
    zoom(1.6, "Closer", "+"), zoom(1 / 1.6, "Further away", "−"),
    h("button", { type: "button", title: "All of it", "aria-label": "Show all of the map", onclick: () => reset() }, "All"));
  const find = h("form", { class: "find", onsubmit: (event) => (event.preventDefault(), found()) },
    h("label", { for: "find" }, "Find a body"), finder, bodies, h("button", { type: "submit" }, "Show"));
  body.append(
    h("div", { class: "atlas" },
      h("div", { class: "sheet" }, find, h("div", { class: "frame" }, stage, tools), legend, measure,
        h("p", { class: "note", id: "map-keys" }, "Drag or use the arrow keys to move, + and − to zoom, Enter to choose what is under the cross, 0 for all of it, Escape to let go. A wheel zooms once the map is chosen, or with Ctrl.")),
      panel));

  let view = null;
  let hovered = null;
  let focused = false;
  let colours = null;
  let waiting = false;

  const size = () => [stage.clientWidth, stage.clientHeight];
  /** All of the layer, clear of the buttons at the right. */
  const whole = () => {
    const [width, height] = size();
    const room = 52;
    const fitted = viewOf(LAYERS.get(layerOf(state.side))?.box || [0, 0, 1, 1], width - room, height, 22);
    return { ...fitted, x: fitted.x + room / 2 / fitted.scale };
  };
  /** As high as the country wants, within what a screen has. */
  const shape = () => {
    const [west, south, east, north] = LAYERS.get(layerOf(state.side))?.box || [0, 0, 1, 1];
    const wanted = ((stage.clientWidth - 96) * (north - south)) / Math.max(east - west, 1e-9) + 90;
    stage.style.setProperty("height", `${Math.round(Math.min(Math.max(wanted, 320), 760, Math.max(window.innerHeight * 0.74, 320)))}px`);
  };
  const other = () => (state.side === "health" ? "council" : "health");
  const draw = (paper = false) => {
    waiting = false;
    const [width, height] = size();
    if (!width || !height) return;
    view = view || whole();
    const bold = [];
    if (hovered) bold.push({ ...hovered, width: 1.6 });
    if (state.selected) bold.push({ layer: layerOf(state.selected.side), code: state.selected.code, width: 2.6 });
    drawMap(canvas, width, height, view, { fill: layerOf(state.side), colour: colours.of, lines: [layerOf(other())], bold, cross: focused && !paper, paper });
    canvas.dataset.drawn = state.selected ? state.selected.code : "";
  };
  const later = () => {
    if (!waiting) requestAnimationFrame(() => draw());
    waiting = true;
  };
  const recolour = () => {
    colours = colouring();
    const swatch = (one) => h("i", { class: one.colour === null ? "hatched" : one.colour === "none" ? "none" : null, css: one.colour && one.colour !== "none" ? { "background-color": one.colour } : {} });
    legend.replaceChildren(...colours.legend.map((one) => h("li", { title: one.title }, swatch(one), `${one.text} `, h("b", {}, count(one.bodies)))));
    const kind = current().kinds;
    const drawn = LAYERS.get(layerOf(state.side))?.areas.size > 0;
    measure.replaceChildren(
      drawn ? "" : "There is no map: this layer has no shapes. Bodies can be found by name. ",
      `Filled: ${kind[state.side]}, by ${MEASURES[state.colour].words}${state.colour === "class" ? ` (weighed by ${state.basis})` : ""}${state.colour === "outside" && state.year ? `, ${state.year}` : ""}. Lines: ${kind[other()]}.`);
    stage.setAttribute("aria-label", `Map of ${kind[state.side]}, coloured by ${MEASURES[state.colour].title.toLowerCase()}`);
    const named = ["health", "council"].flatMap((side) => sideRows(state.alignment, side, state.basis).map((row) => ({ side, code: row.code, name: nameOf(layerOf(side), row.code) })));
    bodies.replaceChildren(...named.map((one) => h("option", { value: `${one.name} (${one.code})` }, one.side === "health" ? kind.health : kind.council)));
    finder.named = named;
    later();
  };

  const hit = (x, y) => {
    const [width, height] = size();
    const [mx, my] = [view.x + (x - width / 2) / view.scale, view.y - (y - height / 2) / view.scale];
    for (const area of LAYERS.get(layerOf(state.side))?.areas.values() || []) if (inside(area, mx, my)) return area;
    return null;
  };
  const words = (area) => {
    const row = measuredBody(state.side, area.code);
    const figure = state.colour === "class" ? sentence(row?.class ?? UNKNOWN) : MEASURES[state.colour].write(MEASURES[state.colour].figure(state.side, area.code));
    return `${nameOf(area.layer, area.code)}: ${figure}`;
  };
  const hover = (x, y) => {
    const area = hit(x, y);
    tip.hidden = !area;
    if (area) {
      tip.textContent = words(area);
      const [width] = size();
      const right = x > width / 2;
      tip.style.setProperty("left", right ? "auto" : `${x + 14}px`);
      tip.style.setProperty("right", right ? `${width - x + 14}px` : "auto");
      tip.style.setProperty("top", `${Math.max(y - 34, 4)}px`);
    }
    if (area?.code !== hovered?.code) {
      hovered = area ? { layer: area.layer, code: area.code } : null;
      later();
    }
  };
  const leave = () => {
    tip.hidden = true;
    hovered = null;
    later();
  };
  const limits = () => {
    const { scale } = whole();
    // Closer than a metre a pixel there is nothing more to see.
    return [scale * 0.6, Math.max(scale * 4, STEP)];
  };
  const zoomBy = (times, x = size()[0] / 2, y = size()[1] / 2) => {
    const [width, height] = size();
    const [least, most] = limits();
    const scale = Math.min(Math.max(view.scale * times, least), most);
    const [dx, dy] = [x - width / 2, y - height / 2];
    view = { x: view.x + dx / view.scale - dx / scale, y: view.y - dy / view.scale + dy / scale, scale };
    later();
    under();
  };
  const move = (dx, dy) => {
    view = { ...view, x: view.x - dx / view.scale, y: view.y + dy / view.scale };
    later();
  };
  const reset = () => {
    view = null;
    later();
  };
  const under = () => {
    if (!focused) return;
    const area = hit(size()[0] / 2, size()[1] / 2);
    say(area ? words(area) : "outside the map");
  };
  /** Brings a body to the middle, with its surroundings. */
  const go = (side, code) => {
    const area = LAYERS.get(layerOf(side))?.areas.get(code);
    if (!area) return;
    const [width, height] = size();
    const centre = middle(area);
    const near = viewOf(area.box, width, height, Math.min(width, height) * 0.25);
    view = { x: centre.x, y: centre.y, scale: near.scale };
    later();
  };
  const found = () => {
    const text = finder.value.trim().toLowerCase();
    if (!text) return;
    const one = finder.named.find((body) => [`${body.name} (${body.code})`, body.code, body.name].some((known) => known.toLowerCase() === text)) || finder.named.find((body) => body.name.toLowerCase().includes(text));
    if (!one) return say(`no body of that name: ${finder.value}`);
    change({ side: one.side, selected: { side: one.side, code: one.code } });
    go(one.side, one.code);
  };

  pointing(stage, { hover, leave, move, zoomBy, choose: (x, y) => choose(hit(x, y)) });
  const choose = (area) => change({ selected: area ? { side: state.side, code: area.code } : null });
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 160 : 50;
    const keys = {
      ArrowLeft: () => move(far, 0),
      ArrowRight: () => move(-far, 0),
      ArrowUp: () => move(0, far),
      ArrowDown: () => move(0, -far),
      "+": () => zoomBy(1.6),
      "=": () => zoomBy(1.6),
      "-": () => zoomBy(1 / 1.6),
      0: reset,
      Enter: () => choose(hit(size()[0] / 2, size()[1] / 2)),
      Escape: () => choose(null),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
    if (event.key.startsWith("Arrow")) under();
  });
  stage.addEventListener("focus", () => {
    // The cross is for keys: whoever clicks has a pointer.
    focused = stage.matches(":focus-visible");
    later();
  });
  stage.addEventListener("blur", () => {
    focused = false;
    later();
  });
  let wide = 0;
  new ResizeObserver(() => {
    if (stage.clientWidth !== wide) {
      wide = stage.clientWidth;
      shape();
    }
    later();
  }).observe(stage);
  watch(["alignment", "basis", "side", "colour", "year"], (changed) => {
    if (changed.includes("alignment")) {
      view = null;
      shape();
    }
    hovered = null;
    recolour();
  });
  watch(["selected", "basis", "alignment", "year"], () => {
    panel.replaceChildren(...bodyPanel());
    later();
  });
  recolour();
  panel.replaceChildren(...bodyPanel());
  return { draw, go };
}

/** Mouse, pen and fingers: drag to move (two fingers on a screen that scrolls), click to choose, wheel to zoom. */
function pointing(stage, to) {
  const down = new Map();
  let moved = 0;
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (down.size === 0) moved = 0;
    down.set(event.pointerId, at(event));
    if (event.pointerType !== "touch") stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    const before = down.get(event.pointerId);
    if (!before) return to.hover(x, y);
    moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
    if (down.size === 2) {
      const fixed = [...down.entries()].find(([id]) => id !== event.pointerId)[1];
      const distance = (point) => Math.max(Math.hypot(point[0] - fixed[0], point[1] - fixed[1]), 1);
      to.zoomBy(distance([x, y]) / distance(before), (x + fixed[0]) / 2, (y + fixed[1]) / 2);
      to.move((x - before[0]) / 2, (y - before[1]) / 2);
    } else if (event.pointerType !== "touch" && moved > 3) {
      to.leave();
      to.move(x - before[0], y - before[1]);
    }
    down.set(event.pointerId, [x, y]);
  });
  const up = (event) => {
    const held = down.delete(event.pointerId);
    if (held && event.type === "pointerup" && moved <= 6 && down.size === 0) to.choose(...at(event));
  };
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("pointerleave", () => to.leave());
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== stage) return;
    event.preventDefault();
    to.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...at(event));
  }, { passive: false });
}

/** What is known of the body chosen. */
function bodyPanel() {
  const { selected, basis } = state;
  if (!selected) {
    return [h("h3", {}, "Choose a body"), h("p", {}, "Click the map, or find a body by its name. Here then stands how it relates to the other side, what obstructs joint working there, and the way to its place.")];
  }
  const { side, code } = selected;
  const row = measuredBody(side, code);
  const partner = side === "health" ? "council" : "health";
  const area = areaRow(layerOf(side), code)[0];
  const flags = flagsAbout(side, code).sort(worstFirst);
  const place = placeOf(side, code);
  const fact = (term, value) => [h("dt", {}, term), h("dd", {}, typeof value === "string" ? told(value) : value)];
  const known = row && row.class ? classOf(row.class) : null;
  const weighed = peopleOf(side, code);
  const outside = poundsOutside(side, code);
  return [
    h("p", { class: "kicker" }, current().kinds[side]),
    h("h3", { id: "chosen" }, nameOf(layerOf(side), code)),
    h("p", { class: "note" }, code, area?.valid_from ? `, from ${area.valid_from}` : "", area?.valid_to ? ` to ${area.valid_to}` : ""),
    h("p", {}, chip(row?.class ?? null), known ? `: ${known.says}.` : ""),
    h("dl", { class: "facts" },
      fact("People", people(weighed)),
      fact(`Main ${current().kinds[partner]}`, row?.main_partner ? `${nameOf(layerOf(partner), row.main_partner)}, ${percent(row.main_share)} of it` : "none"),
      fact("Significant partners", row ? `${count(row.n_partners)} (effective ${row.n_effective === null ? UNKNOWN : tenths.format(row.n_effective)})` : UNKNOWN),
      fact("Best match with one partner", percent(row?.best_jaccard ?? null)),
      fact("Covered by nobody", percent(row?.share_outside ?? null)),
      fact("By people and by area", row?.class_agrees === null || !row ? UNKNOWN : row.class_agrees ? "the same class" : "different classes"),
      fact("If tolerances change", row ? (row.class_stable ? "the class stays" : `may be ${list(row.other_classes).map(sentence).join(", ") || "another class"}`) : UNKNOWN),
      fact(`NHS pounds outside the main council${state.year ? `, ${state.year}` : ""}`, sumOf(outside, pounds, "line"))),
    place ? h("p", {}, h("a", { class: "button", href: `#place-${encodeURIComponent(place.component)}`, onclick: (event) => (event.preventDefault(), openPlace(place.component)) }, "Open its place")) : null,
    h("h4", {}, flags.length ? plural(flags.length, "flag") : "No flags"),
    h("ul", { class: "flaglist" }, flags.slice(0, 6).map((flag) => h("li", {}, severity(flag.severity), ` ${flag.obstruction_id} `, flag.message))),
    flags.length > 6 ? h("p", { class: "note" }, `and ${flags.length - 6} more, in its place below.`) : null,
    h("p", { class: "note" }, `Weighed by ${basis}.`),
  ].filter(Boolean);
}

/** People of a body: all its overlaps and what nobody covers. */
function peopleOf(side, code) {
  const parts = total(overlapsOf[side](state.alignment, code).map((row) => row.people));
  return parts.unknown ? null : parts.sum;
}
