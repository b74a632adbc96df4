// Writes query_page.js, query_page.css and the bundled packages' licences into ../static.

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const OUT = "../static";

const result = await build({
  entryPoints: { query_page: "main.jsx" },
  outdir: OUT,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".woff2": "dataurl", ".graphql": "text", ".woff": "empty", ".ttf": "dataurl" },
});

const packages = new Map();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.set(found[1], true);
}

const texts = [];
for (const folder of [...packages.keys()].sort()) {
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  let licence = "";
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE", "license.md"]) {
    licence = await readFile(join(folder, name), "utf8").catch(() => "");
    if (licence) break;
  }
  texts.push(`${about.name} ${about.version} (${about.license})\n\n${licence.trim()}\n`);
}
await writeFile(join(OUT, "query_page.licences.txt"), texts.join(`\n${"-".repeat(78)}\n\n`));
console.log(`${texts.length} packages`);
