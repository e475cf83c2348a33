import { ChatCompletionStream } from "openai/lib/ChatCompletionStream";
import { describe, expect, it } from "vitest";
import { HubAccumulator } from "../../../src/formats/anthropic/accumulate.ts";
import { chatFromHub } from "../../../src/formats/openai-chat/response.ts";
import { ChatStream } from "../../../src/formats/openai-chat/stream.ts";
import { chatState, streamed } from "../../support/chat-context.ts";
import { foldChunks } from "../../support/fold-chunks.ts";
import {
  blockStart,
  blockStop,
  chunksOf,
  dataOf,
  delta,
  frameOf,
  messageEnd,
  messageStart,
  type TestEvent,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "../../support/hub-streams.ts";
import { schemaErrors } from "../../support/schema-validator.ts";

const strange = 'q"\\/\b\f\n\r\t\u0000\u2028 é 日本 😀 </script> "}}';

const whole = [
  messageStart({ usage: { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 1 } }),
  ...thinkingBlock(0, "sig", "h ü", "m"),
  blockStart(1, { type: "redacted_thinking", data: "zzz" }),
  blockStop(1),
  ...textBlock(2, "a", strange, "", "b"),
  ...toolBlock(3, "toolu_1", "f", "", '{"é":', `${JSON.stringify(strange)}}`),
  ...toolBlock(4, "toolu_2", "g", ""),
  ...messageEnd("tool_use"),
];

const message = (events: readonly TestEvent[], extra = {}): Record<string, unknown> => {
  const accumulator = new HubAccumulator();
  for (const event of events) accumulator.push(frameOf(event));
  const result = accumulator.end();
  if (result.kind === "failure") throw new Error(result.failure.message);
  return chatFromHub(result.answer, chatState(extra)).body;
};

const choiceOf = (body: Record<string, unknown>): Record<string, unknown> =>
  (body["choices"] as Record<string, unknown>[])[0] as Record<string, unknown>;

/** The same event in ways that must not be pasted unparsed: other spacing, other order, CRLF, several lines, no name. */
const variants: Readonly<Record<string, (event: TestEvent) => string>> = {
  "spaces in the JSON": (event) => frameOf(event).replace('"type":', '"type": '),
  CRLF: (event) => frameOf(event).replaceAll("\n", "\r\n"),
  "no event name": (event) => frameOf(event).replace(/^event: .*\n/, ""),
  "data before the name": (event) => frameOf(event).replace(/^(event: .*)\n(data: .*)\n/, "$2\n$1\n"),
  "a further field": (event) => frameOf(event).replace(/\}\n\n$/, ',"later":1}\n\n'),
  "escapes for everything": (event) =>
    frameOf({ ...event }).replace(
      /data: .*/,
      () =>
        `data: ${JSON.stringify(event).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}`,
    ),
  padding: (event) => frameOf(event).replace(/\}\n\n$/, "    }\n\n"),
};

