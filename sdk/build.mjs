// Writes dist/ from src/: one minified file per entry, each naming the digest of all sources,
// so that a test can tell a forgotten build. Run with `npm ci --ignore-scripts && npm run build` in this folder.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, "src");

const digest = createHash("sha256");
for (const name of readdirSync(sources).sort()) digest.update(readFileSync(join(sources, name)));
const banner = `/* Entente browser SDK, Apache-2.0, sources sha256:${digest.digest("hex")} */`;

for (const [entry, output] of [["entente.js", "entente.min.js"], ["banner.js", "entente-banner.min.js"]]) {
  const outfile = join(here, "dist", output);
  await build({
    entryPoints: [join(sources, entry)],
    outfile,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2018",
    charset: "utf8",
    banner: { js: banner },
  });
  const text = readFileSync(outfile);
  console.log(`${output}: ${text.length} bytes, ${gzipSync(text, { level: 9 }).length} gzip`);
}
