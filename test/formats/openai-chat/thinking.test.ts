import { describe, expect, it } from "vitest";
import type { HubMessage } from "../../../src/formats/anthropic/hub.ts";
import { ThinkingCache } from "../../../src/formats/openai/thinking-cache.ts";
import { toHub } from "../../support/chat-context.ts";
import { asHubMessage } from "../../support/hub-streams.ts";

const thinking = { type: "thinking", thinking: "hm", signature: "S1" };
const redacted = { type: "redacted_thinking", data: "zzz" };
const use = (id: string, input: unknown = {}) => ({ type: "tool_use", id, name: "f", input });
const text = (value: string) => ({ type: "text", text: value });
const answer = (content: unknown[], extra: object = {}): HubMessage =>
  asHubMessage({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content,
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {},
    ...extra,
  });

const user = (content: string) => ({ role: "user", content });
const call = (id: string, args = "{}") => ({ id, type: "function", function: { name: "f", arguments: args } });
const calls = (...ids: string[]) => ({
  role: "assistant",
  content: null as string | null,
  tool_calls: ids.map((id) => call(id)),
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "r" });
const tools = [{ type: "function", function: { name: "f" } }];

function setup(content: unknown[], question = "q") {
  const cache = new ThinkingCache({ now: () => 0 });
  cache.remember(toHub({ model: "claude-opus-4-7", messages: [user(question)], tools }).request, answer(content));
  const ask = (messages: unknown[], extra: Record<string, unknown> = {}) =>
    toHub({ model: "claude-haiku-4-5", messages, tools, ...extra }, { recallThinking: cache.recall });
  return { cache, ask };
}

const types = (request: { messages: { content: { type: string }[] }[] }, turn: number) =>
  request.messages[turn]?.content.map(({ type }) => type);

describe("an answer with thinking that comes back", () => {
  it("is replayed verbatim, in its original order, redacted blocks included", () => {
    const original = [thinking, text("a"), redacted, use("t1", { a: 1 }), text("b"), use("t2")];
    const { ask } = setup(original);
    const back = { role: "assistant", content: "ab", tool_calls: [call("t1", '{"a": 1}'), call("t2")] };
    const { request, warnings } = ask([user("q"), back, result("t2"), result("t1")], { reasoning_effort: "low" });
    expect(request.messages[1]?.content).toEqual(original);
    expect(types(request, 2)).toEqual(["tool_result", "tool_result"]);
    expect(request.thinking).toEqual({ type: "enabled", budget_tokens: 1024 });
    expect(warnings).toEqual([]);
  });

  it("is replayed where the client leaves its text out, or sends its reasoning along", () => {
    const { ask } = setup([thinking, text("a"), use("t1")]);
    const back = { ...calls("t1"), reasoning_content: "hm" };
    const { request, warnings } = ask([user("q"), back, result("t1")]);
    expect(types(request, 1)).toEqual(["thinking", "text", "tool_use"]);
    expect(warnings).toEqual([]);
  });

  it("without tools is known by what it says to what it was asked", () => {
    const { ask } = setup([thinking, text("Done.\n")]);
    expect(types(ask([user("q"), { role: "assistant", content: "Done." }, user("next")]).request, 1)).toEqual([
      "thinking",
      "text",
    ]);
    expect(types(ask([user("another"), { role: "assistant", content: "Done." }, user("next")]).request, 1)).toEqual([
      "text",
    ]);
  });

  it.each([
    ["its text", { ...calls("t1"), content: "edited" }],
    ["its arguments", { ...calls(), tool_calls: [call("t1", '{"a":2}')] }],
    ["its calls", calls("t1", "t2")],
    [
      "the name of its tool",
      { ...calls(), tool_calls: [{ id: "t1", type: "function", function: { name: "g", arguments: "{}" } }] },
    ],
  ])("is not replayed where the client changed %s: the edit must reach the model", (_what, back) => {
    const { ask } = setup([thinking, text("a"), use("t1")]);
    const ids = (back as { tool_calls: { id: string }[] }).tool_calls.map(({ id }) => result(id));
    const { request } = ask([user("q"), back, ...ids]);
    expect(types(request, 1)).not.toContain("thinking");
  });

  it("is left as it is by breakpoints: the cached blocks are not changed", () => {
    const { cache, ask } = setup([thinking, use("t1")]);
    ask([user("q"), { ...calls("t1"), cache_control: { type: "ephemeral" } }, result("t1")]);
    expect(cache.recall(["t1"], "")).toEqual([thinking, use("t1")]);
  });
});

