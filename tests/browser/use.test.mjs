// The report as its readers use it: tables, map, keys, touch, downloads, names that mean harm, and its libraries.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addressesOf, at, browser, changed, datasets, opened, reportOf, rowsOf } from "./open.mjs";
import { BROKEN, data, first, layers, names, parts, people, places, sample, settled } from "./sample.mjs";

after(() => browser.close());

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
  for (const mark of ["stroke-dasharray", "clipPath", "Boundary of a PCG", "Boundary of a council", people(parts[0].people), "Open Government Licence"]) assert.ok(text.includes(mark), `${mark} is not in the SVG`);
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
