// The report in every state: what it shows is what was published, and nothing is broken. One test a promise; every one of them can fail.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { addressesOf, at, browser, dataOf, datasets, everything, opened, reportOf, rowsOf } from "./open.mjs";
import { BROKEN, data, first, names, parts, people, settled, shownBy, whole } from "./sample.mjs";

after(() => browser.close());

for (const name of everything) {
  test(`${name}: below 8 MB; in every state no error, no request, nothing broken in its text and nothing wider than the page`, async () => {
    const path = reportOf(name);
    assert.ok(statSync(path).size < 8e6, `${statSync(path).size} bytes`);
    const page = await opened(path);
    const own = dataOf(path);
    const options = await page.$$eval("#alignment option", (options) => options.map((option) => option.value));
    assert.deepEqual(options, own.run.alignments);
    const addresses = addressesOf(own);
    assert.ok(addresses.length > 14);
    for (const address of addresses) {
      await at(page, address);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      await settled(page);
      const { text, hidden, wide } = await page.evaluate(() => ({
        text: document.body.innerText,
        hidden: [...document.querySelectorAll("[title], [aria-label], option")].map((one) => `${one.getAttribute("title") ?? ""} ${one.getAttribute("aria-label") ?? ""} ${one.tagName === "OPTION" ? one.textContent : ""}`).join("\n"),
        wide: document.documentElement.scrollWidth,
      }));
      assert.ok(text.length > 200, `${address} shows next to nothing`);
      assert.deepEqual([...`${text}\n${hidden}`.matchAll(BROKEN)].map((found) => found[0]), [], `${name} ${address}`);
      assert.ok(wide <= 1280, `${name} ${address} is ${wide} pixels wide`);
      assert.ok(!(await page.evaluate(() => document.querySelector("main").innerText)).includes("Integrated Care Board") || !address.includes("map"), "the map has the long names");
    }
    assert.deepEqual(page.heard, []);
    await page.context().close();
  });

  test(`${name}: every severity total equals the rows, rule by rule`, async () => {
    const own = dataOf(reportOf(name));
    const page = await opened(reportOf(name));
    for (const alignment of own.run.alignments) {
      await at(page, `#${new URLSearchParams({ view: "flags", alignment })}`);
      const flags = rowsOf(own, "obstruction").filter((flag) => flag.alignment === alignment);
      const count = (test) => flags.filter(test).length;
      const totals = Object.fromEntries(await page.$$eval("#severity-totals [data-severity]", (all) => all.map((one) => [one.dataset.severity, Number(one.textContent.replaceAll(",", ""))])));
      for (const word of ["high", "medium", "low", "info"]) assert.equal(totals[word], count((flag) => flag.severity === word), `${alignment} ${word}`);
      const table = await page.$$eval("#rule-table tbody tr", (rows) => rows.map((row) => [...row.querySelectorAll(".cell")].map((cell) => cell.textContent)));
      assert.equal(table.length, new Set(flags.map((flag) => flag.obstruction_id)).size);
      for (const [rule, ...numbers] of table) {
        const id = rule.split(" ")[0];
        const shown = numbers.slice(0, 5).map((text) => Number(text.replaceAll(",", "")));
        assert.deepEqual(shown, [...["high", "medium", "low", "info"].map((word) => count((flag) => flag.obstruction_id === id && flag.severity === word)), count((flag) => flag.obstruction_id === id)], `${alignment} ${id}`);
      }
      assert.match(await page.textContent("#flag-table-count"), new RegExp(`^${whole.format(flags.length)} flags?$`));
    }
    await page.context().close();
  });

  test(`${name}: no place has more people exposed than people`, () => {
    const own = rowsOf(dataOf(reportOf(name)), "place");
    assert.ok(own.length > 0);
    for (const place of own) assert.ok(place.people_exposed === null || place.people_exposed <= place.people, `${place.alignment} ${place.component}: ${place.people_exposed} of ${place.people}`);
  });
}

