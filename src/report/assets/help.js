// What would help: options for each place, what mergers did, and what proposals would do.

function options(body) {
  const all = optionsOf(state.alignment);
  const first = all.filter((option) => option.first).length;
  body.append(
    h("p", {}, `Each option was judged by running the rules again on the bodies as they would be. ${all.length ? `${capital(plural(all.length, "option"))} were tried; for ${plural(first, "place")} one is shown first: of those that affect few enough people, the one that helps most.` : ""}`),
    h("p", { class: "note" }, "An option shows what the rules would find, not what would happen. An agreement moves no line: the people stay where they are, and the two sides work and pay together."),
    optionGrid(all, "option-table"));
}

// Mergers ---------------------------------------------------------------------------------------------------------------------------

const EFFECTS = ["improved", "neutral", "worsened", "unknown"];
const effectBasis = (id) => (rows("merger_effect").some((row) => row.succession === id && row.basis === "people" && row.crossing_after !== null) ? "people" : "area");

function mergers(body) {
  const dated = new Map(rows("succession").map((row) => [row.succession, row.date ?? "9999"]));
  const ids = [...dated.keys()].sort((a, b) => (dated.get(a) < dated.get(b) ? -1 : dated.get(a) > dated.get(b) ? 1 : a < b ? -1 : 1));
  if (!ids.length) return body.append(h("p", { class: "notice" }, "This run has no change of bodies: nothing was merged or split."));
  body.append(h("p", {}, "What each change of bodies did. Better: fewer of a body’s people are on the wrong side of a line, or, where lines stay, it deals with fewer partners. Worse: more."));
  for (const id of ids) {
    const basis = effectBasis(id);
    const own = rows("merger_headline").filter((row) => row.succession === id && row.basis === basis);
    const links = rows("succession").filter((row) => row.succession === id);
    const { date, from_layer: from, to_layer: to } = links[0];
    const side = [...ALIGNMENTS.values()].some((one) => one.layers.health === to) ? "health" : "council";
    const effects = rows("merger_effect").filter((row) => row.succession === id && row.basis === basis);
    const changed = effects.filter((row) => row.effect === "improved" || row.effect === "worsened");
    const [row] = own;
    const amountOf = (value) => (value === null || value === undefined ? UNKNOWN : basis === "people" ? `${people(value)} people` : land(value));
    const bodiesOf = (layer) => rows("area").filter((area) => area.layer === layer).length;
    body.append(
      h("h3", {}, `${layerFacts(from).kind ? capital(manyOf(layerFacts(from).kind)) : from}: ${from} to ${to}`, date ? h("span", { class: "note" }, ` ${day(date)}`) : null),
      h("p", {}, `${count(bodiesOf(from))} became ${count(bodiesOf(to))}. `, row ? [`On the wrong side of a line, of the whole map: `, h("b", {}, amountOf(row.crossing_before)), ` before, `, h("b", {}, amountOf(row.crossing_after)), " after."] : "No comparison was measured for it."),
      row ? beforeAfter([{ title: "before", value: row.crossing_before, words: `${amountOf(row.crossing_before)}, ${plural(row.parts_before, "part")}` }, { title: "after", value: row.crossing_after, words: `${amountOf(row.crossing_after)}, ${plural(row.parts_after, "part")}` }]) : "",
      wholeMaps(side, from, to, basis),
      h("div", { class: "effects" }, ["health", "council"].map((one) => effectBar(own.filter((line) => line.side === one), one)).filter(Boolean)),
      changed.length ? h("details", { class: "table" }, h("summary", {}, `${plural(changed.length, "body", "bodies")} that got better or worse, before and after`), lazily(() => effectGrid(changed.sort((a, b) => Math.abs(b.crossing_change) - Math.abs(a.crossing_change)), id, `effect-${ids.indexOf(id)}`))) : "");
  }
}

