// The map to explore: one sheet, or two side by side that move together; what it is coloured by, moving about with mouse, fingers or keys, and
// what is known of the body or part chosen.

/** Light to dark, one hue: few to many. */
const RAMP = ["#e4e3f1", "#c3c1e0", "#9d98c9", "#756fae", "#4f4690"];

/** What the map can be coloured by. `figure` answers a number, or null where it is not known. */
const MEASURES = {
  parts: { title: "the parts that cross", words: "only the parts on the wrong side of a line" },
  class: { title: "how a body fits", words: "how each body fits the other side" },
  flags: { title: "number of flags", figure: (side, code, alignment) => flagsAbout(side, code, alignment).length, write: count, words: "flags about the body, or with it as partner" },
  money: {
    title: "money on the wrong side",
    figure: (side, code, alignment) => (alignment === state.alignment ? moneyAcross(side, code) : null),
    write: pounds,
    words: "the body’s own money for people on the wrong side of a line",
  },
};

/** Colours of the bodies of the side that is filled, and the legend that says what they mean. */
function colouring(alignment) {
  const { side, colour, basis } = state;
  const layer = sidesOf(alignment)[side];
  const codes = [...(layer?.areas.keys() ?? [])];
  if (colour === "parts") return { of: () => "land", legend: [] };
  if (colour === "class") {
    const classes = new Map(codes.map((code) => [code, measuredBody(side, code, basis, alignment)?.class ?? null]));
    const legend = CLASSES.filter((one) => [...classes.values()].includes(one.id)).map((one) => ({ colour: one.colour, text: `${sentence(one.id)}: ${one.says}`, bodies: [...classes.values()].filter((id) => id === one.id).length }));
    const unknown = [...classes.values()].filter((id) => id === null).length;
    if (unknown) legend.push({ colour: null, text: "unknown: no people live there, or it was not measured", bodies: unknown });
    return { of: (code) => (classes.get(code) ? classOf(classes.get(code))?.colour ?? null : null), legend };
  }
  const measure = MEASURES[colour];
  const figures = new Map(codes.map((code) => [code, measure.figure(side, code, alignment)]));
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
  if (sorted.length) {
    [sorted[0], ...breaks].forEach((_, at) => {
      const inStep = sorted.filter((figure) => step(figure) === at);
      const [low, high] = [measure.write(inStep[0]), measure.write(inStep[inStep.length - 1])];
      legend.push({ colour: RAMP[at], text: low === high ? low : `${low} to ${high}`, bodies: inStep.length });
    });
  }
  const unknown = bodies((figure) => figure === null);
  if (unknown) legend.push({ colour: null, text: "unknown", bodies: unknown });
  return { of, legend };
}

/** Choices of one kind as buttons that exclude each other. */
function choice(name, legend, options, why = {}) {
  return h("fieldset", {}, h("legend", {}, legend), options.map(([value, text]) =>
    h("label", { title: why[value] }, h("input", { type: "radio", name, value, checked: state[name] === value, disabled: Boolean(why[value]), onchange: () => go({ [name]: value }) }), h("span", {}, text))));
}

