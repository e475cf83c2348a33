type Fields = Readonly<Record<string, unknown>>;

/** A field as callers send it. `field` is its name, `sets` what is added to a plain request. */
export interface FieldSample {
  readonly field: string;
  readonly sets: Fields;
}

const sample = (field: string, value: unknown, alongside: Fields = {}): FieldSample => ({
  field,
  sets: { ...alongside, [field]: value },
});

const parameters = { type: "object", properties: { city: { type: "string" } } };
const schema = {
  type: "object",
  properties: { ok: { type: "boolean" } },
  required: ["ok"],
  additionalProperties: false,
};
const picture = "data:image/png;base64,iVBORw0KGgo=";

/** What both OpenAI formats call by the same name. */
const shared: readonly FieldSample[] = [
  sample("temperature", 0.5),
  sample("temperature", 1.5),
  sample("top_p", 0.9),
  sample("top_k", 40),
  sample("stop_sequences", ["END"]),
  sample("user", "u-1"),
  sample("safety_identifier", "u-1"),
  sample("metadata", { ticket: "7" }),
  sample("service_tier", "default"),
  sample("service_tier", "flex"),
  sample("prompt_cache_key", "k"),
  sample("prompt_cache_retention", "24h"),
  sample("prompt_cache_options", { mode: "explicit" }),
  sample("cache_control", { type: "ephemeral" }),
  sample("thinking", { type: "enabled", budget_tokens: 2048 }),
  sample("output_config", { effort: "high" }),
  sample("moderation", { model: "omni-moderation-latest" }),
  sample("top_logprobs", 3),
];

const chatTool = { type: "function", function: { name: "weather", parameters } };
const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } };
const user = (content: unknown): Fields => ({ role: "user", content });

/** Fields of Chat Completions, those of other dialects that clients put into its bodies, and what a conversation may hold. */
export const chatSamples: readonly FieldSample[] = [
  sample("messages", [{ role: "system", content: "Be brief." }, user("hi")]),
  sample("messages", [user("hi"), { role: "developer", content: "Now in French." }, user("go on")]),
  sample("messages", [user([{ type: "image_url", image_url: { url: picture } }])]),
  sample("messages", [
    user([{ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" } }]),
  ]),
  sample("messages", [user([{ type: "input_audio", input_audio: { data: "AA==", format: "wav" } }])]),
  sample(
    "messages",
    [
      user("hi"),
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
    ],
    {
      tools: [chatTool],
    },
  ),
  sample("system", "Be brief."),
  sample("input", "hi", { messages: undefined }),
  sample("max_completion_tokens", 100),
  sample("max_completion_tokens", 1_000_000),
  sample("max_tokens", 100),
  sample("stop", ["END"]),
  sample("stream", true),
  sample("stream_options", { include_usage: true }),
  sample("tools", [chatTool]),
  sample("tools", [{ type: "custom", custom: { name: "patch" } }]),
  sample("tool_choice", "required", { tools: [chatTool] }),
  sample("tool_choice", "none", { tools: [chatTool] }),
  sample("tool_choice", { type: "function", function: { name: "weather" } }, { tools: [chatTool] }),
  sample("parallel_tool_calls", false, { tools: [chatTool] }),
  sample("functions", [{ name: "weather", parameters }]),
  sample("function_call", "auto", { functions: [{ name: "weather", parameters }] }),
  sample("response_format", { type: "json_object" }),
  sample("response_format", { type: "json_schema", json_schema: { name: "answer", schema, strict: true } }),
  sample("reasoning_effort", "minimal"),
  sample("reasoning_effort", "high"),
  sample("reasoning_effort", "none"),
  sample("reasoning", { max_tokens: 4096 }),
  sample("n", 1),
  sample("n", 2),
  sample("modalities", ["text", "audio"]),
  sample("audio", { voice: "alloy", format: "wav" }),
  sample("logprobs", true),
  sample("logit_bias", { 50256: -100 }),
  sample("frequency_penalty", 0.5),
  sample("presence_penalty", 0.5),
  sample("seed", 7),
  sample("store", true),
  sample("verbosity", "low"),
  sample("prediction", { type: "content", content: "x" }),
  sample("web_search_options", {}),
  sample("web_search_options", { search_context_size: "low" }),
  sample("anthropic_beta", ["x"]),
  sample("no_such_field", 1),
  ...shared,
];

const tool = { type: "function", name: "weather", parameters };
const functionCall = { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Rome"}' };

/** Fields of Responses, and what its input may hold. */
export const responsesSamples: readonly FieldSample[] = [
  sample("input", [user([{ type: "input_image", image_url: picture }])]),
  sample("input", [functionCall, { type: "function_call_output", call_id: "call_1", output: "sunny" }], {
    tools: [tool],
  }),
  sample("input", [user("hi"), { type: "web_search_call", id: "ws_1", status: "completed" }]),
  sample("instructions", "Be brief."),
  sample("max_output_tokens", 100),
  sample("stop", ["END"]),
  sample("stream", true),
  sample("stream_options", { include_obfuscation: true }),
  sample("tools", [tool]),
  sample("tools", [{ type: "custom", name: "patch" }]),
  sample("tools", [{ type: "apply_patch" }]),
  sample("tools", [{ type: "web_search" }]),
  sample("tool_choice", "required", { tools: [tool] }),
  sample(
    "tool_choice",
    { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "weather" }] },
    { tools: [tool] },
  ),
  sample("parallel_tool_calls", false, { tools: [tool] }),
  sample("max_tool_calls", 3),
  sample("reasoning", { effort: "high" }),
  sample("reasoning", { effort: "high", summary: "auto" }),
  sample("reasoning", { effort: "high", summary: "detailed" }),
  sample("text", { format: { type: "json_schema", name: "answer", schema, strict: true } }),
  sample("text", { verbosity: "low" }),
  sample("include", ["reasoning.encrypted_content"]),
  sample("include", ["file_search_call.results"]),
  sample("store", false),
  sample("truncation", "auto"),
  sample("context_management", [{ type: "compaction" }]),
  sample("background", true),
  sample("conversation", "conv_1"),
  sample("prompt", { id: "pmpt_1" }),
  sample("previous_response_id", "resp_unknown"),
  sample("client_metadata", { a: "b" }),
  sample("no_such_field", 1),
  ...shared,
];
