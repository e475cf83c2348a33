import type { JsonObject } from "../../base/json.ts";
import type { AccumulatedMessage } from "../anthropic/hub.ts";
import { messageSteps } from "../anthropic/message-steps.ts";
import { createNotes } from "../notes.ts";
import type { Warning } from "../types.ts";
import { ResponseEvents } from "./response-events.ts";
import type { ResponsesState } from "./state.ts";

/**
 * A whole answer as a response: what the last event of its stream would have held.
 * Source: OpenAI's Response schema.
 */
export function responsesFromHub(
  answer: AccumulatedMessage,
  state: ResponsesState,
): { readonly body: JsonObject; readonly warnings: readonly Warning[] } {
  const notes = createNotes();
  const events = new ResponseEvents(state, notes);
  let body: JsonObject = {};
  for (const step of messageSteps(answer)) {
    for (const event of events.push(step)) {
      if (step.kind === "end" && event["response"] !== undefined) body = event["response"] as JsonObject;
    }
  }
  return { body, warnings: notes.warnings };
}
