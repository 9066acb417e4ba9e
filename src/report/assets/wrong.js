// What is wrong, for whom and how much: parts, bodies, places, money and flags.

/** The parts that cross, in a table. */
function partGrid(parts, id) {
  const { kinds } = current();
  const byPeople = state.basis === "people";
  const money = (side) => parts.some((part) => part[`${side}_pence`] !== null);
  const named = (side, code) => (code === null ? h("span", { class: "note" }, "no other") : bodyLink(side, code));
  const name = (side, code) => (code === null ? "" : nameOf(layerOf(side), code));
  const ranges = parts.some((part) => part.people_low !== null && count(part.people_low) !== count(part.people_high));
  return grid({
    id, caption: "Parts on the wrong side of a line", rows: parts, thing: ["part", "parts"],
    find: (part) => [part.left_code, part.right_code].join(" "),
    row: (part) => ({ "data-part": pairKey(part.left_code, part.right_code) }),
    columns: [
      { id: "part", title: "Part", value: (part) => partName(part.left_code, part.right_code), cell: (part) => partLink(part.left_code, part.right_code, partName(part.left_code, part.right_code)) },
      byPeople
        ? { id: "size", title: "People", number: true, value: (part) => part.people, cell: (part) => people(part.people) }
        : { id: "size", title: "Land, km²", number: true, value: (part) => (part.area_m2 === null ? null : part.area_m2 / 1e6), cell: (part) => land(part.area_m2) },
      ranges && { id: "range", title: "Range", value: (part) => (part.people_low === null || count(part.people_low) === count(part.people_high) ? "" : `${count(part.people_low)} to ${count(part.people_high)}`) },
      { id: "share", title: `Share of the ${kinds.council}`, number: true, value: (part) => part.share_right, cell: (part) => percent(part.share_right) },
      { id: "health", title: `The council’s other ${kinds.health}`, value: (part) => name("health", part.health_would_be), cell: (part) => named("health", part.health_would_be) },
      { id: "council", title: `The ${kinds.health}’s other council`, value: (part) => name("council", part.council_would_be), cell: (part) => named("council", part.council_would_be) },
      money("health") && { id: "nhs", title: "NHS money", number: true, value: (part) => (part.health_pence === null ? null : part.health_pence / 100), cell: (part) => pounds(part.health_pence) },
      money("council") && { id: "council-money", title: "Council money", number: true, value: (part) => (part.council_pence === null ? null : part.council_pence / 100), cell: (part) => pounds(part.council_pence) },
    ],
  });
}

function parts(body) {
  const head = nestingRow(state.alignment, state.basis)[0];
  const list = partsOf();
  body.append(
    h("p", {}, "A ", term("part"), ` is where the line of ${article(kindOf(state.alignment, "health"))} ${kindOf(state.alignment, "health")} crosses the line of ${article(kindOf(state.alignment, "council"))} ${kindOf(state.alignment, "council")}. `, list.length ? `Together ${amount(head.crossing)} are in ${plural(list.length, "part")}. Each would fit if it had the other NHS body, or the other council.` : "There is none here."),
    partGrid(list, "part-table"));
}

