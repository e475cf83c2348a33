import { describe, expect, it } from "vitest";
import { toHub } from "../../support/chat-context.ts";
import { valueAt } from "../../support/translation-cases.ts";

const messages = [{ role: "user", content: "a" }];
const ask = (extra: Record<string, unknown>, model = "claude-opus-4-6") => toHub({ model, messages, ...extra });
const fn = (name: string, parameters?: unknown, extra: object = {}) => ({
  type: "function",
  function: { name, ...(parameters === undefined ? {} : { parameters }), ...extra },
});
const schemaOf = (parameters: unknown) =>
  valueAt(ask({ tools: [fn("f", parameters)] }).request, "tools[0].input_schema");
const codes = (extra: Record<string, unknown>) => ask(extra).warnings.map(({ code }) => code);
const param = (extra: Record<string, unknown>): unknown => {
  try {
    ask(extra);
  } catch (error) {
    return (error as { param?: unknown }).param;
  }
  return "no error";
};

describe("a tool's schema", () => {
  it("stays as it is where it is an object's", () => {
    const schema = {
      type: "object",
      properties: { a: { anyOf: [{ type: "string" }, { type: "null" }] } },
      required: ["a"],
      $defs: {},
    };
    expect(schemaOf(schema)).toEqual(schema);
  });

  it("gets its type, and properties where there are none", () => {
    expect(schemaOf({})).toEqual({ type: "object", properties: {} });
    expect(schemaOf({ type: ["object", "null"] })).toEqual({ type: "object" });
    expect(schemaOf(null)).toEqual({ type: "object", properties: {} });
  });

  it("with alternatives at the top is merged: all properties, what all alternatives require", () => {
    const merged = schemaOf({
      $defs: {
        b: { type: "object", properties: { b: { type: "number" }, kind: { const: "b" } }, required: ["b", "kind"] },
      },
      properties: { own: { type: "boolean" } },
      required: ["own"],
      oneOf: [
        { properties: { a: { type: "string" }, kind: { const: "a" } }, required: ["a", "kind"] },
        { $ref: "#/$defs/b" },
      ],
    });
    expect(merged).toMatchObject({
      type: "object",
      properties: {
        own: { type: "boolean" },
        a: { type: "string" },
        b: { type: "number" },
        kind: { anyOf: [{ const: "a" }, { const: "b" }] },
      },
      required: ["own", "kind"],
    });
    expect(
      schemaOf({
        allOf: [
          { properties: { a: {} }, required: ["a"] },
          { properties: { b: {} }, required: ["b"] },
        ],
      }),
    ).toMatchObject({
      required: ["a", "b"],
    });
  });

  it("keeps strict only where it can be enforced", () => {
    const closed = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    expect(ask({ tools: [fn("f", closed, { strict: true })] }).request.tools?.[0]).toEqual({
      name: "f",
      input_schema: closed,
      strict: true,
    });
    const limited = { ...closed, properties: { a: { type: "string", pattern: "^x" } } };
    const { request, warnings } = ask({ tools: [fn("f", limited, { strict: true })] });
    expect(request.tools?.[0]).toEqual({ name: "f", input_schema: limited });
    expect(warnings.map(({ code }) => code)).toEqual(["dropped:tools[0].strict"]);
  });
});

