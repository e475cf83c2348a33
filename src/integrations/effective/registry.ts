import type { Registry } from "../../base/registry.ts";
import type { EffectiveReader } from "./types.ts";

/** The tools whose effective settings can be read. A new one is a file in `tools/` and a line here. */
export const effectiveReaders = {
  "claude-code": () => import("./tools/claude-code.ts"),
  cursor: () => import("./tools/cursor.ts"),
  cline: () => import("./tools/cline.ts"),
  "roo-code": () => import("./tools/roo-code.ts"),
  codex: () => import("./tools/codex.ts"),
  opencode: () => import("./tools/opencode.ts"),
  "kilo-code": () => import("./tools/kilo-code.ts"),
  continue: () => import("./tools/continue.ts"),
  zed: () => import("./tools/zed.ts"),
  vscode: () => import("./tools/vscode.ts"),
  aider: () => import("./tools/aider.ts"),
  "qwen-code": () => import("./tools/qwen-code.ts"),
  crush: () => import("./tools/crush.ts"),
  "copilot-cli": () => import("./tools/copilot-cli.ts"),
  "anthropic-sdk": () => import("./tools/anthropic-sdk.ts"),
  "openai-sdk": () => import("./tools/openai-sdk.ts"),
} satisfies Registry<EffectiveReader>;

/** The closed set of their names. */
export type EffectiveToolName = keyof typeof effectiveReaders;
