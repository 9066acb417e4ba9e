// The first screen: what is wrong, for whom, how much, and what would help. It is read in twenty seconds and prints on one page.

/** What a count of people says of the whole. */
function headlineOf(alignment, basis) {
  const row = nestingRow(alignment, basis)[0];
  return row && { ...row, what: basis === "people" ? large(row.crossing) : land(row.crossing), of: basis === "people" ? `${large(row.total)} people` : land(row.total) };
}

/** Bars of the largest parts. */
function partBars(parts, most) {
  const largest = Math.max(...parts.map((part) => partSize(part) ?? 0), 1e-9);
  const shownParts = parts.slice(0, most);
  return h("ol", { class: "part-bars" }, shownParts.map((part) => h("li", {},
    h("span", { class: "who" }, partLink(part.left_code, part.right_code, partName(part.left_code, part.right_code))),
    h("span", { class: "bar", "aria-hidden": "true" }, h("i", { css: { width: `${((partSize(part) ?? 0) / largest) * 100}%` } })),
    h("span", { class: "how-much" }, amount(partSize(part)), part.health_pence !== null ? `, ${pounds(part.health_pence)} NHS` : ""))));
}

/** Money of the two sides on the wrong side of a line, in words. */
function moneyWords(parts, side) {
  const { sum, known } = moneyIn(parts, side);
  if (sum === null) return null;
  const year = parts.find((part) => part[`${side}_pence`] !== null)?.[side === "health" ? "fiscal_year" : "council_fiscal_year"];
  return { figure: pounds(sum), note: `${side === "health" ? "NHS" : "council"} money for these people${year ? `, ${year}` : ""}${known < parts.length ? `; known for ${count(known)} of ${plural(parts.length, "part")}` : ""}` };
}

/** A figure with what it is. */
const card = (figure, note, to) => h("li", { class: "card" }, h("p", { class: "figure" }, to ? h("a", { href: hrefOf(to) }, figure) : figure), h("p", {}, note));

/** What would help a part: the option that is shown first, else a transfer that affects no more people than it helps, else an agreement. */
function helpOf(part) {
  const own = optionsOf(state.alignment).filter((option) => option.crossing_rank === part.rank);
  return own.find((option) => option.first)
    ?? own.find((option) => option.kind === "transfer" && option.crossing_removed > 0 && option.people_affected <= option.crossing_removed)
    ?? own.find((option) => option.kind === "joint_agreement");
}

