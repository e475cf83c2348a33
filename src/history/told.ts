import type { RecordText } from "./record-text.ts";
import { endedAtMs, endLine, startLine } from "./rows.ts";
import type { JournalRecord, JournalStart } from "./types.ts";

/** What a journal is told of a request: its beginning, or its end. It is made a row of when it is written. */
export type Told =
  | { readonly isEnd: false; readonly start: JournalStart }
  | { readonly isEnd: true; readonly start: JournalRecord };

/** When its row counts: that of an end at the end. Units: milliseconds since the epoch. */
export function toldAtMs({ isEnd, start }: Told): number {
  return isEnd ? endedAtMs(start) : start.startedAtMs;
}

/** Its row, as a line. */
export function toldLine({ isEnd, start }: Told, writer: string, text: RecordText): string {
  return isEnd ? endLine(start, writer, text) : startLine(start, writer, text);
}
