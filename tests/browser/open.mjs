// Published reports and a browser to open them in.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.env.OUT ?? join(here, "../../out"));
export const screenshots = process.env.SCREENSHOTS ? join(here, "../../docs/screenshots") : join(here, "../../target/screenshots");
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

export const datasets = ["sample", "england-2011", "ccg-2019-2020", "kings-fund-sites"].filter((name) => reportOf(name));

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

/** Opens a report; what it logs, asks for or throws is gathered in `page.heard`. */
export async function opened(path, { width = 1280, height = 900, theme = "light", ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce", ...more });
  const page = await context.newPage();
  // Machines that test are busy machines.
  page.setDefaultTimeout(120000);
  page.heard = [];
  page.on("console", (message) => page.heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => page.heard.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => page.heard.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  const own = pathToFileURL(path).href;
  page.on("request", (request) => request.url().split("#")[0] === own || page.heard.push(`request: ${request.url()}`));
  await page.goto(own);
  if (more.javaScriptEnabled !== false) await page.waitForSelector("html[data-ready]", { timeout: 120000 });
  return page;
}
