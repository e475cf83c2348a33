import { headerValue } from "../base/headers.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { printable, redact } from "../base/redact.ts";
import { errorTextOf } from "../upstream/error-text.ts";
import type { ProbeAnswer } from "./types.ts";

/**
 * What an answer says of the way behind a URL. `reached`: the route is there and looked at the request, whether it liked it or not;
 * `missing`: no such route; `page`: a web page, whatever its status.
 */
export type AnswerClass =
  | "reached"
  | "unauthorized"
  | "wallet-empty"
  | "forbidden"
  | "missing"
  | "rate-limited"
  | "redirect"
  | "page"
  | "server-error"
  | "unexpected"
  | "failed";

const REACHED = new Set([200, 201, 400, 413, 415, 422]);
const MISSING = new Set([404, 405, 410, 421]);

const FLAWS = {
  cut: "with a body that breaks off: it is cut on the way",
  garbled: "with a body that says it is compressed and isn't: it is changed on the way",
};

/** Says what an answer means. */
export function classifyAnswer(answer: ProbeAnswer): AnswerClass {
  if (answer.kind === "failed") return "failed";
  const { status } = answer;
  if (status >= 300 && status < 400) return "redirect";
  if (status === 407 || status === 511) return "page";
  if (isPage(answer)) return status >= 500 ? "server-error" : "page";
  if (status === 401) return "unauthorized";
  if (status === 402) return "wallet-empty";
  if (status === 403) return "forbidden";
  if (status === 429) return "rate-limited";
  if (MISSING.has(status)) return isModelMissing(answer) ? "reached" : "missing";
  if (REACHED.has(status)) return "reached";
  return status >= 500 ? "server-error" : "unexpected";
}

/** True for what only a request with a good key is answered. */
export function isKeyTaken(kind: AnswerClass): boolean {
  return kind === "reached" || kind === "wallet-empty" || kind === "rate-limited";
}

/** True for a web page: by its type, or by how it begins. */
export function isPage(answer: Extract<ProbeAnswer, { kind: "answer" }>): boolean {
  const type = headerValue(answer.headers, "content-type") ?? "";
  return /html/i.test(type) || /^\s*<(!doctype\s+html|html|head|body)\b/i.test(answer.body);
}

/** The body as an object; empty where it is none. */
export function jsonOf(answer: ProbeAnswer): JsonObject {
  if (answer.kind === "failed") return {};
  try {
    const value: unknown = JSON.parse(answer.body);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The text of an error, safe to print. */
export function errorText(answer: ProbeAnswer): string {
  return errorTextOf(jsonOf(answer), 160);
}

/** An answer in a few words: its status and what it said, or where the way ended. */
export function describeAnswer(answer: ProbeAnswer): string {
  if (answer.kind === "failed") return answer.code === "" ? answer.message : `${answer.code} (${answer.message})`;
  if (isPage(answer)) return `${answer.status} with a web page${titleOf(answer.body)}`;
  const text = errorText(answer);
  const flaw = answer.flaw === undefined ? "" : ` ${FLAWS[answer.flaw]}`;
  return text === "" ? `${answer.status}${flaw}` : `${answer.status}: ${text}`;
}

/** A 404 about a model comes from a route that is there. */
function isModelMissing(answer: ProbeAnswer): boolean {
  return /\bmodel\b/i.test(errorText(answer)) && !/\b(path|route|url|endpoint)\b/i.test(errorText(answer));
}

function titleOf(body: string): string {
  const title = /<title[^>]*>\s*([^<]{1,80})/i.exec(body)?.[1]?.trim();
  return title === undefined || title === "" ? "" : ` ("${printable(redact(title))}")`;
}
