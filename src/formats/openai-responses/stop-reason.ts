import type { Notes } from "../notes.ts";
import { plainName } from "../plain-name.ts";

/** How a response ends. Shape: `reason` where it is incomplete. */
export interface ResponseEnd {
  readonly status: "completed" | "incomplete";
  readonly reason?: "max_output_tokens" | "content_filter";
}

const whole: ResponseEnd = { status: "completed" };
const cut: ResponseEnd = { status: "incomplete", reason: "max_output_tokens" };
const refused: ResponseEnd = { status: "incomplete", reason: "content_filter" };

const ends: Readonly<Record<string, ResponseEnd>> = {
  end_turn: whole,
  stop_sequence: whole,
  tool_use: whole,
  max_tokens: cut,
  model_context_window_exceeded: cut,
  refusal: refused,
};

/**
 * How a response ends by the upstream's stop reason. Unknown ones, and a pause that only another paid call would end, are a plain
 * end and a warning. Source: Anthropic "Handling stop reasons"; OpenAI's Response schema.
 */
export function responseEnd(stopReason: string, notes: Notes): ResponseEnd {
  const end = Object.hasOwn(ends, stopReason) ? ends[stopReason] : undefined;
  if (end !== undefined) return end;
  const subject = stopReason === "pause_turn" ? stopReason : "stop_reason";
  notes.add("changed", subject, "stop_reason", `${plainName(stopReason)} is told as completed`);
  return whole;
}