function summary(body) {
  const { alignment, basis } = state;
  const { kinds, layers } = current();
  const head = headlineOf(alignment, basis);
  if (!head) return body.append(h("p", { class: "notice" }, "Nothing was measured in this comparison."));
  const parts = partsOf();
  const [nHealth, nCouncil] = ["health", "council"].map((side) => sideRows(alignment, side, basis).length);
  const money = ["health", "council"].map((side) => moneyWords(parts, side)).filter(Boolean);
  const earlier = before(alignment);
  const was = earlier && headlineOf(earlier.alignment, basis);
  const live = basis === "people" ? "live" : "lie";
  // Options are judged by people where there are any.
  const judged = current().people ? "people" : "area";
  const first = partsOf(alignment, judged).map(helpOf).filter(Boolean).slice(0, 3);
  const high = flagsOfAlignment(alignment).filter((flag) => flag.severity === "high" && flag.family !== "DQ").length;
  const box = drawn(alignment) ? around(Object.values(sidesOf(alignment)).filter((layer) => layer?.areas.size).map((layer) => layer.box)) : null;
  const claim = parts.length
    ? [h("b", {}, head.what), ` of ${head.of} (${percent(head.crossing_share)}) ${live} on the `, term("wrong side of a line"), "."]
    : [h("b", {}, basis === "people" ? "No people" : "No land"), " on the ", term("wrong side of a line"), ": every body lies in one partner, or is made of whole ones."];
  const open = head.unknown_pairs ? `The people of ${plural(head.unknown_pairs, "more pair")} are not known. ` : head.proved ? "" : `This is the best that the search found; it cannot be less than ${amount(head.bound)}. `;
  const valid = [...new Set(["health", "council"].map((side) => layerFacts(layers[side]).from).filter(Boolean))].map(day);
  const failed = DATA.run.proofs.filter((proof) => !proof.holds).length;
  const findings = Object.values(DATA.tables.finding.all).reduce((sum, one) => sum + one, 0);
  const helps = [
    h("h3", {}, first.length > 1 ? `What would help the ${["two", "three"][first.length - 2]} largest parts` : "What would help"),
    first.length
      ? h("ul", { class: "short" }, first.map((option) => h("li", {}, shorter(option.message), option.kind === "merge" ? h("span", { class: "note" }, ` ${amount(option.crossing_removed, judged)} would no longer be on the wrong side.`) : "")))
      : h("p", {}, parts.length ? "No option moves fewer people than it helps; an agreement for each part would do." : "No boundary needs to move. ", high ? [" Of the obstacles that rules found, ", link({ view: "flags" }, `${count(high)} are high`), "."] : ""),
    h("p", { class: "note screen" }, link({ view: "options" }, "All options")),
  ];
  body.append(
    h("p", { class: "dateline" }, term(kinds.health, plural(nHealth, kinds.health)), " and ", term(kinds.council, plural(nCouncil, kinds.council)), valid.length ? `, boundaries of ${valid.join(" and ")}` : ` (${layers.health} and ${layers.council})`, state.year ? `, money of ${state.year}` : ""),
    h("p", { class: "claim", id: "claim" }, claim),
    parts.length ? h("p", { class: "explained" }, `Their ${kinds.health} and their ${kinds.council} do not fit together: they are the fewest ${basis === "people" ? "people" : "square kilometres"} that would have to change one of the two. Where ${article(kinds.health)} ${kinds.health} is made of whole councils, or a council of whole ${manyOf(kinds.health)}, nobody is on a wrong side. `, open) : h("p", { class: "explained" }, open),
    h("div", { class: "summary" },
      h("div", {},
        h("ul", { class: "cards" },
          card(count(head.parts), h("span", {}, head.parts === 1 ? "part crosses a line" : "parts cross a line", `: ${count(head.health_cut)} of ${plural(nHealth, kinds.health)} and ${count(head.councils_cut)} of ${plural(nCouncil, kinds.council)} are cut`), { view: "parts" }),
          money.map((one) => card(one.figure, one.note, { view: "money" })),
          card(count(head.agreements), h("span", {}, term("agreement", head.agreements === 1 ? "agreement" : "agreements"), " that joint working everywhere needs"), { view: "bodies" }),
          was ? card(`${head.crossing > was.crossing ? "+" : head.crossing < was.crossing ? "−" : "±"}${basis === "people" ? large(Math.abs(head.crossing - was.crossing)) : land(Math.abs(head.crossing - was.crossing))}`, `${basis === "people" ? "people" : "of land"} on the wrong side since before ${earlier.date ? `the change of ${day(earlier.date)}` : earlier.succession}: it was ${was.what}`, { view: "mergers" }) : null),
        parts.length ? [h("h3", {}, parts.length > 5 ? "The five largest parts" : "The parts"), partBars(parts, 5), parts.length > 5 ? h("p", { class: "note screen" }, link({ view: "parts" }, `All ${count(parts.length)} parts`)) : ""] : "",
        box ? helps : ""),
      box
        ? h("figure", { class: "summary-map" }, h("a", { href: hrefOf({ view: "map" }), class: "map-link", "aria-label": "Open the map" }, stillMap(`Map of ${manyOf(kinds.health)} and ${manyOf(kinds.council)} with the parts on the wrong side of a line`, 460, Math.round(Math.min(Math.max((460 * (box[3] - box[1])) / Math.max(box[2] - box[0], 1e-9), 320), 560)), box, { alignment, basis, fill: null, colour: () => "land", names: false })), mapKey(alignment))
        : h("div", {}, helps)),
    h("p", { class: "source" }, "Flags show obstacles, not outcomes: a boundary that does not fit is not a service that fails. What is unknown is shown as unknown, never as 0. ",
      failed ? [link({ view: "data" }, `${count(failed)} of ${plural(DATA.run.proofs.length, "proof")}`), ` of the sums ${failed === 1 ? "does" : "do"} not hold; a finding says of each why the run went on. `] : DATA.run.proofs.length ? `All ${plural(DATA.run.proofs.length, "proof")} of the sums hold. ` : "",
      findings ? [link({ view: "findings" }, plural(findings, "finding")), " about the input. "] : "",
      DATA.run.attribution ? `${DATA.run.attribution} ` : "",
      `Made by ${DATA.run.program.name} ${DATA.run.program.version} from ${DATA.run.config.path}, run ${DATA.run.id}.`));
}
