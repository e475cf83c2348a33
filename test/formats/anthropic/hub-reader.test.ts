import { describe, expect, it } from "vitest";
import { HubAccumulator } from "../../../src/formats/anthropic/accumulate.ts";
import { HubReader } from "../../../src/formats/anthropic/hub-reader.ts";
import {
  blockStart,
  blockStop,
  delta,
  frameOf,
  messageEnd,
  messageStart,
  type TestEvent,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "../../support/hub-streams.ts";

const answer = [
  messageStart({ usage: { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 1 } }),
  { type: "ping" },
  ...thinkingBlock(0, "sig", "hm", "m é"),
  ...textBlock(1, "Hel", "lo 😀"),
  ...toolBlock(2, "toolu_1", "f", '{"a": ', "1}"),
  ...messageEnd("tool_use"),
];

function accumulated(events: readonly TestEvent[]): ReturnType<HubAccumulator["end"]> {
  const accumulator = new HubAccumulator();
  for (const event of events) accumulator.push(frameOf(event));
  return accumulator.end();
}

describe("accumulating a stream", () => {
  it("puts the message together: blocks, stop reason, usage, and tool input as it was written", () => {
    const result = accumulated(answer);
    expect(result).toMatchObject({
      kind: "answer",
      answer: {
        message: {
          id: "msg_01A",
          type: "message",
          role: "assistant",
          model: "claude-opus-4-7",
          content: [
            { type: "thinking", thinking: "hmm é", signature: "sig" },
            { type: "text", text: "Hello 😀" },
            { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } },
          ],
          stop_reason: "tool_use",
          stop_sequence: null,
          usage: { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 5 },
        },
        inputTexts: [undefined, undefined, '{"a": 1}'],
      },
    });
  });

  it("joins a surrogate pair that two deltas share", () => {
    const halves = [delta(0, { type: "text_delta", text: "\ud83d" }), delta(0, { type: "text_delta", text: "\ude00" })];
    const result = accumulated([
      messageStart(),
      blockStart(0, { type: "text", text: "" }),
      ...halves,
      blockStop(0),
      ...messageEnd("end_turn"),
    ]);
    expect(result).toMatchObject({ answer: { message: { content: [{ text: "😀" }] } } });
  });

  it("keeps the input that a block began with where no delta came", () => {
    const start = blockStart(0, { type: "tool_use", id: "toolu_1", name: "f", input: { a: [1] } });
    const result = accumulated([messageStart(), start, blockStop(0), ...messageEnd("tool_use")]);
    expect(result).toMatchObject({
      answer: { message: { content: [{ input: { a: [1] } }] }, inputTexts: ['{"a":[1]}'] },
    });
  });

  it("keeps the text of a tool call that was cut off, and an empty input", () => {
    const result = accumulated([
      messageStart(),
      ...toolBlock(0, "toolu_1", "f", '{"a": [1, 2'),
      ...messageEnd("max_tokens"),
    ]);
    expect(result).toMatchObject({ answer: { message: { content: [{ input: {} }] }, inputTexts: ['{"a": [1, 2'] } });
  });

  it("lets a later usage report stand, but for input counts that it leaves out or at 0", () => {
    const events = [
      messageStart(),
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: 0, output_tokens: 9, cache_read_input_tokens: null },
      },
      { type: "message_stop" },
    ];
    expect(accumulated(events)).toMatchObject({
      answer: { message: { usage: { input_tokens: 10, output_tokens: 9 } } },
    });
  });
});

describe("a stream's end", () => {
  it("is the upstream's own, or a failure: cut behind any event but the last it fails, and never before it is told so", () => {
    for (let cut = 0; cut < answer.length; cut++) {
      const reader = new HubReader();
      for (const event of answer.slice(0, cut)) reader.read(frameOf(event));
      expect(reader.outcome).toBe("open");
      expect(reader.end()).toMatchObject({ kind: "failure", failure: { type: "upstream_error" } });
      expect(reader.outcome).toBe("failed");
    }
    expect(accumulated(answer).kind).toBe("answer");
  });

  it("is a failure on the upstream's error event, in its words", () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_1" };
    expect(accumulated([...answer.slice(0, 5), error])).toEqual({
      kind: "failure",
      failure: { type: "overloaded_error", message: "Overloaded", requestId: "req_1" },
    });
  });

  it.each([
    ["no JSON", "event: content_block_delta\ndata: {oops secret\n\n"],
    ["half of JSON", 'data: {"type":"content_block_delta","index":0\n\n'],
    ["no object", "data: [1]\n\n"],
  ])("is a failure on an event that is %s, and quotes nothing of it", (_what, frame) => {
    const accumulator = new HubAccumulator();
    accumulator.push(frameOf(messageStart()));
    accumulator.push(frame);
    expect(accumulator.settled).toBe(true);
    for (const event of answer.slice(1)) accumulator.push(frameOf(event));
    const result = accumulator.end();
    expect(result).toMatchObject({ kind: "failure", failure: { type: "upstream_error" } });
    expect(JSON.stringify(result)).not.toContain("secret");
  });

  it("is a failure where the upstream breaks its protocol: no start, no stop reason", () => {
    expect(accumulated(answer.slice(1)).kind).toBe("failure");
    expect(accumulated([messageStart(), ...textBlock(0, "x"), { type: "message_stop" }]).kind).toBe("failure");
    expect(accumulated([{ type: "message_stop" }]).kind).toBe("failure");
  });

  it("counts only once: nothing behind message_stop changes the answer", () => {
    const late = [...textBlock(3, "late"), { type: "error", error: { type: "api_error", message: "late" } }];
    expect(accumulated([...answer, ...late])).toEqual(accumulated(answer));
  });
});

describe("what may grow", () => {
  it("is passed over: unknown events, unknown deltas, unknown blocks, comments", () => {
    const reader = new HubReader();
    reader.read(frameOf(messageStart()));
    expect(reader.read(frameOf({ type: "content_block_progress", index: 0 }))).toBeUndefined();
    expect(reader.read(": ping\n\n")).toBeUndefined();
    expect(reader.read(frameOf(delta(7, { type: "future_delta", text: "of no block" })))).toBeUndefined();
    reader.read(frameOf(blockStart(0, { type: "text", text: "" })));
    expect(reader.read(frameOf(delta(0, { type: "future_delta", x: 1 })))).toBeUndefined();
    expect(reader.read(frameOf(blockStart(1, { type: "future_block" })))).toEqual({
      kind: "unshown",
      blockType: "future_block",
    });
    expect(reader.outcome).toBe("open");
  });

  it("is known by its type, or by its SSE name where the data has none", () => {
    const reader = new HubReader();
    expect(reader.read("event: ping\ndata: {}\n\n")).toEqual({ kind: "ping" });
    expect(reader.read('data: {"type":"ping"}\n\n')).toEqual({ kind: "ping" });
  });

  it("may come with any line end", () => {
    const reader = new HubReader();
    for (const event of answer) reader.read(frameOf(event).replaceAll("\n", "\r\n"));
    expect(reader.outcome).toBe("complete");
  });
});
