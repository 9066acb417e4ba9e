import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const ds of ["sample", "england-2011", "ccg-2019-2020", "icb-2024-2026", "kings-fund-sites", "national"]) {
  const context = await browser.newContext({ viewport: { width: 703, height: 1031 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(pathToFileURL(`/tmp/page/out/${ds}/runs/x/report.html`).href);
  await page.waitForSelector("html[data-ready]");
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.waitForTimeout(300);
  const hs = await page.evaluate(() => [document.documentElement.scrollHeight, ...["header.top", ".claim", ".cards", ".part-bars", ".summary", ".summary-map", ".source"].map((q) => document.querySelector(q)?.offsetHeight)]);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  console.log(ds, hs.join(" "), "pages", pdf.toString("latin1").match(/\/Type \/Page\b/g).length);
  await page.screenshot({ path: `/tmp/page/shots/print-${ds}.png`, fullPage: true });
  await context.close();
}
await browser.close();
