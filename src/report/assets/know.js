// How we know: the method, how often boundaries match, what was wrong in the input, proofs, files and tables.

const rateRows = by("rate", "alignment", "basis", "definition", "side");
const MATCHES = {
  strict: "one body, one partner: the same area",
  structural: "also bodies made of whole partners, and whole members of such a partner",
};

/** The row at the run's own tolerance. */
function rateAt(definition, side) {
  return rateRows(state.alignment, state.basis, definition, side).find((row) => Math.abs(row.equal - DATA.run.equal) < 1e-12);
}

function method(body) {
  const { kinds, layers } = current();
  const layer = (side) => {
    const { from, to, derived } = layerFacts(layers[side]);
    return h("li", {}, h("b", {}, layers[side]), `: ${plural(sideRows(state.alignment, side, state.basis).length, kinds[side])}${from ? `, in force from ${day(from)}` : ""}${to ? ` to ${day(to)}` : ""}${derived ? "; its boundaries are an approximation" : ""}`);
  };
  body.append(
    h("ol", { class: "steps" },
      h("li", {}, h("b", {}, "The two maps are laid over each other. "), "Every area that an NHS body and a council share is measured, exactly, and every overlap too thin and too empty to be meant is marked as a sliver."),
      h("li", {}, h("b", {}, "People and pounds follow. "), "People are counted in small census areas; those that a line cuts are shared by area, and the range says what that leaves open. A budget goes to the places where its people live."),
      h("li", {}, h("b", {}, "The closest map that fits is found. "), "In it every body lies in one partner or is made of whole ones. What has to move to get there is on the wrong side of a line. No arrangement moves fewer; where that could not be proved, the page says so."),
      h("li", {}, h("b", {}, "Rules look for obstacles. "), "Each rule states what it measures, its limit and its source. A rule whose table was not given stays silent."),
      h("li", {}, h("b", {}, "Options are tried. "), "Each is done to the bodies as they are, and the rules are run again.")),
    h("h3", {}, "What is compared here"), h("ul", {}, layer("health"), layer("council")),
    h("h3", {}, "What to keep in mind"), h("ul", {}, DATA.run.cautions.map((caution) => h("li", {}, caution)), DATA.run.attribution ? h("li", {}, DATA.run.attribution) : ""),
    h("h3", {}, "Words"),
    ...[...new Set([...TERMS.values()].map((one) => one.field))].map((field) => h("details", { class: "table" }, h("summary", {}, field),
      h("dl", { class: "words" }, [...new Map([...TERMS.values()].filter((one) => one.field === field).map((one) => [one.word, one.meaning]))].map(([word, meaning]) => [h("dt", {}, capital(word)), h("dd", {}, meaning)])))),
    h("h3", {}, "Rules"),
    grid({
      id: "rules", caption: "Rules and when they find something", rows: [...DATA.rules.map(([id, title, condition]) => ({ id, title, condition })), ...DATA.run.own_rules.map((rule) => ({ id: rule.id, title: rule.title, condition: rule.condition }))], thing: ["rule", "rules"],
      columns: [
        { id: "rule", title: "Rule", value: (rule) => rule.id },
        { id: "title", title: "In words", value: (rule) => rule.title },
        { id: "condition", wide: true, title: "It finds something when", value: (rule) => rule.condition },
        { id: "here", title: "Flags here", number: true, value: (rule) => flagsOfAlignment(state.alignment).filter((flag) => flag.obstruction_id === rule.id).length },
        { id: "source", wide: true, title: "Source", value: (rule) => rows("obstruction").find((flag) => flag.obstruction_id === rule.id)?.source ?? "" },
      ],
    }));
}

