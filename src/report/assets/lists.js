// Money, mergers, flags, findings and provenance of the whole alignment or run.

// Money -----------------------------------------------------------------------------------------------------------------------------

/** Flows from bodies on the left to bodies on the right, as wide as their pounds; those beyond the main partner stand out. */
function sankey(flows, leftName, rightName, main) {
  const width = 720;
  const sums = (key) => {
    const sums = new Map();
    for (const flow of flows) sums.set(flow[key], (sums.get(flow[key]) || 0) + flow.pence);
    return sums;
  };
  const [lefts, rights] = [sums("left"), sums("right")];
  const most = Math.max(lefts.size, rights.size);
  const [gap, least] = [16, 150];
  const height = Math.max(most * 34, least) + gap * most;
  const all = [...lefts.values()].reduce((sum, pence) => sum + pence, 0);
  const scale = (height - gap * most) / all;
  const [from, to, bar] = [210, width - 220, 12];
  const stack = (sums) => {
    let y = (height - (all * scale + gap * sums.size)) / 2 + gap / 2;
    const places = new Map();
    for (const [code, pence] of sums) {
      places.set(code, { y, tall: pence * scale, used: 0, pence });
      y += pence * scale + gap;
    }
    return places;
  };
  const [left, right] = [stack(lefts), stack(rights)];
  const ribbons = flows.map((flow) => {
    const [a, b] = [left.get(flow.left), right.get(flow.right)];
    const tall = flow.pence * scale;
    const [ya, yb] = [a.y + a.used, b.y + b.used];
    a.used += tall;
    b.used += tall;
    const middle = (from + bar + to) / 2;
    const beyond = main(flow.left) !== flow.right;
    return s("path", {
      class: beyond ? "flow beyond" : "flow",
      d: `M${from + bar},${ya} C${middle},${ya} ${middle},${yb} ${to},${yb} L${to},${yb + tall} C${middle},${yb + tall} ${middle},${ya + tall} ${from + bar},${ya + tall} Z`,
    }, s("title", {}, `${leftName(flow.left)} to ${rightName(flow.right)}: ${pounds(flow.pence)}${beyond ? ", outside the main council" : ""}`));
  });
  const label = (text, most = 30) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const ends = (places, x, anchor, shift, name) => [...places].map(([code, place]) => [
    s("rect", { class: "node", x, y: place.y, width: bar, height: Math.max(place.tall, 1) }),
    s("text", { x: x + shift, y: place.y + place.tall / 2 - 1, "text-anchor": anchor }, label(name(code))),
    s("text", { class: "small", x: x + shift, y: place.y + place.tall / 2 + 13, "text-anchor": anchor }, pounds(place.pence)),
  ]);
  const words = flows.map((flow) => `${leftName(flow.left)} to ${rightName(flow.right)} ${pounds(flow.pence)}`).join("; ");
  return h("figure", {}, h("div", { class: "chart", role: "group", "aria-label": "Flows of NHS money", tabindex: "0" }, s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Flows of NHS money: ${words}` },
    ribbons, ends(left, from, "end", -8, leftName), ends(right, to, "start", bar + 8, rightName))),
  h("figcaption", { class: "note" }, "NHS money by where its people live. Orange: for people outside the body’s main council."));
}

function money(body) {
  const draw = () => {
    const all = sideMoney(state.alignment).filter((row) => row.fiscal_year === state.year);
    if (!all.length) return body.replaceChildren(h("p", {}, "No budgets were given for this alignment, so nothing is known of money here."));
    const kinds = current().kinds;
    const services = [...new Set(all.map((row) => row.service))];
    const bars = services.map((service) => {
      const own = (side) => all.filter((row) => row.side === side && row.service === service);
      const states = own("health").some((row) => row.health_pence !== null);
      return {
        service: service ?? UNKNOWN,
        health: states ? total(own("health").map((row) => row.health_pence)) : null,
        outside: states ? total(own("health").filter((row) => row.health_pence !== null).map((row) => row.outside_main_pence)) : null,
        council: own("council").some((row) => row.council_pence !== null) ? total(own("council").map((row) => row.council_pence)) : null,
      };
    });
    const beyond = all.filter((row) => row.side === "health");
    const measured = (side) => sideRows(state.alignment, side, current().land ? "area" : "people");
    const bodies = (side) => measured(side).length;
    const codes = measured("health").map((row) => row.code);
    const top = codes
      .map((code) => ({ code, ...poundsOutside("health", code), low: total(beyond.filter((row) => row.code === code && row.outside_main_pence !== null).map((row) => row.outside_main_pence_low)), high: total(beyond.filter((row) => row.code === code && row.outside_main_pence !== null).map((row) => row.outside_main_pence_high)) }))
      .filter((one) => one.sum > 0)
      .sort((a, b) => b.sum - a.sum)
      .slice(0, 15);
    const unknown = codes.filter((code) => poundsOutside("health", code).sum === null).length;
    body.replaceChildren(
      h("p", {}, `Money of ${state.year ?? "an unknown year"}: ${kinds.health} money is split by where the people of each body live. What is for people outside the body’s main council needs an agreement with another one to be spent jointly.`),
      serviceBars(bars, kinds, { health: bodies("health"), council: bodies("council") }),
      top.length ? h("h3", {}, "Most NHS pounds outside the main council") : "",
      top.length ? outsideBars(top) : h("p", {}, "No NHS money is known to lie outside a main council."),
      unknown ? h("p", { class: "note" }, `Not known for ${count(unknown)} of ${count(codes.length)} (${kinds.health}): they are not in this list, and hatched on the map.`) : "");
  };
  watch(["alignment", "year"], draw);
  draw();
}
const sideMoney = by("budget_body", "alignment");

/** What each side spends by service: NHS money in the main council and outside it, council money. */
function serviceBars(bars, kinds, bodies) {
  const largest = Math.max(...bars.flatMap((bar) => [bar.health?.sum ?? 0, bar.council?.sum ?? 0]), 1);
  const width = (pence) => ({ width: `${(pence / largest) * 100}%` });
  // A body that states nothing for a service has no row, or one that is not known: either way it is not in the sum.
  const line = (parts, words, known, side) => h("div", { class: "money" }, h("div", { class: "track", "aria-hidden": "true" }, parts), h("span", {}, words, known < bodies[side] ? h("span", { class: "note" }, `, known for ${count(known)} of ${count(bodies[side])}`) : null));
  const lines = bars.map((bar) => {
    const cells = [];
    if (bar.health && bar.health.sum !== null) {
      const outside = bar.outside.sum ?? 0;
      cells.push(line([h("i", { class: "within", css: width(bar.health.sum - outside) }), h("i", { class: "beyond", css: width(outside) })],
        [`${kinds.health} ${pounds(bar.health.sum)}`, bar.outside.sum === null ? ", outside main councils unknown" : `, ${pounds(outside)} outside main councils (${percent(bar.health.sum ? outside / bar.health.sum : null)})`], bar.health.known, "health"));
    }
    if (bar.council && bar.council.sum !== null) cells.push(line([h("i", { class: "spent", css: width(bar.council.sum) })], `${kinds.council} ${pounds(bar.council.sum)}`, bar.council.known, "council"));
    if (!cells.length) cells.push(h("span", { class: "unknown" }, UNKNOWN));
    return h("tr", {}, h("th", { scope: "row" }, sentence(bar.service)), h("td", {}, cells));
  });
  return scrolled("Money by service", h("table", { class: "bars" }, h("caption", { class: "unseen" }, "Money by service and side"), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Service"), h("th", { scope: "col" }, "Known money"))), h("tbody", {}, lines)));
}

function outsideBars(top) {
  const largest = Math.max(...top.map((one) => Math.max(one.sum, one.high.unknown ? 0 : one.high.sum ?? 0)));
  const layer = layerOf("health");
  const range = (one) => (one.low.unknown || one.high.unknown || one.low.sum === null ? "" : `${pounds(one.low.sum)} to ${pounds(one.high.sum)}`);
  const lines = top.map((one) => h("tr", {}, h("th", { scope: "row" }, nameOf(layer, one.code)),
    h("td", { class: "wide" }, h("div", { class: "track", "aria-hidden": "true" }, h("i", { class: "beyond", css: { width: `${(one.sum / largest) * 100}%` } }))),
    h("td", { class: "number" }, pounds(one.sum), one.unknown ? h("span", { class: "note" }, `, ${plural(one.unknown, "line")} unknown`) : null),
    h("td", { class: "number" }, range(one) || h("span", { class: "unknown" }, "not bounded"))));
  return scrolled("NHS pounds outside the main council", h("table", { class: "bars" }, h("caption", { class: "unseen" }, "NHS pounds outside the main council, by body"),
    h("thead", {}, h("tr", {}, ["Body", "", "Outside", "Range"].map((title, at) => (title ? h("th", { scope: "col", class: at > 1 && "number" }, title) : h("td", {}))))), h("tbody", {}, lines)));
}

// Mergers ---------------------------------------------------------------------------------------------------------------------------

const EFFECTS = ["improved", "neutral", "worsened", "unknown"];

function mergers(body) {
  const dated = new Map(rows("succession").map((row) => [row.succession, row.date ?? "9999"]));
  const ids = [...dated.keys()].sort((a, b) => (dated.get(a) < dated.get(b) ? -1 : dated.get(a) > dated.get(b) ? 1 : a < b ? -1 : 1));
  if (!ids.length) return body.append(h("p", {}, "This run has no successions: nothing was merged, split or proposed."));
  body.append(h("p", {}, "What each reorganisation, or proposal, did: improved where fewer people of a body are on the wrong side of a line, or, where lines stay, it deals with fewer partners; worsened where more."));
  for (const id of ids) {
    const own = rows("merger_headline").filter((row) => row.succession === id);
    const basis = effectBasis(id);
    const bars = ["health", "council"].map((side) => effectBar(own.filter((row) => row.side === side && row.basis === basis), side));
    const effects = rows("merger_effect").filter((row) => row.succession === id && row.basis === basis);
    const date = rows("succession").find((row) => row.succession === id)?.date;
    const changed = effects.filter((row) => row.effect === "improved" || row.effect === "worsened");
    body.append(h("h3", {}, id, date ? h("span", { class: "note" }, ` ${date}`) : null), h("div", { class: "effects" }, bars.filter(Boolean)), crossingTotal(own.find((row) => row.basis === basis)));
    if (changed.length) body.append(h("details", {}, h("summary", {}, `${plural(changed.length, "body", "bodies")} that improved or worsened, before and after`), lazily(() => effectTable(changed.sort((a, b) => Math.abs(b.crossing_change) - Math.abs(a.crossing_change)), id))));
  }
  proposals(body);
}

/** What each proposal would do to the people on the wrong side of a line, and which flags would go and come. */
function proposals(body) {
  const own = rows("what_if_obstruction");
  const figures = rows("what_if").filter((row) => row.measure === "crossing");
  const keys = [...new Map(figures.map((row) => [keyOf(row.proposal, row.alignment), row])).values()];
  if (!keys.length) return;
  body.append(h("h3", {}, "What each proposal would change"));
  for (const { proposal, alignment } of keys) {
    const basis = figures.some((row) => row.proposal === proposal && row.alignment === alignment && row.basis === "people") ? "people" : "area";
    const row = figures.find((one) => one.proposal === proposal && one.alignment === alignment && one.basis === basis);
    const flags = own.filter((one) => one.proposal === proposal && one.alignment === alignment);
    const gone = flags.filter((one) => one.state === "gone");
    const fresh = flags.filter((one) => one.state === "new");
    const amount = (value) => (value === null ? UNKNOWN : basis === "people" ? `${people(value)} people` : land(value));
    const says = `${proposal} (${alignment}): on the wrong side of a line ${amount(row.before)} before, ${amount(row.after)} after; ${plural(gone.length, "flag")} would go and ${count(fresh.length)} would come.`;
    body.append(flags.length
      ? h("details", { class: "proposal" }, h("summary", {}, says), lazily(() => scrolled(`Flags of ${proposal}`, tableOf(`Flags that ${proposal} would remove or bring`, [
          { title: "Flag", cell: (one) => (one.state === "gone" ? "goes" : "comes") },
          { title: "Severity", cell: (one) => severity(one.severity) },
          { title: "Rule", cell: (one) => one.obstruction_id },
          { title: "What it says", cell: (one) => one.message },
        ], [...gone, ...fresh].sort(worstFirst), { quiet: true }))))
      : h("p", { class: "proposal" }, says));
  }
}

function effectBar(list, side) {
  if (!list.length) return null;
  const all = list.reduce((sum, row) => sum + row.bodies, 0);
  const sorted = EFFECTS.map((effect) => list.find((row) => row.effect === effect)).filter((row) => row && row.bodies);
  return h("div", { class: "effect" }, h("p", {}, h("b", {}, side === "health" ? "Bodies" : "Councils"), ` (${count(all)})`),
    h("div", { class: "track", "aria-hidden": "true" }, sorted.map((row) => h("i", { class: row.effect, css: { width: `${(row.bodies / all) * 100}%` } }))),
    h("ul", { class: "legend" }, sorted.map((row) => h("li", {}, h("i", { class: row.effect }), h("span", {}, `${row.effect} `, h("b", {}, count(row.bodies)), row.people === null ? ", people unknown" : `, ${people(row.people)} people`)))));
}

/** What is in crossing parts, on the basis of a row: people, or hectares. */
const crossed = (row, amount) => (amount === null || amount === undefined ? UNKNOWN : row.basis === "people" ? people(amount) : `${figures.format(amount / 10000)} ha`);

function crossingTotal(row) {
  if (!row) return null;
  const what = row.basis === "people" ? "People" : "Land";
  return h("p", { class: "note" }, `${what} on the wrong side of a line, of the whole map: ${crossed(row, row.crossing_before)} in ${plural(row.parts_before, "part")} before, ${crossed(row, row.crossing_after)} in ${plural(row.parts_after, "part")} after.`);
}

function effectTable(effects, id) {
  const links = rows("succession").filter((row) => row.succession === id);
  const from = (row) => (row.side === "health" ? links.filter((link) => link.to_code === row.code && link.type !== "transferred_part").map((link) => link.from_name || link.from_code).join(", ") : "");
  return scrolled(`Before and after: ${id}`, tableOf(`Before and after: ${id}`, [
    { title: "Body", cell: (row) => row.name || row.code },
    { title: "Made from", cell: from },
    { title: "Class before", cell: (row) => (row.class_before ? chip(row.class_before) : h("span", { class: "note" }, "several, or none")) },
    { title: "Class after", cell: (row) => chip(row.class_after) },
    { title: "On the wrong side before", cell: (row) => crossed(row, row.crossing_before), number: true },
    { title: "On the wrong side after", cell: (row) => crossed(row, row.crossing_after), number: true },
    { title: "Effect", cell: (row) => (row.effect === null ? UNKNOWN : row.effect_by === "none" ? row.effect : `${row.effect} by ${row.effect_by}`) },
    { title: "Partners", cell: (row) => `${row.partners_before === null ? UNKNOWN : figures.format(row.partners_before)} → ${row.partners_after === null ? UNKNOWN : figures.format(row.partners_after)}`, number: true },
    { title: "People", cell: (row) => people(row.people), number: true },
  ], effects, { quiet: true }));
}

/** Made when it is opened. */
function lazily(make) {
  const holder = h("div", {});
  requestAnimationFrame(() => holder.parentElement.addEventListener("toggle", () => holder.childElementCount || holder.append(make())));
  return holder;
}

// Flags -----------------------------------------------------------------------------------------------------------------------------

/** A table of flags with the evidence of each; the first few, and a button for the rest. */
function flagTable(flags, caption, few) {
  const holder = h("div", {});
  const service = (flag) => [flag.service && sentence(flag.service), flag.fiscal_year].filter(Boolean).join(", ");
  const metric = (flag) => sentence(flag.unit === "pence" ? flag.metric.replace(/_?pence$/, "") : flag.metric);
  const columns = [
    { title: "Severity", cell: (flag) => severity(flag.severity) },
    { title: "Rule", cell: (flag) => h("span", { title: conditions.get(flag.obstruction_id) ?? flag.title }, h("b", {}, flag.obstruction_id), ` ${flag.title}`) },
    { title: "What it says", cell: (flag) => flag.message },
    { title: "Measured", cell: (flag) => (flag.metric === null ? "" : `${metric(flag)} ${measured(flag.value, flag.unit) || UNKNOWN}${flag.threshold === null ? "" : `, against ${measured(flag.threshold, flag.unit)}`}`) },
    { title: "Service, year", cell: service },
    { title: "People", cell: (flag) => counted(flag.people, people), number: true },
    { title: "Pounds", cell: (flag) => counted(flag.pence, pounds), number: true },
    { title: "Confidence", cell: (flag) => flag.confidence },
  ];
  const draw = (most) => {
    holder.replaceChildren(scrolled(caption, tableOf(caption, columns, flags.slice(0, most), { quiet: true })));
    if (flags.length > most) holder.append(h("button", { type: "button", onclick: () => draw(most + 200) }, `Show ${count(Math.min(200, flags.length - most))} more of ${count(flags.length)}`));
  };
  draw(few);
  return holder;
}
const conditions = new Map(DATA.rules.map(([id, , condition]) => [id, condition]));

function flags(body) {
  const search = h("input", { type: "search", id: "flag-search", placeholder: "rule, name or words", oninput: () => draw() });
  const level = h("select", { id: "flag-level", onchange: () => draw() }, h("option", { value: "" }, "all"), SEVERITIES.map((word) => h("option", { value: word }, word)));
  const scope = h("select", { id: "flag-scope", onchange: () => draw() }, h("option", { value: "here" }, "this alignment"), h("option", { value: "all" }, "the whole run"));
  const told = h("p", { class: "note", role: "status", id: "flag-count" });
  const summary = h("div", {});
  const holder = h("div", {});
  const draw = () => {
    const text = search.value.trim().toLowerCase();
    const all = scope.value === "all" ? rows("obstruction") : flagsOfAlignment(state.alignment);
    const list = all.filter((flag) => (!level.value || flag.severity === level.value) && (!text || [flag.obstruction_id, flag.title, flag.message, flag.subject_name, flag.subject_code, flag.partner_code].some((part) => part && part.toLowerCase().includes(text))));
    const rules = new Map();
    for (const flag of list) {
      const rule = rules.get(flag.obstruction_id) || { id: flag.obstruction_id, title: flag.title, severity: flag.severity, flags: 0, people: null, pence: null };
      rule.flags += 1;
      // The worst that its flags have here, not what the rule usually has.
      if (SEVERITIES.indexOf(flag.severity) < SEVERITIES.indexOf(rule.severity)) rule.severity = flag.severity;
      if (flag.people !== null) rule.people = Math.max(rule.people ?? 0, flag.people);
      if (flag.pence !== null) rule.pence = Math.max(rule.pence ?? 0, flag.pence);
      rules.set(rule.id, rule);
    }
    const sorted = [...rules.values()].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.flags - a.flags);
    told.textContent = list.length === all.length ? `${plural(all.length, "flag")}.` : `${count(list.length)} of ${plural(all.length, "flag")}.`;
    summary.replaceChildren(scrolled("Flags by rule", tableOf("Flags by rule", [
      { title: "Rule", cell: (rule) => h("span", { title: conditions.get(rule.id) ?? "" }, h("b", {}, rule.id), ` ${rule.title}`) },
      { title: "Worst severity", cell: (rule) => severity(rule.severity) },
      { title: "Flags", cell: (rule) => count(rule.flags), number: true },
      { title: "Most people in one", cell: (rule) => counted(rule.people, people), number: true },
      { title: "Most pounds in one", cell: (rule) => counted(rule.pence, pounds), number: true },
    ], sorted, { quiet: true })));
    holder.replaceChildren(h("details", {}, h("summary", {}, "Every one of them, with its evidence"), lazily(() => flagTable([...list].sort(worstFirst), "Flags", 50))));
  };
  body.append(
    h("p", {}, "A flag is a rule that fired: something that stands in the way of joint working, with what was measured. Flags show obstacles, not outcomes; people and pounds of several flags overlap, so they are never added up here."),
    h("form", { class: "filters", onsubmit: (event) => event.preventDefault() }, h("label", {}, "Search ", search), h("label", {}, "Severity ", level), h("label", {}, "Of ", scope)),
    told, summary, holder);
  watch(["alignment"], draw);
  draw();
}

// Findings and provenance -----------------------------------------------------------------------------------------------------------

function sources(body) {
  const run = DATA.run;
  const all = DATA.tables.finding.all;
  const findings = rows("finding");
  const kinds = Object.entries(all).map(([id, number]) => ({ id, number, list: findings.filter((row) => row.finding_id === id) }));
  const failed = run.proofs.filter((proof) => !proof.holds);
  const fact = (term, value) => [h("dt", {}, term), h("dd", {}, value)];
  body.append(
    h("h3", {}, "What was wrong or unknown in the input"),
    ...(kinds.length
      ? kinds.map((kind) => h("details", {}, h("summary", {}, `${kind.id}: ${plural(kind.number, "finding")}`, kind.list.length < kind.number ? `, the first ${count(kind.list.length)} here and all in finding.parquet` : ""), lazily(() => findingTable(kind))))
      : [h("p", {}, "Nothing.")]),
    h("h3", {}, "Where the figures come from"),
    h("dl", { class: "facts" },
      fact("Run", h("code", {}, run.id)),
      fact("Program", `${run.program.name} ${run.program.version}`),
      fact("Config", [run.config.path, " ", h("code", {}, run.config.blake3.slice(0, 16))]),
      fact("Proofs", failed.length ? `${count(failed.length)} of ${count(run.proofs.length)} do not hold` : `all ${count(run.proofs.length)} hold: areas close, people and money are conserved`)),
    run.attribution ? h("p", { class: "note" }, run.attribution) : "",
    h("ul", {}, run.cautions.map((caution) => h("li", {}, caution))),
    folded("Files that were read", [
      { title: "File", cell: (row) => row.path },
      { title: "Bytes", cell: (row) => count(row.bytes), number: true },
      { title: "BLAKE3", cell: (row) => h("code", {}, row.blake3.slice(0, 32), "…") },
    ], run.inputs),
    folded("Proofs", [
      { title: "Of", cell: (row) => row.subject },
      { title: "Identity", cell: (row) => row.name },
      { title: "Expected", cell: (row) => row.expected, number: true },
      { title: "Got", cell: (row) => row.got, number: true },
      { title: "Tolerance", cell: (row) => row.tolerance, number: true },
      { title: "Holds", cell: (row) => (row.holds ? "yes" : "no") },
    ], run.proofs),
    folded("Tables this page is made of", [
      { title: "Table", cell: (row) => row.name },
      { title: "File", cell: (row) => row.file },
      { title: "Rows", cell: (row) => count(row.rows), number: true },
      { title: "BLAKE3", cell: (row) => h("code", {}, row.blake3.slice(0, 32), "…") },
    ], run.tables));
}

function folded(title, columns, list) {
  return h("details", {}, h("summary", {}, `${title} (${count(list.length)})`), lazily(() => scrolled(title, tableOf(title, columns, list, { quiet: true }))));
}

function findingTable(kind) {
  return scrolled(`Findings ${kind.id}`, tableOf(`Findings ${kind.id}`, [
    { title: "Severity", cell: (row) => severity(row.severity) },
    { title: "Where", cell: (row) => [row.layer, row.code].filter(Boolean).join(" ") },
    { title: "Found", cell: (row) => row.detail },
    { title: "Value", cell: (row) => measured(row.value, row.unit), number: true },
    { title: "Done", cell: (row) => row.action },
    { title: "File, record, field", cell: (row) => [row.file, row.record === null ? null : `record ${row.record}`, row.field].filter(Boolean).join(", ") },
  ], kind.list, { quiet: true }));
}
