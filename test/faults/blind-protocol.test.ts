import { describe, expect, it } from "vitest";
import { ask, type ClientAnswer, streamBody } from "../proxy/support/client.ts";
import { posts, realKey, startPair } from "../proxy/support/test-proxy.ts";
import { chunk, lastChunk, streamHead } from "../support/chat-proxy.ts";
import {
  blockStart,
  blockStop,
  delta,
  messageEnd,
  messageStart,
  type TestEvent,
  textBlock,
  toolBlock,
} from "../support/hub-streams.ts";
import { frames, whole } from "../support/upstream-faults.ts";

const chat = { model: "claude-opus-4-7", messages: [{ role: "user", content: "hi" }] };
const response = { model: "claude-opus-4-7", input: "hi" };

/** Each way to ask, and what takes an answer for whole there. */
const lanes = {
  raw: { path: "/v1/messages", body: streamBody, end: "event: message_stop" },
  "chat stream": { path: "/v1/chat/completions", body: JSON.stringify({ ...chat, stream: true }), end: "[DONE]" },
  chat: { path: "/v1/chat/completions", body: JSON.stringify(chat), end: '"finish_reason"' },
  "responses stream": {
    path: "/v1/responses",
    body: JSON.stringify({ ...response, stream: true }),
    end: "response.completed",
  },
  responses: { path: "/v1/responses", body: JSON.stringify(response), end: '"status":"completed"' },
} as const;
type Lane = keyof typeof lanes;
const all = Object.keys(lanes) as Lane[];
const translated = all.filter((lane) => lane !== "raw");

/** Asks in one way an upstream that answers every POST with the same pieces. */
async function answered(lane: Lane, pieces: readonly (string | Buffer)[]) {
  const { proxy, upstream } = await startPair(
    async (request, connection) => {
      if (request.method === "POST") for (const piece of pieces) await connection.write(piece);
    },
    { chat: "translate" },
  );
  const answer = await ask(proxy.port, lanes[lane]);
  await proxy.untilEnded(1);
  expect(posts(upstream)).toHaveLength(1);
  expect(proxy.ended).toHaveLength(1);
  return { answer, record: proxy.ended[0], logs: proxy.logs };
}

const streamed = (text: string): (string | Buffer)[] => [streamHead(), chunk(text), lastChunk];
const told = ({ text, rawHeaders }: ClientAnswer): string => rawHeaders.join("\n") + text;

const started = messageStart();
const tool = { type: "tool_use", id: "toolu_1", name: "get", input: {} };

/** Streams that end with message_stop, and that can't be told without losing or inventing something. */
const contradictions: readonly (readonly [string, readonly TestEvent[]])[] = [
  [
    "a second message_start behind content",
    [started, ...textBlock(0, "A"), messageStart({ id: "msg_2" }), ...textBlock(1, "B")],
  ],
  ["two blocks in one place", [started, ...textBlock(0, "A"), ...textBlock(0, "B")]],
  ["a block without a place", [started, ...textBlock("0" as never, "A")]],
  ["a block in the four billionth place", [started, ...textBlock(4_294_967_295, "A")]],
  ["a delta without a block", [started, delta(0, { type: "text_delta", text: "A" })]],
  ["a delta behind the end of its block", [started, ...textBlock(0, "A"), delta(0, { type: "text_delta", text: "B" })]],
  [
    "arguments behind the end of their call",
    [started, ...toolBlock(0, "toolu_1", "get", "{}"), delta(0, { type: "input_json_delta", partial_json: '{"x":1}' })],
  ],
  [
    "arguments in a text",
    [
      started,
      blockStart(0, { type: "text", text: "" }),
      delta(0, { type: "input_json_delta", partial_json: "{}" }),
      blockStop(0),
    ],
  ],
  [
    "text that is an object",
    [
      started,
      blockStart(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: { a: 1 } }),
      blockStop(0),
    ],
  ],
  [
    "a call that never ends",
    [started, blockStart(0, tool), delta(0, { type: "input_json_delta", partial_json: '{"a":1' })],
  ],
  ["a block inside of a call", [started, blockStart(0, tool), ...textBlock(1, "A"), blockStop(0)]],
  [
    "two calls at once",
    [
      started,
      ...[blockStart(0, tool), blockStart(1, { ...tool, id: "toolu_2" })],
      delta(0, { type: "input_json_delta", partial_json: '{"x":1}' }),
      ...[blockStop(1), blockStop(0)],
    ],
  ],
  ["a call without an id and a name", [started, blockStart(0, { type: "tool_use", input: {} }), blockStop(0)]],
];

