// One body, one part, one place: what is known of it, on a page of its own.

/** A part in words: the council's part that is in the NHS body. */
const partName = (left, right) => `${shortOf(layerOf("council"), right)} in ${shortOf(layerOf("health"), left)}`;

/** A number of people with its range, where the range says more. */
function peopleRange(row) {
  const { people: best, people_low: low, people_high: high } = row;
  if (low === null || high === null || best === null || count(low) === count(high)) return people(best);
  return [people(best), h("span", { class: "note" }, ` (${count(low)} to ${count(high)})`)];
}

function partFacts(part) {
  const { kinds } = current();
  return facts(
    part.people !== null || state.basis === "people" ? ["People", h("span", {}, peopleRange(part))] : null,
    part.area_m2 !== null ? ["Land", land(part.area_m2)] : null,
    [`Share of the ${kinds.health}`, percent(part.share_left)],
    [`Share of the ${kinds.council}`, percent(part.share_right)],
    [`Would fit the ${kinds.health}`, part.health_would_be === null ? "no other" : bodyLink("health", part.health_would_be)],
    ["or the council", part.council_would_be === null ? "no other" : bodyLink("council", part.council_would_be)],
    part.fiscal_year ? [`NHS money, ${part.fiscal_year}`, pounds(part.health_pence)] : null,
    part.council_fiscal_year ? [`Council money, ${part.council_fiscal_year}`, pounds(part.council_pence)] : null,
  );
}

/** What a body is on the other side, in a sentence. */
function standing(row) {
  const known = row?.class ? classOf(row.class) : null;
  return h("p", {}, chip(row?.class ?? null), known ? `: ${known.says}.` : "");
}

function bodyFacts(side, code) {
  const row = measuredBody(side, code);
  const partner = otherSide(side);
  const { kinds } = current();
  const flags = flagsAbout(side, code);
  const parts = partsOfBody(side, code);
  const money = bodyMoneyTotal(side, code);
  const across = moneyAcross(side, code);
  const worst = SEVERITIES.filter((word) => flags.some((flag) => flag.severity === word));
  return [
    standing(row),
    facts(
      ["People", people(peopleOf(side, code))],
      ["On the wrong side", row?.crossing === null || !row ? UNKNOWN : row.crossing > 0 ? h("span", {}, h("b", {}, amount(row.crossing)), `, in ${plural(parts.length, "part")}`) : "none"],
      [`Main ${kinds[partner]}`, row?.main_partner ? h("span", {}, bodyLink(partner, row.main_partner), ` (${percent(row.main_share)} of it)`) : "none"],
      [capital(manyOf(kinds[partner])), row ? plural(row.n_partners, "significant partner") : UNKNOWN],
      row?.share_outside > 0.0005 ? [`In no ${kinds[partner]}`, percent(row.share_outside)] : null,
      row && row.class_stable === false ? ["At other tolerances", `it may be ${list(row.other_classes).map(sentence).join(" or ") || "another class"}`] : null,
      state.year && money.known + money.unknown > 0 ? [`Money, ${state.year}`, sumOf(money, pounds, "service")] : null,
      state.year && parts.length && money.known ? ["Of it on the wrong side", pounds(across)] : null,
      ["Flags", flags.length ? h("span", {}, worst.map((word) => [severity(word), ` ${count(flags.filter((flag) => flag.severity === word).length)} `])) : "none"]),
  ];
}

/** People of a body: those of all its overlaps, and where no body of the other side is. */
function peopleOf(side, code) {
  const parts = total(overlapsOf[side](state.alignment, code).map((row) => row.people));
  return parts.unknown ? null : parts.sum;
}

/** A body's own money in the year shown, over its services. */
function bodyMoneyTotal(side, code) {
  const known = total(bodyMoney(state.alignment, side, code, state.year).map((row) => row[`${side}_pence`]).filter((pence) => pence !== null));
  return { ...known, unknown: linesUnknown(layerOf(side), code, state.year) };
}