describe("a translated stream", () => {
  it.each(Object.entries(variants))("says the same however the upstream writes it: %s", (_what, write) => {
    const stream = new ChatStream(chatState({ includeUsage: true }));
    const bytes = whole.map((event) => stream.push(write(event))).join("") + stream.end();
    expect(chunksOf(bytes)).toEqual(chunksOf(streamed(whole, { includeUsage: true })));
  });

  it("adds up to the JSON answer, byte for byte in arguments", () => {
    const chunks = chunksOf(streamed(whole, { includeUsage: true }));
    const folded = foldChunks(chunks);
    const body = message(whole);
    expect(folded.message).toEqual(choiceOf(body)["message"]);
    expect(folded.finish).toBe("tool_calls");
    expect(folded.usage).toEqual(body["usage"]);
    expect(folded.message["content"]).toBe(`a${strange}b`);
    expect(
      (folded.message["tool_calls"] as { function: { arguments: string } }[]).map((call) => call.function.arguments),
    ).toEqual([`{"é":${JSON.stringify(strange)}}`, "{}"]);
    for (const chunk of chunks) expect(schemaErrors("openai.CreateChatCompletionStreamResponse", chunk)).toEqual([]);
    expect(schemaErrors("openai.CreateChatCompletionResponse", body)).toEqual([]);
  });

  it("carries signatures only in reasoning_details, where a client can bring them back", () => {
    const chunks = chunksOf(streamed(whole));
    const { message: told } = foldChunks(chunks);
    expect(told["reasoning_content"]).toBe("h üm");
    expect(told["reasoning_details"]).toEqual([
      { type: "reasoning.text", text: "h üm", signature: "sig", format: "anthropic-claude-v1", index: 0 },
      { type: "reasoning.encrypted", data: "zzz", format: "anthropic-claude-v1", index: 1 },
    ]);
  });

  it("keeps the whole message for the thinking cache", () => {
    const stream = new ChatStream(chatState());
    for (const event of whole) {
      expect(stream.answer()).toBeUndefined();
      stream.push(frameOf(event));
    }
    expect(stream.outcome).toBe("complete");
    expect(stream.answer()?.message.content).toMatchObject([
      { type: "thinking", thinking: "h üm", signature: "sig" },
      { type: "redacted_thinking", data: "zzz" },
      { type: "text", text: `a${strange}b` },
      { type: "tool_use", input: { é: strange } },
      { type: "tool_use", input: {} },
    ]);
    expect(stream.usage).toEqual({ input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 5 });
  });

  it("is accepted by the official SDK's stream helper", async () => {
    const lines = chunksOf(streamed(whole, { includeUsage: true })).map((chunk) => `${JSON.stringify(chunk)}\n`);
    const readable = new ReadableStream({
      start(controller) {
        for (const line of lines) controller.enqueue(new TextEncoder().encode(line));
        controller.close();
      },
    });
    const completion = await ChatCompletionStream.fromReadableStream(readable).finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        role: "assistant",
        content: `a${strange}b`,
        tool_calls: [
          { id: "toolu_1", function: { name: "f" } },
          { id: "toolu_2", function: { name: "g", arguments: "{}" } },
        ],
      },
    });
    expect(completion.usage?.total_tokens).toBe(22);
  });

  it("is accepted by the official SDK's stream helper with a custom tool in it", async () => {
    const events = [
      messageStart(),
      ...toolBlock(0, "toolu_1", "patch", '{"in', 'put": "*** Be', 'gin\\n😀"}'),
      ...messageEnd("tool_use"),
    ];
    const chunks = chunksOf(streamed(events, { customTools: new Set(["patch"]) }));
    const readable = new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(`${JSON.stringify(chunk)}\n`));
        controller.close();
      },
    });
    const completion = await ChatCompletionStream.fromReadableStream(readable).finalChatCompletion();
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([
      { type: "custom", custom: { name: "patch", input: "*** Begin\n😀" } },
    ]);
  });

  it("sends each fragment of a call's arguments as it comes", () => {
    const stream = new ChatStream(chatState());
    stream.push(frameOf(messageStart()));
    const sent = toolBlock(0, "toolu_1", "f", '{"a"', ":1}").map(
      (event) => chunksOf(stream.push(frameOf(event))).length,
    );
    expect(sent).toEqual([1, 1, 1, 0]);
  });

  it("passes the upstream's pings on as comments", () => {
    const stream = new ChatStream(chatState());
    expect(stream.push('event: ping\ndata: {"type": "ping"}\n\n')).toBe(": ping\n\n");
  });
});

