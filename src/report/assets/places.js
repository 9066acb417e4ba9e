// Places: the table of them, and a part of the page for each: map, who shares what with whom, flags, mergers, money.

const KINDS = {
  coterminous: "one to one",
  aggregate: "one body, several councils",
  partition: "several bodies, one council",
  tangled: "several bodies and councils",
  isolated: "nobody on the other side",
};

const PLACE_COLUMNS = [
  { id: "rank", title: "Rank", number: true, cell: (place) => count(place.rank), sort: (place) => place.rank },
  { id: "name", title: "Place", cell: (place) => h("a", { href: `#place-${encodeURIComponent(place.component)}`, onclick: (event) => (event.preventDefault(), openPlace(place.component)) }, placeName(place)), sort: (place) => placeName(place).toLowerCase() },
  { id: "kind", title: "Bodies × councils", cell: (place) => `${place.n_health} × ${place.n_council} ${place.kind}`, sort: (place) => place.n_health * place.n_council },
  { id: "people", title: "People", number: true, cell: (place) => people(place.people), sort: (place) => place.people },
  { id: "exposed", title: "People exposed", number: true, cell: (place) => people(place.people_exposed), sort: (place) => place.people_exposed },
  { id: "pounds", title: "Pounds exposed", number: true, cell: (place) => pounds(place.pence_exposed), sort: (place) => place.pence_exposed },
  { id: "high", title: "High flags", number: true, cell: (place) => count(place.high), sort: (place) => place.high },
  { id: "flags", title: "All flags", number: true, cell: (place) => count(place.obstructions), sort: (place) => place.obstructions },
  { id: "agreements", title: "Agreements needed", number: true, cell: (place) => count(place.agreements_needed), sort: (place) => place.agreements_needed },
];

/** Places whose part of the page is listed at once. */
const FIRST = 8;

/** Unknown comes last whichever way a column is sorted. */
function ordered(list, sort, down) {
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en-GB") : a - b);
  return [...list].sort((one, two) => {
    const [a, b] = [sort(one), sort(two)];
    if (a === null || b === null) return (a === null) - (b === null);
    return (down ? -1 : 1) * compare(a, b) || one.rank - two.rank;
  });
}

function places(body) {
  const search = h("input", { type: "search", id: "place-search", placeholder: "name or code", oninput: () => draw() });
  const kind = h("select", { id: "place-kind", onchange: () => draw() });
  const worst = h("select", { id: "place-worst", onchange: () => draw() },
    h("option", { value: "" }, "any"), h("option", { value: "high" }, "high"), h("option", { value: "medium" }, "medium or high"), h("option", { value: "some" }, "at least one"));
  const told = h("p", { class: "note", id: "place-count", role: "status" });
  const holder = h("div", {});
  const sections = h("div", { id: "place-sections" });
  let [column, down] = ["rank", false];

  const wanted = (place) => {
    const layers = current().layers;
    const text = search.value.trim().toLowerCase();
    const names = [["health", place.health_codes], ["council", place.council_codes]].flatMap(([side, codes]) => list(codes).flatMap((code) => [code, nameOf(layers[side], code)]));
    if (text && !names.some((name) => name.toLowerCase().includes(text))) return false;
    if (kind.value && place.kind !== kind.value) return false;
    return { "": true, high: place.high > 0, medium: place.high + place.medium > 0, some: place.obstructions > 0 }[worst.value];
  };
  const draw = () => {
    const all = placesOf(state.alignment);
    const shownPlaces = ordered(all.filter(wanted), PLACE_COLUMNS.find((one) => one.id === column).sort, down);
    const heads = PLACE_COLUMNS.map((one) => {
      const sorted = one.id === column;
      const press = () => {
        down = sorted ? !down : Boolean(one.number) && one.id !== "rank";
        column = one.id;
        draw();
        holder.querySelector(`[data-column="${one.id}"]`).focus();
      };
      return h("th", { scope: "col", class: one.number && "number", "aria-sort": sorted ? (down ? "descending" : "ascending") : null },
        h("button", { type: "button", class: "sort", "data-column": one.id, onclick: press }, one.title, h("span", { "aria-hidden": "true" }, sorted ? (down ? " ▼" : " ▲") : "")));
    });
    const lines = shownPlaces.map((place) => h("tr", { "data-place": place.component }, PLACE_COLUMNS.map((one) => h(one.id === "name" ? "th" : "td", { scope: one.id === "name" ? "row" : null, class: one.number && "number" }, cellOf(one, place)))));
    holder.replaceChildren(scrolled("Places", h("table", { id: "place-table" }, h("caption", { class: "unseen" }, "Places of the alignment"), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, lines))));
    holder.firstChild.classList.add("tall");
    told.textContent = shownPlaces.length === all.length ? `${plural(all.length, "place")}.` : `${count(shownPlaces.length)} of ${plural(all.length, "place")}.`;
    const parts = shownPlaces.map(placeSection);
    // The rest are opened from the table or the map: 150 closed boxes would only keep the reader from what comes below.
    parts.slice(FIRST).forEach((part) => (part.hidden = true));
    const rest = () => {
      parts.forEach((part) => (part.hidden = false));
      more.remove();
    };
    const more = h("button", { type: "button", id: "place-more", onclick: rest }, `List all ${count(parts.length)}`);
    sections.replaceChildren(...parts, ...(parts.length > FIRST ? [more] : []));
  };
  const start = () => {
    const kinds = [...new Set(placesOf(state.alignment).map((place) => place.kind))].sort();
    kind.replaceChildren(h("option", { value: "" }, "all"), ...kinds.map((one) => h("option", { value: one }, `${one}: ${KINDS[one] || ""}`)));
    search.value = "";
    worst.value = "";
    [column, down] = ["rank", false];
    draw();
  };
  body.append(
    h("p", {}, "A place is what overlaps lock together: the smallest set of NHS bodies and councils in which both sides’ boundaries agree. The first in rank has most people on the wrong side of a line."),
    h("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
      h("label", {}, "Search ", search), h("label", {}, "Kind ", kind), h("label", {}, "Flags ", worst)),
    told, holder, h("h3", {}, "Place by place"), sections);
  watch(["alignment"], start);
  start();
  places.clear = () => {
    [search.value, kind.value, worst.value] = ["", "", ""];
    draw();
  };
}

