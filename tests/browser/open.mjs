// Published reports and a browser to open them in.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.env.OUT ?? join(here, "../../out"));
export const screenshots = join(here, "../../target/screenshots");
mkdirSync(screenshots, { recursive: true });

/** The report of a dataset's current run; null where there is no such dataset. */
export function reportOf(name) {
  const current = join(out, name, "CURRENT");
  if (!existsSync(current)) {
    if (name === "sample") throw new Error(`${current} is missing: run \`coterminous run\` first, or set OUT`);
    return null;
  }
  return join(out, name, "runs", readFileSync(current, "utf8").trim(), "report.html");
}

export const datasets = ["sample", "england-2011", "ccg-2019-2020", "icb-2024-2026", "kings-fund-sites"].filter((name) => reportOf(name));
/** All of them, and the sample at national scale. */
export const everything = [...datasets, "national"].filter((name) => reportOf(name));

/** The data on a page, as the file holds them. */
export function dataOf(path) {
  const text = readFileSync(path, "utf8").split('<script type="application/json" id="data">')[1].split("</script>")[0];
  return JSON.parse(text);
}

/** Rows of a table of the page. */
export function rowsOf(data, name) {
  const { rows, columns } = data.tables[name];
  const listed = ({ runs, ...values }) => (runs ? runs.flatMap((value, at) => (at % 2 ? [] : Array(runs[at + 1]).fill(value))) : Object.values(values));
  const whole = Object.entries(columns).map(([column, cells]) => [column, cells.texts ? listed(cells.at).map((at) => (at === null ? null : cells.texts[at])) : listed(cells)]);
  return Array.from({ length: rows }, (_, row) => Object.fromEntries(whole.map(([column, values]) => [column, values[row]])));
}

/** A copy of a report with its data changed, as a run with such data would have published it. */
export function changed(path, change) {
  const [head, rest] = readFileSync(path, "utf8").split('<script type="application/json" id="data">');
  const [text, tail] = [rest.slice(0, rest.indexOf("</script>")), rest.slice(rest.indexOf("</script>"))];
  const data = JSON.parse(text);
  change(data);
  const inert = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const copy = join(here, "../../target/changed-report.html");
  writeFileSync(copy, `${head}<script type="application/json" id="data">${inert}${tail}`);
  return copy;
}

export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** Opens a report at an address; what it logs, asks for or throws is gathered in `page.heard`. */
export async function opened(path, { hash = "", width = 1280, height = 900, theme = "light", ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  // Machines that test are busy machines.
  page.setDefaultTimeout(120000);
  page.heard = [];
  page.on("console", (message) => page.heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => page.heard.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => page.heard.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  const own = pathToFileURL(path).href;
  // A file that the page itself made and hands over is no request.
  page.on("request", (request) => request.url().split("#")[0] === own || request.url().startsWith("blob:") || page.heard.push(`request: ${request.url()}`));
  await page.goto(own + hash);
  if (more.javaScriptEnabled !== false) await page.waitForSelector("html[data-ready]", { timeout: 120000 });
  return page;
}

/** Goes to another address on a page that is open, and waits until it is drawn. */
export async function at(page, hash) {
  await page.evaluate((wanted) => {
    if (window.location.hash === wanted || (wanted === "#" && !window.location.hash)) return null;
    return new Promise((done) => {
      window.addEventListener("hashchange", () => requestAnimationFrame(() => requestAnimationFrame(done)), { once: true });
      window.location.hash = wanted;
    });
  }, hash);
}

/** Every address that a report should be able to restore: each view of each alignment, and some bodies, parts and places of each. */
export function addressesOf(data) {
  const views = ["summary", "parts", "bodies", "places", "money", "flags", "map", "options", "mergers", "proposals", "method", "rates", "findings", "data"];
  const key = (one, other) => `${one}~${other}`;
  const all = [];
  for (const alignment of data.run.alignments) {
    const say = (parts) => all.push(`#${new URLSearchParams({ ...parts, ...(alignment === data.run.alignments[0] ? {} : { alignment }) })}`);
    for (const view of views) say({ view });
    const of = (table) => rowsOf(data, table).filter((row) => row.alignment === alignment);
    const basis = of("rate").some((row) => row.basis === "people") ? "people" : "area";
    const bodies = of("coterminosity").filter((row) => row.basis === basis);
    const parts = of("crossing").filter((row) => row.basis === basis).sort((a, b) => a.rank - b.rank);
    const places = of("place").sort((a, b) => a.rank - b.rank);
    for (const side of ["health", "council"]) {
      const own = bodies.filter((row) => row.side === side);
      for (const row of new Set([own[0], own[Math.floor(own.length / 2)], own.find((row) => row.crossing > 0)].filter(Boolean))) {
        say({ view: "body", body: key(side, row.code) });
        say({ view: "map", side, colour: "class", body: key(side, row.code) });
      }
    }
    for (const part of parts.slice(0, 2)) {
      say({ view: "part", part: key(part.left_code, part.right_code) });
      say({ view: "map", part: key(part.left_code, part.right_code) });
    }
    for (const place of new Set([places[0], places[1], places.at(-1)].filter(Boolean))) say({ view: "place", place: place.component });
    say({ view: "map", colour: "flags", side: "council" });
    say({ view: "map", colour: "money" });
    if (of("rate").some((row) => row.basis === "area") && basis === "people") for (const view of ["summary", "parts", "bodies", "map", "rates"]) say({ view, basis: "area" });
    const other = data.run.alignments.find((one) => one !== alignment);
    if (other) say({ view: "map", compare: other });
  }
  return all;
}
