import { describe, expect, it } from "vitest";
import { signThinking } from "../../../src/sandbox/thinking-signature.ts";
import { ask, bashTool, openSandbox } from "../support/sandbox-client.ts";

const opus46 = { model: "claude-opus-4-6" };
const haiku = { model: "claude-haiku-4-5" };
const mark = { cache_control: { type: "ephemeral" } };
const markHour = { cache_control: { type: "ephemeral", ttl: "1h" } };
const text = (content: string, more: object = {}): object => ({ type: "text", text: content, ...more });
const use = (id: string, name = "Bash"): object => ({ type: "tool_use", id, name, input: { command: "ls" } });
const result = (id: string, content: unknown = "done"): object => ({ type: "tool_result", tool_use_id: id, content });
const user = (...content: object[]): object => ({ role: "user", content });
const assistant = (...content: object[]): object => ({ role: "assistant", content });
const talk = (...messages: object[]): object => ({ messages: [{ role: "user", content: "q" }, ...messages] });
const tool = (schema: object, more: object = {}): object => ({
  tools: [{ name: "f", input_schema: { type: "object", ...schema }, ...more }],
});
const format = (schema: object): object => ({ output_config: { format: { type: "json_schema", schema } } });
const closed = { type: "object", additionalProperties: false };
const thought = { type: "thinking", thinking: "hm", signature: signThinking("hm", "hm") };
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const image = (source: object): object =>
  user({ type: "image", source: { type: "base64", media_type: "image/png", data: png, ...source } });
const pdf = (data: string): object =>
  user({ type: "document", source: { type: "base64", media_type: "application/pdf", data } });
const many = (count: number, schema: object): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, schema]));

