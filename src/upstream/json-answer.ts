import { type Clock, systemClock } from "../base/clock.ts";
import { type ErrorCode, ZenthrexError } from "../base/errors.ts";
import { headerValue, headerValues } from "../base/headers.ts";
import { isJsonObject, type JsonObject, parseJson } from "../base/json.ts";
import { redact } from "../base/redact.ts";
import { type CollectedAnswer, collect } from "./collect.ts";
import { errorTextOf } from "./error-text.ts";
import { parseUpstreamOrigin } from "./origin.ts";
import type { UpstreamClient } from "./types.ts";

/** How a small question to the upstream is asked. */
export interface QuestionOptions {
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 30_000;
const SHOWN_CHARACTERS = 200;

/** What the statuses mean that a question can do nothing about. Source: hosted documentation, "Error Reference". */
const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: "ZX_AUTH_KEY_REJECTED",
  402: "ZX_WALLET_EMPTY",
  403: "ZX_AUTH_FORBIDDEN",
  429: "ZX_UPSTREAM_RATE_LIMIT",
};

/** What an error says, behind a colon and without its full stop: to be put at the end of a sentence. */
function errorText(body: unknown): string {
  const text = errorTextOf(body, SHOWN_CHARACTERS);
  return text === "" ? "" : `: ${text.replace(/\.$/, "")}`;
}

function parsed(answer: CollectedAnswer): unknown {
  try {
    return parseJson(answer.body);
  } catch {
    return undefined;
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Where a redirect leads, without its query: that may hold a login. */
function redirectTarget(location: string | undefined, origin: string): string {
  try {
    const url = new URL(location ?? "", origin);
    return redact(`${url.origin}${url.pathname}`).slice(0, SHOWN_CHARACTERS);
  } catch {
    return "an address that is none";
  }
}

function checkStatus(answer: CollectedAnswer, body: unknown, where: string, origin: string): void {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return;
  if (isRedirect(status)) {
    const target = redirectTarget(headerValue(headers, "location"), origin);
    throw new ZenthrexError("ZX_UPSTREAM_REDIRECT", `${where} redirects (${status}) to ${target}`);
  }
  // A portal's or a company proxy's page says nothing about the key, whatever its status.
  if (!isJsonObject(body)) throw new ZenthrexError("ZX_UPSTREAM_NOT_API", `${where} answered ${status} without JSON`);
  const code = statusCodes[status] ?? (status >= 500 ? "ZX_UPSTREAM_STATUS" : "ZX_UPSTREAM_NOT_API");
  const what = status === 401 ? `refused the key with ${status}` : `answered ${status}`;
  throw new ZenthrexError(code, `${where} ${what}${errorText(body)}`);
}

/**
 * Asks the upstream a GET question and returns the JSON object that it answers.
 * Sent once more after a reset (law 3). Source of the statuses: hosted documentation, "Error Reference".
 * Throws: ZX_AUTH_KEY_REJECTED (401), ZX_WALLET_EMPTY (402), ZX_AUTH_FORBIDDEN (403), ZX_UPSTREAM_RATE_LIMIT (429), ZX_UPSTREAM_STATUS
 * (5xx), ZX_UPSTREAM_REDIRECT (3xx), ZX_UPSTREAM_ENCODING, ZX_UPSTREAM_NOT_API for anything that is no JSON object, and every failure by its code.
 */
export async function askJson(
  client: UpstreamClient,
  path: string,
  headers: readonly string[],
  { timeoutMs = TIMEOUT_MS, clock = systemClock }: QuestionOptions,
): Promise<JsonObject> {
  const where = `${parseUpstreamOrigin(client.origin).authority}${path}`;
  const answer = await collect(
    client,
    {
      method: "GET",
      path,
      headers: ["accept", "application/json", "accept-encoding", "identity", ...headers],
      retryOnce: true,
    },
    { maxBytes: MAX_BYTES, timeoutMs, clock },
  );
  const encodings = headerValues(answer.headers, "content-encoding").filter((value) => !/^identity$/i.test(value));
  if (encodings.length > 0 && !isRedirect(answer.status)) {
    throw new ZenthrexError("ZX_UPSTREAM_ENCODING", `${where} answered in a compression that was not asked for`);
  }
  const body = parsed(answer);
  checkStatus(answer, body, where, client.origin);
  if (isJsonObject(body)) return body;
  throw new ZenthrexError("ZX_UPSTREAM_NOT_API", `${where} answered with something that is not a JSON object`);
}