/** Opens a place's part of the page and brings the reader there. */
function openPlace(component) {
  const id = `place-${component}`;
  if (!document.getElementById(id)) places.clear();
  const section = document.getElementById(id);
  if (!section) return;
  section.hidden = false;
  section.open = true;
  section.fillNow();
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  section.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  section.querySelector("summary").focus({ preventScroll: true });
}

function placeSection(place) {
  const inner = h("div", { class: "place-body" });
  const section = h("details", { class: "place", id: `place-${place.component}` },
    h("summary", {}, h("span", { class: "rank" }, `${place.rank}.`), " ", h("span", { class: "place-name" }, placeName(place, 4)),
      h("span", { class: "place-facts" }, `${place.n_health} × ${place.n_council} ${place.kind}, `, `${people(place.people)} people, `, plural(place.obstructions, "flag"), place.high ? `, ${count(place.high)} high` : "")),
    inner);
  let filled = null;
  section.fillNow = () => {
    // Basis and year are those of the page.
    const now = `${state.basis} ${state.year}`;
    if (filled !== now) inner.replaceChildren(...placeParts(place));
    filled = now;
  };
  section.addEventListener("toggle", () => section.open && section.fillNow());
  return section;
}

function placeParts(place) {
  const layers = ALIGNMENTS.get(place.alignment).layers;
  const [health, council] = [list(place.health_codes), list(place.council_codes)];
  const flags = flagsIn(place);
  const fact = (term, value) => [h("dt", {}, term), h("dd", {}, typeof value === "string" ? told(value) : value)];
  return [
    h("div", { class: "place-top" },
      placeMap(place, health, council),
      h("div", {},
        h("dl", { class: "facts" },
          fact("People", people(place.people)),
          fact("On the wrong side", place.wrong_side),
          fact("People exposed", `${people(place.people_exposed)}, each counted once`),
          fact(`Pounds exposed${place.fiscal_year ? `, ${place.fiscal_year}` : ""}`, pounds(place.pence_exposed)),
          fact("Agreements needed", count(place.agreements_needed)),
          fact("Flags", SEVERITIES.filter((word) => place[word]).map((word) => [severity(word), ` ${count(place[word])} `]))),
        place.change
          ? h("div", { class: "change" }, h("h4", {}, "The one change"), h("p", {}, place.change),
              h("p", { class: "note" }, `It would remove ${plural(place.change_removes, "flag")} (${count(place.change_removes_high)} high) and bring ${count(place.change_adds)}; ${plural(place.changes_tried, "change")} tried. It is what the rules would say, not what would happen.`))
          : h("p", { class: "note" }, place.changes_tried ? `None of ${plural(place.changes_tried, "option")} is worth it by the rules.` : "There is nothing to change here."))),
    h("h4", {}, "Who shares whom"), matrix(place, layers, health, council),
    flags.length ? [h("h4", {}, "Flags, with their evidence"), flagTable(flags, `Flags of ${placeName(place)}`, 25)] : h("p", {}, "No flags."),
    ...mergerParts(place, layers, health, council),
    ...placeMoney(place, layers, health, council),
  ].flat();
}

