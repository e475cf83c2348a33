import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { recordFromFields } from "../../history/record-fields.ts";
import { formatTime, oneLine, toJsonText } from "../format.ts";
import type { Paint } from "../output.ts";
import { requestLine } from "../serve/request-line.ts";

/** A line of a daemon's log for people: its JSON lines as `serve` would show them, anything else (a crash) as it is. */
export function renderLogLine(line: string, paint: Paint): string {
  const event = parse(line);
  switch (event?.["type"]) {
    case "request":
      return requestLine(recordFromFields(event), paint);
    case "ready":
      return `${timeOf(event)} ${paint.good("serves")} on ${text(event["url"])} for ${text(event["upstream"])}`;
    case "log":
      return `${timeOf(event)} ${label(event, paint)}${text(event["message"])}`;
    default:
      return errorLine(event, paint) ?? oneLine(line);
  }
}

/** The same line for programs: JSON in every case. */
export function jsonLogLine(line: string): string {
  return toJsonText(parse(line) ?? { type: "text", text: oneLine(line) });
}

/** What `serve` writes when it ends with an error. */
function errorLine(event: JsonObject | undefined, paint: Paint): string | undefined {
  const error = event?.["error"];
  if (!isJsonObject(error)) return undefined;
  return `${paint.bad("error:")} ${text(error["message"])}. ${text(error["fix"])}`;
}

function label(event: JsonObject, paint: Paint): string {
  const level = text(event["level"]);
  if (level === "info") return "";
  return `${(level === "error" ? paint.bad : level === "warn" ? paint.warning : paint.quiet)(`${level === "warn" ? "warning" : level}:`)} `;
}

function timeOf(event: JsonObject): string {
  const epochMs = Date.parse(text(event["time"]));
  return Number.isNaN(epochMs) ? "        " : formatTime(epochMs);
}

function text(value: unknown): string {
  return typeof value === "string" ? oneLine(value) : "";
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
