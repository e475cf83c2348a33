import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesByRow } from "../support/reliability.ts";
import { root } from "../support/source-files.ts";
import { rows } from "./rows.ts";

const promises = readFileSync(join(root, "docs/security.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| promise "))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
const tested = filesByRow();

describe("docs/security.md", () => {
  it("promises nothing without a row that is tested", () => {
    expect(promises.length).toBeGreaterThan(10);
    for (const [promise, , ids] of promises) {
      expect([promise, ids]).toEqual([promise, expect.stringMatching(/^[TF]\d+( [TF]\d+)*$/)]);
      expect([promise, ids?.split(" ").filter((id) => !tested.has(id))]).toEqual([promise, []]);
    }
  });

  it("says something of every threat that is tested", () => {
    const named = new Set(promises.flatMap(([, , ids]) => ids?.split(" ") ?? []));
    const silent = rows.filter(({ id, notRun }) => id.startsWith("T") && notRun === undefined && !named.has(id));
    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});
