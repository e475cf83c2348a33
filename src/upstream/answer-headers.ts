import type { RawHeaders } from "../base/headers.ts";

/** What the head of an answer says. */
export interface AnswerHead {
  readonly headers: RawHeaders;
  /** True when the body has a length or is chunked: then its end can be told from a broken connection. */
  readonly delimited: boolean;
  /** How long the upstream says it keeps an idle connection; undefined where it doesn't say. */
  readonly keepAliveMs: number | undefined;
}

const CONTENT_LENGTH = "content-length";
const TRANSFER_ENCODING = "transfer-encoding";
const KEEP_ALIVE = "keep-alive";

function announcedMs(value: string): number | undefined {
  const seconds = /timeout=(\d+)/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/**
 * Turns undici's raw header block (names and values as Buffers) into latin1 strings, case, order and duplicates kept,
 * and reads what the connection needs on the way: once an answer, so names are told by their length first.
 */
export function readAnswerHead(raw: readonly (Buffer | string)[]): AnswerHead {
  const headers = new Array<string>(raw.length);
  let delimited = false;
  let keepAliveMs: number | undefined;
  for (let index = 0; index < raw.length; index++) {
    const part = raw[index] as Buffer | string;
    const text = typeof part === "string" ? part : part.toString("latin1");
    headers[index] = text;
    if (index % 2 === 0) continue;
    const name = headers[index - 1] as string;
    if (name.length === CONTENT_LENGTH.length) delimited ||= name.toLowerCase() === CONTENT_LENGTH;
    else if (name.length === TRANSFER_ENCODING.length) {
      delimited ||= name.toLowerCase() === TRANSFER_ENCODING && /(^|[\s,])chunked\s*$/i.test(text);
    } else if (name.length === KEEP_ALIVE.length && name.toLowerCase() === KEEP_ALIVE) keepAliveMs = announcedMs(text);
  }
  return { headers, delimited, keepAliveMs };
}

/** True where the protocol allows no body, whatever the headers say. Source: RFC 9110 section 6.4.1. */
export function isBodiless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}
