import { describe, expect, it } from "vitest";
import { toHub } from "../../support/chat-context.ts";

const user = [{ role: "user", content: "hi" }];
const ask = (extra: Record<string, unknown>, model = "claude-opus-4-6") => toHub({ model, messages: user, ...extra });
const codes = (extra: Record<string, unknown>, model?: string) => ask(extra, model).warnings.map(({ code }) => code);
const param = (extra: Record<string, unknown>, model?: string): unknown => {
  try {
    ask(extra, model);
  } catch (error) {
    return (error as { param?: unknown }).param;
  }
  return "no error";
};

describe("sampling", () => {
  it("is dropped on models that take none, top_k included", () => {
    const { request, warnings } = ask({ temperature: 1, top_p: 1, top_k: 5 }, "claude-opus-4-7");
    expect(Object.keys(request)).not.toEqual(expect.arrayContaining(["temperature"]));
    expect(warnings.map(({ path }) => path)).toEqual(["temperature", "top_p", "top_k"]);
  });

  it("passes where the model takes it, 0 and 1 included, without a word", () => {
    expect(ask({ temperature: 0, top_k: 5 })).toMatchObject({ request: { temperature: 0, top_k: 5 }, warnings: [] });
    expect(ask({ temperature: 1 })).toMatchObject({ request: { temperature: 1 }, warnings: [] });
  });

  it("is dropped while the model thinks", () => {
    expect(codes({ top_p: 0.5, reasoning_effort: "low" }, "claude-haiku-4-5")).toEqual(["dropped:top_p"]);
  });

  it("is refused where it is no number", () => {
    expect(param({ temperature: "hot" })).toBe("temperature");
    expect(param({ top_p: -1 })).toBe("top_p");
    expect(param({ temperature: null })).toBe("no error");
  });
});

describe("the limit of the answer", () => {
  it("is clamped to the model's, with a warning", () => {
    const { request, warnings } = ask({ max_tokens: 200_000 }, "claude-haiku-4-5");
    expect(request.max_tokens).toBe(64_000);
    expect(warnings.map(({ code }) => code)).toEqual(["clamped:max_tokens"]);
  });

  it("is refused where it is no positive whole number, with the field that was sent", () => {
    expect(param({ max_completion_tokens: -1 })).toBe("max_completion_tokens");
    expect(param({ max_tokens: 1.5 })).toBe("max_tokens");
    expect(param({ max_tokens: "9" })).toBe("max_tokens");
  });

  it("is the model's where it is null, and says which field won where both differ", () => {
    expect(ask({ max_tokens: null }).request.max_tokens).toBe(128_000);
    expect(codes({ max_tokens: 5, max_completion_tokens: 6 })).toEqual(["dropped:max_tokens"]);
    expect(codes({ max_tokens: 5, max_completion_tokens: 5 })).toEqual([]);
  });
});

describe("stop sequences", () => {
  it("take Anthropic's own name too, once each", () => {
    expect(ask({ stop: ["a", "b"], stop_sequences: ["b", "c"] }).request.stop_sequences).toEqual(["a", "b", "c"]);
    expect(param({ stop: [1] })).toBe("stop");
  });
});

