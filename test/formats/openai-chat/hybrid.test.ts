import { describe, expect, it } from "vitest";
import { toHub } from "../../support/chat-context.ts";

const text = (value: string) => ({ type: "text", text: value });

describe("a Responses body posted to Chat Completions (Cursor, models named gpt)", () => {
  const body = {
    model: "gpt-4o",
    instructions: "be terse",
    input: [
      { role: "system", content: "more" },
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "q" },
          { type: "input_image", image_url: "https://x.test/a.png" },
        ],
      },
      { type: "reasoning", encrypted_content: "x" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] },
      { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' },
      { type: "custom_tool_call", call_id: "c2", name: "patch", input: "*** p" },
      { type: "function_call_output", call_id: "c1", output: "r1" },
      { type: "custom_tool_call_output", call_id: "c2", output: [{ type: "input_text", text: "r2" }] },
    ],
    tools: [
      { type: "function", name: "f", parameters: { type: "object", properties: {} } },
      { type: "custom", name: "patch" },
    ],
    tool_choice: { type: "function", name: "f" },
    text: {
      format: {
        type: "json_schema",
        name: "n",
        schema: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      },
    },
    reasoning: { effort: "high" },
    max_output_tokens: 4096,
    stream: true,
    stream_options: { include_usage: true },
    include: ["reasoning.encrypted_content"],
  };

  it("is translated as the conversation that it is", () => {
    const { request, stream, state, warnings } = toHub(body);
    expect(request).toMatchObject({
      model: "claude-opus-4-7",
      max_tokens: 4096,
      system: [text("be terse"), text("more")],
      messages: [
        { role: "user", content: [text("q"), { type: "image", source: { type: "url", url: "https://x.test/a.png" } }] },
        {
          role: "assistant",
          content: [
            text("a"),
            { type: "tool_use", id: "c1", name: "f", input: { a: 1 } },
            { type: "tool_use", id: "c2", name: "patch", input: { input: "*** p" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "c1", content: "r1" },
            { type: "tool_result", tool_use_id: "c2", content: [text("r2")] },
          ],
        },
      ],
      tools: [{ name: "f" }, { name: "patch" }],
      tool_choice: { type: "tool", name: "f" },
      thinking: { type: "adaptive" },
      output_config: { effort: "high", format: { type: "json_schema" } },
    });
    expect({ stream, includeUsage: state.includeUsage, custom: [...state.customTools] }).toEqual({
      stream: true,
      includeUsage: true,
      custom: ["patch"],
    });
    expect(warnings.map(({ code }) => code)).toEqual(["dropped:reasoning", "dropped:include"]);
  });

  it("may be a plain string", () => {
    expect(toHub({ model: "gpt-4o", input: "hi" }).request.messages).toEqual([{ role: "user", content: [text("hi")] }]);
  });

  it("is refused where it builds on an answer that no one keeps, or on nothing", () => {
    expect(() => toHub({ model: "m", input: "hi", previous_response_id: "resp_1" })).toThrow(
      expect.objectContaining({ param: "previous_response_id" }),
    );
    expect(() => toHub({ model: "m", input: 5 })).toThrow(expect.objectContaining({ param: "input" }));
    expect(() => toHub({ model: "m", input: [5] })).toThrow(expect.objectContaining({ param: "input[0]" }));
  });
});

