// The report as its readers use it. One test a promise; every one of them can fail.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { browser, changed, dataOf, datasets, opened, reportOf, rowsOf, screenshots } from "./open.mjs";

after(() => browser.close());

const sample = reportOf("sample");
const data = dataOf(sample);
const first = data.run.alignments[0];
const places = rowsOf(data, "place").filter((place) => place.alignment === first);
const names = new Map(rowsOf(data, "area").map((area) => [`${area.layer} ${area.code}`, area.name ?? area.code]));
const overlap = rowsOf(data, "overlap").find((row) => row.alignment === first);
const layers = { health: overlap.left_layer, council: overlap.right_layer };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const column = (page, nth) => page.$$eval(`#place-table tbody tr > :nth-child(${nth})`, (cells) => cells.map((cell) => cell.textContent));
const shown = (page) => page.$$eval("#place-table tbody tr", (rows) => rows.map((row) => row.dataset.place));

/** Chooses a body by its name, which brings it to the middle of the map. */
async function find(page, text) {
  await page.fill("#find", text);
  await page.press("#find", "Enter");
}

for (const name of datasets) {
  test(`${name} loads below 8 MB with no error, no word on the console and no request`, async () => {
    const path = reportOf(name);
    assert.ok(statSync(path).size < 8e6, `${statSync(path).size} bytes`);
    const page = await opened(path);
    const alignments = await page.$$eval("#alignment option", (options) => options.map((option) => option.value));
    assert.deepEqual(alignments, dataOf(path).run.alignments);
    for (const alignment of alignments) {
      await page.selectOption("#alignment", alignment);
      for (const choice of ["area", "council", "flags", "outside", "health", "class"]) await page.check(`#controls input[value=${choice}]`);
      const more = await page.$("#place-more");
      if (more) await more.click();
      await page.$$eval("details", (all) => all.slice(0, 15).forEach((one) => (one.open = true)));
      await page.waitForTimeout(100);
    }
    assert.deepEqual(page.heard, []);
    assert.ok((await page.locator("main").innerText()).includes("show obstacles, not outcomes"));
    await page.context().close();
  });
}

test("the headline is the published rate, for both sides and both definitions", async () => {
  const page = await opened(sample);
  const cards = await page.$$eval(".card", (cards) => cards.map((card) => [card.dataset.definition, card.dataset.side, card.querySelector(".of").textContent, card.querySelector(".figure").textContent]));
  assert.equal(cards.length, 4);
  for (const [definition, side, of, share] of cards) {
    const row = rowsOf(data, "rate").find((row) => row.alignment === first && row.basis === "people" && row.definition === definition && row.side === side && Math.abs(row.equal - data.run.equal) < 1e-12);
    assert.equal(of, `${row.coterminous} of ${row.of}`);
    assert.equal(share, `${(row.share * 100).toFixed(1)}%`);
  }
  await page.check("#controls input[value=area]");
  const byArea = rowsOf(data, "rate").find((row) => row.alignment === first && row.basis === "area" && row.definition === "strict" && row.side === "health" && Math.abs(row.equal - data.run.equal) < 1e-12);
  assert.equal(await page.textContent(".card .of"), `${byArea.coterminous} of ${byArea.of}`);
  await page.context().close();
});

test("every body has its published class in the legend's counts", async () => {
  const page = await opened(sample);
  const classes = rowsOf(data, "coterminosity").filter((row) => row.alignment === first && row.side === "council" && row.basis === "people");
  await page.check("#controls input[value=council]");
  const legend = await page.$$eval("#legend li", (items) => items.map((item) => [item.textContent.replace(/\s*[\d,]+$/, "").trim(), Number(item.querySelector("b").textContent)]));
  const expected = new Map();
  for (const row of classes) expected.set((row.class ?? "unknown").replaceAll("_", " "), (expected.get((row.class ?? "unknown").replaceAll("_", " ")) ?? 0) + 1);
  assert.deepEqual(new Map([...legend].sort()), new Map([...expected].sort()));
  await page.context().close();
});

test("the filters filter", async () => {
  const page = await opened(sample);
  assert.equal((await shown(page)).length, places.length);
  const wanted = places.find((place) => place.kind === "tangled");
  const code = wanted.health_codes.split(";")[0];
  await page.fill("#place-search", names.get(`${layers.health} ${code}`).toUpperCase());
  const found = await shown(page);
  assert.ok(found.includes(wanted.component) && found.length < places.length);
  await page.fill("#place-search", "no such place");
  assert.deepEqual(await shown(page), []);
  assert.match(await page.textContent("#place-count"), new RegExp(`^0 of ${places.length} places`));
  await page.fill("#place-search", "");
  await page.selectOption("#place-kind", "tangled");
  assert.deepEqual(await shown(page), places.filter((place) => place.kind === "tangled").sort((a, b) => a.rank - b.rank).map((place) => place.component));
  await page.selectOption("#place-kind", "");
  await page.selectOption("#place-worst", "high");
  assert.equal((await shown(page)).length, places.filter((place) => place.high > 0).length);
  await page.context().close();
});

