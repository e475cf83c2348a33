import { isJsonObject } from "../base/json.ts";
import { redact } from "../base/redact.ts";
import { recordFields, recordFromFields } from "./record-fields.ts";
import { createRecordText, type RecordText } from "./record-text.ts";
import type { JournalRecord, JournalStart } from "./types.ts";

/** A row of the journal, understood. */
export type JournalRow =
  | { readonly kind: "start"; readonly writer: string; readonly start: JournalStart }
  | { readonly kind: "end"; readonly record: JournalRecord; readonly isMended: boolean }
  | { readonly kind: "lost"; readonly count: number };

/** A model's name comes from the caller, and may be anything. Units: characters. */
const LONGEST_NAME = 200;
/** A request that warns of every message of a long conversation. */
const MOST_WARNINGS = 50;

/** The row that a request begins with, as a line. */
export function startLine(start: JournalStart, writer: string, text: RecordText = createRecordText()): string {
  const { tool, modelAsked } = start;
  const isSmall = tool.length <= LONGEST_NAME && (modelAsked?.length ?? 0) <= LONGEST_NAME;
  const named = modelAsked === undefined ? {} : { modelAsked: cut(modelAsked) };
  const small = isSmall ? start : { ...start, tool: cut(tool), ...named };
  return `{"t":"start","writer":${JSON.stringify(writer)},${text.ofStart(small)}}\n`;
}

/** The row that a request ends with, as a line: all that is known of it. */
export function endLine(record: JournalRecord, writer: string, text: RecordText = createRecordText()): string {
  return `{"t":"end","writer":${JSON.stringify(writer)},${text.ofRecord(bounded(record))}}\n`;
}

/** The end of a request whose daemon was killed, written by another one: nothing is known of its cost. */
export function mendedLine(start: JournalStart, writer: string): string {
  return line({ t: "end", writer, mended: true, ...recordFields(interruptedRecord(start)) });
}

/** Tells readers that rows are missing here. */
export function lostLine(count: number, writer: string, atMs: number): string {
  return line({ t: "lost", id: null, writer, at: new Date(atMs).toISOString(), count });
}

/** What is known of a request that nobody saw end. */
export function interruptedRecord(start: JournalStart): JournalRecord {
  return { ...start, lane: "raw", stream: false, status: 0, outcome: "interrupted", durationMs: 0, warnings: [] };
}

/**
 * Reads a line. NULs before a row are what a power cut leaves of an unwritten block: the row behind them counts.
 * Shape: undefined for whatever is no row.
 */
export function readRow(text: string): JournalRow | undefined {
  const at = text.indexOf("{");
  if (at < 0) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(at === 0 ? text : text.slice(at));
  } catch {
    return undefined;
  }
  if (!isJsonObject(fields)) return undefined;
  if (fields["t"] === "lost" && typeof fields["count"] === "number") return { kind: "lost", count: fields["count"] };
  if (typeof fields["id"] !== "string" || Number.isNaN(Date.parse(String(fields["started_at"])))) return undefined;
  if (fields["t"] === "end")
    return { kind: "end", record: recordFromFields(fields), isMended: fields["mended"] === true };
  if (fields["t"] !== "start") return undefined;
  const { id, startedAtMs, route, tool, modelAsked } = recordFromFields(fields);
  const start = { id, startedAtMs, route, tool, ...(modelAsked === undefined ? {} : { modelAsked }) };
  return { kind: "start", writer: String(fields["writer"]), start };
}

/** When a request counts: at its end, so that no day that is over ever changes. Units: milliseconds since the epoch. */
export function endedAtMs({ startedAtMs, durationMs }: JournalRecord): number {
  return startedAtMs + durationMs;
}

function line(fields: object): string {
  return `${redact(JSON.stringify(fields))}\n`;
}

function cut(name: string): string {
  return name.length > LONGEST_NAME ? name.slice(0, LONGEST_NAME) : name;
}

function bounded(record: JournalRecord): JournalRecord {
  const { modelAsked, modelServed, tool, warnings } = record;
  const isSmall =
    (modelAsked?.length ?? 0) <= LONGEST_NAME &&
    (modelServed?.length ?? 0) <= LONGEST_NAME &&
    tool.length <= LONGEST_NAME &&
    warnings.length <= MOST_WARNINGS;
  if (isSmall) return record;
  return {
    ...record,
    tool: cut(tool),
    ...(modelAsked === undefined ? {} : { modelAsked: cut(modelAsked) }),
    ...(modelServed === undefined ? {} : { modelServed: cut(modelServed) }),
    warnings: warnings.slice(0, MOST_WARNINGS),
  };
}
