// The sample as the tests know it, and what they all ask of a page.

import { dataOf, reportOf, rowsOf } from "./open.mjs";

export const sample = reportOf("sample");
export const data = dataOf(sample);
export const first = data.run.alignments[0];
export const names = new Map(rowsOf(data, "area").map((area) => [`${area.layer} ${area.code}`, area.name ?? area.code]));
export const overlap = rowsOf(data, "overlap").find((row) => row.alignment === first);
export const layers = { health: overlap.left_layer, council: overlap.right_layer };
export const places = rowsOf(data, "place").filter((place) => place.alignment === first).sort((a, b) => a.rank - b.rank);
export const parts = rowsOf(data, "crossing").filter((part) => part.alignment === first && part.basis === "people").sort((a, b) => a.rank - b.rank);

export const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
export const people = (value) => (value > 0 && value < 0.5 ? "under 1" : whole.format(value));
/** What no reader should ever see: the marks of a value that was written without a thought. */
export const BROKEN = /.{0,40}(\[object|\bundefined\b|\bNaN\b|\bnull\b|\bInfinity\b|\{\{).{0,40}/g;
export const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
/** The page as a reader has it: all its text, what is chosen in every field, and where the map is. */
export const shownBy = (page) => page.evaluate(() => ({
  text: document.querySelector("main").innerText,
  title: document.title,
  chosen: [...document.querySelectorAll("select, input[type=radio]")].map((field) => (field.type === "radio" ? `${field.name} ${field.value} ${field.checked}` : `${field.id} ${field.value}`)),
  map: document.querySelector(".stages")?.dataset.drawn ?? "",
}));
