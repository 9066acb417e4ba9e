// Words, numbers and elements: how figures are written, what classes are called, and the one way markup is made.

/** An element. Text is only ever text: nothing that the data hold can become markup. */
function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An element of a drawing. */
function s(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "css") for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const figures = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
const UNKNOWN = "unknown";

/** Whole number with thousands separators. */
const count = (value) => (value === null || value === undefined ? UNKNOWN : number.format(value));
/** People, to the person: less than half a person is written as such, not as none. */
const people = (value) => (value > 0 && value < 0.5 ? "under 1" : count(value));
/** A share as a percentage with one decimal; nothing that is not nought is written 0.0%, and nothing but the whole 100.0%. */
function percent(share) {
  if (share === null || share === undefined) return UNKNOWN;
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share >= 0.9995) return ">99.9%";
  return `${tenths.format(share * 100)}%`;
}

/** Pence as pounds: £950, £45k, £12.3m, £1.2bn. */
function pounds(pence) {
  if (pence === null || pence === undefined) return UNKNOWN;
  const sign = pence < 0 ? "−" : "";
  const value = Math.abs(pence) / 100;
  if (value >= 999.95e6) return `${sign}£${new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value / 1e9)}bn`;
  if (value >= 999.5e3) return `${sign}£${tenths.format(value / 1e6)}m`;
  if (value >= 1000) return `${sign}£${number.format(value / 1000)}k`;
  return `${sign}£${value > 0 && value < 1 ? value.toFixed(2) : number.format(value)}`;
}

/** A sum with what it leaves open. */
function sumOf({ sum, unknown }, format = pounds, thing = "row") {
  if (sum === null) return UNKNOWN;
  return unknown ? `${format(sum)} known, ${plural(unknown, thing)} unknown` : format(sum);
}

const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** A text that stands out as unknown. */
const told = (text) => (text === UNKNOWN ? h("span", { class: "unknown" }, UNKNOWN) : text);

/** A figure of a flag, which is null also where its rule counts none. */
const counted = (value, format) => (value === null ? h("span", { class: "unknown", title: "unknown, or the rule counts none" }, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "unseen" }, "unknown, or none is counted")) : format(value));

/** A measured value in its unit. */
function measured(value, unit) {
  if (value === null) return "";
  if (unit === "pence") return pounds(value);
  if (unit && unit.startsWith("share")) return percent(value);
  if (unit === "people") return people(value);
  return `${figures.format(value)}${unit ? ` ${unit}` : ""}`;
}

const sentence = (text) => text.replaceAll("_", " ");
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Classes ---------------------------------------------------------------------------------------------------------------------------

// Colours after Okabe and Ito (2008), told apart by readers who see no red or green, and by lightness in print: blue matches one to one, green is
// made of whole bodies or whole in one, orange and purple are cut.
const CLASSES = [
  { id: "coterminous", colour: "#0b5fa5", says: "the same area as one body of the other side" },
  { id: "near_coterminous", colour: "#7cc0ee", says: "nearly the same area as one body of the other side" },
  { id: "aggregate", colour: "#00785a", says: "made of whole councils" },
  { id: "partitioned", colour: "#00785a", says: "divided into whole NHS bodies" },
  { id: "nested", colour: "#55bd9b", says: "inside one council" },
  { id: "inside_larger", colour: "#55bd9b", says: "inside one NHS body" },
  { id: "near_nested", colour: "#b5e3d0", says: "nearly inside one council" },
  { id: "near_inside_larger", colour: "#b5e3d0", says: "nearly inside one NHS body" },
  { id: "fragment", colour: "#cc79a7", says: "less than half in common with any one body of the other side, either way" },
  { id: "spanning", colour: "#d55e00", says: "across several councils" },
  { id: "shared", colour: "#d55e00", says: "shared by several NHS bodies" },
  { id: "uncovered", colour: "#8d8d96", says: "in a part that no body of the other side covers" },
];
const classOf = (id) => CLASSES.find((one) => one.id === id);

/** A class as a word with its colour. */
function chip(id) {
  if (id === null) return h("span", { class: "unknown" }, UNKNOWN);
  const known = classOf(id);
  return h("span", { class: "chip" }, h("i", { css: { "background-color": known ? known.colour : "transparent" } }), sentence(id));
}

const SEVERITIES = ["high", "medium", "low", "info"];

/** A severity as a mark: shape and word, not colour alone. */
function severity(word) {
  const mark = { high: "▲", medium: "◆", low: "●", info: "○" }[word] || "";
  return h("span", { class: `severity ${word}` }, h("span", { "aria-hidden": "true" }, mark), ` ${word}`);
}

/** A table: columns {title, cell(row), number, sort(row)}, with a caption. */
function tableOf(caption, columns, list, attributes = {}) {
  const head = h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.number && "number" }, column.title)));
  const line = (row) =>
    h("tr", attributes.row ? attributes.row(row) : {}, columns.map((column, at) => h(at ? "td" : "th", { scope: at ? null : "row", class: column.number && "number" }, cellOf(column, row))));
  const body = h("tbody", {}, list.map(line));
  return h("table", {}, h("caption", { class: attributes.quiet ? "unseen" : null }, caption), h("thead", {}, head), body);
}

function cellOf(column, row) {
  const made = column.cell(row);
  return typeof made === "string" ? told(made) : made;
}

/** Something wide in a box that scrolls, also by keyboard. */
function scrolled(label, content) {
  return h("div", { class: "scrolled", role: "group", "aria-label": label, tabindex: "0" }, content);
}
