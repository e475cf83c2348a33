import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileSchema } from "../../../src/sandbox/validation/compile-schema.ts";
import { compileRequestChecks } from "../../../src/sandbox/validation/request-schema.ts";
import { generateChatSchema, generatedChatFile } from "../support/generate-chat-schema.ts";
import { generatedFile, generateRequestSchema } from "../support/generate-request-schema.ts";

const base = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] };
const { messages: check } = compileRequestChecks();
const problem = (more: object, betas: string[] = []): string | undefined => check({ ...base, ...more }, "", betas);
const content = (block: unknown): object => ({ messages: [{ role: "user", content: [block] }] });

describe("the generated schemas", () => {
  it.each([
    ["the SDK's types", generatedFile, generateRequestSchema],
    ["OpenAI's document", generatedChatFile, generateChatSchema],
  ])("are what the generator makes of the schema of %s", (_, file, generate) => {
    if (process.env["ZENTHREX_WRITE_SCHEMA"] === "1") writeFileSync(file, generate());
    expect(readFileSync(file, "utf8")).toBe(generate());
  });
});

describe("the check of a request body", () => {
  it.each<[string, object, string | undefined]>([
    [
      "a field that is missing",
      { model: undefined, max_tokens: undefined },
      "max_tokens: Input should be a valid integer",
    ],
    ["an unknown field", { foo: 1 }, "foo: Extra inputs are not permitted"],
    ["a text for a number", { max_tokens: "5" }, "max_tokens: Input should be a valid integer"],
    [
      "a fraction",
      { max_tokens: 1.5 },
      "max_tokens: Input should be a valid integer, got a number with a fractional part",
    ],
    ["a number for a truth", { stream: 1 }, "stream: Input should be a valid boolean"],
    ["a number for a text", { model: 5 }, "model: Input should be a valid string"],
    ["a text for a list", { messages: "hi" }, "messages: Input should be a valid list"],
    ["a number for text or list", { system: 5 }, "system: Input should be a valid list"],
    [
      "a text for an object",
      { messages: ["hi"] },
      "messages.0: Input should be a valid dictionary or object to extract fields from",
    ],
    [
      "an unknown role",
      { messages: [{ role: "tool", content: "x" }] },
      "messages.0.role: Input should be 'assistant', 'system' or 'user'",
    ],
    ["a role that is missing", { messages: [{ content: "x" }] }, "messages.0.role: Field required"],
    ["content that is missing", { messages: [{ role: "user" }] }, "messages.0.content: Field required"],
    [
      "an unknown field of a message",
      { messages: [{ role: "user", content: "x", name: "n" }] },
      "messages.0.name: Extra inputs are not permitted",
    ],
    ["a block without a type", content({ text: "x" }), "messages.0.content.0.type: Field required"],
    ["a block that lacks a field", content({ type: "text" }), "messages.0.content.0.text.text: Field required"],
    [
      "a block with an unknown field",
      content({ type: "text", text: "x", id: 1 }),
      "messages.0.content.0.text.id: Extra inputs are not permitted",
    ],
    [
      "an unsigned thinking block",
      content({ type: "thinking", thinking: "x" }),
      "messages.0.content.0.thinking.signature: Field required",
    ],
    [
      "an unknown lifetime",
      content({ type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1d" } }),
      "messages.0.content.0.text.cache_control.ttl: Input should be '5m' or '1h'",
    ],
    ["a tool without a schema", { tools: [{ name: "f" }] }, "tools.0.custom.input_schema: Field required"],
    [
      "a schema without a type",
      { tools: [{ name: "f", input_schema: {} }] },
      "tools.0.custom.input_schema.type: Field required",
    ],
    [
      "a schema that is no object",
      { tools: [{ name: "f", input_schema: { type: "array" } }] },
      "tools.0.custom.input_schema.type: Input should be 'object'",
    ],
    [
      "OpenAI's tool",
      { tools: [{ type: "function", function: { name: "f" } }] },
      "tools.0: Input tag 'function' found",
    ],
    [
      "an unknown tool choice",
      { tool_choice: { type: "required" } },
      "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'",
    ],
    ["a tool choice without a name", { tool_choice: { type: "tool" } }, "tool_choice.tool.name: Field required"],
    ["a budget that is missing", { thinking: { type: "enabled" } }, "thinking.enabled.budget_tokens: Field required"],
    [
      "an unknown effort",
      { output_config: { effort: "extreme" } },
      "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ],
    [
      "an unknown media type",
      content({ type: "image", source: { type: "base64", media_type: "image/svg+xml", data: "" } }),
      "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
    ],
    [
      "OpenAI's image",
      content({ type: "image_url", image_url: { url: "x" } }),
      "messages.0.content.0: Input tag 'image_url' found using 'type' does not match any of the expected tags: ",
    ],
    [
      "a wrong block in a result",
      content({ type: "tool_result", tool_use_id: "t", content: [{ type: "tool_use" }] }),
      "messages.0.content.0.tool_result.content.0: Input tag 'tool_use' found",
    ],
    ["OpenAI's stop", { stop: ["x"] }, "stop: Extra inputs are not permitted"],
    ["a field that an object inherits", { toString: 1 }, "toString: Extra inputs are not permitted"],
  ])("names %s", (_, more, expected) => {
    expect(problem(more)).toContain(expected);
  });

  it("says what a body lacks altogether", () => {
    expect(check({}, "", [])).toBe("max_tokens: Field required");
    expect(check(null, "", [])).toBe("Input should be a valid dictionary or object to extract fields from");
  });

  it.each<[string, object]>([
    ["a string as content and system", { system: "s" }],
    [
      "blocks as content and system",
      { ...content({ type: "text", text: "x" }), system: [{ type: "text", text: "s" }] },
    ],
    [
      "nulls where the types allow them",
      { cache_control: null, container: null, thinking: { type: "adaptive", display: null } },
    ],
    ["sampling parameters", { temperature: 0.5, top_p: 0.5, top_k: 5 }],
    [
      "metadata, service tier, stop sequences",
      { metadata: { user_id: null }, service_tier: "auto", stop_sequences: ["x"] },
    ],
    [
      "custom tools with and without their type",
      {
        tools: [
          { name: "f", input_schema: { type: "object" } },
          { type: "custom", name: "g", input_schema: { type: "object", anything: 1 } },
          { type: null, name: "h", input_schema: { type: "object", properties: null } },
        ],
      },
    ],
    [
      "tool fields that clients send",
      {
        tools: [
          {
            name: "f",
            input_schema: { type: "object" },
            defer_loading: true,
            eager_input_streaming: true,
            strict: true,
            input_examples: [{ a: 1 }],
            cache_control: { type: "ephemeral", ttl: "1h" },
          },
        ],
      },
    ],
    [
      "tools that the API runs",
      {
        tools: [
          { type: "web_search_20250305", name: "web_search", max_uses: 3 },
          { type: "bash_20250124", name: "bash" },
        ],
      },
    ],
    [
      "images, documents, results",
      content({
        type: "tool_result",
        tool_use_id: "t",
        content: [
          { type: "image", source: { type: "url", url: "u" } },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "d" } },
        ],
      }),
    ],
    ["an automatic cache mark", { cache_control: { type: "ephemeral" } }],
    ["a container by id or by parts", { container: "c" }],
  ])("takes %s", (_, more) => {
    expect(problem(more)).toBeUndefined();
  });

  it.each<[string, string, object, string]>([
    [
      "context_management",
      "context-management-2025-06-27",
      { context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] } },
      "context_management: Extra",
    ],
    [
      "safeguards",
      "dangerous-tool-use-2026-09-03",
      { safeguards: [{ type: "dangerous_tool_use" }] },
      "safeguards: Extra",
    ],
    [
      "mcp_servers",
      "mcp-client-2025-11-20",
      { mcp_servers: [{ type: "url", url: "u", name: "n" }] },
      "mcp_servers: Extra",
    ],
    [
      "output_format",
      "structured-outputs-2025-11-13",
      { output_format: { type: "json_schema", schema: {} } },
      "output_format: Extra",
    ],
    [
      "task budgets",
      "task-budgets-2026-03-13",
      { output_config: { task_budget: { type: "tokens" } } },
      "output_config.task_budget: Extra",
    ],
    [
      "beta tools",
      "computer-use-2025-01-24",
      { tools: [{ type: "computer_20250124", name: "computer", display_width_px: 1 }] },
      "tools.0: Input tag 'computer_20250124'",
    ],
    [
      "beta blocks",
      "mcp-client-2025-04-04",
      content({ type: "mcp_tool_use", id: "x" }),
      "messages.0.content.0: Input tag 'mcp_tool_use'",
    ],
  ])("takes %s only with its beta header", (_, beta, more, refused) => {
    expect(problem(more, ["unknown-beta", beta])).toBeUndefined();
    expect(problem(more, ["unknown-beta"])).toContain(refused);
  });
});

describe("compileSchema", () => {
  it("takes anything where the schema is empty, and follows definitions that need themselves", () => {
    const tree = compileSchema(
      {
        Tree: {
          type: "object",
          properties: { value: {}, below: { items: { ref: "Tree" }, type: "array" } },
          required: ["value"],
        },
      },
      "Tree",
    );
    expect(tree({ value: { any: 1 }, below: [{ value: null }] }, "", [])).toBeUndefined();
    expect(tree({ value: 1, below: [{ value: 1, below: [{}] }] }, "root", [])).toBe(
      "root.below.0.below.0.value: Field required",
    );
  });
});
