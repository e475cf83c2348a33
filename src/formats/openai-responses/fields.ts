import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { type Notes, refusal } from "../notes.ts";
import { type FieldTable, noteFields } from "../openai/note-fields.ts";

const table: FieldTable = {
  translated: new Set([
    ...[
      "model",
      "input",
      "instructions",
      "max_output_tokens",
      "temperature",
      "top_p",
      "top_k",
      "stop",
      "stop_sequences",
    ],
    ...["stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text", "thinking"],
    ...[
      "output_config",
      "user",
      "safety_identifier",
      "metadata",
      "service_tier",
      "prompt_cache_options",
      "cache_control",
    ],
    ...["store", "include", "previous_response_id", "truncation", "background", "conversation", "prompt"],
  ]),
  hints: new Set(["prompt_cache_key", "client_metadata"]),
  reasons: {
    top_logprobs: "the hosted API gives no probabilities",
    max_tool_calls: "it limits tools that run at OpenAI",
    context_management: "the hosted API compacts no conversation by itself",
    prompt_cache_retention: "cached prefixes live for 5 minutes after their last use",
  },
};

/** Refuses what would make another answer than the one that was asked for. */
function refuseImpossible({ background, conversation, prompt }: JsonObject): void {
  if (background === true)
    throw refusal("background: answers are not made in the background here", "background", "Leave background out.");
  if (conversation !== undefined && conversation !== null)
    throw refusal(
      "conversation: no conversations are stored here",
      "conversation",
      "Send the items as input, or go on from an answer with previous_response_id.",
    );
  if (prompt !== undefined && prompt !== null)
    throw refusal("prompt: OpenAI's stored prompts are not known here", "prompt", "Send the text as instructions.");
}

function noteInclude(include: unknown, notes: Notes): void {
  if (!Array.isArray(include)) return;
  for (const [index, what] of include.entries()) {
    // Signed thinking is always in an answer: nothing else keeps it.
    if (what !== "reasoning.encrypted_content")
      notes.add("dropped", "include", `include[${index}]`, "the hosted API has nothing of this kind");
  }
}

function noteReasoning(reasoning: unknown, notes: Notes): void {
  if (!isJsonObject(reasoning)) return;
  const { summary, generate_summary: old } = reasoning;
  for (const [name, value] of Object.entries({ summary, generate_summary: old })) {
    if (value === "concise" || value === "detailed")
      notes.add("changed", `reasoning.${name}`, `reasoning.${name}`, "there is one kind of summary");
  }
  for (const name of ["context", "mode"] as const) {
    const value = reasoning[name];
    if (value !== undefined && value !== null && value !== "auto")
      notes.add("dropped", `reasoning.${name}`, `reasoning.${name}`, "there is no such setting");
  }
}

/** Says of every field that nothing carries that it is dropped. Throws: for what can't be left out without answering something else. */
export function noteResponsesFields(body: JsonObject, notes: Notes): void {
  refuseImpossible(body);
  noteFields(body, table, notes);
  noteInclude(body["include"], notes);
  noteReasoning(body["reasoning"], notes);
  if (body["truncation"] === "auto")
    notes.add("dropped", "truncation", "truncation", "a conversation that is too long is refused, not cut");
  const { text, stream_options: options } = body;
  if (isJsonObject(text) && typeof text["verbosity"] === "string" && text["verbosity"] !== "medium")
    notes.add("dropped", "text.verbosity", "text.verbosity", "there is no such setting");
  if (isJsonObject(options) && options["include_obfuscation"] === true)
    notes.add("dropped", "stream_options", "stream_options.include_obfuscation", "events are not padded");
}
