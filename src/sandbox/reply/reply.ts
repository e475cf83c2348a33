import type { JsonObject } from "../../base/json.ts";

/** A block of the answer before limits and ids. `deltas`: in how many pieces a text is streamed. */
export type ReplyBlock =
  | { readonly type: "text"; readonly text: string; readonly deltas?: number }
  | { readonly type: "thinking"; readonly thinking: string }
  | { readonly type: "redacted_thinking"; readonly thinking: string }
  | { readonly type: "tool_use"; readonly name: string; readonly input: JsonObject };

/** Why an answer ends. */
export type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded";

/** Stop reasons that a reply may ask for. */
export const stopReasons: readonly StopReason[] = [
  ...(["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"] as const),
  "model_context_window_exceeded",
];

/** Where in an answer something happens: before its first byte, behind message_start, behind n deltas, before message_stop. */
export type Point = "before" | "start" | "end" | number;

/** How a connection ends too early. */
export type CutKind = "half-frame" | "boundary" | "reset" | "clean" | "clean-half-frame";

/** Something that goes wrong on purpose. */
export type Fault =
  | {
      readonly kind: "error";
      readonly status: number;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
      /** Only the first n requests with this prompt fail. */
      readonly times?: number;
    }
  | { readonly kind: "html"; readonly status: number }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  | { readonly kind: "empty"; readonly status: number }
  | { readonly kind: "stall"; readonly seconds: number; readonly at: Point }
  | { readonly kind: "cut"; readonly how: CutKind; readonly at: Point }
  | { readonly kind: "error-event"; readonly status: number; readonly message?: string; readonly at: Point }
  | { readonly kind: "ping"; readonly count: number; readonly at: Point }
  | { readonly kind: "pace"; readonly milliseconds: number };

/** What the sandbox answers, before it is fitted to the limits of the request. */
export interface Reply {
  readonly blocks: readonly ReplyBlock[];
  readonly stopReason?: StopReason;
  readonly faults: readonly Fault[];
}
