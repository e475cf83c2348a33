import { errorRow, ZenthrexError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { redact } from "../base/redact.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";

/** An error as it goes to a caller. `headers` is a flat list without a length. */
export interface RenderedError {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Any thrown value as an error of the table. What was not thrown on purpose is our bug: its text stays inside. */
export function asZenthrexError(thrown: unknown): ZenthrexError {
  if (thrown instanceof ZenthrexError) return thrown;
  return new ZenthrexError("ZX_INTERNAL", "zenthrex failed on this request", { cause: thrown });
}

/** The sentence that a caller reads: what happened, and what to do. */
export function errorText(error: ZenthrexError): string {
  const text = `zenthrex: ${error.message}. ${error.fix}`;
  return redact(text);
}

/** The error object in the caller's format. Shape: Anthropic's ErrorResponse, or OpenAI's with all four keys. */
export function errorBody(error: ZenthrexError, format: WireFormatName, requestId: string): JsonObject {
  const row = errorRow(error.code);
  const message = errorText(error);
  if (format === "anthropic") {
    return { type: "error", error: { type: row.anthropicType, message }, request_id: requestId };
  }
  return { error: { message, type: row.openaiType, param: error.param ?? null, code: row.openaiCode } };
}

/** The request id where each kind of client looks for it. */
export function requestIdHeaders({ format, id }: { readonly format: WireFormatName; readonly id: string }): string[] {
  return format === "anthropic" ? ["request-id", id] : ["request-id", id, "x-request-id", id];
}

/** Renders an error for a caller that has got no byte yet. */
export function renderError(error: ZenthrexError, format: WireFormatName, requestId: string): RenderedError {
  const row = errorRow(error.code);
  const body = Buffer.from(JSON.stringify(errorBody(error, format, requestId)));
  const headers = ["content-type", "application/json", ...requestIdHeaders({ format, id: requestId })];
  if (!row.retryHelps) headers.push("x-should-retry", "false");
  if (row.status === 503) headers.push("retry-after", "1");
  return { status: row.status, headers, body };
}

/** An error object as one SSE frame: named `error` for Anthropic's clients, plain data for OpenAI's. Both SDKs raise on it. */
export function errorFrame(body: JsonObject, format: WireFormatName): Buffer {
  const data = JSON.stringify(body);
  return Buffer.from(format === "anthropic" ? `event: error\ndata: ${data}\n\n` : `data: ${data}\n\n`);
}

/** True for a body that is an error in one of the two formats. */
export function isErrorBody(body: unknown): body is JsonObject & { error: JsonObject } {
  return isJsonObject(body) && isJsonObject(body["error"]);
}

/** The error type of a status where the upstream's body names none. Source: Anthropic errors; hosted "Error Reference". */
const typesByStatus: Readonly<Record<number, { anthropic: string; openai: string }>> = {
  400: { anthropic: "invalid_request_error", openai: "invalid_request_error" },
  401: { anthropic: "authentication_error", openai: "authentication_error" },
  402: { anthropic: "billing_error", openai: "insufficient_credits" },
  403: { anthropic: "permission_error", openai: "permission_error" },
  404: { anthropic: "not_found_error", openai: "not_found" },
  413: { anthropic: "request_too_large", openai: "request_too_large" },
  429: { anthropic: "rate_limit_error", openai: "rate_limit_exceeded" },
  503: { anthropic: "overloaded_error", openai: "overloaded_error" },
  504: { anthropic: "timeout_error", openai: "upstream_timeout" },
  529: { anthropic: "overloaded_error", openai: "overloaded_error" },
};

/** An error object for an upstream status whose body could not be used. */
export function statusErrorBody(
  status: number,
  message: string,
  format: WireFormatName,
  requestId: string,
): JsonObject {
  const types = typesByStatus[status] ?? { anthropic: "api_error", openai: "upstream_error" };
  if (format === "anthropic") {
    return { type: "error", error: { type: types.anthropic, message }, request_id: requestId };
  }
  return { error: { message, type: types.openai, param: null, code: types.openai } };
}
