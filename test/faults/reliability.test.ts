import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesByRow } from "../support/reliability.ts";
import { root } from "../support/source-files.ts";
import { rows } from "./rows.ts";

const text = readFileSync(join(root, "docs/reliability.md"), "utf8");
const table = text
  .split("\n")
  .filter((line) => /^\| [TF]\d/.test(line))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
const tested = filesByRow();

describe("docs/reliability.md", () => {
  it("has every row, in the words of the list", () => {
    expect(table.map((cells) => cells.slice(0, 3))).toEqual(rows.map(({ id, what, then }) => [id, what, then]));
  });

  it("names the files whose tests say that they test the row, and no others", () => {
    const named = table.map(([id, , , files]) => [
      id,
      [...(files ?? "").matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file]) => file),
    ]);
    expect(named).toEqual(rows.map(({ id, notRun }) => [id, notRun === undefined ? (tested.get(id) ?? []) : []]));
    for (const [, files] of named)
      for (const file of files ?? []) expect(existsSync(join(root, String(file)))).toBe(true);
  });

  it("has no row without a test or a reason, none that failed, and no test of a row that isn't there", () => {
    const bare = rows.filter(({ id, notRun }) => notRun === undefined && !tested.has(id));
    expect(bare.map(({ id }) => id)).toEqual([]);
    expect(table.filter((cells) => /failed/.test(cells[4] ?? "")).map(([id]) => id)).toEqual([]);
    expect(rows.filter(({ id, notRun }) => notRun !== undefined && tested.has(id))).toEqual([]);
    const known = new Set<string>(rows.map(({ id }) => id));
    expect([...tested.keys()].filter((id) => !known.has(id))).toEqual([]);
  });
});
