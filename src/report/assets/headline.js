// Who is on the wrong side of a line: the people and pounds in crossing parts, and where each part would belong.

const nestingRow = by("nesting", "alignment", "basis");
const crossingRows = by("crossing", "alignment", "basis");

/** Square metres as square kilometres. */
const land = (m2) => `${tenths.format(m2 / 1e6)} km²`;

function wrong(body) {
  const draw = () => {
    const total = nestingRow(state.alignment, state.basis)[0];
    if (!total) return body.replaceChildren(h("p", {}, "Nothing was measured."));
    const kinds = current().kinds;
    const byPeople = state.basis === "people";
    const amount = (value) => (byPeople ? `${people(value)} people` : land(value));
    const parts = [...crossingRows(state.alignment, state.basis)].sort((a, b) => a.rank - b.rank);
    const sums = [["health_pence", "NHS"], ["council_pence", "council"]]
      .map(([column, whose]) => ({ whose, ...totalOf(parts, column) }))
      .filter((one) => one.sum !== null)
      .map((one) => `${sumOf(one, pounds, "part")} of ${one.whose} money`);
    const most = total.unknown_pairs
      ? ` The people of ${plural(total.unknown_pairs, "more pair")} are not known.`
      : total.proved ? "" : ` This is the best that the search found; it cannot be less than ${amount(total.bound)}.`;
    body.replaceChildren(
      h("p", { class: "lead" },
        h("b", {}, amount(total.crossing)), ` of ${amount(total.total)} (${percent(total.crossing_share)}) `,
        parts.length ? `live on the wrong side of a line, in ${plural(parts.length, "part")}${sums.length ? `: ${sums.join(", ")}` : ""}.` : "live on the wrong side of a line: every body lies in one partner or is made of whole ones.",
        most),
      h("p", { class: "note" }, `These are the fewest who would have to change their ${kinds.health} or their ${kinds.council} for the two to fit. A whole council inside a body is on no wrong side. Joint working everywhere needs ${plural(total.agreements, "agreement")}.`),
      parts.length ? scrolled("Parts on the wrong side of a line", crossingTable(parts, kinds, byPeople)) : "");
  };
  watch(["alignment", "basis"], draw);
  draw();
}

const totalOf = (list, column) => total(list.map((row) => row[column]));

function crossingTable(parts, kinds, byPeople) {
  const range = (row) => (row.people_low === null || count(row.people_low) === count(row.people_high) ? null : h("span", { class: "note" }, ` (${count(row.people_low)} to ${count(row.people_high)})`));
  const named = (side, code) => (code === null ? h("span", { class: "note" }, "no other") : nameOf(layerOf(side), code));
  const money = parts.some((row) => row.health_pence !== null || row.council_pence !== null);
  const columns = [
    { title: capital(kinds.health), cell: (row) => nameOf(layerOf("health"), row.left_code) },
    { title: `In the ${kinds.council}`, cell: (row) => nameOf(layerOf("council"), row.right_code) },
    byPeople ? { title: "People", cell: (row) => [people(row.people), range(row)], number: true } : { title: "Land", cell: (row) => land(row.area_m2), number: true },
    { title: "Would belong to", cell: (row) => named("health", row.health_would_be) },
    { title: "or to the council", cell: (row) => named("council", row.council_would_be) },
  ];
  if (money) {
    columns.push({ title: "NHS money", cell: (row) => counted(row.health_pence, pounds), number: true });
    columns.push({ title: "Council money", cell: (row) => counted(row.council_pence, pounds), number: true });
  }
  return tableOf("Parts on the wrong side of a line, largest first", columns, parts, { quiet: true });
}

// The headline: how many bodies match, seen from both sides, and how much that depends on what counts as a match.

const rateRows = by("rate", "alignment", "basis", "definition", "side");
const MATCHES = {
  strict: "one body, one partner: the same area",
  structural: "also bodies made of whole partners, and whole members of such a partner",
};

/** The row at the run's own tolerance. */
function rateAt(definition, side) {
  const list = rateRows(state.alignment, state.basis, definition, side);
  return list.find((row) => Math.abs(row.equal - DATA.run.equal) < 1e-12);
}

function headline(body) {
  const draw = () => {
    const kinds = current().kinds;
    const [health, council] = [rateAt("strict", "health"), rateAt("strict", "council")];
    const part = (row) => [h("b", {}, `${count(row.coterminous)} of ${count(row.of)}`), ` (${percent(row.share)})`];
    const says = health && council
      ? h("p", { class: "lead" }, `Counted by ${kinds.health}, `, part(health), ` have the same boundary as one body of the other side. Counted by ${kinds.council}, it is `, part(council), ". Both are true: a rate depends on whose bodies are counted, and on what counts as a match.")
      : h("p", { class: "lead" }, "No rate was measured.");
    const cards = ["strict", "structural"].flatMap((definition) => ["health", "council"].map((side) => card(definition, side, kinds[side])));
    const association = rows("association").find((row) => row.alignment === state.alignment && row.basis === state.basis);
    body.replaceChildren(
      says,
      h("ul", { class: "cards" }, cards),
      h("h3", {}, "If another tolerance had been chosen"),
      h("p", { class: "note" }, `A share within the tolerance of 1 counts as whole. This run judges by ${percent(DATA.run.equal)}, the dashed line; the same bodies at other tolerances:`),
      sensitivity(kinds),
      h("details", {}, h("summary", {}, "The figures behind it"), scrolled("Rates at every tolerance", rateTable(kinds))),
      association
        ? h("p", { class: "note" }, `As wholes: V-measure ${percent(association.v_measure)}; knowing the ${kinds.health} tells the ${kinds.council} by ${percent(association.homogeneity_health_by_council)}, the other way round by ${percent(association.completeness_health_by_council)}.`)
        : "",
    );
  };
  watch(["alignment", "basis"], draw);
  draw();
}

