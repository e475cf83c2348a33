import type { JsonObject } from "../../base/json.ts";
import { type Notes, refusal } from "../notes.ts";

/** Fields that other modules translate. */
const translated = new Set([
  ...[
    "model",
    "messages",
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "stop_sequences",
  ],
  ...["stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"],
  ...[
    "response_format",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "output_config",
    "user",
    "safety_identifier",
    "metadata",
  ],
  ...["service_tier", "prompt_cache_options", "cache_control"],
]);

/** Hints that change nothing about the answer: leaving them out loses nothing. */
const hints = new Set(["prompt_cache_key"]);

/** Why a field goes, where the name alone doesn't say it. */
const reasons: Readonly<Record<string, string>> = {
  web_search_options: "the hosted API documents no web search",
  logprobs: "the hosted API gives no probabilities",
  top_logprobs: "the hosted API gives no probabilities",
  seed: "the hosted API can't repeat an answer",
  store: "the hosted API stores no answers",
  anthropic_beta: "beta features are asked for in a header",
};

/** True for a value that says what would happen anyway: clients send their defaults. A seed of 0 is a seed. */
function saysNothing(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (value === 0) return name !== "seed";
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Refuses what would make another answer than the one that was asked for. */
function refuseImpossible(body: JsonObject): void {
  const { n, modalities, audio } = body;
  if (n !== undefined && n !== null && n !== 1)
    throw refusal("n: the hosted API gives one answer a request", "n", "Send n: 1.");
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== "text")) {
    throw refusal("modalities: the hosted API answers only with text", "modalities", 'Send modalities: ["text"].');
  }
  if (audio !== undefined && audio !== null)
    throw refusal("audio: the hosted API answers only with text", "audio", "Remove audio.");
}

/**
 * Says of every field that nothing translates that it is dropped: an unknown key upstream is a 400 ("Extra inputs are not
 * permitted"). Throws: for `n` above 1 and for audio, which can't be left out without answering something else.
 */
export function noteUnsupportedFields(body: JsonObject, notes: Notes): void {
  refuseImpossible(body);
  for (const [name, value] of Object.entries(body)) {
    if (translated.has(name) || hints.has(name) || saysNothing(name, value)) continue;
    if (name === "n" || name === "modalities") continue;
    const reason = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
    notes.add("dropped", name, name, reason ?? "the hosted API has no such setting");
  }
}