describe("Anthropic's words in a Chat body (Cursor, models named claude)", () => {
  it("are understood: top-level system, blocks, results with errors and images, signed thinking, cache marks", () => {
    const { request, warnings } = toHub({
      model: "claude-opus-4-7",
      system: [{ ...text("s"), cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            text("q"),
            {
              type: "image",
              source: { type: "url", url: "https://x.test/a.png" },
              cache_control: { type: "ephemeral", ttl: "1h" },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "S" },
            text("ok"),
            { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: "toolu_1",
              is_error: true,
              content: [
                text("boom"),
                { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
              ],
            },
            text("go on"),
          ],
        },
      ],
      tools: [{ name: "f", input_schema: { type: "object" } }],
      stop_sequences: ["END"],
      thinking: { type: "adaptive" },
      stream: true,
    });
    expect(request.system).toEqual([{ ...text("s"), cache_control: { type: "ephemeral" } }]);
    expect(request.messages[0]?.content[1]).toMatchObject({
      type: "image",
      cache_control: { type: "ephemeral", ttl: "1h" },
    });
    expect(request.messages[1]?.content.map(({ type }) => type)).toEqual(["thinking", "text", "tool_use"]);
    expect(request.messages[2]?.content).toMatchObject([
      { type: "tool_result", is_error: true, content: [{ type: "text" }, { type: "image" }] },
      text("go on"),
    ]);
    expect(request).toMatchObject({ stop_sequences: ["END"], thinking: { type: "adaptive", display: "summarized" } });
    expect(warnings).toEqual([]);
  });

  it("are understood inside a tool message too", () => {
    const { request } = toHub({
      model: "claude-opus-4-6",
      messages: [
        { role: "user", content: "q" },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "f", input: {} }] },
        { role: "tool", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "r" }] },
      ],
      tools: [{ name: "f", input_schema: { type: "object" } }],
    });
    expect(request.messages[2]?.content).toEqual([{ type: "tool_result", tool_use_id: "toolu_1", content: "r" }]);
  });

  it("keep a system text that is a string, and their place among system messages", () => {
    const { request } = toHub({
      model: "claude-opus-4-6",
      system: "first",
      messages: [
        { role: "system", content: "second" },
        { role: "user", content: "q" },
      ],
    });
    expect(request.system).toEqual([text("first"), text("second")]);
  });
});

describe("what clients add to Chat bodies", () => {
  it("opencode: cache marks on messages and on tool calls", () => {
    const mark = { type: "ephemeral" };
    const { request, warnings } = toHub({
      model: "claude-opus-4-7",
      messages: [
        { role: "system", content: "s", cache_control: mark },
        { role: "user", content: "q" },
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" }, cache_control: mark }],
        },
        { role: "tool", tool_call_id: "c", content: "r", cache_control: mark },
      ],
      tools: [{ type: "function", function: { name: "f" } }],
    });
    expect(request.system).toEqual([{ ...text("s"), cache_control: mark }]);
    expect(request.messages[1]?.content).toMatchObject([{ type: "tool_use", cache_control: mark }]);
    expect(request.messages[2]?.content).toMatchObject([{ type: "tool_result", cache_control: mark }]);
    expect(warnings).toEqual([]);
  });

  it("Qwen Code: five text parts, and tool results as parts", () => {
    const parts = ["a", "b", "c", "d", "e"].map(text);
    const { request } = toHub({
      model: "claude-opus-4-6",
      messages: [
        { role: "user", content: parts },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        {
          role: "tool",
          tool_call_id: "c",
          content: [text("one"), { ...text("two"), cache_control: { type: "ephemeral" } }],
        },
      ],
      tools: [{ type: "function", function: { name: "f" } }],
    });
    expect(request.messages[0]?.content).toEqual(parts);
    expect(request.messages[2]?.content).toEqual([
      {
        type: "tool_result",
        tool_use_id: "c",
        content: [text("one"), text("two")],
        cache_control: { type: "ephemeral" },
      },
    ]);
  });

  it("OpenAI: a breakpoint on a part, and a mode without automatic ones", () => {
    const long = "word ".repeat(5000);
    const marked = {
      model: "claude-opus-4-7",
      messages: [
        { role: "user", content: [{ ...text(long), prompt_cache_breakpoint: { mode: "explicit" } }, text("q")] },
      ],
    };
    expect(toHub(marked).request.messages[0]?.content).toEqual([
      { ...text(long), cache_control: { type: "ephemeral" } },
      text("q"),
    ]);
    const explicit = toHub({
      model: "claude-opus-4-7",
      messages: [{ role: "user", content: long }],
      prompt_cache_options: { mode: "explicit", ttl: "30m" },
    });
    expect(JSON.stringify(explicit.request)).not.toContain("cache_control");
    expect(explicit.warnings.map(({ code }) => code)).toEqual(["changed:prompt_cache_options"]);
  });
});