describe("thinking", () => {
  it.each([
    ["claude-haiku-4-5", "minimal", { type: "enabled", budget_tokens: 1024 }],
    ["claude-haiku-4-5", "low", { type: "enabled", budget_tokens: 1024 }],
    ["claude-haiku-4-5", "medium", { type: "enabled", budget_tokens: 8192 }],
    ["claude-haiku-4-5", "high", { type: "enabled", budget_tokens: 24_576 }],
    ["claude-haiku-4-5", "max", { type: "enabled", budget_tokens: 63_999 }],
    ["claude-opus-4-6", "max", { type: "adaptive", display: "summarized" }],
    ["claude-opus-4-7", "xhigh", { type: "adaptive", display: "summarized" }],
  ])("of %s at %s is %o", (model, effort, thinking) => {
    expect(ask({ reasoning_effort: effort }, model).request.thinking).toEqual(thinking);
  });

  it("by budget leaves room for the answer and stays within Anthropic's floor", () => {
    for (let limit = 1025; limit < 40_000; limit += 997) {
      for (const effort of ["low", "medium", "high", "xhigh", "max"]) {
        const { thinking } = ask({ reasoning_effort: effort, max_tokens: limit }, "claude-haiku-4-5").request;
        expect(thinking?.type).toBe("enabled");
        if (thinking?.type !== "enabled") continue;
        expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1024);
        expect(thinking.budget_tokens).toBeLessThan(limit);
      }
    }
  });

  it("has only efforts that the model knows, and says where it took a lower one", () => {
    const { request, warnings } = ask({ reasoning_effort: "xhigh" });
    expect(request.output_config).toEqual({ effort: "high" });
    expect(warnings.map(({ code }) => code)).toEqual(["clamped:reasoning_effort"]);
    expect(ask({ reasoning_effort: "max" }).request.output_config).toEqual({ effort: "max" });
    expect(ask({ reasoning_effort: "high" }, "claude-haiku-4-5").request.output_config).toBeUndefined();
  });

  it("is off for null and none, and refused for what no one knows", () => {
    expect(ask({ reasoning_effort: null }).request.thinking).toBeUndefined();
    expect(ask({ reasoning_effort: "none" }).request.thinking).toBeUndefined();
    expect(param({ reasoning_effort: "ultra" })).toBe("reasoning_effort");
  });

  it("may be asked for as OpenRouter does", () => {
    expect(ask({ reasoning: { effort: "medium" } }).request).toMatchObject({
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "medium" },
    });
    expect(ask({ reasoning: { max_tokens: 4000 } }, "claude-haiku-4-5").request.thinking).toEqual({
      type: "enabled",
      budget_tokens: 4000,
    });
    expect(ask({ reasoning: { enabled: true, exclude: true } }).request.thinking).toEqual({
      type: "adaptive",
      display: "omitted",
    });
    expect(ask({ reasoning: { enabled: false } }).request.thinking).toBeUndefined();
    const budgeted = ask({ reasoning: { max_tokens: 4000 } }, "claude-opus-4-7");
    expect(budgeted.request.output_config).toEqual({ effort: "medium" });
    expect(budgeted.warnings.map(({ code }) => code)).toEqual(["changed:reasoning"]);
  });

  it("may be asked for as Anthropic's clients do, by what the model takes", () => {
    const manual = { thinking: { type: "enabled", budget_tokens: 2000 } };
    expect(ask(manual).request.thinking).toEqual({ type: "enabled", budget_tokens: 2000 });
    expect(ask(manual, "claude-opus-4-7").request).toMatchObject({
      thinking: { type: "adaptive" },
      output_config: { effort: "low" },
    });
    expect(ask({ thinking: { type: "adaptive" } }, "claude-haiku-4-5").request.thinking).toMatchObject({
      type: "enabled",
    });
    expect(ask({ thinking: { type: "disabled" } }, "claude-opus-4-7").request.thinking).toEqual({ type: "disabled" });
    expect(
      ask({ thinking: { type: "enabled", budget_tokens: 10 } }, "claude-haiku-4-5").request.thinking,
    ).toMatchObject({ budget_tokens: 1024 });
    expect(ask({ output_config: { effort: "low" } }).request.output_config).toEqual({ effort: "low" });
    expect(codes({ thinking: { type: "between_tools" } })).toEqual(["dropped:thinking"]);
  });

  it("stays with a forced tool where the model allows it", () => {
    const tools = [{ type: "function", function: { name: "f" } }];
    expect(ask({ tools, tool_choice: "required", reasoning_effort: "high" }, "claude-opus-4-7").request).toMatchObject({
      thinking: { type: "adaptive" },
      tool_choice: { type: "any" },
    });
  });
});

