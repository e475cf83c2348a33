import { APIError } from "openai";
import { ResponseStream } from "openai/lib/responses/ResponseStream";
import { Stream } from "openai/streaming";
import { describe, expect, it } from "vitest";
import { openaiError } from "../../../src/formats/openai/errors.ts";
import { ResponsesStream } from "../../../src/formats/openai-responses/stream.ts";
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
import { responseEventsOf, responseOf, responsesState, streamedResponse } from "../../support/responses-context.ts";
import { schemaErrors } from "../../support/schema-validator.ts";

const strange = 'q"\\/\b\f\n\r\t\u0000\u2028 é 日本 😀 </script> "}}';

const whole = [
  messageStart({ usage: { input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 1 } }),
  { type: "ping" },
  ...thinkingBlock(0, "sig", "h ü", "m"),
  blockStart(1, { type: "redacted_thinking", data: "zzz" }),
  blockStop(1),
  ...textBlock(2, "a", strange, "", "b"),
  ...toolBlock(3, "toolu_1", "f", "", '{"é":', `${JSON.stringify(strange)}}`),
  ...toolBlock(4, "toolu_2", "g", ""),
  ...toolBlock(5, "toolu_3", "patch", '{"in', 'put": "*** Be', 'gin\\n😀"}'),
  ...toolBlock(6, "toolu_4", "local_shell", '{"command":["ls"]}'),
  ...messageEnd("tool_use"),
];
const forms = {
  clientNames: new Map([["g", "space\u0000g"]]),
  customTools: new Set(["patch"]),
  clientTools: new Map([["local_shell", "local_shell"]]),
};

/** The same event in ways that must not be pasted unparsed. */
const variants: Readonly<Record<string, (event: TestEvent) => string>> = {
  "spaces in the JSON": (event) => frameOf(event).replace('"type":', '"type": '),
  CRLF: (event) => frameOf(event).replaceAll("\n", "\r\n"),
  "no event name": (event) => frameOf(event).replace(/^event: .*\n/, ""),
  "a further field": (event) => frameOf(event).replace(/\}\n\n$/, ',"later":1}\n\n'),
  padding: (event) => frameOf(event).replace(/\}\n\n$/, "    }\n\n"),
};

async function finalResponse(bytes: string): Promise<Record<string, unknown>> {
  const readable = new ReadableStream({
    start(controller) {
      for (const event of responseEventsOf(bytes))
        controller.enqueue(new TextEncoder().encode(`${JSON.stringify(event)}\n`));
      controller.close();
    },
  });
  return (await ResponseStream.fromReadableStream(readable).finalResponse()) as unknown as Record<string, unknown>;
}

/** Reads a stream to its end as `client.responses.create` with `stream: true` does. */
async function readBySdk(bytes: Uint8Array): Promise<number> {
  let count = 0;
  const stream = Stream.fromSSEResponse(new Response(Buffer.from(bytes)), new AbortController());
  for await (const _event of stream) count++;
  return count;
}

