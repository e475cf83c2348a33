import { localDay } from "../../history/periods.ts";
import { recordFields } from "../../history/record-fields.ts";
import type { HistoryEntry } from "../../history/types.ts";
import type { Context } from "../context.ts";
import { toJsonText } from "../format.ts";
import { createPaint } from "../output.ts";
import { requestHeading, requestLine } from "../serve/request-line.ts";

/** How requests of the history are printed: JSON lines, or lines for people below their heading and under each new date. */
export function createHistoryPrinter(json: boolean, context: Context): (entry: HistoryEntry) => string {
  if (json) {
    return ({ record, isRunning }) => toJsonText({ type: "request", ...recordFields(record), running: isRunning });
  }
  const paint = createPaint(context.color);
  let day = "";
  return ({ record, isRunning }) => {
    const line = requestLine(isRunning ? { ...record, errorCode: "running" } : record, paint);
    const begunOn = localDay(record.startedAtMs);
    if (begunOn === day) return line;
    const heading = day === "" ? `${requestHeading()}\n` : "";
    day = begunOn;
    return `${paint.quiet(`${heading}${begunOn}`)}\n${line}`;
  };
}