/** Flags with the evidence of each. */
function flagGrid(flags, id, caption) {
  const about = (flag) => [flag.service && serviceName(flag.service), flag.fiscal_year].filter(Boolean).join(", ");
  const metric = (flag) => sentence(flag.unit === "pence" ? flag.metric.replace(/_?pence$/, "") : flag.metric);
  return grid({
    id, caption, rows: flags, thing: ["flag", "flags"], page: 50, empty: "No rule found anything here.",
    columns: [
      { id: "severity", title: "Severity", value: (flag) => flag.severity, sort: (flag) => SEVERITIES.indexOf(flag.severity), cell: (flag) => severity(flag.severity) },
      { id: "rule", title: "Rule", value: (flag) => `${flag.obstruction_id} ${flag.title}`, cell: (flag) => link({ view: "flags", rule: flag.obstruction_id }, h("b", {}, flag.obstruction_id), ` ${flag.title}`) },
      { id: "says", wide: true, title: "What it says", value: (flag) => brief(flag.message) },
      { id: "measured", title: "Measured", value: (flag) => (flag.metric === null ? "" : `${metric(flag)} ${measured(flag.value, flag.unit) || UNKNOWN}${flag.threshold === null ? "" : `, limit ${measured(flag.threshold, flag.unit)}`}`) },
      { id: "service", title: "Service, year", value: about },
      { id: "people", title: "People", number: true, value: (flag) => flag.people, cell: (flag) => counted(flag.people, people) },
      { id: "pounds", title: "Pounds", number: true, value: (flag) => (flag.pence === null ? null : flag.pence / 100), cell: (flag) => counted(flag.pence, pounds) },
      { id: "confidence", title: "Confidence", value: (flag) => flag.confidence },
    ],
    selects: [{ id: "level", label: "Severity", options: [["", "all"], ...SEVERITIES.map((word) => [word, word])], test: (flag, word) => flag.severity === word }],
  });
}

/** Options in a table: what each would change, and for how many. */
function optionGrid(options, id, place = true) {
  const many = current().people ? "People who move" : "Land that moves";
  return grid({
    id, caption: "Options, each judged by running the rules again", rows: options, thing: ["option", "options"], sort: ["removed", true],
    find: (option) => option.message,
    columns: [
      { id: "what", wide: true, title: "Option", value: (option) => brief(option.message), cell: (option) => [option.first ? h("span", { class: "mark" }, "shown first") : "", brief(option.message)] },
      { id: "kind", title: "Kind", value: (option) => OPTION_KINDS[option.kind] ?? sentence(option.kind) },
      place && { id: "place", title: "Place", value: (option) => placeName(placeRow(option.alignment, option.component)[0]), cell: (option) => placeLink(placeRow(option.alignment, option.component)[0]) },
      { id: "removed", title: "No longer on the wrong side", number: true, value: (option) => option.crossing_removed, cell: (option) => removed(option) },
      { id: "affected", title: many, number: true, value: (option) => option.people_affected, cell: (option) => people(option.people_affected) },
      { id: "gone", title: "Flags that go", number: true, value: (option) => option.flags_removed },
      { id: "come", title: "Flags that come", number: true, value: (option) => option.flags_added },
      { id: "agreements", title: "Agreements, more or fewer", number: true, value: (option) => option.agreements_change, cell: (option) => signed(option.agreements_change) },
    ],
    selects: [{ id: "kind", label: "Kind", options: [["", "all"], ...[...new Set(options.map((option) => option.kind))].sort().map((kind) => [kind, OPTION_KINDS[kind] ?? sentence(kind)])], test: (option, kind) => option.kind === kind }],
    empty: "There is no option: nothing here is on the wrong side of a line, and no rule found anything that a change would put right.",
  });
}
const OPTION_KINDS = { transfer: "move a part", joint_agreement: "one agreement for the part", merge: "join two bodies", plan: "joint plan", calendar: "same calendar", seat: "seat on the board", district_seat: "seat for the district", responsibility: "hand over responsibility" };
/** What an option takes off the wrong side of a line, or puts there. */
function removed(option) {
  const { basis } = placeRow(option.alignment, option.component)[0];
  const value = option.crossing_removed;
  return value < 0 ? `${amount(-value, basis)} more on it` : value === 0 ? "none" : amount(value, basis);
}
const signed = (value) => (value === null ? UNKNOWN : value > 0 ? `+${count(value)}` : value < 0 ? `−${count(-value)}` : "0");

