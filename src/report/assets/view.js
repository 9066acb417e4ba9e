// What the page shows now, and its address: everything that can be chosen is in the fragment of the URL, so a link restores it.

/** Kinds of body of an alignment, one and several. */
const kindOf = (alignment, side) => ALIGNMENTS.get(alignment).kinds[side];
const kindsOf = (alignment, side) => manyOf(kindOf(alignment, side));

const FIRST_ALIGNMENT = ALIGNMENTS.keys().next().value ?? null;
const VIEWS = ["summary", "parts", "bodies", "places", "money", "flags", "map", "options", "mergers", "proposals", "method", "rates", "findings", "data", "body", "part", "place"];
const CHOICES = {
  view: VIEWS,
  basis: ["people", "area"],
  side: ["health", "council"],
  colour: ["parts", "class", "flags", "money"],
};

const state = { view: "summary", alignment: FIRST_ALIGNMENT, basis: "people", side: "health", colour: "parts", year: null, body: null, part: null, place: null, compare: null, at: null, rule: null, severity: null };

/** A key of two parts as text: a body as side and code, a part as its two codes. */
const pairKey = (one, other) => `${one.replaceAll("!", "!0").replaceAll("~", "!1")}~${other.replaceAll("!", "!0").replaceAll("~", "!1")}`;
const pairOf = (key) => key.split("~").map((one) => one.replaceAll("!1", "~").replaceAll("!0", "!"));

/** The state with what cannot be put right: an alignment that is not there, a basis that was not weighed, a year without money. */
function settled(wanted) {
  const next = { ...wanted };
  if (!ALIGNMENTS.has(next.alignment)) next.alignment = FIRST_ALIGNMENT;
  for (const [name, values] of Object.entries(CHOICES)) if (!values.includes(next[name])) next[name] = values[0];
  const alignment = ALIGNMENTS.get(next.alignment);
  if (!alignment) return next;
  if (!alignment[next.basis === "people" ? "people" : "land"]) next.basis = alignment.people ? "people" : "area";
  const years = yearsOf(next.alignment);
  if (!years.includes(next.year)) next.year = years[0] ?? null;
  if (next.compare === next.alignment || !ALIGNMENTS.has(next.compare)) next.compare = null;
  const [side, code] = pairOf(next.body ?? "~");
  if (!bodyRow(next.alignment, side, code, next.basis).length) next.body = null;
  const [left, right] = pairOf(next.part ?? "~");
  if (!pairRow(next.alignment, left, right).length) next.part = null;
  if (!placeRow(next.alignment, next.place).length) next.place = null;
  if (["body", "part", "place"].includes(next.view) && !next[next.view]) next.view = "summary";
  return next;
}

/** What only some views show; it is left out of the address of the others. */
const ONLY = { body: ["body", "map"], part: ["part", "map"], place: ["place"], side: ["map"], colour: ["map"], compare: ["map"], at: ["map"], rule: ["flags"], severity: ["flags"] };
/** What is chosen in one alignment means nothing in another. */
const OF_ALIGNMENT = ["body", "part", "place", "year", "compare", "at"];

/** The address of the page as it is, with some of it changed. */
function hrefOf(parts) {
  const moved = parts.alignment !== undefined && parts.alignment !== state.alignment;
  const turned = parts.view !== undefined && parts.view !== state.view;
  const base = { ...state };
  for (const name of Object.keys(base)) {
    if (moved && OF_ALIGNMENT.includes(name)) base[name] = null;
    if (turned && ONLY[name]) base[name] = null;
  }
  const next = settled({ ...base, ...parts });
  const [plain, years] = [settled({ view: "summary", alignment: next.alignment }), yearsOf(next.alignment)];
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(next)) {
    if (value === null || (name !== "view" && name !== "alignment" && value === plain[name])) continue;
    if (ONLY[name] && !ONLY[name].includes(next.view)) continue;
    if (name === "alignment" && value === FIRST_ALIGNMENT) continue;
    if (name === "year" && value === years[0]) continue;
    said.set(name, value);
  }
  return `#${said}`;
}

