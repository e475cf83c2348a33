import { readdirSync, readFileSync } from "node:fs";
import type { RawConnection } from "../../support/raw-upstream.ts";

/** The head of a streamed answer. */
export const sseHead =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";

/** Bytes as HTTP chunks: each is handed to the proxy by itself, whatever TCP makes of them. */
export function chunked(pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    pieces.flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
  );
}

/** What ends a chunked body well. */
export const lastChunk = "0\r\n\r\n";

/** Sends a whole streamed answer in pieces. */
export async function sendStream(connection: RawConnection, pieces: readonly Uint8Array[]): Promise<void> {
  await connection.write(Buffer.concat([Buffer.from(sseHead), chunked(pieces), Buffer.from(lastChunk)]));
}

const folder = new URL("../../fixtures/anthropic/", import.meta.url);

/** The stream of every fixture, by its name. */
export function streamFixtures(): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(new URL(`${name}/stream.sse`, folder)) }));
}

/** One frame of a Messages stream. */
export function frame(event: { readonly type: string; readonly [key: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

const message = { id: "msg_short", type: "message", role: "assistant", model: "claude-opus-4-7", content: [] };

/** A short, whole stream, frame by frame. */
export const shortFrames: readonly string[] = [
  frame({
    type: "message_start",
    message: { ...message, stop_reason: null, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 1 } },
  }),
  frame({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  frame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hé" } }),
  frame({ type: "content_block_stop", index: 0 }),
  frame({
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 2 },
  }),
  frame({ type: "message_stop" }),
];

/** The heartbeat that Anthropic's clients get. */
export const ping = 'event: ping\ndata: {"type": "ping"}\n\n';

/** The one error frame that may end a stream. */
export const errorFramePattern = /event: error\ndata: (\{[^\n]*\})\n\n$/;