/** Money of some pairs by service and year, with what is not known. */
function pairMoneyGrid(pairs, id) {
  const found = new Map();
  for (const [left, right] of pairs) {
    for (const row of pairMoneyAll(state.alignment, left, right)) {
      if (row.fiscal_year === null) continue;
      const key = keyOf(row.fiscal_year, row.service);
      if (!found.has(key)) found.set(key, { year: row.fiscal_year, service: row.service, health: [], council: [] });
      found.get(key).health.push(row.health_pence);
      found.get(key).council.push(row.council_pence);
    }
  }
  const lines = [...found.values()].map((one) => ({ ...one, health: total(one.health.filter((pence) => pence !== null)).sum, council: total(one.council.filter((pence) => pence !== null)).sum })).sort((a, b) => (a.year < b.year ? 1 : a.year > b.year ? -1 : 0) || (b.health ?? 0) + (b.council ?? 0) - (a.health ?? 0) - (a.council ?? 0));
  if (!lines.length) return h("p", { class: "note" }, "No budget was given for it.");
  return grid({
    id, caption: "Money by service and year", rows: lines, thing: ["line", "lines"],
    columns: [
      { id: "service", title: "Service", value: (line) => serviceName(line.service) },
      { id: "year", title: "Year", value: (line) => line.year },
      { id: "health", title: "NHS", number: true, value: (line) => (line.health === null ? null : line.health / 100), cell: (line) => counted(line.health, pounds) },
      { id: "council", title: "Council", number: true, value: (line) => (line.council === null ? null : line.council / 100), cell: (line) => counted(line.council, pounds) },
    ],
  });
}

const boxOf = (pairs) => {
  const boxes = pairs.map(([layer, code]) => LAYERS.get(layer)?.areas.get(code)?.box).filter(Boolean);
  return boxes.length ? around(boxes) : null;
};

/** A still map with its key and the way to the large one; null where there are no shapes. */
function figureOf(label, box, what, to) {
  if (!box) return "";
  return h("figure", { class: "map-figure" }, stillMap(label, 560, 420, box, { alignment: state.alignment, basis: state.basis, fill: null, colour: () => "land", ...what }), mapKey(state.alignment), h("figcaption", {}, h("a", { href: hrefOf({ view: "map", ...to }) }, "Open it on the map")));
}

const back = (view, text) => h("p", { class: "back" }, h("a", { href: hrefOf({ view }) }, `← ${text}`));

