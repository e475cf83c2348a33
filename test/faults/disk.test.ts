import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLogFile } from "../../src/daemon/log-file.ts";
import { monthFiles } from "../../src/history/folder.ts";
import { readHistory } from "../../src/history/read-history.ts";
import { endLine, readRow } from "../../src/history/rows.ts";
import { all, query, record, testJournal } from "../history/support.ts";
import { ask, toolHeaders } from "../proxy/support/client.ts";
import { mountSmallDisk, noSmallDisk, pageBytes } from "../support/small-disk.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { startServe } from "./support/serve.ts";

const whyNot = noSmallDisk();
const onSmallDisk = whyNot === undefined ? it : it.skip;
const named = whyNot === undefined ? "" : ` (skipped: ${whyNot})`;

const linesOf = (folder: string): string[] =>
  monthFiles(folder).flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== ""),
  );
/** The ids of all rows that end a request, in the order of the file. */
const endsIn = (folder: string): string[] =>
  linesOf(folder).flatMap((line) => {
    const row = readRow(line);
    return row?.kind === "end" ? row.record.id : [];
  });
const times = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);

/** A history on a disk of its own, with a fake clock. */
function historyOnSmallDisk() {
  const mounted = join(temporaryHome(), "disk");
  const disk = mountSmallDisk(mounted);
  const folder = join(mounted, "h");
  mkdirSync(folder, { mode: 0o700 });
  return { disk, folder };
}