function bodies(body) {
  const rowsOfSides = ["health", "council"].flatMap((side) => sideRows(state.alignment, side, state.basis).map((row) => ({ ...row, flags: flagsAbout(side, row.code).length, size: peopleOf(side, row.code) })));
  const { kinds } = current();
  body.append(
    h("p", {}, "Every body of both sides: how it fits the other side, and how many are on the wrong side of its line. Bodies with several whole partners have work to do, but no one on the wrong side."),
    grid({
      id: "body-table", caption: "Bodies of both sides", rows: rowsOfSides, thing: ["body", "bodies"], sort: ["crossing", true],
      find: (row) => row.code, row: (row) => ({ "data-body": pairKey(row.side, row.code) }),
      columns: [
        { id: "name", title: "Body", value: (row) => nameOf(layerOf(row.side), row.code), cell: (row) => bodyLink(row.side, row.code, nameOf(layerOf(row.side), row.code)) },
        { id: "kind", title: "Kind", value: (row) => kinds[row.side] },
        { id: "people", title: "People", number: true, value: (row) => row.size, cell: (row) => people(row.size) },
        { id: "crossing", title: "On the wrong side", number: true, value: (row) => row.crossing, cell: (row) => (row.crossing === 0 ? "none" : state.basis === "people" ? people(row.crossing) : land(row.crossing)) },
        { id: "class", title: "How it fits", value: (row) => (row.class === null ? null : sentence(row.class)), cell: (row) => chip(row.class) },
        { id: "partner", title: "Main partner", value: (row) => (row.main_partner ? nameOf(layerOf(otherSide(row.side)), row.main_partner) : ""), cell: (row) => (row.main_partner ? bodyLink(otherSide(row.side), row.main_partner) : h("span", { class: "note" }, "none")) },
        { id: "share", title: "Share with it", number: true, value: (row) => row.main_share, cell: (row) => percent(row.main_share) },
        { id: "partners", title: "Partners", number: true, value: (row) => row.n_partners },
        { id: "flags", title: "Flags", number: true, value: (row) => row.flags },
      ],
      selects: [
        { id: "side", label: "Side", options: [["", "both"], ["health", manyOf(kinds.health)], ["council", manyOf(kinds.council)]], test: (row, side) => row.side === side },
        { id: "class", label: "How it fits", options: [["", "all"], ...CLASSES.filter((one) => rowsOfSides.some((row) => row.class === one.id)).map((one) => [one.id, sentence(one.id)])], test: (row, id) => row.class === id },
        { id: "cut", label: "Wrong side", options: [["", "all"], ["some", "some"], ["none", "none"]], test: (row, wanted) => (wanted === "some" ? row.crossing > 0 : row.crossing === 0) },
      ],
    }));
}

function places(body) {
  const all = [...placesOf(state.alignment)].sort((a, b) => a.rank - b.rank);
  const basis = all[0]?.basis ?? "people";
  body.append(
    h("p", {}, "A ", term("place"), " is the smallest group of NHS bodies and councils that overlap each other and, together, no others. The first has the most people on the wrong side of a line."),
    grid({
      id: "place-table", caption: "Places", rows: all, thing: ["place", "places"], sort: ["rank", false],
      find: (place) => [["health", place.health_codes], ["council", place.council_codes]].flatMap(([side, codes]) => list(codes).flatMap((code) => [code, nameOf(layerOf(side), code)])).join(" "),
      row: (place) => ({ "data-place": place.component }),
      columns: [
        { id: "name", title: "Place", value: (place) => placeName(place), cell: (place) => placeLink(place) },
        { id: "rank", title: "Rank", number: true, value: (place) => place.rank },
        { id: "kind", title: "Kind", value: (place) => `${place.n_health} × ${place.n_council} ${KINDS[place.kind] ?? place.kind}` },
        { id: "people", title: "People", number: true, value: (place) => place.people, cell: (place) => people(place.people) },
        { id: "crossing", title: "On the wrong side", number: true, value: (place) => place.crossing, cell: (place) => (place.crossing === 0 ? "none" : basis === "people" ? people(place.crossing) : land(place.crossing)) },
        { id: "exposed", title: "People flagged", hint: "People whom at least one flag is about, each counted once", number: true, value: (place) => place.people_exposed, cell: (place) => people(place.people_exposed) },
        { id: "high", title: "High flags", number: true, value: (place) => place.high },
        { id: "flags", title: "All flags", number: true, value: (place) => place.obstructions },
        { id: "agreements", title: "Agreements needed", number: true, value: (place) => place.agreements_needed },
      ],
      selects: [
        { id: "kind", label: "Kind", options: [["", "all"], ...[...new Set(all.map((place) => place.kind))].sort().map((one) => [one, KINDS[one] ?? one])], test: (place, kind) => place.kind === kind },
        { id: "worst", label: "Flags", options: [["", "any"], ["high", "high"], ["medium", "medium or high"], ["some", "at least one"]], test: (place, worst) => ({ high: place.high > 0, medium: place.high + place.medium > 0, some: place.obstructions > 0 })[worst] },
      ],
    }));
}

// Money -----------------------------------------------------------------------------------------------------------------------------