test("the columns sort, both ways, with what is unknown last", async () => {
  const page = await opened(sample);
  for (const [id, nth, field] of [["people", 4, "people"], ["pounds", 6, "pence_exposed"], ["flags", 8, "obstructions"]]) {
    for (const down of [true, false]) {
      await page.click(`[data-column=${id}]`);
      const order = await shown(page);
      const figures = order.map((component) => places.find((place) => place.component === component)[field]);
      const known = figures.filter((figure) => figure !== null);
      assert.deepEqual(figures.slice(known.length).filter((figure) => figure !== null), [], "unknown is last");
      assert.deepEqual(known, [...known].sort((a, b) => (down ? b - a : a - b)), `${id} ${down ? "down" : "up"}`);
      assert.equal(await page.getAttribute(`#place-table th:nth-child(${nth})`, "aria-sort"), down ? "descending" : "ascending");
    }
  }
  await page.click("[data-column=name]");
  const titles = await column(page, 2);
  assert.deepEqual(titles, [...titles].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), "en-GB")));
  await page.context().close();
});

test("a click on the map chooses the body under it, and the way to its place leads there", async () => {
  const page = await opened(sample);
  const bodies = rowsOf(data, "coterminosity").filter((row) => row.alignment === first && row.side === "health" && row.basis === "people");
  for (const row of [bodies[0], bodies[17], bodies[40]]) {
    const name = names.get(`${layers.health} ${row.code}`);
    await find(page, row.code);
    assert.equal(await page.textContent("#chosen"), name);
    await page.focus("#stage");
    await page.keyboard.press("Escape");
    assert.equal(await page.$("#chosen"), null);
    const box = await page.locator("#stage").boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    assert.equal(await page.textContent("#chosen"), name);
    assert.ok((await page.textContent("#panel")).includes((row.class ?? "unknown").replaceAll("_", " ")));
    await page.click("#panel a.button");
    const place = places.find((place) => place.component === row.component);
    assert.equal(await page.evaluate(() => document.activeElement.closest("details").id), `place-${place.component}`);
    assert.ok((await page.textContent(`[id="place-${place.component}"] .matrix`)).includes(name));
  }
  await page.context().close();
});

test("everything can be done without a mouse", async () => {
  const page = await opened(sample);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  let stops = 0;
  while ((await page.evaluate(() => document.activeElement.id)) !== "stage" && stops < 60) {
    await page.keyboard.press("Tab");
    stops += 1;
  }
  assert.ok(stops < 60, "the map is never reached");
  const picture = () => page.$eval("#stage canvas", (canvas) => canvas.toDataURL().length + canvas.toDataURL().slice(-3000));
  const settled = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  let before = await picture();
  for (const key of ["+", "ArrowRight", "ArrowDown", "-", "ArrowLeft", "0"]) {
    await page.keyboard.press(key);
    await settled();
    const now = await picture();
    assert.notEqual(now, before, `${key} does nothing`);
    before = now;
  }
  await find(page, names.get(`${layers.health} ${places[0].health_codes.split(";")[0]}`));
  await page.keyboard.press("Shift+Tab");
  await page.focus("#stage");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent("#chosen"), names.get(`${layers.health} ${places[0].health_codes.split(";")[0]}`));
  await page.keyboard.press("ArrowUp");
  assert.ok((await page.textContent("#said")).length > 3, "what is under the cross is not said");
  // A place by keys alone.
  await page.focus("#place-table tbody tr:nth-child(2) a");
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => document.activeElement.closest("details").open));
  await page.context().close();
});

test("a place shows as many flags as its row says, and the pairs as published", async () => {
  for (const name of datasets) {
    const own = dataOf(reportOf(name));
    const page = await opened(reportOf(name));
    for (const alignment of own.run.alignments) {
      await page.selectOption("#alignment", alignment);
      const ranked = rowsOf(own, "place").filter((place) => place.alignment === alignment).sort((a, b) => a.rank - b.rank);
      for (const place of [...ranked.slice(0, 5), ...ranked.slice(-2)]) {
        const section = page.locator(`[id="place-${place.component}"]`);
        await page.click(`[data-place="${place.component}"] a`);
        const more = section.getByRole("button", { name: /^Show \d+ more/ });
        while (await more.count()) await more.first().click();
        const flags = await section.locator("tbody .severity").count();
        assert.equal(flags, place.obstructions, `${name}, ${alignment}, ${place.component}`);
        const pairs = rowsOf(own, "overlap").filter((row) => row.alignment === alignment && (place.health_codes ?? "").split(";").includes(row.left_code));
        if (pairs.length && pairs[0].people !== null) {
          const cells = await section.locator(".matrix td.number b").allTextContents();
          const people = (value) => (value > 0 && value < 0.5 ? "under 1" : new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 }).format(value));
          assert.deepEqual(cells.sort(), pairs.map((row) => people(row.people)).sort());
        }
      }
    }
    assert.deepEqual(page.heard, []);
    await page.context().close();
  }
});