describe("a stream that contradicts itself", () => {
  it.each(contradictions)("%s is an error in every translation, never an answer", async (_name, events) => {
    const pieces = streamed(frames(...events, ...messageEnd("tool_use")));
    for (const lane of translated) {
      const { answer, record } = await answered(lane, pieces);
      expect([lane, record?.outcome]).toEqual([lane, "upstream_error"]);
      expect(answer.isWhole).toBe(true);
      expect(answer.text).toContain('"error"');
      expect(answer.text).not.toContain(lanes[lane].end);
      if (!lane.endsWith("stream")) expect(answer.status).toBe(502);
    }
  });

  it("goes out byte for byte to who speaks the upstream's own format", async () => {
    for (const [, events] of contradictions) {
      const text = frames(...events, ...messageEnd("tool_use"));
      const { answer, record } = await answered("raw", streamed(text));
      expect(answer.body.toString("latin1")).toBe(text);
      expect(record?.outcome).toBe("completed");
    }
  });

  it("a message_start that comes twice before any content changes nothing", async () => {
    const text = frames(started, messageStart({ id: "msg_2" }), ...textBlock(0, "A"), ...messageEnd("end_turn"));
    for (const lane of translated) {
      const { answer, record } = await answered(lane, streamed(text));
      expect(record?.outcome).toBe("completed");
      expect(answer.text).toContain(lanes[lane].end);
    }
  });
});

describe("usage that makes no sense", () => {
  const end = (usage: unknown): TestEvent[] => [
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
    { type: "message_stop" },
  ];

  it("an input that is 0 at the end is what it was at the beginning, in every lane", async () => {
    const usage = { input_tokens: 100, cache_read_input_tokens: 7, cache_creation_input_tokens: 9, output_tokens: 1 };
    const last = { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 5 };
    const pieces = streamed(frames(messageStart({ usage }), ...textBlock(0, "A"), ...end(last)));
    for (const lane of all) {
      const { record } = await answered(lane, pieces);
      expect([lane, record?.usage]).toEqual([
        lane,
        { inputTokens: 100, outputTokens: 5, cacheReadTokens: 7, cacheWrite5mTokens: 9, cacheWrite1hTokens: 0 },
      ]);
    }
  });

  it("no count is ever negative", async () => {
    const usage = {
      input_tokens: -3,
      output_tokens: "9",
      cache_creation_input_tokens: 5,
      cache_creation: { ephemeral_1h_input_tokens: 10 },
    };
    const pieces = streamed(frames(messageStart({ usage }), ...textBlock(0, "A"), ...end([1])));
    for (const lane of all) {
      const counts = Object.values((await answered(lane, pieces)).record?.usage ?? {});
      expect([lane, counts.filter((count) => !(count >= 0))]).toEqual([lane, []]);
    }
  });
});