/** Money by service in a year: what each side has, how much of it is on the wrong side of a line, and what is not known. */
function moneyOf(year) {
  const crossing = new Set(partsOf().map((part) => keyOf(part.left_code, part.right_code)));
  const found = new Map();
  const at = (service) => {
    if (!found.has(service)) found.set(service, { service, health: [], council: [], healthAcross: [], councilAcross: [], healthUnknown: 0, councilUnknown: 0 });
    return found.get(service);
  };
  for (const row of rows("budget_body")) {
    if (row.alignment !== state.alignment || row.fiscal_year !== year) continue;
    const own = row[`${row.side}_pence`];
    if (own !== null) at(row.service)[row.side].push(own);
  }
  for (const row of rows("budget_alignment")) {
    if (row.alignment !== state.alignment || row.fiscal_year !== year || !crossing.has(keyOf(row.left_code, row.right_code))) continue;
    for (const side of ["health", "council"]) if (row[`${side}_pence`] !== null) at(row.service)[`${side}Across`].push(row[`${side}_pence`]);
  }
  for (const line of rows("budget_line")) {
    const side = ["health", "council"].find((one) => layerOf(one) === line.layer);
    if (side && line.service !== null && (line.fiscal_year === year || line.fiscal_year === null)) at(line.service)[`${side}Unknown`] += 1;
  }
  const sum = (list) => (list.length ? list.reduce((a, b) => a + b, 0) : null);
  return [...found.values()].map((one) => ({
    service: one.service, year, healthUnknown: one.healthUnknown, councilUnknown: one.councilUnknown,
    health: sum(one.health), council: sum(one.council),
    // Where there is money and no part, none of it is on a wrong side; where the part's own is not known, nor is this.
    healthAcross: one.health.length ? sum(one.healthAcross) ?? (crossing.size && one.healthUnknown ? null : 0) : null,
    councilAcross: one.council.length ? sum(one.councilAcross) ?? (crossing.size && one.councilUnknown ? null : 0) : null,
  })).sort((a, b) => (b.health ?? 0) + (b.council ?? 0) - (a.health ?? 0) - (a.council ?? 0));
}

function money(body) {
  const years = yearsOf(state.alignment);
  if (!years.length) return body.append(h("p", { class: "notice" }, "No budget was given for these bodies, so nothing is known of their money. It is unknown, not none."));
  const lines = moneyOf(state.year);
  const whole = (side, what = "") => total(lines.map((line) => line[`${side}${what}`]).filter((pence) => pence !== null)).sum;
  const unknown = (side) => lines.reduce((sum, line) => sum + line[`${side}Unknown`], 0);
  // Only of the latest year do parts carry their money.
  const partly = (side) => (partsOf().some((part) => part[side === "health" ? "fiscal_year" : "council_fiscal_year"] === state.year) ? partsOf().filter((part) => part[`${side}_pence`] === null).length : 0);
  const say = (side, who) => {
    const known = whole(side);
    if (known === null && !unknown(side)) return h("p", {}, `${who}: no budget was given for ${state.year}.`);
    const across = whole(side, "Across");
    return h("p", {}, `${who}: `, h("b", {}, known === null ? UNKNOWN : pounds(known)), " known", unknown(side) ? `, ${plural(unknown(side), "budget line")} unknown` : "", known === null ? "." : ["; of what is known ", h("b", {}, across === null ? UNKNOWN : pounds(across)), across && known ? ` (${percent(across / known)})` : "", " is for people on the wrong side of a line.", across && partly(side) ? ` That counts what is known of ${plural(partly(side), "part")} whose money is not wholly known; the summary leaves ${partly(side) === 1 ? "it" : "them"} out.` : ""]);
  };
  const both = lines.filter((line) => line.health !== null && line.council !== null);
  const [healthOnly, councilOnly] = ["health", "council"].map((side) => lines.filter((line) => line[side] !== null && line[otherSide(side)] === null));
  const part = (title, note, list, sides) => (list.length ? [h("h3", {}, title), h("p", { class: "note" }, note), moneyChart(list, sides)] : []);
  const allYears = years.flatMap((year) => (year === state.year ? lines : moneyOf(year)));
  const sum = (side, column, line) => (line[side] === null ? null : line[column] / 100);
  body.append(
    h("div", { class: "lead" }, say("health", "NHS bodies"), say("council", "Councils")),
    ...part("Services that both sides pay for", "Orange: for people on the wrong side of a line.", both, ["health", "council"]),
    ...part("Services that only NHS bodies have money for here", "No council line matches them, so nothing is drawn beside them.", healthOnly, ["health"]),
    ...part("Services that only councils have money for here", "No NHS line matches them.", councilOnly, ["council"]),
    h("h3", {}, years.length > 1 ? "By service and year" : "By service"),
    grid({
      id: "money-table", caption: "Money by service and year", rows: allYears, thing: ["line", "lines"],
      columns: [
        { id: "service", title: "Service", value: (line) => serviceName(line.service) },
        { id: "year", title: "Year", value: (line) => line.year },
        { id: "nhs", title: "NHS, known", number: true, value: (line) => sum("health", "health", line), cell: (line) => counted(line.health, pounds) },
        { id: "nhs-across", title: "on the wrong side", number: true, value: (line) => (line.healthAcross === null ? null : line.healthAcross / 100), cell: (line) => counted(line.healthAcross, pounds) },
        { id: "nhs-unknown", title: "lines unknown", number: true, value: (line) => line.healthUnknown },
        { id: "council", title: "Councils, known", number: true, value: (line) => sum("council", "council", line), cell: (line) => counted(line.council, pounds) },
        { id: "council-across", title: "on the wrong side", number: true, value: (line) => (line.councilAcross === null ? null : line.councilAcross / 100), cell: (line) => counted(line.councilAcross, pounds) },
        { id: "council-unknown", title: "lines unknown", number: true, value: (line) => line.councilUnknown },
      ],
      selects: [{ id: "year", label: "Year", options: [["", "all"], ...years.map((year) => [year, year])], test: (line, year) => line.year === year }],
    }));
}

