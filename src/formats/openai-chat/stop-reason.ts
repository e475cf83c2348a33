import type { Notes } from "../notes.ts";
import { plainName } from "../plain-name.ts";

/** Why an answer ended, in OpenAI's words. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
  pause_turn: "stop",
};

/**
 * The finish reason of a stop reason. Unknown ones, and a pause that only another paid call would end, are a plain stop and a
 * warning. `shown` says what of the calls the client saw: none where the only tool was our stand-in for a JSON answer.
 * Source: Anthropic "Handling stop reasons"; OpenAI's CreateChatCompletionResponse schema.
 */
export function finishReason(
  stopReason: string,
  shown: "none" | "tool_calls" | "function_call",
  notes: Notes,
): FinishReason {
  const reason = Object.hasOwn(reasons, stopReason) ? reasons[stopReason] : undefined;
  if (reason === undefined || stopReason === "pause_turn") {
    notes.add(
      "changed",
      stopReason === "pause_turn" ? "pause_turn" : "stop_reason",
      "stop_reason",
      `${plainName(stopReason)} is told as stop`,
    );
  }
  if (reason !== "tool_calls") return reason ?? "stop";
  return shown === "none" ? "stop" : shown;
}
