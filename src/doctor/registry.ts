import type { Registry } from "../base/registry.ts";
import type { AnyProbe, EarlyProbe } from "./types.ts";

/**
 * The probes in the order in which they are printed: what a probe depends on stands before it. A new one is a file in `probes/` and a
 * line here.
 */
export const probes = {
  node: () => import("./probes/node.ts"),
  config: () => import("./probes/config.ts"),
  home: () => import("./probes/home.ts"),
  surroundings: () => import("./probes/surroundings.ts"),
  "proxy-variables": () => import("./probes/proxy-variables.ts"),
  key: () => import("./probes/key.ts"),
  daemon: () => import("./probes/daemon.ts"),
  proxy: () => import("./probes/proxy.ts"),
  dns: () => import("./probes/dns.ts"),
  connect: () => import("./probes/connect.ts"),
  tls: () => import("./probes/tls.ts"),
  api: () => import("./probes/api.ts"),
  clock: () => import("./probes/clock.ts"),
  auth: () => import("./probes/auth.ts"),
  wallet: () => import("./probes/wallet.ts"),
  rate: () => import("./probes/rate.ts"),
  models: () => import("./probes/models.ts"),
  formats: () => import("./probes/formats.ts"),
  "prompt-filter": () => import("./probes/prompt-filter.ts"),
  "beta-fields": () => import("./probes/beta-fields.ts"),
  stream: () => import("./probes/stream.ts"),
  "base-url": () => import("./probes/base-url.ts"),
  "claude-code": () => import("./probes/claude-code.ts"),
  cursor: () => import("./probes/cursor.ts"),
  cline: () => import("./probes/cline.ts"),
  "roo-code": () => import("./probes/roo-code.ts"),
  codex: () => import("./probes/codex.ts"),
  opencode: () => import("./probes/opencode.ts"),
  "kilo-code": () => import("./probes/kilo-code.ts"),
  continue: () => import("./probes/continue.ts"),
  zed: () => import("./probes/zed.ts"),
  vscode: () => import("./probes/vscode.ts"),
  aider: () => import("./probes/aider.ts"),
  "qwen-code": () => import("./probes/qwen-code.ts"),
  crush: () => import("./probes/crush.ts"),
  "copilot-cli": () => import("./probes/copilot-cli.ts"),
  "anthropic-sdk": () => import("./probes/anthropic-sdk.ts"),
  "openai-sdk": () => import("./probes/openai-sdk.ts"),
  "tool-requests": () => import("./probes/tool-requests.ts"),
  "committed-keys": () => import("./probes/committed-keys.ts"),
} satisfies Registry<AnyProbe>;

/** Those that begin before this machine was looked at: they are loaded first. */
export const earlyProbes = { stream: probes.stream } satisfies Registry<EarlyProbe>;
