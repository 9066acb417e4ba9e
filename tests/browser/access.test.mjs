// The report for every reader: a phone, 200% zoom, both themes, forced colours.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { addressesOf, at, browser, dataOf, datasets, opened, reportOf } from "./open.mjs";
import { data, sample, settled } from "./sample.mjs";

after(() => browser.close());

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test("on a phone of 360 pixels rows are cards, the map can be read, and nothing scrolls sideways", async () => {
  for (const name of datasets) {
    const own = dataOf(reportOf(name));
    const page = await opened(reportOf(name), { width: 360, height: 740, hasTouch: true, isMobile: true });
    for (const address of addressesOf(own).slice(0, 30)) {
      await at(page, address);
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `${name} ${address} is ${wide} pixels wide`);
    }
    await at(page, "#view=bodies");
    const [row, label] = await page.$eval("#body-table tbody tr", (row) => [getComputedStyle(row).display, getComputedStyle(row.querySelector("td"), "::before").content]);
    assert.equal(row, "block");
    assert.match(label, /Kind/);
    await page.context().close();
  }
});

test("at 200% zoom nothing is cut off", async () => {
  const page = await opened(sample, { width: 640, height: 450, deviceScaleFactor: 2 });
  for (const address of addressesOf(data).slice(0, 25)) {
    await at(page, address);
    await settled(page);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 640, address);
  }
  await page.context().close();
});

const AXE = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
for (const [theme, width, more] of [["light", 1280, {}], ["dark", 1280, {}], ["light", 360, {}], ["dark", 360, {}], ["light", 1280, { forcedColors: "active" }]]) {
  test(`axe finds nothing in ${theme}${more.forcedColors ? " with forced colours" : ""} at ${width} pixels, in any view`, async () => {
    const page = await opened(sample, { theme, width, bypassCSP: true, ...more });
    await page.evaluate(axe);
    const addresses = addressesOf(data).slice(0, 24);
    for (const address of addresses) {
      await at(page, address);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      await settled(page);
      const { violations, passes } = await page.evaluate((options) => window.axe.run(document, options), AXE);
      assert.ok(passes.length > 12, "axe looked at next to nothing");
      assert.deepEqual(violations.map((one) => `${address} ${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`), []);
    }
    if (more.forcedColors) {
      const edges = await page.$$eval("#contents a", (all) => all.map((one) => [one.hasAttribute("aria-current"), getComputedStyle(one).borderBottomColor]));
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.ok(edges.every(([own, colour]) => own === (colour !== ground)), "the view that is shown looks like the others with forced colours");
    }
    await page.context().close();
  });
}