/** The whole map before and after, side by side. */
function wholeMaps(side, from, to, basis) {
  const [earlier, later] = [from, to].map((layer) => [...ALIGNMENTS.values()].find((one) => one.layers[side] === layer));
  if (!earlier || !later || !drawn(earlier.id) || !drawn(later.id)) return "";
  const box = around([earlier, later].flatMap((one) => Object.values(sidesOf(one.id)).filter((layer) => layer?.areas.size).map((layer) => layer.box)));
  const one = (alignment, title) => h("figure", {}, h("figcaption", {}, h("b", {}, title), ` ${alignment.layers[side]}`), stillMap(`${title} ${alignment.layers[side]}`, 480, 520, box, { alignment: alignment.id, basis, fill: null, colour: () => "land", names: false }));
  return h("div", {}, h("div", { class: "pair" }, one(earlier, "Before:"), one(later, "After:")), mapKey(later.id), h("p", {}, link({ view: "map", alignment: later.id, compare: earlier.id }, "Open both side by side on the map")));
}

function effectBar(list, side) {
  if (!list.length) return null;
  const all = list.reduce((sum, row) => sum + row.bodies, 0);
  const sorted = EFFECTS.map((effect) => list.find((row) => row.effect === effect)).filter((row) => row && row.bodies);
  return h("div", { class: "effect" }, h("p", {}, h("b", {}, side === "health" ? "NHS bodies" : "Councils"), ` (${count(all)})`),
    h("div", { class: "track", "aria-hidden": "true" }, sorted.map((row) => h("i", { class: row.effect, css: { width: `${(row.bodies / all) * 100}%` } }))),
    h("ul", { class: "legend" }, sorted.map((row) => h("li", {}, h("i", { class: row.effect }), h("span", {}, `${EFFECT_WORDS[row.effect] ?? row.effect} `, h("b", {}, count(row.bodies)), row.people === null ? ", people unknown" : `, ${large(row.people)} people`)))));
}
const EFFECT_WORDS = { improved: "better", neutral: "as before", worsened: "worse", unknown: "unknown" };

function effectGrid(effects, id, table) {
  const links = rows("succession").filter((row) => row.succession === id);
  const from = (row) => links.filter((link) => link.to_code === row.code && link.type !== "transferred_part" && link.from_code !== "__none__").map((link) => link.from_name ?? link.from_code);
  const crossed = (row, value) => (value === null || value === undefined ? UNKNOWN : row.basis === "people" ? people(value) : land(value));
  const partners = (value) => (value === null ? null : Number(value.toFixed(2)));
  return grid({
    id: table, caption: `Before and after: ${id}`, rows: effects, thing: ["body", "bodies"],
    columns: [
      { id: "name", title: "Body", value: (row) => row.name ?? row.code },
      effects.some((row) => from(row).some((name) => name !== (row.name ?? row.code))) && { id: "from", title: "Made from", value: (row) => (row.side === "health" || from(row).length ? from(row).join(", ") : "") },
      { id: "effect", title: "Effect", value: (row) => (row.effect === null ? UNKNOWN : `${EFFECT_WORDS[row.effect] ?? row.effect}${row.effect_by && row.effect_by !== "none" ? ` by ${row.effect_by}` : ""}`) },
      { id: "before", title: "Wrong side before", number: true, value: (row) => row.crossing_before, cell: (row) => crossed(row, row.crossing_before) },
      { id: "after", title: "Wrong side after", number: true, value: (row) => row.crossing_after, cell: (row) => crossed(row, row.crossing_after) },
      { id: "was", title: "Fitted", value: (row) => (row.class_before ? sentence(row.class_before) : ""), cell: (row) => (row.class_before ? chip(row.class_before) : h("span", { class: "note" }, "several, or none")) },
      { id: "is", title: "Fits", value: (row) => (row.class_after ? sentence(row.class_after) : ""), cell: (row) => chip(row.class_after) },
      { id: "partners-before", title: "Partners before", number: true, value: (row) => partners(row.partners_before), cell: (row) => (row.partners_before === null ? UNKNOWN : figures.format(row.partners_before)) },
      { id: "partners-after", title: "Partners after", number: true, value: (row) => partners(row.partners_after), cell: (row) => (row.partners_after === null ? UNKNOWN : figures.format(row.partners_after)) },
      { id: "people", title: "People", number: true, value: (row) => row.people, cell: (row) => people(row.people) },
    ],
  });
}

