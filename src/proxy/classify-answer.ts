import { headerValue, type RawHeaders } from "../base/headers.ts";

/** How an upstream answer has to be passed on. */
export type AnswerKind =
  /** Never followed: it would take the key elsewhere. */
  | "redirect"
  /** Frame by frame. */
  | "stream"
  /** Byte by byte. */
  | "body"
  /** Refused at once: a page for people. */
  | "page"
  /** Says neither JSON nor SSE: its first byte tells. */
  | "unlabelled";

/** Classifies an answer by its status and content type. */
export function classifyAnswer(status: number, headers: RawHeaders): AnswerKind {
  if (status >= 300 && status < 400) return "redirect";
  const type = mediaType(headers);
  if (type === "application/json" || type.endsWith("+json")) return "body";
  if (type === "text/event-stream") return "stream";
  if (type === "text/html" || type === "application/xhtml+xml") return "page";
  return "unlabelled";
}

/** The media type of an answer, lower case and without parameters; "" where it has none. */
export function mediaType(headers: RawHeaders): string {
  return (headerValue(headers, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** What an unlabelled answer is, by its first bytes: a JSON object, an SSE field or comment, or nothing of the API. */
export function classifyBytes(first: Buffer): AnswerKind {
  const text = first
    .subarray(0, 64)
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .trimStart();
  if (text.startsWith("{")) return "body";
  return /^(event|data|id|retry)?:/.test(text) ? "stream" : "page";
}

/** The compression of an answer: undefined for none. Shape: lower case, a list where there are several layers. */
export function contentEncoding(headers: RawHeaders): string | undefined {
  const encoding = headerValue(headers, "content-encoding")?.trim().toLowerCase();
  return encoding === undefined || encoding === "" || encoding === "identity" ? undefined : encoding;
}

/** True where the end of the body can be told from a broken connection. */
export function isDelimited(headers: RawHeaders): boolean {
  return (
    headerValue(headers, "content-length") !== undefined || headerValue(headers, "transfer-encoding") !== undefined
  );
}

/** True for an upstream error status that means the same to a client when the body had to be replaced. */
export function keepsStatus(status: number): boolean {
  return status >= 500 ? status < 600 : [401, 402, 403, 413, 429].includes(status);
}
