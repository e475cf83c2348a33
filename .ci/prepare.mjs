// `prepare` runs after `npm ci` in a checkout. With --omit=dev there is no compiler: then there is nothing to build with,
// and bin/zenthrex.js says so, rather than failing the install with "tsc: not found".
import { existsSync } from "node:fs";

const root = new URL("..", import.meta.url);
if (existsSync(new URL("node_modules/typescript/package.json", root)) && existsSync(new URL("tsconfig.json", root))) {
  await import("./build.mjs");
} else {
  process.stderr.write("zenthrex: no TypeScript compiler installed (production install), dist/ is not built\n");
}
