import { describe, expect, it } from "vitest";
import { headersFromHub } from "../../../src/formats/openai/headers.ts";
import openaiResponses from "../../../src/formats/openai-responses/index.ts";
import { responsesHub } from "../../support/responses-context.ts";
import { schemaErrors } from "../../support/schema-validator.ts";

type Fields = Record<string, unknown>;

const hub = (extra: Fields) => responsesHub({ model: "claude-opus-4-6", input: "hi", ...extra });
const codes = (extra: Fields): string[] => hub(extra).warnings.map(({ code, path }) => `${code}@${path}`);
const fn = (name: string, extra: Fields = {}): Fields => ({ type: "function", name, ...extra });

describe("the settings of a response request", () => {
  it("carry what the hosted API knows, and need no warning for what says nothing", () => {
    const said: Fields = {
      max_output_tokens: 100,
      temperature: 0.5,
      user: "u1",
      service_tier: "default",
      stream: true,
      store: false,
      truncation: "disabled",
      background: false,
      include: ["reasoning.encrypted_content"],
      text: { format: { type: "text" }, verbosity: "medium" },
      metadata: { a: "b" },
      prompt_cache_key: "k",
      client_metadata: { session_id: "s" },
      top_logprobs: 0,
      parallel_tool_calls: true,
      previous_response_id: null,
      conversation: null,
      stream_options: { include_obfuscation: false },
      reasoning: { effort: null, summary: "auto" },
    };
    const { request, stream, warnings } = hub(said);
    expect(warnings).toEqual([]);
    expect(stream).toBe(true);
    expect(request).toMatchObject({
      max_tokens: 100,
      temperature: 0.5,
      metadata: { user_id: "u1" },
      service_tier: "standard_only",
      stream: true,
    });
    expect(request).not.toHaveProperty("thinking");
  });

  it.each<[Fields, string]>([
    [{ truncation: "auto" }, "dropped:truncation@truncation"],
    [{ include: ["message.output_text.logprobs"] }, "dropped:include@include[0]"],
    [{ text: { verbosity: "low" } }, "dropped:text.verbosity@text.verbosity"],
    [{ top_logprobs: 3 }, "dropped:top_logprobs@top_logprobs"],
    [{ max_tool_calls: 3 }, "dropped:max_tool_calls@max_tool_calls"],
    [{ context_management: [{ type: "compaction" }] }, "dropped:context_management@context_management"],
    [{ moderation: { model: "m" } }, "dropped:moderation@moderation"],
    [{ prompt_cache_retention: "24h" }, "dropped:prompt_cache_retention@prompt_cache_retention"],
    [{ service_tier: "flex" }, "dropped:service_tier@service_tier"],
    [{ stream_options: { include_obfuscation: true } }, "dropped:stream_options@stream_options.include_obfuscation"],
    [{ reasoning: { effort: "low", summary: "detailed" } }, "changed:reasoning.summary@reasoning.summary"],
    [{ reasoning: { context: "all_turns" } }, "dropped:reasoning.context@reasoning.context"],
    [{ something_new: 1 }, "dropped:something_new@something_new"],
    [{ max_output_tokens: 999_999 }, "clamped:max_output_tokens@max_output_tokens"],
  ])("warn of %j", (extra, code) => {
    expect(codes(extra)).toEqual([code]);
  });

  it.each<[Fields, string]>([
    [{ background: true }, "background"],
    [{ conversation: "conv_1" }, "conversation"],
    [{ prompt: { id: "pmpt_1" } }, "prompt"],
    [{ max_output_tokens: 0 }, "max_output_tokens"],
    [{ instructions: ["x"] }, "instructions"],
    [{ input: 5 }, "input"],
    [{ input: [5] }, "input[0]"],
    [{ input: [] }, "input"],
    [{ input: [{ role: "robot", content: "x" }] }, "input[0].role"],
    [{ input: [{ type: "function_call", call_id: "c" }] }, "input[0].name"],
    [
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "f", detail: "auto" }] }] },
      "input[0].content[0].file_id",
    ],
    [{ text: { format: { type: "xml" } } }, "text.format.type"],
    [{ reasoning: { effort: "huge" } }, "reasoning.effort"],
    [{ tools: {} }, "tools"],
    [{ tools: [5] }, "tools[0]"],
    [{ tools: [{ type: "namespace", name: "n", tools: 5 }] }, "tools[0].tools"],
    [{ tools: [{ type: "namespace", name: "n", tools: [{ type: "function" }] }] }, "tools[0].tools[0].name"],
    [{ tools: [fn("f")], tool_choice: { type: "function", name: "g" } }, "tool_choice"],
  ])("refuse %j with its place", (extra, param) => {
    expect(() => hub(extra)).toThrow(expect.objectContaining({ param }));
  });

  it("refuse an earlier answer that is not known, in OpenAI's words", () => {
    expect(() => hub({ previous_response_id: "resp_x" })).toThrow(
      expect.objectContaining({
        code: "ZX_PREVIOUS_RESPONSE_UNKNOWN",
        param: "previous_response_id",
        message: "Previous response with id 'resp_x' not found",
      }),
    );
  });

  it("ask for a summary of thinking only where the client does", () => {
    const thinking = (reasoning: Fields) => hub({ reasoning }).request.thinking;
    expect(thinking({ effort: "high" })).toEqual({ type: "adaptive", display: "omitted" });
    expect(thinking({ effort: "high", summary: "auto" })).toEqual({ type: "adaptive", display: "summarized" });
    expect(thinking({ effort: "none", summary: "auto" })).toBeUndefined();
    const haiku = hub({ model: "claude-haiku-4-5", reasoning: { effort: "low" } }).request;
    expect(haiku.thinking).toEqual({ type: "enabled", budget_tokens: 1024 });
    expect(hub({ reasoning: { effort: "minimal" } }).request.output_config).toEqual({ effort: "low" });
  });

  it("carry the answer's format", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const { request } = hub({ text: { format: { type: "json_schema", name: "n", strict: true, schema } } });
    expect(request.output_config).toEqual({ format: { type: "json_schema", schema } });
    const open = hub({ text: { format: { type: "json_schema", name: "n", schema: { type: "object" } } } });
    expect(open.state.jsonTool).toBe("json");
    expect(open.warnings).toMatchObject([{ code: "changed:text.format", path: "text.format.schema" }]);
    expect(hub({ text: { format: { type: "json_object" } } }).state.stripsFences).toBe(true);
  });

  it("place cache breakpoints, or keep the client's", () => {
    const long = "Rule: answer in plain words. ".repeat(2000);
    expect(hub({ instructions: long }).request.system?.at(-1)).toHaveProperty("cache_control");
    const content = [{ type: "input_text", text: "x", prompt_cache_breakpoint: { mode: "explicit" } }];
    const marked = hub({ instructions: long, input: [{ role: "user", content }] }).request;
    expect(marked.system?.at(-1)).not.toHaveProperty("cache_control");
    expect(marked.messages[0]?.content[0]).toHaveProperty("cache_control");
  });
});

