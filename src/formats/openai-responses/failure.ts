import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { ResponseEvent } from "./output-item.ts";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The few codes that a failed response may have. Source: OpenAI's ResponseErrorCode schema. */
function codeOf(type: string): "rate_limit_exceeded" | "invalid_prompt" | "server_error" {
  if (type === "rate_limit_exceeded") return type;
  return type === "invalid_request_error" || type === "request_too_large" ? "invalid_prompt" : "server_error";
}

/** What `error` says, whatever it leaves out. */
function read(body: JsonObject): { type: string; code: string | null; message: string; param: string | null } {
  const error = isJsonObject(body["error"]) ? body["error"] : {};
  const { type, code, message, param } = error;
  return {
    type: textOf(type) || "api_error",
    code: typeof code === "string" ? code : null,
    message: textOf(message) || "the answer failed",
    param: typeof param === "string" ? param : null,
  };
}

/**
 * The two events that end a stream with an error. The official SDK raises on the first, `error`, and knows its message at both places
 * that OpenAI has had for it; Codex only acts on the second, `response.failed`.
 */
export function failureEvents(body: JsonObject, failed: (error: JsonObject) => JsonObject): readonly ResponseEvent[] {
  const { type, code, message, param } = read(body);
  return [
    { type: "error", code, message, param, error: { type, code, message, param } },
    { type: "response.failed", response: failed({ code: codeOf(type), message }) },
  ];
}
