import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { AccumulatedMessage } from "../anthropic/hub.ts";
import { messageSteps } from "../anthropic/message-steps.ts";
import { createNotes } from "../notes.ts";
import type { Warning } from "../types.ts";
import { type ChatDelta, ChatDeltas } from "./chat-deltas.ts";
import type { ChatState } from "./state.ts";
import { chatUsage } from "./usage.ts";

/** The id that an answer has at the client: OpenAI's prefix, the hub's own part. */
export function completionId(messageId: string): string {
  return `chatcmpl-${messageId.replace(/^msg_/, "")}`;
}

interface Message {
  content: string;
  refusal: string | null;
  reasoning: string;
  details: unknown[];
  annotations: unknown;
  calls: JsonObject[];
  functionCall: JsonObject | undefined;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Adds a part of a tool call to the call that it continues. */
function addCall(calls: JsonObject[], part: JsonObject): void {
  const { index, ...rest } = part;
  const known = calls[Number(index)];
  if (known === undefined) {
    calls[Number(index)] = rest;
    return;
  }
  for (const form of ["function", "custom"] as const) {
    const into = known[form];
    const from = rest[form];
    if (!isJsonObject(into) || !isJsonObject(from)) continue;
    const grown = form === "function" ? "arguments" : "input";
    into[grown] = textOf(into[grown]) + textOf(from[grown]);
  }
}

function addDelta(message: Message, delta: JsonObject): void {
  message.content += textOf(delta["content"]);
  message.reasoning += textOf(delta["reasoning_content"]);
  if (typeof delta["refusal"] === "string") message.refusal = (message.refusal ?? "") + delta["refusal"];
  if (Array.isArray(delta["reasoning_details"])) message.details.push(...delta["reasoning_details"]);
  if (delta["annotations"] !== undefined) message.annotations = delta["annotations"];
  if (Array.isArray(delta["tool_calls"]))
    for (const part of delta["tool_calls"]) addCall(message.calls, part as JsonObject);
  const call = delta["function_call"];
  if (!isJsonObject(call)) return;
  if (message.functionCall === undefined) message.functionCall = { ...call };
  else message.functionCall["arguments"] = textOf(message.functionCall["arguments"]) + textOf(call["arguments"]);
}

/** The message as OpenAI's schema wants it: `content` and `refusal` are always there. Content is null only beside something else. */
function rendered(message: Message): JsonObject {
  const hasOther = message.calls.length > 0 || message.functionCall !== undefined || message.refusal !== null;
  const out: JsonObject = {
    role: "assistant",
    content: message.content === "" && hasOther ? null : message.content,
    refusal: message.refusal,
  };
  if (message.reasoning !== "") out["reasoning_content"] = message.reasoning;
  if (message.details.length > 0) out["reasoning_details"] = message.details;
  if (message.annotations !== undefined) out["annotations"] = message.annotations;
  if (message.calls.length > 0) out["tool_calls"] = message.calls;
  if (message.functionCall !== undefined) out["function_call"] = message.functionCall;
  return out;
}

/**
 * A whole answer as a chat completion. Every key that OpenAI's schema requires is there, `logprobs` and `refusal` included.
 * Source: OpenAI's CreateChatCompletionResponse schema.
 */
export function chatFromHub(
  answer: AccumulatedMessage,
  state: ChatState,
): { readonly body: JsonObject; readonly warnings: readonly Warning[] } {
  const notes = createNotes();
  const deltas = new ChatDeltas(state, notes);
  const message: Message = {
    content: "",
    refusal: null,
    reasoning: "",
    details: [],
    annotations: undefined,
    calls: [],
    functionCall: undefined,
  };
  let finish: ChatDelta["finish"] = null;
  for (const step of messageSteps(answer)) {
    for (const part of deltas.push(step)) {
      addDelta(message, part.delta);
      finish = part.finish ?? finish;
    }
  }
  const usage = chatUsage(answer.message.usage);
  const body: JsonObject = {
    id: completionId(answer.message.id),
    object: "chat.completion",
    created: state.createdS,
    model: answer.message.model,
    choices: [{ index: 0, message: rendered(message), logprobs: null, finish_reason: finish }],
  };
  return { body: usage === undefined ? body : { ...body, usage }, warnings: notes.warnings };
}