function atlas(body) {
  const { kinds } = current();
  if (!drawn(state.alignment)) {
    body.append(h("p", { class: "notice" }, "There is no map: the layers of this comparison were put together from codes and have no shapes. Every body and every part is in the tables."),
      h("p", {}, link({ view: "parts" }, "Parts on the wrong side of a line"), " · ", link({ view: "bodies" }, "All bodies")));
    return { update: () => false };
  }
  const earlier = before(state.alignment);
  const others = [...ALIGNMENTS.keys()].filter((id) => id !== state.alignment && drawn(id));
  const finder = h("input", { id: "find", list: "bodies", autocomplete: "off", placeholder: "name or code" });
  const bodies = h("datalist", { id: "bodies" });
  const find = h("form", { class: "find", role: "search", onsubmit: (event) => (event.preventDefault(), found()) },
    h("label", { for: "find" }, "Find a body"), finder, bodies, h("button", { type: "submit" }, "Show"));
  const compare = h("select", { id: "compare", onchange: (event) => go({ compare: event.target.value || null, at: state.at }) },
    h("option", { value: "" }, "nothing"), others.map((id) => h("option", { value: id, selected: state.compare === id }, id === earlier?.alignment ? `before: ${alignmentTitle(id)}` : alignmentTitle(id))));
  const colourings = h("select", { id: "colour", onchange: (event) => go({ colour: event.target.value }) }, Object.entries(MEASURES).map(([id, one]) => h("option", { value: id, selected: state.colour === id }, one.title)));
  const panel = h("div", { class: "panel", id: "panel", role: "region", "aria-label": "What is chosen" });
  const legend = h("ul", { class: "legend", id: "legend" });
  const shows = h("p", { class: "note" });
  const sheets = [state.compare, state.alignment].filter(Boolean).map((alignment) => sheet(alignment));
  const stages = h("div", { class: `stages${sheets.length > 1 ? " two" : ""}` }, sheets.map((one) => one.frame));
  body.append(
    h("div", { class: "atlas-choices" }, find,
      h("label", { class: "field" }, "Coloured by ", colourings),
      choice("side", "Bodies chosen and coloured", [["health", manyOf(kinds.health)], ["council", manyOf(kinds.council)]]),
      others.length ? h("label", { class: "field" }, "Beside it ", compare) : null),
    h("div", { class: `atlas${state.compare ? " with-two" : ""}` },
      h("div", { class: "sheet" }, stages, mapKey(state.alignment), legend, shows,
        h("p", { class: "downloads" }, h("button", { type: "button", class: "small", id: "png", onclick: png }, "Download PNG"), " ", h("button", { type: "button", class: "small", id: "svg", onclick: svg }, "Download SVG")),
        h("p", { class: "note", id: "map-keys" }, "Drag, or use the arrow keys, to move; + and − zoom; Enter chooses what is under the cross, 0 shows all, Escape clears the choice. A wheel zooms once the map is chosen, or with Ctrl; on a touch screen use two fingers.")),
      panel));

  let view = null;
  let hovered = null;
  let focused = null;
  let waiting = false;
  let noted = 0;
  let clicked = false;
  const [first] = sheets;
  const size = () => [first.stage.clientWidth, first.stage.clientHeight];
  const box = () => around(sheets.flatMap((one) => Object.values(sidesOf(one.alignment)).filter((layer) => layer?.areas.size).map((layer) => layer.box)));
  /** All of it, clear of the buttons at the right. */
  function whole() {
    const [width, height] = size();
    const room = 52;
    const fitted = viewOf(box(), width - room, height, 14);
    return { ...fitted, x: fitted.x + room / 2 / fitted.scale };
  }
  /** As high as the land wants, within what a screen has. */
  function shape() {
    const [west, south, east, north] = box();
    const wide = first.stage.clientWidth;
    const wanted = ((wide - 80) * (north - south)) / Math.max(east - west, 1e-9) + 40;
    const most = Math.max(Math.min(window.innerHeight * 0.8, 900), 320);
    sheets.forEach((one) => one.stage.style.setProperty("height", `${Math.round(Math.min(Math.max(wanted, 320), most))}px`));
  }
  function paint(one, brush, width, height, paper = false) {
    const bold = [];
    if (hovered && hovered.sheet === one) bold.push({ layer: hovered.layer, code: hovered.code });
    if (state.body) {
      const [side, code] = pairOf(state.body);
      bold.push({ layer: ALIGNMENTS.get(one.alignment).layers[side], code });
    }
    const chosen = state.part ? pairOf(state.part) : null;
    if (chosen) ["health", "council"].forEach((side, at) => bold.push({ layer: ALIGNMENTS.get(one.alignment).layers[side], code: chosen[at] }));
    drawMap(brush, width, height, view, { alignment: one.alignment, basis: state.basis, fill: state.colour === "parts" ? null : state.side, colour: one.colours.of, bold, chosen, cross: focused === one && !paper, paper });
  }
  function draw(paper = false) {
    waiting = false;
    const [width, height] = size();
    if (!width || !height) return;
    if (!view) {
      const [x, y, metres] = (state.at ?? "").split(",").map(Number);
      const kept = Number.isFinite(x) && Number.isFinite(y) && metres > 0;
      view = kept ? { x: (x - DATA.map.x) / STEP, y: (y - DATA.map.y) / STEP, scale: STEP / metres } : sought() ?? whole();
    }
    for (const one of sheets) paint(one, canvasBrush(one.canvas, width, height, paper), width, height, paper);
    stages.dataset.drawn = `${view.x} ${view.y} ${view.scale}`;
  }
  function later() {
    if (!waiting) requestAnimationFrame(() => draw());
    waiting = true;
  }
  /** Where the map is, for the address: middle in metres, and metres a pixel. */
  function moved() {
    later();
    clearTimeout(noted);
    noted = setTimeout(() => {
      if (view && body.isConnected && state.view === "map") note({ at: `${Math.round(DATA.map.x + view.x * STEP)},${Math.round(DATA.map.y + view.y * STEP)},${Number((STEP / view.scale).toPrecision(4))}` });
    }, 250);
  }
  /** The view of what is chosen, with its surroundings. */
  function sought() {
    const { layers } = current();
    const areas = state.part ? pairOf(state.part).map((code, at) => LAYERS.get(layers[at ? "council" : "health"])?.areas.get(code)) : [];
    if (state.body) areas.push(LAYERS.get(layers[pairOf(state.body)[0]])?.areas.get(pairOf(state.body)[1]));
    const known = areas.filter(Boolean);
    if (!known.length) return null;
    const [width, height] = size();
    const boxes = known.map((area) => area.box);
    const near = viewOf(state.part ? boxes.reduce((a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]) : around(boxes), width, height, Math.min(width, height) * 0.25);
    const centre = state.part ? middleOf(known) : middle(known[0]);
    return { x: centre?.x ?? near.x, y: centre?.y ?? near.y, scale: Math.min(near.scale, whole().scale * 12) };
  }
  function recolour() {
    for (const one of sheets) one.colours = colouring(one.alignment);
    const swatch = (one) => h("i", { class: one.colour === null ? "hatched" : one.colour === "none" ? "none" : null, css: one.colour && one.colour !== "none" ? { "background-color": one.colour } : {} });
    const { legend: entries } = sheets[sheets.length - 1].colours;
    legend.replaceChildren(...entries.map((one) => h("li", {}, swatch(one), `${one.text} `, h("b", {}, count(one.bodies)))));
    shows.textContent = `The map shows ${MEASURES[state.colour].words}${state.colour === "parts" ? "" : `, for ${manyOf(kinds[state.side])}`}. The figures on it are ${state.basis === "people" ? "the people" : "the land"} of each part.`;
    first.stage.setAttribute("aria-label", `Map of ${manyOf(kinds.health)} and ${manyOf(kinds.council)}: ${MEASURES[state.colour].words}`);
    later();
  }
  const named = ["health", "council"].flatMap((side) => sideRows(state.alignment, side, state.basis).map((row) => ({ side, code: row.code, name: nameOf(layerOf(side), row.code) })));
  bodies.append(...named.map((one) => h("option", { value: `${one.name} (${one.code})` }, kinds[one.side])));
  function found() {
    const text = finder.value.trim().toLowerCase();
    if (!text) return;
    const one = named.find((body) => [`${body.name} (${body.code})`, body.code, body.name, bare(body.name)].some((known) => known.toLowerCase() === text)) ?? named.find((body) => body.name.toLowerCase().includes(text));
    if (!one) return say(`No body of that name: ${finder.value}`);
    view = null;
    go({ side: one.side, body: pairKey(one.side, one.code), part: null, at: null });
    finder.focus();
  }

  /** One map with its stage. */
  function sheet(alignment) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const tip = h("p", { class: "tip", "aria-hidden": "true", hidden: true });
    const own = alignment === state.alignment;
    const stage = h("div", { class: "stage", id: own ? "stage" : "stage-beside", tabindex: "0", role: "application", "aria-roledescription": "map", "aria-label": `Map of ${alignment}`, "aria-describedby": "map-keys" }, canvas, tip);
    const zoom = (times, title, label) => h("button", { type: "button", "aria-label": title, title, onclick: () => zoomBy(times) }, label);
    const tools = h("div", { class: "tools", role: "group", "aria-label": "Zoom" }, zoom(1.6, "Closer", "+"), zoom(1 / 1.6, "Further away", "−"), h("button", { type: "button", title: "All of it", "aria-label": "Show all of the map", onclick: () => reset() }, "All"));
    const total = nestingRow(alignment, state.basis)[0];
    const title = state.compare ? h("p", { class: "sheet-title" }, h("b", {}, alignment), total ? `: ${amount(total.crossing)} on the wrong side, in ${plural(total.parts, "part")}` : "") : null;
    const one = { alignment, canvas, stage, tip, colours: null, frame: h("div", { class: "frame" }, title, h("div", { class: "framed" }, stage, own ? tools : null)) };
    const hit = (x, y) => {
      const [width, height] = size();
      if (!view) return {};
      const [mx, my] = [view.x + (x - width / 2) / view.scale, view.y - (y - height / 2) / view.scale];
      const layers = sidesOf(alignment);
      const at = (side) => [...(layers[side]?.areas.values() ?? [])].find((area) => inside(area, mx, my)) ?? null;
      return { health: at("health"), council: at("council") };
    };
    const partAt = ({ health, council }) => health && council && partsDrawn(alignment, state.basis).find((one) => one.left === health && one.right === council)?.part;
    const words = (met) => {
      const names = ["health", "council"].filter((side) => met[side]).map((side) => shortOf(met[side].layer, met[side].code));
      if (!names.length) return null;
      const part = partAt(met);
      const area = met[state.side];
      const figure = part ? `${amount(partSize(part))} on the wrong side of a line` : state.colour === "class" && area ? sentence(measuredBody(state.side, area.code, state.basis, alignment)?.class ?? UNKNOWN) : MEASURES[state.colour].figure && area ? `${MEASURES[state.colour].title}: ${MEASURES[state.colour].write(MEASURES[state.colour].figure(state.side, area.code, alignment))}` : null;
      return [names.join(" · "), figure].filter(Boolean).join(": ");
    };
    const choose = (met) => {
      if (!own) return;
      clicked = true;
      const part = partAt(met);
      const area = met[state.side];
      go(part ? { part: pairKey(part.left_code, part.right_code), body: null } : { part: null, body: area ? pairKey(state.side, area.code) : null });
    };
    const hover = (x, y) => {
      const met = hit(x, y);
      const text = words(met);
      tip.hidden = !text;
      if (text) {
        tip.textContent = text;
        const [width] = size();
        const right = x > width / 2;
        tip.style.setProperty("left", right ? "auto" : `${x + 14}px`);
        tip.style.setProperty("right", right ? `${width - x + 14}px` : "auto");
        tip.style.setProperty("top", `${Math.max(y - 34, 4)}px`);
      }
      const area = met[state.side];
      if (area?.code !== hovered?.code) {
        hovered = area ? { layer: area.layer, code: area.code, sheet: one } : null;
        later();
      }
    };
    const leave = () => {
      tip.hidden = true;
      hovered = null;
      later();
    };
    const middleHit = () => hit(size()[0] / 2, size()[1] / 2);
    one.under = () => focused === one && say(words(middleHit()) ?? "outside the map");
    pointing(stage, { hover, leave, move, zoomBy, choose: (x, y) => choose(hit(x, y)) });
    stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const far = event.shiftKey ? 160 : 50;
      const keys = {
        ArrowLeft: () => move(far, 0), ArrowRight: () => move(-far, 0), ArrowUp: () => move(0, far), ArrowDown: () => move(0, -far),
        "+": () => zoomBy(1.6), "=": () => zoomBy(1.6), "-": () => zoomBy(1 / 1.6), 0: reset,
        Enter: () => choose(middleHit()),
        Escape: () => choose({}),
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
      if (event.key.startsWith("Arrow")) one.under();
    });
    stage.addEventListener("focus", () => {
      // The cross is for keys: a pointer needs none.
      focused = stage.matches(":focus-visible") ? one : null;
      later();
    });
    stage.addEventListener("blur", () => {
      focused = null;
      later();
    });
    return one;
  }
  function zoomBy(times, x = size()[0] / 2, y = size()[1] / 2) {
    if (!view) return;
    const [width, height] = size();
    const { scale: fitting } = whole();
    // Closer than a metre a pixel there is nothing more to see.
    const scale = Math.min(Math.max(view.scale * times, fitting * 0.6), Math.max(fitting * 4, STEP));
    const [dx, dy] = [x - width / 2, y - height / 2];
    view = { x: view.x + dx / view.scale - dx / scale, y: view.y - dy / view.scale + dy / scale, scale };
    moved();
    focused?.under();
  }
  function move(dx, dy) {
    if (!view) return;
    view = { ...view, x: view.x - dx / view.scale, y: view.y + dy / view.scale };
    moved();
  }
  function reset() {
    view = whole();
    moved();
  }

  /** What a downloaded map says below it. */
  const caption = () => `${alignmentTitle(state.alignment)}. ${MEASURES[state.colour].words}, by ${state.basis}. ${DATA.run.attribution ?? ""}`;
  const lines = (text, width, brush) => {
    const made = [""];
    for (const word of text.split(" ")) {
      const longer = `${made[made.length - 1]} ${word}`.trim();
      if (brush.width(longer, 11, 400) > width - 24 && made[made.length - 1]) made.push(word);
      else made[made.length - 1] = longer;
    }
    return made;
  };
  function written(brush, width, height, below) {
    const colours = ink(true);
    const [health, council] = ["health", "council"].map((side) => `Boundary of ${article(kinds[side])} ${kinds[side]}`);
    brush.line([[14, height + 14], [48, height + 14]], colours.health, 2.6);
    brush.text([health], 54, height + 14, { size: 12, weight: 500, anchor: "left", colour: colours.label });
    const after = 70 + brush.width(health, 12, 500);
    for (let x = after; x < after + 32; x += 8) brush.line([[x, height + 14], [x + 5, height + 14]], colours.council, 1.6);
    brush.text([council], after + 40, height + 14, { size: 12, weight: 500, anchor: "left", colour: colours.label });
    below.forEach((text, at) => brush.text([text], 14, height + 36 + at * 15, { size: 11, weight: 400, anchor: "left", colour: colours.label }));
  }
  function png() {
    const [width, height] = size();
    const canvas = document.createElement("canvas");
    const trial = canvasBrush(document.createElement("canvas"), 1, 1, true);
    const below = lines(caption(), width, trial);
    const high = height + 44 + below.length * 15;
    const brush = canvasBrush(canvas, width, high, true);
    brush.begin({ x: 0, y: 0, scale: 1 }, "#ffffff");
    const map = document.createElement("canvas");
    paint(sheets[sheets.length - 1], canvasBrush(map, width, height, true), width, height, true);
    canvas.getContext("2d").setTransform(1, 0, 0, 1, 0, 0);
    canvas.getContext("2d").drawImage(map, 0, 0);
    brush.flat();
    written(brush, width, height, below);
    canvas.toBlob((blob) => download(`${fileName("map")}.png`, blob), "image/png");
  }
  function svg() {
    const [width, height] = size();
    const brush = svgBrush(width, height);
    const below = lines(caption(), width, brush);
    paint(sheets[sheets.length - 1], brush, width, height, true);
    written(brush, width, height, below);
    download(`${fileName("map")}.svg`, new Blob([brush.file(height + 44 + below.length * 15)], { type: "image/svg+xml" }));
  }

  // Its size is settled before anything is drawn: what a view shows depends on it.
  shape();
  let wide = first.stage.clientWidth;
  new ResizeObserver(() => {
    if (first.stage.clientWidth !== wide) {
      wide = first.stage.clientWidth;
      shape();
    }
    later();
  }).observe(first.stage);
  panel.replaceChildren(...chosenPanel());
  recolour();
  return {
    draw,
    /** Follows a change of the address without a new map, where that is possible. */
    update(changed) {
      if (changed.some((name) => ["alignment", "compare", "basis", "view"].includes(name))) return false;
      // A choice made on the map leaves it where it is; one made by name, link or address brings it into view.
      if (changed.includes("at") || (!clicked && !state.at && (changed.includes("body") || changed.includes("part")))) view = null;
      clicked = false;
      for (const input of body.querySelectorAll(".atlas-choices input[type=radio]")) input.checked = state[input.name] === input.value;
      colourings.value = state.colour;
      panel.replaceChildren(...chosenPanel());
      recolour();
      return true;
    },
  };
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

