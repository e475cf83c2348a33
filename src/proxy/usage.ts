import { isJsonObject, type JsonObject } from "../base/json.ts";
import type { ReportedUsage } from "./options.ts";

function count(object: JsonObject | undefined, key: string): number | undefined {
  const value = object?.[key];
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function objectAt(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return isJsonObject(value) ? value : undefined;
}

/**
 * Reads Anthropic's `usage` over what was known before: a `message_delta` repeats only some of the figures, as running totals.
 * Shape: cache writes without a breakdown by lifetime count as 5-minute writes, the default lifetime.
 */
export function anthropicUsage(usage: unknown, known?: ReportedUsage): ReportedUsage | undefined {
  if (!isJsonObject(usage)) return known;
  const written = count(usage, "cache_creation_input_tokens");
  const breakdown = objectAt(usage, "cache_creation");
  const write1h = count(breakdown, "ephemeral_1h_input_tokens");
  const write5m =
    count(breakdown, "ephemeral_5m_input_tokens") ??
    (written === undefined ? undefined : Math.max(0, written - (write1h ?? 0)));
  // On the input's side a later 0 says nothing: some upstreams repeat these keys empty at the end. The translated lane reads it so too.
  return {
    inputTokens: count(usage, "input_tokens") || (known?.inputTokens ?? 0),
    outputTokens: count(usage, "output_tokens") ?? known?.outputTokens ?? 0,
    cacheReadTokens: count(usage, "cache_read_input_tokens") || (known?.cacheReadTokens ?? 0),
    cacheWrite5mTokens: write5m || (known?.cacheWrite5mTokens ?? 0),
    cacheWrite1hTokens: write1h || (known?.cacheWrite1hTokens ?? 0),
  };
}

/** Reads OpenAI's `usage`: its prompt tokens include the cached ones, ours don't. */
export function openaiUsage(usage: unknown, known?: ReportedUsage): ReportedUsage | undefined {
  if (!isJsonObject(usage)) return known;
  const details = objectAt(usage, "prompt_tokens_details");
  const cacheRead = count(details, "cached_tokens") ?? 0;
  const cacheWrite = count(details, "cache_write_tokens") ?? 0;
  return {
    inputTokens: Math.max(0, (count(usage, "prompt_tokens") ?? 0) - cacheRead - cacheWrite),
    outputTokens: count(usage, "completion_tokens") ?? 0,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: cacheWrite,
    cacheWrite1hTokens: 0,
  };
}
