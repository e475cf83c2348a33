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
  const open = new Map<string, OpenRequest>();
  const mended = new Map<string, JournalRecord>();
  for (const file of monthFiles(folder, span)) {
    for await (const rows of rowsOf(linesOf(file), notes)) {
      for (const row of rows) {
        const record = fold(row, open, mended);
        if (record !== undefined && isWithin(record, span)) yield { record, isRunning: false };
      }
    }
  }
  for (const record of mended.values()) if (isWithin(record, span)) yield { record, isRunning: false };
  const judge = openJudge(query);
  for (const request of open.values()) {
    const entry = judge(request);
    if (entry !== undefined && isWithin(entry.record, span)) yield entry;
  }
}

interface OpenRequest {
  readonly start: JournalStart;
  readonly writer: string;
}

/** Takes a row in; gives the request that it ended for good. */
function fold(
  row: JournalRow,
  open: Map<string, OpenRequest>,
  mended: Map<string, JournalRecord>,
): JournalRecord | undefined {
  if (row.kind === "start") open.set(row.start.id, row);
  if (row.kind !== "end") return undefined;
  const { record } = row;
  open.delete(record.id);
  mended.delete(record.id);
  if (!row.isMended) return record;
  // A daemon that was taken for dead may still end it: held back until all is read.
  mended.set(record.id, record);
  return undefined;
}

/** Every request once, latest first, as a stream: whoever wants few reads little. Throws: as the file system does. */
export async function* readHistoryBackwards(query: HistoryQuery): AsyncGenerator<HistoryEntry> {
  const { folder, notes } = query;
  const judge = openJudge(query);
  /** Requests whose end was met, until their start is. */
  const ended = new Set<string>();
  for (const file of monthFiles(folder).reverse()) {
    for await (const rows of rowsOf(linesBackwards(file), notes)) {
      for (const row of rows) {
        const entry = unfold(row, ended, judge);
        if (entry !== undefined) yield entry;
      }
    }
  }
}

function unfold(row: JournalRow, ended: Set<string>, judge: Judge): HistoryEntry | undefined {
  if (row.kind === "start") return ended.delete(row.start.id) ? undefined : judge(row);
  if (row.kind !== "end" || ended.has(row.record.id)) return undefined;
  ended.add(row.record.id);
  return { record: row.record, isRunning: false };
}

/** The rows among lines, counting what is none. */
async function* rowsOf(
  pieces: AsyncGenerator<readonly string[]>,
  notes: HistoryNotes | undefined,
): AsyncGenerator<readonly JournalRow[]> {
  for await (const lines of pieces) {
    yield lines.flatMap((line) => {
      if (line === "" || line === "\r") return [];
      const row = readRow(line);
      if (notes !== undefined && row === undefined) notes.badLines++;
      if (notes !== undefined && row?.kind === "lost") notes.lostRows += row.count;
      return row ?? [];
    });
  }
}

type Judge = (request: OpenRequest) => HistoryEntry | undefined;

function isWithin(record: JournalRecord, span: HistoryQuery["span"]): boolean {
  if (span === undefined) return true;
  const atMs = endedAtMs(record);
  return atMs >= span.fromMs && atMs < span.toMs;
}

/**
 * What a start without an end means: it runs, it was interrupted, or, where later months were not read, its end is there.
 */
function openJudge({ folder, process, nowMs, span }: HistoryQuery): Judge {
  const alive = new Map(readWriters(folder).map(({ writer }) => [writer.id, isWriterAlive(writer, process, nowMs)]));
  const readsAll =
    span === undefined || span.toMs > nowMs || monthFiles(folder, { fromMs: span.toMs, toMs: nowMs }).length === 0;
  return ({ start, writer }) => {
    const isAlive = alive.get(writer);
    if (isAlive === true) {
      const durationMs = Math.max(0, nowMs - start.startedAtMs);
      return { record: { ...interruptedRecord(start), durationMs }, isRunning: true };
    }
    return isAlive === false || readsAll ? { record: interruptedRecord(start), isRunning: false } : undefined;
  };
}
