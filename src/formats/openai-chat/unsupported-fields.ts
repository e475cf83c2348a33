import type { JsonObject } from "../../base/json.ts";
import { type Notes, refusal } from "../notes.ts";
import { noteFields } from "../openai/note-fields.ts";

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
  ...["service_tier", "prompt_cache_options", "cache_control", "n", "modalities"],
]);

const reasons = {
  web_search_options: "the hosted API documents no web search",
  logprobs: "the hosted API gives no probabilities",
  top_logprobs: "the hosted API gives no probabilities",
  seed: "the hosted API can't repeat an answer",
  store: "the hosted API stores no answers",
  prompt_cache_retention: "cached prefixes live for 5 minutes after their last use",
  anthropic_beta: "beta features are asked for in a header",
};

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
  noteFields(body, { translated, hints: new Set(["prompt_cache_key"]), reasons }, notes);
}
