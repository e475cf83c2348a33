/**
 * zenthrex as a library: the sandbox for tests of an app, and the proxy for programs that bring their own key handling.
 *
 *     import { startSandbox } from "zenthrex";
 *     const sandbox = await startSandbox();
 *     const client = new Anthropic({ baseURL: sandbox.url, apiKey: "zk_sandbox_test" });
 *     await sandbox.stop();
 */
export { type Clock, systemClock } from "./base/clock.ts";
export { type ErrorCode, ZenthrexError } from "./base/errors.ts";
/** What the proxy takes, tells and gives. */
export type {
  LogEvent,
  ProxyOptions,
  ReportedUsage,
  RequestRecord,
  RequestSink,
  RunningProxy,
} from "./proxy/options.ts";
export { startProxy } from "./proxy/start-proxy.ts";
/** What the sandbox takes and gives. */
export type { RunningSandbox, SandboxOptions, SandboxRequest } from "./sandbox/options.ts";
export { startSandbox } from "./sandbox/start-sandbox.ts";
export { createUpstreamClient, type UpstreamClientOptions } from "./upstream/client.ts";
export { chooseProxy } from "./upstream/proxy-env.ts";
/** The proxy's door to its upstream. */
export type { UpstreamClient } from "./upstream/types.ts";
