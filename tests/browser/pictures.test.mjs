// Screenshots of the main states, to be looked at.

import assert from "node:assert/strict";
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { browser, datasets, opened, reportOf, screenshots } from "./open.mjs";
import { data, parts, places, sample } from "./sample.mjs";

after(() => browser.close());

/** Those that the documentation shows. */
const DOCUMENTED = ["summary", "england", "england-map", "part"];

test("screenshots of the main states", async () => {
  const part = `${parts[2].left_code}~${parts[2].right_code}`;
  const shots = [
    ["sample", "summary", "", {}],
    ["sample", "summary-dark", "", { theme: "dark" }],
    ["sample", "parts", "#view=parts", {}],
    ["sample", "bodies", "#view=bodies", {}],
    ["sample", "places", "#view=places", {}],
    ["sample", "money", "#view=money", {}],
    ["sample", "flags", "#view=flags", {}],
    ["sample", "map", "#view=map", {}],
    ["sample", "map-classes-dark", "#view=map&colour=class&side=council", { theme: "dark" }],
    ["sample", "part", `#view=part&part=${part}`, {}],
    ["sample", "place-dark", `#view=place&place=${places[0].component}`, { theme: "dark", height: 1100 }],
    ["sample", "options", "#view=options", {}],
    ["sample", "proposals", "#view=proposals", {}],
    ["sample", "rates", "#view=rates", {}],
    ["sample", "method", "#view=method", {}],
    ["sample", "findings", "#view=findings", {}],
    ["sample", "data", "#view=data", {}],
    ["sample", "forced-colours", "", { forcedColors: "active" }],
    ["sample", "phone", "", { width: 360, height: 740 }],
    ["sample", "phone-map", "#view=map", { width: 360, height: 740, scroll: "#stage" }],
    ["sample", "phone-cards", "#view=bodies", { width: 360, height: 740, scroll: "#body-table" }],
    ["england-2011", "england", "", {}],
    ["england-2011", "england-map", "#view=map", { scroll: ".atlas" }],
    ["england-2011", "england-money", "#view=money", {}],
    ["ccg-2019-2020", "ccg", "", {}],
    ["ccg-2019-2020", "before-and-after", "#view=map&alignment=ccg-utla-2020&compare=ccg-utla-2019", { scroll: ".atlas" }],
    ["ccg-2019-2020", "mergers", "#view=mergers", {}],
    ["icb-2024-2026", "icb", "", {}],
    ["icb-2024-2026", "icb-no-map", "#view=map", {}],
    ["kings-fund-sites", "kings-fund", "", {}],
  ];
  for (const [name, title, hash, { scroll, ...options }] of shots) {
    if (!datasets.includes(name)) continue;
    const page = await opened(reportOf(name), { hash, ...options });
    if (scroll) await page.evaluate((selector) => document.querySelector(selector).scrollIntoView(), scroll);
    await page.waitForTimeout(400);
    const path = join(screenshots, `${title}.png`);
    await page.screenshot({ path });
    if (process.env.SCREENSHOTS && DOCUMENTED.includes(title)) copyFileSync(path, join(screenshots, "../../docs/screenshots", `${title}.png`));
    const { size } = statSync(path);
    assert.ok(size > 15_000 && size < 500_000, `${title}: ${size} bytes`);
    await page.context().close();
  }
  const page = await opened(sample);
  await page.emulateMedia({ media: "print" });
  await page.pdf({ path: join(screenshots, "summary.pdf"), preferCSSPageSize: true });
  await page.context().close();
});