function card(definition, side, kind) {
  const row = rateAt(definition, side);
  if (!row) return null;
  const bar = (share) => (share === null ? null : h("div", { class: "bar", "aria-hidden": "true" }, h("i", { css: { width: `${Math.max(share * 100, share > 0 ? 0.6 : 0)}%` } })));
  return h("li", { class: "card", "data-definition": definition, "data-side": side },
    h("p", { class: "card-title" }, h("b", {}, capital(definition)), `, by ${kind}`),
    h("p", { class: "figure" }, percent(row.share)),
    h("p", { class: "of" }, `${count(row.coterminous)} of ${count(row.of)}`),
    bar(row.share),
    h("p", { class: "note" }, row.people_share === null ? "share of people unknown" : `with ${percent(row.people_share)} of the people`),
    h("p", { class: "note" }, MATCHES[definition]));
}

/** Lines of share by tolerance: colour for the side, dashes for the definition, words at their ends. */
function sensitivity(kinds) {
  const [width, height, left, right, top, bottom] = [760, 260, 46, 190, 12, 40];
  const all = ["strict", "structural"].flatMap((definition) => ["health", "council"].map((side) => ({ definition, side, list: rateRows(state.alignment, state.basis, definition, side) })));
  const tolerances = [...new Set(all.flatMap((one) => one.list.map((row) => row.equal)))].sort((a, b) => a - b);
  // Evenly spaced: they grow tenfold, and the small ones matter as much.
  const x = (equal) => left + (tolerances.indexOf(equal) / Math.max(tolerances.length - 1, 1)) * (width - left - right);
  const y = (share) => top + (1 - share) * (height - top - bottom);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => [
    s("line", { class: "grid", x1: left, x2: width - right, y1: y(share), y2: y(share) }),
    s("text", { x: left - 8, y: y(share) + 4, "text-anchor": "end" }, `${share * 100}%`),
  ]);
  const ticks = tolerances.map((equal) => s("text", { x: x(equal), y: height - bottom + 18, "text-anchor": "middle" }, `${figures.format(equal * 100)}%`));
  const own = tolerances.find((equal) => Math.abs(equal - DATA.run.equal) < 1e-12);
  const mark = own === undefined ? [] : [s("line", { class: "own", x1: x(own), x2: x(own), y1: top, y2: height - bottom })];
  const lines = all.map(({ definition, side, list }) => {
    const points = list.filter((row) => row.share !== null).sort((a, b) => a.equal - b.equal);
    return s("g", { class: `line ${side} ${definition}` },
      s("polyline", { points: points.map((row) => `${x(row.equal)},${y(row.share)}`).join(" ") }),
      points.map((row) => s("circle", { cx: x(row.equal), cy: y(row.share), r: 3 })));
  });
  const ends = all
    .map(({ definition, side, list }) => ({ text: `${kinds[side]}, ${definition}`, side, share: list.filter((row) => row.share !== null).sort((a, b) => a.equal - b.equal).at(-1)?.share }))
    .filter((end) => end.share !== undefined)
    .sort((a, b) => b.share - a.share);
  let lowest = top - 8;
  const labels = ends.map((end) => {
    lowest = Math.max(y(end.share) + 4, lowest + 15);
    return s("text", { class: `end ${end.side}`, x: width - right + 10, y: lowest }, end.text.length > 27 ? `${end.text.slice(0, 26)}…` : end.text);
  });
  return h("figure", {}, h("div", { class: "chart", role: "group", "aria-label": "Share of bodies that match, by tolerance", tabindex: "0" }, s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Share of bodies that match, by tolerance; the figures are in the table below" },
    grid, ticks, mark, lines, labels, s("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, "tolerance"))));
}

function rateTable(kinds) {
  const list = rows("rate").filter((row) => row.alignment === state.alignment && row.basis === state.basis);
  return tableOf("Bodies that match, by definition, side and tolerance", [
    { title: "Definition", cell: (row) => row.definition },
    { title: "Side", cell: (row) => kinds[row.side] },
    { title: "Tolerance", cell: (row) => `${figures.format(row.equal * 100)}%`, number: true },
    { title: "Match", cell: (row) => count(row.coterminous), number: true },
    { title: "Of", cell: (row) => count(row.of), number: true },
    { title: "Share", cell: (row) => percent(row.share), number: true },
    { title: "Share of people", cell: (row) => percent(row.people_share), number: true },
  ], list, { quiet: true });
}