describe("tools", () => {
  it("of every dialect are understood, in their order", () => {
    const { request, state, warnings } = ask({
      tools: [
        fn("a", undefined, { description: "d" }),
        { type: "function", name: "b", parameters: { type: "object", properties: {} } },
        { name: "c", description: "d", input_schema: { type: "object" }, defer_loading: true },
        { type: "custom", name: "d", description: "x", input_schema: { type: "object" } },
        {
          type: "custom",
          custom: { name: "e", format: { type: "grammar", grammar: { syntax: "lark", definition: "start: /x/" } } },
        },
        { type: "custom", name: "f" },
        { type: "bash_20250124", name: "bash" },
        { type: "web_search" },
      ],
    });
    expect(request.tools?.map((tool) => (tool as { name: string }).name)).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
      "f",
      "bash",
    ]);
    expect([...state.customTools]).toEqual(["e", "f"]);
    expect(request.tools?.[2]).toMatchObject({ defer_loading: true });
    expect(valueAt(request, "tools[4].description")).toContain("start: /x/");
    expect(warnings.map(({ code }) => code)).toEqual(["changed:tools[4]", "dropped:tools[7]"]);
  });

  it("of the same name: the first stays", () => {
    const { request, warnings } = ask({ tools: [fn("f", { type: "object", properties: { a: {} } }), fn("f")] });
    expect(request.tools).toHaveLength(1);
    expect(request.tools?.[0]).toMatchObject({ input_schema: { properties: { a: {} } } });
    expect(warnings.map(({ code }) => code)).toEqual(["dropped:tools[1]"]);
  });

  it("with names that the hub refuses are renamed, in the choice and the history too", () => {
    const { request, state } = ask({
      tools: [fn("my.tool")],
      tool_choice: { type: "function", function: { name: "my.tool" } },
      messages: [
        ...messages,
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "function", function: { name: "my.tool", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c", content: "r" },
      ],
    });
    const name = valueAt(request, "tools[0].name") as string;
    expect(name).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(request.tool_choice).toEqual({ type: "tool", name });
    expect(request.messages[1]?.content[0]).toMatchObject({ name });
    expect(state.clientNames.get(name)).toBe("my.tool");
  });
});

describe("tool_choice", () => {
  const tools = [fn("f"), fn("g")];

  it.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["any", { type: "any" }],
    [{ type: "any" }, { type: "any" }],
    [
      { type: "tool", name: "g" },
      { type: "tool", name: "g" },
    ],
    [
      { type: "function", name: "g" },
      { type: "tool", name: "g" },
    ],
    [
      { type: "custom", custom: { name: "g" } },
      { type: "tool", name: "g" },
    ],
    [
      { type: "auto", disable_parallel_tool_use: true },
      { type: "auto", disable_parallel_tool_use: true },
    ],
  ])("%j is %j", (tool_choice, expected) => {
    expect(ask({ tools, tool_choice }).request.tool_choice).toEqual(expected);
  });

  it.each([
    "sometimes",
    5,
    { type: "function", function: { name: "h" } },
    { type: "function" },
    { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } },
  ])("%j is refused", (tool_choice) => {
    expect(param({ tools, tool_choice })).toBe("tool_choice");
  });

  it("allows a list of tools, flat ones too, in the order of the tools", () => {
    const flat = {
      type: "allowed_tools",
      mode: "auto",
      tools: [
        { type: "function", name: "g" },
        { type: "function", name: "f" },
      ],
    };
    expect(ask({ tools, tool_choice: flat }).request).toMatchObject({
      tools: [{ name: "f" }, { name: "g" }],
      tool_choice: { type: "auto" },
    });
  });

  it("goes where there are no tools, with a warning where it would have mattered", () => {
    expect(codes({ tool_choice: "required" })).toEqual(["dropped:tool_choice"]);
    expect(codes({ tool_choice: "auto" })).toEqual([]);
    expect(ask({ tool_choice: "required" }).request.tool_choice).toBeUndefined();
  });

  it("calls one tool at a time where asked to, and for the deprecated form always", () => {
    expect(ask({ tools, tool_choice: "required", parallel_tool_calls: false }).request.tool_choice).toEqual({
      type: "any",
      disable_parallel_tool_use: true,
    });
    expect(ask({ tools, tool_choice: "none", parallel_tool_calls: false }).request.tool_choice).toEqual({
      type: "none",
    });
    expect(ask({ functions: [{ name: "f" }] }).request.tool_choice).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
    expect(ask({ functions: [{ name: "f" }], function_call: "none" }).request.tool_choice).toEqual({ type: "none" });
  });
});