// Flags -----------------------------------------------------------------------------------------------------------------------------

const conditions = new Map(DATA.rules.map(([id, title, condition]) => [id, { title, condition }]));

function flags(body) {
  const all = flagsOfAlignment(state.alignment);
  const rules = new Map();
  for (const flag of all) {
    const rule = rules.get(flag.obstruction_id) ?? { id: flag.obstruction_id, title: flag.title, high: 0, medium: 0, low: 0, info: 0, flags: 0, people: null, pence: null };
    rule.flags += 1;
    rule[flag.severity] += 1;
    if (flag.people !== null) rule.people = Math.max(rule.people ?? 0, flag.people);
    if (flag.pence !== null) rule.pence = Math.max(rule.pence ?? 0, flag.pence);
    rules.set(rule.id, rule);
  }
  const worst = (rule) => SEVERITIES.findIndex((word) => rule[word] > 0);
  const sorted = [...rules.values()].sort((a, b) => worst(a) - worst(b) || b.flags - a.flags);
  const chosen = [...all].filter((flag) => (!state.rule || flag.obstruction_id === state.rule) && (!state.severity || flag.severity === state.severity)).sort(worstFirst);
  const number = (word) => ({
    id: word, title: capital(word), number: true, value: (rule) => rule[word],
    cell: (rule) => (rule[word] ? h("a", { href: hrefOf({ rule: rule.id, severity: word }), "aria-label": `${count(rule[word])} ${word} flags of ${rule.id}` }, count(rule[word])) : "0"),
  });
  const rule = state.rule && conditions.get(state.rule);
  const totals = SEVERITIES.map((word) => [word, all.filter((flag) => flag.severity === word).length]);
  body.append(
    h("p", {}, "A ", term("flag"), " is a rule that found an obstacle to joint working, with what was measured. People and pounds of several flags overlap, so they are not added up."),
    h("p", { id: "severity-totals" }, totals.map(([word, number], at) => [at ? " · " : "", severity(word), " ", h("b", { "data-severity": word }, count(number))])),
    h("h3", {}, "By rule"),
    grid({
      id: "rule-table", caption: "Flags by rule and severity", rows: sorted, thing: ["rule", "rules"],
      columns: [
        { id: "rule", title: "Rule", value: (rule) => `${rule.id} ${rule.title}`, cell: (rule) => h("a", { href: hrefOf({ rule: rule.id, severity: null }), title: conditions.get(rule.id)?.condition }, h("b", {}, rule.id), ` ${rule.title}`) },
        ...SEVERITIES.map(number),
        { id: "flags", title: "All", number: true, value: (rule) => rule.flags },
        { id: "people", title: "Most people in one", number: true, value: (rule) => rule.people, cell: (rule) => counted(rule.people, people) },
        { id: "pounds", title: "Most pounds in one", number: true, value: (rule) => (rule.pence === null ? null : rule.pence / 100), cell: (rule) => counted(rule.pence, pounds) },
      ],
    }),
    h("h3", { id: "flag-list" }, state.rule || state.severity ? `${[state.severity && capital(state.severity), "flags", state.rule && `of ${state.rule}`].filter(Boolean).join(" ")}` : "Every flag"),
    rule ? h("p", {}, capital(rule.title), ": ", rule.condition) : "",
    state.rule || state.severity ? h("p", {}, link({ rule: null, severity: null }, "Show every flag")) : "",
    flagGrid(chosen, "flag-table", "Flags with their evidence"));
}
