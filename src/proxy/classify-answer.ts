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

/**
 * True for an answer that is labelled as JSON and may be a stream all the same: companies' proxies have relabelled. No JSON begins
 * as a stream does, so its first bytes tell; with a length it was whole before it was sent.
 */
export function mayBeMislabelled(kind: AnswerKind, status: number, headers: RawHeaders): boolean {
  return kind === "body" && status >= 200 && status < 300 && headerValue(headers, "content-length") === undefined;
}

/** The media type of an answer, lower case and without parameters; "" where it has none. */
export function mediaType(headers: RawHeaders): string {
  return (headerValue(headers, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

const byteOrderMark = "\u00ef\u00bb\u00bf";

/** What an SSE stream begins with: the name of a field, or nothing at all before a comment. */
const sseFields = ["event:", "data:", "id:", "retry:", ":"];

/**
 * What an unlabelled answer is, by its first bytes: a JSON object, an SSE field or comment, or nothing of the API.
 * Shape: undefined while they are too few to tell.
 */
export function classifyBytes(first: Buffer): AnswerKind | undefined {
  const start = first.toString("latin1", 0, 64);
  if (byteOrderMark.startsWith(start)) return undefined;
  const text = start.replace(byteOrderMark, "").trimStart();
  if (text.startsWith("{")) return "body";
  if (sseFields.some((field) => text.startsWith(field))) return "stream";
  const mayGo = first.length < 64 && sseFields.some((field) => field.startsWith(text));
  return mayGo ? undefined : "page";
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