function partView(body) {
  const [left, right] = pairOf(state.part);
  const { kinds, layers } = current();
  const part = crossingOf(state.alignment, state.basis, left, right)[0];
  const pair = pairRow(state.alignment, left, right)[0];
  const flags = flagsOfPair(left, right).sort(worstFirst);
  const place = placeOf("health", left);
  const options = part ? optionsOf(state.alignment).filter((option) => option.crossing_rank === part.rank && state.basis === (current().people ? "people" : "area")) : [];
  const [one, other] = [LAYERS.get(layers.health)?.areas.get(left), LAYERS.get(layers.council)?.areas.get(right)];
  const common = one && other ? [Math.max(one.box[0], other.box[0]), Math.max(one.box[1], other.box[1]), Math.min(one.box[2], other.box[2]), Math.min(one.box[3], other.box[3])] : null;
  body.append(
    back("parts", "All parts"),
    h("h3", { id: "title" }, partName(left, right)),
    h("p", { class: "lead" }, part
      ? [h("b", {}, amount(partSize(part))), ` ${partSize(part) === 1 ? "lives" : state.basis === "people" ? "live" : "lies"} in the council of `, bodyLink("council", right), ` and under the ${kinds.health} `, bodyLink("health", left), part.health_would_be === null ? ", but the two do not fit together." : [`; most of the council is with `, bodyLink("health", part.health_would_be), "."]]
      : [`This pair of `, bodyLink("health", left), ` and `, bodyLink("council", right), ` is on no wrong side of a line: ${pair.people === null ? land(pair.area_m2) : `${people(pair.people)} people`} share both.`]),
    h("div", { class: "pair with-map" },
      figureOf(`Map of ${partName(left, right)}`, common, { chosen: [left, right], bold: [{ layer: layers.health, code: left }, { layer: layers.council, code: right }] }, { part: state.part }),
      h("div", {}, part ? partFacts(part) : "", place ? h("p", {}, "Place: ", placeLink(place)) : "")),
    h("h4", {}, "What would help here"), part ? optionGrid(options, "part-options", false) : h("p", {}, "Nothing needs to change here."),
    h("h4", {}, "Money for its people, by service and year"), pairMoneyGrid([[left, right]], "part-money"),
    h("h4", {}, "Flags about this pair"), flagGrid(flags, "part-flags", `Flags of ${partName(left, right)}`));
}

function bodyView(body) {
  const [side, code] = pairOf(state.body);
  const { kinds, layers } = current();
  const partner = otherSide(side);
  const area = areaRow(layers[side], code)[0];
  const place = placeOf(side, code);
  const parts = partsOfBody(side, code);
  const overlaps = [...overlapsOf[side](state.alignment, code)].sort((a, b) => (b.people ?? b.area_m2 ?? 0) - (a.people ?? a.area_m2 ?? 0));
  const partnerCode = side === "health" ? "right_code" : "left_code";
  const share = side === "health" ? (state.basis === "people" ? "share_left_people" : "share_left_area") : null;
  const whole = total(overlaps.map((row) => (state.basis === "people" ? row.people : row.area_m2)));
  const shareOf = (row) => (share ? row[share] : whole.unknown || !whole.sum ? null : (state.basis === "people" ? row.people : row.area_m2) / whole.sum);
  const links = rows("succession").filter((row) => (row.to_layer === layers[side] && row.to_code === code) || (row.from_layer === layers[side] && row.from_code === code));
  body.append(
    back("bodies", "All bodies"),
    h("p", { class: "kicker" }, kinds[side]),
    h("h3", { id: "title" }, nameOf(layers[side], code)),
    h("p", { class: "note" }, code, area?.valid_from ? `, from ${day(area.valid_from)}` : "", area?.valid_to ? ` to ${day(area.valid_to)}` : ""),
    h("div", { class: "pair with-map" },
      figureOf(`Map of ${nameOf(layers[side], code)}`, boxOf([[layers[side], code]]), { bold: [{ layer: layers[side], code }] }, { body: state.body, side }),
      h("div", {}, bodyFacts(side, code), place ? h("p", {}, "Place: ", placeLink(place)) : "")),
    h("h4", {}, "Its parts on the wrong side of a line"), parts.length ? partGrid(parts, "body-parts") : h("p", {}, "None."),
    h("h4", {}, `Whom it shares with which ${kinds[partner]}`),
    grid({
      id: "body-partners", caption: `Overlaps with ${manyOf(kinds[partner])}`, rows: overlaps, thing: ["overlap", "overlaps"],
      columns: [
        { id: "partner", title: capital(kinds[partner]), value: (row) => (row[partnerCode] === "__outside__" ? `in no ${kinds[partner]}` : nameOf(layers[partner], row[partnerCode])), cell: (row) => (row[partnerCode] === "__outside__" ? `in no ${kinds[partner]}` : bodyLink(partner, row[partnerCode])) },
        current().people && { id: "people", title: "People", number: true, value: (row) => row.people, cell: (row) => peopleRange(row) },
        current().land && { id: "land", title: "Land, km²", number: true, value: (row) => (row.area_m2 === null ? null : row.area_m2 / 1e6), cell: (row) => land(row.area_m2) },
        { id: "share", title: `Share of it, by ${state.basis}`, number: true, value: shareOf, cell: (row) => percent(shareOf(row)) },
        { id: "kind", title: "Kind", value: (row) => (row[partnerCode] === "__outside__" ? "" : crossingOf(state.alignment, state.basis, row.left_code, row.right_code).length ? "on the wrong side" : row.sliver ? "sliver" : row.significant ? "significant" : "small"), cell: (row) => (crossingOf(state.alignment, state.basis, row.left_code, row.right_code).length ? partLink(row.left_code, row.right_code, "on the wrong side") : row[partnerCode] === "__outside__" ? "" : row.sliver ? "sliver" : row.significant ? "significant" : "small") },
      ],
    }),
    h("h4", {}, "Its money by service and year"), bodyMoneyGrid(side, code),
    ...(links.length ? [h("h4", {}, "Before and after"), historyGrid(links)] : []),
    h("h4", {}, "Flags"), flagGrid(flagsAbout(side, code).sort(worstFirst), "body-flags", `Flags of ${nameOf(layers[side], code)}`));
}

