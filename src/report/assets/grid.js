// A table to sort, filter, copy and take away as CSV. On a narrow screen each row is a card (parts.css).

/** Rows of a table that are drawn at once. */
const PAGE = 100;

/** Unknown comes last whichever way a column is sorted. */
function ordered(list, value, down) {
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(String(b), "en-GB", { numeric: true }) : a - b);
  return [...list].sort((one, two) => {
    const [a, b] = [value(one), value(two)];
    const [na, nb] = [a === null || a === undefined || a === "", b === null || b === undefined || b === ""];
    if (na || nb) return na - nb;
    return (down ? -1 : 1) * compare(a, b);
  });
}

/** Cells as text of comma separated values, as RFC 4180 has it. */
function csvOf(columns, list, separator = ",") {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    // A spreadsheet would take such a text for a formula.
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return separator === "\t" ? safe.replace(/[\t\r\n]+/g, " ") : /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns.map((column) => cell(column.title)), ...list.map((row) => columns.map((column) => cell(column.value(row))))].map((line) => line.join(separator)).join("\r\n");
}

/** Hands a file to the reader. */
function download(name, blob) {
  const address = URL.createObjectURL(blob);
  const anchor = h("a", { href: address, download: name, hidden: true });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page that was opened from a file may have no clipboard of its own.
    const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

const fileName = (name) => `${DATA.run.name}-${state.alignment}-${name}`.replace(/[^\p{L}\p{N}._-]+/gu, "-");

/**
 * A table.
 *
 * @param what {id, caption, rows, thing: [one, several], columns: [{id, title, value(row) for sorting and CSV, cell(row) for the page (default:
 *   the value), number, hint, wide: whether it holds
 *   sentences}], search: whether there is a search field, selects: [{id, label, options: [[value, text]], test(row, value),
 *   value}], sort: [column id, whether down], row(row): attributes of a row, plain: no tools}
 */
function grid(what) {
  const columns = what.columns.filter(Boolean).map((column) => ({ cell: (row) => column.value(row) ?? h("span", { class: "unknown" }, UNKNOWN), ...column }));
  const [one, many] = what.thing ?? ["row", "rows"];
  let [sorted, down] = what.sort ?? [null, false];
  let most = what.page ?? PAGE;
  const texts = new Map();
  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, [what.find?.(row) ?? "", ...columns.map((column) => column.value(row))].filter((value) => value !== null && value !== undefined).join(" ").toLowerCase());
    return texts.get(row);
  };
  const search = h("input", { type: "search", id: `${what.id}-search`, placeholder: "name, code or words", oninput: () => ((most = what.page ?? PAGE), draw()) });
  const selects = (what.selects ?? []).filter((select) => select.options.length > 1).map((select) => {
    const field = h("select", { id: `${what.id}-${select.id}`, onchange: () => ((most = what.page ?? PAGE), draw()) }, select.options.map(([value, text]) => h("option", { value }, text)));
    if (select.value && select.options.some(([value]) => value === select.value)) field.value = select.value;
    return { ...select, field };
  });
  const status = h("p", { class: "note count", role: "status", id: `${what.id}-count` });
  const holder = h("div", {});
  const all = () => {
    const text = search.value.trim().toLowerCase();
    const wanted = what.rows.filter((row) => (!text || textOf(row).includes(text)) && selects.every((select) => !select.field.value || select.test(row, select.field.value)));
    const column = columns.find((column) => column.id === sorted);
    return column ? ordered(wanted, column.sort ?? column.value, down) : wanted;
  };
  const head = (column) => {
    const own = sorted === column.id;
    const press = () => {
      down = own ? !down : Boolean(column.number) && column.id !== "rank";
      sorted = column.id;
      draw();
      holder.querySelector(`[data-column="${column.id}"]`).focus();
    };
    return h("th", { scope: "col", role: "columnheader", class: column.number ? "number" : column.wide && "wide", "aria-sort": own ? (down ? "descending" : "ascending") : null, title: column.hint },
      what.plain ? column.title : h("button", { type: "button", class: "sort", "data-column": column.id, onclick: press }, column.title, h("span", { class: "arrow", "aria-hidden": "true" }, own ? (down ? " ▼" : " ▲") : "")));
  };
  const line = (row) => h("tr", { role: "row", ...what.row?.(row) }, columns.map((column, at) => {
    const made = column.cell(row);
    return h(at ? "td" : "th", { scope: at ? null : "row", role: at ? "cell" : "rowheader", class: column.number && "number", "data-title": column.title }, h("span", { class: "cell" }, typeof made === "string" ? marked(made) : made));
  }));
  const draw = () => {
    const list = all();
    const name = (number) => plural(number, one, many);
    status.textContent = list.length === what.rows.length ? name(list.length) : `${count(list.length)} of ${name(what.rows.length)}`;
    const rest = list.length - most;
    holder.replaceChildren(
      list.length
        ? scrolled(what.caption, h("table", { id: what.id, role: "table" }, h("caption", { class: "unseen" }, what.caption), h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(head))), h("tbody", { role: "rowgroup" }, list.slice(0, most).map(line))))
        : h("p", { class: "note" }, what.rows.length ? "Nothing fits the filter." : what.empty ?? "There is none."),
      rest > 0 ? h("button", { type: "button", class: "more", onclick: () => ((most += 400), draw()) }, `Show ${count(Math.min(400, rest))} more of ${count(list.length)}`) : "");
  };
  draw();
  if (what.plain) return h("div", { class: "grid" }, holder);
  const csv = () => download(`${fileName(what.id)}.csv`, new Blob([`\ufeff${csvOf(columns, all())}\r\n`], { type: "text/csv" }));
  const copy = async () => {
    await copied(csvOf(columns, all(), "\t"));
    say(`${plural(all().length, one, many)} copied`);
  };
  const tools = what.rows.length > 0 && [
    h("button", { type: "button", class: "small", "data-tool": "copy", onclick: copy }, "Copy"),
    h("button", { type: "button", class: "small", "data-tool": "csv", onclick: csv }, "CSV"),
  ];
  return h("div", { class: "grid" },
    h("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
      what.rows.length > 6 ? h("label", {}, "Find ", search) : null, selects.map((select) => h("label", {}, `${select.label} `, select.field)), status, h("span", { class: "tools-end" }, tools || null)),
    holder);
}