function rates(body) {
  const { kinds } = current();
  const [health, council] = [rateAt("strict", "health"), rateAt("strict", "council")];
  const words = (row) => [h("b", {}, `${count(row.coterminous)} of ${count(row.of)}`), ` (${percent(row.share)})`];
  const cards = ["strict", "structural"].flatMap((definition) => ["health", "council"].map((side) => {
    const row = rateAt(definition, side);
    return row && h("li", { class: "card rate", "data-definition": definition, "data-side": side },
      h("p", { class: "card-title" }, h("b", {}, capital(definition)), `, ${manyOf(kinds[side])}`),
      h("p", { class: "figure" }, percent(row.share)),
      h("p", { class: "of" }, `${count(row.coterminous)} of ${count(row.of)}`),
      h("p", { class: "note" }, row.people_share === null ? "share of people unknown" : `with ${percent(row.people_share)} of the people`),
      h("p", { class: "note" }, MATCHES[definition]));
  }));
  const association = rows("association").find((row) => row.alignment === state.alignment && row.basis === state.basis);
  const list = rows("rate").filter((row) => row.alignment === state.alignment && row.basis === state.basis);
  const series = ["strict", "structural"].flatMap((definition) => ["health", "council"].map((side) => ({ definition, side, list: rateRows(state.alignment, state.basis, definition, side) })));
  body.append(
    health && council
      ? h("p", { class: "lead" }, `Of the ${manyOf(kinds.health)}, `, words(health), ` have the same boundary as one body of the other side; of the ${manyOf(kinds.council)}, `, words(council), ". Both are true: a rate depends on whose bodies are counted, and on what counts as a match.")
      : h("p", { class: "lead" }, "No rate was measured."),
    h("ul", { class: "cards" }, cards),
    h("h3", {}, "If another tolerance had been chosen"),
    h("p", { class: "note" }, "A share within the ", term("tolerance"), ` of the whole counts as whole. This run uses ${percent(DATA.run.equal)}, the dashed line.`),
    toleranceChart(series, DATA.run.equal, kinds),
    h("h3", {}, "The figures behind it"),
    grid({
      id: "rate-table", caption: "Bodies that match, by definition, side and tolerance", rows: list, thing: ["rate", "rates"],
      columns: [
        { id: "definition", title: "Definition", value: (row) => row.definition },
        { id: "side", title: "Side", value: (row) => manyOf(kinds[row.side]) },
        { id: "tolerance", title: "Tolerance", number: true, value: (row) => row.equal, cell: (row) => `${figures.format(row.equal * 100)}%` },
        { id: "match", title: "Match", number: true, value: (row) => row.coterminous },
        { id: "of", title: "Of", number: true, value: (row) => row.of },
        { id: "share", title: "Share", number: true, value: (row) => row.share, cell: (row) => percent(row.share) },
        { id: "people", title: "Share of people", number: true, value: (row) => row.people_share, cell: (row) => percent(row.people_share) },
      ],
    }),
    association ? h("p", { class: "note" }, `Both maps as wholes: V-measure ${percent(association.v_measure)} (Rosenberg and Hirschberg 2007). Knowing the ${kinds.health} of a person tells the ${kinds.council} by ${percent(association.homogeneity_health_by_council)}; the other way round by ${percent(association.completeness_health_by_council)}.`) : "");
}

function findings(body) {
  const all = DATA.tables.finding.all;
  const list = rows("finding");
  const number = Object.values(all).reduce((sum, one) => sum + one, 0);
  body.append(
    h("p", {}, "A ", term("finding"), " is something wrong or unknown in the input. ", number ? `There ${number === 1 ? "is" : "are"} ${count(number)}; nothing was repaired or left out without one.` : "There is none."),
    list.length < number ? h("p", { class: "note" }, `${count(list.length)} of them are here, at most 200 of each kind; finding.parquet has all.`) : "",
    grid({
      id: "finding-table", caption: "Findings about the input", rows: list, thing: ["finding", "findings"], sort: ["severity", false],
      columns: [
        { id: "kind", title: "Kind", value: (row) => row.finding_id },
        { id: "severity", title: "Severity", value: (row) => row.severity, sort: (row) => SEVERITIES.indexOf(row.severity), cell: (row) => severity(row.severity) },
        { id: "where", title: "Where", value: (row) => [row.layer, row.code].filter(Boolean).join(" ") },
        { id: "found", wide: true, title: "What was found", value: (row) => brief(row.detail) },
        { id: "value", title: "Value", number: true, value: (row) => row.value, cell: (row) => (row.value === null ? h("span", { class: "note" }, "–") : measured(row.value, row.unit)) },
        { id: "done", title: "What was done", value: (row) => row.action },
        { id: "file", title: "File, record, field", value: (row) => [row.file, row.record === null ? null : `record ${row.record}`, row.field].filter(Boolean).join(", ") },
      ],
      selects: [
        { id: "kind", label: "Kind", options: [["", "all"], ...Object.entries(all).map(([id, number]) => [id, `${id} (${count(number)})`])], test: (row, id) => row.finding_id === id },
        { id: "severity", label: "Severity", options: [["", "all"], ...SEVERITIES.filter((word) => list.some((row) => row.severity === word)).map((word) => [word, word])], test: (row, word) => row.severity === word },
      ],
    }));
}