describe(`a disk that is really full${named}`, () => {
  onSmallDisk(
    "stops no request of a daemon: rows wait, and all are there once there is space, each request once [F60]",
    async () => {
      const home = temporaryHome();
      const place = join(home, ".local/state/zenthrex/history");
      const disk = mountSmallDisk(place);
      const served = await startServe({ home });
      const headers = { ...toolHeaders, "x-api-key": served.localToken };
      const askTimes = async (count: number): Promise<void> => {
        const answers = await Promise.all(names(count).map(() => ask(served.port, { headers })));
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      };
      await askTimes(3);
      disk.fill();
      for (let round = 0; round < 4; round++) await askTimes(10);
      await served.until(/can't be written \(ENOSPC\); requests go on, their rows wait in memory/);
      expect(served.output()).not.toMatch(/the request history is written again/);
      disk.free();
      await served.until(/the request history is written again/);
      await askTimes(2);
      served.kill("SIGTERM");
      expect(await served.ended).toBe(0);

      const folder = join(place, "sandbox");
      const ends = endsIn(folder);
      expect([ends.length, new Set(ends).size]).toEqual([45, 45]);
      const asked = query(folder, { nowMs: Date.now() });
      const entries = await all(readHistory(asked));
      expect(entries.map(({ record: { outcome }, isRunning }) => `${outcome} ${isRunning}`)).toEqual(
        Array(45).fill("completed false"),
      );
      expect(asked.notes?.lostRows).toBe(0);
      const said = served.output();
      expect([times(said, /can't be written/g), times(said, /is written again/g), times(said, /lost/g)]).toEqual([
        1, 1, 0,
      ]);
    },
    60_000,
  );

  onSmallDisk(
    "is told by a daemon that begins on it, which serves all the same [F60]",
    async () => {
      const home = temporaryHome();
      const disk = mountSmallDisk(join(home, ".local/state/zenthrex/history"));
      disk.fill();
      const served = await startServe({ home });
      const headers = { ...toolHeaders, "x-api-key": served.localToken };
      expect((await ask(served.port, { headers })).status).toBe(200);
      await served.until(/can't be written \(ENOSPC\)/);
      disk.free();
      await served.until(/is written again/);
      served.kill("SIGTERM");
      expect(await served.ended).toBe(0);
      expect(endsIn(join(home, ".local/state/zenthrex/history/sandbox"))).toHaveLength(1);
    },
    60_000,
  );

  // How much of "one row and a bit" fits into the page that the file has already.
  const rowBytes = Buffer.byteLength(endLine(record("r0"), "w1"));
  const fits = [0, 1, 2, rowBytes - 1, rowBytes, rowBytes + 1, 2 * rowBytes - 1, 2 * rowBytes, 2 * rowBytes + 17];
  onSmallDisk.each(fits)("takes %i bytes of three rows: each is there once at the end [F60]", async (room) => {
    const { disk, folder } = historyOnSmallDisk();
    const { journal, clock, told } = testJournal({ folder });
    const month = join(folder, "2026-11.jsonl");
    writeFileSync(month, `${" ".repeat(pageBytes - room - 1)}\n`, { flag: "a" });
    disk.fill();
    for (const id of ["r0", "r1", "r2"]) journal.ended(record(id));
    journal.flush();
    expect(statSync(month).size).toBe(pageBytes);
    expect([journal.waiting > 0, told.length]).toEqual([true, 1]);
    clock.advance(3_000);
    expect(told).toHaveLength(1);
    disk.free();
    clock.advance(1_000);
    expect([journal.waiting, journal.lost, told.slice(1)]).toEqual([0, 0, ["the request history is written again"]]);
    journal.ended(record("r3"));
    journal.flush();
    expect(endsIn(folder)).toEqual(["r0", "r1", "r2", "r3"]);
    expect(readFileSync(month, "utf8").endsWith("\n")).toBe(true);
  });

  onSmallDisk(
    "takes all of a row but its end of line: the row is there, and the next begins on its own line [F60]",
    () => {
      const { disk, folder } = historyOnSmallDisk();
      const { journal, clock } = testJournal({ folder });
      const month = join(folder, "2026-11.jsonl");
      writeFileSync(month, `${" ".repeat(pageBytes - rowBytes)}\n`, { flag: "a" });
      disk.fill();
      journal.ended(record("r0"));
      journal.flush();
      expect([journal.waiting, endsIn(folder)]).toEqual([0, ["r0"]]);
      journal.ended(record("r1"));
      journal.flush();
      expect(journal.waiting).toBe(1);
      disk.free();
      clock.advance(1_100);
      expect([journal.waiting, endsIn(folder)]).toEqual([0, ["r0", "r1"]]);
    },
  );

  onSmallDisk("takes a batch of some hundred KB in parts, as space comes [F60]", async () => {
    const { disk, folder } = historyOnSmallDisk();
    const { journal, clock, told } = testJournal({ folder });
    disk.fill();
    const asked = names(500);
    // Letters of one to four bytes: where a write ends, one may be cut.
    for (const id of asked) journal.ended(record(id, { modelAsked: `модель-日本-😀-${id}` }));
    journal.flush();
    expect(journal.waiting).toBe(500);
    for (const pages of [5, 11, 3]) {
      const before = journal.waiting;
      disk.free(pages);
      clock.advance(1_100);
      expect(journal.waiting).toBeLessThan(before);
      expect(journal.waiting).toBeGreaterThan(0);
    }
    disk.free();
    clock.advance(1_100);
    expect([journal.waiting, journal.lost, told.length]).toEqual([0, 0, 2]);
    expect(endsIn(folder)).toEqual(asked);
    const rows = linesOf(folder).flatMap((line) => readRow(line) ?? []);
    const models = rows.flatMap((row) => (row.kind === "end" ? row.record.modelAsked : []));
    expect(models).toEqual(asked.map((id) => `модель-日本-😀-${id}`));
  });

  onSmallDisk("has the rows of a file that was deleted just before it was full [F60] [F62]", () => {
    const { disk, folder } = historyOnSmallDisk();
    const { journal, clock } = testJournal({ folder });
    journal.ended(record("seen"));
    journal.flush();
    clock.advance(2_000);
    const asked = names(300);
    for (const id of asked) journal.ended(record(id));
    journal.flush();
    const month = join(folder, "2026-11.jsonl");
    expect(statSync(month).size).toBeGreaterThan(64 * 1024);
    rmSync(month);
    // The open file still has its last page.
    disk.fill();
    for (let index = 300; index < 330; index++) journal.ended(record(`r${index}`));
    journal.flush();
    expect(journal.waiting).toBe(330);
    disk.free();
    clock.advance(1_100);
    expect(endsIn(folder)).toEqual(names(330));
    expect([journal.waiting, journal.lost]).toEqual([0, 0]);
  });

  onSmallDisk("loses the oldest rows when too many wait, and counts them once [F60]", async () => {
    const { disk, folder } = historyOnSmallDisk();
    const { journal, clock, told } = testJournal({ folder });
    disk.fill();
    for (const id of names(10_050)) journal.ended(record(id));
    journal.flush();
    expect([journal.waiting, journal.lost]).toEqual([10_000, 50]);
    // Room for the word of the lost rows, but not for all that waits: 10,000 rows are more than 1 MB.
    disk.free();
    clock.advance(1_100);
    const left = journal.waiting;
    expect(left).toBeGreaterThan(0);
    clock.advance(5_000);
    expect(journal.waiting).toBe(left);
    const asked = query(folder, { nowMs: clock.now() });
    const entries = await all(readHistory(asked));
    expect([entries.length, asked.notes?.lostRows]).toEqual([10_000 - left, 50]);
    expect(told.filter((message) => message.includes("50 rows of the request history are lost"))).toHaveLength(1);
  });

  onSmallDisk("cuts a line of the log: the next stands on a line of its own, with how many are missing [F86]", () => {
    const mounted = join(temporaryHome(), "disk");
    const disk = mountSmallDisk(mounted);
    const path = join(mounted, "serve.log");
    const log = openLogFile(path, { lostLine: (count, reason) => `${count} lines lost: ${reason}\n` });
    log.write(`${"a".repeat(pageBytes - 21)}\n`);
    disk.fill();
    for (let index = 0; index < 3; index++) log.write(`${"b".repeat(100)}\n`);
    disk.free();
    log.write("again\n");
    log.close();
    expect(readFileSync(path, "utf8").split("\n").slice(1)).toEqual([
      "b".repeat(20),
      "3 lines lost: ENOSPC",
      "again",
      "",
    ]);
  });
});