describe("who asks", () => {
  it("is passed on, hashed where it would identify a person", () => {
    const id = (extra: Record<string, unknown>) => ask(extra).request.metadata?.user_id;
    expect(id({ user: "u-42" })).toBe("u-42");
    expect(id({ user: "u-42", safety_identifier: "s-1" })).toBe("s-1");
    for (const user of ["a@b.c", "+49 170 1234567", "x".repeat(300)])
      expect(id({ user })).toMatch(/^user_[0-9a-f]{16}$/);
    expect(id({ user: "" })).toBeUndefined();
  });
});

describe("other fields", () => {
  it("are dropped with a warning each, unknown ones too, and never reach the upstream", () => {
    const extra = {
      seed: 0,
      logit_bias: { "1": 1 },
      web_search_options: { search_context_size: "low" },
      moderation: { model: "m" },
      foo: 1,
      anthropic_beta: ["x"],
    };
    const { request, warnings } = ask(extra);
    expect(warnings.map(({ path }) => path).toSorted()).toEqual(Object.keys(extra).toSorted());
    expect(Object.keys(request)).toEqual(["model", "max_tokens", "stream", "messages"]);
  });

  it("are a wish even when empty, where OpenAI takes an empty one for it: a search with its defaults", () => {
    expect(ask({ web_search_options: {} }).warnings).toMatchObject([{ code: "dropped:web_search_options" }]);
    expect(ask({ web_search_options: null }).warnings).toEqual([]);
  });

  it("cost no warning where they say what would happen anyway", () => {
    const defaults = {
      n: 1,
      frequency_penalty: 0,
      presence_penalty: 0,
      logprobs: false,
      store: false,
      logit_bias: {},
      metadata: {},
      modalities: ["text"],
      prompt_cache_key: "k",
      seed: null,
      response_format: { type: "text" },
      parallel_tool_calls: true,
      tools: [],
      stream_options: { include_obfuscation: false },
    };
    expect(ask(defaults).warnings).toEqual([]);
  });

  it("are refused where leaving them out would answer something else", () => {
    expect(param({ audio: { voice: "alloy", format: "wav" } })).toBe("audio");
    expect(param({ modalities: ["audio"] })).toBe("modalities");
    expect(param({ n: 0 })).toBe("n");
  });

  it("keep the service tiers that there are", () => {
    expect(ask({ service_tier: "auto" }).request.service_tier).toBe("auto");
    expect(ask({ service_tier: "default" }).request.service_tier).toBe("standard_only");
    expect(codes({ service_tier: "priority" })).toEqual(["dropped:service_tier"]);
  });

  it("say whether the caller wants a stream; the upstream always streams", () => {
    expect(ask({}).stream).toBe(false);
    expect(ask({ stream: true }).stream).toBe(true);
    expect(ask({}).request.stream).toBe(true);
  });
});

describe("a body of the wrong shape", () => {
  it.each([[null], [[]], ["x"], [1]])("%j is refused", (body) => {
    expect(() => toHub(body as never)).toThrow();
  });

  it.each([
    [{ messages: null }, "messages"],
    [{ messages: [] }, "messages"],
    [{ messages: [1] }, "messages[0]"],
    [{ messages: [{ role: "king", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
    [{ messages: [{ role: "user", content: [5] }] }, "messages[0].content[0]"],
    [{ messages: [{ role: "user", content: [{ type: "text", text: 1 }] }] }, "messages[0].content[0].text"],
    [{ messages: [{ role: "user", content: [{ type: "video" }] }] }, "messages[0].content[0]"],
    [{ messages: [{ role: "system", content: "" }] }, "messages"],
    [{ messages: [{ role: "assistant", tool_calls: "x" }] }, "messages[0].tool_calls"],
    [{ messages: [{ role: "assistant", tool_calls: [{ id: "1", function: {} }] }] }, "messages[0].tool_calls[0]"],
    [{ tools: {} }, "tools"],
    [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
    [
      { tools: [{ type: "function", function: { name: "f", parameters: { type: "string" } } }] },
      "tools[0].function.parameters.type",
    ],
    [{ response_format: { type: "xml" } }, "response_format.type"],
    [{ response_format: "json" }, "response_format"],
  ])("%j is refused at its place", (extra, place) => {
    expect(param(extra)).toBe(place);
  });
});
