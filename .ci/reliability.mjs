// Runs every test that names a threat or fault in its title ([T1], [F33]) and writes docs/reliability.md from that run.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tagged = readdirSync(join(root, "test"), { recursive: true })
  .map((name) => `test/${String(name).replaceAll("\\", "/")}`)
  .filter(
    (file) => file.endsWith(".test.ts") && /\[[FT]\d+(?: [FT]\d+)*\]/.test(readFileSync(join(root, file), "utf8")),
  )
  // It compares the document with the tests: what is being written can't be right yet.
  .filter((file) => file !== "test/faults/reliability.test.ts");
const reporters = ["--reporter=default", "--reporter=./test/support/reliability-reporter.ts"];
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const { status } = spawnSync(
  process.execPath,
  [vitest, "run", "--config", "test/vitest.config.ts", ...reporters, ...tagged],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