/** A long number with separators; what is no whole number as it was written. */
const grouped = (text) => (/^-?\d+$/.test(text) ? text.replace(/\B(?=(\d{3})+(?!\d))/g, ",") : text);

function data(body) {
  const { run } = DATA;
  const failed = run.proofs.filter((proof) => !proof.holds);
  const checksum = (text) => h("code", { title: text }, `${text.slice(0, 16)}…`);
  body.append(
    facts(
      ["Run", h("code", {}, run.id)],
      ["Program", `${run.program.name} ${run.program.version}`],
      ["Config", h("span", {}, run.config.path, " ", checksum(run.config.blake3))],
      ["Proofs", failed.length ? `${count(failed.length)} of ${count(run.proofs.length)} failed` : `all ${count(run.proofs.length)} hold: areas close, people and money are conserved`]),
    h("h3", {}, "Proofs"), h("p", {}, "A ", term("proof"), " is a figure that was computed in two ways. ", failed.length ? ["Those that do not hold come first; each is a ", link({ view: "findings" }, "finding"), " about the input, such as a total of a table that is not the sum of its rows, and the sums of this page are what the rows say."] : ""),
    grid({
      id: "proofs", caption: "Proofs", rows: [...failed, ...run.proofs.filter((proof) => proof.holds)], thing: ["proof", "proofs"], page: 15,
      columns: [
        { id: "of", title: "Of", value: (row) => row.subject },
        { id: "name", wide: true, title: "What must agree", value: (row) => row.name },
        { id: "expected", title: "Expected", number: true, value: (row) => row.expected, cell: (row) => grouped(row.expected) },
        { id: "got", title: "Found", number: true, value: (row) => row.got, cell: (row) => (row.holds || row.got !== row.expected ? grouped(row.got) : h("span", {}, grouped(row.got), h("span", { class: "note" }, " and what is unknown"))) },
        { id: "tolerance", title: "May differ by", number: true, value: (row) => row.tolerance },
        { id: "holds", title: "Holds", value: (row) => (row.holds ? "yes" : "no") },
      ],
    }),
    h("h3", {}, "Files that were read"),
    grid({
      id: "files", caption: "Files that were read", rows: run.inputs, thing: ["file", "files"],
      columns: [
        { id: "file", title: "File", value: (row) => row.path },
        { id: "bytes", title: "Bytes", number: true, value: (row) => row.bytes, cell: (row) => count(row.bytes) },
        { id: "blake3", title: "BLAKE3", value: (row) => row.blake3, cell: (row) => checksum(row.blake3) },
      ],
    }),
    h("h3", {}, "Published tables"), h("p", { class: "note" }, "They are beside this page, as Parquet: DuckDB, pandas, R and Power BI read them. datapackage.json describes every column."),
    grid({
      id: "tables", caption: "Published tables", rows: run.tables, thing: ["table", "tables"],
      columns: [
        { id: "table", title: "Table", value: (row) => row.name },
        { id: "file", title: "File", value: (row) => row.file },
        { id: "rows", title: "Rows", number: true, value: (row) => row.rows, cell: (row) => count(row.rows) },
        { id: "blake3", title: "BLAKE3", value: (row) => row.blake3, cell: (row) => checksum(row.blake3) },
      ],
    }));
}
