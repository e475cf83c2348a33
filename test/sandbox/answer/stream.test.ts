import { describe, expect, it } from "vitest";
import { ask, bashTool, openSandbox, type Parsed } from "../support/sandbox-client.ts";

const types = (events: readonly Parsed[]): string[] => events.map((event) => event.type);

/** Builds the message that a stream means, as clients do. */
function assemble(events: readonly Parsed[]): Parsed {
  const message = structuredClone(events[0].message);
  for (const event of events) {
    if (event.type === "content_block_start") message.content[event.index] = { ...event.content_block };
    const block = message.content[event.index];
    if (event.type === "content_block_delta") {
      if (event.delta.type === "text_delta") block.text += event.delta.text;
      if (event.delta.type === "thinking_delta") block.thinking += event.delta.thinking;
      if (event.delta.type === "signature_delta") block.signature += event.delta.signature;
      if (event.delta.type === "input_json_delta") block.json = (block.json ?? "") + event.delta.partial_json;
    }
    if (event.type === "content_block_stop" && block.json !== undefined) {
      block.input = block.json === "" ? {} : JSON.parse(block.json);
      delete block.json;
    }
    if (event.type === "message_delta") {
      Object.assign(message, event.delta);
      Object.assign(message.usage, event.usage);
    }
  }
  return message;
}

describe("a stream", () => {
  it("has the documented frames in their order, with a ping behind the first start", async () => {
    const { stream } = await openSandbox();
    const { events, headers, rest, ended } = await stream(ask("hi"));
    expect(headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect([rest, ended]).toEqual(["", true]);
    const order = types(events).filter((type, place, all) => type !== all[place - 1]);
    expect(order).toEqual([
      ...["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop", "message_delta"],
      "message_stop",
    ]);
    expect(events[0].message).toMatchObject({ content: [], stop_reason: null, usage: { output_tokens: 1 } });
    expect(types(events).filter((type) => type === "content_block_delta").length).toBeGreaterThan(2);
  });

  it.each<[string, string, object]>([
    ["text", "hi", {}],
    ["thinking and text", "hi", { thinking: { type: "adaptive", display: "summarized" } }],
    ["omitted thinking", "hi", { thinking: { type: "adaptive", display: "omitted" } }],
    ["redacted thinking", "[[sandbox: redacted-thinking]]", { thinking: { type: "adaptive" } }],
    [
      "tool calls",
      '[[sandbox: text a]] [[sandbox: tool Bash {"command":"echo \\"ü😀\\""}]] [[sandbox: tool Bash]]',
      { tools: [bashTool] },
    ],
    [
      "a tool call without input",
      "[[sandbox: tool f {}]]",
      { tools: [{ name: "f", input_schema: { type: "object" } }] },
    ],
    ["a refusal", "[[sandbox: stop refusal]]", {}],
    ["an end at max_tokens", "[[sandbox: length 9000]]", { max_tokens: 300 }],
    ["nothing", "hi", { max_tokens: 0 }],
    ["emoji in pieces", `[[sandbox: text ${"😀ü".repeat(40)}]] [[sandbox: deltas 37]]`, {}],
  ])("means the same as the JSON answer: %s", async (_, prompt, more) => {
    const { stream, post, sandbox } = await openSandbox();
    const { events } = await stream(ask(prompt, more));
    sandbox.reset();
    const { body } = await post(ask(prompt, more));
    expect(assemble(events)).toEqual(body);
  });

  it("numbers its blocks from zero without gaps, one open at a time", async () => {
    const { stream } = await openSandbox();
    const prompt = "[[sandbox: text a]] [[sandbox: tool Bash]] [[sandbox: text b]]";
    const { events } = await stream(ask(prompt, { tools: [bashTool], thinking: { type: "adaptive" } }));
    const marks = events
      .filter((event) => event.type === "content_block_start" || event.type === "content_block_stop")
      .map((event) => `${event.type === "content_block_start" ? "+" : "-"}${event.index}`);
    expect(marks).toEqual(["+0", "-0", "+1", "-1", "+2", "-2", "+3", "-3"]);
  });

  it("begins a tool's input with an empty fragment and cuts it in pieces that are no JSON", async () => {
    const { stream } = await openSandbox();
    const { events } = await stream(
      ask('[[sandbox: tool Bash {"command":"echo one two three"}]]', { tools: [bashTool] }),
    );
    const fragments = events.flatMap((event) => event.delta?.partial_json ?? []);
    expect(fragments[0]).toBe("");
    expect(fragments.length).toBeGreaterThan(3);
    expect(JSON.parse(fragments.join(""))).toEqual({ command: "echo one two three" });
  });

  it("shows omitted thinking as a signature alone", async () => {
    const { stream } = await openSandbox();
    const { events } = await stream(ask("hi", { thinking: { type: "adaptive" } }));
    const deltas = events.filter((event) => event.index === 0 && event.delta).map((event) => event.delta.type);
    expect(deltas).toEqual(["signature_delta"]);
  });

  it.each([1, 2, 200, 1_000])("has exactly %i text deltas where that is asked for", async (count) => {
    const { stream } = await openSandbox();
    const { events } = await stream(ask(`[[sandbox: deltas ${count}]]`));
    expect(events.filter((event) => event.delta?.type === "text_delta")).toHaveLength(count);
  });

  it("carries ten million characters to a client that reads slowly", async () => {
    const { stream } = await openSandbox();
    const more = { model: "claude-opus-4-7-1m", max_tokens: 128_000 };
    const { events, ended } = await stream(ask("[[sandbox: length 10000000]]", more));
    const text = events.map((event) => event.delta?.text ?? "").join("");
    expect([ended, events.at(-1).type, text.length > 250_000]).toEqual([true, "message_stop", true]);
  });
});
