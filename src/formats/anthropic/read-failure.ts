import { isJsonObject } from "../../base/json.ts";
import type { HubFailure } from "./hub.ts";

/** More of a foreign error text than this helps nobody. */
const longestMessage = 2048;

function parsedObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * What an upstream's error answer says. Takes both formats' envelopes; a body that is neither (HTML, nothing) is not quoted.
 * Shape: `type` is "" where the body names none.
 */
export function readFailure(status: number, body: string): HubFailure {
  const envelope = parsedObject(body);
  const error = isJsonObject(envelope["error"]) ? envelope["error"] : envelope;
  const text = typeof envelope["error"] === "string" ? envelope["error"] : error["message"];
  const type = typeof error["type"] === "string" && error["type"] !== "error" ? error["type"] : "";
  const message =
    typeof text === "string" && text.trim() !== ""
      ? text.slice(0, longestMessage)
      : `the hosted API answered with status ${status}`;
  const requestId = envelope["request_id"];
  return typeof requestId === "string" ? { status, type, message, requestId } : { status, type, message };
}
