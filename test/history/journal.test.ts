import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readHistory } from "../../src/history/read-history.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { all, begin, here, noon, outcomes, query, record, testJournal } from "./support.ts";

const mode = (path: string): number => statSync(path).mode & 0o777;

describe("the journal", () => {
  it("has the row of a request when it is flushed, and else, as that of its end, in the next turn", async () => {
    const { journal, lines } = testJournal();
    begin(journal, record("r1"));
    expect(lines().map((line) => JSON.parse(line))).toEqual([
      {
        t: "start",
        id: "r1",
        writer: "w1",
        started_at: "2026-11-22T12:00:00.000Z",
        route: "messages",
        tool: "claude-code",
        model_asked: "claude-opus-4-7",
      },
    ]);
    journal.ended(record("r1"));
    await turn();
    await turn();
    expect(JSON.parse(lines()[1] as string)).toMatchObject({
      t: "end",
      id: "r1",
      outcome: "completed",
      usage: { input_tokens: 100, output_tokens: 10 },
      list_price_usd: 0.00075,
    });
    journal.started(record("r2"));
    await turn();
    await turn();
    expect(JSON.parse(lines()[2] as string)).toMatchObject({ t: "start", id: "r2" });
  });

  it("is readable for its user only, whatever the mode was", () => {
    const folder = join(temporaryHome(), "h");
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(join(folder, "2026-11.jsonl"), "", { mode: 0o644 });
    chmodSync(folder, 0o755);
    const { journal } = testJournal({ folder });
    begin(journal, record("r1"));
    expect([mode(folder), mode(join(folder, "2026-11.jsonl")), mode(join(folder, "writers"))]).toEqual([
      0o700, 0o600, 0o700,
    ]);
  });

  it("takes a file a month, by the time at which a request ended", async () => {
    const { journal, lines } = testJournal();
    const startedAtMs = Date.UTC(2026, 10, 30, 23, 59, 59);
    begin(journal, record("r1", { startedAtMs }));
    journal.ended(record("r1", { startedAtMs, durationMs: 2_000 }));
    await turn();
    await turn();
    expect([lines("2026-11").length, lines("2026-12").length]).toEqual([1, 1]);
  });

  it("starts on a line of its own behind what a killed writer left torn [F61]", () => {
    const folder = join(temporaryHome(), "h");
    mkdirSync(folder);
    writeFileSync(join(folder, "2026-11.jsonl"), '{"t":"end","id":"torn');
    const { journal, lines } = testJournal({ folder });
    begin(journal, record("r1"));
    expect(lines()[0]).toBe('{"t":"end","id":"torn');
    expect(JSON.parse(lines()[1] as string)).toMatchObject({ id: "r1" });
  });

  it("holds no secret, whatever a caller calls its model [T12]", async () => {
    const { journal, lines } = testJournal();
    const modelAsked = "zk_live_CANARYCANARY12345678";
    journal.started(record("r1", { modelAsked }));
    journal.ended(record("r1", { modelAsked, warnings: [{ code: "x", path: "a", reason: `Bearer ${modelAsked}` }] }));
    journal.flush();
    expect(lines().join()).not.toContain("CANARY");
  });

  it("keeps a name short", () => {
    const { journal, lines } = testJournal();
    begin(journal, record("r1", { modelAsked: "m".repeat(100_000) }));
    expect((lines()[0] as string).length).toBeLessThan(600);
  });

  it("leaves word of itself while it lives and takes it back at its end", () => {
    const { journal, folder } = testJournal();
    expect(readdirSync(join(folder, "writers"))).toEqual(["w1.json"]);
    journal.close();
    expect(readdirSync(join(folder, "writers"))).toEqual([]);
  });
});

