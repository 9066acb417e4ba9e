// The report as its readers use it. One test a promise; every one of them can fail.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addressesOf, at, browser, changed, dataOf, datasets, everything, opened, reportOf, rowsOf, screenshots } from "./open.mjs";

after(() => browser.close());

const sample = reportOf("sample");
const data = dataOf(sample);
const first = data.run.alignments[0];
const names = new Map(rowsOf(data, "area").map((area) => [`${area.layer} ${area.code}`, area.name ?? area.code]));
const overlap = rowsOf(data, "overlap").find((row) => row.alignment === first);
const layers = { health: overlap.left_layer, council: overlap.right_layer };
const places = rowsOf(data, "place").filter((place) => place.alignment === first).sort((a, b) => a.rank - b.rank);
const parts = rowsOf(data, "crossing").filter((part) => part.alignment === first && part.basis === "people").sort((a, b) => a.rank - b.rank);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const people = (value) => (value > 0 && value < 0.5 ? "under 1" : whole.format(value));
/** What no reader should ever see: the marks of a value that was written without a thought. */
const BROKEN = /.{0,40}(\[object|\bundefined\b|\bNaN\b|\bnull\b|\bInfinity\b|\{\{).{0,40}/g;
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
/** The page as a reader has it: all its text, what is chosen in every field, and where the map is. */
const told = (page) => page.evaluate(() => ({
  text: document.querySelector("main").innerText,
  title: document.title,
  chosen: [...document.querySelectorAll("select, input[type=radio]")].map((field) => (field.type === "radio" ? `${field.name} ${field.value} ${field.checked}` : `${field.id} ${field.value}`)),
  map: document.querySelector(".stages")?.dataset.drawn ?? "",
}));

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
      const here = await told(walked);
      const shown = await walked.evaluate(() => window.location.hash);
      const afresh = await opened(reportOf(name), { hash: shown });
      await settled(afresh);
      assert.deepEqual(await told(afresh), here, `${name} ${shown}`);
      await afresh.context().close();
    }
    await at(walked, some[1]);
    const before = await told(walked);
    await at(walked, some.at(-1));
    await walked.goBack();
    await settled(walked);
    assert.deepEqual(await told(walked), before);
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

test("everything is two clicks away: each view, each body, each part, each place", async () => {
  const page = await opened(sample);
  for (const view of ["parts", "bodies", "places", "money", "flags", "map", "options", "mergers", "proposals", "method", "rates", "findings", "data"]) {
    await at(page, "#view=summary");
    const reached = await page.evaluate(async (view) => {
      const shows = () => new URLSearchParams(window.location.hash.slice(1)).get("view") === view;
      const settle = () => new Promise((done) => setTimeout(done, 30));
      for (const link of [...document.querySelectorAll("#contents a")].slice(1)) {
        link.click();
        await settle();
        if (shows()) return true;
        const tab = [...document.querySelectorAll(".tabs a")].find((one) => new URLSearchParams(one.hash.slice(1)).get("view") === view);
        if (tab) {
          tab.click();
          await settle();
          return shows();
        }
      }
      return false;
    }, view);
    assert.ok(reached, `${view} is further than two clicks away`);
  }
  await page.context().close();
});

test("tables sort both ways with what is unknown last, filter, and say how many are left", async () => {
  const page = await opened(sample, { hash: "#view=places" });
  const shown = () => page.$$eval("#place-table tbody tr", (rows) => rows.map((row) => row.dataset.place));
  for (const [id, field] of [["people", "people"], ["exposed", "people_exposed"], ["flags", "obstructions"]]) {
    for (const down of [true, false]) {
      await page.click(`#place-table [data-column=${id}]`);
      const figures = (await shown()).map((component) => places.find((place) => place.component === component)[field]);
      const known = figures.filter((figure) => figure !== null);
      assert.deepEqual(figures.slice(known.length).filter((figure) => figure !== null), [], "unknown is not last");
      assert.deepEqual(known, [...known].sort((a, b) => (down ? b - a : a - b)), `${id} ${down ? "down" : "up"}`);
      assert.equal(await page.getAttribute(`#place-table th:has([data-column=${id}])`, "aria-sort"), down ? "descending" : "ascending");
    }
  }
  const wanted = places.find((place) => place.kind === "tangled");
  await page.fill("#place-table-search", names.get(`${layers.health} ${wanted.health_codes.split(";")[0]}`).toUpperCase());
  const found = await shown();
  assert.ok(found.includes(wanted.component) && found.length < places.length);
  assert.equal(await page.textContent("#place-table-count"), `${found.length} of ${places.length} places`);
  await page.fill("#place-table-search", "no such place");
  assert.equal(await page.textContent("#place-table-count"), `0 of ${places.length} places`);
  await page.fill("#place-table-search", "");
  await page.selectOption("#place-table-kind", "tangled");
  assert.deepEqual(new Set(await shown()), new Set(places.filter((place) => place.kind === "tangled").map((place) => place.component)));
  await page.selectOption("#place-table-kind", "");
  await page.selectOption("#place-table-worst", "high");
  assert.equal((await shown()).length, places.filter((place) => place.high > 0).length);
  await page.context().close();
});

test("a table is copied and taken away as CSV: the rows that are shown, figures as numbers", async () => {
  const page = await opened(sample, { hash: "#view=parts", permissions: ["clipboard-read", "clipboard-write"] });
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("[data-tool=csv]")]);
  assert.match(file.suggestedFilename(), /^sample-pcg-council-1999-part-table\.csv$/);
  const text = readFileSync(await file.path(), "utf8");
  assert.ok(text.startsWith("\ufeffPart,People,"), text.slice(0, 60));
  const lines = text.trim().split("\r\n").slice(1);
  assert.equal(lines.length, parts.length);
  lines.forEach((line, nth) => assert.equal(Number(/,(\d+(?:\.\d+)?),/.exec(line)[1]), parts[nth].people));
  await page.fill("#part-table-search", parts[0].left_code);
  await page.click("[data-tool=copy]");
  await page.waitForFunction(() => document.getElementById("said").textContent.includes("copied"));
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.split("\n").length, 1 + parts.filter((part) => [part.left_code, part.right_code].includes(parts[0].left_code)).length);
  assert.ok(copied.includes("\t"));
  await page.context().close();
});

