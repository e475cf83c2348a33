import type { JsonObject } from "../../base/json.ts";
import type { HubUsage } from "../anthropic/hub.ts";

const count = (value: unknown): number => (typeof value === "number" ? value : 0);

/**
 * Token counts in OpenAI's words: its `prompt_tokens` are all of the input, Anthropic's `input_tokens` only what no cache had.
 * Nothing is invented: details that the upstream doesn't report are left out. Shape: undefined where it reported nothing.
 * Source: OpenAI's CompletionUsage schema; Anthropic "Prompt caching", tracking cache performance.
 */
export function chatUsage(usage: HubUsage): JsonObject | undefined {
  const { input_tokens: input, output_tokens: output } = usage;
  if (typeof input !== "number" && typeof output !== "number") return undefined;
  const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage;
  const prompt = count(input) + count(read) + count(written);
  const out: JsonObject = {
    prompt_tokens: prompt,
    completion_tokens: count(output),
    total_tokens: prompt + count(output),
  };
  const promptDetails: JsonObject = {};
  if (typeof read === "number") promptDetails["cached_tokens"] = read;
  if (typeof written === "number") promptDetails["cache_write_tokens"] = written;
  if (Object.keys(promptDetails).length > 0) out["prompt_tokens_details"] = promptDetails;
  const thinking = usage.output_tokens_details?.thinking_tokens;
  if (typeof thinking === "number") out["completion_tokens_details"] = { reasoning_tokens: thinking };
  return out;
}
