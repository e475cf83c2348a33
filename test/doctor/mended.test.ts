import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CauseCode, causes } from "../../src/doctor/causes.ts";
import { integrations } from "../../src/integrations/registry.ts";

// The faults that real clients are mended of are lists in test/clients/doctor; they are run by `npm run test:clients`, and counted here.

interface Case {
  readonly row: number;
  readonly title: string;
  readonly code: CauseCode;
  readonly mend: "fix" | "words";
}

const page = new URL("../../docs/doctor.md", import.meta.url);
const clientsUrl = new URL("../clients/registry.mjs", import.meta.url).href;

async function caseLists(): Promise<{ tool: string; cases: readonly Case[] }[]> {
  const { clients } = (await import(clientsUrl)) as { clients: Record<string, () => Promise<{ cases: Case[] }>> };
  const doctored = Object.entries(clients).filter(([name]) => name.startsWith("doctor-"));
  return Promise.all(
    doctored.map(async ([name, load]) => ({ tool: name.slice("doctor-".length), cases: (await load()).cases })),
  );
}

/** "Claude Code, Codex (by the line)": the clients with a case of the row, and where none of its cases is mended by `--fix`. */
async function clientsOf(row: number): Promise<string> {
  const lists = (await caseLists()).filter(({ cases }) => cases.some((one) => one.row === row));
  const titles = await Promise.all(
    lists.map(async ({ tool, cases }) => {
      const { title } = (await integrations[tool as keyof typeof integrations]()).default;
      const isByFix = cases.some((one) => one.row === row && one.mend === "fix");
      return isByFix ? title : `${title} (by the line)`;
    }),
  );
  return titles.sort().join(", ");
}

async function table(): Promise<string> {
  const rows = [...new Set((await caseLists()).flatMap(({ cases }) => cases.map(({ row }) => row)))];
  const lines = await Promise.all(
    rows.sort((one, other) => one - other).map(async (row) => `| ${row} | ${await clientsOf(row)} |`),
  );
  return ["| row | mended |", "| --- | --- |", ...lines].join("\n");
}

describe("the faults that real clients are mended of", () => {
  it("stand in docs/doctor.md as the lists of cases have them", async () => {
    const text = readFileSync(page, "utf8");
    const section = /(?<=\n## Mended with real clients\n[^|]*\n)\|(?:.*\n\|)*.*(?=\n)/;
    expect(text).toMatch(section);
    await expect(text.replace(section, await table())).toMatchFileSnapshot("../../docs/doctor.md");
  });

  it("are not among the rows that the page says aren't run", async () => {
    const list = readFileSync(page, "utf8").split("What isn't run so, and why:")[1] ?? "";
    const left = [...list.matchAll(/^\* ([\d, ]+):/gm)].flatMap(([, rows]) => (rows ?? "").split(", ").map(Number));
    expect(left.length).toBeGreaterThan(0);
    const run = new Set((await caseLists()).flatMap(({ cases }) => cases.map(({ row }) => row)));
    expect(left.filter((row) => run.has(row))).toEqual([]);
  });

  it("have verdicts that the doctor knows, and titles of their own", async () => {
    for (const { cases } of await caseLists()) {
      expect(cases.filter(({ code }) => !Object.hasOwn(causes, code))).toEqual([]);
      expect(cases.filter(({ mend }) => mend !== "fix" && mend !== "words")).toEqual([]);
      const names = cases.map(({ row, title }) => `${row} ${title}`);
      expect(names).toEqual([...new Set(names)]);
    }
  });
});
