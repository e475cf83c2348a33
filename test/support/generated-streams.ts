/** A pseudo-random source with a seed (mulberry32): the same seed gives the same run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How the lines of a stream end. `mixed` chooses anew for every line. */
export type LineEnds = "lf" | "crlf" | "cr" | "mixed";

/** A stream as an upstream could send it. */
export interface GeneratedStream {
  readonly seed: number;
  readonly lineEnds: LineEnds;
  readonly bytes: Buffer;
  /** Offset of the first byte of the terminal frame, and of the one behind it. */
  readonly terminalStart: number;
  readonly terminalEnd: number;
  /** The text that a client puts together from it. */
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const lineEndTexts = { lf: "\n", crlf: "\r\n", cr: "\r" } as const;

const snippets = [
  "plain words ",
  "naïve café ",
  "東京タワー",
  "Привет, мир ",
  "🙂🚀",
  'quotes " and \\ slashes ',
  "line\nbreaks\r\nand\ttabs ",
  "event: message_stop\n\n",
  'data: {"type":"message_stop"}\n\n',
  "error ",
  "\u2028\u2029",
] as const;

/**
 * Makes a whole Messages stream from a seed: text, thinking and tool blocks, pings, comments, unknown events, `id` and `retry` fields,
 * a byte order mark, data over several lines, frames without an event name never (Anthropic names each).
 */
export function generateStream(seed: number): GeneratedStream {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const lineEnds = pick(["lf", "lf", "crlf", "cr", "mixed"] as const);
  const lineEnd = (): string => lineEndTexts[lineEnds === "mixed" ? pick(["lf", "crlf", "cr"] as const) : lineEnds];
  let out = below(8) === 0 ? "\ufeff" : "";
  const line = (text: string): void => {
    out += text + lineEnd();
  };
  const blank = (): void => {
    // A lone CR behind CRLF is half of another CRLF: writers that mix ends don't write that.
    if (out.endsWith("\r\n")) out += lineEnds === "mixed" ? pick(["\r\n", "\n"]) : lineEnd();
    // A line feed behind a CR would be its second half, and no empty line.
    else if (out.endsWith("\r")) out += lineEnds === "mixed" ? pick(["\r\n", "\r"]) : lineEnd();
    else out += lineEnd();
  };
  const frame = (event: string, data: unknown): void => {
    if (below(20) === 0) line(": a comment");
    if (below(20) === 0) line(`id: ${below(1000)}`);
    line(below(10) === 0 ? `event:${event}` : `event: ${event}`);
    line(`data: ${JSON.stringify(data)}`);
    if (below(30) === 0) line("retry: 1000");
    blank();
  };
  const inputTokens = below(5_000);
  let text = "";
  let outputTokens = 1;
  const usage = { input_tokens: inputTokens, output_tokens: 1, cache_read_input_tokens: below(100) };
  const message = { id: "msg_generated", type: "message", role: "assistant", model: "claude-opus-4-7", content: [] };
  frame("message_start", {
    type: "message_start",
    message: { ...message, stop_reason: null, stop_sequence: null, usage },
  });
  const blocks = 1 + below(3);
  for (let index = 0; index < blocks; index++) {
    const kind = pick(["text", "text", "thinking", "tool_use"] as const);
    const starts = {
      text: { type: "text", text: "" },
      thinking: { type: "thinking", thinking: "", signature: "" },
      tool_use: { type: "tool_use", id: `toolu_${index}`, name: "read", input: {} },
    };
    frame("content_block_start", { type: "content_block_start", index, content_block: starts[kind] });
    for (let count = below(6); count >= 0; count--) {
      const piece = pick(snippets).repeat(1 + below(3));
      if (kind === "text") {
        text += piece;
        frame("content_block_delta", {
          type: "content_block_delta",
          index,
          delta: { type: "text_delta", text: piece },
        });
      } else if (kind === "thinking") {
        frame("content_block_delta", {
          type: "content_block_delta",
          index,
          delta: { type: "thinking_delta", thinking: piece },
        });
      }
      outputTokens += below(9);
      if (below(6) === 0) frame("ping", { type: "ping" });
      if (below(15) === 0) frame("some_new_event", { type: "some_new_event", usage: { input_tokens: 1 } });
    }
    if (kind === "tool_use") {
      const delta = { type: "input_json_delta", partial_json: JSON.stringify({ usage: pick(snippets) }) };
      frame("content_block_delta", { type: "content_block_delta", index, delta });
    }
    frame("content_block_stop", { type: "content_block_stop", index });
  }
  frame("message_delta", {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: outputTokens },
  });
  const terminalStart = Buffer.byteLength(out);
  line("event: message_stop");
  line('data: {"type":"message_stop"}');
  blank();
  const bytes = Buffer.from(out);
  return { seed, lineEnds, bytes, terminalStart, terminalEnd: bytes.length, text, inputTokens, outputTokens };
}

/** Cuts bytes into pieces. `sizes` are used in turn; the last one is repeated. */
export function split(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
    const size = Math.max(1, sizes[Math.min(turn, sizes.length - 1)] ?? bytes.length);
    pieces.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return pieces;
}

/** Piece sizes from a seed: mostly small, sometimes the size of a socket read. */
export function randomSizes(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    random() < 0.2 ? 1 + Math.floor(random() * 600) : 1 + Math.floor(random() * 12),
  );
}
