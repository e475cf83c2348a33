import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mendRows } from "../../src/history/mend-rows.ts";
import { readHistory, readHistoryBackwards } from "../../src/history/read-history.ts";
import { endLine, startLine } from "../../src/history/rows.ts";
import { registerWriter } from "../../src/history/writers.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { all, here, noon, outcomes, query, record, testJournal } from "./support.ts";

const dead = { pidStart: null, host: "here", startedAtMs: noon, month: "2026-11", fromByte: 0, pid: 999_999 };

function folderWith(text: string, month = "2026-11"): string {
  const folder = join(temporaryHome(), "h");
  mkdirSync(folder);
  writeFileSync(join(folder, `${month}.jsonl`), text);
  return folder;
}

const ids = async (folder: string, fields = {}): Promise<string[]> =>
  (await outcomes(folder, fields)).map(([id]) => id);

describe("reading a history", () => {
  it("gives every request once, forwards and backwards", async () => {
    const rows = ["a", "b", "c"].map((id) => startLine(record(id), "gone") + endLine(record(id), "gone"));
    const folder = folderWith(rows.join(""));
    expect(await ids(folder)).toEqual(["a", "b", "c"]);
    const backwards = await all(readHistoryBackwards(query(folder)));
    expect(backwards.map(({ record: { id } }) => id)).toEqual(["c", "b", "a"]);
    expect(backwards[0]?.record).toEqual(record("c"));
  });

  it("goes on over torn, foreign, blank and NUL lines, and counts what it doesn't understand [F61]", async () => {
    const folder = folderWith(
      [
        endLine(record("a"), "w"),
        '{"t":"end","id":"torn","star\n',
        "\n\r\n",
        "hello\n",
        "[1,2]\n",
        '{"t":"later","id":"x","started_at":"2026-11-22T12:00:00Z"}\n',
        `${"\u0000".repeat(4096)}${endLine(record("b"), "w")}`,
        '{"t":"end","id":7,"started_at":"x"}\n',
        Buffer.from([0xff, 0xfe, 10]).toString("latin1"),
        endLine(record("c"), "w").trimEnd(),
      ].join(""),
    );
    const asked = query(folder);
    expect((await all(readHistory(asked))).map(({ record: { id } }) => id)).toEqual(["a", "b", "c"]);
    expect(asked.notes?.badLines).toBe(6);
    expect((await all(readHistoryBackwards(query(folder)))).map(({ record: { id } }) => id)).toEqual(["c", "b", "a"]);
  });

  it("passes over a foreign line of 3 MB without losing its neighbours [F61]", async () => {
    const folder = folderWith(`${endLine(record("a"), "w")}${"x".repeat(3_000_000)}\n${endLine(record("b"), "w")}`);
    expect(await ids(folder)).toEqual(["a", "b"]);
    const backwards = await all(readHistoryBackwards(query(folder)));
    expect(backwards.map(({ record: { id } }) => id)).toEqual(["b", "a"]);
  });

  it("finds rows that lie across the pieces in which a file is read", async () => {
    const expected = Array.from({ length: 3_000 }, (_, index) => `r${index}`);
    const folder = folderWith(expected.map((id) => startLine(record(id), "w") + endLine(record(id), "w")).join(""));
    expect(await ids(folder)).toEqual(expected);
    const backwards = await all(readHistoryBackwards(query(folder)));
    expect(backwards.map(({ record: { id } }) => id)).toEqual(expected.toReversed());
  });

  it("says of a request without an end that it runs, or that it was interrupted [F63]", async () => {
    const folder = folderWith(
      startLine(record("a"), "alive") + startLine(record("b"), "dead") + startLine(record("c"), "gone"),
    );
    registerWriter(folder, { ...dead, id: "alive", pid: process.pid });
    registerWriter(folder, { ...dead, id: "dead" });
    const process_ = { ...here, isRunning: (pid: number) => pid === process.pid };
    const expected = [
      ["a", "running"],
      ["b", "interrupted"],
      ["c", "interrupted"],
    ];
    expect(await outcomes(folder, { process: process_ })).toEqual(expected);
  });

  it("counts a request in the span in which it ended, although it began in the month before", async () => {
    const startedAtMs = Date.UTC(2026, 9, 31, 23, 59, 59);
    const folder = folderWith(startLine(record("a", { startedAtMs }), "w"), "2026-10");
    writeFileSync(join(folder, "2026-11.jsonl"), endLine(record("a", { startedAtMs, durationMs: 5_000 }), "w"));
    const november = { fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 11, 1) };
    const october = { fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2026, 10, 1) };
    expect([await ids(folder, { span: november }), await ids(folder, { span: october })]).toEqual([["a"], []]);
  });

  it("is empty where there is nothing", async () => {
    expect(await ids(join(temporaryHome(), "none"))).toEqual([]);
  });
});

