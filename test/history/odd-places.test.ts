import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBudgetKeeper } from "../../src/history/budget.ts";
import { mendRows } from "../../src/history/mend-rows.ts";
import { readHistory } from "../../src/history/read-history.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { all, begin, here, query, record, testJournal } from "./support.ts";

const month = "2026-11.jsonl";

/** What may stand where the month's file was. */
const places: readonly (readonly [string, (path: string) => void])[] = [
  ["a folder", (path) => mkdirSync(path)],
  ["a folder that is not empty", (path) => mkdirSync(join(path, "x"), { recursive: true })],
  ["a named pipe", (path) => void execFileSync("mkfifo", [path])],
  ["a link to a folder", (path) => symlinkSync("/", path)],
  ["a link to a device", (path) => symlinkSync("/dev/zero", path)],
  ["a link to nowhere", (path) => symlinkSync(`${path}.gone/x`, path)],
  ["a link to itself", (path) => symlinkSync(path, path)],
];

describe("a history whose file became something else while it was written", () => {
  it.each(places)(
    "%s: requests go on, budgets are kept as far as can be known, rows wait and are all there [F61 F62]",
    async (_name, put) => {
      const { journal, clock, folder, lines, told } = testJournal();
      const path = join(folder, month);
      const budgets = () => [{ per: "day", usd: 5, isHard: true }] as const;
      const keeper = createBudgetKeeper({ folder, writer: "w1", clock, budgets, tell: () => undefined });
      const one = (id: string): void => {
        journal.started(record(id));
        journal.ended(record(id, { costUsd: 1 }));
        keeper.ended(record(id, { costUsd: 1 }));
        journal.flush();
      };
      expect(await keeper.check()).toBeUndefined();
      one("r1");
      rmSync(path);
      put(path);
      clock.advance(2_000);
      expect(await keeper.check()).toBeUndefined();
      one("r2");
      clock.advance(2_000);
      expect(await keeper.check()).toBeUndefined();
      expect(await keeper.spentUsd("day")).toBe(2);
      expect(journal.waiting).toBeGreaterThan(0);
      expect(told.filter((text) => text.includes("can't be written"))).toHaveLength(1);
      expect(await all(readHistory(query(folder, { nowMs: clock.now() })))).toEqual([]);
      rmSync(path, { recursive: true, force: true });
      clock.advance(2_000);
      expect(journal.waiting).toBe(0);
      for (const id of ["r1", "r2"]) {
        expect(lines().filter((line) => line.includes(`"${id}"`) && line.includes('"t":"end"'))).toHaveLength(1);
      }
      expect(await keeper.check()).toBeUndefined();
    },
  );

  it("a link to another file: nothing is written there, its mode stays [T14]", () => {
    const { journal, clock, folder } = testJournal();
    const path = join(folder, month);
    const other = join(temporaryHome(), "profile");
    writeFileSync(other, "export A=1\n");
    chmodSync(other, 0o644);
    begin(journal, record("r1"));
    rmSync(path);
    symlinkSync(other, path);
    clock.advance(2_000);
    begin(journal, record("r2"));
    clock.advance(2_000);
    expect(readFileSync(other, "utf8")).toBe("export A=1\n");
    expect(statSync(other).mode & 0o777).toBe(0o644);
    expect(journal.waiting).toBeGreaterThan(0);
    rmSync(path);
    clock.advance(2_000);
    expect(journal.waiting).toBe(0);
    expect(existsSync(path)).toBe(true);
  });
});

describe("a clock that is set back over the end of a month", () => {
  it("leaves no row open of a daemon that is killed then [F63]", async () => {
    const clock = createFakeClock(Date.UTC(2026, 11, 1, 0, 0, 5));
    const { journal, folder } = testJournal({ clock, writer: "killed" });
    begin(journal, record("r1", { startedAtMs: clock.now() }));
    journal.ended(record("r1", { startedAtMs: clock.now(), durationMs: 1 }));
    journal.flush();
    const back = Date.UTC(2026, 10, 30, 23, 0);
    begin(journal, record("r2", { startedAtMs: back }));
    expect(readFileSync(join(folder, month), "utf8")).toContain('"r2"');

    const mender = testJournal({ folder, clock: createFakeClock(Date.UTC(2026, 11, 2)), writer: "mender" });
    const dead = { ...here, isRunning: () => false, host: "here" };
    const file = join(folder, "writers/killed.json");
    // Of a process that is gone: its pid is somebody else's by now.
    writeFileSync(file, readFileSync(file, "utf8").replace(/"pidStart":"?[^,"]*"?/, '"pidStart":"1"'));
    const mended = await mendRows({ folder, journal: mender.journal, process: dead, nowMs: mender.clock.now() });
    expect(mended).toBe(1);
    expect(mender.lines("2026-11").join()).toContain('"mended":true');
    const entries = await all(readHistory(query(folder, { nowMs: mender.clock.now() })));
    expect(entries.map(({ record: { id, outcome }, isRunning }) => [id, outcome, isRunning]).sort()).toEqual([
      ["r1", "completed", false],
      ["r2", "interrupted", false],
    ]);
  });

  it("ends a stream that runs over it in the month of its end, and its sums are its month's", async () => {
    const clock = createFakeClock(Date.UTC(2026, 10, 30, 23, 59, 59));
    const { journal, folder } = testJournal({ clock });
    const startedAtMs = clock.now();
    begin(journal, record("r1", { startedAtMs }));
    clock.advance(3_000);
    journal.ended(record("r1", { startedAtMs, durationMs: 3_000, costUsd: 1 }));
    journal.flush();
    expect(readFileSync(join(folder, "2026-12.jsonl"), "utf8")).toContain('"t":"end"');
    const entries = await all(readHistory(query(folder, { nowMs: clock.now() })));
    expect(entries.map(({ record: { outcome } }) => outcome)).toEqual(["completed"]);
  });
});
