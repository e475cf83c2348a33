// One lazy line a client.
export const clients = {
  "ai-sdk": () => import("./ai-sdk.mjs"),
  "anthropic-snippet": () => import("./anthropic-snippet.mjs"),
  "ai-sdk-openai": () => import("./ai-sdk-openai.mjs"),
  "anthropic-sdk": () => import("./anthropic-sdk.mjs"),
  "claude-code": () => import("./claude-code.mjs"),
  cline: () => import("./cline.mjs"),
  codex: () => import("./codex.mjs"),
  continue: () => import("./continue.mjs"),
  "copilot-cli": () => import("./copilot-cli.mjs"),
  curl: () => import("./curl.mjs"),
  "kilo-code": () => import("./kilo-code.mjs"),
  langchain: () => import("./langchain.mjs"),
  "openai-sdk": () => import("./openai-sdk.mjs"),
  "openai-snippet": () => import("./openai-snippet.mjs"),
  opencode: () => import("./opencode.mjs"),
  "qwen-code": () => import("./qwen-code.mjs"),
};