describe("an upstream that repeats the key", () => {
  const error = (message: string): string => JSON.stringify({ type: "error", error: { type: "api_error", message } });
  const head = (status: number, length: number, extra = ""): string =>
    `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${extra}\r\n`;

  it.each([400, 401, 404, 429, 500, 529])(
    "in an error with status %i does not get it to the caller",
    async (status) => {
      const body = error(`bad key ${realKey}, ${realKey}`);
      for (const lane of all) {
        const { answer, record, logs } = await answered(lane, [head(status, body.length), body]);
        expect([lane, answer.status, answer.isWhole]).toEqual([
          lane,
          status === 529 && lane !== "raw" ? answer.status : status,
          true,
        ]);
        expect(told(answer)).not.toContain(realKey);
        expect(JSON.stringify([record, logs])).not.toContain(realKey);
      }
    },
  );

  it("in pieces, cut anywhere in the key, does not either, and all other bytes stay", async () => {
    const body = error(`bad key ${realKey} sent`);
    const start = body.indexOf(realKey);
    for (const at of [1, 3, 20, realKey.length - 1]) {
      const [before, behind] = [body.slice(0, start + at), body.slice(start + at)];
      const { answer } = await answered("raw", [
        "HTTP/1.1 400 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        ...[chunk(before), chunk(behind), lastChunk],
      ]);
      expect(answer.text.length).toBe(body.length);
      expect(answer.text.slice(0, start + 3)).toBe(body.slice(0, start + 3));
      expect(answer.text.slice(start + realKey.length)).toBe(body.slice(start + realKey.length));
      expect(answer.text).not.toContain(realKey);
    }
  });

  it("what only begins like the key is untouched", async () => {
    const body = error(`bad key ${realKey.slice(0, -1)}`);
    const { answer } = await answered("raw", [head(400, body.length), body.slice(0, -6), body.slice(-6)]);
    expect(answer.text).toBe(body);
  });

  it("in a header does not either, whatever its name", async () => {
    const extra = `x-echo: Bearer ${realKey}\r\nrequest-id: ${realKey}\r\n`;
    for (const lane of all) {
      const body = error("no");
      const failed = await answered(lane, [head(500, body.length, extra), body]);
      const good = await answered(lane, [streamHead(extra.replace("request-id", "x-other")), chunk(whole), lastChunk]);
      expect(told(failed.answer) + JSON.stringify(failed.record)).not.toContain(realKey);
      expect(told(good.answer)).not.toContain(realKey);
      expect(good.record?.outcome).toBe("completed");
    }
  });

  it("in an error event does not either, at the beginning or later", async () => {
    const event = frames({ type: "error", error: { type: "api_error", message: `key ${realKey}` } });
    for (const lane of all) {
      for (const text of [event, frames(started, ...textBlock(0, "A")) + event]) {
        const at = text.indexOf(realKey) + 9;
        const { answer, record } = await answered(lane, [
          ...[streamHead(), chunk(text.slice(0, at)), chunk(text.slice(at)), lastChunk],
        ]);
        expect([lane, record?.outcome]).toEqual([lane, "upstream_error"]);
        expect(told(answer)).not.toContain(realKey);
      }
    }
  });
});

describe("a stream under another label", () => {
  const bytewise = [...whole].map((character) => chunk(character));
  const bare = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

  it.each([
    ["none, a byte at a time", [bare, ...bytewise, lastChunk]],
    ["none, with an empty line first", [bare, chunk("\n"), chunk(`\n${whole}`), lastChunk]],
    ["none, with a byte order mark in two pieces", [bare, chunk("\xef"), chunk(`\xbb\xbf${whole}`), lastChunk]],
    ["JSON's", [json, chunk(whole), lastChunk]],
    ["JSON's, a byte at a time", [json, ...bytewise, lastChunk]],
  ])("%s, is a stream in every lane", async (_name, pieces) => {
    for (const lane of all) {
      const { answer, record } = await answered(lane, pieces);
      expect([lane, answer.status, record?.outcome]).toEqual([lane, 200, "completed"]);
      expect(record?.usage?.outputTokens).toBe(5);
      if (lane === "raw") expect(answer.body.toString("latin1").endsWith(whole)).toBe(true);
    }
  });

  it("that is cut under JSON's label is an error, not a short answer", async () => {
    for (const lane of all) {
      const { answer, record } = await answered(lane, [json, chunk(whole.slice(0, 300)), lastChunk]);
      expect([lane, record?.outcome]).toEqual([lane, "upstream_error"]);
      expect(answer.text).toContain('"error"');
    }
  });

  it("JSON under its own label stays JSON, a byte at a time", async () => {
    const text = ' \n{"id":"msg_1","type":"message","usage":{"input_tokens":3,"output_tokens":2}}';
    const { answer, record } = await answered("raw", [json, ...[...text].map((one) => chunk(one)), lastChunk]);
    expect(answer.text).toBe(text);
    expect(record).toMatchObject({ outcome: "completed", usage: { inputTokens: 3, outputTokens: 2 } });
  });
});
