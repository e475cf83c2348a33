import { isJsonObject } from "../../base/json.ts";

/** A cache breakpoint on a block or a tool. */
export interface CacheControl {
  readonly type: "ephemeral";
  readonly ttl?: "5m" | "1h";
}

function fromAnthropic(value: unknown): CacheControl | undefined {
  if (!isJsonObject(value) || value["type"] !== "ephemeral") return undefined;
  const ttl = value["ttl"];
  return ttl === "1h" || ttl === "5m" ? { type: "ephemeral", ttl } : { type: "ephemeral" };
}

/**
 * The breakpoint that a caller set on something: Anthropic's `cache_control` (Cline, opencode and LiteLLM write it into OpenAI
 * bodies, on messages, parts, tools and tool calls), or OpenAI's own `prompt_cache_breakpoint`.
 */
export function readCacheControl(source: unknown): CacheControl | undefined {
  if (!isJsonObject(source)) return undefined;
  const own = fromAnthropic(source["cache_control"]);
  if (own !== undefined) return own;
  const inner = source["function"] ?? source["custom"];
  if (isJsonObject(inner)) return fromAnthropic(inner["cache_control"]);
  return isJsonObject(source["prompt_cache_breakpoint"]) ? { type: "ephemeral" } : undefined;
}