describe("response_format", () => {
  const format = (schema: object, extra: object = {}) => ({
    response_format: { type: "json_schema", json_schema: { name: "n", schema, ...extra } },
  });
  const plain = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };

  it("that structured outputs take passes without a word", () => {
    const { request, warnings } = ask(
      format({ $schema: "http://json-schema.org/draft-07/schema#", ...plain }, { strict: true }),
    );
    expect(request.output_config).toEqual({ format: { type: "json_schema", schema: plain } });
    expect(warnings).toEqual([]);
  });

  it("stands beside an effort", () => {
    expect(ask({ ...format(plain), reasoning_effort: "low" }).request.output_config).toEqual({
      effort: "low",
      format: { type: "json_schema", schema: plain },
    });
  });

  it("tells the model what can't be enforced, at every depth", () => {
    const { request, warnings } = ask(
      format({
        type: "object",
        properties: {
          list: {
            type: "array",
            maxItems: 3,
            items: { oneOf: [{ type: "string", minLength: 2, description: "a word" }, { type: "null" }] },
          },
          when: { type: "string", format: "iso-week" },
        },
        required: ["list", "when"],
      }),
    );
    const schema = valueAt(request, "output_config.format.schema");
    expect(schema).toEqual({
      type: "object",
      properties: {
        list: {
          type: "array",
          items: { anyOf: [{ type: "string", description: "a word\n(minLength: 2)" }, { type: "null" }] },
          description: "(maxItems: 3)",
        },
        when: { type: "string", description: '(format: "iso-week")' },
      },
      required: ["list", "when"],
      additionalProperties: false,
    });
    expect(warnings.map(({ path }) => path)).toEqual([
      "response_format.json_schema.schema.properties.list.items.anyOf[0]",
      "response_format.json_schema.schema.properties.list",
      "response_format.json_schema.schema.properties.when",
    ]);
  });

  it.each([
    ["recursion", { ...plain, properties: { a: { $ref: "#" } } }],
    [
      "recursion through definitions",
      {
        ...plain,
        properties: { a: { $ref: "#/$defs/n" } },
        $defs: { n: { type: "object", properties: { n: { $ref: "#/$defs/n" } } } },
      },
    ],
    ["an open object", { ...plain, properties: { a: { type: "object", additionalProperties: { type: "string" } } } }],
    ["an object of anything", { ...plain, properties: { a: { type: "object" } } }],
    [
      "many optional properties",
      {
        type: "object",
        properties: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`p${index}`, { type: "string" }])),
      },
    ],
    ["a schema elsewhere", { ...plain, properties: { a: { $ref: "https://x.test/schema" } } }],
  ])("with %s is a tool that must be called", (_what, schema) => {
    const { request, state, warnings } = ask(format(schema));
    expect(request.output_config).toBeUndefined();
    expect(request.tools).toMatchObject([{ name: "json", input_schema: schema }]);
    expect(request.tool_choice).toEqual({ type: "tool", name: "json" });
    expect(state.jsonTool).toBe("json");
    expect(warnings.map(({ code }) => code)).toEqual(["changed:response_format"]);
  });

  it("as a tool leaves the caller's tools callable and keeps out of their names", () => {
    const recursive = { ...plain, properties: { a: { $ref: "#" } } };
    const { request } = ask({ ...format(recursive), tools: [fn("json")] });
    expect(request.tools?.map((tool) => (tool as { name: string }).name)).toEqual(["json", "json_answer"]);
    expect(request.tool_choice).toEqual({ type: "any" });
    expect(ask({ ...format(recursive), tools: [fn("f")], tool_choice: "none" }).request.tool_choice).toEqual({
      type: "tool",
      name: "json",
    });
    expect(
      ask({ ...format(recursive), tools: [fn("f")], tool_choice: { type: "function", function: { name: "f" } } })
        .request.tool_choice,
    ).toEqual({ type: "tool", name: "f" });
  });

  it("as a tool ends manual thinking, which allows no forced call", () => {
    const recursive = { ...plain, properties: { a: { $ref: "#" } } };
    const { request, warnings } = ask({ ...format(recursive), reasoning_effort: "low" }, "claude-haiku-4-5");
    expect(request.thinking).toBeUndefined();
    expect(warnings.map(({ code }) => code)).toContain("dropped:reasoning_effort");
  });

  it("in JSON mode is a last system text, and fences come off", () => {
    const { request, state } = toHub({
      model: "claude-opus-4-6",
      messages: [{ role: "system", content: "A" }, ...messages],
      response_format: { type: "json_object" },
    });
    expect(request.system?.[0]).toEqual({ type: "text", text: "A" });
    expect(request.system?.[1]?.text).toContain("JSON");
    expect(state.stripsFences).toBe(true);
  });
});