test("names that mean harm are only names", async () => {
  const name = '<img src="x" onerror="window.harmed = 1">"\'</script><script>window.harmed = 2</script>';
  const path = changed(sample, (data) => {
    for (const table of ["area", "obstruction", "merger_effect", "succession", "finding"]) {
      const columns = data.tables[table].columns;
      for (const column of ["name", "kind", "from_name", "to_name", "subject_name", "message", "title", "detail", "action", "change"]) {
        if (columns[column]?.texts) columns[column].texts = columns[column].texts.map((text) => `${text} ${name}`);
      }
    }
  });
  const page = await opened(path);
  await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(await page.$$eval("img, main script", (all) => all.length), 0);
  assert.ok((await page.locator("#place-table").innerText()).includes("onerror"), "the name is not shown as it is");
  assert.deepEqual(page.heard, []);
  await page.context().close();
});

for (const [theme, width] of [["light", 1280], ["dark", 1280], ["light", 320], ["dark", 320]]) {
  test(`axe finds nothing in ${theme} at ${width} pixels, and nothing is wider than the page`, async () => {
    const page = await opened(sample, { theme, width, bypassCSP: true });
    await find(page, places[0].health_codes.split(";")[0]);
    await page.click("#place-table tbody tr:nth-child(1) a");
    await page.$$eval("main details:not(.place)", (all) => all.forEach((one) => (one.open = true)));
    await page.waitForTimeout(300);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    assert.ok(passes.length > 20, "axe looked at next to nothing");
    assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`), []);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "the page scrolls sideways");
    await page.context().close();
  });
}

test("the theme can be switched, and follows the system until it is", async () => {
  const page = await opened(sample, { theme: "dark" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const night = await ground();
  await page.click("#theme");
  assert.notEqual(await ground(), night);
  await page.click("#theme");
  assert.equal(await ground(), night);
  await page.context().close();
});

test("it prints: figures, map, places that are open, no controls", async () => {
  const page = await opened(sample, { theme: "dark" });
  await page.click("#place-table tbody tr:nth-child(1) a");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible(".tools"), false);
  assert.equal(await page.isVisible("#print"), false);
  assert.equal(await page.isVisible(`[id="place-${places.find((place) => place.rank === 1).component}"] .matrix`), true);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  const pdf = await page.pdf({ format: "A4" });
  const sheets = pdf.toString("latin1").match(/\/Type \/Page\b/g).length;
  assert.ok(sheets >= 5 && sheets <= 40, `${sheets} pages`);
  await page.context().close();
});

test("without scripts it says so", async () => {
  const page = await opened(sample, { javaScriptEnabled: false });
  assert.ok((await page.innerText("body")).includes("switched off"));
  await page.context().close();
});

test("screenshots of the main states", async () => {
  const shots = [
    ["sample", "headline", {}, async () => {}],
    ["sample", "place-dark", { theme: "dark", height: 1100 }, (page) => page.click("#place-table tbody tr:nth-child(1) a")],
    ["sample", "phone", { width: 375, height: 800 }, (page) => page.evaluate(() => document.getElementById("map").scrollIntoView())],
    ["england-2011", "england", {}, (page) => page.evaluate(() => document.getElementById("map").scrollIntoView())],
    ["england-2011", "england-chosen", {}, async (page) => {
      await page.check("#controls input[value=council]");
      await find(page, "Essex");
      await page.evaluate(() => document.getElementById("map").scrollIntoView());
    }],
    ["ccg-2019-2020", "mergers", {}, async (page) => {
      await page.evaluate(() => document.getElementById("mergers").scrollIntoView());
      await page.click("#mergers summary");
    }],
  ];
  for (const [name, title, options, act] of shots) {
    if (!datasets.includes(name)) continue;
    const page = await opened(reportOf(name), options);
    await act(page);
    await page.waitForTimeout(400);
    const path = join(screenshots, `${title}.png`);
    await page.screenshot({ path });
    const { size } = statSync(path);
    assert.ok(size > 20_000 && size < 300_000, `${title}: ${size} bytes`);
    await page.context().close();
  }
});
