import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ReliabilityRow, rows } from "../faults/rows.ts";
import { filesBelow, root } from "./source-files.ts";

/** What the tests of a row came to. */
export interface RowResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The results of a row by test file. */
export type ResultsByFile = ReadonlyMap<string, RowResult>;

const tag = /\[((?:[FT]\d+)(?: [FT]\d+)*)\]/g;

/** The rows that a test's name says it tests: "... [F33 F34]". */
export function rowsOfName(name: string): string[] {
  return [...name.matchAll(tag)].flatMap(([, ids]) => (ids ?? "").split(" "));
}

/** The test files that name each row, as their source says. Shape: row -> files, sorted. */
export function filesByRow(): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const file of filesBelow("test", [".test.ts"]).sort()) {
    for (const id of rowsOfName(readFileSync(join(root, file), "utf8"))) {
      const files = found.get(id) ?? new Set<string>();
      files.add(file);
      found.set(id, files);
    }
  }
  return new Map([...found].map(([id, files]) => [id, [...files]]));
}

function resultText(results: ResultsByFile | undefined): string {
  const all = [...(results?.values() ?? [])];
  const sum = (name: keyof RowResult): number => all.reduce((total, result) => total + result[name], 0);
  if (all.length === 0) return "not run";
  const skipped = sum("skipped") === 0 ? "" : `, ${sum("skipped")} skipped`;
  return sum("failed") === 0
    ? `${sum("passed")} passed${skipped}`
    : `**${sum("failed")} failed**, ${sum("passed")} passed${skipped}`;
}

function line(row: ReliabilityRow, results: ResultsByFile | undefined): string {
  const files =
    row.notRun ??
    [...(results?.keys() ?? [])]
      .sort()
      .map((file) => `[${file.slice("test/".length)}](../${file})`)
      .join(" ");
  const result = row.notRun === undefined ? resultText(results) : "not run";
  return `| ${row.id} | ${row.what} | ${row.then} | ${files} | ${result} |`;
}

/** The whole of docs/reliability.md. */
export function renderReliability(results: ReadonlyMap<string, ResultsByFile>): string {
  const table = (kind: string): string[] => [
    "| | what happens | what zenthrex does | tests | result |",
    "|---|---|---|---|---|",
    ...rows.filter(({ id }) => id.startsWith(kind)).map((row) => line(row, results.get(row.id))),
  ];
  return `${[
    "# Reliability",
    "",
    "What can go wrong, what is done then, and the tests that hold it, with the result of their last run. Written by",
    "`npm run reliability` from that run; a test holds the rows and the files equal to what is there.",
    "",
    "## Threats",
    "",
    ...table("T"),
    "",
    "## Faults",
    "",
    ...table("F"),
  ].join("\n")}\n`;
}
