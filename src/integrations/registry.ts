import type { Registry } from "../base/registry.ts";
import type { Integration } from "./types.ts";

/** The tools that `zenthrex setup` knows. A new one is a file in this folder and a line here. */
export const integrations = {
  "claude-code": () => import("./claude-code.ts"),
  cursor: () => import("./cursor.ts"),
  cline: () => import("./cline.ts"),
  "roo-code": () => import("./roo-code.ts"),
  "anthropic-sdk": () => import("./anthropic-sdk.ts"),
  "openai-sdk": () => import("./openai-sdk.ts"),
  curl: () => import("./curl.ts"),
} satisfies Registry<Integration>;
