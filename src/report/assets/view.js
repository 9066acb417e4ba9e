// What the page shows now: one state, and who wants to know when it changes.

const state = { alignment: null, basis: "people", side: "health", colour: "class", selected: null, year: null };
const watchers = [];

/** Calls `redraw(what)` now and when one of the named parts of the state changes. */
function watch(parts, redraw) {
  watchers.push({ parts, redraw });
}

/** Changes the state and tells those whom it concerns. */
function change(parts) {
  const changed = Object.keys(parts).filter((part) => state[part] !== parts[part]);
  if (parts.alignment && changed.includes("alignment")) {
    const alignment = ALIGNMENTS.get(parts.alignment);
    const years = yearsOf(parts.alignment);
    // Where only areas were weighed there is nothing by people, and where layers have no shapes nothing by area.
    const only = alignment.people ? (alignment.land ? null : "people") : "area";
    Object.assign(parts, { selected: null, basis: only || parts.basis || state.basis, year: years[0] || null });
    changed.push("selected", "basis", "year");
  }
  Object.assign(state, parts);
  if (changed.length) for (const watcher of watchers) if (watcher.parts.some((part) => changed.includes(part))) watcher.redraw(changed);
}

/** Says something to those who do not see it. */
function say(text) {
  document.getElementById("said").textContent = text;
}

const current = () => ALIGNMENTS.get(state.alignment);
const layerOf = (side) => current().layers[side];

const bodyRow = by("coterminosity", "alignment", "side", "code", "basis");
const sideRows = by("coterminosity", "alignment", "side", "basis");
const flagsOf = by("obstruction", "alignment", "subject_code");
const moneyOf = by("budget_body", "alignment", "side", "code", "fiscal_year");
const placeRow = by("place", "alignment", "component");
const placesOf = by("place", "alignment");

/** Row of table coterminosity of a body of the alignment shown. */
const measuredBody = (side, code, basis = state.basis) => bodyRow(state.alignment, side, code, basis)[0];

/** The place (component on the basis that rules judge by) that a body is in. */
function placeOf(side, code) {
  const basis = current().people ? "people" : "area";
  const row = measuredBody(side, code, basis);
  return row ? placeRow(state.alignment, row.component)[0] : undefined;
}

/** Flags of the alignment shown whose subject is the body, or whose partner it is. */
function flagsAbout(side, code) {
  const own = flagsOf(state.alignment, code).filter((flag) => flag.subject_side === side);
  return own.concat(partnerFlags(state.alignment, code).filter((flag) => flag.subject_side !== side));
}
const partnerFlags = by("obstruction", "alignment", "partner_code");

const overlapsOf = { health: by("overlap", "alignment", "left_code"), council: by("overlap", "alignment", "right_code") };
const unknownLines = by("budget_line", "layer", "code");

/** Lines of unknown amount that a body has in a year, or in no year that is told: what is summed of its money leaves them out. */
function linesUnknown(layer, code, year) {
  return unknownLines(layer, code).filter((line) => line.fiscal_year === year || line.fiscal_year === null).length;
}

/** NHS money of a body for people outside the main council, in the year shown: the known part, and NHS lines that it leaves out. */
function poundsOutside(side, code) {
  const money = moneyOf(state.alignment, side, code, state.year).filter((row) => row.health_pence !== null || row.outside_main_pence !== null);
  const known = total(money.map((row) => row.outside_main_pence));
  const bodies = side === "health" ? [code] : overlapsOf.council(state.alignment, code).filter((row) => !row.sliver).map((row) => row.left_code);
  return { ...known, unknown: known.unknown + bodies.reduce((sum, body) => sum + linesUnknown(layerOf("health"), body, state.year), 0) };
}

/** Worst first: by severity, then people, then pence. */
function worstFirst(a, b) {
  const place = (flag) => SEVERITIES.indexOf(flag.severity);
  return place(a) - place(b) || (b.people ?? -1) - (a.people ?? -1) || (b.pence ?? -1) - (a.pence ?? -1);
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
const flagsOfAlignment = by("obstruction", "alignment");

/** Names of a place's bodies, the first few of each side. */
function placeName(place, most = 2) {
  const layers = ALIGNMENTS.get(place.alignment).layers;
  const side = (codes, layer) => {
    const names = list(codes).map((code) => nameOf(layer, code));
    if (names.length <= most) return names.join(" + ");
    return `${names.slice(0, most).join(" + ")} and ${names.length - most} more`;
  };
  const [health, council] = [side(place.health_codes, layers.health), side(place.council_codes, layers.council)];
  if (!health || !council) return health || council;
  return health === council ? health : `${health} · ${council}`;
}