describe("a translated response stream", () => {
  it.each(Object.entries(variants))("says the same however the upstream writes it: %s", (_what, write) => {
    const stream = new ResponsesStream(responsesState(forms));
    const bytes = whole.map((event) => stream.push(write(event))).join("") + stream.end();
    expect(responseEventsOf(bytes)).toEqual(responseEventsOf(streamedResponse(whole, forms)));
  });

  it("numbers its events from 0, and each is valid", () => {
    const events = responseEventsOf(streamedResponse(whole, forms));
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_event, index) => index));
    for (const event of events) expect(schemaErrors("openai.ResponseStreamEvent", event), event.type).toEqual([]);
  });

  it("adds up to the JSON answer, which is valid", () => {
    const body = responseOf(whole, forms);
    expect(schemaErrors("openai.Response", body)).toEqual([]);
    const events = responseEventsOf(streamedResponse(whole, forms));
    expect(events.at(-1)).toMatchObject({ type: "response.completed", response: body });
    const done = events.filter(({ type }) => type === "response.output_item.done").map((event) => event["item"]);
    expect(done).toEqual(body["output"]);
    expect(done).toMatchObject([
      { type: "reasoning", summary: [{ type: "summary_text", text: "h üm" }] },
      { type: "reasoning", summary: [] },
      { type: "message", content: [{ type: "output_text", text: `a${strange}b` }] },
      { type: "function_call", call_id: "toolu_1", name: "f", arguments: `{"é":${JSON.stringify(strange)}}` },
      { type: "function_call", call_id: "toolu_2", name: "g", namespace: "space", arguments: "{}" },
      { type: "custom_tool_call", call_id: "toolu_3", name: "patch", input: "*** Begin\n😀" },
      { type: "local_shell_call", call_id: "toolu_4", action: { type: "exec", command: ["ls"], env: {} } },
    ]);
    expect(body["usage"]).toEqual({
      input_tokens: 17,
      input_tokens_details: { cached_tokens: 7, cache_write_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 22,
    });
  });

  it("is accepted by the official SDK's stream helper, which makes the same response of it", async () => {
    const final = await finalResponse(streamedResponse(whole, forms));
    expect(final).toMatchObject({ ...responseOf(whole, forms), output: expect.any(Array) });
    expect(final["output_text"]).toBe(`a${strange}b`);
  });

  it("sends each fragment of a text and of arguments as it comes", () => {
    const stream = new ResponsesStream(responsesState());
    stream.push(frameOf(messageStart()));
    const events = [...textBlock(0, "a", "b", "c"), ...toolBlock(1, "toolu_1", "f", '{"a"', ":1}")];
    const sent = events.map((event) => responseEventsOf(stream.push(frameOf(event))).map(({ type }) => type));
    expect(sent).toEqual([
      [],
      ["response.output_item.added", "response.content_part.added", "response.output_text.delta"],
      ["response.output_text.delta"],
      ["response.output_text.delta"],
      [],
      [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
      ],
      ["response.function_call_arguments.delta"],
      ["response.function_call_arguments.delta"],
      [],
    ]);
  });

  it("passes a ping on as a comment, and silence as an event that changes nothing", () => {
    const stream = new ResponsesStream(responsesState());
    expect(stream.ping()).toBe(": ping\n\n");
    stream.push(frameOf(messageStart()));
    const ping = 'event: ping\ndata: {"type": "ping"}\n\n';
    expect(stream.push(ping)).toBe(": ping\n\n");
    for (const bytes of [stream.push(ping), stream.ping()]) {
      const [event] = responseEventsOf(bytes);
      expect(event).toMatchObject({ type: "response.in_progress", response: { status: "in_progress" } });
      expect(schemaErrors("openai.ResponseStreamEvent", event)).toEqual([]);
    }
    const next = responseEventsOf(stream.push(frameOf(blockStart(0, { type: "text", text: "x" }))));
    expect(next[0]?.["sequence_number"]).toBe(4);
  });

  it("keeps the whole answer for whoever has to remember it", () => {
    const stream = new ResponsesStream(responsesState(forms));
    for (const event of whole) {
      expect(stream.answer()).toBeUndefined();
      stream.push(frameOf(event));
    }
    expect(stream.outcome).toBe("complete");
    expect(stream.answer()?.message.content).toHaveLength(7);
    expect(stream.usage).toEqual({ input_tokens: 10, cache_read_input_tokens: 7, output_tokens: 5 });
  });
});

describe("a response stream that fails", () => {
  it("ends with an error and a failed response, wherever it is cut, and with no other end", () => {
    for (let cut = 0; cut < whole.length; cut++) {
      const events = responseEventsOf(streamedResponse(whole.slice(0, cut), forms));
      expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_event, index) => index));
      for (const event of events) expect(schemaErrors("openai.ResponseStreamEvent", event), event.type).toEqual([]);
      const types = events.map(({ type }) => type);
      expect(types.slice(-2)).toEqual(["error", "response.failed"]);
      expect(types.filter((type) => /completed|incomplete/.test(type))).toEqual([]);
      expect(events.at(-1)).toMatchObject({ response: { status: "failed", error: { code: "server_error" } } });
    }
  });

  it("makes the official SDK raise with the upstream's message", async () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Überlastet" } };
    const stream = new ResponsesStream(responsesState());
    const before = whole.slice(0, 4).map((event) => stream.push(frameOf(event)));
    const last = stream.push(frameOf(error));
    expect(responseEventsOf(last)).toMatchObject([
      { type: "error", code: "overloaded", message: "Überlastet", param: null },
      { type: "response.failed", response: { error: { code: "server_error", message: "Überlastet" } } },
    ]);
    expect(before.join("")).not.toContain("failed");
    const raised = await readBySdk(Buffer.from(before.join("") + last, "latin1")).catch((thrown: unknown) => thrown);
    expect(raised).toBeInstanceOf(APIError);
    expect(raised).toMatchObject({ message: "Überlastet", code: "overloaded", type: "overloaded_error" });
    for (const event of whole) expect(stream.push(frameOf(event))).toBe("");
    expect(stream.end()).toBe("");
    expect(stream.failure).toEqual({ type: "overloaded_error", message: "Überlastet" });
  });

  it.each([
    [{ type: "rate_limit_error", message: "slow" }, "rate_limit_exceeded"],
    [{ type: "invalid_request_error", message: "no" }, "invalid_prompt"],
    [{ type: "api_error", message: "x" }, "server_error"],
  ])("says what %j means in the few words that a failed response has", (failure, code) => {
    const stream = new ResponsesStream(responsesState());
    stream.push(frameOf(messageStart()));
    const events = responseEventsOf(stream.fail(openaiError(failure).body));
    expect(events[1]).toMatchObject({ response: { error: { code, message: failure.message } } });
    for (const event of events) expect(schemaErrors("openai.ResponseStreamEvent", event)).toEqual([]);
  });

  it("carries an event of 3 MB", () => {
    const text = "é\n".repeat(1_000_000);
    const bytes = streamedResponse([messageStart(), ...textBlock(0, text), ...messageEnd("end_turn")]);
    expect(responseEventsOf(bytes).at(-1)).toMatchObject({
      response: { output: [{ content: [{ text }] }] },
    });
  });
});

