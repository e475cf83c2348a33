import type { JoinRule } from "./types.ts";

/**
 * How tools make URLs of a base. Source: measured with Claude Code 2.1.330, @anthropic-ai/sdk 1.12.0, openai 7.57.0, cline 3.0.65,
 * opencode 1.18.33, codex 0.169.0 and @continuedev/cli 1.5.47; the hosted documentation, "at a glance".
 */
export const joinRules = {
  /** The Anthropic SDKs and Claude Code: the bare host. */
  anthropic: { want: "bare", suffix: "/v1/messages", format: "anthropic" },
  /** `@ai-sdk/anthropic` and what is built on it, Continue, Crush: with /v1. */
  anthropicV1: { want: "v1", suffix: "/messages", format: "anthropic" },
  chat: { want: "v1", suffix: "/chat/completions", format: "openai-chat" },
  responses: { want: "v1", suffix: "/responses", format: "openai-responses" },
  /** VS Code: the URL of the route. */
  messagesEndpoint: { want: "endpoint", suffix: "/v1/messages", format: "anthropic" },
  chatEndpoint: { want: "endpoint", suffix: "/v1/chat/completions", format: "openai-chat" },
} as const satisfies Record<string, JoinRule>;

/** Where requests go without a base URL. */
export const vendorBases = {
  anthropic: "https://api.anthropic.com",
  openai: "https://api.openai.com/v1",
} as const;