function placeMap(place, health, council) {
  const layers = ALIGNMENTS.get(place.alignment).layers;
  const boxes = [[layers.health, health], [layers.council, council]].flatMap(([layer, codes]) => codes.map((code) => LAYERS.get(layer)?.areas.get(code)?.box).filter(Boolean));
  if (!boxes.length) return h("p", { class: "note" }, "No outline was published for this place.");
  const side = health.length ? "health" : "council";
  const kinds = ALIGNMENTS.get(place.alignment).kinds;
  const colour = (code) => classOf(measuredBody(side, code)?.class)?.colour ?? null;
  const map = stillMap(`Map of ${placeName(place)}`, 520, 380, around(boxes), { fill: layers[side], colour, only: new Set(side === "health" ? health : council), lines: [layers[side === "health" ? "council" : "health"]] });
  return h("figure", {}, map, h("figcaption", { class: "note" }, `Filled: ${kinds[side]}, by class. Lines: ${kinds[side === "health" ? "council" : "health"]}.`));
}

/** Bodies by councils: people of the pair, share of the body, and NHS pounds. */
function matrix(place, layers, health, council) {
  const pair = new Map(health.flatMap((code) => overlapsOf.health(place.alignment, code)).map((row) => [keyOf(row.left_code, row.right_code), row]));
  const others = [...new Set([...pair.values()].map((row) => row.right_code))].filter((code) => !council.includes(code) && code !== "__outside__").sort();
  const columns = [...council, ...others, ...([...pair.values()].some((row) => row.right_code === "__outside__") ? ["__outside__"] : [])];
  const share = state.basis === "people" ? "share_left_people" : "share_left_area";
  const cell = (left, right) => {
    const row = pair.get(keyOf(left, right));
    if (!row) return h("td", { class: "number blank" }, h("span", { class: "unseen" }, "no overlap"));
    const money = pairMoney(place.alignment, left, right, state.year);
    const line = (who, figures, open) => {
      const known = figures.filter((pence) => pence !== null);
      return h("span", { class: "pounds" }, h("br"), `${who} `, told(known.length ? pounds(known.reduce((sum, pence) => sum + pence, 0)) : UNKNOWN), known.length && open ? h("span", { class: "unknown" }, " + unknown") : null);
    };
    const open = (side, code) => linesUnknown(layers[side], code, state.year);
    return h("td", { class: `number${row.significant ? " significant" : ""}`, css: { "--share": row[share] ?? 0 } },
      h("b", {}, row.people === null ? `${count(row.area_m2 / 1e6)} km²` : people(row.people)), h("br"), h("span", {}, told(percent(row[share]))), 
      money.length ? [line("NHS", money.map((one) => one.health_pence), open("health", left)), right === "__outside__" ? null : line("council", money.map((one) => one.council_pence), open("council", right))] : null, row.sliver ? h("span", {}, h("br"), "sliver") : null);
  };
  const heading = (code) => (code === "__outside__" ? "covered by nobody" : nameOf(layers.council, code));
  const table = h("table", { class: "matrix" },
    h("caption", { class: "note" }, `People of each pair, their share of the NHS body (by ${state.basis}), and what either side spends on them${state.year ? ` in ${state.year}` : ""}, as far as it is known. Darker is a larger share; a bold border marks pairs that are significant.`),
    h("thead", {}, h("tr", {}, h("td", {}), columns.map((code) => h("th", { scope: "col" }, heading(code), others.includes(code) ? h("span", { class: "note" }, " (another place)") : null)))),
    h("tbody", {}, health.map((left) => h("tr", {}, h("th", { scope: "row" }, nameOf(layers.health, left), h("br"), h("span", { class: "note" }, chip(measuredBody("health", left)?.class ?? null))), columns.map((right) => cell(left, right))))));
  return health.length ? scrolled(`Bodies and councils of ${placeName(place)}`, table) : h("p", { class: "note" }, "No NHS body: nobody covers this council.");
}
const pairMoney = by("budget_alignment", "alignment", "left_code", "right_code", "fiscal_year");

