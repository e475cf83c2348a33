import { statSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { monthFiles } from "../../history/folder.ts";
import type { HistoryQuery } from "../../history/read-history.ts";
import { readTail } from "../../history/read-tail.ts";
import { readRow } from "../../history/rows.ts";
import type { HistoryEntry } from "../../history/types.ts";

const DAY_MS = 86_400_000;

/** Follows a history from now on. Shape: a function that gives, each time, the requests that ended since it was last asked. */
export function followHistory({ folder }: HistoryQuery, clock: Clock): () => readonly HistoryEntry[] {
  const positions = new Map(monthFiles(folder).map((file) => [file, sizeOf(file)]));
  return () => {
    const ended: HistoryEntry[] = [];
    const nowMs = clock.now();
    for (const file of monthFiles(folder, { fromMs: nowMs - DAY_MS, toMs: nowMs + DAY_MS })) {
      const size = sizeOf(file);
      const known = positions.get(file) ?? 0;
      // Shorter than it was: it is another file now.
      const from = size < known ? 0 : known;
      if (size === from) continue;
      const position = readTail(file, from, size, (line) => {
        const row = readRow(line);
        if (row?.kind === "end") ended.push({ record: row.record, isRunning: false });
      });
      positions.set(file, position);
    }
    return ended;
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