function bodyMoneyGrid(side, code) {
  const lines = rows("budget_body").filter((row) => row.alignment === state.alignment && row.side === side && row.code === code && row[`${side}_pence`] !== null);
  const open = unknownLines(layerOf(side), code);
  const all = [...lines.map((row) => ({ service: row.service, year: row.fiscal_year, pence: row[`${side}_pence`] })), ...open.map((line) => ({ service: line.service, year: line.fiscal_year, pence: null }))];
  if (!all.length) return h("p", { class: "note" }, "No budget was given for it.");
  return grid({
    id: "body-money", caption: "Money by service and year", rows: all, thing: ["line", "lines"], sort: ["money", true],
    columns: [
      { id: "service", title: "Service", value: (line) => serviceName(line.service) },
      { id: "year", title: "Year", value: (line) => line.year ?? "not stated" },
      { id: "money", title: "Pounds", number: true, value: (line) => (line.pence === null ? null : line.pence / 100), cell: (line) => pounds(line.pence) },
    ],
  });
}

function historyGrid(links) {
  return grid({
    id: "history", caption: "What it was made from and what became of it", rows: links, thing: ["row", "rows"],
    columns: [
      { id: "from", title: "From", value: (row) => (row.from_code === "__none__" ? "none" : row.from_name ?? row.from_code) },
      { id: "to", title: "To", value: (row) => (row.to_code === "__none__" ? "none" : row.to_name ?? row.to_code) },
      { id: "kind", title: "Change", value: (row) => sentence(row.type) },
      { id: "date", title: "Date", value: (row) => row.date ?? "", cell: (row) => day(row.date) },
      { id: "people", title: "People", number: true, value: (row) => row.people, cell: (row) => people(row.people) },
    ],
  });
}

