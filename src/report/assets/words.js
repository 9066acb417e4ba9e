// Words, numbers and elements: how figures are written, what things are called, and the one way markup is made.

/** An element. Text is only ever text: nothing that the data hold can become markup. */
function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The name space of drawings: a name, not an address to load. */
const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
function s(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
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

/** A large number in words: 1.26 million; below a million to the last digit. */
const large = (value) => (value !== null && Math.abs(value) >= 999999.5 ? `${hundredths.format(value / 1e6)} million` : people(value));
const hundredths = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 0, maximumFractionDigits: 2 });

/** Square metres as square kilometres. */
const land = (m2) => (m2 === null || m2 === undefined ? UNKNOWN : `${m2 > 0 && m2 < 50000 ? "under 0.1" : tenths.format(m2 / 1e6)} km²`);

/** A day as people write it: 1 April 2019. */
function day(date) {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date ?? "");
  return parts ? `${Number(parts[3])} ${MONTHS[Number(parts[2]) - 1]} ${parts[1]}` : date ?? "";
}
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const plural = (value, one, many = manyOf(one)) => `${count(value)} ${value === 1 ? one : many}`;

/** Plural of a kind of body: councils with social services, health authorities, bodies. */
function manyOf(one) {
  const [, noun, rest] = /^(.*?)((?: (?:with|of|for|in|on)\b|,| or ).*)?$/.exec(one);
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies${rest ?? ""}`;
  return `${noun}${/(s|x|ch|sh)$/.test(noun) ? "es" : "s"}${rest ?? ""}`;
}

/** A or an: an ICB, a PCT. Letters of an acronym are read one by one. */
const article = (word) => (/^[A-Z]{2,}\b/.test(word) ? /^[AEFHILMNORSX]/.test(word) : /^[aeiou]/i.test(word)) ? "an" : "a";

/** A text that stands out as unknown. */
const marked = (text) => (text === UNKNOWN ? h("span", { class: "unknown" }, UNKNOWN) : text);

/** A sum with what it leaves out. */
function sumOf({ sum, unknown }, format = pounds, thing = "row") {
  if (sum === null) return UNKNOWN;
  return unknown ? `${format(sum)}, and ${plural(unknown, thing)} unknown` : format(sum);
}

/** A figure of a flag, which is null also where its rule counts none. */
const counted = (value, format) => (value === null ? h("span", { class: "unknown", title: "unknown, or the rule counts none" }, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "unseen" }, "unknown, or not counted")) : format(value));

/** A measured value in its unit. */
function measured(value, unit) {
  if (value === null) return "";
  if (unit === "pence") return pounds(value);
  if (unit && unit.startsWith("share")) return percent(value);
  if (unit === "people") return people(value);
  if (unit === "m2") return land(value);
  return `${figures.format(value)}${unit ? ` ${unit}` : ""}`;
}

/** A service in words. */
const serviceName = (text) => (text === null ? "not stated" : text === "all" ? "all services" : sentence(text));
const sentence = (text) => text.replaceAll("_", " ");
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The name of an NHS body as people say it: without "NHS" before it and without its kind behind it. */
const bare = (name) => name.replace(/^NHS /, "").replace(/,? (?:Teaching )?(?:Integrated Care Board|Clinical Commissioning Group|Primary Care Trust|Primary Care Group|ICB|CCG|PCT|PCG)$/, "") || name;

/** A sentence with the long kinds of bodies in short. */
const brief = (text) => (text === null ? "" : text.replaceAll(" Integrated Care Board", " ICB").replaceAll(" Clinical Commissioning Group", " CCG").replaceAll(" Primary Care Trust", " PCT"));

/** The same without "NHS" before the name of a body that has its kind behind it. */
const shorter = (text) => brief(text).replaceAll(/\bNHS (?=[A-Z][^.,;:(]*? (?:ICB|CCG|PCT|PCG)\b)/g, "");

// Classes ---------------------------------------------------------------------------------------------------------------------------

// Colours after Okabe and Ito (2008), which readers who see no red or green can tell apart, and lightness in print: blue matches one to one, green is
// made of whole bodies or whole in one, pink and violet are cut. Orange is kept for what is on the wrong side of a line.
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
  { id: "spanning", colour: "#8a63b8", says: "across several councils" },
  { id: "shared", colour: "#8a63b8", says: "shared by several NHS bodies" },
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


/** What words mean, by word in lower case: the project's glossary, and what the page alone says. */
const TERMS = new Map();
for (const [word, also, field, meaning] of DATA.glossary ?? []) for (const one of [word, ...also]) TERMS.set(one.toLowerCase(), { word, field, meaning });
for (const [word, meaning] of Object.entries({
  part: "A crossing part: the people who share both an NHS body and a council that do not fit together.",
  agreement: "A standing arrangement between one NHS body and one council, such as a joint plan or a pooled budget.",
  flag: "A rule that found an obstacle to joint working, with what was measured. A flag is about an obstacle, not about how good a service is.",
  tolerance: "A share this close to nothing or to the whole counts as nothing or as the whole.",
})) if (!TERMS.has(word)) TERMS.set(word, { word, field: "Words of this page", meaning });

/** A word that says what it means when it is pressed. */
function term(word, shown = word) {
  const known = TERMS.get(word.toLowerCase());
  if (!known) return shown;
  return h("button", { type: "button", class: "term", title: known.meaning, onclick: (event) => explain(event.currentTarget, known.word, known.meaning) }, shown);
}

function explain(button, word, meaning) {
  const box = document.getElementById("meaning");
  box.replaceChildren(h("b", {}, capital(word)), h("span", {}, `: ${meaning}`));
  box.showPopover();
  const [at, width] = [button.getBoundingClientRect(), document.documentElement.clientWidth];
  box.style.setProperty("left", `${Math.max(8, Math.min(at.left, width - box.offsetWidth - 8))}px`);
  box.style.setProperty("top", `${Math.min(at.bottom + 6, window.innerHeight - box.offsetHeight - 8)}px`);
  say(`${word}: ${meaning}`);
}

/** Says something to those who do not see it. */
function say(text) {
  document.getElementById("said").textContent = text;
}

/** Terms and what they are, as a list. */
const facts = (...pairs) => h("dl", { class: "facts" }, pairs.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, typeof value === "string" ? marked(value) : value)]));

/** Something wide in a box that scrolls, also by keyboard. */
function scrolled(label, content) {
  return h("div", { class: "scrolled", role: "group", "aria-label": label, tabindex: "0" }, content);
}
