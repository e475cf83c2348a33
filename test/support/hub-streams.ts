import type { HubMessage } from "../../src/formats/anthropic/hub.ts";

/** An event as it comes in a test: any object with a type. */
export type TestEvent = { readonly type: string } & Record<string, unknown>;

/** An event as one SSE frame, bytes-as-latin1, exactly as the hosted API writes it. */
export function frameOf(event: TestEvent): string {
  return Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).toString("latin1");
}

/** `message_start` of an answer. */
export function messageStart(extra: Record<string, unknown> = {}): TestEvent {
  const usage = { input_tokens: 10, output_tokens: 1 };
  const head = { id: "msg_01A", type: "message", role: "assistant", model: "claude-opus-4-7" };
  return {
    type: "message_start",
    message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage, ...extra },
  };
}

/** `content_block_start`. */
export function blockStart(index: number, block: Record<string, unknown>): TestEvent {
  return { type: "content_block_start", index, content_block: block };
}

/** `content_block_delta`. */
export function delta(index: number, inner: Record<string, unknown>): TestEvent {
  return { type: "content_block_delta", index, delta: inner };
}

/** `content_block_stop`. */
export function blockStop(index: number): TestEvent {
  return { type: "content_block_stop", index };
}

/** A whole text block, one delta a piece. */
export function textBlock(index: number, ...pieces: string[]): TestEvent[] {
  return [
    blockStart(index, { type: "text", text: "" }),
    ...pieces.map((text) => delta(index, { type: "text_delta", text })),
    blockStop(index),
  ];
}

/** A whole thinking block with its signature. */
export function thinkingBlock(index: number, signature: string, ...pieces: string[]): TestEvent[] {
  return [
    blockStart(index, { type: "thinking", thinking: "", signature: "" }),
    ...pieces.map((thinking) => delta(index, { type: "thinking_delta", thinking })),
    delta(index, { type: "signature_delta", signature }),
    blockStop(index),
  ];
}

/** A whole tool call, one delta a piece of its JSON. */
export function toolBlock(index: number, id: string, name: string, ...pieces: string[]): TestEvent[] {
  return [
    blockStart(index, { type: "tool_use", id, name, input: {} }),
    ...pieces.map((partial_json) => delta(index, { type: "input_json_delta", partial_json })),
    blockStop(index),
  ];
}

/** `message_delta` and `message_stop`. */
export function messageEnd(stopReason: string, extra: Record<string, unknown> = {}): TestEvent[] {
  return [
    {
      type: "message_delta",
      delta: { stop_reason: stopReason, stop_sequence: null, ...extra },
      usage: { output_tokens: 5 },
    },
    { type: "message_stop" },
  ];
}

/** A message of a case or a test, the keys that only the newest API sends left out. */
export const asHubMessage = (message: unknown): HubMessage => message as HubMessage;

/** The data of SSE text, frame by frame; comments as they are. Bytes-as-latin1 in, decoded text out. */
export function dataOf(bytes: string): string[] {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return text
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => (frame.startsWith("data: ") ? frame.slice("data: ".length) : frame));
}

/** The chunks of SSE text: comments and `[DONE]` left out. */
export function chunksOf(bytes: string): Record<string, unknown>[] {
  return dataOf(bytes)
    .filter((data) => !data.startsWith(":") && data !== "[DONE]")
    .map((data) => JSON.parse(data) as Record<string, unknown>);
}
