import { describe, expect, it } from "vitest";
import type { HubRequest } from "../../../src/formats/anthropic/hub.ts";
import { toHub } from "../../support/chat-context.ts";

const words = (count: number): string => "word ".repeat(count);
const system = { role: "system", content: words(4000) };
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const tools = [{ type: "function", function: { name: "f", description: words(4000) } }];
const ask = (messages: unknown[], extra: Record<string, unknown> = {}, context = {}) =>
  toHub({ model: "claude-opus-4-7", messages, ...extra }, context).request;

/** Where the breakpoints of a request are: "tools[0]", "system[0]", "messages[2][1]". */
function places(request: HubRequest): string[] {
  const marked = (list: readonly object[] | undefined, name: string): string[] =>
    (list ?? []).flatMap((item, index) => ("cache_control" in item ? [`${name}[${index}]`] : []));
  return [
    ...marked(request.tools, "tools"),
    ...marked(request.system, "system"),
    ...request.messages.flatMap(({ content }, index) => marked(content, `messages[${index}]`)),
  ];
}

describe("automatic breakpoints", () => {
  it("stand at the end of the system prompt, of the previous and of the last user turn", () => {
    const messages = [system, user("1"), assistant("a"), user("2"), assistant("b"), user("3")];
    expect(places(ask(messages))).toEqual(["system[0]", "messages[2][0]", "messages[4][0]"]);
  });

  it("stand at the end of the tools where there is no system prompt, and not there where there is one", () => {
    expect(places(ask([user("1")], { tools }))).toEqual(["tools[0]", "messages[0][0]"]);
    expect(places(ask([system, user("1")], { tools }))).toEqual(["system[0]", "messages[0][0]"]);
  });

  it("pass over tools that are deferred: they are no part of the prompt", () => {
    const deferred = { name: "g", input_schema: { type: "object" }, defer_loading: true };
    expect(places(ask([user("1")], { tools: [...tools, deferred] }))).toEqual(["tools[0]", "messages[0][0]"]);
  });

  it("stand where the request before had its last one: what that wrote, this one reads", () => {
    const conversation: unknown[] = [system, user("1")];
    for (let turn = 2; turn < 12; turn++) {
      const before = places(ask(conversation)).at(-1);
      conversation.push(assistant(`answer ${turn}`), user(`question ${turn}`));
      expect(places(ask(conversation))).toContain(before);
    }
  });

  it("are never below the model's minimum", () => {
    for (const [model, tokens] of [
      ["claude-opus-4-7", 2048],
      ["claude-sonnet-4-6", 1024],
      ["claude-haiku-4-5", 4096],
    ] as const) {
      const estimateTokens = (text: string): number => text.length;
      const at = (characters: number): string[] =>
        places(ask([user("x".repeat(characters))], { model }, { estimateTokens }));
      expect(at(tokens - 1)).toEqual([]);
      expect(at(tokens)).toEqual(["messages[0][0]"]);
    }
  });

  it("count everything that stands before: a short system prompt is not marked, a turn behind a long one is", () => {
    const estimateTokens = (text: string): number => text.length;
    const messages = [{ role: "system", content: "short" }, user("x".repeat(3000)), assistant("a"), user("q")];
    expect(places(ask(messages, {}, { estimateTokens }))).toEqual(["messages[0][0]", "messages[2][0]"]);
  });

  it("are four where a turn is longer than the look-back of 20 blocks", () => {
    const ids = Array.from({ length: 30 }, (_, index) => `c${index}`);
    const calls = {
      role: "assistant",
      content: null,
      tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
    };
    const results = ids.map((id) => ({ role: "tool", tool_call_id: id, content: "r" }));
    const found = places(ask([system, user("1"), calls, ...results], { tools }));
    expect(found).toEqual(["system[0]", "messages[0][0]", "messages[2][14]", "messages[2][29]"]);
  });

  it("never stand on thinking", () => {
    const details = Array.from({ length: 40 }, (_, index) => ({
      type: "reasoning.text",
      text: `t${index}`,
      signature: "s",
      format: "anthropic-claude-v1",
    }));
    const request = ask([system, user("1"), { ...assistant("a"), reasoning_details: details }, user("2")]);
    for (const { content } of request.messages) {
      for (const block of content) if (block.type === "thinking") expect(block).not.toHaveProperty("cache_control");
    }
    expect(places(request)).toHaveLength(3);
  });

  it("are left out where the caller asks for none", () => {
    expect(places(ask([system, user("1")], {}, { autoCache: false }))).toEqual([]);
  });

  it("ask the estimator about no more than the minimum, however long the prompt is", () => {
    let characters = 0;
    const estimateTokens = (text: string): number => {
      characters += text.length;
      return text.length / 4;
    };
    ask([{ role: "system", content: words(800_000) }, user("1")], {}, { estimateTokens });
    expect(characters).toBeLessThan(20_000);
  });
});

describe("the caller's own breakpoints", () => {
  it("win: ours are left out, also when there is only one", () => {
    const messages = [{ ...system, cache_control: { type: "ephemeral" } }, user("1"), assistant("a"), user("2")];
    expect(places(ask(messages))).toEqual(["system[0]"]);
  });

  it("may stand on a tool, inside its function too", () => {
    const [tool] = tools;
    expect(places(ask([user("1")], { tools: [{ ...tool, cache_control: { type: "ephemeral" } }] }))).toEqual([
      "tools[0]",
    ]);
    const inner = { type: "function", function: { ...tool?.function, cache_control: { type: "ephemeral" } } };
    expect(places(ask([user("1")], { tools: [inner] }))).toEqual(["tools[0]"]);
  });

  it("at the top of the body stand for the last block", () => {
    expect(
      places(ask([system, user("1"), assistant("a"), user("2")], { cache_control: { type: "ephemeral" } })),
    ).toEqual(["messages[2][0]"]);
  });

  it("of an empty text move to the part before it", () => {
    const parts = [
      { type: "text", text: "a" },
      { type: "text", text: "", cache_control: { type: "ephemeral" } },
    ];
    expect(places(ask([{ role: "user", content: parts }]))).toEqual(["messages[0][0]"]);
  });

  it("of another kind are none", () => {
    expect(places(ask([{ role: "user", content: "q", cache_control: { type: "forever" } }]))).toEqual([]);
  });
});