function placeView(body) {
  const place = placeRow(state.alignment, state.place)[0];
  const { layers, kinds } = current();
  const [health, council] = [list(place.health_codes), list(place.council_codes)];
  const flags = flagsIn(place);
  const parts = partsOf(place.alignment, place.basis).filter((part) => health.includes(part.left_code));
  const only = { health: new Set(health), council: new Set(council) };
  const options = optionsIn(place.alignment, place.component);
  const many = (side, codes) => h("ul", { class: "bodies" }, codes.map((code) => h("li", {}, bodyLink(side, code))));
  body.append(
    back("places", "All places"),
    h("h3", { id: "title" }, placeName(place, 4)),
    h("p", { class: "lead" }, place.wrong_side),
    h("div", { class: "pair with-map" },
      figureOf(`Map of ${placeName(place)}`, boxOf([...health.map((code) => [layers.health, code]), ...council.map((code) => [layers.council, code])]), { only, basis: place.basis }, { body: health.length ? pairKey("health", health[0]) : pairKey("council", council[0]) }),
      h("div", {},
        facts(
          ["Kind", `${plural(place.n_health, kinds.health)} and ${plural(place.n_council, kinds.council)}${KINDS[place.kind] ? `: ${KINDS[place.kind]}` : ""}`],
          ["People", people(place.people)],
          ["On the wrong side", place.crossing > 0 ? `${amount(place.crossing, place.basis)}, in ${plural(place.crossing_parts, "part")}` : "none"],
          ["People whom a flag is about", people(place.people_exposed)],
          place.fiscal_year ? [`Money that a flag is about, ${place.fiscal_year}`, pounds(place.pence_exposed)] : null,
          ["Agreements needed", count(place.agreements_needed)],
          ["Flags", place.obstructions ? h("span", {}, SEVERITIES.filter((word) => place[word]).map((word) => [severity(word), ` ${count(place[word])} `])) : "none"]),
        h("div", { class: "two-lists" }, health.length ? h("div", {}, h("h5", {}, capital(manyOf(kinds.health))), many("health", health)) : "", council.length ? h("div", {}, h("h5", {}, capital(manyOf(kinds.council))), many("council", council)) : ""))),
    place.change
      ? h("div", { class: "change" }, h("h4", {}, "What would help most"), h("p", {}, brief(place.change)), h("p", { class: "note" }, `${capital(plural(place.change_removes, "flag"))} would go (${count(place.change_removes_high)} high) and ${count(place.change_adds)} would come. This is what the rules would find, not what would happen.`))
      : "",
    parts.length ? h("h4", {}, "Parts on the wrong side of a line") : "", parts.length ? partGrid(parts, "place-parts") : "",
    h("h4", {}, "Options"), optionGrid(options, "place-options", false),
    h("h4", {}, "Who shares whom"), matrix(place, layers, health, council),
    ...mergerParts(place, layers, health, council),
    h("h4", {}, "Money by service and year"), placeMoney(place, health, council),
    h("h4", {}, "Flags, with their evidence"), flagGrid(flags, "place-flags", `Flags of ${placeName(place)}`));
}
const KINDS = { coterminous: "one to one", aggregate: "one body, several councils", partition: "several bodies, one council", tangled: "tangled", isolated: "no body of the other side" };

/** Bodies by councils: people of the pair, share of the body, and the pounds of both sides. */
function matrix(place, layers, health, council) {
  if (!health.length) return h("p", { class: "note" }, "This council is in no NHS body.");
  const pair = new Map(health.flatMap((code) => overlapsOf.health(place.alignment, code)).map((row) => [keyOf(row.left_code, row.right_code), row]));
  const others = [...new Set([...pair.values()].map((row) => row.right_code))].filter((code) => !council.includes(code) && code !== "__outside__").sort();
  const columns = [...council, ...others, ...([...pair.values()].some((row) => row.right_code === "__outside__") ? ["__outside__"] : [])];
  const share = state.basis === "people" ? "share_left_people" : "share_left_area";
  const cell = (left, right) => {
    const row = pair.get(keyOf(left, right));
    if (!row) return h("td", { class: "number blank" }, h("span", { class: "unseen" }, "no overlap"));
    const money = pairMoney(place.alignment, left, right, state.year);
    const line = (who, list, open) => {
      const known = list.filter((pence) => pence !== null);
      return h("span", { class: "pounds" }, h("br"), `${who} `, marked(known.length ? pounds(known.reduce((sum, pence) => sum + pence, 0)) : UNKNOWN), known.length && open ? h("span", { class: "unknown" }, " + unknown") : null);
    };
    const crossing = crossingOf(place.alignment, state.basis, left, right).length > 0;
    return h("td", { class: `number${row.significant ? " significant" : ""}${crossing ? " crossing" : ""}`, css: { "--share": row[share] ?? 0 } },
      h("b", {}, row.people === null ? land(row.area_m2) : people(row.people)), h("br"), h("span", {}, marked(percent(row[share]))),
      money.length ? [line("NHS", money.map((one) => one.health_pence), linesUnknown(layers.health, left, state.year)), right === "__outside__" ? null : line("council", money.map((one) => one.council_pence), linesUnknown(layers.council, right, state.year))] : null,
      crossing ? h("span", {}, h("br"), partLink(left, right, "wrong side")) : null, row.sliver ? h("span", {}, h("br"), "sliver") : null);
  };
  const heading = (code) => (code === "__outside__" ? "in no council" : shortOf(layers.council, code));
  return h("div", {}, scrolled(`Bodies and councils of ${placeName(place)}`, h("table", { class: "matrix" },
    h("caption", { class: "note" }, `People of each pair, their share of the NHS body (by ${state.basis}), and what either side spends on them${state.year ? ` in ${state.year}` : ""}, as far as it is known. Darker is a larger share; parts on the wrong side of a line are framed.`),
    h("thead", {}, h("tr", {}, h("td", {}), columns.map((code) => h("th", { scope: "col" }, heading(code), others.includes(code) ? h("span", { class: "note" }, " (another place)") : null)))),
    h("tbody", {}, health.map((left) => h("tr", {}, h("th", { scope: "row" }, shortOf(layers.health, left), h("br"), h("span", { class: "note" }, chip(measuredBody("health", left)?.class ?? null))), columns.map((right) => cell(left, right))))))));
}