describe("a stream that fails", () => {
  it("ends with an error frame and nothing else, wherever it is cut", () => {
    const full = streamed(whole);
    for (let cut = 0; cut < whole.length; cut++) {
      const bytes = streamed(whole.slice(0, cut));
      const { errors, finish } = foldChunks(chunksOf(bytes));
      expect(errors).toEqual([
        { message: expect.any(String), type: "upstream_error", param: null, code: "upstream_error" },
      ]);
      expect(finish).toBeNull();
      expect(bytes).not.toContain("[DONE]");
      const delivered = dataOf(bytes).slice(0, -1).join("\n");
      expect(dataOf(full).join("\n").startsWith(delivered)).toBe(true);
    }
  });

  it("tells the upstream's error in OpenAI's words, then nothing more", () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Überlastet" } };
    const stream = new ChatStream(chatState());
    for (const event of whole.slice(0, 4)) stream.push(frameOf(event));
    expect(chunksOf(stream.push(frameOf(error)))).toEqual([
      { error: { message: "Überlastet", type: "overloaded_error", param: null, code: "overloaded" } },
    ]);
    for (const event of whole) expect(stream.push(frameOf(event))).toBe("");
    expect(stream.end()).toBe("");
    expect(stream.outcome).toBe("failed");
    expect(stream.failure).toEqual({ type: "overloaded_error", message: "Überlastet" });
    expect(stream.answer()).toBeUndefined();
  });

  it.each([
    'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\x"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"b"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\t"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\u12"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\\"}}\n\n',
  ])("fails on an event that is not JSON, also where it looks as expected: %j", (frame) => {
    const stream = new ChatStream(chatState());
    stream.push(frameOf(messageStart()));
    stream.push(frameOf(blockStart(0, { type: "text", text: "" })));
    expect(chunksOf(stream.push(frame))).toMatchObject([{ error: { type: "upstream_error" } }]);
  });

  it("takes a further field in an expected place for what it is", () => {
    const frame =
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a","more":"b"}}\n\n';
    const stream = new ChatStream(chatState());
    stream.push(frameOf(messageStart()));
    stream.push(frameOf(blockStart(0, { type: "text", text: "" })));
    expect(chunksOf(stream.push(frame))).toMatchObject([{ choices: [{ delta: { content: "a" } }] }]);
  });

  it("carries an event of 20 MB", () => {
    const text = "é\n".repeat(7_000_000);
    const bytes = streamed([messageStart(), ...textBlock(0, text), ...messageEnd("end_turn")]);
    expect(foldChunks(chunksOf(bytes)).message["content"]).toBe(text);
  });

  it("has no role chunk where the first event is an error", () => {
    const bytes = streamed([{ type: "error", error: { type: "api_error", message: "m" } }]);
    expect(chunksOf(bytes)).toEqual([{ error: { message: "m", type: "api_error", param: null, code: "api_error" } }]);
  });
});