/** Mergers that made or changed the place's bodies: class and fit before and after, and both maps. */
function mergerParts(place, layers, health, council) {
  const parts = [];
  for (const [side, codes] of [["health", health], ["council", council]]) {
    const links = rows("succession").filter((row) => row.to_layer === layers[side] && codes.includes(row.to_code) && row.from_code !== "__none__" && !["unchanged", "renamed", "recoded"].includes(row.type));
    for (const id of new Set(links.map((row) => row.succession))) {
      const own = links.filter((row) => row.succession === id);
      const [before, after] = [[...new Set(own.map((row) => row.from_code))], [...new Set(own.map((row) => row.to_code))]];
      const effects = rows("merger_effect").filter((row) => row.succession === id && row.side === side && row.basis === effectBasis(id) && after.includes(row.code));
      const old = own[0].from_layer;
      parts.push(h("h4", {}, `Before and after: ${id}${own[0].date ? ` (${own[0].date})` : ""}`), effectTable(effects, id));
      const [was, is] = [LAYERS.get(old), LAYERS.get(layers[side])];
      if (!was || !is) continue;
      const box = around([...before.map((code) => was.areas.get(code)), ...after.map((code) => is.areas.get(code))].filter(Boolean).map((area) => area.box));
      const other = layers[side === "health" ? "council" : "health"];
      const map = (layer, set, title) => h("figure", {}, stillMap(`${title}: ${set.map((code) => nameOf(layer, code)).join(", ")}`, 400, 300, box, { fill: layer, colour: () => (dark() ? "#3f5d78" : "#bcd3e6"), only: new Set(set), lines: [other] }), h("figcaption", { class: "note" }, `${title}, ${plural(set.length, "body", "bodies")}; lines: the other side`));
      parts.push(h("div", { class: "pair" }, map(old, before, "Before"), map(layers[side], after, "After")));
    }
  }
  return parts;
}

/** The basis that a succession's effects are told on: people where there are any. */
const effectBasis = (id) => (rows("merger_effect").some((row) => row.succession === id && row.basis === "people" && row.crossing_after !== null) ? "people" : "area");

/** NHS money of a place by where its people are, and what both sides spend. */
function placeMoney(place, layers, health, council) {
  const flows = health.flatMap((left) => {
    const rights = [...new Set(overlapsOf.health(place.alignment, left).map((row) => row.right_code))];
    return rights.map((right) => {
      const list = pairMoney(place.alignment, left, right, state.year).filter((row) => row.health_pence !== null);
      return { left, right, pence: list.length ? list.reduce((sum, row) => sum + row.health_pence, 0) : null };
    });
  });
  const spent = rows("budget_component").filter((row) => row.alignment === place.alignment && row.component === place.component);
  if (!spent.length) return [];
  const known = flows.filter((flow) => flow.pence > 0);
  const parts = [h("h4", {}, "Where the NHS money goes")];
  const partly = health.filter((left) => known.some((flow) => flow.left === left) && linesUnknown(layers.health, left, state.year));
  const silent = health.filter((left) => !known.some((flow) => flow.left === left));
  if (known.length) parts.push(sankey(known, (code) => nameOf(layers.health, code), (code) => (code === "__outside__" ? "covered by nobody" : nameOf(layers.council, code)), (left) => measuredBody("health", left)?.main_partner));
  if (silent.length) parts.push(h("p", { class: "note" }, `Unknown${state.year ? ` for ${state.year}` : ""}: ${silent.map((code) => nameOf(layers.health, code)).join(", ")}.`));
  if (partly.length) parts.push(h("p", { class: "note" }, `With lines that are unknown and not in the drawing: ${partly.map((code) => nameOf(layers.health, code)).join(", ")}.`));
  parts.push(scrolled(`Money of ${placeName(place)}`, tableOf("What both sides spend in the place", [
    { title: "Service", cell: (row) => (row.service === null ? UNKNOWN : sentence(row.service)) },
    { title: "Year", cell: (row) => row.fiscal_year ?? UNKNOWN },
    { title: "NHS", cell: (row) => pounds(row.health_pence), number: true },
    { title: "Councils", cell: (row) => pounds(row.council_pence), number: true },
    { title: "Pooled", cell: (row) => pounds(row.pooled_pence), number: true },
    { title: "NHS, outside the main council", cell: (row) => pounds(row.outside_main_pence), number: true },
    { title: "Agreements needed", cell: (row) => count(row.agreements_needed), number: true },
  ], spent)));
  return parts;
}
