// One lazy line a client.
export const clients = {
  "anthropic-sdk": () => import("./anthropic-sdk.mjs"),
  "claude-code": () => import("./claude-code.mjs"),
};
