import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubUsage } from "./hub.ts";

/** Input-side counts that a later report may leave out or send as 0: the earlier figure stands. */
const inputSide = new Set(["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]);

/**
 * Adds a later usage report to an earlier one. Reports are cumulative, not increments; null and absent keys say nothing.
 * Source: Anthropic streaming, "token counts in message_delta are cumulative".
 */
export function mergeUsage(earlier: HubUsage, later: unknown): HubUsage {
  if (!isJsonObject(later)) return earlier;
  const merged: JsonObject = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    if (value === null || value === undefined) continue;
    if (value === 0 && inputSide.has(key) && typeof merged[key] === "number") continue;
    merged[key] = value;
  }
  return merged;
}