describe("thinking that is not known any more", () => {
  const { ask } = setup([thinking, use("t1")]);

  it("ends manual thinking for the request, and says so", () => {
    const { request, warnings } = ask([user("q"), calls("gone"), result("gone")], { reasoning_effort: "low" });
    expect(request.thinking).toBeUndefined();
    expect(warnings.map(({ code }) => code)).toEqual(["dropped:thinking_cache_miss"]);
  });

  it("doesn't matter in adaptive mode, nor in rounds that are over", () => {
    const adaptive = toHub({
      model: "claude-opus-4-7",
      messages: [user("q"), calls("gone"), result("gone")],
      tools,
      reasoning_effort: "low",
    });
    expect(adaptive.request.thinking).toMatchObject({ type: "adaptive" });
    expect(adaptive.warnings).toEqual([]);
    const over = ask([user("q"), calls("gone"), result("gone"), { role: "assistant", content: "a" }, user("next")], {
      reasoning_effort: "low",
    });
    expect(over.request.thinking).toMatchObject({ type: "enabled" });
  });

  it("matters at the beginning of a round and before its last calls", () => {
    const known = [user("q"), calls("t1"), result("t1")];
    expect(ask(known, { reasoning_effort: "low" }).request.thinking).toMatchObject({ type: "enabled" });
    const begunWithout = [user("q"), calls("gone"), result("gone"), calls("t1"), result("t1")];
    expect(ask(begunWithout, { reasoning_effort: "low" }).request.thinking).toBeUndefined();
    expect(
      ask([...known, calls("gone"), result("gone")], { reasoning_effort: "low" }).request.thinking,
    ).toBeUndefined();
    // Words of the user behind the results begin a new round.
    const another = [user("q"), calls("gone"), result("gone"), user("and now?"), calls("t1"), result("t1")];
    expect(ask(another, { reasoning_effort: "low" }).request.thinking).toMatchObject({ type: "enabled" });
  });
});

describe("signed thinking that a client carries along", () => {
  const back = (extra: object) => ({ ...calls("x1"), ...extra });
  const translated = (extra: object) =>
    toHub({ model: "claude-opus-4-7", messages: [user("q"), back(extra), result("x1")], tools });
  const detail = { type: "reasoning.text", text: "hm", signature: "S1", format: "anthropic-claude-v1", index: 0 };

  it("in reasoning_details or thinking_blocks is sent, first in the turn", () => {
    const encrypted = { type: "reasoning.encrypted", data: "zzz", format: "anthropic-claude-v1", index: 1 };
    expect(translated({ reasoning_details: [detail, encrypted] }).request.messages[1]?.content).toEqual([
      thinking,
      redacted,
      use("x1"),
    ]);
    expect(translated({ thinking_blocks: [thinking, redacted] }).request.messages[1]?.content).toEqual([
      thinking,
      redacted,
      use("x1"),
    ]);
    const { format: _format, ...bare } = detail;
    expect(types(translated({ reasoning_details: [bare] }).request, 1)).toEqual(["thinking", "tool_use"]);
  });

  it.each([
    ["unsigned", { reasoning_details: [{ type: "reasoning.text", text: "hm" }] }],
    ["another maker's", { reasoning_details: [{ ...detail, format: "openai-responses-v1" }] }],
    ["encrypted by no one knows whom", { reasoning_details: [{ type: "reasoning.encrypted", data: "zzz" }] }],
    ["signed with nothing", { thinking_blocks: [{ ...thinking, signature: "" }] }],
    ["no list", { reasoning_details: "hm", thinking_blocks: {} }],
  ])("is left out where it is %s", (_what, extra) => {
    expect(types(translated(extra).request, 1)).toEqual(["tool_use"]);
  });
});

describe("the cache of thinking", () => {
  const request = toHub({ model: "claude-opus-4-7", messages: [user("q")] }).request;
  const remember = (cache: ThinkingCache, id: string, length = 1) =>
    cache.remember(request, answer([{ ...thinking, thinking: "x".repeat(length) }, use(id)]));

  it("keeps only answers that have thinking and were whole", () => {
    const cache = new ThinkingCache({ now: () => 0 });
    cache.remember(request, answer([text("a"), use("t1")]));
    cache.remember(request, answer([thinking, use("t2")], { stop_reason: "max_tokens" }));
    cache.remember(request, answer([thinking]));
    expect(cache.size).toBe(0);
  });

  it("forgets the least recently used beyond its count", () => {
    const cache = new ThinkingCache({ now: () => 0 }, { entries: 2 });
    remember(cache, "t1");
    remember(cache, "t2");
    expect(cache.recall(["t1"], "")).toBeDefined();
    remember(cache, "t3");
    expect(cache.recall(["t2"], "")).toBeUndefined();
    expect(cache.recall(["t1"], "")).toBeDefined();
    expect(cache.size).toBe(2);
  });

  it("forgets beyond its size, and takes nothing that is larger than all of it", () => {
    const cache = new ThinkingCache({ now: () => 0 }, { bytes: 1000 });
    remember(cache, "t1", 500);
    remember(cache, "t2", 500);
    expect(cache.size).toBe(1);
    remember(cache, "t3", 5000);
    expect(cache.recall(["t3"], "")).toBeUndefined();
    expect(cache.recall(["t2"], "")).toBeDefined();
  });

  it("forgets what was not used for its lifetime", () => {
    let now = 0;
    const cache = new ThinkingCache({ now: () => now }, { lifetimeMs: 1000 });
    remember(cache, "t1");
    now = 900;
    expect(cache.recall(["t1"], "")).toBeDefined();
    now = 1800;
    expect(cache.recall(["t1"], "")).toBeDefined();
    now = 2801;
    expect(cache.recall(["t1"], "")).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it("finds an answer only by all of its calls, and replaces one whose calls come again", () => {
    const cache = new ThinkingCache({ now: () => 0 });
    cache.remember(request, answer([thinking, use("t1"), use("t2")]));
    expect(cache.recall(["t1"], "")).toBeUndefined();
    expect(cache.recall(["t2", "t1"], "")).toBeDefined();
    remember(cache, "t1");
    expect(cache.size).toBe(1);
    expect(cache.recall(["t1", "t2"], "")).toBeUndefined();
  });
});
