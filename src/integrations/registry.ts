import type { Registry } from "../base/registry.ts";
import type { Integration } from "./types.ts";

/** The tools that `zenthrex setup` knows. A new one is a file in this folder and a line here. */
export const integrations = {
  "claude-code": () => import("./claude-code.ts"),
  codex: () => import("./codex.ts"),
  cursor: () => import("./cursor.ts"),
  cline: () => import("./cline.ts"),
  "roo-code": () => import("./roo-code.ts"),
  "kilo-code": () => import("./kilo-code.ts"),
  opencode: () => import("./opencode.ts"),
  continue: () => import("./continue.ts"),
  zed: () => import("./zed.ts"),
  vscode: () => import("./vscode.ts"),
  "copilot-cli": () => import("./copilot-cli.ts"),
  aider: () => import("./aider.ts"),
  "qwen-code": () => import("./qwen-code.ts"),
  crush: () => import("./crush.ts"),
  jetbrains: () => import("./jetbrains.ts"),
  "claude-desktop": () => import("./claude-desktop.ts"),
  "anthropic-sdk": () => import("./anthropic-sdk.ts"),
  "openai-sdk": () => import("./openai-sdk.ts"),
  "ai-sdk": () => import("./ai-sdk.ts"),
  langchain: () => import("./langchain.ts"),
  curl: () => import("./curl.ts"),
} satisfies Registry<Integration>;
