import type { JsonObject } from "../../base/json.ts";
import type { HubUsage } from "../anthropic/hub.ts";

const count = (value: unknown): number => (typeof value === "number" ? value : 0);

/**
 * Token counts in the words of Responses: `input_tokens` are all of the input, Anthropic's only what no cache had. The schema wants
 * every detail: one that the upstream leaves out, as it does for what didn't occur, is 0. Shape: undefined where it reported nothing.
 * Source: OpenAI's ResponseUsage schema; Anthropic "Prompt caching", tracking cache performance.
 */
export function responsesUsage(usage: HubUsage): JsonObject | undefined {
  const { input_tokens: fresh, output_tokens: output } = usage;
  if (typeof fresh !== "number" && typeof output !== "number") return undefined;
  const read = count(usage.cache_read_input_tokens);
  const written = count(usage.cache_creation_input_tokens);
  const input = count(fresh) + read + written;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: read, cache_write_tokens: written },
    output_tokens: count(output),
    output_tokens_details: { reasoning_tokens: count(usage.output_tokens_details?.thinking_tokens) },
    total_tokens: input + count(output),
  };
}