/** What an address asks for. */
function read(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const wanted = {};
  for (const name of Object.keys(state)) wanted[name] = said.get(name);
  return settled(wanted);
}

/** Goes to another address: a step that the Back button undoes. */
function go(parts) {
  const href = hrefOf(parts);
  if (href !== window.location.hash) window.location.hash = href;
}

/** Changes the address in place, for what is no step of its own, such as where the map is. */
function note(parts) {
  Object.assign(state, parts);
  window.history.replaceState(null, "", hrefOf({}));
}

/** A link within the page. */
const link = (parts, ...children) => h("a", { href: hrefOf(parts) }, children);
const bodyLink = (side, code, text, alignment = state.alignment) => link({ view: "body", alignment, body: pairKey(side, code) }, text ?? shortOf(ALIGNMENTS.get(alignment).layers[side], code));
const partLink = (left, right, text) => link({ view: "part", part: pairKey(left, right) }, text);
const placeLink = (place, text) => link({ view: "place", alignment: place.alignment, place: place.component }, text ?? placeName(place));

const current = () => ALIGNMENTS.get(state.alignment);
const layerOf = (side) => current().layers[side];
const otherSide = (side) => (side === "health" ? "council" : "health");

/** Name of a body as people say it. */
const shortOf = (layer, code) => bare(nameOf(layer, code));

const bodyRow = by("coterminosity", "alignment", "side", "code", "basis");
const sideRows = by("coterminosity", "alignment", "side", "basis");
const pairRow = by("overlap", "alignment", "left_code", "right_code");
const nestingRow = by("nesting", "alignment", "basis");
const crossingRows = by("crossing", "alignment", "basis");
const crossingOf = by("crossing", "alignment", "basis", "left_code", "right_code");
const flagsOf = by("obstruction", "alignment", "subject_code");
const partnerFlags = by("obstruction", "alignment", "partner_code");
const flagsOfAlignment = by("obstruction", "alignment");
const placeRow = by("place", "alignment", "component");
const placesOf = by("place", "alignment");
const optionsOf = by("option", "alignment");
const optionsIn = by("option", "alignment", "component");
const overlapsOf = { health: by("overlap", "alignment", "left_code"), council: by("overlap", "alignment", "right_code") };
const pairMoney = by("budget_alignment", "alignment", "left_code", "right_code", "fiscal_year");
const pairMoneyAll = by("budget_alignment", "alignment", "left_code", "right_code");
const bodyMoney = by("budget_body", "alignment", "side", "code", "fiscal_year");
const unknownLines = by("budget_line", "layer", "code");

/** Row of table coterminosity of a body of the alignment shown. */
const measuredBody = (side, code, basis = state.basis, alignment = state.alignment) => bodyRow(alignment, side, code, basis)[0];

/** Crossing parts of an alignment, largest first. */
const partsOf = (alignment = state.alignment, basis = state.basis) => [...crossingRows(alignment, basis)].sort((a, b) => a.rank - b.rank);
const partsOfBody = (side, code) => partsOf().filter((part) => part[side === "health" ? "left_code" : "right_code"] === code);

/** How much of something there is, on the basis shown. */
const amount = (value, basis = state.basis) => (value === null || value === undefined ? UNKNOWN : basis === "people" ? `${people(value)} people` : land(value));
const partSize = (part, basis = state.basis) => (basis === "people" ? part.people : part.area_m2);

/** The place that a body is in: on the basis that rules judge by. */
function placeOf(side, code) {
  const row = measuredBody(side, code, current().people ? "people" : "area");
  return row ? placeRow(state.alignment, row.component)[0] : undefined;
}

/** Flags of the alignment shown whose subject is the body, or whose partner it is. */
function flagsAbout(side, code, alignment = state.alignment) {
  const own = flagsOf(alignment, code).filter((flag) => flag.subject_side === side);
  return own.concat(partnerFlags(alignment, code).filter((flag) => flag.subject_side !== side));
}

/** Flags about a pair. */
const flagsOfPair = (left, right) =>
  flagsOfAlignment(state.alignment).filter((flag) => (flag.subject_side !== "council" && flag.subject_code === left && flag.partner_code === right) || (flag.subject_side === "council" && flag.subject_code === right && flag.partner_code === left));