test("a word of ours says what it means, by mouse and by keys", async () => {
  const page = await opened(sample);
  for (const press of [() => page.click("#claim .term"), () => page.focus("#claim .term").then(() => page.keyboard.press("Enter"))]) {
    await press();
    assert.ok(await page.isVisible("#meaning"));
    assert.ok((await page.innerText("#meaning")).length > 40);
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("#meaning"), false);
  }
  await page.context().close();
});

test("a click on the map chooses the body under it, a finger does so too, and its page is one link away", async () => {
  for (const touch of [false, true]) {
    const page = await opened(sample, { hash: "#view=map&colour=class", hasTouch: touch });
    const bodies = rowsOf(data, "coterminosity").filter((row) => row.alignment === first && row.side === "health" && row.basis === "people" && row.class !== "fragment" && !row.crossing);
    for (const row of [bodies[0], bodies[17], bodies[30]]) {
      const name = names.get(`${layers.health} ${row.code}`);
      await page.fill("#find", row.code);
      await page.press("#find", "Enter");
      await page.waitForFunction((name) => document.getElementById("chosen")?.textContent === name, name);
      await settled(page);
      await page.focus("#stage");
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => !document.getElementById("chosen"));
      const box = await page.locator("#stage").boundingBox();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await (touch ? page.touchscreen.tap(x, y) : page.mouse.click(x, y));
      await page.waitForFunction((name) => document.getElementById("chosen")?.textContent === name, name);
    }
    await page.click("#panel a.button");
    await page.waitForSelector(".view-body #title");
    assert.equal(await page.textContent("#title"), names.get(`${layers.health} ${bodies[30].code}`));
    await page.context().close();
  }
});

test("the map shades each part with its people, and a click on one chooses it", async () => {
  const page = await opened(sample, { hash: `#view=map&part=${parts[2].left_code}~${parts[2].right_code}` });
  await settled(page);
  const orange = await page.$eval("#stage canvas", (canvas) => {
    const context = canvas.getContext("2d");
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let pixel = 0; pixel < data.length; pixel += 4) if (data[pixel] > 200 && data[pixel + 1] > 70 && data[pixel + 1] < 140 && data[pixel + 2] < 90) found += 1;
    return found / (data.length / 4);
  });
  assert.ok(orange > 0.02, `${orange} of the map is shaded`);
  assert.ok((await page.innerText("#panel")).includes(people(parts[2].people)));
  await page.focus("#stage");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.getElementById("chosen"));
  const box = await page.locator("#stage").boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForFunction((wanted) => new URLSearchParams(window.location.hash.slice(1)).get("part") === wanted, `${parts[2].left_code}~${parts[2].right_code}`);
  await page.context().close();
});

