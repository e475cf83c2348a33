import type { JsonObject } from "../../base/json.ts";
import { estimateTokens } from "../../catalog/estimate-tokens.ts";
import type { Model } from "../../catalog/models.ts";
import type { MessagesRequest } from "../messages-request.ts";
import type { Reply, ReplyBlock, StopReason } from "../reply/reply.ts";
import { sealRedactedThinking, signThinking } from "../thinking-signature.ts";
import { cutToTokens, defaultPieces, pieces } from "./text-pieces.ts";

/** A block of the finished answer: what a JSON answer holds, and how a stream begins and fills it. */
export interface FinishedBlock {
  readonly whole: JsonObject;
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
}

/** An answer that fits the limits of its request. */
export interface FinishedMessage {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly FinishedBlock[];
  readonly stopReason: StopReason;
  readonly stopSequence: string | null;
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

/** Where ids come from: counters of the sandbox, so that the same requests get the same ids. */
export interface MessageIds {
  message(): string;
  tool(): string;
}

/** What is left to write, and why writing ended. */
interface Progress {
  readonly request: MessagesRequest;
  readonly model: Model;
  readonly ids: MessageIds;
  left: number;
  thinkingTokens: number;
  ended: { reason: StopReason; sequence: string | null } | undefined;
}

const tokensPerToolCall = 8;
const jsonFragmentCharacters = 12;

/** Takes a text within what is left; what doesn't fit ends the answer. */
function take(progress: Progress, text: string, extraTokens = 0): string {
  const { tokenizer } = progress.model;
  const tokens = estimateTokens(text, tokenizer) + extraTokens;
  if (tokens <= progress.left) {
    progress.left -= tokens;
    return text;
  }
  const kept = cutToTokens(text, Math.max(0, progress.left - extraTokens), tokenizer);
  progress.left = 0;
  progress.ended = { reason: "max_tokens", sequence: null };
  return kept;
}

/** The text up to the first stop sequence in it. */
function upToStopSequence(progress: Progress, text: string): { text: string; sequence: string | undefined } {
  const found = progress.request.stopSequences
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at !== -1)
    .sort((left, right) => left.at - right.at)[0];
  return found === undefined
    ? { text, sequence: undefined }
    : { text: text.slice(0, found.at), sequence: found.sequence };
}

function finishText(progress: Progress, block: ReplyBlock & { type: "text" }): FinishedBlock | undefined {
  const stopped = upToStopSequence(progress, block.text);
  const text = take(progress, stopped.text);
  if (stopped.sequence !== undefined) progress.ended ??= { reason: "stop_sequence", sequence: stopped.sequence };
  if (text === "") return undefined;
  const parts = block.deltas === undefined ? defaultPieces(text) : pieces(text, block.deltas);
  return {
    whole: { type: "text", text, citations: null },
    start: { type: "text", text: "", citations: null },
    deltas: parts.map((part) => ({ type: "text_delta", text: part })),
  };
}

function finishThinking(progress: Progress, block: ReplyBlock & { type: "thinking" }): FinishedBlock {
  const before = progress.left;
  const thinking = take(progress, block.thinking);
  progress.thinkingTokens += before - progress.left;
  const display = progress.request.thinking?.display ?? progress.model.thinkingDisplayDefault;
  const shown = display === "omitted" ? "" : thinking;
  const signature = signThinking(thinking, shown);
  return {
    whole: { type: "thinking", thinking: shown, signature },
    start: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...(shown === "" ? [] : defaultPieces(shown)).map((part) => ({ type: "thinking_delta", thinking: part })),
      { type: "signature_delta", signature },
    ],
  };
}

function finishRedacted(progress: Progress, block: ReplyBlock & { type: "redacted_thinking" }): FinishedBlock {
  const before = progress.left;
  const data = sealRedactedThinking(take(progress, block.thinking));
  progress.thinkingTokens += before - progress.left;
  const whole = { type: "redacted_thinking", data };
  return { whole, start: whole, deltas: [] };
}

function finishToolUse(progress: Progress, block: ReplyBlock & { type: "tool_use" }): FinishedBlock {
  const json = JSON.stringify(block.input);
  const written = take(progress, json, tokensPerToolCall);
  const fragments = written === "{}" ? [] : pieces(written, Math.ceil(written.length / jsonFragmentCharacters));
  const start = {
    type: "tool_use",
    id: progress.ids.tool(),
    name: block.name,
    input: {},
    caller: { type: "direct" },
  };
  return {
    // An input that the limit cut is not JSON any more: it has arrived as nothing.
    whole: { ...start, input: written === json ? block.input : {} },
    start,
    deltas: ["", ...fragments].map((part) => ({ type: "input_json_delta", partial_json: part })),
  };
}

function finishBlock(progress: Progress, block: ReplyBlock): FinishedBlock | undefined {
  switch (block.type) {
    case "text":
      return finishText(progress, block);
    case "thinking":
      return finishThinking(progress, block);
    case "redacted_thinking":
      return finishRedacted(progress, block);
    default:
      return finishToolUse(progress, block);
  }
}

/** Output that the request and the context window leave room for, and what it is called when that is used up. */
function outputLimit(
  request: MessagesRequest,
  model: Model,
  promptTokens: number,
): { left: number; reason: StopReason } {
  const room = model.contextTokens - promptTokens;
  if (room < request.maxTokens) return { left: Math.max(0, room), reason: "model_context_window_exceeded" };
  return { left: request.maxTokens, reason: "max_tokens" };
}

function stopOf(
  progress: Progress,
  reply: Reply,
  blocks: readonly FinishedBlock[],
  limitReason: StopReason,
): StopReason {
  if (progress.ended?.reason === "max_tokens") return limitReason;
  if (reply.stopReason !== undefined) return reply.stopReason;
  if (progress.ended !== undefined) return progress.ended.reason;
  return blocks.some(({ whole }) => whole["type"] === "tool_use") ? "tool_use" : "end_turn";
}

/** Fits a reply to `max_tokens`, the context window and the stop sequences, and gives it its ids, signatures and pieces. */
export function finishMessage(
  request: MessagesRequest,
  model: Model,
  reply: Reply,
  promptTokens: number,
  ids: MessageIds,
): FinishedMessage {
  const limit = outputLimit(request, model, promptTokens);
  const progress: Progress = { request, model, ids, left: limit.left, thinkingTokens: 0, ended: undefined };
  const id = ids.message();
  // max_tokens 0 warms the cache and answers nothing. Source: types of @anthropic-ai/sdk 1.12.0, `max_tokens`.
  if (limit.left === 0) progress.ended = { reason: "max_tokens", sequence: null };
  const blocks: FinishedBlock[] = [];
  for (const block of reply.blocks) {
    if (progress.ended !== undefined) break;
    const finished = finishBlock(progress, block);
    if (finished !== undefined) blocks.push(finished);
  }
  const stopReason = stopOf(progress, reply, blocks, limit.reason);
  const steeredSequence = stopReason === "stop_sequence" ? (request.stopSequences[0] ?? null) : null;
  return {
    id,
    model: request.modelId,
    blocks,
    stopReason,
    stopSequence: progress.ended?.sequence ?? steeredSequence,
    outputTokens: limit.left - progress.left,
    thinkingTokens: progress.thinkingTokens,
  };
}
