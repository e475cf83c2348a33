/** The name of our own free requests, which prove a way: the upstream's validation refuses them. */
export const selfCheckTool = "self-check";

/** True for such a request that went as it should: its 400 is no failure of anybody's. */
export function isProof({ tool, status }: { readonly tool: string; readonly status: number }): boolean {
  return tool === selfCheckTool && status === 400;
}

/** Programs by how their User-Agent looks; the first match wins. Source: User-Agents of the tools' requests (2026-11). */
const tools: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bagent-sdk\//, "claude-agent-sdk"],
  [/^claude-(cli|code)\//i, "claude-code"],
  [/^codex/i, "codex"],
  [/\bopencode\//i, "opencode"],
  [/\bkilo(-?code)?\//i, "kilo-code"],
  [/\broo-?code\//i, "roo-code"],
  [/\bcline\b/i, "cline"],
  [/^qwen-?code\//i, "qwen-code"],
  [/\bcontinue\b|^ls\/JS\b/i, "continue"],
  [/\bcursor\b/i, "cursor"],
  [/\baider\b/i, "aider"],
  [/\bzed\//i, "zed"],
  [/\bgoose\b/i, "goose"],
  [/copilot/i, "copilot"],
  [/langchain/i, "langchain"],
  [/llama-?index/i, "llamaindex"],
  [/litellm/i, "litellm"],
  [/^(Async)?Anthropic\//, "anthropic-sdk"],
  [/^(Async|Azure)*OpenAI\//, "openai-sdk"],
  [/\bai-sdk\//, "ai-sdk"],
  [/^zenthrex-verify\b/, selfCheckTool],
  [/^zenthrex\//, "zenthrex"],
  [/^curl\//, "curl"],
  [/^Wget\//, "wget"],
  [/^(python-requests|python-httpx|aiohttp|Python-urllib)\b/i, "python"],
  [/^Bun\//, "bun"],
  [/^(node|undici)\b/, "node"],
  [/^Go-http-client\//, "go"],
  [/^okhttp\/|^Java/, "java"],
  [/^Mozilla\//, "browser"],
];

/** The program that asks, from its User-Agent. Shape: a name of the table, "none" without a User-Agent, else "other". */
export function toolName(userAgent: string | undefined): string {
  if (userAgent === undefined || userAgent === "") return "none";
  return tools.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "other";
}
