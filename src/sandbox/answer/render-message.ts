import type { JsonObject } from "../../base/json.ts";
import type { CachePlan } from "../account/prompt-cache.ts";
import type { FinishedMessage } from "./finish-message.ts";

/** The input side of `usage`. */
export type InputUsage = Omit<CachePlan, "commit">;

function inputUsage(input: InputUsage): JsonObject {
  return {
    input_tokens: input.inputTokens,
    cache_creation_input_tokens: input.cacheWrite5mTokens + input.cacheWrite1hTokens,
    cache_read_input_tokens: input.cacheReadTokens,
  };
}

function usage(input: InputUsage, outputTokens: number, thinkingTokens: number): JsonObject {
  return {
    ...inputUsage(input),
    cache_creation: {
      ephemeral_5m_input_tokens: input.cacheWrite5mTokens,
      ephemeral_1h_input_tokens: input.cacheWrite1hTokens,
    },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: thinkingTokens },
    server_tool_use: null,
    service_tier: "standard",
    inference_geo: null,
    speed: null,
  };
}

const refusalDetails = { type: "refusal", category: null, explanation: "The sandbox was told to refuse." };
const stopDetails = (message: FinishedMessage): JsonObject | null =>
  message.stopReason === "refusal" ? refusalDetails : null;

/** The body of a JSON answer. */
export function renderMessage(message: FinishedMessage, input: InputUsage): string {
  return JSON.stringify({
    id: message.id,
    type: "message",
    role: "assistant",
    model: message.model,
    content: message.blocks.map((block) => block.whole),
    container: null,
    diagnostics: null,
    stop_reason: message.stopReason,
    stop_sequence: message.stopSequence,
    stop_details: stopDetails(message),
    usage: usage(input, message.outputTokens, message.thinkingTokens),
  });
}

/** One frame of a stream. */
export interface Frame {
  readonly kind: "start" | "delta" | "stop" | "ping" | "other";
  readonly text: string;
}

/** An event as the wire has it. Source: Anthropic streaming messages; the hosted documentation, "Streaming". */
export function frameText(event: JsonObject): string {
  return `event: ${event["type"]}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A ping, as both sides may send it at any time. */
export const pingFrame = frameText({ type: "ping" });

function messageStart(message: FinishedMessage, input: InputUsage): JsonObject {
  return {
    type: "message_start",
    message: {
      id: message.id,
      type: "message",
      role: "assistant",
      model: message.model,
      content: [],
      container: null,
      diagnostics: null,
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: usage(input, Math.min(1, message.outputTokens), 0),
    },
  };
}

function messageDelta(message: FinishedMessage, input: InputUsage): JsonObject {
  return {
    type: "message_delta",
    delta: {
      stop_reason: message.stopReason,
      stop_sequence: message.stopSequence,
      stop_details: stopDetails(message),
      container: null,
    },
    usage: {
      ...inputUsage(input),
      output_tokens: message.outputTokens,
      output_tokens_details: { thinking_tokens: message.thinkingTokens },
      server_tool_use: null,
    },
  };
}

/** The frames of a streamed answer, in order: a ping behind the first content_block_start, as the real API sends it. */
export function* renderFrames(message: FinishedMessage, input: InputUsage): Generator<Frame> {
  yield { kind: "start", text: frameText(messageStart(message, input)) };
  for (const [index, block] of message.blocks.entries()) {
    yield { kind: "other", text: frameText({ type: "content_block_start", index, content_block: block.start }) };
    if (index === 0) yield { kind: "ping", text: pingFrame };
    for (const delta of block.deltas) {
      yield { kind: "delta", text: frameText({ type: "content_block_delta", index, delta }) };
    }
    yield { kind: "other", text: frameText({ type: "content_block_stop", index }) };
  }
  yield { kind: "other", text: frameText(messageDelta(message, input)) };
  yield { kind: "stop", text: frameText({ type: "message_stop" }) };
}
