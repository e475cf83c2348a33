import { chunk, lastChunk, streamHead } from "./chat-proxy.ts";
import { blockStart, delta, frameOf, messageEnd, messageStart, type TestEvent, textBlock } from "./hub-streams.ts";
import type { RawConnection } from "./raw-upstream.ts";

/** Events as the upstream writes them. */
export const frames = (...events: readonly TestEvent[]): string => events.map(frameOf).join("");

/** The beginning of an answer: two words, and the block still open. */
export const begun = frames(
  messageStart(),
  blockStart(0, { type: "text", text: "" }),
  delta(0, { type: "text_delta", text: "Hi from " }),
);
/** A short answer that is whole. */
export const whole = frames(messageStart(), ...textBlock(0, "Hi from ", "here"), ...messageEnd("end_turn"));
/** An error event. */
export const overloaded = frames({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });

/** What an upstream does with a POST once it is there. */
export type Act = (connection: RawConnection) => Promise<void> | void;

/** Does the same with each POST of a connection. */
export const once =
  (act: Act): Act =>
  async (connection) => {
    for (;;) {
      const request = await connection.readRequest();
      if (request.method === "POST") await act(connection);
    }
  };

/** Writes pieces, each by itself. */
export const send =
  (...pieces: readonly (string | Buffer)[]): Act =>
  async (connection) => {
    for (const piece of pieces) await connection.write(piece);
  };

/** Writes, and then does something to the connection. */
export const thenDo =
  (first: Act, last: (connection: RawConnection) => void): Act =>
  async (connection) => {
    await first(connection);
    // What was written shall be read before the connection breaks: a reset overtakes it.
    await new Promise((resolve) => setTimeout(resolve, 30));
    last(connection);
  };

/** Breaks the connection. */
export const reset = (connection: RawConnection): void => connection.reset();
/** Ends the connection. */
export const end = (connection: RawConnection): void => connection.end();

/** The head of an answer that only the connection's end delimits. */
export const eofHead = "HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

/** Faults behind the first words, where a stream is already open. */
export const lateFaults: readonly (readonly [string, Act])[] = [
  ["an error event", send(streamHead(), chunk(begun), chunk(overloaded), lastChunk)],
  ["an error event that nothing follows", send(streamHead(), chunk(begun), chunk(overloaded))],
  [
    "an error event without a name",
    send(streamHead(), chunk(begun), chunk(overloaded.replace("event: error\n", "")), lastChunk),
  ],
  ["a reset", thenDo(send(streamHead(), chunk(begun)), reset)],
  ["an end inside of a chunk", thenDo(send(streamHead(), chunk(begun), "40\r\nevent: "), end)],
  ["an end without a last chunk", thenDo(send(streamHead(), chunk(begun)), end)],
  ["a clean end before message_stop", send(streamHead(), chunk(begun), lastChunk)],
  [
    "a clean end behind message_delta",
    send(streamHead(), chunk(whole.slice(0, whole.indexOf("event: message_stop"))), lastChunk),
  ],
  ["a clean end inside of message_stop", send(streamHead(), chunk(whole.slice(0, -3)), lastChunk)],
  ["an end that nothing announced", thenDo(send(eofHead, begun), end)],
  [
    "an event that is not JSON",
    send(
      streamHead(),
      chunk(begun),
      chunk('event: content_block_delta\ndata: {"type":"content_\n\n'),
      chunk(whole),
      lastChunk,
    ),
  ],
  [
    "an event that is no object",
    send(streamHead(), chunk(begun), chunk("event: content_block_delta\ndata: 17\n\n"), lastChunk),
  ],
  [
    "a message_stop without a stop reason",
    send(streamHead(), chunk(begun + frames({ type: "message_stop" })), lastChunk),
  ],
];

/** Faults before anything was said: the caller gets a status. */
export const earlyFaults: readonly (readonly [string, Act, number])[] = [
  ["an error event as the first", send(streamHead(), chunk(overloaded), lastChunk), 503],
  [
    "a rate limit as the first event",
    send(streamHead(), chunk(frames({ type: "error", error: { type: "rate_limit_error", message: "slow" } }))),
    429,
  ],
  ["an error event behind a ping", send(streamHead(), chunk(frames({ type: "ping" }) + overloaded), lastChunk), 503],
  ["a reset before the status", reset, 502],
  ["an end before the status", end, 502],
  ["a reset behind the status", thenDo(send(streamHead()), reset), 502],
  ["an empty stream", send(streamHead(), lastChunk), 502],
  ["content before message_start", send(streamHead(), chunk(frames(...textBlock(0, "x"))), lastChunk), 502],
  ["a first event that is not JSON", send(streamHead(), chunk("data: {\n\n"), lastChunk), 502],
  ["half of the first event", send(streamHead(), chunk(whole.slice(0, 40)), lastChunk), 502],
];