/** What is known of the body or the part chosen on the map. */
function chosenPanel() {
  if (state.part) {
    const [left, right] = pairOf(state.part);
    const part = crossingOf(state.alignment, state.basis, left, right)[0];
    return [
      h("p", { class: "kicker" }, "Part on the wrong side of a line"),
      h("h3", { id: "chosen" }, partName(left, right)),
      part ? partFacts(part) : h("p", {}, "This pair is on no wrong side of a line."),
      h("p", {}, h("a", { class: "button", href: hrefOf({ view: "part", part: state.part }) }, "All about this part")),
    ];
  }
  if (state.body) {
    const [side, code] = pairOf(state.body);
    return [
      h("p", { class: "kicker" }, kindOf(state.alignment, side)),
      h("h3", { id: "chosen" }, nameOf(layerOf(side), code)),
      ...bodyFacts(side, code),
      h("p", {}, h("a", { class: "button", href: hrefOf({ view: "body", body: state.body }) }, "All about this body")),
    ];
  }
  const parts = partsOf().slice(0, 8);
  return [
    h("h3", {}, "Choose a body or a part"),
    h("p", {}, "Click the map, or find a body by its name. You will see how it fits the other side, and who is on the wrong side of its line."),
    parts.length ? h("p", {}, h("b", {}, "The largest parts")) : null,
    parts.length ? h("ul", { class: "short" }, parts.map((part) => h("li", {}, h("a", { href: hrefOf({ part: pairKey(part.left_code, part.right_code), body: null, at: null }) }, partName(part.left_code, part.right_code)), ` ${amount(partSize(part))}`))) : null,
  ].filter(Boolean);
}
