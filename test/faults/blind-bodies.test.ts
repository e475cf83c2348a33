import { describe, expect, it } from "vitest";
import { ask, jsonOf, smallBody } from "../proxy/support/client.ts";
import { posts, startPair } from "../proxy/support/test-proxy.ts";
import { chunk, lastChunk, streamHead } from "../support/chat-proxy.ts";
import { messageEnd, messageStart, textBlock } from "../support/hub-streams.ts";
import { frames, whole } from "../support/upstream-faults.ts";

const pair = (text = whole) =>
  startPair(
    async (request, connection) => {
      if (request.method !== "POST") await connection.write("HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n");
      else for (const piece of [streamHead(), chunk(text), lastChunk]) await connection.write(piece);
    },
    { chat: "translate" },
  );

const nested = (levels: number): string => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;

/** A conversation in which a call was made with these arguments. */
const conversations: readonly (readonly [string, (args: string) => unknown])[] = [
  [
    "/v1/chat/completions",
    (args) => ({
      model: "claude-opus-4-7",
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", tool_calls: [{ id: "c1", type: "function", function: { name: "get", arguments: args } }] },
        { role: "tool", tool_call_id: "c1", content: "ok" },
      ],
    }),
  ],
  [
    "/v1/responses",
    (args) => ({
      model: "claude-opus-4-7",
      input: [
        { role: "user", content: "hi" },
        { type: "function_call", call_id: "c1", name: "get", arguments: args },
        { type: "function_call_output", call_id: "c1", output: "ok" },
      ],
    }),
  ],
];

describe.each(conversations)("%s: JSON inside of a string", (path, conversation) => {
  const asked = async (args: string) => {
    const { proxy, upstream } = await pair();
    const answer = await ask(proxy.port, { path, body: JSON.stringify(conversation(args)) });
    await proxy.untilEnded(1);
    const sent = JSON.parse(posts(upstream)[0]?.body.toString() ?? "{}") as { messages: { content: unknown[] }[] };
    return { answer, record: proxy.ended[0], logs: proxy.logs, call: sent.messages[1]?.content.at(-1) };
  };

  it.each([600, 200_000])("nested %i levels deep is carried as text, and breaks nothing", async (levels) => {
    const args = nested(levels);
    const { answer, record, logs, call } = await asked(args);
    expect(answer.status).toBe(200);
    expect(record?.outcome).toBe("completed");
    expect(logs.filter(({ level }) => level === "error")).toEqual([]);
    expect(call).toMatchObject({ type: "tool_use", input: { INVALID_JSON: args } });
  });

  it("nested less is carried as it is", async () => {
    expect((await asked(nested(300))).call).toMatchObject({ input: JSON.parse(nested(300)) as object });
  });

  it.each(['{"id":12345678901234567890}', '{"a":[{"x":"12","y":-9007199254740993}]}', '{"e":1e400}'])(
    "a number that can't be carried is warned of: %s",
    async (args) => {
      const { answer } = await asked(args);
      expect(answer.headers["x-zenthrex-warnings"]).toContain("changed:arguments");
    },
  );

  it.each([
    '{"id":"12345678901234567890","e":1e3,"f":0.1234567890123456}',
    '{"id":9007199254740991}',
    '{"a":"\\\\",',
    `{"x":1234567890123456789,"a":"${'\\"'.repeat(200_000)}`,
  ])("one that can, or that stands in a string, is not", async (args) => {
    const { answer } = await asked(args);
    expect(answer.headers["x-zenthrex-warnings"] ?? "").not.toContain("changed:arguments");
  });
});

describe("a model's name that is none", () => {
  const long = "m".repeat(1_000_000);

  it.each([
    ["/v1/messages", smallBody],
    ["/v1/chat/completions", '{"model":"claude-opus-4-7","messages":[{"role":"user","content":"hi"}]}'],
    ["/v1/responses", '{"model":"claude-opus-4-7","input":"hi"}'],
  ])("of a megabyte is refused by %s without a look upstream, and kept nowhere", async (path, body) => {
    for (const name of [long, `claude-${long}`, `opus${"[1m]".repeat(250_000)}`]) {
      const { proxy, upstream } = await pair();
      const answer = await ask(proxy.port, { path, body: body.replace("claude-opus-4-7", name) });
      await proxy.untilEnded(1);
      expect(answer.status).toBe(404);
      expect(jsonOf(answer).error["message"]).toContain("claude-opus-4-7");
      expect(upstream.requests).toHaveLength(0);
      expect(JSON.stringify([proxy.ended, proxy.started, proxy.logs]).length).toBeLessThan(5_000);
      expect(answer.body.length).toBeLessThan(2_000);
    }
  });
});

describe("an event that nests", () => {
  const deep = `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":${nested(3_000_000)}}\n\n`;

  it("three million levels deep holds up nobody who asks beside it", async () => {
    const text = frames(messageStart()) + deep + frames(...textBlock(1, "A"), ...messageEnd("end_turn"));
    for (const path of ["/v1/messages", "/v1/chat/completions"]) {
      const { proxy } = await pair(text);
      const answer = await ask(proxy.port, { path, body: smallBody.replace("}]}", '}],"stream":true}') });
      await proxy.untilEnded(1);
      const isRaw = path === "/v1/messages";
      expect(answer.text.includes('"error"')).toBe(!isRaw);
      expect(proxy.ended[0]?.outcome).toBe(isRaw ? "completed" : "upstream_error");
      expect(proxy.logs.filter(({ level }) => level === "error")).toEqual([]);
    }
  });
});