test("before and after stand side by side and move together", async () => {
  if (!datasets.includes("ccg-2019-2020")) return;
  const page = await opened(reportOf("ccg-2019-2020"), { hash: "#view=map&alignment=ccg-utla-2020&compare=ccg-utla-2019" });
  await settled(page);
  assert.equal((await page.$$(".stage canvas")).length, 2);
  const picture = (id) => page.$eval(`#${id} canvas`, (canvas) => canvas.toDataURL());
  const before = [await picture("stage"), await picture("stage-beside")];
  assert.notEqual(before[0], before[1], "both maps are the same");
  await page.focus("#stage");
  await page.keyboard.press("+");
  await settled(page);
  assert.notEqual(await picture("stage"), before[0]);
  assert.notEqual(await picture("stage-beside"), before[1]);
  await page.waitForFunction(() => window.location.hash.includes("at="));
  await page.context().close();
});

test("the map is taken away as PNG and as SVG, with its key and source", async () => {
  const page = await opened(sample, { hash: "#view=map&colour=class", theme: "dark" });
  await settled(page);
  const [png] = await Promise.all([page.waitForEvent("download"), page.click("#png")]);
  const image = readFileSync(await png.path());
  assert.equal(image.subarray(1, 4).toString(), "PNG");
  assert.ok(image.readUInt32BE(16) >= 1000 && image.length > 20_000, `${image.readUInt32BE(16)} pixels, ${image.length} bytes`);
  const [svg] = await Promise.all([page.waitForEvent("download"), page.click("#svg")]);
  const text = readFileSync(await svg.path(), "utf8");
  assert.match(text, /^<svg xmlns=/);
  assert.equal([...text.matchAll(BROKEN)].length, 0);
  for (const mark of ["stroke-dasharray", "clipPath", "PCG boundary", "Council boundary", people(parts[0].people), "Open Government Licence"]) assert.ok(text.includes(mark), `${mark} is not in the SVG`);
  const parsed = await page.evaluate((text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent ?? null, text);
  assert.equal(parsed, null);
  assert.deepEqual(page.heard, []);
  await page.context().close();
});

test("everything can be done without a mouse", async () => {
  const page = await opened(sample, { hash: "#view=map" });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "view-title");
  let stops = 0;
  while ((await page.evaluate(() => document.activeElement.id)) !== "stage" && stops < 30) {
    await page.keyboard.press("Tab");
    stops += 1;
  }
  assert.ok(stops < 30, "the map is never reached");
  const picture = () => page.$eval("#stage canvas", (canvas) => canvas.toDataURL());
  let before = await picture();
  for (const key of ["+", "ArrowRight", "ArrowDown", "-", "ArrowLeft", "0"]) {
    await page.keyboard.press(key);
    await settled(page);
    const now = await picture();
    assert.notEqual(now, before, `${key} does nothing`);
    before = now;
  }
  await page.keyboard.press("ArrowUp");
  assert.ok((await page.textContent("#said")).length > 3, "what is under the cross is not said");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#chosen");
  // A place by keys alone.
  await at(page, "#view=places");
  await page.focus("#place-table tbody tr:nth-child(2) a");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".view-place #title");
  assert.equal(await page.evaluate(() => document.activeElement.id), "view-title");
  await page.context().close();
});

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
      const edges = await page.$$eval("#contents a", (all) => all.map((one) => getComputedStyle(one).borderBottomColor));
      assert.ok(new Set(edges).size > 1, "the view that is shown cannot be told with forced colours");
    }
    await page.context().close();
  });
}