for (const name of datasets) {
  test(`${name}: each link restores its view, on a page opened afresh and by the Back button`, async () => {
    const own = dataOf(reportOf(name));
    const walked = await opened(reportOf(name));
    const addresses = addressesOf(own);
    // Those of the first alignment, and some of the others: they are of the same kinds.
    const some = addresses.filter((address, nth) => (address.includes("alignment=") ? nth % 4 === 0 : nth < 30 || nth % 2 === 0));
    for (const address of some) {
      await at(walked, address);
      await settled(walked);
      const here = await shownBy(walked);
      const shown = await walked.evaluate(() => window.location.hash);
      const afresh = await opened(reportOf(name), { hash: shown });
      await settled(afresh);
      assert.deepEqual(await shownBy(afresh), here, `${name} ${shown}`);
      await afresh.context().close();
    }
    await at(walked, some[1]);
    const before = await shownBy(walked);
    await at(walked, some.at(-1));
    await walked.goBack();
    await settled(walked);
    assert.deepEqual(await shownBy(walked), before);
    await walked.context().close();
  });

  test(`${name}: the summary says what was published`, async () => {
    const own = dataOf(reportOf(name));
    const page = await opened(reportOf(name));
    for (const alignment of own.run.alignments) {
      for (const basis of ["people", "area"]) {
        const row = rowsOf(own, "nesting").find((row) => row.alignment === alignment && row.basis === basis);
        if (!row) continue;
        await at(page, `#${new URLSearchParams({ alignment, basis })}`);
        const claim = await page.textContent("#claim");
        const million = (value) => (value >= 999999.5 ? `${new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 }).format(value / 1e6)} million` : people(value));
        const expected = row.parts === 0 ? `No ${basis === "people" ? "people" : "land"}` : basis === "people" ? million(row.crossing) : `${new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(row.crossing / 1e6)} km²`;
        assert.ok(claim.startsWith(expected), `${alignment}, ${basis}: ${claim}, not ${expected}`);
        if (row.parts) assert.equal(await page.textContent(".cards .card:first-child .figure"), whole.format(row.parts));
        // Parts are in the table one by one, and sum to the claim.
        await at(page, `#${new URLSearchParams({ view: "parts", alignment, basis })}`);
        assert.equal((await page.$$("#part-table tbody tr")).length, row.parts);
      }
    }
    assert.deepEqual(page.heard, []);
    await page.context().close();
  });

  test(`${name}: the money that is shown is the published money`, async () => {
    const own = dataOf(reportOf(name));
    const page = await opened(reportOf(name));
    const bodies = rowsOf(own, "budget_body");
    for (const alignment of own.run.alignments) {
      await at(page, `#${new URLSearchParams({ view: "money", alignment })}`);
      const rows = await page.$$eval("#money-table tbody tr", (rows) => rows.map((row) => [...row.querySelectorAll(".cell")].map((cell) => cell.textContent)));
      const mine = bodies.filter((row) => row.alignment === alignment && row.fiscal_year !== null);
      assert.equal(rows.length > 0, mine.length > 0);
      for (const [service, year, nhs, , , council] of rows) {
        for (const [side, shown] of [["health", nhs], ["council", council]]) {
          const known = mine.filter((row) => row.side === side && row.fiscal_year === year && (row.service === "all" ? "all services" : row.service.replaceAll("_", " ")) === service).map((row) => row[`${side}_pence`]).filter((pence) => pence !== null);
          const sum = known.reduce((a, b) => a + b, 0) / 100;
          const expected = known.length === 0 ? "–unknown, or not counted" : sum >= 999.95e6 ? `£${(sum / 1e9).toFixed(2)}bn` : sum >= 999.5e3 ? `£${new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(sum / 1e6)}m` : null;
          if (expected) assert.equal(shown, expected, `${alignment} ${service} ${year} ${side}`);
        }
      }
    }
    await page.context().close();
  });

  test(`${name}: the summary prints on one page, with title, date, bodies and source`, async () => {
    const own = dataOf(reportOf(name));
    for (const alignment of own.run.alignments) {
      const page = await opened(reportOf(name), { hash: `#${new URLSearchParams({ alignment })}`, theme: "dark" });
      await page.emulateMedia({ media: "print" });
      assert.equal(await page.isVisible("#print"), false);
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
      const text = await page.innerText("body");
      for (const word of [own.run.name, own.run.id, own.run.config.path, ...(own.run.attribution ? [own.run.attribution] : [])]) assert.ok(text.includes(word), `${word} is not on the page`);
      const sheets = (await page.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type \/Page\b/g).length;
      assert.equal(sheets, 1, `${alignment} prints on ${sheets} pages`);
      await page.context().close();
    }
  });
}

test("a place shows as many flags as its row says, and the pairs as published", async () => {
  for (const name of datasets) {
    const own = dataOf(reportOf(name));
    const page = await opened(reportOf(name));
    for (const alignment of own.run.alignments) {
      const ranked = rowsOf(own, "place").filter((place) => place.alignment === alignment).sort((a, b) => a.rank - b.rank);
      for (const place of [...ranked.slice(0, 4), ...ranked.slice(-2)]) {
        await at(page, `#${new URLSearchParams({ view: "place", alignment, place: place.component })}`);
        assert.match(await page.textContent("#place-flags-count"), new RegExp(`^${whole.format(place.obstructions)} flags?$`), `${name}, ${alignment}, ${place.component}`);
        const pairs = rowsOf(own, "overlap").filter((row) => row.alignment === alignment && (place.health_codes ?? "").split(";").includes(row.left_code));
        if (pairs.length && pairs[0].people !== null) {
          const cells = await page.locator(".matrix td.number b").allTextContents();
          assert.deepEqual(cells.sort(), pairs.map((row) => people(row.people)).sort());
        }
      }
    }
    assert.deepEqual(page.heard, []);
    await page.context().close();
  }
});
