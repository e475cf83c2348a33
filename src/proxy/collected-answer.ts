import { errorRow, ZenthrexError } from "../base/errors.ts";
import type { RawHeaders } from "../base/headers.ts";
import { isJsonObject, type JsonObject, parseJson } from "../base/json.ts";
import { maskSecret, redact } from "../base/redact.ts";
import { keepsStatus, mediaType } from "./classify-answer.ts";
import { isErrorBody, statusErrorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { bytesWithoutKeys } from "./key-mask.ts";
import { secretKeysOf } from "./secret-keys.ts";

/** An upstream answer that was read whole because it can't go out as it came. */
export interface CollectedAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/** The code of a status that speaks of the key or the wallet. */
const codeOfKeyStatus = {
  401: "ZX_AUTH_KEY_REJECTED",
  402: "ZX_WALLET_EMPTY",
  403: "ZX_AUTH_FORBIDDEN",
} as const;

/** True where the user's own daemon has to be mended: the fix belongs into the message. */
export function isAboutDaemonKey(status: number, exchange: Exchange): status is 401 | 402 | 403 {
  return exchange.credential?.kind === "daemon" && (status === 401 || status === 402 || status === 403);
}

/** The text of the upstream, and what to do. */
function withFix(text: string, fix: string): string {
  if (text.trim() === "") return fix;
  return /[.!?]\s*$/.test(text) ? `${text.trimEnd()} ${fix}` : `${text}. ${fix}`;
}

/** The error body of the upstream with our fix behind its message; everything else as it was. */
export function withKeyFix(body: JsonObject & { error: JsonObject }, status: 401 | 402 | 403): JsonObject {
  const { message } = body.error;
  const { fix } = errorRow(codeOfKeyStatus[status]);
  return { ...body, error: { ...body.error, message: withFix(typeof message === "string" ? message : "", fix) } };
}

/** The same as JSON text. An upstream that repeats the key in its refusal must not tell it to whoever asked. */
export function keyErrorText(
  body: JsonObject & { error: JsonObject },
  status: 401 | 402 | 403,
  { key }: Exchange,
): string {
  const text = JSON.stringify(withKeyFix(body, status));
  return key === undefined ? text : text.replaceAll(key, maskSecret(key));
}

/** The code under which the record files a status, where we have one. */
export function codeOfStatus(status: 401 | 402 | 403): string {
  return codeOfKeyStatus[status];
}

/** The JSON object of a collected body, or undefined. */
export function jsonOf(body: Buffer): JsonObject | undefined {
  try {
    const value = parseJson(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Why an answer that is not the API's can't be used: its type, or `what`. The type is foreign text: cut and cleaned. */
export function notApiError(exchange: Exchange, status: number, headers: RawHeaders, what?: string): ZenthrexError {
  const type =
    mediaType(headers)
      .replace(/[^\w./+-]/g, "")
      .slice(0, 60) || "no content type";
  const host = new URL(exchange.proxy.options.upstream.origin).host;
  return new ZenthrexError(
    "ZX_UPSTREAM_NOT_API",
    `${host} answered ${status} with ${what ?? type}, which is not the hosted API`,
  );
}

/** The error object for an upstream error in a foreign form, or undefined where its status means nothing to a client. */
export function replacedErrorBody(
  exchange: Exchange,
  answer: Omit<CollectedAnswer, "body">,
  what?: string,
): JsonObject | undefined {
  if (!keepsStatus(answer.status)) return undefined;
  const error = notApiError(exchange, answer.status, answer.headers, what);
  return statusErrorBody(
    answer.status,
    redact(`zenthrex: ${error.message}. ${error.fix}`),
    exchange.format,
    exchange.id,
  );
}

/** The error object of a late upstream error, for a stream that is open already. */
export function lateErrorBody(exchange: Exchange, answer: CollectedAnswer): JsonObject | undefined {
  const body = jsonOf(answer.body);
  if (!isErrorBody(body)) return replacedErrorBody(exchange, answer);
  if (isAboutDaemonKey(answer.status, exchange))
    return JSON.parse(keyErrorText(body, answer.status, exchange)) as JsonObject;
  return jsonOf(bytesWithoutKeys(answer.body, secretKeysOf(exchange)));
}