describe("mending", () => {
  const onlyUs = { ...here, isRunning: (pid: number) => pid === process.pid };

  it("ends what a killed daemon left open, once, and leaves the living alone [F63]", async () => {
    const { folder, journal, clock, lines } = testJournal({ writer: "new" });
    appendFileSync(
      join(folder, "2026-11.jsonl"),
      startLine(record("open"), "dead") +
        startLine(record("done"), "dead") +
        endLine(record("done"), "dead") +
        startLine(record("theirs"), "alive"),
    );
    registerWriter(folder, { ...dead, id: "dead" });
    registerWriter(folder, { ...dead, id: "alive", pid: process.pid });
    const mend = () => mendRows({ folder, journal, process: onlyUs, nowMs: clock.now() });
    expect(await Promise.all([mend(), mend()])).toEqual(expect.arrayContaining([1, 0]));
    expect(await mend()).toBe(0);
    expect(lines().filter((line) => line.includes('"interrupted"')).length).toBe(1);
    expect(await outcomes(folder, { process: onlyUs })).toEqual([
      ["done", "completed"],
      ["open", "interrupted"],
      ["theirs", "running"],
    ]);
  });

  it("goes on where another mender was killed in its turn", async () => {
    const { folder, journal, clock } = testJournal({ writer: "new" });
    appendFileSync(join(folder, "2026-11.jsonl"), startLine(record("open"), "dead"));
    registerWriter(folder, { ...dead, id: "dead" });
    const { renameSync } = await import("node:fs");
    renameSync(join(folder, "writers/dead.json"), join(folder, "writers/dead.json.killed"));
    expect(await mendRows({ folder, journal, process: onlyUs, nowMs: clock.now() })).toBe(1);
  });

  it("gives way to an end that comes after all", async () => {
    const { folder, journal, clock } = testJournal({ writer: "new" });
    appendFileSync(join(folder, "2026-11.jsonl"), startLine(record("a"), "dead"));
    registerWriter(folder, { ...dead, id: "dead" });
    await mendRows({ folder, journal, process: onlyUs, nowMs: clock.now() });
    appendFileSync(join(folder, "2026-11.jsonl"), endLine(record("a"), "dead"));
    expect(await outcomes(folder)).toEqual([["a", "completed"]]);
    expect((await all(readHistoryBackwards(query(folder)))).map(({ record: { outcome } }) => outcome)).toEqual([
      "completed",
    ]);
  });

  it("knows a daemon of another boot, and one whose pid another process has now, for dead", async () => {
    const { folder, journal, clock } = testJournal({ writer: "new" });
    appendFileSync(join(folder, "2026-11.jsonl"), startLine(record("a"), "boot") + startLine(record("b"), "reused"));
    registerWriter(folder, { ...dead, id: "boot", pid: process.pid });
    registerWriter(folder, { ...dead, id: "reused", pid: process.pid, pidStart: "1" });
    const facts = { ...here, bootedAtMs: noon + 600_000 };
    expect(await mendRows({ folder, journal, process: facts, nowMs: clock.now() })).toBe(2);
  });

  it("doesn't judge a daemon of another host that shares the folder", async () => {
    const { folder, journal, clock } = testJournal({ writer: "new" });
    appendFileSync(join(folder, "2026-11.jsonl"), startLine(record("a"), "far"));
    registerWriter(folder, { ...dead, id: "far", host: "elsewhere" });
    const mend = (nowMs: number) => mendRows({ folder, journal, process: onlyUs, nowMs });
    expect(await mend(clock.now())).toBe(0);
    expect(await mend(clock.now() + 8 * 86_400_000)).toBe(1);
  });
});