describe("a disk that takes nothing", () => {
  /** A file in the folder's place: nothing can be made in it. */
  function blocked() {
    const home = temporaryHome();
    const folder = join(home, "history");
    writeFileSync(folder, "");
    return { ...testJournal({ folder }), unblock: () => rmSync(folder) };
  }

  it("never stops a request: rows wait, it is told once, and all are written when it is possible again [F60 F62]", async () => {
    const { journal, told, lines, clock, folder, unblock } = blocked();
    for (let index = 0; index < 100; index++) {
      begin(journal, record(`r${index}`));
      if (index < 99) journal.ended(record(`r${index}`));
    }
    clock.advance(5_000);
    expect(journal.waiting).toBe(100);
    expect(told).toEqual([
      `the request history in ${folder} can't be written (EEXIST); requests go on, their rows wait in memory`,
    ]);
    unblock();
    clock.advance(1_000);
    expect(told[1]).toBe("the request history is written again");
    expect(journal.waiting).toBe(0);
    // The end of a request says all that its start does.
    expect(lines().length).toBe(100);
    expect(
      (await outcomes(folder, { nowMs: clock.now() })).filter(([, outcome]) => outcome === "completed").length,
    ).toBe(99);
  });

  it("keeps 10,000 rows, counts what it loses, and tells of it once and in the journal [F60]", async () => {
    const { journal, told, clock, folder, unblock } = blocked();
    for (let index = 0; index < 10_250; index++) journal.ended(record(`r${index}`));
    expect([journal.waiting, journal.lost, told.length]).toEqual([10_000, 250, 2]);
    expect(told[1]).toContain("more than 10000 rows");
    unblock();
    clock.advance(2_000);
    expect(told.slice(2)).toEqual([
      "250 rows of the request history are lost: the disk took none for too long",
      "the request history is written again",
    ]);
    const asked = query(folder);
    const entries = await all(readHistory(asked));
    expect([entries.length, asked.notes?.lostRows]).toEqual([10_000, 250]);
  });

  it("says at its end what is lost for good", () => {
    const { journal, told } = blocked();
    journal.ended(record("r1"));
    journal.close();
    expect(told.at(-1)).toBe("1 rows of the request history are lost: they could not be written");
  });

  it("writes again what went into a file that was deleted under it [F62]", () => {
    const { journal, lines, clock, folder } = testJournal();
    begin(journal, record("old"));
    clock.advance(2_000);
    begin(journal, record("r1"));
    rmSync(folder, { recursive: true });
    begin(journal, record("r2"));
    clock.advance(1_100);
    begin(journal, record("r3"));
    expect(lines().map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(["r1", "r2", "r3"]);
    expect(existsSync(join(folder, "writers", "w1.json"))).toBe(true);
  });

  it("goes on in a new file where the old one was moved away", () => {
    const { journal, lines, clock, folder } = testJournal();
    begin(journal, record("r1"));
    clock.advance(2_000);
    begin(journal, record("r2"));
    renameSync(join(folder, "2026-11.jsonl"), join(folder, "kept.jsonl"));
    clock.advance(2_000);
    begin(journal, record("r3"));
    expect(lines().map((line) => (JSON.parse(line) as { id: string }).id)).toContain("r3");
  });

  it("doesn't block on a named pipe in the file's place", async () => {
    const folder = join(temporaryHome(), "h");
    mkdirSync(folder);
    const { execFileSync } = await import("node:child_process");
    execFileSync("mkfifo", [join(folder, "2026-11.jsonl")]);
    const { journal, told } = testJournal({ folder });
    begin(journal, record("r1"));
    expect([journal.waiting, told.length]).toEqual([1, 1]);
  });

  it("is not kept waiting by a clock that is set back", () => {
    const clock = createFakeClock(noon + 3_600_000);
    const home = temporaryHome();
    const folder = join(home, "history");
    writeFileSync(folder, "");
    const { journal } = testJournal({ folder, clock: { ...clock, now: () => clock.now() } as never, process: here });
    begin(journal, record("r1"));
    rmSync(folder);
    const setBack = testJournal({ folder, clock: createFakeClock(noon), writer: "w2" });
    begin(setBack.journal, record("r2"));
    expect(setBack.journal.waiting).toBe(0);
  });
});