/** Made when it is opened. */
function lazily(make) {
  const holder = h("div", {});
  requestAnimationFrame(() => holder.parentElement?.addEventListener("toggle", () => holder.childElementCount || holder.append(make())));
  return holder;
}

// Proposals -------------------------------------------------------------------------------------------------------------------------

/** What each proposal would do to the people on the wrong side of a line, and which flags would go and come. */
function proposals(body) {
  const figuresOf = rows("what_if");
  const keys = [...new Map(figuresOf.filter((row) => row.measure === "crossing").map((row) => [keyOf(row.proposal, row.alignment), row])).values()];
  if (!keys.length) return body.append(h("p", { class: "notice" }, "This run tried no proposal. A [[what_if]] in the config adds one: a merger, a split, or a part that moves."));
  body.append(h("p", {}, "Each proposal of the config, as if it had been done: who would be on the wrong side of a line, and which flags would go and come."));
  keys.forEach(({ proposal, alignment }, nth) => {
    const mine = figuresOf.filter((row) => row.proposal === proposal && row.alignment === alignment);
    const basis = mine.some((row) => row.measure === "crossing" && row.basis === "people") ? "people" : "area";
    const row = mine.find((one) => one.measure === "crossing" && one.basis === basis);
    const flags = rows("what_if_obstruction").filter((one) => one.proposal === proposal && one.alignment === alignment);
    const gone = flags.filter((one) => one.state === "gone");
    const fresh = flags.filter((one) => one.state === "new");
    const words = (value) => (value === null ? UNKNOWN : basis === "people" ? `${people(value)} people` : land(value));
    body.append(
      h("h3", { class: "proposal" }, proposal, h("span", { class: "note" }, ` in ${alignment}`)),
      h("p", {}, "On the wrong side of a line: ", h("b", {}, words(row.before)), " now, ", h("b", {}, words(row.after)), ` after. ${capital(plural(gone.length, "flag"))} would go and ${count(fresh.length)} would come.`),
      beforeAfter([{ title: "now", value: row.before, words: words(row.before) }, { title: "after", value: row.after, words: words(row.after) }]),
      flags.length ? grid({
        id: `proposal-${nth}`, caption: `Flags that ${proposal} would remove or bring`, rows: [...gone, ...fresh].sort(worstFirst), thing: ["flag", "flags"], page: 20,
        columns: [
          { id: "state", title: "Flag", value: (one) => (one.state === "gone" ? "goes" : "comes") },
          { id: "severity", title: "Severity", value: (one) => one.severity, sort: (one) => SEVERITIES.indexOf(one.severity), cell: (one) => severity(one.severity) },
          { id: "rule", title: "Rule", value: (one) => one.obstruction_id, cell: (one) => h("span", { class: "whole" }, one.obstruction_id) },
          { id: "says", wide: true, title: "What it says", value: (one) => brief(one.message) },
        ],
      }) : "",
      h("details", { class: "table" }, h("summary", {}, "All figures before and after"), lazily(() => grid({
        id: `what-if-${nth}`, caption: `Figures of ${proposal}`, rows: mine, thing: ["figure", "figures"],
        columns: [
          { id: "measure", title: "Figure", value: (one) => sentence(one.measure) },
          { id: "basis", title: "By", value: (one) => one.basis },
          { id: "before", title: "Now", number: true, value: (one) => one.before, cell: (one) => measured(one.before, one.unit) || UNKNOWN },
          { id: "after", title: "After", number: true, value: (one) => one.after, cell: (one) => measured(one.after, one.unit) || UNKNOWN },
        ],
      }))));
  });
}
