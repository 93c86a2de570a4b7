// Bundles src/site.ts into the one script of a results site, and writes its SHA-256 beside it.
// The same sources and versions give the same bytes: `make web` and a test compare them.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = process.argv[2] ?? "../pbvote_tally/site/assets";
const banner =
  "/* pbvote, Apache-2.0: sources in tally/web. With noble curves and noble hashes," +
  " (c) Paul Miller, MIT. */";
const { outputFiles } = await build({
  entryPoints: ["src/site.ts"],
  bundle: true,
  format: "iife",
  target: "es2022",
  minify: true,
  charset: "ascii",
  legalComments: "none",
  banner: { js: banner },
  write: false,
});
const script = outputFiles[0].contents;
const sha256 = createHash("sha256").update(script).digest("hex");
writeFileSync(`${out}/site.js`, script);
writeFileSync(`${out}/site.js.sha256`, `${sha256}  site.js\n`);
console.log(`site.js: ${script.length} bytes, ${sha256}`);
