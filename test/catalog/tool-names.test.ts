import { describe, expect, it } from "vitest";
import { toolName } from "../../src/catalog/tool-names.ts";

describe("toolName", () => {
  it.each([
    ["claude-cli/2.1.330 (external, cli)", "claude-code"],
    ["claude-cli/2.1.330 (external, sdk-cli)", "claude-code"],
    ["claude-code/2.1.330", "claude-code"],
    ["claude-cli/2.1.330 (external, sdk-ts, agent-sdk/0.3.330)", "claude-agent-sdk"],
    ["Anthropic/JS 1.12.0", "anthropic-sdk"],
    ["AsyncAnthropic/Python 0.80.0", "anthropic-sdk"],
    ["OpenAI/JS 7.57.0", "openai-sdk"],
    ["AsyncOpenAI/Python 2.1.0", "openai-sdk"],
    ["opencode/1.18.33 ai-sdk/provider-utils/4.0.23 runtime/bun/1.3.14", "opencode"],
    ["ai-sdk/openai-compatible/3.0.37 ai-sdk/provider-utils/5.0.30 runtime/bun/1.3.13", "ai-sdk"],
    ["cline ai-sdk/openai-compatible/3.0.37 ai-sdk/provider-utils/5.0.30 runtime/bun/1.3.13", "cline"],
    ["codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.169.0)", "codex"],
    ["QwenCode/0.24.4 (linux; x64)", "qwen-code"],
    ["curl/7.88.1", "curl"],
    ["Bun/1.4.4", "bun"],
    ["node", "node"],
    ["zenthrex/0.1.0", "zenthrex"],
    ["zenthrex-verify/0.1.0 (setup)", "self-check"],
    ["Mozilla/5.0 (X11; Linux x86_64)", "browser"],
    ["something/1.0", "other"],
    ["", "none"],
    [undefined, "none"],
  ])("%s is %s", (userAgent, name) => {
    expect(toolName(userAgent)).toBe(name);
  });
});
