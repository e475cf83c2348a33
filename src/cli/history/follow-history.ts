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
  const positions = new Map(monthFiles(folder).map((file) => [file, lookAt(file)]));
  return () => {
    const ended: HistoryEntry[] = [];
    const nowMs = clock.now();
    for (const file of monthFiles(folder, { fromMs: nowMs - DAY_MS, toMs: nowMs + DAY_MS })) {
      const { size, inode } = lookAt(file);
      const known = positions.get(file);
      // Another file in its place, however long, or one that was cut.
      const from = known === undefined || inode !== known.inode || size < known.size ? 0 : known.size;
      if (size === from) continue;
      const position = readTail(file, from, size, (line) => {
        const row = readRow(line);
        if (row?.kind === "end") ended.push({ record: row.record, isRunning: false });
      });
      positions.set(file, { size: position, inode });
    }
    return ended;
  };
}

function lookAt(file: string): { readonly size: number; readonly inode: number } {
  const { size, ino } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, ino: 0 };
  return { size, inode: ino };
}
