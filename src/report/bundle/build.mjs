// Writes the libraries of the report as one script, ../assets/d3.js (or the file named), with the licence of each package above it.
// The versions are those of package-lock.json, so the same script comes out wherever it is built.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../assets/d3.js");
const { outputFiles, metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["entry.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "d3",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  metafile: true,
  write: false,
});
const used = [...new Set(Object.keys(metafile.inputs).map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter(Boolean))].sort();
const notice = used.map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const [copyright] = /^Copyright.*$/m.exec(readFileSync(join(folder, "LICENSE"), "utf8")) ?? [""];
  return `${name} ${version} (${license}). ${copyright.trim().replace(/\.?$/, ".")}`;
});
// Every copy must carry the licence, so every report does: once for all packages that have the same.
const licences = new Set(used.map((name) => readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8").replace(/^Copyright.*$/gm, "").trim()));
const head = ["Libraries of this page, built by src/report/bundle/build.mjs:", ...notice, ...[...licences].flatMap((text) => ["", ...text.split("\n")])];
writeFileSync(target, `${head.map((line) => `// ${line}`.trimEnd()).join("\n")}\n${outputFiles[0].text}`);
console.log(`${relative(process.cwd(), target)}: ${used.join(", ")}`);