describe("the tools of a response request", () => {
  it("are functions, custom tools, namespaces, and what the client runs", () => {
    const tools = [
      fn("f", {
        description: "F",
        parameters: { type: "object", properties: {} },
        strict: false,
        defer_loading: false,
      }),
      { type: "custom", name: "patch", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
      {
        type: "namespace",
        name: "agents",
        description: "Agents.",
        tools: [fn("spawn", { description: "One." }), fn("wait")],
      },
      { type: "namespace", name: "mcp__x__", description: "", tools: [fn("f")] },
      { type: "local_shell" },
      { type: "shell" },
      { type: "apply_patch" },
      fn("shell"),
    ];
    const { request, state, warnings } = hub({ tools });
    expect(request.tools).toMatchObject([
      { name: "f", description: "F" },
      { name: "patch", input_schema: { properties: { input: {} } }, description: expect.stringContaining("start: x") },
      { name: "agents__spawn", description: "Agents.\n\nOne." },
      { name: "agents__wait" },
      { name: "mcp__x__f" },
      { name: "local_shell" },
      { name: "shell" },
      { name: "apply_patch" },
      { name: expect.stringMatching(/^shell_+[0-9a-f]{8}$/) },
    ]);
    expect(state.customTools).toEqual(new Set(["patch"]));
    expect([...state.clientTools]).toEqual([
      ["local_shell", "local_shell"],
      ["shell", "shell"],
      ["apply_patch", "apply_patch"],
    ]);
    expect(state.clientNames.get("agents__spawn")).toBe("agents\u0000spawn");
    expect(warnings.map(({ code }) => code)).toEqual(["changed:tools[1]"]);
    expect(schemaErrors("anthropic.MessageCreateParams", JSON.parse(JSON.stringify(request)))).toEqual([]);
  });

  it("go with a warning where they run at OpenAI, as the choice of them does", () => {
    const tools = [{ type: "web_search" }, { type: "code_interpreter", container: { type: "auto" } }, fn("f")];
    expect(codes({ tools })).toEqual(["dropped:tools[0]@tools[0]", "dropped:tools[1]@tools[1]"]);
    expect(codes({ tools: [fn("f")], tool_choice: { type: "web_search_preview" } })).toEqual([
      "dropped:tool_choice@tool_choice",
    ]);
    expect(codes({ tools: [{ type: "shell", environment: { type: "container_auto" } }] })).toEqual([
      "dropped:tools[0]@tools[0]",
    ]);
  });

  it("lose what only OpenAI knows of them with a warning", () => {
    const tools = [
      fn("f", { defer_loading: true, allowed_callers: ["programmatic"], output_schema: { type: "object" } }),
    ];
    expect(codes({ tools })).toEqual([
      "changed:tools[0].defer_loading@tools[0].defer_loading",
      "dropped:tools[0].allowed_callers@tools[0].allowed_callers",
      "dropped:tools[0].output_schema@tools[0].output_schema",
    ]);
    expect(hub({ tools }).request.tools).toEqual([{ name: "f", input_schema: { type: "object", properties: {} } }]);
  });

  it("are chosen by any of their kinds", () => {
    const tools = [
      fn("f"),
      { type: "custom", name: "patch" },
      { type: "namespace", name: "n", description: "", tools: [fn("f")] },
      { type: "shell" },
    ];
    const choice = (tool_choice: unknown) => hub({ tools, tool_choice }).request.tool_choice;
    expect(choice("auto")).toEqual({ type: "auto" });
    expect(choice("required")).toEqual({ type: "any" });
    expect(choice("none")).toEqual({ type: "none" });
    expect(choice(fn("f"))).toEqual({ type: "tool", name: "f" });
    expect(choice({ type: "custom", name: "patch" })).toEqual({ type: "tool", name: "patch" });
    expect(choice(fn("f", { namespace: "n" }))).toEqual({ type: "tool", name: "n__f" });
    expect(choice({ type: "shell" })).toEqual({ type: "tool", name: "shell" });
    const allowed = hub({
      tools,
      tool_choice: { type: "allowed_tools", mode: "required", tools: [fn("f"), { type: "shell" }] },
    }).request;
    expect(allowed.tool_choice).toEqual({ type: "any" });
    expect(allowed.tools).toMatchObject([{ name: "f" }, { name: "shell" }]);
    expect(hub({ tools, parallel_tool_calls: false }).request.tool_choice).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
  });
});

describe("what a response repeats of its request", () => {
  it("is what the client said, in the schema's form, and OpenAI's defaults", () => {
    const { echo } = hub({
      instructions: "Be brief.",
      tools: [fn("f"), { type: "namespace", name: "n", description: "", tools: [fn("g")] }],
      tool_choice: "required",
      metadata: { a: "b" },
      temperature: 0.5,
      reasoning: { effort: "high", summary: "auto" },
      max_output_tokens: 100,
      store: false,
    }).state;
    expect(echo).toMatchObject({
      instructions: "Be brief.",
      tools: [{ type: "function", name: "f", parameters: null, strict: null }, { type: "namespace" }],
      tool_choice: "required",
      metadata: { a: "b" },
      temperature: 0.5,
      top_p: null,
      reasoning: { effort: "high", summary: "auto" },
      max_output_tokens: 100,
      store: false,
      parallel_tool_calls: true,
      text: { format: { type: "text" } },
    });
  });
});

describe("the format of Responses", () => {
  it("tells errors and headers as Chat Completions does", () => {
    const { status, body } = openaiResponses.errorFromHub({ status: 529, type: "overloaded_error", message: "m" });
    expect(status).toBe(503);
    expect(schemaErrors("openai.ErrorResponse", body)).toEqual([]);
    expect(openaiResponses.headersFromHub).toBe(headersFromHub);
    expect(openaiResponses.ping).toMatch(/^: /);
  });
});