describe("the forms of an answer", () => {
  const calls = [
    messageStart(),
    ...textBlock(0, "x"),
    ...toolBlock(1, "toolu_1", "f", '{"a":', "1}"),
    ...toolBlock(2, "toolu_2", "f", "{}"),
    ...messageEnd("tool_use"),
  ];
  const both = (events: readonly TestEvent[], extra: object) => {
    const folded = foldChunks(chunksOf(streamed(events, extra)));
    const choice = choiceOf(message(events, extra));
    expect(folded.message).toEqual(choice["message"]);
    expect(folded.finish).toBe(choice["finish_reason"]);
    return folded;
  };

  it("restores the client's names", () => {
    const { message: told } = both(calls, { clientNames: new Map([["f", "my.f"]]) });
    expect(told["tool_calls"]).toMatchObject([{ function: { name: "my.f" } }, { function: { name: "my.f" } }]);
  });

  it("says function_call to who asked with functions, once", () => {
    const { message: told, finish } = both(calls, { isLegacy: true });
    expect(told["function_call"]).toEqual({ name: "f", arguments: '{"a":1}' });
    expect(told["tool_calls"]).toBeUndefined();
    expect(finish).toBe("function_call");
  });

  it("says the input of the JSON tool as text, and that it stopped", () => {
    const events = [messageStart(), ...toolBlock(0, "toolu_1", "json", '{"é":', "1}"), ...messageEnd("tool_use")];
    const { message: told, finish } = both(events, { jsonTool: "json" });
    expect(told).toEqual({ role: "assistant", content: '{"é":1}', refusal: null });
    expect(finish).toBe("stop");
  });

  it("takes the fence off a JSON answer", () => {
    const events = [
      messageStart(),
      ...textBlock(0, "``", "`json", "\n{", '"a":1}', "\n``", "`\n"),
      ...messageEnd("end_turn"),
    ];
    expect(both(events, { stripsFences: true }).message["content"]).toBe('{"a":1}');
    expect(both(events, {}).message["content"]).toContain("```json");
  });

  it("keeps length where the limit cut a call off, and the call's arguments as they stood", () => {
    const events = [messageStart(), ...toolBlock(0, "toolu_1", "f", '{"a": [1'), ...messageEnd("max_tokens")];
    const { message: told, finish } = both(events, {});
    expect(finish).toBe("length");
    expect(told["tool_calls"]).toMatchObject([{ function: { arguments: '{"a": [1' } }]);
  });

  it("tells why it was refused", () => {
    const details = { stop_details: { type: "refusal", category: null, explanation: "No." } };
    const { message: told, finish } = both([messageStart(), ...messageEnd("refusal", details)], {});
    expect(told).toEqual({ role: "assistant", content: null, refusal: "No." });
    expect(finish).toBe("content_filter");
  });

  it("annotates web citations with their place, and says so of others", () => {
    const citation = {
      type: "web_search_result_location",
      url: "https://x.test/",
      title: "X",
      cited_text: "c",
      encrypted_index: "e",
    };
    const events = [
      messageStart(),
      ...textBlock(0, "before "),
      blockStart(1, { type: "text", text: "" }),
      delta(1, { type: "citations_delta", citation }),
      delta(1, { type: "text_delta", text: "cited" }),
      delta(1, { type: "citations_delta", citation: { type: "page_location" } }),
      blockStop(1),
      ...messageEnd("end_turn"),
    ];
    expect(both(events, {}).message["annotations"]).toEqual([
      { type: "url_citation", url_citation: { start_index: 7, end_index: 12, url: "https://x.test/", title: "X" } },
    ]);
    const stream = new ChatStream(chatState());
    for (const event of events) stream.push(frameOf(event));
    expect(stream.warnings.map(({ code }) => code)).toEqual(["dropped:citation"]);
  });

  it("shows nothing of blocks that Chat Completions has no form for, and warns", () => {
    const events = [
      messageStart(),
      blockStart(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      delta(0, { type: "input_json_delta", partial_json: '{"q":1}' }),
      blockStop(0),
      ...textBlock(1, "x"),
      ...messageEnd("end_turn"),
    ];
    expect(both(events, {}).message).toEqual({ role: "assistant", content: "x", refusal: null });
  });

  it("tells a pause and an unknown stop reason as stop, with a warning", () => {
    for (const reason of ["pause_turn", "some_future_reason", "__proto__"]) {
      const stream = new ChatStream(chatState());
      const bytes = [messageStart(), ...textBlock(0, "x"), ...messageEnd(reason)]
        .map((event) => stream.push(frameOf(event)))
        .join("");
      expect(foldChunks(chunksOf(bytes)).finish).toBe("stop");
      expect(stream.warnings).toHaveLength(1);
    }
  });

  it("has null for a usage that the upstream never reported", () => {
    const events = [
      messageStart({ usage: undefined }),
      ...textBlock(0, "x"),
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      { type: "message_stop" },
    ];
    expect(chunksOf(streamed(events, { includeUsage: true })).at(-1)).toMatchObject({ choices: [], usage: null });
    expect(message(events)).not.toHaveProperty("usage");
  });
});