/** Lines of unknown amount that a body has in a year, or in no year that is stated: a sum of its money leaves them out. */
const linesUnknown = (layer, code, year) => unknownLines(layer, code).filter((line) => line.fiscal_year === year || line.fiscal_year === null).length;

/** Money of a side in the parts of a list, known and unknown. */
const moneyIn = (parts, side) => total(parts.map((part) => part[`${side}_pence`]));

/** Money of a body on the wrong side of a line: that in its crossing parts. Null where none is known, or a part's is not. */
function moneyAcross(side, code) {
  const parts = partsOfBody(side, code);
  if (!parts.length) return 0;
  const { sum, unknown } = moneyIn(parts, side);
  return unknown ? null : sum;
}

/** Worst first: by severity, then people, then pence. */
function worstFirst(a, b) {
  const level = (flag) => SEVERITIES.indexOf(flag.severity);
  return level(a) - level(b) || (b.people ?? -1) - (a.people ?? -1) || (b.pence ?? -1) - (a.pence ?? -1);
}

/** Flags that belong to a place: those whose subject is one of its bodies, or it itself; those about layers and budgets are of no place. */
function flagsIn(place) {
  const health = new Set(list(place.health_codes));
  const council = new Set(list(place.council_codes));
  const alignment = ALIGNMENTS.get(place.alignment);
  const own = flagsOfAlignment(place.alignment).filter(
    (flag) => flag.family !== "DQ" && (flag.subject_code === place.component || (flag.subject_side !== "council" && health.has(flag.subject_code)) || (flag.subject_side !== "health" && council.has(flag.subject_code))),
  );
  // Of successions from or to one of its layers; the other side of a succession is met in the alignment of the layer after.
  const moved = rows("obstruction").filter((flag) => {
    const layer = successionTo.get(flag.alignment);
    if (layer === undefined || flag.alignment === place.alignment) return false;
    if (flag.subject_layer !== null) return (flag.subject_layer === alignment.layers.health && health.has(flag.subject_code)) || (flag.subject_layer === alignment.layers.council && council.has(flag.subject_code));
    return (layer === alignment.layers.health && council.has(flag.subject_code)) || (layer === alignment.layers.council && health.has(flag.subject_code));
  });
  return own.concat(moved).sort(worstFirst);
}
const successionTo = new Map(rows("succession").map((row) => [row.succession, row.to_layer]));

/** Names of a place's bodies, the first few of each side. */
function placeName(place, most = 2) {
  const layers = ALIGNMENTS.get(place.alignment).layers;
  const side = (codes, layer) => {
    const names = list(codes).map((code) => shortOf(layer, code));
    if (names.length <= most) return names.join(" + ");
    return `${names.slice(0, most).join(" + ")} and ${names.length - most} more`;
  };
  const [health, council] = [side(place.health_codes, layers.health), side(place.council_codes, layers.council)];
  if (!health || !council) return health || council;
  return health === council ? health : `${health} · ${council}`;
}

/** An alignment in words. */
function alignmentTitle(id) {
  const { kinds } = ALIGNMENTS.get(id);
  return `${capital(manyOf(kinds.health))} and ${manyOf(kinds.council)} (${id})`;
}

/** What the config says of a layer. */
function layerFacts(id) {
  const [, kind, from, to, derived] = DATA.run.layers?.find(([layer]) => layer === id) ?? [id, null, null, null, false];
  return { kind, from, to, derived };
}

/** Successions that made a layer of an alignment: where there is an alignment before to compare with. */
function before(alignment) {
  const { layers } = ALIGNMENTS.get(alignment);
  for (const row of rows("succession")) {
    for (const side of ["health", "council"]) {
      if (row.to_layer !== layers[side]) continue;
      const found = [...ALIGNMENTS.values()].find((one) => one.layers[side] === row.from_layer && one.id !== alignment);
      if (found) return { alignment: found.id, succession: row.succession, date: row.date, side };
    }
  }
  return null;
}