/** Money of a place: all pairs of its NHS bodies and councils, by service and year. */
function placeMoney(place, health, council) {
  const pairs = health.flatMap((left) => overlapsOf.health(place.alignment, left).map((row) => [left, row.right_code])).filter(([, right]) => council.includes(right) || right === "__outside__");
  return pairMoneyGrid(pairs, "place-money");
}

/** Mergers that made or changed the place's bodies: both maps side by side, and each body before and after. */
function mergerParts(place, layers, health, council) {
  const parts = [];
  for (const [side, codes] of [["health", health], ["council", council]]) {
    const links = rows("succession").filter((row) => row.to_layer === layers[side] && codes.includes(row.to_code) && row.from_code !== "__none__" && !["unchanged", "renamed", "recoded"].includes(row.type));
    for (const id of new Set(links.map((row) => row.succession))) {
      const own = links.filter((row) => row.succession === id);
      const after = [...new Set(own.map((row) => row.to_code))];
      const effects = rows("merger_effect").filter((row) => row.succession === id && row.side === side && row.basis === effectBasis(id) && after.includes(row.code));
      parts.push(h("h4", {}, `Before and after: ${id}${own[0].date ? ` (${day(own[0].date)})` : ""}`), sideBySide(id, side, own, layers[side]), effectGrid(effects, id, `effects-${parts.length}`));
    }
  }
  return parts;
}

/** Two still maps of the same land: as it was before a succession and as it is after. */
function sideBySide(id, side, links, layer) {
  const old = links[0].from_layer;
  const [was, is] = [LAYERS.get(old), LAYERS.get(layer)];
  if (!was?.areas.size || !is?.areas.size) return "";
  const earlier = [...ALIGNMENTS.values()].find((one) => one.layers[side] === old);
  const later = [...ALIGNMENTS.values()].find((one) => one.layers[side] === layer);
  if (!earlier || !later) return "";
  const found = [...links.map((link) => was.areas.get(link.from_code)), ...links.map((link) => is.areas.get(link.to_code))].filter(Boolean);
  if (!found.length) return "";
  const box = around(found.map((area) => area.box));
  const one = (alignment, title) => h("figure", {}, h("figcaption", {}, h("b", {}, title), ` ${alignment.layers[side]}`), stillMap(`${title}: ${id}`, 480, 400, box, { alignment: alignment.id, basis: state.basis, fill: null, colour: () => "land" }));
  return h("div", { class: "pair" }, one(earlier, "Before:"), one(later, "After:"));
}
