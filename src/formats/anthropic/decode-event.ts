import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, parseJsonText } from "../../base/json.ts";
import { parseSseEvent } from "../../base/sse-event.ts";
import { decodeByteString } from "../byte-string.ts";
import type { HubEvent } from "./hub.ts";

/**
 * The event that one complete SSE frame (a byte string) carries. Event types may grow: unknown ones are handed on as they are.
 * Shape: undefined for a frame without data. Throws: ZX_UPSTREAM_EVENT, without a word of the content, where it isn't an event.
 */
export function decodeHubEvent(frame: string): HubEvent | undefined {
  const parsed = parseSseEvent(frame);
  if (parsed === undefined) return undefined;
  let value: unknown;
  try {
    value = parseJsonText(decodeByteString(parsed.data));
  } catch {
    throw new ZenthrexError("ZX_UPSTREAM_EVENT", "the hosted API sent an event that is not JSON");
  }
  if (!isJsonObject(value))
    throw new ZenthrexError("ZX_UPSTREAM_EVENT", "the hosted API sent an event that is no object");
  // The type counts, not the SSE name: resellers have sent both without the other.
  return (typeof value["type"] === "string" ? value : { ...value, type: parsed.event }) as unknown as HubEvent;
}
