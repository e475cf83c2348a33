import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mendRows } from "../../src/history/mend-rows.ts";
import { readHistory } from "../../src/history/read-history.ts";
import { root } from "../support/source-files.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { all, here, query, testJournal } from "./support.ts";

const isFull = process.env["ZENTHREX_PROPERTY_RUNS"] === "full";
const kills = isFull ? 200 : 8;

/** Runs a writer until it has said some rows, kills it, and gives all that it said. */
function killedWriter(folder: string, writer: string, afterRows: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(root, "test/history/killed-writer.mjs"), folder, writer]);
  let said = "";
  child.stdout.on("data", (text: Buffer) => {
    said += text.toString();
    if (said.length > afterRows * 12) child.kill("SIGKILL");
  });
  // A line that was cut was not said.
  return new Promise((resolve) => child.once("close", () => resolve(said.split("\n").slice(0, -1))));
}

describe("kill -9", () => {
  it(`loses no row that was acknowledged, and leaves every request one outcome (${kills} kills) [F63]`, async () => {
    const folder = join(temporaryHome(), "h");
    const acknowledged: string[] = [];
    for (let index = 0; index < kills; index++) {
      const random = createHash("sha256").update(String(index)).digest().readUInt16LE() % 400;
      acknowledged.push(...(await killedWriter(folder, `k${index}`, 5 + random)));
    }
    const { journal } = testJournal({ folder, writer: "mender" });
    await mendRows({ folder, journal, process: { ...here, isRunning: () => false }, nowMs: Date.now() });
    const asked = query(folder, { nowMs: Date.now() });
    const entries = await all(readHistory(asked));
    const outcomeOf = new Map(entries.map(({ record }) => [record.id, record.outcome]));
    const lost = acknowledged.filter((line) => {
      const [kind, id = ""] = line.split(" ");
      return kind === "e" ? outcomeOf.get(id) !== "completed" : !outcomeOf.has(id);
    });
    expect(lost).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(kills * 5);
    expect([entries.length, asked.notes?.badLines]).toEqual([outcomeOf.size, 0]);
    expect([...new Set(outcomeOf.values())].sort()).toEqual(["completed", "interrupted"]);
    expect(entries.some(({ isRunning }) => isRunning)).toBe(false);
    // biome-ignore lint/suspicious/noConsole: the figure of the full run
    if (isFull) console.log(`${kills} kills, ${acknowledged.length} acknowledged rows, ${lost.length} lost`);
  }, 600_000);
});
