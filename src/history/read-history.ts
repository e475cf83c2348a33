import { monthFiles } from "./folder.ts";
import { linesBackwards, linesOf } from "./read-lines.ts";
import { endedAtMs, interruptedRecord, type JournalRow, readRow } from "./rows.ts";
import type { HistoryEntry, HistoryNotes, JournalRecord, JournalStart } from "./types.ts";
import { isWriterAlive, type ProcessFacts, readWriters } from "./writers.ts";

/** What is read, and who asks. */
export interface HistoryQuery {
  readonly folder: string;
  readonly process: ProcessFacts;
  readonly nowMs: number;
  /** Counts what was no row, and rows that daemons lost. */
  readonly notes?: HistoryNotes;
  /** Requests that ended in this time, its end excluded. Units: milliseconds since the epoch. */
  readonly span?: { readonly fromMs: number; readonly toMs: number };
}

/** New notes. */
export function noHistoryNotes(): HistoryNotes {
  return { badLines: 0, lostRows: 0 };
}

/**
 * Every request of a time span once, in the order of their ends, as a stream: only requests without an end are held in memory. Those
 * of killed daemons come last, as `interrupted`; those that run are left out, unless the span has no end before now.
 * Throws: as the file system does.
 */
export async function* readHistory(query: HistoryQuery): AsyncGenerator<HistoryEntry> {
  const { folder, span, notes } = query;
  const open = new Map<string, { readonly start: JournalStart; readonly writer: string }>();
  const mended = new Map<string, JournalRecord>();
  for (const file of monthFiles(folder, span)) {
    for await (const lines of linesOf(file)) {
      for (const line of lines) {
        const row = rowOf(line, notes);
        if (row?.kind === "start") open.set(row.start.id, row);
        if (row?.kind !== "end") continue;
        const { id } = row.record;
        open.delete(id);
        // A daemon that was taken for dead may still have ended it: held back until all is read.
        if (row.isMended) mended.set(id, row.record);
        else {
          mended.delete(id);
          if (isWithin(row.record, span)) yield { record: row.record, isRunning: false };
        }
      }
    }
  }
  for (const record of mended.values()) if (isWithin(record, span)) yield { record, isRunning: false };
  const judge = openJudge(query);
  for (const { start, writer } of open.values()) {
    const entry = judge(start, writer);
    if (entry !== undefined && isWithin(entry.record, span)) yield entry;
  }
}

/** Every request once, latest first, as a stream: whoever wants few reads little. Throws: as the file system does. */
export async function* readHistoryBackwards(query: HistoryQuery): AsyncGenerator<HistoryEntry> {
  const { folder, notes } = query;
  const judge = openJudge(query);
  /** Requests whose end was met, until their start is. */
  const ended = new Set<string>();
  for (const file of monthFiles(folder).reverse()) {
    for await (const lines of linesBackwards(file)) {
      for (const line of lines) {
        const row = rowOf(line, notes);
        if (row?.kind === "end") {
          if (ended.has(row.record.id)) continue;
          ended.add(row.record.id);
          yield { record: row.record, isRunning: false };
        } else if (row?.kind === "start" && !ended.delete(row.start.id)) {
          const entry = judge(row.start, row.writer);
          if (entry !== undefined) yield entry;
        }
      }
    }
  }
}

function rowOf(line: string, notes: HistoryNotes | undefined): JournalRow | undefined {
  if (line === "" || line === "\r") return undefined;
  const row = readRow(line);
  if (notes !== undefined && row === undefined) notes.badLines++;
  if (notes !== undefined && row?.kind === "lost") notes.lostRows += row.count;
  return row;
}

function isWithin(record: JournalRecord, span: HistoryQuery["span"]): boolean {
  if (span === undefined) return true;
  const atMs = endedAtMs(record);
  return atMs >= span.fromMs && atMs < span.toMs;
}

/**
 * What a start without an end means: it runs, it was interrupted, or, where later months were not read, its end is there.
 */
function openJudge({ folder, process, nowMs, span }: HistoryQuery): (
  start: JournalStart,
  writer: string,
) => HistoryEntry | undefined {
  const alive = new Map(readWriters(folder).map(({ writer }) => [writer.id, isWriterAlive(writer, process, nowMs)]));
  const readsAll = span === undefined || monthFiles(folder, { fromMs: span.toMs, toMs: Number.MAX_SAFE_INTEGER }).length === 0;
  return (start, writer) => {
    const isAlive = alive.get(writer);
    if (isAlive === true) return { record: { ...interruptedRecord(start), durationMs: Math.max(0, nowMs - start.startedAtMs) }, isRunning: true };
    return isAlive === false || readsAll ? { record: interruptedRecord(start), isRunning: false } : undefined;
  };
}
