import { statSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { monthFiles } from "./folder.ts";
import { type Period, periodAt } from "./periods.ts";
import { linesOf } from "./read-lines.ts";
import { readTail } from "./read-tail.ts";
import { endedAtMs, readRow } from "./rows.ts";
import { exactSum } from "./summarize.ts";
import type { JournalRecord } from "./types.ts";

/** What was spent this month by everybody who writes into one journal. */
export interface Spending {
  /** True once the month's journal was read. */
  readonly isLoaded: boolean;
  /** Reads the month's journal; more than one caller share one reading. Never throws: what can't be read counts nothing. */
  load(): Promise<void>;
  /** Reads what other daemons wrote since. Shape: false where the journal has to be loaded anew. */
  refresh(): boolean;
  /** Counts a request of this daemon. */
  add(record: JournalRecord): void;
  /** Units: USD. Within the present month. */
  readonly sumUsd: (period: Period) => number;
}

/** A request's cost and when it counts. */
interface Cost {
  readonly atMs: number;
  readonly usd: number;
}

const QUARTER_HOUR_MS = 900_000;

/**
 * Follows what is spent. Costs are kept by quarter hours: every time zone's days begin at one of them.
 */
export function createSpending(options: {
  readonly folder: string;
  readonly writer: string;
  readonly clock: Clock;
}): Spending {
  const { folder, writer, clock } = options;
  const ownMark = `"writer":"${writer}"`;
  const own = new Map<number, number>();
  const others = new Map<number, number>();
  const positions = new Map<string, number>();
  let isLoaded = false;
  let loading: Promise<void> | undefined;

  const month = (): Period => periodAt("month", clock.now());
  const count = (sums: Map<number, number>, { atMs, usd }: Cost): void => {
    const slot = Math.floor(atMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
    sums.set(slot, exactSum(sums.get(slot) ?? 0, usd));
  };
  const countLine = (line: string): void => {
    // Own rows were counted when they ended; a start costs nothing.
    if (line.includes(ownMark) || !line.includes('"t":"end"')) return;
    const row = readRow(line);
    const cost = row?.kind === "end" ? costOf(row.record) : undefined;
    if (cost !== undefined) count(others, cost);
  };
  const prune = (): void => {
    const { fromMs } = month();
    for (const sums of [own, others]) for (const slot of sums.keys()) if (slot < fromMs) sums.delete(slot);
  };
  const loadNow = async (): Promise<void> => {
    others.clear();
    positions.clear();
    for (const file of monthFiles(folder, month())) {
      const size = sizeOf(file);
      const toByte = lineStart(file, size);
      await readWhole(file, toByte, countLine).catch(() => undefined);
      positions.set(file, toByte);
    }
    isLoaded = true;
    loading = undefined;
  };

  return {
    get isLoaded() {
      return isLoaded;
    },
    load() {
      loading ??= loadNow();
      return loading;
    },
    refresh() {
      const files = new Set([...positions.keys(), ...monthFiles(folder, month())]);
      for (const file of files) {
        const from = positions.get(file) ?? 0;
        const size = sizeOf(file);
        // Deleted, or another file now: what it held counts no more.
        if (size < from) isLoaded = false;
        else if (size > from) positions.set(file, readTail(file, from, size, countLine));
      }
      if (!isLoaded) return false;
      if (own.size + others.size > 4_000) prune();
      return true;
    },
    add(record) {
      const cost = costOf(record);
      if (cost !== undefined) count(own, cost);
    },
    sumUsd({ fromMs, toMs }) {
      let sum = 0;
      for (const sums of [own, others]) {
        for (const [slot, usd] of sums) if (slot >= fromMs && slot < toMs) sum = exactSum(sum, usd);
      }
      return sum;
    },
  };
}

/** Another wallet paid for requests with a key of their own. */
function costOf(record: JournalRecord): Cost | undefined {
  const { costUsd, ownKey } = record;
  return costUsd === undefined || ownKey === true ? undefined : { atMs: endedAtMs(record), usd: costUsd };
}

async function readWhole(file: string, toByte: number, onLine: (line: string) => void): Promise<void> {
  for await (const lines of linesOf(file, { toByte, withRest: false })) lines.forEach(onLine);
}

/** Where the line begins that was not whole yet when the file had this size. */
function lineStart(file: string, size: number): number {
  return readTail(file, Math.max(0, size - 64 * 1024), size, () => undefined);
}

/** A link that leads to itself, a folder that can't be looked into: what can't be read counts nothing, and stops no request. */
function sizeOf(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}
