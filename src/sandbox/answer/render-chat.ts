import { HubAccumulator } from "../../formats/anthropic/accumulate.ts";
import { decodeByteString, encodeByteString } from "../../formats/byte-string.ts";
import openaiChat from "../../formats/openai-chat/index.ts";
import type { Translation } from "../../formats/types.ts";
import type { FinishedMessage } from "./finish-message.ts";
import { type Frame, type InputUsage, renderFrames } from "./render-message.ts";
import type { Rendering } from "./rendering.ts";

/** What the translation of a request keeps for the way back. */
export type ChatState = ReturnType<typeof openaiChat.toHub> extends Translation<infer State> ? State : never;

/** The last event of the hub is several frames here, and only `[DONE]` is the end. */
function* lastFrames(text: string): Generator<Frame> {
  const frames = text.split(/(?<=\n\n)/);
  for (const frame of frames.slice(0, -1)) yield { kind: "other", text: frame };
  yield { kind: "stop", text: frames.at(-1) ?? "" };
}

/**
 * The chunks of a streamed answer. A delta that says nothing here (a signature) stays as an empty frame, so that places in a stream
 * and what an early end costs are the same in both formats. No ping is sent unasked: OpenAI sends none.
 */
function* chatFrames(state: ChatState, message: FinishedMessage, input: InputUsage): Generator<Frame> {
  const stream = openaiChat.streamFromHub(state);
  for (const { kind, text: event } of renderFrames(message, input)) {
    if (kind === "ping") continue;
    const text = decodeByteString(stream.push(encodeByteString(event)));
    if (kind === "stop") yield* lastFrames(text);
    else if (text !== "" || kind === "delta") yield { kind, text };
  }
}

/** The body is made of the stream, so that the two can't disagree. Throws: for a stream of ours that is none, which is a bug. */
function chatBody(state: ChatState, message: FinishedMessage, input: InputUsage): string {
  const accumulator = new HubAccumulator();
  for (const { text } of renderFrames(message, input)) accumulator.push(encodeByteString(text));
  const result = accumulator.end();
  if (result.kind === "failure") throw new Error(result.failure.message);
  return JSON.stringify(openaiChat.fromHub(result.answer, state).body);
}

/** OpenAI Chat Completions, for one request: translated from what the Messages API would have answered. */
export function chatRendering(state: ChatState): Rendering {
  return {
    body: (message, input) => chatBody(state, message, input),
    frames: (message, input) => chatFrames(state, message, input),
  };
}
