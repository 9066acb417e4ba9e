import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
// args: dataset hash name [width] [height] [theme] [full]
const jobs = process.argv.slice(2).map((one) => one.split("|"));
for (const [ds, hash, name, width = 1280, height = 900, theme = "light", full = ""] of jobs) {
  const context = await browser.newContext({ viewport: { width: +width, height: +height }, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("console", (m) => console.log(name, m.type(), m.text()));
  page.on("pageerror", (e) => console.log(name, "ERR", e.stack.slice(0, 600)));
  const t = Date.now();
  await page.goto(pathToFileURL(`/tmp/page/out/${ds}/runs/x/report.html`).href + hash);
  await page.waitForSelector("html[data-ready]", { timeout: 20000 }).catch((e) => console.log(name, "not ready"));
  await page.waitForTimeout(350);
  const bad = await page.evaluate(() => { const t = document.body.innerText; return [...t.matchAll(/.{0,30}(\[object|undefined|NaN|\bnull\b).{0,30}/g)].map((m) => m[0]); });
  if (bad.length) console.log(name, "BAD", bad.slice(0, 5));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > +width) console.log(name, "WIDE", wide);
  await page.screenshot({ path: `/tmp/page/shots/${name}.png`, fullPage: full === "full" });
  await context.close();
}
await browser.close();
