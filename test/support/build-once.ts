import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Builds dist/ before the tests when a source file is newer: tests that start the real CLI run what is in src/. */
export default function buildOnce(): void {
  const root = new URL("../..", import.meta.url).pathname;
  const built = join(root, "dist/cli/main.js");
  if (existsSync(built) && newestMtimeMs(join(root, "src")) < statSync(built).mtimeMs) return;
  execFileSync(process.execPath, [join(root, ".ci/build.mjs")], { stdio: "inherit" });
}

function newestMtimeMs(directory: string): number {
  return Math.max(
    ...readdirSync(directory, { withFileTypes: true }).map((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? newestMtimeMs(path) : statSync(path).mtimeMs;
    }),
    0,
  );
}
