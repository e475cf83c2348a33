import { compileChatCheck } from "./chat-schema.ts";
import { compileSchema } from "./compile-schema.ts";
import { messageCreateParams } from "./message-create-params.generated.ts";
import type { Check, SchemaNode } from "./schema-node.ts";

const open: SchemaNode = { type: "object", additionalProperties: {} };
const openList: SchemaNode = { type: "array", items: open };

/**
 * Sampling parameters: gone from the SDK's types, taken by the wire for models up to 4.6.
 * Source: hosted documentation, "POST /v1/messages" (temperature); Anthropic's Messages reference of 2025 (top_p, top_k).
 */
const samplingFields: Readonly<Record<string, SchemaNode>> = {
  temperature: { type: "number" },
  top_p: { type: "number" },
  top_k: { type: "integer" },
};

/** Fields that exist only under a beta header. Source: types of the beta namespace of @anthropic-ai/sdk 1.12.0; Claude Code 2.1.330. */
const betaFields: Readonly<Record<string, SchemaNode>> = {
  context_management: { ...open, nullable: true, beta: "context-management-" },
  mcp_servers: { ...openList, beta: "mcp-client-" },
  output_format: { ...open, nullable: true, beta: "structured-outputs-" },
  safeguards: { ...openList, beta: "dangerous-tool-use-" },
  compaction: { ...open, nullable: true, beta: "compact-" },
  fallbacks: { nullable: true, beta: "server-side-fallback-" },
  fallback_credit_token: { nullable: true, beta: "fallback-credit-" },
  billing_policy: { ...open, nullable: true, beta: "user-profiles-billing-" },
};

function withFields(name: string, fields: Readonly<Record<string, SchemaNode>>): SchemaNode {
  const node = messageCreateParams[name] ?? {};
  return { ...node, properties: { ...node.properties, ...fields } };
}

/** `updates` is a display of a beta: a rule asks for its header. */
const display: SchemaNode = { type: "string", enum: ["summarized", "omitted", "updates"], nullable: true };
const blockBinding: SchemaNode = { ...open, nullable: true, beta: "thinking-binding-controls-" };

/** Tools and content blocks that exist only under a beta header: their tag is known, their fields are not looked at. */
const betaTools: Readonly<Record<string, string>> = {
  ...{ computer_20241022: "computer-use-2024-10-22", bash_20241022: "computer-use-2024-10-22" },
  ...{ text_editor_20241022: "computer-use-2024-10-22", computer_20250124: "computer-use-2025-01-24" },
  ...{ computer_20251124: "computer-use-2025-11-24", advisor_20260301: "advisor-tool-", mcp_toolset: "mcp-client-" },
};
const betaBlocks: Readonly<Record<string, string>> = {
  ...{ mcp_tool_use: "mcp-client-", mcp_tool_result: "mcp-client-" },
  ...{ advisor_tool_result: "advisor-tool-", compaction: "compact-" },
};

function withMembers(name: string, members: Readonly<Record<string, string>>): SchemaNode {
  const opened = Object.entries(members).map(([tag, beta]) => ({
    ...open,
    properties: { type: { const: tag } },
    beta,
  }));
  return { anyOf: [...(messageCreateParams[name]?.anyOf ?? []), ...opened] };
}

const definitions: Readonly<Record<string, SchemaNode>> = {
  ...messageCreateParams,
  ToolUnion: withMembers("ToolUnion", betaTools),
  ContentBlockParam: withMembers("ContentBlockParam", betaBlocks),
  MessageCreateParamsBase: withFields("MessageCreateParamsBase", { ...samplingFields, ...betaFields }),
  ThinkingConfigAdaptive: withFields("ThinkingConfigAdaptive", { display, block_binding: blockBinding }),
  ThinkingConfigEnabled: withFields("ThinkingConfigEnabled", { display, block_binding: blockBinding }),
  OutputConfig: withFields("OutputConfig", { task_budget: { ...open, nullable: true, beta: "task-budgets-" } }),
};

/** What a count takes: the prompt, nothing about the answer. */
const countedFields = [
  ...["messages", "model", "system", "thinking", "tool_choice", "tools", "output_config", "cache_control"],
  ...["context_management", "mcp_servers", "output_format"],
];

function countParams(): SchemaNode {
  const properties = definitions["MessageCreateParamsBase"]?.properties ?? {};
  const kept = Object.entries(properties).filter(([name]) => countedFields.includes(name));
  return { type: "object", properties: Object.fromEntries(kept), required: ["messages", "model"] };
}

/** The checks of the request bodies. */
export interface RequestChecks {
  readonly messages: Check;
  readonly chat: Check;
  readonly countTokens: Check;
}

/** Compiles the checks of the request bodies, once a sandbox. */
export function compileRequestChecks(): RequestChecks {
  const all = { ...definitions, MessageCountTokensParams: countParams() };
  return {
    messages: compileSchema(all, "MessageCreateParamsBase"),
    chat: compileChatCheck(),
    countTokens: compileSchema(all, "MessageCountTokensParams"),
  };
}