for (const name of everything) {
  test(`${name}: the first paint comes within a second, and the page answers within 100 ms`, async (context) => {
    const page = await opened(reportOf(name));
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
    const ready = await page.evaluate(() => performance.now());
    // From the press of a link to the frame that shows its view.
    const answers = await page.evaluate(async () => {
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const times = [];
      for (let round = 0; round < 3; round += 1) {
        for (const view of ["parts", "bodies", "places", "flags", "map", "options", "rates", "findings", "summary"]) {
          const question = { parts: 1, bodies: 1, places: 1, flags: 1, map: 2, options: 3, rates: 4, findings: 4, summary: 0 }[view];
          document.querySelectorAll("#contents a")[question].click();
          await frame();
          await frame();
          const link = [...document.querySelectorAll(".tabs a, #contents a")].find((one) => new URLSearchParams(one.hash.slice(1)).get("view") === view);
          await frame();
          const start = performance.now();
          link.click();
          await new Promise((done) => (window.location.hash.includes(`view=${view}`) && document.querySelector(`.view-${view}`) ? done() : window.addEventListener("hashchange", done, { once: true })));
          await frame();
          times.push({ view, round, time: performance.now() - start });
        }
      }
      return times;
    });
    const again = answers.filter((one) => one.round > 0);
    const worst = again.reduce((a, b) => (a.time > b.time ? a : b));
    const middle = again.map((one) => one.time).sort((a, b) => a - b)[Math.floor(again.length / 2)];
    context.diagnostic(`${name}: ${(statSync(reportOf(name)).size / 1e6).toFixed(2)} MB, first paint ${paint.toFixed(0)} ms, ready ${ready.toFixed(0)} ms, answers ${middle.toFixed(0)} ms in the middle, ${worst.time.toFixed(0)} ms at most (${worst.view}), the first time at most ${Math.max(...answers.filter((one) => one.round === 0).map((one) => one.time)).toFixed(0)} ms`);
    assert.ok(paint < 1000, `the first paint took ${paint} ms`);
    assert.ok(middle < 100, `${middle} ms`);
    await page.context().close();
  });
}

test("names that mean harm are only names", async () => {
  const name = '<img src="x" onerror="window.harmed = 1">"\'</script><script>window.harmed = 2</script>';
  const path = changed(sample, (data) => {
    for (const table of ["area", "obstruction", "merger_effect", "succession", "finding", "option", "place"]) {
      const columns = data.tables[table].columns;
      for (const column of ["name", "kind", "from_name", "to_name", "subject_name", "message", "title", "detail", "action", "change", "wrong_side"]) {
        if (columns[column]?.texts && !(table === "place" && column === "kind") && !(table === "option" && column === "kind")) columns[column].texts = columns[column].texts.map((text) => `${text} ${name}`);
      }
    }
  });
  const page = await opened(path);
  for (const address of addressesOf(data).slice(0, 30)) {
    await at(page, address);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    await settled(page);
    assert.equal(await page.evaluate(() => window.harmed), undefined, address);
    assert.equal(await page.$$eval("img, main script", (all) => all.length), 0, address);
  }
  await at(page, "#view=bodies");
  assert.ok((await page.locator("#body-table").innerText()).includes("onerror"), "the name is not shown as it is");
  assert.deepEqual(page.heard, []);
  await page.context().close();
});

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

test("without scripts it says so", async () => {
  const page = await opened(sample, { javaScriptEnabled: false });
  assert.ok((await page.innerText("body")).includes("switched off"));
  await page.context().close();
});

test("the libraries in the page are those that the bundle is made of", () => {
  const bundle = join(dirname(fileURLToPath(import.meta.url)), "../../src/report/bundle");
  const made = join(mkdtempSync(join(tmpdir(), "bundle-")), "d3.js");
  execFileSync("npm", ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: bundle });
  execFileSync("node", ["build.mjs", made], { cwd: bundle });
  const committed = readFileSync(join(bundle, "../assets/d3.js"), "utf8");
  assert.ok(readFileSync(made, "utf8") === committed, "src/report/assets/d3.js is not what `npm run build` in src/report/bundle makes");
  assert.ok(readFileSync(sample, "utf8").includes(committed), "the page has another d3.js");
});

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
    const { size } = statSync(path);
    assert.ok(size > 15_000 && size < 500_000, `${title}: ${size} bytes`);
    await page.context().close();
  }
  const page = await opened(sample);
  await page.emulateMedia({ media: "print" });
  await page.pdf({ path: join(screenshots, "summary.pdf"), preferCSSPageSize: true });
  await page.context().close();
});