/** Every rule: what breaks it, what is said. */
const refused: [rule: string, more: object, message: string][] = [
  // Parameters.
  ["max_tokens below zero", { max_tokens: -1 }, "max_tokens: Input should be greater than or equal to 0"],
  ["temperature above one", { ...opus46, temperature: 1.5 }, "temperature: Input should be less than or equal to 1"],
  [
    "temperature below zero",
    { ...opus46, temperature: -0.1 },
    "temperature: Input should be greater than or equal to 0",
  ],
  ["top_p above one", { ...opus46, top_p: 2 }, "top_p: Input should be less than or equal to 1"],
  ["top_k below zero", { ...opus46, top_k: -1 }, "top_k: Input should be greater than or equal to 0"],
  [
    "a blank stop sequence",
    { stop_sequences: ["END", "\n"] },
    "stop_sequences: each stop sequence must contain non-whitespace",
  ],
  [
    "a mail address as user id",
    { metadata: { user_id: "bob@example.com" } },
    "metadata.user_id: user_id appears to contain an email address",
  ],
  [
    "a long user id",
    { metadata: { user_id: "x".repeat(257) } },
    "metadata.user_id: String should have at most 256 characters",
  ],
  ["an empty model", { model: "" }, "model: String should have at least 1 character"],
  ["a thread", { thread: { type: "create" } }, "thread: message threads are not supported here"],
  ["fast mode", { speed: "fast" }, "speed: fast mode is not available for this model"],
  // Content.
  ["no messages", { messages: [] }, "messages: at least one message is required"],
  [
    "an assistant first",
    { messages: [assistant(text("a")), user(text("b"))] },
    'messages: first message must use the "user" role',
  ],
  [
    "an empty user text",
    { messages: [{ role: "user", content: "" }] },
    "messages.0: user messages must have non-empty content",
  ],
  [
    "an empty user list",
    { messages: [{ role: "user", content: [] }] },
    "messages.0: user messages must have non-empty content",
  ],
  [
    "a blank user text",
    { messages: [{ role: "user", content: " " }] },
    "messages: text content blocks must contain non-whitespace text",
  ],
  [
    "an empty block beside a text",
    { messages: [user(text(""), text("x"))] },
    "messages: text content blocks must be non-empty",
  ],
  [
    "an empty block beside a tool call",
    { tools: [bashTool], ...talk(assistant(text(""), use("t")), user(result("t"))) },
    "messages: text content blocks must be non-empty",
  ],
  [
    "an empty assistant block",
    talk(assistant(text("")), user(text("x"))),
    "messages: text content blocks must be non-empty",
  ],
  [
    "a blank assistant block",
    talk(assistant(text(" ")), user(text("x"))),
    "messages: text content blocks must contain non-whitespace text",
  ],
  [
    "an empty block in a tool result",
    { tools: [bashTool], ...talk(assistant(use("t")), user(result("t", [text("")]))) },
    "messages: text content blocks must be non-empty",
  ],
  ["a blank system text", { system: "  " }, "system: text content blocks must contain non-whitespace text"],
  ["an empty system block", { system: [text("")] }, "system: text content blocks must be non-empty"],
  [
    "a tool call of the user",
    { tools: [bashTool], messages: [user(use("t"))] },
    "messages.0: `tool_use` blocks can only be in `assistant` messages",
  ],
  [
    "a tool result of the assistant",
    { tools: [bashTool], ...talk(assistant(result("t")), user(text("x"))) },
    "messages.1: `tool_result` blocks can only be in `user` messages",
  ],
  [
    "thinking of the user",
    { messages: [user(text("x"), thought)] },
    "messages.0: `thinking` blocks can only be in `assistant` messages",
  ],
  [
    "an image of the assistant",
    talk({ ...image({}), role: "assistant" }, user(text("x"))),
    "messages.1: `image` blocks can only be in `user` messages",
  ],
  // Tool calls and their results.
  [
    "a call without a result",
    { tools: [bashTool], ...talk(assistant(use("t1"), use("t2")), user(result("t1"))) },
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t2. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
  ],
  [
    "a call at the end",
    { tools: [bashTool], ...talk(assistant(use("t1"))) },
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1",
  ],
  [
    "a text before the result",
    { tools: [bashTool], ...talk(assistant(use("t1")), user(text("x"), result("t1"))) },
    "messages.1: `tool_use` ids were found without",
  ],
  [
    "a result without a call",
    { tools: [bashTool], ...talk(assistant(text("a")), user(text("x"), result("t9"))) },
    "messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: t9. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
  ],
  [
    "a result at the beginning",
    { tools: [bashTool], messages: [user(result("t9"))] },
    "messages.0.content.0: unexpected `tool_use_id` found",
  ],
  [
    "two results of one call",
    { tools: [bashTool], ...talk(assistant(use("t")), user(result("t"), result("t"))) },
    "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: t",
  ],
  [
    "one id twice",
    { tools: [bashTool], ...talk(assistant(use("t"), use("t")), user(result("t"))) },
    "messages: `tool_use` ids must be unique",
  ],
  [
    "an id with a dot",
    { tools: [bashTool], ...talk(assistant(use("call.1")), user(result("call.1"))) },
    "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  ],
  [
    "a called name with a dot",
    { tools: [bashTool], ...talk(assistant(use("t", "a.b")), user(result("t"))) },
    "messages.1.content.0.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  [
    "an input that is a text",
    { tools: [bashTool], ...talk(assistant({ ...use("t"), input: "{}" }), user(result("t"))) },
    "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
  ],
  // Tools.
  [
    "a tool name with a dot",
    { tools: [{ ...bashTool, name: "a.b" }] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  [
    "a tool name of 129 characters",
    { tools: [{ ...bashTool, name: "a".repeat(129) }] },
    "tools.0.custom.name: String should match pattern",
  ],
  ["one tool name twice", { tools: [bashTool, bashTool] }, "tools: Tool names must be unique."],
  [
    "anyOf at the top",
    tool({ anyOf: [{ type: "object" }] }),
    "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
  ],
  ["oneOf at the top", tool({ oneOf: [] }), "input_schema does not support oneOf, allOf, or anyOf at the top level"],
  [
    "an unknown type in a schema",
    tool({ properties: { a: { type: "text" } } }),
    "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12",
  ],
  ["properties that are a list", tool({ properties: [] }), "tools.0.custom.input_schema: JSON schema is invalid"],
  [
    "required that is a truth",
    tool({ properties: { a: { type: "string", required: true } } }),
    "tools.0.custom.input_schema: JSON schema is invalid",
  ],
  [
    "a property name with a space",
    tool({ properties: { "a b": {} } }),
    "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'",
  ],
  [
    "a strict tool with an open object",
    tool({}, { strict: true }),
    "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
  ],
  [
    "a strict tool with maxItems",
    tool({ additionalProperties: false, properties: { a: { type: "array", maxItems: 3 } } }, { strict: true }),
    "tools.0.custom: For 'array' type, property 'maxItems' is not supported",
  ],
  [
    "only deferred tools",
    { tools: [{ ...bashTool, defer_loading: true }] },
    "tools: at least one tool must have defer_loading=false",
  ],
  [
    "a cached deferred tool",
    { tools: [bashTool, { ...bashTool, name: "g", defer_loading: true, ...mark }] },
    "tools.1: a tool with defer_loading=true can't have cache_control",
  ],
  [
    "a choice without tools",
    { tool_choice: { type: "auto" } },
    "tool_choice: may only be specified while providing tools",
  ],
  [
    "a choice of a tool that isn't there",
    { tools: [bashTool], tool_choice: { type: "tool", name: "x" } },
    "tool_choice: Tool 'x' not found in provided tools",
  ],
  // Caching.
  [
    "five cache marks",
    { messages: [user(...Array.from({ length: 5 }, () => text("x", mark)))] },
    "A maximum of 4 blocks with cache_control may be provided. Found 5.",
  ],
  [
    "four marks and an automatic one",
    { ...mark, messages: [user(...Array.from({ length: 4 }, () => text("x", mark)), text("y"))] },
    "A maximum of 4 blocks with cache_control may be provided. Found 5.",
  ],
  [
    "an hour behind five minutes",
    { system: [text("s", mark)], messages: [user(text("x", markHour))] },
    "messages.0.content.0.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
  ],
  [
    "an automatic mark with another lifetime",
    { ...markHour, messages: [user(text("x", mark))] },
    "cache_control: the last cacheable block (messages.0.content.0) already has a cache_control with another ttl",
  ],
  // Media.
  [
    "an image that is no base64",
    { messages: [image({ data: "%%%" })] },
    "messages.0.content.0.image.source.base64.data: Input should be valid base64",
  ],
  [
    "an image of another kind",
    { messages: [image({ media_type: "image/jpeg" })] },
    "messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media type, but the image appears to be a image/png image",
  ],
  [
    "an image that is none",
    { messages: [image({ data: "aGVsbG8gd29ybGQh" })] },
    "messages.0.content.0.image.source.base64: Could not process image",
  ],
  [
    "an image over 5 MB",
    { messages: [image({ data: `${png.slice(0, 64)}${"A".repeat(7 * 1024 * 1024)}` })] },
    "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum",
  ],
  [
    "101 images",
    { messages: [user(...Array.from({ length: 101 }, () => (image({}) as { content: object[] }).content[0] ?? {}))] },
    "messages: too many images: 101 > 100",
  ],
  [
    "an image by file id",
    { messages: [image({ type: "file", file_id: "f", media_type: undefined, data: undefined })] },
    "messages.0.content.0.image.source.file.file_id: File not found",
  ],
  [
    "a PDF that is none",
    { messages: [pdf("aGVsbG8gd29ybGQh")] },
    "messages.0.content.0.document.source.base64.data: The PDF specified was not valid.",
  ],
  [
    "a PDF that is no base64",
    { messages: [pdf("a")] },
    "messages.0.content.0.document.source.base64.data: Input should be valid base64",
  ],
  // What depends on the model.
  [
    "more than a model's output",
    { max_tokens: 128_001 },
    "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-opus-4-7",
  ],
  [
    "more than haiku's output",
    { ...haiku, max_tokens: 64_001 },
    "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5",
  ],
  ["temperature on 4.7", { temperature: 1 }, "`temperature` is deprecated for this model."],
  ["top_p on 4.7", { top_p: 1 }, "`top_p` is deprecated for this model."],
  ["top_k on the 1M id", { model: "claude-opus-4-7-1m", top_k: 5 }, "`top_k` is deprecated for this model."],
  [
    "temperature and top_p",
    { ...haiku, temperature: 0.5, top_p: 0.9 },
    "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
  ],
  [
    "effort on haiku",
    { ...haiku, output_config: { effort: "low" } },
    "This model does not support the effort parameter.",
  ],
  [
    "xhigh on 4.6",
    { ...opus46, output_config: { effort: "xhigh" } },
    "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
  ],
  [
    "the role system",
    talk({ role: "system", content: "be terse" }, user(text("x"))),
    "messages.1: role 'system' is not supported on this model",
  ],
  [
    "a prefill on 4.7",
    talk(assistant(text("{"))),
    "This model does not support assistant message prefill. The conversation must end with a user message.",
  ],
  [
    "a prefill on 4.6",
    { ...opus46, ...talk(assistant(text("{"))) },
    "This model does not support assistant message prefill.",
  ],
  [
    "a prefill that ends in white space",
    { ...haiku, ...talk(assistant(text("The answer is "))) },
    "messages: final assistant content cannot end with trailing whitespace",
  ],
  [
    "a prefill and an output format",
    { ...haiku, ...talk(assistant(text("{"))), ...format(closed) },
    "output_config.format: can't be combined with a prefilled assistant message",
  ],
  // Thinking.
  [
    "enabled thinking on 4.7",
    { thinking: { type: "enabled", budget_tokens: 2_000 } },
    '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
  ],
  [
    "adaptive thinking on haiku",
    { ...haiku, thinking: { type: "adaptive" } },
    "adaptive thinking is not supported on this model",
  ],
  [
    "thinking between tools",
    { thinking: { type: "between_tools" } },
    '"thinking.type.between_tools" is not supported for this model.',
  ],
  [
    "a small budget",
    { ...haiku, thinking: { type: "enabled", budget_tokens: 1_023 } },
    "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
  ],
  [
    "a budget of all tokens",
    { ...haiku, max_tokens: 2_000, thinking: { type: "enabled", budget_tokens: 2_000 } },
    "`max_tokens` must be greater than `thinking.budget_tokens`.",
  ],
  [
    "updates without their beta",
    { thinking: { type: "adaptive", display: "updates" } },
    "thinking.adaptive.display: Input should be 'summarized' or 'omitted'",
  ],
  [
    "a forced tool with thinking on haiku",
    { ...haiku, tools: [bashTool], tool_choice: { type: "any" }, thinking: { type: "enabled", budget_tokens: 2_000 } },
    "Thinking may not be enabled when tool_choice forces tool use.",
  ],
  [
    "a forced tool with enabled thinking on 4.6",
    {
      ...opus46,
      tools: [bashTool],
      tool_choice: { type: "tool", name: "Bash" },
      thinking: { type: "enabled", budget_tokens: 2_000 },
    },
    "Thinking may not be enabled when tool_choice forces tool use.",
  ],
  [
    "temperature with thinking",
    { ...opus46, temperature: 0.5, thinking: { type: "adaptive" } },
    "`temperature` may only be set to 1 when thinking is enabled.",
  ],
  [
    "a low top_p with thinking",
    { ...opus46, top_p: 0.5, thinking: { type: "adaptive" } },
    "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.",
  ],
  [
    "top_k with thinking",
    { ...opus46, top_k: 5, thinking: { type: "adaptive" } },
    "`top_k` must be unset when thinking is enabled.",
  ],
  [
    "an invented signature",
    talk(assistant({ ...thought, signature: "aW52ZW50ZWQgYnkgc29tZW9uZSBlbHNl" }, text("a")), user(text("x"))),
    "messages.1.content.0: Invalid `signature` in `thinking` block",
  ],
  [
    "a signature that isn't base64",
    talk(assistant({ ...thought, signature: "?" }, text("a")), user(text("x"))),
    "messages.1.content.0: Invalid `signature` in `thinking` block",
  ],
  [
    "thinking that was changed",
    talk(assistant({ ...thought, thinking: "hmm" }, text("a")), user(text("x"))),
    "messages.1.content.0: Invalid `signature` in `thinking` block",
  ],
  [
    "invented redacted thinking",
    talk(assistant({ type: "redacted_thinking", data: "zzzz" }, text("a")), user(text("x"))),
    "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
  ],
  [
    "an answered call without its thinking",
    {
      ...haiku,
      thinking: { type: "enabled", budget_tokens: 2_000 },
      tools: [bashTool],
      ...talk(assistant(use("t")), user(result("t"))),
    },
    "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block",
  ],
  [
    "a prefill without thinking",
    { ...haiku, thinking: { type: "enabled", budget_tokens: 2_000 }, ...talk(assistant(text("{"))) },
    "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`",
  ],
  // Output schemas.
  [
    "an open object",
    format({ type: "object" }),
    "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
  ],
  [
    "an open object inside",
    format({ ...closed, properties: { a: { type: "object" } }, required: ["a"] }),
    "For 'object' type, 'additionalProperties' must be explicitly set to false",
  ],
  [
    "minimum",
    format({ ...closed, properties: { a: { type: "integer", minimum: 1 } } }),
    "For 'integer' type, property 'minimum' is not supported",
  ],
  [
    "pattern",
    format({ ...closed, properties: { a: { type: "string", pattern: "x" } } }),
    "For 'string' type, property 'pattern' is not supported",
  ],
  [
    "minItems of two",
    format({ ...closed, properties: { a: { type: "array", minItems: 2 } } }),
    "For 'array' type, 'minItems' values other than 0 or 1 are not supported",
  ],
  ["oneOf", format({ ...closed, properties: { a: { oneOf: [] } } }), "Schema keyword 'oneOf' is not supported"],
  [
    "an unknown format",
    format({ ...closed, properties: { a: { type: "string", format: "phone" } } }),
    "String format 'phone' is not supported",
  ],
  [
    "recursion",
    format({
      ...closed,
      properties: { a: { $ref: "#/$defs/n" } },
      $defs: { n: { ...closed, properties: { n: { $ref: "#/$defs/n" } } } },
    }),
    "Recursive schemas are not supported",
  ],
  [
    "a reference to nothing",
    format({ ...closed, properties: { a: { $ref: "#/$defs/n" } } }),
    "Schema reference '#/$defs/n' can't be resolved",
  ],
  [
    "25 optional properties",
    format({ ...closed, properties: many(25, { type: "string" }) }),
    "Schema has too many optional parameters (25 > 24)",
  ],
];

/** What is near a rule and right. */
const accepted: [what: string, more: object, headers?: Record<string, string>][] = [
  ["max_tokens of zero, which warms the cache", { max_tokens: 0 }],
  ["the most output of each model", { max_tokens: 128_000 }],
  [
    "neighbouring messages of one role",
    {
      tools: [bashTool],
      ...talk(
        user(text("more")),
        assistant(use("t1")),
        assistant(use("t2")),
        user(result("t1")),
        user(result("t2"), text("x")),
      ),
    },
  ],
  ["an assistant message without content", talk({ role: "assistant", content: "" }, user(text("x")))],
  [
    "a blank text beside a tool call",
    { tools: [bashTool], ...talk(assistant(text("\n\n"), use("t")), user(result("t"))) },
  ],
  ["a blank text beside another", { messages: [user(text("hi"), text(" "))] }],
  ["an empty system text", { system: "" }],
  [
    "a tool result without content",
    {
      tools: [bashTool],
      ...talk(assistant(use("a"), use("b"), use("c")), user(result("a", ""), result("b", []), result("c", " "))),
    },
  ],
  ["old tool calls without tools", talk(assistant(use("t")), user(result("t")))],
  ["temperature alone on 4.6", { ...opus46, temperature: 0.3 }],
  ["top_p alone on haiku", { ...haiku, top_p: 0.9 }],
  ["xhigh on 4.7", { output_config: { effort: "xhigh" }, thinking: { type: "adaptive" } }],
  ["disabled thinking", { thinking: { type: "disabled" } }],
  [
    "a forced tool with adaptive thinking",
    { tools: [bashTool], tool_choice: { type: "any" }, thinking: { type: "adaptive" } },
  ],
  ["a prefill on haiku", { ...haiku, ...talk(assistant(text("{"))) }],
  [
    "a paused turn that is sent back",
    talk(assistant(text("a"), { type: "server_tool_use", id: "srv_1", name: "web_search", input: {} })),
  ],
  ["thinking that comes back as it was", talk(assistant(thought, text("a")), user(text("x")))],
  [
    "an answered call without thinking in adaptive mode",
    { tools: [bashTool], thinking: { type: "adaptive" }, ...talk(assistant(use("t")), user(result("t"))) },
  ],
  [
    "an older turn without thinking",
    { ...haiku, thinking: { type: "enabled", budget_tokens: 2_000 }, ...talk(assistant(text("a")), user(text("x"))) },
  ],
  [
    "four cache marks, the longer lived first",
    { ...mark, system: [text("s", markHour), text("t", markHour)], messages: [user(text("x", mark), text("y"))] },
  ],
  [
    "an automatic mark on a marked block",
    { ...mark, messages: [user(...Array.from({ length: 4 }, () => text("x", mark)))] },
  ],
  ["an image and a document", { messages: [image({}), pdf(Buffer.from("%PDF-1.7 /Type /Page").toString("base64"))] }],
  [
    "an image behind an address",
    { messages: [image({ type: "url", url: "https://x.test/a.png", media_type: undefined, data: undefined })] },
  ],
  [
    "a strict tool with a closed schema",
    tool(
      { additionalProperties: false, properties: { a: { type: "array", minItems: 1, items: { type: "string" } } } },
      { strict: true },
    ),
  ],
  [
    "a schema with definitions used twice",
    format({
      ...closed,
      properties: { a: { $ref: "#/$defs/n" }, b: { $ref: "#/$defs/n" } },
      required: ["a", "b"],
      $defs: { n: { ...closed, properties: {} } },
    }),
  ],
  [
    "the user id of Claude Code",
    {
      metadata: {
        user_id: JSON.stringify({
          device_id: "a".repeat(64),
          account_uuid: "",
          session_id: "48cef924-bca7-4745-bb9a-a56a93675a10",
        }),
      },
    },
  ],
  ["a beta that nobody knows", {}, { "anthropic-beta": "made-up-2030-01-01" }],
  [
    "updates with their beta",
    { thinking: { type: "adaptive", display: "updates" } },
    { "anthropic-beta": "thinking-display-updates-2026-08-18" },
  ],
];

describe("the rules of the real API", () => {
  it.each(refused)("refuses %s", async (_, more, message) => {
    const { post } = await openSandbox();
    const { status, body } = await post(ask("hello", more));
    expect([status, body.error?.type, body.error?.message]).toEqual([
      ...[400, "invalid_request_error", expect.stringContaining(message)],
    ]);
  });

  it.each(accepted)("takes %s", async (_, more, headers) => {
    const { post } = await openSandbox();
    const { status, text: answer } = await post(ask("hello", more), headers);
    expect([status, answer]).toEqual([200, expect.any(String)]);
  });

  it.each(["gpt-4o", "claude-sonnet-4-6", "claude-opus-5-5", "claude-haiku-4-5-20251001", "CLAUDE-OPUS-4-7"])(
    "knows no model %s",
    async (model) => {
      const { post } = await openSandbox();
      const { status, body } = await post(ask("hello", { model }));
      expect([status, body.error.type]).toEqual([404, "not_found"]);
      expect(body.error.message).toContain(`model: ${model}`);
    },
  );

  it("refuses a prompt over the documented window and takes it on the 1M id", async () => {
    const { post } = await openSandbox();
    const long = ask("word ".repeat(120_000));
    const { status, body } = await post(long);
    expect(status).toBe(400);
    expect(body.error.message).toMatch(/^prompt is too long: 2\d{5} tokens > 200000 maximum$/);
    expect((await post({ ...long, model: "claude-opus-4-7-1m" })).status).toBe(200);
  });
});

describe("what real clients send", () => {
  const betas =
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,thinking-token-count-2026-05-13," +
    "advanced-tool-use-2025-11-20,effort-2025-11-24";
  const claudeCode = {
    model: "claude-opus-4-7",
    max_tokens: 64_000,
    system: [
      text("x-anthropic-billing-header: cc_version=2.1.330.440; cc_entrypoint=sdk-cli;"),
      text("You are an agent.", mark),
      text("Rules.", mark),
    ],
    tools: [
      bashTool,
      {
        name: "DeferredToolPlaceholder",
        description: "d",
        input_schema: { type: "object", properties: {} },
        defer_loading: true,
      },
    ],
    messages: [user(text("<system-reminder>\n# Environment\n</system-reminder>"), text("say hi", mark))],
    metadata: { user_id: "{}" },
    thinking: { type: "adaptive", display: "omitted" },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    output_config: { effort: "xhigh" },
  };

  it("takes Claude Code's requests: opus, haiku, interactive", async () => {
    const { stream } = await openSandbox();
    const headers = { "anthropic-beta": betas };
    expect((await stream(claudeCode, headers)).status).toBe(200);
    const { output_config: _, ...onHaiku } = {
      ...claudeCode,
      ...haiku,
      max_tokens: 32_000,
      thinking: { type: "enabled", budget_tokens: 31_999, display: "omitted" },
    };
    expect((await stream(onHaiku, headers)).status).toBe(200);
    const interactive = {
      ...claudeCode,
      thinking: { type: "adaptive", display: "updates" },
      safeguards: [{ type: "dangerous_tool_use", classifier_context: { v: 1 } }],
    };
    const more = `${betas},dangerous-tool-use-2026-09-03,thinking-display-updates-2026-08-18`;
    expect((await stream(interactive, { "anthropic-beta": more })).status).toBe(200);
  });

  it("refuses a field whose beta header was lost on the way", async () => {
    const { post } = await openSandbox();
    const { body } = await post(claudeCode);
    expect(body.error.message).toBe("context_management: Extra inputs are not permitted");
  });

  it("takes what the AI SDK and opencode send", async () => {
    const { post } = await openSandbox();
    const body = ask([text("hi", mark)], {
      max_tokens: 32_000,
      tools: [{ ...bashTool, eager_input_streaming: true }],
      tool_choice: { type: "auto" },
    });
    expect((await post(body, { "anthropic-beta": "structured-outputs-2025-11-13" })).status).toBe(200);
  });
});