describe("the forms of a response", () => {
  const both = (events: readonly TestEvent[], extra: object = {}): Record<string, unknown> => {
    const told = responseEventsOf(streamedResponse(events, extra));
    const body = responseOf(events, extra);
    for (const event of told) expect(schemaErrors("openai.ResponseStreamEvent", event), event.type).toEqual([]);
    expect(schemaErrors("openai.Response", body)).toEqual([]);
    expect(told.at(-1)?.["response"]).toEqual(body);
    return body;
  };

  it("says of a call that the limit cut off that it is incomplete, arguments as they stood", () => {
    const events = [messageStart(), ...toolBlock(0, "toolu_1", "f", '{"a": [1'), ...messageEnd("max_tokens")];
    expect(both(events)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ type: "function_call", status: "incomplete", arguments: '{"a": [1' }],
    });
    for (const name of ["local_shell", "shell", "apply_patch"]) {
      const cut = [messageStart(), ...toolBlock(0, "toolu_1", name, '{"a": [1'), ...messageEnd("max_tokens")];
      const clientTools = new Map([[name, name]]);
      expect(both(cut, { clientTools })["output"]).not.toMatchObject([{ status: "completed" }]);
    }
  });

  it("tells why it was refused", () => {
    const details = { stop_details: { type: "refusal", category: null, explanation: "No." } };
    const events = [messageStart(), ...textBlock(0, "I"), ...messageEnd("refusal", details)];
    expect(both(events)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
      output: [{ content: [{ text: "I" }] }, { content: [{ type: "refusal", refusal: "No." }] }],
    });
  });

  it("says the input of the JSON tool as text", () => {
    const events = [messageStart(), ...toolBlock(0, "toolu_1", "json", '{"é":', "1}"), ...messageEnd("tool_use")];
    expect(both(events, { jsonTool: "json" })).toMatchObject({
      status: "completed",
      output: [{ type: "message", content: [{ text: '{"é":1}' }] }],
    });
  });

  it("takes the fence off a JSON answer", () => {
    const events = [messageStart(), ...textBlock(0, "``", '`json\n{"a":1}', "\n```\n"), ...messageEnd("end_turn")];
    expect(both(events, { stripsFences: true })["output"]).toMatchObject([{ content: [{ text: '{"a":1}' }] }]);
  });

  it("tells the summary that a compaction asked for as one item, and no text", () => {
    const events = [messageStart(), ...textBlock(0, "We did", " é."), ...messageEnd("end_turn")];
    expect(both(events, { isCompaction: true })["output"]).toMatchObject([{ type: "compaction" }]);
    expect(streamedResponse(events, { isCompaction: true })).not.toContain("output_text");
  });

  it("shows nothing of blocks that have no form, and warns; so for citations and a pause", () => {
    const citation = { type: "page_location", cited_text: "c" };
    const events = [
      messageStart(),
      blockStart(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
      blockStop(0),
      blockStart(1, { type: "text", text: "x" }),
      delta(1, { type: "citations_delta", citation }),
      blockStop(1),
      ...messageEnd("pause_turn"),
    ];
    expect(both(events)).toMatchObject({ status: "completed", output: [{ type: "message" }] });
    const stream = new ResponsesStream(responsesState());
    for (const event of events) stream.push(frameOf(event));
    expect(stream.warnings.map(({ code }) => code)).toEqual([
      "dropped:block",
      "changed:pause_turn",
      "dropped:citation",
    ]);
  });

  it("has no usage where the upstream reported none", () => {
    const events = [
      messageStart({ usage: undefined }),
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      { type: "message_stop" },
    ];
    expect(both(events)).toMatchObject({ status: "completed", output: [] });
    expect(both(events)).not.toHaveProperty("usage");
  });
});
