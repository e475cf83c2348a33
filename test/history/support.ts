import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Journal, openJournal } from "../../src/history/journal.ts";
import { type HistoryQuery, noHistoryNotes, readHistory } from "../../src/history/read-history.ts";
import type { HistoryEntry, JournalRecord } from "../../src/history/types.ts";
import type { ProcessFacts } from "../../src/history/writers.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { temporaryHome } from "../support/temporary-home.ts";

/** A process that lives: this one. */
export const here: ProcessFacts = { pid: process.pid, host: "here", bootedAtMs: 0, isRunning: () => true };

/** A journal in a folder of its own. */
export interface TestJournal {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly journal: Journal;
  readonly told: string[];
  /** The lines of a month's file. */
  readonly lines: (month?: string) => string[];
}

/** 2026-11-22 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 22, 12);

export function testJournal(
  options: { folder?: string; writer?: string; clock?: FakeClock; process?: ProcessFacts } = {},
): TestJournal {
  const folder = options.folder ?? join(temporaryHome(), "history", "api.example.com");
  const clock = options.clock ?? createFakeClock(noon);
  const told: string[] = [];
  const journal = openJournal({
    folder,
    clock,
    process: options.process ?? here,
    writer: options.writer ?? "w1",
    tell: (message) => told.push(message),
  });
  onTestFinished(() => journal.close());
  const lines = (month = "2026-11"): string[] =>
    readFileSync(join(folder, `${month}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line !== "");
  return { folder, clock, journal, told, lines };
}

/** A request that ended well. */
export function record(id: string, fields: Partial<JournalRecord> = {}): JournalRecord {
  return {
    id,
    startedAtMs: noon,
    route: "messages",
    tool: "claude-code",
    modelAsked: "claude-opus-4-7",
    modelServed: "claude-opus-4-7",
    lane: "raw",
    stream: true,
    status: 200,
    outcome: "completed",
    firstByteMs: 12,
    durationMs: 43,
    usage: { inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 },
    costUsd: 0.00075,
    warnings: [],
    ...fields,
  };
}

/** Tells of a beginning as it is told of right before the request goes upstream. */
export function begin(journal: Journal, start: JournalRecord): void {
  journal.started(start);
  journal.flush();
}

/** Everything that a query gives. */
export async function all(entries: AsyncIterable<HistoryEntry>): Promise<HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

export function query(folder: string, fields: Partial<HistoryQuery> = {}): HistoryQuery {
  return { folder, process: here, nowMs: noon, notes: noHistoryNotes(), ...fields };
}

/** Ids and outcomes of all that is in a history. */
export async function outcomes(folder: string, fields: Partial<HistoryQuery> = {}): Promise<[string, string][]> {
  const entries = await all(readHistory(query(folder, fields)));
  return entries.map(({ record: { id, outcome }, isRunning }) => [id, isRunning ? "running" : outcome]);
}
