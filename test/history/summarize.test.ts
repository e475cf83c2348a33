import { describe, expect, it } from "vitest";
import { summarize } from "../../src/history/summarize.ts";
import type { HistoryEntry, JournalRecord } from "../../src/history/types.ts";
import { noon, record } from "./support.ts";

async function* entries(...records: JournalRecord[]): AsyncGenerator<HistoryEntry> {
  for (const each of records) yield { record: each, isRunning: false };
}

const usage = {
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 1_000_000,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
};

describe("summarize", () => {
  it("adds up by model, dated ids among their model, and overall", async () => {
    const { rows, total } = await summarize(
      entries(
        record("a", { costUsd: 0.1 }),
        record("b", { costUsd: 0.2, modelServed: "claude-opus-4-7-20260101" }),
        record("c", { costUsd: 0.4, modelServed: "claude-haiku-4-5" }),
      ),
      "model",
    );
    expect(rows.map(({ name, requests, costUsd }) => [name, requests, costUsd])).toEqual([
      ["claude-haiku-4-5", 1, 0.4],
      ["claude-opus-4-7", 2, 0.3],
    ]);
    expect([total.requests, total.inputTokens, total.costUsd]).toEqual([3, 300, 0.7]);
  });

  it("tells what the cache saved, and what writing to it cost more", async () => {
    const saved = await summarize(entries(record("a", { usage })), "model");
    expect(saved.total.cacheSavedUsd).toBe(4.5);
    const wrote = await summarize(
      entries(record("a", { usage: { ...usage, cacheReadTokens: 0, cacheWrite1hTokens: 1_000_000 } })),
      "model",
    );
    expect(wrote.total.cacheSavedUsd).toBe(-5);
  });

  it("counts a proof of ours that was refused as no failure, and one that wasn't as one", async () => {
    const { usage: _usage, costUsd: _cost, ...bare } = record("x");
    const proof = { ...bare, tool: "self-check", outcome: "upstream_error" } as const;
    const { rows, total } = await summarize(
      entries({ ...proof, status: 400 }, { ...proof, status: 402 }, { ...bare, status: 400 }),
      "tool",
    );
    expect([total.requests, total.failed, total.untold]).toEqual([3, 2, 0]);
    expect(rows.map(({ name, failed }) => [name, failed])).toContainEqual(["self-check", 1]);
  });

  it("counts what failed, and where the upstream may have charged more than it told", async () => {
    const { usage: _usage, costUsd: _cost, ...bare } = record("x");
    const { total } = await summarize(
      entries(
        record("whole"),
        bare,
        record("left", { outcome: "client_aborted" }),
        { ...bare, outcome: "client_aborted" },
        { ...bare, outcome: "upstream_error", status: 500 },
        { ...bare, outcome: "proxy_error", status: 429 },
        { ...bare, outcome: "interrupted", status: 0 },
      ),
      "model",
    );
    expect([total.requests, total.failed, total.untold]).toEqual([7, 5, 4]);
  });

  it("goes by the day on which a request ended, and by tool", async () => {
    const late = record("a", { startedAtMs: noon, durationMs: 24 * 3_600_000, tool: "cline" });
    const byDay = await summarize(entries(late, record("b")), "day");
    expect(byDay.rows.map(({ name }) => name)).toEqual(["2026-11-22", "2026-11-23"]);
    const byTool = await summarize(entries(late, record("b")), "tool");
    expect(byTool.rows.map(({ name }) => name)).toEqual(["claude-code", "cline"]);
  });

  it("doesn't count what still runs", async () => {
    async function* running(): AsyncGenerator<HistoryEntry> {
      yield { record: record("a"), isRunning: true };
    }
    expect((await summarize(running(), "model")).total.requests).toBe(0);
  });
});
